"""The manage link of an appointment, copied or withdrawn, as lines of a menu; the services make and end links."""

from functools import partial

from PySide6.QtWidgets import QWidget

from request_desk.domain import access
from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.manage_links import is_over
from request_desk.domain.words import _, plural
from request_desk.services.portal import manage_links
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import STATUS_WORDS, named
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.secret_clipboard import copy_secret


def link_acts(context: DeskContext, owner: QWidget, entry: Appointment) -> tuple[ActSpec, ActSpec]:
    """Return the acts with the links of an appointment; one that cannot be done says why (ML2)."""
    return (
        ActSpec(_("Copy Manage Link"), partial(_copy, context, owner, entry), why_no_link(context, entry), "copy"),
        ActSpec(
            _("Withdraw all manage links"), partial(_withdraw, context, owner, entry), _why_not(context), "x", is_grave=True, is_seldom=True
        ),
    )  # fmt: skip


def why_no_link(context: DeskContext, entry: Appointment) -> str:
    """Return why no link of an appointment can be copied; "" where it can."""
    if reason := _why_not(context):
        return reason
    if entry.status is not AppointmentStatus.CONFIRMED:
        return _("it is {status}").format(status=STATUS_WORDS[entry.status])
    if is_over(entry.ends_at, context.clock.now()):
        return _("it is over")
    return "" if context.settings().public_url else _("the portal has no address: Settings, Practice")


def _why_not(context: DeskContext) -> str:
    is_covered = access.may(context.actor(), Permission.SHARE_LINKS)
    return "" if is_covered else _("your role does not cover it")


def _copy(context: DeskContext, owner: QWidget, entry: Appointment) -> None:
    context.runner.act(owner, manage_links.copy_link, entry.id).done(partial(_copied, context, entry))


def _copied(context: DeskContext, entry: Appointment, address: str) -> None:
    copy_secret(address, context.timers)
    told = _("The manage link of {patient} is copied for one minute. Whoever has it can move and cancel this visit.")
    context.messages.say(told.format(patient=named(entry.patient_name)), seconds=8.0)


def _withdraw(context: DeskContext, owner: QWidget, entry: Appointment) -> None:
    context.runner.act(owner, manage_links.revoke_all, entry.id).done(partial(_withdrawn, context))


def _withdrawn(context: DeskContext, count: int) -> None:
    told = plural("{count} manage link works no longer.", "{count} manage links work no longer.", count)
    context.messages.say(told.format(count=count) if count else _("There is no manage link of this visit."))
