"""A provider is out: the sheet by keys and pointer, the letters beside each visit, the batch, and going on after it broke off (ACT9)."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QDateTimeEdit
from sqlalchemy import select, update

from request_desk.domain.access import Role
from request_desk.domain.ids import AppointmentId, PlanId
from request_desk.domain.provider_out import OutAct, OutChoice, PlanState
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Span
from request_desk.services.schedule import acts, provider_out
from request_desk.store import schema
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.provider_out_sheet import ProviderOutSheet
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.widgets.dialogs import Question
from tests.builders import TODAY, Practice, wall
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SchedulePage]]
REST_OF_TODAY = Span(wall(TODAY, "8:12"), wall(TODAY + timedelta(days=1), "0:00"))


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    """Open a desk with the Schedule page."""
    return partial(open_page, SchedulePage)


@pytest.fixture
def visits(sqlite_practice: Practice, database_setup: Setup) -> list[AppointmentId]:
    """Three children with Dr. Mwangi today: the first family reads Spanish, the third has no e-mail."""
    with database_setup():
        return [
            booked(sqlite_practice, *each)
            for each in (("Luz", "9:00", "es"), ("Teo", "9:20", "en"), ("Mei", "9:40", ""))
        ]


def booked(practice: Practice, given: str, time: str, language: str = "en") -> AppointmentId:
    child = practice.a_patient(given, "Ruiz", date(2021, 5, 4))
    contact = practice.a_contact(
        "Ana", "Ruiz", f"{given.lower()}@example.org", {child: {"relation": "mother"}}, language or "en"
    )
    if not language:
        with practice.database.write() as connection:
            point = schema.contact_point.c
            is_theirs = (point.contact_id == contact.id) & (point.channel == "email")
            connection.execute(update(schema.contact_point).where(is_theirs).values(verified_at=None))
    return practice.an_appointment(
        child, practice.mwangi, TODAY, time, kind=practice.sick, minutes=20, place=practice.harbor
    )


def rows(practice: Practice, setup: Setup, *columns: Any, **where: Any) -> list[Any]:
    statement = select(*columns)
    for name, value in where.items():
        statement = statement.where(columns[0].table.c[name] == value)
    with setup(), practice.database.read() as connection:
        return list(connection.execute(statement.order_by(columns[0])).all())


def statuses(practice: Practice, setup: Setup) -> dict[int, str]:
    return dict(map(tuple, rows(practice, setup, schema.appointment.c.id, schema.appointment.c.status)))


def opened(desk: PageDesk[SchedulePage]) -> ProviderOutSheet:
    found = desk.dialog()
    assert isinstance(found, ProviderOutSheet)
    return found


def with_mwangi(desk: PageDesk[SchedulePage]) -> ProviderOutSheet:
    """Open the sheet by its key and choose Dr. Mwangi by the keyboard; the first visit has the keys."""
    desk.page.panel.view.setFocus()
    desk.press("O")
    sheet = opened(desk)
    desk.press("Down", "Down")  # Dr. Lindqvist, Dr. Mwangi
    sheet.table.setFocus()
    desk.settle()
    return sheet


def whats(sheet: ProviderOutSheet) -> list[str]:
    """What becomes of each."""
    return [str(sheet.model.index(place, 3).data()) for place in range(sheet.model.rowCount())]


def lasts(sheet: ProviderOutSheet) -> list[str]:
    return [str(sheet.model.index(place, 4).data()) for place in range(sheet.model.rowCount())]


def begun(practice: Practice, appointments: Sequence[AppointmentId], act: OutAct = OutAct.KEEP) -> PlanId:
    choices = tuple(OutChoice(each, 1, act) for each in appointments)
    return practice.desk.perform(
        practice.maria, provider_out.begin, practice.mwangi, REST_OF_TODAY, "ill", choices
    ).value


# opening


def test_it_opens_by_key_by_button_and_by_its_name(desk_at: OpenDesk) -> None:
    desk = desk_at()
    desk.page.panel.view.setFocus()
    desk.press("O")
    assert isinstance(desk.dialog(), ProviderOutSheet)
    desk.press("Esc")
    desk.click(desk.page.out_button)
    assert isinstance(desk.dialog(), ProviderOutSheet)
    desk.press("Esc")
    assert desk.frame.commands.run("schedule.out")
    assert isinstance(desk.dialog(), ProviderOutSheet)
    assert nameless(desk.dialog()) == []


def test_nothing_can_be_done_before_somebody_is_chosen(desk_at: OpenDesk) -> None:
    desk = desk_at()
    desk.page.open_out()
    sheet = opened(desk)
    assert not sheet.button.isEnabled()
    assert "Choose who is out" in sheet.stack.pane.sentence()


def test_a_provider_chooses_the_own_time_alone(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        doctor = sqlite_practice.a_staff("joseph", "Joseph Mwangi", [Role.PROVIDER], sqlite_practice.mwangi)
    desk = desk_at(actor=doctor)
    desk.page.open_out()
    desk.settle()
    sheet = opened(desk)
    assert [sheet.provider.itemText(n) for n in range(sheet.provider.count())] == ["Dr. Joseph Mwangi"]
    assert "Nobody is booked with Dr. Mwangi then." in sheet.stack.pane.sentence()


# who and when


def test_each_visit_of_the_rest_of_the_day_gets_a_place(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    sheet = with_mwangi(desk_at())
    assert [line.appointment.id for line in sheet.lines.all()] == visits
    assert all(what.startswith("Move to ") for what in whats(sheet))
    assert sheet.head.text() == "Dr. Mwangi, Tue, Nov 24, 8:12 AM – Wed, Nov 25, 12:00 AM: 3 visits"
    assert sheet.button.words() == "Move 3"


def test_tomorrow_and_the_week_are_other_visits(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        practice = sqlite_practice
        later = practice.an_appointment(practice.zuri, practice.mwangi, TODAY + timedelta(days=1), "10:00")
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.span.setFocus()
    sheet.span.choose("tomorrow")
    desk.settle()
    assert [line.appointment.id for line in sheet.lines.all()] == [later]
    sheet.span.choose("week")
    desk.settle()
    assert [line.appointment.id for line in sheet.lines.all()] == [*visits, later]


def test_an_end_before_the_beginning_is_told_and_what_was_typed_stays(
    desk_at: OpenDesk, visits: list[AppointmentId]
) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.why.setFocus()
    desk.type("ill")
    sheet.span.choose("own")
    desk.settle()
    sheet.until.setFocus()
    sheet.until.setSelectedSection(QDateTimeEdit.Section.MonthSection)
    desk.press("Down", "Down")
    assert not sheet.button.isEnabled()  # what stands there is of another time
    desk.hand.advance(1)
    desk.settle()
    assert not sheet.stack.is_content_shown()
    assert "ends before it begins" in sheet.stack.pane.sentence()
    assert not sheet.button.isEnabled()
    assert sheet.why.text() == "ill"


def test_nobody_booked_is_time_off_alone(desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup) -> None:
    desk = desk_at()
    desk.page.panel.view.setFocus()
    desk.press("O", "Down", "Down")
    sheet = opened(desk)
    assert "Nobody is booked with Dr. Mwangi then." in sheet.stack.pane.sentence()
    assert sheet.button.words() == "Enter the time off"
    desk.press("Ctrl+Return")
    assert len(rows(sqlite_practice, database_setup, schema.absence.c.id)) == 1


# each of them


def test_a_digit_takes_another_place_and_the_letter_follows(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    before = whats(sheet)
    assert "en Spanish" not in sheet.details.letter.text()
    assert sheet.details.letter.text().startswith("To Ana Ruiz, luz@example.org, in Spanish")
    desk.press("3")
    after = whats(sheet)
    assert after[0] != before[0]
    assert after[1:] == before[1:]
    assert sheet.details.ways.selected_key() == 3 or "Move to" in after[0]
    assert "Luz" in sheet.details.letter.text()


def test_a_place_of_another_visit_is_not_offered(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    sheet = with_mwangi(desk_at())
    first, second, third = sheet.lines.all()
    places = sheet.lines.places(first.appointment.id)
    assert first.choice.slot in places
    assert second.choice.slot not in places
    assert third.choice.slot not in places


def test_a_click_on_a_place_takes_it(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    place = sheet.lines.places(visits[0])[1]
    ways = sheet.details.ways
    middle = ways.visualRect(ways.model().index(1, 1)).center()
    desk.click(ways.viewport(), QPoint(middle))
    line = sheet.lines.line(visits[0])
    assert line is not None
    assert line.choice.slot == place


def test_keeping_says_that_it_stays_and_that_nobody_is_told(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("K")
    assert whats(sheet)[0] == "Stays in the time off"
    assert sheet.details.letter.text().startswith("Nothing is sent")
    assert sheet.button.words() == "Move 2, keep 1"


def test_cancelling_asks_the_reason_and_shows_what_is_read(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("Down", "C")
    dialog = desk.dialog()
    assert isinstance(dialog, CancelDialog)
    desk.press("3", "Return")
    assert opened(desk) is sheet
    assert whats(sheet)[1] == "Cancel: Provider not available"
    assert "is cancelled" in sheet.details.letter.text()
    assert "In the portal: Your provider is not available at that time." in sheet.details.letter.text()
    assert sheet.button.words() == "Move 2, cancel 1"


def test_whom_no_e_mail_reaches_is_to_be_called(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("Down", "Down")
    assert lasts(sheet) == ["", "", "call"]
    assert "Nobody gets an e-mail about Mei Ruiz" in sheet.details.letter.text()
    assert "Ana Ruiz, (206) 555-0147" in sheet.details.letter.text()
    assert "2 families get an e-mail" in sheet.told.text()
    assert "1 gets none: call them." in sheet.told.text()


def test_a_visit_without_a_place_has_to_be_decided_first(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup(), sqlite_practice.database.write() as connection:
        connection.execute(update(schema.availability_window).values(active=False))
    desk = desk_at()
    sheet = with_mwangi(desk)
    assert not sheet.button.isEnabled()
    assert sheet.what.text() == "3 visits have no new place: cancel (C) or keep (K) each of them."
    desk.press("K", "Down", "K", "Down", "K")
    assert sheet.button.isEnabled()
    assert sheet.button.words() == "Keep 3"


def test_what_was_decided_outlives_another_time(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("K")
    sheet.span.choose("week")
    desk.settle()
    assert whats(sheet)[0] == "Stays in the time off"


def test_leaving_asks_before_decisions_are_thrown_away(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("K", "Esc")
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.no)
    assert opened(desk) is sheet
    sheet.activateWindow()
    desk.settle()
    desk.press("Esc")
    desk.click(desk.dialog().yes)  # type: ignore[attr-defined]
    assert not desk.has_dialog()


# the batch


def test_one_press_does_it_all_and_says_what_became_of_each(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("K", "Ctrl+Return")
    desk.settle()
    assert sheet.head.text() == "Dr. Mwangi is out: 3 of 3 visits are done."
    assert lasts(sheet) == ["done", "done", "done, call"]
    assert [what.split(" ")[0] for what in whats(sheet)] == ["Stays", "Moved", "Moved"]
    assert "1 family gets no e-mail: call them now." in sheet.told.text()
    found = statuses(sqlite_practice, database_setup)
    assert [found[each] for each in visits] == ["confirmed", "cancelled", "cancelled"]
    assert len(rows(sqlite_practice, database_setup, schema.outbox.c.id, kind="move")) == 1
    assert sheet.button.isHidden()


def test_everything_is_taken_back_by_one_button(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("Ctrl+Return")
    desk.settle()
    assert not sheet.back.isHidden()
    desk.click(sheet.back)
    assert not desk.has_dialog()
    found = statuses(sqlite_practice, database_setup)
    assert [found[each] for each in visits] == ["confirmed"] * 3
    assert rows(sqlite_practice, database_setup, schema.outbox.c.id, state="pending") == []


def test_after_the_grace_time_it_says_that_there_is_no_way_back(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    desk.press("Ctrl+Return")
    desk.settle()
    desk.hand.advance(21)
    desk.settle()
    assert sheet.back.isHidden()
    assert "cannot be taken back in one go" in sheet.told.text()


def test_after_the_grace_time_it_says_which_visits_can_still_go_back(
    desk_at: OpenDesk, visits: list[AppointmentId]
) -> None:  # ACT9
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.lines.decide(OutChoice(visits[0], 1, OutAct.CANCEL, cancel_code="prov-pers"))
    desk.press("Ctrl+Return")
    desk.settle()
    sheet.table.select_key(visits[1])
    assert sheet.details.back.isHidden()  # all of it goes back by one button
    desk.hand.advance(21)
    desk.settle()
    assert "2 can be moved back one by one; 1 is cancelled: book it anew. Choose a visit" in sheet.told.text()
    assert "Move it back on the schedule to Tue, Nov 24, 9:20 AM, Dr. Mwangi, while" in sheet.details.back.text()
    sheet.table.select_key(visits[0])
    assert sheet.details.back.text() == "The family has been told. To give it back, book a new visit."
    sheet.table.select_key(visits[2])
    assert sheet.details.back.text().endswith("while that is free, and call the family.")  # no e-mail reaches them
    desk.hand.advance(3600 + 1800)
    sheet.table.select_key(visits[1])
    sheet.table.select_key(visits[2])
    assert sheet.details.back.text() == "The old time has begun, so that this visit cannot go back to it."


def test_what_was_only_kept_needs_no_way_back(desk_at: OpenDesk, visits: list[AppointmentId]) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    for each in visits:
        sheet.lines.decide(OutChoice(each, 1, OutAct.KEEP))
    desk.press("Ctrl+Return")
    desk.settle()
    desk.hand.advance(21)
    desk.settle()
    assert "Nothing has to be taken back: no visit was changed." in sheet.told.text()


def test_a_place_taken_meanwhile_fails_alone_and_is_proposed_anew(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    desk = desk_at()
    sheet = with_mwangi(desk)
    line = sheet.lines.line(visits[0])
    assert line is not None
    place = line.choice.slot
    assert place is not None
    with database_setup():
        practice = sqlite_practice
        practice.desk.perform(practice.kofi, acts.act_alone, practice.zuri, Booking(place, practice.sick), another=True)
    desk.press("Ctrl+Return")
    desk.settle()
    assert sheet.said.text() == "1 visit could not be done. A new place is proposed: look at it and go on."
    assert lasts(sheet)[1:] == ["done", "done, call"]
    again = sheet.lines.line(visits[0])
    assert again is not None
    assert again.choice.slot not in (None, place)
    assert "Kofi Prah" in sheet.details.error.text() or "taken" in sheet.details.error.text()
    assert sheet.button.words() == "Go on: move 1"
    desk.press("Ctrl+Return")
    desk.settle()
    assert sheet.head.text() == "Dr. Mwangi is out: 3 of 3 visits are done."
    assert len(rows(sqlite_practice, database_setup, schema.outbox.c.id, kind="move")) == 2


# going on


def test_a_bar_says_what_broke_off_and_goes_on_with_it(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        plan_id = begun(sqlite_practice, visits)
        sqlite_practice.desk.perform(sqlite_practice.maria, provider_out.do_row, plan_id, visits[0])
    desk = desk_at()
    bar = desk.page.out_bar
    assert bar.text() == "Dr. Mwangi is out: 1 of 3 visits are done."
    bar.acted.emit()
    desk.settle()
    desk.settle()
    sheet = opened(desk)
    assert [lasts(sheet)[0], whats(sheet)[1]] == ["done", "Stays in the time off"]
    assert sheet.button.words() == "Go on: keep 2"
    desk.press("Ctrl+Return")
    desk.settle()
    assert sheet.head.text() == "Dr. Mwangi is out: 3 of 3 visits are done."
    desk.press("Esc")
    desk.hear()
    assert bar.isHidden()


def test_whom_to_call_is_known_after_a_new_start(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        practice = sqlite_practice
        choices = [OutChoice(each, 1, OutAct.CANCEL, cancel_code="prov-pers") for each in visits]
        plan_id = practice.desk.perform(
            practice.maria, provider_out.begin, practice.mwangi, REST_OF_TODAY, "", tuple(choices)
        ).value
        practice.desk.perform(practice.maria, provider_out.do_row, plan_id, visits[2])
    desk = desk_at()
    desk.page.out_bar.acted.emit()
    desk.settle()
    assert lasts(opened(desk)) == ["", "", "done, call"]
    assert whats(opened(desk))[2] == "Cancelled: Provider not available"


def test_the_next_start_of_the_sheet_offers_it_too(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        begun(sqlite_practice, visits)
    desk = desk_at()
    desk.page.open_out()
    desk.settle()
    sheet = opened(desk)
    assert sheet.unfinished.text() == "Dr. Mwangi is out: 0 of 3 visits are done."
    sheet.unfinished.acted.emit()
    desk.settle()
    assert sheet.button.words() == "Go on: keep 3"


def test_the_rest_can_be_left(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        plan_id = begun(sqlite_practice, visits)
    desk = desk_at()
    desk.page.out_bar.acted.emit()
    desk.settle()
    sheet = opened(desk)
    desk.click(sheet.leave_rest)
    desk.click(desk.dialog().yes)  # type: ignore[attr-defined]
    assert not desk.has_dialog()
    with database_setup():
        plan = sqlite_practice.desk.query(sqlite_practice.maria, provider_out.plan, plan_id)
    assert plan.state is PlanState.DISCARDED
    assert desk.page.out_bar.isHidden()


def test_a_visit_that_is_gone_meanwhile_asks_for_nothing_any_more(
    desk_at: OpenDesk, visits: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        begun(sqlite_practice, visits)
        with sqlite_practice.database.write() as connection:
            gone = update(schema.appointment).where(schema.appointment.c.id == visits[1])
            connection.execute(gone.values(status="cancelled", cancel_code="pat"))
    desk = desk_at()
    desk.page.out_bar.acted.emit()
    desk.settle()
    sheet = opened(desk)
    assert whats(sheet)[1] == "Nothing to do: cancelled"
    desk.press("Ctrl+Return")
    desk.settle()
    assert sheet.head.text() == "Dr. Mwangi is out: 3 of 3 visits are done."
