"""Who receives a request: the decision table and the promise that somebody always does (RT1–RT4)."""

from collections.abc import Mapping

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.directory import Department, Provider
from request_desk.domain.ids import DepartmentId, LocationId, ProviderId, StaffId, TargetId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import RequestKind, Target, TargetKind
from request_desk.domain.routing import RoutingFacts, route, told_without_members
from request_desk.domain.words import Words

ADMINISTRATOR = StaffId(1)
MWANGI, LINDQVIST, LEFT, UNKNOWN = ProviderId(20), ProviderId(21), ProviderId(22), ProviderId(99)


def a_provider(
    number: ProviderId, name: str, *, staff: int | None, login: bool = True, active: bool = True
) -> Provider:
    staff_id = None if staff is None else StaffId(staff)
    return Provider(number, f"Full {name}", name, (LocationId(1),), staff_id, login, active, 1)


PROVIDERS = {
    MWANGI: a_provider(MWANGI, "Dr. Mwangi", staff=30),
    LINDQVIST: a_provider(LINDQVIST, "Dr. Lindqvist", staff=31, login=False),
    LEFT: a_provider(LEFT, "Dr. Gone", staff=32, active=False),
}


def a_department(*active: int, on: bool = True) -> Department:
    members = (StaffId(40), StaffId(41))
    return Department(
        DepartmentId(50), "IC-Appointment Request", members, tuple(StaffId(each) for each in active), on, 1
    )


DEPARTMENT, MANAGER, DOCTOR = (
    Target(TargetKind.DEPARTMENT, TargetId(50)),
    Target(TargetKind.STAFF, TargetId(1)),
    Target(TargetKind.STAFF, TargetId(30)),
)
EMPTY = a_department()
NO_MEMBER = "IC-Appointment Request has no active member; "
SCHEDULE, CANCEL, RESCHEDULE = RequestKind.SCHEDULE, RequestKind.CANCEL, RequestKind.RESCHEDULE


@pytest.mark.parametrize(
    ("department", "kind", "asked", "appointment", "target", "routing_reason"),
    [
        (a_department(40), SCHEDULE, MWANGI, None, DEPARTMENT, "Department IC-Appointment Request"),
        (a_department(40), CANCEL, None, LINDQVIST, DEPARTMENT, "Department IC-Appointment Request"),
        (EMPTY, SCHEDULE, MWANGI, None, DOCTOR, NO_MEMBER + "Dr. Mwangi was asked for"),
        (EMPTY, SCHEDULE, None, None, MANAGER, NO_MEMBER + "any provider was asked for"),
        (EMPTY, SCHEDULE, None, MWANGI, MANAGER, NO_MEMBER + "any provider was asked for"),
        (EMPTY, SCHEDULE, LINDQVIST, None, MANAGER, NO_MEMBER + "Dr. Lindqvist has no active login"),
        (EMPTY, SCHEDULE, LEFT, None, MANAGER, NO_MEMBER + "Dr. Gone has no active login"),
        (EMPTY, SCHEDULE, UNKNOWN, None, MANAGER, NO_MEMBER + "the provider is not known"),
        (EMPTY, CANCEL, None, MWANGI, DOCTOR, NO_MEMBER + "the visit is with Dr. Mwangi"),
        (EMPTY, RESCHEDULE, None, MWANGI, DOCTOR, NO_MEMBER + "the visit is with Dr. Mwangi"),
        (EMPTY, RESCHEDULE, MWANGI, LINDQVIST, DOCTOR, NO_MEMBER + "Dr. Mwangi was asked for"),
        (EMPTY, CANCEL, None, LINDQVIST, MANAGER, NO_MEMBER + "Dr. Lindqvist has no active login"),
        (EMPTY, CANCEL, None, None, MANAGER, NO_MEMBER + "it names no provider"),
        (
            a_department(40, on=False),
            SCHEDULE,
            MWANGI,
            None,
            DOCTOR,
            "IC-Appointment Request is switched off; Dr. Mwangi was asked for",
        ),
        (None, SCHEDULE, None, None, MANAGER, "No department receives requests; any provider was asked for"),
    ],
)
def test_the_rule_chooses_the_target_and_says_why(
    department: Department | None,
    kind: RequestKind,
    asked: ProviderId | None,
    appointment: ProviderId | None,
    target: Target,
    routing_reason: str,
) -> None:
    routed = route(RoutingFacts(kind, asked, appointment, department, PROVIDERS, ADMINISTRATOR))
    assert (routed.target, routed.routing_reason) == (target, routing_reason)


