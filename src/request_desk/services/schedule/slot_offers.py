"""Freed times offered to whoever waits: offered, accepted, declined, withdrawn, and gone on with by the job; who fits is in `freed`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, func, select, text, update

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotFound, Refused, UndoRefused
from request_desk.domain.freed_slots import Candidate, PortalOffer, SlotOfferState, answer_by, slot_of
from request_desk.domain.ids import AppointmentId, ContactId, PatientId, RequestId, SlotOfferId, WaitlistEntryId
from request_desk.domain.notices import SLOT_OFFER
from request_desk.domain.policy import Action
from request_desk.domain.requests import RequestState
from request_desk.domain.text import parse_version
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import handling
from request_desk.services.inbox.scope import in_state
from request_desk.services.notices import outbox
from request_desk.services.people import patients
from request_desk.services.schedule import freed as freed_times, holds, scheduling, waitlist
from request_desk.services.schedule.views import load
from request_desk.services.schedule.waitlist import IS_WAITING
from request_desk.store import schema

_MOST: Final = 50  # offers that are looked at in one turn of the job
_offer, _appointment, _entry, _request = schema.slot_offer, schema.appointment, schema.waitlist_entry, schema.request
_patient, _location = schema.patient, schema.location
_is_open = text("slot_offer.state = 'open'")
_BY_ID = select(_offer).where(_offer.c.id == bindparam("id")).with_for_update()
_OPEN = select(_offer).where(_is_open).order_by(_offer.c.id).limit(_MOST)
_OPEN_OF = select(_offer.c.id).where(_offer.c.freed_id == bindparam("freed"), _is_open)
_LAST_RANK = select(func.coalesce(func.max(_offer.c.rank), 0)).where(_offer.c.freed_id == bindparam("freed"))
_LOCK_FREED = select(_appointment.c.id).where(_appointment.c.id == bindparam("freed")).with_for_update()
_DECIDE = (
    update(_offer)
    .where(_offer.c.id == bindparam("offer"), _is_open)
    .values(state=bindparam("to"), decided_at=bindparam("now"), version=_offer.c.version + 1)
    .returning(_offer.c.id)
)
_ENTRY_WAITS = select(_entry.c.id).where(_entry.c.id == bindparam("entry"), IS_WAITING)
_REQUEST_WAITS = select(_request.c.id).where(
    _request.c.id == bindparam("request"), in_state(RequestState.OPEN, RequestState.WAITING)
)
# What would be given up: what is booked in the chain of the hold, as it was when the offer was made.
_GIVEN_UP = select(_appointment.c.id).where(
    _appointment.c.chain_id == bindparam("chain"),
    _appointment.c.status == AppointmentStatus.CONFIRMED,
    _appointment.c.starts_at > bindparam("now"),
    _appointment.c.created_at <= bindparam("offered_at"),
)
# Times whose last offer came to nothing by itself: the job goes on with them.
_last = _offer.alias("last")
_GO_ON = (
    select(_offer.c.freed_id)
    .select_from(_offer.join(_appointment, _appointment.c.id == _offer.c.freed_id))
    .where(
        _appointment.c.starts_at > bindparam("now"),
        _offer.c.state.in_([SlotOfferState.DECLINED.value, SlotOfferState.EXPIRED.value]),
        ~exists().where(_last.c.freed_id == _offer.c.freed_id, _last.c.rank > _offer.c.rank),
    )
    .order_by(_appointment.c.starts_at, _offer.c.freed_id)
    .limit(_MOST)
)
_OF_CONTACT = (
    select(
        _offer.c.id,
        _offer.c.version,
        _offer.c.hold_id,
        _offer.c.request_id,
        _offer.c.expires_at,
        _offer.c.created_at,
        _patient.c.given_name,
        _patient.c.family_name,
        _location.c.address,
    )
    .select_from(
        _offer.join(_appointment, _appointment.c.id == _offer.c.hold_id)
        .join(_patient, _patient.c.id == _offer.c.patient_id)
        .join(_location, _location.c.id == _appointment.c.location_id)
    )
    .where(
        _offer.c.contact_id == bindparam("contact"),
        _is_open,
        _offer.c.expires_at > bindparam("now"),
        _appointment.c.visible_at <= bindparam("now"),
    )
    .order_by(_appointment.c.starts_at, _offer.c.id)
)


def offer(unit: Unit, freed_id: AppointmentId, patient_id: PatientId, *, expect_version: int) -> SlotOfferId:
    """Offer a freed time to the first who fits: it is kept for them, and one contact is told; `patient_id` is who was seen as the first.

    Raises Conflict when the appointment that freed it has changed, Refused when somebody else comes first by now or it is
    offered already, SlotTaken. Can be undone within the grace time.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    freed = load(unit, freed_id)
    if freed.version != parse_version(expect_version):
        raise unit.conflict(Topic.APPOINTMENT, freed_id)
    return _offer_seen(unit, freed, patient_id)


