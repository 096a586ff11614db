"""The words of the program: every text for people passes `_`, every time, day, age and name passes `Words`; no rule lives here."""

import gettext
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time as wall_time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    # `_` is wanted before the first paint: neither the zones nor Babel are loaded for it.
    from babel.core import Locale
    from babel.dates import DateTimePattern

    from request_desk.domain.practice_time import PracticeTime

_DAY_MINUTES: Final = 24 * 60
_FAR: Final = 300  # days from today beyond which a day is told with its year
_NEAR: Final = 6  # days ahead for which the weekday alone says which day is meant
_BABY: Final = 24  # months until which an age is told in months
_SPACES: Final = str.maketrans({"\u202f": " ", "\u00a0": " ", "\u2009": " "})
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"})
_MINUTE: Final = timedelta(minutes=1)
_SAID_MOST: Final = 4_000  # days and times whose words are kept: Babel takes as long for one as the database for a row


_OURS: Final = "en"  # what the texts are written in, and what the desk speaks
_catalogues: dict[str, gettext.NullTranslations] = {_OURS: gettext.NullTranslations()}
_spoken: ContextVar[str] = ContextVar("spoken", default=_OURS)


def install(language: str, catalogue: gettext.NullTranslations) -> None:
    """Make a language known that parents can be written to in; the program does this as it starts."""
    _catalogues[language] = catalogue


def languages() -> tuple[str, ...]:
    """Return the languages that texts can be said in, the desk's first."""
    return tuple(_catalogues)


def known_language(code: str) -> str:
    """Return the language of a code like "es-US" or "es_MX" as far as it is spoken here, else the desk's."""
    base = base_language(code)
    return base if base in _catalogues else _OURS


def base_language(code: str) -> str:
    """Return "es" of "es-US" and "es_MX"."""
    return code.replace("-", "_").partition("_")[0].lower()


def spoken() -> str:
    """Return the language that `_` speaks now."""
    return _spoken.get()


