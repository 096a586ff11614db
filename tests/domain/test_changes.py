"""What a view hears of the changes of others: what may be seen in it, and nothing else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.changes import Changes, JournalEntry, ScheduleScope, Topic
from request_desk.domain.practice_time import PracticeTime

ZONE = PracticeTime("America/Los_Angeles")
NOON = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def a_change(action: str, topic: Topic = Topic.APPOINTMENT, scope: ScheduleScope | None = None) -> Changes:
    return Changes((JournalEntry(1, NOON, "staff", 1, "Kofi", "front", action, topic, 5, scope),))


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        (Changes(), False),
        (Changes(everything=True), True),
        (a_change("held"), True),  # where it is seen is not known
        (a_change("held", scope=ScheduleScope(NOON, 1, 2, None)), True),
        (a_change("held", scope=ScheduleScope(NOON, 9, 2, None)), False),
        (a_change("renewed", scope=ScheduleScope(NOON, 1, 2, None)), False),
        (a_change("renewed"), False),
        (a_change("changed", Topic.AVAILABILITY), True),
        (a_change("claimed", Topic.CLAIM), False),
    ],
)
def test_the_schedule_moves_where_it_is_seen(changes: Changes, moved: bool) -> None:
    assert changes.move(lambda scope: scope.provider_id == 1, but="renewed") is moved


@given(st.integers(-30_000_000, 30_000_000), st.integers(0, 24 * 60))
def test_no_appointment_that_reaches_into_a_day_is_missed(after: int, minutes: int) -> None:
    starts_at = NOON + timedelta(minutes=after)
    scope = ScheduleScope(starts_at, 1, 2, None)
    for instant in (starts_at, starts_at + timedelta(minutes=minutes)):
        assert scope.is_near(ZONE.day_of(instant), ZONE)


def test_other_days_are_not_near() -> None:
    assert not ScheduleScope(NOON, 1, 2, None).is_near(date(2026, 11, 27), ZONE)
