"""The life of a request: submitted, answered by the parent, resolved by staff in one transaction, taken back; marks are elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from sqlalchemy import Row, bindparam, func, select, update

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.careful import NO_ASSURANCE, Assurance, is_same_need
from request_desk.domain.changes import Topic
from request_desk.domain.consequences import summary
from request_desk.domain.counter_offers import CounterOfferState
from request_desk.domain.errors import AlreadyAsked, Conflict, Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    CounterOfferId,
    MessageId,
    OutboxId,
    PatientId,
    ProviderId,
    RequestId,
    TypeId,
    new_uuid,
)
from request_desk.domain.notices import ACKNOWLEDGEMENT, NoticeSpec, notice_of
from request_desk.domain.phrases import leftover_marks
from request_desk.domain.policy import Action, PatientSubject, Verdict, may
from request_desk.domain.requests import (
    Act,
    AuthorKind,
    Booking,
    Disposition,
    Move,
    NewRequest,
    Offering,
    Reply,
    RequestKind,
    RequestState,
    Resolved,
    Wish,
)
from request_desk.domain.search import index_person, index_text
from request_desk.domain.text import clean_text
from request_desk.domain.thanks import thanks_in
from request_desk.domain.triage import needed_at
from request_desk.domain.urgent import urgent_words
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Deferred, Undo, Unit
from request_desk.services.inbox import (
    doubts,
    marks as inbox_marks,
    routing as inbox_routing,
    scope as request_scope,
    search_index,
)
from request_desk.services.inbox.marks import ClearedMarks, Clearing
from request_desk.services.notices import outbox
from request_desk.services.people import patients
from request_desk.services.schedule import acts, offered_times, scheduling
from request_desk.services.schedule.patient_facts import check_for_parent
from request_desk.services.schedule.slots import type_rules
from request_desk.store import schema

WISHES: Final = 5  # preferred times of one request
REASON_LIMIT: Final = 500
REPLY_LIMIT: Final = 4_000

_request, _message = schema.request, schema.message
_appointment, _patient, _contact = schema.appointment, schema.patient, schema.contact
_relation, _provider = schema.contact_patient, schema.provider
_SUBMITTED = select(_request.c.id, _request.c.contact_id).where(_request.c.submission_id == bindparam("submission_id"))
_SENDER = (
    select(
        _patient.c.given_name,
        _patient.c.family_name,
        _patient.c.birth_day,
        _patient.c.household_id,
        _contact.c.given_name.label("contact_given_name"),
        _contact.c.family_name.label("contact_family_name"),
        _contact.c.language,
        *_relation.c,
        _patient.c.deceased,
    )
    .select_from(
        _relation.join(_patient, _patient.c.id == _relation.c.patient_id).join(
            _contact, _contact.c.id == _relation.c.contact_id
        )
    )
    .where(
        _relation.c.contact_id == bindparam("contact_id"),
        _relation.c.patient_id == bindparam("patient_id"),
        _patient.c.active,
        _contact.c.active,
    )
)
_CONCERNED = select(
    _appointment.c.id,
    _appointment.c.chain_id,
    _appointment.c.type_id,
    _appointment.c.provider_id,
    _appointment.c.location_id,
    _appointment.c.starts_at,
).where(
    _appointment.c.chain_id
    == select(_appointment.c.chain_id).where(_appointment.c.id == bindparam("appointment_id")).scalar_subquery(),
    _appointment.c.patient_id == bindparam("patient_id"),
    _appointment.c.status == AppointmentStatus.CONFIRMED,
    _appointment.c.starts_at > bindparam("now"),
)
_ACTIVE_CHOICES: Mapping[str, Any] = {
    "type_id": select(schema.appointment_type.c.active).where(schema.appointment_type.c.id == bindparam("id")),
    "provider_id": select(_provider.c.active).where(_provider.c.id == bindparam("id")),
    "location_id": select(schema.location.c.active).where(schema.location.c.id == bindparam("id")),
}
_ANSWERING = select(func.count()).where(
    _message.c.request_id == bindparam("request_id"),
    _message.c.visible_at > bindparam("now"),
    _message.c.withdrawn_at.is_(None),
)
_OWN = (
    select(
        *_request.c,
        _contact.c.given_name.label("contact_given_name"),
        _contact.c.family_name.label("contact_family_name"),
    )
    .select_from(_request.join(_contact, _contact.c.id == _request.c.contact_id))
    .where(_request.c.id == bindparam("request_id"), _request.c.contact_id == bindparam("contact_id"))
    .with_for_update(of=_request)
)
_WITHDRAW_MESSAGE = (
    update(_message).where(_message.c.id == bindparam("message_id")).values(withdrawn_at=bindparam("now"))
)
_INSERT_MESSAGE = _message.insert()
_LAST_LETTER = (
    select(_message.c.author_kind)
    .where(
        _message.c.request_id == bindparam("request_id"),
        _message.c.withdrawn_at.is_(None),
    )
    .order_by(_message.c.id.desc())
    .limit(1)
)
_SAME_ASKED = (
    select(_request.c.id, _request.c.type_id, _appointment.c.chain_id)
    .select_from(_request.outerjoin(_appointment, _appointment.c.id == _request.c.appointment_id))
    .where(
        _request.c.contact_id == bindparam("contact_id"),
        _request.c.patient_id == bindparam("patient_id"),
        _request.c.kind == bindparam("kind"),
        _request.c.state.in_([RequestState.OPEN.value, RequestState.WAITING.value]),
    )
    .order_by(_request.c.id.desc())
)
_LETTERS = select(_message.c.id, _message.c.body, _message.c.author_kind).where(
    _message.c.request_id == bindparam("request_id"), _message.c.withdrawn_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class _Done:
    """What an act wrote on the schedule: the appointment as it is now, or the first of the times that it offers."""

    appointment: Appointment
    back: Undo | None
    offer_id: CounterOfferId | None = None


@dataclass(frozen=True, slots=True)
class ResolveUndo:
    """What an act found and made, so that all of it can be taken back."""

    version: int
    before: dict[str, Any]
    kept: ClearedMarks
    message_id: MessageId | None
    notices: tuple[OutboxId, ...]
    back: Undo | None
    offer_id: CounterOfferId | None = None  # of the times that it offered


def submit(unit: Unit, new: NewRequest) -> RequestId:
    """Take a request in: stored, routed, acknowledged, in one transaction; the same form sent again is the same request.

    Raises AlreadyAsked while an open request of the same child for the same need stands, unless `again` says that another is meant; Refused
    for a kind that is off (MC1) or an appointment that is not coming up, NotAllowed without the right to book,
    Invalid(field) for a value that does not fit.
    """
    unit.require(Permission.USE_PORTAL)
    contact_id = unit.actor.contact_id
    known = unit.first(_SUBMITTED, {"submission_id": new.submission_id})
    if known is not None:
        if known.contact_id != contact_id:
            raise Refused(_("This form was already used. Load the page again."))
        return RequestId(known.id)
    if new.kind not in unit.settings.kinds_on:
        raise Refused(_("This kind of request is not taken here. {call}").format(call=_call(unit)))
    sender = _sender(unit, new.patient_id, Action.ASK)
    text = clean_text(new.message, field=_("Message"))
    appointment = _concerned(unit, new)
    if not new.again:
        same = {"contact_id": contact_id, "patient_id": new.patient_id, "kind": new.kind.value}
        about = (new.type_id, appointment.chain_id if appointment is not None else None)
        for asked in unit.rows(_SAME_ASKED, same):
            if is_same_need(new.kind, about, (asked.type_id, asked.chain_id)):
                raise AlreadyAsked(
                    _("You already asked for this, and we have not finished with it. Add to it?"), RequestId(asked.id)
                )
    wishes = _wishes(new)
    for field in ("type_id", "provider_id", "location_id"):
        _check_choice(unit, field, getattr(new, field))
    for wish in wishes:
        _check_choice(unit, "provider_id", wish.provider_id)
    type_id = new.type_id if appointment is None else appointment.type_id
    if type_id is not None and new.kind is not RequestKind.CANCEL:
        starts = [wish.starts_at for wish in wishes if wish.starts_at is not None]
        starts += [unit.time.bounds(wish.day).starts_at for wish in wishes if wish.day is not None]
        check_for_parent(unit, type_rules(unit, TypeId(type_id)), new.patient_id, starts)
    request_id = RequestId(unit.new_id())
    target_id = _insert_request(unit, request_id, new, text, sender, appointment, wishes)
    message_id = _insert_message(unit, request_id, text, sender.language, visible_at=unit.now)
    _index_message(unit, message_id, request_id, text, sender, target_id)
    people = outbox.ask_people(unit, new.patient_id)
    outbox.notify(
        unit, ACKNOWLEDGEMENT, people=people, replied=False, sender_id=contact_id, request_id=request_id, version=1
    )
    unit.record("submitted", Topic.REQUEST, request_id, kind=new.kind)
    return request_id


def answer(unit: Unit, request_id: RequestId, text: str) -> MessageId:
    """Add the parent's letter to the thread; a waiting or completed request is open again, and new to everybody (RE7)."""
    unit.require(Permission.USE_PORTAL)
    row = own(unit, request_id)
    sender = _sender(unit, row.patient_id, Action.READ)
    if row.state == RequestState.WITHDRAWN:
        raise Refused(_("You have taken this request back. Send a new one if you need us."))
    _check_quiet(unit, row)
    body = clean_text(text, field=_("Message"), required=True)
    values: dict[str, Any] = {}
    if row.state == RequestState.OPEN:
        inbox_marks.clear_marks(unit, request_id)  # it keeps its place in the line, and is new to everybody
    else:
        # What was urgent before was taken over when it was put away.
        values = {**inbox_routing.reopened(unit, row), "arrived_at": unit.now, "urgent": False}
    if urgent_words(body, sender.birth_day, unit.time.day_of(unit.now), unit.settings.urgent_words):
        values["urgent"] = True
    changed = unit.change(_request, request_id, row.version, **values)
    message_id = _insert_message(unit, request_id, body, sender.language, visible_at=unit.now)
    _index_message(unit, message_id, request_id, body, sender, changed.target_id)
    unit.record("wrote", Topic.REQUEST, request_id, message_id=message_id, was=row.state)
    return message_id


