"""The rules of a type where times are found, held, booked, moved and asked for (AP7): obeyed, told, and overruled by staff alone."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from request_desk.domain.errors import Invalid, LimitCode, Limited
from request_desk.domain.ids import PatientId, TypeId
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot, Span
from request_desk.services.desk import Desk
from request_desk.services.inbox import view as request_view
from request_desk.services.portal import queries as portal_queries
from request_desk.services.schedule import portal_schedule, queries as schedule_queries, scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall

MINUTE = timedelta(minutes=1)
TOMORROW = TODAY + timedelta(days=1)


def give(practice: Practice, type_id: TypeId, **values: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.appointment_type).where(schema.appointment_type.c.id == type_id).values(**values)
        )


def needs_interpreter(practice: Practice, patient_id: PatientId) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.patient).where(schema.patient.c.id == patient_id).values(needs_interpreter=True)
        )


def lasts(practice: Practice, type_id: TypeId, provider_id: int, minutes: int) -> None:
    practice.insert(
        schema.appointment_type_duration, type_id=type_id, provider_id=provider_id, duration_minutes=minutes
    )


def was_seen(practice: Practice, day: date, kind: TypeId | None = None) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, day, "10:00", status="completed", kind=kind)


def slot(practice: Practice, day: date, time: str) -> Slot:
    start = wall(day, time)
    return Slot(practice.lindqvist, practice.northside, start, start, start)


def found(desk: Desk, practice: Practice, days: int = 14, **values: Any) -> tuple[Slot, ...]:
    span = Span(wall(TODAY, "8:00"), wall(TODAY + timedelta(days=days), "8:00"))
    asked = {"type_id": practice.well, "span": span, "patient_id": practice.zuri, **values}
    return desk.query(practice.maria, schedule_queries.find_slots, **asked)


# how long it takes


def test_times_are_as_long_as_the_patient_and_the_provider_need(desk: Desk, practice: Practice) -> None:  # AP7
    give(practice, practice.well, new_patient_minutes=60, interpreter_minutes=15)
    lasts(practice, practice.well, practice.mwangi, 70)

    def lengths() -> set[tuple[int, timedelta]]:
        return {(each.provider_id, each.ends_at - each.starts_at) for each in found(desk, practice)}

    assert lengths() == {(practice.lindqvist, 60 * MINUTE), (practice.mwangi, 70 * MINUTE)}
    was_seen(practice, TODAY - timedelta(days=40))
    assert lengths() == {(practice.lindqvist, 40 * MINUTE), (practice.mwangi, 70 * MINUTE)}
    needs_interpreter(practice, practice.zuri)
    assert lengths() == {(practice.lindqvist, 55 * MINUTE), (practice.mwangi, 85 * MINUTE)}
    assert {each.ends_at - each.starts_at for each in found(desk, practice, patient_id=None)} == {
        40 * MINUTE,
        70 * MINUTE,
    }


@pytest.mark.parametrize("is_held", [True, False])
def test_what_is_booked_and_moved_is_as_long(desk: Desk, practice: Practice, is_held: bool) -> None:  # AP7
    give(practice, practice.well, interpreter_minutes=15)
    needs_interpreter(practice, practice.zuri)
    picked = slot(practice, TOMORROW, "10:00")
    hold_id = None
    if is_held:
        held = desk.perform(
            practice.maria, scheduling.hold, picked, type_id=practice.well, patient_id=practice.zuri
        ).value
        assert held.ends_at - held.starts_at == 55 * MINUTE
        hold_id = held.id
    booking = Booking(picked, practice.well, hold_id=hold_id)
    booked = desk.perform(practice.maria, scheduling.book, booking, patient_id=practice.zuri).value
    assert booked.ends_at - booked.starts_at == 55 * MINUTE
    lasts(practice, practice.well, practice.lindqvist, 30)
    moved = desk.perform(
        practice.maria,
        scheduling.reschedule,
        booked.id,
        slot(practice, TOMORROW, "13:00"),
        expect_version=booked.version,
    ).value
    assert moved.ends_at - moved.starts_at == 45 * MINUTE


def test_a_check_says_when_it_ends_and_why_it_is_longer(desk: Desk, practice: Practice) -> None:
    give(practice, practice.well, new_patient_minutes=60)
    picked = slot(practice, TOMORROW, "10:00")
    check = desk.query(
        practice.maria, schedule_queries.slot_check, picked, type_id=practice.well, patient_id=practice.zuri
    )
    assert check.ends_at == picked.starts_at + 60 * MINUTE
    assert check.why_longer == ("Zuri Okafor is new here: Well visit takes 60 min.",)
    assert (check.limits, check.notes) == ((), ())


def test_a_point_of_the_schedule_is_measured_for_the_patient(desk: Desk, practice: Practice) -> None:  # ACT15
    give(practice, practice.well, new_patient_minutes=60)
    snap = desk.query(
        practice.maria,
        schedule_queries.snapped,
        practice.lindqvist,
        practice.northside,
        wall(TOMORROW, "10:00"),
        type_id=practice.well,
        patient_id=practice.zuri,
    )
    assert snap.slot is not None
    assert snap.slot.ends_at - snap.slot.starts_at == snap.needs == 60 * MINUTE


# ages and rest


RULES = (
    ({"min_age_months": 60}, LimitCode.TOO_YOUNG),
    ({"max_age_months": 24}, LimitCode.TOO_OLD),
    ({"rest_days": 30}, LimitCode.TOO_SOON_AGAIN),
)


@pytest.mark.parametrize(("values", "code"), RULES)
@pytest.mark.parametrize("is_held", [True, False])
def test_a_booking_that_breaks_a_rule_needs_a_reason_which_is_kept(
    desk: Desk, practice: Practice, values: dict[str, int], code: LimitCode, is_held: bool
) -> None:  # AP7
    give(practice, practice.well, **values)
    was_seen(practice, TODAY - timedelta(days=10))
    picked = slot(practice, TOMORROW, "10:00")
    hold_id = None
    if is_held:
        hold_id = desk.perform(
            practice.maria, scheduling.hold, picked, type_id=practice.well, patient_id=practice.zuri
        ).value.id
    booking = Booking(picked, practice.well, hold_id=hold_id)
    with pytest.raises(Limited) as caught:
        desk.perform(practice.maria, scheduling.book, booking, patient_id=practice.zuri)
    assert [limit.code for limit in caught.value.limits] == [code]
    check = desk.query(
        practice.maria, schedule_queries.slot_check, picked, type_id=practice.well, patient_id=practice.zuri
    )
    assert [limit.code for limit in check.limits] == [code]
    reasoned = Booking(picked, practice.well, hold_id=hold_id, overrule="The mother asked for it.")
    booked = desk.perform(practice.maria, scheduling.book, reasoned, patient_id=practice.zuri).value
    assert booked.starts_at == picked.starts_at


def test_a_move_obeys_too(desk: Desk, practice: Practice) -> None:  # AP7
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    give(practice, practice.well, rest_days=30)
    was_seen(practice, TODAY - timedelta(days=10))
    near, later = slot(practice, TOMORROW, "13:00"), slot(practice, TODAY + timedelta(days=20), "13:00")
    with pytest.raises(Limited) as caught:
        desk.perform(practice.maria, scheduling.reschedule, booked, near, expect_version=1)
    assert [limit.code for limit in caught.value.limits] == [LimitCode.TOO_SOON_AGAIN]
    moved = desk.perform(practice.maria, scheduling.reschedule, booked, later, expect_version=1).value
    assert moved.starts_at == later.starts_at


def test_rest_counts_for_the_group_and_only_what_was_completed(desk: Desk, practice: Practice) -> None:  # AP7
    give(practice, practice.well, rest_days=12, rest_group="checkup")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=5), "9:00", status="no_show")
    was_seen(practice, TODAY - timedelta(days=5), kind=practice.sick)
    first = wall(TODAY, "8:00")
    assert found(desk, practice)[0].starts_at < first + timedelta(days=1)
    give(practice, practice.sick, rest_group="checkup")
    assert found(desk, practice)[0].starts_at == first + timedelta(days=7)


def test_next_available_obeys_and_shows_what_breaks_a_rule_only_to_staff_who_have_nothing_else(
    desk: Desk, practice: Practice
) -> None:  # AP7
    give(practice, practice.well, rest_days=20)
    was_seen(practice, TODAY - timedelta(days=10))
    assert {each.starts_at.date() >= TODAY + timedelta(days=10) for each in found(desk, practice)} == {True}
    give(practice, practice.well, rest_days=200)
    assert found(desk, practice)
    assert found(desk, practice, for_staff=False) == ()


def test_offers_obey_and_say_why_where_nothing_does(desk: Desk, practice: Practice) -> None:  # AP7
    give(practice, practice.well, rest_days=30)
    was_seen(practice, TODAY - timedelta(days=10))
    request = practice.a_request(type_=practice.sick)
    with practice.database.write() as connection:
        connection.execute(update(schema.request).where(schema.request.c.id == request).values(type_id=practice.well))
    offers = desk.query(practice.maria, schedule_queries.offers, request)
    assert offers
    assert all(each.slot.starts_at >= wall(TODAY + timedelta(days=20), "0:00") for each in offers)
    assert not any(each.warning for each in offers)
    view = desk.query(practice.maria, request_view.open_request, request)
    assert [each.split(";")[0] for each in view.limits] == [
        "Well visit is possible again from Monday, December 14 on, 30 days after the last one"
    ]
    give(practice, practice.well, rest_days=0, max_age_months=24)
    offers = desk.query(practice.maria, schedule_queries.offers, request)
    assert offers
    assert all("is for patients under 2 years" in each.warning for each in offers)


def test_a_type_without_rules_asks_nothing_more(desk: Desk, practice: Practice, database: Database) -> None:
    asked: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    found(desk, practice)  # the settings are read once
    event.listen(database.engine, "before_cursor_execute", heard)
    found(desk, practice)
    plain = len(asked)
    asked.clear()
    give(practice, practice.well, rest_days=30)
    asked.clear()
    found(desk, practice)
    assert len(asked) == plain + 1


# parents


def wish_day(desk: Desk, practice: Practice, day: date) -> None:
    practice.a_request(wishes=[practice.wish(day, "10:00")])


def test_parents_see_only_times_that_obey_and_cannot_ask_for_others(desk: Desk, practice: Practice) -> None:  # AP7
    give(practice, practice.well, rest_days=20)
    was_seen(practice, TODAY - timedelta(days=10))

    def portal(from_day: date) -> tuple[Any, ...]:
        return desk.query(
            practice.amara,
            portal_schedule.portal_slots,
            type_id=practice.well,
            patient_id=practice.zuri,
            provider_id=None,
            location_id=None,
            from_day=from_day,
            days=7,
        )

    assert portal(TODAY) == ()
    later = TODAY + timedelta(days=10)
    assert portal(later)
    with pytest.raises(Invalid, match="possible again from Friday, December 4 on"):
        wish_day(desk, practice, TOMORROW)
    wish_day(desk, practice, later)


def test_a_kind_that_the_child_cannot_have_is_not_shown_and_not_taken(desk: Desk, practice: Practice) -> None:  # AP7
    give(practice, practice.well, max_age_months=24)
    give(practice, practice.sick, new_patient_minutes=30)
    kinds = desk.query(practice.amara, portal_queries.portal_types, practice.zuri)
    assert [(kind.id, kind.duration) for kind in kinds] == [(practice.sick, 30 * MINUTE)]
    with pytest.raises(Invalid, match="is for patients under 2 years"):
        practice.a_request()
    give(practice, practice.well, max_age_months=None, min_age_months=120)
    with pytest.raises(Invalid, match="is from 10 years of age on"):
        practice.a_request()
