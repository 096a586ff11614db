"""What parents wish for, in words and against the schedule: states, parts of a day, contradictions; offers are in `offers`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final, assert_never

from request_desk.domain.ids import AppointmentId, ContactId, PatientId
from request_desk.domain.practice_time import DAY_MINUTES, PracticeTime
from request_desk.domain.requests import DayPart, RequestKind, Wish, WishKind, WishState
from request_desk.domain.spans import Span
from request_desk.domain.words import Words, _, safe_name

_PARTS: Final[Mapping[DayPart, tuple[int, int]]] = {
    DayPart.MORNING: (8 * 60, 12 * 60),
    DayPart.AFTERNOON: (12 * 60, 17 * 60),
    DayPart.EVENING: (17 * 60, DAY_MINUTES),
}


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """What one contact asked for one patient, as far as another request can contradict it."""

    kind: RequestKind
    contact_id: ContactId
    patient_id: PatientId
    appointment_id: AppointmentId | None
    wishes: tuple[Wish, ...]


def part_span(day: date, part: DayPart, zone: PracticeTime) -> Span:
    """Return the part of a day as instants: 8–12, 12–17, from 17 to midnight, local."""
    start, end = _PARTS[part]
    return Span(zone.instant(day, start), zone.instant(day, end))


def state_of(
    wish: Wish, *, now: datetime, zone: PracticeTime, in_window: bool, is_free: bool, held_by_us: bool
) -> WishState:
    """Return what is true of a wish now (MC5); the last three are asked of a wished slot only."""
    match wish.kind:
        case WishKind.NEXT:
            return WishState.OPEN_ENDED
        case WishKind.DAY_PART:
            over = (
                wish.day is not None and wish.part is not None and part_span(wish.day, wish.part, zone).ends_at <= now
            )
            return WishState.PAST if over else WishState.OPEN_ENDED
        case WishKind.SLOT:
            if wish.starts_at is None or wish.starts_at <= now:
                return WishState.PAST
            if held_by_us:
                return WishState.HELD_BY_US
            if not in_window:
                return WishState.OUTSIDE
            return WishState.FREE if is_free else WishState.TAKEN
        case _:
            assert_never(wish.kind)


def one_wish(wish: Wish, words: Words) -> str:
    """Return a wish as the message names it: "Tue, Nov 24, 9:20 AM", "Sat, Nov 28, morning", "Next available"."""
    if wish.kind is WishKind.SLOT and wish.starts_at is not None:
        return words.moment(wish.starts_at)
    if wish.kind is WishKind.DAY_PART and wish.day is not None and wish.part is not None:
        return _("{day}, {part}").format(day=words.day(wish.day), part=part_word(wish.part))
    return _("Next available")


def wish_words(wishes: Sequence[Wish], words: Words) -> str:
    """Return the wishes as a row says them: "wants Tue 9:20 AM or 11:30 AM"; none is "next available" (MC5)."""
    timed = [wish for wish in sorted(wishes, key=lambda wish: wish.rank) if wish.kind is not WishKind.NEXT]
    if not timed:
        return _("next available")
    told: list[str] = []
    for day, same_day in groupby(timed, key=lambda wish: _wish_day(wish, words.zone)):
        for index, wish in enumerate(same_day):
            part = _within_day(wish, words)
            told.append(part if index or day is None else words.near_parts(day, part))
    if len(timed) < len(wishes):
        told.append(_("next available"))
    return _("wants {times}").format(times=words.either(told))


def asks(
    kind: RequestKind, appointment_at: datetime | None, wishes: Sequence[Wish], words: Words, zone: str = ""
) -> str:
    """Return what a row says is asked: the wishes, or "cancel today 10:00 AM" with the appointment's time, in the zone of its place."""
    if kind is not RequestKind.CANCEL:
        return wish_words(wishes, words)
    if appointment_at is None:
        return _("cancel, visit not found")
    return _("cancel {time}").format(time=words.at(zone).near_moment(appointment_at))


def kind_word(kind: RequestKind) -> str:
    """Return the bold word of a row."""
    return {
        RequestKind.SCHEDULE: _("Schedule"),
        RequestKind.CANCEL: _("Cancel"),
        RequestKind.RESCHEDULE: _("Reschedule"),
    }[kind]


def part_word(part: DayPart) -> str:
    """Return "morning"."""
    return {DayPart.MORNING: _("morning"), DayPart.AFTERNOON: _("afternoon"), DayPart.EVENING: _("evening")}[part]


def state_word(state: WishState) -> str:
    """Return the word beside a requested slot; nothing for a day part or "next available"."""
    return {
        WishState.FREE: _("free"),
        WishState.HELD_BY_US: _("held for this request"),
        WishState.TAKEN: _("taken"),
        WishState.PAST: _("past"),
        WishState.OUTSIDE: _("outside availability"),
        WishState.OPEN_ENDED: "",
    }[state]


def title(kind: RequestKind, type_name: str, patient_name: str) -> str:
    """Return the title of a message: "Reschedule the well visit of Zuri Okafor"."""
    texts = {
        RequestKind.SCHEDULE: _("Schedule the {appointment} of {patient}"),
        RequestKind.CANCEL: _("Cancel the {appointment} of {patient}"),
        RequestKind.RESCHEDULE: _("Reschedule the {appointment} of {patient}"),
    }
    if not type_name and kind is RequestKind.SCHEDULE:
        return _("Schedule a visit of {patient}").format(patient=safe_name(patient_name))
    return texts[kind].format(appointment=inside(type_name) or _("visit"), patient=safe_name(patient_name))


def opposite(first: AskedBefore, second: AskedBefore, zone: PracticeTime) -> bool:
    """Tell whether two contacts want what cannot both be done for one child (MC11).

    That is: one cancels what the other moves or plans, or both name times and none of them agrees.
    """
    if first.contact_id == second.contact_id or first.patient_id != second.patient_id:
        return False
    if first.kind is RequestKind.CANCEL and second.kind is RequestKind.CANCEL:
        return False
    told = {first.appointment_id, second.appointment_id} - {None}
    if len(told) == 2:
        return False  # two different appointments
    if RequestKind.CANCEL in (first.kind, second.kind):
        return True
    if not first.wishes or not second.wishes:
        return False
    return not any(_agree(one, other, zone) for one in first.wishes for other in second.wishes)


def _agree(one: Wish, other: Wish, zone: PracticeTime) -> bool:
    if WishKind.NEXT in (one.kind, other.kind):
        return True
    if one.kind is WishKind.SLOT and other.kind is WishKind.SLOT:
        return one.starts_at == other.starts_at
    if one.kind is WishKind.DAY_PART and other.kind is WishKind.DAY_PART:
        return (one.day, one.part) == (other.day, other.part)
    slot, part = (one, other) if one.kind is WishKind.SLOT else (other, one)
    if slot.starts_at is None or part.day is None or part.part is None:
        return True
    span = part_span(part.day, part.part, zone)
    return span.starts_at <= slot.starts_at < span.ends_at


def _wish_day(wish: Wish, zone: PracticeTime) -> date | None:
    return zone.day_of(wish.starts_at) if wish.starts_at is not None else wish.day


def _within_day(wish: Wish, words: Words) -> str:
    if wish.starts_at is not None:
        return words.time(wish.starts_at)
    return part_word(wish.part) if wish.part is not None else _("any time")


def inside(type_name: str) -> str:
    """Return a type's name within a sentence: "Well visit" is "well visit", "ADHD follow-up" stays."""
    return type_name[:1].lower() + type_name[1:] if type_name[1:2].islower() else type_name
