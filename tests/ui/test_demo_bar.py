"""The strip of the demo practice and its mails: shown as plain text, read beside the UI thread."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words
from request_desk.ui.widgets.buttons import Button
from request_desk.ui.widgets.states import State
from request_desk.ui.window.demo_bar import DemoBar, MailsDialog
from request_desk.ui.window.launch import Demo
from tests.ui.page_desk import nameless

NOON = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
PACIFIC = Words("en_US", PracticeTime("America/Los_Angeles"))


@dataclass(frozen=True)
class Caught:
    """A mail as the catcher gives it."""

    at: datetime
    to: str
    subject: str
    body: str
    files: tuple[str, ...] = ()
    is_text: bool = False


def demo(*mails: Caught) -> Demo:
    return Demo("http://127.0.0.1:8000", lambda: mails, ())


def test_caught_mails_are_listed_and_read(qtbot: QtBot) -> None:
    old = Caught(NOON, "amara@example.org", "A message for you", "Hello <b>Amara</b>")
    files = ("invite.ics", "two\nlines.ics")
    new = Caught(NOON + timedelta(minutes=1), "priya@example.org", "Your appointment", "123456", files)
    dialog = MailsDialog(demo(new, old), PACIFIC, None)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.stack.is_content_shown)
    model = dialog.view.model()
    assert [model.index(row, 0).data() for row in range(2)] == [
        "12:01 PM",
        "12:00 PM",
    ]  # the practice's time, not this machine's
    assert dialog.text.text() == "123456"
    assert dialog.files.text() == "Attached: invite.ics, two lines.ics"
    QTest.keyClick(dialog.view, Qt.Key.Key_Down)
    assert dialog.text.text() == "Hello <b>Amara</b>"
    assert dialog.files.isHidden()
    assert nameless(dialog) == []


def test_a_text_message_stands_among_the_mails_and_its_links_can_be_opened(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    link = "http://127.0.0.1:8000/m/abc"
    text = Caught(NOON, "+12065550147", "", f"Your visit: {link}.\n{link} Reply STOP to end.", is_text=True)
    long = Caught(NOON - timedelta(minutes=1), "+12065550148", "", "word " * 50, is_text=True)
    dialog = MailsDialog(demo(text, long), PACIFIC, None)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.stack.is_content_shown)
    model = dialog.view.model()
    assert [model.index(row, 2).data() for row in range(2)] == ["Text message", "Text message in 2 parts"]
    assert [each.accessibleName() for each in dialog.links] == [link]
    QTest.mouseClick(dialog.links[0], Qt.MouseButton.LeftButton)
    assert opened == [link]
    QTest.keyClick(dialog.view, Qt.Key.Key_Down)
    assert dialog.links == ()


def test_no_mail_yet_is_explained(qtbot: QtBot) -> None:
    dialog = MailsDialog(demo(), PACIFIC, None)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.stack.pane.state() is State.EMPTY)
    assert "No message has been sent yet." in dialog.stack.pane.sentence()


def test_a_hundred_mails_are_listed(qtbot: QtBot) -> None:
    mails = [Caught(NOON - timedelta(seconds=number), f"p{number}@example.org", "x", "y") for number in range(100)]
    dialog = MailsDialog(demo(*mails), PACIFIC, None)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.stack.is_content_shown)
    assert dialog.view.model().rowCount() == 100


def test_the_strip_names_its_buttons_and_tells_to_switch_the_user(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = DemoBar(demo(), lambda: PACIFIC, window)
    window.resize(1200, 60)
    bar.resize(1200, 40)
    window.show()
    assert nameless(window) == []
    switch = next(each for each in bar.findChildren(Button) if each.words() == "Switch user")
    with qtbot.waitSignal(bar.switch_wanted):
        QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
