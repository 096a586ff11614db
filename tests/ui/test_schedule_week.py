"""The week of a provider on the Schedule page: real keys and mouse on a real window over a real database."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sqlalchemy import update

from request_desk.domain.access import Role
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.ids import PatientId, ProviderId
from request_desk.domain.requests import Booking
from request_desk.domain.schedule import ScheduleWeek
from request_desk.domain.spans import Slot
from request_desk.services.schedule import acts
from request_desk.store import schema
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.move_dialog import MoveDialog
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.schedule.slot_dialog import SlotDialog
from request_desk.ui.widgets.text import PlainLabel
from tests.builders import TODAY, Practice, wall
from tests.ui.page_desk import PageDesk, nameless
from tests.ui.test_schedule_page import (
    OpenDesk,
    Setup,
    appointments,
    choose,
    columns,
    desk_at,
    dialog_of,
    drag_by,
    entry_of,
    set_type,
    shown_day,
)

__all__ = ["appointments", "desk_at"]  # fixtures

SUNDAY = TODAY - timedelta(days=2)
WEEK = tuple(SUNDAY + timedelta(days=number) for number in range(7))
Appointments = Callable[[], Sequence[Appointment]]


def shown_week(desk: PageDesk[SchedulePage]) -> tuple[date, ProviderId]:
    """The week that is shown, not only its title, and whose it is."""
    shown = desk.page.panel.view.shown()
    assert isinstance(shown, ScheduleWeek)
    return shown.key[0], shown.provider_id


def head_of(desk: PageDesk[SchedulePage], day: date) -> QPoint:
    """Where the head of a day is in the grid's viewport."""
    view = desk.page.panel.view
    place = [each.day for each in columns(desk)].index(day)
    left = view._body().left()
    return QPoint(left + (2 * place + 1) * (view.viewport().width() - left) // (2 * len(columns(desk))), 10)


def test_w_shows_the_week_and_d_the_day(desk_at: OpenDesk, practice: Practice) -> None:  # ACT1
    desk = desk_at()
    desk.press("W")
    assert shown_week(desk) == (SUNDAY, practice.lindqvist)
    assert [each.day for each in columns(desk)] == list(WEEK[1:6])
    assert desk.page.panel.title.text() == "Nov 22 – Nov 28"
    assert desk.page.span.current_key() == "week"
    assert (desk.page.provider.isVisible(), desk.page.providers.isVisible()) == (True, False)
    desk.press("D")
    assert shown_day(desk) == TODAY
    assert [each.provider_id for each in columns(desk)] == [practice.lindqvist, practice.mwangi]
    assert desk.page.span.current_key() == "day"


def test_the_switch_in_the_head_does_the_same(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    bar = desk.page.span
    desk.click(bar, bar.tabRect(1).center())
    assert shown_week(desk) == (SUNDAY, practice.lindqvist)
    desk.click(bar, bar.tabRect(0).center())
    assert shown_day(desk) == TODAY


def test_keys_turn_the_weeks(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("W", "PgDown", "PgDown")
    assert shown_week(desk)[0] == SUNDAY + timedelta(days=14)
    desk.press("PgUp")
    assert shown_week(desk)[0] == SUNDAY + timedelta(days=7)
    desk.press("D")
    assert shown_day(desk) == TODAY + timedelta(days=7)
    desk.press("W", "Home")
    assert shown_week(desk)[0] == SUNDAY
    assert desk.page.panel._on.accessibleName() == "Week after"
    desk.click(desk.page.panel._on)
    assert shown_week(desk)[0] == SUNDAY + timedelta(days=7)


def test_the_week_is_that_of_whoever_has_the_keyboard(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00")
    desk = desk_at()
    desk.press("Down", "W")
    assert shown_week(desk)[1] == practice.mwangi
    assert desk.page.provider.chosen() == (practice.mwangi,)


def test_a_provider_begins_with_the_own_week(desk_at: OpenDesk, practice: Practice) -> None:
    mwangi = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    desk = desk_at(actor=mwangi)
    desk.press("W")
    assert shown_week(desk)[1] == practice.mwangi


def test_another_provider_is_chosen_in_the_head(desk_at: OpenDesk, practice: Practice) -> None:
    kept: dict[str, object] = {}
    desk = desk_at(preferences=kept)
    desk.press("W")
    menu = desk.page.provider.menu_open()
    next(each for each in menu.actions() if each.text() == "Dr. Mwangi").trigger()
    desk.settle()
    assert shown_week(desk) == (SUNDAY, practice.mwangi)
    assert {each.location_names for each in columns(desk)} == {("Harbor St",)}
    assert kept["schedule.week"] == practice.mwangi
    again = desk_at(preferences=kept)
    assert shown_week(again) == (SUNDAY, practice.mwangi)


def test_the_week_of_somebody_who_is_not_there_any_more_is_the_first_ones(
    desk_at: OpenDesk, practice: Practice
) -> None:
    desk = desk_at(preferences={"schedule.week": 999_999})
    assert shown_week(desk) == (SUNDAY, practice.lindqvist)


def test_the_week_of_who_was_switched_off_is_seen(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    with database_setup(), practice.database.write() as connection:
        gone = update(schema.provider).where(schema.provider.c.id == practice.lindqvist)
        connection.execute(gone.values(active=False))
    desk = desk_at()
    desk.press("Down", "W")
    assert shown_week(desk)[1] == practice.lindqvist
    assert desk.page.provider.words() == "Dr. Lindqvist (switched off)"
    assert entry_of(desk, booked).starts_at == wall(TODAY, "10:00")


def test_a_click_on_a_days_head_opens_that_day(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("W")
    thursday = TODAY + timedelta(days=2)
    desk.click(desk.page.panel.view.viewport(), head_of(desk, thursday))
    assert shown_day(desk) == thursday
    assert desk.page.span.current_key() == "day"
    desk.click(desk.page.panel.view.viewport(), QPoint(200, 10))  # the head of a provider opens nothing
    assert shown_day(desk) == thursday


def test_a_drop_on_another_day_moves_the_appointment_at_once_and_can_be_undone(
    desk_at: OpenDesk, practice: Practice, appointments: Appointments
) -> None:  # ACT3
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    desk.press("W")
    choose(desk, booked)
    drag_by(desk, booked, 60, across=2)
    assert not desk.has_dialog()
    old, new = appointments()
    assert old.status is AppointmentStatus.CANCELLED
    assert (new.provider_id, new.starts_at) == (practice.lindqvist, wall(TODAY + timedelta(days=2), "11:00"))
    assert desk.page.card.entry() == entry_of(desk, new.id)
    assert not desk.page.card.isHidden()
    desk.press("Ctrl+Shift+Z")
    assert [each.status for each in appointments()] == [AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELLED]


def test_a_drop_that_a_rule_stands_against_asks(
    desk_at: OpenDesk, practice: Practice, appointments: Appointments, database_setup: Setup
) -> None:  # ACT7
    with database_setup():
        set_type(practice, notice_minutes=7 * 24 * 60)
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    desk.press("W")
    view, entry = desk.page.panel.view, entry_of(desk, booked)
    view.reveal(entry.starts_at)
    start, across = view.rect_of(entry).center(), QPoint(view.rect_of(entry).width() + 6, 0)
    desk.drag(view.viewport(), start, start + across, let_go=False)
    desk.settle()
    assert view._against == "Well visit needs 168 hours of notice, and this time is sooner."
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start + across)
    desk.settle()
    dialog = dialog_of(desk, MoveDialog)
    assert isinstance(dialog, MoveDialog)
    assert "to Wed, Nov 25, 10:00 AM" in dialog._what.text()
    desk.press("Esc")
    assert len(appointments()) == 1


def test_a_double_click_books_on_the_day_of_the_column(
    desk_at: OpenDesk, practice: Practice, appointments: Appointments
) -> None:
    desk = desk_at()
    desk.press("W")
    view, friday = desk.page.panel.view, TODAY + timedelta(days=3)
    view.reveal(wall(friday, "10:00"))
    QApplication.processEvents()
    place = QPoint(head_of(desk, friday).x(), view._origin().y() + view._layout.y_of(wall(friday, "10:00")) + 3)  # type: ignore[union-attr]
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    desk.settle()
    assert isinstance(dialog_of(desk, SlotDialog), SlotDialog)
    QTest.keyClicks(desk.focus(), "zuri")
    desk.press("Return", "Return", "Ctrl+Return")
    (made,) = appointments()
    assert (made.provider_id, made.starts_at) == (practice.lindqvist, wall(friday, "10:00"))
    assert entry_of(desk, made.id) == made


def test_cancelling_in_the_week(desk_at: OpenDesk, practice: Practice, appointments: Appointments) -> None:  # AP3
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=2), "10:00")
    desk = desk_at()
    desk.press("W", "Down", "Return", "C")
    assert isinstance(dialog_of(desk, CancelDialog), CancelDialog)
    desk.press("1", "Ctrl+Return")
    assert [(each.id, each.status) for each in appointments()] == [(booked, AppointmentStatus.CANCELLED)]


def test_arrows_walk_from_day_to_day(desk_at: OpenDesk, practice: Practice) -> None:
    first = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    second = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=2), "11:00")
    desk = desk_at()
    desk.press("W", "Down", "Return")
    assert desk.page.card.entry() == entry_of(desk, first)
    desk.press("Right", "Return")
    assert desk.page.card.entry() == entry_of(desk, second)
    desk.press("D")
    assert shown_day(desk) == TODAY + timedelta(days=2)
    assert not desk.page.card.isHidden()


def test_the_card_goes_away_with_its_week(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at()
    desk.press("Down", "Return", "W")
    assert not desk.page.card.isHidden()
    desk.press("PgDown")
    assert desk.page.card.isHidden()


def test_a_week_is_read_again_only_for_what_may_be_seen_in_it(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    patients = [practice.a_patient(f"Ida{number}", "Novak", date(2019, 1, 1)) for number in range(5)]
    desk = desk_at()
    desk.press("W")
    read: list[None] = []
    desk.page.loaded.connect(lambda: read.append(None))

    def book(patient: PatientId, provider: ProviderId, day: date) -> int:
        place = practice.northside if provider == practice.lindqvist else practice.harbor
        with database_setup():
            at = wall(day, "9:00")
            act = Booking(Slot(provider, place, at, at, at), practice.well)
            practice.desk.perform(practice.kofi, acts.act_alone, patient, act)
        desk.hear()
        return len(read)

    assert book(patients[0], practice.lindqvist, TODAY + timedelta(days=9)) == 0
    assert book(patients[1], practice.mwangi, TODAY) == 0
    assert book(patients[2], practice.lindqvist, TODAY) == 1
    assert book(patients[3], practice.lindqvist, TODAY + timedelta(days=3)) == 2
    desk.press("PgDown")
    del read[:]
    assert book(patients[4], practice.lindqvist, TODAY + timedelta(days=1)) == 0


def test_a_week_is_shown_at_once_not_day_by_day(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    read: list[None] = []
    desk.page.loaded.connect(lambda: read.append(None))
    desk.press("W")
    assert len(read) == 1
    assert len(columns(desk)) == 5


@pytest.mark.parametrize("size", [(960, 680), (1366, 768)])
@pytest.mark.parametrize("scale", [100, 130])
def test_the_head_of_the_week_is_whole_at_every_size(
    desk_at: OpenDesk, practice: Practice, theme: object, size: tuple[int, int], scale: int, database_setup: Setup
) -> None:
    theme.set_scale(scale)  # type: ignore[attr-defined]
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    desk = desk_at(size=size)
    desk.press("W")
    page, panel = desk.page, desk.page.panel
    before = panel.stack.y()
    choose(desk, booked)
    assert panel.stack.y() == before  # nothing jumps when the card opens
    for widget in (page.span, page.locations, page.provider, page.book_button, panel._on):
        assert panel.rect().contains(widget.geometry()), widget
        assert widget.width() >= widget.sizeHint().width(), widget
    assert not _is_cut(panel.title)


def _is_cut(label: PlainLabel) -> bool:
    return label.fontMetrics().horizontalAdvance(label.text()) > label.width()


def test_everything_in_the_head_that_takes_the_focus_has_a_name(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("W")
    assert nameless(desk.frame) == []


def test_providers_are_filtered_in_the_day_and_kept(desk_at: OpenDesk, practice: Practice) -> None:  # ACT1
    kept: dict[str, object] = {}
    desk = desk_at(preferences=kept)
    menu = desk.page.providers.menu_open()
    next(each for each in menu.actions() if each.text() == "Dr. Mwangi").trigger()
    desk.settle()
    assert [each.provider_id for each in columns(desk)] == [practice.mwangi]
    assert kept["schedule.providers"] == [practice.mwangi]
    desk.press("W")
    assert shown_week(desk)[1] == practice.mwangi
    again = desk_at(preferences={"schedule.providers": [practice.mwangi]})
    assert [each.provider_id for each in columns(again)] == [practice.mwangi]
