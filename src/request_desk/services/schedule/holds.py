"""How a time of a provider is taken and given back: the statements that let one of many win; the acts are in `scheduling`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from heapq import nsmallest
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, exists, func, insert, literal, null, select, text, update

from request_desk.domain.appointments import DROPPED, Appointment, AppointmentStatus
from request_desk.domain.availability import window_of
from request_desk.domain.booking_rules import PatientFacts, duration_for
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Invalid, Refused, SlotTaken
from request_desk.domain.freed_slots import SlotOfferState
from request_desk.domain.ids import AppointmentId, PatientId, ProviderId, RequestId, TypeId
from request_desk.domain.spans import Slot, Span
from request_desk.domain.words import _
from request_desk.services.desk import Deferred, Unit
from request_desk.services.schedule import slots
from request_desk.services.schedule.views import load
from request_desk.store import schema
from request_desk.store.triggers import BLOCKING

_JUST: Final = timedelta(minutes=5)  # ago, so that somebody "has just" taken a time
_NEXT_DAYS: Final = timedelta(days=14)  # how far the next free times are looked for
_NEXT_MOST: Final = 3
_table: Final = schema.appointment
_names: Final = tuple(column.name for column in _table.c if column.name != "version")


def _any_index(column: ColumnElement[int]) -> ColumnElement[int]:
    """A column as a sum, so that the few rows of a partial index are looked through instead of a provider's years."""
    return column + literal(0)


_EXPIRE = (
    update(_table)
    .where(text("status = 'held'"), _table.c.hold_expires_at <= bindparam("now"))
    .values(status=AppointmentStatus.EXPIRED, hold_expires_at=null(), version=_table.c.version + 1)
    .returning(_table.c.id)
)
_EXPIRE_HERE = _EXPIRE.where(
    (_any_index(_table.c.chain_id) == bindparam("chain"))
    | (
        (_any_index(_table.c.provider_id) == bindparam("provider"))
        & (_table.c.lane == bindparam("line"))
        & (_table.c.blocks_from < bindparam("until"))
        & (_table.c.blocks_until > bindparam("since"))
    )
)
# What a held row alone has, where another index than that of all holds serves better: a status that is spelled out makes SQLite
# take that one, and one that is bound makes it plan the statement anew each time.
_is_held = _table.c.hold_expires_at.is_not(None)
_DROP = (
    update(_table)
    .where(_table.c.id == bindparam("hold"), _is_held)
    .values(
        status=AppointmentStatus.CANCELLED,
        cancel_code=DROPPED,
        hold_expires_at=null(),
        version=_table.c.version + 1,
    )
)
_IDS_OF_REQUEST = select(_table.c.id).where(_is_held, _table.c.request_id == bindparam("request")).order_by(_table.c.id)
_HELD = select(_table).where(_is_held).order_by(_table.c.id)
_HELD_OF_REQUEST = _HELD.where(_table.c.request_id == bindparam("request"))
_HELD_OF_CHAIN = _HELD.where(_table.c.chain_id == bindparam("chain"))
_HELD_ALONE = select(_table).where(
    text("status = 'held'"),
    _table.c.hold_expires_at > bindparam("now"),
    func.coalesce(_table.c.request_id, 0) == 0,
    _table.c.held_by_id == bindparam("holder"),
    _table.c.booked_by_kind == bindparam("holder_kind"),
    _any_index(_table.c.patient_id) == bindparam("patient"),
)
_OVERLAPPING = select(_table.c.id, _table.c.booked_by_kind, _table.c.booked_by_id, _table.c.created_at).where(
    text(BLOCKING),
    _table.c.provider_id == bindparam("provider"),
    _table.c.lane == bindparam("line"),
    _table.c.chain_id != bindparam("chain"),
    _table.c.blocks_from < bindparam("until"),
    _table.c.blocks_from > bindparam("reach"),
    _table.c.blocks_until > bindparam("since"),
)
# Freed time is kept for the grace of an undo, except from those it was freed for, and from whom it is offered to.
_KEPT = select(_table.c.id).where(
    text("status = 'cancelled'"),
    _table.c.id != bindparam("freed"),
    _table.c.released_at > bindparam("now"),
    _any_index(_table.c.provider_id) == bindparam("provider"),
    _table.c.lane == bindparam("line"),
    _table.c.chain_id != bindparam("chain"),
    _table.c.request_id.is_distinct_from(bindparam("request")),
    _table.c.blocks_from < bindparam("until"),
    _table.c.blocks_until > bindparam("since"),
)
_offer = schema.slot_offer
# What keeps an offered time has ended: so has the offer, whoever let it go.
_END_OFFERS = (
    update(_offer)
    .where(_offer.c.hold_id.in_(bindparam("holds", expanding=True)), text("state = 'open'"))
    .values(state=bindparam("ended"), decided_at=bindparam("now"), version=_offer.c.version + 1)
    .returning(_offer.c.id, _offer.c.hold_id, _offer.c.freed_id)
)
_LOCK = (
    select(schema.provider.c.id)
    .where(schema.provider.c.id.in_(bindparam("providers", expanding=True)))
    .order_by(schema.provider.c.id)
    .with_for_update(key_share=True)
)


