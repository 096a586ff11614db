"""A real window with the Message Center on a real database, moved by hand: what the tests of the inbox sit down at."""

import traceback
from pathlib import Path

from cryptography.fernet import Fernet
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.access import Actor
from request_desk.domain.changes import Changes
from request_desk.domain.ids import RequestId
from request_desk.domain.words import Words
from request_desk.services.desk import Outcome
from request_desk.services.inbox import marks as inbox_marks
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.inbox.response_pane import ResponsePane
from request_desk.ui.running.changes import ChangeHub
from request_desk.ui.running.context import DeskContext, Preferences
from request_desk.ui.running.drafts import DraftFiles, DraftKeeper
from request_desk.ui.running.runner import Runner
from request_desk.ui.window.frame import MainFrame
from tests.builders import TODAY, ZONE, Practice
from tests.ui.conftest import HandTimers

KEY = Fernet.generate_key()


class DeskWindow:
    """One desk of a signed-in person. `press` sends real key events to whatever has the focus."""

    def __init__(
        self,
        qtbot: QtBot,
        practice: Practice,
        hand: HandTimers,
        folder: Path,
        *,
        actor: Actor | None = None,
        size: tuple[int, int] = (1615, 920),
        preferences: dict[str, object] | None = None,
        key: bytes = KEY,
    ) -> None:
        self.practice, self.hand, self.qtbot = practice, hand, qtbot
        self.actor = actor or practice.maria
        self.is_dead = False
        self.crashes: list[str] = []
        self.refusals: list[object] = []
        self.undos: list[Outcome[object]] = []
        self.led_to: list[tuple[str, int]] = []  # things of other pages that this one led to
        self.kept = preferences if preferences is not None else {}
        self.frame = MainFrame(practice="Harbor Pediatrics", clock=hand.clock, timers=hand)
        # pytest-qt deletes its widgets before fixtures end: what stands behind them is closed first.
        qtbot.addWidget(self.frame, before_close_func=lambda _frame: self.close())
        self.runner = Runner(practice.desk, write_crash=self._crashed)
        self.runner.set_actor(self.actor)
        self.runner.refusal.connect(self.refusals.append)
        self.runner.refusal.connect(self.frame.messages.refuse)
        self.runner.outcome.connect(self._outcome)
        self.hub = ChangeHub(self.runner, practice.desk, clock=hand.clock, timers=hand)
        self.drafts = DraftKeeper(
            self.runner, hand.clock, save=inbox_marks.save_draft, drop=inbox_marks.drop_draft, timers=hand
        )
        self.drafts.open(DraftFiles(folder, key, self.actor.id))
        words = Words("en_US", ZONE, TODAY)
        self.context = DeskContext(
            runner=self.runner,
            hub=self.hub,
            commands=self.frame.commands,
            gate=self.frame.gate,
            clock=hand.clock,
            timers=hand,
            words=lambda: words,
            settings=lambda: practice.settings,
            actor=lambda: self.actor,
            preferences=Preferences(self.kept, self.kept.__setitem__),
            drafts=self.drafts,
            undo_bar=self.frame.undo_bar,
            messages=self.frame.messages,
            memory=self.frame.memory,
            open_thing=lambda key, thing_id, /, **_how: self.led_to.append((key, thing_id)),
        )
        self.page = MessageCenter(self.context)
        self.frame.add_page("messages", "Message Center", "inbox")
        self.frame.set_page("messages", self.page)
        self.frame.resize(*size)
        self.hub.start()
        self.frame.show()
        qtbot.waitExposed(self.frame)
        self.frame.activateWindow()
        self.settle()

    def _crashed(self, error: BaseException) -> str:
        self.crashes.append("".join(traceback.format_exception(error)))
        return "T1"

    def _outcome(self, outcome: Outcome[object]) -> None:
        if outcome.undo is not None:
            self.undos.append(outcome)

    def close(self) -> None:
        if self.is_dead:
            return
        self.is_dead = True
        self.page.leave()
        self.runner.drained()
        self.drafts.flush()
        self.hub.close()
        self.runner.close()
        assert self.crashes == []

    def die(self) -> None:
        """End without a word, as a killed process does."""
        self.is_dead = True
        self.hub.close()
        self.runner.close()

    # what the user does

    def settle(self) -> None:
        """Let everything that is under way arrive and be painted."""
        quiet = 0
        for _round in range(200):
            self.runner.drained()
            QApplication.processEvents()
            # Painting asks for rows, and answers paint: it is over when nothing followed three times.
            quiet = 0 if self.runner.busy() else quiet + 1
            if quiet == 3:
                break
        else:
            raise AssertionError("the window does not come to rest")
        assert self.crashes == [], self.crashes[0]

    def look(self, seconds: float = 0.6) -> None:
        """Look at the screen for a moment: what is painted counts as seen."""
        self.page.repaint()
        self.settle()
        self.hand.advance(seconds)
        self.settle()

    def press(self, *keys: str) -> None:
        """Press keys like "1", "Ctrl+Return", "J" one after the other."""
        for key in keys:
            *modifiers, name = key.split("+")
            flags = Qt.KeyboardModifier.NoModifier
            for modifier in modifiers:
                flags |= {
                    "Ctrl": Qt.KeyboardModifier.ControlModifier,
                    "Alt": Qt.KeyboardModifier.AltModifier,
                    "Shift": Qt.KeyboardModifier.ShiftModifier,
                }[modifier]
            code = getattr(Qt.Key, f"Key_{ {'/': 'Slash'}.get(name, name) }")
            QTest.keyClick(self.focus(), code, flags)
            self.hand.advance(0.09)
            self.settle()

    def type(self, text: str) -> None:
        QTest.keyClicks(self.focus(), text)
        self.settle()

    def focus(self) -> QWidget:
        found = QApplication.focusWidget()
        if found is None:
            # A closed sheet gives the focus back through the window system, which the offscreen platform has not.
            self.frame.activateWindow()
            QApplication.processEvents()
            found = QApplication.focusWidget()
        assert found is not None, "nothing has the focus"
        return found

    def dialog(self) -> QWidget:
        found = QApplication.activeModalWidget()
        assert found is not None, "no sheet is open"
        return found

    def show(self, request_id: RequestId) -> None:
        """Go to a request and look at it."""
        self.page.open_request(request_id)
        self.look()

    def hear(self) -> None:
        """Notice what another desk has committed (the poll behind the file events)."""
        self.hand.advance(1.1)
        self.settle()

    def undo(self) -> None:
        self.runner.undo(self.page, self.undos[-1].undo)
        self.settle()

    # what is seen

    @property
    def response(self) -> ResponsePane:
        return self.page.response

    @property
    def text(self) -> str:
        return self.page.response.editor.text()

    @property
    def shown(self) -> RequestId | None:
        now = self.page.response_controller.request_controller.now
        return None if now is None else now.view.id

    def rows(self) -> list[int]:
        return list(self.page.feed.model.keys())


def everything() -> Changes:
    return Changes(everything=True)
