"""The order in which people see locations and providers; what is listed where is not decided here."""

from sqlalchemy import Table, bindparam, select, update

from request_desk.domain.errors import NotFound
from request_desk.domain.words import _
from request_desk.services.desk import Unit


def move(unit: Unit, table: Table, row_id: int, *, up: bool, expect_version: int) -> int:
    """Move a row that is switched on one place up or down among those that are, and return its new version.

    At the end of the list it stays. Only the version of the row itself rises: the others' forms stay as they are open.
    """
    row = unit.change(table, row_id, expect_version)
    listed = unit.rows(
        select(table.c.id, table.c.active).order_by(table.c.position, table.c.name, table.c.id).with_for_update()
    )
    shown = [each.id for each in listed if each.active]
    if row_id not in shown:
        raise NotFound(_("What is switched off has no place in the order. Switch it on first."))
    place = shown.index(row_id)
    other = place + (-1 if up else 1)
    if 0 <= other < len(shown):
        shown[place], shown[other] = shown[other], shown[place]
    ordered = [*shown, *(each.id for each in listed if not each.active)]
    unit.run(
        update(table).where(table.c.id == bindparam("which")).values(position=bindparam("place")),
        [{"which": each, "place": number} for number, each in enumerate(ordered, 1)],
    )
    return int(row.version)
