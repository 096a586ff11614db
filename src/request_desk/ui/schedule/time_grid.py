"""Days of providers side by side, with the offers of a request laid over them; mouse, keys and dragging."""

from collections.abc import Sequence
from datetime import date, datetime

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.availability import Absence
from request_desk.domain.clock import Clock
from request_desk.domain.schedule import ProviderColumn, ScheduleDay, ScheduleWeek
from request_desk.domain.words import Words, _
from request_desk.ui.schedule.appointment_words import clash_words, named
from request_desk.ui.schedule.grid_layout import FreePoint, GridLayout, Moved, OfferState, PaintedOffer, Placed
from request_desk.ui.schedule.grid_painting import GridPainter, entry_words, offer_words
from request_desk.ui.widgets.column_grid import STEPS, ColumnGrid
from request_desk.ui.widgets.painting import TextRun, draw_dot, draw_icon, draw_notice, draw_run, draw_text, fill_round
from request_desk.ui.widgets.plain_text import tip_text
from request_desk.ui.widgets.theme import app_theme

_AXIS = 56  # pixels at 100 % for the hours on the left
_HEAD, _HIGH_HEAD = 30, 46  # with the places beside the names, and below them where a column is too narrow
_HOUR = 106  # the height of an hour, as drawn in the design
_BETWEEN = 8  # between name and places
_COLUMN, _WEEK_COLUMN = 124, 96  # the least width of a column, and of one in a week
_SHARE = 96  # of one of several appointments side by side: initial and family name
_GAP = 3
_MARGIN = 14  # above and below the chosen time
_EMBLEM = 52
_EDGE = 18  # how near the edge a dragged appointment scrolls the day
_SECOND = 1000
_PALE_AFTER = 150  # milliseconds until a day that is being replaced goes pale
_CHOOSERS = (Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value, Qt.Key.Key_Space.value)


