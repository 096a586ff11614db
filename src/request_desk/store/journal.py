"""The journal: who did what to which id, written last in every transaction and read back as the feed of changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Executable, bindparam, func, insert, literal, select

from request_desk.store import schema

T = TypeVar("T")

CHANNEL = "request_desk"
_LOCK = 7_310_951  # any constant; one lock for the whole journal
_OF_APPOINTMENT = literal("appointment")
_journal, _appointment = schema.journal, schema.appointment
_INSERT = insert(_journal).returning(_journal.c.seq)
_LOCK_AND_NOTIFY = select(func.pg_advisory_xact_lock(_LOCK), func.pg_notify(CHANNEL, ""))
_LAST = select(func.coalesce(func.max(_journal.c.seq), 0))
_TAIL = (
    select(
        _journal.c.seq,
        _journal.c.at,
        _journal.c.actor_kind,
        _journal.c.actor_id,
        func.coalesce(schema.staff.c.name, ""),
        _journal.c.desk,
        _journal.c.action,
        _journal.c.topic,
        _journal.c.entity_id,
        _appointment.c.starts_at,
        _appointment.c.provider_id,
        _appointment.c.patient_id,
        _appointment.c.request_id,
    )
    .select_from(
        _journal.outerjoin(schema.staff, schema.staff.c.id == _journal.c.actor_id).outerjoin(
            _appointment, (_appointment.c.id == _journal.c.entity_id) & (_journal.c.topic == _OF_APPOINTMENT)
        )
    )
    .where(_journal.c.seq > bindparam("after"), _journal.c.broadcast)
    .order_by(_journal.c.seq)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Written:
    """One line of the journal as it is written; `detail` holds ids, words of ours and times, never text of a patient."""

    action: str
    topic: str
    entity_id: int
    detail: dict[str, Any] | None
    broadcast: bool


def append(
    ask: Callable[[Executable, Mapping[str, Any]], T],
    lines: Sequence[Written],
    *,
    is_postgresql: bool,
    at: datetime,
    actor_kind: str,
    actor_id: int,
    desk: str,
    command_id: UUID,
) -> list[T]:
    """Ask for lines to be written; the answers' rows are their numbers, in order. Must be the last of a transaction.

    On PostgreSQL a lock makes commit order equal journal order (without it a reader of "seq > last" misses rows), so nothing
    may be locked after it.
    """
    if not lines:
        return []
    if is_postgresql:
        # The note is delivered at the commit, whenever it is asked for: one way to the server for both.
        ask(_LOCK_AND_NOTIFY, {})
    common = {
        "at": at,
        "actor_kind": actor_kind,
        "actor_id": actor_id,
        "desk": desk,
        "command_id": command_id,
    }
    return [
        ask(
            _INSERT,
            common
            | {
                "action": line.action,
                "topic": line.topic,
                "entity_id": line.entity_id,
                "detail": line.detail,
                "broadcast": line.broadcast,
            },
        )
        for line in lines
    ]


def tail(connection: Connection, after: int, most: int) -> list[tuple[Any, ...]]:
    """Return broadcast lines behind `after`: (seq, at, actor kind, actor id, actor name, desk, action, topic, entity id).

    Behind these an appointment's (start, provider id, patient id, request id), None for any other thing.
    """
    return [tuple(row) for row in connection.execute(_TAIL, {"after": after, "most": most})]


def last(connection: Connection) -> int:
    """Return the number of the newest line, 0 when there is none."""
    return int(connection.execute(_LAST).scalar_one())
