"""The folder of the demo practice: its database, mails and pictures, what it knows of itself, and when it is made anew."""

import email
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from filelock import FileLock, Timeout

from request_desk import config, paths
from request_desk.demo import builder
from request_desk.demo.builder import DemoLogin, DemoPractice
from request_desk.demo.colleague import Colleague, at_work
from request_desk.domain.access import SYSTEM, Actor, ActorKind
from request_desk.domain.clock import Clock, SystemClock
from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.files import write_whole
from request_desk.gateways import mail_catcher
from request_desk.gateways.mail_catcher import CaughtMail, MailCatcher
from request_desk.services.desk import Desk
from request_desk.services.practice import directory, loading, settings

STATE_FILE: Final = "demo.json"
RUN_FILE: Final = "run.json"
_LOCK_FILE: Final = "lock"
_LOOPBACK: Final = "127.0.0.1"
_KEPT: Final = timedelta(days=1)
_FROM_ADDRESS: Final = "harbor.pediatrics@example.org"
_TEXTS_DOMAIN: Final = "text.example.org"  # text messages leave as mails to it, so that one catcher catches both

OpenDesk = Callable[[Path, Clock], Desk]  # opens the database file with the newest schema; makes it when it is missing
Build = Callable[..., DemoPractice]  # as builder.build
Ask = Callable[[str], bool]
Say = Callable[[str], object]


class _State(msgspec.Struct, frozen=True):
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
    def pictures(self) -> Path:
        return self.folder / "pictures"

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

    def mails(self) -> tuple[CaughtMail, ...]:
        """Return the caught mails and text messages, newest first, each at the time of the demo; a text is to its number."""
        return tuple(_as_sent(replace(mail, at=_written_at(mail))) for mail in mail_catcher.caught(self.mails_folder))

    def mails_to(self, address: str) -> tuple[CaughtMail, ...]:
        """Return the caught mails or text messages to one address or number, newest first."""
        return tuple(mail for mail in self.mails() if mail.to == address)

    @contextmanager
    def catching(self) -> Iterator[int]:
        """Catch mails into the folder for as long as the block runs; gives the port to send to."""
        catcher = MailCatcher(paths.private_folder(self.mails_folder))
        catcher.start()
        try:
            yield catcher.port
        finally:
            catcher.stop()

    def colleague(self, desk: Desk) -> AbstractContextManager[None]:
        """Let the colleague work for as long as the block runs."""
        me, other = (self._actor(desk, login) for login in (self.colleague_login, self.sign_in_as))
        return at_work(Colleague(desk, me, (other,), Random()))

    def _actor(self, desk: Desk, login: str) -> Actor:
        who = next(each for each in desk.query(SYSTEM, directory.staff_list) if each.login == login)
        return Actor(ActorKind.STAFF, who.id, who.name, who.roles, who.provider_id, desk=f"demo-{login}")


def _as_sent(mail: CaughtMail) -> CaughtMail:
    mailbox, _at, domain = mail.to.rpartition("@")
    return replace(mail, to=f"+{mailbox}", is_text=True) if domain == _TEXTS_DOMAIN else mail


def _written_at(mail: CaughtMail) -> datetime:
    """When the letter itself says that it was written; the file's time is the machine's, not the demo's."""
    written = email.message_from_bytes(mail.path.read_bytes())["date"]
    return parsedate_to_datetime(written).astimezone(UTC) if written else mail.at


def at(folder: Path) -> Home:
    """Return the demo in a folder; raises Refused when there is none: a real practice never runs on a moved clock."""
    state = _read_state(folder)
    home = None if state is None else _home(folder, state)
    if home is None:
        raise Refused(_("There is no demo practice in this folder. Run `request-desk demo` to make one."))
    return home


