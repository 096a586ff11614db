"""The order in which people see locations, providers and types, and which of them are on; what is listed where is not decided here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, bindparam, func, select, update

from request_desk.domain.errors import NotFound, UndoRefused
from request_desk.domain.words import _
from request_desk.services.desk import Unit


def next_place(unit: Unit, table: Table) -> int:
    """Return the place behind all others: that of a new row."""
    return int(unit.value(select(func.coalesce(func.max(table.c.position), 0)))) + 1


def move(
    unit: Unit, table: Table, row_id: int, *, up: bool, expect_version: int, among: ColumnElement[bool] | None = None
) -> tuple[int, bool]:
    """Move a row that is on one place up or down among those that are; return its new version and whether it moved.

    `among` leaves those out that are not listed with it. At the end of the list it stays. Only the version of the row itself rises: the others' forms stay as they are open.
    """
    row = unit.change(table, row_id, expect_version)
    every = select(table.c.id, table.c.active).order_by(table.c.position, table.c.name, table.c.id).with_for_update()
    listed = unit.rows(every if among is None else every.where(among))
    shown = [each.id for each in listed if each.active]
    if row_id not in shown:
        raise NotFound(_("What is switched off has no place in the order. Switch it on first."))
    place = shown.index(row_id)
    other = place + (-1 if up else 1)
    can_move = 0 <= other < len(shown)
    if can_move:
        shown[place], shown[other] = shown[other], shown[place]
    ordered = [*shown, *(each.id for each in listed if not each.active)]
    unit.run(
        update(table).where(table.c.id == bindparam("which")).values(position=bindparam("place")),
        [{"which": each, "place": number} for number, each in enumerate(ordered, 1)],
    )
    return int(row.version), can_move


def switch(
    unit: Unit, table: Table, row_id: int, *, active: bool, expect_version: int, until: datetime | None
) -> Row[Any]:
    """Switch a row off or on and return it as it is then; `until` is for the way back from having done so.

    Raises UndoRefused after `until`.
    """
    if until is not None and unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Switch it again."))
    return unit.change(table, row_id, expect_version, active=active)


def offer_back(
    unit: Unit, label: str, function: Callable[..., int], row: Row[Any], *, active: bool, until: datetime | None
) -> int:
    """Offer the way back from having switched a row, unless that was the way back; return its version."""
    version = int(row.version)
    if until is None:
        until = unit.now + unit.grace
        unit.offer_undo(label, function, row.id, active=not active, expect_version=version, until=until)
    return version
