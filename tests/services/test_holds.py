"""Holds: a chosen time is ours while we write, for the type's time, and nobody loses more than a click (ACT3, BK5, CONC-03)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, Refused, SlotTaken
from request_desk.domain.ids import AppointmentId, ProviderId, RequestId, new_uuid
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.schedule import queries as schedule_queries, scheduling
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

MINUTE = timedelta(minutes=1)


def slot(practice: Practice, time: str, day: date = TODAY, provider: ProviderId | None = None) -> Slot:
    """A slot as a window would offer it; its ends are the service's to compute."""
    start = wall(day, time)
    provider = provider or practice.lindqvist
    place = practice.northside if provider == practice.lindqvist else practice.harbor
    return Slot(provider, place, start, start + 40 * MINUTE, start + 40 * MINUTE)


def a_request(practice: Practice, **values: Any) -> RequestId:
    """A request as a plain row: these tests are about the schedule, not about how it came in."""
    request = practice.new_id()
    now = practice.desk.clock.now()
    row = {
        "id": request,
        "reference": new_uuid(),
        "submission_id": new_uuid(),
        "kind": "schedule",
        "state": "open",
        "contact_id": practice.amara.id,
        "patient_id": practice.zuri,
        "household_id": practice.amara_family,
        "type_id": practice.well,
        "target_kind": "department",
        "target_id": practice.intake,
        "target_origin": "auto",
        "routing_reason": "It is in the department IC-Appointment Request.",
        "arrived_at": now,
        "due_at": now,
        "visible_at": now,
    }
    practice.insert(schema.request, **{**row, **values})
    return RequestId(request)


def hold(
    practice: Practice, time: str, *, by: Actor | None = None, request: RequestId | None = None, **values: Any
) -> Appointment:
    values = {"type_id": practice.well, "patient_id": practice.zuri, **values}
    provider = values.pop("provider", None)
    chosen = slot(practice, time, provider=provider)
    return practice.desk.perform(by or practice.maria, scheduling.hold, chosen, request_id=request, **values).value


def present(practice: Practice, appointment_id: AppointmentId) -> Appointment:
    return practice.desk.query(practice.maria, schedule_queries.appointment, appointment_id)


def starts(found: SlotTaken) -> list[datetime]:
    return [each.starts_at for each in found.next_free]


def test_a_hold_is_kept_for_the_time_of_its_type(practice: Practice, clock: FixedClock) -> None:  # ACT3
    held = hold(practice, "9:20", request=a_request(practice))
    assert held.status is AppointmentStatus.HELD
    assert held.hold_expires_at == clock.now() + 15 * MINUTE
    assert held.ends_at == wall(TODAY, "10:00")
    assert held.booked_by == "Maria Santos"


def test_the_loser_learns_the_next_fitting_times(practice: Practice) -> None:  # ACT6, CONC-01
    hold(practice, "9:20", request=a_request(practice))
    with pytest.raises(
        SlotTaken, match=r"^Maria Santos has just taken 9:20 AM\. The next free time is 10:00 AM\.$"
    ) as lost:
        hold(practice, "9:20", by=practice.kofi, request=a_request(practice))
    assert starts(lost.value) == [wall(TODAY, "10:00"), wall(TODAY, "10:10"), wall(TODAY, "10:20")]


def test_a_loser_at_the_end_of_the_day_is_led_to_a_colleague(practice: Practice) -> None:  # ACT6
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "16:20")
    with pytest.raises(SlotTaken, match=r"The next free time is 4:20 PM with Dr\. Mwangi\.$"):
        hold(practice, "16:20")


