"""The groups of settings as a quiet list at the left; what a group holds is its form's business."""

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.painting import draw_dot, draw_focus_ring, draw_icon, draw_text, fill_round
from request_desk.ui.widgets.plain_text import tip_text
from request_desk.ui.widgets.theme import RADIUS_CONTROL, app_theme

_ENTRY = 38  # pixels at 100 %
_FOLDED = 80  # width below which only the icons are shown
Index = QModelIndex | QPersistentModelIndex


class GroupId(IntEnum):
    """The groups that other pages lead to; no row has an id below zero."""

    PRACTICE = -1
    PATIENTS_PAGES = -2
    LOCATIONS = -3
    TYPES = -4
    MEETINGS = -5
    SUBSCRIPTIONS = -6


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One line of the list."""

    title: str
    icon: str
    edited: bool = False  # something was typed and not saved yet


class _Groups(QAbstractListModel):
    def __init__(self, groups: list[GroupLine]) -> None:
        super().__init__()
        self._groups = groups

    def group(self, place: int) -> GroupLine:
        return self._groups[place]

    def put(self, place: int, group: GroupLine) -> None:
        if self._groups[place] != group:
            self._groups[place] = group
            self.dataChanged.emit(self.index(place), self.index(place))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._groups)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        group = self._groups[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return group.title
            case Qt.ItemDataRole.ToolTipRole:
                return tip_text(group.title)
            case Qt.ItemDataRole.AccessibleTextRole:
                return _("{group}, not saved yet").format(group=group.title) if group.edited else group.title
            case _:
                return None


class _Delegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, _Groups):
            return
        theme, group = app_theme(), model.group(index.row())
        rect = QRect(option.rect).adjusted(0, 1, 0, -1)
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        radius = theme.px(RADIUS_CONTROL)
        folded = rect.width() < theme.px(_FOLDED)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            fill_round(painter, rect, theme.selection if chosen else theme.hover, radius)
        if state & QStyle.StateFlag.State_HasFocus and chosen:
            draw_focus_ring(painter, rect, radius)
        icon = rect if folded else QRect(rect.left() + theme.px(10), rect.top(), theme.px(18), rect.height())
        draw_icon(painter, icon, group.icon, theme.accent if chosen else theme.muted)
        if group.edited:
            edge = theme.px(5 if folded else 14)
            draw_dot(painter, QPoint(rect.right() - edge, rect.center().y()), theme.accent)
        if folded:
            return
        left = theme.px(40)
        text = QRect(rect.left() + left, rect.top(), rect.width() - left - theme.px(24), rect.height())
        draw_text(painter, text, group.title, theme.small_bold if chosen else theme.small, theme.ink)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, app_theme().px(_ENTRY))


class GroupList(QListView):
    """Tells which group was chosen, by click or arrow."""

    chosen = Signal(int)

    def __init__(self, groups: list[GroupLine], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups = _Groups(groups)
        self._groups.setParent(self)
        self.setAccessibleName(_("Groups of settings"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setModel(self._groups)
        self.setItemDelegate(_Delegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._current_changed)
        app_theme().changed.connect(self.doItemsLayout)

    def choose(self, place: int) -> None:
        """Go to a group."""
        self.setCurrentIndex(self._groups.index(place))

    def current(self) -> int:
        return self.currentIndex().row()

    def mark(self, place: int, *, edited: bool) -> None:
        """Show that a group holds something that is not saved."""
        group = self._groups.group(place)
        self._groups.put(place, GroupLine(group.title, group.icon, edited))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a lower window the group that is shown stays in sight."""
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands, never a search for a group."""

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.row())
