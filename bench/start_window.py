"""Starts the desktop as `request-desk desk` does, says when the window and the first request were painted, and closes it."""

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from request_desk import app

if TYPE_CHECKING:
    from request_desk.ui.desktop import Desktop


class Watch:
    """Listens to one desktop; only what it sees is told, nothing of it is changed."""

    def __init__(self, window: "Desktop") -> None:
        self._window = window
        self._waits = True
        self._set_page = window.frame.set_page
        window.frame.set_page = self._page_set  # type: ignore[method-assign,assignment]
        window.frame.painted.connect(self._painted)

    def _painted(self) -> None:
        print("painted", time.monotonic(), flush=True)

    def _page_set(self, key: str, page: Any) -> None:
        self._set_page(key, page)
        if key == "messages":
            delegate = page.list.itemDelegate()
            paint: Callable[..., None] = delegate.paint_row

            def paint_row(*arguments: Any) -> None:
                paint(*arguments)
                if self._waits:
                    from PySide6.QtCore import QTimer

                    self._waits = False
                    QTimer.singleShot(0, self._window, self._told)

            delegate.paint_row = paint_row

    def _told(self) -> None:
        print("row", time.monotonic(), flush=True)
        self._window.ready.connect(self._close)
        if self._window.shell is not None and self._window.frame.page("settings") is not None:
            self._close()

    def _close(self, *_shell: object) -> None:
        from PySide6.QtCore import QTimer

        QTimer.singleShot(0, self._window.frame, self._window.frame.close)


def end_at_once(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what went wrong in a slot and end: a window that waits for what never comes would stay for ever."""
    import traceback  # not a millisecond of it belongs to the start

    traceback.print_exception(kind, error, trace)
    os._exit(1)


if __name__ == "__main__":
    sys.excepthook = end_at_once
    sys.exit(app.run_desktop(None, started=Watch))
