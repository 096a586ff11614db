"""The portal's sign-in: one-time codes to a registered address, and the sessions behind them; staff sign in through `access`.

Codes are hashed and compared between two transactions, never inside one. The journal names the contact, never code or address.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, exists, func, or_, select, update

from request_desk.domain.access import SYSTEM, Actor, ActorKind, Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid, SignedOut
from request_desk.domain.ids import ContactId, ManageLinkId, hashed, new_code, new_token, new_uuid
from request_desk.domain.notices import CODE
from request_desk.domain.text import parse_code, parse_email
from request_desk.domain.words import _, full_name, known_language, spoken
from request_desk.services.desk import Desk, Unit
from request_desk.services.notices import outbox
from request_desk.services.people.access import CODES, Hidden
from request_desk.store import schema

CODE_LENGTH: Final = timedelta(minutes=10)  # OTP-03
GUESSES: Final = 5  # per code (OTP-04), as are the next five
CODES_SOON: Final = 3
SOON: Final = timedelta(minutes=15)
CODES_A_DAY: Final = 5
WRONG_A_DAY: Final = 15
DAY: Final = timedelta(hours=24)
IDLE: Final = timedelta(minutes=30)
SESSION_LENGTH: Final = timedelta(hours=12)
PROOF_LENGTH: Final = timedelta(hours=1)  # as long as the browser's cookie
_TOUCH_EVERY: Final = timedelta(minutes=1)

challenge, throttle, session = schema.challenge.c, schema.throttle.c, schema.portal_session.c
contact, relation = schema.contact.c, schema.contact_patient.c
_point = schema.contact_point.alias("point")
_earlier = schema.contact_point.alias("earlier")

_HAS_RIGHTS = exists().where(
    relation.contact_id == contact.id, or_(relation.valid_until.is_(None), relation.valid_until >= bindparam("today"))
)
_IS_FIRST = _point.c.id == (
    select(func.min(_earlier.c.id))
    .where(
        _earlier.c.contact_id == contact.id, _earlier.c.channel.in_(CODE.channels), _earlier.c.verified_at.is_not(None)
    )
    .scalar_subquery()
)
# A contact's codes go to the first verified address alone; of two contacts who share one, to the first registered.
_OWNER = (
    select(contact.id, _point.c.id.label("point_id"), _point.c.channel)
    .select_from(schema.contact.join(_point, _point.c.contact_id == contact.id))
    .where(_point.c.lookup.in_((bindparam("as_typed"), bindparam("lookup"))), _IS_FIRST, contact.active, _HAS_RIGHTS)
    .order_by(contact.id)
    .limit(1)
    .with_for_update(of=schema.contact)
)
_COUNTED = select(throttle.at).where(throttle.subject == bindparam("subject"), throttle.at > bindparam("since"))
_ASKED = (
    select(challenge.id, challenge.created_at, challenge.code_hash, throttle.subject)
    .select_from(schema.challenge.join(schema.throttle, throttle.id == challenge.id))
    .where(
        challenge.reference == bindparam("of"),
        challenge.browser_hash == bindparam("browser"),
        challenge.link_id.is_not_distinct_from(bindparam("link")),  # the code of a link signs nobody in
    )
)
_NEWER = exists().where(
    throttle.subject == bindparam("subject"),
    or_(throttle.at > bindparam("asked_at"), and_(throttle.at == bindparam("asked_at"), throttle.id > bindparam("of"))),
)
_LIVE = and_(challenge.used_at.is_(None), challenge.expires_at > bindparam("now"), challenge.attempts < GUESSES)
_GUESS = (
    update(schema.challenge)
    .where(challenge.id == bindparam("of"), _LIVE, ~_NEWER)
    .values(attempts=challenge.attempts + 1)
    .returning(challenge.contact_id, challenge.code_hash)
)
_MINT = (
    update(schema.challenge)
    .where(challenge.id == bindparam("of"), challenge.contact_id.is_not(None), _LIVE)
    .values(code_hash=bindparam("hash"))
    .returning(challenge.expires_at)
)
_END = (
    update(schema.portal_session)
    .where(session.token_hash == bindparam("token"), session.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
    .returning(session.contact_id)
)
# Somebody who booked nothing yet: a contact without a name, which staff cannot make.
IS_NEWCOMER: Final = and_(
    ~contact.active,
    contact.given_name == "",
    contact.family_name == "",
    ~exists().where(relation.contact_id == contact.id),
)
_NEWCOMER = (
    select(contact.id, _point.c.id.label("point_id"), _point.c.channel)
    .select_from(schema.contact.join(_point, _point.c.contact_id == contact.id))
    .where(_point.c.lookup.in_((bindparam("as_typed"), bindparam("lookup"))), IS_NEWCOMER)
    .order_by(contact.id)
    .limit(1)
)
_IS_NEW = select(contact.id).where(contact.id == bindparam("id"), IS_NEWCOMER)
_PROVED = (
    select(contact.id)
    .select_from(schema.challenge.join(schema.contact, contact.id == challenge.contact_id))
    .where(
        challenge.browser_hash == bindparam("browser"),
        challenge.used_at > bindparam("since"),
        IS_NEWCOMER,
    )
    .order_by(challenge.id.desc())
    .limit(1)
)
_PROVED_LOCKED = _PROVED.with_for_update(of=schema.contact)
_NAME = select(contact.given_name, contact.family_name).where(contact.id == bindparam("id"), contact.active)
_APPOINTMENT = (
    select(
        contact.id, contact.given_name, contact.family_name, contact.language, session.last_seen_at, session.expires_at
    )
    .select_from(schema.portal_session.join(schema.contact, contact.id == session.contact_id))
    .where(
        session.token_hash == bindparam("token_hash"),
        session.ended_at.is_(None),
        session.expires_at > bindparam("now"),
        session.last_seen_at > bindparam("idle_since"),
        contact.active,
        _HAS_RIGHTS,
    )
)


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A code was asked for. `reference` is None when there were too many; then `sentence` says so, for any address alike."""

    reference: UUID | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Minted:
    """A code in the moment in which it is sent: the only place where the code itself exists."""

    code: Hidden
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a code: a token for the cookie, or the sentence to show."""

    sentence: str
    contact_id: ContactId | None = None
    call_practice: bool = False
    is_new: bool = False  # somebody whom nobody here knows yet; no session is opened
    token: Hidden = field(default_factory=Hidden, compare=False)

    @property
    def ok(self) -> bool:
        return self.contact_id is not None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code that was asked for, as it stood when a guess was compared with it."""

    id: int
    subject: str
    asked_at: datetime
    code_hash: str


