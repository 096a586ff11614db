"""What a careful person asks before an act is sent (ACT13, ACT14, MC14); pure rules, asked by services to refuse and by the desk to ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.errors import Refused
from request_desk.domain.ids import AppointmentId, ContactId, PatientId, RequestId, TypeId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Act, Booking, Disposition, Offering, RequestKind, Wish
from request_desk.domain.words import Words, _, safe_name

# What takes a request out of everybody's open list: with urgent words it is asked who took it over (MC14).
PUT_AWAY: Final = frozenset({Disposition.COMPLETED, Disposition.WAITING})
USUAL_SPAN: Final = timedelta(days=14)  # within which a second appointment of one type is rarely meant


class Doubt(StrEnum):
    """What stops an act once, until somebody has said more."""

    ANOTHER = "another"  # the patient has an appointment that may be the answer
    AGREED = "agreed"  # who asks has no right to book
    TEXT = "text"  # the letter says otherwise than the act
    TOOK_OVER = "took_over"  # urgent words, and nobody named who took it over
    HEALTH = "health"  # a text for many families has words that may tell of somebody's health
    LOOKS_ALIKE = "looks_alike"  # a new patient has name or birth day of one who is known


class AgreedBy(StrEnum):
    """How somebody agreed."""

    PHONE = "phone"
    IN_PERSON = "in_person"
    IN_WRITING = "in_writing"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who of the household agreed to an act, and how; kept with it."""

    contact_id: ContactId
    name: str
    how: AgreedBy


@dataclass(frozen=True, slots=True)
class Assurance:
    """What whoever acts has said about the doubts."""

    another: bool = False
    agreed: Agreement | None = None
    text_meant: bool = False
    took_over: str = ""


NO_ASSURANCE: Final = Assurance()


class Doubtful(Refused):
    """An act that was stopped once; `doubt` is what has to be said for it to go on."""

    code: ClassVar = "doubtful"

    def __init__(self, sentence: str, doubt: Doubt) -> None:
        super().__init__(sentence)
        self.doubt = doubt


def is_same_need(
    kind: RequestKind,
    one: tuple[TypeId | None, AppointmentId | None],
    other: tuple[TypeId | None, AppointmentId | None],
) -> bool:
    """Whether two requests of a kind for one patient ask for the same: each is its type and the chain of its appointment.

    To schedule: the same type, or one that was not said. To move or cancel: the same appointment.
    """
    if kind is RequestKind.SCHEDULE:
        return None in (one[0], other[0]) or one[0] == other[0]
    return one[1] == other[1]


def answering(
    kind: RequestKind,
    request_id: RequestId,
    patient_id: PatientId,
    type_id: TypeId | None,
    wishes: Iterable[Wish],
    upcoming: Iterable[Appointment],
    zone: PracticeTime,
    chain_id: AppointmentId | None = None,
) -> tuple[Appointment, ...]:
    """Return the upcoming appointments of the patient that could be the answer to a request, by start.

    To schedule: one of the same type, on the day of a wish, or booked for this very request. To move: what was moved for this very
    request, stands at a wished time, or is of its chain (`chain_id`) and was moved since it was asked. A cancellation is never
    answered by an appointment.
    """
    wishes = tuple(wishes)
    starts = {wish.starts_at for wish in wishes}
    days = {zone.day_of(wish.starts_at) if wish.starts_at is not None else wish.day for wish in wishes}

    def answers(each: Appointment) -> bool:
        if each.request_id == request_id:
            return True
        if kind is RequestKind.RESCHEDULE:
            is_moved = each.chain_id == chain_id and each.replaces_id is not None
            return each.starts_at in starts or (is_moved and each.id > request_id)  # ids are in the order of time
        return kind is RequestKind.SCHEDULE and (each.type_id == type_id or zone.day_of(each.starts_at) in days)

    own = (each for each in upcoming if each.patient_id == patient_id and each.status is AppointmentStatus.CONFIRMED)
    found = [] if kind is RequestKind.CANCEL else [each for each in own if answers(each)]
    return tuple(sorted(found, key=lambda each: each.starts_at))


def second_of(
    act: Act | None,
    patient_id: PatientId,
    upcoming: Iterable[Appointment],
    zone: PracticeTime,
    request_id: RequestId | None = None,
) -> Appointment | None:
    """Return the appointment that a booking, or one of the times that are offered, would be a second one to.

    One of the same day, of the same type within `USUAL_SPAN`, or booked for the same request; the nearest of several.
    """
    if isinstance(act, Booking):
        starts: tuple[datetime, ...] = (act.slot.starts_at,)
    elif isinstance(act, Offering) and act.moved_id is None:
        starts = tuple(slot.starts_at for slot in act.slots)
    else:
        return None
    near = [
        (abs(each.starts_at - start), each.id, each)
        for each in upcoming
        for start in starts
        if each.patient_id == patient_id
        and each.status is AppointmentStatus.CONFIRMED
        and (
            (request_id is not None and each.request_id == request_id)
            or zone.day_of(each.starts_at) == zone.day_of(start)
            or (each.type_id == act.type_id and abs(each.starts_at - start) <= USUAL_SPAN)
        )
    ]
    return min(near, key=lambda found: found[:2])[2] if near else None


def has_words(already: Sequence[Appointment], given_name: str, words: Words) -> str:
    """Return "Luke already has Fri, Nov 27, 9:10 AM, Dr. Lindqvist": the first that could be the answer, and how many more."""
    first = already[0]
    told = _("{name} already has {time}, {provider}").format(
        name=safe_name(given_name), time=words.at(first.zone).moment(first.starts_at), provider=first.provider_name
    )
    more = len(already) - 1
    return told if not more else _("{told}, and {count} more").format(told=told, count=more)
