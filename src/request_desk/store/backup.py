"""A copy of a SQLite database while it is in use, and the check of one; PostgreSQL has pg_dump for it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.files import PRIVATE, part_of, put_in_place
from request_desk.store import place

_PAGES: Final = 1_000  # a step; between two the writers have their turn
_PAUSE: Final = 0.005  # seconds
_FINDINGS: Final = 20


def copy(source: Path, target: Path) -> Path:
    """Copy the database to `target`, whole or not at all, and check the copy; raises Refused when there is nothing to copy or it is not sound.

    Writers go on meanwhile: SQLite copies what changed again. Never copy the file itself (DUR-04).
    """
    place.check(source)
    if not source.exists() or source.stat().st_size == 0:
        raise Refused(
            _("There is no database in {name}, so there is nothing to copy. Check its path.").format(name=source.name)
        )
    part = part_of(target)
    part.unlink(missing_ok=True)
    part.touch(mode=PRIVATE)
    try:
        try:
            _copied(source, part)
        except sqlite3.DatabaseError as error:
            raise Refused(
                _("The database cannot be copied: {error}. Look at the disk, then try again.").format(error=error)
            ) from error
        if found := check(part):
            raise Refused(
                _("The copy is not sound: {finding}. Look at the disk, then try again.").format(finding=found[0])
            )
        put_in_place(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _copied(source: Path, part: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(part)) as kept,
    ):
        live.backup(kept, pages=_PAGES, sleep=_PAUSE)
        # The copy is one file, whatever the journal of the original.
        kept.execute("PRAGMA journal_mode=delete")


def check(path: Path) -> tuple[str, ...]:
    """Return what is wrong with a database file, nothing when it is sound: pages, indexes, constraints, references (DUR-07)."""
    place.check(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            found = [str(row[0]) for row in database.execute(f"PRAGMA integrity_check({_FINDINGS})")]
            broken = [
                f"row {row[1]} of {row[0]} refers to nothing in {row[2]}"
                for row in database.execute("PRAGMA foreign_key_check")
            ]
    except sqlite3.DatabaseError as error:
        return (str(error),)
    return tuple(line for line in found if line != "ok") + tuple(broken[:_FINDINGS])
