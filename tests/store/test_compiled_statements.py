"""Known statements on the driver's own cursor answer what SQLAlchemy answers, on both engines."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Executable, bindparam, delete, event, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from request_desk.store import schema
from request_desk.store.database import Database

NOON = datetime(2026, 11, 24, 20, 0, 0, 123456, tzinfo=UTC)
patient, command = schema.patient, schema.command
INSERT = insert(patient)
NAMED = (
    select(patient.c.id, patient.c.birth_day, patient.c.active, func.count().over().label("how_many"))
    .where(patient.c.family_name == bindparam("family"), patient.c.active)
    .order_by(patient.c.id)
)
RENAMED = (
    update(patient)
    .where(patient.c.id == bindparam("which"))
    .values(given_name=bindparam("to_name"), version=patient.c.version + 1)
    .returning(*patient.c)
)
KEPT = insert(command)
COMMANDS = select(command.c.id, command.c.at, command.c.answer)
DELETED = delete(patient).where(patient.c.id == bindparam("which"))
HOW_MANY = select(func.count()).select_from(patient)
SEVERAL = select(patient.c.id).where(patient.c.id.in_(bindparam("ids", expanding=True)))


def given(**values: Any) -> dict[str, Any]:
    row = {
        "given_name": "Zuri",
        "family_name": "Okafor",
        "birth_day": date(2022, 3, 12),
        "household_id": 1,
        "search": "zuri",
    }
    return {**row, **values}


def a_command(**values: Any) -> dict[str, Any]:
    return {"id": uuid4(), "actor_id": 5, "function": "f", "at": NOON, "answer": "{}", **values}


def quickly(database: Database, connection: Any, statement: Executable, values: dict[str, Any]) -> Any:
    """Run a statement that is known already."""
    database.quick.run(connection, statement, values)
    return database.quick.run(connection, statement, values)


def test_a_statement_is_quick_from_the_second_time_on(database: Database) -> None:
    with database.write() as connection:
        assert database.quick.run(connection, INSERT, given(id=1)) is None
        answer = database.quick.run(connection, INSERT, given(id=2))
        assert answer is not None
        assert answer.written == 1
    with database.read() as connection:
        assert [row.id for row in connection.execute(NAMED, {"family": "Okafor"})] == [2]


def test_the_answers_are_those_of_sqlalchemy(database: Database) -> None:
    with database.write() as connection:
        connection.execute(INSERT, [given(id=1), given(id=2, active=False), given(id=3, birth_day=date(2019, 2, 28))])
        connection.execute(KEPT, a_command())
    with database.read() as connection:
        for statement, values in ((NAMED, {"family": "Okafor"}), (COMMANDS, {})):
            ordinary = connection.execute(statement, values).all()
            quick = quickly(database, connection, statement, values)
            assert quick.rows == [tuple(row) for row in ordinary]
            assert quick.rows[0]._asdict() == ordinary[0]._asdict()


def test_defaults_of_the_columns_are_written(database: Database) -> None:
    with database.write() as connection:
        database.quick.run(connection, INSERT, given(id=1))
        database.quick.run(connection, INSERT, given(id=2))
    with database.read() as connection:
        row = connection.execute(select(patient).where(patient.c.id == 2)).one()
    assert (row.active, row.deceased, row.version) == (True, False, 1)


def test_a_returning_update_gives_the_row_as_it_is_now(database: Database) -> None:
    with database.write() as connection:
        connection.execute(INSERT, given(id=1))
        first = connection.execute(RENAMED, {"which": 1, "to_name": "Ada"}).one()
        answer = quickly(database, connection, RENAMED, {"which": 1, "to_name": "Mae"})
        assert (answer.rows[0].given_name, answer.rows[0].version) == ("Mae", first.version + 1)
        assert quickly(database, connection, RENAMED, {"which": 99, "to_name": "X"}).rows == []


def test_a_refusal_of_the_database_is_the_same_error(database: Database) -> None:
    with database.write() as connection:
        connection.execute(INSERT, given(id=1))

    def twice() -> None:
        with database.write() as connection:
            quickly(database, connection, INSERT, given(id=1))

    with pytest.raises(IntegrityError) as refused:
        twice()
    assert not refused.value.connection_invalidated
    with database.write() as connection:
        assert connection.execute(select(func.count()).select_from(patient)).scalar_one() == 1


def test_what_is_out_of_the_ordinary_goes_the_ordinary_way(database: Database) -> None:
    with database.write() as connection:
        connection.execute(INSERT, given(id=1))
        assert quickly(database, connection, SEVERAL, {"ids": [1, 2]}) is None  # expanding IN
        assert quickly(database, connection, NAMED, {}) is None  # a value is missing: SQLAlchemy says which


def test_a_value_that_is_named_twice_is_given_once(database: Database) -> None:
    twice = select(patient.c.id).where(patient.c.id == bindparam("who"), patient.c.household_id != bindparam("who"))
    with database.write() as connection:
        connection.execute(INSERT, given(id=2))
    with database.read() as connection:
        assert quickly(database, connection, twice, {"who": 2}).rows == [(2,)]


@pytest.fixture
def server(postgres_url: str) -> Iterator[Database]:
    """A database that takes several statements on one way, and knows these ones."""
    database = Database(postgres_url)
    with database.write() as connection:
        for statement, values in (
            (INSERT, given(id=0)),
            (RENAMED, {"which": -1, "to_name": ""}),
            (DELETED, {"which": 0}),
            (NAMED, {"family": ""}),
        ):
            database.quick.run(connection, statement, values)
    yield database
    database.close()


def test_several_statements_go_one_way_in_their_order(server: Database) -> None:
    with server.write() as connection:
        answers = server.quick.run_all(
            connection,
            [
                (INSERT, given(id=1)),
                (RENAMED, {"which": 1, "to_name": "Mae"}),
                (NAMED, {"family": "Okafor"}),
                (DELETED, {"which": 1}),
                (NAMED, {"family": "Okafor"}),
            ],
        )
    assert answers is not None
    inserted, renamed, before, deleted, after = answers
    assert (inserted.rows, inserted.written) == ([], 1)
    assert (renamed.rows[0].given_name, renamed.written) == ("Mae", 1)
    assert [row.how_many for row in before.rows] == [1]
    assert (deleted.rows, deleted.written) == ([], 1)
    assert after.rows == []


def test_none_is_run_when_one_of_several_is_not_known(server: Database) -> None:
    with server.write() as connection:
        connection.execute(INSERT, given(id=1))
        asked: list[tuple[Executable, dict[str, Any]]] = [(DELETED, {"which": 1}), (SEVERAL, {"ids": [1]})]
        for _time in range(2):  # an expanding IN is never known
            assert server.quick.run_all(connection, asked) is None
        assert connection.execute(HOW_MANY).scalar_one() == 1


def test_the_first_of_several_that_fails_is_the_error_and_nothing_stays(server: Database) -> None:
    def clash() -> None:
        with server.write() as connection:
            server.quick.run_all(
                connection,
                [(INSERT, given(id=1)), (INSERT, given(id=1)), (DELETED, {"which": 1}), (INSERT, given(id=2))],
            )

    with pytest.raises(IntegrityError, match="pk_patient") as refused:
        clash()
    assert not refused.value.connection_invalidated
    with server.write() as connection:  # the same connection, fit for use
        assert connection.execute(HOW_MANY).scalar_one() == 0


def test_a_value_that_does_not_fit_is_told_before_anything_is_sent(server: Database) -> None:
    with server.write() as connection:
        server.quick.run(connection, KEPT, a_command())
        with pytest.raises(ValueError, match="zone"):
            server.quick.run_all(connection, [(INSERT, given(id=1)), (KEPT, a_command(at=NOON.replace(tzinfo=None)))])
        assert connection.execute(HOW_MANY).scalar_one() == 0


def test_a_listener_that_was_removed_is_no_hindrance(database: Database) -> None:
    seen: list[str] = []

    def note(*call: Any) -> None:
        seen.append(call[2])

    event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as connection:
        assert quickly(database, connection, NAMED, {"family": "Okafor"}) is None
    event.remove(database.engine, "before_cursor_execute", note)
    with database.read() as connection:
        assert quickly(database, connection, NAMED, {"family": "Okafor"}).rows == []
    assert seen == []


def test_a_listener_sees_every_statement(database: Database) -> None:
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    database_again = Database(database.url.render_as_string(hide_password=False))
    event.listen(database_again.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    with database_again.read() as connection:
        for _time in range(3):
            if database_again.quick.run(connection, NAMED, {"family": "Okafor"}) is None:
                connection.execute(NAMED, {"family": "Okafor"})
    database_again.close()
    assert sum("FROM patient" in statement for statement in seen) == 3