def _insert_on_sqlite() -> Any:
    """INSERT … SELECT … WHERE the time is free and the chain has no such row: decided under the write lock."""
    values = select(*(bindparam(f"new_{name}", type_=_table.c[name].type).label(name) for name in _names))
    same = select(_table.c.id).where(
        _table.c.chain_id == bindparam("chain"), _table.c.status == bindparam("wanted_status")
    )
    free = values.where(~exists(_OVERLAPPING), ~exists(same))
    return insert(_table).from_select(list(_names), free, include_defaults=False).returning(_table.c.id)


_INSERT_SQLITE: Final = _insert_on_sqlite()


@cache
def _insert_on_postgresql() -> Any:
    """The exclusion constraint decides. Catching its error instead would deadlock for seconds under load (architecture, row 9)."""
    from sqlalchemy.dialects import postgresql  # of no use to a practice on SQLite, whose start it would lengthen

    return postgresql.insert(_table).on_conflict_do_nothing().returning(_table.c.id)


@dataclass(frozen=True, slots=True)
class BlockedTime:
    """A time to take, with everything computed from the rules; the caller's own ends are not believed."""

    slot: Slot
    type: AppointmentType
    patient: PatientFacts | None
    zone: str
    wall_time: str
    location_name: str
    lane: int = 0  # the one that everybody books; those above are for work-ins

    def bounds(self, chain_id: AppointmentId) -> dict[str, Any]:
        """The values by which the statements find what overlaps."""
        return {
            "provider": self.slot.provider_id,
            "line": self.lane,
            "chain": chain_id,
            "since": self.slot.starts_at,
            "until": self.slot.blocked_until,
            "reach": self.slot.starts_at - slots.LONGEST,
        }


def place(
    unit: Unit,
    slot: Slot,
    type_: AppointmentType,
    patient: PatientFacts | None,
    *,
    is_move: bool = False,
    lane: int = 0,
) -> BlockedTime:
    """Check a time that staff picked and compute its end, for this patient and provider (AP7), and its buffer.

    Raises Refused when the provider, the location or the type cannot be booked, or the time has passed. Being outside
    the windows is staff's to decide.
    """
    provider = slots.all_providers(unit).get(slot.provider_id)
    location = slots.all_locations(unit).get(slot.location_id)
    if provider is None or location is None:
        raise Refused(_("This provider or location is not there any more. Choose another time."))
    if not provider.active or not location.active:
        off = tuple(each.name for each in (provider, location) if not each.active)
        raise switched_off(off)
    if not type_.active and not is_move:
        raise Refused(_("{appointment} is not offered any more. Choose another type.").format(appointment=type_.name))
    if type_.provider_ids and slot.provider_id not in type_.provider_ids:
        raise Refused(
            _("{provider} does not do {appointment}. Choose another provider.").format(
                provider=provider.name, appointment=type_.name
            )
        )
    on_calendar(slot.starts_at)
    if slot.starts_at.second or slot.starts_at.microsecond:
        raise Invalid(_("A visit starts at a whole minute. Choose the time again."), field=_("Time"))
    if slot.starts_at < unit.now:
        raise Refused(
            _("{time} has already passed. Choose a later time.").format(
                time=unit.words.at(location.zone).moment(slot.starts_at)
            )
        )
    clock = slots.time_of(unit, location.zone)
    ends_at = slot.starts_at + duration_for(type_, slot.provider_id, patient)
    window = window_of(
        slots.windows_of(unit, (slot.provider_id,)).get(slot.provider_id, ()),
        slot.starts_at,
        ends_at,
        zone=clock,
        type_id=type_.id,
        location_id=slot.location_id,
    )
    buffer = max(type_.buffer, (window.buffer if window is not None else None) or timedelta(0))
    wall = clock.wall(slot.starts_at).replace(tzinfo=None)
    return BlockedTime(
        Slot(slot.provider_id, slot.location_id, slot.starts_at, ends_at, ends_at + buffer),
        type_,
        patient,
        location.zone,
        wall.isoformat(" ", "minutes"),
        location.name,
        lane,
    )


