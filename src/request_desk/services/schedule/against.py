"""What stands against a time of an appointment: one list, for who looks before and for the act that is refused; no permission is asked here."""

from request_desk.domain.appointments import Appointment
from request_desk.domain.errors import Limit
from request_desk.domain.ids import PatientId
from request_desk.services.desk import Unit
from request_desk.services.schedule import holds, sessions
from request_desk.services.schedule.patient_facts import limits_of_type
from request_desk.services.schedule.two_places import elsewhere


def limits_against(
    unit: Unit,
    where: holds.BlockedTime,
    patient_id: PatientId | None,
    moved: Appointment | None = None,
    *,
    lock: bool = False,
) -> tuple[Limit, ...]:
    """Return each limit that a booking, or the move of `moved`, breaks at a time.

    That the patient is elsewhere then is such a limit too (two providers in one room are real), and so are a session that has enough
    of the type and a lane for work-ins. `lock` makes others who book for the patient or with the provider wait.
    """
    chain_id = None if moved is None else moved.chain_id
    return (
        *limits_of_type(unit, where.type, where.slot, where.zone, where.patient, moved),
        *(() if patient_id is None else elsewhere(unit, patient_id, where.slot, chain_id, lock=lock)),
        *sessions.full_limits(unit, where.type, where.slot, chain_id, lock=lock),
        *sessions.lane_limits(unit, where.slot, where.lane),
    )