def offer_next(unit: Unit, offer_id: SlotOfferId, patient_id: PatientId, *, expect_version: int) -> SlotOfferId:
    """Take an offer back and make it to who comes next; `patient_id` is who was seen as the next."""
    unit.require(Permission.CHANGE_SCHEDULE)
    row = _row(unit, offer_id)
    withdraw(unit, offer_id, expect_version=expect_version)
    return _offer_seen(unit, load(unit, AppointmentId(row.freed_id)), patient_id, but=PatientId(row.patient_id))


def withdraw(unit: Unit, offer_id: SlotOfferId, *, expect_version: int) -> None:
    """Take an offer back: the time is free again, and the job does not go on with it. A notice that has not left does not leave."""
    unit.require(Permission.CHANGE_SCHEDULE)
    row = _row(unit, offer_id)
    if row.version != parse_version(expect_version) or row.state != SlotOfferState.OPEN:
        raise unit.conflict(Topic.APPOINTMENT, row.hold_id)
    _end(unit, row, SlotOfferState.WITHDRAWN)


def take_back(unit: Unit, offer_id: SlotOfferId, *, until: datetime) -> None:
    """Undo `offer` within the grace time: nobody has heard of it."""
    unit.require(Permission.CHANGE_SCHEDULE)
    row = _row(unit, offer_id)
    if unit.now > until:
        raise UndoRefused(_("The family may have been told. Withdraw the offer on the schedule instead."))
    if row.state != SlotOfferState.OPEN:
        raise UndoRefused(_("This offer is over already, so there is nothing to take back."))
    _end(unit, row, SlotOfferState.WITHDRAWN)


def accept(unit: Unit, offer_id: SlotOfferId) -> AppointmentId:
    """Book what was offered to the contact; an appointment that was to be earlier is moved, an open request is answered and stays.

    The whole family is told. Raises Refused when it is not offered any more.
    """
    unit.require(Permission.USE_PORTAL)
    row = _own(unit, offer_id)
    hold = load(unit, AppointmentId(row.hold_id))
    is_kept = hold.hold_expires_at is not None and hold.hold_expires_at > unit.now
    if row.state != SlotOfferState.OPEN or not is_kept or not _stands(unit, row, hold):
        raise _over()
    moved_id = _given_up(unit, row, hold)
    request_id = None if row.request_id is None else RequestId(row.request_id)
    unit.run(_DECIDE, {"offer": offer_id, "to": SlotOfferState.ACCEPTED, "now": unit.now})
    booked = scheduling.confirm_offered(unit, hold.id, request_id=request_id, moved_id=moved_id)
    if row.entry_id is not None:
        waitlist.settle_entry(unit, WaitlistEntryId(row.entry_id))
    if request_id is not None:
        time = unit.words.at(booked.zone).moment(booked.starts_at)
        handling.answer(unit, request_id, _("I take the time that was offered: {time}.").format(time=time))
    _record(unit, row, SlotOfferState.ACCEPTED)
    return booked.id


def decline(unit: Unit, offer_id: SlotOfferId) -> None:
    """Say no to what was offered: the time is free again, and the job offers it to who comes next."""
    unit.require(Permission.USE_PORTAL)
    row = _own(unit, offer_id)
    if row.state != SlotOfferState.OPEN:
        raise _over()
    _end(unit, row, SlotOfferState.DECLINED)


