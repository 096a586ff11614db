"""What parents say about time in their own words is read carefully, in English and Spanish, and ranks the offers (MC16)."""

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.own_words import OwnWish, against, read, read_all, said
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words
from tests.samples import turns

TODAY = date(2026, 11, 24)  # a Tuesday
ZONE = PracticeTime("America/Los_Angeles")
WORDS = Words("en_US", ZONE, TODAY)


def told(text: str) -> list[str]:
    return [said(wish, WORDS) for wish in read(text, TODAY)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("after 3, can't leave work", ["after 3:00 PM"]),
        ("Could someone see him tomorrow after 3? I cant leave work before that", ["after 3:00 PM", "tomorrow"]),
        ("School lets out at 3:15 so anything after 3:30, all three please", ["after 3:30 PM"]),
        ("as in the message for Rohan: after 3:30", ["after 3:30 PM"]),
        ("any time after 4:30 pm works", ["after 4:30 PM"]),
        ("after noon is best for us", ["after 12:00 PM"]),
        ("after three o'clock please", ["after 3:00 PM"]),
        ("no earlier than 10 please", ["after 10:00 AM"]),
        ("I can't get there before 10", ["after 10:00 AM"]),
        ("I work till 5, so something later would be ideal", ["after 5:00 PM"]),
        ("we are in school until 3:15", ["after 3:15 PM"]),
        ("before 9 please", ["before 9:00 AM"]),
        ("anything before 3 pm", ["before 3:00 PM"]),
        ("I can't come after 2", ["before 2:00 PM"]),
        ("any time between 2 and 4", ["2:00 PM to 4:00 PM"]),
        ("between 9:30 and 11 would be great", ["9:30 AM to 11:00 AM"]),
        ("before school", ["before 8:30 AM"]),
        ("can i just come after school?", ["after 3:00 PM"]),
        ("8 would be great, before work", ["before 9:00 AM"]),
        ("after work if possible", ["after 5:00 PM"]),
        ("can the dr look at him after lunch", ["after 1:00 PM"]),
        ("the 8:00 the day after please, first thing", ["first thing"]),
        ("can it be the first one of the day instead", ["first thing"]),
        ("please book his checkup, mornings.", ["mornings"]),
        ("Mornings are a little easier but really anything", ["mornings"]),
        ("afternoon is best", ["afternoons"]),
        ("can't do mornings", ["not mornings"]),
        ("no mornings please", ["not mornings"]),
        ("Any chance for a saturday morning?", ["mornings", "Sat"]),
        ("I could do Friday", ["Fri"]),
        ("not Wednesdays", ["not Wed"]),
        ("anything but Wednesdays", ["not Wed"]),
        ("not on Tuesday or Thursday", ["not Tue and Thu"]),
        ("Mondays don't work", ["not Mon"]),
        ("Tuesday or Thursday please", ["Tue and Thu"]),
        ("stomach bug today", ["today"]),
        ("Can you see her today", ["today"]),
        ("is there something this morning?", ["mornings", "today"]),
        ("can we come tomorrow?", ["tomorrow"]),
        ("Can you make the appointment today?", ["today"]),
        ("Cant make tomorrow.", ["not tomorrow"]),
        ("We are away on Tuesday.", ["not Tue"]),
        ("we're busy on Mondays and Fridays", ["not Mon and Fri"]),
        ("not available Wednesdays", ["not Wed"]),
        ("we are out of town tomorrow", ["not tomorrow"]),
        ("estamos fuera el martes", ["not Tue"]),
        ("a la tarde", ["afternoons"]),
        ("solo puedo por las mañanas", ["mornings"]),
        ("¿La pueden ver hoy en la mañana?", ["mornings", "today"]),
        ("después de las 4 de la tarde por favor", ["after 4:00 PM"]),
        ("a partir de las 3 por favor", ["after 3:00 PM"]),
        ("antes de las 9 si se puede", ["before 9:00 AM"]),
        ("entre las 2 y las 4 por favor", ["2:00 PM to 4:00 PM"]),
        ("no puedo antes de las 10", ["after 10:00 AM"]),
        ("antes de la escuela", ["before 8:30 AM"]),
        ("después del trabajo", ["after 5:00 PM"]),
        ("a primera hora por favor", ["first thing"]),
        ("los lunes o martes por favor", ["Mon and Tue"]),
        ("no los miércoles", ["not Wed"]),
        ("los viernes no", ["not Fri"]),
        ("menos los jueves", ["not Thu"]),
        ("puede ser mañana?", ["tomorrow"]),
        ("mañana por la mañana por favor", ["mornings", "tomorrow"]),
    ],
)
def test_wishes_are_read(text: str, meant: list[str]) -> None:
    assert told(text) == meant


