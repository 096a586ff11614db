"""The schedule of the demo practice: a year of appointments behind day 0 and the weeks ahead, as full as practice.toml says."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final, Literal

from request_desk.demo import data
from request_desk.demo.data import Calendar, FileAppointmentType, minute_of
from request_desk.demo.people import DemoChild, Family

Status = Literal["confirmed", "held", "completed", "no_show", "cancelled"]

_RESTED: Final = 45  # days: whoever asks for something is not kept from it by the rest of any type
_TICK: Final = 10  # minutes; starts and lengths of every type are multiples of it
_SHORTEST: Final = 20
_AHEAD: Final = 60  # business days that have appointments; parents rarely book further
_SAME_DAY: Final = 1  # sick hours are given out on the day itself and the evening before
_MONTH: Final = 365.2425 / 12
_TRIES: Final = 12
_WEEK: Final = len(data.WEEK)

Gap = tuple[int, int]  # minutes of a day


@dataclass(frozen=True, slots=True)
class PlannedAppointment:
    """An appointment to be; times in minutes of its day. `child` is None until somebody is found for it."""

    provider: str
    location: str
    day: date
    start: int
    type: str
    child: DemoChild | None = None
    status: Status = "confirmed"
    is_fixed: bool = False  # a file gives it, so it stays
    minutes_left: int = 0
    is_new: bool = False  # to be made by its own use case: the time is kept free, nothing is written


@dataclass(frozen=True, slots=True)
class Plan:
    """What the files demand of the schedule: appointments that are there, and times that stay free."""

    appointments: tuple[PlannedAppointment, ...]
    free: tuple[PlannedAppointment, ...]


@dataclass(frozen=True, slots=True)
class _Hours:
    """One stretch of a provider's day: a window without its absences, in minutes."""

    provider: str
    location: str
    start: int
    end: int
    types: tuple[str, ...]


