"""A request arrives: what is taken, what is refused, and what the parent may do with it afterwards."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Refused
from request_desk.domain.ids import AppointmentId, new_uuid
from request_desk.domain.requests import (
    Booking,
    DayPart,
    Disposition,
    NewRequest,
    Reply,
    RequestKind,
    RequestState,
    Tab,
    Wish,
    WishKind,
)
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, marks as inbox_marks, queries as inbox_queries, view as request_view
from request_desk.store import schema
from tests.builders import MEANT, TODAY, Practice, wall


def a_form(practice: Practice, **values: object) -> NewRequest:
    form = NewRequest(
        submission_id=new_uuid(),
        kind=RequestKind.SCHEDULE,
        patient_id=practice.zuri,
        type_id=practice.well,
        provider_id=None,
        location_id=None,
        appointment_id=None,
        wishes=(),
        message="hi can we come in soon? thx",
    )
    return replace(form, **values)  # type: ignore[arg-type]


def version_of(desk: Desk, actor: Actor, request_id: int) -> int:
    return desk.query(actor, inbox_queries.rows, (request_id,))[0].version  # type: ignore[arg-type]


def with_settings(practice: Practice, **values: object) -> None:
    practice.settings = replace(practice.settings, **values)  # type: ignore[arg-type]
    with practice.database.write() as connection:
        connection.execute(
            update(schema.practice).values(
                settings=msgspec.to_builtins(practice.settings), version=schema.practice.c.version + 1
            )
        )


def test_a_submitted_request_is_in_the_unread_list_of_every_member(desk: Desk, practice: Practice) -> None:  # MC2, RT1
    request = practice.a_request(wishes=[practice.wish(TODAY, "9:20"), practice.wish(TODAY, "11:30", rank=2)])
    for who in (practice.maria, practice.kofi):
        keys = desk.query(who, inbox_queries.open_keys, Tab.UNREAD)
        assert [key.id for key in keys] == [request]
        assert desk.query(who, inbox_queries.badge) == 1
    row = desk.query(practice.maria, inbox_queries.rows, (request,))[0]
    assert (row.given_name, row.contact_name, row.relation, row.type_name) == (
        "Zuri",
        "Amara Okafor",
        "mother",
        "Well visit",
    )
    assert row.unread
    assert row.needed_at == wall(TODAY, "9:20")
    assert row.due_at == desk.clock.now() + timedelta(minutes=45)
    assert [wish.starts_at for wish in row.wishes] == [wall(TODAY, "9:20"), wall(TODAY, "11:30")]


def test_somebody_outside_the_department_does_not_have_it_unread(desk: Desk, practice: Practice) -> None:  # AUTZ-03
    practice.a_request()
    assert desk.query(practice.admin, inbox_queries.open_keys, Tab.UNREAD) == ()
    assert desk.query(practice.admin, inbox_queries.badge) == 0
    assert len(desk.query(practice.admin, inbox_queries.open_keys, Tab.OPEN)) == 1


def test_a_kind_that_is_off_is_refused_with_the_number_to_call(desk: Desk, practice: Practice) -> None:  # MC1
    with_settings(practice, kinds_on=frozenset({"cancel"}))
    with pytest.raises(Refused, match=r"call the practice: \(206\) 555-0100"):
        desk.perform(practice.amara, handling.submit, a_form(practice))


def test_the_same_form_sent_twice_is_one_request(desk: Desk, practice: Practice) -> None:
    form = a_form(practice)
    first = desk.perform(practice.amara, handling.submit, form).value
    again = desk.perform(practice.amara, handling.submit, form)
    assert again.value == first
    assert not again.changes
    with pytest.raises(Refused):
        desk.perform(practice.father, handling.submit, form)


def test_a_contact_without_the_right_to_book_is_told_to_call(desk: Desk, practice: Practice) -> None:  # PP1
    with pytest.raises(NotAllowed, match="call the practice"):
        desk.perform(practice.grandmother, handling.submit, a_form(practice))


def test_a_right_that_has_ended_is_no_right(desk: Desk, practice: Practice) -> None:  # PP1
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == practice.father.id)
            .values(valid_until=TODAY - timedelta(days=1))
        )
    with pytest.raises(NotFound):
        desk.perform(practice.father, handling.submit, a_form(practice))


def test_nobody_asks_for_a_stranger_s_child(desk: Desk, practice: Practice) -> None:
    other = practice.a_patient("Mei", "Lin", TODAY - timedelta(days=900))
    with pytest.raises(NotFound):
        desk.perform(practice.amara, handling.submit, a_form(practice, patient_id=other))


def test_staff_cannot_submit_in_a_parent_s_name(desk: Desk, practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, handling.submit, a_form(practice))


def test_a_cancel_request_needs_an_appointment_of_that_child_that_is_coming_up(desk: Desk, practice: Practice) -> None:
    past = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=7), "9:20")
    other = practice.a_patient("Mei", "Lin", TODAY - timedelta(days=900))
    strange = practice.an_appointment(other, practice.mwangi, TODAY, "10:00")
    gone = practice.an_appointment(
        practice.zuri, practice.mwangi, TODAY, "13:00", status="cancelled", cancel_code="pat"
    )
    for appointment in (past, strange, gone, AppointmentId(999_999)):
        with pytest.raises(Refused, match="not coming up"):
            desk.perform(
                practice.amara, handling.submit, a_form(practice, kind=RequestKind.CANCEL, appointment_id=appointment)
            )
    with pytest.raises(Invalid):
        desk.perform(practice.amara, handling.submit, a_form(practice, kind=RequestKind.CANCEL))


def test_a_request_about_a_moved_appointment_is_about_its_present_end(desk: Desk, practice: Practice) -> None:
    old = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "10:00", status="cancelled", cancel_code="rescheduled"
    )
    new = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "14:00", chain_id=old, replaces_id=old)
    request = practice.a_request("cancel", appointment=old)
    view = desk.query(practice.maria, request_view.open_request, request)
    assert view.appointment is not None
    assert view.appointment.id == new
    assert view.needed_at == wall(TODAY, "14:00")
    assert (view.type_id, view.location_id) == (practice.well, practice.northside)


def test_more_than_five_preferred_times_are_refused(desk: Desk, practice: Practice) -> None:
    wishes = tuple(practice.wish(TODAY, f"{9 + rank}:00", rank=rank) for rank in range(1, 7))
    with pytest.raises(Invalid) as refusal:
        desk.perform(practice.amara, handling.submit, a_form(practice, wishes=wishes))
    assert refusal.value.field == "Preferred times"


def test_wishes_of_every_kind_are_kept_in_their_order(desk: Desk, practice: Practice) -> None:
    wishes = (
        Wish(3, WishKind.NEXT),
        Wish(1, WishKind.DAY_PART, day=TODAY, part=DayPart.MORNING),
        Wish(2, WishKind.SLOT, practice.mwangi, wall(TODAY, "15:00")),
    )
    request = desk.perform(practice.amara, handling.submit, a_form(practice, wishes=wishes)).value
    row = desk.query(practice.maria, inbox_queries.rows, (request,))[0]
    assert [wish.kind for wish in row.wishes] == [WishKind.DAY_PART, WishKind.SLOT, WishKind.NEXT]
    assert [wish.rank for wish in row.wishes] == [1, 2, 3]


def test_what_is_switched_off_cannot_be_asked_for(desk: Desk, practice: Practice) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.provider).where(schema.provider.c.id == practice.mwangi).values(active=False))
    with pytest.raises(Invalid, match="Provider cannot be chosen"):
        desk.perform(practice.amara, handling.submit, a_form(practice, provider_id=practice.mwangi))


def test_an_acknowledgement_is_queued_for_the_sender_alone(desk: Desk, practice: Practice) -> None:
    practice.a_request()
    with practice.database.read() as connection:
        rows = connection.execute(select(schema.outbox.c.kind, schema.outbox.c.contact_id)).all()
    assert [tuple(row) for row in rows] == [("acknowledgement", practice.amara.id)]


def test_somebody_who_wants_no_notices_gets_no_acknowledgement(desk: Desk, practice: Practice) -> None:  # NT1
    contact = schema.contact
    with practice.database.write() as connection:
        connection.execute(update(contact).where(contact.c.id == practice.amara.id).values(opted_out=True))
    practice.a_request()
    with practice.database.read() as connection:
        assert connection.execute(select(schema.outbox.c.id)).all() == []


def test_an_answer_reopens_a_completed_request_as_new_to_everybody(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # RE7
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.mark_read, (request,))
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("We look."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    clock.advance(timedelta(hours=1))
    desk.perform(practice.amara, handling.answer, request, "Thank you! One more thing …")
    row = desk.query(practice.maria, inbox_queries.rows, (request,))[0]
    assert (row.state, row.unread, row.completed_at) == (RequestState.OPEN, True, None)
    assert row.arrived_at == clock.now()
    assert row.due_at == clock.now() + timedelta(minutes=45)
    assert desk.query(practice.kofi, inbox_queries.badge) == 1
    thread = desk.query(practice.maria, request_view.open_request, request).thread
    assert [message.author_name for message in thread] == ["Amara Okafor", "Maria Santos", "Amara Okafor"]


def test_an_answer_ends_the_waiting(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # RE4
    request = practice.a_request()
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Which day?"),
        disposition=Disposition.WAITING,
        expect_version=1,
    )
    assert desk.query(practice.maria, inbox_queries.badge) == 0
    assert len(desk.query(practice.maria, inbox_queries.open_keys, Tab.WAITING)) == 1
    clock.advance(timedelta(minutes=5))
    desk.perform(practice.amara, handling.answer, request, "Tuesday")
    assert desk.query(practice.maria, inbox_queries.badge) == 1


def test_the_parent_waits_while_the_practice_may_still_take_its_act_back(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    request = practice.a_request()
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Done."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    for act, values in ((handling.answer, ("Wait!",)), (handling.withdraw, ())):
        with pytest.raises(Refused):
            desk.perform(practice.amara, act, request, *values)
    clock.advance(timedelta(seconds=21))
    desk.perform(practice.amara, handling.answer, request, "Wait!")


def test_an_answer_to_an_open_request_is_bold_again_and_keeps_its_place(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    before = desk.query(practice.maria, inbox_queries.rows, (request,))[0]
    desk.perform(practice.maria, inbox_marks.mark_read, (request,))
    desk.perform(practice.maria, inbox_marks.not_mine, request)
    desk.perform(practice.amara, handling.answer, request, "and he has a fever")
    after = desk.query(practice.maria, inbox_queries.rows, (request,))[0]
    assert after.unread
    assert after.version == before.version + 1
    assert (after.arrived_at, after.due_at) == (before.arrived_at, before.due_at)
    assert desk.query(practice.maria, inbox_queries.badge) == 1


def test_only_the_sender_answers_and_only_with_the_right_to_see_messages(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    with pytest.raises(NotFound):
        desk.perform(practice.father, handling.answer, request, "I object")
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == practice.amara.id)
            .values(may_see_messages=False)
        )
    with pytest.raises(NotAllowed):
        desk.perform(practice.amara, handling.answer, request, "hello?")


def test_an_empty_answer_is_refused(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    with pytest.raises(Invalid):
        desk.perform(practice.amara, handling.answer, request, "  \u200b ")


def test_withdrawing_a_request_keeps_the_notice_of_a_booking_that_stands(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # NT1: the worker was down; the appointment is booked and nobody else would tell
    request = practice.a_request()
    start = wall(TODAY + timedelta(days=1), "9:20")
    end = start + timedelta(minutes=40)
    slot = Slot(practice.lindqvist, practice.northside, start, end, end)
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        Booking(slot, practice.well),
        reply=Reply("See you then. May we look at the ear, too?"),
        disposition=Disposition.WAITING,
        expect_version=1,
        assurance=MEANT,
    )
    clock.advance(timedelta(minutes=1))
    desk.perform(practice.amara, handling.withdraw, request)
    outbox = schema.outbox.c
    with practice.database.read() as connection:
        rows = connection.execute(select(outbox.kind, outbox.state).order_by(outbox.id)).all()
    assert {(row.kind, row.state) for row in rows} == {("acknowledgement", "withdrawn"), ("booking", "pending")}


def test_a_withdrawn_request_leaves_every_inbox_and_its_notice_stays(desk: Desk, practice: Practice) -> None:  # RE10
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.claim, request)
    desk.perform(practice.amara, handling.withdraw, request)
    assert desk.query(practice.maria, inbox_queries.open_keys, Tab.OPEN) == ()
    assert desk.query(practice.maria, inbox_queries.badge) == 0
    with practice.database.read() as connection:
        assert connection.execute(select(schema.outbox.c.state)).scalar_one() == "withdrawn"
        assert connection.execute(select(schema.claim)).all() == []
    with pytest.raises(Refused, match="taken"):
        desk.perform(practice.maria, inbox_marks.claim, request)
    desk.perform(practice.amara, handling.withdraw, request)
