"""Whether the actor may do something on the schedule: `policy` is asked, and its refusal raised."""

from datetime import datetime

from request_desk.domain.access import OUTSIDE, ActorKind
from request_desk.domain.appointment_reasons import refusal, role_refusal
from request_desk.domain.appointments import Appointment
from request_desk.domain.errors import Refused
from request_desk.domain.ids import ProviderId
from request_desk.domain.manage_links import why_not
from request_desk.domain.policy import AppointmentSubject, ScheduleAction, Verdict, may
from request_desk.domain.schedule import is_met
from request_desk.services.desk import Unit
from request_desk.services.people import patients
from request_desk.services.portal import manage_links
from request_desk.services.schedule import slots


def check_allowed(unit: Unit, action: ScheduleAction, seen: Appointment, now: datetime | None = None) -> None:
    """Raise Refused with the reason when the policy does not allow this; `now` is the use case's own unless another clock decides."""
    verdict = verdict_of(unit, action, seen, now)
    if not verdict and unit.actor.kind in OUTSIDE:
        raise Refused(outside_words(unit, verdict, action, seen))
    if not verdict:
        raise refusal(verdict, action, seen, unit.words)


def verdict_of(unit: Unit, action: ScheduleAction, seen: Appointment, now: datetime | None = None) -> Verdict:
    """Ask the policy whether the actor may do this with an appointment, or why not."""
    at = unit.now if now is None else now
    zone = slots.time_of(unit, seen.zone) if seen.zone else unit.time
    actor = unit.actor
    is_contact, is_outside = actor.kind is ActorKind.CONTACT, actor.kind in OUTSIDE
    subject = AppointmentSubject(
        seen.provider_id,
        seen,
        at,
        zone,
        relation=patients.rights(unit, actor.contact_id, seen.patient_id) if is_contact else None,
        birth_day=seen.birth_day,
        is_named=actor.kind is ActorKind.LINK and manage_links.opens(unit, seen.chain_id),
        is_in_time=not is_outside
        or is_met(slots.type_rules(unit, seen.type_id).cancel_notice, seen.starts_at, at, unit.time),
    )
    return may(actor, action, subject, unit.time.day_of(at))


def outside_words(unit: Unit, verdict: Verdict, action: ScheduleAction, seen: Appointment) -> str:
    """Return for those outside why they cannot do this by themselves; "" where they can."""
    return why_not(
        verdict,
        action,
        seen,
        slots.type_rules(unit, seen.type_id),
        now=unit.now,
        time=unit.time,
        words=unit.words.at(seen.zone),
    )


def check_time_allowed(unit: Unit, action: ScheduleAction, provider_id: ProviderId) -> None:
    """The same for a time of a provider that is no appointment yet; raises NotAllowed."""
    if not may(unit.actor, action, AppointmentSubject(provider_id), unit.time.day_of(unit.now)):
        raise role_refusal()
