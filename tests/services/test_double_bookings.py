"""Double bookings from outside on both engines: found, marked, told by `doctor`, repaired by the ordinary move (BK9)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import NotAllowed
from request_desk.domain.ids import AppointmentId, PatientId
from request_desk.domain.requests import Move
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.practice import invariants
from request_desk.services.schedule import acts, double_bookings, queries
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
THERE = TODAY + 9 * DAY  # a Thursday


@pytest.fixture
def outside(desk: Desk) -> Practice:
    """A practice into whose database another tool writes: whatever stands there at the end of a test may stay."""
    found = Practice(desk, desk.database)
    sqlite = ("DROP TRIGGER appointment_overlap_insert", "DROP TRIGGER appointment_overlap_update")
    postgresql = ("ALTER TABLE appointment DROP CONSTRAINT ex_appointment_overlap",)
    with desk.database.write() as connection:
        for statement in sqlite if desk.is_sqlite else postgresql:
            connection.execute(text(statement))
    return found


@pytest.fixture
def kai(outside: Practice) -> PatientId:
    return outside.a_patient("Kai", "Lee", TODAY - 900 * DAY)


def a_visit(practice: Practice, patient: PatientId, time: str, day: Any = THERE, **values: Any) -> AppointmentId:
    return practice.an_appointment(patient, values.pop("provider", practice.lindqvist), day, time, **values)


def found(practice: Practice) -> list[tuple[int, int]]:
    pairs = practice.desk.query(practice.maria, double_bookings.coming)
    return [(each.first.id, each.second.id) for each in pairs]


def marks(practice: Practice, day: Any = THERE) -> dict[int, tuple[int, ...]]:
    columns = practice.desk.query(practice.maria, queries.day, day).columns
    return {which: others for column in columns for which, others in column.double_booked.items()}


def test_two_in_one_lane_are_found_marked_and_told(outside: Practice, kai: PatientId) -> None:
    one, other = a_visit(outside, outside.zuri, "9:00"), a_visit(outside, kai, "9:20")
    a_visit(outside, kai, "9:40", provider=outside.mwangi)
    a_visit(outside, kai, "10:00")  # touches
    assert found(outside) == [(one, other)]
    assert marks(outside) == {one: (other,), other: (one,)}
    week = outside.desk.query(outside.maria, queries.week, THERE - timedelta(days=3), outside.lindqvist)
    assert {each: others for column in week.columns for each, others in column.double_booked.items()} == marks(outside)
    told = outside.desk.query(SYSTEM, invariants.inconsistencies)
    assert told == (f"The appointments {one} and {other} overlap. Move or cancel one of them.",)


def test_what_blocks_a_time_counts_with_its_buffer(outside: Practice, kai: PatientId) -> None:
    end = wall(THERE, "9:50")
    one, other = a_visit(outside, outside.zuri, "9:00", blocks_until=end), a_visit(outside, kai, "9:40")
    assert found(outside) == [(one, other)]


def test_holds_and_what_is_over_are_no_double_booking(outside: Practice, kai: PatientId, clock: FixedClock) -> None:
    a_visit(outside, outside.zuri, "9:00", TODAY)
    late = a_visit(outside, kai, "9:20", TODAY)
    a_visit(outside, outside.zuri, "14:00", status="cancelled", cancel_code="pat")
    a_visit(outside, outside.zuri, "14:00", status="held", hold_expires_at=wall(THERE, "23:00"))
    a_visit(outside, kai, "14:00")
    assert [pair[1] for pair in found(outside)] == [late]
    clock.advance(wall(TODAY, "9:20") - clock.now())
    assert found(outside) == []  # both have begun: nobody can be moved any more
    assert marks(outside, TODAY) == {}


def test_work_in_lanes_lie_beside_each_other_as_far_as_the_window_has_them(practice: Practice) -> None:
    kai = practice.a_patient("Kai", "Lee", TODAY - 900 * DAY)
    practice.a_window(practice.lindqvist, practice.northside, 3, 13 * 60, 15 * 60, work_in_lanes=1, label="Work-in")
    a_visit(practice, practice.zuri, "13:00")
    a_visit(practice, kai, "13:20", lane=1)
    assert found(practice) == []
    beyond = a_visit(practice, kai, "13:20", lane=2, overrule="Twins, one room")
    assert found(practice) == []  # somebody gave a reason
    with practice.database.write() as connection:
        connection.execute(schema.appointment.update().where(schema.appointment.c.id == beyond).values(overrule=""))
    assert {pair[1] for pair in found(practice)} == {beyond}
    assert beyond in marks(practice)
    assert len(practice.desk.query(SYSTEM, invariants.inconsistencies)) == 2
    practice.desk.perform(practice.maria, acts.act_alone, kai, _move(practice, beyond, "15:40"))
    assert found(practice) == []


def test_a_lane_outside_of_every_window_is_one_too_many(practice: Practice) -> None:
    kai = practice.a_patient("Kai", "Lee", TODAY - 900 * DAY)
    one, other = a_visit(practice, practice.zuri, "9:00"), a_visit(practice, kai, "9:00", lane=1)
    assert found(practice) == [(one, other)]
    practice.desk.perform(practice.maria, acts.act_alone, kai, _move(practice, other, "11:00"))
    assert found(practice) == []


def _move(practice: Practice, which: AppointmentId, time: str, overrule: str = "") -> Move:
    start = wall(THERE, time)
    slot = Slot(practice.lindqvist, practice.northside, start, start + 40 * MINUTE, start + 40 * MINUTE)
    return Move(which, 1, slot, overrule=overrule)


def test_the_ordinary_move_repairs_it_with_history_notice_and_reason(outside: Practice, kai: PatientId) -> None:
    outside.a_contact("Min", "Lee", "min@example.org", {kai: {"relation": "mother"}})
    one, other = a_visit(outside, outside.zuri, "9:00"), a_visit(outside, kai, "9:20")
    done = outside.desk.perform(outside.maria, acts.act_alone, kai, _move(outside, other, "11:00"))
    assert found(outside) == []
    assert marks(outside) == {}
    assert outside.desk.query(SYSTEM, invariants.inconsistencies) == ()
    moved = outside.desk.query(outside.maria, queries.appointment, AppointmentId(done.value))
    assert (moved.chain_id, moved.replaces_id, moved.starts_at) == (other, other, wall(THERE, "11:00"))
    with outside.database.read() as connection:
        lines = connection.execute(
            select(schema.journal.c.action, schema.journal.c.detail).where(schema.journal.c.entity_id == other)
        ).all()
        notices = connection.execute(select(schema.outbox.c.id)).all()
        kept = connection.execute(
            select(schema.appointment.c.status).where(schema.appointment.c.id == one)
        ).scalar_one()
    assert ("repaired", {"double_booked_with": [one]}) in [tuple(line) for line in lines]
    assert "moved_away" in [line.action for line in lines]
    assert len(notices) == 1
    assert kept == "confirmed"


def test_a_move_of_what_is_alone_is_no_repair(practice: Practice) -> None:
    visit = a_visit(practice, practice.zuri, "9:00")
    practice.desk.perform(practice.maria, acts.act_alone, practice.zuri, _move(practice, visit, "11:00"))
    with practice.database.read() as connection:
        actions = connection.execute(select(schema.journal.c.action)).scalars().all()
    assert "repaired" not in actions
    assert "moved_away" in actions


def test_who_sees_no_schedule_hears_nothing(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        practice.desk.query(practice.amara, double_bookings.coming)
