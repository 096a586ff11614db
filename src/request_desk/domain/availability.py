"""Bookable time: weekly windows minus absences and blocked time gives slots; nothing here knows a request or a database."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, NotRequired, TypeAlias, TypedDict, Unpack

from request_desk.domain.ids import AbsenceId, LocationId, ProviderId, TypeId, WindowId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Slot, Span

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NO_TIME: Final = timedelta(0)
_COARSE: Final = 5 * 60 * 1_000_000  # five minutes divide the starts and lengths in use, and every UTC offset
_FINE: Final = 60 * 1_000_000  # for a practice with a window from 9:03 or appointments of 12 minutes
_DAY_MINUTES: Final = 24 * 60
MOST_LANES: Final = 5  # for work-ins, beside the first
_AROUND: Final = timedelta(days=1)
_REACH: Final = 2 * 24 * 60 * _FINE  # how far behind the span blocked time matters: no appointment is longer

_Purpose = tuple[ProviderId, LocationId, tuple[TypeId, ...], bool, timedelta | None, timedelta | None, int | None]
Booked = Mapping[TypeId, Sequence[datetime]]  # when the appointments of each type begin, for sessions with a cap
_NOBODY: Final[Booked] = {}
Offered: TypeAlias = dict[
    tuple[LocationId, int], int
]  # by place and tick, the starts that somebody has offered already


@dataclass(frozen=True, slots=True)
class AvailabilityWindow:
    """A weekly window in wall-clock minutes since midnight (AV1); Monday is weekday 0.

    `end_minute` beyond 1440 ends on the next day. Windows of one provider, place and purpose that touch are one stretch: an appointment
    may begin in one and end in the next.
    """

    id: WindowId
    provider_id: ProviderId
    location_id: LocationId
    weekday: int
    start_minute: int
    end_minute: int
    buffer: timedelta | None
    valid_from: date | None
    valid_until: date | None
    active: bool
    type_ids: tuple[TypeId, ...] = ()  # empty: any type
    staff_only: bool = False
    label: str = ""
    version: int = 1
    opens: timedelta | None = None  # a same-day block: for staff alone until a start is nearer than this (AV6)
    cap: int | None = None  # most appointments of one type in one session, which is one occurrence of the window
    work_in_lanes: int = 0  # how many lanes beside the first staff may squeeze somebody into

    @property
    def is_extra(self) -> bool:
        """Tell whether these are extra hours: open on one single day."""
        return self.valid_from is not None and self.valid_from == self.valid_until


@dataclass(frozen=True, slots=True)
class Absence:
    """Time a provider is not bookable: leave, a meeting, lunch; or a closed day of the practice, which is everybody's."""

    id: AbsenceId
    provider_id: ProviderId
    starts_at: datetime
    ends_at: datetime
    label: str
    version: int = 1
    is_closed_day: bool = False


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """One occurrence of a window, cut to what was asked for."""

    starts_at: datetime
    ends_at: datetime
    location_id: LocationId
    label: str
    window_id: WindowId


def open_spans(windows: Iterable[AvailabilityWindow], span: Span, zone: PracticeTime) -> list[OpenSpan]:
    """Return the open time inside `span`, by start, each window by itself, whatever it is for.

    A window that begins in a daylight-saving gap begins at the first instant after it (AV5).
    """
    found = [
        OpenSpan(max(start, span.starts_at), min(end, span.ends_at), window.location_id, window.label, window.id)
        for window, start, end, _reach in occurrences(windows, span, zone)
    ]
    return sorted(found, key=lambda each: (each.starts_at, each.ends_at, each.location_id, each.window_id))


def serves(window: AvailabilityWindow, type_id: TypeId | None, *, for_staff: bool) -> bool:
    """Tell whether a window is for this type and for whom books; no type asks for any."""
    return (for_staff or not window.staff_only) and (
        type_id is None or not window.type_ids or type_id in window.type_ids
    )


def window_of(
    windows: Iterable[AvailabilityWindow],
    starts_at: datetime,
    ends_at: datetime,
    *,
    zone: PracticeTime,
    type_id: TypeId | None = None,
    for_staff: bool = True,
    location_id: LocationId | None = None,
) -> AvailabilityWindow | None:
    """Return the window in which an appointment begins that it or those that touch it hold whole, or None; of several the shortest buffer."""
    fitting = [
        window
        for window, start, end, reach in occurrences(windows, Span(starts_at, ends_at), zone)
        if start <= starts_at < end
        and ends_at <= reach
        and serves(window, type_id, for_staff=for_staff)
        and location_id in (None, window.location_id)
    ]
    return min(fitting, key=lambda window: (window.buffer or _NO_TIME, window.id), default=None)


