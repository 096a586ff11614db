"""Why the patient sees no slots (AV3): each start that a window would give, and the first rule that takes it away; no database."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.availability import Absence, AvailabilityWindow, Booked, occurrences
from request_desk.domain.ids import LocationId, ProviderId, TypeId
from request_desk.domain.offered import as_if_on
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Span, overlaps
from request_desk.domain.words import later


class Rule(StrEnum):
    """What takes a start away from patients, in the order in which it is asked: the first that holds is the reason told."""

    PROVIDER_OFF = "provider-off"
    PLACE_OFF = "place-off"
    TYPE_OFF = "type-off"
    OTHER_PROVIDERS = "other-providers"
    WINDOW_OFF = "window-off"
    NOT_VALID = "not-valid"
    NOT_FOR_TYPE = "not-for-type"
    STAFF_ONLY = "staff-only"
    TOO_SHORT = "too-short"
    CLOSED_DAY = "closed-day"
    TIME_OFF = "time-off"
    PAST = "past"
    NOTICE = "notice"
    ADVANCE = "advance"
    CAP = "cap"
    NOT_OPEN_YET = "not-open-yet"
    TAKEN = "taken"
    HELD = "held"
    BUFFER = "buffer"
    SAME_START = "same-start"


RULE_WORDS: Final[Mapping[Rule, str]] = {
    Rule.PROVIDER_OFF: later("the provider is switched off"),
    Rule.PLACE_OFF: later("the location is switched off"),
    Rule.TYPE_OFF: later("the type is switched off"),
    Rule.OTHER_PROVIDERS: later("the provider does not do this type"),
    Rule.WINDOW_OFF: later("the window is switched off"),
    Rule.NOT_VALID: later("the window is not valid on this day"),
    Rule.NOT_FOR_TYPE: later("the window is for other types"),
    Rule.STAFF_ONLY: later("the window is for staff only"),
    Rule.TOO_SHORT: later("too near to the end of the window"),
    Rule.CLOSED_DAY: later("the practice is closed"),
    Rule.TIME_OFF: later("the provider is away"),
    Rule.PAST: later("already past"),
    Rule.NOTICE: later("sooner than the minimum notice"),
    Rule.ADVANCE: later("further ahead than patients may book"),
    Rule.CAP: later("the session has enough of this type"),
    Rule.NOT_OPEN_YET: later("not open to patients yet"),
    Rule.TAKEN: later("taken"),
    Rule.HELD: later("held just now"),
    Rule.BUFFER: later("no room for the time between visits"),
    Rule.SAME_START: later("offered by another window already"),
}


@dataclass(frozen=True, slots=True)
class Occupied:
    """Time of a provider that is not free; `until` is with its buffer, `is_held` for a moment only."""

    starts_at: datetime
    ends_at: datetime
    until: datetime
    is_held: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a patient would book: how long, where starts lie, and between which instants they may."""

    type_id: TypeId
    duration: timedelta
    buffer: timedelta
    grid: timedelta
    now: datetime
    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Diary:
    """What is known of one provider's time: what is occupied, when they are away, and what counts for the caps of sessions."""

    occupied: Sequence[Occupied] = ()
    absences: Sequence[Absence] = ()
    booked: Booked | None = None


@dataclass(frozen=True, slots=True)
class WindowAnswer:
    """One session of a window: how many starts it would give, how many are free, and what removed the others.

    `free` and the numbers of `removed` add up to `total`; the rules come in their order.
    """

    window: AvailabilityWindow
    starts_at: datetime
    ends_at: datetime
    total: int
    free: int
    removed: Mapping[Rule, int]


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """One provider's sessions of the day, by start; empty where no window is for this weekday."""

    provider_id: ProviderId
    provider_name: str
    windows: tuple[WindowAnswer, ...]

    @property
    def free(self) -> int:
        return sum(each.free for each in self.windows)


@dataclass(frozen=True, slots=True)
class NoSlots:
    """The answer for a day and a type; `closed_day` is the name of the day on which the practice is closed, None when it is open."""

    day: date
    type_id: TypeId
    type_name: str
    closed_day: str | None
    location_names: Mapping[LocationId, str]
    providers: tuple[ProviderAnswer, ...]

    @property
    def total(self) -> int:
        return sum(each.total for one in self.providers for each in one.windows)

    @property
    def free(self) -> int:
        return sum(each.free for each in self.providers)

    @property
    def removed(self) -> Mapping[Rule, int]:
        """All windows together, in the order of the rules."""
        together = Counter[Rule]()
        for one in self.providers:
            for each in one.windows:
                together.update(each.removed)
        return _ordered(together)


