"""The Schedule page at work: real keys and mouse on a real window over the real services and a real database."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from request_desk.domain.access import SYSTEM
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.ids import AppointmentId, PatientId, TypeId
from request_desk.domain.requests import Booking, Cancellation
from request_desk.domain.schedule import ProviderColumn, SlotCheck
from request_desk.domain.spans import Slot
from request_desk.services.schedule import acts, queries as schedule_queries, scheduling
from request_desk.store import schema
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.find_sheet import FindSheet
from request_desk.ui.schedule.grid_painting import type_edge
from request_desk.ui.schedule.move_dialog import MoveDialog
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.schedule.slot_dialog import SlotDialog
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.states import State
from request_desk.ui.widgets.theme import TYPE_EDGES, Theme, app_theme
from tests.builders import TODAY, Practice, wall
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SchedulePage]]
TOMORROW = TODAY + timedelta(days=1)
NEXT_WEEK = TODAY + timedelta(days=8)


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    """Open a desk with the Schedule page."""
    return partial(open_page, SchedulePage)


@pytest.fixture
def appointments(practice: Practice, database_setup: Setup) -> Callable[[], Sequence[Appointment]]:
    """Read every appointment of Zuri from the database, oldest first."""

    def read() -> Sequence[Appointment]:
        with database_setup(), practice.database.read() as connection:
            rows = connection.execute(
                select(schema.appointment.c.id)
                .where(schema.appointment.c.patient_id == practice.zuri)
                .order_by(schema.appointment.c.created_at, schema.appointment.c.id)
            )
            ids = [AppointmentId(row.id) for row in rows]
        with database_setup():
            return [practice.desk.query(SYSTEM, schedule_queries.appointment, each) for each in ids]

    return read


def set_type(practice: Practice, **values: object) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.appointment_type).where(schema.appointment_type.c.id == practice.well).values(**values)
        )


def columns(desk: PageDesk[SchedulePage]) -> tuple[ProviderColumn, ...]:
    """The columns of the day that is shown."""
    shown = desk.page.panel.view.shown()
    assert shown is not None
    return shown.columns


def entry_of(desk: PageDesk[SchedulePage], appointment_id: AppointmentId) -> Appointment:
    return next(each for column in columns(desk) for each in column.entries if each.id == appointment_id)


def shown_day(desk: PageDesk[SchedulePage]) -> date | None:
    """The day whose appointments are shown, not only its title."""
    shown = desk.page.panel.view.shown()
    return shown.key[0] if shown is not None else None


def choose(desk: PageDesk[SchedulePage], appointment_id: AppointmentId) -> Appointment:
    """Click an appointment of the day."""
    view, entry = desk.page.panel.view, entry_of(desk, appointment_id)
    view.reveal(entry.starts_at)
    desk.click(view.viewport(), view.rect_of(entry).center())
    return entry


def drag_by(desk: PageDesk[SchedulePage], appointment_id: AppointmentId, minutes: int, across: int = 0) -> None:
    """Drag an appointment so many minutes down and columns to the right."""
    view, entry = desk.page.panel.view, entry_of(desk, appointment_id)
    view.reveal(entry.starts_at)
    QApplication.processEvents()
    start, width = view.rect_of(entry).center(), view.rect_of(entry).width() + 2 * 3
    desk.drag(view.viewport(), start, start + QPoint(width * across, round(minutes * 106 / 60)))


def dialog_of(desk: PageDesk[SchedulePage], kind: type) -> object:
    found = desk.dialog()
    assert isinstance(found, kind), found
    return found


def test_types_are_told_apart_by_their_edges(desk_at: OpenDesk, practice: Practice) -> None:
    """By their place among the practice's types: their ids may be any numbers."""
    well = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00", kind=practice.well)
    sick = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "13:00", kind=practice.sick)
    desk = desk_at()
    seen = [entry_of(desk, each) for each in (well, sick)]
    assert len({type_edge(each, app_theme()).name() for each in seen}) == 2
    spread = [replace(seen[0], type_id=TypeId(7 * number), type_position=number) for number in range(len(TYPE_EDGES))]
    assert len({type_edge(each, app_theme()).name() for each in spread}) == len(TYPE_EDGES)


# Moving


