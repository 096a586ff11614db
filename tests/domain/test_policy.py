"""Who may do what with a patient, a request or an appointment: the table, and that nothing opens what it does not name (ACT14, NT1)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.access import GRANTS, SYSTEM, Actor, ActorKind, Role, a_contact
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.directory import Relation
from request_desk.domain.ids import ContactId, PatientId, ProviderId
from request_desk.domain.policy import (
    APPOINTMENT_POLICY,
    WITH_THE_TIME,
    Action,
    AppointmentSubject,
    AvailabilitySubject,
    Condition,
    Party,
    PatientSubject,
    PolicyRow,
    RequestSubject,
    ScheduleAction,
    Verdict,
    binds,
    may,
)
from tests.domain.appointment_parts import START, an_appointment

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


# The table of what is done with appointments, row by row

LINDQVIST, MWANGI = ProviderId(1), ProviderId(2)
HELD, CONFIRMED, CANCELLED, EXPIRED, COMPLETED, NO_SHOW = AppointmentStatus
DO = ScheduleAction
OK, MINUTE = Verdict.ALLOWED, timedelta(minutes=1)
ROLES = {Party.PROVIDER: Role.PROVIDER, Party.SCHEDULER: Role.SCHEDULER, Party.ADMINISTRATOR: Role.ADMINISTRATOR}
HERE = (Party.PROVIDER, Party.SCHEDULER, Party.ADMINISTRATOR)
OUTSIDE = (Party.PATIENT, Party.PARTNER, Party.LINK)
BOOKERS = (Party.PATIENT, Party.PARTNER, *HERE)
BEFORE, AT_START, AT_END = START - timedelta(hours=1), START, START + 40 * MINUTE
GONE = AT_END + 60 * MINUTE + timedelta(seconds=1)


def somebody(party: Party) -> Actor:
    """One of each; the provider is Dr. Lindqvist, the contact the mother."""
    match party:
        case Party.PATIENT:
            return MOTHER
        case Party.PARTNER:
            return Actor(ActorKind.PARTNER, 1, "Harbor Hospital")
        case Party.LINK:
            return Actor(ActorKind.LINK, 1, "")
        case Party.VISITOR:
            return Actor(ActorKind.VISITOR, 0, "")
        case _:
            own = LINDQVIST if party is Party.PROVIDER else None
            return Actor(ActorKind.STAFF, 1, "Somebody", frozenset({ROLES[party]}), own)


def asked(
    party: Party,
    action: Action | ScheduleAction,
    seen: Appointment | None = None,
    now: datetime = BEFORE,
    **values: object,
) -> Verdict:
    """What the table says, of one's own child, patient or visit unless `values` say otherwise."""
    shown = an_appointment() if seen is None else seen
    about = AppointmentSubject(shown.provider_id, shown, now, relation=a_relation(), birth_day=CHILD, is_named=True)
    return may(somebody(party), action, replace(about, **values), TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "parties"),
    [
        (Action.SEE, (*OUTSIDE, *HERE)),
        (DO.HOLD, (*BOOKERS, Party.VISITOR)),
        (DO.BOOK, BOOKERS),
        (DO.EXCEED, HERE),
        (DO.MOVE, (*OUTSIDE, *HERE)),
        (DO.REPLACE, HERE),
        (DO.CANCEL, (*OUTSIDE, *HERE)),
        (DO.COMPLETE, HERE),
        (DO.NO_SHOW, HERE),
        (DO.MARK_ARRIVED, HERE),
        (DO.MARK_LATE, HERE),
        (DO.MARK_CONFIRMED, HERE),
        (DO.TAKE_MARK_BACK, HERE),
    ],
)
def test_who_may_at_all(action: Action | ScheduleAction, parties: tuple[Party, ...]) -> None:
    now = AT_START if action is DO.COMPLETE else GONE if action is DO.NO_SHOW else BEFORE
    for party in Party:
        assert asked(party, action, now=now) is (OK if party in tuple(parties) else Verdict.NOT_FOR_THEM)


def test_every_act_has_its_row_and_is_tested() -> None:
    rows = [row.action for row in APPOINTMENT_POLICY]
    assert rows == [Action.SEE, *ScheduleAction]