def thank(unit: Unit, request_id: RequestId) -> None:
    """Record the parent's thanks below a reply: a letter in the thread that opens nothing again and is new to nobody (RE10)."""
    unit.require(Permission.USE_PORTAL)
    row = own(unit, request_id)
    sender = _sender(unit, row.patient_id, Action.READ)
    _check_quiet(unit, row)
    last = unit.first(_LAST_LETTER, {"request_id": request_id})
    if last is None or last.author_kind != AuthorKind.STAFF:
        return  # there is nothing to thank for, or it was done
    message_id = _insert_message(unit, request_id, thanks_in(sender.language), sender.language, visible_at=unit.now)
    unit.record("thanked", Topic.REQUEST, request_id, message_id=message_id)


def withdraw(unit: Unit, request_id: RequestId) -> None:
    """Take back a request that nobody has answered finally yet (RE10); what was held for it is let go."""
    unit.require(Permission.USE_PORTAL)
    row = own(unit, request_id)
    if row.state == RequestState.WITHDRAWN:
        return
    if row.state == RequestState.COMPLETED:
        raise Refused(
            _("The practice has answered this request already, so it cannot be taken back. {call}").format(
                call=_call(unit)
            )
        )
    _check_quiet(unit, row)
    unit.change(_request, request_id, row.version, state=RequestState.WITHDRAWN.value, waiting_until=None)
    inbox_marks.clear_marks(unit, request_id)
    inbox_marks.drop_claim(unit, request_id)
    scheduling.drop_holds(unit, request_id)
    _end_offer(unit, request_id)
    outbox.withdraw_waiting(unit, request_id)
    unit.record("withdrawn", Topic.REQUEST, request_id)


