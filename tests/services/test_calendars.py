"""What an appointment's letters tell the family's calendar: live, growing along the moves, and no more than a letter may say (NOTE-06)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel, Content, PracticeSettings
from request_desk.domain.icalendar import CalendarEvent, calendar_text
from request_desk.domain.ids import AppointmentId
from request_desk.domain.notices import BOOKING, CANCELLATION, MOVE, NOTICES, NoticeSpec
from request_desk.gateways.letters import Letter, Result, Sent, Temporary
from request_desk.jobs import tasks
from request_desk.services.desk import Desk, Unit
from request_desk.services.notices.calendars import calendar_of
from request_desk.services.notices.outbox import DueNotice
from request_desk.services.portal import family_acts
from request_desk.services.practice import settings
from request_desk.services.schedule import scheduling
from request_desk.services.schedule.views import load
from request_desk.store import schema
from tests.builders import Practice, wall
from tests.services.test_family_acts import cancel, move
from tests.services.test_holds import slot
from tests.services.test_manage_links import IN_A_WEEK
from tests.services.test_outbox import a_booked_request, due

GRACE = timedelta(seconds=20)


@pytest.fixture
def visit(practice: Practice) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, IN_A_WEEK, "9:20")


def told(notices: tuple[DueNotice, ...], spec: NoticeSpec) -> CalendarEvent | None:
    """What the mother's calendar is told with a kind of notice."""
    return next(each.calendar for each in notices if each.spec is spec and each.address == "amara@example.org")


def test_a_booking_is_told_to_the_calendars_of_the_family(practice: Practice, clock: FixedClock) -> None:
    a_booked_request(practice.desk, practice)
    clock.advance(GRACE)
    notices = due(practice.desk)
    event = told(notices, BOOKING)
    assert event is not None
    assert (event.sequence, event.is_cancelled, event.first_name, event.place) == (0, False, "", "Northside")
    assert event.ends_at - event.starts_at == timedelta(minutes=40)
    assert [each.calendar for each in notices] == [event] * len(notices)
    text = calendar_text(event, clock.now()).decode()
    for word in ("mattress", "Well visit", "Okafor", "Zuri", "Lindqvist", "/m/"):  # NOTE-01
        assert word not in text


