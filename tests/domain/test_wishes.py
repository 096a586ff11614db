"""Wishes in words, their states, and parents who want opposite things (MC5, MC11)."""

from datetime import date, datetime, timedelta

import pytest

from request_desk.domain.ids import AppointmentId, ContactId, PatientId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import DayPart, RequestKind, Wish, WishKind, WishState
from request_desk.domain.wishes import (
    AskedBefore,
    asks,
    kind_word,
    one_wish,
    opposite,
    part_span,
    state_of,
    state_word,
    title,
    wish_words,
)
from request_desk.domain.words import Words

LA = PracticeTime("America/Los_Angeles")
TODAY, TUESDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 24), date(2026, 11, 21)
WORDS = Words("en_US", LA, TODAY)
SCHEDULE, CANCEL, RESCHEDULE = RequestKind.SCHEDULE, RequestKind.CANCEL, RequestKind.RESCHEDULE
NEXT = Wish(9, WishKind.NEXT)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return LA.instant(day, hour * 60 + minute)


def slot(day: date, hour: int, minute: int = 0, rank: int = 1) -> Wish:
    return Wish(rank, WishKind.SLOT, starts_at=at(day, hour, minute))


def part(day: date, which: DayPart = DayPart.MORNING, rank: int = 1) -> Wish:
    return Wish(rank, WishKind.DAY_PART, day=day, part=which)


@pytest.mark.parametrize(
    ("wishes", "text"),
    [
        ((), "next available"),
        ((NEXT,), "next available"),
        ((slot(TUESDAY, 9, 20), slot(TUESDAY, 11, 30, 2)), "wants Tue 9:20 AM or 11:30 AM"),
        ((slot(TUESDAY, 11, 30, 2), slot(TUESDAY, 9, 20)), "wants Tue 9:20 AM or 11:30 AM"),
        ((part(SATURDAY + timedelta(days=1)),), "wants Sun morning"),
        ((part(SATURDAY, DayPart.AFTERNOON),), "wants tomorrow afternoon"),
        ((slot(TODAY, 15),), "wants today 3:00 PM"),
        (
            (slot(date(2026, 12, 8), 9), slot(TUESDAY, 9, 0, 2), NEXT),
            "wants Dec 8, 9:00 AM, Tue 9:00 AM or next available",
        ),
    ],
)
def test_a_row_says_what_is_wanted(wishes: tuple[Wish, ...], text: str) -> None:
    assert wish_words(wishes, WORDS) == text


def test_a_row_says_what_is_asked() -> None:
    assert asks(CANCEL, at(TODAY, 10), (), WORDS) == "cancel today 10:00 AM"
    assert asks(CANCEL, at(date(2026, 12, 8), 10), (), WORDS) == "cancel Dec 8, 10:00 AM"
    assert asks(CANCEL, at(TODAY, 10), (), WORDS, "America/Denver") == "cancel today 11:00 AM MST"
    assert asks(CANCEL, None, (), WORDS) == "cancel, visit not found"
    assert asks(RESCHEDULE, at(TODAY, 10), (slot(TUESDAY, 9, 20),), WORDS) == "wants Tue 9:20 AM"
    assert asks(SCHEDULE, None, (), WORDS) == "next available"


def test_a_message_names_each_wish_in_full() -> None:
    assert one_wish(slot(TUESDAY, 9, 20), WORDS) == "Tue, Nov 24, 9:20 AM"
    assert one_wish(part(TUESDAY, DayPart.EVENING), WORDS) == "Tue, Nov 24, evening"
    assert one_wish(NEXT, WORDS) == "Next available"


@pytest.mark.parametrize(
    ("kind", "appointment", "text"),
    [
        (RESCHEDULE, "Well visit", "Reschedule the well visit of Zuri Okafor"),
        (CANCEL, "ADHD follow-up", "Cancel the ADHD follow-up of Zuri Okafor"),
        (SCHEDULE, "12-month check", "Schedule the 12-month check of Zuri Okafor"),
        (SCHEDULE, "", "Schedule a visit of Zuri Okafor"),
        (CANCEL, "", "Cancel the visit of Zuri Okafor"),
    ],
)
def test_a_title_is_a_sentence(kind: RequestKind, appointment: str, text: str) -> None:
    assert title(kind, appointment, "Zuri Okafor") == text


