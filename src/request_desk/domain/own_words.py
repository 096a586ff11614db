"""Reads what parents say about time in their own words, in English and Spanish (MC16): a small grammar, careful rather than clever.

What is read ranks the offers and is shown; nothing is done by it. A clause is read only when it asks for something, or says
hardly anything else, and never when it tells how somebody is: "fever after 3" is no wish.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from request_desk.domain.practice_time import DAY_MINUTES, PracticeTime
from request_desk.domain.requests import AuthorKind, Message
from request_desk.domain.words import Words, _

_MOST_LETTERS: Final = 600  # of a text; a longer one weighs its wishes against each other, and is read by a person
_NOON: Final = 12 * 60
_BESIDE_CLOCK, _BESIDE_DAY = 6, 2  # further words of a clause that asks for nothing and is read all the same


@dataclass(frozen=True, slots=True)
class OwnWish:
    """One thing that was read: times of day (minutes, the second not included), weekdays, or days from the first to the last."""

    quote: str
    minutes: tuple[int, int] | None = None
    weekdays: frozenset[int] = frozenset()
    days: tuple[date, date] | None = None
    excluded: bool = False

    @property
    def key(self) -> str:
        """What was read, however it was written: what a scheduler removes stays removed when it is read again."""
        return f"{self.excluded}{self.minutes}{sorted(self.weekdays)}{self.days}"

    @property
    def is_part(self) -> bool:
        """Whether it is a part of the day that is wished, not a limit: "this morning", but not "after 3"."""
        return not self.excluded and self.minutes in (_MORNING, _AFTERNOON, _EVENING)

    def holds(self, day: date, minute: int) -> bool:
        """Whether a time of day on a day is what was meant (or, of one that is excluded, what was not)."""
        if self.minutes is not None:
            return self.minutes[0] <= minute < self.minutes[1]
        if self.days is not None:
            return self.days[0] <= day <= self.days[1]
        return day.weekday() in self.weekdays


def against(wishes: Iterable[OwnWish], starts_at: datetime, zone: PracticeTime) -> int:
    """Return how many of the wishes a time does not meet; of several that say the same kind of thing one is enough."""
    day, minute = zone.day_of(starts_at), zone.minute_of(starts_at)
    met: dict[str, bool] = {}
    count = 0
    for wish in wishes:
        if wish.excluded:
            count += wish.holds(day, minute)
        else:
            kind = "clock" if wish.minutes is not None else "days" if wish.days is not None else "weekday"
            met[kind] = met.get(kind, False) or wish.holds(day, minute)
    return count + sum(not is_met for is_met in met.values())


def of_thread(
    thread: Iterable[Message], now: datetime, zone: PracticeTime, removed: Collection[str] = ()
) -> tuple[OwnWish, ...]:
    """Return what the parent's letters of a thread say about time."""
    letters = [(each.body, each.created_at) for each in thread if each.author_kind is AuthorKind.CONTACT]
    return read_all(letters, now, zone, removed)


def read_all(
    letters: Iterable[tuple[str, datetime]], now: datetime, zone: PracticeTime, removed: Collection[str] = ()
) -> tuple[OwnWish, ...]:
    """Return what letters say about time, each with the moment it was written: days that are over are left out."""
    today = zone.day_of(now)
    found: dict[str, OwnWish] = {}
    for body, written_at in letters:
        for wish in read(body, zone.day_of(written_at)):
            if (wish.days is None or wish.days[1] >= today) and wish.key not in removed:
                found.setdefault(wish.key, wish)
    return tuple(found.values())


def said(wish: OwnWish, words: Words) -> str:
    """Return a wish as it is shown: "after 3:00 PM", "mornings", "not Wed", "today"."""
    told = _told(wish, words)
    return _("not {what}").format(what=told) if wish.excluded else told


