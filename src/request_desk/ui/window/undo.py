"""The bar that names the last act and takes it back while there is time; what undoing means is the service's business."""

import math
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
TICK: Final = 250  # milliseconds: a second never looks longer than it is


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
        self._undo: object | None = None
        self._sentence = ""
        self._ends = 0.0
        self._wanted = 0
        self._button = _UndoButton(self)
        self._button.clicked.connect(self.ask_undo)
        body = QHBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addStretch(1)
        body.addWidget(self._button)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()
        app_theme().changed.connect(self._measure)

    def offered(self) -> object | None:
        """Return what can be undone now."""
        return self._undo

    def sentence(self) -> str:
        return self._sentence

    def seconds_left(self) -> int:
        return max(0, math.ceil(self._ends - self._clock.monotonic()))

    def offer(self, sentence: str, seconds: float, undo: object) -> None:
        """Offer to take back what `sentence` says, for so many seconds; an earlier offer is gone."""
        self.clear()
        self._sentence = isolated_if_needed(one_line(sentence))
        self._undo = undo
        self._ends = self._clock.monotonic() + seconds
        self._button.setMinimumWidth(0)
        self._button.set_seconds(self.seconds_left())
        self.setAccessibleName(self._sentence)
        self._measure()
        self.show()
        self._timer = self._timers(self, TICK, self._ticked, repeat=True)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self._sentence))

    @Slot()
    def ask_undo(self) -> None:
        """Ask for the undo that is offered; nothing happens when there is none."""
        undo = self._undo
        self.clear()
        if undo is not None:
            self.undo_asked.emit(undo)

    def clear(self) -> None:
        """Withdraw the offer."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._undo = None
        self.hide()

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
        draw_text(painter, room, self._sentence, theme.small, theme.rail_title)

    def _ticked(self) -> None:
        left = self.seconds_left()
        if left > 0:
            self._button.set_seconds(left)
            return
        undo = self._undo
        self.clear()
        if undo is not None:
            self.expired.emit(undo)

    @Slot()
    def _measure(self) -> None:
        theme = app_theme()
        text = QFontMetrics(theme.small).horizontalAdvance(self._sentence)
        self.setFixedHeight(theme.px(TARGET))
        self._wanted = text + self._button.width() + theme.px(28)
        self.setMaximumWidth(self._wanted)
        self.updateGeometry()