class TimeGrid(ColumnGrid[Placed]):
    """Shows a day of several providers or a week of one. Emits intents; what they do is decided by who listens."""

    slot_chosen = Signal(object)  # int: the digit of an offer
    entry_chosen = Signal(object)  # Appointment: click or Enter
    entry_menu = Signal(object, QPoint)  # Appointment, global position
    column_menu = Signal(object, QPoint)  # ProviderColumn, global position
    free_chosen = Signal(object)  # FreePoint: double click on free time
    dragged = Signal(object)  # Moved: held over another place, not dropped yet
    moved = Signal(object)  # Moved: dropped on another place
    day_chosen = Signal(object)  # date: the head of a day in a week
    offers_painted = Signal(object)  # tuple of (digit, Slot) that are on screen now

    def __init__(self, clock: Clock, words: Words, parent: QWidget | None = None, *, may_move: bool = False) -> None:
        super().__init__(_("Schedule"), parent)
        self._clock = clock
        self._words = words
        self._may_move = may_move
        self._shown: ScheduleDay | ScheduleWeek | None = None
        self._offers: tuple[PaintedOffer, ...] = ()
        self._layout: GridLayout | None = None
        self._head_height = app_theme().px(_HEAD)
        self._pressed: Placed | None = None
        self._press_at = QPoint()
        self._grabbed = QPoint()
        self._drop: FreePoint | None = None
        self._drop_ends: datetime | None = None  # None while it is not known yet
        self._against = ""  # what stands against dropping it there
        self._waiting = False
        self._pale = False
        self._ground: tuple[QPoint, object, QPixmap] | None = (
            None  # all but the offers, where and for what it was painted
        )
        self._to_pale = QTimer(self)
        self._to_pale.setSingleShot(True)
        self._to_pale.setInterval(_PALE_AFTER)
        self._to_pale.timeout.connect(self._go_pale)
        app_theme().changed.connect(self._look_changed)
        self.startTimer(30 * _SECOND)  # the line of now and the minutes left of holds

    def sizeHint(self) -> QSize:  # Qt's name
        return QSize(app_theme().px(480), app_theme().px(420))

    def set_words(self, words: Words) -> None:
        """Use another formatter (the practice's locale changed)."""
        if words is not self._words:
            self._words = words
            self._look_changed()

    def say_of_drop(self, moved: Moved, ends_at: datetime | None, against: str) -> None:
        """Say beside the ghost what stands against dropping it there, "" for nothing, and show until when it would be."""
        if self._drop == moved.to and self._pressed is not None and self._pressed.item == moved.appointment:
            self._drop_ends, self._against = ends_at, against
            self.viewport().update()

    def shown(self) -> ScheduleDay | ScheduleWeek | None:
        return self._shown

    def focused_column(self) -> ProviderColumn | None:
        """Return the column of what has the keyboard."""
        if self._layout is None or self._focused is None:
            return None
        return self._layout.columns[self._focused.column]

    def wait(self) -> None:
        """Other days are being read: what is shown belongs to no title now, so it hears nothing and goes pale."""
        self._waiting = True
        self._drop_nothing()
        self._to_pale.start()

    def show_schedule(self, shown: ScheduleDay | ScheduleWeek) -> None:
        """Show a day or a week; scroll position and keyboard focus survive when it is the same read anew.

        Offers that find their column only now, since other places of the day are read, scroll into view as new ones do.
        """
        if shown == self._shown and not self._waiting:
            return
        same = self._shown is not None and self._shown.key == shown.key
        self._shown = shown
        self._waiting = self._pale = False
        self._to_pale.stop()
        if not same:
            self._focused = None
            self._drop_nothing()
        before = self._offers_on_grid()
        self._rebuild()
        if not same or self._offers_on_grid() > before:
            self._scroll_to_start()

    def set_offers(self, offers: Sequence[PaintedOffer]) -> None:
        """Lay the offers of a request over the grid; the first that is on it scrolls into view, then the chosen one."""
        before, self._offers = self._offers, tuple(offers)
        if self._offers == before:
            return
        self._rebuild()
        if {shown.digit for shown in self._offers} - {shown.digit for shown in before}:
            self._scroll_to_start()
        elif _chosen(self._offers) != _chosen(before):
            self._keep_chosen_in_sight()

    def reveal(self, instant: datetime) -> None:
        """Scroll a time into the middle third."""
        if self._layout is not None:
            self.verticalScrollBar().setValue(self._layout.y_of(instant) - self._body().height() // 4)

    def seek(self, appointment_id: int) -> None:
        """Give the keyboard's place to an appointment as far as it is shown, and scroll there."""
        placed = self._placed(("entry", appointment_id))
        if placed is not None:
            self._focus(placed)

    def rect_of(self, entry: Appointment) -> QRect:
        """Return where an appointment is in the viewport now; a null rectangle when it is not shown."""
        found = self._placed(("entry", entry.id))
        return found.rect.translated(self._origin()) if found is not None else QRect()

    def _offers_on_grid(self) -> int:
        return len(self._layout.shown_offers) if self._layout is not None else 0

    def _scroll_to_start(self) -> None:
        layout = self._layout
        if layout is None:
            return
        offers = [placed.rect for placed in layout.shown_offers]
        now = layout.y_of(self._clock.now())
        if offers:
            first = self._chosen_rect() or min(offers, key=QRect.top)
            # What is before it too, unless the view is so low that the time itself would be cut.
            above = min(app_theme().px(_HOUR), max(0, self._body().height() - first.height()) // 2)
            self.verticalScrollBar().setValue(max(0, first.top() - above))
        elif layout.now_columns(self._clock.now()) and 0 <= now <= layout.height:
            self.verticalScrollBar().setValue(max(0, now - app_theme().px(_HOUR)))

    def _chosen_rect(self) -> QRect | None:
        placed = self._layout.shown_offers if self._layout is not None else ()
        return next((one.rect for one in placed if one.item == _chosen(self._offers)), None)

    def _keep_chosen_in_sight(self) -> None:
        """Scroll as little as shows the whole chosen time and a margin around it."""
        rect, bar, height = self._chosen_rect(), self.verticalScrollBar(), self._body().height()
        if rect is not None:
            margin = min(app_theme().px(_MARGIN), max(0, height - rect.height()) // 2)
            least, most = rect.bottom() + 1 + margin - height, rect.top() - margin
            bar.setValue(min(max(bar.value(), least), most))

    @Slot()
    def _look_changed(self) -> None:
        self._ground = None
        self._rebuild()

    @Slot()
    def _rebuild(self) -> None:
        if self._shown is None:
            return
        theme, body, before = app_theme(), self._body(), self._layout
        top = self.verticalScrollBar().value()
        self._layout = layout = GridLayout(
            self._shown,
            self._offers,
            self._words.zone,
            width=body.width(),
            hour=theme.px(_HOUR),
            column=theme.px(_WEEK_COLUMN if isinstance(self._shown, ScheduleWeek) else _COLUMN),
            share=theme.px(_SHARE),
            gap=theme.px(_GAP),
        )
        is_wide = all(
            _width(self._head(column)) <= layout.column_rect(place, 0, 0).width() - theme.px(8)
            for place, column in enumerate(layout.columns)
        )
        self._head_height = theme.px(_HEAD if is_wide else _HIGH_HEAD)
        if before is None or not layout.has_ground_of(before):
            self._ground = None
        self._focused = self._placed(_identity(self._focused)) if self._focused is not None else None
        self._pressed = self._placed(_identity(self._pressed)) if self._pressed is not None else None
        has_columns = bool(layout.columns)
        self._set_ranges(layout.width if has_columns else 0, layout.height if has_columns else 0)
        if before is not None and before.key == layout.key and before.hour == layout.hour:
            # An earlier first visit makes the day longer at its top: the time under the eye stays where it is.
            self.verticalScrollBar().setValue(top + layout.pixels(before.first - layout.first))
        self.viewport().update()

    def _placed(self, wanted: tuple[str, int]) -> Placed | None:
        return next((placed for placed in self._stops() if _identity(placed) == wanted), None)

    def _body(self) -> QRect:
        """The part of the viewport where the grid is."""
        theme = app_theme()
        return self.viewport().rect().adjusted(theme.px(_AXIS), self._head_height, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        rect = self._chosen_rect()
        top, height = self.verticalScrollBar().value(), event.oldSize().height() - self._head_height
        was_seen = rect is not None and top <= rect.top() and rect.bottom() < top + height
        self._rebuild()
        if was_seen:
            self._keep_chosen_in_sight()

    def timerEvent(self, event: QEvent) -> None:
        self._ground = None
        self.viewport().update()

    @Slot()
    def _go_pale(self) -> None:
        self._pale = self._waiting
        self.viewport().update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        layout = self._layout
        if layout is None or not layout.columns or self._pale:
            painter.fillRect(self.viewport().rect(), app_theme().panel)
        if layout is None:
            return
        if not layout.columns:
            self._paint_empty(painter)
        else:
            painter.setOpacity(0.45 if self._pale else 1.0)
            painter.drawPixmap(0, 0, self._painted_ground(layout))
            self._paint_offers(painter, layout)
            self._paint_rule(painter)
        if not self._waiting:
            self._tell_offers(layout)

    def _paint_empty(self, painter: QPainter) -> None:
        """Like the other states: one quiet icon, one sentence; the ways on are in the head above."""
        theme, middle = app_theme(), self.viewport().rect().center()
        side = theme.px(_EMBLEM)
        place = QRect(middle.x() - side // 2, middle.y() - side - theme.px(10), side, side)
        fill_round(painter, place, theme.tile, side / 2)
        draw_icon(painter, place, "calendar-days", theme.muted, _EMBLEM // 2)
        words = _("Of those chosen, nobody works on this day.")
        line = QRect(0, middle.y() + theme.px(4), self.viewport().width(), theme.px(24))
        draw_text(painter, line, words, theme.regular, theme.muted, Qt.AlignmentFlag.AlignCenter)

    def _painted_ground(self, layout: GridLayout) -> QPixmap:
        """All but the offers, painted once: offers come, are chosen and go much more often than the day changes."""
        port, dragged = self.viewport(), self._pressed if self._drop is not None else None
        ratio = port.devicePixelRatioF()
        origin, wanted = self._origin(), (port.size(), ratio, dragged)
        fresh = QRegion(port.rect())
        if self._ground is not None and self._ground[1] == wanted:
            before, _wanted, ground = self._ground
            if before == origin:
                return ground
            fresh = self._scrolled(ground, origin - before)
        else:
            ground = QPixmap(port.size() * ratio)
            ground.setDevicePixelRatio(ratio)
        painter = QPainter(ground)
        painter.setClipRegion(fresh)
        painter.fillRect(port.rect(), app_theme().panel)
        strokes, first, last = self._strokes(painter, layout)
        seen = fresh.intersected(self._body()).boundingRect().translated(-origin)
        strokes.grid(first, last)
        strokes.now_line(over=False)
        strokes.items(layout.ground, seen, dragged)
        painter.restore()
        self._paint_axis(painter, layout)
        self._paint_heads(painter, layout)
        painter.end()
        self._ground = origin, wanted, ground
        return ground

    def _scrolled(self, ground: QPixmap, by: QPoint) -> QRegion:
        """Move what is painted up or down where that is exact, and return what has to be painted anew."""
        port, body, ratio = self.viewport().rect(), self._body(), ground.devicePixelRatio()
        height = port.height() - body.top()
        if by.x() or abs(by.y()) >= height or ratio != int(ratio):
            return QRegion(port)
        moved = QRect(0, body.top(), port.width(), height)
        ground.scroll(0, by.y() * int(ratio), QRect(moved.topLeft() * int(ratio), moved.size() * int(ratio)))
        strip = QRect(0, body.top() if by.y() > 0 else port.height() + by.y(), port.width(), abs(by.y()))
        return QRegion(strip).united(QRect(0, 0, port.width(), body.top()))  # the hours reach into the heads

    def _paint_offers(self, painter: QPainter, layout: GridLayout) -> None:
        """The offers, and what lies over everything on the grid."""
        strokes, _first, _last = self._strokes(painter, layout)
        strokes.items(layout.shown_offers, self._body().translated(-self._origin()))
        strokes.now_line(over=True)
        if self._focused is not None and self.hasFocus():
            strokes.ring(self._focused.rect)
        self._paint_ghost(strokes, layout)
        painter.restore()

    def _strokes(self, painter: QPainter, layout: GridLayout) -> tuple[GridPainter, int, int]:
        """A painter of the grid, clipped to it until `restore`, with the first and the last y that is seen."""
        body, origin = self._body(), self._origin()
        painter.save()
        painter.setClipRect(body, Qt.ClipOperation.IntersectClip)
        painter.translate(origin)
        strokes = GridPainter(painter, layout, app_theme(), self._words, self._clock.now())
        return strokes, body.top() - origin.y(), body.bottom() - origin.y()

    def _tell_offers(self, layout: GridLayout) -> None:
        first = self._body().top() - self._origin().y()
        last = first + self._body().height()
        shown = [
            (placed.item.digit, placed.item.offer.slot)
            for placed in layout.shown_offers
            if isinstance(placed.item, PaintedOffer) and placed.rect.bottom() >= first and placed.rect.top() <= last
        ]
        self.offers_painted.emit(tuple(shown))

    def _paint_ghost(self, strokes: GridPainter, layout: GridLayout) -> None:
        entry = self._pressed.item if self._pressed is not None else None
        drop = self._drop
        column = layout.column_of(drop.provider_id, drop.starts_at) if drop is not None else None
        if not isinstance(entry, Appointment) or drop is None or column is None:
            return
        ends_at = self._drop_ends or drop.starts_at + (entry.ends_at - entry.starts_at)
        words = self._words.time(drop.starts_at)
        if self._drop_ends is not None and ends_at - drop.starts_at != entry.ends_at - entry.starts_at:
            words = f"{words}, {self._words.minutes(ends_at - drop.starts_at)}"
        strokes.ghost(layout.span_rect(column, drop.starts_at, ends_at), words, allowed=not self._against)

    def _paint_rule(self, painter: QPainter) -> None:
        """What stands against the place under the mouse, where it can be read whatever the column's width."""
        if self._drop is not None and self._against:
            draw_notice(painter, self._body(), self._against)

    def _paint_axis(self, painter: QPainter, layout: GridLayout) -> None:
        theme, origin, body = app_theme(), self._origin(), self._body()
        painter.save()
        clip = QRect(0, body.top() - theme.px(9), theme.px(_AXIS) + theme.px(5), self.viewport().height())
        painter.setClipRect(clip, Qt.ClipOperation.IntersectClip)
        for hour in layout.hours():
            line = QRect(0, origin.y() + hour.y - theme.px(9), theme.px(_AXIS - 8), theme.px(18))
            words = self._words.wall_minute(hour.minute).replace(":00", "", 1)
            draw_text(painter, line, words, theme.small, theme.muted, Qt.AlignmentFlag.AlignRight)
            if hour.instant is not None:  # which of the two it is
                below, zone = line.translated(0, line.height()), self._words.zone_name(hour.instant)
                draw_text(painter, below, zone, theme.small, theme.muted, Qt.AlignmentFlag.AlignRight)
        now, is_today = layout.y_of(self._clock.now()), bool(layout.now_columns(self._clock.now()))
        if is_today and max(0, body.top() - origin.y()) <= now <= layout.height:  # not half of it under the heads
            draw_dot(painter, QPoint(body.left(), origin.y() + now), theme.accent)
        painter.restore()

    def _paint_heads(self, painter: QPainter, layout: GridLayout) -> None:
        theme, left, origin = app_theme(), self._body().left(), self._origin()
        painter.save()
        painter.setClipRect(QRect(left, 0, self._body().width(), self._head_height), Qt.ClipOperation.IntersectClip)
        painter.fillRect(QRect(0, 0, self.viewport().width(), self._head_height - 1), theme.panel)
        for place, column in enumerate(layout.columns):
            rect = layout.column_rect(place, 0, self._head_height).translated(origin.x(), 0)
            room, parts = rect.adjusted(theme.px(4), 0, -theme.px(4), 0), self._head(column)
            is_high = self._head_height > theme.px(_HEAD)
            for number, line in enumerate([(part,) for part in parts] if is_high else [parts]):
                below = room.adjusted(max(0, (room.width() - _width(line)) // 2), 0, 0, 0)
                if is_high:
                    below.setTop(theme.px(4) + number * theme.px(19))
                    below.setHeight(theme.px(19))
                draw_run(painter, below, line, theme.px(_BETWEEN))
        painter.setPen(theme.line)
        painter.drawLine(left, self._head_height - 1, self.viewport().width(), self._head_height - 1)
        painter.restore()

    def _head(self, column: ProviderColumn) -> tuple[TextRun, ...]:
        """What stands above a column: who, or in a week when, and where."""
        theme, title, ink = app_theme(), named(column.provider_name), app_theme().ink
        if isinstance(self._shown, ScheduleWeek):
            is_today = column.day == self._words.zone.day_of(self._clock.now())
            title, ink = self._words.day(column.day), theme.accent if is_today else theme.ink
        return (
            TextRun(title, theme.small_bold, ink),
            TextRun(named(", ".join(column.location_names)), theme.small, theme.muted),
        )

    # Saying

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return self._tell(event)
        return super().viewportEvent(event)

    def _tell(self, event: QHelpEvent) -> bool:
        placed = self._at(event.pos())
        text = self.words_of(placed) if placed is not None else ""
        if text:
            QToolTip.showText(event.globalPos(), tip_text(text), self.viewport())
        else:
            QToolTip.hideText()
        return True

    def words_of(self, placed: Placed) -> str:
        """Say an item in full, for hover and for screen readers."""
        match placed.item:
            case PaintedOffer() as shown:
                return "\n".join((*offer_words(shown, self._words), named(shown.offer.location_name)))
            case Appointment() as entry:
                state = entry_words(entry, self._words, self._clock.now())[entry.status is not AppointmentStatus.HELD]
                who = (named(entry.patient_name), named(entry.type_name), self._times(entry.starts_at, entry.ends_at))
                clash = clash_words(self._layout.others_of(placed), self._words) if self._layout is not None else ""
                told = (*who, named(entry.provider_name), named(entry.location_name), state, clash)
                return "\n".join(line for line in told if line)
            case Absence() as absence:
                label = named(absence.label or _("Not available"))
                return f"{label}\n{self._times(absence.starts_at, absence.ends_at)}"

    def _times(self, start: datetime, end: datetime) -> str:
        times = f"{self._words.time(start)} – {self._words.time(end)}"
        return f"{self._words.day(start)}, {times}" if isinstance(self._shown, ScheduleWeek) else times

    # The mouse

    def _at(self, position: QPoint) -> Placed | None:
        if self._layout is None or self._waiting or not self._body().contains(position):
            return None
        return self._layout.at(position - self._origin())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        placed = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.RightButton:
            if placed is not None and isinstance(placed.item, Appointment):
                self._focus(placed)
                self.entry_menu.emit(placed.item, event.globalPosition().toPoint())
            elif (column := self._column_at(event.position().toPoint())) is not None:
                self.column_menu.emit(column, event.globalPosition().toPoint())
            return
        self._pressed = placed if event.button() == Qt.MouseButton.LeftButton else None
        self._press_at = event.position().toPoint()
        if placed is not None and not isinstance(placed.item, Absence):
            self._focus(placed)
        day = self._day_at(self._press_at)
        if day is not None and self._pressed is None and event.button() == Qt.MouseButton.LeftButton:
            self.day_chosen.emit(day)

    def _column_at(self, position: QPoint) -> ProviderColumn | None:
        """The column that is there, its head included."""
        layout = self._layout
        if layout is None or self._waiting or position.x() < self._body().left():
            return None
        place = layout.column_at(position.x() - self._origin().x())
        return layout.columns[place] if 0 <= place < len(layout.columns) else None

    def _day_at(self, position: QPoint) -> date | None:
        """The day whose head is there, in a week."""
        column = self._column_at(position)
        is_head = isinstance(self._shown, ScheduleWeek) and position.y() < self._body().top()
        return column.day if column is not None and is_head else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        pressed = self._pressed
        if pressed is None or not self._may_be_moved(pressed) or self._layout is None:
            over = self._at(position)
            pointing = self._day_at(position) is not None or (
                over is not None and isinstance(over.item, PaintedOffer) and over.item.state is not OfferState.GONE
            )
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if pointing else Qt.CursorShape.ArrowCursor)
            return
        if self._drop is None and (position - self._press_at).manhattanLength() < QApplication.startDragDistance():
            return
        self._scroll_at_edges(position)
        self._drag(pressed, position)

    def _drag(self, pressed: Placed, position: QPoint) -> None:
        """The appointment hangs where it was grabbed: its own top decides the time."""
        if self._layout is None or not isinstance(pressed.item, Appointment):
            return
        if self._drop is None:
            self._grabbed = QPoint(0, self._press_at.y() - self._origin().y() - pressed.rect.top())
        before, self._drop = self._drop, self._layout.free_at(position - self._origin() - self._grabbed)
        if self._drop != before:
            self._drop_ends, self._against = None, ""
            if self._drop is not None:
                self.dragged.emit(Moved(pressed.item, self._drop))
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self.viewport().update()

    def _scroll_at_edges(self, position: QPoint) -> None:
        edge, body = app_theme().px(_EDGE), self._body()
        for bar, at, first, last in (
            (self.verticalScrollBar(), position.y(), body.top(), body.bottom()),
            (self.horizontalScrollBar(), position.x(), body.left(), body.right()),
        ):
            if at > last - edge:
                bar.setValue(bar.value() + bar.singleStep())
            elif at < first + edge:
                bar.setValue(bar.value() - bar.singleStep())

    def _may_be_moved(self, placed: Placed) -> bool:
        return (
            self._may_move
            and isinstance(placed.item, Appointment)
            and placed.item.status is AppointmentStatus.CONFIRMED
            and placed.item.starts_at > self._clock.now()
        )

    def _drop_nothing(self) -> None:
        self._pressed = self._drop = self._drop_ends = None
        self._against = ""
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, drop = self._pressed, self._drop
        self._drop_nothing()
        if pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if drop is not None and isinstance(pressed.item, Appointment):
            way = (
                event.position().toPoint() - self._press_at
            ).manhattanLength()  # back where it was grabbed is no move
            is_elsewhere = (drop.provider_id, drop.starts_at) != (pressed.item.provider_id, pressed.item.starts_at)
            if is_elsewhere and way >= QApplication.startDragDistance():
                self.moved.emit(Moved(pressed.item, drop))
        elif pressed == self._at(event.position().toPoint()):
            self._choose(pressed)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        inside = self._body().contains(position) and not self._waiting
        if self._layout is not None and inside and self._at(position) is None:
            point = self._layout.free_at(position - self._origin())
            if point is not None:
                self.free_chosen.emit(point)

    def _choose(self, placed: Placed) -> None:
        match placed.item:
            case PaintedOffer() as shown:
                if shown.state is not OfferState.GONE:
                    self.slot_chosen.emit(shown.digit)
            case Appointment() as entry:
                self.entry_chosen.emit(entry)
            case Absence():
                return

    # The keys

    def _focus(self, placed: Placed) -> None:
        self._focused = placed
        rect = placed.rect.translated(0, -self.verticalScrollBar().value())
        height = self._body().height()
        if rect.top() < 0 or rect.bottom() > height:
            self.verticalScrollBar().setValue(max(0, placed.rect.top() - height // 4))
        left = placed.rect.left() - self.horizontalScrollBar().value()
        if left < 0 or left + placed.rect.width() > self._body().width():
            self.horizontalScrollBar().setValue(placed.rect.left())
        self._say(self.words_of(placed))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, focused = event.key(), self._focused
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if key == Qt.Key.Key_Escape.value and self._drop is not None:
            self._drop_nothing()
        elif self._waiting:
            super().keyPressEvent(event)
        elif key in STEPS and plain:
            self._step(*STEPS[key])
        elif key in _CHOOSERS and plain and focused is not None:
            if not event.isAutoRepeat():
                self._choose(focused)
        elif key == Qt.Key.Key_Menu.value and focused is not None and isinstance(focused.item, Appointment):
            corner = focused.rect.bottomLeft() + self._origin()
            self.entry_menu.emit(focused.item, self.viewport().mapToGlobal(corner))
        elif key == Qt.Key.Key_Menu.value and (column := self.focused_column()) is not None:
            self.column_menu.emit(column, self.viewport().mapToGlobal(self._body().topLeft()))
        else:
            super().keyPressEvent(event)

    def _stops(self) -> list[Placed]:
        return self._layout.stops() if self._layout is not None else []

    def _first(self, stops: list[Placed]) -> Placed:
        """The first offer, else the first item that is seen."""
        top = self.verticalScrollBar().value()
        seen = [stop for stop in stops if stop.rect.bottom() > top] or stops
        return next((stop for stop in stops if isinstance(stop.item, PaintedOffer)), seen[0])


def _identity(placed: Placed) -> tuple[str, int]:
    match placed.item:
        case PaintedOffer() as shown:
            return "offer", shown.digit
        case Appointment() as entry:
            return "entry", entry.id
        case Absence(is_closed_day=True) as closed:  # everybody's, and in each column another one
            return f"closed {closed.starts_at.isoformat()}", closed.provider_id
        case Absence() as absence:
            return "absence", absence.id


def _chosen(offers: Sequence[PaintedOffer]) -> PaintedOffer | None:
    return next(
        (shown for shown in offers if shown.state in (OfferState.HELD, OfferState.CHOSEN, OfferState.OFFERED)), None
    )


def _width(parts: Sequence[TextRun]) -> int:
    """The width of a head's parts after each other."""
    gaps = (len(parts) - 1) * app_theme().px(_BETWEEN)
    return sum(QFontMetrics(part.font).horizontalAdvance(part.text) for part in parts) + gaps
