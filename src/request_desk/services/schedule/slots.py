"""Bookable time read from the database into bit masks, for the acts and the queries of the schedule; no permission is asked here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    Row,
    Select,
    bindparam,
    cast,
    extract,
    literal,
    null,
    select,
    text,
    type_coerce,
    union_all,
)

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.availability import Absence, AvailabilityWindow, Horizon, Offered, OpenSpan, open_spans
from request_desk.domain.booking_rules import PatientFacts, duration_for
from request_desk.domain.directory import AppointmentType, BookingRules, LeadTime, RebookingMode, Verification
from request_desk.domain.errors import Invalid, NotFound
from request_desk.domain.ids import (
    AbsenceId,
    AppointmentId,
    LocationId,
    ProviderId,
    RequestId,
    TypeId,
    WindowId,
)
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Slot, Span, overlaps
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.store import schema
from request_desk.store.triggers import BLOCKING

LONGEST: Final = timedelta(hours=12)  # no appointment blocks more: a constraint of the table
_MOST: Final = timedelta(days=400)  # of one search
_SESSION: Final = timedelta(days=1, hours=2)  # the longest, with the hour of a clock change
_MINUTE: Final = timedelta(minutes=1)
_NOBODY: Final = 0  # an id that nothing has

_appointment = schema.appointment
_NAMES = ("id", "name", "short_name", "active", "version")  # of a type; other tables have such columns too
TYPE_COLUMNS: Final = tuple(
    column.label(f"rules_{column.name}") if column.name in _NAMES else column for column in schema.appointment_type.c
)
_TYPE = select(*TYPE_COLUMNS).where(schema.appointment_type.c.id == bindparam("type_id"))
_able, _length = schema.appointment_type_provider.c, schema.appointment_type_duration.c
_TYPE_PROVIDERS = union_all(
    select(_able.provider_id, null().cast(Integer)).where(_able.type_id == bindparam("type_id")),
    select(_length.provider_id, _length.duration_minutes).where(_length.type_id == bindparam("type_id")),
).order_by("provider_id")
_PROVIDERS = select(schema.provider.c.id, schema.provider.c.short_name, schema.provider.c.active).order_by(
    schema.provider.c.position, schema.provider.c.id
)
_LOCATIONS = select(
    schema.location.c.id,
    schema.location.c.name,
    schema.location.c.zone,
    schema.location.c.active,
    schema.location.c.address,
).order_by(schema.location.c.position, schema.location.c.id)
_WINDOWS = (
    select(schema.availability_window)
    .where(
        schema.availability_window.c.active,
        schema.availability_window.c.removed_at.is_(None),
        schema.availability_window.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
    )
    .order_by(schema.availability_window.c.id)
)
_WINDOW_TYPES = (
    select(schema.availability_window_type)
    .where(
        schema.availability_window_type.c.window_id.in_(
            select(schema.availability_window.c.id).where(
                schema.availability_window.c.active,
                schema.availability_window.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
            )
        )
    )
    .order_by(schema.availability_window_type.c.window_id, schema.availability_window_type.c.type_id)
)
_ABSENCES = (
    select(schema.absence)
    .where(
        schema.absence.c.removed_at.is_(None),
        schema.absence.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
        schema.absence.c.starts_at < bindparam("ends_at"),
        schema.absence.c.ends_at > bindparam("starts_at"),
    )
    .order_by(schema.absence.c.starts_at, schema.absence.c.id)
)

_COUNTING = (AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW)
_BOOKED = select(_appointment.c.provider_id, _appointment.c.type_id, _appointment.c.starts_at).where(
    _appointment.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
    _appointment.c.starts_at >= bindparam("starts_at"),
    _appointment.c.starts_at < bindparam("ends_at"),
    _appointment.c.chain_id != bindparam("chain_id"),
    _appointment.c.status.in_(bindparam("statuses", expanding=True)),
    (_appointment.c.status != AppointmentStatus.HELD)
    | (
        (_appointment.c.hold_expires_at > bindparam("now"))
        & _appointment.c.request_id.is_distinct_from(bindparam("request_id"))
    ),
)


def _statements(*, is_sqlite: bool) -> tuple[Select[Any], Any]:
    """The blocked time, and the part of it that does not count now; instants as microseconds, uncooked."""

    def micros(column: ColumnElement[datetime]) -> ColumnElement[int]:
        return type_coerce(column, BigInteger) if is_sqlite else cast(extract("epoch", column) * 1_000_000, BigInteger)

    start, end = micros(_appointment.c.blocks_from), micros(_appointment.c.blocks_until)
    row = (_appointment.c.provider_id, start, end)
    busy = select(*row).where(
        # The words of the partial index, uncooked: SQLite knows it by them.
        text(BLOCKING),
        _appointment.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
        _appointment.c.lane == literal(0),
        _appointment.c.blocks_from < bindparam("ends_at"),
        _appointment.c.blocks_from > bindparam("reach"),
    )
    held = select(*row, literal(-1)).where(
        text("status = 'held'"),
        _appointment.c.lane == literal(0),
        (_appointment.c.hold_expires_at <= bindparam("now"))
        | (_appointment.c.request_id == bindparam("request_id"))
        | (_appointment.c.chain_id == bindparam("chain_id")),
    )
    moved = select(*row, literal(-1)).where(
        _appointment.c.chain_id == bindparam("chain_id"),
        _appointment.c.status == AppointmentStatus.CONFIRMED,
        _appointment.c.lane == literal(0),
    )
    kept = select(*row, literal(1)).where(
        text("status = 'cancelled'"),
        _appointment.c.lane == literal(0),
        _appointment.c.released_at > bindparam("now"),
        _appointment.c.chain_id != bindparam("chain_id"),
        _appointment.c.request_id.is_distinct_from(bindparam("request_id")),
    )
    return busy, union_all(held, moved, kept)


_ON_SQLITE: Final = _statements(is_sqlite=True)
_ON_POSTGRESQL: Final = _statements(is_sqlite=False)


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """What slots need of a location."""

    id: LocationId
    name: str
    zone: str
    active: bool
    address: str


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What slots need of a provider."""

    id: ProviderId
    name: str
    active: bool


