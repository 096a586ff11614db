"""Changes of patients and of who asks for them: new ones, what is known of them, relations and rights; reading is in `patients`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from request_desk.domain.access import Permission
from request_desk.domain.appointments import NOBODY, AppointmentStatus
from request_desk.domain.careful import Doubt, Doubtful
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel, PatientState, Relation
from request_desk.domain.errors import Invalid, NotFound, Problems, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, ContactId, PatientId, RequestId
from request_desk.domain.notices import BOOKING
from request_desk.domain.online_booking import NewFamily
from request_desk.domain.phones import parse_mobile
from request_desk.domain.search import index_person, index_text
from request_desk.domain.text import clean_name, clean_text, parse_birth_day, parse_date, parse_email, parse_phone
from request_desk.domain.words import _, full_name, safe_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import handling
from request_desk.services.notices import opt_outs, outbox
from request_desk.services.people import patients
from request_desk.services.portal import access as portal_access, manage_links
from request_desk.store import schema

PATIENT_NAMES: Final = ("Given name", "Family name")  # of the fields
MOBILE: Final = "Mobile phone for text messages"
CONTACT_NAMES: Final = ("Contact's given name", "Contact's family name")
Values = dict[str, Any]  # of columns
_NOTHING: Final[Values] = {}
_NOTE_LIMIT: Final = 500
_RELATION_LIMIT: Final = 40
_PHONES: Final = 5
_DAY: Final = timedelta(days=1)

patient, contact, relation, point = schema.patient.c, schema.contact.c, schema.contact_patient.c, schema.contact_point.c
_PATIENT = select(*patient).where(patient.id == bindparam("which")).with_for_update()
_CONTACT = select(*contact).where(contact.id == bindparam("which")).with_for_update()
_RELATION = select(*relation).where(
    relation.contact_id == bindparam("contact"), relation.patient_id == bindparam("patient")
)
_POINTS = (
    select(*point)
    .where(point.contact_id == bindparam("which"), point.channel == bindparam("over"))
    .order_by(point.verified_at.is_(None), point.id)
)
_MOBILE = select(point.lookup).where(point.contact_id == bindparam("which"), point.takes_texts).limit(1)
_REQUESTS = select(schema.request.c.id).order_by(schema.request.c.id)
_OF_PATIENT = _REQUESTS.where(schema.request.c.patient_id == bindparam("which"))
_OF_CONTACT = _REQUESTS.where(schema.request.c.contact_id == bindparam("which"))
_booked = schema.appointment.c
_TO_COME = (
    select(_booked.id, _booked.patient_id)
    .where(
        _booked.chain_id.in_(bindparam("chains", expanding=True)),
        _booked.status == AppointmentStatus.CONFIRMED,
        _booked.starts_at > bindparam("now"),
    )
    .order_by(_booked.starts_at, _booked.id)
)


@dataclass(frozen=True, slots=True)
class PatientDetails:
    """What is known of a patient; `birth_day` as it is typed."""

    given_name: str
    family_name: str
    birth_day: str
    custody_note: str = ""
    state: PatientState = PatientState.ACTIVE
    needs_interpreter: bool = False


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What is known of a contact; numbers and address as they are typed. Only a confirmed address gets codes and notices.

    `texts_to` is the mobile phone for text messages, which was read back to them; it is one of the phones whether it is written there
    as well or not. `off` are the channels over which they want nothing.
    """

    given_name: str
    family_name: str
    language: str = "en"
    phones: tuple[str, ...] = ()
    email: str = ""
    is_confirmed: bool = False
    opted_out: bool = False
    texts_to: str = ""
    off: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class RelationDetails:
    """What a contact is to a patient and may do; `valid_until` as it is typed, "" for no end."""

    relation: str
    may_book: bool = True
    may_see_messages: bool = True
    gets_notices: bool = True
    valid_until: str = ""


