"""Whether a link can be given away (BK3), what it leads to (BK2), and what it gives whoever opens it (BK6)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.availability import AvailabilityWindow
from request_desk.domain.directory import (
    AppointmentType,
    Control,
    Flow,
    LeadTime,
    Location,
    PracticeSettings,
    Provider,
    RebookingMode,
)
from request_desk.domain.ids import LocationId, ProviderId, ServiceId, TypeId, VariantId, WindowId
from request_desk.domain.online_booking import BookingStep
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.share_links import (
    Check,
    CheckPlace,
    Service,
    ShareFacts,
    ShareLink,
    Variant,
    bookable_locations,
    bookable_providers,
    offered_at,
    preview,
    service_checks,
    share_link,
    variant_checks,
)
from request_desk.domain.words import Words

TODAY = date(2026, 11, 24)
MINUTE = timedelta(minutes=1)
WELL, VIDEO = TypeId(11), TypeId(12)
ANN, BEN, CID = ProviderId(1), ProviderId(2), ProviderId(3)
NORTH, SOUTH = LocationId(21), LocationId(22)
SERVICE, VARIANT = ServiceId(41), VariantId(51)
SETTINGS = PracticeSettings(
    practice_name="Harbor Pediatrics",
    practice_phone="(206) 555-0100",
    public_url="https://portal.example.org",
    self_booking=True,
    meeting_url="https://meet.example.org",
)


def a_type(
    type_id: TypeId, name: str, *providers: ProviderId, is_video: bool = False, hold: int = 15
) -> AppointmentType:
    return AppointmentType(
        type_id, name, name, 20 * MINUTE, timedelta(0), hold * MINUTE, LeadTime(), LeadTime(), LeadTime(), timedelta(days=90),
        10 * MINUTE, RebookingMode.ANY_PROVIDER, providers, True, 1, is_video=is_video,
    )  # fmt: skip


def a_provider(provider_id: ProviderId, name: str, *, active: bool = True) -> Provider:
    return Provider(provider_id, name, name, (NORTH, SOUTH), None, False, active, 1)


def a_location(location_id: LocationId, name: str, **values: Any) -> Location:
    return replace(Location(location_id, name, "America/Los_Angeles", "1 Main St", "", True, 1), **values)


def a_window(provider_id: ProviderId, location_id: LocationId, **values: Any) -> AvailabilityWindow:
    window = AvailabilityWindow(WindowId(1), provider_id, location_id, 0, 480, 1020, None, None, None, True)
    return replace(window, **values)


def a_variant(**values: Any) -> Variant:
    variant = Variant(VARIANT, SERVICE, WELL, UUID(int=5), "Check-up", "", (), (), True, True, 1)
    return replace(variant, **values)


def a_service(*variants: Variant, **values: Any) -> Service:
    return replace(Service(SERVICE, UUID(int=4), "Well child visit", "", True, True, 1, variants), **values)


def facts(**values: Any) -> ShareFacts:
    usual = ShareFacts(
        SETTINGS,
        {WELL: a_type(WELL, "Well visit"), VIDEO: a_type(VIDEO, "Video", is_video=True, hold=10)},
        {ANN: a_provider(ANN, "Dr. Ann"), BEN: a_provider(BEN, "Dr. Ben")},
        {NORTH: a_location(NORTH, "North"), SOUTH: a_location(SOUTH, "South")},
        (a_window(ANN, NORTH), a_window(BEN, SOUTH)),
        TODAY,
        Words("en_US", PracticeTime("America/Los_Angeles"), TODAY),
    )
    return replace(usual, **values)


def undone(checks: tuple[Check, ...]) -> list[tuple[CheckPlace, str]]:
    return [(each.place, each.why_not) for each in checks if not each.done]


def of_variant(variant: Variant, known: ShareFacts) -> tuple[Check, ...]:
    return variant_checks(a_service(variant), variant, known)


# Who and where

ids = st.sets(st.sampled_from([1, 2, 3, 4]))


@given(able=ids, chosen=ids, here=ids, known=ids)
def test_bookable_are_those_of_the_type_and_of_the_variant_who_are_here(
    able: set[int], chosen: set[int], here: set[int], known: set[int]
) -> None:
    providers = {
        ProviderId(each): a_provider(ProviderId(each), f"P{each}", active=each in here) for each in sorted(known)
    }
    types = {WELL: a_type(WELL, "Well visit", *(ProviderId(each) for each in sorted(able)))}
    variant = a_variant(provider_ids=tuple(ProviderId(each) for each in sorted(chosen)))
    found = {each.id for each in bookable_providers(variant, facts(types=types, providers=providers))}
    assert found == (able or known) & (chosen or known) & here & known


@given(chosen=ids, on=ids, known=ids)
def test_bookable_locations_are_those_of_the_variant_that_are_on(
    chosen: set[int], on: set[int], known: set[int]
) -> None:
    locations = {
        LocationId(each): a_location(LocationId(each), f"L{each}", active=each in on) for each in sorted(known)
    }
    variant = a_variant(location_ids=tuple(LocationId(each) for each in sorted(chosen)))
    found = {each.id for each in bookable_locations(variant, facts(locations=locations))}
    assert found == (chosen or known) & on & known


windows = st.lists(
    st.builds(
        a_window,
        st.sampled_from([ANN, BEN, CID]),
        st.sampled_from([NORTH, SOUTH]),
        active=st.booleans(),
        staff_only=st.booleans(),
        type_ids=st.sampled_from([(), (WELL,), (VIDEO,)]),
        valid_until=st.sampled_from([None, TODAY, TODAY - timedelta(days=1)]),
    ),
    max_size=5,
)


@given(found=windows, chosen=st.sampled_from([(), (ANN,), (BEN, CID)]), places=st.sampled_from([(), (NORTH,)]))
def test_hours_count_where_families_could_book_in_them(
    found: list[AvailabilityWindow], chosen: tuple[ProviderId, ...], places: tuple[LocationId, ...]
) -> None:
    variant = a_variant(provider_ids=chosen, location_ids=places)
    known = facts(windows=tuple(found))
    pairs = {(who, where) for who, there in offered_at(variant, known).items() for where in there}
    assert pairs == {
        (each.provider_id, each.location_id)
        for each in found
        if each.active and not each.staff_only and each.type_ids in ((), (WELL,)) and each.valid_until != date(2026, 11, 23)
        if each.provider_id in {who.id for who in bookable_providers(variant, known)}
        if not places or each.location_id in places
    }  # fmt: skip


# What a link needs


def test_a_variant_that_is_ready_has_the_agreed_address() -> None:
    variant = a_variant()
    service = a_service(variant)
    checks = variant_checks(service, variant, facts())
    assert undone(checks) == []
    assert share_link(SETTINGS, checks, service, variant) == ShareLink(
        f"https://portal.example.org/book/{service.reference}/{variant.reference}"
    )
    own = service_checks(service, facts())
    assert undone(own) == []
    assert share_link(SETTINGS, own, service).address == f"https://portal.example.org/book/{service.reference}"


def without(**values: Any) -> ShareFacts:
    return facts(settings=replace(SETTINGS, **values))


SAID: dict[str, tuple[Callable[[], tuple[Check, ...]], list[tuple[CheckPlace, str]]]] = {
    "no address": (
        lambda: of_variant(a_variant(), without(public_url="")),
        [(CheckPlace.PRACTICE, "the portal has no address"), (CheckPlace.PRACTICE, "letters lead nowhere")],
    ),
    "an address that letters leave out": (
        lambda: of_variant(a_variant(), without(public_url="https://pädiatrie.example.org")),
        [(CheckPlace.PRACTICE, "letters cannot show the portal's address")],
    ),
    "self-booking off": (
        lambda: of_variant(a_variant(), without(self_booking=False)),
        [(CheckPlace.PATIENTS_PAGES, "self-booking is off")],
    ),
    "service hidden": (
        lambda: variant_checks(a_service(visible=False), a_variant(), facts()),
        [(CheckPlace.SERVICE, "the service is hidden")],
    ),
    "service off": (
        lambda: variant_checks(a_service(active=False), a_variant(), facts()),
        [(CheckPlace.SWITCH, "the service is switched off")],
    ),
    "variant hidden": (
        lambda: of_variant(a_variant(visible=False), facts()),
        [(CheckPlace.VARIANT, "the variant is hidden")],
    ),
    "variant off": (
        lambda: of_variant(a_variant(active=False), facts()),
        [(CheckPlace.SWITCH, "the variant is switched off")],
    ),
    "type off": (
        lambda: of_variant(a_variant(), facts(types={WELL: replace(a_type(WELL, "Well visit"), active=False)})),
        [(CheckPlace.TYPES, "its type is switched off")],
    ),
    "nobody does it": (
        lambda: of_variant(a_variant(provider_ids=(BEN,)), facts(types={WELL: a_type(WELL, "Well visit", ANN)})),
        [(CheckPlace.VARIANT, "no provider can be booked")],
    ),
    "no hours there": (
        lambda: of_variant(a_variant(provider_ids=(ANN,), location_ids=(SOUTH,)), facts()),
        [(CheckPlace.AVAILABILITY, "no provider has hours for it")],
    ),
    "no location": (
        lambda: of_variant(a_variant(), facts(locations={NORTH: a_location(NORTH, "North", active=False)})),
        [(CheckPlace.AVAILABILITY, "no provider has hours for it"), (CheckPlace.VARIANT, "no location is on")],
    ),
    "a place without an address": (
        lambda: of_variant(a_variant(), facts(locations={NORTH: a_location(NORTH, "North", address=" ")})),
        [(CheckPlace.LOCATIONS, "a location is incomplete")],
    ),
    "a place without a zone": (
        lambda: of_variant(a_variant(), facts(locations={NORTH: a_location(NORTH, "North", zone="Nowhere/City")})),
        [(CheckPlace.LOCATIONS, "a location is incomplete")],
    ),
    "no meeting server": (
        lambda: of_variant(a_variant(type_id=VIDEO), without(meeting_url="")),
        [(CheckPlace.MEETINGS, "there is no meeting server")],
    ),
    "no variant": (lambda: service_checks(a_service(), facts()), [(CheckPlace.NEW_VARIANT, "it has no variant")]),
    "no variant that is ready": (
        lambda: service_checks(a_service(a_variant(visible=False)), facts()),
        [(CheckPlace.VARIANT, "none of its variants can be booked")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_is_missing_is_said_with_the_way_to_it(name: str) -> None:
    ask, told = SAID[name]
    assert undone(ask()) == told
    for each in ask():
        assert each.told.endswith(".")
    variant = a_variant()
    link = share_link(SETTINGS, ask(), a_service(variant), variant)
    assert link == ShareLink(why_not=told[0][1])


def test_a_place_that_nobody_has_hours_at_need_not_be_complete() -> None:
    known = facts(locations={NORTH: a_location(NORTH, "North"), SOUTH: a_location(SOUTH, "South", address="")})
    assert undone(of_variant(a_variant(provider_ids=(ANN,)), known)) == []
    assert undone(of_variant(a_variant(), known)) == [(CheckPlace.LOCATIONS, "a location is incomplete")]


def test_nobody_travels_to_a_video_appointment() -> None:
    known = facts(locations={NORTH: a_location(NORTH, "North", address="")})
    assert undone(of_variant(a_variant(type_id=VIDEO), known)) == []


def test_an_address_of_this_computer_is_told_as_such() -> None:
    checks = of_variant(a_variant(), without(public_url="http://127.0.0.1:8000"))
    assert checks[0].told == "Links begin with http://127.0.0.1:8000: they open on this computer alone."


# What a link gives


def skipped(service: Service, variant: Variant | None, known: ShareFacts) -> list[BookingStep]:
    return [each.step for each in preview(service, variant, known).steps if each.is_skipped]


def test_steps_whose_answer_is_known_are_left_out() -> None:
    one, two = a_variant(), a_variant(id=VariantId(52), name="First", provider_ids=(ANN,), location_ids=(NORTH,))
    both = a_service(one, two)
    assert skipped(both, None, facts()) == []
    assert skipped(both, one, facts()) == [BookingStep.VARIANT]
    assert skipped(both, two, facts()) == [BookingStep.VARIANT, BookingStep.PROVIDER, BookingStep.LOCATION]
    assert skipped(a_service(one), None, facts()) == [BookingStep.VARIANT]
    assert [each.step for each in preview(both, one, facts()).steps] == list(BookingStep)


def test_the_preview_tells_names_times_and_who_may() -> None:
    service = a_service(a_variant(), a_variant(id=VariantId(52), name="By video", type_id=VIDEO))
    told = {each.step: each.told for each in preview(service, None, facts()).steps}
    assert told[BookingStep.VARIANT] == "They choose Check-up or By video."
    assert told[BookingStep.PROVIDER] == "They choose Dr. Ann or Dr. Ben, or whoever is free first."
    assert "up to 15 min" in told[BookingStep.TIME]
    assert "asked to call." in told[BookingStep.PATIENT]
    new = {each.step: each.told for each in preview(service, None, without(new_families=True)).steps}
    assert "New families enter" in new[BookingStep.PATIENT]


def test_a_link_of_nothing_bookable_promises_nothing() -> None:
    steps = preview(a_service(), None, facts()).steps
    assert [each.told for each in steps[:3]] == ["There is nothing to choose yet."] * 3


@given(off=st.sets(st.sampled_from(Control)))
def test_the_preview_shows_exactly_the_controls_of_the_setting(off: set[Control]) -> None:
    settings = replace(SETTINGS, controls_off={Flow.BOOKING: frozenset(off)})
    shown = dict(preview(a_service(), None, facts(settings=settings)).controls)
    assert {each for each, is_shown in shown.items() if is_shown} == {
        each for each in Control if settings.shows(Flow.BOOKING, each)
    }


def test_the_preview_names_places_by_who_sees_anybody_there() -> None:
    providers = {ANN: replace(a_provider(ANN, "Dr. Ann"), location_ids=(SOUTH,))}
    told = {each.step: each for each in preview(a_service(a_variant()), None, facts(providers=providers)).steps}
    assert told[BookingStep.LOCATION].told == "It is at South."
    video = a_service(a_variant(type_id=VIDEO))
    by_video = {each.step: each for each in preview(video, None, facts(providers=providers)).steps}
    assert by_video[BookingStep.LOCATION].told == "By video. On the schedule it stands at South."
    assert by_video[BookingStep.LOCATION].is_skipped


def test_the_preview_of_a_service_leaves_out_what_families_do_not_see() -> None:
    hidden, off = a_variant(id=VariantId(52), visible=False), a_variant(id=VariantId(53), active=False)
    service = a_service(a_variant(), hidden, off)
    assert preview(service, None, facts()).steps[0].told == "There is only one: Check-up."
