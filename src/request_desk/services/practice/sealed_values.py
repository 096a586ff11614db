"""All that rests sealed in the database: which keys it needs, and sealing it anew with another one (SEC-04)."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, Row, Table, bindparam, select, update

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.sealing import SealBroken, SealedPlace, key_of, missing
from request_desk.services.desk import Unit
from request_desk.store import schema

BATCH: Final = 50
# Every column that holds sealed texts; "" holds none. A text has its table, row and column as its place.
SEALED: Final[tuple[tuple[Table, Column[Any]], ...]] = (
    (schema.booking_secret, schema.booking_secret.c.sealed),
    (schema.subscription, schema.subscription.c.secret_sealed),
    (schema.subscription, schema.subscription.c.previous_secret_sealed),
    (schema.subscription, schema.subscription.c.headers_sealed),
)
# Values are sealed one after the other: none with a key that is just being given up.
_ONE_BY_ONE: Final = select(schema.practice.c.id).with_for_update()
_ALL: Final = tuple(
    select(table.c.id, column.label("sealed")).where(column != "").order_by(table.c.id) for table, column in SEALED
)
_RESEAL: Final = tuple(
    update(table).where(table.c.id == bindparam("which"), column == bindparam("seen")).values({column: bindparam("to")})
    for table, column in SEALED
)
_ACTION: Final = {
    schema.booking_secret.name: "sealed_booking_secret_anew",
    schema.subscription.name: "sealed_subscription_anew",
}


def sealing_keys(unit: Unit) -> frozenset[str]:
    """Return the ids of the keys that something is sealed with."""
    unit.require(Permission.RUN_JOBS)
    return _keys(unit)


def begin(unit: Unit) -> None:
    """Begin to seal a value, within a use case that has asked for the right.

    Raises KeyMissing where other values of the practice do not open here: one that is sealed with a key of this computer alone would be of
    no use to the others.
    """
    unit.first(_ONE_BY_ONE)
    if not all(unit.sealer.has_key(key_id) for key_id in _keys(unit)):
        raise missing()


def seal_anew(unit: Unit, key_id: str) -> int:
    """Seal the next values that are not sealed with this key, and return how many are left; 0: the old keys may go (SEC-04)."""
    unit.require(Permission.RUN_JOBS)
    unit.first(_ONE_BY_ONE)
    due = [(place, row) for place, row in _rows(unit) if _key_id(row.sealed) not in {"", key_id}]
    for place, row in due[:BATCH]:
        table, column = SEALED[place]
        there = SealedPlace(table.name, row.id, column.name)
        sealed = unit.sealer.seal(unit.sealer.unseal(row.sealed, there), there)
        unit.run(_RESEAL[place], {"which": row.id, "seen": row.sealed, "to": sealed})
        unit.record(_ACTION[table.name], Topic.DIRECTORY, row.id, broadcast=False)
    return max(0, len(due) - BATCH)


def _rows(unit: Unit) -> Iterator[tuple[int, Row[Any]]]:
    for place, statement in enumerate(_ALL):
        yield from ((place, row) for row in unit.rows(statement))


def _keys(unit: Unit) -> frozenset[str]:
    return frozenset(key for _place, row in _rows(unit) if (key := _key_id(row.sealed)))


def _key_id(sealed: str) -> str:
    """The key of a sealed text, "" of one that was broken: it opens with none."""
    try:
        return key_of(sealed)
    except SealBroken:
        return ""
