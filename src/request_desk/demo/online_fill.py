"""Somebody who is just booking by themselves while the demo opens: a time on the booking page that is held for nobody yet."""

from datetime import timedelta
from typing import Final

from request_desk.demo.data import Calendar
from request_desk.demo.rows import Keys
from request_desk.domain.access import VISITOR
from request_desk.domain.ids import hashed
from request_desk.domain.online_booking import BookingScope
from request_desk.services.desk import Desk
from request_desk.services.portal import booking, booking_choices

_TYPE: Final = "well"
_AHEAD: Final = timedelta(days=7)


def hold_online(desk: Desk, known: Keys, calendar: Calendar) -> None:
    """Hold the first time of the day a week from now on, as a browser does."""
    scope = BookingScope(known.types[_TYPE])
    found, _later = desk.query(
        VISITOR,
        booking_choices.online_times,
        scope,
        provider_id=None,
        location_id=None,
        from_day=calendar.today + _AHEAD,
        days=7,
    )
    desk.perform(
        VISITOR,
        booking.hold_online,
        scope,
        found[0].starts_at,
        found[0].provider_id,
        found[0].location_id,
        secret_hash=hashed("the demo"),
        client_hash=hashed("somewhere"),
    )
