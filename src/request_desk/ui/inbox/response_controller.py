"""Brings the open request, the message, the response and the schedule together: what is chosen here is shown there."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Changes, JournalEntry, Topic
from request_desk.domain.directory import CancelReason, Patient
from request_desk.domain.errors import Conflict, Refused
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import CallOutcome, Disposition, RequestState, Resolved
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.domain.words import _
from request_desk.services.people import patients
from request_desk.services.practice import directory
from request_desk.services.practice.directory import Directory, TargetChoice
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.careful_sheets import DifferenceSheet, PatientDialog
from request_desk.ui.inbox.conflict_sheet import ConflictSheet
from request_desk.ui.inbox.dialogs import ForwardDialog, WaitingDialog
from request_desk.ui.inbox.flow import CancelChoice, Handling, Primary, ShownOffer
from request_desk.ui.inbox.letter_writer import LetterWriter
from request_desk.ui.inbox.letters import Outgoing
from request_desk.ui.inbox.offer_schedule import OfferSchedule
from request_desk.ui.inbox.offers_strip import OffersStrip
from request_desk.ui.inbox.request_controller import NOT_ARMED, RequestController
from request_desk.ui.inbox.request_pane import RequestPane
from request_desk.ui.inbox.request_sender import RequestSender
from request_desk.ui.inbox.request_words import Item, appointment_line, change_words
from request_desk.ui.inbox.response_pane import ResponsePane, Shown
from request_desk.ui.inbox.send_questions import SendQuestions
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.schedule_panel import SchedulePanel
from request_desk.ui.widgets.layout import paint_later
from request_desk.ui.window.frame import LiveState

TICK = 1_000  # milliseconds: the seconds of a hold
PARENT_ASKED = "pat"  # the coded reason of a cancellation that was requested


class ResponseController(QObject):
    """One request from the first look to the sent letter."""

    resolved = Signal(object)  # Resolved
    shown = Signal(object)  # Handling: another request is on the screen
    related_wanted = Signal(object)  # RequestId
    choose_wanted = Signal()  # the times are to be looked at

    def __init__(
        self,
        context: DeskContext,
        message: RequestPane,
        response: ResponsePane,
        schedule: SchedulePanel,
        strip: OffersStrip,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._context = context
        self._message, self._response = message, response
        self._window = window
        self._directory: Directory | None = None
        self.request_controller = RequestController(context, self._known_directory, self)
        self.request_sender = RequestSender(context, self.request_controller, self)
        self.beside = OfferSchedule(context, schedule, strip, self._known_directory, self)
        self.letter = LetterWriter(context, self.request_controller, response, window, self)
        self._questions = SendQuestions(context, self.request_controller, window, self)
        self._targets: tuple[TargetChoice, ...] = ()
        self._last_sent: tuple[RequestId, str, str, str] | None = None
        self._taken_back: RequestId | None = None  # undone, and what it had booked is not held again yet
        self._no_reply_reason, self._sent_with_act = "", True
        self._sends_next = False  # as soon as the text tells of the choice
        self._is_online = context.hub.state is not LiveState.OFFLINE
        self._connect()
        context.timers(self, TICK, self._second, repeat=True)

    def _connect(self) -> None:
        handler, sender, message, response = self.request_controller, self.request_sender, self._message, self._response
        handler.opened.connect(self._opened)
        handler.closed.connect(self._closed)
        handler.updated.connect(self._updated)
        handler.offered.connect(self._offered)
        handler.worded.connect(self._worded)
        handler.changed_elsewhere.connect(self._news)
        handler.changed_quietly.connect(self._told)
        handler.refused.connect(response.refuse)
        handler.taken.connect(response.explain)
        sender.refused.connect(response.refuse)
        sender.conflicted.connect(self._conflicted)
        sender.text_doubted.connect(self._text_doubted)
        sender.resolved.connect(self._resolved)
        message.painted.connect(self._painted)
        message.offer_chosen.connect(self._item_chosen)
        message.offers_painted.connect(self._offers_painted)
        message.type_chosen.connect(handler.choose_type)
        message.left_out.connect(self._left_out)
        message.news_wanted.connect(self._show_news)
        message.related_wanted.connect(self.related_wanted)
        message.note_written.connect(sender.note)
        message.called.connect(self._called)
        message.retry_wanted.connect(sender.retry_delivery)
        response.send_wanted.connect(self.send)
        response.reply_only_wanted.connect(self.reply_only)
        response.without_reply_wanted.connect(self.complete_without_reply)
        response.disposed.connect(self._disposed)
        response.edited.connect(self._edited)
        questions = self._questions
        questions.answered.connect(self._send)
        questions.text_meant.connect(self._text_meant)
        questions.text_wanted.connect(self.go_to_response)
        questions.nobody_agreed.connect(self._only_reply)
        questions.no_reply_told.connect(self._no_reply_told)
        beside = self.beside
        beside.digit_wanted.connect(self.choose_digit)
        beside.offer_wanted.connect(self._choose)
        beside.more_found.connect(handler.offer_more)
        beside.explained.connect(response.explain)
        beside.offers_painted.connect(self._offers_painted)
        self._context.hub.changed.connect(self._changed)
        self._context.hub.live_changed.connect(self._live_changed)

    # what the desk knows besides the request

    def read_beside(self) -> None:
        """Read what every request is shown with, before the first one."""
        self.read_directory()
        self.letter.read_library()

    def read_directory(self) -> None:
        """Read names of places and people, and whom a request can be forwarded to."""
        runner = self._context.runner
        runner.read(self, directory.directory).done(self._directory_read).refused(self._later)
        runner.read(self, directory.targets).done(self._targets_read).refused(self._later)

    def _directory_read(self, found: Directory) -> None:
        self._directory = found
        types = sorted(found.types.values(), key=lambda one: one.name)
        self._message.set_types([(one.id, one.name) for one in types if one.active])

    def _known_directory(self) -> Directory | None:
        return self._directory

    def _targets_read(self, found: tuple[TargetChoice, ...]) -> None:
        self._targets = found

    def _later(self, _refused: Refused) -> None:
        """Read again with the next change or when the connection is back."""

    # opening

    def open(self, request_id: RequestId) -> None:
        """Show a request; what was typed for the one before is on its way to the disk."""
        if request_id == self.request_controller.request_id:
            return
        self._context.drafts.save_now()
        self._context.gate.request_shown(request_id)
        self.request_controller.open(request_id)

    def leave(self) -> None:
        """Show no request."""
        self._context.drafts.save_now()
        self._context.gate.request_shown(None)
        self.request_controller.leave()

    @Slot(object)
    def _opened(self, now: Handling) -> None:
        self.letter.begin()
        self.beside.come_back()
        self._sends_next = False
        self._no_reply_reason = ""
        paint_later(self._response)
        self._response.reset()
        self._show(now)
        draft = self._context.drafts.of(now.view.id)
        if draft is not None:
            self.letter.restore(draft.text, draft.phrase, draft.state)
        self.shown.emit(now)

    @Slot(object)
    def _offered(self, now: Handling) -> None:
        self.letter.recall(now)
        self._hold_again(now.view.id)
        self.letter.keep_draft()

    @Slot()
    def _closed(self) -> None:
        paint_later(self._response)
        self._response.reset()
        self.beside.forget()
        self._context.gate.offers_gone()

    @Slot(object)
    def _updated(self, now: Handling) -> None:
        self._show(now)
        if not now.sending:
            self.letter.keep_draft()

    def _show(self, now: Handling) -> None:
        words, at = self._context.words(), self._context.clock.now()
        self._message.urgent_words = self._context.settings().urgent_words
        self._message.show_request(now, self.request_controller.claim, words, at)
        self._show_response(now)
        self.beside.follow(now)

    def _show_response(self, now: Handling) -> None:
        self._response.show_handling(Shown(now, self._context.clock.now(), self._is_online), self._context.words())

    @Slot()
    def _painted(self) -> None:
        now = self.request_controller.now
        if now is not None:
            self._context.gate.request_painted(now.view.id)

    @Slot(object)
    def _offers_painted(self, offers: Sequence[tuple[int, FreeSlot]]) -> None:
        if self.request_controller.now is not None:
            for digit, slot in offers:
                if digit:
                    self._context.gate.offer_painted(digit, slot)

    def _second(self) -> None:
        now = self.request_controller.now
        if now is not None and now.hold is not None:
            self._message.show_times(now, self._context.words(), self._context.clock.now())
            self.beside.tick()

    # choosing

    @Slot(int)
    def choose_digit(self, digit: int) -> None:
        """Choose the offer under a digit; a dead digit does nothing."""
        now = self.request_controller.now
        one = flow.by_digit(now, digit) if now is not None else None
        if one is not None:
            self._choose(one)
        elif now is not None and not now.is_armed and not digit:  # clicked in the schedule
            self._response.refuse(_(NOT_ARMED))

    @Slot(object)
    def _choose(self, one: ShownOffer) -> None:
        if one.is_gone or not self._may_write():
            return
        self._sends_next = False
        self._response.clear_refusal()
        self.beside.come_back()
        self.request_controller.choose(one)

    @Slot(object)
    def _left_out(self, item: Item) -> None:
        self.request_controller.leave_out(item.removes)

    @Slot(object)
    def _item_chosen(self, item: Item) -> None:
        now = self.request_controller.now
        if now is None or item.slot is None:
            return
        one = next((one for one in now.offers if one.key == flow.key_of(item.slot)), None)
        if one is not None:
            self._choose(one)

    @Slot()
    def cancel_appointment(self) -> None:
        """Choose to cancel; the reason is asked for unless the request is a cancellation."""
        now = self.request_controller.now
        if now is None or now.appointment is None or now.is_answered or not self._may_write():
            return
        reasons = self._context.settings().cancel_reasons
        if now.view.kind.value == "cancel" and reasons:
            asked = next((one for one in reasons if one.code == PARENT_ASKED), reasons[0])
            self.request_controller.cancel_appointment(CancelChoice(asked))
            return
        appointment = appointment_line(now.appointment, self._context.words())
        dialog = CancelDialog(appointment, reasons, _("Choose this reason"), self._window, by_enter=True)
        dialog.chosen.connect(self._cancel_chosen)
        dialog.chosen.connect(dialog.accept)
        dialog.open()

    @Slot(object, str)
    def _cancel_chosen(self, reason: CancelReason, text: str) -> None:
        self.request_controller.cancel_appointment(CancelChoice(reason, text))

    # the text

    @Slot()
    def _worded(self) -> None:
        if self._sends_next:
            self._sends_next = False
            self.send()

    @Slot()
    def _edited(self) -> None:
        self._sends_next = False
        if self._is_online:
            self.request_controller.begin_work()
        self.letter.changed()

    @Slot()
    def go_to_response(self) -> None:
        self._response.editor.setFocus()

    # disposition

    @Slot(object)
    def _disposed(self, disposition: Disposition) -> None:
        if disposition is Disposition.WAITING:
            self.wait_for_parent()
        else:
            self.request_controller.dispose(disposition)

    @Slot()
    def wait_for_parent(self) -> None:
        """Ask until when to wait (key S)."""
        now = self.request_controller.now
        if now is None or now.is_answered:
            return
        settings = self._context.settings()
        today = self._context.today()
        proposed = flow.waiting_day(today, settings.opening_hours, settings.closed_days)
        dialog = WaitingDialog(proposed, today, parent=self._window)
        dialog.chosen.connect(self._wait_chosen)
        dialog.rejected.connect(self._wait_dropped)
        dialog.open()

    @Slot(object)
    def _wait_chosen(self, day: date | None) -> None:
        until: datetime | None = None
        if day is not None:
            hours = [one.start_minute for one in self._context.settings().opening_hours if one.weekday == day.weekday()]
            until = self._context.words().zone.instant(day, min(hours, default=8 * 60))
        self.request_controller.dispose(Disposition.WAITING, until)

    @Slot()
    def _wait_dropped(self) -> None:
        if self.request_controller.now is not None:
            self._show_response(self.request_controller.now)

    # sending

    @Slot()
    def send(self) -> None:
        """Do it: act, reply, disposition (Ctrl+Enter, the button). What is missing is asked for, what is wrong is said.

        A request that was hardly seen is not sent: the second click of two would be about the next one. While nothing is chosen
        or written it goes to where that is done, and writes nothing.
        """
        now = self.request_controller.now
        if now is None or now.sending or not self._context.gate.may_act() or not self._may_write():
            return
        if self.request_controller.is_wording:
            self._sends_next = True
            return
        match flow.primary_of(now, has_text=not self._response.editor.is_empty()):
            case Primary.CHOOSE:
                self.choose_wanted.emit()
                self._response.explain(_("Choose a time: press its digit, or click it in the schedule."))
            case Primary.CANCEL:
                self.cancel_appointment()
            case Primary.WRITE:
                self.go_to_response()
            case Primary.ANSWERED:
                self.letter.put_phrase(flow.ALREADY_BOOKED, now)
            case Primary.THANKS:
                self._no_reply_reason = _("The parent only said thanks")
                self._send(with_act=False)
            case Primary.SEND:
                self._send(with_act=True)

    @Slot()
    def complete_without_reply(self) -> None:
        """Complete with a reason and no word to the parent."""
        now = self.request_controller.now
        if now is not None and not now.has_act and not now.is_answered:
            self._send(with_act=False)

    @Slot()
    def reply_only(self) -> None:
        """Send the text and change nothing on the schedule."""
        self._send(with_act=False)

    @Slot(bool)
    def _send(self, with_act: bool) -> None:
        now = self.request_controller.now
        if now is None or now.sending or not self._may_write():
            return
        state = now if with_act else flow.letting_go(now)
        rendered = self._response.editor.rendered()
        sentence = flow.refusal(state, rendered, self._response.editor.prompts())
        if sentence:
            self._response.refuse(sentence)
            if rendered.unresolved:
                self._response.editor.setFocus()
                self._response.editor.go_to_open(from_start=True)
            return
        reply = self._response.reply()
        found = self.letter.differences(state, self._directory)
        need = flow.need_of(
            state,
            has_text=reply is not None,
            zone=self._context.words().zone,
            no_reply_reason=self._no_reply_reason,
            differences=found,
        )
        if need is not None:
            self._questions.ask(need, state, found, with_act=with_act and state.has_act)
            return
        self._last_sent = (now.view.id, *self.letter.draft(now))
        is_meant = reply is not None and state.meant == self._response.editor.text()
        reason, self._sent_with_act = "" if reply is not None else self._no_reply_reason, with_act
        self.request_sender.send(Outgoing(reply, with_act, reason, is_meant))

    @Slot()
    def _only_reply(self) -> None:
        """Nobody has agreed: the act is let go; who has no right is told that a parent must ask."""
        now = self.request_controller.now
        if now is None:
            return
        self.letter.begin_anew("" if now.view.sender.may_book else flow.WHO_MAY[now.view.kind])
        self.request_controller.let_go()
        self.go_to_response()

    @Slot(str)
    def _no_reply_told(self, reason: str) -> None:
        self._no_reply_reason = reason

    @Slot(str)
    def _text_doubted(self, told: str) -> None:
        now = self.request_controller.now
        if now is not None:
            self._questions.ask(flow.Need.TEXT, now, (told,), with_act=self._sent_with_act and now.has_act)

    @Slot(bool)
    def _text_meant(self, with_act: bool) -> None:
        self.request_controller.mean(self._response.editor.text(), alone=not with_act)

    @Slot(object)
    def _resolved(self, resolved: Resolved) -> None:
        self._context.drafts.drop(resolved.request_id)
        self.resolved.emit(resolved)

    @Slot(object)
    def _conflicted(self, refused: Refused) -> None:
        now = self.request_controller.now
        if now is None:
            return
        self.letter.keep_draft()
        was_withdrawn = isinstance(refused, Conflict) and refused.what == str(RequestState.WITHDRAWN)
        text = self._response.editor.text()
        sheet = ConflictSheet(refused, text, may_follow_up=not was_withdrawn, parent=self._window)
        sheet.looked.connect(self._show_news)
        sheet.followed_up.connect(self._follow_up)
        sheet.discarded.connect(self._discard)
        sheet.open()

    @Slot()
    def _show_news(self) -> None:
        self._message.news_bar.clear()
        self.request_controller.show_news()

    @Slot()
    def _follow_up(self) -> None:
        now, reply = self.request_controller.now, self._response.reply()
        if now is None or reply is None:
            return
        found = self.letter.told_alone(flow.letting_go(now), reply.text)
        if not found:
            self.request_sender.follow_up(reply, text_meant=False)
            return
        sheet = DifferenceSheet(found, parent=self._window)
        sheet.sent.connect(partial(self.request_sender.follow_up, reply, text_meant=True))
        sheet.changed.connect(self.go_to_response)
        sheet.open()

    @Slot()
    def _discard(self) -> None:
        now = self.request_controller.now
        if now is not None:
            self._response.reset()
            self._context.drafts.drop(now.view.id)
            self.request_controller.discard()

    # other acts

    @Slot()
    def change_patient(self) -> None:
        """Ask which child of the household the request is about (ACT16)."""
        now = self.request_controller.now
        if now is None or now.is_answered or not self._may_write():
            return
        self._context.runner.read(self, patients.household, now.view.patient.id).done(self._household_read)

    def _household_read(self, found: tuple[Patient, ...]) -> None:
        now = self.request_controller.now
        if now is None:
            return
        others = [each for each in found if each.id != now.view.patient.id]
        if not others:
            self._response.refuse(_("There is no other patient in this household."))
            return
        dialog = PatientDialog(now.view.patient.name, others, self._context.words(), parent=self._window)
        dialog.chosen.connect(self.request_sender.change_patient)
        dialog.open()

    def open_patient(self) -> None:
        """Go to the page of the patient whom the request is about."""
        now = self.request_controller.now
        if now is not None:
            self._context.open_thing("patients", now.view.patient.id)

    def forward(self, search: str = "") -> None:
        """Ask whom to hand the request to, with a note; `search` is typed already where it finds somebody."""
        now = self.request_controller.now
        if now is None or now.is_answered or not self._may_write():
            return
        dialog = ForwardDialog(self._targets, now.view.target, search, parent=self._window)
        dialog.chosen.connect(self.request_sender.forward)
        dialog.open()

    @Slot(object, str)
    def _called(self, outcome: CallOutcome, text: str) -> None:
        self.request_sender.note(text, outcome)

    # what others do

    @Slot(object)
    def _news(self, entry: JournalEntry) -> None:
        self._message.say_news(_("{what}. Your text is kept.").format(what=change_words(entry)))

    @Slot(object)
    def _told(self, entry: JournalEntry) -> None:
        self._context.messages.say(_("{what}.").format(what=change_words(entry)))

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(Topic.DIRECTORY, Topic.STAFF, Topic.SETTINGS):
            self.read_directory()
        if changes.touches(Topic.PHRASE):
            self.letter.read_library()
        self.beside.changed(changes)
        self._take_back(changes)

    def _take_back(self, changes: Changes) -> None:
        """After an undo the sent text is a draft again: nothing that was typed is lost (ACT5)."""
        if self._last_sent is None:
            return
        request_id, text, phrase, state = self._last_sent
        if any(entry.action == "taken_back" for entry in changes.of(Topic.REQUEST, request_id)):
            self._last_sent = None
            self._context.drafts.keep(request_id, text, phrase, state)
            if self.request_controller.now is not None and self.request_controller.request_id == request_id:
                self.letter.restore(text, phrase, state)
                self.request_controller.recall(state)
            self._taken_back = request_id
            if self.letter.is_recalled:
                self._hold_again(request_id)
            self.related_wanted.emit(request_id)

    def _hold_again(self, request_id: RequestId) -> None:
        """An act was undone: what it had booked is held again, once the request is open with its offers."""
        if self._taken_back is not None and request_id == self._taken_back == self.request_controller.request_id:
            self._taken_back = None
            self.request_controller.hold_again()

    @Slot(object)
    def _live_changed(self, state: LiveState) -> None:
        self._is_online = state is not LiveState.OFFLINE
        now = self.request_controller.now
        if now is not None:
            self._show_response(now)
        if self._is_online and not self.letter.library:
            self.letter.read_library()

    def _may_write(self) -> bool:
        if not self._is_online:
            self._response.refuse(
                _("The database cannot be reached just now. What you typed is kept; try again when it is back.")
            )
            return False
        return may(self._context.actor(), Permission.ANSWER_REQUESTS)
