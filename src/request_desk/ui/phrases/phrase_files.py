"""Phrases as files: what is taken in, with what became of each file, and what is put into a folder (RE3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QStandardPaths, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QFileDialog, QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.errors import Refused
from request_desk.domain.ids import PhraseId
from request_desk.domain.words import _, plural
from request_desk.files import write_whole
from request_desk.services.practice import phrase_pairs
from request_desk.services.practice.phrase_pairs import ImportedFile, PhraseFile
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import Tone, app_theme

MOST_BYTES: Final = 65_536  # of a file: a phrase has at most 8 kB, its questions a little more
_SIZE: Final = (700, 500)
_LIST: Final = 220  # pixels at 100 %
_LONG: Final = 12.0  # seconds that a refusal stays


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file that was chosen, and what became of it."""

    id: int
    name: str
    text: str | None  # None: it could not be read
    told: str


class ImportSheet(Sheet):
    """Files are chosen, then taken in all at once; each line says what became of its file."""

    def __init__(self, context: DeskContext, parent: QWidget) -> None:
        super().__init__(
            _("Import phrases"),
            primary(_("Import")),
            parent,
            detail=_("Each file is one phrase in one language. One that is there already is replaced; its history keeps what it said."),
            size=_SIZE,
        )  # fmt: skip
        self._context = context
        self._lines: tuple[FileLine, ...] = ()
        self.choose_button = secondary(_("Choose files …"), icon="file-text")
        self.own = QCheckBox(_("As my own phrases, not for the practice"))
        self.count = PlainLabel("", tone=Tone.MUTED)
        columns: tuple[Column[FileLine], ...] = (
            Column(_("File"), _name, 190),
            Column(_("What became of it"), _told),
        )
        self.list = ListChooser(columns, name=_("Chosen files"))
        self.list.setMinimumHeight(app_theme().px(_LIST))
        self.whole = PlainLabel("", wrap=True, selectable=True)
        frame = Card(padding=1)
        frame.body.addWidget(self.list)
        may_manage = may(context.actor(), Permission.MANAGE_PHRASES)
        self.own.setChecked(not may_manage)
        self.own.setEnabled(may_manage)
        self.body.addLayout(row(self.choose_button, self.count, None))
        self.body.addWidget(self.own)
        self.body.addWidget(frame, 1)
        self.body.addWidget(self.whole)
        self.finish()
        self.button.setEnabled(False)
        self.choose_button.clicked.connect(self._choose)
        self.list.chosen.connect(self._show_whole)
        self.button.clicked.connect(self._import)
        self.choose_button.setFocus()

    @Slot()
    def _choose(self) -> None:
        asked = QFileDialog(self, _("Choose files"), _folder(), _("Phrase files (*.toml)"))
        asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asked.setFileMode(QFileDialog.FileMode.ExistingFiles)
        asked.filesSelected.connect(self.take)
        asked.open()

    @Slot(list)
    def take(self, paths: Sequence[str]) -> None:
        """Read the files that were chosen."""
        self.say("")
        self.button.setEnabled(False)
        self._context.runner.run_in_pool(self, _read_all, tuple(paths)).done(self._files_read).refused(self.refuse)

    def _files_read(self, lines: tuple[FileLine, ...]) -> None:
        self._show(lines)
        self.button.setEnabled(any(each.text is not None for each in lines))
        told = plural("{count} file", "{count} files", len(lines))
        self.count.setText(told.format(count=len(lines)))
        if self.button.isEnabled():
            self.button.setFocus()

    def _show(self, lines: tuple[FileLine, ...]) -> None:
        self._lines = lines
        self.list.show_things(lines, self.list.key())
        self._show_whole()

    @Slot()
    def _show_whole(self) -> None:
        """The line that is chosen, however long what is wrong is told."""
        key = self.list.key()
        line = next((each for each in self._lines if each.id == key), None)
        self.whole.setText("" if line is None else line.told)
        show_if(self.whole, bool(self.whole.text()))

    @Slot()
    def _import(self) -> None:
        self.button.setEnabled(False)
        files = tuple(PhraseFile(each.name, each.text) for each in self._lines if each.text is not None)
        act = self._context.runner.act(self, phrase_pairs.import_files, files, own=self.own.isChecked())
        act.done(self._imported).refused(self.refuse)

    def _imported(self, results: tuple[ImportedFile, ...]) -> None:
        became = iter(results)
        lines = tuple(
            each if each.text is None else FileLine(each.id, each.name, None, _result_words(next(became)))
            for each in self._lines
        )
        self._show(lines)
        count = sum(not each.problem and not each.is_same for each in results)
        told = plural("{count} phrase was imported.", "{count} phrases were imported.", count)
        self._context.messages.say(told.format(count=count))
        self.close_button.setFocus()


