"""The window and the screen it starts on: all of it is seen, title bar included, whatever was remembered of a larger screen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
from PySide6.QtCore import QTimer
from request_desk import app

def watch(desktop):
    frame = desktop.frame
    def tell():
        outer, usual = frame.frameGeometry(), frame.normalGeometry()
        print(json.dumps({
            "maximised": frame.isMaximized(),
            "framed": [outer.width(), outer.height()],
            "usual": [usual.width(), usual.height()],
        }), flush=True)
        frame.close()
    def begin():
        if sys.argv[1:]:
            frame.showNormal()
            frame.resize(*map(int, sys.argv[1:]))
        QTimer.singleShot(50, frame, tell)
    frame.painted.connect(begin)

sys.exit(app.run_desktop(None, started=watch))
"""


class Computer:
    """A home that keeps what a window remembers, with a screen of any size."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, width: int, height: int, *resized: int) -> dict[str, object]:
        """Start the desktop on such a screen, give the window a size if asked for, close it, and return what it was."""
        screens = self._folder / "screens.json"
        screen = {"name": "one", "x": 0, "y": 0, "width": width, "height": height}
        screens.write_text(json.dumps({"screens": [{**screen, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}]}))
        homes = {name: str(self._folder / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, resized)],
            env={**os.environ, **homes, "QT_QPA_PLATFORM": f"offscreen:configfile={screens}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


@pytest.mark.parametrize("screen", [(1440, 860), (1366, 768), (1280, 720)])
def test_a_screen_that_the_window_does_not_fit_into_is_filled_and_not_exceeded(
    computer: Computer, screen: tuple[int, int]
) -> None:
    found = computer.start(*screen)
    assert found["maximised"]
    usual = found["usual"]
    assert isinstance(usual, list)
    assert usual[0] + 10 <= screen[0]
    assert usual[1] + 37 <= screen[1]  # the tallest title bar of the usual desktops


def test_a_window_that_fits_with_its_title_bar_has_its_own_size(computer: Computer) -> None:
    found = computer.start(1920, 1080)
    assert not found["maximised"]
    assert found["usual"] == [1440, 860]


def test_a_size_that_was_chosen_comes_back_on_the_same_screen(computer: Computer) -> None:
    assert computer.start(1920, 1080, 960, 1040)["usual"] == [960, 1040]  # half of the screen
    found = computer.start(1920, 1080)
    assert not found["maximised"]
    assert found["usual"] == [960, 1040]


def test_a_size_remembered_of_a_larger_screen_is_made_to_fit(computer: Computer) -> None:
    computer.start(1920, 1080, 1800, 1000)
    found = computer.start(1366, 768)
    framed = found["framed"]
    assert isinstance(framed, list)
    assert framed[0] <= 1366
    assert framed[1] <= 768


def test_a_window_that_was_maximised_is_so_again_on_a_smaller_screen(computer: Computer) -> None:
    assert computer.start(1440, 860)["maximised"]
    found = computer.start(1280, 720)
    assert found["maximised"]
    usual = found["usual"]
    assert isinstance(usual, list)
    assert usual[0] <= 1280
    assert usual[1] + 24 <= 720
