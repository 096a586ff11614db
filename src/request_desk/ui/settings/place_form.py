"""The group about the places: what each is called, where it is, and by whose clock its visits are told."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Location
from request_desk.domain.words import _
from request_desk.services.practice import administration, directory
from request_desk.services.practice.administration import LocationDetails
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.form import CHANGED_ELSEWHERE, SAVE_FIRST, GroupForm
from request_desk.ui.widgets.layout import Line, field
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line


class LocationsForm(GroupForm):
    """The locations, one at a time."""

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Locations"),
            _("Every visit is told by the clock of its place, to staff, in letters and on the parents' pages."),
            Permission.MANAGE_SETTINGS,
            (Topic.DIRECTORY,),
        )
        self._found: tuple[Location, ...] = ()
        self._shown: Location | None = None  # what the fields were filled from
        self.location = QComboBox()
        self.name, self.zone, self.address, self.phone = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.fields.addWidget(field(_("Location"), self.location))
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
        self.follow(self.location, self.name, self.zone, self.address, self.phone)
        self.location.currentIndexChanged.connect(self._location_chosen)

    def read(self) -> None:
        self.context.runner.read(self, directory.locations, all_=True).done(self._read_all).refused(self.unreadable)

    def _read_all(self, found: tuple[Location, ...]) -> None:
        before, kept = self._shown, self.is_changed()
        self._found = found
        self._list(before.id if before is not None else None)
        now = self._chosen()
        if kept and before is not None and now is not None:
            self._shown = now
            self.shown(refill=False)
            if now.version != before.version:
                self.say(CHANGED_ELSEWHERE)
            return
        self.shown(refill=True)

    def _list(self, wanted: int | None) -> None:
        self.location.blockSignals(True)  # filling is no choice
        self.location.clear()
        for each in self._found:
            name = isolated_if_needed(one_line(each.name))
            self.location.addItem(name if each.active else _("{name} (switched off)").format(name=name), each.id)
        place = next((number for number, each in enumerate(self._found) if each.id == wanted), 0)
        self.location.setCurrentIndex(place if self._found else -1)
        self.location.blockSignals(False)

    def _chosen(self) -> Location | None:
        return next((each for each in self._found if each.id == self.location.currentData()), None)

    @Slot(int)
    def _location_chosen(self, _place: int) -> None:
        if self.is_changed() and self._shown is not None:
            self._list(self._shown.id)
            self.say(SAVE_FIRST)
            return
        self.undo_changes()

    def fill(self) -> None:
        self._shown = shown = self._chosen()
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

    def _stored(self, value: object) -> None:
        """What is stored is what was typed: the fields follow what is read next."""
        kept, self._shown = self._shown, None
        super()._stored(value)
        self._list(kept.id if kept is not None else None)
        self.read()
