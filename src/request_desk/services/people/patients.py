"""Patients and who asks for them: finding by typing, cards with look-alikes, contacts and their rights; changes are in `registration`."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, case, false, func, literal, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from request_desk.domain.access import ActorKind, Permission, a_contact
from request_desk.domain.appointments import NOBODY
from request_desk.domain.directory import (
    Channel,
    Contact,
    ContactPoint,
    OptOut,
    OptOutSource,
    Patient,
    PatientState,
    Relation,
)
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import ContactId, PatientId
from request_desk.domain.paging import Page
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import PatientCard
from request_desk.domain.search import PHONE_FROM, fold, person_terms, query_terms
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.store import schema

_ALIKE_FAMILY: Final = 0.85
_ALIKE: Final = 0.72  # of difflib's ratio: Jaxon and Jackson are alike, Jaxon and Mason are not
_SHOWN: Final = 5  # look-alikes; more are no help
_MOST: Final = 100
_NEAR_MOST: Final = 500  # of one family name that are looked at

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
_BY_NAME = select(*patient).order_by(patient.family_name, patient.given_name, patient.id)
_state = case(
    (patient.merged_into_id.is_not(None), PatientState.MERGED.value),
    (patient.deceased, PatientState.DECEASED.value),
    (patient.active, PatientState.ACTIVE.value),
    else_=PatientState.MOVED.value,
)
_THEIR_PATIENTS = (
    select(relation.contact_id, patient.given_name, patient.family_name)
    .select_from(schema.contact_patient.join(schema.patient, patient.id == relation.patient_id))
    .where(relation.contact_id.in_(bindparam("contacts", expanding=True)))
    .order_by(relation.contact_id, patient.birth_day, patient.id)
)
_CONTACT = select(*contact).where(contact.id == bindparam("which"))
_POINTS = select(*point).where(point.contact_id == bindparam("which")).order_by(point.id)
_OPT_OUTS = (
    select(schema.opt_out.c.channel, schema.opt_out.c.source, schema.opt_out.c.at)
    .where(schema.opt_out.c.contact_id == bindparam("which"))
    .order_by(schema.opt_out.c.channel)
)
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
    state: PatientState = PatientState.ACTIVE

    @property
    def name(self) -> str:
        return full_name(self.given_name, self.family_name)


@dataclass(frozen=True, slots=True)
class ContactHit:
    """A contact who was found, with the patients that tell people of one name apart."""

    id: ContactId
    name: str
    patients: tuple[str, ...]


class PatientOrder(StrEnum):
    """How patients are listed."""

    NAME = "name"
    BORN = "born"


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
    """Return the patients who are seen here and fit what is typed (see `_fits`), by name."""
    unit.require(Permission.VIEW_PATIENTS)
    fits = _fits(unit, text)
    if not fits:
        return ()
    return _hits(unit, _BY_NAME.where(patient.active, *fits).limit(min(limit, _MOST)))


def list_page(
    unit: Unit,
    text: str = "",
    states: Collection[PatientState] = (),
    order: PatientOrder = PatientOrder.NAME,
    *,
    descending: bool = False,
    after: int | None = None,
    limit: int = _MOST,
) -> Page[PatientHit]:
    """Return a page of the patients behind the one with the id `after`; no text and no states leave nobody out."""
    unit.require(Permission.VIEW_PATIENTS)
    limit = min(limit, _MOST)
    columns = {
        PatientOrder.NAME: (patient.family_name, patient.given_name, patient.id),
        PatientOrder.BORN: (patient.birth_day, patient.id),
    }[order]
    by = (each.desc() if descending else each for each in columns)
    statement = select(*patient).where(patient.id != NOBODY).order_by(*by).limit(limit + 1)
    fits = _fits(unit, text)
    if text.strip() and not fits:
        return Page((), None)
    if states:
        statement = statement.where(_state.in_(states))
    if after is not None:
        last = select(*columns).where(patient.id == after)
        here = tuple_(*columns)
        statement = statement.where(here < last.scalar_subquery() if descending else here > last.scalar_subquery())
    hits = _hits(unit, statement.where(*fits))
    return Page(hits[:limit], hits[limit - 1].id if len(hits) > limit else None)


def find_contacts(unit: Unit, text: str, limit: int = 20) -> tuple[ContactHit, ...]:
    """Return the contacts who fit what is typed: name, part of a telephone number, address; by name."""
    unit.require(Permission.VIEW_PATIENTS)
    terms = person_terms(text, month_first=unit.words.is_month_first)
    if not terms:
        return ()
    alike = [or_(_begins(contact.search, term), contact.id.in_(_owners(term))) for term in terms]
    by_name = contact.family_name, contact.given_name, contact.id
    rows = unit.rows(select(*contact).where(contact.active, *alike).order_by(*by_name).limit(min(limit, _MOST)))
    ids = [row.id for row in rows]
    theirs: dict[int, list[str]] = {}
    for row in unit.rows(_THEIR_PATIENTS, {"contacts": ids}) if ids else ():
        theirs.setdefault(row.contact_id, []).append(full_name(row.given_name, row.family_name))
    return tuple(
        ContactHit(ContactId(row.id), full_name(row.given_name, row.family_name), tuple(theirs.get(row.id, ())))
        for row in rows
    )


def alike(unit: Unit, given_name: str, family_name: str, birth_day: date) -> tuple[PatientHit, ...]:
    """Return who may be meant by these: the same name as it is folded, or the same day of birth and family name."""
    unit.require(Permission.VIEW_PATIENTS)
    family = [_begins(patient.search, term) for term in query_terms(family_name)]
    if not family:
        return ()
    near = _hits(unit, _BY_NAME.where(patient.merged_into_id.is_(None), *family).limit(_NEAR_MOST))
    given, surname = fold(given_name), fold(family_name)
    return tuple(
        hit
        for hit in near
        if fold(hit.family_name) == surname and (fold(hit.given_name) == given or hit.birth_day == birth_day)
    )[:_SHOWN]


def state_of(row: Row[Any]) -> PatientState:
    """Return the state of a row that has a patient's columns."""
    if row.merged_into_id is not None:
        return PatientState.MERGED
    if row.deceased:
        return PatientState.DECEASED
    return PatientState.ACTIVE if row.active else PatientState.MOVED


