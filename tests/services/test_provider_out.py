"""A provider is out: what is affected, the plan, its rows one by one, and the way back, on both engines (ACT9)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Role
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, Limited, NotAllowed, Refused, SlotTaken, UndoRefused
from request_desk.domain.ids import AppointmentId, PatientId, PlanId
from request_desk.domain.provider_out import OutAct, OutChoice, OutPlan, OutState, PlanState, propose
from request_desk.domain.requests import Booking, Move
from request_desk.domain.spans import Slot, Span
from request_desk.services.desk import Undo
from request_desk.services.schedule import acts, provider_out, queries
from request_desk.services.schedule.provider_out import OutSituation
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice, wall

DAY = Span(wall(TODAY, "8:12"), wall(TODAY, "23:59"))
TOMORROW = TODAY + timedelta(days=1)
NEXT_DAY = Span(wall(TOMORROW, "0:00"), wall(TOMORROW + timedelta(days=1), "0:00"))


def a_child(practice: Practice, given: str, household: int | None = None, language: str = "en") -> PatientId:
    child = practice.a_patient(given, "Ruiz", date(2021, 5, 4), household)
    practice.a_contact("Ana", "Ruiz", f"{given.lower()}@example.org", {child: {"relation": "mother"}}, language)
    return child


def some(practice: Practice, count: int, day: date = TOMORROW) -> list[AppointmentId]:
    """So many appointments of Dr. Mwangi, one after the other from nine on."""
    return [
        practice.an_appointment(
            a_child(practice, f"Child{number}"),
            practice.mwangi,
            day,
            f"{9 + number // 3}:{number % 3 * 20:02}",
            kind=practice.sick,
            minutes=20,
        )
        for number in range(count)
    ]


def situation(practice: Practice, span: Span = NEXT_DAY) -> OutSituation:
    return practice.desk.query(practice.maria, provider_out.situation, practice.mwangi, span)


def choices(practice: Practice, found: OutSituation) -> list[OutChoice]:
    proposals = propose(found.displaced, found.free, zone=ZONE, now=practice.desk.clock.now())
    return [
        OutChoice(each.appointment.id, each.appointment.version, OutAct.MOVE, proposals.places[each.appointment.id])
        for each in found.displaced
    ]


def begin(practice: Practice, wanted: Sequence[OutChoice], span: Span = NEXT_DAY, label: str = "ill") -> PlanId:
    return practice.desk.perform(practice.maria, provider_out.begin, practice.mwangi, span, label, tuple(wanted)).value


def do(practice: Practice, plan_id: PlanId, appointment: AppointmentId) -> AppointmentId:
    return practice.desk.perform(practice.maria, provider_out.do_row, plan_id, appointment).value


def do_all(practice: Practice, plan_id: PlanId) -> Undo | None:
    undo = None
    for row in plan(practice, plan_id).rows:
        outcome = practice.desk.perform(practice.maria, provider_out.do_row, plan_id, row.appointment.id)
        undo = outcome.undo
    return undo


def plan(practice: Practice, plan_id: PlanId) -> OutPlan:
    return practice.desk.query(practice.maria, provider_out.plan, plan_id)


def seen(practice: Practice, appointment: AppointmentId) -> Appointment:
    return practice.desk.query(practice.maria, queries.appointment, appointment)


def notices(practice: Practice, **where: Any) -> list[Any]:
    statement = select(schema.outbox).order_by(schema.outbox.c.id)
    for name, value in where.items():
        statement = statement.where(schema.outbox.c[name] == value)
    with practice.database.read() as connection:
        return list(connection.execute(statement).all())


def absences(practice: Practice) -> list[Any]:
    with practice.database.read() as connection:
        return list(connection.execute(select(schema.absence).where(schema.absence.c.removed_at.is_(None))).all())


def set_type(practice: Practice, **values: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.appointment_type).where(schema.appointment_type.c.id == practice.sick).values(**values)
        )


# what is affected


def test_affected_is_what_is_booked_in_that_time_and_has_not_begun(practice: Practice) -> None:
    begun = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "8:00")
    ahead = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00")
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "10:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "12:00")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "14:00", status="cancelled", cancel_code="pat")
    found = situation(practice, DAY)
    assert [each.appointment.id for each in found.displaced] == [ahead]
    assert begun not in [each.appointment.id for each in found.displaced]
    assert found.provider_name == "Dr. Mwangi"


def test_free_times_are_those_of_parents_and_none_of_the_time_out(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00", kind=practice.sick, minutes=20)
    practice.a_window(practice.lindqvist, practice.northside, TODAY.weekday(), 18 * 60, 20 * 60, staff_only=True)
    free = situation(practice, DAY).free[practice.sick]
    todays = [each for each in free if ZONE.day_of(each.starts_at) == TODAY]
    assert {each.provider_id for each in todays} == {practice.lindqvist}
    assert max(each.starts_at for each in todays) < wall(TODAY, "18:00")
    assert any(each.provider_id == practice.mwangi for each in free)  # the days after


def test_the_household_and_its_other_appointments_are_known(practice: Practice) -> None:
    sibling = practice.a_patient("Kwame", "Okafor", date(2019, 1, 1), practice.amara_family)
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00")
    practice.an_appointment(sibling, practice.lindqvist, TODAY, "11:00")
    (only,) = situation(practice, DAY).displaced
    assert only.household_id == practice.amara_family
    assert only.elsewhere == (Span(wall(TODAY, "11:00"), wall(TODAY, "11:40")),)


def test_whom_no_notice_reaches_is_told_apart_with_whom_to_call(practice: Practice) -> None:
    alone = practice.a_patient("Teo", "Lund", date(2020, 1, 1))
    appointment = practice.an_appointment(alone, practice.mwangi, TODAY, "10:00")
    contact = practice.a_contact("Per", "Lund", "per@example.org", {alone: {"relation": "father"}})
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_point)
            .where(schema.contact_point.c.contact_id == contact.id, schema.contact_point.c.channel == "email")
            .values(verified_at=None)
        )
    found = situation(practice, DAY)
    assert found.unreached == {appointment}
    told = practice.desk.query(
        practice.maria, provider_out.letters, OutChoice(appointment, 1, OutAct.CANCEL, cancel_code="prov-pers")
    )
    assert told.letters == ()
    assert told.call == (("Per Lund", "(206) 555-0147"),)


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (Span(wall(TODAY, "12:00"), wall(TODAY, "11:00")), "ends before it begins"),
        (Span(wall(TODAY, "7:00"), wall(TODAY, "8:00")), "over already"),
        (Span(wall(TODAY, "12:00"), wall(TODAY + timedelta(days=100), "11:00")), "at most 92 days"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_words(practice: Practice, span: Span, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        situation(practice, span)


# letters


def test_a_letter_is_shown_in_the_language_of_who_reads_it(practice: Practice) -> None:
    child = a_child(practice, "Luz", language="es")
    appointment = practice.an_appointment(child, practice.mwangi, TOMORROW, "10:00", kind=practice.sick, minutes=20)
    place = choices(practice, situation(practice))[0].slot
    (letter,) = practice.desk.query(
        practice.maria, provider_out.letters, OutChoice(appointment, 1, OutAct.MOVE, place)
    ).letters
    assert (letter.name, letter.address, letter.language) == ("Ana Ruiz", "luz@example.org", "es")
    assert "Luz" in letter.body
    assert "nueva" in letter.subject.lower() or "nueva" in letter.body.lower()
    assert place is not None


def test_what_is_shown_is_what_is_sent(practice: Practice, clock: FixedClock) -> None:
    from request_desk.domain.access import SYSTEM
    from request_desk.domain.directory import Channel
    from request_desk.services.notices import outbox

    some(practice, 1)
    wanted = choices(practice, situation(practice))
    (shown,) = practice.desk.query(practice.maria, provider_out.letters, wanted[0]).letters
    do_all(practice, begin(practice, wanted))
    clock.advance(timedelta(minutes=1))
    (due,) = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", [Channel.EMAIL]).value
    sent = due.composed(
        manage_url="http://127.0.0.1:8000/m/..."
    )  # as a preview has it: the link is made when it is sent
    assert (shown.address, shown.subject, shown.body) == (due.address, sent.subject, sent.body)
    assert "Dr. Mwangi is not in on Wednesday, November 25." in sent.body
    assert "ill" not in sent.body.split()  # what staff typed is seen by staff alone


@pytest.mark.parametrize("act", [OutAct.MOVE, OutAct.CANCEL])
def test_the_letter_says_who_is_not_in_and_when_in_spanish_too(
    practice: Practice, clock: FixedClock, act: OutAct
) -> None:  # ACT9
    from request_desk.domain.access import SYSTEM
    from request_desk.domain.directory import Channel
    from request_desk.services.notices import outbox

    child = a_child(practice, "Luz", language="es")
    practice.an_appointment(child, practice.mwangi, TOMORROW, "10:00", kind=practice.sick, minutes=20)
    (wanted,) = choices(practice, situation(practice))
    if act is OutAct.CANCEL:
        wanted = replace(wanted, act=act, slot=None, cancel_code="prov-pers")
    do_all(practice, begin(practice, [wanted], label="gripe"))
    clock.advance(timedelta(minutes=1))
    (due,) = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", [Channel.EMAIL]).value
    body = due.composed().body
    assert "Dr. Mwangi no estará en el consultorio el miércoles, 25 de noviembre." in body
    assert "gripe" not in body


def test_the_reason_is_read_in_the_portal_in_the_same_language(practice: Practice) -> None:
    child = a_child(practice, "Luz", language="es")
    appointment = practice.an_appointment(child, practice.mwangi, TOMORROW, "10:00", kind=practice.sick, minutes=20)
    wanted = OutChoice(appointment, 1, OutAct.CANCEL, cancel_code="prov-pers", cancel_text="Hasta pronto.")
    (letter,) = practice.desk.query(practice.maria, provider_out.letters, wanted).letters
    assert letter.portal.endswith("Hasta pronto.")
    assert "not available" not in letter.portal


def test_what_stays_is_told_to_nobody(practice: Practice) -> None:
    (appointment,) = some(practice, 1)
    assert (
        practice.desk.query(practice.maria, provider_out.letters, OutChoice(appointment, 1, OutAct.KEEP)).letters == ()
    )


# the plan


def test_a_plan_is_written_with_the_time_off_before_anything_is_done(practice: Practice) -> None:
    appointments = some(practice, 3)
    plan_id = begin(practice, choices(practice, situation(practice)))
    found = plan(practice, plan_id)
    assert (found.state, found.done, found.label) == (PlanState.DRAFT, 0, "ill")
    assert [row.appointment.id for row in found.rows] == appointments
    assert {row.state for row in found.rows} == {OutState.PENDING}
    assert [(each.provider_id, each.label) for each in absences(practice)] == [(practice.mwangi, "ill")]
    assert notices(practice) == []
    assert all(seen(practice, each).status is AppointmentStatus.CONFIRMED for each in appointments)
    (left,) = practice.desk.query(practice.maria, provider_out.open_plans)
    assert (left.id, left.provider_name, left.done, left.total) == (plan_id, "Dr. Mwangi", 0, 3)


def test_nobody_booked_is_time_off_alone(practice: Practice) -> None:
    outcome = practice.desk.perform(practice.maria, provider_out.begin, practice.mwangi, NEXT_DAY, "", ())
    assert plan(practice, outcome.value).state is PlanState.DONE
    assert len(absences(practice)) == 1
    assert outcome.undo is not None
    practice.desk.undo(practice.maria, outcome.undo)
    assert absences(practice) == []


def test_a_second_plan_for_the_same_time_is_refused(practice: Practice) -> None:
    some(practice, 2)
    wanted = choices(practice, situation(practice))
    begin(practice, wanted)
    with pytest.raises(Refused, match="was begun already"):
        begin(practice, wanted)


def test_a_move_without_a_time_and_a_cancellation_without_a_reason_are_refused(practice: Practice) -> None:
    (appointment,) = some(practice, 1)
    with pytest.raises(Invalid, match="No time is chosen for Child0 Ruiz"):
        begin(practice, [OutChoice(appointment, 1, OutAct.MOVE)])
    with pytest.raises(Invalid, match="Choose a reason"):
        begin(practice, [OutChoice(appointment, 1, OutAct.CANCEL)])
    assert absences(practice) == []


def test_another_providers_visit_is_in_no_plan(practice: Practice) -> None:
    other = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    with pytest.raises(Refused, match="not in this time"):
        begin(practice, [OutChoice(other, 1, OutAct.KEEP)])


def test_a_provider_plans_for_nobody_else(practice: Practice) -> None:
    doctor = practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    some(practice, 1)
    wanted = choices(practice, situation(practice))
    with pytest.raises(NotAllowed):
        practice.desk.perform(doctor, provider_out.begin, practice.mwangi, NEXT_DAY, "", tuple(wanted))


# its rows


def test_each_row_does_what_was_decided_with_one_notice(practice: Practice) -> None:
    first, second, third = some(practice, 3)
    wanted = choices(practice, situation(practice))
    wanted[1] = OutChoice(second, 1, OutAct.CANCEL, cancel_code="prov-pers", cancel_text="Dr. Mwangi is ill.")
    wanted[2] = OutChoice(third, 1, OutAct.KEEP)
    plan_id = begin(practice, wanted)
    undo = do_all(practice, plan_id)
    assert undo is not None
    old, cancelled, kept = (seen(practice, each) for each in (first, second, third))
    assert (old.status, old.cancel_code) == (AppointmentStatus.CANCELLED, "rescheduled")
    assert (cancelled.status, cancelled.cancel_code) == (AppointmentStatus.CANCELLED, "prov-pers")
    assert cancelled.cancel_text == "Dr. Mwangi is ill."
    assert kept.status is AppointmentStatus.CONFIRMED
    assert [row.kind for row in notices(practice)] == ["move", "cancellation"]
    found = plan(practice, plan_id)
    assert (found.state, found.done) == (PlanState.DONE, 3)
    assert practice.desk.query(practice.maria, provider_out.open_plans) == ()


def test_a_row_is_done_once(practice: Practice) -> None:
    first, *_rest = some(practice, 2)
    plan_id = begin(practice, choices(practice, situation(practice)))
    there = do(practice, plan_id, first)
    assert do(practice, plan_id, first) == there
    assert len(notices(practice)) == 1
    assert plan(practice, plan_id).state is PlanState.RUNNING


def test_the_patients_notice_does_not_bind_and_the_reason_is_kept(practice: Practice) -> None:
    (appointment,) = some(practice, 1)
    set_type(practice, reschedule_notice_minutes=72 * 60)
    plan_id = begin(practice, choices(practice, situation(practice)))
    there = do(practice, plan_id, appointment)
    with practice.database.read() as connection:
        reason = connection.execute(
            select(schema.appointment.c.overrule).where(schema.appointment.c.id == there)
        ).scalar_one()
    assert reason == "Dr. Mwangi is out. ill"


def test_another_limit_that_has_come_up_is_not_overruled(practice: Practice) -> None:
    (appointment,) = some(practice, 1)
    plan_id = begin(practice, choices(practice, situation(practice)))
    set_type(practice, reschedule_notice_minutes=72 * 60, notice_minutes=60 * 24 * 60)
    with pytest.raises(Limited, match=r"needs 1440 hours of notice, and this time is sooner\. Choose another place\."):
        do(practice, plan_id, appointment)
    assert seen(practice, appointment).status is AppointmentStatus.CONFIRMED


def test_a_row_whose_place_was_taken_fails_alone_and_gets_a_new_one(practice: Practice) -> None:
    first, second = some(practice, 2)
    wanted = choices(practice, situation(practice))
    plan_id = begin(practice, wanted)
    place = wanted[0].slot
    assert place is not None
    practice.desk.perform(practice.kofi, acts.act_alone, practice.zuri, Booking(place, practice.sick), another=True)
    with pytest.raises(SlotTaken) as lost:
        do(practice, plan_id, first)
    practice.desk.perform(practice.maria, provider_out.fail_row, plan_id, first, lost.value.sentence)
    do(practice, plan_id, second)
    found = plan(practice, plan_id)
    assert [row.state for row in found.rows] == [OutState.FAILED, OutState.DONE]
    assert found.rows[0].error == lost.value.sentence
    again = [each for each in choices(practice, situation(practice)) if each.appointment_id == first]
    assert again[0].slot != place
    practice.desk.perform(practice.maria, provider_out.change_rows, plan_id, tuple(again), expect_version=found.version)
    do(practice, plan_id, first)
    assert plan(practice, plan_id).state is PlanState.DONE
    assert len(notices(practice, kind="move")) == 2


def test_a_visit_that_was_changed_meanwhile_is_not_touched(practice: Practice) -> None:
    first, second = some(practice, 2)
    wanted = choices(practice, situation(practice))
    plan_id = begin(practice, wanted)
    place = Slot(practice.lindqvist, practice.northside, wall(TOMORROW, "16:00"), NEXT_DAY.ends_at, NEXT_DAY.ends_at)
    entry = seen(practice, first)
    there = practice.desk.perform(
        practice.kofi, acts.act_alone, entry.patient_id, Move(first, entry.version, place)
    ).value
    with pytest.raises(Conflict, match="Kofi Prah"):
        do(practice, plan_id, first)
    assert seen(practice, there).status is AppointmentStatus.CONFIRMED
    do(practice, plan_id, second)


def test_what_is_done_is_neither_failed_nor_decided_anew(practice: Practice) -> None:
    first, second = some(practice, 2)
    plan_id = begin(practice, choices(practice, situation(practice)))
    do(practice, plan_id, first)
    practice.desk.perform(practice.maria, provider_out.fail_row, plan_id, first, "too late")
    found = plan(practice, plan_id)
    change = (OutChoice(first, 1, OutAct.KEEP), OutChoice(second, 1, OutAct.KEEP))
    practice.desk.perform(practice.maria, provider_out.change_rows, plan_id, change, expect_version=found.version)
    rows = plan(practice, plan_id).rows
    assert [(row.choice.act, row.state) for row in rows] == [
        (OutAct.MOVE, OutState.DONE),
        (OutAct.KEEP, OutState.PENDING),
    ]


def test_deciding_anew_over_an_older_sight_is_refused(practice: Practice) -> None:
    some(practice, 1)
    wanted = choices(practice, situation(practice))
    plan_id = begin(practice, wanted)
    version = plan(practice, plan_id).version
    practice.desk.perform(practice.maria, provider_out.change_rows, plan_id, tuple(wanted), expect_version=version)
    with pytest.raises(Conflict):
        practice.desk.perform(practice.maria, provider_out.change_rows, plan_id, tuple(wanted), expect_version=version)


def test_what_was_booked_meanwhile_joins_the_plan(practice: Practice) -> None:
    first, second = some(practice, 2)
    plan_id = begin(practice, choices(practice, situation(practice)))
    late = practice.an_appointment(a_child(practice, "Late"), practice.mwangi, TOMORROW, "16:00")
    version = plan(practice, plan_id).version
    change = (OutChoice(late, 1, OutAct.KEEP),)
    practice.desk.perform(practice.maria, provider_out.change_rows, plan_id, change, expect_version=version)
    assert [row.appointment.id for row in plan(practice, plan_id).rows] == [first, second, late]


def test_leaving_the_rest_keeps_what_is_done_and_the_time_off(practice: Practice) -> None:
    first, second = some(practice, 2)
    plan_id = begin(practice, choices(practice, situation(practice)))
    do(practice, plan_id, first)
    version = plan(practice, plan_id).version
    practice.desk.perform(practice.maria, provider_out.leave, plan_id, expect_version=version)
    assert practice.desk.query(practice.maria, provider_out.open_plans) == ()
    assert seen(practice, second).status is AppointmentStatus.CONFIRMED
    assert len(absences(practice)) == 1
    with pytest.raises(Refused, match="finished this plan"):
        do(practice, plan_id, second)


# the way back


def test_a_whole_plan_is_taken_back_within_the_grace_time(practice: Practice) -> None:
    first, second, third = some(practice, 3)
    wanted = choices(practice, situation(practice))
    wanted[1] = OutChoice(second, 1, OutAct.CANCEL, cancel_code="prov-pers")
    wanted[2] = OutChoice(third, 1, OutAct.KEEP)
    plan_id = begin(practice, wanted)
    undo = do_all(practice, plan_id)
    assert undo is not None
    practice.desk.undo(practice.maria, undo)
    assert all(seen(practice, each).status is AppointmentStatus.CONFIRMED for each in (first, second, third))
    assert {row.state for row in notices(practice)} == {"withdrawn"}
    assert absences(practice) == []
    assert plan(practice, plan_id).state is PlanState.DISCARDED
    with pytest.raises(UndoRefused):
        practice.desk.undo(practice.maria, undo)


def test_a_plan_that_took_longer_offers_no_way_back(practice: Practice, clock: FixedClock) -> None:
    some(practice, 2)
    plan_id = begin(practice, choices(practice, situation(practice)))
    clock.advance(timedelta(seconds=21))
    assert do_all(practice, plan_id) is None


def test_nothing_is_taken_back_when_one_visit_was_changed_since(practice: Practice) -> None:
    first, second = some(practice, 2)
    plan_id = begin(practice, choices(practice, situation(practice)))
    undo = do_all(practice, plan_id)
    assert undo is not None
    there = do(practice, plan_id, second)
    entry = seen(practice, there)
    practice.desk.perform(
        practice.kofi,
        acts.act_alone,
        entry.patient_id,
        Move(there, entry.version, replace(_slot(entry), starts_at=wall(TODAY + timedelta(days=9), "15:00"))),
    )
    with pytest.raises(UndoRefused):
        practice.desk.undo(practice.maria, undo)
    assert seen(practice, first).cancel_code == "rescheduled"
    assert len(absences(practice)) == 1


def _slot(entry: Appointment) -> Slot:
    return Slot(entry.provider_id, entry.location_id, entry.starts_at, entry.ends_at, entry.ends_at)
