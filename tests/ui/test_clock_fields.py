"""Days and times are typed where they are clicked: what is typed takes the place of the part under the pointer."""

import re
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtWidgets import QDateTimeEdit
from pytestqt.qtbot import QtBot

import request_desk.ui
from request_desk.ui.schedule.wall_time_edit import WallTimeEdit
from request_desk.ui.widgets.clock_fields import DayField, TimeField

UI = Path(request_desk.ui.__file__).parent


def click(qtbot: QtBot, edit: QDateTimeEdit, sign: int) -> None:
    """Press the left button behind this sign of what the field shows."""
    line = edit.lineEdit()
    line.setCursorPosition(sign)
    at = line.cursorRect().center()
    line.setCursorPosition(0)
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(at))


@pytest.mark.parametrize(
    ("part", "typed", "becomes"),
    [
        (0, "7", "7:20 AM"),
        (2, "45", "9:45 AM"),
        (4, "05", "9:05 AM"),
        (6, "p", "9:20 PM"),
        (6, "Pm", "9:20 PM"),
        (6, "a", "9:20 AM"),
    ],
)
def test_what_is_typed_after_a_click_replaces_the_part_of_a_time_that_was_clicked(
    qtbot: QtBot, part: int, typed: str, becomes: str
) -> None:
    edit = TimeField("From")
    edit.setDisplayFormat("h:mm AP")
    edit.show_minute(9 * 60 + 20)
    qtbot.addWidget(edit)
    edit.show()
    click(qtbot, edit, part)
    qtbot.keyClicks(edit, typed)
    assert edit.text() == becomes


def test_a_click_into_a_day_and_a_moment_does_the_same(qtbot: QtBot) -> None:
    day, moment = DayField("Day"), WallTimeEdit("From")
    day.show_day(date(2026, 11, 24))
    moment.setDate(QDate(2026, 11, 24))
    for edit, sign, typed in (
        (day, len("Tue, Nov 2"), "9"),
        (day, len("Mo"), "7"),
        (moment, len("Nov 24, 20"), "2027"),
    ):
        qtbot.addWidget(edit)
        edit.show()
        click(qtbot, edit, sign)
        qtbot.keyClicks(edit, typed)
    assert day.day() == date(2026, 11, 7)
    assert moment.date() == QDate(2027, 11, 24)


def test_every_field_for_a_day_or_a_time_is_one_of_these() -> None:
    bare = re.compile(r"= Q(Date|Time|DateTime)Edit\(")
    made = {path.name for path in UI.rglob("*.py") if bare.search(path.read_text("utf-8"))}
    assert made == set()


def test_the_keyboard_begins_with_the_number_of_the_day(qtbot: QtBot) -> None:
    day = DayField("Day")
    day.show_day(date(2026, 11, 24))
    qtbot.addWidget(day)
    with qtbot.waitActive(day):
        day.show()
        day.activateWindow()
    day.clearFocus()
    day.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClicks(day, "7")
    assert day.day() == date(2026, 11, 7)


def test_a_day_is_shown_whole(qtbot: QtBot) -> None:  # UI5
    day = DayField("Day")
    day.show_day(date(2026, 9, 30))
    qtbot.addWidget(day)
    day.resize(day.minimumSize())
    day.show()
    line = day.lineEdit()
    assert line.fontMetrics().horizontalAdvance(line.text()) + line.textMargins().left() < line.width()
