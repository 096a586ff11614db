"""Slots: the fast search against the plain one, and the rules one by one (AV1, AV5, AV6, DST-02, DST-03)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.availability import (
    AvailabilityWindow,
    Booked,
    Horizon,
    Offered,
    is_open,
    open_spans,
    window_of,
)
from request_desk.domain.ids import LocationId, ProviderId, TypeId, WindowId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Slot, Span, merged, overlaps
from tests.domain.reference import brute_force

MINUTE = timedelta(minutes=1)
NORTHSIDE, HARBOR = LocationId(1), LocationId(2)
LA = PracticeTime("America/Los_Angeles")
TUESDAY = date(2026, 11, 24)
STARTS = (  # the days around every kind of switch, and a calm one
    ("America/Los_Angeles", date(2027, 3, 12)),
    ("America/Los_Angeles", date(2026, 10, 30)),
    ("Australia/Lord_Howe", date(2026, 10, 2)),
    ("Australia/Lord_Howe", date(2027, 4, 2)),
    ("America/Santiago", date(2026, 9, 4)),
    ("America/Santiago", date(2027, 4, 1)),
    ("Africa/Cairo", date(2027, 4, 28)),
    ("America/New_York", date(2027, 3, 12)),
    ("America/New_York", date(2026, 10, 30)),
    ("Europe/London", date(2027, 3, 26)),
    ("Europe/London", date(2026, 10, 23)),
    ("America/Phoenix", date(2027, 3, 12)),
)


def a_window(
    weekday: int = 1,
    start: int = 9 * 60,
    end: int = 12 * 60,
    *,
    location: LocationId = NORTHSIDE,
    buffer: int | None = None,
    types: tuple[TypeId, ...] = (),
    staff_only: bool = False,
    active: bool = True,
    valid_from: date | None = None,
    valid_until: date | None = None,
    number: int = 1,
    opens: timedelta | None = None,
    cap: int | None = None,
) -> AvailabilityWindow:
    length = None if buffer is None else buffer * MINUTE
    return AvailabilityWindow(
        WindowId(number),
        ProviderId(7),
        location,
        weekday,
        start,
        end,
        length,
        valid_from,
        valid_until,
        active,
        types,
        staff_only,
        opens=opens,
        cap=cap,
    )


def a_horizon(
    windows: list[AvailabilityWindow],
    busy: list[Span],
    *,
    span: Span,
    zone: PracticeTime,
    booked: Booked | None = None,
    **wanted: Any,
) -> tuple[Horizon, Any]:
    """The bookable time of one provider, and what is looked for in it."""
    return Horizon(ProviderId(7), windows, span, zone, busy, booked or {}), wanted


def free_slots(windows: list[AvailabilityWindow], busy: list[Span], **search: Any) -> list[Slot]:
    horizon, wanted = a_horizon(windows, busy, **search)
    return horizon.slots(**wanted)


def find(
    windows: list[AvailabilityWindow],
    busy: list[Span] | None = None,
    *,
    zone: PracticeTime = LA,
    day: date = TUESDAY,
    days: int = 1,
    duration: int = 30,
    buffer: int = 0,
    grid: int = 30,
    earliest: datetime | None = None,
    type_id: TypeId | None = None,
    for_staff: bool = False,
) -> list[Slot]:
    span = Span(zone.bounds(day).starts_at, zone.bounds(day + timedelta(days=days - 1)).ends_at)
    return free_slots(
        windows,
        busy or [],
        span=span,
        zone=zone,
        duration=duration * MINUTE,
        buffer=buffer * MINUTE,
        grid=grid * MINUTE,
        earliest=earliest or span.starts_at,
        type_id=type_id,
        for_staff=for_staff,
    )


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return LA.instant(day, hour * 60 + minute)


def clock(slots: list[Slot], zone: PracticeTime = LA) -> list[str]:
    return [f"{zone.wall(slot.starts_at):%H:%M}" for slot in slots]


five_minutes = st.integers(0, 288).map(lambda count: count * 5)
any_minutes = st.integers(0, 1440)


@st.composite
def some_windows(draw: st.DrawFn) -> list[AvailabilityWindow]:
    minutes = draw(st.sampled_from([five_minutes, any_minutes]))
    result: list[AvailabilityWindow] = []
    for number in range(draw(st.integers(0, 5))):
        start, end = sorted((draw(minutes), draw(minutes)))
        weekday = draw(st.integers(0, 6))
        if result and draw(st.sampled_from([True, False])):  # one that touches the last
            last = result[-1]
            weekday, start = (last.weekday + last.end_minute // 1440) % 7, last.end_minute % 1440
            end = max(start, draw(minutes))
        if draw(st.booleans()):  # past midnight
            end = min(start + 1440, end + 1440)
        result.append(
            a_window(
                weekday,
                start,
                end,
                location=draw(st.sampled_from([NORTHSIDE, HARBOR])),
                buffer=draw(st.sampled_from([None, 0, 5, 15])),
                types=draw(st.sampled_from([(), (TypeId(1),), (TypeId(2),)])),
                staff_only=draw(st.booleans()),
                active=draw(st.sampled_from([True, True, True, False])),
                valid_from=draw(st.sampled_from([None, None, date(2026, 10, 31)])),
                number=number,
                opens=draw(st.sampled_from([None, None, 90 * MINUTE, 1440 * MINUTE])),
                cap=draw(st.sampled_from([None, None, 1, 2])),
            )
        )
    return result


@st.composite
def some_searches(draw: st.DrawFn) -> dict[str, object]:
    name, first = draw(st.sampled_from(STARTS))
    zone = PracticeTime(name)
    start = zone.bounds(first).starts_at + draw(st.integers(0, 600)) * MINUTE
    span = Span(start, start + draw(st.integers(0, 5 * 1440)) * MINUTE)
    busy = []
    for _ in range(draw(st.integers(0, 12))):
        begin = span.starts_at + timedelta(
            seconds=draw(st.integers(-3, 60)) * draw(st.sampled_from([300, 3_600, 1_801, 7_200]))
        )
        busy.append(Span(begin, begin + timedelta(seconds=draw(st.sampled_from([1, 600, 1_800, 2_400, 90_000])))))
    return {
        "windows": draw(some_windows()),
        "busy": busy,
        "span": span,
        "zone": zone,
        "duration": draw(st.sampled_from([10, 15, 30, 40, 12, 7])) * MINUTE,
        "buffer": draw(st.sampled_from([0, 5, 10, 3])) * MINUTE,
        "grid": draw(st.sampled_from([5, 10, 15, 30])) * MINUTE,
        "earliest": span.starts_at + draw(st.integers(-60, 2_000)) * MINUTE,
        "type_id": draw(st.sampled_from([None, TypeId(1), TypeId(3)])),
        "for_staff": draw(st.booleans()),
        "now": span.starts_at + draw(st.integers(-600, 2_000)) * MINUTE,
        "booked": {TypeId(1): [span.starts_at + draw(st.integers(-20, 99)) * 60 * MINUTE for _ in range(4)]},
    }


@given(some_searches())
def test_the_fast_search_finds_what_the_plain_one_finds(search: dict[str, Any]) -> None:
    expected = brute_force(**search)
    assert free_slots(**search) == expected
    horizon, wanted = a_horizon(**search)
    assert horizon.count(**wanted) == len(expected)


@given(some_searches(), some_windows(), st.integers(0, 5))
def test_what_somebody_has_offered_is_not_offered_again(
    search: dict[str, Any], others: list[AvailabilityWindow], free: int
) -> None:  # BK4: with any provider one time for each start and place
    made = {name: search.pop(name) for name in ("span", "zone", "booked")}
    windows, busy = search.pop("windows"), search.pop("busy")
    first = Horizon(ProviderId(7), windows, made["span"], made["zone"], busy, made["booked"])
    second = Horizon(ProviderId(8), others, made["span"], made["zone"], busy[free:])
    offered: Offered = {}
    told = first.slots(**search, offered=offered)
    assert told == first.slots(**search)
    seen = {(slot.starts_at, slot.location_id) for slot in told}
    fresh = [slot for slot in second.slots(**search) if (slot.starts_at, slot.location_id) not in seen]
    # One who counts in other steps, for a window from 9:03, may repeat a time: whoever shows it leaves it out.
    again = second.slots(**search, offered=offered)
    assert [slot for slot in again if (slot.starts_at, slot.location_id) not in seen] == fresh
    if len({tick for _place, tick in offered}) == 1:
        assert again == fresh


@given(some_searches())
def test_no_slot_touches_what_is_busy_and_each_lies_in_open_time(search: dict[str, object]) -> None:
    slots = free_slots(**search)  # type: ignore[arg-type]
    windows, busy, zone, type_id, for_staff = (
        search[name] for name in ("windows", "busy", "zone", "type_id", "for_staff")
    )
    for slot in slots:
        blocked = Span(slot.starts_at, slot.blocked_until)
        assert not any(overlaps(blocked, each) for each in busy)  # type: ignore[attr-defined]
        assert is_open(windows, slot.starts_at, slot.ends_at, zone=zone, type_id=type_id, for_staff=for_staff)  # type: ignore[arg-type]
        assert slot.ends_at <= slot.blocked_until


def test_starts_come_every_grid_from_the_windows_start() -> None:
    assert clock(find([a_window(start=9 * 60 + 10, end=10 * 60 + 30)], grid=20)) == ["09:10", "09:30", "09:50"]


def test_the_appointment_must_lie_in_open_time_but_its_buffer_may_hang_out() -> None:
    assert clock(find([a_window(end=10 * 60)], duration=60, buffer=30)) == ["09:00"]
    assert clock(find([a_window(end=10 * 60), a_window(start=10 * 60 + 5, end=11 * 60)], duration=90)) == []


def test_windows_that_meet_are_one_stretch() -> None:  # AV1
    meeting = [a_window(start=8 * 60, end=12 * 60 + 10), a_window(start=12 * 60 + 10, end=13 * 60, number=2)]
    assert clock(find(meeting, duration=40, grid=10))[-3:] == ["12:00", "12:10", "12:20"]
    assert is_open(meeting, at(11, 50), at(12, 30), zone=LA)
    assert window_of(meeting, at(12, 20), at(13, 0), zone=LA) == meeting[1]


@pytest.mark.parametrize(
    "other",
    [
        a_window(start=10 * 60, end=11 * 60, location=HARBOR),
        a_window(start=10 * 60, end=11 * 60, types=(TypeId(2),)),
        a_window(start=10 * 60, end=11 * 60, staff_only=True),
        a_window(start=10 * 60, end=11 * 60, buffer=15),
        a_window(start=10 * 60, end=11 * 60, opens=60 * MINUTE),
        a_window(start=10 * 60, end=11 * 60, cap=3),
    ],
    ids=["place", "type", "staff", "buffer", "opens", "cap"],
)
def test_windows_of_another_place_or_purpose_stay_apart(other: AvailabilityWindow) -> None:
    assert clock(find([a_window(end=10 * 60), other], duration=90, for_staff=True, type_id=TypeId(2))) == []


def test_open_time_goes_on_over_midnight() -> None:
    before, after = a_window(start=22 * 60, end=1440), a_window(2, start=0, end=2 * 60, number=2)
    over = a_window(start=22 * 60, end=26 * 60)
    for windows in ([before, after], [over]):
        assert clock(find(windows, duration=60)) == ["22:00", "22:30", "23:00", "23:30"]
        assert is_open(windows, at(23, 30), at(23, 30) + 60 * MINUTE, zone=LA)
    assert clock(find([over], duration=60, day=TUESDAY + timedelta(days=1))) == ["00:00", "00:30", "01:00"]
    assert clock(find([over], duration=60, days=2))[4:] == ["00:00", "00:30", "01:00"]


def test_the_larger_buffer_is_blocked() -> None:
    window = a_window(buffer=15)
    assert find([window], buffer=5)[0].blocked_until == at(9, 45)
    assert find([window], buffer=20)[0].blocked_until == at(9, 50)
    assert find([window], buffer=20)[0].ends_at == at(9, 30)


def test_a_buffer_must_not_reach_into_the_next_appointment() -> None:
    booked = [Span(at(10), at(10, 30))]
    assert clock(find([a_window()], booked)) == ["09:00", "09:30", "10:30", "11:00", "11:30"]
    assert clock(find([a_window()], booked, buffer=5)) == ["09:00", "10:30", "11:00", "11:30"]


def test_an_absence_is_as_busy_as_an_appointment() -> None:
    assert find([a_window()], [Span(at(0), at(23))]) == []


def test_windows_for_a_type_serve_that_type_alone() -> None:  # AV6
    sick = TypeId(4)
    window = a_window(end=10 * 60, types=(sick,))
    assert clock(find([window], type_id=sick)) == ["09:00", "09:30"]
    assert find([window], type_id=TypeId(5)) == []


def test_staff_only_windows_are_for_staff() -> None:  # AV6
    window = a_window(end=10 * 60, staff_only=True)
    assert find([window]) == []
    assert clock(find([window], for_staff=True)) == ["09:00", "09:30"]


def test_windows_are_valid_from_and_until_and_can_be_switched_off() -> None:  # AV1
    week = TUESDAY + timedelta(days=7)
    assert find([a_window(valid_from=week)]) == []
    assert find([a_window(valid_from=week)], day=week) != []
    assert find([a_window(valid_until=TUESDAY)]) != []
    assert find([a_window(valid_until=TUESDAY)], day=week) == []
    assert find([a_window(active=False)]) == []
    assert find([]) == []


def test_nothing_starts_before_the_notice_is_over() -> None:
    assert clock(find([a_window()], earliest=at(10, 30))) == ["10:30", "11:00", "11:30"]
    assert clock(find([a_window()], earliest=at(10, 31))) == ["11:00", "11:30"]


def test_two_windows_give_a_start_once_with_the_shorter_buffer() -> None:
    slots = find([a_window(buffer=15, number=1), a_window(buffer=5, number=2)])
    assert clock(slots) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    assert slots[0].blocked_until == at(9, 35)


def test_locations_can_be_chosen_and_the_last_start_bounded() -> None:
    windows = [a_window(end=10 * 60), a_window(start=10 * 60, end=11 * 60, location=HARBOR, number=2)]
    horizon = Horizon(ProviderId(7), windows, LA.bounds(TUESDAY), LA)
    common = {
        "duration": 30 * MINUTE,
        "buffer": 0 * MINUTE,
        "grid": 30 * MINUTE,
        "earliest": at(0),
        "type_id": None,
        "for_staff": True,
    }
    assert {slot.location_id for slot in horizon.slots(**common)} == {NORTHSIDE, HARBOR}  # type: ignore[arg-type]
    assert clock(horizon.slots(**common, location_ids=(HARBOR,))) == ["10:00", "10:30"]  # type: ignore[arg-type]
    assert clock(horizon.slots(**common, latest=at(9, 30))) == ["09:00", "09:30"]  # type: ignore[arg-type]
    assert horizon.count(**common, latest=at(9, 29)) == 1  # type: ignore[arg-type]


def test_a_window_over_the_gap_gives_the_hours_that_exist() -> None:  # DST-02: 01:00–04:00 is two hours that day
    zone, day = PracticeTime("America/New_York"), date(2027, 3, 14)
    slots = find([a_window(6, 60, 240)], zone=zone, day=day)
    assert clock(slots, zone) == ["01:00", "01:30", "03:00", "03:30"]
    inside = find([a_window(6, 130, 170)], zone=zone, day=day, duration=10)
    assert inside == []
    into = find([a_window(6, 130, 210)], zone=zone, day=day)
    assert clock(into, zone) == ["03:00"]


def test_both_passes_of_the_doubled_hour_can_be_booked() -> None:  # DST-03, architecture 6.4
    zone, day = PracticeTime("America/New_York"), date(2026, 11, 1)
    slots = find([a_window(6, 60, 150)], zone=zone, day=day)
    assert clock(slots, zone) == ["01:00", "01:30", "01:00", "01:30", "02:00"]
    assert len({slot.starts_at for slot in slots}) == 5


def test_a_half_hour_switch_is_right_too() -> None:
    zone = PracticeTime("Australia/Lord_Howe")
    assert clock(find([a_window(6, 90, 180)], zone=zone, day=date(2026, 10, 4)), zone) == ["01:30", "02:30"]
    assert clock(find([a_window(6, 60, 150)], zone=zone, day=date(2027, 4, 4)), zone) == [
        "01:00",
        "01:30",
        "01:30",
        "02:00",
    ]


def test_open_time_is_cut_to_what_is_asked() -> None:
    span = Span(at(9, 30), at(13))
    spans = open_spans([a_window(), a_window(2), a_window(start=12 * 60, end=14 * 60, number=2)], span, LA)
    assert [(each.starts_at, each.ends_at, each.window_id) for each in spans] == [
        (at(9, 30), at(12), 1),
        (at(12), at(13), 2),
    ]


def test_the_window_of_an_appointment_is_the_one_that_holds_it_whole() -> None:
    windows = [a_window(number=1), a_window(start=11 * 60, end=14 * 60, location=HARBOR, number=2)]
    found = window_of(windows, at(11, 30), at(12, 30), zone=LA)
    assert found is not None
    assert found.id == 2
    assert not is_open(windows, at(8, 50), at(9, 20), zone=LA)
    assert is_open(windows, at(11), at(12), zone=LA, location_id=HARBOR)
    assert not is_open(windows, at(10), at(11), zone=LA, location_id=HARBOR)
    assert not is_open([], at(10), at(11), zone=LA)


def test_stretches_are_merged_where_they_touch() -> None:
    spans = [
        Span(at(10), at(11)),
        Span(at(9), at(10)),
        Span(at(12), at(12)),
        Span(at(13), at(14)),
        Span(at(13, 30), at(15)),
    ]
    assert merged(spans) == [Span(at(9), at(11)), Span(at(13), at(15))]
    assert not overlaps(Span(at(9), at(10)), Span(at(10), at(11)))


def test_a_same_day_block_is_staffs_until_a_start_is_near() -> None:  # AV6
    block = [a_window(opens=120 * MINUTE)]
    assert clock(find(block, days=1, earliest=at(7))) == ["09:00"]
    assert clock(find(block, days=1, earliest=at(8, 30))) == ["09:00", "09:30", "10:00", "10:30"]
    assert clock(find(block, days=1, earliest=at(7), for_staff=True))[-1] == "11:30"


def test_a_session_takes_so_many_of_a_type_and_no_more() -> None:  # AV6
    capped = [a_window(cap=2)]
    search = {"span": LA.bounds(TUESDAY), "zone": LA, "duration": 30 * MINUTE, "buffer": 0 * MINUTE}
    asked = {**search, "grid": 30 * MINUTE, "earliest": at(0), "for_staff": True}
    one, two = {TypeId(1): [at(9)]}, {TypeId(1): [at(9), at(11, 30)]}
    assert len(free_slots(capped, [], type_id=TypeId(1), booked=one, **asked)) == 6
    assert free_slots(capped, [], type_id=TypeId(1), booked=two, **asked) == []
    assert len(free_slots(capped, [], type_id=TypeId(2), booked=two, **asked)) == 6
    # What begins where the session ends is in the next one.
    late = {TypeId(1): [at(9), at(12)]}
    assert len(free_slots(capped, [], type_id=TypeId(1), booked=late, **asked)) == 6
