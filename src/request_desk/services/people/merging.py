"""Two records of one patient become one: everything of the duplicate goes to the record that is kept, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Table, bindparam, select, update

from request_desk.domain.access import Permission
from request_desk.domain.appointments import NOBODY, Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotFound, Refused, UndoRefused
from request_desk.domain.ids import PatientId, RequestId
from request_desk.domain.words import _, full_name, safe_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import handling
from request_desk.services.people.patient_page import PatientView, open_patient
from request_desk.store import schema

_BLOCKING: Final = (AppointmentStatus.CONFIRMED, AppointmentStatus.HELD)

patient, request, relation = schema.patient.c, schema.request.c, schema.contact_patient.c
_PATIENT = select(*patient).where(patient.id == bindparam("which")).with_for_update()
_APPOINTMENTS = select(schema.appointment.c.id).where(schema.appointment.c.patient_id == bindparam("of"))
_REQUESTS = select(request.id, request.household_id).where(request.patient_id == bindparam("of"))
_WAITS = select(schema.waitlist_entry.c.id).where(schema.waitlist_entry.c.patient_id == bindparam("of"))
_CONTACTS = select(relation.contact_id).where(relation.patient_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Taken:
    """What was moved from the duplicate, by id, so that it can go back; requests with the household that they had."""

    appointments: tuple[int, ...]
    requests: tuple[tuple[int, int], ...]
    contacts: tuple[int, ...]
    custody_note: str  # of the kept one, before
    needs_interpreter: bool  # the same
    was_active: bool  # the duplicate
    waits: tuple[int, ...] = ()  # entries of the waiting list


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both records side by side; `at_once` are pairs of appointments at the same time, which keep them apart."""

    kept: PatientView
    other: PatientView
    at_once: tuple[tuple[Appointment, Appointment], ...]


def compare(unit: Unit, kept_id: PatientId, other_id: PatientId) -> Comparison:
    """Return two records of perhaps one patient side by side. Raises Refused for one and the same."""
    unit.require(Permission.VIEW_PATIENTS)
    kept, other = open_patient(unit, kept_id), open_patient(unit, other_id)
    if kept.patient.id == other.patient.id:
        raise Refused(_("This is one and the same patient. Choose two."))
    pairs = tuple(
        (one, two)
        for one in kept.ahead
        for two in other.ahead
        if {one.status, two.status} <= set(_BLOCKING) and one.starts_at < two.ends_at and two.starts_at < one.ends_at
    )
    return Comparison(kept, other, pairs)


def merge(unit: Unit, kept_id: PatientId, other_id: PatientId, *, expect_version: int, other_version: int) -> PatientId:
    """Move appointments, requests with their letters and notes, and contacts of a duplicate to the record that is kept.

    Who is a contact of both keeps the rights at the kept one; custody notes are joined, and an interpreter stays needed. The duplicate stays as merged. Raises
    Conflict when one of them has changed, Refused when both have a visit at the same time. Can be undone within the grace time.
    """
    unit.require(Permission.CHANGE_PATIENTS)
    rows = {each: _locked(unit, each) for each in sorted((kept_id, other_id))}
    found = compare(unit, kept_id, other_id)
    if found.at_once:
        one, two = found.at_once[0]
        told = _(
            "Both have a visit at the same time: {one} with {first} and {two} with {second}. Cancel one of them first."
        )
        words = unit.words
        raise Refused(
            told.format(
                one=words.at(one.zone).moment(one.starts_at),
                first=one.provider_name,
                two=words.at(two.zone).moment(two.starts_at),
                second=two.provider_name,
            )
        )
    taken = _taken(unit, rows[kept_id], rows[other_id])
    notes = (rows[kept_id].custody_note, rows[other_id].custody_note)
    note = "\n".join(dict.fromkeys(filter(None, notes)))
    needs = rows[kept_id].needs_interpreter or rows[other_id].needs_interpreter
    kept = unit.change(schema.patient, kept_id, expect_version, custody_note=note, needs_interpreter=needs)
    other = unit.change(schema.patient, other_id, other_version, active=False, merged_into_id=kept_id)
    _move(unit, taken, other_id, kept_id, dict.fromkeys((each for each, _was in taken.requests), kept.household_id))
    unit.record("merged_patient", Topic.PATIENT, other_id, into=kept_id)
    unit.record("took_over_patient", Topic.PATIENT, kept_id, merged=other_id)
    unit.offer_undo(
        _("{name} merged").format(name=safe_name(full_name(kept.given_name, kept.family_name))),
        unmerge,
        kept_id,
        other_id,
        taken,
        expect_version=kept.version,
        other_version=other.version,
        until=unit.now + unit.grace,
    )
    return kept_id


