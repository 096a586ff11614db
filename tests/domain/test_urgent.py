"""Urgent words, in English and Spanish (MC14)."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.urgent import is_too_short, urgent_words

TODAY = date(2026, 11, 24)
FIVE_YEARS, SIX_WEEKS = date(2021, 11, 1), date(2026, 10, 12)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("She has Trouble breathing tonight, what now", ("Trouble breathing",)),
        ("he can’t breathe", ("can’t breathe",)),
        ("he just had a SEIZURE and passed out", ("SEIZURE", "passed out")),
        ("swallowed a button battery", ("swallowed a button battery",)),
        ("hit her head on the table", ("hit her head",)),
        ("her lips look blue: blue lips!", ("blue lips",)),
        ("she wants to hurt herself", ("hurt herself",)),
        ("She is breathing kind of fast since last night", ("breathing kind of fast",)),
        ("his breathing is a bit shallow", ("breathing is a bit shallow",)),
        ("fast breathing all night", ("fast breathing",)),
        ("his lips look a little blue", ("lips look a little blue",)),
        ("she is kind of purple around the mouth", ("kind of purple",)),
        ("está respirando un poco rápido", ("respirando un poco rápido",)),
        ("respira como agitado", ("respira como agitado",)),
        ("los labios medio morados", ("labios medio morados",)),
        ("le cuesta respirar desde anoche", ("cuesta respirar",)),
        ("Tiene dificultad para respirar", ("dificultad para respirar",)),
        ("se golpeó la cabeza", ("golpeó la cabeza",)),
        ("convulsionó y no despierta", ("convulsionó", "no despierta")),
        ("se tragó una pila", ("se tragó una pila",)),
        ("he can't catch his breath", ("can't catch his breath",)),
        ("struggling for air, wheezing really badly", ("struggling for air", "wheezing really badly")),
        ("she went limp and hasn't woken up", ("went limp", "hasn't woken up")),
        ("his chest is tight", ("chest is tight",)),
        ("I don't want to live anymore", ("don't want to live",)),
        ("burned her hand with boiling water, we used the EpiPen before", ("boiling", "EpiPen")),
        ("no quiero vivir", ("no quiero vivir",)),
        ("se quiere hacer daño", ("se quiere hacer daño",)),
        ("está un poco azul", ("está un poco azul",)),
        ("se quemó con agua hirviendo", ("hirviendo",)),
    ],
)
def test_urgent_words_are_found_and_quoted(text: str, quoted: tuple[str, ...]) -> None:  # MC14
    found = urgent_words(text, FIVE_YEARS, TODAY)
    assert found
    assert all(any(part in one for one in found) for part in quoted), found


@pytest.mark.parametrize(
    "text",
    [
        "no trouble breathing, just a cough",
        "sin dificultad para respirar",
        "I read the doctor is away, nothing urgent",
        "checkup before school please",
        "she breathes fine and runs fast",
        "is a blue form needed?",
        "he loves his breathing exercises, a hard worker",
        "quiero una cita por la tarde",
        "he has a fever of 101",
        "tiene fiebre",
        "he walks with a limp since soccer",
        "she has been wheezing a little, her inhaler helps",
        "the CD burned in the car, can we get the form again",
        "no quiere comer verduras",
        "la camisa es azul",
    ],
)
def test_what_is_not_urgent_is_not_marked(text: str) -> None:
    assert urgent_words(text, FIVE_YEARS, TODAY) == ()


@pytest.mark.parametrize(
    "text", ["he has a fever", "tiene fiebre desde ayer", "no quiere mamar", "won't eat", "did not want her bottle"]
)
def test_some_words_count_below_three_months(text: str) -> None:
    assert urgent_words(text, SIX_WEEKS, TODAY)
    assert not urgent_words(text, FIVE_YEARS, TODAY)


def test_the_practice_adds_words_of_its_own() -> None:
    assert urgent_words("the Sugar  is low again", FIVE_YEARS, TODAY, ("sugar is low",)) == ("Sugar is low",)


@pytest.mark.parametrize(
    ("own", "text", "found"),
    [
        ("e-bike", "he fell off the E-bike", ("E-bike",)),
        ("呼吸困难", "孩子今天呼吸困难，怎么办", ("呼吸困难",)),
        ("cyanose", "elle est cyanosée", ()),
    ],
)
def test_words_of_its_own_are_found_as_they_are_written(own: str, text: str, found: tuple[str, ...]) -> None:
    assert urgent_words(text, FIVE_YEARS, TODAY, (own,)) == found


@pytest.mark.parametrize(
    ("own", "too_short"), [("a", True), ("no", True), ("- -", True), ("flu", False), ("毒", True), ("中毒", False)]
)
def test_a_word_that_would_be_found_everywhere_is_too_short(own: str, too_short: bool) -> None:
    assert is_too_short(own) is too_short


@given(st.text(max_size=300))
def test_any_text_is_looked_over(text: str) -> None:
    for word in urgent_words(text, SIX_WEEKS, TODAY):
        assert "".join(word.split()) in "".join(text.split())
