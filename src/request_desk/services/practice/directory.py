"""The staff directory and the practice's own things, read. Changes of it are in `administration`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, select

from request_desk.domain.access import ActorKind, Permission, Role
from request_desk.domain.availability import AvailabilityWindow
from request_desk.domain.directory import (
    AppointmentType,
    Department,
    Location,
    Provider,
    Staff,
)
from request_desk.domain.errors import NotAllowed
from request_desk.domain.ids import DepartmentId, LocationId, ProviderId, StaffId, TargetId, TypeId
from request_desk.domain.requests import Target, TargetKind
from request_desk.domain.words import _, plural
from request_desk.services.desk import Unit
from request_desk.services.inbox.scope import IS_ACTIVE
from request_desk.services.people.access import staff_view
from request_desk.services.schedule import slots
from request_desk.store import schema

_MINUTE: Final = timedelta(minutes=1)
location, provider, staff, department = schema.location.c, schema.provider.c, schema.staff.c, schema.department.c
member, kind, window = schema.department_member.c, schema.appointment_type.c, schema.availability_window.c

_LOCATIONS = select(*location).order_by(location.position, location.name, location.id)
_PROVIDERS = (
    select(*provider, staff.id.label("staff_id"), IS_ACTIVE.label("staff_active"))
    .select_from(schema.provider.outerjoin(schema.staff, staff.provider_id == provider.id))
    .order_by(provider.position, provider.name, provider.id)
)
_PLACES = select(*schema.provider_location.c)
_DEPARTMENTS = select(*department).order_by(department.name, department.id)
_MEMBERS = (
    select(member.department_id, member.staff_id, IS_ACTIVE.label("active"))
    .select_from(schema.department_member.join(schema.staff, staff.id == member.staff_id))
    .order_by(staff.name, staff.id)
)
_TYPES = select(*slots.TYPE_COLUMNS).order_by(kind.position, kind.name, kind.id)
_TYPE_PROVIDERS = select(*schema.appointment_type_provider.c)
_TYPE_DURATIONS = select(*schema.appointment_type_duration.c)
_ACTIVE = select(staff.id).where(IS_ACTIVE)
_STAFF = select(*staff).order_by(staff.name, staff.id)
_WINDOWS = (
    select(*window)
    .where(window.removed_at.is_(None))
    .order_by(window.provider_id, window.weekday, window.start_minute, window.id)
)
_WINDOW_TYPES = select(*schema.availability_window_type.c)
_ACTIVE_MEMBERS = (
    select(staff.id)
    .select_from(schema.department_member.join(schema.staff, staff.id == member.staff_id))
    .where(member.department_id == bindparam("department"), IS_ACTIVE)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """Whom a request can be forwarded to; `detail` tells the members of a department or the roles of a person."""

    target: Target
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Directory:
    """All of it at once, by id: names for lists and filters."""

    locations: Mapping[LocationId, Location]
    providers: Mapping[ProviderId, Provider]
    departments: Mapping[DepartmentId, Department]
    types: Mapping[TypeId, AppointmentType]
    staff: Mapping[StaffId, Staff]


def locations(unit: Unit, *, all_: bool = False) -> tuple[Location, ...]:
    """Return the places, in their order; with `all_` those that are closed too."""
    _inside(unit)
    return tuple(
        Location(LocationId(row.id), row.name, row.zone, row.address, row.phone, row.active, row.version)
        for row in unit.rows(_LOCATIONS)
        if all_ or row.active
    )


def providers(unit: Unit, *, all_: bool = False) -> tuple[Provider, ...]:
    """Return the providers, in their order; with `all_` those who left too."""
    _inside(unit)
    places: dict[int, list[LocationId]] = defaultdict(list)
    for row in unit.rows(_PLACES):
        places[row.provider_id].append(LocationId(row.location_id))
    return tuple(
        Provider(
            ProviderId(row.id),
            row.name,
            row.short_name,
            tuple(sorted(places[row.id])),
            StaffId(row.staff_id) if row.staff_id is not None else None,
            bool(row.staff_active),
            row.active,
            row.version,
        )
        for row in unit.rows(_PROVIDERS)
        if all_ or row.active
    )


def departments(unit: Unit, *, all_: bool = False) -> tuple[Department, ...]:
    """Return the departments by name, with their members by name; with `all_` those that were closed too."""
    _staff_only(unit)
    members: dict[int, list[StaffId]] = defaultdict(list)
    active: dict[int, list[StaffId]] = defaultdict(list)
    for row in unit.rows(_MEMBERS):
        members[row.department_id].append(StaffId(row.staff_id))
        if row.active:
            active[row.department_id].append(StaffId(row.staff_id))
    return tuple(
        Department(
            DepartmentId(row.id), row.name, tuple(members[row.id]), tuple(active[row.id]), row.active, row.version
        )
        for row in unit.rows(_DEPARTMENTS)
        if all_ or row.active
    )


def appointment_types(unit: Unit, *, all_: bool = False) -> tuple[AppointmentType, ...]:
    """Return the kinds of appointment, in their order; with `all_` those that are off too."""
    _inside(unit)
    able: dict[int, list[ProviderId]] = defaultdict(list)
    for row in unit.rows(_TYPE_PROVIDERS):
        able[row.type_id].append(ProviderId(row.provider_id))
    lengths: dict[int, dict[ProviderId, timedelta]] = defaultdict(dict)
    for row in unit.rows(_TYPE_DURATIONS):
        lengths[row.type_id][ProviderId(row.provider_id)] = row.duration_minutes * _MINUTE
    return tuple(
        slots.rules_of(row, tuple(sorted(able[row.rules_id])), lengths[row.rules_id])
        for row in unit.rows(_TYPES)
        if all_ or row.rules_active
    )


def staff_list(unit: Unit, *, all_: bool = False) -> tuple[Staff, ...]:
    """Return who can sign in, by name; with `all_` those who are switched off too."""
    _staff_only(unit)
    return tuple(
        replace(staff_view(row), email=row.email, mobile_phone=row.mobile_phone)
        for row in unit.rows(_STAFF)
        if all_ or row.active
    )


def directory(unit: Unit) -> Directory:
    """Return everything by id, inactive things too: old requests still name them."""
    return Directory(
        {each.id: each for each in locations(unit, all_=True)},
        {each.id: each for each in providers(unit, all_=True)},
        {each.id: each for each in departments(unit, all_=True)},
        {each.id: each for each in appointment_types(unit, all_=True)},
        {each.id: each for each in staff_list(unit, all_=True)},
    )


def windows(unit: Unit, provider_ids: Iterable[ProviderId] = ()) -> tuple[AvailabilityWindow, ...]:
    """Return the weekly windows of these providers, or of all, by provider, weekday and time."""
    unit.require(Permission.VIEW_SCHEDULE)
    wanted = frozenset(provider_ids)
    types: dict[int, list[TypeId]] = defaultdict(list)
    for row in unit.rows(_WINDOW_TYPES):
        types[row.window_id].append(TypeId(row.type_id))
    return tuple(
        slots.window_view(row, types[row.id]) for row in unit.rows(_WINDOWS) if not wanted or row.provider_id in wanted
    )


def targets(unit: Unit) -> tuple[TargetChoice, ...]:
    """Return whom a request can be forwarded to: departments that somebody would see it in, then people (RT5)."""
    unit.require(Permission.FORWARD_REQUESTS)
    active = {row.id for row in unit.rows(_ACTIVE)}
    people = {each.id: each for each in staff_list(unit) if each.id in active}
    groups = [
        TargetChoice(
            Target(TargetKind.DEPARTMENT, TargetId(each.id)),
            each.name,
            _members(people[who].name for who in each.active_member_ids),
        )
        for each in departments(unit)
        if each.active_member_ids
    ]
    single = [
        TargetChoice(Target(TargetKind.STAFF, TargetId(each.id)), each.name, ", ".join(role_words(each.roles)))
        for each in people.values()
        if each.id != unit.actor.id
    ]
    return (*groups, *single)


def banner(unit: Unit) -> str:
    """Return what administrators are told while nobody is in the department that receives requests (RT4)."""
    unit.require(Permission.VIEW_REQUESTS)
    if Role.ADMINISTRATOR not in unit.actor.roles:
        return ""
    intake = unit.settings.intake_department_id
    found = next((each for each in departments(unit) if each.id == intake), None) if intake is not None else None
    if found is None:
        return _(
            "No department receives appointment requests. They go to the providers and to $AD until you choose one in Settings."
        )
    if unit.first(_ACTIVE_MEMBERS, {"department": found.id}) is not None:
        return ""
    return _(
        "{department} has no active member. New requests go to the providers and to $AD until somebody is added in Settings; who is invited counts once they have chosen a password."
    ).format(department=found.name)


def role_words(roles: Iterable[Role]) -> list[str]:
    """Return the roles in words, in the order of the roles."""
    words = {
        Role.SCHEDULER: _("scheduler"),
        Role.PROVIDER: _("provider"),
        Role.ADMINISTRATOR: _("administrator"),
        Role.TYPES: _("types and rooms"),
        Role.AVAILABILITY: _("availability of others"),
    }
    have = frozenset(roles)
    return [words[role] for role in Role if role in have]


def _members(names: Iterable[str]) -> str:
    listed = sorted(names)
    if len(listed) <= 3:
        return ", ".join(listed)
    return plural("{names} and {count} other", "{names} and {count} others", len(listed) - 2).format(
        names=", ".join(listed[:2]), count=len(listed) - 2
    )


def _inside(unit: Unit) -> None:
    """What parents may know as well: where, who, which kinds of appointment."""
    if unit.actor.kind is not ActorKind.CONTACT:
        unit.require(Permission.VIEW_SCHEDULE)
    else:
        unit.require(Permission.USE_PORTAL)


def _staff_only(unit: Unit) -> None:
    if unit.actor.kind is ActorKind.CONTACT:
        raise NotAllowed(_("This is for the staff of the practice."))
    unit.require(Permission.VIEW_REQUESTS)
