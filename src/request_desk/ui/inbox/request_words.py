"""What the list and the message say about a request, as plain texts from frozen views; nothing is painted here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from request_desk.domain import wishes
from request_desk.domain.appointments import Appointment
from request_desk.domain.careful import has_words
from request_desk.domain.changes import JournalEntry
from request_desk.domain.counter_offers import CounterOfferState, offered_sentence
from request_desk.domain.own_words import said
from request_desk.domain.requests import (
    AuthorKind,
    CallOutcome,
    Delivery,
    Fit,
    Forward,
    RelatedRequest,
    RequestKind,
    RequestState,
    RequestView,
    TargetKind,
    Wish,
    WishKind,
    WishState,
)
from request_desk.domain.spans import Slot
from request_desk.domain.urgent import urgent_words
from request_desk.domain.words import Words, _, plural, safe_name
from request_desk.ui.inbox.flow import Handling, ShownOffer, is_held, key_of, own_wishes
from request_desk.ui.inbox.row_words import DOT

# the message


def title(view: RequestView) -> str:
    """Return the message's title: "Reschedule the well visit of Zuri Okafor"."""
    return wishes.title(view.kind, view.type_name, safe_name(view.patient.name))


def short_title(view: RequestView) -> str:
    """Return the title of a message beside the patient's name: "Reschedule the well visit"."""
    texts = {
        RequestKind.SCHEDULE: _("Schedule the {appointment}"),
        RequestKind.CANCEL: _("Cancel the {appointment}"),
        RequestKind.RESCHEDULE: _("Reschedule the {appointment}"),
    }
    return texts[view.kind].format(appointment=wishes.inside(view.type_name) or _("visit"))


def where(view: RequestView, words: Words) -> str:
    """Return when it came and why it is here, for the corner of the message."""
    today_time = words.time(view.arrived_at)
    near = words.near_day(view.arrived_at)
    at = today_time if near == _("today") else words.moment(view.arrived_at)
    if view.target.kind is TargetKind.DEPARTMENT:
        return at + DOT + _("department: {name}").format(name=view.target_name)
    return at + DOT + _("for {name}").format(name=view.target_name)


def patient_line(view: RequestView, words: Words, today: date) -> str:
    """Return the two identifiers with the age between them."""
    patient = view.patient
    age = words.age_of(patient.birth_day, today)
    told = _("{name}, {age}, born {birth}").format(
        name=safe_name(patient.name), age=age, birth=words.birth(patient.birth_day)
    )
    return f"{told} (+{patient.same_birth})" if patient.same_birth else told


def same_birth_words(view: RequestView) -> str:
    """Return how many other patients were born on the same day, "" when none was."""
    count = view.patient.same_birth
    told = plural("{count} other patient was born that day.", "{count} other patients were born that day.", count)
    return told.format(count=count) if count else ""


def sender_line(view: RequestView) -> str:
    """Return who asks: "from Amara Okafor, mother"."""
    name = safe_name(view.sender.name)
    return (
        _("from {name}, {relation}").format(name=name, relation=view.sender.relation)
        if view.sender.relation
        else _("from {name}").format(name=name)
    )


def rights_words(view: RequestView) -> str:
    """Return whether the sender may book for this patient today."""
    return _("may book") if view.sender.may_book else _("may not book")


def _look_alike(told: str) -> str:
    """Keep the date of birth behind the name it belongs to, whatever the name's direction."""
    name, comma, born = told.rpartition(", ")
    return f"{safe_name(name)}{comma}{born}"


def safety_words(view: RequestView, words: Words) -> str:
    """Return what must not be overlooked before acting, "" when there is nothing."""
    told: list[str] = []
    name = safe_name(view.sender.name)
    if not view.sender.may_book:
        told.append(
            _("{name} has no right to book for {patient}. Ask a parent before anything is changed.").format(
                name=name, patient=safe_name(view.patient.name)
            )
        )
    if view.patient.custody_note:
        told.append(_("{note} Ask who agreed before anything is changed.").format(note=_custody(view)))
    if view.patient.look_alikes:
        told.append(
            _("Not to be confused with {others}.").format(
                others=words.list_of([_look_alike(one) for one in view.patient.look_alikes])
            )
        )
    against = [one for one in view.related if one.opposite]
    if against:
        told.append(
            _("{name} asked for the opposite {age}: “{text}”").format(
                name=safe_name(against[0].contact_name),
                age=words.near_moment(against[0].arrived_at),
                text=against[0].text,
            )
        )
    same = [one for one in view.related if one.same_text]
    if same:
        told.append(_("The same message was sent {count} times.").format(count=len(same) + 1))
    return " ".join(told)


