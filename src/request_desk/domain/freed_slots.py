"""When a time becomes free: who waits for one like it, which rule stands against each, and who comes first; no database (ACT8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.appointments import Appointment
from request_desk.domain.availability import Absence, AvailabilityWindow, window_of
from request_desk.domain.booking_rules import PatientFacts, duration_for, possible_days
from request_desk.domain.careful import second_of
from request_desk.domain.directory import AppointmentType, RebookingMode
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    LocationId,
    PatientId,
    ProviderId,
    RequestId,
    SlotOfferId,
    WaitlistEntryId,
)
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Booking, Wish, WishKind
from request_desk.domain.schedule import is_met, last_moment, latest
from request_desk.domain.spans import Slot, Span, overlaps
from request_desk.domain.wishes import part_span

ENOUGH: Final = timedelta(
    minutes=30
)  # to see an e-mail, and then to come; a time that is nearer is filled by telephone
_NO_TIME: Final = timedelta(0)


class CandidateSource(StrEnum):
    """Why somebody would like a time: an open request, a wish for something earlier, or the waiting list."""

    REQUEST = "request"
    EARLIER = "earlier"
    WAITING = "waiting"


class SlotOfferState(StrEnum):
    """Where an offer of a freed time stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"  # nobody answered in time, or what it was for was settled in another way
    WITHDRAWN = "withdrawn"  # by staff, who then go on themselves


class CloseReason(StrEnum):
    """Why somebody does not wait any more; the first five are the program's."""

    ACCEPTED = "accepted"
    OVER = "over"
    MOVED = "moved"
    CANCELLED = "cancelled"
    GONE = "gone"
    TAKEN_BACK = "taken_back"  # by the parent
    NOT_NEEDED = "not_needed"
    NOT_REACHED = "not_reached"
    MISTAKE = "mistake"


BY_STAFF: Final = (CloseReason.NOT_NEEDED, CloseReason.NOT_REACHED, CloseReason.MISTAKE)


class Obstacle(StrEnum):
    """What stands against offering a time to somebody."""

    GONE = "gone"
    SAME_PATIENT = "same_patient"  # whose time it was
    TOLD = "told"  # it was offered to them before
    IN_HAND = "in_hand"  # somebody holds a time for it just now
    CUSTODY = "custody"  # who agreed has to be asked (ACT14)
    TYPE = "type"
    PROVIDER = "provider"
    PLACE = "place"
    DAYS = "days"
    RULES = "rules"  # ages, or too soon after the last one (AP7)
    NOTICE = "notice"
    TOO_FAR = "too_far"
    NOT_EARLIER = "not_earlier"
    MOVED_TOO_LATE = "moved_too_late"
    CLOSED = "closed"  # outside the windows, or an absence
    TAKEN = "taken"  # the whole length is not free
    ELSEWHERE = "elsewhere"  # the patient is somewhere else then
    ANOTHER = "another"  # it would be a second appointment within the usual span (ACT13)
    NOBODY = "nobody"  # no contact may book and hears of it


@dataclass(frozen=True, slots=True)
class Busy:
    """A blocked stretch of the provider, and whose chain blocks it."""

    span: Span
    chain_id: AppointmentId


@dataclass(frozen=True, slots=True)
class FreedTime:
    """A time that became free, with what the provider has around it."""

    freed_id: AppointmentId
    patient_id: PatientId  # whose it was
    provider_id: ProviderId
    location_id: LocationId
    starts_at: datetime
    zone: PracticeTime
    windows: Sequence[AvailabilityWindow] = ()
    absences: Sequence[Absence] = ()
    busy: Sequence[Busy] = ()
    told: frozenset[PatientId] = frozenset()  # to whom it was offered


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who would like a time. `moved` is the appointment that would be given up for it, `upcoming` all of the patient's."""

    source: CandidateSource
    source_id: int
    patient_id: PatientId
    patient_name: str
    birth_day: date
    type: AppointmentType
    asked_at: datetime
    provider_id: ProviderId | None = None
    location_id: LocationId | None = None
    from_day: date | None = None
    until_day: date | None = None
    wishes: tuple[Wish, ...] = ()
    moved: Appointment | None = None
    upcoming: tuple[Appointment, ...] = ()
    is_urgent: bool = False
    is_present: bool = True
    has_custody_note: bool = False
    is_in_hand: bool = False
    contact_id: ContactId | None = None
    facts: PatientFacts | None = None  # what the rules of the type ask of the patient; None where it has none

    @property
    def chain_id(self) -> AppointmentId | None:
        return None if self.moved is None else self.moved.chain_id

    @property
    def request_id(self) -> RequestId | None:
        return RequestId(self.source_id) if self.source is CandidateSource.REQUEST else None

    @property
    def entry_id(self) -> WaitlistEntryId | None:
        return None if self.source is CandidateSource.REQUEST else WaitlistEntryId(self.source_id)


