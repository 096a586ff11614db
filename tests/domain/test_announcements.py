"""Announcements: what may be announced, whom it concerns, one letter for each address, and what a text may say (NT2, NOTE-01)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.announcements import (
    LONGEST,
    MOST_TEXT,
    AnnouncementKind,
    News,
    check,
    checked_text,
    concerns,
    health_words,
    is_same,
    letters,
)
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import AppointmentId, ContactId, LocationId, ProviderId
from request_desk.domain.notices import Planned, Recipient
from request_desk.domain.spans import Span

NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATE = News(AnnouncementKind.RUNNING_LATE, Span(NOW, NOW + 180 * MINUTE), ProviderId(1), None, 20)
CLOSED = News(AnnouncementKind.CLOSED, Span(NOW + 60 * MINUTE, NOW + 180 * MINUTE), None, LocationId(2))


def at(*, start: int, minutes: int = 20) -> Span:
    return Span(NOW + start * MINUTE, NOW + (start + minutes) * MINUTE)


@pytest.mark.parametrize("news", [LATE, CLOSED, replace(CLOSED, location_id=None, provider_id=ProviderId(1))])
def test_one_provider_or_location_and_a_time_to_come_can_be_announced(news: News) -> None:  # NT2
    check(news, NOW)


@pytest.mark.parametrize(
    ("news", "why"),
    [
        (replace(LATE, provider_id=None), "Choose a provider or a location"),
        (replace(LATE, location_id=LocationId(2)), "Choose a provider or a location"),
        (replace(LATE, span=Span(NOW, NOW)), "ends before it begins"),
        (replace(LATE, span=Span(NOW - 9 * MINUTE, NOW)), "over already"),
        (replace(LATE, span=Span(NOW, NOW + LONGEST + MINUTE)), "at most 31 days"),
        (replace(LATE, late_minutes=0), "from 1 to 480"),
        (replace(LATE, late_minutes=481), "from 1 to 480"),
        (replace(CLOSED, late_minutes=5), "nobody waits longer"),
    ],
)
def test_what_cannot_be_announced_is_refused_with_the_reason(news: News, why: str) -> None:  # NT2
    with pytest.raises(Invalid, match=why):
        check(news, NOW)


@pytest.mark.parametrize(
    ("news", "visit", "is_concerned"),
    [
        (LATE, at(start=-10), True),  # waits for the late provider since ten minutes
        (LATE, at(start=-20), False),
        (LATE, at(start=179), True),
        (LATE, at(start=180), False),
        (CLOSED, at(start=30), False),
        (CLOSED, at(start=50), True),  # it would still be going on
        (replace(CLOSED, span=LATE.span), at(start=-5), False),
    ],
)
def test_those_who_still_come_are_concerned(news: News, visit: Span, *, is_concerned: bool) -> None:  # NT2
    assert concerns(news, visit, NOW) is is_concerned


def test_the_same_of_a_time_that_overlaps_is_no_news_but_another_delay_is() -> None:  # NT2
    assert is_same(LATE, replace(LATE, span=Span(NOW + 5 * MINUTE, NOW + 300 * MINUTE)))
    assert not is_same(LATE, replace(LATE, late_minutes=40))
    assert not is_same(LATE, replace(LATE, provider_id=ProviderId(2)))
    assert not is_same(LATE, replace(LATE, span=Span(LATE.span.ends_at, LATE.span.ends_at + MINUTE)))


def plan(contact: int, *also: int, address: str = "") -> Planned:
    to = Recipient(ContactId(contact), Channel.EMAIL, address or f"{contact}@example.org")
    return Planned(to, False, tuple(ContactId(each) for each in also))


def test_a_family_with_two_visits_gets_one_letter_about_the_first() -> None:  # NT2
    visits = [(AppointmentId(7), [plan(1)]), (AppointmentId(8), [plan(1), plan(2)])]
    one, other = letters(visits, ())
    assert (one.recipient.contact_id, one.appointments) == (1, (7, 8))
    assert (other.recipient.contact_id, other.appointments) == (2, (8,))


def test_one_address_in_any_spelling_gets_one_letter_that_names_its_readers() -> None:  # NT2
    visits = [(AppointmentId(7), [plan(1, address="Us@x.org")]), (AppointmentId(8), [plan(2, address="us@x.org")])]
    (one,) = letters(visits, ())
    assert (one.readers, one.appointments) == ((1, 2), (7, 8))


_PLANS = st.lists(
    st.lists(st.sampled_from([plan(1, 4), plan(2), plan(3), plan(5, 6)]), unique_by=lambda each: each.recipient),
    max_size=6,
)
_TOLD = st.sets(st.tuples(st.integers(1, 6).map(ContactId), st.integers(0, 5).map(AppointmentId)))


@given(_PLANS, _TOLD)
def test_everybody_hears_of_each_visit_once_and_gets_one_letter(  # NT2
    plans: Sequence[Sequence[Planned]], told: set[tuple[ContactId, AppointmentId]]
) -> None:
    visits = [(AppointmentId(number), each) for number, each in enumerate(plans)]
    found = letters(visits, told)
    readers = [each for letter in found for each in letter.readers]
    assert len(readers) == len(set(readers))
    wanted = {
        (each, visit)
        for visit, here in visits
        for one in here
        for each in (one.recipient.contact_id, *one.also)
        if (each, visit) not in told
    }
    covered = {(each, visit) for letter in found for each in letter.readers for visit in letter.appointments}
    assert wanted <= covered
    assert {reader for reader, _visit in covered} == {reader for reader, _visit in wanted}
    assert letters(visits, told | covered) == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Zuri Okafor waits longer.", "Zuri Okafor"),
        ("All well visits are later.", ""),
        ("The well   VISIT is later.", "Well visit"),
        ("Zuri Okafor's mother waits.", "Zuri Okafor"),
        ("Zuri Okafor\u2019s mother waits.", "Zuri Okafor"),
        ("The flu shots take longer.", ""),
        ("We run 20 minutes late; please wait in the car.", ""),
        ("Llevamos 20 minutos de retraso.", ""),
    ],
)
def test_a_text_for_all_names_no_patient_and_no_type_of_visit(text: str, word: str) -> None:  # NOTE-01, NT1
    names = ("Zuri Okafor", "Well visit", "")
    if not word:
        assert checked_text(f" {text}\n", names) == text
        return
    with pytest.raises(Invalid, match=f"says “{word}”"):
        checked_text(text, names)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dr. Mwangi is sick.", ("sick",)),
        ("Retraso por la Vacunación y la gripe.", ("Vacunación", "gripe")),
        ("The flu shots take longer. Flu shots!", ("flu", "shots")),
        ("Your test results wait; so do lab  results.", ("test results", "lab results")),
        ("El doctor está enfermo.", ("enfermo",)),
        ("She is ill.", ("ill",)),
    ],
)
def test_words_that_may_tell_of_health_are_quoted_as_they_were_typed(text: str, words: tuple[str, ...]) -> None:  # RE7
    assert health_words((text,)) == words


@pytest.mark.parametrize(
    "text",
    [
        "We're running behind; I'll text you when we are ready.",
        "A power surge closed the office on Corona Street.",
        "Our fluent Spanish speaker is at the front desk; the flute teacher left.",
        "The therapist and the nurse arrive late because of snow.",
        "La enfermera llega tarde; como resultado abrimos a las 10.",
        "Hay un problema con el agua en la enfermería.",
        "The air conditioning is out; please bring a fan. Parking is still free.",
        "Road works on Harbor St: please use the rear door.",
        "No hay luz en el edificio. Cerramos hoy a las 3.",
    ],
)
def test_words_that_only_look_like_it_are_not_asked_about(text: str) -> None:
    assert health_words((text,)) == ()


def test_a_text_is_short_enough_for_a_text_message() -> None:  # NT2
    with pytest.raises(Invalid, match="too long"):
        checked_text("a" * (MOST_TEXT + 1))
