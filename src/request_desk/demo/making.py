"""When the demo practice is made anew, and how; what its folder knows of itself is in `home`."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from request_desk import config, paths
from request_desk.demo import builder
from request_desk.demo.builder import DemoPractice
from request_desk.demo.home import RUN_FILE, STATE_FILE, DemoState, Home, of_state, read_state, write, write_state
from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import Clock, SystemClock
from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.services.desk import Desk
from request_desk.services.practice import loading

_LOCK_FILE: Final = "lock"
_KEPT: Final = timedelta(days=1)

OpenDesk = Callable[[Path, Clock], Desk]  # opens the database file with the newest schema; makes it when it is missing
Build = Callable[..., DemoPractice]  # as builder.build
Ask = Callable[[str], bool]
Say = Callable[[str], object]


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
        state = read_state(folder)
        if state is None and (folder / config.DATABASE_FILE).exists():
            raise Refused(
                _("The folder {folder} holds a practice that is no demo. Choose another one.").format(
                    folder=folder.name
                )
            )
        home = None if state is None else of_state(folder, state)
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
    write_state(resumed)
    return resumed


def _made(folder: Path, open_desk: OpenDesk, real: datetime, say: Say | None, build: Build) -> Home:
    """A new demo in place of whatever was there. The mark that it is being made comes first, the word that it is ready last."""
    write(folder / STATE_FILE, DemoState())
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
    write_state(home)
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


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a folder to this process; raises Refused while another one has it. The system lets go of it when we die."""
    try:
        with FileLock(folder / _LOCK_FILE, timeout=0):
            yield
    except Timeout as error:
        raise Refused(_("The demo practice is open already. Close its window first.")) from error
