"""Whether the actor may do something on the schedule: `policy` is asked, and its refusal raised."""

from datetime import datetime

from request_desk.domain.access import ActorKind
from request_desk.domain.appointment_reasons import refusal, role_refusal
from request_desk.domain.appointments import Appointment
from request_desk.domain.ids import ProviderId
from request_desk.domain.policy import AppointmentSubject, ScheduleAction, may
from request_desk.services.desk import Unit
from request_desk.services.people import patients
from request_desk.services.schedule import slots


def check_allowed(unit: Unit, action: ScheduleAction, seen: Appointment, now: datetime | None = None) -> None:
    """Raise Refused with the reason when the policy does not allow this; `now` is the use case's own unless another clock decides."""
    at = unit.now if now is None else now
    zone = slots.time_of(unit, seen.zone) if seen.zone else unit.time
    actor = unit.actor
    is_outside = actor.kind is ActorKind.CONTACT
    relation = patients.rights(unit, actor.contact_id, seen.patient_id) if is_outside else None
    subject = AppointmentSubject(seen.provider_id, seen, at, zone, relation=relation, birth_day=seen.birth_day)
    verdict = may(actor, action, subject, unit.time.day_of(at))
    if not verdict:
        raise refusal(verdict, action, seen, unit.words)


def check_time_allowed(unit: Unit, action: ScheduleAction, provider_id: ProviderId) -> None:
    """The same for a time of a provider that is no appointment yet; raises NotAllowed."""
    if not may(unit.actor, action, AppointmentSubject(provider_id), unit.time.day_of(unit.now)):
        raise role_refusal()
