"""What a family's calendar is told of an appointment: in a file that it fetches, and with the letters about it (NT1, NOTE-06)."""

from typing import Final

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.directory import Channel, Content
from request_desk.domain.icalendar import CalendarEvent
from request_desk.domain.ids import AppointmentId
from request_desk.domain.notices import BOOKING, CANCELLATION, MOVE, NoticeSpec
from request_desk.services.desk import Unit
from request_desk.services.portal import manage_links
from request_desk.services.portal.manage_links import Present
from request_desk.services.schedule.views import sequence_of

_KINDS: Final = frozenset(spec.kind for spec in (BOOKING, MOVE, CANCELLATION))
_TOLD: Final = (AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELLED)


def event_of(unit: Unit, found: Present, first_name: str) -> CalendarEvent:
    """Return the entry of an appointment, within a use case that has asked for the right to see it."""
    seen, settings = found.appointment, unit.settings
    return CalendarEvent(
        chain_id=seen.chain_id,
        sequence=sequence_of(unit, seen),
        first_name=first_name,
        practice_name=settings.practice_name,
        practice_phone=settings.practice_phone,
        place=seen.location_name,
        address=found.address,
        is_video=seen.is_video,
        starts_at=seen.starts_at,
        ends_at=seen.ends_at,
        is_cancelled=seen.status is AppointmentStatus.CANCELLED,
    )


def calendar_of(
    unit: Unit, spec: NoticeSpec, channel: Channel, content: Content, chain_id: AppointmentId | None
) -> CalendarEvent | None:
    """Return what goes along with a notice that is just being sent; None where it has no calendar file.

    It tells what the chain has come to as seen outside, whatever the notice is about: one that is late moves nothing back.
    """
    is_wanted = unit.settings.calendar_in_letters and channel is Channel.EMAIL and content is Content.TIME
    if not is_wanted or spec.kind not in _KINDS or chain_id is None:
        return None
    found = manage_links.present(unit, chain_id)
    if found is None or found.appointment.status not in _TOLD:
        return None
    return event_of(unit, found, "")
