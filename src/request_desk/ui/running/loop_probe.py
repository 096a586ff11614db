"""Measures how long the event loop is kept from turning; used by tests, the tour and the benchmarks."""

import time
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Slot

TURN: Final = 1  # milliseconds between two looks
NOTED: Final = 16.0  # milliseconds: one frame of a 60 Hz screen


@dataclass(frozen=True, slots=True)
class LoopReport:
    """The longest turn, and all turns longer than a frame, in milliseconds."""

    longest_ms: float
    gaps_ms: tuple[float, ...]
    turns: int


class LoopProbe(QObject):
    """Counts the time between two turns of the event loop while it runs."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TURN)
        self._timer.timeout.connect(self._turned)
        self._last = 0.0
        self._longest = 0.0
        self._turns = 0
        self._gaps: list[float] = []

    def start(self) -> None:
        """Begin to measure; what was measured before is forgotten."""
        self._gaps.clear()
        self._longest, self._turns = 0.0, 0
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> LoopReport:
        """End the measurement and return it; the turn that is under way counts."""
        if self._timer.isActive():
            self._turned()
            self._timer.stop()
        return LoopReport(self._longest, tuple(self._gaps), self._turns)

    @Slot()
    def _turned(self) -> None:
        now = time.perf_counter()
        gap = (now - self._last) * 1000
        self._last = now
        self._turns += 1
        self._longest = max(self._longest, gap)
        if gap > NOTED:
            self._gaps.append(gap)
