"""The geometry of the week of a provider: wall minutes, days, what stands beside what; no window is opened."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st
from PySide6.QtCore import QPoint

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.ids import AbsenceId, LocationId, ProviderId, WindowId
from request_desk.domain.practice_time import DAY_MINUTES, PracticeTime
from request_desk.ui.availability.week_layout import QUARTER, WeekLayout, WeekPiece

ZONE = PracticeTime("America/Los_Angeles")
SUNDAY = date(2026, 11, 22)
PROVIDER, PLACE = ProviderId(1), LocationId(1)


def window(
    number: int,
    weekday: int,
    start: int,
    end: int,
    *,
    active: bool = True,
    first: date | None = None,
    last: date | None = None,
) -> AvailabilityWindow:
    return AvailabilityWindow(WindowId(number), PROVIDER, PLACE, weekday, start, end, None, first, last, active)


def laid_out(
    *windows: AvailabilityWindow, absences: tuple[Absence, ...] = (), first: date = SUNDAY, zone: PracticeTime = ZONE
) -> WeekLayout:
    days = [first + timedelta(days=count) for count in range(7)]

    def pale(each: AvailabilityWindow, _day: date) -> str:
        return "" if each.active else "switched off"

    return WeekLayout(days, windows, absences, zone, pale, width=700, hour=60, column=50, gap=3)


def times(layout: WeekLayout) -> list[tuple[int, int, int]]:
    return [(piece.column, piece.start, piece.end) for piece in layout.pieces]


@given(minute=st.integers(0, DAY_MINUTES), hour=st.integers(20, 150))
def test_a_minute_and_its_y_belong_to_each_other(minute: int, hour: int) -> None:
    layout = WeekLayout([SUNDAY], (), (), ZONE, lambda _window, _day: "", width=100, hour=hour, column=50, gap=3)
    assert abs(layout.minute_at(layout.y_of(minute)) - minute) <= -(-60 // hour)
    assert abs(layout.quarter_at(layout.y_of(minute)) - minute) <= QUARTER // 2 + 2


@given(one=st.integers(-500, 3000), other=st.integers(-500, 3000))
def test_what_is_drawn_is_whole_quarters_of_one_day(one: int, other: int) -> None:
    drawn = laid_out().drawn(3, one, other)
    assert drawn.day == SUNDAY + timedelta(days=3)
    assert 0 <= drawn.start < drawn.end <= DAY_MINUTES
    assert drawn.start % QUARTER == drawn.end % QUARTER == 0
    assert drawn == laid_out().drawn(3, other, one)


@st.composite
def windows(draw: st.DrawFn) -> list[AvailabilityWindow]:
    made = []
    for number in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, 280)) * 5
        length = draw(st.integers(1, 288)) * 5
        made.append(window(number, draw(st.integers(0, 6)), start, start + length, active=draw(st.booleans())))
    return made


@given(windows())
def test_no_window_hides_another_and_each_minute_is_shown(known: list[AvailabilityWindow]) -> None:
    layout = laid_out(*known)
    pieces = layout.pieces
    for place, piece in enumerate(pieces):
        assert layout.column_rect(piece.column, 0, layout.height).adjusted(0, -2, 0, 2).contains(piece.rect)
        for other in pieces[place + 1 :]:
            at_once = piece.column == other.column and piece.start < other.end and other.start < piece.end
            assert not (at_once and piece.rect.intersects(other.rect))
    for each in known:
        mine = [piece for piece in pieces if piece.item is each]
        assert sum(piece.end - piece.start for piece in mine) == each.end_minute - each.start_minute
        assert sum(piece.is_whole for piece in mine) == 1


def test_what_ends_after_midnight_goes_on_in_the_next_day() -> None:
    layout = laid_out(window(1, 0, 22 * 60, 25 * 60), window(2, 6, 23 * 60, 26 * 60))
    assert times(layout) == [(0, 1380, 1440), (1, 0, 120), (1, 1320, 1440), (2, 0, 60)]
    assert [piece.item.id for piece in layout.stops()] == [2, 1]


def test_extra_hours_are_shown_on_their_day_alone() -> None:
    day = SUNDAY + timedelta(days=9)
    extra = window(1, 1, 9 * 60, 25 * 60, first=day, last=day)
    assert laid_out(extra).pieces == ()
    assert times(laid_out(extra, first=SUNDAY + timedelta(days=7))) == [(2, 540, 1440), (3, 0, 60)]


def test_what_is_not_booked_stands_in_a_strip_beside_what_is() -> None:
    layout = laid_out(window(1, 0, 8 * 60, 17 * 60), window(2, 0, 8 * 60, 12 * 60, active=False))
    firm, pale = layout.pieces
    assert (firm.pale, pale.pale) == ("", "switched off")
    assert firm.rect.width() > 2 * pale.rect.width()
    assert firm.rect.right() < pale.rect.left()


def test_time_off_over_days_lies_over_the_windows_of_each() -> None:
    start, end = ZONE.instant(SUNDAY + timedelta(days=1), 13 * 60), ZONE.instant(SUNDAY + timedelta(days=3), 9 * 60)
    away = Absence(AbsenceId(9), PROVIDER, start, end, "Leave")
    layout = laid_out(window(1, 1, 8 * 60, 17 * 60), absences=(away,))
    shown = [piece for piece in layout.pieces if piece.item is away]
    assert [(each.column, each.start, each.end) for each in shown] == [(1, 780, 1440), (2, 0, 1440), (3, 0, 540)]
    covered = shown[1].rect
    assert layout.at(covered.center()) == shown[1]
    below = layout.at(QPoint(layout.column_width * 2 + 8, layout.y_of(10 * 60)))
    assert isinstance(below, WeekPiece)
    assert below.item.id == 1  # a rim of the window stays in reach of the mouse


@pytest.mark.parametrize(("day", "start", "end"), [(date(2026, 3, 8), 60, 4 * 60), (date(2026, 11, 1), 60, 3 * 60)])
def test_time_off_over_a_switch_of_the_clock_is_read_by_the_wall(day: date, start: int, end: int) -> None:  # AV5
    away = Absence(AbsenceId(9), PROVIDER, ZONE.instant(day, start), ZONE.instant(day, end), "")
    assert times(laid_out(absences=(away,), first=day)) == [(0, start, end)]
    whole = Absence(AbsenceId(9), PROVIDER, ZONE.bounds(day).starts_at, ZONE.bounds(day).ends_at, "")
    assert times(laid_out(absences=(whole,), first=day)) == [(0, 0, DAY_MINUTES)]


def test_within_the_hour_that_comes_twice_something_is_always_seen() -> None:  # AV5
    day = date(2026, 11, 1)
    start = ZONE.instant(day, 110)  # 1:50 the first time
    away = Absence(AbsenceId(9), PROVIDER, start, start + timedelta(minutes=20), "")  # 1:10 the second time
    (piece,) = laid_out(absences=(away,), first=day).pieces
    assert piece.end > piece.start
    assert piece.rect.height() > 0
