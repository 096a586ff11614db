"""One request at the desk as plain values: offers with their digits, the chosen act, what still stands in the way of sending.

No widget and no database: everything here is a function from one frozen state to the next.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain import own_words
from request_desk.domain.agreement import ActFacts
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.careful import NO_ASSURANCE, PUT_AWAY, Assurance, answering, second_of
from request_desk.domain.changes import ScheduleScope
from request_desk.domain.counter_offers import MOST_TIMES
from request_desk.domain.directory import CancelReason, OpeningHours
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId, TypeId
from request_desk.domain.own_words import OwnWish
from request_desk.domain.phrases import FIELDS, PhraseOutcome, Prompt, Rendered, leftover_marks
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import (
    Act,
    Booking,
    Cancellation,
    Disposition,
    Fit,
    Move,
    Offer,
    Offering,
    RequestKind,
    RequestState,
    RequestView,
    WishKind,
    WishState,
)
from request_desk.domain.spans import Slot
from request_desk.domain.thanks import comes_back, thread_says_thanks
from request_desk.domain.words import Words, _

ALREADY_BOOKED: Final = "any-already-booked"  # ids of phrases that fit what was decided
WHO_MAY: Final[Mapping[RequestKind, str]] = {
    RequestKind.SCHEDULE: "schedule-who-may-book",
    RequestKind.RESCHEDULE: "reschedule-who-may",
    RequestKind.CANCEL: "cancel-who-may",
}
MOST_OFFERS: Final = 9
LEAST_OFFERS: Final = 3  # that a list fills up to when its first reading had fewer
WAITING_DAYS: Final = 3  # business days that *Waiting for parent* proposes

OfferKey = tuple[int, int, datetime]


def key_of(slot: Slot) -> OfferKey:
    """Return what makes an offer the same offer when it is read again."""
    return slot.provider_id, slot.location_id, slot.starts_at


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer under its digit (0 has no key). It keeps both while the request is open, also when the time is gone."""

    digit: int
    offer: Offer
    is_gone: bool = False

    @property
    def key(self) -> OfferKey:
        return key_of(self.offer.slot)

    @property
    def is_extra(self) -> bool:
        """Whether it answers no wish: picked in the schedule, found by *Next available*, or brought by a lost race."""
        return self.offer.wish_rank == 0


@dataclass(frozen=True, slots=True)
class CancelChoice:
    """That the appointment will be cancelled, and why; `text` is read by the parent."""

    reason: CancelReason
    text: str = ""


class Need(StrEnum):
    """What must be asked before the act can be sent."""

    AGREED = "agreed"
    ANOTHER = "another"
    OVERRULE_REASON = "overrule_reason"
    TEXT = "text"
    TOOK_OVER = "took_over"
    NO_REPLY_REASON = "no_reply_reason"


class Primary(StrEnum):
    """What the first button does: it writes only what was chosen or typed, or what needs no choice."""

    SEND = "send"
    CHOOSE = "choose"  # a time: nothing is chosen yet
    CANCEL = "cancel"  # choose to cancel the appointment, as was asked
    WRITE = "write"
    ANSWERED = "answered"  # the patient has the appointment already: the phrase that says so
    THANKS = "thanks"  # complete: nothing is wanted


