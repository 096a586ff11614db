"""The acts on the schedule: hold, book, cancel, reschedule, and their undo; what is marked is in `attendance`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, null, select, text, update
from sqlalchemy.exc import IntegrityError

from request_desk.domain import appointments, schedule
from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointment_reasons import BY_FAMILY
from request_desk.domain.appointments import MOVED_ON, REPLACED, RESCHEDULED, UNDONE, Appointment, AppointmentStatus
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType, CancelReason
from request_desk.domain.errors import Conflict, Invalid, Limit, Limited, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.freed_slots import SlotOfferState
from request_desk.domain.ids import AppointmentId, PatientId, RequestId, TypeId
from request_desk.domain.notices import BOOKING, MOVE
from request_desk.domain.policy import ScheduleAction
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot, Span
from request_desk.domain.text import clean_text, parse_version
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.services.notices import outbox
from request_desk.services.schedule import double_bookings, holds, sessions
from request_desk.services.schedule.against import limits_against
from request_desk.services.schedule.allowed import check_allowed, check_time_allowed
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.services.schedule.slots import TYPE_COLUMNS, rules_of, type_rules
from request_desk.services.schedule.views import VIEW, load, not_there, view
from request_desk.store import schema

_REASON_MOST: Final = 500  # characters; a column holds 2,000 octets
_table: Final = schema.appointment
_PATIENT = select(
    schema.patient.c.given_name, schema.patient.c.family_name, schema.patient.c.active, schema.patient.c.deceased
).where(schema.patient.c.id == bindparam("patient"))
_SENDER = select(schema.request.c.contact_id).where(schema.request.c.id == bindparam("request"))
_HOLD_TIMES = select(_table.c.created_at, _table.c.hold_expires_at).where(
    _table.c.id == bindparam("hold"), text("status = 'held'"), _table.c.hold_expires_at > bindparam("now")
)
_BLOCKED_UNTIL = select(_table.c.blocks_until).where(_table.c.id == bindparam("id"))
# One conditional statement: a hold becomes a booking or it is over, never both (CONC-04).
CONFIRM = (
    update(_table)
    .where(_table.c.id == bindparam("hold"), text("status = 'held'"), _table.c.hold_expires_at > bindparam("now"))
    .values(
        status=AppointmentStatus.CONFIRMED,
        hold_expires_at=null(),
        version=_table.c.version + 1,
        overrule=bindparam("reason"),
        booked_by_kind=bindparam("by_kind"),
        booked_by_id=bindparam("by_id"),
        visible_at=bindparam("shown_at"),
    )
    .returning(_table.c.version)
)
# Apart, since both columns are in indexes: naming `replaces_id`, a reference to the table itself, makes SQLite write all of them.
_CONFIRM_FOR = CONFIRM.values(request_id=bindparam("request"), replaces_id=bindparam("replaces"))
# A time that was kept in a chain of its own, as one of several, goes on with that of the appointment that it replaces.
_CONFIRM_MOVE = _CONFIRM_FOR.values(chain_id=bindparam("chain"))
# An appointment and the rules of its type in one look: sending an answer is measured against the bare commit.
_SEEN = VIEW.add_columns(_table.c.visible_at, *TYPE_COLUMNS).where(_table.c.id == bindparam("id"))
_SEEN_HELD_FOR = (
    VIEW.add_columns(_table.c.visible_at, *TYPE_COLUMNS)
    .where(_table.c.request_id == bindparam("request"), _table.c.status == AppointmentStatus.HELD)
    .order_by(_table.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An appointment with the rules of its type (not with whose they are)."""

    appointment: Appointment
    rules: AppointmentType
    visible_at: datetime


