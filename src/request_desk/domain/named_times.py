"""Finds the wall times that a text names, in the ways people write them; it knows neither slots nor zones."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = re.compile(
    r"(?<![\d:/.])(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?:\s{0,2}(?P<half>[ap])\.?\s?m\b\.?)?"
    r"|(?P<full>\d{1,2})\s{0,2}(?P<full_half>[ap])\.?\s?m\b\.?|(?P<noon>noon\b))(?![\d:])",
    re.IGNORECASE,
)
_DAY: Final = re.compile(
    r"\b(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:[a-z]{0,6}day|r?s)?\b\.?,?\s*)?"
    r"(?:(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?!:)"
    r"|(?P<month_number>\d{1,2})/(?P<day_number>\d{1,2})(?:/\d{2,4})?\b)?",
    re.IGNORECASE,
)
_NEAR: Final = 12  # characters between a day and the clock that belongs to it: ", 2026, at "


@dataclass(frozen=True, slots=True)
class _Named:
    """A wall time as a text names it; None is what the text does not say."""

    minute: int  # of the day, or of the half day while `half` is None
    half: str | None
    weekday: int | None
    month: int | None
    day: int | None

    def may_be(self, time: "_Named") -> bool:
        """Whether a reader could take it for `time`, which is complete."""
        if self.half is None or time.half is None:
            same = self.minute % 720 == time.minute % 720
        else:
            same = (self.minute, self.half) == (time.minute, time.half)
        pairs = ((self.weekday, time.weekday), (self.month, time.month), (self.day, time.day))
        return same and all(mine is None or other is None or mine == other for mine, other in pairs)


def other_times(text: str, chosen: str, others: Sequence[str]) -> tuple[str, ...]:
    """Return those of `others` whose wall time `text` names and that cannot be `chosen`, in their order, each once.

    "9:20 AM", "9:20am", "9:20" and "9:20 a.m." are the same time; "9 AM" and "noon" count. A time with another day
    beside it is another time. `chosen` and `others` are complete, like "Tue, Nov 24, 9:20 AM"; `chosen` may be "".
    """
    right = next(_named(chosen), None)
    wrong = [named for named in _named(text) if right is None or not named.may_be(right)]
    found: dict[str, None] = {}
    for other in others:
        time = next(_named(other), None)
        if time is not None and any(named.may_be(time) for named in wrong):
            found[other] = None
    return tuple(found)


def _named(text: str) -> Iterator[_Named]:
    """The wall times in a text, each with the day written beside it."""
    clocks = list(_CLOCK.finditer(text))
    for index, clock in enumerate(clocks):
        minute, half = _minute(clock)
        if minute is None:
            continue
        before = text[clocks[index - 1].end() if index else 0 : clock.start()]
        after = text[clock.end() : clocks[index + 1].start() if index + 1 < len(clocks) else len(text)]
        yield _Named(minute, half, *(_day_before(before) or _day_after(after) or (None, None, None)))


def _minute(clock: re.Match[str]) -> tuple[int | None, str | None]:
    if clock["noon"]:
        return 720, "p"
    hour, minute = int(clock["hour"] or clock["full"]), int(clock["minute"] or 0)
    half = (clock["half"] or clock["full_half"] or "").lower() or None
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        return None, None
    if half:
        return hour % 12 * 60 + minute + (720 if half == "p" else 0), half
    return hour * 60 + minute, ("p" if hour > 12 else "a" if hour == 0 else None)


def _day_before(text: str) -> tuple[int | None, int | None, int | None] | None:
    found = [match for match in _DAY.finditer(text) if match[0]]
    if not found or len(text) - found[-1].end() > _NEAR or re.search(r"[.!?;\n]\s|;", text[found[-1].end() :]):
        return None
    return _day(found[-1])


def _day_after(text: str) -> tuple[int | None, int | None, int | None] | None:
    lead = re.match(r"\s*,?\s*(?:on\s+)?", text)
    found = _DAY.match(text, lead.end() if lead else 0)
    return _day(found) if found and found[0] else None


def _day(found: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    weekday = _WEEKDAYS.index(found["weekday"].lower()) if found["weekday"] else None
    if found["month"]:
        return weekday, _MONTHS.index(found["month"].lower()) + 1, int(found["day"])
    if found["month_number"]:
        return weekday, int(found["month_number"]), int(found["day_number"])
    return weekday, None, None
