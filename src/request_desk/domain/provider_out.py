"""A provider is out (ACT9): where each appointment could go, ranked, and one place for each without collisions; nothing is read or written."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from heapq import nsmallest
from typing import TYPE_CHECKING, Final, NamedTuple

from request_desk.domain import schedule
from request_desk.domain.appointments import Appointment
from request_desk.domain.booking_rules import PatientFacts, possible_days
from request_desk.domain.directory import AppointmentType, RebookingMode
from request_desk.domain.ids import AppointmentId, LocationId, PlanId, ProviderId, TypeId
from request_desk.domain.offers import SAME_DAY_ADVANCE
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Slot, Span

if TYPE_CHECKING:
    from highspy._core import _Highs

AHEAD: Final = timedelta(days=28)  # behind the time out: later than that nobody is put off without being asked
SHOWN: Final = 9  # places of an appointment, one digit each
_OF_ONE_DAY: Final = 2  # of one provider among them
_POOL: Final = 40  # best places looked at for each appointment at first; more only while somebody is left out
_SECONDS: Final = 5.0  # after which the best that was found counts; 200 appointments take a fraction of one

# What a parent would rather bear, in minutes off the old time of the day. Another provider weighs as much as three days of waiting,
# as in the offers for requests; a type that is booked only days ahead is wanted that day, with whomever.
_A_DAY: Final = 60
_OTHER_PROVIDER: Final = 3 * _A_DAY
_OTHER_PLACE: Final = 2 * _A_DAY
_A_DAY_OF_SAME_DAY: Final = 10 * _A_DAY
_SUDDEN: Final = 20 * _A_DAY  # nobody may have read the letter by then
_HEARD: Final = timedelta(hours=2)


_NOTHING: Final[Mapping[AppointmentId, Slot | None]] = {}


class OutAct(StrEnum):
    """What becomes of an appointment of a provider who is out."""

    MOVE = "move"
    CANCEL = "cancel"
    KEEP = "keep"  # it stays where it is, in the time out


class PlanState(StrEnum):
    """How far a plan is: written, under way, through, or left where it was."""

    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"
    DISCARDED = "discarded"


class OutState(StrEnum):
    """How far one appointment of a plan is."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OutChoice:
    """What is decided for one appointment, of the version that was seen: `slot` is where a move goes to, the code why it is cancelled."""

    appointment_id: AppointmentId
    version: int
    act: OutAct
    slot: Slot | None = None
    cancel_code: str = ""
    cancel_text: str = ""


@dataclass(frozen=True, slots=True)
class OutRow:
    """An appointment of a plan: as it stands, what is decided, how far that is, why it failed, and whether a notice reaches anybody."""

    appointment: Appointment
    choice: OutChoice
    state: OutState
    error: str = ""
    is_reached: bool = True


@dataclass(frozen=True, slots=True)
class OutPlan:
    """Who is out from when to when, and what becomes of each appointment, by start."""

    id: PlanId
    version: int
    provider_id: ProviderId
    provider_name: str
    span: Span
    label: str
    state: PlanState
    rows: tuple[OutRow, ...]

    @property
    def done(self) -> int:
        return sum(row.state is OutState.DONE for row in self.rows)

    @property
    def is_open(self) -> bool:
        return self.state in (PlanState.DRAFT, PlanState.RUNNING)


@dataclass(frozen=True, slots=True)
class Displaced:
    """An appointment that falls into a time out; `elsewhere` is when its patient or somebody of the household has another one."""

    appointment: Appointment
    household_id: int
    type: AppointmentType
    elsewhere: tuple[Span, ...] = ()
    facts: PatientFacts | None = None  # what the rules of the type ask of the patient; None where it has none

    @property
    def need(self) -> "Need":
        """Whose free times fit: those of the type, for patients who need the same length."""
        if self.facts is None:
            return self.type.id
        return self.type.id, self.facts.is_new, self.facts.needs_interpreter