def _custody(view: RequestView) -> str:
    return _("Custody note: “{note}”.").format(note=view.patient.custody_note.rstrip(" ."))


def why_agreement(view: RequestView) -> str:
    """Return why somebody must have agreed before an act (ACT14)."""
    if view.sender.may_book:
        return _custody(view)
    return _("{sender} has no right to book for {patient}.").format(
        sender=safe_name(view.sender.name), patient=safe_name(view.patient.name)
    )


def urgent_line(view: RequestView, today: date, own: tuple[str, ...]) -> str:
    """Return the urgent words of what the parent wrote, quoted, "" when there are none (MC14)."""
    if not view.urgent:
        return ""
    letters = [one.body for one in view.thread if one.author_kind is AuthorKind.CONTACT]
    found = [word for body in letters for word in urgent_words(body, view.patient.birth_day, today, own)]
    quoted = ", ".join(f"“{word}”" for word in dict.fromkeys(found))
    return _("Urgent words: {quoted}. Read it now.").format(quoted=quoted) if quoted else _("Urgent. Read it now.")


def answered_line(now: Handling, words: Words) -> str:
    """Return what may answer a request already: an appointment, or that nothing is wanted; "" when it waits for an answer."""
    if now.is_armed:
        return ""
    has = has_words(now.already, now.view.patient.given_name, words) if now.already else ""
    if now.is_thanks:
        thanks = _("{name} says thanks.").format(name=safe_name(now.view.sender.given_name or now.view.sender.name))
        return f"{thanks} {has}." if has else thanks
    return f"{has}."


def offered_line(view: RequestView, words: Words) -> tuple[str, bool]:
    """Return what has become of the times that were offered, to whom, and whether they still stand; "" when nothing is to be said."""
    offer = view.offer
    if offer is None or view.state not in (RequestState.OPEN, RequestState.WAITING):
        return "", False
    told = offered_sentence(offer.offered, words)
    if offer.offered.state is not CounterOfferState.OPEN:
        return told, False
    return f"{told} {_('To {name}.').format(name=safe_name(offer.contact_name))}", True


def offered_lines(view: RequestView, words: Words) -> tuple[str, ...]:
    """Return the times that are kept for the answer of the family, each with whom and where."""
    offer = view.offer
    if offer is None or offer.offered.state is not CounterOfferState.OPEN:
        return ()
    return tuple(appointment_line(each, words) for each in offer.times if each.is_offered)


def appointment_line(appointment: Appointment, words: Words) -> str:
    """Return "Thu, Dec 3, 8:30 AM · Well visit, 40 min · Dr. Lindqvist · Northside"."""
    length = words.minutes(appointment.ends_at - appointment.starts_at)
    return DOT.join(
        part
        for part in (
            words.at(appointment.zone).moment(appointment.starts_at),
            f"{appointment.type_name}, {length}",
            appointment.provider_name,
            appointment.location_name,
        )
        if part
    )


class ItemState(StrEnum):
    """How a time in the message stands: it decides colour and stroke, beside the word."""

    FREE = "free"
    HELD = "held"
    GONE = "gone"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Item:
    """One time in the message. `digit` chooses it (0: no key, but a click), `word` is its state in words."""

    text: str
    word: str
    state: ItemState
    digit: int = 0
    slot: Slot | None = None
    is_chosen: bool = False
    removes: str = ""  # the key of what a click leaves out


def wished_items(now: Handling, words: Words) -> tuple[Item, ...]:
    """Return the Requested Appointment Slots with their state; none is "Next available" (MC5)."""
    shown = [one for one in now.view.wishes if one.wish.kind is not WishKind.NEXT]
    if not shown:
        return (Item(_("Next available"), "", ItemState.PLAIN),)
    items: list[Item] = []
    last_day = ""
    for one in shown:
        offer = _offer_of(now, one.wish.starts_at, one.wish.rank)
        text = wishes.one_wish(one.wish, words)
        if one.wish.starts_at is not None:
            day = words.day(one.wish.starts_at)
            text = words.time(one.wish.starts_at) if day == last_day else text
            last_day = day
        else:
            last_day = ""
        if _is_offered(now, one.wish):
            items.append(Item(text, _("offered"), ItemState.HELD))
            continue
        own = next((each for each in now.view.upcoming if _is_own_appointment(each, now, one.wish)), None)
        items.append(
            Item(text, _("booked for {name}").format(name=safe_name(now.view.patient.given_name)), ItemState.HELD)
            if own is not None
            else _wished_item(text, one.state, offer, one.held_by)
        )
    if len(shown) < len(now.view.wishes):
        items.append(Item(_("or next available"), "", ItemState.PLAIN))
    return tuple(items)