def type_rules(unit: Unit, type_id: TypeId) -> AppointmentType:
    """Return the rules of an appointment type; raises NotFound."""
    row = unit.first(_TYPE, {"type_id": type_id})
    if row is None:
        raise NotFound(_("This appointment type is not there any more. Choose another one."))
    found = _tuples(unit, _TYPE_PROVIDERS, {"type_id": type_id})
    return rules_of(
        row,
        tuple(ProviderId(provider_id) for provider_id, minutes in found if minutes is None),
        {ProviderId(provider_id): minutes * _MINUTE for provider_id, minutes in found if minutes is not None},
    )


def rules_of(
    row: Row[Any], provider_ids: tuple[ProviderId, ...] = (), durations: Mapping[ProviderId, timedelta] | None = None
) -> AppointmentType:
    """Make the rules from a row of `TYPE_COLUMNS`; whose they are is left open where nobody asks."""
    return AppointmentType(
        id=TypeId(row.rules_id),
        name=row.rules_name,
        short_name=row.rules_short_name,
        duration=row.duration_minutes * _MINUTE,
        buffer=row.buffer_minutes * _MINUTE,
        hold_ttl=row.hold_minutes * _MINUTE,
        minimum_notice=LeadTime(row.notice_minutes * _MINUTE, row.notice_days),
        reschedule_notice=LeadTime(row.reschedule_notice_minutes * _MINUTE, row.reschedule_notice_days),
        cancel_notice=LeadTime(row.cancel_notice_minutes * _MINUTE, row.cancel_notice_days),
        maximum_advance=timedelta(days=row.advance_days),
        grid=row.grid_minutes * _MINUTE,
        rebooking_mode=RebookingMode(row.rebooking_mode),
        provider_ids=provider_ids,
        active=row.rules_active,
        version=row.rules_version,
        late_cancel=row.late_cancel_minutes * _MINUTE,
        no_show_after=_minutes(row.no_show_minutes),
        offer_ttl=row.offer_minutes * _MINUTE,
        is_video=row.is_video,
        verification=Verification(row.verification),
        booking_rules=BookingRules(
            min_age_months=row.min_age_months,
            max_age_months=row.max_age_months,
            rest=timedelta(days=row.rest_days),
            rest_group=row.rest_group,
            new_patient=_minutes(row.new_patient_minutes),
            interpreter=row.interpreter_minutes * _MINUTE,
            durations=durations or {},
        ),
    )


