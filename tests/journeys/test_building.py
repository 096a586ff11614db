"""The pages are built a piece with each turn of the event loop: what that leaves behind, and what may happen in between."""

import time
from threading import Event

import pytest
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import Unavailable
from request_desk.domain.requests import Tab
from request_desk.services.desk import Desk
from request_desk.services.people import access
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.running.runner import Runner
from request_desk.ui.widgets.layout import FlowLayout
from request_desk.ui.widgets.states import State
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import Allowed, RunningDesk


def test_a_page_that_was_built_by_steps_is_whole(open_desk: OpenDesk) -> None:
    desk = open_desk()
    center = desk.center
    assert [next(steps, "done") for steps in (center.building, center.rest)] == ["done", "done"]
    assert all(part.updatesEnabled() for part in (center.message_stack, center.schedule, center.response))
    assert desk.center.isVisible()
    assert not desk.shell.is_covered
    for key in ("schedule", "settings"):
        page = desk.frame.page(key)
        assert page is not None
        assert page.parentWidget() is desk.frame.place(key)


def _sign_in(desk: RunningDesk) -> None:
    shell, token = desk.shell, desk.house.session_of(desk.staff)
    query = shell._opened.desk.query
    shell.runner.call(shell, query, SYSTEM, access.resume, token, "front").done(shell._enter)


def _with_its_list_alone(desk: RunningDesk) -> MessageCenter:
    """Sign in and stop when the first list is there and nothing stands around it."""
    _sign_in(desk)
    desk.until(lambda: desk.frame.page("messages") is not None, "the page is there")
    center = desk.frame.page("messages")
    assert isinstance(center, MessageCenter)
    assert not center.is_whole
    return center


def test_the_first_list_takes_what_is_done_before_the_rest_is_there(
    open_desk: OpenDesk, database_setup: Allowed
) -> None:
    desk = open_desk(signed_in=False)
    with database_setup():
        asked = [desk.house.practice.a_request() for _number in range(3)]
    center = _with_its_list_alone(desk)
    desk.until(lambda: center.feed.model.rowCount() == 3, "the list is read")
    QTest.keyClick(center.list, Qt.Key.Key_Escape)
    center.list.step(1)
    chosen = center.list.selected_key()
    center.resize(center.width() - 100, center.height() - 100)
    desk.until(lambda: desk.is_furnished, "the rest is there")
    desk.settle()
    assert chosen in asked
    assert center.response_controller.request_controller.request_id == chosen
    assert desk.crashes == []


def test_a_request_that_is_asked_for_before_the_rest_is_there_is_shown(
    open_desk: OpenDesk, database_setup: Allowed
) -> None:
    desk = open_desk(signed_in=False)
    with database_setup():
        wanted = desk.house.practice.a_request()
        desk.house.practice.a_request()
    center = _with_its_list_alone(desk)
    center.open(wanted)
    desk.until(lambda: desk.is_furnished, "the rest is there")
    desk.settle()
    assert center.response_controller.request_controller.request_id == wanted


def test_filters_that_are_chosen_before_the_rest_is_there_are_followed(
    open_desk: OpenDesk, database_setup: Allowed
) -> None:
    desk = open_desk(signed_in=False)
    with database_setup():
        desk.house.practice.a_request()
    center = _with_its_list_alone(desk)
    center.filters.tabs.choose(Tab.COMPLETED.value)
    assert center.feed.shown.tab is Tab.COMPLETED
    desk.until(lambda: desk.is_furnished, "the rest is there")
    desk.settle()
    assert center.feed.model.rowCount() == 0


def test_an_empty_list_offers_the_others_before_the_rest_is_there(open_desk: OpenDesk) -> None:
    desk = open_desk(signed_in=False)
    center = _with_its_list_alone(desk)
    desk.until(lambda: center.list_stack.pane.state() is State.EMPTY, "the list is read")
    center.list_stack.pane.acted.emit(State.EMPTY)
    assert center.feed.shown.tab is Tab.OPEN


def test_a_request_that_was_asked_for_is_shown_beside_another_list_too(
    open_desk: OpenDesk, database_setup: Allowed
) -> None:
    desk = open_desk(signed_in=False)
    with database_setup():
        wanted = desk.house.practice.a_request()
    center = _with_its_list_alone(desk)
    center.filters.tabs.choose(Tab.COMPLETED.value)
    desk.until(lambda: center.list_stack.pane.state() is State.EMPTY, "nothing is completed")
    center.open(wanted)
    desk.until(lambda: desk.is_furnished, "the rest is there")
    desk.until(lambda: desk.is_open(wanted), "it is read")


