"""What a family does with an appointment by itself: seen, moved, cancelled, from a manage link or signed in (ML1 to ML4, ACT7).

The policy decides who may, the slot rules which times there are, both when it is committed (LINK-14). Nothing has a way back here.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointments import Appointment, is_late_cancel
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.directory import AppointmentType, Control, Flow, RebookingMode, Verification
from request_desk.domain.errors import Conflict, Limited, NotFound, Refused, SlotTaken
from request_desk.domain.icalendar import CalendarEvent
from request_desk.domain.ids import AppointmentId, ContactId, LocationId
from request_desk.domain.manage_links import FamilyAppointment, LinkPurpose, OpenTime
from request_desk.domain.notices import CANCELLATION, MOVE, NoticeSpec
from request_desk.domain.policy import Action, PatientSubject, ScheduleAction, may
from request_desk.domain.spans import Slot
from request_desk.domain.text import parse_version
from request_desk.domain.words import _
from request_desk.services.desk import Deferred, Unit
from request_desk.services.notices import outbox
from request_desk.services.notices.calendars import event_of
from request_desk.services.people import patients
from request_desk.services.portal import manage_links
from request_desk.services.portal.manage_links import Present
from request_desk.services.schedule import scheduling, slots
from request_desk.services.schedule.allowed import outside_words, verdict_of
from request_desk.services.schedule.outside_times import check_offered, open_times
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.services.schedule.views import load

_TOUCH_EVERY: Final = 60.0  # seconds
_CONTROL: Final[Mapping[ScheduleAction, Control]] = {
    ScheduleAction.MOVE: Control.RESCHEDULE,
    ScheduleAction.CANCEL: Control.CANCEL,
}


def _flow(unit: Unit) -> Flow:
    """On which way the actor comes (BK6)."""
    return Flow.MANAGE if unit.actor.kind is ActorKind.LINK else Flow.ACCOUNT


def appointment(unit: Unit, appointment_id: AppointmentId) -> FamilyAppointment:
    """Return what the chain of an appointment has come to and what the family can do with it; raises NotFound for another's."""
    _require(unit)
    found = _present(unit, appointment_id)
    seen, type_ = found.appointment, slots.type_rules(unit, found.appointment.type_id)
    known_at = manage_links.seen_at(unit) if unit.actor.kind is ActorKind.LINK else unit.now
    asks = type_.verification if unit.actor.kind is ActorKind.LINK else Verification.NONE
    return FamilyAppointment(
        appointment=seen,
        first_name=found.given_name,
        address=found.address,
        verification=asks,
        is_known=asks is Verification.NONE or known_at is not None,
        moving=_why_not(unit, ScheduleAction.MOVE, found),
        cancelling=_why_not(unit, ScheduleAction.CANCEL, found),
        is_late=is_late_cancel(seen.starts_at, unit.now, type_.late_cancel),
        is_same_provider=type_.rebooking_mode is RebookingMode.SAME_PROVIDER,
        advance=type_.maximum_advance,
        may_ask=_may_ask(unit, seen),
        touch_due=known_at is not None and (unit.now - known_at).total_seconds() >= _TOUCH_EVERY,
    )


def free_times(
    unit: Unit, appointment_id: AppointmentId, *, from_day: date, days: int, is_same_provider: bool
) -> tuple[OpenTime, ...]:
    """Return to which times an appointment can be moved, by start: at one start and place one, with its own provider before others."""
    _require(unit)
    found = known(unit, appointment_id)
    seen, type_ = found.appointment, slots.type_rules(unit, found.appointment.type_id)
    if _why_not(unit, ScheduleAction.MOVE, found):
        return ()
    book, free = open_times(
        unit,
        type_,
        from_day=from_day,
        days=days,
        provider_ids=(seen.provider_id,) if is_same_provider or _is_locked(type_) else (),
        patient_id=seen.patient_id,
        facts=facts_of(unit, type_, seen.patient_id),
        exclude_chain=seen.chain_id,
    )
    if book is None:
        return ()
    shown: dict[tuple[datetime, LocationId], OpenTime] = {}
    for slot in sorted(free, key=lambda each: (each.starts_at, each.provider_id != seen.provider_id)):
        key = (slot.starts_at, slot.location_id)
        if key in shown or _is_there(seen, slot):
            continue
        place = book.locations[slot.location_id]
        name = book.providers[slot.provider_id].name
        shown[key] = OpenTime(slot.provider_id, name, slot.location_id, place.name, place.zone, slot.starts_at)
    return tuple(shown.values())


def calendar_entry(unit: Unit, appointment_id: AppointmentId) -> CalendarEvent:
    """Return what a family's calendar is told of an appointment; raises NotFound where the practice gives no calendar files."""
    _require(unit)
    found = known(unit, appointment_id)
    if not unit.settings.shows(_flow(unit), Control.CALENDAR):
        raise manage_links.gone()
    return event_of(unit, found, found.given_name)


def cancel(unit: Unit, appointment_id: AppointmentId, *, expect_version: int) -> AppointmentId:
    """Cancel an appointment for its family; noted as late inside the type's window, never undone (ML4).

    Raises Refused with the reason where they cannot, or where it has changed since the page was opened.
    """
    _require(unit)
    parse_version(expect_version)
    seen = _changeable(unit, ScheduleAction.CANCEL, appointment_id, expect_version)
    people = outbox.ask_people(unit, seen.patient_id)
    try:
        done = scheduling.give_up(unit, seen.id)
    except Conflict as error:
        raise _changed_since() from error
    _tell(unit, CANCELLATION, people, done)
    return done.id