def _is_own_appointment(appointment: Appointment, now: Handling, wish: Wish) -> bool:
    """Whether a wished time is taken by an appointment of this very patient (ACT13)."""
    same_provider = wish.provider_id in (None, appointment.provider_id)
    return appointment.patient_id == now.view.patient.id and appointment.starts_at == wish.starts_at and same_provider


def _is_offered(now: Handling, wish: Wish) -> bool:
    """Whether a wished time is kept for this very family, in the reply (ACT10)."""
    offer = now.view.offer
    return offer is not None and any(
        each.is_offered and each.starts_at == wish.starts_at and wish.provider_id in (None, each.provider_id)
        for each in offer.times
    )


def _wished_item(text: str, state: WishState, offer: ShownOffer | None, held_by: str) -> Item:
    if offer is not None and offer.is_gone:
        return Item(text, _("taken"), ItemState.GONE, offer.digit, offer.offer.slot)
    match state:
        case WishState.FREE | WishState.HELD_BY_US if offer is not None:
            held = state is WishState.HELD_BY_US
            word = wishes.state_word(state)
            return Item(text, word, ItemState.HELD if held else ItemState.FREE, offer.digit, offer.offer.slot)
        case WishState.FREE:
            return Item(text, wishes.state_word(state), ItemState.FREE)
        case WishState.HELD_BY_US:
            return Item(text, wishes.state_word(state), ItemState.HELD)
        case WishState.OPEN_ENDED:
            return Item(text, "", ItemState.PLAIN)
        case _:
            word = _("held by {name}").format(name=held_by) if held_by else wishes.state_word(state)
            return Item(text, word, ItemState.GONE)


def _offer_of(now: Handling, starts_at: datetime | None, rank: int) -> ShownOffer | None:
    if starts_at is None:
        return None
    exact = [one for one in now.offers if one.offer.slot.starts_at == starts_at and one.offer.fit is Fit.EXACT]
    return next((one for one in exact if one.offer.wish_rank == rank), exact[0] if exact else None)


def other_items(now: Handling, words: Words) -> tuple[Item, ...]:
    """Return the offers that are none of the requested slots, each with what differs said."""
    wished = {
        key_of(found.offer.slot)
        for one in now.view.wishes
        if (found := _offer_of(now, one.wish.starts_at, one.wish.rank)) is not None
    }
    items: list[Item] = []
    last_day = ""
    for one in now.offers:
        if one.key in wished:
            continue
        there = words.at(one.offer.zone)
        day = there.day(one.offer.slot.starts_at)
        time = there.time(one.offer.slot.starts_at)
        text = time if day == last_day else there.moment(one.offer.slot.starts_at)
        last_day = day
        who = differs(now, one)
        state = ItemState.GONE if one.is_gone else ItemState.FREE
        items.append(Item(text, _("taken") if one.is_gone else who, state, one.digit, one.offer.slot))
    return tuple(items)


def own_items(now: Handling, words: Words, at: datetime) -> tuple[Item, ...]:
    """Return what was read in the parent's own words, with the words; a click leaves it out (MC16)."""
    return tuple(
        Item(said(wish, words), _("“{words}” ×").format(words=wish.quote), ItemState.PLAIN, removes=wish.key)
        for wish in own_wishes(now, at, words.zone)
    )


def differs(now: Handling, one: ShownOffer) -> str:
    """Return provider and location of an offer, as far as they are not the ones asked for or those of the present appointment."""
    appointment, view = now.view.appointment, now.view
    provider = view.provider_id or (appointment.provider_id if appointment is not None else None)
    place = appointment.location_id if appointment is not None else view.location_id
    parts = (
        one.offer.provider_name if one.offer.slot.provider_id != provider else "",
        one.offer.location_name if one.offer.slot.location_id != place else "",
    )
    return DOT.join(part for part in parts if part)


def marked(items: Sequence[Item], now: Handling, words: Words, at: datetime) -> tuple[Item, ...]:
    """Return the items with the chosen one marked, and how long it is held in words."""
    if now.offered:
        keys = {one.key for one in now.offered}
        return tuple(
            replace(one, word=_("to be offered"), state=ItemState.HELD, is_chosen=True)
            if one.slot is not None and key_of(one.slot) in keys
            else one
            for one in items
        )
    if now.chosen is None:
        return tuple(items)
    key = now.chosen.key
    word = _("holding …") if now.holding else hold_words(now, words, at) or _("chosen, not held")
    return tuple(
        replace(one, word=word, state=ItemState.HELD, is_chosen=True)
        if one.slot is not None and key_of(one.slot) == key
        else one
        for one in items
    )


