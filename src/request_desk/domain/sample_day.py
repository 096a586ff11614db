"""How a type would fill a day of the real windows, and whether it can be had at all: for the editor of types; nothing is booked here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.availability import AvailabilityWindow, Horizon
from request_desk.domain.booking_rules import duration_for
from request_desk.domain.directory import AppointmentType
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Slot, Span

DAYS: Final = 7  # days that are looked through: windows come weekly
_DAY: Final = timedelta(days=1)


class NoSlot(StrEnum):
    """Why no parent ever sees a free time of a type."""

    NOTICE = "notice"  # when the notice is kept, the time lies too far ahead
    NO_WINDOW = "no_window"  # no hours of those who do it serve it
    TOO_LONG = "too_long"  # it is longer than each of them


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A provider's day at one location: the starts of appointments that follow each other, with their buffer."""

    provider_id: ProviderId
    location_id: LocationId
    starts: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class SampleDay:
    """The first of the coming days on which the type can be had, without what is booked."""

    day: date
    lines: tuple[SampleLine, ...]


def notice_exceeds_advance(type_: AppointmentType) -> bool:
    """Tell whether each time that keeps the minimum notice is further ahead than may be booked, at whatever hour it is asked."""
    notice, advance = type_.minimum_notice, type_.maximum_advance
    # The last day counts to its end, and whoever asks at midnight has all of today besides.
    return notice.days > advance.days or notice.elapsed >= advance + _DAY


def sample_day(
    type_: AppointmentType,
    windows: Mapping[ProviderId, Sequence[AvailabilityWindow]],
    zones: Mapping[LocationId, PracticeTime],
    today: date,
) -> SampleDay | NoSlot:
    """Return the first day behind `today` on which the type can be had, or why there is none in a week.

    Providers come in the order of `windows`; hours at a location without a zone (it is closed) do not count.
    """
    if notice_exceeds_advance(type_):
        return NoSlot.NOTICE
    able = {
        provider_id: [each for each in found if each.location_id in zones and _serves(each, type_)]
        for provider_id, found in windows.items()
        if not type_.provider_ids or provider_id in type_.provider_ids
    }
    for number in range(1, DAYS + 1):
        day = today + number * _DAY
        lines = [line for provider_id, found in able.items() for line in _lines(type_, provider_id, found, zones, day)]
        if lines:
            return SampleDay(day, tuple(lines))
    days = {(today + number * _DAY) for number in range(1, DAYS + 1)}
    opened = any(_is_on(window, day) for found in able.values() for window in found for day in days)
    return NoSlot.TOO_LONG if opened else NoSlot.NO_WINDOW


def _serves(window: AvailabilityWindow, type_: AppointmentType) -> bool:
    """Whether parents see it for this type; a type that is not stored yet has only the windows for any."""
    return window.active and not window.staff_only and (not window.type_ids or type_.id in window.type_ids)


def _is_on(window: AvailabilityWindow, day: date) -> bool:
    return (
        window.weekday == day.weekday()
        and (window.valid_from is None or window.valid_from <= day)
        and (window.valid_until is None or day <= window.valid_until)
    )


def _lines(
    type_: AppointmentType,
    provider_id: ProviderId,
    windows: Sequence[AvailabilityWindow],
    zones: Mapping[LocationId, PracticeTime],
    day: date,
) -> list[SampleLine]:
    lines: list[SampleLine] = []
    for location_id in dict.fromkeys(each.location_id for each in windows if _is_on(each, day)):
        zone = zones[location_id]
        span = zone.bounds(day)
        here = [each for each in windows if each.location_id == location_id]
        free = Horizon(provider_id, here, span, zone).slots(
            duration=duration_for(type_, provider_id, None),
            buffer=type_.buffer,
            grid=type_.grid,
            earliest=span.starts_at,
            type_id=type_.id,
            for_staff=False,
        )
        starts = tuple(each.starts_at for each in _one_after_the_other(free, span))
        if starts:
            lines.append(SampleLine(provider_id, location_id, starts))
    return lines


def _one_after_the_other(free: Iterable[Slot], span: Span) -> list[Slot]:
    """The slots of a day that is filled from its beginning."""
    taken: list[Slot] = []
    for slot in free:
        if slot.starts_at >= (taken[-1].blocked_until if taken else span.starts_at):
            taken.append(slot)
    return taken
