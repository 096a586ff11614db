"""A file is replaced whole or not at all, and is its owner's alone."""

import os
import stat
from pathlib import Path

import pytest

from request_desk import files


@pytest.mark.parametrize("synced", [True, False])
def test_a_file_is_replaced_whole_and_is_its_owners_alone(tmp_path: Path, synced: bool) -> None:
    path = tmp_path / "kept.json"
    path.write_text("old and open to all")
    path.chmod(0o644)
    files.part_of(path).write_text("left by a kill")
    files.write_whole(path, b"new", synced=synced)
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["kept.json"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_who_reads_meanwhile_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    files.write_whole(path, b"old")
    with path.open("rb") as reader:
        files.write_whole(path, b"new")
        assert reader.read() == b"old"


def test_what_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(OSError, match="taken"):
        files.write_whole(tmp_path / "taken", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
