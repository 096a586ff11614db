"""What the booking page lets families choose from: services, variants, times; what becomes of a chosen time is in `booking`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, select

from request_desk.domain.access import Permission
from request_desk.domain.availability import serves
from request_desk.domain.directory import AppointmentType
from request_desk.domain.ids import LocationId, ProviderId, TypeId, VariantId
from request_desk.domain.online_booking import (
    Bookable,
    BookingScope,
    NamedChoice,
    OfferedVariant,
    ServiceChoice,
    VariantChoice,
    asked_steps,
    is_shown,
    offer_of,
)
from request_desk.domain.schedule import PortalSlot
from request_desk.services.desk import Unit
from request_desk.services.schedule import slots
from request_desk.services.schedule.outside_times import as_shown, open_times
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.store import schema

T = TypeVar("T", bound=int)
_Bookable: TypeAlias = Bookable[slots.ProviderFacts, slots.LocationFacts]
_AHEAD: Final = 31  # days that are searched for the next free time
_service, _variant, _type = schema.service, schema.service_variant, schema.appointment_type
_FOUND = (
    select(
        _service.c.id,
        _service.c.reference,
        _service.c.name,
        _service.c.description,
        _variant.c.id.label("variant_id"),
        _variant.c.reference.label("variant_reference"),
        _variant.c.name.label("variant_name"),
        _variant.c.description.label("variant_description"),
        _variant.c.type_id,
        _type.c.is_video,
        and_(_service.c.visible, _service.c.active, _variant.c.visible, _variant.c.active).label("is_open"),
    )
    .select_from(
        _service.join(_variant, _variant.c.service_id == _service.c.id).join(_type, _type.c.id == _variant.c.type_id)
    )
    .where(_service.c.reference == bindparam("service"))
    .order_by(_variant.c.position, _variant.c.name, _variant.c.id)
)
_of_variant, _at_variant = schema.service_variant_provider.c, schema.service_variant_location.c
_PROVIDERS = (
    select(_of_variant.provider_id)
    .where(_of_variant.variant_id == bindparam("variant"))
    .order_by(_of_variant.provider_id)
)
_LOCATIONS = (
    select(_at_variant.location_id)
    .where(_at_variant.variant_id == bindparam("variant"))
    .order_by(_at_variant.location_id)
)
_TYPES = select(_type.c.id).where(_type.c.active).order_by(_type.c.position, _type.c.id)
_PLACES = select(schema.provider_location.c.provider_id, schema.provider_location.c.location_id)


def service_choice(unit: Unit, reference: UUID) -> ServiceChoice | None:
    """Return a service with the variants that families see, in their order.

    None for one that is unknown, hidden or switched off, or has no variant for which somebody can be booked.
    """
    unit.require(Permission.BOOK_ONLINE)
    found = _shown(unit, reference)
    return _choice(reference, found) if found else None


def offered(unit: Unit, reference: UUID, variant: UUID) -> OfferedVariant | None:
    """Return what a variant of a service offers; None where its link leads nowhere."""
    unit.require(Permission.BOOK_ONLINE)
    found = _shown(unit, reference)
    shown = next((each for each in found if each.row.variant_reference == variant), None)
    if shown is None:
        return None
    service = _choice(reference, found)
    choice = next(each for each in service.variants if each.reference == str(variant))
    return _offered(shown.type_, shown.scope, shown.offer, service, choice)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A variant that families see."""

    row: Row[Any]
    type_: AppointmentType
    scope: BookingScope
    offer: _Bookable


def _shown(unit: Unit, reference: UUID) -> list[_Shown]:
    found: list[_Shown] = []
    for row in unit.rows(_FOUND, {"service": reference}):
        type_ = slots.type_rules(unit, TypeId(row.type_id))
        scope = scope_of(unit, VariantId(row.variant_id), type_.id)
        offer = _offer(unit, type_, scope)
        if is_shown(type_, offer, is_open=row.is_open):
            found.append(_Shown(row, type_, scope, offer))
    return found


def _choice(reference: UUID, found: Sequence[_Shown]) -> ServiceChoice:
    rows = [each.row for each in found]
    return ServiceChoice(
        str(reference),
        rows[0].name,
        rows[0].description,
        tuple(
            VariantChoice(str(row.variant_reference), row.variant_name, row.variant_description, row.is_video)
            for row in rows
        ),
        asked_steps([each.offer for each in found], is_named=False),
    )


def scope_of(unit: Unit, variant_id: VariantId, type_id: TypeId) -> BookingScope:
    """Return what a variant says: the type, and whom and where."""
    return BookingScope(
        type_id=type_id,
        provider_ids=tuple(ProviderId(row[0]) for row in unit.rows(_PROVIDERS, {"variant": variant_id})),
        location_ids=tuple(LocationId(row[0]) for row in unit.rows(_LOCATIONS, {"variant": variant_id})),
        variant_id=variant_id,
    )


