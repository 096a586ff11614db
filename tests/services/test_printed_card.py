"""The card of an appointment: what stands on it and in which language, who may print it, and the journal (AP8)."""

from datetime import date

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Role
from request_desk.domain.errors import NotAllowed, Refused
from request_desk.domain.ids import AppointmentId
from request_desk.domain.printed_card import card_lines
from request_desk.domain.words import Words
from request_desk.services.schedule import printed_card
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice

WORDS = Words("en_US", ZONE, TODAY)


@pytest.fixture
def booked(practice: Practice) -> AppointmentId:
    set_address(practice, "12 Quay Street\nSeattle")
    return practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")


def set_address(practice: Practice, address: str) -> None:
    place = schema.location
    with practice.database.write() as connection:
        connection.execute(update(place).where(place.c.id == practice.northside).values(address=address))


def test_a_card_says_when_with_whom_and_where_and_neither_type_nor_family_name(
    practice: Practice, booked: AppointmentId
) -> None:
    lines = card_lines(practice.desk.query(practice.maria, printed_card.printed_card, booked), WORDS)
    assert lines.practice == "Harbor Pediatrics"
    assert lines.whose == "Visit of Zuri"
    assert lines.when == "Tuesday, November 24, 9:20 AM PST"
    assert lines.who == "With Dr. Lindqvist"
    assert lines.where == ("Northside", "12 Quay Street", "Seattle")
    assert lines.call == "If you cannot come, please call (206) 555-0100."
    assert "Well visit" not in str(lines)
    assert "Okafor" not in str(lines)


def test_it_is_in_the_language_of_whom_the_desk_would_call(practice: Practice) -> None:
    child = practice.a_patient("Luz", "Vega", date(2021, 5, 1))
    practice.a_contact("Rosa", "Vega", "rosa@example.org", {child: {"relation": "aunt", "may_book": False}})
    practice.a_contact("Ana", "Vega", "ana@example.org", {child: {"relation": "mother"}}, language="es")
    booked = practice.an_appointment(child, practice.lindqvist, TODAY, "9:20")
    lines = card_lines(practice.desk.query(practice.maria, printed_card.printed_card, booked), WORDS)
    assert lines.whose == "Cita de Luz"
    assert lines.who == "Con Dr. Lindqvist"
    assert lines.when.startswith("martes, 24 de noviembre")
    assert lines.call == "Si no puede venir, llame al (206) 555-0100, por favor."


def test_a_patient_whom_nobody_acts_for_has_one_in_the_practice_s_language(practice: Practice) -> None:
    child = practice.a_patient("Luz", "Vega", date(2001, 5, 1))
    booked = practice.an_appointment(child, practice.lindqvist, TODAY, "9:20")
    assert practice.desk.query(practice.maria, printed_card.printed_card, booked).language == "en_US"


def test_a_visit_by_video_has_no_address(practice: Practice, booked: AppointmentId) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(is_video=True))
    lines = card_lines(practice.desk.query(practice.maria, printed_card.printed_card, booked), WORDS)
    assert lines.where == ("By video: you join from your page of the practice.",)


def test_what_is_not_booked_has_no_card(practice: Practice) -> None:
    gone = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "9:20", status="cancelled", cancel_code="pat"
    )
    with pytest.raises(Refused, match="not booked any more"):
        practice.desk.query(practice.maria, printed_card.printed_card, gone)


def test_a_provider_prints_the_own_ones(practice: Practice, booked: AppointmentId) -> None:
    joseph = practice.a_staff("joseph", "Dr. Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    astrid = practice.a_staff("astrid", "Dr. Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    assert practice.desk.query(astrid, printed_card.printed_card, booked).given_name == "Zuri"
    with pytest.raises(NotAllowed, match=r"with Dr\. Lindqvist"):
        practice.desk.query(joseph, printed_card.printed_card, booked)


def test_the_journal_says_who_printed_it(practice: Practice, booked: AppointmentId) -> None:
    practice.desk.perform(practice.maria, printed_card.printed, booked)
    with practice.database.read() as connection:
        journal = schema.journal.c
        row = connection.execute(
            select(journal.actor_id, journal.entity_id).where(journal.action == "printed_card")
        ).one()
    assert (row.actor_id, row.entity_id) == (practice.maria.id, booked)
