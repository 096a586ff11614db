"""Which appointments stand in the way of each other: a sweep that finds what comparing all with all finds (BK9)."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given, strategies as st

from request_desk.domain.double_bookings import Blocked, clashes
from request_desk.domain.ids import AppointmentId, ProviderId
from request_desk.domain.spans import Span

EIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def blocked(
    number: int, start: int, length: int = 40, *, provider: int = 1, lane: int = 0, allowed: bool = True, chain: int = 0
) -> Blocked:
    begins = EIGHT + start * MINUTE
    return Blocked(
        AppointmentId(number),
        AppointmentId(chain or number),
        ProviderId(provider),
        lane,
        Span(begins, begins + length * MINUTE),
        allowed,
    )


def pairs(*booked: Blocked) -> list[tuple[int, int]]:
    return [(each.first, each.second) for each in clashes(booked)]


def test_two_in_one_lane_that_share_time_are_told_once_the_earlier_first() -> None:
    assert pairs(blocked(2, 20), blocked(1, 0)) == [(1, 2)]
    assert pairs(blocked(1, 0), blocked(2, 40)) == []  # touching is not sharing
    assert pairs(blocked(1, 0), blocked(2, 20, provider=2)) == []
    assert pairs(blocked(1, 0), blocked(2, 20, chain=1)) == []  # a move and what it replaces


def test_a_lane_that_is_allowed_lies_beside_the_others_and_one_that_is_not_does_not() -> None:
    assert pairs(blocked(1, 0), blocked(2, 0, lane=1)) == []
    assert pairs(blocked(1, 0), blocked(2, 0, lane=1, allowed=False)) == [(1, 2)]
    assert pairs(blocked(1, 0, lane=1), blocked(2, 0, lane=1)) == [(1, 2)]  # a reason is no second room


def test_a_long_one_is_told_with_each_that_lies_in_it() -> None:
    assert pairs(blocked(1, 0, 240), blocked(2, 10, 10), blocked(3, 30, 10)) == [(1, 2), (1, 3)]


@given(
    st.lists(
        st.builds(
            lambda start, length, provider, lane, allowed: (start, length, provider, lane, allowed or not lane),
            st.integers(0, 120),
            st.integers(1, 90),
            st.integers(1, 2),
            st.integers(0, 2),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_the_sweep_finds_what_comparing_all_with_all_finds(drawn: list[tuple[int, int, int, int, bool]]) -> None:
    booked = [
        blocked(number, start, length, provider=provider, lane=lane, allowed=allowed)
        for number, (start, length, provider, lane, allowed) in enumerate(drawn, start=1)
    ]
    slow = {
        frozenset((one.id, other.id))
        for one, other in combinations(booked, 2)
        if one.provider_id == other.provider_id
        and one.time.starts_at < other.time.ends_at
        and other.time.starts_at < one.time.ends_at
        and (one.lane == other.lane or not (one.is_allowed and other.is_allowed))
    }
    found = pairs(*booked)
    assert len(found) == len(set(found))
    assert {frozenset(pair) for pair in found} == slow
