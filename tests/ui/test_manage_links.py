"""The manage link from the schedule's card: a small menu with both acts and their reasons (ML2)."""

import os
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from request_desk.domain.access import Role
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.widgets.acts import ActsMenu
from tests.builders import TODAY, Practice
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk
from tests.ui.test_printed_card import Setup

PICTURES = os.environ.get("REQUEST_DESK_PICTURES", "")  # a folder, to look at what was tested


def menu_of(desk: PageDesk[SchedulePage]) -> ActsMenu:
    desk.click(desk.page.card.link_button)
    found = [each for each in desk.page.card.findChildren(ActsMenu) if each.isVisible()]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("is_provider", [False, True])
def test_the_card_copies_and_withdraws_the_links(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, database_setup: Setup, is_provider: bool
) -> None:
    practice = sqlite_practice
    with database_setup():
        visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
        doctor = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    desk = PageDesk(qtbot, practice, hand, SchedulePage, actor=doctor if is_provider else practice.maria)
    desk.page.open(visit)
    desk.settle()
    menu = menu_of(desk)
    copy, withdraw = menu.actions()
    if is_provider:
        assert copy.text() == "Copy Manage Link – your role does not cover it"
        assert not copy.isEnabled()
        assert not withdraw.isEnabled()
    else:
        if PICTURES:
            desk.frame.grab().save(str(Path(PICTURES) / "card.png"))
            menu.grab().save(str(Path(PICTURES) / "card-menu.png"))
        copy.trigger()
        desk.settle()
        assert QGuiApplication.clipboard().text().startswith("http://127.0.0.1:8000/m/")
        withdraw.trigger()
        desk.settle()
        assert desk.said() == "1 manage link works no longer."
    menu.close()
    desk.close()