Need = TypeId | tuple[TypeId, bool, bool]


@dataclass(frozen=True, slots=True)
class OutPlace:
    """A place that is decided already, and the household that is there then."""

    slot: Slot
    household_id: int


class _Candidate(NamedTuple):
    """A place with what it costs its parent."""

    cost: int
    slot: Slot


_Day = tuple[int, list[tuple[int, Slot]]]
_Ranked = tuple[int, datetime, ProviderId, LocationId, Slot]


@dataclass(frozen=True, slots=True)
class OutProposals:
    """Where each appointment is best moved to, None where no place is left; with what else there is, as of one moment."""

    places: Mapping[AppointmentId, Slot | None]
    days: Mapping[Need, Sequence[_Day]]
    zone: PracticeTime
    now: datetime

    def choices(self, displaced: Displaced, occupied: Collection[OutPlace] = ()) -> tuple[Slot, ...]:
        """Return at most nine places for one appointment that collide with nothing of the others, cheapest first.

        Of one provider and day come two that do not overlap, and more only where there is nothing else: nine starts of one
        morning are no choice.
        """
        days = self.days.get(displaced.need, ())
        pool = _pool(displaced, days, zone=self.zone, now=self.now, most=3 * _POOL)
        free = [
            slot for _cost, slot in pool if not any(_collide(slot, displaced.household_id, other) for other in occupied)
        ]
        spread: list[Slot] = []
        of_day: Counter[tuple[ProviderId, date]] = Counter()
        for slot in free:
            key = slot.provider_id, self.zone.day_of(slot.starts_at)
            if of_day[key] < _OF_ONE_DAY and not any(_shares(slot, each) for each in spread):
                spread.append(slot)
                of_day[key] += 1
            if len(spread) == SHOWN:
                break
        first = set(spread)
        rest = [slot for slot in free if slot not in first][: SHOWN - len(first)]
        return tuple(slot for slot in free if slot in first or slot in rest)


def propose(
    displaced: Sequence[Displaced],
    free: Mapping[Need, Sequence[Slot]],
    *,
    zone: PracticeTime,
    now: datetime,
    decided: Mapping[AppointmentId, Slot | None] = _NOTHING,
) -> OutProposals:
    """Return a place for each: as many as can be placed together, and those at the least cost.

    `free` are the bookable slots for each need outside of the time out. No two proposals are with one provider at once, and none
    puts a patient or a household into two places at once. What is `decided` stays while that time is free; None is no place.
    """
    days = {need: _by_day(slots, zone) for need, slots in free.items()}
    fixed = {
        place: kept
        for place, each in enumerate(displaced)
        if each.appointment.id in decided
        and (kept := _kept(each, decided[each.appointment.id], free.get(each.need, ()), zone, now)) is not None
    }
    sizes = [_POOL] * len(displaced)
    pools: list[list[_Candidate]] = [[] for _each in displaced]
    wider = list(range(len(displaced)))
    chosen: list[Slot | None] = []
    while wider:
        for place in wider:
            each = displaced[place]
            slots = days.get(each.need, [])
            pools[place] = _pool(each, slots, zone=zone, now=now, most=sizes[place])
        chosen = _assigned(displaced, [fixed.get(place, pool) for place, pool in enumerate(pools)])
        # Whoever is left out of all the places there are has none; beyond the best ones there may be more, and then for others.
        left_out = [place for place, slot in enumerate(chosen) if slot is None and place not in fixed]
        cut = [place for place, size in enumerate(sizes) if len(pools[place]) >= size] if left_out else []
        wider = [place for place in left_out if place in cut] or cut
        for place in wider:
            sizes[place] *= 4
    places = {each.appointment.id: place for each, place in zip(displaced, chosen, strict=True)}
    return OutProposals(places, days, zone, now)


def _shares(slot: Slot, other: Slot) -> bool:
    """Whether two slots take the time of one provider."""
    is_one = slot.provider_id == other.provider_id
    return is_one and slot.starts_at < other.blocked_until and other.starts_at < slot.blocked_until