def close_by_parent(unit: Unit, request_id: RequestId, text: str) -> MessageId:
    """Close a request that the parent has settled by taking an offered time, with their word for it in the thread (ACT10)."""
    unit.require(Permission.USE_PORTAL)
    row = own(unit, request_id)
    sender = _sender(unit, row.patient_id, Action.BOOK)
    _check_quiet(unit, row)
    if row.state in (RequestState.COMPLETED, RequestState.WITHDRAWN):
        raise Refused(_("This request is closed already. Load the page again to see how it stands."))
    values = {"state": RequestState.COMPLETED.value, "waiting_until": None, "completed_at": unit.now}
    unit.change(_request, request_id, row.version, **values)
    inbox_marks.clear_marks(unit, request_id)
    inbox_marks.drop_claim(unit, request_id)
    scheduling.drop_holds(unit, request_id)
    message_id = _insert_message(unit, request_id, text, sender.language, visible_at=unit.now)
    _index_message(unit, message_id, request_id, text, sender, row.target_id)
    unit.record("completed", Topic.REQUEST, request_id, message_id=message_id)
    return message_id


def _end_offer(unit: Unit, request_id: RequestId) -> bool:
    """Take back the times that are offered for a request; tell whether there were any."""
    found = offered_times.ask_open(unit, request_id).first
    if found is None:
        return False
    return offered_times.end(unit, CounterOfferId(found.id), request_id, CounterOfferState.WITHDRAWN)


