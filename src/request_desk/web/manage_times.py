"""The times to which a family can move an appointment, a week or a day at a time; the pages are made in `manage`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from request_desk.domain import manage_links
from request_desk.domain.errors import Invalid
from request_desk.domain.manage_links import FamilyAppointment
from request_desk.domain.spans import Slot
from request_desk.domain.text import parse_date
from request_desk.services.desk import Unit
from request_desk.services.portal import family_acts
from request_desk.web.forms import parse_slot, refuse_unknown, slot_code
from request_desk.web.pages import PageContext
from request_desk.web.week import FreeTime, ScheduleSight, Week, look_of, week_of

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
        is_same = shown.is_same_provider or query.get("with", "") == _SAME
        code = query.get("at", "")
        at = parse_slot(code) if code else None
        return cls(look_of(from_day, query.get("go", "")[:40], shell.today, shown.advance), is_same, at, code)

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


def shown_time(unit: Unit, sight: Sight, shown: FamilyAppointment) -> manage_links.OpenTime | None:
    """Return the chosen time with its names, None when it is not free any more."""
    if sight.at is None:
        return None
    day = unit.time.day_of(sight.at.starts_at)
    same = sight.at.provider_id == shown.appointment.provider_id
    free = family_acts.free_times(unit, shown.appointment.id, from_day=day, days=1, is_same_provider=same)
    return next((each for each in free if slot_code(each) == sight.code), None)


def read_sight(unit: Unit, sight: Sight, shown: FamilyAppointment, shell: PageContext) -> Week:
    """Return the free times of a look, as the page shows them."""

    def found(from_day: date, days: int) -> tuple[manage_links.OpenTime, ...]:
        same = sight.is_same_provider
        return family_acts.free_times(unit, shown.appointment.id, from_day=from_day, days=days, is_same_provider=same)

    def chip(each: manage_links.OpenTime) -> FreeTime:
        where = f"{each.provider_name}, {each.location_name}" if has_places else each.provider_name
        return FreeTime(slot_code(each), shell.words.at(each.zone).time(each.starts_at), where)

    look = sight.look
    free = found(look.from_day, look.days)
    later = () if free else found(look.last_day + timedelta(days=1), _AHEAD)
    has_places = len({each.location_id for each in free} | {shown.appointment.location_id}) > 1
    next_day = shell.time.day_of(later[0].starts_at) if later else None
    latest = shell.today + shown.advance
    return week_of(free, look, next_day, shell=shell, latest=latest, chip=chip)
