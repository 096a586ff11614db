"""One patient cannot be at two places at once: what overlaps a time of the same patient, for staff to overrule with a reason."""

from collections.abc import Iterable, Iterator

from sqlalchemy import bindparam, select

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.errors import Limit, LimitCode
from request_desk.domain.ids import AppointmentId, PatientId
from request_desk.domain.spans import Slot
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule import slots
from request_desk.services.schedule.views import VIEW, view
from request_desk.store import schema

_table = schema.appointment
_SAME_TIME = VIEW.where(
    _table.c.patient_id == bindparam("patient"),
    _table.c.status == AppointmentStatus.CONFIRMED,
    _table.c.chain_id != bindparam("chain"),
    _table.c.provider_id != bindparam("provider"),  # the same provider's time is simply taken
    _table.c.starts_at < bindparam("until"),
    _table.c.ends_at > bindparam("since"),
).order_by(_table.c.starts_at, _table.c.id)
_LOCK = select(schema.patient.c.id).where(schema.patient.c.id == bindparam("patient")).with_for_update()


def lock_patient(unit: Unit, patient_id: PatientId) -> None:
    """Let other bookings of a patient wait for this transaction, and see what it has booked."""
    if not unit.is_sqlite:  # which has one writer
        unit.rows(_LOCK, {"patient": patient_id})


def elsewhere(
    unit: Unit, patient_id: PatientId, slot: Slot, chain_id: AppointmentId | None, *, lock: bool = False
) -> tuple[Limit, ...]:
    """Return a limit for each confirmed appointment of the patient that overlaps a slot, but for those of `chain_id`.

    `lock` makes other bookings of the patient wait, so that of two desks at once the second sees what the first has booked.
    """
    if lock:
        lock_patient(unit, patient_id)
    asked = {
        "patient": patient_id,
        "chain": chain_id or AppointmentId(0),
        "provider": slot.provider_id,
        "since": slot.starts_at,
        "until": slot.ends_at,
    }
    return limits_of(unit, map(view, unit.rows(_SAME_TIME, asked)), slot)


def at_once(found: Iterable[Appointment], slot: Slot, chain_id: AppointmentId | None) -> Iterator[Appointment]:
    """Yield those of the patient's appointments that overlap a slot, but for those of `chain_id`."""
    for each in found:
        is_other = each.chain_id != chain_id and each.provider_id != slot.provider_id
        if is_other and each.starts_at < slot.ends_at and slot.starts_at < each.ends_at:
            yield each


def limits_of(unit: Unit, found: Iterable[Appointment], slot: Slot) -> tuple[Limit, ...]:
    """Return appointments that the patient has at the time of a slot as limits, which name both."""
    overlapping = tuple(found)
    if not overlapping:
        return ()
    provider = slots.all_providers(unit).get(slot.provider_id)
    place = slots.all_locations(unit).get(slot.location_id)
    told = _(
        "{patient} is with {provider} at {place} then: {time}, {type}. This time is with {other} at {other_place}."
    )
    return tuple(
        Limit(
            LimitCode.TWO_PLACES,
            told,
            {
                "patient": each.patient_name,
                "provider": each.provider_name,
                "place": each.location_name,
                "time": unit.words.at(each.zone).moment(each.starts_at),
                "type": each.type_name,
                "other": provider.name if provider is not None else "",
                "other_place": place.name if place is not None else "",
            },
        )
        for each in overlapping
    )
