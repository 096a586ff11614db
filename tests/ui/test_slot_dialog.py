"""What is chosen in the dialog that books from the schedule: where, and beside whom; its times are in `test_schedule_page`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from request_desk.domain.appointments import Appointment
from request_desk.domain.ids import AppointmentId
from request_desk.domain.spans import Span
from request_desk.services.schedule.queries import find_slots
from request_desk.store import schema
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.schedule.slot_dialog import SlotDialog
from tests.builders import TODAY, Practice, wall
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[[], PageDesk[SchedulePage]]


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
    assert dialog.said.text() == "Well visit needs 40 min, 30 min free here. Bookable here: Sick visit."
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


@pytest.fixture
def lanes(sqlite_practice: Practice, database_setup: Setup) -> None:
    """Every window takes one work-in at once."""
    with database_setup(), sqlite_practice.database.write() as connection:
        connection.execute(update(schema.availability_window).values(work_in_lanes=1))


@pytest.fixture
def ida(sqlite_practice: Practice, database_setup: Setup) -> AppointmentId:
    """Somebody who is booked at 9:00."""
    with database_setup():
        patient = sqlite_practice.a_patient("Ida", "Novak", date(2019, 1, 1))
        return sqlite_practice.an_appointment(patient, sqlite_practice.lindqvist, TODAY, "9:00")


def show(desk: PageDesk[SchedulePage], appointment_id: AppointmentId) -> None:
    desk.page.open(appointment_id)
    desk.settle()


def booked(practice: Practice, database_setup: Setup) -> list[tuple[datetime, int, str]]:
    """What Zuri has: start, lane and the reason that is kept."""
    table = schema.appointment.c
    with database_setup(), practice.database.read() as connection:
        rows = connection.execute(
            select(table.starts_at, table.lane, table.overrule).where(table.patient_id == practice.zuri)
        )
        return [(row.starts_at, row.lane, row.overrule) for row in rows]


def test_somebody_is_squeezed_in_beside_a_visit_by_keys_with_a_reason(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, lanes: None, ida: AppointmentId
) -> None:  # AV6, ACT6
    desk = desk_at()
    show(desk, ida)
    assert desk.page.card.squeeze_button.words() == "Squeeze in beside I. Novak …"
    desk.press("S")
    dialog = dialog_of(desk)
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return")
    assert dialog.said.isHidden()
    assert dialog.times.model().index(0, 1).data() == "Dr. Lindqvist, beside I. Novak"
    assert dialog._what.text().startswith("SQUEEZE IN Zuri Okafor, born 03/12/2022, Tue, Nov 24, 9:00 AM, 40 min")
    assert dialog._what.text().endswith(", beside Ida Novak.")
    assert dialog.button.words() == "Squeeze in"
    assert "this is a work-in beside them" in dialog.rules._limits.text()
    desk.press("Ctrl+Return")
    assert desk.has_dialog()  # not without a reason
    dialog.rules.reason.setFocus()
    desk.type("Fever, doctor agreed")
    desk.press("Ctrl+Return")
    assert not desk.has_dialog()
    assert booked(sqlite_practice, database_setup) == [(wall(TODAY, "9:00"), 1, "Fever, doctor agreed")]
    desk.hear()
    view = desk.page.panel.view
    assert view._layout is not None
    one, other = (each for each in view._layout.placed if isinstance(each.item, Appointment))
    assert not one.rect.intersects(other.rect)  # beside each other
    assert [view.words_of(each).count("work-in") for each in (one, other)] in ([0, 1], [1, 0])
    assert not desk.page.double_bookings.isVisible()
    assert desk.page.card.squeeze_button.isHidden()  # the only lane is taken


def test_without_a_lane_nobody_is_squeezed_in_and_the_key_says_why(desk_at: OpenDesk, ida: AppointmentId) -> None:
    desk = desk_at()
    desk.press("S")
    assert desk.said() == "Choose the visit beside which somebody is to be squeezed in first."
    show(desk, ida)
    assert desk.page.card.squeeze_button.isHidden()
    desk.press("S")
    assert not desk.has_dialog()
    assert desk.said() == (
        "Nobody can be squeezed in beside Ida Novak: Dr. Lindqvist has no lane for work-ins free then."
    )


def test_a_gap_that_is_too_short_offers_a_work_in_that_nobody_books_by_accident(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, lanes: None, ida: AppointmentId
) -> None:  # AV6, ACT15
    practice = sqlite_practice
    with database_setup():
        other = practice.a_patient("Bo", "Adams", date(2019, 1, 1))
        practice.an_appointment(other, practice.lindqvist, TODAY, "10:10")
    desk = desk_at()
    dialog = double_click(desk, "9:45")
    choose(desk, dialog.type_box, practice.well)
    assert dialog.times.model().index(0, 1).data() == "Dr. Lindqvist, beside what is booked"
    assert dialog._chosen() is None
    assert dialog.button.words() == "Book"


def test_where_the_provider_is_away_nobody_is_squeezed_in(
    desk_at: OpenDesk, sqlite_practice: Practice, database_setup: Setup, lanes: None, ida: AppointmentId
) -> None:
    with database_setup():
        sqlite_practice.an_absence(sqlite_practice.lindqvist, wall(TODAY, "8:00"), wall(TODAY, "12:00"))
    desk = desk_at()
    show(desk, ida)
    assert desk.page.card.squeeze_button.isHidden()


def test_a_parent_is_never_offered_a_lane(sqlite_practice: Practice, database_setup: Setup, lanes: None) -> None:
    practice = sqlite_practice
    with database_setup():
        for start in range(8 * 60, 17 * 60, 40):
            other = practice.a_patient("Bo", "Adams", date(2019, 1, 1))
            practice.an_appointment(
                other, practice.lindqvist, TODAY + timedelta(days=1), f"{start // 60}:{start % 60:02}"
            )
        day = Span(wall(TODAY + timedelta(days=1), "0:00"), wall(TODAY + timedelta(days=2), "0:00"))
        found = practice.desk.query(
            practice.maria,
            find_slots,
            type_id=practice.well,
            span=day,
            provider_ids=(practice.lindqvist,),
            for_staff=False,
        )
    assert found == ()