def add_patient(
    unit: Unit,
    new: PatientDetails,
    who: ContactDetails | ContactId,
    as_what: RelationDetails,
    *,
    sibling_of: PatientId | None = None,
    is_another: bool = False,
) -> PatientId:
    """Make a patient with a first contact, in the household of `sibling_of` or one of their own.

    Raises Invalid with every problem beside its field, and Doubtful naming those who look alike unless it is said that this
    `is_another`.
    """
    unit.require(Permission.CHANGE_PATIENTS)
    problems = Problems()
    values = problems.of(lambda: _patient_values(unit, new), _NOTHING)
    person = problems.of(lambda: _contact_values(unit, who), None) if isinstance(who, ContactDetails) else None
    rights = problems.of(lambda: _relation_values(unit, as_what), _NOTHING)
    problems.tell()
    if not is_another:
        _ask_who_it_is(unit, values)
    patient_id = PatientId(unit.new_id())
    household = patient_id if sibling_of is None else _patient(unit, sibling_of).household_id
    unit.insert(schema.patient, id=patient_id, household_id=household, **values)
    unit.record("added_patient", Topic.PATIENT, patient_id)
    contact_id = _insert_contact(unit, person) if person is not None else _known_contact(unit, who)
    _insert_relation(unit, contact_id, patient_id, rights)
    return patient_id


def register_online(unit: Unit, family: NewFamily, contact_id: ContactId, *, is_known: bool) -> PatientId:
    """Make the patient whom a contact has told of on the booking page, beside the contact's other children; `is_known` where there are any.

    A contact who is new is named and switched on, and the address that was proved by a code is confirmed. Who looks like a patient
    of the practice is made all the same: staff are warned, and a stranger learns nothing (ACT4). Raises Invalid with every problem.
    """
    unit.require(Permission.BOOK_ONLINE)
    problems = Problems()
    child = PatientDetails(family.child_given_name, family.child_family_name, family.birth_day)
    values = problems.of(lambda: _patient_values(unit, child), _NOTHING)
    rights = problems.of(lambda: _relation_values(unit, RelationDetails(family.relation)), _NOTHING)
    person = None if is_known else problems.of(lambda: _new_contact_values(unit, family), _NOTHING)
    problems.tell()
    patient_id = PatientId(unit.new_id())
    siblings = patients.children(unit, contact_id) if is_known else ()
    household = siblings[0].patient.household_id if siblings else patient_id
    unit.insert(schema.patient, id=patient_id, household_id=household, **values)
    unit.record("added_patient", Topic.PATIENT, patient_id)
    if person is not None:
        unit.change(schema.contact, contact_id, None, active=True, **person["person"])
        unit.run(update(schema.contact_point).where(point.contact_id == contact_id).values(verified_at=unit.now))
        for number in person["phones"]:
            _insert_point(unit, contact_id, Channel.PHONE, unit.words.phone(number), number, is_confirmed=False)
        unit.record("added_contact", Topic.PATIENT, contact_id)
    _insert_relation(unit, contact_id, patient_id, rights)
    return patient_id


def _new_contact_values(unit: Unit, family: NewFamily) -> Values:
    """A contact as it is told of on the booking page, where the telephone number is asked for and the address is proved already."""
    problems = Problems()
    details = ContactDetails(family.given_name, family.family_name, family.language, (family.phone,))
    values = problems.of(lambda: _contact_values(unit, details), _NOTHING)
    problems.of(lambda: _need_phone(family.phone), None)
    problems.tell()
    return values


def _need_phone(typed: str) -> None:
    if not typed.strip():
        raise Invalid(_("Please write a telephone number at which we can reach you."), field="Phones")


def save_patient(unit: Unit, patient_id: PatientId, new: PatientDetails, *, expect_version: int) -> int:
    """Change what is known of a patient and return the new version; can be undone."""
    unit.require(Permission.CHANGE_PATIENTS)
    before = _patient(unit, patient_id)
    version = _save_patient(unit, patient_id, new, expect_version)
    known = PatientDetails(
        before.given_name,
        before.family_name,
        before.birth_day.isoformat(),
        before.custody_note,
        patients.state_of(before),
        before.needs_interpreter,
    )
    until = unit.now + unit.grace
    unit.offer_undo(
        _("{name} saved").format(name=safe_name(full_name(before.given_name, before.family_name))),
        restore_patient,
        patient_id,
        known,
        expect_version=version,
        until=until,
    )
    return version