def patient_of(unit: Unit, patient_id: PatientId) -> Patient:
    """Return one patient."""
    unit.require(Permission.VIEW_PATIENTS)
    return _view(row_of(unit, patient_id))


def row_of(unit: Unit, patient_id: PatientId) -> Row[Any]:
    """Return a patient's row; raise NotFound."""
    row = unit.first(_PATIENT, {"which": patient_id})
    if row is None:
        raise NotFound(_("This patient is not there any more. Reload to see the present state."))
    return row


def card(unit: Unit, patient_id: PatientId) -> PatientCard:
    """Return who a request is for, with other patients of a like name (ACT2, ACT4)."""
    unit.require(Permission.VIEW_PATIENTS)
    row = row_of(unit, patient_id)
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


def to_call(unit: Unit, patient_id: PatientId) -> tuple[tuple[str, str], ...]:
    """Return name and first number of those who may hear of a patient and have a telephone."""
    unit.require(Permission.VIEW_PATIENTS)
    today = unit.time.day_of(unit.now)
    standing = [each for each in relations(unit, patient_id) if each.stands(today)]
    people = [contact_of(unit, each.contact_id) for each in standing]
    return tuple((each.name, each.phones[0]) for each in people if each.active and each.phones)


def contact_of(unit: Unit, contact_id: ContactId) -> Contact:
    """Return one contact with addresses and numbers, in the order they were registered."""
    if not (unit.actor.kind is ActorKind.CONTACT and unit.actor.id == contact_id):
        unit.require(Permission.VIEW_PATIENTS)
    row = unit.first(_CONTACT, {"which": contact_id})
    if row is None:
        raise NotFound(_("This contact is not there any more. Reload to see the present state."))
    points = tuple(
        ContactPoint(each.id, Channel(each.channel), each.value, each.verified_at is not None, each.takes_texts)
        for each in unit.rows(_POINTS, {"which": contact_id})
        if each.value  # an address that was taken away; notices name it
    )
    return Contact(
        ContactId(row.id),
        row.given_name,
        row.family_name,
        row.language,
        points,
        row.active,
        row.version,
        row.opted_out,
        opt_outs_of(unit, contact_id),
    )


def opt_outs_of(unit: Unit, contact_id: ContactId) -> tuple[OptOut, ...]:
    """Return over which channels a contact wants nothing, by channel."""
    return tuple(
        OptOut(Channel(each.channel), OptOutSource(each.source), each.at)
        for each in unit.rows(_OPT_OUTS, {"which": contact_id})
    )


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
    row, today = row_of(unit, patient_id), unit.time.day_of(unit.now)
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


def _owners(term: str) -> Select[Any]:
    """The contacts with a number that has these digits somewhere, or an address that begins like this."""
    if "@" in term:
        return select(point.contact_id).where(func.lower(point.lookup).startswith(term, autoescape=True))
    is_number = term.isascii() and term.isdigit() and len(term) >= PHONE_FROM
    has_digits = point.lookup.contains(term, autoescape=True) if is_number else false()
    return select(point.contact_id).where(point.channel == Channel.PHONE, has_digits)


def _fits(unit: Unit, text: str) -> list[ColumnElement[bool]]:
    """What each word typed asks: that name or birth day of the patient or a contact's name, number or address has it."""
    found: list[ColumnElement[bool]] = []
    for term in person_terms(text, month_first=unit.words.is_month_first):
        theirs = (
            select(relation.patient_id)
            .select_from(schema.contact_patient.join(schema.contact, contact.id == relation.contact_id))
            .where(contact.active, or_(_begins(contact.search, term), contact.id.in_(_owners(term))))
        )
        found.append(or_(_begins(patient.search, term), patient.id.in_(theirs)))
    return found


def _hits(unit: Unit, statement: Select[Any]) -> tuple[PatientHit, ...]:
    found = unit.rows(statement)
    contacts = first_contacts(unit, [row.id for row in found])
    return tuple(
        PatientHit(
            PatientId(row.id),
            row.given_name,
            row.family_name,
            row.birth_day,
            row.household_id,
            *contacts.get(row.id, ("", "")),
            state_of(row),
        )
        for row in found
    )


def first_contacts(unit: Unit, patient_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
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


def _view(row: Row[Any]) -> Patient:
    return Patient(
        PatientId(row.id), row.given_name, row.family_name, row.birth_day, row.household_id, row.active, row.version
    )
