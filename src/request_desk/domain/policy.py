"""What somebody may do with one patient, request or appointment; what a role may do at all is in `access`. Every service asks here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.directory import Relation
from request_desk.domain.ids import ProviderId

OF_AGE: Final = 18  # years from which a patient acts alone
_PRACTICE_WIDE: Final = frozenset({Role.SCHEDULER, Role.ADMINISTRATOR})


class Action(StrEnum):
    """What somebody wants to do; all but the last are a contact's with a patient."""

    ACT_FOR = "act-for"  # be known as somebody who acts for the patient
    ASK = "ask"  # send requests, see free times
    BOOK = "book"  # have appointments booked, moved and cancelled
    READ = "read"  # see and write letters
    HEAR = "hear"  # get notices
    SEE = "see"  # staff: a request, an appointment in the overview


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


Subject = PatientSubject | RequestSubject | AppointmentSubject


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


def sees_all_requests(actor: Actor) -> bool:
    """Tell whether the actor works for the whole practice."""
    is_wide = not _PRACTICE_WIDE.isdisjoint(actor.roles)
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and is_wide)


def _with_patient(actor: Actor, action: Action, subject: PatientSubject, today: date) -> Verdict:
    """Nothing new is asked for a patient who is gone, but appointments can still be cancelled, and letters read."""
    relation = subject.relation
    if action in (Action.ACT_FOR, Action.ASK, Action.HEAR) and not subject.is_present:
        return Verdict.PATIENT_GONE
    if relation is None or (actor.kind, actor.id) != (ActorKind.CONTACT, relation.contact_id):
        return Verdict.NOT_RELATED
    if not relation.stands(today) or action is Action.SEE:
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