def _sender(unit: Unit, patient_id: PatientId, action: Action) -> Row[Any]:
    """Names and relation of the contact to a patient, when it has the right; NotFound tells nothing about other patients."""
    row = unit.first(_SENDER, {"contact_id": unit.actor.contact_id, "patient_id": patient_id})
    subject = (
        PatientSubject(None)
        if row is None
        else PatientSubject(patients.relation_of(row), row.birth_day, not row.deceased)
    )
    verdict = may(unit.actor, action, subject, unit.time.day_of(unit.now))
    if verdict is Verdict.NO_BOOKING and row is not None:
        told = _("You cannot ask for appointments of {patient} here. {call}")
        raise NotAllowed(told.format(patient=row.given_name, call=_call(unit)))
    if verdict is Verdict.NO_MESSAGES:
        raise NotAllowed(_("You cannot write in this conversation. {call}").format(call=_call(unit)))
    if row is None or not verdict:
        raise NotFound(_("You cannot act for this patient here. {call}").format(call=_call(unit)))
    return row


def own(unit: Unit, request_id: RequestId) -> Row[Any]:
    """Return the row of a request of the contact's own, locked; raises NotFound for any other."""
    row = unit.first(_OWN, {"request_id": request_id, "contact_id": unit.actor.contact_id})
    if row is None:
        raise NotFound(_("This request is not there. Sign in with the address that sent it, or send a new one."))
    return row


def _check_quiet(unit: Unit, row: Row[Any]) -> None:
    """Refuse the parent's act while the practice's own can still be taken back: the parent would answer what may never have been."""
    writing = unit.connection.execute(_ANSWERING, {"request_id": row.id, "now": unit.now}).scalar_one()
    if row.visible_at > unit.now or writing:
        raise Refused(_("The practice is just answering. Look again in a minute."))


def _call(unit: Unit) -> str:
    phone = unit.settings.practice_phone
    return _("Please call the practice: {phone}.").format(phone=phone) if phone else _("Please call the practice.")


def _concerned(unit: Unit, new: NewRequest) -> Row[Any] | None:
    """The appointment that a cancel or reschedule request is about: the present end of its chain, confirmed and still to come."""
    if new.kind is RequestKind.SCHEDULE:
        return None
    if new.appointment_id is None:
        raise Invalid(_("Choose the appointment that this is about."), field="Appointment")
    values = {"appointment_id": new.appointment_id, "patient_id": new.patient_id, "now": unit.now}
    row = unit.first(_CONCERNED, values)
    if row is None:
        raise Refused(
            _("This appointment is not coming up any more. Load the page again, or call. {call}").format(
                call=_call(unit)
            )
        )
    return row


def _wishes(new: NewRequest) -> tuple[Wish, ...]:
    if new.kind is RequestKind.CANCEL:
        return ()
    if len(new.wishes) > WISHES:
        raise Invalid(
            _("At most {most} preferred times fit. Take some out.").format(most=WISHES), field="Preferred times"
        )
    return tuple(sorted(new.wishes, key=lambda wish: wish.rank))


def _check_choice(unit: Unit, field: str, chosen: int | None) -> None:
    if chosen is not None and not unit.connection.execute(_ACTIVE_CHOICES[field], {"id": chosen}).scalar():
        word = {"type_id": _("Type of visit"), "provider_id": _("Provider"), "location_id": _("Location")}[field]
        raise Invalid(_("{field} cannot be chosen any more. Choose again.").format(field=word), field=word)