def hold(
    unit: Unit,
    slot: Slot,
    *,
    type_id: TypeId,
    patient_id: PatientId,
    request_id: RequestId | None = None,
    replaces: AppointmentId | None = None,
) -> Appointment:
    """Keep a time for the type's hold time while the user decides (ACT3); `replaces` is the appointment to be moved.

    Choosing the same time again prolongs the hold, choosing another one lets the earlier go. Raises SlotTaken with the
    next fitting times, Refused when the provider or type cannot be booked. Windows do not bind staff.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    check_time_allowed(unit, ScheduleAction.HOLD, slot.provider_id)
    moved = None if replaces is None else load(unit, replaces)
    if moved is not None:
        _check_movable(unit, moved, patient_id)
    _check_patient(unit, patient_id, is_move=moved is not None)
    _check_request(unit, request_id, patient_id, is_open=True)
    type_ = type_rules(unit, type_id if moved is None else moved.type_id)
    where = holds.place(unit, slot, type_, facts_of(unit, type_, patient_id), is_move=moved is not None)
    chain_id = None if moved is None else moved.chain_id
    holds.expire_here(unit, where, chain_id or AppointmentId(0))
    for earlier in holds.own_holds(unit, request_id=request_id, patient_id=patient_id):
        if holds.is_for(earlier, slot, type_.id, chain_id):
            renewed = renew_hold(unit, earlier.id)
            if renewed is not None:
                return renewed
        holds.drop(unit, earlier.id)
    if chain_id is not None:
        holds.clear_chain(unit, chain_id)
    hold_id = holds.take(
        unit,
        where,
        status=AppointmentStatus.HELD,
        chain_id=chain_id,
        patient_id=patient_id,
        request_id=request_id,
        moved=moved,
        hold_expires_at=unit.now + type_.hold_ttl,
    )
    unit.record("held", Topic.APPOINTMENT, hold_id, request_id=request_id, starts_at=slot.starts_at)
    return load(unit, hold_id)


def renew_hold(unit: Unit, hold_id: AppointmentId) -> Appointment | None:
    """Prolong a hold by the type's time, up to an hour after it was taken; None when it has ended."""
    unit.require(Permission.CHANGE_SCHEDULE)
    row = unit.first(_HOLD_TIMES, {"hold": hold_id, "now": unit.now})
    if row is None:
        return None
    held = load(unit, hold_id)
    until = schedule.hold_until(row.created_at, unit.now, type_rules(unit, held.type_id).hold_ttl)
    if until <= row.hold_expires_at:
        return held
    unit.change(_table, hold_id, held.version, hold_expires_at=until)
    unit.record("renewed", Topic.APPOINTMENT, hold_id, until=until)
    return load(unit, hold_id)


def drop_hold(unit: Unit, hold_id: AppointmentId) -> None:
    """Give a held time back; nothing happens when it is not held any more."""
    unit.require(Permission.CHANGE_SCHEDULE)
    holds.drop(unit, hold_id)


def drop_holds(unit: Unit, request_id: RequestId) -> int:
    """Give back every time that is held for a request, and return how many there were."""
    if unit.actor.kind is ActorKind.CONTACT:
        unit.require(Permission.USE_PORTAL)
        row = unit.first(_SENDER, {"request": request_id})
        if row is None or row.contact_id != unit.actor.id:
            raise NotFound(_("This request is not there."))
    else:
        unit.require(Permission.ANSWER_REQUESTS)
        request_scope.seen(unit, request_id)
    return holds.drop_of_request(unit, request_id)


def expire_holds(unit: Unit) -> int:
    """Make visible that holds are over, and return how many; the times themselves were free already."""
    unit.require(Permission.RUN_JOBS)
    return holds.expire_all(unit)


