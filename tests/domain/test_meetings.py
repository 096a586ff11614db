"""Video meetings: when they are open, to the second; who is next; and rooms that nobody guesses (VM1, VM2)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain import appointments, meetings
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.ids import AppointmentId, PatientId
from request_desk.domain.meetings import Joining, Meeting
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words
from tests.domain.appointment_parts import an_appointment

START = datetime(2026, 11, 24, 17, 20, tzinfo=UTC)
MINUTE, SECOND, TINY = timedelta(minutes=1), timedelta(seconds=1), timedelta.resolution
END = START + 20 * MINUTE
CONFIRMED, COMPLETED = AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED
secrets = st.text(min_size=1, max_size=60)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.integers(1, 480).map(lambda count: count * MINUTE)


def at(now: datetime, status: AppointmentStatus = CONFIRMED, *, is_video: bool = True) -> Joining:
    return meetings.joining(START, END, status, now, is_video=is_video)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - 10 * MINUTE - SECOND, Joining.EARLY),
        (START - 10 * MINUTE - TINY, Joining.EARLY),
        (START - 10 * MINUTE, Joining.OPEN),
        (START, Joining.OPEN),
        (END, Joining.OPEN),
        (END + 60 * MINUTE, Joining.OPEN),
        (END + 60 * MINUTE + TINY, Joining.CLOSED),
        (END + 60 * MINUTE + SECOND, Joining.CLOSED),
    ],
)
def test_a_meeting_is_open_from_ten_minutes_before_to_sixty_after_both_included(
    now: datetime, expected: Joining
) -> None:  # VM2
    assert at(now) is expected


@pytest.mark.parametrize("status", list(AppointmentStatus))
def test_only_what_is_booked_or_done_can_be_joined(status: AppointmentStatus) -> None:
    assert (at(START, status) is Joining.OPEN) is (status in (CONFIRMED, COMPLETED))
    assert at(START, status, is_video=False) is Joining.NEVER


@given(start=instants, length=lengths, now=instants)
def test_a_no_show_can_be_marked_exactly_when_nobody_can_join_any_more(
    start: datetime, length: timedelta, now: datetime
) -> None:  # AP5
    found = meetings.joining(start, start + length, CONFIRMED, now, is_video=True)
    assert (found is Joining.CLOSED) is appointments.may_mark_no_show(start + length, now)
    is_within = meetings.opens_at(start) <= now <= meetings.closes_at(start + length)
    assert (found is Joining.OPEN) is is_within


@given(secret=secrets, patient=st.integers(1, 2**63 - 1), day=st.dates())
def test_the_same_patient_has_one_room_a_day_that_tells_nothing(secret: str, patient: int, day: date) -> None:  # VM1
    room = meetings.room_name(secret, PatientId(patient), day)
    assert room == meetings.room_name(secret, PatientId(patient), day)
    assert len(room) == 32
    assert set(room) <= set("abcdefghijklmnopqrstuvwxyz234567")


@given(
    one=st.tuples(secrets, st.integers(1, 2**63 - 1), st.dates()),
    other=st.tuples(secrets, st.integers(1, 2**63 - 1), st.dates()),
)
def test_another_provider_patient_or_day_is_another_room(
    one: tuple[str, int, date], other: tuple[str, int, date]
) -> None:
    first, second = (meetings.room_name(secret, PatientId(patient), day) for secret, patient, day in (one, other))
    assert (first == second) is (one == other)


def test_yesterday_s_patient_and_the_next_one_have_other_rooms() -> None:
    day = date(2026, 11, 24)
    rooms = {
        meetings.room_name("secret", PatientId(patient), day + timedelta(days=days))
        for patient in (1, 2)
        for days in (0, 1)
    }
    assert len(rooms) == 4


def test_there_is_no_room_without_a_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        meetings.room_name("", PatientId(1), date(2026, 11, 24))


@pytest.mark.parametrize("base", ["https://meet.example.org", "https://meet.example.org/"])
def test_a_room_stands_behind_the_address_of_the_server(base: str) -> None:
    assert meetings.address_of(base, "abc") == "https://meet.example.org/abc"


def a_meeting(
    number: int, minutes: int, *, waits: bool = False, is_in: bool = False, status: AppointmentStatus = CONFIRMED
) -> Meeting:
    start = START + minutes * MINUTE
    seen = an_appointment(
        id=AppointmentId(number), status=status, starts_at=start, ends_at=start + 20 * MINUTE, is_video=True
    )
    return Meeting(seen, start if waits or is_in else None, start if is_in else None)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], None),
        ([a_meeting(1, 0), a_meeting(2, 20)], 1),
        ([a_meeting(1, 0), a_meeting(2, 20, waits=True)], 2),  # who is here goes before who is not
        ([a_meeting(1, 0, is_in=True), a_meeting(2, 20)], 2),
        ([a_meeting(1, 0, is_in=True)], 1),  # to join again
        ([a_meeting(1, -60), a_meeting(2, 120)], 2),  # who never came, and may still come, goes behind who is to come
        ([a_meeting(1, -60)], 1),
        ([a_meeting(1, -90)], None),
        ([a_meeting(1, 0, status=COMPLETED), a_meeting(2, 20)], 2),
        ([a_meeting(2, 0), a_meeting(1, 0)], 1),
    ],
)
def test_who_is_next(found: list[Meeting], expected: int | None) -> None:
    shown = meetings.next_of(found, START + MINUTE)
    assert (None if shown is None else shown.appointment.id) == expected


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (START - 11 * MINUTE, "The meeting opens at 9:10 AM."),
        (START - timedelta(days=1), "The meeting opens on Tue, Nov 24, 9:10 AM."),
        (START, ""),
        (END + 61 * MINUTE, "The meeting closed at 10:40 AM."),
        (END + timedelta(days=1), "The meeting closed on Tue, Nov 24, 10:40 AM."),
    ],
)
def test_it_is_said_when_a_meeting_opens_and_when_it_closed(now: datetime, sentence: str) -> None:  # VM2
    words = Words("en_US", PracticeTime("America/Los_Angeles"))
    assert meetings.why_closed(a_meeting(1, 0).appointment, now, words) == sentence
