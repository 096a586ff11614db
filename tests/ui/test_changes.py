"""The one feed of changes: told once, in doubt all anew, never lost."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from request_desk.domain.changes import Changes, JournalEntry, Topic
from request_desk.domain.errors import Unavailable
from request_desk.services.desk import Desk, Watch
from request_desk.services.inbox.marks import add_note
from request_desk.store.database import Database
from request_desk.ui.running.changes import ChangeHub
from request_desk.ui.running.runner import Runner
from request_desk.ui.window.frame import LiveState
from tests.builders import Practice
from tests.ui.conftest import HandTimers


def a_crash(error: BaseException) -> str:
    pytest.fail(repr(error))


@pytest.fixture
def runner(qtbot: QtBot, sqlite_desk: Desk, sqlite_practice: Practice) -> Iterator[Runner]:
    made = Runner(sqlite_desk, write_crash=a_crash)
    made.set_actor(sqlite_practice.maria)
    yield made
    made.close()


class Told:
    def __init__(self, hub: ChangeHub) -> None:
        self.changes: list[Changes] = []
        self.states: list[LiveState] = []
        hub.changed.connect(self.changes.append)
        hub.live_changed.connect(self.states.append)

    @property
    def ids(self) -> list[int]:
        return [entry.seq for changes in self.changes for entry in changes.entries]


@pytest.fixture
def hub(runner: Runner, sqlite_desk: Desk, hand: HandTimers) -> Iterator[ChangeHub]:
    made = ChangeHub(runner, sqlite_desk, clock=hand.clock, timers=hand)
    made.start()
    assert runner.drained()
    yield made
    made.close()


def test_an_own_change_is_told_at_once_and_only_once(
    hub: ChangeHub, runner: Runner, hand: HandTimers, sqlite_practice: Practice, database_setup: Callable[..., Any]
) -> None:
    with database_setup():
        request = sqlite_practice.a_request("schedule")
    hand.advance(1.1)
    assert runner.drained()
    told = Told(hub)
    runner.act(hub, add_note, request, "she called")
    assert runner.drained()
    assert len(told.changes) == 1
    assert told.changes[0][Topic.NOTE] == {request}
    hand.advance(2.1)
    assert runner.drained()
    assert len(told.ids) == len(set(told.ids)) == 1


def test_a_colleagues_change_is_heard_by_the_poll(
    hub: ChangeHub, runner: Runner, hand: HandTimers, sqlite_practice: Practice, database_setup: Callable[..., Any]
) -> None:  # MC2
    told = Told(hub)
    with database_setup():
        request = sqlite_practice.a_request("schedule")
    hand.advance(1.1)
    assert runner.drained()
    assert told.changes[-1][Topic.REQUEST] == {request}


def test_a_file_event_is_followed_by_looks_until_the_journal_moves(
    hub: ChangeHub,
    runner: Runner,
    hand: HandTimers,
    qtbot: QtBot,
    sqlite_practice: Practice,
    database_setup: Callable[..., Any],
) -> None:  # architecture, Live changes
    told = Told(hub)
    other = Desk(Database(str(sqlite_practice.database.url)), sqlite_practice.desk.clock)
    with database_setup():
        request = sqlite_practice.a_request("schedule")
        other.perform(sqlite_practice.kofi, add_note, request, "hello")
        other.close()

    def heard() -> bool:
        # The event comes from the system; the looks behind it from the hand: 0.3 s are all of them, and no poll.
        hand.advance(0.3)
        runner.drained()
        return bool(told.changes)

    qtbot.waitUntil(heard)
    assert told.changes[0][Topic.REQUEST] == {request}


class Feed:
    """A journal that is played by hand."""

    def __init__(self) -> None:
        self.seq = 5
        self.answer: tuple[Changes, int] | Unavailable = (Changes(), 5)
        self.asked: list[int] = []

    def last_seq(self) -> int:
        return self.seq

    def tail(self, after: int) -> tuple[Changes, int]:
        self.asked.append(after)
        if isinstance(self.answer, Unavailable):
            raise self.answer
        return self.answer

    def watch(self) -> Watch:
        return Watch((), None)


def an_entry(seq: int) -> JournalEntry:
    from datetime import UTC, datetime

    return JournalEntry(
        seq, datetime(2026, 11, 24, tzinfo=UTC), "staff", 9, "Kofi", "desk", "wrote", Topic.REQUEST, seq
    )


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def played(runner: Runner, feed: Feed, hand: HandTimers) -> Iterator[ChangeHub]:
    made = ChangeHub(runner, feed, clock=hand.clock, timers=hand)
    made.start()
    assert runner.drained()
    yield made
    made.close()


def look(runner: Runner, hand: HandTimers) -> None:
    hand.advance(1.0)
    assert runner.drained()


def test_a_lower_number_of_a_colleague_is_not_lost_behind_an_own_one(
    played: ChangeHub, runner: Runner, feed: Feed, hand: HandTimers
) -> None:
    told = Told(played)

    class Own:
        changes = Changes((an_entry(7),))
        value = None
        undo = None

    runner.outcome.emit(Own())
    feed.answer = (Changes((an_entry(6), an_entry(7))), 7)
    look(runner, hand)
    assert told.ids == [7, 6]
    assert feed.asked[-1] == 5, "the cursor moves only by the tail"


def test_after_a_lost_connection_everything_is_read_anew(
    played: ChangeHub, runner: Runner, feed: Feed, hand: HandTimers
) -> None:
    told = Told(played)
    feed.answer = Unavailable("away")
    look(runner, hand)
    assert told.states == [LiveState.OFFLINE]
    feed.answer = (Changes(), 5)
    look(runner, hand)
    assert told.states == [LiveState.OFFLINE, LiveState.LIVE]
    assert told.changes == [Changes(everything=True)]


def test_after_sleep_everything_is_read_anew(played: ChangeHub, runner: Runner, hand: HandTimers) -> None:
    told = Told(played)
    hand.clock.advance(timedelta(minutes=10))
    look(runner, hand)
    assert Changes(everything=True) in told.changes


def test_far_behind_is_told_as_everything(played: ChangeHub, runner: Runner, feed: Feed, hand: HandTimers) -> None:
    told = Told(played)
    feed.answer = (Changes(everything=True), 9000)
    look(runner, hand)
    assert told.changes == [Changes(everything=True)]


def test_a_listening_thread_wakes_the_hub_and_is_started_again_when_it_died(
    runner: Runner, feed: Feed, hand: HandTimers, qtbot: QtBot
) -> None:
    started = []
    go = Event()

    def listen(heard: Callable[[], None], stopped: Callable[[], bool]) -> None:
        started.append(1)
        heard()
        go.wait(10)
        raise Unavailable("the connection was lost")

    feed.watch = lambda: Watch((), listen)  # type: ignore[method-assign]
    hub = ChangeHub(runner, feed, clock=hand.clock, timers=hand)
    told = Told(hub)
    feed.answer = (Changes((an_entry(6),)), 6)
    hub.start()
    assert runner.drained()

    def heard() -> bool:
        hand.advance(0.3)
        runner.drained()
        return bool(told.changes)

    qtbot.waitUntil(heard)
    go.set()

    def again() -> bool:
        hand.advance(5.1)
        runner.drained()
        return len(started) > 1

    qtbot.waitUntil(again)
    hub.close()


def test_the_watcher_looks_at_the_database_file(hub: ChangeHub, sqlite_practice: Practice) -> None:
    assert str(Path(sqlite_practice.database.path)) in hub._watcher.files()
