"""Who came: marks, completed, no-show and the close of a day, each with its undo, on both engines (AP5)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark
from request_desk.domain.attendance import Closing
from request_desk.domain.clock import FixedClock, SystemClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, CountingIds, ProviderId
from request_desk.domain.policy import Verdict
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk, Outcome
from request_desk.services.schedule import attendance, scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.services.test_holds import MINUTE, present

TOMORROW = TODAY + timedelta(days=1)
COMPLETED, NO_SHOW, CONFIRMED = AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW, AppointmentStatus.CONFIRMED


@pytest.fixture
def booked(practice: Practice) -> Appointment:
    """Zuri's visit today at 9:20; it is 8:12."""
    return present(practice, practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20"))


@pytest.fixture
def doctor(practice: Practice) -> Actor:
    return practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)


def mark(practice: Practice, seen: Appointment, what: Mark, **values: Any) -> Outcome[Appointment]:
    return practice.desk.perform(
        values.pop("by", practice.maria),
        attendance.mark,
        seen.id,
        what,
        is_set=values.pop("is_set", True),
        expect_version=seen.version,
    )


def no_show(practice: Practice, seen: Appointment, by: Actor | None = None) -> Outcome[Appointment]:
    return practice.desk.perform(by or practice.maria, attendance.no_show, seen.id, expect_version=seen.version)


def complete(practice: Practice, seen: Appointment, by: Actor | None = None) -> Outcome[Appointment]:
    return practice.desk.perform(by or practice.maria, attendance.complete, seen.id, expect_version=seen.version)


def journalled(practice: Practice, seen: Appointment) -> list[str]:
    with practice.database.read() as connection:
        table = schema.journal.c
        found = select(table.action).where(table.entity_id == seen.id, table.topic == "appointment")
        return list(connection.execute(found.order_by(table.seq)).scalars())


def queued(practice: Practice) -> int:
    with practice.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.outbox)).scalar_one())


# marks


@pytest.mark.parametrize("what", list(Mark))
def test_a_mark_is_set_with_its_time_and_taken_back_and_tells_nobody(
    practice: Practice, booked: Appointment, clock: FixedClock, what: Mark
) -> None:
    marked = mark(practice, booked, what).value
    assert getattr(marked, f"{what}_at") == clock.now()
    assert (marked.status, marked.version) == (CONFIRMED, booked.version + 1)
    plain = mark(practice, marked, what, is_set=False).value
    assert getattr(plain, f"{what}_at") is None
    assert journalled(practice, booked) == [str(what), f"not_{what}"]
    assert queued(practice) == 0


@pytest.mark.parametrize("what", list(Mark))
def test_a_mark_is_undone_as_it_was(practice: Practice, booked: Appointment, clock: FixedClock, what: Mark) -> None:
    done = mark(practice, booked, what)
    assert done.undo is not None
    back = practice.desk.undo(practice.maria, done.undo).value
    assert getattr(back, f"{what}_at") is None
    again = mark(practice, back, what).value
    clock.advance(MINUTE)
    taken = mark(practice, again, what, is_set=False)
    assert taken.undo is not None
    restored = practice.desk.undo(practice.maria, taken.undo).value
    assert getattr(restored, f"{what}_at") == getattr(again, f"{what}_at")  # of the first time, not of the undo


def test_an_undo_of_a_mark_that_changed_or_is_late_is_refused(
    practice: Practice, booked: Appointment, clock: FixedClock
) -> None:
    done = mark(practice, booked, Mark.LATE)
    mark(practice, done.value, Mark.ARRIVED, by=practice.kofi)
    assert done.undo is not None
    with pytest.raises(UndoRefused, match="Zuri Okafor has changed since"):
        practice.desk.undo(practice.maria, done.undo)
    other = mark(practice, present(practice, booked.id), Mark.PARENT_CONFIRMED)
    clock.advance(timedelta(seconds=21))
    assert other.undo is not None
    with pytest.raises(UndoRefused, match="The time to undo is over"):
        practice.desk.undo(practice.maria, other.undo)


