"""What families book by themselves on the booking page: what may be booked, who holds how much, who a hold is for; no row is read here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.directory import Control, Flow, PracticeSettings
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
    place_phone: str
    is_video: bool
    starts_at: datetime
    ends_at: datetime
    zone: str
    needs_forms: bool
    is_cancelled: bool


def is_within_share(held: Sequence[timedelta], wanted: timedelta, open_time: timedelta) -> bool:
    """Tell whether one more time of a provider's day may be held by somebody unknown: a few always, else a fifth of it (WEB-10)."""
    if len(held) < _FEW:
        return True
    return (sum(held, timedelta()) + wanted) * _SHARE <= open_time


def may_manage(settings: PracticeSettings) -> bool:
    """Tell whether the page of a booking leads to the page on which it is moved or cancelled."""
    return any(settings.shows(Flow.BOOKING, each) for each in (Control.CANCEL, Control.RESCHEDULE))
