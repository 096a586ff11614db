"""Writes what a list shows into a CSV file: read page by page, kept in the journal, put in place when it is whole."""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from request_desk.domain.csv_text import BOM, csv_text
from request_desk.domain.errors import Refused
from request_desk.domain.paging import Page
from request_desk.domain.words import _, plural
from request_desk.files import PRIVATE, part_of, put_in_place
from request_desk.services.schedule import appointment_list
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending

Line = tuple[str, ...]


class CsvExport(QObject):
    """One export; it ends with `written` or `failed` and is no more use then."""

    written = Signal(int)  # lines
    failed = Signal(object)  # Refused

    def __init__(
        self,
        context: DeskContext,
        path: Path,
        headings: Sequence[str],
        read_page: Callable[[Any], Pending[Page[Line]]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._path = path
        self._read_page = read_page
        self._count = 0
        self._write((tuple(headings),), partial(self._read, None), is_first=True)

    def _write(self, rows: Iterable[Line], then: Callable[[], object], *, is_first: bool = False) -> None:
        written = self._context.runner.run_in_pool(self, _append, part_of(self._path), tuple(rows), is_first=is_first)
        written.done(lambda _nothing: then()).refused(self._stop)

    def _read(self, after: Any) -> None:
        self._read_page(after).done(self._page_read).refused(self._stop)

    def _page_read(self, page: Page[Line]) -> None:
        self._count += len(page.rows)
        self._write(page.rows, self._end if page.after is None else partial(self._read, page.after))

    def _end(self) -> None:
        """Whoever takes data out is in the journal before the file is there."""
        kept = self._context.runner.act(self, appointment_list.exported, self._count)
        kept.done(self._put_in_place).refused(self._stop)

    def _put_in_place(self, _nothing: object) -> None:
        placed = self._context.runner.run_in_pool(self, _place, self._path)
        placed.done(lambda _nothing: self.written.emit(self._count)).refused(self._stop)

    def _stop(self, refused: Refused) -> None:
        self._context.runner.run_in_pool(self, part_of(self._path).unlink, missing_ok=True)
        self.failed.emit(refused)


def ask_path(
    context: DeskContext,
    name: str,
    headings: Sequence[str],
    read_page: Callable[[Any], Pending[Page[Line]]],
    owner: QWidget,
) -> QFileDialog:
    """Ask where a file is put, write it, and say what became of it."""
    folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    asked = QFileDialog(owner, _("Export"), str(folder), "CSV (*.csv)")
    asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    asked.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    asked.setDefaultSuffix("csv")
    asked.selectFile(name)
    asked.fileSelected.connect(partial(_export_to, context, headings, read_page, owner))
    asked.open()
    return asked


def _export_to(
    context: DeskContext,
    headings: Sequence[str],
    read_page: Callable[[Any], Pending[Page[Line]]],
    owner: QWidget,
    path: str,
) -> None:
    if owner.findChild(CsvExport) is not None:
        context.messages.say(_("The file before is still being written. Try again when it is there."))
        return
    export = CsvExport(context, Path(path), headings, read_page, owner)
    export.written.connect(partial(_say_written, context, Path(path).name))
    export.failed.connect(context.messages.refuse)
    export.written.connect(export.deleteLater)
    export.failed.connect(export.deleteLater)


def _say_written(context: DeskContext, name: str, count: int) -> None:
    words = plural("{count} line is in {file}.", "{count} lines are in {file}.", count)
    context.messages.say(words.format(count=context.words().count(count), file=name))


def _append(path: Path, rows: Iterable[Line], *, is_first: bool) -> None:
    try:
        if is_first:
            path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if is_first else os.O_APPEND)
        with os.fdopen(os.open(path, flags, PRIVATE), "a", encoding="utf-8", newline="") as file:
            file.write((BOM if is_first else "") + csv_text(rows))
    except OSError as error:
        raise _refusal(path, error) from error


def _place(path: Path) -> None:
    try:
        put_in_place(part_of(path), path)
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> Refused:
    return Refused(
        _("The file cannot be written to {folder}: {reason}. Choose another folder.").format(
            folder=path.parent, reason=error.strerror or _("unknown fault")
        )
    )
