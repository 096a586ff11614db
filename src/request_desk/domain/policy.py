"""What somebody may do with one patient, request or appointment; what a role may do at all is in `access`. Every service asks here.

What may be done with appointments is one table, `APPOINTMENT_POLICY`, row by row: who, and under which conditions. `docs/policy.md`
is printed from it by `policy_page`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from request_desk.domain import access, appointments
from request_desk.domain.access import Actor, ActorKind, Permission, Role
from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark
from request_desk.domain.directory import Relation
from request_desk.domain.ids import ProviderId
from request_desk.domain.practice_time import PracticeTime

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


class ScheduleAction(StrEnum):
    """What somebody wants to do on the schedule, beside seeing."""

    HOLD = "hold"
    BOOK = "book-time"  # no word of `Action`: both are keys of one table
    EXCEED = "exceed"  # a limit other than those of moving
    MOVE = "move"
    REPLACE = "replace"  # cancel and book new, where a rule forbids the move
    CANCEL = "cancel"
    COMPLETE = "complete"
    NO_SHOW = "no-show"
    MARK_ARRIVED = "mark-arrived"
    MARK_LATE = "mark-late"
    MARK_CONFIRMED = "mark-confirmed"
    TAKE_MARK_BACK = "take-mark-back"


MARKING: Final[Mapping[Mark, ScheduleAction]] = {
    Mark.ARRIVED: ScheduleAction.MARK_ARRIVED,
    Mark.LATE: ScheduleAction.MARK_LATE,
    Mark.PARENT_CONFIRMED: ScheduleAction.MARK_CONFIRMED,
}


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
    NOT_FOR_THEM = "not-for-them"
    NOT_NAMED = "not-named"
    NOT_CONFIRMED = "not-confirmed"
    NOT_STANDING = "not-standing"
    NOT_CORRECTABLE = "not-correctable"
    BEGUN = "begun"
    NOT_BEGUN = "not-begun"
    MAY_COME = "may-come"
    HAS_ARRIVED = "has-arrived"
    OTHER_DAY = "other-day"
    OVER = "over"
    TOO_LATE = "too-late"
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
    """An appointment, or times of a provider: whose they are, and what the conditions ask about.

    `seen` is the appointment as it stands `now`, in the zone of its place. `relation` is what a contact is to its patient; `is_named`
    says that a partner's token names that patient, or a manage link that appointment; `is_in_time`, that the type's notice to those outside is met.
    """

    provider_id: ProviderId
    seen: Appointment | None = None
    now: datetime | None = None
    zone: PracticeTime | None = None
    relation: Relation | None = None
    birth_day: date | None = None
    is_named: bool = False
    is_in_time: bool = True


@dataclass(frozen=True, slots=True)
class AvailabilitySubject:
    """When a provider works: whose time it is."""

    provider_id: ProviderId


Subject = PatientSubject | RequestSubject | AppointmentSubject | AvailabilitySubject


def may(actor: Actor, action: Action | ScheduleAction, subject: Subject, today: date) -> Verdict:
    """Tell whether the actor may do this with the subject today, or why not."""
    match subject:
        case PatientSubject():
            return _with_patient(actor, action, subject, today)
        case RequestSubject():
            mine = subject.target_id in subject.inboxes or subject.was_forwarded
            is_seen = action is Action.SEE and (sees_all_requests(actor) or (actor.kind is ActorKind.STAFF and mine))
            return Verdict.ALLOWED if is_seen else Verdict.NOT_ADDRESSED
        case AppointmentSubject():
            return _with_appointment(actor, action, subject, today)
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


def _with_availability(actor: Actor, action: Action | ScheduleAction, subject: AvailabilitySubject) -> Verdict:
    """The own is everybody's who keeps it; of others what a permission covers, and the rest is only looked at (AV2, AV3, RM3)."""
    is_own = actor.kind is ActorKind.STAFF and actor.provider_id == subject.provider_id
    if not isinstance(action, Action) or action not in _FOR_OTHERS:
        return Verdict.ANOTHERS
    if is_own and access.may(actor, Permission.OWN_AVAILABILITY):
        return Verdict.ALLOWED
    covered = any(access.may(actor, permission) for permission in _FOR_OTHERS[action])
    return Verdict.ALLOWED if covered else Verdict.READ_ONLY


