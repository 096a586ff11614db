"""The walk: acts on a running demo practice, and what came of each at its mail catcher and at a receiver of webhooks."""

import email
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, Final

from sqlalchemy import select

from request_desk.demo.home import Home
from request_desk.domain.announcements import AnnouncementKind, News
from request_desk.domain.careful import Assurance
from request_desk.domain.directory import Channel
from request_desk.domain.events import EVENTS, OFFERED, EventType
from request_desk.domain.ids import RequestId, new_uuid
from request_desk.domain.requests import (
    Act,
    Cancellation,
    Disposition,
    Move,
    NewRequest,
    Offering,
    Reply,
    RequestKind,
    Wish,
    WishKind,
)
from request_desk.domain.spans import Span
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, view as request_view
from request_desk.services.notices import announcements as announcing, subscriptions
from request_desk.services.notices.subscriptions import SubscriptionForm
from request_desk.services.practice import services
from request_desk.services.schedule import acts, attendance, scheduling
from request_desk.store import schema
from tests.notices_tour import proofs
from tests.notices_tour.family import CHANNELS, LANGUAGES, Family, Reader
from tests.notices_tour.proofs import Unproven, WebhookProver
from tests.notices_tour.visitor import FarVisitor
from tests.receivers import Received, Receiver, answering, receiving

PATIENCE: Final = 150.0  # seconds that one thing may take; a reminder waits for the next minute of the worker
_LOOK: Final = 0.1
_SECOND: Final = timedelta(seconds=1)
_HOUR: Final = timedelta(hours=1)
_AHEAD: Final = timedelta(days=14)
_VARIANT: Final = "Ear recheck"
# A reminder of the practice's own people goes to nobody of the family.
_EVENT_OF: Final[Mapping[str, str]] = {
    **{kind: spec.type for spec in EVENTS for kind in spec.letters if kind not in {"slot_offer", "staff_reminder"}},
    **{each.value: each.value for each in AnnouncementKind},  # what staff tell families, and no program
}
_REMINDED_IN: Final = (
    75 * _SECOND,
    105 * _SECOND,
)  # the worker looks each minute: at least one of them is well before its start
_outbox = schema.outbox.c


@dataclass(frozen=True, slots=True)
class Told:
    """One line of `notices.json`: an event that arrived, and by what that was verified."""

    event: str
    channel: str
    language: str  # "" where nobody reads it
    delivered: bool
    verified_by: str
    file: str


@dataclass(slots=True)
class Walk:
    """A walk on its way."""

    desk: Desk
    home: Home
    out: Path
    prover: WebhookProver
    receiver: Receiver
    secret: str
    family: Family
    told: dict[tuple[str, str, str], Told] = field(default_factory=dict)
    _entries: dict[int, list[proofs.Proof]] = field(
        default_factory=dict
    )  # calendar entries by reader, in the order they came
    _letters_seen: set[int] = field(default_factory=set)
    _webhooks_seen: int = 0
    _reminded: list[tuple[str, str]] = field(default_factory=list)

    def until(self, *events: str) -> None:
        """Wait until these events have arrived over each channel in each language; raises TimeoutError naming what has not."""
        wanted = {key for event in events for key in keys_of(event)}
        ends, pause = monotonic() + PATIENCE, Event()
        while missing := wanted - self.told.keys():
            self.collect()
            if monotonic() > ends:
                raise TimeoutError(f"did not arrive: {sorted(missing)}")
            pause.wait(_LOOK)

    def collect(self) -> None:
        """Verify and keep what came since the last look."""
        while self._webhooks_seen < len(self.receiver.received):
            self._take_webhook(self.receiver.received[self._webhooks_seen])
            self._webhooks_seen += 1
        with self.desk.database.read() as connection:
            sent = connection.execute(select(schema.outbox).where(_outbox.state == "sent").order_by(_outbox.id)).all()
        fresh = [row for row in sent if row.id not in self._letters_seen and row.kind in _EVENT_OF]
        files = _by_reference(self.home.mails_folder) if fresh else {}
        for row in fresh:
            self._letters_seen.add(row.id)
            if reader := self.family.reader_of(row.contact_id):
                self._take_letter(row, reader, files[str(row.reference)])

    def _take_webhook(self, got: Received) -> None:
        read = json.loads(got.body)
        event = read["type"]
        if event == EventType.APPOINTMENT_REMINDER_DUE:
            who = (read["data"]["appointment_id"], read["data"]["recipient"])
            if who in self._reminded:
                raise Unproven(f"the rule fired twice for {who}")
            self._reminded.append(who)
        if (event, "webhook", "") in self.told:
            return
        proof = self.prover.webhook(got, self.secret)
        name = f"{event}-webhook.json"
        kept = {"headers": got.headers, "body": read}
        (self.out / name).write_text(json.dumps(kept, indent=1, ensure_ascii=False), "utf-8")
        self._keep(Told(event, "webhook", "", True, proof.by, name))

    def _take_letter(self, row: Any, reader: Reader, path: Path) -> None:
        event = _EVENT_OF[row.kind]
        message = path.read_bytes()
        name = f"{event}-{reader.channel}-{reader.language}"
        if row.channel == Channel.EMAIL:
            visit = None if row.appointment_id is None else self.family.seen(row.appointment_id).starts_at
            proof = proofs.letter(message, row.kind, reader.language, visit)
            self._check_entry(reader, proof)
            name += ".eml"
            (self.out / name).write_bytes(message)
        else:
            proof = proofs.text_message(message, row.kind, reader.language)
            name += ".txt"
            body = email.message_from_bytes(message, policy=email.policy.default).get_content()
            (self.out / name).write_text(f"To: {reader.address}\n\n{body}", "utf-8")
        self._keep(Told(event, row.channel, reader.language, True, proof.by, name))

    def _check_entry(self, reader: Reader, proof: proofs.Proof) -> None:
        """The calendar files about one visit have one id and a number that grows (NOTE-06)."""
        if not proof.uid:
            return
        entries = self._entries.setdefault(reader.actor.id or 0, [])
        if entries and (entries[-1].uid != proof.uid or entries[-1].sequence >= proof.sequence):
            raise Unproven(f"the calendar file does not follow the one before: {entries[-1]} {proof}")
        entries.append(proof)

    def _keep(self, told: Told) -> None:
        self.told.setdefault((told.event, told.channel, told.language), told)


