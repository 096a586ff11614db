"""Wall time and instants, gaps and doubled hours, practice days; the only place that knows zones. Words are in `words`."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from request_desk.domain.errors import Invalid
from request_desk.domain.spans import Span

DAY_MINUTES: Final = 24 * 60
_ONE_DAY: Final = timedelta(days=1)
_NOT_A_PLACE: Final = frozenset({"Factory", "localtime", "posixrules"})
_TICK: Final = 5  # minutes, which divide every UTC offset in use
_KEPT_DAYS: Final = 4_000  # days kept in memory: eleven years of a schedule


def is_zone(name: str) -> bool:
    """Tell whether `name` is a zone of the IANA database, spelled as there."""
    return name not in _NOT_A_PLACE and name in available_timezones()


class PracticeTime:
    """The wall clock of one zone. A practice day has 23, 24 or 25 hours: ask `bounds`, never add 24 h."""

    __slots__ = ("_days", "_zone", "zone")

    def __init__(self, zone: str) -> None:
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Invalid(
                f"“{zone[:60]}” is not a time zone. Choose one like America/Los_Angeles.", field="zone"
            ) from error
        self.zone: Final = zone
        self._days: dict[date, tuple[datetime, bool]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PracticeTime) and other.zone == self.zone

    def __hash__(self) -> int:
        return hash(self.zone)

    def __repr__(self) -> str:
        return f"PracticeTime({self.zone!r})"

    def instant(self, day: date, minute: int) -> datetime:
        """Return the instant of a wall time; `minute` counts from midnight, 1440 is the next midnight.

        A time that a gap skips gives the first instant after the gap; one that comes twice gives the first.
        """
        if not 0 <= minute <= DAY_MINUTES:
            raise ValueError(f"not a minute of the day: {minute}")
        start, is_plain = self._start(day)
        if is_plain:
            return start + timedelta(minutes=minute)
        day += timedelta(days=minute // DAY_MINUTES)
        minute %= DAY_MINUTES
        return self._resolved(day, time(minute // 60, minute % 60))

    def wall(self, instant: datetime) -> datetime:
        """Return the instant as an aware local datetime."""
        return instant.astimezone(self._zone)

    def day_of(self, instant: datetime) -> date:
        """Return the practice day on which the instant falls."""
        return instant.astimezone(self._zone).date()

    def minute_of(self, instant: datetime) -> int:
        """Return the minutes that the wall clock shows since midnight."""
        local = instant.astimezone(self._zone)
        return local.hour * 60 + local.minute

    def bounds(self, day: date) -> Span:
        """Return the practice day, midnight to midnight."""
        return Span(self._start(day)[0], self._start(day + _ONE_DAY)[0])

    def days(self, span: Span) -> list[date]:
        """Return every practice day that the span touches, in order; an empty span touches none."""
        if span.ends_at <= span.starts_at:
            return []
        first, last = self.day_of(span.starts_at), self.day_of(span.ends_at - timedelta.resolution)
        return [first + timedelta(days=count) for count in range((last - first).days + 1)]

    def exists(self, day: date, minute: int) -> bool:
        """Tell whether the wall clock ever shows this time on this day."""
        found = self.wall(self.instant(day, minute))
        day += timedelta(days=minute // DAY_MINUTES)
        return (found.date(), found.hour * 60 + found.minute) == (day, minute % DAY_MINUTES)

    def is_ambiguous(self, instant: datetime) -> bool:
        """Tell whether the wall clock shows this time twice that day."""
        local = instant.astimezone(self._zone)
        other = local.replace(fold=1 - local.fold)
        return other.utcoffset() != local.utcoffset()

    def skipped(self, day: date) -> range:
        """Return the minutes of a day that the wall clock never shows; on most days there are none."""
        return self._switched(day, lambda minute: not self.exists(day, minute))

    def doubled(self, day: date) -> range:
        """Return the minutes of a day that the wall clock shows twice; on most days there are none."""
        return self._switched(day, lambda minute: self.is_ambiguous(self.instant(day, minute)))

    def _switched(self, day: date, is_one: Callable[[int], bool]) -> range:
        if self._start(day)[1]:
            return range(0)
        found = [minute for minute in range(0, DAY_MINUTES, _TICK) if is_one(minute)]
        return range(found[0], found[-1] + _TICK) if found else range(0)

    def abbreviation(self, instant: datetime) -> str:
        """Return the zone's short name at that instant: PST, PDT, or UTC-3 where it has none."""
        name = instant.astimezone(self._zone).tzname() or ""
        return f"UTC{name[:3]}{':' if name[3:] else ''}{name[3:]}" if name[:1] in "+-" else name

    def _start(self, day: date) -> tuple[datetime, bool]:
        """The instant a day begins, and whether its clock runs through without a switch."""
        known = self._days.get(day)
        if known is None:
            start, end = self._resolved(day, time()), self._resolved(day + _ONE_DAY, time())
            offsets = {moment.astimezone(self._zone).utcoffset() for moment in (start, end)}
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            known = self._days[day] = (start, len(offsets) == 1 and end - start == _ONE_DAY)
        return known

    def _resolved(self, day: date, clock: time) -> datetime:
        local = datetime.combine(day, clock, self._zone)
        high = local.astimezone(UTC)
        if high.astimezone(self._zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            return high
        # In a gap the two readings lie on either side of the switch; look for it to the second.
        low = local.replace(fold=1).astimezone(UTC)
        after = high.astimezone(self._zone).utcoffset()
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
            if middle.astimezone(self._zone).utcoffset() == after:
                high = middle
            else:
                low = middle
        return high
