"""Why a patient sees no slots on a day: the windows, what is occupied, and the rules, read for `domain.no_slots` (AV3)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain import schedule
from request_desk.domain.access import Permission
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.booking_rules import duration_for
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import LocationId, ProviderId, TypeId
from request_desk.domain.no_slots import Diary, NoSlots, Occupied, ProviderAnswer, Rule, Wanted, WindowAnswer, explain
from request_desk.domain.spans import Span
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import directory
from request_desk.services.schedule import slots
from request_desk.store import schema

_table: Final = schema.appointment
_OCCUPIED = (
    select(
        _table.c.provider_id,
        _table.c.starts_at,
        _table.c.ends_at,
        _table.c.blocks_until,
        _table.c.status,
    )
    .where(
        _table.c.provider_id.in_(bindparam("provider_ids", expanding=True)),
        _table.c.lane == 0,
        _table.c.starts_at < bindparam("ends_at"),
        _table.c.starts_at > bindparam("reach"),
        (_table.c.status == AppointmentStatus.CONFIRMED)
        | ((_table.c.status == AppointmentStatus.HELD) & (_table.c.hold_expires_at > bindparam("now")))
        | ((_table.c.status == AppointmentStatus.CANCELLED) & (_table.c.released_at > bindparam("now"))),
    )
    .order_by(_table.c.starts_at, _table.c.id)
)


def why_no_slots(
    unit: Unit,
    day: date,
    type_id: TypeId,
    *,
    location_id: LocationId | None = None,
    provider_ids: Collection[ProviderId] = (),
) -> NoSlots:
    """Return, for each provider and window of a practice day, how many starts are free for a patient and what removed the others.

    Without `provider_ids` those who are switched on. A start is counted once, under the first rule that holds, and what is free
    is just what the portal offers to a patient who has nothing booked.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(day)
    type_ = slots.type_rules(unit, type_id)
    locations = slots.all_locations(unit)
    if location_id is not None and location_id not in locations:
        raise NotFound(_("This location is not there any more. Choose another one."))
    known = slots.all_providers(unit)
    asked = [each for each in known if each in provider_ids or (not provider_ids and known[each].active)]
    span = unit.time.bounds(day)
    diaries = _diaries(unit, asked, span)
    windows = defaultdict(list)
    for window in directory.windows(unit, asked) if asked else ():
        if location_id in (None, window.location_id):
            windows[window.provider_id, locations[window.location_id].zone].append(window)
    places_off = frozenset(each.id for each in locations.values() if not each.active)
    answers = []
    for provider_id in asked:
        found: list[WindowAnswer] = []
        for (whose, zone), here in windows.items():
            if whose == provider_id:
                found += explain(
                    here,
                    _wanted(unit, type_, provider_id),
                    diaries[provider_id],
                    span=span,
                    zone=slots.time_of(unit, zone),
                    whole=_whole(type_, provider_id, is_active=known[provider_id].active),
                    places_off=places_off,
                )
        found.sort(key=lambda each: (each.starts_at, each.ends_at, each.window.id))
        answers.append(ProviderAnswer(provider_id, known[provider_id].name, tuple(found)))
    names = {each.id: each.name for each in locations.values()}
    return NoSlots(day, type_id, type_.name, unit.settings.closed_days.get(day), names, tuple(answers))


def _diaries(unit: Unit, provider_ids: Collection[ProviderId], span: Span) -> dict[ProviderId, Diary]:
    if not provider_ids:
        return {}
    reach = {"ends_at": span.ends_at + slots.LONGEST, "reach": span.starts_at - slots.LONGEST}
    occupied: dict[int, list[Occupied]] = defaultdict(list)
    for row in unit.rows(_OCCUPIED, {**reach, "provider_ids": list(provider_ids), "now": unit.now}):
        is_held = row.status != AppointmentStatus.CONFIRMED  # or freed so lately that an undo may want it back
        occupied[row.provider_id].append(Occupied(row.starts_at, row.ends_at, row.blocks_until, is_held))
    absences = slots.absences_of(unit, provider_ids, Span(span.starts_at, span.ends_at + slots.LONGEST))
    booked = slots.booked_of(unit, provider_ids, span)
    return {
        each: Diary(tuple(occupied[each]), tuple(absences.get(each, ())), booked.get(each)) for each in provider_ids
    }


def _wanted(unit: Unit, type_: AppointmentType, provider_id: ProviderId) -> Wanted:
    return Wanted(
        type_.id,
        duration_for(type_, provider_id, None),
        type_.buffer,
        type_.grid,
        unit.now,
        schedule.earliest(type_.minimum_notice, unit.now, unit.time),
        schedule.latest(type_.maximum_advance, unit.now, unit.time),
    )


def _whole(type_: AppointmentType, provider_id: ProviderId, *, is_active: bool) -> Rule | None:
    """What takes every window of a provider from patients."""
    if not is_active:
        return Rule.PROVIDER_OFF
    if not type_.active:
        return Rule.TYPE_OFF
    return Rule.OTHER_PROVIDERS if type_.provider_ids and provider_id not in type_.provider_ids else None