def book(unit: Unit, booking: Booking, *, patient_id: PatientId, request_id: RequestId | None = None) -> Appointment:
    """Book a time, out of its hold where there is one; a hold that is over is no obstacle while the time is free (ACT3).

    Raises SlotTaken with the next fitting times, Limited with what stands against it unless `overrule` gives a
    reason, which is kept.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    check_time_allowed(unit, ScheduleAction.BOOK, booking.slot.provider_id)
    held = _hold_for(unit, booking.hold_id, patient_id=patient_id, request_id=request_id)
    booked = None
    reason = ""
    sessions.check_lane(unit, booking.slot, booking.lane)
    is_held = held is not None and holds.is_for(held.appointment, booking.slot, booking.type_id, None)
    if held is not None and is_held and booking.lane == held.appointment.lane:
        broken = limits_against(unit, _planned(unit, held), patient_id, lock=True)
        reason = _overruled(unit, broken, booking.slot, booking.overrule)
        booked = _confirmed(unit, held.appointment, request_id=request_id, reason=reason)
    if booked is None:
        _check_patient(unit, patient_id)
        _check_request(unit, request_id, patient_id)
        type_ = type_rules(unit, booking.type_id)
        where = holds.place(unit, booking.slot, type_, facts_of(unit, type_, patient_id), lane=booking.lane)
        reason = _overruled(unit, limits_against(unit, where, patient_id, lock=True), booking.slot, booking.overrule)
        booked = _taken_anew(
            unit,
            where,
            held,
            patient_id=patient_id,
            request_id=request_id,
            overrule=reason,
            visible_at=_visible_from(unit),
        )
    _record_booking(unit, "booked", booked, reason)
    unit.offer_undo(
        _("Book appointment"), unbook, booked.id, expect_version=booked.version, until=unit.now + unit.grace
    )
    return booked


def cancel(unit: Unit, appointment_id: AppointmentId, *, code: str, text: str = "", expect_version: int) -> Appointment:
    """Cancel a held or confirmed appointment with a coded reason; its time is kept for the grace time, then free (AP3).

    The parent's notice does not bind staff; inside the type's late-cancellation window it is marked as late. Raises
    Conflict when it changed since `expect_version`, Refused when it is over already.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    reason = _cancel_reason(unit, code)
    told = clean_text(text, field=_("Reason"), most=_REASON_MOST)
    found = _seen(unit, appointment_id, parse_version(expect_version))
    seen = found.appointment
    check_allowed(unit, ScheduleAction.CANCEL, seen)
    is_booked = seen.status is AppointmentStatus.CONFIRMED
    cancelled = _cancelled(unit, found, reason.code, told)
    if not is_booked:
        holds.end_offers(unit, [seen.id], SlotOfferState.WITHDRAWN)
    if is_booked:
        unit.offer_undo(
            _("Cancel appointment"),
            reinstate,
            appointment_id,
            expect_version=cancelled.version,
            until=unit.now + unit.grace,
        )
    return cancelled


def give_up(unit: Unit, appointment_id: AppointmentId) -> Appointment:
    """Cancel what its family gives up, within the use case that has looked whose it is: final, and the time is free at once (ML4)."""
    found = _seen(unit, appointment_id)
    check_allowed(unit, ScheduleAction.CANCEL, found.appointment)
    return _cancelled(unit, found, BY_FAMILY.code)


def _cancelled(unit: Unit, found: _Seen, code: str, told: str = "") -> Appointment:
    seen = found.appointment
    is_booked = seen.status is AppointmentStatus.CONFIRMED
    cancelled = _changed(
        unit,
        seen,
        status=AppointmentStatus.CANCELLED,
        hold_expires_at=None,
        cancel_code=code,
        cancel_text=told,
        late_cancel=is_booked and appointments.is_late_cancel(seen.starts_at, unit.now, found.rules.late_cancel),
        released_at=_visible_from(unit) if is_booked else None,
        visible_at=_shown_at(unit, found),
    )
    unit.record(
        "cancelled",
        Topic.APPOINTMENT,
        seen.id,
        code=code,
        late=cancelled.is_late_cancel,
        starts_at=seen.starts_at,
        provider_id=seen.provider_id,
    )
    return cancelled


