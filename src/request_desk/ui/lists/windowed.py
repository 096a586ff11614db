"""Lists: a model that knows all keys but only the rows near the window, and the view for it; what a row says is a delegate's."""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar, cast

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from request_desk.ui.lists.order import as_keys, place_of, steps_between
from request_desk.ui.widgets.painting import draw_text
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.skeleton import draw_skeleton_row
from request_desk.ui.widgets.theme import GROUP, ROW, app_theme

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

PAGE: Final = 64  # rows asked for at once (performance.md 1(b))
PAGES: Final = 32  # pages kept
FEW: Final = 6  # runs of changed rows that are told one by one
NO_GROUPS: Final[Mapping[int, str]] = {}
TEXT_ROLES: Final = frozenset({Qt.ItemDataRole.DisplayRole.value, Qt.ItemDataRole.AccessibleTextRole.value})


class WindowedModel(QAbstractTableModel, Generic[Row]):
    """All keys of a list in order and the rows lately looked at; the others are asked for when they are painted.

    Without `request_page` nothing can be asked for, so that every row that came is kept.
    """

    patch_begins = Signal()
    patched = Signal(bool)  # whether any row came, went or moved, or a group changed
    more_wanted = Signal(int)  # the generation whose end is seen while there is more

    def __init__(
        self,
        *,
        key_of: Callable[[Row], int],
        text_of: Callable[[Row], str],
        request_page: Callable[[int, tuple[int, ...]], object] | None = None,
        pages: int = PAGES,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.key_of = key_of
        self._text_of = text_of
        self._request_page = request_page
        self._keys: array[int] = array("q")
        self._rows: OrderedDict[int, Row] = OrderedDict()
        self._most_rows = max(2, pages) * PAGE
        self._asked: set[int] = set()
        self._near = -1  # where rows were looked at last: what changes is mostly there
        self._missing: set[int] = set()
        self._stale: set[int] = set()
        self._groups: dict[int, str] = {}
        self._generation = 0
        self._more = False
        self._fetching = False

    # What is in the list

    @property
    def generation(self) -> int:
        """The number of this list; answers to an earlier one are dropped."""
        return self._generation

    def keys(self) -> "array[int]":
        """Return a copy of all keys in order."""
        return self._keys[:]

    def key_at(self, position: int) -> int:
        return self._keys[position]

    def position_of(self, key: int | None, near: int = -1) -> int:
        """Return where `key` is in the list, -1 if it is not; a guess makes it faster in a very long one."""
        return -1 if key is None else place_of(self._keys, key, near)

    def cached(self, key: int) -> Row | None:
        """Return the row of `key` if it is here; asks nobody."""
        return self._rows.get(key)

    def row_at(self, position: int) -> Row | None:
        """Return the row at `position`, or None while it is asked for."""
        if not 0 <= position < len(self._keys):
            return None
        self._near = position
        key = self._keys[position]
        row = self._rows.get(key)
        if row is None or key in self._stale:
            self._ask_around(position)
        if row is not None:
            self._rows.move_to_end(key)
        return row

    def group_word(self, position: int) -> str:
        """Return the word of the group that begins at `position`, "" for none."""
        if not self._groups or not 0 <= position < len(self._keys):
            return ""
        return self._groups.get(self._keys[position], "")

    def group_positions(self) -> tuple[int, ...]:
        """Return where groups begin."""
        places = (self.position_of(key) for key in self._groups)
        return tuple(sorted(place for place in places if place >= 0))

    # What changes it

    def set_keys(
        self,
        keys: Iterable[int],
        rows: Iterable[Row] = (),
        *,
        groups: Mapping[int, str] = NO_GROUPS,
        more: bool = False,
    ) -> None:
        """Show another list; answers to questions about the old one will be dropped."""
        self.beginResetModel()
        self._generation += 1
        self._keys = as_keys(keys)[:]
        self._rows.clear()
        self._forget_questions()
        self._keep(rows)
        self._groups = dict(groups)
        self._more = more
        self._fetching = False
        self.endResetModel()
        self.patched.emit(True)

    def patch(
        self,
        *,
        keys: Iterable[int] | None = None,
        rows: Iterable[Row] = (),
        groups: Mapping[int, str] | None = None,
        more: bool | None = None,
    ) -> None:
        """Bring the same list up to date: `keys` is its new order, `rows` are rows that changed or came.

        `more` tells whether there is anything after it, None for what was told before.

        Selection and scroll position survive; a row that is not near the window may be left out of `rows`.
        """
        self.patch_begins.emit()
        self._more = self._more if more is None else more
        changed = self._keep(rows)[1]
        is_other = False
        if keys is not None:
            wanted = as_keys(keys)
            is_other = wanted != self._keys
            self._reorder(wanted)
        if groups is not None and dict(groups) != self._groups:
            changed.extend(key for key in (*self._groups, *groups) if key not in changed)
            self._groups = dict(groups)
            is_other = True
        self._tell_changed(changed)
        self.patched.emit(is_other)

    def retell(self) -> None:
        """Let every row be told anew: what it says depends on the time too."""
        if self._keys:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._keys) - 1, self.columnCount() - 1))

    def append_keys(self, generation: int, keys: Iterable[int], rows: Iterable[Row] = (), *, more: bool) -> None:
        """Add what `more_wanted` asked for at the end; `more` tells whether there is anything after it."""
        if generation != self._generation:
            return
        self._fetching = False
        self._more = more
        self._keep(rows)
        known = set(self._keys)
        fresh = array("q", (key for key in keys if key not in known))
        if fresh:
            first = len(self._keys)
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._keys.extend(fresh)
            self.endInsertRows()
        self.patched.emit(True)

    def fetch_failed(self, generation: int) -> None:
        """The answer to `more_wanted` will not come; it is asked again when the end is seen again."""
        if generation == self._generation:
            self._fetching = False

    def deliver(self, generation: int, rows: Iterable[Row], asked: Iterable[int] = ()) -> None:
        """Take the rows that were asked for; those of `asked` that did not come are not asked again until a patch."""
        if generation != self._generation:
            return
        came, changed = self._keep(rows)
        gone = set(asked) - set(came)
        self._asked -= gone
        self._missing |= gone
        self._tell_changed(changed)

    def forget(self, keys: Iterable[int]) -> None:
        """Have these rows read again when they are painted; until then they are shown as they were."""
        known = [key for key in keys if key in self._rows or key in self._missing]
        self._stale.update(known)
        self._missing.difference_update(known)
        self._asked.difference_update(known)
        self._tell_changed(known)

    def _forget_questions(self) -> None:
        self._asked.clear()
        self._missing.clear()
        self._stale.clear()

    def _keep(self, rows: Iterable[Row]) -> tuple[list[int], list[int]]:
        """Keep rows and return their keys, and of these the ones that say something else than before."""
        kept: list[int] = []
        changed: list[int] = []
        for row in rows:
            key = self.key_of(row)
            if self._rows.get(key) != row:
                self._rows[key] = row
                changed.append(key)
            self._rows.move_to_end(key)
            kept.append(key)
        self._asked.difference_update(kept)
        self._missing.difference_update(kept)
        self._stale.difference_update(kept)
        while self._request_page is not None and len(self._rows) > self._most_rows:
            oldest, _row = self._rows.popitem(last=False)
            self._stale.discard(oldest)
        return kept, changed

    def _ask_around(self, position: int) -> None:
        if self._request_page is None:
            return
        first = position - position % PAGE
        wanted = tuple(
            key
            for key in self._keys[first : first + PAGE]
            if (key not in self._rows or key in self._stale) and key not in self._asked and key not in self._missing
        )
        if wanted:
            self._asked.update(wanted)
            self._request_page(self._generation, wanted)

    def _reorder(self, new: "array[int]") -> None:
        root = QModelIndex()
        steps = steps_between(self._keys, new)
        for removal in steps.removals:
            self.beginRemoveRows(root, removal.first, removal.last)
            for key in self._keys[removal.first : removal.last + 1]:
                self._rows.pop(key, None)
            del self._keys[removal.first : removal.last + 1]
            self.endRemoveRows()
        if steps.moves is None:
            self._lay_out(steps.kept)
        else:
            for move in steps.moves:
                # Qt counts the target before the row is taken out.
                target = move.target + 1 if move.target > move.source else move.target
                self.beginMoveRows(root, move.source, move.source, root, target)
                self._keys.insert(move.target, self._keys.pop(move.source))
                self.endMoveRows()
        for insertion in steps.insertions:
            self.beginInsertRows(root, insertion.first, insertion.first + len(insertion.keys) - 1)
            self._keys[insertion.first : insertion.first] = insertion.keys
            self.endInsertRows()
        self._missing.clear()

    def _lay_out(self, keys: "array[int]") -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [self._keys[index.row()] for index in before]
        places = {key: place for place, key in enumerate(keys)} if held else {}
        self._keys = keys[:]
        after = [self.index(places[key], index.column()) for key, index in zip(held, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _tell_changed(self, keys: Iterable[int]) -> None:
        wanted = set(keys)
        looked_for = 0
        while wanted:
            if looked_for == FEW:
                # Scattered: the view repaints what it shows, which is cheaper than finding each.
                self.retell()
                return
            looked_for += 1
            first = self.position_of(wanted.pop(), self._near)
            if first < 0:
                continue
            last = first
            while first > 0 and self._keys[first - 1] in wanted:
                first -= 1
                wanted.discard(self._keys[first])
            while last + 1 < len(self._keys) and self._keys[last + 1] in wanted:
                last += 1
                wanted.discard(self._keys[last])
            self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._keys)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role not in TEXT_ROLES or not index.isValid():
            return None
        row = self._rows.get(self._keys[index.row()])
        return "" if row is None else one_line(self._text_of(row))

    def canFetchMore(self, parent: Index) -> bool:
        return self._more and not self._fetching and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:
        if self.canFetchMore(parent):
            self._fetching = True
            self.more_wanted.emit(self._generation)


class RowDelegate(QStyledItemDelegate, Generic[Row]):
    """Paints ground, selection, group word and hairline; children paint what the row says in `paint_row`."""

    def paint_row(self, painter: QPainter, rect: QRect, row: Row) -> None:
        """Paint a row into `rect`, which is without the group's word."""
        raise NotImplementedError

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, WindowedModel):
            return
        theme = app_theme()
        rect = QRect(option.rect)
        flags = option.state
        selected = bool(flags & QStyle.StateFlag.State_Selected)
        hovered = bool(flags & QStyle.StateFlag.State_MouseOver)
        focused = selected and bool(flags & QStyle.StateFlag.State_Active) and option.widget.hasFocus()
        word = model.group_word(index.row())
        if word:
            height = theme.px(GROUP)
            above = QRect(rect.left() + theme.px(17), rect.top(), rect.width(), height)
            # The view has painted its selection over the whole row.
            painter.fillRect(QRect(rect.left(), rect.top(), rect.width(), height), theme.panel)
            draw_text(painter, above, word, theme.small_bold, theme.muted)
            rect.setTop(rect.top() + height)
        if selected:
            painter.fillRect(rect, theme.selection)
            bar = QRect(rect.left(), rect.top(), theme.px(3), rect.height())
            painter.fillRect(bar, theme.accent if focused else theme.control_line)
        elif hovered:
            painter.fillRect(rect, theme.hover)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.line)
        row = cast("Row | None", model.row_at(index.row()))
        if row is None:
            draw_skeleton_row(painter, rect, index.row())
        else:
            self.paint_row(painter, rect, row)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, 0)  # the view's sections have their height


