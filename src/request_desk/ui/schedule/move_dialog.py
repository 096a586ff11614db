"""The question after an appointment was dropped where something stands against it: what will be written, what stands against it, and the way on."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.appointments import Appointment
from request_desk.domain.errors import Refused, SlotTaken
from request_desk.domain.requests import Move
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.domain.words import _
from request_desk.services.practice.directory import Directory
from request_desk.services.schedule import acts
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named, who_words
from request_desk.ui.schedule.rule_box import RuleBox
from request_desk.ui.widgets.buttons import RadioRow, primary
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, Tone

_SIZE = (520, 0)


class MoveDialog(Sheet):
    """Moves one appointment to one time (ACT3). Where a limit blocks it says so and offers to cancel and book new, as one act."""

    moved = Signal(object)  # AppointmentId of the new one

    def __init__(
        self, context: DeskContext, directory: Directory, entry: Appointment, slot: FreeSlot, parent: QWidget | None
    ) -> None:
        super().__init__(_("Move visit"), primary(_("Move")), parent, size=_SIZE)
        self._context = context
        self._directory = directory
        self._entry = entry
        self._slot = slot
        self._busy = False
        self._what = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self._where = PlainLabel("", role=TextRole.SMALL, tone=Tone.MUTED, wrap=True)
        self._others: RadioRow | None = None
        self.rules = RuleBox(context)
        self.body.addWidget(self._what)
        self.body.addWidget(self._where)
        self.body.addWidget(self.rules)
        self.close_button.set_text(_("Leave it"))
        self.button.hold_width((_("Move"), _("Cancel and book new")))
        self.finish()
        self.rules.changed.connect(self._ready)
        self.button.clicked.connect(self._act)
        self._show(slot)
        self.close_button.setFocus()

    def _show(self, slot: FreeSlot) -> None:
        self._slot = slot
        self.rules.ask(slot, self._entry.type_id, self._entry.id)
        self._ready()

    def _show_what(self) -> None:
        words, slot, entry = self._context.words(), self._slot, self._entry
        told_what = (
            _("CANCEL {who}, {old}, and BOOK NEW {new}")
            if self.rules.forbids()
            else _("MOVE {who}, from {old} to {new}")
        )
        what = told_what.format(
            who=who_words(entry.patient_name, entry.birth_day, words),
            old=words.at(entry.zone).moment(entry.starts_at),
            new=self._moment(slot),
        )
        provider = self._directory.providers.get(slot.provider_id)
        location = self._directory.locations.get(slot.location_id)
        parts = (
            named(entry.type_name),
            words.minutes(self.rules.ends_at(slot) - slot.starts_at),
            named(provider.short_name) if provider is not None else "",
            named(location.name) if location is not None else "",
        )
        self._what.setText(what)
        told = _("The family is told by e-mail when the time to undo is over.")
        self._where.setText(f"{', '.join(part for part in parts if part)}. {told}")

    @Slot()
    def _ready(self) -> None:
        self._show_what()
        self.button.set_text(_("Cancel and book new") if self.rules.forbids() else _("Move"))
        self.button.setEnabled(self.rules.allows() and not self._busy)

    @Slot()
    def _act(self) -> None:
        self._busy = True
        self._ready()
        self.say("")
        act = Move(
            self._entry.id,
            self._entry.version,
            self._slot,
            overrule=self.rules.overrule(),
            as_new=self.rules.forbids(),
            lane=self.rules.lane(),
        )
        pending = self._context.runner.act(self, acts.act_alone, self._entry.patient_id, act)
        pending.done(self._acted).refused(self.refuse)

    def _acted(self, appointment_id: int) -> None:
        self.moved.emit(appointment_id)
        self.accept()

    def refuse(self, refused: Refused) -> None:
        self._busy = False
        super().refuse(refused)
        if isinstance(refused, SlotTaken) and refused.next_free:
            self._offer_others(refused)
        self.rules.ask(self._slot, self._entry.type_id, self._entry.id)
        self._ready()

    def _offer_others(self, taken: SlotTaken) -> None:
        """The loser of a race gets the next fitting times (ACT6)."""
        if self._others is not None:
            self._others.deleteLater()
        options = [(slot, self._time_words(slot)) for slot in taken.next_free]
        self._others = RadioRow(options, name=_("The next free times"))
        self._others.chosen.connect(self._other_chosen)
        self.body.insertWidget(self.body.indexOf(self.said) + 1, self._others)

    def _moment(self, slot: FreeSlot) -> str:
        """When a time is, by the clock of its place."""
        location = self._directory.locations.get(slot.location_id)
        return self._context.words().at(location.zone if location is not None else "").moment(slot.starts_at)

    def _time_words(self, slot: FreeSlot) -> str:
        provider, time = self._directory.providers.get(slot.provider_id), self._moment(slot)
        return f"{time}, {named(provider.short_name)}" if provider is not None else time

    @Slot(object)
    def _other_chosen(self, slot: FreeSlot) -> None:
        self.say("")
        self._show(slot)
