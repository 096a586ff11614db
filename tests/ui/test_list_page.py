"""A small page made of the list's parts, over a real query: pages, filters, orders, menus, states, and a detail beside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from request_desk.domain.changes import Topic
from request_desk.domain.ids import RequestId
from request_desk.domain.paging import Page
from request_desk.domain.requests import Filters, InboxRow, ListOrder, RequestKind, RequestView, Tab
from request_desk.services.inbox import marks, queries
from request_desk.services.inbox.view import open_request
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.lists.detail_page import DetailPage
from request_desk.ui.lists.filter_chips import FilterSpec
from request_desk.ui.lists.list_page import ListPage, ListSpec, ListWanted
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActsMenu, ActSpec
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.states import State
from tests.builders import TODAY, Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
WHY_NOT = "a cancellation stays with you"


class RequestCard(DetailPage[RequestView]):
    """One request: who it is for, and its letters."""

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context, name="Request", choose="Choose a request.", reading="Reading …", topics=(Topic.REQUEST, Topic.MARK)
        )
        self.facts, self.letters = FactLines(), FactLines()
        self.add_section("Patient", self.facts)
        self.add_section("Letters", self.letters)

    def read(self, key: int) -> Pending[RequestView]:
        return self.context.runner.read(self, open_request, RequestId(key))

    def fill(self, view: RequestView) -> None:
        self.title.setText(view.patient.name)
        self.facts.show_lines((("Name", view.patient.name), ("Custody", view.patient.custody_note)))
        words = self.context.words()
        self.letters.show_lines([(words.moment(each.created_at), each.body) for each in view.thread])

    def acts_of(self, view: RequestView) -> Sequence[ActSpec]:
        return (acts_for(self.context, self, view.id, view.kind),)


class RequestsPage(ListPage[InboxRow]):
    """What is unread, as a list with columns."""

    def __init__(self, context: DeskContext) -> None:
        spec = ListSpec[InboxRow](
            key="tests.requests",
            name="Requests",
            columns=(
                Column("Patient", lambda row: row.given_name),
                Column("Kind", lambda row: row.kind.value, 120),
                Column("Arrived", lambda row: str(row.id), 160, order="arrival"),
            ),
            topics=(Topic.REQUEST, Topic.MARK),
            reading="Reading the requests …",
            empty="No request is there.",
            filters=(
                FilterSpec("kinds", "Kind", tuple((kind.value, kind.value) for kind in RequestKind), multiple=True),
                FilterSpec("age", "Age", ((30, "over 30 min"),), ask="Choose an age …"),
            ),
            order="arrival",
            menu="What can be done with the request",
        )
        super().__init__(context, spec, detail=RequestCard(context))

    def read_page(self, wanted: ListWanted, after: int | None) -> Pending[Page[InboxRow]]:
        filters = Filters(kinds=tuple(RequestKind(str(kind)) for kind in wanted.filters["kinds"]))
        order = ListOrder.NEWEST if wanted.descending else ListOrder.OLDEST
        return self._context.runner.read(
            self, queries.list_page, Tab.UNREAD, filters, after=after, limit=PAGE, order=order
        )

    def key_of(self, row: InboxRow) -> int:
        return row.id

    def acts_of(self, row: InboxRow) -> Sequence[ActSpec]:
        return (acts_for(self._context, self, row.id, row.kind),)


def acts_for(context: DeskContext, owner: QWidget, request_id: RequestId, kind: RequestKind) -> ActSpec:
    why_not = WHY_NOT if kind is RequestKind.CANCEL else ""
    return ActSpec("Not mine", partial(context.runner.act, owner, marks.not_mine, request_id), why_not)


OpenDesk = Callable[..., PageDesk[RequestsPage]]


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    """Open a desk with the small page."""

    def open_desk(**values: Any) -> PageDesk[RequestsPage]:
        desk = open_page(RequestsPage, **values)
        QAbstractItemModelTester(desk.page.model, QAbstractItemModelTester.FailureReportingMode.Fatal, desk.page.model)
        desk.page.take_focus()
        return desk

    return open_desk


def row_name(row: InboxRow) -> str:
    return row.given_name


def shown(desk: PageDesk[RequestsPage]) -> list[int]:
    return list(desk.page.model.keys())


def card(desk: PageDesk[RequestsPage]) -> RequestCard:
    assert isinstance(desk.page.detail, RequestCard)
    return desk.page.detail


def menu_lines() -> list[tuple[str, bool]]:
    return [(action.text(), action.isEnabled()) for action in open_menu().actions()]


def open_menu() -> ActsMenu:
    found = QApplication.activePopupWidget()
    assert isinstance(found, ActsMenu)
    return found


def pick(desk: PageDesk[RequestsPage], key: str, place: int) -> None:
    """Pick a line of a chip's menu."""
    chip = dict(zip(("kinds", "age"), desk.page.filters.chips(), strict=True))[key]
    chip.menu_open().actions()[place].trigger()
    desk.settle()


