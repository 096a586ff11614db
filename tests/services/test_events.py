"""Events as acts write them: one for each act, in its transaction, held back and withdrawn like its letters (WH1, ACT5, HOOK-06)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event as events_of_engine, select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.attendance import Closing
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Refused, UndoRefused
from request_desk.domain.events import SPEC_OF_EVENT, EventType, envelope
from request_desk.domain.ids import AppointmentId, hashed
from request_desk.domain.requests import Booking, Disposition, Offering, Reply
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk, Outcome, Unit
from request_desk.services.inbox import handling
from request_desk.services.notices import outbox
from request_desk.services.notices.outbox import Delivered
from request_desk.services.portal import booking, family_acts
from request_desk.services.schedule import attendance, scheduling
from request_desk.services.schedule.views import load
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import MEANT, TODAY, Practice, wall
from tests.events import a_subscription, messages, problems, told
from tests.online import Share
from tests.services.test_act_failures import failing_everywhere

TOMORROW = TODAY + timedelta(days=1)
NEXT_WEEK = TODAY + timedelta(days=7)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def slot(practice: Practice, time: str, day: Any = TOMORROW) -> Slot:
    start = wall(day, time)
    end = start + timedelta(minutes=40)
    return Slot(practice.lindqvist, practice.northside, start, end, end)


def booked(practice: Practice, time: str = "9:20") -> Outcome[Any]:
    wanted = Booking(slot(practice, time), practice.well)
    return practice.desk.perform(practice.maria, scheduling.book, wanted, patient_id=practice.zuri)


def held(practice: Practice, time: str = "9:20", **values: Any) -> AppointmentId:
    asked = {"type_id": practice.well, "patient_id": practice.zuri, **values}
    return practice.desk.perform(practice.maria, scheduling.hold, slot(practice, time), **asked).value.id


def seen(practice: Practice, which: AppointmentId) -> Any:
    return practice.desk.query(SYSTEM, load, which)


def resolved(practice: Practice, act: Any = None, disposition: Disposition = Disposition.COMPLETED) -> Outcome[Any]:
    request = practice.a_request()
    return practice.desk.perform(
        practice.maria,
        handling.resolve,
        request,
        act,
        reply=Reply("Hi Amara, we can offer Wed, Nov 25, 9:20 AM or Wed, Nov 25, 2:00 PM."),
        disposition=disposition,
        expect_version=1,
        assurance=MEANT,
    )


# What each act tells


def cancelled(practice: Practice, time: str = "9:20") -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, time)
    practice.desk.perform(practice.maria, scheduling.cancel, visit, code="pat", expect_version=1)


def moved(practice: Practice) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    practice.desk.perform(practice.maria, scheduling.reschedule, visit, slot(practice, "14:00"), expect_version=1)


def moved_by_family(practice: Practice) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, NEXT_WEEK, "9:20")
    there = slot(practice, "14:00", NEXT_WEEK)
    practice.desk.perform(practice.amara, family_acts.move, visit, there, expect_version=1)


def cancelled_by_family(practice: Practice) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, NEXT_WEEK, "9:20")
    practice.desk.perform(practice.amara, family_acts.cancel, visit, expect_version=1)


def completed(practice: Practice) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00")
    practice.desk.perform(practice.maria, attendance.complete, visit, expect_version=1)


def day_closed(practice: Practice) -> None:
    early = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=1), "8:00")
    late = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=1), "10:00")
    closings = (Closing(early, 1, AppointmentStatus.COMPLETED), Closing(late, 1, AppointmentStatus.NO_SHOW))
    practice.desk.perform(practice.maria, attendance.close_day, closings)


def hold_let_go(practice: Practice) -> None:
    practice.desk.perform(practice.maria, scheduling.drop_hold, held(practice))


def tried(database: Database, **values: Any) -> None:
    """Let what waits have been tried."""
    with database.write() as connection:
        connection.execute(update(schema.webhook_delivery).values(**{"attempts": 1, **values}))


def hold_let_go_later(practice: Practice) -> None:
    hold_id = held(practice)
    tried(practice.database)
    practice.desk.perform(practice.maria, scheduling.drop_hold, hold_id)


def hold_ran_out(practice: Practice) -> None:
    held(practice)
    practice.desk.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    practice.desk.perform(SYSTEM, scheduling.expire_holds)


def booked_from_hold(practice: Practice) -> None:
    wanted = Booking(slot(practice, "9:20"), practice.well, held(practice))
    practice.desk.perform(practice.maria, scheduling.book, wanted, patient_id=practice.zuri)


def booked_online(practice: Practice) -> None:
    share = Share(practice)
    share.hold("9:20")
    practice.desk.perform(practice.amara, booking.confirm, hashed("a"), practice.zuri)


def notice_failed(practice: Practice) -> None:
    practice.a_request()
    (notice,) = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    practice.desk.perform(SYSTEM, outbox.settle, notice.id, "worker", Delivered.REFUSED, "no such mailbox")


ACTS: tuple[tuple[Callable[[Practice], object], list[str]], ...] = (
    (lambda practice: practice.a_request(), ["request.received"]),
    (resolved, ["request.received", "request.completed"]),
    (booked, ["appointment.confirmed"]),
    (cancelled, ["appointment.cancelled"]),
    (cancelled_by_family, ["appointment.cancelled"]),
    (moved, ["appointment.rebooked"]),
    (moved_by_family, ["appointment.rebooked"]),
    (completed, ["appointment.completed"]),
    (day_closed, ["appointment.completed", "appointment.no_show"]),
    (held, ["appointment.held"]),
    (hold_let_go, []),  # nobody had heard of it yet
    (hold_let_go_later, ["appointment.held", "appointment.expired"]),
    (hold_ran_out, ["appointment.held", "appointment.expired"]),
    (booked_from_hold, ["appointment.held", "appointment.confirmed"]),
    (booked_online, ["appointment.held", "appointment.confirmed"]),
    (notice_failed, ["request.received", "delivery.failed"]),
)


@pytest.mark.parametrize(("act", "expected"), ACTS)
def test_an_act_tells_what_it_did(
    practice: Practice, database: Database, act: Callable[[Practice], object], expected: list[str]
) -> None:
    a_subscription(practice)
    act(practice)
    assert told(database) == expected
    for message in messages(database):
        body = envelope(EventType(message.event_type), message.occurred_at, message.payload)
        assert problems(body) == []
        for name in ("Zuri", "Okafor", "Amara", "Lindqvist", "Well visit", "Northside", "soon"):
            assert name.encode() not in body  # HOOK-06


@pytest.mark.parametrize("act", [act for act, _expected in ACTS if act is not hold_let_go_later])
def test_an_act_that_nobody_subscribed_to_asks_and_writes_nothing(
    practice: Practice, database: Database, act: Callable[[Practice], object]
) -> None:
    a_subscription(practice, active=False)
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        statements.append(statement)

    events_of_engine.listen(database.engine, "before_cursor_execute", note)
    act(practice)
    events_of_engine.remove(database.engine, "before_cursor_execute", note)
    assert len(statements) > 2
    assert not [each for each in statements if "webhook_delivery" in each or "subscription_event_type" in each]


def test_everybody_hears_of_what_they_asked_for_and_of_nothing_else(
    practice: Practice, database: Database
) -> None:  # HOOK-08
    one = a_subscription(practice, EventType.APPOINTMENT_CONFIRMED)
    both = a_subscription(practice, EventType.APPOINTMENT_CONFIRMED, EventType.APPOINTMENT_CANCELLED)
    a_subscription(practice, EventType.REQUEST_RECEIVED)
    booked(practice)
    cancelled(practice, "14:00")
    found = [(row.subscription_id, row.event_type) for row in messages(database)]
    assert found == [(one, "appointment.confirmed"), (both, "appointment.confirmed"), (both, "appointment.cancelled")]
    first, second = messages(database)[:2]
    assert first.event_id == second.event_id
    assert first.reference != second.reference
    assert first.payload == second.payload


def test_a_payload_tells_the_appointment_as_it_is_after_the_act(practice: Practice, database: Database) -> None:
    a_subscription(practice)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    practice.desk.perform(practice.maria, scheduling.cancel, visit, code="pat", expect_version=1)
    (message,) = messages(database)
    assert message.payload == {
        "version": 1,
        "sequence": 2,
        "appointment_id": str(visit),
        "chain_id": str(visit),
        "replaces_id": None,
        "request_id": None,
        "patient_id": str(practice.zuri),
        "provider_id": str(practice.lindqvist),
        "location_id": str(practice.northside),
        "type_id": str(practice.well),
        "status": "cancelled",
        "starts_at": "2026-11-25T17:20:00.000Z",
        "ends_at": "2026-11-25T18:00:00.000Z",
        "zone": "America/Los_Angeles",
        "held_until": None,
    }
    assert (message.appointment_id, message.request_id) == (visit, None)


def test_a_time_on_the_booking_page_is_nobody_s_at_first(practice: Practice, database: Database) -> None:  # ADR 22
    a_subscription(practice)
    booked_online(practice)
    first, then = messages(database)
    assert first.payload["patient_id"] is None
    assert first.payload["held_until"] is not None
    assert then.payload["patient_id"] is not None
    assert then.payload["appointment_id"] == first.payload["appointment_id"]
    assert then.payload["sequence"] > first.payload["sequence"]


def test_a_reminder_is_an_event_for_each_who_is_reminded(desk: Desk, practice: Practice, database: Database) -> None:
    a_subscription(practice)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")

    def remind(unit: Unit) -> None:
        for who in (f"contact:{practice.amara.id}", f"provider:{practice.lindqvist}"):
            unit.record("reminder_due", Topic.APPOINTMENT, visit, rule_id=7, recipient=who, minutes_before=60)

    desk.perform(SYSTEM, remind)
    first, second = messages(database)
    assert first.event_type == "appointment.reminder_due"
    assert first.event_id != second.event_id
    assert second.payload["recipient"] == f"provider:{practice.lindqvist}"
    assert (first.payload["rule_id"], first.payload["minutes_before"]) == ("7", 60)
    assert first.not_before == desk.clock.now()


# Grace time and undo


def test_what_staff_can_take_back_waits_and_what_families_do_does_not(
    practice: Practice, database: Database, clock: FixedClock
) -> None:
    a_subscription(practice)
    booked(practice)
    cancelled_by_family(practice)
    held(practice, "15:00")
    waits = [row.not_before - clock.now() for row in messages(database)]
    assert waits == [practice.settings.grace, timedelta(), timedelta()]


UNDONE: tuple[Callable[[Practice], Outcome[Any]], ...] = (
    booked,
    lambda practice: practice.desk.perform(
        practice.maria,
        scheduling.cancel,
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20"),
        code="pat",
        expect_version=1,
    ),
    lambda practice: practice.desk.perform(
        practice.maria,
        scheduling.reschedule,
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20"),
        slot(practice, "14:00"),
        expect_version=1,
    ),
    lambda practice: practice.desk.perform(
        practice.maria,
        attendance.complete,
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00"),
        expect_version=1,
    ),
    resolved,
    lambda practice: resolved(practice, Booking(slot(practice, "9:20"), practice.well)),
    lambda practice: resolved(
        practice,
        Offering((slot(practice, "9:20"), slot(practice, "14:00")), practice.well),
        Disposition.WAITING,
    ),
)


@pytest.mark.parametrize("act", UNDONE)
def test_an_undo_withdraws_what_was_not_sent_yet(
    practice: Practice, database: Database, clock: FixedClock, act: Callable[[Practice], Outcome[Any]]
) -> None:
    a_subscription(practice)
    a_subscription(practice)
    done = act(practice)
    assert len(set(told(database)) - {"request.received"}) >= 1
    clock.advance(SECOND)
    assert done.undo is not None
    practice.desk.undo(practice.maria, done.undo)
    assert set(told(database)) <= {"request.received"}


@pytest.mark.parametrize("act", UNDONE)
@pytest.mark.parametrize("state", ["leased", "tried", "sent"])
def test_an_undo_is_refused_once_somebody_may_have_heard(
    practice: Practice, database: Database, clock: FixedClock, act: Callable[[Practice], Outcome[Any]], state: str
) -> None:
    a_subscription(practice)
    done = act(practice)
    changes: dict[str, Any] = {
        "leased": {"lease_owner": "worker", "lease_until": clock.now() + HOUR},
        "tried": {},
        "sent": {"state": "sent", "sent_at": clock.now()},
    }[state]
    before = messages(database)
    tried(database, **changes)
    assert done.undo is not None
    if before[-1].event_type == "appointment.held":
        practice.desk.undo(practice.maria, done.undo)  # a hold can always be let go; they hear of that as well
        assert told(database)[-2:] == ["appointment.expired", "appointment.expired"]
        return
    with pytest.raises(UndoRefused, match="heard of it already"):
        practice.desk.undo(practice.maria, done.undo)
    assert [row.event_type for row in messages(database)] == [row.event_type for row in before]


def test_whoever_heard_of_a_hold_hears_that_its_booking_was_taken_back(practice: Practice, database: Database) -> None:
    a_subscription(practice)
    wanted = Booking(slot(practice, "9:20"), practice.well, held(practice))
    done = practice.desk.perform(practice.maria, scheduling.book, wanted, patient_id=practice.zuri)
    assert done.undo is not None
    practice.desk.undo(practice.maria, done.undo)
    assert told(database) == ["appointment.held", "appointment.expired"]


def test_an_undo_withdraws_the_last_mark_and_not_the_one_before(practice: Practice, database: Database) -> None:  # AP5
    a_subscription(practice)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=1), "8:00")
    practice.desk.perform(practice.maria, attendance.complete, visit, expect_version=1)
    practice.desk.perform(practice.maria, attendance.no_show, visit, expect_version=2)
    done = practice.desk.perform(practice.maria, attendance.complete, visit, expect_version=3)
    assert done.undo is not None
    practice.desk.undo(practice.maria, done.undo)
    assert told(database) == ["appointment.completed", "appointment.no_show"]


def test_an_older_event_that_left_is_no_reason_against_an_undo(
    practice: Practice, database: Database, clock: FixedClock
) -> None:
    a_subscription(practice, EventType.APPOINTMENT_COMPLETED)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=1), "8:00")
    practice.desk.perform(practice.maria, attendance.complete, visit, expect_version=1)
    tried(database, state="sent", sent_at=clock.now())
    done = practice.desk.perform(practice.maria, attendance.no_show, visit, expect_version=2)
    assert done.undo is not None
    practice.desk.undo(practice.maria, done.undo)
    assert told(database) == ["appointment.completed"]


# All or nothing


def test_an_act_that_fails_anywhere_tells_nobody(practice: Practice, database: Database) -> None:
    a_subscription(practice)
    a_subscription(practice)
    undo: list[Any] = []

    def act() -> None:
        undo.append(booked(practice).undo)

    assert failing_everywhere(database, act) > 5
    assert len(messages(database)) == 2
    assert failing_everywhere(database, lambda: practice.desk.undo(practice.maria, undo[-1])) > 5
    assert messages(database) == []


class Day:
    """A day at the desk: random acts, undos and the passing of time."""

    def __init__(self, practice: Practice, clock: FixedClock, seed: int) -> None:
        self.practice, self.clock, self.random = practice, clock, Random(seed)
        self.known: list[AppointmentId] = []
        self.undo: list[Any] = []

    def time(self) -> str:
        return f"{self.random.randrange(9, 16)}:{self.random.choice(['00', '40'])}"

    def some(self) -> AppointmentId:
        return self.random.choice(self.known)

    def acted(self, done: Outcome[Any]) -> None:
        self.known.append(done.value.id)
        if done.undo is not None:
            self.undo.append(done.undo)

    def book(self) -> None:
        self.acted(booked(self.practice, self.time()))

    def hold(self) -> None:
        self.known.append(held(self.practice, self.time()))

    def cancel(self) -> None:
        which = self.some()
        version = seen(self.practice, which).version
        act = scheduling.cancel
        self.acted(self.practice.desk.perform(self.practice.maria, act, which, code="pat", expect_version=version))

    def move(self) -> None:
        which, there = self.some(), slot(self.practice, self.time())
        version = seen(self.practice, which).version
        act = scheduling.reschedule
        self.acted(self.practice.desk.perform(self.practice.maria, act, which, there, expect_version=version))

    def let_go(self) -> None:
        self.practice.desk.perform(self.practice.maria, scheduling.drop_hold, self.some())

    def take_back(self) -> None:
        self.practice.desk.undo(self.practice.maria, self.undo.pop())

    def pass_time(self) -> None:
        self.clock.advance(self.random.choice([SECOND, timedelta(seconds=30), timedelta(minutes=20)]))
        self.practice.desk.perform(SYSTEM, scheduling.expire_holds)

    def live(self, turns: int) -> None:
        acts = (self.book, self.book, self.hold, self.cancel, self.move, self.let_go, self.take_back, self.pass_time)
        for _turn in range(turns):
            with suppress(Refused, IndexError):  # nothing is there yet to do it with
                self.random.choice(acts)()


def heard(database: Database) -> dict[int, dict[str, Any]]:
    """What a receiver knows of each appointment that goes by `sequence` alone, in whatever order the messages came."""
    known: dict[int, dict[str, Any]] = {}
    for message in messages(database):
        before = known.get(message.appointment_id)
        if before is None or message.payload["sequence"] >= before["sequence"]:
            known[message.appointment_id] = message.payload
    return known


@pytest.mark.parametrize("seed", range(6))
def test_whoever_keeps_the_last_event_of_each_appointment_knows_how_it_stands(
    practice: Practice, database: Database, clock: FixedClock, seed: int
) -> None:
    a_subscription(practice)
    day = Day(practice, clock, seed)
    day.live(80)
    known = heard(database)
    replaced = {payload["replaces_id"] for payload in known.values()}
    with database.read() as connection:
        rows = connection.execute(select(schema.appointment)).all()
    assert len(rows) > 5
    for row in rows:
        if row.id not in known:  # booked and taken back, or held and let go, before anybody heard
            assert row.cancel_code in ("undone", "dropped")
        elif row.cancel_code == "rescheduled":
            assert str(row.id) in replaced
        else:
            assert known[row.id]["status"] == row.status


def test_every_event_is_published_by_some_act_of_these_tests() -> None:
    assert {name for _act, names in ACTS for name in names} | {"appointment.reminder_due", "subscription.test"} == {
        str(type_) for type_ in SPEC_OF_EVENT
    }
