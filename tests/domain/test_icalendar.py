"""Calendar files as e-mail brings them, read by two parsers that share nothing (RFC 5545, RFC 5546, NOTE-06)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from hypothesis import given, strategies as st
from icalendar import Calendar

from request_desk.domain.icalendar import CalendarEvent, Invitation, calendar_text, method_of
from request_desk.domain.ids import AppointmentId
from request_desk.domain.words import speaking

START = datetime(2026, 11, 25, 17, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
HOSTILE = [
    "Northside\r\nATTENDEE:mailto:evil@example.org",
    'A "quoted"; name, with: signs \\n and \\',
    "\u202eediS\u2066htroN\u2069",
    "x" * 300,
    "诊所" * 100,
    "عيادة الميناء",
    "é" * 74,
    "👩🏽‍⚕️" * 30,
    "BEGIN:VALARM",
    "^n^'",
]


def event(**values: Any) -> CalendarEvent:
    given_: dict[str, Any] = {
        "chain_id": AppointmentId(77),
        "sequence": 0,
        "first_name": "",
        "practice_name": "Harbor Pediatrics",
        "practice_phone": "(206) 555-0100",
        "place": "Northside",
        "address": "1 Main St; Seattle",
        "is_video": False,
        "starts_at": START,
        "ends_at": START + timedelta(minutes=40),
        **values,
    }
    return CalendarEvent(**given_)


def sent(name: str = "Harbor Pediatrics", to: str = "amara@example.org", **values: Any) -> bytes:
    return calendar_text(event(**values), NOW, Invitation("desk@harbor.example.org", name, to))


def is_well_folded(text: bytes) -> bool:
    """At most 75 octets a line, none of which ends within a sign (RFC 5545, 3.1)."""
    lines = text.split(b"\r\n")
    return text.endswith(b"\r\n") and all(len(line) <= 75 and line.decode() is not None for line in lines)


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_both_parsers_read_the_same_invitation(is_cancelled: bool) -> None:
    text = sent(sequence=2, is_cancelled=is_cancelled)
    one, other = Calendar.from_ical(text), vobject.readOne(text.decode())
    (entry,) = one.walk("VEVENT")
    assert str(one["METHOD"]) == other.method.value == method_of(event(is_cancelled=is_cancelled))
    assert str(one["METHOD"]) == ("CANCEL" if is_cancelled else "REQUEST")
    assert str(entry["UID"]) == other.vevent.uid.value == "appointment-77@request-desk"
    assert (entry["SEQUENCE"], other.vevent.sequence.value) == (2, "2")
    assert entry.decoded("DTSTART") == other.vevent.dtstart.value == START
    assert entry.decoded("DTEND") == other.vevent.dtend.value == START + timedelta(minutes=40)
    assert entry.decoded("DTSTAMP") == other.vevent.dtstamp.value == NOW
    assert str(entry["SUMMARY"]) == other.vevent.summary.value == "Appointment with Harbor Pediatrics"
    assert str(entry["LOCATION"]) == other.vevent.location.value == "Northside, 1 Main St; Seattle"
    assert str(entry["ORGANIZER"]) == other.vevent.organizer.value == "mailto:desk@harbor.example.org"
    assert entry["ORGANIZER"].params["CN"] == other.vevent.organizer.params["CN"][0] == "Harbor Pediatrics"
    assert str(entry["ATTENDEE"]) == other.vevent.attendee.value == "mailto:amara@example.org"
    assert dict(entry["ATTENDEE"].params) == {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    assert str(entry["STATUS"]) == other.vevent.status.value == ("CANCELLED" if is_cancelled else "CONFIRMED")
    assert len(one.walk("VALARM")) == (0 if is_cancelled else 1)  # RFC 5546, 3.2.5: none with a cancellation


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_and_places_are_words_to_both_parsers(hostile: str) -> None:
    text = sent(hostile, place=hostile, address=hostile, practice_name=hostile)
    assert is_well_folded(text)
    (entry,) = Calendar.from_ical(text).walk("VEVENT")
    other = vobject.readOne(text.decode()).vevent
    for name in ("SUMMARY", "LOCATION", "DESCRIPTION"):
        said = str(entry[name])
        assert said == other.contents[name.lower()][0].value
        assert not re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", said)
    assert [len(other.contents[name]) for name in ("attendee", "organizer", "summary", "valarm")] == [1, 1, 1, 1]
    assert other.attendee.value == str(entry["ATTENDEE"]) == "mailto:amara@example.org"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_makes_a_line_of_its_own(name: str, place: str) -> None:
    text = sent(name, place=place, practice_name=name)
    assert is_well_folded(text)
    names = {line.split(":")[0].split(";")[0] for line in re.sub(r"\r\n ", "", text.decode()).splitlines() if line}
    assert names == {
        *("BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID"),
        *("SEQUENCE", "STATUS", "CLASS", "LOCATION", "DESCRIPTION", "ORGANIZER", "ATTENDEE", "ACTION", "TRIGGER"),
    }
    assert len(vobject.readOne(text.decode()).vevent.contents["attendee"]) == 1


def test_an_address_is_spelled_as_a_mailto_wants_it() -> None:  # RFC 6068
    (entry,) = Calendar.from_ical(sent(to="a+b%c&d?e@example.org")).walk("VEVENT")
    assert str(entry["ATTENDEE"]) == "mailto:a+b%25c%26d%3Fe@example.org"


def test_the_readers_language_is_spoken_and_nobody_is_named() -> None:  # NOTE-01
    with speaking("es"):
        (entry,) = Calendar.from_ical(sent()).walk("VEVENT")
    assert str(entry["SUMMARY"]) == "Cita con Harbor Pediatrics"


def test_a_file_that_is_fetched_asks_a_calendar_for_nothing() -> None:
    text = calendar_text(event(first_name="Zuri"), NOW)
    assert all(name not in text for name in (b"METHOD", b"ORGANIZER", b"ATTENDEE"))
    assert b"SUMMARY:Zuri: visit at Harbor Pediatrics" in text
