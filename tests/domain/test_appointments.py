"""The six statuses: every transition, lateness and marks (AP3, AP5)."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.appointments import (
    TRANSITIONS,
    AppointmentStatus,
    is_late_cancel,
    may_complete,
    may_mark_no_show,
    moved_to,
)
from request_desk.domain.errors import Refused
from tests.domain.appointment_parts import an_appointment

HELD, CONFIRMED, CANCELLED, EXPIRED, COMPLETED, NO_SHOW = AppointmentStatus
NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALLOWED = {
    (HELD, CONFIRMED),
    (HELD, CANCELLED),
    (HELD, EXPIRED),
    (CONFIRMED, CANCELLED),
    (CONFIRMED, COMPLETED),
    (CONFIRMED, NO_SHOW),
    (COMPLETED, NO_SHOW),
    (NO_SHOW, COMPLETED),
}


@pytest.mark.parametrize(("seen", "wanted"), list(product(AppointmentStatus, AppointmentStatus)))
def test_only_the_allowed_transitions_happen(seen: AppointmentStatus, wanted: AppointmentStatus) -> None:  # AP3
    if (seen, wanted) in ALLOWED:
        assert moved_to(seen, wanted) is wanted
    else:
        with pytest.raises(Refused) as refusal:
            moved_to(seen, wanted)
        assert refusal.value.sentence.endswith(".")


def test_every_status_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(AppointmentStatus)


def test_an_appointment_is_completed_from_its_start_on() -> None:  # AP5
    assert not may_complete(NOW, NOW - MINUTE)
    assert may_complete(NOW, NOW)


def test_a_no_show_waits_until_nobody_can_join() -> None:  # AP5, VM2: 60 minutes after the end, inclusive
    seen = an_appointment(starts_at=NOW, ends_at=NOW + 40 * MINUTE)
    assert seen.comes_until == NOW + 100 * MINUTE
    assert not may_mark_no_show(seen.comes_until, NOW + 100 * MINUTE)
    assert not may_mark_no_show(seen.comes_until, NOW + 100 * MINUTE + timedelta(microseconds=999_999))
    assert may_mark_no_show(seen.comes_until, NOW + 100 * MINUTE + timedelta(seconds=1))


def test_a_type_says_how_long_it_waits_for_who_comes_in_person() -> None:  # AP5
    seen = an_appointment(starts_at=NOW, ends_at=NOW + 40 * MINUTE, no_show_after=15 * MINUTE)
    assert seen.comes_until == NOW + 15 * MINUTE


@given(st.integers(5, 480), st.none() | st.integers(0, 600), st.integers(-600, 1200), st.integers(0, 59))
def test_nobody_is_a_no_show_in_a_second_in_which_they_may_come(
    length: int, after: int | None, minutes: int, seconds: int
) -> None:  # AP5, VM2
    waits = None if after is None else after * MINUTE
    seen = an_appointment(starts_at=NOW, ends_at=NOW + length * MINUTE, no_show_after=waits)
    now = NOW + minutes * MINUTE + timedelta(seconds=seconds)
    last = NOW + (length + 60 if after is None else after) * MINUTE
    assert may_mark_no_show(seen.comes_until, now) is (now > last)


def test_a_cancellation_within_the_notice_is_late() -> None:
    assert is_late_cancel(NOW, NOW - timedelta(hours=23), timedelta(hours=24))
    assert not is_late_cancel(NOW, NOW - timedelta(hours=24), timedelta(hours=24))
    assert is_late_cancel(NOW, NOW + MINUTE, timedelta(0))
