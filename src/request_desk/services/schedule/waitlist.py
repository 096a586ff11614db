"""Who would like a time that is not there yet: wishes for something earlier and the waiting list; offering is in `slot_offers` (ACT8)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, exists, func, or_, select

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, NotFound, Refused, UndoRefused
from request_desk.domain.freed_slots import BY_STAFF, CloseReason, WaitlistEntry
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId, WaitlistEntryId
from request_desk.domain.paging import Page
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.text import clean_text
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.people import patients
from request_desk.services.schedule import slots
from request_desk.services.schedule.views import load, not_there
from request_desk.store import schema

_NOTE_MOST: Final = 125  # characters; a column holds 500 octets
_MOST: Final = 100
_entry, _patient, _appointment = schema.waitlist_entry, schema.patient, schema.appointment
_stands = (
    exists()
    .where(
        _appointment.c.id == _entry.c.appointment_id,
        _appointment.c.status == AppointmentStatus.CONFIRMED,
        _appointment.c.starts_at > bindparam("now"),
    )
    .correlate(_entry)
)


def _is_waiting() -> ColumnElement[bool]:
    """What is true of whoever waits now, whether the program has closed the others already or not."""
    return and_(
        _entry.c.closed_at.is_(None),
        exists().where(_patient.c.id == _entry.c.patient_id, _patient.c.active, ~_patient.c.deceased).correlate(_entry),
        or_(_entry.c.appointment_id.is_(None), _stands),
        or_(_entry.c.until_day.is_(None), _entry.c.until_day >= bindparam("today")),
    )


IS_WAITING: Final = _is_waiting()
_created_by = case(
    (_entry.c.created_by_kind == ActorKind.STAFF, schema.staff.c.name),
    else_=func.trim(schema.contact.c.given_name.concat(" ").concat(schema.contact.c.family_name)),
)
_VIEW = select(
    *_entry.c,
    _patient.c.given_name,
    _patient.c.family_name,
    _patient.c.birth_day,
    schema.appointment_type.c.name.label("type_name"),
    func.coalesce(schema.provider.c.short_name, "").label("provider_name"),
    func.coalesce(schema.location.c.name, "").label("location_name"),
    _appointment.c.starts_at.label("appointment_at"),
    func.coalesce(_appointment.c.zone, "").label("zone"),
    func.coalesce(_created_by, "").label("created_by"),
).select_from(
    _entry.join(_patient, _patient.c.id == _entry.c.patient_id)
    .join(schema.appointment_type, schema.appointment_type.c.id == _entry.c.type_id)
    .outerjoin(schema.provider, schema.provider.c.id == _entry.c.provider_id)
    .outerjoin(schema.location, schema.location.c.id == _entry.c.location_id)
    .outerjoin(_appointment, _appointment.c.id == _entry.c.appointment_id)
    .outerjoin(
        schema.staff, and_(_entry.c.created_by_kind == ActorKind.STAFF, schema.staff.c.id == _entry.c.created_by_id)
    )
    .outerjoin(
        schema.contact,
        and_(_entry.c.created_by_kind == ActorKind.CONTACT, schema.contact.c.id == _entry.c.created_by_id),
    )
)
_OPEN = _VIEW.where(IS_WAITING).order_by(_entry.c.id)
_CLOSED = _VIEW.where(_entry.c.closed_at.is_not(None)).order_by(_entry.c.id.desc())
_BY_ID = select(_entry).where(_entry.c.id == bindparam("id"))
_OF_APPOINTMENT = select(_entry).where(
    _entry.c.appointment_id == bindparam("appointment"), _entry.c.closed_at.is_(None)
)
# What the program closes, with the little that says why; a time that an undo may want back is not gone yet.
_OVER = (
    select(
        _entry.c.id,
        _entry.c.version,
        and_(_patient.c.active, ~_patient.c.deceased).label("is_present"),
        _appointment.c.status,
        _appointment.c.cancel_code,
    )
    .select_from(
        _entry.join(_patient, _patient.c.id == _entry.c.patient_id).outerjoin(
            _appointment, _appointment.c.id == _entry.c.appointment_id
        )
    )
    .where(
        _entry.c.closed_at.is_(None),
        ~IS_WAITING,
        or_(_appointment.c.released_at.is_(None), _appointment.c.released_at <= bindparam("now")),
    )
    .order_by(_entry.c.id)
    .limit(_MOST)
)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What somebody waits for; None is any provider, any place, from today, without end."""

    patient_id: PatientId
    type_id: TypeId
    provider_id: ProviderId | None = None
    location_id: LocationId | None = None
    from_day: date | None = None
    until_day: date | None = None
    note: str = ""


