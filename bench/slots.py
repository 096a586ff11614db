"""Slot search: many providers over months, 60 % booked; warm, cold with the database, and the set that brute force finds."""

import random
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from bench import data, small
from bench.measure import Goal, Row, Scale, held, middle, rotated, row
from request_desk.domain.ids import CountingIds, ProviderId
from request_desk.domain.spans import Slot, Span
from request_desk.services.desk import Desk, Unit
from request_desk.services.schedule import queries as schedule_queries, slots
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice
from tests.domain.reference import brute_force

_WARM: Final = Goal(10.0, of_ratio=False)
_COLD: Final = Goal(100.0, of_ratio=False)
_FULL: Final = 0.81  # leaves 60 % booked, nine tenths blocked with the pauses
_LENGTHS: Final = (15, 20, 30, 40)
_BUFFER: Final = 10
_HOURS: Final = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
_GRID: Final = 15
_WEEK: Final = timedelta(days=7)


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure one search over all providers and all days."""
    with tempfile.TemporaryDirectory(prefix="rdbench") as folder, small.sqlite(Path(folder) / "slots.db") as desk:
        practice, busy = _booked_practice(desk, scale)
        span = Span(data.NOW, data.NOW + timedelta(days=scale.days))
        yield from _rows(desk, practice, busy, span, scale)


def _rows(
    desk: Desk, practice: Practice, busy: dict[ProviderId, list[Span]], span: Span, scale: Scale
) -> Iterator[Row]:
    me = practice.maria
    type_id = practice.a_type("Check", 30, buffer_minutes=_BUFFER, grid_minutes=_GRID)

    def cold(_number: int) -> object:
        return desk.query(me, schedule_queries.find_slots, type_id=type_id, span=span)

    book, type_ = desk.query(me, lambda unit: (slots.open_book(unit, span), slots.type_rules(unit, type_id)))
    found = book.slots(type_, for_staff=True, earliest=data.NOW)
    size = f"{len(busy)} providers × {scale.days} days, {_share(busy):.0%} booked"
    times = rotated(
        {
            "warm": lambda _number: book.slots(type_, for_staff=True, earliest=data.NOW),
            # The least there is to do: make the answer's objects.
            "floor": lambda _number: [Slot(*_values(slot)) for slot in found],
        },
        scale.rounds,
    )
    floor = middle(times["floor"])
    yield row(f"slot search, warm: {size}, {len(found):,} slots", middle(times["warm"]), "ms", floor, _WARM)
    cold_times = rotated(
        {"cold": cold, "floor": lambda _number: desk.query(me, _read_all, span)}, max(3, scale.rounds // 10)
    )
    yield row(
        f"slot search, cold with the database: {size}",
        middle(cold_times["cold"]),
        "ms",
        middle(cold_times["floor"]),
        _COLD,
    )
    expected = _by_brute_force(practice, busy, span, type_)
    same = set(found) == expected and set(cold(0)) == expected  # type: ignore[call-overload]
    yield held(
        "slot search, same set as brute force", len(found), "slots", len(expected), met=same, goal="the same set"
    )


def _share(busy: dict[ProviderId, list[Span]]) -> float:
    """How much of the working time is booked, pauses not counted."""
    days = {ZONE.day_of(each.starts_at) for booked in busy.values() for each in booked}
    open_minutes = len(busy) * len(days) * sum(end - start for start, end in _HOURS)
    appointments = [each for booked in busy.values() for each in booked]
    minutes = sum((each.ends_at - each.starts_at).total_seconds() / 60 - _BUFFER for each in appointments)
    return minutes / open_minutes if open_minutes else 0.0


def _values(slot: Slot) -> tuple[Any, ...]:
    return slot.provider_id, slot.location_id, slot.starts_at, slot.ends_at, slot.blocked_until


def _read_all(unit: Unit, span: Span) -> list[Any]:
    """Only read what is booked."""
    table = schema.appointment
    statement = table.select().with_only_columns(table.c.provider_id, table.c.blocks_from, table.c.blocks_until)
    return list(unit.connection.execute(statement.where(table.c.blocks_from < span.ends_at + timedelta(hours=12))))


def _by_brute_force(practice: Practice, busy: dict[ProviderId, list[Span]], span: Span, type_: Any) -> set[Slot]:
    """Ask the plain reference week by week: what is booked in another week cannot matter."""
    windows = practice.desk.query(practice.maria, slots.windows_of, list(busy))
    found: set[Slot] = set()
    for provider_id, booked in busy.items():
        start = span.starts_at
        while start < span.ends_at:
            week = Span(start, min(start + _WEEK, span.ends_at))
            near = [
                each for each in booked if each.starts_at < week.ends_at + timedelta(days=1) and each.ends_at > start
            ]
            found |= set(
                brute_force(
                    windows[provider_id],
                    near,
                    span=week,
                    zone=ZONE,
                    duration=type_.duration,
                    buffer=type_.buffer,
                    grid=type_.grid,
                    earliest=data.NOW,
                    type_id=type_.id,
                    for_staff=True,
                )
            )
            start = week.ends_at
    return found


def _booked_practice(desk: Desk, scale: Scale) -> tuple[Practice, dict[ProviderId, list[Span]]]:
    """Make providers with morning and afternoon and fill 60 % of their time with appointments of 10 to 40 minutes."""
    practice = Practice(desk, desk.database)
    new_id, source = CountingIds(1_000_000), random.Random(60)
    busy: dict[ProviderId, list[Span]] = {}
    providers, windows, appointments = [], [], []
    for number in range(scale.providers):
        provider = ProviderId(new_id())
        busy[provider] = []
        providers.append({"id": provider, "name": f"Dr. {number}", "short_name": f"Dr. {number}", "position": number})
        windows += [
            {
                "id": new_id(),
                "provider_id": provider,
                "location_id": practice.northside,
                "weekday": weekday,
                "start_minute": start,
                "end_minute": end,
            }
            for weekday in range(5)
            for start, end in _HOURS
        ]
        for day in _work_days(scale.days):
            for start, end in _day(source):
                span = Span(ZONE.instant(day, start), ZONE.instant(day, end))
                blocked = Span(span.starts_at, span.ends_at + timedelta(minutes=_BUFFER))
                busy[provider].append(blocked)
                appointments.append(_appointment(new_id(), provider, practice, span, blocked))
    with desk.database.write() as connection:
        # The two of the small practice would be searched too.
        connection.execute(schema.availability_window.update().values(active=False))
        connection.execute(insert(schema.provider), providers)
        connection.execute(insert(schema.availability_window), windows)
        connection.execute(insert(schema.appointment), appointments)
    return practice, busy


def _work_days(days: int) -> Iterator[date]:
    for number in range(days + 1):
        day = TODAY + timedelta(days=number)
        if day.weekday() < 5:
            yield day


def _day(source: random.Random) -> Iterator[tuple[int, int]]:
    """Appointments with a pause behind each, and now and then a free half hour."""
    for start, end in _HOURS:
        minute = start
        while minute < end:
            length = min(source.choice(_LENGTHS), end - minute)
            if source.random() < _FULL:
                yield minute, minute + length
                minute += length + _BUFFER
            else:
                minute += 30


def _appointment(key: int, provider: ProviderId, practice: Practice, span: Span, blocked: Span) -> dict[str, Any]:
    then: datetime = data.NOW - timedelta(days=7)
    return {
        "id": key,
        "chain_id": key,
        "patient_id": practice.zuri,
        "provider_id": provider,
        "location_id": practice.northside,
        "type_id": practice.sick,
        "status": "confirmed",
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "blocks_from": blocked.starts_at,
        "blocks_until": blocked.ends_at,
        "booked_by_kind": "staff",
        "booked_by_id": practice.maria.id,
        "created_at": then,
        "visible_at": then,
        "zone": ZONE.zone,
        "wall_time": "",
    }
