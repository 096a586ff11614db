"""What somebody who may not change a type or a meeting room asks those who may (AD1)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotFound, Refused, UndoRefused
from request_desk.domain.ids import StaffId, SuggestionId
from request_desk.domain.text import clean_text
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.store import schema

_LIMIT: Final = 1000  # characters; a column holds 2,000 octets

_suggestion = schema.suggestion.c
_OPEN = (
    select(*_suggestion, schema.staff.c.name.label("staff_name"))
    .select_from(schema.suggestion.join(schema.staff, schema.staff.c.id == _suggestion.staff_id))
    .where(_suggestion.closed_at.is_(None), _suggestion.about_kind == bindparam("kind"))
    .order_by(_suggestion.id)
)
_ONE = select(*_suggestion).where(_suggestion.id == bindparam("which"))


class About(StrEnum):
    """What a suggestion is about."""

    TYPE = "type"
    ROOM = "room"


_TABLES: Final = {About.TYPE: schema.appointment_type, About.ROOM: schema.provider}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change that somebody asks for; `about_id` is a type, or the provider whose room it is."""

    id: SuggestionId
    version: int
    about_id: int
    text: str
    staff_id: StaffId
    staff_name: str
    created_at: datetime


def open_suggestions(unit: Unit, about: About) -> tuple[Suggestion, ...]:
    """Return what is asked for and neither taken over nor closed yet, the oldest first."""
    unit.require(Permission.VIEW_SETTINGS)
    return tuple(
        Suggestion(
            SuggestionId(row.id),
            row.version,
            row.about_id,
            row.text,
            StaffId(row.staff_id),
            row.staff_name,
            row.created_at,
        )
        for row in unit.rows(_OPEN, {"kind": about})
    )


def suggest(unit: Unit, about: About, about_id: int, text: str) -> SuggestionId:
    """Ask for a change of a type or a room; can be undone."""
    unit.require(Permission.VIEW_SETTINGS)
    told = clean_text(text, field="Text", most=_LIMIT, required=True)
    table = _TABLES[about]
    if unit.first(select(table.c.id).where(table.c.id == about_id)) is None:
        raise NotFound(_("This is not there any more. Reload to see the present state."))
    suggestion_id = SuggestionId(unit.new_id())
    unit.insert(
        schema.suggestion,
        id=suggestion_id,
        about_kind=about,
        about_id=about_id,
        staff_id=unit.actor.staff_id,
        text=told,
        created_at=unit.now,
    )
    unit.record("suggested", Topic.DIRECTORY, suggestion_id, about=about, about_id=about_id)
    unit.offer_undo(
        _("Change asked for"), withdraw_suggestion, suggestion_id, expect_version=1, until=unit.now + unit.grace
    )
    return suggestion_id


def withdraw_suggestion(unit: Unit, suggestion_id: SuggestionId, *, expect_version: int, until: datetime) -> None:
    """Take one's own suggestion back within the grace time."""
    unit.require(Permission.VIEW_SETTINGS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Somebody may have read it."))
    row = unit.first(_ONE, {"which": suggestion_id})
    if row is None or row.staff_id != unit.actor.id:
        raise NotFound(_("This suggestion is not there any more. Reload to see the present state."))
    _close(unit, suggestion_id, expect_version, "withdrew_suggestion")


def take_over(unit: Unit, suggestion_id: SuggestionId, *, expect_version: int) -> int:
    """Say that the change was made as it was asked for; returns the new version; can be undone."""
    unit.require(Permission.MANAGE_TYPES)
    return _close(unit, suggestion_id, expect_version, "took_over_suggestion")


def close(unit: Unit, suggestion_id: SuggestionId, *, expect_version: int) -> int:
    """Close a suggestion without a change; returns the new version; can be undone."""
    unit.require(Permission.MANAGE_TYPES)
    return _close(unit, suggestion_id, expect_version, "closed_suggestion")


def reopen(unit: Unit, suggestion_id: SuggestionId, *, expect_version: int) -> int:
    """Put a suggestion back among the open ones."""
    unit.require(Permission.MANAGE_TYPES)
    row = unit.change(schema.suggestion, suggestion_id, expect_version, closed_at=None, closed_by_id=None)
    unit.record("reopened_suggestion", Topic.DIRECTORY, suggestion_id)
    return int(row.version)


def _close(unit: Unit, suggestion_id: SuggestionId, expect_version: int, action: str) -> int:
    row = unit.first(_ONE, {"which": suggestion_id})
    if row is not None and row.closed_at is not None and row.version == expect_version:
        raise Refused(_("This suggestion is closed already."))
    changed = unit.change(
        schema.suggestion, suggestion_id, expect_version, closed_at=unit.now, closed_by_id=unit.actor.id
    )
    unit.record(action, Topic.DIRECTORY, suggestion_id)
    if action != "withdrew_suggestion":
        unit.offer_undo(_("Suggestion closed"), reopen, suggestion_id, expect_version=int(changed.version))
    return int(changed.version)
