"""Notices: the kinds as a table, who gets one, and what it may be made of, which is no health information (NT1, NOTE-01).

What they say is written from `notice_templates`; sending is the gateways' business. No text of a message, reason or type can get
in, because nothing here takes one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, assert_never

from request_desk.domain.access import a_contact
from request_desk.domain.directory import Channel, Contact, ContactPoint, Content, Relation
from request_desk.domain.ids import ContactId, ProviderId
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import Act, Booking, Cancellation, Move, Offering
from request_desk.domain.words import Words


@dataclass(frozen=True, slots=True)
class Absent:
    """A provider who is not in on the day of an appointment: the cause of an act of the practice, without why."""

    provider_id: ProviderId
    day: date


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notice may be made of. `starts_at` is the appointment's time: the new one of a move, the old one of a cancellation.

    `absent_name` is who is not in on the day `absent_on`, where that is why the practice acts. `announced` is what staff wrote to
    all families of a span, who wait `late_minutes` longer.
    `readers` are the first names of several people who read one address. `code` is known in the moment of sending alone,
    and is never printed.
    """

    content: Content
    practice_name: str
    practice_phone: str
    portal_url: str
    words: Words
    replied: bool = False
    first_name: str = ""
    starts_at: datetime | None = None
    place: str = ""
    absent_name: str = ""
    absent_on: date | None = None
    readers: Sequence[str] = ()
    code: str = field(default="", repr=False)
    code_until: datetime | None = None
    answer_by: datetime | None = None  # until when an offered time is kept
    offered: int = 0  # how many times a reply offers
    manage_url: str = field(default="", repr=False)  # the manage link of the appointment: whoever has it can use it
    provider_name: str = ""
    late_minutes: int = 0
    announced: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A notice as it goes out, plain text, which may hold a code: it is never printed."""

    subject: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a notice: with which rights to the patient, everybody who has them or the one alone who wrote or asked.

    Without any right it is no news of a patient, and goes also to somebody who wants no notices.
    """

    rights: tuple[Action, ...] = ()
    is_everybody: bool = False


