"""The desktop's start and end: a painted window at once, then the rest from a worker; pages and rules live elsewhere."""

import gc
import sys
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.ui.running.collector import Collector
from request_desk.ui.widgets.theme import app_theme, made_application
from request_desk.ui.window.frame import LiveState, MainFrame
from request_desk.ui.window.pages import PAGES

if TYPE_CHECKING:
    from request_desk.ui.widgets.states import StatePane
    from request_desk.ui.window.launch import Opened, Opener
    from request_desk.ui.window.memory import FileMemory
    from request_desk.ui.window.shell import Shell

_SWITCH = 0.0001  # seconds; a thread that holds the lock longer makes the window stutter: Qt calls wait for it


class Launch(NamedTuple):
    """What `app` starts the desktop with: nothing here needs the database. A tuple: loading dataclasses takes 2 ms."""

    opener: "Opener"
    memory: "FileMemory"
    practice: str
    desk_name: str


class Desktop(QObject):
    """One desktop window from its first paint to its last."""

    ready = Signal(object)  # Shell: somebody is signed in and the pages are there
    failed = Signal(str)
    end = Signal()  # close the window; may be emitted by any thread
    _loaded = Signal(object)  # Opened | Refused | Exception

    def __init__(self, launch: Launch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._launch = launch
        self._opened: Opened | None = None
        self.shell: Shell | None = None
        self._collector: Collector | None = None
        theme = app_theme()
        theme.recall(launch.memory.get("look"), launch.memory.get("text_size"))
        self.frame = MainFrame(practice=launch.practice, memory=launch.memory)
        for spec in PAGES:
            self.frame.add_page(spec.key, spec.title, spec.icon)
            self.frame.offer_page(spec.key, offered=spec.is_offered(None))
        self.frame.set_live(LiveState.CONNECTING, _("Opening …"))
        self._state: StatePane | None = None
        self._loaded.connect(self._after_loading)
        self.end.connect(self.frame.close)
        self.frame.painted.connect(self._load)
        self.frame.closing.connect(self._close)

    def show(self) -> None:
        """Show the window; everything else follows its first paint."""
        self.frame.show()

    @Slot()
    def _load(self) -> None:
        sys.setswitchinterval(_SWITCH)
        Thread(target=self._open, name="opening", daemon=True).start()

    def _open(self) -> None:
        """In a worker: the heavy imports and the database, with the collector off."""
        gc.disable()
        result: Opened | BaseException
        try:
            # They have many names and would hold the window for some milliseconds each where they are first used.
            from PySide6.QtCore import QLocale  # noqa: F401
            from PySide6.QtGui import QGradient  # noqa: F401

            from request_desk.ui.window import shell

            result = self._launch.opener()
            shell.load_ahead()
        except Exception as error:  # noqa: BLE001  # told on the UI thread, where it ends
            result = error
        finally:
            gc.freeze()  # and it stays off: the UI thread collects, see `Collector`
        self._loaded.emit(result)

    @Slot(object)
    def _after_loading(self, result: "Opened | BaseException") -> None:
        if self._collector is None:
            self._collector = Collector(self)
        if isinstance(result, Refused):
            self._say(result.sentence)
        elif isinstance(result, BaseException):
            self._say(
                _("Request Desk could not start. The details are in the log; `request-desk doctor` may tell more.")
            )
            raise result
        else:
            from PySide6.QtCore import QLocale

            from request_desk.ui.window.shell import Shell

            QLocale.setDefault(QLocale("en_US"))  # date and time fields of Qt; all else is formatted by `domain.words`
            self._opened = result
            self.shell = Shell(self.frame, result, self._launch.desk_name)
            self.shell.ready.connect(self._ready)
            QTimer.singleShot(0, self.shell, self.shell.start)

    def _say(self, sentence: str) -> None:
        self.frame.clear_pages()  # another try may be hours later, and by somebody else
        self.frame.set_live(LiveState.OFFLINE, _("Not connected"))
        from request_desk.ui.widgets.states import State, StatePane

        if self._state is None:
            self._state = StatePane(self.frame)
            self._state.setAutoFillBackground(True)
            self._state.acted.connect(self._try_again)
        self._state.setGeometry(self.frame.rect())
        self._state.show_state(State.OFFLINE, sentence, action=_("Try again"))
        self._state.raise_()
        self._state.show()
        self.failed.emit(sentence)

    @Slot(object)
    def _try_again(self, _state: object) -> None:
        if self._state is not None:
            self._state.hide()
        self.frame.set_live(LiveState.CONNECTING, _("Opening …"))
        self._load()

    @Slot()
    def _ready(self) -> None:
        self.ready.emit(self.shell)

    @Slot()
    def _close(self) -> None:
        if self.shell is not None:
            self.shell.close()
        if self._opened is not None:
            self._opened.close()
            self._opened.desk.close()


def run(launch: Launch, started: Callable[["Desktop"], object] | None = None) -> int:
    """Open the desktop and return its exit code when it is closed; `started` is given the desktop before the loop begins."""
    application = QApplication.instance() or made_application(sys.argv[0])
    if not isinstance(application, QApplication):
        raise TypeError("a QApplication is needed")
    application.setApplicationName("Request Desk")
    application.setDesktopFileName("request-desk")
    desktop = Desktop(launch)
    desktop.frame.fit_screen()
    desktop.frame.painted.connect(desktop.frame.fit_screen)  # the window manager has drawn its frame by then
    if started is not None:
        started(desktop)
    return looped(application, desktop)


def looped(application: QApplication, desktop: Desktop) -> int:
    """Show a desktop until it is closed, and return the exit code.

    Its widgets are deleted here, while the application is there: left to the end of Python, they go in any order.
    """
    QTimer.singleShot(0, desktop, desktop.show)
    code = application.exec()
    shiboken6.delete(desktop.frame)
    return code
