"""What can be done with an appointment from its row and its detail, and why the rest cannot; the services decide."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark
from request_desk.domain.policy import ScheduleAction
from request_desk.domain.words import _, plural
from request_desk.services.schedule import attendance, filled_forms, waitlist
from request_desk.ui.meeting import joining
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import (
    STATUS_WORDS,
    appointment_words,
    marks_words,
    named,
    status_words,
    who_words,
)
from request_desk.ui.schedule.cancel_dialog import ask_cancel
from request_desk.ui.schedule.link_acts import link_acts
from request_desk.ui.schedule.mark_acts import mark_act
from request_desk.ui.schedule.printed_card_sheet import PrintedCardSheet, card_why_not
from request_desk.ui.schedule.why_not import why_not
from request_desk.ui.widgets.acts import ActSpec


class RowAct(IntEnum):
    """The places of the acts."""

    REQUEST = 0
    PATIENT = 1
    SCHEDULE = 2
    MOVE = 3
    ARRIVED = 4
    LATE = 5
    PARENT_CONFIRMED = 6
    COMPLETE = 7
    NO_SHOW = 8
    EARLIER = 9
    COPY = 10
    COPY_LINK = 11
    WITHDRAW_LINKS = 12
    PRINT = 13
    FORMS = 14
    CANCEL = 15
    JOIN = 16


def acts_of(context: DeskContext, owner: QWidget, entry: Appointment) -> Sequence[ActSpec]:
    """Return every act with an appointment; one that cannot be done now says why (AP2, AP3, AP5)."""
    joins = (_join(context, owner, entry),) if context.settings().meeting_url and entry.is_video else ()
    gone = entry.status in (AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED)
    no_request = "" if entry.request_id is not None else _("no request led to it")
    off_schedule = _("it is not on the schedule any more") if gone else ""
    nobody = _("nobody is named yet") if entry.is_nameless else ""
    go, do = context.open_thing, ScheduleAction
    moving, cancelling, completing, missing = (
        why_not(context, entry, action) for action in (do.MOVE, do.CANCEL, do.COMPLETE, do.NO_SHOW)
    )
    return (
        ActSpec(_("Open the request"), partial(go, "messages", entry.request_id or 0), no_request, "inbox"),
        ActSpec(_("Open the patient"), partial(go, "patients", entry.patient_id), nobody, "user"),
        ActSpec(_("Show on the schedule"), partial(go, "schedule", entry.id), off_schedule, "calendar-days"),
        ActSpec(_("Move …"), partial(go, "schedule", entry.id, to_write=True), moving, "calendar-sync"),
        *(mark_act(context, owner, entry, mark) for mark in Mark),
        ActSpec(
            _("Mark as completed"), partial(_status, context, owner, attendance.complete, entry), completing, "calendar-check"
        ),
        ActSpec(_("Mark as no-show"), partial(_status, context, owner, attendance.no_show, entry), missing, "calendar-x"),
        earlier_act(context, owner, entry),
        ActSpec(_("Copy details"), partial(_copy, context, entry), icon="copy", is_seldom=True),
        *link_acts(context, owner, entry),
        ActSpec(
            _("Print card …"), partial(_print, context, owner, entry), card_why_not(entry), "file-text", is_seldom=True
        ),
        _forms(context, owner, entry),
        ActSpec(
            _("Cancel visit …"), partial(ask_cancel, context, entry, owner.window()), cancelling, "calendar-x", is_grave=True
        ),
        *joins,
    )  # fmt: skip


def _forms(context: DeskContext, owner: QWidget, entry: Appointment) -> ActSpec:
    """Send the link to the forms (BK8)."""
    why_not = ""
    if not may(context.actor(), Permission.SHARE_LINKS):
        why_not = _("schedulers and administrators send links")
    elif entry.status is not AppointmentStatus.CONFIRMED:
        why_not = _("it is {status}").format(status=STATUS_WORDS[entry.status])
    elif entry.ends_at <= context.clock.now():
        why_not = _("it is over")

    def send() -> None:
        context.runner.act(owner, filled_forms.send_forms_link, entry.id).done(partial(_sent, context))

    return ActSpec(_("Send forms link"), send, why_not, "send")


def _sent(context: DeskContext, count: int) -> None:
    told = plural(
        "The link to the forms goes to {count} contact.", "The link to the forms goes to {count} contacts.", count
    )
    context.messages.say(told.format(count=count))


def _join(context: DeskContext, owner: QWidget, entry: Appointment) -> ActSpec:
    """The way into a video visit, last, so that every other act has its place in any practice."""
    return ActSpec(_("Join"), partial(joining.join, context, owner, entry), joining.why_not(context, entry), "video")


def earlier_act(context: DeskContext, owner: QWidget, entry: Appointment) -> ActSpec:
    """Return the act that notes, or forgets, that the family would like something earlier (ACT8)."""
    service = waitlist.take_wish_back if entry.wants_earlier else waitlist.wish_earlier
    text = _("Nothing earlier any more") if entry.wants_earlier else _("Would like something earlier")
    against = why_not(context, entry, ScheduleAction.MOVE)
    return ActSpec(text, partial(_status, context, owner, service, entry), against, "skip-forward")


def _status(
    context: DeskContext,
    owner: QWidget,
    service: Callable[..., object],
    entry: Appointment,
) -> None:
    context.runner.act(owner, service, entry.id, expect_version=entry.version)


def _print(context: DeskContext, owner: QWidget, entry: Appointment) -> None:
    PrintedCardSheet(context, entry, owner.window()).open()


def _copy(context: DeskContext, entry: Appointment) -> None:
    """Put the appointment into the clipboard as lines of plain text."""
    words = context.words()
    lines = (
        who_words(entry.patient_name, entry.birth_day, words),
        words.at(entry.zone).long_moment_with_zone(entry.starts_at),
        appointment_words(entry, words),
        status_words(entry),
        marks_words(entry, words),
        _("booked by {name}").format(name=named(entry.booked_by)) if entry.booked_by else "",
    )
    QGuiApplication.clipboard().setText("\n".join(line for line in lines if line))
    context.messages.say(_("The visit of {patient} is copied.").format(patient=named(entry.patient_name)))
