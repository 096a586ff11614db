"""Printing the list of a day: the pages, the file, hostile names as plain text, and the list that is kept for when the network is gone (AP8)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from PySide6.QtPrintSupport import QPrintDialog
from PySide6.QtWidgets import QApplication, QFileDialog

from request_desk.domain.day_list import DayList
from request_desk.domain.errors import Unavailable
from request_desk.domain.words import Words
from request_desk.ui.running.kept_days import DaysKeeper, KeptDays
from request_desk.ui.schedule.day_document import day_document
from request_desk.ui.schedule.day_list_sheet import DayListSheet
from request_desk.ui.schedule.schedule_page import SchedulePage
from tests.builders import TODAY, ZONE, Practice, wall
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import OpenPage, PageDesk

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SchedulePage]]
HOSTILE = "<b>Robert</b> <img src='/dev/zero'>"


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    return partial(open_page, SchedulePage)


def sheet_of(desk: PageDesk[SchedulePage]) -> DayListSheet:
    """Open the sheet by its key."""
    desk.page.panel.view.setFocus()
    desk.press("Ctrl+D")
    sheet = desk.dialog()
    assert isinstance(sheet, DayListSheet)
    return sheet


def test_the_key_shows_the_pages_of_the_day_and_a_file_holds_them(
    desk_at: OpenDesk, practice: Practice, tmp_path: Path
) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:00")
    desk = desk_at()
    sheet = sheet_of(desk)
    assert sheet.document is not None
    text = sheet.document.toPlainText()
    assert text.index("Dr. Lindqvist, Northside · 1 visit") < text.index("Dr. Mwangi, Northside · 1 visit")
    assert "Amara Okafor" in text
    assert "(206) 555-0147" in text
    assert sheet.preview.pageCount() == 2  # a page for each provider
    (tmp_path / "out").mkdir()
    desk.click(sheet.pdf_button)
    asked = sheet.findChild(QFileDialog)
    assert asked is not None
    asked.fileSelected.emit(str(tmp_path / "out" / "day.pdf"))
    desk.settle()
    assert (tmp_path / "out" / "day.pdf").read_bytes().startswith(b"%PDF")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["day.pdf"]
    assert desk.said() == "The day list is in day.pdf."


def test_a_folder_that_refuses_is_told_and_the_pages_stay(
    desk_at: OpenDesk, practice: Practice, tmp_path: Path
) -> None:
    desk = desk_at()
    sheet = sheet_of(desk)
    desk.click(sheet.pdf_button)
    asked = sheet.findChild(QFileDialog)
    assert asked is not None
    asked.fileSelected.emit(str(tmp_path / "gone" / "day.pdf"))
    desk.settle()
    assert "cannot be written" in sheet.said.text()
    assert sheet.isVisible()


def test_a_day_without_appointments_says_so_and_print_asks_for_a_printer(desk_at: OpenDesk) -> None:
    desk = desk_at()
    sheet = sheet_of(desk)
    assert sheet.document is not None
    assert sheet.document.toPlainText().endswith("No visit is booked on this day.")
    desk.click(sheet.button)
    asked = sheet.findChild(QPrintDialog)
    assert asked is not None
    asked.reject()


def test_names_are_plain_text(desk_at: OpenDesk, practice: Practice) -> None:
    child = practice.a_patient(HOSTILE, "Tables", TODAY - timedelta(days=900), practice.amara_family)
    practice.an_appointment(child, practice.mwangi, TODAY, "10:00")
    sheet = sheet_of(desk_at())
    assert sheet.document is not None
    assert HOSTILE in sheet.document.toPlainText()


def test_while_the_database_is_away_the_kept_list_is_shown(
    desk_at: OpenDesk, practice: Practice, tmp_path: Path, hand: HandTimers, database_setup: Setup
) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00")
    kept = KeptDays(tmp_path / "kept", Fernet.generate_key())
    desk = desk_at(kept_days=kept.read)
    keeper = DaysKeeper(desk.runner, kept, hand, desk.page)
    desk.settle()
    assert b"Okafor" not in (tmp_path / "kept" / "days.kept").read_bytes()
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "11:00")
    hand.advance(15 * 60)
    desk.settle()
    assert [each.count for each in kept.read()] == [2]
    assert keeper.parent() is desk.page
    sheet = DayListSheet(desk.context, TODAY, desk.page.window())
    sheet.open()
    desk.settle()
    sheet._not_read(Unavailable("The database cannot be reached."))
    desk.settle()
    assert sheet.kept_bar.text().startswith(
        "The database cannot be reached. This is the whole day as this computer kept it"
    )
    sheet.close()


def test_a_kept_file_of_another_key_is_no_list(tmp_path: Path) -> None:
    KeptDays(tmp_path, Fernet.generate_key()).write((DayList(TODAY, wall(TODAY, "8:00"), ()),))
    assert KeptDays(tmp_path, Fernet.generate_key()).read() == ()
    assert KeptDays(tmp_path / "nothing", Fernet.generate_key()).read() == ()


def test_the_document_tells_the_day_and_when_it_was_read(qapp: QApplication) -> None:
    found = DayList(TODAY, wall(TODAY, "8:12"), ())
    text = day_document(found, Words("en_US", ZONE, TODAY), "Harbor Pediatrics").toPlainText()
    assert text.startswith("Tuesday, November 24\nHarbor Pediatrics · as of Tue, Nov 24, 8:12 AM")
