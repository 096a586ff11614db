"""The library as a whole: language pairs, which phrase is suggested for which act, ids and files of phrases."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from request_desk.domain.phrase_order import suggest
from request_desk.domain.phrases import FALLBACK_LANGUAGE, Phrase, PhraseOutcome
from request_desk.domain.requests import RequestKind
from request_desk.domain.words import base_language

SUGGESTED_ACTS: Final[Mapping[RequestKind, tuple[PhraseOutcome, ...]]] = MappingProxyType(
    {
        RequestKind.SCHEDULE: (PhraseOutcome.BOOKED, PhraseOutcome.OFFERED, PhraseOutcome.ANY),
        RequestKind.CANCEL: (PhraseOutcome.CANCELLED, PhraseOutcome.ANY),
        RequestKind.RESCHEDULE: (
            PhraseOutcome.MOVED,
            PhraseOutcome.OFFERED,
            PhraseOutcome.CANCELLED,
            PhraseOutcome.ANY,
        ),
    }
)
"""What is usually done with a request of each kind; ANY is a reply before anything was chosen."""
_SLUG_LENGTH: Final = 64  # characters that the id of a phrase has at most
_ASKED: Final = re.compile(r"\bask\.([a-z][a-z0-9_]*)")
_BODY: Final = re.compile(r"^[ \t]*body[ \t]*=[ \t]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SuggestedAct:
    """An act for which a phrase stands in the response by itself, for parents who read `language`."""

    kind: RequestKind
    outcome: PhraseOutcome
    language: str


def suggested_for(
    phrases: Sequence[Phrase], languages: Iterable[str]
) -> Mapping[tuple[str, str], tuple[SuggestedAct, ...]]:
    """Return for what each phrase is suggested, by its id and language: what `suggest` takes for each act and language."""
    found: dict[tuple[str, str], list[SuggestedAct]] = {}
    for language in languages:
        for kind, outcomes in SUGGESTED_ACTS.items():
            for outcome in outcomes:
                phrase = suggest(phrases, kind, outcome, language)
                if phrase is not None:
                    one = SuggestedAct(kind, outcome, language)
                    found.setdefault((phrase.slug, phrase.language), []).append(one)
    return {key: tuple(each) for key, each in found.items()}


def missing_languages(present: Collection[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the languages that a pair has no phrase in; "es-MX" is Spanish."""
    bases = {base_language(each) for each in present}
    return tuple(each for each in wanted if base_language(each) not in bases)


def language_order(language: str) -> tuple[bool, str]:
    """Order the halves of a pair: English first."""
    return base_language(language) != FALLBACK_LANGUAGE, language


def free_slug(title: str, taken: Collection[str]) -> str:
    """Return an id for a new phrase, made of its title, that no other phrase has."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "phrase"
    number, slug = 1, stem[:_SLUG_LENGTH].strip("-")
    while slug in taken:
        number += 1
        end = f"-{number}"
        slug = stem[: _SLUG_LENGTH - len(end)].strip("-") + end
    return slug


def asked_in(body: str) -> frozenset[str]:
    """Return the names of the questions that a text uses, also while it does not pass the check."""
    return frozenset(_ASKED.findall(body))


def file_name(phrase: Phrase) -> str:
    """Return the name that a phrase has as a file: the English one has its id alone."""
    if phrase.language == FALLBACK_LANGUAGE:
        return f"{phrase.slug}.toml"
    return f"{phrase.slug}.{phrase.language}.toml"


def line_in_file(text: str, field: str, line: int = 0) -> int:
    """Return the line of a phrase file, from 1, that an entry stands in, 0 where it has none.

    `line` is one of the phrase's text, as PhraseError counts it; a question is found by its heading.
    """
    if field == "body" and line:
        return _line_of_text(text, line)
    part, _dot, name = field.partition(".")
    name = re.escape(name.partition(".")[0])
    entry = (
        rf"\[[ \t]*prompts[ \t]*\.[ \t]*\"?{name}\"?[ \t]*\]"
        if part == "prompts" and name
        else rf"{re.escape(part)}[ \t]*="
    )
    found = re.search(rf"^[ \t]*{entry}", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found is not None and part else 0


def _line_of_text(text: str, line: int) -> int:
    found = _BODY.search(text)
    if found is None:
        return 0
    before = text.count("\n", 0, found.end())
    written = text[found.end() :]
    if not written.startswith(('"""', "'''")):
        return before + 1
    inside = written[3:]
    blank = inside[: len(inside) - len(inside.lstrip())].count("\n")  # the text begins behind empty lines
    return before + blank + line
