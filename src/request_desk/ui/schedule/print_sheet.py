"""What is printed, or put into a PDF: its pages as they will come out, one button for each; what they hold is a subclass's."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QStandardPaths, Qt, QTimer, Slot
from PySide6.QtGui import QPageLayout, QPdfWriter, QTextDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrintPreviewWidget
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.files import write_whole
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import State, StateStack


class PrintSheet(Sheet):
    """Shows the pages as they will be printed. A subclass reads and calls `show_document`, and says in `taken` what was taken out."""

    def __init__(
        self,
        context: DeskContext,
        title: str,
        parent: QWidget,
        *,
        paper: QPageLayout,
        size: tuple[int, int],
        reading: str,
        saved: str,
    ) -> None:
        """Make it; `saved` says that it is in {file}."""
        super().__init__(title, primary(_("Print …"), icon="file-text"), parent, size=size)
        self.context = context
        self.document: QTextDocument | None = None
        self.pdf_button = secondary(_("Save as PDF …"), icon="save")
        self._paper, self._title, self._saved = paper, title, saved
        self._printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        self._printer.setPageLayout(paper)
        self.preview = QPrintPreviewWidget(self._printer)
        self.preview.setAccessibleName(_("Pages of: {title}").format(title=title))
        self.stack = StateStack(self.preview)
        self.body.addWidget(self.stack, 1)
        self.finish(self.pdf_button)
        self.preview.paintRequested.connect(self._paint)
        self.button.clicked.connect(self._print)
        self.pdf_button.clicked.connect(self._ask_path)
        self.stack.show_state(State.LOADING, reading)
        self._enable()

    # what a subclass says

    def file_name(self) -> str:
        """Return how a file is called, without its ending."""
        raise TypeError("what is printed says its name")

    def taken(self) -> None:
        """It was printed or put into a file: whoever takes data out is in the journal."""
        raise TypeError("what is printed is journalled")

    def show_document(self, document: QTextDocument) -> None:
        """Show what is there to print."""
        self.document = document
        self.stack.show_content()
        self._enable()
        self.preview.updatePreview()
        QTimer.singleShot(0, self.preview, self.preview.fitToWidth)  # once its scroll bar has its place

    def show_refusal(self, refused: Refused) -> None:
        """Say why there is nothing to print."""
        self.stack.show_state(State.ERROR, refused.sentence)

    def _enable(self) -> None:
        for button in (self.button, self.pdf_button):
            button.setEnabled(self.document is not None)

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
        asked.selectFile(self.file_name())
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
        writer.setPageLayout(self._paper)
        writer.setTitle(self._title)
        self.document.print_(writer)
        written = self.context.runner.run_in_pool(self, _write, Path(path), bytes(whole.data().data()))
        written.done(partial(self._written, Path(path).name)).refused(self.refuse)

    def _written(self, name: str, _nothing: object) -> None:
        self.context.messages.say(self._saved.format(file=name))
        self._end()

    def _end(self) -> None:
        self.taken()
        self.accept()


def is_american(context: DeskContext) -> bool:
    """Whether the practice's country prints on Letter and its parts rather than on A4 and its."""
    return context.settings().locale.endswith(("US", "CA", "MX"))


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        told = _("The file cannot be written to {folder}: {reason}. Choose another folder.")
        raise Refused(told.format(folder=path.parent, reason=error.strerror or _("unknown fault"))) from error
