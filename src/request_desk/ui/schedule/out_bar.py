"""The bar above the schedule that says which plan of a provider who is out broke off, and goes on with it."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused
from request_desk.domain.ids import PlanId
from request_desk.domain.words import _, plural
from request_desk.services.schedule import provider_out
from request_desk.services.schedule.provider_out import OpenPlan
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.out_lines import progress_words
from request_desk.ui.schedule.provider_out_sheet import ProviderOutSheet
from request_desk.ui.widgets.states import Banner, BannerKind


class OutBar(Banner):
    """Not there while every plan is through."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._plan_id: PlanId | None = None
        self._reading: Pending[tuple[OpenPlan, ...]] | None = None
        self.acted.connect(self._go_on)
        context.hub.changed.connect(self._changed)
        self._read()

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(Topic.AVAILABILITY):
            self._read()

    def _read(self) -> None:
        if self._reading is not None:
            self._reading.drop()
        read = self._context.runner.read(self, provider_out.open_plans)
        self._reading = read.done(self._plans_read).refused(self._not_read)

    def _plans_read(self, found: tuple[OpenPlan, ...]) -> None:
        self._plan_id = found[0].id if found else None
        if not found:
            self.clear()
            return
        told = progress_words(found[0].provider_name, found[0].done, found[0].total)
        if more := len(found) - 1:
            others = plural("{count} more plan is open.", "{count} more plans are open.", more).format(count=more)
            told = f"{told} {others}"
        self.say(BannerKind.WARNING, told, action=_("Go on"))

    def _not_read(self, _refused: Refused) -> None:
        """The page says that it cannot read; what is known here may be old."""

    @Slot()
    def _go_on(self) -> None:
        if self._plan_id is not None:
            ProviderOutSheet(self._context, self.window(), self._plan_id).open()