def test_a_drop_moves_the_appointment_at_once_and_can_be_undone(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:  # ACT3, AP4
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    drag_by(desk, booked, 60)
    assert not desk.has_dialog()
    old, new = appointments()
    assert (old.status, old.cancel_code) == (AppointmentStatus.CANCELLED, "rescheduled")
    assert (new.starts_at, new.replaces_id) == (wall(TODAY, "11:00"), old.id)
    desk.press("Ctrl+Shift+Z")
    assert appointments()[0].status is AppointmentStatus.CONFIRMED
    assert appointments()[1].status is AppointmentStatus.CANCELLED


def test_a_drop_on_another_appointment_asks_and_changes_nothing_by_itself(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    other = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
    practice.an_appointment(other, practice.lindqvist, TODAY, "11:00")
    desk = desk_at()
    drag_by(desk, booked, 60)
    dialog = dialog_of(desk, MoveDialog)
    assert isinstance(dialog, MoveDialog)
    assert (
        "MOVE Zuri Okafor, born 03/12/2022, from Tue, Nov 24, 10:00 AM to Tue, Nov 24, 11:00 AM" in dialog._what.text()
    )
    desk.press("Esc")
    assert not desk.has_dialog()
    assert [each.starts_at for each in appointments()] == [wall(TODAY, "10:00")]


def test_a_move_at_a_place_elsewhere_is_told_by_its_clock_on_both_sides(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup(), practice.database.write() as connection:
        there = schema.location.c.id == practice.northside
        connection.execute(update(schema.location).where(there).values(zone="America/Denver"))
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00", zone="America/Denver")
    practice.an_absence(practice.lindqvist, wall(TODAY, "11:00"), wall(TODAY, "12:00"), "Staff meeting")
    desk = desk_at()
    drag_by(desk, booked, 60)
    dialog = dialog_of(desk, MoveDialog)
    assert isinstance(dialog, MoveDialog)
    assert "from Tue, Nov 24, 11:00 AM MST to Tue, Nov 24, 12:00 PM MST" in dialog._what.text()
    desk.press("Esc")


def test_a_drop_where_the_provider_is_away_asks(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    practice.an_absence(practice.lindqvist, wall(TODAY, "11:00"), wall(TODAY, "12:00"), "Staff meeting")
    desk = desk_at()
    drag_by(desk, booked, 60)
    dialog = dialog_of(desk, MoveDialog)
    assert isinstance(dialog, MoveDialog)
    assert "Staff meeting" in dialog.rules._notes.text()
    desk.press("Esc")
    assert [each.starts_at for each in appointments()] == [wall(TODAY, "10:00")]


def test_an_appointment_off_the_quarter_hour_that_is_dragged_back_stays_where_it_was(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:10")
    desk = desk_at()
    view, entry = desk.page.panel.view, entry_of(desk, booked)
    view.reveal(entry.starts_at)
    QApplication.processEvents()
    where, port = view.rect_of(entry).center(), view.viewport()
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(port, left, none, where)
    for point in (where + QPoint(0, 60), where + QPoint(0, 2)):
        QTest.mouseMove(port, point)
        QApplication.processEvents()
    QTest.mouseRelease(port, left, none, where + QPoint(0, 2))
    desk.settle()
    assert not desk.has_dialog()
    assert [each.starts_at for each in appointments()] == [wall(TODAY, "10:10")]


def test_an_appointment_that_changed_meanwhile_is_not_moved_by_a_drop(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]], database_setup: Setup
) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    with database_setup():
        act = Cancellation(booked, 1, "pat")
        practice.desk.perform(practice.kofi, acts.act_alone, practice.zuri, act)
    drag_by(desk, booked, 60)
    assert not desk.has_dialog()
    assert "changed" in desk.said()
    assert [each.status for each in appointments()] == [AppointmentStatus.CANCELLED]


@pytest.mark.parametrize(
    ("rule", "across", "words", "button", "code"),
    [
        (
            {"rebooking_mode": "same_provider"},
            1,
            "Well visit stays with Dr. Lindqvist when it is moved. So it is cancelled and booked anew.",
            "Cancel and book new",
            "replaced",
        ),
        (
            {"reschedule_notice_minutes": 24 * 60},
            0,
            "Well visit can be moved until 24 hours before it begins",
            "Cancel and book new",
            "replaced",
        ),
        (
            {"notice_minutes": 4 * 60},
            0,
            "Well visit needs 4 hours of notice, and this time is sooner.",
            "Move",
            "rescheduled",
        ),
    ],
    ids=["rebooking mode", "reschedule notice", "minimum notice"],
)
def test_a_rule_that_blocks_says_why_and_offers_the_exception(
    desk_at: OpenDesk,
    practice: Practice,
    appointments: Callable[[], Sequence[Appointment]],
    database_setup: Setup,
    rule: dict[str, object],
    across: int,
    words: str,
    button: str,
    code: str,
) -> None:  # ACT7, AP4
    with database_setup():
        set_type(practice, **rule)
        booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    drag_by(desk, booked, 60, across)
    dialog = dialog_of(desk, MoveDialog)
    assert isinstance(dialog, MoveDialog)
    assert words in dialog.rules._limits.text()
    assert dialog.button.words() == button
    assert dialog._what.text().startswith("CANCEL Zuri" if code == "replaced" else "MOVE Zuri")
    assert not dialog.button.isEnabled()
    desk.press("Ctrl+Return")
    assert len(appointments()) == 1
    dialog.rules.reason.setFocus()
    desk.type("Both parents asked for it")
    desk.press("Ctrl+Return")
    old, new = appointments()
    assert (new.replaces_id, old.cancel_code) == (old.id, code)
    with database_setup(), practice.database.read() as connection:
        kept = connection.execute(select(schema.appointment.c.overrule).where(schema.appointment.c.id == new.id))
        assert kept.scalar_one() == "Both parents asked for it"


def test_a_time_that_somebody_took_meanwhile_is_refused_with_the_next_free_ones(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]], database_setup: Setup
) -> None:  # ACT6
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    other = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
    desk = desk_at()
    with database_setup():
        eleven = wall(TODAY, "11:00")
        slot = Slot(practice.lindqvist, practice.northside, eleven, eleven, eleven)
        practice.desk.perform(practice.kofi, scheduling.book, Booking(slot, practice.well), patient_id=other)
    drag_by(desk, booked, 60)  # before this desk has heard of it
    dialog = dialog_of(desk, MoveDialog)
    assert isinstance(dialog, MoveDialog)
    assert "Kofi Prah has just taken 11:00 AM." in dialog.said.text()
    assert len(appointments()) == 1
    others = dialog._others
    assert others is not None
    first = others._values[0]
    others.choose(first)
    desk.settle()
    desk.press("Ctrl+Return")
    assert appointments()[-1].starts_at == first.starts_at  # type: ignore[attr-defined]


def test_moving_by_keys_alone(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:  # ACT3
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    desk.press("Down", "Return", "M")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    assert "Zuri Okafor, born 03/12/2022" in dialog._who.text()
    assert desk.focus() is dialog.times
    desk.press("Down", "Ctrl+Return")
    assert not desk.has_dialog()
    old, new = appointments()
    assert new.replaces_id == old.id


# Booking


def test_booking_by_keyboard_only(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:  # ACT3
    desk = desk_at()
    desk.press("Ctrl+N")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    assert desk.focus() is dialog.finder.search
    QTest.keyClicks(desk.focus(), "okafor")
    dialog.finder.search._tell()  # what the pause after the last key does
    desk.settle()
    desk.press("Down")
    assert desk.focus() is dialog.finder.list
    desk.press("Tab")
    assert desk.focus() is dialog.type_box
    desk.press("Down", "Tab", "Tab")
    assert desk.focus() is dialog.location_box
    desk.press("Tab", "Tab")
    assert desk.focus() is dialog.times
    assert "Zuri Okafor, born 03/12/2022" in dialog._what.text()
    assert dialog._what.text().startswith("BOOK Zuri Okafor")
    desk.press("Down", "Ctrl+Return")
    assert not desk.has_dialog()
    (made,) = appointments()
    assert (made.status, made.type_name) == (AppointmentStatus.CONFIRMED, "Sick visit")
    desk.press("Ctrl+Shift+Z")
    assert appointments()[0].status is AppointmentStatus.CANCELLED


def test_a_second_appointment_is_asked_about_once_and_enter_leaves_it(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:  # ACT13
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "14:00")
    desk = desk_at()
    dialog = double_click(desk, "10:00")
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return")
    assert dialog._patient_id == practice.zuri
    desk.press("Ctrl+Return")
    asked = dialog_of(desk, Question)
    assert isinstance(asked, Question)
    assert "Zuri Okafor already has Tue, Nov 24, 2:00 PM with Dr. Lindqvist" in asked.question.text()
    desk.press("Return")
    assert len(appointments()) == 1
    assert dialog.isVisible()
    desk.click(dialog.button)
    asked = dialog_of(desk, Question)
    assert isinstance(asked, Question)
    desk.click(asked.yes)
    assert not desk.has_dialog()
    assert len(appointments()) == 2


def test_enter_finds_and_never_books(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("Ctrl+N")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return")
    assert desk.focus() is dialog.finder.list
    desk.press("Return", "Return", "Return")
    assert desk.has_dialog()
    assert dialog.isVisible()
    assert dialog._patient_id == practice.zuri


def test_a_rule_that_is_told_leaves_the_button_in_a_small_window(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, theme: Theme
) -> None:  # UI5
    with database_setup():
        set_type(practice, reschedule_notice_minutes=24 * 60)
        booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    theme.set_scale(130)
    desk = desk_at(size=(960, 680))
    choose(desk, booked)
    desk.press("M")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    desk.settle()
    assert "until 24 hours" in dialog.rules._limits.text()
    assert dialog.height() <= 680
    assert dialog.rect().contains(dialog.button.geometry())


def double_click(desk: PageDesk[SchedulePage], time: str) -> SlotDialog:
    """Double-click on the first column a little below a time."""
    view = desk.page.panel.view
    view.reveal(wall(TODAY, time))
    assert view._layout is not None
    spot = view._origin() + QPoint(60, view._layout.y_of(wall(TODAY, time)) + 4)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)
    desk.settle()
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    return dialog


def test_a_double_click_on_free_time_offers_the_time_that_the_rules_have_there(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:  # ACT3, ACT15
    desk = desk_at()
    double_click(desk, "10:15")
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return", "Ctrl+Return")
    assert [each.starts_at for each in appointments()] == [wall(TODAY, "10:10")]


def test_a_gap_that_is_too_short_says_so_and_offers_what_fits(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]], database_setup: Setup
) -> None:  # ACT15
    with database_setup():
        other = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
        for start in ("9:00", "10:10"):
            practice.an_appointment(other, practice.lindqvist, TODAY, start)
    desk = desk_at()
    dialog = double_click(desk, "9:45")
    assert dialog.said.text() == "Well visit needs 40 min, 30 min free here. Bookable here: Sick visit."
    assert dialog.type_box.currentData() == practice.sick  # fits, and stands first
    chosen = dialog._chosen()
    assert chosen is not None
    assert wall(TODAY, "9:40") <= chosen.starts_at <= chosen.ends_at <= wall(TODAY, "10:10")
    dialog.type_box.setCurrentIndex(dialog.type_box.findData(practice.well))
    desk.settle()
    assert dialog.said.text() == "Well visit needs 40 min, 30 min free here. Bookable here: Sick visit."
    found = dialog._slots.values()
    assert all(not (slot.starts_at < wall(TODAY, "10:50") and wall(TODAY, "9:00") < slot.ends_at) for slot in found)
    dialog.finder.setFocus()
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return", "Ctrl+Return")
    assert appointments() == []  # no other time is selected
    dialog.type_box.setCurrentIndex(dialog.type_box.findData(practice.sick))
    desk.settle()
    again = dialog._chosen()
    assert again is not None
    assert again.starts_at == chosen.starts_at


def test_after_a_refusal_nothing_is_selected_and_enter_books_nothing(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]], database_setup: Setup
) -> None:  # ACT6, ACT15
    other = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
    desk = desk_at()
    desk.press("Ctrl+N")
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    wanted = dialog._chosen()
    assert wanted is not None
    with database_setup():
        practice.desk.perform(practice.kofi, scheduling.book, Booking(wanted, practice.well), patient_id=other)
    desk.press("Ctrl+Return")
    assert "Kofi Prah has just taken" in dialog.said.text()
    assert dialog._chosen() is None
    desk.press("Ctrl+Return", "Return")
    assert appointments() == []
    dialog.times.select_key(next(iter(dialog._slots)))
    desk.settle()
    desk.press("Ctrl+Return")
    assert len(appointments()) == 1