def test_a_mark_that_is_set_already_changes_nothing(practice: Practice, booked: Appointment) -> None:
    first = mark(practice, booked, Mark.ARRIVED).value
    again = mark(practice, first, Mark.ARRIVED)
    assert (again.value, again.undo) == (first, None)
    assert journalled(practice, booked) == ["arrived"]


def test_a_mark_on_what_somebody_changed_is_refused_with_who(practice: Practice, booked: Appointment) -> None:  # MC9
    mark(practice, booked, Mark.LATE, by=practice.kofi)
    with pytest.raises(Conflict) as stale:
        mark(practice, booked, Mark.ARRIVED)
    assert stale.value.who == "Kofi Prah"


@pytest.mark.parametrize("what", [Mark.ARRIVED, Mark.LATE])
def test_who_arrives_or_runs_late_is_marked_on_the_day_itself(practice: Practice, what: Mark) -> None:
    ahead = present(practice, practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20"))
    with pytest.raises(Refused, match=r"^This visit is on Wed, Nov 25\. Who arrives or runs late"):
        mark(practice, ahead, what)
    assert mark(practice, ahead, Mark.PARENT_CONFIRMED).value.parent_confirmed_at is not None


def test_marks_that_make_no_sense_any_more_say_why(practice: Practice, booked: Appointment, clock: FixedClock) -> None:
    clock.advance(wall(TODAY, "9:20") - clock.now())
    with pytest.raises(Refused, match=r"^This visit began at Tue, Nov 24, 9:20 AM, so nobody confirms it"):
        mark(practice, booked, Mark.PARENT_CONFIRMED)
    arrived = mark(practice, booked, Mark.ARRIVED).value
    with pytest.raises(Refused, match=r"^They were marked as arrived at Tue, Nov 24, 9:20 AM\. Take that mark back"):
        mark(practice, arrived, Mark.LATE)
    plain = mark(practice, arrived, Mark.ARRIVED, is_set=False).value
    clock.advance(wall(TODAY, "11:00") - clock.now() + timedelta(seconds=1))
    with pytest.raises(Refused, match=r"^Nobody comes any more after Tue, Nov 24, 11:00 AM\."):
        mark(practice, plain, Mark.LATE)
    done = complete(practice, plain).value
    for what in Mark:
        with pytest.raises(Refused, match=r"^This visit is already completed, so it is not marked\."):
            mark(practice, done, what)


def test_a_provider_marks_the_own_visits(practice: Practice, booked: Appointment, doctor: Actor) -> None:
    other = present(
        practice, practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "13:00", place=practice.harbor)
    )
    assert mark(practice, booked, Mark.ARRIVED, by=doctor).value.arrived_at is not None
    with pytest.raises(NotAllowed, match=r"^This visit is with Dr\. Mwangi\. You can mark your own"):
        mark(practice, other, Mark.ARRIVED, by=doctor)


# no-show


@pytest.mark.parametrize(
    ("minutes", "is_video", "last"),
    [(None, False, "11:00"), (15, False, "9:35"), (0, False, "9:20"), (15, True, "11:00")],
    ids=["join window", "15 minutes in person", "from the start", "video"],
)
def test_a_no_show_waits_through_the_last_second_in_which_somebody_may_come(
    practice: Practice, booked: Appointment, clock: FixedClock, minutes: int | None, is_video: bool, last: str
) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(no_show_minutes=minutes, is_video=is_video))
    clock.advance(wall(TODAY, last) - clock.now() + timedelta(seconds=1) - timedelta.resolution)
    told = f"^They may still come: this visit can be marked as a no-show after Tue, Nov 24, {last} AM"
    with pytest.raises(Refused, match=told):
        no_show(practice, booked)
    clock.advance(timedelta.resolution)
    assert no_show(practice, booked).value.status is NO_SHOW


def test_nobody_who_arrived_is_a_no_show(practice: Practice, booked: Appointment, clock: FixedClock) -> None:
    arrived = mark(practice, booked, Mark.ARRIVED).value
    clock.advance(timedelta(hours=4))
    with pytest.raises(Refused, match="They were marked as arrived at"):
        no_show(practice, arrived)
    done = complete(practice, arrived).value
    with pytest.raises(Refused, match="They were marked as arrived at"):
        no_show(practice, done)