def ready(
    folder: Path,
    open_desk: OpenDesk,
    *,
    fresh: bool = False,
    ask: Ask,
    say: Say | None = None,
    now: datetime | None = None,
    build: Build = builder.build,
) -> Home:
    """Return a demo practice of today, made anew when there is none, when it is older than a day, or when `fresh` asks for it.

    What somebody has worked in is thrown away only if `ask` agrees. The clock goes on from the last change, never before the
    practice opens. Raises Refused while the demo is open, and in a folder that belongs to something else.
    """
    real = now or SystemClock().now()
    paths.private_folder(folder)
    with held(folder):
        state = _read_state(folder)
        if state is None and (folder / config.DATABASE_FILE).exists():
            raise Refused(
                _("The folder {folder} holds a practice that is no demo. Choose another one.").format(
                    folder=folder.name
                )
            )
        home = None if state is None else _home(folder, state)
        if home is not None and not _is_due(home, open_desk, real, ask, fresh=fresh):
            return _resumed(home, open_desk, real)
        return _made(folder, open_desk, real, say, build)


def _is_due(home: Home, open_desk: OpenDesk, real: datetime, ask: Ask, *, fresh: bool) -> bool:
    """Tell whether the demo is to be made anew; asks when somebody's work would go, unless that was the wish."""
    if fresh or not home.database.exists():
        return True
    if real - home.built_at <= _KEPT:
        return False
    desk = open_desk(home.database, home.clock)
    try:
        is_used = desk.query(SYSTEM, loading.has_been_used, home.last_line)
    finally:
        desk.close()
    return not is_used or ask(
        _("The demo practice is from {day}, and you have worked in it. Make a new one for today?").format(
            day=f"{home.day:%b} {home.day.day}"
        )
    )


def _resumed(home: Home, open_desk: OpenDesk, real: datetime) -> Home:
    """The demo as it was left: its time stood still meanwhile."""
    desk = open_desk(home.database, home.clock)
    try:
        latest = desk.query(SYSTEM, loading.latest_instant)
    finally:
        desk.close()
    goes_on_at = max(home.opens_at, latest or home.opens_at)
    resumed = replace(home, offset=goes_on_at - real)
    _write_state(resumed)
    return resumed


def _made(folder: Path, open_desk: OpenDesk, real: datetime, say: Say | None, build: Build) -> Home:
    """A new demo in place of whatever was there. The mark that it is being made comes first, the word that it is ready last."""
    _write(folder / STATE_FILE, msgspec.to_builtins(_State()))
    _clear(folder)
    made = build(lambda clock: open_desk(folder / config.DATABASE_FILE, clock), real, say=_told(say))
    home = Home(
        folder=folder,
        built_at=real,
        day=made.day,
        opens_at=made.opens_at,
        offset=made.opens_at - SystemClock().now(),
        last_line=made.last_line,
        sign_in_as=made.sign_in_as,
        colleague_login=made.colleague,
        staff=made.staff,
    )
    _write_state(home)
    return home


def _told(say: Say | None) -> Callable[[str], None]:
    def tell(sentence: str) -> None:
        if say is not None:
            say(sentence)

    return tell


def _clear(folder: Path) -> None:
    """Remove what belonged to the practice that was there; window places and pictures stay."""
    for path in sorted(folder.glob(f"{config.DATABASE_FILE}*")):
        path.unlink()
    for name in ("mails", "drafts"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (RUN_FILE, "secrets.json"):
        (folder / name).unlink(missing_ok=True)


# What is written down


def _read_state(folder: Path) -> _State | None:
    try:
        return msgspec.json.decode((folder / STATE_FILE).read_bytes(), type=_State)
    except (OSError, msgspec.DecodeError):
        return None


def _home(folder: Path, state: _State) -> Home | None:
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


def _write_state(home: Home) -> None:
    state = _State(
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
    _write(home.folder / STATE_FILE, msgspec.to_builtins(state))


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
        _write(folder / RUN_FILE, msgspec.to_builtins(running))


def _write(path: Path, values: Mapping[str, Any]) -> None:
    """It holds passwords, if only invented ones."""
    write_whole(path, json.dumps(values, ensure_ascii=False, indent=1).encode())


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a folder to this process; raises Refused while another one has it. The system lets go of it when we die."""
    try:
        with FileLock(folder / _LOCK_FILE, timeout=0):
            yield
    except Timeout as error:
        raise Refused(_("The demo practice is open already. Close its window first.")) from error