def sessions_at(
    windows: Iterable[AvailabilityWindow], at: datetime, zone: PracticeTime, location_id: LocationId
) -> list[tuple[AvailabilityWindow, Span]]:
    """Return the windows of a place that are open at an instant, each with the session that runs then."""
    return [
        (window, Span(start, end))
        for window, start, end, _reach in occurrences(windows, Span(at, at + timedelta.resolution), zone)
        if window.location_id == location_id
    ]


def lanes_at(
    windows: Iterable[AvailabilityWindow], instant: datetime, *, zone: PracticeTime, location_id: LocationId
) -> int:
    """Return the last lane that may be used at an instant: the work-in lanes of the window that is open there then, else 0."""
    return max(
        (window.work_in_lanes for window, _session in sessions_at(windows, instant, zone, location_id)), default=0
    )


def is_open(
    windows: Iterable[AvailabilityWindow],
    starts_at: datetime,
    ends_at: datetime,
    *,
    zone: PracticeTime,
    type_id: TypeId | None = None,
    for_staff: bool = True,
    location_id: LocationId | None = None,
) -> bool:
    """Tell whether the appointment lies inside one stretch of windows; its buffer may hang out behind the end."""
    found = window_of(
        windows, starts_at, ends_at, zone=zone, type_id=type_id, for_staff=for_staff, location_id=location_id
    )
    return found is not None


class SlotSearch(TypedDict):
    """What a search asks for. `latest` is the last start, `location_ids` empty or missing is every location.

    `now` tells which same-day blocks have opened; missing, it is `earliest`. Starts among `offered` are left out, and those found
    are added to it: where any provider will do, each start is made once. It is for horizons of one span.
    """

    duration: timedelta
    buffer: timedelta
    grid: timedelta
    earliest: datetime
    type_id: TypeId | None
    for_staff: bool
    latest: NotRequired[datetime | None]
    location_ids: NotRequired[Collection[LocationId]]
    now: NotRequired[datetime]
    offered: NotRequired[Offered | None]


@dataclass(frozen=True, slots=True)
class _Opening:
    """An occurrence in microseconds since 1970, never cut: its starts count from its own beginning."""

    start: int
    end: int
    reach: int  # where the stretch of windows ends that this one belongs to
    window: AvailabilityWindow


@dataclass(frozen=True, slots=True)
class _Starts:
    """The ticks at which appointments could begin at one location with one blocked length (microseconds)."""

    location_id: LocationId
    block: int
    tick: int
    mask: int
    opens: int | None = None  # how near they must be, where they are for staff alone until then