def _insert_request(
    unit: Unit,
    request_id: RequestId,
    new: NewRequest,
    text: str,
    sender: Row[Any],
    appointment: Row[Any] | None,
    wishes: Sequence[Wish],
) -> int:
    """Write the request and its wishes; return the id of the inbox that it is in."""
    is_cancel = new.kind is RequestKind.CANCEL
    routed = inbox_routing.arriving(
        unit, new.kind, new.provider_id, ProviderId(appointment.provider_id) if appointment else None
    )
    today = unit.time.bounds(unit.time.day_of(unit.now))
    unit.insert(
        _request,
        id=request_id,
        reference=new_uuid(),
        submission_id=new.submission_id,
        kind=new.kind.value,
        state=RequestState.OPEN.value,
        contact_id=unit.actor.contact_id,
        patient_id=new.patient_id,
        household_id=sender.household_id,
        type_id=new.type_id or (appointment.type_id if appointment else None),
        provider_id=new.provider_id,
        # A cancellation belongs to the place of its appointment; the others go where the parent wants, "" being anywhere.
        location_id=appointment.location_id if appointment and is_cancel else new.location_id,
        appointment_id=appointment.id if appointment else None,
        target_kind=routed.target.kind.value,
        target_id=routed.target.id,
        target_origin="auto",
        routing_reason=routed.routing_reason,
        urgent=bool(urgent_words(text, sender.birth_day, unit.time.day_of(unit.now), unit.settings.urgent_words)),
        arrived_at=unit.now,
        due_at=inbox_routing.due_from_now(unit),
        needed_at=needed_at(
            new.kind, appointment.starts_at if appointment else None, wishes, unit.time, since=today.starts_at
        ),
        visible_at=unit.now,
    )
    if wishes:
        rows = [
            {
                "request_id": request_id,
                "rank": rank,
                "kind": wish.kind.value,
                "provider_id": wish.provider_id,
                "starts_at": wish.starts_at,
                "day": wish.day,
                "part": wish.part,
            }
            for rank, wish in enumerate(wishes, 1)
        ]
        unit.run(schema.request_wish.insert(), rows)
    return routed.target.id


def _insert_message(
    unit: Unit, request_id: RequestId, body: str, language: str, *, visible_at: datetime, phrase: str = ""
) -> MessageId:
    message_id = MessageId(unit.new_id())
    values = {
        "id": message_id,
        "request_id": request_id,
        "author_kind": AuthorKind(unit.actor.kind).value,
        "author_id": unit.actor.id,
        "body": body,
        "language": language,
        "phrase": phrase,
        "created_at": unit.now,
        "visible_at": visible_at,
    }
    unit.defer(_INSERT_MESSAGE, values)
    return message_id


def _index_message(
    unit: Unit, message_id: MessageId, request_id: RequestId, body: str, person: Row[Any], target_id: int
) -> None:
    """Make a message findable by its words and by the people around it (MC6)."""
    search_index.add(unit, message_id, request_id, _words_of(person, body), target_id)


def _words_of(person: Row[Any], body: str) -> str:
    """The words that a letter is found by."""
    child = index_person(person.given_name, person.family_name, person.birth_day)
    sender = full_name(person.contact_given_name, person.contact_family_name)
    return f"{child} {index_text(f'{sender} {body}')}"


