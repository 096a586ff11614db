"""What families fill in before an appointment: questions, which answers fit them, and what is still missing (ML1); nothing is stored here."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Final, assert_never

from request_desk.domain.errors import Invalid, Problems
from request_desk.domain.ids import AppointmentId, QuestionId, QuestionnaireId, TypeId
from request_desk.domain.text import clean_name, clean_text, parse_date
from request_desk.domain.words import Words, _, base_language, later

MOST_QUESTIONS: Final = 60
A_PART: Final = 6  # questions on one page of a phone
MOST_TEXT: Final = 1_000  # characters of an answer: a page of them fits into a form in any script (WEB-07)
_QUESTION: Final = 500
_OPTION: Final = 120
_OPTIONS: Final = (2, 20)
_NUMBER: Final = re.compile(r"([+-]?)([0-9]{1,9})(?:[.,]([0-9]{1,4}))?")
_THOUSANDS: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{3})+")
YES, NO = "yes", "no"


class QuestionKind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    YES_NO = "yes_no"
    NUMBER = "number"
    CONSENT = "consent"  # signed with the own name


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers to choose from; the English text is what is stored."""

    text: str
    text_es: str = ""


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """A question in both languages; id 0 before it is stored. One that `is_answered` stays as it is."""

    id: QuestionId
    kind: QuestionKind
    text: str
    text_es: str = ""
    options: tuple[Option, ...] = ()
    is_required: bool = False
    active: bool = True
    is_answered: bool = False

    def said(self, language: str) -> str:
        """Return the question in a language, in English where it is not translated."""
        return self.text_es if base_language(language) == "es" and self.text_es else self.text

    def said_options(self, language: str) -> tuple[tuple[str, str], ...]:
        """Return what is stored and what is read of each option."""
        is_spanish = base_language(language) == "es"
        return tuple((each.text, each.text_es if is_spanish and each.text_es else each.text) for each in self.options)


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Questions in their order, and the types of appointment before which they are asked."""

    id: QuestionnaireId
    name: str
    name_es: str
    questions: tuple[FormQuestion, ...]
    type_ids: frozenset[TypeId]
    active: bool
    version: int

    @property
    def asked(self) -> tuple[FormQuestion, ...]:
        """The questions that are still asked."""
        return tuple(each for each in self.questions if each.active)

    def said(self, language: str) -> str:
        """Return the name in a language, in English where it is not translated."""
        return self.name_es if base_language(language) == "es" and self.name_es else self.name


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What was answered, by whom and when; the value is as `parse_answer` returns it."""

    question_id: QuestionId
    value: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A questionnaire of one appointment with what was answered so far; version 0 before the first answer."""

    questionnaire: Questionnaire
    appointment_id: AppointmentId
    answers: Mapping[QuestionId, GivenAnswer] = field(default_factory=dict)
    completed_at: datetime | None = None
    completed_by: str = ""
    version: int = 0

    @property
    def answered(self) -> int:
        """How many of the questions that are asked have an answer."""
        return sum(each.id in self.answers for each in self.questionnaire.asked)

    @property
    def missing(self) -> tuple[FormQuestion, ...]:
        """The questions that must be answered and are not."""
        return tuple(each for each in self.questionnaire.asked if each.is_required and each.id not in self.answers)

    @property
    def values(self) -> Mapping[QuestionId, str]:
        return {each: answer.value for each, answer in self.answers.items()}

    @property
    def last(self) -> GivenAnswer | None:
        """What was answered last."""
        return max(self.answers.values(), key=lambda each: each.at, default=None)


@dataclass(frozen=True, slots=True)
class SavedForm:
    """What became of one page of a form that was sent: what could not be taken, and which answers still miss, by question."""

    problems: Mapping[str, str]
    missing: tuple[int, ...]
    is_complete: bool


# Answers


def parse_answer(question: FormQuestion, typed: object, *, month_first: bool = True) -> str:
    """Return an answer as it is stored, "" for none; raises Invalid with the sentence for whoever typed it."""
    if not isinstance(typed, str) or not typed.strip():
        return ""
    where = str(question.id)
    match question.kind:
        case QuestionKind.TEXT:
            return clean_text(typed, field=_("Your answer"), most=MOST_TEXT)
        case QuestionKind.CHOICE:
            return _one_of(typed, [each.text for each in question.options], where)
        case QuestionKind.YES_NO:
            return _one_of(typed, (YES, NO), where)
        case QuestionKind.DATE:
            return parse_date(typed, field=where, month_first=month_first).isoformat()
        case QuestionKind.NUMBER:
            return _number(typed, where)
        case QuestionKind.CONSENT:
            return _signature(typed, where)
        case _:
            assert_never(question.kind)


def shown_answer(question: FormQuestion, value: str, words: Words, language: str) -> str:
    """Return an answer as people read it."""
    match question.kind:
        case QuestionKind.YES_NO:
            return _("Yes") if value == YES else _("No")
        case QuestionKind.DATE:
            return words.birth(date.fromisoformat(value))
        case QuestionKind.CHOICE:
            return dict(question.said_options(language)).get(value, value)
        case QuestionKind.CONSENT:
            return _("Signed: {name}").format(name=value)
        case _:
            return value


def consent_hint(question: FormQuestion) -> str:
    """Return how a consent is given, and what somebody does who does not give it."""
    if question.is_required:
        return _("Sign with your full name. If you do not agree, please call us.")
    return _("Sign with your full name. Leave it empty if you do not agree.")


def _one_of(typed: str, known: Sequence[str], where: str) -> str:
    if typed not in known:
        raise Invalid(_("This answer is not one of those to choose from. Please choose again."), field=where)
    return typed


def _number(typed: str, where: str) -> str:
    text = typed.strip().replace("\N{MINUS SIGN}", "-")
    found = _NUMBER.fullmatch(text)
    if found is None or not text.isascii() or ("," in text and _THOUSANDS.fullmatch(text)):
        raise Invalid(
            _("This is not a number. Please write it in digits alone, like 12 or 12.5, without a unit."), field=where
        )
    whole, part = found[2].lstrip("0") or "0", (found[3] or "").rstrip("0")
    number = f"{whole}.{part}" if part else whole
    return f"-{number}" if found[1] == "-" and number != "0" else number


def _signature(typed: str, where: str) -> str:
    name = clean_name(typed, field=_("Your signature"))
    if sum(sign.isalpha() for sign in name) < 2:
        raise Invalid(_("Please sign with your full name."), field=where)
    return name


def parts_of(questions: Sequence[FormQuestion]) -> tuple[tuple[FormQuestion, ...], ...]:
    """Return the questions page by page; one page at least."""
    pages = tuple(tuple(questions[start : start + A_PART]) for start in range(0, len(questions), A_PART))
    return pages or ((),)


def seen_of(questions: Sequence[FormQuestion], values: Mapping[QuestionId, str]) -> str:
    """Return a mark of what these questions were answered with, to notice that somebody else has changed it meanwhile."""
    told = "\0".join(f"{each.id}\1{values.get(each.id, '')}" for each in questions)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


# Questionnaires


def checked(new: Questionnaire, before: Questionnaire | None) -> Questionnaire:
    """Return a questionnaire as it is stored; raises Invalid with every problem.

    What was answered stays the question that it was: it may be moved, switched off, and translated where it was not.
    """
    problems = Problems()
    name = problems.of(lambda: clean_text(new.name, field="Name", most=_OPTION, lines=False, required=True), "")
    name_es = problems.of(lambda: clean_text(new.name_es, field="Spanish name", most=_OPTION, lines=False), "")
    known = {each.id: each for each in before.questions} if before is not None else {}
    questions = tuple(
        problems.of(partial(_checked_question, each, known.get(each.id), place), each)
        for place, each in enumerate(new.questions, 1)
    )
    problems.of(lambda: _check_kept(new, known), None)
    problems.tell()
    return replace(new, name=name, name_es=name_es, questions=questions)


def untranslated(found: Questionnaire) -> tuple[str, ...]:
    """Return what has no Spanish text: families who read Spanish get it in English."""
    texts = [] if found.name_es.strip() else [found.name]
    for each in found.asked:
        if not each.text_es.strip():
            texts.append(each.text)
        texts += [option.text for option in each.options if not option.text_es.strip()]
    return tuple(texts)


def _check_kept(new: Questionnaire, known: Mapping[QuestionId, FormQuestion]) -> None:
    if len(new.questions) > MOST_QUESTIONS:
        raise Invalid(
            _("A questionnaire has at most {most} questions. Make a second one.").format(most=MOST_QUESTIONS),
            field="Questions",
        )
    kept = {each.id for each in new.questions}
    lost = next((each for each in known.values() if each.is_answered and each.id not in kept), None)
    if lost is not None:
        raise Invalid(
            _("“{question}” was answered by now, so it cannot be removed. Switch it off.").format(question=lost.text),
            field="Questions",
        )


def _checked_question(new: FormQuestion, before: FormQuestion | None, place: int) -> FormQuestion:
    try:
        made = _cleaned(new)
        if before is not None and before.is_answered:
            _check_same(made, before)
    except Invalid as refused:
        told = _("Question {number}: {problem}").format(number=place, problem=refused.sentence)
        raise Invalid(told, field="Questions") from refused
    return made


def _cleaned(new: FormQuestion) -> FormQuestion:
    text = clean_text(new.text, field=_("Question"), most=_QUESTION, required=True)
    text_es = clean_text(new.text_es, field=_("Spanish"), most=_QUESTION)
    if new.kind is not QuestionKind.CHOICE:
        return replace(new, text=text, text_es=text_es, options=())
    options = tuple(
        Option(
            clean_text(each.text, field=_("Answer"), most=_OPTION, lines=False, required=True),
            clean_text(each.text_es, field=_("Spanish"), most=_OPTION, lines=False),
        )
        for each in new.options
    )
    least, most = _OPTIONS
    if not least <= len(options) <= most or len({each.text for each in options}) != len(options):
        raise Invalid(
            _("write from {least} to {most} different answers, one in a line.").format(least=least, most=most),
            field="Questions",
        )
    return replace(new, text=text, text_es=text_es, options=options)


def _check_same(made: FormQuestion, before: FormQuestion) -> None:
    """Raise Invalid where a question that was answered would become another one."""
    kept = [
        (made.kind, before.kind),
        (made.text, before.text),
        *((new.text, old.text) for new, old in zip(made.options, before.options, strict=False)),
        *((new.text_es, old.text_es) for new, old in zip(made.options, before.options, strict=False) if old.text_es),
        *([(made.text_es, before.text_es)] if before.text_es else []),
    ]
    if len(made.options) < len(before.options) or any(new != old for new, old in kept):
        raise Invalid(
            _("it was answered, so it stays as it is. Switch it off and add another question."), field="Questions"
        )


KIND_WORDS: Final = {
    QuestionKind.TEXT: later("Text"),
    QuestionKind.CHOICE: later("Choice"),
    QuestionKind.DATE: later("Date"),
    QuestionKind.YES_NO: later("Yes or no"),
    QuestionKind.NUMBER: later("Number"),
    QuestionKind.CONSENT: later("Consent, signed by name"),
}