def test_kinds_and_states_have_words() -> None:
    assert [kind_word(kind) for kind in RequestKind] == ["Schedule", "Cancel", "Reschedule"]
    assert [state_word(state) for state in WishState] == [
        "free",
        "held for this request",
        "taken",
        "past",
        "outside availability",
        "",
    ]


NOW = at(TUESDAY, 10)


@pytest.mark.parametrize(
    ("wish", "in_window", "is_free", "held", "state"),
    [
        (slot(TUESDAY, 11), True, True, False, WishState.FREE),
        (slot(TUESDAY, 11), True, False, False, WishState.TAKEN),
        (slot(TUESDAY, 11), True, False, True, WishState.HELD_BY_US),
        (slot(TUESDAY, 11), False, True, False, WishState.OUTSIDE),
        (slot(TUESDAY, 10), True, True, False, WishState.PAST),
        (slot(TUESDAY, 9), True, True, True, WishState.PAST),
        (part(TUESDAY), True, True, False, WishState.OPEN_ENDED),
        (part(SATURDAY), True, True, False, WishState.PAST),
        (NEXT, False, False, False, WishState.OPEN_ENDED),
    ],
)
def test_each_wish_has_its_present_state(
    wish: Wish, in_window: bool, is_free: bool, held: bool, state: WishState
) -> None:  # MC5
    assert state_of(wish, now=NOW, zone=LA, in_window=in_window, is_free=is_free, held_by_us=held) is state


def test_parts_of_a_day_are_wall_time() -> None:
    assert part_span(TUESDAY, DayPart.MORNING, LA).starts_at == at(TUESDAY, 8)
    assert part_span(TUESDAY, DayPart.AFTERNOON, LA).ends_at == at(TUESDAY, 17)
    assert part_span(TUESDAY, DayPart.EVENING, LA).ends_at == LA.bounds(TUESDAY).ends_at


MOTHER, FATHER, ZURI, LEO = ContactId(1), ContactId(2), PatientId(3), PatientId(4)
APPOINTMENT, OTHER_APPOINTMENT = AppointmentId(5), AppointmentId(6)


def asked(
    who: ContactId,
    kind: RequestKind,
    *wishes: Wish,
    appointment: AppointmentId | None = APPOINTMENT,
    child: PatientId = ZURI,
) -> AskedBefore:
    return AskedBefore(kind, who, child, None if kind is SCHEDULE else appointment, wishes)


@pytest.mark.parametrize(
    ("one", "other", "flagged"),
    [
        (asked(MOTHER, CANCEL), asked(FATHER, RESCHEDULE, slot(TUESDAY, 9)), True),
        (asked(MOTHER, CANCEL), asked(FATHER, SCHEDULE), True),
        (asked(MOTHER, CANCEL), asked(FATHER, CANCEL), False),
        (asked(MOTHER, CANCEL), asked(MOTHER, RESCHEDULE), False),
        (asked(MOTHER, CANCEL), asked(FATHER, RESCHEDULE, child=LEO), False),
        (asked(MOTHER, CANCEL), asked(FATHER, RESCHEDULE, appointment=OTHER_APPOINTMENT), False),
        (asked(MOTHER, RESCHEDULE, slot(TUESDAY, 9)), asked(FATHER, RESCHEDULE, slot(SATURDAY, 9)), True),
        (asked(MOTHER, RESCHEDULE, slot(TUESDAY, 9)), asked(FATHER, RESCHEDULE, slot(TUESDAY, 9)), False),
        (asked(MOTHER, RESCHEDULE, slot(TUESDAY, 9)), asked(FATHER, RESCHEDULE, part(TUESDAY)), False),
        (asked(MOTHER, RESCHEDULE, slot(TUESDAY, 14)), asked(FATHER, RESCHEDULE, part(TUESDAY)), True),
        (asked(MOTHER, SCHEDULE, part(TUESDAY)), asked(FATHER, SCHEDULE, part(TUESDAY, DayPart.EVENING)), True),
        (asked(MOTHER, SCHEDULE, part(TUESDAY)), asked(FATHER, SCHEDULE, NEXT), False),
        (asked(MOTHER, SCHEDULE), asked(FATHER, SCHEDULE, part(TUESDAY)), False),
    ],
)
def test_opposite_wishes_of_two_contacts_are_flagged(
    one: AskedBefore, other: AskedBefore, flagged: bool
) -> None:  # MC11
    assert opposite(one, other, LA) is flagged
    assert opposite(other, one, LA) is flagged
