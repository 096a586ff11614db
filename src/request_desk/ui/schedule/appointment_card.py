"""The card of one appointment beside the schedule: what it is, what can be done with it; it decides nothing."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from request_desk.domain import appointments
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.clock import Clock
from request_desk.domain.directory import CancelReason
from request_desk.domain.words import Words, _
from request_desk.ui.schedule.appointment_words import (
    born_words,
    clash_words,
    named,
    reason_words,
    short_name,
    status_words,
)
from request_desk.ui.widgets.buttons import Button, IconButton, danger, secondary
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Card, Line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme


class AppointmentCard(Card):
    """Shows one appointment with the acts that its state allows; a line says why the others are not there."""

    move_wanted = Signal(object)  # Appointment
    cancel_wanted = Signal(object)
    completed_wanted = Signal(object)
    no_show_wanted = Signal(object)
    patient_wanted = Signal()
    closed = Signal()

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent, padding=16, name=_("Appointment"))
        self._clock = clock
        self._entry: Appointment | None = None
        self._name = PlainLabel("", role=TextRole.TITLE, wrap=True, selectable=True, name=_("Patient"))
        self._born = PlainLabel(" ", tone=Tone.MUTED, role=TextRole.SMALL)
        self.patient_button = IconButton("user", _("Open the patient"), keys="I")
        self._close = IconButton("x", _("Close the card"))
        self.facts = FactLines()
        self.clash = PlainLabel("", role=TextRole.BOLD, tone=Tone.DANGER, wrap=True)
        self.clash.hide()
        self._why = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.move_button = secondary(_("Move …"), icon="calendar-sync", keys="M")
        self.cancel_button = danger(_("Cancel visit …"), icon="calendar-x", keys="C")
        self.completed_button = secondary(_("Mark as completed"), icon="calendar-check")
        self.no_show_button = secondary(_("Mark as no-show"), icon="calendar-x")
        self._build()
        self._close.clicked.connect(self.closed)
        self.patient_button.clicked.connect(self.patient_wanted)
        self.move_button.clicked.connect(self._move)
        self.cancel_button.clicked.connect(self._cancel)
        self.completed_button.clicked.connect(self._completed)
        self.no_show_button.clicked.connect(self._no_show)

    def _build(self) -> None:
        theme = app_theme()
        head = QGridLayout()
        head.setColumnStretch(0, 1)
        head.setVerticalSpacing(theme.px(SPACE / 2))
        head.addWidget(self._name, 0, 0)
        head.addWidget(self.patient_button, 0, 1, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._close, 0, 2, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._born, 1, 0, 1, 3)
        self.body.setSpacing(theme.px(2 * SPACE))
        self.body.addLayout(head)
        self.body.addSpacing(theme.px(SPACE))
        self.body.addWidget(Line())
        self.body.addSpacing(theme.px(SPACE))
        self.body.addWidget(self.clash)
        self.body.addWidget(self.facts)
        self.body.addStretch(1)
        self.body.addWidget(self._why)
        for button in self._buttons():
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.body.addWidget(button)

    def _buttons(self) -> tuple[Button, ...]:
        return self.move_button, self.completed_button, self.no_show_button, self.cancel_button

    def acts(self) -> tuple[Button, ...]:
        """Return the buttons that are offered now, for the context menu."""
        return tuple(button for button in self._buttons() if not button.isHidden())

    def entry(self) -> Appointment | None:
        return self._entry

    def show_entry(
        self,
        entry: Appointment,
        words: Words,
        reasons: tuple[CancelReason, ...] = (),
        others: Sequence[Appointment] = (),
    ) -> None:
        """Show an appointment; `others` are what it is double booked with."""
        self._entry = entry
        self._show_clash(entry, words, others)
        self._name.setText(named(entry.patient_name, 200))
        if entry.birth_day is not None:
            self._born.setText(born_words(entry.birth_day, words, self._clock.now()))
        self.facts.show_lines(
            (
                (_("Time"), words.at(entry.zone).moment(entry.starts_at)),
                (_("Type"), f"{named(entry.type_name)}, {words.minutes(entry.ends_at - entry.starts_at)}"),
                (_("Provider"), named(entry.provider_name)),
                (_("Location"), named(entry.location_name)),
                (_("Status"), status_words(entry)),
                (_("Booked by"), named(entry.booked_by)),
                (_("Reason"), reason_words(entry, reasons)),
            )
        )
        self._show_acts(entry, words)

    def _show_clash(self, entry: Appointment, words: Words, others: Sequence[Appointment]) -> None:
        """Both cannot be seen then: which of them moves is the user's to decide (BK9)."""
        told = _("{clash}. Find another time for one of them.").format(clash=clash_words(others, words))
        self.clash.setText(told if others else "")
        self.clash.setVisible(bool(others))
        find = _("Find another time for {patient} …").format(patient=short_name(entry.patient_name))
        self.move_button.set_text(find if others else _("Move …"))

    def _show_acts(self, entry: Appointment, words: Words) -> None:
        """AP3 and AP5: before the start an appointment is moved or cancelled, after it marked; a mark can be corrected."""
        now = self._clock.now()
        begun = appointments.may_complete(entry.starts_at, now)
        ahead = entry.status is AppointmentStatus.CONFIRMED and not begun
        over = begun and appointments.may_mark_no_show(entry.ends_at, now)
        seen = entry.status is AppointmentStatus.CONFIRMED and begun
        self.move_button.setVisible(ahead)
        self.cancel_button.setVisible(ahead)
        self.completed_button.setVisible(seen or entry.status is AppointmentStatus.NO_SHOW)
        self.no_show_button.setVisible(seen or entry.status is AppointmentStatus.COMPLETED)
        self.no_show_button.setEnabled(over)
        why = ""
        if entry.status is AppointmentStatus.HELD:
            why = _("This time is only held: it is booked or let go where it was chosen.")
        elif begun and not over and not self.no_show_button.isHidden():
            until = words.time(entry.ends_at + appointments.JOIN_CLOSES_AFTER)
            why = _("They may still come: a no-show can be marked from {time}.").format(time=until)
        self._why.setText(why)
        self._why.setVisible(bool(why))

    @Slot()
    def _move(self) -> None:
        self.move_wanted.emit(self._entry)

    @Slot()
    def _cancel(self) -> None:
        self.cancel_wanted.emit(self._entry)

    @Slot()
    def _completed(self) -> None:
        self.completed_wanted.emit(self._entry)

    @Slot()
    def _no_show(self) -> None:
        self.no_show_wanted.emit(self._entry)
