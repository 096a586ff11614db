"""The slot search once more, as slowly and plainly as it can be said: what the fast one is compared with, also by `bench`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from request_desk.domain.availability import AvailabilityWindow
from request_desk.domain.ids import TypeId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Slot, Span

ONE_DAY = timedelta(days=1)


def brute_force(
    windows: Sequence[AvailabilityWindow],
    busy: Iterable[Span],
    *,
    span: Span,
    zone: PracticeTime,
    duration: timedelta,
    buffer: timedelta,
    grid: timedelta,
    earliest: datetime,
    type_id: TypeId | None,
    for_staff: bool,
    now: datetime | None = None,
    booked: Mapping[TypeId, Sequence[datetime]] | None = None,
) -> list[Slot]:
    """Return the free slots of one provider: every start of every window on every day, each held against everything busy."""
    taken = list(busy)
    found: dict[tuple[datetime, int], Slot] = {}
    opened = _opened(windows, span, zone)
    for window, opens, closes in opened:
        if not _serves(window, type_id, for_staff):
            continue
        same_type = [] if type_id is None else (booked or {}).get(type_id, [])
        if window.cap is not None and sum(opens <= each < closes for each in same_type) >= window.cap:
            continue
        last = closes
        while touching := [end for other, start, end in opened if start == last and _belong_together(window, other)]:
            last = max(touching)
        blocked = duration + max(buffer, window.buffer or timedelta(0))
        start = opens
        while start < closes and start + duration <= last:
            slot = Slot(window.provider_id, window.location_id, start, start + duration, start + blocked)
            is_asked = span.starts_at <= start < span.ends_at and start >= earliest
            if window.opens is not None and not for_staff:
                is_asked = is_asked and start <= (now or earliest) + window.opens
            if is_asked and not any(each.starts_at < start + blocked and start < each.ends_at for each in taken):
                known = found.get((start, window.location_id))
                if known is None or slot.blocked_until < known.blocked_until:
                    found[start, window.location_id] = slot
            start += grid
    return [found[key] for key in sorted(found)]


def _opened(
    windows: Sequence[AvailabilityWindow], span: Span, zone: PracticeTime
) -> list[tuple[AvailabilityWindow, datetime, datetime]]:
    """Every window of every day around the span."""
    opened = []
    day = zone.day_of(span.starts_at) - 2 * ONE_DAY
    while day <= zone.day_of(span.ends_at) + 2 * ONE_DAY:
        for window in windows:
            is_over = window.valid_until is not None and window.valid_until < day
            if not _holds_on(window, day.weekday()) or (window.valid_from and day < window.valid_from) or is_over:
                continue
            opens = zone.instant(day, window.start_minute)
            end_day, minute = day + window.end_minute // 1440 * ONE_DAY, window.end_minute % 1440
            closes = zone.instant(end_day, minute)
            if opens < closes:
                opened.append((window, opens, closes))
        day += ONE_DAY
    return opened


def _belong_together(one: AvailabilityWindow, other: AvailabilityWindow) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("provider_id", "location_id", "type_ids", "staff_only", "buffer", "opens", "cap")
    )


def _holds_on(window: AvailabilityWindow, weekday: int) -> bool:
    return window.active and window.weekday == weekday


def _serves(window: AvailabilityWindow, type_id: TypeId | None, for_staff: bool) -> bool:
    if window.staff_only and not for_staff:
        return False
    return type_id is None or not window.type_ids or type_id in window.type_ids