def hold_words(now: Handling, words: Words, at: datetime) -> str:
    """Return how long the chosen slot is ours: "held, 11 min left"; "" when it is not, or not any more."""
    if now.hold is None or now.hold.hold_expires_at is None or not is_held(now, at):
        return ""
    held = _("held, {left}").format(left=words.left(now.hold.hold_expires_at - at))
    off = ", ".join(now.hold.off)
    return _("{held}; {names} is switched off").format(held=held, names=off) if off else held


# around it


def related_lines(one: RelatedRequest, words: Words) -> tuple[str, ...]:
    """Return a related request in one line, and in shorter ones: whether it is against this one stands in each."""
    kind = wishes.kind_word(one.kind)
    state = {
        RequestState.OPEN: "",
        RequestState.WAITING: _("waiting"),
        RequestState.COMPLETED: _("completed"),
        RequestState.WITHDRAWN: _("withdrawn"),
    }[one.state]
    whom, sender = f"{kind}, {safe_name(one.patient_name)}", _("from {name}").format(name=safe_name(one.contact_name))
    ends = (state, _("opposite wish") if one.opposite else "")
    told = ((whom, sender, words.near_moment(one.arrived_at), *ends), (whom, sender, *ends), (whom, *ends))
    return tuple(DOT.join(part for part in parts if part) for parts in told)


def upcoming_line(appointment: Appointment, words: Words) -> str:
    """Return an upcoming appointment of the child or the household, with who booked it."""
    booked = _("booked by {name}").format(name=safe_name(appointment.booked_by)) if appointment.booked_by else ""
    return DOT.join(
        part
        for part in (
            words.at(appointment.zone).moment(appointment.starts_at),
            safe_name(appointment.patient_name),
            appointment.type_name,
            appointment.provider_name,
            booked,
        )
        if part
    )


def forward_line(step: Forward, words: Words) -> str:
    """Return one step of the way through the house."""
    said = _("{time}: {by} forwarded it to {to}").format(
        time=words.near_moment(step.at), by=step.by_name, to=step.to_name
    )
    return f"{said} — {step.note}" if step.note else said


def delivery_line(one: Delivery, words: Words) -> str:
    """Return how a notice fares."""
    to = _("Notice to {name}").format(name=safe_name(one.contact_name))
    match one.state:
        case "sent":
            return DOT.join(
                (to, _("sent {time}").format(time=words.near_moment(one.sent_at)) if one.sent_at else _("sent"))
            )
        case "failed":
            return DOT.join(part for part in (to, _("not delivered"), one.error) if part)
        case "withdrawn":
            return DOT.join((to, _("taken back")))
        case _:
            return DOT.join((to, _("on its way")))


def call_word(call: CallOutcome) -> str:
    """Return what became of a call."""
    return {
        CallOutcome.NO_ANSWER: _("No answer"),
        CallOutcome.VOICEMAIL: _("Voicemail"),
        CallOutcome.SPOKE: _("Spoke"),
    }[call]


def change_words(entry: JournalEntry) -> str:
    """Return what somebody did, for the fading line and the banner: "Kofi Prah completed this just now"."""
    who = safe_name(entry.actor_name) or {"contact": _("The parent"), "system": _("Request Desk")}.get(
        entry.actor_kind, _("Somebody")
    )
    did = {
        "completed": _("completed this"),
        "answered": _("answered this"),
        "set_to_waiting": _("set this to waiting for the parent"),
        "followed_up": _("added a follow-up"),
        "withdrawn": _("took this request back"),
        "wrote": _("wrote again"),
        "forwarded": _("forwarded this"),
        "forward_undone": _("took the forwarding back"),
        "rerouted": _("moved this to another inbox"),
        "woken": _("brought this back from waiting"),
        "taken_back": _("took the last act back"),
        "times_offered": _("offered times for this"),
        "times_accepted": _("took an offered time"),
        "times_declined": _("wrote that none of the offered times fits"),
        "times_expired": _("brought this back: none of the offered times was taken"),
        "times_withdrawn": _("withdrew the times that were offered"),
    }.get(entry.action, entry.action.replace("_", " "))
    return _("{who} {did} just now").format(who=who, did=did)
