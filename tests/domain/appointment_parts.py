"""An appointment as a frozen view, with what a test is about given by name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId

START = datetime(2026, 11, 24, 17, 20, tzinfo=UTC)  # 9:20 AM in the practice


def an_appointment(**values: Any) -> Appointment:
    """Return a confirmed appointment of 40 minutes, also where it starts at another time, changed by `values`."""
    starts_at = values.get("starts_at", START)
    made = Appointment(
        id=AppointmentId(7),
        version=1,
        chain_id=AppointmentId(7),
        replaces_id=None,
        status=AppointmentStatus.CONFIRMED,
        patient_id=PatientId(5),
        patient_name="Zuri Okafor",
        provider_id=ProviderId(1),
        provider_name="Dr. Lindqvist",
        location_id=LocationId(6),
        location_name="Northside",
        type_id=TypeId(1),
        type_name="Well visit",
        lane=0,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=40),
        hold_expires_at=None,
        released_at=None,
        request_id=None,
        cancel_code="",
        cancel_text="",
        is_late_cancel=False,
        booked_by="Maria Santos",
        zone="America/Los_Angeles",
    )
    return replace(made, **values)
