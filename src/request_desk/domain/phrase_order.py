"""Which phrase comes first: for an act, for a parent's language, for words that are typed."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from request_desk.domain.phrases import ANY_KIND, FALLBACK_LANGUAGE, Phrase, PhraseOutcome


def suggest(phrases: Sequence[Phrase], kind: str, outcome: PhraseOutcome, language: str) -> Phrase | None:
    """Return the phrase to put into an empty response, or None when none fits.

    Without one in `language` it is the English one: compare `language` to say so before sending (RE2).
    """
    for phrase in order_for(phrases, kind, outcome, language):
        if (
            _misfit(phrase.kind, kind, ANY_KIND) < _NO_FIT
            and _misfit(phrase.outcome, outcome, PhraseOutcome.ANY) < _NO_FIT
        ):
            return phrase
    return None


def order_for(
    phrases: Sequence[Phrase], kind: str, outcome: PhraseOutcome, language: str, query: str = ""
) -> list[Phrase]:
    """Return the phrases for the list of Phrase Construction, the best first.

    Those that fit kind and outcome come before the rest, those in `language` before English, English before others.
    `query` keeps the phrases that hold each of its words in title, group or text, a find in the title first. Of a phrase
    in several languages the nearest one stands for all.
    """
    phrases = _nearest(phrases, language)
    words = _folded(query).split()
    ranked: list[tuple[tuple[object, ...], Phrase]] = []
    for phrase in phrases:
        found = _found(phrase, words)
        if found is None:
            continue
        kind_misfit = _misfit(phrase.kind, kind, ANY_KIND)
        outcome_misfit = _misfit(phrase.outcome, outcome, PhraseOutcome.ANY)
        unfit = _NO_FIT in (kind_misfit, outcome_misfit)
        rank = (unfit, language_distance(phrase.language, language), found, outcome_misfit, kind_misfit)
        ranked.append(((*rank, phrase.order, _folded(phrase.title), phrase.slug), phrase))
    return [phrase for _rank, phrase in sorted(ranked, key=lambda entry: entry[0])]


def found_in(phrase: Phrase, query: str) -> bool:
    """Tell whether a phrase holds each word of `query` in title, group or text."""
    return _found(phrase, _folded(query).split()) is not None


_NO_FIT: Final = 2


def _nearest(phrases: Sequence[Phrase], language: str) -> Sequence[Phrase]:
    """Of the phrases of one id those in the language that is nearest to the wanted one."""
    best: dict[str, int] = {}
    for phrase in phrases:
        distance = language_distance(phrase.language, language)
        best[phrase.slug] = min(distance, best.get(phrase.slug, distance))
    return [phrase for phrase in phrases if language_distance(phrase.language, language) == best[phrase.slug]]


def _misfit(has: str, wanted: str, joker: str) -> int:
    return 0 if has == wanted else 1 if has == joker else _NO_FIT


def language_distance(has: str, wanted: str) -> int:
    """Return how far a text's language is from the wanted one: the same, another country's, English, any other."""
    if has == wanted:
        return 0
    if has.partition("-")[0] == wanted.partition("-")[0]:
        return 1
    return 2 if has.partition("-")[0] == FALLBACK_LANGUAGE else 3


def _found(phrase: Phrase, words: Sequence[str]) -> int | None:
    """Where the words stand: 0 all in the title, 1 in title or group, 2 in the text too, None not at all."""
    seen = ""
    for place, text in enumerate((phrase.title, phrase.group, phrase.body)):
        seen += " " + _folded(text)
        if all(word in seen for word in words):
            return place
    return None


@lru_cache(maxsize=1024)  # the same titles are folded for every act and every letter typed
def _folded(text: str) -> str:
    """Without case and accents, so that "manana" finds "Mañana"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
