"""The folders of a user: where they are and who may look into them."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from request_desk import paths

on_posix = pytest.mark.skipif(os.name != "posix", reason="permission bits are for POSIX systems")


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_the_shipped_folders_are_found_in_a_checkout() -> None:
    assert paths.resources().name == "resources"
    assert paths.resources().is_dir()
    assert paths.phrases().is_dir()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the XDG variables are for Linux")
@pytest.mark.parametrize(
    ("variable", "folder"),
    [
        ("XDG_DATA_HOME", paths.data_folder),
        ("XDG_DATA_HOME", paths.demo_folder),
        ("XDG_CONFIG_HOME", paths.config_folder),
        ("XDG_STATE_HOME", paths.log_folder),
    ],
)
def test_a_folder_of_the_user_is_where_the_system_says_and_closed_to_others(
    variable: str, folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    before = os.umask(0)
    try:
        made = folder()
    finally:
        os.umask(before)
    assert made.is_relative_to(tmp_path / paths.APPLICATION)
    assert made.is_dir()
    assert mode(made) == 0o700
    assert mode(tmp_path / paths.APPLICATION) == 0o700


@on_posix
def test_a_folder_left_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    assert mode(paths.private_folder(folder)) == 0o700


@on_posix
def test_parents_that_exist_keep_their_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    paths.private_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path), mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o755, 0o700, 0o700]
