"""Lanes, their order, and answers that never reach a closed owner (architecture 6.2, decision 5)."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from request_desk.domain.errors import Refused
from request_desk.ui.running.loop_probe import LoopProbe
from request_desk.ui.running.runner import Runner


@dataclass(frozen=True, slots=True)
class Done:
    value: Any
    changes: object = ()
    undo: object = None


class RecordingDesk:
    """A desk without a database: notes who did what, in which thread."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object, str]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def perform(self, actor: object, function: Any, /, *args: Any, **kwargs: Any) -> Done:
        self.go_on.wait(10)
        self.calls.append(("perform", actor, threading.current_thread().name))
        return Done(function(self, *args, **kwargs), ("changed",), "undo it")

    def query(self, actor: object, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.calls.append(("query", actor, threading.current_thread().name))
        return function(self, *args, **kwargs)

    def check_receiver(self, url: str) -> str:
        return url

    def undo(self, actor: object, undo: Any, /) -> Done:
        self.calls.append((f"undo {undo}", actor, threading.current_thread().name))
        return Done("undone")


class Owner(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []
        self.threads: set[str] = set()

    @Slot(object)
    def hear(self, value: object) -> None:
        self.heard.append(value)
        self.threads.add(threading.current_thread().name)

    @Slot(object)
    def hear_refusal(self, refusal: Refused) -> None:
        self.heard.append(refusal.sentence)

    @Slot()
    def settled(self) -> None:
        self.heard.append("settled")


def add(unit: object, first: int, *, second: int = 0) -> int:
    return first + second


def refuse(unit: object) -> None:
    raise Refused("The time is not free any more. Choose another.")


def break_down(unit: object) -> None:
    raise RuntimeError("a bug")


@pytest.fixture
def desk() -> RecordingDesk:
    return RecordingDesk()


@pytest.fixture
def runner(qapp: object, desk: RecordingDesk) -> Iterator[Runner]:
    runner = Runner(desk, write_crash=lambda error: f"id of {type(error).__name__}")
    runner.set_actor("Maria")
    yield runner
    desk.go_on.set()
    runner.close()


@pytest.fixture
def owner() -> Owner:
    return Owner()


def test_an_act_answers_on_the_ui_thread(runner: Runner, desk: RecordingDesk, owner: Owner) -> None:
    outcomes: list[object] = []
    runner.outcome.connect(outcomes.append)
    runner.act(owner, add, 1, second=2).done(owner.hear).settled(owner.settled)
    assert runner.busy()
    assert runner.drained()
    assert owner.heard == [3, "settled"]
    assert owner.threads == {threading.main_thread().name}
    assert desk.calls == [("perform", "Maria", "act")]
    assert outcomes == [Done(3, ("changed",), "undo it")]


def test_a_read_gives_its_value_and_no_outcome(runner: Runner, desk: RecordingDesk, owner: Owner) -> None:
    outcomes: list[object] = []
    runner.outcome.connect(outcomes.append)
    runner.read(owner, add, 5).done(owner.hear)
    assert runner.drained()
    assert (owner.heard, outcomes) == ([5], [])
    assert desk.calls == [("query", "Maria", "read")]


def test_each_lane_keeps_its_order_and_undo_comes_after_do(runner: Runner, desk: RecordingDesk, owner: Owner) -> None:
    desk.go_on.clear()
    for number in range(20):
        runner.act(owner, add, number).done(owner.hear)
    runner.undo(owner, "it").done(owner.hear)
    desk.go_on.set()
    assert runner.drained()
    assert owner.heard == [*range(20), "undone"]
    assert desk.calls[-1] == ("undo it", "Maria", "act")


def test_a_slow_act_does_not_hold_up_reads(runner: Runner, desk: RecordingDesk, owner: Owner, qtbot: QtBot) -> None:
    desk.go_on.clear()
    runner.act(owner, add, 1).done(owner.hear)
    runner.read(owner, add, 2).done(owner.hear)
    qtbot.waitUntil(lambda: owner.heard == [2])
    desk.go_on.set()
    assert runner.drained()
    assert owner.heard == [2, 1]


def test_a_refusal_reaches_who_asked(runner: Runner, owner: Owner) -> None:
    runner.act(owner, refuse).done(owner.hear).refused(owner.hear_refusal).settled(owner.settled)
    assert runner.drained()
    assert owner.heard == ["The time is not free any more. Choose another.", "settled"]


def test_a_refusal_that_nobody_explains_is_told_by_the_window(runner: Runner, owner: Owner, qtbot: QtBot) -> None:
    with qtbot.waitSignal(runner.refusal) as told:
        runner.act(owner, refuse).settled(owner.settled)
        assert runner.drained()
    assert told.args is not None
    assert isinstance(told.args[0], Refused)
    assert owner.heard == ["settled"]


def test_a_bug_is_written_down_and_told_by_its_id(runner: Runner, owner: Owner, qtbot: QtBot) -> None:
    with qtbot.waitSignal(runner.crashed) as crashed:
        runner.read(owner, break_down).done(owner.hear).settled(owner.settled)
        assert runner.drained()
    assert crashed.args == ["id of RuntimeError"]
    assert owner.heard == ["settled"]
    runner.read(owner, add, 1).done(owner.hear)
    assert runner.drained()
    assert owner.heard[-1] == 1


def test_a_closed_owner_hears_nothing_and_the_act_is_told_all_the_same(runner: Runner, desk: RecordingDesk) -> None:
    outcomes: list[object] = []
    runner.outcome.connect(outcomes.append)
    desk.go_on.clear()
    heard: list[object] = []
    for number in range(200):
        owner = Owner()
        runner.act(owner, add, number).done(heard.append).settled(lambda: heard.append("settled"))
        shiboken6.delete(owner)
    desk.go_on.set()
    assert runner.drained()
    assert heard == []
    assert len(outcomes) == 200


def test_a_dropped_read_is_not_told(runner: Runner, owner: Owner) -> None:
    pending = runner.read(owner, add, 1).done(owner.hear).settled(owner.settled)
    pending.drop()
    assert runner.drained()
    assert owner.heard == []


def test_calls_under_way_keep_their_actor(runner: Runner, desk: RecordingDesk, owner: Owner) -> None:
    desk.go_on.clear()
    runner.act(owner, add, 1)
    runner.set_actor("Kofi")
    runner.act(owner, add, 2)
    desk.go_on.set()
    assert runner.drained()
    assert [actor for _kind, actor, _thread in desk.calls] == ["Maria", "Kofi"]


def test_other_work_runs_in_the_pool(runner: Runner, owner: Owner) -> None:
    runner.run_in_pool(owner, threading.current_thread).done(owner.hear)
    runner.call(owner, threading.current_thread).done(owner.hear)
    assert runner.drained()
    names = sorted(thread.name for thread in owner.heard if isinstance(thread, threading.Thread))
    assert names[0].startswith("pool")
    assert names[1] == "read"


def test_a_callback_may_ask_again_and_the_runner_stays_busy(runner: Runner, owner: Owner) -> None:
    def again(value: int) -> None:
        runner.read(owner, add, value, second=1).done(owner.hear)

    runner.read(owner, add, 1).done(again)
    assert runner.drained()
    assert owner.heard == [2]


def test_five_thousand_answers_do_not_abort_the_interpreter(runner: Runner, owner: Owner) -> None:
    # PySide6 6.12.0 on Python 3.11 loses a reference to True at every emit and aborts after about 600.
    for number in range(5_000):
        runner.read(owner, add, number).done(owner.hear)
    assert runner.drained(60_000)
    assert owner.heard == list(range(5_000))


def test_the_probe_sees_a_long_turn(qtbot: QtBot) -> None:
    probe = LoopProbe()
    probe.start()
    with qtbot.waitSignal(probe.destroyed, timeout=40, raising=False):
        pass
    threading.Event().wait(0.05)  # the turn that is too long
    report = probe.stop()
    assert report.longest_ms >= 50
    assert any(gap >= 50 for gap in report.gaps_ms)
    assert report.turns > 1


def test_a_call_begins_also_while_the_window_stands_still(runner: Runner, desk: RecordingDesk) -> None:
    owner = Owner()
    runner.read(owner, add, 1)
    assert _soon(lambda: len(desk.calls) == 1)
    assert owner.heard == []
    assert runner.drained()


def _soon(reached: Callable[[], bool]) -> bool:
    """Whether something comes true while the event loop stands still."""
    waits = threading.Event()
    return any(reached() or waits.wait(0.01) for _look in range(500))
