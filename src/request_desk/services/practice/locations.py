"""Locations made, changed, put in order, switched off and on; reading them is in `directory`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, NotFound, Problems, Refused, UndoRefused
from request_desk.domain.ids import LocationId
from request_desk.domain.practice_time import is_zone
from request_desk.domain.text import clean_text, one_line, parse_phone
from request_desk.domain.words import _, plural
from request_desk.services.desk import Unit
from request_desk.services.practice import order
from request_desk.store import schema

location, appointment, window = schema.location.c, schema.appointment.c, schema.availability_window.c
_LOCATION: Final = select(*location).where(location.id == bindparam("which"))
_NAMED: Final = select(location.id).where(location.name == bindparam("called"))
_TO_COME: Final = select(func.count().label("number"), func.min(appointment.starts_at).label("first_at")).where(
    appointment.location_id == bindparam("which"),
    appointment.ends_at > bindparam("now"),
    or_(
        appointment.status == "confirmed",
        and_(appointment.status == "held", appointment.hold_expires_at > bindparam("now")),
    ),
)
_WINDOWS: Final = select(func.count()).where(
    window.location_id == bindparam("which"),
    window.active,
    window.removed_at.is_(None),
    or_(window.valid_until.is_(None), window.valid_until >= bindparam("today")),
)
_DEPARTMENTS: Final = (
    select(schema.department.c.name)
    .where(schema.department.c.location_id == bindparam("which"), schema.department.c.active)
    .order_by(schema.department.c.name)
)
_OTHERS: Final = select(func.count()).where(location.active, location.id != bindparam("which"))


@dataclass(frozen=True, slots=True)
class LocationDetails:
    """What a location is called, where it is, and whose clock its appointments are told by."""

    name: str
    zone: str
    address: str
    phone: str


@dataclass(frozen=True, slots=True)
class LocationTies:
    """What hangs on a location: weekly windows that still count, departments of it, and whether it is the last."""

    windows: int
    departments: tuple[str, ...]
    is_last: bool


def add_location(unit: Unit, new: LocationDetails) -> LocationId:
    """Make a location at the end of the order. Raises Invalid with every problem beside its field."""
    unit.require(Permission.MANAGE_SETTINGS)
    values = _checked(unit, new, None)
    location_id = LocationId(unit.new_id())
    unit.insert(schema.location, id=location_id, position=order.next_place(unit, schema.location), **values)
    unit.record("added_location", Topic.DIRECTORY, location_id, zone=values["zone"])
    return location_id


def save_location(unit: Unit, location_id: LocationId, new: LocationDetails, *, expect_version: int) -> int:
    """Change a location and return its new version; can be undone. Raises Invalid with every problem beside its field.

    Appointments keep their moment in another zone; the hours in which providers are there are read in the new one.
    """
    unit.require(Permission.MANAGE_SETTINGS)
    before = unit.first(_LOCATION, {"which": location_id})
    version = _save(unit, location_id, new, expect_version)
    if before is not None:  # else it was refused above
        unit.offer_undo(
            _("Location saved"),
            restore_location,
            location_id,
            LocationDetails(before.name, before.zone, before.address, before.phone),
            expect_version=version,
            until=unit.now + unit.grace,
        )
    return version


def restore_location(
    unit: Unit, location_id: LocationId, before: LocationDetails, *, expect_version: int, until: datetime
) -> int:
    """Take a change of a location back."""
    unit.require(Permission.MANAGE_SETTINGS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the location again."))
    return _save(unit, location_id, before, expect_version)


def move_location(unit: Unit, location_id: LocationId, *, up: bool, expect_version: int) -> int:
    """Move a location one place up or down in every list, and return its new version; can be undone."""
    unit.require(Permission.MANAGE_SETTINGS)
    version, moved = order.move(unit, schema.location, location_id, up=up, expect_version=expect_version)
    unit.record("moved_location", Topic.DIRECTORY, location_id)
    if moved:
        unit.offer_undo(_("Location moved"), move_location, location_id, up=not up, expect_version=version)
    return version


def location_ties(unit: Unit, location_id: LocationId) -> LocationTies:
    """Return what hangs on a location: what whoever switches it off should know.

    Raises Refused while somebody is still to come there: a patient must not stand before a closed door.
    """
    unit.require(Permission.MANAGE_SETTINGS)
    row = unit.first(_LOCATION, {"which": location_id})
    if row is None:
        raise NotFound(_("This location is not there any more. Reload to see the present state."))
    which = {"which": location_id}
    to_come = unit.first(_TO_COME, which | {"now": unit.now})
    if to_come is not None and to_come.number:
        raise Refused(_still_to_come(unit, one_line(row.name), to_come.number, to_come.first_at))
    return LocationTies(
        windows=unit.value(_WINDOWS, which | {"today": unit.time.day_of(unit.now)}),
        departments=tuple(department.name for department in unit.rows(_DEPARTMENTS, which)),
        is_last=not unit.value(_OTHERS, which),
    )


def switch_location(
    unit: Unit, location_id: LocationId, *, active: bool, expect_version: int, until: datetime | None = None
) -> int:
    """Switch a location off or on and return its new version; with `until` this is the way back from having done so.

    Raises Refused while somebody is still to come there.
    """
    unit.require(Permission.MANAGE_SETTINGS)
    row = order.switch(unit, schema.location, location_id, active=active, expect_version=expect_version, until=until)
    if not active:
        location_ties(unit, location_id)
    unit.record("switched_on_location" if active else "switched_off_location", Topic.DIRECTORY, location_id)
    label = _("Location switched on") if active else _("Location switched off")
    return order.offer_back(unit, label, switch_location, row, active=active, until=until)


def _still_to_come(unit: Unit, name: str, count: int, first_at: datetime) -> str:
    told = plural(
        "{count} visit at {name} is still to come, on {time}. Move or cancel it first.",
        "{count} visits at {name} are still to come, the first on {time}. Move or cancel them first.",
        count,
    )
    return told.format(count=unit.words.count(count), name=name, time=unit.words.moment(first_at))


def _save(unit: Unit, location_id: LocationId, new: LocationDetails, expect_version: int) -> int:
    values = _checked(unit, new, location_id)
    row = unit.change(schema.location, location_id, expect_version, **values)
    unit.record("saved_location", Topic.DIRECTORY, location_id, zone=values["zone"])
    return int(row.version)


def _checked(unit: Unit, new: LocationDetails, own: LocationId | None) -> dict[str, str]:
    problems = Problems()
    values = {
        "name": problems.of(lambda: _name(unit, new.name, own), ""),
        "zone": problems.of(lambda: _zone(new.zone), ""),
        "address": problems.of(lambda: clean_text(new.address, field="Address", most=300, lines=False), ""),
        "phone": problems.of(lambda: _phone(unit, new.phone), ""),
    }
    problems.tell()
    return values


def _name(unit: Unit, text: str, own: LocationId | None) -> str:
    name = clean_text(text, field="Name", most=80, lines=False, required=True)
    taken = unit.first(_NAMED, {"called": name})
    if taken is not None and taken.id != own:
        raise Invalid(_("There is or was a location of this name. Choose another name."), field="Name")
    return name


def _zone(text: str) -> str:
    zone = text.strip()
    if not is_zone(zone):
        raise Invalid(
            _("There is no time zone of this name. It is written like America/Los_Angeles."), field="Time zone"
        )
    return zone


def _phone(unit: Unit, text: str) -> str:
    """A location without a number of its own is reached at the practice's."""
    return unit.words.phone(parse_phone(text, unit.words.region)) if text.strip() else ""