def _with_patient(actor: Actor, action: Action | ScheduleAction, subject: PatientSubject, today: date) -> Verdict:
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


class Party(StrEnum):
    """In which capacity somebody does something with appointments; one person at a desk may be several."""

    PATIENT = "patient"  # a contact, for a patient
    PARTNER = "partner"  # another practice's program, for the patient whom its booking token names
    LINK = "link"  # whoever has the manage link of the appointment
    VISITOR = "visitor"  # somebody on the booking page of whom nothing is known yet
    PROVIDER = "provider"
    SCHEDULER = "scheduler"
    ADMINISTRATOR = "administrator"


class Condition(StrEnum):
    """What must be so. `may` decides the first; those of `WITH_THE_TIME` hang on a chosen time or on what is said with the act."""

    OWN = "own"
    RELATED = "related"
    MAY_BOOK = "may-book"
    NAMED = "named"
    CONFIRMED = "confirmed"
    STANDING = "standing"
    COMPLETABLE = "completable"
    MISSABLE = "missable"
    NOT_BEGUN = "not-begun"
    BEGUN = "begun"
    NOBODY_COMES = "nobody-comes"
    NOT_ARRIVED = "not-arrived"
    SAME_DAY = "same-day"
    NOT_OVER = "not-over"
    IN_TIME = "in-time"
    OFFERED = "offered"
    NOTICE = "notice"
    MODE = "mode"
    REASON = "reason"
    CODED_REASON = "coded-reason"


