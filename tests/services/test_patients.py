"""Finding patients, look-alikes, contacts and their rights (ACT2, ACT4, PP2)."""

from datetime import date

import pytest
from sqlalchemy import update

from request_desk.domain.errors import NotAllowed, NotFound
from request_desk.domain.ids import PatientId
from request_desk.services.desk import Desk
from request_desk.services.people import patients
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice


def names(desk: Desk, practice: Practice, text: str, limit: int = 20) -> list[str]:
    return [hit.name for hit in desk.query(practice.maria, patients.find, text, limit)]


@pytest.fixture
def families(practice: Practice) -> Practice:
    """A few more patients with names of many kinds."""
    for given, family, born in (
        ("Łucja", "Nuñez-Ortega", date(2020, 5, 1)),
        ("Zara", "Okafor", date(2019, 1, 2)),
        ("小明", "王", date(2018, 3, 4)),
        ("محمد", "العلي", date(2017, 6, 7)),
        ("100%", "O'Brien_Smith", date(2016, 8, 9)),
    ):
        practice.a_patient(given, family, born)
    return practice


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("oka", ["Zara Okafor", "Zuri Okafor"]),
        ("zuri okafor", ["Zuri Okafor"]),
        ("Okafor, Zuri", ["Zuri Okafor"]),
        ("lucja nunez", ["Łucja Nuñez-Ortega"]),
        ("ortega", ["Łucja Nuñez-Ortega"]),
        ("3/12/2022", ["Zuri Okafor"]),
        ("2022-03-12", ["Zuri Okafor"]),
        ("amara", ["Zuri Okafor"]),  # the mother
        ("206 555 0147", ["Zuri Okafor"]),
        ("0147", ["Zuri Okafor"]),
        ("小明", ["小明 王"]),
        ("محمد", ["محمد العلي"]),
        ("obrien", ["100% O'Brien_Smith"]),
        ("kafor", []),
        ("%", []),
        ("_", []),
        ("", []),
        ("   ", []),
        ("' OR 1=1 --", []),
    ],
)
def test_patients_are_found_by_what_people_type(desk: Desk, families: Practice, typed: str, found: list[str]) -> None:
    assert names(desk, families, typed) == found


def test_a_hit_tells_a_contact_and_a_number_to_ask_for(desk: Desk, practice: Practice) -> None:
    hit = desk.query(practice.maria, patients.find, "zuri")[0]
    assert (hit.contact_name, hit.phone, hit.birth_day) == ("Amara Okafor", "(206) 555-0147", date(2022, 3, 12))


def test_no_more_are_found_than_asked_for_and_none_that_left(
    desk: Desk, families: Practice, database: Database
) -> None:
    assert names(desk, families, "oka", 1) == ["Zara Okafor"]
    with database.write() as connection:
        connection.execute(update(schema.patient).where(schema.patient.c.given_name == "Zara").values(active=False))
    assert names(desk, families, "oka") == ["Zuri Okafor"]


def test_look_alikes_sound_alike_and_a_shared_birth_date_is_only_counted(
    desk: Desk, practice: Practice
) -> None:  # ACT2, ACT4
    household = practice.amara_family
    practice.a_patient("Azuka", "Okafor", date(2022, 3, 12), household)  # twin
    practice.a_patient("Zurie", "Okafor", date(2015, 1, 1))
    practice.a_patient("Mason", "Okafor", date(2014, 1, 1))
    practice.a_patient("Lena", "Brandt", date(2022, 3, 12))
    card = desk.query(practice.maria, patients.card, practice.zuri)
    assert card.look_alikes == ("Zurie Okafor, 01/01/2015",)
    assert card.same_birth == 2
    assert card.name == "Zuri Okafor"


def test_rights_end_with_their_day(desk: Desk, practice: Practice, database: Database) -> None:
    right = desk.query(practice.maria, patients.rights, practice.grandmother.contact_id, practice.zuri)
    assert right is not None
    assert not right.may_book
    assert right.may_see_messages
    own = schema.contact_patient.c.contact_id == practice.grandmother.id
    with database.write() as connection:
        connection.execute(update(schema.contact_patient).where(own).values(valid_until=date(2026, 11, 24)))
    assert desk.query(practice.maria, patients.rights, practice.grandmother.contact_id, practice.zuri) is not None
    with database.write() as connection:
        connection.execute(update(schema.contact_patient).where(own).values(valid_until=date(2026, 11, 23)))
    assert desk.query(practice.maria, patients.rights, practice.grandmother.contact_id, practice.zuri) is None
    assert desk.query(practice.grandmother, patients.children, practice.grandmother.contact_id) == ()
    assert len(desk.query(practice.maria, patients.relations, practice.zuri)) == 3


def test_a_contact_sees_the_own_children_and_nobody_elses(desk: Desk, practice: Practice) -> None:
    other = practice.a_contact("Lena", "Brandt", "lena@example.org", {})
    mine = desk.query(practice.amara, patients.children, practice.amara.contact_id)
    assert [child.patient.name for child in mine] == ["Zuri Okafor"]
    assert mine[0].relation.relation == "mother"
    for query in (patients.children, patients.contact_of):
        with pytest.raises(NotAllowed):
            desk.query(other, query, practice.amara.contact_id)
    with pytest.raises(NotAllowed):
        desk.query(other, patients.find, "zuri")


def test_contact_patient_and_household_are_told_whole(desk: Desk, practice: Practice) -> None:
    brother = practice.a_patient("Obi", "Okafor", date(2018, 1, 1), practice.amara_family)
    contact = desk.query(practice.maria, patients.contact_of, practice.amara.contact_id)
    assert [(point.channel, point.verified) for point in contact.points] == [("email", True), ("phone", False)]
    assert [each.id for each in desk.query(practice.maria, patients.household, practice.zuri)] == [
        brother,
        practice.zuri,
    ]
    assert desk.query(practice.maria, patients.patient_of, practice.zuri).birth_day == date(2022, 3, 12)
    with pytest.raises(NotFound):
        desk.query(practice.maria, patients.patient_of, PatientId(5))
