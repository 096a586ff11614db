"""The times to which a family can move an appointment, a week or a day at a time; the pages are made in `manage`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from request_desk.domain import manage_links
from request_desk.domain.errors import Invalid
from request_desk.domain.manage_links import FamilyAppointment
from request_desk.domain.spans import Slot
from request_desk.domain.text import parse_date
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.portal import family_acts
from request_desk.web.forms import Asking, parse_slot, refuse_unknown, slot_code
from request_desk.web.pages import PageContext
from request_desk.web.times import SHOWN, DayTimes, FreeTime, ScheduleSight, look_of, spread

_WHOLE: Final = 120  # times of one day: the page stays below 50 kB
_AHEAD: Final = 31  # days searched when a week is full
_FIELDS: Final = frozenset({"from", "go", "with", "at"})
_SAME: Final = "same"


@dataclass(frozen=True, slots=True)
class Sight:
    """What is looked at: from which day, with the same provider alone or with anybody, and which time is chosen."""

    look: ScheduleSight
    is_same_provider: bool
    at: Slot | None
    code: str

    @classmethod
    def read(cls, query: Mapping[str, str], shown: FamilyAppointment, shell: PageContext) -> "Sight":
        """Read an address; what no page of ours made there is passed over."""
        refuse_unknown(query, _FIELDS)
        try:
            from_day: date | None = parse_date(query.get("from", ""))
        except Invalid:
            from_day = None
        asking = Asking(from_day=from_day, go=query.get("go", "")[:40])
        is_same = shown.is_same_provider or query.get("with", "") == _SAME
        code = query.get("at", "")
        at = parse_slot(code) if code else None
        return cls(look_of(asking, shell.today, shown.advance), is_same, at, code)

    @classmethod
    def of(cls, at: Slot, shown: FamilyAppointment, shell: PageContext) -> "Sight":
        """Return the look at the day of a chosen time."""
        look = ScheduleSight(shell.time.day_of(at.starts_at), 1, is_one_day=True)
        return cls(look, shown.is_same_provider, at, "")

    def on_its_day(self, shell: PageContext) -> "Sight":
        """Return the look at the day of the time that was chosen."""
        if self.at is None:
            return self
        return replace(self, look=ScheduleSight(shell.time.day_of(self.at.starts_at), 1, is_one_day=True))

    @property
    def chosen_with(self) -> str:
        """How an address says whose times are looked at."""
        return _SAME if self.is_same_provider else "any"


@dataclass(frozen=True, slots=True)
class MoveTimes:
    """The times of a look, and the ways to earlier and later ones."""

    days: tuple[DayTimes, ...]
    title: str
    from_day: date
    is_one_day: bool
    has_earlier: bool
    has_later: bool
    next_day: date | None  # the first day with a free time, when there is none here


def shown_time(unit: Unit, sight: Sight, shown: FamilyAppointment) -> manage_links.OpenTime | None:
    """Return the chosen time with its names, None when it is not free any more."""
    if sight.at is None:
        return None
    day = unit.time.day_of(sight.at.starts_at)
    same = sight.at.provider_id == shown.appointment.provider_id
    free = family_acts.free_times(unit, shown.appointment.id, from_day=day, days=1, is_same_provider=same)
    return next((each for each in free if slot_code(each) == sight.code), None)


def read_sight(unit: Unit, sight: Sight, shown: FamilyAppointment, shell: PageContext) -> MoveTimes:
    """Return the free times of a look, as the page shows them."""

    def found(from_day: date, days: int) -> tuple[manage_links.OpenTime, ...]:
        same = sight.is_same_provider
        return family_acts.free_times(unit, shown.appointment.id, from_day=from_day, days=days, is_same_provider=same)

    look = sight.look
    free = found(look.from_day, look.days)
    last = look.from_day + timedelta(days=look.days - 1)
    later = () if free else found(last + timedelta(days=1), _AHEAD)
    has_places = len({each.location_id for each in free} | {shown.appointment.location_id}) > 1
    days = [
        _day(day, list(of_day), shell, has_places=has_places, is_whole=look.is_one_day)
        for day, of_day in groupby(free, key=lambda each: shell.time.day_of(each.starts_at))
    ]
    first_words = shell.words.day(look.from_day) if look.is_one_day else shell.words.short_day(look.from_day)
    return MoveTimes(
        days=tuple(days),
        title=first_words
        if look.is_one_day
        else _("{first} to {last}").format(first=first_words, last=shell.words.short_day(last)),
        from_day=look.from_day,
        is_one_day=look.is_one_day,
        has_earlier=look.from_day > shell.today,
        has_later=last < shell.today + shown.advance,
        next_day=shell.time.day_of(later[0].starts_at) if later else None,
    )


def _day(
    day: date, free: list[manage_links.OpenTime], shell: PageContext, *, has_places: bool, is_whole: bool
) -> DayTimes:
    chips = []
    for each in free:
        where = f"{each.provider_name}, {each.location_name}" if has_places else each.provider_name
        chips.append(FreeTime(slot_code(each), shell.words.at(each.zone).time(each.starts_at), where, is_chosen=False))
    shown = spread(chips, _WHOLE if is_whole else SHOWN)
    zones = Counter(shell.words.at(each.zone).zone_name(each.starts_at) for each in free)
    return DayTimes(day, shell.words.long_day(day), zones.most_common(1)[0][0], tuple(shown), len(chips) - len(shown))
