"""The lists of today and the next day, kept encrypted on this computer for when server and network are gone (AP8)."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from request_desk.domain.day_list import DayList
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.words import _
from request_desk.files import write_whole
from request_desk.services.schedule.day_list import kept_days, packed, unpacked
from request_desk.ui.running.runner import Runner
from request_desk.ui.running.timing import TimerFactory

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

EVERY = 15 * 60 * 1000  # milliseconds between two readings
_NAME = "days.kept"


class KeptDays:
    """One encrypted file; blocks on the disk, so never on the UI thread."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path = folder / _NAME
        self._key = key

    @cached_property
    def _cipher(self) -> "Fernet":
        from cryptography.fernet import Fernet  # the first list does not wait for it

        return Fernet(self._key)

    def write(self, lists: tuple[DayList, ...]) -> None:
        """Keep these lists instead of those before; raises Unavailable when the disk refuses."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path, self._cipher.encrypt(packed(lists)))
        except OSError as error:
            told = _("The list of the day could not be kept on this computer ({reason}).")
            raise Unavailable(told.format(reason=error.strerror or _("unknown reason"))) from error

    def read(self) -> tuple[DayList, ...]:
        """Return the lists that are kept; none where the file is not there or cannot be read."""
        from cryptography.fernet import InvalidToken

        try:
            return unpacked(self._cipher.decrypt(self._path.read_bytes()))
        except (OSError, InvalidToken, ValueError):
            return ()


class DaysKeeper(QObject):
    """Reads the lists now and then while somebody is signed in, and keeps them."""

    def __init__(self, runner: Runner, kept: KeptDays, timers: TimerFactory, parent: QObject) -> None:
        super().__init__(parent)
        self._runner, self._kept = runner, kept
        self._timer = timers(self, EVERY, self.keep, repeat=True)
        self.keep()

    @Slot()
    def keep(self) -> None:
        """Read the lists and keep them; while the database is away those before stay."""
        self._runner.read(self, kept_days).done(self._read).refused(self._not_now)

    def _read(self, lists: tuple[DayList, ...]) -> None:
        self._runner.run_in_pool(self, self._kept.write, lists).refused(self._not_now)

    def _not_now(self, _refused: Refused) -> None:
        """The next reading tries again; that the database is away is said elsewhere."""
