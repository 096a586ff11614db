"""What stands against a chosen time, said before anything is done, with the reason that overrules it; the rules are the services'."""

from datetime import datetime

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.ids import AppointmentId, PatientId, TypeId
from request_desk.domain.schedule import SlotCheck
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.domain.words import _
from request_desk.services.schedule import queries as schedule_queries
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_LONGEST = 500  # characters of a reason


def limit_words(check: SlotCheck) -> list[str]:
    """Return what stands against a time, a sentence for each limit, and what that comes to."""
    told = [each.sentence for each in check.limits]
    if told and check.forbids:
        told[-1] = _("{limits} So it is cancelled and booked anew.").format(limits=told[-1])
    return told


class RuleBox(QWidget):
    """Asks for the check of a time. A limit needs a reason, which is kept with the appointment (ACT7); a note is only told."""

    changed = Signal()  # the answer is there, or the reason was typed

    def __init__(self, context: DeskContext) -> None:
        super().__init__()
        self._context = context
        self._check: SlotCheck | None = None
        self._pending: Pending[SlotCheck] | None = None
        self._limits = PlainLabel("", role=TextRole.BODY, tone=Tone.DANGER, wrap=True)
        self._notes = PlainLabel("", role=TextRole.BODY, tone=Tone.HELD, wrap=True)
        self.reason = QLineEdit()
        self.reason.setMaxLength(_LONGEST)
        self._reason_field = field(_("Reason for the exception; it is kept with the visit"), self.reason)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(app_theme().px(2 * SPACE))
        for part in (self._limits, self._notes, self._reason_field):
            box.addWidget(part)
        self.reason.textChanged.connect(self._typed)
        self.clear()

    def clear(self) -> None:
        """Forget the last answer; a reason that was typed stays for the next time that needs one."""
        if self._pending is not None:
            self._pending.drop()
            self._pending = None
        self._check = None
        self._show()

    def ask(
        self,
        slot: FreeSlot,
        type_id: TypeId,
        replaces: AppointmentId | None,
        patient_id: PatientId | None = None,
        lane: int = 0,
    ) -> None:
        """Ask what stands against a time, or against a work-in in a lane."""
        if self._pending is not None:
            self._pending.drop()
        self._check = None
        read = self._context.runner.read(
            self,
            schedule_queries.slot_check,
            slot,
            type_id=type_id,
            replaces=replaces,
            patient_id=patient_id,
            lane=lane,
        )
        self._pending = read.done(self._answered).refused(self._refused)

    def is_exception(self) -> bool:
        """Whether a limit has to be overruled."""
        return self._check is not None and bool(self._check.limits)

    def forbids(self) -> bool:
        """Whether a limit forbids the move whatever the reason: it is cancelled and booked anew instead (ACT7)."""
        return self._check is not None and self._check.forbids

    def allows(self) -> bool:
        """Whether the act may be tried: the answer is there, and so is the reason if it needs one."""
        return self._check is not None and (not self._check.limits or bool(self.overrule()))

    def ends_at(self, slot: FreeSlot) -> datetime:
        """Return when an appointment at the time that was asked about ends; as the slot says while the answer is not there."""
        known = self._check.ends_at if self._check is not None else None
        return known if known is not None else slot.ends_at

    def lane(self) -> int:
        """Return the lane in which it would stand (AV6)."""
        return self._check.lane if self._check is not None else 0

    def overrule(self) -> str:
        """Return the reason of an exception; empty where none is needed."""
        return self.reason.text().strip() if self.is_exception() else ""

    def _answered(self, check: SlotCheck) -> None:
        self._pending = None
        self._check = check
        self._show()

    def _refused(self, _refused: Refused) -> None:
        """The act itself says why it cannot be; nothing is known here."""
        self._answered(SlotCheck((), ()))

    def _show(self) -> None:
        against = limit_words(self._check) if self._check is not None else []
        notes = (*self._check.notes, *self._check.why_longer) if self._check is not None else ()
        for label, lines in ((self._limits, against), (self._notes, notes)):
            label.setText("\n".join(lines))
            label.setVisible(bool(lines))
        self._reason_field.setVisible(bool(against))
        self.setVisible(bool(against or notes))
        self.changed.emit()

    @Slot(str)
    def _typed(self, _text: str) -> None:
        self.changed.emit()
