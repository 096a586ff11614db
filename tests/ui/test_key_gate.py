"""Which key presses count (design/ui.md, Keys; requirements MC7)."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from request_desk.ui.window.commands import Command, CommandRegistry, Scope
from request_desk.ui.window.key_gate import KeyGate
from tests.ui.conftest import HandTimers


class Window(QWidget):
    """A list, a field, and commands that note what they were asked."""

    def __init__(self, hand: HandTimers) -> None:
        super().__init__()
        self.done: list[str] = []
        self.list = QListView()
        self.list.setAccessibleName("Requests")
        self.field = QLineEdit()
        self.field.setAccessibleName("Search")
        self.message = QPlainTextEdit("hi")
        self.message.setReadOnly(True)
        body = QVBoxLayout(self)
        for each in (self.list, self.field, self.message):
            body.addWidget(each)
        self.gate = KeyGate(clock=hand.clock, timers=hand, parent=self)
        self.commands = CommandRegistry(self, self.gate)
        self.gate.watch(self.list, Scope.REQUEST)
        self.gate.watch(self.message, Scope.REQUEST)
        add = self.commands.add
        add(Command("next", "Next", ("J",), Scope.REQUEST), lambda: self.done.append("next"))
        add(Command("cancel", "Cancel", ("C",), Scope.REQUEST, changing=True), lambda: self.done.append("cancel"))
        add(Command("keys", "Keys", ("?",)), lambda: self.done.append("keys"))
        add(Command("act", "Act", ("Ctrl+Return",), Scope.REQUEST, changing=True), self._act)
        add(Command("undo", "Undo", ("Ctrl+Shift+Z",), changing=True), lambda: self.done.append("undo"))
        add(Command("palette", "Commands", ("Ctrl+K",)), lambda: self.done.append("palette"))
        offers = Command("offer", "Offer", tuple("123456789"), Scope.REQUEST, changing=True, in_palette=False)
        self.commands.add_each(offers, lambda key: self.done.append(f"offer {key}"))
        places = Command("place", "Location", ("Alt+1", "Alt+2"), in_palette=False)
        self.commands.add_each(places, lambda key: self.done.append(f"place {key}"))

    def _act(self) -> None:
        if self.gate.may_act():
            self.done.append("act")


@pytest.fixture
def window(qtbot: QtBot, hand: HandTimers) -> Window:
    window = Window(hand)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    window.list.setFocus()
    return window


def press(key: str | Qt.Key, *, repeated: bool = False) -> None:
    """Press a key where the focus is, as the window system would."""
    target = QApplication.focusWidget()
    assert target is not None
    code = Qt.Key(ord(key.upper())) if isinstance(key, str) else key
    text = key if isinstance(key, str) else "\r"
    event = QKeyEvent(QEvent.Type.KeyPress, code, Qt.KeyboardModifier.NoModifier, text, repeated)
    QApplication.sendEvent(target, event)


def test_navigation_runs_at_once(window: Window) -> None:
    press("j")
    assert window.done == ["next"]


def test_held_navigation_repeats(window: Window) -> None:
    press("j")
    press("j", repeated=True)
    assert window.done == ["next", "next"]


def test_a_changing_key_waits_80_ms(window: Window, hand: HandTimers) -> None:
    press("c")
    hand.advance(0.079)
    assert window.done == []
    hand.advance(0.001)
    assert window.done == ["cancel"]


def test_a_held_changing_key_counts_once(window: Window, hand: HandTimers) -> None:
    press("c")
    for _ in range(5):
        hand.advance(0.030)
        press("c", repeated=True)
    hand.advance(1)
    assert window.done == ["cancel"]


def test_auto_repeat_alone_never_changes_anything(window: Window, hand: HandTimers) -> None:
    press("c", repeated=True)
    hand.advance(1)
    assert window.done == []


def test_a_scanner_changes_nothing_and_its_text_is_offered(window: Window, hand: HandTimers, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.gate.burst) as burst:
        for key in "C12345J":
            press(key)
            hand.advance(0.010)
        press(Qt.Key.Key_Return)  # scanners end with Enter
    assert burst.args == ["C12345J"]
    hand.advance(1)
    assert window.done == []


def test_a_burst_without_enter_ends_by_itself(window: Window, hand: HandTimers, qtbot: QtBot) -> None:
    for key in "c12":
        press(key)
        hand.advance(0.010)
    with qtbot.waitSignal(window.gate.burst) as burst:
        hand.advance(0.080)
    assert burst.args == ["c12"]
    assert window.done == []


def test_keys_before_the_changing_one_belong_to_the_burst(window: Window, hand: HandTimers, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.gate.burst) as burst:
        for key in "xc12":
            press(key)
            hand.advance(0.010)
        hand.advance(0.1)
    assert burst.args == ["xc12"]


def test_one_quick_follower_takes_its_turn_after_the_changing_key(window: Window, hand: HandTimers) -> None:
    press("c")
    hand.advance(0.040)
    press("j")
    assert window.done == []
    hand.advance(0.040)
    assert window.done == ["cancel", "next"]


def test_a_changing_follower_waits_for_itself(window: Window, hand: HandTimers) -> None:
    window.gate.offer_painted(1, "9:20")
    hand.advance(0.3)
    press("c")
    hand.advance(0.050)
    press("1")
    hand.advance(0.030)
    assert window.done == ["cancel"]
    hand.advance(0.050)
    assert window.done == ["cancel", "offer 1"]


def test_a_waiting_key_does_not_act_on_another_request(window: Window, hand: HandTimers) -> None:
    window.gate.request_shown(1)
    press("c")
    window.gate.request_shown(2)
    hand.advance(1)
    assert window.done == []


def test_letters_are_text_in_a_field(window: Window, hand: HandTimers) -> None:
    window.field.setFocus()
    for key in "jc?":
        press(key)
    hand.advance(1)
    assert window.done == []
    assert window.field.text() == "jc?"


def test_letters_act_in_the_message_that_is_only_read(window: Window) -> None:
    window.message.setFocus()
    press("j")
    assert window.done == ["next"]


def test_letters_can_be_switched_off_and_the_sheet_stays(window: Window, hand: HandTimers) -> None:
    window.commands.set_letters(False)
    for key in "jc1?":
        press(key)
    hand.advance(1)
    assert window.done == ["keys"]


def test_a_digit_acts_only_on_an_offer_painted_for_250_ms(window: Window, hand: HandTimers) -> None:
    press("1")
    hand.advance(0.1)
    window.gate.offer_painted(1, "9:20")
    hand.advance(0.249)
    press("1")
    hand.advance(0.0005)
    assert not window.gate.may_choose(1)
    hand.advance(0.1)
    assert window.gate.may_choose(1)
    assert window.done == []
    press("1")
    hand.advance(0.1)
    assert window.done == ["offer 1"]


def test_an_offer_that_was_replaced_must_be_seen_anew(window: Window, hand: HandTimers) -> None:
    window.gate.offer_painted(1, "9:20")
    hand.advance(1)
    window.gate.offer_painted(1, "9:20")
    assert window.gate.may_choose(1)
    window.gate.offer_painted(1, "10:40")
    assert not window.gate.may_choose(1)
    window.gate.offers_gone()
    hand.advance(1)
    assert not window.gate.may_choose(1)


def test_ctrl_enter_is_armed_half_a_second_after_the_request_was_painted(
    window: Window, hand: HandTimers, qtbot: QtBot
) -> None:
    window.gate.request_shown(7)
    qtbot.keyClick(window.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    window.gate.request_painted(7)
    hand.advance(0.499)
    qtbot.keyClick(window.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.done == []
    hand.advance(0.001)
    qtbot.keyClick(window.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.done == ["act"]


def test_the_next_request_disarms_ctrl_enter(window: Window, hand: HandTimers) -> None:
    window.gate.request_shown(7)
    window.gate.request_painted(7)
    hand.advance(1)
    assert window.gate.may_act()
    window.gate.request_shown(8)
    window.gate.request_painted(7)  # a late paint of the old one
    hand.advance(1)
    assert not window.gate.may_act()


def test_ctrl_enter_waits_for_a_digit_that_waits(window: Window, hand: HandTimers) -> None:
    window.gate.request_shown(7)
    window.gate.request_painted(7)
    window.gate.offer_painted(2, "11:30")
    hand.advance(1)
    press("2")
    assert not window.gate.may_act()
    hand.advance(0.1)
    assert window.gate.may_act()


def test_ctrl_keys_reach_the_window_from_inside_a_field(window: Window, qtbot: QtBot) -> None:
    window.field.setFocus()
    window.field.setText("some words")
    window.field.setCursorPosition(0)
    qtbot.keyClick(window.field, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window.field, Qt.Key.Key_Z, both)
    assert window.done == ["palette", "undo"]
    assert window.field.text() == "some words"


def test_alt_digits_tell_which(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window.field, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.done == ["place Alt+2"]


def test_a_window_in_front_takes_the_keys(window: Window, hand: HandTimers, qtbot: QtBot) -> None:
    other = QListView()
    qtbot.addWidget(other)
    with qtbot.waitActive(other):
        other.show()
        other.activateWindow()
    other.setFocus()
    press("c")
    hand.advance(1)
    assert window.done == []


def test_a_watched_widget_may_go(window: Window) -> None:
    import shiboken6

    gone = QListView(window)
    window.gate.watch(gone, Scope.REQUEST)
    shiboken6.delete(gone)
    press("j")
    assert window.done == ["next"]
