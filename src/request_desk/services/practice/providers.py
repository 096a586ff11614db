"""Providers made, changed, put in order, switched off and on; their windows and absences live elsewhere."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, delete, func, insert, or_, select

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, NotFound, Problems, UndoRefused
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.text import clean_name, one_line, parse_email, parse_phone
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.inbox import routing as inbox_routing
from request_desk.services.practice import order
from request_desk.store import schema

provider, place, staff = schema.provider.c, schema.provider_location.c, schema.staff.c
location, appointment, window = schema.location.c, schema.appointment.c, schema.availability_window.c
_PROVIDER: Final = select(*provider).where(provider.id == bindparam("which"))
_CALLED: Final = select(provider.id).where(provider.short_name == bindparam("called"), provider.active)
_KNOWN_PLACES: Final = select(location.id)
_PLACES: Final = select(place.provider_id, place.location_id)
_OWN_PLACES: Final = select(place.location_id).where(place.provider_id == bindparam("which"))
_LISTED: Final = (
    select(*provider, staff.login, staff.active.label("login_active"))
    .select_from(schema.provider.outerjoin(schema.staff, staff.provider_id == provider.id))
    .order_by(provider.position, provider.name, provider.id)
)
_WINDOWS: Final = (
    select(location.id, location.name)
    .select_from(schema.availability_window.join(schema.location, location.id == window.location_id))
    .where(
        window.provider_id == bindparam("which"),
        window.active,
        window.removed_at.is_(None),
        or_(window.valid_until.is_(None), window.valid_until >= bindparam("today")),
    )
    .order_by(location.position, location.name)
)
_TO_COME: Final = select(func.count().label("number"), func.min(appointment.starts_at).label("first_at")).where(
    appointment.provider_id == bindparam("which"),
    appointment.ends_at > bindparam("now"),
    or_(
        appointment.status == "confirmed",
        and_(appointment.status == "held", appointment.hold_expires_at > bindparam("now")),
    ),
)
_LOGIN: Final = select(staff.login).where(staff.provider_id == bindparam("which"), staff.active)


@dataclass(frozen=True, slots=True)
class ProviderDetails:
    """What a provider is called, where patients are seen, and the number and address to reach them at; an empty short name is the name."""

    name: str
    short_name: str
    location_ids: frozenset[LocationId]
    mobile_phone: str
    email: str = ""  # for reminders: parents never see it


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """A provider as Settings shows one; `login` is "" for one who does not sign in."""

    id: ProviderId
    name: str
    short_name: str
    location_ids: tuple[LocationId, ...]
    mobile_phone: str
    email: str
    login: str
    login_active: bool
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class ProviderTies:
    """What hangs on a provider: appointments to come, weekly windows that still count, and the login that stays on."""

    appointments: int
    first_at: datetime | None  # when the first of the appointments starts
    windows: int
    login: str  # "" for none that is on


def provider_records(unit: Unit) -> tuple[ProviderRecord, ...]:
    """Return all providers in their order, those who left too, with what only staff may know of them."""
    unit.require(Permission.VIEW_SETTINGS)
    places: dict[int, list[LocationId]] = defaultdict(list)
    for row in unit.rows(_PLACES):
        places[row.provider_id].append(LocationId(row.location_id))
    return tuple(
        ProviderRecord(
            ProviderId(row.id),
            row.name,
            row.short_name,
            tuple(sorted(places[row.id])),
            row.mobile_phone,
            row.email,
            row.login or "",
            bool(row.login_active),
            row.active,
            row.version,
        )
        for row in unit.rows(_LISTED)
    )


def add_provider(unit: Unit, new: ProviderDetails) -> ProviderId:
    """Make a provider at the end of the order. Raises Invalid with every problem beside its field.

    Patients are offered nothing before there are weekly hours, and requests go to their login only once an account has it.
    """
    unit.require(Permission.MANAGE_SETTINGS)
    values = _checked(unit, new, None)
    provider_id = ProviderId(unit.new_id())
    unit.insert(schema.provider, id=provider_id, position=order.next_place(unit, schema.provider), **values)
    _write_places(unit, provider_id, new.location_ids)
    unit.record("added_provider", Topic.DIRECTORY, provider_id)
    return provider_id


def save_provider(unit: Unit, provider_id: ProviderId, new: ProviderDetails, *, expect_version: int) -> int:
    """Change a provider and return the new version; can be undone. Raises Invalid with every problem beside its field."""
    unit.require(Permission.MANAGE_SETTINGS)
    before = unit.first(_PROVIDER, {"which": provider_id})
    places = _places_of(unit, provider_id)
    version = _save(unit, provider_id, new, expect_version)
    if before is not None:  # else it was refused above
        unit.offer_undo(
            _("Provider saved"),
            restore_provider,
            provider_id,
            ProviderDetails(before.name, before.short_name, places, before.mobile_phone, before.email),
            expect_version=version,
            until=unit.now + unit.grace,
        )
    return version


def restore_provider(
    unit: Unit, provider_id: ProviderId, before: ProviderDetails, *, expect_version: int, until: datetime
) -> int:
    """Take a change of a provider back."""
    unit.require(Permission.MANAGE_SETTINGS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the provider again."))
    return _save(unit, provider_id, before, expect_version)


def move_provider(unit: Unit, provider_id: ProviderId, *, up: bool, expect_version: int) -> int:
    """Move a provider one place up or down in every list, and return the new version; can be undone."""
    unit.require(Permission.MANAGE_SETTINGS)
    version, moved = order.move(unit, schema.provider, provider_id, up=up, expect_version=expect_version)
    unit.record("moved_provider", Topic.DIRECTORY, provider_id)
    if moved:
        unit.offer_undo(_("Provider moved"), move_provider, provider_id, up=not up, expect_version=version)
    return version


def provider_ties(unit: Unit, provider_id: ProviderId) -> ProviderTies:
    """Return what hangs on a provider: what whoever switches one off should know."""
    unit.require(Permission.MANAGE_SETTINGS)
    if unit.first(_PROVIDER, {"which": provider_id}) is None:
        raise NotFound(_("This provider is not there any more. Reload to see the present state."))
    to_come = unit.first(_TO_COME, {"which": provider_id, "now": unit.now})
    return ProviderTies(
        appointments=to_come.number if to_come is not None else 0,
        first_at=to_come.first_at if to_come is not None else None,
        windows=len(_windows_of(unit, provider_id)),
        login=unit.value(_LOGIN, {"which": provider_id}) or "",
    )


def switch_provider(
    unit: Unit, provider_id: ProviderId, *, active: bool, expect_version: int, until: datetime | None = None
) -> int:
    """Switch a provider off or on and return the new version; with `until` this is the way back from having done so.

    Nobody is booked with a provider who is off; what is booked stays to be moved. Open requests that the rule placed follow
    at once (RT3, RT6); the login is an account of its own.
    """
    unit.require(Permission.MANAGE_SETTINGS)
    row = order.switch(unit, schema.provider, provider_id, active=active, expect_version=expect_version, until=until)
    if active:
        _check_short_name(unit, row.short_name, provider_id)
    unit.record("switched_on_provider" if active else "switched_off_provider", Topic.DIRECTORY, provider_id)
    inbox_routing.reroute(unit)
    label = _("Provider switched on") if active else _("Provider switched off")
    return order.offer_back(unit, label, switch_provider, row, active=active, until=until)


def _save(unit: Unit, provider_id: ProviderId, new: ProviderDetails, expect_version: int) -> int:
    values = _checked(unit, new, provider_id)
    before = unit.first(_PROVIDER, {"which": provider_id})
    row = unit.change(schema.provider, provider_id, expect_version, **values)
    _write_places(unit, provider_id, new.location_ids)
    # The provider is told of a new number (AV2); the number itself stays out of the journal.
    has_new_phone = True if before is not None and before.mobile_phone != row.mobile_phone else None
    locations = sorted(new.location_ids)
    unit.record("saved_provider", Topic.DIRECTORY, provider_id, locations=locations, mobile_phone=has_new_phone)
    inbox_routing.reroute(unit)  # each request says by its short name why it is where it is (RT4)
    return int(row.version)


def _checked(unit: Unit, new: ProviderDetails, own: ProviderId | None) -> dict[str, Any]:
    problems = Problems()
    name = problems.of(lambda: clean_name(new.name, field="Name"), "")
    short = problems.of(lambda: clean_name(new.short_name, field="Short name", required=False), "") or name
    problems.of(lambda: _check_short_name(unit, short, own), None)
    problems.of(lambda: _check_places(unit, new.location_ids, own), None)
    phone = problems.of(lambda: _mobile(unit, new.mobile_phone), "")
    email = problems.of(lambda: parse_email(new.email) if new.email.strip() else "", "")
    problems.tell()
    return {"name": name, "short_name": short, "mobile_phone": phone, "email": email}


def _check_short_name(unit: Unit, short_name: str, own: ProviderId | None) -> None:
    """Columns, offers and letters tell providers apart by it alone."""
    if any(row.id != own for row in unit.rows(_CALLED, {"called": short_name})):
        sentence = _("Another provider is called {name} already. Give one of them another short name.")
        raise Invalid(sentence.format(name=one_line(short_name)), field="Short name")


def _check_places(unit: Unit, location_ids: frozenset[LocationId], own: ProviderId | None) -> None:
    if not location_ids:
        raise Invalid(_("Tick at least one location: where patients are seen."), field="Locations")
    if not location_ids <= {row.id for row in unit.rows(_KNOWN_PLACES)}:
        raise NotFound(_("A location of this list is not there any more. Reload to see the present state."))
    left = [row for row in _windows_of(unit, own) if row.id not in location_ids] if own is not None else []
    if left:
        sentence = _("There are still weekly hours at {place}. End those first, then take the tick away.")
        raise Invalid(sentence.format(place=one_line(left[0].name)), field="Locations")


def _mobile(unit: Unit, text: str) -> str:
    """The number as it is dialled in the practice's country; nobody has to have one."""
    return unit.words.phone(parse_phone(text, unit.words.region, field="Mobile phone")) if text.strip() else ""


def _windows_of(unit: Unit, provider_id: ProviderId) -> list[Row[Any]]:
    """The places of the windows that still count, one row a window."""
    return list(unit.rows(_WINDOWS, {"which": provider_id, "today": unit.time.day_of(unit.now)}))


def _places_of(unit: Unit, provider_id: ProviderId) -> frozenset[LocationId]:
    return frozenset(LocationId(row.location_id) for row in unit.rows(_OWN_PLACES, {"which": provider_id}))


def _write_places(unit: Unit, provider_id: ProviderId, location_ids: frozenset[LocationId]) -> None:
    if location_ids == _places_of(unit, provider_id):
        return
    unit.run(delete(schema.provider_location).where(place.provider_id == provider_id))
    unit.run(
        insert(schema.provider_location),
        [{"provider_id": provider_id, "location_id": location_id} for location_id in sorted(location_ids)],
    )
