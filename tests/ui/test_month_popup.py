"""The month of the Schedule page: what it says and paints of each day, and the way to a day by mouse and keys."""

from datetime import date, timedelta

from PySide6.QtCore import QDate, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from request_desk.domain.requests import Booking
from request_desk.domain.schedule import DayLoad
from request_desk.domain.spans import Slot
from request_desk.services.schedule import acts
from request_desk.ui.schedule.month_popup import LoadCalendar, MonthPopup
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.widgets.buttons import IconButton
from request_desk.ui.widgets.theme import app_theme
from tests.builders import TODAY, Practice, wall
from tests.ui.page_desk import PageDesk, nameless
from tests.ui.test_schedule_page import OpenDesk, Setup, desk_at, shown_day

__all__ = ["desk_at"]  # fixtures


def opened(desk: PageDesk[SchedulePage]) -> MonthPopup:
    """Open the month by its key."""
    desk.press("G")
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, MonthPopup)
    return popup


def press(desk: PageDesk[SchedulePage], popup: MonthPopup, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(popup.calendar.focusProxy() or popup.calendar, key)
        desk.settle()


def test_the_month_says_how_full_the_day_is(desk_at: OpenDesk, practice: Practice) -> None:  # ACT1
    for hour in range(8, 17):
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, f"{hour}:00", minutes=60)
    desk = desk_at()
    popup = opened(desk)
    assert popup.said.text() == "Tue, Nov 24: 50 % booked"
    press(desk, popup, Qt.Key.Key_Right)
    assert popup.said.text() == "Wed, Nov 25: 0 % booked"
    press(desk, popup, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right)
    assert popup.said.text() == "Sat, Nov 28: nobody works"
    assert popup.calendar.accessibleDescription() == popup.said.text()
    assert nameless(popup) == []
    popup.close()


def test_enter_goes_to_the_day_and_escape_leaves_the_schedule(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    popup = opened(desk)
    press(desk, popup, Qt.Key.Key_Right, Qt.Key.Key_Return)
    assert shown_day(desk) == TODAY + timedelta(days=1)
    popup = opened(desk)
    press(desk, popup, Qt.Key.Key_Down, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None
    assert shown_day(desk) == TODAY + timedelta(days=1)


def test_a_day_of_the_month_in_the_week_view_shows_its_week(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("W")
    popup = opened(desk)
    press(desk, popup, Qt.Key.Key_Down, Qt.Key.Key_Return)
    shown = desk.page.panel.view.shown()
    assert shown is not None
    assert shown.key == (date(2026, 11, 29), practice.lindqvist)


def test_another_month_is_read_when_it_is_turned_to(desk_at: OpenDesk, practice: Practice) -> None:
    december = date(2026, 12, 15)
    practice.an_appointment(practice.zuri, practice.lindqvist, december, "8:00", minutes=9 * 60)
    desk = desk_at()
    popup = opened(desk)
    assert popup.calendar.load_of(december) is None
    assert popup.title.text() == "November 2026"
    desk.click(next(each for each in popup.findChildren(IconButton) if each.accessibleName() == "Month after"))
    assert popup.title.text() == "December 2026"
    assert popup.calendar.load_of(december) == DayLoad(december, timedelta(hours=9), timedelta(hours=18))
    popup.close()


def test_the_month_is_that_of_whom_the_schedule_shows(desk_at: OpenDesk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00", minutes=9 * 60)
    desk = desk_at()
    desk.press("W")
    popup = opened(desk)
    assert popup.said.text() == "Tue, Nov 24: 100 % booked"
    popup.close()


def test_a_change_is_seen_while_the_month_is_open(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    desk = desk_at()
    popup = opened(desk)
    read: list[None] = []
    popup.loaded.connect(lambda: read.append(None))

    def book(day: date) -> None:
        with database_setup():
            at = wall(day, "9:00")
            act = Booking(Slot(practice.lindqvist, practice.northside, at, at, at), practice.well)
            patient = practice.a_patient(f"Ida{day}", "Novak", date(2019, 1, 1))
            practice.desk.perform(practice.kofi, acts.act_alone, patient, act)
        desk.hear()

    book(date(2026, 12, 15))
    assert read == []
    book(TODAY)
    assert len(read) == 1
    load = popup.calendar.load_of(TODAY)
    assert load is not None
    assert load.booked == timedelta(minutes=40)
    popup.close()


def test_the_bar_is_as_long_as_what_is_booked(qtbot: QtBot) -> None:
    calendar, theme = LoadCalendar(TODAY), app_theme()
    qtbot.addWidget(calendar)
    calendar.setSelectedDate(QDate(2026, 11, 1))

    def inks(load: DayLoad) -> tuple[int, int]:
        """How many pixels of the bar are filled, and how many there are."""
        calendar.show_loads([load])
        image = QImage(40, 36, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        calendar.paintCell(painter, QRect(0, 0, 40, 36), QDate(2026, 11, 25))
        painter.end()
        line = [image.pixelColor(x, 36 - 1 - theme.px(8) + 1) for x in range(40)]
        filled = line.count(theme.muted)
        return filled, filled + line.count(theme.line)

    day, hour = date(2026, 11, 25), timedelta(hours=1)
    assert inks(DayLoad(day, 0 * hour, 8 * hour)) == (0, theme.px(24))
    assert inks(DayLoad(day, 4 * hour, 8 * hour)) == (theme.px(12), theme.px(24))
    assert inks(DayLoad(day, 9 * hour, 8 * hour)) == (theme.px(24), theme.px(24))
    assert inks(DayLoad(day, 0 * hour, 0 * hour)) == (0, 0)
