"""Manage links: what one is for, how long it works, and what a family reads who cannot do something by themselves (ML1 to ML7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.access import Actor
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.directory import AppointmentType, Channel, Verification
from request_desk.domain.ids import AppointmentId, LocationId, ManageLinkId, ProviderId
from request_desk.domain.policy import ScheduleAction, Verdict
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.schedule import is_met, last_moment
from request_desk.domain.words import Words, _

MOST_LIVE: Final = 20  # links of one chain; one more, and the oldest works no longer (LINK-04)
LINGERS: Final = timedelta(hours=24)  # after the end of the appointment (LINK-04)
IDLE: Final = timedelta(minutes=15)  # without a page, and who was known is asked again (LINK-11)
TRIES_A_DAY: Final = 5  # of a birth day, in a chain (OTP-09)
TRIES_EVER: Final = 15
_DOT: Final = "•"


class LinkPurpose(StrEnum):
    """What a link opens: everything about an appointment, or its questionnaires alone (BK8)."""

    MANAGE = "manage"
    FORMS = "forms"


@dataclass(frozen=True, slots=True)
class OpenLink:
    """Whom a link stands for, and to which appointment it leads now; `contact` is whom it was sent to, None where staff copied it."""

    id: ManageLinkId
    actor: Actor
    contact: Actor | None
    appointment_id: AppointmentId
    purpose: LinkPurpose
    language: str  # of the contact, "" where it is not known


@dataclass(frozen=True, slots=True)
class FamilyAppointment:
    """An appointment as those outside may know and change it; the status is the one that is shown to them.

    `moving` and `cancelling` say why they cannot do that by themselves, "" where they can. Somebody who `is_known` has proved what
    the type asks for; of others only the bare appointment is told.
    """

    appointment: Appointment
    first_name: str
    address: str
    verification: Verification
    is_known: bool
    moving: str
    cancelling: str
    is_late: bool  # a cancellation now would be noted as late
    is_same_provider: bool  # a move stays with the provider
    advance: timedelta  # how far ahead it can be moved
    may_ask: bool  # the practice takes requests from whom this is shown to
    touch_due: bool = False  # who is known has to be noted as still there


@dataclass(frozen=True, slots=True)
class OpenTime:
    """A time to which a family can move their appointment."""

    provider_id: ProviderId
    provider_name: str
    location_id: LocationId
    location_name: str
    zone: str
    starts_at: datetime


def is_over(ends_at: datetime, now: datetime) -> bool:
    """Tell whether the links of an appointment have ended."""
    return now > ends_at + LINGERS


def why_not(
    verdict: Verdict,
    action: ScheduleAction,
    seen: Appointment,
    type_: AppointmentType,
    *,
    now: datetime,
    time: PracticeTime,
    words: Words,
) -> str:
    """Return why a family cannot move or cancel by themselves what the policy answers with `verdict`; "" where they can."""
    if action is ScheduleAction.MOVE and verdict and not is_met(type_.reschedule_notice, seen.starts_at, now, time):
        until = words.moment_with_zone(last_moment(type_.reschedule_notice, seen.starts_at, time))
        return _("It could be moved here until {time}, and that has passed.").format(time=until)
    match verdict:
        case Verdict.ALLOWED:
            return ""
        case Verdict.TOO_LATE:
            until = words.moment_with_zone(last_moment(type_.cancel_notice, seen.starts_at, time))
            return _("It could be cancelled here until {time}, and that has passed.").format(time=until)
        case Verdict.BEGUN:
            told = _("It began at {time}, so it cannot be changed any more.")
            return told.format(time=words.moment_with_zone(seen.starts_at))
        case Verdict.NOT_CONFIRMED | Verdict.NOT_STANDING if seen.status is AppointmentStatus.CANCELLED:
            return _("It was cancelled, so there is nothing to change.")
        case Verdict.NOT_CONFIRMED | Verdict.NOT_STANDING:
            return _("It is over, so it cannot be changed any more.")
        case Verdict.NO_BOOKING | Verdict.MINOR:
            return _("Our records do not let you change it by yourself.")
        case _:
            return _("It cannot be changed here.")


def masked(channel: Channel, value: str) -> str:
    """Return an address or a number so that who knows it knows it again, and nobody else learns it (OTP-07)."""
    if channel in (Channel.PHONE, Channel.SMS):
        return f"{_DOT * 3} {_DOT * 3} {value[-2:]}"
    name, _sign, host = value.partition("@")
    _rest, _sign, ending = host.rpartition(".")
    return f"{name[:1]}{_DOT * 3}@{host[:1]}{_DOT * 3}.{ending}"
