"""Notices to contacts: who gets one, and a text without any health information (NT1, NOTE-01); sending is the gateways' business.

A subject is made of our own words and the practice's cleaned name alone; no text of a message, reason, type or
provider can get in, because nothing here takes one.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, assert_never

from request_desk.domain.access import a_contact
from request_desk.domain.directory import Channel, Contact, Relation
from request_desk.domain.ids import ContactId
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import Act, Booking, Cancellation, Move
from request_desk.domain.text import name_in_letter
from request_desk.domain.words import Words, _

_NAME_LIMIT: Final = 80
_ADDRESS: Final = re.compile(r"https?://[\x21-\x7e]+")


class NoticeKind(StrEnum):
    """What a notice tells; a reply may be merged into the middle three."""

    REPLY = "reply"
    BOOKING = "booking"
    MOVE = "move"
    CANCELLATION = "cancellation"
    ACKNOWLEDGEMENT = "acknowledgement"


_OF_A_APPOINTMENT: Final = frozenset({NoticeKind.BOOKING, NoticeKind.MOVE, NoticeKind.CANCELLATION})


class Content(StrEnum):
    """How much a channel may say: *time* has practice, first name, date, time and place; *bare* only that there is news."""

    BARE = "bare"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A contact that gets notices now, with the one address."""

    contact_id: ContactId
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One notice to one address; `replied` adds that a reply waits in the portal, `also` are others who read that address."""

    recipient: Recipient
    kind: NoticeKind
    replied: bool
    also: tuple[ContactId, ...] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """A notice as it goes out, plain text."""

    subject: str
    body: str


def address_of(contact: Contact) -> str:
    """Return the first verified e-mail address, or nothing."""
    emails = (point.value for point in contact.points if point.channel is Channel.EMAIL and point.verified)
    return next(emails, "")


def recipients(
    relations: Iterable[Relation], contacts: Mapping[ContactId, Contact], *, patient_active: bool, today: date
) -> tuple[Recipient, ...]:
    """Return who gets notices about one patient today, each once; decided again when sending (NT1)."""
    found: dict[ContactId, Recipient] = {}
    for relation in relations:
        contact = contacts.get(relation.contact_id)
        subject = PatientSubject(relation, is_present=patient_active)
        is_told = may(a_contact(relation.contact_id), Action.HEAR, subject, today)
        if contact is None or not contact.active or not is_told:
            continue
        if address := address_of(contact):
            found[contact.id] = Recipient(contact.id, address, contact.language)
    return tuple(found.values())


def notice_of(act: Act | None) -> NoticeKind | None:
    """Return the kind of notice that an act on the schedule asks for."""
    match act:
        case None:
            return None
        case Booking():
            return NoticeKind.BOOKING
        case Move():
            return NoticeKind.MOVE
        case Cancellation():
            return NoticeKind.CANCELLATION
        case _:
            assert_never(act)


def planned(
    kind: NoticeKind | None, *, replied: bool, sender_id: ContactId, to: Sequence[Recipient]
) -> tuple[Planned, ...]:
    """Return one notice for each address concerned, the reply merged into the sender's; others hear of the act alone.

    People who share an address, in any spelling of case, get one letter that names them; the sender's is theirs.
    """
    if kind is None:
        return tuple(
            Planned(each, NoticeKind.REPLY, replied=False) for each in to if replied and each.contact_id == sender_id
        )
    sharing: dict[str, list[Recipient]] = {}
    for recipient in sorted(to, key=lambda each: each.contact_id != sender_id):
        sharing.setdefault(recipient.address.casefold(), []).append(recipient)
    return tuple(
        Planned(first, kind, replied and first.contact_id == sender_id, tuple(each.contact_id for each in others))
        for first, *others in sharing.values()
    )


def compose(
    kind: NoticeKind,
    *,
    content: Content,
    practice_name: str,
    practice_phone: str,
    portal_url: str,
    words: Words,
    replied: bool = False,
    first_name: str = "",
    starts_at: datetime | None = None,
    place: str = "",
    readers: Sequence[str] = (),
) -> Composed:
    """Return subject and body of a notice. `starts_at` is the appointment's time: the new one of a move, the old one of a cancellation.

    `readers` are the first names of several people who read one address.
    """
    practice = _label(practice_name) or _("your practice")
    timed = content is Content.TIME and starts_at is not None and kind in _OF_A_APPOINTMENT
    told = _told(kind, name_in_letter(first_name, _NAME_LIMIT) if timed else "")
    if starts_at is not None and timed:
        when = words.long_moment_with_zone(starts_at)
        where = _label(place)
        told += (
            "\n\n    "
            + when
            + ("\n    " + _("{place}, {practice}").format(place=where, practice=practice) if where else "")
        )
    reply = _("You also have a reply from us.") if replied and kind is not NoticeKind.REPLY else ""
    link = portal_url if _ADDRESS.fullmatch(portal_url) else ""
    ways = (
        _("Sign in to read it and to answer: {url}")
        if replied or kind is NoticeKind.REPLY
        else _("Sign in to see it: {url}")
    )
    phone = _label(practice_phone)
    named = [name for name in (name_in_letter(each, _NAME_LIMIT) for each in readers) if name]
    paragraphs = (
        _("For {names}").format(names=words.list_of(named)) if len(named) > 1 else "",
        told,
        reply,
        ways.format(url=link) if link else _("Sign in to our portal to see it."),
        _("Questions? Call {practice}: {phone}").format(practice=practice, phone=phone) if phone else practice,
        _("Please do not answer this e-mail: nobody reads it. In an emergency call 911."),
    )
    return Composed(_subject(kind).format(practice=practice), "\n\n".join(part for part in paragraphs if part) + "\n")


def _subject(kind: NoticeKind) -> str:
    return {
        NoticeKind.REPLY: _("You have a reply from {practice}"),
        NoticeKind.BOOKING: _("Your appointment with {practice}"),
        NoticeKind.MOVE: _("New time for your appointment with {practice}"),
        NoticeKind.CANCELLATION: _("Your appointment with {practice} is cancelled"),
        NoticeKind.ACKNOWLEDGEMENT: _("{practice} has received your request"),
    }[kind]


def _told(kind: NoticeKind, name: str) -> str:
    if name and kind in _OF_A_APPOINTMENT:
        texts = {
            NoticeKind.BOOKING: _("{name} has an appointment:"),
            NoticeKind.MOVE: _("The appointment of {name} has a new time:"),
            NoticeKind.CANCELLATION: _("This appointment of {name} is cancelled:"),
        }
        return texts[kind].format(name=name)
    return {
        NoticeKind.REPLY: _("You have a reply."),
        NoticeKind.BOOKING: _("An appointment was made for you."),
        NoticeKind.MOVE: _("An appointment was moved."),
        NoticeKind.CANCELLATION: _("An appointment was cancelled."),
        NoticeKind.ACKNOWLEDGEMENT: _(
            "We have received your request. You will get another e-mail when we have answered."
        ),
    }[kind]


def _label(text: str) -> str:
    """One line of visible signs: nothing that could end a header, hide, or turn the text around."""
    shown = "".join(" " if sign.isspace() else sign for sign in text if sign.isspace() or _is_visible(sign))
    return " ".join(shown.split())[:_NAME_LIMIT]


def _is_visible(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "CZ"
