"""What stays and what is said in the Message Center: the open request under other filters, follow-ups, other languages."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from request_desk.domain.access import SYSTEM
from request_desk.domain.phrases import parse
from request_desk.domain.requests import Disposition, Reply, Tab
from request_desk.paths import phrase_files
from request_desk.services.inbox import handling, view as request_view
from request_desk.services.practice import phrases
from request_desk.ui.inbox.conflict_sheet import ConflictSheet
from request_desk.ui.lists.windowed import PAGE
from tests.builders import TODAY, Practice
from tests.ui.conftest import HandTimers
from tests.ui.inbox_desk import DeskWindow

Setup = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def desks(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, tmp_path: Path, database_setup: Setup
) -> Iterator[Callable[..., DeskWindow]]:
    """Open desks on the practice; they are closed after the test."""
    opened: list[DeskWindow] = []
    with database_setup():
        shipped = [parse(path.read_text("utf-8")) for path in phrase_files()]
        sqlite_practice.desk.perform(SYSTEM, phrases.sync_shipped, shipped)

    def open_desk(**values: object) -> DeskWindow:
        window = DeskWindow(qtbot, sqlite_practice, hand, tmp_path / "drafts", **values)  # type: ignore[arg-type]
        opened.append(window)
        return window

    yield open_desk
    for window in opened:
        window.close()


def test_another_location_leaves_the_open_request_open(
    desks: Callable[..., DeskWindow], sqlite_practice: Practice, database_setup: Setup
) -> None:  # the keyboard: Alt+1 … 9 and Alt+0 change the list alone
    practice = sqlite_practice
    with database_setup():
        first = practice.a_request(wishes=[practice.wish(TODAY, "10:00")], place=practice.northside)
        second = practice.a_request(wishes=[practice.wish(TODAY, "11:00")], place=practice.harbor)
    desk = desks()
    desk.look()
    desk.press("J")
    assert desk.shown == second
    desk.press("R")
    desk.type("one moment")
    desk.press("Escape")
    for key, listed, selected in (("Alt+1", {first}, None), ("Alt+0", {first, second}, second)):
        desk.press(key)
        assert set(desk.rows()) == listed
        assert (desk.shown, desk.page.list.selected_key(), desk.text) == (second, selected, "one moment")
    desk.press("K")
    assert desk.shown == first


def test_an_answered_request_takes_a_follow_up_but_no_empty_one(
    desks: Callable[..., DeskWindow], sqlite_practice: Practice, database_setup: Setup
) -> None:
    practice = sqlite_practice
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TODAY, "10:00")])
        practice.desk.perform(
            practice.maria, handling.resolve, request, None, reply=Reply("Done."),
            disposition=Disposition.COMPLETED, expect_version=1,
        )  # fmt: skip
    desk = desks()
    desk.page.filters.tabs.choose(Tab.COMPLETED.value)
    desk.settle()
    desk.look()
    assert desk.shown == request
    desk.press("Ctrl+Return")
    assert "answered already" in desk.response.refusal_bar.text()
    desk.press("R")
    desk.type("One more thing: please bring the card.")
    desk.press("Ctrl+Return")
    with database_setup():
        thread = practice.desk.query(practice.admin, request_view.open_request, request).thread
    assert [each.body for each in thread][-1] == "One more thing: please bring the card."


def test_a_request_that_was_taken_back_offers_no_follow_up(
    desks: Callable[..., DeskWindow], sqlite_practice: Practice, database_setup: Setup
) -> None:  # MC9
    practice = sqlite_practice
    with database_setup():
        request = practice.a_request(wishes=[practice.wish(TODAY, "10:00")])
    desk = desks()
    desk.look()
    desk.press("R")
    desk.type("See you soon.")
    with database_setup():
        practice.desk.perform(practice.amara, handling.withdraw, request)
    desk.press("Ctrl+Return")
    sheet = desk.dialog()
    assert isinstance(sheet, ConflictSheet)
    assert not sheet.follow.isVisible()
    sheet.button.click()
    desk.settle()
    assert "See you soon." in desk.text
    assert not desk.response.send.isEnabled()
    assert "taken this request back" in desk.response.lines.text()


def test_a_reply_in_another_language_than_the_parents_is_said_before_sending(
    desks: Callable[..., DeskWindow], sqlite_practice: Practice, database_setup: Setup
) -> None:  # RE2
    practice = sqlite_practice
    with database_setup():
        rosa = practice.a_contact(
            "Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "grandmother"}}, language="fr"
        )
        request = practice.a_request(by=rosa, wishes=[practice.wish(TODAY + timedelta(days=1), "10:00")])
    desk = desks()
    desk.look()
    desk.press("1")
    assert "This phrase is in English; the parent reads French." in desk.response.refusal_bar.text()
    reply = desk.response.reply()
    assert reply is not None
    assert reply.language == "en"
    assert desk.response.own.isHidden()
    assert desk.shown == request


def test_a_parent_who_reads_spanish_is_answered_in_spanish_with_the_english_beside_it(
    desks: Callable[..., DeskWindow], sqlite_practice: Practice, database_setup: Setup
) -> None:  # RE2
    practice = sqlite_practice
    with database_setup():
        rosa = practice.a_contact(
            "Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "mother"}}, language="es"
        )
        practice.a_request(by=rosa, wishes=[practice.wish(TODAY + timedelta(days=1), "10:00")])
    desk = desks()
    desk.look()
    assert desk.response.own.isHidden()
    desk.press("1")
    assert desk.text.startswith(
        "Hola, Rosa:\n\nLa cita de Zuri (Well visit) quedó reservada para mié, 25 de nov, 10:00 a.m."
    )
    assert desk.response.refusal_bar.isHidden()
    assert desk.response.own.isVisible()
    own = desk.response.own.text()
    assert own.startswith("In English, as the phrase has it:\nHi Rosa,")
    assert "Zuri's well visit is booked for Wed, Nov 25, 10:00 AM with Dr. Astrid Lindqvist" in own
    reply = desk.response.reply()
    assert reply is not None
    assert reply.language == "es"
    desk.press("Ctrl+Return")  # the letter and the act agree in Spanish too
    assert desk.shown is None


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_reply_that_is_taken_up_again_is_still_in_its_own_language(
    desks: Callable[..., DeskWindow], sqlite_practice: Practice, database_setup: Setup, language: str
) -> None:  # RE2: from the draft, and after Undo
    practice = sqlite_practice
    with database_setup():
        rosa = practice.a_contact(
            "Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "mother"}}, language=language
        )
        practice.a_request(by=rosa, wishes=[practice.wish(TODAY + timedelta(days=1), "10:00")])
        practice.a_request(wishes=[practice.wish(TODAY + timedelta(days=2), "11:00")])
    desk = desks()
    desk.look()
    desk.press("1")
    written = desk.response.reply()
    assert written is not None
    assert written.language == language
    desk.press("J", "K")
    assert desk.response.reply() == written
    assert {"en": "English", "es": "Spanish"}[language] in desk.response.lines.text()


def test_what_is_open_again_leaves_the_completed_ones_behind_their_first_page_too(
    desks: Callable[..., DeskWindow], sqlite_practice: Practice, database_setup: Setup
) -> None:
    practice = sqlite_practice
    requests = []
    with database_setup():
        for _number in range(PAGE + 6):
            requests.append(request := practice.a_request())
            version = practice.desk.query(practice.maria, request_view.open_request, request).version
            practice.desk.perform(
                practice.maria, handling.resolve, request, None, reply=Reply("Done."),
                disposition=Disposition.COMPLETED, expect_version=version,
            )  # fmt: skip
    desk = desks()
    desk.page.filters.tabs.choose(Tab.COMPLETED.value)
    desk.settle()
    newest_first = requests[::-1]
    assert desk.rows() == newest_first[:PAGE]
    desk.press("End", "End")
    assert desk.rows() == newest_first
    assert desk.shown == requests[0]
    desk.hand.advance(120)  # the grace of the answers is over
    with database_setup():
        practice.desk.perform(practice.amara, handling.answer, requests[3], "one more question")
    desk.hear()
    assert desk.rows() == [each for each in newest_first if each != requests[3]]
    assert desk.shown == requests[0]
