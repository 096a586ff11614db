"""A letter and its act say the same, in the ways people write times in English and Spanish and in several locales (RE11)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.agreement import ActFacts, differences, told_alone
from request_desk.domain.asking import asks
from request_desk.domain.named_times import days, promised, times
from request_desk.domain.phrases import PhraseOutcome
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words

LA = PracticeTime("America/Los_Angeles")
LOCALES = ("en_US", "en_GB", "es_US", "es_ES", "de_DE", "fr_FR", "pt_BR")
NEW = LA.instant(date(2026, 11, 24), 560)  # Tuesday, 9:20 AM
OLD = LA.instant(date(2026, 12, 3), 510)
PROVIDERS = ("Dr. Lindqvist", "Dr. Zielińska", "Dr. Tehrani")
PLACES = ("Northside", "Harbor St")


def said(text: str, *, locale: str = "en_US", old: datetime | None = None, must_name: bool = True) -> tuple[str, ...]:
    told = ActFacts(NEW, "Dr. Lindqvist", "Northside", old, "Dr. Tehrani" if old else "", "", must_name)
    return differences(text, told, Words(locale, LA, date(2026, 11, 20)), providers=PROVIDERS, locations=PLACES)


@pytest.mark.parametrize(
    "text",
    [
        "See you Tuesday at 9:20 AM",
        "see you at 9:20",
        "Tue, Nov 24, 9:20 a.m. with Dr. Lindqvist at Northside. Please come 10 minutes early.",
        "9.20 am on the 24th",
        "11/24 at 9:20",
        "el martes 24 a las 9:20",
        "martes, 24 de noviembre, a las 9:20 de la mañana",
        "mar 24 nov, 9:20 a. m.",
        "2026-11-24, 09:20",
        "Call (206) 555-0147 if 9:20 AM does not work.",
        "nos vemos el martes a las nueve y veinte",
        "a las nueve y veinte de la mañana con la Dra. Lindqvist",
        "twenty past nine on Tuesday",
        "It is at 9:20 AM. If you cannot come, call us today.",
        "See you next Tuesday at 9:20",
        "Tuesday next week, 9:20 AM",
        "this Tuesday at 9:20",
        "el próximo martes a las 9:20",
        "el martes que viene a las 9:20",
        "el martes de la próxima semana a las 9:20",
        "next Tuesday, November 24, 9:20 AM",
        "Tuesday the twenty-fourth, 9:20",
        "el veinticuatro de noviembre a las 9:20",
        "9:20 AM at Northside, 2nd floor, for her 3rd shot; bring the 5th grade form.",
        "9:20 AM. You may first call the desk; we set 10 minutes aside for that.",
        "a las 9:20. Primero pase por la recepción con uno de los formularios.",
        "9:20 AM. We saw her last Friday.",
        "a las 9:20. La vimos el viernes pasado.",
    ],
)
def test_a_letter_that_tells_the_same_is_sent(text: str) -> None:
    assert said(text) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("See you Monday at 9:30 with Dr. Zielińska", ("says Monday, 9:30,", "names Dr. Zielińska")),
        ("see you at 9:20 PM", ("says 9:20 PM",)),
        ("see you on Monday, 9:20", ("says Monday, 9:20",)),
        ("el martes 24 a las 8:30", ("says martes 24, 8:30",)),
        ("nos vemos a las tres y media", ("a las tres y media",)),
        ("8.30 am works", ("says 8.30 am",)),
        ("24/11 at 8:30 am", ("says 24/11, 8:30 am",)),
        ("at 9:20 AM at Harbor St", ("names Harbor St",)),
        ("Booked! For Wednesday, as you like. It is 9:20", ("says Wednesday",)),
        ("It is booked.", ("does not tell the time",)),
        ("9:20 AM. Is it for Theodore or his brother?", ("asks a question",)),
        ("el miércoles 25 de noviembre a las 9:20", ("says miércoles 25 de noviembre, 9:20",)),
        ("noon on Tuesday", ("says Tuesday, noon",)),
        ("today at 9:20", ("says today, 9:20",)),
        ("hoy a las 9:20", ("says hoy, 9:20",)),
        ("tomorrow, 9:20 AM", ("says tomorrow, 9:20 AM",)),
        ("mañana a las 9:20", ("says mañana, 9:20",)),
        ("See you tomorrow! It is 9:20", ("says tomorrow",)),
        ("half past nine on Tuesday", ("says Tuesday, half past nine",)),
        ("a quarter to ten", ("says a quarter to ten",)),
        ("9:20 with Tehrani", ("names Dr. Tehrani",)),
        ("9:20 with Kaveh Tehrani, MD", ("names Dr. Tehrani",)),
        ("a las 9:20 con la Dra. Helena Zielińska", ("names Dr. Zielińska",)),
        ("We open at 8 AM. It is at 9:20", ("says at 8 AM,",)),
        ("a las 9:20 con la doctora Zielinska", ("names Dr. Zielińska",)),
        ("this Friday at 9:20", ("says this Friday, 9:20",)),
        ("el próximo miércoles a las 9:20", ("says próximo miércoles, 9:20",)),
        ("el miércoles que viene a las 9:20", ("says miércoles que viene, 9:20",)),
        ("December first at 9:20", ("says December first, 9:20",)),
        ("Dec 1st at 9:20", ("says Dec 1st, 9:20",)),
        ("9:20 AM on the first of December", ("says first of December",)),
        ("the 1st of December at 9:20", ("says 1st of December",)),
        ("9:20 AM. We look forward to the 3rd.", ("says the 3rd",)),
        ("Tuesday the first at 9:20", ("says Tuesday the first",)),
        ("el primero de diciembre a las 9:20", ("says primero de diciembre",)),
        ("el día 25 a las 9:20", ("says el día 25",)),
        ("1 de diciembre a las 9:20", ("says 1 de diciembre",)),
    ],
)
def test_what_differs_is_told(text: str, told: tuple[str, ...]) -> None:
    found = said(text)
    assert len(found) == len(told), found
    assert all(part in sentence for part, sentence in zip(told, found, strict=True))


def test_tomorrow_is_right_on_the_day_before() -> None:
    words = Words("en_US", LA, date(2026, 11, 23))
    told = ActFacts(NEW, "Dr. Lindqvist", "Northside")
    for text in ("See you tomorrow at 9:20", "mañana a las 9:20 de la mañana", "tomorrow, 9:20 AM"):
        assert differences(text, told, words) == ()
    for text in ("today at 9:20", "the day after tomorrow at 9:20", "nos vemos pasado mañana a las 9:20"):
        assert differences(text, told, words) != ()
    two_days_before = Words("en_US", LA, date(2026, 11, 22))
    for text in ("See you the day after tomorrow at 9:20", "pasado mañana a las 9:20"):
        assert differences(text, told, two_days_before) == ()


UNITS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
TEENS = (
    "tenth",
    "eleventh",
    "twelfth",
    *(f"{each}teenth" for each in ("thir", "four", "fif", "six", "seven", "eigh", "nine")),
)
NTH = (*UNITS, *TEENS, "twentieth", *(f"twenty-{each}" for each in UNITS), "thirtieth", "thirty-first")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DIAS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")


@pytest.mark.parametrize("locale", LOCALES)
@given(today=st.dates(date(2026, 1, 1), date(2027, 12, 31)), ahead=st.integers(0, 60))
def test_this_and_next_weekday_are_read_from_the_day_of_writing(locale: str, today: date, ahead: int) -> None:
    when = today + timedelta(days=ahead)
    told = ActFacts(LA.instant(when, 560), "", "")
    english, spanish = WEEKDAYS[when.weekday()], DIAS[when.weekday()]

    def passes(text: str) -> bool:
        return not differences(f"{text}, 9:20", told, Words(locale, LA, today))

    is_next_week = 0 < ahead + today.weekday() - 6 <= 7
    for text in (f"next {english}", f"el próximo {spanish}", f"el {spanish} que viene"):
        assert passes(text) or not (is_next_week or 0 < ahead <= 7)
        assert not passes(text) or 0 < ahead <= 14
    for text in (f"{english} next week", f"el {spanish} de la semana que viene"):
        assert passes(text) or not is_next_week
    for text in (f"this {english}", f"este {spanish}"):
        assert passes(text) == (ahead <= 7)
    assert passes(f"next {english}, {when:%B} {when.day}")


@pytest.mark.parametrize("locale", LOCALES)
@given(day=st.integers(0, 364), other=st.integers(0, 364))
def test_a_date_in_words_is_read_as_the_one_in_digits(locale: str, day: int, other: int) -> None:
    when, named = date(2026, 1, 1) + timedelta(days=day), date(2026, 1, 1) + timedelta(days=other)
    month, of_day = f"{named:%B}", NTH[named.day - 1]
    told = ActFacts(LA.instant(when, 560), "", "")
    for text in (f"{month} {of_day}", f"{month} the {of_day}", f"the {of_day} of {month}", f"{month} {named.day}"):
        assert bool(differences(f"{text} at 9:20", told, Words(locale, LA))) == (when != named)


QUESTIONS = (
    "Could you tell me which child this is for",
    "Let us know if 10:20 works",
    "Let me know if that works for you.",
    "Let us know if Theodore can come, too.",
    "Please let us know whether you can come.",
    "Please tell us which provider you prefer.",
    "Please confirm that this works for you.",
    "Which of the two is it for.",
    "For which child is it",
    "What time works best for you",
    "Would you like to see Dr. Lindqvist",
    "Or would Wednesday be better",
    "Is Zuri the older one",
    "I was wondering if she has had her flu shot.",
    "We need to know who will bring her.",
    "If you come by car, is it the blue one",
    "¿Es para Zuri o su hermano.",
    "Dígame cuál de los dos",
    "Nos confirma si viene su hermano",
    "Por favor díganos qué día prefiere.",
    "Podría decirnos para quién es",
    "Avíseme si le queda bien",
    "Confirme si la hora le sirve",
    "Para cuál de sus hijos es",
    "Qué día le conviene más",
    "Le parece bien esa hora",
    "Necesitamos saber quién la trae.",
)
NO_QUESTIONS = (
    "Let us know if you cannot come.",
    "Let us know if anything changes.",
    "Let us know if you need an interpreter.",
    "Let us know if the time stops working for you.",
    "Let us know if you would like another time.",
    "If you need another day, tell us which one suits you.",
    "If you would rather wait, answer here and we will change it.",
    "When you come, tell us which shots she had.",
    "You do not have to tell us which form it is.",
    "As you let us know which days work, we took the first.",
    "Tell the desk when you are here.",
    "The nurse will ask you which pharmacy you use.",
    "Should you need to change it, call us.",
    "Should we run late, we will text you.",
    "Could not get you in sooner, sorry.",
    "Do bring the form. Have your card ready.",
    "Which is why we booked it right away.",
    "What to bring: the card. How nice to hear from you! What a relief!",
    "When you are here, ask at the desk.",
    "Si no le conviene, díganoslo aquí.",
    "Si prefiere otro día, díganos cuál.",
    "Avísenos si no puede venir.",
    "Díganos si prefiere otra hora.",
    "Háganos saber cualquier cambio.",
    "Puede avisarnos aquí si algo cambia.",
    "No hace falta que nos diga qué día es.",
    "¡Qué bueno que todo salió bien!",
    "Como siempre, traiga la tarjeta. Quien la traiga debe traer identificación.",
)


@pytest.mark.parametrize("locale", LOCALES)
@given(day=st.integers(0, 364), minute=st.integers(0, 287), sentence=st.sampled_from(QUESTIONS + NO_QUESTIONS))
def test_a_question_beside_a_booking_needs_no_question_mark(locale: str, day: int, minute: int, sentence: str) -> None:
    words = Words(locale, LA)
    at = LA.instant(date(2026, 1, 1) + timedelta(days=day), minute * 5)
    for text in (f"{words.long_moment(at)}. {sentence}", f"{sentence}\n{words.moment(at)}"):
        found = differences(text, ActFacts(at, "", ""), words)
        assert ("The response asks a question while something is booked." in found) == (sentence in QUESTIONS), sentence


@pytest.mark.parametrize("sentence", QUESTIONS + NO_QUESTIONS)
def test_what_asks_is_told_from_what_offers(sentence: str) -> None:
    assert asks(f"It is at 9:20 AM. {sentence}") == (sentence in QUESTIONS)


def test_a_family_name_of_a_patient_is_no_provider() -> None:
    assert said("9:20 AM for Lukas Tehrani") == ()


def test_the_time_that_is_moved_may_be_told_too() -> None:
    assert said("Moved from Thu, Dec 3, 8:30 AM with Dr. Tehrani to Tue, Nov 24, 9:20 AM", old=OLD) == ()
    assert said("Moved from Fri, Dec 4, 8:30 AM to Tue, Nov 24, 9:20 AM", old=OLD) != ()


def test_who_is_moved_away_from_is_named_only_with_the_old_time_or_beside_who_is_right() -> None:
    assert said("Tue, Nov 24, 9:20 AM with Dr. Tehrani", old=OLD) != ()
    assert said("Tue, Nov 24, 9:20 AM with Astrid Lindqvist, not Dr. Tehrani", old=OLD) == ()
    assert said("Tue, Nov 24, 9:20 AM", old=OLD) == ()


def test_a_cancellation_need_not_name_its_time_and_may_ask() -> None:
    assert said("It is cancelled. Shall we find another day?", must_name=False) == ()
    assert said("Your visit at 10:20 is cancelled.", must_name=False) != ()


@pytest.mark.parametrize("locale", LOCALES)
@given(day=st.integers(0, 364), minute=st.integers(0, 287).map(lambda each: each * 5))
def test_whatever_the_formatter_writes_is_read_back(locale: str, day: int, minute: int) -> None:
    words = Words(locale, LA)
    at = LA.instant(date(2026, 1, 1) + timedelta(days=day), minute)
    told = ActFacts(at, "Dr. Lindqvist", "Northside")
    for text in (words.moment(at), words.long_moment(at)):
        found = differences(text, told, words)
        if locale in ("en_US", "en_GB", "es_US", "es_ES"):
            assert found == ()
        else:  # their month names are not known, and nothing is made of them
            assert not any("asks" in sentence for sentence in found)


@pytest.mark.parametrize("locale", ["en_US", "en_GB", "es_US", "es_ES"])
@given(day=st.integers(0, 364), minute=st.integers(0, 287), other=st.integers(1, 287))
def test_another_time_of_the_formatter_is_noticed(locale: str, day: int, minute: int, other: int) -> None:
    words, when = Words(locale, LA), date(2026, 1, 1) + timedelta(days=day)
    at = LA.instant(when, minute * 5)
    wrong = LA.instant(when, (minute + other) % 288 * 5)
    is_a_half_off = other * 5 == 720  # 9:20 for 21:20 cannot be told apart where nobody writes AM or PM
    if words.time(at) != words.time(wrong) and not (is_a_half_off and "M" not in words.time(at)):
        assert differences(words.moment(wrong), ActFacts(at, "", ""), words)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(times(text), tuple)
    assert isinstance(days(text, day_first=True), tuple)
    assert isinstance(said(text), tuple)
    assert asks(f"{text}?")
    assert promised(f"{text}?") == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [("3/4 at 9:00", (3, 4)), ("24/11 at 9:00", (11, 24)), ("11/24 at 9:00", (11, 24))],
)
def test_numbers_are_read_in_the_order_of_the_locale_unless_only_one_is_possible(
    text: str, first: tuple[int, int]
) -> None:
    assert (times(text)[0].month, times(text)[0].day) == first
    swapped = (4, 3) if first == (3, 4) else first
    assert (times(text, day_first=True)[0].month, times(text, day_first=True)[0].day) == swapped


@pytest.mark.parametrize(
    "outcome", [PhraseOutcome.BOOKED, PhraseOutcome.MOVED, PhraseOutcome.CANCELLED, PhraseOutcome.OFFERED]
)
def test_a_letter_of_an_act_does_not_go_alone(outcome: PhraseOutcome) -> None:
    words = Words("en_US", LA, date(2026, 11, 20))
    (told,) = told_alone("It is done. Any questions?", outcome, None, words)
    assert "not" in told or "nothing" in told or "none" in told


@pytest.mark.parametrize(
    ("text", "outcome", "told"),
    [
        ("See you Tuesday at 9:20", PhraseOutcome.ANY, "9:20"),
        ("nos vemos el martes a las 9:20", PhraseOutcome.ANY, "9:20"),
        ("See you Tuesday at 10:00", PhraseOutcome.ANY, "10:00"),
        ("We will call you.", PhraseOutcome.ANY, ""),
        ("Would Tuesday at 9:20 work?", PhraseOutcome.ANY, ""),
        ("9:20 AM has been taken, so please call us.", PhraseOutcome.NO_SLOT, ""),
    ],
)
def test_a_time_that_was_let_go_is_not_told_as_if_it_were_booked(text: str, outcome: PhraseOutcome, told: str) -> None:
    words = Words("en_US", LA, date(2026, 11, 20))
    found = told_alone(text, outcome, NEW, words)
    assert bool(found) == bool(told)
    assert all(told in one and "nothing is booked then" in one for one in found)
    assert told_alone(text, outcome, None, words, [(NEW, words), (LA.instant(date(2026, 11, 24), 600), words)]) == ()


PROMISES = (
    "See you {}",
    "No problem, see you on {}!",
    "We will see you and Zuri on {}.",
    "Looking forward to seeing you {}.",
    "You are booked for {}",
    "Zuri's appointment with Dr. Lindqvist is {}.",
    "We have moved her visit to {}",
    "I have you down for {}.",
    "You asked for another day, so we have booked you for {}.",
    "Nos vemos el {}",
    "Les esperamos el {}.",
    "Su cita con la Dra. Lindqvist es el {}",
    "La cita quedó reservada para el {}.",
    "Le reservamos el {}",
)
NO_PROMISES = (
    "You asked for {}, but that is taken.",
    "We would like to see you on {}.",
    "You wrote that your visit is on {}",
    "If {} works, we will see you then.",
    "See you {}?",
    "Let us know if {} works.",
    "We cannot see you on {}.",
    "She is not booked for {}.",
    "Once you answer, your visit is {}.",
    "The next free appointment is {}.",
    "We are open {}.",
    "A nurse will call you {}.",
    "Your form is ready; pick it up on {}.",
    "See you soon! Call us {}.",
    "Which other days work besides {}?",
    "Pidió el {}, pero está ocupado.",
    "No podemos atenderle el {}.",
    "Si le conviene, la cita es el {}.",
    "La próxima cita libre es el {}.",
    "Abrimos el {}.",
    "Hasta el {} la cita queda como está.",
)


@pytest.mark.parametrize("locale", LOCALES)
@given(
    ahead=st.integers(1, 300),
    slot=st.integers(90, 215),
    english=st.booleans(),
    sentence=st.sampled_from(PROMISES + NO_PROMISES),
)
def test_a_day_is_promised_only_when_it_is_booked(
    locale: str, ahead: int, slot: int, english: bool, sentence: str
) -> None:
    today = date(2026, 11, 20)
    words = Words(locale, LA, today)
    spelled = Words("en_US" if english else "es_US", LA, today)
    at = LA.instant(today + timedelta(days=ahead), slot * 5)
    later = LA.instant(today + timedelta(days=ahead + 1), slot * 5)
    for told in (spelled.moment(at), spelled.day(at)):
        text = f"Hi Amara,\n\n{sentence.format(told)}\n\nMaria"
        for outcome in (PhraseOutcome.ANY, PhraseOutcome.INFORMATION):
            assert bool(told_alone(text, outcome, None, words)) == (sentence in PROMISES), text
            assert not told_alone(text, outcome, None, words, [(later, words), (at, words)])
            assert bool(told_alone(text, outcome, None, words, [(later, words)])) == (sentence in PROMISES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("See you Monday", "Monday"),
        ("See you next Tuesday at 10.", "next Tuesday, at 10"),
        ("See you tomorrow!", "tomorrow"),
        ("See you at 10:20!", "10:20"),
        ("Nos vemos mañana a las 10", "mañana, a las 10"),
        ("¡Hasta el lunes!", "lunes"),
        ("Please come on Monday at 10:20.", "Monday, 10:20"),
        ("Please come on Monday to pick up the form.", ""),
        ("Come any time between 8 AM and 5 PM.", ""),
        ("See you then!", ""),
        ("Our office opens at 8 AM on Monday. Please call us then.", ""),
        ("The flu clinic is scheduled for Saturday.", ""),
        ("Dr. Tehrani is booked on Monday.", ""),
        ("Estamos cerrados hasta el lunes.", ""),
        ("La enfermera le llamará mañana.", ""),
    ],
)
def test_what_is_promised_is_told_with_its_day(text: str, told: str) -> None:
    found = told_alone(text, PhraseOutcome.ANY, None, Words("en_US", LA, date(2026, 11, 20)))
    assert found == ((f"The response says {told}, but nothing is booked then.",) if told else ())


@given(st.sampled_from(LOCALES), st.integers(0, 6), st.integers(420, 1100))
def test_whatever_the_formatter_writes_of_a_time_that_was_let_go_is_noticed(locale: str, day: int, minute: int) -> None:
    words = Words(locale, LA, date(2026, 11, 20))
    start = LA.instant(date(2026, 11, 23) + timedelta(days=day), minute)
    assert told_alone(words.moment(start), PhraseOutcome.ANY, start, words)
