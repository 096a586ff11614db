"""The processes of a running demo: the parent starts portal, worker and desktop, and whatever becomes of it, they end with it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from request_desk.demo import home, making
from request_desk.demo.home import Home, Running
from request_desk.domain.errors import Unavailable
from request_desk.domain.words import _

PROGRAM: Final = (sys.executable, "-P", "-m", "request_desk")
_SERVICES: Final = ("worker", "portal")
_READY_SECONDS: Final = 60.0
_END_SECONDS: Final = 8.0  # the portal finishes its answers, the worker the mail it is sending
_TURN_SECONDS: Final = 1.0
_INTERRUPTED: Final = 130

Say = Callable[[str], object]


class Process:
    """A part of the program in a process of its own. It ends when its standard input closes, so also when we are killed."""

    def __init__(self, part: str, folder: Path, program: Sequence[str], *, is_heard: bool) -> None:
        self.part = part
        self.port = 0
        self._settled = Event()
        self._is_ready = False
        self._process = subprocess.Popen(  # noqa: S603  # our own program with our own words
            [*program, part, "--demo", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if is_heard else None,
            # Ctrl-C is the parent's: it ends the others in order.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        if is_heard:
            Thread(target=self._hear, name=f"hear {part}", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait for the line "<part> ready <port>"; raises Unavailable when the process ends first, or never says it."""
        if not self._settled.wait(_READY_SECONDS) or not self._is_ready:
            raise Unavailable(
                _(
                    "The demo's {part} did not start. What it said is above; `request-desk doctor` may tell more."
                ).format(part=self.part)
            )

    def wait(self) -> int:
        """Wait for the end of the process and return its exit code.

        In short turns: a Ctrl-C that comes just before one endless wait begins is heard only when that has ended.
        """
        while True:
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(_TURN_SECONDS)

    def _hear(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        for line in stream:
            words = line.decode("utf-8", "replace").split()
            if words[:2] == [self.part, "ready"] and len(words) == 3 and words[2].isdecimal():
                self.port = int(words[2])
                self._is_ready = True
                self._settled.set()
            else:
                sys.stderr.write(line.decode("utf-8", "replace"))
        self._settled.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def close(self) -> None:
        """Ask the process to end."""
        if self._process.stdin is not None:
            self._process.stdin.close()


def run(folder: Path, say: Say, *, program: Sequence[str] = PROGRAM) -> int:
    """Run the demo in a folder until its desktop is closed; returns the desktop's exit code.

    Raises Refused while the demo is open already, Unavailable when the portal or the worker does not start.
    """
    with _services(folder, program) as children:
        say(_("The parents' portal is at {url}").format(url=home.at(folder).portal_url))
        try:
            with Process("desk", folder, program, is_heard=False) as desk:
                _write_run(folder, [*children, desk])
                return desk.wait()
        except KeyboardInterrupt:
            return _INTERRUPTED


@contextmanager
def background(folder: Path, *, program: Sequence[str] = PROGRAM) -> Iterator[Home]:
    """Run portal and worker of a demo for as long as the block runs, for a desktop of this very process."""
    with _services(folder, program):
        yield home.at(folder)


@contextmanager
def _services(folder: Path, program: Sequence[str]) -> Iterator[list[Process]]:
    with making.held(folder), ExitStack() as stack:
        home.write_run(folder, None)
        stack.callback(home.write_run, folder, None)
        children = [stack.enter_context(Process(part, folder, program, is_heard=True)) for part in _SERVICES]
        stack.callback(_close_all, children)  # all are asked before the first is waited for
        for child in children:
            child.wait_until_ready()
        _write_run(folder, children)
        yield children


def _close_all(children: Sequence[Process]) -> None:
    for child in children:
        child.close()


def _write_run(folder: Path, children: Sequence[Process]) -> None:
    port = next((child.port for child in children if child.part == "portal"), 0)
    home.write_run(folder, Running(os.getpid(), {child.part: child.pid for child in children}, port))


def end_with_parent(ended: Callable[[], object], *, patience: float = _END_SECONDS) -> Thread:
    """Call `ended`, from a thread, when standard input closes: the process that started this one is gone or wants the end.

    A process that does not end within `patience` seconds after that is ended hard: an orphan would keep the database open.
    """
    source = sys.stdin.fileno()

    def listen() -> None:
        # Not through sys.stdin: a thread that holds its lock at the end of the interpreter is fatal.
        while os.read(source, 1024):
            pass
        ended()
        Event().wait(patience)
        os._exit(1)

    thread = Thread(target=listen, name="parent", daemon=True)
    thread.start()
    return thread