@dataclass(frozen=True, slots=True)
class PortalSession:
    """Who is signed in to the portal; `touch` is to be performed when `touch_due`."""

    actor: Actor
    language: str
    expires_at: datetime
    touch_due: bool


def ask_code(unit: Unit, email: str, browser_hash: str, *, with_new: bool = False) -> CodeAsked:
    """Ask for a code to a registered address; an unknown one gets the same answer and no mail (OTP-03, OTP-04).

    Codes are counted per address, known or not, so that the answer tells nothing. `with_new` sends one to an unknown address
    as well, for somebody who books as a new family: a contact without a name waits for it, switched off. Raises Invalid
    when it is no address.
    """
    unit.require(Permission.RUN_JOBS)
    address = parse_email(email)
    asked = {"as_typed": address, "lookup": address.lower()}
    owner = unit.first(_OWNER, {**asked, "today": _today(unit)})
    subject = hashed(address.lower())
    about = owner.id if owner else 0  # the same line for an address that nobody knows
    if sentence := too_many(unit, subject, _call(unit)):
        unit.record("code_not_given", Topic.SESSION, about, broadcast=False)
        return CodeAsked(None, sentence)
    if owner is None and with_new:
        owner = unit.first(_NEWCOMER, asked) or _newcomer(unit, address)
    challenge_id, reference = new_challenge(
        unit,
        subject,
        browser_hash,
        contact_id=owner.id if owner else None,
        contact_point_id=owner.point_id if owner else None,
    )
    if owner is not None:
        outbox.enqueue_code(
            unit,
            challenge_id=challenge_id,
            contact_id=ContactId(owner.id),
            channel=Channel(owner.channel),
            contact_point_id=owner.point_id,
        )
    unit.record("asked_code", Topic.SESSION, about, broadcast=False)
    return CodeAsked(reference, "")


def new_challenge(unit: Unit, subject: str, browser_hash: str, **of: int | None) -> tuple[int, UUID]:
    """Write down that a code is asked for, within the use case that has looked whether it may be; `subject` is what is counted."""
    reference, challenge_id = new_uuid(), unit.new_id()
    unit.insert(
        schema.challenge,
        id=challenge_id,
        reference=reference,
        browser_hash=browser_hash,
        created_at=unit.now,
        expires_at=unit.now + CODE_LENGTH,
        **of,
    )
    # The row has the challenge's id: it tells which address, known or not, a guess is counted for.
    unit.insert(schema.throttle, id=challenge_id, subject=f"code:{subject}", at=unit.now)
    return challenge_id, reference


def _newcomer(unit: Unit, address: str) -> Row[Any] | None:
    """Make a contact of whom nothing is known but an unproved address."""
    contact_id = unit.new_id()
    unit.insert(
        schema.contact, id=contact_id, given_name="", family_name="", language=spoken(), search="", active=False
    )
    unit.insert(
        schema.contact_point,
        id=unit.new_id(),
        contact_id=contact_id,
        channel=Channel.EMAIL,
        value=address,
        lookup=address.lower(),
        verified_at=None,
    )
    return unit.first(_NEWCOMER, {"as_typed": address, "lookup": address.lower()})


