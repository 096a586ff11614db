"""The requests of the demo practice, sent, answered, forwarded and claimed by the real use cases, each at its own moment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from request_desk.demo import data
from request_desk.demo.data import Calendar, FileAnswer, FileMessage, FileWish
from request_desk.demo.plan import SentRequest
from request_desk.demo.rows import Keys
from request_desk.domain.access import SYSTEM, Actor, ActorKind
from request_desk.domain.appointments import Appointment
from request_desk.domain.careful import Assurance
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.ids import AppointmentId, ContactId, PatientId, RequestId, TargetId, new_uuid
from request_desk.domain.phrases import Phrase, PhraseOutcome, render
from request_desk.domain.requests import (
    Act,
    Booking,
    CallOutcome,
    Cancellation,
    DayPart,
    Disposition,
    Move,
    NewRequest,
    Offering,
    Reply,
    RequestKind,
    Target,
    TargetKind,
    Wish,
    WishKind,
)
from request_desk.domain.spans import Slot, Span
from request_desk.services.desk import Desk, Unit
from request_desk.services.inbox import handling, marks as inbox_marks, routing as inbox_routing, view as request_view
from request_desk.services.notices import outbox
from request_desk.services.notices.outbox import Delivered
from request_desk.services.practice import loading, phrases
from request_desk.services.schedule import queries as schedule_queries

_OWNER: Final = "demo"
_MINUTE: Final = timedelta(minutes=1)
_SENT_AFTER: Final = timedelta(seconds=4)
_LOOKED_AFTER: Final = 9 * _MINUTE
_CLAIMED_BEFORE: Final = 2 * _MINUTE
_RIGHT_ENDS_AFTER: Final = 6 * _MINUTE
_NOT_BOOKED_BY_FILES: Final = timedelta(days=12)
_LOOKED_FOR: Final = timedelta(days=21)
_MANY: Final = 200
_BOUNCED: Final = "550 5.1.1 The mailbox does not exist."


@dataclass(frozen=True, slots=True)
class _Event:
    at: datetime
    act: Callable[[], None]


class RequestsFill:
    """Moves the clock from one event to the next; `appointments` are the appointments by (provider, day, minute)."""

    def __init__(
        self,
        desk: Desk,
        clock: FixedClock,
        calendar: Calendar,
        known: Keys,
        appointments: Mapping[tuple[str, int, int], AppointmentId],
        library: Sequence[Phrase],
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._calendar = calendar
        self._known = known
        self._appointments = appointments
        self._library = {phrase.slug: phrase for phrase in library}
        self._types = {each.key: each for each in data.practice().type}
        self._grace = timedelta(seconds=data.practice().practice.grace_seconds)
        self._ids: dict[str, RequestId] = {}

    def run(self, all_sent: Sequence[SentRequest]) -> None:
        """Let everything happen, in order of time; the clock ends when the demo opens."""
        events = [event for each in all_sent for event in self._events(each)]
        for event in sorted(
            events, key=lambda event: event.at
        ):  # stable: what happens at once stays in the files' order
            self._clock.advance(event.at - self._clock.now())
            event.act()
        self._clock.advance(self._calendar.opens_at - self._clock.now())

    def _events(self, sent: SentRequest) -> list[_Event]:
        asked = sent.asked
        arrived_at = self._calendar.instant(asked.arrived.day, asked.arrived.at)
        events = [_Event(arrived_at, lambda: self._submit(sent)), self._delivery(arrived_at)]
        looked_at = self._open_at(arrived_at + _LOOKED_AFTER)
        events += [_Event(looked_at, lambda login=login: self._read(login, asked.key)) for login in asked.read_by]  # type: ignore[misc]
        if not any(right.may_book for right in sent.contact.rights):
            events.append(_Event(arrived_at + _RIGHT_ENDS_AFTER, lambda: self._end_right(sent)))
        if asked.claimed_by:
            events.append(
                _Event(self._calendar.opens_at - _CLAIMED_BEFORE, lambda: self._claim(asked.claimed_by, asked.key))
            )
        if asked.forwarded is not None:
            forwarded = asked.forwarded
            at = self._calendar.instant(forwarded.day, forwarded.at)
            events.append(_Event(at, lambda: self._forward(asked.key, forwarded)))
        for letter in asked.thread:
            events += self._letter_events(sent, letter)
        if asked.done is not None:
            events += self._done_events(sent, asked.done)
        return events

    def _letter_events(self, sent: SentRequest, letter: FileMessage) -> list[_Event]:
        at = self._calendar.instant(letter.day, letter.at)
        if letter.from_ == "contact":
            return [_Event(at, lambda: self._answer(sent, letter.text))]
        done = FileAnswer(by=letter.from_, day=letter.day, at=letter.at, text=letter.text, booked=sent.asked.booked)
        return [_Event(at, lambda: self._resolve(sent, done)), self._delivery(at + self._grace)]

    def _done_events(self, sent: SentRequest, done: FileAnswer) -> list[_Event]:
        at = self._calendar.instant(done.day, done.at)
        is_lost = done.delivery == "failed"
        return [_Event(at, lambda: self._resolve(sent, done)), self._delivery(at + self._grace, is_lost=is_lost)]

    def _delivery(self, at: datetime, *, is_lost: bool = False) -> _Event:
        return _Event(at + _SENT_AFTER, lambda: self._deliver(is_lost=is_lost))

    def _open_at(self, at: datetime) -> datetime:
        """That moment, or the next one at which the front desk is there."""
        zone = self._calendar.zone
        hours = data.practice().opening[0]
        day, minute = zone.day_of(at), zone.minute_of(at)
        first, last = data.minute_of(hours.from_), data.minute_of(hours.until)
        if day.weekday() < len(data.WEEK) and first <= minute < last:
            return at
        if minute >= last or day.weekday() >= len(data.WEEK):
            day += timedelta(days=1)
            while day.weekday() >= len(data.WEEK):
                day += timedelta(days=1)
        return zone.instant(day, first) + 2 * _MINUTE

    # what happens

    def _submit(self, sent: SentRequest) -> None:
        asked = sent.asked
        new = NewRequest(
            submission_id=new_uuid(),
            kind=RequestKind(asked.kind),
            patient_id=PatientId(sent.child.id),
            type_id=self._known.types.get(asked.type),
            provider_id=self._known.providers.get(asked.provider),
            location_id=self._known.locations.get(asked.location),
            appointment_id=None if asked.appointment is None else self._appointment(asked.appointment),
            wishes=tuple(self._wish(rank, wanted) for rank, wanted in enumerate(asked.wishes, 1)),
            message=asked.text.strip(),
            again=True,
        )
        self._ids[asked.key] = self._desk.perform(_contact(sent), handling.submit, new).value

    def _appointment(self, appointment: data.FileAppointment) -> AppointmentId:
        return self._appointments[
            appointment.provider, self._calendar.day(appointment.day).toordinal(), data.minute_of(appointment.at)
        ]

    def _wish(self, rank: int, wanted: FileWish) -> Wish:
        match wanted.kind:
            case "slot":
                starts_at = self._calendar.instant(wanted.day, wanted.at)
                return Wish(rank, WishKind.SLOT, self._known.providers[wanted.provider], starts_at)
            case "day_part":
                day = self._calendar.after(wanted.weekday) if wanted.weekday else self._calendar.day(wanted.day)
                return Wish(rank, WishKind.DAY_PART, day=day, part=DayPart(wanted.part))
            case "next":
                return Wish(rank, WishKind.NEXT)

    def _answer(self, sent: SentRequest, text: str) -> None:
        self._desk.perform(_contact(sent), handling.answer, self._ids[sent.asked.key], text)

    def _read(self, login: str, key: str) -> None:
        self._desk.perform(self._known.actor(login), inbox_marks.mark_read, (self._ids[key],))

    def _claim(self, login: str, key: str) -> None:
        self._desk.perform(self._known.actor(login), inbox_marks.claim, self._ids[key])

    def _end_right(self, sent: SentRequest) -> None:
        contact_id, patient_id = ContactId(sent.contact.id), PatientId(sent.child.id)
        self._desk.perform(SYSTEM, loading.set_may_book, contact_id, patient_id, may_book=False)

    def _forward(self, key: str, forwarded: data.Forwarding) -> None:
        if forwarded.to in self._known.departments:
            target = Target(TargetKind.DEPARTMENT, TargetId(self._known.departments[forwarded.to]))
        else:
            target = Target(TargetKind.STAFF, TargetId(self._known.staff[forwarded.to]))
        actor = self._known.actor(forwarded.by)
        version = self._desk.query(actor, request_view.open_request, self._ids[key]).version
        self._desk.perform(actor, inbox_routing.forward, self._ids[key], target, forwarded.note, expect_version=version)

    def _resolve(self, sent: SentRequest, done: FileAnswer) -> None:
        actor, request_id = self._known.actor(done.by), self._ids[sent.asked.key]
        view = self._desk.query(actor, request_view.open_request, request_id)
        act: Act | None = None
        if view.appointment is not None and done.offers:
            act = self._offering(actor, view.appointment, done.offers)
        elif view.appointment is not None and done.booked is not None:
            act = Move(view.appointment.id, view.appointment.version, self._slot(done.booked))
        elif view.appointment is not None and done.code:
            act = Cancellation(view.appointment.id, view.appointment.version, done.code)
        elif done.booked is not None:
            act = Booking(self._slot(done.booked), self._known.types[done.booked.type])
        if done.no_reply:
            self._desk.perform(actor, inbox_marks.add_note, request_id, done.no_reply, CallOutcome.SPOKE)
        text = done.text or self._phrased(actor, sent, done.phrase, act)
        waiting_until = None if done.until_day is None else self._calendar.instant(done.until_day, "08:00")
        self._desk.perform(
            actor,
            handling.resolve,
            request_id,
            act,
            reply=Reply(text, phrase=done.phrase) if text else None,
            disposition=Disposition.WAITING if done.outcome == "waiting" else Disposition.COMPLETED,
            expect_version=view.version,
            waiting_until=waiting_until,
            no_reply_reason=done.no_reply,
            assurance=Assurance(text_meant=bool(done.text)),  # the files say what they mean
        )

    def _offering(self, actor: Actor, moved: Appointment, count: int) -> Offering:
        """The first free time of each of some days, late enough that no other file books there."""
        start = self._clock.now() + _NOT_BOOKED_BY_FILES
        found = self._desk.query(
            actor,
            schedule_queries.find_slots,
            type_id=moved.type_id,
            span=Span(start, start + _LOOKED_FOR),
            provider_ids=(moved.provider_id,),
            location_ids=(moved.location_id,),
            patient_id=moved.patient_id,
            limit=_MANY,
        )
        firsts = {slot.starts_at.date(): slot for slot in reversed(found) if slot.starts_at > moved.ends_at}
        return Offering(tuple(firsts[day] for day in sorted(firsts)[:count]), moved.type_id, moved.id)

    def _slot(self, appointment: data.FileAppointment) -> Slot:
        starts_at = self._calendar.instant(appointment.day, appointment.at)
        type_ = self._types[appointment.type]
        return Slot(
            self._known.providers[appointment.provider],
            self._known.locations[appointment.location],
            starts_at,
            starts_at + type_.minutes * _MINUTE,
            starts_at + type_.blocked * _MINUTE,
        )

    def _phrased(self, actor: Actor, sent: SentRequest, slug: str, act: Act | None) -> str:
        """The reply that a phrase makes, with the suggested answers to its questions."""
        if not slug:
            return ""
        phrase = self._library[slug]
        values = self._desk.query(actor, phrases.values_for, self._ids[sent.asked.key], act)
        answers = {prompt.name: prompt.default for prompt in phrase.prompts}
        return render(phrase, values, answers, sent.asked.kind, PhraseOutcome(phrase.outcome)).text

    def _deliver(self, *, is_lost: bool) -> None:
        self._desk.perform(SYSTEM, _settle_due, is_lost=is_lost)


def _contact(sent: SentRequest) -> Actor:
    return Actor(ActorKind.CONTACT, sent.contact.id, sent.contact.name, desk="portal")


def _settle_due(unit: Unit, *, is_lost: bool) -> None:
    """What has left before the demo opens: nobody waits for these mails, so none is sent; the first of a lost act came back."""
    for number, notice in enumerate(outbox.claim_due(unit, _OWNER, tuple(Channel), 50)):
        if is_lost and number == 0:
            outbox.settle(unit, notice.id, _OWNER, Delivered.REFUSED, _BOUNCED)
        else:
            outbox.settle(unit, notice.id, _OWNER, Delivered.SENT)