@dataclass(frozen=True, slots=True)
class WaitlistEntry:
    """Who waits: with `appointment_at` for something earlier than that, else for a time at all; "" is any provider, any place."""

    id: WaitlistEntryId
    version: int
    patient_id: PatientId
    patient_name: str
    birth_day: date
    type_name: str
    provider_name: str
    location_name: str
    appointment_id: AppointmentId | None
    appointment_at: datetime | None
    zone: str
    from_day: date | None
    until_day: date | None
    note: str
    created_at: datetime
    created_by: str
    closed_at: datetime | None
    closed_reason: CloseReason | None


@dataclass(frozen=True, slots=True)
class SlotOffer:
    """A freed time that is kept for somebody until they answer."""

    id: SlotOfferId
    version: int
    freed_id: AppointmentId
    hold_id: AppointmentId
    patient_id: PatientId
    patient_name: str
    contact_name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FreedSlot:
    """A freed time as the desk sees it: whose it was, whom it is offered to, and who else fits, the first first."""

    freed: Appointment
    offer: SlotOffer | None
    waiting: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class PortalOffer:
    """An offered time as its parent sees it; `moved_from` is the appointment that is given up for it."""

    id: SlotOfferId
    patient_name: str
    type_name: str
    provider_name: str
    location_name: str
    address: str
    starts_at: datetime
    zone: str
    until: datetime
    moved_from: datetime | None
    moved_zone: str
    request_id: RequestId | None


def slot_of(candidate: Candidate, freed: FreedTime) -> Slot | None:
    """Return what a candidate would be given: it begins where the freed time begins; None outside the windows of the type."""
    ends_at = freed.starts_at + duration_for(candidate.type, freed.provider_id, candidate.facts)
    window = window_of(
        freed.windows,
        freed.starts_at,
        ends_at,
        zone=freed.zone,
        type_id=candidate.type.id,
        location_id=freed.location_id,
    )
    if window is None:
        return None
    buffer = max(candidate.type.buffer, window.buffer or _NO_TIME)
    return Slot(freed.provider_id, freed.location_id, freed.starts_at, ends_at, ends_at + buffer)


def answer_by(type_: AppointmentType, starts_at: datetime, now: datetime, zone: PracticeTime) -> datetime | None:
    """Return until when an offer made now stands: the type's offer time, never past its notice; None when that is too short.

    Who takes it at the last moment still has time to come.
    """
    last = min(last_moment(type_.minimum_notice, starts_at, zone), starts_at - ENOUGH)
    until = min(now + type_.offer_ttl, last)
    return until if until - now >= min(ENOUGH, type_.offer_ttl) else None


def kept_until(
    type_: AppointmentType,
    starts: Iterable[tuple[datetime, PracticeTime]],
    now: datetime,
    moved: tuple[datetime, PracticeTime] | None = None,
) -> datetime | None:
    """Return until when times that are offered now are kept: all equally long, so that one sentence is true of each.

    It is the type's offer time, never past the notice of one of them, nor past that for moving `moved`. None when that is too short
    to answer in.
    """
    found: list[datetime] = []
    for starts_at, zone in starts:
        until = answer_by(type_, starts_at, now, zone)
        if until is None:
            return None
        found.append(until)
    if moved is not None:
        moved_at, zone = moved
        found.append(min(last_moment(type_.reschedule_notice, moved_at, zone), moved_at - ENOUGH))
    last = min(found)
    return last if last - now >= min(ENOUGH, type_.offer_ttl) else None


def obstacle(candidate: Candidate, freed: FreedTime, now: datetime) -> Obstacle | None:
    """Return the first rule that stands against offering a freed time to somebody, None when it may be offered.

    That nobody can be told (NOBODY) is looked at last: whoever gets it alone fits but for that.
    """
    for check in (_of_patient, _of_type, _of_move, _of_room):
        found = check(candidate, freed, now)
        if found is not None:
            return found
    return Obstacle.NOBODY if candidate.contact_id is None else None


def ranked(candidates: Iterable[Candidate], freed: FreedTime, now: datetime) -> tuple[Candidate, ...]:
    """Return who may be offered a freed time, the first first; of several of one patient the best.

    The order, with its reasons:

    1. urgent words before everybody: a child who may be ill waits for nobody;
    2. who asked for this very time or part of a day, then who takes any time, then who wished for others: it is most surely accepted;
    3. who has no appointment yet, before who would only come earlier;
    4. who asks for this provider, before who takes anybody: for them fewer times come up;
    5. who has waited longest;
    6. the source and its id, so that the order is the same however often it is asked.
    """
    best: dict[PatientId, Candidate] = {}
    for each in sorted(
        (each for each in candidates if obstacle(each, freed, now) is None), key=lambda each: rank(each, freed)
    ):
        best.setdefault(each.patient_id, each)
    return tuple(best.values())