def _minutes(number: int | None) -> timedelta | None:
    return None if number is None else number * _MINUTE


def all_providers(unit: Unit) -> dict[ProviderId, ProviderFacts]:
    """Return every provider in the practice's order."""
    return {
        ProviderId(row.id): ProviderFacts(ProviderId(row.id), row.short_name, row.active)
        for row in unit.rows(_PROVIDERS)
    }


def all_locations(unit: Unit) -> dict[LocationId, LocationFacts]:
    """Return every location in the practice's order."""
    return {
        LocationId(row.id): LocationFacts(LocationId(row.id), row.name, row.zone, row.active, row.address)
        for row in unit.rows(_LOCATIONS)
    }


def time_of(unit: Unit, zone: str) -> PracticeTime:
    """Return the wall clock of a location's zone; mostly the practice's own."""
    return unit.time if zone == unit.time.zone else PracticeTime(zone)


def windows_of(unit: Unit, provider_ids: Iterable[ProviderId]) -> dict[ProviderId, list[AvailabilityWindow]]:
    """Return the active windows of providers, in two statements."""
    values = {"provider_ids": list(provider_ids)}
    types: dict[int, list[TypeId]] = {}
    for window_id, type_id in _tuples(unit, _WINDOW_TYPES, values):
        types.setdefault(window_id, []).append(TypeId(type_id))
    found: dict[ProviderId, list[AvailabilityWindow]] = {}
    for row in unit.rows(_WINDOWS, values):
        window = window_view(row, types.get(row.id, ()))
        found.setdefault(window.provider_id, []).append(window)
    return found


def window_view(row: Row[Any], type_ids: Iterable[TypeId]) -> AvailabilityWindow:
    """Make the window of a row and of the types that it is for."""
    return AvailabilityWindow(
        id=WindowId(row.id),
        provider_id=ProviderId(row.provider_id),
        location_id=LocationId(row.location_id),
        weekday=row.weekday,
        start_minute=row.start_minute,
        end_minute=row.end_minute,
        buffer=_minutes(row.buffer_minutes),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        active=row.active,
        type_ids=tuple(sorted(type_ids)),
        staff_only=row.staff_only,
        label=row.label,
        version=row.version,
        opens=_minutes(row.opens_minutes),
        cap=row.cap,
        work_in_lanes=row.work_in_lanes,
    )


def absences_of(unit: Unit, provider_ids: Iterable[ProviderId], span: Span) -> dict[ProviderId, list[Absence]]:
    """Return the absences of providers that touch a span, by start; the closed days of the practice are everybody's."""
    asked = list(provider_ids)
    values = {"provider_ids": asked, "starts_at": span.starts_at, "ends_at": span.ends_at}
    found: dict[ProviderId, list[Absence]] = {}
    for row in unit.rows(_ABSENCES, values):
        absence = Absence(
            AbsenceId(row.id), ProviderId(row.provider_id), row.starts_at, row.ends_at, row.label, row.version
        )
        found.setdefault(absence.provider_id, []).append(absence)
    closed = [(day, name) for day, name in unit.settings.closed_days.items() if overlaps(unit.time.bounds(day), span)]
    for provider_id in asked if closed else ():
        away = found.setdefault(provider_id, [])
        for day, name in closed:
            whole = unit.time.bounds(day)
            away.append(Absence(AbsenceId(0), provider_id, whole.starts_at, whole.ends_at, name, 0, is_closed_day=True))
        away.sort(key=lambda each: (each.starts_at, each.id))
    return found


