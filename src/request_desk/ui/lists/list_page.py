"""A list as a page or as a part of a sheet: title, filters, rows with columns, their menu, a detail beside; what is in it a subclass says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.paging import Page
from request_desk.domain.words import _
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.lists.detail_page import DetailPage
from request_desk.ui.lists.filter_chips import FilterChips, FilterSpec
from request_desk.ui.lists.keyset_feed import KeysetFeed
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActsMenu, ActSpec
from request_desk.ui.widgets.buttons import Chip
from request_desk.ui.widgets.layout import Card, FlowBox, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.states import Banner, BannerKind, SearchField, State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, app_theme
from request_desk.ui.window.frame import remember_splitter
from request_desk.ui.window.pages import WindowPage

Row = TypeVar("Row")
FOLD: Final = 1000  # pixels at 100 % of the page; below it the detail stands under the list
SHARES: Final = (3, 2)  # of list and detail
GAP: Final = 14  # between the cards
DOTS: Final = 44  # width of the column with the three dots


# Without slots: Python 3.11 cannot make `ListSpec[Staff](…)` of a frozen generic class that has them.
@dataclass(frozen=True)
class ListSpec(Generic[Row]):
    """What a list is. Filters and order are remembered under `key`; `order` is the first one, "-name" for descending.

    `menu` names the menu of a row, "" where there is none. A change of one of the `topics` has the list read again. `search`
    is what the field for words says while it is empty, "" for no such field; what is typed is kept by nobody.
    """

    key: str
    name: str
    columns: tuple[Column[Row], ...]
    topics: tuple[Topic, ...]
    reading: str
    empty: str
    filters: tuple[FilterSpec, ...] = ()
    order: str = ""
    menu: str = ""
    search: str = ""
    empty_icon: str = ""
    is_titled: bool = True
    shares: tuple[int, int] = SHARES  # of list and detail, while nobody moved the line between them


@dataclass(frozen=True, slots=True)
class ListWanted:
    """Which rows in which order: the values of each filter, () where it leaves nothing out, the name of the order, the words typed."""

    filters: Mapping[str, tuple[object, ...]]
    order: str
    descending: bool
    text: str = ""


class ListPage(WindowPage, Generic[Row]):
    """A subclass reads pages in `read_page`, tells rows apart by `key_of`, and says in `acts_of` what their menu offers.

    Arrows go through the rows, Enter goes on to the detail or, without one, tells `opened`; Escape leads back to the list.
    """

    selected = Signal(object)  # key, None for no row
    opened = Signal(object)  # key

    def __init__(
        self,
        context: DeskContext,
        spec: ListSpec[Row],
        parent: QWidget | None = None,
        *,
        detail: DetailPage[Any] | None = None,
    ) -> None:
        super().__init__(context, parent)
        self._spec = spec
        self._is_read = False
        self._is_first = True
        self._wanted_key: int | None = None  # asked for and not in the list
        self.setAccessibleName(spec.name)
        self.filters = FilterChips(spec.filters, context.preferences, f"{spec.key}.filters", self)
        self.order = Chip("", self._orders(), parent=self)
        self.search = SearchField(spec.search, keys="Ctrl+F", parent=self)
        self.banner = Banner(self)
        dots: tuple[Column[Row], ...] = (Column("", self._menu_words, DOTS, dots=True),) if spec.menu else ()
        self.model: ColumnsModel[Row] = ColumnsModel((*spec.columns, *dots), self.key_of)
        self.feed: KeysetFeed[Row] = KeysetFeed(self.model, self._page_after, self)
        self.view = ColumnsView(self.model, name=spec.name)
        self.stack = StateStack(self.view)
        self.detail = detail
        self.tools = row()
        self._lay_out()
        self._connect()
        self._recall_order()
        self.stack.show_state(State.LOADING, spec.reading)

    # what a subclass says

    def read_page(self, wanted: ListWanted, after: Any) -> Pending[Page[Row]]:
        """Read the page of rows behind `after`, the first for None."""
        raise TypeError("a list reads its own pages")

    def key_of(self, row: Row) -> int:
        """Return the id of a row."""
        raise TypeError("a list tells its own rows apart")

    def acts_of(self, row: Row) -> Sequence[ActSpec]:
        """Return what can be done with a row, and why the rest cannot."""
        return ()

    # how it is made

    def _lay_out(self) -> None:
        theme = app_theme()
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.px(2 * SPACE))
        if self._spec.is_titled:
            title = row(PlainLabel(self._spec.name, role=TextRole.TITLE), None)
            title.addLayout(self.tools)
            body.addLayout(title)
        self.bar = FlowBox(self)
        self.order.setVisible(bool(self._orders()))
        self.search.setVisible(bool(self._spec.search))
        parts = (self.search, bool(self._spec.search)), *((each, True) for each in self.filters.chips())
        for part, is_there in (*parts, (self.order, bool(self._orders()))):
            if is_there:
                self.bar.flow.addWidget(part)
        self.bar.setVisible(self.bar.flow.count() > 0)
        card = Card(padding=0, name=self._spec.name)
        card.body.addWidget(self.stack)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(theme.px(GAP))
        self.splitter.addWidget(card)
        if self.detail is not None:
            self.splitter.addWidget(self.detail)
            self._share()
            remember_splitter(self.splitter, self._context.memory, f"{self._spec.key}.splitter")
        for part in (self.bar, self.banner):
            body.addWidget(part)
        body.addWidget(self.splitter, 1)

    def _connect(self) -> None:
        self.filters.changed.connect(self._wanted_changed)
        self.search.searched.connect(self._searched)
        self.order.changed.connect(self._order_chosen)
        self.view.order_wanted.connect(self._heading_clicked)
        self.view.key_selected.connect(self._row_selected)
        self.view.opened.connect(self._row_opened)
        self.view.menu_wanted.connect(self._open_menu)
        self.feed.loaded.connect(self._loaded)
        self.feed.failed.connect(self._failed)
        self.stack.pane.acted.connect(self._state_acted)
        self.banner.acted.connect(self.feed.reload)
        self._context.hub.changed.connect(self._changed)

    def _menu_words(self, _row: Row) -> str:
        return self._spec.menu

    # what is wanted

    def wanted(self) -> ListWanted:
        """Return which rows in which order the list shows."""
        order = str(next(iter(self.order.chosen()), self._spec.order))
        text = self.search.text().strip()
        return ListWanted(self.filters.chosen(), order.removeprefix("-"), order.startswith("-"), text)

    def _orders(self) -> tuple[tuple[object, str], ...]:
        """Both ways of each heading that can be clicked, for those who do not click."""
        ordered = [column for column in self._spec.columns if column.order]
        ways = ("", _("Order: {title}")), ("-", _("Order: {title}, descending"))
        return tuple(
            (f"{sign}{column.order}", words.format(title=column.title)) for column in ordered for sign, words in ways
        )

    def _recall_order(self) -> None:
        offered = [order for order, _text in self._orders()]
        kept = self._context.preferences.get(f"{self._spec.key}.order")
        self.order.choose((kept if kept in offered else self._spec.order,))
        self._show_order()

    def _show_order(self) -> None:
        wanted = self.wanted()
        self.view.show_order(wanted.order, descending=wanted.descending)

    @Slot(object)
    def _order_chosen(self, _chosen: object) -> None:
        self._context.preferences.put(f"{self._spec.key}.order", self.order.chosen()[0])
        self._show_order()
        self._wanted_changed()

    @Slot(str)
    def _heading_clicked(self, order: str) -> None:
        """A second click turns the order round."""
        now = self.wanted()
        self.order.choose((f"-{order}" if now.order == order and not now.descending else order,))
        self._order_chosen(())

    @Slot()
    def _wanted_changed(self) -> None:
        self.bar.fit()
        if self._is_read:
            self._read()

    @Slot(str)
    def _searched(self, _text: str) -> None:
        """The first that is found is shown; without words, what is being read stays open."""
        self._wanted_key = None
        self._read(stays=not self.search.text().strip())

    def focus_search(self) -> None:
        """Give the keys to the field for words."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # reading

    def _read(self, *, stays: bool = True) -> None:
        self._is_read = self._is_first = True
        if stays and self.detail is not None and self.detail.key is not None:
            self._wanted_key = self.detail.key  # what is being read stays open, in the list or beside it
        self.feed.read()

    def _page_after(self, after: Any) -> Pending[Page[Row]]:
        return self.read_page(self.wanted(), after)

    @Slot()
    def _loaded(self) -> None:
        self.banner.clear()
        had_focus = self.stack.hasFocus() or self.stack.pane.isAncestorOf(self.focusWidget())
        if self.model.rowCount():
            self.stack.show_content()
            self._select_wanted()
        elif text := self.wanted().text:
            told = _("Nothing was found for “{text}”.").format(text=isolated_if_needed(one_line(text, 60)))
            self.stack.show_state(State.EMPTY, told, action=_("Clear the search"))
        elif self.filters.is_narrow() and not self.filters.is_default():
            self.stack.show_state(State.EMPTY, _("Nothing fits these filters."), action=_("Show all of them"))
        else:
            self.stack.show_state(State.EMPTY, self._spec.empty, icon=self._spec.empty_icon)
        if had_focus:
            self.take_focus()

    def _select_wanted(self) -> None:
        if self._wanted_key is not None:
            self.view.select_key(self._wanted_key)
        elif self._is_first:
            self.view.select_first()
        self._is_first = False

    @Slot(object)
    def _failed(self, refused: Refused) -> None:
        """What is shown already stays, and a bar says that it may be old."""
        if self.stack.is_content_shown():
            self.banner.say(BannerKind.WARNING, refused.sentence, action=_("Try again"))
        else:
            state = State.OFFLINE if isinstance(refused, Unavailable) else State.ERROR
            self.stack.show_state(state, refused.sentence, action=_("Try again"))

    @Slot(object)
    def _state_acted(self, state: State) -> None:
        if state is State.EMPTY and self.search.text():
            self.search.empty()
            return
        if state is State.EMPTY:
            self.filters.clear()
        self._read()

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(*self._spec.topics):
            self.feed.follow(None)

    # rows

    @Slot(object)
    def _row_selected(self, key: int | None) -> None:
        if key is not None:
            self._wanted_key = None
        if self.detail is not None and self._wanted_key is None:
            self.feed.pin(key)
            self.detail.show_thing(key)
        self.selected.emit(key)

    @Slot(object)
    def _row_opened(self, key: int) -> None:
        if self.detail is not None:
            self.detail.take_focus()
        self.opened.emit(key)

    @Slot(object, QPoint)
    def _open_menu(self, key: int, place: QPoint) -> None:
        shown = self.model.cached(key)
        acts = self.acts_of(shown) if shown is not None else ()
        if acts:
            menu = ActsMenu(acts, name=self._spec.menu, parent=self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(place)

    # what the window asks

    def open(self, thing_id: int, *, to_write: bool = False) -> None:
        """Show a thing, wherever it is: in the list if it is there, else beside it."""
        if not self.view.select_key(thing_id):
            self._wanted_key = thing_id
            self.view.select_key(None)
            if self.detail is not None:
                self.detail.show_thing(thing_id)
        self.take_focus()

    def take_focus(self) -> None:
        place = self.view if self.stack.is_content_shown() else self.stack
        place.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self.feed.pin(None)
        if self.detail is not None:
            self.detail.show_thing(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that nothing nearer has taken leads back to the list, and so do Down and Enter in the field for words."""
        to_list = (Qt.Key.Key_Down.value, Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value)
        if (self.search.hasFocus() and event.key() in to_list) or (
            event.key() == Qt.Key.Key_Escape.value and not (self.view.hasFocus() or self.stack.hasFocus())
        ):
            self.take_focus()
        else:
            super().keyPressEvent(event)

    # size

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_read:
            self._read()
        self.feed.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.set_active(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= app_theme().px(FOLD)
        way = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if self.splitter.orientation() is not way:
            self.splitter.setOrientation(way)
            self._share()

    def _share(self) -> None:
        self.splitter.setSizes([share * FOLD for share in self._spec.shares])
        for place, share in enumerate(self._spec.shares):
            self.splitter.setStretchFactor(place, share)
