"""What the window shows while the practice is still being opened is what it shows afterwards, and nobody sees it without a session.

The statements of `first_sight.sql` are those of the use cases, written out. After a change of one of them:
`python -m tests.services.test_first_sight` writes the file anew.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.sqlite import pysqlite

from request_desk.domain import triage
from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import SignedOut
from request_desk.domain.ids import RequestId, hashed
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Group, ListOrder, RequestKey, Tab
from request_desk.services import desk as desk_module
from request_desk.services import first_sight
from request_desk.services.desk import Desk
from request_desk.services.first_sight import FirstSight
from request_desk.services.inbox import marks as inbox_marks
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.inbox import scope as request_scope
from request_desk.services.people import access
from request_desk.services.practice import directory, settings
from request_desk.store import first_sight as looking
from request_desk.store import schema
from request_desk.store.version import HEAD
from tests.builders import TODAY, Practice
from tests.services.test_inbox_lists import a_busy_practice

TOKEN = "a-token-of-this-test"  # of a session in a database that lives as long as the test
_staff, _session = schema.staff.c, schema.staff_session.c


@pytest.fixture(autouse=True)
def _with_its_version(request: pytest.FixtureRequest) -> None:
    """The tests' databases are made at once and not by the migrations, which write their version down."""
    if "sqlite_desk" in request.fixturenames:
        with request.getfixturevalue("sqlite_desk").database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT NOT NULL) STRICT")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))


def statements() -> Mapping[str, Select[Any]]:
    """The statements of the use cases whose answers the first sight shows."""
    return {
        "session": select(
            _staff.id,
            _staff.name,
            _staff.active,
            _staff.must_change,
            _staff.roles,
            _session.expires_at,
            _session.revoked_at,
        )
        .select_from(schema.staff_session.join(schema.staff, _staff.id == _session.staff_id))
        .where(_session.token_hash == bindparam("token_hash")),
        "settings": desk_module._SETTINGS,
        "preferences": directory._PREFERENCES,
        "inboxes": request_scope._MINE,
        "keys": inbox_queries._KEYS[Tab.UNREAD, True],
        "wishes": inbox_queries._WISHES_OF[first_sight.ROWS],
        "rows": inbox_queries._ROWS_OF[first_sight.ROWS],
    }


def written() -> Iterator[str]:
    """Yield the lines of the file as they have to be."""
    yield "The head of a list, for the first sight of a window. Written by `python -m tests.services.test_first_sight`."
    dialect = pysqlite.dialect(paramstyle="named")
    for name, statement in statements().items():
        compiled = statement.compile(dialect=dialect)
        assert not [key for key, value in compiled.params.items() if value is not None], f"a value is bound in {name}"
        yield f"\n{looking.NAME}{name}"
        yield "\n".join(line.rstrip() for line in str(compiled).splitlines())


def newest(_preferences: Mapping[str, Any]) -> ListOrder:
    return ListOrder.NEWEST


def needs_me(_preferences: Mapping[str, Any]) -> ListOrder:
    return ListOrder.NEEDS_ME


def signed_in(practice: Practice, actor: Actor, **values: Any) -> None:
    now = practice.desk.clock.now()
    row = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(hours=12), "desk": "front"}
    practice.insert(schema.staff_session, token_hash=hashed(TOKEN), staff_id=actor.id, **{**row, **values})


def seen(desk: Desk, wanted: first_sight.Wanted = needs_me, token: str = TOKEN) -> FirstSight | None:
    return first_sight.read(desk.database.path, token, desk.clock.now(), wanted)


def ordered(desk: Desk, actor: Actor, order: ListOrder) -> tuple[tuple[Group, RequestKey], ...]:
    """The list as the use cases and the rules make it."""
    now, found = desk.clock.now(), desk.query(SYSTEM, settings.settings)
    near = triage.near(now, found.opening_hours, found.closed_days, PracticeTime(found.zone))
    return tuple(triage.in_order(desk.query(actor, inbox_queries.open_keys, Tab.UNREAD), now, near, order))


def test_the_statements_are_those_of_the_use_cases() -> None:
    assert looking.STATEMENTS.read_text("utf-8") == "\n".join(written()) + "\n"


@pytest.mark.parametrize("order", ListOrder)
def test_everybody_sees_at_first_what_they_see_afterwards(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock, order: ListOrder
) -> None:
    practice = sqlite_practice
    people = a_busy_practice(sqlite_desk, practice, clock)
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=3), "9:20")
    practice.a_request("cancel", appointment=visit)
    practice.a_request(wishes=[practice.wish(TODAY, "15:00"), practice.wish(TODAY + timedelta(days=1), "9:00", rank=2)])
    late = practice.a_request(place=practice.northside)
    sqlite_desk.perform(practice.kofi, inbox_marks.claim, late)
    shown = 0
    for person in people:
        signed_in(practice, person)
        sight = seen(sqlite_desk, lambda _preferences: order)
        assert sight is not None
        assert sight.staff_id == person.id
        assert sight.keys == ordered(sqlite_desk, person, order)
        ids = [key.id for _group, key in sight.keys]
        assert sight.rows == sqlite_desk.query(person, inbox_queries.rows, tuple(map(RequestId, ids)))
        assert sight.settings == sqlite_desk.query(SYSTEM, settings.settings)
        with sqlite_desk.database.write() as connection:
            connection.execute(schema.staff_session.delete())
        shown += len(ids)
    assert shown > 20


