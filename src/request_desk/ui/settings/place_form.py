"""The group about the places: what each is called, where it is, and by whose clock its appointments are told."""

from PySide6.QtWidgets import QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Location
from request_desk.domain.words import _, plural
from request_desk.services.practice import directory, locations
from request_desk.services.practice.locations import LocationDetails, LocationTies
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.list_acts import OrderedEditor
from request_desk.ui.widgets.layout import Line
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line

_LIST = 180  # pixels at 100 %: three places without scrolling


class LocationsForm(OrderedEditor[Location]):
    """The locations in their order, one at a time."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[Location], ...] = (
            Column(_("Name"), _name, 0),
            Column(_("Time zone"), _zone, 170),
            Column(_("State"), _state_words, 70),
        )
        super().__init__(
            context,
            _("Locations"),
            _("Every visit is told by the clock of its place, to staff, in letters and on the parents' pages."),
            Permission.MANAGE_SETTINGS,
            (Topic.DIRECTORY,),
            columns,
            new=_("New location"),
            height=_LIST,
            move=locations.move_location,
            switch=locations.switch_location,
        )
        self.name, self.zone, self.address, self.phone = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        for part in (Line(), self.which):
            self.fields.addWidget(part)
        self.add_field(_("Name"), self.name, name="Name")
        hint = _(
            "Written like America/Denver. Visits that are booked keep their moment and the clock they were agreed by; "
            "the hours of the providers there are read in the new zone."
        )
        self.add_field(_("Time zone"), self.zone, name="Time zone", hint=hint)
        self.add_field(_("Address"), self.address, name="Address")
        hint = _("Leave it empty where parents call the practice's number.")
        self.add_field(_("Phone"), self.phone, name="Phone", hint=hint)
        self.follow(self.name, self.zone, self.address, self.phone)

    def read(self) -> None:
        self.context.runner.read(self, directory.locations, all_=True).done(self.take).refused(self.unreadable)

    def fill_from(self, place: Location | None) -> None:
        details = self._details(place)
        fields = (self.name, self.zone, self.address, self.phone)
        texts = (details.name, details.zone, details.address, details.phone)
        for control, text in zip(fields, texts, strict=True):
            control.setText(text)
        self.lock(*fields)

    def _details(self, place: Location | None) -> LocationDetails:
        """What the fields say of a place; a new one begins with the clock of the practice."""
        if place is None:
            return LocationDetails("", self.context.settings().zone if self.is_new else "", "", "")
        return LocationDetails(place.name, place.zone, place.address, place.phone)

    def first_field(self) -> QLineEdit:
        return self.name

    def _typed(self) -> LocationDetails:
        return LocationDetails(
            self.name.text().strip(), self.zone.text().strip(), self.address.text().strip(), self.phone.text().strip()
        )

    def is_changed(self) -> bool:
        return (self.is_new or self._shown is not None) and self._typed() != self._details(self._shown)

    def save(self) -> None:
        seen, act = self._shown, self.context.runner.act
        if seen is None:
            self.send(act(self, locations.add_location, self._typed()).done(self.added))
        else:
            self.send(act(self, locations.save_location, seen.id, self._typed(), expect_version=seen.version))

    def ask_off(self, seen: Location) -> None:
        self.context.runner.read(self, locations.location_ties, seen.id).done(self._ties_read).refused(self.refuse)

    def _ties_read(self, ties: LocationTies) -> None:
        self.ask_to_switch_off(_told(ties))


def _told(ties: LocationTies) -> str:
    """What becomes of what hangs on a location that is switched off."""
    told = [_("Nobody can be booked there any more, and parents no longer choose it. Nobody is still to come.")]
    if ties.windows:
        told.append(
            plural(
                "{count} weekly window there is not offered until it is on again.",
                "{count} weekly windows there are not offered until it is on again.",
                ties.windows,
            ).format(count=ties.windows)
        )
    told += [
        _("The department {name} belongs to it and goes on receiving requests.").format(
            name=isolated_if_needed(one_line(name, 60))
        )
        for name in ties.departments
    ]
    if ties.is_last:
        told.append(_("It is the only location that is on: then nobody can be booked anywhere."))
    return " ".join(told)


def _name(place: Location) -> str:
    return one_line(place.name)


def _zone(place: Location) -> str:
    return one_line(place.zone)


def _state_words(place: Location) -> str:
    return _("active") if place.active else _("off")
