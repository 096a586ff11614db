"""The report on appointments by provider and period: what was booked, took place, was missed or cancelled, and how full the days were."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select

from request_desk.domain.access import Permission
from request_desk.domain.appointment_reports import AppointmentReport, Lead, lead_of
from request_desk.domain.appointments import DROPPED, RESCHEDULED, UNDONE, AppointmentStatus
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import ProviderId
from request_desk.domain.paging import Page
from request_desk.domain.policy import sees_all_requests
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule import slots
from request_desk.services.schedule.loads import day_loads
from request_desk.store import schema

_MINUTE: Final = timedelta(minutes=1)
_LONGEST: Final = 400  # days of a period
_table: Final = schema.appointment.c
_in_period = (_table.starts_at >= bindparam("since"), _table.starts_at < bindparam("until"))
_STANDING = (
    select(_table.provider_id, _table.status, func.count().label("number"))
    .where(
        *_in_period,
        _table.status.in_([AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW]),
    )
    .group_by(_table.provider_id, _table.status)
)
# What was only held was never released: it is nobody's cancellation.
_CANCELLED = select(
    _table.provider_id, _table.cancel_code, _table.late_cancel, _table.starts_at, _table.released_at
).where(
    *_in_period,
    _table.status == AppointmentStatus.CANCELLED,
    _table.cancel_code.not_in([RESCHEDULED, UNDONE, DROPPED]),
    _table.released_at.is_not(None),
)


def report(unit: Unit, first_day: date, last_day: date) -> tuple[AppointmentReport, ...]:
    """Return the appointments of a period by provider, in the practice's order (AP5); a provider sees the own alone.

    Whoever had none and did not work is left out. Raises Invalid when the period is longer than 400 days.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(first_day, last_day)
    if not 0 <= (last_day - first_day).days < _LONGEST:
        raise Invalid(_("Choose at most {days} days.").format(days=_LONGEST), field=_("Days"))
    since, until = unit.time.bounds(first_day).starts_at, unit.time.bounds(last_day).ends_at
    values = {"since": since, "until": until}
    standing: dict[tuple[int, str], int] = {
        (row.provider_id, row.status): row.number for row in unit.rows(_STANDING, values)
    }
    reasons: defaultdict[int, Counter[str]] = defaultdict(Counter)
    leads: defaultdict[int, Counter[Lead]] = defaultdict(Counter)
    late: Counter[int] = Counter()
    for row in unit.rows(_CANCELLED, values):
        reasons[row.provider_id][row.cancel_code] += 1
        leads[row.provider_id][lead_of(row.starts_at - row.released_at + unit.grace)] += 1
        late[row.provider_id] += row.late_cancel
    found = []
    for provider_id, provider in slots.all_providers(unit).items():
        if not sees_all_requests(unit.actor) and provider_id != unit.actor.provider_id:
            continue
        booked_time, open_time = _times(unit, provider_id, first_day, last_day)
        line = AppointmentReport(
            provider_id=provider_id,
            provider_name=provider.name,
            ahead=standing.get((provider_id, AppointmentStatus.CONFIRMED), 0),
            completed=standing.get((provider_id, AppointmentStatus.COMPLETED), 0),
            no_shows=standing.get((provider_id, AppointmentStatus.NO_SHOW), 0),
            reasons=reasons[provider_id],
            leads=leads[provider_id],
            late_cancels=late[provider_id],
            booked_time=booked_time,
            open_time=open_time,
        )
        if line.booked or line.open_time:
            found.append(line)
    return tuple(found)


def report_lines(unit: Unit, first_day: date, last_day: date, codes: Sequence[str]) -> Page[tuple[str, ...]]:
    """Return the report as lines for a file: counts, minutes, then the cancellations by each of `codes` and by lead time."""
    unit.require(Permission.VIEW_SCHEDULE)
    return Page(tuple(_line(each, codes) for each in report(unit, first_day, last_day)), None)


def _line(found: AppointmentReport, codes: Sequence[str]) -> tuple[str, ...]:
    numbers = (
        found.booked,
        found.completed,
        found.ahead,
        found.no_shows,
        found.cancelled,
        found.late_cancels,
        found.booked_time // _MINUTE,
        found.open_time // _MINUTE,
        *(found.reasons.get(code, 0) for code in codes),
        *(found.leads.get(lead, 0) for lead in Lead),
    )
    return (found.provider_name, *map(str, numbers))


def _times(unit: Unit, provider_id: ProviderId, first_day: date, last_day: date) -> tuple[timedelta, timedelta]:
    loads = day_loads(unit, first_day, last_day, provider_ids=(provider_id,))
    return sum((each.booked for each in loads), timedelta(0)), sum((each.open for each in loads), timedelta(0))
