"""Fills a list page by page behind its last row, and reads it again in place when something changed; it paints nothing."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from request_desk.domain.errors import Refused
from request_desk.domain.paging import Page
from request_desk.ui.lists.windowed import PAGE, WindowedModel
from request_desk.ui.running.runner import Pending

Row = TypeVar("Row")
MOST_REREAD: Final = 8 * PAGE  # rows read again at a change; what lies further down stays until the list is read anew


class KeysetFeed(QObject, Generic[Row]):
    """Owns the model of a list. A list that is replaced is a new generation; one that changes is patched in place.

    `read_page` reads the rows behind a place (`Page.after`), from the start behind None.
    """

    loaded = Signal()  # the list that was asked for is there
    failed = Signal(object)  # Refused: it could not be read

    def __init__(
        self,
        model: WindowedModel[Row],
        read_page: Callable[[Any], Pending[Page[Row]]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        model.setParent(self)
        self._read_page = read_page
        self._pinned: int | None = None
        self._is_kept = False  # the pinned row is only here for being pinned
        self._number = 0  # of the list that is shown; answers about an earlier one are dropped
        self._reading: Pending[Any] | None = None
        self._after: Any = None
        self._is_active = False
        self._is_stale = False
        self._dirty = False
        self._under_way = 0  # pages that are read again
        model.more_wanted.connect(self._more_wanted)

    # what is shown

    def read(self) -> None:
        """Read another list: nothing of the one before is kept."""
        self._pinned, self._is_kept = None, False
        self._number += 1
        if self._reading is not None:
            self._reading.drop()
        self._under_way = 0
        self._dirty = False
        self._reading = self.ask_first().refused(partial(self._reading_refused, self._number))

    def set_active(self, active: bool) -> None:
        """Follow changes at once while the list is seen; else remember that it is stale."""
        self._is_active = active
        if active and self._is_stale:
            self.reload()

    def pin(self, key: int | None) -> None:
        """Keep this row in the list, in its place, whatever becomes of it; None lets go of it."""
        is_left = self._is_kept and key != self._pinned
        self._pinned = key
        if is_left:
            self._is_kept = False
            self._reread(())

    def reload(self) -> None:
        """Read the same list anew, in place."""
        self._is_stale = False
        self._reread(self.model.keys())

    def follow(self, rows: frozenset[int] | None) -> None:
        """Read the list again in place: these rows changed, None for any of them."""
        if not self._is_active:
            self._is_stale = True
        elif rows is None:
            self.reload()
        else:
            self._reread(key for key in rows if self.model.cached(key) is not None)

    # reading

    def ask_first(self) -> Pending[Any]:
        """Ask for what another list begins with."""
        return self._read_page(None).done(partial(self._first_page_read, self._number))

    def ask_again(self) -> Pending[Any]:
        """Ask for what the same list begins with."""
        return self._read_page(None).done(partial(self._page_reread, self._number, ()))

    def _first_page_read(self, number: int, page: Page[Row]) -> None:
        if number != self._number:
            return
        self._after = page.after
        self.model.set_keys(map(self.model.key_of, page.rows), page.rows, more=page.after is not None)
        self.loaded.emit()

    def _reading_refused(self, number: int, refused: Refused) -> None:
        if number == self._number:
            self.failed.emit(refused)

    @Slot(int)
    def _more_wanted(self, generation: int) -> None:
        after = self._after
        page = self._read_page(after).done(partial(self._page_read, generation, after))
        page.refused(partial(self._page_refused, generation))

    def _page_read(self, generation: int, after: Any, page: Page[Row]) -> None:
        """Append a further page, unless the list was read again meanwhile and ends elsewhere."""
        if generation != self.model.generation:
            return
        if after != self._after:
            self.model.fetch_failed(generation)
            return
        self._after = page.after
        keys = map(self.model.key_of, page.rows)
        self.model.append_keys(generation, keys, page.rows, more=page.after is not None)

    def _page_refused(self, generation: int, refused: Refused) -> None:
        if generation == self.model.generation:
            self.model.fetch_failed(generation)
            self.failed.emit(refused)

    # changes

    def _reread(self, stale: Iterable[int]) -> None:
        """Read the pages that are here once more; of the rows only the stale ones are asked for again by themselves."""
        self.model.forget(stale)
        if self._under_way:
            self._dirty = True
        else:
            self._watch(self.ask_again())

    def _watch(self, pending: Pending[Any]) -> None:
        self._under_way += 1
        number = self._number
        pending.refused(partial(self._reading_refused, number)).settled(partial(self._reread_settled, number))

    def _page_reread(self, number: int, before: tuple[Row, ...], page: Page[Row]) -> None:
        if number != self._number:
            return
        rows = (*before, *page.rows)
        if page.after is not None and len(rows) < min(self.model.rowCount(), MOST_REREAD):
            self._watch(self._read_page(page.after).done(partial(self._page_reread, number, rows)))
        else:
            self._put_again(rows, page.after)

    def _put_again(self, rows: tuple[Row, ...], after: Any) -> None:
        """Patch what was read again; a row that moved between two pages is in both."""
        shown = list(self.model.keys())
        order = list(dict.fromkeys(map(self.model.key_of, rows)))
        if after is None or len(rows) >= len(shown):
            self._after = after
        else:
            known = set(order)
            order += [key for key in shown if key not in known]
        self._is_kept = self._pinned is not None and self._pinned in shown and self._pinned not in order
        if self._pinned is not None and self._is_kept:
            order = _kept_in_place(order, self._pinned, shown)
        self.model.patch(keys=order, rows=rows, more=self._after is not None)
        self.loaded.emit()

    def _reread_settled(self, number: int) -> None:
        if number != self._number:
            return
        self._under_way -= 1
        if self._dirty and not self._under_way:
            self._dirty = False
            self._reread(())


def _kept_in_place(order: list[int], pinned: int, before: list[int]) -> list[int]:
    above = set(before[: before.index(pinned)])
    at = max((index + 1 for index, key in enumerate(order) if key in above), default=0)
    return [*order[:at], pinned, *order[at:]]
