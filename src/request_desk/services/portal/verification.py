"""Who is behind a manage link: the birth day or a one-time code, counted for the whole chain of rebookings (ML5, OTP-01 to OTP-09)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, case, exists, func, literal_column, or_, select

from request_desk.domain.access import SYSTEM, Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel, Verification
from request_desk.domain.errors import Invalid, Refused
from request_desk.domain.ids import AppointmentId, ContactId, ManageLinkId, hashed, new_token
from request_desk.domain.manage_links import TRIES_A_DAY, TRIES_EVER, masked
from request_desk.domain.notices import LINK_CODE
from request_desk.domain.phones import may_be_texted
from request_desk.domain.text import parse_code
from request_desk.domain.words import _
from request_desk.services.desk import Desk, Unit
from request_desk.services.notices import outbox
from request_desk.services.people.access import CODES, Hidden
from request_desk.services.portal import access as portal_access, manage_links
from request_desk.services.portal.access import DAY, Challenge, Checked, CodeAsked
from request_desk.services.portal.manage_links import Present
from request_desk.services.schedule import slots
from request_desk.store import schema

WRONG: Final = "birth_day_refused"  # in the journal, where it is never swept

_point, _relation, _journal = schema.contact_point.c, schema.contact_patient.c, schema.journal.c
_LOCK = (
    select(schema.appointment.c.id).where(schema.appointment.c.id == bindparam("chain")).with_for_update(key_share=True)
)
_TRIES = select(func.count().label("ever"), func.count().filter(_journal.at > bindparam("since")).label("today")).where(
    _journal.entity_id == bindparam("chain"), _journal.topic == Topic.APPOINTMENT, _journal.action == WRONG
)
_is_phone = _point.channel == literal_column("'phone'")
_way = case((_is_phone, literal_column("'sms'")), else_=_point.channel)
# Whose address it may be: of whom the link was sent to, else of those who act for the patient, in the order they were registered.
_POINTS = (
    select(
        _point.id,
        _point.contact_id,
        _way.label("channel"),
        _point.value,
        _point.lookup,
        exists()
        .where(schema.opt_out.c.contact_id == _point.contact_id, schema.opt_out.c.channel == _way)
        .label("is_off"),
    )
    .select_from(schema.contact_point.join(schema.contact, schema.contact.c.id == _point.contact_id))
    .where(
        _point.verified_at.is_not(None),
        or_(_point.channel.in_(LINK_CODE.channels), and_(_is_phone, _point.takes_texts)),
        schema.contact.c.active,
        exists().where(
            _relation.contact_id == _point.contact_id,
            _relation.patient_id == bindparam("patient"),
            _relation.may_book,
            or_(_relation.valid_until.is_(None), _relation.valid_until >= bindparam("today")),
        ),
    )
    .order_by(_point.contact_id, _point.id)
)


@dataclass(frozen=True, slots=True)
class CodeTarget:
    """Where the code of a link goes; `shown` is what may be told of it."""

    contact_id: ContactId
    point_id: int
    channel: Channel
    shown: str


def code_target(unit: Unit, link_id: ManageLinkId) -> CodeTarget | None:
    """Return where a code would go: by the record alone, over another channel than the link where there is one (OTP-07, OTP-08)."""
    unit.require(Permission.RUN_JOBS)
    row, found = _link(unit, link_id)
    points = [
        each
        for each in unit.rows(_POINTS, {"patient": found.appointment.patient_id, "today": unit.time.day_of(unit.now)})
        if row.contact_id in (None, each.contact_id)
        and (each.channel != Channel.SMS or may_be_texted(each.lookup, unit.words.region, unit.settings.sms_countries))
    ]
    best = min(points, key=lambda each: (each.is_off, each.channel == row.channel), default=None)
    if best is None:
        return None
    channel = Channel(best.channel)
    return CodeTarget(ContactId(best.contact_id), best.id, channel, masked(channel, best.value))


def ask_code(unit: Unit, link_id: ManageLinkId, browser_hash: str) -> CodeAsked:
    """Ask for a code that opens a link in this browser; raises Refused where none is asked for, or there is nobody to send it to."""
    unit.require(Permission.RUN_JOBS)
    row, found = _link(unit, link_id)
    target = code_target(unit, link_id)
    if _asks_for(unit, found) is not Verification.CODE or target is None:
        raise Refused(_("No code can be sent for this visit. {call}").format(call=_call(unit)))
    _lock(unit, row.chain_id)
    subject = _subject(row.chain_id)
    if sentence := portal_access.too_many(unit, subject, _too_often(unit)):
        unit.record("link_code_not_given", Topic.APPOINTMENT, row.chain_id, broadcast=False)
        return CodeAsked(None, sentence)
    challenge_id, reference = portal_access.new_challenge(
        unit, subject, browser_hash, contact_id=target.contact_id, contact_point_id=target.point_id, link_id=link_id
    )
    outbox.enqueue_code(
        unit,
        challenge_id=challenge_id,
        contact_id=target.contact_id,
        channel=target.channel,
        contact_point_id=target.point_id,
        spec=LINK_CODE,
    )
    unit.record("asked_link_code", Topic.APPOINTMENT, row.chain_id, broadcast=False)
    return CodeAsked(reference, "")


def check_code(desk: Desk, link_id: ManageLinkId, reference: UUID, code: str, browser_hash: str) -> Checked:
    """Check a code and let this browser use the link. Never raises for a wrong one: the count must be committed (OTP-03 to OTP-06)."""
    try:
        text = parse_code(code)
    except Invalid as error:
        return Checked(error.sentence)
    asked = desk.query(SYSTEM, portal_access.asked_code, reference, browser_hash, link_id)
    if asked is None:
        return Checked(portal_access.unusable())
    fits, token = CODES.matches(asked.code_hash, text), new_token()
    checked = desk.perform(SYSTEM, _guessed, link_id, asked, hashed(token), fits=fits).value
    return replace(checked, token=Hidden(token)) if checked.ok else checked


def _guessed(unit: Unit, link_id: ManageLinkId, asked: Challenge, session_hash: str, *, fits: bool) -> Checked:
    unit.require(Permission.RUN_JOBS)
    row, found = _link(unit, link_id)
    _lock(unit, row.chain_id)
    checked = portal_access.counted(unit, asked, _too_often(unit), fits=fits)
    if checked.ok:
        _open(unit, link_id, row.chain_id, session_hash)
    elif checked.call_practice:
        unit.record("link_locked", Topic.APPOINTMENT, found.appointment.id)  # the desk sees it among what happened
    return checked


def check_birth_day(unit: Unit, link_id: ManageLinkId, born: date, session_hash: str) -> Checked:
    """Let this browser use the link where the patient was born on that day; a wrong one is counted for its chain (OTP-09)."""
    unit.require(Permission.RUN_JOBS)
    row, found = _link(unit, link_id)
    if _asks_for(unit, found) is not Verification.BIRTH_DAY:
        raise Refused(_("This visit does not ask for the date of birth. Open the link again."))
    _lock(unit, row.chain_id)
    tries = unit.rows(_TRIES, {"chain": row.chain_id, "since": unit.now - DAY})[0]
    is_right = found.appointment.birth_day == born
    if tries.today >= TRIES_A_DAY or tries.ever >= TRIES_EVER:
        return Checked(_too_often(unit), call_practice=True)
    if is_right:
        _open(unit, link_id, row.chain_id, session_hash)
        return Checked("", ContactId(row.contact_id or 0))
    unit.record(WRONG, Topic.APPOINTMENT, row.chain_id, broadcast=False)
    if tries.today + 1 >= TRIES_A_DAY or tries.ever + 1 >= TRIES_EVER:
        unit.record("link_locked", Topic.APPOINTMENT, found.appointment.id)
        return Checked(_too_often(unit), call_practice=True)
    return Checked(_("This is not the date of birth that we have. Check it and try again."))


def _open(unit: Unit, link_id: ManageLinkId, chain_id: int, session_hash: str) -> None:
    unit.insert(
        schema.manage_session, token_hash=session_hash, link_id=link_id, created_at=unit.now, last_seen_at=unit.now
    )
    unit.record("opened_link", Topic.APPOINTMENT, chain_id, broadcast=False, link_id=link_id)


def _link(unit: Unit, link_id: ManageLinkId) -> tuple[manage_links.LiveLink, Present]:
    """A link that works and what it leads to; raises NotFound as for a token that opens nothing."""
    row = manage_links.live(unit, link_id)
    found = None if row is None else manage_links.present(unit, row.chain_id)
    if row is None or found is None:
        raise manage_links.gone()
    return row, found


def _lock(unit: Unit, chain_id: AppointmentId) -> None:
    """Let those who try at once wait for each other: none sees fewer tries than there were (OTP-05)."""
    unit.rows(_LOCK, {"chain": chain_id})


def _asks_for(unit: Unit, found: Present) -> Verification:
    return slots.type_rules(unit, found.appointment.type_id).verification


def _subject(chain_id: AppointmentId) -> str:
    return f"chain:{chain_id}"


def _too_often(unit: Unit) -> str:
    return _("This has failed too often. {call}").format(call=_call(unit))


def _call(unit: Unit) -> str:
    phone = unit.settings.practice_phone
    return _("Please call the practice: {phone}.").format(phone=phone) if phone else _("Please call the practice.")
