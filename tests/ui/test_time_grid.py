"""The time grid under real mouse and key events: what it tells, what it keeps, what it refuses to hear."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import ProviderId
from request_desk.domain.schedule import ProviderColumn, ScheduleDay, ScheduleWeek
from request_desk.domain.words import Words
from request_desk.ui.schedule.grid_layout import FreePoint, Moved, OfferState, Placed
from request_desk.ui.schedule.time_grid import TimeGrid
from request_desk.ui.widgets.theme import Look, app_theme
from tests.ui.grid_parts import (
    DAY,
    LINDQVIST,
    MINUTE,
    MWANGI,
    NORTHSIDE,
    ZONE,
    appointment,
    at,
    column,
    offered,
    opened,
)

NINE = at(DAY, 9 * 60)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier
HOSTILE = (
    "<b>Bold</b><img src=x onerror=alert(1)>",
    "\u202egnirts\u202c back",
    "نور الأحمد",
    "王小明",
    "Z̸̡̛͖̗̘̙̜̝̞̟̠̤̥̦̩̪̫̬̭̮̯̰̱̲̳̹̺̻̼͇͈͉͍͎͓͔͕͖͙͚͐͑͒͗͛a",
    "a" * 5_000,
    "two\nlines",
    "",
)


def day(*columns: ProviderColumn) -> ScheduleDay:
    return ScheduleDay(DAY, columns or (working(),))


def working(*entries: Appointment) -> ProviderColumn:
    return column(spans=[opened(DAY, 8 * 60, 17 * 60)], entries=entries)


@pytest.fixture
def view(qtbot: QtBot, clock: FixedClock) -> TimeGrid:
    """A time grid in a small window: not all of the day is on screen."""
    view = TimeGrid(clock, Words("en_US", ZONE, DAY), may_move=True)
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.show()
    qtbot.waitExposed(view)
    view.activateWindow()
    return view


def told(signal: object) -> list[object]:
    heard: list[object] = []
    signal.connect(heard.append)  # type: ignore[attr-defined]
    return heard


def click(view: TimeGrid, place: QPoint) -> None:
    QTest.mouseClick(view.viewport(), LEFT, NONE, place)


def by_tab(view: TimeGrid) -> None:
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)


def drag(view: TimeGrid, start: QPoint, by: QPoint, *, let_go: bool = True) -> None:
    QTest.mousePress(view.viewport(), LEFT, NONE, start)
    for step in (1, 2, 3):
        QTest.mouseMove(view.viewport(), start + by * step / 3)
        QApplication.processEvents()
    if let_go:
        QTest.mouseRelease(view.viewport(), LEFT, NONE, start + by)


def test_a_click_chooses_an_appointment_and_an_offer(view: TimeGrid) -> None:  # ACT3
    entry, offer = appointment(1, NINE), offered(NINE + 60 * MINUTE, 3)
    entries, digits = told(view.entry_chosen), told(view.slot_chosen)
    view.show_schedule(day(working(entry)))
    view.set_offers([offer])
    view.reveal(NINE)
    click(view, view.rect_of(entry).center())
    click(view, view.rect_of(entry).center() + QPoint(0, 106))
    assert entries == [entry]
    assert digits == [3]


def test_an_offer_that_is_gone_hears_nothing(view: TimeGrid) -> None:
    digits = told(view.slot_chosen)
    view.show_schedule(day())
    view.set_offers([offered(NINE, 1, OfferState.GONE)])
    by_tab(view)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert digits == []


def test_arrows_walk_over_appointments_and_enter_chooses(view: TimeGrid) -> None:
    one, two, other = appointment(1, NINE), appointment(2, NINE + 60 * MINUTE), appointment(3, NINE, provider=MWANGI)
    chosen = told(view.entry_chosen)
    view.show_schedule(day(working(one, two), column(MWANGI, spans=[opened(DAY, 480, 1020)], entries=[other])))
    by_tab(view)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Right, Qt.Key.Key_Space):
        QTest.keyClick(view, key)
    assert chosen == [one, two, other]
    assert "Zuri Okafor" in view.accessibleDescription()
    assert "9:00 AM – 9:40 AM" in view.accessibleDescription()


def test_a_held_enter_chooses_once(view: TimeGrid) -> None:
    chosen = told(view.entry_chosen)
    view.show_schedule(day(working(appointment(1, NINE))))
    by_tab(view)
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, NONE, "\r", True)
    QApplication.sendEvent(view, held)
    assert chosen == []


def test_dragging_an_appointment_tells_where_to_and_keeps_it_in_place(view: TimeGrid) -> None:  # ACT3
    entry = appointment(1, NINE)
    moves, chosen = told(view.moved), told(view.entry_chosen)
    view.show_schedule(day(working(entry)))
    view.reveal(NINE)
    before = view.rect_of(entry)
    drag(view, before.center(), QPoint(0, 106))
    assert moves == [Moved(entry, FreePoint(LINDQVIST, NORTHSIDE, NINE + 60 * MINUTE))]
    assert chosen == []
    assert view.rect_of(entry).top() == before.top()


def test_an_appointment_dragged_back_to_its_own_time_is_not_moved(view: TimeGrid) -> None:
    entry = appointment(1, NINE)
    moves = told(view.moved)
    view.show_schedule(day(working(entry)))
    view.reveal(NINE)
    center = view.rect_of(entry).center()
    drag(view, center, QPoint(0, 106), let_go=False)
    QTest.mouseMove(view.viewport(), center)
    QTest.mouseRelease(view.viewport(), LEFT, NONE, center)
    assert moves == []


def test_escape_lets_go_of_a_dragged_appointment(view: TimeGrid) -> None:
    entry = appointment(1, NINE)
    moves = told(view.moved)
    view.show_schedule(day(working(entry)))
    view.reveal(NINE)
    center = view.rect_of(entry).center()
    drag(view, center, QPoint(0, 106), let_go=False)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view.viewport(), LEFT, NONE, center + QPoint(0, 106))
    assert moves == []


@pytest.mark.parametrize(
    "entry",
    [
        appointment(1, at(DAY, 8 * 60)),
        appointment(2, NINE, status=AppointmentStatus.HELD),
        appointment(3, NINE, status=AppointmentStatus.COMPLETED),
    ],
    ids=["begun", "held", "completed"],
)
def test_what_cannot_be_moved_is_not_dragged(view: TimeGrid, entry: Appointment) -> None:
    moves = told(view.moved)
    view.show_schedule(day(working(entry)))
    view.reveal(entry.starts_at)
    drag(view, view.rect_of(entry).center(), QPoint(0, 106))
    assert moves == []


def test_what_stands_against_a_drop_is_said_while_dragging(view: TimeGrid) -> None:  # ACT7
    asked = told(view.dragged)
    entry = appointment(1, NINE)
    view.show_schedule(day(working(entry), column(MWANGI, spans=[opened(DAY, 480, 1020)])))
    view.reveal(NINE)
    start = view.rect_of(entry).center()
    drag(view, start, QPoint(view.rect_of(entry).width(), 0), let_go=False)
    assert asked[-1] == Moved(entry, FreePoint(MWANGI, NORTHSIDE, NINE))
    # Said where it can be read: the tint of a refusal is at the bottom of the view.
    spot = QPoint(view.viewport().width() - 40, view.viewport().height() - 30)
    assert view.viewport().grab().toImage().pixelColor(spot) != app_theme().danger_tint
    elsewhere = Moved(entry, FreePoint(LINDQVIST, NORTHSIDE, NINE))
    view.say_of_drop(elsewhere, None, "An answer that comes when the place was left.")
    assert view.viewport().grab().toImage().pixelColor(spot) != app_theme().danger_tint
    view.say_of_drop(asked[-1], None, "Well visit stays with Dr. Lindqvist when it is moved.")
    assert view.viewport().grab().toImage().pixelColor(spot) == app_theme().danger_tint
    QTest.mouseRelease(view.viewport(), LEFT, NONE, start)


def test_a_double_click_on_free_time_tells_the_quarter_hour(view: TimeGrid) -> None:
    points = told(view.free_chosen)
    view.show_schedule(day(working(appointment(1, NINE))))
    view.reveal(NINE)
    spot = view.rect_of(appointment(1, NINE)).center() + QPoint(0, 106)
    QTest.mouseDClick(view.viewport(), LEFT, NONE, spot)
    assert points == [FreePoint(LINDQVIST, NORTHSIDE, NINE + 75 * MINUTE)]


def test_the_menu_opens_by_right_click_and_by_the_menu_key(view: TimeGrid) -> None:
    entry = appointment(1, NINE)
    menus: list[Appointment] = []
    view.entry_menu.connect(lambda entry, _place: menus.append(entry))
    view.show_schedule(day(working(entry)))
    view.reveal(NINE)
    QTest.mouseClick(view.viewport(), RIGHT, NONE, view.rect_of(entry).center())
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Menu)
    assert menus == [entry, entry]


def test_reading_the_same_day_anew_keeps_scroll_and_keyboard(view: TimeGrid) -> None:
    one, two = appointment(1, NINE), appointment(2, at(DAY, 14 * 60))
    view.show_schedule(day(working(one, two)))
    by_tab(view)
    QTest.keyClick(view, Qt.Key.Key_Down)
    view.verticalScrollBar().setValue(300)
    where = view.rect_of(two)
    view.show_schedule(day(working(one, replace(two, version=2), appointment(3, at(DAY, 15 * 60)))))
    assert view.rect_of(two) == where
    chosen = told(view.entry_chosen)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == [replace(two, version=2)]


def test_an_earlier_appointment_that_comes_in_does_not_move_what_is_under_the_eye(view: TimeGrid) -> None:
    two = appointment(2, at(DAY, 14 * 60))
    view.show_schedule(day(working(two)))
    view.verticalScrollBar().setValue(300)
    where = view.rect_of(two)
    view.show_schedule(day(working(appointment(1, at(DAY, 6 * 60)), two)))
    assert view.rect_of(two) == where


def test_another_day_that_is_awaited_hears_nothing_until_it_is_there(view: TimeGrid) -> None:
    entry = appointment(1, NINE)
    chosen = told(view.entry_chosen)
    view.show_schedule(day(working(entry)))
    view.reveal(NINE)
    by_tab(view)
    view.wait()
    click(view, view.rect_of(entry).center())
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == []
    view.show_schedule(day(working(entry)))
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == [entry]


def test_only_offers_on_the_screen_are_told_as_painted(view: TimeGrid) -> None:
    near, far = offered(NINE, 1), offered(at(DAY, 16 * 60), 2)
    painted: list[Sequence[tuple[int, object]]] = []
    view.offers_painted.connect(painted.append)
    view.show_schedule(day())
    view.set_offers([near, far])
    view.repaint()
    QApplication.processEvents()
    assert painted[-1] == ((1, near.offer.slot),)


def test_a_day_on_which_nobody_works_says_so(view: TimeGrid) -> None:
    view.show_schedule(ScheduleDay(DAY, ()))
    blank = view.viewport().grab().toImage()
    view.show_schedule(day())
    assert blank != view.viewport().grab().toImage()
    by_tab(view)
    QTest.keyClick(view, Qt.Key.Key_Down)


def test_hostile_names_are_painted_and_told_as_plain_text(view: TimeGrid) -> None:
    entries = [
        replace(appointment(number, NINE + number * 40 * MINUTE), patient_name=name)
        for number, name in enumerate(HOSTILE, 1)
    ]
    rule: Callable[[Placed], str] = view.words_of
    view.show_schedule(day(working(*entries)))
    view.viewport().grab()
    for entry in entries:
        text = rule(Placed(entry, 0, view.rect_of(entry)))
        assert "\u202e" not in text
        assert len(text) < 400


def test_a_hundred_appointments_are_walked_and_painted(view: TimeGrid) -> None:
    entries = [appointment(number, at(DAY, 480) + number * 5 * MINUTE, 5) for number in range(1, 101)]
    view.show_schedule(day(working(*entries)))
    by_tab(view)
    for _step in range(120):
        QTest.keyClick(view, Qt.Key.Key_Down)
    chosen = told(view.entry_chosen)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == [entries[-1]]
    assert view.viewport().rect().contains(view.rect_of(entries[-1]).center())


def test_a_hold_counts_down_in_words(view: TimeGrid, clock: FixedClock) -> None:
    hold = replace(
        appointment(1, NINE, status=AppointmentStatus.HELD), hold_expires_at=clock.now() + timedelta(minutes=11)
    )
    view.show_schedule(day(working(hold)))
    placed = Placed(hold, 0, view.rect_of(hold))
    assert "held, 11 min left" in view.words_of(placed)
    clock.advance(timedelta(minutes=10, seconds=20))
    assert "held, 40 s left" in view.words_of(placed)


@pytest.mark.parametrize("height", [150, 240, 480])
def test_the_chosen_time_is_seen_whole_also_when_the_view_gets_lower(view: TimeGrid, height: int) -> None:  # ACT3
    near, far = offered(NINE, 1), offered(at(DAY, 16 * 60), 2)
    view.show_schedule(day())
    view.set_offers([near, far])
    view.set_offers([near, replace(far, state=OfferState.HELD)])
    view.resize(640, height)
    QApplication.processEvents()
    chosen = told(view.slot_chosen)
    below_head, bottom = app_theme().px(30), view.viewport().height()
    hit = []
    for y in range(below_head, bottom):
        click(view, QPoint(view.viewport().width() // 2, y))
        if chosen:
            assert chosen.pop() == 2
            hit.append(y)
    length = app_theme().px(106) * 40 // 60  # of forty minutes
    assert length - 4 <= len(hit) <= length
    assert hit[0] > below_head
    assert hit[-1] < bottom - 1


def test_the_same_offers_again_move_nothing(view: TimeGrid) -> None:
    view.show_schedule(day())
    view.set_offers([offered(at(DAY, 16 * 60))])
    view.verticalScrollBar().setValue(0)
    view.set_offers([offered(at(DAY, 16 * 60))])
    view.show_schedule(day())
    assert view.verticalScrollBar().value() == 0


def test_an_offer_scrolls_into_view_when_its_place_is_read_after_it(view: TimeGrid) -> None:
    other = column(ProviderId(99), spans=[opened(DAY, 8 * 60, 17 * 60)])
    view.show_schedule(day(other))  # the day as another request left it
    wanted = offered(at(DAY, 16 * 60))
    view.set_offers([wanted])
    painted: list[Sequence[tuple[int, object]]] = []
    view.offers_painted.connect(painted.append)
    view.show_schedule(day(other, working()))
    view.repaint()
    QApplication.processEvents()
    assert painted[-1] == ((1, wanted.offer.slot),)


def test_what_lies_under_the_offers_is_painted_for_each_place_and_look(view: TimeGrid) -> None:
    view.show_schedule(day(working(appointment(1, NINE), appointment(2, at(DAY, 14 * 60)))))
    view.set_offers([offered(at(DAY, 11 * 60))])
    top = view.viewport().grab().toImage()
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 120)
    assert view.viewport().grab().toImage() != top
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() - 120)
    assert view.viewport().grab().toImage() == top
    view.set_offers(())
    without = view.viewport().grab().toImage()
    view.show_schedule(day(working(appointment(1, NINE))))
    assert view.viewport().grab().toImage() != without
    app_theme().choose(Look.DARK)
    dark = view.viewport().grab().toImage()
    app_theme().choose(Look.LIGHT)
    assert view.viewport().grab().toImage() != dark


def test_an_hour_that_a_day_does_not_have_is_hatched(view: TimeGrid) -> None:  # AV5
    spring = date(2026, 3, 8)
    days = [spring - timedelta(days=1), spring]
    week = ScheduleWeek(days[0], LINDQVIST, tuple(column(day=day, spans=[opened(day, 0, 24 * 60)]) for day in days))
    view.show_schedule(week)
    view.verticalScrollBar().setValue(app_theme().px(106))
    image, left = view.viewport().grab().toImage(), app_theme().px(56)
    width, row = (image.width() - left) // 2, app_theme().px(30 + 106)  # from 2 to 3 AM
    inks = [
        {image.pixelColor(x, y).name() for x in range(start + 20, start + 60) for y in range(row + 5, row + 20)}
        for start in (left, left + width)
    ]
    assert inks[0] == {app_theme().panel.name()}
    assert len(inks[1]) > 1
    points = told(view.free_chosen)
    for start in (left, left + width):
        QTest.mouseDClick(view.viewport(), LEFT, NONE, QPoint(start + 20, row + 10))
    assert points == [FreePoint(LINDQVIST, NORTHSIDE, at(days[0], 120))]


def test_the_head_of_a_day_is_chosen_in_a_week_only(view: TimeGrid) -> None:
    chosen, head = told(view.day_chosen), QPoint(view.viewport().width() - 20, 10)
    days = [DAY, DAY + timedelta(days=1)]
    view.show_schedule(day())
    click(view, head)
    assert chosen == []
    view.show_schedule(ScheduleWeek(DAY, LINDQVIST, tuple(column(day=each) for each in days)))
    click(view, head)
    assert chosen == [days[1]]
    view.wait()
    click(view, head)
    assert chosen == [days[1]]


def a_week(*entries: Appointment) -> ScheduleWeek:
    days = [DAY + timedelta(days=number) for number in range(7)]
    spans = {each: [opened(each, 8 * 60, 17 * 60)] for each in days}
    columns = tuple(
        column(day=each, spans=spans[each], entries=[one for one in entries if ZONE.day_of(one.starts_at) == each])
        for each in days
    )
    return ScheduleWeek(DAY, LINDQVIST, columns)


def test_in_a_week_the_day_is_told_with_the_time(view: TimeGrid) -> None:
    entry = appointment(1, NINE)
    view.show_schedule(day(working(entry)))
    by_tab(view)
    assert "\n9:00 AM – 9:40 AM" in view.accessibleDescription()
    view.show_schedule(a_week(entry))
    by_tab(view)
    assert "\nTue, Nov 24, 9:00 AM – 9:40 AM" in view.accessibleDescription()


def test_an_appointment_that_is_dragged_to_the_edge_finds_the_days_beyond_it(view: TimeGrid) -> None:
    entry = appointment(1, NINE)
    view.resize(400, 480)
    view.show_schedule(a_week(entry))
    moves = told(view.moved)
    view.reveal(NINE)
    QApplication.processEvents()
    start, edge = view.rect_of(entry).center(), QPoint(view.viewport().width() - 4, view.rect_of(entry).center().y())
    drag(view, start, edge - start, let_go=False)
    bar = view.horizontalScrollBar()
    assert bar.maximum() > 0
    for step in range(40):
        QTest.mouseMove(view.viewport(), edge - QPoint(step % 2, 0))
        QApplication.processEvents()
    assert bar.value() == bar.maximum()
    QTest.mouseRelease(view.viewport(), LEFT, NONE, edge)
    assert moves == [Moved(entry, FreePoint(LINDQVIST, NORTHSIDE, at(DAY + timedelta(days=6), 9 * 60)))]


def test_a_scrolled_grid_looks_as_one_that_is_painted_anew(view: TimeGrid) -> None:
    """What was seen before is moved; what comes in, the hours and the heads are painted: no pixel tells the difference."""
    entries = [appointment(number, at(DAY, 480 + 45 * number), 30) for number in range(12)]
    view.show_schedule(day(working(*entries), column(MWANGI, spans=[opened(DAY, 480, 1020)])))
    view.resize(500, 300)
    bar = view.verticalScrollBar()
    assert bar.maximum() > 200
    for value in (0, 37, 60, 59, 200, 41, bar.maximum(), bar.maximum() - 3, 0):
        bar.setValue(value)
        moved = view.grab().toImage()
        view._ground = None
        assert moved == view.grab().toImage(), f"at {value}"
