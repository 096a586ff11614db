"""No way leads to an open request that nobody sees: undo after a change of the directory, and two changes at once (RT3, RT6)."""

from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Refused
from request_desk.domain.ids import NewId, RequestId, TargetId
from request_desk.domain.requests import Disposition, Reply, Tab, Target, TargetKind
from request_desk.services.desk import Desk, Outcome, Unit
from request_desk.services.inbox import (
    handling,
    marks as inbox_marks,
    queries as inbox_queries,
    routing as inbox_routing,
    view as request_view,
)
from request_desk.services.people import access
from request_desk.services.practice import administration, directory, invariants
from request_desk.services.practice.founding import INTAKE
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice


def unread(desk: Desk, actor: Actor) -> list[int]:
    return [key.id for key in desk.query(actor, inbox_queries.open_keys, Tab.UNREAD)]


def version(desk: Desk, practice: Practice, request: RequestId) -> int:
    return desk.query(practice.admin, request_view.open_request, request).version


def completed(desk: Desk, practice: Practice, request: RequestId) -> Outcome[Any]:
    return desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Please call us."),
        disposition=Disposition.COMPLETED,
        expect_version=version(desk, practice, request),
    )


def row_version(practice: Practice, table: Any, which: int) -> int:
    with practice.database.read() as connection:
        return int(connection.execute(select(table.c.version).where(table.c.id == which)).scalar_one())


def set_members(desk: Desk, practice: Practice, *people: Actor) -> None:
    ids = [each.staff_id for each in people]
    seen = row_version(practice, schema.department, practice.intake)
    desk.perform(practice.admin, administration.save_department, practice.intake, INTAKE, ids, expect_version=seen)


def switch_off(desk: Desk, practice: Practice, who: Actor) -> None:
    seen = row_version(practice, schema.staff, who.id)
    desk.perform(practice.admin, administration.deactivate_staff, who.staff_id, expect_version=seen)


def test_undoing_a_completion_after_the_department_was_emptied_brings_it_to_somebody(
    desk: Desk, practice: Practice
) -> None:
    request = practice.a_request()
    outcome = completed(desk, practice, request)
    set_members(desk, practice)
    assert outcome.undo is not None
    desk.undo(practice.maria, outcome.undo)
    assert unread(desk, practice.admin) == [request]


def test_undoing_a_completion_follows_the_members_of_now(desk: Desk, practice: Practice) -> None:  # RT6
    set_members(desk, practice)
    request = practice.a_request()
    outcome = completed(desk, practice, request)
    set_members(desk, practice, practice.kofi)
    assert outcome.undo is not None
    desk.undo(practice.maria, outcome.undo)
    assert unread(desk, practice.kofi) == [request]
    assert unread(desk, practice.admin) == []


