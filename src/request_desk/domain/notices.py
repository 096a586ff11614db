"""Notices to contacts: the kinds as a table, and texts without any health information (NT1, NOTE-01); sending is the gateways' business.

A subject is made of our own words and the practice's cleaned name alone; no text of a message, reason or type can get
in, because nothing here takes one. A provider is named in the body where they are not in, and why is nobody's business.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, assert_never

from request_desk.domain.access import a_contact
from request_desk.domain.counter_offers import kept_sentence
from request_desk.domain.directory import Channel, Contact, Relation
from request_desk.domain.ids import ContactId, ProviderId
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import Act, Booking, Cancellation, Move, Offering
from request_desk.domain.text import name_in_letter
from request_desk.domain.words import Words, _

_NAME_LIMIT: Final = 80
_ADDRESS: Final = re.compile(r"https?://[\x21-\x7e]+")


class Content(StrEnum):
    """How much a channel may say: *time* has practice, first name, date, time and place; *bare* only that there is news."""

    BARE = "bare"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Absent:
    """A provider who is not in on the day of an appointment: the cause of an act of the practice, without why."""

    provider_id: ProviderId
    day: date


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notice may be made of. `starts_at` is the appointment's time: the new one of a move, the old one of a cancellation.

    `absent_name` is who is not in on the day `absent_on`, where that is why the practice acts.
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
    """A kind of notice: who gets it, whether the grace time holds it back, how it is written, over which channels it may go.

    It goes to the first verified address of the first channel that somebody has one of. One that is `of_appointment` tells
    its time, whatever becomes of the request that led to it, and a reply may be merged into it. One that is `by_hand` is
    shown to staff and can be sent again by them. One that is `while_held` is no news any more once its time is not held, one
    that is `while_booked` once its appointment is not booked. With `has_link` it carries a manage link, made when it is sent (ML2).
    """

    kind: str
    audience: Audience
    has_grace: bool
    compose: Callable[[NoticeFacts], Composed]
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    of_appointment: bool = False
    by_hand: bool = True
    while_held: bool = False
    while_booked: bool = False
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


def _reply(facts: NoticeFacts) -> Composed:
    return _letter(facts, _("You have a reply from {practice}"), _("You have a reply."), is_reply=True)


def _booking(facts: NoticeFacts) -> Composed:
    told = _when(facts, _("{name} has an appointment:"), _("An appointment was made for you."))
    return _letter(facts, _("Your appointment with {practice}"), told)


def _move(facts: NoticeFacts) -> Composed:
    told = _when(facts, _("The appointment of {name} has a new time:"), _("An appointment was moved."))
    return _letter(facts, _("New time for your appointment with {practice}"), _because(facts, told))


def _cancellation(facts: NoticeFacts) -> Composed:
    told = _when(facts, _("This appointment of {name} is cancelled:"), _("An appointment was cancelled."))
    return _letter(facts, _("Your appointment with {practice} is cancelled"), _because(facts, told))


def _slot_offer(facts: NoticeFacts) -> Composed:
    told = _when(facts, _("A time has become free for {name}:"), _("A time has become free for you."))
    if facts.answer_by is not None:
        until = facts.words.moment_with_zone(facts.answer_by)
        told = "\n\n".join(
            (
                told.rstrip(),
                _("We keep it for you until {time}. Please say there whether you take it.").format(time=until),
            )
        )
    return _letter(facts, _("A time has become free at {practice}"), told)


def _counter_offer(facts: NoticeFacts) -> Composed:
    told = [_("You have a reply.")]
    if facts.answer_by is not None and facts.offered:
        told.append(kept_sentence(facts.offered, facts.words.moment_with_zone(facts.answer_by)))
        told.append(_("Please choose one there, or say that none fits."))
    return _letter(facts, _("Choose a time at {practice}"), " ".join(told), is_reply=True)


def _forms(facts: NoticeFacts) -> Composed:
    told = _when(
        facts,
        _("Please fill in the forms for the appointment of {name}:"),
        _("Please fill in the forms for your appointment."),
    )
    return _letter(
        facts, _("Forms for your appointment with {practice}"), told, way=_("Fill them in, without signing in: {url}")
    )


def _acknowledgement(facts: NoticeFacts) -> Composed:
    told = _("We have received your request. You will get another e-mail when we have answered.")
    return _letter(facts, _("{practice} has received your request"), told)


def _code(facts: NoticeFacts) -> Composed:
    practice = _practice(facts)
    body = _(
        "Your code to sign in at {practice} is:\n\n    {code}\n\nIt works once, until {time}, in the browser where you asked for it.\n\n"
        "If you did not ask for a code, you need not do anything: without the code nobody can sign in."
        " The practice will never ask you for it.\n"
    )
    time = facts.words.time(facts.code_until) if facts.code_until is not None else ""
    return Composed(
        _("{practice}: your code to sign in").format(practice=practice),
        body.format(practice=practice, code=facts.code, time=time),
    )


def _link_code(facts: NoticeFacts) -> Composed:
    practice = _practice(facts)
    body = _(
        "Your code for the page of your visit at {practice} is:\n\n    {code}\n\nIt works once, until {time}, in the browser where you"
        " asked for it.\n\nIf you did not ask for a code, you need not do anything: without the code nobody can change the visit."
        " The practice will never ask you for it.\n"
    )
    time = facts.words.time(facts.code_until) if facts.code_until is not None else ""
    return Composed(
        _("{practice}: your code").format(practice=practice),
        body.format(practice=practice, code=facts.code, time=time),
    )


_FAMILY: Final = Audience((Action.HEAR,), is_everybody=True)
_READER: Final = Audience((Action.HEAR, Action.READ))
_SENDER: Final = Audience((Action.ACT_FOR,))
_OFFERED: Final = Audience((Action.HEAR, Action.ASK))
_CHOOSER: Final = Audience((Action.HEAR, Action.READ, Action.ASK))
_FILLING: Final = Audience((Action.HEAR, Action.ASK), is_everybody=True)
_ASKER: Final = Audience()

NOTICES: Final = (  # kind, audience, grace, compose
    REPLY := NoticeSpec("reply", _READER, True, _reply),
    BOOKING := NoticeSpec("booking", _FAMILY, True, _booking, of_appointment=True, has_link=True),
    MOVE := NoticeSpec("move", _FAMILY, True, _move, of_appointment=True, has_link=True),
    CANCELLATION := NoticeSpec("cancellation", _FAMILY, True, _cancellation, of_appointment=True),
    SLOT_OFFER := NoticeSpec("slot_offer", _OFFERED, True, _slot_offer, of_appointment=True, while_held=True),
    COUNTER_OFFER := NoticeSpec("counter_offer", _CHOOSER, True, _counter_offer, while_held=True),
    FORMS := NoticeSpec("forms", _FILLING, True, _forms, of_appointment=True, while_booked=True, has_link=True),
    ACKNOWLEDGEMENT := NoticeSpec("acknowledgement", _SENDER, False, _acknowledgement),
    CODE := NoticeSpec("code", _ASKER, False, _code, by_hand=False),
    LINK_CODE := NoticeSpec("link_code", _ASKER, False, _link_code, by_hand=False),
)
SPEC_OF: Final = {spec.kind: spec for spec in NOTICES}
BY_HAND: Final = tuple(spec.kind for spec in NOTICES if spec.by_hand)


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
        points = (point for way in spec.channels for point in contact.points if point.channel is way and point.verified)
        if point := next(points, None):
            found[contact.id] = Recipient(contact.id, point.channel, point.value)
    return tuple(found.values())


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


def _letter(facts: NoticeFacts, subject: str, told: str, *, is_reply: bool = False, way: str = "") -> Composed:
    """What every letter about a request or an appointment has around what it tells; `way` says what its manage link is for."""
    practice = _practice(facts)
    link = facts.portal_url if _ADDRESS.fullmatch(facts.portal_url) else ""
    ways = _("Sign in to read it and to answer: {url}") if facts.replied or is_reply else _("Sign in to see it: {url}")
    manage = facts.manage_url if _ADDRESS.fullmatch(facts.manage_url) else ""
    phone = _label(facts.practice_phone)
    named = [name for name in (name_in_letter(each, _NAME_LIMIT) for each in facts.readers) if name]
    paragraphs = (
        _("For {names}").format(names=facts.words.list_of(named)) if len(named) > 1 else "",
        told,
        _("You also have a reply from us.") if facts.replied and not is_reply else "",
        (way or _("See, move or cancel it, without signing in: {url}")).format(url=manage) if manage else "",
        _("Whoever has this link can use it: please do not pass it on.") if manage else "",
        ways.format(url=link) if link else _("Sign in to our portal to see it."),
        _("Questions? Call {practice}: {phone}").format(practice=practice, phone=phone) if phone else practice,
        _("Please do not answer this e-mail: nobody reads it. In an emergency call 911."),
    )
    return Composed(subject.format(practice=practice), "\n\n".join(part for part in paragraphs if part) + "\n")


def _when(facts: NoticeFacts, named: str, unnamed: str) -> str:
    """Of whom an appointment is, when and where, as far as the channel may say so."""
    if facts.starts_at is None or facts.content is Content.BARE:
        return unnamed
    name, place = name_in_letter(facts.first_name, _NAME_LIMIT), _label(facts.place)
    where = _("{place}, {practice}").format(place=place, practice=_practice(facts)) if place else ""
    lines = (facts.words.long_moment_with_zone(facts.starts_at), where)
    return "\n    ".join(((named.format(name=name) if name else unnamed) + "\n", *(line for line in lines if line)))


def _because(facts: NoticeFacts, told: str) -> str:
    """What happened, and who is not in then if that is the cause, as far as the channel may say so."""
    name = name_in_letter(facts.absent_name, _NAME_LIMIT)
    if facts.absent_on is None or not name or facts.content is Content.BARE:
        return told
    why = _("{provider} is not in on {day}.").format(provider=name, day=facts.words.long_day(facts.absent_on))
    return f"{told}\n\n{why}"


def _practice(facts: NoticeFacts) -> str:
    return _label(facts.practice_name) or _("your practice")


def _label(text: str) -> str:
    """One line of visible signs: nothing that could end a header, hide, or turn the text around."""
    shown = "".join(" " if sign.isspace() else sign for sign in text if sign.isspace() or _is_visible(sign))
    return " ".join(shown.split())[:_NAME_LIMIT]


def _is_visible(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "CZ"
