"""Whole tables before and after an act: what changed, and whether anything did."""

from typing import Any

from sqlalchemy import select

from request_desk.store import schema
from request_desk.store.database import Database

Snapshot = dict[str, list[tuple[Any, ...]]]


def snapshot(database: Database) -> Snapshot:
    """Return every row of every table."""
    with database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
        }


def dump(database: Database) -> str:
    """Return all that stands in the database as one text: what must be nowhere is looked for in it."""
    return str(snapshot(database))


def changed_tables(before: Snapshot, after: Snapshot) -> set[str]:
    """Return the names of the tables whose rows differ."""
    return {name for name, rows in before.items() if rows != after[name]}
