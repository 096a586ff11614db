"""What each person of the staff has chosen for their own window: filters, order, text size, look."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from request_desk.domain.access import Permission
from request_desk.domain.errors import Invalid
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.store import schema

_PREFERENCE_LIMIT: Final = 8_000  # signs of JSON
_KEY_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz_.")

preference = schema.staff_preference.c

_PREFERENCES = select(preference.key, preference.value).where(preference.staff_id == bindparam("staff"))
_FORGET_PREFERENCE = delete(schema.staff_preference).where(
    preference.staff_id == bindparam("staff"), preference.key == bindparam("which")
)


def preferences(unit: Unit) -> Mapping[str, Any]:
    """Return the actor's own preferences: filters, order, text size, look."""
    unit.require(Permission.VIEW_REQUESTS)
    return {row.key: row.value for row in unit.rows(_PREFERENCES, {"staff": unit.actor.staff_id})}


def set_preference(unit: Unit, key: str, value: object) -> None:
    """Keep one preference of the actor; None forgets it. Not journalled: it is nobody else's business."""
    unit.require(Permission.VIEW_REQUESTS)
    if not 0 < len(key) <= 40 or not _KEY_SIGNS.issuperset(key):
        raise Invalid(_("This preference has no proper name."), field="key")
    values = {"staff": unit.actor.staff_id, "which": key}
    plain = msgspec.to_builtins(value)
    if plain is None:
        unit.run(_FORGET_PREFERENCE, values)
        return
    if len(msgspec.json.encode(plain)) > _PREFERENCE_LIMIT:
        raise Invalid(_("This is too much to remember. Choose fewer filters."), field=key)
    changed = unit.run(
        update(schema.staff_preference)
        .where(preference.staff_id == unit.actor.staff_id, preference.key == key)
        .values(value=plain)
    )
    if not changed:
        unit.run(insert(schema.staff_preference), {"staff_id": unit.actor.staff_id, "key": key, "value": plain})
