"""The folder of the demo practice: its database, mails and pictures, and what it knows of itself; it is made in `making`."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from request_desk import config, paths
from request_desk.domain.access import SYSTEM, Actor, ActorKind
from request_desk.domain.clock import SystemClock
from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.files import write_whole
from request_desk.services.desk import Desk
from request_desk.services.practice import settings

if TYPE_CHECKING:
    # A window of the demo reads its folder and shows its mails when somebody asks; only its other processes catch and work.
    from request_desk.gateways.mail_catcher import CaughtMail

STATE_FILE: Final = "demo.json"
RUN_FILE: Final = "run.json"
_LOOPBACK: Final = "127.0.0.1"
_FROM_ADDRESS: Final = "harbor.pediatrics@example.org"
_TEXTS_DOMAIN: Final = "text.example.org"  # text messages leave as mails to it, so that one catcher catches both


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login of the demo, shown at its sign-in."""

    login: str
    name: str
    role: str
    password: str


class DemoState(msgspec.Struct, frozen=True):
    """What demo.json holds. A folder without it is no demo, and one that is still `building` has no practice yet."""

    building: bool = True
    built_at: datetime | None = None
    day: date | None = None
    opens_at: datetime | None = None
    offset_seconds: float = 0.0
    last_line: int = 0
    sign_in_as: str = ""
    colleague: str = ""
    staff: tuple[DemoLogin, ...] = ()


class Running(msgspec.Struct, frozen=True):
    """What run.json holds while the demo runs: process ids by part, and the portal's port (0: it is not there)."""

    parent: int
    pids: dict[str, int] = {}
    portal_port: int = 0


@dataclass(frozen=True, slots=True)
class Home:
    """A demo practice that is ready. `offset` moves the clock of all its processes to the morning of its day."""

    folder: Path
    built_at: datetime
    day: date
    opens_at: datetime
    offset: timedelta
    last_line: int
    sign_in_as: str
    colleague_login: str
    staff: tuple[DemoLogin, ...]

    @property
    def clock(self) -> SystemClock:
        """The clock of the demo: every process of it must be given this one."""
        return SystemClock(self.offset)

    @property
    def database(self) -> Path:
        return self.folder / config.DATABASE_FILE

    @property
    def mails_folder(self) -> Path:
        return self.folder / "mails"

    @property
    def portal_url(self) -> str:
        """Where the portal listens in this run; "" while it does not."""
        running = read_run(self.folder)
        return f"http://{_LOOPBACK}:{running.portal_port}" if running is not None and running.portal_port else ""

    def settings(self, found: config.Settings, *, mail_port: int = 0) -> config.Settings:
        """Return the settings of this machine with everything that the demo keeps to itself."""
        return msgspec.structs.replace(
            found,
            database=config.sqlite_url(self.database),
            data_folder=str(self.folder),
            ticks=False,
            portal=config.PortalConfig(host=_LOOPBACK, port=0),
            mail=config.Mail(
                host=_LOOPBACK if mail_port else "",
                port=mail_port or config.Mail().port,
                security="none",
                from_address=_FROM_ADDRESS,
                from_name="Harbor Pediatrics",
            ),
            sms=config.Sms(way="mail", mail_domain=_TEXTS_DOMAIN),
        )

    def portal_is_at(self, desk: Desk, port: int) -> None:
        """Write the address of the portal into the practice settings, so that notices and thread links name it."""
        kept = desk.query(SYSTEM, settings.settings)
        url = f"http://{_LOOPBACK}:{port}"
        if kept.public_url != url:
            desk.perform(SYSTEM, settings.first_settings, replace(kept, public_url=url))

    def mails(self) -> "tuple[CaughtMail, ...]":
        """Return the caught mails and text messages, newest first, each at the time of the demo; a text is to its number."""
        from request_desk.gateways import mail_catcher

        return tuple(_as_sent(replace(mail, at=_written_at(mail))) for mail in mail_catcher.caught(self.mails_folder))

    def mails_to(self, address: str) -> "tuple[CaughtMail, ...]":
        """Return the caught mails or text messages to one address or number, newest first."""
        return tuple(mail for mail in self.mails() if mail.to == address)

    @contextmanager
    def catching(self) -> Iterator[int]:
        """Catch mails into the folder for as long as the block runs; gives the port to send to."""
        from request_desk.gateways.mail_catcher import MailCatcher

        catcher = MailCatcher(paths.private_folder(self.mails_folder))
        catcher.start()
        try:
            yield catcher.port
        finally:
            catcher.stop()

    def colleague(self, desk: Desk) -> AbstractContextManager[None]:
        """Let the colleague work for as long as the block runs."""
        from request_desk.demo.colleague import Colleague, at_work

        me, other = (self._actor(desk, login) for login in (self.colleague_login, self.sign_in_as))
        return at_work(Colleague(desk, me, (other,), Random()))

    def _actor(self, desk: Desk, login: str) -> Actor:
        from request_desk.services.practice import directory

        who = next(each for each in desk.query(SYSTEM, directory.staff_list) if each.login == login)
        return Actor(ActorKind.STAFF, who.id, who.name, who.roles, who.provider_id, desk=f"demo-{login}")


