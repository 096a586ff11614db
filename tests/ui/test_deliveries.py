"""The list of notices and webhooks: filters, words, sent again by those who may, and what it is about (RE8, WH2, MC12)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import update

from request_desk.domain.access import Role
from request_desk.domain.ids import AppointmentId
from request_desk.domain.notices import BY_HAND
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.schedule import acts
from request_desk.store import schema
from request_desk.ui.inbox.deliveries import KINDS, DeliveriesList, DeliveriesSheet
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.states import State
from tests.builders import TODAY, Practice, wall
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[DeliveriesList]]
TOMORROW = TODAY + timedelta(days=1)


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
        ("Show the visit – it is about none", False),
    ]
    menu.close()


def test_no_failed_notice_is_good_news(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_request()
    pane = desk_at().page.stack.pane
    assert (pane.state(), pane.sentence()) == (State.EMPTY, "Every notice was delivered or is on its way.")


def a_booking(practice: Practice, setup: Setup) -> AppointmentId:
    """A visit of Zuri's that her parents are told of."""
    slot = Slot(practice.lindqvist, practice.northside, *(wall(TOMORROW, each) for each in ("9:20", "10:00", "10:00")))
    with setup():
        act = Booking(slot, practice.well)
        return practice.desk.perform(practice.maria, acts.act_alone, practice.zuri, act).value


def opened_sheet(desk: PageDesk[MessageCenter]) -> DeliveriesSheet:
    found = desk.dialog()
    assert isinstance(found, DeliveriesSheet)
    return found


def test_filters_show_what_was_not_failed_too_by_state_channel_and_kind(
    desk_at: OpenDesk, practice: Practice, sqlite_practice: Practice, database_setup: Setup
) -> None:
    practice.a_request()
    a_booking(sqlite_practice, database_setup)
    desk = desk_at()
    page = desk.page
    assert page.stack.pane.sentence() == "Every notice was delivered or is on its way."
    page.filters.choose("state", ("pending",))
    desk.settle()
    kinds = [one.kind for one in page.model.rows()]
    assert set(kinds) == {"booking", "acknowledgement"}
    page.filters.choose("kind", ("acknowledgement",))
    desk.settle()
    assert [one.kind for one in page.model.rows()] == ["acknowledgement"]
    page.filters.choose("channel", ("sms",))
    desk.settle()
    assert page.stack.pane.sentence() == "Nothing fits these filters."


def test_words_find_a_name_or_a_reason(desk_at: OpenDesk, practice: Practice, fail: Callable[[], None]) -> None:
    practice.a_request()
    fail()
    desk = desk_at()
    for words, count in (("okaf amara", 1), ("Box full", 1), ("nobody", 0)):
        desk.page.focus_search()
        desk.page.search.setText(words)
        desk.press("Return")
        desk.settle()
        assert desk.page.model.rowCount() == count, words


def test_all_that_is_shown_is_sent_again_at_once(
    open_page: OpenPage, practice: Practice, fail: Callable[[], None], database_setup: Setup
) -> None:
    for _number in range(3):
        practice.a_request()
    fail()
    desk: PageDesk[MessageCenter] = open_page(MessageCenter)
    desk.page.open_deliveries()
    desk.settle()
    sheet = opened_sheet(desk)
    assert nameless(sheet) == []
    desk.click(sheet.all_button)
    desk.settle()
    desk.hear()
    assert sheet.list.model.rowCount() == 0
    assert not sheet.all_button.isEnabled()
    assert desk.said() == "3 notices are sent again."
    with database_setup():
        assert practice.desk.query(practice.maria, inbox_queries.deliveries).rows == ()


def test_enter_opens_the_request_and_the_button_the_appointment(
    open_page: OpenPage,
    practice: Practice,
    sqlite_practice: Practice,
    fail: Callable[[], None],
    database_setup: Setup,
) -> None:
    appointment = a_booking(sqlite_practice, database_setup)
    practice.a_request()
    fail()
    desk: PageDesk[MessageCenter] = open_page(MessageCenter)
    desk.page.open_deliveries()
    desk.settle()
    sheet = opened_sheet(desk)
    wanted: list[object] = []
    sheet.request_wanted.connect(wanted.append)
    sheet.appointment_wanted.connect(wanted.append)
    newest, *older = sheet.list.model.rows()
    desk.press("Return")
    assert wanted == [newest.request_id]
    desk.page.open_deliveries()
    desk.settle()
    sheet = opened_sheet(desk)
    sheet.appointment_wanted.connect(wanted.append)
    sheet.list.view.select_key(older[0].id)
    assert not sheet.show_request.isEnabled()
    desk.click(sheet.show_appointment)
    assert wanted == [newest.request_id, appointment]
    assert not desk.has_dialog()


def test_names_in_any_script_stand_in_the_list(desk_at: OpenDesk, practice: Practice, fail: Callable[[], None]) -> None:
    child = practice.a_patient("نور الهدى " * 6, "العبدالله " * 6, TODAY)
    mother = practice.a_contact("فاطمة", "العبدالله", "f@example.org", {child: {"relation": "mother"}}, "ar")
    practice.a_request(by=mother, patient=child)
    fail()
    desk = desk_at()
    assert "العبدالله" in str(desk.page.model.index(0, 2).data())


def test_every_kind_of_notice_has_a_word() -> None:  # RE8
    assert set(BY_HAND) == set(KINDS)
