"""What the editor of types says of a day: from real windows, and never a day where parents would see none."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, strategies as st

from request_desk.domain.availability import AvailabilityWindow
from request_desk.domain.directory import BookingRules, LeadTime
from request_desk.domain.ids import LocationId, ProviderId, TypeId, WindowId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.sample_day import NoSlot, SampleDay, notice_exceeds_advance, sample_day
from request_desk.domain.schedule import earliest, latest
from tests.domain.test_booking_rules import LINDQVIST, MINUTE, MWANGI, a_type

ZONE = PracticeTime("America/Los_Angeles")
NORTHSIDE, HARBOR = LocationId(1), LocationId(2)
ZONES = {NORTHSIDE: ZONE, HARBOR: ZONE}
MONDAY = date(2026, 11, 23)


def a_window(
    weekday: int, start: int, end: int, provider: ProviderId = LINDQVIST, **values: object
) -> AvailabilityWindow:
    made = AvailabilityWindow(WindowId(start), provider, NORTHSIDE, weekday, start, end, None, None, None, True)
    return replace(made, **values)  # type: ignore[arg-type]


def starts(found: SampleDay | NoSlot) -> list[list[str]]:
    assert isinstance(found, SampleDay)
    return [[f"{ZONE.wall(start):%H:%M}" for start in line.starts] for line in found.lines]


def test_a_day_is_filled_one_after_the_other_with_the_buffer() -> None:  # AP6
    type_ = replace(a_type(), buffer=10 * MINUTE)
    found = sample_day(type_, {LINDQVIST: [a_window(1, 480, 720)]}, ZONES, MONDAY)
    assert starts(found) == [["08:00", "08:50", "09:40", "10:30", "11:20"]]
    assert isinstance(found, SampleDay)
    assert found.day == date(2026, 11, 24)


def test_the_providers_own_duration_and_only_who_does_it_counts() -> None:  # AP7
    windows = {LINDQVIST: [a_window(1, 480, 600)], MWANGI: [a_window(1, 480, 600, MWANGI)]}
    type_ = replace(a_type(), booking_rules=BookingRules(durations={MWANGI: 60 * MINUTE}))
    assert starts(sample_day(type_, windows, ZONES, MONDAY)) == [["08:00", "08:40", "09:20"], ["08:00", "09:00"]]
    only = replace(type_, provider_ids=(MWANGI,))
    assert starts(sample_day(only, windows, ZONES, MONDAY)) == [["08:00", "09:00"]]


def test_hours_for_staff_of_other_types_and_at_closed_places_do_not_count() -> None:
    for values in ({"staff_only": True}, {"type_ids": (TypeId(9),)}, {"location_id": LocationId(9)}, {"active": False}):
        found = sample_day(a_type(), {LINDQVIST: [a_window(1, 480, 600, **values)]}, ZONES, MONDAY)
        assert found is NoSlot.NO_WINDOW


def test_a_type_longer_than_all_hours_says_so() -> None:  # AP6
    assert sample_day(a_type(), {LINDQVIST: [a_window(1, 480, 510)]}, ZONES, MONDAY) is NoSlot.TOO_LONG


def test_hours_that_ended_or_begin_later_do_not_count() -> None:
    window, later = a_window(1, 480, 600), MONDAY + timedelta(days=8)
    for gone in (replace(window, valid_until=MONDAY), replace(window, valid_from=later)):
        assert sample_day(a_type(), {LINDQVIST: [gone]}, ZONES, MONDAY) is NoSlot.NO_WINDOW


leads = st.integers(0, 400).map(lambda days: LeadTime(days=days)) | st.integers(0, 9600).map(
    lambda hours: LeadTime(elapsed=timedelta(hours=hours))
)


@given(leads, st.integers(1, 200), st.integers(0, 1439))
def test_a_notice_beyond_the_advance_leaves_no_time_at_any_hour(lead: LeadTime, advance: int, minute: int) -> None:
    type_ = replace(a_type(), minimum_notice=lead, maximum_advance=timedelta(days=advance))
    still = PracticeTime("UTC")  # no changes of the clock, which make a day an hour longer

    def leaves_some(at: int) -> bool:
        now = still.instant(MONDAY, at)
        return earliest(lead, now, still) <= latest(type_.maximum_advance, now, still)

    if notice_exceeds_advance(type_):
        assert not leaves_some(minute)
        assert sample_day(type_, {LINDQVIST: [a_window(1, 480, 720)]}, ZONES, MONDAY) is NoSlot.NOTICE
    else:
        assert leaves_some(0)
