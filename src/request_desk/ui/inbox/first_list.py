"""The list as it stands in the window while the practice is being opened; the page of the Message Center takes its place."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from request_desk.domain.ids import StaffId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import InboxRow
from request_desk.domain.words import Words, _
from request_desk.services.first_sight import FirstSight
from request_desk.ui.inbox.request_list import ListCard, RequestDelegate, fitting_row
from request_desk.ui.inbox.row_words import first_words, spoken_row
from request_desk.ui.lists.windowed import ListView, RowState, WindowedModel
from request_desk.ui.widgets.painting import fill_round
from request_desk.ui.widgets.theme import RADIUS_CARD, app_theme
from request_desk.ui.window.frame import Memory

PLACE_KEY = "inbox.list.place"  # where the list was, and in a page of which size
# Without a place from last time: as the page is laid out in a window of the usual size.
_FAR = 100_000  # pixels
_ABOVE, _GAP = 46, 14  # the tabs and the space below them; between two cards
_WIDTH, _HEIGHT, _SCHEDULE = 0.493, 0.56, 0.58


def load_ahead(sight: FirstSight) -> None:
    """In a worker: load what the list's words are formatted with, which would hold the window at its first use."""
    zone = PracticeTime(sight.settings.zone)
    words = Words(sight.settings.locale, zone, zone.day_of(sight.now))
    for row in sight.rows[:1]:
        spoken_row(row, words, sight.now)


def keep_place(memory: Memory, page: QWidget, card: QWidget) -> None:
    """Remember where the list is, so that next time it is there from the first sight on."""
    corner = card.mapTo(page, card.rect().topLeft())
    numbers = (page.width(), page.height(), corner.x(), corner.y(), card.width(), card.height())
    memory.put(PLACE_KEY, " ".join(map(str, numbers)))


class FirstList(QWidget):
    """The first rows of *Unread Portal*: they can be looked through; what is chosen here is opened when the page is there."""

    painted = Signal()  # the rows can be read

    def __init__(self, sight: FirstSight, memory: Memory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sight = sight
        self._place = _kept_place(memory)
        zone = PracticeTime(sight.settings.zone)
        words = Words(sight.settings.locale, zone, zone.day_of(sight.now))
        self._model: WindowedModel[InboxRow] = WindowedModel(
            key_of=_key,
            text_of=lambda row: spoken_row(row, words, sight.now),
            request_page=_nobody_to_ask,
            parent=self,
        )
        self._card = ListCard(self)
        delegate = _FirstDelegate(lambda: words, lambda: sight.now, lambda _id: False, lambda: sight.staff_id)
        delegate.painted.connect(self.painted, Qt.ConnectionType.QueuedConnection)
        self.list = ListView(self._model, delegate, name=_("Requests"), parent=self._card)
        self._card.body.addWidget(self.list)
        order: list[int] = [key.id for _group, key in sight.keys]
        groups = first_words(order, {key.id: group for group, key in sight.keys}) if sight.is_grouped else {}
        self._model.set_keys(order, sight.rows, groups=groups)
        self.list.select_first()

    @property
    def staff_id(self) -> StaffId:
        """Whose list it is."""
        return self.sight.staff_id

    def chosen(self) -> int | None:
        """Return the request that was gone to, None while it is still the first one."""
        key = self.list.selected_key()
        return None if key is None or key == self._model.key_at(0) else key

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._card.setGeometry(self._list_place())
        self.list.set_row_height(fitting_row(self._card.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = app_theme()
        for place in self._other_places():
            fill_round(painter, place, theme.panel, theme.px(RADIUS_CARD), theme.line)

    def _list_place(self) -> QRect:
        """As it was when the page had this size, else as the page would lay it out."""
        if self._place is not None and self._place[:2] == (self.width(), self.height()):
            return QRect(*self._place[2:])
        theme = app_theme()
        top = theme.px(_ABOVE)
        room = self.height() - top - theme.px(_GAP)
        return QRect(0, top, round((self.width() - theme.px(_GAP)) * _WIDTH), round(room * _HEIGHT))

    def _other_places(self) -> tuple[QRect, ...]:
        """Where message, schedule and response will be."""
        own, gap = self._card.geometry(), app_theme().px(_GAP)
        left = QRect(own.left(), own.bottom() + 1 + gap, own.width(), self.height() - own.bottom() - 1 - gap)
        beside = own.right() + 1 + gap
        upper = QRect(beside, own.top(), self.width() - beside, round((self.height() - own.top() - gap) * _SCHEDULE))
        lower = QRect(beside, upper.bottom() + 1 + gap, upper.width(), self.height() - upper.bottom() - 1 - gap)
        return tuple(place for place in (left, upper, lower) if place.width() > 0 and place.height() > 0)


class _FirstDelegate(RequestDelegate):
    """Tells when the first row has been painted."""

    painted = Signal()

    def __init__(
        self,
        words: Callable[[], Words],
        now: Callable[[], datetime],
        has_draft: Callable[[int], bool],
        me: Callable[[], int],
    ) -> None:
        super().__init__(words, now, has_draft, me)
        self._is_told = False

    def paint_row(self, painter: QPainter, rect: QRect, row: InboxRow, state: RowState) -> None:
        super().paint_row(painter, rect, row, state)
        if not self._is_told:
            self._is_told = True
            self.painted.emit()


def _key(row: InboxRow) -> int:
    return row.id


def _nobody_to_ask(_generation: int, _keys: tuple[int, ...]) -> None:
    """Rows further down are read by the page."""


def _kept_place(memory: Memory) -> tuple[int, int, int, int, int, int] | None:
    """What was kept, None when it is no place in a page: the file is the user's own, but it may be damaged."""
    try:
        page_width, page_height, x, y, width, height = (int(number) for number in (memory.get(PLACE_KEY) or "").split())
    except ValueError:
        return None
    fits = 0 <= x < x + width <= page_width <= _FAR and 0 <= y < y + height <= page_height <= _FAR
    return (page_width, page_height, x, y, width, height) if fits else None
