"""A desktop in a process of its own that a test can kill: it types by itself, or dies by itself in the middle of an act.

Run as `python -m tests.journeys.desk_process`, with one JSON object as its argument. The program has no hooks for this: the deaths
are arranged from outside, by an event of SQLAlchemy.
"""

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sqlalchemy import event
from sqlalchemy.engine import Engine

from request_desk.domain.clock import SystemClock
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.window.desktop import Desktop, Launch
from request_desk.ui.window.memory import FileMemory
from tests.journeys.opening import opener

EVERY = 40  # milliseconds between two keys of a quick typist
LETTERS = "the quick brown fox jumps over the lazy dog and asks whether tuesday would be possible "


@dataclass(frozen=True)
class Order:
    """What the process does. `dies_at` is a pattern of a statement, "COMMIT", or "told": after the commit."""

    url: str
    folder: str
    offset_seconds: float
    token: str
    does: str  # "type" or "act"
    dies_at: str = ""


def written(count: int) -> str:
    """Return the first letters of what the typist writes."""
    return (LETTERS * (count // len(LETTERS) + 1))[:count]


def say(word: str, **more: object) -> None:
    print(json.dumps({"word": word, **more}), flush=True)


def die() -> None:
    """End as a power cut does: nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


class Player:
    """Sits before the window of this process."""

    def __init__(self, order: Order, desktop: Desktop) -> None:
        self.order, self.desktop = order, desktop
        self.typed = 0
        self.timer = QTimer(desktop)
        desktop.ready.connect(self.begin)
        desktop.failed.connect(lambda sentence: say("failed", sentence=sentence))

    @property
    def center(self) -> MessageCenter:
        center = self.desktop.frame.page("messages")
        assert isinstance(center, MessageCenter)
        return center

    def begin(self, _shell: object) -> None:
        self.desktop.frame.activateWindow()
        self.when(self.is_open, self.write if self.order.does == "type" else self.choose)

    def is_open(self) -> bool:
        now = self.center.response_controller.request_controller.now
        return now is not None and now.offers_known and QApplication.focusWidget() is not None

    def when(self, reached: Callable[[], bool], then: Callable[[], None]) -> None:
        """Go on when something is so."""
        looks = QTimer(self.desktop)

        def look() -> None:
            if reached():
                looks.stop()
                then()

        looks.timeout.connect(look)
        looks.start(10)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.desktop.frame, key, modifiers)

    # typing without a pause

    def write(self) -> None:
        self.press(Qt.Key.Key_R)
        self.timer.timeout.connect(self.write_one)
        self.timer.start(EVERY)

    def write_one(self) -> None:
        self.typed += 1
        QTest.keyClicks(QApplication.focusWidget() or self.desktop.frame, written(self.typed)[-1])
        say("typed", count=self.typed)

    # the act

    def choose(self) -> None:
        self.when(lambda: self.desktop.frame.gate.may_choose(1), lambda: self.press(Qt.Key.Key_1))
        self.when(self.is_held, self.send)

    def is_held(self) -> bool:
        now = self.center.response_controller.request_controller.now
        shell: Any = self.desktop.shell
        return (
            now is not None
            and now.hold is not None
            and self.center.response.editor.text() != ""
            and not self.center.response_controller._context.drafts._unsaved  # its draft is on the way
            and not shell.runner.busy()
        )

    def send(self) -> None:
        say("held")
        self.arm()
        self.when(
            self.desktop.frame.gate.may_act,
            lambda: self.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
        )

    def arm(self) -> None:
        """From now on: die at the place that was ordered."""
        place = self.order.dies_at
        if place == "told":
            shell: Any = self.desktop.shell
            shell.runner.outcome.connect(lambda outcome: die() if outcome.undo is not None else None)
        elif place == "COMMIT":
            event.listen(Engine, "commit", lambda _connection: self.at_place())
        else:
            pattern = re.compile(place)

            def executed(*arguments: Any) -> None:
                if pattern.search(" ".join(str(arguments[2]).split())):
                    self.at_place()

            event.listen(Engine, "after_cursor_execute", executed)

    def at_place(self) -> None:
        if threading.current_thread().name == "act":
            die()


def main(order: Order) -> int:
    application = QApplication(["request-desk"])
    clock = SystemClock(timedelta(seconds=order.offset_seconds))
    crashes: list[str] = []
    folder = Path(order.folder)
    desktop = Desktop(
        Launch(
            opener=opener(order.url, folder, clock, crashes, token=order.token),
            memory=FileMemory(folder / "window.json"),
            practice="Harbor Pediatrics",
            desk_name="killed",
        )
    )
    player = Player(order, desktop)
    QTimer.singleShot(0, desktop, desktop.show)
    result = application.exec()
    say("ended", crashes=crashes, typed=player.typed)
    return result


def told(order: Order) -> str:
    return json.dumps(asdict(order))


if __name__ == "__main__":
    sys.exit(main(Order(**json.loads(sys.argv[1]))))
