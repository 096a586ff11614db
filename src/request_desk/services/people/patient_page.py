"""A patient in full: who asks for them with which rights, the household, appointments and requests; changes are in `registration`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.directory import Contact, Patient, PatientState, Relation
from request_desk.domain.freed_slots import WaitlistEntry
from request_desk.domain.ids import PatientId, RequestId
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.domain.words import full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.services.people import patients
from request_desk.services.schedule import queries as schedule_queries, waitlist
from request_desk.store import schema

_REQUESTS_SHOWN: Final = 50

_request, _contact, _type, _appointment = schema.request, schema.contact, schema.appointment_type, schema.appointment
_REQUESTS = (
    select(
        _request.c.id,
        _request.c.kind,
        _request.c.state,
        _request.c.arrived_at,
        _contact.c.given_name,
        _contact.c.family_name,
        func.coalesce(_type.c.name, "").label("type_name"),
    )
    .select_from(
        _request.join(_contact, _contact.c.id == _request.c.contact_id).outerjoin(
            _type, _type.c.id == _request.c.type_id
        )
    )
    .where(_request.c.patient_id == bindparam("patient"))
    .order_by(_request.c.arrived_at.desc(), _request.c.id.desc())
    .limit(_REQUESTS_SHOWN)
)
_NO_SHOWS = select(func.count()).where(
    _appointment.c.patient_id == bindparam("patient"), _appointment.c.status == AppointmentStatus.NO_SHOW
)


@dataclass(frozen=True, slots=True)
class Related:
    """Who asks for the patient, and what they may do; `stands` tells whether they still may."""

    contact: Contact
    relation: Relation
    stands: bool


@dataclass(frozen=True, slots=True)
class PatientRequest:
    """A request about the patient, in one line."""

    id: RequestId
    kind: RequestKind
    state: RequestState
    arrived_at: datetime
    contact_name: str
    type_name: str


@dataclass(frozen=True, slots=True)
class PatientView:
    """A patient with everything around them; `ahead` is ordered by start, `past` the latest first."""

    patient: Patient
    state: PatientState
    custody_note: str
    needs_interpreter: bool
    contacts: tuple[Related, ...]
    siblings: tuple[Patient, ...]
    ahead: tuple[Appointment, ...]
    past: tuple[Appointment, ...]
    requests: tuple[PatientRequest, ...]
    no_shows: int
    waits: tuple[WaitlistEntry, ...] = ()


def open_patient(unit: Unit, patient_id: PatientId) -> PatientView:
    """Return a patient with everything around them, of the requests those that the actor may see; for a duplicate who was kept."""
    unit.require(Permission.VIEW_PATIENTS)
    row = patients.row_of(unit, patient_id)
    if row.merged_into_id is not None:
        return open_patient(unit, PatientId(row.merged_into_id))
    appointments = schedule_queries.of_patient(unit, patient_id)
    ahead = [
        each for each in appointments if each.ends_at > unit.now and each.status is not AppointmentStatus.CANCELLED
    ]
    return PatientView(
        patient=patients.patient_of(unit, patient_id),
        state=patients.state_of(row),
        custody_note=row.custody_note,
        needs_interpreter=row.needs_interpreter,
        contacts=_related(unit, patient_id),
        siblings=tuple(each for each in patients.household(unit, patient_id) if each.id != patient_id),
        ahead=tuple(reversed(ahead)),
        past=tuple(each for each in appointments if each not in ahead),
        requests=_requests(unit, patient_id),
        no_shows=int(unit.value(_NO_SHOWS, {"patient": patient_id})),
        waits=waitlist.of_patient(unit, patient_id),
    )


def _related(unit: Unit, patient_id: PatientId) -> tuple[Related, ...]:
    """Those who still may something first, of them those who may book."""
    today = unit.time.day_of(unit.now)
    found = [
        Related(patients.contact_of(unit, each.contact_id), each, each.stands(today))
        for each in patients.relations(unit, patient_id)
    ]
    return tuple(sorted(found, key=lambda each: (not each.stands, not each.relation.may_book, each.contact.id)))


def _requests(unit: Unit, patient_id: PatientId) -> tuple[PatientRequest, ...]:
    scope = request_scope.in_scope(unit)
    statement: Any = _REQUESTS if scope is None else _REQUESTS.where(scope)
    return tuple(
        PatientRequest(
            RequestId(row.id),
            RequestKind(row.kind),
            RequestState(row.state),
            row.arrived_at,
            full_name(row.given_name, row.family_name),
            row.type_name,
        )
        for row in unit.rows(statement, {"patient": patient_id})
    )
