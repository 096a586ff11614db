"""One request with its whole content (MC3): who asks for whom, the thread, the schedule around it, the rules in words."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, case, func, select

from request_desk.domain.access import Permission, a_contact
from request_desk.domain.appointments import Appointment, AppointmentStatus, is_late_cancel
from request_desk.domain.booking_rules import broken_rules, length_notes
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType, RebookingMode
from request_desk.domain.ids import (
    AppointmentId,
    ContactId,
    LocationId,
    MessageId,
    PatientId,
    ProviderId,
    RequestId,
    StaffId,
    TypeId,
)
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.requests import (
    AuthorKind,
    CallOutcome,
    Claim,
    Forward,
    Message,
    RelatedRequest,
    RequestKind,
    RequestState,
    RequestView,
    SenderCard,
    StaffNote,
    TargetOrigin,
    Wish,
)
from request_desk.domain.schedule import is_met, lead_words, length_words
from request_desk.domain.search import fold
from request_desk.domain.wishes import AskedBefore, opposite
from request_desk.domain.words import _, full_name, plural
from request_desk.services.desk import Unit
from request_desk.services.inbox import (
    letters_seen,
    queries as inbox_queries,
    rows as inbox_rows,
    scope as request_scope,
)
from request_desk.services.notices import outbox
from request_desk.services.people import patients
from request_desk.services.schedule import freed, offered_times, queries as schedule_queries
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.services.schedule.slots import type_rules
from request_desk.services.schedule.views import chain_end, held_for, missed_of, upcoming_of
from request_desk.store import schema

RELATED_WITHIN: Final = timedelta(hours=72)  # MC11

_r, _m, _claim, _staff = schema.request, schema.message, schema.claim, schema.staff
_note, _forward, _wish = schema.staff_note, schema.forward, schema.request_wish
_NAMES = select(
    select(schema.provider.c.short_name)
    .where(schema.provider.c.id == _r.c.provider_id)
    .scalar_subquery()
    .label("provider"),
    select(schema.location.c.name).where(schema.location.c.id == _r.c.location_id).scalar_subquery().label("location"),
    select(_staff.c.name).where(_staff.c.id == _r.c.completed_by_id).scalar_subquery().label("completed_by"),
).where(_r.c.id == bindparam("request_id"))
_author = case(
    (_m.c.author_kind == AuthorKind.STAFF, func.coalesce(_staff.c.name, "")),
    (
        _m.c.author_kind == AuthorKind.CONTACT,
        func.trim(
            func.coalesce(schema.contact.c.given_name, "")
            .concat(" ")
            .concat(func.coalesce(schema.contact.c.family_name, ""))
        ),
    ),
    else_="Request Desk",
)
_THREAD = (
    select(_m, _author.label("author_name"))
    .select_from(
        _m.outerjoin(_staff, and_(_m.c.author_kind == AuthorKind.STAFF, _staff.c.id == _m.c.author_id)).outerjoin(
            schema.contact, and_(_m.c.author_kind == AuthorKind.CONTACT, schema.contact.c.id == _m.c.author_id)
        )
    )
    .where(_m.c.request_id == bindparam("request_id"), _m.c.withdrawn_at.is_(None))
    .order_by(_m.c.created_at, _m.c.id)
)
_NOTES = (
    select(_note.c.id, _note.c.body, _note.c.call, _note.c.created_at, _staff.c.name)
    .select_from(_note.join(_staff, _staff.c.id == _note.c.staff_id))
    .where(_note.c.request_id == bindparam("request_id"))
    .order_by(_note.c.created_at, _note.c.id)
)
_FORWARDS = (
    select(_forward.c.at, _forward.c.staff_id, _forward.c.from_id, _forward.c.to_id, _forward.c.note)
    .where(_forward.c.request_id == bindparam("request_id"), _forward.c.undone_at.is_(None))
    .order_by(_forward.c.at, _forward.c.id)
)
_CLAIM = (
    select(_claim.c.staff_id, _staff.c.name, _staff.c.initials, _claim.c.desk, _claim.c.since, _claim.c.until)
    .select_from(_claim.join(_staff, _staff.c.id == _claim.c.staff_id))
    .where(_claim.c.request_id == bindparam("request_id"), _claim.c.until > bindparam("now"))
)
_DISMISSED = select(schema.request_mark.c.staff_id).where(
    schema.request_mark.c.request_id == bindparam("request_id"), schema.request_mark.c.dismissed_at.is_not(None)
)
_first_letter = (
    select(_m.c.body)
    .where(_m.c.request_id == _r.c.id, _m.c.author_kind == AuthorKind.CONTACT)
    .order_by(_m.c.id)
    .limit(1)
    .scalar_subquery()
)
_RELATED = (
    select(
        _r.c.id,
        _r.c.kind,
        _r.c.state,
        _r.c.patient_id,
        _r.c.contact_id,
        _r.c.appointment_id,
        _r.c.arrived_at,
        schema.patient.c.given_name,
        schema.patient.c.family_name,
        schema.contact.c.given_name.label("contact_given_name"),
        schema.contact.c.family_name.label("contact_family_name"),
        func.coalesce(_first_letter, "").label("text"),
    )
    .select_from(
        _r.join(schema.patient, schema.patient.c.id == _r.c.patient_id).join(
            schema.contact, schema.contact.c.id == _r.c.contact_id
        )
    )
    .where(
        _r.c.household_id == bindparam("household_id"),
        _r.c.arrived_at >= bindparam("since"),
        _r.c.arrived_at <= bindparam("until"),
        _r.c.id != bindparam("request_id"),
    )
    .order_by(_r.c.arrived_at, _r.c.id)
    .limit(20)
)
_CONTACT_NAMES = (
    select(schema.contact.c.given_name, schema.contact.c.family_name)
    .where(schema.contact.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(schema.contact.c.id)
)
_WISHES = (
    select(_wish)
    .where(_wish.c.request_id.in_(bindparam("ids", expanding=True)))
    .order_by(_wish.c.request_id, _wish.c.rank)
)


def open_request(unit: Unit, request_id: RequestId) -> RequestView:
    """Return a request with everything around it, as of now; reading it changes nothing (see `viewed`)."""
    unit.require(Permission.VIEW_REQUESTS)
    row = request_scope.seen(unit, request_id)
    values = {"request_id": request_id, "now": unit.now}
    names = unit.rows(_NAMES, values)[0]
    target = request_scope.target_of(row)
    appointment = None if row.appointment_id is None else chain_end(unit, AppointmentId(row.appointment_id))
    rules = None if row.type_id is None else type_rules(unit, TypeId(row.type_id))
    patient = None if rules is None else facts_of(unit, rules, PatientId(row.patient_id))
    wishes = schedule_queries.shown_wishes(unit, request_id)
    sender, others = _readers(unit, row)
    limits, met = _rules(unit, row, appointment, rules)
    if rules is not None and row.kind != RequestKind.CANCEL:
        asked_at = next((each.wish.starts_at for each in wishes if each.wish.starts_at is not None), unit.now)
        limits += tuple(limit.sentence for limit in broken_rules(rules, patient, asked_at, unit.words))
        met = (*length_notes(rules, patient, unit.words), *met)
    return RequestView(
        id=request_id,
        version=row.version,
        kind=RequestKind(row.kind),
        state=RequestState(row.state),
        patient=patients.card(unit, PatientId(row.patient_id)),
        sender=sender,
        type_id=None if row.type_id is None else TypeId(row.type_id),
        type_name=rules.name if rules else "",
        provider_id=None if row.provider_id is None else ProviderId(row.provider_id),
        provider_name=names.provider or "",
        location_id=None if row.location_id is None else LocationId(row.location_id),
        location_name=names.location or "",
        arrived_at=row.arrived_at,
        needed_at=row.needed_at,
        urgent=row.urgent,
        target=target,
        target_name=request_scope.target_name(unit, target),
        origin=TargetOrigin(row.target_origin),
        routing_reason=row.routing_reason,
        appointment=appointment,
        hold=held_for(unit, request_id),
        wishes=wishes,
        thread=tuple(_message(each) for each in unit.rows(_THREAD, values)),
        notes=notes_of(unit, request_id),
        forwards=_forwards(unit, request_id),
        related=_related(unit, row),
        upcoming=_upcoming(unit, PatientId(row.patient_id)),
        limits=(*freed.offered_words(unit, PatientId(row.patient_id)), *limits),
        rules=met,
        claim=_claim_of(unit.first(_CLAIM, values)),
        deliveries=inbox_queries.deliveries_of(unit, request_id),
        inboxes=_inboxes(unit, row),
        waiting_until=row.waiting_until,
        completed_at=row.completed_at,
        completed_by=names.completed_by or "",
        completion_reason=row.completion_reason,
        others_told=others,
        seen_at=letters_seen.seen_at(unit, request_id),
        offer=offered_times.of_request(unit, request_id),
    )


def viewed(unit: Unit, request_id: RequestId) -> None:
    """Keep in the journal that the actor has read a request; no other desk hears of it."""
    unit.require(Permission.VIEW_REQUESTS)
    request_scope.seen(unit, request_id)
    unit.record("viewed", Topic.REQUEST, request_id, broadcast=False)


def _upcoming(unit: Unit, patient_id: PatientId) -> tuple[Appointment, ...]:
    """The confirmed appointments to come of the child, then of the household."""
    family = [each.id for each in patients.household(unit, patient_id)]
    found = upcoming_of(unit, dict.fromkeys([patient_id, *family]))
    return tuple(sorted(found, key=lambda each: (each.patient_id != patient_id, each.starts_at, each.id)))


def _readers(unit: Unit, row: Row[Any]) -> tuple[SenderCard, tuple[str, ...]]:
    """Who asks, and the names of the others who hear of an act; of the same family the given name says enough."""
    told = outbox.told_of_acts(unit, PatientId(row.patient_id))
    sender = _sender(unit, row, told)
    ids = [each for each in told if each != sender.id]
    return sender, tuple(
        each.given_name if each.family_name == sender.family_name else full_name(each.given_name, each.family_name)
        for each in (unit.rows(_CONTACT_NAMES, {"ids": ids}) if ids else ())
    )


def _sender(unit: Unit, row: Row[Any], told: Collection[ContactId]) -> SenderCard:
    """Who asks, with what they may do for this patient today: nothing once the right has ended."""
    contact = patients.contact_of(unit, ContactId(row.contact_id))
    relation = next(
        (each for each in patients.relations(unit, PatientId(row.patient_id)) if each.contact_id == contact.id), None
    )
    who, today = a_contact(contact.id), unit.time.day_of(unit.now)
    subject = PatientSubject(relation, row.birth_day)
    email, phones = contact.email, contact.phones
    return SenderCard(
        id=contact.id,
        given_name=contact.given_name,
        family_name=contact.family_name,
        relation=relation.relation if relation else "",
        may_book=bool(may(who, Action.BOOK, subject, today)),
        may_see_messages=bool(may(who, Action.READ, subject, today)),
        gets_notices=contact.id in told,
        phone=unit.words.phone(phones[0]) if phones else "",
        email=email.value if email is not None else "",
        language=contact.language,
    )


def _message(row: Row[Any]) -> Message:
    return Message(
        id=MessageId(row.id),
        request_id=RequestId(row.request_id),
        author_kind=AuthorKind(row.author_kind),
        author_name=row.author_name,
        body=row.body,
        language=row.language,
        created_at=row.created_at,
        visible_at=row.visible_at,
    )


def notes_of(unit: Unit, request_id: RequestId) -> tuple[StaffNote, ...]:
    """Return what staff noted on a request, oldest first, within a use case that has looked whether it may be seen."""
    return tuple(
        StaffNote(row.id, row.name, row.body, None if row.call is None else CallOutcome(row.call), row.created_at)
        for row in unit.rows(_NOTES, {"request_id": request_id})
    )


def _forwards(unit: Unit, request_id: RequestId) -> tuple[Forward, ...]:
    found = unit.rows(_FORWARDS, {"request_id": request_id})
    names = request_scope.target_names(unit) if found else {}
    return tuple(
        Forward(
            at=row.at,
            by_name=names.get(row.staff_id, "Request Desk"),
            from_name=names.get(row.from_id, ""),
            to_name=names.get(row.to_id, ""),
            note=row.note,
        )
        for row in found
    )


def _claim_of(row: Row[Any] | None) -> Claim | None:
    if row is None:
        return None
    return Claim(StaffId(row.staff_id), row.name, row.initials, row.desk, row.since, row.until)


def _inboxes(unit: Unit, row: Row[Any]) -> int:
    """How many people have the request in an inbox now: who receives it, less who put it aside."""
    if row.state != RequestState.OPEN:
        return 0
    aside = {each[0] for each in unit.rows(_DISMISSED, {"request_id": row.id})}
    return len([each for each in request_scope.people_of(unit, request_scope.target_of(row)) if each not in aside])


def _related(unit: Unit, row: Row[Any]) -> tuple[RelatedRequest, ...]:
    """Requests of child and household within 72 hours, marked when they contradict this one or say the same (MC11)."""
    statement, scope = _RELATED, request_scope.in_scope(unit)
    if scope is not None:
        statement = statement.where(scope)
    found = unit.rows(
        statement,
        {
            "household_id": row.household_id,
            "since": row.arrived_at - RELATED_WITHIN,
            "until": row.arrived_at + RELATED_WITHIN,
            "request_id": row.id,
        },
    )
    if not found:
        return ()
    wishes = _wishes(unit, [row.id, *(each.id for each in found)])
    own = _asked(row, wishes)
    text = fold(str(unit.connection.execute(select(_first_letter).where(_r.c.id == row.id)).scalar() or "")).split()
    return tuple(
        RelatedRequest(
            id=RequestId(each.id),
            kind=RequestKind(each.kind),
            state=RequestState(each.state),
            patient_name=full_name(each.given_name, each.family_name),
            contact_name=full_name(each.contact_given_name, each.contact_family_name),
            arrived_at=each.arrived_at,
            text=each.text,
            opposite=opposite(own, _asked(each, wishes), unit.time),
            same_text=bool(text) and fold(each.text).split() == text,
        )
        for each in found
    )


def _wishes(unit: Unit, request_ids: list[int]) -> dict[int, list[Wish]]:
    found: dict[int, list[Wish]] = {}
    for row in unit.rows(_WISHES, {"ids": request_ids}):
        found.setdefault(row.request_id, []).append(inbox_rows.wish_of(row))
    return found


def _asked(row: Row[Any], wishes: dict[int, list[Wish]]) -> AskedBefore:
    return AskedBefore(
        kind=RequestKind(row.kind),
        contact_id=ContactId(row.contact_id),
        patient_id=PatientId(row.patient_id),
        appointment_id=None if row.appointment_id is None else AppointmentId(row.appointment_id),
        wishes=tuple(wishes.get(row.id, ())),
    )


def _rules(
    unit: Unit, row: Row[Any], appointment: Appointment | None, rules: AppointmentType | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands against what is asked, and the other rules: notice, rebooking mode, the last twelve months (AP5)."""
    kind = RequestKind(row.kind)
    limits: tuple[str, ...] = ()
    found: list[str] = []
    if appointment is not None and rules is not None and appointment.status is AppointmentStatus.CONFIRMED:
        told, is_kept = _notice(unit, kind, appointment, rules)
        if is_kept:
            found.append(told)
        else:
            limits = (told,)
        if kind is RequestKind.RESCHEDULE:
            found.append(_mode(rules, appointment))
    found.append(_last_year(unit, PatientId(row.patient_id)))
    return limits, tuple(each for each in found if each)


