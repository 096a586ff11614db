"""A query sees the database as of one moment, whatever commits meanwhile; SQLite's own tests are in `test_database`."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from request_desk.domain.access import SYSTEM, Permission
from request_desk.domain.changes import Topic
from request_desk.services.desk import Desk, Unit
from request_desk.store import journal, schema
from request_desk.store.database import Database

pytestmark = pytest.mark.postgres


def a_place(database: Database, number: int) -> None:
    with database.write() as connection:
        connection.execute(insert(schema.location), {"id": number, "name": f"Place {number}", "zone": "UTC"})


def touched(unit: Unit, number: int) -> None:
    unit.require(Permission.MANAGE_SETTINGS)
    unit.record("touched", Topic.DIRECTORY, number)


def test_two_statements_of_one_look_see_the_same_moment(postgres_url: str) -> None:
    database, other = Database(postgres_url), Database(postgres_url)
    a_place(database, 1)
    ids = select(schema.location.c.id)
    with database.read() as connection:
        first = connection.execute(ids).all()
        a_place(other, 2)
        assert connection.execute(ids).all() == first
    with database.read() as connection:
        assert len(connection.execute(ids).all()) == 2
    database.close()
    other.close()


def test_no_line_of_the_journal_falls_between_the_feed_and_its_number(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit between the two statements of `tail` is told by the next look."""
    desk, other = Desk(Database(postgres_url)), Desk(Database(postgres_url))
    tail, start = journal.tail, desk.last_seq()

    def slow_tail(*values: Any) -> Any:
        found = tail(*values)
        other.perform(SYSTEM, touched, 7)
        return found

    with monkeypatch.context() as slow:
        slow.setattr(journal, "tail", slow_tail)
        heard, newest = desk.tail(start)
    later, _newest = desk.tail(newest)
    assert [entry.entity_id for entry in (*heard.entries, *later.entries)] == [7]
    desk.close()
    other.close()