def portal_offers(unit: Unit) -> tuple[PortalOffer, ...]:
    """Return what is offered to the contact now, by start; what staff may still take back is not shown yet."""
    unit.require(Permission.USE_PORTAL)
    rows = unit.rows(_OF_CONTACT, {"contact": unit.actor.contact_id, "now": unit.now})
    found = []
    for row in rows:
        hold = load(unit, AppointmentId(row.hold_id))
        moved_id = _given_up(unit, row, hold)
        moved = None if moved_id is None else load(unit, moved_id)
        found.append(
            PortalOffer(
                id=SlotOfferId(row.id),
                patient_name=full_name(row.given_name, row.family_name),
                type_name=hold.type_name,
                provider_name=hold.provider_name,
                location_name=hold.location_name,
                address=row.address,
                starts_at=hold.starts_at,
                zone=hold.zone,
                until=row.expires_at,
                moved_from=None if moved is None else moved.starts_at,
                moved_zone="" if moved is None else moved.zone,
                request_id=None if row.request_id is None else RequestId(row.request_id),
            )
        )
    return tuple(found)


def settle(unit: Unit) -> int:
    """End what is offered for something that was settled in another way, and return how many there were."""
    unit.require(Permission.RUN_JOBS)
    ended = 0
    for row in unit.rows(_OPEN):
        if not _stands(unit, row, load(unit, AppointmentId(row.hold_id))):
            _end(unit, row, SlotOfferState.EXPIRED)
            ended += 1
    return ended


def to_go_on(unit: Unit) -> tuple[AppointmentId, ...]:
    """Return the freed times whose last offer was declined or has expired, the nearest first."""
    unit.require(Permission.RUN_JOBS)
    return tuple(AppointmentId(row.freed_id) for row in unit.rows(_GO_ON, {"now": unit.now}))


def go_on(unit: Unit, freed_id: AppointmentId) -> SlotOfferId | None:
    """Offer a freed time to who comes next; None when nobody fits, or the time is nearer than the notice."""
    unit.require(Permission.RUN_JOBS)
    freed = load(unit, freed_id)
    if not freed_times.is_freed(freed, unit.now):
        return None
    first = _first(unit, freed)
    return None if first is None else _offered(unit, freed, first)


def _offer_seen(unit: Unit, freed: Appointment, patient_id: PatientId, but: PatientId | None = None) -> SlotOfferId:
    """Offer a time to who was seen as the first, if that is still so; `but` is passed over, told of it or not."""
    when = unit.words.at(freed.zone).moment(freed.starts_at)
    first = _first(unit, freed, but)
    if first is None:
        raise Refused(_("Nobody who waits fits {time} any more.").format(time=when))
    if first.patient_id != patient_id:
        told = _("{patient} comes first for {time} by now. Look at it and offer it again.")
        raise Refused(told.format(patient=first.patient_name, time=when))
    return _offered(unit, freed, first)


def _first(unit: Unit, freed: Appointment, but: PatientId | None = None) -> Candidate | None:
    """Who comes first for a freed time that is not offered to anybody; others who offer it wait for this transaction."""
    unit.rows(_LOCK_FREED, {"freed": freed.id})
    when = unit.words.at(freed.zone).moment(freed.starts_at)
    if unit.first(_OPEN_OF, {"freed": freed.id}) is not None:
        raise Refused(_("{time} is offered to somebody already. Look at the schedule.").format(time=when))
    if not freed_times.is_freed(freed, unit.now):
        raise Refused(_("{time} is not a free time any more. Look at the schedule.").format(time=when))
    found = freed_times.who_fits(unit, freed, freed_times.waiting(unit))
    return next((each for each in found if each.patient_id != but), None)


