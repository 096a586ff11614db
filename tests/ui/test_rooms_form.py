"""Rooms in the settings: who may not give a new one asks for it, and who may sees what is asked for (AD1, VM1)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from request_desk.domain.access import Actor, Role
from request_desk.services.practice import suggestions
from request_desk.services.practice.suggestions import About, Suggestion
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.settings.meeting_form import MeetingForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.suggestion_parts import SuggestionForm
from tests.builders import Practice
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import Arranged, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
Opened = tuple[PageDesk[SettingsPage], MeetingForm]


@pytest.fixture
def practice(sqlite_practice: Practice, database_setup: Setup) -> Practice:
    return cast("Practice", Arranged(sqlite_practice, database_setup))


@pytest.fixture
def ruth(practice: Practice) -> Actor:
    return practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER, Role.TYPES])


@pytest.fixture
def open_rooms(qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers) -> Iterator[Callable[[Actor], Opened]]:
    opened: list[PageDesk[SettingsPage]] = []

    def open_desk(actor: Actor) -> Opened:
        desk = PageDesk(qtbot, sqlite_practice, hand, SettingsPage, actor=actor)
        opened.append(desk)
        desk.page.groups.setFocus()
        desk.press("Home")
        while not isinstance(desk.page.form(), MeetingForm):
            desk.press("Down")
        return desk, cast("MeetingForm", desk.page.form())

    yield open_desk
    for desk in opened:
        desk.close()


@pytest.fixture
def waiting(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], tuple[Suggestion, ...]]:
    def read() -> tuple[Suggestion, ...]:
        with database_setup():
            return sqlite_practice.desk.query(sqlite_practice.maria, suggestions.open_suggestions, About.ROOM)

    return read


def test_who_may_not_give_a_new_room_asks_for_one(
    open_rooms: Callable[[Actor], Opened], practice: Practice, waiting: Callable[[], tuple[Suggestion, ...]]
) -> None:  # AD1
    desk, form = open_rooms(practice.maria)
    assert not form.room_button.isVisible()
    form.provider.choose(practice.mwangi)
    desk.click(form.ask_button)
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    assert isinstance(window.form, SuggestionForm)
    desk.type("A mother posted the address.")
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    (found,) = waiting()
    assert (found.text, found.about_id) == ("A mother posted the address.", practice.mwangi)
    (card,) = form.asked.cards
    assert card.text.text() == "A mother posted the address."
    assert not card.take_over.isVisible()
    assert form.provider.key() == practice.mwangi  # reading again chooses nobody else
    desk.press("Ctrl+Shift+Z")
    assert waiting() == ()
    assert not form.asked.isVisible()


@pytest.mark.parametrize("button", ["take_over", "close_it"])
def test_who_may_sees_what_is_asked_for_and_settles_it(
    open_rooms: Callable[[Actor], Opened],
    practice: Practice,
    ruth: Actor,
    waiting: Callable[[], tuple[Suggestion, ...]],
    database_setup: Setup,
    button: str,
) -> None:  # AD1
    with database_setup():
        practice.desk.perform(practice.maria, suggestions.suggest, About.ROOM, practice.mwangi, "<b>New</b> room")
    desk, form = open_rooms(ruth)
    assert not form.ask_button.isVisible()
    assert form.provider.key() == practice.lindqvist
    assert form.asked.cards == []
    assert form.others.text() == "Changes are asked for the rooms of: Dr. Mwangi."
    form.provider.choose(practice.mwangi)
    desk.settle()
    assert not form.others.isVisible()
    (card,) = form.asked.cards
    assert card.text.text() == "<b>New</b> room"
    assert nameless(desk.frame) == []
    desk.click(getattr(card, button))
    assert waiting() == ()
    assert form.asked.cards == []
    desk.press("Ctrl+Shift+Z")
    assert len(waiting()) == 1
    assert len(form.asked.cards) == 1