def test_a_narrow_window_keeps_no_place_for_the_schedule(open_desk: OpenDesk) -> None:
    desk = open_desk(signed_in=False)
    desk.frame.resize(960, 680)
    center = _with_its_list_alone(desk)
    assert [place.isHidden() for place in center._kept] == [False, True, True, False]
    desk.until(lambda: desk.is_furnished, "the rest is there")
    desk.settle()
    desk.frame.resize(1615, 920)
    desk.until(lambda: center.schedule.height() > 300, "the schedule has its share")


def test_a_request_is_read_once_the_database_is_back(
    open_desk: OpenDesk, database_setup: Allowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(signed_in=False)
    with database_setup():
        wanted = desk.house.practice.a_request()
    center = _with_its_list_alone(desk)
    desk.until(lambda: center.list.selected_key() == wanted, "the list is read")

    def away(*_args: object, **_values: object) -> object:
        raise Unavailable("The database cannot be reached.")

    with monkeypatch.context() as patched:
        for name in ("query", "last_seq", "tail"):
            patched.setattr(Desk, name, away)
        desk.shell.hub._look()
        desk.until(lambda: center.is_whole and center.message_stack.pane.state() is State.OFFLINE, "it is away")
        assert not center.live_bar.isHidden()
    desk.shell.hub._look()
    desk.until(lambda: desk.is_open(wanted), "the request is read")
    assert center.live_bar.isHidden()


def test_a_desk_that_closes_before_the_rest_is_there_lets_go(open_desk: OpenDesk) -> None:
    desk = open_desk(signed_in=False)
    center = _with_its_list_alone(desk)
    center.leave()
    desk.frame.close()
    desk.settle()
    assert desk.crashes == []


def test_who_locks_while_the_pages_are_built_stays_locked_out(open_desk: OpenDesk) -> None:  # LOCK-01
    desk = open_desk(signed_in=False)
    shell = desk.shell
    _sign_in(desk)
    desk.until(lambda: desk.frame.findChild(MessageCenter) is not None, "the page is begun")
    assert desk.frame.page("messages") is None
    shell.cover.hide()  # as when the session was resumed: nothing covers the window
    shell.lock()
    desk.settle()
    assert shell.cover.isVisible()
    _sign_in(desk)
    desk.until(lambda: desk.is_furnished, "the pages are there")
    assert not shell.is_covered


def test_who_locks_before_the_rest_is_there_finds_it_whole(open_desk: OpenDesk, database_setup: Allowed) -> None:
    desk = open_desk(signed_in=False)
    with database_setup():
        wanted = desk.house.practice.a_request()
    center = _with_its_list_alone(desk)
    desk.until(lambda: center.list.selected_key() == wanted, "the list is read")
    desk.shell.lock()
    desk.settle()
    assert isinstance(QApplication.focusWidget(), QLineEdit)  # where the password is typed
    assert not center.is_whole
    _sign_in(desk)
    desk.until(lambda: desk.is_furnished, "the rest is there")
    desk.until(lambda: desk.is_open(wanted), "the chosen request is read")


def test_a_page_that_is_not_finished_goes_with_its_user(open_desk: OpenDesk) -> None:
    desk = open_desk(signed_in=False)
    shell = desk.shell
    for staff in (desk.staff, desk.house.practice.admin):
        token = desk.house.session_of(staff)
        shell.runner.read(shell, access.resume, token, "front").done(shell._enter)
        desk.until(lambda: desk.frame.findChild(MessageCenter) is not None, "the page is begun")
    desk.until(lambda: desk.is_furnished, "the pages are there")
    assert desk.frame.findChildren(MessageCenter) == [desk.frame.page("messages")]
    assert desk.crashes == []


def test_answers_that_come_together_leave_room_for_a_turn_between_them(qapp: QApplication, sqlite_desk: Desk) -> None:
    runner = Runner(sqlite_desk, write_crash=str)
    heard: list[str] = []

    def slow(value: str) -> None:
        heard.append(value)
        begun = time.perf_counter()
        while time.perf_counter() - begun < 0.01:
            pass

    both_made = Event()
    runner.call(runner, str, "one").done(slow)
    runner.call(runner, str, "two").done(slow)
    runner.call(runner, both_made.set)
    both_made.wait()  # so that the answers lie there together when the loop turns next
    turns = QTimer()
    turns.timeout.connect(lambda: heard.append("turn"))
    turns.start(0)
    assert runner.drained()
    turns.stop()
    runner.close()
    assert "turn" in heard[heard.index("one") : heard.index("two")]


def test_a_wrapping_row_forgets_its_height_when_a_part_changes(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box)
    first, second = QLabel("one"), QLabel("two")
    for part in (first, second):
        part.setMinimumSize(100, 20)
        flow.addWidget(part)
    low = flow.heightForWidth(400)
    assert flow.heightForWidth(120) > low
    second.hide()
    assert flow.heightForWidth(120) == low
    first.setMinimumHeight(50)
    assert flow.heightForWidth(120) >= 50
    flow.setGeometry(QRect(0, 0, 120, 60))
    assert first.height() >= 50
