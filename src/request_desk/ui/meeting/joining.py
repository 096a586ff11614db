"""Joining a video meeting from wherever its appointment is shown: why not yet, letting in, and the browser."""

from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from request_desk.domain import meetings
from request_desk.domain.appointments import Appointment
from request_desk.domain.meetings import Joining
from request_desk.domain.words import _
from request_desk.services.schedule import meetings as meetings_service
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import named


def why_not(context: DeskContext, entry: Appointment) -> str:
    """Return why the user cannot join an appointment now, "" where it can be done."""
    words, now = context.words().at(entry.zone), context.clock.now()
    if context.actor().provider_id != entry.provider_id:
        return _("only {provider} joins").format(provider=named(entry.provider_name))
    match meetings.joining_of(entry, now):
        case Joining.OPEN:
            return ""
        case Joining.EARLY:
            return _("it opens {time}").format(time=meetings.time_words(meetings.opens_at(entry.starts_at), now, words))
        case Joining.CLOSED:
            return _("it closed {time}").format(time=meetings.time_words(meetings.closes_at(entry.ends_at), now, words))
        case Joining.NEVER:
            return _("there is no meeting for it")


def join(context: DeskContext, owner: QWidget, entry: Appointment) -> Pending[str]:
    """Let the patient in and open the meeting in the browser; what is in the way is said at the bottom of the window."""
    act = context.runner.act(owner, meetings_service.let_in, entry.id, expect_version=entry.version)
    return act.done(partial(_open, context))


def _open(context: DeskContext, address: str) -> None:
    if not QDesktopServices.openUrl(QUrl(address)):
        offer = context.messages.offer(
            _("No browser could be opened. Paste the address of the meeting into one."), _("Copy the address")
        )
        offer.accepted.connect(partial(_copy, context, address))


def _copy(context: DeskContext, address: str) -> None:
    QGuiApplication.clipboard().setText(address)
    context.messages.say(_("The address is copied. Give it to nobody: it leads into the meeting."))