@dataclass(frozen=True, slots=True)
class Handling:
    """A request as it is handled at this desk. `holding` is set while a hold was asked for and not answered."""

    view: RequestView
    offers: tuple[ShownOffer, ...] = ()
    offers_known: bool = False
    chosen: ShownOffer | None = None
    let_go: ShownOffer | None = None  # the last that was chosen and is not any more: a letter may still tell of it
    offered: tuple[ShownOffer, ...] = ()  # to go into the reply, up to three (ACT10); nothing is held before it is sent
    hold: Appointment | None = None
    holding: bool = False
    cancel: CancelChoice | None = None
    disposition: Disposition = Disposition.COMPLETED
    waiting_until: datetime | None = None
    overrule: str = ""
    sending: bool = False
    type_id: TypeId | None = None  # chosen here, where the parent did not say what the appointment is for
    first_count: int = 0  # how many offers the first reading brought
    already: tuple[Appointment, ...] = ()  # appointments of the patient that could be the answer (ACT13)
    is_thanks: bool = False  # the last letter only says thanks (MC17)
    assurance: Assurance = NO_ASSURANCE  # what was said about the doubts
    removed: frozenset[str] = frozenset()  # of what was read in the parent's own words, by key (MC16)
    text_meant: str = ""  # a response that is meant as it is, though it differs from the act
    alone_meant: str = ""  # one that is meant to go alone, though it tells of an act

    @property
    def has_act(self) -> bool:
        return self.chosen is not None or self.cancel is not None or bool(self.offered)

    @property
    def meant(self) -> str:
        """The response that is meant as it is."""
        return self.text_meant if self.has_act else self.alone_meant

    @property
    def appointment(self) -> Appointment | None:
        """The appointment that can be moved or cancelled, if it still stands."""
        found = self.view.appointment
        return found if found is not None and found.status is AppointmentStatus.CONFIRMED else None

    @property
    def is_armed(self) -> bool:
        """Whether offers have digits and can be chosen: not while the request may be answered already."""
        return self.assurance.another or not (self.already or self.is_thanks)

    @property
    def is_answered(self) -> bool:
        return self.view.state in (RequestState.COMPLETED, RequestState.WITHDRAWN)

    @property
    def is_withdrawn(self) -> bool:
        """Whether the parent has taken it back: nothing can be added to it any more."""
        return self.view.state is RequestState.WITHDRAWN

    @property
    def moves(self) -> bool:
        """Whether a chosen slot moves the present appointment instead of booking a new one."""
        return self.appointment is not None and self.view.kind is not RequestKind.SCHEDULE


def own_wishes(now: Handling, at: datetime, zone: PracticeTime) -> tuple[OwnWish, ...]:
    """Return what the parent says about time in own words, as far as it ranks the offers: not what was removed here."""
    if now.is_answered or now.view.kind is RequestKind.CANCEL:
        return ()
    return own_words.of_thread(now.view.thread, at, zone, now.removed)


def leaving_out(now: Handling, key: str) -> Handling:
    """Leave out something that was read in the message; the offers are ranked anew, but for a time that is chosen."""
    if now.chosen is not None:
        return replace(now, removed=now.removed | {key})
    return replace(now, removed=now.removed | {key}, offers=(), offers_known=False, first_count=0)


def is_seen(now: Handling, scope: ScheduleScope) -> bool:
    """Whether a change of the schedule may be seen at this request: its own, its patient's, or up to the last time that is shown."""
    if scope.patient_id == now.view.patient.id or scope.request_id == now.view.id:
        return True
    shown = [shown.offer.slot.starts_at for shown in now.offers]
    wished = [state.wish.starts_at for state in now.view.wishes if state.wish.starts_at is not None]
    return not shown or scope.starts_at <= max((*shown, *wished))


def opened(view: RequestView, zone: PracticeTime) -> Handling:
    """Return a request as it is when it is opened."""
    return seen_by(Handling(view), view, zone)


def seen_by(now: Handling, view: RequestView, zone: PracticeTime) -> Handling:
    """Take in a reading: what may answer the request already, and whether its last letter only says thanks."""
    wishes = [one.wish for one in view.wishes]
    chain_id = view.appointment.chain_id if view.appointment is not None else None
    already = answering(view.kind, view.id, view.patient.id, view.type_id, wishes, view.upcoming, zone, chain_id)
    own = already if view.state in (RequestState.OPEN, RequestState.WAITING) else ()
    return replace(now, view=view, already=own, is_thanks=_is_thanks(view))