def reschedule(
    unit: Unit,
    appointment_id: AppointmentId,
    slot: Slot,
    *,
    hold_id: AppointmentId | None = None,
    expect_version: int,
    overrule: str = "",
    as_new: bool = False,
    lane: int = 0,
    request_id: RequestId | None = None,
) -> Appointment:
    """Move a confirmed appointment: a new one of the same chain replaces it, and the old time is kept for the grace time.

    Returns the new one. Raises Conflict, SlotTaken, or Limited with what stands against it. The type's notice for moving and its
    rebooking mode bind everybody: past them the old one is cancelled and a new one booked, when `as_new` says so and `overrule`
    gives a reason, which is kept (AP4, ACT7). Other limits need a reason alone. A `lane` above 0 makes it a work-in beside what is
    booked there (AV6).
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    on_calendar(slot.starts_at)
    found = _seen(unit, appointment_id, parse_version(expect_version))
    seen = found.appointment
    _check_movable(unit, seen, seen.patient_id)
    if (slot.provider_id, slot.location_id, slot.starts_at) == (seen.provider_id, seen.location_id, seen.starts_at):
        raise Refused(_("The visit is at that time already. Choose another time."))
    sessions.check_lane(unit, slot, lane)
    held = _hold_for(unit, hold_id, patient_id=seen.patient_id, request_id=request_id)
    is_held = held is not None and holds.is_for(held.appointment, slot, seen.type_id, seen.chain_id)
    kept = held if held is not None and is_held and held.appointment.lane == lane else None
    where = _planned(unit, kept) if kept is not None else _placed(unit, slot, seen, lane)
    broken = limits_against(unit, where, seen.patient_id, seen, lock=True)
    is_replaced = _is_replaced(unit, seen, broken, as_new=as_new)
    reason = _overruled(unit, broken, slot, overrule)
    holds.lock_providers(unit, (seen.provider_id, slot.provider_id))
    others = double_bookings.others(unit, seen.id, Span(seen.starts_at, seen.ends_at))
    moved = _moved_away(unit, found, is_replaced=is_replaced)
    booked = None
    if kept is not None:
        booked = _confirmed(unit, kept.appointment, request_id=request_id, reason=reason, moved=moved)
    if booked is None:
        _check_request(unit, request_id, seen.patient_id)
        where = _placed(unit, slot, seen, lane) if kept is not None else where
        booked = _taken_anew(
            unit,
            where,
            held,
            patient_id=seen.patient_id,
            request_id=request_id,
            moved=moved,
            replaces_id=moved.id,
            overrule=reason,
            visible_at=_visible_from(unit),
        )
    if others:
        unit.record("repaired", Topic.APPOINTMENT, appointment_id, double_booked_with=list(others))  # BK9
    unit.record(
        "replaced" if is_replaced else "moved_away",
        Topic.APPOINTMENT,
        appointment_id,
        to=booked.id,
        late=moved.is_late_cancel if is_replaced else None,
    )
    _record_booking(unit, "booked_instead" if is_replaced else "rescheduled", booked, reason)
    unit.offer_undo(
        _("Cancel and book new") if is_replaced else _("Move appointment"),
        unmove,
        booked.id,
        expect_version=booked.version,
        until=unit.now + unit.grace,
    )
    return booked


def move_offered(unit: Unit, appointment_id: AppointmentId, slot: Slot) -> Appointment:
    """Move an appointment of a family to a time that was just looked up as offered, within the use case that has looked whose it is.

    Final, and the old time is free at once (ML3). Raises SlotTaken, or Limited: nobody outside is past a limit.
    """
    found = _seen(unit, appointment_id)
    seen = found.appointment
    _check_movable(unit, seen, seen.patient_id)
    where = _placed(unit, slot, seen, 0)
    if broken := limits_against(unit, where, seen.patient_id, seen, lock=True):
        raise Limited(" ".join(limit.sentence for limit in broken), broken)
    holds.lock_providers(unit, (seen.provider_id, slot.provider_id))
    moved = _moved_away(unit, found, is_replaced=False)
    booked = _taken_anew(
        unit,
        where,
        None,
        patient_id=seen.patient_id,
        request_id=None,
        moved=moved,
        replaces_id=moved.id,
        visible_at=_visible_from(unit),
    )
    unit.record("moved_away", Topic.APPOINTMENT, appointment_id, to=booked.id)
    _record_booking(unit, "rescheduled", booked, "")
    return booked


def confirm_offered(
    unit: Unit, hold_id: AppointmentId, *, request_id: RequestId | None, moved_id: AppointmentId | None
) -> Appointment:
    """Book what was kept for an offer, within the use case that has looked who accepts; `moved_id` is given up for it.

    The whole family is told. Raises Refused when the hold is over, or the appointment that would be given up does not stand any more.
    """
    held = _seen(unit, hold_id)
    if held.appointment.off:
        raise holds.switched_off(held.appointment.off)
    people = outbox.ask_people(unit, held.appointment.patient_id)
    given_up = None if moved_id is None else _seen(unit, moved_id)
    if given_up is not None:
        _check_movable(unit, given_up.appointment, held.appointment.patient_id)
        holds.lock_providers(unit, (given_up.appointment.provider_id, held.appointment.provider_id))
        _moved_away(unit, given_up, is_replaced=False)
    values: dict[str, Any] = {
        "hold": hold_id,
        "now": unit.now,
        "reason": "",
        "by_kind": unit.actor.kind,
        "by_id": unit.actor.id,
        "shown_at": _visible_from(unit),
        "request": request_id,
        "replaces": moved_id,
    }
    if given_up is None:
        row = unit.first(_CONFIRM_FOR, values)
    else:
        row = unit.first(_CONFIRM_MOVE, {**values, "chain": given_up.appointment.chain_id})
    if row is None:
        raise Refused(_("This time is not offered any more."))
    booked = load(unit, hold_id)
    if moved_id is not None:
        unit.record("moved_away", Topic.APPOINTMENT, moved_id, to=hold_id)
    _record_booking(unit, "booked" if moved_id is None else "rescheduled", booked, "")
    outbox.notify(
        unit,
        BOOKING if moved_id is None else MOVE,
        people=people,
        replied=False,
        sender_id=unit.actor.contact_id,
        appointment_id=booked.id,
        version=booked.version,
    )
    return booked


def unbook(unit: Unit, appointment_id: AppointmentId, *, expect_version: int, until: datetime) -> Appointment:
    """Take a booking back within the grace time: cancelled as undone, its time is free at once."""
    unit.require(Permission.CHANGE_SCHEDULE)
    _check_grace(unit, until)
    seen = load(unit, appointment_id)
    if seen.version != expect_version or seen.status is not AppointmentStatus.CONFIRMED:
        raise _cannot_undo(seen, is_done=seen.cancel_code == UNDONE)
    _undo_change(unit, seen, lambda: _take_back(unit, seen))
    unit.record("unbooked", Topic.APPOINTMENT, appointment_id)
    return load(unit, appointment_id)


def reinstate(unit: Unit, appointment_id: AppointmentId, *, expect_version: int, until: datetime) -> Appointment:
    """Take a cancellation back within the grace time: confirmed again, as it was."""
    unit.require(Permission.CHANGE_SCHEDULE)
    _check_grace(unit, until)
    seen = load(unit, appointment_id)
    if seen.version != expect_version or seen.status is not AppointmentStatus.CANCELLED:
        raise _cannot_undo(seen, is_done=seen.status is AppointmentStatus.CONFIRMED)
    _give_back(unit, seen)
    return load(unit, appointment_id)


def unmove(unit: Unit, appointment_id: AppointmentId, *, expect_version: int, until: datetime) -> Appointment:
    """Take a move back within the grace time: `appointment_id` is the new appointment; returns the old one, as it was."""
    unit.require(Permission.CHANGE_SCHEDULE)
    _check_grace(unit, until)
    seen = load(unit, appointment_id)
    is_done = seen.cancel_code == UNDONE
    if seen.version != expect_version or seen.status is not AppointmentStatus.CONFIRMED or seen.replaces_id is None:
        raise _cannot_undo(seen, is_done=is_done)
    old = load(unit, seen.replaces_id)
    if old.status is not AppointmentStatus.CANCELLED or old.cancel_code not in MOVED_ON:
        raise _cannot_undo(old, is_done=False)
    holds.lock_providers(unit, (old.provider_id, seen.provider_id))
    # It replaces nothing any more: the old one can be moved again.
    _undo_change(unit, seen, lambda: _take_back(unit, seen, replaces_id=None))
    unit.record("unbooked", Topic.APPOINTMENT, appointment_id)
    _give_back(unit, old)
    return load(unit, old.id)


def _moved_away(unit: Unit, found: _Seen, *, is_replaced: bool) -> Appointment:
    """Release the old time of a move; it is kept for the grace time, but not from its own chain."""
    seen = found.appointment
    return _changed(
        unit,
        seen,
        status=AppointmentStatus.CANCELLED,
        cancel_code=REPLACED if is_replaced else RESCHEDULED,
        late_cancel=is_replaced and appointments.is_late_cancel(seen.starts_at, unit.now, found.rules.late_cancel),
        released_at=_visible_from(unit),
        visible_at=_shown_at(unit, found),
    )


def _taken_anew(
    unit: Unit,
    where: holds.BlockedTime,
    held: _Seen | None,
    *,
    patient_id: PatientId,
    request_id: RequestId | None,
    moved: Appointment | None = None,
    **values: Any,
) -> Appointment:
    """Take a time that no hold keeps for this any more; what was held for it is given back first."""
    chain_id = None if moved is None else moved.chain_id
    holds.expire_here(unit, where, chain_id or AppointmentId(0))
    if held is not None:
        holds.drop(unit, held.appointment.id)
    if request_id is not None:
        holds.drop_of_request(unit, request_id)
    booked_id = holds.take(
        unit,
        where,
        status=AppointmentStatus.CONFIRMED,
        chain_id=chain_id,
        patient_id=patient_id,
        request_id=request_id,
        moved=moved,
        **values,
    )
    return load(unit, booked_id)


def _hold_for(
    unit: Unit, hold_id: AppointmentId | None, *, patient_id: PatientId, request_id: RequestId | None
) -> _Seen | None:
    """The hold to book from: the one named, else the request's own."""
    if hold_id is None:
        row = None if request_id is None else unit.first(_SEEN_HELD_FOR, {"request": request_id})
        return None if row is None else _Seen(view(row), rules_of(row), row.visible_at)
    held = _seen(unit, hold_id)
    seen = held.appointment
    if seen.patient_id != patient_id or (request_id is not None and seen.request_id not in (None, request_id)):
        raise Refused(_("This time is held for another request. Choose another time."))
    if seen.status in (AppointmentStatus.HELD, AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED):
        return held
    raise unit.conflict(Topic.APPOINTMENT, hold_id)


