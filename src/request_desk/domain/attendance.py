"""The end of a day: which of its appointments still stand as booked, and what each of them became; who may say so is in `policy`."""

from dataclasses import dataclass
from datetime import datetime

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.ids import AppointmentId
from request_desk.domain.policy import Verdict


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A confirmed appointment of a day, and whether it may be marked as completed or as a no-show now, or why not."""

    appointment: Appointment
    completed: Verdict
    missed: Verdict
    usual: AppointmentStatus | None  # what it becomes unless somebody says otherwise; None leaves it as it is


def usual_of(seen: Appointment, now: datetime, *, are_noted: bool) -> AppointmentStatus | None:
    """Return what an appointment mostly became: completed once it is over; `are_noted` tells whether arrivals were marked that day.

    Where they were, who was not seen to come is left for somebody to say: a hurried hand would make a visit of a no-show.
    """
    is_over = seen.ends_at <= now
    has_come = seen.arrived_at is not None or not are_noted
    return AppointmentStatus.COMPLETED if is_over and has_come else None


@dataclass(frozen=True, slots=True)
class Closing:
    """What one appointment, as it was seen, became: completed or a no-show."""

    appointment_id: AppointmentId
    expect_version: int
    status: AppointmentStatus


@dataclass(frozen=True, slots=True)
class Closed:
    """What became of one line of a closing: done, or the sentence that says why not."""

    appointment_id: AppointmentId
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """An appointment whose status was marked, and what it was before."""

    appointment_id: AppointmentId
    version: int
    before: AppointmentStatus
