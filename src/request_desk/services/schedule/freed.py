"""Times that became free and who may be offered each, read for the desk and for `slot_offers`, which offers them (ACT8)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, func, select, text, union_all

from request_desk.domain.access import Permission, a_contact
from request_desk.domain.appointments import UNDONE, Appointment, AppointmentStatus
from request_desk.domain.freed_slots import (
    Busy,
    Candidate,
    CandidateSource,
    FreedSlot,
    FreedTime,
    Obstacle,
    SlotOffer,
    obstacle,
    ranked,
)
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    LocationId,
    PatientId,
    ProviderId,
    SlotOfferId,
    TypeId,
)
from request_desk.domain.notices import SLOT_OFFER
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import RequestKind, RequestState, Wish
from request_desk.domain.spans import Span
from request_desk.domain.words import _, full_name, safe_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import rows as inbox_rows
from request_desk.services.inbox.scope import in_state
from request_desk.services.notices import outbox
from request_desk.services.people import patients
from request_desk.services.schedule import slots
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.services.schedule.views import VIEW, chain_end, load, load_many, upcoming_of, view
from request_desk.services.schedule.waitlist import IS_WAITING
from request_desk.store import schema
from request_desk.store.triggers import BLOCKING

_MOST: Final = 50  # freed times that are looked at together: those of a week of everybody are fewer
_appointment, _offer, _entry = schema.appointment, schema.slot_offer, schema.waitlist_entry
_request, _patient, _wish = schema.request, schema.patient, schema.request_wish
_FREED = (
    VIEW.where(
        _appointment.c.status == AppointmentStatus.CANCELLED,
        _appointment.c.released_at.is_not(None),
        _appointment.c.cancel_code != UNDONE,
        _appointment.c.lane == 0,
        _appointment.c.starts_at > bindparam("now"),
        _appointment.c.starts_at >= bindparam("since"),
        _appointment.c.starts_at < bindparam("until"),
    )
    .order_by(_appointment.c.starts_at, _appointment.c.id.desc())
    .limit(_MOST)
)
_BUSY = select(_appointment.c.blocks_from, _appointment.c.blocks_until, _appointment.c.chain_id).where(
    text(BLOCKING),
    _appointment.c.provider_id == bindparam("provider"),
    _appointment.c.lane == 0,
    _appointment.c.blocks_from < bindparam("until"),
    _appointment.c.blocks_from > bindparam("reach"),
    _appointment.c.blocks_until > bindparam("since"),
    (_appointment.c.hold_expires_at.is_(None)) | (_appointment.c.hold_expires_at > bindparam("now")),
)
_KEPT = select(_appointment.c.blocks_from, _appointment.c.blocks_until, _appointment.c.chain_id).where(
    text("status = 'cancelled'"),
    _appointment.c.released_at > bindparam("now"),
    _appointment.c.provider_id == bindparam("provider"),
    _appointment.c.lane == 0,
    _appointment.c.id != bindparam("freed"),
    _appointment.c.blocks_from < bindparam("until"),
    _appointment.c.blocks_until > bindparam("since"),
)
# To whom a time was offered; what was withdrawn before it was shown to anybody was never offered.
_TOLD = (
    select(_offer.c.patient_id)
    .select_from(_offer.join(_appointment, _appointment.c.id == _offer.c.hold_id))
    .where(
        _appointment.c.provider_id == bindparam("provider"),
        _appointment.c.starts_at == bindparam("starts_at"),
        (_offer.c.state != "withdrawn") | (_offer.c.decided_at >= _appointment.c.visible_at),
    )
)
_ENTRIES = (
    select(
        *_entry.c,
        _patient.c.given_name,
        _patient.c.family_name,
        _patient.c.birth_day,
        _patient.c.custody_note,
    )
    .select_from(_entry.join(_patient, _patient.c.id == _entry.c.patient_id))
    .where(IS_WAITING)
    .order_by(_entry.c.id)
)
_REQUESTS = (
    select(
        _request.c.id,
        _request.c.kind,
        _request.c.patient_id,
        _request.c.contact_id,
        _request.c.type_id,
        _request.c.provider_id,
        _request.c.location_id,
        _request.c.appointment_id,
        _request.c.urgent,
        _request.c.arrived_at,
        _patient.c.given_name,
        _patient.c.family_name,
        _patient.c.birth_day,
        _patient.c.custody_note,
    )
    .select_from(_request.join(_patient, _patient.c.id == _request.c.patient_id))
    .where(
        in_state(RequestState.OPEN, RequestState.WAITING),
        _request.c.kind.in_([RequestKind.SCHEDULE.value, RequestKind.RESCHEDULE.value]),
        _request.c.type_id.is_not(None),
        _patient.c.active,
        ~_patient.c.deceased,
    )
    .order_by(_request.c.id)
)
_WISHES = select(_wish).where(_wish.c.request_id.in_(bindparam("ids", expanding=True))).order_by(_wish.c.rank)
# A hold or an offer for a request or an appointment: somebody is at it just now.
_HELD = select(_appointment.c.request_id, _appointment.c.chain_id).where(
    text("status = 'held'"), _appointment.c.hold_expires_at > bindparam("now")
)
_OFFERED = union_all(
    select(_offer.c.patient_id).where(text("slot_offer.state = 'open'"), _offer.c.expires_at > bindparam("now")),
    select(_request.c.patient_id)
    .select_from(_request.join(schema.counter_offer, schema.counter_offer.c.request_id == _request.c.id))
    .where(text("counter_offer.state = 'open'")),
)
_OFFER_VIEW = select(
    _offer.c.id,
    _offer.c.version,
    _offer.c.freed_id,
    _offer.c.hold_id,
    _offer.c.patient_id,
    _patient.c.given_name,
    _patient.c.family_name,
    func.trim(schema.contact.c.given_name.concat(" ").concat(schema.contact.c.family_name)).label("contact_name"),
    _offer.c.expires_at,
).select_from(
    _offer.join(_patient, _patient.c.id == _offer.c.patient_id).join(
        schema.contact, schema.contact.c.id == _offer.c.contact_id
    )
)
_OPEN_OFFERS = _OFFER_VIEW.where(
    and_(text("slot_offer.state = 'open'"), _offer.c.freed_id.in_(bindparam("freed", expanding=True)))
)
_OF_PATIENT = _OFFER_VIEW.where(
    text("slot_offer.state = 'open'"),
    _offer.c.patient_id == bindparam("patient"),
    _offer.c.expires_at > bindparam("now"),
).order_by(_offer.c.id)
_RIGHT_OF_REQUEST = (Action.BOOK, Action.READ)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Everybody who waits now, read once for several times; whether anybody can be told of one is looked at last."""

    candidates: tuple[Candidate, ...]
    senders: dict[int, ContactId]  # of requests, and of entries that a contact made, by their id


