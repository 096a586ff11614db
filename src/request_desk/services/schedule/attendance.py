"""Who came: marks, completed and no-show, one appointment at a time or the whole day, and their undo (AP5); nobody outside is told."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from request_desk.domain import appointments
from request_desk.domain.access import Permission
from request_desk.domain.appointment_lists import AppointmentFilters
from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark, marked_at
from request_desk.domain.attendance import Closed, Closing, Marked, Unclosed, usual_of
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId
from request_desk.domain.policy import MARKING, AppointmentSubject, ScheduleAction, may
from request_desk.domain.text import parse_version
from request_desk.domain.words import _, plural
from request_desk.services.desk import Unit
from request_desk.services.schedule import appointment_list, holds
from request_desk.services.schedule.allowed import check_allowed
from request_desk.services.schedule.views import load
from request_desk.store import schema

_MOST: Final = 1_000  # appointments closed at once
_table: Final = schema.appointment
_COLUMN: Final = {mark: f"{mark}_at" for mark in Mark}
_ACTION: Final = {
    AppointmentStatus.COMPLETED: ScheduleAction.COMPLETE,
    AppointmentStatus.NO_SHOW: ScheduleAction.NO_SHOW,
}
_NOTED: Final = (
    select(_table.c.id)
    .where(
        _table.c.starts_at >= bindparam("since"),
        _table.c.starts_at < bindparam("until"),
        _table.c.arrived_at.is_not(None),
    )
    .limit(1)
)


def mark(unit: Unit, appointment_id: AppointmentId, what: Mark, *, is_set: bool, expect_version: int) -> Appointment:
    """Set a mark at this moment, or take it back; raises Refused where it makes no sense, Conflict when the appointment changed."""
    unit.require(Permission.CHANGE_SCHEDULE)
    seen = _unchanged(unit, appointment_id, expect_version)
    check_allowed(unit, MARKING[what] if is_set else ScheduleAction.TAKE_MARK_BACK, seen)
    before = marked_at(seen, what)
    if is_set == (before is not None):
        return seen
    _write_mark(unit, seen, what, unit.now if is_set else None)
    marked = load(unit, appointment_id)
    unit.offer_undo(
        _("Marked {patient}: {mark}").format(patient=seen.patient_name, mark=_mark_words(what))
        if is_set
        else _("Took back for {patient}: {mark}").format(patient=seen.patient_name, mark=_mark_words(what)),
        put_mark_back,
        appointment_id,
        what,
        at=before,
        expect_version=marked.version,
        until=unit.now + unit.grace,
    )
    return marked


def put_mark_back(
    unit: Unit, appointment_id: AppointmentId, what: Mark, *, at: datetime | None, expect_version: int, until: datetime
) -> Appointment:
    """Undo `mark` within the grace time: the mark is as it was."""
    unit.require(Permission.CHANGE_SCHEDULE)
    _check_grace(unit, until)
    seen = load(unit, appointment_id)
    if seen.version != expect_version:
        raise _changed_since(seen)
    _write_mark(unit, seen, what, at)
    return load(unit, appointment_id)


def complete(unit: Unit, appointment_id: AppointmentId, *, expect_version: int) -> Appointment:
    """Mark an appointment as completed once its start has passed; how late that was is journalled (AP5)."""
    unit.require(Permission.CHANGE_SCHEDULE)
    return _marked_alone(unit, Closing(appointment_id, expect_version, AppointmentStatus.COMPLETED))


def no_show(unit: Unit, appointment_id: AppointmentId, *, expect_version: int) -> Appointment:
    """Mark that nobody came, once nobody can come any more by the database's clock (AP5)."""
    unit.require(Permission.CHANGE_SCHEDULE)
    return _marked_alone(unit, Closing(appointment_id, expect_version, AppointmentStatus.NO_SHOW))


def unclosed(
    unit: Unit,
    day: date,
    *,
    location_ids: tuple[LocationId, ...] = (),
    provider_ids: tuple[ProviderId, ...] = (),
) -> tuple[Unclosed, ...]:
    """Return the confirmed appointments of a practice day by start, with what each may become now; a provider sees the own."""
    unit.require(Permission.CHANGE_SCHEDULE)
    on_calendar(day)
    span = unit.time.bounds(day)
    filters = AppointmentFilters(
        provider_ids, location_ids, (AppointmentStatus.CONFIRMED,), since=span.starts_at, until=span.ends_at
    )
    page = appointment_list.list_page(unit, filters, limit=_MOST)
    found = list(page.rows)
    while page.after is not None:
        page = appointment_list.list_page(unit, filters, after=page.after, limit=_MOST)
        found += page.rows
    now = unit.database_now
    are_noted = unit.first(_NOTED, {"since": span.starts_at, "until": span.ends_at}) is not None
    return tuple(_unclosed(unit, seen, now, are_noted=are_noted) for seen in found)


