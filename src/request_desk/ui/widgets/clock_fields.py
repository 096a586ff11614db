"""Fields for a day, a time of a day, and both; a click chooses the part that it hits, so that what is typed takes its place."""

from datetime import date
from typing import Final

from PySide6.QtCore import QDate, QEvent, QObject, Qt, QTime
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QDateEdit, QDateTimeEdit, QTimeEdit, QWidget

from request_desk.ui.widgets.layout import tidy
from request_desk.ui.widgets.theme import app_theme

_DAY: Final = 176  # pixels at 100 %: "Wed, Sep 30, 2026"
_TIME: Final = 112


class _Typing(QObject):
    """What Qt leaves to be wished for: it puts the cursor into a part, where a digit too many is dropped, and waits for "am" whole."""

    def __init__(self, edit: QDateTimeEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        edit.installEventFilter(self)
        edit.lineEdit().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        edit = self._edit
        if event.type() is QEvent.Type.MouseButtonRelease and watched is edit.lineEdit():
            _choose(edit, edit.currentSection())
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.text().isalpha()
            and edit.currentSection() is QDateTimeEdit.Section.AmPmSection
        ):
            time, noon = edit.time(), {"a": 0, "p": 12}.get(event.text().lower())
            if noon is not None:  # the "m" that follows has nothing to say
                edit.setTime(QTime(time.hour() % 12 + noon, time.minute()))
            _choose(edit, QDateTimeEdit.Section.AmPmSection)
            return True
        return super().eventFilter(watched, event)


def _choose(edit: QDateTimeEdit, part: QDateTimeEdit.Section) -> None:
    """Select a part; the day is its number, which stands behind the weekday: a weekday cannot be typed in digits."""
    places = [place for place in range(edit.sectionCount()) if edit.sectionAt(place) is part]
    edit.setCurrentSectionIndex(places[-1])
    edit.setSelectedSection(part)


def type_by_part(edit: QDateTimeEdit) -> None:
    """Let what is typed after a click into the field take the place of the part that was clicked, "a" and "p" that of AM and PM."""
    _Typing(edit)


class DayField(QDateEdit):
    """A day, typed part by part or chosen in a calendar; the keyboard begins with the day, not with its weekday."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCalendarPopup(True)
        self.setDisplayFormat("ddd, MMM d, yyyy")
        self.setDateRange(QDate(1900, 1, 1), QDate(2199, 12, 31))
        self.setAccessibleName(name)
        tidy(self)
        type_by_part(self)
        self.setMinimumWidth(app_theme().px(_DAY))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.MouseFocusReason:
            _choose(self, QDateEdit.Section.DaySection)

    def day(self) -> date:
        """Return the day that it shows."""
        day = self.date()
        return date(day.year(), day.month(), day.day())

    def show_day(self, day: date) -> None:
        """Show a day."""
        self.setDate(QDate(day.year, day.month, day.day))


class TimeField(QTimeEdit):
    """A time of a day, to the minute."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        tidy(self)
        type_by_part(self)
        self.setMinimumWidth(app_theme().px(_TIME))

    def minute(self) -> int:
        """Return the minute of the day that it shows."""
        time = self.time()
        return time.hour() * 60 + time.minute()

    def show_minute(self, minute: int) -> None:
        """Show a minute of the day; 1440 is midnight."""
        self.setTime(QTime(minute // 60 % 24, minute % 60))
