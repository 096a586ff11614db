"""Services that families book by themselves, and their variants (BK1): listed with what their links need, made and changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Row, Table, bindparam, delete, insert, select

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, NotFound, Problems, UndoRefused
from request_desk.domain.ids import LocationId, ProviderId, ServiceId, TypeId, VariantId, new_uuid
from request_desk.domain.share_links import (
    Check,
    Preview,
    Service,
    ShareFacts,
    ShareLink,
    Variant,
    bookable_locations,
    bookable_providers,
    preview,
    service_checks,
    share_link,
    variant_checks,
)
from request_desk.domain.text import clean_name, clean_text
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import directory, order
from request_desk.store import schema

_LONGEST: Final = 500  # characters of a description: with four octets each, what the table holds

service, variant = schema.service.c, schema.service_variant.c
who, where = schema.service_variant_provider.c, schema.service_variant_location.c
_SERVICES: Final = select(*service).order_by(service.active.desc(), service.position, service.name, service.id)
_VARIANTS: Final = select(*variant).order_by(variant.active.desc(), variant.position, variant.name, variant.id)
_WHO: Final = select(*who).order_by(who.provider_id)
_WHERE: Final = select(*where).order_by(where.location_id)
_SERVICE: Final = select(*service).where(service.id == bindparam("which"))
_VARIANT: Final = select(*variant).where(variant.id == bindparam("which"))
_ITS_PROVIDERS: Final = select(who.provider_id).where(who.variant_id == bindparam("which")).order_by(who.provider_id)
_ITS_LOCATIONS: Final = (
    select(where.location_id).where(where.variant_id == bindparam("which")).order_by(where.location_id)
)
_SERVICE_NAMED: Final = select(service.id).where(service.name == bindparam("called"))
_VARIANT_NAMED: Final = select(variant.id).where(
    variant.name == bindparam("called"), variant.service_id == bindparam("of_service")
)


@dataclass(frozen=True, slots=True)
class ServiceDetails:
    """What is written down of a service."""

    name: str
    description: str
    visible: bool


@dataclass(frozen=True, slots=True)
class VariantDetails:
    """What is written down of a variant; no providers are all who do its type, no locations are all."""

    name: str
    description: str
    type_id: TypeId | None
    provider_ids: tuple[ProviderId, ...]
    location_ids: tuple[LocationId, ...]
    visible: bool


@dataclass(frozen=True, slots=True)
class Shared:
    """A service, or one of its variants, with its link, what that needs and what it gives.

    `who` and `where` are the names of those with whom and of the places at which a variant can be booked.
    """

    service: Service
    variant: Variant | None
    link: ShareLink
    checks: tuple[Check, ...]
    preview: Preview
    is_first: bool  # of those beside it that are on
    is_last: bool
    type_name: str = ""
    is_video: bool = False
    who: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    @property
    def thing(self) -> Service | Variant:
        return self.service if self.variant is None else self.variant

    @property
    def id(self) -> int:
        return self.thing.id


def all_shared(unit: Unit) -> tuple[Shared, ...]:
    """Return the services in their order, each with its variants behind it; what is switched off stands at the end."""
    unit.require(Permission.SHARE_LINKS)
    facts, found = _facts(unit), _services(unit)
    return tuple(
        shared
        for each in found
        for shared in (
            _shared_service(each, found, facts),
            *(_shared_variant(each, one, facts) for one in each.variants),
        )
    )


def one_shared(unit: Unit, thing_id: int) -> Shared:
    """Return one service or variant by its id."""
    unit.require(Permission.SHARE_LINKS)
    found = next((each for each in all_shared(unit) if each.id == thing_id), None)
    if found is None:
        raise NotFound(_("This is not there any more. Reload to see the present state."))
    return found


def _services(unit: Unit) -> tuple[Service, ...]:
    providers: dict[int, list[ProviderId]] = defaultdict(list)
    locations: dict[int, list[LocationId]] = defaultdict(list)
    for row in unit.rows(_WHO):
        providers[row.variant_id].append(ProviderId(row.provider_id))
    for row in unit.rows(_WHERE):
        locations[row.variant_id].append(LocationId(row.location_id))
    variants: dict[int, list[Variant]] = defaultdict(list)
    for row in unit.rows(_VARIANTS):
        variants[row.service_id].append(_variant(row, providers[row.id], locations[row.id]))
    return tuple(
        Service(
            ServiceId(row.id),
            row.reference,
            row.name,
            row.description,
            row.visible,
            row.active,
            row.version,
            tuple(variants[row.id]),
        )
        for row in unit.rows(_SERVICES)
    )


def _variant(row: Row[Any], providers: Sequence[ProviderId], locations: Sequence[LocationId]) -> Variant:
    return Variant(
        VariantId(row.id),
        ServiceId(row.service_id),
        TypeId(row.type_id),
        row.reference,
        row.name,
        row.description,
        tuple(providers),
        tuple(locations),
        row.visible,
        row.active,
        row.version,
    )


def _facts(unit: Unit) -> ShareFacts:
    return ShareFacts(
        unit.settings,
        {each.id: each for each in directory.appointment_types(unit, all_=True)},
        {each.id: each for each in directory.providers(unit, all_=True)},
        {each.id: each for each in directory.locations(unit, all_=True)},
        directory.windows(unit),
        unit.time.day_of(unit.now),
        unit.words,
    )


def _shared_service(found: Service, every: Sequence[Service], facts: ShareFacts) -> Shared:
    checks = service_checks(found, facts)
    link = share_link(facts.settings, checks, found)
    return Shared(found, None, link, checks, preview(found, None, facts), *_ends(found, every))


def _shared_variant(found: Service, one: Variant, facts: ShareFacts) -> Shared:
    checks, type_ = variant_checks(found, one, facts), facts.types[one.type_id]
    return Shared(
        found,
        one,
        share_link(facts.settings, checks, found, one),
        checks,
        preview(found, one, facts),
        *_ends(one, found.variants),
        type_.name,
        type_.is_video,
        tuple(each.short_name for each in bookable_providers(one, facts)),
        tuple(each.name for each in bookable_locations(one, facts)),
    )


def _ends(one: Service | Variant, every: Sequence[Service | Variant]) -> tuple[bool, bool]:
    """Whether it is the first, and the last, of those that are on."""
    shown = [each.id for each in every if each.active]
    return shown[:1] == [one.id], shown[-1:] == [one.id]


# Services


def add_service(unit: Unit, new: ServiceDetails) -> ServiceId:
    """Make a service, behind the others. Raises Invalid with every problem.

    Can be undone: it is switched off then, since its name is kept.
    """
    unit.require(Permission.MANAGE_SERVICES)
    values = _checked_service(unit, new, None)
    service_id = ServiceId(unit.new_id())
    position = order.next_place(unit, schema.service)
    unit.insert(schema.service, id=service_id, reference=new_uuid(), position=position, **values)
    unit.record("added_service", Topic.DIRECTORY, service_id)
    until = unit.now + unit.grace
    unit.offer_undo(_("Service added"), switch_service, service_id, active=False, expect_version=1, until=until)
    return service_id


def save_service(unit: Unit, service_id: ServiceId, new: ServiceDetails, *, expect_version: int) -> int:
    """Change a service and return its new version; can be undone. Raises Invalid with every problem beside its field."""
    unit.require(Permission.MANAGE_SERVICES)
    row = _row(unit, _SERVICE, service_id)
    before = ServiceDetails(row.name, row.description, row.visible)
    version = _save_service(unit, service_id, new, expect_version)
    until = unit.now + unit.grace
    unit.offer_undo(_("Service saved"), restore_service, service_id, before, expect_version=version, until=until)
    return version


def restore_service(
    unit: Unit, service_id: ServiceId, before: ServiceDetails, *, expect_version: int, until: datetime
) -> int:
    """Take a change of a service back."""
    unit.require(Permission.MANAGE_SERVICES)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the service again."))
    return _save_service(unit, service_id, before, expect_version)


def move_service(unit: Unit, service_id: ServiceId, *, up: bool, expect_version: int) -> int:
    """Move a service one place up or down, here and for families, and return its new version; can be undone."""
    unit.require(Permission.MANAGE_SERVICES)
    version, moved = order.move(unit, schema.service, service_id, up=up, expect_version=expect_version)
    unit.record("moved_service", Topic.DIRECTORY, service_id)
    if moved:
        unit.offer_undo(_("Service moved"), move_service, service_id, up=not up, expect_version=version)
    return version


def switch_service(
    unit: Unit, service_id: ServiceId, *, active: bool, expect_version: int, until: datetime | None = None
) -> int:
    """Switch a service off or on; its links lead nowhere while it is off, and are the same when it is on again.

    With `until` this is the way back from having done so. Returns its new version.
    """
    unit.require(Permission.MANAGE_SERVICES)
    row = order.switch(unit, schema.service, service_id, active=active, expect_version=expect_version, until=until)
    unit.record("switched_on_service" if active else "switched_off_service", Topic.DIRECTORY, service_id)
    label = _("Service switched on") if active else _("Service switched off")
    return order.offer_back(unit, label, switch_service, row, active=active, until=until)


def _save_service(unit: Unit, service_id: ServiceId, new: ServiceDetails, expect_version: int) -> int:
    values = _checked_service(unit, new, service_id)
    row = unit.change(schema.service, service_id, expect_version, **values)
    unit.record("saved_service", Topic.DIRECTORY, service_id)
    return int(row.version)


def _checked_service(unit: Unit, new: ServiceDetails, own: ServiceId | None) -> dict[str, Any]:
    problems = Problems()
    values = {
        "name": problems.of(lambda: _service_name(unit, new.name, own), ""),
        "description": problems.of(lambda: _description(new.description), ""),
        "visible": new.visible,
    }
    problems.tell()
    return values


def _service_name(unit: Unit, text: str, own: ServiceId | None) -> str:
    name = clean_name(text)
    taken = unit.first(_SERVICE_NAMED, {"called": name})
    if taken is not None and taken.id != own:
        raise Invalid(_("There is or was a service of this name. Choose another name."), field="Name")
    return name


# Variants


def add_variant(unit: Unit, service_id: ServiceId, new: VariantDetails) -> VariantId:
    """Make a variant of a service, behind its others. Raises Invalid with every problem.

    Can be undone: it is switched off then, since its name is kept.
    """
    unit.require(Permission.MANAGE_SERVICES)
    _row(unit, _SERVICE, service_id)
    values = _checked_variant(unit, new, service_id, None)
    variant_id = VariantId(unit.new_id())
    position = order.next_place(unit, schema.service_variant)
    unit.insert(
        schema.service_variant,
        id=variant_id,
        service_id=service_id,
        reference=new_uuid(),
        position=position,
        **values,
    )
    _write_choices(unit, variant_id, new)
    unit.record("added_variant", Topic.DIRECTORY, variant_id)
    until = unit.now + unit.grace
    unit.offer_undo(_("Variant added"), switch_variant, variant_id, active=False, expect_version=1, until=until)
    return variant_id


def save_variant(unit: Unit, variant_id: VariantId, new: VariantDetails, *, expect_version: int) -> int:
    """Change a variant and return its new version; can be undone. What is booked stays as it is.

    Raises Invalid with every problem beside its field.
    """
    unit.require(Permission.MANAGE_SERVICES)
    row = _row(unit, _VARIANT, variant_id)
    before = VariantDetails(
        row.name,
        row.description,
        TypeId(row.type_id),
        tuple(ProviderId(each.provider_id) for each in unit.rows(_ITS_PROVIDERS, {"which": variant_id})),
        tuple(LocationId(each.location_id) for each in unit.rows(_ITS_LOCATIONS, {"which": variant_id})),
        row.visible,
    )
    version = _save_variant(unit, variant_id, new, expect_version)
    until = unit.now + unit.grace
    unit.offer_undo(_("Variant saved"), restore_variant, variant_id, before, expect_version=version, until=until)
    return version


def restore_variant(
    unit: Unit, variant_id: VariantId, before: VariantDetails, *, expect_version: int, until: datetime
) -> int:
    """Take a change of a variant back."""
    unit.require(Permission.MANAGE_SERVICES)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the variant again."))
    return _save_variant(unit, variant_id, before, expect_version)


def move_variant(unit: Unit, variant_id: VariantId, *, up: bool, expect_version: int) -> int:
    """Move a variant one place up or down among those of its service, and return its new version; can be undone."""
    unit.require(Permission.MANAGE_SERVICES)
    own = ServiceId(_row(unit, _VARIANT, variant_id).service_id)
    version, moved = order.move(
        unit, schema.service_variant, variant_id, up=up, expect_version=expect_version, among=variant.service_id == own
    )
    unit.record("moved_variant", Topic.DIRECTORY, variant_id)
    if moved:
        unit.offer_undo(_("Variant moved"), move_variant, variant_id, up=not up, expect_version=version)
    return version


def switch_variant(
    unit: Unit, variant_id: VariantId, *, active: bool, expect_version: int, until: datetime | None = None
) -> int:
    """Switch a variant off or on; its link leads nowhere while it is off, and is the same when it is on again.

    With `until` this is the way back from having done so. Returns its new version.
    """
    unit.require(Permission.MANAGE_SERVICES)
    row = order.switch(
        unit, schema.service_variant, variant_id, active=active, expect_version=expect_version, until=until
    )
    unit.record("switched_on_variant" if active else "switched_off_variant", Topic.DIRECTORY, variant_id)
    label = _("Variant switched on") if active else _("Variant switched off")
    return order.offer_back(unit, label, switch_variant, row, active=active, until=until)


def _save_variant(unit: Unit, variant_id: VariantId, new: VariantDetails, expect_version: int) -> int:
    own = ServiceId(_row(unit, _VARIANT, variant_id).service_id)
    values = _checked_variant(unit, new, own, variant_id)
    row = unit.change(schema.service_variant, variant_id, expect_version, **values)
    _write_choices(unit, variant_id, new)
    unit.record("saved_variant", Topic.DIRECTORY, variant_id)
    return int(row.version)


def _write_choices(unit: Unit, variant_id: VariantId, new: VariantDetails) -> None:
    unit.run(delete(schema.service_variant_provider).where(who.variant_id == variant_id))
    unit.run(delete(schema.service_variant_location).where(where.variant_id == variant_id))
    providers = [{"variant_id": variant_id, "provider_id": each} for each in sorted(set(new.provider_ids))]
    if providers:
        unit.run(insert(schema.service_variant_provider), providers)
    locations = [{"variant_id": variant_id, "location_id": each} for each in sorted(set(new.location_ids))]
    if locations:
        unit.run(insert(schema.service_variant_location), locations)


def _checked_variant(unit: Unit, new: VariantDetails, service_id: ServiceId, own: VariantId | None) -> dict[str, Any]:
    problems = Problems()
    values = {
        "name": problems.of(lambda: _variant_name(unit, new.name, service_id, own), ""),
        "description": problems.of(lambda: _description(new.description), ""),
        "type_id": problems.of(lambda: _type(unit, new.type_id), 0),
        "visible": new.visible,
    }
    for table, chosen, field in (
        (schema.provider, new.provider_ids, "Providers"),
        (schema.location, new.location_ids, "Locations"),
    ):
        problems.of(partial(_check_there, unit, table, chosen, field), None)
    problems.tell()
    return values


def _variant_name(unit: Unit, text: str, service_id: ServiceId, own: VariantId | None) -> str:
    name = clean_name(text)
    taken = unit.first(_VARIANT_NAMED, {"called": name, "of_service": service_id})
    if taken is not None and taken.id != own:
        raise Invalid(_("This service has or had a variant of this name. Choose another name."), field="Name")
    return name


def _description(text: str) -> str:
    return clean_text(text, field="Description", most=_LONGEST)


def _type(unit: Unit, type_id: TypeId | None) -> TypeId:
    if (
        type_id is None
        or unit.first(select(schema.appointment_type.c.id).where(schema.appointment_type.c.id == type_id)) is None
    ):
        raise Invalid(_("Choose the appointment type that is booked."), field="Type")
    return type_id


def _check_there(unit: Unit, table: Table, chosen: Sequence[int], field: str) -> None:
    if chosen and not set(chosen) <= {row.id for row in unit.rows(select(table.c.id))}:
        raise Invalid(_("One of these is not there any more. Reload to see the present ones."), field=field)


def _row(unit: Unit, statement: Any, row_id: int) -> Row[Any]:
    found = unit.first(statement, {"which": row_id})
    if found is None:
        raise NotFound(_("This is not there any more. Reload to see the present state."))
    return found
