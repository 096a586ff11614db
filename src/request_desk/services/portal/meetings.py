"""The lobby of a video appointment in the portal: how it stands, and saying that one is here; letting in is the provider's."""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Row, bindparam

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotFound, Refused
from request_desk.domain.ids import AppointmentId, PatientId
from request_desk.domain.meetings import Joining, PortalMeeting, joining_of
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.people import patients
from request_desk.services.portal import family_acts
from request_desk.services.schedule import meetings
from request_desk.services.schedule.views import VIEW, portal_status, view
from request_desk.store import schema

_table: Final = schema.appointment
_BY_ID = VIEW.add_columns(_table.c.visible_at, _table.c.arrived_at, _table.c.admitted_at).where(
    _table.c.id == bindparam("id")
)


def portal_meeting(unit: Unit, appointment_id: AppointmentId) -> PortalMeeting:
    """Return a video appointment of a patient that the contact may act for; raises NotFound for any other.

    The address is there only once the provider has let them in, and while the meeting is open.
    """
    _require(unit)
    row, status = _seen(unit, appointment_id)
    shown = replace(view(row), status=status)
    is_in = row.arrived_at is not None and row.admitted_at is not None
    is_open = joining_of(shown, unit.now) is Joining.OPEN
    return PortalMeeting(shown, row.arrived_at, meetings.address(unit, shown) if is_in and is_open else "")


def arrive(unit: Unit, appointment_id: AppointmentId) -> None:
    """Say that the family is here; once is enough. Raises Refused with the time at which the meeting opens or closed."""
    _require(unit)
    row, status = _seen(unit, appointment_id)
    seen = view(row)
    if status is not seen.status:
        raise Refused(_("The practice is just changing this visit. Look again in a minute."))
    meetings.check_open(unit, seen)
    if row.arrived_at is None:
        unit.change(_table, seen.id, row.version, arrived_at=unit.now)
        unit.record("in_lobby", Topic.APPOINTMENT, seen.id)


def _require(unit: Unit) -> None:
    unit.require(Permission.USE_LINK if unit.actor.kind is ActorKind.LINK else Permission.USE_PORTAL)


def _seen(unit: Unit, appointment_id: AppointmentId) -> tuple[Row[Any], AppointmentStatus]:
    """The appointment, and how it stands for the parent; who may not act for the patient hears the same as of one that is not there."""
    row = unit.first(_BY_ID, {"id": appointment_id})
    if row is not None and row.type_is_video and unit.settings.meeting_url:
        status = portal_status(view(row), row.visible_at, unit.now)
        if status is not None and _is_theirs(unit, appointment_id, row.patient_id):
            return row, status
    raise NotFound(_("There is no such meeting. Look at your visits again."))


def _is_theirs(unit: Unit, appointment_id: AppointmentId, patient_id: PatientId) -> bool:
    if unit.actor.kind is ActorKind.LINK:
        return family_acts.known(unit, appointment_id).appointment.id == appointment_id
    relations = (child.relation for child in patients.children(unit, unit.actor.contact_id))
    relation = next((each for each in relations if each.patient_id == patient_id), None)
    return bool(may(unit.actor, Action.ACT_FOR, PatientSubject(relation), unit.time.day_of(unit.now)))
