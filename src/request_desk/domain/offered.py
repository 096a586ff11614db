"""What a provider offers, beside what is booked: appointments outside of it, windows at two places at once, hours a week."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from request_desk.domain.availability import Absence, AvailabilityWindow, open_spans
from request_desk.domain.ids import LocationId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Span, merged, overlaps

_DAY: Final = timedelta(days=1)
_ROUND: Final = timedelta(days=15)  # two weeks and a night: every pair of weekly windows meets in it, if ever
_MINUTE: Final = timedelta(minutes=1)

Clocks = Mapping[LocationId, PracticeTime]
_NOTHING: Final[tuple[list[datetime], list[datetime]]] = ([], [])


class OfferedTime:
    """The time in which one provider can be booked at each place over a span, whatever is booked already (AV4)."""

    __slots__ = ("_away", "_open")

    def __init__(
        self, windows: Sequence[AvailabilityWindow], absences: Iterable[Absence], span: Span, clocks: Clocks
    ) -> None:
        self._open: Final = {
            place: _apart(
                Span(each.starts_at, each.ends_at)
                for each in open_spans([one for one in windows if one.location_id == place], span, clocks[place])
            )
            for place in {window.location_id for window in windows if window.location_id in clocks}
        }
        self._away: Final = _apart(Span(each.starts_at, each.ends_at) for each in absences)

    def covers(self, location_id: LocationId, starts_at: datetime, ends_at: datetime) -> bool:
        """Tell whether all of this time is open at the place and none of it is an absence; windows that touch are one.

        The list of a practice asks for every appointment to come: tens of thousands, of which each takes about a microsecond.
        """
        starts, ends = self._open.get(location_id, _NOTHING)
        place = bisect_right(starts, starts_at) - 1
        if place < 0 or ends_at > ends[place]:
            return False
        starts, ends = self._away
        place = bisect_right(starts, starts_at)
        begins_before = place > 0 and starts_at < ends[place - 1]
        return not begins_before and (place == len(starts) or ends_at <= starts[place])


def _apart(spans: Iterable[Span]) -> tuple[list[datetime], list[datetime]]:
    """The starts and the ends of spans that do not touch: where something lies is found without a call for each look."""
    found = merged(spans)
    return [each.starts_at for each in found], [each.ends_at for each in found]


def clash(
    window: AvailabilityWindow, others: Iterable[AvailabilityWindow], clocks: Clocks, today: date
) -> AvailabilityWindow | None:
    """Return a window of the same provider that is open at another place at the same time, from today on, or None."""
    elsewhere = [each for each in others if each.location_id != window.location_id]
    return next(open_together(window, elsewhere, clocks, today), None)


def open_together(
    window: AvailabilityWindow, others: Iterable[AvailabilityWindow], clocks: Clocks, today: date
) -> Iterator[AvailabilityWindow]:
    """Yield those of the same provider's other windows that are open at the same time, from today on."""
    if not window.active:
        return
    for other in [each for each in others if each.id != window.id]:
        first = max(each for each in (today, window.valid_from, other.valid_from) if each is not None)
        lasts = [each for each in (window.valid_until, other.valid_until) if each is not None]
        last = min([first + _ROUND, *lasts])
        if not other.active or last < first:
            continue
        here, there = clocks[window.location_id], clocks[other.location_id]
        # A day more on each side: a night that began before, and clocks that are apart.
        span = Span(here.bounds(first - _DAY).starts_at, here.bounds(last + _DAY).ends_at)
        mine, theirs = open_spans([window], span, here), open_spans([other], span, there)
        if any(
            overlaps(Span(one.starts_at, one.ends_at), Span(two.starts_at, two.ends_at))
            for one in mine
            for two in theirs
        ):
            yield other


def weekly_time(windows: Iterable[AvailabilityWindow], today: date) -> timedelta:
    """Return how long a provider works in a usual week: what is open on every such weekday now, extra hours left out."""
    spans: list[Span] = []
    midnight = datetime(2024, 1, 1, tzinfo=UTC)  # any Monday: wall time alone is reckoned here
    for window in windows:
        stands = (window.valid_from is None or window.valid_from <= today) and (
            window.valid_until is None or today <= window.valid_until
        )
        if window.active and stands and not window.is_extra:
            start = midnight + window.weekday * _DAY
            spans.append(Span(start + window.start_minute * _MINUTE, start + window.end_minute * _MINUTE))
    return sum((each.ends_at - each.starts_at for each in merged(spans)), timedelta(0))


def begins_ever(weekday: int, first: date | None, last: date | None) -> bool:
    """Tell whether any day between the first and the last is this weekday."""
    return first is None or last is None or first + timedelta(days=(weekday - first.weekday()) % 7) <= last


def as_if_on(window: AvailabilityWindow) -> AvailabilityWindow:
    """Return the window as if it were switched on and valid on every day."""
    return replace(window, active=True, valid_from=None, valid_until=None)
