"""Why something cannot be done with an appointment, as the sentence that refuses it; what may be done is in `policy`."""

from collections.abc import Iterable, Mapping
from typing import Final

from request_desk.domain.appointments import Appointment, AppointmentStatus, moved_to, state_words
from request_desk.domain.directory import CancelReason
from request_desk.domain.errors import NotAllowed, Refused
from request_desk.domain.policy import Action, ScheduleAction, Verdict
from request_desk.domain.words import Words, _, later

_TO: Final[Mapping[Action | ScheduleAction, AppointmentStatus]] = {
    ScheduleAction.MOVE: AppointmentStatus.CANCELLED,
    ScheduleAction.REPLACE: AppointmentStatus.CANCELLED,
    ScheduleAction.CANCEL: AppointmentStatus.CANCELLED,
    ScheduleAction.COMPLETE: AppointmentStatus.COMPLETED,
    ScheduleAction.NO_SHOW: AppointmentStatus.NO_SHOW,
}
# HL7's "Patient: Canceled via Patient Portal"; those outside have no other reason to choose.
BY_FAMILY: Final = CancelReason(
    "pat-cpp", later("cancelled online by the family"), later("You cancelled it yourselves.")
)


def with_own(reasons: Iterable[CancelReason]) -> tuple[CancelReason, ...]:
    """Return the practice's reasons with ours behind them, which a practice may have named for itself."""
    own = CancelReason(BY_FAMILY.code, _(BY_FAMILY.label), _(BY_FAMILY.parent_text))
    return (*reasons, own)


def role_refusal() -> NotAllowed:
    """Return the refusal for whom the policy does not name."""
    return NotAllowed(_("Your role does not allow this. Ask an administrator."))


def refusal(verdict: Verdict, action: ScheduleAction, seen: Appointment, words: Words) -> Refused:
    """Return the refusal of something that `policy.may` does not allow: what is so, and what to do."""
    there = words.at(seen.zone)
    match verdict:
        case Verdict.NOT_FOR_THEM:
            return role_refusal()
        case Verdict.ANOTHERS:
            return NotAllowed(
                _("This visit is with {provider}. You can mark your own; a scheduler can mark this one.").format(
                    provider=seen.provider_name
                )
            )
        case Verdict.BEGUN if action is ScheduleAction.MARK_CONFIRMED:
            told = _("This visit began at {time}, so nobody confirms it any more. Mark who has come.")
            return Refused(told.format(time=there.moment(seen.starts_at)))
        case Verdict.BEGUN:
            done = _("cancelled") if action is ScheduleAction.CANCEL else _("moved")
            told = _(
                "This visit began at {time}, so it cannot be {done} any more. Mark it as completed or as a no-show."
            )
            return Refused(told.format(time=there.moment(seen.starts_at), done=done))
        case Verdict.NOT_BEGUN:
            told = _("This visit begins at {time}, so it cannot be completed before.")
            return Refused(told.format(time=there.moment(seen.starts_at)))
        case Verdict.MAY_COME:
            told = _("They may still come: this visit can be marked as a no-show after {time}.")
            return Refused(told.format(time=there.moment(seen.comes_until)))
        case Verdict.HAS_ARRIVED:
            time = "" if seen.arrived_at is None else there.moment(seen.arrived_at)
            told = _("They were marked as arrived at {time}. Take that mark back first, if it was a mistake.")
            return Refused(told.format(time=time))
        case Verdict.OTHER_DAY:
            told = _("This visit is on {day}. Who arrives or runs late is marked on that day.")
            return Refused(told.format(day=there.day(seen.starts_at)))
        case Verdict.OVER:
            told = _("Nobody comes any more after {time}. Mark the visit as completed or as a no-show.")
            return Refused(told.format(time=there.moment(seen.comes_until)))
        case _:
            return _in_this_state(action, seen)


def _in_this_state(action: ScheduleAction, seen: Appointment) -> Refused:
    """The refusal for a status from which there is no way."""
    if action in _TO:
        try:
            moved_to(seen.status, _TO[action])
        except Refused as refused:
            return refused
    told = _("This visit is {status}, so it is not marked. Look at it and decide again.")
    return Refused(told.format(status=state_words(seen.status)))
