"""The boundary for text from outside: what is accepted, how it is cleaned, and what of it is shown; one for all faces (INP-01)."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.errors import Invalid
from request_desk.domain.words import _

NAME_LIMIT: Final = 200
TEXT_LIMIT: Final = 4_000  # code points of a message (QT-04)
_EMAIL_LIMIT: Final = 254  # RFC 5321, 4.5.3.1
_LOCAL_LIMIT: Final = 64
_MARKS_LIMIT: Final = 8  # combining marks a base may carry; no written language needs more
_LINE_LIMIT: Final = 1_000  # signs without a break that a text layout still handles at once
_LARGEST_ID: Final = 2**63 - 1
_OLDEST: Final = 130 * 366  # days; nobody is older

_NEWLINES: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_NONCHARACTERS: Final = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_UNSTORABLE: Final = re.compile(f"[\0\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
_BIDI: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CONTROL: Final = re.compile(f"[\x01-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufff9-\ufffb{_BIDI}]")
_BIDI_SIGNS: Final = re.compile(f"[{_BIDI}]")
_INVISIBLE: Final = re.compile(
    "[\u00ad\u115f\u1160\u180e\u200b-\u200f\u2060-\u2064\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e007f]"
)
_JOINERS: Final = "\u200c\u200d"
# What people type between the letters of a name, by family: O'Brien, Ya‘qub, D`Souza, ג׳ורג׳; Anne-Marie, בן־דוד; Gal·la.
APOSTROPHES: Final = "'`´‘’‛ʹʻʼʽˈ′ʾʿ׳״՚ꞌ＇"
HYPHENS: Final = "-\u00ad‐‑‒–\u058a־᠆゠﹣－"
MIDDLE_DOTS: Final = "·‧・･᛫"
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_STOP_IN_WORD: Final = re.compile(r"\.(?=\w(?!\.))")
_ISO_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WRITTEN_DAY: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_PHONE: Final = re.compile(r"\+?[0-9 ()./-]+")


def clean_text(value: object, *, field: str, most: int = TEXT_LIMIT, lines: bool = True, required: bool = False) -> str:
    """Return the text as it is stored: NFC, newlines as \\n, no control and no direction signs, no space around it.

    Without `lines` it becomes one line. A text of nothing but invisible signs is empty. Raises Invalid when it is
    missing, too long, or cannot be stored by both databases.
    """
    if not isinstance(value, str):
        raise Invalid(_("{field} is not a text. Please type it again.").format(field=field), field=field)
    if not value and not required:
        return ""
    text = _NEWLINES.sub("\n", value)
    if len(text) > most:
        sentence = _("{field} is too long: it has {count} characters, at most {most} fit. Please shorten it.")
        raise Invalid(sentence.format(field=field, count=len(text), most=most), field=field)
    if _UNSTORABLE.search(text):
        sentence = _("{field} contains characters that cannot be stored. Please type it again instead of pasting it.")
        raise Invalid(sentence.format(field=field), field=field)
    text = unicodedata.normalize("NFC", _CONTROL.sub("", text))
    text = text.strip() if lines else " ".join(text.split())
    if not _INVISIBLE.sub("", text).strip():
        text = ""
    if len(text) > most:  # a few signs grow when they are normalised
        text = text[:most]
    if required and not text:
        raise Invalid(_("{field} is empty. Please fill it in.").format(field=field), field=field)
    return text


def clean_name(value: object, *, field: str = "Name", required: bool = True) -> str:
    """Return a person's name of 1 to 200 signs in any script; refuses what no name is written with (INP-08)."""
    refusal = Invalid(
        _("{field} contains characters that no name is written with. Please type it again.").format(field=field),
        field=field,
    )
    if isinstance(value, str) and len(value) <= NAME_LIMIT and _BIDI_SIGNS.search(value):
        raise refusal
    text = clean_text(value, field=field, most=NAME_LIMIT, lines=False, required=required)
    marks = 0
    for index, sign in enumerate(text):
        category = unicodedata.category(sign)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        alone = category == "Cf" and not (sign in _JOINERS and _is_joined(text, index))
        if alone or category in {"Cc", "Cn", "Co", "Cs"} or marks > _MARKS_LIMIT:
            raise refusal
    return text


def name_in_letter(name: str, most: int = 80) -> str:
    """Return a name as it may stand in a letter: letters and marks of every script and what joins them in one word.

    Apostrophes, hyphens, middle dots and joiners stay beside a letter, a full stop behind one. No address and no header can begin
    in it: a full stop before a longer word gets a space, everything else becomes one.
    """
    kept = [sign if _stands_in_name(name, index) else " " for index, sign in enumerate(name)]
    return " ".join(_STOP_IN_WORD.sub(". ", "".join(kept)).split())[:most].strip()


def _stands_in_name(name: str, index: int) -> bool:
    sign = name[index]
    if sign == "\u00ad":
        return False
    if unicodedata.category(sign)[0] in "LM":
        return True
    before, after = name[index - 1 : index] if index else "", name[index + 1 : index + 2]
    if sign in _JOINERS:
        return _is_joined(name, index)
    if sign in APOSTROPHES:
        return _is_letter(before) or _is_letter(after)
    if sign in HYPHENS or sign in MIDDLE_DOTS:
        return (_is_letter(before) or before == ".") and _is_letter(after)
    return sign == "." and _is_letter(before)


def _is_letter(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign)[0] in "LM"