def _confirmed(
    unit: Unit, held: Appointment, *, request_id: RequestId | None, reason: str, moved: Appointment | None = None
) -> Appointment | None:
    """Book what is held, or None when it is held no more; the request's other holds are given back.

    Raises Refused when its provider, place or type was switched off meanwhile: a hold is no promise.
    """
    if request_id is not None and held.request_id != request_id:
        _check_request(unit, request_id, held.patient_id)
    if held.off:
        raise holds.switched_off(held.off)
    request_id = request_id if request_id is not None else held.request_id
    replaces_id = None if moved is None else moved.id
    values = {
        "hold": held.id,
        "now": unit.now,
        "reason": reason,
        "by_kind": unit.actor.kind,
        "by_id": unit.actor.id,
        "shown_at": _visible_from(unit),
    }
    if (request_id, replaces_id) == (held.request_id, held.replaces_id):
        confirmed = unit.defer(CONFIRM, values)
    else:
        confirmed = unit.defer(_CONFIRM_FOR, {**values, "request": request_id, "replaces": replaces_id})
    others = None if request_id is None else holds.ask_of_request(unit, request_id)
    row = confirmed.first
    if row is None:
        return None
    if others is not None:
        holds.drop_found(unit, others)
    return replace(
        held,
        version=row[0],
        status=AppointmentStatus.CONFIRMED,
        hold_expires_at=None,
        request_id=request_id,
        replaces_id=replaces_id,
        booked_by=unit.actor.name,
    )


