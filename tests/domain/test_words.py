"""The one formatter: US and Spanish practices, the doubled hour, ages, names."""

from datetime import UTC, date, datetime, timedelta

import pytest

from request_desk.domain import words as module
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words, full_name, initials, isolate, safe_name, sorted_name

ZONE = PracticeTime("America/Los_Angeles")
TODAY = date(2026, 11, 20)
WORDS = Words("en_US", ZONE, TODAY)
APPOINTMENT = ZONE.instant(date(2026, 11, 24), 9 * 60 + 20)


def test_us_times_are_written_as_the_practice_reads_them() -> None:
    assert WORDS.time(APPOINTMENT) == "9:20 AM"
    assert WORDS.day(APPOINTMENT) == WORDS.day(date(2026, 11, 24)) == "Tue, Nov 24"
    assert WORDS.moment(APPOINTMENT) == "Tue, Nov 24, 9:20 AM"
    assert WORDS.long_day(date(2026, 11, 24)) == "Tuesday, November 24"
    assert WORDS.long_moment(APPOINTMENT) == "Tuesday, November 24, 9:20 AM"
    assert WORDS.moment_with_zone(APPOINTMENT) == "Tue, Nov 24, 9:20 AM PST"
    assert WORDS.month(date(2026, 11, 24)) == "November 2026"
    assert WORDS.wall_minute(540) == "9:00 AM"
    assert WORDS.wall_minute(1440) == "12:00 AM"


def test_no_unusual_space_stands_in_a_time() -> None:
    for locale in ("en_US", "es_US", "es_ES", "fr_FR", "de_DE"):
        text = Words(locale, ZONE, TODAY).long_moment(APPOINTMENT)
        assert all(sign == " " or not sign.isspace() for sign in text)


def test_a_spanish_practice_reads_spanish_times() -> None:
    words = Words("es_US", ZONE, TODAY)
    assert words.long_moment(APPOINTMENT) == "martes, 24 de noviembre, 9:20 a.m."
    assert words.moment(APPOINTMENT).startswith("mar")
    assert words.birth(date(2022, 3, 12)) == "12/03/2022"
    assert words.language("en") == "Inglés"


def test_a_far_day_is_told_with_its_year() -> None:
    assert WORDS.day(date(2027, 9, 10)) == "Fri, Sep 10"
    assert WORDS.day(date(2028, 1, 1)) == "Sat, Jan 1, 2028"
    assert WORDS.long_day(date(2028, 1, 1)) == "Saturday, January 1, 2028"
    assert WORDS.short_day(date(2025, 1, 1)) == "Jan 1, 2025"
    assert WORDS.day_of_month(date(2025, 1, 1)) == "1 Wed"
    assert Words("en_US", ZONE).day(date(2028, 1, 1)) == "Sat, Jan 1"
    assert Words("en_US", ZONE).on(TODAY).day(date(2028, 1, 1)) == "Sat, Jan 1, 2028"


def test_the_doubled_hour_says_which_pass() -> None:  # DST-03
    first = ZONE.instant(date(2026, 11, 1), 90)
    assert WORDS.time(first) == "1:30 AM (1st)"
    assert WORDS.time(first + timedelta(hours=1)) == "1:30 AM (2nd)"
    assert WORDS.moment(first + timedelta(hours=1)) == "Sun, Nov 1, 1:30 AM (2nd)"
    assert WORDS.time(first + timedelta(hours=2)) == "2:30 AM"


@pytest.mark.parametrize(
    ("ahead", "text"),
    [(0, "today"), (1, "tomorrow"), (4, "Tue"), (6, "Thu"), (7, "Nov 27"), (-1, "Nov 19"), (400, "Dec 25, 2027")],
)
def test_near_days_go_by_their_weekday(ahead: int, text: str) -> None:
    assert WORDS.near_day(TODAY + timedelta(days=ahead)) == text


def test_a_near_time_needs_no_comma_and_a_date_does() -> None:
    assert WORDS.near_moment(ZONE.instant(TODAY, 600)) == "today 10:00 AM"
    assert WORDS.near_moment(APPOINTMENT) == "Tue 9:20 AM"
    assert WORDS.near_moment(ZONE.instant(date(2026, 12, 8), 600)) == "Dec 8, 10:00 AM"


