"""The step "when": a week of free times as a parent sees them, and how far they look; the page is made in `requests`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from request_desk.domain.directory import Provider
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import LocationId, PatientId, ProviderId
from request_desk.domain.requests import DayPart, Wish, WishKind
from request_desk.domain.schedule import PortalSlot
from request_desk.domain.text import parse_date
from request_desk.domain.wishes import part_span, part_word
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule import portal_schedule
from request_desk.web.forms import MOST_WISHES, Asking, in_order, wish_code
from request_desk.web.pages import PageContext

_WEEK: Final = 7
_AHEAD: Final = 31  # days searched when a week is full: beyond, a parent does better to call
SHOWN: Final = 6  # times of a day at first sight: three rows on a phone
_MOST_SHOWN: Final = 54  # of one day; with five picks and the rest still within the 64 fields of a form
_FARTHEST: Final = timedelta(days=730)  # nobody asks for an appointment later than that, and no page offers it


@dataclass(frozen=True, slots=True)
class FreeTime:
    """One free time to tick."""

    code: str
    time: str
    detail: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class DayTimes:
    """A day with free times; `more` are those not shown at first sight."""

    day: date
    title: str
    zone_name: str
    chips: tuple[FreeTime, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Picked:
    """A chosen time in words; `is_taken` when somebody else has it by now: it can still be asked for."""

    code: str
    text: str
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """What the step shows: days with times, the way to earlier and later ones, and picks that are not on this page."""

    days: tuple[DayTimes, ...]
    title: str
    from_day: date
    has_earlier: bool
    has_later: bool
    is_one_day: bool
    next_day: date | None  # the first day with a free time when there is none here
    elsewhere: tuple[Picked, ...]


@dataclass(frozen=True, slots=True)
class ScheduleSight:
    """The part of the schedule that a parent looks at."""

    from_day: date
    days: int
    is_one_day: bool


def look_of(asking: Asking, today: date, advance: timedelta) -> ScheduleSight:
    """Return where the buttons "earlier", "later", "all times" lead, within what may be booked."""
    last = today + advance
    day = min(max(asking.from_day or today, today), last)
    step, _sign, named = asking.go.partition("-")
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


def with_typed_day(asking: Asking, shell: PageContext) -> Asking:
    """Return the asking with a typed day and part of day as a further pick; raises Invalid for the field `on` or `part`."""
    if not asking.on:
        return asking
    day = parse_date(asking.on, field="on")
    parts = {part.value: part for part in DayPart}
    if asking.part not in parts:
        raise Invalid(_("Please say when on that day."), field="part")
    part = parts[asking.part]
    if part_span(day, part, shell.time).ends_at <= shell.now:
        raise Invalid(_("This time is over. Please choose a later day."), field="on")
    if day > shell.today + _FARTHEST:
        raise Invalid(_("That is too far away. Please choose an earlier day."), field="on")
    pick = Wish(1, WishKind.DAY_PART, day=day, part=part)
    return replace(asking, picks=in_order([*asking.picks, pick]), on="", part="")


def still_possible(asking: Asking, shell: PageContext) -> Asking:
    """Return the asking without picks that are over, or so far away that no page of ours offered them."""
    return replace(asking, picks=tuple(pick for pick in asking.picks if _is_ahead(pick, shell)))


def _is_ahead(pick: Wish, shell: PageContext) -> bool:
    if pick.starts_at is not None:
        return shell.now < pick.starts_at <= shell.now + _FARTHEST
    if pick.day is not None and pick.part is not None:
        return part_span(pick.day, pick.part, shell.time).ends_at > shell.now and pick.day <= shell.today + _FARTHEST
    return True


def wrong_with(picks: Sequence[Wish]) -> str:
    """Return what keeps a parent from going on, or ""."""
    if not picks:
        return _("Choose at least one time, or take the next available one.")
    if len(picks) > MOST_WISHES:
        return _("You have chosen {count} times; we can look at {most}. Please untick some.").format(
            count=len(picks), most=MOST_WISHES
        )
    return ""


def read_times(
    unit: Unit, asking: Asking, patient_id: PatientId, look: ScheduleSight
) -> tuple[tuple[PortalSlot, ...], date | None]:
    """Return the free slots of the look, and when there is none the next day that has one."""
    if asking.type_id is None:
        return (), None
    slots = _slots(unit, asking, patient_id, look.from_day, look.days)
    if slots:
        return slots, None
    later = _slots(unit, asking, patient_id, look.from_day + timedelta(days=look.days), _AHEAD)
    return (), unit.time.day_of(later[0].starts_at) if later else None


def _slots(unit: Unit, asking: Asking, patient_id: PatientId, from_day: date, days: int) -> tuple[PortalSlot, ...]:
    if asking.type_id is None:
        return ()
    return portal_schedule.portal_slots(
        unit,
        type_id=asking.type_id,
        patient_id=patient_id,
        provider_id=asking.provider_id,
        location_id=asking.location_id,
        from_day=from_day,
        days=days,
    )


def taken_picks(unit: Unit, asking: Asking, patient_id: PatientId) -> frozenset[str]:
    """Return the codes of picked slots that are not free any more; a wish may still name them."""
    taken: set[str] = set()
    for pick in asking.picks:
        if pick.starts_at is None or asking.type_id is None:
            continue
        open_to_all = replace(asking, provider_id=pick.provider_id, location_id=None)
        free = _slots(unit, open_to_all, patient_id, unit.time.day_of(pick.starts_at), 1)
        if all(slot.starts_at != pick.starts_at for slot in free):
            taken.add(wish_code(pick))
    return frozenset(taken)


def times_of(
    slots: Sequence[PortalSlot],
    asking: Asking,
    look: ScheduleSight,
    next_day: date | None,
    *,
    shell: PageContext,
    latest: date,
    names: Mapping[ProviderId, Provider],
    places: Mapping[LocationId, str],
) -> Times:
    """Return the step as the page shows it."""
    has_places = len({slot.location_id for slot in slots}) > 1
    days = [
        _day_times(day, list(of_day), asking, shell, has_places=has_places, is_whole=look.is_one_day)
        for day, of_day in groupby(slots, key=lambda slot: shell.time.day_of(slot.starts_at))
    ]
    here = {chip.code for day in days for chip in day.chips}
    elsewhere = tuple(picked(pick, shell, names, places=places) for pick in asking.picks if wish_code(pick) not in here)
    last = look.from_day + timedelta(days=look.days - 1)
    title = shell.words.day(look.from_day) + (f" {days[0].zone_name}" if days else "")
    if not look.is_one_day:
        title = _("{first} to {last}").format(
            first=shell.words.short_day(look.from_day), last=shell.words.short_day(last)
        )
    return Times(
        days=tuple(days),
        title=title,
        from_day=look.from_day,
        has_earlier=look.from_day > shell.today,
        has_later=last < latest,
        is_one_day=look.is_one_day,
        next_day=next_day if next_day is not None and next_day <= latest else None,
        elsewhere=elsewhere,
    )


def _day_times(
    day: date,
    slots: list[PortalSlot],
    asking: Asking,
    shell: PageContext,
    *,
    has_places: bool,
    is_whole: bool,
) -> DayTimes:
    """One day's chips: a chip for each start and place."""
    chosen = {wish_code(pick) for pick in asking.picks}
    chips: list[FreeTime] = []
    for slot in slots:
        # A wish names no place: where places differ, the provider says which is meant; otherwise any provider may do.
        provider_id = slot.provider_id if has_places or asking.provider_id is not None else None
        code = wish_code(Wish(1, WishKind.SLOT, provider_id, slot.starts_at))
        detail = slot.location_name if has_places else ""
        chips.append(FreeTime(code, shell.words.time(slot.starts_at), detail, code in chosen))
    shown = spread(chips, _MOST_SHOWN if is_whole else SHOWN)
    zone_name = Counter(shell.words.zone_name(slot.starts_at) for slot in slots).most_common(1)[0][0]
    return DayTimes(day, shell.words.long_day(day), zone_name, tuple(shown), len(chips) - len(shown))


