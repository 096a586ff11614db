"""kill -9: of the desktop while somebody types and in the middle of the act, and of the demo's parent; what is left afterwards."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytestqt.qtbot import QtBot

from request_desk import app, paths
from request_desk.demo import home, making
from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock, SystemClock
from request_desk.domain.ids import AppointmentId, RequestId
from request_desk.domain.requests import RequestState
from request_desk.services.desk import Desk
from request_desk.services.inbox import marks as inbox_marks
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from request_desk.ui.running.drafts import DraftFiles, DraftKeeper
from request_desk.ui.running.runner import Runner
from tests.builders import TODAY, wall
from tests.journeys.conftest import OpenDesk
from tests.journeys.desk_process import Order, told, written
from tests.journeys.running_desk import PATIENCE, Allowed, House, later
from tests.ui.conftest import HandTimers

ROOT = Path(__file__).resolve().parents[2]
DESK = "killed"  # the folder of the desktop that is killed, and opened again
TYPED = 60  # letters, at least, before the blow


class Process:
    """A desktop in a process of its own, and what it says."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.heard: list[dict[str, Any]] = []

    def hear(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read what it says until it says something; fail when it ends first."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.heard.append(json.loads(line))
            if wanted(self.heard[-1]):
                return self.heard[-1]
        raise AssertionError(f"it ended: {self.process.wait()}, {self.heard[-3:]}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.died()

    def died(self) -> None:
        """It was ended by SIGKILL, whoever sent it; what it still said is read."""
        assert self.process.stdout is not None
        self.heard += [json.loads(line) for line in self.process.stdout]
        assert self.process.wait(60) == -signal.SIGKILL


@contextmanager
def desktop(house: House, does: str, dies_at: str = "") -> Iterator[Process]:
    """A desktop of Maria's on the house, in a process of its own."""
    offset = (house.clock.now() - SystemClock().now()).total_seconds()
    order = Order(house.url, str(house.folder / DESK), offset, house.session_of(house.practice.maria), does, dies_at)
    (house.folder / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.desk_process", told(order)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(house.folder / "tmp")},
        text=True,
    )
    try:
        yield Process(process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def a_move(house: House) -> tuple[RequestId, AppointmentId]:
    practice = house.practice
    with house.allowed():
        appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=9), "8:30")
        wishes = [practice.wish(TODAY, "10:00")]
        return practice.a_request("reschedule", appointment=appointment, wishes=wishes), appointment


# typing


def test_what_was_typed_without_a_pause_is_back_after_a_kill(house: House, open_desk: OpenDesk) -> None:  # MC10, OFF-02
    request, _appointment = a_move(house)
    drafts = house.folder / DESK / "drafts" / str(house.practice.maria.id)
    with desktop(house, "type") as process:
        # It goes on typing while its first draft reaches the disk: nobody waits for a pause.
        process.hear(lambda said: said["word"] == "typed" and said["count"] >= TYPED and any(drafts.glob("*.draft")))
        process.kill()
        count = process.heard[-1]["count"]
    assert house.view(request).state is RequestState.OPEN
    again = open_desk(name=DESK)
    again.until(lambda: again.is_open(request), "the request is open again")
    again.until(lambda: again.text != "", "its draft is back")
    assert written(count).startswith(again.text)
    assert len(again.text) > 10


@pytest.mark.parametrize("every", [0.04, 0.4, 0.9], ids="a key every {}".format)
def test_at_most_two_seconds_of_typing_are_not_on_the_disk(
    qtbot: QtBot, house: House, clock: FixedClock, tmp_path: Path, every: float
) -> None:  # OFF-02
    request, _appointment = a_move(house)
    hand = HandTimers(clock)
    runner = Runner(house.practice.desk, write_crash=lambda error: repr(error))
    runner.set_actor(house.practice.maria)
    keeper = DraftKeeper(runner, clock, save=inbox_marks.save_draft, drop=inbox_marks.drop_draft, timers=hand)
    files = DraftFiles(tmp_path / "drafts", Fernet.generate_key(), 7)
    keeper.open(files)
    typed_at: list[float] = []
    while clock.monotonic() < 12:
        typed_at.append(clock.monotonic())
        keeper.keep(request, written(len(typed_at)), "", "")
        hand.advance(every)
        assert runner.drained()
        saved = len(files.read()[0].text) if files.read() else 0
        unsaved = typed_at[saved:]
        assert not unsaved or clock.monotonic() - unsaved[0] <= 2.0
    runner.close()


# the act

BEFORE = (
    "^UPDATE request ",
    "^UPDATE appointment .*released_at",
    "^INSERT INTO message ",
    "^INSERT INTO outbox ",
    "^INSERT INTO journal ",
    "COMMIT",
)


@pytest.mark.parametrize("place", [*BEFORE, "told"])
def test_a_kill_in_the_middle_of_the_act_leaves_all_or_nothing(place: str, house: House, open_desk: OpenDesk) -> None:
    # ACT4, RE7
    request, appointment = a_move(house)
    version = house.view(request).version
    with desktop(house, "act", place) as process:
        process.hear(lambda said: said["word"] == "held")
        process.died()
    view = house.view(request)
    statuses = dict(house.rows(schema.appointment.c.id, schema.appointment.c.status))
    notices = house.rows(schema.outbox.c.id, kind="move")
    if place == "told":
        assert view.state is RequestState.COMPLETED
        assert statuses[appointment] == "cancelled"
        assert sorted(statuses.values()) == ["cancelled", "confirmed"]
        assert len(view.thread) == 2
        assert len(notices) == 3  # both parents and the grandmother
        return
    assert (view.state, view.version, len(view.thread)) == (RequestState.OPEN, version, 1)
    assert notices == []
    assert statuses[appointment] == "confirmed"
    held = house.rows(schema.appointment.c.id, schema.appointment.c.hold_expires_at, status="held")
    assert len(held) == 1
    assert len(statuses) == 2
    # The hold ends by itself: nothing is left that blocks the time.
    until = held[0].hold_expires_at
    assert until <= house.clock.now() + timedelta(hours=1)
    with house.allowed():
        afterwards = Desk(Database(house.url), later(house.clock, until - house.clock.now() + timedelta(seconds=1)))
        assert afterwards.perform(SYSTEM, scheduling.expire_holds).value == 1
        afterwards.close()
    assert house.rows(schema.appointment.c.id, status="held") == []
    if place == "COMMIT":
        is_finished_after_a_restart(house, open_desk, request)


def is_finished_after_a_restart(house: House, open_desk: OpenDesk, request: RequestId) -> None:
    """The same desktop again: text and choice are there, and two keys do what was not done."""
    again = open_desk(name=DESK)
    again.until(lambda: again.is_open(request), "the request is open again")
    again.until(lambda: "10:00 AM" in again.text, "its draft is back")
    again.until(lambda: again.now is not None and again.now.chosen is not None, "so is the choice")
    again.send()
    again.until(lambda: request not in again.rows(), "it is done")
    assert house.view(request).state is RequestState.COMPLETED
    booked = house.rows(schema.appointment.c.id, schema.appointment.c.starts_at, status="confirmed")
    assert [row.starts_at for row in booked] == [wall(TODAY, "10:00")]


# the demo


def ends(pid: int) -> bool:
    """Wait for the end of a process that is not ours."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 60)[0])
    finally:
        os.close(handle)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system cannot wait for a process that is not a child")
def test_the_demo_leaves_no_orphan_when_its_parent_is_killed(
    qtbot: QtBot, tmp_path: Path, database_setup: Allowed
) -> None:
    folder = paths.private_folder(tmp_path / "demo")
    with database_setup():
        app.prepare_demo(folder, fresh=True, ask=lambda _question: True, say=lambda _sentence: None)
    program = "import sys; from pathlib import Path; from request_desk.demo import processes; "
    parent = subprocess.Popen(
        [sys.executable, "-c", program + "sys.exit(processes.run(Path(sys.argv[1]), print))", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )

    def children() -> dict[str, int]:
        running = home.read_run(folder)
        return running.pids if running is not None else {}

    try:
        qtbot.waitUntil(lambda: set(children()) == {"worker", "portal", "desk"}, timeout=PATIENCE)
    finally:
        parent.kill()
        parent.wait()
    pids = children()
    assert len(pids) == 3
    for face, pid in pids.items():
        assert ends(pid), f"the {face} goes on without its parent"
    with making.held(folder):
        """Nobody has the folder any more."""
