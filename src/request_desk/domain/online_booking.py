"""What families book by themselves on the booking page: what may be booked, who holds how much, who a hold is for; no row is read here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from request_desk.domain.directory import AppointmentType, Control, Flow, PracticeSettings
from request_desk.domain.ids import (
    AppointmentId,
    LaunchId,
    LocationId,
    PatientId,
    ProviderId,
    TypeId,
    VariantId,
)

MOST_HELD: Final = 2  # times that one client holds at once (WEB-10)
MOST_AN_HOUR: Final = 6  # times that one client holds within an hour without booking them
MOST_A_DAY: Final = 10  # visits that one contact books within a day: a mailbox is no way to a whole schedule
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
_FEW: Final = 3  # times of a provider's day that may be held whatever share they are
_SHARE: Final = 5  # a fifth of the day


@dataclass(frozen=True, slots=True)
class BookingScope:
    """What may be booked, and for whom where that is known from the beginning; () leaves no provider and no location out.

    A variant of a service says all of it but the patient; a booking token (`launch_id`) names the patient, whom nobody chooses then.
    """

    type_id: TypeId
    provider_ids: tuple[ProviderId, ...] = ()
    location_ids: tuple[LocationId, ...] = ()
    variant_id: VariantId | None = None
    launch_id: LaunchId | None = None
    patient_id: PatientId | None = None


# What a link asks: for the booking page, and for the preview of it that staff see


class BookingStep(StrEnum):
    """What whoever has a link goes through until they have a time."""

    VARIANT = "variant"
    PROVIDER = "provider"
    LOCATION = "location"
    TIME = "time"
    PATIENT = "patient"
    CONFIRM = "confirm"


class _Provider(Protocol):
    @property
    def id(self) -> ProviderId: ...
    @property
    def active(self) -> bool: ...


class _Location(Protocol):
    @property
    def id(self) -> LocationId: ...
    @property
    def active(self) -> bool: ...


P = TypeVar("P", bound=_Provider)
L = TypeVar("L", bound=_Location)


@dataclass(frozen=True, slots=True)
class Bookable(Generic[P, L]):
    """With whom and where something is booked, whatever times are free."""

    providers: tuple[P, ...]
    locations: tuple[L, ...]

    @property
    def is_bookable(self) -> bool:
        """Whether there is somebody at some place."""
        return bool(self.providers and self.locations)


def able_providers(type_: AppointmentType, chosen: Collection[ProviderId], every: Iterable[P]) -> tuple[P, ...]:
    """Return who can be booked: who does the type, is chosen (none: everybody), and is here."""
    able = type_.provider_ids
    return tuple(
        each for each in every if each.active and (not able or each.id in able) and (not chosen or each.id in chosen)
    )


def open_locations(chosen: Collection[LocationId], every: Iterable[L]) -> tuple[L, ...]:
    """Return where can be booked: the chosen locations (none: all) that are on."""
    return tuple(each for each in every if each.active and (not chosen or each.id in chosen))


def offer_of(
    type_: AppointmentType,
    provider_ids: Collection[ProviderId],
    location_ids: Collection[LocationId],
    *,
    providers: Iterable[P],
    locations: Iterable[L],
    seen_at: Mapping[ProviderId, Collection[LocationId]],
) -> Bookable[P, L]:
    """Return with whom and where a type is booked within a choice; `seen_at` says where each provider sees anybody."""
    who = able_providers(type_, provider_ids, providers)
    places = {place for each in who for place in seen_at.get(each.id, ())}
    where = tuple(each for each in open_locations(location_ids, locations) if each.id in places)
    there = {each.id for each in where}
    return Bookable(tuple(each for each in who if not there.isdisjoint(seen_at.get(each.id, ()))), where)


def is_shown(type_: AppointmentType, offer: Bookable[P, L], *, is_open: bool) -> bool:
    """Tell whether families see a variant: it is visible and on, as its type is, and somebody can be booked for it."""
    return is_open and type_.active and offer.is_bookable


def asked_steps(offers: Sequence[Bookable[P, L]], *, is_named: bool) -> frozenset[BookingStep]:
    """Return what is asked of whoever may have one of these; the answer to every other step is known, and it is left out.

    `is_named`: the link leads to one of a service's variants.
    """
    known = {
        BookingStep.VARIANT: is_named or len(offers) == 1,
        BookingStep.PROVIDER: all(len(each.providers) == 1 for each in offers) and bool(offers),
        BookingStep.LOCATION: all(len(each.locations) == 1 for each in offers) and bool(offers),
    }
    return frozenset(step for step in BookingStep if not known.get(step, False))


@dataclass(frozen=True, slots=True)
class VariantChoice:
    """One variant of a service, as it is chosen."""

    reference: str
    name: str
    description: str
    is_video: bool


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """A service with those of its variants that can be booked now."""

    reference: str
    name: str
    description: str
    variants: tuple[VariantChoice, ...]
    asked: frozenset[BookingStep] = frozenset()  # of whoever has its link


@dataclass(frozen=True, slots=True)
class NamedChoice:
    """A provider or a location by name, for a choice."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class OfferedVariant:
    """What a share link leads to: what is booked, with the names to choose from, and how far ahead."""

    scope: BookingScope
    service: ServiceChoice
    variant: VariantChoice
    type_name: str
    length: timedelta
    hold_ttl: timedelta
    advance: timedelta
    providers: tuple[NamedChoice, ...]
    locations: tuple[NamedChoice, ...]
    asked: frozenset[BookingStep]

    @property
    def has_choice(self) -> bool:
        """Whether a provider or a location is chosen before the time."""
        return not self.asked.isdisjoint({BookingStep.PROVIDER, BookingStep.LOCATION})