def test_my_own_booking_is_not_blamed_on_somebody_else(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]], database_setup: Setup
) -> None:  # ACT15
    other = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
    desk = desk_at()
    desk.press("Ctrl+N")
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    wanted = dialog._chosen()
    assert wanted is not None
    with database_setup():
        practice.desk.perform(practice.maria, scheduling.book, Booking(wanted, practice.well), patient_id=other)
    desk.press("Ctrl+Return")
    assert "is taken: you booked Ida Novak." in dialog.said.text()


def test_patients_who_are_easily_mistaken_are_named(desk_at: OpenDesk, practice: Practice) -> None:  # ACT4
    practice.a_patient("Zurie", "Okafor", date(2022, 3, 12))
    desk = desk_at()
    desk.press("Ctrl+N")
    QTest.keyClicks(desk.focus(), "zuri okafor")
    desk.press("Return", "Return")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    assert "Not to be mistaken for" in dialog._alike.text()


def test_no_free_time_says_so_and_looks_further(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    with database_setup():
        for provider in (practice.lindqvist, practice.mwangi):
            practice.an_absence(provider, wall(TODAY, "0:00"), wall(TODAY + timedelta(days=15), "0:00"))
    desk = desk_at()
    desk.press("Ctrl+N")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    assert dialog._stack.pane.state() is State.EMPTY
    desk.click(dialog._stack.pane._button)
    assert dialog._stack.is_content_shown()


# Cancelling


def test_cancelling_needs_a_reason_and_can_be_undone(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:  # AP3
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    choose(desk, booked)
    desk.press("C")
    dialog = dialog_of(desk, CancelDialog)
    assert isinstance(dialog, CancelDialog)
    desk.press("Ctrl+Return")
    assert appointments()[0].status is AppointmentStatus.CONFIRMED
    desk.press("1")
    assert dialog._read.text() == "The parent reads: At your request."
    desk.press("Tab")
    desk.type("Get well soon")
    desk.press("Return")  # only Ctrl+Enter cancels
    assert appointments()[0].status is AppointmentStatus.CONFIRMED
    desk.press("Ctrl+Return")
    assert not desk.has_dialog()
    (cancelled,) = appointments()
    assert (cancelled.status, cancelled.cancel_code, cancelled.cancel_text) == (
        AppointmentStatus.CANCELLED,
        "pat",
        "Get well soon",
    )
    assert dict(desk.page.card.facts.lines())["Reason"] == "Parent asked · Get well soon"
    desk.press("Ctrl+Shift+Z")
    assert appointments()[0].status is AppointmentStatus.CONFIRMED


def test_an_appointment_that_changed_meanwhile_is_not_cancelled(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]], database_setup: Setup
) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, NEXT_WEEK, "10:00")
    desk = desk_at()
    desk.page.show_day(NEXT_WEEK)
    desk.settle()
    entry = choose(desk, booked)
    desk.press("C", "1")
    with database_setup():
        nine = wall(NEXT_WEEK, "9:00")
        slot = Slot(practice.lindqvist, practice.northside, nine, nine, nine)
        practice.desk.perform(practice.kofi, scheduling.reschedule, booked, slot, expect_version=entry.version)
    dialog = dialog_of(desk, CancelDialog)
    assert isinstance(dialog, CancelDialog)
    desk.press("Ctrl+Return")
    assert "Kofi Prah" in dialog.said.text()
    assert dialog.button.isEnabled()
    assert appointments()[-1].status is AppointmentStatus.CONFIRMED


