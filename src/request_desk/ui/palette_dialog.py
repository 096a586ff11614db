"""The command palette: any command by its name, and what a search finds; searching itself is done elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from request_desk.domain.words import _
from request_desk.ui.commands import Command, CommandRegistry
from request_desk.ui.painting import RIGHT, draw_icon, draw_text, fill_round
from request_desk.ui.plain_text import isolated_if_needed, one_line
from request_desk.ui.theme import RADIUS_CONTROL, app_theme
from request_desk.ui.widgets_states import SearchField

Index = QModelIndex | QPersistentModelIndex
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


class _Entries(QAbstractListModel):
    """The lines that fit what was typed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._entries: tuple[PaletteEntry, ...] = ()

    def show_entries(self, entries: Sequence[PaletteEntry]) -> None:
        self.beginResetModel()
        self._entries = tuple(entries)
        self.endResetModel()

    def entry(self, row: int) -> PaletteEntry | None:
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entry(index.row())
        if entry is None or role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return None
        return one_line(f"{entry.title} {entry.detail}".strip())


class _EntryDelegate(QStyledItemDelegate):
    """Paints a line: icon, title, and its keys or detail at the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        entry = model.entry(index.row()) if isinstance(model, _Entries) else None
        if entry is None:
            return
        theme = app_theme()
        rect = QRect(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            fill_round(painter, rect, theme.selection, theme.px(RADIUS_CONTROL))
        icon = QRect(rect.left() + theme.px(10), rect.top(), theme.px(18), rect.height())
        draw_icon(painter, icon, entry.icon or "command", theme.muted)
        inner = rect.adjusted(theme.px(40), 0, -theme.px(12), 0)
        detail = isolated_if_needed(one_line(entry.detail, 80))
        width = min(QFontMetrics(theme.small).horizontalAdvance(detail) + 2, inner.width() // 2)
        right = QRect(inner.right() - width, inner.top(), width, inner.height())
        draw_text(painter, right, detail, theme.small, theme.muted, RIGHT)
        left = QRect(inner.left(), inner.top(), inner.width() - width - theme.px(12), inner.height())
        draw_text(painter, left, isolated_if_needed(one_line(entry.title)), theme.small, theme.ink)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, app_theme().px(ENTRY_HEIGHT))


class PaletteDialog(QDialog):
    """Type a few letters, Enter runs it; `searched` asks for results, `picked` tells the entry chosen of them."""

    searched = Signal(str)
    picked = Signal(object)

    def __init__(self, registry: CommandRegistry, parent: QWidget) -> None:
        super().__init__(parent)
        self._registry = registry
        self._results: tuple[PaletteEntry, ...] = ()
        self.setWindowTitle(_("Search and commands"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.field = SearchField(_("Search patients, requests and commands"), parent=self)
        self.list = QListView(self)
        self.list.setAccessibleName(_("Results"))
        self._entries = _Entries(self)
        self.list.setModel(self._entries)
        self.list.setItemDelegate(_EntryDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QVBoxLayout(self)
        body.addWidget(self.field)
        body.addWidget(self.list, 1)
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._typed)
        self.field.searched.connect(self._searched)
        self.list.clicked.connect(self._clicked)
        self._measure()
        app_theme().changed.connect(self._measure)

    def open_fresh(self, text: str = "") -> None:
        """Open with `text` in the field and every command below it."""
        self._results = ()
        self.field.setText(text)
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
            case Qt.Key.Key_Down:
                self._step(1)
            case Qt.Key.Key_Up:
                self._step(-1)
            case Qt.Key.Key_PageDown:
                self._step(8)
            case Qt.Key.Key_PageUp:
                self._step(-8)
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
        shown = (self._entries.entry(row) for row in range(self._entries.rowCount()))
        return tuple(entry for entry in shown if entry is not None)

    def _step(self, by: int) -> None:
        count = self._entries.rowCount()
        if count:
            row = min(max(self.list.currentIndex().row() + by, 0), count - 1)
            self.list.setCurrentIndex(self._entries.index(row))

    def _take(self, row: int) -> None:
        entry = self._entries.entry(row)
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
        commands = [
            PaletteEntry(command.text, self._registry.shown_keys(command), command.icon, command) for command in fitting
        ]
        self._entries.show_entries([*commands, *self._results][:MOST])
        self.list.setCurrentIndex(self._entries.index(0))

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
