"""What is chosen in the dialog that books from the schedule: where, and beside whom; its times are in `test_schedule_page`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from request_desk.store import schema
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.schedule.slot_dialog import SlotDialog
from tests.builders import TODAY, Practice, wall
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[[], PageDesk[SchedulePage]]
SATURDAY = date(2026, 11, 28)


@pytest.fixture
def desk_at(qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers) -> Iterator[OpenDesk]:
    opened: list[PageDesk[SchedulePage]] = []

    def open_desk() -> PageDesk[SchedulePage]:
        opened.append(PageDesk(qtbot, sqlite_practice, hand, SchedulePage))
        return opened[-1]

    yield open_desk
    for desk in opened:
        desk.close()


def dialog_of(desk: PageDesk[SchedulePage]) -> SlotDialog:
    found = desk.dialog()
    assert isinstance(found, SlotDialog)
    return found


def double_click(desk: PageDesk[SchedulePage], time: str) -> SlotDialog:
    """Double-click on the first column a little below a time."""
    view = desk.page.panel.view
    view.reveal(wall(TODAY, time))
    assert view._layout is not None
    spot = view._origin() + QPoint(60, view._layout.y_of(wall(TODAY, time)) + 4)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)
    desk.settle()
    return dialog_of(desk)


def choose(desk: PageDesk[SchedulePage], box: object, value: object) -> None:
    box.setCurrentIndex(box.findData(value))  # type: ignore[attr-defined]
    desk.settle()


def test_only_times_of_the_chosen_location_are_offered(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup
) -> None:  # ACT1
    practice = sqlite_practice
    desk = desk_at()
    desk.press("Ctrl+N")
    dialog = dialog_of(desk)
    assert dialog.location_box.currentText() == "Any location"
    assert {slot.location_id for slot in dialog._slots.values()} == {practice.northside, practice.harbor}
    choose(desk, dialog.location_box, practice.harbor)
    assert {slot.location_id for slot in dialog._slots.values()} == {practice.harbor}
    choose(desk, dialog.provider_box, practice.lindqvist)  # is not there
    assert not dialog._stack.is_content_shown()
    choose(desk, dialog.location_box, None)
    assert {slot.provider_id for slot in dialog._slots.values()} == {practice.lindqvist}


def test_another_place_than_the_clicked_one_forgets_the_click(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup
) -> None:
    practice = sqlite_practice
    with database_setup():
        other = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
        for start in ("9:00", "10:10"):
            practice.an_appointment(other, practice.lindqvist, TODAY, start)
    desk = desk_at()
    dialog = double_click(desk, "9:45")
    choose(desk, dialog.type_box, practice.well)
    assert dialog.said.text() == "Well visit needs 40 min, 30 min free here."
    choose(desk, dialog.provider_box, None)
    choose(desk, dialog.location_box, practice.harbor)
    assert dialog.said.isHidden()
    assert {slot.location_id for slot in dialog._slots.values()} == {practice.harbor}


def test_a_practice_with_one_location_is_not_asked_where(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup
) -> None:
    practice = sqlite_practice
    with database_setup(), practice.database.write() as connection:
        place = schema.location
        connection.execute(update(place).where(place.c.id == practice.harbor).values(active=False))
    desk = desk_at()
    desk.press("Ctrl+N")
    assert not dialog_of(desk).location_box.isVisible()
