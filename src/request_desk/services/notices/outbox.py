"""Notices on their way out: queued with the act, kept for the grace time, claimed, settled, tried again; sending is the gateways'.

A row holds ids only. What it says, and whether it may still be said, is decided when it is sent (NT1).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final, assert_never
from uuid import UUID

from sqlalchemy import Insert, Row, and_, bindparam, case, func, insert, literal_column, or_, select, update

from request_desk.domain.access import Permission, a_contact
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel, Contact, ContactPoint
from request_desk.domain.errors import Invalid, NotFound, Refused, UndoRefused
from request_desk.domain.icalendar import CalendarEvent
from request_desk.domain.ids import (
    AnnouncementId,
    AppointmentId,
    ContactId,
    OutboxId,
    PatientId,
    ProviderId,
    RequestId,
    StaffId,
    new_uuid,
)
from request_desk.domain.notice_templates import NoticeTemplate, as_test
from request_desk.domain.notices import (
    BOOKING,
    BY_HAND,
    CODE,
    FORMS,
    NOTICES,
    REPLY,
    SPEC_OF,
    TEST,
    Absent,
    Composed,
    NoticeFacts,
    NoticeSpec,
    Recipient,
    planned,
    recipients,
)
from request_desk.domain.policy import PatientSubject, Verdict, may
from request_desk.domain.text import parse_phone
from request_desk.domain.words import _, base_language
from request_desk.services.desk import Deferred, Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.services.notices import letter_facts, templates, text_limits
from request_desk.services.notices.calendars import calendar_of
from request_desk.services.notices.templates import Texts
from request_desk.services.people.patients import relation_of
from request_desk.services.schedule.intake import intake_incomplete
from request_desk.store import schema

LEASE: Final = timedelta(minutes=2)  # longer than a server may keep us waiting
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
_MOST_TRIES: Final = len(BACK_OFF) + 3  # more tries than ever come back settled mean that sending itself breaks
_ERROR_LIMIT: Final = 300

_outbox, _contact, _point, _relation = schema.outbox, schema.contact, schema.contact_point, schema.contact_patient
_request, _appointment, _patient, _location = schema.request, schema.appointment, schema.patient, schema.location
_provider, _staff, _opt_out = schema.provider, schema.staff, schema.opt_out


class Delivered(StrEnum):
    """What became of one try to send."""

    SENT = "sent"
    TRY_AGAIN = "try_again"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice to send now. `reference` is the same on every try; one with a challenge lacks its code, which `access` mints."""

    id: OutboxId
    spec: NoticeSpec
    channel: Channel
    reference: UUID
    address: str
    language: str
    attempts: int
    challenge_id: int | None
    template: NoticeTemplate
    facts: NoticeFacts
    calendar: CalendarEvent | None = None

    def composed(self, code: str = "", until: datetime | None = None, *, manage_url: str = "") -> Composed:
        """Write it in the language of whom it goes to; what is secret in it is made in this moment."""
        if self.spec is TEST:
            return as_test(templates.written(self.template, self.facts), self.channel)
        return templates.written(self.template, replace(self.facts, code=code, code_until=until, manage_url=manage_url))


