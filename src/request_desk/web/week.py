"""A week of free times as families see it, and how they leaf through: for wishes (`times`) and for the booking page (`book`)."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol, TypeVar

from request_desk.domain.errors import Invalid
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.text import parse_date
from request_desk.domain.words import _
from request_desk.web.pages import PageContext

_WEEK: Final = 7
_SHOWN: Final = 6  # times of a day at first sight: three rows on a phone
_MOST_SHOWN: Final = 54  # of one day; with five picks and the rest still within the 64 fields of a form


class Timed(Protocol):
    """A free time and the zone of its place, whatever else is known of it."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def zone(self) -> str: ...


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
    is_chosen: Callable[[S], bool] | None = None,
) -> Week:
    """Return what is seen of free times, by start; `chip` makes those that are shown, and the chosen ones are always among them."""

    def named(slot: S) -> str:
        return shell.words.at(slot.zone).zone_name(slot.starts_at)

    def day_times(day: date, found: Sequence[S]) -> DayTimes:
        shown = _spread(found, _MOST_SHOWN if look.is_one_day else _SHOWN, is_chosen)
        zone = Counter(map(named, shown)).most_common(1)[0][0]
        return DayTimes(day, shell.words.long_day(day), zone, tuple(map(chip, shown)), len(found) - len(shown))

    days = tuple(day_times(day, found) for day, found in _by_day(slots, shell.time))
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


def _by_day(slots: Sequence[S], time: PracticeTime) -> Iterator[tuple[date, Sequence[S]]]:
    """Each day with its times; a day's end is looked for, for the zone of every single time costs more than all the rest."""
    begin = 0
    while begin < len(slots):
        day = time.day_of(slots[begin].starts_at)
        end = bisect_left(slots, time.bounds(day).ends_at, begin, key=lambda slot: slot.starts_at)
        yield day, slots[begin:end]
        begin = end


def _spread(found: Sequence[S], most: int, is_chosen: Callable[[S], bool] | None) -> Sequence[S]:
    """Return at most so many times over the whole day, and every chosen one."""
    if len(found) <= most + 1:
        return found
    kept = {round(index * (len(found) - 1) / (most - 1)) for index in range(most)}
    return [slot for index, slot in enumerate(found) if index in kept or (is_chosen is not None and is_chosen(slot))]