def mint_code(desk: Desk, challenge_id: int) -> Minted | None:
    """Make the code of a challenge and keep its hash; None when it is used or over. The job sends it (OTP-01, OTP-02)."""
    code = new_code()
    expires_at = desk.perform(SYSTEM, _keep_code, challenge_id, CODES.hashed(code)).value
    return None if expires_at is None else Minted(Hidden(code), expires_at)


def _keep_code(unit: Unit, challenge_id: int, code_hash: str) -> datetime | None:
    """Keep the hash of a code; returns until when the code works, None when it is used or over."""
    unit.require(Permission.RUN_JOBS)
    found: datetime | None = unit.value(_MINT, {"of": challenge_id, "hash": code_hash, "now": unit.now})
    return found


def check_code(desk: Desk, reference: UUID, code: str, browser_hash: str, *, with_new: bool = False) -> Checked:
    """Check a code and open a session. Never raises for a wrong one: the count must be committed (OTP-03 to OTP-06).

    `with_new` lets in somebody who books as a new family, too, without a session: the used code is the proof (`proved`). The guess is compared first and decided then, in one short write: of many at once no more than five count. The session's
    token is made here: an answer to a commit that got lost does not lose it.
    """
    try:
        text = parse_code(code)
    except Invalid as error:
        return Checked(error.sentence)
    asked = desk.query(SYSTEM, asked_code, reference, browser_hash)
    if asked is None:
        return Checked(unusable())
    fits, token = CODES.matches(asked.code_hash, text), new_token()
    checked = desk.perform(SYSTEM, _guessed, asked, hashed(token), fits=fits, with_new=with_new).value
    return replace(checked, token=Hidden(token)) if checked.ok and not checked.is_new else checked


def asked_code(unit: Unit, reference: UUID, browser_hash: str, link_id: ManageLinkId | None = None) -> Challenge | None:
    """Return the code that was asked for in this browser, for this manage link or to sign in; None when there is none."""
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_ASKED, {"of": reference, "browser": browser_hash, "link": link_id})
    return None if row is None else Challenge(row.id, row.subject, row.created_at, row.code_hash)


def _guessed(unit: Unit, asked: Challenge, session_hash: str, *, fits: bool, with_new: bool) -> Checked:
    unit.require(Permission.RUN_JOBS)
    checked = counted(unit, asked, _call(unit), fits=fits, with_new=with_new)
    if checked.contact_id is None or checked.is_new:
        return checked
    return open_session(unit, checked.contact_id, session_hash)


def counted(unit: Unit, asked: Challenge, call: str, *, fits: bool, with_new: bool = False) -> Checked:
    """Decide what becomes of a guess, within the use case that opens something for a right one.

    One UPDATE counts it and locks the code; a code made anew since then was not guessed. `call` is said when there were too many.
    """
    guess = {"of": asked.id, "now": unit.now, "subject": asked.subject, "asked_at": asked.asked_at}
    row = unit.first(_GUESS, guess)
    subject = asked.subject.replace("code:", "wrong:", 1)
    wrong = len(unit.rows(_COUNTED, {"subject": subject, "since": unit.now - DAY}))
    about = (row.contact_id or 0) if row is not None else 0
    if wrong >= WRONG_A_DAY:
        unit.record("code_refused", Topic.SESSION, about, broadcast=False)
        return Checked(call, call_practice=True)
    if row is None:
        return Checked(unusable())
    right = fits and row.code_hash == asked.code_hash
    known = unit.first(_NAME, {"id": row.contact_id}) if right and row.contact_id is not None else None
    if known is not None:
        unit.run(update(schema.challenge).where(challenge.id == asked.id).values(used_at=unit.now))
        return Checked("", ContactId(row.contact_id))
    if right and with_new and unit.first(_IS_NEW, {"id": row.contact_id}) is not None:
        unit.run(update(schema.challenge).where(challenge.id == asked.id).values(used_at=unit.now))
        unit.record("proved_address", Topic.SESSION, row.contact_id, broadcast=False)
        return Checked("", ContactId(row.contact_id), is_new=True)
    unit.insert(schema.throttle, id=unit.new_id(), subject=subject, at=unit.now)
    unit.record("code_refused", Topic.SESSION, about, broadcast=False)
    if wrong + 1 >= WRONG_A_DAY:
        return Checked(call, call_practice=True)
    return Checked(_("This is not the code. Check the e-mail and type it again, or ask for a new one."))


