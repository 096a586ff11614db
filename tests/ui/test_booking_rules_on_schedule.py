"""The booking rules of types where somebody books and moves on the schedule, with real keys and clicks (AP7, ACT7)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from request_desk.store import schema
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.schedule.slot_dialog import SlotDialog
from tests.builders import TODAY, Practice, wall
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk

Setup = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def desk(qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers) -> Iterator[PageDesk[SchedulePage]]:
    opened = PageDesk(qtbot, sqlite_practice, hand, SchedulePage)
    yield opened
    opened.close()


def give(practice: Practice, database_setup: Setup, **values: Any) -> None:
    """Give the well visit these rules."""
    kind = schema.appointment_type
    with database_setup(), practice.database.write() as connection:
        connection.execute(update(kind).where(kind.c.id == practice.well).values(**values))


def double_click(desk: PageDesk[SchedulePage], time: str) -> SlotDialog:
    """Double-click on the first column a little below a time, and choose Zuri."""
    view = desk.page.panel.view
    view.reveal(wall(TODAY, time))
    assert view._layout is not None
    spot = view._origin() + QPoint(60, view._layout.y_of(wall(TODAY, time)) + 4)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)
    desk.settle()
    dialog = desk.dialog()
    assert isinstance(dialog, SlotDialog)
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return")
    return dialog


def test_the_dialog_measures_the_times_for_the_patient_and_says_why(
    desk: PageDesk[SchedulePage], sqlite_practice: Practice, database_setup: Setup
) -> None:  # AP7
    give(sqlite_practice, database_setup, new_patient_minutes=60)
    dialog = double_click(desk, "10:15")
    chosen = dialog._chosen()
    assert chosen is not None
    assert chosen.ends_at - chosen.starts_at == timedelta(minutes=60)
    assert ", 60 min, Dr. Lindqvist" in dialog._what.text()
    assert dialog.rules._notes.text() == "Zuri Okafor is new here: Well visit takes 60 min."
    assert dialog.button.isEnabled()  # a note is only told


def test_a_rule_that_is_broken_is_said_and_needs_a_reason(
    desk: PageDesk[SchedulePage], sqlite_practice: Practice, database_setup: Setup
) -> None:  # AP7, ACT7
    practice = sqlite_practice
    give(practice, database_setup, max_age_months=36)
    dialog = double_click(desk, "10:15")
    told = "Well visit is for patients under 3 years; Zuri Okafor is 4 years old on Tue, Nov 24."
    assert dialog.rules._limits.text() == told
    desk.press("Ctrl+Return")
    assert desk.has_dialog()
    dialog.rules.reason.setFocus()
    desk.type("Small for her age")
    desk.press("Ctrl+Return")
    assert not desk.has_dialog()
    with database_setup(), practice.database.read() as connection:
        kept = connection.execute(select(schema.appointment.c.overrule)).scalars().all()
    assert kept == ["Small for her age"]


def test_the_first_times_that_are_offered_obey_the_rest(
    desk: PageDesk[SchedulePage], sqlite_practice: Practice, database_setup: Setup
) -> None:  # AP7
    practice = sqlite_practice
    give(practice, database_setup, rest_days=20)
    with database_setup():
        day = TODAY - timedelta(days=13)
        practice.an_appointment(practice.zuri, practice.lindqvist, day, "10:00", status="completed")
    desk.press("Ctrl+N")
    dialog = desk.dialog()
    assert isinstance(dialog, SlotDialog)
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return")
    assert dialog._slots
    assert min(slot.starts_at for slot in dialog._slots.values()) >= wall(TODAY + timedelta(days=7), "0:00")
    assert not dialog.rules.is_exception()
