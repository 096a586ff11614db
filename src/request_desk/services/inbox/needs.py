"""When open requests are needed, kept up with the calendar: a wish that has passed gives way to the next one (MC7)."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update

from request_desk.domain.access import Permission
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.domain.triage import needed_at
from request_desk.services.desk import Unit
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.inbox.rows import wish_of
from request_desk.services.inbox.scope import in_state
from request_desk.store import schema

_CHUNK: Final = 500
_request, _wish = schema.request, schema.request_wish
_PASSED = (
    select(_request.c.id, _request.c.kind, _request.c.needed_at, inbox_queries.APPOINTMENT_AT.label("appointment_at"))
    .select_from(
        _request.outerjoin(inbox_queries.APPOINTMENT, inbox_queries.APPOINTMENT.c.id == _request.c.appointment_id)
    )
    .where(in_state(RequestState.OPEN, RequestState.WAITING), _request.c.needed_at < bindparam("today"))
    .limit(_CHUNK)
)
_WISHES = select(_wish).where(_wish.c.request_id == bindparam("request_id"))
# Another process may have been faster, and what is needed is no answer to anybody: the version stays.
_RENEW = (
    update(_request)
    .where(_request.c.id == bindparam("which"), _request.c.needed_at == bindparam("was"))
    .values(needed_at=bindparam("becomes"))
)


def has_passed(unit: Unit) -> bool:
    """Tell whether a request that waits was needed on a day before today."""
    unit.require(Permission.RUN_JOBS)
    return unit.first(_PASSED, {"today": _today(unit)}) is not None


def renew(unit: Unit) -> int:
    """Have such requests needed at their next time, or by their age alone when there is none; return how many, 500 at most."""
    unit.require(Permission.RUN_JOBS)
    today = _today(unit)
    renewed = 0
    for row in unit.rows(_PASSED, {"today": today}):
        wishes = [wish_of(each) for each in unit.rows(_WISHES, {"request_id": row.id})]
        becomes = needed_at(RequestKind(row.kind), row.appointment_at, wishes, unit.time, since=today)
        renewed += unit.run(_RENEW, {"which": row.id, "was": row.needed_at, "becomes": becomes})
    return renewed


def _today(unit: Unit) -> datetime:
    """When the practice's day of now began."""
    return unit.time.bounds(unit.time.day_of(unit.now)).starts_at