def _notice(unit: Unit, kind: RequestKind, appointment: Appointment, rules: AppointmentType) -> tuple[str, bool]:
    """The rule of notice in words, "" for none, and whether it is met."""
    is_cancel = kind is RequestKind.CANCEL
    notice = rules.cancel_notice if is_cancel else rules.reschedule_notice
    if is_cancel and is_late_cancel(appointment.starts_at, unit.now, rules.late_cancel):
        length = length_words(rules.late_cancel, unit.words)
        return _("Late cancellation: less than {notice} before the visit").format(notice=length), False
    if not notice:
        return "", True
    words = lead_words(notice, unit.words)
    if not is_met(notice, appointment.starts_at, unit.now, unit.time):
        return _("Notice of {notice} is not met").format(notice=words), False
    return _("Notice of {notice} is met").format(notice=words), True


def _mode(type_: AppointmentType, appointment: Appointment) -> str:
    if type_.rebooking_mode is RebookingMode.SAME_PROVIDER:
        return _("Moves stay with {provider}").format(provider=appointment.provider_name)
    return _("May move to any provider")


def _last_year(unit: Unit, patient_id: PatientId) -> str:
    found = missed_of(unit, patient_id)
    missed, late = found.no_shows, found.late_cancels
    if not missed and not late:
        return _("No missed visit in 12 months")
    told = []
    if missed:
        told.append(plural("{count} no-show", "{count} no-shows", missed).format(count=missed))
    if late:
        told.append(plural("{count} late cancellation", "{count} late cancellations", late).format(count=late))
    return _("{missed} in 12 months").format(missed=unit.words.list_of(told))
