"""Half-written replies that survive everything: an encrypted file at once, the table when online; the editor is elsewhere."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from request_desk.domain.clock import Clock
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Draft
from request_desk.domain.words import _
from request_desk.files import sync_folder, write_whole
from request_desk.ui.running.runner import Runner
from request_desk.ui.running.timing import Stoppable, TimerFactory, qt_timer

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

PAUSE = 1_000  # milliseconds after the last key until a draft is on its way to the disk
LONGEST = 1_750  # milliseconds that somebody who types without a pause waits for it (OFF-02 allows two seconds)
SUFFIX = ".draft"
UNREADABLE = ".unreadable"


class DraftFiles:
    """One encrypted file per draft of one user; safe from any thread, blocks on the disk, so never on the UI thread.

    Saves of one draft may arrive out of order: each has a number, and an older one is dropped.
    """

    def __init__(self, folder: Path, key: bytes, staff_id: int) -> None:
        self._folder = folder / str(staff_id)
        self._key = key
        self._staff_id = staff_id
        self._lock = Lock()
        self._numbers: dict[int, int] = {}

    @cached_property
    def _cipher(self) -> "Fernet":
        from cryptography.fernet import Fernet  # the first list does not wait for it

        return Fernet(self._key)

    def write(self, draft: Draft, number: int) -> None:
        """Put a draft on the disk, whole or not at all. Raises Unavailable when the disk refuses."""
        plain = json.dumps(
            {
                "staff": self._staff_id,
                "request": draft.request_id,
                "text": draft.text,
                "phrase": draft.phrase,
                "state": draft.state,
                "at": draft.updated_at.isoformat(),
            }
        )
        token = self._cipher.encrypt(plain.encode("utf-8", "surrogatepass"))
        with self._lock:
            if not self._is_newest(draft.request_id, number):
                return
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_whole(self._path(draft.request_id), token)
            except OSError as error:
                raise Unavailable(
                    _(
                        "Your draft could not be saved on this computer ({reason}). It is kept while the window is open."
                    ).format(reason=error.strerror or _("unknown reason"))
                ) from error

    def remove(self, request_id: int, number: int) -> None:
        """Forget a draft that was sent or thrown away."""
        with self._lock:
            if not self._is_newest(request_id, number):
                return
            try:
                if self._folder.is_dir():
                    self._path(request_id).unlink(missing_ok=True)
                    sync_folder(self._folder)
            except OSError as error:
                raise Unavailable(_("An old draft could not be removed from this computer.")) from error

    def read(self) -> tuple[Draft, ...]:
        """Return the drafts on this computer; a file that cannot be read is set aside, not deleted."""
        with self._lock:
            if not self._folder.is_dir():
                return ()
            return tuple(
                draft for path in sorted(self._folder.glob(f"*{SUFFIX}")) if (draft := self._read(path)) is not None
            )

    def _is_newest(self, request_id: int, number: int) -> bool:
        if number < self._numbers.get(request_id, 0):
            return False
        self._numbers[request_id] = number
        return True

    def _path(self, request_id: int) -> Path:
        return self._folder / f"{request_id}{SUFFIX}"

    def _read(self, path: Path) -> Draft | None:
        from cryptography.fernet import InvalidToken

        try:
            plain = json.loads(self._cipher.decrypt(path.read_bytes()).decode("utf-8", "surrogatepass"))
            if plain["staff"] != self._staff_id or str(plain["request"]) != path.stem:
                raise ValueError("the file was moved here from somebody else")
            at = datetime.fromisoformat(plain["at"])
            return Draft(
                RequestId(int(plain["request"])), str(plain["text"]), str(plain["phrase"]), str(plain["state"]), at
            )
        except (InvalidToken, ValueError, KeyError, TypeError, OSError):
            path.replace(path.with_suffix(UNREADABLE))
            return None


class DraftKeeper(QObject):
    """The drafts of the signed-in user, in memory for the editor and on their way to disk and table.

    `save` and `drop` are the service functions of the table; a table that cannot be reached is told later.
    """

    changed = Signal(object)  # the id of the request whose draft came, changed or went
    failed = Signal(str)  # a sentence: the disk refused

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        *,
        save: Callable[..., object],
        drop: Callable[..., object],
        timers: TimerFactory = qt_timer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._clock = clock
        self._save = save
        self._drop = drop
        self._timers = timers
        self._files: DraftFiles | None = None
        self._drafts: dict[int, Draft] = {}
        self._number = 0
        self._unsaved: set[int] = set()
        self._untold: dict[int, Draft | None] = {}  # what the table does not know yet; None: that it is gone
        self._timer: Stoppable | None = None
        self._waits_since = 0.0  # when the oldest key was pressed that is not saved yet

    def open(self, files: DraftFiles) -> None:
        """Begin for the user that signed in; what another user had is forgotten here, not on the disk."""
        self.flush()
        self._files = files
        self._drafts.clear()
        self._unsaved.clear()
        self._untold.clear()
        self._runner.run_in_pool(self, files.read).done(self.merge).refused(self._disk_refused)

    def of(self, request_id: int) -> Draft | None:
        return self._drafts.get(request_id)

    def merge(self, drafts: Iterable[Draft]) -> None:
        """Take in drafts from the disk or the table; of two, the newest wins."""
        for draft in drafts:
            kept = self._drafts.get(draft.request_id)
            if kept is None or kept.updated_at < draft.updated_at:
                self._drafts[draft.request_id] = draft
                self.changed.emit(draft.request_id)

    def keep(self, request_id: int, text: str, phrase: str, state: str) -> None:
        """Remember what was just typed; on the disk and in the table a second after the last key."""
        draft = Draft(RequestId(request_id), text, phrase, state, self._clock.now())
        kept = self._drafts.get(request_id)
        if kept is not None and (kept.text, kept.phrase, kept.state) == (text, phrase, state):
            return
        self._drafts[request_id] = draft
        self._unsaved.add(request_id)
        self._wait()
        if kept is None:
            self.changed.emit(request_id)

    def drop(self, request_id: int) -> None:
        """Forget a draft: it was sent, or the user threw it away."""
        if self._drafts.pop(request_id, None) is None:
            return
        self._unsaved.discard(request_id)
        self._number += 1
        if self._files is not None:
            self._runner.run_in_pool(self, self._files.remove, request_id, self._number).refused(self._disk_refused)
        self._untold[request_id] = None
        self._tell_table()
        self.changed.emit(request_id)

    def save_now(self) -> None:
        """Start the saves that wait for a pause in typing (another request was chosen, the window lost the focus)."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        for request_id in tuple(self._unsaved):
            draft = self._drafts[request_id]
            self._number += 1
            if self._files is not None:
                self._runner.run_in_pool(self, self._files.write, draft, self._number).refused(self._disk_refused)
            self._untold[request_id] = draft
        self._unsaved.clear()
        self._tell_table()

    def flush(self) -> None:
        """Write what is not on the disk yet and return when it is (quitting, switching the user)."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        for request_id in tuple(self._unsaved):
            self._number += 1
            if self._files is not None:
                try:
                    self._files.write(self._drafts[request_id], self._number)
                except Refused as refused:
                    self.failed.emit(refused.sentence)
        self._unsaved.clear()

    def retry(self) -> None:
        """Tell the table again what it missed while it could not be reached."""
        self._tell_table()

    def _wait(self) -> None:
        now = self._clock.monotonic()
        if self._timer is None:
            self._waits_since = now
        else:
            self._timer.stop()
        left = LONGEST - round((now - self._waits_since) * 1000)
        self._timer = self._timers(self, max(1, min(PAUSE, left)), self._pause_over)

    def _pause_over(self) -> None:
        self._timer = None
        self.save_now()

    def _tell_table(self) -> None:
        for request_id, draft in tuple(self._untold.items()):
            del self._untold[request_id]
            if draft is None:
                pending = self._runner.act(self, self._drop, RequestId(request_id))
            else:
                pending = self._runner.act(self, self._save, draft.request_id, draft.text, draft.phrase, draft.state)
            pending.refused(partial(self._missed, request_id, draft))

    def _missed(self, request_id: int, draft: Draft | None, refused: Refused) -> None:
        """Remember that the table did not hear of a draft; the newer word about it stays."""
        if isinstance(refused, Unavailable):
            self._untold.setdefault(request_id, draft)

    def _disk_refused(self, refused: Refused) -> None:
        self.failed.emit(refused.sentence)
