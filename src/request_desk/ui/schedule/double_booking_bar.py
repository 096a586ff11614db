"""The bar over the schedule while anything is double booked: how many, and the way to the next one; the move repairs it."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.changes import Topic
from request_desk.domain.words import _, plural
from request_desk.services.schedule import double_bookings
from request_desk.services.schedule.double_bookings import DoubleBooking
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.states import Banner, BannerKind

TOPICS = (Topic.APPOINTMENT, Topic.AVAILABILITY, Topic.DIRECTORY)  # what may make or mend one


class DoubleBookingBar(Banner):
    """Says it whatever day is shown, and goes round all of them (BK9)."""

    wanted = Signal(object)  # AppointmentId: the one of the next double booking that begins later

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._found: tuple[DoubleBooking, ...] = ()
        self._place = 0  # of the one that is told
        self.acted.connect(self._go)

    def read(self) -> None:
        """Look what is double booked now; where that cannot be read the schedule below says why."""
        self._context.runner.read(self, double_bookings.coming).done(self._show).refused(self._stay)

    def _stay(self, _refused: object) -> None:
        """What was found stays to be seen."""

    def _show(self, found: tuple[DoubleBooking, ...]) -> None:
        self._found = found
        self._place = self._place if self._place < len(found) else 0
        if not found:
            self.clear()
            return
        shown, words = found[self._place], self._context.words()
        told = _("{first} and {second} are both booked with {provider}, {time}.").format(
            first=named(shown.first.patient_name),
            second=named(shown.second.patient_name),
            provider=named(shown.second.provider_name),
            time=words.at(shown.second.zone).moment(shown.second.starts_at),
        )
        if len(found) > 1:
            count = plural("{count} double booking.", "{count} double bookings.", len(found)).format(count=len(found))
            told = f"{count} {told}"
        self.say(BannerKind.DANGER, told, action=_("Show it"))

    @Slot()
    def _go(self) -> None:
        """Lead to the one that is told, and tell the next."""
        shown = self._found[self._place]
        self._place = (self._place + 1) % len(self._found)
        self._show(self._found)
        self.wanted.emit(shown.second.id)
