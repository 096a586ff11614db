"""Performs what was decided on the open request: the letter with its act, and every act that leaves the desk beside it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from request_desk.domain.careful import Assurance, Doubt, Doubtful
from request_desk.domain.errors import Conflict, Limited, NotFound, Refused, SlotTaken
from request_desk.domain.ids import PatientId, RequestId
from request_desk.domain.requests import CallOutcome, Reply, Resolved, Target
from request_desk.services.inbox import counter_offers, handling, marks, routing
from request_desk.services.notices import outbox
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.letters import Outgoing
from request_desk.ui.inbox.request_controller import RequestController
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending

T = TypeVar("T")


class RequestSender(QObject):
    """Sends against the request as it was seen here, so that a stale answer is refused; says what came of it."""

    resolved = Signal(object)  # Resolved: sent
    left_here = Signal(object)  # RequestId: forwarded or removed from my inbox
    refused = Signal(str)  # a sentence to be shown beside the response
    conflicted = Signal(object)  # Conflict: nothing was sent
    text_doubted = Signal(str)  # the response says otherwise than the rows, which this desk has not read yet

    def __init__(self, context: DeskContext, handler: RequestController, parent: QObject) -> None:
        super().__init__(parent)
        self._handler = handler
        self._runner = context.runner
        self._letter: Outgoing | None = None  # waits for the hold
        handler.hold_settled.connect(self._hold_settled)

    # the letter

    def send(self, letter: Outgoing) -> None:
        """Change the schedule, send the reply, set the disposition: one act. While a hold is on its way it waits for it."""
        now = self._handler.now
        if now is None or now.sending:
            return
        if now.holding and letter.with_act:
            self._letter = letter
            return
        if now.is_answered:
            if letter.reply is not None:
                self._handler.is_active = True
                self.follow_up(letter.reply, text_meant=letter.text_meant)
            return
        self._handler.is_active = True
        self._handler.set_state(replace(now, sending=True))
        pending = self._runner.act(
            self,
            handling.resolve,
            now.view.id,
            flow.act_of(now) if letter.with_act else None,
            reply=letter.reply,
            disposition=now.disposition,
            expect_version=now.view.version,
            waiting_until=now.waiting_until,
            no_reply_reason=letter.no_reply_reason,
            assurance=replace(now.assurance, text_meant=letter.text_meant),
        )
        self._answered_by(pending, now.view.id)

    @Slot(bool)
    def _hold_settled(self, is_ours: bool) -> None:
        letter, self._letter = self._letter, None
        if letter is not None and is_ours:
            self.send(letter)

    def follow_up(self, reply: Reply, *, text_meant: bool) -> None:
        """Send the text as one more letter, whatever became of the request (MC9)."""
        now = self._handler.now
        if now is not None:
            self._handler.set_state(replace(now, sending=True))
            assurance = Assurance(text_meant=text_meant)
            pending = self._runner.act(self, handling.follow_up, now.view.id, reply, assurance=assurance)
            self._answered_by(pending, now.view.id)

    def _answered_by(self, pending: Pending[Resolved], request_id: RequestId) -> None:
        pending.done(partial(self._was_resolved, request_id)).refused(partial(self._not_resolved, request_id)).settled(
            partial(self._sent, request_id)
        )

    def _sent(self, request_id: RequestId) -> None:
        now = self._handler.now
        if now is not None and request_id == now.view.id and now.sending:
            self._handler.set_state(replace(now, sending=False))

    def _was_resolved(self, request_id: RequestId, resolved: Resolved) -> None:
        if request_id == self._handler.request_id:
            self._handler.finish()
        self.resolved.emit(resolved)

    def _not_resolved(self, request_id: RequestId, refused: Refused) -> None:
        now = self._handler.now
        if now is None or request_id != now.view.id:
            self._runner.refusal.emit(refused)
            return
        now = replace(now, sending=False)
        self._handler.set_state(now)
        match refused:
            case Conflict() | NotFound():
                self.conflicted.emit(refused)
            case SlotTaken() if now.offered:
                self.refused.emit(refused.sentence)
                self._handler.read_offers()
            case SlotTaken() if now.chosen is not None:
                self._handler.lose(now.chosen.key, refused)
            case Limited() if now.chosen is not None:
                told = " ".join(limit.sentence for limit in refused.limits)
                self._handler.set_state(flow.limited(now, told, forbids=refused.forbids))
                self.refused.emit(refused.sentence)
            case Doubtful(doubt=Doubt.TEXT):
                self.text_doubted.emit(refused.sentence)
            case _:
                self.refused.emit(refused.sentence)

    # other acts

    def perform(self, use_case: Callable[..., T], *values: object) -> Pending[T]:
        """Perform a use case on the open request as it was seen; what is refused is said beside the response."""
        assert self._handler.now is not None
        seen = self._handler.now.view
        pending = self._runner.act(self, use_case, seen.id, *values, expect_version=seen.version)
        return pending.refused(partial(self._not_resolved, seen.id))

    def withdraw_offer(self) -> None:
        """Take back the times that are offered: the request is in the inbox again (ACT10)."""
        now = self._handler.now
        if now is not None and now.view.offer is not None:
            self.perform(counter_offers.withdraw).done(partial(self._withdrawn, now.view.id))

    def _withdrawn(self, request_id: RequestId, _version: int) -> None:
        if request_id == self._handler.request_id:
            self._handler.show_news()
            self._handler.read_offers()

    def change_patient(self, patient_id: PatientId) -> None:
        """Say that the request is about another patient of the household; a chosen time is let go (ACT16)."""
        now = self._handler.now
        if now is None or now.is_answered:
            return
        self._handler.drop_hold()
        self._handler.set_state(flow.letting_go(now))
        self.perform(handling.change_patient, patient_id).done(partial(self._patient_changed, now.view.id))

    def _patient_changed(self, request_id: RequestId, _version: int) -> None:
        if request_id == self._handler.request_id:
            self._handler.show_news()
            self._handler.read_values()
            self._handler.read_offers()

    @Slot(object, str)
    def forward(self, target: Target, note: str) -> None:
        """Hand the request on, with a note."""
        now = self._handler.now
        if now is not None:
            self.perform(routing.forward, target, note).done(partial(self._has_left, now.view.id))

    def not_mine(self) -> None:
        """Take it out of my inbox; refused for the last one who would see it."""
        now = self._handler.now
        if now is not None:
            pending = self._runner.act(self, marks.not_mine, now.view.id)
            pending.refused(partial(self._not_resolved, now.view.id)).done(partial(self._has_left, now.view.id))

    def _has_left(self, request_id: RequestId, _none: None) -> None:
        self.left_here.emit(request_id)

    @Slot(str)
    def note(self, text: str, call: CallOutcome | None = None) -> None:
        """Add a staff note or a line of the call log."""
        if self._handler.request_id is not None:
            self._handler.is_active = True
            self._runner.act(self, marks.add_note, self._handler.request_id, text, call).refused(self._told_refusal)

    @Slot(object)
    def retry_delivery(self, delivery_id: int) -> None:
        """Send a failed notice again."""
        self._runner.act(self, outbox.retry, delivery_id).refused(self._told_refusal)

    def _told_refusal(self, refused: Refused) -> None:
        self.refused.emit(refused.sentence)