def _as_sent(mail: "CaughtMail") -> "CaughtMail":
    mailbox, _at, domain = mail.to.rpartition("@")
    return replace(mail, to=f"+{mailbox}", is_text=True) if domain == _TEXTS_DOMAIN else mail


def _written_at(mail: "CaughtMail") -> datetime:
    """When the letter itself says that it was written; the file's time is the machine's, not the demo's."""
    import email
    from email.utils import parsedate_to_datetime

    written = email.message_from_bytes(mail.path.read_bytes())["date"]
    return parsedate_to_datetime(written).astimezone(UTC) if written else mail.at


def at(folder: Path) -> Home:
    """Return the demo in a folder; raises Refused when there is none: a real practice never runs on a moved clock."""
    state = read_state(folder)
    home = None if state is None else of_state(folder, state)
    if home is None:
        raise Refused(_("There is no demo practice in this folder. Run `request-desk demo` to make one."))
    return home


# What is written down


def read_state(folder: Path) -> DemoState | None:
    """Return what a folder knows of its demo, None when it is no demo's."""
    try:
        return msgspec.json.decode((folder / STATE_FILE).read_bytes(), type=DemoState)
    except (OSError, msgspec.DecodeError):
        return None


def of_state(folder: Path, state: DemoState) -> Home | None:
    """Return the demo that a folder knows of, None while it is being made."""
    if state.building or state.built_at is None or state.day is None or state.opens_at is None:
        return None
    return Home(
        folder=folder,
        built_at=state.built_at,
        day=state.day,
        opens_at=state.opens_at,
        offset=timedelta(seconds=state.offset_seconds),
        last_line=state.last_line,
        sign_in_as=state.sign_in_as,
        colleague_login=state.colleague,
        staff=state.staff,
    )


def write_state(home: Home) -> None:
    """Write down what a folder knows of its demo."""
    state = DemoState(
        building=False,
        built_at=home.built_at,
        day=home.day,
        opens_at=home.opens_at,
        offset_seconds=home.offset.total_seconds(),
        last_line=home.last_line,
        sign_in_as=home.sign_in_as,
        colleague=home.colleague_login,
        staff=home.staff,
    )
    write(home.folder / STATE_FILE, state)


def read_run(folder: Path) -> Running | None:
    """Return what is running in a folder, None when nothing is."""
    try:
        return msgspec.json.decode((folder / RUN_FILE).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None


def write_run(folder: Path, running: Running | None) -> None:
    """Say what is running in a folder, whole or not at all; None: nothing is any more."""
    if running is None:
        (folder / RUN_FILE).unlink(missing_ok=True)
    else:
        write(folder / RUN_FILE, running)


def write(path: Path, values: DemoState | Running) -> None:
    """Write a file of the demo, whole or not at all: it holds passwords, if only invented ones."""
    write_whole(path, json.dumps(msgspec.to_builtins(values), ensure_ascii=False, indent=1).encode())
