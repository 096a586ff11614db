"""Double bookings that came from outside: found for the schedule, its bar and `doctor`; they are repaired by the ordinary move (BK9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, func, select

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.availability import AvailabilityWindow, lanes_at
from request_desk.domain.double_bookings import Blocked, Clash, clashes
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId
from request_desk.domain.spans import Span
from request_desk.services.desk import Unit
from request_desk.services.schedule import slots
from request_desk.services.schedule.views import load_many
from request_desk.store import schema

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_table: Final = schema.appointment
COLUMNS: Final = (_table.c.blocks_from, _table.c.blocks_until, _table.c.overrule)  # what a row needs besides its view
_ROW: Final = (
    _table.c.id,
    _table.c.chain_id,
    _table.c.provider_id,
    _table.c.location_id,
    _table.c.status,
    _table.c.lane,
    _table.c.starts_at,
    *COLUMNS,
)
# Each appointment with the end of all that its provider has before it: one pass, where a join of all with all would be felt.
_ordered = (
    select(
        *_ROW,
        func.max(_table.c.blocks_until)
        .over(partition_by=_table.c.provider_id, order_by=(_table.c.blocks_from, _table.c.id), rows=(None, -1))
        .label("busy_until"),
    )
    .where(_table.c.status == AppointmentStatus.CONFIRMED, _table.c.blocks_until > bindparam("since"))
    .subquery("ordered")
)
_one, _two = _table.alias("one"), _table.alias("two")
_CONFIRMED: Final = AppointmentStatus.CONFIRMED
_PAIRS = (
    select(_one.c.id.label("one"), _ordered.c.id.label("two"))
    .select_from(
        _ordered.join(
            _one,
            and_(
                _one.c.provider_id == _ordered.c.provider_id,
                _one.c.chain_id != _ordered.c.chain_id,
                _one.c.status == _CONFIRMED,
                _one.c.blocks_from < _ordered.c.blocks_until,
                _one.c.blocks_until > _ordered.c.blocks_from,
            ),
        )
    )
    .where(_ordered.c.blocks_from < _ordered.c.busy_until)
)
_BY_IDS = select(*_ROW).where(_table.c.id.in_(bindparam("ids", expanding=True)))
# An appointment and what lies upon it.
_AROUND = (
    select(*(_two.c[column.name] for column in _ROW))
    .select_from(_one.join(_two, _one.c.provider_id == _two.c.provider_id))
    .where(
        _one.c.id == bindparam("id"),
        _two.c.status == _CONFIRMED,
        _two.c.blocks_from < _one.c.blocks_until,
        _two.c.blocks_until > _one.c.blocks_from,
        # Said for the index; nothing blocks longer.
        _two.c.starts_at > bindparam("reach"),
        _two.c.starts_at < bindparam("until"),
    )
)


@dataclass(frozen=True, slots=True)
class DoubleBooking:
    """Two confirmed appointments of one provider of which one has to find another time."""

    first: Appointment
    second: Appointment


def coming(unit: Unit) -> tuple[DoubleBooking, ...]:
    """Return the double bookings of which at least one appointment can still be moved, by start."""
    unit.require(Permission.VIEW_SCHEDULE)
    rows = _suspects(unit, unit.now)
    pairs = _still_movable(unit, _clashes(unit, rows, None), rows)
    known = load_many(unit, {each for pair in pairs for each in (pair.first, pair.second)})
    found = [DoubleBooking(known[pair.first], known[pair.second]) for pair in pairs]
    return tuple(sorted(found, key=lambda each: (each.first.starts_at, each.second.starts_at, each.second.id)))


def everywhere(unit: Unit) -> tuple[Clash, ...]:
    """Return every double booking that was not cleared away, whenever it was."""
    unit.require(Permission.RUN_JOBS)
    return _clashes(unit, _suspects(unit, _EVER), None)


def against(
    unit: Unit, rows: Sequence[Row[Any]], windows: Mapping[ProviderId, Sequence[AvailabilityWindow]]
) -> dict[AppointmentId, tuple[AppointmentId, ...]]:
    """Return what each of these rows is double booked with; the schedule has read them and the windows already."""
    found: dict[AppointmentId, tuple[AppointmentId, ...]] = {}
    for pair in _still_movable(unit, _clashes(unit, rows, windows), rows):
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            found[one] = (*found.get(one, ()), other)
    return found


def others(unit: Unit, appointment_id: AppointmentId, around: Span) -> tuple[AppointmentId, ...]:
    """Return what an appointment, which lies in `around`, is double booked with."""
    values = {"id": appointment_id, "reach": around.starts_at - slots.LONGEST, "until": around.ends_at + slots.LONGEST}
    rows = unit.rows(_AROUND, values)
    if len(rows) < 2:
        return ()
    pairs = _clashes(unit, rows, None)
    return tuple(
        each for pair in pairs if appointment_id in (pair.first, pair.second)
        for each in (pair.first, pair.second) if each != appointment_id
    )  # fmt: skip


def _suspects(unit: Unit, since: datetime) -> Sequence[Row[Any]]:
    """The appointments that lie upon another one, whatever their lanes; those that are over before `since` are left out."""
    ids = {each for row in unit.rows(_PAIRS, {"since": since}) for each in (row.one, row.two)}
    return unit.rows(_BY_IDS, {"ids": sorted(ids)}) if ids else ()


def _clashes(
    unit: Unit,
    rows: Iterable[Row[Any]],
    windows: Mapping[ProviderId, Sequence[AvailabilityWindow]] | None,
) -> tuple[Clash, ...]:
    """The pairs among rows; windows are read only where something lies outside the first lane."""
    booked = [row for row in rows if row.status == _CONFIRMED]
    aside = {ProviderId(row.provider_id) for row in booked if row.lane and not row.overrule}
    if aside and windows is None:
        windows = slots.windows_of(unit, aside)
    places = slots.all_locations(unit) if aside else {}

    def is_allowed(row: Row[Any]) -> bool:
        if not row.lane or row.overrule:
            return True
        place = LocationId(row.location_id)
        clock = slots.time_of(unit, places[place].zone)
        here = (windows or {}).get(ProviderId(row.provider_id), ())
        return bool(row.lane <= lanes_at(here, row.starts_at, zone=clock, location_id=place))

    return clashes(
        Blocked(
            AppointmentId(row.id),
            AppointmentId(row.chain_id),
            ProviderId(row.provider_id),
            row.lane,
            Span(row.blocks_from, row.blocks_until),
            is_allowed(row),
        )
        for row in booked
    )


def _still_movable(unit: Unit, pairs: Iterable[Clash], rows: Iterable[Row[Any]]) -> list[Clash]:
    starts = {row.id: row.starts_at for row in rows}
    return [each for each in pairs if max(starts[each.first], starts[each.second]) > unit.now]
