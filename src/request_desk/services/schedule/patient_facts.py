"""The limits of a type for one patient, who is read in one statement and only for a type that has rules; no permission is asked here."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Text, bindparam, exists, func, select

from request_desk.domain import schedule
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.booking_rules import PatientFacts, broken_rules, possible_days
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Invalid, Limit, NotFound
from request_desk.domain.ids import LocationId, PatientId
from request_desk.domain.spans import Slot
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.schedule.slots import LocationFacts, time_of
from request_desk.store import schema

_patient, _appointment, _type = schema.patient.c, schema.appointment.c, schema.appointment_type.c
_same_group = (_appointment.type_id == bindparam("type_id")) | (
    (_type.rest_group != "") & (_type.rest_group == bindparam("rest_group", type_=Text))
)
_own = (
    _appointment.patient_id == bindparam("patient_id"),
    # Spelled so that no index over states is taken: a patient has a handful of appointments, the practice a million that are over.
    _appointment.status.concat("") == AppointmentStatus.COMPLETED,
)
_FACTS = select(
    _patient.given_name,
    _patient.family_name,
    _patient.birth_day,
    _patient.needs_interpreter,
    exists().where(*_own).label("was_here"),
    select(func.max(_appointment.starts_at))
    .select_from(schema.appointment.join(schema.appointment_type, _type.id == _appointment.type_id))
    .where(*_own, _same_group)
    .scalar_subquery()
    .label("last_completed_at"),
).where(_patient.id == bindparam("patient_id"))


def facts_of(unit: Unit, type_: AppointmentType, patient_id: PatientId | None) -> PatientFacts | None:
    """Return what the type's rules ask of a patient; None where it has no rules or nobody is chosen yet."""
    rules = type_.booking_rules
    if patient_id is None or not rules:
        return None
    asked = {"patient_id": patient_id, "type_id": type_.id, "rest_group": rules.rest_group}
    row = unit.first(_FACTS, asked)
    if row is None:
        raise NotFound(_("This patient is not there. Reload to see the present state."))
    return PatientFacts(
        name=full_name(row.given_name, row.family_name),
        birth_day=row.birth_day,
        is_new=not row.was_here,
        needs_interpreter=row.needs_interpreter,
        last_completed_at=row.last_completed_at,
    )


def limits_of_type(
    unit: Unit,
    type_: AppointmentType,
    slot: Slot,
    zone: str,
    patient: PatientFacts | None,
    moved: Appointment | None = None,
) -> tuple[Limit, ...]:
    """Return each limit of the type that a booking, or the move of `moved`, breaks; `zone` is that of the place."""
    found = schedule.limits(
        type_, starts_at=slot.starts_at, provider_id=slot.provider_id, now=unit.now, words=unit.words, moved=moved
    )
    return (*found, *broken_rules(type_, patient, slot.starts_at, unit.words.at(zone)))


def is_over(unit: Unit, type_: AppointmentType, patient: PatientFacts | None) -> bool:
    """Tell whether the rules leave the patient no day any more: there is nothing to look for."""
    last = None if patient is None else possible_days(type_, patient, unit.time)[1]
    return last is not None and last < unit.time.day_of(unit.now)


def obeying(
    unit: Unit,
    locations: Mapping[LocationId, LocationFacts],
    type_: AppointmentType,
    patient: PatientFacts | None,
    found: list[Slot],
) -> list[Slot]:
    """Return those slots that break no rule of the type for the patient, by the clock of their place."""
    if patient is None:
        return found
    days = {
        place.id: (time_of(unit, place.zone), *possible_days(type_, patient, time_of(unit, place.zone)))
        for place in locations.values()
    }

    def obeys(slot: Slot) -> bool:
        zone, first, last = days[slot.location_id]
        day = zone.day_of(slot.starts_at)
        return (first is None or first <= day) and (last is None or day <= last)

    return [each for each in found if obeys(each)]


def is_out_of_reach(unit: Unit, type_: AppointmentType, patient: PatientFacts | None) -> datetime | None:
    """Return a time that shows why the patient cannot have the type as far ahead as parents may book, None where they can."""
    if patient is None:
        return None
    first = possible_days(type_, patient, unit.time)[0]
    last = schedule.latest(type_.maximum_advance, unit.now, unit.time)
    if is_over(unit, type_, patient):
        return unit.now
    return last if first is not None and first > unit.time.day_of(last) else None


def check_for_parent(unit: Unit, type_: AppointmentType, patient_id: PatientId, starts: Iterable[datetime]) -> None:
    """Raise Invalid when the patient cannot have the type at one of the times asked for, or at none at all: nobody but staff
    overrules that (AP7).
    """
    patient = facts_of(unit, type_, patient_id)
    never = is_out_of_reach(unit, type_, patient)
    for at in (*(() if never is None else (never,)), *starts):
        told = " ".join(limit.sentence for limit in broken_rules(type_, patient, at, unit.words))
        if told:
            raise Invalid(
                _("{rules} Choose another time or another kind of visit, or call us.").format(rules=told),
                field="Preferred times",
            )