def test_of_a_long_list_only_the_head_is_read(sqlite_desk: Desk, sqlite_practice: Practice) -> None:
    for number in range(70):
        sqlite_practice.a_request(message=f"letter {number}")
    signed_in(sqlite_practice, sqlite_practice.maria)
    sight = seen(sqlite_desk, newest)
    assert sight is not None
    assert len(sight.keys) == 70
    assert [row.id for row in sight.rows] == [key.id for _group, key in sight.keys[: first_sight.ROWS]]


def test_an_empty_inbox_is_a_list_without_rows(sqlite_desk: Desk, sqlite_practice: Practice) -> None:
    signed_in(sqlite_practice, sqlite_practice.maria)
    sight = seen(sqlite_desk)
    assert sight is not None
    assert (sight.keys, sight.rows) == ((), ())


# nobody sees it without a session (AUTH-07)


@pytest.mark.parametrize(
    ("of_session", "of_staff"),
    [
        ({"expires_at": timedelta()}, {}),
        ({"expires_at": -timedelta(hours=1)}, {}),
        ({"revoked_at": timedelta()}, {}),
        ({}, {"active": False}),
    ],
    ids=["ends just now", "has ended", "was ended", "the account was closed"],
)
def test_a_session_that_cannot_be_resumed_shows_nothing(
    sqlite_desk: Desk, sqlite_practice: Practice, of_session: dict[str, timedelta], of_staff: dict[str, bool]
) -> None:
    maria = sqlite_practice.maria
    sqlite_practice.a_request()
    signed_in(sqlite_practice, maria, **{key: sqlite_desk.clock.now() + far for key, far in of_session.items()})
    with sqlite_desk.database.write() as connection:
        if of_staff:
            connection.execute(schema.staff.update().where(_staff.id == maria.id).values(**of_staff))
    with pytest.raises(SignedOut):
        sqlite_desk.query(SYSTEM, access.resume, TOKEN, "front")
    assert seen(sqlite_desk) is None


def test_another_token_shows_nothing(sqlite_desk: Desk, sqlite_practice: Practice) -> None:
    sqlite_practice.a_request()
    signed_in(sqlite_practice, sqlite_practice.maria)
    assert seen(sqlite_desk, token="") is None
    assert seen(sqlite_desk, token=hashed(TOKEN)) is None
    assert seen(sqlite_desk) is not None


def test_who_has_to_choose_a_password_first_sees_nothing(sqlite_desk: Desk, sqlite_practice: Practice) -> None:
    signed_in(sqlite_practice, sqlite_practice.maria)
    with sqlite_desk.database.write() as connection:
        connection.execute(schema.staff.update().where(_staff.id == sqlite_practice.maria.id).values(must_change=True))
    assert seen(sqlite_desk) is None


def test_a_list_that_is_not_the_plain_one_is_left_to_the_page(sqlite_desk: Desk, sqlite_practice: Practice) -> None:
    maria = sqlite_practice.maria
    signed_in(sqlite_practice, maria)
    sqlite_desk.perform(maria, directory.set_preference, "inbox.filters", {"age": 30})
    asked: list[Mapping[str, Any]] = []

    def none(preferences: Mapping[str, Any]) -> None:
        asked.append(preferences)

    assert seen(sqlite_desk, none) is None
    assert asked == [{"inbox.filters": {"age": 30}}]


# what is no practice of ours shows nothing and breaks nothing


def test_a_file_that_is_no_practice_of_this_version_shows_nothing(
    sqlite_desk: Desk, sqlite_practice: Practice, tmp_path: Path
) -> None:
    now = sqlite_desk.clock.now()
    damaged = tmp_path / "letter.db"
    damaged.write_text("Dear practice, " * 500, "utf-8")
    for path in (tmp_path / "nothing.db", tmp_path, damaged):
        assert first_sight.read(path, TOKEN, now, needs_me) is None
    assert not (tmp_path / "nothing.db").exists()
    signed_in(sqlite_practice, sqlite_practice.maria)
    with sqlite_desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert seen(sqlite_desk) is None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE practice SET settings = '{'",
        "UPDATE practice SET settings = '{\"zone\": 5}'",
        "UPDATE practice SET settings = json_set(settings, '$.zone', 'Mars/Olympus')",
        "UPDATE practice SET settings = CAST(x'7b22ff227d' AS TEXT)",
        "UPDATE staff SET roles = '[\"emperor\"]'",
        "UPDATE staff SET roles = '5'",
        "UPDATE staff_session SET expires_at = 9223372036854775807",
        "INSERT INTO staff_preference (staff_id, \"key\", value) SELECT id, 'inbox.order', '[' FROM staff",
    ],
)
def test_what_cannot_be_understood_shows_nothing(sqlite_desk: Desk, sqlite_practice: Practice, damage: str) -> None:
    signed_in(sqlite_practice, sqlite_practice.maria)
    assert seen(sqlite_desk) is not None
    with sqlite_desk.database.write() as connection:
        connection.exec_driver_sql(damage)
    assert seen(sqlite_desk) is None


def test_nothing_is_waited_for_while_somebody_writes(sqlite_desk: Desk, sqlite_practice: Practice) -> None:
    signed_in(sqlite_practice, sqlite_practice.maria)
    with sqlite_desk.database.write():
        sight = seen(sqlite_desk)
    assert sight is not None


def test_it_is_read_without_the_layers_that_take_long_to_load() -> None:
    program = "import sys, request_desk.services.first_sight\nprint(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "request_desk.store.first_sight" in loaded
    assert not {"sqlalchemy", "alembic", "jinja2", "babel", "PySide6"} & set(loaded)


if __name__ == "__main__":
    looking.STATEMENTS.write_text("\n".join(written()) + "\n", "utf-8")
