"""The one way in: all or nothing, once per command id, conflicts by name, and the feed of changes."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError

from request_desk.domain.access import SYSTEM, Actor, ActorKind, Permission, Role
from request_desk.domain.changes import ScheduleScope, Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, NotAllowed, NotFound, Refused, SignedOut, Unavailable
from request_desk.domain.ids import hashed, new_uuid
from request_desk.domain.spans import Slot
from request_desk.services import desk as desk_module
from request_desk.services.desk import Desk, Unit
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from request_desk.store.database import LOST, Database
from tests.builders import TODAY, ZONE, Practice


@dataclass(frozen=True, slots=True)
class Added:
    """The answer of a use case of these tests."""

    location_id: int


def add_location(unit: Unit, name: str) -> Added:
    unit.require(Permission.MANAGE_SETTINGS)
    place = unit.new_id()
    unit.insert(schema.location, id=place, name=name, zone="America/Los_Angeles")
    unit.record("added", Topic.DIRECTORY, place)
    unit.offer_undo("Add location", remove_location, place, expect_version=1)
    return Added(place)


def remove_location(unit: Unit, place: int, *, expect_version: int) -> None:
    unit.change(schema.location, place, expect_version, active=False)
    unit.record("removed", Topic.DIRECTORY, place)


def rename_location(unit: Unit, place: int, name: str, *, expect_version: int) -> int:
    row = unit.change(schema.location, place, expect_version, name=name)
    unit.record("renamed", Topic.DIRECTORY, place)
    return int(row.version)


def names(unit: Unit) -> list[str]:
    return [row.name for row in unit.rows(NAMES)]


WHO_ACTS = select(func.current_setting("request_desk.actor", True))
NAMES = select(schema.location.c.name).where(schema.location.c.active).order_by(schema.location.c.name)
ADD = schema.location.insert()


def who_acts(unit: Unit) -> str:
    return str(unit.value(WHO_ACTS))


def asks_and_fails(unit: Unit) -> None:
    raise ZeroDivisionError(who_acts(unit))


def fails_late(unit: Unit) -> None:
    add_location(unit, "Nowhere")
    raise ZeroDivisionError


def test_an_act_returns_its_value_its_changes_and_its_undo(desk: Desk) -> None:
    outcome = desk.perform(SYSTEM, add_location, "Northside")
    assert outcome.changes[Topic.DIRECTORY] == {outcome.value.location_id}
    assert outcome.undo is not None
    assert outcome.undo.until == desk.clock.now() + timedelta(seconds=20)
    assert desk.query(SYSTEM, names) == ["Northside"]
    desk.undo(SYSTEM, outcome.undo)
    assert desk.query(SYSTEM, names) == []


@pytest.mark.postgres
def test_the_database_knows_who_acts_for_as_long_as_the_transaction(postgres_url: str) -> None:
    """Ready for rules of rows; whoever has the connection next inherits nothing, also after a failure."""
    desk = Desk(Database(postgres_url))
    for actor in (Actor(ActorKind.STAFF, 7, "Maria"), Actor(ActorKind.CONTACT, 8, "Zuri"), SYSTEM) * 2:
        acts = f"{actor.kind}:{actor.id}"
        assert desk.query(actor, who_acts) == acts
        assert desk.perform(actor, who_acts).value == acts
        with pytest.raises(ZeroDivisionError, match=acts):
            desk.perform(actor, asks_and_fails)
        for begun in (desk.database.read, desk.database.write):
            with begun() as connection:
                assert not connection.scalar(WHO_ACTS)
    desk.close()


def test_an_exception_leaves_nothing_behind_not_even_a_journal_line(desk: Desk) -> None:
    before = desk.last_seq()
    with pytest.raises(ZeroDivisionError):
        desk.perform(SYSTEM, fails_late)
    assert desk.query(SYSTEM, names) == []
    assert desk.last_seq() == before


def test_the_same_command_id_writes_once_and_answers_the_same(desk: Desk) -> None:
    command = new_uuid()
    first = desk.perform_idempotent(command, SYSTEM, add_location, "Northside")
    again = desk.perform_idempotent(command, SYSTEM, add_location, "Northside")
    assert again.value == first.value
    assert not again.changes
    assert desk.query(SYSTEM, names) == ["Northside"]


def test_a_command_id_answers_only_who_used_it(desk: Desk) -> None:  # no id is a capability
    command, other = new_uuid(), Actor(ActorKind.STAFF, 77, "Maria", frozenset({Role.ADMINISTRATOR}))
    desk.perform_idempotent(command, SYSTEM, add_location, "Northside")
    with pytest.raises(Refused, match="already used"):
        desk.perform_idempotent(command, other, add_location, "Eastgate")
    assert desk.query(SYSTEM, names) == ["Northside"]


def test_a_stale_change_is_refused_and_names_who_changed_it(desk: Desk, practice: object) -> None:  # MC9
    kofi = Actor(ActorKind.STAFF, practice.kofi.id, "Kofi Prah", frozenset({Role.ADMINISTRATOR}))  # type: ignore[attr-defined]
    place = desk.perform(kofi, add_location, "Eastgate").value.location_id
    desk.perform(kofi, rename_location, place, "East Gate", expect_version=1)
    with pytest.raises(Conflict) as refused:
        desk.perform(SYSTEM, rename_location, place, "E. Gate", expect_version=1)
    assert refused.value.who == "Kofi Prah"
    assert refused.value.what == "renamed"
    with pytest.raises(NotFound):
        desk.perform(SYSTEM, rename_location, 424242, "X", expect_version=1)


def test_a_role_without_the_permission_is_refused_before_anything_is_written(desk: Desk) -> None:
    scheduler = Actor(ActorKind.STAFF, 77, "Maria", frozenset({Role.SCHEDULER}))
    with pytest.raises(NotAllowed):
        desk.perform(scheduler, add_location, "X")


def test_a_query_that_writes_is_a_bug(desk: Desk) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only|must be performed"):
        desk.query(SYSTEM, add_location, "X")


def asks_in_order(unit: Unit) -> list[list[str]]:
    place = unit.new_id()
    values = {"id": place, "name": "Northside", "zone": "America/Los_Angeles"}
    before = unit.defer(NAMES)
    added = unit.defer(ADD, values)
    between = unit.defer(NAMES)
    row = unit.change(schema.location, place, 1, name="Harbor St")  # waits, and so comes behind all of them
    after = unit.defer(NAMES)
    unit.defer(ADD, {**values, "id": unit.new_id()})  # nobody looks at this answer
    unit.record("added", Topic.DIRECTORY, place)
    assert (added.written, row.version) == (1, 2)
    return [[found.name for found in asked.rows] for asked in (before, between, after)]


def test_what_is_asked_for_is_answered_in_the_order_of_asking(desk: Desk) -> None:
    for _time in range(2):  # as unknown statements, then as known ones
        assert desk.perform(SYSTEM, asks_in_order).value == [[], ["Northside"], ["Harbor St"]]
        assert desk.query(SYSTEM, names) == ["Harbor St", "Northside"]
        with desk.database.write() as connection:
            connection.execute(schema.location.delete())


def asks_on_the_connection(unit: Unit) -> int:
    unit.defer(ADD, {"id": unit.new_id(), "name": "Northside", "zone": "America/Los_Angeles"})
    found = len(unit.connection.execute(NAMES).all())
    unit.record("added", Topic.DIRECTORY, 1)
    return found


def test_the_bare_connection_sees_what_was_asked_for_before(desk: Desk) -> None:
    assert desk.perform(SYSTEM, asks_on_the_connection).value == 1


def asks_for_the_impossible(unit: Unit) -> None:
    values = {"id": unit.new_id(), "name": "Northside", "zone": "America/Los_Angeles"}
    unit.defer(ADD, values)
    unit.defer(ADD, values)
    unit.record("added", Topic.DIRECTORY, 1)


def test_what_fails_without_being_waited_for_leaves_nothing_behind(desk: Desk) -> None:
    desk.perform(SYSTEM, asks_on_the_connection)  # its statement is known afterwards
    before = desk.last_seq()
    with pytest.raises(Refused, match="changed at this moment"):
        desk.perform(SYSTEM, asks_for_the_impossible)
    assert desk.query(SYSTEM, names) == ["Northside"]
    assert desk.last_seq() == before


def test_a_query_that_asks_for_a_write_fails(desk: Desk) -> None:
    def sneaks(unit: Unit) -> None:
        unit.defer(ADD, {"id": 1, "name": "Northside", "zone": "America/Los_Angeles"})

    with pytest.raises(DBAPIError):
        desk.query(SYSTEM, sneaks)
    assert desk.query(SYSTEM, names) == []


def test_the_feed_tells_other_desks_in_order_and_forgets_nothing(desk: Desk, database_url: str) -> None:
    start = desk.last_seq()
    other = Desk(Database(database_url), desk.clock)
    ids = [other.perform(SYSTEM, add_location, f"Place {number}").value.location_id for number in range(5)]
    changes, newest = desk.tail(start)
    assert [entry.entity_id for entry in changes.entries] == ids
    assert newest == desk.last_seq()
    assert desk.tail(newest) == (type(changes)(), newest)
    other.close()


def test_the_feed_tells_where_on_the_schedule_a_change_is_seen(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    start = desk.last_seq()
    two = ZONE.instant(TODAY, 14 * 60)
    held = desk.perform(
        practice.maria,
        scheduling.hold,
        Slot(practice.lindqvist, practice.northside, two, two, two),
        type_id=practice.well,
        patient_id=practice.zuri,
        request_id=request,
    ).value
    (entry,) = desk.tail(start)[0].of(Topic.APPOINTMENT, held.id)
    assert entry.scope == ScheduleScope(held.starts_at, practice.lindqvist, practice.zuri, request)
    desk.perform(SYSTEM, add_location, "Elsewhere")
    assert all(entry.scope is None for entry in desk.tail(entry.seq)[0].entries)


def test_a_reader_far_behind_reads_everything_anew(desk: Desk) -> None:
    def many(unit: Unit) -> None:
        for number in range(501):
            unit.record("touched", Topic.DIRECTORY, number + 1)

    start = desk.last_seq()
    desk.perform(SYSTEM, many)
    assert desk.tail(start)[0].everything


def test_a_session_that_ended_acts_no_more_and_roles_are_those_of_now(
    desk: Desk, practice: object, clock: FixedClock
) -> None:  # AUTH-07
    maria = replace(practice.maria, session=hashed("token"), roles=frozenset({Role.ADMINISTRATOR}))  # type: ignore[attr-defined]
    with pytest.raises(SignedOut):
        desk.query(maria, names)
    practice.insert(  # type: ignore[attr-defined]
        schema.staff_session,
        token_hash=hashed("token"),
        staff_id=maria.id,
        created_at=clock.now(),
        last_seen_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=12),
    )
    assert desk.query(maria, names)
    with pytest.raises(NotAllowed):  # claims to be an administrator, is a scheduler
        desk.perform(maria, add_location, "X")
    clock.advance(timedelta(hours=12))
    with pytest.raises(SignedOut):
        desk.query(maria, names)


def test_a_commit_whose_answer_is_lost_is_looked_up_not_repeated(
    postgres_url: str, clock: FixedClock
) -> None:  # OFF-04, M17
    database = Database(postgres_url)
    desk = Desk(database, clock)
    lost: list[bool] = []

    def lose(connection: object) -> None:
        if not lost:
            lost.append(True)
            driver = connection.connection.dbapi_connection  # type: ignore[attr-defined]
            driver.commit()  # the server has it …
            driver.close()  # … and the answer never comes

    event.listen(database.engine, "commit", lose)
    outcome = desk.perform(SYSTEM, add_location, "Once")
    assert lost
    assert outcome.value.location_id
    assert desk.query(SYSTEM, names) == ["Once"]
    desk.close()


def test_a_commit_that_nobody_can_look_up_is_not_called_undone(
    postgres_url: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:  # OFF-04
    database = Database(postgres_url)
    desk = Desk(database, clock)

    def out_of_reach() -> None:
        raise Unavailable(LOST)

    def lose(connection: object) -> None:
        driver = connection.connection.dbapi_connection  # type: ignore[attr-defined]
        driver.commit()
        driver.close()
        monkeypatch.setattr(database, "_connect", out_of_reach)

    event.listen(database.engine, "commit", lose)
    with pytest.raises(Unavailable, match="not known") as refused:
        desk.perform(SYSTEM, add_location, "Once")
    assert "Nothing was changed" not in refused.value.sentence
    desk.close()


def test_a_lost_database_is_a_sentence(postgres_url: str, clock: FixedClock, postgres_server: object) -> None:
    database = Database(postgres_url.replace("?host=", "?host=/nowhere"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        Desk(database, clock).query(SYSTEM, names)
    database.close()


def test_every_thing_with_a_version_has_its_lines_in_the_journal() -> None:
    versioned = {table.name for table in schema.metadata.sorted_tables if "version" in table.c}
    assert versioned == set(desk_module._TOPIC_OF)  # who changed it last is looked up there
