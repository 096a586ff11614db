"""A desktop on a database of the benchmark, in a process of its own: tells what it paints, or how long its loop stood still."""

import json
import os
import sys
import time
import traceback
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Final

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from request_desk.ui.running.loop_probe import LoopProbe
from request_desk.ui.window import desktop
from request_desk.ui.window.launch import Opened
from request_desk.ui.window.memory import FileMemory

_KEY: Final = b64encode(bytes(32))  # of drafts; nothing is drafted
_IDLE_SECONDS: Final = 2.0
_LIVE_SECONDS: Final = 3600.0
_SETTLED_SECONDS: Final = 1.0
_MOST_SECONDS: Final = 120.0
_SIZE: Final = (1366, 768)


class NoSecrets:
    """Keeps nothing."""

    sentence = ""

    def get(self, _name: str) -> str | None:
        return None

    def put(self, name: str, value: str) -> None:
        """Nothing is kept."""

    def forget(self, name: str) -> None:
        """Nothing was kept."""


def launch(path: str, token: str, folder: Path) -> desktop.Launch:
    """Return what starts a desktop on a SQLite file with a session that stands."""

    def opener() -> Opened:
        from request_desk.services.desk import Desk
        from request_desk.store import migrate
        from request_desk.store.database import Database

        database = Database(f"sqlite:///{path}")
        migrate.check(database)
        return Opened(
            desk=Desk(database),
            secrets=NoSecrets(),
            drafts_folder=folder,
            draft_key=_KEY,
            remembered=token,
            write_crash=_end_with,
            begin=_nothing,
            close=_nothing,
        )

    return desktop.Launch(opener, FileMemory(folder / "window.json"), "Harbor Pediatrics", "bench")


def _nothing() -> None:
    """Nothing runs beside the desk."""


def _end_with(error: BaseException) -> str:
    _end_at_once(type(error), error, error.__traceback__)
    return ""


def _end_at_once(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what went wrong and end: a window that waits for what never comes would stay for ever."""
    traceback.print_exception(kind, error, trace)
    os._exit(1)


def _say(*words: object) -> None:
    with suppress(BrokenPipeError):
        print(*words, flush=True)


def _wait(condition: Callable[[], bool], seconds: float = _MOST_SECONDS) -> None:
    """Turn the loop until the condition holds."""
    loop, limit = QEventLoop(), time.monotonic() + seconds
    timer = QTimer()
    timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > limit else None)
    timer.start(5)
    loop.exec()
    if not condition():
        raise TimeoutError(f"nothing came in {seconds:.0f} s")


def _opened(path: str, token: str, folder: Path, probe: LoopProbe | None = None) -> desktop.Desktop:
    """Show the desktop and wait until its list is there."""
    window = desktop.Desktop(launch(path, token, folder))
    ready: list[object] = []
    window.ready.connect(ready.append)
    if probe is not None:
        window.frame.painted.connect(probe.start)
    window.frame.resize(*_SIZE)
    window.show()
    _wait(lambda: bool(ready))
    page: Any = window.frame.page("messages")
    _wait(lambda: page.feed.model.rowCount() > 0)
    return window


def live(path: str, token: str, folder: Path) -> None:
    """Tell each request that is painted for the first time, with the moment; ends with its standard input."""
    window = _opened(path, token, folder)
    page: Any = window.frame.page("messages")
    delegate, seen = page.list.itemDelegate(), set[int]()
    paint: Callable[..., None] = delegate.paint_row

    def paint_row(*arguments: Any) -> None:
        paint(*arguments)
        key = int(arguments[2].id)
        if key not in seen:
            seen.add(key)
            _say("painted", key, time.monotonic())

    delegate.paint_row = paint_row
    page.list.viewport().update()
    _settle(_SETTLED_SECONDS)
    _say("ready", 0, 0)
    reader = Thread(target=sys.stdin.read, daemon=True)
    reader.start()
    _wait(lambda: not reader.is_alive(), _LIVE_SECONDS)
    window.frame.close()


def load(path: str, token: str, folder: Path) -> None:
    """Measure the longest turn from the first paint, over the loading of the list and a walk through all its pages, to the end."""
    probe = LoopProbe()
    window = _opened(path, token, folder, probe)
    page: Any = window.frame.page("messages")
    model, bar = page.feed.model, page.list.verticalScrollBar()
    _settle(_SETTLED_SECONDS)
    place = 0
    while place < model.rowCount():
        page.list.scrollTo(model.index(min(place, model.rowCount() - 1), 0))
        _wait(lambda here=place: model.cached(model.key_at(here)) is not None)  # type: ignore[misc]
        place += 64
    bar.setValue(0)
    page.feed.reload()
    _settle(_SETTLED_SECONDS)
    rows = model.rowCount()
    window.frame.close()
    report = probe.stop()
    _say(json.dumps({"longest": report.longest_ms, "rows": rows, "gaps": len(report.gaps_ms)}))


def idle() -> None:
    """Measure the longest turn of an empty window that has nothing to do."""
    window = QMainWindow()
    window.resize(*_SIZE)
    window.show()
    probe = LoopProbe()
    probe.start()
    _settle(_IDLE_SECONDS)
    _say(json.dumps({"longest": probe.stop().longest_ms}))


def _settle(seconds: float) -> None:
    """Let the loop turn for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def main(words: list[str]) -> int:
    """`idle`, or `live` and `load` with database, session and folder."""
    sys.excepthook = _end_at_once
    application = QApplication(sys.argv[:1])
    if words[0] == "idle":
        idle()
    else:
        path, token, folder = words[1:4]
        {"live": live, "load": load}[words[0]](path, token, Path(folder))
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