def test_the_context_menu_offers_what_the_state_allows(desk_at: OpenDesk, practice: Practice) -> None:  # ACT3
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    view = desk.page.panel.view
    view.reveal(wall(TODAY, "10:00"))
    entry = columns(desk)[0].entries[0]
    assert entry.id == booked
    place = view.rect_of(entry).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, place)
    desk.settle()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    actions = menu.actions()
    assert [each.text() for each in actions] == [
        "Mark as arrived",
        "Mark as running late",
        "Parent has confirmed",
        "Print card …",
        "Move …",
        "Would like something earlier",
        "Cancel visit …",
    ]
    actions[-1].trigger()
    menu.close()
    desk.settle()
    assert isinstance(desk.dialog(), CancelDialog)


# Marks


def test_a_no_show_is_marked_only_when_nobody_can_come_any_more_and_is_corrected(
    desk_at: OpenDesk, practice: Practice, appointments: Callable[[], Sequence[Appointment]]
) -> None:  # AP5
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:00")
    desk = desk_at()
    card = desk.page.card
    choose(desk, booked)
    assert [each.words() for each in card.acts()] == ["Move …", "Would like something earlier", "Cancel visit …"]
    desk.wait(hours=1)
    choose(desk, booked)
    assert [each.words() for each in card.acts()] == ["Mark as completed", "Mark as no-show"]
    assert not card.no_show_button.isEnabled()
    assert card._why.text() == "They may still come: a no-show can be marked after 10:40 AM."
    desk.wait(hours=2)
    choose(desk, booked)
    desk.click(card.no_show_button)
    assert appointments()[0].status is AppointmentStatus.NO_SHOW
    assert [each.words() for each in card.acts()] == ["Mark as completed"]
    desk.click(card.completed_button)
    assert appointments()[0].status is AppointmentStatus.COMPLETED
    assert dict(card.facts.lines())["Status"] == "completed"


