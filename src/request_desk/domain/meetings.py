"""Video meetings: when an appointment can be joined, who is next, and the name of its room; who may do it is in `services`."""

import hmac
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.appointments import JOIN_CLOSES_AFTER, Appointment, AppointmentStatus
from request_desk.domain.ids import PatientId
from request_desk.domain.words import Words, _

JOIN_OPENS_BEFORE: Final = timedelta(minutes=10)  # before the start (VM2)
_JOINABLE: Final = frozenset({AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED})
_ROOM_BYTES: Final = 20  # 160 bits, 32 letters: nobody guesses a room, and the address stays short


class Joining(StrEnum):
    """Whether an appointment can be joined now."""

    OPEN = "open"
    EARLY = "early"
    CLOSED = "closed"
    NEVER = "never"  # not by video, or cancelled, missed, only held


@dataclass(frozen=True, slots=True)
class Meeting:
    """A video appointment with its lobby: since when somebody waits, and since when they are let in."""

    appointment: Appointment
    arrived_at: datetime | None
    admitted_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        """Tell whether somebody is in the lobby and not let in yet."""
        return self.arrived_at is not None and self.admitted_at is None


@dataclass(frozen=True, slots=True)
class MeetingDay:
    """The video appointments of one provider on a practice day, by start; `has_server` tells whether they can be held at all."""

    day: date
    meetings: tuple[Meeting, ...]
    has_server: bool


@dataclass(frozen=True, slots=True)
class PortalMeeting:
    """A video appointment as a contact sees it who may act for the patient; `address` is "" until they are let in.

    The status is the one that the portal shows: before the grace time of staff's last act is over, the one before it.
    """

    appointment: Appointment
    arrived_at: datetime | None
    address: str


def opens_at(starts_at: datetime) -> datetime:
    """Return the first instant at which somebody may join."""
    return starts_at - JOIN_OPENS_BEFORE


def closes_at(ends_at: datetime) -> datetime:
    """Return the last instant at which somebody may join."""
    return ends_at + JOIN_CLOSES_AFTER


def joining(
    starts_at: datetime, ends_at: datetime, status: AppointmentStatus, now: datetime, *, is_video: bool
) -> Joining:
    """Tell whether an appointment can be joined now: from 10 minutes before its start to 60 after its end, both included (VM2)."""
    if not is_video or status not in _JOINABLE:
        return Joining.NEVER
    if now < opens_at(starts_at):
        return Joining.EARLY
    return Joining.CLOSED if now > closes_at(ends_at) else Joining.OPEN


def joining_of(seen: Appointment, now: datetime) -> Joining:
    """Tell the same of an appointment as it stands."""
    return joining(seen.starts_at, seen.ends_at, seen.status, now, is_video=seen.is_video)


def why_closed(seen: Appointment, now: datetime, words: Words) -> str:
    """Return why an appointment cannot be joined now, with the time at which it opens or closed; "" where it can."""
    match joining_of(seen, now):
        case Joining.OPEN:
            return ""
        case Joining.EARLY:
            return _("The meeting opens {time}.").format(time=time_words(opens_at(seen.starts_at), now, words))
        case Joining.CLOSED:
            return _("The meeting closed {time}.").format(time=time_words(closes_at(seen.ends_at), now, words))
        case Joining.NEVER:
            return _("There is no meeting for this visit.")


def time_words(moment: datetime, now: datetime, words: Words) -> str:
    """Return "at 9:10 AM", on another day "on Wed, Nov 25, 9:10 AM"."""
    if words.zone.day_of(moment) == words.zone.day_of(now):
        return _("at {time}").format(time=words.time(moment))
    return _("on {time}").format(time=words.moment(moment))


def next_of(meetings: Sequence[Meeting], now: datetime) -> Meeting | None:
    """Return whom the provider sees next, None when nobody is left today.

    Who waits in the lobby goes first, then who is to come, then who is late beyond the end and may still come; who was let
    in comes last, for as long as the meeting is open. Of equal ones the earlier start.
    """

    def rank(each: Meeting) -> tuple[int, datetime, int]:
        seen = each.appointment
        late = 1 if now < seen.ends_at else 2
        place = 3 if each.admitted_at is not None else 0 if each.is_waiting else late
        return place, seen.starts_at, seen.id

    left = [
        each
        for each in meetings
        if each.appointment.status is AppointmentStatus.CONFIRMED
        and joining_of(each.appointment, now) in (Joining.EARLY, Joining.OPEN)
    ]
    return min(left, key=rank, default=None)


def room_name(secret: str, patient_id: PatientId, day: date) -> str:
    """Return the room of a patient with a provider on a practice day; `secret` is the provider's (VM1).

    Lower-case letters and digits without padding: Jitsi knows no difference between upper and lower case, and nothing of
    patient, provider or day can be read from it.
    """
    if not secret:
        raise ValueError("a room needs a secret")
    digest = hmac.digest(secret.encode(), f"{patient_id}/{day.isoformat()}".encode(), "sha256")
    return b32encode(digest[:_ROOM_BYTES]).decode().lower()


def address_of(base: str, room: str) -> str:
    """Return the address that is opened in a browser; `base` may end in a slash or not."""
    return f"{base.rstrip('/')}/{room}"