def unmerge(
    unit: Unit,
    kept_id: PatientId,
    other_id: PatientId,
    taken: Taken,
    *,
    expect_version: int,
    other_version: int,
    until: datetime,
) -> PatientId:
    """Take a merge back: what was moved goes back, what has come since stays with the kept one."""
    unit.require(Permission.CHANGE_PATIENTS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this: the two records stay one."))
    own = {"custody_note": taken.custody_note, "needs_interpreter": taken.needs_interpreter}
    unit.change(schema.patient, kept_id, expect_version, **own)
    unit.change(schema.patient, other_id, other_version, active=taken.was_active, merged_into_id=None)
    _move(unit, taken, kept_id, other_id, dict(taken.requests))
    unit.record("unmerged_patient", Topic.PATIENT, other_id, out_of=kept_id)
    unit.record("gave_back_patient", Topic.PATIENT, kept_id, merged=other_id)
    return other_id


def _locked(unit: Unit, patient_id: PatientId) -> Row[Any]:
    """A patient's row; bookings of them wait for this transaction."""
    row = unit.first(_PATIENT, {"which": patient_id})
    if row is None or patient_id == NOBODY:
        raise NotFound(_("This patient is not there any more. Reload to see the present state."))
    if row.merged_into_id is not None:
        raise Refused(_("This patient was merged with another one. Open that one instead."))
    return row


def _taken(unit: Unit, kept: Row[Any], other: Row[Any]) -> Taken:
    theirs = {row.contact_id for row in unit.rows(_CONTACTS, {"of": kept.id})}
    return Taken(
        tuple(row.id for row in unit.rows(_APPOINTMENTS, {"of": other.id})),
        tuple((row.id, row.household_id) for row in unit.rows(_REQUESTS, {"of": other.id})),
        tuple(row.contact_id for row in unit.rows(_CONTACTS, {"of": other.id}) if row.contact_id not in theirs),
        kept.custody_note,
        kept.needs_interpreter,
        other.active,
        tuple(row.id for row in unit.rows(_WAITS, {"of": other.id})),
    )


def _move(unit: Unit, taken: Taken, before: int, after: int, households: dict[int, int]) -> None:
    """Let what was taken be of another record; each moved thing tells its own windows."""
    _hand_over(unit, schema.appointment, taken.appointments, before, after)
    for appointment_id in taken.appointments:
        unit.record("changed_patient", Topic.APPOINTMENT, appointment_id, was=before, patient_id=after)
    _hand_over(unit, schema.waitlist_entry, taken.waits, before, after)
    for entry_id in taken.waits:
        unit.record("changed_patient", Topic.WAITLIST, entry_id, was=before, patient_id=after)
    _hand_over(unit, schema.request, tuple(households), before, after)
    for request_id, household_id in households.items():
        unit.run(update(schema.request).where(request.id == request_id).values(household_id=household_id))
        handling.find_again(unit, RequestId(request_id))
        unit.record("changed_patient", Topic.REQUEST, request_id, was=before, patient_id=after)
    for contact_id in taken.contacts:
        unit.run(
            update(schema.contact_patient)
            .where(relation.contact_id == contact_id, relation.patient_id == before)
            .values(patient_id=after)
        )


def _hand_over(unit: Unit, table: Table, ids: tuple[int, ...], before: int, after: int) -> None:
    if ids:
        unit.run(
            update(table)
            .where(table.c.id.in_(ids), table.c.patient_id == before)
            .values(patient_id=after, version=table.c.version + 1)
        )