def test_a_hold_is_shown_and_explained(desk_at: OpenDesk, practice: Practice) -> None:
    held = practice.an_appointment(
        practice.zuri,
        practice.lindqvist,
        TODAY,
        "10:00",
        status="held",
        hold_expires_at=practice.desk.clock.now() + timedelta(minutes=10),
        held_by_id=practice.kofi.id,
    )
    desk = desk_at()
    choose(desk, held)
    assert desk.page.card.acts() == ()
    assert "only held" in desk.page.card._why.text()


# What is shown


def test_a_change_elsewhere_keeps_the_selection_and_the_place(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "14:00")
    other = practice.a_patient("Ida", "Novak", date(2019, 1, 1))
    desk = desk_at()
    entry = choose(desk, booked)
    view = desk.page.panel.view
    where = view.rect_of(entry)
    with database_setup():
        nine = wall(TODAY, "9:00")
        slot = Slot(practice.lindqvist, practice.northside, nine, nine, nine)
        act = Booking(slot, practice.well)
        practice.desk.perform(practice.kofi, acts.act_alone, other, act)
    desk.hear()
    assert sum(len(column.entries) for column in columns(desk)) == 2
    assert view.rect_of(entry) == where
    assert desk.page.card.entry() == entry
    assert not desk.page.card.isHidden()
    assert view.hasFocus()


