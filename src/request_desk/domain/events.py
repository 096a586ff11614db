"""Events that other programs hear of: the one list of their types, what each tells, and which line of the journal it is made of (WH1).

A window, a letter and a subscriber hear of the same act: the journal's line is the event, the letter's kind is named beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.domain.webhooks import MOST_BYTES
from request_desk.domain.words import _

NAME_MOST: Final = 200  # signs of a name in a full payload
_ENCODER: Final = msgspec.json.Encoder()


class EventType(StrEnum):
    """What happened; subscribers ask for these words, letter for letter (HOOK-08)."""

    REQUEST_RECEIVED = "request.received"
    REQUEST_COMPLETED = "request.completed"
    APPOINTMENT_HELD = "appointment.held"
    APPOINTMENT_CONFIRMED = "appointment.confirmed"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    APPOINTMENT_EXPIRED = "appointment.expired"
    APPOINTMENT_REBOOKED = "appointment.rebooked"
    APPOINTMENT_COMPLETED = "appointment.completed"
    APPOINTMENT_NO_SHOW = "appointment.no_show"
    APPOINTMENT_REMINDER_DUE = "appointment.reminder_due"
    DELIVERY_FAILED = "delivery.failed"
    SUBSCRIPTION_TEST = "subscription.test"  # sent by hand to one subscription, never asked for


class EventSubject(StrEnum):
    """What an event is about; the sequence counts the changes of that."""

    REQUEST = "request"
    APPOINTMENT = "appointment"
    DELIVERY = "delivery"
    SUBSCRIPTION = "subscription"


class Shape(StrEnum):
    """How a value is written."""

    ID = "id"
    TIME = "time"
    WORD = "word"
    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class PayloadField:
    """One value of a payload. Without `always` it may be null; `words` are all that a WORD can be; `full`: in full payloads alone."""

    name: str
    shape: Shape
    told: str
    always: bool = True
    words: tuple[str, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class EventSpec:
    """A type of event: what it tells in which version, and where it comes from.

    `actions` are the journal's words for it, on lines about its subject; `letters` are the kinds of notices that tell people the same.
    One that `has_grace` waits until staff cannot take their act back any more.
    A field is added within a version; what is there is neither renamed nor taken away without another one.
    """

    type: EventType
    told: str
    subject: EventSubject
    fields: tuple[PayloadField, ...]
    actions: tuple[str, ...]
    letters: tuple[str, ...] = ()
    has_grace: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class EventLine:
    """A line of the journal, as far as events are concerned."""

    topic: str
    action: str
    entity_id: int
    detail: Mapping[str, Any]


_VERSION: Final = PayloadField("version", Shape.NUMBER, "version of this payload's schema")
_SEQUENCE: Final = PayloadField(
    "sequence", Shape.NUMBER, "grows with each change of the same thing: whoever has seen a larger one drops this event"
)
_APPOINTMENT: Final = (
    _VERSION,
    _SEQUENCE,
    PayloadField("appointment_id", Shape.ID, "the appointment"),
    PayloadField("chain_id", Shape.ID, "the same for an appointment and all that it was moved to"),
    PayloadField("replaces_id", Shape.ID, "the appointment that this one came instead of", always=False),
    PayloadField("request_id", Shape.ID, "the request that it was made for", always=False),
    PayloadField("patient_id", Shape.ID, "whose it is; null while nobody is named for a held time", always=False),
    PayloadField("provider_id", Shape.ID, "with whom"),
    PayloadField("location_id", Shape.ID, "where"),
    PayloadField("type_id", Shape.ID, "the appointment type"),
    PayloadField("status", Shape.WORD, "how it stands after the event", words=tuple(AppointmentStatus)),
    PayloadField("starts_at", Shape.TIME, "its start"),
    PayloadField("ends_at", Shape.TIME, "its end"),
    PayloadField("zone", Shape.TEXT, "IANA name of the zone of its place"),
    PayloadField("held_until", Shape.TIME, "when a hold ends by itself", always=False),
    PayloadField("patient_name", Shape.TEXT, "name of the patient, when the message is sent", always=False, full=True),
    PayloadField("provider_name", Shape.TEXT, "name of the provider", always=False, full=True),
    PayloadField("location_name", Shape.TEXT, "name of the place", always=False, full=True),
    PayloadField("type_name", Shape.TEXT, "name of the appointment type", always=False, full=True),
)
_REMINDER: Final = (
    *_APPOINTMENT[:-4],
    PayloadField("rule_id", Shape.ID, "the rule of the type that it is due by", always=False),
    PayloadField("recipient", Shape.TEXT, "who is reminded: contact, provider or staff, a colon, the id", always=False),
    PayloadField("minutes_before", Shape.NUMBER, "how long before the start the rule reminds", always=False),
    *_APPOINTMENT[-4:],
)
_REQUEST: Final = (
    _VERSION,
    _SEQUENCE,
    PayloadField("request_id", Shape.ID, "the request"),
    PayloadField("kind", Shape.WORD, "what is asked for", words=tuple(RequestKind)),
    PayloadField("status", Shape.WORD, "how it stands after the event", words=tuple(RequestState)),
    PayloadField("patient_id", Shape.ID, "whom it is about"),
    PayloadField("contact_id", Shape.ID, "who asked"),
    PayloadField("appointment_id", Shape.ID, "the appointment to move or cancel", always=False),
    PayloadField("type_id", Shape.ID, "the appointment type that is asked for", always=False),
    PayloadField("provider_id", Shape.ID, "the provider that is asked for", always=False),
    PayloadField("location_id", Shape.ID, "the place that is asked for", always=False),
    PayloadField("arrived_at", Shape.TIME, "when it came in, or was opened again"),
    PayloadField("completed_at", Shape.TIME, "when it was completed", always=False),
    PayloadField("patient_name", Shape.TEXT, "name of the patient, when the message is sent", always=False, full=True),
    PayloadField("contact_name", Shape.TEXT, "name of who asked", always=False, full=True),
)
_DELIVERY: Final = (
    _VERSION,
    _SEQUENCE,
    PayloadField("delivery_id", Shape.ID, "the notice, or the message to a subscriber"),
    PayloadField("channel", Shape.WORD, "which way it went", words=("email", "sms", "webhook")),
    PayloadField("kind", Shape.TEXT, "kind of the notice, or type of the event"),
    PayloadField("subscription_id", Shape.ID, "to which subscriber, on the channel webhook", always=False),
    PayloadField("request_id", Shape.ID, "the request it is about", always=False),
    PayloadField("appointment_id", Shape.ID, "the appointment it is about", always=False),
    PayloadField("attempts", Shape.NUMBER, "how often it was tried"),
)
_TEST: Final = (_VERSION, _SEQUENCE, PayloadField("subscription_id", Shape.ID, "the subscription that is tried"))


def _about_appointment(
    type_: EventType, told: str, actions: tuple[str, ...], letters: tuple[str, ...] = (), *, has_grace: bool = True
) -> EventSpec:
    return EventSpec(type_, told, EventSubject.APPOINTMENT, _APPOINTMENT, actions, letters, has_grace)


EVENTS: Final = (
    EventSpec(
        EventType.REQUEST_RECEIVED,
        "A family has sent a request.",
        EventSubject.REQUEST,
        _REQUEST,
        ("submitted",),
        ("acknowledgement",),
    ),
    EventSpec(
        EventType.REQUEST_COMPLETED,
        "A request is settled, by the practice or by the family.",
        EventSubject.REQUEST,
        _REQUEST,
        ("completed",),
        ("reply",),
        has_grace=True,
    ),
    _about_appointment(
        EventType.APPOINTMENT_HELD,
        "A time is kept while somebody decides: by staff, on the booking page, or as an offer to a family.",
        ("held", "offered"),
        ("slot_offer", "counter_offer"),
        has_grace=False,
    ),
    _about_appointment(
        EventType.APPOINTMENT_CONFIRMED,
        "An appointment is booked. Where it came instead of one that could not be moved, `replaces_id` names that.",
        ("booked", "booked_instead"),
        ("booking",),
    ),
    _about_appointment(
        EventType.APPOINTMENT_CANCELLED,
        "An appointment is cancelled, or an offered time was taken back by the practice.",
        ("cancelled", "replaced"),
        ("cancellation",),
    ),
    _about_appointment(
        EventType.APPOINTMENT_EXPIRED,
        "A held time is held no more: it ran out, or was let go.",
        ("expired", "dropped"),
        has_grace=False,
    ),
    _about_appointment(
        EventType.APPOINTMENT_REBOOKED,
        "An appointment was moved: this one of the same chain came instead of `replaces_id`, of which no event of its own tells.",
        ("rescheduled",),
        ("move",),
    ),
    _about_appointment(EventType.APPOINTMENT_COMPLETED, "The visit has taken place.", ("completed",)),
    _about_appointment(EventType.APPOINTMENT_NO_SHOW, "Nobody came.", ("no_show",)),
    EventSpec(
        EventType.APPOINTMENT_REMINDER_DUE,
        "Somebody is to be reminded now, once for each who is; whether a letter goes out as well is the rule's.",
        EventSubject.APPOINTMENT,
        _REMINDER,
        ("reminder_due",),
        ("reminder", "staff_reminder"),
    ),
    EventSpec(
        EventType.DELIVERY_FAILED,
        "A letter, a text message or a message to a subscriber was given up. One that told of this event itself is not told of again.",
        EventSubject.DELIVERY,
        _DELIVERY,
        ("notice_failed", "webhook_failed"),
    ),
    EventSpec(
        EventType.SUBSCRIPTION_TEST,
        "An administrator tries the subscription. Nothing has happened.",
        EventSubject.SUBSCRIPTION,
        _TEST,
        (),
    ),
)
SPEC_OF_EVENT: Final[Mapping[EventType, EventSpec]] = {spec.type: spec for spec in EVENTS}
# What can be subscribed to.
OFFERED: Final = tuple(spec.type for spec in EVENTS if spec.subject is not EventSubject.SUBSCRIPTION)
_TOPIC_OF: Final = {
    EventSubject.REQUEST: Topic.REQUEST,
    EventSubject.APPOINTMENT: Topic.APPOINTMENT,
    EventSubject.DELIVERY: Topic.DELIVERY,
}
_SPEC_OF_LINE: Final = {(_TOPIC_OF[spec.subject], action): spec for spec in EVENTS for action in spec.actions}
# What takes an act back within its grace time: its event is withdrawn before it leaves, or the act stays as it is.
UNDONE_BY: Final = frozenset(
    {
        (Topic.APPOINTMENT, "unbooked"),
        (Topic.APPOINTMENT, "reinstated"),
        (Topic.APPOINTMENT, "unmarked"),
        (Topic.REQUEST, "taken_back"),
    }
)


def event_of(line: EventLine) -> EventSpec | None:
    """Return which event a line of the journal is; None for a line that nobody outside hears of."""
    found = _SPEC_OF_LINE.get((Topic(line.topic), line.action))
    is_of_itself = (
        line.detail.get("event_type") == EventType.DELIVERY_FAILED
    )  # else one dead subscriber goes on for ever
    return None if is_of_itself else found


def parse_types(words: object) -> tuple[EventType, ...]:
    """Return the types somebody subscribes to, in the order of the list; raises Invalid for none and for unknown ones (HOOK-08)."""
    given = list(words) if isinstance(words, (list, tuple, set, frozenset)) else []
    unknown = [word for word in given if word not in OFFERED]
    if unknown:
        told = _("There is no event {name} to subscribe to. Choose from the list.")
        raise Invalid(told.format(name=str(unknown[0])[:60]), field=_("Events"))
    if not given:
        raise Invalid(_("Choose at least one event."), field=_("Events"))
    return tuple(type_ for type_ in OFFERED if type_ in given)


def written(value: Any, shape: Shape) -> Any:
    """Return a value as a payload has it: ids as text, times in RFC 3339 with milliseconds in UTC."""
    if value is None:
        return None
    match shape:
        case Shape.ID:
            return str(value)
        case Shape.TIME:
            return told_at(value)
        case Shape.NUMBER:
            return int(value)
        case Shape.WORD | Shape.TEXT:
            return str(value)[:NAME_MOST]


def told_at(at: datetime) -> str:
    """Return an instant as it is told: 2026-11-24T16:12:00.000Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def thin(spec: EventSpec, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of an event without any name; `facts` are by the names of the fields, what is missing is null (HOOK-06)."""
    known = {**facts, "version": spec.version}
    return {each.name: written(known.get(each.name), each.shape) for each in spec.fields if not each.full}


def full(spec: EventSpec, payload: Mapping[str, Any], names: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a thin payload with the names that its type has in a full one, as they are now."""
    return {**payload, **{each.name: written(names.get(each.name), each.shape) for each in spec.fields if each.full}}


def envelope(type_: EventType, occurred_at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return the message as it is sent and signed: `type`, `timestamp`, `data` (Standard Webhooks), at most `MOST_BYTES`."""
    body = _ENCODER.encode({"type": type_, "timestamp": told_at(occurred_at), "data": data})
    if len(body) > MOST_BYTES:
        raise ValueError(f"an event {type_} of {len(body)} octets")
    return body
