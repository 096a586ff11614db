"""Answers and questionnaires: what fits a question, what is missing, and what may be changed once it was answered (ML1, UPL-07)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import AppointmentId, QuestionId, QuestionnaireId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.questionnaires import (
    A_PART,
    MOST_QUESTIONS,
    MOST_TEXT,
    FilledForm,
    FormQuestion,
    GivenAnswer,
    Option,
    QuestionKind,
    Questionnaire,
    checked,
    parse_answer,
    parts_of,
    seen_of,
    shown_answer,
    untranslated,
)
from request_desk.domain.words import Words

NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
WORDS = Words("en_US", PracticeTime("America/Los_Angeles"), date(2026, 11, 24))
COLOURS = (Option("Red", "Rojo"), Option("Blue"))


def a_question(kind: QuestionKind = QuestionKind.TEXT, number: int = 1, **values: Any) -> FormQuestion:
    options = COLOURS if kind is QuestionKind.CHOICE else ()
    made = FormQuestion(QuestionId(number), kind, f"Question {number}?", f"¿Pregunta {number}?", options)
    return replace(made, **values)


def a_form(*questions: FormQuestion, **values: Any) -> Questionnaire:
    made = Questionnaire(QuestionnaireId(1), "Intake", "Ingreso", questions, frozenset(), active=True, version=1)
    return replace(made, **values)


@given(st.sampled_from(QuestionKind), st.text(max_size=300))
def test_an_answer_is_refused_in_words_or_read_again_as_it_is(kind: QuestionKind, typed: str) -> None:
    question = a_question(kind)
    try:
        value = parse_answer(question, typed)
    except Invalid:
        return
    assert len(value.encode()) <= 16_000
    assert parse_answer(question, value) == value
    if value:
        assert shown_answer(question, value, WORDS, "es")


@given(st.sampled_from(QuestionKind), st.text(alphabet=" \t\n\r", max_size=9))
def test_nothing_typed_is_no_answer(kind: QuestionKind, typed: str) -> None:
    assert parse_answer(a_question(kind), typed) == ""


@given(st.decimals(min_value=-999_999_999, max_value=999_999_999, places=4, allow_nan=False))
def test_a_number_keeps_its_value(number: Decimal) -> None:
    assert Decimal(parse_answer(a_question(QuestionKind.NUMBER), f"{number:f}")) == number


@pytest.mark.parametrize(
    ("typed", "kept"), [("12", "12"), ("12,5", "12.5"), ("007.10", "7.1"), ("−3", "-3"), ("-0", "0")]
)
def test_numbers_are_written_in_several_ways(typed: str, kept: str) -> None:
    assert parse_answer(a_question(QuestionKind.NUMBER), typed) == kept


@pytest.mark.parametrize("typed", ["12 kg", "1,000", "1,000,000", "1e5", "٣", "12.34567", "NaN", "1 2", "½"])
def test_what_is_no_number_or_could_be_two_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="not a number"):
        parse_answer(a_question(QuestionKind.NUMBER), typed)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (QuestionKind.CHOICE, "Green"),
        (QuestionKind.CHOICE, "Rojo"),
        (QuestionKind.YES_NO, "maybe"),
        (QuestionKind.DATE, "2026-02-30"),
        (QuestionKind.CONSENT, "X"),
        (QuestionKind.CONSENT, "…"),
        (QuestionKind.CONSENT, "Am\u202eara"),
        (QuestionKind.TEXT, "x" * (MOST_TEXT + 1)),
        (QuestionKind.TEXT, "a\0b"),
    ],
)
def test_what_does_not_fit_its_question_is_refused(kind: QuestionKind, typed: str) -> None:
    with pytest.raises(Invalid):
        parse_answer(a_question(kind), typed)


def test_answers_are_read_in_the_readers_language() -> None:
    assert shown_answer(a_question(QuestionKind.CHOICE), "Red", WORDS, "es") == "Rojo"
    assert shown_answer(a_question(QuestionKind.CHOICE), "Blue", WORDS, "es") == "Blue"
    assert shown_answer(a_question(QuestionKind.CONSENT), "Amara Okafor", WORDS, "en") == "Signed: Amara Okafor"
    assert shown_answer(a_question(QuestionKind.YES_NO), "no", WORDS, "en") == "No"
    assert a_question().said("es_MX") == "¿Pregunta 1?"
    assert a_question(text_es="").said("es") == "Question 1?"


@given(st.integers(0, MOST_QUESTIONS))
def test_the_pages_hold_every_question_once_and_in_order(count: int) -> None:
    questions = tuple(a_question(number=number) for number in range(1, count + 1))
    pages = parts_of(questions)
    assert tuple(each for page in pages for each in page) == questions
    assert all(len(page) <= A_PART for page in pages)
    assert pages


def test_the_mark_of_a_page_tells_any_change_of_its_answers_alone() -> None:
    one, two = a_question(number=1), a_question(number=2)
    empty = seen_of((one, two), {})
    assert seen_of((one, two), {QuestionId(1): "a"}) != empty
    assert seen_of((one, two), {QuestionId(2): "a"}) != seen_of((one, two), {QuestionId(1): "a"})
    assert seen_of((one, two), {QuestionId(3): "elsewhere"}) == empty


def test_a_form_counts_what_is_asked_now() -> None:
    asked, needed = a_question(number=1), a_question(number=2, is_required=True)
    off = a_question(number=3, active=False, is_required=True)
    given_ = {QuestionId(3): GivenAnswer(QuestionId(3), "old", NOW, "Amara")}
    form = FilledForm(a_form(asked, needed, off), AppointmentId(1), given_)
    assert (form.answered, len(form.questionnaire.asked), form.missing) == (0, 2, (needed,))


# What an administrator may change


def test_every_problem_of_a_questionnaire_is_told() -> None:
    new = a_form(
        a_question(text=" "),
        a_question(QuestionKind.CHOICE, 2, options=(Option("A"), Option("A"))),
        a_question(QuestionKind.CHOICE, 3, options=(Option("A"),)),
        name="",
    )
    with pytest.raises(Invalid) as caught:
        checked(new, None)
    told = [caught.value, *caught.value.others]
    assert [each.field for each in told] == ["Name", "Questions", "Questions", "Questions"]
    assert told[2].sentence == "Question 2: write from 2 to 20 different answers, one in a line."


def test_a_questionnaire_has_a_limit() -> None:
    with pytest.raises(Invalid, match="at most 60"):
        checked(a_form(*(a_question(number=number) for number in range(1, 62))), None)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": QuestionKind.DATE, "options": ()},
        {"text": "Another question?"},
        {"text_es": "¿Otra?"},
        {"options": (Option("Blue"), Option("Red"))},
        {"options": (Option("Red", "Verde"), Option("Blue"))},
        {"options": (Option("Red", "Rojo"), Option("Green"))},
    ],
)
def test_a_question_that_was_answered_is_not_made_another_one(change: dict[str, Any]) -> None:
    before = a_question(QuestionKind.CHOICE, is_answered=True)
    with pytest.raises(Invalid, match="it was answered, so it stays as it is"):
        checked(a_form(replace(before, **change)), a_form(before))


def test_a_question_that_was_answered_is_not_removed() -> None:
    with pytest.raises(Invalid, match="was answered by now, so it cannot be removed"):
        checked(a_form(), a_form(a_question(is_answered=True)))


@pytest.mark.parametrize(
    "change",
    [
        {"active": False},
        {"is_required": True},
        {"options": (*COLOURS, Option("Green"))},
        {"options": (COLOURS[0], Option("Blue", "Azul"))},
    ],
)
def test_it_may_be_switched_off_needed_longer_and_translated(change: dict[str, Any]) -> None:
    before = a_question(QuestionKind.CHOICE, is_answered=True)
    assert checked(a_form(replace(before, **change)), a_form(before)).questions[0] == replace(before, **change)


def test_what_has_no_spanish_text_is_named() -> None:
    form = a_form(
        a_question(text_es=""), a_question(QuestionKind.CHOICE, 2), a_question(number=3, text_es="", active=False)
    )
    assert untranslated(replace(form, name_es="")) == ("Intake", "Question 1?", "Blue")
