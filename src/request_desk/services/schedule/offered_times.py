"""What keeps the times that staff offer in a reply: taken, read, given back; who may do what with them is in `inbox.counter_offers`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, text, update

from request_desk.domain.access import ActorKind
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.counter_offers import (
    MOST_TIMES,
    CounterOffer,
    CounterOfferState,
)
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Invalid, Limited, Refused
from request_desk.domain.freed_slots import kept_until
from request_desk.domain.ids import AppointmentId, CounterOfferId, MessageId, PatientId, ProviderId, RequestId
from request_desk.domain.policy import Action, ScheduleAction
from request_desk.domain.requests import Offering
from request_desk.domain.spans import Slot, Span, overlaps
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Deferred, Unit
from request_desk.services.people import patients
from request_desk.services.schedule import holds, latest_offers, slots
from request_desk.services.schedule.allowed import check_allowed
from request_desk.services.schedule.freed import has_rights
from request_desk.services.schedule.patient_facts import facts_of, limits_of_type
from request_desk.services.schedule.slots import type_rules
from request_desk.services.schedule.two_places import elsewhere
from request_desk.services.schedule.views import load, load_many
from request_desk.store import schema

_offer, _slot, _message, _contact = (
    schema.counter_offer,
    schema.counter_offer_slot,
    schema.message,
    schema.contact,
)
_is_open = text("counter_offer.state = 'open'")
_ASK_OPEN = select(_offer.c.id).where(_offer.c.request_id == bindparam("request"), _is_open)
_DECIDE = (
    update(_offer)
    .where(_offer.c.id == bindparam("offer"), _is_open)
    .values(
        state=bindparam("to"),
        decided_at=bindparam("now"),
        chosen_id=bindparam("chosen"),
        version=_offer.c.version + 1,
    )
    .returning(_offer.c.id)
)
_HOLDS = select(_slot.c.hold_id).where(_slot.c.offer_id == bindparam("offer")).order_by(_slot.c.position)


def take(
    unit: Unit, act: Offering, row: Row[Any], message_id: MessageId | None
) -> tuple[CounterOfferId, tuple[Appointment, ...]]:
    """Keep the times of an offer for the sender of a request, each in a hold that is nobody's and a chain of its own.

    Raises Invalid for too many or none, SlotTaken, Refused and Limited for a time that cannot be offered: an offer has no place for
    a reason to overrule a limit.
    """
    _check_count(act)
    patient_id, type_ = PatientId(row.patient_id), type_rules(unit, act.type_id)
    _check_sender(unit, row)
    moved = None if act.moved_id is None else _movable(unit, act.moved_id, patient_id)
    facts = facts_of(unit, type_, patient_id)
    places = [holds.place(unit, slot, type_, facts) for slot in act.slots]
    _check_apart(unit, places)
    for where in places:
        _check_limits(unit, where, patient_id, moved)
    until = _until(unit, type_, places, moved)
    hold_ids = [_held(unit, where, patient_id, until) for where in places]
    offer_id = CounterOfferId(unit.new_id())
    unit.insert(
        _offer,
        id=offer_id,
        request_id=row.id,
        contact_id=row.contact_id,
        message_id=message_id,
        moved_id=act.moved_id,
        state=CounterOfferState.OPEN.value,
        expires_at=until,
        created_at=unit.now,
        created_by_id=unit.actor.id,
    )
    for position, hold_id in enumerate(hold_ids, start=1):
        unit.insert(_slot, offer_id=offer_id, position=position, hold_id=hold_id)
        unit.record("offered", Topic.APPOINTMENT, hold_id, offer_id=offer_id, until=until, contact_id=row.contact_id)
    unit.record("times_offered", Topic.REQUEST, row.id, offer_id=offer_id, until=until, times=len(hold_ids))
    return offer_id, tuple(load(unit, hold_id) for hold_id in hold_ids)


def ask_open(unit: Unit, request_id: RequestId) -> Deferred:
    """Ask which offer is open for a request; mostly none."""
    return unit.defer(_ASK_OPEN, {"request": request_id})


def end(
    unit: Unit,
    offer_id: CounterOfferId,
    request_id: RequestId,
    state: CounterOfferState,
    chosen_id: AppointmentId | None = None,
) -> bool:
    """Close an open offer and give back what it keeps, but for what was chosen; tell whether it was open."""
    decided = {"offer": offer_id, "to": state.value, "now": unit.now, "chosen": chosen_id}
    if unit.first(_DECIDE, decided) is None:
        return False
    for hold_id in hold_ids(unit, offer_id):
        if hold_id != chosen_id:
            holds.drop(unit, hold_id)
    unit.record(f"times_{state.value}", Topic.REQUEST, request_id, offer_id=offer_id, chosen_id=chosen_id)
    return True


def hold_ids(unit: Unit, offer_id: CounterOfferId) -> tuple[AppointmentId, ...]:
    """Return what keeps, or kept, the times of an offer, in the order of the letter."""
    return tuple(AppointmentId(row.hold_id) for row in unit.rows(_HOLDS, {"offer": offer_id}))


def kept(unit: Unit, offer_id: CounterOfferId) -> tuple[Appointment, ...]:
    """Return the times of an offer that are still kept and can be booked."""
    found = load_many(unit, hold_ids(unit, offer_id))
    return tuple(
        each
        for each in found.values()
        if each.status is AppointmentStatus.HELD
        and each.hold_expires_at is not None
        and each.hold_expires_at > unit.now
        and not each.off
        and not _is_away(unit, each.provider_id, Span(each.starts_at, each.ends_at))
    )


def of_request(unit: Unit, request_id: RequestId) -> CounterOffer | None:
    """Return what was offered last for a request, as far as it still says something, with the times."""
    rows = latest_offers.latest_rows(unit, (request_id,), shown_only=False)
    if not rows:
        return None
    row = rows[0]
    ids = hold_ids(unit, CounterOfferId(row.id))
    found = load_many(unit, ids)
    return CounterOffer(
        id=CounterOfferId(row.id),
        request_id=request_id,
        contact_name=full_name(row.given_name, row.family_name),
        offered=latest_offers.told(row),
        times=tuple(found[each] for each in ids if each in found),
    )


def stands(unit: Unit, row: Row[Any], moved_id: AppointmentId | None) -> bool:
    """Tell whether what was offered for a request can still be taken by its sender: who is there, with the right, and can move it."""
    who = patients.row_of(unit, PatientId(row.patient_id))
    if not who.active or who.deceased:
        return False
    if moved_id is not None and not is_coming(unit, load(unit, moved_id)):
        return False
    return has_rights(unit, row.contact_id, PatientId(row.patient_id), who.birth_day, (Action.BOOK,))


def _check_count(act: Offering) -> None:
    if not 1 <= len(act.slots) <= MOST_TIMES:
        raise Invalid(_("Offer one time at least, and three at most."), field=_("Times"))


def _check_sender(unit: Unit, row: Row[Any]) -> None:
    """Whoever is offered times must have the right to take one; agreement by others does not help them in the portal."""
    if not has_rights(unit, row.contact_id, PatientId(row.patient_id), row.birth_day, (Action.BOOK, Action.READ)):
        name = full_name(row.contact_given_name, row.contact_family_name)
        told = _(
            "{name} may not book for {patient} in the portal, so times cannot be offered. Book one, or only reply."
        )
        raise Refused(told.format(name=name, patient=row.given_name))


def _movable(unit: Unit, moved_id: AppointmentId, patient_id: PatientId) -> Appointment:
    moved = load(unit, moved_id)
    if moved.patient_id != patient_id:
        raise Refused(_("This appointment belongs to another patient. Reload to see the present state."))
    check_allowed(unit, ScheduleAction.MOVE, moved)
    return moved


def is_coming(unit: Unit, moved: Appointment) -> bool:
    """Tell whether the appointment that would be given up still stands."""
    return moved.status is AppointmentStatus.CONFIRMED and moved.starts_at > unit.now


def _check_apart(unit: Unit, places: Sequence[holds.BlockedTime]) -> None:
    for place, one in enumerate(places):
        for two in places[place + 1 :]:
            spans = [Span(each.slot.starts_at, each.slot.blocked_until) for each in (one, two)]
            if one.slot.provider_id == two.slot.provider_id and overlaps(*spans):
                told = _("{one} and {two} overlap, so they cannot both be kept. Take one of them out.")
                there = unit.words.at(one.zone)
                raise Refused(told.format(one=there.moment(one.slot.starts_at), two=there.moment(two.slot.starts_at)))


def _check_limits(unit: Unit, where: holds.BlockedTime, patient_id: PatientId, moved: Appointment | None) -> None:
    chain_id = None if moved is None else moved.chain_id
    broken = (
        *limits_of_type(unit, where.type, where.slot, where.zone, where.patient, moved),
        *elsewhere(unit, patient_id, where.slot, chain_id),
    )
    if broken:
        told = " ".join(limit.sentence for limit in broken)
        sentence = _("{time} cannot be offered: {limits} Take it out, or book it yourself with a reason.")
        time = unit.words.at(where.zone).moment(where.slot.starts_at)
        raise Limited(sentence.format(time=time, limits=told), broken)
    if _is_away(unit, where.slot.provider_id, Span(where.slot.starts_at, where.slot.ends_at)):
        sentence = _("{time} cannot be offered: the provider is away then. Take it out, or book it yourself.")
        raise Refused(sentence.format(time=unit.words.at(where.zone).moment(where.slot.starts_at)))
    if moved is not None and _meets(where.slot, moved):
        sentence = _(
            "{time} overlaps the present visit, so it cannot be kept beside it. Take it out, or move the visit."
        )
        raise Refused(sentence.format(time=unit.words.at(where.zone).moment(where.slot.starts_at)))


def _is_away(unit: Unit, provider_id: ProviderId, span: Span) -> bool:
    """Whether the provider has time off or the practice is closed then: who entered it asked nobody who is offered that time."""
    return bool(slots.absences_of(unit, (provider_id,), span).get(provider_id))


def _meets(slot: Slot, moved: Appointment) -> bool:
    is_same = slot.provider_id == moved.provider_id
    return is_same and slot.starts_at < moved.ends_at and moved.starts_at < slot.blocked_until


def _until(
    unit: Unit, type_: AppointmentType, places: Sequence[holds.BlockedTime], moved: Appointment | None
) -> datetime:
    starts = [(each.slot.starts_at, slots.time_of(unit, each.zone)) for each in places]
    until = kept_until(
        type_, starts, unit.now, None if moved is None else (moved.starts_at, slots.time_of(unit, moved.zone))
    )
    if until is None:
        near = min(places, key=lambda each: each.slot.starts_at)
        time = unit.words.at(near.zone).moment(near.slot.starts_at)
        raise Refused(_("{time} leaves too little time to answer. Take it out, or call and book it.").format(time=time))
    return until


def _held(unit: Unit, where: holds.BlockedTime, patient_id: PatientId, until: datetime) -> AppointmentId:
    holds.expire_here(unit, where, AppointmentId(0))
    return holds.take(
        unit,
        where,
        status=AppointmentStatus.HELD,
        chain_id=None,
        patient_id=patient_id,
        request_id=None,  # it is the family's to answer: another time that staff look at lets it alone
        hold_expires_at=until,
        held_by_id=None,
        booked_by_kind=ActorKind.SYSTEM,
        booked_by_id=0,
    )
