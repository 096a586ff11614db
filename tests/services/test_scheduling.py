"""Book, cancel, move, complete, no-show and their undo, on both engines (ACT3 to ACT7, AP3 to AP5)."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from threading import Barrier
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, Limited, NotAllowed, Refused, SlotTaken, UndoRefused
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId, new_uuid
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot, Span
from request_desk.services.desk import Desk, Outcome, Undo
from request_desk.services.practice import invariants
from request_desk.services.schedule import attendance, portal_schedule, queries, scheduling
from request_desk.services.schedule.views import missed_of, upcoming_of
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.services.test_holds import MINUTE, a_request, hold, present, slot

GRACE = timedelta(seconds=20)


def book(practice: Practice, time: str, **values: Any) -> Outcome[Appointment]:
    overrule = values.pop("overrule", "")
    hold_id = values.pop("hold_id", None)
    kind = values.pop("type_id", practice.well)
    chosen = slot(practice, time, values.pop("day", TODAY), values.pop("provider", None))
    values = {"patient_id": practice.zuri, **values}
    return practice.desk.perform(
        values.pop("by", practice.maria), scheduling.book, Booking(chosen, kind, hold_id, overrule), **values
    )


def move(practice: Practice, seen: Appointment, time: str, **values: Any) -> Outcome[Appointment]:
    chosen = slot(practice, time, values.pop("day", TODAY), values.pop("provider", None))
    return practice.desk.perform(
        values.pop("by", practice.maria),
        scheduling.reschedule,
        seen.id,
        chosen,
        expect_version=values.pop("expect_version", seen.version),
        **values,
    )


def cancel(practice: Practice, seen: Appointment, code: str = "pat", **values: Any) -> Outcome[Appointment]:
    return practice.desk.perform(
        values.pop("by", practice.maria),
        scheduling.cancel,
        seen.id,
        code=code,
        expect_version=values.pop("expect_version", seen.version),
        **values,
    )


def change_type(practice: Practice, **values: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.appointment_type).where(schema.appointment_type.c.id == practice.well).values(**values)
        )


def column(practice: Practice, appointment_id: AppointmentId, name: str) -> Any:
    with practice.database.read() as connection:
        return connection.execute(
            select(schema.appointment.c[name]).where(schema.appointment.c.id == appointment_id)
        ).scalar_one()


# Booking


def test_a_booking_is_confirmed_with_what_was_agreed(practice: Practice, clock: FixedClock) -> None:
    booked = book(practice, "9:20", request_id=a_request(practice)).value
    assert booked.status is AppointmentStatus.CONFIRMED
    assert (booked.starts_at, booked.ends_at) == (wall(TODAY, "9:20"), wall(TODAY, "10:00"))
    assert (booked.chain_id, booked.replaces_id, booked.booked_by) == (booked.id, None, "Maria Santos")
    assert column(practice, booked.id, "zone") == "America/Los_Angeles"
    assert column(practice, booked.id, "wall_time") == "2026-11-24 09:20"
    assert column(practice, booked.id, "visible_at") == clock.now() + GRACE  # the parent sees it after the grace time


def test_a_booking_takes_over_its_hold(practice: Practice) -> None:  # ACT3
    request = a_request(practice)
    held = hold(practice, "9:20", request=request)
    booked = book(practice, "9:20", request_id=request, hold_id=held.id).value
    assert booked.id == held.id
    assert booked.hold_expires_at is None


def test_a_booking_finds_the_requests_hold_by_itself(practice: Practice) -> None:
    request = a_request(practice)
    held = hold(practice, "9:20", request=request)
    assert book(practice, "9:20", request_id=request).value.id == held.id


@pytest.mark.parametrize("swept", [False, True])
def test_an_expired_hold_whose_slot_is_free_is_taken_without_a_question(  # ACT3
    practice: Practice, clock: FixedClock, swept: bool
) -> None:
    request = a_request(practice)
    held = hold(practice, "9:20", request=request)
    clock.advance(16 * MINUTE)
    if swept:
        hold(practice, "9:20", by=practice.kofi, request=a_request(practice))
        clock.advance(16 * MINUTE)
    booked = book(practice, "9:20", request_id=request, hold_id=held.id).value
    assert booked.status is AppointmentStatus.CONFIRMED
    assert booked.id != held.id
    assert present(practice, held.id).status is AppointmentStatus.EXPIRED


def test_an_expired_hold_whose_slot_was_taken_loses_with_the_next_times(practice: Practice, clock: FixedClock) -> None:
    request = a_request(practice)
    held = hold(practice, "9:20", request=request)
    clock.advance(16 * MINUTE)
    book(practice, "9:20", by=practice.kofi)
    with pytest.raises(SlotTaken) as lost:
        book(practice, "9:20", request_id=request, hold_id=held.id)
    assert lost.value.next_free[0].starts_at == wall(TODAY, "10:00")


def test_booking_another_time_than_the_held_one_gives_the_hold_back(practice: Practice) -> None:
    request = a_request(practice)
    held = hold(practice, "9:20", request=request)
    booked = book(practice, "9:40", request_id=request, hold_id=held.id).value  # overlaps the hold
    assert booked.id != held.id
    assert present(practice, held.id).cancel_code == "dropped"


def test_a_time_that_was_held_for_a_move_can_be_booked_as_an_appointment_of_its_own(practice: Practice) -> None:
    first = book(practice, "9:20").value
    held = hold(practice, "11:20", replaces=first.id)
    second = book(practice, "11:20", hold_id=held.id).value
    assert (second.chain_id, present(practice, first.id).status) == (second.id, AppointmentStatus.CONFIRMED)


def test_a_time_that_was_held_for_a_new_appointment_can_be_moved_to(practice: Practice) -> None:
    held = hold(practice, "11:20")
    first = book(practice, "9:20").value
    moved = move(practice, first, "11:20", hold_id=held.id).value
    assert (moved.chain_id, moved.replaces_id) == (first.chain_id, first.id)


def test_another_requests_hold_is_not_booked(practice: Practice) -> None:  # CONC-05
    held = hold(practice, "9:20", request=a_request(practice))
    with pytest.raises(Refused, match="held for another request"):
        book(practice, "9:20", request_id=a_request(practice), hold_id=held.id)


def test_a_hold_is_booked_once(practice: Practice) -> None:
    held = hold(practice, "9:20")
    book(practice, "9:20", hold_id=held.id)
    with pytest.raises(Conflict, match="Maria Santos"):
        book(practice, "9:20", hold_id=held.id)


def test_the_same_form_sent_twice_books_once(practice: Practice) -> None:  # row 21
    command = new_uuid()
    answers = [
        practice.desk.perform_idempotent(
            command,
            practice.maria,
            scheduling.book,
            Booking(slot(practice, "9:20"), practice.well),
            patient_id=practice.zuri,
        ).value
        for _twice in range(2)
    ]
    assert answers[0] == answers[1]


def test_an_inactive_patient_is_not_booked(practice: Practice) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.patient).values(active=False))
    with pytest.raises(Refused, match="Zuri Okafor is not an active patient"):
        book(practice, "9:20")


def test_a_provider_or_place_that_is_switched_off_is_not_booked(practice: Practice) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.location).where(schema.location.c.id == practice.harbor).values(active=False))
    with pytest.raises(Refused, match="is switched off"):
        book(practice, "9:20", provider=practice.mwangi)


# Limits


def test_minimum_notice_blocks_staff_until_they_give_a_reason(practice: Practice) -> None:  # AP4, ACT7
    change_type(practice, notice_minutes=24 * 60)
    with pytest.raises(Refused, match=r"^Well visit needs 24 hours of notice, and this time is sooner\. Give a reason"):
        book(practice, "9:20")
    outcome = book(practice, "9:20", overrule="Sibling is here anyway")
    assert column(practice, outcome.value.id, "overrule") == "Sibling is here anyway"
    with practice.database.read() as connection:
        line = select(schema.journal.c.detail).where(schema.journal.c.action == "booked")
        detail = connection.execute(line).scalar_one()
    assert detail["exception"] is True
    assert "Sibling" not in str(detail)


def test_a_reason_that_was_not_needed_is_not_kept(practice: Practice) -> None:
    booked = book(practice, "9:20", overrule="just because").value
    assert column(practice, booked.id, "overrule") == ""


@pytest.mark.parametrize("who", ["maria", "admin"])
def test_what_forbids_a_move_is_overruled_by_no_reason(practice: Practice, who: str) -> None:  # AP4, ACT7
    change_type(practice, rebooking_mode="same_provider")
    booked, by = book(practice, "9:20").value, getattr(practice, who)
    for reason in ("", "Dr. Lindqvist is ill"):
        with pytest.raises(
            Limited, match=r"^Well visit stays with Dr\. Lindqvist when it is moved\. Cancel it and book"
        ):
            move(practice, booked, "13:00", provider=practice.mwangi, by=by, overrule=reason)
    with pytest.raises(Limited, match="Give a reason"):
        move(practice, booked, "13:00", provider=practice.mwangi, by=by, as_new=True)
    assert present(practice, booked.id) == booked


def test_the_notice_for_moving_counts_from_the_old_time(practice: Practice) -> None:  # AP4
    change_type(practice, reschedule_notice_minutes=120)
    booked = book(practice, "9:20").value
    with pytest.raises(Limited, match="can be moved until 2 hours before it begins"):
        move(practice, booked, "15:00", overrule="They asked")
    new = move(practice, booked, "15:00", overrule="They asked", as_new=True).value
    assert present(practice, booked.id).cancel_code == "replaced"
    assert new.starts_at == wall(TODAY, "15:00")


def test_cancel_and_book_new_is_one_act_with_one_undo(practice: Practice, desk: Desk) -> None:  # ACT7
    change_type(practice, rebooking_mode="same_provider")
    booked = book(practice, "9:20").value
    outcome = move(practice, booked, "13:00", provider=practice.mwangi, overrule="Dr. Lindqvist is ill", as_new=True)
    new, old = outcome.value, present(practice, booked.id)
    assert (old.status, old.cancel_code, old.is_late_cancel) == (AppointmentStatus.CANCELLED, "replaced", True)
    assert (new.replaces_id, new.chain_id) == (booked.id, booked.chain_id)
    assert column(practice, new.id, "overrule") == "Dr. Lindqvist is ill"
    with practice.database.read() as connection:
        lines = connection.execute(select(schema.journal.c.action, schema.journal.c.detail)).all()
    told = {line.action: line.detail for line in lines}
    assert (told["replaced"]["to"], told["replaced"]["late"]) == (new.id, True)
    assert told["booked_instead"]["exception"] is True
    assert desk.query(practice.maria, missed_of, practice.zuri).late_cancels == 0  # nobody missed anything
    assert outcome.undo is not None
    back = desk.undo(practice.maria, outcome.undo).value
    assert replace(back, version=booked.version) == booked
    assert move(practice, back, "9:40").value.replaces_id == booked.id


def test_cancel_and_book_new_is_a_plain_move_where_nothing_forbids_it(practice: Practice) -> None:
    booked = book(practice, "9:20").value
    moved = move(practice, booked, "13:00", overrule="just because", as_new=True).value
    assert present(practice, booked.id).cancel_code == "rescheduled"
    assert column(practice, moved.id, "overrule") == ""


# Cancelling


def test_a_cancellation_keeps_its_reason_and_frees_the_time_after_the_grace(
    practice: Practice, clock: FixedClock
) -> None:  # AP3
    booked = book(practice, "9:20").value
    cancelled = cancel(practice, booked, "prov-pers", text="Dr. Lindqvist is ill, we are sorry.").value
    assert cancelled.status is AppointmentStatus.CANCELLED
    assert (cancelled.cancel_code, cancelled.cancel_text) == ("prov-pers", "Dr. Lindqvist is ill, we are sorry.")
    assert cancelled.released_at == clock.now() + GRACE


def test_a_cancellation_needs_a_known_reason(practice: Practice) -> None:  # AP3
    booked = book(practice, "9:20").value
    with pytest.raises(Invalid, match="Choose a reason"):
        cancel(practice, booked, "whatever")


@pytest.mark.parametrize(("day", "is_late"), [(0, True), (2, False)])
def test_a_late_cancellation_is_marked_and_not_blocked(practice: Practice, day: int, is_late: bool) -> None:  # AP6
    booked = book(practice, "9:20", day=TODAY + timedelta(days=day)).value
    assert cancel(practice, booked).value.is_late_cancel is is_late


def test_a_held_time_that_is_cancelled_is_free_at_once(practice: Practice) -> None:  # AP3
    held = hold(practice, "9:20")
    cancelled = cancel(practice, held).value
    assert (cancelled.released_at, cancelled.is_late_cancel) == (None, False)
    book(practice, "9:20", by=practice.kofi)


def test_what_has_begun_is_not_cancelled(practice: Practice, clock: FixedClock) -> None:
    booked = book(practice, "9:20").value
    clock.advance(timedelta(minutes=68))
    with pytest.raises(
        Refused, match=r"^This visit began at Tue, Nov 24, 9:20 AM, so it cannot be cancelled any more\."
    ):
        cancel(practice, booked)


def test_a_stale_cancellation_is_refused_with_who_changed_it(practice: Practice) -> None:  # MC9, CONC-08
    booked = book(practice, "9:20").value
    move(practice, booked, "10:20", by=practice.kofi)
    with pytest.raises(Conflict) as stale:
        cancel(practice, booked)
    assert stale.value.who == "Kofi Prah"


@pytest.mark.parametrize("status", ["cancelled", "expired", "completed", "no_show"])
def test_what_is_over_is_not_cancelled(practice: Practice, status: str) -> None:  # AP3
    over = practice.an_appointment(
        practice.zuri,
        practice.lindqvist,
        TODAY,
        "9:20",
        status=status,
        cancel_code="pat" if status == "cancelled" else "",
    )
    with pytest.raises(Refused, match="cannot be cancelled"):
        cancel(practice, present(practice, over))


# Moving


def test_a_move_is_a_new_appointment_that_replaces_the_old(practice: Practice, clock: FixedClock) -> None:  # AP4
    booked = book(practice, "9:20").value
    moved = move(practice, booked, "13:00", provider=practice.mwangi).value
    old = present(practice, booked.id)
    assert (moved.replaces_id, moved.chain_id) == (booked.id, booked.chain_id)
    assert (moved.provider_id, moved.location_id) == (practice.mwangi, practice.harbor)
    assert (old.status, old.cancel_code) == (AppointmentStatus.CANCELLED, "rescheduled")
    assert old.released_at == clock.now() + GRACE


def test_a_move_may_overlap_itself(practice: Practice) -> None:  # CONC-10, M10
    booked = book(practice, "9:20").value
    assert move(practice, booked, "9:40").value.starts_at == wall(TODAY, "9:40")


def test_a_move_takes_over_its_hold(practice: Practice) -> None:
    request = a_request(practice)
    booked = book(practice, "9:20").value
    held = hold(practice, "9:40", request=request, replaces=booked.id)
    moved = move(practice, booked, "9:40", hold_id=held.id, request_id=request).value
    assert (moved.id, moved.replaces_id, moved.request_id) == (held.id, booked.id, request)


def test_a_move_after_its_hold_expired_takes_the_free_time_anew(practice: Practice, clock: FixedClock) -> None:  # ACT3
    booked = book(practice, "13:20").value
    held = hold(practice, "14:00", replaces=booked.id)
    clock.advance(16 * MINUTE)
    moved = move(practice, booked, "14:00", hold_id=held.id).value
    assert (moved.id != held.id, moved.replaces_id) == (True, booked.id)


def test_a_move_to_a_taken_time_leaves_everything_as_it_was(practice: Practice) -> None:  # CONC-09
    booked = book(practice, "9:20").value
    book(practice, "11:00")
    with pytest.raises(SlotTaken):
        move(practice, booked, "11:00")
    assert present(practice, booked.id) == booked


def test_the_loser_of_a_move_is_not_offered_the_present_time(practice: Practice) -> None:
    booked = book(practice, "11:40").value
    book(practice, "11:00")
    with pytest.raises(SlotTaken) as lost:
        move(practice, booked, "11:00")
    assert [each.starts_at for each in lost.value.next_free] == [
        wall(TODAY, "11:50"),  # overlaps the appointment itself, which is no obstacle
        wall(TODAY, "12:00"),
        wall(TODAY, "12:10"),
    ]


def test_a_move_to_where_it_is_is_refused(practice: Practice) -> None:
    booked = book(practice, "9:20").value
    with pytest.raises(Refused, match="at that time already"):
        move(practice, booked, "9:20")


def test_a_chain_stays_a_line(practice: Practice) -> None:  # I5
    first = book(practice, "9:20").value
    second = move(practice, first, "10:20").value
    third = move(practice, second, "11:20").value
    assert (third.replaces_id, third.chain_id) == (second.id, first.id)
    with pytest.raises(Conflict):
        move(practice, first, "12:20")


# Completed and no-show


def test_an_appointment_is_completed_once_it_has_begun(practice: Practice, clock: FixedClock) -> None:  # AP5
    booked = book(practice, "9:20").value
    with pytest.raises(Refused, match=r"begins at Tue, Nov 24, 9:20 AM"):
        practice.desk.perform(practice.maria, attendance.complete, booked.id, expect_version=booked.version)
    clock.advance(timedelta(minutes=108 + 50))
    done = practice.desk.perform(practice.maria, attendance.complete, booked.id, expect_version=booked.version)
    assert done.value.status is AppointmentStatus.COMPLETED
    with practice.database.read() as connection:
        line = select(schema.journal.c.detail).where(schema.journal.c.action == "completed")
        assert connection.execute(line).scalar_one() == {"late_minutes": 50}


def test_a_no_show_waits_until_nobody_can_come(practice: Practice, clock: FixedClock) -> None:  # AP5
    booked = book(practice, "9:20").value
    clock.advance(timedelta(minutes=108 + 60))
    with pytest.raises(Refused, match="They may still come"):
        practice.desk.perform(practice.maria, attendance.no_show, booked.id, expect_version=booked.version)
    clock.advance(timedelta(minutes=1))
    missed = practice.desk.perform(practice.maria, attendance.no_show, booked.id, expect_version=booked.version).value
    assert missed.status is AppointmentStatus.NO_SHOW
    came = practice.desk.perform(practice.maria, attendance.complete, booked.id, expect_version=missed.version).value
    assert came.status is AppointmentStatus.COMPLETED


# Undo


def test_a_booking_is_undone_and_its_time_is_free_at_once(practice: Practice, desk: Desk) -> None:  # ACT5
    outcome = book(practice, "9:20")
    assert outcome.undo is not None
    undone = desk.undo(practice.maria, outcome.undo).value
    assert (undone.status, undone.cancel_code) == (AppointmentStatus.CANCELLED, "undone")
    book(practice, "9:20", by=practice.kofi)


def test_a_cancellation_is_undone_as_it_was(practice: Practice, desk: Desk) -> None:  # ACT5
    booked = book(practice, "9:20").value
    outcome = cancel(practice, booked, text="Sorry")
    assert outcome.undo is not None
    back = desk.undo(practice.maria, outcome.undo)
    assert replace(back.value, version=booked.version) == booked
    assert back.changes[Topic.APPOINTMENT] == {booked.id}


def test_a_move_is_undone_and_can_be_done_again(practice: Practice, desk: Desk) -> None:  # ACT5
    booked = book(practice, "9:20").value
    outcome = move(practice, booked, "9:40")
    assert outcome.undo is not None
    back = desk.undo(practice.maria, outcome.undo).value
    assert replace(back, version=booked.version) == booked
    assert present(practice, outcome.value.id).cancel_code == "undone"
    again = move(practice, back, "9:40").value
    assert again.replaces_id == booked.id


def undoable(practice: Practice, act: str) -> Outcome[Appointment]:
    if act == "book":
        return book(practice, "9:20")
    booked = book(practice, "9:20").value
    return cancel(practice, booked) if act == "cancel" else move(practice, booked, "11:00")


@pytest.mark.parametrize("act", ["book", "cancel", "move"])
def test_undoing_twice_is_refused_in_words(practice: Practice, desk: Desk, act: str) -> None:
    outcome = undoable(practice, act)
    assert outcome.undo is not None
    desk.undo(practice.maria, outcome.undo)
    with pytest.raises(UndoRefused, match=r"^This was undone already\.$"):
        desk.undo(practice.maria, outcome.undo)


@pytest.mark.parametrize("act", ["book", "cancel", "move"])
def test_after_the_grace_time_undo_is_refused_in_words(
    practice: Practice, desk: Desk, clock: FixedClock, act: str
) -> None:  # ACT5
    outcome = undoable(practice, act)
    assert outcome.undo is not None
    clock.advance(GRACE + timedelta(seconds=1))
    with pytest.raises(UndoRefused, match=r"^The time to undo is over"):
        desk.undo(practice.maria, outcome.undo)


def test_undo_is_refused_when_somebody_changed_it_since(practice: Practice, desk: Desk) -> None:
    outcome = book(practice, "9:20")
    assert outcome.undo is not None
    move(practice, outcome.value, "11:00", by=practice.kofi)
    with pytest.raises(UndoRefused, match="The appointment of Zuri Okafor has changed since"):
        desk.undo(practice.maria, outcome.undo)


def test_undo_is_refused_when_the_time_was_given_away(practice: Practice, desk: Desk) -> None:  # row 12
    booked = book(practice, "9:20").value
    outcome = cancel(practice, booked)
    assert outcome.undo is not None
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:40")  # by something that does not ask us
    with pytest.raises(UndoRefused, match=r"^Tue, Nov 24, 9:20 AM is taken by now"):
        desk.undo(practice.maria, outcome.undo)
    assert present(practice, booked.id).status is AppointmentStatus.CANCELLED


def test_an_undo_of_a_move_gives_both_back_or_neither(practice: Practice, desk: Desk) -> None:
    booked = book(practice, "9:20").value
    outcome = move(practice, booked, "13:00")
    assert outcome.undo is not None
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:40")
    with pytest.raises(UndoRefused, match="is taken by now"):
        desk.undo(practice.maria, outcome.undo)
    assert present(practice, outcome.value.id) == outcome.value


def test_the_grace_time_is_a_setting(practice: Practice, desk: Desk, clock: FixedClock) -> None:  # ACT5
    with practice.database.write() as connection:
        longer = replace(practice.settings, grace=timedelta(minutes=1))
        connection.execute(update(schema.practice).values(settings=msgspec.to_builtins(longer), version=2))
    outcome = book(practice, "9:20")
    assert outcome.undo is not None
    assert outcome.undo.until == clock.now() + timedelta(minutes=1)


# Who may


@pytest.mark.parametrize("who", ["amara", "grandmother"])
def test_contacts_change_nothing_on_the_schedule(practice: Practice, who: str) -> None:  # AP3
    booked = book(practice, "9:20").value
    by = getattr(practice, who)
    version = booked.version
    attempts: list[Callable[[], object]] = [
        lambda: book(practice, "13:00", by=by),
        lambda: cancel(practice, booked, by=by),
        lambda: move(practice, booked, "13:00", by=by),
        lambda: practice.desk.perform(by, attendance.complete, booked.id, expect_version=version),
        lambda: practice.desk.perform(by, attendance.no_show, booked.id, expect_version=version),
        lambda: practice.desk.perform(
            by, scheduling.unbook, booked.id, expect_version=version, until=practice.desk.clock.now()
        ),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert present(practice, booked.id) == booked


class Walk:
    """Two desks that do whatever comes, as a busy morning does; every refusal is one in words."""

    def __init__(self, practice: Practice, clock: FixedClock, seed: int) -> None:
        self.practice, self.clock, self.random = practice, clock, random.Random(seed)
        self.requests = [a_request(practice) for _number in range(3)]
        self.seen: list[Appointment] = []
        self.undos: list[Undo] = []
        self.done: Counter[str] = Counter()
        self.sentences: list[str] = []

    def step(self) -> None:
        name = self.random.choice(
            ["hold", "book", "cancel", "move", "undo", "wait", "renew", "expire", "complete", "no_show", "mark"]
        )
        try:
            outcome = getattr(self, name)()
        except Refused as refused:
            self.sentences.append(refused.sentence)
            return
        self.done[name] += 1
        if outcome is not None:
            self.undos += [outcome.undo] if outcome.undo else []
            self.seen += [outcome.value] if isinstance(outcome.value, Appointment) else []

    def any_slot(self) -> Slot:
        minutes = self.random.randrange(9 * 60, 12 * 60, 10)
        time = f"{minutes // 60}:{minutes % 60:02}"
        return slot(self.practice, time, provider=self.random.choice([self.practice.lindqvist, self.practice.mwangi]))

    def any_seen(self) -> Appointment:
        if not self.seen:
            raise Refused("Nothing is there yet.")
        return present(self.practice, self.random.choice(self.seen).id)

    def perform(self, *args: Any, **values: Any) -> Outcome[Any]:
        return self.practice.desk.perform(
            self.random.choice([self.practice.maria, self.practice.kofi]), *args, **values
        )

    def hold(self) -> Outcome[Any]:
        replaces = self.random.choice([None, self.any_seen().id]) if self.seen else None
        return self.perform(
            scheduling.hold,
            self.any_slot(),
            type_id=self.practice.well,
            patient_id=self.practice.zuri,
            request_id=self.random.choice([None, *self.requests]),
            replaces=replaces,
        )

    def book(self) -> Outcome[Any]:
        hold_id = self.random.choice([None, self.any_seen().id]) if self.seen else None
        return self.perform(
            scheduling.book,
            Booking(self.any_slot(), self.practice.well, hold_id, "two providers in one room"),
            patient_id=self.practice.zuri,
            request_id=self.random.choice([None, *self.requests]),
        )

    def cancel(self) -> Outcome[Any]:
        seen = self.any_seen()
        return self.perform(scheduling.cancel, seen.id, code="pat", expect_version=seen.version)

    def move(self) -> Outcome[Any]:
        seen = self.any_seen()
        return self.perform(
            scheduling.reschedule,
            seen.id,
            self.any_slot(),
            expect_version=seen.version,
            overrule="two providers in one room",
        )

    def complete(self) -> Outcome[Any]:
        seen = self.any_seen()
        return self.perform(attendance.complete, seen.id, expect_version=seen.version)

    def no_show(self) -> Outcome[Any]:
        seen = self.any_seen()
        return self.perform(attendance.no_show, seen.id, expect_version=seen.version)

    def mark(self) -> Outcome[Any]:
        seen = self.any_seen()
        mark, is_set = self.random.choice(list(Mark)), self.random.random() < 0.7
        return self.perform(attendance.mark, seen.id, mark, is_set=is_set, expect_version=seen.version)

    def undo(self) -> Outcome[Any] | None:
        if not self.undos:
            return None
        return self.practice.desk.undo(self.practice.maria, self.random.choice(self.undos))

    def renew(self) -> Outcome[Any]:
        return self.perform(scheduling.renew_hold, self.any_seen().id)

    def wait(self) -> None:
        self.clock.advance(timedelta(seconds=self.random.choice([1, 30, 60, 300, 1200])))

    def expire(self) -> Outcome[Any]:
        return self.practice.desk.perform(SYSTEM, scheduling.expire_holds)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_two_desks_do_no_time_is_booked_twice_and_every_chain_is_a_line(  # ACT6, I1, I5
    practice: Practice, clock: FixedClock, seed: int
) -> None:
    walk = Walk(practice, clock, seed)
    for _step in range(180):
        walk.step()
        with practice.database.read() as connection:
            rows = connection.execute(select(schema.appointment)).all()
        blocking = sorted(
            (row.provider_id, row.blocks_from, row.blocks_until, row.chain_id)
            for row in rows
            if row.status in ("held", "confirmed")
        )
        for one, other in combinations(blocking, 2):
            assert one[0] != other[0] or one[3] == other[3] or one[2] <= other[1]
        confirmed = Counter(row.chain_id for row in rows if row.status == "confirmed")
        assert set(confirmed.values()) <= {1}
        replaced = Counter(row.replaces_id for row in rows if row.replaces_id is not None)
        assert set(replaced.values()) <= {1}
        assert all(row.starts_at <= clock.now() for row in rows if row.status in ("completed", "no_show"))
        ids = {row.id for row in rows}
        assert ids >= {each.id for each in walk.seen}  # nothing is ever deleted
    assert all(sentence.endswith(".") for sentence in walk.sentences)
    assert {"hold", "book", "cancel", "move", "mark"} <= set(walk.done)
    clock.advance(timedelta(hours=3))  # whatever was held is over, and the sweep says so (I7)
    practice.desk.perform(SYSTEM, scheduling.expire_holds)
    with practice.database.read() as connection:
        held = connection.execute(select(schema.appointment).where(schema.appointment.c.status == "held")).all()
    assert held == []
    assert practice.desk.query(SYSTEM, invariants.inconsistencies) == ()


# one patient, two places


@pytest.mark.parametrize("way", ["book", "hold and book", "move"])
def test_a_patient_at_two_places_at_once_needs_a_reason(practice: Practice, way: str) -> None:
    at = wall(TODAY, "10:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    slot = Slot(practice.mwangi, practice.harbor, at, at + 40 * MINUTE, at + 40 * MINUTE)
    desk, maria = practice.desk, practice.maria

    def act(reason: str) -> object:
        if way == "move":
            seen = next(
                each for each in desk.query(maria, upcoming_of, [practice.zuri]) if each.provider_id == practice.mwangi
            )
            return desk.perform(
                maria, scheduling.reschedule, seen.id, slot, expect_version=seen.version, overrule=reason
            ).value
        held = None
        if way == "hold and book":
            held = desk.perform(maria, scheduling.hold, slot, type_id=practice.well, patient_id=practice.zuri).value.id
        return desk.perform(
            maria, scheduling.book, Booking(slot, practice.well, held, reason), patient_id=practice.zuri
        ).value

    if way == "move":
        practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "14:00")
    with pytest.raises(Refused, match=r"Zuri Okafor is with Dr\. Lindqvist at Northside then"):
        act("")
    act("the two of them see her together")
    with practice.database.read() as connection:
        rows = connection.execute(select(schema.appointment.c.overrule)).all()
    assert "the two of them see her together" in {row.overrule for row in rows}


def test_of_two_desks_at_once_only_one_takes_a_patient_to_two_places(practice: Practice) -> None:
    at = wall(TODAY, "10:00")
    places = ((practice.lindqvist, practice.northside), (practice.mwangi, practice.harbor))
    ready = Barrier(2)

    def book(place: tuple[ProviderId, LocationId]) -> str:
        slot = Slot(*place, at, at + 40 * MINUTE, at + 40 * MINUTE)
        ready.wait()
        try:
            practice.desk.perform(
                practice.maria, scheduling.book, Booking(slot, practice.well), patient_id=practice.zuri
            )
        except Refused as refused:
            return refused.sentence
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(book, places))
    assert told[0] == ""
    assert "Zuri Okafor is with" in told[1]


@pytest.mark.parametrize("what", ["provider", "location", "appointment_type"])
def test_a_hold_of_what_was_switched_off_meanwhile_is_not_booked(practice: Practice, what: str) -> None:  # ACT3
    table = getattr(schema, what)
    place = slot(practice, "9:20")
    held = practice.desk.perform(
        practice.maria, scheduling.hold, place, type_id=practice.well, patient_id=practice.zuri
    ).value
    names = {"provider": "Dr. Lindqvist", "location": "Northside", "appointment_type": "Well visit"}
    which = {"provider": practice.lindqvist, "location": practice.northside, "appointment_type": practice.well}[what]
    with practice.database.write() as connection:
        connection.execute(update(table).where(table.c.id == which).values(active=False))
    shown = practice.desk.query(practice.maria, queries.day, TODAY)
    assert [each.off for column in shown.columns for each in column.entries] == [(names[what],)]
    with pytest.raises(Refused, match=f"{names[what]} is switched off"):
        practice.desk.perform(
            practice.maria, scheduling.book, Booking(place, practice.well, held.id), patient_id=practice.zuri
        )
    assert practice.desk.query(practice.maria, queries.appointment, held.id).status is AppointmentStatus.HELD


@pytest.mark.parametrize("year", [1, 1899, 2200, 9999])
def test_dates_outside_the_calendar_are_refused_in_words(practice: Practice, year: int) -> None:
    first = date(year, 1, 1) if year < 2000 else date(year, 12, 31)
    at = datetime(first.year, first.month, first.day, 12, tzinfo=UTC)
    far = Slot(practice.lindqvist, practice.northside, at, at, at)
    staff, parent = practice.maria, practice.amara
    asks: list[Callable[[], object]] = [
        lambda: practice.desk.query(staff, queries.day, first),
        lambda: practice.desk.query(staff, queries.week, first, practice.lindqvist),
        lambda: practice.desk.query(staff, queries.find_slots, type_id=practice.well, span=Span(at, at)),
        lambda: practice.desk.query(staff, queries.slot_check, far, type_id=practice.well),
        lambda: practice.desk.query(
            staff, queries.snapped, practice.lindqvist, practice.northside, at, type_id=practice.well
        ),
        lambda: practice.desk.query(
            parent,
            portal_schedule.portal_slots,
            type_id=practice.well,
            patient_id=practice.zuri,
            provider_id=None,
            location_id=None,
            from_day=first,
            days=7,
        ),
        lambda: practice.desk.perform(staff, scheduling.hold, far, type_id=practice.well, patient_id=practice.zuri),
        lambda: practice.desk.perform(staff, scheduling.book, Booking(far, practice.well), patient_id=practice.zuri),
    ]
    for ask in asks:
        with pytest.raises(Invalid, match=f"The year {year} is outside the calendar"):
            ask()
