"""The command palette: any command by its name, and what a search finds; searching itself is done elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.painting import RIGHT, draw_icon, draw_text
from request_desk.ui.widgets.pick_list import PickList
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.states import SearchField
from request_desk.ui.widgets.theme import app_theme
from request_desk.ui.window.commands import Command, CommandRegistry

PALETTE_WIDTH: Final = 560
PALETTE_HEIGHT: Final = 420
ENTRY_HEIGHT: Final = 38
MOST: Final = 60  # entries: a longer list is not read, it is searched


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """A line of the palette; `value` is what `picked` tells."""

    title: str
    detail: str = ""
    icon: str = ""
    value: object = None


class PaletteDialog(QDialog):
    """Type a few letters, Enter runs it; `searched` asks for results, `picked` tells the entry chosen of them."""

    searched = Signal(str)
    picked = Signal(object)

    def __init__(self, registry: CommandRegistry, parent: QWidget) -> None:
        super().__init__(parent)
        self._registry = registry
        self._results: tuple[PaletteEntry, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)  # with the search that still waits for typing to pause
        self.setWindowTitle(_("Search and commands"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.field = SearchField(_("Search patients, requests and commands"), parent=self)
        self.field.installEventFilter(self)
        self.list: PickList[PaletteEntry] = PickList(
            self.field, name=_("Results"), height=ENTRY_HEIGHT, text_of=_spoken, paint_row=_paint, parent=self
        )
        body = QVBoxLayout(self)
        body.addWidget(self.field)
        body.addWidget(self.list, 1)
        self.field.textChanged.connect(self._typed)
        self.field.searched.connect(self._searched)
        self.list.clicked.connect(self._clicked)
        self._measure()
        app_theme().changed.connect(self._measure)

    def open_fresh(self) -> None:
        """Open with nothing in the field and every command below it."""
        self._results = ()
        self.field.clear()
        self._refill()
        self.open()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        self.field.selectAll()

    def offer_results(self, text: str, entries: Sequence[PaletteEntry]) -> None:
        """Show what the search for `text` found; late answers to another text are dropped."""
        if text == self.field.text().strip():
            self._results = tuple(entries)
            self._refill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if not event.isAutoRepeat():
                    self._take(self.list.currentIndex().row())
            case Qt.Key.Key_Escape:
                self.reject()
            case _:
                return False
        return True

    def entries(self) -> tuple[PaletteEntry, ...]:
        """Return the lines as they are shown."""
        return self.list.rows()

    def _take(self, row: int) -> None:
        entry = self.list.row(row)
        if entry is None:
            return
        self.accept()
        if isinstance(entry.value, Command):
            self._registry.run(entry.value.id)
        else:
            self.picked.emit(entry)

    def _refill(self) -> None:
        words = self.field.text().casefold().split()
        fitting = [command for command in self._registry.available() if _fits(command.text, words)]
        fitting.sort(key=lambda command: not command.text.casefold().startswith(tuple(words[:1])) if words else False)
        commands = [PaletteEntry(command.text, command.shown_keys(), command.icon, command) for command in fitting]
        self.list.show_rows([*commands, *self._results][:MOST])

    @Slot(str)
    def _typed(self, _text: str) -> None:
        self._results = ()
        self._refill()

    @Slot(str)
    def _searched(self, text: str) -> None:
        if text:
            self.searched.emit(text)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self._take(index.row())

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        side = theme.px(12)
        body = self.layout()
        if body is not None:
            body.setContentsMargins(side, side, side, side)
            body.setSpacing(theme.px(8))
        self.resize(theme.px(PALETTE_WIDTH), theme.px(PALETTE_HEIGHT))


def _fits(text: str, words: Sequence[str]) -> bool:
    """Whether each word typed begins a word of the text."""
    own = text.casefold().split()
    return all(any(each.startswith(word) for each in own) for word in words)


def _spoken(entry: PaletteEntry) -> str:
    return f"{entry.title} {entry.detail}".strip()


def _paint(painter: QPainter, rect: QRect, entry: PaletteEntry) -> None:
    """A line: icon, title, and its keys or detail at the right."""
    theme = app_theme()
    icon = QRect(rect.left() + theme.px(10), rect.top(), theme.px(18), rect.height())
    draw_icon(painter, icon, entry.icon or "command", theme.muted)
    inner = rect.adjusted(theme.px(40), 0, -theme.px(12), 0)
    detail = isolated_if_needed(one_line(entry.detail, 80))
    width = min(QFontMetrics(theme.small).horizontalAdvance(detail) + 2, inner.width() // 2)
    right = QRect(inner.right() - width, inner.top(), width, inner.height())
    draw_text(painter, right, detail, theme.small, theme.muted, RIGHT)
    left = QRect(inner.left(), inner.top(), inner.width() - width - theme.px(12), inner.height())
    draw_text(painter, left, isolated_if_needed(one_line(entry.title)), theme.small, theme.ink)