def keys_of(event: str) -> set[tuple[str, str, str]]:
    """Return (event, channel, language) of all that an event has to bring."""
    kinds = [kind for kind, of in _EVENT_OF.items() if of == event]
    found = {(event, str(channel), language) for channel in CHANNELS for language in LANGUAGES} if kinds else set()
    return found | ({(event, "webhook", "")} if event in OFFERED else set())


def _by_reference(folder: Path) -> dict[str, Path]:
    """The caught letters by the reference of their notice, which is in their Message-ID."""
    found = {}
    for path in folder.glob("*.eml"):
        name = str(email.message_from_bytes(path.read_bytes())["message-id"])
        found[name.strip("<>").partition("@")[0]] = path
    return found


@contextmanager
def a_walk(desk: Desk, home: Home, out: Path, folder: Path) -> Iterator[Walk]:
    """A family, a subscriber who takes every event, and another one who is gone."""
    prover = WebhookProver(folder)
    with receiving(answering(204)) as receiver, receiving(answering(410)) as gone:
        family = Family(desk)
        made = subscriptions.add_subscription(
            desk, family.admin, SubscriptionForm("Notices tour", receiver.url, [str(each) for each in OFFERED])
        )
        subscriptions.add_subscription(
            desk, family.admin, SubscriptionForm("A receiver that is gone", gone.url, [str(EventType.REQUEST_RECEIVED)])
        )
        yield Walk(desk, home, out, prover, receiver, made.value.text, family)


# What happens


def begin_waiting(walk: Walk) -> None:
    """What takes a minute: a hold that runs out, and two visits that begin soon, each of a type with a reminder a minute before."""
    desk, family = walk.desk, walk.family
    day = (desk.clock.now() + _AHEAD).date()
    slot = family.slot(day, 7 * 60)
    desk.perform(family.maria, scheduling.hold, slot, type_id=family.type, patient_id=family.sister)
    now = desk.clock.now()
    for ahead in _REMINDED_IN:
        family.a_visit(now + ahead, 20 * _SECOND)


def requests(walk: Walk) -> None:
    """Each reader asks, is offered a time, and has an answer; the receiver that is gone is found out."""
    desk, family = walk.desk, walk.family
    asked = [_asked(walk, each) for each in family.readers]
    walk.until(EventType.REQUEST_RECEIVED)
    walk.until(EventType.DELIVERY_FAILED)
    day = (desk.clock.now() + _AHEAD).date()
    for number, request_id in enumerate(asked):
        offered = Offering((family.slot(day, 10 * 60 + 30 * number),), family.type)
        _answer(walk, request_id, offered, Disposition.WAITING, "We keep this time for you. Would it suit you?")
    walk.until(EventType.APPOINTMENT_HELD)
    for request_id in asked:
        _answer(walk, request_id, None, Disposition.COMPLETED, "Please call us: we find a time together.")
    walk.until(EventType.REQUEST_COMPLETED)