def restore_patient(
    unit: Unit, patient_id: PatientId, before: PatientDetails, *, expect_version: int, until: datetime
) -> int:
    """Take a change of a patient back."""
    unit.require(Permission.CHANGE_PATIENTS)
    _in_time(unit, until)
    return _save_patient(unit, patient_id, before, expect_version)


def add_contact(
    unit: Unit, patient_id: PatientId, who: ContactDetails | ContactId, as_what: RelationDetails
) -> ContactId:
    """Let somebody ask for a patient: a new contact, or one who is known. Raises Refused for one who already does."""
    unit.require(Permission.CHANGE_PATIENTS)
    problems = Problems()
    person = problems.of(lambda: _contact_values(unit, who), None) if isinstance(who, ContactDetails) else None
    rights = problems.of(lambda: _relation_values(unit, as_what), _NOTHING)
    problems.tell()
    _patient(unit, patient_id)
    contact_id = _insert_contact(unit, person) if person is not None else _known_contact(unit, who)
    _insert_relation(unit, contact_id, patient_id, rights)
    return contact_id


def save_contact(
    unit: Unit,
    contact_id: ContactId,
    new: ContactDetails,
    patient_id: PatientId,
    as_what: RelationDetails,
    *,
    expect_version: int,
) -> int:
    """Change a contact and what they are to one patient; returns the contact's new version; can be undone."""
    unit.require(Permission.CHANGE_PATIENTS)
    before, was = _details(unit, contact_id), _relation(unit, contact_id, patient_id)
    version = _save_contact(unit, contact_id, new, patient_id, as_what, expect_version)
    _offer_back(unit, contact_id, before, was, version)
    return version


def restore_contact(
    unit: Unit,
    contact_id: ContactId,
    before: ContactDetails,
    patient_id: PatientId,
    was: RelationDetails,
    *,
    expect_version: int,
    until: datetime,
) -> int:
    """Take a change of a contact and of their rights back; a session that has ended stays so."""
    unit.require(Permission.CHANGE_PATIENTS)
    _in_time(unit, until)
    return _save_contact(unit, contact_id, before, patient_id, was, expect_version)


def end_relation(unit: Unit, contact_id: ContactId, patient_id: PatientId, *, expect_version: int) -> int:
    """End what a contact may do for a patient, now; their sessions end with it (PP1). Returns the contact's new version.

    What was written stays; can be undone.
    """
    unit.require(Permission.CHANGE_PATIENTS)
    before, was = _details(unit, contact_id), _relation(unit, contact_id, patient_id)
    ended = _as_typed(was, unit.time.day_of(unit.now) - _DAY)
    version = _save_contact(unit, contact_id, before, patient_id, ended, expect_version)
    _offer_back(unit, contact_id, before, was, version)
    return version


def _offer_back(unit: Unit, contact_id: ContactId, before: ContactDetails, was: Relation, version: int) -> None:
    until = unit.now + unit.grace
    unit.offer_undo(
        _("{name} saved").format(name=safe_name(full_name(before.given_name, before.family_name))),
        restore_contact,
        contact_id,
        before,
        was.patient_id,
        _as_typed(was, was.valid_until),
        expect_version=version,
        until=until,
    )


def _in_time(unit: Unit, until: datetime) -> None:
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change it once more instead."))


# patients


def _patient(unit: Unit, patient_id: PatientId) -> Row[Any]:
    row = unit.first(_PATIENT, {"which": patient_id})
    if row is None or patient_id == NOBODY:
        raise NotFound(_("This patient is not there any more. Reload to see the present state."))
    if row.merged_into_id is not None:
        raise Refused(_("This patient was merged with another one. Open that one instead."))
    return row


def _save_patient(unit: Unit, patient_id: PatientId, new: PatientDetails, expect_version: int) -> int:
    values = _patient_values(unit, new)
    before = _patient(unit, patient_id)
    row = unit.change(schema.patient, patient_id, expect_version, **values)
    changed = sorted(key for key in values if key != "search" and values[key] != getattr(before, key))
    unit.record("saved_patient", Topic.PATIENT, patient_id, changed=changed)
    if values["search"] != before.search:
        _find_again(unit, unit.rows(_OF_PATIENT, {"which": patient_id}))
    return int(row.version)


