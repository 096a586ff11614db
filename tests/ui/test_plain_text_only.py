"""Hostile texts in every field of a patient: each widget of the Message Center and its sheets shows them as plain text."""

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QErrorMessage,
    QInputDialog,
    QLabel,
    QMessageBox,
    QProgressDialog,
    QTextBrowser,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import Conflict
from request_desk.domain.ids import RequestId, TargetId
from request_desk.domain.phrases import parse
from request_desk.domain.requests import CallOutcome, Target, TargetKind
from request_desk.paths import phrase_files
from request_desk.services.inbox import marks as inbox_marks, routing as inbox_routing
from request_desk.services.practice import phrases
from request_desk.ui.running.loop_probe import LoopProbe
from request_desk.ui.widgets.plain_text import body_text
from request_desk.ui.window.palette import PaletteDialog
from tests.builders import TODAY, Practice
from tests.ui.conftest import HandTimers
from tests.ui.inbox_desk import DeskWindow

Setup = Callable[[], AbstractContextManager[None]]
NAME = 200  # code points that a name may have
SLOWEST = 5_000  # milliseconds of one turn; as rich text these hang for minutes

# M1 to M3 of the security notes: pictures of files and devices, nested tables, unbroken lines; then scripts and marks.
HOSTILE = (
    '<img src="/dev/zero"><b>bold</b><a href="file:///etc/passwd">look</a>',
    "<img src='//host/share/x.png'>&lt;i&gt; &amp; &nbsp;",
    "<table><tr><td>" * 200 + "deep",
    "a" * 4000,
    "\u05d0\u05d1\u05d2 <b>\u0634\u0643\u0631\u0627</b> 5:30 \u05d3\u05d4",
    "e" + "\u0301" * 8 + "o" + "\u0308" * 8 + " <u>combined</u>",
    "&File && # title\n**bold** [link](javascript:alert(1))",
)


@pytest.fixture(params=range(len(HOSTILE)), ids=["device", "share", "tables", "unbroken", "bidi", "marks", "markdown"])
def text(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


@pytest.fixture
def filled(sqlite_practice: Practice, text: str, database_setup: Setup) -> RequestId:
    """A request in which every word that a family or a colleague can write is the hostile one."""
    practice, name = sqlite_practice, " ".join(text.split())[:NAME]
    with database_setup():
        shipped = [parse(path.read_text("utf-8")) for path in phrase_files()]
        practice.desk.perform(SYSTEM, phrases.sync_shipped, shipped)
        child = practice.a_patient(name, name, TODAY - timedelta(days=900))
        practice.a_patient(name, name, TODAY - timedelta(days=900))  # who must not be confused with the first
        parent = practice.a_contact(name, name, "p@example.org", {child: {"relation": name[:40]}})
        other = practice.a_contact(name, name, "o@example.org", {child: {"relation": name[:40]}})
        appointment = practice.an_appointment(child, practice.lindqvist, TODAY + timedelta(days=3), "9:00")
        practice.a_request("cancel", by=other, patient=child, appointment=appointment, message=text)
        wishes = [practice.wish(TODAY, "13:00")]
        made = practice.a_request(
            "reschedule", by=parent, patient=child, appointment=appointment, wishes=wishes, message=text
        )
        note = text[:2000]
        practice.desk.perform(practice.kofi, inbox_marks.add_note, made, note, CallOutcome.SPOKE)
        target = Target(TargetKind.STAFF, TargetId(practice.maria.id))
        practice.desk.perform(practice.kofi, inbox_routing.forward, made, target, text[:500], expect_version=1)
    return made


@pytest.fixture
def desk(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, tmp_path: Path, filled: RequestId
) -> Iterator[DeskWindow]:
    window = DeskWindow(qtbot, sqlite_practice, hand, tmp_path / "drafts")
    yield window
    for top in QApplication.topLevelWidgets():
        if top is not window.frame and top.isVisible():
            top.close()
    window.close()


def not_plain(top: QWidget) -> list[str]:
    """Walk over every widget of a window and name what could take a text for more than a text (QT-01, QT-03)."""
    found: list[str] = []
    for widget in (top, *top.findChildren(QWidget)):
        where = f"{type(widget).__name__} {widget.objectName()}"
        if isinstance(widget, QLabel) and widget.text() and widget.textFormat() is not Qt.TextFormat.PlainText:
            found.append(f"{where}: {widget.textFormat()}")
        if isinstance(widget, QTextEdit | QTextBrowser | QMessageBox | QInputDialog | QProgressDialog | QErrorMessage):
            found.append(f"{where}: shows rich text")
        for tip in (widget.toolTip(), widget.statusTip(), widget.whatsThis()):
            inner = tip.removeprefix("<qt>").removesuffix("</qt>").replace("<br>", "")
            if "<" in inner:
                found.append(f"{where}: a tip with markup, {inner[:60]!r}")
    return found


def test_every_field_of_a_hostile_request_is_plain_text(desk: DeskWindow, filled: RequestId, text: str) -> None:
    # QT-01, QT-02, QT-03, QT-04
    probe = LoopProbe()
    probe.start()
    desk.show(filled)
    assert desk.shown == filled
    message = desk.page.message
    assert message.text.toPlainText() == body_text(unicodedata.normalize("NFC", text.strip()))
    message.whole_text.click()
    desk.settle()
    assert message.safety_bar.text() != ""
    assert not_plain(desk.frame) == []
    for size in ((960, 680), (1366, 768)):
        desk.frame.resize(*size)
        desk.settle()
        assert not_plain(desk.frame) == []
    assert probe.stop().longest_ms < SLOWEST


def test_a_long_name_never_makes_the_message_wider_than_its_card(desk: DeskWindow, filled: RequestId) -> None:
    desk.show(filled)
    scroll = desk.page.message._scroll
    content = scroll.widget()
    assert content is not None
    assert content.width() <= scroll.viewport().width()


@pytest.mark.parametrize("command", ["forward", "wait", "cancel", "phrases", "deliveries"])
def test_every_sheet_over_a_hostile_request_is_plain_text(desk: DeskWindow, filled: RequestId, command: str) -> None:
    desk.show(filled)
    desk.frame.commands.run(f"inbox.{command}")
    desk.settle()
    assert not_plain(desk.dialog()) == []


def test_the_answer_that_names_a_hostile_patient_is_plain_text(desk: DeskWindow, filled: RequestId) -> None:
    desk.show(filled)
    desk.press("1")
    assert desk.text != ""
    assert not_plain(desk.frame) == []
    desk.page.response_controller._conflicted(Conflict("It was answered.", who="Kofi Prah", what="completed"))
    desk.settle()
    assert not_plain(desk.dialog()) == []


def test_what_the_palette_finds_is_plain_text(desk: DeskWindow, filled: RequestId) -> None:
    palette = PaletteDialog(desk.frame.commands, desk.frame)
    desk.page.serve_palette(palette)
    palette.open_fresh()
    palette.field.setText("hi")
    palette.searched.emit("mother")
    desk.settle()
    assert not_plain(palette) == []
    palette.close()