@pytest.mark.parametrize("status", ["completed", "no_show"])
def test_a_status_is_undone_within_the_grace_time(
    practice: Practice, booked: Appointment, clock: FixedClock, status: str
) -> None:
    clock.advance(timedelta(hours=4))
    done = (complete if status == "completed" else no_show)(practice, booked)
    assert done.undo is not None
    practice.desk.undo(practice.maria, done.undo)
    assert present(practice, booked.id).status is CONFIRMED
    assert journalled(practice, booked) == [status, "unmarked"]


def test_a_correction_is_undone_to_what_it_was(practice: Practice, booked: Appointment, clock: FixedClock) -> None:
    clock.advance(timedelta(hours=4))
    missed = no_show(practice, booked).value
    corrected = complete(practice, missed)
    assert corrected.undo is not None
    practice.desk.undo(practice.maria, corrected.undo)
    assert present(practice, booked.id).status is NO_SHOW


def test_a_no_show_whose_time_was_given_away_is_not_undone(
    practice: Practice, booked: Appointment, clock: FixedClock
) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(no_show_minutes=5))
    clock.advance(wall(TODAY, "9:26") - clock.now())
    done = no_show(practice, booked)
    other = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:40", minutes=20)
    assert done.undo is not None
    with pytest.raises(UndoRefused, match="9:20 AM is taken by now"):
        practice.desk.undo(practice.maria, done.undo)
    assert (present(practice, booked.id).status, present(practice, other).status) == (NO_SHOW, CONFIRMED)


