"""Text messages: segments counted as networks do, links whole, answers understood, quiet hours on the days of the clock change (NOTE-04)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.sms import (
    MOST_SEGMENTS,
    as_sent,
    fits,
    quiet_end,
    segments,
    size,
    wants_again,
    wants_no_more,
)

# 3GPP TS 23.038, 6.2.1 and 6.2.1.1, typed from its tables: the count is not checked by the library that makes it.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_SIGNS = st.text(st.sampled_from(_BASIC + _EXTENSION), max_size=500)
_ANY = st.text(st.characters(codec="utf-8"), max_size=400)
_LINKS = st.integers(4, 90).map(lambda length: "https://p.example.org/m/" + "a" * length)
_WORDS = st.text(st.sampled_from("abc é€,.\n"), max_size=250)


def counted(text: str) -> int:
    """How many segments there are, sign by sign, by another way than the program's."""
    is_gsm = all(sign in _BASIC + _EXTENSION for sign in text)
    widths = [(2 if sign in _EXTENSION else 1) if is_gsm else len(sign.encode("utf-16-le")) // 2 for sign in text]
    alone, each = (160, 153) if is_gsm else (70, 67)
    if sum(widths) <= alone:
        return 1
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return count


@given(_SIGNS)
def test_signs_of_the_gsm_alphabet_are_counted_in_septets(text: str) -> None:
    found = size(text)
    assert found.is_gsm
    assert found.units == len(text) + sum(sign in _EXTENSION for sign in text)
    assert found.segments == counted(text) == len(segments(text))


@given(_ANY)
def test_any_other_sign_makes_it_utf16_in_which_no_pair_is_torn(text: str) -> None:
    found, parts = size(text), segments(text)
    assert found.is_gsm == all(sign in _BASIC + _EXTENSION for sign in text)
    assert found.segments == counted(text) == len(parts)
    assert "".join(parts) == text
    if not found.is_gsm and len(parts) > 1:
        assert all(len(part.encode("utf-16-le")) <= 2 * 67 for part in parts)
        assert found.room == 67 - len(parts[-1].encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2)]
    + [("a" * 152 + "€" + "a" * 10, 2), ("á" * 70, 1), ("á" * 71, 2), ("😀" * 35, 1), ("😀" * 36, 2)],
)
def test_the_borders_of_segments(text: str, parts: int) -> None:
    assert (size(text).segments, len(segments(text))) == (parts, parts)


@given(_WORDS, _LINKS, _WORDS)
def test_a_link_leaves_whole_in_one_segment_of_few(before: str, link: str, after: str) -> None:  # NOTE-04
    sent = as_sent(f"{before} {link} {after}")
    assert link in sent
    parts = segments(sent)
    if len(link) <= 67:
        assert len(parts) <= MOST_SEGMENTS
        assert any(link in part for part in parts)
        assert fits(sent)
    assert as_sent(sent) == sent


@given(_ANY)
def test_what_leaves_has_few_segments_and_no_sign_that_hides(text: str) -> None:
    sent = as_sent(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u200b\ufeff\u2028]", sent)
    if not re.search(r"https?://", sent, re.IGNORECASE):
        assert len(segments(sent)) <= MOST_SEGMENTS


def test_typographic_signs_become_plain_ones_and_letters_stay() -> None:
    assert as_sent("“Amara’s” visit\u00a0– Tue…") == '"Amara\'s" visit - Tue...'
    assert as_sent("mañana, José y Ángela") == "mañana, José y Ángela"
    assert as_sent("e\u0301") == "é"


def test_words_before_the_link_go_first_and_the_link_moves_before_anything_is_lost() -> None:
    link = "https://portal.example.org/m/" + "a" * 43
    near = f"{'word ' * 25}{link} Reply STOP to end."
    assert as_sent(near).replace(" ", "") == near.replace(" ", "")
    far = f"{'word ' * 80}{link} Reply STOP to end."
    sent = as_sent(far)
    assert sent.endswith(f"{link} Reply STOP to end.")
    assert "word... " in sent


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Stop!", "¡ALTO!", "baja", "No más", "opt-out", "stop all", "CANCEL"]
)
def test_a_whole_answer_that_asks_for_no_more(text: str) -> None:
    assert wants_no_more(text)
    assert not wants_again(text)


@pytest.mark.parametrize("text", ["", "Please stop by", "we can't stop coughing", "stop" * 20, "START", "yes"])
def test_what_does_not_ask_for_the_end(text: str) -> None:
    assert not wants_no_more(text)


@pytest.mark.parametrize("text", ["START", "start.", "Unstop", "ALTA"])
def test_a_whole_answer_that_takes_it_back(text: str) -> None:
    assert wants_again(text)


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Tokyo"]
)
def test_quiet_hours_end_at_their_wall_time_on_every_day_of_the_year(zone: str) -> None:
    time = PracticeTime(zone)
    for count in range(366):
        day = date(2026, 1, 1) + timedelta(days=count)
        end = time.instant(day, 8 * 60)
        for quiet in (
            time.instant(day - timedelta(days=1), 21 * 60),
            time.instant(day, 3 * 60),
            end - timedelta(minutes=1),
        ):
            assert quiet_end(quiet, time, 21 * 60, 8 * 60) == end
        for awake in (end, time.instant(day, 12 * 60), time.instant(day, 20 * 60 + 59)):
            assert quiet_end(awake, time, 21 * 60, 8 * 60) is None


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 366 * 24 * 60))
def test_what_is_put_off_may_leave_when_it_is_due_again(start: int, end: int, minute: int) -> None:
    time, now = PracticeTime("America/New_York"), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    until = quiet_end(now, time, start, end)
    if until is None:
        return
    assert now < until <= now + timedelta(hours=25)
    assert quiet_end(until, time, start, end) is None
