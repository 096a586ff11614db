"""What the window says by itself: fading lines, offers at the bottom, the crash dialog; refusals stand beside their cause."""

from typing import Final

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QGraphicsOpacityEffect, QHBoxLayout, QSizePolicy, QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.ui.running.timing import MonotonicClock, Stoppable, SystemMonotonic, TimerFactory, qt_timer
from request_desk.ui.widgets.buttons import IconButton, secondary
from request_desk.ui.widgets.dialogs import Question, tell
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme
from request_desk.ui.window.keys import keys_text

SHOWN: Final = 6.0  # seconds a line stays
FADING: Final = 1.2  # seconds of these in which it goes pale
STEP: Final = 100  # milliseconds


class Offered(QObject):
    """Something the bar offers to do; one of the two signals comes once."""

    accepted = Signal()
    refused = Signal()


class MessageBar(QFrame):
    """The quiet line at the bottom: what a colleague did, what was dropped, and perhaps one button."""

    def __init__(
        self, *, clock: MonotonicClock | None = None, timers: TimerFactory = qt_timer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock or SystemMonotonic()
        self._timers = timers
        self._timer: Stoppable | None = None
        self._ends = 0.0
        self._offer: Offered | None = None
        self._text = PlainLabel(tone=Tone.MUTED, elide=True, parent=self)
        self._text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        # What the line at the bottom is for while nothing is said: the keys that lead to everything.
        self._keys = PlainLabel(
            _("{palette} everything by its name · {phrases} phrases · {send} do it").format(
                palette=keys_text("Ctrl+K"), phrases=keys_text("Ctrl+P"), send=keys_text("Ctrl+Return")
            ),
            role=TextRole.SMALL,
            tone=Tone.MUTED,
            elide=True,
            parent=self,
        )
        self._keys.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._button = secondary("", parent=self)
        self._close = IconButton("x", _("Dismiss"), parent=self)
        self._button.clicked.connect(self._accepted)
        self._close.clicked.connect(self._dismissed)
        body = QHBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(2 * SPACE))
        body.addWidget(self._text, 1, Qt.AlignmentFlag.AlignVCenter)
        body.addWidget(self._keys, 1, Qt.AlignmentFlag.AlignVCenter)
        body.addWidget(self._button)
        body.addWidget(self._close)
        self._fade = QGraphicsOpacityEffect(self._text)
        self._fade.setEnabled(False)
        self._text.setGraphicsEffect(self._fade)
        self._show_buttons(shown=False)

    def text(self) -> str:
        return self._text.text()

    def say(self, text: str, *, tone: Tone = Tone.MUTED, seconds: float = SHOWN) -> None:
        """Show a line that fades away; an offer that is open is withdrawn."""
        self._withdraw()
        self._stop()
        self._show(text, tone)
        self._ends = self._clock.monotonic() + seconds
        self._timer = self._timers(self, STEP, self._ticked, repeat=True)

    @Slot(str)
    def warn(self, sentence: str) -> None:
        """Say what went wrong, for as long as it takes to read."""
        self.say(sentence, tone=Tone.DANGER, seconds=12.0)

    @Slot(object)
    def refuse(self, refused: Refused) -> None:
        """Say why something was refused: whatever no page explains beside its cause."""
        self.warn(refused.sentence)

    def offer(self, text: str, action: str) -> Offered:
        """Show a line with a button that stays until it is answered or something else is said."""
        self._withdraw()
        self._stop()
        self._offer = Offered(self)
        self._show(text, Tone.INK)
        self._button.set_text(action)
        self._show_buttons(shown=True)
        return self._offer

    def clear(self) -> None:
        """Say nothing."""
        self._withdraw()
        self._stop()
        self._text.setText("")

    def _show(self, text: str, tone: Tone) -> None:
        self._text.setText(text)
        self._text.set_tone(tone)
        if text:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self._text.text()))

    def _show_buttons(self, *, shown: bool) -> None:
        self._button.setVisible(shown)
        self._close.setVisible(shown)
        self._keys.setVisible(not shown)  # what is offered is read whole

    def _ticked(self) -> None:
        left = self._ends - self._clock.monotonic()
        if left <= 0:
            self._stop()
            self._text.setText("")
        elif left < FADING and not app_theme().reduced_motion:
            self._fade.setEnabled(True)
            self._fade.setOpacity(max(0.0, left / FADING))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._fade.setEnabled(False)

    def _withdraw(self) -> None:
        offer, self._offer = self._offer, None
        self._show_buttons(shown=False)
        if offer is not None:
            offer.refused.emit()
            offer.deleteLater()

    @Slot()
    def _accepted(self) -> None:
        offer, self._offer = self._offer, None
        self.clear()
        if offer is not None:
            offer.accepted.emit()
            offer.deleteLater()

    @Slot()
    def _dismissed(self) -> None:
        self.clear()


def show_crash(parent: QWidget, crash_id: str) -> Question:
    """Tell that something went wrong; only the crash's id is shown, never what it was about."""
    return tell(
        parent,
        _("Something went wrong, and nothing of it was saved."),
        detail=_("Please try again. If it happens again, tell your administrator this number: {id}").format(
            id=crash_id
        ),
    )