def _told(wish: OwnWish, words: Words) -> str:
    if wish.minutes is not None:
        start, end = wish.minutes
        if wish.minutes in _NAMED_PARTS:
            return _(_NAMED_PARTS[wish.minutes])
        if end >= DAY_MINUTES:
            return _("after {time}").format(time=words.wall_minute(start))
        if not start:
            return _("before {time}").format(time=words.wall_minute(end))
        return _("{start} to {end}").format(start=words.wall_minute(start), end=words.wall_minute(end))
    if wish.days is not None:
        first, last = wish.days
        return words.near_day(first) if first == last else f"{words.day(first)} – {words.day(last)}"
    monday = date(2024, 1, 1)
    return words.list_of([words.weekday(monday + timedelta(days=each)) for each in sorted(wish.weekdays)])


def read(text: str, today: date) -> tuple[OwnWish, ...]:
    """Return what a text that was written `today` says about time, in its order; mostly nothing."""
    found: dict[str, OwnWish] = {}
    if len(text) > _MOST_LETTERS:
        return ()
    for clause in re.split(_CLAUSES, text, flags=re.IGNORECASE):
        for wish in _clause(clause, today):
            found.setdefault(wish.key, wish)
    return tuple(found.values())


# The grammar

_CLAUSES: Final = r"[!?;\n,()¿¡]|:(?=\s)|(?<![ap]\.m)(?<![ap])\.(?=\s|$)|(?<=[ap]m)\.|\s[-–—]\s|(?<!any )(?<!thing )(?<!time )(?<!day )\bbut\b|\b(?:because|so|since\s+(?:i|we)|pero|porque)\b"
_ASKS: Final = (
    r"\b(?:prefer\w*|best|better|works?\s+(?:for|best|better|great|well)|available|possible|could|can|may|come|coming|bring|need"
    r"|appointments?|appts?|apts?|slots?|times?|something|anything|any|only|ideal(?:ly)?|please|pls|plz|would|love|hop(?:e|ing)"
    r"|looking|schedule|book|squeeze|see\s+(?:him|her|them|us|me)|seen|opening|free|easier|instead|openings"
    r"|pueden?|puedo|podemos|podr[ií]\w*|quisiera\w*|quer(?:emos|r[ií]a)|quiero|necesit\w*|citas?|ver(?:lo|la|los|nos)?|hay|algo"
    r"|prefer\w*|mejor|favor|traer\w*|llevar\w*|venir|ir|horarios?|espacios?|disponib\w*|gustar[ií]a)\b"
)
_TELLS: Final = (
    r"\b(?:fevers?|temp(?:erature)?|cough\w*|vomit\w*|threw|throw\w*|diarrh\w*|pains?|hurts?|hurting|aches?|rash|hives|pukes?|puked"
    r"|since|naps?|call|phone|reach|text|woke|wak(?:es?|ing)|start(?:ed|s)?|began|begins|yesterday|last\s+(?:night|week|month|year|time|\w+day)|doses?|medicine"
    r"|meds|antibiotics?|mg|feeding|bottle|slept|sleeps?|born|turned|finished|happened|every\s+(?:day|night|morning|evening)|ago"
    r"|fiebre|tos|v[oó]mit\w*|diarrea|dolor\w*|duele\w*|desde|anoche|ayer|empez\w*|despert\w*|medicinas?|dosis|pasad[oa]|hace|siestas?|llam\w+|ll[aá]m\w+)\b"
)
_NOT_IN: Final = (
    r"(?!\s*(?:[%/:.]\d|%|(?:st|nd|rd|th|days?|weeks?|hours?|hrs?|months?|mos?|years?|yrs?|doses?|meals?|times|tries|minutes?|mins?"
    r"|feeds?|bottles?|mg|ml|kids|children|shots?|rounds?|people|d[ií]as?|semanas?|horas?|meses|mes|años?|veces|comidas?)\b|\d))"
)
_NUMBERS: Final = {
    name: number
    for number, names in enumerate(
        ("one una", "two dos", "three tres", "four cuatro", "five cinco", "six seis", "seven siete", "eight ocho",
         "nine nueve", "ten diez", "eleven", "twelve doce"),
        1,
    )
    for name in names.split()
}  # fmt: skip
_CLOCK: Final = (
    r"(?P<{0}>(?:\d{{1,2}}(?:[:.h][0-5]\d)?|noon|midday|mediod[ií]a|" + "|".join(_NUMBERS) + r")\b"
    r"(?:\s*[ap]\.?\s?m\b\.?|\s*o'?clock|\s+(?:de|por)\s+la\s+(?:mañana|manana|tarde|noche))?)" + _NOT_IN
)
_ONE, _TWO = (
    _CLOCK.replace("{0}", "one").replace("{{", "{").replace("}}", "}"),
    _CLOCK.replace("{0}", "two").replace("{{", "{").replace("}}", "}"),
)
_CANNOT: Final = r"(?:can'?t|cannot|can\s+not|won'?t|not|never|unable|impossible|no\s+(?:puedo|podemos|puede|pueden|es\s+posible)|nunca)\b"
_BUSY: Final = (
    r"\b(?:work(?:s|ing)?|school|class(?:es)?|busy|shift|meetings?|trabaj\w+|ocupad[oa]s?|clases?|escuela)\b[^.]{0,25}?"
)
_RANGES: Final = (
    (rf"\bbetween\s+{_ONE}\s+(?:and|to|&)\s+{_TWO}|\bentre\s+las?\s+(?P<one_es>\d{{1,2}}(?:[:.]\d\d)?)\s+y\s+(?:las?\s+)?"
     r"(?P<two_es>\d{1,2}(?:[:.]\d\d)?)\b", "between"),
    (rf"{_CANNOT}[^.]{{0,30}}?\b(?:before|until|till|antes\s+de\s+las?)\s+{_ONE}", "after"),
    (rf"{_CANNOT}[^.]{{0,30}}?\b(?:after|past|despu[eé]s\s+de\s+las?)\s+{_ONE}", "before"),
    (rf"{_BUSY}\b(?:until|till?|hasta\s+las?)\s+{_ONE}", "after"),
    (rf"\b(?:after|later\s+than|no\s+earlier\s+than|from|starting\s+at|despu[eé]s\s+de\s+las?|a\s+partir\s+de\s+las?"
     rf"|pasadas\s+las?)\s+{_ONE}(?!\s*(?:to|-|–|and)\s*\d)", "after"),
    (rf"\b(?:before|no\s+later\s+than|earlier\s+than|antes\s+de\s+las?)\s+{_ONE}", "before"),
)  # fmt: skip
_MORNING, _AFTERNOON, _EVENING = (0, _NOON), (_NOON, 17 * 60), (17 * 60, DAY_MINUTES)
_BEFORE_SCHOOL, _FIRST = (0, 8 * 60 + 30), (0, 9 * 60 + 30)
_NAMED_PARTS: Final = {_MORNING: "mornings", _AFTERNOON: "afternoons", _FIRST: "first thing"}
_NO_PART: Final = r"(?<!good )(?<!same )(?<!yesterday )(?<!buena )(?<!buenas )(?<!since )(?<!last )(?<!\d in the )(?<!\d am in the )(?<!misma )"
_PARTS: Final = (
    (r"\bbefore\s+(?:school|daycare|class)\b|\bantes\s+de(?:\s+la)?\s+(?:escuela|clases?)\b|\bantes\s+del\s+colegio\b",
     _BEFORE_SCHOOL),
    (r"\bbefore\s+work\b|\bantes\s+del\s+trabajo\b", (0, 9 * 60)),
    (r"\bafter\s+(?:school|daycare|class(?:es)?)\b|\bdespu[eé]s\s+de(?:\s+la)?\s+(?:escuela|clases?)\b"
     r"|\bdespu[eé]s\s+del\s+colegio\b", (15 * 60, DAY_MINUTES)),
    (r"\bafter\s+work\b|\bdespu[eé]s\s+del\s+trabajo\b", _EVENING),
    (r"\bafter\s+lunch\b|\bdespu[eé]s\s+de(?:l\s+almuerzo|\s+comer|\s+almorzar)\b", (13 * 60, DAY_MINUTES)),
    (r"\bfirst\s+(?:thing|(?:one|appointment|appt|slot|visit)?\s*(?:of|in)\s+the\s+(?:day|morning))\b"
     r"|\ba\s+primera\s+hora\b", _FIRST),
    (_NO_PART + r"\bmornings?\b(?!\s+sickness)|\b(?:por|en|a)\s+las?\s+mañanas?\b|\b(?:por|en)\s+las?\s+mananas?\b", _MORNING),
    (_NO_PART + r"\bafternoons?\b|\b(?:por|en|a)\s+las?\s+tardes?\b", _AFTERNOON),
    (_NO_PART + r"\bevenings?\b", _EVENING),
)  # fmt: skip
_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        ("mondays? mon lunes", "tuesdays? tues tue martes", "wednesdays? wed miércoles miercoles", "thursdays? thurs thur thu jueves",
         "fridays? fri viernes", "saturdays? sat sábados? sabados?", "sundays? sun domingos?")
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY: Final = rf"(?:{'|'.join(_WEEKDAYS)})(?!\w|'s)"
_WEEKDAY_LIST: Final = (
    rf"\b(?P<list>{_WEEKDAY}(?:\s*(?:/|&|,|\bor\b|\band\b|\by\b|\bo\b)\s*(?:on\s+|los\s+|el\s+)?{_WEEKDAY})*)"
)
_NO_APPOINTMENT: Final = r"\b(?:my|our|his|her|their|mi|su|nuestra|\w+'s)\s+(?:\w+\s+){0,2}(?:appointment|appt|apt|visit|checkup|cita)\s+(?:on\s+|for\s+|is\s+|del?\s+)?$"
_NOT_BEFORE: Final = (
    r"\b(?:not|no|never|except|avoid|any(?:\s+day|thing|time|\s+time)\s+but|other\s+than|can'?t(?:\s+(?:do|make|come|be\s+there))?|cannot(?:\s+(?:do|make|come))?"
    r"|won'?t\s+work|away|gone|out\s+of\s+town|travell?ing|busy|unavailable|not\s+(?:here|available|free)"
    r"|fuera|de\s+viaje|ocupad[oa]s?|menos|excepto|no\s+puedo|no\s+podemos)\s+(?:on\s+|el\s+|los\s+|in\s+the\s+|por\s+la\s+|en\s+la\s+|llevar\s+a\s+\w+\s+)*$"
)
_NOT_BEHIND: Final = r"^\s+(?:no\b(?!\s+problem)|don'?t\s+work|do\s+not\s+work|doesn'?t\s+work|won'?t\s+work|are\s+(?:out|bad|impossible)|is\s+(?:out|bad))"
_DAYS: Final = (
    (r"\btoday\b|\bhoy\b|\b(?:this|esta)\s+(?=morning|afternoon|evening|mañana|tarde)", "today"),
    (r"\btomorrow\b(?!\s+is\s+full)|(?<!la )(?<!esta )(?<!por la )\bmañana\b(?!\s+por\s+la\s+noche)", "tomorrow"),
    (r"\bthis\s+week\b|\besta\s+semana\b", "this week"),
    (r"\bnext\s+week\b|\b(?:la\s+)?(?:pr[oó]xima|otra|siguiente)\s+semana\b|\bsemana\s+que\s+viene\b", "next week"),
)


