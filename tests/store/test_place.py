"""Where a database file may lie, by every reader, and what a changed journal does (DUR-02, DUR-04)."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from request_desk.domain.errors import Refused, Unavailable
from request_desk.store import backup, place
from request_desk.store.database import CHANGED_JOURNAL, Database

MOUNTS = """sysfs /sys sysfs rw 0 0
/dev/sda1 / ext4 rw,relatime 0 0
server:/home /home/share nfs4 rw 0 0
cloud /home/ana/My\\040Drive fuse.rclone rw 0 0
tmpfs /home/ana/My\\040Drive/local tmpfs rw 0 0
vbox /media/sf_desk vboxsf rw 0 0
https://dav /mnt/dav fuse.davfs rw 0 0
gl:/v /mnt/gl fuse.glusterfs rw 0 0
"""
MAC_MOUNTS = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//ana@nas/home on /Volumes/home (smbfs, nodev, nosuid, mounted by ana)
"""
OPENERS = (
    lambda path: Database(f"sqlite:///{path}"),
    backup.check,
    lambda path: backup.copy(path, path.with_name("copy.db")),
)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home/share/desk", "nfs4"),
        ("/home/ana/My Drive/desk", "fuse.rclone"),
        ("/home/ana/My Drive/local", "tmpfs"),
        ("/home/ana/My Driveway", "ext4"),
        ("/media/sf_desk", "vboxsf"),
        ("/mnt/dav/x", "fuse.davfs"),
        ("/mnt/gl", "fuse.glusterfs"),
    ],
)
def test_the_innermost_mount_tells_the_kind(folder: str, kind: str) -> None:
    assert place.kind_in_mounts(MOUNTS, Path(folder)) == kind


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/Users/ana", "apfs"), ("/System/Volumes/Data/x", "apfs"), ("/Volumes/home/desk", "network (smbfs)")],
)
def test_on_macos_only_what_is_marked_local_is(folder: str, kind: str) -> None:
    assert place.kind_in_mac_mounts(MAC_MOUNTS, Path(folder)) == kind


@pytest.mark.parametrize("kind", ["nfs4", "fuse.rclone", "davfs", "vboxsf", "fuse.glusterfs", "9p", "", "a new one"])
@pytest.mark.parametrize("opened", OPENERS)
def test_what_is_not_known_to_be_local_is_refused_by_every_reader(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, opened: Callable[[Path], object]
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    monkeypatch.setattr(place, "_kind_of", lambda _folder: kind)  # no such mount can be made without a server
    with pytest.raises(Unavailable, match="not known to be a disk of this computer"):
        opened(path)


@pytest.mark.parametrize("opened", OPENERS)
def test_a_file_with_a_second_name_is_refused_by_both_names(
    sqlite_url: str, tmp_path: Path, opened: Callable[[Path], object]
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    other = tmp_path / "other.db"
    os.link(path, other)
    for name in (path, other):
        with pytest.raises(Unavailable, match="second name"):
            opened(name)


def test_nothing_is_made_of_an_empty_source(tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    for source in (tmp_path / "missing.db", tmp_path / "empty.db"):
        (tmp_path / "empty.db").touch()
        with pytest.raises(Refused, match="nothing to copy"):
            backup.copy(source, target)
    assert not target.exists()
    assert not (tmp_path / "missing.db").exists()


def test_a_file_that_others_can_read_is_told(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.chmod(0o600)
    assert place.exposure(path) == ""
    path.chmod(0o640)
    assert place.exposure(path) == f"Other users of this machine can read {path.name}. Run: chmod 600 {path.name}"


def _switched(path: Path, mode: str) -> sqlite3.Connection:
    """Another tool's connection, which has changed the journal mode of the file."""
    other = sqlite3.connect(path, timeout=5)
    assert other.execute(f"PRAGMA journal_mode={mode}").fetchone() == (mode,)
    return other


@pytest.mark.parametrize(("ours", "theirs"), [("delete", "wal"), ("wal", "delete")])
def test_a_journal_that_another_tool_changed_is_mended_before_the_next_write(
    sqlite_url: str, ours: str, theirs: str
) -> None:
    database = Database(sqlite_url, journal_mode=ours)
    with database.write() as connection:
        connection.execute(text("SELECT 1"))
    if ours == "wal":
        database._forget_writer()  # WAL can only be left while nobody else is connected
        database.engine.dispose()
    _switched(database.path, theirs).close()
    with database.write() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == ours
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == ours
    database.close()


def test_while_the_other_tool_holds_the_file_the_desk_says_so_and_so_does_a_later_start(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("request_desk.store.database.BUSY_SECONDS", 0.05)
    database = Database(sqlite_url, journal_mode="delete")
    with database.write() as connection:
        connection.execute(text("SELECT 1"))
    with closing(_switched(database.path, "wal")) as other:
        other.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        with pytest.raises(Unavailable) as told, database.write():
            pass
        assert told.value.sentence == CHANGED_JOURNAL
        later = Database(sqlite_url, journal_mode="delete")
        with pytest.raises(Unavailable) as told, later.write():
            pass
        assert told.value.sentence == CHANGED_JOURNAL
        later.close()
    with database.write() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete"
    database.close()
