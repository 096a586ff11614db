"""When somebody is reminded: elapsed time over every change of the clocks, how late is too late, and what a rule may say (RM1, JOB-04)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import ReminderRuleId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.reminders import (
    LONGEST,
    SHORTEST,
    ReminderGroup,
    ReminderOutcome,
    ReminderRule,
    before_words,
    check_rules,
    due_starts,
    last_at,
    lateness,
    missed_starts,
    outcome,
    parse_before,
    preview,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "America/Phoenix")
# Days around the changes of these clocks, when a wall time comes twice or not at all, and any others.
CHANGES = (
    date(2026, 11, 1), date(2027, 3, 14), date(2026, 10, 25), date(2027, 3, 28),
    date(2026, 10, 4), date(2027, 4, 4), date(2026, 9, 6), date(2027, 4, 3),
)  # fmt: skip
leads = st.integers(SHORTEST // MINUTE, LONGEST // MINUTE).map(lambda minutes: minutes * MINUTE)
days = st.one_of(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.builds(lambda day, by: day + by * DAY, st.sampled_from(CHANGES), st.integers(-1, 62)),
)
starts = st.builds(
    lambda zone, day, minute: PracticeTime(zone).instant(day, minute),
    st.sampled_from(ZONES),
    days,
    st.integers(0, 1439),
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def a_rule(before: timedelta, group: ReminderGroup = ReminderGroup.PATIENT, **values: object) -> ReminderRule:
    return replace(ReminderRule(ReminderRuleId(1), group, before), **values)  # type: ignore[arg-type]


@given(starts, leads)
def test_the_time_between_a_reminder_and_its_visit_has_passed_on_every_clock(
    starts_at: datetime, before: timedelta
) -> None:
    (ahead,) = preview([a_rule(before)], starts_at, LONG_AGO)
    assert ahead.at.astimezone(UTC) + before == starts_at.astimezone(UTC)
    assert outcome(before, starts_at=starts_at, booked_at=LONG_AGO, now=ahead.at - MINUTE / 60) is None
    assert outcome(before, starts_at=starts_at, booked_at=LONG_AGO, now=ahead.at) is ReminderOutcome.PUBLISHED


@pytest.mark.parametrize(
    ("zone", "day", "before", "told"),
    [
        ("America/New_York", date(2026, 11, 1), DAY, (date(2026, 10, 31), 10 * 60 + 20)),  # 25 hours lie between 9:20 and 9:20
        ("Europe/London", date(2027, 3, 28), DAY, (date(2027, 3, 27), 8 * 60 + 20)),
        ("Australia/Lord_Howe", date(2026, 10, 4), DAY, (date(2026, 10, 3), 8 * 60 + 50)),  # half an hour
        ("America/Santiago", date(2026, 9, 6), 2 * DAY, (date(2026, 9, 4), 8 * 60 + 20)),
        ("America/Phoenix", date(2026, 11, 1), DAY, (date(2026, 10, 31), 9 * 60 + 20)),
    ],
)  # fmt: skip
def test_a_day_before_is_24_hours(zone: str, day: date, before: timedelta, told: tuple[date, int]) -> None:
    clock = PracticeTime(zone)
    (ahead,) = preview([a_rule(before)], clock.instant(day, 9 * 60 + 20), LONG_AGO)
    assert (clock.day_of(ahead.at), clock.minute_of(ahead.at)) == told


@given(starts, leads, st.integers(-90 * 24 * 60, 90 * 24 * 60))
def test_each_moment_is_before_in_or_after_the_time_of_a_reminder(
    starts_at: datetime, before: timedelta, by: int
) -> None:
    now = starts_at - before + by * MINUTE
    after, until = due_starts(before, now)
    missed_after, missed_until = missed_starts(before, now)
    is_due, is_missed = after < starts_at <= until, missed_after < starts_at <= missed_until
    told = outcome(before, starts_at=starts_at, booked_at=LONG_AGO, now=now)
    assert is_due == (told is ReminderOutcome.PUBLISHED)
    assert is_missed == (told is ReminderOutcome.TOO_LATE and now < starts_at)


@given(starts, leads)
def test_no_reminder_comes_after_its_visit_nor_later_than_it_is_worth(starts_at: datetime, before: timedelta) -> None:
    due_at, last = starts_at - before, last_at(before, starts_at)
    assert due_at < last <= starts_at
    assert last - due_at <= max(15 * MINUTE, before / 4)
    assert outcome(before, starts_at=starts_at, booked_at=LONG_AGO, now=last) is ReminderOutcome.TOO_LATE


@given(starts, leads, st.integers(1, 10_000))
def test_what_was_due_before_the_booking_is_never_sent(starts_at: datetime, before: timedelta, late: int) -> None:
    due_at = starts_at - before
    booked_at = due_at + late * timedelta(seconds=1)
    assert outcome(before, starts_at=starts_at, booked_at=booked_at, now=booked_at) is ReminderOutcome.TOO_LATE
    assert preview([a_rule(before)], starts_at, booked_at) == ()
    assert outcome(before, starts_at=starts_at, booked_at=due_at, now=due_at) is ReminderOutcome.PUBLISHED


@pytest.mark.parametrize(
    ("before", "late"), [(MINUTE, 15 * MINUTE), (HOUR, 15 * MINUTE), (2 * HOUR, 30 * MINUTE), (DAY, 6 * HOUR)]
)
def test_how_late_a_reminder_may_be(before: timedelta, late: timedelta) -> None:  # JOB-04
    assert lateness(before) == late


def test_a_preview_is_in_the_order_of_time_without_what_is_off() -> None:
    start = datetime(2026, 12, 1, 17, 20, tzinfo=UTC)
    rules = [
        a_rule(HOUR, ReminderGroup.PROVIDER),
        a_rule(2 * DAY),
        a_rule(HOUR, ReminderGroup.PATIENT),
        a_rule(3 * HOUR, active=False),
        a_rule(9 * DAY),
    ]
    told = preview(rules, start, start - 5 * DAY)
    assert [(each.at, each.rule.group) for each in told] == [
        (start - 2 * DAY, ReminderGroup.PATIENT),
        (start - HOUR, ReminderGroup.PATIENT),
        (start - HOUR, ReminderGroup.PROVIDER),
    ]


@given(leads)
def test_what_is_said_is_read_again(before: timedelta) -> None:
    assert parse_before(before_words(before)) == before


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2 days", 2 * DAY), ("1 day", DAY), ("3 hours", 3 * HOUR), ("30 minutes", 30 * MINUTE), (" 90min ", 90 * MINUTE),
        ("1 day 6 hours", 30 * HOUR), ("1 d, 6 h", 30 * HOUR), ("1 WEEK", 7 * DAY), ("60 days", LONGEST), ("1m", MINUTE),
    ],
)  # fmt: skip
def test_a_time_before_is_read_as_people_write_it(text: str, before: timedelta) -> None:
    assert parse_before(text) == before


@pytest.mark.parametrize(
    "text", ["", "soon", "2", "2 moons", "days", "-1 day", "1.5 hours", "0 minutes", "61 days", "1 day early", "999999 w", "2 days;"]
)  # fmt: skip
def test_what_is_no_time_before_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_before(text)


def test_several_rules_of_a_group_differ_in_their_time() -> None:  # RM1
    check_rules([a_rule(DAY), a_rule(2 * DAY), a_rule(DAY, ReminderGroup.PROVIDER), a_rule(DAY, active=False)])
    with pytest.raises(Invalid, match="same people 1 day before"):
        check_rules([a_rule(DAY), a_rule(24 * HOUR, by_sms=True)])
    with pytest.raises(Invalid, match="At most 20"):
        check_rules([a_rule(number * HOUR) for number in range(1, 22)])


@pytest.mark.parametrize("before", [timedelta(0), -DAY, LONGEST + MINUTE, timedelta(seconds=90)])
def test_a_rule_lies_between_a_minute_and_sixty_days(before: timedelta) -> None:
    with pytest.raises(Invalid, match="between 1 minute and 60 days"):
        check_rules([a_rule(before)])


def test_with_both_channels_off_a_rule_still_counts() -> None:  # RM2
    silent = a_rule(DAY, by_email=False)
    check_rules([silent])
    assert [each.rule for each in preview([silent], LONG_AGO + 2 * DAY, LONG_AGO)] == [silent]
