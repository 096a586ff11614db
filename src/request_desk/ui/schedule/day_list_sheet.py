"""Prints the list of a day, or puts it into a PDF; while the database is away, the list that this computer keeps (AP8)."""

from collections.abc import Collection
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QStandardPaths, Qt, Slot
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrintPreviewWidget
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from request_desk.domain.day_list import DayList
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.words import _
from request_desk.files import write_whole
from request_desk.services.schedule import day_list
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.day_document import day_document
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import Banner, BannerKind, State, StateStack

_MARGIN = 5.0  # millimetres; a text document keeps two centimetres more


class DayListSheet(Sheet):
    """Shows the pages as they will be printed."""

    def __init__(
        self,
        context: DeskContext,
        day: date,
        parent: QWidget,
        *,
        location_ids: Collection[LocationId] = (),
        provider_ids: Collection[ProviderId] = (),
    ) -> None:
        super().__init__(_("Day list"), primary(_("Print …"), icon="file-text"), parent, size=(760, 820))
        self._context, self._day = context, day
        self._shown: DayList | None = None
        self.document: QTextDocument | None = None
        self.pdf_button = secondary(_("Save as PDF …"), icon="save")
        self.kept_bar = Banner(self)
        self._printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        self._printer.setPageLayout(_paper(context))
        self.preview = QPrintPreviewWidget(self._printer)
        self.preview.setAccessibleName(_("Pages of the day list"))
        self._stack = StateStack(self.preview)
        self.body.addWidget(self.kept_bar)
        self.body.addWidget(self._stack, 1)
        self.finish(self.pdf_button)
        self.preview.paintRequested.connect(self._paint)
        self.button.clicked.connect(self._print)
        self.pdf_button.clicked.connect(self._ask_path)
        self._stack.show_state(State.LOADING, _("Reading the day …"))
        self._enable()
        context.runner.read(
            self, day_list.day_list, day, location_ids=tuple(location_ids), provider_ids=tuple(provider_ids)
        ).done(self._read).refused(self._not_read)

    def _enable(self) -> None:
        for button in (self.button, self.pdf_button):
            button.setEnabled(self.document is not None)

    def _read(self, found: DayList) -> None:
        self._shown = found
        self.document = day_document(found, self._context.words(), self._context.settings().practice_name)
        self._stack.show_content()
        self._enable()
        self.preview.fitToWidth()
        self.preview.updatePreview()

    def _not_read(self, refused: Refused) -> None:
        if isinstance(refused, Unavailable):
            kept = self._context.runner.run_in_pool(self, self._context.kept_days)
            kept.done(partial(self._kept_read, refused)).refused(self._not_there)
        else:
            self._not_there(refused)

    def _kept_read(self, refused: Refused, lists: tuple[DayList, ...]) -> None:
        found = next((each for each in lists if each.day == self._day), None)
        if found is None:
            self._not_there(refused)
            return
        told = _("The database cannot be reached. This is the whole day as this computer kept it: {time}.")
        self.kept_bar.say(BannerKind.WARNING, told.format(time=self._context.words().moment(found.read_at)))
        self._read(found)

    def _not_there(self, refused: Refused) -> None:
        self._stack.show_state(State.ERROR, refused.sentence)

    @Slot(QPrinter)
    def _paint(self, printer: QPrinter) -> None:
        if self.document is not None:
            self.document.print_(printer)

    @Slot()
    def _print(self) -> None:
        asked = QPrintDialog(self._printer, self)
        asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asked.accepted.connect(self._printed)
        QDialog.open(asked)  # its own wants the old way to connect

    @Slot()
    def _printed(self) -> None:
        self._paint(self._printer)
        self._end()

    @Slot()
    def _ask_path(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        asked = QFileDialog(self, _("Save as PDF"), str(folder), "PDF (*.pdf)")
        asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asked.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        asked.setDefaultSuffix("pdf")
        asked.selectFile(_("day list {day}").format(day=self._day.isoformat()))
        asked.fileSelected.connect(self._save)
        asked.open()

    @Slot(str)
    def _save(self, path: str) -> None:
        """Put the pages into a file, whole or not at all."""
        if self.document is None:
            return
        whole = QBuffer(self)
        whole.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(whole)
        writer.setPageLayout(_paper(self._context))
        writer.setTitle(_("Day list"))
        self.document.print_(writer)
        written = self._context.runner.run_in_pool(self, _write, Path(path), bytes(whole.data().data()))
        written.done(partial(self._written, Path(path).name)).refused(self.refuse)

    def _written(self, name: str, _nothing: object) -> None:
        self._context.messages.say(_("The day list is in {file}.").format(file=name))
        self._end()

    def _end(self) -> None:
        """Whoever takes data out is in the journal; what this computer kept is printed without it."""
        shown = self._shown
        if shown is not None and self.kept_bar.isHidden():
            self._context.runner.act(self, day_list.printed, shown.day, shown.read_at, shown.count)
        self.accept()


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        told = _("The file cannot be written to {folder}: {reason}. Choose another folder.")
        raise Refused(told.format(folder=path.parent, reason=error.strerror or _("unknown fault"))) from error


def _paper(context: DeskContext) -> QPageLayout:
    """The paper of the practice's country, upright."""
    is_american = context.settings().locale.endswith(("US", "CA", "MX"))
    size = QPageSize(QPageSize.PageSizeId.Letter if is_american else QPageSize.PageSizeId.A4)
    margins = QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)
