"""Requests: kinds, states, wishes, dispositions, acts, and the views that the inbox and the message show; rules in `triage`."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from request_desk.domain.appointments import Appointment
from request_desk.domain.counter_offers import CounterOffer, OfferedTimes
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    LocationId,
    MessageId,
    PatientId,
    ProviderId,
    RequestId,
    StaffId,
    TargetId,
    TypeId,
)
from request_desk.domain.spans import Slot


class RequestKind(StrEnum):
    """What a parent can ask (MC1)."""

    SCHEDULE = "schedule"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    WAITING = "waiting"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class WishKind(StrEnum):
    """A wish is a real slot, a part of a day, or whatever comes next."""

    SLOT = "slot"
    DAY_PART = "day_part"
    NEXT = "next"


class DayPart(StrEnum):
    """Local wall time: 8-12, 12-17, from 17."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@dataclass(frozen=True, slots=True)
class Wish:
    """One preferred time; it holds nothing. SLOT: `starts_at` (and mostly `provider_id`); DAY_PART: `day`, `part`; NEXT: neither."""

    rank: int
    kind: WishKind
    provider_id: ProviderId | None = None
    starts_at: datetime | None = None
    day: date | None = None
    part: DayPart | None = None


class WishState(StrEnum):
    """What is true of a wish now (MC5)."""

    FREE = "free"
    HELD_BY_US = "held_by_us"
    TAKEN = "taken"
    PAST = "past"
    OUTSIDE = "outside"
    OPEN_ENDED = "open_ended"  # a day part or next available: offers say more


class TargetKind(StrEnum):
    """Whose inbox."""

    DEPARTMENT = "department"
    STAFF = "staff"


class TargetOrigin(StrEnum):
    """How it came there: by the routing rule, or by somebody's forward."""

    AUTO = "auto"
    FORWARDED = "forwarded"


@dataclass(frozen=True, slots=True)
class Target:
    """The department or the one staff member whose inbox a request is in."""

    kind: TargetKind
    id: TargetId


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a portal form asks, already cleaned at the boundary."""

    submission_id: UUID
    kind: RequestKind
    patient_id: PatientId
    type_id: TypeId | None
    provider_id: ProviderId | None
    location_id: LocationId | None
    appointment_id: AppointmentId | None
    wishes: tuple[Wish, ...]
    message: str
    again: bool = False  # though an open request of the same child and kind stands


class AuthorKind(StrEnum):
    """Who wrote a message."""

    CONTACT = "contact"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Message:
    """One letter in the thread; the parent sees it from `visible_at` on."""

    id: MessageId
    request_id: RequestId
    author_kind: AuthorKind
    author_name: str
    body: str
    language: str
    created_at: datetime
    visible_at: datetime


class CallOutcome(StrEnum):
    """What became of a call (RE9)."""

    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    SPOKE = "spoke"


@dataclass(frozen=True, slots=True)
class StaffNote:
    """A note that parents never see; a call log line carries its outcome."""

    id: int
    author_name: str
    body: str
    call: CallOutcome | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Forward:
    """One step of a request's way through the house."""

    at: datetime
    by_name: str
    from_name: str
    to_name: str
    note: str


class Group(StrEnum):
    """The groups of *Needs me first*, in this order (MC7)."""

    URGENT = "urgent"
    TODAY = "today"
    LATE = "late"
    REST = "rest"


class Tab(StrEnum):
    """The tabs of the Message Center (MC6)."""

    UNREAD = "unread"
    OPEN = "open"
    WAITING = "waiting"
    FORWARDED = "forwarded"
    COMPLETED = "completed"


