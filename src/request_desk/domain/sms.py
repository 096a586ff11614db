"""Text messages: how long they are on their way, how they are made to fit, what an answer asks for, when they keep quiet.

Numbers are the business of `phones`, sending that of the gateways.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gsm0338 import Codec

from request_desk.domain.practice_time import PracticeTime

MOST_SEGMENTS: Final = 2  # NOTE-04: what is longer is dear, and some networks tear it apart
_GSM_ALONE, _GSM_EACH = 160, 153  # septets of one message, and of each of several (3GPP TS 23.040, 9.2.3.24.1)
_UCS2_ALONE, _UCS2_EACH = 70, 67  # UTF-16 units
_ESCAPE: Final = 0x1B  # a sign of the extension table takes two septets, which stay together
_LINK: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_WORD: Final = re.compile(r"\S+\s*")
_CUT: Final = "..."
_CODEC: Final = Codec()
# Signs that look alike and say the same; each of them would make a message of 160 signs one of 70.
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022", "-"),
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\u0085\u2028\u2029", "\n"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
        "\u2026": "...",
        "\t": " ",
    }
)
# What carriers and the law take for the end (CTIA messaging principles 5.1.3; 47 CFR 64.1200(a)(10)), and the same in Spanish.
_NO_MORE: Final = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
    | {"baja", "alto", "parar", "detener", "cancelar", "nomas"}
)
_AGAIN: Final = frozenset({"start", "unstop", "alta", "iniciar"})
_REPLY_LIMIT: Final = 40  # signs; what is longer is a letter to somebody


@dataclass(frozen=True, slots=True)
class TextSize:
    """How long a text is: in units of its alphabet, and in how many segments it travels. `room` is left in the last one."""

    units: int
    segments: int
    room: int
    is_gsm: bool


def size(text: str) -> TextSize:
    """Return what a text takes on its way: GSM 03.38 with its extension table where that has all signs, UCS-2 otherwise."""
    is_gsm, widths = _widths(text)
    alone, each = (_GSM_ALONE, _GSM_EACH) if is_gsm else (_UCS2_ALONE, _UCS2_EACH)
    units = sum(widths)
    if units <= alone:
        return TextSize(units, 1, alone - units, is_gsm)
    filled = _filled(widths, each)
    return TextSize(units, len(filled), each - sum(widths[filled[-1] :]), is_gsm)


def segments(text: str) -> tuple[str, ...]:
    """Return the parts in which a text travels; no sign of two units is torn apart."""
    is_gsm, widths = _widths(text)
    if sum(widths) <= (_GSM_ALONE if is_gsm else _UCS2_ALONE):
        return (text,)
    starts = _filled(widths, _GSM_EACH if is_gsm else _UCS2_EACH)
    return tuple(text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True))


def fits(text: str, most: int = MOST_SEGMENTS) -> bool:
    """Tell whether a text travels in so many segments, each of its links in one of them whole."""
    return len(segments(text)) <= most and _torn(text) is None


def as_sent(text: str, most: int = MOST_SEGMENTS) -> str:
    """Return a text as it leaves: plain signs where nothing is lost, no link torn, and shortened until it `fits`.

    A link that would be torn begins in the next segment, behind blanks. Where that is too long, words go before the first link,
    then at the end; a link is never cut. One that is longer than a segment is torn by its length alone.
    """
    plain = _plain(text)
    tries = (plain, *_shorter(plain))
    for each in tries:
        if fits(moved := _moved(each), most):
            return moved
    return next((each for each in tries if len(segments(each)) <= most), tries[-1])


def wants_no_more(text: str) -> bool:
    """Tell whether a whole answer asks for no more messages; a sentence with such a word in it does not."""
    return _bare(text) in _NO_MORE


def wants_again(text: str) -> bool:
    """Tell whether a whole answer takes that back."""
    return _bare(text) in _AGAIN


def quiet_end(now: datetime, time: PracticeTime, start_minute: int, end_minute: int) -> datetime | None:
    """Return when the quiet hours end in which `now` lies; None outside of them, and where both minutes are the same.

    They are wall times, also on the days on which the clocks are changed, and mostly go over midnight.
    """
    if start_minute == end_minute:
        return None
    today = time.day_of(now)
    for day in (today - timedelta(days=1), today):
        last = day if start_minute < end_minute else day + timedelta(days=1)
        if time.instant(day, start_minute) <= now < (end := time.instant(last, end_minute)):
            return end
    return None


def _widths(text: str) -> tuple[bool, list[int]]:
    """Whether GSM 03.38 has all signs, and the units that each takes."""
    try:
        encoded, _read = _CODEC.encode(text)
    except UnicodeEncodeError:
        return False, _utf16(text)
    if chr(_ESCAPE) in text:  # no sign of the alphabet, though the codec lets it pass
        return False, _utf16(text)
    found, septets = [], iter(encoded)
    for septet in septets:
        if septet == _ESCAPE:
            next(septets, None)
        found.append(2 if septet == _ESCAPE else 1)
    return True, found


def _utf16(text: str) -> list[int]:
    return [2 if ord(sign) > 0xFFFF else 1 for sign in text]


def _filled(widths: Iterable[int], each: int) -> list[int]:
    """Where the segments begin that are filled one after the other."""
    starts, used = [0], 0
    for place, width in enumerate(widths):
        if used + width > each:
            starts.append(place)
            used = 0
        used += width
    return starts


def _torn(text: str) -> tuple[int, int] | None:
    """Where the first link begins that lies in two segments, and where it is torn; None when there is none."""
    ends, end = [], 0
    for part in segments(text)[:-1]:
        end += len(part)
        ends.append(end)
    links = ((link.start(), link.end()) for link in _LINK.finditer(text))
    return next(((start, at) for start, last in links for at in ends if start < at < last), None)


def _moved(text: str) -> str:
    """The text with blanks before each link that would be torn, so that it begins in the next segment."""
    most_blanks = _GSM_EACH * MOST_SEGMENTS
    while (torn := _torn(text)) is not None and most_blanks > 0:
        start, at = torn
        blanks = min(at - start, most_blanks)
        most_blanks -= blanks
        text = f"{text[:start]}{' ' * blanks}{text[start:]}"
    return text


def _plain(text: str) -> str:
    kept = unicodedata.normalize("NFC", text).translate(_PLAIN)
    lines = "".join(
        sign for sign in kept if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs", "Cn")
    ).split("\n")
    return "\n".join(" ".join(line.split(" ")).rstrip(" ") for line in lines).strip()


def _shorter(text: str) -> Iterator[str]:
    """Ever shorter texts: the words before the first link go, from behind; then those at the end."""
    link = _LINK.search(text)
    head, tail = (text[: link.start()], text[link.start() :]) if link is not None else ("", text)
    words = _WORD.findall(head)
    while words:
        words.pop()
        kept = "".join(words)
        yield f"{kept.rstrip()}{_CUT}{kept[len(kept.rstrip()) :] or ' '}{tail}"
    last = max((each.end() for each in _LINK.finditer(tail)), default=0)
    words = _WORD.findall(tail[last:])
    while words:
        words.pop()
        kept = f"{tail[:last]}{''.join(words)}".rstrip()
        yield f"{kept}{_CUT}" if words else kept
    if last == 0:  # one word without an end
        yield from (f"{tail[:count]}{_CUT}" for count in range(len(tail) - 1, 0, -1))


def _bare(text: str) -> str:
    """An answer without case, accents, signs and blanks."""
    if len(text) > _REPLY_LIMIT:
        return ""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in apart if sign.isalnum())