def wish_earlier(unit: Unit, appointment_id: AppointmentId, *, expect_version: int) -> WaitlistEntryId:
    """Note that somebody would like something earlier than this appointment, with the same provider at the same place.

    For staff, or a contact who may book for the patient. Asked again it is the same wish. Raises Conflict when the
    appointment has changed, Refused when it is not to come.
    """
    is_staff = unit.actor.kind is not ActorKind.CONTACT
    unit.require(Permission.CHANGE_SCHEDULE if is_staff else Permission.USE_PORTAL)
    seen = _own_appointment(unit, appointment_id)
    if seen.version != expect_version:
        raise unit.conflict(Topic.APPOINTMENT, appointment_id)
    if seen.status is not AppointmentStatus.CONFIRMED or seen.starts_at <= unit.now:
        raise Refused(_("This visit is not to come any more, so there is nothing earlier to wish for."))
    known = unit.first(_OF_APPOINTMENT, {"appointment": appointment_id})
    if known is not None:
        return WaitlistEntryId(known.id)
    new = NewEntry(seen.patient_id, seen.type_id, seen.provider_id, seen.location_id)
    return _add(unit, new, appointment_id=appointment_id, label=_("Would like something earlier"))


def take_wish_back(unit: Unit, appointment_id: AppointmentId, *, expect_version: int) -> None:
    """Forget that somebody would like something earlier; nothing happens when nobody does any more."""
    is_staff = unit.actor.kind is not ActorKind.CONTACT
    unit.require(Permission.CHANGE_SCHEDULE if is_staff else Permission.USE_PORTAL)
    seen = _own_appointment(unit, appointment_id)
    if seen.version != expect_version:
        raise unit.conflict(Topic.APPOINTMENT, appointment_id)
    known = unit.first(_OF_APPOINTMENT, {"appointment": appointment_id})
    if known is None:
        return
    reason = CloseReason.NOT_NEEDED if is_staff else CloseReason.TAKEN_BACK
    _close(unit, WaitlistEntryId(known.id), known.version, reason, appointment_id)


def put_on(unit: Unit, new: NewEntry) -> WaitlistEntryId:
    """Put a patient on the waiting list. Raises Invalid(field) for days in the wrong order, Refused for a patient who is not seen here."""
    unit.require(Permission.CHANGE_SCHEDULE)
    note = clean_text(new.note, field=_("Note"), most=_NOTE_MOST, lines=False)
    row = patients.row_of(unit, new.patient_id)
    if not row.active or row.deceased:
        name = full_name(row.given_name, row.family_name)
        raise Refused(_("{patient} is not an active patient of the practice, so nobody waits.").format(patient=name))
    type_ = slots.type_rules(unit, new.type_id)
    if not type_.active:
        raise Invalid(_("This type is not offered any more. Choose another one."), field=_("Type"))
    if new.provider_id is not None and type_.provider_ids and new.provider_id not in type_.provider_ids:
        raise Invalid(_("This provider does not do it. Choose another one, or anybody."), field=_("Provider"))
    today = unit.time.day_of(unit.now)
    if new.until_day is not None and new.until_day < max(today, new.from_day or today):
        raise Invalid(_("The last day is before the first. Change one of them."), field=_("Until"))
    return _add(unit, new, note=note, label=_("Put on the waiting list"))