def _is_thanks(view: RequestView) -> bool:
    """Whether an open request only says thanks for the practice's answer."""
    return view.state in (RequestState.OPEN, RequestState.WAITING) and thread_says_thanks(view.thread)


# offers


def merged(
    shown: Sequence[ShownOffer],
    fresh: Iterable[Offer],
    keep: OfferKey | None = None,
    most: int = MOST_OFFERS,
    *,
    is_armed: bool = True,
) -> tuple[ShownOffer, ...]:
    """Return the offers after reading them again: digits never shift, what is gone stays struck, new ones append.

    `keep` is the slot that we hold ourselves: it is not free for anybody, and still ours. Offers that answer no wish are
    not in the readings; only a lost race ends them. New ones append while fewer than `most` are live.
    """
    found = {key_of(offer.slot): offer for offer in fresh}
    result: list[ShownOffer] = []
    for one in shown:
        again = found.get(one.key)
        gone = one.is_gone if one.is_extra and again is None else again is None and one.key != keep
        result.append(replace(one, offer=again or one.offer, is_gone=gone))
    known = {one.key for one in result}
    used = {one.digit for one in result if one.digit}
    live = sum(not one.is_gone for one in result)
    for key, offer in found.items():
        if key in known or live >= most:
            continue
        digit = max(used, default=0) + 1 if is_armed else 0
        result.append(ShownOffer(digit if digit <= MOST_OFFERS else 0, offer))
        used.add(min(digit, MOST_OFFERS))
        live += 1
    return tuple(result)


def with_offers(now: Handling, fresh: Iterable[Offer], most: int = 0) -> Handling:
    """Take in offers that were read again: what was taken is replaced, a list that is complete does not grow.

    An answered request is offered nothing: a digit there would do nothing.
    `most` says that these are wanted, how many there are already or not (a lost race, *Next available*).
    """
    if now.is_answered:
        return replace(now, offers=(), offers_known=True, first_count=0)
    read = tuple(fresh)
    keep = now.chosen.key if now.chosen is not None and (now.hold is not None or now.holding) else None
    first = now.first_count if now.offers_known else len(read)
    limit = most or (max(first, LEAST_OFFERS) if now.offers_known else MOST_OFFERS)
    offers = merged(now.offers, read, keep, limit, is_armed=now.is_armed)
    chosen = now.chosen
    if chosen is not None:
        chosen = next((one for one in offers if one.key == chosen.key), chosen)
    gone = {one.key for one in offers if one.is_gone}
    state = replace(now, offers=offers, offers_known=True, chosen=chosen, first_count=first)
    return _with_offered(state, [one for one in now.offered if one.key not in gone])


def armed(now: Handling) -> Handling:
    """Say that another appointment is wanted: the offers get their digits, in their order."""
    return _digits(replace(now, assurance=replace(now.assurance, another=True)))


def _digits(now: Handling) -> Handling:
    """Give the offers that have none their digits, in their order; take all away while none may be chosen."""
    if not now.is_armed:
        return replace(now, offers=tuple(replace(one, digit=0) for one in now.offers))
    offers = [one for one in now.offers if one.digit == 0 and not one.is_gone and not one.is_extra]
    free = [digit for digit in range(1, MOST_OFFERS + 1) if all(one.digit != digit for one in now.offers)]
    digits = {one.key: digit for one, digit in zip(offers, free, strict=False)}
    return replace(now, offers=tuple(replace(one, digit=digits.get(one.key, one.digit)) for one in now.offers))


