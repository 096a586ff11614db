"""One appointment in full beside the list: visit, patient, contacts, its chain of rebookings as links, and what happened."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.appointment_lists import AppointmentDetails
from request_desk.domain.appointments import Appointment
from request_desk.domain.changes import Topic
from request_desk.domain.ids import AppointmentId
from request_desk.domain.policy import Action, AppointmentSubject, may
from request_desk.domain.questionnaires import FilledForm
from request_desk.domain.words import _
from request_desk.services.schedule import appointment_details
from request_desk.ui.appointments import detail_words
from request_desk.ui.appointments.answers_sheet import AnswersSheet
from request_desk.ui.appointments.appointment_acts import acts_of
from request_desk.ui.appointments.document_acts import DocumentActs
from request_desk.ui.appointments.paper_sections import DocumentLines, FormLines
from request_desk.ui.lists.detail_page import DetailPage
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import Button, secondary
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.text import show_if
from request_desk.ui.widgets.theme import SPACE, app_theme

_LABELS = 86  # pixels at 100 %


class ChainLinks(QWidget):
    """The appointments of a chain, the first one first, each a button but for the one that is shown."""

    wanted = Signal(object)  # AppointmentId

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.buttons: tuple[Button, ...] = ()
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(app_theme().px(SPACE))

    def show_chain(self, chain: Sequence[Appointment], shown: AppointmentId) -> None:
        """Show a chain; one that another provider has is told, not opened."""
        for button in self.buttons:
            self._body.removeWidget(button)
            button.deleteLater()
        words, actor = self._context.words(), self._context.actor()
        today = self._context.today()
        made = []
        for each in chain:
            button = secondary(detail_words.chain_words(each, words), parent=self)
            button.setEnabled(
                each.id != shown and bool(may(actor, Action.SEE, AppointmentSubject(each.provider_id), today))
            )
            button.setAccessibleDescription(_("This is the visit that is shown.") if each.id == shown else "")
            button.clicked.connect(partial(self.wanted.emit, each.id))
            self._body.addWidget(button)
            button.show()
            made.append(button)
        self.buttons = tuple(made)


class AppointmentDetail(DetailPage[AppointmentDetails]):
    """What the desk needs on the phone first: the visit, who it is for, and who may decide."""

    opened = Signal(object)  # AppointmentId of another one of its chain

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            name=_("Visit"),
            choose=_("Choose a visit to see all of it."),
            reading=_("Reading the visit …"),
            topics=(Topic.APPOINTMENT, Topic.PATIENT, Topic.REQUEST, Topic.DELIVERY, Topic.NOTE, Topic.DIRECTORY),
        )
        self.appointment_facts, self.patient_facts, self.contacts = (FactLines(_LABELS) for _part in range(3))
        self.notes, self.happened = FactLines(), FactLines()
        self.chain = ChainLinks(context)
        self.forms, self.documents = FormLines(context), DocumentLines(context)
        self._document_acts = DocumentActs(context, self)
        self._view: AppointmentDetails | None = None
        self.chain.wanted.connect(self.opened)
        self.add_section(_("Visit"), self.appointment_facts)
        self._patient = self.add_section(_("Patient"), self.patient_facts)
        self._contacts = self.add_section(_("Who acts for the patient"), self.contacts)
        self._forms = self.add_section(_("Forms"), self.forms)
        self.add_section(_("Documents"), self.documents)
        self._chain = self.add_section(_("Moved"), self.chain)
        self._notes = self.add_section(_("Notes on the request"), self.notes)
        self.add_section(_("What happened"), self.happened)
        self.forms.wanted.connect(self._show_answers)
        self.documents.add_wanted.connect(self._document_acts.choose)
        self.documents.open_wanted.connect(self._document_acts.ask_open)
        self.documents.save_wanted.connect(self._document_acts.ask_path)
        self.documents.remove_wanted.connect(self._document_acts.ask_remove)

    def read(self, key: int) -> Pending[AppointmentDetails]:
        return self.context.runner.read(self, appointment_details.details, AppointmentId(key))

    def fill(self, view: AppointmentDetails) -> None:
        words, now = self.context.words(), self.context.clock.now()
        self.title.setText(detail_words.title(view, words, now))
        self.appointment_facts.show_lines(
            detail_words.appointment_lines(view, words, self.context.settings().cancel_reasons)
        )
        self.patient_facts.show_lines(detail_words.patient_lines(view, words))
        self.contacts.show_lines(detail_words.contact_lines(view.contacts, words, words.zone.day_of(now)))
        self.notes.show_lines(detail_words.note_lines(view.notes, words))
        self.happened.show_lines(detail_words.happened_lines(view, words))
        self.chain.show_chain(view.chain, view.appointment.id)
        self._view = view
        self._document_acts.use(view.appointment.id)
        self.forms.show_forms(view.forms)
        self.documents.show_documents(view.documents)
        show_if(self._forms, bool(view.forms))
        show_if(self._patient, not view.appointment.is_nameless)
        show_if(self._contacts, bool(view.contacts))
        show_if(self._chain, len(view.chain) > 1)
        show_if(self._notes, bool(view.notes))

    def acts_of(self, view: AppointmentDetails) -> Sequence[ActSpec]:
        """What can be done now and is done often; the rest, and why something cannot be done, is in the menu of its row."""
        found = acts_of(self.context, self, view.appointment)
        return [act for act in found if not act.why_not and not act.is_seldom]

    @Slot(object)
    def _show_answers(self, form: FilledForm) -> None:
        if self._view is not None:
            AnswersSheet(self.context, self._view, form, self.window()).open()
