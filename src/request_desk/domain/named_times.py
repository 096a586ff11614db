"""Finds the wall times and days that a text names, in the ways people write them in English and Spanish; it knows neither slots nor zones."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from request_desk.domain.asking import asks

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene", "february feb febrero", "march mar marzo", "april apr abril abr", "may mayo",
            "june jun junio", "july jul julio", "august aug agosto ago", "september sept sep septiembre setiembre set",
            "october oct octubre", "november nov noviembre", "december dec diciembre dic",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lunes lun", "tuesday tues tue martes", "wednesday wed miércoles miercoles mié mie",
            "thursday thurs thur thu jueves jue", "friday fri viernes vie", "saturday sat sábado sabado sáb sab",
            "sunday sun domingo dom",
        )
    )
    for name in names.split()
}  # fmt: skip
_HOURS: Final = {
    name: number
    for number, names in enumerate(
        ("una one", "dos two", "tres three", "cuatro four", "cinco five", "seis six", "siete seven", "ocho eight",
         "nueve nine", "diez ten", "once eleven", "doce twelve"),
        1,
    )
    for name in names.split()
    if name != "once"  # an English word too; "a las once" is found all the same
}  # fmt: skip
_DAY_WORDS: Final = {
    name: number
    for number, names in enumerate(
        (
            "first primero uno", "second dos", "third tres", "fourth cuatro", "fifth cinco", "sixth seis", "seventh siete",
            "eighth ocho", "ninth nueve", "tenth diez", "eleventh once", "twelfth doce", "thirteenth trece",
            "fourteenth catorce", "fifteenth quince", "sixteenth dieciséis dieciseis", "seventeenth diecisiete",
            "eighteenth dieciocho", "nineteenth diecinueve", "twentieth veinte", "twenty-first veintiuno",
            "twenty-second veintidós veintidos", "twenty-third veintitrés veintitres", "twenty-fourth veinticuatro",
            "twenty-fifth veinticinco", "twenty-sixth veintiséis veintiseis", "twenty-seventh veintisiete",
            "twenty-eighth veintiocho", "twenty-ninth veintinueve", "thirtieth treinta", "thirty-first treinta-y-uno",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip


def _any_of(names: Sequence[str] | dict[str, int]) -> str:
    return "|".join(name.replace("-", r"[-\s]") for name in sorted(names, key=len, reverse=True))


_HALF: Final = r"(?:\s{0,2}(?P<{0}>[ap])\.?\s?m\b\.?|\s+(?:de|por|en)\s+la\s+(?P<{0}_es>mañana|manana|tarde|noche))"
_CLOCK: Final = (
    r"(?<![\d:/.,$])(?:"
    r"(?P<hour>\d{1,2})[:.h](?P<minute>[0-5]\d)(?!\d|\.\d)" + _HALF.replace("{0}", "half") + r"?"
    r"|(?P<full>\d{1,2})" + _HALF.replace("{0}", "full_half") + r""
    r"|\b(?:a\s+las?|las|at|sobre\s+las)\s+(?P<bare>\d{1,2}(?![\d/.:]|\s*(?:de\s|min|h\b|%|st\b|nd\b|th\b))"
    rf"|(?:{_any_of(_HOURS)}|once)\b)(?:\s+y\s+(?P<part>media|cuarto|cinco|diez|quince|veinticinco|veinte|treinta|cuarenta|cincuenta)\b)?"
    + _HALF.replace("{0}", "bare_half")
    + r"?"
    rf"|\b(?P<word>\d{{1,2}}|{_any_of(_HOURS)})\s+o['’]?clock"
    rf"|\b(?:a\s+)?(?P<past>half|quarter|five|ten|twenty(?:[- ]five)?)\s+(?P<side>past|to)\s+(?P<past_hour>\d{{1,2}}|{_any_of(_HOURS)})\b"
    + _HALF.replace("{0}", "past_half")
    + r"?"
    r"|\b(?P<noon>noon|midday|mediod[ií]a)\b"
    r")(?![\d:])"
)
_NEXT_WEEK: Final = (
    r"(?:(?:of\s+)?next\s+week|de\s+la\s+(?:semana\s+que\s+viene|pr[oó]xima\s+semana|semana\s+pr[oó]xima))"
)
# "mar" is Tuesday before a day and a month of Spanish, else March; a day that is past says nothing of the visit.
_WEEKDAY: Final = (
    r"(?:(?P<ahead>this(?:\s+coming)?|next|coming|este|pr[oó]ximo)\s+)?(?<!last\s)(?<!past\s)"
    rf"(?P<weekday>(?:{_any_of(_WEEKDAYS)}|mar(?=\.?,?\s+\d{{1,2}}\s+(?:de\s+)?(?:{_any_of(_MONTHS)})\b)))\b\.?(?!\s+pasado\b)"
    rf"(?:\s+(?P<behind>{_NEXT_WEEK}|que\s+viene|pr[oó]ximo)\b)?"
)
# What follows a lone "3rd" that is a day, not a floor, a visit or a child.
_ENDS: Final = r"(?=\s*(?:$|[,.;:!?)\n–—-]|(?:at|with|from|for|is|works?|instead|a\s+las?|con)\b))"
# "You may first call us" is no date, "May first" is one.
_DATE: Final = (
    rf"(?P<month>(?:{_any_of(_MONTHS)}))\b(?!(?<=(?-i:may|set|mar))\s+[a-z])\.?\s+(?:the\s+)?"
    rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?\b(?![:.]\d|\s*min)|(?:{_any_of(_DAY_WORDS)})\b)"
    rf"|(?P<day_es>\d{{1,2}}(?:st|nd|rd|th|º|°|ro|\.)?(?=\s)|(?:{_any_of(_DAY_WORDS)})(?=\s+(?:de|of)\s))"
    rf"\s+(?:de\s+|of\s+)?(?P<month_es>(?:{_any_of(_MONTHS)}))\b"
    r"|(?P<iso>\d{4}-\d{2}-\d{2})\b"
    r"|(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/\d{2,4})?\b"
    r"|(?P<first_dot>\d{1,2})\.(?P<second_dot>\d{1,2})\.(?:\d{2,4}\b)?"
)
_ORDINAL: Final = rf"(?:(?:the\s+)?(?P<ordinal>\d{{1,2}}(?:st|nd|rd|th))|el\s+(?:d[ií]a\s+)?(?P<numbered>\d{{1,2}}))\b(?![:.]\d){_ENDS}"
_AFTER_WEEKDAY: Final = (
    r"(?:(?:el\s+|the\s+)?(?P<number>\d{1,2}(?:st|nd|rd|th)?)\b(?![:./h]\d|\s*(?:[ap]\.?\s?m\b|min|y\s))"
    rf"|(?:el|the)\s+(?P<number_word>{_any_of(_DAY_WORDS)})\b{_ENDS})"
)
_DAY: Final = (
    rf"\b(?:{_WEEKDAY},?\s*(?:(?:el\s+|the\s+)?(?:{_DATE})|{_AFTER_WEEKDAY})?)"
    rf"|(?<![\d:/.(])\b(?:{_DATE.replace('?P<', '?P<x_')}|{_ORDINAL})"
    r"|\b(?P<near>(?:the\s+)?day\s+after\s+tomorrow|pasado\s+mañana|today|tonight|tomorrow|hoy|esta\s+noche|(?<!la\s)(?<!esta\s)mañana)\b"
)
_NEAR: Final = 14  # characters between a day and the clock that belongs to it: ", 2026, at ", " a las "

_APPOINTMENT: Final = r"(?:appointment|visit|checkup|cita|your(?:\s+new)?\s+time|su(?:\s+nueva)?\s+hora)"
_MEETING: Final = (
    r"\b(?:(?<!to\s)see\s+you|seeing\s+(?:you|(?-i:[A-Z])\w+)|(?:will|can|['’]ll)\s+see\s+(?:you|him|her|them|(?-i:[A-Z])\w+)|expect\s+you"
    r"|nos\s+vemos|(?:le|les|la|lo|las|los|te)\s+(?:esperamos|vemos|veremos)"
    r"|(?:is|are|been|['’]s|['’]re)\s+(?:now\s+|all\s+)?(?:booked|confirmed|rescheduled|moved)\s+(?:for|to)"
    r"|(?:(?:you|it|he|she|they)(?:\s+is|\s+are|['’]s|['’]re)|been)\s+(?:now\s+|all\s+)?(?:scheduled|set|down|in)\s+(?:for|on|at)"
    r"|(?:we|i)(?:\s+have|['’]ve)?\s+(?:just\s+|now\s+)?(?:booked|scheduled|moved|rescheduled|reserved|saved)"
    rf"(?:\s+(?:you|it|him|her|them)|\s+(?:the|her|his|their)?\s*{_APPOINTMENT}|\s+your\s+{_APPOINTMENT})?"
    r"|(?:we|i)\s+have\s+(?:you|him|her|them)\s+(?:booked|scheduled|down|in)"
    r"|(?:le|les)\s+(?:reserv|guard|apart|anot|apunt|agend)(?:amos|é)"
    r"|(?:reserv|agend|program|pas|cambi)(?:amos|é|ad[oa]s?)(?:\s+(?:su|la|una)\s+cita)?(?=\s+(?:para|al?)\b)"
    rf"|{_APPOINTMENT}(?:\s+(?:with|con|of|for|de)\s+(?:\S+\s+){{1,3}}?|\s+)(?:is|will\s+be|es|será|queda|quedó|está)"
    r"(?:\s+(?:now|ahora|booked|scheduled|set|confirmed|reservad[oa]|confirmad[oa]|programad[oa]|agendad[oa]))*)"
    r"(?:,?\s+(?:on|at|in|for|to|then|both|all|again|and|entonces|el|la|las|los|al?|para|con|de|en|y|the|our|with|you|her|him|them|dr\.?|dra\.?"
    r"|(?-i:[A-ZÁÉÍÓÚÑ])[\w'’]+))*,?\s+"
)
_LEAD: Final = 120  # characters before a day in which it is promised: "your appointment with … at … is on"
_COMING: Final = (
    r"(?:^|,|\bplease|\bjust|\bpor\s+favor)\s*(?:come|venga)(?:\s+(?:in|on|at|this|next|el|a))*\s+"  # needs a clock
)
_FAREWELL: Final = r"\W*hasta\s+el\s+\S+\W*"  # "¡Hasta el lunes!", not "hasta el lunes queda como está"
# What makes of a promise a wish, an offer, a condition or its contrary: in its clause, or somewhere before it.
_NO_PROMISE: Final = (
    r"(?:\b(?:not|cannot|no|never|nothing|could|would|might|may|asked|wrote|said|wanted|wants?|wish|like|prefer|hope|next|first|earliest"
    r"|available|free|open|possible|was|were|nada|pidió|escribió|dijo|quería|quiere|desea|gustaría|podríamos|podría|próxima|primera"
    r"|libre|disponible)\b|n['’]t\b)[^,]*$|\b(?:if|once|when|unless|whether|until|si|cuando|hasta\s+que)\b"
)
_Day = tuple[int | None, int | None, int | None]  # weekday, month, day of the month
_Dates = tuple[date, ...]  # those that "next Tuesday" can be, none when nothing of that kind is said


@dataclass(frozen=True, slots=True)
class Named:
    """A wall time as a text names it; None is what the text does not say. `text` and `day_text` are how it is written there."""

    minute: int  # of the day, or of the half day while `half` is None
    half: str | None
    weekday: int | None
    month: int | None
    day: int | None
    text: str = ""
    day_text: str = ""
    dates: _Dates = ()

    @property
    def told(self) -> str:
        """The day and the time as they are written: "Wednesday, 10:20"."""
        return f"{self.day_text}, {self.text}" if self.day_text else self.text

    def may_be(self, time: "Named") -> bool:
        """Whether a reader could take it for `time`, which is complete."""
        if self.half is None or time.half is None:
            same = self.minute % 720 == time.minute % 720
        else:
            same = (self.minute, self.half) == (time.minute, time.half)
        day = (time.weekday, time.month, time.day)
        return same and _may_be_day((self.weekday, self.month, self.day), self.dates, day)


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day as a text names it, with or without a time beside it."""

    weekday: int | None
    month: int | None
    day: int | None
    text: str
    dates: _Dates = ()

    def may_be(self, day: date) -> bool:
        """Whether a reader could take it for `day`."""
        return _may_be_day((self.weekday, self.month, self.day), self.dates, (day.weekday(), day.month, day.day))