def opened(
    unit: Unit,
    windows: Sequence[AvailabilityWindow],
    locations: Mapping[LocationId, LocationFacts],
    location_ids: Collection[LocationId],
    span: Span,
) -> list[OpenSpan]:
    """Return the open time of one provider at the locations asked for (empty: all), each in its own zone, by start."""
    by_zone: dict[str, list[AvailabilityWindow]] = {}
    for window in windows:
        location = locations[window.location_id]
        if location.active and (not location_ids or location.id in location_ids):
            by_zone.setdefault(location.zone, []).append(window)
    found = [each for zone, here in by_zone.items() for each in open_spans(here, span, time_of(unit, zone))]
    return sorted(found, key=lambda each: (each.starts_at, each.ends_at, each.window_id))


class SlotBook:
    """The bookable time of some providers over a span, as of one moment; ask it as often as you like, in one thread."""

    def __init__(
        self,
        providers: Mapping[ProviderId, ProviderFacts],
        locations: Mapping[LocationId, LocationFacts],
        windows: Mapping[ProviderId, Sequence[AvailabilityWindow]],
        absences: Mapping[ProviderId, Sequence[Absence]],
        horizons: Mapping[ProviderId, Sequence[Horizon]],
        now: datetime,
    ) -> None:
        self.providers: Final = providers
        self.locations: Final = locations
        self.windows: Final = windows
        self.absences: Final = absences
        self._horizons: Final = horizons
        self._now: Final = now

    def slots(
        self,
        type_: AppointmentType,
        *,
        for_staff: bool,
        earliest: datetime,
        latest: datetime | None = None,
        provider_ids: Collection[ProviderId] = (),
        location_ids: Collection[LocationId] = (),
        patient: PatientFacts | None = None,
        by_provider: bool = True,
    ) -> list[Slot]:
        """Return the free slots by start, then in the practice's order of providers; as long as the patient needs (AP7).

        Without `by_provider` what a later provider has at the same start and place is left out, for making slots is most of a search;
        some may be there nonetheless.
        """
        found: list[Slot] = []
        offered: Offered | None = None if by_provider else {}
        for horizon in self._asked(type_, provider_ids):
            found += horizon.slots(
                duration=duration_for(type_, horizon.provider_id, patient),
                buffer=type_.buffer,
                grid=type_.grid,
                earliest=earliest,
                latest=latest,
                type_id=type_.id,
                for_staff=for_staff,
                location_ids=location_ids,
                now=self._now,
                offered=offered,
            )
        found.sort(key=_start)
        return found

    def _asked(self, type_: AppointmentType, provider_ids: Collection[ProviderId]) -> Iterable[Horizon]:
        for provider_id, horizons in self._horizons.items():
            may = not type_.provider_ids or provider_id in type_.provider_ids
            if may and (not provider_ids or provider_id in provider_ids):
                yield from horizons


