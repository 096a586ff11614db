"""A provider is out: places for two hundred appointments together, against a single look at every free time."""

import random
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select

from bench import data, small
from bench.measure import Goal, Row, Scale, held, middle, rotated, row
from request_desk.domain.ids import CountingIds, ProviderId
from request_desk.domain.provider_out import Displaced, OutProposals, propose
from request_desk.domain.spans import Span
from request_desk.services.desk import Desk, Unit
from request_desk.services.schedule import provider_out
from request_desk.services.schedule.provider_out import OutSituation
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice

_GOAL: Final = Goal(2000.0, of_ratio=False)  # ms
_MOST: Final = 200  # appointments
_PROVIDERS: Final = 20
_HOURS: Final = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
_LENGTH: Final = 20
_FULL: Final = 0.7
_MINUTE: Final = timedelta(minutes=1)
_ROUNDS: Final = 3  # each takes about a second


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure a proposal as the desk makes it: read, ranked, placed together."""
    with tempfile.TemporaryDirectory(prefix="rdbench") as folder, small.sqlite(Path(folder) / "out.db") as desk:
        practice, provider, span = _booked(desk, scale)
        yield from _rows(desk, practice, provider, span)


def _rows(desk: Desk, practice: Practice, provider: ProviderId, span: Span) -> Iterator[Row]:
    def read(_number: int) -> OutSituation:
        return desk.query(practice.maria, provider_out.situation, provider, span)

    found = read(0)

    def proposed(_number: int) -> OutProposals:
        return propose(found.displaced, found.free, zone=ZONE, now=data.NOW)

    times = rotated(
        {
            "read": read,
            "rows": lambda _number: desk.query(practice.maria, _read_all),
            "proposal": proposed,
            # The least there is to do: look at every free time of every appointment once.
            "look": lambda _number: [_looked_at(each, found) for each in found.displaced],
        },
        _ROUNDS,
        warm=1,
    )
    took = {name: middle(taken) for name, taken in times.items()}
    size = f"{len(found.displaced)} visits, {sum(map(len, found.free.values())):,} free times"
    yield row(f"provider out, read: {size}", took["read"], "ms", took["rows"], _GOAL)
    yield row(f"provider out, proposal: {size}", took["proposal"], "ms", took["look"], _GOAL)
    placed = [slot for slot in proposed(0).places.values() if slot is not None]
    is_apart = len({(slot.provider_id, slot.starts_at) for slot in placed}) == len(placed)
    yield held("provider out, placed", len(placed), "visits", len(found.displaced), met=is_apart, goal="no two at once")


def _looked_at(each: Displaced, found: OutSituation) -> int:
    start = each.appointment.starts_at
    return sum(slot.starts_at >= start for slot in found.free[each.need])


def _read_all(unit: Unit) -> list[Any]:
    """Only read what is booked."""
    table = schema.appointment.c
    return list(unit.connection.execute(select(table.id, table.provider_id, table.blocks_from, table.blocks_until)))


def _booked(desk: Desk, scale: Scale) -> tuple[Practice, ProviderId, Span]:
    """Make providers, seven tenths booked, each appointment another child's; return the first with the time of two hundred."""
    practice = Practice(desk, desk.database)
    new_id, source = CountingIds(1_000_000), random.Random(60)
    count = min(_PROVIDERS, scale.providers)
    providers = [ProviderId(new_id()) for _number in range(count)]
    patients: list[dict[str, Any]] = []
    appointments: list[dict[str, Any]] = []
    for provider in providers:
        for day in _work_days(min(60, scale.days)):
            for start in _starts(source):
                patient = _patient(new_id())
                patients.append(patient)
                appointments.append(_appointment(new_id(), provider, practice, patient["id"], ZONE.instant(day, start)))
    with desk.database.write() as connection:
        connection.execute(schema.availability_window.update().values(active=False))
        connection.execute(insert(schema.provider), [_provider(each) for each in providers])
        connection.execute(
            insert(schema.availability_window),
            [
                _window(new_id(), each, practice, day, *hours)
                for each in providers
                for day in range(5)
                for hours in _HOURS
            ],
        )
        connection.execute(insert(schema.patient), patients)
        connection.execute(insert(schema.appointment), appointments)
    theirs = [each["ends_at"] for each in appointments if each["provider_id"] == providers[0]]
    return practice, providers[0], Span(data.NOW, theirs[min(_MOST, len(theirs)) - 1])


def _work_days(days: int) -> Iterator[date]:
    for number in range(1, days + 1):
        day = TODAY + timedelta(days=number)
        if day.weekday() < 5:
            yield day


def _starts(source: random.Random) -> Iterator[int]:
    for start, end in _HOURS:
        yield from (minute for minute in range(start, end, _LENGTH) if source.random() < _FULL)


def _provider(key: ProviderId) -> dict[str, Any]:
    return {"id": key, "name": f"Dr. {key}", "short_name": f"Dr. {key}", "position": key}


def _window(key: int, provider: ProviderId, practice: Practice, weekday: int, start: int, end: int) -> dict[str, Any]:
    return {
        "id": key,
        "provider_id": provider,
        "location_id": practice.northside,
        "weekday": weekday,
        "start_minute": start,
        "end_minute": end,
    }


def _patient(key: int) -> dict[str, Any]:
    return {
        "id": key,
        "given_name": "Child",
        "family_name": f"{key}",
        "birth_day": date(2020, 1, 1),
        "household_id": key,
        "search": f"child {key}",
    }


def _appointment(key: int, provider: ProviderId, practice: Practice, patient: int, start: datetime) -> dict[str, Any]:
    then, end = data.NOW - timedelta(days=7), start + _LENGTH * _MINUTE
    return {
        "id": key,
        "chain_id": key,
        "patient_id": patient,
        "provider_id": provider,
        "location_id": practice.northside,
        "type_id": practice.sick,
        "status": "confirmed",
        "starts_at": start,
        "ends_at": end,
        "blocks_from": start,
        "blocks_until": end,
        "booked_by_kind": "staff",
        "booked_by_id": practice.maria.id,
        "created_at": then,
        "visible_at": then,
        "zone": ZONE.zone,
        "wall_time": "",
    }