def offered_by_token(unit: Unit, scope: BookingScope) -> OfferedVariant:
    """Return what may be chosen within the scope of a booking token, which no service names."""
    unit.require(Permission.BOOK_ONLINE)
    type_ = slots.type_rules(unit, scope.type_id)
    choice = VariantChoice("", type_.name, "", type_.is_video)
    service = ServiceChoice("", type_.name, "", (choice,))
    return _offered(type_, scope, _offer(unit, type_, scope), service, choice)


def kinds_of_token(unit: Unit, location_ids: Sequence[LocationId]) -> tuple[VariantChoice, ...]:
    """Return the kinds of visit that a booking token which names none lets choose: those with hours for families there."""
    unit.require(Permission.BOOK_ONLINE)
    windows = slots.windows_of(unit, slots.all_providers(unit))
    found: list[VariantChoice] = []
    for row in unit.rows(_TYPES):
        type_ = slots.type_rules(unit, TypeId(row.id))
        offer = _offer(unit, type_, BookingScope(type_.id, location_ids=tuple(location_ids)))
        places = {each.id for each in offer.locations}
        if any(
            window.location_id in places and serves(window, type_.id, for_staff=False)
            for each in offer.providers
            for window in windows.get(each.id, ())
        ):
            found.append(VariantChoice(str(type_.id), type_.name, "", type_.is_video))
    return tuple(found)


def _offer(unit: Unit, type_: AppointmentType, scope: BookingScope) -> _Bookable:
    seen_at: dict[ProviderId, list[LocationId]] = {}
    for row in unit.rows(_PLACES):
        seen_at.setdefault(ProviderId(row.provider_id), []).append(LocationId(row.location_id))
    return offer_of(
        type_,
        scope.provider_ids,
        scope.location_ids,
        providers=slots.all_providers(unit).values(),
        locations=slots.all_locations(unit).values(),
        seen_at=seen_at,
    )


def _offered(
    type_: AppointmentType,
    scope: BookingScope,
    offer: _Bookable,
    service: ServiceChoice,
    choice: VariantChoice,
) -> OfferedVariant:
    return OfferedVariant(
        scope=scope,
        service=service,
        variant=choice,
        type_name=type_.name,
        length=type_.duration,
        hold_ttl=type_.hold_ttl,
        advance=type_.maximum_advance,
        providers=tuple(NamedChoice(each.id, each.name) for each in offer.providers),
        locations=tuple(NamedChoice(each.id, each.name) for each in offer.locations),
        asked=asked_steps([offer], is_named=True),
    )


def online_times(
    unit: Unit,
    scope: BookingScope,
    *,
    provider_id: ProviderId | None,
    location_id: LocationId | None,
    from_day: date,
    days: int,
) -> tuple[tuple[PortalSlot, ...], date | None]:
    """Return the free times of some days by start, and where there is none the next day that has one (BK4).

    With any provider there is one for each start and location. Nothing is told but that a time is free (WEB-13).
    """
    unit.require(Permission.BOOK_ONLINE)
    type_ = slots.type_rules(unit, scope.type_id)
    if not type_.active:
        return (), None
    found = _times(unit, scope, type_, provider_id, location_id, from_day, days)
    if found:
        return found, None
    later = _times(unit, scope, type_, provider_id, location_id, from_day + timedelta(days=days), _AHEAD)
    return (), unit.time.day_of(later[0].starts_at) if later else None


def _times(
    unit: Unit,
    scope: BookingScope,
    type_: AppointmentType,
    provider_id: ProviderId | None,
    location_id: LocationId | None,
    from_day: date,
    days: int,
) -> tuple[PortalSlot, ...]:
    providers = narrowed(scope.provider_ids, provider_id)
    locations = narrowed(scope.location_ids, location_id)
    if providers is None or locations is None:
        return ()
    book, found = open_times(
        unit,
        type_,
        from_day=from_day,
        days=days,
        provider_ids=providers,
        location_ids=locations,
        patient_id=scope.patient_id,
        facts=facts_of(unit, type_, scope.patient_id),
        by_provider=provider_id is not None,
    )
    return as_shown(book, found, by_provider=provider_id is not None)


def narrowed(within: Sequence[T], chosen: T | None) -> tuple[T, ...] | None:
    """Return which of a scope's are meant: the chosen one, or all; None for one that is not among them."""
    if chosen is None:
        return tuple(within)
    return (chosen,) if not within or chosen in within else None
