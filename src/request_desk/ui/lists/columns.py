"""Lists with columns: what a column is, the model of frozen rows and its view; where the rows come from is decided elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QModelIndex, QObject, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from request_desk.ui.lists.windowed import TEXT_ROLES, Index, ListView, WindowedModel
from request_desk.ui.widgets.painting import draw_icon
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.theme import app_theme

Row = TypeVar("Row")
COLUMN_ROW = 40  # pixels at 100 %


# Without slots: Python 3.11 cannot make `Column[Staff](…)` of a frozen generic class that has them.
@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its heading and what it says of a row; `width` in pixels at 100 %, 0 takes the room that is left.

    One with `from_width` is left out while the list is narrower than that, in pixels at 100 %: the detail says it too.
    `order` names the order that a click on the heading asks for, "" for none. In a column with `dots` each row shows three
    dots, which ask for its menu; what it says is for readers.
    """

    title: str
    text: Callable[[Row], str]
    width: int = 0
    right: bool = False
    order: str = ""
    dots: bool = False
    from_width: int = 0


class ColumnsModel(WindowedModel[Row]):
    """Rows with columns: a short list by `set_rows`, a long one page by page."""

    def __init__(
        self, columns: Sequence[Column[Row]], key_of: Callable[[Row], int], parent: QObject | None = None
    ) -> None:
        super().__init__(key_of=key_of, text_of=columns[0].text, parent=parent)
        self._columns = tuple(columns)

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        return self._columns

    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows[key] for key in self._keys)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show these rows in this order; a row with a known key takes the place of the old one."""
        fresh = list(rows)
        self.patch(keys=map(self.key_of, fresh), rows=fresh)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role in TEXT_ROLES:
            row = self.row_at(index.row())
            return "" if row is None else isolated_if_needed(one_line(column.text(row)))
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


class _Cell(QStyledItemDelegate):
    """Paints a cell; the pointer shades none by itself: what is chosen is a row."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_MouseOver


class _Dots(_Cell):
    """Paints the three dots of a row; the word that stands there is for readers."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.text = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        draw_icon(painter, QRect(option.rect), "ellipsis", app_theme().muted)


class ColumnsView(ListView):
    """The view of a list with columns; a click on the heading of an ordered column asks for its order.

    Where a column has dots, they, a right click, the menu key and Shift+F10 ask for the menu of a row.
    """

    order_wanted = Signal(str)
    menu_wanted = Signal(object, QPoint)  # key, where on the screen

    def __init__(self, model: ColumnsModel[Any], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(model, _Cell(), name=name, row_height=COLUMN_ROW, parent=parent)
        self.setWordWrap(True)  # a row has room for two lines: nothing is cut that fits into them
        self._columns = model.columns
        self._dots = next((place for place, column in enumerate(self._columns) if column.dots), -1)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(any(column.order for column in self._columns))
        header.sectionClicked.connect(self._heading_clicked)
        header.show()
        self._measure_columns()
        app_theme().changed.connect(self._measure_columns)
        if self._dots >= 0:
            self.setItemDelegateForColumn(self._dots, _Dots(self))
            self.clicked.connect(self._cell_clicked)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._want_menu()
            return
        index = self.indexAt(event.pos())
        if index.isValid():
            self.setCurrentIndex(index)
            self._want_menu(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._leave_out()
        super().resizeEvent(event)

    def _leave_out(self) -> None:
        for place, column in enumerate(self._columns):
            self.setColumnHidden(place, self.width() < app_theme().px(column.from_width))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F10.value and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            self._want_menu()
            event.accept()
            return
        super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _cell_clicked(self, index: QModelIndex) -> None:
        if index.column() == self._dots:
            self._want_menu()

    def _want_menu(self, place: QPoint | None = None) -> None:
        key = self.selected_key()
        if key is not None and self._dots >= 0:
            dots = self.visualRect(self.model().index(self.currentIndex().row(), self._dots))
            self.menu_wanted.emit(key, place or self.viewport().mapToGlobal(dots.bottomLeft()))

    def show_order(self, order: str, *, descending: bool) -> None:
        """Mark the heading whose order the rows have."""
        place = next((place for place, column in enumerate(self._columns) if order and column.order == order), -1)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(place >= 0)
        if place >= 0:
            way = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            header.setSortIndicator(place, way)

    @Slot(int)
    def _heading_clicked(self, place: int) -> None:
        if self._columns[place].order:
            self.order_wanted.emit(self._columns[place].order)

    @Slot()
    def _measure_columns(self) -> None:
        header, modes = self.horizontalHeader(), QHeaderView.ResizeMode
        for place, column in enumerate(self._columns):
            header.setSectionResizeMode(place, modes.Interactive if column.width else modes.Stretch)
            if column.width:
                header.resizeSection(place, app_theme().px(column.width))
        self._leave_out()


def _alignment(*, right: bool) -> int:
    flags = Qt.AlignmentFlag
    return int((flags.AlignRight if right else flags.AlignLeft) | flags.AlignVCenter)
