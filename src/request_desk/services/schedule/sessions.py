"""What a session allows beside its free time: so many appointments of a type, and lanes for work-ins (AV6); no permission is asked here."""

from typing import Final

from sqlalchemy import bindparam, select, text

from request_desk.domain.availability import MOST_LANES, AvailabilityWindow, serves, sessions_at
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Limit, LimitCode, Refused
from request_desk.domain.ids import AppointmentId
from request_desk.domain.spans import Slot, Span
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule import holds, slots
from request_desk.store import schema
from request_desk.store.triggers import BLOCKING

_table: Final = schema.appointment
_LANES = (
    select(_table.c.lane)
    .where(
        text(BLOCKING),
        _table.c.provider_id == bindparam("provider"),
        _table.c.lane.in_(range(MOST_LANES + 1)),  # one look at the index for each
        _table.c.chain_id != bindparam("chain"),
        _table.c.hold_expires_at.is_(None) | (_table.c.hold_expires_at > bindparam("now")),
        _table.c.blocks_from < bindparam("until"),
        _table.c.blocks_from > bindparam("reach"),
        _table.c.blocks_until > bindparam("since"),
    )
    .order_by(_table.c.lane)
)

# Mostly there is none, and sending an answer is measured against the bare commit.
_CAPPED = (
    select(schema.availability_window.c.id)
    .where(
        schema.availability_window.c.provider_id == bindparam("provider"),
        schema.availability_window.c.active,
        schema.availability_window.c.cap.is_not(None),
    )
    .limit(1)
)


def full_limits(
    unit: Unit, type_: AppointmentType, slot: Slot, chain_id: AppointmentId | None, *, lock: bool = False
) -> tuple[Limit, ...]:
    """Return a limit when as many of the type are booked in the session at this time as it takes, not counting `chain_id`.

    `lock` makes other bookings of the provider wait, so that of two desks at once the second sees what the first has booked.
    """
    if unit.first(_CAPPED, {"provider": slot.provider_id}) is None:
        return ()
    found = [each for each in _sessions(unit, slot) if serves(each[0], type_.id, for_staff=True)]
    if not found or any(window.cap is None for window, _span in found):
        return ()
    if lock:
        holds.lock_providers(unit, (slot.provider_id,))
    hull = Span(min(span.starts_at for _window, span in found), max(span.ends_at for _window, span in found))
    booked = (
        slots.booked_of(unit, (slot.provider_id,), hull, chain_id, with_holds=False)
        .get(slot.provider_id, {})
        .get(type_.id, [])
    )
    for window, span in found:
        if window.cap is None or sum(span.starts_at <= each < span.ends_at for each in booked) < window.cap:
            return ()
    window, span = found[0]
    words = unit.words.at(slots.all_locations(unit)[slot.location_id].zone)
    params = {
        "begin": words.moment(span.starts_at),
        "end": words.time(span.ends_at),
        "count": words.count(window.cap or 0),
        "appointment": type_.name,
    }
    told = _("The session from {begin} to {end} takes {count} of “{appointment}”, and has them.")
    return (Limit(LimitCode.SESSION_FULL, told, params),)


def check_lane(unit: Unit, slot: Slot, lane: int) -> None:
    """Raise Refused when the window at this time has no such lane for work-ins."""
    if lane == 0:
        return
    lanes = _lanes(unit, slot)
    if 0 < lane <= lanes:
        return
    name, time = _who_and_when(unit, slot)
    if not lanes:
        raise Refused(_("{provider} takes no work-ins at {time}. Choose a free time.").format(provider=name, time=time))
    raise Refused(
        _("{provider} takes at most {count} at once beside the first at {time}. Choose another time.").format(
            provider=name, count=lanes, time=time
        )
    )


def lane_limits(unit: Unit, slot: Slot, lane: int) -> tuple[Limit, ...]:
    """Return the limit that a work-in breaks: it always needs a reason (ACT6)."""
    if lane == 0:
        return ()
    name, time = _who_and_when(unit, slot)
    told = _("{provider} may have somebody else at {time}: this is a work-in beside them.")
    return (Limit(LimitCode.WORK_IN, told, {"provider": name, "time": time}),)


def free_lane(unit: Unit, slot: Slot) -> int:
    """Return the first lane for work-ins that is free at a time, 0 when there is none."""
    return next(iter(_free_lanes(unit, slot, None)), 0)


def lane_of_move(unit: Unit, slot: Slot, chain_id: AppointmentId) -> int | None:
    """Return the lane in which an appointment stands when it is moved to a time, None when there is no room.

    That is the first, where it is free, else one for work-ins.
    """
    if 0 not in _taken_lanes(unit, slot, chain_id):
        return 0
    return next(iter(_free_lanes(unit, slot, chain_id)), None)


def _free_lanes(unit: Unit, slot: Slot, chain_id: AppointmentId | None) -> list[int]:
    """Those for work-ins that are free, from the first."""
    lanes = _lanes(unit, slot)
    used = _taken_lanes(unit, slot, chain_id) if lanes else set()
    return [lane for lane in range(1, lanes + 1) if lane not in used]


def _taken_lanes(unit: Unit, slot: Slot, chain_id: AppointmentId | None) -> set[int]:
    values = {
        "provider": slot.provider_id,
        "chain": chain_id or AppointmentId(0),
        "now": unit.now,
        "since": slot.starts_at,
        "until": max(slot.ends_at, slot.blocked_until),
        "reach": slot.starts_at - slots.LONGEST,
    }
    return {row.lane for row in unit.rows(_LANES, values)}


def _sessions(unit: Unit, slot: Slot) -> list[tuple[AvailabilityWindow, Span]]:
    location = slots.all_locations(unit).get(slot.location_id)
    if location is None:
        return []
    windows = slots.windows_of(unit, (slot.provider_id,)).get(slot.provider_id, ())
    return sessions_at(windows, slot.starts_at, slots.time_of(unit, location.zone), slot.location_id)


def _lanes(unit: Unit, slot: Slot) -> int:
    return max((window.work_in_lanes for window, _span in _sessions(unit, slot)), default=0)


def _who_and_when(unit: Unit, slot: Slot) -> tuple[str, str]:
    provider = slots.all_providers(unit).get(slot.provider_id)
    location = slots.all_locations(unit).get(slot.location_id)
    words = unit.words if location is None else unit.words.at(location.zone)
    return "" if provider is None else provider.name, words.moment(slot.starts_at)