def _seen(unit: Unit, appointment_id: AppointmentId, expect_version: int | None = None) -> _Seen:
    """An appointment with the rules of its type; raises NotFound, and Conflict when it has changed."""
    row = unit.first(_SEEN, {"id": appointment_id})
    if row is None:
        raise not_there()
    if expect_version is not None and row.version != expect_version:
        raise unit.conflict(Topic.APPOINTMENT, appointment_id)
    return _Seen(view(row), rules_of(row), row.visible_at)


def _changed(unit: Unit, seen: Appointment, **values: Any) -> Appointment:
    """Change an appointment that is still as it was seen, and return it as it is now; its names do not change."""
    row = unit.change(_table, seen.id, seen.version, **values)
    return replace(
        seen,
        version=row.version,
        status=AppointmentStatus(row.status),
        hold_expires_at=row.hold_expires_at,
        released_at=row.released_at,
        cancel_code=row.cancel_code,
        cancel_text=row.cancel_text,
        is_late_cancel=row.late_cancel,
    )


def _record_booking(unit: Unit, action: str, booked: Appointment, reason: str) -> None:
    unit.record(
        action,
        Topic.APPOINTMENT,
        booked.id,
        starts_at=booked.starts_at,
        provider_id=booked.provider_id,
        type_id=booked.type_id,
        request_id=booked.request_id,
        replaces_id=booked.replaces_id,
        exception=True if reason else None,  # its words are in the column `overrule`
    )


