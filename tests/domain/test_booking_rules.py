"""Who may have a type when, and how long it takes (AP7): the rules against their own words, on any day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.booking_rules import (
    LONGEST,
    PatientFacts,
    age_in_months,
    age_words,
    broken_rules,
    duration_for,
    length_notes,
    possible_days,
)
from request_desk.domain.directory import AppointmentType, BookingRules, LeadTime, RebookingMode
from request_desk.domain.errors import LimitCode
from request_desk.domain.ids import ProviderId, TypeId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words

ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Tokyo")
MINUTE = timedelta(minutes=1)
LINDQVIST, MWANGI = ProviderId(1), ProviderId(2)

days = st.dates(date(2000, 1, 1), date(2040, 12, 31))
instants = st.integers(0, 20 * 365 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
ages = st.none() | st.integers(1, 300)
rules = st.builds(
    BookingRules,
    min_age_months=ages,
    max_age_months=ages,
    rest=st.integers(0, 800).map(lambda count: timedelta(days=count)),
    new_patient=st.none() | st.integers(5, 480).map(lambda count: count * MINUTE),
    interpreter=st.integers(0, 120).map(lambda count: count * MINUTE),
    durations=st.dictionaries(st.just(LINDQVIST), st.integers(5, 480).map(lambda count: count * MINUTE)),
)
patients = st.builds(
    PatientFacts,
    name=st.just("Zuri Okafor"),
    birth_day=days,
    is_new=st.booleans(),
    needs_interpreter=st.booleans(),
    last_completed_at=st.none() | instants,
)


def a_type(**values: object) -> AppointmentType:
    return AppointmentType(
        id=TypeId(1),
        name="Well visit",
        short_name="Well",
        duration=40 * MINUTE,
        buffer=timedelta(0),
        hold_ttl=15 * MINUTE,
        minimum_notice=LeadTime(),
        reschedule_notice=LeadTime(),
        cancel_notice=LeadTime(),
        maximum_advance=timedelta(days=180),
        grid=10 * MINUTE,
        rebooking_mode=RebookingMode.ANY_PROVIDER,
        provider_ids=(),
        active=True,
        version=1,
        booking_rules=BookingRules(**values),  # type: ignore[arg-type]
    )


def a_patient(birth_day: date, **values: object) -> PatientFacts:
    return PatientFacts("Zuri Okafor", birth_day, **{"is_new": False, "needs_interpreter": False, **values})  # type: ignore[arg-type]


@given(rules, patients, instants, st.sampled_from(ZONES))
def test_a_time_breaks_a_rule_just_outside_the_possible_days(
    found: BookingRules, patient: PatientFacts, at: datetime, zone: str
) -> None:  # AP7
    type_ = a_type(**{name: getattr(found, name) for name in BookingRules.__dataclass_fields__})
    clock = PracticeTime(zone)
    first, last = possible_days(type_, patient, clock)
    day = clock.day_of(at)
    is_possible = (first is None or first <= day) and (last is None or day <= last)
    assert is_possible == (not broken_rules(type_, patient, at, Words("en_US", clock, day)))


@given(days, st.integers(1, 300))
def test_the_first_possible_day_is_the_first_of_that_age(birth_day: date, months: int) -> None:
    first, last = possible_days(
        a_type(min_age_months=months, max_age_months=months + 1), a_patient(birth_day), PracticeTime(ZONES[0])
    )
    assert first is not None
    assert last is not None
    assert age_in_months(birth_day, first) == months
    assert age_in_months(birth_day, first - timedelta(days=1)) == months - 1
    assert age_in_months(birth_day, last) == months
    assert age_in_months(birth_day, last + timedelta(days=1)) == months + 1


@given(rules, patients, st.sampled_from([LINDQVIST, MWANGI, None]))
def test_an_appointment_is_as_long_as_its_rules_say_and_never_too_long(
    found: BookingRules, patient: PatientFacts, provider: ProviderId | None
) -> None:  # AP7
    type_ = a_type(**{name: getattr(found, name) for name in BookingRules.__dataclass_fields__})
    usual = duration_for(type_, provider, None)
    length = duration_for(type_, provider, patient)
    assert usual == (found.durations.get(LINDQVIST, type_.duration) if provider == LINDQVIST else type_.duration)
    assert min(usual, LONGEST) <= length <= LONGEST
    wanted = max(usual, found.new_patient or timedelta(0)) if patient.is_new else usual
    wanted += found.interpreter if patient.needs_interpreter else timedelta(0)
    assert length == min(wanted, LONGEST)


@pytest.mark.parametrize(
    ("values", "patient", "code", "sentence"),
    [
        (
            {"min_age_months": 12},
            a_patient(date(2025, 12, 1)),
            LimitCode.TOO_YOUNG,
            "Well visit is from 12 months of age on; Zuri Okafor is 11 months old on Tue, Nov 24.",
        ),
        (
            {"max_age_months": 36},
            a_patient(date(2022, 11, 24)),
            LimitCode.TOO_OLD,
            "Well visit is for patients under 3 years; Zuri Okafor is 4 years old on Tue, Nov 24.",
        ),
        (
            {"rest": timedelta(days=30)},
            a_patient(date(2022, 11, 24), last_completed_at=datetime(2026, 11, 4, 18, tzinfo=UTC)),
            LimitCode.TOO_SOON_AGAIN,
            "Well visit is possible again from Friday, December 4 on, 30 days after the last one; Zuri Okafor had that on "
            "Wednesday, November 4.",
        ),
    ],
)
def test_each_rule_is_told_in_words(
    values: dict[str, object], patient: PatientFacts, code: LimitCode, sentence: str
) -> None:  # AP7
    zone = PracticeTime("America/Los_Angeles")
    at = datetime(2026, 11, 24, 18, tzinfo=UTC)
    limits = broken_rules(a_type(**values), patient, at, Words("en_US", zone, date(2026, 11, 24)))
    assert [(limit.code, limit.sentence) for limit in limits] == [(code, sentence)]


def test_the_age_is_that_of_the_day_at_the_place() -> None:  # AP7
    type_, patient = a_type(min_age_months=12), a_patient(date(2025, 11, 25))
    at = datetime(2026, 11, 25, 3, tzinfo=UTC)  # still the evening before in Seattle
    here, there = PracticeTime("America/Los_Angeles"), PracticeTime("Europe/London")
    assert broken_rules(type_, patient, at, Words("en_US", here))
    assert not broken_rules(type_, patient, at, Words("en_US", there))


def test_nobody_in_particular_breaks_no_rule() -> None:
    type_ = a_type(min_age_months=12, new_patient=60 * MINUTE)
    words = Words("en_US", PracticeTime(ZONES[0]))
    assert broken_rules(type_, None, datetime(2026, 1, 1, tzinfo=UTC), words) == ()
    assert length_notes(type_, None, words) == ()


def test_what_makes_it_longer_is_told() -> None:
    type_ = a_type(new_patient=60 * MINUTE, interpreter=15 * MINUTE)
    patient = a_patient(date(2022, 3, 12), is_new=True, needs_interpreter=True)
    assert length_notes(type_, patient, Words("en_US", PracticeTime(ZONES[0]))) == (
        "Zuri Okafor is new here: Well visit takes 60 min.",
        "Zuri Okafor needs an interpreter: 15 min more.",
    )


@pytest.mark.parametrize(("months", "words"), [(1, "1 month"), (23, "23 months"), (24, "2 years"), (30, "30 months")])
def test_ages_are_told_in_years_where_they_are_whole(months: int, words: str) -> None:
    assert age_words(months) == words
