"""Which times those outside the practice may have: what the slot rules offer, and nothing else (BK4); staff search in `queries`."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from request_desk.domain import schedule
from request_desk.domain.appointments import Appointment
from request_desk.domain.booking_rules import PatientFacts
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Invalid, SlotTaken
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId
from request_desk.domain.schedule import PortalSlot
from request_desk.domain.spans import Slot, Span
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule.patient_facts import obeying
from request_desk.services.schedule.slots import SlotBook, open_book
from request_desk.services.schedule.two_places import at_once
from request_desk.services.schedule.views import upcoming_of

MOST_DAYS: Final = 31  # of one look (WEB-13)


def open_times(
    unit: Unit,
    type_: AppointmentType,
    *,
    from_day: date,
    days: int,
    provider_ids: Collection[ProviderId] = (),
    location_ids: Collection[LocationId] = (),
    patient_id: PatientId | None = None,
    facts: PatientFacts | None = None,
    exclude_chain: AppointmentId | None = None,
    by_provider: bool = True,
) -> tuple[SlotBook | None, tuple[Slot, ...]]:
    """Return the free times from a day on, by start, with the book they were found in; None where no day is left to look at.

    Inside the type's minimum notice and maximum advance, its rules for this patient (AP7) and the windows for those outside; never
    while the patient is elsewhere. What belongs to `exclude_chain` does not stand in the way. Without `by_provider` one time for each start
    and place is enough (`as_shown` chooses it). Asks no permission.
    """
    on_calendar(from_day)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(_("Choose at most {days} days.").format(days=MOST_DAYS), field=_("Days"))
    today = unit.time.day_of(unit.now)
    first = max(from_day, today)
    last = min(first + timedelta(days=days - 1), today + type_.maximum_advance)
    if last < first:
        return None, ()
    span = Span(unit.time.bounds(first).starts_at, unit.time.bounds(last).ends_at)
    own = () if patient_id is None else upcoming_of(unit, (patient_id,))
    book = open_book(unit, span, provider_ids=provider_ids, exclude_chain=exclude_chain)
    found = book.slots(
        type_,
        for_staff=False,
        earliest=schedule.earliest(type_.minimum_notice, unit.now, unit.time),
        latest=schedule.latest(type_.maximum_advance, unit.now, unit.time),
        provider_ids=provider_ids,
        location_ids=location_ids,
        patient=facts,
        by_provider=by_provider
        or bool(own),  # who is elsewhere then may still see the next provider, who takes less long
    )
    obeyed = obeying(unit, book.locations, type_, facts, found)
    return book, tuple(slot for slot in obeyed if not _is_elsewhere(own, slot, exclude_chain)) if own else tuple(obeyed)


def as_shown(book: SlotBook | None, found: Collection[Slot], *, by_provider: bool) -> tuple[PortalSlot, ...]:
    """Return times as families choose them: with any provider one for each start and location, that of the first who is free."""
    if book is None:
        return ()
    shown: dict[tuple[datetime, LocationId, ProviderId | None], PortalSlot] = {}
    for slot in found:
        key = (slot.starts_at, slot.location_id, slot.provider_id if by_provider else None)
        if key not in shown:
            shown[key] = PortalSlot(
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                provider_id=slot.provider_id,
                provider_name=book.providers[slot.provider_id].name,
                location_id=slot.location_id,
                location_name=book.locations[slot.location_id].name,
                zone=book.locations[slot.location_id].zone,
            )
    return tuple(shown.values())


def check_offered(
    unit: Unit,
    type_: AppointmentType,
    slot: Slot,
    zone: str,
    *,
    patient_id: PatientId | None = None,
    facts: PatientFacts | None = None,
    exclude_chain: AppointmentId | None = None,
) -> Slot:
    """Return the offered slot that begins when and where `slot` does; raises SlotTaken where there is none (ADR 3 decides races)."""
    _book, found = open_times(
        unit,
        type_,
        from_day=unit.time.day_of(slot.starts_at),
        days=1,
        provider_ids=(slot.provider_id,),
        location_ids=(slot.location_id,),
        patient_id=patient_id,
        facts=facts,
        exclude_chain=exclude_chain,
    )
    for each in found:
        if each.starts_at == slot.starts_at:
            return each
    told = _("{time} is not free any more. Choose another time.")
    raise SlotTaken(told.format(time=unit.words.at(zone).moment(slot.starts_at)))


def _is_elsewhere(own: Collection[Appointment], slot: Slot, chain_id: AppointmentId | None) -> bool:
    return any(True for _each in at_once(own, slot, chain_id))
