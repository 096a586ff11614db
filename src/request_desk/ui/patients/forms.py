"""The forms of the Patients page: a patient, a new one, a contact with the rights; each stands in a window of its own."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from request_desk.domain.access import Permission
from request_desk.domain.careful import Doubtful
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Refused
from request_desk.domain.ids import ContactId, PatientId
from request_desk.domain.words import _
from request_desk.services.people import registration
from request_desk.services.people.patient_page import PatientView, Related, open_patient
from request_desk.services.people.patients import ContactHit
from request_desk.services.people.registration import ContactDetails, PatientDetails, RelationDetails
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE, Editor
from request_desk.ui.patients.fields import ContactFields, PatientFields, RelationFields, WhoFields
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, app_theme

_WIDTH, _HEIGHT = 620, 640  # pixels at 100 %
_ENTERS = (Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value)
_AROUND = 24  # pixels of the window that stay visible around a form
_NOBODY = ContactDetails("", "")
_UNTOLD = RelationDetails("")


class FormWindow(QDialog):
    """A form over the window. It closes when the form is stored, and asks before it throws away what was typed."""

    def __init__(self, form: Editor, parent: QWidget, *, width: int = _WIDTH, height: int = _HEIGHT) -> None:
        super().__init__(parent)
        self.form = form
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(form.accessibleName())
        self.setAccessibleName(form.accessibleName())
        self.close_button = secondary(_("Close"), keys="Esc")
        form.buttons.insertWidget(0, self.close_button)
        body = QVBoxLayout(self)
        body.addWidget(form, 1)
        self._add_foot(body)
        room = parent.window().size() - QSize(2 * _AROUND, 2 * _AROUND)
        self.resize(QSize(app_theme().px(width), app_theme().px(height)).boundedTo(room))
        self.close_button.clicked.connect(self._leave)
        form.stored.connect(self.accept)
        QShortcut(QKeySequence("Ctrl+S"), self).activated.connect(form.save_clicked)

    def _add_foot(self, body: QVBoxLayout) -> None:
        """The buttons and what is said about them stay in sight, however long the form is."""
        form, side = self.form, app_theme().px(5 * SPACE)
        foot = QVBoxLayout()
        foot.setContentsMargins(side, 0, side, app_theme().px(2 * SPACE))
        for part in (form.said, form.locked):
            form.card.body.removeWidget(part)
            foot.addWidget(part)
        form.card.body.removeItem(form.buttons)
        form.buttons.setParent(None)
        foot.addLayout(form.buttons)
        body.addLayout(foot)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape.value:
            self._leave()
        elif event.key() in _ENTERS:
            event.accept()  # Qt would press the first button of the form; one that has the focus has taken it already
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Who closes the window is asked, too; the program closes it at once."""
        if event.spontaneous() and self.form.is_changed():
            event.ignore()
            self._leave()
        else:
            super().closeEvent(event)

    @Slot()
    def _leave(self) -> None:
        if not self.form.is_changed():
            self.reject()
            return
        question = ask(self, _("Throw away what you typed?"), yes=_("Throw away"), no=_("Go on"), dangerous=True)
        question.answered.connect(self._answered)

    @Slot(bool)
    def _answered(self, yes: bool) -> None:
        if yes:
            self.reject()


class _PersonForm(Editor):
    """What the forms of one patient share: the patient is read, and a change made elsewhere is told."""

    def __init__(self, context: DeskContext, title: str, hint: str, patient_id: PatientId | None) -> None:
        super().__init__(
            context, title, hint, Permission.CHANGE_PATIENTS, (Topic.PATIENT,), reading=_("Reading the patient …")
        )
        self.patient_id = patient_id
        self.seen: PatientView | None = None

    def read(self) -> None:
        if self.patient_id is None:
            self.shown(refill=not self.is_changed())
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            pending = self.context.runner.read(self, open_patient, self.patient_id)
            pending.done(self._patient_read).refused(self.unreadable)

    def _patient_read(self, view: PatientView) -> None:
        is_kept = self.seen is not None and self.is_changed()
        is_other = self.seen is not None and self.version_of(view) != self.version_of(self.seen)
        is_first = self.seen is None
        self.seen = view
        self.shown(refill=not is_kept)
        if is_first:
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)
        if is_kept and is_other:
            self.say(CHANGED_ELSEWHERE)

    def version_of(self, view: PatientView) -> int:
        """Return the version of what the form changes, 0 for what is new."""
        return 0

    def first_field(self) -> QWidget:
        """Return where typing begins."""
        raise TypeError("a form knows its own fields")

    def say_heading(self, words: str) -> None:
        """Put a line and a heading between the fields."""
        self.fields.addWidget(Line())
        self.fields.addWidget(PlainLabel(words, role=TextRole.BOLD))


class PatientForm(_PersonForm):
    """What is known of a patient."""

    def __init__(self, context: DeskContext, patient_id: PatientId) -> None:
        super().__init__(context, _("Patient"), _("Letters and visits follow the name at once."), patient_id)
        self.patient = PatientFields(self)

    def first_field(self) -> QWidget:
        return self.patient.given

    def version_of(self, view: PatientView) -> int:
        return view.patient.version

    def _stored_details(self) -> PatientDetails | None:
        seen = self.seen
        if seen is None:
            return None
        who = seen.patient
        born = self.context.words().birth(who.birth_day)
        note, needs = seen.custody_note, seen.needs_interpreter
        return PatientDetails(who.given_name, who.family_name, born, note, seen.state, needs)

    def fill(self) -> None:
        details = self._stored_details()
        if details is not None:
            self.patient.show(details)

    def is_changed(self) -> bool:
        return self.seen is not None and self.patient.typed() != self._stored_details()

    def save(self) -> None:
        seen = self.seen
        if seen is not None:
            act, typed = registration.save_patient, self.patient.typed()
            version = seen.patient.version
            self.send(self.context.runner.act(self, act, seen.patient.id, typed, expect_version=version))


