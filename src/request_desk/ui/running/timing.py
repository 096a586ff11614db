"""What gates and countdowns need of time, so that tests can hold it: a monotonic clock and a maker of timers."""

import time
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Slot


class MonotonicClock(Protocol):
    """Counts seconds that never go back; every `domain.clock.Clock` is one."""

    def monotonic(self) -> float: ...


class Stoppable(Protocol):
    """A running timer."""

    def stop(self) -> None: ...


class TimerFactory(Protocol):
    """Makes a started timer that belongs to `parent`."""

    def __call__(
        self, parent: QObject, milliseconds: int, callback: Callable[[], object], *, repeat: bool = False
    ) -> Stoppable: ...


class SystemMonotonic:
    """The machine's own count of seconds."""

    def monotonic(self) -> float:
        return time.monotonic()


class _Timer(QObject):
    """A QTimer with one receiver; a single shot goes when it has fired."""

    def __init__(self, parent: QObject, milliseconds: int, callback: Callable[[], object], *, repeat: bool) -> None:
        super().__init__(parent)
        self._callback: Callable[[], object] | None = callback
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(not repeat)
        self._timer.timeout.connect(self._fired)
        self._timer.start(milliseconds)

    def stop(self) -> None:
        if self._callback is not None:
            self._callback = None
            self._timer.stop()
            self.deleteLater()

    @Slot()
    def _fired(self) -> None:
        callback = self._callback
        if callback is None:
            return
        if self._timer.isSingleShot():
            self.stop()
        callback()


def qt_timer(parent: QObject, milliseconds: int, callback: Callable[[], object], *, repeat: bool = False) -> Stoppable:
    """Start a timer of the event loop; a single shot ends with its first call."""
    return _Timer(parent, milliseconds, callback, repeat=repeat)
