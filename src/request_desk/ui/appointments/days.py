"""The days that a list of appointments is narrowed to: what the filter offers, from when to when that is, and two days by choice."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from PySide6.QtCore import QDate, Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.words import Words, _
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.clock_fields import DayField
from request_desk.ui.widgets.layout import field, row
from request_desk.ui.widgets.sheet import Sheet

COMING, TODAY, WEEK, PAST = "coming", "today", "week", "past"
CHOICES: Final = (
    (COMING, _("from now on")),
    (TODAY, _("today")),
    (WEEK, _("the next 7 days")),
    (PAST, _("until now")),
)


def days_value(first: date, last: date) -> str:
    """Return two days as the filter keeps them."""
    return f"{first.isoformat()}/{last.isoformat()}"


def choices_with(value: object, words: Words) -> tuple[tuple[object, str], ...]:
    """Return what the filter offers, with two days that somebody chose as its last line."""
    chosen = two_days(value)
    if chosen is None:
        return CHOICES
    first, last = (words.short_day(day) for day in chosen)
    text = first if first == last else _("{first} – {last}").format(first=first, last=last)
    return (*CHOICES, (value, text))


def span_of(value: object, words: Words, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return from when to when appointments begin that a value of the filter leaves in; None is without an end."""
    zone = words.zone
    today = zone.day_of(now)
    if value == COMING:
        return now, None
    if value == PAST:
        return None, now
    days = {TODAY: (today, today), WEEK: (today, today + timedelta(days=6))}.get(str(value)) or two_days(value)
    if days is None:
        return None, None
    return zone.bounds(days[0]).starts_at, zone.bounds(days[1]).ends_at


def kept_days(kept: object) -> object:
    """Return what is remembered of the filter "days" among the filters of a list."""
    return kept.get("days") if isinstance(kept, Mapping) else None


def two_days(value: object) -> tuple[date, date] | None:
    """Return the days that somebody chose, None where the value is none of that kind."""
    first, slash, last = str(value).partition("/")
    try:
        return (date.fromisoformat(first), date.fromisoformat(last)) if slash else None
    except ValueError:
        return None


class DaysSheet(Sheet):
    """Asks for a first and a last day."""

    chosen = Signal(str)  # as `days_value` has it

    def __init__(self, first: date, last: date, parent: QWidget | None = None) -> None:
        super().__init__(_("Choose days"), primary(_("Show")), parent, by_enter=True)
        self.first, self.last = DayField(_("From"), self), DayField(_("Until"), self)
        self.first.show_day(first)
        self.last.show_day(last)
        self.body.addLayout(row(field(_("From"), self.first), field(_("Until"), self.last), None))
        self.finish()
        self.first.dateChanged.connect(self._first_changed)
        self.last.dateChanged.connect(self._last_changed)
        self.button.clicked.connect(self._decide)
        self.first.setFocus()

    @Slot(QDate)
    def _first_changed(self, day: QDate) -> None:
        self.last.setDate(max(self.last.date(), day))

    @Slot(QDate)
    def _last_changed(self, day: QDate) -> None:
        self.first.setDate(min(self.first.date(), day))

    @Slot()
    def _decide(self) -> None:
        self.chosen.emit(days_value(self.first.day(), self.last.day()))
        self.accept()
