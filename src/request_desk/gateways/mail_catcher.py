"""The mail catcher of the demo: an SMTP server on this machine that keeps every letter as a file and sends none on."""

import email
import email.policy
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from request_desk.files import write_whole

_SIZE_LIMIT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """A letter that was caught: its plain text, and the names of the files that came along."""

    at: datetime
    to: str
    subject: str
    body: str
    files: tuple[str, ...]
    path: Path
    is_text: bool = False  # a text message, which left as a mail


class _Folder:
    """What aiosmtpd calls with each letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = count()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._number):06d}"
        write_whole(self._folder / f"{name}.eml", content)  # whoever lists the folder never sees half a letter
        return "250 Caught"


class _Controller(Controller):
    """aiosmtpd tries its own server at port 0 when the system chose one: tell it the real one first."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailCatcher:
    """Catches on the loopback, on a port that the system chooses unless one is given."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._controller = _Controller(_Folder(folder), hostname="127.0.0.1", port=port, data_size_limit=_SIZE_LIMIT)

    @property
    def port(self) -> int:
        """The port to send to; known once started."""
        return int(self._controller.port)

    def start(self) -> None:
        """Listen in a thread of its own."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening; what was caught stays."""
        self._controller.stop(no_assert=True)

    def caught(self, limit: int = 200) -> tuple[CaughtMail, ...]:
        """Return what was caught, newest first."""
        return caught(self._folder, limit)


def caught(folder: Path, limit: int = 200) -> tuple[CaughtMail, ...]:
    """Return the letters in a folder, newest first; also from another process than the catcher's."""
    if not folder.is_dir():
        return ()
    paths = sorted((path for path in folder.iterdir() if path.suffix == ".eml"), reverse=True)[:limit]
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> CaughtMail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    return CaughtMail(
        at=datetime.fromtimestamp(int(path.name[:20]) / 1_000_000_000, UTC),
        to=str(message["to"] or ""),
        subject=str(message["subject"] or ""),
        body=str(body.get_content()) if body is not None else "",
        files=tuple(part.get_filename() or "" for part in message.iter_attachments()),
        path=path,
    )