def test_a_day_is_read_again_only_for_what_may_be_seen_on_it(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    ida, jonas = (practice.a_patient(name, "Novak", date(2019, 1, 1)) for name in ("Ida", "Jonas"))
    desk = desk_at()
    read: list[None] = []
    desk.page.loaded.connect(lambda: read.append(None))

    def book(patient: PatientId, day: date, time: str) -> None:
        with database_setup():
            at = wall(day, time)
            act = Booking(Slot(practice.lindqvist, practice.northside, at, at, at), practice.well)
            practice.desk.perform(practice.kofi, acts.act_alone, patient, act)
        desk.hear()

    book(ida, TODAY + timedelta(days=9), "9:00")
    assert read == []
    book(jonas, TODAY, "9:00")
    assert len(read) == 1


def test_a_card_shows_that_its_appointment_was_cancelled_elsewhere(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "14:00")
    desk = desk_at()
    entry = choose(desk, booked)
    with database_setup():
        practice.desk.perform(practice.kofi, scheduling.cancel, booked, code="oth-weath", expect_version=entry.version)
    desk.hear()
    card = desk.page.card
    assert dict(card.facts.lines())["Status"] == "cancelled, late cancellation"
    assert dict(card.facts.lines())["Reason"] == "Weather"
    assert card.acts() == ()


def test_keys_turn_the_days(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    shown = desk.page.panel.shown_day
    assert shown() == TODAY
    assert desk.page.panel.title.text() == "Tuesday, November 24"
    desk.press("PgDown", "PgDown")
    assert shown() == TODAY + timedelta(days=2)
    desk.press("PgUp")
    assert shown() == TOMORROW
    assert shown_day(desk) == TOMORROW
    desk.press("Home")
    assert shown() == TODAY


def test_going_to_another_day_closes_the_card(desk_at: OpenDesk, practice: Practice) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    choose(desk, booked)
    desk.press("PgDown")
    assert desk.page.card.isHidden()
    desk.press("C", "M")
    assert not desk.has_dialog()


def test_escape_closes_the_card(desk_at: OpenDesk, practice: Practice) -> None:  # UI4
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    choose(desk, booked)
    desk.page.card.cancel_button.setFocus()
    desk.press("Escape")
    assert desk.page.card.isHidden()
    assert desk.page.panel.view.hasFocus()


def test_the_location_filter_is_kept_for_the_user(desk_at: OpenDesk, practice: Practice) -> None:  # ACT1
    kept: dict[str, object] = {}
    desk = desk_at(preferences=kept)
    assert len(columns(desk)) == 2
    menu = desk.page.locations._menu
    next(each for each in menu.actions() if each.text() == "Harbor St").trigger()
    desk.settle()
    (column,) = columns(desk)
    assert column.provider_name == "Dr. Mwangi"
    assert kept["schedule.locations"] == [practice.harbor]
    again = desk_at(preferences=kept)
    assert again.page.locations.chosen() == (practice.harbor,)
    assert len(columns(again)) == 1


def test_a_day_without_anybody_is_an_empty_day(desk_at: OpenDesk) -> None:
    desk = desk_at()
    desk.page.show_day(TODAY + timedelta(days=4))  # a Saturday
    desk.settle()
    assert desk.page.panel.stack.is_content_shown()
    assert columns(desk) == ()
    desk.press("Down", "Return")


class Broken:
    """Lets the database refuse to be read."""

    def __init__(self, practice: Practice) -> None:
        self._engines = (practice.database.engine,)
        for engine in self._engines:
            event.listen(engine, "before_cursor_execute", self._fail)

    def _fail(self, *_arguments: object) -> None:
        raise OperationalError("select", {}, Exception("unable to open database file"))

    def mend(self) -> None:
        for engine in self._engines:
            event.remove(engine, "before_cursor_execute", self._fail)


def test_a_day_that_cannot_be_read_says_why_and_is_tried_again(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    broken = Broken(practice)
    desk.press("PgDown")
    stack = desk.page.panel.stack
    assert stack.pane.state() is State.ERROR
    assert stack.pane.sentence()
    broken.mend()
    desk.click(stack.pane._button)
    assert stack.is_content_shown()
    assert shown_day(desk) == TOMORROW


def test_a_refresh_that_fails_leaves_the_day_on_the_screen(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    broken = Broken(practice)
    desk.hub.reread()
    desk.settle()
    assert desk.page.panel.stack.is_content_shown()
    assert desk.said()
    broken.mend()


def test_a_provider_reads_and_a_hundred_appointments_are_there(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        for number in range(100):
            hour, minute = divmod(number * 5, 60)
            practice.an_appointment(
                practice.zuri, practice.lindqvist, TODAY, f"{8 + hour}:{minute:02}", minutes=5, kind=practice.sick
            )
    desk = desk_at()
    assert len(columns(desk)[0].entries) == 100


HOSTILE = ("<b>Zuri</b>", "\u202eirruZ", "نور", "王", "&amp; & Co", "Z\nuri")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_plain_text_everywhere(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, name: str
) -> None:
    with database_setup():
        patient = PatientId(practice.a_patient(name, f"Okafor{name}", date(2020, 1, 1)))
        booked = practice.an_appointment(patient, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    choose(desk, booked)
    label = desk.page.card._name
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert "\u202e" not in label.text()
    assert "\n" not in label.text()
    desk.press("M")
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    assert "\u202e" not in dialog._what.text()
    desk.press("Esc", "C")
    assert isinstance(desk.dialog(), CancelDialog)
    desk.press("Esc")


def test_everything_that_takes_the_focus_has_a_name(desk_at: OpenDesk, practice: Practice) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    choose(desk, booked)
    assert nameless(desk.frame) == []
    for key in ("M", "C", "Ctrl+N"):
        desk.press(key)
        assert nameless(desk.dialog()) == []
        desk.press("Esc")


@pytest.mark.parametrize("size", [(960, 680), (1366, 768), (2560, 1440)])
@pytest.mark.parametrize("scale", [100, 130])
def test_the_card_is_on_the_screen_at_every_size(
    desk_at: OpenDesk, practice: Practice, theme: object, size: tuple[int, int], scale: int
) -> None:
    theme.set_scale(scale)  # type: ignore[attr-defined]
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at(size=size)
    choose(desk, booked)
    card = desk.page.card
    assert desk.page.rect().contains(card.geometry())
    assert card.rect().contains(card.cancel_button.geometry())


def test_the_page_opens_at_an_appointment_whatever_the_filters_say(desk_at: OpenDesk, practice: Practice) -> None:
    seen = practice.an_appointment(practice.zuri, practice.lindqvist, NEXT_WEEK, "15:00")
    desk = desk_at(preferences={"schedule.providers": [practice.mwangi], "schedule.locations": [practice.harbor]})
    desk.page.open(seen)
    desk.settle()
    assert shown_day(desk) == NEXT_WEEK
    entry = desk.page.card.entry()
    assert entry is not None
    assert entry.id == seen
    assert not desk.page.card.isHidden()
    view = desk.page.panel.view
    assert view.viewport().rect().contains(view.rect_of(entry))
    desk.page.open(seen, to_write=True)
    desk.settle()
    dialog = dialog_of(desk, SlotDialog)
    assert isinstance(dialog, SlotDialog)
    assert dialog._moving == entry


def test_the_card_tells_who_may_be_called_and_may_book(desk_at: OpenDesk, practice: Practice) -> None:
    """What the desk needs on the phone comes first: contacts with phone and right, visits before and after, no-shows."""
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY - timedelta(days=7), "9:00", status="no_show")
    shown = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00")
    practice.an_appointment(practice.zuri, practice.mwangi, NEXT_WEEK, "11:00")
    desk = desk_at()
    choose(desk, shown)
    desk.settle()
    lines = dict(desk.page.card.family.lines())
    assert lines["Mother"] == "Amara Okafor, may book\n(206) 555-0147"
    assert lines["Grandmother"].endswith(", may not book\n(206) 555-0147")
    assert lines["Last visit"].endswith("Well visit, no-show")
    assert lines["Next visit"].endswith("11:00 AM, Well visit")
    assert lines["Missed"] == "1 no-show"
    assert desk.page.card.custody.isHidden()


def test_a_visit_is_found_by_the_name_of_its_patient(desk_at: OpenDesk, practice: Practice) -> None:
    """Ctrl+F, the name, Enter, Enter: the schedule goes to the next appointment, whatever day and filter were shown."""
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY - timedelta(days=7), "9:00", status="completed")
    ahead = practice.an_appointment(practice.zuri, practice.mwangi, NEXT_WEEK, "11:00")
    desk = desk_at()
    desk.page.panel.view.setFocus()
    desk.press("Ctrl+F")
    sheet = desk.dialog()
    assert isinstance(sheet, FindSheet)
    assert not sheet.button.isEnabled()
    desk.type("okaf")
    desk.press("Return")
    desk.settle()
    desk.press("Return")
    desk.settle()
    assert sheet._model.key_at(0) == ahead
    assert sheet.button.isEnabled()
    desk.press("Return")
    desk.settle()
    assert shown_day(desk) == NEXT_WEEK
    entry = desk.page.card.entry()
    assert entry is not None
    assert entry.id == ahead


def test_a_patient_without_a_visit_says_so(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.page.panel.view.setFocus()
    desk.press("Ctrl+F")
    sheet = desk.dialog()
    assert isinstance(sheet, FindSheet)
    desk.type("okaf")
    desk.press("Return")
    desk.settle()
    desk.press("Return")
    desk.settle()
    assert sheet._stack.pane.sentence() == "No visit is or was booked."
    assert not sheet.button.isEnabled()


# Double bookings that came from outside (BK9)


@pytest.fixture
def doubled(practice: Practice, database_setup: Setup) -> tuple[AppointmentId, AppointmentId]:
    """Two children at once with one provider, in a lane that no window has: as another tool may write it."""
    kai = practice.a_patient("Kai", "Lee", date(2023, 5, 6))
    return (
        practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00"),
        practice.an_appointment(kai, practice.lindqvist, TOMORROW, "9:20", lane=1),
    )


def test_a_double_booking_is_told_shown_and_repaired_by_a_move(
    desk_at: OpenDesk, practice: Practice, doubled: tuple[AppointmentId, AppointmentId]
) -> None:  # BK9
    one, other = doubled
    desk = desk_at()
    bar, card, view = desk.page.double_bookings, desk.page.card, desk.page.panel.view
    assert bar.isVisible()
    assert bar.text() == "Zuri Okafor and Kai Lee are both booked with Dr. Lindqvist, Wed, Nov 25, 9:20 AM."
    bar.acted.emit()
    desk.settle()
    assert desk.page.panel.shown_day() == TOMORROW
    entry = card.entry()
    assert entry is not None
    assert entry.id == other
    assert card.clash.text() == "Double booked with Zuri Okafor, 9:00 AM. Find another time for one of them."
    assert card.move_button.words() == "Find another time for K. Lee …"
    layout = view._layout
    assert layout is not None
    placed = {each.item.id: each for each in layout.placed if isinstance(each.item, Appointment)}
    assert not placed[one].rect.intersects(placed[other].rect)  # beside each other
    assert view.words_of(placed[one]).endswith("Double booked with Kai Lee, 9:20 AM")
    start = wall(TOMORROW, "11:00")
    slot = Slot(practice.lindqvist, practice.northside, start, start + timedelta(minutes=40), start)
    desk.page._checked(desk.page._directory, entry, slot, SlotCheck((), ()))  # type: ignore[arg-type]
    desk.settle()
    desk.hear()
    assert not bar.isVisible()
    moved = card.entry()
    assert moved is not None
    assert moved.starts_at == start
    assert moved.replaces_id == other
    assert card.clash.isHidden()
    assert card.move_button.words() == "Move …"


def test_of_several_double_bookings_the_bar_goes_round(
    desk_at: OpenDesk, practice: Practice, doubled: tuple[AppointmentId, AppointmentId], database_setup: Setup
) -> None:
    third = practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW + timedelta(days=1), "9:00")
    fourth = practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW + timedelta(days=1), "9:20", lane=2)
    desk = desk_at()
    bar, shown = desk.page.double_bookings, []
    assert bar.text().startswith("2 double bookings. ")
    for _press in range(3):
        desk.press("X")
        entry = desk.page.card.entry()
        shown.append(None if entry is None else entry.id)
    assert shown == [doubled[1], fourth, doubled[1]]
    with database_setup():
        for which in (doubled[1], third):
            practice.desk.perform(practice.maria, scheduling.cancel, which, code="pat", expect_version=1)
    desk.hear()
    assert not bar.isVisible()
    desk.press("X")
    assert desk.said() == "Nothing is double booked."


def test_four_contacts_and_all_buttons_leave_what_matters_in_sight(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:  # ACT1, MC13
    """At 1366×768 nothing scrolls: what matters least is folded, one press shows it."""
    practice.a_contact("Ada", "Okafor", "ada@example.org", {practice.zuri: {"relation": "aunt", "may_book": False}})
    with database_setup(), practice.database.write() as connection:
        connection.execute(update(schema.availability_window).values(work_in_lanes=1))
        connection.execute(update(schema.patient).values(custody_note="Father may not pick her up alone."))
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=60), "9:00", status="no_show")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=30), "9:00")
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    desk = desk_at(size=(1366, 768))
    desk.page.open(booked)
    desk.settle()
    card = desk.page.card
    bar = card.place.verticalScrollBar()

    def told() -> set[str]:
        return {label for part in (card.family, card.facts) for label, _value in part.lines()}

    seen = told()
    assert bar.maximum() == 0
    assert {"Mother", "Father", "Next visit", "Missed", "Time", "Type", "Provider", "Location"} <= seen
    desk.click(card.more_button)
    folded = told() - seen
    assert {"Aunt", "Status", "Booked by"} <= folded
    assert bar.maximum() > 0
    assert card.more_button.words() == "Show less"
    desk.click(card.more_button)
    assert bar.maximum() == 0
    assert card.more_button.words() == f"Show {len(folded)} more"


