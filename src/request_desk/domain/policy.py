"""What somebody may do with one patient, request or appointment; what a role may do at all is in `access`. Every service asks here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from request_desk.domain import access
from request_desk.domain.access import Actor, ActorKind, Permission, Role
from request_desk.domain.directory import Relation
from request_desk.domain.ids import ProviderId

OF_AGE: Final = 18  # years from which a patient acts alone
_PRACTICE_WIDE: Final = frozenset({Role.SCHEDULER, Role.ADMINISTRATOR})


class Action(StrEnum):
    """What somebody wants to do; the first are a contact's with a patient."""

    ACT_FOR = "act-for"  # be known as somebody who acts for the patient
    ASK = "ask"  # send requests, see free times
    BOOK = "book"  # have appointments booked, moved and cancelled
    READ = "read"  # see and write letters
    HEAR = "hear"  # get notices
    SEE = "see"  # staff: a request, an appointment in the overview
    KEEP_WINDOWS = "keep-windows"  # staff: the weekly windows of a provider
    ENTER_ABSENCE = "enter-absence"  # staff: time off and extra hours of a provider
    SET_MOBILE = "set-mobile"  # staff: the mobile phone number of a provider


_WITH_PATIENT: Final = frozenset({Action.ACT_FOR, Action.ASK, Action.BOOK, Action.READ, Action.HEAR})


class Verdict(StrEnum):
    """Allowed, or the reason why not; true only when allowed."""

    ALLOWED = "allowed"
    NOT_RELATED = "not-related"
    PATIENT_GONE = "patient-gone"
    NO_BOOKING = "no-booking"
    MINOR = "minor"
    NO_MESSAGES = "no-messages"
    NO_NOTICES = "no-notices"
    NOT_ADDRESSED = "not-addressed"
    ANOTHERS = "anothers"
    READ_ONLY = "read-only"

    def __bool__(self) -> bool:
        return self is Verdict.ALLOWED


@dataclass(frozen=True, slots=True)
class PatientSubject:
    """A patient, with what the actor is to them; a birth day that nobody looked up counts as a minor's."""

    relation: Relation | None
    birth_day: date | None = None
    is_present: bool = True  # neither switched off nor dead


@dataclass(frozen=True, slots=True)
class RequestSubject:
    """A request: in whose inbox it is, which inboxes are the actor's, and whether the actor sent it on."""

    target_id: int
    inboxes: Collection[int] = ()
    was_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class AppointmentSubject:
    """An appointment: whose it is."""

    provider_id: ProviderId


@dataclass(frozen=True, slots=True)
class AvailabilitySubject:
    """When a provider works: whose time it is."""

    provider_id: ProviderId


Subject = PatientSubject | RequestSubject | AppointmentSubject | AvailabilitySubject


def may(actor: Actor, action: Action, subject: Subject, today: date) -> Verdict:
    """Tell whether the actor may do this with the subject today, or why not."""
    match subject:
        case PatientSubject():
            return _with_patient(actor, action, subject, today)
        case RequestSubject():
            mine = subject.target_id in subject.inboxes or subject.was_forwarded
            is_seen = action is Action.SEE and (sees_all_requests(actor) or (actor.kind is ActorKind.STAFF and mine))
            return Verdict.ALLOWED if is_seen else Verdict.NOT_ADDRESSED
        case AppointmentSubject():
            own = actor.kind is ActorKind.STAFF and actor.provider_id == subject.provider_id
            is_seen = action is Action.SEE and (sees_all_requests(actor) or own)
            return Verdict.ALLOWED if is_seen else Verdict.ANOTHERS
        case AvailabilitySubject():
            return _with_availability(actor, action, subject)


def sees_all_requests(actor: Actor) -> bool:
    """Tell whether the actor works for the whole practice."""
    is_wide = not _PRACTICE_WIDE.isdisjoint(actor.roles)
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and is_wide)


_FOR_OTHERS: Final = {
    Action.KEEP_WINDOWS: frozenset({Permission.AVAILABILITY_ON_BEHALF}),
    Action.ENTER_ABSENCE: frozenset({Permission.AVAILABILITY_ON_BEHALF, Permission.ENTER_ABSENCES}),
    Action.SET_MOBILE: frozenset({Permission.MANAGE_STAFF}),
}


def _with_availability(actor: Actor, action: Action, subject: AvailabilitySubject) -> Verdict:
    """The own is everybody's who keeps it; of others what a permission covers, and the rest is only looked at (AV2, AV3, RM3)."""
    is_own = actor.kind is ActorKind.STAFF and actor.provider_id == subject.provider_id
    if action not in _FOR_OTHERS:
        return Verdict.ANOTHERS
    if is_own and access.may(actor, Permission.OWN_AVAILABILITY):
        return Verdict.ALLOWED
    covered = any(access.may(actor, permission) for permission in _FOR_OTHERS[action])
    return Verdict.ALLOWED if covered else Verdict.READ_ONLY


def _with_patient(actor: Actor, action: Action, subject: PatientSubject, today: date) -> Verdict:
    """Nothing new is asked for a patient who is gone, but appointments can still be cancelled, and letters read."""
    relation = subject.relation
    if action in (Action.ACT_FOR, Action.ASK, Action.HEAR) and not subject.is_present:
        return Verdict.PATIENT_GONE
    if relation is None or (actor.kind, actor.id) != (ActorKind.CONTACT, relation.contact_id):
        return Verdict.NOT_RELATED
    if not relation.stands(today) or action not in _WITH_PATIENT:
        return Verdict.NOT_RELATED
    if action in (Action.ASK, Action.BOOK) and not relation.may_book:
        return Verdict.NO_BOOKING
    if action is Action.BOOK and relation.relation == "self" and _is_minor(subject.birth_day, today):
        return Verdict.MINOR
    if action is Action.READ and not relation.may_see_messages:
        return Verdict.NO_MESSAGES
    if action is Action.HEAR and not relation.gets_notices:
        return Verdict.NO_NOTICES
    return Verdict.ALLOWED


def _is_minor(born: date | None, today: date) -> bool:
    if born is None:
        return True
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < OF_AGE
