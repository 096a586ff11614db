"""The fields of a patient, of a contact and of what one is to the other, as parts of a form; the forms are in `forms`."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from request_desk.domain.directory import Channel, PatientState
from request_desk.domain.ids import ContactId
from request_desk.domain.words import Words, _
from request_desk.services.people import patients
from request_desk.services.people.patients import ContactHit
from request_desk.services.people.registration import (
    CONTACT_NAMES,
    MOBILE,
    PATIENT_NAMES,
    ContactDetails,
    PatientDetails,
    RelationDetails,
)
from request_desk.ui.editor.editor import Editor
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.people_finder import PeopleFinder
from request_desk.ui.patients.patient_words import RELATIONS, STATES
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.buttons import ghost
from request_desk.ui.widgets.layout import field, row
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, app_theme

_NOTE = 64  # pixels at 100 %
# Languages that contacts are often written down with; any other that is stored stays.
LANGUAGES = ("en", "es", "am", "ar", "fr", "hi", "ht", "ja", "ko", "pt", "ru", "so", "tl", "uk", "vi", "zh")


class PatientFields:
    """Names, birth day, custody note and state of a patient, and whether an interpreter is needed."""

    def __init__(self, form: Editor) -> None:
        self.given, self.family, self.born = QLineEdit(), QLineEdit(), QLineEdit()
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(app_theme().px(_NOTE))
        self.state = _combo([(each, words) for each, words in STATES.items() if each is not PatientState.MERGED])
        _beside(form, form.fields, ((PATIENT_NAMES[0], self.given), (PATIENT_NAMES[1], self.family)))
        _beside(form, form.fields, (("Date of birth", self.born), ("State", self.state)))
        hint = _(
            "Who decides for the patient, where that is not plain. It stands above every message; parents never see it."
        )
        form.add_field(_("Custody note"), self.note, name="Custody note", hint=hint)
        self.interpreter = QCheckBox(_("Needs an interpreter: visits take as much longer as their type says"))
        form.fields.addWidget(self.interpreter)
        form.follow(*self.controls)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        return self.given, self.family, self.born, self.note, self.state, self.interpreter

    def show(self, details: PatientDetails) -> None:
        self.given.setText(details.given_name)
        self.family.setText(details.family_name)
        self.born.setText(details.birth_day)
        self.note.setPlainText(details.custody_note)
        _choose(self.state, details.state)
        self.interpreter.setChecked(details.needs_interpreter)

    def typed(self) -> PatientDetails:
        return PatientDetails(
            self.given.text().strip(),
            self.family.text().strip(),
            self.born.text().strip(),
            self.note.toPlainText().strip(),
            PatientState(self.state.currentData()),
            self.interpreter.isChecked(),
        )


class ContactFields:
    """Names, language, numbers and address of a contact, and over which channels they want nothing."""

    def __init__(self, form: Editor, place: QVBoxLayout, words: Words) -> None:
        self.given, self.family, self.phones, self.email = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.mobile = QLineEdit()
        self.language = _combo(sorted(((each, words.language(each)) for each in LANGUAGES), key=lambda each: each[1]))
        self.confirmed = QCheckBox(_("The address was read back and is right: codes and notices go there"))
        self.opted_out = QCheckBox(_("Wants no notices"))
        self.off = {
            Channel.EMAIL: QCheckBox(_("Wants no e-mails")),
            Channel.SMS: QCheckBox(_("Wants no text messages")),
        }
        self._words = words
        _beside(form, place, ((CONTACT_NAMES[0], self.given), (CONTACT_NAMES[1], self.family)))
        _add(form, place, "Phones", self.phones, hint=_("Several are separated by commas, the one to call first."))
        hint = _("Read back to them. Text messages go there where there is no e-mail; empty: they get none.")
        _add(form, place, MOBILE, self.mobile, hint=hint)
        _beside(form, place, (("E-mail", self.email), ("Language", self.language)))
        for box in (self.confirmed, self.opted_out, *self.off.values()):
            place.addWidget(box)
        form.follow(*self.controls)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        typed = self.given, self.family, self.phones, self.mobile, self.email, self.language
        return *typed, self.confirmed, self.opted_out, *self.off.values()

    def show(self, details: ContactDetails) -> None:
        self.given.setText(details.given_name)
        self.family.setText(details.family_name)
        self.phones.setText(", ".join(details.phones))
        self.email.setText(details.email)
        _choose(self.language, details.language, self._words.language(details.language))
        self.confirmed.setChecked(details.is_confirmed)
        self.opted_out.setChecked(details.opted_out)
        self.mobile.setText(details.texts_to)
        for channel, box in self.off.items():
            box.setChecked(channel in details.off)

    def typed(self) -> ContactDetails:
        return ContactDetails(
            self.given.text().strip(),
            self.family.text().strip(),
            str(self.language.currentData()),
            tuple(each.strip() for each in self.phones.text().split(",") if each.strip()),
            self.email.text().strip(),
            self.confirmed.isChecked(),
            self.opted_out.isChecked(),
            self.mobile.text().strip(),
            frozenset(channel for channel, box in self.off.items() if box.isChecked()),
        )


class RelationFields:
    """What a contact is to the patient and may do."""

    def __init__(self, form: Editor) -> None:
        self.relation, self.until = _combo([("", _("choose …")), *((each, each) for each in RELATIONS)]), QLineEdit()
        self.may_book = QCheckBox(_("May book, move and cancel visits"))
        self.may_see = QCheckBox(_("May see the messages"))
        self.notices = QCheckBox(_("Gets notices"))
        _beside(form, form.fields, (("Relation", self.relation), ("Rights until", self.until)))
        self.until.setPlaceholderText(_("no end"))
        for box in (self.may_book, self.may_see, self.notices):
            form.fields.addWidget(box)
        form.follow(*self.controls)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        return self.relation, self.until, self.may_book, self.may_see, self.notices

    def show(self, details: RelationDetails) -> None:
        _choose(self.relation, details.relation, named(details.relation))
        self.until.setText(details.valid_until)
        for box, is_given in (
            (self.may_book, details.may_book),
            (self.may_see, details.may_see_messages),
            (self.notices, details.gets_notices),
        ):
            box.setChecked(is_given)

    def typed(self) -> RelationDetails:
        return RelationDetails(
            str(self.relation.currentData()),
            self.may_book.isChecked(),
            self.may_see.isChecked(),
            self.notices.isChecked(),
            self.until.text().strip(),
        )


class WhoFields(QWidget):
    """Who asks: somebody who is found, or a new contact whose fields stand below."""

    changed = Signal()

    def __init__(self, form: Editor, context: DeskContext) -> None:
        super().__init__()
        self.known: ContactHit | None = None
        self.finder: PeopleFinder[ContactHit] = PeopleFinder(
            context,
            patients.find_contacts,
            (Column(_("Contact"), _name, 190), Column(_("Of"), _patients)),
            _key,
            search=_("Find somebody who is known: name, phone or e-mail"),
            found=_("Contacts found"),
            nothing=_("Nobody found. Write down a new contact below."),
        )
        self.chosen = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.other = ghost(_("Somebody else"), icon="x")
        self._known_row, self._new = QWidget(), QWidget()
        known = row(self.chosen, self.other)
        known.setStretch(0, 1)
        self._known_row.setLayout(known)
        place = QVBoxLayout(self._new)
        place.setContentsMargins(0, 0, 0, 0)
        place.setSpacing(app_theme().px(4 * SPACE))
        self.fields = ContactFields(form, place, context.words())
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(4 * SPACE))
        for part in (self.finder, self._known_row, self._new):
            body.addWidget(part)
        self.finder.chosen.connect(self.choose)
        self.other.clicked.connect(self._choose_nobody)
        self.changed.connect(form.show_ability)
        self._show()

    @Slot(object)
    def choose(self, hit: ContactHit) -> None:
        """Take somebody who is known."""
        self.known = hit
        self._show()
        self.other.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _choose_nobody(self) -> None:
        self.known = None
        self._show()
        self.finder.search.empty()
        self.finder.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self) -> None:
        known = self.known
        self.finder.setVisible(known is None)
        self._new.setVisible(known is None)
        self._known_row.setVisible(known is not None)
        if known is not None:
            self.chosen.setText(_("{name}, contact of {patients}").format(name=_name(known), patients=_patients(known)))
        self.changed.emit()

    def typed(self) -> ContactDetails | ContactId:
        return self.known.id if self.known is not None else self.fields.typed()


def _name(hit: ContactHit) -> str:
    return named(hit.name)


def _patients(hit: ContactHit) -> str:
    return ", ".join(map(named, hit.patients)) or _("nobody")


def _key(hit: ContactHit) -> int:
    return hit.id


# The service names the fields; these are their labels.
LABELS = {
    "Given name": _("Given name"),
    "Family name": _("Family name"),
    "Date of birth": _("Date of birth"),
    "State": _("State"),
    "Contact's given name": _("Contact's given name"),
    "Contact's family name": _("Contact's family name"),
    "Phones": _("Phones"),
    MOBILE: _("Mobile phone for text messages"),
    "E-mail": _("E-mail"),
    "Language": _("Language"),
    "Relation": _("Relation"),
    "Rights until": _("Rights until"),
}


def _add(form: Editor, place: QVBoxLayout, name: str, control: QWidget, *, hint: str = "") -> None:
    place.addWidget(field(LABELS[name], control, hint=hint))
    form.tell_beside(name, control, place)


def _beside(form: Editor, place: QVBoxLayout, fields: Sequence[tuple[str, QWidget]]) -> None:
    """Lay out two fields beside each other, and below each what is wrong with it."""
    columns = QHBoxLayout()
    columns.setSpacing(app_theme().px(3 * SPACE))
    for name, control in fields:
        column = QVBoxLayout()
        column.setSpacing(app_theme().px(SPACE))
        _add(form, column, name, control)
        column.addStretch(1)
        columns.addLayout(column, 1)
    place.addLayout(columns)


def _combo(choices: Sequence[tuple[str, str]]) -> QComboBox:
    made = QComboBox()
    for value, words in choices:
        made.addItem(words, str(value))
    return made


def _choose(combo: QComboBox, value: str, words: str = "") -> None:
    """Choose what is stored; what is not among the choices becomes one."""
    if combo.findData(str(value)) < 0:
        combo.addItem(words, str(value))
    combo.setCurrentIndex(combo.findData(str(value)))
