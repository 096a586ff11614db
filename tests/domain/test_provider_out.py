"""Where the appointments of a provider who is out go: ranked, together, without collisions, nobody left out for nothing (ACT9)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations, product

from hypothesis import given, settings, strategies as st

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.booking_rules import PatientFacts
from request_desk.domain.directory import AppointmentType, BookingRules, LeadTime, RebookingMode
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.provider_out import SHOWN, Displaced, Need, OutPlace, OutProposals, propose
from request_desk.domain.spans import Slot, Span, overlaps

LA = PracticeTime("America/Los_Angeles")
TUESDAY = date(2026, 11, 24)
NOW = LA.instant(TUESDAY, 8 * 60 + 12)
MWANGI, LINDQVIST, CASTELLANOS = ProviderId(1), ProviderId(2), ProviderId(3)
NORTHSIDE, HARBOR = LocationId(1), LocationId(2)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def a_type(
    mode: RebookingMode = RebookingMode.ANY_PROVIDER,
    *,
    notice: LeadTime | None = None,
    advance: int = 90,
    providers: tuple[ProviderId, ...] = (),
    minutes: int = 20,
    number: int = 1,
) -> AppointmentType:
    none = LeadTime()
    return AppointmentType(
        id=TypeId(number),
        name="Sick visit",
        short_name="Sick",
        duration=minutes * MINUTE,
        buffer=timedelta(0),
        hold_ttl=15 * MINUTE,
        minimum_notice=notice or none,
        reschedule_notice=none,
        cancel_notice=none,
        maximum_advance=advance * DAY,
        grid=10 * MINUTE,
        rebooking_mode=mode,
        provider_ids=providers,
        active=True,
        version=1,
    )


def displaced(
    number: int, start: datetime, type_: AppointmentType | None = None, household: int | None = None, *busy: Span
) -> Displaced:
    type_ = type_ or a_type()
    entry = Appointment(
        id=AppointmentId(number),
        version=1,
        chain_id=AppointmentId(number),
        replaces_id=None,
        status=AppointmentStatus.CONFIRMED,
        patient_id=PatientId(number),
        patient_name=f"Patient {number}",
        provider_id=MWANGI,
        provider_name="Dr. Mwangi",
        location_id=NORTHSIDE,
        location_name="Northside",
        type_id=type_.id,
        type_name=type_.name,
        lane=0,
        starts_at=start,
        ends_at=start + type_.duration,
        hold_expires_at=None,
        released_at=None,
        request_id=None,
        cancel_code="",
        cancel_text="",
        is_late_cancel=False,
        booked_by="",
        zone=LA.zone,
    )
    return Displaced(entry, household or number, type_, busy)


def slot(
    who: ProviderId, day: int, hour: int, minute: int = 0, where: LocationId = NORTHSIDE, length: int = 20
) -> Slot:
    start = LA.instant(TUESDAY + day * DAY, hour * 60 + minute)
    return Slot(who, where, start, start + length * MINUTE, start + length * MINUTE)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return LA.instant(TUESDAY + day * DAY, hour * 60 + minute)


def proposed(
    many: Sequence[Displaced], free: Sequence[Slot], decided: Mapping[AppointmentId, Slot | None] | None = None
) -> OutProposals:
    ordered = sorted(free, key=lambda each: each.starts_at)
    types = {each.type.id for each in many}
    return propose(many, dict.fromkeys(types, ordered), zone=LA, now=NOW, decided=decided or {})


def places(many: Sequence[Displaced], free: Sequence[Slot]) -> list[Slot | None]:
    return list(proposed(many, free).places.values())


def choices(one: Displaced, free: Sequence[Slot], *occupied: OutPlace) -> tuple[Slot, ...]:
    return proposed([one], free).choices(one, occupied)


# rank


def test_the_same_provider_soon_after_comes_before_another_one_that_day() -> None:
    own, other = slot(MWANGI, 1, 11), slot(LINDQVIST, 0, 11)
    assert choices(displaced(1, at(11)), [own, other]) == (own, other)
    assert places([displaced(1, at(11))], [own, other]) == [own]


def test_another_provider_that_day_comes_before_the_own_one_much_later() -> None:
    other, own = slot(LINDQVIST, 0, 11), slot(MWANGI, 5, 11)
    assert choices(displaced(1, at(11)), [other, own]) == (other, own)


def test_a_type_of_the_same_day_goes_to_another_provider_that_day() -> None:
    own, other = slot(MWANGI, 1, 11), slot(LINDQVIST, 0, 15)
    assert places([displaced(1, at(11), a_type(advance=2))], [own, other]) == [other]


def test_the_own_place_and_the_time_of_the_day_count() -> None:
    near, far, away = slot(MWANGI, 1, 11, 30), slot(MWANGI, 1, 16), slot(MWANGI, 1, 11, 0, HARBOR)
    assert choices(displaced(1, at(11)), [far, away, near]) == (near, away, far)


def test_what_begins_before_the_letter_is_read_comes_last() -> None:
    sudden, later = slot(LINDQVIST, 0, 9), slot(LINDQVIST, 4, 16)
    assert places([displaced(1, at(9))], [sudden, later]) == [later]
    assert places([displaced(1, at(9))], [sudden]) == [sudden]


# rules


def test_a_type_that_stays_with_its_provider_is_proposed_nobody_else() -> None:
    only = a_type(RebookingMode.SAME_PROVIDER)
    assert places([displaced(1, at(11), only)], [slot(LINDQVIST, 0, 11)]) == [None]


def test_notice_and_advance_of_the_type_are_kept() -> None:
    two_days = a_type(notice=LeadTime(days=2), advance=4)
    free = [slot(MWANGI, day, 11) for day in (0, 1, 2, 4, 5)]
    assert choices(displaced(1, at(11), two_days), free) == (free[2], free[3])


def test_nobody_is_moved_to_an_earlier_day_or_into_the_past() -> None:
    free = [slot(LINDQVIST, 0, 8), slot(LINDQVIST, 1, 11)]
    assert choices(displaced(1, at(11, day=2)), free) == ()
    assert choices(displaced(1, at(11)), free) == (free[1],)


def test_a_provider_who_does_not_do_the_type_is_not_proposed() -> None:
    type_ = a_type(providers=(MWANGI, CASTELLANOS))
    assert places([displaced(1, at(11), type_)], [slot(LINDQVIST, 0, 11), slot(CASTELLANOS, 0, 12)])[0] == slot(
        CASTELLANOS, 0, 12
    )


def test_no_place_is_where_the_household_is_elsewhere() -> None:
    busy = Span(at(11), at(11, 30))
    assert places([displaced(1, at(11), None, 5, busy)], [slot(LINDQVIST, 0, 11, 20), slot(LINDQVIST, 0, 14)]) == [
        slot(LINDQVIST, 0, 14)
    ]


# together


def test_who_has_one_place_gets_it_and_the_other_makes_room() -> None:
    """A greedy choice would give the first the best place and leave the second out."""
    shared, spare = slot(LINDQVIST, 0, 11), slot(LINDQVIST, 0, 16)
    many = [
        displaced(1, at(11)),
        displaced(2, at(11), a_type(providers=(LINDQVIST,), number=2), 2, Span(at(16), at(17))),
    ]
    assert places(many, [shared, spare]) == [spare, shared]


def test_siblings_are_not_in_two_places_at_once() -> None:
    many = [displaced(1, at(11), None, 7), displaced(2, at(11), None, 7)]
    free = [slot(LINDQVIST, 0, 11), slot(CASTELLANOS, 0, 11, 10), slot(CASTELLANOS, 0, 14)]
    first, second = places(many, free)
    assert {first, second} == {free[0], free[2]}


def test_what_is_decided_stays_and_the_others_go_around_it() -> None:
    best, second = slot(LINDQVIST, 0, 11), slot(LINDQVIST, 0, 14)
    many = [displaced(1, at(11)), displaced(2, at(11))]
    decided = {AppointmentId(1): replace(second, ends_at=second.starts_at)}  # as a plan keeps it, without its end
    assert list(proposed(many, [best, second], decided).places.values()) == [second, best]
    assert list(proposed(many, [best, second], {AppointmentId(2): None}).places.values()) == [best, None]


def test_what_is_decided_and_not_free_any_more_is_proposed_anew() -> None:
    gone, free = slot(LINDQVIST, 0, 11), slot(LINDQVIST, 0, 14)
    found = proposed([displaced(1, at(11))], [free], {AppointmentId(1): gone})
    assert found.places == {AppointmentId(1): free}


def test_more_is_looked_at_while_somebody_is_left_out() -> None:
    """Sixty want the morning; beyond the forty best places of each there are twenty more."""
    many = [displaced(number, at(8, 20)) for number in range(1, 61)]
    free = [slot(LINDQVIST, day, 8 + step // 3, step % 3 * 20) for day in (1, 2, 3) for step in range(20)]
    found = places(many, free)
    assert None not in found
    assert len(set(found)) == 60


def test_nine_at_most_are_shown_and_none_that_collides_with_the_others() -> None:
    free = [slot(LINDQVIST, 0, 10 + step // 3, step % 3 * 20) for step in range(18)]
    one = displaced(1, at(11))
    assert len(choices(one, free)) == SHOWN
    shown = choices(one, free, OutPlace(free[3], 8), OutPlace(slot(CASTELLANOS, 0, 14), 1))
    assert free[3] not in shown
    assert slot(LINDQVIST, 0, 14) not in shown


def test_nine_starts_of_one_morning_are_no_choice() -> None:
    own = [slot(MWANGI, 1, 9 + step // 6, step % 6 * 10) for step in range(24)]
    others = [slot(LINDQVIST, day, 11, step * 10) for day in range(5) for step in range(3)]
    shown = choices(displaced(1, at(11)), [*own, *others])
    assert len(shown) == SHOWN
    assert {LA.day_of(each.starts_at) for each in shown if each.provider_id == LINDQVIST} >= {TUESDAY}
    assert shown[0] == slot(MWANGI, 1, 11)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Displaced], dict[Need, list[Slot]]]:
    types = [
        a_type(number=1, minutes=20),
        a_type(RebookingMode.SAME_PROVIDER, number=2, minutes=40),
        a_type(number=3, minutes=30, providers=(LINDQVIST,), notice=LeadTime(2 * 60 * MINUTE)),
    ]
    many = [
        displaced(
            number,
            at(9 + draw(st.integers(0, 5)), draw(st.sampled_from([0, 20, 40])), draw(st.integers(0, 1))),
            draw(st.sampled_from(types)),
            draw(st.integers(1, 3)),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    free: dict[Need, list[Slot]] = {}
    starts = st.tuples(
        st.sampled_from([MWANGI, LINDQVIST]), st.integers(0, 2), st.integers(9, 10), st.sampled_from([0, 10, 20, 30])
    )
    for type_ in types:
        length = type_.duration // MINUTE
        chosen = draw(st.lists(starts, max_size=5, unique=True))
        free[type_.id] = sorted((slot(*each, length=length) for each in chosen), key=lambda each: each.starts_at)
    return many, free


def collide(one: tuple[Displaced, Slot], other: tuple[Displaced, Slot]) -> bool:
    first, second = one[1], other[1]
    if first.provider_id == second.provider_id:
        return overlaps(Span(first.starts_at, first.blocked_until), Span(second.starts_at, second.blocked_until))
    is_family = one[0].household_id == other[0].household_id
    return is_family and overlaps(Span(first.starts_at, first.ends_at), Span(second.starts_at, second.ends_at))


def is_kept(each: Displaced, place: Slot) -> bool:
    """The rules, said once more and in another way."""
    type_, entry = each.type, each.appointment
    return (
        place.starts_at > NOW
        and place.starts_at - NOW >= type_.minimum_notice.elapsed
        and LA.day_of(place.starts_at) >= LA.day_of(entry.starts_at)
        and (type_.rebooking_mode is RebookingMode.ANY_PROVIDER or place.provider_id == entry.provider_id)
        and (not type_.provider_ids or place.provider_id in type_.provider_ids)
    )


@settings(max_examples=150, deadline=None)
@given(situations())
def test_proposals_never_collide_keep_the_rules_and_place_as_many_as_brute_force(
    situation: tuple[list[Displaced], dict[Need, list[Slot]]],
) -> None:
    many, free = situation
    found = propose(many, free, zone=LA, now=NOW)
    placed = [(each, place) for each in many if (place := found.places[each.appointment.id]) is not None]
    assert not any(collide(one, other) for one, other in combinations(placed, 2))
    assert all(is_kept(each, place) for each, place in placed)
    choices = [[None, *(place for place in free[each.type.id] if is_kept(each, place))] for each in many]
    best = 0
    for tried in product(*choices):
        together = [(each, place) for each, place in zip(many, tried, strict=True) if place is not None]
        if not any(collide(one, other) for one, other in combinations(together, 2)):
            best = max(best, len(together))
    assert len(placed) == best


def test_a_patient_who_needs_longer_and_is_too_young_goes_to_a_time_that_fits() -> None:  # AP7
    rules = BookingRules(min_age_months=12, interpreter=20 * MINUTE)
    type_ = replace(a_type(), booking_rules=rules)
    facts = PatientFacts("Zuri Okafor", date(2025, 11, 26), is_new=False, needs_interpreter=True)
    one = replace(displaced(1, at(11), type_), facts=facts)
    short, long = slot(MWANGI, 3, 11), [slot(MWANGI, day, 11, length=40) for day in (1, 2, 3)]
    found = propose([one], {type_.id: [short], one.need: long}, zone=LA, now=NOW)
    assert found.places == {AppointmentId(1): long[1]}  # on the birthday, and as long as with an interpreter
