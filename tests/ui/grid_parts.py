"""Appointments, columns and offers, made by hand for tests of the geometry and of the view."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.availability import Absence, OpenSpan
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId, WindowId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Fit, Offer
from request_desk.domain.schedule import ProviderColumn
from request_desk.domain.spans import Slot
from request_desk.ui.schedule.grid_layout import OfferState, PaintedOffer

ZONE = PracticeTime("America/Los_Angeles")
DAY = date(2026, 11, 24)
LINDQVIST, MWANGI = ProviderId(1), ProviderId(2)
NORTHSIDE, HARBOR = LocationId(1), LocationId(2)
MINUTE = timedelta(minutes=1)


def at(day: date, minute: int) -> datetime:
    return ZONE.instant(day, minute)


def appointment(
    number: int,
    start: datetime,
    minutes: int = 40,
    *,
    provider: ProviderId = LINDQVIST,
    status: AppointmentStatus = AppointmentStatus.CONFIRMED,
    chain: int = 0,
) -> Appointment:
    return Appointment(
        id=AppointmentId(number),
        version=1,
        chain_id=AppointmentId(chain or number),
        replaces_id=None,
        status=status,
        patient_id=PatientId(1),
        patient_name="Zuri Okafor",
        provider_id=provider,
        provider_name="Dr. Lindqvist",
        location_id=NORTHSIDE,
        location_name="Northside",
        type_id=TypeId(1),
        type_name="Well visit",
        lane=0,
        starts_at=start,
        ends_at=start + minutes * MINUTE,
        hold_expires_at=None,
        released_at=None,
        request_id=None,
        cancel_code="",
        cancel_text="",
        is_late_cancel=False,
        booked_by="Maria Santos",
    )


def opened(day: date, start: int, end: int, place: LocationId = NORTHSIDE) -> OpenSpan:
    return OpenSpan(at(day, start), at(day, end), place, "", WindowId(1))


def column(
    provider: ProviderId = LINDQVIST,
    *,
    day: date = DAY,
    spans: Sequence[OpenSpan] = (),
    entries: Sequence[Appointment] = (),
    absences: Sequence[Absence] = (),
) -> ProviderColumn:
    return ProviderColumn(day, provider, "Dr. Lindqvist", ("Northside",), tuple(spans), tuple(absences), tuple(entries))


def offered(start: datetime, digit: int = 1, state: OfferState = OfferState.FREE) -> PaintedOffer:
    slot = Slot(LINDQVIST, NORTHSIDE, start, start + 40 * MINUTE, start + 40 * MINUTE)
    return PaintedOffer(digit, Offer(slot, Fit.EXACT, 1, "Dr. Lindqvist", "Northside"), state)
