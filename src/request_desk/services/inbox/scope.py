"""Who sees a request: inboxes follow from membership at read time; what is done to a request is in the `inbox` modules.

*Unread Portal* is what is mine: my own inbox and those of my active departments. Schedulers and administrators work for the
whole practice, so all open, waiting and completed requests and the search are practice-wide for them. Somebody who is only a
provider sees what is or was addressed to them: their inboxes, and what they forwarded. Everything else is "not there", by id
as by search, so that an id is no key to a request.
"""

from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, exists, literal_column, or_, select
from sqlalchemy.sql.elements import ColumnElement

from request_desk.domain.changes import Topic
from request_desk.domain.directory import ADMINISTRATOR_LOGIN
from request_desk.domain.errors import NotFound, Refused
from request_desk.domain.ids import RequestId, StaffId
from request_desk.domain.policy import Action, RequestSubject, may, sees_all_requests
from request_desk.domain.requests import RequestState, Target, TargetKind
from request_desk.domain.text import parse_version
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.store import schema

_request, _member, _department, _staff = schema.request, schema.department_member, schema.department, schema.staff
# An active receiver can act: switched on, with a role, and with a password of their own. Who is only invited cannot open a
# request yet, and one such member alone would hide it from everybody. $AD receives whatever nobody else can.
IS_ACTIVE: Final = and_(
    _staff.c.active,
    _staff.c.roles != literal_column("'[]'"),
    or_(_staff.c.password_hash != literal_column("''"), _staff.c.login == literal_column(f"'{ADMINISTRATOR_LOGIN}'")),
)
_MINE = (
    select(_member.c.department_id)
    .select_from(_member.join(_department, _department.c.id == _member.c.department_id))
    .where(_member.c.staff_id == bindparam("staff_id"), _department.c.active)
)
_SEEN = (
    select(
        *_request.c,
        schema.patient.c.given_name,
        schema.patient.c.family_name,
        schema.patient.c.birth_day,
        schema.patient.c.custody_note,
        schema.contact.c.given_name.label("contact_given_name"),
        schema.contact.c.family_name.label("contact_family_name"),
    )
    .select_from(
        _request.join(schema.patient, schema.patient.c.id == _request.c.patient_id).join(
            schema.contact, schema.contact.c.id == _request.c.contact_id
        )
    )
    .where(_request.c.id == bindparam("request_id"))
)
_SEEN_LOCKED = _SEEN.with_for_update(of=_request)
_FORWARDED = select(schema.forward.c.id).where(
    schema.forward.c.request_id == bindparam("request_id"),
    schema.forward.c.staff_id == bindparam("staff_id"),
    schema.forward.c.undone_at.is_(None),
)
_ACTIVE_MEMBERS = (
    select(_staff.c.id)
    .select_from(_member.join(_staff, _staff.c.id == _member.c.staff_id))
    .where(_member.c.department_id == bindparam("department_id"), IS_ACTIVE)
    .order_by(_staff.c.id)
)
_ACTIVE_STAFF = select(_staff.c.id).where(_staff.c.id == bindparam("staff_id"), IS_ACTIVE)
_ACTIVE_DEPARTMENT = select(_department.c.id).where(
    _department.c.id == bindparam("department_id"), _department.c.active
)
_NAMES = select(_department.c.id, _department.c.name).union_all(select(_staff.c.id, _staff.c.name))
# Locked, they make a change of the directory wait: else a request stays with those who are just leaving.
_LOCKED_MEMBERS = _ACTIVE_MEMBERS.with_for_update(read=True, of=_staff)
_LOCKED_STAFF = _ACTIVE_STAFF.with_for_update(read=True)
_LOCKED_DEPARTMENT = _ACTIVE_DEPARTMENT.with_for_update(read=True)
_TARGETS_WITH_OPEN = select(schema.open_count.c.target_id).where(schema.open_count.c.count > 0)


def in_state(*states: RequestState) -> ColumnElement[bool]:
    """Return the condition for states, spelled out: a bound value would keep both engines from the partial indexes."""
    return or_(*(_request.c.state == literal_column(f"'{state.value}'") for state in states))