def switched_off(names: Sequence[str]) -> Refused:
    """Make the refusal for what is not booked any more, held before or not."""
    return Refused(
        _("{names} is switched off, so nothing is booked there any more. Choose another time.").format(
            names=", ".join(names)
        )
    )


def expire_here(unit: Unit, where: BlockedTime, chain_id: AppointmentId) -> None:
    """Let holds that are over go, where they would be in the way (CONC-03)."""
    _expired(unit, _EXPIRE_HERE, {"now": unit.now, **_without(where.bounds(chain_id), "reach")})


def expire_all(unit: Unit) -> int:
    """Let every hold that is over go, and return how many there were."""
    return _expired(unit, _EXPIRE, {"now": unit.now})


def _expired(unit: Unit, statement: Any, values: Mapping[str, Any]) -> int:
    ids = sorted(row[0] for row in unit.rows(statement, values))
    for hold_id in ids:
        unit.record("expired", Topic.APPOINTMENT, hold_id)
    end_offers(unit, ids, SlotOfferState.EXPIRED)
    return len(ids)


def drop(unit: Unit, hold_id: AppointmentId) -> bool:
    """Give a held time back; tell whether it was still held. What was offered with it is not offered any more."""
    if not unit.run(_DROP, {"hold": hold_id}):
        return False
    unit.record("dropped", Topic.APPOINTMENT, hold_id)
    end_offers(unit, [hold_id], SlotOfferState.WITHDRAWN)
    return True


def end_offers(unit: Unit, hold_ids: Collection[int], state: SlotOfferState) -> None:
    """Write that offers are over whose holds have ended; those that were answered stay as they are."""
    if not hold_ids:
        return
    ended = {"holds": list(hold_ids), "ended": state, "now": unit.now}
    for row in unit.rows(_END_OFFERS, ended):
        unit.record(f"offer_{state}", Topic.APPOINTMENT, row.hold_id, offer_id=row.id, freed_id=row.freed_id)


def drop_of_request(unit: Unit, request_id: RequestId) -> int:
    """Give back every time that is held for a request, and return how many there were."""
    return drop_found(unit, ask_of_request(unit, request_id))


def ask_of_request(unit: Unit, request_id: RequestId) -> Deferred:
    """Ask which times are held for a request; mostly none, and an UPDATE that finds no row costs SQLite ten times this look."""
    return unit.defer(_IDS_OF_REQUEST, {"request": request_id})


def drop_found(unit: Unit, held: Deferred) -> int:
    """Give back what `ask_of_request` found, and return how many there were."""
    return sum(drop(unit, AppointmentId(row[0])) for row in held.rows)


def own_holds(unit: Unit, *, request_id: RequestId | None, patient_id: PatientId) -> list[Appointment]:
    """Return what a new choice replaces: the request's holds, or the actor's own for the patient where there is no request."""
    if request_id is not None:
        rows = unit.rows(_HELD_OF_REQUEST, {"request": request_id})
    else:
        values = {"holder": unit.actor.id, "holder_kind": unit.actor.kind, "patient": patient_id, "now": unit.now}
        rows = unit.rows(_HELD_ALONE, values)
    return [load(unit, AppointmentId(hold_id)) for hold_id in sorted(row.id for row in rows)]


