"""The acts on the open request: words, key, button, and what each does. One more is its use case and one entry here."""

from request_desk.domain.access import Permission
from request_desk.domain.counter_offers import CounterOfferState
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.domain.words import _
from request_desk.ui.inbox.commands import NARROW, TINY, RequestAct, always
from request_desk.ui.inbox.flow import Handling
from request_desk.ui.inbox.response_controller import ResponseController
from request_desk.ui.window.commands import Command, Scope

_ANSWER = Permission.ANSWER_REQUESTS
_FORWARD = Permission.FORWARD_REQUESTS


def _can_cancel(now: Handling) -> bool:
    return now.appointment is not None and not now.is_answered


def _not_cancelling(now: Handling) -> bool:
    return now.cancel is None and not now.sending


def _is_open(now: Handling) -> bool:
    return now.view.state is RequestState.OPEN


def _can_offer(now: Handling) -> bool:
    return not now.is_answered and now.view.kind is not RequestKind.CANCEL


def _is_offering(now: Handling) -> bool:
    offer = now.view.offer
    return not now.is_answered and offer is not None and offer.offered.state is CounterOfferState.OPEN


def _has_no_appointment(now: Handling) -> bool:
    return _is_open(now) and now.view.appointment is None


def _changing(name: str, text: str, key: str, icon: str, permission: Permission | None = _ANSWER) -> Command:
    keys = (key,) if key else ()
    return Command(name, text, keys, Scope.REQUEST, changing=True, icon=icon, permission=permission)


# In the order of their buttons.
ACTS: tuple[RequestAct[ResponseController], ...] = (
    RequestAct(
        Command("inbox.reply", _("Write the response"), ("R",), Scope.REQUEST, icon="reply", permission=_ANSWER),
        lambda at: at.go_to_response(),
        button=_("Reply"),
        room=TINY,
        is_able=always,
    ),
    RequestAct(
        _changing("inbox.forward", _("Forward the request"), "F", "forward", _FORWARD),
        lambda at: at.forward(),
        button=_("Forward"),
        room=TINY,
    ),
    RequestAct(
        _changing("inbox.nurse", _("Forward to nurse"), "", "forward", _FORWARD),
        lambda at: at.forward(_("nurse")),
    ),
    RequestAct(
        _changing("inbox.cancel", _("Cancel the appointment"), "C", "calendar-x"),
        lambda at: at.cancel_appointment(),
        button=_("Cancel visit"),
        room=TINY,
        is_offered=_can_cancel,
        is_able=_not_cancelling,
    ),
    RequestAct(
        _changing("inbox.offer_times", _("Offer times in the reply, or stop offering"), "O", "calendar-days"),
        lambda at: at.request_controller.offer_times(),
        button=_("Offer times"),
        room=NARROW,
        is_offered=_can_offer,
    ),
    RequestAct(
        _changing("inbox.withdraw_offer", _("Withdraw the times that are offered"), "", "undo-2"),
        lambda at: at.request_sender.withdraw_offer(),
        is_offered=_is_offering,
    ),
    RequestAct(_changing("inbox.wait", _("Waiting for parent until …"), "S", "clock"), lambda at: at.wait_for_parent()),
    RequestAct(
        _changing("inbox.unread", _("Mark unread"), "U", "mail", None),
        lambda at: at.request_controller.mark_unread(),
        button=_("Mark unread"),
        room=NARROW,
    ),
    RequestAct(
        _changing("inbox.not_mine", _("Remove from my inbox (not mine)"), "", "x"),
        lambda at: at.request_sender.not_mine(),
        button=_("Not mine"),
        room=NARROW,
        is_quiet=True,
        is_offered=_is_open,
    ),
    RequestAct(
        _changing("inbox.patient", _("Change the patient of the request"), "Ctrl+Shift+P", "user"),
        lambda at: at.change_patient(),
        button=_("Change patient"),
        room=NARROW,
        is_quiet=True,
        is_offered=_has_no_appointment,
        is_able=always,
    ),
    RequestAct(
        Command("inbox.open_patient", _("Open the patient"), ("I",), Scope.REQUEST, icon="user"),
        lambda at: at.open_patient(),
        is_able=always,
    ),
    RequestAct(
        _changing("inbox.take", _("Take the request, take it over"), "T", "hand"),
        lambda at: at.request_controller.take(),
    ),
    RequestAct(
        _changing("inbox.another", _("Another visit is wanted"), "A", "plus"),
        lambda at: at.request_controller.want_another(),
    ),
    RequestAct(
        _changing("inbox.no_reply", _("Complete without a reply"), "D", "check"), lambda at: at.complete_without_reply()
    ),
)
