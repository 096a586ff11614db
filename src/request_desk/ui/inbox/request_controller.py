"""The one request that is open at this desk: reads it, holds, claims, and keeps it true; it has no widget and sends nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from request_desk.domain.appointments import Appointment
from request_desk.domain.careful import Assurance
from request_desk.domain.changes import Changes, JournalEntry, Topic
from request_desk.domain.errors import Conflict, Refused, SlotTaken
from request_desk.domain.ids import RequestId, TypeId
from request_desk.domain.own_words import against
from request_desk.domain.phrases import PhraseOutcome
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import Claim, Disposition, Fit, Offer, RequestView
from request_desk.domain.spans import Slot as FreeSlot, Span
from request_desk.domain.words import _, known_language, spoken
from request_desk.services.inbox import marks as inbox_marks, view as request_view
from request_desk.services.practice import phrases
from request_desk.services.practice.directory import Directory
from request_desk.services.schedule import queries as schedule_queries, scheduling
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.flow import CancelChoice, Handling, ShownOffer
from request_desk.ui.inbox.letters import Values
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.running.timing import Stoppable

NO_TYPE = "This request does not say what the visit is for. Choose the type of visit first."
NOTHING_TO_OFFER = "There is no free time to offer. Press N for the next available one, or pick one in the schedule."
MAY_NOT_CHOOSE = "Who asks may not book in the portal, so times cannot be offered. Book one, or only reply."
THREE_OFFERED = "Three times are offered already. Press the digit of one of them to take it out."
NOT_ARMED = "This may be answered already. Press A first if it is wanted all the same."
FAR = timedelta(days=90)  # how far free times are looked for
MANY = 200  # slots among which the first of each provider and day are found
READ_AFTER = 700  # milliseconds of selection until a request counts as read (MC4)


class RequestController(QObject):
    """Follows one request. `now` is its state as plain values, None while nothing is open or it is being read."""

    opened = Signal(object)  # Handling: another request is here
    closed = Signal()  # none is open
    updated = Signal(object)  # Handling: the same request, changed
    offered = Signal(object)  # Handling: its offers were read for the first time
    values_merged = Signal(object)  # Values
    values_failed = Signal(object)  # Refused: the values could not be read
    worded = Signal()  # the letter tells of the present choice, as far as that could be read
    changed_elsewhere = Signal(object)  # JournalEntry: somebody else changed it while work was begun here
    changed_quietly = Signal(object)  # JournalEntry: somebody else changed it, shown already
    refused = Signal(str)  # a sentence to be shown beside the response
    taken = Signal(str)  # the chosen slot was lost; the next fitting ones are offered
    hold_settled = Signal(bool)  # whether the time chosen last is ours; False also when it is left
    failed = Signal(object)  # Refused: it could not be read

    def __init__(
        self, context: DeskContext, directory: Callable[[], Directory | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._directory = directory
        self._runner = context.runner
        self._id: RequestId | None = None
        self._now: Handling | None = None
        self._latest: RequestView | None = None  # as read last, when `now` must stay as it was opened
        self._opening: Pending[RequestView] | None = None
        self._offering: Pending[Any] | None = None
        self._has_work = False  # typed or chosen: the view is not replaced under the user's hands
        self._claimed = False
        self._claiming = False
        self._let_go = False  # the session that claimed it has ended, and work was begun here
        self.is_active = False  # something was done here since claim and hold were lengthened last
        self._valuing: Pending[Any] | None = None
        self._rereading = False
        self._reread_again = False
        self._takes_news = False  # asked for before it was read
        self._read_timer: Stoppable | None = None
        self._lease_timer: Stoppable | None = None
        context.hub.changed.connect(self._changed)

    @property
    def now(self) -> Handling | None:
        return self._now

    @property
    def request_id(self) -> RequestId | None:
        return self._id

    @property
    def claim(self) -> Claim | None:
        """Somebody else's claim on the open request, while its lease runs."""
        now = self._now
        if now is None or now.view.claim is None or now.view.claim.until <= self._context.clock.now():
            return None
        mine = now.view.claim.staff_id == self._context.actor().id
        return None if mine else now.view.claim

    @property
    def is_wording(self) -> bool:
        """Whether what the letter tells of the present choice is on its way: the text is not yet what it will be."""
        return self._valuing is not None

    # opening and leaving

    def open(self, request_id: RequestId) -> None:
        """Show a request: nothing is claimed, nothing is held by it (MC4)."""
        if request_id == self._id and self._now is not None:
            return
        self.leave()
        self._id = request_id
        self._opening = self._runner.read(self, request_view.open_request, request_id)
        self._opening.done(partial(self._was_opened, request_id)).refused(partial(self._not_opened, request_id))
        self.read_offers()

    def leave(self) -> None:
        """Let go of the open request: the claim ends, a hold runs out by itself, the draft is kept elsewhere."""
        for pending in (self._opening, self._offering, self._valuing):
            if pending is not None:
                pending.drop()
        self._opening = self._offering = self._valuing = None
        for timer in (self._read_timer, self._lease_timer):
            if timer is not None:
                timer.stop()
        self._read_timer = self._lease_timer = None
        if self._claimed and self._id is not None:
            self._runner.act(self, inbox_marks.release_claim, self._id).refused(self._unheard)
        was_open = self._now is not None
        self._id = self._now = self._latest = None
        self._claimed = self._claiming = self._let_go = self.is_active = self._has_work = False
        self._rereading = self._reread_again = self._takes_news = False
        if was_open:
            self.hold_settled.emit(False)
            self.closed.emit()

    def _was_opened(self, request_id: RequestId, view: RequestView) -> None:
        if request_id != self._id:
            return
        self._opening = None
        self._now = flow.opened(view, self._zone())
        self._claimed = (
            view.claim is not None and self._is_me(view.claim) and view.claim.until > self._context.clock.now()
        )
        if self._claimed:
            self._keep_lease()
        self._read_timer = self._context.timers(self, READ_AFTER, self._mark_read)
        self._runner.act(self, request_view.viewed, request_id).refused(self._unheard)
        self.opened.emit(self._now)
        self.read_values()

    def _not_opened(self, request_id: RequestId, refused: Refused) -> None:
        if request_id == self._id:
            self._id = None
            self.failed.emit(refused)

    def _mark_read(self) -> None:
        self._read_timer = None
        if self._id is not None:
            self._runner.act(self, inbox_marks.mark_read, (self._id,)).refused(self._unheard)

    def _unheard(self, _refused: Refused) -> None:
        """A courtesy that failed (a read mark, the end of a lease): the lease and the next reading put it right."""

    # offers and values

    def read_offers(self) -> None:
        """Read the times that fit, anew."""
        request_id = self._id
        if request_id is None:
            return
        if self._now is not None and self._now.type_id is not None:
            self._read_typed(request_id, self._now.type_id)
            return
        removed = self._now.removed if self._now is not None else frozenset()
        self._offering = self._runner.read(self, schedule_queries.offers, request_id, removed=removed)
        self._offering.done(partial(self._offers_read, request_id)).refused(partial(self._offers_refused, request_id))

    def _offers_read(self, request_id: RequestId, offers: tuple[Offer, ...]) -> None:
        if request_id != self._id or self._now is None:
            return
        first, offered = not self._now.offers_known, self._now.offered
        self.set_state(flow.with_offers(self._now, offers))
        if self._now.offered != offered:
            self.read_values()
        if first and self._now is not None:
            self.offered.emit(self._now)

    def _offers_refused(self, request_id: RequestId, _refused: Refused) -> None:
        if request_id == self._id and self._now is not None:
            self.set_state(replace(self._now, offers_known=True))
            self.offered.emit(self._now)

    @Slot(object)
    def choose_type(self, type_id: TypeId) -> None:
        """Say what the appointment is for, where the parent did not; the next free times of that type are offered."""
        if self._now is not None and not self._now.is_answered and type_id != self._now.type_id:
            self.drop_hold()
            self.set_state(flow.typing(self._now, type_id))
            self._read_typed(self._now.view.id, type_id)
            self.read_values()

    def _read_typed(self, request_id: RequestId, type_id: TypeId) -> None:
        assert self._now is not None
        view, start = self._now.view, self._context.clock.now()
        pending = self._runner.read(
            self,
            schedule_queries.find_slots,
            type_id=type_id,
            span=Span(start, start + FAR),
            provider_ids=(view.provider_id,) if view.provider_id is not None else (),
            location_ids=(view.location_id,) if view.location_id is not None else (),
            exclude_request=request_id,
            patient_id=view.patient.id,
            limit=MANY,
        )
        pending.done(partial(self._typed_read, request_id, type_id)).refused(partial(self._offers_refused, request_id))

    def _typed_read(self, request_id: RequestId, type_id: TypeId, slots: tuple[FreeSlot, ...]) -> None:
        if self._now is None or self._now.type_id != type_id:
            return
        zone = self._zone()
        own = flow.own_wishes(self._now, self._context.clock.now(), zone)
        meant = [slot for slot in slots if not against(own, slot.starts_at, zone)]
        spread = flow.spread(meant or slots, zone)
        offers = [Offer(slot, Fit.NEXT_DAYS, 1, *names_of(slot, self._directory())) for slot in spread]
        self._offers_read(request_id, tuple(offers))

    def read_values(self) -> None:
        """Read what the letter tells of the present choice."""
        if self._now is None or self._id is None:
            return
        if self._valuing is not None:
            self._valuing.drop()
        answer = partial(self._values_read, self._id, flow.outcome_of(self._now))
        theirs = known_language(self._now.view.sender.language)
        wanted = (theirs,) if theirs == spoken() else (theirs, spoken())
        self._valuing = self._runner.read(self, phrases.values_in, self._id, flow.act_of(self._now), wanted)
        self._valuing.done(answer).refused(self.values_failed.emit).settled(self._values_settled)

    def _values_settled(self) -> None:
        self._valuing = None
        self.worded.emit()

    def _values_read(self, request_id: RequestId, outcome: PhraseOutcome, found: tuple[Mapping[str, str], ...]) -> None:
        if request_id == self._id and self._now is not None and flow.outcome_of(self._now) is outcome:
            self.values_merged.emit(Values(found[0], outcome, found[-1]))

    def _zone(self) -> PracticeTime:
        return self._context.words().zone

    # choosing

    def leave_out(self, key: str) -> None:
        """Leave out something that was read in the parent's own words, and rank the times anew (MC16)."""
        if self._now is not None and not self._now.is_answered:
            self.set_state(flow.leaving_out(self._now, key))
            self.read_offers()

    def leave_out_next(self) -> None:
        """Leave out the first of what was read in the parent's own words."""
        if self._now is not None:
            own = flow.own_wishes(self._now, self._context.clock.now(), self._zone())
            if own:
                self.leave_out(own[0].key)

    @Slot()
    def want_another(self) -> None:
        """Say that another appointment is wanted, though the request may be answered already: the offers can be chosen."""
        if self._now is not None and not self._now.is_answered:
            self.set_state(flow.armed(self._now))

    def assure(self, assurance: Assurance) -> None:
        """Keep what was said about a doubt."""
        if self._now is not None:
            self.set_state(replace(self._now, assurance=assurance))

    def mean(self, text: str, *, alone: bool) -> None:
        """Keep that a response is meant as it is, with the act or alone."""
        if self._now is not None:
            self.set_state(replace(self._now, alone_meant=text) if alone else replace(self._now, text_meant=text))

    def offer_times(self) -> None:
        """Offer times in the reply instead of booking one, or stop doing so (ACT10). Nothing is held before it is sent."""
        now = self._now
        if now is None or now.sending or now.is_answered:
            return
        if now.offered:
            self.let_go()
            return
        state = flow.offering(now)
        if not now.is_armed or flow.type_of(now) is None or not now.view.sender.may_book or not state.offered:
            self.refused.emit(_why_no_offer(now))
            return
        self.drop_hold()
        self.begin_work()
        self.set_state(state)
        self.read_values()

    def _toggle(self, now: Handling, one: ShownOffer) -> None:
        state = flow.toggling(now, one)
        if state == now:
            self.refused.emit(_(THREE_OFFERED))
            return
        self.begin_work()
        self.set_state(state)
        self.read_values()

    def choose(self, one: ShownOffer) -> None:
        """Choose a slot: it is held and the request is ours from now on. While times are offered it is one of them, or none any more."""
        now = self._now
        if now is None or now.sending or now.is_answered:
            return
        if now.offered:
            self._toggle(now, one)
            return
        if not now.is_armed:
            self.refused.emit(_(NOT_ARMED))
            return
        if now.chosen is not None and now.chosen.key == one.key and (now.hold is not None or now.holding):
            return
        type_id = flow.type_of(now)
        if type_id is None:
            self.refused.emit(_(NO_TYPE))
            return
        self._hold(flow.choosing(now, one), one, type_id)

    def hold_again(self) -> None:
        """Take the chosen time again whose hold an act has used up, now that the act was undone; say so if it is gone (ACT5)."""
        now = self._now
        if now is None or now.chosen is None or now.hold is not None or now.holding:
            return
        type_id = flow.type_of(now)
        if type_id is not None:
            self._hold(replace(now, holding=True), now.chosen, type_id)

    def _hold(self, now: Handling, one: ShownOffer, type_id: TypeId) -> None:
        self.begin_work()
        self.set_state(now)
        pending = self._runner.act(
            self,
            scheduling.hold,
            one.offer.slot,
            type_id=type_id,
            patient_id=now.view.patient.id,
            request_id=now.view.id,
            replaces=now.appointment.id if now.moves and now.appointment is not None else None,
        )
        pending.done(partial(self._held, now.view.id)).refused(partial(self._not_held, now.view.id, one.key))
        self.read_values()

    def _held(self, request_id: RequestId, hold: Appointment) -> None:
        if request_id != self._id or self._now is None:
            return
        state = flow.held(self._now, hold)
        self.set_state(state)
        if not state.holding:
            self.hold_settled.emit(True)

    def _not_held(self, request_id: RequestId, key: flow.OfferKey, refused: Refused) -> None:
        if request_id != self._id or self._now is None:
            return
        self.hold_settled.emit(False)
        if isinstance(refused, SlotTaken):
            self.lose(key, refused)
            return
        self.set_state(replace(flow.letting_go(self._now), disposition=self._now.disposition))
        self.refused.emit(refused.sentence)

    def lose(self, key: flow.OfferKey, refused: SlotTaken) -> None:
        """Somebody was faster: no error box, the next fitting slots append (ACT6)."""
        assert self._now is not None
        found = {slot: names_of(slot, self._directory()) for slot in refused.next_free}
        offers = flow.alternatives(self._now, found)
        self.set_state(flow.lost(self._now, key, offers))
        self.taken.emit(refused.sentence)
        self.read_values()
        self.read_offers()

    def cancel_appointment(self, choice: CancelChoice) -> None:
        """Choose to cancel the appointment; a slot that was held is let go."""
        now = self._now
        if now is None or now.appointment is None or now.sending:
            return
        self.begin_work()
        self.drop_hold()
        self.set_state(flow.cancelling(now, choice))
        self.read_values()

    @Slot(object, str, str)
    def offer_more(self, slot: FreeSlot, provider_name: str, location_name: str) -> None:
        """Offer one more free time, under the next digit."""
        if self._now is not None:
            offers = [one.offer for one in self._now.offers if not one.is_gone]
            more = Offer(slot, Fit.NEXT_DAYS, 0, provider_name, location_name)
            self.set_state(flow.with_offers(self._now, [*offers, more], flow.MOST_OFFERS))

    def let_go(self) -> None:
        """Choose no act."""
        if self._now is None or not self._now.has_act:
            return
        self.drop_hold()
        self.set_state(flow.letting_go(self._now))
        self.read_values()

    def dispose(self, disposition: Disposition, waiting_until: datetime | None = None) -> None:
        """Choose what becomes of the request; waiting without a date ends with the parent's answer."""
        if self._now is not None:
            self.set_state(flow.disposing(self._now, disposition, waiting_until))

    def overrule(self, reason: str) -> None:
        """Keep why a limit is overruled (ACT7)."""
        if self._now is not None:
            self.set_state(replace(self._now, overrule=reason))

    def recall(self, state: str) -> None:
        """Take up what a draft remembers."""
        if self._now is None:
            return
        recalled = flow.recalled(self._now, state, self._context.settings().cancel_reasons)
        if recalled != self._now:
            self._has_work = True
            self.set_state(recalled)
            self.read_values()

    def drop_hold(self) -> None:
        """Let the held time go."""
        if self._now is not None and self._now.hold is not None:
            self._runner.act(self, scheduling.drop_hold, self._now.hold.id).refused(self._unheard)

    # claiming

    def take(self) -> None:
        """Take the request, also from somebody else; the other one keeps the draft (MC8)."""
        if self._id is None or self._now is None or self._now.is_answered:
            return
        self._claim(take_over=True)

    def begin_work(self) -> None:
        """A time was chosen or a key typed: the request is ours from the first one on."""
        self._has_work = True
        self.is_active = True
        if not self._claimed and not self._claiming and self._now is not None and not self._now.is_answered:
            self._claim(take_over=False)

    def _claim(self, *, take_over: bool) -> None:
        assert self._id is not None
        self._claiming = True
        pending = self._runner.act(self, inbox_marks.claim, self._id, take_over=take_over)
        request_id = self._id
        pending.done(partial(self._claim_given, request_id)).refused(partial(self._claim_refused, request_id))

    def _claim_given(self, request_id: RequestId, claim: Claim) -> None:
        if request_id != self._id or self._now is None:
            self._runner.act(self, inbox_marks.release_claim, request_id).refused(self._unheard)
            return
        self._claiming = False
        self._claimed = True
        self._keep_lease()
        self.set_state(replace(self._now, view=replace(self._now.view, claim=claim)))

    def _claim_refused(self, request_id: RequestId, refused: Refused) -> None:
        if request_id == self._id:
            # A colleague's claim is a sign, not a lock: the bar above the message says who it is, T takes over.
            self._claiming = False
            if not isinstance(refused, Conflict):
                self.refused.emit(refused.sentence)
            self._reread()

    def _keep_lease(self) -> None:
        if self._lease_timer is None:
            third = self._context.settings().claim_lease / timedelta(milliseconds=3)
            self._lease_timer = self._context.timers(self, int(third), self._renew, repeat=True)

    def _renew(self) -> None:
        """Lengthen claim and hold while something was done here since the last time; else the lease runs out."""
        if not self.is_active or not self._claimed or self._id is None or self._now is None:
            return
        self.is_active = False
        self._runner.act(self, inbox_marks.renew_claim, self._id).done(partial(self._renewed, self._id)).refused(
            self._unheard
        )
        if self._now.hold is not None:
            renewed = self._runner.act(self, scheduling.renew_hold, self._now.hold.id)
            renewed.done(partial(self._hold_renewed, self._id)).refused(self._unheard)

    def _renewed(self, request_id: RequestId, claim: Claim | None) -> None:
        if request_id == self._id and claim is None:
            self._claimed = False
            self._reread()

    def _hold_renewed(self, request_id: RequestId, hold: Appointment | None) -> None:
        if request_id != self._id or self._now is None:
            return
        # A hold that ended leaves the choice: the slot is taken without a question if it is still free (ACT3).
        self.set_state(replace(self._now, hold=hold))

    def mark_unread(self) -> None:
        """Make it bold again, and leave it so while it stays selected."""
        if self._id is None:
            return
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None
        self._runner.act(self, inbox_marks.mark_unread, self._id)

    def finish(self) -> None:
        """It was sent: it is not ours any more, and nothing is begun on it."""
        self._claimed = self._has_work = False

    # what others do

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if self._id is None or self._now is None:
            return
        if changes.everything:
            self._reread()
            self.read_offers()
            return
        others = [entry for entry in changes.of(Topic.REQUEST, self._id) if not self._is_own(entry)]
        if self._has_work and any(
            entry.action == "released" and self._is_own(entry) for entry in changes.of(Topic.CLAIM, self._id)
        ):
            self._let_go = True  # by signing out: this desk itself releases only what it has left
        if others:
            (self.changed_elsewhere if self._has_work else self.changed_quietly).emit(others[-1])
        mine = {
            topic
            for topic in (Topic.REQUEST, Topic.CLAIM, Topic.NOTE, Topic.DELIVERY)
            if self._is_about_this(changes, topic)
        }
        is_moved = changes.move(partial(flow.is_seen, self._now), but="renewed")
        if mine or is_moved or changes.touches(Topic.PATIENT):
            self._reread()
        if is_moved or Topic.REQUEST in mine:
            self.read_offers()

    def _is_about_this(self, changes: Changes, topic: Topic) -> bool:
        entries = changes.of(topic, self._id or 0)
        return any(not (entry.action == "renewed" and self._is_own(entry)) for entry in entries)

    def show_news(self) -> None:
        """Take the request as it is now, or as soon as that was read; what was typed and chosen stays."""
        if self._now is None:
            return
        if self._latest is not None and self._latest.version != self._now.view.version:
            self.set_state(flow.with_view(self._now, self._latest, self._zone()))
        else:
            self._takes_news = True
            self._reread()

    def discard(self) -> None:
        """Give up what was begun here: the act, the disposition, the claim; the request is shown as it is now."""
        if self._id is None:
            return
        request_id = self._id
        self.drop_hold()
        self.leave()
        self.open(request_id)

    def _reread(self) -> None:
        if self._id is None:
            return
        if self._rereading:
            self._reread_again = True
            return
        self._rereading = True
        request_id = self._id
        pending = self._runner.read(self, request_view.open_request, request_id)
        pending.done(partial(self._reread_done, request_id)).refused(self._unheard).settled(
            partial(self._reread_settled, request_id)
        )

    def _reread_done(self, request_id: RequestId, view: RequestView) -> None:
        if request_id != self._id or self._now is None:
            return
        self._latest = view
        if self._claimed and (view.claim is None or not self._is_me(view.claim)):
            self._claimed = False
        if self._let_go:
            self._let_go = False
            if view.claim is None:
                self.begin_work()  # the same user is back, and so is what was begun (MC8, LOCK-03)
        is_newer = view.version != self._now.view.version
        before = (self._now.already, self._now.appointment)
        takes = self._takes_news and is_newer
        self._takes_news = self._takes_news and not is_newer and self._reread_again
        if takes or not self._has_work or not is_newer:
            self.set_state(flow.with_view(self._now, view, self._zone()))
        else:
            self.set_state(flow.with_view(self._now, flow.softly(self._now.view, view), self._zone()))
        if (self._now.already, self._now.appointment) != before:
            self.read_values()  # the letter may tell of them

    def _reread_settled(self, request_id: RequestId) -> None:
        if request_id != self._id:
            return
        self._rereading = False
        if self._reread_again:
            self._reread_again = False
            self._reread()

    def _is_own(self, entry: JournalEntry) -> bool:
        me = self._context.actor()
        return entry.actor_id == me.id and entry.actor_kind == me.kind and entry.desk == me.desk

    def _is_me(self, claim: Claim) -> bool:
        return claim.staff_id == self._context.actor().id

    def set_state(self, state: Handling) -> None:
        """Take a state as the present one, and tell of it."""
        if state != self._now:
            self._now = state
            self.updated.emit(state)


def names_of(slot: FreeSlot, known: Directory | None) -> tuple[str, str]:
    """Return the names of a slot's provider and location, as the directory has them."""
    if known is None:
        return "", ""
    provider, place = known.providers.get(slot.provider_id), known.locations.get(slot.location_id)
    return provider.short_name if provider else "", place.name if place else ""


def _why_no_offer(now: Handling) -> str:
    """Why no times can be offered in the reply."""
    if not now.is_armed:
        return _(NOT_ARMED)
    if flow.type_of(now) is None:
        return _(NO_TYPE)
    return _(NOTHING_TO_OFFER) if now.view.sender.may_book else _(MAY_NOT_CHOOSE)
