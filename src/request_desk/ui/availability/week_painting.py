"""The strokes of the week of a provider: days, windows, absences, what is being drawn; where they stand is decided elsewhere."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.ui.availability.week_layout import WeekLayout, WeekPiece
from request_desk.ui.widgets.painting import draw_focus_ring, draw_text, text_width
from request_desk.ui.widgets.theme import RADIUS_CONTROL, Theme

_LOWEST_TEXT = 12  # pixels: a block below this has no room for a line
_LINE = 17


class WeekPainter:
    """Paints one layout with one theme; holds nothing between frames."""

    def __init__(self, painter: QPainter, layout: WeekLayout, theme: Theme, top: int) -> None:
        """`top` is the first y that is seen: what a piece says stays in sight."""
        self._top = top
        self._painter = painter
        self._layout = layout
        self._theme = theme

    def ground(self, closed: Sequence[int]) -> None:
        """Hours as lines, days apart; the columns of closed days are hatched."""
        painter, layout, theme = self._painter, self._layout, self._theme
        painter.fillRect(QRect(0, 0, layout.width, layout.height), theme.background)
        for column in closed:
            self._hatch(layout.column_rect(column, 0, layout.height), theme.muted)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for hour in range(25):
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(0, layout.y_of(hour * 60), layout.width, layout.y_of(hour * 60))
        for column in range(len(layout.days) + 1):
            painter.drawLine(column * layout.column_width, 0, column * layout.column_width, layout.height)

    def piece(self, piece: WeekPiece, lines: Sequence[str]) -> None:
        """Paint a window or an absence with what it says."""
        theme = self._theme
        if isinstance(piece.item, Absence):
            self._block(piece.rect, theme.background, QPen(theme.control_line, 1))
            self._hatch(piece.rect, theme.muted)
            self._lines(piece.rect, lines, theme.ink)
        elif piece.pale:
            self._block(piece.rect, theme.background, QPen(theme.faint, 1, Qt.PenStyle.DashLine))
            self._lines(piece.rect, lines, theme.muted)
        else:
            self._window(piece.item, piece.rect, lines)

    def _window(self, window: AvailabilityWindow, rect: QRect, lines: Sequence[str]) -> None:
        theme = self._theme
        self._block(rect, theme.tile if window.staff_only else theme.accent_tint, QPen(theme.line, 1))
        bar = QRect(rect.left(), rect.top() + 3, theme.px(3), rect.height() - 6)
        self._painter.fillRect(bar, theme.tile_mark if window.staff_only else theme.accent)
        self._lines(rect, lines, theme.ink)

    def ghost(self, rect: QRect, lines: Sequence[str], *, allowed: bool) -> None:
        """Where what is being drawn or dragged would be; what stands against it is said by the view."""
        theme = self._theme
        ink, tint = (theme.accent, theme.accent_tint) if allowed else (theme.danger, theme.danger_tint)
        self._block(rect, tint, QPen(ink, theme.px(1.5), Qt.PenStyle.DashLine))
        self._lines(rect, lines, ink)

    def ring(self, rect: QRect) -> None:
        """Show what has the keyboard."""
        draw_focus_ring(self._painter, rect.adjusted(-2, -2, 2, 2), self._theme.px(RADIUS_CONTROL))

    def _block(self, rect: QRect, fill: QColor, pen: QPen) -> None:
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setBrush(fill)
        self._painter.setPen(pen)
        radius = min(self._theme.px(RADIUS_CONTROL), rect.height() // 2)
        self._painter.drawRoundedRect(rect, radius, radius)

    def _hatch(self, rect: QRect, color: QColor) -> None:
        """Diagonal lines: a state is told by its pattern too, not by colour alone."""
        pale = QColor(color)
        pale.setAlpha(60)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(QBrush(pale, Qt.BrushStyle.BDiagPattern))
        self._painter.drawRect(rect.adjusted(2, 2, -2, -2))

    def _lines(self, rect: QRect, lines: Sequence[str], ink: QColor) -> None:
        """As many lines as have room, the first one bold; one that is too wide goes on in the next."""
        theme, left = self._theme, rect.left() + self._theme.px(8)
        room, height = rect.right() - left - theme.px(3), theme.px(_LINE)
        top = max(rect.top(), self._top) + (theme.px(3) if rect.height() >= height + theme.px(4) else 0)
        for number, line in enumerate(lines):
            font, color = (theme.small_bold, ink) if number == 0 else (theme.small, theme.muted)
            for part in _broken(line, font, room):
                below = min(height, rect.bottom() - top + 1)
                if below < _LOWEST_TEXT:
                    return
                draw_text(self._painter, QRect(left, top, room, below), part, font, color)
                top += height


def _broken(line: str, font: QFont, room: int) -> list[str]:
    """The words of a line in as many lines as they need; a single word that is too wide is cut."""
    parts: list[str] = []
    for word in line.split(" "):
        if parts and text_width(font, f"{parts[-1]} {word}") <= room:
            parts[-1] = f"{parts[-1]} {word}"
        else:
            parts.append(word)
    return parts
