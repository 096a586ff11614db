"""Where things of the schedule stand: wall time to pixels, columns, and what lies under a point; no painting, no widget."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import accumulate

from PySide6.QtCore import QPoint, QRect

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.availability import Absence, OpenSpan
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.practice_time import DAY_MINUTES, PracticeTime
from request_desk.domain.requests import Offer
from request_desk.domain.schedule import ProviderColumn, ScheduleDay, ScheduleWeek
from request_desk.domain.spans import Slot

_SHOWN = frozenset(
    {AppointmentStatus.HELD, AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}
)


class OfferState(Enum):
    """How an offer stands at this desk."""

    FREE = "free"
    CHOSEN = "chosen"  # and not held: the database has no row of it
    OFFERED = "offered"  # to go into the reply with others, and not held before that is sent
    HELD = "held"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class PaintedOffer:
    """An offer with the digit printed on it; digits never shift while a request is open."""

    digit: int
    offer: Offer
    state: OfferState = OfferState.FREE


@dataclass(frozen=True, slots=True)
class FreePoint:
    """A place on the grid, to the quarter hour."""

    provider_id: ProviderId
    location_id: LocationId
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """An appointment that was dragged somewhere else."""

    appointment: Appointment
    to: FreePoint


Item = PaintedOffer | Appointment | Absence


@dataclass(frozen=True, slots=True)
class Placed:
    """An item and its rectangle, in the coordinates of the grid (0, 0 is midnight of the shown range, left of column 1)."""

    item: Item
    column: int
    rect: QRect


@dataclass(frozen=True, slots=True)
class HourLine:
    """Where the wall clock shows a full hour; `instant` where it shows that hour twice."""

    y: int
    minute: int
    instant: datetime | None


class GridLayout:
    """The geometry of columns side by side at one size. Each is a day of a provider; its lines are those of the wall clock.

    So equal wall times stand beside each other whatever the day's length: an hour that the clock skips stays empty in the columns
    of that day, and one that it shows twice has two rows, of which the other days leave the second empty.
    """

    def __init__(
        self,
        shown: ScheduleDay | ScheduleWeek,
        offers: Sequence[PaintedOffer],
        zone: PracticeTime,
        *,
        width: int,
        hour: int,
        column: int,
        share: int,
        gap: int,
    ) -> None:
        """`width` is what there is, `hour` the height of an hour, in pixels.

        A column is at least `column` wide, and has `share` for each of the appointments that stand beside each other in it.
        """
        self.key = shown.key
        self.zone = zone
        self.hour = hour
        self.offers = tuple(offers)
        self.columns = shown.columns
        self._bounds = {column.day: zone.bounds(column.day) for column in self.columns}
        self._twice, self._day_twice = self._doubled()
        self._whole = DAY_MINUTES + len(self._twice)
        self.first, self._last = self._range()
        self.edges = self._edges(width, column, share)
        self.width = self.edges[-1]
        self.height = self.pixels(self._last - self.first)
        self._gap = gap
        self.placed = tuple(self._place())
        self.shown_offers = tuple(placed for placed in self.placed if isinstance(placed.item, PaintedOffer))
        self.ground = tuple(placed for placed in self.placed if not isinstance(placed.item, PaintedOffer))

    def has_ground_of(self, other: "GridLayout") -> bool:
        """Whether all but the offers stands as it stands there."""
        return self.measures() == other.measures() and self.ground == other.ground

    def measures(self) -> tuple[object, ...]:
        """Return what decides where a time and a column are, what is open, and what is double booked."""
        columns = tuple(
            (each.key, each.provider_name, each.location_names, each.open, each.double_booked) for each in self.columns
        )
        return self.key, self.first, self._last, self.hour, self.edges, columns

    def _edges(self, width: int, column: int, share: int) -> tuple[int, ...]:
        """Where each column begins, and the last one ends."""
        beside = [max((shares for _together, shares in self._shared(each)), default=1) for each in self.columns]
        wanted = [max(column, share * count if count > 1 else 0) for count in beside]
        while wanted and sum(wanted) < width:  # what is left goes to the narrowest, so that as many as can be are equal
            least = min(wanted)
            narrow = [place for place, each in enumerate(wanted) if each == least]
            next_up = min((each for each in wanted if each > least), default=width)
            more = min(next_up - least, (width - sum(wanted)) // len(narrow))
            if not more:
                break
            for place in narrow:
                wanted[place] += more
        return (0, *accumulate(wanted)) if wanted else (0, max(column, width))

    def column_at(self, x: int) -> int:
        """Return the place of the column at an x; those beyond the grid are none, -1 and the number of columns."""
        return bisect_right(self.edges, x) - 1

    def _doubled(self) -> tuple[range, date | None]:
        """The minutes that have two rows, and the day that has them."""
        days = {column.day: self.zone.doubled(column.day) for column in self.columns}
        day = next((day for day, twice in days.items() if twice), None)
        return (days[day], day) if day is not None else (range(0), None)

    def _range(self) -> tuple[float, float]:
        """From the hour before the first thing that is shown to the hour after the last; 8 to 5 where nothing is."""
        starts: list[float] = []
        ends: list[float] = []
        for column in self.columns:
            spans: list[OpenSpan | Appointment | Slot] = [*column.open]
            spans += [entry for entry in column.entries if entry.status in _SHOWN]
            spans += [shown.offer.slot for shown in self.offers if self._is_in(column, shown)]
            if spans:
                starts.append(self._row(column.day, min(each.starts_at for each in spans)))
                ends.append(self._row(column.day, max(each.ends_at for each in spans)))
        hours = [self._row_of(minute, is_second=is_second) for minute, is_second in self._full_hours()]
        morning, evening = (self._row_of(hour * 60, is_second=False) for hour in (8, 17))
        first = max(row for row in hours[:-1] if row <= min(starts, default=morning))
        return first, min(row for row in hours if row >= max(ends, default=evening) and row > first)

    def _full_hours(self) -> list[tuple[int, bool]]:
        """Each hour of the grid, midnight to midnight, and whether it is the second of two."""
        hours = [(minute, False) for minute in range(0, DAY_MINUTES + 1, 60)]
        return sorted([*hours, *((minute, True) for minute, _first in hours if minute in self._twice)], key=self._order)

    def _order(self, hour: tuple[int, bool]) -> float:
        return self._row_of(hour[0], is_second=hour[1])

    def _row_of(self, minute: float, *, is_second: bool) -> float:
        """The row of a wall-clock minute: minutes since midnight, and those that come twice twice."""
        return minute + len(self._twice) if is_second or minute >= self._twice.stop else minute

    def _row(self, day: date, instant: datetime) -> float:
        """The row of an instant in the columns of a day; what lies before or behind the day is its beginning or its end."""
        bounds = self._bounds[day]
        if instant <= bounds.starts_at:
            return 0
        return self._whole if instant >= bounds.ends_at else self._row_at(instant)

    def _row_at(self, instant: datetime) -> float:
        wall = self.zone.wall(instant)
        minute = wall.hour * 60 + wall.minute + (wall.second + wall.microsecond / 1_000_000) / 60
        return self._row_of(minute, is_second=wall.fold == 1)

    def _is_in(self, column: ProviderColumn, shown: PaintedOffer) -> bool:
        slot = shown.offer.slot
        return column.key == (self.zone.day_of(slot.starts_at), slot.provider_id)

    def pixels(self, minutes: float) -> int:
        return round(minutes / 60 * self.hour)

    def y_of(self, instant: datetime) -> int:
        """Return the grid's y of an instant, in the columns of its day."""
        return self.pixels(self._row_at(instant) - self.first)

    def instant_at(self, column: int, y: int) -> datetime | None:
        """Return the quarter hour at a y of a column, None where its day has no such time."""
        day, twice = self.columns[column].day, self._twice
        row = int(self.first) + max(0, int((y + 0.5) * 4 / self.hour)) * 15
        is_second = twice.stop <= row < twice.stop + len(twice)
        minute = row - len(twice) if row >= twice.stop else row
        if minute >= DAY_MINUTES or minute in self.zone.skipped(day) or (is_second and not self.zone.doubled(day)):
            return None
        return self.zone.instant(day, minute) + timedelta(minutes=len(twice) if is_second else 0)

    def hours(self) -> Iterator[HourLine]:
        """Yield each full hour that is shown, from above."""
        for minute, is_second in self._full_hours():
            row = self._row_of(minute, is_second=is_second)
            if self.first <= row <= self._last:
                instant = None
                if self._day_twice is not None and minute in self._twice:
                    instant = self.zone.instant(self._day_twice, minute)
                    instant += timedelta(minutes=len(self._twice) if is_second else 0)
                yield HourLine(self.pixels(row - self.first), minute, instant)

    def missing(self, column: int) -> Iterator[QRect]:
        """Yield where a column has no time: the hour that its day skips, and the second of two that it has once."""
        day = self.columns[column].day
        skipped = self.zone.skipped(day)
        rows = (
            [(self._row_of(skipped.start, is_second=False), self._row_of(skipped.stop, is_second=False))]
            if skipped
            else []
        )
        if self._twice and not self.zone.doubled(day):
            rows.append((self._twice.stop, self._twice.stop + len(self._twice)))
        for start, end in rows:
            rect = self._rows_rect(column, start, end)
            if rect.height() > 0:
                yield rect

    def column_rect(self, column: int, top: int, bottom: int) -> QRect:
        return QRect(self.edges[column], top, self.edges[column + 1] - self.edges[column], bottom - top)

    def span_rect(self, column: int, starts_at: datetime, ends_at: datetime) -> QRect:
        """Return the rectangle of a stretch of time in a column, cut to the shown range."""
        day = self.columns[column].day
        return self._rows_rect(column, self._row(day, starts_at), self._row(day, ends_at))

    def _rows_rect(self, column: int, start: float, end: float) -> QRect:
        top = max(0, self.pixels(start - self.first))
        return self.column_rect(column, top, min(self.height, self.pixels(end - self.first)))

    def column_of(self, provider_id: ProviderId, instant: datetime) -> int | None:
        """Return the place of the column of a provider's day, None when it is not shown."""
        wanted = self.zone.day_of(instant), provider_id
        return next((place for place, column in enumerate(self.columns) if column.key == wanted), None)

    def now_columns(self, now: datetime) -> list[int]:
        """Return the places of today's columns."""
        today = self.zone.day_of(now)
        return [place for place, column in enumerate(self.columns) if column.day == today]

    def _place(self) -> Iterator[Placed]:
        for place, column in enumerate(self.columns):
            for absence in column.absences:
                rect = self.span_rect(place, absence.starts_at, absence.ends_at)
                if rect.height() > 0:
                    yield Placed(absence, place, self._inset(rect))
            yield from self._place_entries(place, column)
            for shown in self.offers:
                if self._is_in(column, shown):
                    slot = shown.offer.slot
                    yield Placed(shown, place, self._inset(self.span_rect(place, slot.starts_at, slot.ends_at)))

    def _place_entries(self, place: int, column: ProviderColumn) -> Iterator[Placed]:
        """Entries of one column; those that overlap (a hold for a move beside what it replaces) share the width."""
        for together, count in self._shared(column):
            for entry, share in together:
                rect = self._inset(self.span_rect(place, entry.starts_at, entry.ends_at))
                if count > 1:
                    width = (rect.width() - (count - 1) * self._gap) // count
                    rect = QRect(rect.left() + share * (width + self._gap), rect.top(), width, rect.height())
                yield Placed(entry, place, rect)

    def _shared(self, column: ProviderColumn) -> Iterator[tuple[list[tuple[Appointment, int]], int]]:
        """Yield the entries that stand together, each with its share of the width, and how many shares there are."""
        for together in _overlapping(self._shown_entries(column)):
            ends: list[datetime] = []  # of the last entry in each share
            shares: list[int] = []
            for entry in together:
                share = next((number for number, end in enumerate(ends) if end <= entry.starts_at), len(ends))
                ends[share : share + 1] = [entry.ends_at]
                shares.append(share)
            yield list(zip(together, shares, strict=True)), len(ends)

    def _shown_entries(self, column: ProviderColumn) -> list[Appointment]:
        """What is in the column, without the holds that are shown as offers."""
        held = {
            (shown.offer.slot.provider_id, shown.offer.slot.starts_at)
            for shown in self.offers
            if shown.state is OfferState.HELD
        }
        shown = [
            entry
            for entry in column.entries
            if entry.status in _SHOWN
            and not (entry.status is AppointmentStatus.HELD and (entry.provider_id, entry.starts_at) in held)
        ]
        return sorted(shown, key=lambda entry: (entry.starts_at, entry.ends_at, entry.id))

    def others_of(self, placed: Placed) -> list[Appointment]:
        """Return what an appointment is double booked with."""
        if not isinstance(placed.item, Appointment):
            return []
        return self.columns[placed.column].others_of(placed.item.id)

    def _inset(self, rect: QRect) -> QRect:
        return rect.adjusted(self._gap, self._gap // 2, -self._gap, -(self._gap // 2))

    def at(self, point: QPoint) -> Placed | None:
        """Return the topmost item under a point of the grid: offers lie above entries, entries above absences."""
        return next((placed for placed in reversed(self.placed) if placed.rect.contains(point)), None)

    def free_at(self, point: QPoint) -> FreePoint | None:
        """Return the quarter hour under a point, with the place where its provider works then (or the provider's first)."""
        column = self.column_at(point.x())
        if not 0 <= column < len(self.columns) or not 0 <= point.y() < self.height:
            return None
        shown = self.columns[column]
        instant = self.instant_at(column, point.y())
        if instant is None:
            return None
        places = [span.location_id for span in shown.open if span.starts_at <= instant < span.ends_at]
        own = [each for each in self.columns if each.provider_id == shown.provider_id]
        for each in (shown, *own):
            places += [span.location_id for span in each.open] + [entry.location_id for entry in each.entries]
        return FreePoint(shown.provider_id, places[0], instant) if places else None

    def stops(self) -> list[Placed]:
        """Return what the keyboard walks over: offers and entries, by column and time."""
        walked = [placed for placed in self.placed if not isinstance(placed.item, Absence)]
        return sorted(walked, key=lambda placed: (placed.column, placed.rect.top(), placed.rect.left()))


def _overlapping(entries: Sequence[Appointment]) -> Iterator[list[Appointment]]:
    """Yield the entries in groups: those that touch each other's time stand together, all others alone."""
    together: list[Appointment] = []
    for entry in entries:
        if together and entry.starts_at >= max(other.ends_at for other in together):
            yield together
            together = []
        together.append(entry)
    if together:
        yield together
