"""Collects cyclic garbage on the UI thread alone: a worker that frees a widget or a cursor of a text aborts the process."""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

EVERY: Final = 100  # milliseconds: what comes in a burst is still few
YOUNG: Final = 10_000  # objects: about a millisecond
OLDER: Final = (20, 50)  # young collections before the middle generation, middle ones before the whole


class Collector(QObject):
    """Takes over from the automatic collector, which runs in whatever thread allocates.

    Reads allocate in the read worker, so that is where the automatic one would destroy Qt objects that are part of a cycle; Qt
    allows that on their own thread only.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        timer = QTimer(self)
        timer.timeout.connect(self.look)
        timer.start(EVERY)

    @Slot()
    def look(self) -> None:
        """Collect as much as has become due."""
        young, middle, old = gc.get_count()
        if young <= YOUNG:
            return
        generation = 2 if middle > OLDER[0] and old > OLDER[1] else 1 if middle > OLDER[0] else 0
        gc.collect(generation)
