"""Reminders at the size of the large database: a look while nothing is due, and a thousand visits that are due at once."""

import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select, text

from bench import small
from bench.data import NOW, micros
from bench.measure import Goal, Row, Scale, middle, rotated, row
from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import CountingIds
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.notices import reminders
from request_desk.store import schema
from tests import postgres
from tests.builders import Practice

_LOOK: Final = {"SQLite": Goal(2.0, of_ratio=False), "PostgreSQL": Goal(10.0, of_ratio=False)}  # ms
_START: Final = Goal(100.0, of_ratio=False)  # ms; once in the life of a process
_ALL: Final = Goal(30_000.0, of_ratio=False)  # ms; half of the minute until the next turn
_TURN: Final = Goal(500.0, of_ratio=False)  # ms; nobody who books feels it
_A_DAY: Final = 1_000
_PROVIDERS: Final = 50
_TYPES: Final = 6
_LEADS: Final = (("patient", 7 * 24 * 60), ("patient", 24 * 60), ("provider", 120))  # minutes, of each type
_AT_ONCE: Final = 1_000
_MINUTE: Final = timedelta(minutes=1)
_RULES: Final = select(schema.reminder_rule)  # what a look reads first
_COLUMNS: Final = (
    "id, chain_id, patient_id, provider_id, location_id, type_id, lane, status, starts_at, ends_at, blocks_from, blocks_until,"
    " cancel_code, cancel_text, late_cancel, overrule, booked_by_kind, booked_by_id, created_at, visible_at, zone, wall_time"
)
# Twenty a day for each provider, one after the other, half of them past. The overlap is not looked for: there is none.
_FILL: Final = {
    "SQLite": (
        "DROP TRIGGER appointment_overlap_insert",
        f"INSERT INTO appointment ({_COLUMNS})"
        " WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count),"
        " t AS (SELECT i, :first + (i / 1000) * 86400000000 + (i % 1000 / 50) * 1200000000 AS s FROM n)"
        " SELECT 10000000 + i, 10000000 + i, :patient, 5000 + i % 50, :place, 6000 + i % 6, 0,"
        " CASE WHEN s > :now THEN 'confirmed' ELSE 'completed' END, s, s + 1200000000, s, s + 1200000000,"
        " '', '', 0, '', 'staff', 1, :first, :first, 'America/Los_Angeles', '8:00' FROM t",
    ),
    "PostgreSQL": (
        "SET LOCAL statement_timeout = 0",
        "ALTER TABLE appointment DROP CONSTRAINT ex_appointment_overlap",
        f"INSERT INTO appointment ({_COLUMNS})"
        " WITH t AS (SELECT i, CAST(:first AS timestamptz) + i / 1000 * interval '24 hours' + i % 1000 / 50 * interval '20 minutes' AS s"
        " FROM generate_series(0, :count - 1) AS i)"
        " SELECT 10000000 + i, 10000000 + i, :patient, 5000 + i % 50, :place, 6000 + i % 6, 0,"
        " CASE WHEN s > :now THEN 'confirmed' ELSE 'completed' END, s, s + interval '20 minutes', s, s + interval '20 minutes',"
        " '', '', false, '', 'staff', 1, CAST(:first AS timestamptz), CAST(:first AS timestamptz), 'America/Los_Angeles', '8:00' FROM t",
        "ANALYZE",
    ),
}  # fmt: skip


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="rdbench") as name:
        clock = FixedClock(NOW)
        with small.sqlite(Path(name) / "reminders.db", clock=clock) as desk:
            yield from _rows(desk, clock, scale, "SQLite")
    place = postgres.binaries()
    if place is not None:
        clock = FixedClock(NOW)
        with small.server(place) as server, small.on_server(server, clock) as desk:
            yield from _rows(desk, clock, scale, "PostgreSQL")


