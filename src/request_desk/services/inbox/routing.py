"""Where a request goes: on arrival, by hand, when members change, and when its waiting is over; the rule is `domain.routing`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import ADMINISTRATOR_LOGIN, Department, Provider
from request_desk.domain.errors import Conflict, Refused, UndoRefused
from request_desk.domain.ids import DepartmentId, ProviderId, RequestId, StaffId, TargetId
from request_desk.domain.requests import RequestKind, RequestState, Target, TargetKind, TargetOrigin
from request_desk.domain.routing import Routed, RoutingFacts, route
from request_desk.domain.text import clean_text
from request_desk.domain.triage import due_at
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import marks as inbox_marks, scope as request_scope, search_index
from request_desk.services.inbox.marks import ClearedMarks, Clearing
from request_desk.services.inbox.scope import IS_ACTIVE, in_state
from request_desk.store import schema

_NOTE_LIMIT: Final = 1_000
_CHUNK: Final = 500  # ids in one statement

_request, _staff, _member = schema.request, schema.staff, schema.department_member
_department, _forward, _mark = schema.department, schema.forward, schema.request_mark
# Locked against a change of members that commits at the same moment: the request would arrive in an inbox of nobody.
_DEPARTMENT = (
    select(_department.c.id, _department.c.name, _department.c.active, _department.c.version)
    .where(_department.c.id == bindparam("department_id"))
    .with_for_update(read=True)
)
_MEMBERS = (
    select(_staff.c.id, IS_ACTIVE.label("active"))
    .select_from(_member.join(_staff, _staff.c.id == _member.c.staff_id))
    .where(_member.c.department_id == bindparam("department_id"))
    .order_by(_staff.c.id)
    .with_for_update(read=True, of=_staff)
)
_PROVIDERS = select(
    schema.provider.c.id,
    schema.provider.c.name,
    schema.provider.c.short_name,
    schema.provider.c.active,
    schema.provider.c.version,
    _staff.c.id.label("staff_id"),
    IS_ACTIVE.label("staff_active"),
).select_from(schema.provider.outerjoin(_staff, _staff.c.provider_id == schema.provider.c.id))
_THESE_PROVIDERS = _PROVIDERS.where(schema.provider.c.id.in_(bindparam("ids", expanding=True)))
_THEIR_LOGINS = (
    select(_staff.c.id)
    .where(_staff.c.provider_id.in_(bindparam("ids", expanding=True)))
    .order_by(_staff.c.id)
    .with_for_update(read=True)
)
_APPOINTMENT_WITH = select(schema.appointment.c.provider_id).where(
    schema.appointment.c.id == bindparam("appointment_id")
)
_ADMINISTRATOR = select(_staff.c.id).where(_staff.c.login == ADMINISTRATOR_LOGIN)
_PENDING = (
    select(
        _request.c.id,
        _request.c.kind,
        _request.c.provider_id,
        schema.appointment.c.provider_id.label("appointment_provider_id"),
        _request.c.target_kind,
        _request.c.target_id,
        _request.c.target_origin,
        _request.c.routing_reason,
    )
    .select_from(_request.outerjoin(schema.appointment, schema.appointment.c.id == _request.c.appointment_id))
    .where(in_state(RequestState.OPEN, RequestState.WAITING))
    .order_by(_request.c.id)
)
_ONE_PENDING = _PENDING.where(_request.c.id == bindparam("request_id"))
_RECEIVERS = (
    select(_member.c.department_id, _member.c.staff_id)
    .select_from(
        _member.join(_department, _department.c.id == _member.c.department_id).join(
            _staff, _staff.c.id == _member.c.staff_id
        )
    )
    .where(_department.c.active, IS_ACTIVE)
)
_ACTIVE = select(_staff.c.id).where(IS_ACTIVE)
_MOVE = (
    update(_request)
    .where(_request.c.id.in_(bindparam("ids", expanding=True)))
    .values(target_kind=bindparam("to_kind"), target_id=bindparam("to_id"), routing_reason=bindparam("why"))
)
_CLEAR_MARKS = delete(_mark).where(_mark.c.request_id.in_(bindparam("ids", expanding=True)))
_DISMISSED = (
    select(_mark.c.request_id, _mark.c.staff_id, _request.c.target_id)
    .select_from(_mark.join(_request, _request.c.id == _mark.c.request_id))
    .where(_mark.c.dismissed_at.is_not(None), in_state(RequestState.OPEN))
)
_REVIVE = update(_mark).where(_mark.c.request_id.in_(bindparam("ids", expanding=True))).values(dismissed_at=None)
_TO_WAKE = (
    select(_request.c.id)
    .where(in_state(RequestState.WAITING), _request.c.waiting_until <= bindparam("now"))
    .order_by(_request.c.id)
    .limit(_CHUNK)
)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a forward changed, so that it can be taken back."""

    forward_id: int
    version: int
    state: str
    waiting_until: datetime | None
    target: Target
    origin: str
    routing_reason: str
    kept: ClearedMarks


