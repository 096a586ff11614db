"""Half a screen beside the health record, large text: what decides an act stays in sight, and sheets give the focus back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from request_desk.domain.access import SYSTEM
from request_desk.domain.ids import RequestId
from request_desk.domain.phrases import parse
from request_desk.domain.requests import Disposition
from request_desk.paths import phrase_files
from request_desk.services.practice import phrases
from request_desk.store import schema
from request_desk.ui.widgets.states import BannerKind
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import Theme
from tests.builders import TODAY, Practice
from tests.ui.conftest import HandTimers
from tests.ui.inbox_desk import DeskWindow

Setup = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def request_id(sqlite_practice: Practice, database_setup: Setup) -> RequestId:
    practice = sqlite_practice
    with database_setup():
        shipped = [parse(path.read_text("utf-8")) for path in phrase_files()]
        practice.desk.perform(SYSTEM, phrases.sync_shipped, shipped)
        appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=9), "8:30")
        wishes = [practice.wish(TODAY, "9:20"), practice.wish(TODAY, "11:30", rank=2)]
        return practice.a_request("reschedule", appointment=appointment, wishes=wishes)


@pytest.fixture
def desk(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, tmp_path: Path, request_id: RequestId
) -> Iterator[DeskWindow]:
    window = DeskWindow(qtbot, sqlite_practice, hand, tmp_path / "drafts")
    window.show(request_id)
    yield window
    window.close()


def is_whole(part: QWidget, around: QWidget) -> bool:
    """Whether a part is painted to its last row of pixels."""
    end = part.mapTo(around, QPoint(part.width() - 1, part.height() - 1))
    return part.isVisible() and around.rect().contains(end) and part.visibleRegion().boundingRect() == part.rect()


@pytest.mark.parametrize("scale", [100, 115, 130])
@pytest.mark.parametrize("size", [(960, 680), (1366, 768), (1615, 920)])
def test_lines_button_and_all_four_dispositions_are_in_sight(
    desk: DeskWindow, theme: Theme, size: tuple[int, int], scale: int
) -> None:  # ACT4, RE2
    theme.set_scale(scale)
    desk.frame.resize(*size)
    desk.settle()
    desk.press("1")
    response = desk.response
    folded = response.disposition_chip.isVisible()
    choice = response.disposition_chip if folded else response.dispositions
    for part in (choice, response.lines, response.send, response.reply_only, response.editor):
        assert is_whole(part, response), (part, part.geometry(), response.rect())
    parts = [response.editor, choice, response.lines, response.send]
    tops = [part.mapTo(response, QPoint(0, 0)).y() for part in parts]
    assert tops == sorted(tops)
    assert all(top + part.height() <= below for top, part, below in zip(tops, parts, tops[1:], strict=False))
    if folded:
        assert [action.text() for action in response.disposition_chip.menu_open().actions()] == [
            "Completed: remove from all inboxes",
            "Remove from my inbox only",
            "Keep open",
            "Waiting for parent",
        ]


def test_the_folded_disposition_does_what_the_options_do(desk: DeskWindow, theme: Theme) -> None:
    theme.set_scale(130)
    desk.frame.resize(960, 680)
    desk.settle()
    keep_open = desk.response.disposition_chip.menu_open().actions()[2]
    keep_open.trigger()
    desk.settle()
    now = desk.page.response_controller.request_controller.now
    assert now is not None
    assert now.disposition is Disposition.OPEN
    assert desk.response.dispositions.value() is Disposition.OPEN


@pytest.mark.parametrize("scale", [100, 130])
def test_a_refusal_takes_nothing_out_of_sight(desk: DeskWindow, theme: Theme, scale: int) -> None:
    theme.set_scale(scale)
    desk.frame.resize(960, 680)
    desk.settle()
    desk.press("1")
    response = desk.response
    response.explain("9:20 AM was taken a moment ago by Kofi Prah. These times are free.")
    desk.settle()
    folded = response.disposition_chip.isVisible()
    choice = response.disposition_chip if folded else response.dispositions
    for part in (response.refusal_bar, choice, response.lines, response.send):
        assert is_whole(part, response), (part, part.geometry(), response.rect())
    response.clear_refusal()
    desk.settle()
    assert response.dispositions.isVisible() == (scale == 100)


@pytest.mark.parametrize("keys", ["F", "S", "C", "P"])
@pytest.mark.parametrize("place", ["list", "message"])
def test_escape_closes_a_sheet_and_the_focus_is_where_it_was(desk: DeskWindow, keys: str, place: str) -> None:
    before = {"list": desk.page.list, "message": desk.page.message}[place]
    before.setFocus()
    desk.press(keys)
    assert desk.dialog().isVisible()
    desk.press("Escape")
    assert QApplication.activeModalWidget() is None
    assert desk.frame.focusWidget() is before


def test_escape_in_the_phrases_leads_back_into_the_text(desk: DeskWindow) -> None:
    desk.press("R")
    desk.press("Ctrl+P")
    assert desk.dialog().isVisible()
    desk.press("Escape")
    assert desk.frame.focusWidget() is desk.response.editor


@pytest.mark.parametrize("command", ["forward", "wait", "cancel", "phrases", "deliveries"])
def test_no_sheet_is_larger_than_the_smallest_window(desk: DeskWindow, theme: Theme, command: str) -> None:
    theme.set_scale(130)
    desk.frame.resize(960, 680)
    desk.settle()
    desk.frame.commands.run(f"inbox.{command}")
    desk.settle()
    sheet = desk.dialog()
    assert sheet.width() <= 960
    assert sheet.height() <= 680
    sheet.close()


@pytest.mark.parametrize("scale", [100, 130])
def test_what_must_not_be_overlooked_is_seen_without_scrolling(
    desk: DeskWindow, sqlite_practice: Practice, theme: Theme, scale: int, database_setup: Setup
) -> None:  # MC3
    relation = schema.contact_patient
    with database_setup(), sqlite_practice.database.write() as connection:
        connection.execute(
            update(relation).where(relation.c.contact_id == sqlite_practice.amara.id).values(may_book=False)
        )
    desk.hub.reread()
    theme.set_scale(scale)
    desk.frame.resize(960, 680)
    desk.settle()
    message = desk.page.message
    assert "has no right to book" in message.safety_bar.text()
    assert is_whole(message.safety_bar, message), (message.safety_bar.geometry(), message.rect())


LONG = ("Anna-Maximiliana", "Ponce de León Villavicencio")
LONGER = ("Anastasia Konstantina Theodora", "Papakonstantinopoulou-Hadjigeorgiou-Featherstonehaugh")


@pytest.mark.parametrize("scale", [100, 115, 130])
@pytest.mark.parametrize("name", [LONG, LONGER])
def test_no_size_cuts_a_long_name_or_its_birth_date(
    desk: DeskWindow,
    sqlite_practice: Practice,
    theme: Theme,
    database_setup: Setup,
    name: tuple[str, str],
    scale: int,
) -> None:  # UI5
    given, family = name
    with database_setup():
        child = sqlite_practice.a_patient(given, family, date(2019, 5, 4))
        mother = sqlite_practice.a_contact("Ida", family, "ida@example.org", {child: {"relation": "mother"}})
        wishes = [sqlite_practice.wish(TODAY, "9:20")]
        request_id = sqlite_practice.a_request("schedule", by=mother, patient=child, wishes=wishes)
    desk.hub.reread()
    theme.set_scale(scale)
    desk.frame.resize(960, 680)
    desk.settle()
    lines = desk.page.row_lines(request_id)
    assert lines is not None
    assert lines.tells_apart or name is LONGER  # two lines do not hold it
    assert any(run.text.endswith("05/04/19") for run in (*lines.upper, *lines.lower))
    said = "".join(run.text for run in (*lines.upper, *lines.lower)).replace(" ", "")
    assert said.startswith(f"{family}, {given}".replace(" ", "") if name is LONG else family[:20])
    desk.show(request_id)
    message = desk.page.message
    assert message.patient.text() == f"{given} {family}, 7 y, born 05/04/2019"
    assert is_whole(message.patient, message)
    assert message.patient.height() >= message.patient.heightForWidth(message.patient.width())
    assert not message.title.is_cut()


def test_a_row_says_less_where_it_has_less_room(desk: DeskWindow, theme: Theme, request_id: RequestId) -> None:  # UI5
    desk.frame.resize(2560, 1440)
    desk.settle()
    wide = desk.page.row_lines(request_id)
    theme.set_scale(130)
    desk.frame.resize(960, 680)
    desk.settle()
    narrow = desk.page.row_lines(request_id)
    assert wide is not None
    assert narrow is not None
    assert [run.text for run in wide.upper] == ["Okafor, Zuri", "4 y · 03/12/22 · from Amara (mother)"]
    assert wide.has_place
    assert wide.tells_all
    assert [run.text for run in narrow.upper] == ["Okafor, Zuri", "4 y · 03/12/22"]
    assert narrow.lower[-1].text == "wants today 9:20 AM or 11:30 AM"
    assert not narrow.has_place


@pytest.mark.parametrize("scale", [100, 130])
def test_offered_times_are_whole_where_they_stand_low(desk: DeskWindow, theme: Theme, scale: int) -> None:  # ACT2
    theme.set_scale(scale)
    desk.frame.resize(960, 680)
    desk.settle()
    field = desk.page.strip.field
    assert field.height() >= field.sizeHint().height()


def test_every_act_can_be_reached_where_its_button_has_no_room(desk: DeskWindow, theme: Theme) -> None:
    theme.set_scale(130)
    desk.frame.resize(960, 680)
    desk.settle()
    message = desk.page.message
    assert is_whole(message.more_button, message)
    message.more_button.click()
    entries = [action.text() for action in message.more_button.findChildren(QMenu)[0].actions() if action.isVisible()]
    assert entries == ["Reply", "Forward", "Cancel visit", "Offer times", "Mark unread", "Not mine"]
    message.more_button.findChildren(QMenu)[0].close()
    theme.set_scale(100)
    desk.frame.resize(1615, 920)
    desk.settle()
    assert not message.more_button.isVisible()
    assert message.button("inbox.reply").isVisible()


SIZES = [(960, 680), (1366, 768), (1615, 920), (2560, 1440)]
OFFLINE = "The database cannot be reached. You can go on reading and writing; what you type is kept, sending waits."


def cards_of(desk: DeskWindow) -> dict[str, QRect]:
    """Where the cards of the Message Center are on its page."""
    page = desk.page
    parts = {
        "list": page.list_card,
        "message": page.message_stack,
        "schedule": page.schedule,
        "strip": page.strip,
        "response": page.response,
    }
    return {
        name: QRect(part.mapTo(page, QPoint(0, 0)), part.size()) for name, part in parts.items() if part.isVisible()
    }


def assert_cards_stand_apart(desk: DeskWindow, theme: Theme) -> None:
    gap, cards = theme.px(14), cards_of(desk)
    assert cards["message"].top() - cards["list"].bottom() - 1 == gap, cards
    for above in {"schedule", "strip"} & set(cards):
        assert cards["response"].top() - cards[above].bottom() - 1 == gap, cards
    assert cards["response"].left() - cards["list"].right() - 1 == gap, cards
    assert cards["message"].bottom() == cards["response"].bottom() == desk.page.height() - 1, cards


def bars(desk: DeskWindow, names: str) -> None:
    page = desk.page
    said = {
        "offline": (page.live_bar, OFFLINE),
        "news": (page.message.news_bar, "Kofi Prah changed this request just now."),
        "safety": (page.message.safety_bar, "Hoa Nguyen has no right to book for An Nguyen. " * 2),
    }
    for name, (bar, sentence) in said.items():
        if name in names:
            bar.say(BannerKind.WARNING, sentence, action="Show", dismissible=True)
        else:
            bar.clear()
    if "refusal" in names:
        desk.response.explain("9:20 AM was taken a moment ago by Kofi Prah. These times are free.")
    else:
        desk.response.clear_refusal()
    desk.settle()


@pytest.mark.parametrize("scale", [100, 115, 130])
@pytest.mark.parametrize("size", SIZES)
def test_cards_never_touch_whatever_bars_come_and_go(
    desk: DeskWindow, theme: Theme, size: tuple[int, int], scale: int
) -> None:
    theme.set_scale(scale)
    desk.frame.resize(*size)
    desk.settle()
    assert_cards_stand_apart(desk, theme)
    alone = cards_of(desk)
    for names in (
        "safety",
        "offline",
        "offline safety",
        "news safety",
        "refusal",
        "offline refusal news",
        "",
    ):
        bars(desk, names)
        assert_cards_stand_apart(desk, theme)
        assert (
            desk.page.message.safety_bar.height()
            >= desk.page.message.safety_bar.heightForWidth(desk.page.message.safety_bar.width())
            or not desk.page.message.safety_bar.isVisible()
        )
    assert cards_of(desk) == alone  # what a bar took is given back


@pytest.mark.parametrize("scale", [115, 130])
@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("names", ["", "offline", "refusal"])
def test_nothing_in_the_response_is_pressed_together(
    desk: DeskWindow, theme: Theme, size: tuple[int, int], scale: int, names: str
) -> None:
    theme.set_scale(scale)
    desk.frame.resize(*size)
    desk.settle()
    bars(desk, names)
    response = desk.response
    assert response.height() >= response.minimumSizeHint().height()


def test_the_selected_row_stays_in_sight_where_the_list_gets_lower(
    desk: DeskWindow, sqlite_practice: Practice, theme: Theme, database_setup: Setup
) -> None:  # MC7
    with database_setup():
        for minute in range(12):
            sqlite_practice.a_request("schedule", wishes=[sqlite_practice.wish(TODAY, f"10:{minute:02}")])
    desk.hub.reread()
    desk.settle()
    rows = desk.page.list
    while rows.visualRect(rows.currentIndex()).bottom() + rows.row_height() < rows.viewport().height():
        desk.press("J")
    bars(desk, "safety news")
    desk.frame.resize(960, 680)
    desk.settle()
    assert rows.viewport().rect().contains(rows.visualRect(rows.currentIndex()))


@pytest.mark.parametrize("size", [(1366, 768), (1440, 860), (1615, 920)])
def test_no_label_is_cut_in_a_usual_window(desk: DeskWindow, size: tuple[int, int]) -> None:  # UI5
    desk.frame.resize(*size)
    desk.settle()
    cut = [label.text() for label in desk.frame.findChildren(PlainLabel) if label.isVisible() and label.is_cut()]
    pressed = [
        button.text() or button.accessibleName()
        for button in desk.frame.findChildren(QAbstractButton)
        if button.isVisible() and button.width() < button.sizeHint().width()
    ]
    assert cut == []
    assert pressed == []
    search = desk.page.filters.search
    assert search.fontMetrics().horizontalAdvance(search.placeholderText()) < search.width()


@pytest.mark.parametrize("scale", [100, 130])
def test_all_tabs_say_less_where_one_of_them_would_have_to(desk: DeskWindow, theme: Theme, scale: int) -> None:
    theme.set_scale(scale)
    for size in SIZES:
        desk.frame.resize(*size)
        desk.settle()
        tabs = desk.page.filters.tabs
        widths = [tabs.tabRect(place).width() for place in range(tabs.count())]
        assert widths == [tabs.tabSizeHint(place).width() for place in range(tabs.count())]


@pytest.mark.parametrize("scale", [100, 130])
@pytest.mark.parametrize("size", SIZES)
def test_every_time_that_is_offered_has_its_line_and_the_day_its_name(
    desk: DeskWindow, theme: Theme, size: tuple[int, int], scale: int
) -> None:  # ACT2
    theme.set_scale(scale)
    desk.frame.resize(*size)
    desk.settle()
    for line in (desk.page.message.wished, desk.page.message.others):
        assert line.height() >= line.heightForWidth(line.width())
    title = desk.page.schedule.title
    if title.isVisible():
        assert title.fontMetrics().horizontalAdvance(title.text()) <= title.width()