def test_undoing_a_completion_that_others_had_put_aside_leaves_it_with_somebody(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    desk.perform(practice.kofi, inbox_marks.not_mine, request)
    outcome = completed(desk, practice, request)
    set_members(desk, practice, practice.kofi)
    assert outcome.undo is not None
    desk.undo(practice.maria, outcome.undo)
    assert unread(desk, practice.kofi) == [request]


def test_undoing_a_forward_to_an_inbox_that_lost_its_last_member_brings_it_to_somebody(
    desk: Desk, practice: Practice
) -> None:
    request = practice.a_request()
    to = Target(TargetKind.STAFF, practice.kofi.id)  # type: ignore[arg-type]
    outcome = desk.perform(
        practice.maria, inbox_routing.forward, request, to, "", expect_version=version(desk, practice, request)
    )
    set_members(desk, practice)
    assert outcome.undo is not None
    desk.undo(practice.maria, outcome.undo)
    assert unread(desk, practice.admin) == [request]


def test_an_answer_brings_a_request_that_the_rule_placed_where_the_rule_is_now(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # RT1, RT6
    set_members(desk, practice)
    request = practice.a_request()
    completed(desk, practice, request)
    set_members(desk, practice, practice.maria)
    clock.advance(timedelta(minutes=1))
    desk.perform(practice.amara, handling.answer, request, "one more thing")
    assert unread(desk, practice.maria) == [request]
    assert unread(desk, practice.admin) == []


def at_once(first: Desk, second: Desk, slow: Any, quick: Any) -> list[BaseException]:
    """Perform `slow` with a pause before its commit, and `quick` from another connection meanwhile."""
    reached, go_on = Event(), Event()
    wrong: list[BaseException] = []

    def paused(unit: Unit) -> None:
        slow(unit)
        reached.set()
        go_on.wait(2)

    def tried(run: Any) -> None:
        try:
            run()
        except Refused as refused:
            wrong.append(refused)

    one = Thread(target=tried, args=(lambda: first.perform(slow.actor, paused),))
    one.start()
    assert reached.wait(10)
    two = Thread(target=tried, args=(lambda: quick(second),))
    two.start()
    two.join(0.5)  # waits for the other where the rows are locked
    go_on.set()
    one.join(10)
    two.join(10)
    return wrong


class Slow:
    """A use case with who performs it."""

    def __init__(self, actor: Actor, run: Any) -> None:
        self.actor = actor
        self._run = run

    def __call__(self, unit: Unit) -> None:
        self._run(unit)


@pytest.fixture
def two(postgres_url: str, clock: FixedClock, new_ids: NewId) -> Any:
    """A practice on PostgreSQL and a second desk of it."""
    database, other = Database(postgres_url), Database(postgres_url)
    desk, second = Desk(database, clock, new_ids), Desk(other, clock, new_ids)
    yield desk, second, Practice(desk, database)
    desk.close()
    second.close()


@pytest.fixture
def new_ids() -> NewId:
    from request_desk.domain.ids import CountingIds

    return CountingIds(1000)


@pytest.mark.postgres
def test_a_forward_and_the_end_of_its_receiver_at_once_leave_it_with_somebody(two: Any) -> None:
    desk, second, practice = two
    nurse = practice.a_staff("nurse", "Ana Ruiz", [Role.SCHEDULER])
    request = practice.a_request()
    seen = version(desk, practice, request)
    to = Target(TargetKind.STAFF, nurse.id)
    slow = Slow(practice.maria, lambda unit: inbox_routing.forward(unit, request, to, "", expect_version=seen))
    at_once(desk, second, slow, lambda other: switch_off(other, practice, nurse))
    view = desk.query(practice.admin, request_view.open_request, request)
    assert view.inboxes > 0


@pytest.mark.postgres
def test_arriving_for_a_provider_and_the_end_of_the_login_at_once_leave_it_with_somebody(two: Any) -> None:
    desk, second, practice = two
    provider = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    set_members(desk, practice)
    made: list[RequestId] = []

    def submit(unit: Unit) -> None:
        desk_of = practice.desk
        practice.desk = _Inside(unit)
        try:
            made.append(practice.a_request(provider=practice.mwangi))
        finally:
            practice.desk = desk_of

    at_once(desk, second, Slow(practice.amara, submit), lambda other: switch_off(other, practice, provider))
    assert desk.query(practice.admin, request_view.open_request, made[0]).inboxes > 0


@pytest.mark.postgres
def test_putting_aside_and_the_end_of_the_last_other_receiver_at_once_leave_it_with_somebody(two: Any) -> None:
    desk, second, practice = two
    request = practice.a_request()
    slow = Slow(practice.maria, lambda unit: inbox_marks.not_mine(unit, request))
    at_once(desk, second, slow, lambda other: switch_off(other, practice, practice.kofi))
    assert unread(desk, practice.maria) == [request]


class _Inside:
    """Lets a builder act inside a unit that is open already."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def perform(self, _actor: Actor, function: Any, *values: Any) -> Any:
        return Outcome(function(self._unit, *values), None)  # type: ignore[arg-type]


def test_a_member_who_is_only_invited_does_not_hide_requests(desk: Desk, practice: Practice) -> None:  # RT2, RT3
    invited = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER], password_hash="")
    set_members(desk, practice, invited)
    request = practice.a_request()
    assert unread(desk, practice.admin) == [request]
    assert unread(desk, invited) == []
    assert "no active member" in desk.query(practice.admin, directory.banner)
    desk.perform(SYSTEM, access.set_password, invited.staff_id, "lantern orbit velvet quarry")
    assert unread(desk, invited) == [request]
    assert desk.query(practice.admin, directory.banner) == ""
    assert unread(desk, practice.admin) == []


def test_requests_go_on_while_somebody_has_no_password(desk: Desk, practice: Practice) -> None:  # RT2, RT6
    set_members(desk, practice, practice.maria)
    request = practice.a_request()
    assert unread(desk, practice.maria) == [request]
    seen = row_version(practice, schema.staff, practice.maria.id)
    desk.perform(practice.admin, access.reset_password, practice.maria.staff_id, expect_version=seen)
    assert unread(desk, practice.admin) == [request]
    desk.perform(SYSTEM, access.set_password, practice.maria.staff_id, "lantern orbit velvet quarry")
    assert unread(desk, practice.maria) == [request]


def test_nothing_is_forwarded_to_somebody_who_cannot_open_it(desk: Desk, practice: Practice) -> None:  # RT3, RT5
    invited = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER], password_hash="")
    to = Target(TargetKind.STAFF, TargetId(invited.id))
    assert to not in [choice.target for choice in desk.query(practice.maria, directory.targets)]
    with pytest.raises(Refused, match="no active member"):
        desk.perform(practice.maria, inbox_routing.forward, practice.a_request(), to, "", expect_version=1)


def test_the_check_tells_of_a_request_that_only_an_invited_member_would_see(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    with practice.database.write() as connection:
        connection.execute(
            update(schema.staff)
            .where(schema.staff.c.id.in_([practice.maria.id, practice.kofi.id]))
            .values(password_hash="")
        )
    assert any(f"request {request}" in each for each in desk.query(SYSTEM, invariants.inconsistencies))
    desk.perform(practice.admin, inbox_routing.reroute)
    assert desk.query(SYSTEM, invariants.inconsistencies) == ()
