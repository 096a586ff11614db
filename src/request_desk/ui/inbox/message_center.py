"""The Message Center: list above, message below, schedule and response beside them; it composes and passes on."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import RequestId
from request_desk.domain.paging import Page
from request_desk.domain.requests import Delivery, Filters, InboxRow, Resolved, Tab, UnseenReply
from request_desk.domain.words import _
from request_desk.services.inbox import queries as inbox_queries, search_queries
from request_desk.ui.inbox.feed import ListChoice, RequestFeed
from request_desk.ui.inbox.filters import FilterBar
from request_desk.ui.inbox.request_list import LEAST_ROWS, ListCard, RequestDelegate, RowLines, fitting_row
from request_desk.ui.inbox.row_words import KIND_ICONS, row_words
from request_desk.ui.lists.windowed import ListView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.timing import Stoppable
from request_desk.ui.settings.setup_offer import SetupOffer
from request_desk.ui.widgets.layout import Card, paint_later
from request_desk.ui.widgets.states import Banner, BannerKind, State, StateStack
from request_desk.ui.widgets.text import show_if
from request_desk.ui.widgets.theme import ROW_COMPACT, app_theme
from request_desk.ui.window.commands import Scope
from request_desk.ui.window.frame import LiveState, remember_splitter
from request_desk.ui.window.pages import WindowPage

if TYPE_CHECKING:
    # What stands around the list is loaded once the list is seen.
    from request_desk.services.notices.subscriptions import TroubledSubscription
    from request_desk.services.practice.directory import Directory
    from request_desk.ui.window.palette import PaletteDialog, PaletteEntry

FOLD = 1200  # pixels of the window below which the schedule is a strip
GAP = 14  # between the cards
ARRANGEMENTS = ((True, False), (False, False), (False, True))  # roomy, tight: from the most room to the least
SHORT = 740  # pixels of the page below which failed notices are a mark beside the filters and the list leaves its height to the message
LIST_SHARE = 0.56
SMALLEST_SHARE = 0.42
LEAST_MESSAGE = 200  # pixels at 100 % in which the people and the first line of the text are seen
LEFT_KEY = "inbox.splitter.left"
UNSEEN_AGAIN = 300_000  # milliseconds: visits come near by themselves
SLOW = 250  # milliseconds after which a message that is being read says so
FOUND = 12  # search results in the palette


class _Panes(QSplitter):
    """Cards with a gap between them; `laid_out` comes when they have their places, where new sizes may be set."""

    laid_out = Signal()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest}:
            self.laid_out.emit()
        return done


class MessageCenter(WindowPage):
    """The page. `open_request` shows a request by id; everything else comes from keys, clicks and changes."""

    badge = Signal(int)  # how many are in *Unread Portal*

    def __init__(
        self,
        context: DeskContext,
        parent: QWidget | None = None,
        *,
        at_once: bool = True,
    ) -> None:
        super().__init__(context, parent, at_once=at_once)
        self.setObjectName("message_center")
        self.setAccessibleName(_("Message Center"))
        self._folded: bool | None = None
        self._wanted_id: RequestId | None = None
        self._slow: Stoppable | None = None
        self._burst_text = ""
        self._department_told = ""
        self._first = True
        self.is_whole = False  # before, there is the list alone
        self._was_empty = False
        self._stays = False  # the open request, while another list is read
        self.feed = RequestFeed(context, self)
        self.building = self._build()
        self.rest = self._build_rest()
        if at_once:
            for _step in (*self.building, *self.rest):
                pass

    @property
    def _open_id(self) -> RequestId | None:
        """The request that is read."""
        return self.response_controller.request_controller.request_id if self.is_whole else None

    # how it is made

    def _build(self) -> Iterator[None]:
        """Make the list. Each step is short enough for one turn of the event loop; widgets are born where they stay."""
        self._make_list()
        yield
        self._list_card_made()
        yield
        self._lay_out()
        self._connect_list()
        self.feed.show(self.filters.wanted())  # it is read while the page is laid out

    def load_rest(self) -> None:
        import_module("request_desk.ui.inbox.request_acts")

    def _build_rest(self) -> Iterator[None]:
        """Make what stands around the list, out of sight, and then put it in the places that are kept for it."""
        from request_desk.ui.inbox.offers_strip import OffersStrip
        from request_desk.ui.inbox.request_acts import ACTS
        from request_desk.ui.inbox.request_pane import RequestPane
        from request_desk.ui.inbox.response_controller import ResponseController
        from request_desk.ui.inbox.response_pane import ResponsePane
        from request_desk.ui.schedule.schedule_panel import SchedulePanel

        self.message = RequestPane(ACTS, self._context.preferences, self)
        yield
        self.message_stack = StateStack(self.message, self._left, is_card=True)
        self.message_stack.hide()
        yield
        self.schedule = SchedulePanel(self._context.clock, self._context.words(), self)
        self._right.addWidget(self.schedule)
        self.schedule.hide()
        self.strip = OffersStrip(self._right)
        self.strip.hide()
        yield
        self.response = ResponsePane(self._right)
        self.response.hide()
        yield
        self.response_controller = ResponseController(
            self._context, self.message, self.response, self.schedule, self.strip, self
        )
        for part in (self.message_stack, self.schedule, self.strip, self.response):
            yield
            for widget in (part, *part.findChildren(QWidget)):
                widget.ensurePolished()
        yield
        self._take_places()
        self._connect()
        self._add_commands()
        self._watch_keys()
        self._go_on()

    def _make_list(self) -> None:
        context = self._context
        self._both = QSplitter(Qt.Orientation.Horizontal, self)
        self._left = _Panes(Qt.Orientation.Vertical, self._both)
        self._right = _Panes(Qt.Orientation.Vertical, self._both)
        # With the shares of their parts.
        self._columns = ((self._left, (56, 44), "left"), (self._right, (64, 0, 36), "right"))
        self.live_bar = Banner(self)
        self.empty_department_bar = Banner(self)
        self.setup_bar = SetupOffer(context, self)
        self.filters = FilterBar(context.preferences, self)

    def _list_card_made(self) -> None:
        context = self._context
        self.list_card = ListCard(self._left)
        self._delegate = RequestDelegate(context.words, context.clock.now, self._has_draft, self._my_id)
        self.list = ListView(self.feed.model, self._delegate, name=_("Requests"))
        self.list_stack = StateStack(self.list, self.list_card)
        self.list_card.body.addWidget(self.list_stack)
        self._kept = (Card(self._left), *(Card(self._right) for _part in range(3)))

    def _lay_out(self) -> None:
        theme, memory = app_theme(), self._context.memory
        theme.changed.connect(self._measure)
        self._measure()
        for splitter, shares, name in (*self._columns, (self._both, (494, 506), "both")):
            splitter.setChildrenCollapsible(False)
            _stretch(splitter, shares)
            splitter.setSizes(shares)
            remember_splitter(splitter, memory, f"inbox.splitter.{name}")
        self.list_card.resized.connect(self._fit_rows)
        self._left.laid_out.connect(self._share_left)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.px(10))
        for bar in (self.live_bar, self.empty_department_bar, self.setup_bar):
            body.addWidget(bar)
        body.addWidget(self.filters)
        body.addWidget(self._both, 1)
        self.list_stack.show_state(State.LOADING, _("Reading the requests …"))
        self._kept[2].hide()  # the strip is there where the schedule is not

    def _take_places(self) -> None:
        """Put what was made around the list where its places were kept."""
        self._kept[1].show()
        self._right.refresh()  # for a size that the schedule has when the window is made wide later
        sizes = [(splitter, splitter.sizes()[: len(shares)]) for splitter, shares, _name in self._columns]
        self.is_whole = True
        self.message_stack.show_state(State.LOADING, _("Reading the request …"))
        for part in (self.message_stack, self.response):
            part.show()
        self._fold(folded=self._is_narrow())
        for place in self._kept:  # only now: a column with nothing in it would be given up for a moment
            place.setParent(None)
            place.deleteLater()
        self._kept = ()
        for splitter, shares, _name in self._columns:
            _stretch(splitter, shares)
        for splitter, kept in sizes:
            splitter.setSizes(kept)
        self._fit_height()

    def _go_on(self) -> None:
        """Read what stands around the list, behind its rows, and then the request that is chosen there by now, which needs it."""
        self.response_controller.read_beside()
        self._read_directory()
        self._read_failed()
        self._read_troubled()
        self._read_unseen()
        self.setup_bar.read()
        if self._wanted_id is not None:
            self.open_request(self._wanted_id)
        else:
            self._selected(self.list.selected_key())

    def _is_narrow(self) -> bool:
        return self.window().width() < app_theme().px(FOLD)

    def _connect_list(self) -> None:
        """What the list and the bars above it need nothing else for."""
        self.feed.loaded.connect(self._list_loaded)
        self.feed.failed.connect(self._list_failed)
        self.feed.counted.connect(self._counted)
        self.filters.changed.connect(self._list_wanted)
        self.filters.left_search.connect(self.focus_list)
        self.list_stack.pane.acted.connect(self._list_state_acted)
        self.live_bar.acted.connect(self._try_again)
        hub = self._context.hub
        hub.live_changed.connect(self._live_changed)
        if hub.state is LiveState.OFFLINE:
            self._live_changed(hub.state)

    def _connect(self) -> None:
        self.empty_department_bar.acted.connect(self._open_department)
        self.setup_bar.changed.connect(self._show_banner)
        self._right.laid_out.connect(self._fit_height)
        self.list.key_selected.connect(self._selected)
        self.list.opened.connect(self._into_message)
        self.message_stack.pane.acted.connect(self._message_state_acted)
        self.filters.failed_wanted.connect(self.open_deliveries)
        self.filters.troubled_wanted.connect(self._open_subscriptions)
        self.filters.unseen_wanted.connect(self.open_unseen)
        self._context.timers(self, UNSEEN_AGAIN, self._read_unseen, repeat=True)
        answering = self.response_controller
        answering.shown.connect(self._request_shown)
        answering.request_controller.failed.connect(self._request_failed)
        answering.resolved.connect(self._resolved)
        answering.request_sender.left_here.connect(self._go_on_from)
        answering.related_wanted.connect(self.open_request)
        self.response.left.connect(self.focus_list)
        answering.choose_wanted.connect(self._into_message)
        context = self._context
        context.hub.changed.connect(self._changed)
        context.drafts.changed.connect(self._draft_changed)
        context.gate.burst.connect(self._burst_dropped)

    def _watch_keys(self) -> None:
        gate = self._context.gate
        for widget in (self.list_card, self.message, self.schedule, self.strip):
            gate.watch(widget, Scope.REQUEST)

    def _add_commands(self) -> None:
        from request_desk.ui.inbox.commands import choosing_location, choosing_offer, going, sending
        from request_desk.ui.inbox.request_acts import ACTS

        answering, registry = self.response_controller, self._context.commands
        handlers: dict[str, Callable[[], object]] = {
            "inbox.next": partial(self.list.step, 1),
            "inbox.previous": partial(self.list.step, -1),
            "inbox.open": self._into_message,
            "inbox.next_slot": answering.beside.next_available,
            "inbox.search": self.focus_search,
            "inbox.phrases": answering.letter.open_phrases,
            "inbox.note": self.focus_notes,
            "inbox.more": self.message.more.click,
            "inbox.deliveries": self.open_deliveries,
            "inbox.unseen": self.open_unseen,
            "inbox.all_locations": partial(self.filters.choose_location, ()),
            "inbox.own_words": answering.request_controller.leave_out_next,
        }
        for command in going():
            registry.add(command, handlers[command.id], owner=self)
        for act in ACTS:
            registry.add(act.command, partial(act.run, answering), owner=self)
        registry.add(sending(), answering.send, owner=self)
        self.message.act_wanted.connect(registry.run)
        registry.add_each(choosing_offer(), self._digit, owner=self)
        registry.add_each(choosing_location(), self._location_key, owner=self)

    # what the frame asks

    def open(self, thing_id: int, *, to_write: bool = False) -> None:
        self.open_request(RequestId(thing_id))
        if to_write:
            self.response_controller.go_to_response()

    def take_focus(self) -> None:
        self.focus_list()

    def leave(self) -> None:
        self.feed.pin(None)
        if self.is_whole:
            self.response_controller.leave()

    def serve_palette(self, palette: "PaletteDialog") -> None:
        palette.searched.connect(partial(self._search_for, palette))
        palette.picked.connect(self._palette_picked)

    def _search_for(self, palette: "PaletteDialog", text: str) -> None:
        pending = self._context.runner.read(palette, search_queries.search, text, limit=FOUND)
        pending.done(partial(self._found_for, palette, text)).refused(self._ignore)

    def _found_for(self, palette: "PaletteDialog", text: str, page: Page[InboxRow]) -> None:
        from request_desk.ui.window.palette import PaletteEntry

        words, now = self._context.words(), self._context.clock.now()
        entries: list[PaletteEntry] = []
        for row in page.rows:
            said = row_words(row, words, now)
            entries.append(
                PaletteEntry(f"{said.name}: {said.kind} {said.asked[0]}", said.age, KIND_ICONS[row.kind], row.id)
            )
        palette.offer_results(text, entries)

    @Slot(object)
    def _palette_picked(self, entry: "PaletteEntry") -> None:
        if isinstance(entry.value, int):
            self.open_request(RequestId(entry.value))

    def _ignore(self, _refused: Refused) -> None:
        """The palette shows commands; that the database is away is said by the bar above the list."""

    # the list

    @Slot(object)
    def _list_wanted(self, wanted: ListChoice) -> None:
        shown, open_id = self.feed.shown, self._open_id
        # Other filters or another order of the same list: what is being read stays open, in the list or beside it.
        self._stays = open_id is not None and (shown.tab, shown.search) == (wanted.tab, wanted.search)
        self._wanted_id = open_id if self._stays else self._wanted_id
        self.feed.pin(None)
        self._first = True
        self.feed.show(wanted)

    @Slot()
    def _list_loaded(self) -> None:
        if self.feed.model.rowCount() == 0:
            self._show_empty()
        else:
            self.list_stack.show_content()
            if self._wanted_id is not None and self.list.select_key(self._wanted_id):
                self._wanted_id = None
            elif self._wanted_id is None and (self._first or self._waits_for_one()):
                self.list.viewport().repaint()  # before the reads of a request take turns with it
                self.list.select_first()
        if self.list_stack.hasFocus() or (self._first and not self._is_typing()):
            self.focus_list()
        self._first = self._stays = False
        self._was_empty = self.feed.model.rowCount() == 0

    def _waits_for_one(self) -> bool:
        """Whether the first request that comes into the empty list is opened at once: nothing else is being done here."""
        return self._was_empty and self.isVisible() and self._open_id is None

    def row_lines(self, key: int) -> RowLines | None:
        """Return what the list has room to say about a request that it has read."""
        row = self.feed.model.cached(key)
        place = QRect(0, 0, self.list.viewport().width(), self.list.row_height())
        return None if row is None else self._delegate.lines(place, row)

    def _show_empty(self) -> None:
        wanted = self.feed.shown
        if wanted.search:
            sentence, action = _("No request has the words “{text}”.").format(text=wanted.search), _("Clear the search")
        elif wanted.filters != Filters():
            sentence, action = _("No request fits these filters."), _("Show all of them")
        elif wanted.tab is Tab.UNREAD:
            sentence, action = _("Nothing is waiting for you."), _("Show all open requests")
        else:
            sentence, action = _empty_words(wanted.tab), ""
        self.list_stack.show_state(State.EMPTY, sentence, action=action)
        if self.is_whole and self._open_id is None:
            self.message_stack.show_state(State.EMPTY, _("Choose a request to read it here."), icon="mail-open")
            self.response_controller.beside.forget()

    @Slot(object)
    def _list_failed(self, refused: Refused) -> None:
        if self.feed.model.rowCount() == 0:
            state = State.OFFLINE if isinstance(refused, Unavailable) else State.ERROR
            self.list_stack.show_state(state, refused.sentence, action=_("Try again"))

    @Slot(object)
    def _list_state_acted(self, state: State) -> None:
        if state is not State.EMPTY:
            self.feed.show(self.filters.wanted())
        elif self.filters.is_narrow():
            self.filters.clear()
        else:
            self.filters.tabs.choose(Tab.OPEN.value)

    @Slot(object)
    def _counted(self, counts: Mapping[Tab, int]) -> None:
        self.filters.show_counts(counts)
        self.badge.emit(counts.get(Tab.UNREAD, 0))

    @Slot(object)
    def _selected(self, key: int | None) -> None:
        """The list shows another row as the chosen one; a request that is being read stays when it merely left the list."""
        if key is None and self._stays:
            return
        if key is None:
            self.feed.pin(None)
            self.response_controller.leave()
            self.message_stack.show_state(State.EMPTY, _("Choose a request to read it here."), icon="mail-open")
            return
        self._wanted_id = None
        self._show_request(RequestId(key))

    def _show_request(self, request_id: RequestId) -> None:
        self.feed.pin(request_id)
        if request_id == self._open_id:
            return
        self.response_controller.open(request_id)
        if self._slow is not None:
            self._slow.stop()
        self._slow = self._context.timers(self, SLOW, self._is_slow)

    def _is_slow(self) -> None:
        self._slow = None
        if self.response_controller.request_controller.now is None and self._open_id is not None:
            self.message_stack.show_state(State.LOADING, _("Reading the request …"))

    @Slot(object)
    def open_request(self, request_id: RequestId) -> None:
        """Show a request, wherever it is: in the list if it is there, else beside it."""
        if not self.list.select_key(request_id):
            self.list.select_key(None)  # the marked row is the one that is read
            if self.is_whole:
                self._show_request(request_id)
            self._wanted_id = request_id
        self.focus_list()

    # the message

    @Slot(object)
    def _request_shown(self, _now: object) -> None:
        if not self.message_stack.is_content_shown():
            paint_later(self.message_stack, 2)
        self.message_stack.show_content()

    @Slot(object)
    def _request_failed(self, refused: Refused) -> None:
        state = State.OFFLINE if isinstance(refused, Unavailable) else State.ERROR
        self.message_stack.show_state(state, refused.sentence, action=_("Try again"))

    @Slot(object)
    def _message_state_acted(self, _state: State) -> None:
        key = self.list.selected_key()
        if key is not None:
            self.response_controller.open(RequestId(key))

    @Slot()
    def _into_message(self, _key: object = None) -> None:
        if self.response_controller.request_controller.now is not None:
            self.message.setFocus()

    @Slot(object)
    def _resolved(self, resolved: Resolved) -> None:
        self._go_on_from(resolved.request_id)

    @Slot(object)
    def _go_on_from(self, request_id: RequestId) -> None:
        """Select the next request in order; the one that is done leaves with the next reading, or stays where it belongs."""
        if request_id != self._open_id:
            return
        following = self.feed.next_after(request_id)
        paint_later(self.list.viewport())
        self.feed.pin(None)
        self.response_controller.leave()
        self.feed.leave_out(request_id)
        if following is None or not self.list.select_key(following):
            self.list.select_key(None)
            self.message_stack.show_state(State.EMPTY, _("That was the last one in this list."), icon="check")
        if self.feed.model.rowCount() == 0:
            self._show_empty()
        self.focus_list()

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that nothing nearer has taken closes what was opened last (UI4)."""
        if event.key() == Qt.Key.Key_Escape:
            self._close_last()
        else:
            super().keyPressEvent(event)

    def _close_last(self) -> None:
        """Back to the list first; in the list, what was opened beside it, then the search."""
        if not (self.list.hasFocus() or self.list_stack.hasFocus()):
            self.focus_list()
        elif self._open_id is not None and self.list.selected_key() is None:
            self._wanted_id = None
            self._selected(None)
            self.list.select_first()
        elif self.filters.wanted().search:
            self.filters.search.empty()

    @Slot()
    def focus_list(self) -> None:
        """Give the keys to the list, or to what stands in its place while it is empty."""
        place = self.list if self.list_stack.is_content_shown() else self.list_stack
        place.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def focus_search(self) -> None:
        self.filters.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filters.search.selectAll()

    @Slot()
    def focus_notes(self) -> None:
        self.message.notes.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _digit(self, key: str) -> None:
        self.response_controller.choose_digit(int(key))

    def _location_key(self, key: str) -> None:
        chips = self.filters.location_ids()
        place = int(key.rpartition("+")[2]) - 1
        if place < len(chips):
            self.filters.choose_location((chips[place],))

    def _is_typing(self) -> bool:
        if self.filters.search.hasFocus():
            return True
        return self.is_whole and (self.response.editor.hasFocus() or self.message.notes.line.hasFocus())

    @Slot(str)
    def _burst_dropped(self, text: str) -> None:
        """A scanner or a wrong window typed: nothing was done, the text can go into the response."""
        if not self.isVisible() or self.response_controller.request_controller.now is None:
            return
        self._burst_text = text
        offer = self._context.messages.offer(
            _("Keys came too fast to be meant. Nothing was done."), _("Put them into the response")
        )
        offer.accepted.connect(self._burst_wanted)

    @Slot()
    def _burst_wanted(self) -> None:
        self.response.editor.setFocus()
        self.response.editor.put_text(self._burst_text)

    # changes

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(Topic.DIRECTORY, Topic.STAFF, Topic.SETTINGS):
            self._read_directory()
        if changes.touches(Topic.DELIVERY):
            self._read_failed()
        if changes.touches(Topic.DELIVERY, Topic.DIRECTORY, Topic.STAFF):
            self._read_troubled()
        if changes.touches(Topic.DELIVERY, Topic.REQUEST):
            self._read_unseen()

    @Slot(object)
    def _draft_changed(self, request_id: int) -> None:
        self.list.paint_key(request_id)

    def _has_draft(self, request_id: int) -> bool:
        return self._context.drafts.of(request_id) is not None and request_id != self._open_id

    def _my_id(self) -> int:
        return self._context.actor().id

    @Slot(object)
    def _live_changed(self, state: LiveState) -> None:
        if state is LiveState.OFFLINE:
            self.live_bar.say(
                BannerKind.WARNING,
                _(
                    "The database cannot be reached. You can go on reading and writing; what you type is kept, sending waits."
                ),
                action=_("Try again"),
            )
            self._show_banner()
        else:
            self.live_bar.clear()
            self._show_banner()
            if self.feed.model.rowCount() == 0:
                self.feed.show(self.filters.wanted())
            if self.is_whole and not self.message_stack.is_content_shown():
                self._message_state_acted(State.OFFLINE)

    @Slot()
    def _try_again(self) -> None:
        self.feed.reload()

    def _read_directory(self) -> None:
        from request_desk.services.practice import directory

        runner = self._context.runner
        runner.read(self, directory.directory).done(self._directory_read).refused(self._ignore)
        runner.read(self, directory.banner).done(self._banner_read).refused(self._ignore)

    def _directory_read(self, found: "Directory") -> None:
        before = self.filters.filters()
        self.filters.set_directory(
            [one for one in found.locations.values() if one.active],
            [one for one in found.providers.values() if one.active],
        )
        if self.filters.filters() != before:
            self._list_wanted(self.filters.wanted())

    def _banner_read(self, sentence: str) -> None:
        self._department_told = sentence
        self._show_banner()

    @Slot()
    def _show_banner(self) -> None:
        """On a low page one bar at a time: that the database is away, then what is not set up, which names the rest."""
        is_low, is_away = self.height() < app_theme().px(SHORT), not self.live_bar.isHidden()
        self.setup_bar.wait(waits=is_low and is_away)
        told = "" if is_low and (is_away or self.setup_bar.is_offering) else self._department_told
        if not told:
            self.empty_department_bar.clear()
        elif self.empty_department_bar.text() != told:
            has_one = self._context.settings().intake_department_id is not None
            action = _("Show its members") if has_one else _("Set up …")
            self.empty_department_bar.say(BannerKind.WARNING, told, action=action)

    @Slot()
    def _open_department(self) -> None:
        """The members of the department, or where none is chosen the list of what is missing."""
        self._context.open_thing("settings", self._context.settings().intake_department_id or 0)

    # failed notices

    def _read_failed(self) -> None:
        self._context.runner.read(self, inbox_queries.deliveries, "failed").done(self._failed_read).refused(
            self._ignore
        )

    def _failed_read(self, found: Page[Delivery]) -> None:
        self.filters.show_failed(len(found.rows))

    @Slot()
    def open_deliveries(self) -> None:
        """Show what goes out, first of all what could not be delivered."""
        from request_desk.ui.inbox.deliveries import DeliveriesSheet

        sheet = DeliveriesSheet(self._context, self)
        sheet.request_wanted.connect(self.open_request)
        sheet.appointment_wanted.connect(partial(self._context.open_thing, "schedule"))
        sheet.open()

    # subscriptions that do not get their webhooks

    def _read_troubled(self) -> None:
        from request_desk.services.notices import subscriptions

        if may(self._context.actor(), Permission.MANAGE_SUBSCRIPTIONS):
            self._context.runner.read(self, subscriptions.troubled).done(self._troubled_read).refused(self._ignore)
        else:
            self.filters.show_troubled(0)

    def _troubled_read(self, found: "tuple[TroubledSubscription, ...]") -> None:
        self.filters.show_troubled(len(found))

    @Slot()
    def _open_subscriptions(self) -> None:
        from request_desk.ui.settings.group_list import GroupId

        self._context.open_thing("settings", GroupId.SUBSCRIPTIONS)

    # replies that were not read

    def _read_unseen(self) -> None:
        from request_desk.services.inbox import letters_seen

        self._context.runner.read(self, letters_seen.unseen_replies).done(self._unseen_read).refused(self._ignore)

    def _unseen_read(self, found: tuple[UnseenReply, ...]) -> None:
        self.filters.show_unseen(len(found))

    @Slot()
    def open_unseen(self) -> None:
        """Show the replies that nobody has read about visits of the next 24 hours."""
        from request_desk.ui.inbox.unseen_sheet import UnseenSheet

        sheet = UnseenSheet(self._context, self)
        sheet.request_wanted.connect(self.open_request)
        sheet.open()

    # size

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.feed.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.set_active(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.filters.place(self.width())
        if self.is_whole:
            self._fold(folded=self._is_narrow())
            self._fit_height()
        else:
            self._kept[1].setVisible(not self._is_narrow())
        self._show_banner()
        self._share_left()

    @Slot()
    def _measure(self) -> None:
        for splitter in (self._left, self._right, self._both):
            splitter.setHandleWidth(app_theme().px(GAP))

    @Slot()
    def _fit_height(self) -> None:
        """Do with the height that the bars above leave: the first arrangement in which nothing is pressed together."""
        room = self._right.height() - self._right.handleWidth()
        fitting = next((one for one in ARRANGEMENTS if self._height_with(*one) <= room), None)
        roomy, tight = fitting or ARRANGEMENTS[-1]
        self.strip.set_rows(_tile_rows(roomy=roomy), low=tight)
        self.response.set_room(roomy=roomy, tight=tight)
        show_if(self.strip, bool(self._folded) and fitting is not None)

    def _height_with(self, roomy: bool, tight: bool) -> int:
        """Return the least height of schedule or strip and response together."""
        strip = self.strip.height_with(_tile_rows(roomy=roomy), low=tight)
        beside = strip if self._folded else self.schedule.minimumSizeHint().height()
        return beside + self.response.height_with(roomy=roomy, tight=tight)

    @Slot()
    def _share_left(self) -> None:
        """Where there is little height the list keeps six low rows and the message has the rest, unless the user said otherwise."""
        if self._context.memory.get(LEFT_KEY):
            return
        theme = app_theme()
        room = self._left.height() - self._left.handleWidth()
        share = LIST_SHARE * room
        if self.height() < theme.px(SHORT):
            least = LEAST_ROWS * theme.px(ROW_COMPACT) + theme.px(ROW_COMPACT) // 2
            share = max(SMALLEST_SHARE * room, min(share, least, room - theme.px(LEAST_MESSAGE)))
        wanted = [round(share), room - round(share)]
        if self._left.sizes() != wanted:
            self._left.setSizes(wanted)

    @Slot()
    def _fit_rows(self) -> None:
        """Six rows at least are seen: lower ones where there is no room for tall ones."""
        self.list.set_row_height(fitting_row(self.list_card.height()))

    def _fold(self, *, folded: bool) -> None:
        if folded == self._folded:
            return
        self._folded = folded
        self.schedule.setVisible(not folded)
        self.strip.setVisible(folded)  # where there is no height for it, `_fit_height` takes it away


def _stretch(splitter: QSplitter, shares: tuple[int, ...]) -> None:
    for place, share in enumerate(shares):
        splitter.setStretchFactor(place, share)


def _tile_rows(*, roomy: bool) -> int:
    return 2 if roomy else 1


def _empty_words(tab: Tab) -> str:
    return {
        Tab.UNREAD: _("Nothing is waiting for you."),
        Tab.OPEN: _("No request is open."),
        Tab.WAITING: _("No request waits for a parent."),
        Tab.FORWARDED: _("You have forwarded nothing that is still open."),
        Tab.COMPLETED: _("Nothing was completed yet."),
    }[tab]
