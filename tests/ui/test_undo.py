"""The undo bar's countdown and the message bar (design/ui.md; requirements RE8)."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from request_desk.ui.window.messages import MessageBar, show_crash
from request_desk.ui.window.undo import UndoBar
from tests.ui.conftest import HandTimers


@pytest.fixture
def bar(qtbot: QtBot, hand: HandTimers) -> UndoBar:
    bar = UndoBar(clock=hand.clock, timers=hand)
    qtbot.addWidget(bar)
    return bar


@pytest.fixture
def messages(qtbot: QtBot, hand: HandTimers) -> MessageBar:
    bar = MessageBar(clock=hand.clock, timers=hand)
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_the_bar_names_the_act_and_counts_down(bar: UndoBar, hand: HandTimers) -> None:
    bar.offer("Zuri Okafor moved to Tue, Nov 24, 9:20 AM.", 20, "undo")
    assert bar.isVisible()
    assert bar.accessibleName() == "Zuri Okafor moved to Tue, Nov 24, 9:20 AM."
    button = bar.findChild(QAbstractButton)
    assert button is not None
    assert button.text() == "Undo · 20 s"
    width = button.width()
    hand.advance(12.5)
    assert button.text() == "Undo · 8 s"
    assert button.width() == width


def test_a_click_asks_for_the_undo_once(bar: UndoBar, qtbot: QtBot) -> None:
    token = object()
    bar.offer("Done.", 20, token)
    button = bar.findChild(QAbstractButton)
    assert button is not None
    with qtbot.waitSignal(bar.undo_asked) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == [token]
    assert not bar.isVisible()
    with qtbot.assertNotEmitted(bar.undo_asked):
        bar.ask_undo()


def test_the_offer_ends_with_the_grace_time(bar: UndoBar, hand: HandTimers, qtbot: QtBot) -> None:
    bar.offer("Done.", 20, "first")
    with qtbot.waitSignal(bar.expired) as expired:
        hand.advance(20)
    assert expired.args == ["first"]
    assert not bar.isVisible()
    assert bar.offered() is None


def test_acts_are_taken_back_one_after_the_other_the_last_first(
    bar: UndoBar, hand: HandTimers, qtbot: QtBot
) -> None:  # ACT5
    asked: list[object] = []
    bar.undo_asked.connect(asked.append)
    bar.offer("First.", 20, "first")
    hand.advance(5)
    bar.offer("Second.", 20, "second")
    assert (bar.offered(), bar.sentence(), bar.seconds_left()) == ("second", "Second.", 20)
    bar.ask_undo()
    assert (bar.offered(), bar.sentence(), bar.seconds_left()) == ("first", "First.", 15)
    assert bar.isVisible()
    bar.ask_undo()
    assert asked == ["second", "first"]
    assert not bar.isVisible()


def test_the_second_click_of_two_does_not_take_back_the_act_before(
    bar: UndoBar, hand: HandTimers, qtbot: QtBot
) -> None:  # ACT5
    asked: list[object] = []
    bar.undo_asked.connect(asked.append)
    for act in ("First.", "Second."):
        bar.offer(act, 20, act)
    button = bar.findChild(QAbstractButton)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    hand.advance(0.3)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == ["Second."]
    hand.advance(0.3)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == ["Second.", "First."]


def test_each_act_has_its_own_time(bar: UndoBar, hand: HandTimers, qtbot: QtBot) -> None:
    over: list[object] = []
    bar.expired.connect(over.append)
    bar.offer("First.", 20, "first")
    hand.advance(15)
    bar.offer("Second.", 20, "second")
    hand.advance(10)
    assert over == ["first"]
    assert (bar.offered(), bar.seconds_left()) == ("second", 10)
    bar.ask_undo()
    assert bar.offered() is None
    assert not bar.isVisible()


def test_who_signs_out_leaves_no_act_to_take_back(bar: UndoBar) -> None:
    bar.offer("First.", 20, "first")
    bar.offer("Second.", 20, "second")
    bar.clear()
    assert bar.offered() is None
    assert not bar.isVisible()


def test_a_line_goes_away_by_itself(messages: MessageBar, hand: HandTimers) -> None:
    messages.say("Kofi completed this just now.")
    hand.advance(5.9)
    assert messages.text() == "Kofi completed this just now."
    hand.advance(0.2)
    assert messages.text() == ""


def test_an_offer_stays_until_it_is_answered(messages: MessageBar, hand: HandTimers, qtbot: QtBot) -> None:
    offer = messages.offer("A scanner wrote “12345”.", "Put it into the response")
    hand.advance(60)
    assert messages.text()
    buttons = [button for button in messages.findChildren(QAbstractButton) if button.isVisible()]
    assert [button.accessibleName() for button in buttons] == ["Put it into the response", "Dismiss"]
    with qtbot.waitSignal(offer.accepted):
        buttons[0].click()
    assert messages.text() == ""


def test_an_offer_is_refused_by_what_is_said_next(messages: MessageBar, qtbot: QtBot) -> None:
    offer = messages.offer("Text?", "Take it")
    with qtbot.waitSignal(offer.refused):
        messages.say("Something else.")


def test_the_crash_dialog_shows_an_id_only(qtbot: QtBot) -> None:  # QT-10
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    question = show_crash(window, "c-4711")
    assert "c-4711" in question.detail.text()
    question.accept()