WITH_THE_TIME: Final = frozenset(
    {Condition.OFFERED, Condition.NOTICE, Condition.MODE, Condition.REASON, Condition.CODED_REASON}
)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One act: for whom and under which conditions, all of which must be met; who is not named may not.

    `permission` is what a role needs for it; in `services` it is asked first.
    """

    action: Action | ScheduleAction
    permission: Permission
    parties: Mapping[Party, tuple[Condition, ...]]


def _everybody_here(*conditions: Condition, own: bool = False) -> dict[Party, tuple[Condition, ...]]:
    """The three of the practice; with `own` a provider only with the own appointments."""
    return {
        Party.PROVIDER: (Condition.OWN, *conditions) if own else conditions,
        Party.SCHEDULER: conditions,
        Party.ADMINISTRATOR: conditions,
    }


def _outside(*conditions: Condition) -> dict[Party, tuple[Condition, ...]]:
    return {Party.PATIENT: (Condition.MAY_BOOK, *conditions), Party.PARTNER: (Condition.NAMED, *conditions)}


def _with_links(*conditions: Condition) -> dict[Party, tuple[Condition, ...]]:
    return {**_outside(*conditions), Party.LINK: (Condition.NAMED, *conditions)}


_C = Condition
APPOINTMENT_POLICY: Final = (
    PolicyRow(
        Action.SEE,
        Permission.VIEW_SCHEDULE,
        {
            Party.PATIENT: (_C.RELATED,),
            Party.PARTNER: (_C.NAMED,),
            Party.LINK: (_C.NAMED,),
            **_everybody_here(own=True),
        },
    ),
    PolicyRow(
        ScheduleAction.HOLD,
        Permission.CHANGE_SCHEDULE,
        _outside(_C.OFFERED) | {Party.VISITOR: (_C.OFFERED,)} | _everybody_here(),
    ),
    PolicyRow(ScheduleAction.BOOK, Permission.CHANGE_SCHEDULE, _outside(_C.OFFERED) | _everybody_here()),
    PolicyRow(ScheduleAction.EXCEED, Permission.CHANGE_SCHEDULE, _everybody_here(_C.REASON)),
    PolicyRow(
        ScheduleAction.MOVE,
        Permission.CHANGE_SCHEDULE,
        _with_links(_C.CONFIRMED, _C.NOT_BEGUN, _C.OFFERED, _C.NOTICE, _C.MODE)
        | _everybody_here(_C.CONFIRMED, _C.NOT_BEGUN, _C.NOTICE, _C.MODE),
    ),
    PolicyRow(
        ScheduleAction.REPLACE, Permission.CHANGE_SCHEDULE, _everybody_here(_C.CONFIRMED, _C.NOT_BEGUN, _C.REASON)
    ),
    PolicyRow(
        ScheduleAction.CANCEL,
        Permission.CHANGE_SCHEDULE,
        _with_links(_C.STANDING, _C.NOT_BEGUN, _C.IN_TIME)
        | _everybody_here(_C.STANDING, _C.NOT_BEGUN, _C.CODED_REASON),
    ),
    PolicyRow(ScheduleAction.COMPLETE, Permission.CHANGE_SCHEDULE, _everybody_here(_C.COMPLETABLE, _C.BEGUN, own=True)),
    PolicyRow(
        ScheduleAction.NO_SHOW,
        Permission.CHANGE_SCHEDULE,
        _everybody_here(_C.MISSABLE, _C.NOT_ARRIVED, _C.NOBODY_COMES, own=True),
    ),
    PolicyRow(
        ScheduleAction.MARK_ARRIVED, Permission.CHANGE_SCHEDULE, _everybody_here(_C.CONFIRMED, _C.SAME_DAY, own=True)
    ),
    PolicyRow(
        ScheduleAction.MARK_LATE,
        Permission.CHANGE_SCHEDULE,
        _everybody_here(_C.CONFIRMED, _C.SAME_DAY, _C.NOT_ARRIVED, _C.NOT_OVER, own=True),
    ),
    PolicyRow(
        ScheduleAction.MARK_CONFIRMED, Permission.CHANGE_SCHEDULE, _everybody_here(_C.CONFIRMED, _C.NOT_BEGUN, own=True)
    ),
    PolicyRow(ScheduleAction.TAKE_MARK_BACK, Permission.CHANGE_SCHEDULE, _everybody_here(_C.CONFIRMED, own=True)),
)
_ROWS: Final[Mapping[Action | ScheduleAction, PolicyRow]] = {row.action: row for row in APPOINTMENT_POLICY}
_PARTY_OF: Final = {
    Role.PROVIDER: Party.PROVIDER,
    Role.SCHEDULER: Party.SCHEDULER,
    Role.ADMINISTRATOR: Party.ADMINISTRATOR,
}


def parties_of(actor: Actor) -> tuple[Party, ...]:
    """Return in which capacities somebody acts; what the program does by itself it does as an administrator would."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return (Party.ADMINISTRATOR,)
        case ActorKind.CONTACT:
            return (Party.PATIENT,)
        case ActorKind.PARTNER:
            return (Party.PARTNER,)
        case ActorKind.LINK:
            return (Party.LINK,)
        case ActorKind.VISITOR:
            return (Party.VISITOR,)
        case ActorKind.STAFF:
            of_roles = tuple(party for role, party in _PARTY_OF.items() if role in actor.roles)
            is_unnamed = actor.provider_id is not None and Party.PROVIDER not in of_roles
            return (Party.PROVIDER, *of_roles) if is_unnamed else of_roles


def binds(actor: Actor, action: ScheduleAction, condition: Condition) -> bool:
    """Tell whether a condition holds for the actor in every capacity in which the actor may do this at all."""
    rules = [_ROWS[action].parties.get(party) for party in parties_of(actor)]
    return all(condition in rule for rule in rules if rule is not None)


def _with_appointment(
    actor: Actor, action: Action | ScheduleAction, subject: AppointmentSubject, today: date
) -> Verdict:
    """Allowed in any capacity, else why not in the one that comes furthest."""
    row = _ROWS.get(action)
    rules = [row.parties[party] for party in parties_of(actor) if party in row.parties] if row is not None else []
    verdict = Verdict.NOT_FOR_THEM
    for rule in rules:
        verdict = next(
            (found for condition in rule if not (found := _met(condition, actor, subject, today))), Verdict.ALLOWED
        )
        if verdict:
            return verdict
    return verdict


