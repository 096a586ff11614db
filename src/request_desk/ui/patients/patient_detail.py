"""One patient in full beside the list: who asks, household, appointments and requests, each with a way to it; it decides nothing."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Topic
from request_desk.domain.ids import PatientId
from request_desk.domain.words import _
from request_desk.services.people import registration
from request_desk.services.people.patient_page import PatientView, Related, open_patient
from request_desk.ui.freed.freed_words import waits_line
from request_desk.ui.freed.waitlist_form import WaitlistForm
from request_desk.ui.freed.waitlist_sheet import WaitlistSheet
from request_desk.ui.lists.detail_page import DetailPage
from request_desk.ui.patients.forms import ContactForm, FormWindow, NewPatientForm, PatientForm
from request_desk.ui.patients.lines import ContactLines, LinkLines
from request_desk.ui.patients.merge_sheet import MergeSheet
from request_desk.ui.patients.patient_words import appointment_line, born_words, head_words, request_line
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import ghost
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.states import Banner, BannerKind
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import Tone

_FEW = 6  # earlier visits and requests that are shown at first


def not_allowed(context: DeskContext) -> str:
    """Return why the user cannot change patients, "" when they can."""
    return "" if may(context.actor(), Permission.CHANGE_PATIENTS) else _("your role does not cover it")


def not_scheduling(context: DeskContext) -> str:
    """Return why the user cannot change the schedule, "" when they can."""
    return "" if may(context.actor(), Permission.CHANGE_SCHEDULE) else _("your role does not cover it")


def patient_acts(
    context: DeskContext, owner: QWidget, patient_id: PatientId, made: Callable[[int], object], why_not: str = ""
) -> tuple[ActSpec, ...]:
    """Return what can be done with a patient, and `why_not`; `made` is told the id of a new sibling."""
    gone, why_not = why_not, not_allowed(context) or why_not

    def edit() -> None:
        FormWindow(PatientForm(context, patient_id), owner.window()).open()

    def add_contact() -> None:
        FormWindow(ContactForm(context, patient_id), owner.window()).open()

    def add_sibling() -> None:
        form = NewPatientForm(context, patient_id)
        form.stored.connect(made)
        FormWindow(form, owner.window()).open()

    def copy_number() -> None:
        QGuiApplication.clipboard().setText(str(patient_id))
        context.messages.say(_("The patient number is copied: partners name the patient by it."))

    def wait() -> None:
        FormWindow(WaitlistForm(context, patient_id), owner.window()).open()

    def merge() -> None:
        MergeSheet(context, patient_id, owner.window()).open()

    return (
        ActSpec(_("Change patient …"), edit, why_not, "pencil"),
        ActSpec(_("New contact …"), add_contact, why_not, "plus"),
        ActSpec(_("New sibling …"), add_sibling, why_not, "users"),
        ActSpec(_("Merge duplicates …"), merge, why_not),
        ActSpec(_("Put on the waiting list …"), wait, not_scheduling(context) or gone, "clock"),
        ActSpec(_("Copy patient number"), copy_number, gone, "copy"),
    )


class PatientDetail(DetailPage[PatientView]):
    """Everything around one patient."""

    patient_wanted = Signal(object)  # PatientId

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            name=_("Patient"),
            choose=_("Choose a patient to see everything around them."),
            reading=_("Reading the patient …"),
            topics=(Topic.PATIENT, Topic.APPOINTMENT, Topic.REQUEST, Topic.WAITLIST),
        )
        self.head = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.custody = Banner()
        self.contacts = ContactLines(self._contact_acts)
        self.siblings = LinkLines(_("No other patient lives in this household."))
        self.ahead = LinkLines(_("No visit is booked."))
        self.past = LinkLines(_("No earlier visit."))
        self.waits = LinkLines(_("Nobody waits for a time."))
        self.requests = LinkLines(_("No request that you may see."))
        self.more_appointments, self.more_requests = ghost(""), ghost("")
        self.add_top(self.head, self.custody)
        self.add_section(_("Contacts"), self.contacts)
        self.add_section(_("Visits to come"), self.ahead)
        self._waits = self.add_section(_("Waiting list"), self.waits)
        self.add_section(_("Requests"), self.requests, self.more_requests)
        self.add_section(_("Earlier visits"), self.past, self.more_appointments)
        self.add_section(_("Household"), self.siblings)
        self.number = PlainLabel("", selectable=True, name=_("Patient number"))
        self.add_section(_("Patient number"), self.number)
        self._view: PatientView | None = None
        self._is_whole = False
        for lines in (self.ahead, self.past):
            lines.picked.connect(partial(context.open_thing, "schedule"))
        self.requests.picked.connect(partial(context.open_thing, "messages"))
        self.siblings.picked.connect(self.patient_wanted)
        self.waits.picked.connect(self._open_waiting)
        for more in (self.more_appointments, self.more_requests):
            more.clicked.connect(self._show_whole)

    def read(self, key: int) -> Pending[PatientView]:
        return self.context.runner.read(self, open_patient, PatientId(key))

    def fill(self, view: PatientView) -> None:
        words, today = self.context.words(), self.context.today()
        if self._view is None or self._view.patient.id != view.patient.id:
            self._is_whole = False
            self.place.verticalScrollBar().setValue(0)
        self._view = view
        self.title.setText(named(view.patient.name, 200))
        self.head.setText(head_words(view, words, today))
        self.number.setText(str(view.patient.id))
        if view.custody_note:
            self.custody.say(BannerKind.WARNING, named(view.custody_note, 500))
        else:
            self.custody.clear()
        self.contacts.show_contacts(view.contacts, words)
        self.siblings.show_lines(
            [(each.id, named(each.name), born_words(each, words, today)) for each in view.siblings]
        )
        self.ahead.show_lines([(each.id, *appointment_line(each, words)) for each in view.ahead])
        self.waits.show_lines([(each.id, *waits_line(each, words)) for each in view.waits])
        show_if(self._waits, bool(view.waits))
        self._show_long(view)

    def _show_long(self, view: PatientView) -> None:
        """Of what may be long the latest, until the rest is asked for."""
        words, most = self.context.words(), None if self._is_whole else _FEW
        self.past.show_lines([(each.id, *appointment_line(each, words)) for each in view.past[:most]])
        self.requests.show_lines([(each.id, *request_line(each, words)) for each in view.requests[:most]])
        for more, count in ((self.more_appointments, len(view.past)), (self.more_requests, len(view.requests))):
            more.set_text(_("Show all {count}").format(count=words.count(count)))
            more.setVisible(most is not None and count > most)

    @Slot(object)
    def _open_waiting(self, entry_id: object) -> None:
        sheet = WaitlistSheet(self.context, self.window())
        sheet.list.open(int(str(entry_id)))
        sheet.open()

    @Slot()
    def _show_whole(self) -> None:
        self._is_whole = True
        if self._view is not None:
            self._show_long(self._view)

    def acts_of(self, view: PatientView) -> Sequence[ActSpec]:
        return patient_acts(self.context, self, view.patient.id, self.patient_wanted.emit)

    def _contact_acts(self, related: Related) -> Sequence[ActSpec]:
        why_not = not_allowed(self.context)
        ended = "" if related.stands else _("they have ended")
        return (
            ActSpec(_("Change contact and rights …"), partial(self._edit_contact, related), why_not),
            ActSpec(_("End the rights …"), partial(self._ask_end, related), why_not or ended, is_grave=True),
        )

    def _edit_contact(self, related: Related) -> None:
        form = ContactForm(self.context, related.relation.patient_id, related.contact.id)
        FormWindow(form, self.window()).open()

    def _ask_end(self, related: Related) -> None:
        name = named(related.contact.name, 60)
        question = _("End the rights of {name}?").format(name=name)
        detail = _(
            "From now on {name} can neither ask nor read for this patient, and is signed out. What was written stays."
        )
        asked = ask(self.window(), question, detail=detail.format(name=name), yes=_("End the rights"), dangerous=True)
        asked.answered.connect(partial(self._end, related))

    def _end(self, related: Related, yes: bool) -> None:
        if yes:
            act, who = registration.end_relation, related.contact
            patient_id = related.relation.patient_id
            self.context.runner.act(self, act, who.id, patient_id, expect_version=who.version)
