"""The Patients page: everybody who is or was seen here, found as one types; a patient in full beside the list."""

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import PatientState
from request_desk.domain.paging import Page
from request_desk.domain.words import _, sorted_name
from request_desk.services.people import patients
from request_desk.services.people.patients import PatientHit, PatientOrder
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.filter_chips import FilterSpec
from request_desk.ui.lists.list_page import ListPage, ListSpec, ListWanted
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.patients.forms import FormWindow, NewPatientForm
from request_desk.ui.patients.patient_detail import PatientDetail, not_allowed, patient_acts
from request_desk.ui.patients.patient_words import STATES
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope

_CHANGE = Permission.CHANGE_PATIENTS


class PatientsPage(ListPage[PatientHit]):
    """Patients by name, found by name in any script, birth day, or a contact's name, number or address."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        spec = ListSpec[PatientHit](
            key="patients",
            name=_("Patients"),
            columns=(
                Column(_("Name"), _name, order=PatientOrder.NAME),
                Column(_("Born"), self._born, 132, order=PatientOrder.BORN),
                Column(_("Contact"), _contact),
                Column(_("Phone"), _phone, 118),
                Column(_("State"), _state, 88),
            ),
            topics=(Topic.PATIENT,),
            reading=_("Reading the patients …"),
            empty=_("No patient is written down yet. Begin with New patient."),
            empty_icon="users",
            filters=(
                FilterSpec(
                    "states",
                    _("State"),
                    tuple((state.value, words) for state, words in STATES.items()),
                    multiple=True,
                    default=(PatientState.ACTIVE.value,),
                ),
            ),
            order=PatientOrder.NAME,
            menu=_("What can be done with the patient"),
            search=_("Name, date of birth, phone or e-mail"),
        )
        self._card = PatientDetail(context)
        super().__init__(context, spec, parent, detail=self._card)
        self.new_button = primary(_("New patient"), icon="plus", keys="Ctrl+N")
        self.tools.addWidget(self.new_button)
        if not_allowed(context):
            self.new_button.hide()
        self.new_button.clicked.connect(self.new_patient)
        self._card.patient_wanted.connect(self.open)
        self._add_commands()

    def _add_commands(self) -> None:
        self._context.gate.watch(self, Scope.PATIENTS)
        scope = Scope.PATIENTS
        for command, handler in (
            (Command("patients.search", _("Find a patient"), ("/", "Ctrl+F"), scope, icon="search"), self.focus_search),
            (Command("patients.new", _("New patient"), ("Ctrl+N",), scope, True, _CHANGE, "plus"), self.new_patient),
            (Command("patients.edit", _("Change the patient"), ("E",), scope, True, _CHANGE, "pencil"), self._edit),
        ):
            self._context.commands.add(command, handler, owner=self)

    # what the list asks

    def read_page(self, wanted: ListWanted, after: int | None) -> Pending[Page[PatientHit]]:
        return self._context.runner.read(
            self,
            patients.list_page,
            wanted.text,
            tuple(PatientState(str(each)) for each in wanted.filters["states"]),
            PatientOrder(wanted.order),
            descending=wanted.descending,
            after=after,
            limit=PAGE,
        )

    def key_of(self, row: PatientHit) -> int:
        return row.id

    def acts_of(self, row: PatientHit) -> Sequence[ActSpec]:
        merged = _("it was merged, and the other record is kept") if row.state is PatientState.MERGED else ""
        return patient_acts(self._context, self, row.id, self.open, merged)

    def _born(self, hit: PatientHit) -> str:
        words = self._context.words()
        age = words.age_of(hit.birth_day, self._context.today())
        return _("{birth}, {age}").format(birth=words.birth(hit.birth_day), age=age)

    # what is done

    @Slot()
    def new_patient(self) -> None:
        """Write a new patient down, and show them."""
        form = NewPatientForm(self._context)
        form.stored.connect(self.open)
        FormWindow(form, self.window()).open()

    def _edit(self) -> None:
        key = self._card.key
        if key is not None and self._card.acts.isEnabled() and self._card.acts.buttons:
            self._card.acts.buttons[0].click()


def _name(hit: PatientHit) -> str:
    return one_line(sorted_name(hit.family_name, hit.given_name))


def _contact(hit: PatientHit) -> str:
    return one_line(hit.contact_name)


def _phone(hit: PatientHit) -> str:
    return hit.phone


def _state(hit: PatientHit) -> str:
    return "" if hit.state is PatientState.ACTIVE else STATES[hit.state]