class Fault:
    """The database as one that cannot be reached."""

    def __init__(self, practice: Practice) -> None:
        self._engine = practice.database.engine

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._fail)

    def __exit__(self, *_error: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._fail)

    def _fail(self, *_arguments: object) -> None:
        raise OperationalError("select", {}, Exception("unable to open database file"))


def test_a_long_list_is_read_page_by_page_as_it_is_scrolled(desk_at: OpenDesk, practice: Practice) -> None:
    requests = [practice.a_request() for _number in range(2 * PAGE + 6)]
    desk = desk_at()
    assert shown(desk) == requests[:PAGE]
    desk.press("End", "End")
    assert shown(desk)[: 2 * PAGE] == requests[: 2 * PAGE]
    desk.press("End", "End")
    assert shown(desk) == requests


def test_a_row_behind_the_first_page_leaves_and_the_place_is_kept(desk_at: OpenDesk, practice: Practice) -> None:
    requests = [practice.a_request() for _number in range(PAGE + 20)]
    desk = desk_at()
    desk.press("End", "End")
    assert desk.page.view.selected_key() == requests[-1]
    gone = requests[PAGE + 4]
    desk.runner.act(desk.frame, marks.not_mine, gone)
    desk.settle()
    desk.hear()
    assert shown(desk) == [each for each in requests if each != gone]
    assert desk.page.view.selected_key() == requests[-1]
    for _more in range(50):
        practice.a_request()
    desk.hear()
    desk.press("End", "End")
    assert len(shown(desk)) == PAGE + 20 - 1 + 50


def test_a_chip_narrows_the_list_and_is_remembered(desk_at: OpenDesk, practice: Practice) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    asked, cancelled = practice.a_request(), practice.a_request("cancel", appointment=appointment)
    desk = desk_at()
    assert shown(desk) == [asked, cancelled]
    cancel = 2 + list(RequestKind).index(RequestKind.CANCEL)
    pick(desk, "kinds", cancel)
    assert shown(desk) == [cancelled]
    assert desk.kept["tests.requests.filters"] == {"kinds": ["cancel"]}
    again = desk_at(preferences=desk.kept)
    assert shown(again) == [cancelled]
    pick(again, "kinds", 0)
    assert shown(again) == [asked, cancelled]


def test_the_last_line_of_a_chip_asks_for_a_value_that_no_menu_has(desk_at: OpenDesk, qtbot: QtBot) -> None:
    desk = desk_at()
    with qtbot.waitSignal(desk.page.filters.asked) as asked:
        pick(desk, "age", -1)
    assert asked.args == ["age"]
    desk.page.filters.offer("age", ((77, "over 77 min"),))
    desk.page.filters.choose("age", (77,))
    assert desk.page.wanted().filters["age"] == (77,)


