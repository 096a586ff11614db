"""The Availability page: the week by mouse and keys, its forms, what a change leaves outside, and who may do what (AV1–AV4, AV6, AP9, RM3)."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar, cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sqlalchemy import Row, Table, select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.spans import Span
from request_desk.services.practice import availability
from request_desk.services.practice.settings import save_settings
from request_desk.services.practice.window_details import WindowDetails
from request_desk.store import schema
from request_desk.ui.availability.appointments_sheet import AppointmentsSheet
from request_desk.ui.availability.availability_page import AvailabilityPage
from request_desk.ui.availability.by_others_bar import ByOthersSheet
from request_desk.ui.availability.time_forms import AbsenceForm, ExtraHoursForm, PhoneForm
from request_desk.ui.availability.week_form import WeekForm
from request_desk.ui.availability.week_grid import WeekGrid
from request_desk.ui.availability.why_sheet import WhySheet
from request_desk.ui.availability.window_form import WindowForm
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.buttons import Button
from request_desk.ui.widgets.painting import fitted_text
from request_desk.ui.widgets.states import Banner
from request_desk.ui.widgets.theme import Theme
from tests.builders import TODAY, ZONE, Practice, wall
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[AvailabilityPage]]
Stored = Callable[[Table], Sequence[Row[Any]]]
SetTypes = Callable[..., None]
F = TypeVar("F", bound=WeekForm)
TOMORROW, SATURDAY = TODAY + timedelta(days=1), date(2026, 11, 28)
SUNDAY = date(2026, 11, 22)
NINE, NOON = 9 * 60, 12 * 60


@pytest.fixture
def astrid(practice: Practice) -> Actor:
    """The provider herself, at a desk."""
    return practice.a_staff("astrid", "Dr. Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)


@pytest.fixture
def stored(sqlite_practice: Practice, database_setup: Setup) -> Stored:
    """The rows of a table as they are now."""

    def rows(table: Table) -> Sequence[Row[Any]]:
        with database_setup(), sqlite_practice.database.read() as connection:
            return connection.execute(select(table).order_by(*table.primary_key)).all()

    return rows


@pytest.fixture
def set_types(sqlite_practice: Practice, database_setup: Setup) -> SetTypes:
    """Set rules of all types."""

    def change(**values: object) -> None:
        with database_setup(), sqlite_practice.database.write() as connection:
            connection.execute(update(schema.appointment_type).values(**values))

    return change


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    def open_desk(**values: Any) -> PageDesk[AvailabilityPage]:
        desk = open_page(AvailabilityPage, **values)
        desk.page.take_focus()
        desk.settle()
        return desk

    return open_desk


def grid(desk: PageDesk[AvailabilityPage]) -> WeekGrid:
    return desk.page.week.grid


def form(desk: PageDesk[AvailabilityPage], kind: type[F]) -> F:
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    assert isinstance(window.form, kind)
    return window.form


def in_sight(desk: PageDesk[AvailabilityPage], minute: int) -> None:
    """Scroll so that an hour and what follows is seen."""
    view = grid(desk)
    view.verticalScrollBar().setValue(round(minute * 44 / 60))
    desk.settle()


def drag(desk: PageDesk[AvailabilityPage], start: tuple[date, int], end: tuple[date, int], *, nudge: int = 0) -> None:
    """Drag with the mouse from a time of a day to another; `nudge` begins so many pixels further down."""
    one, other = (grid(desk).point_of(*place) for place in (start, end))
    desk.drag(grid(desk).viewport(), one + QPoint(0, nudge), other + QPoint(0, nudge))


def window_on(stored: Stored, provider: int, weekday: int) -> Row[Any]:
    return next(
        each for each in stored(schema.availability_window) if (each.provider_id, each.weekday) == (provider, weekday)
    )


def chosen(desk: PageDesk[AvailabilityPage]) -> str:
    return desk.page.week.title.text()


def button_of(bar: Banner, text: str) -> Button:
    return next(each for each in bar.findChildren(Button) if each.isVisible() and each.words() == text)


def banner(desk: PageDesk[AvailabilityPage]) -> str:
    return desk.page.week.outside.text()


def test_a_provider_lands_on_the_own_week(desk_at: OpenDesk, practice: Practice) -> None:
    mwangi = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    desk = desk_at(actor=mwangi)
    assert chosen(desk) == "Dr. Joseph Mwangi"
    assert desk.page.view.selected_key() == practice.mwangi
    assert desk.page.week.week_title.text() == "Nov 22 – Nov 28"


def test_the_list_says_hours_absence_and_what_is_to_be_done(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_absence(practice.lindqvist, wall(TOMORROW, "8:00"), wall(TOMORROW, "12:00"))
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()
    model = desk.page.model
    shown = [[model.index(row, column).data() for column in range(4)] for row in range(model.rowCount())]
    assert shown == [
        ["Dr. Astrid Lindqvist", "45 h", "tomorrow", "1 outside"],
        ["Dr. Joseph Mwangi", "45 h", "", "phone missing"],
    ]
    assert chosen(desk) == "Dr. Astrid Lindqvist"
    desk.press("Down")
    assert chosen(desk) == "Dr. Joseph Mwangi"


def test_what_is_drawn_becomes_hours_with_exact_minutes(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:  # AV1, AV2
    before = len(stored(schema.availability_window))
    desk = desk_at(actor=astrid)
    drag(desk, (SATURDAY, NINE), (SATURDAY, NOON))
    asked = form(desk, WindowForm)
    assert asked.weekdays.chosen() == (5,)
    assert (asked.start.minute(), asked.end.minute()) == (NINE, NOON)
    assert asked.sentence.text() == "Every Saturday, 9:00 AM – 12:00 PM, Northside."
    assert len(stored(schema.availability_window)) == before
    asked.end.show_minute(11 * 60 + 47)
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    made = window_on(stored, practice.lindqvist, 5)
    assert (made.start_minute, made.end_minute, made.location_id) == (NINE, 11 * 60 + 47, practice.northside)
    assert not grid(desk).piece_of(made.id, SATURDAY).isNull()
    focused = grid(desk).focused()
    assert focused is not None
    assert focused.id == made.id
    desk.press("Ctrl+Shift+Z")
    assert window_on(stored, practice.lindqvist, 5).removed_at is not None
    assert grid(desk).piece_of(made.id).isNull()


def test_drawing_upwards_is_the_same(desk_at: OpenDesk, astrid: Actor) -> None:
    desk = desk_at(actor=astrid)
    drag(desk, (SATURDAY, NOON), (SATURDAY, NINE))
    asked = form(desk, WindowForm)
    assert (asked.start.minute(), asked.end.minute()) == (NINE, NOON)
    desk.press("Esc")
    assert not desk.has_dialog()  # nothing was typed, so nothing is asked


def test_drawing_says_what_it_lies_over_like_dragging(
    desk_at: OpenDesk, practice: Practice, astrid: Actor
) -> None:  # AV1, AV4
    practice.a_window(practice.lindqvist, practice.northside, 5, NINE, NOON)
    practice.a_window(practice.lindqvist, practice.northside, 6, 13 * 60, 14 * 60)
    desk = desk_at(actor=astrid)
    view = grid(desk)
    for start, end in (((SATURDAY, 8 * 60), (SATURDAY, 10 * 60)), ((SUNDAY, 13 * 60 + 30), (SATURDAY, 9 * 60 + 30))):
        desk.drag(view.viewport(), view.point_of(*start), view.point_of(*end), let_go=False)
        assert view.accessibleDescription() == "Lies over 9:00 AM – 12:00 PM."
        desk.press("Esc")
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(1, 1))
        view.setAccessibleDescription("")


def test_drawing_extra_hours_says_that_the_provider_is_elsewhere(desk_at: OpenDesk, practice: Practice) -> None:  # AV2
    practice.a_window(practice.lindqvist, practice.harbor, 5, NINE, NOON)
    desk = desk_at()
    view = grid(desk)
    desk.drag(view.viewport(), view.point_of(SATURDAY, 480), view.point_of(SATURDAY, 600), let_go=False)
    assert view.accessibleDescription().startswith("The provider is at Harbor St on Sat from 9:00 AM to 12:00 PM")


@pytest.mark.parametrize("is_new", [True, False])
def test_the_form_of_a_window_says_what_it_lies_over_before_it_is_saved(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, *, is_new: bool
) -> None:  # AV1
    practice.a_window(practice.lindqvist, practice.northside, 5, NINE, NOON)
    window = practice.a_window(practice.lindqvist, practice.northside, 5, 7 * 60, 8 * 60)
    desk = desk_at(actor=astrid)
    if is_new:
        desk.press("N")
    else:
        desk.page.week.grid.seek(window)
        desk.press("Return", "Return")
    asked = form(desk, WindowForm)
    assert asked.foreseen.text() == ""
    if is_new:
        asked.weekdays.choose((5,))
        asked.start.show_minute(10 * 60)
    else:
        asked.end.show_minute(10 * 60)
    desk.settle()
    assert asked.foreseen.text() == "Lies over 9:00 AM – 12:00 PM."
    assert asked.foreseen.isVisible()
    asked.start.show_minute(NOON)
    asked.end.show_minute(13 * 60)
    desk.settle()
    assert not asked.foreseen.isVisible()


def test_what_a_form_is_refused_for_is_said_once(desk_at: OpenDesk, practice: Practice) -> None:
    practice.a_window(practice.lindqvist, practice.harbor, 5, NINE, NOON)
    desk = desk_at()
    desk.press("X")
    asked = form(desk, ExtraHoursForm)
    asked.day.show_day(SATURDAY)
    desk.settle()
    assert "cannot be at two places at once" in asked.foreseen.text()
    desk.press("Ctrl+S")
    assert not asked.foreseen.isVisible()
    assert "cannot be at two places at once" in asked.start.accessibleDescription()


def test_a_window_is_dragged_to_another_day_and_taken_back(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:  # AV2
    window = practice.a_window(practice.lindqvist, practice.northside, 5, NINE + 3, NOON)
    desk = desk_at(actor=astrid)
    drag(desk, (SATURDAY, 10 * 60), (SUNDAY, 11 * 60))
    moved = next(each for each in stored(schema.availability_window) if each.id == window)
    assert (moved.weekday, moved.start_minute, moved.end_minute) == (6, 10 * 60 + 3, 13 * 60)
    assert not grid(desk).piece_of(window, SUNDAY).isNull()
    desk.press("Ctrl+Shift+Z")
    back = next(each for each in stored(schema.availability_window) if each.id == window)
    assert (back.weekday, back.start_minute, back.end_minute) == (5, NINE + 3, NOON)


@pytest.mark.parametrize(
    ("edge", "to", "times"), [("end", 13 * 60, (NINE, 13 * 60)), ("start", 10 * 60 + 30, (10 * 60 + 30, NOON))]
)
def test_a_window_is_resized_at_its_edges(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored, edge: str, to: int, times: tuple[int, int]
) -> None:
    window = practice.a_window(practice.lindqvist, practice.northside, 5, NINE, NOON)
    desk = desk_at(actor=astrid)
    if edge == "end":
        drag(desk, (SATURDAY, NOON), (SATURDAY, to), nudge=-4)
    else:
        drag(desk, (SATURDAY, NINE), (SATURDAY, to), nudge=4)
    changed = next(each for each in stored(schema.availability_window) if each.id == window)
    assert (changed.weekday, changed.start_minute, changed.end_minute) == (5, *times)


def test_a_click_a_shiver_and_escape_change_nothing(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:
    before = stored(schema.availability_window)
    desk = desk_at(actor=astrid)
    view = grid(desk)
    at = view.point_of(TODAY, 10 * 60)
    desk.click(view.viewport(), at)
    desk.drag(view.viewport(), at, at + QPoint(2, 2))
    desk.drag(view.viewport(), at, at + QPoint(0, 90), let_go=False)
    desk.press("Esc")
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at + QPoint(0, 90))
    desk.settle()
    assert stored(schema.availability_window) == before
    assert not desk.has_dialog()


def test_keys_walk_over_the_week_open_and_remove(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:  # AV2
    absence = practice.an_absence(practice.lindqvist, wall(TODAY, "12:00"), wall(TODAY, "13:00"), "Training")
    desk = desk_at(actor=astrid)
    desk.press("Return")  # from the list to the week
    assert grid(desk).hasFocus()
    desk.press("Down", "Right", "Down")
    focused = grid(desk).focused()
    assert focused is not None
    assert focused.id == absence
    assert "Training" in grid(desk).accessibleDescription()
    desk.press("Return")
    assert form(desk, AbsenceForm).label.text() == "Training"
    desk.press("Esc", "Up", "Delete")
    tuesday = window_on(stored, practice.lindqvist, 1)
    assert tuesday.removed_at is not None
    assert desk.frame.undo_bar.sentence() == "Window removed"
    desk.press("Ctrl+Shift+Z")
    assert window_on(stored, practice.lindqvist, 1).removed_at is None
    assert grid(desk).hasFocus()


def test_o_switches_hours_off_and_says_so_in_the_week(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:  # AV1
    desk = desk_at(actor=astrid)
    grid(desk).setFocus()
    desk.press("Down", "O")
    assert not window_on(stored, practice.lindqvist, 0).active
    assert "Nothing is booked in it on this day: switched off." in grid(desk).accessibleDescription()
    desk.press("O")
    assert window_on(stored, practice.lindqvist, 0).active


def test_hours_of_another_time_say_from_when_or_until_when(
    desk_at: OpenDesk, practice: Practice, astrid: Actor
) -> None:  # AV1
    practice.a_window(practice.lindqvist, practice.northside, 5, NINE, NOON, valid_from=date(2027, 1, 4))
    practice.a_window(practice.lindqvist, practice.northside, 6, NINE, NOON, valid_until=date(2026, 11, 1))
    desk = desk_at(actor=astrid)
    desk.press("E")
    grid(desk).setFocus()
    desk.press("Down")
    assert "until Nov 1." in grid(desk).accessibleDescription()
    desk.press(*["Right"] * 6)
    assert "from Jan 4." in grid(desk).accessibleDescription()


def test_what_has_ended_is_left_out_until_it_is_asked_for(
    desk_at: OpenDesk, practice: Practice, astrid: Actor
) -> None:  # AV1
    ended = practice.a_window(practice.lindqvist, practice.northside, 6, NINE, NOON, valid_until=date(2026, 11, 1))
    desk = desk_at(actor=astrid)
    assert grid(desk).piece_of(ended).isNull()
    desk.press("E")
    assert not grid(desk).piece_of(ended).isNull()
    desk.press("E")
    assert grid(desk).piece_of(ended).isNull()
    for _week in range(3):
        desk.press("PgUp")
    assert not grid(desk).piece_of(ended, date(2026, 11, 1)).isNull()  # a week in which it was open
    desk.press("E")
    assert desk.said() == "No window has ended before this week."


def hold_at(desk: PageDesk[AvailabilityPage], start: tuple[date, int], end: tuple[date, int]) -> str:
    """Drag without letting go, and return what is said there."""
    one, other = (grid(desk).point_of(*place) for place in (start, end))
    desk.drag(grid(desk).viewport(), one, other, let_go=False)
    desk.settle()
    said = grid(desk)._against
    desk.press("Esc")
    QTest.mouseRelease(grid(desk).viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, other)
    return said


def test_what_dropping_a_window_would_do_is_said_before(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:  # AV2, AV4
    practice.a_window(practice.lindqvist, practice.northside, 5, NINE, NOON, label="Same-day sick")
    practice.a_window(practice.lindqvist, practice.northside, 5, 14 * 60, 16 * 60)
    practice.an_appointment(practice.zuri, practice.lindqvist, SATURDAY, "14:20")
    before = stored(schema.availability_window)
    desk = desk_at(actor=astrid)
    in_sight(desk, NINE)
    afternoon = (SATURDAY, 15 * 60)
    time = "Sat, Nov 28, 2:20 PM"
    outside = f"1 booked visit falls outside: Zuri Okafor, {time}."
    assert hold_at(desk, afternoon, (SATURDAY, 15 * 60 + 30)) == outside
    assert hold_at(desk, afternoon, (SATURDAY, 11 * 60)) == (f"Lies over Same-day sick, 9:00 AM – 12:00 PM. {outside}")
    assert hold_at(desk, afternoon, (SATURDAY, 15 * 60 + 15)) == ""
    assert stored(schema.availability_window) == before


def test_two_places_at_once_are_said_before_the_drop(
    desk_at: OpenDesk, practice: Practice, astrid: Actor
) -> None:  # AV2
    practice.a_window(practice.lindqvist, practice.harbor, 5, NINE, NOON)
    practice.a_window(practice.lindqvist, practice.northside, 5, 14 * 60, 16 * 60)
    desk = desk_at(actor=astrid)
    in_sight(desk, NINE)
    assert "two places at once" in hold_at(desk, (SATURDAY, 15 * 60), (SATURDAY, 12 * 60))


def test_a_small_window_says_its_name(desk_at: OpenDesk, practice: Practice, astrid: Actor) -> None:  # AV6
    window = practice.a_window(practice.lindqvist, practice.northside, 5, NINE, NINE + 30, label="Same-day sick")
    desk = desk_at(actor=astrid)
    layout = grid(desk)._layout
    assert layout is not None
    piece = next(each for each in layout.pieces if each.item.id == window)
    assert grid(desk)._lines(piece)[0] == "Same-day sick"


def test_everything_about_a_window_is_typed_and_kept(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:  # AV1, AV6
    desk = desk_at(actor=astrid)
    desk.press("N")
    asked = form(desk, WindowForm)
    assert asked.sentence.text() == "Choose the days of the week."
    assert not asked.save_button.isEnabled()
    for weekday in (5, 6):
        desk.click(asked.weekdays.chips[weekday])
    asked.start.show_minute(17 * 60 + 5)
    asked.end.show_minute(60)
    asked.next_day.setChecked(True)
    asked.types.setFocus()
    desk.press("Space")
    asked.opens.tick.setChecked(True)
    asked.opens.number.setValue(36)
    for number, value in ((asked.buffer, 10), (asked.cap, 3), (asked.lanes, 2)):
        number.setValue(value)
    asked.label.setText("Evening")
    asked.valid_from.tick.setChecked(True)
    asked.valid_from.day.show_day(TOMORROW)
    desk.settle()
    assert asked.sentence.text() == (
        "Every Saturday from Nov 25 and every Sunday from Nov 25, 5:05 PM – 1:00 AM on the next day, Northside; "
        "opens to patients 36 hours before; for Well visit; at most 3 of each type; 10 min between visits; 2 work-in lanes."
    )
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    made = [each for each in stored(schema.availability_window) if each.label == "Evening"]
    assert [(each.weekday, each.start_minute, each.end_minute) for each in made] == [(5, 1025, 1500), (6, 1025, 1500)]
    for each in made:
        assert (each.opens_minutes, each.buffer_minutes, each.cap, each.work_in_lanes) == (36 * 60, 10, 3, 2)
        assert (each.valid_from, each.valid_until, each.staff_only) == (TOMORROW, None, False)
    assert [each.type_id for each in stored(schema.availability_window_type)] == [practice.well, practice.well]
    desk.press("Ctrl+Shift+Z")
    made = [each for each in stored(schema.availability_window) if each.label == "Evening"]
    assert all(each.removed_at is not None for each in made)


def test_a_form_that_is_opened_says_what_is_stored_and_saves_only_what_was_changed(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:
    values = {"buffer_minutes": 15, "staff_only": True, "label": "Same-day sick", "cap": 4, "work_in_lanes": 1}
    window = practice.a_window(
        practice.lindqvist, practice.northside, 6, NINE, 24 * 60, valid_until=date(2027, 3, 1), **values
    )
    desk = desk_at(actor=astrid)
    grid(desk).setFocus()
    desk.press("Down", "Return")
    asked = form(desk, WindowForm)
    assert not asked.save_button.isEnabled()
    assert asked.typed() == (WindowDetails(
        practice.northside, 6, NINE, 24 * 60, timedelta(minutes=15), None, date(2027, 3, 1), (), True, "Same-day sick",
        None, 4, 1,
    ),)  # fmt: skip
    asked.label.setText("Sick")
    asked.active.setChecked(False)
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    kept = next(each for each in stored(schema.availability_window) if each.id == window)
    assert (kept.label, kept.active, kept.end_minute, kept.cap, kept.valid_until) == (
        "Sick", False, 24 * 60, 4, date(2027, 3, 1),
    )  # fmt: skip
    desk.press("Ctrl+Shift+Z")
    kept = next(each for each in stored(schema.availability_window) if each.id == window)
    assert (kept.label, kept.active) == ("Same-day sick", True)


def test_hours_at_two_places_are_refused_beside_the_time_and_nothing_typed_is_lost(
    desk_at: OpenDesk, practice: Practice, stored: Stored
) -> None:
    mwangi = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    before = stored(schema.availability_window)
    desk = desk_at(actor=mwangi)
    desk.press("N")
    asked = form(desk, WindowForm)
    desk.click(asked.weekdays.chips[0])
    asked.place.setCurrentIndex(asked.place.findData(practice.northside))
    asked.label.setText("Evening")
    desk.press("Ctrl+S")
    said = [line.text() for _control, line in asked._beside.values() if line.text()]
    assert len(said) == 1
    assert "two places at once" in said[0]
    assert asked.label.text() == "Evening"
    assert stored(schema.availability_window) == before


def test_an_end_before_the_start_says_what_to_do(desk_at: OpenDesk, astrid: Actor) -> None:
    desk = desk_at(actor=astrid)
    desk.press("N")
    asked = form(desk, WindowForm)
    desk.click(asked.weekdays.chips[5])
    asked.end.show_minute(7 * 60)
    desk.settle()
    assert "Tick “on the next day”" in asked.sentence.text()
    desk.press("Ctrl+S")
    assert desk.has_dialog()
    assert any("ends after it begins" in line.text() for _control, line in asked._beside.values())


def test_a_change_made_elsewhere_keeps_what_was_typed(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored, database_setup: Setup
) -> None:
    desk = desk_at(actor=astrid)
    grid(desk).setFocus()
    desk.press("Down", "Return")
    asked = form(desk, WindowForm)
    asked.label.setText("Morning")
    window = window_on(stored, practice.lindqvist, 0)
    with database_setup():
        practice.desk.perform(astrid, availability.switch_window, window.id, active=False, expect_version=1)
    desk.hear()
    assert asked.label.text() == "Morning"
    assert asked.said.text().startswith("This was changed elsewhere meanwhile.")
    with database_setup():
        practice.desk.perform(astrid, availability.remove_window, window.id, expect_version=2)
    desk.hear()
    assert asked.said.text().startswith("This was removed elsewhere meanwhile.")
    assert not asked.save_button.isEnabled()


def test_the_sick_doctor_at_seven(desk_at: OpenDesk, practice: Practice, stored: Stored) -> None:  # AV2, AV4
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    other = practice.a_patient("Bo", "Adams", date(2020, 1, 1))
    first = practice.an_appointment(other, practice.lindqvist, TODAY, "14:00")
    practice.an_appointment(other, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at()  # a scheduler
    assert banner(desk) == ""
    desk.press("T")
    asked = form(desk, AbsenceForm)
    desk.press("Return")  # the first choice, which has the keyboard, is today
    asked.label.setText("Sick")
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    away = stored(schema.absence)[0]
    day = ZONE.bounds(TODAY)
    assert (away.starts_at, away.ends_at, away.label) == (day.starts_at, day.ends_at, "Sick")
    assert banner(desk) == "Since your change 2 booked visits lie outside of what Dr. Lindqvist offers."
    desk.press("V")
    sheet = desk.dialog()
    assert isinstance(sheet, AppointmentsSheet)
    assert [str(sheet.model.index(row, 1).data()) for row in range(2)] == [
        "Bo Adams, born 01/01/2020",
        "Zuri Okafor, born 03/12/2022",
    ]
    desk.press("Return")
    assert desk.went == [("schedule", first, False)]
    assert not desk.has_dialog()
    desk.press("Ctrl+Shift+Z")
    assert banner(desk) == ""


def enter_time_off(practice: Practice, day: date, label: str) -> None:
    practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, ZONE.bounds(day), label)


def test_a_provider_is_told_what_others_entered_until_it_is_seen(  # AV2
    desk_at: OpenDesk, practice: Practice, astrid: Actor, database_setup: Setup
) -> None:
    kept: dict[str, object] = {}
    with database_setup():
        enter_time_off(practice, date(2026, 12, 1), "Sick")
    desk = desk_at(actor=astrid, preferences=kept)
    bar = desk.page.week.by_others
    assert bar.text() == "Maria Santos entered time off for you: Tue, Dec 1, all day (Sick)."
    with database_setup():
        enter_time_off(practice, date(2026, 12, 3), "")
    desk.hear()
    assert bar.text().splitlines() == [
        "Others have changed 2 things of yours since you last looked.",
        "Maria Santos entered time off for you: Thu, Dec 3, all day.",
        "Maria Santos entered time off for you: Tue, Dec 1, all day (Sick).",
    ]
    desk.click(button_of(bar, "Seen"))
    assert not bar.isVisible()
    desk.hear()
    assert not bar.isVisible()
    desk.close()
    again = desk_at(actor=astrid, preferences=kept)
    assert not again.page.week.by_others.isVisible()  # remembered with the user


def test_many_changes_of_others_are_a_list_and_a_new_one_meanwhile_is_told(  # AV2
    desk_at: OpenDesk, practice: Practice, astrid: Actor, database_setup: Setup
) -> None:
    with database_setup():
        for day in (1, 2, 3):
            enter_time_off(practice, date(2026, 12, day), "")
    desk = desk_at(actor=astrid)
    bar = desk.page.week.by_others
    assert bar.text().splitlines()[0] == "Others have changed 3 things of yours since you last looked."
    desk.click(button_of(bar, "Show them …"))
    sheet = desk.dialog()
    assert isinstance(sheet, ByOthersSheet)
    assert sheet.model.rowCount() == 3
    with database_setup():
        enter_time_off(practice, date(2026, 12, 8), "")
    desk.hear()
    desk.press("Return")
    assert not desk.has_dialog()
    assert bar.text() == "Maria Santos entered time off for you: Tue, Dec 8, all day."


def test_changes_of_a_provider_are_told_to_nobody_else(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        enter_time_off(practice, date(2026, 12, 1), "Sick")
    assert not desk_at().page.week.by_others.isVisible()


def test_u_lists_what_a_provider_has_to_come(desk_at: OpenDesk, practice: Practice) -> None:  # AP9
    desk = desk_at()
    desk.press("U")
    assert desk.said() == "Dr. Lindqvist has no visit to come."
    coming = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "10:00")
    desk.press("U")
    sheet = desk.dialog()
    assert isinstance(sheet, AppointmentsSheet)
    assert [each.id for each in sheet.model.rows()] == [coming]
    desk.press("Return")
    assert desk.went == [("schedule", coming, False)]


def test_the_visits_of_a_colleague_are_not_shown_and_why(desk_at: OpenDesk, practice: Practice, astrid: Actor) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "10:00")
    desk = desk_at(actor=astrid)
    desk.press("Down", "U")
    assert desk.said() == "Visits to come: they are seen by the front desk and the provider"


def test_what_is_dragged_survives_the_change_of_a_colleague(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, database_setup: Setup
) -> None:
    desk = desk_at(actor=astrid)
    view = grid(desk)
    start, end = view.point_of(SATURDAY, NINE), view.point_of(SATURDAY, NOON)
    desk.drag(view.viewport(), start, end, let_go=False)
    span = Span(wall(TOMORROW, "8:00"), wall(TOMORROW, "9:00"))
    with database_setup():
        practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, span, "Leave")
    desk.hear()
    shown = view.shown()
    assert shown is not None
    assert len(shown.absences) == 1
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    desk.settle()
    asked = form(desk, WindowForm)
    assert (asked.start.minute(), asked.end.minute()) == (NINE, NOON)


def test_a_scheduler_drags_extra_hours(desk_at: OpenDesk, practice: Practice, stored: Stored) -> None:  # AV2
    values = {"valid_from": SATURDAY, "valid_until": SATURDAY}
    window = practice.a_window(practice.lindqvist, practice.northside, 5, NINE, NOON, **values)
    desk = desk_at()
    drag(desk, (SATURDAY, 10 * 60), (date(2026, 11, 27), 12 * 60))
    moved = next(each for each in stored(schema.availability_window) if each.id == window)
    friday = date(2026, 11, 27)
    assert (moved.weekday, moved.start_minute, moved.valid_from, moved.valid_until) == (4, 11 * 60, friday, friday)


def test_delete_in_the_list_removes_nothing(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:
    desk = desk_at(actor=astrid)
    grid(desk).setFocus()
    desk.press("Down")
    desk.page.view.setFocus()
    desk.press("Delete", "O")
    assert desk.said() == "Choose a window or a time off in the week first."
    assert all(each.active and each.removed_at is None for each in stored(schema.availability_window))


def test_what_was_outside_before_is_told_apart(desk_at: OpenDesk, practice: Practice, astrid: Actor) -> None:  # AV4
    practice.an_appointment(practice.zuri, practice.lindqvist, SATURDAY, "9:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    desk = desk_at(actor=astrid)
    assert banner(desk) == "1 booked visit lies outside of what Dr. Lindqvist offers."
    grid(desk).setFocus()
    desk.press("Down", "Right", "Right", "Delete")
    assert banner(desk) == "Since your change 1 booked visit lies outside of what Dr. Lindqvist offers; 2 in all."


def test_time_off_for_a_part_of_a_day_is_changed_and_removed(
    desk_at: OpenDesk, practice: Practice, stored: Stored
) -> None:
    desk = desk_at()
    desk.press("T")
    asked = form(desk, AbsenceForm)
    desk.click(asked.quick.buttons[1])
    asked.all_day.setChecked(False)
    asked.start.show_minute(NOON)
    asked.end.show_minute(13 * 60)
    desk.press("Ctrl+S")
    away = stored(schema.absence)[0]
    assert (away.starts_at, away.ends_at) == (wall(TOMORROW, "12:00"), wall(TOMORROW, "13:00"))
    grid(desk).setFocus()
    desk.press("Return")  # what was made has the keyboard
    asked = form(desk, AbsenceForm)
    asked.end.show_minute(14 * 60)
    desk.press("Ctrl+S")
    assert stored(schema.absence)[0].ends_at == wall(TOMORROW, "14:00")
    grid(desk).setFocus()
    desk.press("Delete")
    assert stored(schema.absence)[0].removed_at is not None


def test_enter_in_a_field_presses_no_button(desk_at: OpenDesk, astrid: Actor) -> None:
    desk = desk_at(actor=astrid)
    desk.press("N")
    asked = form(desk, WindowForm)
    desk.click(asked.weekdays.chips[5])
    asked.label.setFocus()
    desk.press("Return")
    assert form(desk, WindowForm) is asked
    assert asked.weekdays.chosen() == (5,)


def test_time_off_that_ends_before_it_begins_is_refused_beside_it(desk_at: OpenDesk, stored: Stored) -> None:
    desk = desk_at()
    desk.press("T")
    asked = form(desk, AbsenceForm)
    asked.all_day.setChecked(False)
    asked.end.show_minute(asked.start.minute())
    desk.press("Ctrl+S")
    assert asked._beside["Until"][1].text() == "Time off ends after it begins. Choose a later end."
    assert stored(schema.absence) == []


def test_a_scheduler_draws_extra_hours_and_moves_no_weekly_ones(
    desk_at: OpenDesk, practice: Practice, stored: Stored
) -> None:  # AV2
    before = stored(schema.availability_window)
    desk = desk_at()
    drag(desk, (TODAY, 10 * 60), (TODAY, NOON))
    assert stored(schema.availability_window) == before
    desk.press("N")
    assert desk.said().startswith("New window: Weekly windows are changed by the provider")
    drag(desk, (SATURDAY, NINE), (SATURDAY, NOON))
    form(desk, ExtraHoursForm)
    desk.press("Ctrl+S")
    made = window_on(stored, practice.lindqvist, 5)
    assert (made.start_minute, made.end_minute, made.valid_from, made.valid_until) == (NINE, NOON, SATURDAY, SATURDAY)
    desk.press("PgDown")
    assert grid(desk).piece_of(made.id).isNull()  # it is of that one day
    desk.press("Home")
    assert desk.page.week.week_title.text() == "Nov 22 – Nov 28"
    grid(desk).seek(made.id)
    grid(desk).setFocus()
    desk.press("Return")
    asked = form(desk, ExtraHoursForm)
    asked.end.show_minute(0)
    desk.press("Ctrl+S")
    assert window_on(stored, practice.lindqvist, 5).end_minute == 24 * 60


def test_whoever_may_not_reads_the_form_and_why(desk_at: OpenDesk, practice: Practice) -> None:  # AV3
    desk = desk_at(actor=practice.admin)
    grid(desk).setFocus()
    desk.press("Down", "Return")
    asked = form(desk, WindowForm)
    assert asked.locked.text().startswith("Weekly windows are changed by the provider")
    assert asked.locked.isVisible()
    assert not asked.save_button.isVisible()
    assert not asked.start.isEnabled()
    assert asked.label.isReadOnly()
    desk.press("Esc", "Delete")
    assert desk.said().startswith("Remove: Weekly windows are changed by the provider")


def test_the_menu_of_hours_says_what_can_be_done(desk_at: OpenDesk, practice: Practice, astrid: Actor) -> None:
    desk = desk_at(actor=astrid)
    grid(desk).setFocus()
    desk.press("Down", "Menu")
    menu = cast("Any", QApplication.activePopupWidget())
    assert isinstance(menu, ActsMenu)
    assert [action.text() for action in menu.actions()] == ["Open …", "Switch off", "Remove"]
    menu.close()


def test_a_missing_mobile_phone_says_why_it_is_asked(
    desk_at: OpenDesk, practice: Practice, astrid: Actor, stored: Stored
) -> None:  # AP9, RM3
    desk = desk_at(actor=astrid)
    missing = desk.page.week.missing
    assert missing.isVisible()
    assert missing.text().startswith("The mobile phone number of Dr. Lindqvist is missing.")
    desk.press("P")
    asked = form(desk, PhoneForm)
    asked.number.setText("12")
    desk.press("Ctrl+S")
    assert asked._beside["Mobile phone number"][1].text()
    asked.number.setText("(206) 555-0199")
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    assert not missing.isVisible()
    assert desk.page.week.phone.words() == "(206) 555-0199"
    desk.press("P")
    assert form(desk, PhoneForm).number.text() == "(206) 555-0199"


def test_a_missing_number_that_a_reminder_needs_says_so(
    desk_at: OpenDesk, practice: Practice, astrid: Actor
) -> None:  # AP9
    rule = {"type_id": practice.well, "recipients": "provider", "minutes_before": 60, "by_sms": True}
    practice.insert(schema.reminder_rule, id=practice.new_id(), **rule)
    desk = desk_at(actor=astrid)
    assert "reminders of visits go there by SMS" in desk.page.week.missing.text()
    desk.press("P")
    asked = form(desk, PhoneForm)
    asked.number.setText("(206) 555-0199")
    asked.email.setText("astrid@example.org")
    desk.press("Ctrl+S")
    assert not desk.page.week.missing.isVisible()
    desk.press("P")
    assert form(desk, PhoneForm).email.text() == "astrid@example.org"


def test_a_scheduler_reads_the_number_only(desk_at: OpenDesk) -> None:
    desk = desk_at()
    desk.press("P")
    asked = form(desk, PhoneForm)
    assert asked.number.isReadOnly()
    assert asked.locked.text() == "The mobile phone number is set by the provider or an administrator."


def test_closed_days_are_told_in_the_heads_and_in_the_hours(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    settings = replace(practice.settings, closed_days={date(2026, 11, 26): "Thanksgiving"})
    with database_setup():
        practice.desk.perform(practice.admin, save_settings, settings, expect_version=1)
    desk = desk_at()
    shown = grid(desk).shown()
    assert shown is not None
    assert shown.closed == {date(2026, 11, 26): "Thanksgiving"}
    grid(desk).setFocus()
    desk.press("Down", "Right", "Right", "Right")
    assert "Nothing is booked in it on this day: closed: Thanksgiving." in grid(desk).accessibleDescription()


@pytest.mark.parametrize("scale", [100, 130])
@pytest.mark.parametrize("size", [(1366, 768), (960, 680)])
def test_the_heads_of_the_days_are_never_cut(
    desk_at: OpenDesk, theme: Theme, size: tuple[int, int], scale: int
) -> None:
    theme.set_scale(scale)
    desk = desk_at(size=size)
    view = grid(desk)
    column = view.point_of(TODAY + timedelta(days=1), 0).x() - view.point_of(TODAY, 0).x()
    room = column - 2 * theme.px(4)
    assert {fitted_text(theme.small_bold, head, room) for head in view.heads()} == set(view.heads())
    assert view.heads()[2] == ("24 Tue" if (scale, size) == (130, (960, 680)) else "Tue, Nov 24")


def why(desk: PageDesk[AvailabilityPage]) -> WhySheet:
    sheet = desk.dialog()
    assert isinstance(sheet, WhySheet)
    return sheet


def told(sheet: WhySheet) -> list[tuple[str, str, str]]:
    """What each window of the answer says: title, what took everything, the sum."""
    return [(block.title.text(), block.reason.text(), block.sum.text()) for block in sheet.blocks]


def test_w_says_which_rule_took_everything(desk_at: OpenDesk, practice: Practice, set_types: SetTypes) -> None:  # AV3
    set_types(notice_minutes=48 * 60)
    desk = desk_at(actor=practice.admin)
    desk.press("W")
    sheet = why(desk)
    gone = "All 51 starts that would fit are gone: they lie within the minimum notice of 48 hours."
    assert sheet.summary.text() == f"Tue, Nov 24: patients are offered no start for Well visit. {gone}"
    assert told(sheet)[0][1] == gone
    desk.press("PgDown")
    assert sheet.summary.text().startswith("Wed, Nov 25: patients are offered no start for Well visit.")
    title, reason, numbers = told(sheet)[0]
    assert title == "8:00 AM – 5:00 PM, Northside"
    assert reason == gone
    assert numbers == (
        "0 free for patients + 3 (too near to the end of the window) + 51 (sooner than the minimum notice) = 54 starts"
    )
    desk.press("Return")
    assert not desk.has_dialog()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"active": False}, "All 6 starts are gone: the window is switched off."),
        ({"staff_only": True}, "All 6 starts are gone: the window is for staff only."),
        ({"valid_from": date(2027, 1, 4)}, "All 6 starts are gone: the window counts from Jan 4."),
        ({"end_minute": NINE + 20}, "All 2 starts are gone: the window is too short for Well visit."),
    ],
)
def test_hours_that_give_a_patient_nothing_say_why_in_words(
    desk_at: OpenDesk, practice: Practice, values: dict[str, Any], said: str
) -> None:  # AV3
    practice.a_window(
        practice.lindqvist, practice.northside, 5, **{"start_minute": NINE, "end_minute": NINE + 60, **values}
    )
    desk = desk_at()
    desk.press("W")
    sheet = why(desk)
    sheet.day.show_day(SATURDAY)
    desk.settle()
    assert [reason for _title, reason, _sum in told(sheet)] == [said]


def test_a_day_that_is_full_says_so(desk_at: OpenDesk, practice: Practice) -> None:  # AV3
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "8:00", minutes=9 * 60)
    desk = desk_at()
    desk.click(desk.page.why_button)
    desk.press("PgDown")
    assert told(why(desk))[0][1] == "All 51 starts that would fit are gone: they are taken."


def test_the_question_follows_the_choices(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00", minutes=20)
    desk = desk_at()
    grid(desk).setFocus()
    desk.press("Down", "Right", "Right", "W")  # the day of what has the keyboard
    sheet = why(desk)
    assert sheet.day.day() == TOMORROW
    assert "5 (taken)" in told(sheet)[0][2]
    sheet.type.choose([practice.sick])
    sheet.type.changed.emit(sheet.type.chosen())
    desk.settle()
    assert "3 (taken)" in told(sheet)[0][2]
    sheet.provider.choose(())
    sheet.provider.changed.emit(())
    desk.settle()
    assert [title for title, _reason, _sum in told(sheet)] == [
        "8:00 AM – 5:00 PM, Northside",
        "8:00 AM – 5:00 PM, Harbor St",
    ]
    sheet.place.choose([practice.harbor])
    sheet.place.changed.emit(sheet.place.chosen())
    desk.settle()
    assert [title for title, _reason, _sum in told(sheet)] == ["8:00 AM – 5:00 PM, Harbor St"]
    assert desk.page._context.preferences.get("availability.why.type") == practice.sick
    assert nameless(sheet) == []


@pytest.mark.parametrize("size", [(1366, 768), (960, 680)])
def test_each_part_says_its_name(desk_at: OpenDesk, astrid: Actor, size: tuple[int, int]) -> None:
    desk = desk_at(actor=astrid, size=size)
    assert nameless(desk.frame) == []
    for key in ("N", "T", "X", "P"):
        desk.press(key)
        assert nameless(desk.dialog()) == []
        desk.press("Esc")
    assert grid(desk).viewport().height() >= 180
