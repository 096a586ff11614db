"""How much of a day strangers may keep from everybody else, and what a calendar file says (WEB-10)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
from icalendar import Calendar

from request_desk.domain.icalendar import CalendarEvent, calendar_text
from request_desk.domain.ids import AppointmentId
from request_desk.domain.online_booking import is_within_share

MINUTE = timedelta(minutes=1)
START = datetime(2026, 11, 25, 17, 20, tzinfo=UTC)
minutes = st.integers(5, 120).map(lambda number: number * MINUTE)


@given(st.lists(minutes, max_size=60), st.integers(0, 24 * 60).map(lambda number: number * MINUTE))
def test_strangers_keep_three_times_of_a_day_or_a_fifth_of_it(
    wanted: list[timedelta], open_time: timedelta
) -> None:  # WEB-10
    held: list[timedelta] = []
    for each in wanted:
        if is_within_share(held, each, open_time):
            held.append(each)
    assert len(held) <= 3 or sum(held, timedelta()) * 5 <= open_time
    assert len(held) >= min(3, len(wanted))


def event(**values: object) -> CalendarEvent:
    given_: dict[str, object] = {
        "chain_id": AppointmentId(77),
        "sequence": 0,
        "first_name": "Zuri",
        "practice_name": "Harbor Pediatrics",
        "practice_phone": "(206) 555-0100",
        "place": "Northside",
        "address": "1 Main St; Seattle",
        "is_video": False,
        "starts_at": START,
        "ends_at": START + 40 * MINUTE,
        **values,
    }
    return CalendarEvent(**given_)  # type: ignore[arg-type]


@given(st.text(max_size=200), st.text(max_size=300), st.text(max_size=300))
def test_no_text_from_outside_becomes_a_line_of_a_calendar_file(name: str, place: str, practice: str) -> None:
    text = calendar_text(event(first_name=name, place=place, practice_name=practice), START)
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    (entry,) = Calendar.from_ical(text).walk("VEVENT")
    assert set(entry.keys()) == {
        "UID",
        "SEQUENCE",
        "DTSTAMP",
        "DTSTART",
        "DTEND",
        "STATUS",
        "CLASS",
        "SUMMARY",
        "LOCATION",
        "DESCRIPTION",
    }
    assert entry.decoded("DTSTART") == START


def test_a_moved_visit_is_the_same_entry_and_a_cancelled_one_says_so() -> None:
    first, moved = (
        Calendar.from_ical(calendar_text(each, START)).walk("VEVENT")[0]
        for each in (event(), event(sequence=1, starts_at=START + 60 * MINUTE, is_cancelled=True))
    )
    assert first["UID"] == moved["UID"] == "appointment-77@request-desk"
    assert (first["SEQUENCE"], moved["SEQUENCE"]) == (0, 1)
    assert (first["STATUS"], moved["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert str(first["SUMMARY"]) == "Zuri: visit at Harbor Pediatrics"
    assert str(first["LOCATION"]) == "Northside, 1 Main St; Seattle"