class NewPatientForm(_PersonForm):
    """A new patient with who asks for them; one who looks like another is asked about before anything is saved."""

    def __init__(self, context: DeskContext, sibling_of: PatientId | None = None) -> None:
        hint = _("A patient needs somebody who asks for them. Everything else can follow later.")
        super().__init__(context, _("New patient") if sibling_of is None else _("New sibling"), hint, sibling_of)
        self.household = PlainLabel("", wrap=True)
        self.household.hide()
        self.fields.addWidget(self.household)
        self.patient = PatientFields(self)
        self.say_heading(_("Who asks"))
        self.who = WhoFields(self, context)
        self.fields.addWidget(self.who)
        self.relation = RelationFields(self)
        self._empty = PatientDetails("", "", "")
        self.fill()

    def fill(self) -> None:
        """A sibling begins with the family name, and with who asks for the one who is known."""
        seen = self.seen
        self.who.fields.show(_NOBODY)
        self.relation.show(_UNTOLD)
        if seen is not None:
            self._empty = PatientDetails("", seen.patient.family_name, "")
            name = named(seen.patient.name)
            self.household.setText(_("Lives in the household of {name}.").format(name=name))
            first = next((each for each in seen.contacts if each.stands and each.relation.may_book), None)
            if first is not None:
                self.who.choose(ContactHit(first.contact.id, first.contact.name, (seen.patient.name,)))
                self.relation.show(RelationDetails(first.relation.relation))
        self.household.setVisible(seen is not None)
        self.patient.show(self._empty)

    def first_field(self) -> QWidget:
        return self.patient.given

    def is_changed(self) -> bool:
        is_new = self.who.known is None and self.who.fields.typed() != _NOBODY
        return is_new or self.patient.typed() != self._empty

    def save(self) -> None:
        self._save(is_another=False)

    def _save(self, *, is_another: bool) -> None:
        sibling = self.patient_id
        pending = self.context.runner.act(
            self,
            registration.add_patient,
            self.patient.typed(),
            self.who.typed(),
            self.relation.typed(),
            sibling_of=sibling,
            is_another=is_another,
        )
        self.send(pending)

    def refuse(self, refused: Refused) -> None:
        if not isinstance(refused, Doubtful):
            super().refuse(refused)
            return
        detail = _("The new one is saved as a patient of their own; records are not mixed.")
        question = ask(
            self.window(), refused.sentence, detail=detail, yes=_("This is another patient"), no=_("Go back")
        )
        question.answered.connect(self._is_another)

    @Slot(bool)
    def _is_another(self, yes: bool) -> None:
        if yes:
            self._save(is_another=True)


class ContactForm(_PersonForm):
    """A contact of a patient with what they may do: a new one, one who is known, or one who is there already."""

    def __init__(self, context: DeskContext, patient_id: PatientId, contact_id: ContactId | None = None) -> None:
        hint = _("Rights are asked each time something is done: a change counts at once.")
        super().__init__(context, _("Contact") if contact_id is not None else _("New contact"), hint, patient_id)
        self.contact_id = contact_id
        self.who = WhoFields(self, context) if contact_id is None else None
        self.contact = self.who.fields if self.who is not None else ContactFields(self, self.fields, context.words())
        if self.who is not None:
            self.fields.addWidget(self.who)
        self.say_heading(_("What they are to the patient"))
        self.relation = RelationFields(self)

    def first_field(self) -> QWidget:
        return self.who.finder if self.who is not None else self.contact.given

    def version_of(self, view: PatientView) -> int:
        related = self._related(view)
        return related.contact.version if related is not None else 0

    def _related(self, view: PatientView | None) -> Related | None:
        contacts = view.contacts if view is not None else ()
        return next((each for each in contacts if each.contact.id == self.contact_id), None)

    def _stored_details(self) -> tuple[ContactDetails, RelationDetails]:
        related, words = self._related(self.seen), self.context.words()
        if related is None:
            return _NOBODY, _UNTOLD
        contact, relation = related.contact, related.relation
        email, until = contact.email, relation.valid_until
        details = ContactDetails(
            contact.given_name,
            contact.family_name,
            contact.language,
            tuple(map(words.phone, contact.phones)),
            email.value if email is not None else "",
            email is not None and email.verified,
            contact.opted_out,
            words.phone(contact.mobile) if contact.mobile else "",
            frozenset(each.channel for each in contact.opt_outs),
        )
        return details, RelationDetails(
            relation.relation,
            relation.may_book,
            relation.may_see_messages,
            relation.gets_notices,
            words.birth(until) if until is not None else "",
        )

    def fill(self) -> None:
        contact, relation = self._stored_details()
        self.contact.show(contact)
        self.relation.show(relation)

    def is_changed(self) -> bool:
        is_known = self.who is not None and self.who.known is not None
        return is_known or (self.contact.typed(), self.relation.typed()) != self._stored_details()

    def save(self) -> None:
        runner, patient, as_what = self.context.runner, self.patient_id, self.relation.typed()
        related = self._related(self.seen)
        if patient is None:
            return
        if self.who is not None:
            self.send(runner.act(self, registration.add_contact, patient, self.who.typed(), as_what))
        elif related is not None:
            act, who = registration.save_contact, related.contact
            typed, version = self.contact.typed(), who.version
            self.send(runner.act(self, act, who.id, typed, patient, as_what, expect_version=version))