def clear_chain(unit: Unit, chain_id: AppointmentId) -> None:
    """Make room for a hold in a chain; raises Refused when somebody else is moving the same appointment."""
    for row in unit.rows(_HELD_OF_CHAIN, {"chain": chain_id}):
        if row.held_by_id is None:  # nobody's: it keeps what is offered
            offered = load(unit, AppointmentId(row.id))
            raise Refused(
                _(
                    "{time} is offered for this appointment until {until}. Withdraw the offer first: it stands on the schedule."
                ).format(
                    time=unit.words.at(offered.zone).moment(offered.starts_at),
                    until=unit.words.moment(row.hold_expires_at),
                )
            )
        if row.held_by_id != unit.actor.id:
            other = load(unit, AppointmentId(row.id))
            raise Refused(
                _(
                    "{name} is moving this appointment just now and holds {time} for it. Talk to each other first."
                ).format(name=other.booked_by or _("Somebody"), time=unit.words.at(other.zone).moment(other.starts_at))
            )
        drop(unit, AppointmentId(row.id))


def is_taken(
    unit: Unit, where: BlockedTime | Appointment, chain_id: AppointmentId, blocked_until: datetime | None = None
) -> bool:
    """Tell whether another chain blocks any of this time now."""
    if isinstance(where, BlockedTime):
        values = where.bounds(chain_id)
    else:
        values = {
            "provider": where.provider_id,
            "line": where.lane,
            "chain": chain_id,
            "since": where.starts_at,
            "until": blocked_until or where.ends_at,
            "reach": where.starts_at - slots.LONGEST,
        }
    return unit.first(_OVERLAPPING, values) is not None


def take(
    unit: Unit,
    where: BlockedTime,
    *,
    status: AppointmentStatus,
    chain_id: AppointmentId | None,
    patient_id: PatientId,
    request_id: RequestId | None,
    moved: Appointment | None = None,
    freed_id: AppointmentId | None = None,
    **values: Any,
) -> AppointmentId:
    """Insert an appointment if its time is free; of many who try at once one wins (ACT6).

    Time that an undo may want back counts as taken, but for that of `freed_id`, which is just offered. Raises SlotTaken
    with the next fitting times.
    """
    new_id = AppointmentId(unit.new_id())
    chain = chain_id if chain_id is not None else new_id
    row = {
        **_fresh(unit, where),
        "id": new_id,
        "chain_id": chain,
        "patient_id": patient_id,
        "request_id": request_id,
        "status": status,
        **values,
    }
    bounds = where.bounds(chain)
    if unit.is_sqlite:
        new = {f"new_{name}": value for name, value in row.items()}
        inserted = unit.first(_INSERT_SQLITE, {**new, **bounds, "wanted_status": status})
    else:
        inserted = unit.first(_insert_on_postgresql(), row)
    # Asked after the insert: on PostgreSQL it waited for whoever was just cancelling here, and only now sees it.
    kept = {**_without(bounds, "reach"), "now": unit.now, "request": request_id or 0, "freed": freed_id or 0}
    if inserted is None or unit.first(_KEPT, kept) is not None:
        raise taken(unit, where, chain_id=chain, request_id=request_id, moved=moved)
    return new_id


def _fresh(unit: Unit, where: BlockedTime) -> dict[str, Any]:
    """The columns that follow from the time and from who takes it."""
    return {
        **dict.fromkeys(_names),
        "provider_id": where.slot.provider_id,
        "location_id": where.slot.location_id,
        "type_id": where.type.id,
        "lane": where.lane,
        "starts_at": where.slot.starts_at,
        "ends_at": where.slot.ends_at,
        "blocks_from": where.slot.starts_at,
        "blocks_until": where.slot.blocked_until,
        "held_by_id": unit.actor.id,
        "cancel_code": "",
        "cancel_text": "",
        "late_cancel": False,
        "overrule": "",
        "booked_by_kind": unit.actor.kind,
        "booked_by_id": unit.actor.id,
        "created_at": unit.now,
        "visible_at": unit.now + unit.grace,
        "zone": where.zone,
        "wall_time": where.wall_time,
    }


