"""Why something cannot be done with an appointment now, in the few words of a menu; `policy` decides, the services refuse."""

from request_desk.domain import access, policy
from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.policy import AppointmentSubject, ScheduleAction, Verdict
from request_desk.domain.words import Words, _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import STATUS_WORDS, named


def verdict_of(context: DeskContext, entry: Appointment, action: ScheduleAction) -> Verdict:
    """Return whether the user may do this with an appointment now, by the clock of this desk, or why not."""
    actor, now = context.actor(), context.clock.now()
    if not access.may(actor, Permission.CHANGE_SCHEDULE):
        return Verdict.NOT_FOR_THEM
    zone = context.words().at(entry.zone).zone
    return policy.may(actor, action, AppointmentSubject(entry.provider_id, entry, now, zone), zone.day_of(now))


def why_not(context: DeskContext, entry: Appointment, action: ScheduleAction) -> str:
    """Return why this cannot be done with an appointment now; "" where it can."""
    return verdict_words(verdict_of(context, entry, action), action, entry, context.words().at(entry.zone))


def verdict_words(verdict: Verdict, action: ScheduleAction, entry: Appointment, words: Words) -> str:
    """Return a verdict as the end of a line in a menu; "" for what is allowed."""
    match verdict:
        case Verdict.ALLOWED:
            return ""
        case Verdict.NOT_FOR_THEM:
            return _("your role does not cover it")
        case Verdict.ANOTHERS:
            return _("it is with {provider}").format(provider=named(entry.provider_name))
        case Verdict.BEGUN:
            told = (
                _("it began at {time}")
                if action is ScheduleAction.MARK_CONFIRMED
                else _("it began at {time}: mark it instead")
            )
            return told.format(time=words.moment(entry.starts_at))
        case Verdict.NOT_BEGUN:
            return _("it begins {time}").format(time=words.moment(entry.starts_at))
        case Verdict.MAY_COME:
            return _("they may still come until {time}").format(time=words.moment(entry.comes_until))
        case Verdict.OVER:
            return _("nobody comes any more after {time}").format(time=words.moment(entry.comes_until))
        case Verdict.HAS_ARRIVED if entry.arrived_at is not None:
            return _("they arrived at {time}").format(time=words.moment(entry.arrived_at))
        case Verdict.OTHER_DAY:
            return _("it is on {day}").format(day=words.day(entry.starts_at))
        case _ if entry.status is AppointmentStatus.HELD and action is ScheduleAction.MOVE:
            return _("it is only held: it is booked or let go where it was chosen")
        case _:
            return _("it is {status}").format(status=STATUS_WORDS[entry.status])