@pytest.mark.parametrize("row", APPOINTMENT_POLICY, ids=lambda row: str(row.action))
def test_the_table_and_the_roles_agree(row: PolicyRow) -> None:
    """Who is in a row has the permission that the services ask first; nobody has it who is in none of its rows."""
    for party, role in ROLES.items():
        assert (row.permission in GRANTS[role]) is (party in row.parties)


@pytest.mark.parametrize("action", [Action.SEE, DO.COMPLETE, DO.NO_SHOW, DO.MARK_ARRIVED, DO.MARK_CONFIRMED])
def test_a_provider_has_the_own_alone(action: Action | ScheduleAction) -> None:
    assert asked(Party.PROVIDER, action, provider_id=MWANGI) is Verdict.ANOTHERS


@pytest.mark.parametrize("action", [DO.HOLD, DO.BOOK, DO.MOVE, DO.CANCEL])
def test_a_provider_answers_requests_for_others_too(action: ScheduleAction) -> None:
    assert asked(Party.PROVIDER, action, provider_id=MWANGI) is OK


@pytest.mark.parametrize("action", [DO.HOLD, DO.BOOK, DO.MOVE, DO.CANCEL])
def test_outside_only_whose_patient_it_is(action: ScheduleAction) -> None:
    assert asked(Party.PATIENT, action, relation=None) is Verdict.NOT_RELATED
    assert asked(Party.PATIENT, action, relation=a_relation(books=False)) is Verdict.NO_BOOKING
    assert asked(Party.PATIENT, action, relation=a_relation("self")) is Verdict.MINOR
    assert asked(Party.PARTNER, action, is_named=False) is Verdict.NOT_NAMED


def test_who_may_not_book_still_sees() -> None:
    assert asked(Party.PATIENT, Action.SEE, relation=a_relation(books=False)) is OK
    assert asked(Party.PATIENT, Action.SEE, relation=a_relation(until=YESTERDAY)) is Verdict.NOT_RELATED
    assert asked(Party.PARTNER, Action.SEE, is_named=False) is Verdict.NOT_NAMED


def test_the_notice_for_cancelling_binds_those_outside_alone() -> None:  # AP3
    for party in (*OUTSIDE, *HERE):
        expected = Verdict.TOO_LATE if party in OUTSIDE else OK
        assert asked(party, DO.CANCEL, is_in_time=False) is expected


@pytest.mark.parametrize("party", [*OUTSIDE, *HERE])
def test_notice_and_mode_bind_everybody_who_moves(party: Party) -> None:  # AP4, ACT7
    for condition in (Condition.NOTICE, Condition.MODE):
        assert binds(somebody(party), DO.MOVE, condition)
        assert binds(SYSTEM, DO.MOVE, condition)


@pytest.mark.parametrize("status", AppointmentStatus)
@pytest.mark.parametrize(
    ("action", "statuses", "now", "verdict"),
    [
        (DO.MOVE, {CONFIRMED}, BEFORE, Verdict.NOT_CONFIRMED),
        (DO.REPLACE, {CONFIRMED}, BEFORE, Verdict.NOT_CONFIRMED),
        (DO.CANCEL, {HELD, CONFIRMED}, BEFORE, Verdict.NOT_STANDING),
        (DO.COMPLETE, {CONFIRMED, NO_SHOW}, GONE, Verdict.NOT_CORRECTABLE),
        (DO.NO_SHOW, {CONFIRMED, COMPLETED}, GONE, Verdict.NOT_CORRECTABLE),
        (DO.MARK_ARRIVED, {CONFIRMED}, BEFORE, Verdict.NOT_CONFIRMED),
        (DO.MARK_LATE, {CONFIRMED}, BEFORE, Verdict.NOT_CONFIRMED),
        (DO.MARK_CONFIRMED, {CONFIRMED}, BEFORE, Verdict.NOT_CONFIRMED),
        (DO.TAKE_MARK_BACK, {CONFIRMED}, GONE, Verdict.NOT_CONFIRMED),
    ],
)
def test_from_which_status(
    status: AppointmentStatus,
    action: ScheduleAction,
    statuses: set[AppointmentStatus],
    now: datetime,
    verdict: Verdict,
) -> None:
    expected = OK if status in statuses else verdict
    assert {asked(party, action, an_appointment(status=status), now) for party in HERE} == {expected}


