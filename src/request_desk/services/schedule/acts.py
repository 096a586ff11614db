"""An act on the schedule as a whole: the change, who hears of it, and the way back; its parts are in `scheduling` and `outbox`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment
from request_desk.domain.consequences import summary
from request_desk.domain.errors import Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, OutboxId, PatientId, RequestId
from request_desk.domain.notices import Absent, notice_of
from request_desk.domain.requests import Act, Booking, Cancellation, Disposition, Move, Offering
from request_desk.domain.words import _
from request_desk.services.desk import Undo, Unit
from request_desk.services.inbox import doubts
from request_desk.services.notices import outbox
from request_desk.services.schedule import scheduling

TOO_LATE: Final = "It is too late to take this back: the notice to the parent has left. Send a correction instead."


@dataclass(frozen=True, slots=True)
class ActResult:
    """What an act wrote on the schedule: the appointment as it is now, and the way back."""

    appointment: Appointment
    back: Undo | None


def do(unit: Unit, act: Act, *, patient_id: PatientId, request_id: RequestId | None) -> ActResult:
    """Change the schedule within another use case, which owns the notices and the undo.

    Raises SlotTaken, Conflict or Refused as `scheduling` does, and Refused when the appointment is another patient's.
    """
    match act:
        case Booking():
            appointment = scheduling.book(unit, act, patient_id=patient_id, request_id=request_id)
        case Cancellation():
            appointment = scheduling.cancel(
                unit, act.appointment_id, code=act.code, text=act.text, expect_version=act.expect_version
            )
        case Move():
            appointment = scheduling.reschedule(
                unit,
                act.appointment_id,
                act.slot,
                hold_id=act.hold_id,
                expect_version=act.expect_version,
                overrule=act.overrule,
                as_new=act.as_new,
                lane=act.lane,
                request_id=request_id,
            )
        case Offering():
            raise TypeError("times are offered in the reply to a request")
        case _:
            assert_never(act)
    if appointment.patient_id != patient_id:
        raise Refused(_("This appointment belongs to another patient. Nothing was changed; reload and choose again."))
    back, unit.undo = unit.undo, None
    return ActResult(appointment, back)


def act_alone(
    unit: Unit, patient_id: PatientId, act: Act, *, another: bool = False, absent: Absent | None = None
) -> AppointmentId:
    """Book, move or cancel from the schedule, without a request: with one notice to each contact that gets notices (NT1).

    Nobody outside knows of a time that was only held, so that its cancellation is told to nobody and has no way back.
    `absent` is told as the cause, if there is one.
    Raises Doubtful before a second appointment within the usual span, unless `another` says that it is meant (ACT13).
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    if not another:
        doubts.check_first(unit, patient_id, act)
    people = outbox.ask_people(unit, patient_id)
    done = do(unit, act, patient_id=patient_id, request_id=None)
    if done.back is None:
        return done.appointment.id
    notices = outbox.notify(
        unit,
        notice_of(act),
        people=people,
        replied=False,
        sender_id=None,
        appointment_id=done.appointment.id,
        absent=absent,
        version=done.appointment.version,
    )
    label = summary(
        done.appointment.patient_name,
        act,
        unit.words.at(done.appointment.zone),
        disposition=Disposition.OPEN,
        appointment_at=done.appointment.starts_at,
    )
    unit.offer_undo(label, take_back, done.appointment.id, back=done.back, notices=notices, until=unit.now + unit.grace)
    return done.appointment.id


def take_back(
    unit: Unit, appointment_id: AppointmentId, *, back: Undo | None, notices: Sequence[OutboxId], until: datetime
) -> AppointmentId:
    """Undo `act_alone`; raises UndoRefused after the grace time or when the notice has left."""
    unit.require(Permission.CHANGE_SCHEDULE)
    if unit.now > until:
        raise UndoRefused(_(TOO_LATE))
    outbox.withdraw(unit, notices)
    go_back(unit, back)
    return appointment_id


def go_back(unit: Unit, back: Undo | None) -> None:
    """Run the schedule's own undo within another one; nothing is offered after it."""
    if back is not None:
        back.function(unit, *back.args, **back.kwargs)
    unit.undo = None
