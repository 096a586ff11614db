"""The sign-in pane: what it tells, what it keeps, and that nothing under it hears or shows anything."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.access import SYSTEM
from request_desk.domain.ids import StaffId
from request_desk.services.people import access
from request_desk.ui.running.runner import Runner
from request_desk.ui.window.commands import Command, application_commands
from request_desk.ui.window.frame import MainFrame
from request_desk.ui.window.launch import DemoStaff
from request_desk.ui.window.sign_in import SignInPane
from tests.builders import Practice
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import nameless

Setup = Callable[[], AbstractContextManager[None]]
PASSWORD = "violet otters paddle north 42"
CTRL = Qt.KeyboardModifier.ControlModifier


class Covered:
    """A window with commands and a field, and the pane over it."""

    def __init__(self, qtbot: QtBot, hand: HandTimers) -> None:
        self.frame = MainFrame(practice="Harbor Pediatrics", clock=hand.clock, timers=hand)
        qtbot.addWidget(self.frame)
        self.below = QLineEdit()
        self.below.setAccessibleName("Below")
        self.frame.add_page("page", "Page", "inbox")
        self.frame.set_page("page", self.below)
        self.ran: list[str] = []
        for command in application_commands():
            self.frame.commands.add(command, self._nothing)
        self.frame.commands.add(Command("page.letter", "Letter", ("X",)), self._nothing)
        self.frame.commands.ran.connect(self.ran.append)
        self.pane = SignInPane(self.frame)
        self.tries: list[tuple[str, str, bool]] = []
        self.passwords: list[str] = []
        self.pane.signed_in.connect(lambda *values: self.tries.append(values))
        self.pane.password_chosen.connect(self.passwords.append)
        self.frame.resize(1366, 768)
        self.frame.show()
        qtbot.waitExposed(self.frame)
        self.frame.activateWindow()

    def _nothing(self) -> None:
        return

    def focus(self) -> QWidget:
        QApplication.processEvents()
        found: QWidget | None = QApplication.focusWidget()
        assert found is not None
        return found

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.focus(), key, modifiers)


@pytest.fixture
def covered(qtbot: QtBot, hand: HandTimers) -> Iterator[Covered]:
    window = Covered(qtbot, hand)
    window.pane.cover()
    yield window
    window.pane.uncover()


def test_name_and_password_are_typed_and_told_by_keys_alone(covered: Covered) -> None:
    assert covered.focus() is covered.pane.login
    QTest.keyClicks(covered.focus(), " maria ")
    covered.press(Qt.Key.Key_Tab)
    QTest.keyClicks(covered.focus(), PASSWORD)
    covered.press(Qt.Key.Key_Tab)
    covered.press(Qt.Key.Key_Space)
    covered.press(Qt.Key.Key_Return)
    assert covered.tries == [("maria", PASSWORD, True)]


def test_a_second_try_waits_for_the_answer_to_the_first(covered: Covered) -> None:
    QTest.keyClicks(covered.pane.login, "maria")
    QTest.keyClicks(covered.pane.password, "x")
    covered.press(Qt.Key.Key_Return)
    covered.press(Qt.Key.Key_Return)
    assert len(covered.tries) == 1
    covered.pane.refuse("The name or the password is not right.")
    assert covered.pane.said.isVisible()
    assert covered.pane.password.text() == "x"
    assert covered.pane.password.selectedText() == "x"
    covered.press(Qt.Key.Key_Return)
    assert len(covered.tries) == 2


def test_an_empty_field_is_asked_for(covered: Covered) -> None:
    covered.press(Qt.Key.Key_Return)
    assert covered.tries == []
    assert covered.pane.said.text() == "Type your user name and your password."


def test_a_known_name_leaves_only_the_password_to_type(qtbot: QtBot, hand: HandTimers) -> None:
    window = Covered(qtbot, hand)
    window.pane.cover(login="maria", hint="Locked. What you typed is kept.")
    assert window.focus() is window.pane.password
    window.pane.uncover()


def test_a_new_password_is_asked_for_twice(covered: Covered) -> None:
    covered.pane.ask_new_password()
    assert not covered.pane.login.isVisible()
    QTest.keyClicks(covered.focus(), PASSWORD)
    covered.press(Qt.Key.Key_Tab)
    QTest.keyClicks(covered.focus(), "something else")
    covered.press(Qt.Key.Key_Return)
    assert covered.pane.said.text() == "The two passwords are not the same. Type them again."
    covered.pane.again.setText(PASSWORD)
    covered.press(Qt.Key.Key_Return)
    assert covered.passwords == [PASSWORD]
    assert covered.tries == []


def test_what_was_typed_is_forgotten_when_the_pane_goes(covered: Covered) -> None:
    QTest.keyClicks(covered.pane.password, PASSWORD)
    covered.pane.uncover()
    assert covered.pane.password.text() == ""
    assert not covered.pane.isVisible()


def test_no_key_reaches_what_is_covered(covered: Covered) -> None:
    for _step in range(12):
        for key, modifiers in (
            (Qt.Key.Key_K, CTRL),
            (Qt.Key.Key_L, CTRL),
            (Qt.Key.Key_B, CTRL),
            (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier),
            (Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier),
            (Qt.Key.Key_Slash, Qt.KeyboardModifier.NoModifier),
            (Qt.Key.Key_X, Qt.KeyboardModifier.NoModifier),
        ):
            covered.press(key, modifiers)
        covered.press(Qt.Key.Key_Tab)
        assert covered.pane.isAncestorOf(covered.focus())
    covered.press(Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert covered.pane.isAncestorOf(covered.focus())
    assert covered.ran == []
    assert covered.below.text() == ""


def test_the_window_can_be_quit_while_it_is_covered(covered: Covered) -> None:
    covered.press(Qt.Key.Key_Q, CTRL)
    assert covered.ran == ["app.quit"]


def test_keys_work_again_when_the_pane_is_gone(covered: Covered) -> None:
    covered.pane.uncover()
    covered.below.setFocus()
    covered.press(Qt.Key.Key_K, CTRL)
    assert covered.ran == ["app.palette"]


def test_the_pane_covers_all_of_the_window_at_every_size(covered: Covered) -> None:
    for width, height in ((960, 680), (1920, 1080), (1366, 768)):
        covered.frame.resize(width, height)
        QApplication.processEvents()
        assert covered.pane.geometry() == covered.frame.rect()
        for x, y in ((20, 20), (width // 2, height // 2), (width - 20, height - 20)):
            there = covered.frame.childAt(x, y)
            assert there is not None
            assert there is covered.pane or covered.pane.isAncestorOf(there)


@pytest.mark.parametrize("scale", [100, 115, 130])
def test_nothing_of_the_card_is_squeezed(covered: Covered, theme: object, scale: int) -> None:
    theme.set_scale(scale)  # type: ignore[attr-defined]
    covered.frame.resize(960, 680)
    covered.pane.cover(login="maria", hint="A long hint that needs two lines at least, because it says quite a lot.")
    covered.pane.refuse("A long refusal that needs two lines as well, because it says what to do next, and why.")
    QApplication.processEvents()
    for field in (covered.pane.login, covered.pane.password):
        assert field.height() >= field.minimumSizeHint().height()
        block = field.parentWidget()
        assert block is not None
        assert block.height() >= block.minimumSizeHint().height()


def test_the_logins_of_the_demo_sign_in_with_a_click(qtbot: QtBot, hand: HandTimers) -> None:
    window = Covered(qtbot, hand)
    staff = [DemoStaff("maria", "Maria <b>Santos</b>", "front desk", PASSWORD)]
    window.pane.offer_demo_staff(staff)
    window.pane.cover()
    QApplication.processEvents()
    button = next(each for each in window.pane.findChildren(QWidget) if each.property("login") == "maria")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.tries == [("maria", PASSWORD, False)]
    window.pane.uncover()


def test_every_field_has_a_name(covered: Covered) -> None:
    assert nameless(covered.pane) == []
    covered.pane.ask_new_password()
    assert nameless(covered.pane) == []
    assert covered.pane.button.accessibleName() == "Set the password"


def test_a_real_sign_in_is_answered_with_one_uniform_sentence_or_a_session(
    covered: Covered, sqlite_practice: Practice, database_setup: Setup
) -> None:  # AD1
    with database_setup():
        sqlite_practice.desk.perform(SYSTEM, access.set_password, StaffId(sqlite_practice.maria.id), PASSWORD)
    runner = Runner(sqlite_practice.desk, write_crash=str)
    runner.set_actor(SYSTEM)
    answers: list[access.Attempt] = []

    def attempt(login: str, password: str, _remember: bool) -> None:
        pending = runner.call(covered.pane, access.sign_in, sqlite_practice.desk, login, password, "desk")
        pending.done(answers.append).refused(lambda refused: covered.pane.refuse(refused.sentence))

    covered.pane.signed_in.connect(attempt)
    sentences = []
    for login, password in (("maria", "wrong"), ("nobody", PASSWORD)):
        covered.pane.login.setText(login)
        covered.pane.password.setText(password)
        covered.press(Qt.Key.Key_Return)
        assert runner.drained()
        sentences.append(answers[-1].sentence)
        covered.pane.refuse(answers[-1].sentence)
    assert sentences[0] == sentences[1] != ""
    covered.pane.login.setText("maria")
    covered.pane.password.setText(PASSWORD)
    covered.press(Qt.Key.Key_Return)
    assert runner.drained()
    assert answers[-1].signed_in is not None
    runner.close()