def test_filters_that_fit_nothing_say_so_and_are_taken_away(desk_at: OpenDesk, practice: Practice) -> None:
    request = practice.a_request()
    desk = desk_at(preferences={"tests.requests.filters": {"kinds": ["reschedule"]}})
    pane = desk.page.stack.pane
    assert (pane.state(), pane.sentence()) == (State.EMPTY, "Nothing fits these filters.")
    desk.click(pane._button)
    assert shown(desk) == [request]
    assert desk.page.view.hasFocus()


def test_an_empty_list_says_what_is_empty(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    pane = desk.page.stack.pane
    assert (pane.state(), pane.sentence()) == (State.EMPTY, "No request is there.")
    request = practice.a_request()
    desk.hear()
    assert shown(desk) == [request]


def test_a_heading_orders_the_list_and_a_second_click_turns_it_round(desk_at: OpenDesk, practice: Practice) -> None:
    requests = [practice.a_request() for _number in range(3)]
    desk = desk_at()
    header = desk.page.view.horizontalHeader()
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(header.sectionViewportPosition(2) + 9, 9))
    desk.settle()
    assert shown(desk) == requests[::-1]
    assert header.sortIndicatorSection() == 2
    assert header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
    assert desk.page.order.words() == "Order: Arrived, descending"
    desk.page.order.menu_open().actions()[0].trigger()
    desk.settle()
    assert shown(desk) == requests
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(9, 9))
    desk.settle()
    assert shown(desk) == requests
    assert desk.kept["tests.requests.order"] == "arrival"


def test_the_menu_of_a_row_says_why_an_act_cannot_be_done(desk_at: OpenDesk, practice: Practice) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    cancelled, asked = practice.a_request("cancel", appointment=appointment), practice.a_request()
    desk = desk_at()
    desk.press("Shift+F10")
    assert menu_lines() == [(f"Not mine – {WHY_NOT}", False)]
    open_menu().close()
    desk.press("Down")
    view = desk.page.view
    dots = view.visualRect(desk.page.model.index(1, 3))
    desk.click(view.viewport(), dots.center())
    assert menu_lines() == [("Not mine", True)]
    open_menu().close()
    spot = view.visualRect(desk.page.model.index(0, 0)).center()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(view.viewport(), QContextMenuEvent(reason, spot, view.viewport().mapToGlobal(spot)))
    assert menu_lines() == [(f"Not mine – {WHY_NOT}", False)]
    open_menu().close()
    assert view.selected_key() == cancelled
    desk.press("Down", "Shift+F10")
    open_menu().actions()[0].trigger()
    open_menu().close()
    desk.settle()
    desk.hear()
    assert view.selected_key() == asked  # what is read stays in its place
    desk.press("Up")
    assert shown(desk) == [cancelled]


def test_a_list_that_cannot_be_read_says_why_and_is_tried_again(desk_at: OpenDesk, practice: Practice) -> None:
    request = practice.a_request()
    with Fault(practice):
        desk = desk_at()
        pane = desk.page.stack.pane
        assert pane.state() in (State.ERROR, State.OFFLINE)
    desk.click(pane._button)
    assert shown(desk) == [request]
    with Fault(practice):
        desk.page.feed.reload()
        desk.settle()
        assert desk.page.stack.is_content_shown()
        assert not desk.page.banner.isHidden()
    desk.click(desk.page.banner._button)
    assert desk.page.banner.isHidden()


def test_a_list_that_is_not_seen_is_read_when_it_is_seen_again(desk_at: OpenDesk, practice: Practice) -> None:
    first = practice.a_request()
    desk = desk_at()
    desk.page.hide()
    second = practice.a_request()
    desk.hear()
    assert shown(desk) == [first]
    desk.page.show()
    desk.settle()
    assert shown(desk) == [first, second]


