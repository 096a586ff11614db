"""Controls that the forms of the page share: days of the week, times of a day, days that may be left open, lead times."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QSpinBox, QWidget

from request_desk.domain.words import Words, _
from request_desk.ui.availability.availability_words import WEEKDAYS
from request_desk.ui.widgets.buttons import ToggleChip, secondary
from request_desk.ui.widgets.clock_fields import DayField
from request_desk.ui.widgets.layout import FlowBox, tidy
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, Tone, app_theme

_UNITS: Final = ((timedelta(minutes=1), _("minutes")), (timedelta(hours=1), _("hours")))


class WeekdayChips(FlowBox):
    """The days of the week as chips: several of them, or with `one` always just one."""

    changed = Signal()

    def __init__(self, words: Words, today: date, *, one: bool) -> None:
        super().__init__()
        self._one = one
        self.setAccessibleName(_("Days of the week"))
        self.chips: dict[int, ToggleChip] = {}
        for day in words.week_of(today):
            chip = ToggleChip(words.weekday(day), self)
            chip.setAccessibleName(WEEKDAYS[day.weekday()])
            chip.toggled.connect(self._toggled)
            self.chips[day.weekday()] = chip
            self.flow.addWidget(chip)

    def choose(self, weekdays: Iterable[int]) -> None:
        """Choose these days without telling anybody."""
        wanted = set(weekdays)
        for weekday, chip in self.chips.items():
            chip.blockSignals(True)
            chip.setChecked(weekday in wanted)
            chip.blockSignals(False)
            chip.update()

    def chosen(self) -> tuple[int, ...]:
        """Return the chosen days, Monday is 0."""
        return tuple(sorted(weekday for weekday, chip in self.chips.items() if chip.isChecked()))

    @Slot(bool)
    def _toggled(self, is_on: bool) -> None:
        if self._one:
            pressed = self.sender()
            self.choose(weekday for weekday, chip in self.chips.items() if chip is pressed)
        self.changed.emit()


class DayChips(FlowBox):
    """Days that are picked often: today, tomorrow, the rest of the week; `picked` tells the first and the last one."""

    picked = Signal(object)  # (date, date)

    def __init__(self, words: Words, today: date, *, with_week: bool) -> None:
        super().__init__()
        self.setAccessibleName(_("Quick choice of the day"))
        tomorrow, last = today + timedelta(days=1), words.week_of(today)[-1]
        self.choices: list[tuple[str, tuple[date, date]]] = [
            (_("Today"), (today, today)),
            (_("Tomorrow"), (tomorrow, tomorrow)),
        ]
        for ahead in range(2, 7):
            day = today + timedelta(days=ahead)
            if day.weekday() < 5 or day <= last:
                self.choices.append((words.weekday(day), (day, day)))
        if with_week:
            self.choices.append((_("This week"), (today, max(today, last))))
        self.buttons = [secondary(text, parent=self) for text, _days in self.choices]
        for button in self.buttons:
            button.clicked.connect(self._pressed)
            self.flow.addWidget(button)

    @Slot()
    def _pressed(self) -> None:
        pressed = self.sender()
        for button, (_text, days) in zip(self.buttons, self.choices, strict=True):
            if button is pressed:
                self.picked.emit(days)


class OpenDay(QWidget):
    """A day that may be left open: a tick, and the day beside it."""

    changed = Signal()

    def __init__(self, label: str, otherwise: date) -> None:
        super().__init__()
        self.tick, self.day = QCheckBox(label), DayField(label)
        self._otherwise = otherwise
        body = QHBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(2 * SPACE))
        body.addWidget(self.tick)
        body.addWidget(self.day)
        body.addStretch(1)
        self.tick.toggled.connect(self._toggled)
        self.day.dateChanged.connect(self._told)

    def show_day(self, day: date | None) -> None:
        self.tick.setChecked(day is not None)
        self.day.show_day(day or self._otherwise)
        self.day.setVisible(day is not None)

    def value(self) -> date | None:
        return self.day.day() if self.tick.isChecked() else None

    @Slot(bool)
    def _toggled(self, is_on: bool) -> None:
        self.day.setVisible(is_on)
        self.changed.emit()

    @Slot()
    def _told(self) -> None:
        self.changed.emit()


class LeadField(QWidget):
    """A length of time that may be left open: a tick, a number and its unit, and what comes after it."""

    changed = Signal()

    def __init__(self, label: str, otherwise: timedelta, after: str) -> None:
        super().__init__()
        self._otherwise = otherwise
        self.tick, self.number, self.unit = QCheckBox(label), QSpinBox(), QComboBox()
        self.number.setRange(1, 10_000)
        self.number.setAccessibleName(label)
        self.unit.setAccessibleName(_("Unit of {label}").format(label=label))
        tidy(self.number)
        for _length, text in _UNITS:
            self.unit.addItem(text)
        self._after = (self.number, self.unit, PlainLabel(after, tone=Tone.MUTED))
        body = QHBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(2 * SPACE))
        for part in (self.tick, *self._after):
            body.addWidget(part)
        body.addStretch(1)
        self.tick.toggled.connect(self._toggled)
        self.number.valueChanged.connect(self._told)
        self.unit.currentIndexChanged.connect(self._told)

    def show_length(self, length: timedelta | None) -> None:
        shown = length or self._otherwise
        place = max(number for number, (unit, _text) in enumerate(_UNITS) if not shown % unit)
        self.tick.setChecked(length is not None)
        self.number.setValue(shown // _UNITS[place][0])
        self.unit.setCurrentIndex(place)
        self._toggled(length is not None)

    def value(self) -> timedelta | None:
        return self.number.value() * _UNITS[self.unit.currentIndex()][0] if self.tick.isChecked() else None

    @Slot(bool)
    def _toggled(self, is_on: bool) -> None:
        for part in self._after:
            part.setVisible(is_on)
        self.changed.emit()

    @Slot()
    def _told(self) -> None:
        self.changed.emit()
