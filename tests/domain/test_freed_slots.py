"""Who is offered a freed time: no candidate breaks a rule, and the order is total and does not depend on how it is asked (ACT8)."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given, strategies as st

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.directory import AppointmentType, BookingRules, LeadTime, RebookingMode
from request_desk.domain.freed_slots import (
    ENOUGH,
    Busy,
    Candidate,
    CandidateSource,
    FreedTime,
    Obstacle,
    answer_by,
    obstacle,
    rank,
    ranked,
    slot_of,
)
from request_desk.domain.ids import (
    AbsenceId,
    AppointmentId,
    ContactId,
    LocationId,
    PatientId,
    ProviderId,
    TypeId,
    WindowId,
)
from request_desk.domain.requests import DayPart, Wish, WishKind
from request_desk.domain.schedule import is_met, last_moment
from request_desk.domain.spans import Span
from tests.builders import TODAY, ZONE, wall
from tests.conftest import DEMO_MORNING as NOW
from tests.domain.appointment_parts import an_appointment

FRIDAY = TODAY + timedelta(days=3)
START = wall(FRIDAY, "9:20")
WINDOW = AvailabilityWindow(
    WindowId(1), ProviderId(1), LocationId(1), 4, 8 * 60, 17 * 60, None, None, None, active=True
)
MINUTES = st.integers(0, 240).map(lambda minutes: timedelta(minutes=minutes))


def a_type(**values: object) -> AppointmentType:
    plain: dict[str, object] = {
        "id": TypeId(1),
        "name": "Well visit",
        "short_name": "Well",
        "duration": timedelta(minutes=40),
        "buffer": timedelta(0),
        "hold_ttl": timedelta(minutes=15),
        "minimum_notice": LeadTime(timedelta(0), 0),
        "reschedule_notice": LeadTime(timedelta(0), 0),
        "cancel_notice": LeadTime(timedelta(0), 0),
        "maximum_advance": timedelta(days=180),
        "grid": timedelta(minutes=10),
        "rebooking_mode": RebookingMode.ANY_PROVIDER,
        "provider_ids": (),
        "active": True,
        "version": 1,
    }
    return AppointmentType(**{**plain, **values})  # type: ignore[arg-type]


FREED = FreedTime(AppointmentId(1), PatientId(99), ProviderId(1), LocationId(1), START, ZONE, (WINDOW,))
LUKE = Candidate(
    CandidateSource.WAITING,
    7,
    PatientId(7),
    "Luke Haas",
    date(2020, 2, 2),
    a_type(),
    NOW - timedelta(days=3),
    contact_id=ContactId(5),
)


types = st.builds(
    a_type,
    duration=st.sampled_from([20, 40, 60, 90]).map(lambda minutes: timedelta(minutes=minutes)),
    buffer=st.sampled_from([0, 10]).map(lambda minutes: timedelta(minutes=minutes)),
    minimum_notice=st.builds(LeadTime, MINUTES.map(lambda each: each * 20), st.integers(0, 4)),
    maximum_advance=st.integers(0, 5).map(lambda days: timedelta(days=days)),
    provider_ids=st.sampled_from([(), (ProviderId(1),), (ProviderId(2),)]),
    active=st.booleans(),
    booking_rules=st.builds(
        BookingRules,
        min_age_months=st.sampled_from([None, 24, 120]),
        max_age_months=st.sampled_from([None, 36, 240]),
    ),
)
days = st.none() | st.integers(-1, 6).map(lambda ahead: TODAY + timedelta(days=ahead))
candidates = st.builds(
    Candidate,
    source=st.sampled_from([CandidateSource.REQUEST, CandidateSource.WAITING]),
    source_id=st.integers(1, 10**6),
    patient_id=st.integers(95, 105).map(PatientId),
    patient_name=st.just("Somebody"),
    birth_day=st.dates(date(2005, 1, 1), date(2026, 11, 1)),
    type=types,
    asked_at=MINUTES.map(lambda each: NOW - each),
    provider_id=st.sampled_from([None, ProviderId(1), ProviderId(2)]),
    location_id=st.sampled_from([None, LocationId(1), LocationId(2)]),
    from_day=days,
    until_day=days,
    wishes=st.sampled_from(
        [
            (),
            (Wish(1, WishKind.NEXT),),
            (Wish(1, WishKind.SLOT, None, START),),
            (Wish(1, WishKind.DAY_PART, None, None, FRIDAY, DayPart.EVENING),),
        ]
    ),
    is_urgent=st.booleans(),
    is_present=st.booleans(),
    has_custody_note=st.booleans(),
    is_in_hand=st.booleans(),
    contact_id=st.sampled_from([None, ContactId(5)]),
)
ahead = st.tuples(MINUTES, MINUTES).map(
    lambda pair: (START + pair[0], START + pair[0] + pair[1] + timedelta(minutes=5))
)
times = st.builds(
    lambda busy, away, told: replace(
        FREED,
        busy=[Busy(Span(*each), AppointmentId(50)) for each in busy],
        absences=[Absence(AbsenceId(1), ProviderId(1), each[0], each[1], "") for each in away],
        told=frozenset(map(PatientId, told)),
    ),
    st.lists(ahead, max_size=2),
    st.lists(ahead, max_size=1),
    st.lists(st.integers(95, 105), max_size=3),
)


@given(st.lists(candidates, max_size=12), times)
def test_no_candidate_breaks_a_rule(found: list[Candidate], freed: FreedTime) -> None:
    for each in ranked(found, freed, NOW):
        slot = slot_of(each, freed)
        assert slot is not None
        until = answer_by(each.type, START, NOW, ZONE)
        assert until is not None
        assert until - NOW >= ENOUGH
        assert is_met(each.type.minimum_notice, START, until, ZONE)  # also when it is accepted at the last moment
        assert slot.ends_at - slot.starts_at == each.type.duration
        assert wall(FRIDAY, "8:00") <= slot.starts_at
        assert slot.ends_at <= wall(FRIDAY, "17:00")
        for span in (*(busy.span for busy in freed.busy), *(Span(a.starts_at, a.ends_at) for a in freed.absences)):
            assert span.ends_at <= slot.starts_at or slot.ends_at <= span.starts_at
        assert each.patient_id not in freed.told
        assert each.patient_id != freed.patient_id
        assert each.type.active
        assert each.provider_id in (None, freed.provider_id)
        assert each.location_id in (None, freed.location_id)
        assert each.type.provider_ids in ((), (freed.provider_id,))
        assert each.from_day is None or each.from_day <= FRIDAY
        assert each.until_day is None or each.until_day >= FRIDAY
        assert each.is_present
        assert each.contact_id is not None
        assert not each.has_custody_note
        assert TODAY + each.type.maximum_advance >= FRIDAY


@given(st.lists(candidates, max_size=12, unique_by=lambda each: each.source_id), times, st.integers(0, 1000))
def test_the_order_is_total_and_the_same_however_it_is_asked(
    found: list[Candidate], freed: FreedTime, seed: int
) -> None:
    shuffled = found.copy()
    Random(seed).shuffle(shuffled)
    order = ranked(found, freed, NOW)
    assert ranked(shuffled, freed, NOW) == order
    keys = [rank(each, freed) for each in order]
    assert keys == sorted(set(keys))
    assert len({each.patient_id for each in order}) == len(order)


def test_the_order_has_its_reasons() -> None:
    next_one = replace(LUKE, source_id=8, patient_id=PatientId(8))
    for better, worse in (
        (replace(next_one, is_urgent=True, asked_at=NOW), LUKE),
        (replace(next_one, wishes=(Wish(1, WishKind.SLOT, None, START),), asked_at=NOW), LUKE),
        (LUKE, replace(next_one, wishes=(Wish(1, WishKind.DAY_PART, None, None, FRIDAY, DayPart.EVENING),))),
        (replace(next_one, provider_id=ProviderId(1), asked_at=NOW), LUKE),
        (replace(next_one, asked_at=LUKE.asked_at - timedelta(minutes=1)), LUKE),
    ):
        assert ranked([worse, better], FREED, NOW) == (better, worse)


def test_who_only_would_come_earlier_moves_earlier() -> None:
    later = an_appointment(starts_at=START + timedelta(hours=3), patient_id=PatientId(7))
    wish = replace(LUKE, source=CandidateSource.EARLIER, moved=later, upcoming=(later,))
    assert obstacle(wish, FREED, NOW) is None
    assert ranked([wish, replace(LUKE, patient_id=PatientId(8), source_id=8, asked_at=NOW)], FREED, NOW)[1] == wish
    sooner = replace(later, starts_at=START - timedelta(hours=1), ends_at=START - timedelta(minutes=20))
    assert obstacle(replace(wish, moved=sooner, upcoming=(sooner,)), FREED, NOW) is Obstacle.NOT_EARLIER
    same = a_type(rebooking_mode=RebookingMode.SAME_PROVIDER)
    elsewhere = replace(later, provider_id=ProviderId(2))
    assert obstacle(replace(wish, type=same, moved=elsewhere), FREED, NOW) is Obstacle.PROVIDER
    kept = a_type(reschedule_notice=LeadTime(timedelta(days=10), 0))
    assert obstacle(replace(wish, type=kept), FREED, NOW) is Obstacle.MOVED_TOO_LATE


def test_a_second_appointment_within_the_usual_span_is_not_offered() -> None:  # ACT13
    other = an_appointment(starts_at=START + timedelta(days=2), patient_id=PatientId(7))
    assert obstacle(replace(LUKE, upcoming=(other,)), FREED, NOW) is Obstacle.ANOTHER
    at_once = replace(other, starts_at=START, ends_at=START + timedelta(minutes=20))
    assert obstacle(replace(LUKE, upcoming=(at_once,)), FREED, NOW) is Obstacle.ELSEWHERE


@given(
    st.builds(LeadTime, MINUTES.map(lambda each: each * 20), st.integers(0, 9)),
    st.dates(date(2026, 2, 1), date(2026, 12, 1)),  # over both changes of the clocks
    st.integers(0, 1439),
)
def test_the_last_moment_is_the_last(lead: LeadTime, day: date, minute: int) -> None:
    starts_at = ZONE.instant(day, minute)
    last = last_moment(lead, starts_at, ZONE)
    assert is_met(lead, starts_at, last, ZONE)
    assert not is_met(lead, starts_at, last + timedelta(microseconds=1), ZONE)
