"""What a provider offers: what lies outside of it, windows at two places at once, hours a week."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.availability import Absence, AvailabilityWindow, open_spans
from request_desk.domain.ids import AbsenceId, ProviderId
from request_desk.domain.offered import OfferedTime, begins_ever, clash, weekly_time
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Span, overlaps
from tests.domain.test_availability import HARBOR, LA, MINUTE, NORTHSIDE, STARTS, TUESDAY, a_window, at, some_windows

CLOCKS = {NORTHSIDE: LA, HARBOR: LA}
DAY = timedelta(days=1)


def away(start: datetime, end: datetime) -> Absence:
    return Absence(AbsenceId(1), ProviderId(7), start, end, "")


@given(some_windows(), st.sampled_from(STARTS), st.data())
def test_what_is_covered_is_open_at_every_minute_and_never_away(
    windows: list[AvailabilityWindow], where: tuple[str, date], data: st.DataObject
) -> None:  # AV4, on every kind of clock change
    zone = PracticeTime(where[0])
    span = Span(zone.bounds(where[1]).starts_at, zone.bounds(where[1] + 3 * DAY).ends_at)
    begin = span.starts_at + data.draw(st.integers(0, 4_000)) * MINUTE
    absence = away(begin, begin + data.draw(st.integers(1, 900)) * MINUTE)
    offered = OfferedTime(windows, [absence], span, {NORTHSIDE: zone, HARBOR: zone})
    start = span.starts_at + data.draw(st.integers(0, 4_000)) * MINUTE
    asked = Span(start, start + data.draw(st.sampled_from([1, 20, 40])) * MINUTE)
    opened = [each for each in open_spans(windows, span, zone) if each.location_id == NORTHSIDE]
    minutes = (asked.ends_at - asked.starts_at) // MINUTE
    at_work = all(
        any(each.starts_at <= moment and moment + MINUTE <= each.ends_at for each in opened)
        for moment in (asked.starts_at + count * MINUTE for count in range(minutes))
    )
    expected = at_work and not overlaps(asked, Span(absence.starts_at, absence.ends_at))
    assert offered.covers(NORTHSIDE, asked.starts_at, asked.ends_at) is expected


def test_windows_that_touch_cover_an_appointment_together() -> None:
    windows = [a_window(end=10 * 60), a_window(start=10 * 60, end=11 * 60, staff_only=True, number=2)]
    offered = OfferedTime(windows, [], LA.bounds(TUESDAY), CLOCKS)
    assert offered.covers(NORTHSIDE, at(9, 40), at(10, 20))
    assert not offered.covers(NORTHSIDE, at(10, 40), at(11, 20))
    assert not offered.covers(HARBOR, at(9, 40), at(10, 20))


@given(some_windows(), st.sampled_from(STARTS))
def test_windows_clash_just_when_they_are_open_at_two_places_at_one_moment(
    windows: list[AvailabilityWindow], where: tuple[str, date]
) -> None:
    if not windows:
        return
    zone, today = PracticeTime(where[0]), where[1]
    window, others = windows[0], windows[1:]
    found = clash(window, others, {NORTHSIDE: zone, HARBOR: zone}, today)
    # Two plain weeks without a clock change, as far as both are valid.
    first = max([date(2027, 1, 4), *(each.valid_from for each in windows if each.valid_from)])
    plain = Span(LA.bounds(first).starts_at, LA.bounds(first + 14 * DAY).ends_at)

    def opened(each: AvailabilityWindow) -> list[Span]:
        return [Span(one.starts_at, one.ends_at) for one in open_spans([each], plain, LA)]

    really = [
        other
        for other in others
        if other.location_id != window.location_id
        and any(overlaps(one, two) for one in opened(window) for two in opened(other))
    ]
    if really:
        assert found is not None
    elif found is not None:  # only where a clock change pushes one over the other
        assert found.location_id != window.location_id
        assert zone.zone != "America/Phoenix"


@pytest.mark.parametrize(
    ("mine", "theirs", "is_clash"),
    [
        ({}, {}, True),
        ({"end": 600}, {"start": 600}, False),
        ({"weekday": 2}, {}, False),
        ({"valid_until": date(2026, 12, 1)}, {"valid_from": date(2026, 12, 2)}, False),
        ({"valid_until": date(2026, 12, 1)}, {"valid_from": date(2026, 12, 1)}, True),
        ({"valid_until": date(2026, 11, 17)}, {}, False),  # that is over
        ({"active": False}, {}, False),
        ({}, {"active": False}, False),
        ({"weekday": 0, "start": 1380, "end": 1500 + 60 * 9}, {}, True),  # a night that reaches into Tuesday
        ({"weekday": 6, "start": 1380, "end": 1500}, {"weekday": 0, "start": 0, "end": 90}, True),
    ],
)
def test_two_places_at_once(mine: dict[str, object], theirs: dict[str, object], is_clash: bool) -> None:
    one = a_window(**mine)  # type: ignore[arg-type]
    other = a_window(**theirs, location=HARBOR, number=2)  # type: ignore[arg-type]
    assert (clash(one, [other], CLOCKS, TUESDAY) == other) is is_clash
    assert (clash(other, [one], CLOCKS, TUESDAY) == one) is is_clash
    same_place = a_window(**theirs, number=2)  # type: ignore[arg-type]
    assert clash(one, [same_place], CLOCKS, TUESDAY) is None


def test_places_with_other_clocks_are_compared_by_the_moment() -> None:
    clocks = {NORTHSIDE: LA, HARBOR: PracticeTime("America/New_York")}
    here = a_window(start=9 * 60, end=12 * 60)
    there = a_window(start=9 * 60, end=12 * 60, location=HARBOR, number=2)
    assert clash(here, [there], clocks, TUESDAY) is None
    assert clash(here, [a_window(start=12 * 60, end=13 * 60, location=HARBOR, number=2)], clocks, TUESDAY) is not None


def test_hours_a_week_count_what_is_open_on_every_such_weekday() -> None:
    windows = [
        a_window(),
        a_window(start=11 * 60, end=13 * 60, number=2),  # one hour of it is counted already
        a_window(3, active=False, number=3),
        a_window(4, valid_until=TUESDAY - DAY, number=4),
        a_window(5, valid_from=TUESDAY + 4 * DAY, valid_until=TUESDAY + 4 * DAY, number=5),
    ]
    assert weekly_time(windows, TUESDAY) == timedelta(hours=4)
    assert weekly_time([], datetime(2026, 1, 1, tzinfo=UTC).date()) == timedelta(0)


@given(st.integers(0, 6), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 10))
def test_a_window_begins_when_its_weekday_comes(weekday: int, first: date, length: int) -> None:
    days = [first + count * DAY for count in range(length + 1)]
    assert begins_ever(weekday, first, days[-1]) is any(day.weekday() == weekday for day in days)
