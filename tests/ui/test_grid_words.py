"""What stands in a block of the schedule is never cut within a word."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QFont
from pytestqt.qtbot import QtBot

from request_desk.ui.schedule.appointment_words import with_initials, work_in_words
from request_desk.ui.schedule.grid_painting import below_name
from request_desk.ui.widgets.painting import first_words, text_width
from request_desk.ui.widgets.theme import app_theme
from tests.ui.grid_parts import DAY, appointment, at


@pytest.fixture
def font(qtbot: QtBot) -> QFont:
    return app_theme().small


@pytest.mark.parametrize(
    "text", ["Video follow-up", "Sports physical · confirmed, work-in", "Well visit", "健康検査", ""]
)
def test_a_line_without_room_says_fewer_words_and_no_part_of_one(font: QFont, text: str) -> None:  # UI5
    whole = text_width(font, text)
    assert first_words(font, text, whole) == text
    said = {first_words(font, text, room) for room in range(-9, whole)}
    for each in said:
        assert text.startswith(each)
        assert each == "" or not text[len(each)].isalnum()
    assert (text == "") or "" in said


def test_a_type_that_has_no_room_says_its_first_word(font: QFont) -> None:
    room = text_width(font, "Video follow")
    assert first_words(font, "Video follow-up", room) == "Video"
    assert first_words(font, "Asthma · arrived", text_width(font, "Asthma ·")) == "Asthma"


def test_below_a_name_type_and_state_share_a_line_have_one_each_or_the_state_goes_first(font: QFont) -> None:
    both = "Sports physical · arrived 8:12 AM"
    wide, narrow = text_width(font, both), text_width(font, "arrived 8:12 AM physical")
    assert below_name(font, "Sports physical", "arrived 8:12 AM", wide, 1) == [both]
    assert below_name(font, "Sports physical", "arrived 8:12 AM", narrow, 2) == ["Sports physical", "arrived 8:12 AM"]
    assert below_name(font, "Sports physical", "work-in", narrow, 1) == ["work-in"]
    assert below_name(font, "Sports physical", "", narrow, 1) == ["Sports physical"]


def test_a_work_in_is_called_so_where_nothing_else_is_told_of_it() -> None:
    plain = appointment(1, at(DAY, 9 * 60))
    assert work_in_words(plain, "") == ""
    assert work_in_words(replace(plain, lane=1), "") == "work-in"
    assert work_in_words(replace(plain, lane=1), "arrived") == "arrived, work-in"


@pytest.mark.parametrize(
    ("name", "said"),
    [("M. José Macaraeg", "M. J. Macaraeg"), ("J. García López", "J. G. López"), ("Suharto", "Suharto"), ("", "")],
)
def test_a_name_without_room_keeps_its_last_part(name: str, said: str) -> None:
    assert with_initials(name) == said