def test_when_nothing_is_free_the_loser_is_told_to_choose(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    for provider in (practice.lindqvist, practice.mwangi):
        practice.an_absence(provider, wall(TODAY, "0:00"), wall(TODAY + timedelta(days=30), "0:00"))
    with pytest.raises(SlotTaken, match="Choose another time") as lost:
        hold(practice, "9:20")
    assert lost.value.next_free == ()


def test_a_hold_that_is_over_does_not_block_although_nobody_swept(
    practice: Practice, clock: FixedClock
) -> None:  # CONC-03
    first = hold(practice, "9:20", request=a_request(practice))
    clock.advance(15 * MINUTE)
    second = hold(practice, "9:20", by=practice.kofi, request=a_request(practice))
    assert second.status is AppointmentStatus.HELD
    assert present(practice, first.id).status is AppointmentStatus.EXPIRED


def test_a_running_hold_blocks_until_its_last_second(practice: Practice, clock: FixedClock) -> None:  # BK5
    hold(practice, "9:20", request=a_request(practice))
    clock.advance(15 * MINUTE - timedelta(seconds=1))
    with pytest.raises(SlotTaken):
        hold(practice, "9:20", by=practice.kofi, request=a_request(practice))


def test_choosing_another_time_lets_the_first_one_go(practice: Practice) -> None:  # ACT3
    request = a_request(practice)
    first = hold(practice, "9:20", request=request)
    second = hold(practice, "9:40", request=request)  # overlaps the first
    assert present(practice, first.id).cancel_code == "dropped"
    assert second.starts_at == wall(TODAY, "9:40")


def test_a_colleague_who_takes_over_chooses_anew_for_the_request(practice: Practice) -> None:  # MC8
    request = a_request(practice)
    first = hold(practice, "9:20", request=request)
    hold(practice, "10:20", by=practice.kofi, request=request)
    assert present(practice, first.id).status is AppointmentStatus.CANCELLED


def test_choosing_the_same_time_again_prolongs_the_hold(practice: Practice, clock: FixedClock) -> None:
    request = a_request(practice)
    first = hold(practice, "9:20", request=request)
    clock.advance(5 * MINUTE)
    second = hold(practice, "9:20", request=request)
    assert second.id == first.id
    assert second.hold_expires_at == clock.now() + 15 * MINUTE


def test_without_a_request_a_new_choice_replaces_the_holders_own(practice: Practice) -> None:
    first = hold(practice, "9:20")
    other = hold(practice, "13:00", by=practice.kofi)
    hold(practice, "9:40")
    assert present(practice, first.id).status is AppointmentStatus.CANCELLED
    assert present(practice, other.id).status is AppointmentStatus.HELD


def test_a_hold_renews_up_to_an_hour_after_it_was_taken(practice: Practice, clock: FixedClock) -> None:  # ACT3
    taken_at = clock.now()
    held = hold(practice, "13:00")
    for _again in range(5):
        clock.advance(14 * MINUTE)
        renewed = practice.desk.perform(practice.maria, scheduling.renew_hold, held.id).value
        if renewed is None:
            break
        assert renewed.hold_expires_at == min(clock.now() + 15 * MINUTE, taken_at + 60 * MINUTE)
    assert clock.now() - taken_at == 70 * MINUTE
    assert practice.desk.perform(practice.maria, scheduling.renew_hold, held.id).value is None


def test_a_dropped_hold_is_free_at_once(practice: Practice) -> None:
    held = hold(practice, "9:20")
    practice.desk.perform(practice.maria, scheduling.drop_hold, held.id)
    assert hold(practice, "9:20", by=practice.kofi, request=a_request(practice)).status is AppointmentStatus.HELD


def test_dropping_twice_or_what_is_booked_changes_nothing(practice: Practice) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    held = hold(practice, "10:20")
    for appointment_id in (held.id, held.id, booked):
        practice.desk.perform(practice.maria, scheduling.drop_hold, appointment_id)
    assert present(practice, booked).status is AppointmentStatus.CONFIRMED
    assert practice.desk.perform(practice.maria, scheduling.drop_hold, held.id).changes.entries == ()


def test_all_holds_of_a_request_go_with_it(practice: Practice) -> None:
    request = a_request(practice)
    held = hold(practice, "9:20", request=request)
    assert practice.desk.perform(practice.amara, scheduling.drop_holds, request).value == 1
    assert present(practice, held.id).cancel_code == "dropped"
    with pytest.raises(Refused, match="not there"):
        practice.desk.perform(practice.father, scheduling.drop_holds, request)


def test_the_job_shows_which_holds_are_over(practice: Practice, clock: FixedClock) -> None:  # BK5
    over = hold(practice, "9:20", request=a_request(practice))
    clock.advance(10 * MINUTE)
    running = hold(practice, "10:20", request=a_request(practice))
    clock.advance(5 * MINUTE)
    outcome = practice.desk.perform(SYSTEM, scheduling.expire_holds)
    assert outcome.value == 1
    assert outcome.changes[Topic.APPOINTMENT] == {over.id}
    assert present(practice, running.id).status is AppointmentStatus.HELD
    with pytest.raises(NotAllowed):
        practice.desk.perform(practice.maria, scheduling.expire_holds)


def test_a_hold_for_a_move_may_overlap_what_it_moves(practice: Practice) -> None:  # section 10, M10
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    held = hold(practice, "9:40", replaces=booked)
    assert held.chain_id == booked
    assert held.replaces_id is None


def test_two_desks_do_not_move_the_same_appointment_at_once(practice: Practice) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    hold(practice, "10:20", replaces=booked)
    with pytest.raises(
        Refused, match=r"^Maria Santos is moving this appointment just now and holds Tue, Nov 24, 10:20 AM"
    ):
        hold(practice, "11:20", by=practice.kofi, replaces=booked)


def test_freed_time_is_kept_for_an_undo_and_then_free(
    practice: Practice, clock: FixedClock
) -> None:  # ACT5, section 10
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    practice.desk.perform(practice.maria, scheduling.cancel, booked, code="pat", expect_version=1)
    with pytest.raises(SlotTaken):
        hold(practice, "9:20", by=practice.kofi, request=a_request(practice))
    clock.advance(timedelta(seconds=20))
    assert hold(practice, "9:20", by=practice.kofi, request=a_request(practice)).status is AppointmentStatus.HELD


def test_time_outside_the_windows_is_staffs_to_decide(practice: Practice) -> None:
    held = hold(practice, "18:00")
    assert held.status is AppointmentStatus.HELD


@pytest.mark.parametrize(
    ("time", "sentence"),
    [("7:00", "Tue, Nov 24, 7:00 AM has already passed. Choose a later time.")],
)
def test_the_past_is_not_held(practice: Practice, time: str, sentence: str) -> None:
    with pytest.raises(Refused, match=f"^{sentence}$"):
        hold(practice, time)


def test_a_time_between_minutes_is_refused(practice: Practice) -> None:
    odd = slot(practice, "9:20")
    odd = Slot(odd.provider_id, odd.location_id, odd.starts_at + timedelta(seconds=7), odd.ends_at, odd.blocked_until)
    with pytest.raises(Invalid):
        practice.desk.perform(practice.maria, scheduling.hold, odd, type_id=practice.well, patient_id=practice.zuri)


def test_a_provider_who_does_not_do_the_type_is_refused(practice: Practice) -> None:
    practice.insert(schema.appointment_type_provider, type_id=practice.well, provider_id=practice.mwangi)
    with pytest.raises(Refused, match=r"^Dr\. Lindqvist does not do Well visit\."):
        hold(practice, "9:20")
    assert hold(practice, "9:20", provider=practice.mwangi).provider_id == practice.mwangi


def test_a_closed_request_holds_nothing(practice: Practice) -> None:
    closed = a_request(practice, state="withdrawn")
    with pytest.raises(Refused, match="closed already"):
        hold(practice, "9:20", request=closed)


def test_another_patients_request_is_refused(practice: Practice) -> None:
    kwame = practice.a_patient("Kwame", "Mensah", date(2020, 1, 2))
    with pytest.raises(NotAllowed, match="another patient"):
        hold(practice, "9:20", request=a_request(practice), patient_id=kwame)


def test_a_contact_cannot_hold(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        hold(practice, "9:20", by=practice.amara)


def test_the_buffer_of_type_or_window_lies_inside_the_blocked_time(practice: Practice) -> None:  # section 10
    practice.a_window(practice.lindqvist, practice.northside, 1, 17 * 60, 20 * 60, buffer_minutes=20)
    buffered = practice.a_type("Talk", 40, buffer_minutes=10)
    hold(practice, "9:20", type_id=buffered)
    hold(practice, "17:00", request=a_request(practice))
    for time in ("10:00", "17:50"):
        with pytest.raises(SlotTaken):
            hold(practice, time, by=practice.kofi, request=a_request(practice))
    for time in ("10:10", "18:00"):
        hold(practice, time, by=practice.kofi, request=a_request(practice))


def test_a_booking_past_somebodys_hold_is_refused(practice: Practice, desk: Desk) -> None:  # CONC-05
    hold(practice, "9:20", request=a_request(practice))
    with pytest.raises(SlotTaken):
        desk.perform(
            practice.kofi,
            scheduling.book,
            Booking(slot(practice, "9:20"), practice.well),
            patient_id=practice.zuri,
            request_id=a_request(practice),
        )