def resolve(
    unit: Unit,
    request_id: RequestId,
    act: Act | None,
    *,
    reply: Reply | None,
    disposition: Disposition,
    expect_version: int,
    waiting_until: datetime | None = None,
    no_reply_reason: str = "",
    assurance: Assurance = NO_ASSURANCE,
) -> Resolved:
    """Change the schedule, send the reply, set the disposition and queue the notices: all of it or nothing (ACT4).

    `act` None is a reply alone and lets a held slot go. `waiting_until` None waits until the parent answers. Raises
    Conflict when the request changed since `expect_version` (MC9), Doubtful for what `assurance` does not answer (ACT13, ACT14,
    RE11, MC14), SlotTaken, Invalid(field), Refused. The undo restores request, schedule and inboxes within the grace time (ACT5).
    """
    unit.require(Permission.ANSWER_REQUESTS)
    row = request_scope.fresh(unit, request_id, expect_version)
    said = doubts.check(unit, row, act, disposition, assurance)
    text = _reply_text(reply, row)
    reason = clean_text(no_reply_reason, field=_("Reason"), most=REASON_LIMIT, lines=False)
    _check_disposition(unit, act, text, disposition, waiting_until, reason)
    _check_offering(act, text, disposition)
    if act is None:
        doubts.check_alone(unit, row, reply, assurance)
    values = _values_of(unit, disposition, waiting_until, "" if text else reason)
    version = int(unit.change(schema.request, request_id, expect_version, **values).version)
    away = _put_away(unit, row, disposition)
    message_id = _say(unit, row, reply, text)
    people = outbox.ask_people(unit, PatientId(row.patient_id))
    if not isinstance(act, (Booking, Move)) or act.hold_id is None:
        scheduling.drop_holds(unit, request_id)
    was_offered = (act is not None or disposition is Disposition.COMPLETED) and _end_offer(unit, request_id)
    done = _done(unit, row, act, message_id)
    doubts.check_text(unit, text, act, done.appointment if done else None, assurance)
    appointment_id = done.appointment.id if done else None
    notices = _tell(unit, row, notice_of(act), people, version, appointment_id, replied=message_id is not None)
    told = summary(
        full_name(row.given_name, row.family_name),
        act,
        unit.words.at(done.appointment.zone) if done else unit.words,
        disposition=disposition,
        appointment_at=done.appointment.starts_at if done else None,
        replied=message_id is not None,
    )
    written: dict[str, Any] = {"appointment_id": appointment_id, "message_id": message_id}
    unit.record(_action(disposition), Topic.REQUEST, request_id, disposition=disposition, **written, **said)
    before = {name: getattr(row, name) for name in values}
    if was_offered and row.state == RequestState.WAITING:
        before |= {
            "state": RequestState.OPEN.value,
            "waiting_until": None,
        }  # the times that it waited with are free again
    taken = ResolveUndo(
        version, before, away.kept(), message_id, notices, done.back if done else None, done.offer_id if done else None
    )
    return _offer_back(unit, request_id, taken, appointment_id, told)


def _done(unit: Unit, row: Row[Any], act: Act | None, message_id: MessageId | None) -> _Done | None:
    """Do the act on the schedule, or keep the times that the reply offers."""
    if act is None:
        return None
    if isinstance(act, Offering):
        offer_id, times = offered_times.take(unit, act, row, message_id)
        return _Done(times[0], None, offer_id)
    done = acts.do(unit, act, patient_id=PatientId(row.patient_id), request_id=RequestId(row.id))
    return _Done(done.appointment, done.back)


def follow_up(unit: Unit, request_id: RequestId, reply: Reply, *, assurance: Assurance = NO_ASSURANCE) -> Resolved:
    """Send one more letter about a request, whatever has become of it; its state stays (MC9).

    Raises Doubtful for a letter that tells of an act, unless that is meant (RE11).
    """
    unit.require(Permission.ANSWER_REQUESTS)
    row = request_scope.seen(unit, request_id, lock=True)
    if row.state == RequestState.WITHDRAWN:
        raise Refused(_("The parent has taken this request back, so nothing can be added to it."))
    text = _reply_text(reply, row)
    if not text:
        raise Invalid(_("The response is empty. Write something or close it."), field=_("Response"))
    doubts.check_alone(unit, row, reply, assurance)
    changed = unit.change(_request, request_id, row.version)
    away = Clearing(draft=inbox_marks.take_draft(unit, request_id))
    message_id = _say(unit, row, reply, text)
    people = outbox.ask_people(unit, PatientId(row.patient_id))
    notices = _tell(unit, row, None, people, changed.version, None, replied=True)
    unit.record("followed_up", Topic.REQUEST, request_id, message_id=message_id)
    told = _("Sent a follow-up about {patient}").format(patient=full_name(row.given_name, row.family_name))
    return _offer_back(
        unit, request_id, ResolveUndo(changed.version, {}, away.kept(), message_id, notices, None), None, told
    )


