"""The form of a weekly window: when, where, what it is for, and from when until when it counts (AV1, AV6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from request_desk.domain.availability import MOST_LANES, AvailabilityWindow
from request_desk.domain.directory import Provider
from request_desk.domain.ids import LocationId, TypeId, WindowId
from request_desk.domain.practice_time import DAY_MINUTES
from request_desk.domain.words import _
from request_desk.services.practice import availability
from request_desk.services.practice.availability import ProviderWeek
from request_desk.services.practice.directory import Directory
from request_desk.services.practice.window_details import WindowDetails
from request_desk.ui.availability.availability_words import minutes_words, often_words, purposes
from request_desk.ui.availability.fields import LeadField, OpenDay, WeekdayChips
from request_desk.ui.availability.week_form import PlacedForm
from request_desk.ui.availability.week_layout import Drawn
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.tick_list import Tick, TickList
from request_desk.ui.widgets.clock_fields import TimeField
from request_desk.ui.widgets.layout import Line, field
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, app_theme

_TYPE: Final = 38  # pixels at 100 % of a line in the list of types
_MOST_TYPES: Final = 5  # lines that are seen at once
_MORNING: Final = (8 * 60, 12 * 60)  # what a window begins with that was not drawn
_SAME_DAY: Final = timedelta(hours=24)  # what is proposed for a block that opens late
_MOST_BUFFER, _MOST_CAP = 240, 99  # as the service allows


class WindowForm(PlacedForm):
    """One weekly window, or a new one on several days. What it will be is said in a sentence above the buttons."""

    def __init__(
        self,
        context: DeskContext,
        directory: Directory,
        week: ProviderWeek,
        window: AvailabilityWindow | None = None,
        *,
        drawn: Drawn | None = None,
    ) -> None:
        is_new = window is None
        title = _("New window of {provider}") if is_new else _("Window of {provider}")
        hint = _("What is saved counts at once, on the schedule and on the parents' pages.")
        super().__init__(context, directory, week, title, hint, window)
        self._begun = drawn
        self._filled: tuple[WindowDetails, ...] = ()  # what the fields said before anything was typed
        self.weekdays = WeekdayChips(context.words(), self.context.today(), one=not is_new)
        self.start, self.end, self.next_day = (
            TimeField(_("From")),
            TimeField(_("Until")),
            QCheckBox(_("on the next day")),
        )
        self.types = TickList(name=_("Appointment types"))
        self.staff_only = QCheckBox(_("Staff only: parents are offered none of it"))
        self.opens = LeadField(_("Opens to patients"), _SAME_DAY, _("before the start; staff only until then"))
        self.buffer, self.cap, self.lanes = QSpinBox(), QSpinBox(), QSpinBox()
        self.label = QLineEdit()
        self.valid_from = OpenDay(_("Only from"), self.context.today())
        self.valid_until = OpenDay(_("Only until"), self.context.today())
        self.sentence = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.active = QCheckBox(_("Switched on"))
        self._lay_out()
        self._follow_all()

    def _lay_out(self) -> None:
        self.fields.addWidget(self.sentence)
        days = _("Days of the week") if self.item_id is None else _("Day of the week")
        self.add_field(days, self.weekdays, name="Weekday")
        times = QHBoxLayout()
        times.setSpacing(app_theme().px(3 * SPACE))
        for label, control in ((_("From"), self.start), (_("Until"), self.end)):
            times.addWidget(field(label, control))
        times.addWidget(self.next_day, 0, Qt.AlignmentFlag.AlignBottom)
        times.addStretch(1)
        self.fields.addLayout(times)
        self.tell_beside("From", self.start, self.fields)
        self.tell_beside("To", self.end, self.fields)
        self.fields.addWidget(self.foreseen)
        self.add_field(_("Place"), self.place, name="Location")
        self._head(_("What it is for"))
        self.add_field(_("Appointment types"), self.types, name="Types", hint=_("Without a tick it is for every type."))
        self.fields.addWidget(self.staff_only)
        self.fields.addWidget(self.opens)
        self.tell_beside("Opens", self.opens, self.fields)
        self._numbers()
        hint = _("Staff read it on the schedule, such as “Same-day sick”. It may stay empty.")
        self.add_field(_("Name"), self.label, name="Label", hint=hint)
        self._head(_("When it counts"))
        self.fields.addWidget(self.active)
        self.active.setVisible(self.item_id is not None)
        for name, open_day in (("Valid from", self.valid_from), ("Valid until", self.valid_until)):
            self.fields.addWidget(open_day)
            self.tell_beside(name, open_day, self.fields)

    def _head(self, words: str) -> None:
        self.fields.addWidget(Line())
        self.fields.addWidget(PlainLabel(words, role=TextRole.BOLD))

    def _numbers(self) -> None:
        """Three numbers beside each other; 0 is no rule and says so."""
        rows = QHBoxLayout()
        rows.setSpacing(app_theme().px(3 * SPACE))
        for label, control, most, nothing, suffix, name in (
            (_("Between visits"), self.buffer, _MOST_BUFFER, _("as the type says"), _(" min"), "Buffer"),
            (_("At most of each type"), self.cap, _MOST_CAP, _("no limit"), _(" in one session"), "Cap"),
            (_("Work-in lanes"), self.lanes, MOST_LANES, _("none"), "", "Work-in lanes"),
        ):
            control.setRange(0, most)
            control.setSpecialValueText(nothing)
            control.setSuffix(suffix)
            column = QVBoxLayout()
            column.addWidget(field(label, control))
            self.tell_beside(name, control, column)
            column.addStretch(1)
            rows.addLayout(column, 1)
        self.fields.addLayout(rows)

    def _follow_all(self) -> None:
        self.follow(self.start, self.end, self.next_day, self.place, self.staff_only, self.buffer, self.cap, self.lanes)
        self.follow(self.label, self.active)
        for told in (
            self.weekdays.changed,
            self.types.ticked,
            self.opens.changed,
            self.valid_from.changed,
            self.valid_until.changed,
        ):
            told.connect(self.show_ability)

    # what is stored

    def first_field(self) -> QWidget:
        return next(iter(self.weekdays.chips.values())) if self.item_id is None else self.start

    def why_not(self) -> str:
        return self.week.may.windows

    def _kept(self) -> WindowDetails:
        window, drawn = self.seen(), self._begun
        if window is not None:
            return details_of(window)
        if drawn is not None:
            return drawn_details(drawn, self.first_place(), is_extra=False)
        return WindowDetails(self.first_place(), -1, *_MORNING)

    def _types(self) -> list[Tick]:
        window, provider = self.seen(), self.week.provider.id
        kept = window.type_ids if window is not None else ()
        return [
            Tick(each.id, each.name, "" if each.active else _("switched off"))
            for each in self.directory.types.values()
            if each.id in kept or (each.active and (not each.provider_ids or provider in each.provider_ids))
        ]

    def fill(self) -> None:
        stored, window = self._kept(), self.seen()
        self.weekdays.choose((stored.weekday,))
        self.start.show_minute(stored.start_minute)
        self.end.show_minute(stored.end_minute)
        self.next_day.setChecked(stored.end_minute >= DAY_MINUTES)
        self.show_place(stored.location_id)
        types = self._types()
        self.types.set_lines(types, stored.type_ids)
        self.types.setFixedHeight(app_theme().px(_TYPE * max(1, min(len(types), _MOST_TYPES))))
        self.staff_only.setChecked(stored.staff_only)
        self.opens.show_length(stored.opens)
        self.buffer.setValue((stored.buffer or timedelta(0)) // timedelta(minutes=1))
        self.cap.setValue(stored.cap or 0)
        self.lanes.setValue(stored.work_in_lanes)
        self.label.setText(stored.label)
        self.valid_from.show_day(stored.valid_from)
        self.valid_until.show_day(stored.valid_until)
        self.active.setChecked(window is None or window.active)
        self.lock(*self._controls())
        self.types.set_locked(locked=not self.may_change())
        self._filled = self.typed()

    def _controls(self) -> tuple[QWidget, ...]:
        chips = tuple(self.weekdays.chips.values())
        opens = (self.opens.tick, self.opens.number, self.opens.unit)
        days = (self.valid_from.tick, self.valid_from.day, self.valid_until.tick, self.valid_until.day)
        numbers = (self.buffer, self.cap, self.lanes)
        times = (self.start, self.end, self.next_day)
        return (*chips, *times, self.place, self.staff_only, *opens, *numbers, self.label, self.active, *days)

    # what is typed

    def typed(self) -> tuple[WindowDetails, ...]:
        """Return the window as the fields say it, once for each day of the week."""
        start, end = self.start.minute(), self.end.minute()
        place = self.place.currentData()
        buffer = self.buffer.value()
        made = WindowDetails(
            LocationId(place) if place is not None else LocationId(0),
            -1,
            start,
            end + (DAY_MINUTES if self.next_day.isChecked() else 0),
            buffer=timedelta(minutes=buffer) if buffer else None,
            valid_from=self.valid_from.value(),
            valid_until=self.valid_until.value(),
            type_ids=tuple(TypeId(each) for each in sorted(self.types.chosen())),
            staff_only=self.staff_only.isChecked(),
            label=self.label.text().strip(),
            opens=self.opens.value(),
            cap=self.cap.value() or None,
            work_in_lanes=self.lanes.value(),
        )
        return tuple(replace(made, weekday=weekday) for weekday in self.weekdays.chosen())

    def is_changed(self) -> bool:
        window = self.seen()
        is_switched = window is not None and self.active.isChecked() != window.active
        return is_switched or self.typed() != self._filled

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        if self.item_id is None:  # a window that was drawn can be saved as it is
            self.save_button.setEnabled(bool(self.typed()) and not self._busy)
        self.sentence.setText(self._said(self.typed()))
        self.foresee(*self.typed(), active=self.active.isChecked())

    def _said(self, typed: Sequence[WindowDetails]) -> str:
        """What the window will be, in words."""
        if not typed:
            return _("Choose the days of the week.")
        words, first = self.context.words(), typed[0]
        if first.end_minute <= first.start_minute:
            return _("It ends before it begins. Tick “on the next day” where it goes past midnight.")
        names: dict[int, str] = {each.id: each.name for each in self.directory.types.values()}
        drafts = [_as_window(each, self.week.provider) for each in typed]
        often = words.list_of([often_words(each, words) for each in drafts])
        place = self.place.currentText()
        times = minutes_words(first.start_minute, first.end_minute, words)
        told = ", ".join((often[:1].upper() + often[1:], times, place))
        return "; ".join((told, *purposes(drafts[0], names, words))) + "."

    def save(self) -> None:
        window, typed = self.seen(), self.typed()
        runner, provider = self.context.runner, self.week.provider
        if window is None:
            self.send(runner.act(self, availability.add_windows, provider.id, typed))
        elif typed:
            act, active = availability.change_window, self.active.isChecked()
            self.send(runner.act(self, act, window.id, typed[0], active=active, expect_version=window.version))


def details_of(window: AvailabilityWindow) -> WindowDetails:
    """Return a window as the form and the service write it."""
    return WindowDetails(
        window.location_id,
        window.weekday,
        window.start_minute,
        window.end_minute,
        buffer=window.buffer,
        valid_from=window.valid_from,
        valid_until=window.valid_until,
        type_ids=tuple(sorted(window.type_ids)),
        staff_only=window.staff_only,
        label=window.label,
        opens=window.opens,
        cap=window.cap,
        work_in_lanes=window.work_in_lanes,
    )


def _as_window(typed: WindowDetails, provider: Provider) -> AvailabilityWindow:
    """What is typed as a window, to be put into words."""
    return AvailabilityWindow(
        WindowId(0),
        provider.id,
        typed.location_id,
        typed.weekday,
        typed.start_minute,
        typed.end_minute,
        typed.buffer,
        typed.valid_from,
        typed.valid_until,
        active=True,
        type_ids=typed.type_ids,
        staff_only=typed.staff_only,
        label=typed.label,
        opens=typed.opens,
        cap=typed.cap,
        work_in_lanes=typed.work_in_lanes,
    )


def drawn_details(drawn: Drawn, place: LocationId, *, is_extra: bool) -> WindowDetails:
    """Return what a drawn stretch begins as: weekly hours, or extra hours of that day."""
    day = drawn.day if is_extra else None
    return WindowDetails(place, drawn.day.weekday(), drawn.start, drawn.end, valid_from=day, valid_until=day)


def moved_details(window: AvailabilityWindow, to: Drawn) -> WindowDetails:
    """Return a window at another place of the week; one for a single day goes to the day it was dragged to."""
    was = details_of(window)
    first, last = (to.day, to.day) if window.is_extra else (was.valid_from, was.valid_until)
    weekday = to.day.weekday()
    return replace(was, weekday=weekday, start_minute=to.start, end_minute=to.end, valid_from=first, valid_until=last)
