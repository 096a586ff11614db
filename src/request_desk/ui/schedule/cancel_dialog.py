"""The question before an appointment is cancelled, from the schedule or with a reply: the coded reason and what the parent reads."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QRadioButton, QWidget

from request_desk.domain.appointments import Appointment
from request_desk.domain.directory import CancelReason
from request_desk.domain.errors import Refused
from request_desk.domain.requests import Cancellation
from request_desk.domain.words import _
from request_desk.services.schedule import acts
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import appointment_words, nameless_words, who_words
from request_desk.ui.widgets.buttons import danger
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel, no_mnemonic
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_WIDTH = 460
_WIDTH_OF_TWO = 580  # with two columns of reasons
_ONE_COLUMN = 7  # reasons that stand under each other; more stand in two columns
_MOST = 2_000


def ask_cancel(context: DeskContext, entry: Appointment, parent: QWidget | None) -> "CancelDialog":
    """Ask why an appointment is cancelled, and do it without a request."""
    words = context.words()
    what = _("CANCEL {who}, {time}").format(
        who=who_words(entry.patient_name, entry.birth_day, words), time=words.at(entry.zone).moment(entry.starts_at)
    )
    detail = " · ".join(part for part in (appointment_words(entry, words), nameless_words(entry, words)) if part)
    reasons, is_read = context.settings().cancel_reasons, not entry.is_nameless
    dialog = CancelDialog(what, reasons, _("Cancel visit"), parent, detail=detail, is_read=is_read)

    dialog.chosen.connect(partial(_cancel, context, entry, dialog))
    dialog.open()
    return dialog


def _cancel(context: DeskContext, entry: Appointment, dialog: "CancelDialog", reason: CancelReason, text: str) -> None:
    act = Cancellation(entry.id, entry.version, reason.code, text)
    pending = context.runner.act(dialog, acts.act_alone, entry.patient_id, act)
    pending.done(lambda _id: dialog.accept()).refused(dialog.refuse)


class CancelDialog(Sheet):
    """Asks for the reason (AP3); nothing is cancelled without one, and none is chosen beforehand."""

    chosen = Signal(object, str)  # CancelReason, words of one's own

    def __init__(
        self,
        appointment: str,
        reasons: Sequence[CancelReason],
        verb: str,
        parent: QWidget | None,
        *,
        detail: str = "",
        by_enter: bool = False,
        is_read: bool = True,
    ) -> None:
        self._reasons = tuple(reasons)
        is_long = len(self._reasons) > _ONE_COLUMN
        width = _WIDTH_OF_TWO if is_long else _WIDTH
        super().__init__(_("Cancel visit"), danger(verb), parent, size=(width, 0), by_enter=by_enter)
        self.body.addWidget(PlainLabel(appointment, role=TextRole.BOLD, wrap=True))
        if detail:
            self.body.addWidget(PlainLabel(detail, role=TextRole.SMALL, tone=Tone.MUTED, wrap=True))
        self._group = QButtonGroup(self)
        options = QGridLayout()
        options.setHorizontalSpacing(app_theme().px(5 * SPACE))
        lines = -(-len(self._reasons) // 2) if is_long else _ONE_COLUMN
        for place, reason in enumerate(self._reasons):
            digit = f"{place + 1}  " if place < 9 else ""  # the others are reached with the arrows
            option = QRadioButton(no_mnemonic(f"{digit}{one_line(reason.label)}"), self)
            option.installEventFilter(self)
            self._group.addButton(option, place)
            options.addWidget(option, place % lines, place // lines)
        self.body.addLayout(options)
        self._read = PlainLabel(" ", role=TextRole.SMALL, tone=Tone.MUTED, wrap=True)
        self.body.addWidget(self._read)
        self.words = QLineEdit(self)
        self.words.setMaxLength(_MOST)
        own_words = field(_("Words of your own, read by the parent"), self.words)
        self.body.addWidget(own_words)
        for part in (self._read, own_words):
            part.setVisible(is_read)  # who is nobody yet reads nothing
        self.close_button.set_text(_("Keep it"))
        self.finish()
        self.button.setEnabled(False)
        self.button.clicked.connect(self._decide)
        self._group.idToggled.connect(self._toggled)
        if self._reasons:
            self._group.button(0).setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.text().isdigit():
            option = self._group.button(int(event.text()) - 1)
            if option is not None:
                option.setChecked(True)
                option.setFocus()
                return True
        return False

    @Slot(int, bool)
    def _toggled(self, place: int, checked: bool) -> None:
        if checked:
            told = one_line(self._reasons[place].parent_text, 300)
            self._read.setText(_("The parent reads: {text}").format(text=told) if told else " ")
            self.button.setEnabled(True)

    @Slot()
    def _decide(self) -> None:
        self.button.setEnabled(False)  # a second click does nothing until the first is answered
        self.say("")
        self.chosen.emit(self._reasons[self._group.checkedId()], self.words.text().strip())

    def refuse(self, refused: Refused) -> None:
        super().refuse(refused)
        self.button.setEnabled(True)
