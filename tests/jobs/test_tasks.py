"""The jobs one by one: delivering, planning, sweeping (JOB-01, JOB-05, JOB-08, RE8, ACT3)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Table, func, select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Unavailable
from request_desk.domain.ids import hashed
from request_desk.domain.requests import Disposition, Reply
from request_desk.domain.spans import Slot
from request_desk.gateways.letters import Letter, Permanent, Result, Sent, Temporary
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, queries as inbox_queries, view as request_view
from request_desk.services.notices import outbox
from request_desk.services.people import access
from request_desk.services.portal import access as portal_access
from request_desk.services.practice import housekeeping
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.events import a_subscription, messages

pytestmark = pytest.mark.usefixtures("quick_hashing")


class Post:
    """Takes letters and answers as it is told."""

    def __init__(self, answer: Callable[[Letter], Result] = lambda _letter: Sent()) -> None:
        self.letters: list[Letter] = []
        self.answer = answer

    def __call__(self, letter: Letter) -> Result:
        self.letters.append(letter)
        return self.answer(letter)


def by_mail(post: Post) -> tasks.Senders:
    return {Channel.EMAIL: post}


@pytest.fixture
def post() -> Post:
    return Post()


def states(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(schema.outbox.c.state).order_by(schema.outbox.c.id)).scalars())


def replied(desk: Desk, practice: Practice) -> int:
    """A request that was answered; its acknowledgement has left."""
    request = practice.a_request()
    tasks.deliver(desk, by_mail(Post()), "earlier")
    version = desk.query(practice.maria, request_view.open_request, request).version
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Tuesday it is."),
        disposition=Disposition.COMPLETED,
        expect_version=version,
    )
    return request


def test_a_notice_waits_for_the_grace_time_and_then_leaves_once(
    desk: Desk, practice: Practice, clock: FixedClock, post: Post, database: Database
) -> None:  # ACT5, RE7
    replied(desk, practice)
    assert tasks.deliver(desk, by_mail(post), "worker") == 0
    clock.advance(timedelta(seconds=20))
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert tasks.deliver(desk, by_mail(post), "worker") == 0
    assert [letter.to for letter in post.letters] == ["amara@example.org"]
    assert "Tuesday" not in post.letters[0].body + post.letters[0].subject
    assert states(database)[-1] == "sent"


def test_looking_for_work_writes_nothing(desk: Desk, practice: Practice, post: Post) -> None:
    before = desk.last_seq()
    for _look in range(3):
        assert tasks.deliver(desk, by_mail(post), "worker") == 0
    assert desk.last_seq() == before


def test_a_code_is_made_when_it_is_sent_and_signs_in(desk: Desk, practice: Practice, post: Post) -> None:  # OTP-02
    browser = hashed("cookie")
    asked = desk.perform(SYSTEM, portal_access.ask_code, "amara@example.org", browser).value
    assert asked.reference is not None
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    letter = post.letters[0]
    found = re.search(r"\b[0-9]{6}\b", letter.body)
    assert found is not None
    assert portal_access.check_code(desk, asked.reference, found[0], browser).ok


def test_a_code_is_told_in_the_language_of_whom_it_goes_to(desk: Desk, practice: Practice, post: Post) -> None:  # NT2
    practice.a_contact("Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "mother"}}, language="es")
    desk.perform(SYSTEM, portal_access.ask_code, "rosa@example.org", hashed("cookie"))
    assert tasks.deliver(desk, by_mail(post), "me") == 1
    (letter,) = post.letters
    assert letter.subject == "Harbor Pediatrics: su código para entrar"
    assert "Sirve una sola vez" in letter.body


def test_a_code_that_is_over_is_not_sent(
    desk: Desk, practice: Practice, post: Post, clock: FixedClock, database: Database
) -> None:
    desk.perform(SYSTEM, portal_access.ask_code, "amara@example.org", hashed("cookie"))
    clock.advance(timedelta(minutes=11))
    assert tasks.deliver(desk, by_mail(post), "worker") == 0
    assert post.letters == []
    assert states(database) == ["failed"]


def test_a_row_that_raises_does_not_stop_the_others(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:  # JOB-05
    for by in (practice.amara, practice.father):
        practice.a_request(by=by, message=f"for {by.id}")

    def answer(letter: Letter) -> Result:
        if letter.to.startswith("amara"):
            raise RuntimeError(letter.to)
        return Sent()

    post = Post(answer)
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert sorted(states(database)) == ["pending", "sent"]
    assert tasks.deliver(desk, by_mail(post), "worker") == 0  # it waits for its next try
    for _try in range(8):
        clock.advance(timedelta(hours=7))
        tasks.deliver(desk, by_mail(post), "worker")
    assert sorted(states(database)) == ["failed", "sent"]


def test_a_busy_server_is_tried_again_with_the_same_reference(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:  # RE8, NOTE-08
    practice.a_request()
    answers: list[Result] = [Temporary("The mail server cannot be reached."), Sent()]
    post = Post(lambda _letter: answers.pop(0))
    assert tasks.deliver(desk, by_mail(post), "worker") == 0
    clock.advance(timedelta(minutes=1))
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert len({letter.reference for letter in post.letters}) == 1
    assert states(database) == ["sent"]


def test_a_refused_letter_is_shown_as_undelivered_and_can_be_sent_again(
    desk: Desk, practice: Practice, database: Database
) -> None:  # RE8
    request = practice.a_request()
    post = Post(lambda _letter: Permanent("The mailbox was refused (550 5.1.1)."))
    tasks.deliver(desk, by_mail(post), "worker")
    failed = desk.query(practice.maria, inbox_queries.deliveries).rows
    assert [(each.request_id, each.error) for each in failed] == [(request, "The mailbox was refused (550 5.1.1).")]
    post.answer = lambda _letter: Sent()
    desk.perform(practice.maria, outbox.retry, failed[0].id)
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert desk.query(practice.maria, inbox_queries.deliveries).rows == ()


def test_a_notice_waits_for_a_worker_that_sends_over_its_channel(
    desk: Desk, practice: Practice, post: Post, database: Database
) -> None:
    practice.a_request()
    before = desk.last_seq()
    assert tasks.deliver(desk, {}, "worker") == 0
    assert tasks.deliver(desk, {Channel.PHONE: post}, "worker") == 0
    assert desk.last_seq() == before  # neither leased nor tried
    assert states(database) == ["pending"]
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert states(database) == ["sent"]


def test_a_kind_of_a_newer_program_waits_and_stops_nobody(
    desk: Desk, practice: Practice, post: Post, database: Database
) -> None:  # JOB-05
    practice.a_request()
    practice.a_request(by=practice.father, message="another")
    kinds = schema.outbox.c
    with database.write() as connection:
        connection.execute(
            update(schema.outbox).where(kinds.contact_id == practice.amara.id).values(kind="from the future")
        )
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert [letter.to for letter in post.letters] == ["chidi@example.org"]
    assert sorted(states(database)) == ["pending", "sent"]


def test_two_workers_never_send_one_notice_twice(desk: Desk, practice: Practice) -> None:  # JOB-01
    practice.a_request()
    other = Post()

    def meanwhile(_letter: Letter) -> Result:
        assert tasks.deliver(desk, by_mail(other), "second worker") == 0
        return Sent()

    post = Post(meanwhile)
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert other.letters == []


def test_a_worker_that_died_while_sending_leaves_the_notice_to_another(
    desk: Desk, practice: Practice, clock: FixedClock, post: Post
) -> None:  # JOB-01
    practice.a_request()
    claimed = desk.perform(SYSTEM, outbox.claim_due, "dead worker", tuple(Channel)).value
    assert len(claimed) == 1
    assert tasks.deliver(desk, by_mail(post), "worker") == 0
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    assert tasks.deliver(desk, by_mail(post), "worker") == 1
    assert post.letters[0].reference == claimed[0].reference


def test_somebody_who_wants_no_notices_any_more_gets_none(
    desk: Desk, practice: Practice, clock: FixedClock, post: Post, database: Database
) -> None:  # JOB-08, NOTE-05
    replied(desk, practice)
    with database.write() as connection:
        connection.execute(
            update(schema.contact).where(schema.contact.c.id == practice.amara.id).values(opted_out=True)
        )
    clock.advance(timedelta(seconds=20))
    assert tasks.deliver(desk, by_mail(post), "worker") == 0
    assert post.letters == []
    assert states(database)[-1] == "withdrawn"


def test_delivering_stops_when_it_is_told_to(desk: Desk, practice: Practice, post: Post) -> None:
    practice.a_request()
    assert tasks.deliver(desk, by_mail(post), "worker", lambda: True) == 0
    assert post.letters == []


def test_a_database_that_is_away_is_not_the_notices_fault(desk: Desk, practice: Practice) -> None:
    practice.a_request()

    def away(_letter: Letter) -> Result:
        desk.close()
        return Sent()

    with pytest.raises(Unavailable):
        tasks.deliver(desk, by_mail(Post(away)), "worker")


def test_holds_past_their_time_are_expired_by_the_plan(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:  # ACT3
    start = wall(TODAY + timedelta(days=1), "9:20")
    slot = Slot(
        practice.lindqvist, practice.northside, start, start + timedelta(minutes=40), start + timedelta(minutes=40)
    )
    desk.perform(practice.maria, scheduling.hold, slot, type_id=practice.well, patient_id=practice.zuri)
    assert tasks.plan(desk, "worker") == 0
    clock.advance(timedelta(minutes=16))
    assert tasks.plan(desk, "worker") == 1
    with database.read() as connection:
        assert connection.execute(select(schema.appointment.c.status)).scalars().all() == ["expired"]


def test_one_process_plans_at_a_time_and_another_takes_over_when_it_is_gone(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # JOB-03
    def takes(owner: str) -> bool:
        return desk.perform(SYSTEM, housekeeping.take_lease, "planner", owner, timedelta(minutes=2)).value

    assert takes("one")
    assert takes("one")
    assert not takes("two")
    clock.advance(timedelta(seconds=90))
    assert takes("one")  # renewed
    clock.advance(timedelta(seconds=90))
    assert not takes("two")
    clock.advance(timedelta(seconds=31))
    assert takes("two")
    assert not takes("one")


def test_what_is_over_is_swept_and_what_counts_is_kept(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:
    desk.perform(SYSTEM, portal_access.ask_code, "amara@example.org", hashed("cookie"))
    access.sign_in(desk, "maria", "wrong password here", "front-1")
    practice.a_request()

    def counts() -> dict[str, int]:
        tables = (schema.command, schema.throttle, schema.challenge, schema.journal)
        with database.read() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
            }

    before = counts()
    assert tasks.sweep(desk) == 0
    clock.advance(timedelta(hours=26))
    assert tasks.sweep(desk) > 0
    assert counts()["throttle"] == 0
    assert counts()["challenge"] == 0
    assert counts()["command"] == before["command"]
    clock.advance(timedelta(days=7))
    tasks.sweep(desk)
    assert counts()["command"] == 0
    assert counts()["journal"] == before["journal"]


def test_what_was_closed_a_month_ago_is_swept_and_what_is_open_or_was_offered_stays(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:  # ACT8
    now = clock.now()

    def kept(table: Table, **values: object) -> int:
        new_id = practice.new_id()
        practice.insert(table, id=new_id, **values)
        return new_id

    def wish(**values: object) -> int:
        about = {"patient_id": practice.zuri, "type_id": practice.well, "created_at": now, "note": "mornings"}
        who = {"created_by_kind": "staff", "created_by_id": practice.maria.id}
        return kept(schema.waitlist_entry, **about, **who, **values)

    def suggestion(**values: object) -> int:
        about = {"about_kind": "type", "about_id": practice.well, "staff_id": practice.maria.id, "text": "Longer"}
        return kept(schema.suggestion, **about, created_at=now, **values)

    closed = {"closed_at": now, "closed_reason": "withdrawn"}
    still, over, offered = wish(), wish(**closed), wish(**closed)
    freed = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "9:00", status="cancelled", cancel_code="pat"
    )
    hold = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "9:00", status="cancelled", cancel_code="dropped"
    )
    kept(
        schema.slot_offer,
        freed_id=freed,
        hold_id=hold,
        patient_id=practice.zuri,
        contact_id=practice.amara.id,
        entry_id=offered,
        state="declined",
        rank=1,
        expires_at=now,
        created_at=now,
        created_by_id=practice.maria.id,
        decided_at=now,
    )
    asked, answered = suggestion(), suggestion(closed_at=now)

    def left() -> tuple[set[int], set[int]]:
        with database.read() as connection:
            entries = connection.execute(select(schema.waitlist_entry.c.id)).scalars()
            return set(entries), set(connection.execute(select(schema.suggestion.c.id)).scalars())

    clock.advance(timedelta(days=30))
    tasks.sweep(desk)
    assert left() == ({still, over, offered}, {asked, answered})
    clock.advance(timedelta(seconds=1))
    tasks.sweep(desk)
    assert left() == ({still, offered}, {asked})


def test_announcements_are_kept_as_long_as_the_journal_tells_of_them(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:  # NT2, AUD-08
    def announced(ends_at: datetime) -> int:
        new_id = practice.new_id()
        about = {"kind": "closed", "location_id": practice.northside, "staff_id": practice.maria.id, "texts": {}}
        span = {"starts_at": ends_at - timedelta(hours=1), "ends_at": ends_at, "created_at": clock.now()}
        practice.insert(schema.announcement, id=new_id, **about, **span)
        return new_id

    def kept() -> set[int]:
        with database.read() as connection:
            return set(connection.execute(select(schema.announcement.c.id)).scalars())

    first, second = announced(clock.now()), announced(clock.now() + timedelta(days=1))
    clock.advance(housekeeping.ANNOUNCEMENTS_KEPT)
    tasks.sweep(desk)
    assert kept() == {first, second}
    clock.advance(timedelta(seconds=1))
    tasks.sweep(desk)
    assert kept() == {second}


def test_webhooks_are_kept_for_a_month_and_those_on_their_way_longer(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:  # WH2
    a_subscription(practice)
    for _each in range(3):
        practice.a_request()
    waits, sent, _given_up = messages(database)
    found = schema.webhook_delivery
    with database.write() as connection:
        connection.execute(update(found).where(found.c.id != waits.id).values(state="failed"))
        values = {"id": practice.new_id(), "delivery_id": sent.id, "at": clock.now(), "elapsed_ms": 5}
        connection.execute(schema.webhook_attempt.insert(), values)
    clock.advance(timedelta(days=30))
    tasks.sweep(desk)
    assert len(messages(database)) == 3
    clock.advance(timedelta(seconds=1))
    tasks.sweep(desk)
    assert [row.id for row in messages(database)] == [waits.id]
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.webhook_attempt)).scalar_one() == 0


def test_a_sweep_takes_many_rows_in_batches(
    desk: Desk, practice: Practice, clock: FixedClock, database: Database
) -> None:
    old = clock.now() - timedelta(days=8)
    rows = [{"id": uuid4(), "actor_id": 0, "function": "f", "at": old, "answer": "null"} for _row in range(1_201)]
    with database.write() as connection:
        connection.execute(schema.command.insert(), rows)
    assert tasks.sweep(desk) == 1_201
