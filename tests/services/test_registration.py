"""Changing patients and contacts: who may, what is refused, what becomes of rights, sessions, search and undo (PP1, AD1)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from request_desk.domain.access import Role
from request_desk.domain.careful import Doubt, Doubtful
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import PatientState
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, Refused, UndoRefused
from request_desk.domain.ids import ContactId, PatientId
from request_desk.services.desk import Desk
from request_desk.services.inbox import search_queries
from request_desk.services.people import patients, registration
from request_desk.services.people.patient_page import PatientView, open_patient
from request_desk.services.people.patients import PatientHit, PatientOrder
from request_desk.services.people.registration import ContactDetails, PatientDetails, RelationDetails
from request_desk.store import schema
from tests.builders import TODAY, Practice

ADA = PatientDetails("Ada", "Lovell", "03/14/2021")
JUNE = ContactDetails("June", "Lovell", "es", ("206 555 0123",), "june@Example.org", is_confirmed=True)
MOTHER = RelationDetails("mother")


def page(desk: Desk, practice: Practice, patient: PatientId) -> PatientView:
    return desk.query(practice.maria, open_patient, patient)


def fields(refused: Invalid) -> list[str]:
    return [refused.field, *(each.field for each in refused.others)]


def test_a_new_patient_is_found_with_the_contact_who_asks(desk: Desk, practice: Practice) -> None:
    made = desk.perform(practice.maria, registration.add_patient, ADA, JUNE, MOTHER)
    assert made.value in {each.entity_id for each in made.changes.entries}
    (hit,) = desk.query(practice.maria, patients.find, "lovell 0123")
    assert (hit.id, hit.contact_name) == (made.value, "June Lovell")
    (who,) = page(desk, practice, made.value).contacts
    assert (who.contact.language, who.contact.phones, who.relation.relation) == ("es", ("(206) 555-0123",), "mother")
    assert who.contact.email is not None
    assert (who.contact.email.value, who.contact.email.verified) == ("june@example.org", True)


def test_a_known_contact_may_ask_for_a_sibling(desk: Desk, practice: Practice) -> None:
    who = ContactId(practice.amara.id)
    sibling = PatientDetails("Ife", "Okafor", "2024-01-05")
    made = desk.perform(practice.admin, registration.add_patient, sibling, who, MOTHER, sibling_of=practice.zuri).value
    assert [each.id for each in page(desk, practice, made).siblings] == [practice.zuri]
    assert [each.contact.id for each in page(desk, practice, made).contacts] == [who]


@pytest.mark.parametrize(
    ("given", "family", "born"),
    [("ZURI", "okafor", "01/02/2020"), ("Żuri", "Okafor", "01/02/2020"), ("Ngozi", "Okafor", "03/12/2022")],
)
def test_a_look_alike_is_named_before_anything_is_saved(
    desk: Desk, practice: Practice, given: str, family: str, born: str
) -> None:
    new = PatientDetails(given, family, born)
    with pytest.raises(Doubtful, match="Zuri Okafor, 03/12/2022") as stopped:
        desk.perform(practice.maria, registration.add_patient, new, JUNE, MOTHER)
    assert stopped.value.doubt is Doubt.LOOKS_ALIKE
    assert desk.query(practice.maria, patients.find_contacts, "june") == ()
    made = desk.perform(practice.maria, registration.add_patient, new, JUNE, MOTHER, is_another=True).value
    assert page(desk, practice, made).patient.family_name == family


@pytest.mark.parametrize(("family", "born"), [("Okafor", "01/02/2020"), ("Okaforson", "03/12/2022")])
def test_a_family_name_or_a_birth_day_alone_is_no_look_alike(
    desk: Desk, practice: Practice, family: str, born: str
) -> None:
    made = desk.perform(
        practice.maria, registration.add_patient, PatientDetails("Ngozi", family, born), JUNE, MOTHER
    ).value
    assert page(desk, practice, made).patient.given_name == "Ngozi"


def test_everything_wrong_is_told_at_once_beside_its_field(desk: Desk, practice: Practice) -> None:
    who = ContactDetails("", " ", "en", ("12",), "no address")
    with pytest.raises(Invalid) as refused:
        desk.perform(
            practice.maria,
            registration.add_patient,
            PatientDetails("", "", "31/31/2020"),
            who,
            RelationDetails("", valid_until="soon"),
        )
    assert fields(refused.value) == [
        "Family name", "Date of birth", "Contact's family name", "Phones", "E-mail", "Relation", "Rights until",
    ]  # fmt: skip


def test_who_only_reads_changes_nothing(desk: Desk, practice: Practice) -> None:
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    assert desk.query(provider, open_patient, practice.zuri).patient.id == practice.zuri
    with pytest.raises(NotAllowed):
        desk.perform(provider, registration.save_patient, practice.zuri, ADA, expect_version=1)


def test_a_patient_is_changed_and_changed_back(desk: Desk, practice: Practice) -> None:
    new = PatientDetails("Zuri", "Okafor-Bell", "03/13/2022", "Both parents decide.", PatientState.MOVED)
    saved = desk.perform(practice.maria, registration.save_patient, practice.zuri, new, expect_version=1)
    seen = page(desk, practice, practice.zuri)
    assert (seen.patient.family_name, seen.patient.birth_day) == ("Okafor-Bell", date(2022, 3, 13))
    assert (seen.state, seen.custody_note) == (PatientState.MOVED, "Both parents decide.")
    assert desk.query(practice.maria, patients.find, "bell") == ()  # who has moved is not booked
    assert saved.undo is not None
    desk.undo(practice.maria, saved.undo)
    seen = page(desk, practice, practice.zuri)
    assert (seen.patient.name, seen.state, seen.custody_note) == ("Zuri Okafor", PatientState.ACTIVE, "")
    assert [each.id for each in desk.query(practice.maria, patients.find, "3/12/2022")] == [practice.zuri]


def test_a_change_of_an_older_state_is_a_conflict(desk: Desk, practice: Practice) -> None:
    desk.perform(practice.maria, registration.save_patient, practice.zuri, ADA, expect_version=1)
    with pytest.raises(Conflict, match="Maria Santos"):
        desk.perform(practice.kofi, registration.save_patient, practice.zuri, ADA, expect_version=1)


def test_undo_ends_with_the_grace_time(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    saved = desk.perform(practice.maria, registration.save_patient, practice.zuri, ADA, expect_version=1)
    clock.advance(timedelta(minutes=5))
    assert saved.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.maria, saved.undo)


def test_letters_are_found_by_the_new_name(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    desk.perform(practice.maria, registration.save_patient, practice.zuri, ADA, expect_version=1)
    found = desk.query(practice.maria, search_queries.search, "lovell")
    assert [row.id for row in found.rows] == [request]
    assert desk.query(practice.maria, search_queries.search, "zuri").rows == ()


def amara(practice: Practice) -> ContactDetails:
    return ContactDetails("Amara", "Okafor", "en", ("(206) 555-0147",), "amara@example.org", is_confirmed=True)


def test_rights_are_changed_and_changed_back(desk: Desk, practice: Practice) -> None:
    who, rights = ContactId(practice.amara.id), RelationDetails("guardian", may_book=False, valid_until="12/31/2026")
    save = registration.save_contact
    saved = desk.perform(practice.maria, save, who, amara(practice), practice.zuri, rights, expect_version=1)
    now = desk.query(practice.maria, patients.rights, who, practice.zuri)
    assert now is not None
    assert (now.relation, now.may_book, now.valid_until) == ("guardian", False, date(2026, 12, 31))
    assert saved.undo is not None
    desk.undo(practice.maria, saved.undo)
    now = desk.query(practice.maria, patients.rights, who, practice.zuri)
    assert now is not None
    assert (now.relation, now.may_book, now.valid_until) == ("mother", True, None)


def signed_in(practice: Practice, contact: int) -> None:
    now = practice.desk.clock.now()
    practice.insert(
        schema.portal_session,
        token_hash=f"h{contact}",
        contact_id=contact,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
    )


def has_session(practice: Practice, contact: int) -> bool:
    session = schema.portal_session.c
    with practice.database.read() as connection:
        found = connection.execute(
            select(session.token_hash).where(session.contact_id == contact, session.ended_at.is_(None))
        )
        return found.first() is not None


def test_ending_a_right_ends_the_sessions_at_once(desk: Desk, practice: Practice) -> None:
    who = ContactId(practice.amara.id)
    for each in (practice.amara, practice.father):
        signed_in(practice, each.id)
    ended = desk.perform(practice.maria, registration.end_relation, who, practice.zuri, expect_version=1)
    assert desk.query(practice.maria, patients.rights, who, practice.zuri) is None
    assert not has_session(practice, who)
    assert has_session(practice, practice.father.id)
    assert [each.stands for each in page(desk, practice, practice.zuri).contacts] == [True, True, False]
    assert ended.undo is not None
    desk.undo(practice.maria, ended.undo)
    assert desk.query(practice.maria, patients.rights, who, practice.zuri) is not None


@pytest.mark.parametrize(
    ("email", "is_confirmed", "stays"),
    [
        ("amara@example.org", True, True),
        ("new@example.org", True, False),
        ("", False, False),
        ("amara@example.org", False, False),
    ],
)
def test_another_address_ends_the_sessions_and_only_a_confirmed_one_is_written_to(
    desk: Desk, practice: Practice, email: str, is_confirmed: bool, stays: bool
) -> None:
    who = ContactId(practice.amara.id)
    signed_in(practice, who)
    new = replace(amara(practice), email=email, is_confirmed=is_confirmed)
    desk.perform(practice.maria, registration.save_contact, who, new, practice.zuri, MOTHER, expect_version=1)
    assert has_session(practice, who) is stays
    now = desk.query(practice.maria, patients.contact_of, who).email
    assert (now is not None and now.value, now is not None and now.verified) == (email or False, is_confirmed)


def test_numbers_are_kept_added_and_taken_away(desk: Desk, practice: Practice) -> None:
    who = ContactId(practice.amara.id)
    for version, phones in enumerate((("206-555-0147", "+1 206 555 0199"), ("206 555 0199",), ()), 1):
        new = replace(amara(practice), phones=phones)
        desk.perform(practice.maria, registration.save_contact, who, new, practice.zuri, MOTHER, expect_version=version)
        kept = desk.query(practice.maria, patients.contact_of, who).phones
        assert [each[-4:] for each in kept] == [each[-4:] for each in phones]


def test_nobody_is_a_contact_of_a_patient_twice(desk: Desk, practice: Practice) -> None:
    with pytest.raises(Refused, match="there already"):
        desk.perform(practice.maria, registration.add_contact, practice.zuri, ContactId(practice.amara.id), MOTHER)


def test_the_page_tells_what_was_and_what_is_to_come(desk: Desk, practice: Practice) -> None:
    practice.a_patient("Ife", "Okafor", date(2024, 1, 5), practice.amara_family)
    other = practice.a_patient("Bo", "Other", date(2024, 1, 5))
    ahead = [
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=days), "10:00")
        for days in (2, 1)
    ]
    past = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY - timedelta(days=8), "10:00", status="no_show"
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY - timedelta(days=9), "10:00", status="expired")
    practice.an_appointment(other, practice.mwangi, TODAY - timedelta(days=9), "10:00", status="no_show")
    request = practice.a_request()
    seen = page(desk, practice, practice.zuri)
    assert [each.id for each in seen.ahead] == ahead[::-1]
    assert [each.id for each in seen.past] == [past]
    assert ([each.name for each in seen.siblings], seen.no_shows) == (["Ife Okafor"], 1)
    assert [(each.id, each.contact_name) for each in seen.requests] == [(request, "Amara Okafor")]
    assert [each.relation.relation for each in seen.contacts] == ["mother", "father", "grandmother"]


def test_a_provider_sees_only_requests_that_are_theirs(desk: Desk, practice: Practice) -> None:
    practice.a_request()
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    assert desk.query(provider, open_patient, practice.zuri).requests == ()


def test_the_list_goes_page_by_page_in_both_orders(desk: Desk, practice: Practice) -> None:
    for number in range(7):
        practice.a_patient(f"Given{number % 3}", f"Family{number % 2}", date(2020, 1, 1 + number % 4))
    everybody = desk.query(practice.maria, patients.list_page)
    assert (len(everybody.rows), everybody.after) == (8, None)
    for order in PatientOrder:
        for descending in (False, True):
            whole = desk.query(practice.maria, patients.list_page, "", (), order, descending=descending).rows
            found: list[PatientHit] = []
            after = None
            while True:
                part = desk.query(
                    practice.maria, patients.list_page, "", (), order, descending=descending, after=after, limit=3
                )
                found += part.rows
                after = part.after
                if after is None:
                    break
            assert tuple(found) == whole
            keys = [(each.birth_day if order is PatientOrder.BORN else each.family_name) for each in whole]
            assert keys == sorted(keys, reverse=descending)


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("zuri", 1),
        ("amara@ex", 1),
        ("AMARA@example.org", 1),
        ("mara@ex", 0),
        ("555 01", 1),
        ("zuri 0147", 1),
        ("zuri 0148", 0),
        ("(", 0),
    ],
)
def test_the_list_is_searched_by_name_number_and_address(
    desk: Desk, practice: Practice, typed: str, count: int
) -> None:
    practice.a_patient("Bo", "Other", date(2024, 1, 5))
    assert len(desk.query(practice.maria, patients.list_page, typed).rows) == count


def test_the_list_shows_the_states_that_are_wanted(desk: Desk, practice: Practice) -> None:
    gone = PatientDetails("Zuri", "Okafor", "03/12/2022", state=PatientState.DECEASED)
    desk.perform(practice.maria, registration.save_patient, practice.zuri, gone, expect_version=1)
    for states, count in (((PatientState.ACTIVE,), 0), ((PatientState.DECEASED, PatientState.MOVED), 1), ((), 1)):
        assert len(desk.query(practice.maria, patients.list_page, "zuri", states).rows) == count
