"""The one feed of changes: own outcomes at once, everybody's from the journal's tail; what views do with it is theirs."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol

from PySide6.QtCore import QFileSystemWatcher, QObject, Signal, Slot

from request_desk.domain.changes import Changes
from request_desk.domain.errors import Refused
from request_desk.ui.running.runner import Runner
from request_desk.ui.running.timing import MonotonicClock, Stoppable, SystemMonotonic, TimerFactory, qt_timer
from request_desk.ui.window.frame import LiveState

# SQLite tells of a file event before the commit can be read: one look after 2 ms saw none of 120 commits on an
# ordinary disk, so the looks go on, doubling (architecture, Live changes).
LOOKS = (2, 4, 8, 16, 32, 64, 128, 256)  # milliseconds
POLL_FILES = 1_000  # the belt: file events can be lost
POLL_LISTEN = 5_000
ASLEEP = 120.0  # seconds without a poll: the machine slept


class Feed(Protocol):
    """The part of Desk that the hub needs."""

    def tail(self, after: int) -> tuple[Changes, int]: ...

    def last_seq(self) -> int: ...

    def watch(self) -> "Watched": ...


class Watched(Protocol):
    """How a commit of another process is noticed."""

    @property
    def paths(self) -> "tuple[object, ...]": ...

    @property
    def listen(self) -> Callable[[Callable[[], None], Callable[[], bool]], None] | None: ...


class ChangeHub(QObject):
    """Tells every window what was committed, once, on the UI thread.

    Own outcomes are told at once and remembered; the cursor moves only by the tail, because a colleague's lower number may
    still be on its way. After any doubt (lost connection, sleep, far behind) one `Changes(everything=True)` is told.
    """

    changed = Signal(object)  # Changes, never empty
    live_changed = Signal(object)  # LiveState
    looked = Signal()  # after each look at the journal (tests)
    _heard = Signal()

    def __init__(
        self,
        runner: Runner,
        feed: Feed,
        *,
        clock: MonotonicClock | None = None,
        timers: TimerFactory = qt_timer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._feed = feed
        self._clock = clock or SystemMonotonic()
        self._timers = timers
        self._cursor: int | None = None
        self._told: set[int] = set()  # own numbers that the tail will bring again
        self._state = LiveState.CONNECTING
        self._step: int | None = None  # the next of LOOKS while an event is followed up
        self._timer: Stoppable | None = None
        self._poll: Stoppable | None = None
        self._polled_at = 0.0
        self._looking = False
        self._again = False
        self._stopped = Event()
        self._thread: Thread | None = None
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._file_changed)
        self._heard.connect(self._event)
        runner.outcome.connect(self._own)

    @property
    def state(self) -> LiveState:
        return self._state

    def start(self) -> None:
        """Begin to follow: reads where the journal stands now, then watches."""
        watched = self._feed.watch()
        self._paths = tuple(str(path) for path in watched.paths)
        self._listen = watched.listen
        self._watch_paths()
        self._polled_at = self._clock.monotonic()
        self._poll = self._timers(
            self, POLL_FILES if self._listen is None else POLL_LISTEN, self._poll_due, repeat=True
        )
        self._look()

    def close(self) -> None:
        """Stop following; the listening thread ends by itself within half a second."""
        self._stopped.set()
        for timer in (self._poll, self._timer):
            if timer is not None:
                timer.stop()
        self._poll = self._timer = None
        paths = self._watcher.files()
        if paths:
            self._watcher.removePaths(paths)

    def reread(self) -> None:
        """Ask every view to read anew (F5, and the five-minute belt)."""
        self.changed.emit(Changes(everything=True))

    # what was committed here

    @Slot(object)
    def _own(self, outcome: object) -> None:
        changes = getattr(outcome, "changes", None)
        if isinstance(changes, Changes) and changes:
            self._told.update(entry.seq for entry in changes.entries)
            self.changed.emit(changes)

    # noticing

    def _watch_paths(self) -> None:
        for path in self._paths:
            if path not in self._watcher.files():
                # A write-ahead log comes and goes; a path that is not there now is tried again at the next poll.
                self._watcher.addPath(path)
        if self._listen is not None and (self._thread is None or not self._thread.is_alive()):
            self._thread = Thread(target=self._listening, name="change-feed", daemon=True)
            self._thread.start()

    def _listening(self) -> None:
        assert self._listen is not None
        try:
            self._listen(self._heard.emit, self._stopped.is_set)
        except Refused:
            return  # the connection was lost: the poll notices, says so, and starts another thread

    @Slot(str)
    def _file_changed(self, _path: str) -> None:
        self._event()

    @Slot()
    def _event(self) -> None:
        if self._stopped.is_set():
            return
        self._step = 0
        self._next_look()

    def _next_look(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._step is None or self._step >= len(LOOKS):
            self._step = None
            return
        self._timer = self._timers(self, LOOKS[self._step], self._look_due)
        self._step += 1

    def _look_due(self) -> None:
        self._timer = None
        self._look()

    def _poll_due(self) -> None:
        now = self._clock.monotonic()
        slept = now - self._polled_at > ASLEEP
        self._polled_at = now
        self._watch_paths()
        if slept:
            self.reread()
        self._look()

    # looking

    def _look(self) -> None:
        if self._stopped.is_set():
            return
        if self._looking:
            self._again = True
            return
        self._looking = True
        if self._cursor is None:
            self._runner.call(self, self._feed.last_seq).done(self._placed).refused(self._lost).settled(self._settled)
        else:
            self._runner.call(self, self._feed.tail, self._cursor).done(self._tailed).refused(self._lost).settled(
                self._settled
            )

    def _placed(self, seq: int) -> None:
        self._cursor = seq
        self._reached()

    def _tailed(self, found: tuple[Changes, int]) -> None:
        changes, newest = found
        moved = newest != self._cursor
        self._cursor = newest
        was_away = self._state is LiveState.OFFLINE
        self._reached()
        if moved:
            self._step = None
            if self._timer is not None:
                self._timer.stop()
                self._timer = None
        if changes.everything or was_away:
            self._told.clear()
            self.changed.emit(Changes(everything=True))
            return
        fresh = tuple(entry for entry in changes.entries if entry.seq not in self._told)
        self._told = {seq for seq in self._told if seq > newest}
        if fresh:
            self.changed.emit(Changes(fresh))

    def _lost(self, _refused: Refused) -> None:
        self._set_state(LiveState.OFFLINE)

    def _settled(self) -> None:
        self._looking = False
        self.looked.emit()
        if self._again:
            self._again = False
            self._look()
        elif self._step is not None and self._timer is None:
            self._next_look()

    def _reached(self) -> None:
        self._set_state(LiveState.LIVE)

    def _set_state(self, state: LiveState) -> None:
        if state is not self._state:
            self._state = state
            self.live_changed.emit(state)
