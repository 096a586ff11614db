"""Notices on their way: waiting, leased, sent, tried again, given up, and never to somebody who may not get one (RE8, NT1)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import NotAllowed, NotFound, Refused
from request_desk.domain.ids import ContactId, RequestId, new_uuid
from request_desk.domain.notices import BOOKING, CODE, NOTICES, NoticeSpec
from request_desk.domain.requests import Booking, Delivery, Disposition, Reply
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, queries as inbox_queries, view as request_view
from request_desk.services.notices import outbox
from request_desk.services.notices.outbox import BACK_OFF, Delivered, DueNotice
from request_desk.store import schema
from tests.builders import MEANT, TODAY, Practice, wall

TOMORROW = TODAY + timedelta(days=1)


def a_booked_request(desk: Desk, practice: Practice) -> RequestId:
    """A request, booked and answered; its acknowledgement has left."""
    request = practice.a_request(message="he wets the mattress again")
    for notice in due(desk):
        desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.SENT)
    start = wall(TOMORROW, "9:20")
    slot = Slot(
        practice.lindqvist, practice.northside, start, start + timedelta(minutes=40), start + timedelta(minutes=40)
    )
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        Booking(slot, practice.well),
        reply=Reply("About the mattress: soon."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
        assurance=MEANT,
    )
    return request


def due(desk: Desk, owner: str = "worker") -> tuple[DueNotice, ...]:
    return desk.perform(SYSTEM, outbox.claim_due, owner, tuple(Channel)).value


def stored(practice: Practice, notice: DueNotice) -> Any:
    with practice.database.read() as connection:
        return connection.execute(select(schema.outbox).where(schema.outbox.c.id == notice.id)).one()


def change(practice: Practice, statement: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(statement)


def test_nothing_leaves_within_the_grace_time(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # ACT5
    a_booked_request(desk, practice)
    clock.advance(timedelta(seconds=19))
    assert due(desk) == ()
    assert desk.query(SYSTEM, outbox.next_due, tuple(Channel)) == clock.now() + timedelta(seconds=1)
    clock.advance(timedelta(seconds=1))
    assert len(due(desk)) == 3


def test_a_notice_tells_time_and_place_and_nothing_of_health(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # NT1
    a_booked_request(desk, practice)
    clock.advance(timedelta(seconds=20))
    letters = {notice.address: notice.composed() for notice in due(desk)}
    to_sender = letters["amara@example.org"]
    assert to_sender.subject == "Your appointment with Harbor Pediatrics"
    assert "Wednesday, November 25, 9:20 AM PST" in to_sender.body
    assert "Northside" in to_sender.body
    assert "You also have a reply from us." in to_sender.body
    assert "http://127.0.0.1:8000/requests/" in to_sender.body
    assert "reply" not in letters["chidi@example.org"].body
    for letter in letters.values():
        for word in ("mattress", "Well visit", "Okafor", "Lindqvist"):
            assert word not in letter.subject + letter.body


@pytest.mark.parametrize("is_of_a_request", [True, False])
def test_the_same_is_never_queued_twice(desk: Desk, practice: Practice, is_of_a_request: bool) -> None:  # NT1
    practice.a_request()
    row = dict(stored(practice, due(desk)[0])._mapping) if is_of_a_request else a_code(practice)
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        change(practice, schema.outbox.insert().values(**{**row, "id": row["id"] + 1, "kind": "another"}))


def a_code(practice: Practice) -> dict[str, Any]:
    """A notice that belongs to no request."""
    row = {
        "id": 900_001,
        "reference": new_uuid(),
        "kind": CODE.kind,
        "channel": "email",
        "contact_id": practice.amara.id,
        "payload": {},
        "dedupe_key": "code:1",
        "state": "pending",
        "not_before": practice.desk.clock.now(),
        "created_at": practice.desk.clock.now(),
    }
    change(practice, schema.outbox.insert().values(**row))
    return row


def test_a_leased_notice_is_nobody_else_s_until_the_lease_ends(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    practice.a_request()
    (first,) = due(desk, "one")
    assert due(desk, "two") == ()
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    (again,) = due(desk, "two")
    assert (again.id, again.reference, again.attempts) == (first.id, first.reference, 2)
    desk.perform(SYSTEM, outbox.settle, first.id, "one", Delivered.SENT)
    assert stored(practice, first).state == "pending"
    desk.perform(SYSTEM, outbox.settle, again.id, "two", Delivered.SENT)
    assert (stored(practice, first).state, stored(practice, first).sent_at) == ("sent", clock.now())


def test_a_notice_is_tried_again_at_growing_distances_and_then_given_up(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # RE8
    request = practice.a_request()
    (notice,) = due(desk)
    for wait in BACK_OFF:
        done = desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.TRY_AGAIN, "451 busy")
        assert done.changes[Topic.DELIVERY] == {request}
        assert stored(practice, notice).not_before == clock.now() + wait
        clock.advance(wait - timedelta(seconds=1))
        assert due(desk) == ()
        clock.advance(timedelta(seconds=1))
        (notice,) = due(desk)
    desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.TRY_AGAIN, "451 busy")
    assert stored(practice, notice).state == "failed"
    (failed,) = desk.query(practice.maria, inbox_queries.deliveries).rows
    assert (failed.request_id, failed.patient_name, failed.contact_name, failed.error, failed.attempts) == (
        request,
        "Zuri Okafor",
        "Amara Okafor",
        "451 busy",
        6,
    )
    assert desk.query(practice.maria, inbox_queries.rows, (request,))[0].delivery_failed
    assert [each.state for each in desk.query(practice.maria, request_view.open_request, request).deliveries] == [
        "failed"
    ]


def test_a_refused_notice_fails_at_once_and_can_be_sent_again_by_hand(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # RE8
    request = practice.a_request()
    (notice,) = due(desk)
    desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.REFUSED, "550 no such user")
    (failed,) = desk.query(practice.maria, inbox_queries.deliveries).rows
    desk.perform(practice.maria, outbox.retry, failed.id)
    assert desk.query(practice.maria, inbox_queries.deliveries).rows == ()
    assert not desk.query(practice.maria, inbox_queries.rows, (request,))[0].delivery_failed
    with pytest.raises(Refused, match="has not failed"):
        desk.perform(practice.maria, outbox.retry, failed.id)
    (again,) = due(desk)
    assert again.reference == notice.reference
    sending: tuple[Delivery, ...] = desk.query(practice.maria, inbox_queries.deliveries, "sending").rows
    assert [each.id for each in sending] == [notice.id]
    desk.perform(SYSTEM, outbox.settle, again.id, "worker", Delivered.SENT)
    assert [each.state for each in desk.query(practice.maria, inbox_queries.deliveries, "sent").rows] == ["sent"]


def test_a_notice_is_in_the_language_of_whom_it_goes_to(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # NT2
    rosa = practice.a_contact(
        "Rosa",
        "Okafor",
        "rosa@example.org",
        {practice.zuri: {"relation": "mother", "gets_notices": True}},
        language="es",
    )
    assert rosa.name == "Rosa Okafor"
    a_booked_request(desk, practice)
    clock.advance(timedelta(minutes=1))
    letters = {notice.address: notice.composed() for notice in due(desk) if notice.spec is BOOKING}
    spanish, english = letters["rosa@example.org"], letters["amara@example.org"]
    assert spanish.subject == "Su cita con Harbor Pediatrics"
    assert "Zuri tiene una cita:" in spanish.body
    assert "miércoles, 25 de noviembre, 9:20 a.m. PST" in spanish.body
    assert "En una emergencia llame al 911." in spanish.body
    assert english.subject == "Your appointment with Harbor Pediatrics"
    assert "Wednesday, November 25, 9:20 AM PST" in english.body


def test_failed_notices_come_in_pages_the_newest_first(desk: Desk, practice: Practice) -> None:
    for _number in range(3):
        practice.a_request()
    for notice in due(desk):
        desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.REFUSED, "550")
    whole = desk.query(practice.maria, inbox_queries.deliveries)
    first = desk.query(practice.maria, inbox_queries.deliveries, limit=2)
    rest = desk.query(practice.maria, inbox_queries.deliveries, after=first.after, limit=2)
    assert (len(first.rows), whole.after, rest.after) == (2, None, None)
    assert first.rows + rest.rows == whole.rows
    assert [each.id for each in whole.rows] == sorted((each.id for each in whole.rows), reverse=True)


def test_retrying_is_for_those_who_may_and_for_what_they_may_see(desk: Desk, practice: Practice) -> None:
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    practice.a_request()
    (notice,) = due(desk)
    desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.REFUSED, "550")
    assert desk.query(provider, inbox_queries.deliveries).rows == ()
    with pytest.raises(NotAllowed):
        desk.perform(provider, outbox.retry, notice.id)
    with pytest.raises(NotAllowed):
        desk.perform(practice.amara, outbox.claim_due, "me", tuple(Channel))
    with pytest.raises(NotFound):
        desk.perform(practice.maria, outbox.retry, 424_242)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("contact off", "switched off"),
        ("opted out", "does not want"),
        ("right ended", "does not act"),
        ("no notices", "gets no notices"),
        ("patient died", "not active"),
        ("no address", "no confirmed address"),
    ],
)
def test_whether_somebody_may_still_get_it_is_decided_when_sending(
    desk: Desk, practice: Practice, clock: FixedClock, what: str, reason: str
) -> None:  # NT1
    a_booked_request(desk, practice)
    contact, relation = schema.contact, schema.contact_patient
    mine = relation.c.contact_id == practice.father.id
    changes: dict[str, Any] = {
        "contact off": update(contact).where(contact.c.id == practice.father.id).values(active=False),
        "opted out": update(contact).where(contact.c.id == practice.father.id).values(opted_out=True),
        "right ended": update(relation).where(mine).values(valid_until=TODAY - timedelta(days=1)),
        "no notices": update(relation).where(mine).values(gets_notices=False),
        "patient died": update(schema.patient).where(schema.patient.c.id == practice.zuri).values(deceased=True),
        "no address": update(schema.contact_point)
        .where(schema.contact_point.c.contact_id == practice.father.id)
        .values(verified_at=None),
    }
    change(practice, changes[what])
    clock.advance(timedelta(seconds=20))
    addresses = {notice.address for notice in due(desk)}
    assert "chidi@example.org" not in addresses
    if what != "patient died":
        assert "amara@example.org" in addresses
    withdrawn = desk.query(practice.maria, inbox_queries.deliveries, "withdrawn").rows
    assert any(each.contact_name == "Chidi Okafor" and reason in each.error for each in withdrawn)


def test_a_code_carries_no_text_until_it_is_minted(desk: Desk, practice: Practice) -> None:
    with practice.database.read() as connection:
        point = connection.execute(
            select(schema.contact_point.c.id).where(
                schema.contact_point.c.contact_id == practice.amara.id, schema.contact_point.c.channel == "email"
            )
        ).scalar_one()

    def asked(unit: Any) -> None:
        outbox.enqueue_code(
            unit,
            challenge_id=77,
            contact_id=ContactId(practice.amara.id),
            channel=Channel.EMAIL,
            contact_point_id=point,
        )

    desk.perform(SYSTEM, asked)
    (notice,) = due(desk)
    assert (notice.spec, notice.challenge_id, notice.address) == (CODE, 77, "amara@example.org")
    assert (notice.facts.code, stored(practice, notice).payload) == ("", {})
    desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.REFUSED, "550")
    assert desk.query(practice.maria, inbox_queries.deliveries).rows == ()
    with pytest.raises(NotFound):  # staff neither see nor send it
        desk.perform(practice.maria, outbox.retry, notice.id)


@pytest.mark.parametrize("spec", NOTICES, ids=lambda spec: spec.kind)
def test_a_notice_of_each_kind_fares_as_its_line_in_the_table_says(
    desk: Desk, practice: Practice, clock: FixedClock, spec: NoticeSpec
) -> None:
    request, amara = a_waiting_notice(desk, practice, spec)
    family = desk.query(practice.maria, outbox.may_be_told, spec, practice.zuri)
    shown = desk.query(practice.maria, inbox_queries.deliveries, "pending").rows
    assert bool(shown) is spec.by_hand
    at_once = due(desk)
    assert (at_once == ()) is spec.has_grace
    clock.advance(timedelta(seconds=20))
    notices = at_once or due(desk)
    assert {stored(practice, notice).contact_id for notice in notices} == (
        set(family) if spec.audience.is_everybody else {amara}
    )
    assert {(notice.spec, notice.channel) for notice in notices} == {(spec, spec.channels[0])}
    replied = [notice.facts.replied for notice in notices]
    assert sum(replied) == spec.of_appointment  # merged into the sender's alone
    desk.perform(SYSTEM, outbox.settle, notices[0].id, "worker", Delivered.REFUSED, "550")
    failed = desk.query(practice.maria, request_view.open_request, request).deliveries
    assert ("failed" in {each.state for each in failed}) is spec.by_hand


@pytest.mark.parametrize("spec", NOTICES, ids=lambda spec: spec.kind)
def test_what_tells_of_an_appointment_outlives_its_request(desk: Desk, practice: Practice, spec: NoticeSpec) -> None:
    request, _amara = a_waiting_notice(desk, practice, spec)
    desk.perform(practice.amara, handling.withdraw, request)
    with practice.database.read() as connection:
        states = connection.execute(select(schema.outbox.c.state).where(schema.outbox.c.state != "sent")).scalars()
        assert set(states) == {"pending" if spec.of_appointment else "withdrawn"}


def a_waiting_notice(desk: Desk, practice: Practice, spec: NoticeSpec) -> tuple[RequestId, ContactId]:
    """One notice of a kind with a reply merged as far as it goes, to whom it is for; the acknowledgement has left."""
    request = practice.a_request()
    for notice in due(desk):
        desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.SENT)
    amara = ContactId(practice.amara.id)

    now = desk.clock.now()
    until = now + timedelta(hours=1)
    day = TODAY + timedelta(days=3)
    state: dict[str, Any] = {} if spec.while_booked else {"status": "held", "hold_expires_at": until}
    held = practice.an_appointment(practice.zuri, practice.lindqvist, day, "9:20", **state)

    def tell(unit: Any) -> None:
        people = outbox.ask_people(unit, practice.zuri)
        outbox.notify(
            unit,
            spec,
            people=people,
            replied=True,
            sender_id=amara,
            request_id=request,
            appointment_id=held if spec.while_held or spec.while_booked else None,
            version=9,
        )

    desk.perform(SYSTEM, tell)
    return request, amara


def test_a_notice_that_breaks_sending_each_time_is_given_up(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    practice.a_request()
    (notice,) = due(desk)
    for _crash in range(20):
        clock.advance(outbox.LEASE + timedelta(seconds=1))
        if not due(desk):
            break
    assert stored(practice, notice).state == "failed"


def test_a_database_at_rest_holds_no_words_of_a_patient_in_the_outbox(desk: Desk, practice: Practice) -> None:
    a_booked_request(desk, practice)
    with practice.database.read() as connection:
        for row in connection.execute(select(schema.outbox)):
            assert "mattress" not in repr(row)  # no word of hexadecimal signs: ids are in the row, too
            assert "Zuri" not in repr(row)


def test_two_people_with_one_address_get_one_letter_that_names_both(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # NT1
    points = schema.contact_point
    change(
        practice,
        points.update().where(points.c.contact_id == practice.father.id).values(value="AMARA@example.org"),
    )
    a_booked_request(desk, practice)
    clock.advance(timedelta(seconds=20))
    shared = [notice for notice in due(desk) if notice.address.casefold() == "amara@example.org"]
    assert len(shared) == 1
    assert shared[0].composed().body.startswith("For Amara and Chidi")
    assert "You also have a reply from us." in shared[0].composed().body


def test_when_one_of_two_may_hear_no_more_the_other_gets_the_letter(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    points, contacts = schema.contact_point, schema.contact
    change(
        practice,
        points.update().where(points.c.contact_id == practice.father.id).values(value="amara@example.org"),
    )
    a_booked_request(desk, practice)
    change(practice, contacts.update().where(contacts.c.id == practice.amara.id).values(opted_out=True))
    clock.advance(timedelta(seconds=20))
    due(desk)
    shared = [notice for notice in due(desk) if notice.address.casefold() == "amara@example.org"]
    assert len(shared) == 1
    assert "reply" not in shared[0].composed().body
    assert not shared[0].composed().body.startswith("For")
