"""A moment by the practice's wall clock, to be typed or chosen in a calendar."""

from datetime import date, datetime

from PySide6.QtCore import QDate, QDateTime, QTime, QTimeZone
from PySide6.QtWidgets import QDateTimeEdit, QWidget

from request_desk.domain.practice_time import PracticeTime
from request_desk.ui.widgets.clock_fields import type_by_part
from request_desk.ui.widgets.layout import tidy
from request_desk.ui.widgets.theme import app_theme

_WIDTH = 200  # pixels at 100 %


class WallTimeEdit(QDateTimeEdit):
    """Whatever this computer's own zone, it shows and takes a wall time of the practice."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCalendarPopup(True)
        self.setTimeZone(QTimeZone.utc())
        self.setDisplayFormat("MMM d, yyyy  h:mm AP")
        self.setDateRange(QDate(1900, 1, 1), QDate(2199, 12, 31))
        self.setAccessibleName(name)
        self.setMinimumWidth(app_theme().px(_WIDTH))
        tidy(self)
        type_by_part(self)

    def instant(self, zone: PracticeTime) -> datetime:
        """Return the moment that it shows."""
        day, time = self.date(), self.time()
        return zone.instant(date(day.year(), day.month(), day.day()), time.hour() * 60 + time.minute())

    def show_instant(self, instant: datetime, zone: PracticeTime) -> None:
        """Show a moment; tells nobody, since nobody has typed it."""
        wall = zone.wall(instant)
        self.blockSignals(True)
        self.setDateTime(
            QDateTime(QDate(wall.year, wall.month, wall.day), QTime(wall.hour, wall.minute), QTimeZone.utc())
        )
        self.blockSignals(False)