def _collide(slot: Slot, household_id: int, other: OutPlace) -> bool:
    there = other.slot
    if slot.provider_id == there.provider_id:
        return _shares(slot, there)
    is_family = household_id == other.household_id
    return is_family and slot.starts_at < there.ends_at and there.starts_at < slot.ends_at


def _kept(
    displaced: Displaced, wanted: Slot | None, free: Sequence[Slot], zone: PracticeTime, now: datetime
) -> list[_Candidate] | None:
    """The one place that is decided, none where it is to have none; None where that time is not free any more."""
    if wanted is None:
        return []
    may, key = _rules(displaced, zone, now), _key(wanted)
    return next(([_Candidate(0, slot)] for slot in free if _key(slot) == key and may(slot)), None)


def _key(slot: Slot) -> tuple[datetime, ProviderId, LocationId]:
    return slot.starts_at, slot.provider_id, slot.location_id


def _by_day(free: Sequence[Slot], zone: PracticeTime) -> list[_Day]:
    """The slots of each practice day with the minute of the wall clock, days in order."""
    days: dict[int, list[tuple[int, Slot]]] = {}
    for slot in free:
        wall = zone.wall(slot.starts_at)
        days.setdefault(wall.toordinal(), []).append((wall.hour * 60 + wall.minute, slot))
    return sorted(days.items())


def _pool(
    displaced: Displaced,
    days: Sequence[_Day],
    *,
    zone: PracticeTime,
    now: datetime,
    most: int,
) -> list[_Candidate]:
    """The cheapest `most` places that the rules of the type leave, all of them where there are fewer."""
    entry, type_ = displaced.appointment, displaced.type
    old_day, old_minute = zone.day_of(entry.starts_at).toordinal(), zone.minute_of(entry.starts_at)
    a_day = _A_DAY_OF_SAME_DAY if type_.maximum_advance <= SAME_DAY_ADVANCE else _A_DAY
    may = _rules(displaced, zone, now)
    found: list[_Ranked] = []
    for day, slots in days:
        later = a_day * (day - old_day)
        if later < 0:
            continue
        if len(found) >= most and nsmallest(most, found)[-1][0] <= later:
            break  # no place of this day or a later one is cheaper
        for minute, slot in slots:
            if not may(slot):
                continue
            cost = (
                later
                + abs(minute - old_minute)
                + _OTHER_PROVIDER * (slot.provider_id != entry.provider_id)
                + _OTHER_PLACE * (slot.location_id != entry.location_id)
                + _SUDDEN * (slot.starts_at < now + _HEARD)
            )
            found.append((cost, slot.starts_at, slot.provider_id, slot.location_id, slot))
    return [_Candidate(each[0], each[4]) for each in nsmallest(most, found)]


def _rules(displaced: Displaced, zone: PracticeTime, now: datetime) -> Callable[[Slot], bool]:
    """Return what tells whether an appointment may go to a slot: notice, advance, ages and rest, whose it may be, who is elsewhere then."""
    entry, type_ = displaced.appointment, displaced.type
    earliest = max(schedule.earliest(type_.minimum_notice, now, zone), now + timedelta.resolution)
    latest = schedule.latest(type_.maximum_advance, now, zone)
    stays = type_.rebooking_mode is RebookingMode.SAME_PROVIDER
    first, last = (None, None) if displaced.facts is None else possible_days(type_, displaced.facts, zone)

    def may(slot: Slot) -> bool:
        if not earliest <= slot.starts_at <= latest:
            return False
        day = zone.day_of(slot.starts_at) if first is not None or last is not None else None
        if day is not None and ((first is not None and day < first) or (last is not None and day > last)):
            return False
        if type_.provider_ids and slot.provider_id not in type_.provider_ids:
            return False
        if stays and slot.provider_id != entry.provider_id:
            return False
        return not any(slot.starts_at < span.ends_at and span.starts_at < slot.ends_at for span in elsewhere)

    elsewhere = displaced.elsewhere
    return may


