"""Short lists with columns (staff, members, results): a model of frozen rows and its view; long lists are in `tables`."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from request_desk.ui.lists.order import steps_between
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.theme import app_theme

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
COLUMN_ROW = 40  # pixels at 100 %
TEXT_ROLES = frozenset({Qt.ItemDataRole.DisplayRole.value, Qt.ItemDataRole.AccessibleTextRole.value})


# Without slots: Python 3.11 cannot make `Column[Staff](…)` of a frozen generic class that has them.
@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its heading and what it says of a row; `width` in pixels at 100 %, 0 takes the room that is left."""

    title: str
    text: Callable[[Row], str]
    width: int = 0
    right: bool = False


class ColumnsModel(QAbstractTableModel, Generic[Row]):
    """All rows of a short list; `set_rows` patches, so that the selection survives."""

    rows_set = Signal()

    def __init__(
        self, columns: Sequence[Column[Row]], key_of: Callable[[Row], int], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._key_of = key_of
        self._rows: list[Row] = []

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        return self._columns

    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows)

    def row_at(self, position: int) -> Row | None:
        return self._rows[position] if 0 <= position < len(self._rows) else None

    def row_of(self, key: int) -> Row | None:
        return next((row for row in self._rows if self._key_of(row) == key), None)

    def key_at(self, position: int) -> int | None:
        row = self.row_at(position)
        return None if row is None else self._key_of(row)

    def position_of(self, key: int) -> int:
        return next((place for place, row in enumerate(self._rows) if self._key_of(row) == key), -1)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show these rows in this order; a row with a known key takes the place of the old one."""
        fresh = list(rows)
        by_key = {self._key_of(row): row for row in fresh}
        root = QModelIndex()
        steps = steps_between(array("q", map(self._key_of, self._rows)), array("q", map(self._key_of, fresh)))
        for removal in steps.removals:
            self.beginRemoveRows(root, removal.first, removal.last)
            del self._rows[removal.first : removal.last + 1]
            self.endRemoveRows()
        if steps.moves is None:
            self._lay_out([by_key[key] for key in steps.kept])
        for move in steps.moves or ():
            target = move.target + 1 if move.target > move.source else move.target
            self.beginMoveRows(root, move.source, move.source, root, target)
            self._rows.insert(move.target, self._rows.pop(move.source))
            self.endMoveRows()
        for insertion in steps.insertions:
            self.beginInsertRows(root, insertion.first, insertion.first + len(insertion.keys) - 1)
            self._rows[insertion.first : insertion.first] = [by_key[key] for key in insertion.keys]
            self.endInsertRows()
        changed = [place for place, row in enumerate(fresh) if self._rows[place] != row]
        self._rows = fresh
        if changed:
            last = len(self._columns) - 1
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], last))
        self.rows_set.emit()

    def _lay_out(self, rows: list[Row]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = {self._key_of(row): place for place, row in enumerate(rows)}
        after = [self.index(places[self._key_of(self._rows[index.row()])], index.column()) for index in before]
        self._rows = rows
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role in TEXT_ROLES:
            return isolated_if_needed(one_line(column.text(self._rows[index.row()])))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(right=column.right)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        if role in TEXT_ROLES:
            return self._columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(right=self._columns[section].right)
        return None


class ColumnsView(QTableView):
    """The view of a short list; tells the key that is selected."""

    key_selected = Signal(object)
    opened = Signal(object)

    def __init__(self, model: ColumnsModel[Any], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = model
        self._told: int | None = None
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.setModel(model)
        self._measure()
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        model.rows_set.connect(self._rows_set)
        self.activated.connect(self._activated)
        app_theme().changed.connect(self._measure)

    def selected_key(self) -> int | None:
        return self._list.key_at(self.currentIndex().row())

    def select_key(self, key: int | None) -> bool:
        """Select the row of `key`, None for no row; False if it is not there."""
        if key is None:
            self.selectionModel().clear()
            return True
        place = self._list.position_of(key)
        if place < 0:
            return False
        flags = QItemSelectionModel.SelectionFlag
        index = self._list.index(place, 0)
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index)
        return True

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands, never a search for a row."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.selected_key()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and key is not None:
            if not event.isAutoRepeat():
                self.opened.emit(key)
            event.accept()
            return
        super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _activated(self, index: QModelIndex) -> None:
        self.opened.emit(self._list.key_at(index.row()))

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        self._tell()

    @Slot()
    def _rows_set(self) -> None:
        self._tell()

    def _tell(self) -> None:
        key = self.selected_key()
        if key != self._told:
            self._told = key
            self.key_selected.emit(key)

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        rows = self.verticalHeader()
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(theme.px(COLUMN_ROW))
        header = self.horizontalHeader()
        modes = QHeaderView.ResizeMode
        for place, column in enumerate(self._list.columns):
            header.setSectionResizeMode(place, modes.Interactive if column.width else modes.Stretch)
            if column.width:
                header.resizeSection(place, theme.px(column.width))


def _alignment(*, right: bool) -> int:
    flags = Qt.AlignmentFlag
    return int((flags.AlignRight if right else flags.AlignLeft) | flags.AlignVCenter)
