"""The group about text messages: when they may leave, how many on a day, and to which countries."""

from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QLineEdit, QSpinBox

from request_desk.domain.directory import PracticeSettings
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.practice_forms import SettingsForm
from request_desk.ui.widgets.clock_fields import TimeField
from request_desk.ui.widgets.theme import app_theme

_MOST: Final = 100_000  # as the service allows
_FIELD: Final = 260  # pixels at 100 % of a control


class TextsForm(SettingsForm):
    """Quiet hours, the most on one day, countries (OTP-10). Which service sends is set on the computer that sends."""

    names = ("sms_quiet_from", "sms_quiet_until", "sms_most_a_day", "sms_countries")

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Text messages"),
            _(
                "They go to mobile phones that are marked for it on a patient's page. What may not leave now waits; codes leave at any "
                "hour. The service that sends them is set up on the computer of the worker, see docs/sms.md."
            ),
        )
        self.quiet_from, self.quiet_until = TimeField(), TimeField()
        self.most, self.countries = QSpinBox(), QLineEdit()
        self.most.setRange(0, _MOST)
        self.most.setSingleStep(50)
        both = _("The same time twice: they may leave at any hour.")
        self.add_field(_("Quiet from"), self.quiet_from, name="Quiet hours")
        self.add_field(_("Quiet until"), self.quiet_until, name="Quiet until", hint=both)
        self.add_field(_("At most on one day"), self.most, name="Most in a day", hint=_("Codes count too."))
        hint = _("Two letters each, separated by commas, such as US, MX. Empty: the practice's own country.")
        self.add_field(_("Countries"), self.countries, name="Countries", hint=hint)
        for each in self._controls():
            each.setMaximumWidth(app_theme().px(_FIELD))
        self.follow(*self._controls())

    def _controls(self) -> tuple[TimeField, TimeField, QSpinBox, QLineEdit]:
        return self.quiet_from, self.quiet_until, self.most, self.countries

    def show_settings(self, found: PracticeSettings) -> None:
        self.quiet_from.show_minute(found.sms_quiet_from)
        self.quiet_until.show_minute(found.sms_quiet_until)
        self.most.setValue(found.sms_most_a_day)
        self.countries.setText(", ".join(found.sms_countries))
        self.lock(*self._controls())

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        typed = (each.strip().upper() for each in self.countries.text().split(","))
        return replace(
            stored,
            sms_quiet_from=self.quiet_from.minute(),
            sms_quiet_until=self.quiet_until.minute(),
            sms_most_a_day=self.most.value(),
            sms_countries=tuple(sorted(set(filter(None, typed)))),
        )