def ask_folder(context: DeskContext, owner: QWidget, phrase_ids: Sequence[PhraseId]) -> QFileDialog:
    """Ask for the folder that phrases are put into, write them, and say what became of it."""
    asked = QFileDialog(owner.window(), _("Choose a folder for the phrases"), _folder())
    asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    asked.setFileMode(QFileDialog.FileMode.Directory)
    asked.setOption(QFileDialog.Option.ShowDirsOnly)
    asked.fileSelected.connect(partial(export_to, context, owner, tuple(phrase_ids)))
    asked.open()
    return asked


def export_to(context: DeskContext, owner: QWidget, phrase_ids: Sequence[PhraseId], folder: str) -> None:
    """Write the files of these pairs into a folder."""
    read = context.runner.read(owner, phrase_pairs.exported, tuple(phrase_ids))
    read.done(partial(_write, context, owner, Path(folder))).refused(partial(_refused, context))


def _write(context: DeskContext, owner: QWidget, folder: Path, files: Sequence[PhraseFile]) -> None:
    written = context.runner.run_in_pool(owner, _write_all, folder, files)
    written.done(partial(_say_written, context, folder, len(files))).refused(partial(_refused, context))


def _say_written(context: DeskContext, folder: Path, count: int, _nothing: object) -> None:
    told = plural("{count} file is in {folder}.", "{count} files are in {folder}.", count)
    context.messages.say(told.format(count=count, folder=isolated_if_needed(one_line(folder.name, 60))))


def _refused(context: DeskContext, refused: Refused) -> None:
    context.messages.say(refused.sentence, tone=Tone.DANGER, seconds=_LONG)


def _folder() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)


def _read_all(paths: Sequence[str]) -> tuple[FileLine, ...]:
    return tuple(_read(place, Path(path)) for place, path in enumerate(paths, 1))


def _read(place: int, path: Path) -> FileLine:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        told = _("It cannot be read: {reason}.").format(reason=error.strerror or _("unknown fault"))
        return FileLine(place, path.name, None, told)
    if len(content) > MOST_BYTES:
        return FileLine(place, path.name, None, _("It is too long for a phrase."))
    try:
        return FileLine(place, path.name, content.decode("utf-8-sig"), "")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return FileLine(place, path.name, None, _("Line {line}: this is no text in UTF-8.").format(line=line))


def _write_all(folder: Path, files: Sequence[PhraseFile]) -> None:
    try:
        for each in files:
            path = folder / each.name
            path.parent.mkdir(exist_ok=True)
            write_whole(path, each.text.encode())
    except OSError as error:
        told = _("The files cannot be written to {folder}: {reason}. Choose another folder.")
        raise Refused(told.format(folder=folder, reason=error.strerror or _("unknown fault"))) from error


def _result_words(result: ImportedFile) -> str:
    if result.problem:
        return result.problem
    title = isolated_if_needed(one_line(result.title, 80))
    if result.is_same:
        return _("{title}: it says so already").format(title=title)
    return _("{title}: added").format(title=title) if result.is_new else _("{title}: replaced").format(title=title)


def _name(line: FileLine) -> str:
    return one_line(line.name)


def _told(line: FileLine) -> str:
    return one_line(line.told)
