"""The main window: rail, pages, the bar at the bottom, what is remembered."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from request_desk.ui.widgets.theme import RAIL, RAIL_COLLAPSED, SMALLEST_WINDOW, Look, Theme
from request_desk.ui.window.frame import LiveState, MainFrame, NoMemory, remember_splitter
from request_desk.ui.window.memory import FileMemory
from tests.ui.conftest import HandTimers


def a_frame(qtbot: QtBot, hand: HandTimers, memory: NoMemory | None = None) -> MainFrame:
    frame = MainFrame(practice="Harbor Pediatrics", memory=memory, clock=hand.clock, timers=hand)
    qtbot.addWidget(frame)
    frame.add_page("messages", "Message Center", "inbox")
    frame.add_page("schedule", "Schedule", "calendar-days")
    frame.add_page("settings", "Settings", "settings-2")
    return frame


@pytest.fixture
def frame(qtbot: QtBot, hand: HandTimers) -> MainFrame:
    frame = a_frame(qtbot, hand)
    frame.resize(1440, 860)
    return frame


def test_the_frame_is_painted_before_any_page_is_there(frame: MainFrame, qtbot: QtBot) -> None:
    with qtbot.waitSignal(frame.painted):
        frame.show()
    assert frame.page("messages") is None
    assert frame.current_page() == "messages"
    frame.set_page("messages", QLabel("here"))
    page = frame.page("messages")
    assert page is not None
    assert page.isVisible()


def test_a_click_in_the_rail_shows_the_page(frame: MainFrame, qtbot: QtBot) -> None:
    frame.show()
    with qtbot.waitSignal(frame.page_shown) as shown:
        qtbot.mouseClick(frame.rail.entry("schedule"), Qt.MouseButton.LeftButton)
    assert shown.args == ["schedule"]
    assert frame.current_page() == "schedule"
    assert frame.commands.run("go.settings")
    assert frame.rail.entry("settings").isChecked()


def test_the_rail_says_how_much_is_unread_and_who_is_here(frame: MainFrame, qtbot: QtBot) -> None:
    frame.show()
    frame.set_badge("messages", 12)
    frame.set_identity("Maria Santos", "front desk")
    frame.set_live(LiveState.OFFLINE, "Offline: the database cannot be reached.")
    assert frame.rail.entry("messages").accessibleName() == "Message Center, 12 unread"
    assert frame.rail.identity.accessibleName() == "Maria Santos · front desk. Offline: the database cannot be reached."
    with qtbot.waitSignal(frame.identity_clicked):
        frame.rail.identity.click()


def test_a_role_that_has_no_room_beside_the_name_is_left_out_and_not_cut(frame: MainFrame) -> None:
    frame.show()
    identity = frame.rail.identity
    frame.set_identity("Helen Park", "")
    alone = identity.grab().toImage()
    frame.set_identity("Helen Park", "administrator and front desk of all places")
    assert identity.grab().toImage() == alone
    assert identity.accessibleName().startswith("Helen Park · administrator and front desk of all places")
    frame.set_identity("Helen Park", "nurse")
    assert identity.grab().toImage() != alone


@pytest.mark.parametrize("look", [Look.LIGHT, Look.DARK])
@pytest.mark.parametrize("size", [SMALLEST_WINDOW, (1366, 768), (3840, 2160)])
def test_the_window_has_every_size_from_half_a_screen_to_4k(
    frame: MainFrame, theme: Theme, look: Look, size: tuple[int, int]
) -> None:
    theme.choose(look)
    frame.resize(*size)
    frame.show()
    assert (frame.width(), frame.height()) == size
    assert not frame.grab().isNull()
    assert frame.rail.width() == (RAIL_COLLAPSED if size[0] < 1200 else RAIL)


def test_the_user_folds_the_rail_and_it_stays_folded(qtbot: QtBot, hand: HandTimers) -> None:
    memory = NoMemory()
    frame = a_frame(qtbot, hand, memory)
    frame.resize(1440, 860)
    frame.show()
    frame.toggle_rail()
    assert frame.rail.width() == RAIL_COLLAPSED
    later = a_frame(qtbot, hand, memory)
    later.resize(1440, 860)
    later.show()
    assert later.rail.width() == RAIL_COLLAPSED
    later.toggle_rail()
    assert later.rail.width() == RAIL


def test_the_window_comes_back_where_it_was(qtbot: QtBot, hand: HandTimers) -> None:
    memory = NoMemory()
    frame = a_frame(qtbot, hand, memory)
    frame.show()
    frame.resize(960, 735)  # the offscreen screen is small
    with qtbot.waitSignal(frame.closing):
        frame.close()
    later = a_frame(qtbot, hand, memory)
    later.show()
    assert (later.width(), later.height()) == (960, 735)


@pytest.mark.parametrize("kept", ["abc", "é€", "", "AAAA", "AdnQywAD" + "f" * 400])
def test_a_place_that_cannot_be_read_is_forgotten(qtbot: QtBot, hand: HandTimers, kept: str) -> None:
    memory = NoMemory()
    memory.put("window.geometry", kept)
    memory.put("desk.splitter", kept)
    frame = a_frame(qtbot, hand, memory)
    remember_splitter(QSplitter(frame), memory, "desk.splitter")
    with qtbot.waitSignal(frame.painted):
        frame.show()


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"practice": null}', '{"practice": "\\ud800"}', "\0"])
def test_a_file_of_what_is_remembered_may_hold_anything(
    qtbot: QtBot, hand: HandTimers, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "window.json"
    path.write_text(text, "utf-8")
    memory = FileMemory(path)
    frame = MainFrame(practice=memory.get("practice") or "", memory=memory, clock=hand.clock, timers=hand)
    qtbot.addWidget(frame)
    with qtbot.waitSignal(frame.painted):
        frame.show()
    memory.put("login", "maria")
    assert FileMemory(path).get("login") == "maria"


def test_a_splitter_comes_back_where_it_was(qtbot: QtBot) -> None:
    memory = NoMemory()

    def a_splitter() -> QSplitter:
        splitter = QSplitter()
        qtbot.addWidget(splitter)
        splitter.addWidget(QWidget())
        splitter.addWidget(QWidget())
        splitter.resize(800, 200)
        splitter.show()
        remember_splitter(splitter, memory, "messages.columns")
        return splitter

    first = a_splitter()
    first.moveSplitter(300, 1)
    assert a_splitter().sizes() == first.sizes() != [400, 400]


def test_nothing_moves_when_the_bar_at_the_bottom_speaks(frame: MainFrame) -> None:
    frame.set_page("messages", QLabel("here"))
    frame.show()
    before = frame.pages.geometry()
    frame.undo_bar.offer("Zuri Okafor moved.", 20, "undo")
    frame.messages.say("Kofi completed the request of Mateo Reyes just now.")
    frame.messages.offer("A scanner wrote “12345”.", "Put it into the response")
    assert frame.pages.geometry() == before


def test_a_text_size_changes_the_rail_too(frame: MainFrame, theme: Theme) -> None:
    frame.resize(1900, 900)
    frame.show()
    theme.set_scale(130)
    assert frame.rail.width() == theme.px(RAIL)


def test_the_frame_loads_nothing_of_the_services() -> None:  # architecture 10, Start; decision 24
    heavy = ("sqlalchemy", "request_desk.services", "request_desk.store", "psycopg", "asyncio", "jinja2")
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from request_desk.ui.window.frame import MainFrame; frame = MainFrame(practice='x'); frame.show();"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_page_that_is_not_offered_has_neither_entry_nor_command(qtbot: QtBot) -> None:
    frame = MainFrame(practice="Harbor Pediatrics")
    qtbot.addWidget(frame)
    for key, title in (("messages", "Message Center"), ("meeting", "Meeting")):
        frame.add_page(key, title, "inbox")
    frame.offer_page("meeting", offered=False)
    frame.show()
    assert not frame.rail.entry("meeting").isVisible()
    assert "go.meeting" not in [each.id for each in frame.commands.available()]
    frame.offer_page("meeting", offered=True)
    assert frame.rail.entry("meeting").isVisible()
    assert "go.meeting" in [each.id for each in frame.commands.available()]
    frame.offer_page("meeting", offered=False)
    assert not frame.commands.run("go.meeting")
