"""How a request looks in the list, and the card around the list; which rows there are is the feed's business."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QPoint, QRect, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from request_desk.domain.requests import InboxRow, RequestState
from request_desk.domain.words import Words, _
from request_desk.ui.inbox.row_words import KIND_ICONS, RowWords, row_words
from request_desk.ui.lists.windowed import RowDelegate, RowState
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.painting import (
    RIGHT,
    TextRun,
    draw_dot,
    draw_icon,
    draw_initials,
    draw_run,
    draw_text,
    draw_tile,
)
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.theme import ROW, ROW_COMPACT, app_theme

LEFT = 17  # from the edge to the tile
TILE = 32
TEXT = 63  # from the edge to the name
RIGHT_EDGE = 17
AGE = 92  # room for "1 h 05, late" and the location
COMPACT_AGE = 44
CLAIM = 24
LEAST_ROWS = 6
CORNER = 4  # above the first row and below the last


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

    def _is_me(self, row: InboxRow) -> bool:
        return row.claim_staff_id == self._me()

    def paint_row(self, painter: QPainter, rect: QRect, row: InboxRow, state: RowState) -> None:
        theme = app_theme()
        now = self._now()
        said = row_words(row, self._words(), now)
        compact = rect.height() < theme.px(ROW_COMPACT + 10)
        tile = QRect(rect.left() + theme.px(LEFT), 0, theme.px(TILE), theme.px(TILE))
        tile.moveTop(rect.top() + (rect.height() - tile.height()) // 2)
        draw_tile(painter, tile, KIND_ICONS[row.kind])
        if row.unread:
            draw_dot(painter, QPoint(rect.left() + theme.px(LEFT) // 2, rect.center().y()), theme.accent)
        right = rect.right() - theme.px(RIGHT_EDGE)
        middle = rect.center().y()
        line = theme.px(19)
        upper = QRect(rect.left() + theme.px(TEXT), middle - line, rect.width(), line)
        lower = QRect(rect.left() + theme.px(TEXT), middle + 1, rect.width(), line)
        if compact:
            upper = QRect(upper.left(), rect.top(), rect.width(), rect.height())
        left_edge = self._paint_right(painter, upper, lower, right, row, said, compact=compact)
        upper.setRight(left_edge)
        lower.setRight(left_edge)
        self._paint_texts(painter, upper, lower, row, said, compact=compact)

    def _paint_right(
        self, painter: QPainter, upper: QRect, lower: QRect, right: int, row: InboxRow, said: RowWords, *, compact: bool
    ) -> int:
        """Paint age, location and marks; return where the texts at the left must end."""
        theme = app_theme()
        font = theme.small_bold if said.is_late else theme.small
        width = QFontMetrics(font).horizontalAdvance(said.age) + 2
        width = max(theme.px(COMPACT_AGE if compact else AGE), width)
        age = QRect(right - width, upper.top(), width, upper.height())
        draw_text(painter, age, said.age, font, theme.danger if said.is_late else theme.muted, RIGHT)
        if not compact:
            place = one_line(said.place)
            width = max(width, min(QFontMetrics(theme.small).horizontalAdvance(place) + 2, theme.px(140)))
            draw_text(
                painter, QRect(right - width, lower.top(), width, lower.height()), place, theme.small, theme.ink, RIGHT
            )
        edge = right - width - theme.px(8)
        side = theme.px(CLAIM)
        if (
            row.claim_initials
            and row.claim_until is not None
            and row.claim_until > self._now()
            and not self._is_me(row)
        ):
            ring = QRect(edge - side, upper.top() + (upper.height() - side) // 2, side, side)
            draw_initials(painter, ring, one_line(row.claim_initials, 3))
            edge -= side + theme.px(6)
        for shown, icon, color in (
            (row.delivery_failed, "circle-alert", theme.danger),
            (self._has_draft(row.id), "pencil", theme.muted),
        ):
            if shown:
                place_rect = QRect(edge - theme.px(18), upper.top(), theme.px(18), upper.height())
                draw_icon(painter, place_rect, icon, color, 15)
                edge -= theme.px(24)
        return edge

    def _paint_texts(
        self, painter: QPainter, upper: QRect, lower: QRect, row: InboxRow, said: RowWords, *, compact: bool
    ) -> None:
        theme = app_theme()
        done = row.state in (RequestState.COMPLETED, RequestState.WITHDRAWN)
        ink = theme.muted if done else theme.ink
        name = TextRun(one_line(said.name), theme.bold if row.unread else theme.regular, ink)
        details = TextRun(one_line(said.details), theme.small, theme.muted)
        kind = TextRun(said.kind, theme.small_bold, ink)
        asked = TextRun(one_line(said.asked), theme.small, ink)
        if compact:
            draw_run(painter, upper, (name, kind, asked))
            return
        draw_run(painter, upper, (name, details))
        draw_run(painter, lower, (kind, asked))


def fitting_row(height: int) -> int:
    """Return the height of rows, in pixels at 100 %, for a list of this height: six at least are seen (MC7)."""
    theme = app_theme()
    return ROW if height - 2 * (theme.px(CORNER) + 1) >= LEAST_ROWS * theme.px(ROW) else ROW_COMPACT