def _met(condition: Condition, actor: Actor, subject: AppointmentSubject, today: date) -> Verdict:
    if condition in WITH_THE_TIME:
        return Verdict.ALLOWED
    if condition in _OF_ACTOR:
        return _OF_ACTOR[condition](actor, subject, today)
    seen, now = subject.seen, subject.now
    if seen is None or now is None:
        raise ValueError(f"{condition} is asked of an appointment at an instant")
    is_met, why_not = _OF_APPOINTMENT[condition]
    return Verdict.ALLOWED if is_met(seen, now, subject) else why_not


def _own(actor: Actor, subject: AppointmentSubject, _today: date) -> Verdict:
    is_own = actor.provider_id is not None and actor.provider_id == subject.provider_id
    return Verdict.ALLOWED if is_own else Verdict.ANOTHERS


def _related(actor: Actor, subject: AppointmentSubject, today: date) -> Verdict:
    return _with_patient(actor, Action.ACT_FOR, PatientSubject(subject.relation, subject.birth_day), today)


def _may_book(actor: Actor, subject: AppointmentSubject, today: date) -> Verdict:
    return _with_patient(actor, Action.BOOK, PatientSubject(subject.relation, subject.birth_day), today)


def _named(_actor: Actor, subject: AppointmentSubject, _today: date) -> Verdict:
    return Verdict.ALLOWED if subject.is_named else Verdict.NOT_NAMED


def _is_same_day(seen: Appointment, now: datetime, subject: AppointmentSubject) -> bool:
    zone = subject.zone or PracticeTime(seen.zone)
    return zone.day_of(now) == zone.day_of(seen.starts_at)


_OF_ACTOR: Final[Mapping[Condition, Callable[[Actor, AppointmentSubject, date], Verdict]]] = {
    Condition.OWN: _own,
    Condition.RELATED: _related,
    Condition.MAY_BOOK: _may_book,
    Condition.NAMED: _named,
}
_STATUS = AppointmentStatus
_COMPLETABLE: Final = frozenset({_STATUS.CONFIRMED, _STATUS.NO_SHOW})  # what was marked by mistake is corrected
_MISSABLE: Final = frozenset({_STATUS.CONFIRMED, _STATUS.COMPLETED})
_OF_APPOINTMENT: Final[
    Mapping[Condition, tuple[Callable[[Appointment, datetime, AppointmentSubject], bool], Verdict]]
] = {
    Condition.CONFIRMED: (
        lambda seen, _now, _subject: seen.status is AppointmentStatus.CONFIRMED,
        Verdict.NOT_CONFIRMED,
    ),
    Condition.STANDING: (lambda seen, _now, _subject: seen.status in appointments.BLOCKING, Verdict.NOT_STANDING),
    Condition.COMPLETABLE: (lambda seen, _now, _subject: seen.status in _COMPLETABLE, Verdict.NOT_CORRECTABLE),
    Condition.MISSABLE: (lambda seen, _now, _subject: seen.status in _MISSABLE, Verdict.NOT_CORRECTABLE),
    Condition.NOT_BEGUN: (lambda seen, now, _subject: not appointments.has_begun(seen, now), Verdict.BEGUN),
    Condition.BEGUN: (lambda seen, now, _subject: appointments.may_complete(seen.starts_at, now), Verdict.NOT_BEGUN),
    Condition.NOBODY_COMES: (
        lambda seen, now, _subject: appointments.may_mark_no_show(seen.comes_until, now),
        Verdict.MAY_COME,
    ),
    Condition.NOT_ARRIVED: (lambda seen, _now, _subject: seen.arrived_at is None, Verdict.HAS_ARRIVED),
    Condition.SAME_DAY: (_is_same_day, Verdict.OTHER_DAY),
    Condition.NOT_OVER: (
        lambda seen, now, _subject: not appointments.may_mark_no_show(seen.comes_until, now),
        Verdict.OVER,
    ),
    Condition.IN_TIME: (lambda _seen, _now, subject: subject.is_in_time, Verdict.TOO_LATE),
}
