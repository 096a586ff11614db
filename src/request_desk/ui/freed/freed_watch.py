"""After an act anywhere that freed a time: one line at the bottom that says who waits, and the key that offers it."""

from typing import Final

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.changes import Changes, Topic
from request_desk.domain.freed_slots import FreedSlot
from request_desk.domain.ids import AppointmentId
from request_desk.services.schedule import freed, slot_offers
from request_desk.ui.freed.freed_words import OFFER_KEY, offer_words, short_words
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending

_FREEING: Final = frozenset({"cancelled", "moved_away"})
COMMAND: Final = "app.offer"


class FreedWatch(QObject):
    """Hears what this desk frees. On the schedule the line above it says the same, so that this one is quiet there."""

    def __init__(self, context: DeskContext, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._context = context
        self._found: FreedSlot | None = None
        self._is_quiet = False
        self._reading: Pending[FreedSlot | None] | None = None
        context.commands.set_enabled(COMMAND, False)
        context.hub.changed.connect(self._changed)

    @Slot(str)
    def page_shown(self, key: str) -> None:
        """Be quiet while the schedule is shown."""
        self._is_quiet = key == "schedule"
        if self._is_quiet and self._found is not None:
            self._context.messages.clear()

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        own = [
            entry.entity_id
            for entry in changes.entries
            if entry.topic is Topic.APPOINTMENT
            and entry.action in _FREEING
            and self._is_own(entry.actor_id, entry.desk)
        ]
        if own and not self._is_quiet:
            if self._reading is not None:
                self._reading.drop()
            read = self._context.runner.read(self, freed.freed_slot, AppointmentId(own[-1]))
            self._reading = read.done(self._show)

    def _is_own(self, actor_id: int, desk: str) -> bool:
        actor = self._context.actor()
        return (actor_id, desk) == (actor.id, actor.desk)

    def _show(self, found: FreedSlot | None) -> None:
        if found is None or found.offer is not None or self._is_quiet:
            return
        told = short_words(found, self._context.words())
        offered = self._context.messages.offer(told, f"{offer_words(found)} ({OFFER_KEY})")
        offered.accepted.connect(self.offer)
        offered.refused.connect(self._gone)
        self._found = found
        self._context.commands.set_enabled(COMMAND, True)

    @Slot()
    def _gone(self) -> None:
        self._found = None
        self._context.commands.set_enabled(COMMAND, False)

    @Slot()
    def offer(self) -> None:
        """Offer the time that the line tells of to who comes first."""
        found = self._found
        if found is None or not found.waiting:
            return
        self._gone()
        self._context.messages.clear()
        to = found.waiting[0].patient_id
        self._context.runner.act(self, slot_offers.offer, found.freed.id, to, expect_version=found.freed.version)