def with_view(now: Handling, view: RequestView, zone: PracticeTime) -> Handling:
    """Take in the request as it is now. A hold that has ended is forgotten; the choice stays, its slot may be free still.

    What was said about another patient (another visit, who agreed, a time that was let go) is not said about this one.
    """
    if view.patient.id != now.view.patient.id:
        now = replace(now, assurance=Assurance(took_over=now.assurance.took_over), let_go=None)
    hold = view.hold if now.chosen is not None and _is_for(view.hold, now.chosen.offer.slot) else None
    cancel = now.cancel
    if view.appointment is None or view.appointment.status is not AppointmentStatus.CONFIRMED:
        cancel = None
    if view.state in (RequestState.COMPLETED, RequestState.WITHDRAWN):
        now = _with_offered(now, ())
    return _digits(replace(seen_by(now, view, zone), hold=hold if not now.holding else now.hold, cancel=cancel))


def softly(seen: RequestView, fresh: RequestView) -> RequestView:
    """Return the request as it was opened, with what may change under the hands: so the version still tells a stale answer."""
    return replace(
        seen,
        claim=fresh.claim,
        hold=fresh.hold,
        wishes=fresh.wishes,
        notes=fresh.notes,
        deliveries=fresh.deliveries,
        related=fresh.related,
        upcoming=fresh.upcoming,
        inboxes=fresh.inboxes,
    )


def by_digit(now: Handling, digit: int) -> ShownOffer | None:
    """Return the offer under a digit; None when there is none or its time is gone: a dead digit does nothing."""
    return next((one for one in now.offers if digit and one.digit == digit and not one.is_gone), None)


def named(now: Handling, slot: Slot, provider_name: str, location_name: str) -> ShownOffer:
    """Return the offer of a slot that was picked in the schedule, perhaps one that nobody offered."""
    found = next((one for one in now.offers if one.key == key_of(slot)), None)
    if found is not None:
        return replace(found, is_gone=False)
    return ShownOffer(0, Offer(slot, Fit.EXACT, 0, provider_name, location_name))


def limited(now: Handling, warning: str, *, forbids: bool) -> Handling:
    """Say what stands against the chosen time, which nobody had looked at yet: the next try asks for the reason (ACT7)."""
    if now.chosen is None:
        return now
    chosen = replace(now.chosen, offer=replace(now.chosen.offer, warning=warning, forbids=forbids))
    offers = tuple(chosen if one.key == chosen.key else one for one in now.offers)
    return replace(now, chosen=chosen, offers=offers)


def alternatives(now: Handling, slots: Mapping[Slot, tuple[str, str]]) -> list[Offer]:
    """Return the next fitting slots that a lost race brings, with their names, as offers behind those still live."""
    live = [one.offer for one in now.offers if not one.is_gone and (now.chosen is None or one.key != now.chosen.key)]
    known = {key_of(offer.slot) for offer in live}
    fresh = [Offer(slot, Fit.NEXT_DAYS, 0, *names) for slot, names in slots.items() if key_of(slot) not in known]
    return live + fresh


def spread(slots: Iterable[Slot], zone: PracticeTime, most: int = 6) -> list[Slot]:
    """Return the first slot of each provider and day, earliest first: six times of one morning are no choice."""
    firsts: dict[tuple[int, date], Slot] = {}
    for slot in slots:
        firsts.setdefault((slot.provider_id, zone.day_of(slot.starts_at)), slot)
    return sorted(firsts.values(), key=lambda slot: slot.starts_at)[:most]


# choosing


def typing(now: Handling, type_id: TypeId) -> Handling:
    """Say what the appointment is for; what was offered for another type is forgotten."""
    return replace(letting_go(now), type_id=type_id, offers=(), offers_known=False, first_count=0)


def choosing(now: Handling, one: ShownOffer) -> Handling:
    """Choose a slot: the hold is asked for now."""
    known = any(shown.key == one.key for shown in now.offers)
    offers = now.offers if known else (*now.offers, one)
    return replace(
        now,
        offers=offers,
        chosen=one,
        offered=(),
        hold=None,
        holding=True,
        cancel=None,
        overrule="",
        text_meant="",
        disposition=_settled(now),
    )


