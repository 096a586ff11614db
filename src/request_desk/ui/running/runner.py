"""The way from a widget to the services and back: workers of their own threads, answers on the UI thread; no rule lives here."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Concatenate, Final, Generic, ParamSpec, Protocol, Self, TypeVar

import shiboken6
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal, Slot

from request_desk.domain.errors import Refused

P = ParamSpec("P")
T = TypeVar("T")

POOL: Final = 2  # threads for things without the database
TELLING: Final = 0.003  # seconds of answers in one turn of the event loop; then it is the window's turn to be painted
PATIENCE: Final = 0.03  # seconds that a worker waits for the window at most


class DeskLike(Protocol):
    """The part of Desk that the runner needs."""

    def perform(self, actor: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any: ...

    def query(self, actor: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any: ...

    def undo(self, actor: Any, undo: Any, /) -> Any: ...

    def check_receiver(self, url: str) -> str: ...


class Pending(Generic[T]):
    """An answer that is on its way; its callbacks run on the UI thread, once, and never after the owner is gone."""

    __slots__ = ("_done", "_dropped", "_refused", "_settled")

    def __init__(self) -> None:
        self._done: list[Callable[[T], object]] = []
        self._refused: list[Callable[[Refused], object]] = []
        self._settled: list[Callable[[], object]] = []
        self._dropped = False

    def done(self, callback: Callable[[T], object]) -> Self:
        """Call with the value when it is there."""
        self._done.append(callback)
        return self

    def refused(self, callback: Callable[[Refused], object]) -> Self:
        """Call with the refusal; without this the window shows it."""
        self._refused.append(callback)
        return self

    def settled(self, callback: Callable[[], object]) -> Self:
        """Call at the end, however it ended: the place to enable a command again."""
        self._settled.append(callback)
        return self

    def drop(self) -> None:
        """The answer is not wanted any more; a read that has not begun is not made."""
        self._dropped = True

    @property
    def dropped(self) -> bool:
        return self._dropped

    @property
    def explains_refusals(self) -> bool:
        return bool(self._refused)

    def tell_done(self, value: T) -> None:
        for callback in self._done:
            callback(value)

    def tell_refused(self, refusal: Refused) -> None:
        for callback in self._refused:
            callback(refusal)

    def tell_settled(self) -> None:
        for callback in self._settled:
            callback()


@dataclass(frozen=True, slots=True)
class _Crash:
    crash_id: str


class _Job:
    """One call with its owner and, after it was made, its result."""

    __slots__ = ("call", "is_act", "owner", "pending", "result")

    def __init__(self, owner: QObject, pending: Pending[Any], call: Callable[[], Any], *, is_act: bool) -> None:
        self.owner = owner
        self.pending = pending
        self.call = call
        self.is_act = is_act
        self.result: Any = None

    @property
    def may_be_skipped(self) -> bool:
        return self.pending.dropped and not self.is_act


class Runner(QObject):
    """Runs acts and reads in their own workers, first in first out, and brings the answers back to the UI thread."""

    outcome = Signal(object)
    crashed = Signal(str)
    refusal = Signal(object)
    idle = Signal()
    _finished = Signal(object)

    def __init__(
        self, desk: DeskLike, *, write_crash: Callable[[BaseException], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._write_crash = write_crash
        self._actor: object = None
        self._under_way = 0
        self._closed = False
        self._acts: SimpleQueue[_Job | None] = SimpleQueue()
        self._reads: SimpleQueue[_Job | None] = SimpleQueue()
        self._pool = ThreadPoolExecutor(POOL, thread_name_prefix="pool")
        self._arrivals: deque[_Job] = deque()
        self._next_turn = QTimer(self)
        self._next_turn.setSingleShot(True)
        self._next_turn.timeout.connect(self._tell_some)
        # Two threads that want the interpreter take twice as long for both: a call begins when the window is painted.
        self._window_is_done = Event()
        self._window_is_done.set()
        self._turn_ends = QTimer(self)
        self._turn_ends.setSingleShot(True)
        self._turn_ends.timeout.connect(self._window_is_done.set)
        self._finished.connect(self._arrived, Qt.ConnectionType.QueuedConnection)
        self._threads = tuple(
            Thread(target=self._lane, args=(queue,), name=name, daemon=True)
            for name, queue in (("act", self._acts), ("read", self._reads))
        )
        for thread in self._threads:
            thread.start()

    def set_actor(self, actor: object) -> None:
        """Act and read as `actor` from now on; calls that are under way keep theirs."""
        self._actor = actor

    # `Any` stands for the Unit: the services are not imported before the first paint.
    def act(
        self, owner: QObject, function: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Pending[T]:
        """Perform a use case in the act worker; its whole outcome is told by the signal `outcome`."""
        actor = self._actor
        return self._start(self._acts, owner, lambda: self._desk.perform(actor, function, *args, **kwargs), is_act=True)

    def with_desk(
        self, owner: QObject, function: Callable[Concatenate[Any, Any, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Pending[T]:
        """Call one of the few functions of the services that take the desk and the actor (a password is compared), as an act."""
        desk, actor = self._desk, self._actor
        return self._start(self._acts, owner, lambda: function(desk, actor, *args, **kwargs))

    def undo(self, owner: QObject, undo: object) -> Pending[Any]:
        """Take an act back, in the act worker, so that it comes after the act."""
        actor = self._actor
        return self._start(self._acts, owner, lambda: self._desk.undo(actor, undo), is_act=True)

    def read(
        self, owner: QObject, function: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Pending[T]:
        """Query in the read worker."""
        actor = self._actor
        return self._start(self._reads, owner, lambda: self._desk.query(actor, function, *args, **kwargs))

    def call(self, owner: QObject, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Pending[T]:
        """Call something of the desk that is no use case (the journal's tail) in the read worker."""
        return self._start(self._reads, owner, lambda: function(*args, **kwargs))

    def run_in_pool(self, owner: QObject, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Pending[T]:
        """Call something that needs no database in the small pool; the order is not kept."""
        pending: Pending[T] = Pending()
        job = _Job(owner, pending, lambda: function(*args, **kwargs), is_act=False)
        self._begin()
        self._pool.submit(self._make, job)
        return pending

    def busy(self) -> bool:
        """Whether anything is under way, the callbacks of its answer included."""
        return self._under_way > 0

    def drained(self, milliseconds: int = 5_000) -> bool:
        """Wait until nothing is under way, for tests and the tour; False if that took too long."""
        if not self.busy():
            return True
        loop = QEventLoop()
        self.idle.connect(loop.quit)
        limit = QTimer(loop)
        limit.setSingleShot(True)
        limit.timeout.connect(loop.quit)
        limit.start(milliseconds)
        loop.exec()
        self.idle.disconnect(loop.quit)
        return not self.busy()

    def close(self, seconds: float = 10.0) -> None:
        """Finish what is under way and end the threads; answers are not told any more."""
        if self._closed:
            return
        self._closed = True
        self._window_is_done.set()
        for queue in (self._acts, self._reads):
            queue.put(None)
        for thread in self._threads:
            thread.join(seconds)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(
        self, queue: "SimpleQueue[_Job | None]", owner: QObject, call: Callable[[], Any], *, is_act: bool = False
    ) -> Pending[Any]:
        if self._closed:
            raise RuntimeError("the runner is closed")
        pending: Pending[Any] = Pending()
        self._begin()
        self._await_window()
        queue.put(_Job(owner, pending, call, is_act=is_act))
        return pending

    def _begin(self) -> None:
        self._under_way += 1

    def _lane(self, queue: "SimpleQueue[_Job | None]") -> None:
        while (job := queue.get()) is not None:
            if not self._closed:
                self._window_is_done.wait(PATIENCE)
            self._make(job)
            del job  # a worker that waits holds nothing

    def _make(self, job: _Job) -> None:
        """Make the call, on a thread of a worker, and send the job back."""
        if not job.may_be_skipped:
            try:
                job.result = job.call()
            except Refused as refusal:
                job.result = refusal
            except Exception as error:  # noqa: BLE001  # the one place where a bug of a service ends (architecture 6.6)
                job.result = _Crash(self._write_crash(error))
        if not self._closed:
            self._window_is_done.clear()
        self._finished.emit(job)

    @Slot(object)
    def _arrived(self, job: _Job) -> None:
        """Several answers often come at once: what each of them costs together would make the window stutter."""
        self._arrivals.append(job)
        self._next_turn.start(0)
        self._await_window()

    def _await_window(self) -> None:
        """Let the workers begin nothing before the next turn of the event loop is over: there the window is painted."""
        self._window_is_done.clear()
        self._turn_ends.start(0)

    @Slot()
    def _tell_some(self) -> None:
        until = time.perf_counter() + TELLING
        while self._arrivals:
            job = self._arrivals.popleft()
            if self._arrivals:
                self._next_turn.start(0)  # before a callback, which may turn a loop of its own
            self._answered(job)
            self._await_window()
            if time.perf_counter() >= until:
                return

    def _answered(self, job: _Job) -> None:
        try:
            if not self._closed:  # else nobody is there who could hear it
                self._tell(job)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self.idle.emit()

    def _tell(self, job: _Job) -> None:
        pending, result = job.pending, job.result
        # An act has happened even if nobody waits for its answer any more.
        if job.is_act and not isinstance(result, Refused | _Crash):
            self.outcome.emit(result)
            result = result.value
        wanted = not self._closed and not pending.dropped and shiboken6.isValid(job.owner)
        if isinstance(result, _Crash):
            self.crashed.emit(result.crash_id)
        elif isinstance(result, Refused):
            if not wanted or not pending.explains_refusals:
                self._tell_unexplained(result, wanted=wanted or job.is_act)
            else:
                pending.tell_refused(result)
        elif wanted:
            pending.tell_done(result)
        # A callback may have closed the owner.
        if wanted and shiboken6.isValid(job.owner):
            pending.tell_settled()

    def _tell_unexplained(self, refusal: Refused, *, wanted: bool) -> None:
        if wanted:
            self.refusal.emit(refusal)