def _clause(clause: str, today: date) -> Iterator[OwnWish]:
    if re.search(_TELLS, clause, re.IGNORECASE):
        return
    asks = re.search(_ASKS, clause, re.IGNORECASE) is not None
    clocks = list(_clocks(clause))
    parts = list(_parts(clause))
    days = [*_weekdays(clause, has_limit=bool(clocks)), *_named_days(clause, today)]
    other = len(re.findall(r"[^\W\d_]+", clause)) - sum(len(each.quote.split()) for each in (*clocks, *parts, *days))
    if asks or other <= _BESIDE_CLOCK:
        yield from clocks
        yield from parts
    if asks or other <= _BESIDE_DAY or any(each.excluded for each in days):
        yield from days


def _clocks(clause: str) -> Iterator[OwnWish]:
    for pattern, kind in _RANGES:
        found = re.search(pattern, clause, re.IGNORECASE)
        if found is None:
            continue
        groups = found.groupdict()
        first = _minute(groups.get("one") or groups.get("one_es") or "")
        if first is None:
            continue
        quote = found[0].strip()
        if kind == "between":
            second = _minute(groups.get("two") or groups.get("two_es") or "")
            if second is not None and first < second:
                yield OwnWish(quote, (first, second))
        elif kind == "after":
            yield OwnWish(quote, (first, DAY_MINUTES))
        else:
            yield OwnWish(quote, (0, first))
        return


