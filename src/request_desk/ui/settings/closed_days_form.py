"""The days on which the whole practice is closed: holidays of a region to be ticked, and the practice's own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from PySide6.QtCore import QDate, Qt, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox

from request_desk.domain.directory import PracticeSettings
from request_desk.domain.holiday_calendar import HolidayCalendar, holiday_calendar
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.practice_forms import SettingsForm
from request_desk.ui.settings.tick_list import Tick, TickList
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.clock_fields import DayField
from request_desk.ui.widgets.layout import Card, Line, field, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, Tone, app_theme

_LIST = 300  # pixels at 100 % of the days
_YEAR = 110
_AHEAD = 5  # years that can be planned


class ClosedDaysForm(SettingsForm):
    """Nothing is offered on these days. A day that loses its tick stays in the list until the form is left, to be ticked again."""

    names = ("closed_days", "holiday_region")

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Closed days"),
            _(
                "On a ticked day no time is offered, neither to staff nor to parents. What is booked on it already stays booked."
            ),
        )
        self._closed: dict[date, str] = {}
        self._names: dict[date, str] = {}  # of every day that was seen here, ticked or not
        self._region = ""
        self._holidays: Mapping[date, str] = {}
        self.country, self.region, self.year = QComboBox(), QComboBox(), QSpinBox()
        self.days = TickList(name=_("Closed days"))
        self.none = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.all_button = secondary(_("Tick all holidays"), icon="check")
        self.own_day, self.own_name = DayField(), QLineEdit()
        self.add_button = secondary(_("Add day"), icon="plus")
        self._lay_out()
        self.follow(self.country, self.region, self.year, self.own_name)
        self.days.ticked.connect(self._ticked)
        self.country.activated.connect(self._country_chosen)
        self.region.activated.connect(self._region_chosen)
        self.year.valueChanged.connect(self._look_up)
        self.all_button.clicked.connect(self._tick_all)
        self.add_button.clicked.connect(self._add)
        self.own_name.returnPressed.connect(self._add)

    def _lay_out(self) -> None:
        theme = app_theme()
        today = self.context.today()
        self.year.setRange(today.year, today.year + _AHEAD)
        self.year.setMinimumWidth(theme.px(_YEAR))
        where = QHBoxLayout()
        where.setSpacing(theme.px(2 * SPACE))
        where.addWidget(field(_("Holidays of"), self.country), 1)
        where.addWidget(field(_("Region"), self.region), 1)
        where.addWidget(field(_("Year"), self.year))
        self.fields.addLayout(where)
        self.days.setMinimumHeight(theme.px(_LIST))
        frame = Card(padding=4)
        frame.body.addWidget(self.days)
        self.fields.addWidget(field(_("Closed on"), frame))
        self.fields.addWidget(self.none)
        self.tell_beside("Closed days", self.days, self.fields)
        self.fields.addLayout(row(self.all_button, None))
        self.fields.addWidget(Line())
        self.own_day.setDateRange(QDate(today.year, 1, 1), QDate(today.year + _AHEAD, 12, 31))
        self.own_day.show_day(today)
        own = QHBoxLayout()
        own.setSpacing(theme.px(2 * SPACE))
        own.addWidget(field(_("Your own day"), self.own_day))
        own.addWidget(field(_("Called"), self.own_name), 1)
        own.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.own_name.setPlaceholderText(_("Such as staff day"))
        self.fields.addLayout(own)

    def show_settings(self, found: PracticeSettings) -> None:
        self._closed = dict(found.closed_days)
        self._names = dict(found.closed_days)
        self._region = found.holiday_region or found.locale.partition("_")[2]
        self.own_name.clear()
        self.lock(self.country, self.region, self.own_day, self.own_name)
        self.days.set_locked(locked=not self.may_change())
        self._show_days()
        self._look_up()

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        days = self._closed
        if self.own_name.text().strip():  # typed, and not added yet: saving means it too
            days = {**days, self.own_day.day(): self.own_name.text().strip()}
        untouched = not stored.holiday_region and self._region == stored.locale.partition("_")[2]
        region = stored.holiday_region if untouched else self._region
        return replace(stored, closed_days=dict(sorted(days.items())), holiday_region=region)

    def show_ability(self) -> None:
        super().show_ability()
        allowed = self.may_change()
        self.all_button.setVisible(allowed)
        self.add_button.setVisible(allowed)
        self.all_button.setEnabled(any(day not in self._closed for day in self._holidays))
        self.add_button.setEnabled(bool(self.own_name.text().strip()))

    # The list

    def _show_days(self) -> None:
        year = self.year.value()
        shown = {day: name for day, name in self._names.items() if day.year == year}
        for day, name in self._holidays.items():
            shown.setdefault(day, name)
        words = self.context.words()
        lines = [Tick(day.toordinal(), words.day(day), one_line(shown[day])) for day in sorted(shown)]
        self.days.set_lines(lines, [day.toordinal() for day in self._closed if day.year == year])
        self.none.setText(_("No holidays are known for this place and year. Add your own days below."))
        self.none.setVisible(not lines)
        self.show_ability()

    @Slot()
    def _ticked(self) -> None:
        year, ticked = self.year.value(), {date.fromordinal(key) for key in self.days.chosen()}
        for day in [each for each in self._closed if each.year == year and each not in ticked]:
            del self._closed[day]
        for day in ticked - self._closed.keys():
            self._closed[day] = self._names.setdefault(day, self._holidays.get(day, ""))
        self.show_ability()

    @Slot()
    def _tick_all(self) -> None:
        for day, name in self._holidays.items():
            self._closed.setdefault(day, self._names.setdefault(day, name))
        self._show_days()

    @Slot()
    def _add(self) -> None:
        name, day = self.own_name.text().strip(), self.own_day.day()
        if not name:
            return
        self._closed[day] = self._names[day] = name
        self.own_name.clear()
        self.year.setValue(day.year)
        self._show_days()

    # The holidays

    @Slot()
    def _country_chosen(self) -> None:
        self._region = str(self.country.currentData())
        self._look_up()

    @Slot()
    def _region_chosen(self) -> None:
        country, region = self._region.partition("-")[0], str(self.region.currentData() or "")
        self._region = f"{country}-{region}" if region else country
        self._look_up()

    @Slot()
    def _look_up(self) -> None:
        asked = (self._region, self.year.value())
        found = self.context.runner.run_in_pool(self, holiday_calendar, *asked)
        found.done(partial(self._looked_up, asked))

    def _looked_up(self, asked: tuple[str, int], found: HolidayCalendar) -> None:
        if asked != (self._region, self.year.value()):
            return  # another place or year was chosen meanwhile
        country, _dash, region = self._region.partition("-")
        _offer(self.country, found.countries, country)
        _offer(self.region, (("", _("Everywhere")), *found.regions), region)
        self._holidays = found.days
        self._show_days()


def _offer(choice: QComboBox, lines: tuple[tuple[str, str], ...], chosen: str) -> None:
    """Fill a choice; that is no choosing."""
    choice.blockSignals(True)
    choice.clear()
    for code, name in lines:
        choice.addItem(one_line(name), code)
    choice.setCurrentIndex(choice.findData(chosen))
    choice.blockSignals(False)
