"""How full the days of a month are; what stands on a day is in `queries`."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain.access import Permission
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.availability import Absence, OpenSpan
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.schedule import DayLoad
from request_desk.domain.spans import Span, merged
from request_desk.services.desk import Unit
from request_desk.services.schedule import slots
from request_desk.store import schema

_NONE: Final = timedelta(0)
_table: Final = schema.appointment
_BOOKED: Final = select(_table.c.location_id, _table.c.starts_at, _table.c.ends_at).where(
    _table.c.provider_id.in_(bindparam("providers", expanding=True)),
    _table.c.starts_at >= bindparam("starts_at"),
    _table.c.starts_at < bindparam("ends_at"),
    _table.c.status.in_([AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW]),
)


def day_loads(
    unit: Unit,
    first_day: date,
    last_day: date,
    *,
    location_ids: Collection[LocationId] = (),
    provider_ids: Collection[ProviderId] = (),
) -> tuple[DayLoad, ...]:
    """Return how full each day is, from the first to the last; one statement for each table.

    An appointment, and a stretch of work, counts on the day on which it begins.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(first_day, last_day)
    span = Span(unit.time.bounds(first_day).starts_at, unit.time.bounds(last_day).ends_at)
    known, locations = slots.all_providers(unit), slots.all_locations(unit)
    asked = [each for each in known if not provider_ids or each in provider_ids]
    windows, absences = slots.windows_of(unit, asked), slots.absences_of(unit, asked, span)
    booked = dict.fromkeys(unit.time.days(span), _NONE)
    opened = dict(booked)
    for provider_id in asked:
        here = windows.get(provider_id, ()) if known[provider_id].active else ()
        work = _spans(slots.opened(unit, here, locations, location_ids, span))
        away = _spans(absences.get(provider_id, ()))
        for stretch in work:
            opened[unit.time.day_of(stretch.starts_at)] += _length(stretch, stretch) - sum(
                (_length(stretch, each) for each in away), _NONE
            )
    values = {"providers": asked, "starts_at": span.starts_at, "ends_at": span.ends_at}
    for row in unit.rows(_BOOKED, values):
        if not location_ids or row.location_id in location_ids:
            booked[unit.time.day_of(row.starts_at)] += row.ends_at - row.starts_at
    return tuple(DayLoad(day, booked[day], opened[day]) for day in booked)


def _spans(found: Iterable[OpenSpan | Absence]) -> list[Span]:
    return merged(Span(each.starts_at, each.ends_at) for each in found)


def _length(stretch: Span, other: Span) -> timedelta:
    """How much of a stretch another one covers."""
    return max(_NONE, min(stretch.ends_at, other.ends_at) - max(stretch.starts_at, other.starts_at))
