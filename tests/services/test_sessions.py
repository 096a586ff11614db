"""What a window is for (AV6): same-day blocks, caps of sessions and work-in lanes, in the search, the portal and at the booking."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from request_desk.domain.appointments import Appointment
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import LimitCode, Limited, Refused, SlotTaken
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot, Span
from request_desk.services.schedule import portal_schedule, queries, scheduling
from tests.builders import TODAY, Practice, wall
from tests.services.test_access_at_once import at_once

SATURDAY = TODAY + timedelta(days=4)
WHOLE = Span(wall(SATURDAY, "0:00"), wall(SATURDAY + timedelta(days=1), "0:00"))


def saturday(practice: Practice, **values: Any) -> None:
    practice.a_window(practice.lindqvist, practice.northside, 5, 9 * 60, 12 * 60, **values)


def slot(practice: Practice, time: str, minutes: int = 20) -> Slot:
    start = wall(SATURDAY, time)
    end = start + timedelta(minutes=minutes)
    return Slot(practice.lindqvist, practice.northside, start, end, end)


def offered(practice: Practice, **values: Any) -> int:
    return len(practice.desk.query(practice.maria, queries.find_slots, type_id=practice.sick, span=WHOLE, **values))


def in_portal(practice: Practice) -> int:
    return len(
        practice.desk.query(
            practice.amara,
            portal_schedule.portal_slots,
            type_id=practice.sick,
            patient_id=practice.zuri,
            provider_id=None,
            location_id=None,
            from_day=SATURDAY,
            days=1,
        )
    )


def book(practice: Practice, time: str, given: str, **values: Any) -> Appointment:
    child = practice.a_patient(given, "Test", TODAY)
    booking = Booking(slot(practice, time), practice.sick, **values)
    return practice.desk.perform(practice.maria, scheduling.book, booking, patient_id=child).value


def test_a_same_day_block_opens_to_parents_when_it_is_near(practice: Practice, clock: FixedClock) -> None:
    saturday(practice, opens_minutes=24 * 60)
    assert offered(practice) == 17
    assert in_portal(practice) == 0
    clock.advance(wall(SATURDAY, "10:00") - timedelta(days=1) - clock.now())
    assert in_portal(practice) == 7  # 9:00 … 10:00
    assert offered(practice) == 17


def test_a_session_that_has_enough_of_a_type_offers_no_more_and_asks_for_a_reason(practice: Practice) -> None:
    saturday(practice, cap=2)
    book(practice, "9:00", "First")
    assert offered(practice) == 15
    last = book(practice, "11:00", "Second")
    assert offered(practice) == 0
    assert in_portal(practice) == 0
    check = practice.desk.query(practice.maria, queries.slot_check, slot(practice, "10:00"), type_id=practice.sick)
    assert [each.code for each in check.limits] == [LimitCode.SESSION_FULL]
    with pytest.raises(Limited, match="takes 2 of “Sick visit”"):
        book(practice, "10:00", "Third")
    # A move within the session is no other one.
    moved = practice.desk.perform(
        practice.maria, scheduling.reschedule, last.id, slot(practice, "11:20"), expect_version=last.version
    )
    assert moved.value.starts_at == wall(SATURDAY, "11:20")
    assert book(practice, "10:00", "Fourth", overrule="Doctor agreed").id
    other = practice.desk.query(practice.maria, queries.find_slots, type_id=practice.well, span=WHOLE)
    assert other != ()


def test_the_own_hold_does_not_fill_the_session(practice: Practice) -> None:
    saturday(practice, cap=1)
    held = practice.desk.perform(
        practice.maria, scheduling.hold, slot(practice, "9:00"), type_id=practice.sick, patient_id=practice.zuri
    ).value
    assert offered(practice) == 0  # nobody else is promised the last one
    booking = Booking(slot(practice, "9:00"), practice.sick, held.id)
    booked = practice.desk.perform(practice.maria, scheduling.book, booking, patient_id=practice.zuri)
    assert booked.value.status == "confirmed"


def test_a_work_in_goes_beside_what_is_booked_with_a_reason(practice: Practice) -> None:  # ACT6
    saturday(practice, work_in_lanes=2)
    book(practice, "9:00", "First")
    check = practice.desk.query(practice.maria, queries.slot_check, slot(practice, "9:00"), type_id=practice.sick)
    assert check.work_in_lane == 1
    with pytest.raises(SlotTaken):
        book(practice, "9:00", "Second")
    with pytest.raises(Limited) as limited:
        book(practice, "9:00", "Third", lane=1)
    assert [each.code for each in limited.value.limits] == [LimitCode.WORK_IN]
    squeezed = book(practice, "9:00", "Fourth", lane=1, overrule="Fever, doctor agreed")
    assert squeezed.lane == 1
    with pytest.raises(SlotTaken):
        book(practice, "9:10", "Fifth", lane=1, overrule="Fever")
    check = practice.desk.query(practice.maria, queries.slot_check, slot(practice, "9:10"), type_id=practice.sick)
    assert check.work_in_lane == 2
    with pytest.raises(Refused, match="at most 2 at once"):
        book(practice, "9:00", "Sixth", lane=3, overrule="Fever")
    # Where the first lane is free, a work-in takes nothing from it.
    book(practice, "10:00", "Seventh", lane=1, overrule="Fever")
    assert book(practice, "10:00", "Eighth").lane == 0


def test_a_work_in_can_be_taken_back_and_cancelled(practice: Practice) -> None:
    saturday(practice, work_in_lanes=1)
    book(practice, "9:00", "First")
    child = practice.a_patient("Second", "Test", TODAY)
    booking = Booking(slot(practice, "9:00"), practice.sick, overrule="Fever", lane=1)
    booked = practice.desk.perform(practice.maria, scheduling.book, booking, patient_id=child)
    assert booked.undo is not None
    practice.desk.undo(practice.maria, booked.undo)
    again = practice.desk.perform(practice.maria, scheduling.book, booking, patient_id=child).value
    cancelled = practice.desk.perform(
        practice.maria, scheduling.cancel, again.id, code="pat", expect_version=again.version
    )
    assert cancelled.undo is not None
    practice.desk.undo(practice.maria, cancelled.undo)


def move(practice: Practice, entry: Appointment, time: str, **values: Any) -> Appointment:
    """Move it as the schedule does: into the lane that the check names."""
    check = practice.desk.query(
        practice.maria, queries.slot_check, slot(practice, time), type_id=practice.sick, replaces=entry.id
    )
    return practice.desk.perform(
        practice.maria,
        scheduling.reschedule,
        entry.id,
        slot(practice, time),
        expect_version=entry.version,
        lane=check.lane,
        **values,
    ).value


def test_a_work_in_that_is_moved_stays_one_beside_somebody_and_is_none_in_free_time(practice: Practice) -> None:
    saturday(practice, work_in_lanes=1)
    book(practice, "9:00", "First")
    book(practice, "11:00", "Second")
    squeezed = book(practice, "9:00", "Third", lane=1, overrule="Fever")
    with pytest.raises(Limited) as limited:
        move(practice, squeezed, "9:10")
    assert [each.code for each in limited.value.limits] == [LimitCode.WORK_IN]
    nearer = move(practice, squeezed, "9:10", overrule="Fever")
    assert nearer.lane == 1  # beside the same one, its own lane is not in the way
    later = move(practice, nearer, "11:10", overrule="Fever")
    assert later.lane == 1
    alone = move(practice, later, "10:00")  # no reason is asked
    assert alone.lane == 0
    with pytest.raises(Refused, match="at most 1 at once"):
        practice.desk.perform(
            practice.maria,
            scheduling.reschedule,
            alone.id,
            slot(practice, "9:00"),
            expect_version=alone.version,
            lane=2,
            overrule="Fever",
        )


def test_a_move_where_no_lane_is_left_says_who_has_the_time(practice: Practice) -> None:
    saturday(practice, work_in_lanes=1)
    book(practice, "9:00", "First")
    book(practice, "9:00", "Second", lane=1, overrule="Fever")
    third = book(practice, "10:00", "Third")
    check = practice.desk.query(
        practice.maria, queries.slot_check, slot(practice, "9:00"), type_id=practice.sick, replaces=third.id
    )
    assert (check.lane, check.taken) == (0, "9:00 AM is taken: you booked First Test.")
    with pytest.raises(SlotTaken, match="9:00 AM is taken: you booked First Test"):
        move(practice, third, "9:00")


def test_without_lanes_there_is_no_work_in(practice: Practice) -> None:
    saturday(practice)
    book(practice, "9:00", "First")
    check = practice.desk.query(practice.maria, queries.slot_check, slot(practice, "9:00"), type_id=practice.sick)
    assert check.work_in_lane == 0
    with pytest.raises(Refused, match="takes no work-ins"):
        book(practice, "9:00", "Second", lane=1, overrule="Fever")
    with pytest.raises(Refused, match="takes no work-ins"):
        book(practice, "9:00", "Third", lane=-1, overrule="Fever")


def test_of_two_desks_that_book_the_last_of_a_session_one_is_asked_for_a_reason(practice: Practice) -> None:
    saturday(practice, cap=1)
    children = [practice.a_patient(name, "Test", TODAY) for name in ("First", "Second")]

    def booking(time: str, number: int) -> Callable[[], object]:
        act = Booking(slot(practice, time), practice.sick)

        def book_it() -> str:
            try:
                practice.desk.perform(practice.maria, scheduling.book, act, patient_id=children[number])
            except Limited as refused:
                return refused.limits[0].code
            return "booked"

        return book_it

    assert sorted(map(str, at_once([booking("9:00", 0), booking("11:00", 1)]))) == ["booked", "session-full"]