def speak(language: str) -> None:
    """Let `_` speak a language for the rest of this context: a page of the portal, once it is known who reads it."""
    _spoken.set(known_language(language))


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Let `_` speak a language within: a letter in that of whom it goes to."""
    before = _spoken.set(known_language(language))
    try:
        yield
    finally:
        _spoken.reset(before)


def _(text: str) -> str:
    """Return `text` in the language that is spoken now: on the desktop the desk's, on a page and in a letter the reader's."""
    return _catalogues[_spoken.get()].gettext(text)


def later(text: str) -> str:
    """Mark a text that is kept as it is and said with `_` where somebody reads it."""
    return text


def plural(one: str, many: str, count: int) -> str:
    """Return the form of a text that goes with `count`, in the language that is spoken now."""
    return _catalogues[_spoken.get()].ngettext(one, many, count)


def full_name(given: str, family: str) -> str:
    """Return "Zuri Okafor"; people may have only one of the two."""
    return f"{given} {family}".strip()


def sorted_name(family: str, given: str) -> str:
    """Return "Okafor, Zuri", as lists are ordered."""
    return f"{family}, {given}" if family and given else family or given


def isolate(text: str) -> str:
    """Wrap a text from outside so that its direction cannot reorder what stands around it."""
    return f"\u2068{text}\u2069" if text else ""


def safe_name(text: str) -> str:
    """Return a name isolated only when it is written from right to left, so that other lines stay as they are."""
    if text.isascii():
        return text
    return isolate(text) if any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text) else text


def initials(name: str) -> str:
    """Return at most two capitals: the first letters of the first and last word."""
    words = [word for word in name.replace(".", " ").replace("-", " ").split() if word[0].isalpha()]
    firsts = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in firsts).upper()[:2]


class Words:
    """The one formatter, for desktop, portal and replies: practice locale, practice zone, normal spaces.

    `today` lets it leave out what goes without saying and add the year of a day that is far away.
    """

    __slots__ = ("_elsewhere", "_names_zone", "_patterns", "_said", "_today", "locale", "zone")

    def __init__(
        self, locale: str, zone: "PracticeTime", today: date | None = None, *, names_zone: bool = False
    ) -> None:
        """`names_zone` puts the zone's name behind every time: for a place whose clock is not the reader's."""
        self.locale: Final = locale
        self.zone: Final = zone
        self._today = today
        self._names_zone = names_zone
        self._elsewhere: dict[str, Words] = {}
        self._patterns: dict[str, DateTimePattern] = {}
        self._said: dict[tuple[str, date | wall_time], str] = {}

    def at(self, zone: str) -> "Words":
        """Return the formatter for what happens at a place: its own clock, with the zone named where it is not the reader's.

        An appointment is told in the zone of its place everywhere. An empty or the same zone is this formatter.
        """
        if not zone or zone == self.zone.zone:
            return self
        known = self._elsewhere.get(zone)
        if known is None:
            there = type(self.zone)(zone)
            known = self._elsewhere[zone] = Words(self.locale, there, self._today, names_zone=True)
        return known

    @property
    def today(self) -> date | None:
        """The day that near days are told from."""
        return self._today

    def on(self, today: date) -> "Words":
        """Return the same formatter as of another day."""
        other = Words(self.locale, self.zone, today, names_zone=self._names_zone)
        other._patterns, other._said = self._patterns, self._said
        return other

    @property
    def is_month_first(self) -> bool:
        """Whether the locale writes the month before the day in numbers: 11/24."""
        pattern = str(self._locale().date_formats["short"].pattern)
        return pattern.find("M") < pattern.find("d")

    # Times and days

    def time(self, instant: datetime) -> str:
        """Return "9:20 AM"; in the doubled hour of autumn "1:30 AM (1st)"."""
        local = self.zone.wall(instant)
        text = self._applied("time", local.time())
        if self._names_zone:
            text = f"{text} {self.zone_name(instant)}"
        if not self.zone.is_ambiguous(instant):
            return text
        return (
            self._say("{time} (2nd)").format(time=text) if local.fold else self._say("{time} (1st)").format(time=text)
        )

    def wall_minute(self, minute: int) -> str:
        """Return the wall time of a minute since midnight; 1440 is midnight again."""
        hour, rest = divmod(minute % _DAY_MINUTES, 60)
        return self._applied("time", wall_time(hour, rest))

    def day(self, when: datetime | date) -> str:
        """Return "Tue, Nov 24", with the year when it is far away."""
        return self._dated("day", when)

    def short_day(self, when: datetime | date) -> str:
        """Return "Nov 24", with the year when it is far away."""
        return self._dated("short_day", when)

    def long_day(self, when: datetime | date) -> str:
        """Return "Tuesday, November 24", with the year when it is far away."""
        return self._dated("long_day", when)

    def weekday(self, when: datetime | date) -> str:
        """Return "Tue"."""
        return self._applied("weekday", self._day(when))

    def day_of_month(self, day: date) -> str:
        """Return "24 Tue": a day whose month is told beside it, in little room."""
        return self._applied("day_of_month", day)

    def week_of(self, day: date) -> tuple[date, ...]:
        """Return the seven days of a day's week, from the day that weeks begin with in the locale."""
        first = day - timedelta(days=(day.weekday() - self._locale().first_week_day) % 7)
        return tuple(first + timedelta(days=number) for number in range(7))

    def month(self, day: date) -> str:
        """Return "November 2026"."""
        return self._applied("month", day)

    def moment(self, instant: datetime) -> str:
        """Return "Tue, Nov 24, 9:20 AM"."""
        return self._joined(self.day(instant), self.time(instant))

    def long_moment(self, instant: datetime) -> str:
        """Return "Tuesday, November 24, 9:20 AM"."""
        return self._joined(self.long_day(instant), self.time(instant))

    def zone_name(self, instant: datetime) -> str:
        """Return "PST" or "PDT"."""
        return self.zone.abbreviation(instant)

    def moment_with_zone(self, instant: datetime) -> str:
        """Return "Tue, Nov 24, 9:20 AM PST", for people who may read it elsewhere."""
        return self.moment(instant) if self._names_zone else f"{self.moment(instant)} {self.zone_name(instant)}"

    def long_moment_with_zone(self, instant: datetime) -> str:
        """Return "Tuesday, November 24, 9:20 AM PST"."""
        told = self.long_moment(instant)
        return told if self._names_zone else f"{told} {self.zone_name(instant)}"

    def near_day(self, when: datetime | date) -> str:
        """Return "today", "tomorrow", "Tue" within six days, else "Nov 24"."""
        day = self._day(when)
        ahead = (day - self._today).days if self._today else -1
        if ahead == 0:
            return self._say("today")
        if ahead == 1:
            return self._say("tomorrow")
        return self.weekday(day) if 1 < ahead <= _NEAR else self.short_day(day)

    def near_moment(self, instant: datetime) -> str:
        """Return "today 10:00 AM" or "Tue 9:20 AM"; a day told by its date has a comma behind it."""
        return self.near_parts(instant, self.time(instant))

    def near_parts(self, when: datetime | date, part: str) -> str:
        """Return "Sat morning" or "Nov 24, 9:20 AM": a near day and what part of it."""
        day = self.near_day(when)
        return f"{day} {part}" if not any(sign.isdigit() for sign in day) else f"{day}, {part}"

    def birth(self, day: date) -> str:
        """Return "03/12/2022", the parts in the order of the locale."""
        return self._applied("birth", day)

    def birth_short(self, day: date) -> str:
        """Return "03/12/22"."""
        return self._applied("birth_short", day)

    # Ages and stretches

    def age_of(self, birth: date, today: date) -> str:
        """Return "12 d" below a month, "7 mo" below two years, then "4 y"."""
        months = (today.year - birth.year) * 12 + today.month - birth.month - (today.day < birth.day)
        if months < 1:
            return self._say("{count} d").format(count=max(0, (today - birth).days))
        if months < _BABY:
            return self._say("{count} mo").format(count=months)
        return self._say("{count} y").format(count=months // 12)

    def since(self, elapsed: timedelta) -> str:
        """Return "now", "9 min", "1 h 05" or "2 d"."""
        minutes = elapsed // _MINUTE
        if minutes < 1:
            return self._say("now")
        if minutes < 60:
            return self._say("{count} min").format(count=minutes)
        if minutes < _DAY_MINUTES:
            return self._say("{hours} h {minutes:02}").format(hours=minutes // 60, minutes=minutes % 60)
        return self._say("{count} d").format(count=minutes // _DAY_MINUTES)

    def waiting(self, elapsed: timedelta, *, late: bool) -> str:
        """Return an age for a list: "18 min", or "1 h 05, late"."""
        return self._say("{age}, late").format(age=self.since(elapsed)) if late else self.since(elapsed)

    def minutes(self, length: timedelta) -> str:
        """Return "40 min"; lengths of appointments stay in minutes."""
        return self._say("{count} min").format(count=length // _MINUTE)

    def left(self, remaining: timedelta) -> str:
        """Return "11 min left" or, in the last minute, "40 s left"."""
        seconds = max(0, int(remaining.total_seconds()))
        if seconds >= 60:
            return self._say("{count} min left").format(count=seconds // 60)
        return self._say("{count} s left").format(count=seconds)

    # Lists, numbers, languages

    def list_of(self, words: Sequence[str]) -> str:
        """Return "a, b and c"."""
        return _chain(words, self._say("{before} and {last}"))

    def either(self, words: Sequence[str]) -> str:
        """Return "a, b or c"."""
        return _chain(words, self._say("{before} or {last}"))

    def count(self, number: int) -> str:
        """Return "1,000"."""
        from babel.numbers import format_decimal

        return format_decimal(number, locale=self._locale()).translate(_SPACES)

    def language(self, code: str) -> str:
        """Return the name of a language as the practice calls it: "English"; an unknown code stays as it is."""
        from babel.core import Locale, UnknownLocaleError

        try:
            found = Locale.parse(code.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return code
        name = self._locale().languages.get(found.language) or code
        return name[:1].upper() + name[1:]

    def in_language(self, language: str) -> "Words":
        """Return the same formatter in another language, as the practice's country writes it; an unknown one changes nothing."""
        base = base_language(language)
        if not base or base == base_language(self.locale):
            return self
        key = f"language {base}"
        known = self._elsewhere.get(key)
        if known is None:
            from babel.localedata import exists

            name = next((name for name in (f"{base}_{self.region}", base) if exists(name)), self.locale)
            known = self._elsewhere[key] = Words(name, self.zone, self._today, names_zone=self._names_zone)
        return known

    def _say(self, text: str) -> str:
        """A text in the language of the formatter, whatever is spoken around it: "today" beside "Tue, Nov 24"."""
        return _catalogues[known_language(self.locale)].gettext(text)

    @property
    def region(self) -> str:
        """The practice's country, whose way of writing phone numbers is understood."""
        return self._locale().territory or "US"

    def phone(self, number: str) -> str:
        """Return an E.164 number as people of the practice's country dial it: "(206) 555-0147"."""
        import phonenumbers

        region = self.region
        try:
            found = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            return number
        home = phonenumbers.region_code_for_country_code(found.country_code or 0) == region
        form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return str(phonenumbers.format_number(found, form)).translate(_SPACES)

    # Within

    def _day(self, when: datetime | date) -> date:
        return self.zone.day_of(when) if isinstance(when, datetime) else when

    def _dated(self, form: str, when: datetime | date) -> str:
        day = self._day(when)
        far = self._today is not None and abs((day - self._today).days) > _FAR
        return self._applied(f"{form}_year" if far else form, day)

    def _joined(self, day: str, time: str) -> str:
        return str(self._locale().datetime_formats["medium"]).replace("{1}", day).replace("{0}", time)

    def _applied(self, form: str, value: date | wall_time) -> str:
        said = self._said.get((form, value))
        if said is None:
            pattern = self._patterns.get(form) or self._pattern(form)
            said = str(pattern.apply(value, self._locale())).translate(_SPACES)
            if len(self._said) >= _SAID_MOST:
                self._said.clear()
            self._said[form, value] = said
        return said

    def _locale(self) -> "Locale":
        return _locale_named(self.locale)

    def _pattern(self, form: str) -> "DateTimePattern":
        from babel.dates import parse_pattern

        self._patterns[form] = found = parse_pattern(_pattern_text(self._locale(), form))
        return found


@cache
def _locale_named(name: str) -> "Locale":
    """Babel's locale, parsed once; Babel costs tens of milliseconds to import, and the window is painted before it is needed."""
    from babel.core import Locale

    return Locale.parse(name)


def _chain(words: Sequence[str], last: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return last.format(before=", ".join(words[:-1]), last=words[-1])


def _pattern_text(locale: "Locale", form: str) -> str:
    """The locale's own pattern for one of our forms."""
    skeletons = locale.datetime_skeletons
    match form:
        case "time":
            return str(locale.time_formats["short"].pattern)
        case "day" | "day_year" | "short_day" | "short_day_year" | "month" | "day_of_month":
            key = {
                "day": "MMMEd",
                "day_year": "yMMMEd",
                "short_day": "MMMd",
                "short_day_year": "yMMMd",
                "month": "yMMMM",
                "day_of_month": "Ed",
            }
            return str(skeletons[key[form]].pattern)
        case "long_day":
            return f"EEEE, {skeletons['MMMMd'].pattern}"
        case "long_day_year":
            return str(locale.date_formats["full"].pattern)
        case "weekday":
            return "EEE"
        case "birth" | "birth_short":
            return _padded(str(skeletons["yMd"].pattern), "yyyy" if form == "birth" else "yy")
        case _:
            raise ValueError(f"no such form: {form}")


def _padded(pattern: str, year: str) -> str:
    """A numeric date with two digits for day and month, whatever the locale's own habit."""
    parts = {"d": "dd", "M": "MM", "y": year}
    return "".join(parts.get(sign, sign) for index, sign in enumerate(pattern) if pattern[index - 1 : index] != sign)
