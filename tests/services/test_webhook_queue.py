"""Webhooks on their way: queues apart, leases, the schedule, the dead, the log, sending again (WH2, HOOK-03, HOOK-04, HOOK-09, JOB-01)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import NotAllowed, NotFound, Refused
from request_desk.domain.events import EventType
from request_desk.domain.ids import IdSource, WebhookDeliveryId
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot
from request_desk.domain.webhooks import WAITS, WebhookAttempt, WebhookEnd
from request_desk.services.desk import Desk
from request_desk.services.notices import subscriptions, webhook_log, webhook_queue
from request_desk.services.notices.webhook_queue import IN_FLIGHT, LEASE, DueWebhook
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.events import a_subscription, messages, problems, told
from tests.services.test_act_failures import failing_everywhere
from tests.services.webhook_parts import FAILED, GONE, REFUSED, TAKEN, listed, logged, subscribed, webhook_desk

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def desk(database: Database, clock: FixedClock, keys: Path) -> Desk:
    return webhook_desk(database, clock, keys)


def claim(
    practice: Practice, owner: str = "worker", most: int = 10, desk: Desk | None = None
) -> tuple[DueWebhook, ...]:
    return (desk or practice.desk).perform(SYSTEM, webhook_queue.claim, owner, most).value


def settle(practice: Practice, due: DueWebhook, attempt: WebhookAttempt, owner: str = "worker") -> None:
    practice.desk.perform(SYSTEM, webhook_queue.settle, due.id, owner, attempt)


def row(database: Database, which: WebhookDeliveryId) -> Any:
    with database.read() as connection:
        found = schema.webhook_delivery
        return connection.execute(select(found).where(found.c.id == which)).one()


def book(practice: Practice, time: str = "9:20") -> Any:
    start = wall(TODAY + timedelta(days=1), time)
    end = start + timedelta(minutes=40)
    wanted = Booking(Slot(practice.lindqvist, practice.northside, start, end, end), practice.well)
    return practice.desk.perform(practice.maria, scheduling.book, wanted, patient_id=practice.zuri)


# What leaves


def test_a_webhook_is_a_signed_message_of_its_schema(practice: Practice, database: Database) -> None:  # HOOK-01
    made = subscribed(practice)
    request = practice.a_request()
    (due,) = claim(practice)
    assert due.secrets == (made.value.text,)
    assert due.webhook_id.startswith("msg_")
    assert "." not in due.webhook_id
    assert problems(due.body) == []
    told_of = json.loads(due.body)
    assert (told_of["type"], told_of["data"]["request_id"]) == ("request.received", str(request))
    assert told_of["timestamp"] == "2026-11-24T16:12:00.000Z"
    assert made.value.text not in str(due)


def test_nothing_leaves_within_the_grace_time(practice: Practice, clock: FixedClock) -> None:  # ACT5
    subscribed(practice)
    book(practice)
    clock.advance(practice.settings.grace - SECOND)
    assert claim(practice) == ()
    assert practice.desk.query(SYSTEM, webhook_queue.next_due) == clock.now() + SECOND
    clock.advance(SECOND)
    assert len(claim(practice)) == 1


def test_a_full_payload_has_the_names_of_the_moment_it_is_sent(
    practice: Practice, database: Database, clock: FixedClock
) -> None:  # HOOK-06
    thin, full = subscribed(practice), subscribed(practice, is_full=True)
    practice.a_request()
    book(practice)
    clock.advance(MINUTE)
    with database.write() as connection:
        patient = schema.patient
        connection.execute(update(patient).where(patient.c.id == practice.zuri).values(family_name="Newname"))
    found = {(due.subscription_id, json.loads(due.body)["type"]): due.body for due in claim(practice)}
    assert len(found) == 4
    for (which, type_), body in found.items():
        assert problems(body) == []
        names = {name: value for name, value in json.loads(body)["data"].items() if name.endswith("_name")}
        if which == thin.id:
            assert names == {}
        elif type_ == "request.received":
            assert names == {"patient_name": "Zuri Newname", "contact_name": "Amara Okafor"}
        else:
            assert names == {
                "patient_name": "Zuri Newname",
                "provider_name": "Dr. Astrid Lindqvist",
                "location_name": "Northside",
                "type_name": "Well visit",
            }
    assert full.id in {which for which, _type in found}


def test_what_a_newer_program_queued_is_left_to_it(practice: Practice, database: Database) -> None:
    subscribed(practice)
    practice.a_request()
    with database.write() as connection:
        connection.execute(update(schema.webhook_delivery).values(event_type="appointment.teleported"))
    assert claim(practice) == ()
    assert practice.desk.query(SYSTEM, webhook_queue.next_due) is None


def test_a_payload_that_was_broken_by_hand_is_parked_and_the_others_flow(
    practice: Practice, database: Database
) -> None:  # JOB-05
    made = subscribed(practice)
    practice.a_request()
    practice.a_request()
    poisoned = messages(database)[0]
    with database.write() as connection:
        found = schema.webhook_delivery
        connection.execute(update(found).where(found.c.id == poisoned.id).values(payload={"x": "y" * 30_000}))
    assert len(claim(practice)) == 1
    states = {each.id: (each.state, each.error) for each in logged(practice, made.id)}
    assert states[WebhookDeliveryId(poisoned.id)] == ("failed", "The webhook is too long to be sent.")


# Queues and leases


def test_a_receiver_has_two_in_flight_and_keeps_no_other_one_waiting(practice: Practice) -> None:  # HOOK-09
    slow, other = subscribed(practice), subscribed(practice)
    for _each in range(5):
        practice.a_request()
    first = claim(practice)
    assert [due.subscription_id for due in first].count(slow.id) == IN_FLIGHT
    assert [due.subscription_id for due in first].count(other.id) == IN_FLIGHT
    assert claim(practice) == ()
    for due in first:
        if due.subscription_id == other.id:
            settle(practice, due, TAKEN)
    assert {due.subscription_id for due in claim(practice)} == {other.id}


def test_no_more_are_claimed_than_there_is_room_for(practice: Practice) -> None:
    for _each in range(3):
        subscribed(practice)
    practice.a_request()
    assert len(claim(practice, most=2)) == 2
    assert len(claim(practice, most=2)) == 1


def test_the_oldest_goes_first(practice: Practice, clock: FixedClock) -> None:
    subscribed(practice)
    asked = []
    for _each in range(3):
        asked.append(str(practice.a_request()))
        clock.advance(SECOND)
    assert [json.loads(due.body)["data"]["request_id"] for due in claim(practice)] == asked[:2]


def test_two_workers_claim_each_webhook_once(
    practice: Practice, database: Database, database_url: str, clock: FixedClock, keys: Path
) -> None:  # JOB-01
    for _each in range(3):
        subscribed(practice)
    for _each in range(4):
        practice.a_request()
    desks = [webhook_desk(Database(database_url), clock, keys, IdSource(clock.now)) for _each in range(3)]
    seen: list[str] = []
    for _round in range(6):
        with ThreadPoolExecutor(len(desks)) as pool:
            found = list(pool.map(lambda each: claim(practice, f"worker {each}", desk=desks[each]), range(len(desks))))
        for number, claimed in enumerate(found):
            for due in claimed:
                seen.append(due.webhook_id)
                settle(practice, due, TAKEN, f"worker {number}")
        flat = [due.subscription_id for claimed in found for due in claimed]
        assert all(flat.count(which) <= IN_FLIGHT for which in flat)
    assert len(seen) == len(set(seen)) == 12
    for desk in desks:
        desk.close()


@pytest.mark.postgres
def test_what_is_withdrawn_while_it_is_claimed_is_not_sent(
    postgres_url: str, clock: FixedClock, keys: Path
) -> None:  # ACT5; on SQLite nobody writes meanwhile
    database, other = Database(postgres_url), Database(postgres_url)
    practice = Practice(webhook_desk(database, clock, keys), database)
    elsewhere = webhook_desk(other, clock, keys, IdSource(clock.now))
    made = subscribed(practice)
    start = wall(TODAY + timedelta(days=1), "9:20")
    slot = Slot(practice.lindqvist, practice.northside, start, start, start)
    held = practice.desk.perform(
        practice.maria, scheduling.hold, slot, type_id=practice.well, patient_id=practice.zuri
    ).value
    dropped: list[str] = []

    def drop(_conn: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("UPDATE webhook_delivery") and not dropped:
            dropped.append(statement)
            elsewhere.perform(practice.maria, scheduling.drop_hold, held.id)

    event.listen(database.engine, "before_cursor_execute", drop)
    assert claim(practice) == ()
    event.remove(database.engine, "before_cursor_execute", drop)
    assert len(dropped) == 1
    assert [each.state for each in logged(practice, made.id)] == ["withdrawn"]
    elsewhere.close()
    database.close()


def test_whoever_is_killed_before_it_settles_leaves_it_to_be_sent_again_with_its_id(
    practice: Practice, clock: FixedClock
) -> None:  # JOB-01
    subscribed(practice)
    practice.a_request()
    (lost,) = claim(practice, "killed")
    clock.advance(LEASE)
    assert claim(practice) == ()
    clock.advance(SECOND)
    (again,) = claim(practice)
    assert again.webhook_id == lost.webhook_id
    assert again.body == lost.body
    settle(practice, lost, FAILED, "killed")  # it wakes up: its lease is somebody else's
    settle(practice, again, TAKEN)
    settle(practice, lost, FAILED, "killed")


def test_a_lost_lease_settles_nothing(practice: Practice, database: Database, clock: FixedClock) -> None:
    made = subscribed(practice)
    practice.a_request()
    (lost,) = claim(practice, "killed")
    clock.advance(LEASE + SECOND)
    (again,) = claim(practice)
    settle(practice, lost, GONE, "killed")
    assert row(database, again.id).state == "pending"
    assert listed(practice)[made.id].active
    assert logged(practice, made.id)[0].tries == ()


@pytest.mark.parametrize("attempt", [TAKEN, FAILED, GONE, REFUSED])
def test_a_failure_at_any_step_loses_nothing(
    practice: Practice, database: Database, clock: FixedClock, attempt: WebhookAttempt
) -> None:  # JOB-01
    made = subscribed(practice)
    practice.a_request()
    (queued,) = logged(practice, made.id)
    due: list[DueWebhook] = []
    failing_everywhere(database, lambda: due.extend(claim(practice)))
    assert [each.webhook_id for each in due] == [queued.webhook_id]
    failing_everywhere(database, lambda: settle(practice, due[0], attempt))
    after = next(each for each in logged(practice, made.id) if each.id == queued.id)
    assert after.webhook_id == queued.webhook_id
    assert len(after.tries) == 1


def test_sending_that_breaks_each_time_ends(practice: Practice, clock: FixedClock) -> None:  # JOB-05
    made = subscribed(practice, types=["request.received"])
    practice.a_request()
    for _try in count():
        clock.advance(LEASE + SECOND)
        if not claim(practice, "killed"):
            break
    (after,) = logged(practice, made.id)
    assert (after.state, after.error) == ("failed", "Sending stopped half-way each time.")


# The schedule


def test_it_is_tried_by_the_schedule_and_then_dead(
    practice: Practice, database: Database, clock: FixedClock
) -> None:  # HOOK-03
    made = subscribed(practice, types=["request.received"])
    practice.a_request()
    ids = set()
    for wait in WAITS:
        (due,) = claim(practice)
        ids.add(due.webhook_id)
        settle(practice, due, FAILED)
        waits = row(database, due.id).not_before - clock.now()
        assert 0.9 * wait <= waits <= 1.1 * wait
        clock.advance(waits - SECOND)
        assert claim(practice) == ()
        clock.advance(SECOND)
    (due,) = claim(practice)
    settle(practice, due, FAILED)
    (dead,) = logged(practice, made.id)
    assert (dead.state, dead.error) == ("failed", FAILED.reason)
    assert len(dead.tries) == len(WAITS) + 1
    assert ids == {dead.webhook_id}
    assert practice.desk.query(practice.admin, subscriptions.troubled)[0].failed == 1
    clock.advance(timedelta(days=30))
    assert claim(practice) == ()


def test_a_receiver_that_asks_for_time_gets_it(
    practice: Practice, database: Database, clock: FixedClock
) -> None:  # HOOK-04
    subscribed(practice)
    practice.a_request()
    (due,) = claim(practice)
    settle(practice, due, WebhookAttempt(WebhookEnd.TRY_AGAIN, 503, "busy", timedelta(hours=3), 5, ""))
    assert row(database, due.id).not_before >= clock.now() + timedelta(hours=3)


def test_a_receiver_that_wants_no_more_is_switched_off(practice: Practice, database: Database) -> None:  # HOOK-04
    made, other = subscribed(practice), subscribed(practice, types=["request.received"])
    practice.a_request()
    practice.a_request()
    (due, *_others) = [each for each in claim(practice) if each.subscription_id == made.id]
    settle(practice, due, GONE)
    seen = listed(practice)
    assert (seen[made.id].active, "410" in seen[made.id].off_reason) == (False, True)
    assert seen[other.id].active
    practice.a_request()
    assert len(logged(practice, made.id)) == 2
    assert len(logged(practice, other.id)) == 3


def test_what_can_never_be_sent_is_given_up_at_once(practice: Practice) -> None:  # HOOK-05
    made = subscribed(practice, types=["request.received"])
    practice.a_request()
    (due,) = claim(practice)
    settle(practice, due, REFUSED)
    assert [(each.state, each.error) for each in logged(practice, made.id)] == [("failed", REFUSED.reason)]


def test_a_failure_is_an_event_and_its_own_failure_is_none(practice: Practice, database: Database) -> None:
    dead = subscribed(practice, types=["request.received", "delivery.failed"])
    watching = a_subscription(practice, EventType.DELIVERY_FAILED)
    practice.a_request()
    (due,) = claim(practice)
    settle(practice, due, REFUSED)
    of_watching = [each for each in messages(database) if each.subscription_id == watching]
    assert [each.event_type for each in of_watching] == ["delivery.failed"]
    assert of_watching[0].payload["delivery_id"] == str(due.id)
    assert (of_watching[0].payload["channel"], of_watching[0].payload["kind"]) == ("webhook", "request.received")
    (about_itself,) = claim(practice)
    assert about_itself.subscription_id == dead.id
    before = told(database)
    settle(practice, about_itself, REFUSED)
    assert told(database) == before


# The log, and by hand


def test_the_log_has_every_try_with_its_answer(practice: Practice, clock: FixedClock) -> None:  # WH2
    made = subscribed(practice)
    request = practice.a_request()
    (due,) = claim(practice)
    settle(practice, due, FAILED)
    clock.advance(MINUTE)
    (due,) = claim(practice)
    settle(practice, due, TAKEN)
    (entry,) = logged(practice, made.id)
    assert (entry.event_type, entry.state, entry.request_id, entry.sent_at) == (
        "request.received",
        "sent",
        request,
        clock.now(),
    )
    tries = [(each.status, each.elapsed_ms, each.answer, each.error) for each in entry.tries]
    assert tries == [(500, 34, "oh no", "The receiver answered 500."), (200, 12, "thanks", "")]


def test_the_log_comes_in_pages(practice: Practice) -> None:
    made = subscribed(practice)
    for _each in range(5):
        practice.a_request()
    seen: list[WebhookDeliveryId] = []
    before = None
    pages = 0
    while not pages or before is not None:
        pages += 1
        page = practice.desk.query(practice.admin, webhook_log.webhook_log, made.id, before=before, most=2)
        seen += [each.id for each in page.webhooks]
        practice.a_request()  # what comes in meanwhile moves nothing
        before = page.before
    assert pages == 3
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("attempt", [TAKEN, REFUSED])
def test_one_is_sent_again_with_its_id(practice: Practice, clock: FixedClock, attempt: WebhookAttempt) -> None:  # WH2
    made = subscribed(practice, types=["request.received"])
    practice.a_request()
    (due,) = claim(practice)
    settle(practice, due, attempt)
    clock.advance(MINUTE)
    assert claim(practice) == ()
    assert logged(practice, made.id)[0].can_be_sent_again
    practice.desk.perform(practice.admin, webhook_log.send_again, due.id)
    (again,) = claim(practice)
    assert (again.webhook_id, again.body, again.attempts) == (due.webhook_id, due.body, 1)
    settle(practice, again, TAKEN)
    assert len(logged(practice, made.id)[0].tries) == 2


def test_what_must_not_be_sent_again_is_not(practice: Practice) -> None:
    made = subscribed(practice)
    done = book(practice)
    (waits,) = logged(practice, made.id)
    assert not waits.can_be_sent_again
    send = webhook_log.send_again
    with pytest.raises(Refused, match="on its way"):
        practice.desk.perform(practice.admin, send, waits.id)
    assert done.undo is not None
    practice.desk.undo(practice.maria, done.undo)
    with pytest.raises(Refused, match="taken back"):
        practice.desk.perform(practice.admin, send, waits.id)
    with pytest.raises(NotFound):
        practice.desk.perform(practice.admin, send, WebhookDeliveryId(4711))
    with pytest.raises(NotAllowed):
        practice.desk.perform(practice.maria, send, waits.id)
    with pytest.raises(NotAllowed):
        practice.desk.query(practice.maria, webhook_log.webhook_log, made.id)


def test_a_test_is_sent_also_while_the_subscription_is_off(practice: Practice) -> None:
    made = subscribed(practice, types=["request.received"])
    practice.desk.perform(practice.admin, subscriptions.switch_subscription, made.id, active=False, expect_version=1)
    which = practice.desk.perform(practice.admin, subscriptions.send_test, made.id).value
    (due,) = claim(practice)
    assert due.id == which
    assert json.loads(due.body)["type"] == "subscription.test"
    assert json.loads(due.body)["data"]["subscription_id"] == str(made.id)
    assert problems(due.body) == []
    settle(practice, due, FAILED)
    assert logged(practice, made.id)[0].state == "pending"  # a test is tried again like any other
    practice.a_request()
    assert len(logged(practice, made.id)) == 1


def test_a_claim_of_nothing_writes_nothing(practice: Practice, database: Database) -> None:
    subscribed(practice)
    practice.a_request()
    (due,) = claim(practice)
    before = row(database, due.id)
    assert practice.desk.query(SYSTEM, webhook_queue.next_due) is None  # what is on its way is nobody else's
    assert claim(practice) == ()
    assert row(database, due.id) == before
