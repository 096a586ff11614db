"""One appointment as a calendar file for a family (RFC 5545): never more than a letter may say, so no type and no reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from request_desk.domain.ids import AppointmentId
from request_desk.domain.text import name_in_letter, one_line
from request_desk.domain.words import _

_NAME_LIMIT: Final = 80
_ADDRESS_SIGNS: Final = "@!$'*+"  # what an address in a mailto: need not spell otherwise (RFC 6068, 2)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What a calendar file says; `chain_id` is the same through all rebookings, along which `sequence` grows.

    Without a first name it says with whom the appointment is alone: what travels by e-mail.
    """

    chain_id: AppointmentId
    sequence: int
    first_name: str
    practice_name: str
    practice_phone: str
    place: str
    address: str
    is_video: bool
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Invitation:
    """Between whom an entry travels by e-mail (RFC 5546): the address and name of who keeps it, and whose calendar it goes to."""

    organizer: str
    organizer_name: str
    attendee: str


def method_of(event: CalendarEvent) -> str:
    """Return what a calendar is asked to do with an entry that comes by e-mail (RFC 5546, 3.2)."""
    return "CANCEL" if event.is_cancelled else "REQUEST"


def calendar_text(event: CalendarEvent, now: datetime, invitation: Invitation | None = None) -> bytes:
    """Return the file. Its UID stays through rebookings, so that a calendar moves the entry instead of adding one.

    Times are in UTC: every calendar shows them in its own zone, and no zone rules need to travel. One that somebody fetches
    has no method, one that is sent has that of its `invitation`, which expects no answer.
    """
    from icalendar import Alarm, Calendar, Event  # of no use to a start, which it would lengthen by 40 ms

    calendar = Calendar()
    calendar.add("prodid", "-//Request Desk//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if invitation is not None:
        calendar.add("method", method_of(event))
    entry = Event()
    entry.add("uid", f"appointment-{event.chain_id}@request-desk")
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", now)
    entry.add("dtstart", event.starts_at)
    entry.add("dtend", event.ends_at)
    entry.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    entry.add("class", "PRIVATE")
    entry.add("summary", _summary(event))
    entry.add("location", _place(event))
    if invitation is not None:
        entry.add("organizer", _mailbox(invitation.organizer), {"CN": _line(invitation.organizer_name)})
        taking_part = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
        entry.add("attendee", _mailbox(invitation.attendee), taking_part)
    if event.practice_phone:
        told = _("Questions? Call {practice}: {phone}")
        entry.add("description", told.format(practice=_line(event.practice_name), phone=_line(event.practice_phone)))
    if not event.is_cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", timedelta(days=-1))
        alarm.add("description", _summary(event))
        entry.add_component(alarm)
    calendar.add_component(entry)
    text: bytes = calendar.to_ical()
    return text


def _summary(event: CalendarEvent) -> str:
    name = name_in_letter(event.first_name, _NAME_LIMIT)
    practice = _line(event.practice_name)
    if name:
        return _("{name}: visit at {practice}").format(name=name, practice=practice)
    return _("Appointment with {practice}").format(practice=practice)


def _mailbox(address: str) -> str:
    return f"mailto:{quote(address, safe=_ADDRESS_SIGNS)}"


def _place(event: CalendarEvent) -> str:
    if event.is_video:
        return _("Video visit")
    return ", ".join(part for part in (_line(event.place), _line(event.address)) if part)


def _line(text: str) -> str:
    return one_line(text, 200)