@pytest.mark.parametrize("party", HERE)
@pytest.mark.parametrize(
    ("action", "last", "first", "verdict"),
    [
        (DO.MOVE, AT_START - MINUTE, AT_START, Verdict.BEGUN),
        (DO.REPLACE, AT_START - MINUTE, AT_START, Verdict.BEGUN),
        (DO.CANCEL, AT_START - MINUTE, AT_START, Verdict.BEGUN),
        (DO.MARK_CONFIRMED, AT_START - MINUTE, AT_START, Verdict.BEGUN),
        (DO.MARK_LATE, GONE - timedelta.resolution, GONE, Verdict.OVER),
        (DO.COMPLETE, AT_START, AT_START - timedelta.resolution, Verdict.NOT_BEGUN),
        (DO.NO_SHOW, GONE, GONE - timedelta.resolution, Verdict.MAY_COME),
    ],
)
def test_until_when_and_from_when_on(
    party: Party, action: ScheduleAction, last: datetime, first: datetime, verdict: Verdict
) -> None:
    """`last` is an instant at which it may be, `first` the nearest at which it may not."""
    assert asked(party, action, now=last) is OK
    assert asked(party, action, now=first) is verdict


def test_a_hold_may_be_cancelled_whenever() -> None:
    assert asked(Party.SCHEDULER, DO.CANCEL, an_appointment(status=HELD), GONE) is OK


@pytest.mark.parametrize("action", [DO.MARK_ARRIVED, DO.MARK_LATE])
def test_on_the_day_of_the_visit_in_the_zone_of_its_place(action: ScheduleAction) -> None:
    midnight = datetime(2026, 11, 24, 8, 0, tzinfo=START.tzinfo)  # in Los Angeles
    assert asked(Party.SCHEDULER, action, now=midnight) is OK
    assert asked(Party.SCHEDULER, action, now=midnight - MINUTE) is Verdict.OTHER_DAY
    elsewhere = an_appointment(zone="America/New_York")
    assert asked(Party.SCHEDULER, action, elsewhere, midnight - 3 * 60 * MINUTE) is OK


@pytest.mark.parametrize("action", [DO.NO_SHOW, DO.MARK_LATE])
def test_not_of_who_has_arrived(action: ScheduleAction) -> None:
    assert asked(Party.SCHEDULER, action, an_appointment(arrived_at=BEFORE), BEFORE) is Verdict.HAS_ARRIVED


def test_a_condition_without_an_appointment_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="asked of an appointment"):
        may(somebody(Party.SCHEDULER), DO.CANCEL, AppointmentSubject(LINDQVIST), TODAY)


def test_who_is_two_may_what_either_may() -> None:
    both = Actor(ActorKind.STAFF, 1, "", frozenset({Role.PROVIDER, Role.SCHEDULER}), MWANGI)
    subject = AppointmentSubject(LINDQVIST, an_appointment(), BEFORE)
    assert may(both, DO.MARK_ARRIVED, subject, TODAY) is OK
    nobody = Actor(ActorKind.STAFF, 1, "", frozenset({Role.TYPES}))
    assert may(nobody, DO.MARK_ARRIVED, subject, TODAY) is Verdict.NOT_FOR_THEM


@given(ACTORS, st.sampled_from(ScheduleAction), SUBJECTS)
def test_nothing_is_done_on_the_schedule_by_a_right_to_a_patient(
    actor: Actor, action: ScheduleAction, subject: PatientSubject
) -> None:
    assert not may(actor, action, subject, TODAY)


def test_what_hangs_on_a_chosen_time_is_left_to_the_act() -> None:
    used = {condition for row in APPOINTMENT_POLICY for rule in row.parties.values() for condition in rule}
    assert used == set(Condition)
    assert used >= WITH_THE_TIME


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