def _rows(desk: Desk, clock: FixedClock, scale: Scale, engine: str) -> Iterator[Row]:
    practice = Practice(desk, desk.database)
    _fill(practice, scale.requests, engine)
    while (last := tasks.remind(desk).looked) is None:
        pass  # what is due in the time that a reminder may be late
    cases = {
        "look": lambda _number: desk.query(SYSTEM, reminders.look, last),
        "all": lambda _number: desk.query(SYSTEM, reminders.look),
        "floor": lambda _number: desk.query(SYSTEM, lambda unit: unit.rows(_RULES)),
    }
    times = rotated(cases, scale.rounds)
    size = f"{scale.requests:,} appointments, {_TYPES * len(_LEADS)} rules, {engine}"
    yield row(f"reminders, nothing is due: {size}", middle(times["look"]), "ms", middle(times["floor"]), _LOOK[engine])
    yield row(f"reminders, after a start: {size}", middle(times["all"]), "ms", middle(times["floor"]), _START)
    due = min(_AT_ONCE, scale.requests // 50)
    plain = _at_once(practice, clock, due)
    begun, turns, decided = time.perf_counter(), [], 0
    while decided < due:
        turn = time.perf_counter()
        decided += desk.perform(SYSTEM, reminders.sweep, already=decided).value
        turns.append((time.perf_counter() - turn) * 1000)
    took = (time.perf_counter() - begun) * 1000
    if decided != due:
        raise AssertionError(f"{decided} of {due} were decided")
    yield row(f"reminders, {due:,} due at once: {engine}", took, "ms", plain, _ALL)
    yield row(f"reminders, longest turn of {len(turns)}: {engine}", max(turns), "ms", middle(turns), _TURN)


def _fill(practice: Practice, count: int, engine: str) -> None:
    """A practice with so many appointments, half of them to come, and three rules for each type."""
    first = NOW + 7 * _MINUTE - timedelta(days=count // (2 * _A_DAY))
    values: dict[str, Any] = {"count": count, "first": first, "now": NOW}
    if engine == "SQLite":
        values |= {"first": micros(first), "now": micros(NOW)}
    values |= {"patient": practice.zuri, "place": practice.northside}
    with practice.database.admin() as connection:
        connection.execute(insert(schema.provider), [{"id": 5000 + each, **_named(each)} for each in range(_PROVIDERS)])
        types = [{"id": 6000 + each, "duration_minutes": 20, **_named(each)} for each in range(_TYPES)]
        connection.execute(insert(schema.appointment_type), types)
        rules = [
            {"id": 7000 + 10 * each + place, "type_id": 6000 + each, "recipients": group, "minutes_before": minutes}
            for each in range(_TYPES)
            for place, (group, minutes) in enumerate(_LEADS)
        ]
        connection.execute(insert(schema.reminder_rule), rules)
        for statement in _FILL[engine]:
            sent = text(statement)
            connection.execute(sent, {key: values[key] for key in values if f":{key}" in statement})


def _named(number: int) -> dict[str, Any]:
    return {"name": f"Number {number}", "short_name": f"Number {number}", "position": number}


def _at_once(practice: Practice, clock: FixedClock, count: int) -> float:
    """Let so many children have a visit at one moment, a day ahead, whose reminder is due now; returns how long writing them took, in ms."""
    new_id = CountingIds(50_000_000)
    starts_at = clock.now() + timedelta(days=1)
    kind = practice.a_type("At once", 20)
    practice.insert(schema.reminder_rule, id=8000, type_id=kind, recipients="patient", minutes_before=24 * 60)
    children = [new_id() for _each in range(count)]
    parents = [new_id() for _each in range(count)]
    providers = [new_id() for _each in range(count)]
    appointments = [
        _appointment(new_id(), child, provider, practice, kind, starts_at)
        for child, provider in zip(children, providers, strict=True)
    ]
    person = {"given_name": "Zuri", "family_name": "Okafor"}
    points = [
        {"id": new_id(), "contact_id": each, "channel": "email", "value": f"{each}@example.org", "lookup": f"{each}@example.org",
         "verified_at": NOW}
        for each in parents
    ]  # fmt: skip
    with practice.database.write() as connection:
        connection.execute(insert(schema.provider), [{"id": each, **_named(each)} for each in providers])
        connection.execute(insert(schema.patient), [
            {"id": each, "birth_day": date(2022, 3, 12), "household_id": each, "search": "zuri", **person} for each in children
        ])  # fmt: skip
        connection.execute(
            insert(schema.contact), [{"id": each, "language": "en", "search": "zuri", **person} for each in parents]
        )
        connection.execute(insert(schema.contact_point), points)
        connection.execute(
            insert(schema.contact_patient),
            [
                {"contact_id": parent, "patient_id": child, "relation": "mother"}
                for parent, child in zip(parents, children, strict=True)
            ],
        )
    begun = time.perf_counter()
    with practice.database.write() as connection:
        connection.execute(insert(schema.appointment), appointments)
    return (time.perf_counter() - begun) * 1000


def _appointment(
    key: int, child: int, provider: int, practice: Practice, kind: int, starts_at: datetime
) -> dict[str, Any]:
    return {
        "id": key, "chain_id": key, "patient_id": child, "provider_id": provider, "location_id": practice.northside, "type_id": kind,
        "status": "confirmed", "starts_at": starts_at, "ends_at": starts_at + 20 * _MINUTE, "blocks_from": starts_at,
        "blocks_until": starts_at + 20 * _MINUTE, "booked_by_kind": "staff", "booked_by_id": practice.maria.id,
        "created_at": NOW - timedelta(days=9), "visible_at": NOW - timedelta(days=9), "zone": "America/Los_Angeles", "wall_time": "8:12",
    }  # fmt: skip
