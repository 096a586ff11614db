"""Prints the list of a day, or puts it into a PDF; while the database is away, the list that this computer keeps (AP8)."""

from collections.abc import Collection
from datetime import date
from functools import partial

from PySide6.QtCore import QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize
from PySide6.QtWidgets import QWidget

from request_desk.domain.day_list import DayList
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.words import _
from request_desk.services.schedule import day_list
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.day_document import day_document
from request_desk.ui.schedule.print_sheet import PrintSheet, is_american
from request_desk.ui.widgets.states import Banner, BannerKind

_MARGIN = 5.0  # millimetres; a text document keeps two centimetres more


class DayListSheet(PrintSheet):
    """A page for each provider and location."""

    def __init__(
        self,
        context: DeskContext,
        day: date,
        parent: QWidget,
        *,
        location_ids: Collection[LocationId] = (),
        provider_ids: Collection[ProviderId] = (),
    ) -> None:
        paper, reading = _paper(context), _("Reading the day …")
        saved = _("The day list is in {file}.")
        super().__init__(context, _("Day list"), parent, paper=paper, size=(760, 820), reading=reading, saved=saved)
        self._day = day
        self._shown: DayList | None = None
        self.kept_bar = Banner(self)
        self.body.insertWidget(self.body.indexOf(self.stack), self.kept_bar)
        context.runner.read(
            self, day_list.day_list, day, location_ids=tuple(location_ids), provider_ids=tuple(provider_ids)
        ).done(self._read).refused(self._not_read)

    def file_name(self) -> str:
        return _("day list {day}").format(day=self._day.isoformat())

    def taken(self) -> None:
        """What this computer kept is printed without the journal."""
        shown = self._shown
        if shown is not None and self.kept_bar.isHidden():
            self.context.runner.act(self, day_list.printed, shown.day, shown.read_at, shown.count)

    def _read(self, found: DayList) -> None:
        self._shown = found
        self.show_document(day_document(found, self.context.words(), self.context.settings().practice_name))

    def _not_read(self, refused: Refused) -> None:
        if isinstance(refused, Unavailable):
            kept = self.context.runner.run_in_pool(self, self.context.kept_days)
            kept.done(partial(self._kept_read, refused)).refused(self.show_refusal)
        else:
            self.show_refusal(refused)

    def _kept_read(self, refused: Refused, lists: tuple[DayList, ...]) -> None:
        found = next((each for each in lists if each.day == self._day), None)
        if found is None:
            self.show_refusal(refused)
            return
        told = _("The database cannot be reached. This is the whole day as this computer kept it: {time}.")
        self.kept_bar.say(BannerKind.WARNING, told.format(time=self.context.words().moment(found.read_at)))
        self._read(found)


def _paper(context: DeskContext) -> QPageLayout:
    """The paper of the practice's country, upright."""
    size = QPageSize(QPageSize.PageSizeId.Letter if is_american(context) else QPageSize.PageSizeId.A4)
    margins = QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)
