"""What the desktop is started with and what it is given once the database is open; plain values, wired by `app`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from request_desk.services.desk import Desk
    from request_desk.ui.running.context import Scan


SESSION = "session"  # the name under which the key store keeps a remembered session


class Secrets(Protocol):
    """Where this desk keeps secrets of its own: the system keyring, or a file that only this user can read."""

    @property
    def sentence(self) -> str: ...  # why it is not the keyring; "" when it is

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> None: ...

    def forget(self, name: str) -> None: ...


class MailLike(Protocol):
    """A mail that the demo's catcher kept."""

    @property
    def at(self) -> datetime: ...

    @property
    def to(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def body(self) -> str: ...

    @property
    def files(self) -> Sequence[str]: ...

    @property
    def is_text(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A login of the demo practice, shown at sign-in."""

    login: str
    name: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What only the demo practice shows: its portal, its caught messages, its logins."""

    portal_url: str
    mails: Callable[[], Sequence[MailLike]]
    staff: tuple[DemoStaff, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open practice: made in a worker thread after the first paint."""

    desk: "Desk"
    secrets: Secrets
    drafts_folder: Path
    draft_key: bytes
    remembered: str  # the token of the session that this computer was asked to remember, "" for none
    write_crash: Callable[[BaseException], str]
    begin: Callable[[], None]  # starts what runs beside the window, once its first list is there
    close: Callable[[], None]  # ends what was started with it; the desk itself is closed by the window
    demo: Demo | None = None
    warnings: tuple[str, ...] = field(default=())
    sends_mail: bool = False  # a mail server is set on this computer
    scan: "Scan | None" = None  # asks the virus scanner of this computer; blocks


Opener = Callable[[], Opened]
