"""How a request looks in the list, and the card around the list; which rows there are is the feed's business."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from PySide6.QtCore import QObject, QPoint, QRect, Signal
from PySide6.QtGui import QFont, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from request_desk.domain.requests import InboxRow, RequestState
from request_desk.domain.words import Words, _
from request_desk.ui.inbox.row_words import KIND_ICONS, RowWords, row_words
from request_desk.ui.lists.windowed import RowDelegate
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.painting import (
    RIGHT,
    RUN_GAP,
    TextRun,
    draw_dot,
    draw_icon,
    draw_initials,
    draw_run,
    draw_text,
    draw_tile,
    fitted_text,
    run_width,
    text_width,
)
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.theme import ROW, ROW_COMPACT, app_theme

LEFT = 17  # from the edge to the tile
TILE = 32
TEXT = 63  # from the edge to the name
RIGHT_EDGE = 17
LINE = 19
BESIDE = 8  # between the texts and what stands at the right
CLAIM = 24
PLACE = 140  # the most that a location's name takes
MARK = 18
LEAST_ROWS = 6
CORNER = 4  # above the first row and below the last


class RowLines(NamedTuple):
    """The two lines of a row as they fit, and what of it is whole."""

    upper: tuple[TextRun, ...]
    lower: tuple[TextRun, ...]
    has_place: bool
    tells_apart: bool  # name and birth date
    tells_all: bool  # also what is asked, and for when


class ListCard(Card):
    """The card around the list; rows keep off its round corners. Tells its height."""

    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, padding=0, ends=CORNER, name=_("Requests"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class RequestDelegate(RowDelegate[InboxRow]):
    """Paints a request: kind tile, patient and sender, what is asked; at the right age, location, who is on it."""

    def __init__(
        self,
        words: Callable[[], Words],
        now: Callable[[], datetime],
        has_draft: Callable[[int], bool],
        me: Callable[[], int],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._words = words
        self._now = now
        self._has_draft = has_draft
        self._me = me

    def paint_row(self, painter: QPainter, rect: QRect, row: InboxRow) -> None:
        theme = app_theme()
        tile = QRect(rect.left() + theme.px(LEFT), 0, theme.px(TILE), theme.px(TILE))
        tile.moveTop(rect.top() + (rect.height() - tile.height()) // 2)
        draw_tile(painter, tile, KIND_ICONS[row.kind])
        if row.unread:
            draw_dot(painter, QPoint(rect.left() + theme.px(LEFT) // 2, rect.center().y()), theme.accent)
        said = row_words(row, self._words(), self._now())
        line = min(theme.px(LINE), (rect.height() - theme.px(3)) // 2)
        upper = QRect(rect.left() + theme.px(TEXT), rect.center().y() - line, _width(rect), line)
        lower = upper.translated(0, line + 1)
        lines = self._lines(rect, row, said)
        ink = theme.danger if said.is_late else theme.muted
        draw_text(painter, upper, said.age, _age_font(said), ink, RIGHT)
        if lines.has_place:
            draw_text(painter, lower, one_line(said.place), theme.small, theme.ink, RIGHT)
            lower.setWidth(lower.width() - _place_width(said))
        self._paint_marks(painter, upper, rect.height() // 2, row, said)
        upper.setWidth(upper.width() - self._right_width(row, said))
        draw_run(painter, upper, lines.upper)
        draw_run(painter, lower, lines.lower)

    def lines(self, rect: QRect, row: InboxRow) -> RowLines:
        """Return what a row says in this place."""
        return self._lines(rect, row, row_words(row, self._words(), self._now()))

    def _lines(self, rect: QRect, row: InboxRow, said: RowWords) -> RowLines:
        """The longest words that fit; a name without room beside its date goes on in the second line, before what is asked."""
        theme = app_theme()
        done = row.state in (RequestState.COMPLETED, RequestState.WITHDRAWN)
        ink = theme.muted if done else theme.ink
        room = _width(rect) - self._right_width(row, said)
        name = TextRun(one_line(said.name), theme.bold if row.unread else theme.regular, ink)
        every: list[tuple[TextRun, ...]] = [
            (name, TextRun(details, theme.small, theme.muted)) for details in said.details
        ]
        upper = next((one for one in every if run_width(one) <= room), None)
        before: tuple[TextRun, ...] = ()
        is_cut = False
        if upper is None:
            birth = every[-1][1]
            head, tail = _broken(name, room)
            # A name that two lines do not hold is cut before its date.
            left = _width(rect) - text_width(birth.font, birth.text) - RUN_GAP
            shown = tail._replace(text=fitted_text(tail.font, tail.text, left))
            is_cut = shown != tail
            upper, before = (head,), (*((shown,) if tail.text else ()), birth)
        kind = TextRun(said.kind, theme.small_bold, ink)
        asked = [(*before, kind, TextRun(one_line(text), theme.small, ink)) for text in said.asked]
        beside, alone = _width(rect) - _place_width(said), _width(rect)
        fitting = [(one, True) for one in asked[:-1] if run_width(one) <= beside]
        fitting += [(one, False) for one in asked if run_width(one) <= alone]
        lower, has_place = fitting[0] if fitting else (asked[-1], False)
        tells_apart = not is_cut and run_width(upper) <= room and run_width(before) <= alone
        return RowLines(upper, lower, has_place, tells_apart, tells_apart and bool(fitting))

    def _marks(self, row: InboxRow) -> tuple[str, ...]:
        """The icons beside the age, from the right."""
        marks = ("circle-alert" if row.delivery_failed else "", "pencil" if self._has_draft(row.id) else "")
        return tuple(mark for mark in marks if mark)

    def _initials(self, row: InboxRow) -> str:
        """The colleague who is on a request now."""
        is_taken = row.claim_until is not None and row.claim_until > self._now() and row.claim_staff_id != self._me()
        return one_line(row.claim_initials, 3) if is_taken else ""

    def _right_width(self, row: InboxRow, said: RowWords) -> int:
        """The room of age and marks at the right of the first line."""
        theme = app_theme()
        marks = theme.px(MARK + 6) * len(self._marks(row)) + (theme.px(CLAIM + 6) if self._initials(row) else 0)
        return _age_width(said) + marks

    def _paint_marks(self, painter: QPainter, upper: QRect, most: int, row: InboxRow, said: RowWords) -> None:
        theme = app_theme()
        edge = upper.right() + 1 - _age_width(said)
        if initials := self._initials(row):
            side = min(theme.px(CLAIM), most)
            ring = QRect(edge - theme.px(CLAIM), upper.center().y() - side // 2, side, side)
            draw_initials(painter, ring, initials)
            edge -= theme.px(CLAIM + 6)
        for icon in self._marks(row):
            place = QRect(edge - theme.px(MARK), upper.top(), theme.px(MARK), upper.height())
            draw_icon(painter, place, icon, theme.danger if icon == "circle-alert" else theme.muted, 15)
            edge -= theme.px(MARK + 6)


def _width(rect: QRect) -> int:
    return rect.width() - app_theme().px(TEXT) - app_theme().px(RIGHT_EDGE)


def _age_font(said: RowWords) -> QFont:
    return app_theme().small_bold if said.is_late else app_theme().small


def _age_width(said: RowWords) -> int:
    return text_width(_age_font(said), said.age) + 2 + app_theme().px(BESIDE)


def _place_width(said: RowWords) -> int:
    theme = app_theme()
    return min(text_width(theme.small, one_line(said.place)) + 2, theme.px(PLACE)) + theme.px(BESIDE)


def _broken(name: TextRun, room: int) -> tuple[TextRun, TextRun]:
    """A name in two parts of which the first fits, broken between words where one fits."""
    words = name.text.split(" ")
    heads = [" ".join(words[:count]) for count in range(len(words), 0, -1)]
    fitting = [head for head in heads if text_width(name.font, head) <= room]
    letters = [name.text[:count] for count in range(len(name.text), 0, -1)]
    head = fitting[0] if fitting else next((one for one in letters if text_width(name.font, one) <= room), "")
    return name._replace(text=head), name._replace(text=name.text[len(head) :].strip())


def fitting_row(height: int) -> int:
    """Return the height of rows, in pixels at 100 %, for a list of this height: six at least are seen (MC7)."""
    theme = app_theme()
    return ROW if height - 2 * (theme.px(CORNER) + 1) >= LEAST_ROWS * theme.px(ROW) else ROW_COMPACT
