"""Whether the replies to a request were read: by its sender, signed in; which of them nobody has read while the visit comes near (RE10)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, exists, func, insert, or_, select, union, update

from request_desk.domain.access import Permission
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.ids import ContactId, RequestId
from request_desk.domain.requests import AuthorKind, UnseenReply
from request_desk.domain.words import full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import handling, scope as request_scope
from request_desk.services.people import patients
from request_desk.store import schema

SOON: Final = timedelta(hours=24)  # a visit that is so near is called about, if nobody has read what was written
_MOST: Final = 200

_seen, _message, _request = schema.request_seen, schema.message, schema.request
_reply = _message.alias("reply")
_ahead, _named = schema.appointment, schema.appointment.alias("named")
_SEEN_AT = select(_seen.c.seen_at).where(_seen.c.request_id == bindparam("request"))
_RENEW = update(_seen).where(_seen.c.request_id == bindparam("of")).values(seen_at=bindparam("now"))
_last_read = select(_seen.c.seen_at).where(_seen.c.request_id == _request.c.id).scalar_subquery()
_reply_at = (
    select(func.max(_reply.c.visible_at))
    .where(
        _reply.c.request_id == _request.c.id,
        _reply.c.author_kind == AuthorKind.STAFF,
        _reply.c.withdrawn_at.is_(None),
        _reply.c.visible_at <= bindparam("now"),
    )
    .correlate(_request)
    .scalar_subquery()
)
# A parent who wrote after the reply has read it, wherever.
_written_since = (
    exists()
    .where(
        _message.c.request_id == _request.c.id,
        _message.c.author_kind == AuthorKind.CONTACT,
        _message.c.created_at >= _reply_at,
    )
    .correlate(_request)
)
_near = (
    _ahead.c.status == AppointmentStatus.CONFIRMED,
    _ahead.c.starts_at > bindparam("now"),
    _ahead.c.starts_at <= bindparam("until"),
)
# What a visit was asked with, and what was asked about it or what it was moved from: two looks by an index each.
_about = union(
    select(_ahead.c.id.label("ahead_id"), _ahead.c.request_id.label("asked_id")).where(
        *_near, _ahead.c.request_id.is_not(None)
    ),
    select(_ahead.c.id, _request.c.id)
    .select_from(
        _ahead.join(_named, _named.c.chain_id == _ahead.c.chain_id).join(
            _request, _request.c.appointment_id == _named.c.id
        )
    )
    .where(*_near),
).subquery("about")
_UNSEEN = (
    select(
        _request.c.id,
        _request.c.contact_id,
        _ahead.c.starts_at,
        _ahead.c.zone,
        schema.patient.c.given_name,
        schema.patient.c.family_name,
        schema.provider.c.short_name,
        _reply_at.label("replied_at"),
    )
    .select_from(
        _about.join(_ahead, _ahead.c.id == _about.c.ahead_id)
        .join(_request, _request.c.id == _about.c.asked_id)
        .join(schema.patient, schema.patient.c.id == _ahead.c.patient_id)
        .join(schema.provider, schema.provider.c.id == _ahead.c.provider_id)
    )
    .where(
        _reply_at.is_not(None),
        or_(_last_read.is_(None), _last_read < _reply_at),
        ~_written_since,
    )
    .order_by(_ahead.c.starts_at, _request.c.id)
    .limit(_MOST)
)


def note_seen(unit: Unit, request_id: RequestId) -> None:
    """Note that the sender of a request, signed in, has its letters on the screen; nobody else can be who reads it."""
    unit.require(Permission.USE_PORTAL)
    handling.own(unit, request_id)
    if not unit.run(_RENEW, {"of": request_id, "now": unit.now}):
        unit.run(insert(_seen), {"request_id": request_id, "seen_at": unit.now})
    unit.record("seen", Topic.DELIVERY, request_id)


def seen_at(unit: Unit, request_id: RequestId) -> datetime | None:
    """Return when the sender looked at the letters of a request last, within a use case that has asked for the right."""
    found: datetime | None = unit.value(_SEEN_AT, {"request": request_id})
    return found


def unseen_replies(unit: Unit) -> tuple[UnseenReply, ...]:
    """Return the replies that nobody has read about visits of the next 24 hours, by the start of the visit."""
    unit.require(Permission.VIEW_REQUESTS)
    statement, scope = _UNSEEN, request_scope.in_scope(unit)
    if scope is not None:
        statement = statement.where(scope)
    found: Mapping[int, Any] = {
        row.id: row for row in unit.rows(statement, {"now": unit.now, "until": unit.now + SOON})
    }
    return tuple(_unseen(unit, row) for row in found.values())


def _unseen(unit: Unit, row: Any) -> UnseenReply:
    contact = patients.contact_of(unit, ContactId(row.contact_id))
    return UnseenReply(
        request_id=RequestId(row.id),
        patient_name=full_name(row.given_name, row.family_name),
        contact_name=full_name(contact.given_name, contact.family_name),
        phone=unit.words.phone(contact.phones[0]) if contact.phones else "",
        provider_name=row.short_name,
        starts_at=row.starts_at,
        zone=row.zone,
        replied_at=row.replied_at,
    )
