"""Where a SQLite file may lie: on a local disk, under one name; whoever opens one asks here first (DUR-02)."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final

from request_desk.domain.errors import Unavailable
from request_desk.domain.words import _

# File systems of one machine, on which locks and the order of writes are what SQLite counts on. What is not here is refused.
_LOCAL: Final = frozenset(
    [
        "apfs",
        "aufs",
        "bcachefs",
        "btrfs",
        "ecryptfs",
        "exfat",
        "ext2",
        "ext3",
        "ext4",
        "f2fs",
        "fuseblk",
        "hfs",
        "hfsplus",
        "jfs",
        "msdos",
        "nilfs2",
        "ntfs",
        "ntfs3",
        "overlay",
        "overlayfs",
        "ramfs",
        "reiserfs",
        "rootfs",
        "tmpfs",
        "ubifs",
        "ufs",
        "vfat",
        "xfs",
        "zfs",
    ]
)
_OCTAL: Final = re.compile(r"\\([0-7]{3})")
_MAC_MOUNT: Final = re.compile(r".+? on (?P<point>/.*) \((?P<kind>[^,)]+)(?P<rest>[^)]*)\)")
_DRIVE_FIXED, _DRIVE_RAM = 3, 6  # GetDriveTypeW, Win32


def prepare(path: Path) -> None:
    """Check the place of a database file, and make an empty one that only its user can read where there is none."""
    check(path)
    if path.parent.is_dir() and not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # SQLite gives its journals the mode of the database


def check(path: Path) -> None:
    """Refuse a file that SQLite cannot keep safe, with the reason."""
    if path.is_symlink():
        raise Unavailable(
            _("The database file {name} is a link. Give the path of the file itself.").format(name=path.name)
        )
    if path.exists() and path.stat().st_nlink > 1:
        # The journal of a file lies beside one of its names; opened by another, it would not be found after a crash.
        sentence = _(
            "The database file {name} has a second name (a hard link), by which SQLite loses data."
            " Close every desk, remove the other name, then open the desk again."
        )
        raise Unavailable(sentence.format(name=path.name))
    if path.parent.is_dir():
        kind = _kind_of(path.parent)
        if kind not in _LOCAL:
            sentence = _(
                "The database file {name} lies on “{kind}”, which is not known to be a disk of this computer; on shared or"
                " network folders SQLite loses data. Use a local folder, or PostgreSQL for several workstations."
            )
            raise Unavailable(sentence.format(name=path.name, kind=kind or _("an unknown file system")))


def exposure(path: Path) -> str:
    """Tell in a sentence that others on this machine can read the file, and what to do; "" when they cannot or it is not known."""
    if sys.platform == "win32" or not path.exists() or not stat.S_IMODE(path.stat().st_mode) & 0o077:
        return ""
    return _("Other users of this machine can read {name}. Run: chmod 600 {name}").format(name=path.name)


def _kind_of(folder: Path) -> str:
    """Return the file system that holds a folder, by the name that the platform has for it; "" where it is not told."""
    place = folder.resolve()
    if sys.platform == "win32":
        return _windows_kind(place)
    if sys.platform == "darwin":
        told = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False, timeout=10).stdout
        return kind_in_mac_mounts(told, place)
    mounts = Path("/proc/self/mounts")
    return kind_in_mounts(mounts.read_text("utf-8", "surrogateescape"), place) if mounts.exists() else ""


def kind_in_mounts(mounts: str, place: Path) -> str:
    """Return the type of the innermost mount of a folder, from the text of /proc/self/mounts (fstab(5))."""
    found = []
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:
            found.append((_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[1]), fields[2]))
    return _innermost(found, place)


def kind_in_mac_mounts(mounts: str, place: Path) -> str:
    """Return the type of the innermost mount of a folder, from what `mount` says on macOS; one not marked local is "network"."""
    found = [
        (each["point"], each["kind"] if "local" in each["rest"].split(", ") else f"network ({each['kind']})")
        for each in map(_MAC_MOUNT.fullmatch, mounts.splitlines())
        if each is not None
    ]
    return _innermost(found, place)


def _innermost(mounts: list[tuple[str, str]], place: Path) -> str:
    best, kind = -1, ""
    for point, name in mounts:
        if (place == Path(point) or Path(point) in place.parents) and len(point) >= best:
            best, kind = len(point), name
    return kind


def _windows_kind(place: Path) -> str:
    import ctypes

    drive = getattr(ctypes, "windll").kernel32.GetDriveTypeW(f"{place.drive}\\")  # noqa: B009  # there only on Windows
    return "ntfs" if drive in (_DRIVE_FIXED, _DRIVE_RAM) and not place.drive.startswith("\\\\") else "network drive"