def freed_slots(
    unit: Unit,
    first_day: date,
    last_day: date,
    *,
    provider_ids: Collection[ProviderId] = (),
    location_ids: Collection[LocationId] = (),
) -> tuple[FreedSlot, ...]:
    """Return the times of these days that became free and that somebody may be, or is, offered; by start."""
    unit.require(Permission.VIEW_SCHEDULE)
    span = Span(unit.time.bounds(first_day).starts_at, unit.time.bounds(last_day).ends_at)
    rows = unit.rows(_FREED, {"now": unit.now, "since": span.starts_at, "until": span.ends_at})
    shown: dict[tuple[ProviderId, datetime], Appointment] = {}
    for each in map(view, rows):
        is_asked = not provider_ids or each.provider_id in provider_ids
        if is_asked and (not location_ids or each.location_id in location_ids):
            shown.setdefault((each.provider_id, each.starts_at), each)  # of one time that was freed twice, the latest
    return _slots(unit, tuple(shown.values()))


def freed_slot(unit: Unit, freed_id: AppointmentId) -> FreedSlot | None:
    """Return a time that became free with who waits for it; None when nobody is or can be offered it."""
    unit.require(Permission.VIEW_SCHEDULE)
    freed = load(unit, freed_id)
    found = _slots(unit, (freed,)) if is_freed(freed, unit.now) else ()
    return found[0] if found else None


def is_freed(seen: Appointment, now: datetime) -> bool:
    """Tell whether an appointment was booked, is cancelled or moved, and its time is still to come."""
    is_cancelled = seen.status is AppointmentStatus.CANCELLED and seen.released_at is not None
    return is_cancelled and seen.cancel_code != UNDONE and seen.starts_at > now


def _slots(unit: Unit, freed: Sequence[Appointment]) -> tuple[FreedSlot, ...]:
    if not freed:
        return ()
    offers = {row.freed_id: offer_of(row) for row in unit.rows(_OPEN_OFFERS, {"freed": [each.id for each in freed]})}
    known = waiting(unit)
    found = []
    for each in freed:
        offer = offers.get(each.id)
        fitting = who_fits(unit, each, known, None if offer is None else offer.hold_id)
        others = (one for one in fitting if offer is None or one.patient_id != offer.patient_id)
        found.append(FreedSlot(each, offer, tuple(others)))
    return tuple(each for each in found if each.offer is not None or each.waiting)


