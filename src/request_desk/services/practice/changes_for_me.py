"""What others changed of a provider's own times: told to that provider until they have seen it (AV2); nothing is changed here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, union_all

from request_desk.domain.access import Permission
from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.changes import Topic
from request_desk.domain.ids import AbsenceId, ProviderId
from request_desk.services.desk import Unit
from request_desk.services.schedule import slots
from request_desk.store import schema

_journal, _window, _absence = schema.journal.c, schema.availability_window, schema.absence
_PROVIDER: Final = bindparam("provider", type_=schema.provider.c.id.type)
_THINGS = union_all(
    select(_window.c.id).where(_window.c.provider_id == _PROVIDER),
    select(_absence.c.id).where(_absence.c.provider_id == _PROVIDER),
    select(schema.provider.c.id).where(schema.provider.c.id == _PROVIDER),
)
_LINES = (
    select(
        _journal.seq,
        _journal.action,
        _journal.entity_id,
        _journal.actor_id,
        _journal.detail,
        schema.staff.c.name,
    )
    .select_from(schema.journal.outerjoin(schema.staff, schema.staff.c.id == _journal.actor_id))
    .where(
        _journal.entity_id.in_(_THINGS),
        _journal.topic.in_([Topic.AVAILABILITY, Topic.DIRECTORY]),
        _journal.seq > bindparam("after"),
    )
    .order_by(_journal.seq)
)
_WINDOWS = select(*_window.c).where(_window.c.provider_id == _PROVIDER)
_ABSENCES = select(*_absence.c).where(_absence.c.provider_id == _PROVIDER)


@dataclass(frozen=True, slots=True)
class ChangeForMe:
    """One thing of the actor's own that somebody else changed, as it is now; neither window nor absence: the mobile number.

    `seq` is the number of the last change in the journal.
    """

    seq: int
    who: str  # "" when it was nobody who signs in
    window: AvailabilityWindow | None
    absence: Absence | None
    is_new: bool
    is_removed: bool
    is_switched: bool


def changes_for_me(unit: Unit, after: int) -> tuple[ChangeForMe, ...]:
    """Return what others changed of the actor's own times and number behind journal number `after`, newest first.

    A thing is told once, however often it was changed. Left out is what was entered and taken away again, and what the
    provider has changed since. Empty for whoever is no provider.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    provider_id = unit.actor.provider_id
    if provider_id is None:
        return ()
    asked = {"provider": provider_id}
    of: dict[int, list[Row[Any]]] = {}
    for line in unit.rows(_LINES, {**asked, "after": after}):
        if line.entity_id != provider_id or _is_of_phone(line):
            of.setdefault(line.entity_id, []).append(line)
    if not of:
        return ()
    windows = {row.id: row for row in unit.rows(_WINDOWS, asked)}
    absences = {row.id: row for row in unit.rows(_ABSENCES, asked)}
    told = []
    for thing_id, lines in of.items():
        window, absence, last, is_new = windows.get(thing_id), absences.get(thing_id), lines[-1], _is_new(lines)
        row = window or absence
        is_removed = row is not None and row.removed_at is not None
        if last.actor_id == unit.actor.id or (is_new and is_removed):
            continue
        told.append(
            ChangeForMe(
                seq=last.seq,
                who=last.name or "",
                window=None if window is None else slots.window_view(window, ()),
                absence=None if absence is None else _absence_of(absence, provider_id),
                is_new=is_new,
                is_removed=is_removed,
                is_switched=last.action == "switched_window",
            )
        )
    return tuple(sorted(told, key=lambda each: each.seq, reverse=True))


def _is_new(lines: Iterable[Row[Any]]) -> bool:
    return any(line.action in ("added_window", "added_absence") for line in lines)


def _is_of_phone(line: Row[Any]) -> bool:
    """The form of the provider in Settings has the number among other things; it says when it changed that."""
    return bool(line.action == "saved_mobile_phone" or (line.detail or {}).get("mobile_phone"))


def _absence_of(row: Row[Any], provider_id: ProviderId) -> Absence:
    return Absence(AbsenceId(row.id), provider_id, row.starts_at, row.ends_at, row.label, row.version)
