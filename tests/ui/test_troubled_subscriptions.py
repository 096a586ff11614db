"""The mark of subscriptions that do not get their webhooks: beside that of failed notices, for administrators alone (HOOK-04)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.events import EventType
from request_desk.domain.ids import SubscriptionId
from request_desk.services.notices import subscriptions
from request_desk.store import schema
from request_desk.ui.settings.group_list import GroupId
from tests.builders import Practice
from tests.events import a_subscription
from tests.ui.conftest import HandTimers
from tests.ui.inbox_desk import DeskWindow

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[[Actor], DeskWindow]


@pytest.fixture
def desk_of(qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, tmp_path: Path) -> Iterator[OpenDesk]:
    """Open the Message Center of somebody; it is closed after the test."""
    opened: list[DeskWindow] = []

    def open_desk(actor: Actor) -> DeskWindow:
        opened.append(DeskWindow(qtbot, sqlite_practice, hand, tmp_path / "drafts", actor=actor))
        return opened[-1]

    yield open_desk
    for window in opened:
        window.close()


@pytest.fixture
def dead(sqlite_practice: Practice, database_setup: Setup) -> SubscriptionId:
    """A subscription whose webhooks are given up; returns its id."""
    with database_setup():
        which = a_subscription(sqlite_practice, EventType.REQUEST_RECEIVED, name="Sunrise School")
        sqlite_practice.a_request()
        sqlite_practice.a_request()
        with sqlite_practice.database.write() as connection:
            connection.execute(update(schema.webhook_delivery).values(state="failed", error="It answered 500."))
    return SubscriptionId(which)


def test_dead_webhooks_are_marked_and_lead_to_the_subscriptions(
    desk_of: OpenDesk, sqlite_practice: Practice, dead: SubscriptionId, database_setup: Setup
) -> None:
    desk = desk_of(sqlite_practice.admin)
    bar = desk.page.filters
    assert bar.troubled.isVisible()
    assert bar.troubled.accessibleName() == "1 subscription did not get its webhooks."
    assert bar.troubled_count.text() == "1"  # subscriptions, not webhooks
    assert bar.failed.isHidden()
    QTest.mouseClick(bar.troubled, Qt.MouseButton.LeftButton)
    assert desk.led_to == [("settings", GroupId.SUBSCRIPTIONS)]
    bar.troubled.setFocus()
    desk.press("Space")
    assert len(desk.led_to) == 2
    with database_setup():
        sqlite_practice.desk.perform(sqlite_practice.admin, subscriptions.remove_subscription, dead, expect_version=1)
    desk.hear()
    assert bar.troubled.isHidden()
    assert bar.troubled_count.isHidden()


def test_it_comes_while_the_window_is_open(desk_of: OpenDesk, sqlite_practice: Practice, database_setup: Setup) -> None:
    desk = desk_of(sqlite_practice.admin)
    assert desk.page.filters.troubled.isHidden()
    with database_setup():
        which = a_subscription(sqlite_practice, EventType.REQUEST_RECEIVED)
        sqlite_practice.desk.perform(
            SYSTEM, subscriptions.switched_off, SubscriptionId(which), "The receiver answered 410."
        )
    desk.hear()
    assert desk.page.filters.troubled.isVisible()


def test_who_manages_no_subscriptions_is_not_told(
    desk_of: OpenDesk, sqlite_practice: Practice, dead: SubscriptionId
) -> None:
    bar = desk_of(sqlite_practice.maria).page.filters
    assert bar.troubled.isHidden()
    assert bar.troubled.accessibleName() == ""