def open_book(
    unit: Unit,
    span: Span,
    *,
    provider_ids: Collection[ProviderId] = (),
    exclude_chain: AppointmentId | None = None,
    exclude_request: RequestId | None = None,
) -> SlotBook:
    """Read the bookable time of providers (empty: all) over a span.

    Blocked are booked appointments, holds that still run, and freed time that an undo may want back; not what belongs to
    `exclude_chain`, nor the holds of `exclude_request`. Raises Invalid when the span is longer than 400 days.
    """
    if span.ends_at - span.starts_at > _MOST:
        raise Invalid(_("A search covers at most {days} days. Choose a shorter time.").format(days=_MOST.days))
    providers, locations = all_providers(unit), all_locations(unit)
    asked = [each.id for each in providers.values() if each.active and (not provider_ids or each.id in provider_ids)]
    windows = {
        provider_id: [window for window in found if locations[window.location_id].active]
        for provider_id, found in windows_of(unit, asked).items()
    }
    asked = [each for each in asked if each in windows]
    # What begins in the span may reach into time off behind it.
    absences = absences_of(unit, asked, Span(span.starts_at, span.ends_at + LONGEST))
    blocked = _blocked(unit, asked, span, exclude_chain, exclude_request)
    capped = [each for each in asked if any(window.cap is not None for window in windows[each])]
    booked = booked_of(unit, capped, span, exclude_chain, exclude_request) if capped else {}
    clocks = {zone: time_of(unit, zone) for zone in {each.zone for each in locations.values() if each.active}}
    horizons: dict[ProviderId, list[Horizon]] = {}
    for provider_id in asked:
        away = [Span(each.starts_at, each.ends_at) for each in absences.get(provider_id, ())]
        by_zone: dict[str, list[AvailabilityWindow]] = {}
        for window in windows[provider_id]:
            by_zone.setdefault(locations[window.location_id].zone, []).append(window)
        for zone, here in by_zone.items():
            horizon = Horizon(provider_id, here, span, clocks[zone], away, booked.get(provider_id, {}))
            horizon.load(blocked.get(provider_id, ()))
            horizons.setdefault(provider_id, []).append(horizon)
    return SlotBook(providers, locations, windows, absences, horizons, unit.now)


def booked_of(
    unit: Unit,
    provider_ids: Iterable[ProviderId],
    span: Span,
    chain_id: AppointmentId | None = None,
    request_id: RequestId | None = None,
    *,
    with_holds: bool = True,
) -> dict[ProviderId, dict[TypeId, list[datetime]]]:
    """Return when what counts for the caps of sessions begins, by provider and type, also a day around a span (AV6).

    That is what is booked and was kept, and what is held now; not what belongs to the chain nor the holds of the request.
    """
    values = {
        "statuses": [*_COUNTING, AppointmentStatus.HELD] if with_holds else list(_COUNTING),
        "provider_ids": list(provider_ids),
        "starts_at": span.starts_at - _SESSION,
        "ends_at": span.ends_at + _SESSION,
        "now": unit.now,
        "chain_id": chain_id or _NOBODY,
        "request_id": request_id or _NOBODY,
    }
    found: dict[ProviderId, dict[TypeId, list[datetime]]] = {}
    for provider_id, type_id, starts_at in _tuples(unit, _BOOKED, values):
        found.setdefault(ProviderId(provider_id), {}).setdefault(TypeId(type_id), []).append(starts_at)
    return found


def _blocked(
    unit: Unit,
    provider_ids: Sequence[ProviderId],
    span: Span,
    chain_id: AppointmentId | None,
    request_id: RequestId | None,
) -> dict[int, list[tuple[int, int]]]:
    """The blocked stretches of each provider as microseconds since 1970."""
    busy, corrections = _ON_SQLITE if unit.is_sqlite else _ON_POSTGRESQL
    found: dict[int, list[tuple[int, int]]] = {provider_id: [] for provider_id in provider_ids}
    if not found:
        return found
    values = {"provider_ids": list(found), "ends_at": span.ends_at + LONGEST, "reach": span.starts_at - LONGEST}
    for provider_id, start, end in _uncooked(unit, busy, values):
        found[provider_id].append((start, end))
    values = {"now": unit.now, "chain_id": chain_id or _NOBODY, "request_id": request_id or _NOBODY}
    for provider_id, start, end, sign in _tuples(unit, corrections, values):
        pairs = found.get(provider_id)
        if pairs is None:
            continue
        if sign > 0:
            pairs.append((start, end))
        elif (start, end) in pairs:
            pairs.remove((start, end))
    return found


def _tuples(unit: Unit, statement: Executable, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    return unit.rows(statement, values)


def _uncooked(unit: Unit, statement: Executable, values: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    """Rows as the driver has them: for tens of thousands of numbers a third of the time."""
    with unit.connection.execute(statement, values) as result:
        cursor: Any = result.cursor
        return cursor.fetchall()  # type: ignore[no-any-return]


def _start(slot: Slot) -> datetime:
    return slot.starts_at
