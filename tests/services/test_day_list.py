"""The list of a day for printing: who comes to whom and where, whom to call, and what of it a desk keeps (AP8)."""

from datetime import date, timedelta

import pytest

from request_desk.domain.errors import NotAllowed
from request_desk.services.schedule import day_list
from tests.builders import TODAY, Practice, wall

TOMORROW = TODAY + timedelta(days=1)


def test_a_section_for_each_provider_and_location(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00", place=practice.harbor)
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "8:00", place=practice.northside)
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:00")
    found = practice.desk.query(practice.maria, day_list.day_list, TODAY)
    assert [(each.provider_name, each.location_name, len(each.lines)) for each in found.sections] == [
        ("Dr. Lindqvist", "Northside", 1),
        ("Dr. Mwangi", "Harbor St", 1),
        ("Dr. Mwangi", "Northside", 1),
    ]
    assert found.count == 3
    line = found.sections[0].lines[0]
    assert (line.starts_at, line.patient_name, line.birth_day) == (
        wall(TODAY, "9:00"),
        "Zuri Okafor",
        date(2022, 3, 12),
    )
    assert (line.contact_name, line.phone) == ("Amara Okafor", "(206) 555-0147")


def test_only_what_takes_place_that_day_at_the_places_asked_for(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "10:00", place=practice.harbor)
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:00")
    practice.an_appointment(
        practice.zuri,
        practice.lindqvist,
        TODAY,
        "11:00",
        status="cancelled",
        cancel_code="pat",
        released_at=wall(TODAY, "7:00"),
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    found = practice.desk.query(practice.maria, day_list.day_list, TODAY, location_ids=(practice.northside,))
    assert [line.starts_at for section in found.sections for line in section.lines] == [wall(TODAY, "9:00")]
    found = practice.desk.query(practice.maria, day_list.day_list, TODAY, provider_ids=(practice.mwangi,))
    assert [section.location_name for section in found.sections] == ["Harbor St"]


def test_a_desk_keeps_today_and_the_next_day_with_appointments(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY + timedelta(days=3), "10:00")
    kept = practice.desk.query(practice.maria, day_list.kept_days)
    assert [(each.day, each.count) for each in kept] == [(TODAY, 0), (TODAY + timedelta(days=3), 1)]
    assert day_list.unpacked(day_list.packed(kept)) == kept
    with pytest.raises(ValueError, match="JSON"):
        day_list.unpacked(b"no list")


def test_printing_is_in_the_journal(practice: Practice) -> None:  # AUD-01
    practice.desk.perform(practice.maria, day_list.printed, TODAY, wall(TODAY, "8:00"), 12)
    with practice.database.read() as connection:
        (detail,) = connection.exec_driver_sql("SELECT detail FROM journal WHERE action = 'printed_day'").one()
    assert '"rows":12' in detail.replace(" ", "")
    assert str(TODAY) in detail


def test_a_parent_reads_no_list(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        practice.desk.query(practice.amara, day_list.day_list, TODAY)
