"""Who may do what with a patient, a request or an appointment: the table, and that nothing opens what it does not name (ACT14, NT1)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from request_desk.domain.access import SYSTEM, Actor, ActorKind, Role, a_contact
from request_desk.domain.directory import Relation
from request_desk.domain.ids import ContactId, PatientId, ProviderId
from request_desk.domain.policy import (
    Action,
    AppointmentSubject,
    AvailabilitySubject,
    PatientSubject,
    RequestSubject,
    Verdict,
    may,
)

TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
CHILD, TURNS_18_TOMORROW, TURNS_18_TODAY = date(2022, 1, 1), date(2008, 11, 25), date(2008, 11, 24)
MOTHER = a_contact(ContactId(1))
AVAILABILITY = (Action.KEEP_WINDOWS, Action.ENTER_ABSENCE, Action.SET_MOBILE)
WITH_PATIENT = tuple(action for action in Action if action not in (Action.SEE, *AVAILABILITY))
ACTORS = st.builds(
    Actor, st.sampled_from(ActorKind), st.integers(0, 3), st.just(""), st.frozensets(st.sampled_from(Role), max_size=3)
)


def a_relation(
    relation: str = "mother", *, books: bool = True, reads: bool = True, hears: bool = True, until: date | None = None
) -> Relation:
    return Relation(MOTHER.contact_id, PatientId(5), relation, books, reads, hears, until)


RELATIONS = st.builds(
    a_relation,
    st.sampled_from(["mother", "self"]),
    books=st.booleans(),
    reads=st.booleans(),
    hears=st.booleans(),
    until=st.sampled_from([None, YESTERDAY, TODAY]),
)
SUBJECTS = st.builds(
    PatientSubject,
    st.none() | RELATIONS,
    st.sampled_from([None, CHILD, TURNS_18_TOMORROW, TURNS_18_TODAY]),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("relation", "denied"),
    [
        (a_relation(), {}),
        (a_relation(until=TODAY), {}),
        (a_relation(until=YESTERDAY), dict.fromkeys(WITH_PATIENT, Verdict.NOT_RELATED)),
        (None, dict.fromkeys(WITH_PATIENT, Verdict.NOT_RELATED)),
        (a_relation(books=False), {Action.ASK: Verdict.NO_BOOKING, Action.BOOK: Verdict.NO_BOOKING}),
        (a_relation(reads=False), {Action.READ: Verdict.NO_MESSAGES}),
        (a_relation(hears=False), {Action.HEAR: Verdict.NO_NOTICES}),
        (a_relation("self"), {Action.BOOK: Verdict.MINOR}),
    ],
)
def test_what_a_contact_may_do_with_a_child(relation: Relation | None, denied: dict[Action, Verdict]) -> None:
    found = {action: may(MOTHER, action, PatientSubject(relation, CHILD), TODAY) for action in WITH_PATIENT}
    assert found == {action: denied.get(action, Verdict.ALLOWED) for action in WITH_PATIENT}


@pytest.mark.parametrize(
    ("born", "verdict"),
    [(TURNS_18_TODAY, Verdict.ALLOWED), (TURNS_18_TOMORROW, Verdict.MINOR), (None, Verdict.MINOR)],
)
def test_a_patient_acts_alone_from_the_eighteenth_birthday(born: date | None, verdict: Verdict) -> None:
    assert may(MOTHER, Action.BOOK, PatientSubject(a_relation("self"), born), TODAY) is verdict


def test_for_a_patient_who_is_gone_appointments_can_still_be_cancelled_and_letters_read() -> None:
    gone = PatientSubject(a_relation(), CHILD, is_present=False)
    found = {action for action in WITH_PATIENT if may(MOTHER, action, gone, TODAY)}
    assert found == {Action.BOOK, Action.READ}


@given(ACTORS, st.sampled_from(Action), SUBJECTS)
def test_only_the_contact_of_a_relation_that_stands_does_anything_with_a_patient(
    actor: Actor, action: Action, subject: PatientSubject
) -> None:
    if may(actor, action, subject, TODAY):
        assert subject.relation is not None
        assert (actor.kind, actor.id) == (ActorKind.CONTACT, subject.relation.contact_id)
        assert subject.relation.stands(TODAY)
        assert action in WITH_PATIENT


@given(ACTORS, st.integers(1, 3), st.frozensets(st.integers(1, 3)), st.booleans())
def test_a_request_is_seen_practice_wide_or_by_whom_it_is_or_was_addressed_to(
    actor: Actor, target: int, inboxes: frozenset[int], sent_on: bool
) -> None:
    seen = may(actor, Action.SEE, RequestSubject(target, inboxes, sent_on), TODAY)
    is_wide = actor.kind is ActorKind.SYSTEM or (
        actor.kind is ActorKind.STAFF and bool(actor.roles & {Role.SCHEDULER, Role.ADMINISTRATOR})
    )
    is_addressed = actor.kind is ActorKind.STAFF and (target in inboxes or sent_on)
    assert bool(seen) is (is_wide or is_addressed)
    assert not may(SYSTEM, Action.READ, RequestSubject(target), TODAY)


@given(ACTORS, st.none() | st.integers(1, 3), st.integers(1, 3), st.sampled_from(Action))
def test_an_appointment_is_seen_practice_wide_or_by_whose_it_is(
    actor: Actor, own: int | None, theirs: int, action: Action
) -> None:  # AP1
    actor = replace(actor, provider_id=None if own is None else ProviderId(own))
    is_wide = actor.kind is ActorKind.SYSTEM or (
        actor.kind is ActorKind.STAFF and bool(actor.roles & {Role.SCHEDULER, Role.ADMINISTRATOR})
    )
    is_own = actor.kind is ActorKind.STAFF and own == theirs
    seen = may(actor, action, AppointmentSubject(ProviderId(theirs)), TODAY)
    assert bool(seen) is (action is Action.SEE and (is_wide or is_own))


@pytest.mark.parametrize(
    ("roles", "is_own", "allowed"),
    [
        ((), False, ()),
        ((), True, ()),
        ((Role.PROVIDER,), True, AVAILABILITY),
        ((Role.PROVIDER,), False, ()),
        ((Role.SCHEDULER,), False, (Action.ENTER_ABSENCE,)),
        ((Role.ADMINISTRATOR,), False, (Action.ENTER_ABSENCE, Action.SET_MOBILE)),
        ((Role.SCHEDULER, Role.AVAILABILITY), False, (Action.KEEP_WINDOWS, Action.ENTER_ABSENCE)),
        ((Role.ADMINISTRATOR, Role.PROVIDER), True, AVAILABILITY),
        ((Role.ADMINISTRATOR, Role.PROVIDER), False, (Action.ENTER_ABSENCE, Action.SET_MOBILE)),
    ],
)
def test_who_changes_when_a_provider_works(
    roles: tuple[Role, ...], is_own: bool, allowed: tuple[Action, ...]
) -> None:  # AV2, AV3, RM3
    actor = Actor(ActorKind.STAFF, 9, "Somebody", frozenset(roles), ProviderId(1 if is_own else 2))
    subject = AvailabilitySubject(ProviderId(1))
    assert tuple(action for action in AVAILABILITY if may(actor, action, subject, TODAY)) == allowed
    assert not any(may(MOTHER, action, subject, TODAY) for action in Action)
    assert not may(actor, Action.SEE, subject, TODAY)
