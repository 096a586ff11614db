"""What a text is found by: the same folding for what is stored and what is typed; asking the database is the services' business.

NFKC, case folded, accents dropped; runs of Chinese, Japanese and Korean signs become overlapping pairs; dates become
eight digits; telephone numbers are found by their endings.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from request_desk.domain.text import APOSTROPHES, MIDDLE_DOTS

_TERMS: Final = 8
_QUERY_LIMIT: Final = 200
_PREFIX_FROM: Final = 3  # a shorter beginning matches too much to be useful or fast
PHONE_FROM: Final = 4  # digits of a telephone number by which somebody is found
_PIVOT: Final = 50  # 3/12/22 is 2022, 3/12/51 is 1951
_LETTERS: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ß": "ss",
        "ŧ": "t",
    }
)
# Left out before anything else: the acute accent that stands alone would become a space.
_UNTYPED: Final = str.maketrans(dict.fromkeys(f"{APOSTROPHES}{MIDDLE_DOTS}", ""))
_KEPT_MARKS: Final = frozenset(
    {0, 7, 8, 9}
)  # combining classes that carry meaning: vowel signs, nukta, kana voicing, virama
_DATE: Final = re.compile(r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?![\d/.-])")
_ISO_DATE: Final = re.compile(r"(?<![\d/.-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d/.-])")
_PHONE: Final = re.compile(r"\+?\d[\d ()./-]{5,20}\d")
_NUMBER: Final = re.compile(r"[\d ()./+-]+")
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[^\W_]+")
_CJK: Final = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]+"
)


def fold(text: str) -> str:
    """Return the text without differences that nobody types: case, width, ligatures, accents."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")  # the same, ten times as fast; most letters are
    lower = unicodedata.normalize("NFKC", text.translate(_UNTYPED)).casefold()
    parts = unicodedata.normalize("NFKD", lower)
    bare = "".join(_digit(sign) for sign in parts if unicodedata.combining(sign) in _KEPT_MARKS)
    # Folding once may make something new to fold (a ligature of capitals); twice is enough for all of Unicode.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", bare).casefold()).translate(_LETTERS)


def index_text(text: str) -> str:
    """Return the words of a text as they are stored for search, separated by spaces."""
    folded = fold(text)
    if folded.isascii():
        words = _WORD.findall(folded)
    else:
        words = [word for token in _tokens(folded) for word in _pairs(token, stored=True)]
    if _DIGIT.search(folded):  # most letters have none
        words += [_date_word(day) for day in _dates(folded, month_first=True)]
        words += [ending for number in _PHONE.findall(folded) for ending in _endings(number)]
    return " ".join(words)  # repetitions stay: a run of pairs is found as neighbours


def index_person(given: str, family: str, birth_day: date) -> str:
    """Return the words that a person is found by: name and date of birth."""
    return f"{index_text(f'{given} {family}')} {_date_word(birth_day)}"


def query_terms(text: str, *, month_first: bool = True) -> list[str]:
    """Return what must all be found; a term with spaces is a run of pairs. At most eight terms."""
    folded = fold(text[:_QUERY_LIMIT])
    terms = [_date_word(day) for day in _dates(folded, month_first=month_first)]
    rest = _ISO_DATE.sub(" ", _DATE.sub(" ", folded)) if terms else folded
    for number in _PHONE.findall(rest):
        digits = _digits(number)
        if 7 <= len(digits) <= 15:
            terms.append(digits[-10:] if len(digits) > 10 else digits)
            rest = rest.replace(number, " ")
    terms += [" ".join(_pairs(token, stored=False)) for token in _tokens(rest)]
    return list(dict.fromkeys(terms))[:_TERMS]


