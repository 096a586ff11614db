"""The step "when": a week of free times as a parent sees them, and how far they look; the page is made in `requests`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from request_desk.domain.directory import Location, Provider
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
from request_desk.web.week import FreeTime, ScheduleSight, Week, week_of

_AHEAD: Final = 31  # days searched when a week is full: beyond, a parent does better to call
_FARTHEST: Final = timedelta(days=730)  # nobody asks for an appointment later than that, and no page offers it


@dataclass(frozen=True, slots=True)
class Picked:
    """A chosen time in words; `is_taken` when somebody else has it by now: it can still be asked for."""

    code: str
    text: str
    is_taken: bool = False


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
    places: Mapping[LocationId, Location],
) -> tuple[Week, tuple[Picked, ...]]:
    """Return the step as the page shows it: the times to tick, and the picks that are not among them."""
    has_places = len({slot.location_id for slot in slots}) > 1
    chosen, starts = {wish_code(pick) for pick in asking.picks}, {pick.starts_at for pick in asking.picks}

    def code_of(slot: PortalSlot) -> str:
        # A wish names no place: where places differ, the provider says which is meant; otherwise any provider may do.
        provider_id = slot.provider_id if has_places or asking.provider_id is not None else None
        return wish_code(Wish(1, WishKind.SLOT, provider_id, slot.starts_at))

    def is_chosen(slot: PortalSlot) -> bool:
        return slot.starts_at in starts and code_of(slot) in chosen

    def chip(slot: PortalSlot) -> FreeTime:
        detail = slot.location_name if has_places else ""
        return FreeTime(code_of(slot), shell.words.at(slot.zone).time(slot.starts_at), detail, is_chosen(slot))

    week = week_of(slots, look, next_day, shell=shell, latest=latest, chip=chip, is_chosen=is_chosen)
    chosen_place = places.get(asking.location_id) if asking.location_id is not None else None
    here = {each.code for day in week.days for each in day.chips}
    elsewhere = tuple(
        picked(pick, shell, names, places=places, chosen=chosen_place)
        for pick in asking.picks
        if wish_code(pick) not in here
    )
    return week, elsewhere


def only_place(
    wish: Wish,
    names: Mapping[ProviderId, Provider],
    places: Mapping[LocationId, Location],
    chosen: Location | None,
) -> Location | None:
    """Return where a wished time would be, as far as that is plain: at the chosen place, or where its provider works at one only."""
    provider = names.get(wish.provider_id) if wish.provider_id is not None else None
    where = [places[place] for place in provider.location_ids if place in places] if provider is not None else []
    return chosen or (where[0] if len(where) == 1 else None)


def picked(
    pick: Wish,
    shell: PageContext,
    names: Mapping[ProviderId, Provider],
    *,
    places: Mapping[LocationId, Location],
    chosen: Location | None,
    taken: frozenset[str] = frozenset(),
) -> Picked:
    """Return a pick in words, with weekday and zone; where its provider works at one place only, with that and by its clock."""
    code = wish_code(pick)
    if pick.starts_at is not None:
        provider = names.get(pick.provider_id) if pick.provider_id is not None else None
        place = only_place(pick, names, places, chosen)
        words = shell.words.at(place.zone) if place else shell.words
        told = [words.moment_with_zone(pick.starts_at)]
        if provider is not None:
            told += [provider.short_name, place.name if place else ""]
        return Picked(code, ", ".join(filter(None, told)), code in taken)
    if pick.day is not None and pick.part is not None:
        return Picked(code, _("{day}, {part}").format(day=shell.words.day(pick.day), part=part_word(pick.part)))
    return Picked(code, _("The next available time"))