def _take_back(unit: Unit, seen: Appointment, **values: Any) -> None:
    unit.change(
        _table,
        seen.id,
        seen.version,
        status=AppointmentStatus.CANCELLED,
        cancel_code=UNDONE,
        released_at=unit.now,
        visible_at=unit.now,
        **values,
    )


def _give_back(unit: Unit, seen: Appointment) -> None:
    """Confirm a cancelled appointment again; raises UndoRefused when its time is taken by now."""
    gone = UndoRefused(
        _("{time} is taken by now, so this cannot be undone. Choose another time.").format(
            time=unit.words.at(seen.zone).moment(seen.starts_at)
        )
    )
    blocked = unit.first(_BLOCKED_UNTIL, {"id": seen.id})
    if holds.is_taken(unit, seen, seen.chain_id, None if blocked is None else blocked[0]):
        raise gone

    def confirm() -> None:
        unit.change(
            _table,
            seen.id,
            seen.version,
            status=AppointmentStatus.CONFIRMED,
            cancel_code="",
            cancel_text="",
            late_cancel=False,
            released_at=None,
            visible_at=unit.now,
        )

    try:
        with unit.connection.begin_nested():
            _undo_change(unit, seen, confirm)
    except IntegrityError as error:
        raise gone from error
    unit.record("reinstated", Topic.APPOINTMENT, seen.id)


def _undo_change(unit: Unit, seen: Appointment, change: Callable[[], None]) -> None:
    try:
        change()
    except Conflict as error:
        raise _cannot_undo(load(unit, seen.id), is_done=False) from error


def _check_grace(unit: Unit, until: datetime) -> None:
    if unit.now > until:
        raise UndoRefused(_("The time to undo is over: the parent may have been told. Change the appointment instead."))


def _cannot_undo(seen: Appointment, *, is_done: bool) -> UndoRefused:
    if is_done:
        return UndoRefused(_("This was undone already."))
    return UndoRefused(
        _(
            "The appointment of {patient} has changed since, so this cannot be undone. Look at it and decide again."
        ).format(patient=seen.patient_name)
    )


