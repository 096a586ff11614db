"""The schedule folded to a strip, for narrow windows: each offer with what stands before and after it on that day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from request_desk.domain.appointments import Appointment
from request_desk.domain.schedule import ScheduleDay
from request_desk.domain.words import Words, _
from request_desk.ui.inbox.flow import Handling, ShownOffer
from request_desk.ui.inbox.request_words import differs
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.painting import draw_text, fill_round
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import RADIUS_CONTROL, SPACE, Tone, app_theme

PADDING = 12
LOW_PADDING = 8
TILE_HEIGHT = 66
LOW_TILE = 46
TILE_WIDTH = 124
MOST_ROWS = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """One offer in the strip."""

    offer: ShownOffer
    time: str
    detail: str
    neighbours: str
    is_chosen: bool
    is_holding: bool


def tiles(now: Handling, days: Mapping[date, ScheduleDay], words: Words) -> tuple[Tile, ...]:
    """Return the offers in digit order, each with the appointments that stand before and after it."""
    made: list[Tile] = []
    for one in now.offers:
        slot = one.offer.slot
        offered = any(other.key == one.key for other in now.offered)
        chosen = offered or (now.chosen is not None and now.chosen.key == one.key)
        place = differs(now, one) or _("same provider")
        made.append(
            Tile(
                one,
                _when(slot.starts_at, words.at(one.offer.zone)),
                place,
                _neighbours(one, days.get(words.zone.day_of(slot.starts_at)), words),
                chosen,
                chosen and now.holding,
            )
        )
    return tuple(made)


def _neighbours(one: ShownOffer, day: ScheduleDay | None, words: Words) -> str:
    if day is None:
        return ""
    slot = one.offer.slot
    entries = [entry for column in day.columns if column.provider_id == slot.provider_id for entry in column.entries]
    before = [entry for entry in entries if entry.ends_at <= slot.starts_at]
    after = [entry for entry in entries if entry.starts_at >= slot.ends_at]
    told: list[str] = []
    if before:
        told.append(
            _("after {appointment}").format(
                appointment=_appointment(max(before, key=lambda entry: entry.ends_at), words)
            )
        )
    if after:
        told.append(
            _("before {appointment}").format(
                appointment=_appointment(min(after, key=lambda entry: entry.starts_at), words)
            )
        )
    return ", ".join(told)


def _when(instant: datetime, words: Words) -> str:
    """Return "today 9:20 AM" or "Wed 9:20 AM", which fits where "tomorrow" does not."""
    near = words.near_day(instant)
    day = near if near == _("today") or any(sign.isdigit() for sign in near) else words.weekday(instant)
    return f"{day} {words.time(instant)}"


def _appointment(entry: Appointment, words: Words) -> str:
    return f"{words.at(entry.zone).time(entry.starts_at)} {entry.type_name}"


class OffersStrip(Card):
    """Shows tiles in up to two rows; a click chooses. `offers_painted` tells which digits are on the screen."""

    chosen = Signal(object)  # ShownOffer
    offers_painted = Signal(object)  # tuple of (digit, Slot)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, padding=PADDING, name=_("Times that fit"))
        self._low = False
        self.title = PlainLabel("", tone=Tone.MUTED, wrap=True, parent=self)
        self.field = _TileField(self)
        self.field.chosen.connect(self.chosen)
        self.field.offers_painted.connect(self.offers_painted)
        self.body.addWidget(self.title)
        self.body.addWidget(self.field)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_tiles(self, shown: Sequence[Tile], title: str) -> None:
        """Show the offers of a request, or say in the title why there are none."""
        self.title.setText(title)
        self.field.show_tiles(shown)
        self._show_parts()

    def set_rows(self, rows: int, *, low: bool = False) -> None:
        """Show at most so many rows of tiles; low ones leave the neighbours and the title out."""
        self._low = low
        self.set_padding(LOW_PADDING if low else PADDING)
        self.field.set_rows(rows, low=low)
        self._show_parts()

    def minimumSizeHint(self) -> QSize:
        # The sentence wraps: a splitter would give it the height of a narrower one.
        return QSize(super().minimumSizeHint().width(), self._height())

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _height(self) -> int:
        padding = app_theme().px(LOW_PADDING if self._low else PADDING) + 1 + self.frameWidth()
        parts: list[int] = []
        if not self.title.isHidden():
            width = self.width() - 2 * padding
            parts.append(max(self.title.heightForWidth(width), QFontMetrics(app_theme().small).height()))
        if not self.field.isHidden():
            parts.append(self.field.sizeHint().height())
        return sum(parts) + app_theme().px(2 * SPACE) * max(0, len(parts) - 1) + 2 * padding

    def height_with(self, rows: int, *, low: bool) -> int:
        """Return how high it is with so many rows of tiles, however many a request has."""
        theme = app_theme()
        tiles = rows * theme.px(LOW_TILE if low else TILE_HEIGHT) + (rows - 1) * theme.px(6)
        title = 0 if low else QFontMetrics(theme.small).height() + theme.px(2 * SPACE)
        return tiles + title + 2 * (theme.px(LOW_PADDING if low else PADDING) + 1 + self.frameWidth())

    def _show_parts(self) -> None:
        """Without tiles the sentence says why; where there is little room, tiles stand alone."""
        has_tiles = self.field.has_tiles()
        self.field.setVisible(has_tiles)
        self.title.setVisible(not has_tiles or not self._low)


class _TileField(QWidget):
    chosen = Signal(object)
    offers_painted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._tiles: tuple[Tile, ...] = ()
        self._rows = MOST_ROWS
        self._low = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        app_theme().changed.connect(self._measure)

    def show_tiles(self, shown: Sequence[Tile]) -> None:
        if tuple(shown) == self._tiles:
            return
        self._tiles = tuple(shown)
        said = [f"{_key(tile)}{tile.time} {tile.detail} {_state(tile)}" for tile in self._tiles]
        self.setAccessibleName("; ".join(one_line(one) for one in said))
        self._measure()

    def has_tiles(self) -> bool:
        return bool(self._tiles)

    def set_rows(self, rows: int, *, low: bool) -> None:
        if (rows, low) != (self._rows, self._low):
            self._rows, self._low = rows, low
            self._measure()

    def _height(self) -> int:
        return app_theme().px(LOW_TILE if self._low else TILE_HEIGHT)

    def sizeHint(self) -> QSize:
        theme = app_theme()
        rows = 0 if not self._tiles else min(self._rows, -(-len(self._tiles) // self._columns()))
        return QSize(theme.px(TILE_WIDTH), max(0, rows * (self._height() + theme.px(6)) - theme.px(6)))

    def resizeEvent(self, event: object) -> None:
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        seen: list[tuple[int, object]] = []
        for tile, rect in self._placed():
            _paint_tile(painter, rect, tile)
            if tile.offer.digit and not tile.offer.is_gone:
                seen.append((tile.offer.digit, tile.offer.offer.slot))
        if seen:
            self.offers_painted.emit(tuple(seen))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position().toPoint()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tile = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and tile is not None and not tile.offer.is_gone:
            self.chosen.emit(tile.offer)

    def _at(self, point: QPoint) -> Tile | None:
        return next((tile for tile, rect in self._placed() if rect.contains(point)), None)

    def _columns(self) -> int:
        return max(1, (self.width() + app_theme().px(6)) // app_theme().px(TILE_WIDTH + 6))

    def _placed(self) -> list[tuple[Tile, QRect]]:
        theme = app_theme()
        columns, gap = self._columns(), theme.px(6)
        width = (self.width() - gap * (columns - 1)) // columns
        placed: list[tuple[Tile, QRect]] = []
        for at, tile in enumerate(self._tiles[: columns * self._rows]):
            left = (at % columns) * (width + gap)
            top = (at // columns) * (self._height() + theme.px(6))
            placed.append((tile, QRect(left, top, width, self._height())))
        return placed

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()


def _key(tile: Tile) -> str:
    return f"[{tile.offer.digit}] " if tile.offer.digit else ""


def _paint_tile(painter: QPainter, rect: QRect, tile: Tile) -> None:
    """A free offer is dashed, the chosen one solid, one that is gone struck through: never by colour alone."""
    theme = app_theme()
    gone = tile.offer.is_gone
    ink, tint = (theme.held, theme.held_tint) if tile.is_chosen else (theme.free, theme.free_tint)
    if gone:
        ink, tint = theme.muted, theme.hover
    fill_round(painter, rect, tint, theme.px(RADIUS_CONTROL))
    painter.save()
    painter.setPen(
        QPen(ink, 2 if tile.is_chosen else 1, Qt.PenStyle.SolidLine if tile.is_chosen else Qt.PenStyle.DashLine)
    )
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), theme.px(RADIUS_CONTROL), theme.px(RADIUS_CONTROL))
    painter.restore()
    left, width, line = rect.left() + theme.px(9), rect.width() - theme.px(16), theme.px(19)
    top = rect.top() + theme.px(4)
    font = QFont(theme.small_bold)
    font.setStrikeOut(gone)
    digit = f"[{tile.offer.digit}] " if tile.offer.digit else ""
    draw_text(painter, QRect(left, top, width, line), f"{digit}{tile.time}", font, ink)
    second = " · ".join(part for part in (_state(tile), tile.detail) if part)
    draw_text(painter, QRect(left, top + line, width, line), one_line(second), theme.small, theme.ink)
    if rect.height() > theme.px(LOW_TILE):
        draw_text(
            painter, QRect(left, top + 2 * line, width, line), one_line(tile.neighbours), theme.small, theme.muted
        )


def _state(tile: Tile) -> str:
    if tile.offer.is_gone:
        return _("taken")
    if tile.is_holding:
        return _("holding…")
    if tile.is_chosen:
        return _("chosen")
    return _("wanted") if tile.offer.offer.fit.value == "exact" and tile.offer.offer.wish_rank else ""