def offer_of(row: Row[Any]) -> SlotOffer:
    """Make the view of an offer."""
    return SlotOffer(
        id=SlotOfferId(row.id),
        version=row.version,
        freed_id=AppointmentId(row.freed_id),
        hold_id=AppointmentId(row.hold_id),
        patient_id=PatientId(row.patient_id),
        patient_name=full_name(row.given_name, row.family_name),
        contact_name=row.contact_name,
        expires_at=row.expires_at,
    )


def offered_words(unit: Unit, patient_id: PatientId) -> tuple[str, ...]:
    """Return a sentence for each time that is offered to the family of a patient now, for who handles their request."""
    told = _("{time} with {provider} is offered to {contact} until {until}.")
    found = []
    for row in unit.rows(_OF_PATIENT, {"patient": patient_id, "now": unit.now}):
        hold = load(unit, AppointmentId(row.hold_id))
        found.append(
            told.format(
                time=unit.words.at(hold.zone).moment(hold.starts_at),
                provider=hold.provider_name,
                contact=safe_name(row.contact_name),
                until=unit.words.moment(row.expires_at),
            )
        )
    return tuple(found)


def time_of_freed(unit: Unit, freed: Appointment, without: AppointmentId | None = None) -> FreedTime:
    """Return a freed time with what its provider has around it; `without` is a hold that would go for it."""
    values = {
        "provider": freed.provider_id,
        "since": freed.starts_at,
        "until": freed.starts_at + slots.LONGEST,
        "now": unit.now,
    }
    busy = unit.rows(_BUSY, {**values, "reach": freed.starts_at - slots.LONGEST})
    kept = unit.rows(_KEPT, {**values, "freed": freed.id})
    told = unit.rows(_TOLD, {"provider": freed.provider_id, "starts_at": freed.starts_at})
    span = Span(freed.starts_at, freed.starts_at + slots.LONGEST)
    providers, locations = slots.all_providers(unit), slots.all_locations(unit)
    is_on = providers[freed.provider_id].active and locations[freed.location_id].active
    windows = slots.windows_of(unit, (freed.provider_id,)).get(freed.provider_id, ()) if is_on else ()
    own = None if without is None else load(unit, without)
    return FreedTime(
        freed_id=freed.id,
        patient_id=freed.patient_id,
        provider_id=freed.provider_id,
        location_id=freed.location_id,
        starts_at=freed.starts_at,
        zone=slots.time_of(unit, freed.zone or unit.time.zone),
        windows=[each for each in windows if locations[each.location_id].active],
        absences=slots.absences_of(unit, (freed.provider_id,), span).get(freed.provider_id, ()),
        busy=[
            Busy(Span(row.blocks_from, row.blocks_until), AppointmentId(row.chain_id))
            for row in (*busy, *kept)
            if own is None or (row.chain_id, row.blocks_from) != (own.chain_id, own.starts_at)
        ],
        told=frozenset(PatientId(row.patient_id) for row in told),
    )


def who_fits(
    unit: Unit, freed: Appointment, known: Waiting, without: AppointmentId | None = None
) -> tuple[Candidate, ...]:
    """Return who may be offered a freed time, the first first (see `domain.freed_slots.ranked`)."""
    time = time_of_freed(unit, freed, without)
    fitting = [each for each in known.candidates if obstacle(each, time, unit.now) is Obstacle.NOBODY]
    told: dict[PatientId, tuple[ContactId, ...]] = {}
    return ranked((_with_contact(unit, each, known, told) for each in fitting), time, unit.now)


def _with_contact(
    unit: Unit, candidate: Candidate, known: Waiting, told: dict[PatientId, tuple[ContactId, ...]]
) -> Candidate:
    """Whom to tell: who asked, else the first contact who may book and hears of it. Who asked in a thread has to read it, too."""
    of = candidate.patient_id
    if of not in told:
        told[of] = outbox.may_be_told(unit, SLOT_OFFER, of)
    asked = known.senders.get(candidate.source_id)
    is_request = candidate.source is CandidateSource.REQUEST
    ids = [each for each in told[of] if each == asked] if is_request else sorted(told[of], key=lambda one: one != asked)
    rights = _RIGHT_OF_REQUEST if is_request else (Action.BOOK,)
    found = (each for each in ids if has_rights(unit, each, of, candidate.birth_day, rights))
    return replace(candidate, contact_id=next(found, None))


