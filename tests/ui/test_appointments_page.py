"""The Appointments page on a real database: what it opens with, filters, acts with their reasons, the detail, the export."""

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QDateEdit, QFileDialog
from sqlalchemy import select

from request_desk.domain.access import Actor, Role
from request_desk.domain.appointment_lists import meeting_uid
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.csv_text import BOM
from request_desk.domain.ids import AppointmentId
from request_desk.domain.requests import Act, Cancellation, Move
from request_desk.domain.spans import Slot
from request_desk.services.schedule import acts, queries
from request_desk.store import schema
from request_desk.ui.appointments.appointment_detail import AppointmentDetail
from request_desk.ui.appointments.appointments_page import AppointmentsPage
from request_desk.ui.appointments.days import DaysSheet
from request_desk.ui.appointments.patient_sheet import PatientSheet
from request_desk.ui.appointments.report_sheet import ReportSheet
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.close_day import CloseDaySheet
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.buttons import Chip
from request_desk.ui.widgets.text import PlainLabel
from tests.builders import TODAY, Practice, wall
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[AppointmentsPage]]
TOMORROW = TODAY + timedelta(days=1)
YESTERDAY = TODAY - timedelta(days=1)
ALL: dict[str, object] = {"appointments.filters": {"days": None, "statuses": []}}
FILTERS = ("days", "statuses", "providers", "locations", "patient")


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    """Open a desk with the page."""

    def open_desk(**values: Any) -> PageDesk[AppointmentsPage]:
        desk = open_page(AppointmentsPage, **values)
        QAbstractItemModelTester(desk.page.model, QAbstractItemModelTester.FailureReportingMode.Fatal, desk.page.model)
        desk.page.take_focus()
        return desk

    return open_desk


@pytest.fixture
def read(practice: Practice, database_setup: Setup) -> Callable[[AppointmentId], Appointment]:
    def one(appointment_id: AppointmentId) -> Appointment:
        with database_setup():
            return practice.desk.query(practice.maria, queries.appointment, appointment_id)

    return one


@pytest.fixture
def act_elsewhere(practice: Practice, database_setup: Setup) -> Callable[[Act], AppointmentId]:
    """Do something with a visit of Zuri from another desk."""

    def act(what: Act) -> AppointmentId:
        with database_setup():
            return practice.desk.perform(practice.kofi, acts.act_alone, practice.zuri, what).value

    return act


def to(practice: Practice, appointment: AppointmentId, time: str) -> Move:
    start = wall(TOMORROW, time)
    return Move(appointment, 1, Slot(practice.lindqvist, practice.northside, start, start, start))


def shown(desk: PageDesk[AppointmentsPage]) -> list[int]:
    return list(desk.page.model.keys())


def cells(desk: PageDesk[AppointmentsPage], row: int = 0) -> list[str]:
    model = desk.page.model
    return [str(model.index(row, place).data()) for place in range(model.columnCount() - 1)]


def detail(desk: PageDesk[AppointmentsPage]) -> AppointmentDetail:
    assert isinstance(desk.page.detail, AppointmentDetail)
    return desk.page.detail


def chip(desk: PageDesk[AppointmentsPage], key: str) -> Chip:
    return dict(zip(FILTERS, desk.page.filters.chips(), strict=True))[key]


def pick(desk: PageDesk[AppointmentsPage], key: str, text: str) -> None:
    """Pick a line of a chip's menu."""
    next(each for each in chip(desk, key).menu_open().actions() if each.text() == text).trigger()
    desk.settle()


def menu(desk: PageDesk[AppointmentsPage]) -> ActsMenu:
    desk.press("Shift+F10")
    found = QApplication.activePopupWidget()
    assert isinstance(found, ActsMenu)
    return found


def lines(desk: PageDesk[AppointmentsPage]) -> dict[str, str]:
    """The acts of the selected row, each with why it cannot be done."""
    opened = menu(desk)
    told = {}
    for action in opened.actions():
        act, _dash, why_not = action.text().partition(" – ")
        assert action.isEnabled() is not bool(why_not)
        told[act] = why_not
    opened.close()
    return told


def choose(desk: PageDesk[AppointmentsPage], act: str) -> None:
    opened = menu(desk)
    next(each for each in opened.actions() if each.text().startswith(act)).trigger()
    opened.close()
    desk.settle()


