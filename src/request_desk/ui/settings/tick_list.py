"""A list of names to be ticked; who they are and what the ticks mean is the form's business."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from request_desk.ui.widgets.painting import TextRun, draw_focus_ring, draw_icon, draw_run, fill_round
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.theme import RADIUS_CONTROL, app_theme

_ENTRY = 38  # pixels at 100 %
_BOX = 18
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Tick:
    """One line: its key, the name, and what tells it from others of that name."""

    key: int
    name: str
    detail: str = ""


class _Ticks(QAbstractListModel):
    ticked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Tick, ...] = ()
        self._on: set[int] = set()
        self.locked = False

    def set_lines(self, lines: Sequence[Tick], on: Iterable[int]) -> None:
        self.beginResetModel()
        self._lines = tuple(lines)
        self._on = set(on)
        self.endResetModel()

    def line(self, place: int) -> Tick:
        return self._lines[place]

    def is_on(self, place: int) -> bool:
        return self._lines[place].key in self._on

    def chosen(self) -> frozenset[int]:
        return frozenset(self._on)

    def toggle(self, index: Index) -> None:
        if index.isValid() and not self.locked:
            self._on ^= {self._lines[index.row()].key}
            self.dataChanged.emit(self.index(index.row()), self.index(index.row()))
            self.ticked.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag
        if not index.isValid():
            return flags.NoItemFlags
        ability = flags.ItemIsSelectable | flags.ItemIsEnabled
        return ability if self.locked else ability | flags.ItemIsUserCheckable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return one_line(f"{line.name}, {line.detail}" if line.detail else line.name)
            case Qt.ItemDataRole.CheckStateRole:
                return (Qt.CheckState.Checked if self.is_on(index.row()) else Qt.CheckState.Unchecked).value
            case _:
                return None


class _Delegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, _Ticks):
            return
        theme, line, on = app_theme(), model.line(index.row()), model.is_on(index.row())
        rect = QRect(option.rect).adjusted(theme.px(4), 1, -theme.px(4), -1)
        state = option.state
        if state & QStyle.StateFlag.State_MouseOver and not model.locked:
            fill_round(painter, rect, theme.hover, theme.px(RADIUS_CONTROL))
        if state & QStyle.StateFlag.State_HasFocus:
            draw_focus_ring(painter, rect, theme.px(RADIUS_CONTROL))
        side = theme.px(_BOX)
        box = QRect(rect.left() + theme.px(8), rect.center().y() - side // 2, side, side)
        line_color = theme.faint if model.locked else theme.control_line
        if on:
            fill_round(painter, box, theme.faint if model.locked else theme.accent, theme.px(4))
            draw_icon(painter, box, "check", theme.on_accent, 14)
        else:
            fill_round(painter, box, theme.panel, theme.px(4), line_color)
        left = box.right() + theme.px(10)
        name, detail = (isolated_if_needed(one_line(text)) for text in (line.name, line.detail))
        runs = (TextRun(name, theme.small, theme.ink), TextRun(detail, theme.small, theme.muted))
        draw_run(painter, QRect(left, rect.top(), rect.right() - left - theme.px(8), rect.height()), runs)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, app_theme().px(_ENTRY))


class TickList(QListView):
    """Names with ticks: a click or Space sets and takes a tick."""

    ticked = Signal()

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ticks = _Ticks()
        self._ticks.setParent(self)
        self._ticks.ticked.connect(self.ticked)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setModel(self._ticks)
        self.setItemDelegate(_Delegate(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        app_theme().changed.connect(self.doItemsLayout)

    def set_lines(self, lines: Sequence[Tick], on: Iterable[int]) -> None:
        """Show these names with these ticks; the line with the keyboard stays."""
        place = self.currentIndex().row()
        key = self._ticks.line(place).key if place >= 0 else None
        self._ticks.set_lines(lines, on)
        now = next((number for number, line in enumerate(lines) if line.key == key), 0)
        if lines:
            self.setCurrentIndex(self._ticks.index(now))

    def chosen(self) -> frozenset[int]:
        """Return the keys that are ticked."""
        return self._ticks.chosen()

    def set_locked(self, *, locked: bool) -> None:
        """Let it be read only."""
        self._ticks.locked = locked
        self.viewport().update()

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands, never a search for a line."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space.value and not event.isAutoRepeat():
            self._ticks.toggle(self.currentIndex())
            event.accept()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index == self.currentIndex():
            self._ticks.toggle(index)
        super().mouseReleaseEvent(event)
