"""A real window with one page on a real database, moved by hand: what the tests of schedule and settings sit down at."""

import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.access import Actor, may
from request_desk.domain.day_list import DayList
from request_desk.domain.words import Words
from request_desk.services.desk import Outcome
from request_desk.services.inbox import marks as inbox_marks
from request_desk.ui.running.changes import ChangeHub
from request_desk.ui.running.context import DeskContext, Preferences
from request_desk.ui.running.drafts import DraftKeeper
from request_desk.ui.running.runner import Runner
from request_desk.ui.window.commands import application_commands
from request_desk.ui.window.frame import MainFrame
from tests.builders import TODAY, ZONE, Practice

if TYPE_CHECKING:
    from tests.ui.conftest import HandTimers

P = TypeVar("P", bound=QWidget)
_MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
}
_NAMES = {"PgUp": "PageUp", "PgDown": "PageDown", "Esc": "Escape"}


class Arranged:
    """A practice whose builders may be called on the UI thread while a test runs."""

    def __init__(self, practice: Practice, allowed: Callable[[], AbstractContextManager[None]]) -> None:
        self._practice, self._allowed = practice, allowed

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._practice, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._allowed():
                return found(*args, **kwargs)

        return call


class PageDesk(Generic[P]):
    """One desk of a signed-in person with one page. `press` sends real key events to whatever has the focus."""

    def __init__(
        self,
        qtbot: QtBot,
        practice: Practice,
        hand: "HandTimers",
        page: Callable[[DeskContext], P],
        *,
        actor: Actor | None = None,
        size: tuple[int, int] = (1366, 768),
        preferences: dict[str, object] | None = None,
        kept_days: Callable[[], tuple[DayList, ...]] = tuple,
    ) -> None:
        self.practice, self.hand = practice, hand
        self.actor = actor or practice.maria
        self.crashes: list[str] = []
        self.went: list[tuple[str, int, bool]] = []  # things of other pages that were asked for
        self.kept = preferences if preferences is not None else {}
        self.frame = MainFrame(practice="Harbor Pediatrics", clock=hand.clock, timers=hand)
        qtbot.addWidget(self.frame)
        self.runner = Runner(practice.desk, write_crash=self._crashed)
        self.runner.set_actor(self.actor)
        self.runner.outcome.connect(self._outcome)
        self.runner.refusal.connect(self.frame.messages.refuse)
        self.hub = ChangeHub(self.runner, practice.desk, clock=hand.clock, timers=hand)
        self.drafts = DraftKeeper(
            self.runner, hand.clock, save=inbox_marks.save_draft, drop=inbox_marks.drop_draft, timers=hand
        )
        self.frame.commands.allow(lambda permission: may(self.actor, permission))
        self.frame.commands.add(
            next(each for each in application_commands() if each.id == "app.undo"), self.frame.undo_bar.ask_undo
        )
        self.frame.undo_bar.undo_asked.connect(self._undo)
        self.context = replace(self._context(), kept_days=kept_days)
        self.page = page(self.context)
        self.frame.add_page("page", "Page", "inbox")
        self.frame.set_page("page", self.page)
        self.frame.resize(*size)
        self.hub.start()
        self.frame.show()
        qtbot.waitExposed(self.frame)
        self.frame.activateWindow()
        self.settle()

    def _context(self) -> DeskContext:
        words = Words("en_US", ZONE, TODAY)
        return DeskContext(
            runner=self.runner,
            hub=self.hub,
            commands=self.frame.commands,
            gate=self.frame.gate,
            clock=self.hand.clock,
            timers=self.hand,
            words=lambda: words,
            settings=lambda: self.practice.settings,
            actor=lambda: self.actor,
            preferences=Preferences(self.kept, self.kept.__setitem__),
            drafts=self.drafts,
            undo_bar=self.frame.undo_bar,
            messages=self.frame.messages,
            memory=self.frame.memory,
            open_thing=self._open_thing,
        )

    def _open_thing(self, page: str, thing_id: int, /, *, to_write: bool = False) -> None:
        self.went.append((page, thing_id, to_write))

    def _crashed(self, error: BaseException) -> str:
        self.crashes.append("".join(traceback.format_exception(error)))
        return "T1"

    def _outcome(self, outcome: Outcome[object]) -> None:
        if outcome.undo is not None:
            self.frame.undo_bar.offer(outcome.undo.label, 20, outcome.undo)

    def _undo(self, undo: object) -> None:
        self.runner.undo(self.page, undo)

    def close(self) -> None:
        for window in QApplication.topLevelWidgets():
            if window is not self.frame and window.isVisible():
                window.close()
        self.runner.drained()
        self.hub.close()
        self.runner.close()
        assert self.crashes == []

    # what the user does

    def settle(self) -> None:
        """Let everything that is under way arrive and be painted."""
        for _round in range(4):
            assert self.runner.drained()
            QApplication.processEvents()
        assert self.crashes == [], self.crashes[0]

    def press(self, *keys: str) -> None:
        """Press keys like "M", "Ctrl+Return", "PgDown" one after the other."""
        for key in keys:
            *modifiers, name = key.split("+")
            flags = Qt.KeyboardModifier.NoModifier
            for modifier in modifiers:
                flags |= _MODIFIERS[modifier]
            QTest.keyClick(self.focus(), getattr(Qt.Key, f"Key_{_NAMES.get(name, name)}"), flags)
            self.hand.advance(0.09)
            self.settle()

    def type(self, text: str) -> None:
        QTest.keyClicks(self.focus(), text)
        self.settle()

    def click(self, widget: QWidget, place: QPoint | None = None) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(widget, left, none, place if place is not None else widget.rect().center())
        self.settle()

    def drag(self, widget: QWidget, start: QPoint, end: QPoint, *, let_go: bool = True) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(widget, left, none, start)
        for step in (1, 2, 3, 4):
            QTest.mouseMove(widget, start + (end - start) * step / 4)
            QApplication.processEvents()
        if let_go:
            QTest.mouseRelease(widget, left, none, end)
        self.settle()

    def focus(self) -> QWidget:
        found: QWidget | None = QApplication.focusWidget()
        if found is None:  # the offscreen platform does not bring the window back when a dialog closes
            self.frame.activateWindow()
            QApplication.processEvents()
            found = QApplication.focusWidget()
        assert found is not None, "nothing has the focus"
        return found

    def dialog(self) -> QWidget:
        found: QWidget | None = QApplication.activeModalWidget()
        assert found is not None, "no dialog is open"
        return found

    def has_dialog(self) -> bool:
        found: QWidget | None = QApplication.activeModalWidget()
        return found is not None

    def hear(self) -> None:
        """Notice what another desk has committed (the poll behind the file events)."""
        self.hand.advance(1.1)
        self.settle()

    def wait(self, **length: float) -> None:
        self.hand.clock.advance(timedelta(**length))

    def said(self) -> str:
        """What the bar at the bottom says."""
        return self.frame.messages.text()


OpenPage = Callable[..., PageDesk[Any]]  # the page, and what a desk is given by name


def nameless(root: QWidget) -> list[str]:
    """Return the visible widgets that can have the focus and say no name to a screen reader."""
    found = []
    for widget in (root, *root.findChildren(QWidget)):
        proxied: QWidget | None = widget.focusProxy()  # the line of a spin box speaks through the box
        if widget.isVisible() and proxied is None and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            spoken = QAccessible.queryAccessibleInterface(widget)
            if not spoken.text(QAccessible.Text.Name).strip():
                found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found
