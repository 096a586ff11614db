"""What a contact sees of requests in the portal: plain views, as of what the practice has let out so far; no rule lives here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from request_desk.domain.ids import PatientId, RequestId, TypeId
from request_desk.domain.requests import RequestKind, RequestState, Wish
from request_desk.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class PortalType:
    """A kind of visit that a patient may have, and how long it takes for them."""

    id: TypeId
    name: str
    duration: timedelta


@dataclass(frozen=True, slots=True)
class PortalChild:
    """A patient for whom the contact acts today, with what it may do."""

    patient_id: PatientId
    given_name: str
    family_name: str
    birth_day: date
    relation: str
    may_book: bool
    may_see_messages: bool

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class PortalRequest:
    """A request in the contact's list. `answer_by` is the time by which an answer is promised while it is open."""

    id: RequestId
    reference: UUID
    kind: RequestKind
    state: RequestState
    patient_id: PatientId
    patient_name: str
    type_name: str
    provider_name: str  # "" is any provider
    location_name: str  # "" is any location
    appointment_at: datetime | None
    appointment_zone: str  # of its place, "" without an appointment
    wishes: tuple[Wish, ...]
    asked_at: datetime
    last_at: datetime
    answered: bool
    answer_by: datetime | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class PortalMessage:
    """One letter of the thread."""

    from_practice: bool
    author_name: str
    body: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PortalThread:
    """A request with its letters. `notice` says in words why it cannot be answered or taken back now; "" when it can."""

    request: PortalRequest
    messages: tuple[PortalMessage, ...]
    may_answer: bool
    may_withdraw: bool
    notice: str
    has_news: bool = False  # a letter of the practice that was not read before
