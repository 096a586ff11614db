"""The fields of an appointment type, in groups; saving them and choosing a type is the form's business."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QSpinBox, QWidget

from request_desk.domain.directory import (
    AppointmentType,
    BookingRules,
    LeadTime,
    Provider,
    RebookingMode,
    Verification,
)
from request_desk.domain.ids import ProviderId, TypeId
from request_desk.domain.words import _
from request_desk.ui.editor.editor import Editor
from request_desk.ui.settings.field_grid import Amount, FieldGrid
from request_desk.ui.widgets.layout import Line, tidy
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_MINUTE = timedelta(minutes=1)
_MINUTES, _HOURS, _DAYS = (_("minutes"), 1), (_("hours"), 60), (_("practice days"), 0)
_LEAD = (_MINUTES, _HOURS, _DAYS)
_HOUR_PLACE, _DAY_PLACE = 1, 2  # in them
_LENGTH = (_MINUTES, _HOURS)
_AGE = ((_("months"), 1), (_("years"), 12))
_MODES = (
    (RebookingMode.ANY_PROVIDER, _("goes to any provider")),
    (RebookingMode.SAME_PROVIDER, _("stays with the provider")),
)
_CHECKS = (
    (Verification.NONE, _("nothing")),
    (Verification.BIRTH_DAY, _("the date of birth")),
    (Verification.CODE, _("a one-time code")),
)
_PLACES = ((False, _("in person")), (True, _("by video")))
NEW = AppointmentType(
    id=TypeId(0),
    name="",
    short_name="",
    duration=20 * _MINUTE,
    buffer=timedelta(0),
    hold_ttl=15 * _MINUTE,
    minimum_notice=LeadTime(timedelta(hours=1)),
    reschedule_notice=LeadTime(timedelta(hours=24)),
    cancel_notice=LeadTime(timedelta(hours=24)),
    maximum_advance=timedelta(days=180),
    grid=10 * _MINUTE,
    rebooking_mode=RebookingMode.ANY_PROVIDER,
    provider_ids=(),
    active=True,
    version=0,
)


class ProviderLines(QWidget):
    """Who does a type, and how long it takes with whom: everybody, or those who are ticked."""

    def __init__(self, form: Editor) -> None:
        super().__init__()
        self._form = form
        self.everybody = QCheckBox(_("Every provider does it, those who come later too"))
        self.ticks: dict[ProviderId, QCheckBox] = {}
        self.lengths: dict[ProviderId, QSpinBox] = {}
        self._names: dict[ProviderId, str] = {}
        self._gone: tuple[ProviderId, ...] = ()  # of those who left the choice is kept
        self._gone_lengths: dict[ProviderId, timedelta] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(app_theme().px(3 * SPACE))
        self._grid.setVerticalSpacing(app_theme().px(2 * SPACE))
        self._grid.setColumnStretch(2, 1)
        self._grid.addWidget(self.everybody, 0, 0, 1, 3)
        form.follow(self.everybody)
        self.everybody.toggled.connect(self._show_ability)

    def list_providers(self, providers: Sequence[Provider]) -> None:
        """Offer these, in their order."""
        names = {each.id: isolated_if_needed(one_line(each.short_name)) for each in providers}
        if names == self._names:
            return
        for control in (*self.ticks.values(), *self.lengths.values()):
            self._grid.removeWidget(control)
            control.deleteLater()
        self._names, self.ticks, self.lengths = names, {}, {}
        for line, (provider_id, name) in enumerate(names.items(), 1):
            tick, length = QCheckBox(name), QSpinBox()
            length.setRange(0, 480)
            length.setSingleStep(5)
            length.setSuffix(_(" min"))
            length.setSpecialValueText(_("as the type"))
            length.setAccessibleName(_("Duration with {name}").format(name=name))
            tidy(length)
            self._grid.addWidget(tick, line, 0)
            self._grid.addWidget(length, line, 1)
            self._form.follow(tick, length)
            tick.toggled.connect(self._show_ability)
            self.ticks[provider_id], self.lengths[provider_id] = tick, length

    def show_type(self, type_: AppointmentType) -> None:
        everybody = not type_.provider_ids
        durations = type_.booking_rules.durations
        self._gone = tuple(each for each in type_.provider_ids if each not in self.ticks)
        self._gone_lengths = {each: lasts for each, lasts in durations.items() if each not in self.ticks}
        self.everybody.setChecked(everybody)
        for provider_id, tick in self.ticks.items():
            tick.setChecked(everybody or provider_id in type_.provider_ids)
            self.lengths[provider_id].setValue(durations.get(provider_id, timedelta(0)) // _MINUTE)
        self._show_ability()

    @Slot()
    def _show_ability(self) -> None:
        allowed, everybody = self._form.may_change(), self.everybody.isChecked()
        for provider_id, tick in self.ticks.items():
            tick.setEnabled(allowed and not everybody)
            self.lengths[provider_id].setEnabled(allowed and (everybody or tick.isChecked()))
        self.everybody.setEnabled(allowed)

    def provider_ids(self) -> tuple[ProviderId, ...]:
        """Return who does it, nobody for everybody."""
        if self.everybody.isChecked():
            return ()
        return tuple(sorted((*self._gone, *(each for each, tick in self.ticks.items() if tick.isChecked()))))

    def durations(self) -> Mapping[ProviderId, timedelta]:
        """Return with whom it takes another time."""
        does = self.provider_ids()
        typed = {
            each: length.value() * _MINUTE
            for each, length in self.lengths.items()
            if length.value() and (not does or each in does)
        }
        return {**self._gone_lengths, **typed}

    def says_nobody(self) -> bool:
        """Whether neither everybody nor anybody is chosen."""
        return not self.everybody.isChecked() and not self.provider_ids()


class TypeFields:
    """Every field of a type (AP6, AP7)."""

    def __init__(self, form: Editor) -> None:
        self._form = form
        self.name, self.short_name, self.rest_group = QLineEdit(), QLineEdit(), QLineEdit()
        self.is_video, self.mode, self.verification = _combo(_PLACES), _combo(_MODES), _combo(_CHECKS)
        self.duration, self.buffer, self.grid = _spin(_(" min"), 480), _spin(_(" min"), 120), _spin(_(" min"), 240)
        self.hold, self.no_show = _spin(_(" min"), 60), _spin(_(" min"), 480, none=_("once nobody can join"))
        self.advance, self.rest = _spin(_(" days"), 730), _spin(_(" days"), 3650, none=_("no rule"))
        self.new_patient = _spin(_(" min"), 480, none=_("as everybody"))
        self.interpreter = _spin(_(" min more"), 120, none=_("no longer"))
        self.book_notice, self.move_notice, self.cancel_notice = (
            Amount(_LEAD, 9999, none=_("none")),
            Amount(_LEAD, 9999, none=_("none")),
            Amount(_LEAD, 9999, none=_("none")),
        )
        self.late, self.offer = Amount(_LENGTH, 9999, none=_("never late")), Amount(_LENGTH, 9999)
        self.least_age, self.most_age = Amount(_AGE, 1560, none=_("any age")), Amount(_AGE, 1560, none=_("any age"))
        self.providers = ProviderLines(form)
        self._lay_out()
        form.follow(*self._plain)
        for amount in self._amounts:
            amount.follow(form)

    @property
    def _plain(self) -> tuple[QWidget, ...]:
        texts = (self.name, self.short_name, self.rest_group, self.is_video, self.mode, self.verification)
        numbers = (self.duration, self.buffer, self.grid, self.hold, self.no_show, self.advance, self.rest)
        return *texts, *numbers, self.new_patient, self.interpreter

    @property
    def _amounts(self) -> tuple[Amount, ...]:
        leads = (self.book_notice, self.move_notice, self.cancel_notice, self.late, self.offer)
        return *leads, self.least_age, self.most_age

    def _lay_out(self) -> None:
        group = self._group
        what = group(_("What it is"))
        what.add(_("Name"), self.name, name="Name")
        what.add(_("Short name"), self.short_name, name="Short name", hint=_("Empty: the name."))
        what.add(_("Place"), self.is_video, name="Place")
        length = group(_("How long it takes"))
        length.add(_("Duration"), self.duration, name="Duration")
        length.add(_("Buffer behind it"), self.buffer, name="Buffer")
        length.add(_("Starts every"), self.grid, name="Grid", hint=_("From the beginning of the hours."))
        length.add(_("New patients"), self.new_patient, name="New patient", hint=_("Who never had a visit here."))
        length.add(_("With an interpreter"), self.interpreter, name="Interpreter")
        ahead = group(_("How far ahead"))
        ahead.add(_("Notice to book"), self.book_notice, name="Notice to book")
        ahead.add(_("Notice to move"), self.move_notice, name="Notice to move")
        ahead.add(_("Notice to cancel"), self.cancel_notice, name="Notice to cancel")
        ahead.add(_("Booked at most ahead"), self.advance, name="Advance")
        ahead.add(_("Cancelled late within"), self.late, name="Late cancellation")
        ahead.add(_("When it is moved, it"), self.mode, name="Rebooking")
        who = group(_("Who may have it"))
        who.add(_("From this age on"), self.least_age, name="Ages")
        who.add(_("Under this age"), self.most_age, name="Under age")
        who.add(_("Days since the last one"), self.rest, name="Rest")
        hint = _("Types with the same word count as one; empty: this type alone.")
        who.add(_("Rest counts together with"), self.rest_group, name="Rest group", hint=hint)
        around = group(_("Around it"))
        around.add(_("A time is held for"), self.hold, name="Hold time")
        around.add(_("An offer stands for"), self.offer, name="Offer time")
        around.add(_("A no-show after"), self.no_show, name="No-show", hint=_("From the start, in person."))
        hint = _("A code goes to the mailbox that got the link: it helps only where the link was passed on.")
        around.add(_("A link asks for"), self.verification, name="Verification", hint=hint)
        self._heading(_("Who does it, and how long with whom"))
        self._form.fields.addWidget(self.providers)
        self._form.tell_beside("Providers", self.providers.everybody, self._form.fields)

    def _group(self, title: str) -> FieldGrid:
        self._heading(title)
        grid = FieldGrid(self._form)
        self._form.fields.addWidget(grid)
        return grid

    def _heading(self, title: str) -> None:
        self._form.fields.addWidget(Line())
        self._form.fields.addWidget(PlainLabel(title, role=TextRole.BOLD, tone=Tone.INK))

    def show(self, type_: AppointmentType) -> None:
        rules = type_.booking_rules
        for text, value in (
            (self.name, type_.name),
            (self.short_name, type_.short_name),
            (self.rest_group, rules.rest_group),
        ):
            text.setText(value)
        for box, chosen in (
            (self.is_video, type_.is_video),
            (self.mode, type_.rebooking_mode),
            (self.verification, type_.verification),
        ):
            box.setCurrentIndex(box.findData(chosen))
        for spin, lasts in (
            (self.duration, type_.duration),
            (self.buffer, type_.buffer),
            (self.grid, type_.grid),
            (self.hold, type_.hold_ttl),
            (self.no_show, type_.no_show_after or timedelta(0)),
            (self.new_patient, rules.new_patient or timedelta(0)),
            (self.interpreter, rules.interpreter),
        ):
            spin.setValue(lasts // _MINUTE)
        self.advance.setValue(type_.maximum_advance.days)
        self.rest.setValue(rules.rest.days)
        for lead, amount in (
            (type_.minimum_notice, self.book_notice),
            (type_.reschedule_notice, self.move_notice),
            (type_.cancel_notice, self.cancel_notice),
        ):
            _show_lead(amount, lead)
        self.late.show_total(type_.late_cancel // _MINUTE, usual=_HOUR_PLACE)
        self.offer.show_total(type_.offer_ttl // _MINUTE, usual=_HOUR_PLACE)
        self.least_age.show_total(rules.min_age_months or 0, usual=1)
        self.most_age.show_total(rules.max_age_months or 0, usual=1)
        self.providers.show_type(type_)
        self._form.lock(*self._plain, *(control for amount in self._amounts for control in amount.controls))

    def typed(self, seen: AppointmentType) -> AppointmentType:
        """Return the type that was seen with what the fields say."""
        return replace(
            seen,
            name=self.name.text().strip(),
            short_name=self.short_name.text().strip(),
            duration=self.duration.value() * _MINUTE,
            buffer=self.buffer.value() * _MINUTE,
            hold_ttl=self.hold.value() * _MINUTE,
            offer_ttl=self.offer.total() * _MINUTE,
            minimum_notice=_lead(self.book_notice),
            reschedule_notice=_lead(self.move_notice),
            cancel_notice=_lead(self.cancel_notice),
            late_cancel=self.late.total() * _MINUTE,
            maximum_advance=timedelta(days=self.advance.value()),
            grid=self.grid.value() * _MINUTE,
            rebooking_mode=self.mode.currentData(),
            provider_ids=self.providers.provider_ids(),
            no_show_after=self.no_show.value() * _MINUTE or None,
            is_video=self.is_video.currentData(),
            verification=self.verification.currentData(),
            booking_rules=BookingRules(
                min_age_months=self.least_age.total() or None,
                max_age_months=self.most_age.total() or None,
                rest=timedelta(days=self.rest.value()),
                rest_group=self.rest_group.text().strip(),
                new_patient=self.new_patient.value() * _MINUTE or None,
                interpreter=self.interpreter.value() * _MINUTE,
                durations=self.providers.durations(),
            ),
        )


def _show_lead(amount: Amount, lead: LeadTime) -> None:
    if lead.days:
        amount.show_number(lead.days, _DAY_PLACE)
    else:
        amount.show_total(lead.elapsed // _MINUTE, usual=_HOUR_PLACE)


def _lead(amount: Amount) -> LeadTime:
    if amount.place() == _DAY_PLACE:
        return LeadTime(days=amount.number.value())
    return LeadTime(elapsed=amount.total() * _MINUTE)


def _spin(suffix: str, most: int, *, none: str = "") -> QSpinBox:
    made = QSpinBox()
    made.setRange(0, most)
    made.setSuffix(suffix)
    made.setSpecialValueText(none)
    return made


def _combo(choices: Sequence[tuple[object, str]]) -> QComboBox:
    made = QComboBox()
    for value, words in choices:
        made.addItem(words, value)
    return made
