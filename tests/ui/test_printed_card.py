"""Printing the card of a visit from the schedule and from the appointments: one small page, plain text (AP8)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from request_desk.domain.ids import AppointmentId
from request_desk.domain.printed_card import CardLines
from request_desk.ui.appointments.appointments_page import AppointmentsPage
from request_desk.ui.schedule.printed_card_sheet import PrintedCardSheet, card_document
from request_desk.ui.schedule.schedule_page import SchedulePage
from tests.builders import TODAY, Practice
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk

Setup = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def booked(sqlite_practice: Practice, database_setup: Setup) -> AppointmentId:
    with database_setup():
        return sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, TODAY, "9:20")


def sheet_of(desk: PageDesk[SchedulePage] | PageDesk[AppointmentsPage]) -> PrintedCardSheet:
    found = desk.dialog()
    assert isinstance(found, PrintedCardSheet)
    return found


def test_the_key_shows_one_small_page_and_a_file_holds_it(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, booked: AppointmentId, tmp_path: Path
) -> None:
    desk = PageDesk(qtbot, sqlite_practice, hand, SchedulePage)
    desk.press("K")
    assert desk.said() == "Choose the visit whose card is to be printed first."
    desk.page.open(booked)
    desk.settle()
    desk.press("K")
    sheet = sheet_of(desk)
    assert sheet.document is not None
    assert sheet.document.toPlainText().splitlines()[:3] == [
        "Harbor Pediatrics",
        "Visit of Zuri",
        "Tuesday, November 24, 9:20 AM PST",
    ]
    assert sheet.preview.pageCount() == 1
    desk.click(sheet.pdf_button)
    asked = sheet.findChild(QFileDialog)
    assert asked is not None
    asked.fileSelected.emit(str(tmp_path / "card.pdf"))
    desk.settle()
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    assert desk.said() == "The card is in card.pdf."
    desk.close()


def test_a_visit_that_is_cancelled_says_why_there_is_no_card(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, database_setup: Setup
) -> None:
    practice = sqlite_practice
    with database_setup():
        gone = practice.an_appointment(
            practice.zuri, practice.lindqvist, TODAY, "9:20", status="cancelled", cancel_code="pat"
        )
    desk = PageDesk(qtbot, practice, hand, SchedulePage)
    desk.page.open(gone)
    desk.settle()
    assert not desk.page.card.print_button.isVisible()
    desk.press("K")
    assert desk.said() == "There is no card to print: it is cancelled."
    desk.close()


def test_it_is_printed_from_the_list_of_appointments_too(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, booked: AppointmentId
) -> None:
    desk = PageDesk(qtbot, sqlite_practice, hand, AppointmentsPage)
    desk.page.take_focus()
    desk.settle()
    desk.press("K")
    assert sheet_of(desk).preview.pageCount() == 1
    desk.close()


def test_names_are_plain_text_and_long_ones_keep_the_page(qapp: QApplication) -> None:
    hostile = "<b>Robert</b> <img src='/dev/zero'>"
    text = card_document(CardLines(hostile, hostile, "now", hostile, (hostile,), "call")).toPlainText()
    assert text.count(hostile) == 4
