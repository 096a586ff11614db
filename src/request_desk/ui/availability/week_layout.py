"""Where the windows and absences of a week stand: minutes of the wall clock to pixels, and back; no painting, no widget."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from PySide6.QtCore import QPoint, QRect

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.practice_time import DAY_MINUTES, PracticeTime

QUARTER: Final = 15  # minutes that the mouse counts in; the form types every one
_LEAST: Final = 5  # minutes of an absence that ends, by the wall clock, before it begins: in the hour that comes twice
_STRIP: Final = 4  # what is not booked takes this part of a column beside what is
_INDENT: Final = 14  # pixels of a window that stay in sight beside an absence over it

Shown = AvailabilityWindow | Absence
Pale = Callable[[AvailabilityWindow, date], str]


@dataclass(frozen=True, slots=True)
class WeekPiece:
    """What a window or an absence is on one day; `pale` says why nothing is booked in it then, "" where it can be."""

    item: Shown
    column: int
    start: int  # minutes of the day
    end: int
    rect: QRect
    pale: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is the window as it begins and not what reaches over from the day before."""
        return isinstance(self.item, AvailabilityWindow) and self.start == self.item.start_minute


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stretch of one day under the mouse; an end past midnight is on the next day."""

    day: date
    start: int
    end: int


class WeekLayout:
    """The geometry of the days of a week side by side, midnight to midnight by the wall clock."""

    def __init__(
        self,
        days: Sequence[date],
        windows: Sequence[AvailabilityWindow],
        absences: Sequence[Absence],
        zone: PracticeTime,
        pale: Pale,
        *,
        width: int,
        hour: int,
        column: int,
        gap: int,
    ) -> None:
        """`width` is what there is, `hour` the height of an hour, `column` the least width of a day, in pixels."""
        self.days = tuple(days)
        self.hour = hour
        self.column_width = max(column, width // max(1, len(self.days)))
        self.width = self.column_width * len(self.days)
        self.height = self.y_of(DAY_MINUTES)
        self._gap = gap
        self._pale = pale
        self.pieces = (*self._windows(windows), *self._absences(absences, zone))

    def y_of(self, minute: float) -> int:
        return round(minute * self.hour / 60)

    def minute_at(self, y: int) -> int:
        """Return the minute at a y, whatever it is beyond the day."""
        return y * 60 // self.hour

    def quarter_at(self, y: int) -> int:
        """Return the nearest quarter of an hour to a y, within the day."""
        return min(max(0, round(y * 60 / self.hour / QUARTER) * QUARTER), DAY_MINUTES)

    def column_at(self, x: int) -> int:
        """Return the day under an x, the nearest one beyond them."""
        return min(max(0, x // self.column_width), len(self.days) - 1)

    def column_rect(self, column: int, top: int, bottom: int) -> QRect:
        return QRect(column * self.column_width, top, self.column_width, bottom - top)

    def rect_of(self, column: int, start: int, end: int) -> QRect:
        """Return the rectangle of a stretch of a day, inset as what is shown in it."""
        rect = self.column_rect(column, self.y_of(start), self.y_of(min(end, DAY_MINUTES)))
        return rect.adjusted(self._gap, self._gap // 2, -self._gap, -(self._gap // 2))

    def drawn(self, column: int, one: int, other: int) -> Drawn:
        """Return the stretch between two y's of a day in whole quarters, a quarter at least."""
        start, end = sorted((self.quarter_at(one), self.quarter_at(other)))
        start = min(start, DAY_MINUTES - QUARTER)
        return Drawn(self.days[column], start, max(end, start + QUARTER))

    def at(self, point: QPoint) -> WeekPiece | None:
        """Return the topmost piece under a point: absences lie above windows."""
        return next((piece for piece in reversed(self.pieces) if piece.rect.contains(point)), None)

    def stops(self) -> list[WeekPiece]:
        """Return what the keyboard walks over, by day and time; what reaches over from the day before is no stop of its own."""
        walked = [piece for piece in self.pieces if piece.is_whole or isinstance(piece.item, Absence)]
        return sorted(walked, key=lambda piece: (piece.column, piece.start, piece.rect.left()))

    def first_minute(self) -> int:
        """Return when the first window of the week begins, 8 o'clock where there is none."""
        starts = [piece.start for piece in self.pieces if isinstance(piece.item, AvailabilityWindow) and not piece.pale]
        return min(starts, default=8 * 60)

    def _windows(self, windows: Sequence[AvailabilityWindow]) -> Iterator[WeekPiece]:
        for column, day in enumerate(self.days):
            yield from self._beside(list(self._of_day(windows, column, day)))

    def _of_day(self, windows: Sequence[AvailabilityWindow], column: int, day: date) -> Iterator[WeekPiece]:
        """The windows of a day; one that is for another single day is not of this one."""
        for window in windows:
            is_another_day = window.is_extra and window.valid_from != day
            if window.weekday == day.weekday() and not is_another_day:
                yield self._piece(window, column, window.start_minute, window.end_minute, day)
            evening = date.fromordinal(day.toordinal() - 1)
            is_over = window.end_minute > DAY_MINUTES and window.weekday == evening.weekday()
            if is_over and (not window.is_extra or window.valid_from == evening):
                yield self._piece(window, column, 0, window.end_minute - DAY_MINUTES, evening)

    def _piece(self, window: AvailabilityWindow, column: int, start: int, end: int, day: date) -> WeekPiece:
        return WeekPiece(
            window, column, start, min(end, DAY_MINUTES), self.rect_of(column, start, end), self._pale(window, day)
        )

    def _beside(self, pieces: list[WeekPiece]) -> Iterator[WeekPiece]:
        """Pieces of one day: those at the same time stand beside each other, what is not booked in a strip at the right."""
        for together in _overlapping(pieces):
            firm = [piece for piece in together if not piece.pale]
            pale = [piece for piece in together if piece.pale]
            whole = together[0].rect.width()
            strip = whole // _STRIP if firm and pale else 0 if firm else whole
            yield from self._shared(firm, 0, whole - strip)
            yield from self._shared(pale, whole - strip, strip)

    def _shared(self, pieces: list[WeekPiece], left: int, width: int) -> Iterator[WeekPiece]:
        """These pieces between `left` and `width`, each with a share of it."""
        ends: list[int] = []  # of the last piece in each share
        shares: list[int] = []
        for piece in pieces:
            share = next((number for number, end in enumerate(ends) if end <= piece.start), len(ends))
            ends[share : share + 1] = [piece.end]
            shares.append(share)
        each = width // max(1, len(ends))
        for piece, share in zip(pieces, shares, strict=True):
            rect = piece.rect
            beside = QRect(
                rect.left() + left + share * each, rect.top(), each - (0 if each == rect.width() else 2), rect.height()
            )
            yield WeekPiece(piece.item, piece.column, piece.start, piece.end, beside, piece.pale)

    def _absences(self, absences: Sequence[Absence], zone: PracticeTime) -> Iterator[WeekPiece]:
        for column, day in enumerate(self.days):
            bounds = zone.bounds(day)
            for absence in absences:
                if absence.starts_at < bounds.ends_at and bounds.starts_at < absence.ends_at:
                    start = 0 if absence.starts_at <= bounds.starts_at else zone.minute_of(absence.starts_at)
                    is_over = absence.ends_at >= bounds.ends_at
                    end = DAY_MINUTES if is_over else max(zone.minute_of(absence.ends_at), start + _LEAST)
                    rect = self.rect_of(column, start, end).adjusted(_INDENT, 0, 0, 0)
                    yield WeekPiece(absence, column, start, end, rect)


def _overlapping(pieces: Sequence[WeekPiece]) -> Iterator[list[WeekPiece]]:
    """Yield the pieces in groups: those that touch each other's time stand together, all others alone."""
    together: list[WeekPiece] = []
    for piece in sorted(pieces, key=lambda each: (each.start, each.end, each.item.id)):
        if together and piece.start >= max(other.end for other in together):
            yield together
            together = []
        together.append(piece)
    if together:
        yield together
