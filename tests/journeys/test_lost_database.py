"""The database goes away under an open window, by a crash or by a lock: it says so, loses nothing, and comes back by itself."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from request_desk.domain.ids import RequestId
from request_desk.domain.requests import RequestState
from request_desk.ui.window.frame import LiveState
from tests import postgres
from tests.builders import TODAY
from tests.conftest import check_invariants, created, missing
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import Allowed, House, RunningDesk, furnished, morning_clock

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


def is_offline(desk: RunningDesk) -> bool:
    return desk.shell.hub.state is LiveState.OFFLINE


def is_live(desk: RunningDesk) -> bool:
    return desk.shell.hub.state is LiveState.LIVE


def begin(desk: RunningDesk, request: RequestId) -> None:
    """Choose a time and add some words to the answer."""
    desk.go_to(request)
    desk.choose(1)
    desk.press("R")
    desk.until(desk.center.response.editor.hasFocus, "the response has the focus")
    desk.type(" Bye!")
    desk.settle()


def goes_on_writing(desk: RunningDesk) -> str:
    """Type while nothing can be reached; return what stands there then."""
    desk.type(" And see you.")
    assert desk.text.endswith(" Bye! And see you.")
    return desk.text


def is_refused_in_words(desk: RunningDesk, request: RequestId) -> None:
    """Ctrl+Enter says why it does nothing; reading goes on."""
    assert not desk.center.response.send.isEnabled()
    desk.until(desk.frame.gate.may_act, "the key itself would count")
    desk.press("Ctrl+Return")
    desk.until(lambda: "cannot be reached" in desk.refusal, "it is said beside the text")
    assert "What you typed is kept" in desk.refusal
    assert desk.center.live_bar.isVisible()
    assert "cannot be reached" in desk.center.live_bar.text()
    assert desk.is_open(request)


def finish(house: House, desk: RunningDesk, request: RequestId, text: str) -> None:
    """Nothing was lost: two keys do what could not be done."""
    assert desk.text == text
    assert not desk.center.live_bar.isVisible()
    desk.send()
    desk.until(lambda: request not in desk.rows(), "it is done now", patience=60_000)
    view = house.view(request)
    assert view.state is RequestState.COMPLETED
    assert view.thread[-1].body == text.strip()


# PostgreSQL, ended as by a power cut


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A server of this test's own: it is ended under its users."""
    place = postgres.binaries()
    if place is None:
        missing("PostgreSQL is missing: apt-get install postgresql")
    server = postgres.start(place)
    created(server.url("postgres"))
    yield server
    server.stop()


@pytest.fixture
def shared_house(server: postgres.Server, tmp_path: Path, database_setup: Allowed) -> Iterator[House]:
    made = furnished(server.url("postgres"), tmp_path, morning_clock(), database_setup)
    yield made
    made.practice.desk.close()
    check_invariants(made.url)


@pytest.mark.postgres
def test_a_crashed_server_is_said_survived_and_found_again(
    qtbot: QtBot, server: postgres.Server, shared_house: House
) -> None:  # MC10, OFF
    house = shared_house
    with house.allowed():
        request = house.practice.a_request("schedule", wishes=[house.practice.wish(TODAY, "10:00")])
    desk = RunningDesk(qtbot, house)
    try:
        desk.until(lambda: is_live(desk), "it is connected")
        begin(desk, request)
        server.crash()
        desk.until(lambda: is_offline(desk), "it notices", patience=90_000)
        text = goes_on_writing(desk)
        is_refused_in_words(desk, request)
        server.start()
        desk.until(lambda: is_live(desk), "it finds the server again by itself", patience=90_000)
        desk.settle()
        finish(house, desk, request, text)
    finally:
        desk.close()


# SQLite, locked by another process


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Another process has the whole file to itself for as long as the block runs."""
    holder = subprocess.Popen(
        [sys.executable, "-c", LOCK, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield
    finally:
        holder.communicate("")
    assert holder.returncode == 0


def test_a_file_that_is_locked_for_long_is_said_and_nothing_is_lost(house: House, open_desk: OpenDesk) -> None:
    with house.allowed():
        request = house.practice.a_request("schedule", wishes=[house.practice.wish(TODAY, "10:00")])
    desk = open_desk()
    begin(desk, request)
    with locked(house.url.removeprefix("sqlite:///")):
        # The window is still connected as far as it knows: the act itself is refused after five seconds.
        desk.until(desk.frame.gate.may_act, "sending is armed")
        desk.press("Ctrl+Return")
        desk.until(lambda: desk.refusal != "", "it is said")
        assert "Nothing was changed" in desk.refusal or "What you typed is kept" in desk.refusal
        desk.until(lambda: is_offline(desk), "the window knows it by now")
        text = goes_on_writing(desk)
        is_refused_in_words(desk, request)
    desk.until(lambda: is_live(desk), "it goes on by itself")
    desk.settle()
    finish(house, desk, request, text)