def astrid(practice: Practice) -> Actor:
    seen = practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    return replace(seen, provider_id=practice.lindqvist)


def test_it_opens_with_what_is_to_come_and_active(desk_at: OpenDesk, practice: Practice) -> None:  # AP1
    until = practice.desk.clock.now() + timedelta(minutes=9)
    practice.an_appointment(practice.zuri, practice.lindqvist, YESTERDAY, "9:00")
    later = practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "11:00")
    held = practice.an_appointment(
        practice.zuri, practice.lindqvist, TOMORROW, "9:00", status="held", hold_expires_at=until
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "13:00", status="cancelled", cancel_code="pat")
    desk = desk_at()
    assert shown(desk) == [held, later]
    assert cells(desk) == [
        "Wed, Nov 25, 9:00 AM", "Zuri Okafor, 03/12/22", "Well visit", "Dr. Lindqvist", "Northside", "held", "",
    ]  # fmt: skip
    assert dict(detail(desk).appointment_facts.lines())["Status"] == "Held until 8:21 AM"
    assert desk.page.holds.isHidden()
    assert nameless(desk.page) == []


def test_a_provider_opens_with_the_own_confirmed_ones_and_switches_to_the_held(
    desk_at: OpenDesk, practice: Practice
) -> None:  # AP1
    until = practice.desk.clock.now() + timedelta(minutes=9)
    own = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "11:00")
    held = practice.an_appointment(
        practice.zuri, practice.lindqvist, TOMORROW, "9:00", status="held", hold_expires_at=until
    )
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "11:00", lane=1, overrule="Two rooms")
    desk = desk_at(actor=astrid(practice))
    assert shown(desk) == [own]
    assert desk.page.holds.text() == "1 time is held"
    desk.click(desk.page.holds)
    assert shown(desk) == [held, own]
    desk.click(desk.page.holds)
    assert shown(desk) == [own]
    assert len(desk.page.filters.chips()) == 4  # none for providers
    desk.page.filters.choose("statuses", ())
    desk.settle()
    assert desk.page.holds.isChecked()  # whatever their status, the held are among them
    desk.click(desk.page.holds)
    assert shown(desk) == [own]


def test_chips_narrow_by_provider_place_and_status_and_are_remembered(desk_at: OpenDesk, practice: Practice) -> None:
    first = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    second = practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "11:00", place=practice.harbor)
    desk = desk_at()
    assert shown(desk) == [first, second]
    pick(desk, "providers", "Dr. Mwangi")
    assert shown(desk) == [second]
    pick(desk, "locations", "Northside")
    assert shown(desk) == []
    assert desk.page.stack.pane.sentence() == "Nothing fits these filters."
    pick(desk, "locations", "All")
    again = desk_at(preferences=desk.kept)
    assert shown(again) == [second]