def my_targets(unit: Unit) -> tuple[int, ...]:
    """Return the ids of the actor's inboxes: the own one, and those of the active departments."""
    staff_id = unit.actor.staff_id
    return (staff_id, *(row[0] for row in unit.rows(_MINE, {"staff_id": staff_id})))


def open_targets(unit: Unit) -> tuple[int, ...]:
    """Return every inbox that holds an open request."""
    return tuple(row[0] for row in unit.rows(_TARGETS_WITH_OPEN))


def in_scope(unit: Unit) -> ColumnElement[bool] | None:
    """Return the condition for requests that the actor may see at all; None is everything."""
    if sees_all_requests(unit.actor):
        return None
    forwarded = (
        exists()
        .where(schema.forward.c.request_id == _request.c.id)
        .where(schema.forward.c.staff_id == unit.actor.staff_id, schema.forward.c.undone_at.is_(None))
    )
    return or_(_request.c.target_id.in_(my_targets(unit)), forwarded)


def seen(unit: Unit, request_id: RequestId, *, lock: bool = False) -> Row[Any]:
    """Return the request's row with the names of patient and contact; raise NotFound when the actor may not know of it.

    `lock` makes other changes of the request wait for this transaction.
    """
    row = unit.first(_SEEN_LOCKED if lock else _SEEN, {"request_id": request_id})
    if row is None or not _visible(unit, row):
        raise NotFound(_("This request is not there any more, or it is not for you. Reload the list."))
    return row


def _visible(unit: Unit, row: Row[Any]) -> bool:
    subject = RequestSubject(row.target_id)
    if not sees_all_requests(unit.actor):
        sent_on = unit.first(_FORWARDED, {"request_id": row.id, "staff_id": unit.actor.staff_id})
        subject = RequestSubject(row.target_id, my_targets(unit), was_forwarded=sent_on is not None)
    return bool(may(unit.actor, Action.SEE, subject, unit.time.day_of(unit.now)))


def pending(row: Row[Any]) -> Row[Any]:
    """Return the row of a request that still waits for somebody; raise Refused when it is done with."""
    if row.state == RequestState.COMPLETED:
        raise Refused(_("This request is completed already. Add a follow-up if there is more to say."))
    if row.state == RequestState.WITHDRAWN:
        raise Refused(_("The parent has taken this request back. There is nothing left to do."))
    return row


def people_of(unit: Unit, target: Target, *, lock: bool = False) -> tuple[StaffId, ...]:
    """Return the active staff (`IS_ACTIVE`) whose inbox the target is; `lock` keeps them so until this transaction has ended."""
    if target.kind is TargetKind.STAFF:
        found = unit.rows(_LOCKED_STAFF if lock else _ACTIVE_STAFF, {"staff_id": target.id})
    elif not unit.first(_LOCKED_DEPARTMENT if lock else _ACTIVE_DEPARTMENT, {"department_id": target.id}):
        return ()
    else:
        found = unit.rows(_LOCKED_MEMBERS if lock else _ACTIVE_MEMBERS, {"department_id": target.id})
    return tuple(StaffId(row[0]) for row in found)


def target_of(row: Row[Any]) -> Target:
    """Return whose inbox the request of this row is in."""
    return Target(TargetKind(row.target_kind), row.target_id)


def target_names(unit: Unit) -> dict[int, str]:
    """Return the names of all departments and staff by id."""
    return {row.id: row.name for row in unit.rows(_NAMES)}


def target_name(unit: Unit, target: Target) -> str:
    """Return the name of one department or staff member; empty when there is none."""
    table = _department if target.kind is TargetKind.DEPARTMENT else _staff
    return str(unit.connection.execute(select(table.c.name).where(table.c.id == target.id)).scalar() or "")


def fresh(unit: Unit, request_id: RequestId, expect_version: int) -> Row[Any]:
    """Return the row of a request that still waits and is as the actor saw it, locked; raise Conflict, Refused, NotFound."""
    row = seen(unit, request_id, lock=True)
    if row.version != parse_version(expect_version):
        raise unit.conflict(Topic.REQUEST, request_id)
    return pending(row)
