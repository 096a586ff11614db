"""The form that puts a patient on the waiting list: for what, with whom, where, when."""

from collections.abc import Iterable
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Patient
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.text import parse_date
from request_desk.domain.words import _
from request_desk.services.people import patients
from request_desk.services.practice import directory
from request_desk.services.schedule import waitlist
from request_desk.ui.editor.editor import Editor
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import who_words
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole

_NOTE_MOST = 125


class WaitlistForm(Editor):
    """What a patient waits for. Empty days are any day; nothing is promised by it."""

    def __init__(self, context: DeskContext, patient_id: PatientId) -> None:
        super().__init__(
            context,
            _("Put on the waiting list"),
            _(
                "When a time becomes free that fits, it can be offered to the family with one key. Nothing is booked by it."
            ),
            Permission.CHANGE_SCHEDULE,
            (Topic.DIRECTORY,),
            reading=_("Reading the patient …"),
        )
        self.patient_id = patient_id
        self._found: directory.Directory | None = None
        self.who = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.type, self.provider, self.place = QComboBox(self), QComboBox(self), QComboBox(self)
        self.from_day, self.until_day, self.note = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.note.setMaxLength(_NOTE_MOST)
        self.fields.addWidget(self.who)
        self.add_field(_("Type"), self.type, name=_("Type"))
        self.add_field(_("With"), self.provider, name=_("Provider"))
        self.add_field(_("Where"), self.place, name=_("Location"))
        self.add_field(_("From, empty for today"), self.from_day, name=_("From"))
        self.add_field(_("Until, empty for no end"), self.until_day, name=_("Until"))
        self.add_field(_("Note for staff"), self.note, name=_("Note"))
        for line in (self.from_day, self.until_day):
            line.setPlaceholderText(context.words().birth(context.today()))
        self.follow(self.type, self.provider, self.place, self.from_day, self.until_day, self.note)
        self.save_button.set_text(_("Put on the list"))

    def read(self) -> None:
        self.context.runner.read(self, patients.patient_of, self.patient_id).done(self._patient_read).refused(
            self.unreadable
        )
        self.context.runner.read(self, directory.directory).done(self._read_directory).refused(self.unreadable)

    def _patient_read(self, patient: Patient) -> None:
        self.who.setText(who_words(patient.name, patient.birth_day, self.context.words()))

    def _read_directory(self, found: directory.Directory) -> None:
        is_first = self._found is None
        self._found = found
        if is_first:
            _offer(
                self.type, _("Choose a type"), ((each.id, each.name) for each in found.types.values() if each.active)
            )
            people = ((each.id, each.short_name) for each in found.providers.values() if each.active)
            places = ((each.id, each.name) for each in found.locations.values() if each.active)
            _offer(self.provider, _("anybody"), people)
            _offer(self.place, _("any place"), places)
        self.shown(refill=False)
        if is_first:
            self.type.setFocus(Qt.FocusReason.OtherFocusReason)

    def fill(self) -> None:
        for box in (self.type, self.provider, self.place):
            box.setCurrentIndex(0)
        for line in (self.from_day, self.until_day, self.note):
            line.clear()

    def is_changed(self) -> bool:
        chosen = any(box.currentData() is not None for box in (self.type, self.provider, self.place))
        return chosen or any(line.text().strip() for line in (self.from_day, self.until_day, self.note))

    def save(self) -> None:
        type_id = self.type.currentData()
        try:
            if type_id is None:
                raise Invalid(_("Choose what the patient waits for."), field=_("Type"))
            first, last = self._day(self.from_day, _("From")), self._day(self.until_day, _("Until"))
        except Invalid as refused:
            self.refuse(refused)
            return
        provider, place = self.provider.currentData(), self.place.currentData()
        new = waitlist.NewEntry(
            self.patient_id,
            TypeId(type_id),
            None if provider is None else ProviderId(provider),
            None if place is None else LocationId(place),
            first,
            last,
            self.note.text(),
        )
        self.send(self.context.runner.act(self, waitlist.put_on, new))

    def _day(self, line: QLineEdit, name: str) -> date | None:
        if not line.text().strip():
            return None
        return parse_date(line.text(), field=name, month_first=self.context.words().is_month_first)


def _offer(box: QComboBox, nothing: str, choices: Iterable[tuple[int, str]]) -> None:
    box.clear()
    box.addItem(nothing, None)
    for value, name in choices:
        box.addItem(isolated_if_needed(one_line(name)), value)
