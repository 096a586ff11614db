"""The group about the places: what each is called, where it is, and by whose clock its appointments are told."""

from PySide6.QtWidgets import QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Location
from request_desk.domain.words import _
from request_desk.services.practice import administration, directory
from request_desk.services.practice.administration import LocationDetails
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.form import ChoiceForm
from request_desk.ui.widgets.layout import Line, field


class LocationsForm(ChoiceForm[Location]):
    """The locations, one at a time."""

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Locations"),
            _("Every visit is told by the clock of its place, to staff, in letters and on the parents' pages."),
            Permission.MANAGE_SETTINGS,
            (Topic.DIRECTORY,),
        )
        self.name, self.zone, self.address, self.phone = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.fields.addWidget(field(_("Location"), self.chooser))
        self.fields.addWidget(Line())
        self.add_field(_("Name"), self.name, name="Name")
        hint = _(
            "Written like America/Denver. Visits that are booked keep their moment; the hours of the providers there are "
            "read in the new zone."
        )
        self.add_field(_("Time zone"), self.zone, name="Time zone", hint=hint)
        self.add_field(_("Address"), self.address, name="Address")
        hint = _("Leave it empty where parents call the practice's number.")
        self.add_field(_("Phone"), self.phone, name="Phone", hint=hint)
        self.follow(self.name, self.zone, self.address, self.phone)

    def read(self) -> None:
        self.context.runner.read(self, directory.locations, all_=True).done(self.take).refused(self.unreadable)

    def fill(self) -> None:
        self._shown = shown = self.chosen()
        texts = (shown.name, shown.zone, shown.address, shown.phone) if shown is not None else ("", "", "", "")
        fields = (self.name, self.zone, self.address, self.phone)
        for control, text in zip(fields, texts, strict=True):
            control.setText(text)
        self.lock(*fields)

    def _typed(self) -> LocationDetails:
        return LocationDetails(
            self.name.text().strip(), self.zone.text().strip(), self.address.text().strip(), self.phone.text().strip()
        )

    def is_changed(self) -> bool:
        seen = self._shown
        return seen is not None and self._typed() != LocationDetails(seen.name, seen.zone, seen.address, seen.phone)

    def save(self) -> None:
        seen = self._shown
        if seen is not None:
            act = administration.save_location
            self.send(self.context.runner.act(self, act, seen.id, self._typed(), expect_version=seen.version))