def explain(
    windows: Iterable[AvailabilityWindow],
    wanted: Wanted,
    diary: Diary,
    *,
    span: Span,
    zone: PracticeTime,
    whole: Rule | None = None,
    places_off: Collection[LocationId] = (),
) -> list[WindowAnswer]:
    """Return what became of each start inside `span` of one provider's windows of one zone, by session.

    `whole` is a rule that takes everything (the provider or the type is off).
    """
    sessions = list(_sessions(list(windows), span, zone))
    fates: list[list[tuple[datetime, Rule | None]]] = []
    best: dict[tuple[datetime, LocationId], tuple[timedelta, int]] = {}
    for place, (window, opened, reach, rule) in enumerate(sessions):
        reason = (
            whole or (Rule.PLACE_OFF if window.location_id in places_off else None) or rule or _barred(window, wanted)
        )
        fate = [
            (start, reason or _reason(window, opened, reach, start, wanted, diary))
            for start in _starts(opened, wanted.grid, span)
        ]
        fates.append(fate)
        for start, why in fate:
            if why is None:
                key, rank = (start, window.location_id), (_block(window, wanted), place)
                best[key] = min(best.get(key, rank), rank)
    answers = []
    for place, ((window, opened, _reach, _rule), fate) in enumerate(zip(sessions, fates, strict=True)):
        free, removed = 0, Counter[Rule]()
        for start, why in fate:
            if why is not None:
                removed[why] += 1
            elif best[start, window.location_id][1] == place:
                free += 1
            else:
                removed[Rule.SAME_START] += 1
        answers.append(WindowAnswer(window, opened.starts_at, opened.ends_at, len(fate), free, _ordered(removed)))
    return answers


def _ordered(removed: Mapping[Rule, int]) -> dict[Rule, int]:
    return {rule: removed[rule] for rule in Rule if removed.get(rule)}


def _sessions(
    windows: Sequence[AvailabilityWindow], span: Span, zone: PracticeTime
) -> Iterator[tuple[AvailabilityWindow, Span, datetime, Rule | None]]:
    """Each window on each of its days, also where it is off or not valid; with the end of its stretch, and that rule."""
    running = {(window.id, start): reach for window, start, _end, reach in occurrences(windows, span, zone)}
    found = []
    for window in windows:
        for _same, start, end, _alone in occurrences([as_if_on(window)], span, zone):
            reach = running.get((window.id, start))
            rule = None if reach is not None else Rule.NOT_VALID if window.active else Rule.WINDOW_OFF
            found.append((window, Span(start, end), reach or end, rule))
    yield from sorted(found, key=lambda each: (each[1].starts_at, each[1].ends_at, each[0].id))


def _starts(opened: Span, grid: timedelta, span: Span) -> Iterator[datetime]:
    start = opened.starts_at
    if start < span.starts_at:
        start += -((start - span.starts_at) // grid) * grid
    while start < min(opened.ends_at, span.ends_at):
        yield start
        start += grid


def _barred(window: AvailabilityWindow, wanted: Wanted) -> Rule | None:
    """Why a window gives patients nothing for this type at all."""
    if window.type_ids and wanted.type_id not in window.type_ids:
        return Rule.NOT_FOR_TYPE
    return Rule.STAFF_ONLY if window.staff_only else None


def _block(window: AvailabilityWindow, wanted: Wanted) -> timedelta:
    return wanted.duration + max(wanted.buffer, window.buffer or timedelta(0))


def _reason(
    window: AvailabilityWindow, opened: Span, reach: datetime, start: datetime, wanted: Wanted, diary: Diary
) -> Rule | None:
    """The first rule that takes a start away, or None."""
    whole = Span(start, start + wanted.duration)
    if whole.ends_at > reach:
        return Rule.TOO_SHORT
    away = [each for each in diary.absences if overlaps(whole, Span(each.starts_at, each.ends_at))]
    if away:
        return Rule.CLOSED_DAY if any(each.is_closed_day for each in away) else Rule.TIME_OFF
    if start < wanted.now:
        return Rule.PAST
    if start < wanted.earliest:
        return Rule.NOTICE
    if start > wanted.latest:
        return Rule.ADVANCE
    same_type = (diary.booked or {}).get(wanted.type_id, ())
    if window.cap is not None and sum(opened.starts_at <= each < opened.ends_at for each in same_type) >= window.cap:
        return Rule.CAP
    if window.opens is not None and start > wanted.now + window.opens:
        return Rule.NOT_OPEN_YET
    return _collision(whole, Span(start, start + _block(window, wanted)), diary)


def _collision(whole: Span, blocked: Span, diary: Diary) -> Rule | None:
    """What is in the way of an appointment, or of the time that has to be free behind it."""
    hit = [each for each in diary.occupied if overlaps(whole, Span(each.starts_at, each.ends_at))]
    if hit:
        return Rule.HELD if all(each.is_held for each in hit) else Rule.TAKEN
    around = [
        *(Span(each.starts_at, each.until) for each in diary.occupied),
        *(Span(each.starts_at, each.ends_at) for each in diary.absences),
    ]
    return Rule.BUFFER if any(overlaps(blocked, each) for each in around) else None
