"""Fixtures of the journeys: a practice that lives, windows on it, and what they changed in the process put back."""

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.conftest import check_invariants
from tests.journeys.running_desk import Allowed, House, RunningDesk, furnished, morning_clock
from tests.ui import conftest as windows

# The same rules as for every window: no database on the UI thread, the theme in its first state.
database_setup = windows.database_setup
no_database_on_ui_thread = windows.no_database_on_ui_thread
pytest_runtest_call = windows.pytest_runtest_call
theme = windows.theme

OpenDesk = Callable[..., RunningDesk]


@pytest.fixture(autouse=True)
def interpreter() -> Iterator[None]:
    """A desktop tunes the collector and the threads of its process; give them back, and free its windows on this thread."""
    interval, generations = sys.getswitchinterval(), gc.get_threshold()
    gc.collect()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*generations)
    gc.unfreeze()
    gc.collect()


@pytest.fixture
def house_settings() -> dict[str, Any]:
    """The practice settings of the test's house; overridden where a test needs others."""
    return {}


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, database_setup: Allowed, house_settings: dict[str, Any]) -> Iterator[House]:
    """A small practice on SQLite, on a Tuesday morning; what must be true of every practice is true afterwards."""
    made = furnished(sqlite_url, tmp_path, morning_clock(), database_setup, **house_settings)
    yield made
    made.practice.desk.close()
    check_invariants(sqlite_url)


@pytest.fixture
def open_desk(qtbot: QtBot, qapp: QApplication, house: House) -> Iterator[OpenDesk]:
    """Open desktops on the house; they are closed after the test."""
    opened: list[RunningDesk] = []

    def opening(**values: Any) -> RunningDesk:
        desk = RunningDesk(qtbot, house, **values)
        opened.append(desk)
        return desk

    yield opening
    for desk in reversed(opened):
        desk.close()
    qapp.processEvents()
