"""Fixtures for tests of windows: no database on the UI thread, a theme in its first state, timers moved by hand."""

import gc
import os
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar, cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QLocale, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.clock import FixedClock
from request_desk.store.database import Database
from request_desk.ui.widgets.theme import Look, Theme, app_theme
from tests.builders import Practice
from tests.ui.page_desk import Arranged, OpenPage, PageDesk

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Guard:
    """Notes each time the UI thread goes to the database while a test runs (not while its fixtures are made)."""

    watching: bool = False
    allowed: int = 0
    offences: list[str] = field(default_factory=list)

    def watched(self, way: Callable[P, T]) -> Callable[P, T]:
        """A way to the database that is gone as the program goes it, and noted."""

        def gone(*args: P.args, **kwargs: P.kwargs) -> T:
            if self.watching and not self.allowed and threading.current_thread() is threading.main_thread():
                self.offences.append(way.__name__)
            return way(*args, **kwargs)

        return gone


GUARD = pytest.StashKey[Guard]()


@pytest.fixture(autouse=True)
def no_database_on_ui_thread(request: pytest.FixtureRequest) -> Iterator[Guard]:
    """Fail the test if the UI thread reads or writes the database; statements go the way they go in the program."""
    guard = Guard()
    request.node.stash[GUARD] = guard
    with pytest.MonkeyPatch.context() as patched:
        for way in (Database.read, Database.write):
            patched.setattr(Database, way.__name__, guard.watched(way))
        yield guard
    assert guard.offences == [], "the database on the UI thread"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    guard = item.stash.get(GUARD, None)
    if guard is None:
        return (yield)
    guard.watching = True
    try:
        return (yield)
    finally:
        guard.watching = False


@pytest.fixture(autouse=True)
def windows_are_freed() -> Iterator[None]:
    """Free the windows of a test when it is over; the collector stays off for the whole session (tests/conftest.py)."""
    gc.collect()
    gc.freeze()  # what lives now is not looked at again: 100 ms a test
    yield
    gc.collect()


@pytest.fixture
def database_setup(no_database_on_ui_thread: Guard) -> Callable[[], AbstractContextManager[None]]:
    """Give `with database_setup():` for what a test arranges or asserts in the database by itself."""

    @contextmanager
    def allowed() -> Iterator[None]:
        no_database_on_ui_thread.allowed += 1
        try:
            yield
        finally:
            no_database_on_ui_thread.allowed -= 1

    return allowed


@pytest.fixture(autouse=True)
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The theme, light and at 100 % before and after each test."""
    QLocale.setDefault(QLocale("en_US"))
    theme = app_theme()
    theme.choose(Look.LIGHT)
    theme.set_scale(100)
    yield theme
    theme.choose(Look.LIGHT)
    theme.set_scale(100)


class HandTimer:
    """A timer that fires when the hand passes it."""

    def __init__(self, due: float, every: float, callback: Callable[[], object]) -> None:
        self.due, self.every, self.callback = due, every, callback
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class HandTimers:
    """Makes timers on a clock that stands still, and moves both together."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self._timers: list[HandTimer] = []

    def __call__(
        self, parent: QObject, milliseconds: int, callback: Callable[[], object], *, repeat: bool = False
    ) -> HandTimer:
        seconds = milliseconds / 1000
        timer = HandTimer(self.clock.monotonic() + seconds, seconds if repeat else 0.0, callback)
        self._timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Move the clock, firing what falls due on the way, in order."""
        end = self.clock.monotonic() + seconds
        while True:
            self._timers = [timer for timer in self._timers if not timer.stopped]
            due = min(self._timers, key=lambda timer: timer.due, default=None)
            if due is None or due.due > end + 1e-9:
                break
            self._go_to(due.due)
            if due.every:
                due.due += due.every
            else:
                due.stopped = True
            due.callback()
        self._go_to(end)

    def _go_to(self, instant: float) -> None:
        self.clock.advance(timedelta(seconds=max(0.0, instant - self.clock.monotonic())))


@pytest.fixture
def hand(clock: FixedClock) -> HandTimers:
    """Timers moved by hand: `hand.advance(0.25)`; give `hand` as timers and `hand.clock` as clock."""
    return HandTimers(clock)


@pytest.fixture
def practice(sqlite_practice: Practice, database_setup: Callable[[], AbstractContextManager[None]]) -> Practice:
    """The practice, arranged in the middle of a test too."""
    return cast("Practice", Arranged(sqlite_practice, database_setup))


@pytest.fixture
def open_page(qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers) -> Iterator[OpenPage]:
    """Open a desk with one page by `open_page(InboxPage, actor=…)`; it is closed after the test."""
    opened: list[PageDesk[Any]] = []

    def open_desk(page: Callable[..., QWidget], **values: Any) -> PageDesk[Any]:
        desk: PageDesk[Any] = PageDesk(qtbot, sqlite_practice, hand, page, **values)
        opened.append(desk)
        return desk

    yield open_desk
    for desk in opened:
        desk.close()
