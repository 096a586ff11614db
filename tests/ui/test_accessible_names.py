"""Every part of the running window that can have the focus says its name to a screen reader (AX, security 2.17)."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.window.key_sheet import KeySheet
from tests.builders import TODAY
from tests.journeys import conftest as journeys
from tests.journeys.running_desk import House, RunningDesk

house = journeys.house
house_settings = journeys.house_settings
open_desk = journeys.open_desk
interpreter = journeys.interpreter

OpenDesk = Callable[..., RunningDesk]
DEEP = 40  # levels; a tree that is deeper goes round in circles
MANY = 400  # children of one node: a long list is not walked to its end
POPUPS = ("forward", "wait", "cancel", "phrases", "deliveries")


def nodes(start: QAccessibleInterface | None, depth: int = 0) -> Iterator[QAccessibleInterface]:
    """Walk over what an assistive tool can reach: nothing that is hidden."""
    if depth > DEEP or start is None or not start.isValid() or start.state().invisible:
        return
    yield start
    for place in range(min(start.childCount(), MANY)):
        yield from nodes(start.child(place), depth + 1)


def described(node: QAccessibleInterface) -> str:
    target, rect = node.object(), node.rect()
    return f"{type(target).__name__} in {type(target.parent()).__name__}, role {node.role()}, at {rect.x()},{rect.y()}"


def nameless(window: QWidget) -> list[str]:
    """Name the nodes that can have the focus and say nothing."""
    start = QAccessible.queryAccessibleInterface(window)
    found: list[str] = []
    for node in nodes(start):
        target = node.object()
        if isinstance(target, QWidget) and target.focusProxy() is not None:
            continue  # the line of a spin box speaks through the box
        if node.state().focusable and not node.text(QAccessible.Text.Name).strip():
            found.append(described(node))
    return found


def reached(window: QWidget) -> int:
    return sum(node.state().focusable for node in nodes(QAccessible.queryAccessibleInterface(window)))


@pytest.fixture
def desk(house: House, open_desk: OpenDesk) -> RunningDesk:
    """The whole window on a request with everything around it, open on the screen."""
    practice = house.practice
    with house.allowed():
        appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
        practice.a_request("cancel", by=practice.father, appointment=appointment, message="please cancel it")
        wishes = [practice.wish(TODAY, "16:20"), practice.wish(TODAY, "16:20", practice.mwangi, rank=2)]
        request = practice.a_request("reschedule", appointment=appointment, wishes=wishes, message="later, please")
    desk = open_desk(staff=practice.admin)
    desk.center.filters.tabs.choose("open")
    desk.until(lambda: len(desk.rows()) == 2, "both are in the list")
    desk.center.open_request(request)
    desk.until(lambda: desk.is_open(request), "it is open")
    desk.settle()
    return desk


@pytest.mark.parametrize("size", [(1615, 920), (960, 680)])
def test_each_part_of_the_message_center_has_a_name(desk: RunningDesk, size: tuple[int, int]) -> None:
    desk.frame.resize(*size)
    desk.settle()
    QApplication.processEvents()
    assert reached(desk.frame) > 20
    assert nameless(desk.frame) == []


def test_each_part_of_the_schedule_has_a_name(desk: RunningDesk) -> None:
    desk.frame.show_page("schedule")
    desk.settle()
    assert reached(desk.frame) > 5
    assert nameless(desk.frame) == []


def test_each_part_of_every_group_of_the_settings_has_a_name(desk: RunningDesk) -> None:
    desk.frame.show_page("settings")
    desk.settle()
    page = desk.frame.page("settings")
    assert isinstance(page, SettingsPage)
    for place in range(page.groups.model().rowCount()):
        page.groups.choose(place)
        desk.settle()
        assert nameless(desk.frame) == [], place


@pytest.mark.parametrize("popup", POPUPS)
def test_each_part_of_the_sheets_has_a_name(desk: RunningDesk, popup: str) -> None:
    desk.frame.commands.run(f"inbox.{popup}")
    desk.until(lambda: not desk.asks_nothing, "the sheet is open")
    desk.settle()
    sheet = QApplication.activeModalWidget()
    assert sheet is not None
    assert reached(sheet) > 1
    assert nameless(sheet) == []
    said = QAccessible.queryAccessibleInterface(sheet)
    assert said.text(QAccessible.Text.Name).strip()


@pytest.mark.parametrize("popup", ["app.palette", "app.keys"])
def test_each_part_of_palette_and_key_sheet_has_a_name(desk: RunningDesk, popup: str) -> None:
    desk.frame.commands.run(popup)
    desk.until(lambda: not desk.asks_nothing, "it is open")
    desk.settle()
    sheet = QApplication.activeModalWidget()
    assert sheet is not None
    assert nameless(sheet) == []
    assert isinstance(sheet, KeySheet) == (popup == "app.keys")


def test_each_part_of_the_sign_in_has_a_name(open_desk: OpenDesk) -> None:
    desk = open_desk(signed_in=False)
    assert nameless(desk.frame) == []


def test_the_walk_finds_a_part_without_a_name(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setAccessibleName("A window")
    silent = QPushButton(window)
    window.show()
    assert len(nameless(window)) == 1
    silent.setAccessibleName("Press")
    assert nameless(window) == []
