"""Appointments of a provider over the window, those outside (AV4) or those to come (AP9): who, when, what, and the way to each."""

from collections.abc import Sequence

from PySide6.QtCore import Slot

from request_desk.domain.appointments import Appointment
from request_desk.domain.words import _
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import STATUS_WORDS, named, who_words
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.sheet import Sheet

_SIZE = (760, 460)


class AppointmentsSheet(Sheet):
    """A list to go through: Enter opens the visit on the schedule, where it is moved or cancelled."""

    def __init__(self, context: DeskContext, title: str, detail: str, shown: Sequence[Appointment]) -> None:
        button = primary(_("Open on the schedule"), icon="calendar-days")
        super().__init__(title, button, context.messages.window(), detail=detail, size=_SIZE, by_enter=True)
        self._context = context
        columns: tuple[Column[Appointment], ...] = (
            Column(_("When"), self._when, 170),
            Column(_("Patient"), self._who),
            Column(_("Visit"), _what, 130),
            Column(_("Status"), _status, 84),
            Column(_("Location"), _where, 100),
        )
        self.model: ColumnsModel[Appointment] = ColumnsModel(columns, _key, self)
        self.view = ColumnsView(self.model, name=title)
        self.model.set_rows(sorted(shown, key=lambda each: (each.starts_at, each.id)))
        card = Card(padding=1)
        card.body.addWidget(self.view)
        self.body.addWidget(card, 1)
        self.finish()
        self.view.select_first()
        self.view.setFocus()
        self.view.opened.connect(self._open)
        self.button.clicked.connect(self._open_selected)

    def _when(self, entry: Appointment) -> str:
        return self._context.words().at(entry.zone).moment(entry.starts_at)

    def _who(self, entry: Appointment) -> str:
        return who_words(entry.patient_name, entry.birth_day, self._context.words())

    @Slot()
    def _open_selected(self) -> None:
        self._open(self.view.selected_key())

    @Slot(object)
    def _open(self, key: int | None) -> None:
        if key is not None:
            self.accept()
            self._context.open_thing("schedule", key)


def _what(entry: Appointment) -> str:
    return named(entry.type_name)


def _status(entry: Appointment) -> str:
    return STATUS_WORDS[entry.status]


def _where(entry: Appointment) -> str:
    return named(entry.location_name)


def _key(entry: Appointment) -> int:
    return entry.id
