"""What a visit usually became at the end of its day (AP5)."""

from datetime import datetime, timedelta

from hypothesis import given, strategies as st

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.attendance import usual_of
from tests.domain.appointment_parts import START, an_appointment

WHENS = st.timedeltas(timedelta(hours=-3), timedelta(hours=12)).map(lambda by: START + by)


@given(now=WHENS, arrived_at=st.none() | WHENS, are_noted=st.booleans())
def test_completed_only_when_it_is_over_and_they_came_as_far_as_anybody_notes_that(
    now: datetime, arrived_at: datetime | None, are_noted: bool
) -> None:
    seen = an_appointment(arrived_at=arrived_at)
    expected = seen.ends_at <= now and (arrived_at is not None or not are_noted)
    assert usual_of(seen, now, are_noted=are_noted) is (AppointmentStatus.COMPLETED if expected else None)