def times(text: str, *, day_first: bool = False, today: date | None = None) -> tuple[Named, ...]:
    """Return the wall times in a text, each with the day written beside it.

    `day_first` reads 4/11 as the fourth of November; with `today` the day beside a time may be "tomorrow", too.
    """
    return tuple(_named(text, _Reading(day_first, today)))


def days(text: str, *, day_first: bool = False, today: date | None = None) -> tuple[NamedDay, ...]:
    """Return the days in a text, by weekday, date or both; "tomorrow" only where it is when people meet: "see you tomorrow"."""
    reading = _Reading(day_first, today)
    return tuple(
        NamedDay(*_day(found, reading), _written(found), _dates_ahead(found, reading))
        for found in _found_days(text, reading)
        if not found["near"] or re.search(rf"{_MEETING}$", text[: found.start()], re.IGNORECASE)
    )


def promised(text: str, *, day_first: bool = False, today: date | None = None) -> tuple[Named | NamedDay, ...]:
    """Return the days and times that a text says people will meet: "see you Monday at 10", "la cita es mañana".

    Not those that it asks for, offers, denies, or tells of what was wished.
    """
    reading = _Reading(day_first, today)
    sentences = re.split(r"(?<!\bDr)(?<!\bDra)(?<!\b[ap]\.m)[.!;\n]+(?=\s|$)", text, flags=re.IGNORECASE)
    return tuple(found for each in sentences if not asks(each) for found in _promised(each, reading))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How days are read: the order of day and month, and the day on which it is read, if that is known."""

    day_first: bool
    today: date | None


def _named(text: str, reading: _Reading) -> Iterator[Named]:
    """The wall times in a text, each with the day written beside it."""
    clocks = [clock for clock in re.finditer(_CLOCK, text, re.IGNORECASE) if _minute(clock)[0] is not None]
    for index, clock in enumerate(clocks):
        minute, half = _minute(clock)
        assert minute is not None
        before = text[clocks[index - 1].end() if index else 0 : clock.start()]
        after = text[clock.end() : clocks[index + 1].start() if index + 1 < len(clocks) else len(text)]
        found = _day_before(before, reading) or _day_after(after, reading)
        day = (None, None, None) if found is None else _day(found, reading)
        day_text = "" if found is None else _written(found)
        dates = () if found is None else _dates_ahead(found, reading)
        yield Named(
            minute, half, *day, re.sub(r"(?<!\.m)\.$", "", clock[0].strip(), flags=re.IGNORECASE), day_text, dates
        )


def _promised(sentence: str, reading: _Reading) -> Iterator[Named | NamedDay]:
    clocks = [each for each in re.finditer(_CLOCK, sentence, re.IGNORECASE) if _minute(each)[0] is not None]
    founds = _found_days(sentence, reading)
    further = _COMING if clocks else r"hasta\s+el\s+" if re.fullmatch(_FAREWELL, sentence, re.IGNORECASE) else _MEETING
    leads = f"(?:{_MEETING}|{further})$"
    for found in sorted([*founds, *clocks], key=re.Match.start):
        lead = re.compile(leads, re.IGNORECASE).search(sentence, max(0, found.start() - _LEAD), found.start())
        if lead and not re.search(_NO_PROMISE, sentence[: lead.start()], re.IGNORECASE):
            rest = sentence[lead.start() :]
            named = next(_named(rest, reading), None)
            if named is not None and (named.day_text or not _found_days(rest, reading)):
                yield named
            else:
                day = _found_days(rest, reading)[0]
                yield NamedDay(*_day(day, reading), _written(day), _dates_ahead(day, reading))
            return


def _minute(clock: re.Match[str]) -> tuple[int | None, str | None]:
    if clock["noon"]:
        return 720, "p"
    if clock["past"]:
        return _past(clock)
    told = clock["hour"] or clock["full"] or clock["bare"] or clock["word"]
    hour = int(told) if told.isdigit() else {**_HOURS, "once": 11}[told.lower()]
    minute = int(clock["minute"] or 0) + _SPANISH_MINUTES.get((clock["part"] or "").lower(), 0)
    half = (clock["half"] or clock["full_half"] or clock["bare_half"] or "").lower() or None
    spanish = (clock["half_es"] or clock["full_half_es"] or clock["bare_half_es"] or "").lower()
    if spanish:
        half = "a" if spanish in ("mañana", "manana") else "p"
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        return None, None
    if half:
        return hour % 12 * 60 + minute + (720 if half == "p" else 0), half
    return hour * 60 + minute, ("p" if hour > 12 else "a" if hour == 0 else None)


_SPANISH_MINUTES: Final = {
    "media": 30, "cuarto": 15, "cinco": 5, "diez": 10, "quince": 15, "veinte": 20, "veinticinco": 25, "treinta": 30,
    "cuarenta": 40, "cincuenta": 50,
}  # fmt: skip
_PAST: Final = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20}


def _past(clock: re.Match[str]) -> tuple[int | None, str | None]:
    """Half past three, a quarter to ten."""
    told = clock["past_hour"].lower()
    hour = int(told) if told.isdigit() else {**_HOURS, "once": 11}[told]
    minutes = _PAST.get(clock["past"].lower(), 25)
    half = (clock["past_half"] or "").lower() or None
    if clock["past_half_es"] or not 1 <= hour <= 12:
        return None, None
    minute = hour % 12 * 60 + (minutes if clock["side"].lower() == "past" else -minutes)
    return (minute % 720 + (720 if half == "p" else 0), half)


def _found_days(text: str, reading: _Reading) -> list[re.Match[str]]:
    return [
        found
        for found in re.finditer(_DAY, text, re.IGNORECASE)
        if found[0].strip() and not (found["near"] and reading.today is None)
    ]


def _written(found: re.Match[str]) -> str:
    return found[0].strip(" ,.")


def _day_before(text: str, reading: _Reading) -> re.Match[str] | None:
    found = _found_days(text, reading)
    if (
        not found
        or len(text) - found[-1].end() > _NEAR
        or re.search(r"[!?;\n]\s|[.]\s+[A-ZÁÉÍÓÚ]|;", text[found[-1].end() :])
    ):
        return None
    return found[-1]


def _day_after(text: str, reading: _Reading) -> re.Match[str] | None:
    lead = re.match(r"\s*,?\s*(?:on\s+|el\s+|del\s+)?", text)
    found = re.compile(_DAY, re.IGNORECASE).match(text, lead.end() if lead else 0)
    if not found or not found[0].strip() or (found["near"] and reading.today is None):
        return None
    return found


def _day(found: re.Match[str], reading: _Reading) -> _Day:
    if found["near"] and reading.today is not None:
        said = found["near"].lower()
        ahead = 2 if "after" in said or "pasado" in said else said in ("tomorrow", "mañana")
        near = reading.today + timedelta(days=ahead)
        return near.weekday(), near.month, near.day
    weekday = {**_WEEKDAYS, "mar": 1}[found["weekday"].lower()] if found["weekday"] else None
    part = {name: found[name] or found[f"x_{name}"] for name in _PARTS}
    if part["month"]:
        return weekday, _MONTHS[part["month"].lower()], _number(part["day"])
    if part["month_es"]:
        return weekday, _MONTHS[part["month_es"].lower()], _number(part["day_es"])
    if part["iso"]:
        return weekday, int(part["iso"][5:7]), int(part["iso"][8:])
    first, second = part["first"] or part["first_dot"], part["second"] or part["second_dot"]
    if first:
        pair = (int(first), int(second))
        is_day_first = (pair[1] <= 12 and (reading.day_first or bool(part["first_dot"]))) or pair[0] > 12
        day, month = pair if is_day_first else pair[::-1]
        return weekday, month, day
    number = found["number"] or found["number_word"] or found["ordinal"] or found["numbered"]
    return weekday, None, _number(number) if number else None


_PARTS: Final = ("month", "day", "month_es", "day_es", "iso", "first", "second", "first_dot", "second_dot")


def _number(written: str) -> int:
    """3, 3rd, third, tres."""
    digits = re.match(r"\d+", written)
    return int(digits[0]) if digits else _DAY_WORDS[re.sub(r"\s", "-", written.lower())]


def _dates_ahead(found: re.Match[str], reading: _Reading) -> _Dates:
    """The dates that a weekday with "this" or "next" can be; where a date is written, that decides.

    "Next Tuesday" is the one that comes first or that of the next week: people mean either. On a Sunday the next week
    begins tomorrow for some, in a week for others.
    """
    weekday, month, day = _day(found, reading)
    said = (found["ahead"] or found["behind"] or "").lower()
    today = reading.today
    if not said or today is None or weekday is None or month is not None or day is not None:
        return ()
    coming = (weekday - today.weekday() - 1) % 7 + 1
    if said.startswith(("this", "coming", "este")):
        ahead = {coming, coming % 7}
    else:
        following = 7 + weekday - today.weekday()
        ahead = {following, following + 7} if today.weekday() == _SUNDAY else {following}
        if not re.fullmatch(_NEXT_WEEK, said) or weekday == _SUNDAY:
            ahead.add(coming)
    return tuple(today + timedelta(days=days_ahead) for days_ahead in sorted(ahead))


_SUNDAY: Final = 6


def _may_be_day(mine: _Day, dates: _Dates, other: _Day) -> bool:
    if dates and other[1:] not in [(each.month, each.day) for each in dates]:
        return False
    return all(one is None or two is None or one == two for one, two in zip(mine, other, strict=True))