def test_weeks_are_read_as_their_days() -> None:
    assert [wish.days for wish in read("something next week please", TODAY)] == [
        (date(2026, 11, 30), date(2026, 12, 6))
    ]
    assert [wish.days for wish in read("¿se puede la otra semana?", TODAY)] == [(date(2026, 11, 30), date(2026, 12, 6))]
    assert [wish.days for wish in read("can we come this week", TODAY)] == [(TODAY, date(2026, 11, 29))]


@pytest.mark.parametrize(
    "text",
    [
        "fever after 3 doses",
        "he threw up after 3",
        "fever since 2 in the morning",
        "ear pain again, up since 2 in the morning yesterday",
        "coughing every morning",
        "morning sickness",
        "Good morning, please book him",
        "Good afternoon!",
        "Buenas tardes, una cita por favor",
        "Buenos días",
        "picture day got moved to thursday so we cant make the 8:30",
        "Please KEEP her visit next week",
        "our appointment on Friday",
        "Please cancel Harper's visit next week",
        "tomorrow is full I saw",
        "Hi its 4 in the morning and I am feeding",
        "call me at 206-555-0147 after 5",
        "text me after 6 please",
        "he is 3 and after 2 he naps",
        "School starts at 8 on Mondays",
        "We need it before 3 days pass",
        "he turned 4 on Friday",
        "Sore throat going round in his class. We only want Dr. Lindqvist please. 8:00.",
        "The following do not work: 3/4, 4/5",
        "born last Tuesday",
        "tiene fiebre desde el lunes",
        "vomitó hoy después de las 3",
        "llámenme después de las 5",
        "can they go one after the other?",
        "Thank you for everything",
        "appointment",
        "",
        "9" * 400,
        "please come on Wednesdays " * 40,  # who writes that much is read by a person
    ],
)
def test_what_is_no_wish_is_not_read(text: str) -> None:
    assert told(text) == []


@given(st.text(max_size=300), st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_any_text_is_read_without_harm_and_quoted_as_it_is(text: str, today: date) -> None:
    for wish in read(text, today):
        assert wish.quote in text
        assert (wish.minutes is not None) + bool(wish.weekdays) + (wish.days is not None) == 1
        assert wish.minutes is None or 0 <= wish.minutes[0] < wish.minutes[1] <= 1440


@given(st.integers(1, 12), st.integers(0, 59), st.sampled_from("ap"), st.sampled_from(["after", "before"]))
def test_a_time_with_its_half_of_the_day_is_read_to_the_minute(hour: int, minute: int, half: str, word: str) -> None:
    clock = hour % 12 * 60 + minute + 720 * (half == "p")
    found = [wish.minutes for wish in read(f"anything {word} {hour}:{minute:02} {half}m please", TODAY)]
    assert found == [(clock, 1440) if word == "after" else (0, clock)]


def test_days_that_are_over_are_left_out_and_each_letter_is_read_on_its_day() -> None:
    monday = datetime(2026, 11, 23, 18, tzinfo=ZONE.wall(datetime.fromisoformat("2026-11-23T18:00:00+00:00")).tzinfo)
    now = monday + timedelta(days=1)
    assert read_all([("can you see her today?", monday)], now, ZONE) == ()
    found = read_all([("can you see her tomorrow?", monday), ("today please", now)], now, ZONE)
    assert [wish.days for wish in found] == [(TODAY, TODAY)]
    assert read_all([("today please", now)], now, ZONE, {found[0].key}) == ()


def test_of_several_that_say_the_same_kind_of_thing_one_is_enough() -> None:
    wishes = [
        OwnWish("", weekdays=frozenset({1})),
        OwnWish("", weekdays=frozenset({3})),
        OwnWish("", (15 * 60, 1440)),
        OwnWish("", weekdays=frozenset({4}), excluded=True),
    ]

    def at(day: int, hour: int) -> int:
        return against(wishes, ZONE.instant(date(2026, 11, day), hour * 60), ZONE)

    assert [at(24, 15), at(26, 16), at(24, 9), at(25, 16), at(27, 9)] == [0, 0, 1, 1, 3]


def test_real_dialogues_are_read_with_few_mistakes() -> None:
    """Of what is read in the customers' sentences, nearly all is what they were noted to want."""
    right, wrong = 0, []
    for turn in turns():
        wanted = " ".join(
            value for name in ("appointment_date", "appointment_time") for value in turn.get("slots", {}).get(name, [])
        )
        words = set(re.findall(r"\w+", wanted.lower()))
        for wish in read(turn["text"], TODAY) if turn["speaker"] == "USER" else ():
            if words & set(re.findall(r"\w+", wish.quote.lower())):
                right += 1
            else:
                wrong.append(turn["text"])
    assert right >= 30
    assert len(wrong) <= right // 20, wrong
