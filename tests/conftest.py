"""Fixtures for every test: a private home, real databases of both engines, a clock that moves when told."""

import gc
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

_HOME = Path(tempfile.mkdtemp(prefix="rdtest"))
os.environ.update(
    {
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "HOME": str(_HOME),
        "XDG_CONFIG_HOME": str(_HOME / "config"),
        "XDG_DATA_HOME": str(_HOME / "data"),
        "XDG_STATE_HOME": str(_HOME / "state"),
        "XDG_CACHE_HOME": str(_HOME / "cache"),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
)

import pytest  # noqa: E402
from argon2 import PasswordHasher  # noqa: E402
from sqlalchemy import Dialect, Engine, Pool, create_engine, event  # noqa: E402

from request_desk.domain.access import SYSTEM  # noqa: E402
from request_desk.domain.clock import FixedClock  # noqa: E402
from request_desk.domain.ids import CountingIds  # noqa: E402
from request_desk.gateways import catalogues  # noqa: E402
from request_desk.services.desk import Desk  # noqa: E402
from request_desk.services.people import access  # noqa: E402
from request_desk.services.portal import access as portal_access, verification  # noqa: E402
from request_desk.services.practice import invariants  # noqa: E402
from request_desk.store import database as database_module, schema  # noqa: E402
from request_desk.store.database import Database  # noqa: E402
from tests import partner_libraries, postgres  # noqa: E402
from tests.builders import Practice  # noqa: E402

DEMO_MORNING = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)  # Tuesday, 8:12 AM in Los Angeles
_GARBAGE = 20_000  # objects made since the last collection


def pytest_sessionstart() -> None:
    """Leave no garbage to a thread: the automatic collector frees Qt objects of an earlier test wherever it happens to run."""
    gc.disable()
    catalogues.install()
    event.listen(Pool, "checkout", _hurry)
    _compile_once()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one of them at the end."""
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("chromium")}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_logfinish() -> None:
    """End what a test has left to the event loop, and collect between tests, on the thread that runs them."""
    if core := sys.modules.get("PySide6.QtCore"):
        # A window that waits to be deleted still has its timers: five minutes later one fires in somebody else's test.
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
    gc.disable()
    if gc.get_count()[0] > _GARBAGE:
        gc.collect()
        gc.freeze()  # what lives now is not looked at again: 160 ms each time


def pytest_sessionfinish() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


def _hurry(connection: object, _record: object, _proxy: object) -> None:
    """Let a commit not wait for the disk (3 ms each): no test cuts the power."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


def _compile_once() -> None:
    """Let the engines of all tests keep their compiled statements together: each alone, they are a third of a short test."""
    dialects: dict[str, Dialect] = {}
    compiled: dict[Any, Any] = {}

    def create(*args: Any, **kwargs: Any) -> Engine:
        engine = create_engine(*args, **kwargs)
        engine.dialect = dialects.setdefault(engine.dialect.name, engine.dialect)  # a part of the key
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    pytest.MonkeyPatch().setattr(database_module, "create_engine", create)


@pytest.fixture
def waits_for_disk() -> Iterator[None]:
    """SQLite's connections as the program opens them."""
    event.remove(Pool, "checkout", _hurry)
    yield
    event.listen(Pool, "checkout", _hurry)


def created(url: str) -> None:
    """Create the whole schema in an empty database."""
    database = Database(url)
    with database.admin() as connection:
        schema.metadata.create_all(connection)
    database.close()


def check_invariants(url: str) -> None:
    """Fail when something that must be true of every practice is not."""
    desk = Desk(Database(url))
    assert desk.query(SYSTEM, invariants.inconsistencies) == ()
    desk.close()


def missing(reason: str) -> NoReturn:
    """Skip for a program that is not on this machine; a run that decides about a change has all of them."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the partners' libraries of the lock file of npm, and the examples of docs beside them."""
    folder = tmp_path_factory.mktemp("npm")
    if lacking := partner_libraries.put_into(folder):
        missing(lacking)
    return folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    created(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server without databases of ours."""
    place = postgres.binaries()
    if place is None:
        missing("PostgreSQL is missing: apt-get install postgresql")
    server = postgres.start(place)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: postgres.Server) -> Iterator[postgres.Emptied]:
    """The PostgreSQL database that is emptied for each test."""
    database = postgres.Emptied(postgres_server, created)
    yield database
    database.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with the schema."""
    path = tmp_path / "desk.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_database: postgres.Emptied) -> str:
    """A PostgreSQL database with the schema and not a row."""
    return postgres_database.url()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database of each engine."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of each engine."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def clock() -> FixedClock:
    """Tuesday, November 24, 2026, 8:12 AM in the practice; moves when told."""
    return FixedClock(DEMO_MORNING)


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> Desk:
    """A desk on a fresh database of each engine, with counting ids."""
    return Desk(database, clock, CountingIds(1000))


@pytest.fixture
def practice(desk: Desk, database: Database, database_url: str) -> Iterator[Practice]:
    """A small practice on the desk's database; whatever a test did, what must be true is true afterwards."""
    yield Practice(desk, database)
    check_invariants(database_url)


@pytest.fixture
def sqlite_desk(sqlite_url: str, clock: FixedClock) -> Iterator[Desk]:
    """A desk on SQLite alone, for tests of windows, where the engine does not matter."""
    desk = Desk(Database(sqlite_url), clock, CountingIds(1000))
    yield desk
    desk.close()


@pytest.fixture
def sqlite_practice(sqlite_desk: Desk, sqlite_url: str) -> Iterator[Practice]:
    """A small practice on the SQLite desk."""
    yield Practice(sqlite_desk, sqlite_desk.database)
    check_invariants(sqlite_url)


@pytest.fixture
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords and codes by the same algorithm with little memory: the full strength has its own test."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    quick = access.Passwords(hasher, hasher.hash("nobody's"))
    for module, name in ((access, "PASSWORDS"), (portal_access, "CODES"), (verification, "CODES")):
        monkeypatch.setattr(module, name, quick)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Where a desk with keys keeps them."""
    return tmp_path / "keys"