def held(now: Handling, hold: Appointment) -> Handling:
    """The hold was given. An answer for a slot that is not the chosen one any more changes nothing."""
    if now.chosen is None or not _is_for(hold, now.chosen.offer.slot):
        return now
    return replace(now, hold=hold, holding=False)


def lost(now: Handling, key: OfferKey, fresh: Iterable[Offer]) -> Handling:
    """Somebody was faster: the slot stays struck through under its digit, the next fitting ones append."""
    gone = tuple(replace(one, is_gone=True) if one.key == key else one for one in now.offers)
    chosen = None if now.chosen is not None and now.chosen.key == key else now.chosen
    given_up = chosen is None
    state = replace(
        now,
        offers=gone,
        chosen=chosen,
        let_go=now.chosen if given_up else now.let_go,
        holding=now.holding and not given_up,
        hold=None if given_up else now.hold,
    )
    return with_offers(state, [offer for offer in fresh if key_of(offer.slot) != key], MOST_OFFERS)


def cancelling(now: Handling, choice: CancelChoice) -> Handling:
    """Choose to cancel the appointment instead of any slot."""
    return replace(
        now,
        cancel=choice,
        chosen=None,
        offered=(),
        hold=None,
        holding=False,
        overrule="",
        text_meant="",
        disposition=_settled(now),
    )


def offering(now: Handling) -> Handling:
    """Begin to offer times in the reply: the chosen one, else the first three that fit and stand under a digit."""
    live = [one for one in now.offers if not one.is_gone and one.digit and not one.offer.warning]
    first = (now.chosen,) if now.chosen is not None else tuple(apart(live)[:MOST_TIMES])
    return _with_offered(letting_go(now), first)


def apart(offers: Iterable[ShownOffer]) -> list[ShownOffer]:
    """Return those of some offers, in their order, that do not overlap one before: two of them can be kept at once."""
    kept: list[ShownOffer] = []
    for one in offers:
        slot = one.offer.slot
        if not any(
            other.offer.slot.provider_id == slot.provider_id
            and other.offer.slot.starts_at < slot.blocked_until
            and slot.starts_at < other.offer.slot.blocked_until
            for other in kept
        ):
            kept.append(one)
    return kept


def toggling(now: Handling, one: ShownOffer) -> Handling:
    """Offer one time more, or take it out again; where three are offered already nothing changes."""
    if any(other.key == one.key for other in now.offered):
        return _with_offered(now, [other for other in now.offered if other.key != one.key])
    if len(now.offered) >= MOST_TIMES:
        return now
    known = any(shown.key == one.key for shown in now.offers)
    return _with_offered(replace(now, offers=now.offers if known else (*now.offers, one)), [*now.offered, one])


def _with_offered(now: Handling, offered: Iterable[ShownOffer]) -> Handling:
    """The times in the order of the clock; the request waits for the answer to them."""
    ordered = tuple(sorted(offered, key=lambda one: (one.offer.slot.starts_at, one.offer.slot.provider_id)))
    if ordered == now.offered:
        return now
    disposition = Disposition.WAITING if ordered else Disposition.COMPLETED
    return replace(now, offered=ordered, disposition=disposition, waiting_until=None, text_meant="")


def is_held(now: Handling, at: datetime) -> bool:
    """Whether the chosen time is ours at `at`: its row was read, and has not run out."""
    return now.hold is not None and now.hold.hold_expires_at is not None and now.hold.hold_expires_at > at


def letting_go(now: Handling) -> Handling:
    """Choose no act: only a reply."""
    rest = replace(_with_offered(now, ()), let_go=now.chosen or now.let_go)
    return replace(rest, cancel=None, chosen=None, hold=None, holding=False, overrule="", text_meant="")


def disposing(now: Handling, disposition: Disposition, waiting_until: datetime | None = None) -> Handling:
    """Choose what becomes of the request; no date means until the parent answers."""
    return replace(
        now, disposition=disposition, waiting_until=waiting_until if disposition is Disposition.WAITING else None
    )


