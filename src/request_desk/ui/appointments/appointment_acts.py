"""What can be done with an appointment from its row and its detail, and why the rest cannot; the services decide."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from request_desk.domain import appointments
from request_desk.domain.access import Permission, may
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.errors import Refused
from request_desk.domain.words import Words, _
from request_desk.services.schedule import scheduling
from request_desk.ui.meeting.joining import join, why_not
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import (
    STATUS_WORDS,
    appointment_words,
    named,
    status_words,
    who_words,
)
from request_desk.ui.schedule.cancel_dialog import ask_cancel
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.theme import Tone


class RowAct(IntEnum):
    """The places of the acts."""

    REQUEST = 0
    PATIENT = 1
    SCHEDULE = 2
    MOVE = 3
    COMPLETE = 4
    NO_SHOW = 5
    COPY = 6
    CANCEL = 7
    JOIN = 8


def acts_of(context: DeskContext, owner: QWidget, entry: Appointment) -> Sequence[ActSpec]:
    """Return every act with an appointment; one that cannot be done now says why (AP2, AP3, AP5)."""
    words = context.words().at(entry.zone)
    moving, cancelling, completing, missing = _reasons(context, entry, words)
    joins = (_join(context, owner, entry),) if context.settings().meeting_url and entry.is_video else ()
    gone = entry.status in (AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED)
    no_request = "" if entry.request_id is not None else _("no request led to it")
    off_schedule = _("it is not on the schedule any more") if gone else ""
    go = context.open_thing
    return (
        ActSpec(_("Open the request"), partial(go, "messages", entry.request_id or 0), no_request, "inbox"),
        ActSpec(_("Open the patient"), partial(go, "patients", entry.patient_id), icon="user"),
        ActSpec(_("Show on the schedule"), partial(go, "schedule", entry.id), off_schedule, "calendar-days"),
        ActSpec(_("Move …"), partial(go, "schedule", entry.id, to_write=True), moving, "calendar-sync"),
        ActSpec(
            _("Mark as completed"), partial(_mark, context, owner, scheduling.complete, entry), completing, "calendar-check"
        ),
        ActSpec(_("Mark as no-show"), partial(_mark, context, owner, scheduling.no_show, entry), missing, "calendar-x"),
        ActSpec(_("Copy details"), partial(_copy, context, entry), icon="copy"),
        ActSpec(
            _("Cancel visit …"), partial(ask_cancel, context, entry, owner.window()), cancelling, "calendar-x", is_grave=True
        ),
        *joins,
    )  # fmt: skip


def _join(context: DeskContext, owner: QWidget, entry: Appointment) -> ActSpec:
    """The way into a video visit, last, so that every other act has its place in any practice."""
    return ActSpec(_("Join"), partial(join, context, owner, entry), why_not(context, entry), "video")


def _reasons(context: DeskContext, entry: Appointment, words: Words) -> tuple[str, str, str, str]:
    """Why it cannot be moved, cancelled, completed, marked as a no-show; "" where it can."""
    if not may(context.actor(), Permission.CHANGE_SCHEDULE):
        told = _("your role does not cover it")
        return told, told, told, told
    now = context.clock.now()
    is_held, is_booked = entry.status is AppointmentStatus.HELD, entry.status is AppointmentStatus.CONFIRMED
    state = _("it is {status}").format(status=STATUS_WORDS[entry.status])
    held = _("it is only held: it is booked or let go where it was chosen")
    if appointments.has_begun(entry, now):
        begun = _("it began at {time}: mark it instead").format(time=words.moment(entry.starts_at))
    else:
        begun = "" if is_booked else held if is_held else state
    return begun, "" if is_held else begun, _not_completed(entry, words, context), _not_missed(entry, words, context)


def _not_completed(entry: Appointment, words: Words, context: DeskContext) -> str:
    if entry.status not in (AppointmentStatus.CONFIRMED, AppointmentStatus.NO_SHOW):
        return _("it is {status}").format(status=STATUS_WORDS[entry.status])
    if appointments.may_complete(entry.starts_at, context.clock.now()):
        return ""
    return _("it begins {time}").format(time=words.moment(entry.starts_at))


def _not_missed(entry: Appointment, words: Words, context: DeskContext) -> str:
    if entry.status not in (AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED):
        return _("it is {status}").format(status=STATUS_WORDS[entry.status])
    if appointments.may_mark_no_show(entry.ends_at, context.clock.now()):
        return ""
    until = entry.ends_at + appointments.JOIN_CLOSES_AFTER
    return _("they may still come until {time}").format(time=words.moment(until))


def _mark(
    context: DeskContext,
    owner: QWidget,
    service: Callable[..., Appointment],
    entry: Appointment,
) -> None:
    marked = context.runner.act(owner, service, entry.id, expect_version=entry.version)
    marked.refused(partial(_refused, context))


def _refused(context: DeskContext, refused: Refused) -> None:
    context.messages.say(refused.sentence, tone=Tone.DANGER, seconds=12.0)


def _copy(context: DeskContext, entry: Appointment) -> None:
    """Put the appointment into the clipboard as lines of plain text."""
    words = context.words()
    lines = (
        who_words(entry.patient_name, entry.birth_day, words),
        words.at(entry.zone).long_moment_with_zone(entry.starts_at),
        appointment_words(entry, words),
        status_words(entry),
        _("booked by {name}").format(name=named(entry.booked_by)) if entry.booked_by else "",
    )
    QGuiApplication.clipboard().setText("\n".join(line for line in lines if line))
    context.messages.say(_("The visit of {patient} is copied.").format(patient=named(entry.patient_name)))
