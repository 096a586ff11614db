"""The close of a day on the Schedule page, and the marks of its card and blocks: real keys over a real database (AP5)."""

from datetime import timedelta

from request_desk.domain.appointments import AppointmentStatus, Mark
from request_desk.domain.ids import AppointmentId
from request_desk.services.schedule import attendance, queries as schedule_queries
from request_desk.ui.schedule.close_day import CloseDaySheet
from request_desk.ui.schedule.grid_painting import entry_words
from tests.builders import TODAY, Practice, wall
from tests.ui.page_desk import PageDesk, nameless
from tests.ui.test_schedule_page import OpenDesk, Setup, choose, desk_at, entry_of

__all__ = ["desk_at"]  # fixtures

COMPLETED, NO_SHOW, CONFIRMED = AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW, AppointmentStatus.CONFIRMED


def sheet_of(desk: PageDesk) -> CloseDaySheet:  # type: ignore[type-arg]
    found = desk.dialog()
    assert isinstance(found, CloseDaySheet)
    return found


def told(sheet: CloseDaySheet, column: int = 5) -> list[str]:
    """What a column says, line by line; the last one is what each visit becomes."""
    return [str(sheet.model.index(row, column).data()) for row in range(sheet.model.rowCount())]


def statuses(practice: Practice, allowed: Setup, ids: list[AppointmentId]) -> list[AppointmentStatus]:
    with allowed():
        query = practice.desk.query
        return [query(practice.maria, schedule_queries.appointment, each).status for each in ids]


def a_day(practice: Practice) -> list[AppointmentId]:
    """Visits at 8:00, 9:00 and 10:00."""
    return [practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, f"{hour}:00") for hour in (8, 9, 10)]


def test_a_day_is_closed_by_keys_alone(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    with database_setup():
        ids = a_day(practice)
    desk = desk_at()
    desk.hand.clock.advance(wall(TODAY, "9:50") - desk.hand.clock.now())
    desk.press("E")
    sheet = sheet_of(desk)
    assert desk.focus() is sheet.table
    assert told(sheet) == ["completed", "completed", "it begins Tue, Nov 24, 10:00 AM"]
    desk.press("2", "2")  # the second is not over: nothing happens
    assert told(sheet)[:2] == ["no-show", "completed"]
    assert sheet.why.text() == "No-show: they may still come until Tue, Nov 24, 10:40 AM."
    desk.press("3")
    assert told(sheet)[1] == "left as it is"
    assert desk.focus() is sheet.table
    desk.press("Up", "1")
    assert told(sheet)[1] == "completed"
    assert sheet.button.words() == "Mark 2 visits"
    assert nameless(sheet) == []
    desk.press("Ctrl+Return")
    assert not desk.has_dialog()
    assert statuses(practice, database_setup, ids) == [NO_SHOW, COMPLETED, CONFIRMED]
    desk.press("Ctrl+Shift+Z")
    assert statuses(practice, database_setup, ids) == [CONFIRMED, CONFIRMED, CONFIRMED]


def test_a_hurried_enter_completes_nothing_that_goes_on_and_nobody_who_was_not_seen(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    """Where arrivals are noted, who has none is left for somebody to say; what is not over is left, too."""
    with database_setup():
        ids = a_day(practice)
        practice.desk.perform(practice.kofi, attendance.mark, ids[0], Mark.ARRIVED, is_set=True, expect_version=1)
    desk = desk_at()
    desk.hand.clock.advance(wall(TODAY, "10:10") - desk.hand.clock.now())
    desk.press("E")
    sheet = sheet_of(desk)
    assert told(sheet) == ["completed", "left as it is", "left as it is"]
    desk.press("Ctrl+Return")
    assert statuses(practice, database_setup, ids) == [COMPLETED, CONFIRMED, CONFIRMED]


def test_what_somebody_changed_meanwhile_is_said_line_by_line_and_the_rest_is_marked(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        ids = a_day(practice)
    desk = desk_at()
    desk.wait(hours=4)
    desk.press("E")
    sheet = sheet_of(desk)
    with database_setup():
        practice.desk.perform(practice.kofi, attendance.mark, ids[1], Mark.ARRIVED, is_set=True, expect_version=1)
    desk.press("Ctrl+Return")
    assert sheet.said.text() == "2 marked. 1 visit was not marked: choose it to read why."
    assert told(sheet) == ["not marked"]
    assert sheet.why.text().startswith("Kofi Prah has changed this since you opened it (arrived).")
    assert not sheet.button.isEnabled()
    desk.press("1", "Ctrl+Return")
    assert not desk.has_dialog()
    assert statuses(practice, database_setup, ids) == [COMPLETED] * 3


def test_the_close_begins_at_the_day_that_is_shown_and_goes_no_further_than_today(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        seen = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=1), "9:00")
    desk = desk_at()
    desk.press("PgUp")
    desk.click(desk.page.close_button)
    sheet = sheet_of(desk)
    assert [line.found.appointment.id for line in sheet.lines()] == [seen]
    assert sheet.on.isEnabled()
    desk.click(sheet.on)
    assert sheet.lines() == ()
    assert not sheet.on.isEnabled()


def test_marks_are_set_on_the_card_and_shown_on_the_block(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        seen = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    choose(desk, seen)
    card = desk.page.card
    assert [each.words() for each in card.marks()] == [
        "Mark as arrived",
        "Mark as running late",
        "Parent has confirmed",
    ]
    desk.click(card.mark_buttons[Mark.LATE])
    assert dict(card.facts.lines())["Marks"] == "running late since 8:12 AM"
    desk.page.panel.view.setFocus()
    desk.press("A")
    assert dict(card.facts.lines())["Marks"] == "arrived 8:12 AM, running late since 8:12 AM"
    assert [each.words() for each in card.marks()][:2] == ["Take back: arrived", "Take back: running late"]
    words, now = desk.page._context.words(), desk.hand.clock.now()
    assert entry_words(entry_of(desk, seen), words, now)[1] == "arrived 8:12 AM, running late since 8:12 AM"
    desk.press("A", "L")
    assert "Marks" not in dict(card.facts.lines())
    desk.wait(hours=4)
    choose(desk, seen)
    desk.press("L")
    assert desk.said() == "Mark as running late: nobody comes any more after Tue, Nov 24, 11:40 AM."


def test_who_has_arrived_is_not_a_no_show_on_the_card(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        arrived = practice.desk.clock.now()
        seen = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:00", arrived_at=arrived)
    desk = desk_at()
    desk.wait(hours=4)
    choose(desk, seen)
    card = desk.page.card
    assert not card.no_show_button.isEnabled()
    assert card._why.text() == "They have arrived: to mark a no-show, take that back first."