def close(unit: Unit, entry_id: WaitlistEntryId, reason: CloseReason, *, expect_version: int) -> None:
    """Take somebody off the waiting list, with one of the reasons of `BY_STAFF`; can be undone within the grace time."""
    unit.require(Permission.CHANGE_SCHEDULE)
    if reason not in BY_STAFF:
        raise Invalid(_("Choose why nobody waits any more."), field=_("Reason"))
    row = _row(unit, entry_id)
    if row.closed_at is not None:
        raise Refused(_("Nobody waits here any more. Reload to see the present state."))
    _close(unit, entry_id, expect_version, reason, row.appointment_id)


def reopen(unit: Unit, entry_id: WaitlistEntryId, *, expect_version: int, until: datetime) -> None:
    """Undo `close` and `take_wish_back` within the grace time."""
    _require_own(unit, entry_id)
    if unit.now > until:
        raise UndoRefused(_("The time to undo is over. Put it down anew."))
    row = unit.change(_entry, entry_id, expect_version, closed_at=None, closed_reason="")
    unit.record("waits_again", Topic.WAITLIST, entry_id)
    _tell_appointment(unit, row.appointment_id)


def take_off(unit: Unit, entry_id: WaitlistEntryId, *, expect_version: int, until: datetime) -> None:
    """Undo `put_on` and `wish_earlier` within the grace time."""
    _require_own(unit, entry_id)
    if unit.now > until:
        raise UndoRefused(_("The time to undo is over. Close it in the waiting list instead."))
    row = unit.change(_entry, entry_id, expect_version, closed_at=unit.now, closed_reason=CloseReason.MISTAKE.value)
    unit.record("waits_no_more", Topic.WAITLIST, entry_id, reason=CloseReason.MISTAKE)
    _tell_appointment(unit, row.appointment_id)


