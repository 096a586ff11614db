"""Starts the desktop as `request-desk desk` does, or in the folder of a demo as its window does, says when the window and the first request were painted, and closes it."""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject

from request_desk import app

if TYPE_CHECKING:
    from request_desk.ui.window.desktop import Desktop


class Watch(QObject):
    """Listens to one desktop; only what it sees is told, nothing of it is changed."""

    def __init__(self, window: "Desktop") -> None:
        super().__init__(window)
        self._window = window
        window.frame.painted.connect(self._painted)
        window.failed.connect(self._failed)

    def _painted(self) -> None:
        print("painted", time.monotonic(), flush=True)
        from PySide6.QtCore import QTimer

        self._look = QTimer(self._window)
        self._look.timeout.connect(self._look_for_page)
        self._look.start(5)

    def _failed(self, sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)
        os._exit(1)

    def _look_for_page(self) -> None:
        center: Any = self._window.frame.page("messages")  # whose class is loaded by the program, not by us
        if center is not None:
            self._look.stop()
            self._center = center
            center.list.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell the first painting of the list that has a row: a timer would come when the loop has nothing better to do."""
        if event.type() is QEvent.Type.Paint and self._center.feed.model.row_at(0) is not None:
            print("row", time.monotonic(), flush=True)
            watched.removeEventFilter(self)
            from PySide6.QtCore import QTimer

            QTimer.singleShot(0, self._window.frame, self._window.frame.close)  # not in the midst of what told it
        return False


def end_at_once(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what went wrong in a slot and end: a window that waits for what never comes would stay for ever."""
    import traceback  # not a millisecond of it belongs to the start

    traceback.print_exception(kind, error, trace)
    os._exit(1)


if __name__ == "__main__":
    sys.excepthook = end_at_once
    watches: list[Watch] = []  # a connection does not keep the object of a bound method
    demo = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.exit(app.run_desktop(None, demo, started=lambda window: watches.append(Watch(window))))
