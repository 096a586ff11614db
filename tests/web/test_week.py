"""A week of free times as a page shows it: which times are seen at first sight, and that no others are made."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from request_desk.domain.directory import PracticeSettings
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words
from request_desk.web.pages import PageContext
from request_desk.web.week import FreeTime, ScheduleSight, week_of

MONDAY = date(2026, 11, 23)
LA = PracticeTime("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Free:
    """A free time of which nothing else is known than its place's zone."""

    starts_at: datetime
    zone: str = LA.zone


def free(day: date, count: int) -> list[Free]:
    return [Free(LA.instant(day, 9 * 60 + 5 * number)) for number in range(count)]


def shell() -> PageContext:
    now = datetime(2026, 11, 20, 18, tzinfo=UTC)
    today = LA.day_of(now)
    return PageContext(PracticeSettings(), LA, Words("en_US", LA, today), now, today)


@pytest.mark.parametrize(("is_one_day", "most"), [(False, 6), (True, 54)])
def test_a_day_shows_a_few_times_over_all_of_it_and_makes_no_others(is_one_day: bool, most: int) -> None:  # PP2, BK4
    slots = [*free(MONDAY, 60), *free(MONDAY + timedelta(days=2), 3)]
    page, made = shell(), []

    def chip(slot: Free) -> FreeTime:
        made.append(slot)
        return FreeTime("", page.words.time(slot.starts_at), "")

    look = ScheduleSight(MONDAY, 7, is_one_day=is_one_day)
    week = week_of(slots, look, None, shell=page, latest=MONDAY + timedelta(days=30), chip=chip)
    first, second = week.days
    assert [each.day for each in week.days] == [MONDAY, MONDAY + timedelta(days=2)]
    assert (len(first.chips), first.more) == (most, 60 - most)
    assert (first.chips[0].time, first.chips[-1].time) == ("9:00 AM", "1:55 PM")
    assert (len(second.chips), second.more) == (3, 0)
    assert (first.zone_name, first.title) == ("PST", "Monday, November 23")
    assert len(made) == most + 3


def test_a_chosen_time_is_shown_between_the_few() -> None:
    slots, page = free(MONDAY, 60), shell()
    chosen = slots[7]

    def is_chosen(slot: Free) -> bool:
        return slot == chosen

    def chip(slot: Free) -> FreeTime:
        return FreeTime("", page.words.time(slot.starts_at), "", is_chosen(slot))

    look = ScheduleSight(MONDAY, 7, is_one_day=False)
    week = week_of(slots, look, None, shell=page, latest=MONDAY, chip=chip, is_chosen=is_chosen)
    assert [each.time for each in week.days[0].chips if each.is_chosen] == ["9:35 AM"]
    assert (len(week.days[0].chips), week.days[0].more) == (7, 53)


def test_the_night_in_which_clocks_change_belongs_to_its_day() -> None:  # AV5
    day, page = date(2026, 11, 1), shell()
    midnight = LA.bounds(day).starts_at
    slots = [Free(midnight + timedelta(minutes=30 * number)) for number in range(50)]  # 25 hours
    look = ScheduleSight(day, 7, is_one_day=True)

    def chip(slot: Free) -> FreeTime:
        return FreeTime("", page.words.time(slot.starts_at), "")

    week = week_of([*slots, *free(day + timedelta(days=1), 1)], look, None, shell=page, latest=day, chip=chip)
    assert [(each.day, len(each.chips)) for each in week.days] == [(day, 50), (day + timedelta(days=1), 1)]
    assert week.days[0].zone_name == "PST"  # most of that day