def _patient_values(unit: Unit, new: PatientDetails) -> Values:
    problems, today = Problems(), unit.time.day_of(unit.now)
    given, family = problems.of(lambda: _names(new.given_name, new.family_name, PATIENT_NAMES), ("", ""))
    month_first = unit.words.is_month_first
    born = problems.of(lambda: parse_birth_day(new.birth_day, today, month_first=month_first), today)
    note = problems.of(lambda: clean_text(new.custody_note, field="Custody note", most=_NOTE_LIMIT), "")
    problems.tell()
    return {
        "given_name": given,
        "family_name": family,
        "birth_day": born,
        "custody_note": note,
        "active": new.state is PatientState.ACTIVE,
        "deceased": new.state is PatientState.DECEASED,
        "needs_interpreter": new.needs_interpreter,
        "search": index_person(given, family, born),
    }


def _names(given: str, family: str, fields: tuple[str, str]) -> tuple[str, str]:
    """Both names as they are stored; somebody may have only one of the two."""
    problems = Problems()
    found = (
        problems.of(lambda: clean_name(given, field=fields[0], required=False), ""),
        problems.of(lambda: clean_name(family, field=fields[1], required=False), ""),
    )
    problems.tell()
    if not any(found):
        raise Invalid(_("Please write at least one of the names."), field=fields[1])
    return found


def _ask_who_it_is(unit: Unit, values: Values) -> None:
    found = patients.alike(unit, values["given_name"], values["family_name"], values["birth_day"])
    if found:
        told = [f"{safe_name(each.name)}, {unit.words.birth(each.birth_day)}" for each in found]
        sentence = _("There is already {names}. Open that patient, or say that this is another one.")
        raise Doubtful(sentence.format(names=unit.words.list_of(told)), Doubt.LOOKS_ALIKE)


def _find_again(unit: Unit, requests: Sequence[Row[Any]]) -> None:
    for row in requests:
        handling.find_again(unit, RequestId(row.id))


# contacts


def _known_contact(unit: Unit, who: ContactDetails | ContactId) -> ContactId:
    row = unit.first(_CONTACT, {"which": who})
    if row is None:
        raise NotFound(_("This contact is not there any more. Reload to see the present state."))
    return ContactId(row.id)


def _contact_values(unit: Unit, new: ContactDetails, kept_mobile: str = "") -> Values:
    """`kept_mobile` is stored already, and stays whatever countries are allowed by now."""
    problems, region = Problems(), unit.words.region
    given, family = problems.of(lambda: _names(new.given_name, new.family_name, CONTACT_NAMES), ("", ""))
    language = problems.of(lambda: clean_text(new.language, field="Language", most=12, lines=False, required=True), "")
    none: list[str] = []
    phones = problems.of(lambda: _phones(new.phones, region), none)
    texts_to = problems.of(lambda: _mobile(unit, new.texts_to, kept_mobile), "")
    email = problems.of(lambda: parse_email(new.email), "") if new.email.strip() else ""
    problems.tell()
    return {
        "person": {
            "given_name": given,
            "family_name": family,
            "language": language,
            "opted_out": new.opted_out,
            "search": index_text(full_name(given, family)),
        },
        "phones": phones if not texts_to or texts_to in phones else [*phones, texts_to],
        "texts_to": texts_to,
        "off": new.off,
        "email": email,
        "is_confirmed": bool(email) and new.is_confirmed,
    }


def _mobile(unit: Unit, typed: str, kept: str) -> str:
    if not typed.strip():
        return ""
    region = unit.words.region
    if kept and parse_phone(typed, region, field=MOBILE) == kept:
        return kept
    return parse_mobile(typed, region, unit.settings.sms_countries, field=MOBILE)


def _phones(typed: Sequence[str], region: str) -> list[str]:
    numbers = [parse_phone(each, region, field="Phones") for each in typed if each.strip()]
    if len(numbers) > _PHONES:
        raise Invalid(_("Please write at most {most} numbers.").format(most=_PHONES), field="Phones")
    return list(dict.fromkeys(numbers))


