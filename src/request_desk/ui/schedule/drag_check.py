"""What is said while an appointment is dragged over the schedule: the answer that its drop would get, asked before the drop."""

from functools import partial

from PySide6.QtCore import QObject, Slot

from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.schedule import SlotCheck
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.services.schedule import queries as schedule_queries
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.grid_layout import Moved
from request_desk.ui.schedule.rule_box import limit_words
from request_desk.ui.schedule.time_grid import TimeGrid


def slot_of(moved: Moved) -> FreeSlot:
    """Return the time where an appointment was let go, as long as it is now: the service knows how long it will be."""
    entry, to = moved.appointment, moved.to
    ends_at = to.starts_at + (entry.ends_at - entry.starts_at)
    return FreeSlot(to.provider_id, to.location_id, to.starts_at, ends_at, ends_at)


class DragCheck(QObject):
    """Asks about the place that is under the mouse now; what was asked about others is not wanted any more."""

    def __init__(self, context: DeskContext, view: TimeGrid) -> None:
        super().__init__(view)
        self._context = context
        self._view = view
        self._reading: Pending[SlotCheck] | None = None
        view.dragged.connect(self._dragged)

    @Slot(object)
    def _dragged(self, moved: Moved) -> None:
        if self._reading is not None:
            self._reading.drop()
        entry = moved.appointment
        read = self._context.runner.read(
            self, schedule_queries.slot_check, slot_of(moved), type_id=entry.type_id, replaces=entry.id
        )
        self._reading = read.done(partial(self._answered, moved)).refused(partial(self._refused, moved))

    def _answered(self, moved: Moved, check: SlotCheck) -> None:
        told = [each for each in (check.taken, *limit_words(check), *check.notes) if each]
        self._view.say_of_drop(moved, check.ends_at, " ".join(told))

    def _refused(self, moved: Moved, refused: Refused) -> None:
        """What the drop would be refused for; that the database is away is told elsewhere."""
        if not isinstance(refused, Unavailable):
            self._view.say_of_drop(moved, None, refused.sentence)
