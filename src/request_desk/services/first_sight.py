"""The head of the signed-in person's *Unread Portal*, for a window that is painted while the practice is still being opened.

It is read by the rules of `access.resume`, `inbox_queries.open_keys` and `rows`, and with their statements, but without them:
loading SQLAlchemy takes longer than people wait for a list. What it returns is replaced by what they return.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from request_desk.domain import triage
from request_desk.domain.access import Actor, ActorKind, Permission, Role, may, session_stands
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import StaffId, hashed
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Group, InboxRow, ListOrder, RequestKey, Wish
from request_desk.services.inbox.rows import inbox_row, wish_of
from request_desk.store.first_sight import Look

ROWS: Final = 64  # as many as the statements have places for; more than any window shows

Preferences = Mapping[str, Any]
# The order of the list that somebody wants, by their preferences; None when it is another list than the plain one.
Wanted = Callable[[Preferences], ListOrder | None]
# What a damaged file may bring: texts, numbers and words that are none. Opening it tells what is to be told.
_DAMAGES: Final = (ValueError, TypeError, OverflowError, msgspec.MsgspecError, Invalid)


@dataclass(frozen=True, slots=True)
class FirstSight:
    """A list as it will be shown: all keys in their order with their groups, and the rows of the first ones."""

    staff_id: StaffId
    settings: PracticeSettings
    order: ListOrder
    keys: tuple[tuple[Group, RequestKey], ...]
    rows: tuple[InboxRow, ...]
    now: datetime

    @property
    def is_grouped(self) -> bool:
        """Whether the list has the words of groups."""
        return self.order is ListOrder.NEEDS_ME


def read(path: Path, token: str, now: datetime, wanted: Wanted) -> FirstSight | None:
    """Read the list of whoever `token` vouches for; None when it vouches for nobody or there is nothing to be read so."""
    try:
        return _read(path, token, now, wanted)
    except _DAMAGES:
        return None


def _read(path: Path, token: str, now: datetime, wanted: Wanted) -> FirstSight | None:
    with Look(path) as seen:
        if not seen.is_ours():
            return None
        actor = _vouched(seen, token, now)
        if actor is None or not may(actor, Permission.VIEW_REQUESTS):
            return None
        preferences = dict(seen.rows("preferences", {"staff": actor.id}))
        order = wanted(preferences)
        settings = _settings(seen)
        if order is None or settings is None:
            return None
        keys = _keys(seen, actor.staff_id)
        near = triage.near(now, settings.opening_hours, settings.closed_days, PracticeTime(settings.zone))
        ordered = triage.in_order(keys, now, near, order)
        rows = _rows(seen, actor.staff_id, [key.id for _group, key in ordered[:ROWS]], now)
        return FirstSight(actor.staff_id, settings, order, tuple(ordered), rows, now)
    return None  # the file could not be read to its end


def _vouched(seen: Look, token: str, now: datetime) -> Actor | None:
    found = seen.rows("session", {"token_hash": hashed(token)})
    if not found:
        return None
    staff_id, name, active, must_change, roles, expires_at, revoked_at = found[0]
    if not session_stands(active=bool(active), revoked_at=revoked_at, expires_at=expires_at, now=now):
        return None
    # A session that began with a one-time code may set the password and nothing else (AUTH-08).
    allowed = frozenset() if must_change else frozenset(Role(role) for role in roles)
    return Actor(ActorKind.STAFF, staff_id, name, allowed)


def _settings(seen: Look) -> PracticeSettings | None:
    found = seen.rows("settings", {})
    return replace(msgspec.convert(found[0][1], PracticeSettings), version=found[0][0]) if found else None


def _keys(seen: Look, staff_id: StaffId) -> list[RequestKey]:
    inboxes = [staff_id, *(row[0] for row in seen.rows("inboxes", {"staff_id": staff_id}))]
    found = seen.rows("keys", {"me": staff_id}, {"targets": inboxes})
    return [RequestKey(row[0], bool(row[1]), *row[2:]) for row in found]


def _rows(seen: Look, staff_id: StaffId, ids: list[int], now: datetime) -> tuple[InboxRow, ...]:
    if not ids:
        return ()
    places = {f"id_{place}": ids[min(place, len(ids) - 1)] for place in range(ROWS)}
    wishes: dict[int, list[Wish]] = {}
    for row in seen.rows("wishes", places):
        wishes.setdefault(row[0], []).append(wish_of(row))
    found = {
        row[0]: inbox_row(row, tuple(wishes.get(row[0], ())))
        for row in seen.rows("rows", {"me": staff_id, "now": now, **places})
    }
    return tuple(found[each] for each in ids if each in found)
