"""A list that is narrowed and walked over from the field above it; what its rows say and what picking does is decided elsewhere."""

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from request_desk.ui.widgets.painting import fill_round
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.theme import RADIUS_CONTROL, app_theme

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
SPOKEN: Final = frozenset({Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole})
STEPS: Final = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


class _Rows(QAbstractListModel, Generic[Row]):
    def __init__(self, text_of: Callable[[Row], str], parent: QObject) -> None:
        super().__init__(parent)
        self._text_of = text_of
        self.rows: tuple[Row, ...] = ()

    def show_rows(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role not in SPOKEN or not 0 <= index.row() < len(self.rows):
            return None
        return one_line(self._text_of(self.rows[index.row()]))


class _Painter(QStyledItemDelegate, Generic[Row]):
    def __init__(self, paint_row: Callable[[QPainter, QRect, Row], None], height: int, model: _Rows[Row]) -> None:
        super().__init__(model)
        self._paint_row = paint_row
        self._height = height
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, rect = app_theme(), QRect(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            fill_round(painter, rect, theme.selection, theme.px(RADIUS_CONTROL))
        self._paint_row(painter, rect, self._model.rows[index.row()])

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, app_theme().px(self._height))


class PickList(QListView, Generic[Row]):
    """Has the focus never: Up, Down and the page keys in `field` move along it."""

    def __init__(
        self,
        field: QWidget,
        *,
        name: str,
        height: int,
        text_of: Callable[[Row], str],
        paint_row: Callable[[QPainter, QRect, Row], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._model: _Rows[Row] = _Rows(text_of, self)
        self._field = field
        self.setAccessibleName(name)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(paint_row, height, self._model))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        field.installEventFilter(self)

    def show_rows(self, rows: Sequence[Row], *, pick: bool = True) -> None:
        """Show other rows; the first is the current one, or none is until it is gone to."""
        self._model.show_rows(rows)
        self.setCurrentIndex(self._model.index(0) if pick else QModelIndex())

    def rows(self) -> tuple[Row, ...]:
        return self._model.rows

    def row(self, place: int) -> Row | None:
        return self._model.rows[place] if 0 <= place < len(self._model.rows) else None

    def current(self) -> Row | None:
        """Return the row that Enter would take."""
        return self.row(self.currentIndex().row())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._field:
            return super().eventFilter(watched, event)
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and self._model.rows:
            step = STEPS.get(Qt.Key(event.key()))
            if step is not None:
                place = min(max(self.currentIndex().row() + step, 0), len(self._model.rows) - 1)
                self.setCurrentIndex(self._model.index(place))
                return True
        return False
