"""Thanks that need no answer, and all that is not: questions, times, urgent words, long texts, a yes to an offer."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.ids import MessageId, RequestId
from request_desk.domain.requests import AuthorKind, Message
from request_desk.domain.thanks import MOST_LETTERS, comes_back, is_thanks, says_thanks
from tests.samples import turns

THANKS = (
    "Thank you!!",
    "thanks",
    "THANKS SO MUCH",
    "thx",
    "ty!",
    "Thaaank youuu",
    "Perfect, thank you 😊",
    "Great. Thanks a lot for your help!",
    "Ok thanks :)",
    "Hi team, you’re the best, thanks",
    "Thank you, you're the best <3",
    "Awesome — thank you so much, see you then!",
    "muchas gracias, nos vemos",
    "¡Muchísimas gracias!",
    "Mil gracias por todo, buen día",
    "gracias por su ayuda",
    "Perfecto, muchas gracias. Hasta luego",
)
OTHERS = (
    "",
    "👍",
    "ok",
    "see you then",
    "Thank you! Can I bring his brother?",
    "Thanks, what is the address",
    "gracias, ¿a qué hora?",
    "thanks but can we do friday",
    "Thank you. Friday",
    "thanks, 9:10",
    "gracias, el martes",
    "thank you see you tomorrow",
    "gracias, hasta mañana",
    "Thanks. He has trouble breathing tonight",
    "gracias, tiene mucha fiebre",
    "help! thank you",
    "ayuda por favor gracias",
    "no thanks",
    "que dia gracias",
    "thanks but no",
    "Thanks, that works",
    "thank you please cancel it",
    "We are all ill, thank you",
    "thanks. he's getting ill again",
    "Thank you. " * 40,
)
# What a letter must be read for, in both languages.
TELLING = [
    "?",
    "¿",
    "1",
    "9:10",
    "friday",
    "monday",
    "weekend",
    "today",
    "tomorrow",
    "tonight",
    "noon",
    "morning",
    "january",
    "viernes",
    "lunes",
    "hoy",
    "mañana",
    "tarde",
    "noche",
    "enero",
    "emergency",
    "urgent",
    "bleeding",
    "breathing",
    "fever",
    "seizure",
    "choking",
    "vomiting",
    "unconscious",
    "suicide",
    "rash",
    "worse",
    "pain",
    "hurt",
    "fell",
    "swallowed",
    "emergencia",
    "urgente",
    "sangre",
    "sangra",
    "respirar",
    "fiebre",
    "convulsión",
    "vómito",
    "dolor",
    "peor",
    "golpe",
    "cayó",
    "please",
    "cancel",
    "move",
    "when",
    "where",
    "what",
    "why",
    "how",
    "can",
    "could",
    "cuándo",
    "dónde",
    "qué?",
    "cómo",
    "puede",
    "cambiar",
    "cancelar",
    "not",
    "no",
    "never",
]


@pytest.mark.parametrize("text", THANKS)
def test_thanks_are_known(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize("text", OTHERS)
def test_whatever_says_more_is_left_to_people(text: str) -> None:
    assert not is_thanks(text)


@given(st.sampled_from(THANKS), st.sampled_from(TELLING), st.booleans())
def test_a_question_a_time_or_an_urgent_word_beside_thanks_is_read(thanks: str, telling: str, first: bool) -> None:
    assert not is_thanks(f"{telling} {thanks}" if first else f"{thanks} {telling}")
    assert not is_thanks(f"{telling.upper()}. {thanks}" if first else f"{thanks}. {telling.upper()}")


@given(st.text(max_size=200), st.sampled_from(THANKS), st.characters(categories=("Nd", "No", "Nl")))
def test_no_digit_no_question_and_no_length_passes(text: str, thanks: str, digit: str) -> None:
    assert not is_thanks(f"{thanks} {text}?")
    assert not is_thanks(f"{thanks} {digit} {text}")
    assert not is_thanks(f"{thanks} {text}".ljust(MOST_LETTERS + 1))


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    assert is_thanks(text) in (True, False)


def test_real_letters_with_thanks_beside_something_else_are_not_taken_for_thanks() -> None:
    told = {turn["text"] for turn in turns() if turn["speaker"] == "USER" and is_thanks(turn["text"])}
    assert len(told) >= 15
    assert not {
        text for text in told if "?" in text or any(sign.isdigit() for sign in text) or "no" in text.lower().split()
    }


US, THEM, SYSTEM = AuthorKind.STAFF, AuthorKind.CONTACT, AuthorKind.SYSTEM


def test_a_thread_says_thanks_after_an_answer_that_asked_nothing() -> None:
    asked, booked = (THEM, "can we come in?"), (US, "Booked for Fri 9:10 AM.")
    assert says_thanks([asked, booked, (THEM, "Thank you!!")])
    assert says_thanks([asked, booked, (THEM, "thanks"), (SYSTEM, "reminder"), (THEM, "really, thank you")])
    assert not says_thanks([asked, booked])
    assert not says_thanks([(THEM, "thanks")])
    assert not says_thanks([asked, (THEM, "thanks")])
    assert not says_thanks([asked, booked, (THEM, "can we come later?"), (THEM, "thanks")])
    assert not says_thanks([asked, (US, "Would Fri 9:10 AM work?"), (THEM, "Perfect, thank you")])
    assert not says_thanks([])


def test_a_letter_after_an_answer_comes_back_until_it_is_answered() -> None:
    def back(*authors: AuthorKind) -> bool:
        return comes_back([_a_letter(author) for author in authors])

    assert back(THEM, US, THEM)
    assert back(THEM, US, THEM, SYSTEM)
    assert not back(THEM)
    assert not back(THEM, THEM)
    assert not back(THEM, US)
    assert not back(THEM, US, THEM, US)


def _a_letter(author: AuthorKind) -> Message:
    written = datetime(2026, 11, 24, tzinfo=UTC)
    return Message(MessageId(1), RequestId(1), author, "Amara", "hello", "en", written, written)