def test_a_card_with_room_folds_nothing(desk_at: OpenDesk, practice: Practice) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    desk = desk_at(size=(1440, 900))
    desk.page.open(booked)
    desk.settle()
    card = desk.page.card
    assert {"Grandmother"} <= {label for label, _value in card.family.lines()}
    assert {"Status", "Booked by"} <= {label for label, _value in card.facts.lines()}
    assert not card.more_button.isVisible()


@pytest.mark.parametrize(("size", "is_low"), [((1366, 768), False), ((960, 680), True)])
def test_the_family_is_seen_without_scrolling_above_all_buttons(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, size: tuple[int, int], is_low: bool
) -> None:  # ACT1
    with database_setup(), practice.database.write() as connection:
        connection.execute(update(schema.availability_window).values(work_in_lanes=1))
        connection.execute(update(schema.patient).values(custody_note="Father may not pick her up alone."))
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=60), "9:00", status="no_show")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=30), "9:00")
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    desk = desk_at(size=size)
    desk.page.open(booked)
    desk.settle()
    card = desk.page.card
    offered = [*card.marks(), *card.acts()]
    assert len(offered) == 7
    places = [QRect(each.mapTo(card, QPoint()), each.size()) for each in offered]
    assert not any(one.intersects(other) for one, other in combinations(places, 2))
    assert all(card.rect().contains(each) for each in places)
    assert all(each.width() >= each.sizeHint().width() for each in offered)
    assert len({each.top() for each in places}) == 5
    inner = card.place.widget()
    assert inner is not None
    assert [label for label, _text in card.family.lines()][:2] == ["Mother", "Father"]
    end = card.family.mapTo(inner, QPoint(0, card.family.height())).y()
    assert is_low or end <= card.place.viewport().height()