def portal_session(unit: Unit, token: str) -> PortalSession:
    """Return who a cookie's token stands for; raises SignedOut after 30 idle minutes, 12 hours, or without any right left."""
    unit.require(Permission.RUN_JOBS)
    row = unit.first(
        _APPOINTMENT,
        {"token_hash": hashed(token), "now": unit.now, "idle_since": unit.now - IDLE, "today": _today(unit)},
    )
    if row is None:
        raise SignedOut(_("You have been signed out. Ask for a new code to sign in again."))
    actor = Actor(ActorKind.CONTACT, row.id, full_name(row.given_name, row.family_name), desk="portal")
    return PortalSession(actor, row.language, row.expires_at, touch_due=row.last_seen_at <= unit.now - _TOUCH_EVERY)


def choose_language(unit: Unit, language: str) -> None:
    """Remember in which language a contact reads our pages and letters (RE2, NT2)."""
    unit.require(Permission.USE_PORTAL)
    changed = unit.run(
        update(schema.contact)
        .where(contact.id == unit.actor.contact_id, contact.language != known_language(language))
        .values(language=known_language(language), version=contact.version + 1)
    )
    if changed:
        unit.record("chose_language", Topic.PATIENT, unit.actor.contact_id)


def touch(unit: Unit, token: str) -> None:
    """Note that the session is in use, which starts its idle time anew."""
    unit.require(Permission.RUN_JOBS)
    unit.run(
        update(schema.portal_session)
        .where(session.token_hash == hashed(token), session.ended_at.is_(None), session.last_seen_at > unit.now - IDLE)
        .values(last_seen_at=unit.now)
    )


def sign_out(unit: Unit, token: str) -> None:
    """End a session; one that is not there is no matter."""
    unit.require(Permission.RUN_JOBS)
    for row in unit.rows(_END, {"token": hashed(token), "now": unit.now}):
        unit.record("signed_out", Topic.SESSION, row.contact_id, broadcast=False)


def end_sessions(unit: Unit, contact_id: ContactId) -> None:
    """End every session of a contact: inside the use case that takes a right away or switches the contact off."""
    unit.require(Permission.VIEW_PATIENTS)
    ended = unit.run(
        update(schema.portal_session)
        .where(session.contact_id == contact_id, session.ended_at.is_(None))
        .values(ended_at=unit.now)
    )
    if ended:
        unit.record("ended_session", Topic.SESSION, contact_id, broadcast=False)


def too_many(unit: Unit, subject: str, call: str) -> str:
    """Return why no further code is given now, "" when one is; `call` is what is said for the rest of the day."""
    wrong = len(unit.rows(_COUNTED, {"subject": f"wrong:{subject}", "since": unit.now - DAY}))
    asked = [row.at for row in unit.rows(_COUNTED, {"subject": f"code:{subject}", "since": unit.now - DAY})]
    if wrong >= WRONG_A_DAY or len(asked) >= CODES_A_DAY:
        return call
    if sum(at > unit.now - SOON for at in asked) >= CODES_SOON:
        return _("Several codes were asked for just now. Use the newest e-mail, or wait 15 minutes for another code.")
    return ""


def proved(unit: Unit, browser_hash: str) -> ContactId | None:
    """Return the contact without a name who has proved an address in this browser within the hour; None when nobody has.

    Whoever else would name it waits for this transaction.
    """
    unit.require(Permission.BOOK_ONLINE)
    found = unit.value(_PROVED_LOCKED, {"browser": browser_hash, "since": unit.now - PROOF_LENGTH})
    return None if found is None else ContactId(found)


def is_proved(unit: Unit, browser_hash: str) -> bool:
    """Tell whether somebody new has proved an address in this browser."""
    unit.require(Permission.BOOK_ONLINE)
    asked = {"browser": browser_hash, "since": unit.now - PROOF_LENGTH}
    return unit.first(_PROVED, asked) is not None


def open_session(unit: Unit, contact_id: ContactId, session_hash: str) -> Checked:
    """Open a session for a contact who has proved an address, within the use case that has looked at the proof."""
    unit.insert(
        schema.portal_session,
        token_hash=session_hash,
        contact_id=contact_id,
        created_at=unit.now,
        last_seen_at=unit.now,
        expires_at=unit.now + SESSION_LENGTH,
    )
    unit.record("signed_in", Topic.SESSION, contact_id, broadcast=False)
    return Checked("", contact_id)


def unusable() -> str:
    """Say that a code is over, or was never one."""
    return _("This code cannot be used any more. Ask for a new one.")


def _call(unit: Unit) -> str:
    phone = unit.settings.practice_phone
    if not phone:
        return _("Signing in has failed too often today. Please call the practice.")
    return _("Signing in has failed too often today. Please call the practice at {phone}.").format(phone=phone)


def _today(unit: Unit) -> date:
    return unit.time.day_of(unit.now)
