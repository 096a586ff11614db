"""What a window of a provider's hours is made of, and what its parts may be (AV1)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from request_desk.domain.availability import MOST_LANES
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.errors import Invalid, Problems
from request_desk.domain.ids import LocationId, TypeId
from request_desk.domain.offered import begins_ever
from request_desk.domain.text import clean_text
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule import slots
from request_desk.store import schema

_MINUTE: Final = timedelta(minutes=1)
_DAY_MINUTES: Final = 24 * 60
_LONGEST_BUFFER: Final = timedelta(hours=4)
_LONGEST_OPENS: Final = timedelta(days=30)
_MOST_CAP: Final = 99
_KNOWN_TYPES = select(schema.appointment_type.c.id)


@dataclass(frozen=True, slots=True)
class WindowDetails:
    """What somebody wants of a window; `buffer` None is the type's own, `opens` None is at once, `cap` None is as many as fit.

    Extra hours are a window that is valid on one day.
    """

    location_id: LocationId
    weekday: int
    start_minute: int
    end_minute: int
    buffer: timedelta | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    type_ids: tuple[TypeId, ...] = ()
    staff_only: bool = False
    label: str = ""
    opens: timedelta | None = None
    cap: int | None = None
    work_in_lanes: int = 0

    @property
    def is_extra(self) -> bool:
        """Tell whether these are extra hours."""
        return self.valid_from is not None and self.valid_from == self.valid_until


def checked_details(unit: Unit, new: WindowDetails) -> WindowDetails:
    """Return the details as they are stored, within a use case that has asked for the right; raises Invalid with every problem."""
    problems = Problems()
    label = problems.of(lambda: clean_text(new.label, field="Label", most=80, lines=False), "")
    checks = (
        lambda: _check_place(unit, new.location_id),
        lambda: _check_minutes(new),
        lambda: _check_dates(unit, new),
        lambda: _check_purpose(new),
        lambda: _check_types(unit, new.type_ids),
    )
    for check in checks:
        problems.of(check, None)
    problems.tell()
    return replace(new, label=label, type_ids=tuple(sorted(set(new.type_ids))))


def _check_place(unit: Unit, location_id: LocationId) -> None:
    location = slots.all_locations(unit).get(location_id)
    if location is None or not location.active:
        raise Invalid(_("Choose a place that is open."), field="Location")


def _check_minutes(new: WindowDetails) -> None:
    if not 0 <= new.weekday <= 6:
        raise Invalid(_("Choose a day of the week."), field="Weekday")
    if not 0 <= new.start_minute < _DAY_MINUTES:
        raise Invalid(_("A window begins between 0:00 and 23:59."), field="From")
    if not new.start_minute < new.end_minute <= new.start_minute + _DAY_MINUTES:
        raise Invalid(_("A window ends after it begins, and within a day. Choose another end."), field="To")


def _check_dates(unit: Unit, new: WindowDetails) -> None:
    first, last = new.valid_from, new.valid_until
    on_calendar(*(day for day in (first, last) if day is not None))
    if first is not None and last is not None and last < first:
        raise Invalid(_("The last day lies before the first. Choose a later one."), field="Valid until")
    if first is not None and first == last and first in unit.settings.closed_days:
        raise Invalid(
            _("The practice is closed on {day} ({name}), so nothing can be booked then. Choose another day.").format(
                day=unit.words.day(first), name=unit.settings.closed_days[first] or _("closed")
            ),
            field="Valid from",
        )
    if not begins_ever(new.weekday, first, last):
        raise Invalid(
            _("Between these two days there is no such weekday. Choose other days or another weekday."),
            field="Valid until",
        )


def _check_purpose(new: WindowDetails) -> None:
    if new.buffer is not None and not _is_whole(new.buffer, timedelta(0), _LONGEST_BUFFER):
        raise Invalid(_("The time between appointments is from 0 minutes to 4 hours."), field="Buffer")
    if new.opens is not None and not _is_whole(new.opens, _MINUTE, _LONGEST_OPENS):
        raise Invalid(_("It opens to parents from 1 minute to 30 days before."), field="Opens")
    if new.opens is not None and new.staff_only:
        raise Invalid(
            _("A window is for staff alone, or opens to parents some time before. Choose one of the two."),
            field="Opens",
        )
    if new.cap is not None and not 1 <= new.cap <= _MOST_CAP:
        raise Invalid(_("At most 1 to {most} of each type fit into one session.").format(most=_MOST_CAP), field="Cap")
    if not 0 <= new.work_in_lanes <= MOST_LANES:
        raise Invalid(_("Up to {most} can be squeezed in at once.").format(most=MOST_LANES), field="Work-in lanes")


def _is_whole(length: timedelta, least: timedelta, most: timedelta) -> bool:
    return least <= length <= most and length % _MINUTE == timedelta(0)


def _check_types(unit: Unit, type_ids: Collection[TypeId]) -> None:
    known = {row.id for row in unit.rows(_KNOWN_TYPES)}
    if not known.issuperset(type_ids):
        raise Invalid(_("One of these types is not there any more. Choose again."), field="Types")
