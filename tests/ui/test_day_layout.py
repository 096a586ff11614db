"""Where things of a day stand: pure geometry, on every kind of day."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.availability import Absence
from request_desk.domain.ids import AbsenceId
from request_desk.domain.schedule import ProviderColumn, ScheduleDay
from request_desk.ui.schedule.day_layout import DayLayout, FreePoint, OfferState, PaintedOffer, Placed
from tests.ui.day_parts import (
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


def laid(*columns: ProviderColumn, day: date = DAY, offers: Sequence[PaintedOffer] = (), width: int = 600) -> DayLayout:
    return DayLayout(ScheduleDay(day, columns), offers, ZONE, width=width, hour=HOUR, column=132, gap=GAP)


def placed(layout: DayLayout, item: object) -> Placed:
    return next(each for each in layout.placed if each.item == item)


def test_a_day_is_shown_from_its_first_hour_to_its_last() -> None:
    layout = laid(column(spans=[opened(DAY, 8 * 60 + 20, 16 * 60 + 10)]))
    assert layout.starts_at == at(DAY, 8 * 60)
    assert layout.ends_at == at(DAY, 17 * 60)
    assert layout.height == 9 * HOUR


def test_an_empty_day_is_shown_from_8_to_5() -> None:
    layout = laid()
    assert (layout.starts_at, layout.ends_at) == (at(DAY, 8 * 60), at(DAY, 17 * 60))
    assert layout.stops() == []
    assert layout.free_at(QPoint(10, 10)) is None


def test_an_appointment_outside_the_open_time_and_an_offer_widen_the_day() -> None:
    layout = laid(
        column(spans=[opened(DAY, 9 * 60, 12 * 60)], entries=[appointment(1, at(DAY, 7 * 60 + 15))]),
        offers=[offered(at(DAY, 18 * 60 + 30))],
    )
    assert layout.starts_at == at(DAY, 7 * 60)
    assert layout.ends_at == at(DAY, 20 * 60)


def test_the_day_the_clocks_go_forward_has_23_hours_and_no_2_am() -> None:  # AV5
    layout = laid(column(spans=[opened(SPRING, 0, 24 * 60)]), day=SPRING)
    assert layout.height == 23 * HOUR
    lines = [ZONE.wall(instant).hour for instant, _y in layout.hours()]
    assert lines[:4] == [0, 1, 3, 4]
    nine = appointment(1, at(SPRING, 9 * 60))
    with_appointment = laid(column(spans=[opened(SPRING, 0, 24 * 60)], entries=[nine]), day=SPRING)
    assert placed(with_appointment, nine).rect.top() == 8 * HOUR + GAP // 2


def test_the_day_the_clocks_go_back_has_25_hours_and_1_am_twice() -> None:  # AV5
    layout = laid(column(spans=[opened(AUTUMN, 0, 24 * 60)]), day=AUTUMN)
    assert layout.height == 25 * HOUR
    lines = [ZONE.wall(instant).hour for instant, _y in layout.hours()]
    assert lines[:4] == [0, 1, 1, 2]


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


def test_what_is_in_the_way_of_a_move_is_named_and_its_own_chain_is_not() -> None:
    nine = at(DAY, 9 * 60)
    moved, other = appointment(1, nine), appointment(2, nine + 60 * MINUTE)
    over = appointment(3, nine + 180 * MINUTE, status=AppointmentStatus.NO_SHOW)
    layout = laid(column(spans=[opened(DAY, 480, 1020)], entries=[moved, other, over]))
    length = 40 * MINUTE
    assert layout.in_the_way(moved, FreePoint(LINDQVIST, NORTHSIDE, nine + 30 * MINUTE), length) == other
    assert layout.in_the_way(moved, FreePoint(LINDQVIST, NORTHSIDE, nine + 20 * MINUTE), length) is None
    assert layout.in_the_way(moved, FreePoint(LINDQVIST, NORTHSIDE, nine + 180 * MINUTE), length) is None
    assert layout.in_the_way(moved, FreePoint(MWANGI, NORTHSIDE, nine + 60 * MINUTE), length) is None


DAYS = st.sampled_from([DAY, SPRING, AUTUMN])
APPOINTMENTS = st.lists(st.tuples(st.integers(0, 22 * 12), st.integers(1, 24)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(day=DAYS, shapes=APPOINTMENTS, width=st.integers(140, 900))
def test_no_two_entries_of_a_column_ever_cover_each_other(day: date, shapes: list[tuple[int, int]], width: int) -> None:
    start = ZONE.bounds(day).starts_at
    entries = [
        appointment(number, start + ticks * 5 * MINUTE, length * 5) for number, (ticks, length) in enumerate(shapes, 1)
    ]
    layout = laid(column(entries=entries), day=day, width=width)
    rects = [each.rect for each in layout.placed]
    assert len(rects) == len(entries)
    for place, rect in enumerate(rects):
        assert rect.left() >= 0
        assert rect.right() <= layout.column_width
        for other in rects[place + 1 :]:
            if rect.height() > 0 and other.height() > 0:
                assert not rect.intersects(other)


@settings(max_examples=60, deadline=None)
@given(day=DAYS, quarter=st.integers(0, 91))
def test_a_quarter_hour_is_found_again_where_it_is_drawn(day: date, quarter: int) -> None:
    layout = laid(column(spans=[opened(day, 0, 24 * 60)]), day=day)
    instant = layout.starts_at + quarter * 15 * MINUTE
    assert layout.instant_at(layout.y_of(instant) + 1) == instant


@settings(max_examples=40, deadline=None)
@given(day=DAYS, shapes=APPOINTMENTS)
def test_the_keyboard_reaches_every_entry_once_in_order(day: date, shapes: list[tuple[int, int]]) -> None:
    start = ZONE.bounds(day).starts_at
    entries = [
        appointment(number, start + ticks * 5 * MINUTE, length * 5) for number, (ticks, length) in enumerate(shapes, 1)
    ]
    stops = laid(column(entries=entries), day=day).stops()
    assert {each.item for each in stops} == set(entries)
    tops = [each.rect.top() for each in stops]
    assert tops == sorted(tops)