def _settled(now: Handling) -> Disposition:
    """An act answers the request: *Waiting for parent* was meant for the time before it."""
    return Disposition.COMPLETED if now.disposition is Disposition.WAITING else now.disposition


def _is_for(hold: Appointment | None, slot: Slot) -> bool:
    return hold is not None and (hold.provider_id, hold.location_id, hold.starts_at) == key_of(slot)


# the act


def act_of(now: Handling) -> Act | None:
    """Return what will be written on the schedule, None for a reply alone."""
    if now.cancel is not None and now.appointment is not None:
        text = now.cancel.text
        return Cancellation(now.appointment.id, now.appointment.version, now.cancel.reason.code, text)
    if now.offered:
        return _offering_of(now)
    if now.chosen is None:
        return None
    slot = now.chosen.offer.slot
    hold_id: AppointmentId | None = now.hold.id if now.hold is not None else None
    if now.moves and now.appointment is not None:
        return Move(now.appointment.id, now.appointment.version, slot, hold_id, now.overrule, now.chosen.offer.forbids)
    type_id = type_of(now)
    return Booking(slot, type_id, hold_id, now.overrule) if type_id is not None else None


def _offering_of(now: Handling) -> Offering | None:
    type_id = now.appointment.type_id if now.moves and now.appointment is not None else type_of(now)
    if type_id is None:
        return None
    moved_id = now.appointment.id if now.moves and now.appointment is not None else None
    return Offering(tuple(one.offer.slot for one in now.offered), type_id, moved_id)


def type_of(now: Handling) -> TypeId | None:
    """Return the type of appointment that is booked: the one asked for, else that of the appointment or the one chosen here."""
    if now.type_id is not None:
        return now.type_id
    if now.view.type_id is not None or now.view.appointment is None:
        return now.view.type_id
    return now.view.appointment.type_id


def outcome_of(now: Handling) -> PhraseOutcome:
    """Return what the reply tells the parent, for the suggested phrase."""
    match act_of(now):
        case Booking():
            return PhraseOutcome.BOOKED
        case Move():
            return PhraseOutcome.MOVED
        case Cancellation():
            return PhraseOutcome.CANCELLED
        case Offering():
            return PhraseOutcome.OFFERED
        case _:
            return PhraseOutcome.ANY


def wanted_day(now: Handling, words: Words) -> date | None:
    """Return the day that the schedule opens at: the chosen slot, the first free wish or offer, the appointment."""
    zone = words.zone
    if now.chosen is not None:
        return zone.day_of(now.chosen.offer.slot.starts_at)
    if now.offered:
        return zone.day_of(now.offered[0].offer.slot.starts_at)
    free = [
        one.wish.starts_at
        for one in now.view.wishes
        if one.state in (WishState.FREE, WishState.HELD_BY_US) and one.wish.starts_at
    ]
    if free:
        return zone.day_of(free[0])
    if now.view.kind is RequestKind.CANCEL and now.view.appointment is not None:
        return zone.day_of(now.view.appointment.starts_at)
    live = [one for one in now.offers if not one.is_gone]
    if live:
        return zone.day_of(live[0].offer.slot.starts_at)
    named_days = [
        one.wish.day for one in now.view.wishes if one.wish.kind is WishKind.DAY_PART and one.wish.day is not None
    ]
    if named_days:
        return named_days[0]
    return zone.day_of(now.view.appointment.starts_at) if now.view.appointment is not None else None


# before sending


def primary_of(now: Handling, *, has_text: bool) -> Primary:
    """Return what the first button does: never more than was chosen, typed, or is plain (ACT13, MC17)."""
    if now.is_answered or has_text or now.has_act or now.disposition is not Disposition.COMPLETED:
        return Primary.SEND
    if now.is_thanks and not now.assurance.another:
        return Primary.THANKS
    if not now.is_armed:
        return Primary.WRITE if comes_back(now.view.thread) else Primary.ANSWERED
    if now.view.kind is RequestKind.CANCEL:
        return Primary.CANCEL if now.appointment is not None else Primary.WRITE
    has_offers = not now.offers_known or any(not one.is_gone for one in now.offers)
    return Primary.CHOOSE if has_offers and now.view.sender.may_book else Primary.WRITE


