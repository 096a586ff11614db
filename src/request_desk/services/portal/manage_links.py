"""Manage links: minted, followed to the present appointment of their chain, withdrawn; what is done from one is in `family_acts`.

The database keeps the hash of a token alone, and nothing that holds a token is kept with a command's answer (LINK-02).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, or_, select, update

from request_desk.domain.access import Actor, ActorKind, Permission, a_contact
from request_desk.domain.appointments import DROPPED, UNDONE, Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.errors import NotFound, Refused, Settling, UndoRefused
from request_desk.domain.ids import AppointmentId, ContactId, ManageLinkId, OutboxId, PatientId, hashed, new_token
from request_desk.domain.manage_links import IDLE, MOST_LIVE, LinkPurpose, OpenLink, is_over
from request_desk.domain.notices import FORMS
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.people.patients import relation_of
from request_desk.services.schedule.views import VIEW, load, portal_status, view
from request_desk.store import schema

link, _session = schema.manage_link, schema.manage_session
_table, _relation, _outbox = schema.appointment, schema.contact_patient, schema.outbox
_first = schema.appointment.alias("first")
_HAS_RIGHTS = exists().where(
    _relation.c.contact_id == link.c.contact_id,
    _relation.c.patient_id == _first.c.patient_id,
    or_(_relation.c.valid_until.is_(None), _relation.c.valid_until >= bindparam("today")),
)
_LIVE = (
    select(
        link.c.id,
        link.c.chain_id,
        link.c.contact_id,
        link.c.purpose,
        link.c.channel,
        link.c.created_at,
        schema.contact.c.given_name,
        schema.contact.c.family_name,
        schema.contact.c.language,
    )
    .select_from(
        link.join(_first, _first.c.id == link.c.chain_id).outerjoin(
            schema.contact, schema.contact.c.id == link.c.contact_id
        )
    )
    .where(link.c.revoked_at.is_(None), or_(link.c.contact_id.is_(None), and_(schema.contact.c.active, _HAS_RIGHTS)))
)
_BY_TOKEN = _LIVE.where(link.c.token_hash == bindparam("token"))
_BY_ID = _LIVE.where(link.c.id == bindparam("id"))
_OF_CHAIN = (
    VIEW.add_columns(_table.c.visible_at, schema.location.c.address)
    .where(
        _table.c.chain_id == bindparam("chain"),
        _table.c.status.not_in([AppointmentStatus.HELD, AppointmentStatus.EXPIRED]),
        _table.c.cancel_code.not_in([UNDONE, DROPPED]),
    )
    .order_by(_table.c.id.desc())
)
# Behind the newest ones of a chain.
_OLDEST = (
    select(link.c.id)
    .where(link.c.chain_id == bindparam("chain"), link.c.revoked_at.is_(None))
    .order_by(link.c.id.desc())
    .offset(MOST_LIVE)
)
_REVOKE = update(link).where(link.c.id.in_(bindparam("ids", expanding=True))).values(revoked_at=bindparam("now"))
_OF_PATIENTS = (
    select(_table.c.id)
    .join(_relation, _relation.c.patient_id == _table.c.patient_id)
    .where(_relation.c.contact_id == bindparam("contact"), _table.c.id == _table.c.chain_id)
)
_REVOKE_OF_CONTACT = (
    update(link)
    .where(
        link.c.revoked_at.is_(None),
        or_(
            link.c.contact_id == bindparam("contact"),
            and_(link.c.contact_id.is_(None), link.c.chain_id.in_(_OF_PATIENTS)),
        ),
    )
    .values(revoked_at=bindparam("now"))
    .returning(link.c.id, link.c.chain_id)
)
_RIGHTS = select(*_relation.c).where(
    _relation.c.contact_id == bindparam("contact"), _relation.c.patient_id == bindparam("patient")
)
_KNOWN = select(_session.c.last_seen_at).where(
    _session.c.token_hash == bindparam("session"),
    _session.c.link_id == bindparam("link"),
    _session.c.ended_at.is_(None),
    _session.c.last_seen_at > bindparam("idle_since"),
)
_TOUCH = (
    update(_session)
    .where(_session.c.token_hash == bindparam("session"), _session.c.ended_at.is_(None))
    .values(last_seen_at=bindparam("now"))
)
_NOTICE = select(_outbox.c.kind, _outbox.c.appointment_id, _outbox.c.contact_id, _outbox.c.channel).where(
    _outbox.c.id == bindparam("id")
)


@dataclass(frozen=True, slots=True)
class LiveLink:
    """A link that works: to which chain, for what, and to whom it was sent on which channel."""

    chain_id: AppointmentId
    purpose: LinkPurpose
    contact_id: ContactId | None
    channel: Channel | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Present:
    """What a chain of rebookings has come to, as it is shown outside; it `is_settling` while staff may still take their act back."""

    appointment: Appointment
    given_name: str
    address: str
    is_settling: bool


def mint(
    unit: Unit,
    appointment_id: AppointmentId,
    purpose: LinkPurpose = LinkPurpose.MANAGE,
    *,
    contact_id: ContactId | None = None,
    channel: Channel | None = None,
) -> str:
    """Make a link to an appointment within another use case, and return its token; of a chain the newest 20 work (LINK-01, LINK-04).

    The answer of that use case is not kept, for it may hold the token.
    """
    unit.keeps_answer = False
    token, link_id = new_token(), ManageLinkId(unit.new_id())
    chain_id = load(unit, appointment_id).chain_id
    unit.insert(
        link,
        id=link_id,
        token_hash=hashed(token),
        chain_id=chain_id,
        contact_id=contact_id,
        purpose=purpose.value,
        channel=channel,
        created_at=unit.now,
        created_by_kind=unit.actor.kind,
        created_by_id=unit.actor.id,
    )
    if old := [row.id for row in unit.rows(_OLDEST, {"chain": chain_id})]:
        unit.run(_REVOKE, {"ids": old, "now": unit.now})
    is_copied = unit.actor.kind is ActorKind.STAFF
    action = "copied_link" if is_copied else "made_link"
    unit.record(action, Topic.APPOINTMENT, appointment_id, broadcast=is_copied, link_id=link_id, purpose=purpose)
    return token


def copy_link(unit: Unit, appointment_id: AppointmentId) -> str:
    """Return the address of a new link for staff to hand on (ML2); raises Refused where it would lead nowhere."""
    unit.require(Permission.SHARE_LINKS)
    seen = load(unit, appointment_id)
    if not unit.settings.public_url:
        raise Refused(_("The portal has no address yet. An administrator enters it in the practice's settings."))
    if seen.status is not AppointmentStatus.CONFIRMED or is_over(seen.ends_at, unit.now):
        raise Refused(_("Only a confirmed visit that is not over has a manage link. Look at it again."))
    return _address(unit, mint(unit, appointment_id))


def mint_for_notice(unit: Unit, notice_id: OutboxId) -> str:
    """Return the address of a new link for a notice that is just being sent, bound to whom it goes to; "" where it has none."""
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_NOTICE, {"id": notice_id})
    if row is None or row.appointment_id is None or not unit.settings.public_url:
        return ""
    if load(unit, AppointmentId(row.appointment_id)).status is not AppointmentStatus.CONFIRMED:
        return ""
    return _address(
        unit,
        mint(
            unit,
            AppointmentId(row.appointment_id),
            LinkPurpose.FORMS if row.kind == FORMS.kind else LinkPurpose.MANAGE,
            contact_id=ContactId(row.contact_id),
            channel=Channel(row.channel),
        ),
    )


def _address(unit: Unit, token: str) -> str:
    return f"{unit.settings.public_url.rstrip('/')}/m/{token}"


def revoke_all(unit: Unit, appointment_id: AppointmentId) -> int:
    """Withdraw every link of an appointment and of its rebookings, and return how many there were; can be undone."""
    unit.require(Permission.SHARE_LINKS)
    seen = load(unit, appointment_id)
    revoked = unit.run(
        update(link).where(link.c.chain_id == seen.chain_id, link.c.revoked_at.is_(None)).values(revoked_at=unit.now)
    )
    if revoked:
        unit.record("withdrew_links", Topic.APPOINTMENT, appointment_id)
        until = unit.now + unit.grace
        unit.offer_undo(_("Withdrew the manage links"), restore_links, appointment_id, revoked_at=unit.now, until=until)
    return revoked


def restore_links(unit: Unit, appointment_id: AppointmentId, *, revoked_at: datetime, until: datetime) -> None:
    """Undo `revoke_all`: the same links work again."""
    unit.require(Permission.SHARE_LINKS)
    if unit.now > until:
        raise UndoRefused(_("The time to undo is over. Copy a new link instead."))
    seen = load(unit, appointment_id)
    unit.run(
        update(link).where(link.c.chain_id == seen.chain_id, link.c.revoked_at == revoked_at).values(revoked_at=None)
    )
    unit.record("restored_links", Topic.APPOINTMENT, appointment_id)


def revoke_of_contact(unit: Unit, contact_id: ContactId) -> tuple[AppointmentId, ...]:
    """Withdraw what a contact was sent, and what staff copied for their patients, within a change of address or rights (LINK-04).

    Returns the chains of which there was a link.
    """
    revoked = unit.rows(_REVOKE_OF_CONTACT, {"contact": contact_id, "now": unit.now})
    for row in revoked:
        unit.record("revoked_link", Topic.APPOINTMENT, row.chain_id, broadcast=False, link_id=row.id)
    return tuple(sorted({AppointmentId(row.chain_id) for row in revoked}))


def of_token(unit: Unit, token: str, session: str = "") -> OpenLink:
    """Return what a token opens; `session` is the browser's own token, if it was told one.

    Raises NotFound for any token that opens nothing, whatever the reason (LINK-07, LINK-15), and Settling for one whose
    appointment staff may still take back.
    """
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_BY_TOKEN, {"token": hashed(token), "today": unit.time.day_of(unit.now)})
    found = present(unit, AppointmentId(0 if row is None else row.chain_id))
    if row is not None and found is None and any(each.visible_at > unit.now for each in _rows(unit, row.chain_id)):
        raise Settling(_("The practice is just making this visit. Look again in a minute."))
    if row is None or found is None or is_over(found.appointment.ends_at, unit.now):
        raise gone()
    contact = None
    if row.contact_id is not None:
        name = full_name(row.given_name, row.family_name)
        contact = Actor(ActorKind.CONTACT, row.contact_id, name, desk="portal")
    return OpenLink(
        id=ManageLinkId(row.id),
        actor=Actor(ActorKind.LINK, row.id, "", desk="portal", session=hashed(session) if session else ""),
        contact=contact,
        appointment_id=found.appointment.id,
        purpose=LinkPurpose(row.purpose),
        language=row.language or "",
    )


def touch(unit: Unit, session: str) -> None:
    """Note that a browser that was told a session is still there."""
    unit.require(Permission.RUN_JOBS)
    unit.run(_TOUCH, {"session": session, "now": unit.now})


def live(unit: Unit, link_id: ManageLinkId) -> LiveLink | None:
    """Return a link that was not withdrawn, whatever became of its appointment; None for any other."""
    row = unit.first(_BY_ID, {"id": link_id, "today": unit.time.day_of(unit.now)})
    if row is None:
        return None
    contact_id = None if row.contact_id is None else ContactId(row.contact_id)
    channel = None if row.channel is None else Channel(row.channel)
    return LiveLink(AppointmentId(row.chain_id), LinkPurpose(row.purpose), contact_id, channel, row.created_at)


def opens(unit: Unit, chain_id: AppointmentId) -> bool:
    """Tell whether the actor, who has a link, may change an appointment of this chain (LINK-03)."""
    row = live(unit, unit.actor.link_id)
    return row is not None and row.chain_id == chain_id and row.purpose is LinkPurpose.MANAGE


def may_ask(unit: Unit, contact_id: ContactId, patient_id: PatientId) -> bool:
    """Tell whether a contact, whose link the actor has or who is the actor, may send requests for a patient."""
    row = unit.first(_RIGHTS, {"contact": contact_id, "patient": patient_id})
    subject = PatientSubject(None if row is None else relation_of(row))
    return bool(may(a_contact(contact_id), Action.ASK, subject, unit.time.day_of(unit.now)))


def seen_at(unit: Unit) -> datetime | None:
    """Return when the browser of the actor, who has a link, was last here as somebody known; None where nobody is known (LINK-11)."""
    asked = {"session": unit.actor.session, "link": unit.actor.link_id, "idle_since": unit.now - IDLE}
    found: datetime | None = unit.value(_KNOWN, asked) if unit.actor.session else None
    return found


def present(unit: Unit, chain_id: AppointmentId) -> Present | None:
    """Return what a chain has come to (ML6); None for one of which nothing was ever shown outside."""
    rows = _rows(unit, chain_id)
    shown = [
        Present(
            replace(view(row), status=status),
            row.given_name,
            row.address,
            any(each.visible_at > unit.now for each in rows),
        )
        for row in rows
        if (status := portal_status(view(row), row.visible_at, unit.now)) is not None
    ]
    booked = (each for each in shown if each.appointment.status is AppointmentStatus.CONFIRMED)
    return next(booked, shown[0] if shown else None)


def _rows(unit: Unit, chain_id: AppointmentId) -> Sequence[Row[Any]]:
    """The appointments of a chain, the newest first."""
    return unit.rows(_OF_CHAIN, {"chain": chain_id})


def gone() -> NotFound:
    """Make the one refusal for whatever is wrong with a link."""
    return NotFound(_("This link does not work any more."))
