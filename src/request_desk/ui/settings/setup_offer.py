"""The bar that offers an administrator the setup list while something is missing; it can be put away for good."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.states import Banner, BannerKind

if TYPE_CHECKING:
    from request_desk.domain.setup import SetupList

TOPICS = (Topic.SETTINGS, Topic.DIRECTORY, Topic.STAFF, Topic.AVAILABILITY, Topic.PATIENT, Topic.DELIVERY)
_PUT_AWAY = "setup.put_away"


class SetupOffer(Banner):
    """Reads the list until it is done or the bar was put away; nobody else than who may change settings is asked."""

    changed = Signal()  # whether there is something to offer

    def __init__(self, context: DeskContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._told = ""
        self._waits = False  # another bar has the room
        self._is_over = not may(context.actor(), Permission.MANAGE_SETTINGS) or bool(context.preferences.get(_PUT_AWAY))
        self.dismissed.connect(self._put_away_for_good)
        self.acted.connect(self._open)
        context.hub.changed.connect(self._heard)

    def read(self) -> None:
        """Look whether anything is missing."""
        if not self._is_over:
            from request_desk.services.practice import setup  # of administrators alone

            read = self._context.runner.read(self, setup.checklist, sends_mail=self._context.sends_mail)
            read.done(self._read).refused(self._not_read)

    @property
    def is_offering(self) -> bool:
        """Whether there is something to say, also while it waits."""
        return bool(self._told)

    def wait(self, *, waits: bool) -> None:
        """Stay away while another bar needs the room."""
        self._waits = waits
        self._show()

    def _read(self, found: "SetupList") -> None:
        from request_desk.domain.setup import SetupStep

        if self._is_over:
            return
        self._is_over = found.is_done  # what is missing again later is told where it is missed
        missing = {line.step for line in found.lines if not line.done}
        # Who receives requests has a bar of its own (RT4).
        self._told = found.end if missing - {SetupStep.DEPARTMENT} else ""
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        if not self._told or self._waits:
            self.clear()
        elif self.text() != self._told:
            self.say(BannerKind.INFO, self._told, action=_("Set up …"), dismissible=True)

    def _not_read(self, _refused: Refused) -> None:
        """The bar is no place for it: what was offered stays, the next change reads again."""

    @Slot(object)
    def _heard(self, changes: Changes) -> None:
        if changes.touches(*TOPICS):
            self.read()

    @Slot()
    def _put_away_for_good(self) -> None:
        self._is_over, self._told = True, ""
        self._context.preferences.put(_PUT_AWAY, True)
        self.changed.emit()
        self._context.messages.say(_("Settings, Setup has the list whenever you want it."))

    @Slot()
    def _open(self) -> None:
        self._context.open_thing("settings", 0)
