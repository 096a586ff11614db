"""What a list of appointments is asked for, and everything that is told of one of them; how it is read is the services' business."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from request_desk.domain.appointments import Appointment, AppointmentStatus, Missed
from request_desk.domain.attachments import Attachment
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Contact, Relation
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId
from request_desk.domain.questionnaires import FilledForm
from request_desk.domain.requests import Delivery, PatientCard, StaffNote


class AppointmentOrder(StrEnum):
    """By what a list of appointments is ordered first; after that by start."""

    START = "start"
    PATIENT = "patient"
    PROVIDER = "provider"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class AppointmentFilters:
    """Which appointments a list has: () and None leave nothing out. They begin at `since` or later, and before `until`."""

    provider_ids: tuple[ProviderId, ...] = ()
    location_ids: tuple[LocationId, ...] = ()
    statuses: tuple[AppointmentStatus, ...] = ()
    patient_id: PatientId | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the journal about an appointment or its request; `detail` is the journal's own."""

    at: datetime
    who: str
    actor_kind: str
    action: str
    topic: Topic
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AppointmentDetails:
    """One appointment with all that is known about it.

    `chain` are the appointments of its rebookings, the first one first; `last` and `coming` are the patient's nearest
    other ones before and after now. Notes and letters of its request are there for those who may see that.
    """

    appointment: Appointment
    patient: PatientCard
    contacts: tuple[tuple[Contact, Relation], ...]
    address: str
    overrule: str
    created_at: datetime
    chain: tuple[Appointment, ...]
    last: Appointment | None
    coming: Appointment | None
    missed: Missed
    notes: tuple[StaffNote, ...]
    deliveries: tuple[Delivery, ...]
    happened: tuple[Happened, ...]
    forms: tuple[FilledForm, ...] = ()
    documents: tuple[Attachment, ...] = ()


def meeting_uid(appointment_id: AppointmentId) -> str:
    """Return the name of an appointment outside of the program: letters first, since tables round long numbers."""
    return f"appointment-{appointment_id}"