@pytest.mark.parametrize(
    ("birth", "today", "age"),
    [
        (date(2022, 3, 12), date(2026, 11, 24), "4 y"),
        (date(2022, 11, 24), date(2026, 11, 24), "4 y"),
        (date(2022, 11, 25), date(2026, 11, 24), "3 y"),
        (date(2026, 4, 20), date(2026, 11, 24), "7 mo"),
        (date(2024, 11, 25), date(2026, 11, 24), "23 mo"),
        (date(2024, 11, 24), date(2026, 11, 24), "2 y"),
        (date(2026, 11, 12), date(2026, 11, 24), "12 d"),
        (date(2026, 11, 24), date(2026, 11, 24), "0 d"),
        (date(2026, 11, 25), date(2026, 11, 24), "0 d"),
        (date(2024, 2, 29), date(2027, 2, 28), "2 y"),
        (date(2024, 2, 29), date(2027, 3, 1), "3 y"),
    ],
)
def test_ages_are_told_as_pediatrics_tells_them(birth: date, today: date, age: str) -> None:
    assert WORDS.age_of(birth, today) == age


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (-5, "now"),
        (59, "now"),
        (9 * 60, "9 min"),
        (65 * 60, "1 h 05"),
        (23 * 3600, "23 h 00"),
        (49 * 3600, "2 d"),
    ],
)
def test_waiting_times_are_short(seconds: int, text: str) -> None:
    assert WORDS.since(timedelta(seconds=seconds)) == text


def test_stretches_counts_and_lists_have_words() -> None:
    assert WORDS.waiting(timedelta(minutes=65), late=True) == "1 h 05, late"
    assert WORDS.waiting(timedelta(minutes=18), late=False) == "18 min"
    assert WORDS.minutes(timedelta(minutes=40)) == "40 min"
    assert WORDS.left(timedelta(minutes=11, seconds=40)) == "11 min left"
    assert WORDS.left(timedelta(seconds=40)) == "40 s left"
    assert WORDS.left(timedelta(seconds=-3)) == "0 s left"
    assert WORDS.count(12345) == "12,345"
    assert [WORDS.list_of(("a", "b", "c")[:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert WORDS.either(("a", "b", "c")) == "a, b or c"


def test_birth_dates_have_two_digits_each() -> None:
    assert WORDS.birth(date(2022, 3, 2)) == "03/02/2022"
    assert WORDS.birth_short(date(2022, 3, 2)) == "03/02/22"


def test_languages_and_numbers_are_told_in_the_practices_words() -> None:
    assert (WORDS.language("en"), WORDS.language("es-US"), WORDS.language("zz-nonsense-9")) == (
        "English",
        "Spanish",
        "zz-nonsense-9",
    )
    assert WORDS.phone("+12065550147") == "(206) 555-0147"
    assert WORDS.phone("+442079460000").startswith("+44 ")
    assert WORDS.phone("no number") == "no number"


def test_names_are_put_together() -> None:
    assert (sorted_name("Okafor", "Zuri"), sorted_name("", "Zuri"), sorted_name("Okafor", "")) == (
        "Okafor, Zuri",
        "Zuri",
        "Okafor",
    )
    assert (full_name("Zuri", "Okafor"), full_name("", "Okafor")) == ("Zuri Okafor", "Okafor")
    assert [initials(name) for name in ("Maria Santos", "Kofi", "Anne-Marie de Vries", "مريم سالم", "", "123")] == [
        "MS", "K", "AV", "مس", "", "",
    ]  # fmt: skip


def test_isolates_keep_a_name_from_turning_its_row_around() -> None:  # QT-05
    assert isolate("Zuri") == "\u2068Zuri\u2069"
    assert safe_name("Zuri Okafor") == "Zuri Okafor"
    assert safe_name("يوسف") == "\u2068يوسف\u2069"
    assert safe_name("Jo\u202eanna") == "\u2068Jo\u202eanna\u2069"


def test_words_are_looked_up_late() -> None:
    assert module._("Send") == "Send"
    assert module.plural("{count} visit", "{count} visits", 2).format(count=2) == "2 visits"


def test_midnight_of_utc_is_another_day_here() -> None:
    assert WORDS.moment(datetime(2026, 11, 24, 2, 0, tzinfo=UTC)) == "Mon, Nov 23, 6:00 PM"


@pytest.mark.parametrize(("locale", "first"), [("en_US", date(2026, 11, 22)), ("en_GB", date(2026, 11, 23))])
def test_a_week_begins_where_weeks_begin_in_the_locale(locale: str, first: date) -> None:
    words = Words(locale, ZONE)
    week = words.week_of(date(2026, 11, 24))
    assert week == tuple(first + timedelta(days=number) for number in range(7))
    assert {words.week_of(day) for day in week} == {week}
