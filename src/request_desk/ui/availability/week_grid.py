"""The week of a provider as a grid: drawing, moving and resizing windows by mouse, walking over them by keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.practice_time import DAY_MINUTES
from request_desk.domain.words import Words, _
from request_desk.ui.availability.availability_words import (
    absence_lines,
    absence_words,
    closed_words,
    minutes_words,
    pale_words,
    window_lines,
    window_words,
)
from request_desk.ui.availability.week_layout import QUARTER, Drawn, Shown, WeekLayout, WeekPiece
from request_desk.ui.availability.week_painting import WeekPainter
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.column_grid import STEPS, ColumnGrid
from request_desk.ui.widgets.painting import CENTER, draw_notice, draw_text, text_width
from request_desk.ui.widgets.plain_text import tip_text
from request_desk.ui.widgets.theme import app_theme

_AXIS: Final = 56  # pixels at 100 % for the hours on the left
_HEAD, _HIGH_HEAD = 30, 48  # with the names of closed days below the days
_HOUR: Final = 44
_COLUMN: Final = 76
_GAP: Final = 3
_BESIDE: Final = 4  # what a head keeps free on each side
_EDGE: Final = 7  # how near its top or bottom a window is resized
_ENTERS: Final = (Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value)


class _Hold(Enum):
    """Where the mouse holds something."""

    EMPTY = "empty"
    BODY = "body"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class WeekShown:
    """What the grid shows: the days, what is on them, and the names of closed days and of places."""

    days: tuple[date, ...]
    windows: tuple[AvailabilityWindow, ...]
    absences: tuple[Absence, ...]
    closed: Mapping[date, str]
    places: Mapping[int, str]
    types: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Reshaped:
    """A window that was dragged to another time of the week."""

    window: AvailabilityWindow
    to: Drawn


class WeekGrid(ColumnGrid[WeekPiece]):
    """Shows the windows and absences of seven days. Emits intents; what they do is decided by who listens.

    A window is dragged where `may_move` allows it, and drawn with `may_draw`: else the mouse does nothing.
    """

    chosen = Signal(object)  # AvailabilityWindow or Absence: double click or Enter
    menu_wanted = Signal(object, QPoint)  # the same, where on the screen
    drawn = Signal(object)  # Drawn: over empty time
    dragged = Signal(object)  # Drawn or Reshaped: what letting go now would tell
    reshaped = Signal(object)  # Reshaped

    def __init__(self, words: Callable[[], Words], today: Callable[[], date], parent: QWidget | None = None) -> None:
        super().__init__(_("Week"), parent)
        self._words, self._today = words, today
        self._shown: WeekShown | None = None
        self._layout: WeekLayout | None = None
        self.may_move: Callable[[AvailabilityWindow], bool] = _never
        self.may_draw = False
        self._held: tuple[_Hold, WeekPiece | None, QPoint] | None = None  # in the grid's coordinates
        self._drop: Drawn | None = None
        self._against = ""  # what dropping it there would do
        app_theme().changed.connect(self._rebuild)

    def sizeHint(self) -> QSize:
        return QSize(app_theme().px(480), app_theme().px(360))

    def minimumSizeHint(self) -> QSize:
        return QSize(app_theme().px(_AXIS + 2 * _COLUMN), app_theme().px(_HIGH_HEAD + 2 * _HOUR))

    def show_week(self, shown: WeekShown) -> None:
        """Show a week; scroll position and keyboard focus survive while the days stay the same, and so does what is dragged."""
        before, self._shown = self._shown, shown
        if before == shown:
            return
        held = self._held[1] if self._held is not None else None
        is_there = held is None or held.item in (*shown.windows, *shown.absences)
        if before is None or before.days != shown.days or not is_there:
            self._drop_nothing()
        self._rebuild()
        if before is None or before.days != shown.days:
            self._show_start()

    def shown(self) -> WeekShown | None:
        return self._shown

    def say_of_drop(self, dragged: Drawn | Reshaped, against: str) -> None:
        """Say beside what is drawn or dragged what letting go there would do, "" for nothing that anybody has to know."""
        if self._intent() == dragged:
            self._against = against
            if against:
                self._say(against)
            self.viewport().update()

    def _intent(self) -> Drawn | Reshaped | None:
        """What letting go now would tell: what is drawn, or the held window with where it would be."""
        if self._held is None or self._drop is None:
            return None
        piece = self._held[1]
        if piece is None or not isinstance(piece.item, AvailabilityWindow):
            return self._drop
        return Reshaped(piece.item, self._drop)

    def focused(self) -> Shown | None:
        """Return what has the keyboard."""
        return self._focused.item if self._focused is not None else None

    def focused_day(self) -> date | None:
        """Return the day of what has the keyboard."""
        return (
            self._layout.days[self._focused.column] if self._layout is not None and self._focused is not None else None
        )

    def seek(self, item_id: int) -> None:
        """Give the keyboard's place to a window or absence as far as it is shown."""
        found = next((piece for piece in self._stops() if piece.item.id == item_id), None)
        if found is not None:
            self._focus(found)

    def piece_of(self, item_id: int, day: date | None = None) -> QRect:
        """Return where a window or absence is in the viewport, on a day or on its first; a null rectangle when it is not shown."""
        layout = self._layout
        pieces = layout.pieces if layout is not None else ()
        for piece in pieces:
            if layout is not None and piece.item.id == item_id and day in (None, layout.days[piece.column]):
                return piece.rect.translated(self._origin())
        return QRect()

    def point_of(self, day: date, minute: int) -> QPoint:
        """Return where a time of a day is in the viewport, in the middle of its column."""
        layout = self._layout
        if layout is None or day not in layout.days:
            return QPoint()
        across = layout.days.index(day) * layout.column_width + layout.column_width // 2
        return self._origin() + QPoint(across, layout.y_of(minute))

    def heads(self) -> tuple[str, ...]:
        """Return what stands above the days: without the month, which the page's title says, where it has no room."""
        layout, words, theme = self._layout, self._words(), app_theme()
        if layout is None:
            return ()
        heads, room = tuple(map(words.day, layout.days)), layout.column_width - 2 * theme.px(_BESIDE)
        if any(text_width(theme.small_bold, head) > room for head in heads):
            heads = tuple(map(words.day_of_month, layout.days))
        return heads

    def _show_start(self) -> None:
        layout = self._layout
        if layout is not None:
            self.verticalScrollBar().setValue(max(0, layout.y_of(layout.first_minute()) - app_theme().px(_HOUR) // 2))

    @Slot()
    def _rebuild(self) -> None:
        shown, theme = self._shown, app_theme()
        if shown is None:
            return
        words, focused = self._words(), self._focused
        self._layout = layout = WeekLayout(
            shown.days,
            shown.windows,
            shown.absences,
            words.zone,
            lambda window, day: pale_words(window, day, shown.closed, words),
            width=self._body().width(),
            hour=theme.px(_HOUR),
            column=theme.px(_COLUMN),
            gap=theme.px(_GAP),
        )
        self._focused = None
        if focused is not None:
            self._focused = next((each for each in layout.stops() if _is_same(each, focused)), None)
        self._set_ranges(layout.width, layout.height)
        self.viewport().update()

    def _head_height(self) -> int:
        is_high = self._shown is not None and bool(self._shown.closed)
        return app_theme().px(_HIGH_HEAD if is_high else _HEAD)

    def _body(self) -> QRect:
        """The part of the viewport where the grid is."""
        return self.viewport().rect().adjusted(app_theme().px(_AXIS), self._head_height(), 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_first = event.oldSize().height() <= 0
        self._rebuild()
        if is_first:
            self._show_start()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme, layout, shown = QPainter(self.viewport()), app_theme(), self._layout, self._shown
        painter.fillRect(self.viewport().rect(), theme.panel)
        if layout is None or shown is None:
            return
        painter.save()
        painter.setClipRect(self._body())
        painter.translate(self._origin())
        strokes = WeekPainter(painter, layout, theme, self._body().top() - self._origin().y())
        strokes.ground([place for place, day in enumerate(layout.days) if day in shown.closed])
        dragged = self._held[1] if self._held is not None and self._drop is not None else None
        for piece in layout.pieces:
            painter.setOpacity(0.35 if dragged is not None and piece.item == dragged.item else 1.0)
            strokes.piece(piece, self._lines(piece))
        painter.setOpacity(1.0)
        if self._drop is not None:
            drop, words = self._drop, self._words()
            rect = layout.rect_of(layout.days.index(drop.day), drop.start, drop.end)
            strokes.ghost(rect, (minutes_words(drop.start, drop.end, words),), allowed=not self._against)
        if self._focused is not None and self.hasFocus():
            strokes.ring(self._focused.rect)
        painter.restore()
        self._paint_axis(painter, layout)
        self._paint_heads(painter, layout, shown)
        if self._drop is not None and self._against:
            draw_notice(painter, self._body(), self._against)

    def _paint_axis(self, painter: QPainter, layout: WeekLayout) -> None:
        theme, origin, body, words = app_theme(), self._origin(), self._body(), self._words()
        painter.save()
        painter.setClipRect(QRect(0, body.top(), theme.px(_AXIS), body.height()))
        for hour in range(1, 24):
            line = QRect(0, origin.y() + layout.y_of(hour * 60) - theme.px(9), theme.px(_AXIS - 8), theme.px(18))
            text = words.wall_minute(hour * 60).replace(":00", "", 1)
            draw_text(painter, line, text, theme.small, theme.muted, Qt.AlignmentFlag.AlignRight)
        painter.restore()

    def _paint_heads(self, painter: QPainter, layout: WeekLayout, shown: WeekShown) -> None:
        theme, left, origin = app_theme(), self._body().left(), self._origin()
        height, edge, heads = self._head_height(), theme.px(_BESIDE), self.heads()
        painter.save()
        painter.setClipRect(QRect(left, 0, self._body().width(), height))
        for place, day in enumerate(layout.days):
            rect = layout.column_rect(place, 0, theme.px(_HEAD)).translated(origin.x(), 0)
            room = rect.adjusted(edge, 0, -edge, 0)
            ink = theme.accent if day == self._today() else theme.ink
            draw_text(painter, room, heads[place], theme.small_bold, ink, CENTER)
            if day in shown.closed:
                below = room.translated(0, theme.px(19))
                name = named(shown.closed[day]) or _("Closed")
                draw_text(painter, below, name, theme.small, theme.held, CENTER)
        painter.setPen(theme.line)
        painter.drawLine(left, height - 1, self.viewport().width(), height - 1)
        painter.restore()

    # Saying

    def _lines(self, piece: WeekPiece) -> tuple[str, ...]:
        shown, words = self._shown, self._words()
        if isinstance(piece.item, Absence):
            return absence_lines(piece.item, piece.start, piece.end, words)
        if shown is None:
            return ()
        return window_lines(piece.item, piece.pale, shown.places, shown.types, words)

    def words_of(self, piece: WeekPiece) -> str:
        """Say a piece in full, for hover and for screen readers."""
        words = self._words()
        if isinstance(piece.item, Absence):
            return absence_words(piece.item, words)
        if self._shown is None:
            return ""
        return window_words(piece.item, piece.pale, self._shown.places, self._shown.types, words)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            piece, closed = self._at(event.pos()), self._closed_at(event.pos())
            text = self.words_of(piece) if piece is not None else closed
            if text:
                QToolTip.showText(event.globalPos(), tip_text(text), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def _closed_at(self, position: QPoint) -> str:
        """What the head of a closed day says in full."""
        layout, shown = self._layout, self._shown
        if layout is None or shown is None or position.y() >= self._body().top() or position.x() < self._body().left():
            return ""
        day = layout.days[layout.column_at(position.x() - self._origin().x())]
        return closed_words(shown.closed[day]) if day in shown.closed else ""

    # The mouse

    def _at(self, position: QPoint) -> WeekPiece | None:
        if self._layout is None or not self._body().contains(position):
            return None
        return self._layout.at(position - self._origin())

    def _grip(self, position: QPoint) -> tuple[_Hold, WeekPiece | None] | None:
        """What the left button would hold there, None for nothing that may be changed."""
        piece = self._at(position)
        if piece is None:
            return (_Hold.EMPTY, None) if self.may_draw and self._body().contains(position) else None
        if not isinstance(piece.item, AvailabilityWindow) or not piece.is_whole or not self.may_move(piece.item):
            return None
        edge, y = app_theme().px(_EDGE), (position - self._origin()).y()
        edge = min(edge, piece.rect.height() // 3)
        if y - piece.rect.top() <= edge:
            return _Hold.TOP, piece
        is_at_end = piece.rect.bottom() - y <= edge and isinstance(piece.item, AvailabilityWindow)
        return (_Hold.BOTTOM if is_at_end and _ends_that_day(piece) else _Hold.BODY), piece

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        piece = self._at(position)
        if piece is not None:
            self._mark(piece)
        if event.button() == Qt.MouseButton.RightButton:
            if piece is not None:
                self.menu_wanted.emit(piece.item, event.globalPosition().toPoint())
            return
        grip = self._grip(position) if event.button() == Qt.MouseButton.LeftButton else None
        self._held = (*grip, position - self._origin()) if grip is not None else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        held = self._held
        if held is None or self._layout is None:
            self._show_grip(position)
            return
        way = position - self._origin() - held[2]
        if self._drop is None and way.manhattanLength() < QApplication.startDragDistance():
            return
        self._scroll_at_edges(position)
        before, self._drop = self._drop, self._dragged(held, position - self._origin(), self._layout)
        if self._drop != before:
            self._against = ""
            self.dragged.emit(self._intent())
        self.viewport().update()

    def _show_grip(self, position: QPoint) -> None:
        grip = self._grip(position)
        shapes = {
            _Hold.EMPTY: Qt.CursorShape.CrossCursor,
            _Hold.BODY: Qt.CursorShape.OpenHandCursor,
            _Hold.TOP: Qt.CursorShape.SizeVerCursor,
            _Hold.BOTTOM: Qt.CursorShape.SizeVerCursor,
        }
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor if grip is None else shapes[grip[0]])

    def _dragged(self, held: tuple[_Hold, WeekPiece | None, QPoint], point: QPoint, layout: WeekLayout) -> Drawn:
        """What is drawn, or where the held window would be; it keeps the minutes that stand beside the quarters."""
        hold, piece, begun = held
        if piece is None or not isinstance(piece.item, AvailabilityWindow):
            return layout.drawn(layout.column_at(begun.x()), begun.y(), point.y())
        window, day = piece.item, layout.days[piece.column]
        if hold is _Hold.TOP:
            return Drawn(day, min(layout.quarter_at(point.y()), _last_start(window.end_minute)), window.end_minute)
        if hold is _Hold.BOTTOM:
            return Drawn(day, window.start_minute, max(layout.quarter_at(point.y()), window.start_minute + QUARTER))
        length = window.end_minute - window.start_minute
        by = round(layout.minute_at(point.y() - begun.y()) / QUARTER) * QUARTER
        latest = max(window.start_minute, DAY_MINUTES - length)
        start = min(max(0, window.start_minute + by), latest)
        return Drawn(layout.days[layout.column_at(point.x())], start, start + length)

    def _scroll_at_edges(self, position: QPoint) -> None:
        bar, body, edge = self.verticalScrollBar(), self._body(), app_theme().px(18)
        if position.y() > body.bottom() - edge:
            bar.setValue(bar.value() + bar.singleStep())
        elif position.y() < body.top() + edge:
            bar.setValue(bar.value() - bar.singleStep())

    def _drop_nothing(self) -> None:
        self._held = self._drop = None
        self._against = ""
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held, drop = self._held, self._drop
        self._drop_nothing()
        if held is None or drop is None or event.button() != Qt.MouseButton.LeftButton or self._layout is None:
            return
        piece = held[1]
        if piece is None:
            self.drawn.emit(drop)
        elif isinstance(piece.item, AvailabilityWindow):
            was = Drawn(self._layout.days[piece.column], piece.item.start_minute, piece.item.end_minute)
            if drop != was:
                self.reshaped.emit(Reshaped(piece.item, drop))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        piece = self._at(event.position().toPoint())
        if piece is not None and event.button() == Qt.MouseButton.LeftButton:
            self._drop_nothing()
            self.chosen.emit(piece.item)

    # The keys

    def _focus(self, piece: WeekPiece) -> None:
        """Give the keyboard's place to a piece, and scroll as far as shows it."""
        bar, height = self.verticalScrollBar(), self._body().height()
        top = piece.rect.top() - bar.value()
        if top < 0 or (top > 0 and piece.rect.bottom() - bar.value() > height):
            bar.setValue(max(0, min(piece.rect.top() - app_theme().px(_GAP), piece.rect.top() - height // 4)))
        across = self.horizontalScrollBar()
        left = piece.rect.left() - across.value()
        if left < 0 or left + piece.rect.width() > self._body().width():
            across.setValue(piece.rect.left())
        self._mark(piece)

    def _mark(self, piece: WeekPiece) -> None:
        self._focused = piece
        self._say(self.words_of(piece))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, focused = event.key(), self._focused
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if key == Qt.Key.Key_Escape.value and self._held is not None:
            self._drop_nothing()
        elif key in STEPS and plain:
            self._step(*STEPS[key])
        elif key in _ENTERS and plain and focused is not None:
            if not event.isAutoRepeat():
                self.chosen.emit(focused.item)
        elif key == Qt.Key.Key_Menu.value and focused is not None:
            corner = focused.rect.bottomLeft() + self._origin()
            self.menu_wanted.emit(focused.item, self.viewport().mapToGlobal(corner))
        else:
            super().keyPressEvent(event)

    def _stops(self) -> list[WeekPiece]:
        return self._layout.stops() if self._layout is not None else []


def _is_same(one: WeekPiece, other: WeekPiece) -> bool:
    """Whether it is the same window or absence, of an absence on the same day."""
    return one.item.id == other.item.id and (one.column == other.column or isinstance(one.item, AvailabilityWindow))


def _never(_window: AvailabilityWindow) -> bool:
    return False


def _ends_that_day(piece: WeekPiece) -> bool:
    return isinstance(piece.item, AvailabilityWindow) and piece.item.end_minute <= DAY_MINUTES


def _last_start(end: int) -> int:
    """The latest quarter at which a window that ends then can begin."""
    return min((end - 1) // QUARTER * QUARTER, DAY_MINUTES - QUARTER)