def taken(
    unit: Unit,
    where: BlockedTime,
    *,
    chain_id: AppointmentId,
    request_id: RequestId | None,
    moved: Appointment | None = None,
) -> SlotTaken:
    """Make the refusal of a loser: what was taken, and the next fitting times (ACT6)."""
    slot = where.slot
    found = _next_free(unit, where, chain_id=chain_id, request_id=request_id, moved=moved)
    words, clock = unit.words.at(where.zone), slots.time_of(unit, where.zone)
    told = who_has(unit, where, chain_id)
    if not found:
        return SlotTaken(_("{told} Choose another time.").format(told=told))
    best = found[0]
    same_day = clock.day_of(best.starts_at) == clock.day_of(slot.starts_at)
    when = words.time(best.starts_at) if same_day else words.moment(best.starts_at)
    if best.provider_id != slot.provider_id:
        name = slots.all_providers(unit)[best.provider_id].name
        when = _("{time} with {provider}").format(time=when, provider=name)
    sentence = _("{told} The next free time is {next}.")
    return SlotTaken(sentence.format(told=told, next=when), next_free=found)


def who_has(unit: Unit, where: BlockedTime, chain_id: AppointmentId) -> str:
    """Say who has a time, as the rows have it; nobody is blamed whom they do not name."""
    time = unit.words.at(where.zone).time(where.slot.starts_at)
    row = unit.first(_OVERLAPPING, where.bounds(chain_id))
    if row is None:
        return _("{time} is not free: it is kept while a cancellation can be undone.").format(time=time)
    other = load(unit, AppointmentId(row.id))
    if row.booked_by_kind == unit.actor.kind and row.booked_by_id == unit.actor.id:
        is_held = other.status is AppointmentStatus.HELD
        own = (
            _("{time} is taken: you hold it for {patient}.") if is_held else _("{time} is taken: you booked {patient}.")
        )
        return own.format(time=time, patient=other.patient_name)
    if not other.booked_by:
        return _("{time} is taken.").format(time=time)
    if unit.now - row.created_at <= _JUST:
        return _("{name} has just taken {time}.").format(name=other.booked_by, time=time)
    return _("{time} is taken: {name} booked it.").format(time=time, name=other.booked_by)


def _next_free(
    unit: Unit,
    where: BlockedTime,
    *,
    chain_id: AppointmentId,
    request_id: RequestId | None,
    moved: Appointment | None,
) -> list[Slot]:
    """The same provider that day, then others that day, then the next days; never the time that the appointment has now."""
    slot = where.slot
    clock = slots.time_of(unit, where.zone)
    day = clock.day_of(slot.starts_at)
    earliest = max(unit.now, slot.starts_at)
    span = Span(earliest, slot.starts_at + _NEXT_DAYS)
    book = slots.open_book(unit, span, exclude_chain=chain_id, exclude_request=request_id)
    free = book.slots(where.type, for_staff=True, earliest=earliest, patient=where.patient)
    here = (slot, moved)

    def rank(each: Slot) -> tuple[bool, bool, bool, datetime]:
        return (
            clock.day_of(each.starts_at) != day,
            each.provider_id != slot.provider_id,
            each.location_id != slot.location_id,
            each.starts_at,
        )

    return nsmallest(_NEXT_MOST, (each for each in free if not _is_one_of(each, here)), key=rank)


def _is_one_of(slot: Slot, known: Sequence[Slot | Appointment | None]) -> bool:
    return any(
        each is not None and (each.provider_id, each.starts_at) == (slot.provider_id, slot.starts_at) for each in known
    )


def lock_providers(unit: Unit, provider_ids: Collection[ProviderId]) -> None:
    """Let two moves between the same providers wait for each other instead of locking crosswise (CONC-10)."""
    if not unit.is_sqlite:
        unit.rows(_LOCK, {"providers": sorted(set(provider_ids))})


def is_for(hold: Appointment, slot: Slot, type_id: TypeId, chain_id: AppointmentId | None) -> bool:
    """Tell whether a hold is for just this time, place and type, and for moving just this chain (None: for a new appointment)."""
    if hold.chain_id != (hold.id if chain_id is None else chain_id):
        return False
    held = (hold.provider_id, hold.location_id, hold.starts_at, hold.type_id)
    return held == (slot.provider_id, slot.location_id, slot.starts_at, type_id)


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
