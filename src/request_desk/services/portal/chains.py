"""Which appointment somebody outside has come to, and whether its forms and documents are theirs to see (ML1, ML7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain.access import ActorKind, Permission, a_contact
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.directory import Control, Flow, Verification
from request_desk.domain.errors import NotFound, NotVerified
from request_desk.domain.ids import AppointmentId, ContactId
from request_desk.domain.manage_links import LinkPurpose, is_over
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.people.patients import relation_of
from request_desk.services.portal import manage_links
from request_desk.services.schedule import slots
from request_desk.services.schedule.views import load
from request_desk.store import schema

_RIGHTS: Final = {Control.FORMS: Action.ASK, Control.DOCUMENTS: Action.READ}
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
    first_name: str
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
    asks = Verification.NONE if is_verified else slots.type_rules(unit, found.appointment.type_id).verification
    if asks is not Verification.NONE:
        raise NotVerified(_("Please say first who you are."))
    return found


def not_there() -> NotFound:
    """Make the refusal for what is not there, or not for whoever asks; it never says which."""
    return NotFound(_("There is no such page. The link may be old: please call the practice."))


def _require(unit: Unit) -> None:
    is_link = unit.actor.kind is ActorKind.LINK
    unit.require(Permission.USE_LINK if is_link else Permission.USE_PORTAL)


def _by_link(unit: Unit) -> Arrival:
    link = manage_links.live(unit, unit.actor.link_id)
    found = None if link is None else manage_links.present(unit, link.chain_id)
    if link is None or found is None or is_over(found.appointment.ends_at, unit.now):
        raise not_there()
    seen = found.appointment
    shows = frozenset({Control.FORMS}) if link.purpose is LinkPurpose.FORMS else _shown(unit, Flow.MANAGE)
    if link.contact_id is not None:  # it opens no more than whom it was sent to may see today
        shows -= _closed_to(unit, link.contact_id, seen)
    return Arrival(seen, found.given_name, shows, link.created_at)


def _by_contact(unit: Unit, appointment_id: AppointmentId | None) -> Arrival:
    if appointment_id is None:
        raise not_there()
    found = manage_links.present(unit, load(unit, appointment_id).chain_id)
    if found is None:
        raise not_there()
    closed = _closed_to(unit, unit.actor.contact_id, found.appointment)
    return Arrival(found.appointment, found.given_name, _shown(unit, Flow.ACCOUNT) - closed, None)


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
