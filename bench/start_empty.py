"""The floor of a start: a process that shows an empty window of our size, says when it was painted, and ends."""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class Window(QMainWindow):
    """Tells its first paint in the next turn of the loop, as the desktop does."""

    def __init__(self) -> None:
        super().__init__()
        self._waits = True

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._waits:
            self._waits = False
            QTimer.singleShot(0, self, self._told)

    def _told(self) -> None:
        print("painted", time.monotonic(), flush=True)
        QApplication.quit()


def main() -> int:
    """Show it."""
    application = QApplication(sys.argv[:1])
    window = Window()
    window.resize(1440, 860)
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
