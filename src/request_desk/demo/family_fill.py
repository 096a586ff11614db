"""What families did by themselves in the demo, signed in to the portal: one cancelled a visit, one moved theirs."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from request_desk.demo.data import Calendar
from request_desk.domain.access import Actor
from request_desk.domain.ids import AppointmentId
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.portal import family_acts

AFTER: Final = timedelta(days=9)  # behind what the demo opens with
_DAYS: Final = 14  # in which another time is looked for


class FamilyFill:
    """The acts of families, made as they make them."""

    def __init__(self, desk: Desk, calendar: Calendar) -> None:
        self._desk = desk
        self._calendar = calendar

    def run(self, appointments: Iterable[tuple[AppointmentId, Actor]]) -> None:
        """Have the first of these visits cancelled, and the next one moved that can be; they belong to no request."""
        has_cancelled = False
        for appointment_id, contact in appointments:
            seen = self._desk.query(contact, family_acts.appointment, appointment_id)
            version = seen.appointment.version
            if not has_cancelled and not seen.cancelling:
                self._desk.perform(contact, family_acts.cancel, appointment_id, expect_version=version)
                has_cancelled = True
            elif has_cancelled and not seen.moving and self._is_moved(contact, appointment_id, version):
                return

    def _is_moved(self, contact: Actor, appointment_id: AppointmentId, version: int) -> bool:
        first = self._calendar.today + AFTER
        free = self._desk.query(
            contact, family_acts.free_times, appointment_id, from_day=first, days=_DAYS, is_same_provider=True
        )
        if not free:
            return False
        time = free[len(free) // 2]
        slot = Slot(time.provider_id, time.location_id, time.starts_at, time.starts_at, time.starts_at)
        self._desk.perform(contact, family_acts.move, appointment_id, slot, expect_version=version)
        return True
