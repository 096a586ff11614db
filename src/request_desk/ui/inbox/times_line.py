"""Times of a request in a line that wraps: requested slots and offers with digit and state; what choosing does is elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from request_desk.ui.inbox.request_words import Item, ItemState
from request_desk.ui.widgets.painting import TextRun, draw_run, fill_round
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.theme import RADIUS_CONTROL, app_theme

LINE = 22
GAP = 16  # between two times
WITHIN = 5  # between a time and its state


@dataclass(frozen=True, slots=True)
class _Placed:
    item: Item
    rect: QRect
    runs: tuple[TextRun, ...]


class TimesLine(QWidget):
    """Shows items; a click on one with a slot, or that can be left out, chooses it. `offers_painted` tells which digits are on the screen."""

    chosen = Signal(object)  # Item
    offers_painted = Signal(object)  # tuple of (digit, Slot)

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._items: tuple[Item, ...] = ()
        self._placed: list[_Placed] = []
        self._known: dict[int, list[_Placed]] = {}  # by width: Qt asks many times for each layout
        self._hovered: Item | None = None
        self.setMouseTracking(True)
        # Not fixed: a layout would keep to the height of another width, and lines were lost.
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(name)
        app_theme().changed.connect(self._measure)

    def items(self) -> tuple[Item, ...]:
        return self._items

    def set_items(self, items: Sequence[Item]) -> None:
        if tuple(items) == self._items:
            return
        self._items = tuple(items)
        said = [_words_of(item) for item in self._items]
        self.setAccessibleName(f"{self._name}: {'; '.join(said)}" if said else self._name)
        self._measure()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        placed = self._laid_out(width)
        return placed[-1].rect.bottom() + 1 if placed else app_theme().px(LINE)

    def sizeHint(self) -> QSize:
        return QSize(app_theme().px(200), self.heightForWidth(max(self.width(), app_theme().px(200))))

    def minimumSizeHint(self) -> QSize:
        return QSize(app_theme().px(120), app_theme().px(LINE))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        self._placed = self._laid_out(self.width())
        seen: list[tuple[int, object]] = []
        for placed in self._placed:
            item = placed.item
            around = placed.rect.adjusted(-theme.px(5), 1, theme.px(5), -1)
            if item.is_chosen:
                fill_round(painter, around, theme.held_tint, theme.px(RADIUS_CONTROL) - 1)
            elif item is self._hovered:
                fill_round(painter, around, theme.hover, theme.px(RADIUS_CONTROL) - 1)
            draw_run(painter, placed.rect, placed.runs, theme.px(WITHIN))
            if item.digit and item.slot is not None and item.state is not ItemState.GONE:
                seen.append((item.digit, item.slot))
        visible = self.visibleRegion()
        on_screen = tuple(
            (placed.item.digit, placed.item.slot)
            for placed in self._placed
            if (placed.item.digit, placed.item.slot) in seen and visible.intersects(placed.rect)
        )
        if on_screen:
            self.offers_painted.emit(on_screen)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position().toPoint())
        if over is not self._hovered:
            self._hovered = over
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: object) -> None:
        self._hovered = None
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        item = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and item is not None:
            self.chosen.emit(item)

    def _at(self, point: QPoint) -> Item | None:
        for placed in self._placed:
            item = placed.item
            leads = item.removes or (item.slot is not None and item.state is not ItemState.GONE)
            if leads and placed.rect.contains(point):
                return item
        return None

    def _laid_out(self, width: int) -> list[_Placed]:
        known = self._known.get(width)
        if known is None:
            known = self._known[width] = self._lay_out(width)
        return known

    def _lay_out(self, width: int) -> list[_Placed]:
        theme = app_theme()
        height, gap = theme.px(LINE), theme.px(GAP)
        left = top = 0
        placed: list[_Placed] = []
        for item in self._items:
            runs = _runs(item)
            wide = sum(QFontMetrics(run.font).horizontalAdvance(run.text) for run in runs)
            wide = min(wide + theme.px(WITHIN) * (len(runs) - 1) + 2, width)
            if left and left + wide > width:
                left, top = 0, top + height
            placed.append(_Placed(item, QRect(left, top, wide, height), runs))
            left += wide + gap
        return placed

    def _measure(self) -> None:
        self._known.clear()
        self.updateGeometry()
        self.update()


def _runs(item: Item) -> tuple[TextRun, ...]:
    theme = app_theme()
    ink, font, word = _look(item)
    runs: list[TextRun] = []
    gone = item.state is ItemState.GONE
    if item.digit:
        runs.append(TextRun(f"[{item.digit}]", font, ink, strike=gone))
    runs.append(TextRun(one_line(item.text), font, ink, strike=gone))
    if item.word:
        runs.append(TextRun(one_line(item.word), word, theme.muted if gone else ink))
    return tuple(runs)


def _look(item: Item) -> tuple[QColor, QFont, QFont]:
    theme = app_theme()
    match item.state:
        case ItemState.FREE:
            return theme.free, theme.small_bold, theme.small_bold if len(item.word) < 8 else theme.small
        case ItemState.HELD:
            return theme.held, theme.small_bold, theme.small_bold
        case ItemState.GONE:
            return theme.muted, theme.small, theme.small
        case ItemState.PLAIN:
            return theme.ink, theme.small, theme.small


def _words_of(item: Item) -> str:
    digit = f"[{item.digit}] " if item.digit else ""
    return f"{digit}{one_line(item.text)} {one_line(item.word)}".strip()
