"""What needs somebody first: targets in opening hours, closing times, the groups and orders of an open list (MC7)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, assert_never

from request_desk.domain.directory import OpeningHours
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Group, ListOrder, RequestKey, RequestKind, Wish, WishKind
from request_desk.domain.spans import Span
from request_desk.domain.wishes import part_span

_HORIZON: Final = 366  # days within which a practice opens again; without any, the clock simply runs on
_GROUPS: Final = tuple(Group)


def due_at(
    arrived_at: datetime,
    target_age: timedelta,
    opening: Sequence[OpeningHours],
    closed_days: Collection[date],
    zone: PracticeTime,
) -> datetime:
    """Return when an answer becomes late: after `target_age` of opening time.

    A practice that is never open within a year gets elapsed time instead, so that nothing waits unmarked for ever.
    """
    left = target_age
    for open_span in _open(zone.day_of(arrived_at), _HORIZON, opening, closed_days, zone):
        start = max(open_span.starts_at, arrived_at)
        if start >= open_span.ends_at:
            continue
        if start + left <= open_span.ends_at:
            return start + left
        left -= open_span.ends_at - start
    return arrived_at + target_age


def is_late(due_at: datetime, now: datetime) -> bool:
    """Tell whether the target age is passed."""
    return now > due_at


def next_closing(
    now: datetime, opening: Sequence[OpeningHours], closed_days: Collection[date], zone: PracticeTime
) -> datetime:
    """Return when the practice closes next for the day; a lunch break is no closing. Never open: the end of today."""
    today = zone.day_of(now)
    for count in range(_HORIZON):
        day = today + timedelta(days=count)
        ends = [span.ends_at for span in _open(day, 1, opening, closed_days, zone)]
        if ends and ends[-1] > now:
            return ends[-1]
    return zone.bounds(today).ends_at


def near(now: datetime, opening: Sequence[OpeningHours], closed_days: Collection[date], zone: PracticeTime) -> Span:
    """Return the stretch in which an appointment counts as *today*: the whole of today, and on to the next closing."""
    today = zone.bounds(zone.day_of(now))
    return Span(today.starts_at, max(today.ends_at, next_closing(now, opening, closed_days, zone)))


def needed_at(
    kind: RequestKind,
    appointment_at: datetime | None,
    wishes: Iterable[Wish],
    zone: PracticeTime,
    *,
    since: datetime | None = None,
) -> datetime | None:
    """Return the first time that the request is about, its appointment or a wish; None for "next available".

    Times before `since` have passed and count no more.
    """
    times = [time for wish in wishes if (time := _wished(wish, zone)) is not None]
    if kind is not RequestKind.SCHEDULE and appointment_at is not None:
        times.append(appointment_at)
    return min((time for time in times if since is None or time >= since), default=None)


def group_of(key: RequestKey, now: datetime, near: Span) -> Group:
    """Return the group of *Needs me first*; what was needed before today counts by its age alone."""
    if key.urgent:
        return Group.URGENT
    if key.needed_at is not None and near.starts_at <= key.needed_at < near.ends_at:
        return Group.TODAY
    return Group.LATE if is_late(key.due_at, now) else Group.REST


def in_order(keys: Iterable[RequestKey], now: datetime, near: Span, order: ListOrder) -> list[tuple[Group, RequestKey]]:
    """Return the keys with their groups in the chosen order; a total order, so nothing ever reshuffles.

    *Needs me first* goes by group, in *Today* by the time that is needed, then oldest first. The other orders
    go by arrival alone.
    """
    grouped = [(group_of(key, now, near), key) for key in keys]
    match order:
        case ListOrder.NEEDS_ME:
            grouped.sort(key=_needs_me)
        case ListOrder.OLDEST:
            grouped.sort(key=lambda pair: (pair[1].arrived_at, pair[1].id))
        case ListOrder.NEWEST:
            grouped.sort(key=lambda pair: (pair[1].arrived_at, pair[1].id), reverse=True)
        case _:
            assert_never(order)
    return grouped


def _needs_me(pair: tuple[Group, RequestKey]) -> tuple[int, datetime, datetime, int]:
    group, key = pair
    first = key.needed_at if group is Group.TODAY and key.needed_at is not None else key.arrived_at
    return _GROUPS.index(group), first, key.arrived_at, key.id


def _wished(wish: Wish, zone: PracticeTime) -> datetime | None:
    if wish.kind is WishKind.SLOT:
        return wish.starts_at
    if wish.kind is WishKind.DAY_PART and wish.day is not None and wish.part is not None:
        return part_span(wish.day, wish.part, zone).starts_at
    return None


def _open(
    first: date, days: int, opening: Sequence[OpeningHours], closed_days: Collection[date], zone: PracticeTime
) -> Iterator[Span]:
    """Opening hours as instants, in order and not overlapping, for some days from `first` on."""
    hours = sorted(opening, key=lambda each: (each.start_minute, each.end_minute))
    weekdays = {each.weekday for each in hours if each.end_minute > each.start_minute}
    if not weekdays:
        return
    for count in range(days):
        day = first + timedelta(days=count)
        if day.weekday() not in weekdays or day in closed_days:
            continue
        reached = zone.bounds(day).starts_at
        for each in hours:
            if each.weekday == day.weekday():
                start = max(reached, zone.instant(day, each.start_minute))
                end = zone.instant(day, each.end_minute)
                if start < end:
                    yield Span(start, end)
                    reached = end
