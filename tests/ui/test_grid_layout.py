"""Where things of the schedule stand: pure geometry, on every kind of day."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st
from PySide6.QtCore import QPoint

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.availability import Absence
from request_desk.domain.ids import AbsenceId
from request_desk.domain.schedule import ProviderColumn, ScheduleDay, ScheduleWeek
from request_desk.ui.schedule.grid_layout import FreePoint, GridLayout, OfferState, PaintedOffer, Placed
from tests.ui.grid_parts import (
    DAY,
    HARBOR,
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

SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
HOUR, GAP = 106, 3


def laid(
    *columns: ProviderColumn, day: date = DAY, offers: Sequence[PaintedOffer] = (), width: int = 600
) -> GridLayout:
    return GridLayout(ScheduleDay(day, columns), offers, ZONE, width=width, hour=HOUR, column=132, share=96, gap=GAP)


def laid_week(*columns: ProviderColumn, first: date) -> GridLayout:
    return GridLayout(
        ScheduleWeek(first, LINDQVIST, columns), (), ZONE, width=700, hour=HOUR, column=96, share=96, gap=GAP
    )


def around(day: date) -> tuple[GridLayout, dict[date, ProviderColumn]]:
    """The day before, the day and the day after, open from midnight to midnight."""
    days = [day + timedelta(days=offset) for offset in (-1, 0, 1)]
    columns = {each: column(day=each, spans=[opened(each, 0, 24 * 60)]) for each in days}
    return laid_week(*columns.values(), first=days[0]), columns


def hours(layout: GridLayout) -> list[int]:
    """The hours that the lines say."""
    return [line.minute // 60 for line in layout.hours()]


def placed(layout: GridLayout, item: object) -> Placed:
    return next(each for each in layout.placed if each.item == item)


def test_a_day_is_shown_from_its_first_hour_to_its_last() -> None:
    layout = laid(column(spans=[opened(DAY, 8 * 60 + 20, 16 * 60 + 10)]))
    assert hours(layout) == list(range(8, 18))
    assert layout.height == 9 * HOUR


def test_an_empty_day_is_shown_from_8_to_5() -> None:
    layout = laid()
    assert hours(layout) == list(range(8, 18))
    assert layout.stops() == []
    assert layout.free_at(QPoint(10, 10)) is None


def test_an_appointment_outside_the_open_time_and_an_offer_widen_the_day() -> None:
    layout = laid(
        column(spans=[opened(DAY, 9 * 60, 12 * 60)], entries=[appointment(1, at(DAY, 7 * 60 + 15))]),
        offers=[offered(at(DAY, 18 * 60 + 30))],
    )
    assert hours(layout) == list(range(7, 21))


def test_the_hour_that_the_clocks_skip_stays_empty_in_its_column() -> None:  # AV5
    nine = appointment(1, at(SPRING, 9 * 60))
    layout = laid(column(day=SPRING, spans=[opened(SPRING, 0, 24 * 60)], entries=[nine]), day=SPRING)
    assert layout.height == 24 * HOUR
    assert hours(layout)[:5] == [0, 1, 2, 3, 4]
    assert [(rect.top(), rect.height()) for rect in layout.missing(0)] == [(2 * HOUR, HOUR)]
    assert layout.free_at(QPoint(10, 2 * HOUR + 10)) is None
    assert layout.instant_at(0, 3 * HOUR + 1) == at(SPRING, 3 * 60) == at(SPRING, 60) + timedelta(hours=1)
    assert placed(layout, nine).rect.top() == 9 * HOUR + GAP // 2


def test_the_hour_that_comes_twice_has_two_rows() -> None:  # AV5
    second = at(AUTUMN, 60) + timedelta(hours=1)
    first_half, second_half = appointment(1, at(AUTUMN, 90), 20), appointment(2, second + timedelta(minutes=30), 20)
    day = column(day=AUTUMN, spans=[opened(AUTUMN, 0, 24 * 60)], entries=[first_half, second_half])
    layout = laid(day, day=AUTUMN)
    assert layout.height == 25 * HOUR
    assert hours(layout)[:4] == [0, 1, 1, 2]
    assert [line.instant for line in layout.hours()][:4] == [None, at(AUTUMN, 60), second, None]
    assert list(layout.missing(0)) == []
    tops = [placed(layout, each).rect.top() - GAP // 2 for each in (first_half, second_half)]
    assert tops == [HOUR * 3 // 2, HOUR * 5 // 2]
    assert layout.instant_at(0, HOUR * 5 // 2 + 1) == second_half.starts_at


@pytest.mark.parametrize("day", [SPRING, AUTUMN, DAY])
@pytest.mark.parametrize("minute", [0, 60, 9 * 60, 14 * 60 + 45, 23 * 60 + 45])
def test_equal_wall_times_of_a_week_stand_beside_each_other(day: date, minute: int) -> None:  # AV5
    layout, columns = around(day)
    tops = {layout.y_of(at(each, minute)) for each in columns}
    assert len(tops) == 1
    found = [layout.instant_at(place, next(iter(tops)) + 1) for place in range(3)]
    assert found == [at(each, minute) for each in columns]


def test_the_days_beside_a_day_with_a_doubled_hour_have_no_second_of_it() -> None:  # AV5
    layout, _columns = around(AUTUMN)
    gap = [[(rect.top(), rect.height()) for rect in layout.missing(place)] for place in range(3)]
    assert gap == [[(2 * HOUR, HOUR)], [], [(2 * HOUR, HOUR)]]
    left, middle = (layout.free_at(QPoint(layout.edges[place] + 5, 2 * HOUR + 5)) for place in range(2))
    assert left is None
    assert middle is not None
    assert middle.starts_at == at(AUTUMN, 60) + timedelta(hours=1)


def test_an_appointment_of_a_week_stands_in_the_column_of_its_day() -> None:
    monday, tuesday = DAY - timedelta(days=1), DAY
    nine, ten = appointment(1, at(monday, 9 * 60)), appointment(2, at(tuesday, 10 * 60))
    layout = laid_week(
        column(day=monday, spans=[opened(monday, 480, 1020)], entries=[nine]),
        column(day=tuesday, spans=[opened(tuesday, 480, 1020)], entries=[ten]),
        first=monday,
    )
    assert [placed(layout, each).column for each in (nine, ten)] == [0, 1]
    assert layout.column_of(LINDQVIST, at(tuesday, 600)) == 1
    assert layout.column_of(MWANGI, at(tuesday, 600)) is None
    assert layout.now_columns(at(tuesday, 0)) == [1]


def test_an_appointment_over_midnight_is_cut_at_the_days_that_it_touches() -> None:
    evening = appointment(1, at(DAY, 23 * 60), 120)
    days = (DAY, DAY + timedelta(days=1))
    layout = laid_week(*(column(day=each, entries=[evening]) for each in days), first=DAY)
    tops = [(each.rect.top() - GAP // 2, each.column) for each in layout.placed]
    assert tops == [(23 * HOUR, 0), (0, 1)]


def test_free_time_of_a_day_off_has_a_place_of_the_week() -> None:
    monday = DAY - timedelta(days=1)
    layout = laid_week(column(day=monday, spans=[opened(monday, 480, 1020, HARBOR)]), column(day=DAY), first=monday)
    off = layout.free_at(QPoint(layout.edges[1] + 5, HOUR + 1))
    assert off == FreePoint(LINDQVIST, HARBOR, at(DAY, 9 * 60))


def test_two_that_overlap_share_the_width_and_the_others_keep_it() -> None:
    nine = at(DAY, 9 * 60)
    replaced, hold, later = (
        appointment(1, nine),
        appointment(2, nine + 20 * MINUTE),
        appointment(3, nine + 120 * MINUTE),
    )
    layout = laid(column(spans=[opened(DAY, 480, 1020)], entries=[replaced, hold, later]))
    one, two, alone = (placed(layout, each).rect for each in (replaced, hold, later))
    assert not one.intersects(two)
    assert one.left() < two.left()
    assert alone.width() > one.width() + two.width()


def test_a_hold_that_is_shown_as_an_offer_is_not_shown_twice() -> None:
    nine = at(DAY, 9 * 60)
    hold = appointment(1, nine, status=AppointmentStatus.HELD)
    ours = offered(nine, state=OfferState.HELD)
    items = [each.item for each in laid(column(entries=[hold]), offers=[ours]).placed]
    assert items == [ours]
    theirs = [each.item for each in laid(column(entries=[hold]), offers=[offered(nine)]).placed]
    assert hold in theirs


def test_an_offer_of_another_day_or_provider_is_not_on_the_day() -> None:
    layout = laid(column(MWANGI), offers=[offered(at(DAY, 540)), offered(at(DAY + timedelta(days=1), 540), 2)])
    assert layout.placed == ()


def test_an_offer_lies_above_what_it_covers() -> None:
    nine = at(DAY, 9 * 60)
    away = Absence(AbsenceId(1), LINDQVIST, nine, nine + 60 * MINUTE, "Staff meeting")
    offer = offered(nine)
    layout = laid(column(absences=[away]), offers=[offer])
    found = layout.at(placed(layout, offer).rect.center())
    assert found is not None
    assert found.item == offer


def test_free_time_is_told_with_the_place_where_the_provider_works_then() -> None:
    spans = [opened(DAY, 480, 720, NORTHSIDE), opened(DAY, 780, 1020, HARBOR)]
    layout = laid(column(spans=spans), column(MWANGI, spans=[opened(DAY, 480, 1020)]), width=400)
    afternoon = layout.free_at(QPoint(20, layout.y_of(at(DAY, 14 * 60 + 20))))
    assert afternoon == FreePoint(LINDQVIST, HARBOR, at(DAY, 14 * 60 + 15))
    lunch = layout.free_at(QPoint(20, layout.y_of(at(DAY, 12 * 60 + 30))))
    assert lunch == FreePoint(LINDQVIST, NORTHSIDE, at(DAY, 12 * 60 + 30))
    assert layout.free_at(QPoint(-1, 20)) is None
    assert layout.free_at(QPoint(20, layout.height)) is None
    assert layout.free_at(QPoint(layout.width, 20)) is None


DAYS = st.sampled_from([DAY, SPRING, AUTUMN])
APPOINTMENTS = st.lists(st.tuples(st.integers(0, 22 * 12), st.integers(1, 24)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(day=DAYS, shapes=APPOINTMENTS, width=st.integers(140, 900))
def test_no_two_entries_of_a_column_ever_cover_each_other(day: date, shapes: list[tuple[int, int]], width: int) -> None:
    start = ZONE.bounds(day).starts_at
    entries = [
        appointment(number, start + ticks * 5 * MINUTE, length * 5) for number, (ticks, length) in enumerate(shapes, 1)
    ]
    layout = laid(column(day=day, entries=entries), day=day, width=width)
    rects = [each.rect for each in layout.placed]
    assert len(rects) == len(entries)
    for place, rect in enumerate(rects):
        assert rect.left() >= 0
        assert rect.right() <= layout.edges[1]
        for other in rects[place + 1 :]:
            if rect.height() > 0 and other.height() > 0:
                assert not rect.intersects(other)


@settings(max_examples=60, deadline=None)
@given(day=DAYS, quarter=st.integers(0, 91))
def test_a_quarter_hour_is_found_again_where_it_is_drawn(day: date, quarter: int) -> None:
    layout = laid(column(day=day, spans=[opened(day, 0, 24 * 60)]), day=day)
    instant: datetime = ZONE.bounds(day).starts_at + quarter * 15 * MINUTE
    assert layout.instant_at(0, layout.y_of(instant) + 1) == instant


@settings(max_examples=40, deadline=None)
@given(day=DAYS, shapes=APPOINTMENTS)
def test_the_keyboard_reaches_every_entry_once_in_order(day: date, shapes: list[tuple[int, int]]) -> None:
    start = ZONE.bounds(day).starts_at
    entries = [
        appointment(number, start + ticks * 5 * MINUTE, length * 5) for number, (ticks, length) in enumerate(shapes, 1)
    ]
    stops = laid(column(day=day, entries=entries), day=day).stops()
    assert {each.item for each in stops} == set(entries)
    tops = [each.rect.top() for each in stops]
    assert tops == sorted(tops)


def test_a_column_in_which_appointments_stand_beside_each_other_has_room_for_their_names() -> None:  # UI5
    nine, ten = at(DAY, 9 * 60), at(DAY, 10 * 60)
    three = [appointment(1, nine), appointment(2, nine), appointment(3, nine)]
    plain = column(MWANGI, entries=[appointment(4, nine), appointment(5, ten)])
    shared = column(LINDQVIST, entries=three)
    narrow, wide = (laid(plain, shared, plain, width=width) for width in (440, 900))
    assert narrow.edges == (0, 132, 132 + 3 * 96, 2 * 132 + 3 * 96)
    assert wide.edges == (0, 300, 600, 900)  # where there is room for all, they are equal
    for layout in (narrow, wide):
        rects = [placed.rect for placed in layout.placed if placed.column == 1]
        assert all(rect.width() >= 96 - GAP - 2 for rect in rects)
        assert [layout.column_at(edge) for edge in layout.edges] == [0, 1, 2, 3]
        assert [layout.column_at(edge - 1) for edge in layout.edges] == [-1, 0, 1, 2]


@given(st.lists(st.integers(1, 4), max_size=9), st.integers(0, 3_000))
def test_columns_fill_what_there_is_and_none_is_narrower_than_it_has_to_be(beside: list[int], width: int) -> None:
    nine = at(DAY, 9 * 60)
    columns = [column(entries=[appointment(n + 1, nine) for n in range(count)]) for count in beside]
    layout = laid(*columns, width=width)
    widths = [layout.column_rect(place, 0, 0).width() for place in range(len(columns))]
    least = [max(132, 96 * count if count > 1 else 0) for count in beside]
    assert all(each >= needed for each, needed in zip(widths, least, strict=True))
    assert layout.width >= max(sum(least), width - len(columns))
    assert layout.width == max(sum(least), layout.width)
    assert sum(least) > width or layout.width <= max(width, 132)