class WrongClock(SystemClock):
    """The clock of a computer that goes a day ahead; what a server tells it reads right."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=1)


@pytest.fixture
def wrong_desk(postgres_url: str) -> Iterator[Desk]:
    desk = Desk(Database(postgres_url), WrongClock(), CountingIds(1000))
    yield desk
    desk.close()


@pytest.mark.postgres
def test_the_databases_clock_decides_who_did_not_come(wrong_desk: Desk) -> None:
    practice = Practice(wrong_desk, wrong_desk.database)
    now = datetime.now(UTC).replace(microsecond=0)

    def a_visit(end: datetime, provider: ProviderId) -> AppointmentId:
        times: dict[str, Any] = {"starts_at": end - 40 * MINUTE, "ends_at": end}
        blocked: dict[str, Any] = {"blocks_from": end - 40 * MINUTE, "blocks_until": end}
        return practice.an_appointment(practice.zuri, provider, TODAY, "9:20", **times, **blocked)

    times = {
        "may come": a_visit(now - 59 * MINUTE, practice.mwangi),
        "gone": a_visit(now - 61 * MINUTE, practice.lindqvist),
        "ahead": a_visit(now + 50 * MINUTE, practice.lindqvist),
    }
    with pytest.raises(Refused, match="They may still come"):
        no_show(practice, present(practice, times["may come"]))
    with pytest.raises(Refused, match="cannot be completed before"):
        complete(practice, present(practice, times["ahead"]))
    assert no_show(practice, present(practice, times["gone"])).value.status is NO_SHOW


# the close of a day


@pytest.fixture
def day(practice: Practice) -> list[AppointmentId]:
    """Visits of today at 8:20, 9:20 and 10:20, one of tomorrow, and one of today that is cancelled."""
    made = [practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, f"{hour}:20") for hour in (8, 9, 10)]
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "13:00", status="cancelled", cancel_code="pat")
    return made


def test_a_day_lists_what_stands_with_what_it_may_become(
    practice: Practice, day: list[AppointmentId], clock: FixedClock, doctor: Actor
) -> None:
    clock.advance(wall(TODAY, "10:00") - clock.now() + timedelta(seconds=1))  # 8:20 to 9:00 is over for good
    mark(practice, present(practice, day[1]), Mark.ARRIVED)
    found = practice.desk.query(practice.maria, attendance.unclosed, TODAY)
    assert [each.appointment.id for each in found] == day
    assert [(each.completed, each.missed, each.usual) for each in found] == [
        (Verdict.ALLOWED, Verdict.ALLOWED, None),
        (Verdict.ALLOWED, Verdict.HAS_ARRIVED, COMPLETED),
        (Verdict.NOT_BEGUN, Verdict.MAY_COME, None),
    ]
    desk, maria = practice.desk, practice.maria
    assert desk.query(maria, attendance.unclosed, TODAY, provider_ids=(practice.mwangi,)) == ()
    assert desk.query(maria, attendance.unclosed, TODAY, location_ids=(practice.harbor,)) == ()
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "13:00", place=practice.harbor)
    own = practice.desk.query(doctor, attendance.unclosed, TODAY)
    assert {each.appointment.provider_id for each in own} == {practice.lindqvist}


def test_a_day_is_closed_in_one_act_with_a_result_for_each_and_one_undo(
    practice: Practice, day: list[AppointmentId], clock: FixedClock
) -> None:
    seen = [present(practice, each) for each in day]
    clock.advance(wall(TODAY, "10:30") - clock.now())
    changed = mark(practice, seen[1], Mark.LATE, by=practice.kofi).value
    wanted = (NO_SHOW, COMPLETED, NO_SHOW)
    closings = [Closing(each.id, each.version, status) for each, status in zip(seen, wanted, strict=True)]
    done = practice.desk.perform(practice.maria, attendance.close_day, closings)
    told = [each.refused for each in done.value]
    assert [each.appointment_id for each in done.value] == day
    assert told[0] == ""
    assert told[1].startswith("Kofi Prah has changed this")
    assert told[2].startswith("They may still come: this visit can be marked as a no-show after Tue, Nov 24, 12:00 PM")
    assert [present(practice, each).status for each in day] == [NO_SHOW, CONFIRMED, CONFIRMED]
    assert done.undo is not None
    assert done.undo.label == "Marked 1 visit"
    again = [Closing(changed.id, changed.version, COMPLETED), Closing(day[2], seen[2].version, COMPLETED)]
    both = practice.desk.perform(practice.maria, attendance.close_day, again)
    assert [each.refused for each in both.value] == ["", ""]
    assert both.undo is not None
    assert both.undo.label == "Marked 2 visits"
    practice.desk.undo(practice.maria, both.undo)
    assert [present(practice, each).status for each in day] == [NO_SHOW, CONFIRMED, CONFIRMED]
    assert queued(practice) == 0


def test_one_undo_takes_back_all_of_a_close_or_nothing(
    practice: Practice, day: list[AppointmentId], clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=6))
    done = practice.desk.perform(practice.maria, attendance.close_day, [Closing(each, 1, COMPLETED) for each in day])
    no_show(practice, present(practice, day[2]), practice.kofi)
    assert done.undo is not None
    with pytest.raises(UndoRefused, match="has changed since"):
        practice.desk.undo(practice.maria, done.undo)
    assert [present(practice, each).status for each in day] == [COMPLETED, COMPLETED, NO_SHOW]


def test_a_close_marks_nothing_else(practice: Practice, day: list[AppointmentId], clock: FixedClock) -> None:
    clock.advance(timedelta(hours=6))
    (told,) = practice.desk.perform(
        practice.maria, attendance.close_day, [Closing(day[0], 1, AppointmentStatus.CANCELLED)]
    ).value
    assert told.refused == "A visit is marked as completed or as a no-show."
    with pytest.raises(Invalid, match=r"At most 1000 visits"):
        practice.desk.perform(practice.maria, attendance.close_day, [Closing(day[0], 1, COMPLETED)] * 1001)


def test_a_mark_stays_with_the_visit_when_it_is_cancelled_and_not_with_the_new_one(
    practice: Practice, booked: Appointment
) -> None:
    late = mark(practice, booked, Mark.LATE).value
    start = wall(TODAY, "13:00")
    slot = Slot(practice.lindqvist, practice.northside, start, start, start)
    moved = practice.desk.perform(
        practice.maria, scheduling.reschedule, late.id, slot, expect_version=late.version
    ).value
    assert (present(practice, booked.id).late_at, moved.late_at) == (late.late_at, None)