def list_page(
    unit: Unit, *, closed: bool = False, after: WaitlistEntryId | None = None, limit: int = _MOST
) -> Page[WaitlistEntry]:
    """Return a page of those who wait, the longest first; or of the closed ones, the latest first."""
    unit.require(Permission.VIEW_PATIENTS)
    limit = min(limit, _MOST)
    statement = (_CLOSED if closed else _OPEN).limit(limit + 1)
    if after is not None:
        statement = statement.where(_entry.c.id < after if closed else _entry.c.id > after)
    rows = [_view(row) for row in unit.rows(statement, _now(unit) if not closed else {})]
    return Page(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def of_patient(unit: Unit, patient_id: PatientId) -> tuple[WaitlistEntry, ...]:
    """Return what a patient waits for, the longest first."""
    unit.require(Permission.VIEW_PATIENTS)
    statement = _OPEN.where(_entry.c.patient_id == bindparam("patient"))
    return tuple(_view(row) for row in unit.rows(statement, {**_now(unit), "patient": patient_id}))


def close_over(unit: Unit) -> int:
    """Close what is over by itself: the appointment was held, moved or cancelled, the patient is gone, the last day has passed."""
    unit.require(Permission.RUN_JOBS)
    found = unit.rows(_OVER, _now(unit))
    for row in found:
        reason = _why_over(row)
        unit.change(_entry, row.id, row.version, closed_at=unit.now, closed_reason=reason.value)
        unit.record("waits_no_more", Topic.WAITLIST, row.id, reason=reason)
    return len(found)


def settle_entry(unit: Unit, entry_id: WaitlistEntryId) -> None:
    """Close what was waited for, within the use case that has booked it."""
    unit.change(_entry, entry_id, None, closed_at=unit.now, closed_reason=CloseReason.ACCEPTED.value)
    unit.record("waits_no_more", Topic.WAITLIST, entry_id, reason=CloseReason.ACCEPTED)


def _why_over(row: Row[Any]) -> CloseReason:
    if not row.is_present:
        return CloseReason.GONE
    if row.status != AppointmentStatus.CANCELLED:
        return CloseReason.OVER
    return CloseReason.MOVED if row.cancel_code == "rescheduled" else CloseReason.CANCELLED


def _own_appointment(unit: Unit, appointment_id: AppointmentId) -> Appointment:
    """An appointment that the actor may act for; NotFound tells a contact nothing about those of others."""
    seen = load(unit, appointment_id)
    if unit.actor.kind is ActorKind.CONTACT:
        relation = patients.rights(unit, unit.actor.contact_id, seen.patient_id)
        row = patients.row_of(unit, seen.patient_id)
        subject = PatientSubject(relation, row.birth_day, bool(row.active) and not row.deceased)
        if not may(unit.actor, Action.ASK, subject, unit.time.day_of(unit.now)):
            raise not_there()
    return seen


def _require_own(unit: Unit, entry_id: WaitlistEntryId) -> None:
    """Undoing is for staff; a contact is offered none."""
    unit.require(Permission.CHANGE_SCHEDULE)
    _row(unit, entry_id)


def _row(unit: Unit, entry_id: WaitlistEntryId) -> Row[Any]:
    row = unit.first(_BY_ID, {"id": entry_id})
    if row is None:
        raise NotFound(_("This is not on the waiting list any more. Reload to see the present state."))
    return row


def _add(
    unit: Unit, new: NewEntry, *, label: str, note: str = "", appointment_id: AppointmentId | None = None
) -> WaitlistEntryId:
    entry_id = WaitlistEntryId(unit.new_id())
    unit.insert(
        _entry,
        id=entry_id,
        patient_id=new.patient_id,
        type_id=new.type_id,
        provider_id=new.provider_id,
        location_id=new.location_id,
        appointment_id=appointment_id,
        from_day=new.from_day,
        until_day=new.until_day,
        note=note,
        created_at=unit.now,
        created_by_kind=unit.actor.kind,
        created_by_id=unit.actor.id,
    )
    unit.record("waits", Topic.WAITLIST, entry_id, patient_id=new.patient_id, appointment_id=appointment_id)
    _tell_appointment(unit, appointment_id)
    if unit.actor.kind is ActorKind.STAFF:
        unit.offer_undo(label, take_off, entry_id, expect_version=1, until=unit.now + unit.grace)
    return entry_id


def _close(
    unit: Unit, entry_id: WaitlistEntryId, version: int, reason: CloseReason, appointment_id: int | None
) -> None:
    row = unit.change(_entry, entry_id, version, closed_at=unit.now, closed_reason=reason.value)
    unit.record("waits_no_more", Topic.WAITLIST, entry_id, reason=reason)
    _tell_appointment(unit, appointment_id)
    if unit.actor.kind is ActorKind.STAFF:
        unit.offer_undo(
            _("Take off the waiting list"),
            reopen,
            entry_id,
            expect_version=row.version,
            until=unit.now + unit.grace,
        )


def _tell_appointment(unit: Unit, appointment_id: int | None) -> None:
    """Let windows that show the appointment read it again: the wish stands beside it."""
    if appointment_id is not None:
        unit.record("wish_changed", Topic.APPOINTMENT, appointment_id)


def _now(unit: Unit) -> dict[str, Any]:
    return {"now": unit.now, "today": unit.time.day_of(unit.now)}


def _view(row: Row[Any]) -> WaitlistEntry:
    return WaitlistEntry(
        id=WaitlistEntryId(row.id),
        version=row.version,
        patient_id=PatientId(row.patient_id),
        patient_name=full_name(row.given_name, row.family_name),
        birth_day=row.birth_day,
        type_name=row.type_name,
        provider_name=row.provider_name,
        location_name=row.location_name,
        appointment_id=None if row.appointment_id is None else AppointmentId(row.appointment_id),
        appointment_at=row.appointment_at,
        zone=row.zone,
        from_day=row.from_day,
        until_day=row.until_day,
        note=row.note,
        created_at=row.created_at,
        created_by=row.created_by,
        closed_at=row.closed_at,
        closed_reason=None if row.closed_at is None else CloseReason(row.closed_reason),
    )