class ListOrder(StrEnum):
    """Orders a user can choose."""

    NEEDS_ME = "needs_me"
    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list; empty means all. `older_than_minutes` counts from arrival."""

    location_ids: tuple[LocationId, ...] = ()
    kinds: tuple[RequestKind, ...] = ()
    provider_ids: tuple[ProviderId, ...] = ()
    department_ids: tuple[int, ...] = ()
    older_than_minutes: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What an open list needs of each request to order it in memory."""

    id: RequestId
    urgent: bool
    needed_at: datetime | None  # the appointment or wish it is about, when that is near
    due_at: datetime
    arrived_at: datetime
    location_id: LocationId | None


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One row of a list, everything the delegate paints."""

    id: RequestId
    version: int
    kind: RequestKind
    state: RequestState
    patient_id: PatientId
    given_name: str
    family_name: str
    birth_day: date
    contact_name: str
    relation: str
    type_name: str
    provider_name: str  # "" is any provider
    location_name: str  # "" is any location
    appointment_at: datetime | None
    appointment_zone: str  # of its place, "" without an appointment
    wishes: tuple[Wish, ...]
    arrived_at: datetime
    due_at: datetime
    needed_at: datetime | None
    urgent: bool
    unread: bool
    claim_staff_id: StaffId | None
    claim_initials: str
    claim_until: datetime | None
    waiting_until: datetime | None
    completed_at: datetime | None
    completed_by: str
    delivery_failed: bool
    says_thanks: bool = False
    offered: OfferedTimes | None = None  # in the last reply, or why none is any more (ACT10)


@dataclass(frozen=True, slots=True)
class ShownWish:
    """A requested slot with its present state."""

    wish: Wish
    state: WishState
    provider_name: str
    held_by: str = ""


@dataclass(frozen=True, slots=True)
class PatientCard:
    """Who it is for; `look_alikes` are other patients with a similar name (ACT2, ACT4), `same_birth` how many share the date alone."""

    id: PatientId
    given_name: str
    family_name: str
    birth_day: date
    household_id: int
    look_alikes: tuple[str, ...]
    same_birth: int = 0
    custody_note: str = ""

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class SenderCard:
    """Who asks, with the rights for this patient today; `gets_notices` is whether a notice would really leave now."""

    id: ContactId
    given_name: str
    family_name: str
    relation: str
    may_book: bool
    may_see_messages: bool
    gets_notices: bool
    phone: str
    email: str
    language: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is on a request, until the lease ends unless renewed (MC8)."""

    staff_id: StaffId
    name: str
    initials: str
    desk: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class RelatedRequest:
    """Another request of the child or household within 72 h (MC11); `opposite` marks wishes that contradict."""

    id: RequestId
    kind: RequestKind
    state: RequestState
    patient_name: str
    contact_name: str
    arrived_at: datetime
    text: str
    opposite: bool
    same_text: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice or webhook on its way out (RE8). `kind` is the notice's, or the webhook's type of event.

    `contact_name` is to whom it goes: a contact, somebody of the practice, or a subscription.
    """

    id: int
    kind: str
    request_id: RequestId | None
    appointment_id: AppointmentId | None
    patient_name: str
    contact_name: str
    channel: str  # email, sms, webhook
    state: str  # pending, sending, sent, failed, withdrawn
    attempts: int
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries a list shows; what is empty leaves nothing out. `text` is words of names, or part of a reason."""

    state: str = ""
    channel: str = ""
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class UnseenReply:
    """A reply that its reader has not opened, about a visit that is near (RE10)."""

    request_id: RequestId
    patient_name: str
    contact_name: str
    phone: str
    provider_name: str
    starts_at: datetime
    zone: str
    replied_at: datetime


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with its whole content (MC3), as of one moment."""

    id: RequestId
    version: int
    kind: RequestKind
    state: RequestState
    patient: PatientCard
    sender: SenderCard
    type_id: TypeId | None
    type_name: str
    provider_id: ProviderId | None
    provider_name: str
    location_id: LocationId | None
    location_name: str
    arrived_at: datetime
    needed_at: datetime | None
    urgent: bool
    target: Target
    target_name: str
    origin: TargetOrigin
    routing_reason: str
    appointment: Appointment | None  # the current end of its chain for cancel and reschedule
    hold: Appointment | None  # the slot held for this request now
    wishes: tuple[ShownWish, ...]
    thread: tuple[Message, ...]
    notes: tuple[StaffNote, ...]
    forwards: tuple[Forward, ...]
    related: tuple[RelatedRequest, ...]
    upcoming: tuple[Appointment, ...]  # confirmed appointments of the child, then of the household
    limits: tuple[str, ...]  # rules that stand against what is asked, in words: too short a notice
    rules: tuple[str, ...]  # the others: notice, rebooking mode, last twelve months
    claim: Claim | None
    deliveries: tuple[Delivery, ...]
    inboxes: int  # how many people have it in an inbox now
    waiting_until: datetime | None
    completed_at: datetime | None
    completed_by: str
    completion_reason: str
    others_told: tuple[str, ...] = ()  # who else gets a notice of an act on the schedule (NT1)
    seen_at: datetime | None = None  # when the sender, signed in, has read the letters last (RE10)
    offer: CounterOffer | None = None  # the times that were offered last, while that says something (ACT10)

    @property
    def needs_agreement(self) -> bool:
        """Whether an act needs somebody of the household who agreed: the sender may not book, or a custody note stands (ACT14)."""
        return not self.sender.may_book or bool(self.patient.custody_note)


class Fit(StrEnum):
    """How an offer fits the wish, best first (ACT2)."""

    EXACT = "exact"
    SAME_PROVIDER = "same_provider"
    SAME_DAY = "same_day"
    NEXT_DAYS = "next_days"


@dataclass(frozen=True, slots=True)
class Offer:
    """A fitting free slot; `wish_rank` is the wish it answers, `warning` what stands against it ("" is nothing).

    With `forbids` it stands against the move whatever the reason: the appointment is cancelled and a new one booked instead (ACT7).
    """

    slot: Slot
    fit: Fit
    wish_rank: int
    provider_name: str
    location_name: str
    warning: str = ""
    zone: str = ""  # of its place
    forbids: bool = False


class Disposition(StrEnum):
    """What becomes of the request when a reply is sent (RE4)."""

    COMPLETED = "completed"
    DISMISSED = "dismissed"
    OPEN = "open"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Reply:
    """The text to the parent, as it will be read; `phrase` is the slug it began from."""

    text: str
    language: str = "en"
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """Book `slot` for the request's patient; `hold_id` is the hold taken for it, if any; `overrule` the reason to overrule limits.

    A `lane` above 0 squeezes somebody in beside what is booked, where the window has such lanes (AV6).
    """

    slot: Slot
    type_id: TypeId
    hold_id: AppointmentId | None = None
    overrule: str = ""
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Cancel an appointment with a coded reason and the text that the parent reads."""

    appointment_id: AppointmentId
    expect_version: int
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Move an appointment to `slot`: a new one that replaces it.

    With `as_new` the old one is cancelled and a new one booked where a rule forbids the move, an exception with the reason in
    `overrule` (ACT7); where none does it is a move as any other. A `lane` above 0 makes it a work-in beside what is booked there (AV6).
    """

    appointment_id: AppointmentId
    expect_version: int
    slot: Slot
    hold_id: AppointmentId | None = None
    overrule: str = ""
    as_new: bool = False
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Offering:
    """Offer up to three times in the reply (ACT10): for a new appointment, or with `moved_id` for moving that one.

    Nothing is booked: each is kept until the family has answered.
    """

    slots: tuple[Slot, ...]
    type_id: TypeId
    moved_id: AppointmentId | None = None


Act = Booking | Cancellation | Move | Offering


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an act wrote."""

    request_id: RequestId
    version: int
    appointment_id: AppointmentId | None
    message_id: MessageId | None
    deliveries: int
    summary: str  # "Moved Zuri Okafor to Tue, Nov 24, 9:20 AM" for the undo bar


@dataclass(frozen=True, slots=True)
class Draft:
    """A half-written reply (MC10)."""

    request_id: RequestId
    text: str
    phrase: str
    state: str  # the editor's own JSON: spans, chosen act, disposition
    updated_at: datetime
