"""A week of free times as families see it, and how they leaf through: for wishes (`times`) and for the booking page (`book`)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, Protocol, TypeVar

from request_desk.domain.errors import Invalid
from request_desk.domain.text import parse_date
from request_desk.domain.words import _
from request_desk.web.pages import PageContext

_WEEK: Final = 7
_SHOWN: Final = 6  # times of a day at first sight: three rows on a phone
_MOST_SHOWN: Final = 54  # of one day; with five picks and the rest still within the 64 fields of a form


class Timed(Protocol):
    """A free time, whatever else is known of it."""

    @property
    def starts_at(self) -> datetime: ...


S = TypeVar("S", bound=Timed)


@dataclass(frozen=True, slots=True)
class FreeTime:
    """One free time to choose."""

    code: str
    time: str
    detail: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class DayTimes:
    """A day with free times; `more` are those not shown at first sight."""

    day: date
    title: str
    zone_name: str
    chips: tuple[FreeTime, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ScheduleSight:
    """The part of the schedule that a parent looks at."""

    from_day: date
    days: int
    is_one_day: bool

    @property
    def last_day(self) -> date:
        return self.from_day + timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Week:
    """What is seen of the schedule, with the way to earlier and later times."""

    days: tuple[DayTimes, ...]
    title: str
    from_day: date
    has_earlier: bool
    has_later: bool
    is_one_day: bool
    next_day: date | None  # the first day with a free time when there is none here


def look_of(from_day: date | None, go: str, today: date, advance: timedelta) -> ScheduleSight:
    """Return where the buttons "earlier", "later", "all times" lead, within what may be booked."""
    last = today + advance
    day = min(max(from_day or today, today), last)
    step, _sign, named = go.partition("-")
    match step:
        case "earlier":
            day = max(today, day - timedelta(days=_WEEK))
        case "later":
            day = min(last, day + timedelta(days=_WEEK))
        case "to":
            day = min(max(_day(named, day), today), last)
        case "day":
            return ScheduleSight(min(max(_day(named, day), today), last), 1, is_one_day=True)
    return ScheduleSight(day, _WEEK, is_one_day=False)


def _day(text: str, otherwise: date) -> date:
    try:
        return parse_date(text)
    except Invalid:
        return otherwise


def week_of(
    slots: Sequence[S],
    look: ScheduleSight,
    next_day: date | None,
    *,
    shell: PageContext,
    latest: date,
    chip: Callable[[S], FreeTime],
    zone_name: Callable[[S], str] | None = None,
) -> Week:
    """Return what is seen, each free time as `chip` makes it; `zone_name` tells whose clock it is told by, where not the practice's."""

    def named(slot: S) -> str:
        return shell.words.zone_name(slot.starts_at) if zone_name is None else zone_name(slot)

    days = tuple(
        _day_times(day, [(named(slot), chip(slot)) for slot in of_day], shell, is_whole=look.is_one_day)
        for day, of_day in groupby(slots, key=lambda slot: shell.time.day_of(slot.starts_at))
    )
    title = shell.words.day(look.from_day) + (f" {days[0].zone_name}" if days else "")
    if not look.is_one_day:
        title = _("{first} to {last}").format(
            first=shell.words.short_day(look.from_day), last=shell.words.short_day(look.last_day)
        )
    return Week(
        days=days,
        title=title,
        from_day=look.from_day,
        has_earlier=look.from_day > shell.today,
        has_later=look.last_day < latest,
        is_one_day=look.is_one_day,
        next_day=next_day if next_day is not None and next_day <= latest else None,
    )


def _day_times(day: date, found: list[tuple[str, FreeTime]], shell: PageContext, *, is_whole: bool) -> DayTimes:
    """One day's chips: a chip for each start and place."""
    shown = _spread([chip for _zone, chip in found], _MOST_SHOWN if is_whole else _SHOWN)
    zone_name = Counter(zone for zone, _chip in found).most_common(1)[0][0]
    return DayTimes(day, shell.words.long_day(day), zone_name, tuple(shown), len(found) - len(shown))


def _spread(chips: list[FreeTime], most: int) -> list[FreeTime]:
    """Return at most so many chips over the whole day, and every chosen one."""
    if len(chips) <= most + 1:
        return chips
    kept = {round(index * (len(chips) - 1) / (most - 1)) for index in range(most)}
    return [chip for index, chip in enumerate(chips) if index in kept or chip.is_chosen]
