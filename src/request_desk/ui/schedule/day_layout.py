"""Where things of a day stand: minutes to pixels, columns, and what lies under a point; no painting, no widget."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from PySide6.QtCore import QPoint, QRect

from request_desk.domain.appointments import BLOCKING, Appointment, AppointmentStatus
from request_desk.domain.availability import Absence
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Offer
from request_desk.domain.schedule import ProviderColumn, ScheduleDay

_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)
_SHOWN = frozenset(
    {AppointmentStatus.HELD, AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}
)


class OfferState(Enum):
    """How an offer stands at this desk."""

    FREE = "free"
    CHOSEN = "chosen"  # and not held: the database has no row of it
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


class DayLayout:
    """The geometry of one day at one size."""

    def __init__(
        self,
        day: ScheduleDay,
        offers: Sequence[PaintedOffer],
        zone: PracticeTime,
        *,
        width: int,
        hour: int,
        column: int,
        gap: int,
    ) -> None:
        """`width` is what there is, `hour` the height of an hour, `column` the least width of a column, in pixels."""
        self.day = day
        self.zone = zone
        self.hour = hour
        self.offers = tuple(offers)
        self.columns = day.columns
        self.starts_at, self.ends_at = self._range()
        count = max(1, len(self.columns))
        self.column_width = max(column, width // count)
        self.width = self.column_width * count
        self.height = self._pixels(self.ends_at - self.starts_at)
        self._gap = gap
        self.placed = tuple(self._place())
        self.shown_offers = tuple(placed for placed in self.placed if isinstance(placed.item, PaintedOffer))
        self.ground = tuple(placed for placed in self.placed if not isinstance(placed.item, PaintedOffer))

    def has_ground_of(self, other: "DayLayout") -> bool:
        """Whether all but the offers stands as it stands there."""
        return self.measures() == other.measures() and self.ground == other.ground

    def measures(self) -> tuple[object, ...]:
        """Return what decides where a time and a column are, and what is open."""
        columns = tuple(
            (column.provider_id, column.provider_name, column.location_names, column.open) for column in self.columns
        )
        return self.day.day, self.starts_at, self.ends_at, self.hour, self.column_width, columns

    def _range(self) -> tuple[datetime, datetime]:
        """From the hour before the first thing of the day to the hour after the last; 8 to 5 on an empty day."""
        starts = [span.starts_at for column in self.columns for span in column.open]
        ends = [span.ends_at for column in self.columns for span in column.open]
        for column in self.columns:
            shown = [entry for entry in column.entries if entry.status in _SHOWN]
            starts += [entry.starts_at for entry in shown]
            ends += [entry.ends_at for entry in shown]
        starts += [shown.offer.slot.starts_at for shown in self.offers if self._is_today(shown)]
        ends += [shown.offer.slot.ends_at for shown in self.offers if self._is_today(shown)]
        bounds = self.zone.bounds(self.day.day)
        first = min(starts, default=self.zone.instant(self.day.day, 8 * 60))
        last = max(ends, default=self.zone.instant(self.day.day, 17 * 60))
        start = max(bounds.starts_at, self._floor(first))
        return start, min(bounds.ends_at, max(start + _HOUR, self._floor(last + _HOUR - timedelta(microseconds=1))))

    def _is_today(self, shown: PaintedOffer) -> bool:
        return self.zone.day_of(shown.offer.slot.starts_at) == self.day.day

    def _floor(self, instant: datetime) -> datetime:
        wall = self.zone.wall(instant)
        return instant - timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)

    def _pixels(self, span: timedelta) -> int:
        return round(span / _HOUR * self.hour)

    def y_of(self, instant: datetime) -> int:
        """Return the grid's y of an instant."""
        return self._pixels(instant - self.starts_at)

    def instant_at(self, y: int) -> datetime:
        """Return the quarter hour at a y."""
        quarters = int((y + 0.5) * 4 / self.hour)
        return self.starts_at + max(0, quarters) * _QUARTER

    def hours(self) -> Iterator[tuple[datetime, int]]:
        """Yield each full hour of elapsed time with its y; a day with a doubled hour has one line more."""
        instant = self.starts_at
        while instant <= self.ends_at:
            yield instant, self.y_of(instant)
            instant += _HOUR

    def column_rect(self, column: int, top: int, bottom: int) -> QRect:
        return QRect(column * self.column_width, top, self.column_width, bottom - top)

    def span_rect(self, column: int, starts_at: datetime, ends_at: datetime) -> QRect:
        """Return the rectangle of a stretch of time in a column, cut to the shown range."""
        top = max(0, self.y_of(starts_at))
        return self.column_rect(column, top, min(self.height, self.y_of(ends_at)))

    def column_of(self, provider_id: ProviderId) -> int | None:
        """Return the place of a provider's column, None when it is not shown."""
        return next((place for place, column in enumerate(self.columns) if column.provider_id == provider_id), None)

    def _place(self) -> Iterator[Placed]:
        for place, column in enumerate(self.columns):
            for absence in column.absences:
                rect = self.span_rect(place, absence.starts_at, absence.ends_at)
                if rect.height() > 0:
                    yield Placed(absence, place, self._inset(rect))
            yield from self._place_entries(place, column)
            for shown in self.offers:
                slot = shown.offer.slot
                if slot.provider_id == column.provider_id and self._is_today(shown):
                    yield Placed(shown, place, self._inset(self.span_rect(place, slot.starts_at, slot.ends_at)))

    def _place_entries(self, place: int, column: ProviderColumn) -> Iterator[Placed]:
        """Entries of one column; those that overlap (a hold for a move beside what it replaces) share the width."""
        for together in _overlapping(self._shown_entries(column)):
            ends: list[datetime] = []  # of the last entry in each share
            shares: list[int] = []
            for entry in together:
                share = next((number for number, end in enumerate(ends) if end <= entry.starts_at), len(ends))
                ends[share : share + 1] = [entry.ends_at]
                shares.append(share)
            for entry, share in zip(together, shares, strict=True):
                rect = self._inset(self.span_rect(place, entry.starts_at, entry.ends_at))
                if len(ends) > 1:
                    width = (rect.width() - (len(ends) - 1) * self._gap) // len(ends)
                    rect = QRect(rect.left() + share * (width + self._gap), rect.top(), width, rect.height())
                yield Placed(entry, place, rect)

    def _shown_entries(self, column: ProviderColumn) -> list[Appointment]:
        """What is on the day, without the holds that are shown as offers."""
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

    def in_the_way(self, moved: Appointment, to: FreePoint, length: timedelta) -> Appointment | None:
        """Return what an appointment would be put upon, None when the place is free; the service decides in the end."""
        end = to.starts_at + length
        for column in self.columns:
            if column.provider_id == to.provider_id:
                for entry in column.entries:
                    blocks = entry.status in BLOCKING and entry.chain_id != moved.chain_id
                    if blocks and entry.starts_at < end and to.starts_at < entry.ends_at:
                        return entry
        return None

    def _inset(self, rect: QRect) -> QRect:
        return rect.adjusted(self._gap, self._gap // 2, -self._gap, -(self._gap // 2))

    def at(self, point: QPoint) -> Placed | None:
        """Return the topmost item under a point of the grid: offers lie above entries, entries above absences."""
        return next((placed for placed in reversed(self.placed) if placed.rect.contains(point)), None)

    def free_at(self, point: QPoint) -> FreePoint | None:
        """Return the quarter hour under a point, with the place where its provider works then (or the provider's first)."""
        column = point.x() // self.column_width
        if not 0 <= column < len(self.columns) or not 0 <= point.y() < self.height:
            return None
        shown = self.columns[column]
        instant = self.instant_at(point.y())
        places = [span.location_id for span in shown.open if span.starts_at <= instant < span.ends_at]
        places += [span.location_id for span in shown.open] + [entry.location_id for entry in shown.entries]
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
