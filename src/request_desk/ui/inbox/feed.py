"""Fills the inbox: keys ordered in memory for open tabs, pages for the others; it paints nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from request_desk.domain import triage
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused
from request_desk.domain.ids import RequestId
from request_desk.domain.paging import Page
from request_desk.domain.requests import Filters, Group, InboxRow, ListOrder, RequestKey, Tab
from request_desk.services.inbox import queries as inbox_queries, search_queries
from request_desk.ui.inbox.row_words import first_words, spoken_row
from request_desk.ui.lists.keyset_feed import KeysetFeed
from request_desk.ui.lists.windowed import PAGE, WindowedModel
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.running.timing import Stoppable

REGROUP = 60_000  # milliseconds: an age passes its target, a morning becomes today (MC7)
REREAD = 300  # seconds: the feed is an optimisation, the database is the truth (architecture 5)
KEYSET = frozenset({Tab.COMPLETED})


@dataclass(frozen=True, slots=True)
class ListChoice:
    """What the list shows: a tab with filters in an order, or what a search finds."""

    tab: Tab = Tab.UNREAD
    filters: Filters = field(default_factory=Filters)
    order: ListOrder = ListOrder.NEEDS_ME
    search: str = ""

    @property
    def is_keyset(self) -> bool:
        return bool(self.search) or self.tab in KEYSET


class RequestFeed(KeysetFeed[InboxRow]):
    """Completed and what a search finds come in pages; an open tab is all its keys, ordered here as the time goes on."""

    counted = Signal(object)  # Mapping[Tab, int]

    def __init__(self, context: DeskContext, parent: QObject | None = None) -> None:
        model = WindowedModel[InboxRow](key_of=_key, text_of=self._spoken, request_page=self._request_page)
        super().__init__(model, self._page_after, parent)
        self._context = context
        self._runner = context.runner
        self._shown = ListChoice()
        self._keys: tuple[RequestKey, ...] = ()
        self._groups: dict[int, Group] = {}
        self._minutes = 0
        self._regroup_timer: Stoppable | None = None
        context.hub.changed.connect(self._changed)

    @property
    def shown(self) -> ListChoice:
        return self._shown

    # what is shown

    def show(self, wanted: ListChoice) -> None:
        """Show another list."""
        self._shown = wanted
        self.read()

    def set_active(self, active: bool) -> None:
        if active and self._regroup_timer is None:
            self._regroup_timer = self._context.timers(self, REGROUP, self._minute, repeat=True)
        elif not active and self._regroup_timer is not None:
            self._regroup_timer.stop()
            self._regroup_timer = None
        super().set_active(active)

    def pin(self, key: int | None) -> None:
        before = self._pinned
        super().pin(key)
        if before is None or before == key or any(each.id == before for each in self._keys):
            return
        # It was kept only for being selected. The view is just changing its selection: the list follows after that.
        self._context.timers(self, 0, self._arrange)

    def next_after(self, request_id: int) -> int | None:
        """Return the request that follows in the list's order, the one before at the end, None when it is alone."""
        place = self.model.position_of(request_id)
        count = self.model.rowCount()
        if place < 0 or count < 2:
            return None if count == 0 or place >= 0 else self.model.key_at(0)
        return self.model.key_at(place + 1 if place + 1 < count else place - 1)

    def leave_out(self, request_id: int) -> None:
        """Take a row out at once: its request was just answered here, the next reading will say the same."""
        if self._pinned == request_id:
            self._pinned = None
        self._keys = tuple(key for key in self._keys if key.id != request_id)
        self._arrange()

    # reading

    def ask_first(self) -> Pending[Any]:
        if self._shown.is_keyset:
            self._keys = ()
            asked = super().ask_first()
            self._count()
        else:
            asked = self._open_keys().done(partial(self._keys_read, self._number))
        return asked

    def ask_again(self) -> Pending[Any]:
        if self._shown.is_keyset:
            asked = super().ask_again()
        else:
            asked = self._open_keys().done(partial(self._keys_reread, self._number))
        self._count()
        return asked

    def _open_keys(self) -> "Pending[tuple[RequestKey, ...]]":
        return self._runner.read(self, inbox_queries.open_keys, self._shown.tab, self._shown.filters)

    def _page_after(self, after: int | None) -> "Pending[Page[InboxRow]]":
        now = self._shown
        if now.search:
            return self._runner.read(self, search_queries.search, now.search, after=after, limit=PAGE)
        order = ListOrder.NEWEST if now.order is ListOrder.NEEDS_ME else now.order
        return self._runner.read(
            self, inbox_queries.list_page, now.tab, now.filters, after=after, limit=PAGE, order=order
        )

    def _count(self) -> None:
        self._runner.read(self, inbox_queries.counts).done(self.counted.emit).refused(self._uncounted)

    def _uncounted(self, _refused: Refused) -> None:
        """The list itself tells that the database cannot be reached."""

    def _keys_read(self, number: int, keys: Sequence[RequestKey]) -> None:
        """Show the keys of a new list."""
        if number != self._number:
            return
        self._keys = tuple(keys)
        order, words = self._ordered()
        self.model.set_keys(order, groups=words)
        self.model.row_at(0)  # asked for now, and not behind what is read for the things around the list
        self._count()
        self.loaded.emit()

    def _keys_reread(self, number: int, keys: Sequence[RequestKey]) -> None:
        """Patch an open list."""
        if number != self._number:
            return
        self._keys = tuple(keys)
        self._arrange()
        self.loaded.emit()

    def _request_page(self, generation: int, keys: tuple[int, ...]) -> None:
        pending = self._runner.read(self, inbox_queries.rows, tuple(RequestId(key) for key in keys))
        pending.done(partial(self.model.deliver, generation, asked=keys)).refused(partial(self._rows_refused, keys))

    def _rows_refused(self, keys: tuple[int, ...], _refused: Refused) -> None:
        self.model.forget(keys)  # asked again with the next paint or patch

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        everything = changes.everything or changes.touches(Topic.STAFF, Topic.DIRECTORY, Topic.SETTINGS, Topic.PATIENT)
        rows = changes[Topic.REQUEST] | changes[Topic.CLAIM] | changes[Topic.MARK] | changes[Topic.DELIVERY]
        if not everything and not rows:
            return
        if not self._is_active:
            self._count()
        self.follow(None if everything else rows)

    # order

    def _minute(self) -> None:
        self._minutes += 1
        if self._minutes * 60 % REREAD == 0:
            self.follow(frozenset())
        else:
            self._arrange()
        self.model.retell()

    def _arrange(self) -> None:
        """Put the open list in order as of now: groups change with time, the pinned row stays where it is."""
        if self._shown.is_keyset:
            return
        order, words = self._ordered()
        self.model.patch(keys=order, groups=words)

    def _ordered(self) -> tuple[list[int], dict[int, str]]:
        settings, now = self._context.settings(), self._context.clock.now()
        zone = self._context.words().zone
        near = triage.near(now, settings.opening_hours, settings.closed_days, zone)
        pairs = triage.in_order(self._keys, now, near, self._shown.order)
        fresh: dict[int, Group] = {key.id: group for group, key in pairs}
        order: list[int] = [key.id for _group, key in pairs]
        if self._pinned is not None and self._pinned in self._groups:
            fresh[self._pinned] = self._groups[self._pinned]
            order = _pinned_order(order, fresh, self._pinned, list(self.model.keys()))
        self._groups = {key: fresh[key] for key in order}
        if self._shown.order is not ListOrder.NEEDS_ME:
            return order, {}
        return order, first_words(order, fresh)

    def _spoken(self, row: InboxRow) -> str:
        return spoken_row(row, self._context.words(), self._context.clock.now())


def _pinned_order(order: list[int], groups: Mapping[int, Group], pinned: int, before: list[int]) -> list[int]:
    """Return `order` with the pinned row behind the row it stood behind, inside the group it had."""
    group = groups[pinned]
    rest = [key for key in order if key != pinned]
    place = before.index(pinned) if pinned in before else len(before)
    above = [key for key in before[:place] if groups.get(key) is group]
    positions = {key: at for at, key in enumerate(rest)}
    for key in reversed(above):
        if key in positions:
            return [*rest[: positions[key] + 1], pinned, *rest[positions[key] + 1 :]]
    ranks = list(Group)
    first = next((at for at, key in enumerate(rest) if ranks.index(groups[key]) >= ranks.index(group)), len(rest))
    return [*rest[:first], pinned, *rest[first:]]


def _key(row: InboxRow) -> int:
    return row.id