class ListView(QTableView):
    """Rows with a fixed height; tells the key that is selected, which survives every patch."""

    key_selected = Signal(object)
    opened = Signal(object)

    def __init__(
        self,
        model: WindowedModel[Any],
        delegate: QStyledItemDelegate,
        *,
        name: str,
        row_height: int = ROW,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._list = model
        self._row_height = row_height
        self._tall: list[tuple[QPersistentModelIndex, int]] = []
        self._told: int | None = None
        self._patching = False
        self._selected_place = -1
        self._anchors: tuple[tuple[int, int, int], ...] = ()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setCornerButtonEnabled(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        delegate.setParent(self)
        self.setItemDelegate(delegate)
        self.setModel(model)
        self._measure()
        model.patch_begins.connect(self._patch_begins)
        model.patched.connect(self._patched)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        app_theme().changed.connect(self._measure)

    def selected_key(self) -> int | None:
        """Return the key of the selected row."""
        place = self.currentIndex().row()
        return self._list.key_at(place) if 0 <= place < self._list.rowCount() else None

    def select_key(self, key: int | None) -> bool:
        """Select the row of `key`, None for no row; False if it is not in the list."""
        if key is None:
            self._go_to(-1)
            return True
        place = self._list.position_of(key)
        if place >= 0:
            self._go_to(place)
        return place >= 0

    def select_first(self) -> bool:
        """Select the first row, if there is one."""
        return self._list.rowCount() > 0 and self.select_key(self._list.key_at(0))

    def step(self, by: int) -> None:
        """Go so many rows down, or up if negative."""
        count = self._list.rowCount()
        if count:
            place = self.currentIndex().row()
            self._go_to(min(max(place + by, 0), count - 1) if place >= 0 else 0)

    def row_height(self) -> int:
        """Return the height of a row at this text size."""
        return app_theme().px(self._row_height)

    def set_row_height(self, pixels: int) -> None:
        """Change the height of rows, in pixels at 100 % (compact rows)."""
        if pixels == self._row_height:
            return
        seen = self._is_selected_seen(self.viewport().size())
        self._row_height = pixels
        self._measure()
        if seen:
            self.scrollTo(self.currentIndex())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A selected row that was seen stays in sight where the list gets lower."""
        seen = self._is_selected_seen(event.oldSize())
        super().resizeEvent(event)
        if seen:
            self.scrollTo(self.currentIndex())

    def _is_selected_seen(self, room: QSize) -> bool:
        current = self.currentIndex()
        return current.isValid() and QRect(QPoint(0, 0), room).contains(self.visualRect(current))

    # Keys and mouse

    def focusInEvent(self, event: QFocusEvent) -> None:
        """No row is chosen by coming here: Qt's own chooses the first, and what is read beside the list would be gone."""
        QAbstractScrollArea.focusInEvent(self, event)
        self.viewport().update()

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands here, never a search for a row."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            key = self.selected_key()
            if key is not None and not event.isAutoRepeat():
                self.opened.emit(key)
            event.accept()
            return
        if event.key() in {Qt.Key.Key_Home, Qt.Key.Key_End}:  # Qt's own go to the first and the last column
            last = self._list.rowCount() - 1
            self._go_to(min(0, last) if event.key() == Qt.Key.Key_Home else last)
            event.accept()
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.opened.emit(self._list.key_at(index.row()))

    def viewportEvent(self, event: QEvent) -> bool:
        # The default tooltip would ask the model; rows say all they have.
        return True if event.type() is QEvent.Type.ToolTip else super().viewportEvent(event)

    # Patches

    @Slot()
    def _patch_begins(self) -> None:
        self._patching = True
        self._selected_place = self.currentIndex().row()
        self._anchors = self._anchors_now()
        self.setAutoScroll(False)

    @Slot(bool)
    def _patched(self, is_other: bool) -> None:
        if is_other:
            self._set_heights()
            self.viewport().update()
        if self._patching:
            if is_other:
                self._hold_selection()
                self._hold_scroll()
            self._patching = False
            self.setAutoScroll(True)
        self._tell_selected()

    def paint_key(self, key: int) -> None:
        """Paint the row of `key` anew, if it is on the screen."""
        place = self._list.position_of(key)
        if place >= 0:
            self.update(self._list.index(place, 0))

    def _tell_selected(self) -> None:
        """Tell which key is selected, if it is another one than told last."""
        key = self.selected_key()
        if key != self._told:
            self._told = key
            self.key_selected.emit(key)

    def _hold_selection(self) -> None:
        """The selected row stays selected; if it went, the next in order takes its place."""
        if self._told is None:
            return
        place = self._list.position_of(self._told, self._selected_place)
        if place < 0:
            count = self._list.rowCount()
            place = min(self._selected_place, count - 1) if count else -1
        if place != self.currentIndex().row():
            self._go_to(place, scroll=False)

    def _anchors_now(self) -> tuple[tuple[int, int, int], ...]:
        """The rows that should not move, with their places and lower edges, the dearest first.

        That is the one under the cursor, then the selected one, then those on the screen from the top.
        """
        port = self.viewport()
        if not self._list.rowCount() or not self.isVisible():
            return ()
        spot = port.mapFromGlobal(self.cursor().pos())
        dear = [self.rowAt(spot.y())] if port.underMouse() and port.rect().contains(spot) else []
        selected = self.currentIndex()
        if selected.isValid() and self.visualRect(selected).intersects(port.rect()):
            dear.append(selected.row())
        first = max(0, self.rowAt(0))
        last = self.rowAt(port.height() - 1)
        dear.extend(range(first, (last if last >= 0 else self._list.rowCount() - 1) + 1))
        return tuple((self._list.key_at(place), place, self._bottom_of(place)) for place in dear if place >= 0)

    def _bottom_of(self, place: int) -> int:
        # The lower edge: a group's word may come or go above a row.
        return self.rowViewportPosition(place) + self.rowHeight(place)

    def _hold_scroll(self) -> None:
        """Scroll so that the dearest row that is still there is where it was."""
        anchors, self._anchors = self._anchors, ()
        for key, was_at, bottom in anchors:
            place = self._list.position_of(key, was_at)
            if place >= 0:
                # The header knows the new rows; the scroll bar's range follows here.
                self.updateGeometries()
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + self._bottom_of(place) - bottom)
                return

    def _go_to(self, place: int, *, scroll: bool = True) -> None:
        model = self.selectionModel()
        if place < 0:
            model.clear()
            return
        flags = QItemSelectionModel.SelectionFlag
        index = self._list.index(place, 0)
        model.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        if scroll:
            self.scrollTo(index)

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._patching:
            self._tell_selected()

    @Slot()
    def _measure(self) -> None:
        header = self.verticalHeader()
        header.setMinimumSectionSize(1)
        header.setDefaultSectionSize(self.row_height())
        self._set_heights()

    def _set_heights(self) -> None:
        """Make the first rows of groups taller; only these few sections are touched."""
        header = self.verticalHeader()
        low, high = self.row_height(), self.row_height() + app_theme().px(GROUP)
        wanted = self._list.group_positions()
        for index, row in self._tall:
            # A reset leaves the sections as they were, but nothing that points at them.
            place = index.row() if index.isValid() else row
            if place not in wanted and place < header.count():
                header.resizeSection(place, low)
        for place in wanted:
            if header.sectionSize(place) != high:
                header.resizeSection(place, high)
        self._tall = [(QPersistentModelIndex(self._list.index(place, 0)), place) for place in wanted]