def _unclosed(unit: Unit, seen: Appointment, now: datetime, *, are_noted: bool) -> Unclosed:
    subject, today = AppointmentSubject(seen.provider_id, seen, now), unit.time.day_of(now)
    completed, missed = (may(unit.actor, action, subject, today) for action in _ACTION.values())
    return Unclosed(seen, completed, missed, usual_of(seen, now, are_noted=are_noted) if completed else None)


def close_day(unit: Unit, closings: Sequence[Closing]) -> tuple[Closed, ...]:
    """Mark many appointments in one act, and return what became of each, in the same order; one undo takes all of them back.

    One that cannot be marked (it changed, they may still come) stays as it is and says why; the others are marked.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    if len(closings) > _MOST:
        raise Invalid(_("At most {most} visits are marked at once.").format(most=_MOST), field=_("Visits"))
    now, told, done = unit.database_now, [], []
    for closing in closings:
        try:
            seen, version = _mark_status(unit, closing, now)
        except Refused as refused:
            told.append(Closed(closing.appointment_id, refused.sentence))
            continue
        told.append(Closed(closing.appointment_id))
        done.append(Marked(closing.appointment_id, version, seen.status))
    if done:
        count = len(done)
        label = plural("Marked {count} visit", "Marked {count} visits", count).format(count=count)
        unit.offer_undo(label, reopen, tuple(done), until=unit.now + unit.grace)
    return tuple(told)


def reopen(unit: Unit, done: Sequence[Marked], *, until: datetime) -> None:
    """Undo what was marked within the grace time, all of it: each appointment has the status of before."""
    unit.require(Permission.CHANGE_SCHEDULE)
    _check_grace(unit, until)
    for each in done:
        seen = load(unit, each.appointment_id)
        if seen.version != each.version:
            raise _changed_since(seen)
        _restore(unit, seen, each.before)


def _marked_alone(unit: Unit, closing: Closing) -> Appointment:
    seen, version = _mark_status(unit, closing, unit.database_now)
    told = {
        AppointmentStatus.COMPLETED: _("Marked {patient} as completed"),
        AppointmentStatus.NO_SHOW: _("Marked {patient} as a no-show"),
    }[closing.status]
    done = Marked(seen.id, version, seen.status)
    unit.offer_undo(told.format(patient=seen.patient_name), reopen, (done,), until=unit.now + unit.grace)
    return load(unit, seen.id)


def _mark_status(unit: Unit, closing: Closing, now: datetime) -> tuple[Appointment, int]:
    """Mark one appointment; returns it as it was, and its version now."""
    seen = _unchanged(unit, closing.appointment_id, closing.expect_version)
    if closing.status not in _ACTION:
        raise Invalid(_("A visit is marked as completed or as a no-show."), field=_("Status"))
    check_allowed(unit, _ACTION[closing.status], seen, now)
    appointments.moved_to(seen.status, closing.status)
    row = unit.change(_table, seen.id, seen.version, status=closing.status)
    late = (now - seen.ends_at) // timedelta(minutes=1)
    unit.record(str(closing.status), Topic.APPOINTMENT, seen.id, late_minutes=max(0, late))
    return seen, row.version


def _write_mark(unit: Unit, seen: Appointment, what: Mark, at: datetime | None) -> None:
    unit.change(_table, seen.id, seen.version, **{_COLUMN[what]: at})
    unit.record(str(what) if at is not None else f"not_{what}", Topic.APPOINTMENT, seen.id)


def _restore(unit: Unit, seen: Appointment, status: AppointmentStatus) -> None:
    """Give an appointment its status back; what is confirmed takes its time again, where nobody else has it."""
    gone = UndoRefused(
        _("{time} is taken by now, so this cannot be undone. Choose another time.").format(
            time=unit.words.at(seen.zone).moment(seen.starts_at)
        )
    )
    if status is AppointmentStatus.CONFIRMED and holds.is_taken(unit, seen, seen.chain_id):
        raise gone
    try:
        with unit.connection.begin_nested():
            unit.change(_table, seen.id, seen.version, status=status)
    except IntegrityError as error:
        raise gone from error
    unit.record("unmarked", Topic.APPOINTMENT, seen.id)


def _unchanged(unit: Unit, appointment_id: AppointmentId, expect_version: int) -> Appointment:
    version = parse_version(expect_version)
    seen = load(unit, appointment_id)
    if seen.version != version:
        raise unit.conflict(Topic.APPOINTMENT, appointment_id)
    return seen


def _check_grace(unit: Unit, until: datetime) -> None:
    if unit.now > until:
        raise UndoRefused(_("The time to undo is over. Change the mark on the visit itself."))


def _changed_since(seen: Appointment) -> UndoRefused:
    told = _("The appointment of {patient} has changed since, so this cannot be undone. Look at it and decide again.")
    return UndoRefused(told.format(patient=seen.patient_name))


def _mark_words(what: Mark) -> str:
    return {
        Mark.ARRIVED: _("arrived"),
        Mark.LATE: _("running late"),
        Mark.PARENT_CONFIRMED: _("confirmed by the parent"),
    }[what]