def move(unit: Unit, appointment_id: AppointmentId, slot: Slot, *, expect_version: int) -> AppointmentId:
    """Move an appointment for its family to an offered time, and return the new one of its chain (ML3).

    Windows, notice, advance, rebooking mode and the rules for the patient bind. Raises SlotTaken, or Refused with the reason.
    """
    _require(unit)
    parse_version(expect_version)
    on_calendar(slot.starts_at)
    seen = _changeable(unit, ScheduleAction.MOVE, appointment_id, expect_version)
    type_ = slots.type_rules(unit, seen.type_id)
    if _is_there(seen, slot):
        raise Refused(_("The visit is at that time already. Choose another time."))
    if _is_locked(type_) and slot.provider_id != seen.provider_id:
        told = _("This visit stays with {provider}. Choose one of their times.")
        raise Refused(told.format(provider=seen.provider_name))
    offered = check_offered(
        unit,
        type_,
        slot,
        seen.zone,
        patient_id=seen.patient_id,
        facts=facts_of(unit, type_, seen.patient_id),
        exclude_chain=seen.chain_id,
    )
    people = outbox.ask_people(unit, seen.patient_id)
    try:
        done = scheduling.move_offered(unit, seen.id, offered)
    except Conflict as error:
        raise _changed_since() from error
    except (Limited, SlotTaken) as error:  # their words are for the desk, and may name other people
        told = _("{time} is not free any more. Choose another time.")
        time = unit.words.at(seen.zone).moment(slot.starts_at)
        raise SlotTaken(told.format(time=time)) from error
    _tell(unit, MOVE, people, done)
    return done.id


def _require(unit: Unit) -> None:
    unit.require(Permission.USE_LINK if unit.actor.kind is ActorKind.LINK else Permission.USE_PORTAL)


def _present(unit: Unit, appointment_id: AppointmentId) -> Present:
    """What the chain has come to, if it is theirs; of any other they hear the same as of one that is not there."""
    try:
        chain_id = load(unit, appointment_id).chain_id
    except NotFound as error:
        raise manage_links.gone() from error
    found = manage_links.present(unit, chain_id)
    if found is None or not _is_theirs(unit, found.appointment):
        raise manage_links.gone()
    return found


def _is_theirs(unit: Unit, seen: Appointment) -> bool:
    if unit.actor.kind is ActorKind.LINK:
        row = manage_links.live(unit, unit.actor.link_id)
        return row is not None and row.chain_id == seen.chain_id
    relation = patients.rights(unit, unit.actor.contact_id, seen.patient_id)
    return bool(may(unit.actor, Action.ACT_FOR, PatientSubject(relation), unit.time.day_of(unit.now)))


def known(unit: Unit, appointment_id: AppointmentId) -> Present:
    """Return the appointment of a family that has proved what its type asks for, within another use case (ML5)."""
    found = _present(unit, appointment_id)
    is_link = unit.actor.kind is ActorKind.LINK
    asks = slots.type_rules(unit, found.appointment.type_id).verification
    if is_link and asks is not Verification.NONE and manage_links.seen_at(unit) is None:
        raise Refused(_("Please confirm first who you are."))
    return found


def _changeable(unit: Unit, action: ScheduleAction, appointment_id: AppointmentId, expect_version: int) -> Appointment:
    """The appointment as it was seen, where they may do this with it now."""
    found = known(unit, appointment_id)
    if reason := _why_not(unit, action, found):
        raise Refused(reason)
    seen = found.appointment
    if seen.id != appointment_id or seen.version != expect_version:
        raise _changed_since()
    return seen


def _why_not(unit: Unit, action: ScheduleAction, found: Present) -> str:
    seen = found.appointment
    if not unit.settings.shows(_flow(unit), _CONTROL[action]):
        return _("It cannot be changed here.")
    if found.is_settling:
        return _("The practice is just changing this visit. Look again in a minute.")
    verdict = verdict_of(unit, action, seen)
    return outside_words(unit, verdict, action, seen)


def _is_locked(type_: AppointmentType) -> bool:
    return type_.rebooking_mode is RebookingMode.SAME_PROVIDER


def _is_there(seen: Appointment, slot: Slot) -> bool:
    return (slot.provider_id, slot.location_id, slot.starts_at) == (seen.provider_id, seen.location_id, seen.starts_at)


def _may_ask(unit: Unit, seen: Appointment) -> bool:
    """Tell whether there is a contact who may send the practice a request about it."""
    contact_id = _contact_of(unit)
    if contact_id is None or seen.starts_at <= unit.now or not unit.settings.shows(_flow(unit), Control.MESSAGE):
        return False
    return manage_links.may_ask(unit, contact_id, seen.patient_id)


def _contact_of(unit: Unit) -> ContactId | None:
    if unit.actor.kind is not ActorKind.LINK:
        return unit.actor.contact_id
    row = manage_links.live(unit, unit.actor.link_id)
    return None if row is None or row.purpose is not LinkPurpose.MANAGE else row.contact_id


def _changed_since() -> Refused:
    return Refused(_("This visit has changed since you opened the page. Look at it again."))


def _tell(unit: Unit, spec: NoticeSpec, people: Deferred, done: Appointment) -> None:
    outbox.notify(
        unit,
        spec,
        people=people,
        replied=False,
        sender_id=_contact_of(unit),
        appointment_id=done.id,
        version=done.version,
    )
