"""The years that the program reckons with; near the ends of the calendar the arithmetic itself fails."""

from datetime import date
from typing import Final

from request_desk.domain.errors import Invalid
from request_desk.domain.words import _

_FIRST: Final = 1900
_LAST: Final = 2199


def on_calendar(*moments: date, field: str = "Date") -> None:
    """Let pass days and instants of these years, raise Invalid for all others: every use case that is given a date asks this first."""
    for moment in moments:
        if not _FIRST <= moment.year <= _LAST:
            said = _("The year {year} is outside the calendar, which goes from {first} to {last}. Choose another day.")
            raise Invalid(said.format(year=moment.year, first=_FIRST, last=_LAST), field=field)
