"""Brings the open request, the message, the response and the schedule together: what is chosen here is shown there."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.agreement import differences, offered_differences, told_alone
from request_desk.domain.changes import Changes, JournalEntry, Topic
from request_desk.domain.directory import CancelReason, Patient
from request_desk.domain.errors import Conflict, Refused
from request_desk.domain.ids import RequestId
from request_desk.domain.phrase_order import suggest
from request_desk.domain.phrases import Phrase, PhraseError, PhraseOutcome, Rendered, render
from request_desk.domain.requests import CallOutcome, Disposition, RequestState, Resolved, Target
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.domain.words import _, known_language, spoken
from request_desk.services.people import patients
from request_desk.services.practice import directory, phrases
from request_desk.services.practice.directory import Directory, TargetChoice
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.careful_sheets import DifferenceSheet, PatientDialog
from request_desk.ui.inbox.conflict_sheet import ConflictSheet
from request_desk.ui.inbox.dialogs import ForwardDialog, WaitingDialog
from request_desk.ui.inbox.flow import CancelChoice, Handling, Primary, ShownOffer
from request_desk.ui.inbox.letters import Outgoing, Values
from request_desk.ui.inbox.offer_schedule import OfferSchedule
from request_desk.ui.inbox.offers_strip import OffersStrip
from request_desk.ui.inbox.phrase_popup import PhrasePopup, other_language
from request_desk.ui.inbox.request_controller import NOT_ARMED, RequestController
from request_desk.ui.inbox.request_pane import RequestPane
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
    left_here = Signal(object)  # RequestId
    shown = Signal(object)  # Handling: another request is on the screen
    failed = Signal(object)  # Refused
    related_wanted = Signal(object)  # RequestId
    choose_wanted = Signal()  # the times are to be looked at
    list_wanted = Signal()  # the focus belongs to the list again

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
        self.beside = OfferSchedule(context, schedule, strip, self._known_directory, self)
        self._questions = SendQuestions(context, self.request_controller, window, self)
        self._values: Values | None = None
        self._library: tuple[Phrase, ...] = ()
        self._targets: tuple[TargetChoice, ...] = ()
        self._last_sent: tuple[RequestId, str, str, str] | None = None
        self._taken_back: RequestId | None = None  # undone, and what it had booked is not held again yet
        self._no_reply_reason, self._sent_with_act = "", True
        self._phrase_next = ""  # to be written as soon as its fields are read
        self._sends_next = False  # as soon as the text tells of the choice
        self._recalled = False  # whether the draft's choice of act was taken up: before, nothing is remembered
        self._is_online = context.hub.state is not LiveState.OFFLINE
        self._connect()
        context.timers(self, TICK, self._second, repeat=True)

    def _connect(self) -> None:
        handler, message, response = self.request_controller, self._message, self._response
        handler.opened.connect(self._opened)
        handler.closed.connect(self._closed)
        handler.updated.connect(self._updated)
        handler.offered.connect(self._offered)
        handler.values_merged.connect(self._valued)
        handler.worded.connect(self._worded)
        handler.changed_elsewhere.connect(self._news)
        handler.changed_quietly.connect(self._told)
        handler.refused.connect(response.refuse)
        handler.taken.connect(response.explain)
        handler.conflicted.connect(self._conflicted)
        handler.text_doubted.connect(self._text_doubted)
        handler.resolved.connect(self._resolved)
        handler.left_here.connect(self.left_here)
        handler.failed.connect(self.failed)
        message.painted.connect(self._painted)
        message.offer_chosen.connect(self._item_chosen)
        message.offers_painted.connect(self._offers_painted)
        message.type_chosen.connect(handler.choose_type)
        message.left_out.connect(self._left_out)
        message.news_wanted.connect(self._show_news)
        message.related_wanted.connect(self.related_wanted)
        message.note_written.connect(self._note_written)
        message.called.connect(self._called)
        message.retry_wanted.connect(handler.retry_delivery)
        response.send_wanted.connect(self.send)
        response.reply_only_wanted.connect(self.reply_only)
        response.without_reply_wanted.connect(self.complete_without_reply)
        response.phrases_wanted.connect(self.open_phrases)
        response.disposed.connect(self._disposed)
        response.edited.connect(self._edited)
        response.left.connect(self.list_wanted)
        questions = self._questions
        questions.answered.connect(self._answered)
        questions.text_meant.connect(self._text_meant)
        questions.text_wanted.connect(self.go_to_response)
        questions.nobody_agreed.connect(self._only_reply)
        questions.no_reply_told.connect(self._no_reply_told)
        beside = self.beside
        beside.digit_wanted.connect(self.choose_digit)
        beside.offer_wanted.connect(self._offer_clicked)
        beside.more_found.connect(handler.offer_more)
        beside.explained.connect(response.explain)
        beside.offers_painted.connect(self._offers_painted)
        self._context.hub.changed.connect(self._changed)
        self._context.hub.live_changed.connect(self._live_changed)

    # what the desk knows besides the request

    def read_beside(self) -> None:
        """Read what every request is shown with, before the first one."""
        self.read_directory()
        self._read_library()

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

    def _read_library(self) -> None:
        self._context.runner.read(self, phrases.library).done(self._library_read).refused(self._later)

    def _library_read(self, found: tuple[Phrase, ...]) -> None:
        self._library = found

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
        self._values = None
        self.beside.begin()
        self._recalled = self._sends_next = False
        self._no_reply_reason = self._phrase_next = ""
        paint_later(self._response)
        self._response.reset()
        self._show(now)
        draft = self._context.drafts.of(now.view.id)
        if draft is not None:
            self._restore(draft.text, draft.phrase, draft.state)
        self.shown.emit(now)

    @Slot(object)
    def _offered(self, now: Handling) -> None:
        draft = self._context.drafts.of(now.view.id)
        if draft is not None and not self._recalled:
            self.request_controller.recall(draft.state)
        self._recalled = True
        self._hold_again(now.view.id)
        self._keep_draft()

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
            self._keep_draft()

    def _show(self, now: Handling) -> None:
        words, at = self._context.words(), self._context.clock.now()
        self._message.urgent_words = self._context.settings().urgent_words
        self._message.show_request(now, self.request_controller.claim, words, at)
        self._response.show_handling(Shown(now, self._context.clock.now(), self._is_online), words)
        self.beside.follow(now)

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
        if one is not None and self._may_write():
            self._choose(one)
        elif now is not None and not now.is_armed and not digit:  # clicked in the schedule
            self._response.refuse(_(NOT_ARMED))

    def _choose(self, one: ShownOffer) -> None:
        self._sends_next = False
        self._response.clear_refusal()
        self.beside.come_back()
        self.request_controller.choose(one)

    @Slot(object)
    def _offer_clicked(self, one: ShownOffer) -> None:
        if not one.is_gone and self._may_write():
            self._choose(one)

    @Slot(object)
    def _left_out(self, item: Item) -> None:
        self.request_controller.leave_out(item.removes)

    @Slot(object)
    def _item_chosen(self, item: Item) -> None:
        now = self.request_controller.now
        if now is None or item.slot is None or not self._may_write():
            return
        key = flow.key_of(item.slot)
        one = next((one for one in now.offers if one.key == key and not one.is_gone), None)
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

    @Slot(object)
    def _valued(self, values: Values) -> None:
        """The fields follow the chosen act; an untouched text is written anew for another outcome."""
        before, self._values = self._values, values
        now = self.request_controller.now
        if now is None:
            return
        if self._phrase_next:
            slug, self._phrase_next = self._phrase_next, ""
            self._put_phrase(slug, now, values)
            return
        editor = self._response.editor
        another = before is None or before.outcome is not values.outcome
        if now.has_act and editor.is_untouched() and (another or editor.is_empty()):
            self._suggest(now, values)
        elif (
            not now.has_act and editor.is_untouched() and not editor.is_empty() and self._is_stale(now, before, another)
        ):
            self._response.editor.reset()
            self._response.set_phrase("")
        else:
            editor.refresh(values.fields)
        self._text_changed()

    def _is_stale(self, now: Handling, before: Values | None, another: bool) -> bool:
        """Whether an untouched letter tells what is not so any more: of an act that was let go, of an appointment that is gone."""
        return (another and before is not None) or (self._response.phrase() == flow.ALREADY_BOOKED and not now.already)

    @Slot()
    def _worded(self) -> None:
        if self._sends_next:
            self._sends_next = False
            self.send()

    def _show_own(self) -> None:
        """Show what the phrase says in the desk's language, beside a letter in another one (RE2)."""
        now, values, slug = self.request_controller.now, self._values, self._response.phrase()
        own = next((one for one in self._library if one.slug == slug and one.language == spoken()), None)
        is_theirs = now is not None and known_language(now.view.sender.language) == spoken()
        if now is None or values is None or own is None or is_theirs:
            self._response.show_own("")
            return
        try:
            rendered = render(own, values.own, {}, now.view.kind, values.outcome)
        except PhraseError:
            self._response.show_own("")
            return
        self._response.show_own(_("In English, as the phrase has it:\n{text}").format(text=rendered.text))

    def _suggest(self, now: Handling, values: Values) -> None:
        phrase = suggest(self._library, now.view.kind, values.outcome, now.view.sender.language)
        if phrase is None:
            return
        rendered = self._rendered(phrase, now, values)
        if rendered is not None:
            self._response.put(rendered, phrase, values.fields)
            self._tell_language(now, phrase)
            self._show_own()

    def _tell_language(self, now: Handling, phrase: Phrase) -> None:
        """A missing translation is said before anything is sent (RE2)."""
        told = other_language(phrase, now.view.sender.language, self._context.words())
        if told:
            self._response.explain(told)

    def _rendered(self, phrase: Phrase, now: Handling, values: Values) -> Rendered | None:
        try:
            return render(phrase, values.fields, {}, now.view.kind, values.outcome)
        except PhraseError as error:
            self._response.explain(error.sentence)
            return None

    @Slot()
    def open_phrases(self) -> None:
        """Open Phrase Construction over the request that is open."""
        now = self.request_controller.now
        if now is None or now.sending:
            return
        popup = PhrasePopup(
            self._library,
            self._values.fields if self._values is not None else None,
            kind=now.view.kind,
            outcome=flow.outcome_of(now),
            language=now.view.sender.language,
            words=self._context.words(),
            parent=self._window,
        )
        popup.chosen.connect(self._phrase_chosen)
        if self._values is None:
            self.request_controller.values_merged.connect(popup.take)
            self.request_controller.values_failed.connect(popup.do_without)
        popup.open()

    @Slot(object, object)
    def _phrase_chosen(self, phrase: Phrase, rendered: Rendered) -> None:
        values = self._values.fields if self._values is not None else {}
        editor = self._response.editor
        if editor.is_untouched():
            self._response.put(rendered, phrase, values)
        else:
            editor.add(rendered, values, phrase.prompts)
        if self.request_controller.now is not None:
            self._tell_language(self.request_controller.now, phrase)
        editor.refresh(values)  # they may have come while the phrases were open
        self.request_controller.typed()
        editor.setFocus()
        editor.go_to_open(from_start=True)
        self._text_changed()

    @Slot()
    def _edited(self) -> None:
        self._sends_next = False
        if self._is_online:
            self.request_controller.typed()
        self._text_changed()

    def _text_changed(self) -> None:
        self._response.refresh(self._context.words())
        self._show_own()
        self._keep_draft()

    def put_burst(self, text: str) -> None:
        """Put what a scanner or a wrong window sent into the response, as the user asked."""
        self._response.editor.setFocus()
        self._response.editor.put_text(text)

    @Slot()
    def go_to_response(self) -> None:
        self._response.editor.setFocus()

    # drafts

    def _keep_draft(self) -> None:
        """Remember text, act and disposition; nothing begun is no draft."""
        now = self.request_controller.now
        if now is None or now.sending or not self._recalled:
            return
        editor = self._response.editor
        if editor.is_empty() and not now.has_act and now.disposition is Disposition.COMPLETED:
            self._context.drafts.drop(now.view.id)
            return
        self._context.drafts.keep(now.view.id, editor.text(), self._response.phrase(), self._draft_state(now))

    def _draft_state(self, now: Handling) -> str:
        written = {"spans": self._response.editor.remembered(), "language": self._response.language()}
        return json.dumps({**flow.remembered(now), **written})

    def _restore(self, text: str, phrase: str, state: str) -> None:
        """Put a draft into the response; one whose pieces cannot be read comes back as plain text."""
        spans: Sequence[Mapping[str, object]] = [{"t": text}]
        language = ""
        try:
            kept = json.loads(state or "{}")
            if isinstance(kept, dict) and isinstance(kept.get("spans"), list):
                spans = [one for one in kept["spans"] if isinstance(one, dict)]
                language = str(kept.get("language", ""))
        except ValueError:
            spans = [{"t": text}]
        self._response.editor.restore(spans)
        self._response.set_phrase(phrase, language)
        self._response.refresh(self._context.words())

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
            self._response.show_handling(
                Shown(self.request_controller.now, self._context.clock.now(), self._is_online), self._context.words()
            )

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
                if self._values is not None:
                    self._put_phrase(flow.ALREADY_BOOKED, now, self._values)
            case Primary.THANKS:
                self._no_reply_reason = _("The parent only said thanks")
                self._send(with_act=False)
            case Primary.SEND:
                self._send(with_act=True)

    def _put_phrase(self, slug: str, now: Handling, values: Values) -> None:
        """Write the phrase that fits what was decided; the next press sends it."""
        found = [one for one in self._library if one.slug == slug]
        phrase = min(found, key=lambda one: one.language != now.view.sender.language, default=None)
        rendered = self._rendered(phrase, now, values) if phrase is not None else None
        if phrase is not None and rendered is not None:
            self._response.put(rendered, phrase, values.fields)
            self._tell_language(now, phrase)
            self.request_controller.typed()
            self._text_changed()

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

    def _send(self, *, with_act: bool) -> None:
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
        found = self._differences(state)
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
        self._last_sent = (now.view.id, self._response.editor.text(), self._response.phrase(), self._draft_state(now))
        is_meant = reply is not None and state.meant == self._response.editor.text()
        reason, self._sent_with_act = "" if reply is not None else self._no_reply_reason, with_act
        self.request_controller.send(Outgoing(reply, with_act, reason, is_meant))

    def _differences(self, state: Handling) -> tuple[str, ...]:
        """What the response says otherwise than the act, or of one that does not go with it; nothing once it is meant so (RE11)."""
        text, found = self._response.editor.text(), self._directory
        if not text.strip() or found is None or state.meant == text:
            return ()
        places: dict[int, str] = {each.id: each.name for each in found.locations.values()}
        people: dict[int, str] = {each.id: each.short_name for each in found.providers.values()}
        if state.offered:
            at = [(one.offer.slot.starts_at, self._context.words().at(one.offer.zone)) for one in state.offered]
            old = state.appointment.starts_at if state.moves and state.appointment is not None else None
            return offered_differences(text, at, old)
        told = flow.told_of(state, places, people)
        if told is None:
            return self._told_alone(state, text)
        words = self._context.words().at(flow.zone_of(state))
        return differences(text, told, words, providers=people.values(), locations=places.values())

    def _told_alone(self, state: Handling, text: str) -> tuple[str, ...]:
        slug, words, let_go = self._response.phrase(), self._context.words(), flow.let_go_of(state)
        outcome = next((one.outcome for one in self._library if one.slug == slug), PhraseOutcome.ANY)
        if let_go is None:
            return told_alone(text, outcome, None, words)
        return told_alone(text, outcome, let_go.slot.starts_at, words.at(let_go.zone))

    @Slot()
    def _only_reply(self) -> None:
        """Nobody has agreed: the act is let go; who has no right is told that a parent must ask."""
        now = self.request_controller.now
        if now is None:
            return
        self._phrase_next = "" if now.view.sender.may_book else flow.WHO_MAY[now.view.kind]
        self._response.editor.reset()
        self._response.set_phrase("")
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

    @Slot(bool)
    def _answered(self, with_act: bool) -> None:
        self._send(with_act=with_act)

    @Slot(object)
    def _resolved(self, resolved: Resolved) -> None:
        self._context.drafts.drop(resolved.request_id)
        self.resolved.emit(resolved)

    @Slot(object)
    def _conflicted(self, refused: Refused) -> None:
        now = self.request_controller.now
        if now is None:
            return
        self._keep_draft()
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
        found = self._told_alone(flow.letting_go(now), reply.text)
        if not found:
            self.request_controller.follow_up(reply, text_meant=False)
            return
        sheet = DifferenceSheet(found, parent=self._window)
        sheet.sent.connect(partial(self.request_controller.follow_up, reply, text_meant=True))
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
        dialog.chosen.connect(self.request_controller.change_patient)
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
        dialog.chosen.connect(self._forward_chosen)
        dialog.open()

    @Slot(object, str)
    def _forward_chosen(self, target: Target, note: str) -> None:
        self.request_controller.forward(target, note)

    @Slot(str)
    def _note_written(self, text: str) -> None:
        self.request_controller.note(text)

    @Slot(object, str)
    def _called(self, outcome: CallOutcome, text: str) -> None:
        self.request_controller.note(text, outcome)

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
            self._read_library()
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
                self._restore(text, phrase, state)
                self.request_controller.recall(state)
            self._taken_back = request_id
            if self._recalled:
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
            self._response.show_handling(Shown(now, self._context.clock.now(), self._is_online), self._context.words())
        if self._is_online and not self._library:
            self._read_library()

    def _may_write(self) -> bool:
        if not self._is_online:
            self._response.refuse(
                _("The database cannot be reached just now. What you typed is kept; try again when it is back.")
            )
            return False
        return may(self._context.actor(), Permission.ANSWER_REQUESTS)