def parse_email(value: object, *, field: str = "E-mail") -> str:
    """Return one plain address, its domain in lower case and ASCII (INP-06, NOTE-03); the local part keeps its case."""
    refusal = Invalid(_("This is not an e-mail address. Please write it like name@example.org."), field=field)
    if not isinstance(value, str) or len(value) > _EMAIL_LIMIT + 2:
        raise refusal
    local, at, domain = value.strip(" ").rpartition("@")
    if not at or len(local) > _LOCAL_LIMIT or not _LOCAL.fullmatch(local) or "=?" in local:
        raise refusal
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise refusal from error
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_LABEL.fullmatch(label) for label in labels):
        raise refusal
    address = f"{local}@{domain}"
    if len(address) > _EMAIL_LIMIT:
        raise refusal
    return address


def parse_phone(value: object, region: str = "US", *, field: str = "Phone") -> str:
    """Return the number as E.164; `region` is the practice's country. Extensions and letters are refused (INP-07)."""
    import phonenumbers

    refusal = Invalid(
        _("This is not a phone number. Please write it with area code, like (206) 555-0147."), field=field
    )
    if not isinstance(value, str) or len(value) > 40 or not _PHONE.fullmatch(value.strip()):
        raise refusal
    try:
        number = phonenumbers.parse(value.strip(), region)
    except phonenumbers.NumberParseException as error:
        raise refusal from error
    if not phonenumbers.is_valid_number(number):
        raise refusal
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def parse_date(value: object, *, field: str = "Date", month_first: bool = True) -> date:
    """Return a day written 2026-11-24 (a browser's date field) or 11/24/2026, 24.11.2026 where the day comes first."""
    day = _written_day(value, field=field, month_first=month_first)
    on_calendar(day, field=field)
    return day


def _written_day(value: object, *, field: str, month_first: bool) -> date:
    example = "11/24/2026" if month_first else "24.11.2026"
    refusal = Invalid(_("This is not a date. Please write it like {example}.").format(example=example), field=field)
    if not isinstance(value, str):
        raise refusal
    text = value.strip(" ")
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _WRITTEN_DAY.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        month, day = (first, second) if month_first else (second, first)
    else:
        raise refusal
    try:
        return date(year, month, day)
    except ValueError as error:
        raise refusal from error


def parse_birth_day(value: object, today: date, *, field: str = "Date of birth", month_first: bool = True) -> date:
    """Return a day on which somebody who lives can have been born; a year that is not of our time is a day all the same."""
    day = _written_day(value, field=field, month_first=month_first)
    if not today - timedelta(days=_OLDEST) <= day <= today:
        raise Invalid(_("Nobody can have been born on this date. Please check the year."), field=field)
    return day


def parse_code(value: object, *, digits: int = 6, field: str = "Code") -> str:
    """Return a one-time code: ASCII digits; the spaces and hyphens that people type between them are dropped."""
    text = (
        value.translate({ord(" "): None, ord("-"): None, 0xA0: None})
        if isinstance(value, str) and len(value) <= 40
        else ""
    )
    if len(text) != digits or not (text.isascii() and text.isdigit()):
        raise Invalid(
            _("The code has {count} digits. Please type it as it stands in the e-mail.").format(count=digits),
            field=field,
        )
    return text


def parse_id(value: object, *, field: str = "Id") -> int:
    """Return a positive 63-bit id from its decimal digits."""
    if (
        isinstance(value, str)
        and len(value) <= 19
        and value.isascii()
        and value.isdigit()
        and 0 < int(value) <= _LARGEST_ID
    ):
        return int(value)
    raise Invalid(_("This choice is not known. Please choose again."), field=field)


def parse_version(value: object) -> int:
    """Return the version that somebody saw of what is to be changed: a whole number from 1 on that the column can hold."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID:
        return value
    raise Invalid(_("It is not known which state of this was seen. Please open it again."), field=_("Version"))


def parse_uuid(value: object, *, field: str = "Id") -> UUID:
    """Return a public reference, written in its canonical form."""
    try:
        found = UUID(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or str(found) != str(value).lower():
        raise Invalid(_("This page is not complete any more. Please open it again."), field=field)
    return found


def readable(text: str, most: int = TEXT_LIMIT) -> str:
    """Return a text fit to be shown: controls as symbols, no direction signs, bounded marks and unbroken stretches (QT-04, QT-05).

    Whatever is stored, this is safe to lay out; it is not safe to parse: widgets and pages still show it as plain text.
    """
    cut = text[: most + 1]
    shown = "".join(_shown(_BIDI_SIGNS.sub("", _NEWLINES.sub("\n", cut))))
    return shown[:most].rstrip() + "…" if len(text) > most else shown


def one_line(text: str, most: int = 200) -> str:
    """Return a text fit for a cell: readable, in one line, at most `most` signs."""
    line = " ".join(readable(text[: most * 4], most * 4).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _shown(text: str) -> Iterator[str]:
    marks = unbroken = 0
    for sign in text:
        category = unicodedata.category(sign)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        unbroken = 0 if sign.isspace() else unbroken + 1
        if marks > _MARKS_LIMIT:
            continue
        if unbroken > _LINE_LIMIT:
            yield "\n"
            unbroken = 1
        if category == "Cc" and sign not in "\n\t":
            yield chr(0x2400 + ord(sign)) if sign < " " else "␡" if sign == "\x7f" else "\ufffd"
        elif category in {"Cs", "Co", "Cn"}:
            yield "\ufffd"
        elif category != "Cf" or sign in _JOINERS or sign in "\u00ad\u200e\u200f\u061c":
            yield sign


def _is_joined(text: str, index: int) -> bool:
    """Whether a zero-width joiner stands where scripts need it: between two letters or marks that are not Latin, or emoji."""
    around = text[index - 1 : index] + text[index + 1 : index + 2]
    return len(around) == 2 and all(sign > "\u0590" and unicodedata.category(sign)[0] in "LMS" for sign in around)
