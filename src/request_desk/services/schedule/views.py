"""Appointments as people read them, with their names: the one select, for services that have already asked for permission."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
)

from request_desk.domain.access import ActorKind
from request_desk.domain.appointments import (
    DROPPED,
    MOVED_ON,
    NOBODY,
    REPLACED,
    UNDONE,
    Appointment,
    AppointmentStatus,
    Missed,
)
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import AppointmentId, PatientId, RequestId
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.store import schema

_table = schema.appointment
_booked_by = case(
    (_table.c.booked_by_kind == ActorKind.STAFF, schema.staff.c.name),
    (
        _table.c.booked_by_kind == ActorKind.CONTACT,
        func.trim(schema.contact.c.given_name.concat(" ").concat(schema.contact.c.family_name)),
    ),
    (_table.c.booked_by_kind == ActorKind.LINK, "The family, by manage link"),
    (_table.c.booked_by_kind == ActorKind.VISITOR, "Booking page"),
    (_table.c.booked_by_kind == ActorKind.PARTNER, "The family, by a partner's link"),
    else_="Request Desk",
)

_wish, _slot_offer = schema.waitlist_entry, schema.slot_offer
_wants_earlier = exists().where(_wish.c.appointment_id == _table.c.id, _wish.c.closed_at.is_(None)).correlate(_table)
_counter, _counter_slot = schema.counter_offer, schema.counter_offer_slot
# A freed time that is kept for who comes next (ACT8), or one of several in a reply (ACT10).
_is_offered = or_(
    exists().where(_slot_offer.c.hold_id == _table.c.id, text("slot_offer.state = 'open'")).correlate(_table),
    exists()
    .where(
        _counter_slot.c.hold_id == _table.c.id,
        _counter.c.id == _counter_slot.c.offer_id,
        text("counter_offer.state = 'open'"),
    )
    .correlate(_table),
)
# What is switched off, as one number: 1 the provider, 2 the place, 4 the type, which a moved appointment keeps whatever became of it.
_switched_off = (
    case((schema.provider.c.active, literal_column("0")), else_=literal_column("1"))
    + case((schema.location.c.active, literal_column("0")), else_=literal_column("2"))
    + case(
        (or_(schema.appointment_type.c.active, _table.c.chain_id != _table.c.id), literal_column("0")),
        else_=literal_column("4"),
    )
)
VIEW: Final[Select[Any]] = select(
    _table.c.id,
    _table.c.version,
    _table.c.chain_id,
    _table.c.replaces_id,
    _table.c.status,
    _table.c.patient_id,
    schema.patient.c.given_name,
    schema.patient.c.family_name,
    schema.patient.c.birth_day,
    _table.c.provider_id,
    schema.provider.c.short_name,
    _table.c.location_id,
    schema.location.c.name.label("location_name"),
    _table.c.type_id,
    schema.appointment_type.c.name.label("type_name"),
    _table.c.lane,
    _table.c.starts_at,
    _table.c.ends_at,
    _table.c.hold_expires_at,
    _table.c.released_at,
    _table.c.request_id,
    _table.c.cancel_code,
    _table.c.cancel_text,
    _table.c.late_cancel,
    _table.c.zone,
    _table.c.arrived_at,
    _table.c.late_at,
    _table.c.parent_confirmed_at,
    case((schema.appointment_type.c.is_video, null()), else_=schema.appointment_type.c.no_show_minutes).label(
        "waited_minutes"
    ),
    _switched_off.label("switched_off"),
    schema.appointment_type.c.position.label("type_position"),
    schema.appointment_type.c.is_video.label("type_is_video"),
    func.coalesce(_booked_by, "").label("booked_by"),
    _wants_earlier.label("wants_earlier"),
    _is_offered.label("is_offered"),
).select_from(
    _table.join(schema.patient, schema.patient.c.id == _table.c.patient_id)
    .join(schema.provider, schema.provider.c.id == _table.c.provider_id)
    .join(schema.location, schema.location.c.id == _table.c.location_id)
    .join(schema.appointment_type, schema.appointment_type.c.id == _table.c.type_id)
    .outerjoin(
        schema.staff, and_(_table.c.booked_by_kind == ActorKind.STAFF, schema.staff.c.id == _table.c.booked_by_id)
    )
    .outerjoin(
        schema.contact, and_(_table.c.booked_by_kind == ActorKind.CONTACT, schema.contact.c.id == _table.c.booked_by_id)
    )
)
_BY_ID = VIEW.where(_table.c.id == bindparam("id"))
# A list of ids has a place for each and is filled up with its last one: an IN of any length is written anew at each use.
_SIZES: Final = (8, 64)
_PLACES: Final = [f"id_{place}" for place in range(_SIZES[-1])]
_BY_IDS: Mapping[int, Select[Any]] = {
    size: VIEW.where(_table.c.id.in_([bindparam(place) for place in _PLACES[:size]])) for size in _SIZES
}
_YEAR: Final = timedelta(days=365)
# A late cancellation counts against a patient only where the practice did not cause it: by HL7 the provider's codes begin with
# "prov", those of weather and mistakes with "oth".
_THEIRS = (
    _table.c.cancel_code.not_like("prov%"),
    _table.c.cancel_code.not_like("oth%"),
    _table.c.cancel_code != REPLACED,
)
_MISSED = select(
    func.coalesce(func.sum(case((_table.c.status == AppointmentStatus.NO_SHOW, 1), else_=0)), 0).label("no_shows"),
    func.coalesce(func.sum(case((and_(_table.c.late_cancel, *_THEIRS), 1), else_=0)), 0).label("late_cancels"),
).where(
    _table.c.patient_id == bindparam("patient_id"),
    _table.c.starts_at > bindparam("since"),
    _table.c.starts_at <= bindparam("until"),
)
_HELD_FOR = VIEW.where(
    _table.c.request_id == bindparam("request_id"),
    _table.c.status == AppointmentStatus.HELD,
    _table.c.hold_expires_at > bindparam("now"),
).order_by(_table.c.id.desc())
_UPCOMING = VIEW.where(
    _table.c.patient_id.in_(bindparam("patient_ids", expanding=True)),
    _table.c.status == AppointmentStatus.CONFIRMED,
    _table.c.starts_at > bindparam("now"),
).order_by(_table.c.starts_at, _table.c.id)
# The end of a chain: what is booked now, else the last that was; a hold for a move and a booking taken back are neither.
_CHAIN_END = (
    VIEW.where(
        _table.c.chain_id == bindparam("chain_id"),
        _table.c.status.not_in([AppointmentStatus.HELD, AppointmentStatus.EXPIRED]),
        _table.c.cancel_code.not_in([UNDONE, *MOVED_ON, DROPPED]),
    )
    .order_by(case((_table.c.status == AppointmentStatus.CONFIRMED, 0), else_=1), _table.c.id.desc())
    .limit(1)
)
_BEFORE = select(func.count()).where(
    _table.c.chain_id == bindparam("chain"),
    _table.c.id < bindparam("id"),
    _table.c.status.not_in([AppointmentStatus.HELD, AppointmentStatus.EXPIRED]),
    _table.c.cancel_code.not_in([UNDONE, DROPPED]),
)

_STATUS: Final[Mapping[str, AppointmentStatus]] = {str(status): status for status in AppointmentStatus}


def view(row: Any) -> Appointment:
    """Make the frozen view of a row of `VIEW`, whatever columns were added to it."""
    # By place and not by name: fifty of these are a third of a page's cost.
    (
        id_, version, chain_id, replaces_id, status, patient_id, given_name, family_name, birth_day, provider_id,
        provider_name, location_id, location_name, type_id, type_name, lane, starts_at, ends_at, hold_expires_at,
        released_at, request_id, cancel_code, cancel_text, late_cancel, zone, arrived_at, late_at, parent_confirmed_at,
        waited_minutes, switched_off, type_position, is_video, booked_by, wants_earlier, is_offered, *_added,
    ) = row  # fmt: skip
    return Appointment(
        id_,
        version,
        chain_id,
        replaces_id,
        _STATUS[status],
        patient_id,
        full_name(given_name, family_name),
        provider_id,
        provider_name,
        location_id,
        location_name,
        type_id,
        type_name,
        lane,
        starts_at,
        ends_at,
        hold_expires_at,
        released_at,
        request_id,
        cancel_code,
        cancel_text,
        late_cancel,
        booked_by,
        zone,
        _off(switched_off, provider_name, location_name, type_name) if switched_off else (),
        type_position,
        birth_day if patient_id != NOBODY else None,
        None if waited_minutes is None else timedelta(minutes=waited_minutes),
        arrived_at,
        late_at,
        parent_confirmed_at,
        wants_earlier,
        is_offered,
        is_video,
    )


def _off(switched_off: int, *names: str) -> tuple[str, ...]:
    return tuple(name for place, name in enumerate(names) if switched_off >> place & 1)


def load(unit: Unit, appointment_id: AppointmentId) -> Appointment:
    """Return an appointment; raises NotFound."""
    row = unit.first(_BY_ID, {"id": appointment_id})
    if row is None:
        raise not_there()
    return view(row)


def not_there() -> NotFound:
    """Make the refusal for an appointment that nobody knows."""
    return NotFound(_("This appointment is not there. Reload to see the present state."))


def load_many(unit: Unit, appointment_ids: Iterable[AppointmentId]) -> dict[AppointmentId, Appointment]:
    """Return the appointments that exist, by id."""
    ids = list(appointment_ids)
    found: dict[AppointmentId, Appointment] = {}
    for start in range(0, len(ids), _SIZES[-1]):
        chunk = ids[start : start + _SIZES[-1]]
        size = next(each for each in _SIZES if each >= len(chunk))
        filled = chunk + chunk[-1:] * (size - len(chunk))
        places = dict(zip(_PLACES[:size], filled, strict=True))
        found |= {each.id: each for each in map(view, unit.rows(_BY_IDS[size], places))}
    return found


def chain_end(unit: Unit, appointment_id: AppointmentId) -> Appointment:
    """Return the present end of an appointment's chain of rebookings: itself when it was never moved."""
    seen = load(unit, appointment_id)
    row = unit.first(_CHAIN_END, {"chain_id": seen.chain_id})
    return view(row) if row is not None else seen


