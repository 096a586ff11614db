"""Which appointment somebody outside has come to, and whether its forms and documents are theirs to see (ML1, ML7)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain.access import ActorKind, Permission, a_contact
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.directory import Control, Flow, Verification
from request_desk.domain.errors import NotFound, NotVerified
from request_desk.domain.ids import AppointmentId, ContactId
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.people.patients import relation_of
from request_desk.services.schedule.views import VIEW, chain_end, portal_status, view
from request_desk.store import schema

_table, _link = schema.appointment, schema.manage_link
_BY_ID: Final = VIEW.add_columns(_table.c.visible_at, schema.appointment_type.c.verification).where(
    _table.c.id == bindparam("id")
)
_RIGHTS: Final = {Control.FORMS: Action.ASK, Control.DOCUMENTS: Action.READ}
_LINK: Final = select(
    _link.c.chain_id, _link.c.contact_id, _link.c.purpose, _link.c.created_at, _link.c.revoked_at
).where(_link.c.id == bindparam("id"))
_RELATION: Final = select(*schema.contact_patient.c).where(
    schema.contact_patient.c.contact_id == bindparam("contact"),
    schema.contact_patient.c.patient_id == bindparam("patient"),
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The appointment as it stands for whoever came to it, and how far the way opens it.

    `sent_at` is when the link was sent: documents that were added later need a new one; None without a link.
    """

    appointment: Appointment
    shows: frozenset[Control]
    sent_at: datetime | None

    @property
    def is_to_come(self) -> bool:
        return self.appointment.status is AppointmentStatus.CONFIRMED


def arrival(unit: Unit, appointment_id: AppointmentId | None, *, is_verified: bool) -> Arrival:
    """Return what the actor has come to: a link's own appointment, or that of a patient a contact may act for.

    Raises NotFound for any other, and NotVerified where the type asks who somebody is before forms and documents are shown.
    """
    _require(unit)
    found = _by_link(unit) if unit.actor.kind is ActorKind.LINK else _by_contact(unit, appointment_id)
    row = unit.first(_BY_ID, {"id": found.appointment.id})
    status = None if row is None else portal_status(view(row), row.visible_at, unit.now)
    if row is None or status is None:
        raise not_there()
    if not is_verified and Verification(row.verification) is not Verification.NONE:
        raise NotVerified(_("Please say first who you are."))
    return replace(found, appointment=replace(view(row), status=status))


def not_there() -> NotFound:
    """Make the refusal for what is not there, or not for whoever asks; it never says which."""
    return NotFound(_("There is no such page. The link may be old: please call the practice."))


def _require(unit: Unit) -> None:
    is_link = unit.actor.kind is ActorKind.LINK
    unit.require(Permission.USE_LINK if is_link else Permission.USE_PORTAL)


def _by_link(unit: Unit) -> Arrival:
    row = unit.first(_LINK, {"id": unit.actor.link_id})
    if row is None or row.revoked_at is not None:
        raise not_there()
    seen = chain_end(unit, AppointmentId(row.chain_id))
    shows = frozenset({Control.FORMS}) if row.purpose == "forms" else _shown(unit, Flow.MANAGE)
    if row.contact_id is not None:  # it opens no more than whom it was sent to may see today
        shows -= _closed_to(unit, ContactId(row.contact_id), seen)
    return Arrival(seen, shows, row.created_at)


def _by_contact(unit: Unit, appointment_id: AppointmentId | None) -> Arrival:
    if appointment_id is None:
        raise not_there()
    seen = chain_end(unit, appointment_id)
    closed = _closed_to(unit, unit.actor.contact_id, seen)
    return Arrival(seen, _shown(unit, Flow.ACCOUNT) - closed, None)


def _closed_to(unit: Unit, contact_id: ContactId, seen: Appointment) -> frozenset[Control]:
    """What a contact may not see of an appointment: what one parent answered another reads, but only who may book.

    Raises NotFound for who does not act for the patient today.
    """
    row = unit.first(_RELATION, {"contact": contact_id, "patient": seen.patient_id})
    subject, today = PatientSubject(None if row is None else relation_of(row)), unit.time.day_of(unit.now)
    who = a_contact(contact_id)
    if not may(who, Action.ACT_FOR, subject, today):
        raise not_there()
    return frozenset(each for each, right in _RIGHTS.items() if not may(who, right, subject, today))


def _shown(unit: Unit, flow: Flow) -> frozenset[Control]:
    return frozenset(each for each in Control if unit.settings.shows(flow, each))
