"""Copies of documents that another program shows: in a private folder, to be read only, gone at the end, at a lock, after a kill (UPL-04)."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLockFile, QUrl
from PySide6.QtGui import QDesktopServices

from request_desk.domain.attachments import DocumentFile
from request_desk.paths import PRIVATE, private_folder

_READ_ONLY: Final = 0o400
_LOCK: Final = "lock"


class OpenedDocuments:
    """The copies of one window; `root` is shared by the windows of this user, None for a folder of the system's."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._folder: Path | None = None
        self._lock: QLockFile | None = None

    def copy(self, found: DocumentFile) -> Path:
        """Write a copy that nobody else can read and nobody changes, and return where it is; blocks on the disk."""
        place = Path(tempfile.mkdtemp(dir=self._own_folder()))
        path = place / found.name
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(found.content)
        path.chmod(_READ_ONLY)
        return path

    def show(self, path: Path) -> bool:
        """Let the program that this user has chosen for such files show a copy; tells whether there is one."""
        return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def clear(self) -> None:
        """Remove the copies, and those that a window left behind that did not end by itself."""
        if self._folder is not None:
            if self._lock is not None:
                self._lock.unlock()
            _remove(self._folder)
        self._folder, self._lock = None, None
        for left in self._left_behind():
            _remove(left)

    def _own_folder(self) -> Path:
        if self._folder is None or not self._folder.is_dir():
            root = Path(tempfile.gettempdir()) if self._root is None else private_folder(self._root)
            self._folder = Path(tempfile.mkdtemp(prefix="request-desk-", dir=root))
            self._folder.chmod(PRIVATE)
            self._lock = _lock_of(self._folder)
            self._lock.tryLock(0)
        return self._folder

    def _left_behind(self) -> Iterator[Path]:
        """Folders of windows that are gone: their lock is nobody's."""
        if self._root is None or not self._root.is_dir():
            return
        for folder in sorted(each for each in self._root.iterdir() if each.is_dir()):
            lock = _lock_of(folder)
            if lock.tryLock(0):
                lock.unlock()
                yield folder


def _lock_of(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / _LOCK))
    lock.setStaleLockTime(0)  # however long a window is open: only the end of its process frees it
    return lock


def _remove(folder: Path) -> None:
    """Remove a folder; what another program still has open (Windows) goes the next time."""
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            path.chmod(PRIVATE)
    shutil.rmtree(folder, ignore_errors=True)
