"""The booking rules of types where somebody books and moves on the schedule, with real keys and clicks (AP7, ACT7)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from request_desk.domain.ids import AppointmentId
from request_desk.store import schema
from request_desk.ui.schedule.move_dialog import MoveDialog
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


# Dragging


def hold_over(desk: PageDesk[SchedulePage], appointment_id: AppointmentId, time: str, across: int = 0) -> None:
    """Drag an appointment of today to a time and so many columns to the right, and do not let go."""
    view = desk.page.panel.view
    shown = view.shown()
    assert shown is not None
    entry = next(each for column in shown.columns for each in column.entries if each.id == appointment_id)
    view.reveal(entry.starts_at)
    QApplication.processEvents()
    assert view._layout is not None
    start, width = view.rect_of(entry).center(), view._layout.column_rect(0, 0, 0).width()
    down = view._layout.y_of(wall(TODAY, time)) - view._layout.y_of(entry.starts_at)
    desk.drag(view.viewport(), start, start + QPoint(width * across, down + 1), let_go=False)
    desk.settle()


def let_go(desk: PageDesk[SchedulePage]) -> None:
    QTest.mouseRelease(
        desk.page.panel.view.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        desk.page.panel.view.viewport().rect().center(),
    )
    desk.settle()


@pytest.fixture
def zuri_at_ten(sqlite_practice: Practice, database_setup: Setup) -> AppointmentId:
    with database_setup():
        return sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, TODAY, "10:00")


def test_the_ghost_is_as_long_as_the_visit_will_be(
    zuri_at_ten: AppointmentId, desk: PageDesk[SchedulePage], sqlite_practice: Practice, database_setup: Setup
) -> None:  # AP7, ACT1
    practice = sqlite_practice
    with database_setup():
        practice.insert(
            schema.appointment_type_duration,
            type_id=practice.well,
            provider_id=practice.mwangi,
            duration_minutes=70,
        )
    hold_over(desk, zuri_at_ten, "11:00", across=1)
    assert desk.page.panel.view._drop_ends == wall(TODAY, "12:10")
    hold_over(desk, zuri_at_ten, "11:00")
    assert desk.page.panel.view._drop_ends == wall(TODAY, "11:40")
    let_go(desk)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"max_age_months": 36},
            "Well visit is for patients under 3 years; Zuri Okafor is 4 years old on Tue, Nov 24.",
        ),
        ({"rest_days": 30}, "Well visit"),
        ({"notice_minutes": 24 * 60}, "Well visit needs 24 hours of notice, and this time is sooner."),
    ],
    ids=["age", "rest", "notice"],
)
def test_what_a_drop_would_break_is_said_before_as_the_drop_says_it(
    zuri_at_ten: AppointmentId,
    desk: PageDesk[SchedulePage],
    sqlite_practice: Practice,
    database_setup: Setup,
    values: dict[str, int],
    told: str,
) -> None:  # AP7, ACT7
    give(sqlite_practice, database_setup, **values)
    with database_setup():
        day = TODAY - timedelta(days=13)
        sqlite_practice.an_appointment(
            sqlite_practice.zuri, sqlite_practice.lindqvist, day, "10:00", status="completed"
        )
    hold_over(desk, zuri_at_ten, "11:00")
    said = desk.page.panel.view._against
    assert said.startswith(told)
    let_go(desk)
    dialog = desk.dialog()
    assert isinstance(dialog, MoveDialog)
    assert dialog.rules._limits.text() == said


def test_a_full_session_and_a_provider_who_does_not_do_it_are_said_before_the_drop(
    zuri_at_ten: AppointmentId, desk: PageDesk[SchedulePage], sqlite_practice: Practice, database_setup: Setup
) -> None:  # AV6, AP6
    practice = sqlite_practice
    with database_setup():
        other = practice.a_patient("Ida", "Novak", TODAY - timedelta(days=2000))
        practice.an_appointment(other, practice.mwangi, TODAY, "15:00", place=practice.harbor)
        with practice.database.write() as connection:
            window = schema.availability_window
            connection.execute(update(window).where(window.c.provider_id == practice.mwangi).values(cap=1))
    hold_over(desk, zuri_at_ten, "11:00", across=1)
    assert "takes 1 of “Well visit”, and has them." in desk.page.panel.view._against
    with database_setup():
        practice.insert(schema.appointment_type_provider, type_id=practice.well, provider_id=practice.lindqvist)
    hold_over(desk, zuri_at_ten, "11:15", across=1)
    assert desk.page.panel.view._against == "Dr. Mwangi does not do Well visit. Choose another provider."


def test_a_visit_dropped_upon_another_becomes_a_work_in_and_in_free_time_none(
    zuri_at_ten: AppointmentId, desk: PageDesk[SchedulePage], sqlite_practice: Practice, database_setup: Setup
) -> None:  # AV6, ACT6
    practice = sqlite_practice
    with database_setup():
        other = practice.a_patient("Ida", "Novak", TODAY - timedelta(days=2000))
        practice.an_appointment(other, practice.lindqvist, TODAY, "11:00")
    hold_over(desk, zuri_at_ten, "11:00")
    assert desk.page.panel.view._against.startswith("11:00 AM is taken")
    with database_setup(), practice.database.write() as connection:
        connection.execute(update(schema.availability_window).values(work_in_lanes=1))
    hold_over(desk, zuri_at_ten, "11:15")
    assert desk.page.panel.view._against.endswith("this is a work-in beside them.")
    let_go(desk)
    dialog = desk.dialog()
    assert isinstance(dialog, MoveDialog)
    dialog.rules.reason.setFocus()
    desk.type("Doctor agreed")
    desk.press("Ctrl+Return")
    assert not desk.has_dialog()
    desk.hear()

    def standing() -> tuple[AppointmentId, int]:
        table = schema.appointment.c
        with database_setup(), practice.database.read() as connection:
            row = connection.execute(
                select(table.id, table.lane).where(table.patient_id == practice.zuri, table.status == "confirmed")
            ).one()
            return AppointmentId(row.id), row.lane

    moved, lane = standing()
    assert lane == 1
    hold_over(desk, moved, "13:00")
    assert desk.page.panel.view._against == ""
    let_go(desk)
    assert not desk.has_dialog()
    assert standing()[1] == 0