def arriving(
    unit: Unit, kind: RequestKind, asked_provider_id: ProviderId | None, appointment_provider_id: ProviderId | None
) -> Routed:
    """Return where a request goes that arrives now, with the reason (RT1–RT4)."""
    ids = [each for each in (asked_provider_id, appointment_provider_id) if each is not None]
    if ids and not unit.is_sqlite:
        unit.rows(_THEIR_LOGINS, {"ids": ids})  # like the department's members: nobody leaves meanwhile
    found = unit.rows(_THESE_PROVIDERS, {"ids": ids}) if ids else ()
    return route(_facts(unit, kind, asked_provider_id, appointment_provider_id, found))


def due_from_now(unit: Unit) -> datetime:
    """Return when an answer to what arrives now becomes late, in opening hours (MC7)."""
    settings = unit.settings
    return due_at(unit.now, settings.target_age, settings.opening_hours, settings.closed_days, unit.time)


def reopened(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    """Return the values of a request that is open again, in the inbox where it belongs now.

    What the rule placed follows the rule again; what was forwarded stays unless its inbox has nobody any more. Clears
    everybody's marks: a request that comes back is new to all.
    """
    inbox_marks.clear_marks(unit, row.id)
    values: dict[str, Any] = {
        "state": RequestState.OPEN.value,
        "waiting_until": None,
        "completed_at": None,
        "completed_by_id": None,
        "completion_reason": "",
        "due_at": due_from_now(unit),
    }
    if row.target_origin == TargetOrigin.AUTO:
        appointment_with = unit.connection.execute(_APPOINTMENT_WITH, {"appointment_id": row.appointment_id}).scalar()
        routed = arriving(unit, RequestKind(row.kind), row.provider_id, appointment_with)
        if (routed.target.id, routed.routing_reason) == (row.target_id, row.routing_reason):
            return values
    elif request_scope.people_of(unit, request_scope.target_of(row), lock=True):
        return values
    else:
        routed = _fallback(unit, request_scope.target_name(unit, request_scope.target_of(row)))
        _note_move(unit, row, routed)
    search_index.rescope(unit, [row.id], routed.target.id)
    return {
        **values,
        "target_kind": routed.target.kind.value,
        "target_id": routed.target.id,
        "routing_reason": routed.routing_reason,
    }


def forward(unit: Unit, request_id: RequestId, target: Target, note: str, *, expect_version: int) -> None:
    """Put a request into another inbox, with a note; it is new to everybody there.

    Raises Conflict when it changed since `expect_version`, Refused when nobody would receive it.
    """
    unit.require(Permission.FORWARD_REQUESTS)
    text = clean_text(note, field=_("Note"), most=_NOTE_LIMIT)
    row = request_scope.fresh(unit, request_id, expect_version)
    before = request_scope.target_of(row)
    if target == before:
        raise Refused(_("The request is in this inbox already. Choose another one."))
    name = request_scope.target_name(unit, target)
    if not name or not request_scope.people_of(unit, target, lock=True):
        raise Refused(
            _("Nobody would receive it: {name} has no active member. Choose another inbox.").format(name=name or "?")
        )
    routing_reason = _("{who} forwarded it").format(who=unit.actor.name)
    changed = _put(
        unit, request_id, expect_version, target, TargetOrigin.FORWARDED, routing_reason, RequestState.OPEN, None
    )
    forward_id = _note_forward(unit, unit.actor.staff_id, request_id, before, target, text)
    away = Clearing(marks=inbox_marks.clear_marks(unit, request_id), claim=inbox_marks.release(unit, request_id))
    unit.record("forwarded", Topic.REQUEST, request_id, to=target.id, forward_id=forward_id)
    was = Forwarded(
        forward_id,
        changed.version,
        row.state,
        row.waiting_until,
        before,
        row.target_origin,
        row.routing_reason,
        away.kept(),
    )
    label = _("Forwarded the request of {patient} to {name}").format(
        patient=full_name(row.given_name, row.family_name), name=name
    )
    unit.offer_undo(label, unforward, request_id, was=was, until=unit.now + unit.grace)


def unforward(unit: Unit, request_id: RequestId, *, was: Forwarded, until: datetime) -> None:
    """Undo `forward`; raises UndoRefused after the grace time or when somebody has acted on the request since."""
    unit.require(Permission.FORWARD_REQUESTS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to take this forward back. Ask for the request to be sent back."))
    try:
        _put(
            unit,
            request_id,
            was.version,
            was.target,
            TargetOrigin(was.origin),
            was.routing_reason,
            RequestState(was.state),
            was.waiting_until,
        )
    except Conflict as conflict:
        raise UndoRefused(
            _("{name} has acted on this request already, so the forward stays.").format(
                name=conflict.who or _("Somebody")
            )
        ) from conflict
    unit.run(update(_forward).where(_forward.c.id == was.forward_id).values(undone_at=unit.now))
    inbox_marks.put_back(unit, request_id, was.kept)
    unit.record("forward_undone", Topic.REQUEST, request_id, forward_id=was.forward_id)
    keep_seen(unit, request_id, was.target)


def _put(
    unit: Unit,
    request_id: RequestId,
    expect_version: int,
    target: Target,
    origin: TargetOrigin,
    routing_reason: str,
    state: RequestState,
    waiting_until: datetime | None,
) -> Row[Any]:
    changed = unit.change(
        _request,
        request_id,
        expect_version,
        target_kind=target.kind.value,
        target_id=target.id,
        target_origin=origin.value,
        routing_reason=routing_reason,
        state=state.value,
        waiting_until=waiting_until,
    )
    search_index.rescope(unit, [request_id], target.id)
    return changed


def _note_forward(unit: Unit, staff_id: int, request_id: int, before: Target, target: Target, note: str) -> int:
    forward_id = unit.new_id()
    unit.insert(
        _forward,
        id=forward_id,
        request_id=request_id,
        staff_id=staff_id,
        from_kind=before.kind.value,
        from_id=before.id,
        to_kind=target.kind.value,
        to_id=target.id,
        note=note,
        at=unit.now,
    )
    return forward_id


def reroute(unit: Unit) -> int:
    """Send every pending request where it belongs now, within the use case that changed the directory; return how many moved.

    Requests that the rule placed follow the rule again; forwarded ones stay unless nobody is left in their inbox, then the
    administrator receives them. A request that all who are left have put aside comes back to them. Versions stay: the
    content has not changed, and a reply that somebody is writing remains good. Whoever calls it has asked for the permission.
    """
    unit.renew_settings()  # behind the change that calls for this: another department may have been chosen meanwhile
    return _reroute(unit, unit.rows(_PENDING))


def keep_seen(unit: Unit, request_id: RequestId, target: Target) -> None:
    """Let a request that an undo brought back follow what has changed in the directory meanwhile (RT6)."""
    request_scope.people_of(unit, target, lock=True)
    _reroute(unit, unit.rows(_ONE_PENDING, {"request_id": request_id}))


def _reroute(unit: Unit, pending: Sequence[Row[Any]]) -> int:
    if not pending:
        return 0
    receivers = _receivers(unit)
    moves: dict[Routed, list[Row[Any]]] = {}
    known: dict[tuple[str, int | None, int | None], Routed] = {}
    providers = unit.rows(_PROVIDERS)
    names = request_scope.target_names(unit)
    for row in pending:
        if row.target_origin == TargetOrigin.FORWARDED:
            if receivers.get(row.target_id):
                continue
            routed = _fallback(unit, names.get(row.target_id, ""))
        else:
            key = (row.kind, row.provider_id, row.appointment_provider_id)
            if key not in known:
                known[key] = route(_facts(unit, RequestKind(row.kind), key[1], key[2], providers))
            routed = known[key]
        if (routed.target.id, routed.routing_reason) != (row.target_id, row.routing_reason):
            moves.setdefault(routed, []).append(row)
    moved = sum(_move(unit, routed, rows) for routed, rows in moves.items())
    _revive(unit, receivers)
    return moved


def _move(unit: Unit, routed: Routed, rows: Sequence[Row[Any]]) -> int:
    """Write one group of requests to its new place; a place that only changed its name counts as no move."""
    target = routed.target
    gone = [row for row in rows if row.target_id != target.id]
    for ids in _chunks([row.id for row in rows]):
        unit.run(_MOVE, {"ids": ids, "to_kind": target.kind.value, "to_id": target.id, "why": routed.routing_reason})
    for ids in _chunks([row.id for row in gone]):
        search_index.rescope(unit, ids, target.id)
        unit.run(_CLEAR_MARKS, {"ids": ids})
    for row in gone:
        if row.target_origin == TargetOrigin.FORWARDED:
            _note_move(unit, row, routed)
        unit.record("rerouted", Topic.REQUEST, row.id, to=target.id)
    return len(gone)


def _note_move(unit: Unit, row: Row[Any], routed: Routed) -> None:
    """Keep the way of a forwarded request whole: the program, staff id 0, sent it on."""
    _note_forward(unit, 0, row.id, request_scope.target_of(row), routed.target, "")


def _revive(unit: Unit, receivers: dict[int, set[int]]) -> None:
    gone: dict[tuple[int, int], set[int]] = {}
    for row in unit.rows(_DISMISSED):
        gone.setdefault((row.request_id, row.target_id), set()).add(row.staff_id)
    unseen = [request_id for (request_id, target_id), who in gone.items() if receivers.get(target_id, set()) <= who]
    for ids in _chunks(unseen):
        unit.run(_REVIVE, {"ids": ids})


def _receivers(unit: Unit) -> dict[int, set[int]]:
    """Who receives what comes to each inbox: active members of active departments, and active staff themselves."""
    found: dict[int, set[int]] = {row[0]: {row[0]} for row in unit.rows(_ACTIVE)}
    for row in unit.rows(_RECEIVERS):
        found.setdefault(row.department_id, set()).add(row.staff_id)
    return found


def _facts(
    unit: Unit,
    kind: RequestKind,
    asked_provider_id: ProviderId | None,
    appointment_provider_id: ProviderId | None,
    providers: Sequence[Row[Any]],
) -> RoutingFacts:
    return RoutingFacts(
        kind=kind,
        asked_provider_id=asked_provider_id,
        appointment_provider_id=appointment_provider_id,
        intake_department=_department_of(unit, unit.settings.intake_department_id),
        providers={ProviderId(row.id): _provider(row) for row in providers},
        administrator_id=_administrator(unit),
    )


def _department_of(unit: Unit, department_id: DepartmentId | None) -> Department | None:
    row = None if department_id is None else unit.first(_DEPARTMENT, {"department_id": department_id})
    if row is None:
        return None
    members = unit.rows(_MEMBERS, {"department_id": department_id})
    return Department(
        id=DepartmentId(row.id),
        name=row.name,
        member_ids=tuple(StaffId(member.id) for member in members),
        active_member_ids=tuple(StaffId(member.id) for member in members if member.active),
        active=row.active,
        version=row.version,
    )


def _provider(row: Row[Any]) -> Provider:
    return Provider(
        id=ProviderId(row.id),
        name=row.name,
        short_name=row.short_name,
        location_ids=(),
        staff_id=None if row.staff_id is None else StaffId(row.staff_id),
        staff_active=bool(row.staff_active),
        active=row.active,
        version=row.version,
    )


def _administrator(unit: Unit) -> StaffId:
    return StaffId(unit.connection.execute(_ADMINISTRATOR).scalar_one())


def _fallback(unit: Unit, name: str) -> Routed:
    routing_reason = _("{name} has no active member any more").format(name=name or _("Its inbox"))
    return Routed(Target(TargetKind.STAFF, TargetId(_administrator(unit))), routing_reason)


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield list(ids[start : start + _CHUNK])


def wake_waiting(unit: Unit) -> int:
    """Open the requests again whose date of waiting has come, new to everybody; return how many, at most 500 at once."""
    unit.require(Permission.RUN_JOBS)
    ids = [row[0] for row in unit.rows(_TO_WAKE, {"now": unit.now})]
    woken = 0
    for request_id in ids:
        row = request_scope.seen(unit, request_id, lock=True)
        if row.state != RequestState.WAITING:
            continue  # another process was faster
        unit.change(_request, request_id, None, **reopened(unit, row))
        unit.record("woken", Topic.REQUEST, request_id)
        woken += 1
    return woken