def has_rights(
    unit: Unit, contact_id: ContactId, patient_id: PatientId, birth_day: date, rights: Iterable[Action]
) -> bool:
    """Tell whether a contact has all of these rights to a patient today."""
    subject = PatientSubject(patients.rights(unit, contact_id, patient_id), birth_day)
    return all(may(a_contact(contact_id), right, subject, unit.time.day_of(unit.now)) for right in rights)


def waiting(unit: Unit) -> Waiting:
    """Return everybody who waits now: open requests, wishes for something earlier, the waiting list."""
    entries = unit.rows(_ENTRIES, {"now": unit.now, "today": unit.time.day_of(unit.now)})
    requests = unit.rows(_REQUESTS)
    if not entries and not requests:
        return Waiting((), {})
    held = unit.rows(_HELD, {"now": unit.now})
    in_hand = {row.request_id for row in held} | {row.chain_id for row in held}
    offered = {row.patient_id for row in unit.rows(_OFFERED, {"now": unit.now})}
    types = {each: slots.type_rules(unit, TypeId(each)) for each in {row.type_id for row in (*entries, *requests)}}
    ids = dict.fromkeys(PatientId(row.patient_id) for row in (*entries, *requests))
    upcoming: dict[PatientId, list[Appointment]] = {}
    for each in upcoming_of(unit, ids):
        upcoming.setdefault(each.patient_id, []).append(each)
    moved = load_many(unit, [AppointmentId(row.appointment_id) for row in entries if row.appointment_id is not None])
    wishes = _wishes(unit, [row.id for row in requests])
    found: list[Candidate] = []
    senders: dict[int, ContactId] = {}
    for row in (*entries, *requests):
        is_entry = not hasattr(row, "urgent")
        given_up = moved.get(row.appointment_id) if is_entry else _asked_to_move(unit, row)
        if not is_entry and row.kind == RequestKind.RESCHEDULE and given_up is None:
            continue
        if not is_entry or row.created_by_kind == "contact":
            senders[row.id] = ContactId(row.created_by_id if is_entry else row.contact_id)
        chain_id = None if given_up is None else given_up.chain_id
        found.append(
            _candidate(
                row,
                type=types[row.type_id],
                facts=facts_of(unit, types[row.type_id], PatientId(row.patient_id)),
                moved=given_up,
                upcoming=tuple(upcoming.get(row.patient_id, ())),
                wishes=wishes.get(row.id, ()),
                is_in_hand=row.patient_id in offered or row.id in in_hand or chain_id in in_hand - {None},
            )
        )
    return Waiting(tuple(found), senders)


def _candidate(row: Row[Any], **values: Any) -> Candidate:
    """What a row of `_ENTRIES` or `_REQUESTS` says of whoever waits."""
    is_entry = not hasattr(row, "urgent")
    source = CandidateSource.REQUEST
    if is_entry:
        source = CandidateSource.WAITING if row.appointment_id is None else CandidateSource.EARLIER
    return Candidate(
        source=source,
        source_id=row.id,
        patient_id=PatientId(row.patient_id),
        patient_name=full_name(row.given_name, row.family_name),
        birth_day=row.birth_day,
        asked_at=row.created_at if is_entry else row.arrived_at,
        provider_id=None if row.provider_id is None else ProviderId(row.provider_id),
        location_id=None if row.location_id is None else LocationId(row.location_id),
        from_day=row.from_day if is_entry else None,
        until_day=row.until_day if is_entry else None,
        is_urgent=not is_entry and bool(row.urgent),
        has_custody_note=bool(row.custody_note),
        **values,
    )


def _asked_to_move(unit: Unit, row: Row[Any]) -> Appointment | None:
    """The appointment that a request asks to move, where it is still to come."""
    if row.appointment_id is None:
        return None
    seen = chain_end(unit, AppointmentId(row.appointment_id))
    return seen if seen.status is AppointmentStatus.CONFIRMED and seen.starts_at > unit.now else None


def _wishes(unit: Unit, ids: Sequence[int]) -> dict[int, tuple[Wish, ...]]:
    found: dict[int, list[Wish]] = {}
    for row in unit.rows(_WISHES, {"ids": list(ids)}) if ids else ():
        found.setdefault(row.request_id, []).append(inbox_rows.wish_of(row))
    return {request_id: tuple(each) for request_id, each in found.items()}
