"""Events for subscribers, written at the end of each act in its own transaction, from the lines that it leaves in the journal (WH1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Executable, Row, Table, bindparam, literal_column, select, update

from request_desk.domain.access import Actor, ActorKind
from request_desk.domain.changes import Topic
from request_desk.domain.errors import UndoRefused
from request_desk.domain.events import (
    SPEC_OF_EVENT,
    UNDONE_BY,
    EventLine,
    EventSpec,
    EventType,
    event_of,
    thin,
)
from request_desk.domain.ids import NewId, new_uuid
from request_desk.domain.words import _
from request_desk.store import schema
from request_desk.store.journal import Written

_DROPPED: Final = (Topic.APPOINTMENT, "dropped")
_delivery, _appointment, _request, _outbox = (
    schema.webhook_delivery,
    schema.appointment,
    schema.request,
    schema.outbox,
)
_SUBSCRIBERS = (
    select(schema.subscription.c.id, schema.subscription_event_type.c.event_type)
    .select_from(
        schema.subscription.join(
            schema.subscription_event_type,
            schema.subscription_event_type.c.subscription_id == schema.subscription.c.id,
        )
    )
    .where(schema.subscription.c.active)
    .order_by(schema.subscription.c.id)
)
_OF_APPOINTMENT = select(
    _appointment.c.id.label("appointment_id"),
    _appointment.c.version.label("sequence"),
    _appointment.c.chain_id,
    _appointment.c.replaces_id,
    _appointment.c.request_id,
    _appointment.c.patient_id,
    _appointment.c.provider_id,
    _appointment.c.location_id,
    _appointment.c.type_id,
    _appointment.c.status,
    _appointment.c.starts_at,
    _appointment.c.ends_at,
    _appointment.c.zone,
    _appointment.c.hold_expires_at.label("held_until"),
).where(_appointment.c.id == bindparam("which"))
_OF_REQUEST = select(
    _request.c.id.label("request_id"),
    _request.c.version.label("sequence"),
    _request.c.kind,
    _request.c.state.label("status"),
    _request.c.patient_id,
    _request.c.contact_id,
    _request.c.appointment_id,
    _request.c.type_id,
    _request.c.provider_id,
    _request.c.location_id,
    _request.c.arrived_at,
    _request.c.completed_at,
).where(_request.c.id == bindparam("which"))
_OF_NOTICE = select(
    _outbox.c.id.label("delivery_id"),
    _outbox.c.version.label("sequence"),
    _outbox.c.channel,
    _outbox.c.kind,
    _outbox.c.request_id,
    _outbox.c.appointment_id,
    _outbox.c.attempts,
).where(_outbox.c.id == bindparam("which"))
_OF_MESSAGE = select(
    _delivery.c.id.label("delivery_id"),
    _delivery.c.version.label("sequence"),
    literal_column("'webhook'").label("channel"),
    _delivery.c.event_type.label("kind"),
    _delivery.c.subscription_id,
    _delivery.c.request_id,
    _delivery.c.appointment_id,
    _delivery.c.attempts,
).where(_delivery.c.id == bindparam("which"))
_FACTS_OF: Final[Mapping[tuple[str, str], Executable]] = {
    (Topic.DELIVERY, "notice_failed"): _OF_NOTICE,
    (Topic.DELIVERY, "webhook_failed"): _OF_MESSAGE,
}
_QUEUED = select(_delivery.c.id, _delivery.c.subscription_id, _delivery.c.event_type, _delivery.c.payload).where(
    _delivery.c.state != "withdrawn"
)
_QUEUED_OF: Final = {
    Topic.APPOINTMENT: _QUEUED.where(_delivery.c.appointment_id == bindparam("which")),
    Topic.REQUEST: _QUEUED.where(_delivery.c.request_id == bindparam("which")),
}
_WITHDRAW = (
    update(_delivery)
    .where(
        _delivery.c.id == bindparam("which"),
        _delivery.c.state == literal_column("'pending'"),
        _delivery.c.attempts == 0,
        _delivery.c.lease_until.is_(None),
    )
    .values(state="withdrawn", error=bindparam("why"), version=_delivery.c.version + 1)
)


class _Asked(Protocol):
    """The answer to a statement, looked at later."""

    @property
    def rows(self) -> Sequence[Row[Any]]: ...
    @property
    def first(self) -> Row[Any] | None: ...


class _Act(Protocol):
    """A use case that has done what it does: `Unit`, as far as publishing needs it, since that one publishes."""

    lines: list[Written]
    actor: Actor
    now: datetime
    new_id: NewId

    @property
    def undo(self) -> object: ...
    @property
    def grace(self) -> timedelta: ...
    @property
    def has_subscribers(self) -> bool: ...
    def defer(self, statement: Executable, values: Mapping[str, Any] | None = None) -> _Asked: ...
    def run(self, statement: Executable, values: Mapping[str, Any] | None = None) -> int: ...
    def insert(self, table: Table, **values: Any) -> None: ...


def publish(unit: _Act) -> None:
    """Queue a message for everybody who subscribed to what this act did; an act that takes one back withdraws its messages.

    Raises UndoRefused when one of these has left. An act of staff waits for its grace time, as its letters do.
    """
    lines = [EventLine(line.topic, line.action, line.entity_id, line.detail or {}) for line in unit.lines]
    told = [(line, spec) for line in lines if (spec := event_of(line)) is not None]
    back = [line for line in lines if (line.topic, line.action) in UNDONE_BY or (line.topic, line.action) == _DROPPED]
    if not (told or back) or not unit.has_subscribers:
        return
    subscribers = unit.defer(_SUBSCRIBERS)
    facts = [(line, spec, _facts(unit, line)) for line, spec in told]
    queued = [(line, _facts(unit, line), unit.defer(_QUEUED_OF[Topic(line.topic)], _which(line))) for line in back]
    silent: set[tuple[int, int]] = set()
    for line, now, before in queued:
        silent |= _withdrawn(unit, line, now.first, before.rows)
        if _was_held(line, before.rows):
            facts.append((line, SPEC_OF_EVENT[EventType.APPOINTMENT_EXPIRED], now))
    for line, spec, asked in facts:
        if (row := asked.first) is not None:
            to = [each.id for each in subscribers.rows if each.event_type == spec.type]
            _queue(unit, line, spec, row._asdict(), [each for each in to if (each, line.entity_id) not in silent])


def _facts(unit: _Act, line: EventLine) -> _Asked:
    usual = _OF_REQUEST if line.topic == Topic.REQUEST else _OF_APPOINTMENT
    return unit.defer(_FACTS_OF.get((line.topic, line.action), usual), _which(line))


def _which(line: EventLine) -> dict[str, int]:
    """The thing a line is about; that of a notice stands on the request it belongs to."""
    return {"which": line.detail.get("notice_id", line.entity_id)}


def _withdrawn(unit: _Act, line: EventLine, now: Row[Any] | None, queued: Sequence[Row[Any]]) -> set[tuple[int, int]]:
    """Withdraw the messages of the act that a line takes back; returns who of the subscribers hears nothing more of the thing.

    A hold is let go also when it was told: nothing is refused for it.
    """
    if now is None:
        return set()
    found = set()
    for row in queued:
        spec = SPEC_OF_EVENT.get(row.event_type)
        is_of_act = spec is not None and spec.subject == line.topic and row.payload["sequence"] == now.sequence - 1
        if not is_of_act or row.event_type == EventType.APPOINTMENT_REMINDER_DUE:
            continue
        if unit.run(_WITHDRAW, {"which": row.id, "why": _("taken back")}):
            found.add((row.subscription_id, line.entity_id))
        elif line.action != _DROPPED[1]:
            raise UndoRefused(
                _(
                    "Another program has heard of it already, so this cannot be taken back. Change the appointment instead."
                )
            )
    return found if line.action == _DROPPED[1] else set()


def _was_held(line: EventLine, queued: Sequence[Row[Any]]) -> bool:
    """Tell whether somebody heard that a time was held whose booking is taken back: it is held no more."""
    return line.action == "unbooked" and any(row.event_type == EventType.APPOINTMENT_HELD for row in queued)


def _queue(unit: _Act, line: EventLine, spec: EventSpec, facts: Mapping[str, Any], to: Sequence[int]) -> None:
    known = {
        **facts,
        **{name: line.detail[name] for name in ("rule_id", "recipient", "minutes_before") if name in line.detail},
    }
    known["patient_id"] = known.get("patient_id") or None  # 0: a time on the booking page before somebody is named
    waits = unit.undo is not None or (spec.has_grace and unit.actor.kind is ActorKind.STAFF)
    event_id = new_uuid()
    for subscription_id in to:
        unit.insert(
            _delivery,
            id=unit.new_id(),
            reference=new_uuid(),
            subscription_id=subscription_id,
            event_type=spec.type.value,
            event_id=event_id,
            request_id=facts.get("request_id"),
            appointment_id=facts.get("appointment_id"),
            payload=thin(spec, known),
            occurred_at=unit.now,
            state="pending",
            not_before=unit.now + unit.grace if waits else unit.now,
            created_at=unit.now,
        )
