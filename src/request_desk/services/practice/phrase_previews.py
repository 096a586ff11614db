"""How a phrase would read: real requests to look at it with, and the values of its fields for what is usually done with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, select

from request_desk.domain.access import Permission
from request_desk.domain.ids import AppointmentId, RequestId, TypeId
from request_desk.domain.phrases import ANY_KIND, PhraseOutcome
from request_desk.domain.requests import Act, Booking, Cancellation, Move, Offering, RequestKind
from request_desk.domain.words import full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import scope
from request_desk.services.practice.phrases import values_in
from request_desk.services.schedule.queries import offers
from request_desk.store import schema

MOST_REQUESTS: Final = 12
MOST_OFFERED: Final = 3

_request, _claim = schema.request, schema.claim
_NEWEST = (
    select(
        _request.c.id,
        _request.c.kind,
        _request.c.arrived_at,
        schema.patient.c.given_name,
        schema.patient.c.family_name,
        _claim.c.request_id.label("claimed"),
    )
    .select_from(
        _request.join(schema.patient, schema.patient.c.id == _request.c.patient_id).outerjoin(
            _claim,
            and_(
                _claim.c.request_id == _request.c.id,
                _claim.c.staff_id == bindparam("staff"),
                _claim.c.until > bindparam("now"),
            ),
        )
    )
    .order_by(_claim.c.request_id.is_(None), _request.c.id.desc())
    .limit(MOST_REQUESTS)
)
_ONE = select(_request.c.kind, _request.c.appointment_id, _request.c.type_id).where(_request.c.id == bindparam("which"))
_TYPE = select(schema.appointment.c.type_id).where(schema.appointment.c.id == bindparam("which"))


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """A request that a phrase can be looked at with."""

    id: RequestId
    kind: RequestKind
    patient_name: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class PhraseValues:
    """The texts of the merge fields for one request, by language, and what was asked."""

    request_id: RequestId
    kind: RequestKind
    by_language: Mapping[str, Mapping[str, str]]


def requests_for(unit: Unit, kind: str) -> tuple[PreviewRequest, ...]:
    """Return requests of a kind that the actor may see: what the actor is working on first, then the latest."""
    unit.require(Permission.ANSWER_REQUESTS)
    statement = _NEWEST if kind == ANY_KIND else _NEWEST.where(_request.c.kind == bindparam("kind"))
    seen = scope.in_scope(unit)
    rows = unit.rows(
        statement if seen is None else statement.where(seen),
        {"staff": unit.actor.id, "now": unit.now} | ({} if kind == ANY_KIND else {"kind": kind}),
    )
    return tuple(
        PreviewRequest(
            RequestId(row.id), RequestKind(row.kind), full_name(row.given_name, row.family_name), row.arrived_at
        )
        for row in rows
    )


def preview_values(unit: Unit, request_id: RequestId, outcome: PhraseOutcome, languages: Sequence[str]) -> PhraseValues:
    """Return the values for a request and what would be done with it: the first free time that fits, the first reason to cancel."""
    unit.require(Permission.ANSWER_REQUESTS)
    row = scope.seen(unit, request_id)
    act = _usual_act(unit, request_id, outcome)
    values = values_in(unit, request_id, act, languages)
    return PhraseValues(request_id, RequestKind(row.kind), dict(zip(languages, values, strict=True)))


def _usual_act(unit: Unit, request_id: RequestId, outcome: PhraseOutcome) -> Act | None:
    row = unit.first(_ONE, {"which": request_id})
    if row is None:
        return None
    moved = AppointmentId(row.appointment_id) if row.appointment_id is not None else None
    if outcome is PhraseOutcome.CANCELLED:
        reasons = unit.settings.cancel_reasons
        return Cancellation(moved, 1, reasons[0].code) if moved is not None and reasons else None
    type_id = row.type_id if moved is None else unit.value(_TYPE, {"which": moved})
    if type_id is None or outcome not in (PhraseOutcome.BOOKED, PhraseOutcome.MOVED, PhraseOutcome.OFFERED):
        return None
    slots = tuple(each.slot for each in offers(unit, request_id) if not each.warning)[:MOST_OFFERED]
    if not slots:
        return None
    if outcome is PhraseOutcome.OFFERED:
        return Offering(slots, TypeId(type_id), moved)
    return Booking(slots[0], TypeId(type_id)) if moved is None else Move(moved, 1, slots[0])
