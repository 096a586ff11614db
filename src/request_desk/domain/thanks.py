"""Thanks that need no answer: a closed vocabulary over short texts in English and Spanish; any other word is no thanks."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from request_desk.domain.requests import AuthorKind, Message

MOST_LETTERS: Final = 160  # characters: who writes more wants to be read
_MOST_WORDS: Final = 24
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ALLOWED_MARKS: Final = frozenset(" \t\n.,;:!¡'\"()-–—…*^~<>/_")
_SMILEYS: Final = re.compile(r"(?:[:;]-?[)DPp]|<3|\^_?\^|\bx+o+(?:xo)*\b)")
_THANKS: Final = frozenset(
    [
        "thank",
        "thanks",
        "thanku",
        "thankyou",
        "thnx",
        "thx",
        "tnx",
        "ty",
        "tysm",
        "gracias",
        "agradecida",
        "agradecido",
        "agradecidos",
        "agradezco",
        "agradecemos",
    ]
)
# Small words that thanks are made of. None of them names a time, asks, or tells how somebody is.
_BESIDE: Final = frozenset(
    [
        "a",
        "again",
        "all",
        "be",
        "alright",
        "amazing",
        "and",
        "appreciate",
        "appreciated",
        "are",
        "as",
        "awesome",
        "best",
        "bless",
        "blessings",
        "bunch",
        "bye",
        "cheers",
        "dear",
        "everyone",
        "everything",
        "fantastic",
        "folks",
        "for",
        "fine",
        "getting",
        "god",
        "good",
        "goodbye",
        "got",
        "great",
        "guys",
        "have",
        "heaps",
        "hello",
        "helpful",
        "helping",
        "hey",
        "hi",
        "i",
        "it's",
        "its",
        "it",
        "job",
        "kind",
        "kindly",
        "kindness",
        "lot",
        "lots",
        "love",
        "lovely",
        "loads",
        "many",
        "me",
        "million",
        "much",
        "my",
        "nice",
        "of",
        "ok",
        "okay",
        "our",
        "out",
        "patience",
        "perfect",
        "perfectly",
        "quick",
        "really",
        "regards",
        "reply",
        "response",
        "right",
        "seeing",
        "see",
        "service",
        "so",
        "soon",
        "squeezing",
        "staff",
        "super",
        "team",
        "that",
        "thats",
        "that's",
        "the",
        "then",
        "there",
        "this",
        "time",
        "to",
        "us",
        "very",
        "we",
        "we'll",
        "will",
        "wonderful",
        "you",
        "you're",
        "your",
        "yours",
        "i'll",
        "noted",
        "al",
        "amable",
        "amables",
        "amabilidad",
        "atencion",
        "ayudar",
        "ayudarnos",
        "ayudarme",
        "adios",
        "bendiciones",
        "bendiga",
        "bien",
        "buen",
        "buena",
        "bueno",
        "dia",
        "claro",
        "con",
        "cordial",
        "cuidense",
        "de",
        "dios",
        "el",
        "ella",
        "entonces",
        "equipo",
        "es",
        "esta",
        "estamos",
        "estoy",
        "excelente",
        "feliz",
        "genial",
        "gran",
        "grande",
        "hasta",
        "hola",
        "igualmente",
        "la",
        "las",
        "le",
        "les",
        "listo",
        "lo",
        "los",
        "luego",
        "mil",
        "muchas",
        "muchisimas",
        "muchisimo",
        "mucho",
        "muy",
        "nos",
        "nosotros",
        "nuevamente",
        "ok",
        "pronta",
        "pronto",
        "perfecto",
        "por",
        "quedo",
        "recibido",
        "respuesta",
        "rapida",
        "rapido",
        "saludo",
        "saludos",
        "se",
        "senor",
        "senora",
        "senorita",
        "su",
        "sus",
        "tanto",
        "todo",
        "todos",
        "un",
        "una",
        "usted",
        "ustedes",
        "va",
        "vale",
        "vemos",
        "veremos",
        "ver",
        "verlos",
        "de",
        "todo",
        "corazon",
        "maravilloso",
        "ya",
    ]
)
# A cry for help is none of them; the help that one is thanked for is.
_THEIR_HELP: Final = re.compile(r"\b(?:your|the|all|great|su|tu|la|toda|tanta) (?:help|ayuda)\b")


_OWN_WORDS: Final = {"en": "Thank you.", "es": "Gracias."}


def thanks_in(language: str) -> str:
    """Return what the portal's button writes for a parent, in a language or in English."""
    return _OWN_WORDS.get(language.replace("-", "_").partition("_")[0], _OWN_WORDS["en"])


def is_thanks(text: str) -> bool:
    """Tell whether a text says thanks and nothing else.

    Never true of a question, a digit, a day, an urgent word or a long text: every word must be one that thanks are made
    of, and one of them must be the thanks.
    """
    said = _SMILEYS.sub(" ", text)
    if len(text) > MOST_LETTERS or any(unicodedata.category(sign).startswith("N") for sign in said):
        return False
    plain = _THEIR_HELP.sub(" ", _folded(said))
    words = _WORD.findall(plain)
    if len(words) > _MOST_WORDS:
        return False
    rest = _WORD.sub("", plain)
    if any(mark not in _ALLOWED_MARKS and unicodedata.category(mark) not in ("So", "Sk", "Cf", "Mn") for mark in rest):
        return False
    return all(_is_of(word, _THANKS | _BESIDE) for word in words) and any(_is_of(word, _THANKS) for word in words)


def says_thanks(letters: Iterable[tuple[AuthorKind, str]]) -> bool:
    """Tell whether a thread, oldest letter first, ends with thanks for the practice's answer and nothing else.

    Thanks for an answer that asked something may be a yes, so they are left to people.
    """
    since: list[str] = []
    is_told = False
    for author, body in letters:
        if author is AuthorKind.STAFF:
            since, is_told = [], not _asks(body)
        elif author is AuthorKind.CONTACT:
            since.append(body)
    return is_told and bool(since) and all(map(is_thanks, since))


def comes_back(thread: Iterable[Message]) -> bool:
    """Tell whether a thread ends with a letter of the parent about an answer: what is booked does not answer that."""
    is_told = is_back = False
    for letter in thread:
        if letter.author_kind is AuthorKind.STAFF:
            is_told, is_back = True, False
        elif letter.author_kind is AuthorKind.CONTACT:
            is_back = is_told
    return is_back


def thread_says_thanks(thread: Sequence[Message]) -> bool:
    """Tell it of the letters of a request."""
    return says_thanks((letter.author_kind, letter.body) for letter in thread)


def _asks(body: str) -> bool:
    return any(mark in body for mark in "?¿؟？")


def _is_of(word: str, known: frozenset[str]) -> bool:
    """Whether a word is known, also with letters drawn out ("thaaaanks", "soooo")."""
    return word in known or re.sub(r"(.)\1{2,}", r"\1", word) in known or re.sub(r"(.)\1{2,}", r"\1\1", word) in known


def _folded(text: str) -> str:
    """Without case, accents and typographic apostrophes."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(mark for mark in plain if unicodedata.category(mark) != "Mn")
