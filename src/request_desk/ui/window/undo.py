"""The bar that names the last act and takes it back while there is time, then the one before; what undoing means is the service's business."""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QWidget

from request_desk.domain.words import _
from request_desk.ui.running.timing import MonotonicClock, Stoppable, SystemMonotonic, TimerFactory, qt_timer
from request_desk.ui.widgets.painting import CENTER, draw_focus_ring, draw_text, fill_round
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.theme import RADIUS_CONTROL, TARGET, app_theme
from request_desk.ui.window.keys import keys_text

KEYS: Final = "Ctrl+Shift+Z"
MOST: Final = 9  # acts that are kept
SEEN: Final = 0.5  # seconds: the second click of two does not take back the act before, which nobody has read yet
TICK: Final = 250  # milliseconds: a second never looks longer than it is


@dataclass(frozen=True, slots=True)
class _Offered:
    """An act that can be taken back until `ends`."""

    sentence: str
    ends: float  # on the clock that only goes forward
    undo: object


class _UndoButton(QAbstractButton):
    """The word Undo, the seconds left and the keys, in the bar's own colours."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleDescription(keys_text(KEYS))

    def set_seconds(self, seconds: int) -> None:
        theme = app_theme()
        self.setText(_("Undo · {seconds} s").format(seconds=seconds))
        self.setAccessibleName(_("Undo, {seconds} seconds left").format(seconds=seconds))
        # The widest text of the countdown, so that nothing moves while it runs.
        widest = _("Undo · {seconds} s").format(seconds="0" * max(2, len(str(seconds))))
        width = QFontMetrics(theme.small_bold).horizontalAdvance(widest)
        width += QFontMetrics(theme.small).horizontalAdvance(keys_text(KEYS))
        self.setFixedWidth(max(self.minimumWidth(), width + theme.px(44)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        keys = keys_text(KEYS)
        keys_width = QFontMetrics(theme.small).horizontalAdvance(keys)
        left = theme.px(14)
        text = QRect(left, 0, self.width() - keys_width - theme.px(26), self.height())
        draw_text(painter, text, self.text(), theme.small_bold, theme.rail_accent)
        hint = QRect(self.width() - keys_width - theme.px(14), 0, keys_width + 2, self.height())
        draw_text(painter, hint, keys, theme.small, theme.rail_ink, CENTER)
        if self.hasFocus() or self.underMouse():
            draw_focus_ring(painter, self.rect(), theme.px(RADIUS_CONTROL), theme.rail_accent)


class UndoBar(QFrame):
    """Names the act and counts its grace time down; `undo_asked` and `expired` carry what was offered."""

    undo_asked = Signal(object)
    expired = Signal(object)

    def __init__(
        self, *, clock: MonotonicClock | None = None, timers: TimerFactory = qt_timer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock or SystemMonotonic()
        self._timers = timers
        self._timer: Stoppable | None = None
        self._offered: list[_Offered] = []  # the last act at the end
        self._wanted = 0
        self._button = _UndoButton(self)
        self._taken_at = -SEEN
        self._button.clicked.connect(self._clicked)
        body = QHBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addStretch(1)
        body.addWidget(self._button)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()
        app_theme().changed.connect(self._measure)

    def offered(self) -> object | None:
        """Return what can be undone now: the last act."""
        return self._offered[-1].undo if self._offered else None

    def sentence(self) -> str:
        return self._offered[-1].sentence if self._offered else ""

    def seconds_left(self) -> int:
        return max(0, math.ceil(self._offered[-1].ends - self._clock.monotonic())) if self._offered else 0

    def offer(self, sentence: str, seconds: float, undo: object) -> None:
        """Offer to take back what `sentence` says, for so many seconds; once it is taken back, the act before is offered again."""
        told = isolated_if_needed(one_line(sentence))
        self._offered = [*self._offered[1 - MOST :], _Offered(told, self._clock.monotonic() + seconds, undo)]
        self._show_last()

    @Slot()
    def _clicked(self) -> None:
        if self._clock.monotonic() - self._taken_at >= SEEN:
            self.ask_undo()

    @Slot()
    def ask_undo(self) -> None:
        """Ask for the undo that is offered; nothing happens when there is none."""
        if not self._offered:
            return
        last, self._taken_at = self._offered.pop(), self._clock.monotonic()
        self._show_last()
        self.undo_asked.emit(last.undo)

    def clear(self) -> None:
        """Withdraw all that is offered."""
        self._offered = []
        self._show_last()

    def _show_last(self) -> None:
        """Show the last act that can be taken back, and count its time down; nothing where there is none."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not self._offered:
            self.hide()
            return
        self._button.setMinimumWidth(0)
        self._button.set_seconds(self.seconds_left())
        self.setAccessibleName(self.sentence())
        self._measure()
        self.show()
        self.update()
        self._timer = self._timers(self, TICK, self._ticked, repeat=True)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.sentence()))

    def sizeHint(self) -> QSize:
        return QSize(self._wanted, app_theme().px(TARGET))

    def minimumSizeHint(self) -> QSize:
        theme = app_theme()
        return QSize(min(self._wanted, self._button.width() + theme.px(160)), theme.px(TARGET))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        fill_round(painter, self.rect(), theme.bar, theme.px(RADIUS_CONTROL))
        room = self.rect().adjusted(theme.px(14), 0, -self._button.width(), 0)
        draw_text(painter, room, self.sentence(), theme.small, theme.rail_title)

    def _ticked(self) -> None:
        now = self._clock.monotonic()
        over = [each for each in self._offered if each.ends <= now]
        self._offered = [each for each in self._offered if each.ends > now]
        if over:
            self._show_last()
        else:
            self._button.set_seconds(self.seconds_left())
        for each in over:
            self.expired.emit(each.undo)

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        text = QFontMetrics(theme.small).horizontalAdvance(self.sentence())
        self.setFixedHeight(theme.px(TARGET))
        self._wanted = text + self._button.width() + theme.px(28)
        self.setMaximumWidth(self._wanted)
        self.updateGeometry()