_is_pending = _outbox.c.state == literal_column("'pending'")  # spelled out for the partial index
_is_free = or_(_outbox.c.lease_until.is_(None), _outbox.c.lease_until < bindparam("now"))
_is_text = _outbox.c.channel == literal_column("'sms'")
_is_phone = _point.c.channel == literal_column("'phone'")
_dialled = case((_is_phone, _point.c.lookup), else_=_point.c.value)  # a gateway wants E.164
_RECIPIENTS = (
    select(
        *_relation.c,
        _contact.c.language,
        and_(_contact.c.active, ~_contact.c.opted_out).label("reachable"),
        _point.c.id.label("point_id"),
        _point.c.channel,
        _dialled.label("value"),
        _point.c.takes_texts,
        and_(_patient.c.active, ~_patient.c.deceased).label("patient_active"),
    )
    .select_from(
        _relation.join(_contact, _contact.c.id == _relation.c.contact_id)
        .join(_patient, _patient.c.id == _relation.c.patient_id)
        .join(
            _point,
            and_(
                _point.c.contact_id == _contact.c.id,
                or_(~_is_phone, _point.c.takes_texts),
                _point.c.verified_at.is_not(None),
            ),
        )
        .outerjoin(
            _opt_out,
            and_(
                _opt_out.c.contact_id == _contact.c.id,
                _opt_out.c.channel == case((_is_phone, literal_column("'sms'")), else_=_point.c.channel),
            ),
        )
    )
    .where(_relation.c.patient_id == bindparam("patient_id"), _opt_out.c.contact_id.is_(None))
    .order_by(_relation.c.contact_id, _point.c.id)
)
_RECIPIENT = _RECIPIENTS.where(_relation.c.contact_id == bindparam("contact_id"))
_INSERT = _outbox.insert()
_WITHDRAW = (
    update(_outbox)
    .where(
        _outbox.c.id.in_(bindparam("ids", expanding=True)),
        _is_pending,
        _outbox.c.attempts == 0,
        _outbox.c.lease_until.is_(None),
    )
    .values(state="withdrawn", error=bindparam("why"))
)
# What this program can write and send; a newer one on the same database may have queued more.
_has_way = and_(_outbox.c.channel.in_(bindparam("channels", expanding=True)), _outbox.c.kind.in_(tuple(SPEC_OF)))
_NEXT = select(func.min(_outbox.c.not_before)).where(_is_pending, _has_way)
_DUE = (
    select(_outbox.c.id)
    .where(_is_pending, _has_way, _outbox.c.not_before <= bindparam("now"), _is_free)
    .order_by(_outbox.c.not_before, _outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(_outbox)
    .where(_outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("leased"), attempts=_outbox.c.attempts + 1)
)
_of_channel = _point.c.channel == case((_is_text, literal_column("'phone'")), else_=_outbox.c.channel)
_first_address = (
    select(_dialled)
    .where(
        _point.c.contact_id == _outbox.c.contact_id,
        _of_channel,
        or_(~_is_phone, _point.c.takes_texts),
        _point.c.verified_at.is_not(None),
    )
    .order_by(_point.c.id)
    .limit(1)
    .scalar_subquery()
)
_own_address = select(_dialled).where(_point.c.id == _outbox.c.contact_point_id, _of_channel).scalar_subquery()
# The practice's own people get reminders; a provider may have no login.
_told_provider = _provider.alias("told_provider")
_own_people = case(
    (_outbox.c.provider_id.is_not(None), case((_is_text, _told_provider.c.mobile_phone), else_=_told_provider.c.email)),
    (_outbox.c.staff_id.is_not(None), case((_is_text, _staff.c.mobile_phone), else_=_staff.c.email)),
)
# How many times a reply offers, of which the notice names the first.
_times, _first_time = schema.counter_offer_slot.alias("times"), schema.counter_offer_slot.alias("first_time")
_offered_together = (
    select(func.count())
    .select_from(_times.join(_first_time, _first_time.c.offer_id == _times.c.offer_id))
    .where(_first_time.c.hold_id == _outbox.c.appointment_id)
    .scalar_subquery()
)
_FACTS = (
    select(
        _outbox.c.id,
        _outbox.c.reference,
        _outbox.c.kind,
        _outbox.c.channel,
        _outbox.c.payload,
        _outbox.c.attempts,
        _outbox.c.challenge_id,
        _outbox.c.request_id,
        _outbox.c.contact_id,
        _contact.c.language,
        func.coalesce(_contact.c.active, _told_provider.c.active, _staff.c.active).label("active"),
        and_(~_contact.c.active, _contact.c.given_name == "", _contact.c.family_name == "").label("is_newcomer"),
        _contact.c.opted_out,
        _opt_out.c.contact_id.is_not(None).label("channel_is_off"),
        _request.c.reference.label("request_reference"),
        _patient.c.id.label("patient_id"),
        _patient.c.given_name,
        _patient.c.active.label("patient_active"),
        _patient.c.deceased,
        _relation.c.relation,
        _relation.c.may_book,
        _relation.c.gets_notices,
        _relation.c.may_see_messages,
        _relation.c.valid_until,
        _relation.c.contact_id.label("related_id"),
        _appointment.c.starts_at,
        _appointment.c.hold_expires_at,
        _offered_together.label("offered"),
        _appointment.c.id.label("appointment_id"),
        _appointment.c.chain_id,
        _appointment.c.status.label("appointment_status"),
        _location.c.name.label("place"),
        _provider.c.short_name.label("provider_name"),
        func.coalesce(_appointment.c.zone, "").label("place_zone"),
        func.coalesce(_own_people, _own_address, _first_address, "").label("address"),
    )
    .select_from(
        _outbox.outerjoin(_contact, _contact.c.id == _outbox.c.contact_id)
        .outerjoin(_told_provider, _told_provider.c.id == _outbox.c.provider_id)
        .outerjoin(_staff, _staff.c.id == _outbox.c.staff_id)
        .outerjoin(
            _opt_out, and_(_opt_out.c.contact_id == _outbox.c.contact_id, _opt_out.c.channel == _outbox.c.channel)
        )
        .outerjoin(_request, _request.c.id == _outbox.c.request_id)
        .outerjoin(_appointment, _appointment.c.id == _outbox.c.appointment_id)
        .outerjoin(_patient, _patient.c.id == func.coalesce(_request.c.patient_id, _appointment.c.patient_id))
        .outerjoin(_relation, and_(_relation.c.contact_id == _contact.c.id, _relation.c.patient_id == _patient.c.id))
        .outerjoin(_location, _location.c.id == _appointment.c.location_id)
        .outerjoin(_provider, _provider.c.id == _appointment.c.provider_id)
    )
    .where(_outbox.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_outbox.c.not_before, _outbox.c.id)
)
_TOLD_BY = (
    select(_outbox.c.id)
    .where(
        _outbox.c.appointment_id == bindparam("appointment"),
        _outbox.c.kind == bindparam("kind"),
        _outbox.c.state != "withdrawn",
    )
    .order_by(_outbox.c.id)
)
_ONE = select(_outbox).where(_outbox.c.id == bindparam("id")).with_for_update()
# What happened to an appointment is told whatever becomes of the request that led to it.
_PENDING_OF_REQUEST = select(_outbox.c.id).where(
    _outbox.c.request_id == bindparam("request_id"),
    _outbox.c.kind.in_([spec.kind for spec in NOTICES if not spec.of_appointment]),
    _is_pending,
    _outbox.c.attempts == 0,
    _outbox.c.lease_until.is_(None),
)


def ask_people(unit: Unit, patient_id: PatientId) -> Deferred:
    """Ask who may be told about a patient, on the way to the database with what an act asks first."""
    return unit.defer(_RECIPIENTS, {"patient_id": patient_id})


def ask_person(unit: Unit, patient_id: PatientId, contact_id: ContactId) -> Deferred:
    """Like `ask_people`, for a notice that is for one contact alone."""
    return unit.defer(_RECIPIENT, {"patient_id": patient_id, "contact_id": contact_id})


def told_of_acts(unit: Unit, patient_id: PatientId) -> tuple[ContactId, ...]:
    """Return who would hear of an act on the schedule of a patient now, as `notify` has it."""
    unit.require(Permission.VIEW_PATIENTS)
    return tuple(each.contact_id for each in reached(unit, BOOKING, ask_people(unit, patient_id)))


def may_be_told(unit: Unit, spec: NoticeSpec, patient_id: PatientId) -> tuple[ContactId, ...]:
    """Return to whom a notice of this kind about a patient could go now, within a use case that has asked for the right."""
    return tuple(each.contact_id for each in reached(unit, spec, ask_people(unit, patient_id)))


def notify(
    unit: Unit,
    spec: NoticeSpec | None,
    *,
    people: Deferred,
    replied: bool,
    sender_id: ContactId | None,
    request_id: RequestId | None = None,
    appointment_id: AppointmentId | None = None,
    absent: Absent | None = None,
    version: int,
) -> tuple[OutboxId, ...]:
    """Queue one notice for each of `people` that it is for, to leave after its grace time; return their ids.

    `spec` is the act's; None is a reply alone, of which only the sender hears. `absent` is the cause of an act. `version` is that of the thing the notice
    is about: the same act is never told twice.
    """
    if spec is None and not replied:
        return ()
    told = spec or REPLY
    cause = {} if absent is None else {"absent": [absent.provider_id, absent.day.isoformat()]}
    to = reached(unit, told, people)
    rows = [
        _row(
            unit,
            told,
            channel=each.recipient.channel,
            contact_id=each.recipient.contact_id,
            request_id=request_id,
            appointment_id=appointment_id,
            payload={"replied": each.replied, "also": list(each.also), **cause},
            dedupe_key=f"{told.kind}:{request_id or appointment_id}:{version}:{each.recipient.contact_id}",
        )
        for each in planned(told, replied=replied, sender_id=sender_id, to=to)
    ]
    if told is BOOKING and appointment_id is not None and intake_incomplete(unit, appointment_id):
        rows += _asking_for_forms(unit, people, appointment_id, version)
    if rows:
        unit.defer(
            _insert_of(len(rows), tuple(rows[0])),
            {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()},
        )
    return tuple(OutboxId(row["id"]) for row in rows)


def _asking_for_forms(
    unit: Unit, people: Deferred, appointment_id: AppointmentId, version: int
) -> list[dict[str, Any]]:
    """What goes out beside the news of a booking while something is to be filled in (BK8); taken back together with it."""
    to = reached(unit, FORMS, people)
    return [
        _row(
            unit,
            FORMS,
            channel=each.recipient.channel,
            contact_id=each.recipient.contact_id,
            appointment_id=appointment_id,
            payload={"replied": False, "also": list(each.also)},
            dedupe_key=f"{FORMS.kind}:{appointment_id}:{version}:{each.recipient.contact_id}",
        )
        for each in planned(FORMS, replied=False, sender_id=None, to=to)
    ]


@cache
def _insert_of(count: int, names: tuple[str, ...]) -> Insert:
    """One statement for the notices of an act: each statement more is a tenth of a millisecond on PostgreSQL."""
    columns = [_outbox.c[name] for name in names]
    return insert(_outbox).values(
        [
            {column.name: bindparam(f"{column.name}_{place}", type_=column.type) for column in columns}
            for place in range(count)
        ]
    )


def enqueue_code(
    unit: Unit,
    *,
    challenge_id: int,
    contact_id: ContactId,
    channel: Channel,
    contact_point_id: int,
    spec: NoticeSpec = CODE,
) -> OutboxId:
    """Queue a code; the row knows the challenge only, the code is minted when it is sent."""
    row = _row(
        unit,
        spec,
        channel=channel,
        contact_id=contact_id,
        contact_point_id=contact_point_id,
        challenge_id=challenge_id,
        payload={},
        dedupe_key=f"{spec.kind}:{challenge_id}",
    )
    unit.defer(_INSERT, row)
    return OutboxId(row["id"])


def enqueue_reminder(
    unit: Unit,
    spec: NoticeSpec,
    *,
    appointment_id: AppointmentId,
    channel: Channel,
    dedupe_key: str,
    contact_id: ContactId | None = None,
    provider_id: ProviderId | None = None,
    staff_id: StaffId | None = None,
    also: Sequence[ContactId] = (),
    announcement_id: AnnouncementId | None = None,
    with_appointments: Sequence[AppointmentId] = (),
    until: datetime | None = None,
    not_before: datetime | None = None,
) -> OutboxId:
    """Queue what a rule or an announcement tells one person about an appointment: a contact, a provider or one of the staff.

    `also` are other contacts who read the same address, `with_appointments` other appointments of theirs that it tells of. It leaves after `not_before`, and never after `until` by the database's clock.
    `dedupe_key` names what it is about: queued twice, it is a bug. Whether it may still be said, and where to, is decided when it is
    sent.
    """
    about = {
        "announcement": announcement_id,
        "with": list(with_appointments) or None,
        "until": None if until is None else until.isoformat(),
    }
    row = _row(
        unit,
        spec,
        channel=channel,
        contact_id=contact_id,
        provider_id=provider_id,
        staff_id=staff_id,
        appointment_id=appointment_id,
        payload={"also": list(also), **{name: value for name, value in about.items() if value is not None}},
        dedupe_key=dedupe_key,
    )
    if not_before is not None:
        row["not_before"] = not_before
    unit.defer(_INSERT, row)
    return OutboxId(row["id"])


def enqueue_test(unit: Unit, tested: NoticeTemplate) -> OutboxId:
    """Queue a text for the person who acts, marked as a test; it leaves at once."""
    row = _row(
        unit,
        TEST,
        channel=tested.channel,
        staff_id=unit.actor.staff_id,
        payload={"kind": tested.kind, "language": tested.language},
        dedupe_key=f"{TEST.kind}:{new_uuid()}",
    )
    unit.defer(_INSERT, row)
    return OutboxId(row["id"])


def _row(unit: Unit, spec: NoticeSpec, **values: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("contact_id", "provider_id", "staff_id", "request_id", "appointment_id", "challenge_id", "contact_point_id")
    )
    return {
        **empty,
        "attempts": 0,
        "lease_owner": "",
        "error": "",
        "id": unit.new_id(),
        "reference": new_uuid(),
        "kind": spec.kind,
        "state": "pending",
        "created_at": unit.now,
        "not_before": unit.now + unit.grace if spec.has_grace else unit.now,
        **values,
    }


def reached(unit: Unit, spec: NoticeSpec, people: Deferred) -> tuple[Recipient, ...]:
    """Who may get a notice, out of the contacts of one patient; one row is one verified address of one of them."""
    rows = people.rows
    points: dict[ContactId, list[ContactPoint]] = {}
    for row in rows:
        points.setdefault(row.contact_id, []).append(
            ContactPoint(row.point_id, Channel(row.channel), row.value, verified=True, takes_texts=row.takes_texts)
        )
    contacts = {
        row.contact_id: Contact(
            row.contact_id, "", "", row.language, tuple(points[row.contact_id]), bool(row.reachable), 0
        )
        for row in rows
    }
    relations = {row.contact_id: relation_of(row) for row in rows}.values()
    is_active = bool(rows) and bool(rows[0].patient_active)
    return recipients(spec, relations, contacts, patient_active=is_active, today=_today(unit))


def withdraw(unit: Unit, ids: Sequence[OutboxId]) -> None:
    """Take queued notices back; raises UndoRefused when one of them has left or is just leaving."""
    if ids and unit.run(_WITHDRAW, {"ids": list(ids), "why": _("taken back")}) != len(ids):
        raise UndoRefused(
            _("The notice to the parent has left already, so this cannot be taken back. Send a correction instead.")
        )


def told_by(unit: Unit, spec: NoticeSpec, appointment_id: AppointmentId) -> tuple[OutboxId, ...]:
    """Return the notices of a kind about an appointment that were not taken back."""
    return tuple(OutboxId(row[0]) for row in unit.rows(_TOLD_BY, {"kind": spec.kind, "appointment": appointment_id}))


def withdraw_waiting(unit: Unit, request_id: RequestId) -> None:
    """Take back what has not left yet of a request that the parent has taken back, but for what tells of an appointment."""
    ids = [row[0] for row in unit.rows(_PENDING_OF_REQUEST, {"request_id": request_id})]
    if ids:
        unit.run(_WITHDRAW, {"ids": ids, "why": _("the request was taken back")})


def next_due(unit: Unit, channels: Collection[Channel]) -> datetime | None:
    """Return when the next pending notice of these channels may leave; None when nothing waits."""
    unit.require(Permission.RUN_JOBS)
    found: datetime | None = unit.value(_NEXT, {"channels": list(channels)})
    return found


def claim_due(unit: Unit, owner: str, channels: Collection[Channel], limit: int = 20) -> tuple[DueNotice, ...]:
    """Lease the notices of these channels that are due to `owner` and return them; those nobody may get any more are withdrawn."""
    unit.require(Permission.RUN_JOBS)
    unit.keeps_answer = False  # claimed twice means claimed: what is leased waits for the end of its lease
    if Channel.SMS in channels:
        text_limits.hold_back(unit)
    ids = [row[0] for row in unit.rows(_DUE, {"now": unit.now, "channels": list(channels), "most": limit})]
    if not ids:
        return ()
    unit.run(_LEASE, {"ids": ids, "owner": owner, "leased": unit.now + LEASE})
    due: list[DueNotice] = []
    rows = unit.rows(_FACTS, {"ids": ids})
    texts = templates.texts_of(unit, {row.kind for row in rows})
    for row in rows:
        # A desk whose clock is wrong must neither remind too late nor think so.
        now = unit.database_now if SPEC_OF[row.kind].before_start else unit.now
        reason = _why_not(row, now, _today(unit)) or text_limits.why_not(unit, row)
        others = row.payload.get("with")
        if (
            reason and others and row.appointment_status != AppointmentStatus.CONFIRMED
        ):  # about the next one of the family
            payload = {**row.payload, "with": others[1:]}
            _set(
                unit,
                row.id,
                appointment_id=others[0],
                payload=payload,
                attempts=row.attempts - 1,
                lease_owner="",
                lease_until=None,
            )
        elif reason and (also := row.payload.get("also")):  # the next who reads this address
            _set(
                unit,
                row.id,
                contact_id=also[0],
                payload={**row.payload, "replied": False, "also": also[1:]},
                attempts=row.attempts - 1,
                lease_owner="",
                lease_until=None,
            )
        elif reason:
            _set(unit, row.id, state="withdrawn", lease_owner="", lease_until=None, error=reason)
            _tell(unit, "notice_withdrawn", row.id, row.request_id)
        elif row.attempts > _MOST_TRIES:
            _park(unit, row, _("Sending stopped half-way each time."))
        else:
            try:
                due.append(_due(unit, row, texts))
            except Invalid as broken:  # the others flow (TPL-07)
                _park(unit, row, broken.sentence)
    return tuple(due)


def _park(unit: Unit, row: Row[Any], why: str) -> None:
    _set(unit, row.id, state="failed", lease_owner="", lease_until=None, error=why[:_ERROR_LIMIT])
    _tell(unit, "notice_failed", row.id, row.request_id)


def _why_not(row: Row[Any], now: datetime, today: date) -> str:
    """The reason why a notice must not be sent now; "" when it may."""
    return _no_news(row, now) or (_why_not_own(row) if row.contact_id is None else _why_not_contact(row, today))


def _no_news(row: Row[Any], now: datetime) -> str:
    spec = SPEC_OF[row.kind]
    is_kept = row.hold_expires_at is not None and row.hold_expires_at > now
    if spec.while_held and not is_kept:
        return _("The time is not offered any more.")
    if spec.while_booked and row.appointment_status != AppointmentStatus.CONFIRMED:
        return _("The visit is not booked any more.")
    if spec.before_start and row.starts_at <= now:
        return _("The visit has begun already.")
    if (until := row.payload.get("until")) is not None and datetime.fromisoformat(until) <= now:
        return _("It is too late for this notice.")
    return ""


def _why_not_own(row: Row[Any]) -> str:
    """As `_why_not`, for the practice's own people."""
    if not row.active:
        return _("The account is switched off.")
    return "" if row.address else _("No address is entered for this person.")


def _why_not_contact(row: Row[Any], today: date) -> str:
    if not row.active and not (row.is_newcomer and row.challenge_id is not None):  # who books as a new family
        return _("The contact is switched off.")
    if not row.address:
        return _("The contact has no confirmed address.")
    audience = SPEC_OF[row.kind].audience
    if row.opted_out and audience.rights:
        return _("The contact does not want notices.")
    if row.channel_is_off and row.challenge_id is None:  # a code is asked for
        return _("The contact wants nothing over this channel.")
    relation = None if row.related_id is None else relation_of(row)
    subject = PatientSubject(relation, is_present=bool(row.patient_active) and not row.deceased)
    for action in audience.rights:
        match may(a_contact(row.contact_id), action, subject, today):
            case Verdict.PATIENT_GONE:
                return _("The patient is not active.")
            case Verdict.NOT_RELATED:
                return _("The contact does not act for the patient any more.")
            case Verdict.NO_NOTICES:
                return _("The contact gets no notices about the patient.")
            case Verdict.NO_BOOKING:
                return _("The contact may not book for the patient.")
            case Verdict.NO_MESSAGES:
                return _("The contact may not see messages about the patient.")
    return ""


def _due(unit: Unit, row: Row[Any], texts: Texts) -> DueNotice:
    """A notice with its text; raises Invalid when that cannot be used."""
    spec, channel = SPEC_OF[row.kind], Channel(row.channel)
    if spec is TEST:
        template, facts = _tested(unit, row, channel)
    else:
        template = templates.text_for(texts, spec, channel, row.language or base_language(unit.settings.locale))
        facts = _told(unit, row, spec, channel, template.language)
    templates.written(template, facts)
    is_own_number = channel is Channel.SMS and row.contact_id is None  # written as staff dial it
    return DueNotice(
        id=OutboxId(row.id),
        spec=spec,
        channel=channel,
        reference=row.reference,
        address=parse_phone(row.address, unit.words.region) if is_own_number else row.address,
        language=template.language,
        attempts=row.attempts,
        challenge_id=row.challenge_id,
        template=template,
        facts=facts,
        calendar=calendar_of(unit, spec, Channel(row.channel), facts.content, row.chain_id),
    )


def _tested(unit: Unit, row: Row[Any], channel: Channel) -> tuple[NoticeTemplate, NoticeFacts]:
    """The text that is tested, as it is now, and made-up facts: a test tells of nobody."""
    spec, language = SPEC_OF[row.payload["kind"]], row.payload["language"]
    template = templates.text_for(templates.texts_of(unit, (spec.kind,)), spec, channel, language)
    return template, letter_facts.sample_facts(unit, spec, channel, template.language)


def _told(unit: Unit, row: Row[Any], spec: NoticeSpec, channel: Channel, language: str) -> NoticeFacts:
    facts = replace(
        letter_facts.facts_of(
            unit,
            spec,
            channel,
            language,
            row.place_zone if spec.of_appointment else "",
            request_reference=row.request_reference,
        ),
        replied=bool(row.payload.get("replied")) and bool(row.may_see_messages),
        first_name=row.given_name or "",
        starts_at=row.starts_at,
        place=row.place or "",
        provider_name=row.provider_name or "",
        answer_by=row.hold_expires_at if spec.while_held else None,
        offered=row.offered,
        readers=letter_facts.readers(unit, row.payload.get("also"), row.contact_id, row.patient_id),
    )
    if cause := row.payload.get("absent"):
        facts = letter_facts.caused(unit, facts, Absent(ProviderId(cause[0]), date.fromisoformat(cause[1])))
    if appointments := row.payload.get("with"):
        others = letter_facts.first_names_of(unit, appointments, row.contact_id)
        facts = replace(facts, first_name=facts.words.list_of(list(dict.fromkeys((facts.first_name, *others)))))
    if announcement_id := row.payload.get("announcement"):
        facts = letter_facts.announced(unit, facts, announcement_id, language)
    return facts


def settle(unit: Unit, notice_id: OutboxId, owner: str, result: Delivered, error: str = "") -> None:
    """Write what became of a try; nothing happens when the lease was lost meanwhile or the notice was settled before."""
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_ONE, {"id": notice_id})
    if row is None or row.state != "pending" or row.lease_owner != owner:
        return
    done = {"lease_owner": "", "lease_until": None, "error": error[:_ERROR_LIMIT]}
    match result:
        case Delivered.SENT:
            _set(unit, notice_id, **{**done, "error": ""}, state="sent", sent_at=unit.now)
            _tell(unit, "notice_sent", notice_id, row.request_id)
        case Delivered.TRY_AGAIN if row.attempts <= len(BACK_OFF):
            _set(unit, notice_id, **done, not_before=unit.now + BACK_OFF[row.attempts - 1])
            _tell(unit, "notice_delayed", notice_id, row.request_id)
        case Delivered.TRY_AGAIN | Delivered.REFUSED:
            _set(unit, notice_id, **done, state="failed")
            _tell(unit, "notice_failed", notice_id, row.request_id)
        case _:
            assert_never(result)