def _insert_contact(unit: Unit, values: Values) -> ContactId:
    contact_id = ContactId(unit.new_id())
    unit.insert(schema.contact, id=contact_id, **values["person"])
    _write_points(unit, contact_id, values)
    opt_outs.set_by_staff(unit, contact_id, values["off"])
    unit.record("added_contact", Topic.PATIENT, contact_id)
    return contact_id


def _save_contact(
    unit: Unit,
    contact_id: ContactId,
    new: ContactDetails,
    patient_id: PatientId,
    as_what: RelationDetails,
    expect_version: int,
) -> int:
    problems = Problems()
    kept = unit.value(_MOBILE, {"which": contact_id}) or ""
    values = problems.of(lambda: _contact_values(unit, new, kept), _NOTHING)
    rights = problems.of(lambda: _relation_values(unit, as_what), _NOTHING)
    problems.tell()
    before = unit.first(_CONTACT, {"which": contact_id})
    row = unit.change(schema.contact, contact_id, expect_version, **values["person"])
    was = _relation(unit, contact_id, patient_id)
    unit.run(
        update(schema.contact_patient)
        .where(relation.contact_id == contact_id, relation.patient_id == patient_id)
        .values(**rights)
    )
    today, until = unit.time.day_of(unit.now), rights["valid_until"]
    written = _write_points(unit, contact_id, values)
    opt_outs.set_by_staff(unit, contact_id, values["off"])
    has_ended = was.stands(today) and until is not None and until < today
    if written.has_other_address or has_ended:
        portal_access.end_sessions(unit, contact_id)
    if written.is_elsewhere or has_ended:
        # What was sent may be read by somebody else now (LINK-04).
        _send_again(unit, contact_id, manage_links.revoke_of_contact(unit, contact_id))
    unit.record("saved_contact", Topic.PATIENT, contact_id)
    unit.record("saved_rights", Topic.PATIENT, patient_id, contact_id=contact_id, **_told(rights))
    if before is not None and before.search != values["person"]["search"]:
        _find_again(unit, unit.rows(_OF_CONTACT, {"which": contact_id}))
    return int(row.version)


def _send_again(unit: Unit, contact_id: ContactId, chain_ids: Sequence[AppointmentId]) -> None:
    """Tell a contact once more of what is to come in these chains, with a new link, where they may still be told (LINK-04)."""
    for row in unit.rows(_TO_COME, {"chains": chain_ids, "now": unit.now}) if chain_ids else ():
        outbox.notify(
            unit,
            BOOKING,
            people=outbox.ask_person(unit, PatientId(row.patient_id), contact_id),
            replied=False,
            sender_id=None,
            appointment_id=AppointmentId(row.id),
            version=unit.new_id(),  # told before, to where they are not reached any more
        )


@dataclass(frozen=True, slots=True)
class _Written:
    """Whether the address that was in use is another one now, and whether any address or number is not theirs any more."""

    has_other_address: bool
    is_elsewhere: bool


def _write_points(unit: Unit, contact_id: ContactId, values: Values) -> _Written:
    """Write numbers and address.

    An address keeps its row, since notices name it; one that is taken away is empty.
    """
    phones = {row.lookup: row for row in unit.rows(_POINTS, {"which": contact_id, "over": Channel.PHONE})}
    gone = [each for each in phones if each not in values["phones"]]
    for lookup in gone:
        unit.run(delete(schema.contact_point).where(point.id == phones[lookup].id))
    for number in values["phones"]:
        if number not in phones:
            _insert_point(unit, contact_id, Channel.PHONE, unit.words.phone(number), number, is_confirmed=False)
    _mark_mobile(unit, contact_id, values["texts_to"])
    email, is_confirmed = values["email"], values["is_confirmed"]
    row = unit.first(_POINTS, {"which": contact_id, "over": Channel.EMAIL})
    if row is None:
        if email:
            _insert_point(unit, contact_id, Channel.EMAIL, email, email, is_confirmed=is_confirmed)
        return _Written(has_other_address=False, is_elsewhere=bool(gone))
    is_other = row.lookup.lower() != email.lower()
    confirmed_at = None if not is_confirmed else unit.now if is_other or row.verified_at is None else row.verified_at
    if is_other or confirmed_at != row.verified_at:
        unit.run(
            update(schema.contact_point)
            .where(point.id == row.id)
            .values(value=email, lookup=email, verified_at=confirmed_at)
        )
        unit.record("changed_address", Topic.PATIENT, contact_id, confirmed=is_confirmed)
    return _Written(
        has_other_address=bool(row.verified_at is not None and (is_other or confirmed_at is None)),
        is_elsewhere=bool(gone) or (is_other and bool(row.lookup)),
    )