def _assigned(displaced: Sequence[Displaced], pools: Sequence[Sequence[_Candidate]]) -> list[Slot | None]:
    """Solve it: first as many as possible, then the least cost. A column is a candidate, a row what excludes each other."""
    columns = [(place, candidate) for place, pool in enumerate(pools) for candidate in pool]
    chosen: list[Slot | None] = [None] * len(pools)
    if not columns:
        return chosen
    # One more who is placed outweighs whatever all the others cost.
    worth = 1 + sum(max((candidate.cost for candidate in pool), default=0) for pool in pools)
    by_owner: list[list[int]] = [[] for _pool in pools]
    for column, (place, _candidate) in enumerate(columns):
        by_owner[place].append(column)
    rows = [each for each in by_owner if each] + list(_exclusions(displaced, columns))
    solver = _solver([candidate.cost - worth for _place, candidate in columns], rows)
    solver.run()
    for (place, candidate), value in zip(columns, list(solver.getSolution().col_value), strict=True):
        if value > 0.5:
            chosen[place] = candidate.slot
    return chosen


def _exclusions(displaced: Sequence[Displaced], columns: Sequence[tuple[int, _Candidate]]) -> Iterator[list[int]]:
    """Yield the columns of which at most one can be: those that block a provider at one moment, or a household."""
    by_provider: dict[ProviderId, list[tuple[datetime, datetime, int]]] = {}
    by_household: dict[int, list[tuple[datetime, datetime, int]]] = {}
    households = [each.household_id for each in displaced]
    families = {each for each, count in Counter(households).items() if count > 1}
    for column, (place, candidate) in enumerate(columns):
        slot = candidate.slot
        by_provider.setdefault(slot.provider_id, []).append((slot.starts_at, slot.blocked_until, column))
        if households[place] in families:
            by_household.setdefault(households[place], []).append((slot.starts_at, slot.ends_at, column))
    for intervals in (*by_provider.values(), *by_household.values()):
        for clique in _cliques(intervals):
            if len({columns[column][0] for column in clique}) > 1:
                yield clique


def _cliques(intervals: Iterable[tuple[datetime, datetime, int]]) -> Iterator[list[int]]:
    """Yield the largest sets of intervals that share a moment: those that are open when one ends after another has begun."""
    events = sorted(
        event
        for start, end, column in intervals
        for event in ((start, True, column), (end, False, column))  # what ends at a moment ends before others begin
    )
    now_open: set[int] = set()
    has_grown = False
    for _moment, begins, column in events:
        if begins:
            now_open.add(column)
            has_grown = True
            continue
        if has_grown:
            yield sorted(now_open)
            has_grown = False
        now_open.discard(column)


def _solver(costs: Sequence[int], rows: Sequence[Sequence[int]]) -> "_Highs":
    """Return HiGHS with the problem: each column 0 or 1, at most one of each row, the least sum of costs."""
    import highspy
    from highspy._core import _Highs  # the class that is made of it for scripts writes its licence to standard output

    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = len(costs), len(rows)
    problem.col_cost_ = [float(cost) for cost in costs]
    problem.col_lower_, problem.col_upper_ = [0.0] * len(costs), [1.0] * len(costs)
    problem.integrality_ = [highspy.HighsVarType.kInteger] * len(costs)
    problem.row_lower_, problem.row_upper_ = [0.0] * len(rows), [1.0] * len(rows)
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row))
    matrix = problem.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = starts
    matrix.index_ = [column for row in rows for column in row]
    matrix.value_ = [1.0] * starts[-1]
    solver = _Highs()
    for name, value in (("output_flag", False), ("parallel", "off"), ("time_limit", _SECONDS), ("mip_rel_gap", 0.0)):
        solver.setOptionValue(name, value)
    solver.passModel(problem)
    return solver