def retry(unit: Unit, delivery_id: int) -> None:
    """Send a failed notice again, now; raises Refused when it has not failed (RE8)."""
    unit.require(Permission.RETRY_DELIVERIES)
    row = unit.first(_ONE, {"id": delivery_id})
    if row is None or row.kind not in BY_HAND:
        raise NotFound(_("This notice is not there any more. Reload the list."))
    if row.request_id is not None:
        request_scope.seen(unit, row.request_id)
    if row.state != "failed":
        raise Refused(_("This notice has not failed, so there is nothing to send again."))
    _set(
        unit, delivery_id, state="pending", attempts=0, not_before=unit.now, error="", lease_owner="", lease_until=None
    )
    _tell(unit, "notice_retried", delivery_id, row.request_id)


def _set(unit: Unit, notice_id: int, **values: Any) -> None:
    unit.run(update(_outbox).where(_outbox.c.id == notice_id).values(version=_outbox.c.version + 1, **values))


def _tell(unit: Unit, action: str, notice_id: int, request_id: int | None) -> None:
    # Windows show a delivery on its request, so that is the id they hear; the notice's own stays in the detail.
    unit.record(action, Topic.DELIVERY, request_id or notice_id, notice_id=notice_id)


def _today(unit: Unit) -> date:
    return unit.time.day_of(unit.now)
