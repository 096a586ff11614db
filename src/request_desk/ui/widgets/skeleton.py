"""The grey shapes of rows that are on their way; the first thing that is painted, so it needs next to nothing."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from request_desk.domain.words import _
from request_desk.ui.widgets.painting import fill_round
from request_desk.ui.widgets.theme import RADIUS_CONTROL, ROW, app_theme

_ROWS = 8


class Skeleton(QWidget):
    """Grey bars where rows will be; they stand still."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Loading"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        height = app_theme().px(ROW)
        for place in range(_ROWS):
            top = place * height
            if top > self.height():
                break
            draw_skeleton_row(painter, QRect(0, top, self.width(), height), place)


def draw_skeleton_row(painter: QPainter, rect: QRect, place: int) -> None:
    """Draw the grey shape of a row whose content is on its way."""
    theme = app_theme()
    side = theme.px(32)
    left = rect.left() + theme.px(16)
    middle = rect.center().y()
    fill_round(painter, QRect(left, middle - side // 2, side, side), theme.tile, theme.px(RADIUS_CONTROL))
    left += side + theme.px(14)
    room = max(0, rect.right() - left - theme.px(16))
    bar = theme.px(9)
    # Three lengths, so that it reads as text.
    first, second = ((0.42, 0.66), (0.34, 0.58), (0.48, 0.5))[place % 3]
    fill_round(painter, QRect(left, middle - bar - theme.px(3), int(room * first), bar), theme.tile, bar / 2)
    fill_round(painter, QRect(left, middle + theme.px(5), int(room * second), bar), theme.tile, bar / 2)
