"""Databases for what writes: fresh files in each journal mode, and a PostgreSQL server that syncs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from bench.data import NOW
from request_desk.domain.clock import Clock, FixedClock
from request_desk.domain.ids import CountingIds
from request_desk.services.desk import Desk
from request_desk.store import migrate
from request_desk.store.database import Database
from tests import postgres


@contextmanager
def sqlite(path: Path, *, journal_mode: str | None = None, clock: Clock | None = None) -> Iterator[Desk]:
    """Give a desk on a fresh SQLite file."""
    yield from _desk(Database(f"sqlite:///{path}", journal_mode=journal_mode), clock)


@contextmanager
def server(place: Path) -> Iterator[postgres.Server]:
    """Run a PostgreSQL server whose programs are in a folder."""
    running = postgres.start(place, syncs=True)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def on_server(server: postgres.Server, clock: Clock | None = None) -> Iterator[Desk]:
    """Give a desk on a fresh database of a PostgreSQL server."""
    engine = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE bench"))
    engine.dispose()
    yield from _desk(Database(server.url("bench")), clock)


def _desk(database: Database, clock: Clock | None) -> Iterator[Desk]:
    migrate.migrate(database)
    desk = Desk(database, clock or FixedClock(NOW), CountingIds(1_000))
    try:
        yield desk
    finally:
        desk.close()
