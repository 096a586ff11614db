"""Which key press counts: letters only where they are meant, no scanner's burst, nothing that was not yet seen.

The rules are those of design/ui.md, Keys; which key does what is in the command registry.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from request_desk.ui.running.timing import MonotonicClock, Stoppable, SystemMonotonic, TimerFactory, qt_timer

WAIT: Final = 0.080  # seconds a changing key waits for what follows it; scanners type a key in under 20 ms
OFFER_SEEN: Final = 0.250  # seconds an offer is painted before its digit counts
REQUEST_SEEN: Final = 0.500  # seconds a request is painted before Ctrl+Enter counts
FOLLOWERS: Final = 2  # other printable keys that make a burst
MODIFIERS: Final = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)
ENTERS: Final = frozenset({Qt.Key.Key_Return.value, Qt.Key.Key_Enter.value})


class Scope(StrEnum):
    """Where a command belongs."""

    APPLICATION = "application"
    REQUEST = "request"
    SCHEDULE = "schedule"
    PATIENTS = "patients"
    APPOINTMENTS = "appointments"
    AVAILABILITY = "availability"
    MEETING = "meeting"
    SERVICES = "services"
    PHRASES = "phrases"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class KeyAction:
    """What a plain key does; `offer` is the digit of the offer that must have been seen."""

    run: Callable[[], object]
    changing: bool = False
    offer: int = 0


@dataclass(slots=True)
class _Waiting:
    text: str
    action: KeyAction | None
    since: float


@dataclass(slots=True)
class _Seen:
    """One thing on the screen and since when."""

    key: object
    since: float


class KeyGate(QObject):
    """Watches the widget that has the focus and lets through what the rules allow."""

    burst = Signal(str)

    def __init__(
        self,
        *,
        clock: MonotonicClock | None = None,
        timers: TimerFactory = qt_timer,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock or SystemMonotonic()
        self._timers = timers
        self._window = parent
        self._scopes: list[tuple[QWidget, Scope]] = []
        self._lookup: Callable[[str, Scope], KeyAction | None] = _nothing
        self._is_shortcut: Callable[[QKeySequence], bool] = _never
        self._waiting: list[_Waiting] = []
        self._wait_timer: Stoppable | None = None
        self._burst_text = ""
        self._burst_timer: Stoppable | None = None
        self._recent = ""
        self._recent_at = float("-inf")
        self._request: object = None
        self._seen: _Seen | None = None
        self._offers: dict[int, _Seen] = {}
        self._focus: QWidget | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)
            self._attach(QApplication.focusWidget())
        if parent is not None:
            parent.installEventFilter(self)

    def use(
        self, lookup: Callable[[str, Scope], KeyAction | None], is_shortcut: Callable[[QKeySequence], bool]
    ) -> None:
        """Take the meaning of plain keys, and of those with modifiers that no text field may swallow."""
        self._lookup = lookup
        self._is_shortcut = is_shortcut

    def watch(self, widget: QWidget, scope: Scope) -> None:
        """Let letters and digits act while the focus is in `widget`."""
        self._scopes = [known for known in self._scopes if shiboken6.isValid(known[0])]
        self._scopes.append((widget, scope))

    # What has been seen

    def request_shown(self, key: object) -> None:
        """Another request is shown: Ctrl+Enter is disarmed, a waiting key and the offers are forgotten."""
        if key == self._request:
            return
        self._request = key
        self.disarm()
        self.offers_gone()
        self._drop_waiting()

    def disarm(self) -> None:
        """Close Ctrl+Enter until the request has been painted once more for half a second."""
        self._seen = None

    def request_painted(self, key: object) -> None:
        """The request is on the screen now; say it at every paint."""
        if key == self._request and self._seen is None:
            self._seen = _Seen(key, self._clock.monotonic())

    def may_act(self) -> bool:
        """Whether Ctrl+Enter counts now."""
        return not self._waiting and not self._burst_text and self._is_open(self._seen, REQUEST_SEEN)

    def offer_painted(self, digit: int, token: object) -> None:
        """The offer `token` is on the screen under `digit`; say it at every paint."""
        known = self._offers.get(digit)
        if known is None or known.key != token:
            self._offers[digit] = _Seen(token, self._clock.monotonic())

    def offers_gone(self) -> None:
        """No offer is on the screen."""
        self._offers.clear()

    def may_choose(self, digit: int) -> bool:
        """Whether the offer under `digit` has been painted long enough for its key."""
        return self._is_open(self._offers.get(digit), OFFER_SEEN)

    def _is_open(self, seen: _Seen | None, needed: float) -> bool:
        return seen is not None and self._clock.monotonic() - seen.since >= needed

    # Keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.KeyPress if isinstance(event, QKeyEvent):
                if watched is self._window and QApplication.focusWidget() is not None:
                    return False
                return self._pressed(event)
            case QEvent.Type.ShortcutOverride if isinstance(event, QKeyEvent):
                if event.modifiers() & MODIFIERS and self._is_shortcut(QKeySequence(event.keyCombination())):
                    event.ignore()
                    return True
                return False
            case _:
                return False

    def _pressed(self, event: QKeyEvent) -> bool:
        scope = self._scope_of(self._focus)
        if scope is None or event.modifiers() & MODIFIERS:
            return False
        if event.key() in ENTERS:
            return self._entered(scope, repeated=event.isAutoRepeat())
        text = event.text()
        if len(text) != 1 or not text.isprintable():
            return False
        return self._printable(text, scope, repeated=event.isAutoRepeat())

    def _entered(self, scope: Scope, *, repeated: bool) -> bool:
        if self._burst_text:
            self._burst_over()  # scanners end with Enter
            return True
        if self._waiting:
            return True
        action = self._find("Return", scope)
        if action is None:
            return False
        if not repeated:
            action.run()
        return True

    def _printable(self, text: str, scope: Scope, *, repeated: bool) -> bool:
        now = self._clock.monotonic()
        if not repeated:
            self._recent = self._recent + text if now - self._recent_at <= WAIT else text
            self._recent_at = now
        if self._burst_text:
            self._burst_text += text
            self._await_end_of_burst()
            return True
        action = self._find(text.upper(), scope)
        if self._waiting:
            if not repeated:
                self._waiting.append(_Waiting(text, action, now))
                if len(self._waiting) > FOLLOWERS:
                    self._begin_burst()
            return True
        if action is None:
            return False
        if not action.changing:
            action.run()
        elif not repeated:
            self._waiting.append(_Waiting(text, action if self._offer_allows(action) else None, now))
            self._await(WAIT)
        return True

    def _offer_allows(self, action: KeyAction) -> bool:
        return not action.offer or self.may_choose(action.offer)

    def _await(self, seconds: float) -> None:
        self._wait_timer = self._timers(self, max(1, round(seconds * 1000)), self._waited)

    def _waited(self) -> None:
        """The first waiting key has stood its time: it acts, and what came after it takes its turn."""
        self._wait_timer = None
        while self._waiting:
            first = self._waiting.pop(0)
            if first.action is not None:
                # Acting may show another request, which empties the queue.
                first.action.run()
            if not self._waiting:
                return
            following = self._waiting[0]
            if following.action is not None and following.action.changing:
                if not self._offer_allows(following.action):
                    following.action = None
                self._await(WAIT - (self._clock.monotonic() - following.since))
                return

    def _drop_waiting(self) -> None:
        self._waiting.clear()
        if self._wait_timer is not None:
            self._wait_timer.stop()
            self._wait_timer = None

    def _begin_burst(self) -> None:
        self._burst_text = self._recent
        self._drop_waiting()
        self._await_end_of_burst()

    def _await_end_of_burst(self) -> None:
        if self._burst_timer is not None:
            self._burst_timer.stop()
        self._burst_timer = self._timers(self, round(WAIT * 1000), self._burst_over)

    def _burst_over(self) -> None:
        if self._burst_timer is not None:
            self._burst_timer.stop()
            self._burst_timer = None
        text, self._burst_text, self._recent = self._burst_text, "", ""
        if text:
            self.burst.emit(text)

    # Focus

    def _find(self, key: str, scope: Scope) -> KeyAction | None:
        found = self._lookup(key, scope)
        if found is None and scope is not Scope.APPLICATION:
            found = self._lookup(key, Scope.APPLICATION)
        return found

    def _scope_of(self, focus: QWidget | None) -> Scope | None:
        """The scope whose letters act now; None while somebody writes or another window is in front."""
        if focus is None:
            return Scope.APPLICATION
        if self._window is not None and focus.window() is not self._window:
            return None
        if takes_text(focus):
            return None
        for widget, scope in self._scopes:
            if not shiboken6.isValid(widget):
                continue
            if widget is focus or widget.isAncestorOf(focus):
                return scope
        return Scope.APPLICATION

    def _attach(self, widget: QWidget | None) -> None:
        if self._focus is not None and self._focus is not self._window and shiboken6.isValid(self._focus):
            self._focus.removeEventFilter(self)
        self._focus = widget
        if widget is not None and widget is not self._window:
            widget.installEventFilter(self)

    @Slot("QWidget*", "QWidget*")
    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        self._attach(new)
        if new is None:
            self._drop_waiting()  # another window is in front


def takes_text(widget: QWidget) -> bool:
    """Whether a key pressed in `widget` is meant as text."""
    match widget:
        case QLineEdit() | QTextEdit() | QPlainTextEdit():
            return not widget.isReadOnly()
        case QAbstractSpinBox():
            return True
        case QComboBox():
            return True
        case _:
            return False


def _nothing(_key: str, _scope: Scope) -> KeyAction | None:
    return None


def _never(_keys: QKeySequence) -> bool:
    return False