class HoldState(StrEnum):
    """How a time that was held on the booking page stands."""

    HELD = "held"
    OVER = "over"  # it ran out, or was let go
    BOOKED = "booked"


@dataclass(frozen=True, slots=True)
class HeldOnline:
    """A time that a browser holds, with what its page says of it."""

    id: AppointmentId
    state: HoldState
    scope: BookingScope
    service_reference: str  # "" for a booking token
    variant_reference: str
    variant_name: str
    provider_id: ProviderId
    provider_name: str
    location_id: LocationId
    location_name: str
    address: str
    type_name: str
    is_video: bool
    starts_at: datetime
    ends_at: datetime
    zone: str
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class AlreadyBooked:
    """A visit that a patient has, to which a held time would be a second one; `sentence` tells it."""

    id: AppointmentId
    sentence: str


@dataclass(frozen=True, slots=True)
class NewFamily:
    """What a family tells of itself that nobody here knows yet; a contact who is known tells of the child alone."""

    relation: str
    child_given_name: str
    child_family_name: str
    birth_day: str  # as it is typed, like the rest
    given_name: str = ""
    family_name: str = ""
    phone: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class BookedOnline:
    """What was booked, for the page that confirms it and its calendar file."""

    id: AppointmentId
    chain_id: AppointmentId
    sequence: int
    first_name: str
    variant_name: str
    description: str
    type_name: str
    provider_name: str
    location_name: str
    address: str
    is_video: bool
    starts_at: datetime
    ends_at: datetime
    zone: str
    needs_forms: bool
    is_cancelled: bool
    is_told: bool  # somebody gets a letter about it


def is_within_share(held: Sequence[timedelta], wanted: timedelta, open_time: timedelta) -> bool:
    """Tell whether one more time of a provider's day may be held by somebody unknown: a few always, else a fifth of it (WEB-10)."""
    if len(held) < _FEW:
        return True
    return (sum(held, timedelta()) + wanted) * _SHARE <= open_time


def may_manage(settings: PracticeSettings) -> bool:
    """Tell whether the page of a booking leads to the page on which it is moved or cancelled."""
    return any(settings.shows(Flow.BOOKING, each) for each in (Control.CANCEL, Control.RESCHEDULE))