def test_days_are_chosen_by_two_dates(desk_at: OpenDesk, practice: Practice) -> None:
    past = practice.an_appointment(practice.zuri, practice.lindqvist, YESTERDAY, "9:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    pick(desk, "days", "Choose days …")
    sheet = desk.dialog()
    assert isinstance(sheet, DaysSheet)
    for edit in (sheet.last, sheet.first):
        assert isinstance(edit, QDateEdit)
        edit.setFocus()
        edit.setDate(edit.date().fromString(YESTERDAY.isoformat(), Qt.DateFormat.ISODate))
    desk.press("Ctrl+Return")
    assert shown(desk) == [past]
    assert chip(desk, "days").words() == "When: Nov 23"
    again = desk_at(preferences=desk.kept)
    assert shown(again) == [past]


def test_a_patient_is_found_by_typing(desk_at: OpenDesk, practice: Practice) -> None:
    ida = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
    theirs = practice.an_appointment(ida, practice.mwangi, TOMORROW, "9:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    pick(desk, "patient", "Choose a patient …")
    assert isinstance(desk.dialog(), PatientSheet)
    desk.type("novak")
    desk.hand.advance(1.0)
    desk.settle()
    desk.press("Return", "Return", "Ctrl+Return")
    assert shown(desk) == [theirs]
    assert chip(desk, "patient").words() == "Patient: Ida Novak, born 01/01/2019"


def test_acts_that_cannot_be_done_say_why(desk_at: OpenDesk, practice: Practice) -> None:  # AP3, AP5
    until = practice.desk.clock.now() + timedelta(minutes=9)
    practice.an_appointment(practice.zuri, practice.lindqvist, YESTERDAY, "9:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00")  # it is 8:12
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    held = practice.an_appointment(
        practice.zuri, practice.lindqvist, TOMORROW, "11:00", status="held", hold_expires_at=until
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "13:00", status="cancelled", cancel_code="pat")
    desk = desk_at(preferences=dict(ALL))
    can = ""
    over = lines(desk)
    assert over["Move …"] == over["Cancel visit …"] == "it began at Mon, Nov 23, 9:00 AM: mark it instead"
    assert over["Mark as completed"] == over["Mark as no-show"] == over["Copy details"] == can
    assert over["Open the request"] == "no request led to it"
    desk.press("Down")
    running = lines(desk)
    assert running["Mark as completed"] == can
    assert running["Mark as no-show"] == "they may still come until Tue, Nov 24, 9:40 AM"
    desk.press("Down")
    ahead = lines(desk)
    assert ahead["Move …"] == ahead["Cancel visit …"] == can
    assert ahead["Mark as completed"] == "it begins Wed, Nov 25, 9:00 AM"
    desk.press("Down")
    assert desk.page.view.selected_key() == held
    hold = lines(desk)
    assert hold["Move …"] == "it is only held: it is booked or let go where it was chosen"
    assert (hold["Cancel visit …"], hold["Mark as completed"]) == (can, "it is held")
    desk.press("Down")
    gone = lines(desk)
    assert gone["Show on the schedule"] == "it is not on the schedule any more"
    assert gone["Cancel visit …"] == gone["Move …"] == gone["Mark as no-show"] == "it is cancelled"
    assert gone["Copy details"] == gone["Withdraw all manage links"] == can
    assert [button.words() for button in detail(desk).acts.buttons] == [
        "Open the patient"
    ]  # what is seldom is in the menu


def test_a_no_show_can_be_marked_in_the_second_behind_the_join_window(
    desk_at: OpenDesk, practice: Practice, read: Callable[[AppointmentId], Appointment]
) -> None:  # AP5
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00")
    desk = desk_at(preferences=dict(ALL))
    desk.wait(seconds=(wall(TODAY, "9:40") - desk.hand.clock.now()).total_seconds())
    assert lines(desk)["Mark as no-show"]
    desk.wait(seconds=1)
    choose(desk, "Mark as no-show")
    assert read(seen).status == "no_show"
    desk.hear()
    assert cells(desk)[5] == "no-show"
    choose(desk, "Mark as completed")
    assert read(seen).status == "completed"


def test_cancelling_asks_for_the_reason_and_can_be_undone(
    desk_at: OpenDesk, practice: Practice, read: Callable[[AppointmentId], Appointment]
) -> None:  # AP3, ACT5
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    desk.press("C")
    dialog = desk.dialog()
    assert isinstance(dialog, CancelDialog)
    assert not dialog.button.isEnabled()
    desk.press("1", "Ctrl+Return")
    assert (read(seen).status, read(seen).cancel_code) == ("cancelled", "pat")
    desk.hear()
    assert shown(desk) == [seen]  # what is read stays in its place
    assert ("Reason", "Parent asked") in detail(desk).appointment_facts.lines()
    assert dict(detail(desk).appointment_facts.lines())["Status"].startswith(
        "Cancelled · Maria Santos, Tue, Nov 24, 8:12 AM"
    )
    desk.press("Ctrl+Shift+Z")
    desk.hear()
    assert read(seen).status == "confirmed"


def test_request_and_schedule_are_opened_from_the_row(desk_at: OpenDesk, practice: Practice) -> None:
    request = practice.a_request()
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00", request_id=request)
    desk = desk_at()
    choose(desk, "Open the request")
    desk.press("S", "M", "I")
    zuri = ("patients", practice.zuri, False)
    assert desk.went == [("messages", request, False), ("schedule", seen, False), ("schedule", seen, True), zuri]


def test_a_key_for_what_cannot_be_done_says_why(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    desk.press("R")
    assert desk.said() == "Open the request: no request led to it."
    assert desk.went == []


def test_details_are_copied_as_text(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    choose(desk, "Copy details")
    assert QGuiApplication.clipboard().text().splitlines() == [
        "Zuri Okafor, born 03/12/2022",
        "Wednesday, November 25, 9:00 AM PST",
        "Well visit, 40 min, Dr. Lindqvist, Northside",
        "confirmed",
        "booked by Maria Santos",
    ]


def test_a_manage_link_is_copied_for_a_minute_and_withdrawn(
    desk_at: OpenDesk, practice: Practice
) -> None:  # ML2, LINK-16
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    choose(desk, "Copy Manage Link")
    desk.settle()
    clipboard = QGuiApplication.clipboard()
    address, marks = clipboard.text(), clipboard.mimeData()
    assert address.startswith("http://127.0.0.1:8000/m/")
    assert bytes(marks.data("x-kde-passwordManagerHint").data()) == b"secret"
    windows = 'application/x-qt-windows-mime;value="{}"'
    for name in (
        "ExcludeClipboardContentFromMonitorProcessing", "CanIncludeInClipboardHistory", "CanUploadToCloudClipboard",
    ):  # fmt: skip
        assert marks.hasFormat(windows.format(name))
    assert desk.said().startswith("The manage link of Zuri Okafor is copied for one minute.")
    desk.hand.advance(59.0)
    assert clipboard.text() == address
    desk.hand.advance(2.0)
    assert clipboard.text() == ""
    choose(desk, "Copy Manage Link")
    desk.settle()
    clipboard.setText("something of the user's")
    desk.hand.advance(61.0)
    assert clipboard.text() == "something of the user's"
    choose(desk, "Withdraw all manage links")
    desk.settle()
    assert desk.said() == "2 manage links work no longer."


def test_why_there_is_no_manage_link_is_said(desk_at: OpenDesk, practice: Practice) -> None:  # ML2
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=2), "9:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "13:00", status="cancelled", cancel_code="pat")
    desk = desk_at(preferences=dict(ALL))
    assert lines(desk)["Copy Manage Link"] == "it is over"
    desk.press("Down")
    assert lines(desk)["Copy Manage Link"] == ""
    desk.practice.settings = replace(desk.practice.settings, public_url="")
    assert lines(desk)["Copy Manage Link"] == "the portal has no address: Settings, Practice"
    desk.press("Down")
    assert lines(desk)["Copy Manage Link"] == "it is cancelled"


def test_the_detail_tells_everything_and_its_chain_is_links(
    desk_at: OpenDesk, practice: Practice, act_elsewhere: Callable[[Act], AppointmentId]
) -> None:  # AP2
    first = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00", overrule="Twins together")
    second = act_elsewhere(to(practice, first, "11:00"))
    desk = desk_at()
    card = detail(desk)
    assert shown(desk) == [second]
    assert card.title.text() == "Zuri Okafor, 4 y, born 03/12/2022"
    assert [text for label, text in card.contacts.lines() if label == "grandmother"] == [
        "Ngozi Okafor · (206) 555-0147 · ngozi@example.org\nmay not book, reads messages, gets notices"
    ]
    told = [text for _when, text in card.happened.lines()]
    assert told[0] == "Kofi Prah moved the visit here"
    assert sum(text.startswith("Notice to ") for text in told) == 3
    links = card.chain.buttons
    assert [button.isEnabled() for button in links] == [True, False]
    assert links[0].words() == "Wed, Nov 25, 9:00 AM, Dr. Lindqvist: moved to another time"
    desk.click(links[0])
    assert card.key == first
    assert dict(card.appointment_facts.lines())["Overruled"] == "Twins together"
    assert [button.isEnabled() for button in card.chain.buttons] == [False, True]


def test_the_page_follows_what_another_desk_does(
    desk_at: OpenDesk, practice: Practice, act_elsewhere: Callable[[Act], AppointmentId]
) -> None:
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    act_elsewhere(Cancellation(seen, 1, "pat", "Moving away"))
    desk.hear()
    assert ("Reason", "Parent asked · Moving away") in detail(desk).appointment_facts.lines()
    assert "Kofi Prah cancelled the visit" in [text for _when, text in detail(desk).happened.lines()]


def export(desk: PageDesk[AppointmentsPage], path: Path, keys: str = "Ctrl+E") -> list[dict[str, str]]:
    """Press the key, name a file, and read it."""
    desk.press(keys)
    dialog = desk.dialog()
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()
    desk.settle()
    desk.settle()
    text = path.read_text("utf-8")
    assert text.startswith(BOM)
    return list(csv.DictReader(text.removeprefix(BOM).splitlines()))


def test_the_export_holds_every_row_that_the_filters_leave(
    desk_at: OpenDesk,
    practice: Practice,
    tmp_path: Path,
    database_setup: Setup,
    act_elsewhere: Callable[[Act], AppointmentId],
) -> None:  # AP4, INP-05
    bad = practice.a_patient('=HYPERLINK("x")', "Novak", date(2019, 1, 1))
    first = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    second = act_elsewhere(to(practice, first, "11:00"))
    for number in range(70):
        practice.an_appointment(bad, practice.mwangi, TOMORROW, "9:00", lane=number + 1, overrule="Rooms enough")
    practice.an_appointment(practice.zuri, practice.lindqvist, YESTERDAY, "9:00")
    desk = desk_at()
    path = tmp_path / "out.csv"
    found = export(desk, path)
    assert len(found) == 71
    assert desk.said() == "71 lines are in out.csv."
    (one,) = [row for row in found if row["previous_meeting_uid"]]
    assert (one["meeting_uid"], one["previous_meeting_uid"]) == (meeting_uid(second), meeting_uid(first))
    assert found[0]["patient"] == '\'=HYPERLINK("x") Novak'
    assert not path.with_name("out.csv.part").exists()
    with database_setup(), practice.database.read() as connection:
        kept = connection.execute(select(schema.journal.c.detail).where(schema.journal.c.action == "exported"))
        assert [row.detail for row in kept] == [{"rows": 71}]


def test_the_export_has_the_marks_with_their_times(
    desk_at: OpenDesk, practice: Practice, tmp_path: Path
) -> None:  # AP5
    marks: dict[str, Any] = {
        "parent_confirmed_at": wall(TODAY, "8:01"),
        "late_at": wall(TODAY, "8:05"),
        "arrived_at": wall(TODAY, "8:10"),
    }
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00", **marks)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "13:00")
    marked, plain = export(desk_at(), tmp_path / "out.csv")
    names = ("arrived_at", "running_late_at", "parent_confirmed_at")
    assert [marked[name] for name in names] == [f"2026-11-24T08:{minute}-08:00" for minute in ("10", "05", "01")]
    assert [plain[name] for name in names] == ["", "", ""]


def test_an_export_that_cannot_be_written_says_so(desk_at: OpenDesk, practice: Practice, tmp_path: Path) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    desk.press("Ctrl+E")
    dialog = desk.dialog()
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "nowhere" / "out.csv"))
    dialog.close()
    desk.settle()
    assert desk.said().startswith(f"The file cannot be written to {tmp_path / 'nowhere'}: ")


def test_the_report_counts_a_period_and_is_exported(
    desk_at: OpenDesk, practice: Practice, tmp_path: Path
) -> None:  # AP5
    for number, status in enumerate(("completed", "completed", "no_show", "confirmed")):
        practice.an_appointment(practice.zuri, practice.lindqvist, YESTERDAY, f"{9 + number}:00", status=status)
    released = practice.desk.clock.now()
    gone: dict[str, Any] = {"cancel_code": "oth-weath", "late_cancel": True, "released_at": released}
    practice.an_appointment(practice.zuri, practice.lindqvist, YESTERDAY, "14:00", status="cancelled", **gone)
    desk = desk_at()
    desk.click(desk.page.report)
    sheet = desk.dialog()
    assert isinstance(sheet, ReportSheet)
    model = sheet.model
    rows = [[str(model.index(row, place).data()) for place in range(8)] for row in range(model.rowCount())]
    assert rows[0][:7] == ["All providers", "5", "2", "1", "1", "1", "1"]
    assert [row[0] for row in rows[1:]] == ["Dr. Lindqvist", "Dr. Mwangi"]
    assert dict(sheet.cancellations.lines())["Cancelled because"] == "Weather 1"
    assert sheet.chart.accessibleDescription() == "Dr. Lindqvist: 5; Dr. Mwangi: 0"
    assert nameless(sheet) == []
    sheet.table.select_key(practice.mwangi)
    assert dict(sheet.cancellations.lines())["Cancelled because"] == "nothing was cancelled"
    path = tmp_path / "report.csv"
    found = export(desk, path, "Ctrl+Return")
    assert [(row["provider"], row["booked"], row["cancelled_oth-weath"]) for row in found] == [
        ("Dr. Lindqvist", "5", "1"),
        ("Dr. Mwangi", "0", "0"),
    ]
    next(each for each in sheet.period.menu_open().actions() if each.text() == "Last month").trigger()
    desk.settle()
    assert str(model.index(0, 1).data()) == "0"


@pytest.mark.parametrize("size", [(960, 680), (1366, 768), (1440, 860)])
def test_name_and_birth_date_have_room_in_each_row(
    desk_at: OpenDesk, practice: Practice, size: tuple[int, int]
) -> None:  # UI5
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at(size=size)
    view = desk.page.view
    index = view.model().index(0, 1)
    assert view.model().data(index) == "Zuri Okafor, 03/12/22"
    needed = QFontMetrics(view.font()).horizontalAdvance("Mariana Rodriguez, 12/01/10")
    assert view.columnWidth(1) >= needed + 12


# marks and the close of a day


def test_marks_are_set_and_taken_back_by_key_and_shown_on_row_and_detail(
    desk_at: OpenDesk, practice: Practice, read: Callable[[AppointmentId], Appointment]
) -> None:  # AP5
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:00")
    desk = desk_at()
    desk.press("L")
    assert read(seen).late_at is not None
    assert cells(desk)[5] == "running late"
    desk.press("A")
    assert cells(desk)[5] == "arrived 8:12 AM"
    facts = dict(detail(desk).appointment_facts.lines())
    assert facts["Marks"] == "arrived 8:12 AM, running late since 8:12 AM"
    assert facts["Status"].startswith("Confirmed")
    happened = [text for _at, text in detail(desk).happened.lines()]
    assert "Maria Santos marked the family as arrived" in happened
    assert desk.frame.undo_bar.sentence() == "Marked Zuri Okafor: arrived"
    desk.press("A")
    assert read(seen).arrived_at is None
    desk.press("Ctrl+Shift+Z")
    assert read(seen).arrived_at is not None
    told = lines(desk)
    assert told["Take back: arrived"] == ""
    assert told["Mark as no-show"] == "they arrived at Tue, Nov 24, 8:12 AM"
    choose(desk, "Parent has confirmed")
    assert read(seen).parent_confirmed_at is not None


def test_a_mark_that_makes_no_sense_says_why_on_its_key(
    desk_at: OpenDesk, practice: Practice, read: Callable[[AppointmentId], Appointment]
) -> None:  # AP5
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    desk.press("A")
    assert desk.said() == "Mark as arrived: it is on Wed, Nov 25."
    assert read(seen).arrived_at is None
    desk.press("P")
    assert cells(desk)[5] == "parent confirmed"


def test_the_day_is_closed_from_the_list(
    desk_at: OpenDesk, practice: Practice, read: Callable[[AppointmentId], Appointment]
) -> None:  # AP5
    first = practice.an_appointment(practice.zuri, practice.lindqvist, YESTERDAY, "9:00")
    other = practice.an_appointment(practice.zuri, practice.mwangi, YESTERDAY, "11:00", place=practice.harbor)
    desk = desk_at()
    desk.click(desk.page.close_day)
    sheet = desk.dialog()
    assert isinstance(sheet, CloseDaySheet)
    assert sheet.day_label.text() == "Tuesday, November 24"
    assert sheet._stack.pane.isVisible()
    assert not sheet.on.isEnabled()
    assert not sheet.button.isEnabled()
    desk.click(sheet.back)
    assert [line.found.appointment.id for line in sheet.lines()] == [first, other]
    assert nameless(sheet) == []
    desk.click(sheet.choices[AppointmentStatus.NO_SHOW])
    assert sheet.button.words() == "Mark 2 visits"
    desk.click(sheet.button)
    assert not desk.has_dialog()
    assert (read(first).status, read(other).status) == ("no_show", "completed")
    assert desk.frame.undo_bar.sentence() == "Marked 2 visits"
    desk.press("Ctrl+Shift+Z")
    assert (read(first).status, read(other).status) == ("confirmed", "confirmed")


def test_filters_of_the_list_narrow_the_close_and_it_says_so(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00")
    other = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "8:00", place=practice.harbor)
    desk = desk_at()
    pick(desk, "providers", "Dr. Mwangi")
    desk.press("E")
    sheet = desk.dialog()
    assert isinstance(sheet, CloseDaySheet)
    assert [line.found.appointment.id for line in sheet.lines()] == [other]
    told = [label.text() for label in sheet.findChildren(PlainLabel)]
    assert "Only visits that the filters of the page leave in." in told
