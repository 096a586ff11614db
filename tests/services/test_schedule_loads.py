"""How full the days of a month are (ACT1): booked time beside open time, less absences, filtered as the schedule is."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.errors import Invalid, NotAllowed
from request_desk.domain.schedule import DayLoad
from request_desk.services.schedule.loads import day_loads
from tests.builders import TODAY, Practice, wall

HOUR = timedelta(hours=1)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def loads(practice: Practice, **values: Any) -> dict[date, DayLoad]:
    found = practice.desk.query(practice.maria, day_loads, FIRST, LAST, **values)
    return {each.day: each for each in found}


def test_each_day_of_the_month_is_told_with_what_is_open_and_booked(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "11:00", status="completed")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "12:00", status="cancelled", cancel_code="pat")
    found = loads(practice)
    assert list(found) == [FIRST + timedelta(days=number) for number in range(30)]
    assert found[TODAY] == DayLoad(TODAY, timedelta(minutes=80), 18 * HOUR)
    assert found[TODAY + timedelta(days=1)].share == 0
    assert found[date(2026, 11, 28)] == DayLoad(date(2026, 11, 28), 0 * HOUR, 0 * HOUR)  # a Saturday


def test_providers_and_locations_are_filtered(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    assert loads(practice, provider_ids=(practice.mwangi,))[TODAY] == DayLoad(TODAY, 0 * HOUR, 9 * HOUR)
    assert loads(practice, location_ids=(practice.harbor,))[TODAY] == DayLoad(TODAY, 0 * HOUR, 9 * HOUR)
    assert loads(practice, location_ids=(practice.northside,))[TODAY].booked == timedelta(minutes=40)


def test_who_is_away_has_no_open_time_also_where_absences_overlap(practice: Practice) -> None:
    practice.an_absence(practice.lindqvist, wall(TODAY, "0:00"), wall(TODAY + timedelta(days=1), "12:00"), "Leave")
    practice.an_absence(practice.lindqvist, wall(TODAY, "9:00"), wall(TODAY, "10:00"), "Meeting")
    found = loads(practice, provider_ids=(practice.lindqvist,))
    assert [found[TODAY + timedelta(days=number)].open for number in range(3)] == [0 * HOUR, 5 * HOUR, 9 * HOUR]


@given(st.integers(0, 2_000), st.integers(0, 2_000))
def test_a_share_is_never_more_than_all(booked: int, opened: int) -> None:
    share = DayLoad(TODAY, booked * HOUR, opened * HOUR).share
    assert 0 <= share <= 1
    assert (share == 0) is (booked == 0)


def test_only_staff_and_only_dates_of_the_calendar(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        practice.desk.query(practice.amara, day_loads, FIRST, LAST)
    with pytest.raises(Invalid):
        practice.desk.query(practice.maria, day_loads, date(1899, 12, 1), date(1899, 12, 31))