def spread(chips: list[FreeTime], most: int) -> list[FreeTime]:
    """Return at most so many chips over the whole day, and every chosen one."""
    if len(chips) <= most + 1:
        return chips
    kept = {round(index * (len(chips) - 1) / (most - 1)) for index in range(most)}
    return [chip for index, chip in enumerate(chips) if index in kept or chip.is_chosen]


def picked(
    pick: Wish,
    shell: PageContext,
    names: Mapping[ProviderId, Provider],
    *,
    places: Mapping[LocationId, str],
    taken: frozenset[str] = frozenset(),
) -> Picked:
    """Return a pick in words, with weekday and zone, and with the place where its provider works at one only."""
    code = wish_code(pick)
    if pick.starts_at is not None:
        text = shell.words.moment_with_zone(pick.starts_at)
        provider = names.get(pick.provider_id) if pick.provider_id is not None else None
        if provider is not None:
            where = [places[place] for place in provider.location_ids if place in places]
            text = ", ".join([text, provider.short_name, *(where if len(where) == 1 else ())])
        return Picked(code, text, code in taken)
    if pick.day is not None and pick.part is not None:
        return Picked(code, _("{day}, {part}").format(day=shell.words.day(pick.day), part=part_word(pick.part)))
    return Picked(code, _("The next available time"))