def test_the_detail_follows_the_arrows_and_keys_go_there_and_back(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_request(message="first letter")
    second = practice.a_request(message="second letter")
    desk = desk_at()
    assert [body for _when, body in card(desk).letters.lines()] == ["first letter"]
    assert card(desk).facts.lines() == (("Name", "Zuri Okafor"),)
    desk.press("Down")
    assert card(desk).key == second
    assert [body for _when, body in card(desk).letters.lines()] == ["second letter"]
    desk.press("Return")
    assert desk.focus() is card(desk).place
    desk.press("Esc")
    assert desk.focus() is desk.page.view


def test_the_acts_of_the_detail_are_buttons_with_their_reasons(desk_at: OpenDesk, practice: Practice) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    practice.a_request("cancel", appointment=appointment)
    asked = practice.a_request()
    desk = desk_at()
    (button,) = card(desk).acts.buttons
    assert not button.isEnabled()
    assert card(desk).acts.why_not.text() == f"Not mine: {WHY_NOT}"
    desk.page.view.step(1)
    assert not card(desk).acts.isEnabled()  # until what it would be done with is shown
    desk.settle()
    assert card(desk).acts.isEnabled()
    assert card(desk).acts.why_not.isHidden()
    desk.click(button)
    desk.hear()
    assert desk.page.view.selected_key() == asked
    desk.press("Up")
    assert asked not in shown(desk)


def test_a_thing_is_opened_by_its_id_in_the_list_or_beside_it(desk_at: OpenDesk, practice: Practice) -> None:
    first, second = practice.a_request(), practice.a_request(message="beside")
    desk = desk_at()
    desk.page.open(second)
    desk.settle()
    assert desk.page.view.selected_key() == second
    desk.press("Shift+F10")
    open_menu().actions()[0].trigger()
    open_menu().close()
    desk.settle()
    desk.press("Up")
    assert shown(desk) == [first]
    desk.page.open(second)
    desk.settle()
    assert desk.page.view.selected_key() is None
    assert [body for _when, body in card(desk).letters.lines()] == ["beside"]
    desk.page.leave()
    assert card(desk).stack.pane.sentence() == "Choose a request."


def test_a_detail_that_cannot_be_read_says_why_and_is_tried_again(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_request()
    second = practice.a_request(message="second letter")
    desk = desk_at()
    with Fault(practice):
        desk.page.view.select_key(second)
        desk.settle()
        assert not card(desk).stack.is_content_shown()
    desk.click(card(desk).stack.pane._button)
    assert [body for _when, body in card(desk).letters.lines()] == ["second letter"]


@pytest.mark.parametrize("size", [(960, 680), (1366, 768)])
def test_the_detail_stands_below_where_there_is_little_width(
    desk_at: OpenDesk, practice: Practice, size: tuple[int, int]
) -> None:
    practice.a_request()
    desk = desk_at(size=size)
    page = desk.page
    is_wide = size[0] > 1000
    assert page.splitter.orientation() is (Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical)
    listed, told = page.stack.mapTo(page, QPoint()), card(desk).mapTo(page, QPoint())
    assert (told.x() > listed.x() + page.stack.width()) == is_wide
    assert (told.y() >= listed.y() + page.stack.height()) != is_wide
    assert page.stack.height() > 120
    assert told.y() + card(desk).height() <= page.height()
    assert nameless(desk.frame) == []


def test_a_column_for_wide_lists_is_left_out_of_narrow_ones(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_request()
    desk = desk_at()
    columns = (Column("Patient", row_name), Column("Place", row_name, 90, from_width=700))
    view = ColumnsView(ColumnsModel(columns, lambda row: row.id), name="Rows", parent=desk.frame)
    for width, is_hidden in ((699, True), (700, False), (699, True)):
        view.resize(width, 200)
        view.show()
        QApplication.processEvents()
        assert view.isColumnHidden(1) is is_hidden


def test_the_pointer_shades_no_single_cell(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_request()
    view = desk_at().page.view
    for column in range(view.model().columnCount()):
        index = view.model().index(0, column)
        look = QStyleOptionViewItem()
        look.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_MouseOver
        view.itemDelegateForIndex(index).initStyleOption(look, index)  # type: ignore[attr-defined]
        assert look.state == QStyle.StateFlag.State_Enabled
