"""Finds a patient's appointments on the schedule: who, then which of them; it is shown by whoever opened this."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.appointments import Appointment
from request_desk.domain.words import _
from request_desk.services.people.patients import PatientHit
from request_desk.services.schedule import queries as schedule_queries
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named, status_words, who_words
from request_desk.ui.schedule.patient_finder import PatientFinder
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, app_theme

_LOWEST = 220  # pixels at 100 % of the list
_MOST = 30  # appointments


class FindSheet(Sheet):
    """Type a name, Enter, Enter: the next appointment of that patient is shown; the arrows choose another one."""

    picked = Signal(object)  # AppointmentId

    def __init__(self, context: DeskContext, parent: QWidget) -> None:
        super().__init__(_("Find a visit"), primary(_("Show it")), parent, size=(640, 560), by_enter=True)
        self._context = context
        self._patient: PatientHit | None = None
        self.finder = PatientFinder(context)
        self._who = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self._model: ColumnsModel[Appointment] = ColumnsModel(
            (
                Column(_("Time"), self._time, 190),
                Column(_("Visit"), _kind, 0),
                Column(_("Provider"), _provider, 130),
                Column(_("State"), status_words, 110),
            ),
            _key,
            self,
        )
        self.list = ColumnsView(self._model, name=_("Visits"))
        self._stack = StateStack(self.list)
        card = Card(padding=1)
        card.body.addWidget(self._stack)
        card.setMinimumHeight(app_theme().px(_LOWEST))
        for part in (self.finder, self._who):
            self.body.addWidget(part)
        self.body.addWidget(card, 1)
        self.finish()
        self._who.hide()
        self._stack.show_state(State.EMPTY, _("Find a patient to see the visits."), icon="search")
        self.button.setEnabled(False)
        self.finder.chosen.connect(self._patient_chosen)
        self.list.key_selected.connect(self._selected)
        self.list.opened.connect(self._pick)
        self.button.clicked.connect(self._pick)
        self.finder.setFocus()

    @Slot(object)
    def _patient_chosen(self, hit: PatientHit) -> None:
        self._patient = hit
        self._who.setText(who_words(hit.name, hit.birth_day, self._context.words()))
        self._who.show()
        read = self._context.runner.read(self, schedule_queries.of_patient, hit.id, limit=_MOST)
        read.done(self._found).refused(self.refuse)

    def _found(self, found: tuple[Appointment, ...]) -> None:
        """The next one is chosen first, where there is none the last; below it those after and before, by time."""
        now = self._context.clock.now()
        shown = sorted(found, key=lambda each: each.starts_at)
        ahead = [each for each in shown if each.ends_at > now]
        self._model.set_rows([*ahead, *reversed([each for each in shown if each not in ahead])])
        if shown:
            self._stack.show_content()
            self.list.select_first()
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._stack.show_state(State.EMPTY, _("No visit is or was booked."), icon="calendar-x")
            self._selected(None)

    @Slot(object)
    def _selected(self, key: object) -> None:
        self.button.setEnabled(key is not None)

    @Slot()
    def _pick(self) -> None:
        key = self.list.selected_key()
        if key is not None:
            self.accept()
            self.picked.emit(key)

    def _time(self, entry: Appointment) -> str:
        return self._context.words().at(entry.zone).moment(entry.starts_at)


def _kind(entry: Appointment) -> str:
    return named(entry.type_name)


def _provider(entry: Appointment) -> str:
    return named(entry.provider_name)


def _key(entry: Appointment) -> int:
    return entry.id