@dataclass(frozen=True, slots=True)
class NoticeSpec:
    """A kind of notice: who gets it, whether the grace time holds it back, what its texts may tell, over which channels it may go.

    `fields` are groups of merge fields. It goes to the first verified address of the first channel that somebody has one of. One
    that is `of_appointment` tells its time, whatever becomes of the request that led to it, and a reply may be merged into it. One
    that is `by_hand` is shown to staff and can be sent again by them. One that is `while_held` is no news any more once its time is
    not held, one that is `while_booked` once its appointment is not booked, one that is `before_start` once it has begun. With
    `has_link` it carries a manage link, made when it is sent (ML2).
    """

    kind: str
    audience: Audience
    has_grace: bool
    fields: tuple[str, ...]
    channels: tuple[Channel, ...] = (Channel.EMAIL, Channel.SMS)
    of_appointment: bool = False
    by_hand: bool = True
    while_held: bool = False
    while_booked: bool = False
    before_start: bool = False
    has_link: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """A contact that gets a notice now, with the one address."""

    contact_id: ContactId
    channel: Channel
    address: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One notice to one address; `replied` adds that a reply waits in the portal, `also` are others who read that address."""

    recipient: Recipient
    replied: bool
    also: tuple[ContactId, ...] = ()


_FAMILY: Final = Audience((Action.HEAR,), is_everybody=True)
_READER: Final = Audience((Action.HEAR, Action.READ))
_SENDER: Final = Audience((Action.ACT_FOR,))
_OFFERED: Final = Audience((Action.HEAR, Action.ASK))
_CHOOSER: Final = Audience((Action.HEAR, Action.READ, Action.ASK))
_FILLING: Final = Audience((Action.HEAR, Action.ASK), is_everybody=True)
_ASKER: Final = Audience()

# Groups of merge fields: what stands before their dot.
_LETTER: Final = ("practice", "portal", "readers", "reply")
_APPOINTMENT: Final = (*_LETTER, "patient", "appointment")
_CODE: Final = ("practice", "code")

NOTICES: Final = (  # kind, audience, grace, groups of merge fields
    REPLY := NoticeSpec("reply", _READER, True, _LETTER),
    BOOKING := NoticeSpec("booking", _FAMILY, True, (*_APPOINTMENT, "manage"), of_appointment=True, has_link=True),
    MOVE := NoticeSpec("move", _FAMILY, True, (*_APPOINTMENT, "manage", "absent"), of_appointment=True, has_link=True),
    CANCELLATION := NoticeSpec("cancellation", _FAMILY, True, (*_APPOINTMENT, "absent"), of_appointment=True),
    SLOT_OFFER := NoticeSpec(
        "slot_offer", _OFFERED, True, (*_APPOINTMENT, "offer"), of_appointment=True, while_held=True
    ),
    COUNTER_OFFER := NoticeSpec("counter_offer", _CHOOSER, True, (*_LETTER, "offer"), while_held=True),
    FORMS := NoticeSpec(
        "forms", _FILLING, True, (*_APPOINTMENT, "manage"), of_appointment=True, while_booked=True, has_link=True
    ),
    REMINDER := NoticeSpec(
        "reminder",
        _FAMILY,
        False,
        (*_APPOINTMENT, "manage"),
        of_appointment=True,
        while_booked=True,
        before_start=True,
        has_link=True,
    ),
    STAFF_REMINDER := NoticeSpec(
        "staff_reminder",
        _ASKER,
        False,
        ("practice", "patient", "appointment", "provider"),
        of_appointment=True,
        while_booked=True,
        before_start=True,
    ),
    RUNNING_LATE := NoticeSpec(
        "running_late",
        _FAMILY,
        True,
        (*_APPOINTMENT, "manage", "late", "announcement"),
        of_appointment=True,
        while_booked=True,
        has_link=True,
    ),
    CLOSED := NoticeSpec(
        "closed",
        _FAMILY,
        True,
        (*_APPOINTMENT, "manage", "announcement"),
        of_appointment=True,
        while_booked=True,
        has_link=True,
    ),
    ACKNOWLEDGEMENT := NoticeSpec("acknowledgement", _SENDER, False, _LETTER),
    CODE := NoticeSpec("code", _ASKER, False, _CODE, by_hand=False),
    LINK_CODE := NoticeSpec("link_code", _ASKER, False, _CODE, by_hand=False),
)
# A text of another kind that somebody of the staff sends to themselves; it has none of its own.
TEST: Final = NoticeSpec("test", _ASKER, False, (), channels=())
SPEC_OF: Final = {spec.kind: spec for spec in (*NOTICES, TEST)}
BY_HAND: Final = tuple(spec.kind for spec in SPEC_OF.values() if spec.by_hand)


def recipients(
    spec: NoticeSpec,
    relations: Iterable[Relation],
    contacts: Mapping[ContactId, Contact],
    *,
    patient_active: bool,
    today: date,
) -> tuple[Recipient, ...]:
    """Return who may get a notice about one patient today, each once; decided again when sending (NT1)."""
    found: dict[ContactId, Recipient] = {}
    for relation in relations:
        contact = contacts.get(relation.contact_id)
        subject = PatientSubject(relation, is_present=patient_active)
        is_told = all(may(a_contact(relation.contact_id), right, subject, today) for right in spec.audience.rights)
        if contact is None or not contact.active or not is_told:
            continue
        ways = ((way, point) for way in spec.channels for point in contact.points if _reaches(point, way))
        for way, point in ways:
            found.setdefault(contact.id, Recipient(contact.id, way, point.value))
    return tuple(found.values())


def _reaches(point: ContactPoint, way: Channel) -> bool:
    if way is Channel.SMS:
        return point.verified and point.channel is Channel.PHONE and point.takes_texts
    return point.verified and point.channel is way


def notice_of(act: Act | None) -> NoticeSpec | None:
    """Return the notice that an act on the schedule asks for."""
    match act:
        case None:
            return None
        case Booking():
            return BOOKING
        case Move():
            return MOVE
        case Cancellation():
            return CANCELLATION
        case Offering():
            return COUNTER_OFFER
        case _:
            assert_never(act)


def planned(
    spec: NoticeSpec, *, replied: bool, sender_id: ContactId | None, to: Sequence[Recipient]
) -> tuple[Planned, ...]:
    """Return one notice for each address concerned, the reply merged into the sender's; others hear of the act alone.

    People who share an address, in any spelling of case, get one letter that names them; the sender's is theirs.
    """
    sharing: dict[tuple[Channel, str], list[Recipient]] = {}
    for recipient in sorted(to, key=lambda each: each.contact_id != sender_id):
        if spec.audience.is_everybody or recipient.contact_id == sender_id:
            sharing.setdefault((recipient.channel, recipient.address.casefold()), []).append(recipient)
    has_reply = replied and spec.of_appointment
    return tuple(
        Planned(first, has_reply and first.contact_id == sender_id, tuple(each.contact_id for each in others))
        for first, *others in sharing.values()
    )
