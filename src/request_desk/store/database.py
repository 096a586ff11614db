"""Connections: one writer and a few readers per process, opened the same safe way on SQLite and PostgreSQL."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, create_engine, event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlalchemy.pool import QueuePool

from request_desk.domain.access import Actor
from request_desk.domain.errors import Unavailable
from request_desk.store import place
from request_desk.store.compiled_statements import CompiledStatements

APPLICATION_ID = 0x52444B31  # "RDK1": tells our files from other SQLite files
BUSY_SECONDS = 5.0  # how long a writer waits for its turn before the user is told
_PAGE_SIZE = 8192
_READERS = 6
_BUSY = ("database is locked", "database table is locked", "database schema is locked", "locking protocol")
_IDENTIFY = select(func.set_config("request_desk.actor", bindparam("actor"), True))
_DAMAGES = ("file is not a database", "malformed", "file is encrypted")

UNSURE = "The database was lost in the middle of this, so it is not known whether it was done. Reload and look before you try again."
CHANGED_JOURNAL = "Another program has changed how this database file keeps its journal. Nothing was changed; close that program and every desk, then open the desk again."
LOST = "The database cannot be reached just now. Nothing was changed; try again in a moment."
DAMAGED = "The database file is damaged, or it is no database. Stop working with it, run `request-desk doctor`, and restore a backup."
BUSY = "The database has been busy for several seconds. Nothing was changed; try again in a moment."


class Database:
    """A database of either engine. Connections are held, not opened per use (a fresh one costs 5 to 10 page reads)."""

    def __init__(self, url: str, *, journal_mode: str | None = None) -> None:
        """`journal_mode` ("wal", "delete") overrides the choice by SQLite version; tests run both."""
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._journal_mode = journal_mode or ("wal" if _wal_is_safe(sqlite3.sqlite_version_info) else "delete")
        if self.is_sqlite:
            place.prepare(self.path)
        self.engine = self._engine()
        self.statements = CompiledStatements(self.engine.dialect)
        self._write_lock = RLock()
        self._writer: Connection | None = None
        self._readers: SimpleQueue[Connection] = SimpleQueue()
        self._random = random.Random()  # noqa: S311  # spreads retries, guards nothing
        self._closed = False

    @property
    def path(self) -> Path:
        """The SQLite file; only for SQLite."""
        if not self.url.database:
            raise ValueError("a database in memory cannot be shared with readers; give a file")
        return Path(self.url.database)

    @property
    def watch_paths(self) -> tuple[Path, ...]:
        """Files that change with a commit; empty on PostgreSQL."""
        if not self.is_sqlite:
            return ()
        return (self.path, Path(f"{self.path}-wal")) if self._journal_mode == "wal" else (self.path,)

    def describe(self) -> str:
        """Name the engine and how it keeps its promise of durability."""
        if not self.is_sqlite:
            return "PostgreSQL"
        mode = "write-ahead log" if self._journal_mode == "wal" else "rollback journal"
        return f"SQLite {sqlite3.sqlite_version}, {mode}"

    def _engine(self) -> Engine:
        if not self.is_sqlite:
            return create_engine(
                self.url,
                pool_size=_READERS + 2,
                max_overflow=20,
                connect_args={
                    "connect_timeout": 5,
                    "options": "-c statement_timeout=15s -c lock_timeout=5s -c timezone=UTC",
                },
            )
        engine = create_engine(
            self.url,
            poolclass=QueuePool,
            pool_size=_READERS + 2,
            max_overflow=20,
            connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS, "cached_statements": 512},
        )
        event.listen(engine, "connect", self._prepare_sqlite)
        return engine

    def _prepare_sqlite(self, dbapi: sqlite3.Connection, _record: object) -> None:
        dbapi.isolation_level = None  # BEGIN is ours: the driver's own loses updates without an error
        cursor = dbapi.cursor()
        synchronous = "FULL" if self._journal_mode == "wal" else "EXTRA"
        for pragma in (
            f"page_size={_PAGE_SIZE}",
            f"journal_mode={self._journal_mode}",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # else INSERT OR REPLACE deletes without the delete trigger
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "mmap_size=0",
        ):
            try:
                _again(lambda p=pragma: cursor.execute(f"PRAGMA {p}"), random.uniform)  # type: ignore[misc]
            except sqlite3.OperationalError as error:
                is_changed = pragma.startswith("journal_mode") and _is_busy(error) and not self._has_its_journal(dbapi)
                cursor.close()
                dbapi.close()  # nobody else does, and while it is open the journal cannot be mended
                if is_changed:
                    raise Unavailable(CHANGED_JOURNAL) from error
                raise
        cursor.close()

    @contextmanager
    def write(self, actor: Actor | None = None) -> Iterator[Connection]:
        """Yield the write connection inside one transaction; an exception rolls everything back, else it commits.

        The database knows who acts for as long as the transaction; without an actor it is nobody.
        """
        with self._write_lock:
            connection = self._writer_connection()
            try:
                with connection.begin():
                    if self.is_sqlite:
                        self._begin_immediate(connection)
                    self._identify(connection, actor)
                    yield connection
                    if self.is_sqlite:
                        _dbapi(connection).execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
            except DBAPIError as error:
                if error.connection_invalidated or connection.invalidated:
                    self._forget_writer()
                raise

    def _identify(self, connection: Connection, actor: Actor | None) -> None:
        """Tell PostgreSQL who acts, for this transaction alone: rules of rows read `current_setting('request_desk.actor', true)`.

        It goes on one way with BEGIN. SQLite has no such rules.
        """
        if actor is None or self.is_sqlite:
            return
        values = {"actor": f"{actor.kind}:{actor.id}"}
        if self.statements.run_all(connection, [(_IDENTIFY, values)]) is None:
            connection.execute(_IDENTIFY, values)

    def _writer_connection(self) -> Connection:
        if self._closed:
            raise Unavailable(LOST)
        if self._writer is None or self._writer.closed or self._writer.invalidated:
            self._forget_writer()
            self._writer = self._connect()
        return self._writer

    def _forget_writer(self) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
            except DBAPIError:
                self._writer.invalidate()
            self._writer = None

    def _connect(self) -> Connection:
        try:
            return self.engine.connect()
        except DatabaseError as error:
            raise Unavailable(_sentence(error)) from error

    def _begin_immediate(self, connection: Connection) -> None:
        dbapi = _dbapi(connection)
        # The busy handler starves one of several processes for seconds; a short random back-off is fair.
        dbapi.execute("PRAGMA busy_timeout=0")
        try:
            _again(lambda: dbapi.execute("BEGIN IMMEDIATE"), self._random.uniform)
            if not self._has_its_journal(dbapi):
                dbapi.execute("ROLLBACK")
                self._mend_journal(dbapi)
                _again(lambda: dbapi.execute("BEGIN IMMEDIATE"), self._random.uniform)
        except sqlite3.DatabaseError as error:
            raise Unavailable(BUSY if _is_busy(error) else _sentence(error)) from error

    def _has_its_journal(self, dbapi: sqlite3.Connection) -> bool:
        """Whether the file still keeps the journal that was chosen: another tool can change it under an open desk."""
        return str(dbapi.execute("PRAGMA journal_mode").fetchone()[0]) == self._journal_mode

    def _mend_journal(self, dbapi: sqlite3.Connection) -> None:
        """Bring the chosen journal back, which needs the file for this connection alone; raises Unavailable when others have it."""
        while True:
            try:
                reader = self._readers.get_nowait()
            except Empty:
                break
            reader.invalidate()  # closed at once, not kept by a pool
            reader.close()
        try:
            _again(lambda: dbapi.execute(f"PRAGMA journal_mode={self._journal_mode}"), self._random.uniform)
        except sqlite3.OperationalError as error:
            raise Unavailable(CHANGED_JOURNAL) from error
        if not self._has_its_journal(dbapi):
            raise Unavailable(CHANGED_JOURNAL)

    @contextmanager
    def read(self, actor: Actor | None = None) -> Iterator[Connection]:
        """Yield a connection with a steady view of the database, which knows who looks; nothing can be written through it."""
        connection = self._reader()
        try:
            with connection.begin() as transaction:
                if self.is_sqlite:
                    self._begin_read(connection)
                self._identify(connection, actor)
                yield connection
                transaction.rollback()
        except BaseException:
            self._give_back(connection)
            raise
        self._give_back(connection)

    def _reader(self) -> Connection:
        if self._closed:
            raise Unavailable(LOST)
        try:
            return self._readers.get_nowait()
        except Empty:
            connection = self._connect()
            if self.is_sqlite:
                _dbapi(connection).execute("PRAGMA query_only=ON")
                _dbapi(connection).execute("PRAGMA busy_timeout=0")  # the back-off is ours
                return connection
            # PostgreSQL's own choice looks anew at each statement: a feed would skip what commits between two of them.
            return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def _give_back(self, connection: Connection) -> None:
        if self._closed or connection.invalidated or connection.closed:
            connection.close()
        else:
            self._readers.put(connection)

    def _begin_read(self, connection: Connection) -> None:
        dbapi = _dbapi(connection)

        def begin() -> None:
            if not dbapi.in_transaction:
                dbapi.execute("BEGIN")
            dbapi.execute(
                "PRAGMA schema_version"
            ).fetchone()  # takes the shared lock now, so that no later read is refused

        try:
            _again(begin, self._random.uniform)
        except sqlite3.DatabaseError as error:
            raise Unavailable(BUSY if _is_busy(error) else _sentence(error)) from error

    @contextmanager
    def admin(self) -> Iterator[Connection]:
        """Yield a connection of its own for migrations and checks, in one write transaction."""
        with self._connect() as connection, connection.begin():
            if self.is_sqlite:
                self._begin_immediate(connection)
                _dbapi(connection).execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
            yield connection

    def listen(self, channel: str, heard: Callable[[], None], stopped: Callable[[], bool]) -> None:
        """Call `heard` after each NOTIFY on `channel` until `stopped`; PostgreSQL only, blocks its thread."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f'LISTEN "{channel}"'))
            driver: Any = connection.connection.dbapi_connection
            heard()
            while not stopped():
                for _note in driver.notifies(timeout=0.5, stop_after=1):
                    heard()

    def close(self) -> None:
        """Close every connection of this process."""
        self._closed = True
        with self._write_lock:
            self._forget_writer()
        while True:
            try:
                self._readers.get_nowait().close()
            except Empty:
                break
        self.engine.dispose()


def _dbapi(connection: Connection) -> sqlite3.Connection:
    return connection.connection.dbapi_connection  # type: ignore[return-value]


def _is_busy(error: BaseException) -> bool:
    return any(words in str(error) for words in _BUSY)


def is_damage(error: BaseException) -> bool:
    """Tell whether SQLite says that the file itself is broken: no other try will help (DUR-07)."""
    return any(words in str(error) for words in _DAMAGES)


def _sentence(error: BaseException) -> str:
    return DAMAGED if is_damage(error) else LOST


def _again(attempt: Callable[[], object], uniform: Callable[[float, float], float]) -> None:
    """Repeat while SQLite says busy, waiting 0.2 to 4 ms between tries."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            attempt()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(uniform(0.0002, 0.004))
        else:
            return


def _wal_is_safe(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite has the fix of the WAL-reset fault (3.51.3, 3.50.7 and 3.44.6 of their lines)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
