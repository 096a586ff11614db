"""The forms for what is not weekly: time off, extra hours on one day; and the mobile phone number of a provider."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import QDate, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.ids import LocationId
from request_desk.domain.practice_time import DAY_MINUTES
from request_desk.domain.spans import Span
from request_desk.domain.words import _
from request_desk.services.practice import availability
from request_desk.services.practice.availability import ProviderWeek
from request_desk.services.practice.directory import Directory
from request_desk.services.practice.window_details import WindowDetails
from request_desk.ui.availability.fields import DayChips
from request_desk.ui.availability.week_form import PlacedForm, WeekForm
from request_desk.ui.availability.week_layout import Drawn
from request_desk.ui.availability.window_form import details_of, drawn_details
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.clock_fields import DayField, TimeField
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.theme import SPACE, app_theme

_DAY: Final = (8 * 60, 17 * 60)  # what a part of a day begins with


class AbsenceForm(WeekForm):
    """Time off: whole days, or from a time until a time; also for the doctor who calls in sick at 7 in the morning."""

    window_height = 470

    def __init__(
        self,
        context: DeskContext,
        directory: Directory,
        week: ProviderWeek,
        absence: Absence | None = None,
    ) -> None:
        hint = _(
            "No time is offered then. Visits that are booked stay until somebody moves them; they are listed afterwards."
        )
        item_id = absence.id if absence is not None else None
        super().__init__(context, directory, week, _("Time off of {provider}"), hint, item_id=item_id)
        self.quick = DayChips(context.words(), self.context.today(), with_week=True)
        self.first, self.last = DayField(_("First day")), DayField(_("Last day"))
        self.all_day = QCheckBox(_("All day"))
        self.start, self.end = TimeField(_("From")), TimeField(_("Until"))
        self.label = QLineEdit()
        self.fields.addWidget(self.quick)
        self.quick.setVisible(absence is None)
        _side_by_side(self, (_("First day"), self.first), (_("Last day"), self.last))
        self.fields.addWidget(self.all_day)
        self._times = _side_by_side(self, (_("From"), self.start), (_("Until"), self.end))
        self.tell_beside("Until", self.last, self.fields)
        hint = _("Only staff read it, such as “Sick” or “Training”. It may stay empty.")
        self.add_field(_("Reason"), self.label, name="Label", hint=hint)
        self.follow(self.first, self.last, self.all_day, self.start, self.end, self.label)
        self.quick.picked.connect(self._pick)
        self.first.dateChanged.connect(self._first_changed)
        self.all_day.toggled.connect(self._show_times)

    def seen(self) -> Absence | None:
        return next((each for each in self.week.absences if each.id == self.item_id), None)

    def first_field(self) -> QWidget:
        return self.first if self.item_id is not None else self.quick.buttons[0]

    def why_not(self) -> str:
        return self.week.may.absences

    def _kept(self) -> tuple[date, date, int | None, int | None, str]:
        """First and last day, and from when until when where it is not whole days."""
        absence, zone = self.seen(), self.context.words().zone
        if absence is None:
            return self.context.today(), self.context.today(), None, None, ""
        first, last = zone.day_of(absence.starts_at), zone.day_of(absence.ends_at - timedelta(microseconds=1))
        if zone.bounds(first).starts_at == absence.starts_at and zone.bounds(last).ends_at == absence.ends_at:
            return first, last, None, None, absence.label
        end = zone.minute_of(absence.ends_at)
        return first, zone.day_of(absence.ends_at), zone.minute_of(absence.starts_at), end, absence.label

    def fill(self) -> None:
        first, last, start, end, label = self._kept()
        self.first.show_day(first)
        self.last.show_day(last)
        self.all_day.setChecked(start is None or end is None)
        self.start.show_minute(_DAY[0] if start is None else start)
        self.end.show_minute(_DAY[1] if end is None else end)
        self.label.setText(label)
        self._show_times()
        self.lock(self.first, self.last, self.all_day, self.start, self.end, self.label)
        self.quick.setEnabled(self.may_change())

    @Slot()
    def _show_times(self) -> None:
        self._times.setVisible(not self.all_day.isChecked())

    @Slot(object)
    def _pick(self, days: tuple[date, date]) -> None:
        self.first.show_day(days[0])
        self.last.show_day(days[1])

    @Slot(QDate)
    def _first_changed(self, day: QDate) -> None:
        """The last day goes along: nobody is away backwards."""
        if self.last.date() < day:
            self.last.setDate(day)

    def typed(self) -> tuple[date, date, int | None, int | None, str]:
        """Return what the fields say, as it is stored."""
        whole = self.all_day.isChecked()
        start, end = (None, None) if whole else (self.start.minute(), self.end.minute())
        return self.first.day(), self.last.day(), start, end, self.label.text().strip()

    def span(self) -> Span:
        """Return the time off that is typed."""
        first, last, start, end, _label = self.typed()
        zone = self.context.words().zone
        return Span(
            zone.bounds(first).starts_at if start is None else zone.instant(first, start),
            zone.bounds(last).ends_at if end is None else zone.instant(last, end),
        )

    def is_changed(self) -> bool:
        return self.typed() != self._kept()

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        if self.item_id is None:  # today, all day, is what is asked for most
            self.save_button.setEnabled(not self._busy)

    def save(self) -> None:
        absence, span, label = self.seen(), self.span(), self.label.text().strip()
        runner = self.context.runner
        if absence is not None:
            act = availability.change_absence
            self.send(runner.act(self, act, absence.id, span, label, expect_version=absence.version))
        else:
            self.send(runner.act(self, availability.add_absence, self.week.provider.id, span, label))


class ExtraHoursForm(PlacedForm):
    """Hours on one day beside those of every week."""

    window_height = 400

    def __init__(
        self,
        context: DeskContext,
        directory: Directory,
        week: ProviderWeek,
        window: AvailabilityWindow | None = None,
        *,
        drawn: Drawn | None = None,
    ) -> None:
        hint = _("Time on one day beside the weekly windows. It can be booked at once, also by parents.")
        super().__init__(context, directory, week, _("Extra hours of {provider}"), hint, window)
        self._begun = drawn
        self.quick = DayChips(context.words(), self.context.today(), with_week=False)
        self.day, self.start, self.end = DayField(_("Day")), TimeField(_("From")), TimeField(_("Until"))
        self.fields.addWidget(self.quick)
        self.quick.setVisible(window is None)
        _side_by_side(self, (_("Day"), self.day), (_("From"), self.start), (_("Until"), self.end))
        for name, control in (("Valid from", self.day), ("From", self.start), ("To", self.end)):
            self.tell_beside(name, control, self.fields)
        self.fields.addWidget(self.foreseen)
        self.add_field(_("Place"), self.place, name="Location")
        self.follow(self.day, self.start, self.end, self.place)
        self.quick.picked.connect(self._pick)

    def first_field(self) -> QWidget:
        return self.day if self.item_id is not None else self.quick.buttons[0]

    def why_not(self) -> str:
        return self.week.may.absences

    def _kept(self) -> WindowDetails:
        if (window := self.seen()) is not None:
            return details_of(window)
        return drawn_details(self._begun or Drawn(self.context.today(), *_DAY), self.first_place(), is_extra=True)

    def fill(self) -> None:
        stored = self._kept()
        self.day.show_day(stored.valid_from or self.context.today())
        self.start.show_minute(stored.start_minute)
        self.end.show_minute(stored.end_minute)
        self.show_place(stored.location_id)
        self.lock(self.day, self.start, self.end, self.place)
        self.quick.setEnabled(self.may_change())

    @Slot(object)
    def _pick(self, days: tuple[date, date]) -> None:
        self.day.show_day(days[0])

    def typed(self) -> WindowDetails:
        """Return the hours as the fields say them; whatever else the window has stays."""
        stored, day, place = self._kept(), self.day.day(), self.place.currentData()
        start, end = self.start.minute(), self.end.minute()
        if end == 0 or (end <= start and stored.end_minute > DAY_MINUTES):
            end += DAY_MINUTES  # midnight is the end of the day
        return replace(
            stored,
            location_id=LocationId(place) if place is not None else stored.location_id,
            weekday=day.weekday(),
            start_minute=start,
            end_minute=end,
            valid_from=day,
            valid_until=day,
        )

    def is_changed(self) -> bool:
        return self.typed() != self._kept()

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        if self.item_id is None:
            self.save_button.setEnabled(not self._busy)
        self.foresee(self.typed())

    def save(self) -> None:
        window, typed, runner = self.seen(), self.typed(), self.context.runner
        if window is not None:
            act = availability.change_window
            self.send(runner.act(self, act, window.id, typed, expect_version=window.version))
        else:
            self.send(runner.act(self, availability.add_window, self.week.provider.id, typed))


class PhoneForm(WeekForm):
    """The mobile phone number of a provider (RM3), and the address for reminders."""

    window_height = 390

    def __init__(self, context: DeskContext, directory: Directory, week: ProviderWeek) -> None:
        hint = _("The front desk calls {provider} there when something cannot wait.")
        provider = named(week.provider.short_name)
        super().__init__(context, directory, week, _("Mobile phone of {provider}"), hint.format(provider=provider))
        self.number = QLineEdit()
        hint = _("It is shown to staff only, never to parents. Leave it empty to take it out.")
        self.add_field(_("Mobile phone number"), self.number, name="Mobile phone number", hint=hint)
        self.email = QLineEdit()
        self.add_field(_("E-mail"), self.email, name="E-mail", hint=_("For reminders of visits; parents never see it."))
        self.follow(self.number, self.email)

    def version(self) -> int:
        return self.week.version

    def first_field(self) -> QWidget:
        return self.number

    def why_not(self) -> str:
        return self.week.may.mobile

    def _kept(self) -> str:
        return self.context.words().phone(self.week.mobile_phone)

    def fill(self) -> None:
        self.number.setText(self._kept())
        self.email.setText(self.week.email)
        self.lock(self.number, self.email)

    def is_changed(self) -> bool:
        return (self.number.text().strip(), self.email.text().strip()) != (self._kept(), self.week.email)

    def save(self) -> None:
        act, version = availability.save_mobile_phone, self.week.version
        number, email = self.number.text().strip(), self.email.text().strip()
        saving = self.context.runner.act(self, act, self.week.provider.id, number, email=email, expect_version=version)
        self.send(saving)


def _side_by_side(form: WeekForm, *fields: tuple[str, QWidget]) -> QWidget:
    """Lay out fields beside each other, and return what holds them."""
    holder = QWidget()
    columns = QHBoxLayout(holder)
    columns.setContentsMargins(0, 0, 0, 0)
    columns.setSpacing(app_theme().px(3 * SPACE))
    for label, control in fields:
        columns.addWidget(field(label, control))
    columns.addStretch(1)
    form.fields.addWidget(holder)
    return holder