def person_terms(text: str, *, month_first: bool) -> list[str]:
    """Return what somebody is found by, all of it: words, a date of birth, parts of a telephone number, an address as it is typed."""
    words = text[:_QUERY_LIMIT].split()
    addresses = [word.casefold() for word in words if "@" in word]
    rest = " ".join(word for word in words if "@" not in word)
    digits = _digits(fold(rest)).lstrip("0")
    if _NUMBER.fullmatch(fold(rest)) and len(digits) >= PHONE_FROM and not _dates(fold(rest), month_first=month_first):
        return [*addresses, digits]
    return [*addresses, *query_terms(rest, month_first=month_first)]


def fts_query(terms: Sequence[str]) -> str:
    """Return the terms as an FTS5 expression: all of them, words also by their beginning; "" when there is none."""
    return " AND ".join('"' + term.replace('"', '""') + '"' + ("*" if _is_beginning(term) else "") for term in terms)


def tsquery(terms: Sequence[str]) -> str:
    """Return the terms for PostgreSQL's to_tsquery with the simple configuration; "" when there is none."""
    lexemes = [(word, _is_beginning(term)) for term in terms for word in term.split()]
    return " & ".join(
        "'" + word.replace("\\", "").replace("'", "''") + "'" + (":*" if short else "") for word, short in lexemes
    )


def needle(term: str) -> str:
    """Return what an index text with a space at both ends holds exactly when the term is found in it."""
    return f" {term}" if _is_beginning(term) else f" {term} "


def matches(text: str, terms: Sequence[str]) -> bool:
    """Tell whether a text would be found; for lists that are in memory."""
    words = index_text(text).split()
    return all(
        any(word.startswith(part) if _is_beginning(term) else word == part for word in words)
        for term in terms
        for part in term.split()
    )


def _is_beginning(term: str) -> bool:
    return " " not in term and (len(term) >= _PREFIX_FROM or bool(len(term) == 1 and _CJK.match(term)))


def _tokens(folded: str) -> Iterator[str]:
    """Words, with the marks that belong to them; each run of CJK signs by itself."""
    if folded.isascii():
        yield from _WORD.findall(folded)
        return
    joined = "".join(sign if not unicodedata.category(sign).startswith("M") else "\ue000" for sign in folded)
    for found in re.finditer("[^\\W_][^\\W_\ue000]*(?:\ue000[^\\W_]*)*", joined):
        word, reached = folded[found.start() : found.end()], 0
        for run in _CJK.finditer(word):
            if run.start() > reached:
                yield word[reached : run.start()]
            yield run[0]
            reached = run.end()
        if reached < len(word):
            yield word[reached:]


def _pairs(token: str, *, stored: bool) -> list[str]:
    """A CJK run as overlapping pairs; stored ones end with the last sign, so that each single sign begins something."""
    if not _CJK.match(token):
        return [token]
    pairs = [token[index : index + 2] for index in range(len(token) - 1)]
    return [*pairs, token[-1]] if stored or not pairs else pairs


def _dates(folded: str, *, month_first: bool) -> list[date]:
    found = [(int(year), int(month), int(day)) for year, month, day in _ISO_DATE.findall(folded)]
    for first, second, year in _DATE.findall(folded):
        full = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < _PIVOT else 1900)
        found.append((full, int(first), int(second)) if month_first else (full, int(second), int(first)))
    return [made for parts in found if (made := _day(*parts)) is not None]


def _date_word(day: date) -> str:
    return day.isoformat().replace("-", "")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1800 <= year <= 2200 else None
    except ValueError:
        return None


def _endings(number: str) -> list[str]:
    """A number as people type it: whole, without country, without area, the last four."""
    digits = _digits(number)
    if not 7 <= len(digits) <= 15:
        return []
    return list(dict.fromkeys([digits, digits[-10:], digits[-7:], digits[-4:]]))


def _digit(sign: str) -> str:
    """The sign itself, a decimal digit of any script as the ASCII one."""
    return str(unicodedata.decimal(sign)) if sign > "9" and sign.isdecimal() else sign


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")
