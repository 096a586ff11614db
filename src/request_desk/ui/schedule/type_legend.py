"""The types that are on the schedule, each with the colour of its edge, in one line."""

from collections.abc import Iterable

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from request_desk.domain.appointments import Appointment
from request_desk.domain.words import _
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.schedule.grid_painting import type_edge
from request_desk.ui.widgets.painting import draw_text, text_width
from request_desk.ui.widgets.text import set_tip
from request_desk.ui.widgets.theme import SPACE, app_theme

_EDGE = 4  # pixels at 100 %, as in the grid


class TypeLegend(QWidget):
    """Shows as many types as there is room for; the tip names them all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds: tuple[Appointment, ...] = ()  # one of each type, in the practice's order
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        app_theme().changed.connect(self.updateGeometry)

    def show_types(self, entries: Iterable[Appointment]) -> None:
        """Show the types of these appointments."""
        kinds = {each.type_id: each for each in entries}
        self._kinds = tuple(sorted(kinds.values(), key=lambda each: (each.type_position, each.type_name)))
        names = "\n".join(self.names())
        set_tip(self, names)
        self.setAccessibleName(_("Types on the schedule: {names}").format(names=", ".join(self.names())))
        self.setVisible(bool(self._kinds))
        self.update()

    def names(self) -> tuple[str, ...]:
        """Return the types that are told, in their order."""
        return tuple(named(each.type_name) for each in self._kinds)

    def sizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(app_theme().small).height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        gap, left = theme.px(2 * SPACE), 0
        for kind in self._kinds:
            name = named(kind.type_name)
            width = text_width(theme.small, name)
            if left + theme.px(_EDGE) + gap + width > self.width():
                draw_text(painter, QRect(left, 0, self.width() - left, self.height()), "…", theme.small, theme.muted)
                break
            painter.fillRect(QRect(left, 2, theme.px(_EDGE), self.height() - 4), type_edge(kind, theme))
            left += theme.px(_EDGE) + theme.px(SPACE)
            draw_text(painter, QRect(left, 0, width, self.height()), name, theme.small, theme.muted)
            left += width + 2 * gap
