"""Connections: transactions, waiting for one's turn, and places where a file is refused."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from request_desk.domain.errors import Unavailable
from request_desk.store import database as database_module, schema
from request_desk.store.database import Database


def test_an_exception_rolls_everything_back(database: Database) -> None:
    def fail_late() -> None:
        with database.write() as connection:
            connection.execute(schema.open_count.insert(), {"target_id": 1, "count": 5})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    with database.read() as connection:
        assert connection.execute(select(schema.open_count)).all() == []


def test_no_update_is_lost_between_threads_and_two_handles(database: Database, database_url: str) -> None:
    other = Database(database_url)
    with database.write() as connection:
        connection.execute(schema.open_count.insert(), {"target_id": 1, "count": 0})
    table = schema.open_count

    def count(handle: Database) -> None:
        for _ in range(25):
            with handle.write() as connection:
                seen = connection.execute(select(table.c.count).with_for_update()).scalar_one()
                connection.execute(update(table).values(count=seen + 1))

    threads = [threading.Thread(target=count, args=(handle,)) for handle in (database, other, database, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(select(table.c.count)).scalar_one() == 100
    other.close()


def test_a_reader_cannot_write(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(schema.open_count.insert(), {"target_id": 1, "count": 0})
    database.close()


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_settings_of_every_sqlite_connection_are_the_safe_ones(
    sqlite_url: str, mode: str, waits_for_disk: None
) -> None:  # DUR-01
    database = Database(sqlite_url, journal_mode=mode)
    with database.write() as writer, database.engine.connect() as other:
        for connection in (writer, other):
            settings = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in (
                    "journal_mode",
                    "synchronous",
                    "foreign_keys",
                    "recursive_triggers",
                    "trusted_schema",
                    "mmap_size",
                )
            }
            assert settings == {
                "journal_mode": mode,
                "synchronous": 2 if mode == "wal" else 3,
                "foreign_keys": 1,
                "recursive_triggers": 1,
                "trusted_schema": 0,
                "mmap_size": settings["mmap_size"],
            }
            assert settings["mmap_size"] in (0, None)
    database.close()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
    ]
    + [((3, 51, 3), True), ((3, 60, 0), True)],
)
def test_wal_is_chosen_only_where_sqlite_has_the_fix(version: tuple[int, ...], safe: bool) -> None:
    assert database_module._wal_is_safe(version) is safe


def test_a_linked_file_is_refused_with_a_sentence(sqlite_url: str, tmp_path: Path) -> None:  # DUR-02
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "desk.db")
    with pytest.raises(Unavailable, match="is a link"):
        Database(f"sqlite:///{link}")


def test_a_closed_database_is_unavailable_not_a_traceback(database: Database) -> None:
    database.close()
    with pytest.raises(Unavailable), database.read():
        pass