provider_ids = st.one_of(st.none(), st.integers(20, 24).map(ProviderId))


@given(
    st.sampled_from(RequestKind),
    provider_ids,
    provider_ids,
    st.one_of(st.none(), st.builds(a_department, on=st.booleans()), st.builds(lambda: a_department(40))),
    st.dictionaries(
        st.integers(20, 24).map(ProviderId),
        st.builds(
            lambda staff, login, active: a_provider(MWANGI, "Dr. X", staff=staff, login=login, active=active),
            st.one_of(st.none(), st.integers(30, 35)),
            st.booleans(),
            st.booleans(),
        ),
    ),
)
def test_somebody_who_can_sign_in_always_receives(
    kind: RequestKind,
    asked: ProviderId | None,
    appointment: ProviderId | None,
    department: Department | None,
    providers: dict[ProviderId, Provider],
) -> None:  # RT3: no request is ever visible to nobody
    routed = route(RoutingFacts(kind, asked, appointment, department, providers, ADMINISTRATOR))
    signed_in = {each.staff_id for each in providers.values() if each.staff_active and each.active} | {ADMINISTRATOR}
    if routed.target.kind is TargetKind.DEPARTMENT:
        assert department is not None
        assert department.active_member_ids
    else:
        assert StaffId(routed.target.id) in signed_in
    assert routed.routing_reason
    assert "\n" not in routed.routing_reason


WORDS = Words("en_US", PracticeTime("America/Los_Angeles"))


def facts_of(providers: Mapping[ProviderId, Provider], department: Department | None) -> RoutingFacts:
    return RoutingFacts(SCHEDULE, None, None, department, providers, ADMINISTRATOR)


def test_what_is_said_of_an_empty_department_names_the_providers_who_receive_their_own() -> None:  # RT2, RT3
    names = {ADMINISTRATOR: "Ada ($AD)"}
    assert told_without_members(facts_of(PROVIDERS, a_department(40)), names, WORDS) == (
        "New requests for Dr. Mwangi then go to the login of the provider, all others to Ada ($AD)."
    )
    others = {key: each for key, each in PROVIDERS.items() if key != MWANGI}
    assert told_without_members(facts_of(others, None), names, WORDS) == "New requests then all go to Ada ($AD)."
    many = {ProviderId(n): a_provider(ProviderId(n), f"Dr. {n}", staff=n) for n in range(100, 106)}
    assert "for one of 6 providers then" in told_without_members(facts_of(many, EMPTY), names, WORDS)


@given(
    st.dictionaries(st.integers(20, 40), st.tuples(st.none() | st.integers(1, 99), st.booleans(), st.booleans())),
)
def test_what_is_said_of_an_empty_department_is_what_the_rule_does(
    drawn: dict[int, tuple[int | None, bool, bool]],
) -> None:
    providers = {
        ProviderId(key): a_provider(ProviderId(key), f"Dr. {key}.", staff=staff, login=login, active=active)
        for key, (staff, login, active) in drawn.items()
    }
    told = told_without_members(facts_of(providers, a_department(40)), {}, WORDS)
    own = [
        each.short_name
        for each in providers.values()
        for kind in RequestKind
        if route(RoutingFacts(kind, each.id, None, EMPTY, providers, ADMINISTRATOR)).target != MANAGER
    ]
    assert told.count("$AD") == 1
    if len(set(own)) <= 5:
        assert {name for name in (f"Dr. {key}." for key in drawn) if name in told} == set(own)