def _minute(text: str) -> int | None:
    """The minute of the day; an hour without its half is the one at which a practice is open: 7 to 11 are mornings."""
    told = text.lower()
    if re.match(r"noon|midday|mediod", told):
        return _NOON
    found = re.match(r"(\d{1,2})(?:[:.h](\d\d))?", told)
    hour = int(found[1]) if found else _NUMBERS.get(re.split(r"\W", told)[0], 0)
    minute = int(found[2] or 0) if found else 0
    half = re.search(r"\d\s*([ap])\.?\s?m\b", told)
    spanish = re.search(r"la\s+(mañana|manana|tarde|noche)", told)
    if not 1 <= hour <= 23:
        return None
    if half is not None or spanish is not None:
        is_late = half[1] == "p" if half is not None else spanish is not None and spanish[1] in ("tarde", "noche")
        hour = hour % 12 + 12 * is_late if hour <= 12 else hour
    elif hour < 7:
        hour += 12
    return hour * 60 + minute


def _parts(clause: str) -> Iterator[OwnWish]:
    for pattern, minutes in _PARTS:
        found = re.search(pattern, clause, re.IGNORECASE)
        if found is not None:
            yield OwnWish(found[0].strip(), minutes, excluded=_is_excluded(clause, found))
            if minutes == _FIRST:
                return  # of the morning, which is said by it already


