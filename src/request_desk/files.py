"""Files of this machine that are written whole or not at all, and are their owner's alone."""

import os
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600


def write_whole(path: Path, content: bytes, *, synced: bool = True) -> None:
    """Replace a file at once: a reader, or a kill, meets the old content or the new.

    `synced` also waits for the disk, so that a power cut does; the UI thread does without.
    """
    part = part_of(path)
    part.unlink(missing_ok=True)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        put_in_place(part, path, synced=synced)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def part_of(path: Path) -> Path:
    """Return where a file is written before it takes its place."""
    return path.with_name(f"{path.name}.part")


def put_in_place(part: Path, path: Path, *, synced: bool = True) -> None:
    """Let a finished file take the place of another; both lie in one folder."""
    if synced:
        _sync(part, os.O_RDWR)  # Windows flushes no file that is open for reading
    part.replace(path)
    if synced:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; where folders cannot be opened (Windows), the rename is all there is."""
    if os.name == "posix":
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
