"""The command table: actions, permissions, the palette and the sheet that are made of it."""

from functools import partial

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.access import Permission
from request_desk.ui.window.commands import Command, CommandRegistry, Scope, application_commands
from request_desk.ui.window.key_gate import KeyGate
from request_desk.ui.window.key_sheet import KeySheet
from request_desk.ui.window.keys import keys_text
from request_desk.ui.window.palette import PaletteDialog, PaletteEntry
from tests.ui.conftest import HandTimers


class Desk(QWidget):
    def __init__(self, hand: HandTimers) -> None:
        super().__init__()
        self.done: list[str] = []
        self.registry = CommandRegistry(self, KeyGate(clock=hand.clock, timers=hand, parent=self))
        for command in (
            Command("forward", "Forward", ("F",), Scope.REQUEST, changing=True),
            Command("next", "Next request", ("J", "Down"), Scope.REQUEST),
            Command("staff", "Change staff", permission=Permission.MANAGE_STAFF, scope=Scope.SETTINGS),
            Command("print", "Print the day list", ("Ctrl+P",), Scope.SCHEDULE),
        ):
            self.registry.add(command, partial(self.done.append, command.id))


@pytest.fixture
def desk(qtbot: QtBot, hand: HandTimers) -> Desk:
    desk = Desk(hand)
    qtbot.addWidget(desk)
    with qtbot.waitActive(desk):
        desk.show()
        desk.activateWindow()
    return desk


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("Ctrl+Return", "Ctrl ⏎"),
        ("Ctrl+Shift+Z", "Ctrl Shift Z"),
        ("J", "J"),
        ("Ctrl++", "Ctrl +"),
        ("Escape", "Esc"),
        ("", ""),
    ],
)
def test_keys_are_written_as_they_are_pressed(keys: str, shown: str) -> None:
    assert keys_text(keys) == shown


def test_no_two_application_commands_share_a_name_or_a_key() -> None:
    commands = application_commands()
    keys = [key for command in commands for key in command.keys]
    assert len({command.id for command in commands}) == len(commands)
    assert len(set(keys)) == len(keys)


def test_a_name_is_given_once(desk: Desk) -> None:
    with pytest.raises(ValueError, match="two commands"):
        desk.registry.add(Command("next", "Another"), list)


def test_running_by_name_tells_it(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.registry.ran) as ran:
        assert desk.registry.run("print")
    assert ran.args == ["print"]
    assert desk.done == ["print"]


def test_a_disabled_command_does_not_run(desk: Desk) -> None:
    desk.registry.set_enabled("print", False)
    assert not desk.registry.run("print")
    assert not desk.registry.action("print").isEnabled()
    assert desk.done == []
    desk.registry.set_enabled("print", True)
    assert desk.registry.run("print")


def test_without_the_permission_a_command_is_neither_run_nor_listed(desk: Desk) -> None:
    desk.registry.allow(lambda permission: permission is not Permission.MANAGE_STAFF)
    assert not desk.registry.run("staff")
    assert "staff" not in {command.id for command in desk.registry.commands()}
    desk.registry.allow(lambda _permission: True)
    assert desk.registry.run("staff")


def test_a_page_that_goes_takes_its_commands_along(desk: Desk) -> None:
    import shiboken6

    page = QWidget(desk)
    desk.registry.add(Command("page.only", "Here", ("Ctrl+H",)), list, owner=page)
    shiboken6.delete(page)
    assert "page.only" not in {command.id for command in desk.registry.commands()}


def test_keys_with_modifiers_work_only_inside_their_page(desk: Desk, qtbot: QtBot) -> None:
    page, other = QWidget(desk), QWidget(desk)
    for each in (page, other):
        each.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        each.show()
    desk.registry.add(Command("here", "Here", ("Ctrl+H",)), lambda: desk.done.append("here"), owner=page)
    other.setFocus()
    qtbot.keyClick(other, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert desk.done == []
    page.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert desk.done == ["here"]


def test_the_palette_runs_what_fits_the_words(desk: Desk, qtbot: QtBot) -> None:
    palette = PaletteDialog(desk.registry, desk)
    palette.open_fresh()
    assert {entry.title for entry in palette.entries()} == {
        "Forward",
        "Next request",
        "Change staff",
        "Print the day list",
    }
    qtbot.keyClicks(palette.field, "day pr")
    assert [entry.title for entry in palette.entries()] == ["Print the day list"]
    assert palette.entries()[0].detail == "Ctrl P"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert desk.done == ["print"]
    assert not palette.isVisible()


def test_the_palette_shows_what_a_search_found_and_drops_late_answers(desk: Desk, qtbot: QtBot) -> None:
    palette = PaletteDialog(desk.registry, desk)
    palette.open_fresh()
    with qtbot.waitSignal(palette.searched) as searched:
        qtbot.keyClicks(palette.field, "okafor")
    assert searched.args == ["okafor"]
    palette.offer_results("oka", [PaletteEntry("late", value=1)])
    assert palette.entries() == ()
    palette.offer_results(
        "okafor", [PaletteEntry("Okafor, Zuri", "4 y", "user", 17), PaletteEntry("Okafor, Ben", "", "user", 18)]
    )
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.picked) as picked:
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert picked.args[0].value == 18


def test_a_closed_palette_searches_no_more_and_is_gone(desk: Desk, qtbot: QtBot) -> None:
    palette = PaletteDialog(desk.registry, desk)
    searched: list[str] = []
    palette.searched.connect(searched.append)
    palette.open_fresh()
    qtbot.keyClicks(palette.field, "forward")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not shiboken6.isValid(palette))
    assert desk.done == ["forward"]
    assert searched == []


def test_the_sheet_lists_the_commands_that_have_keys(desk: Desk, qtbot: QtBot) -> None:
    sheet = KeySheet(desk.registry, desk)
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    assert {"Forward", "F", "Next request", "J  ·  ↓", "Print the day list", "Ctrl P", "Message Center"} <= texts
    assert "Change staff" not in texts
    sheet.open()
    sheet.accept()
