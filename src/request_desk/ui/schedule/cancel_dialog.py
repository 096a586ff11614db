"""The question before a visit is cancelled from the schedule: the coded reason and what the parent reads."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QWidget

from request_desk.domain.appointments import Appointment
from request_desk.domain.directory import CancelReason, Patient
from request_desk.domain.errors import Refused
from request_desk.domain.requests import Cancellation
from request_desk.domain.words import Words, _
from request_desk.ui.schedule.sheet import Sheet
from request_desk.ui.schedule.visit_words import named, visit_words, who_words
from request_desk.ui.widgets.buttons import danger
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_SIZE = (460, 0)


class CancelDialog(Sheet):
    """Asks for the reason (AP3); nothing is cancelled without one."""

    decided = Signal(object)  # Cancellation

    def __init__(
        self,
        entry: Appointment,
        reasons: Sequence[CancelReason],
        words: Words,
        parent: QWidget | None,
        patient: Patient | None = None,
    ) -> None:
        super().__init__(_("Cancel visit"), danger(_("Cancel visit"), keys="Ctrl+Return"), parent, size=_SIZE)
        self.entry = entry
        self._reasons = tuple(reasons)
        who = who_words(entry.patient_name, patient, words)
        what = _("CANCEL {who}, {time}").format(who=who, time=words.at(entry.zone).moment(entry.starts_at))
        self.reason = QComboBox()
        self.reason.addItem(_("Choose a reason"))
        for reason in self._reasons:
            self.reason.addItem(named(reason.label))
        self._read = PlainLabel(" ", role=TextRole.SMALL, tone=Tone.MUTED, wrap=True)
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(app_theme().px(72))
        self.body.addWidget(PlainLabel(what, role=TextRole.BOLD, wrap=True))
        self.body.addWidget(PlainLabel(visit_words(entry, words), role=TextRole.SMALL, tone=Tone.MUTED, wrap=True))
        self.body.addWidget(field(_("Reason"), self.reason))
        self.body.addWidget(self._read)
        self.body.addWidget(field(_("Words of your own, read by the parent"), self.text))
        self.close_button.set_text(_("Keep it"))
        self.finish()
        self.reason.currentIndexChanged.connect(self._reason_chosen)
        self.button.clicked.connect(self._decide)
        self._reason_chosen(0)
        self.reason.setFocus()

    def _chosen(self) -> CancelReason | None:
        place = self.reason.currentIndex() - 1
        return self._reasons[place] if 0 <= place < len(self._reasons) else None

    @Slot(int)
    def _reason_chosen(self, _place: int) -> None:
        reason = self._chosen()
        self.button.setEnabled(reason is not None)
        told = reason.parent_text if reason is not None else ""
        self._read.setText(_("The parent reads: {text}").format(text=named(told, 300)) if told else " ")

    @Slot()
    def _decide(self) -> None:
        reason = self._chosen()
        if self.button.isEnabled() and reason is not None:
            self.button.setEnabled(False)  # a second click does nothing until the first is answered
            self.say("")
            text = self.text.toPlainText().strip()
            self.decided.emit(Cancellation(self.entry.id, self.entry.version, reason.code, text))

    def done_with(self, _appointment_id: int) -> None:
        """It is cancelled."""
        self.accept()

    def refuse(self, refused: Refused) -> None:
        super().refuse(refused)
        self.button.setEnabled(True)
