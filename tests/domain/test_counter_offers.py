"""Until when offered times are kept, and what is said of them: rules that need no database (ACT10)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.agreement import offered_differences
from request_desk.domain.counter_offers import CounterOfferState, OfferedTimes, offered_sentence
from request_desk.domain.directory import AppointmentType, LeadTime
from request_desk.domain.freed_slots import ENOUGH, kept_until
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.domain.schedule import is_met
from request_desk.domain.standing import Standing, state_sentence
from request_desk.domain.words import Words, speaking
from tests.domain.test_freed_slots import a_type as freed_type

ZONE = PracticeTime("America/Los_Angeles")
NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
WORDS = Words("en_US", ZONE, ZONE.day_of(NOW))
UNTIL = datetime(2026, 11, 25, 16, 12, tzinfo=UTC)
MINUTES = st.integers(min_value=0, max_value=60 * 24 * 20).map(lambda minutes: timedelta(minutes=minutes))
LEADS = st.builds(
    LeadTime, days=st.integers(0, 3), elapsed=st.integers(0, 72).map(lambda hours: timedelta(hours=hours))
)


def a_type(notice: LeadTime, moving: LeadTime, ttl: timedelta) -> AppointmentType:
    return freed_type(minimum_notice=notice, reschedule_notice=moving, offer_ttl=ttl)


@given(
    st.lists(MINUTES, min_size=1, max_size=3),
    st.none() | MINUTES,
    LEADS,
    LEADS,
    st.integers(1, 72).map(lambda hours: timedelta(hours=hours)),
)
def test_whoever_answers_in_time_can_still_have_every_time(
    ahead: list[timedelta], moved: timedelta | None, notice: LeadTime, moving: LeadTime, ttl: timedelta
) -> None:
    type_ = a_type(notice, moving, ttl)
    until = kept_until(
        type_,
        [(NOW + each, ZONE) for each in ahead],
        NOW,
        None if moved is None else (NOW + moved, ZONE),
    )
    if until is None:
        return
    assert NOW + min(ENOUGH, ttl) <= until <= NOW + ttl
    assert all(until + ENOUGH <= NOW + each and is_met(notice, NOW + each, until, ZONE) for each in ahead)
    if moved is not None:
        assert is_met(moving, NOW + moved, until, ZONE)


def test_a_time_far_ahead_is_kept_for_the_whole_offer_time() -> None:
    type_ = a_type(LeadTime(), LeadTime(), timedelta(hours=24))
    assert kept_until(type_, [(NOW + timedelta(days=3), ZONE)], NOW) == NOW + timedelta(hours=24)
    assert kept_until(type_, [(NOW + timedelta(minutes=40), ZONE)], NOW) is None


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (CounterOfferState.OPEN, "We offered two times until Wed, Nov 25, 8:12 AM PST."),
        (CounterOfferState.DECLINED, "None of the times that we offered fits."),
        (CounterOfferState.EXPIRED, "We kept times until Wed, Nov 25, 8:12 AM PST, and none was taken."),
        (CounterOfferState.WITHDRAWN, "The times that we offered are not kept any more."),
        (CounterOfferState.ACCEPTED, ""),
    ],
)
def test_each_state_has_its_sentence_and_a_closed_request_none(state: CounterOfferState, told: str) -> None:
    offered = OfferedTimes(state, 2, UNTIL)
    assert offered_sentence(offered, WORDS) == told
    standing = Standing(RequestKind.SCHEDULE, RequestState.OPEN, offered=offered)
    assert state_sentence(standing, WORDS, NOW) == f"{told} Nothing is booked until we answer here.".strip()
    closed = Standing(RequestKind.SCHEDULE, RequestState.COMPLETED, offered=offered)
    assert state_sentence(closed, WORDS, NOW) == "Nothing is booked."


@pytest.mark.parametrize("count", [1, 2, 3])
def test_it_is_said_in_spanish_too(count: int) -> None:
    with speaking("es"):
        told = offered_sentence(OfferedTimes(CounterOfferState.OPEN, count, UNTIL), WORDS.in_language("es"))
    assert told.startswith("Le ofrecimos ")


FRIDAY = [(ZONE.instant(date(2026, 11, 27), minute), WORDS) for minute in (560, 840)]


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("Fri, Nov 27, 9:20 AM or Fri, Nov 27, 2:00 PM", True),
        ("9:20 AM or 2 PM on Friday", True),
        ("Which one: 9:20 AM or 2 PM?", True),
        ("Fri, Nov 27, 9:20 AM", False),
        ("9:20 AM, 2 PM or 4 PM", False),
        ("we found some times", False),
    ],
)
def test_a_letter_names_each_time_and_no_other(text: str, is_right: bool) -> None:
    assert (offered_differences(text, FRIDAY, None) == ()) is is_right


def test_a_letter_may_name_the_time_that_is_moved() -> None:
    old = ZONE.instant(date(2026, 12, 3), 510)
    text = "Instead of Thu, Dec 3, 8:30 AM we have 9:20 AM or 2 PM on Friday."
    assert offered_differences(text, FRIDAY, old) == ()
    assert offered_differences(text, FRIDAY, None) != ()