def _offered(unit: Unit, freed: Appointment, first: Candidate) -> SlotOfferId:
    """Keep the time, write the offer, tell one contact."""
    time = freed_times.time_of_freed(unit, freed)
    slot = slot_of(first, time)
    until = answer_by(first.type, freed.starts_at, unit.now, time.zone)
    if slot is None or until is None or first.contact_id is None:
        raise TypeError("offered to somebody who does not fit")
    where = holds.place(unit, slot, first.type, first.facts, is_move=first.moved is not None)
    holds.expire_here(unit, where, first.chain_id or AppointmentId(0))
    hold_id = holds.take(
        unit,
        where,
        status=AppointmentStatus.HELD,
        chain_id=first.chain_id,
        patient_id=first.patient_id,
        request_id=None,  # it is the family's to answer: what staff do with the request lets it alone
        moved=first.moved,
        freed_id=freed.id,
        hold_expires_at=until,
        held_by_id=None,
        booked_by_kind=ActorKind.SYSTEM,
        booked_by_id=0,
    )
    offer_id = _written(unit, freed, first, hold_id, until)
    people = outbox.ask_people(unit, first.patient_id)
    outbox.notify(
        unit,
        SLOT_OFFER,
        people=people,
        replied=False,
        sender_id=first.contact_id,
        appointment_id=hold_id,
        version=1,
    )
    if unit.actor.kind is ActorKind.STAFF:
        label = _("Offered {time} to {patient}").format(
            time=unit.words.at(freed.zone).moment(freed.starts_at), patient=first.patient_name
        )
        unit.offer_undo(label, take_back, offer_id, until=unit.now + unit.grace)
    return offer_id


def _written(unit: Unit, freed: Appointment, first: Candidate, hold_id: AppointmentId, until: datetime) -> SlotOfferId:
    offer_id = SlotOfferId(unit.new_id())
    unit.insert(
        _offer,
        id=offer_id,
        freed_id=freed.id,
        hold_id=hold_id,
        patient_id=first.patient_id,
        contact_id=first.contact_id,
        request_id=first.request_id,
        entry_id=first.entry_id,
        state=SlotOfferState.OPEN.value,
        rank=unit.value(_LAST_RANK, {"freed": freed.id}) + 1,
        expires_at=until,
        created_at=unit.now,
        created_by_id=unit.actor.id if unit.actor.kind is ActorKind.STAFF else 0,
    )
    unit.record(
        "offered",
        Topic.APPOINTMENT,
        hold_id,
        offer_id=offer_id,
        until=until,
        freed_id=freed.id,
        patient_id=first.patient_id,
        contact_id=first.contact_id,
    )
    return offer_id


def _row(unit: Unit, offer_id: SlotOfferId) -> Row[Any]:
    row = unit.first(_BY_ID, {"id": offer_id})
    if row is None:
        raise NotFound(_("This offer is not there any more. Reload to see the present state."))
    return row


def _own(unit: Unit, offer_id: SlotOfferId) -> Row[Any]:
    row = unit.first(_BY_ID, {"id": offer_id})
    if row is None or row.contact_id != unit.actor.contact_id:
        raise _over()
    return row


def _over() -> Refused:
    return Refused(_("This time is not offered any more. If you need us, please ask for a visit, or call."))


def _end(unit: Unit, row: Row[Any], state: SlotOfferState) -> None:
    """Close an offer and give its time back."""
    unit.run(_DECIDE, {"offer": row.id, "to": state, "now": unit.now})
    holds.drop(unit, AppointmentId(row.hold_id))
    _record(unit, row, state)


def _record(unit: Unit, row: Row[Any], state: SlotOfferState) -> None:
    unit.record(f"offer_{state}", Topic.APPOINTMENT, row.hold_id, offer_id=row.id, freed_id=row.freed_id)


def _given_up(unit: Unit, row: Row[Any], hold: Appointment) -> AppointmentId | None:
    """The appointment that is given up for an offered time, None for a new one or where it does not stand any more."""
    if hold.chain_id == hold.id:
        return None
    found = unit.value(_GIVEN_UP, {"chain": hold.chain_id, "now": unit.now, "offered_at": row.created_at})
    return None if found is None else AppointmentId(found)


def _stands(unit: Unit, row: Row[Any], hold: Appointment) -> bool:
    """Tell whether what an offer was made for is still to be settled, and by whom it was made to."""
    who = patients.row_of(unit, PatientId(row.patient_id))
    now = {"now": unit.now, "today": unit.time.day_of(unit.now)}
    return (
        bool(who.active)
        and not who.deceased
        and (hold.chain_id == hold.id or _given_up(unit, row, hold) is not None)
        and (row.entry_id is None or unit.first(_ENTRY_WAITS, {"entry": row.entry_id, **now}) is not None)
        and (row.request_id is None or unit.first(_REQUEST_WAITS, {"request": row.request_id}) is not None)
        and freed_times.has_rights(unit, ContactId(row.contact_id), hold.patient_id, who.birth_day, (Action.BOOK,))
    )
