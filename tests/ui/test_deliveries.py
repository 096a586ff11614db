"""The list of failed notices: all of them, sent again by those who may, with the reason for those who may not (RE8)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import update

from request_desk.domain.access import Role
from request_desk.services.inbox import queries as inbox_queries
from request_desk.store import schema
from request_desk.ui.inbox.deliveries import DeliveriesList
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.states import State
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, PageDesk

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[DeliveriesList]]


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    """Open a desk with the list of failed notices."""

    def open_desk(**values: Any) -> PageDesk[DeliveriesList]:
        desk = open_page(DeliveriesList, **values)
        desk.page.take_focus()
        return desk

    return open_desk


@pytest.fixture
def fail(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], None]:
    """Let every notice have failed."""

    def failed() -> None:
        with database_setup(), sqlite_practice.database.write() as connection:
            connection.execute(update(schema.outbox).values(state="failed", error="mailbox full", attempts=6))

    return failed


def menu_of_row(desk: PageDesk[DeliveriesList]) -> ActsMenu:
    desk.press("Shift+F10")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, ActsMenu)
    return menu


def test_more_failed_notices_than_a_page_are_all_there(
    desk_at: OpenDesk, practice: Practice, fail: Callable[[], None]
) -> None:
    for _number in range(PAGE + 6):
        practice.a_request()
    fail()
    desk = desk_at()
    desk.press("End", "End")
    assert desk.page.model.rowCount() == PAGE + 6
    assert len(set(desk.page.model.keys())) == PAGE + 6


def test_a_notice_that_is_sent_again_leaves_the_list(
    desk_at: OpenDesk, practice: Practice, fail: Callable[[], None], database_setup: Setup
) -> None:
    practice.a_request()
    practice.a_request()
    fail()
    desk = desk_at()
    newest, other = desk.page.model.rows()
    assert (newest.error, newest.attempts) == ("mailbox full", 6)
    menu = menu_of_row(desk)
    menu.actions()[0].trigger()
    menu.close()
    desk.settle()
    desk.hear()
    assert desk.page.model.rows() == (other,)
    assert desk.page.view.selected_key() == other.id
    with database_setup():
        pending = practice.desk.query(practice.maria, inbox_queries.deliveries, "pending")
    assert [each.id for each in pending.rows] == [newest.id]


def test_who_may_not_send_again_is_told_why(desk_at: OpenDesk, practice: Practice, fail: Callable[[], None]) -> None:
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    practice.insert(schema.department_member, department_id=practice.intake, staff_id=provider.id)
    practice.a_request()
    fail()
    desk = desk_at(actor=provider)
    menu = menu_of_row(desk)
    assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [
        ("Send again – your role does not cover it", False),
        ("Show the request", True),
    ]
    menu.close()


def test_no_failed_notice_is_good_news(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_request()
    pane = desk_at().page.stack.pane
    assert (pane.state(), pane.sentence()) == (State.EMPTY, "Every notice was delivered or is on its way.")
