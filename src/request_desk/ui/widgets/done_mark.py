"""The mark before a line of a list of things to do; which lines there are is decided elsewhere."""

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from request_desk.ui.widgets.painting import draw_icon, fill_round
from request_desk.ui.widgets.theme import app_theme


class DoneMark(QWidget):
    """A tick in a disc for what is done, an empty ring for what is not: the shape says it, not the colour alone."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._done = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def is_done(self) -> bool:
        return self._done

    def show_done(self, *, done: bool) -> None:
        self._done = done
        self.update()

    def sizeHint(self) -> QSize:
        side = app_theme().px(22)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        side = theme.px(20)
        disc = QRect(0, 0, side, side)
        if self._done:
            fill_round(painter, disc, theme.accent, side / 2)
            draw_icon(painter, disc, "check", theme.on_accent, 14)
        else:
            fill_round(painter, disc.adjusted(1, 1, -1, -1), theme.panel, side / 2, theme.control_line)
