"""The limits that staff may overrule, in words, and how long a hold may live (AP4, AP6, ACT3, ACT7)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.directory import AppointmentType, LeadTime, RebookingMode
from request_desk.domain.errors import LimitCode
from request_desk.domain.ids import ProviderId, TypeId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.schedule import (
    HOLD_AT_MOST,
    Snapped,
    earliest,
    hold_until,
    is_met,
    latest,
    lead_words,
    length_words,
    limits,
    snapped_words,
)
from request_desk.domain.words import Words
from tests.domain.appointment_parts import an_appointment

NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = Words("en_US", PracticeTime("America/Los_Angeles"))
HERE, THERE = ProviderId(3), ProviderId(4)


def a_lead(lead: LeadTime | timedelta) -> LeadTime:
    return lead if isinstance(lead, LeadTime) else LeadTime(lead)


def a_type(
    notice: LeadTime | timedelta = timedelta(0), moving: LeadTime | timedelta = timedelta(0), mode: str = "any_provider"
) -> AppointmentType:
    return AppointmentType(
        id=TypeId(1),
        name="Well visit",
        short_name="Well",
        duration=timedelta(minutes=40),
        buffer=timedelta(0),
        hold_ttl=timedelta(minutes=15),
        minimum_notice=a_lead(notice),
        reschedule_notice=a_lead(moving),
        cancel_notice=LeadTime(),
        maximum_advance=timedelta(days=180),
        grid=timedelta(minutes=10),
        rebooking_mode=RebookingMode(mode),
        provider_ids=(),
        active=True,
        version=1,
    )


@pytest.mark.parametrize(("after", "count"), [(2 * HOUR - timedelta(seconds=1), 1), (2 * HOUR, 0)])
def test_notice_is_elapsed_time_to_the_second(after: timedelta, count: int) -> None:  # AP6
    found = limits(a_type(notice=2 * HOUR), starts_at=NOW + after, provider_id=HERE, now=NOW, words=WORDS)
    assert [limit.code for limit in found] == [LimitCode.TOO_SOON] * count


@pytest.mark.parametrize(
    ("type_", "provider_id", "sentences"),
    [
        (a_type(), THERE, ()),
        (a_type(mode="same_provider"), HERE, ()),
        (a_type(mode="same_provider"), THERE, ("Well visit stays with Dr. Lindqvist when it is moved.",)),
        (
            a_type(moving=48 * HOUR),
            HERE,
            ("Well visit can be moved until 48 hours before it begins, and that has passed.",),
        ),
        (
            a_type(moving=LeadTime(days=2)),
            HERE,
            ("Well visit can be moved until 2 days before it begins, and that has passed.",),
        ),
    ],
)
def test_a_move_has_limits_of_its_own(
    type_: AppointmentType, provider_id: ProviderId, sentences: tuple[str, ...]
) -> None:
    moved = an_appointment(starts_at=NOW + 24 * HOUR, provider_id=HERE)  # AP4
    start = NOW + 72 * HOUR
    found = limits(type_, starts_at=start, provider_id=provider_id, now=NOW, words=WORDS, moved=moved)
    assert tuple(limit.sentence for limit in found) == sentences
    assert limits(type_, starts_at=start, provider_id=provider_id, now=NOW, words=WORDS) == ()


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(40, "40 min"), (60, "1 hour"), (90, "90 min"), (1440, "24 hours"), (2880, "48 hours"), (1500, "25 hours")],
)
def test_lengths_are_told_as_people_say_them(minutes: int, words: str) -> None:
    assert length_words(timedelta(minutes=minutes), WORDS) == words


@given(st.integers(0, 7200), st.integers(60, 86400))
def test_a_hold_never_outlives_the_hour_it_was_taken_in(age: int, ttl: int) -> None:  # ACT3
    now = NOW + timedelta(seconds=age)
    until = hold_until(NOW, now, timedelta(seconds=ttl))
    assert until <= NOW + HOLD_AT_MOST
    assert until <= now + timedelta(seconds=ttl)


LA = PracticeTime("America/Los_Angeles")


@pytest.mark.parametrize("today", [date(2026, 11, 24), date(2026, 10, 31), date(2027, 3, 13)])  # two over a switch
@pytest.mark.parametrize("minute", [0, 9 * 60, 23 * 60 + 59])
def test_days_are_practice_days_and_the_last_is_whole(today: date, minute: int) -> None:  # AP6, BK4
    now, two = LA.instant(today, minute), LeadTime(days=2)
    after = LA.bounds(today + timedelta(days=2))
    assert earliest(two, now, LA) == after.starts_at
    assert is_met(two, after.starts_at, now, LA)
    assert not is_met(two, after.starts_at - timedelta(seconds=1), now, LA)
    assert latest(timedelta(days=2), now, LA) == after.ends_at - timedelta.resolution


@pytest.mark.parametrize("today", [date(2026, 10, 31), date(2027, 3, 13)])
def test_hours_are_elapsed_time_over_a_switch_too(today: date) -> None:  # AP6
    now = LA.instant(today, 12 * 60)
    assert earliest(LeadTime(24 * HOUR), now, LA) == now + 24 * HOUR
    assert LA.minute_of(earliest(LeadTime(24 * HOUR), now, LA)) != 12 * 60


def test_a_notice_is_told_as_it_was_given() -> None:
    told = [lead_words(lead, WORDS) for lead in (LeadTime(24 * HOUR), LeadTime(days=1), LeadTime(days=2))]
    assert told == ["24 hours", "1 day", "2 days"]


@pytest.mark.parametrize(
    ("free", "fitting", "told"),
    [
        (0, (), "This time is not free. Choose another one."),
        (30, (), "Well visit needs 40 min, 30 min free here."),
        (30, ("Sick visit",), "Well visit needs 40 min, 30 min free here. Bookable here: Sick visit."),
        (120, (), "120 min are free here, but the rules of the schedule leave no Well visit."),
    ],
)
def test_why_nothing_can_be_booked_where_somebody_pointed(
    free: int, fitting: tuple[str, ...], told: str
) -> None:  # ACT15
    found = Snapped(None, timedelta(minutes=40), timedelta(minutes=free), ())
    assert snapped_words(found, "Well visit", fitting, WORDS) == told
