"""A time that became free, at the desk: the line, the key, the sheets, the waiting list; real keys on a real database (ACT8)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from sqlalchemy import select

from request_desk.domain.ids import AppointmentId, PatientId
from request_desk.domain.requests import Cancellation
from request_desk.services.schedule import acts, waitlist
from request_desk.services.schedule.waitlist import NewEntry
from request_desk.store import schema
from request_desk.ui.appointments.appointments_page import AppointmentsPage
from request_desk.ui.freed.freed_sheet import FreedSheet
from request_desk.ui.freed.freed_watch import FreedWatch
from request_desk.ui.freed.waitlist_form import WaitlistForm
from request_desk.ui.freed.waitlist_sheet import WaitlistSheet
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.patients.patients_page import PatientsPage
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.window.commands import application_commands
from tests.builders import TODAY, Practice
from tests.ui.page_desk import OpenPage, nameless

Setup = Callable[[], AbstractContextManager[None]]
LATER = TODAY + timedelta(days=8)


class Waiting:
    """Luke and Noor wait for a time like that of Emma, today at 2 PM."""

    def __init__(self, practice: Practice, allowed: Setup) -> None:
        self.practice, self._allowed = practice, allowed
        self.emma = practice.a_patient("Emma", "Stone", date(2021, 5, 4))
        self.visit = practice.an_appointment(self.emma, practice.lindqvist, TODAY, "14:00")
        self.luke, self.noor = self.a_child("Luke", "Haas"), self.a_child("Noor", "Ali")
        for child in (self.luke, self.noor):
            self.perform(waitlist.put_on, NewEntry(child, practice.well, note="mornings or after school"))
            self.practice.desk.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]

    def a_child(self, given: str, family: str) -> PatientId:
        child = self.practice.a_patient(given, family, date(2020, 2, 2))
        self.practice.a_contact("Pat", family, f"{given}@example.org", {child: {"relation": "mother"}})
        return child

    def perform(self, function: Any, *values: Any, **named: Any) -> Any:
        with self._allowed():
            return self.practice.desk.perform(self.practice.maria, function, *values, **named).value

    def cancel(self) -> None:
        self.perform(acts.act_alone, self.emma, Cancellation(self.visit, 1, "pat"))

    def offers(self) -> list[tuple[int, str]]:
        statement = select(schema.slot_offer.c.patient_id, schema.slot_offer.c.state).order_by(schema.slot_offer.c.id)
        with self._allowed(), self.practice.database.read() as connection:
            return [(row.patient_id, row.state) for row in connection.execute(statement)]


@pytest.fixture
def waiting(practice: Practice, database_setup: Setup) -> Waiting:
    return Waiting(practice, database_setup)


def test_one_key_on_the_schedule_offers_the_time_to_who_comes_first(open_page: OpenPage, waiting: Waiting) -> None:
    desk = open_page(SchedulePage)
    page = desk.page
    assert page.freed.isHidden()
    waiting.cancel()
    desk.hear()
    assert page.freed.text.text() == "Tue, Nov 24, 2:00 PM with Dr. Lindqvist became free: 2 are waiting."
    assert page.freed.offer_button.words() == "Offer to Luke Haas"
    assert nameless(page.freed) == []
    desk.press("F8")
    assert waiting.offers() == [(waiting.luke, "open")]
    assert page.freed.text.text().startswith(
        "Tue, Nov 24, 2:00 PM with Dr. Lindqvist is offered to Luke Haas until Tue, Nov 24, 1:30 PM"
    )
    desk.press("F8")  # a second press offers nothing to anybody else
    assert waiting.offers() == [(waiting.luke, "open")]
    assert desk.frame.undo_bar.sentence() == "Offered Tue, Nov 24, 2:00 PM to Luke Haas"
    desk.press("Ctrl+Shift+Z")
    assert waiting.offers() == [(waiting.luke, "withdrawn")]
    assert page.freed.offer_button.words() == "Offer to Luke Haas"


def test_the_sheet_says_who_waits_and_goes_on_to_the_next(open_page: OpenPage, waiting: Waiting) -> None:
    desk = open_page(SchedulePage)
    waiting.cancel()
    desk.hear()
    desk.press("F")
    sheet = cast("FreedSheet", desk.dialog())
    assert [line[0] for line in sheet.waiting.lines()] == ["Luke Haas", "Noor Ali"]
    assert sheet.waiting.lines()[0][1] == "Well visit, 40 min · waiting list · since Tue, Nov 24"
    assert sheet.button.words() == "Offer to Luke Haas"
    assert sheet.withdraw_button.isHidden()
    desk.press("Ctrl+Return")
    assert waiting.offers() == [(waiting.luke, "open")]
    assert sheet.button.words() == "Offer to the next: Noor Ali"
    desk.wait(seconds=21)  # now the family may have read it
    desk.press("Ctrl+Return")
    assert sheet.said.text() == ""
    assert waiting.offers() == [(waiting.luke, "withdrawn"), (waiting.noor, "open")]
    assert not sheet.button.isEnabled()
    desk.click(sheet.withdraw_button)
    question = next(each for each in QApplication.topLevelWidgets() if isinstance(each, Question) and each.isVisible())
    question.answered.emit(True)
    desk.settle()
    question.close()
    assert waiting.offers()[-1] == (waiting.noor, "withdrawn")


def test_an_offered_time_says_on_its_card_until_when_it_is_kept(open_page: OpenPage, waiting: Waiting) -> None:
    desk = open_page(SchedulePage)
    waiting.cancel()
    desk.hear()
    desk.press("F8")
    with_hold = [entry for column in desk.page.panel.view.shown().columns for entry in column.entries]
    offered = next(entry for entry in with_hold if entry.is_offered)
    desk.page.open(offered.id)
    desk.settle()
    assert "It is offered to the family until" in desk.page.card._why.text()
    assert desk.page.card.acts() == ()


def test_a_wish_for_something_earlier_is_noted_on_the_card_and_taken_back(
    open_page: OpenPage, waiting: Waiting, practice: Practice
) -> None:
    desk = open_page(SchedulePage)
    desk.page.open(waiting.visit)
    desk.settle()
    assert desk.page.card.earlier_button.words() == "Would like something earlier"
    desk.click(desk.page.card.earlier_button)
    assert ("Wish", "would like something earlier") in desk.page.card.facts.lines()
    assert desk.page.card.earlier_button.words() == "Nothing earlier any more"
    assert desk.frame.undo_bar.sentence() == "Would like something earlier"
    desk.press("Ctrl+Shift+Z")
    assert desk.page.card.earlier_button.words() == "Would like something earlier"


def a_watch(made: list[FreedWatch], *, page: Callable[[DeskContext], QWidget]) -> Callable[[DeskContext], QWidget]:
    def build(context: DeskContext) -> QWidget:
        found = page(context)
        offer = next(each for each in application_commands() if each.id == "app.offer")
        context.commands.add(offer, lambda: made[0].offer())
        made.append(FreedWatch(context, found))
        return found

    return build


def test_after_a_cancellation_elsewhere_the_line_at_the_bottom_offers_it(open_page: OpenPage, waiting: Waiting) -> None:
    made: list[FreedWatch] = []
    desk = open_page(a_watch(made, page=AppointmentsPage))
    desk.page.take_focus()
    desk.page.open(waiting.visit)
    desk.settle()
    desk.press("C")
    desk.press("1", "Ctrl+Return")
    assert desk.said() == "Today 2:00 PM is free: 2 are waiting."
    desk.press("F8")
    assert waiting.offers() == [(waiting.luke, "open")]
    desk.press("F8")
    assert waiting.offers() == [(waiting.luke, "open")]


def test_the_line_at_the_bottom_is_quiet_on_the_schedule_and_for_what_others_free(
    open_page: OpenPage, waiting: Waiting, practice: Practice
) -> None:
    made: list[FreedWatch] = []
    desk = open_page(a_watch(made, page=AppointmentsPage))
    desk.page.take_focus()
    made[0].page_shown("schedule")
    desk.page.open(waiting.visit)
    desk.settle()
    desk.press("C")
    desk.press("1", "Ctrl+Return")
    assert desk.said() == ""
    desk.press("F8")
    assert waiting.offers() == []


def test_a_patient_is_put_on_the_waiting_list_and_what_is_wrong_is_said(
    open_page: OpenPage, waiting: Waiting, practice: Practice
) -> None:
    desk = open_page(PatientsPage)
    desk.page.open(practice.zuri)
    desk.settle()
    act = next(each for each in desk.page.detail.acts.buttons if each.words() == "Put on the waiting list …")
    desk.click(act)
    window = cast("FormWindow", desk.dialog())
    form = cast("WaitlistForm", window.form)
    assert form.who.text() == "Zuri Okafor, born 03/12/2022"
    form.note.setText("any afternoon")
    form.until_day.setText("soon")
    desk.press("Ctrl+S")
    assert "Choose what the patient waits for." in [line.text() for _control, line in form._beside.values()]
    form.type.setCurrentIndex(form.type.findText("Well visit"))
    desk.press("Ctrl+S")
    assert any("This is not a date" in line.text() for _control, line in form._beside.values())
    assert (form.note.text(), form.until_day.text()) == ("any afternoon", "soon")
    form.until_day.setText("12/24/2026")
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    assert desk.page.detail.waits.lines() == (
        ("since Tue, Nov 24", "Well visit · anybody, any place · until Dec 24 · any afternoon"),
    )


def names(sheet: WaitlistSheet) -> list[str]:
    model = sheet.list.model
    return [row.patient_name for row in map(model.cached, model.keys()) if row is not None]


def test_the_waiting_list_closes_with_a_reason_and_keeps_who_is_closed(open_page: OpenPage, waiting: Waiting) -> None:
    desk = open_page(AppointmentsPage)
    desk.page.take_focus()
    desk.press("W")
    sheet = cast("WaitlistSheet", desk.dialog())
    sheet.list.take_focus()
    desk.settle()
    assert names(sheet) == ["Luke Haas", "Noor Ali"]
    desk.press("Shift+F10")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, ActsMenu)
    texts = [action.text() for action in menu.actions()]
    assert texts[1] == "Show the visit on the schedule – none is booked"
    menu.actions()[texts.index("Close: could not be reached")].trigger()
    menu.close()
    desk.settle()
    assert names(sheet) == ["Noor Ali"]
    sheet.list.filters.choose("state", ("closed",))
    desk.settle()
    row = sheet.list.model.cached(next(iter(sheet.list.model.keys())))
    assert row is not None
    assert sheet.list._note(row) == "could not be reached"


def test_windows_of_freed_times_are_small_enough(open_page: OpenPage, waiting: Waiting, practice: Practice) -> None:
    later = practice.an_appointment(waiting.luke, practice.lindqvist, LATER, "9:00")
    waiting.perform(waitlist.wish_earlier, AppointmentId(later), expect_version=1)
    desk = open_page(SchedulePage, size=(960, 680))
    waiting.cancel()
    desk.hear()
    assert desk.frame.width() == 960
    desk.press("F")
    sheet = cast("FreedSheet", desk.dialog())
    assert sheet.width() <= 960 - 48
    assert sheet.height() <= 680 - 48