def test_an_entry_is_the_same_through_all_moves_and_its_number_grows(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:
    second = move(practice, practice.amara, visit, "10:00")
    clock.advance(GRACE)
    moved = told(due(practice.desk), MOVE)
    third = move(practice, practice.amara, second, "11:00")
    clock.advance(GRACE)
    again = told(due(practice.desk), MOVE)
    cancel(practice, practice.amara, third)
    clock.advance(GRACE)
    gone = told(due(practice.desk), CANCELLATION)
    assert moved is not None
    assert again is not None
    assert gone is not None
    assert [each.sequence for each in (moved, again, gone)] == [1, 2, 3]
    assert {each.chain_id for each in (moved, again, gone)} == {visit}
    assert [each.starts_at for each in (moved, again, gone)] == [
        wall(IN_A_WEEK, time) for time in ("10:00", "11:00", "11:00")
    ]
    assert [each.is_cancelled for each in (moved, again, gone)] == [False, False, True]


def test_the_file_of_the_portal_counts_as_the_letters_do(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:
    cancel(practice, practice.amara, move(practice, practice.amara, visit, "10:00"))
    clock.advance(GRACE)
    by_letter = told(due(practice.desk), CANCELLATION)
    fetched = practice.desk.query(practice.amara, family_acts.calendar_entry, visit)
    assert by_letter is not None
    assert replace(fetched, first_name="") == by_letter
    assert fetched.first_name == "Zuri"


def test_a_letter_that_is_late_tells_what_has_become_of_the_appointment(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:
    """A mail server that was away for a minute must not move an entry back to where the appointment was before."""
    second = move(practice, practice.amara, visit, "10:00")
    clock.advance(GRACE)
    late: list[Letter] = []
    tasks.deliver(practice.desk, {Channel.EMAIL: answering(late, Temporary("away"))}, "worker")
    move(practice, practice.amara, second, "11:00")
    clock.advance(timedelta(minutes=1))
    letters: list[Letter] = []
    tasks.deliver(practice.desk, {Channel.EMAIL: answering(letters, Sent())}, "worker")
    assert {seen_at(each) for each in late} == {(1, wall(IN_A_WEEK, "10:00"))}
    assert len(letters) == 2 * len(late)
    assert {seen_at(each) for each in letters} == {(2, wall(IN_A_WEEK, "11:00"))}


def answering(letters: list[Letter], result: Result) -> Callable[[Letter], Result]:
    def send(letter: Letter) -> Result:
        letters.append(letter)
        return result

    return send


def seen_at(letter: Letter) -> tuple[int, object]:
    assert letter.calendar is not None
    return letter.calendar.sequence, letter.calendar.starts_at


def test_what_staff_may_still_take_back_is_not_told(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # ACT5
    second = move(practice, practice.amara, visit, "10:00")
    clock.advance(GRACE)
    version = practice.desk.query(SYSTEM, load, second).version
    outcome = practice.desk.perform(
        practice.maria, scheduling.reschedule, second, slot(practice, "13:00", IN_A_WEEK), expect_version=version
    )
    event = told(due(practice.desk), MOVE)
    assert event is not None
    assert (event.sequence, event.starts_at) == (1, wall(IN_A_WEEK, "10:00"))
    assert outcome.value.starts_at == wall(IN_A_WEEK, "13:00")


def test_a_practice_may_send_no_calendar_files(practice: Practice, visit: AppointmentId, clock: FixedClock) -> None:
    kept = practice.desk.query(practice.admin, settings.settings)
    practice.desk.perform(
        practice.admin, settings.save_settings, replace(kept, calendar_in_letters=False), expect_version=kept.version
    )
    move(practice, practice.amara, visit, "10:00")
    clock.advance(GRACE)
    assert told(due(practice.desk), MOVE) is None


def test_settings_of_an_earlier_version_send_them(practice: Practice, desk: Desk) -> None:
    plain = msgspec.to_builtins(practice.settings, str_keys=True)
    del plain["calendar_in_letters"]
    with practice.database.write() as connection:
        connection.execute(update(schema.practice).values(settings=plain, version=schema.practice.c.version + 1))
    found: PracticeSettings = desk.query(practice.admin, settings.settings)
    assert found.calendar_in_letters


def test_bare_content_text_messages_and_other_kinds_have_none(practice: Practice, visit: AppointmentId) -> None:
    def told_with(unit: Unit) -> dict[tuple[str, Channel, Content], bool]:
        return {
            (spec.kind, channel, content): calendar_of(unit, spec, channel, content, visit) is not None
            for spec in NOTICES
            for channel in Channel
            for content in Content
        }

    found = practice.desk.query(SYSTEM, told_with)
    assert {key for key, is_told in found.items() if is_told} == {
        (spec.kind, Channel.EMAIL, Content.TIME) for spec in (BOOKING, MOVE, CANCELLATION)
    }


def test_an_appointment_that_is_over_or_was_never_seen_has_none(practice: Practice) -> None:
    kept = [
        practice.an_appointment(practice.zuri, practice.lindqvist, IN_A_WEEK, "14:00", status="completed"),
        practice.an_appointment(
            practice.zuri, practice.lindqvist, IN_A_WEEK, "15:00", status="cancelled", cancel_code="undone"
        ),
    ]

    def told_of(unit: Unit) -> list[CalendarEvent | None]:
        return [calendar_of(unit, BOOKING, Channel.EMAIL, Content.TIME, each) for each in (*kept, None)]

    assert practice.desk.query(SYSTEM, told_of) == [None, None, None]
