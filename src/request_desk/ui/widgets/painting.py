"""Strokes that delegates and own-painted views share; what they say is decided by their callers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from request_desk.ui.widgets.theme import ICON, RADIUS_CONTROL, app_theme

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter
RUN_GAP = 8  # between the parts of a line
_NO_END = 1 << 24


class TextRun(NamedTuple):
    """A piece of a line in one font and colour."""

    text: str
    font: QFont
    color: QColor
    strike: bool = False


def draw_text(
    painter: QPainter, rect: QRect, text: str, font: QFont, color: QColor, align: Qt.AlignmentFlag = LEFT
) -> int:
    """Draw one line of plain text, elided to `rect`, and return the width it took."""
    if rect.width() <= 0 or not text:
        return 0
    text, width = _fitted(font, text, rect.width())
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(rect, int(align) | int(Qt.TextFlag.TextSingleLine), text)
    return width


def draw_notice(painter: QPainter, body: QRect, text: str) -> None:
    """Draw what stands against a drop along the lower edge of a grid, in as many lines as it needs: it is read whatever is below."""
    theme, wrap = app_theme(), int(Qt.TextFlag.TextWordWrap)
    side, above, font = theme.px(10), theme.px(9), theme.small_bold
    room = QRect(0, 0, body.width() - 4 * side, body.height() // 2)
    high = min(room.height(), QFontMetrics(font).boundingRect(room, wrap, text).height()) + 2 * above
    bar = QRect(body.left() + side, body.bottom() - theme.px(8) - high, body.width() - 2 * side, high)
    fill_round(painter, bar, theme.danger_tint, theme.px(RADIUS_CONTROL), theme.danger)
    painter.setFont(font)
    painter.setPen(theme.danger)
    painter.drawText(bar.adjusted(side, above, -side, -above), wrap, text)


@lru_cache(maxsize=4096)
def _fitted(font: QFont, text: str, room: int) -> tuple[str, int]:
    """The text elided to `room`, and its width; remembered, since a list is painted again with every step of a scroll."""
    measure = QFontMetrics(font)
    width = measure.horizontalAdvance(text)
    if width <= room:
        return text, width
    elided = measure.elidedText(text, Qt.TextElideMode.ElideRight, room)
    return elided, measure.horizontalAdvance(elided)


def text_width(font: QFont, text: str) -> int:
    """Return how wide one line of text is."""
    return _fitted(font, text, _NO_END)[1]


def fitted_text(font: QFont, text: str, room: int) -> str:
    """Return one line of text elided to `room`."""
    return _fitted(font, text, room)[0]


def first_words(font: QFont, text: str, room: int) -> str:
    """Return the whole words at the beginning of a text that have room in a line, "" where not even the first has."""
    while text and text_width(font, text) > room:
        text = text.rpartition(" ")[0].rstrip(" ·,;:–-")
    return text


def run_width(parts: Sequence[TextRun]) -> int:
    """Return how wide the parts are after each other."""
    return sum(text_width(part.font, part.text) + RUN_GAP for part in parts) - RUN_GAP if parts else 0


def draw_run(painter: QPainter, rect: QRect, parts: Sequence[TextRun], gap: int = RUN_GAP) -> int:
    """Draw the parts after each other in one line, the one that does not fit elided, and return the width used."""
    left = rect.left()
    for part in parts:
        room = QRect(left, rect.top(), rect.right() - left + 1, rect.height())
        if room.width() <= 0:
            break
        font = part.font
        if part.strike:
            font = QFont(font)
            font.setStrikeOut(True)
        left += draw_text(painter, room, part.text, font, part.color) + gap
    return max(0, left - gap - rect.left())


def draw_tile(painter: QPainter, rect: QRect, icon_name: str) -> None:
    """Draw a neutral rounded tile with an icon: the shape of a kind, never a state."""
    theme = app_theme()
    fill_round(painter, rect, theme.tile, theme.px(RADIUS_CONTROL))
    draw_icon(painter, rect, icon_name, theme.ink)


def draw_icon(painter: QPainter, rect: QRect, icon_name: str, color: QColor, size: int = ICON) -> None:
    """Draw an icon in the middle of `rect`; `size` is in pixels at 100 %."""
    theme = app_theme()
    side = theme.px(size)
    ratio = painter.device().devicePixelRatioF()
    corner = QPoint(rect.left() + (rect.width() - side) // 2, rect.top() + (rect.height() - side) // 2)
    painter.drawPixmap(corner, theme.pixmap(icon_name, color, size, ratio))


def draw_initials(painter: QPainter, rect: QRect, initials: str) -> None:
    """Draw a colleague's initials in a ring."""
    theme = app_theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.accent, 1))
    painter.setBrush(theme.accent_tint)
    painter.drawEllipse(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
    painter.restore()
    font = QFont(theme.small_bold)
    font.setPixelSize(max(8, round(rect.height() * 0.42)))
    draw_text(painter, rect, initials, font, theme.accent, CENTER)


def draw_pill(painter: QPainter, rect: QRect, text: str, fill: QColor, ink: QColor) -> None:
    """Draw a short bold text on a rounded ground."""
    fill_round(painter, rect, fill, rect.height() / 2)
    draw_text(painter, rect, text, app_theme().small_bold, ink, CENTER)


def draw_dot(painter: QPainter, center: QPoint, color: QColor) -> None:
    """Draw the small dot that marks something unread."""
    radius = app_theme().px(4)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(QPointF(center), radius, radius)
    painter.restore()


def fill(painter: QPainter, rect: QRect, color: QColor) -> None:
    """Fill a rectangle of the first paint: QPainter.fillRect loads the 180 names of gradients, which it takes, too, for 6 ms."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRect(rect)
    painter.restore()


def fill_round(painter: QPainter, rect: QRect, fill: QColor, radius: float, line: QColor | None = None) -> None:
    """Fill a rounded rectangle, with a hairline around it if `line` is given."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill)
    if line is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(rect), radius, radius)
    else:
        painter.setPen(QPen(line, 1))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.restore()


def draw_focus_ring(painter: QPainter, rect: QRect, radius: float, color: QColor | None = None) -> None:
    """Draw the ring that shows where the keyboard is."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color or app_theme().accent, 2))
    painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), radius, radius)
    painter.restore()
