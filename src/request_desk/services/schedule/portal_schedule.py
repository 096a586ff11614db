"""What parents read of the schedule on the portal: times that they may wish for, and their children's appointments."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import and_, bindparam, select

from request_desk.domain.access import Permission
from request_desk.domain.appointment_reasons import with_own
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.errors import NotAllowed, NotFound
from request_desk.domain.ids import LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.policy import Action, PatientSubject, Verdict, may
from request_desk.domain.schedule import PortalAppointment, PortalSlot
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.people.patients import relation_of
from request_desk.services.schedule import slots
from request_desk.services.schedule.outside_times import as_shown, open_times
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.services.schedule.queries import SHOWN
from request_desk.services.schedule.views import VIEW, portal_status, view
from request_desk.store import schema

_OLD: Final = timedelta(days=366)  # how far back the portal lists appointments

_table: Final = schema.appointment
_RIGHTS = (
    select(
        *schema.contact_patient.c,
        and_(schema.patient.c.active, ~schema.patient.c.deceased).label("is_present"),
    )
    .select_from(
        schema.contact_patient.join(schema.patient, schema.patient.c.id == schema.contact_patient.c.patient_id)
    )
    .where(schema.contact_patient.c.contact_id == bindparam("contact"))
)
_PORTAL_APPOINTMENTS = (
    VIEW.add_columns(_table.c.visible_at, schema.location.c.address)
    .where(
        _table.c.patient_id.in_(bindparam("patients", expanding=True)),
        _table.c.starts_at > bindparam("since"),
        _table.c.status.in_([*SHOWN, AppointmentStatus.CANCELLED]),
    )
    .order_by(_table.c.starts_at, _table.c.id)
)


def portal_slots(
    unit: Unit,
    *,
    type_id: TypeId,
    patient_id: PatientId,
    provider_id: ProviderId | None,
    location_id: LocationId | None,
    from_day: date,
    days: int,
) -> tuple[PortalSlot, ...]:
    """Return the free times that a parent may wish for, by start; with any provider one for each start and location.

    Inside the type's minimum notice and maximum advance, its rules for this patient (AP7) and the windows for parents only. Raises NotFound or NotAllowed
    when the contact may not book for the patient.
    """
    unit.require(Permission.USE_PORTAL)
    _check_may_book(unit, patient_id)
    type_ = slots.type_rules(unit, type_id)
    if not type_.active:
        raise NotFound(_("This kind of visit is not offered any more. Choose another one."))
    book, found = open_times(
        unit,
        type_,
        from_day=from_day,
        days=days,
        provider_ids=() if provider_id is None else (provider_id,),
        location_ids=() if location_id is None else (location_id,),
        patient_id=patient_id,
        facts=facts_of(unit, type_, patient_id),
        by_provider=provider_id is not None,
    )
    return as_shown(book, found, by_provider=provider_id is not None)


def portal_appointments(unit: Unit) -> tuple[PortalAppointment, ...]:
    """Return the appointments of the contact's patients, by start, as they stood before the grace time of staff's last act."""
    unit.require(Permission.USE_PORTAL)
    today, subjects = unit.time.day_of(unit.now), _own_patients(unit)
    theirs = [which for which, subject in subjects.items() if may(unit.actor, Action.ACT_FOR, subject, today)]
    if not theirs:
        return ()
    rows = unit.rows(_PORTAL_APPOINTMENTS, {"patients": theirs, "since": unit.now - _OLD})
    found: list[PortalAppointment] = []
    for row in rows:
        seen = view(row)
        status = portal_status(seen, row.visible_at, unit.now)
        if status is None:
            continue
        subject = subjects[seen.patient_id]
        found.append(
            PortalAppointment(
                id=seen.id,
                version=seen.version,
                zone=seen.zone,
                wants_earlier=seen.wants_earlier,
                is_video=seen.is_video,
                patient_id=seen.patient_id,
                patient_name=seen.patient_name,
                provider_id=seen.provider_id,
                provider_name=seen.provider_name,
                location_id=seen.location_id,
                location_name=seen.location_name,
                address=row.address,
                type_id=seen.type_id,
                type_name=seen.type_name,
                starts_at=seen.starts_at,
                ends_at=seen.ends_at,
                status=status,
                may_book=bool(may(unit.actor, Action.ASK, subject, today)),
                reason=_told(unit, seen, may_read=bool(may(unit.actor, Action.READ, subject, today)))
                if status is AppointmentStatus.CANCELLED
                else "",
            )
        )
    return tuple(found)


def _told(unit: Unit, seen: Appointment, *, may_read: bool) -> str:
    """Why an appointment was cancelled: what staff wrote for the parent, else the practice's words for the code."""
    coded = next(
        (each.parent_text for each in with_own(unit.settings.cancel_reasons) if each.code == seen.cancel_code), ""
    )
    return (seen.cancel_text if may_read else "") or coded


def _check_may_book(unit: Unit, patient_id: PatientId) -> None:
    subject = _own_patients(unit).get(patient_id, PatientSubject(None))
    verdict = may(unit.actor, Action.ASK, subject, unit.time.day_of(unit.now))
    if verdict is Verdict.NO_BOOKING:
        raise NotAllowed(_("You are not registered to book for this child. Please call the practice."))
    if not verdict:
        raise NotFound(_("This child is not registered with you. Please call the practice."))


def _own_patients(unit: Unit) -> dict[PatientId, PatientSubject]:
    """Every patient the contact was ever anything to."""
    rows = unit.rows(_RIGHTS, {"contact": unit.actor.contact_id})
    return {row.patient_id: PatientSubject(relation_of(row), is_present=row.is_present) for row in rows}