def _mark_mobile(unit: Unit, contact_id: ContactId, number: str) -> None:
    """Let text messages go to this phone, which was read back, and to no other."""
    for row in unit.rows(_POINTS, {"which": contact_id, "over": Channel.PHONE}):
        if row.takes_texts != (row.lookup == number):
            marked = row.lookup == number
            unit.run(
                update(schema.contact_point)
                .where(point.id == row.id)
                .values(takes_texts=marked, verified_at=unit.now if marked else None)
            )
            unit.record("changed_mobile", Topic.PATIENT, contact_id, takes_texts=marked)


def _insert_point(
    unit: Unit, contact_id: ContactId, channel: Channel, value: str, lookup: str, *, is_confirmed: bool
) -> None:
    unit.insert(
        schema.contact_point,
        id=unit.new_id(),
        contact_id=contact_id,
        channel=channel,
        value=value,
        lookup=lookup,
        verified_at=unit.now if is_confirmed else None,
    )


def _details(unit: Unit, contact_id: ContactId) -> ContactDetails:
    """A contact as somebody would type it."""
    seen = patients.contact_of(unit, contact_id)
    email = seen.email
    return ContactDetails(
        seen.given_name,
        seen.family_name,
        seen.language,
        seen.phones,
        email.value if email is not None else "",
        email is not None and email.verified,
        seen.opted_out,
        seen.mobile,
        frozenset(each.channel for each in seen.opt_outs),
    )


# relations


def _relation(unit: Unit, contact_id: ContactId, patient_id: PatientId) -> Relation:
    row = unit.first(_RELATION, {"contact": contact_id, "patient": patient_id})
    if row is None:
        raise NotFound(_("This contact does not act for the patient. Reload to see the present state."))
    return patients.relation_of(row)


def _relation_values(unit: Unit, new: RelationDetails) -> Values:
    problems, month_first = Problems(), unit.words.is_month_first
    name = problems.of(
        lambda: clean_text(new.relation, field="Relation", most=_RELATION_LIMIT, lines=False, required=True), ""
    )
    until = None
    if new.valid_until.strip():
        none: date | None = None
        until = problems.of(lambda: parse_date(new.valid_until, field="Rights until", month_first=month_first), none)
    problems.tell()
    return {
        "relation": name,
        "may_book": new.may_book,
        "may_see_messages": new.may_see_messages,
        "gets_notices": new.gets_notices,
        "valid_until": until,
    }


def _insert_relation(unit: Unit, contact_id: ContactId, patient_id: PatientId, rights: Values) -> None:
    if unit.first(_RELATION, {"contact": contact_id, "patient": patient_id}) is not None:
        raise Refused(_("This contact is there already. Change the rights instead."))
    unit.insert(schema.contact_patient, contact_id=contact_id, patient_id=patient_id, **rights)
    unit.record("saved_rights", Topic.PATIENT, patient_id, contact_id=contact_id, **_told(rights))


def _told(rights: Values) -> Values:
    """Rights as the journal keeps them; the relation is a text of people and stays out."""
    until = rights["valid_until"]
    told = {key: value for key, value in rights.items() if key not in ("relation", "valid_until")}
    return told | ({"valid_until": until.isoformat()} if until is not None else {})


def _as_typed(was: Relation, until: date | None) -> RelationDetails:
    return RelationDetails(
        was.relation,
        was.may_book,
        was.may_see_messages,
        was.gets_notices,
        until.isoformat() if until is not None else "",
    )