class Horizon:
    """The bookable time of one provider over a span, as bit masks of ticks.

    Not for several threads at once. Measured: research/performance.md 1(g).
    """

    def __init__(
        self,
        provider_id: ProviderId,
        windows: Iterable[AvailabilityWindow],
        span: Span,
        zone: PracticeTime,
        busy: Iterable[Span] = (),
        booked: Booked = _NOBODY,
    ) -> None:
        self.provider_id: Final = provider_id
        self._booked: Final = {type_id: sorted(map(_micros, starts)) for type_id, starts in booked.items()}
        self._from, self._to = _micros(span.starts_at), _micros(span.ends_at)
        self._base = self._from - self._from % _COARSE
        self._openings = [
            _Opening(_micros(start), _micros(end), _micros(reach), window)
            for window, start, end, reach in occurrences(windows, span, zone)
        ]
        self._busy: list[tuple[int, int]] = []
        self._masks: dict[int, int] = {}
        self._patterns: dict[tuple[object, ...], tuple[_Starts, ...]] = {}
        self.load((_micros(each.starts_at), _micros(each.ends_at)) for each in busy)

    def load(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Add blocked time given as microseconds since 1970, UTC: the cheap way for many."""
        self._busy.extend(pairs)
        self._masks.clear()

    def slots(self, **wanted: Unpack[SlotSearch]) -> list[Slot]:
        """Return the free slots, by start and then location."""
        found = list(self._free(wanted))
        duration = wanted["duration"]
        if (offered := wanted.get("offered")) is not None:
            found = _unless_offered(found, offered)
        if len(found) < 2:
            return [slot for starts in found for slot in self._made(starts, duration)]
        # Two windows may offer the same start, with different buffers: the shorter one stands.
        best: dict[tuple[datetime, LocationId], Slot] = {}
        for slot in sorted((slot for starts in found for slot in self._made(starts, duration)), key=_order):
            best.setdefault((slot.starts_at, slot.location_id), slot)
        return list(best.values())

    def count(self, **wanted: Unpack[SlotSearch]) -> int:
        """Return how many `slots` there are."""
        masks: dict[LocationId, int] = {}
        for starts in self._free(wanted):
            masks[starts.location_id] = masks.get(starts.location_id, 0) | starts.mask
        return sum(mask.bit_count() for mask in masks.values())

    def _free(self, wanted: SlotSearch) -> Iterator[_Starts]:
        """Where such an appointment could begin: the pattern of starts without those whose blocked time is not free."""
        patterns = self._pattern(wanted)
        if not patterns:
            return
        tick = patterns[0].tick
        latest = wanted.get("latest")
        low = -((self._base - max(self._from, _micros(wanted["earliest"]))) // tick)
        last = self._to - 1 if latest is None else min(self._to - 1, _micros(latest))
        high = (last - self._base) // tick + 1
        if high <= low:
            return
        asked = ((1 << high) - 1) >> low << low
        locations = wanted.get("location_ids", ())
        blocked: dict[int, int] = {}
        for starts in patterns:
            if locations and starts.location_id not in locations:
                continue
            if starts.block not in blocked:
                blocked[starts.block] = _widened(self._mask(tick), -(-starts.block // tick))
            mask = starts.mask & asked & ~blocked[starts.block]
            if starts.opens is not None:
                now = _micros(wanted.get("now", wanted["earliest"]))
                mask &= (1 << max(0, (now + starts.opens - self._base) // tick + 1)) - 1
            if mask:
                yield _Starts(starts.location_id, starts.block, tick, mask)

    def _pattern(self, wanted: SlotSearch) -> tuple[_Starts, ...]:
        """Every start that the windows allow, whatever is booked; kept, for it changes only with the windows."""
        duration, buffer, grid = (wanted[name] // _MICROSECOND for name in ("duration", "buffer", "grid"))
        type_id, for_staff = wanted["type_id"], wanted["for_staff"]
        key = (duration, buffer, grid, type_id, for_staff)
        known = self._patterns.get(key)
        if known is not None:
            return known
        if duration < _FINE or grid < _FINE or buffer < 0:
            raise ValueError("a visit has a length and a grid of whole minutes")
        serving = [
            (each, duration + max(buffer, (each.window.buffer or _NO_TIME) // _MICROSECOND))
            for each in self._openings
            if serves(each.window, type_id, for_staff=for_staff) and not self._is_full(each, type_id)
        ]
        marks = {duration, grid, *(each.start for each, _ in serving), *(block for _, block in serving)}
        tick = _COARSE if all(mark % _COARSE == 0 for mark in marks) else _FINE
        masks: dict[tuple[LocationId, int, timedelta | None], int] = {}
        for opening, block in serving:
            skipped = max(0, -((opening.start - self._base) // grid))
            within, whole = opening.end - 1 - opening.start, opening.reach - duration - opening.start
            count = min(within, whole) // grid + 1 - skipped
            if count > 0:
                begin = (opening.start + skipped * grid - self._base) // tick
                where = (opening.window.location_id, block, None if for_staff else opening.window.opens)
                masks[where] = masks.get(where, 0) | _comb(count, grid // tick) << begin
        found = tuple(
            _Starts(location_id, block, tick, mask, None if opens is None else opens // _MICROSECOND)
            for (location_id, block, opens), mask in masks.items()
        )
        self._patterns[key] = found
        return found

    def _is_full(self, opening: _Opening, type_id: TypeId | None) -> bool:
        """Whether a session has as many appointments of a type as it takes."""
        cap = opening.window.cap
        if cap is None or type_id is None:
            return False
        starts = self._booked.get(type_id, ())
        return bisect_left(starts, opening.end) - bisect_left(starts, opening.start) >= cap

    def _mask(self, tick: int) -> int:
        """The blocked ticks. Written as digits and read as one number: an OR for each appointment costs ten times as much."""
        known = self._masks.get(tick)
        if known is None:
            base, size = self._base, (self._to + _REACH - self._base) // tick + 1
            digits = bytearray(b"0") * size
            for start, end in self._busy:
                low, high = (start - base) // tick, -((base - end) // tick)
                if low < 0 or high > size:
                    low, high = self._ticks(start, end, tick)
                digits[low:high] = b"1" * (high - low)
            digits.reverse()
            known = self._masks[tick] = int(digits, 2)
        return known

    def _ticks(self, start: int, end: int, tick: int) -> tuple[int, int]:
        """The ticks that a stretch touches, cut to what an appointment in this span can reach."""
        low = max(0, (start - self._base) // tick)
        high = (min(end, self._to + _REACH) - self._base + tick - 1) // tick
        return low, max(low, high)

    def _made(self, starts: _Starts, duration: timedelta) -> list[Slot]:
        begin = _EPOCH + timedelta(microseconds=self._base)
        block = timedelta(microseconds=starts.block)
        steps: dict[int, timedelta] = {}
        made: list[Slot] = []
        digits = bin(starts.mask)[:1:-1]
        before, index = 0, digits.find("1")
        while index >= 0:
            step = steps.get(index - before)
            if step is None:
                step = steps[index - before] = timedelta(microseconds=starts.tick * (index - before))
            begin += step
            made.append(Slot(self.provider_id, starts.location_id, begin, begin + duration, begin + block))
            before, index = index, digits.find("1", index + 1)
        return made


def _unless_offered(found: Sequence[_Starts], offered: Offered) -> list[_Starts]:
    """The starts that nobody has offered yet; from now on they are."""
    fresh = [replace(each, mask=each.mask & ~offered.get((each.location_id, each.tick), 0)) for each in found]
    for each in found:
        place = (each.location_id, each.tick)
        offered[place] = offered.get(place, 0) | each.mask
    return [each for each in fresh if each.mask]


def occurrences(
    windows: Iterable[AvailabilityWindow], span: Span, zone: PracticeTime
) -> Iterator[tuple[AvailabilityWindow, datetime, datetime, datetime]]:
    """Each window on each of its days that touches the span, whole, and where the stretch ends that it belongs to; days in order."""
    weekly: dict[int, list[AvailabilityWindow]] = {}
    for window in windows:
        if window.active:
            weekly.setdefault(window.weekday, []).append(window)
    if not weekly:
        return
    found: list[tuple[AvailabilityWindow, datetime, datetime]] = []
    # A day more on each side: one for windows that end on the next day, one for what begins where the span ends.
    for day in zone.days(Span(span.starts_at - _AROUND, span.ends_at + _AROUND)):
        for window in weekly.get(day.weekday(), ()):
            if (window.valid_from and day < window.valid_from) or (window.valid_until and day > window.valid_until):
                continue
            start, end = zone.instant(day, window.start_minute), _end_of(window, day, zone)
            if start < end:
                found.append((window, start, end))
    begun: dict[tuple[_Purpose, datetime], datetime] = {}  # the latest end of the stretches that begin at an instant
    reached: list[datetime] = []
    for window, start, end in sorted(found, key=lambda each: each[1], reverse=True):
        purpose = _purpose(window)
        reach = max(end, begun.get((purpose, end), end))
        begun[purpose, start] = max(reach, begun.get((purpose, start), reach))
        reached.append(reach)
    by_start = sorted(range(len(found)), key=lambda place: found[place][1], reverse=True)
    reach_of = dict(zip(by_start, reached, strict=True))
    for place, (window, start, end) in enumerate(found):
        if start < span.ends_at and span.starts_at < end:
            yield window, start, end, reach_of[place]


def _purpose(window: AvailabilityWindow) -> _Purpose:
    """What windows have in common that are one stretch where they touch."""
    return (
        window.provider_id,
        window.location_id,
        window.type_ids,
        window.staff_only,
        window.buffer,
        window.opens,
        window.cap,
    )


def _end_of(window: AvailabilityWindow, day: date, zone: PracticeTime) -> datetime:
    days, minute = divmod(window.end_minute, _DAY_MINUTES)
    return zone.instant(day + timedelta(days=days), minute) if days else zone.instant(day, minute)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _order(slot: Slot) -> tuple[datetime, LocationId, datetime]:
    return slot.starts_at, slot.location_id, slot.blocked_until


def _comb(count: int, step: int) -> int:
    """`count` bits, `step` apart, from bit 0 on."""
    return ((1 << count * step) - 1) // ((1 << step) - 1)


def _widened(mask: int, length: int) -> int:
    """The ticks from which one of the next `length` ticks is set, by doubling."""
    reached = 1
    while reached < length:
        step = min(reached, length - reached)
        mask |= mask >> step
        reached += step
    return mask
