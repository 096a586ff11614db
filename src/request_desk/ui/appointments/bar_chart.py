"""Bars of the report: for each line what took place, is ahead, was missed and was cancelled, told apart by stroke, colour and word."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from request_desk.domain.appointment_reports import AppointmentReport
from request_desk.domain.words import _
from request_desk.ui.widgets.painting import LEFT, draw_text
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.theme import app_theme

_LINE: Final = 28  # pixels at 100 %
_BAR: Final = 14
_NAMES: Final = 150
_COUNT: Final = 48
_GAP: Final = 10


class _Part(NamedTuple):
    word: str
    stroke: Qt.BrushStyle
    color: QColor


class BarChart(QWidget):
    """One bar a line, the longest as wide as there is room; the legend is above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[AppointmentReport, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Visits by provider"))
        app_theme().changed.connect(self.updateGeometry)

    def show_lines(self, lines: Sequence[AppointmentReport]) -> None:
        """Show a bar for each of these."""
        self._lines = tuple(lines)
        self.setAccessibleDescription("; ".join(f"{each.provider_name}: {each.booked}" for each in self._lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = app_theme()
        return QSize(theme.px(_NAMES + _COUNT + 200), theme.px(_LINE) * (len(self._lines) + 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = app_theme(), QPainter(self)
        height = theme.px(_LINE)
        parts = self._parts()
        self._paint_legend(painter, QRect(0, 0, self.width(), height), parts)
        most = max((each.booked for each in self._lines), default=0)
        room = self.width() - theme.px(_NAMES + _COUNT + _GAP)
        for place, each in enumerate(self._lines, 1):
            top = place * height
            name = isolated_if_needed(one_line(each.provider_name))
            names = QRect(0, top, theme.px(_NAMES - _GAP), height)
            draw_text(painter, names, name, theme.small, theme.ink, LEFT)
            left, y = theme.px(_NAMES), top + (height - theme.px(_BAR)) // 2
            for part, count in zip(parts, (each.completed, each.ahead, each.no_shows, each.cancelled), strict=True):
                width = round(room * count / most) if most else 0
                self._paint_part(painter, QRect(left, y, width, theme.px(_BAR)), part)
                left += width
            counts = QRect(left + theme.px(_GAP // 2), top, theme.px(_COUNT), height)
            draw_text(painter, counts, str(each.booked), theme.small, theme.muted, LEFT)

    def _parts(self) -> tuple[_Part, ...]:
        theme, style = app_theme(), Qt.BrushStyle
        return (
            _Part(_("completed"), style.SolidPattern, theme.accent),
            _Part(_("ahead or not marked"), style.NoBrush, theme.accent),
            _Part(_("no-show"), style.BDiagPattern, theme.danger),
            _Part(_("cancelled"), style.Dense6Pattern, theme.muted),
        )

    def _paint_legend(self, painter: QPainter, rect: QRect, parts: Sequence[_Part]) -> None:
        theme, left = app_theme(), rect.left()
        for part in parts:
            side = theme.px(_BAR)
            self._paint_part(painter, QRect(QPoint(left, (rect.height() - side) // 2), QSize(side, side)), part)
            width = QFontMetrics(theme.small).horizontalAdvance(part.word) + 2
            draw_text(
                painter, QRect(left + side + 6, 0, width, rect.height()), part.word, theme.small, theme.muted, LEFT
            )
            left += side + width + theme.px(2 * _GAP)

    @staticmethod
    def _paint_part(painter: QPainter, rect: QRect, part: _Part) -> None:
        if rect.width() > 1:
            painter.setPen(part.color)
            painter.setBrush(QBrush(part.color, part.stroke))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
