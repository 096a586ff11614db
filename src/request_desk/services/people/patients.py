"""Patients and who asks for them: finding by typing, cards with look-alikes, contacts and their rights; changes come with imports."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from request_desk.domain.access import ActorKind, Permission, a_contact
from request_desk.domain.directory import Channel, Contact, ContactPoint, Patient, Relation
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import ContactId, PatientId
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import PatientCard
from request_desk.domain.search import fold, query_terms
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.store import schema

_ALIKE_FAMILY: Final = 0.85
_ALIKE: Final = 0.72  # of difflib's ratio: Jaxon and Jackson are alike, Jaxon and Mason are not
_SHOWN: Final = 5  # look-alikes; more are no help
_MOST: Final = 100

patient, contact, relation, point = schema.patient.c, schema.contact.c, schema.contact_patient.c, schema.contact_point.c
_PATIENT = select(*patient).where(patient.id == bindparam("which"))
_ALL_RELATIONS = select(*relation).order_by(relation.patient_id, relation.contact_id)
_RELATIONS = _ALL_RELATIONS.where(relation.patient_id == bindparam("patient"))
_RIGHTS = _ALL_RELATIONS.where(relation.contact_id == bindparam("contact"), relation.patient_id == bindparam("patient"))
_IS_VALID = or_(relation.valid_until.is_(None), relation.valid_until >= bindparam("today"))
_CHILDREN = (
    select(
        *patient,
        relation.contact_id,
        relation.patient_id,
        relation.relation,
        relation.may_book,
        relation.may_see_messages,
        relation.gets_notices,
        relation.valid_until,
    )
    .select_from(schema.contact_patient.join(schema.patient, patient.id == relation.patient_id))
    .where(relation.contact_id == bindparam("contact"), patient.active, _IS_VALID)
    .order_by(patient.birth_day, patient.given_name, patient.id)
)
_HOUSEHOLD = (
    select(*patient)
    .where(
        patient.household_id == select(patient.household_id).where(patient.id == bindparam("which")).scalar_subquery(),
        patient.active,
    )
    .order_by(patient.birth_day, patient.given_name, patient.id)
)
_CONTACT = select(*contact).where(contact.id == bindparam("which"))
_POINTS = select(*point).where(point.contact_id == bindparam("which")).order_by(point.id)
_NEAR = (
    select(patient.id, patient.given_name, patient.family_name, patient.birth_day)
    .where(
        or_(patient.birth_day == bindparam("born"), patient.family_name == bindparam("family")),
        patient.id != bindparam("which"),
        patient.active,
    )
    .order_by(patient.id)
)


@dataclass(frozen=True, slots=True)
class PatientHit:
    """A patient who was found, with one contact and number to tell families apart."""

    id: PatientId
    given_name: str
    family_name: str
    birth_day: date
    household_id: int
    contact_name: str
    phone: str

    @property
    def name(self) -> str:
        return full_name(self.given_name, self.family_name)


@dataclass(frozen=True, slots=True)
class Child:
    """A patient for whom a contact may act, and how."""

    patient: Patient
    relation: Relation


@dataclass(frozen=True, slots=True)
class Agreeing:
    """Somebody who may agree to an act for a patient."""

    contact_id: ContactId
    name: str
    relation: str
    phone: str


def find(unit: Unit, text: str, limit: int = 20) -> tuple[PatientHit, ...]:
    """Return the patients whose name, birth date, parent or telephone number begins like each word typed, by name."""
    unit.require(Permission.VIEW_PATIENTS)
    terms = query_terms(text)
    if not terms:
        return ()
    alike = [_begins(patient.search, term) for term in terms]
    of_parent = [or_(_begins(contact.search, term), _ends_number(term)) for term in terms]
    parents = (
        select(relation.patient_id)
        .select_from(
            schema.contact_patient.join(schema.contact, contact.id == relation.contact_id).outerjoin(
                schema.contact_point, and_(point.contact_id == contact.id, point.channel == Channel.PHONE)
            )
        )
        .where(*of_parent, contact.active)
    )
    statement = (
        select(*patient)
        .where(patient.active, or_(and_(*alike), patient.id.in_(parents)))
        .order_by(patient.family_name, patient.given_name, patient.id)
        .limit(min(limit, _MOST))
    )
    found = unit.rows(statement)
    contacts = _first_contacts(unit, [row.id for row in found])
    return tuple(
        PatientHit(
            PatientId(row.id),
            row.given_name,
            row.family_name,
            row.birth_day,
            row.household_id,
            *contacts.get(row.id, ("", "")),
        )
        for row in found
    )


def patient_of(unit: Unit, patient_id: PatientId) -> Patient:
    """Return one patient."""
    unit.require(Permission.VIEW_PATIENTS)
    return _view(_one(unit, patient_id))


def card(unit: Unit, patient_id: PatientId) -> PatientCard:
    """Return who a request is for, with other patients of a like name (ACT2, ACT4)."""
    unit.require(Permission.VIEW_PATIENTS)
    row = _one(unit, patient_id)
    alike, born = _look_alikes(unit, row)
    return PatientCard(
        PatientId(row.id),
        row.given_name,
        row.family_name,
        row.birth_day,
        row.household_id,
        alike,
        born,
        row.custody_note,
    )


def contact_of(unit: Unit, contact_id: ContactId) -> Contact:
    """Return one contact with addresses and numbers, in the order they were registered."""
    if not (unit.actor.kind is ActorKind.CONTACT and unit.actor.id == contact_id):
        unit.require(Permission.VIEW_PATIENTS)
    row = unit.first(_CONTACT, {"which": contact_id})
    if row is None:
        raise NotFound(_("This contact is not there any more. Reload to see the present state."))
    points = tuple(
        ContactPoint(each.id, Channel(each.channel), each.value, each.verified_at is not None)
        for each in unit.rows(_POINTS, {"which": contact_id})
    )
    return Contact(ContactId(row.id), row.given_name, row.family_name, row.language, points, row.active, row.version)


def relations(unit: Unit, patient_id: PatientId) -> tuple[Relation, ...]:
    """Return who may ask for a patient, ended rights too."""
    unit.require(Permission.VIEW_PATIENTS)
    return tuple(relation_of(row) for row in unit.rows(_RELATIONS, {"patient": patient_id}))


def rights(unit: Unit, contact_id: ContactId, patient_id: PatientId) -> Relation | None:
    """Return what a contact may do for a patient today; None when nothing."""
    if not (unit.actor.kind is ActorKind.CONTACT and unit.actor.id == contact_id):
        unit.require(Permission.VIEW_PATIENTS)
    row = unit.first(_RIGHTS, {"contact": contact_id, "patient": patient_id})
    found = None if row is None else relation_of(row)
    return found if found is not None and found.stands(unit.time.day_of(unit.now)) else None


def children(unit: Unit, contact_id: ContactId) -> tuple[Child, ...]:
    """Return for whom a contact may act today, the oldest first."""
    if not (unit.actor.kind is ActorKind.CONTACT and unit.actor.id == contact_id):
        unit.require(Permission.VIEW_PATIENTS)
    rows = unit.rows(_CHILDREN, {"contact": contact_id, "today": unit.time.day_of(unit.now)})
    return tuple(Child(_view(row), relation_of(row)) for row in rows)


def relation_of(row: Row[Any]) -> Relation:
    """Return the relation of a row that has its columns."""
    return Relation(
        ContactId(row.contact_id),
        PatientId(row.patient_id),
        row.relation,
        row.may_book,
        row.may_see_messages,
        row.gets_notices,
        row.valid_until,
    )


def may_agree(unit: Unit, patient_id: PatientId) -> tuple[Agreeing, ...]:
    """Return who of the household has the right to book for a patient today, by name (ACT14)."""
    unit.require(Permission.VIEW_PATIENTS)
    row, today = _one(unit, patient_id), unit.time.day_of(unit.now)
    found = []
    for relation_ in relations(unit, patient_id):
        if not may(a_contact(relation_.contact_id), Action.BOOK, PatientSubject(relation_, row.birth_day), today):
            continue
        who = contact_of(unit, relation_.contact_id)
        if who.active:
            number = next((each.value for each in who.points if each.channel is Channel.PHONE), "")
            phone = unit.words.phone(number) if number else ""
            found.append(Agreeing(who.id, who.name, relation_.relation, phone))
    return tuple(sorted(found, key=lambda each: each.name))


def household(unit: Unit, patient_id: PatientId) -> tuple[Patient, ...]:
    """Return the patients of one household, this one too, the oldest first."""
    unit.require(Permission.VIEW_PATIENTS)
    return tuple(_view(row) for row in unit.rows(_HOUSEHOLD, {"which": patient_id}))


def _begins(column: ColumnElement[str], term: str) -> ColumnElement[bool]:
    # Stored words are folded and separated by spaces; a term holds letters, digits and marks only.
    return (literal(" ") + column).contains(f" {term}", autoescape=True)


def _ends_number(term: str) -> ColumnElement[bool]:
    digits = term if term.isascii() and term.isdigit() and len(term) >= 4 else ""
    return point.lookup.endswith(digits, autoescape=True) if digits else literal(1) == literal(0)


def _first_contacts(unit: Unit, patient_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """For each patient the first contact who may still act, with a number."""
    if not patient_ids:
        return {}
    number = (
        select(point.value)
        .where(point.contact_id == contact.id, point.channel == Channel.PHONE)
        .order_by(point.id)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(relation.patient_id, contact.given_name, contact.family_name, func.coalesce(number, "").label("phone"))
        .select_from(schema.contact_patient.join(schema.contact, contact.id == relation.contact_id))
        .where(relation.patient_id.in_(patient_ids), contact.active, _IS_VALID)
        .order_by(relation.patient_id, relation.may_book.desc(), contact.id)
    )
    result: dict[int, tuple[str, str]] = {}
    for row in unit.rows(statement, {"today": unit.time.day_of(unit.now)}):
        result.setdefault(row.patient_id, (full_name(row.given_name, row.family_name), row.phone))
    return result


def _look_alikes(unit: Unit, row: Row[Any]) -> tuple[tuple[str, ...], int]:
    """Patients with a name that is taken for this one, and how many others were only born on the same day."""
    near: list[tuple[float, str]] = []
    born = 0
    given, family = fold(row.given_name), fold(row.family_name)
    for other in unit.rows(_NEAR, {"which": row.id, "born": row.birth_day, "family": row.family_name}):
        name = fold(other.given_name)
        likeness = _likeness(given, name) if _likeness(family, fold(other.family_name)) >= _ALIKE_FAMILY else 0.0
        is_twin = other.birth_day == row.birth_day
        if likeness < _ALIKE:
            born += is_twin
        else:
            words = f"{full_name(other.given_name, other.family_name)}, {unit.words.birth(other.birth_day)}"
            near.append((likeness + is_twin, words))
    return tuple(words for _rank, words in sorted(near, key=lambda each: (-each[0], each[1]))[:_SHOWN]), born


def _likeness(one: str, other: str) -> float:
    """How alike two given names look, 0 to 1; names that begin differently are not mistaken for each other."""
    if one[:1] != other[:1]:
        return 0.0
    return difflib.SequenceMatcher(None, one, other).ratio()


def _one(unit: Unit, patient_id: PatientId) -> Row[Any]:
    row = unit.first(_PATIENT, {"which": patient_id})
    if row is None:
        raise NotFound(_("This patient is not there any more. Reload to see the present state."))
    return row


def _view(row: Row[Any]) -> Patient:
    return Patient(
        PatientId(row.id), row.given_name, row.family_name, row.birth_day, row.household_id, row.active, row.version
    )