def _asked(walk: Walk, reader: Reader) -> RequestId:
    family = walk.family
    new = NewRequest(
        submission_id=new_uuid(),
        kind=RequestKind.SCHEDULE,
        patient_id=family.noor,
        type_id=family.type,
        provider_id=None,
        location_id=None,
        appointment_id=None,
        wishes=(Wish(1, WishKind.NEXT),),
        message="Could we come in soon?",
        again=True,
    )
    return walk.desk.perform(reader.actor, handling.submit, new).value


def _answer(walk: Walk, request_id: RequestId, act: Act | None, disposition: Disposition, text: str) -> None:
    maria = walk.family.maria
    version = walk.desk.query(maria, request_view.open_request, request_id).version
    walk.desk.perform(
        maria,
        handling.resolve,
        request_id,
        act,
        reply=Reply(text),
        disposition=disposition,
        expect_version=version,
        assurance=Assurance(another=True, text_meant=True),
    )


def a_visit(walk: Walk) -> None:
    """A mother books from the portal; the visit is moved, then cancelled."""
    desk, family = walk.desk, walk.family
    mother = family.readers[0]
    day = (desk.clock.now() + _AHEAD).date()
    shared = next(
        each
        for each in desk.query(family.admin, services.all_shared)
        if each.variant is not None and each.variant.name == _VARIANT
    )
    path = f"/book/{shared.service.reference}/{shared.thing.reference}"
    with FarVisitor(walk.home.portal_url) as visitor:
        visitor.book(path, day.isoformat(), mother.address, lambda: _mailed(walk.home, mother.address))
    walk.until(EventType.APPOINTMENT_CONFIRMED)
    booked = _newest_visit(walk)
    moved = Move(booked, family.seen(booked).version, family.slot(day, 15 * 60))
    desk.perform(family.maria, acts.act_alone, family.noor, moved, another=True)
    walk.until(EventType.APPOINTMENT_REBOOKED)
    now_at = _newest_visit(walk)
    cancelled = Cancellation(now_at, family.seen(now_at).version, "pat")
    desk.perform(family.maria, acts.act_alone, family.noor, cancelled, another=True)
    walk.until(EventType.APPOINTMENT_CANCELLED)


def _mailed(home: Home, address: str) -> str:
    """The newest letter to an address about a code, once it is there."""
    ends, pause = monotonic() + PATIENCE, Event()
    while True:
        found = [each for each in home.mails_to(address) if "code" in each.subject.lower()]
        if found or monotonic() > ends:
            return found[0].body if found else ""
        pause.wait(_LOOK)


def _newest_visit(walk: Walk) -> Any:
    """The confirmed visit of Noor that was made last."""
    table = schema.appointment.c
    statement = (
        select(table.id)
        .where(table.patient_id == walk.family.noor, table.status == "confirmed")
        .order_by(table.id.desc())
    )
    with walk.desk.database.read() as connection:
        return connection.execute(statement).scalars().first()


def visits_of_today(walk: Walk) -> None:
    """One visit of the morning has taken place, to the other one nobody came."""
    desk, family = walk.desk, walk.family
    now = desk.clock.now()
    took_place, missed = (family.a_visit(now - timedelta(hours=hours)) for hours in (3, 2))
    desk.perform(family.maria, attendance.complete, took_place, expect_version=family.seen(took_place).version)
    desk.perform(family.maria, attendance.no_show, missed, expect_version=family.seen(missed).version)
    walk.until(EventType.APPOINTMENT_COMPLETED, EventType.APPOINTMENT_NO_SHOW)


def announcements(walk: Walk) -> None:
    """The families of the next hours hear that a provider runs late, those of another day that it is closed."""
    desk, family = walk.desk, walk.family
    now = desk.clock.now()
    for kind, ahead, late in ((AnnouncementKind.RUNNING_LATE, _HOUR, 20), (AnnouncementKind.CLOSED, 24 * _HOUR, 0)):
        family.a_visit(now + ahead + _HOUR / 2)
        news = News(kind, Span(now + ahead, now + ahead + _HOUR), provider_id=family.provider, late_minutes=late)
        desk.perform(family.maria, announcing.announce, news, {})
    walk.until(*AnnouncementKind)


def what_took_a_minute(walk: Walk) -> None:
    """The hold has run out; the rule of one minute has fired, once for each reader."""
    walk.until(EventType.APPOINTMENT_EXPIRED, EventType.APPOINTMENT_REMINDER_DUE)


STEPS: Final[tuple[Callable[[Walk], None], ...]] = (
    begin_waiting,
    requests,
    a_visit,
    visits_of_today,
    announcements,
    what_took_a_minute,
)