def change_patient(unit: Unit, request_id: RequestId, patient_id: PatientId, *, expect_version: int) -> int:
    """Say that a request is about another patient of the household; what was held for it is let go (ACT16).

    Words that are urgent at the age of the new patient mark it (MC14).

    Returns the new version. Raises Conflict, and Refused for a patient of another household or a request about an appointment.
    """
    unit.require(Permission.ANSWER_REQUESTS)
    row = request_scope.fresh(unit, request_id, expect_version)
    known = {each.id: each for each in patients.household(unit, PatientId(row.patient_id))}
    if patient_id not in known:
        raise Refused(_("This patient does not belong to the household. Choose one of its children."))
    if row.appointment_id is not None:
        raise Refused(
            _("This request is about an appointment of {name}, so it stays theirs.").format(name=row.given_name)
        )
    if patient_id == row.patient_id:
        return int(row.version)
    scheduling.drop_holds(unit, request_id)
    _end_offer(unit, request_id)
    letters = unit.rows(_LETTERS, {"request_id": request_id})
    written = " ".join(each.body for each in letters if each.author_kind == AuthorKind.CONTACT)
    born, today = known[patient_id].birth_day, unit.time.day_of(unit.now)
    urgent = bool(row.urgent or urgent_words(written, born, today, unit.settings.urgent_words))
    changed = unit.change(_request, request_id, row.version, patient_id=patient_id, urgent=urgent)
    find_again(unit, request_id)
    unit.record("changed_patient", Topic.REQUEST, request_id, was=row.patient_id, patient_id=patient_id)
    return int(changed.version)


def find_again(unit: Unit, request_id: RequestId) -> None:
    """Make the letters of a request findable by the names that patient and contact have now."""
    seen = request_scope.seen(unit, request_id)
    for letter in unit.rows(_LETTERS, {"request_id": request_id}):
        search_index.change(unit, MessageId(letter.id), _words_of(seen, letter.body))


def unresolve(unit: Unit, request_id: RequestId, *, taken: ResolveUndo, until: datetime) -> RequestId:
    """Undo `resolve` or `follow_up`: request, schedule, inboxes and notices as they were.

    Raises UndoRefused, and changes nothing, after the grace time, when a notice has left, when the freed time was taken,
    or when somebody has acted on the request since.
    """
    unit.require(Permission.ANSWER_REQUESTS)
    if unit.now > until:
        raise UndoRefused(_(acts.TOO_LATE))
    try:
        row = unit.change(_request, request_id, taken.version, **taken.before)
    except Conflict as conflict:
        name = conflict.who or _("Somebody")
        raise UndoRefused(
            _("{name} has acted on this request already, so it stays as it is now.").format(name=name)
        ) from conflict
    outbox.withdraw(unit, taken.notices)
    acts.go_back(unit, taken.back)
    if taken.offer_id is not None:
        offered_times.end(unit, taken.offer_id, request_id, CounterOfferState.WITHDRAWN)
    if taken.message_id is not None:
        unit.run(_WITHDRAW_MESSAGE, {"message_id": taken.message_id, "now": unit.now})
        search_index.forget(unit, taken.message_id)
    inbox_marks.put_back(unit, request_id, taken.kept)
    unit.record("taken_back", Topic.REQUEST, request_id)
    inbox_routing.keep_seen(unit, request_id, request_scope.target_of(row))
    return request_id


def _reply_text(reply: Reply | None, row: Row[Any]) -> str:
    """The reply as it is stored; a sent text holds no mark of a template (RE2), whatever names it quotes."""
    if reply is None:
        return ""
    text = clean_text(reply.text, field=_("Response"), most=REPLY_LIMIT)
    names = [
        full_name(row.given_name, row.family_name),
        full_name(row.contact_given_name, row.contact_family_name),
        row.given_name,
        row.contact_given_name,
    ]
    if left := leftover_marks(text, names):
        sentence = _("The response still has an open field, {mark}. Fill it in or take it out before sending.")
        raise Invalid(sentence.format(mark=left[0]), field=_("Response"))
    return text


