"""Cyclic garbage is collected on the UI thread alone."""

import gc
import threading

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from request_desk.ui.running.collector import YOUNG, Collector


def test_a_cycle_with_a_qt_object_dies_on_the_ui_thread(qapp: QApplication) -> None:
    owner = QObject()
    collector = Collector(owner)
    died: list[str] = []

    class Knot(QObject):
        def __del__(self) -> None:
            died.append(threading.current_thread().name)

    knot = Knot()
    knot.setProperty("itself", 1)
    knot.me = knot  # type: ignore[attr-defined]
    del knot

    def allocate() -> None:
        assert [[place] for place in range(3 * YOUNG)]

    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert died == []
    kept = [[place] for place in range(3 * YOUNG)]
    collector.look()
    assert died == [threading.main_thread().name]
    assert kept
    assert not gc.isenabled()