def _check_movable(unit: Unit, seen: Appointment, patient_id: PatientId) -> None:
    if seen.patient_id != patient_id:
        raise Refused(_("This appointment belongs to another patient. Reload to see the present state."))
    if seen.status is AppointmentStatus.HELD:
        raise Refused(_("This time is only held. Choose another time instead of moving it."))
    check_allowed(unit, ScheduleAction.MOVE, seen)


def _check_patient(unit: Unit, patient_id: PatientId, *, is_move: bool = False) -> None:
    row = unit.first(_PATIENT, {"patient": patient_id})
    if row is None:
        raise NotFound(_("This patient is not there. Reload to see the present state."))
    if not is_move and (row.deceased or not row.active):
        raise Refused(
            _("{patient} is not an active patient of the practice, so nothing can be booked.").format(
                patient=full_name(row.given_name, row.family_name)
            )
        )


def _check_request(unit: Unit, request_id: RequestId | None, patient_id: PatientId, *, is_open: bool = False) -> None:
    if request_id is None:
        return
    row = request_scope.seen(unit, request_id)
    if row.patient_id != patient_id:
        raise NotAllowed(_("This request is about another patient. Reload to see the present state."))
    if is_open and row.state in ("completed", "withdrawn"):
        raise Refused(_("This request is closed already, so no time is held for it. Reload to see its present state."))


def _cancel_reason(unit: Unit, code: str) -> CancelReason:
    for reason in unit.settings.cancel_reasons:
        if reason.code == code:
            return reason
    raise Invalid(_("Choose a reason for the cancellation."), field=_("Reason"))


def _placed(unit: Unit, slot: Slot, moved: Appointment, lane: int) -> holds.BlockedTime:
    """The time to take for a move that no hold keeps."""
    type_ = type_rules(unit, moved.type_id)
    return holds.place(unit, slot, type_, facts_of(unit, type_, moved.patient_id), is_move=True, lane=lane)


def _planned(unit: Unit, held: _Seen) -> holds.BlockedTime:
    """The time that a hold keeps, as long as it was held."""
    seen = held.appointment
    slot = Slot(seen.provider_id, seen.location_id, seen.starts_at, seen.ends_at, seen.ends_at)
    patient = facts_of(unit, held.rules, seen.patient_id)
    return holds.BlockedTime(slot, held.rules, patient, seen.zone, "", seen.location_name, seen.lane)


def _is_replaced(unit: Unit, seen: Appointment, broken: Sequence[Limit], *, as_new: bool) -> bool:
    """Whether a rule forbids the move, so that the old one is cancelled instead; raises Limited unless `as_new` says so."""
    forbidding = schedule.forbidding(unit.actor, broken)
    if not forbidding:
        return False
    check_allowed(unit, ScheduleAction.REPLACE, seen)
    if not as_new:
        told = " ".join(limit.sentence for limit in forbidding)
        sentence = _("{limits} Cancel it and book a new visit instead, with a reason.").format(limits=told)
        raise Limited(sentence, broken, forbids=True)
    return True


def _overruled(unit: Unit, broken: Sequence[Limit], slot: Slot, overrule: str) -> str:
    """The reason to keep, or "" when no limit was in the way; raises Limited when one is and there is no reason."""
    reason = clean_text(overrule, field=_("Reason"), most=_REASON_MOST, lines=False)
    if broken and not reason:
        told = " ".join(limit.sentence for limit in broken)
        raise Limited(_("{limits} Give a reason to book it all the same.").format(limits=told), broken)
    if not broken:
        return ""
    check_time_allowed(unit, ScheduleAction.EXCEED, slot.provider_id)
    return reason


def _visible_from(unit: Unit) -> datetime:
    """When what is written now is shown in the portal and frees its time: after the grace time of staff, at once for anybody else."""
    return unit.now + unit.grace if unit.actor.kind is ActorKind.STAFF else unit.now


def _shown_at(unit: Unit, seen: _Seen) -> datetime:
    """The same for a change of what stands there: what was never shown does not appear for the grace time."""
    return unit.now if seen.visible_at > unit.now else _visible_from(unit)