def _check_disposition(
    unit: Unit, act: Act | None, text: str, disposition: Disposition, waiting_until: datetime | None, reason: str
) -> None:
    match disposition:
        case Disposition.COMPLETED:
            if not text and not reason:
                raise Invalid(_("Say why this is completed without a reply, or write one."), field=_("Reason"))
        case Disposition.WAITING:
            if waiting_until is not None and waiting_until <= unit.now:
                raise Invalid(_("Choose a day to come for the end of the waiting."), field=_("Waiting for parent"))
        case Disposition.OPEN:
            if not text and act is None:
                raise Invalid(
                    _("There is nothing to send. Write a response or choose what becomes of it."), field=_("Response")
                )
        case Disposition.DISMISSED:
            pass
        case _:
            assert_never(disposition)


def _check_offering(act: Act | None, text: str, disposition: Disposition) -> None:
    """Times are offered in a letter, and the request waits for the answer."""
    if not isinstance(act, Offering):
        return
    if not text:
        raise Invalid(_("Write the response that the times go with, or choose a phrase."), field=_("Response"))
    if disposition is not Disposition.WAITING:
        raise Invalid(_("A request whose times are offered waits for the parent."), field=_("Disposition"))


def _values_of(unit: Unit, disposition: Disposition, waiting_until: datetime | None, reason: str) -> dict[str, Any]:
    """What the disposition writes on the request; the parent sees it after the grace time."""
    is_completed = disposition is Disposition.COMPLETED
    is_waiting = disposition is Disposition.WAITING
    state = RequestState.COMPLETED if is_completed else RequestState.WAITING if is_waiting else RequestState.OPEN
    return {
        "state": state.value,
        "waiting_until": waiting_until if is_waiting else None,
        "visible_at": unit.now + unit.grace,
        "completed_at": unit.now if is_completed else None,
        "completed_by_id": unit.actor.staff_id if is_completed else None,
        "completion_reason": reason if is_completed else "",
    }


def _put_away(unit: Unit, row: Row[Any], disposition: Disposition) -> Clearing:
    """Take the request out of the inboxes that the disposition names; the sender's claim and draft are done with."""
    draft = inbox_marks.take_draft(unit, row.id)
    match disposition:
        case Disposition.COMPLETED:
            marks = inbox_marks.clear_marks(unit, row.id)
            return Clearing(marks, None, inbox_marks.drop_claim(unit, row.id), draft)
        case Disposition.DISMISSED:
            dismissed = inbox_marks.dismiss(unit, row)
            return Clearing(dismissed, unit.actor.staff_id, inbox_marks.release(unit, row.id), draft)
        case Disposition.OPEN | Disposition.WAITING:
            return Clearing(claim=inbox_marks.release(unit, row.id), draft=draft)
        case _:
            assert_never(disposition)


def _say(unit: Unit, row: Row[Any], reply: Reply | None, text: str) -> MessageId | None:
    """Write the reply into the thread, for the parent to see after the grace time."""
    if reply is None or not text:
        return None
    message_id = _insert_message(
        unit, RequestId(row.id), text, reply.language, visible_at=unit.now + unit.grace, phrase=reply.phrase
    )
    _index_message(unit, message_id, RequestId(row.id), text, row, row.target_id)
    return message_id


def _tell(
    unit: Unit,
    row: Row[Any],
    spec: NoticeSpec | None,
    people: Deferred,
    version: int,
    appointment_id: AppointmentId | None,
    *,
    replied: bool,
) -> tuple[OutboxId, ...]:
    """Queue one notice for each contact concerned, act and reply in one (NT1)."""
    return outbox.notify(
        unit,
        spec,
        people=people,
        replied=replied,
        sender_id=ContactId(row.contact_id),
        request_id=RequestId(row.id),
        appointment_id=appointment_id,
        version=version,
    )


def _offer_back(
    unit: Unit, request_id: RequestId, taken: ResolveUndo, appointment_id: AppointmentId | None, told: str
) -> Resolved:
    unit.offer_undo(told, unresolve, request_id, taken=taken, until=unit.now + unit.grace)
    return Resolved(request_id, taken.version, appointment_id, taken.message_id, len(taken.notices), told)


def _action(disposition: Disposition) -> str:
    return {
        Disposition.COMPLETED: "completed",
        Disposition.DISMISSED: "answered",
        Disposition.OPEN: "answered",
        Disposition.WAITING: "set_to_waiting",
    }[disposition]