def sequence_of(unit: Unit, seen: Appointment) -> int:
    """Return how often an appointment was changed until it came to this: moved or cancelled, what a calendar file counts (RFC 5545)."""
    moved = int(unit.value(_BEFORE, {"chain": seen.chain_id, "id": seen.id}))
    return moved + (seen.status is AppointmentStatus.CANCELLED)


def held_for(unit: Unit, request_id: RequestId) -> Appointment | None:
    """Return the slot that is held for a request now, the latest chosen if there were several."""
    row = unit.first(_HELD_FOR, {"request_id": request_id, "now": unit.now})
    return view(row) if row is not None else None


def upcoming_of(unit: Unit, patient_ids: Iterable[PatientId]) -> tuple[Appointment, ...]:
    """Return the confirmed appointments of patients from now on, by start."""
    ids = list(patient_ids)
    return tuple(map(view, unit.rows(_UPCOMING, {"patient_ids": ids, "now": unit.now}))) if ids else ()


def missed_of(unit: Unit, patient_id: PatientId) -> Missed:
    """Return what a patient missed in the last twelve months (AP5)."""
    row = unit.rows(_MISSED, {"patient_id": patient_id, "since": unit.now - _YEAR, "until": unit.now})[0]
    return Missed(int(row.no_shows), int(row.late_cancels))


def portal_status(seen: Appointment, visible_at: datetime, now: datetime) -> AppointmentStatus | None:
    """Return how an appointment stands for the parent, before the grace time of staff's last act is over as before it; None: not at all."""
    is_shown = visible_at <= now
    if seen.status is not AppointmentStatus.CANCELLED:
        return seen.status if is_shown else None
    if seen.released_at is None or seen.cancel_code == UNDONE:
        return None  # it was only held, or taken back before anybody knew of it
    if not is_shown:
        return AppointmentStatus.CONFIRMED
    return None if seen.cancel_code in MOVED_ON else AppointmentStatus.CANCELLED
