"""The whole act: schedule, reply, disposition, notices and undo, in one transaction (ACT4, ACT5, RE4–RE7, MC9)."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, Actor, Role
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.careful import AgreedBy, Agreement, Assurance, Doubt, Doubtful
from request_desk.domain.clock import FixedClock, SystemClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Conflict, Invalid, Limited, NotFound, Refused, SlotTaken, UndoRefused
from request_desk.domain.ids import ContactId, IdSource, ProviderId, RequestId
from request_desk.domain.phrases import Phrase, PhraseOutcome
from request_desk.domain.requests import (
    Act,
    Booking,
    Cancellation,
    Disposition,
    Move,
    Reply,
    RequestState,
    Resolved,
    Tab,
    Target,
    TargetKind,
)
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk, Outcome
from request_desk.services.inbox import (
    handling,
    marks as inbox_marks,
    queries as inbox_queries,
    search_queries,
    view as request_view,
)
from request_desk.services.notices import outbox
from request_desk.services.practice import phrases
from request_desk.services.schedule import acts, scheduling
from request_desk.services.schedule.views import held_for, load, upcoming_of
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import MEANT, TODAY, Practice, wall
from tests.tables import changed_tables, snapshot

TOMORROW = TODAY + timedelta(days=1)


def a_slot(practice: Practice, time: str, *, provider: ProviderId | None = None, minutes: int = 40) -> Slot:
    start = wall(TOMORROW, time)
    end = start + timedelta(minutes=minutes)
    return Slot(provider or practice.lindqvist, practice.northside, start, end, end)


def resolve(
    desk: Desk,
    actor: Actor,
    request: RequestId,
    act: Act | None = None,
    *,
    text: str | None = "See you then.",
    disposition: Disposition = Disposition.COMPLETED,
    version: int = 1,
    phrase: str = "",
    **values: Any,
) -> Outcome[Resolved]:
    reply = None if text is None else Reply(text, phrase=phrase)
    if text == "See you then.":
        values["assurance"] = replace(values.get("assurance", MEANT), text_meant=True)
    return desk.perform(
        actor, handling.resolve, request, act, reply=reply, disposition=disposition, expect_version=version, **values
    )


def row_of(desk: Desk, actor: Actor, request: RequestId) -> Any:
    return desk.query(actor, inbox_queries.rows, (request,))[0]


def mails(practice: Practice) -> list[tuple[str, int, str]]:
    with practice.database.read() as connection:
        found = connection.execute(
            select(schema.outbox.c.kind, schema.outbox.c.contact_id, schema.outbox.c.state)
            .where(schema.outbox.c.kind != "acknowledgement")
            .order_by(schema.outbox.c.contact_id)
        )
        return [(row.kind, row.contact_id, row.state) for row in found]


def test_a_booking_answers_and_completes_for_every_inbox(desk: Desk, practice: Practice) -> None:  # ACT4, RE5
    request = practice.a_request()
    done = resolve(desk, practice.maria, request, Booking(a_slot(practice, "9:20"), practice.well))
    value = done.value
    assert value.summary == "Booked Zuri Okafor for Wed, Nov 25, 9:20 AM"
    assert value.appointment_id is not None
    booked = desk.query(practice.maria, load, value.appointment_id)
    assert (booked.status, booked.request_id) == (AppointmentStatus.CONFIRMED, request)
    assert value.deliveries == 3
    assert mails(practice) == [
        ("booking", practice.amara.id, "pending"),
        ("booking", practice.father.id, "pending"),
        ("booking", practice.grandmother.id, "pending"),
    ]
    for who in (practice.maria, practice.kofi):
        assert desk.query(who, inbox_queries.badge) == 0
        assert desk.query(who, inbox_queries.open_keys, Tab.OPEN) == ()
    page = desk.query(practice.kofi, inbox_queries.list_page, Tab.COMPLETED)
    assert [(row.id, row.completed_by) for row in page.rows] == [(request, "Maria Santos")]


def test_a_reply_alone_is_told_to_the_sender_only_and_lets_the_held_slot_go(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    held = desk.perform(
        practice.maria,
        scheduling.hold,
        a_slot(practice, "9:20"),
        type_id=practice.well,
        patient_id=practice.zuri,
        request_id=request,
    ).value
    done = resolve(desk, practice.maria, request, disposition=Disposition.OPEN)
    assert done.value.summary == "Answered the request of Zuri Okafor"
    assert mails(practice) == [("reply", practice.amara.id, "pending")]
    assert desk.query(practice.maria, load, held.id).status is AppointmentStatus.CANCELLED
    assert row_of(desk, practice.maria, request).state is RequestState.OPEN
    assert desk.query(practice.kofi, inbox_queries.badge) == 1


def test_a_cancellation_is_written_with_its_reason(desk: Desk, practice: Practice) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    request = practice.a_request("cancel", appointment=appointment)
    done = resolve(desk, practice.maria, request, Cancellation(appointment, 1, "pat", "Get well!"))
    assert done.value.summary == "Cancelled Zuri Okafor, Wed, Nov 25, 10:00 AM"
    cancelled = desk.query(practice.maria, load, appointment)
    assert (cancelled.status, cancelled.cancel_code) == (AppointmentStatus.CANCELLED, "pat")
    assert {kind for kind, _contact, _state in mails(practice)} == {"cancellation"}


def test_a_move_replaces_the_appointment_out_of_its_hold(desk: Desk, practice: Practice) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    request = practice.a_request("reschedule", appointment=appointment)
    slot = a_slot(practice, "14:00")
    held = desk.perform(
        practice.maria,
        scheduling.hold,
        slot,
        type_id=practice.well,
        patient_id=practice.zuri,
        request_id=request,
        replaces=appointment,
    ).value
    done = resolve(desk, practice.maria, request, Move(appointment, 1, slot, held.id))
    assert done.value.summary == "Moved Zuri Okafor to Wed, Nov 25, 2:00 PM"
    assert done.value.appointment_id is not None
    new = desk.query(practice.maria, load, done.value.appointment_id)
    assert (new.replaces_id, new.status) == (appointment, AppointmentStatus.CONFIRMED)
    assert desk.query(practice.maria, load, appointment).status is AppointmentStatus.CANCELLED


def test_cancel_and_book_new_tells_the_family_once_and_is_undone_once(desk: Desk, practice: Practice) -> None:  # ACT7
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(rebooking_mode="same_provider"))
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    request = practice.a_request("reschedule", appointment=appointment)
    start = wall(TOMORROW, "14:00")
    slot = Slot(practice.mwangi, practice.harbor, start, start, start)
    with pytest.raises(Limited, match="stays with") as forbidden:
        resolve(desk, practice.maria, request, Move(appointment, 1, slot, overrule="The parent asked for it"))
    assert forbidden.value.forbids
    act = Move(appointment, 1, slot, overrule="The parent asked for it", as_new=True)
    done = resolve(desk, practice.maria, request, act)
    assert done.value.summary == "Cancelled the visit of Zuri Okafor and booked Wed, Nov 25, 2:00 PM"
    told = [(kind, contact) for kind, contact, _state in mails(practice)]
    assert {kind for kind, _contact in told} == {"move"}
    assert len(told) == len(set(told))  # nobody twice
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    assert [each.id for each in desk.query(practice.maria, upcoming_of, [practice.zuri])] == [appointment]
    assert {state for _kind, _contact, state in mails(practice)} == {"withdrawn"}


@pytest.mark.parametrize("act", ["booking", "cancellation", "move", "reply"])
def test_the_undo_restores_request_schedule_inboxes_and_notices(
    desk: Desk, practice: Practice, clock: FixedClock, act: str
) -> None:  # ACT5
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    request = practice.a_request("reschedule", appointment=appointment)
    desk.perform(practice.kofi, inbox_marks.mark_read, (request,))
    desk.perform(practice.maria, inbox_marks.claim, request)
    desk.perform(practice.maria, inbox_marks.save_draft, request, "See you", "moved", "{}")
    before = snapshot(practice.database)
    chosen: dict[str, Act | None] = {
        "booking": Booking(a_slot(practice, "15:00"), practice.well),
        "cancellation": Cancellation(appointment, 1, "pat"),
        "move": Move(appointment, 1, a_slot(practice, "14:00")),
        "reply": None,
    }
    done = resolve(desk, practice.maria, request, chosen[act], assurance=Assurance(another=True))
    assert done.undo is not None
    assert done.undo.label == done.value.summary
    clock.advance(timedelta(seconds=19))
    desk.undo(practice.maria, done.undo)
    row = row_of(desk, practice.kofi, request)
    assert (row.state, row.unread, row.claim_staff_id) == (RequestState.OPEN, False, practice.maria.id)
    assert [each.request_id for each in desk.query(practice.maria, inbox_queries.drafts)] == [request]
    assert {state for _kind, _contact, state in mails(practice)} == {"withdrawn"}
    assert [each.id for each in desk.query(practice.maria, upcoming_of, [practice.zuri])] == [appointment]
    thread = desk.query(practice.maria, request_view.open_request, request).thread
    assert len(thread) == 1
    after = snapshot(practice.database)
    untouched = {"request_mark", "claim", "draft", "open_count", "request_wish", "staff_note", "forward"}
    assert not changed_tables(before, after) & untouched


def test_the_undo_is_refused_in_words_after_the_grace_time(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # ACT5
    request = practice.a_request()
    done = resolve(desk, practice.maria, request, Booking(a_slot(practice, "9:20"), practice.well))
    assert done.undo is not None
    clock.advance(timedelta(seconds=21))
    before = snapshot(practice.database)
    with pytest.raises(UndoRefused, match="too late"):
        desk.undo(practice.maria, done.undo)
    assert not changed_tables(before, snapshot(practice.database))


def test_the_undo_is_refused_once_a_notice_is_leaving_and_nothing_changes(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    request = practice.a_request()
    done = resolve(desk, practice.maria, request, Booking(a_slot(practice, "9:20"), practice.well))
    assert done.undo is not None
    clock.advance(timedelta(seconds=20))
    from request_desk.domain.access import SYSTEM

    assert len(desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value) == 4
    before = snapshot(practice.database)
    with pytest.raises(UndoRefused, match="left already"):
        desk.undo(practice.maria, done.undo)
    assert not changed_tables(before, snapshot(practice.database))


def test_the_undo_is_refused_when_a_colleague_has_acted_since(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    done = resolve(desk, practice.maria, request, disposition=Disposition.OPEN)
    assert done.undo is not None
    target = Target(TargetKind.STAFF, practice.admin.id)  # type: ignore[arg-type]
    from request_desk.services.inbox import routing as inbox_routing

    desk.perform(practice.kofi, inbox_routing.forward, request, target, "yours", expect_version=2)
    with pytest.raises(UndoRefused, match="Kofi Prah has acted"):
        desk.undo(practice.maria, done.undo)


def test_a_second_answer_is_stopped_with_who_was_first_and_the_draft_is_kept(
    desk: Desk, practice: Practice
) -> None:  # MC9
    request = practice.a_request()
    desk.perform(practice.kofi, inbox_marks.save_draft, request, "We could do Friday", "", "{}")
    resolve(desk, practice.maria, request, Booking(a_slot(practice, "9:20"), practice.well))
    with pytest.raises(Conflict) as conflict:
        resolve(desk, practice.kofi, request, text="We could do Friday")
    assert (conflict.value.who, conflict.value.what) == ("Maria Santos", "completed")
    (draft,) = desk.query(practice.kofi, inbox_queries.drafts)
    follow = desk.perform(practice.kofi, handling.follow_up, request, Reply(draft.text)).value
    assert follow.deliveries == 1
    view = desk.query(practice.kofi, request_view.open_request, request)
    assert [message.body for message in view.thread][1:] == ["See you then.", "We could do Friday"]
    assert view.state is RequestState.COMPLETED
    assert desk.query(practice.kofi, inbox_queries.drafts) == ()


def test_a_follow_up_can_be_taken_back(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    resolve(desk, practice.maria, request)
    done = desk.perform(practice.maria, handling.follow_up, request, Reply("One more thing."))
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    view = desk.query(practice.maria, request_view.open_request, request)
    assert [message.body for message in view.thread][1:] == ["See you then."]
    assert view.state is RequestState.COMPLETED


def test_the_loser_of_a_slot_gets_the_next_ones_and_nothing_is_written(desk: Desk, practice: Practice) -> None:  # ACT6
    mine, theirs = practice.a_request(), practice.a_request(by=practice.father)
    slot = a_slot(practice, "9:20")
    resolve(desk, practice.maria, theirs, Booking(slot, practice.well))
    before = snapshot(practice.database)
    with pytest.raises(SlotTaken) as taken:
        resolve(desk, practice.kofi, mine, Booking(slot, practice.well), assurance=Assurance(another=True))
    assert taken.value.next_free
    assert not changed_tables(before, snapshot(practice.database))


def test_completing_without_a_reply_asks_for_a_reason_and_keeps_it(desk: Desk, practice: Practice) -> None:  # RE6
    request = practice.a_request()
    with pytest.raises(Invalid) as refusal:
        resolve(desk, practice.maria, request, text=None)
    assert refusal.value.field == "Reason"
    resolve(desk, practice.maria, request, text=None, no_reply_reason="Answered by phone")
    view = desk.query(practice.maria, request_view.open_request, request)
    assert (view.state, view.completion_reason, view.completed_by) == (
        RequestState.COMPLETED,
        "Answered by phone",
        "Maria Santos",
    )
    assert mails(practice) == []


@pytest.mark.parametrize("text", ["Dear {{ contact.first_name }}", "{% if %}", "}} done"])
def test_a_reply_with_a_mark_of_a_template_is_never_sent(desk: Desk, practice: Practice, text: str) -> None:  # RE2
    request = practice.a_request()
    with pytest.raises(Invalid) as refusal:
        resolve(desk, practice.maria, request, text=text)
    assert refusal.value.field == "Response"


def test_nothing_to_send_is_refused(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    with pytest.raises(Invalid):
        resolve(desk, practice.maria, request, text=None, disposition=Disposition.OPEN)


def test_remove_from_my_inbox_only_leaves_it_with_the_colleague(desk: Desk, practice: Practice) -> None:  # RE4, MC4
    request = practice.a_request()
    done = resolve(desk, practice.maria, request, disposition=Disposition.DISMISSED)
    assert (desk.query(practice.maria, inbox_queries.badge), desk.query(practice.kofi, inbox_queries.badge)) == (0, 1)
    with pytest.raises(Refused, match="Nobody else would see"):
        resolve(desk, practice.kofi, request, disposition=Disposition.DISMISSED, version=2)
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    assert desk.query(practice.maria, inbox_queries.badge) == 1


def test_waiting_leaves_the_inboxes_until_its_day(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # RE4
    from request_desk.domain.access import SYSTEM
    from request_desk.services.inbox import routing as inbox_routing

    request = practice.a_request()
    until = clock.now() + timedelta(days=1)
    with pytest.raises(Invalid):
        resolve(desk, practice.maria, request, disposition=Disposition.WAITING, waiting_until=clock.now())
    resolve(desk, practice.maria, request, disposition=Disposition.WAITING, waiting_until=until)
    assert desk.query(practice.maria, inbox_queries.badge) == 0
    row = row_of(desk, practice.maria, request)
    assert (row.state, row.waiting_until) == (RequestState.WAITING, until)
    assert desk.perform(SYSTEM, inbox_routing.wake_waiting).value == 0
    clock.advance(timedelta(days=1))
    assert desk.perform(SYSTEM, inbox_routing.wake_waiting).value == 1
    assert desk.query(practice.maria, inbox_queries.badge) == 1
    assert row_of(desk, practice.maria, request).unread


def test_another_patient_s_appointment_cannot_be_changed_from_a_request(desk: Desk, practice: Practice) -> None:
    other = practice.a_patient("Mei", "Lin", TODAY - timedelta(days=900))
    strange = practice.an_appointment(other, practice.lindqvist, TOMORROW, "10:00")
    request = practice.a_request()
    before = snapshot(practice.database)
    with pytest.raises(Refused, match="another patient"):
        resolve(desk, practice.maria, request, Cancellation(strange, 1, "pat"))
    assert not changed_tables(before, snapshot(practice.database))


def test_a_provider_cannot_answer_what_is_not_theirs(desk: Desk, practice: Practice) -> None:  # AUTZ-04
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    request = practice.a_request()
    with pytest.raises(NotFound):
        resolve(desk, provider, request)
    with pytest.raises(NotFound):
        desk.query(provider, request_view.open_request, request)
    assert desk.query(provider, inbox_queries.rows, (request,)) == ()


def test_contacts_who_get_no_notices_get_none(desk: Desk, practice: Practice) -> None:  # NT1
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == practice.grandmother.id)
            .values(gets_notices=False)
        )
        connection.execute(
            update(schema.contact).where(schema.contact.c.id == practice.father.id).values(opted_out=True)
        )
    request = practice.a_request()
    resolve(desk, practice.maria, request, Booking(a_slot(practice, "9:20"), practice.well))
    assert [contact for _kind, contact, _state in mails(practice)] == [practice.amara.id]


def test_the_same_act_sent_twice_is_one_act(desk: Desk, practice: Practice) -> None:
    from request_desk.domain.ids import new_uuid

    request = practice.a_request()
    command, act = new_uuid(), Booking(a_slot(practice, "9:20"), practice.well)
    values: dict[str, Any] = {
        "reply": Reply("See you."),
        "assurance": MEANT,
        "disposition": Disposition.COMPLETED,
        "expect_version": 1,
    }
    first = desk.perform_idempotent(command, practice.maria, handling.resolve, request, act, **values)
    again = desk.perform_idempotent(command, practice.maria, handling.resolve, request, act, **values)
    assert again.value == first.value
    assert len(mails(practice)) == 3


def test_an_act_from_the_schedule_sends_its_notice_and_can_be_taken_back(desk: Desk, practice: Practice) -> None:  # NT1
    done = desk.perform(practice.maria, acts.act_alone, practice.zuri, Booking(a_slot(practice, "9:20"), practice.well))
    assert {(kind, state) for kind, _contact, state in mails(practice)} == {("booking", "pending")}
    assert done.undo is not None
    assert done.undo.label == "Booked Zuri Okafor for Wed, Nov 25, 9:20 AM"
    desk.undo(practice.maria, done.undo)
    assert desk.query(practice.maria, load, done.value).cancel_code == "undone"
    assert {state for _kind, _contact, state in mails(practice)} == {"withdrawn"}


def test_of_several_desks_answering_at_once_one_wins_and_the_others_are_told_who(
    desk: Desk, practice: Practice, clock: FixedClock, database_url: str
) -> None:  # MC9
    request = practice.a_request()
    databases = [Database(database_url) for _number in range(4)]
    people = [practice.maria, practice.kofi, practice.admin, practice.maria]
    start = Barrier(len(databases))

    def answer(number: int) -> str:
        other = Desk(databases[number], clock, IdSource(SystemClock().now))
        start.wait(30)
        try:
            resolve(other, people[number], request, Booking(a_slot(practice, f"{9 + number}:00"), practice.well))
        except Conflict as conflict:
            return conflict.who
        return ""

    with ThreadPoolExecutor(len(databases)) as threads:
        told = list(threads.map(answer, range(len(databases))))
    for database in databases:
        database.close()
    winner = people[told.index("")].name
    assert sorted(told) == sorted(["", winner, winner, winner])
    assert len(desk.query(practice.maria, upcoming_of, [practice.zuri])) == 1


# what a careful person asks first


def test_the_same_need_is_booked_once(desk: Desk, practice: Practice) -> None:  # ACT13
    first, second, third = (practice.a_request() for _ in range(3))
    resolve(desk, practice.maria, first, Booking(a_slot(practice, "10:00"), practice.well))
    for request in (second, third):
        before = snapshot(practice.database)
        with pytest.raises(
            Doubtful, match=r"Zuri Okafor already has Wed, Nov 25, 10:00 AM with Dr\. Lindqvist"
        ) as asked:
            resolve(desk, practice.maria, request, Booking(a_slot(practice, "15:00"), practice.well))
        assert asked.value.doubt is Doubt.ANOTHER
        assert not changed_tables(before, snapshot(practice.database))
    meant = Assurance(another=True)
    resolve(desk, practice.maria, second, Booking(a_slot(practice, "15:00"), practice.well), assurance=meant)
    assert len(desk.query(practice.maria, upcoming_of, [practice.zuri])) == 2


def a_grandmother(practice: Practice) -> Actor:
    """Somebody who may write about Zuri and not book for her any more: the right ended after she asked."""
    return practice.a_contact("Ngozi", "Okafor", "ngozi@example.org", {practice.zuri: {"relation": "grandmother"}})


def without_right(practice: Practice, contact: Actor) -> None:
    table = schema.contact_patient
    with practice.database.write() as connection:
        connection.execute(table.update().where(table.c.contact_id == contact.id).values(may_book=False))


@pytest.mark.parametrize("kind", ["book", "move", "cancel"])
def test_an_act_for_somebody_without_the_right_asks_who_agreed(
    desk: Desk, practice: Practice, kind: str
) -> None:  # ACT14
    grandmother = a_grandmother(practice)
    appointment = (
        None if kind == "book" else practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    )
    asked = {"book": "schedule", "move": "reschedule", "cancel": "cancel"}[kind]
    request = practice.a_request(asked, by=grandmother, appointment=appointment)
    without_right(practice, grandmother)
    slot = a_slot(practice, "14:00")
    act: Act
    if appointment is None:
        act = Booking(slot, practice.well)
    else:
        act = Move(appointment, 1, slot) if kind == "move" else Cancellation(appointment, 1, "pat")
    with pytest.raises(Doubtful, match="has no right to book for Zuri") as refused:
        resolve(desk, practice.maria, request, act)
    assert refused.value.doubt is Doubt.AGREED
    herself = Assurance(agreed=Agreement(ContactId(grandmother.id), "Ngozi Okafor", AgreedBy.PHONE))
    with pytest.raises(Refused, match="either"):
        resolve(desk, practice.maria, request, act, assurance=herself)
    mother = Assurance(agreed=Agreement(ContactId(practice.amara.id), "Amara Okafor", AgreedBy.PHONE))
    resolve(desk, practice.maria, request, act, assurance=mother)
    notes = desk.query(practice.maria, request_view.open_request, request).notes
    assert [note.body for note in notes] == ["Amara Okafor agreed, by phone"]


def test_a_minor_who_asks_alone_is_not_booked_before_somebody_agreed(desk: Desk, practice: Practice) -> None:  # ACT14
    relation = schema.contact_patient
    request = practice.a_request(by=practice.father)
    with practice.database.write() as connection:
        connection.execute(
            update(relation).where(relation.c.contact_id == practice.father.id).values(relation="self", may_book=True)
        )
    act = Booking(a_slot(practice, "14:00"), practice.well)
    with pytest.raises(Doubtful, match="has no right to book") as refused:
        resolve(desk, practice.maria, request, act)
    assert refused.value.doubt is Doubt.AGREED
    mother = Assurance(agreed=Agreement(ContactId(practice.amara.id), "Amara Okafor", AgreedBy.IN_PERSON))
    resolve(desk, practice.maria, request, act, assurance=mother)
    assert len(upcoming(desk, practice)) == 1


def test_a_custody_note_asks_who_agreed_even_of_a_mother(desk: Desk, practice: Practice) -> None:  # ACT14
    note = "Both parents decide together. Court order of 2025."
    with practice.database.write() as connection:
        connection.execute(update(schema.patient).where(schema.patient.c.id == practice.zuri).values(custody_note=note))
    request = practice.a_request()
    assert desk.query(practice.maria, request_view.open_request, request).patient.custody_note == note
    act = Booking(a_slot(practice, "14:00"), practice.well)
    with pytest.raises(Doubtful, match="custody note for Zuri") as refused:
        resolve(desk, practice.maria, request, act)
    assert refused.value.doubt is Doubt.AGREED
    mother = Assurance(agreed=Agreement(ContactId(practice.amara.id), "Amara Okafor", AgreedBy.PHONE))
    resolve(desk, practice.maria, request, act, assurance=mother)
    notes = desk.query(practice.maria, request_view.open_request, request).notes
    assert [each.body for each in notes] == ["Amara Okafor agreed, by phone"]


def test_a_reply_alone_needs_nobody_s_agreement(desk: Desk, practice: Practice) -> None:
    grandmother = a_grandmother(practice)
    request = practice.a_request(by=grandmother)
    without_right(practice, grandmother)
    resolve(desk, practice.maria, request, None)
    assert desk.query(practice.maria, request_view.open_request, request).state is RequestState.COMPLETED


def test_urgent_words_are_marked_on_arrival_and_completed_only_with_a_name(
    desk: Desk, practice: Practice
) -> None:  # MC14
    calm = practice.a_request(message="a checkup please, no hurry")
    urgent = practice.a_request(message="She has trouble breathing tonight!")
    assert not row_of(desk, practice.maria, calm).urgent
    assert row_of(desk, practice.maria, urgent).urgent
    with pytest.raises(Doubtful) as asked:
        resolve(desk, practice.maria, urgent, None)
    assert asked.value.doubt is Doubt.TOOK_OVER
    resolve(desk, practice.maria, urgent, None, assurance=Assurance(took_over="Nurse Ada called the family"))
    view = desk.query(practice.maria, request_view.open_request, urgent)
    assert [note.body for note in view.notes] == ["Urgent words: taken over by Nurse Ada called the family"]


def test_urgent_words_do_not_wait_for_the_parent_without_a_name(desk: Desk, practice: Practice) -> None:  # MC14
    urgent = practice.a_request(message="She has trouble breathing tonight!")
    with pytest.raises(Doubtful) as asked:
        resolve(desk, practice.maria, urgent, None, disposition=Disposition.WAITING)
    assert asked.value.doubt is Doubt.TOOK_OVER
    resolve(desk, practice.maria, urgent, None, text="Please call us.", disposition=Disposition.OPEN)
    assert row_of(desk, practice.maria, urgent).urgent


def test_what_was_taken_over_is_not_urgent_again_by_thanks(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # MC14, MC17
    request = practice.a_request(message="She has trouble breathing tonight!")
    resolve(desk, practice.maria, request, None, assurance=Assurance(took_over="Nurse Ada"))
    clock.advance(timedelta(minutes=1))
    desk.perform(practice.amara, handling.answer, request, "Thank you!!")
    assert not row_of(desk, practice.maria, request).urgent
    desk.perform(practice.amara, handling.answer, request, "Now her lips are blue")
    assert row_of(desk, practice.maria, request).urgent


def test_words_that_are_urgent_at_the_age_of_the_new_patient_mark_it(
    desk: Desk, practice: Practice
) -> None:  # MC14, ACT16
    newborn = practice.a_patient("Obi", "Okafor", TODAY - timedelta(days=30), practice.amara_family)
    request = practice.a_request(message="my youngest has a fever")
    assert not row_of(desk, practice.maria, request).urgent
    desk.perform(practice.maria, handling.change_patient, request, newborn, expect_version=1)
    assert row_of(desk, practice.maria, request).urgent


def test_an_answer_with_urgent_words_marks_the_request(desk: Desk, practice: Practice) -> None:  # MC14
    request = practice.a_request(message="hello")
    desk.perform(practice.amara, handling.answer, request, "Ahora no puede respirar bien")
    assert row_of(desk, practice.maria, request).urgent


def test_the_patient_of_a_request_can_be_changed_within_the_household(desk: Desk, practice: Practice) -> None:  # ACT16
    brother = practice.a_patient("Kele", "Okafor", date(2020, 5, 4), practice.amara_family)
    stranger = practice.a_patient("Mateo", "Reyes", date(2020, 5, 4), practice.new_id())
    brother = practice.a_patient("Kele", "Okafor", date(2020, 5, 4), practice.amara_family)
    stranger = practice.a_patient("Mateo", "Reyes", date(2020, 5, 4), practice.new_id())
    request = practice.a_request()
    held = desk.perform(
        practice.maria,
        scheduling.hold,
        a_slot(practice, "9:20"),
        type_id=practice.well,
        patient_id=practice.zuri,
        request_id=request,
    ).value
    version = desk.perform(practice.maria, handling.change_patient, request, brother, expect_version=1).value
    view = desk.query(practice.maria, request_view.open_request, request)
    assert (view.version, view.patient.given_name, view.hold) == (version, "Kele", None)
    with practice.database.read() as connection:
        action = schema.journal.c.action
        journalled = connection.execute(select(schema.journal.c.actor_id).where(action == "changed_patient")).scalars()
        assert list(journalled) == [practice.maria.id]
    assert desk.query(practice.maria, load, held.id).status is not AppointmentStatus.HELD
    with pytest.raises(Refused, match="household"):
        desk.perform(practice.maria, handling.change_patient, request, stranger, expect_version=version)
    with pytest.raises(Conflict):
        desk.perform(practice.maria, handling.change_patient, request, practice.zuri, expect_version=1)
    found = desk.query(practice.maria, search_queries.search, "kele", limit=10)
    assert [row.id for row in found.rows] == [request]


def test_a_letter_that_says_otherwise_than_its_act_is_stopped_once(desk: Desk, practice: Practice) -> None:  # RE11
    request = practice.a_request()
    act = Booking(a_slot(practice, "9:20"), practice.well)
    for text, difference in (
        ("See you then.", "does not tell the time"),
        ("See you tomorrow at 10:20.", "10:20"),
        ("See you tomorrow at 9:20 with Dr. Mwangi.", "Dr. Mwangi"),
        ("Tomorrow at 9:20. Is it for his ear?", "asks a question"),
    ):
        with pytest.raises(Doubtful, match=re.escape(difference)) as stopped:
            desk.perform(
                practice.maria,
                handling.resolve,
                request,
                act,
                reply=Reply(text),
                disposition=Disposition.COMPLETED,
                expect_version=1,
            )
        assert stopped.value.doubt is Doubt.TEXT
    assert not upcoming(desk, practice)
    right = "Tomorrow at 9:20 AM with Dr. Lindqvist at Northside."
    resolve(desk, practice.maria, request, act, text=right)
    assert len(upcoming(desk, practice)) == 1


def test_a_letter_of_an_act_does_not_go_alone(desk: Desk, practice: Practice) -> None:  # RE11
    shipped = Phrase("booked", "Booked", "schedule", PhraseOutcome.BOOKED, "en", "Booking", 10, "It is booked.")
    desk.perform(SYSTEM, phrases.sync_shipped, [shipped])
    request = practice.a_request()
    desk.perform(
        practice.maria, scheduling.hold, a_slot(practice, "9:20"),
        type_id=practice.well, patient_id=practice.zuri, request_id=request,
    )  # fmt: skip
    alone = partial(resolve, desk, practice.maria, request, disposition=Disposition.OPEN)
    with pytest.raises(Doubtful, match="nothing is booked then") as stopped:
        alone(text="See you tomorrow at 9:20.")
    assert stopped.value.doubt is Doubt.TEXT
    with pytest.raises(Doubtful, match="nothing is booked with it"):
        alone(text="It is booked.", phrase="booked")
    with pytest.raises(Doubtful, match="nothing is booked with it"):
        desk.perform(practice.maria, handling.follow_up, request, Reply("It is booked.", "en", "booked"))
    alone(text="It is booked.", phrase="booked", assurance=Assurance(text_meant=True))
    assert desk.query(practice.maria, held_for, request) is None


def test_a_letter_promises_only_what_the_family_has_booked(desk: Desk, practice: Practice) -> None:  # RE11
    request = practice.a_request()
    alone = partial(resolve, desk, practice.maria, request, text="See you tomorrow at 9:20.")
    with pytest.raises(Doubtful, match=re.escape("says tomorrow, 9:20, but nothing is booked then")) as stopped:
        alone()
    assert stopped.value.doubt is Doubt.TEXT
    sibling = practice.a_patient("Sofia", "Okafor", date(2021, 1, 1), practice.amara_family)
    practice.an_appointment(sibling, practice.lindqvist, TOMORROW, "9:20")
    alone()


def upcoming(desk: Desk, practice: Practice) -> Sequence[object]:
    return desk.query(practice.maria, lambda unit: upcoming_of(unit, (practice.zuri,)))