def need_of(
    now: Handling, *, has_text: bool, zone: PracticeTime, no_reply_reason: str = "", differences: Sequence[str] = ()
) -> Need | None:
    """Return the next thing to ask the user before the act can be sent; `differences` are those of text and act."""
    if now.is_answered:
        return Need.TEXT if differences else None
    act = act_of(now)
    if act is not None and now.view.needs_agreement and now.assurance.agreed is None:
        return Need.AGREED
    second = second_of(act, now.view.patient.id, now.view.upcoming, zone, now.view.id)
    if second is not None and not now.assurance.another:
        return Need.ANOTHER
    if now.chosen is not None and now.chosen.offer.warning and not now.overrule:
        return Need.OVERRULE_REASON
    if differences:
        return Need.TEXT
    if now.view.urgent and now.disposition in PUT_AWAY and not now.assurance.took_over:
        return Need.TOOK_OVER
    if now.disposition is Disposition.COMPLETED and not has_text and not no_reply_reason:
        return Need.NO_REPLY_REASON
    return None


def refusal(now: Handling, rendered: Rendered, prompts: Sequence[Prompt] = ()) -> str:
    """Return the sentence that says why this cannot be sent yet, "" when it can."""
    text = rendered.text
    if rendered.unresolved:
        labels = {f"ask.{prompt.name}": prompt.label for prompt in prompts}
        name = labels.get(rendered.unresolved[0]) or FIELDS.get(rendered.unresolved[0], rendered.unresolved[0])
        return _("Nothing was sent: “{field}” is still open in the response. Fill it in or delete it.").format(
            field=_(name)
        )
    if leftover_marks("".join(" " if span.field else span.text for span in rendered.spans)):
        return _("Nothing was sent: the response holds curly brackets of a phrase. Take them out.")
    if now.is_withdrawn:
        return _("Nothing was sent: the parent has taken this request back, so nothing can be added to it.")
    if now.is_answered and not text.strip():
        return _("Nothing was sent: this request is answered already. Write a text to send it as a follow-up.")
    if now.disposition is Disposition.OPEN and not text.strip() and not now.has_act:
        return _("There is nothing to send: choose a time, or write a reply.")
    return ""


def told_of(now: Handling, location_of: Mapping[int, str], provider_of: Mapping[int, str]) -> ActFacts | None:
    """Return what the response must agree with, None when nothing happens on the schedule."""
    present = now.appointment
    if now.cancel is not None and present is not None:
        return ActFacts(present.starts_at, present.provider_name, present.location_name, must_name=False)
    if now.chosen is None:
        return None
    slot = now.chosen.offer.slot
    old = present if now.moves else None
    return ActFacts(
        slot.starts_at,
        provider_of.get(slot.provider_id) or now.chosen.offer.provider_name,
        location_of.get(slot.location_id) or now.chosen.offer.location_name,
        old.starts_at if old is not None else None,
        old.provider_name if old is not None else "",
        old.location_name if old is not None else "",
    )


def let_go_of(now: Handling) -> Offer | None:
    """Return the time that was chosen and is not any more, None when the patient has it all the same: a colleague booked it."""
    offer = now.let_go.offer if now.let_go is not None else None
    own = (each.starts_at for each in now.view.upcoming if each.patient_id == now.view.patient.id)
    is_booked = offer is not None and offer.slot.starts_at in own
    return None if is_booked else offer