def rank(candidate: Candidate, freed: FreedTime) -> tuple[bool, int, bool, bool, datetime, str, int]:
    """Return the key of `ranked`."""
    return (
        not candidate.is_urgent,
        _wish_fit(candidate.wishes, freed),
        candidate.moved is not None,
        candidate.provider_id is None,
        candidate.asked_at,
        str(candidate.source),
        candidate.source_id,
    )


def _wish_fit(wishes: Sequence[Wish], freed: FreedTime) -> int:
    """0 for a time that was asked for, 1 where any will do, 2 where others were wished."""
    if any(_is_wished(wish, freed) for wish in wishes):
        return 0
    return 1 if not wishes or any(wish.kind is WishKind.NEXT for wish in wishes) else 2


def _is_wished(wish: Wish, freed: FreedTime) -> bool:
    if wish.provider_id not in (None, freed.provider_id):
        return False
    if wish.starts_at is not None:
        return wish.starts_at == freed.starts_at
    if wish.day is None or wish.part is None:
        return False
    span = part_span(wish.day, wish.part, freed.zone)
    return span.starts_at <= freed.starts_at < span.ends_at


def _first(*found: tuple[bool, Obstacle]) -> Obstacle | None:
    return next((obstacle for stands, obstacle in found if stands), None)


def _of_patient(candidate: Candidate, freed: FreedTime, _now: datetime) -> Obstacle | None:
    day, facts = freed.zone.day_of(freed.starts_at), candidate.facts
    first, last = (None, None) if facts is None else possible_days(candidate.type, facts, freed.zone)
    is_against = (first is not None and day < first) or (last is not None and day > last)
    return _first(
        (not candidate.is_present, Obstacle.GONE),
        (candidate.patient_id == freed.patient_id, Obstacle.SAME_PATIENT),
        (candidate.patient_id in freed.told, Obstacle.TOLD),
        (candidate.is_in_hand, Obstacle.IN_HAND),
        (candidate.has_custody_note, Obstacle.CUSTODY),
        (is_against, Obstacle.RULES),
        (candidate.from_day is not None and day < candidate.from_day, Obstacle.DAYS),
        (candidate.until_day is not None and day > candidate.until_day, Obstacle.DAYS),
    )


def _of_type(candidate: Candidate, freed: FreedTime, now: datetime) -> Obstacle | None:
    type_, zone = candidate.type, freed.zone
    is_able = not type_.provider_ids or freed.provider_id in type_.provider_ids
    return _first(
        (not type_.active, Obstacle.TYPE),
        (not is_able or candidate.provider_id not in (None, freed.provider_id), Obstacle.PROVIDER),
        (candidate.location_id not in (None, freed.location_id), Obstacle.PLACE),
        (answer_by(type_, freed.starts_at, now, zone) is None, Obstacle.NOTICE),
        (freed.starts_at > latest(type_.maximum_advance, now, zone), Obstacle.TOO_FAR),
    )


def _of_move(candidate: Candidate, freed: FreedTime, now: datetime) -> Obstacle | None:
    type_, moved = candidate.type, candidate.moved
    if moved is None:
        return None
    is_earlier = freed.starts_at < moved.starts_at
    until = answer_by(type_, freed.starts_at, now, freed.zone) or now
    is_late = not is_met(type_.reschedule_notice, moved.starts_at, until, freed.zone)
    stays = type_.rebooking_mode is RebookingMode.SAME_PROVIDER
    return _first(
        (candidate.source is CandidateSource.EARLIER and not is_earlier, Obstacle.NOT_EARLIER),
        (is_late, Obstacle.MOVED_TOO_LATE),
        (stays and freed.provider_id != moved.provider_id, Obstacle.PROVIDER),
    )


def _of_room(candidate: Candidate, freed: FreedTime, _now: datetime) -> Obstacle | None:
    slot = slot_of(candidate, freed)
    if slot is None:
        return Obstacle.CLOSED
    seen, blocked = Span(slot.starts_at, slot.ends_at), Span(slot.starts_at, slot.blocked_until)
    others = [each for each in candidate.upcoming if each.chain_id != candidate.chain_id]
    act = Booking(slot, candidate.type.id)
    second = second_of(act, candidate.patient_id, others, freed.zone, candidate.request_id)
    is_another = second is not None and candidate.moved is None

    def any_over(spans: Iterable[Span], span: Span) -> bool:
        return any(overlaps(each, span) for each in spans)

    busy = (each.span for each in freed.busy if each.chain_id != candidate.chain_id)
    return _first(
        (any_over((Span(each.starts_at, each.ends_at) for each in freed.absences), seen), Obstacle.CLOSED),
        (any_over(busy, blocked), Obstacle.TAKEN),
        (any_over((Span(each.starts_at, each.ends_at) for each in others), seen), Obstacle.ELSEWHERE),
        (is_another, Obstacle.ANOTHER),
    )