def _weekdays(clause: str, *, has_limit: bool) -> Iterator[OwnWish]:
    for found in re.finditer(_WEEKDAY_LIST, clause, re.IGNORECASE):
        if re.search(_NO_APPOINTMENT, clause[: found.start()], re.IGNORECASE):
            continue
        excluded = _is_excluded(clause, found)
        numbers = frozenset(
            number
            for name in re.findall(_WEEKDAY, found["list"], re.IGNORECASE)
            for pattern, number in _WEEKDAYS.items()
            if re.fullmatch(pattern, name, re.IGNORECASE)
        )
        if excluded or not (has_limit and re.search(_CANNOT, clause, re.IGNORECASE)):
            yield OwnWish(found["list"].strip(), weekdays=numbers, excluded=excluded)


def _named_days(clause: str, today: date) -> Iterator[OwnWish]:
    monday = today - timedelta(days=today.weekday())
    spans = {
        "today": (today, today),
        "tomorrow": (today + timedelta(days=1), today + timedelta(days=1)),
        "this week": (today, monday + timedelta(days=6)),
        "next week": (monday + timedelta(days=7), monday + timedelta(days=13)),
    }
    for pattern, what in _DAYS:
        found = re.search(pattern, clause, re.IGNORECASE)
        if found is not None and not re.search(_NO_APPOINTMENT, clause[: found.start()], re.IGNORECASE):
            yield OwnWish(found[0].strip(), days=spans[what], excluded=_is_excluded(clause, found))


def _is_excluded(clause: str, found: re.Match[str]) -> bool:
    return bool(
        re.search(_NOT_BEFORE, clause[: found.start()], re.IGNORECASE)
        or re.search(_NOT_BEHIND, clause[found.end() :], re.IGNORECASE)
    )
