"""The group about the places: what each is called, where it is, and by whose clock its appointments are told."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Location
from request_desk.domain.ids import LocationId
from request_desk.domain.words import _, plural
from request_desk.services.practice import directory, locations
from request_desk.services.practice.locations import LocationDetails, LocationTies
from request_desk.ui.editor.choice_editor import SAVE_FIRST, ChoiceEditor
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.list_acts import ListActs
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Line
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole

_LIST = 180  # pixels at 100 %: three places without scrolling


class LocationsForm(ChoiceEditor[Location, ListChooser]):
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
            ListChooser(columns, name=_("Locations")),
        )
        self._made: LocationId | None = None  # the one that was just added: the list goes to it
        self.acts = ListActs(self.chooser, _("New location …"), height=_LIST)
        self.which = PlainLabel("", role=TextRole.BOLD, elide=True)
        self.name, self.zone, self.address, self.phone = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        for part in (self.acts, Line(), self.which):
            self.fields.addWidget(part)
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
        self.acts.add_button.clicked.connect(self.begin_new)
        self.acts.off_button.clicked.connect(self._ask_switch)
        self.acts.moved.connect(self._move)

    def read(self) -> None:
        self.context.runner.read(self, directory.locations, all_=True).done(self._read_all).refused(self.unreadable)

    def _read_all(self, found: tuple[Location, ...]) -> None:
        made, self._made = self._made, None
        self.take(sorted(found, key=lambda each: not each.active), made)

    def fill_from(self, place: Location | None) -> None:
        details = self._details(place)
        self.which.setText(isolated_if_needed(one_line(place.name)) if place is not None else _("New location"))
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

    def show_ability(self) -> None:
        super().show_ability()
        self.acts.show_for(self._shown, list(self._things.values()), allowed=self.may_change())

    @Slot()
    def begin_new(self) -> None:
        super().begin_new()
        if self.is_new:
            self.name.setFocus()

    def _typed(self) -> LocationDetails:
        return LocationDetails(
            self.name.text().strip(), self.zone.text().strip(), self.address.text().strip(), self.phone.text().strip()
        )

    def is_changed(self) -> bool:
        return (self.is_new or self._shown is not None) and self._typed() != self._details(self._shown)

    def save(self) -> None:
        seen, act = self._shown, self.context.runner.act
        if seen is None:
            self.send(act(self, locations.add_location, self._typed()).done(self._added))
        else:
            self.send(act(self, locations.save_location, seen.id, self._typed(), expect_version=seen.version))

    def _added(self, location_id: LocationId) -> None:
        self._made = location_id

    @Slot(bool)
    def _move(self, up: bool) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None:
            act = locations.move_location
            self.send(self.context.runner.act(self, act, seen.id, up=up, expect_version=seen.version))

    @Slot()
    def _ask_switch(self) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None and not seen.active:
            self._switch(True)
        elif seen is not None:
            self.context.runner.read(self, locations.location_ties, seen.id).done(self._ties_read).refused(self.refuse)

    def _ties_read(self, ties: LocationTies) -> None:
        seen = self._shown
        if seen is not None:
            question = _("Switch off {name}?").format(name=isolated_if_needed(one_line(seen.name, 60)))
            asked = ask(self.window(), question, detail=_told(ties), yes=_("Switch off"), dangerous=True)
            asked.answered.connect(self._switch)

    @Slot(bool)
    def _switch(self, yes: bool) -> None:
        seen = self._shown
        if yes and seen is not None:
            act, version = locations.switch_location, seen.version
            self.send(self.context.runner.act(self, act, seen.id, active=not seen.active, expect_version=version))


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