class ScheduleFill:
    """Fills each business day to its share, then finds patients of a fitting age for the appointments."""

    def __init__(
        self,
        random: Random,
        calendar: Calendar,
        families: Sequence[Family],
        special: frozenset[int],
        plan: Plan,
        past_days: int,
    ) -> None:
        self._random = random
        self._calendar = calendar
        self._rules = data.practice().fill
        self._types = {each.key: each for each in data.practice().type}
        self._usual = {each.key: each.usual for each in data.practice().provider}
        self._plan = plan
        self._past_days = past_days
        self._seats = _Seats(random, calendar, families, special)

    def appointments(self) -> list[PlannedAppointment]:
        """Return all appointments with their patients, by day; no two of a provider overlap."""
        first = -(self._past_days * _WEEK) // 7
        found: list[PlannedAppointment] = []
        for number in range(first, _AHEAD + 1):
            found.extend(self._seated(number, appointment) for appointment in self._day(number))
        return found

    def share(self, number: int) -> float:
        """Return how much of a business day's bookable time is to be taken."""
        rules = self._rules
        weeks = (rules.week_1, rules.week_2, rules.week_3, rules.week_4)
        if number < 0:
            share = rules.past
        elif number < 2:
            return (rules.day_0, rules.day_1)[number]
        else:
            share = weeks[number // _WEEK] if number // _WEEK < len(weeks) else rules.later
        return (
            min(1.0, share + rules.monday_more)
            if self._calendar.written(number) == "Mon" and share > rules.later
            else share
        )

    def _day(self, number: int) -> list[PlannedAppointment]:
        day = self._calendar.day(number)
        hours = list(self.hours(number))
        fixed = [appointment for appointment in self._plan.appointments if appointment.day == day]
        kept = [*fixed, *(appointment for appointment in self._plan.free if appointment.day == day)]
        packed = [appointment for stretch in hours for appointment in self._packed(number, stretch, kept)]
        minutes = sum(stretch.end - stretch.start for stretch in hours)
        booked_later = [appointment for appointment in kept if appointment.is_new]
        taken = sum(self._types[appointment.type].blocked for appointment in (*fixed, *booked_later, *packed))
        self._random.shuffle(packed)
        spare = taken - self.share(number) * minutes
        left: list[PlannedAppointment] = []
        for appointment in packed:
            length = self._types[appointment.type].blocked
            if spare >= length / 2:
                spare -= length
            else:
                left.append(appointment)
        return sorted((*fixed, *left), key=lambda appointment: (appointment.start, appointment.provider))

    def hours(self, number: int) -> Iterator[_Hours]:
        """Yield the bookable stretches of a business day: windows without absences."""
        weekday = self._calendar.day(number).weekday()
        for window in data.practice().window:
            if weekday not in (self._calendar.weekday(written) for written in window.days):
                continue
            away = [
                _absent(each, self._calendar, number)
                for each in data.practice().absence
                if each.provider == window.provider
            ]
            whole = (minute_of(window.from_), minute_of(window.until))
            for start, end in _without([whole], [gap for gap in away if gap is not None]):
                yield _Hours(window.provider, window.location, start, end, tuple(window.types))

    def _packed(self, number: int, hours: _Hours, kept: Iterable[PlannedAppointment]) -> Iterator[PlannedAppointment]:
        """Appointments one behind the other through all that is not kept for something else."""
        if "sick" in hours.types and number > _SAME_DAY:
            return
        blocked = [
            (each.start, each.start + self._types[each.type].blocked)
            for each in kept
            if each.provider == hours.provider
        ]
        weights = self._weights(number, hours)
        day = self._calendar.day(number)
        for start, end in _without([(hours.start, hours.end)], blocked):
            at = start + -(start - hours.start) % _TICK
            while end - at >= _SHORTEST:
                type_ = self._drawn(weights, end - at)
                if type_ is None:
                    break
                yield PlannedAppointment(
                    hours.provider, hours.location, day, at, type_.key, status=self._status(number)
                )
                at += type_.blocked

    def _weights(self, number: int, hours: _Hours) -> list[tuple[FileAppointmentType, int]]:
        usual = self._usual[hours.provider]
        allowed = hours.types or tuple(usual)
        far = number > _SAME_DAY
        return [(self._types[key], usual.get(key, 1)) for key in allowed if not (far and key == "sick")]

    def _drawn(self, weights: Sequence[tuple[FileAppointmentType, int]], room: int) -> FileAppointmentType | None:
        """A type that fits, so that no rest is left in which nothing fits, where that can be had."""
        fitting = [pair for pair in weights if pair[0].blocked <= room]
        tight = [pair for pair in fitting if not 0 < room - pair[0].blocked < _SHORTEST]
        chosen = tight or fitting
        if not chosen:
            return None
        return self._random.choices([pair[0] for pair in chosen], [pair[1] for pair in chosen])[0]

    def _status(self, number: int) -> Status:
        if number >= 0:
            return "confirmed"
        luck = self._random.random()
        if luck < self._rules.no_show:
            return "no_show"
        return "cancelled" if luck < self._rules.no_show + self._rules.late_cancel else "completed"

    def _seated(self, number: int, appointment: PlannedAppointment) -> PlannedAppointment:
        return appointment if appointment.child is not None else self._seats.seated(appointment, is_past=number < 0)


class _Seats:
    """Finds patients for appointments, day after day: of the right age, of the provider's own families, and not too often."""

    def __init__(self, random: Random, calendar: Calendar, families: Sequence[Family], special: frozenset[int]) -> None:
        self._random = random
        self._calendar = calendar
        panels: dict[str, list[DemoChild]] = {}
        for family in families:
            for child in family.children:
                panels.setdefault(family.provider, []).append(child)
                panels.setdefault(f"at {family.location}", []).append(child)
        self._panels = panels
        self._odds = {key: list(accumulate(self._often(child) for child in panel)) for key, panel in panels.items()}
        self._by_birth = sorted(
            (child for family in families for child in family.children), key=lambda child: (child.birth_day, child.id)
        )
        self._births = [child.birth_day for child in self._by_birth]
        self._special = frozenset(child.id for family in families if family.id in special for child in family.children)
        self._last: dict[int, date] = {}
        self._last_well: dict[int, date] = {}
        self._had_first_year: set[int] = set()

    def seated(self, appointment: PlannedAppointment, *, is_past: bool) -> PlannedAppointment:
        """Return the appointment with a patient; a first-year check that nobody is due for becomes a well visit."""
        type_ = appointment.type
        child = self._due_for_first_year(appointment.day, is_past=is_past) if type_ == "12-month" else None
        if type_ == "12-month" and child is None:
            type_ = "well"
        child = child or self._somebody(appointment, type_, is_past=is_past)
        self._last[child.id] = appointment.day
        if type_ in ("well", "12-month"):
            self._last_well[child.id] = appointment.day
        return PlannedAppointment(
            appointment.provider,
            appointment.location,
            appointment.day,
            appointment.start,
            type_,
            child,
            appointment.status,
        )

    def _often(self, child: DemoChild) -> float:
        years = (self._calendar.today - child.birth_day).days / 365
        return 4.0 if years < 2 else 2.0 if years < 6 else 1.0

    def _somebody(self, appointment: PlannedAppointment, type_: str, *, is_past: bool) -> DemoChild:
        own = type_ in ("well", "asthma") or self._random.random() < 0.5
        key = appointment.provider if own else f"at {appointment.location}"
        panel, odds = self._panels[key], self._odds[key]
        second: DemoChild | None = None
        for _try in range(_TRIES):
            child = self._random.choices(panel, cum_weights=odds)[0]
            if not self._may_come(child, appointment.day, is_past=is_past):
                continue
            if self._fits(child, appointment.day, type_):
                return child
            second = second or child
        return second or next(
            child for child in self._by_birth if self._may_come(child, appointment.day, is_past=is_past)
        )

    def _may_come(self, child: DemoChild, day: date, *, is_past: bool) -> bool:
        if child.birth_day > day or self._last.get(child.id) == day:
            return False
        return child.id not in self._special or (is_past and (self._calendar.today - day).days > _RESTED)

    def _fits(self, child: DemoChild, day: date, type_: str) -> bool:
        months = (day - child.birth_day).days / _MONTH
        seen = (day - self._last.get(child.id, date.min)).days
        match type_:
            case "well":
                return (day - self._last_well.get(child.id, date.min)).days > (55 if months < 24 else 320)
            case "sports":
                return months >= 11 * 12 and seen > 60
            case "asthma":
                return 3 * 12 <= months < 18 * 12 and seen > 25
            case "ear":
                return months < 10 * 12 and seen > 6
            case _:
                return seen > 4

    def _due_for_first_year(self, day: date, *, is_past: bool) -> DemoChild | None:
        low = bisect_left(self._births, day - timedelta(days=round(13.5 * _MONTH)))
        high = bisect_right(self._births, day - timedelta(days=round(11.8 * _MONTH)))
        for child in self._by_birth[low:high]:
            if child.id not in self._had_first_year and self._may_come(child, day, is_past=is_past):
                self._had_first_year.add(child.id)
                return child
        return None


def _absent(away: data.FileAbsence, calendar: Calendar, number: int) -> Gap | None:
    """The minutes of a business day that an absence takes."""
    if away.first_day is not None:
        return (0, 1440) if away.first_day <= number <= (away.last_day or away.first_day) else None
    if calendar.day(number).weekday() != calendar.weekday(away.weekday):
        return None
    return minute_of(away.from_), minute_of(away.until)


def _without(gaps: Iterable[Gap], blocked: Iterable[Gap]) -> list[Gap]:
    """What is left of some stretches when others are cut out."""
    left = list(gaps)
    for start, end in sorted(blocked):
        left = [
            piece
            for gap in left
            for piece in ((gap[0], min(gap[1], start)), (max(gap[0], end), gap[1]))
            if piece[0] < piece[1]
        ]
    return left
