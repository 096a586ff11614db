"""Which appointment somebody outside has come to, and whether its forms and documents are theirs to see (ML1, ML7)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.directory import Control, Flow, Verification
from request_desk.domain.errors import NotFound, NotVerified
from request_desk.domain.ids import AppointmentId
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.people import patients
from request_desk.services.schedule.views import VIEW, chain_end, portal_status, view
from request_desk.store import schema

_table, _link = schema.appointment, schema.manage_link
_BY_ID: Final = VIEW.add_columns(_table.c.visible_at, schema.appointment_type.c.verification).where(
    _table.c.id == bindparam("id")
)
_RIGHTS: Final = {Control.FORMS: Action.ASK, Control.DOCUMENTS: Action.READ}
_LINK: Final = select(_link.c.chain_id, _link.c.purpose, _link.c.created_at, _link.c.revoked_at).where(
    _link.c.id == bindparam("id")
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
    shows = frozenset({Control.FORMS}) if row.purpose == "forms" else _shown(unit, Flow.MANAGE)
    return Arrival(chain_end(unit, AppointmentId(row.chain_id)), shows, row.created_at)


def _by_contact(unit: Unit, appointment_id: AppointmentId | None) -> Arrival:
    if appointment_id is None:
        raise not_there()
    seen, today = chain_end(unit, appointment_id), unit.time.day_of(unit.now)
    subject = PatientSubject(patients.rights(unit, unit.actor.contact_id, seen.patient_id))
    if not may(unit.actor, Action.ACT_FOR, subject, today):
        raise not_there()
    # What one parent answered, another reads: only who may book, or see letters.
    closed = {each for each, right in _RIGHTS.items() if not may(unit.actor, right, subject, today)}
    return Arrival(seen, _shown(unit, Flow.ACCOUNT) - closed, None)


def _shown(unit: Unit, flow: Flow) -> frozenset[Control]:
    return frozenset(each for each in Control if unit.settings.shows(flow, each))
