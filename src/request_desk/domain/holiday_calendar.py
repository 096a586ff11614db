"""The public holidays of a country or a part of it, as a library knows them, for a practice to choose its closed days from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

_ENGLISH: Final = "en_US"  # the desktop's language


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """What can be chosen, as (code, name) by name, and the holidays of one year, in order."""

    countries: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    days: Mapping[date, str]


def holiday_calendar(place: str, year: int) -> HolidayCalendar:
    """Return the holidays of a place such as "US" or "US-WA" in a year; a place that nobody knows has none.

    It takes a third of a second at first: call it where nobody waits.
    """
    import holidays  # 0.3 s, and needed in one form alone
    from babel import Locale

    names = Locale.parse(_ENGLISH).territories
    known = [code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2]
    countries = sorted(((code, names.get(code, code)) for code in known), key=_name)
    country, _dash, region = place.partition("-")
    if country not in known:
        return HolidayCalendar(tuple(countries), (), {})
    made = getattr(holidays, country)
    aliases: dict[str, list[str]] = made.get_subdivision_aliases()
    regions = sorted(((code, _region_name(code, found)) for code, found in aliases.items()), key=_name)
    language = _ENGLISH if _ENGLISH in made.supported_languages else None
    found = made(subdiv=region if region in aliases else None, years=year, language=language)
    days = {day: found[day] for day in sorted(found) if day.year == year}
    return HolidayCalendar(tuple(countries), tuple(regions), days)


def _region_name(code: str, aliases: list[str]) -> str:
    return f"{aliases[0]} ({code})" if aliases else code


def _name(choice: tuple[str, str]) -> str:
    return choice[1].casefold()