def zone_of(now: Handling) -> str:
    """Return the zone of the place of what happens, "" for the practice's own."""
    if now.chosen is not None:
        return now.chosen.offer.zone
    if now.offered:
        return now.offered[0].offer.zone
    return now.appointment.zone if now.appointment is not None else ""


def waiting_day(today: date, opening: Sequence[OpeningHours], closed: Iterable[date], days: int = WAITING_DAYS) -> date:
    """Return the day `days` business days ahead: the practice is open then."""
    open_weekdays = {hours.weekday for hours in opening} or set(range(5))
    shut = frozenset(closed)
    day = today
    for _step in range(366):
        day += timedelta(days=1)
        if day.weekday() in open_weekdays and day not in shut:
            days -= 1
            if days <= 0:
                return day
    return day


# what a draft remembers besides its text


def remembered(now: Handling) -> dict[str, object]:
    """Return the choice of act and disposition as plain JSON values."""
    kept: dict[str, object] = {"disposition": now.disposition.value}
    if now.type_id is not None:
        kept["type"] = now.type_id
    if now.waiting_until is not None:
        kept["waiting_until"] = now.waiting_until.isoformat()
    if now.chosen is not None:
        kept["slot"] = _remembered_slot(now.chosen)
    if now.offered:
        kept["offered"] = [_remembered_slot(one) for one in now.offered]
    if now.cancel is not None:
        kept["cancel"] = {"code": now.cancel.reason.code, "text": now.cancel.text}
    return kept


def _remembered_slot(one: ShownOffer) -> dict[str, object]:
    slot = one.offer.slot
    return {
        "provider": slot.provider_id,
        "location": slot.location_id,
        "starts": slot.starts_at.isoformat(),
        "ends": slot.ends_at.isoformat(),
        "blocked": slot.blocked_until.isoformat(),
        "provider_name": one.offer.provider_name,
        "location_name": one.offer.location_name,
    }


def recalled(now: Handling, state: str, reasons: Sequence[CancelReason]) -> Handling:
    """Return the handling with what a draft remembers; what cannot be read or is not true any more is left out.

    The slot is not held by this: previewing never holds (MC4). It is booked if it is still free when sent.
    """
    try:
        kept = json.loads(state or "{}")
        disposition = Disposition(kept.get("disposition", Disposition.COMPLETED))
        until = kept.get("waiting_until")
        result = disposing(now, disposition, datetime.fromisoformat(until) if until else None)
        if kept.get("type") is not None:
            result = replace(result, type_id=TypeId(int(kept["type"])))
        if slot := kept.get("slot"):
            result = _recalled_slot(result, slot)
        for slot in kept.get("offered", ()):
            if not result.is_answered and not _recalled_one(result, slot).is_gone:
                result = toggling(result, _recalled_one(result, slot))
        if (cancel := kept.get("cancel")) and result.appointment is not None:
            reason = next((one for one in reasons if one.code == cancel["code"]), None)
            if reason is not None:
                result = replace(result, cancel=CancelChoice(reason, str(cancel.get("text", ""))))
    except (ValueError, KeyError, TypeError, AttributeError):
        return now
    return result


def _recalled_one(now: Handling, kept: Mapping[str, str]) -> ShownOffer:
    slot = Slot(
        ProviderId(int(kept["provider"])),
        LocationId(int(kept["location"])),
        datetime.fromisoformat(kept["starts"]),
        datetime.fromisoformat(kept["ends"]),
        datetime.fromisoformat(kept["blocked"]),
    )
    return named(now, slot, str(kept.get("provider_name", "")), str(kept.get("location_name", "")))


def _recalled_slot(now: Handling, kept: Mapping[str, str]) -> Handling:
    one = _recalled_one(now, kept)
    slot = one.offer.slot
    known = any(shown.key == one.key for shown in now.offers)
    hold = now.view.hold if _is_for(now.view.hold, slot) else None
    return replace(now, offers=now.offers if known else (*now.offers, one), chosen=one, hold=hold)
