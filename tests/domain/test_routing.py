"""Who receives a request: the decision table and the promise that somebody always does (RT1–RT4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from request_desk.domain.directory import Department, Provider
from request_desk.domain.ids import DepartmentId, LocationId, ProviderId, StaffId, TargetId
from request_desk.domain.requests import RequestKind, Target, TargetKind
from request_desk.domain.routing import RoutingFacts, route

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
