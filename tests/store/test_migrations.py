"""Migrations on both engines: the head is the schema, every step goes up and down, odd databases are refused in words."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import IntegrityError

from request_desk.domain.errors import Refused
from request_desk.store import migrate, schema
from request_desk.store.database import Database
from tests import postgres

EMPTY = "empty"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield database
        database.close()
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    server.administer(f"CREATE DATABASE {EMPTY}")
    database = Database(server.url(EMPTY))
    yield database
    database.close()
    server.administer(f"DROP DATABASE {EMPTY} WITH (FORCE)")


def shape(database: Database) -> list[str]:
    """Return the whole schema as text, sorted: every table, column, constraint, index, trigger and function."""
    with database.read() as connection:
        if database.is_sqlite:
            rows = connection.execute(
                text("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'")
            )
            return sorted(_in_parts(" ".join(row[0].split())) for row in rows)
        found = []
        for query in (
            "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name <> 'alembic_version'",
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'",
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang = "
            "(SELECT oid FROM pg_language WHERE lanname = 'plpgsql')",
        ):
            found += [" | ".join(str(value) for value in row) for row in connection.execute(text(query))]
        return sorted(found)


def _in_parts(statement: str) -> str:
    """Order columns and constraints of a table by their words: SQLite writes a column that came later behind the constraints."""
    if not statement.startswith("CREATE TABLE"):
        return statement
    inside = statement[statement.index("(") + 1 : statement.rindex(")")]
    parts, depth = [""], 0
    for sign in inside:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return statement.replace(inside, ", ".join(sorted(part.strip() for part in parts)))


def test_the_head_is_the_schema(empty: Database, request: pytest.FixtureRequest) -> None:
    migrate.migrate(empty)
    whole = Database(request.getfixturevalue("sqlite_url" if empty.is_sqlite else "postgres_url"))
    assert shape(empty) == shape(whole)
    whole.close()


def test_up_and_down_again_leaves_nothing(empty: Database) -> None:
    before = shape(empty)
    migrate.migrate(empty)
    assert migrate.version(empty) == migrate.HEAD
    migrate.downgrade_to_nothing(empty)
    with empty.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    assert [line for line in shape(empty) if "sqlite_sequence" not in line] == before  # SQLite keeps that one
    migrate.migrate(empty)
    migrate.check(empty)


def test_migrating_twice_changes_nothing(empty: Database) -> None:
    migrate.migrate(empty)
    once = shape(empty)
    assert migrate.migrate(empty) is None
    assert shape(empty) == once


def test_an_empty_database_is_refused_with_the_way_on(empty: Database) -> None:
    with pytest.raises(Refused, match="request-desk init"):
        migrate.check(empty)


def test_letters_that_wait_outlive_the_rebuilding_of_their_table(empty: Database) -> None:  # RE8
    migrate.migrate(empty, "0004")
    with empty.write() as connection:
        connection.execute(insert(schema.contact).values(id=1, given_name="Amara", family_name="Okafor", search=""))
        for number, state in enumerate(("pending", "failed", "sent"), 1):
            connection.execute(insert(schema.outbox).values(**_letter(number, state)))
    before = _letters(empty)
    migrate.migrate(empty)
    assert _letters(empty) == before
    with empty.write() as connection, pytest.raises(IntegrityError):
        connection.execute(text("UPDATE outbox SET contact_id = NULL WHERE id = 1"))  # it would go to nobody
    migrate.migrate(empty, "0004")
    assert _letters(empty) == before


def _letter(number: int, state: str) -> dict[str, object]:
    """A row with the columns alone that a letter had before it could go to anybody but a contact."""
    at = datetime(2026, 11, 24, 16, 12, number, tzinfo=UTC)
    return {
        "id": number,
        "reference": UUID(int=number),
        "kind": "reply",
        "channel": "email",
        "contact_id": 1,
        "payload": {"replied": True},
        "dedupe_key": f"reply:{number}",
        "state": state,
        "not_before": at,
        "created_at": at,
    }


def _letters(database: Database) -> list[tuple[object, ...]]:
    """What every letter of the outbox is, as far as it always was."""
    columns = "id, version, reference, kind, channel, contact_id, payload, dedupe_key, state, not_before, attempts, error, created_at"
    with database.read() as connection:
        return [tuple(map(str, row)) for row in connection.execute(text(f"SELECT {columns} FROM outbox ORDER BY id"))]


def test_a_newer_database_is_refused_and_left_alone(empty: Database) -> None:  # DUR-02, BAK-05
    migrate.migrate(empty)
    with empty.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (migrate.check, migrate.migrate):
        with pytest.raises(Refused, match="newer Request Desk"):
            attempt(empty)
    assert migrate.version(empty) == "9999"


def test_a_foreign_sqlite_file_is_refused(tmp_path: Path) -> None:  # DUR-02
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with database.admin() as connection:
        connection.execute(text("CREATE TABLE other (id INTEGER)"))
    with pytest.raises(Refused, match="not a Request Desk database"):
        migrate.version(database)
    database.close()


def test_every_version_of_the_migrations_is_known_to_the_gate() -> None:
    versions = Path(migrate.__file__).parent / "migrations" / "versions"
    assert tuple(sorted(path.name[:4] for path in versions.glob("[0-9]*_*.py"))) == migrate.REVISIONS
    assert migrate.REVISIONS[-1] == migrate.HEAD


def test_every_table_has_a_version_or_a_reason_to_have_none() -> None:
    without = {table.name for table in schema.metadata.sorted_tables if "version" not in table.c}
    assert without >= {"journal", "command", "request_mark"}
    assert not without & {"request", "appointment", "phrase", "staff", "practice", "outbox"}
