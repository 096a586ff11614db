"""Staff sign-in: passwords, one-time codes, throttling and sessions; the portal's sign-in is in `portal_access`.

A password is compared between two transactions, never inside one: that takes a tenth of a second, and others write meanwhile.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, bindparam, delete, exists, select, update

from request_desk.domain import passwords
from request_desk.domain.access import SYSTEM, Actor, ActorKind, Permission, Role, session_stands
from request_desk.domain.changes import Topic
from request_desk.domain.directory import ADMINISTRATOR_LOGIN, Staff
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Refused, SignedOut
from request_desk.domain.ids import ProviderId, StaffId, hashed, new_token
from request_desk.domain.words import _
from request_desk.services.desk import Desk, Unit
from request_desk.services.inbox import routing
from request_desk.store import schema

PRODUCT: Final = "Request Desk"
SESSION_LENGTH: Final = timedelta(hours=12)  # absolute (AUTH-11)
CODE_LENGTH: Final = timedelta(hours=24)  # until it is handed over, the next morning at the latest
_CODE_GROUPS: Final = 7  # of four signs: 140 bits, since it is good for longer than ten minutes (AUTH-08)
FREE_FAILURES: Final = 3  # before the first delay (AUTH-05)
LONGEST_DELAY: Final = timedelta(seconds=60)
LOCKING_FAILURES: Final = 10
DESK_FAILURES: Final = 50
WINDOW: Final = timedelta(minutes=15)
MEMORY: Final = timedelta(hours=24)  # how long a failure counts towards the delay
_LOOKS: Final = 3  # at an account that is changed each time between the look and the decision
_NAME_LIMIT: Final = 200  # signs of a login or a desk
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs that nobody mistakes for another
_REFERENCE: Final = 16  # signs of a session's hash that name it to an administrator

staff, session, throttle, claim = schema.staff.c, schema.staff_session.c, schema.throttle.c, schema.claim.c
# Tries are decided one after the other, whatever account they name: the failures of a desk are counted over all of them.
_ONE_BY_ONE = select(schema.practice.c.id).with_for_update()
_HASH = select(staff.password_hash).where(staff.login == bindparam("login"))
_OWN_HASH = select(staff.login, staff.name, staff.password_hash).where(staff.id == bindparam("id"))
_STAFF_BY_LOGIN = select(*staff).where(staff.login == bindparam("login")).with_for_update()
_STAFF_BY_ID = select(*staff).where(staff.id == bindparam("id")).with_for_update()
_FAILURES = (
    select(throttle.at)
    .where(throttle.subject == bindparam("subject"), throttle.at > bindparam("since"))
    .order_by(throttle.at.desc())
    .limit(DESK_FAILURES)
)
_FORGIVE = delete(schema.throttle).where(throttle.subject == bindparam("subject"))
_SESSION = (
    select(*staff, session.token_hash, session.expires_at, session.revoked_at)
    .select_from(schema.staff_session.join(schema.staff, staff.id == session.staff_id))
    .where(session.token_hash == bindparam("token_hash"))
)
_SESSIONS = (
    select(
        session.token_hash,
        session.staff_id,
        staff.name,
        session.desk,
        session.created_at,
        session.expires_at,
    )
    .select_from(schema.staff_session.join(schema.staff, staff.id == session.staff_id))
    .where(session.revoked_at.is_(None), session.expires_at > bindparam("now"))
    .order_by(session.created_at.desc())
)
_END_OTHERS = (
    update(schema.staff_session)
    .where(
        session.staff_id == bindparam("staff"), session.token_hash != bindparam("kept"), session.revoked_at.is_(None)
    )
    .values(revoked_at=bindparam("now"))
)
_STRENGTHEN = (
    update(schema.staff)
    .where(staff.id == bindparam("who"), staff.password_hash == bindparam("old"))
    .values(password_hash=bindparam("new"))
)
_IS_SIGNED_IN = select(
    exists().where(
        session.staff_id == bindparam("staff"), session.revoked_at.is_(None), session.expires_at > bindparam("now")
    )
)
_CLAIMS = select(claim.request_id, claim.desk).where(claim.staff_id == bindparam("staff")).order_by(claim.request_id)
_LET_GO = delete(schema.claim).where(claim.request_id == bindparam("of"), claim.staff_id == bindparam("staff"))


@dataclass(frozen=True, slots=True)
class Passwords:
    """How passwords are hashed; `dummy` is verified when there is nothing to compare, so that the answer takes as long."""

    hasher: PasswordHasher
    dummy: str

    def hashed(self, password: str) -> str:
        return self.hasher.hash(password)

    def matches(self, stored: str, password: str) -> bool:
        """Compare; without a stored hash the answer is no and takes as long (AUTH-06)."""
        try:
            self.hasher.verify(stored or self.dummy, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)

    def is_outdated(self, stored: str) -> bool:
        return self.hasher.check_needs_rehash(stored)


# 64 MiB, 3 passes, 1 lane: 0.14 s here (security.md M21). The dummies are hashes of thrown-away random bytes.
PASSWORDS: Final = Passwords(
    PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1, salt_len=16),
    "$argon2id$v=19$m=65536,t=3,p=1$5FGpuOI4KEh7T8k0ZfboYg$oGgxPFWm7OL+Vc+nYaiy6522DZt9N0xox3gQNgO3uGY",
)
# Six digits live ten minutes: trying all of them against a stolen hash takes hours (OTP-02).
CODES: Final = Passwords(
    PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, salt_len=16),
    "$argon2id$v=19$m=19456,t=2,p=1$SYmRofQhYnLuhIxuYyfFRw$GS4v49hFSMIN691DUP4pa1i9xeN67ahhsEQ6ai63UyI",
)


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Hidden:
    """A secret on its way to its one reader: it has no field, so it is neither printed nor stored with a command's answer."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        object.__setattr__(self, "_text", text)

    @property
    def text(self) -> str:
        return str(getattr(self, "_text", ""))

    def __repr__(self) -> str:
        return "Hidden()"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in. Every act passes `actor`, whose session the database vouches for; `token` resumes it."""

    staff: Staff
    must_change: bool
    expires_at: datetime
    actor: Actor
    token: Hidden = field(default_factory=Hidden, compare=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a try: signed in, or the one sentence for every failure."""

    signed_in: SignedIn | None
    sentence: str


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A code that works once in place of a password, and then asks for a new one."""

    login: str
    code: Hidden
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A place where somebody is signed in; `reference` names it for `end_session`."""

    reference: str
    staff_id: StaffId
    staff_name: str
    desk: str
    created_at: datetime
    expires_at: datetime
    is_this: bool


def refusal() -> str:
    """Return what every failed sign-in is told, whatever the reason (AUTH-06)."""
    return _(
        "User name and password do not match, or the account has to wait. Try again; after several tries, wait up to 15 minutes."
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What was compared between two transactions: the hash as it stood then, and whether the password fits it."""

    stored: str
    fits: bool


def sign_in(desk: Desk, login: str, password: str, place: str) -> Attempt:
    """Sign somebody in by password or one-time code, and count the failure if not (AUTH-05, AUTH-06).

    Read the hash, compare, decide in one short write: whether the account is still as it was, whether it has to wait, and what
    becomes of the try. A try is worth nothing before that write, so that of many at once no more count than may. The session's
    token is made here: an answer to a commit that got lost does not lose it.
    """
    program = replace(SYSTEM, desk=place[:_NAME_LIMIT])
    name, text, token = login_key(login), _typed(password), new_token()
    for _look in range(_LOOKS):
        look = _compared(desk.query(program, _hash_of, name), text)
        attempt = desk.perform(program, _decided, name, look, hashed(_code_key(text)), hashed(token)).value
        if attempt is None:
            continue
        if attempt.signed_in is None:
            return attempt
        if look.fits and PASSWORDS.is_outdated(look.stored):
            with suppress(Refused):  # the next sign-in does it
                desk.perform(program, _strengthened, attempt.signed_in.staff.id, look.stored, PASSWORDS.hashed(text))
        return replace(attempt, signed_in=replace(attempt.signed_in, token=Hidden(token)))
    return Attempt(None, refusal())


def _hash_of(unit: Unit, name: str) -> str:
    unit.require(Permission.RUN_JOBS)
    return str(unit.value(_HASH, {"login": name}) or "")


def _decided(unit: Unit, name: str, look: _Look, code_hash: str, session_hash: str) -> Attempt | None:
    """Decide what becomes of a try; None when the password was changed since it was compared.

    Never raises for a wrong one: the count must be committed. A login that is not known leaves the same lines as one that is.
    """
    unit.require(Permission.RUN_JOBS)
    unit.first(_ONE_BY_ONE)
    row = unit.first(_STAFF_BY_LOGIN, {"login": name})
    if look.stored != (row.password_hash if row is not None else ""):
        return None
    waits = _waits(unit, name)
    by_code = _is_code(row, code_hash, unit.now)
    if row is None or not row.active or waits or not (look.fits or by_code):
        _count_failure(unit, name, counted=not waits)
        unit.record("sign_in_refused", Topic.SESSION, row.id if row is not None else 0, broadcast=False)
        return Attempt(None, refusal())
    unit.run(_FORGIVE, {"subject": _account(name)})
    if by_code:
        unit.run(update(schema.staff).where(staff.id == row.id).values(code_hash="", code_expires_at=None))
    return Attempt(_open_session(unit, row, session_hash), "")


def _strengthened(unit: Unit, staff_id: StaffId, old: str, new: str) -> None:
    """Replace a hash of lower strength, unless the password was changed meanwhile (AUTH-02)."""
    unit.require(Permission.RUN_JOBS)
    unit.run(_STRENGTHEN, {"who": staff_id, "old": old, "new": new})


def resume(unit: Unit, token: str, desk: str) -> SignedIn:
    """Return to a session that was kept; raises SignedOut when it does not stand any more. Reads only."""
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_SESSION, {"token_hash": hashed(token)})
    if row is None or not session_stands(
        active=row.active, revoked_at=row.revoked_at, expires_at=row.expires_at, now=unit.now
    ):
        raise SignedOut(_("You have been signed out. Sign in again; what you typed is kept."))
    return SignedIn(staff_view(row), row.must_change, row.expires_at, _actor(row, row.token_hash, desk), Hidden(token))


def sign_out(unit: Unit) -> None:
    """End the actor's own session and let go of what is claimed at this desk (MC8)."""
    unit.require(Permission.OWN_ACCOUNT)
    _end(unit, unit.actor.session)
    _let_go(unit, unit.actor.id, at=unit.actor.desk)
    unit.record("signed_out", Topic.SESSION, unit.actor.id, broadcast=False)


def change_password(desk: Desk, actor: Actor, current: str, new: str) -> Attempt:
    """Set the actor's own password and end every other session of theirs (AUTH-09).

    `current` is looked at unless there is none yet: after a one-time code. A wrong one is counted and told by the attempt's
    sentence; raises Invalid for a new one that will not do.
    """
    text, fresh = _typed(current), ""
    for _look in range(_LOOKS):
        stored, personal = desk.query(actor, _own_password)
        accepted = passwords.accepted(new, personal=personal)
        fresh = fresh or PASSWORDS.hashed(accepted)  # for a wrong `current` too: the time must not tell which it is
        look = _compared(stored, text) if stored else _Look("", fits=False)
        attempt = desk.perform(actor, _changed_password, look, fresh, is_same=accepted == text).value
        if attempt is not None:
            return attempt
    return Attempt(None, _wrong_password())


def _own_password(unit: Unit) -> tuple[str, tuple[str, ...]]:
    unit.require(Permission.OWN_ACCOUNT)
    row = unit.first(_OWN_HASH, {"id": unit.actor.staff_id})
    if row is None:
        raise NotFound(_("This account is not there any more. Reload to see the present state."))
    return row.password_hash, _personal(unit, row)


def _changed_password(unit: Unit, look: _Look, fresh: str, *, is_same: bool) -> Attempt | None:
    unit.require(Permission.OWN_ACCOUNT)
    unit.first(_ONE_BY_ONE)
    row = _row(unit, unit.actor.staff_id)
    if look.stored != row.password_hash:
        return None
    if row.password_hash:
        waits = _waits(unit, row.login)
        if waits or not look.fits:
            _count_failure(unit, row.login, counted=not waits)
            unit.record("password_refused", Topic.SESSION, row.id, broadcast=False)
            return Attempt(None, _wrong_password())
        if is_same:
            raise Invalid(_("The new password is the current one. Choose another."), field="New password")
        unit.run(_FORGIVE, {"subject": _account(row.login)})
    _store_password(unit, row, fresh)
    unit.run(_END_OTHERS, {"staff": row.id, "kept": unit.actor.session, "now": unit.now})
    _let_go(unit, row.id, but=unit.actor.desk)
    unit.record("changed_password", Topic.SESSION, row.id)
    return Attempt(_present(unit, _row(unit, unit.actor.staff_id)), "")


def confirm_password(desk: Desk, actor: Actor, password: str) -> str:
    """Tell whether the actor typed the own password just now, before an act that asks for it again (AUTZ-08).

    Returns "" when it is right, else the sentence to show; a wrong one is counted like one at the sign-in.
    """
    text = _typed(password)
    for _look in range(_LOOKS):
        stored, _personal_words = desk.query(actor, _own_password)
        sentence = desk.perform(actor, _confirmed, _compared(stored, text)).value
        if sentence is not None:
            return sentence
    return _wrong_password()


def _confirmed(unit: Unit, look: _Look) -> str | None:
    unit.require(Permission.OWN_ACCOUNT)
    unit.first(_ONE_BY_ONE)
    row = _row(unit, unit.actor.staff_id)
    if look.stored != row.password_hash:
        return None
    waits = _waits(unit, row.login)
    if waits or not look.fits:
        _count_failure(unit, row.login, counted=not waits)
        unit.record("password_refused", Topic.SESSION, row.id, broadcast=False)
        return _wrong_password()
    unit.run(_FORGIVE, {"subject": _account(row.login)})
    unit.record("confirmed_password", Topic.SESSION, row.id, broadcast=False)
    return ""


def set_password(unit: Unit, staff_id: StaffId, password: str) -> None:
    """Give an account its password without asking for one: for the program's own accounts of a demo practice."""
    unit.require(Permission.RUN_JOBS)
    row = _row(unit, staff_id)
    accepted = passwords.accepted(password, personal=_personal(unit, row))
    _store_password(unit, row, PASSWORDS.hashed(accepted))
    unit.record("changed_password", Topic.SESSION, staff_id)


def reset_password(unit: Unit, staff_id: StaffId, *, expect_version: int) -> OneTimeCode:
    """Replace a password by a one-time code and end the person's sessions (AUTH-08)."""
    unit.require(Permission.MANAGE_STAFF)
    row = _row(unit, staff_id)
    if not row.active:
        raise Invalid(_("This account is switched off. Switch it on first."), field="Staff")
    if row.login == ADMINISTRATOR_LOGIN and unit.actor.id != staff_id:
        raise NotAllowed(_("Only the administrator login itself can change its password."))
    return _new_code(unit, row, expect_version=expect_version)


def first_code(unit: Unit) -> OneTimeCode:
    """Give the reserved administrator a one-time code: for `init`, and for whoever runs the machine when it is lost."""
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_STAFF_BY_LOGIN, {"login": ADMINISTRATOR_LOGIN})
    if row is None:
        raise NotFound(_("There is no administrator account yet."))
    return _new_code(unit, row, expect_version=None)


def code_for_new(unit: Unit, staff_id: StaffId) -> OneTimeCode:
    """Give an account that was just added its one-time code."""
    unit.require(Permission.MANAGE_STAFF)
    return _new_code(unit, _row(unit, staff_id), expect_version=None)


def sessions(unit: Unit, staff_id: StaffId | None = None) -> tuple[Session, ...]:
    """Return where people are signed in, newest first; the own ones, or all for an administrator (AUTH-11)."""
    unit.require(Permission.OWN_ACCOUNT)
    wanted = staff_id
    if wanted != unit.actor.id:
        unit.require(Permission.MANAGE_STAFF)
    return tuple(
        Session(
            row.token_hash[:_REFERENCE],
            StaffId(row.staff_id),
            row.name,
            row.desk,
            row.created_at,
            row.expires_at,
            row.token_hash == unit.actor.session,
        )
        for row in unit.rows(_SESSIONS, {"now": unit.now})
        if wanted in (None, row.staff_id)
    )


def end_session(unit: Unit, reference: str) -> None:
    """End one session at once: an own one, or any for an administrator."""
    unit.require(Permission.OWN_ACCOUNT)
    for row in unit.rows(_SESSIONS, {"now": unit.now}):
        if secrets.compare_digest(row.token_hash[:_REFERENCE].encode(), reference.encode("utf-8", "replace")):
            if row.staff_id != unit.actor.id:
                unit.require(Permission.MANAGE_STAFF)
            _end(unit, row.token_hash)
            _let_go(unit, row.staff_id, at=row.desk)
            unit.record("ended_session", Topic.SESSION, row.staff_id)
            return
    raise NotFound(_("This session has ended already."))


def end_sessions(unit: Unit, staff_id: StaffId) -> None:
    """End every session of somebody: inside the use case that switches an account off or changes what it may do."""
    unit.require(Permission.MANAGE_STAFF)
    if unit.run(_END_OTHERS, {"staff": staff_id, "kept": "", "now": unit.now}):
        unit.record("ended_session", Topic.SESSION, staff_id)
    _let_go(unit, staff_id)


def login_key(login: str) -> str:
    """Return a login as it is stored: small letters, `$AD` as it is written."""
    key = passwords.normal(login[:200]).strip().casefold()
    return ADMINISTRATOR_LOGIN if key == ADMINISTRATOR_LOGIN.casefold() else key


def staff_view(row: Row[Any]) -> Staff:
    """Make the view of a staff row."""
    return Staff(
        StaffId(row.id),
        row.login,
        row.name,
        row.initials,
        frozenset(Role(role) for role in row.roles),
        ProviderId(row.provider_id) if row.provider_id is not None else None,
        row.active,
        row.version,
    )


def delay_after(failures: Sequence[datetime], now: datetime) -> timedelta:
    """Return how long an account waits, given its failures newest first (AUTH-05)."""
    if not failures:
        return timedelta(0)
    newest = failures[0]
    if sum(newest - at < WINDOW for at in failures) >= LOCKING_FAILURES:
        delay = WINDOW
    elif len(failures) > FREE_FAILURES:
        delay = min(LONGEST_DELAY, timedelta(seconds=2 ** min(len(failures) - FREE_FAILURES - 1, 10)))
    else:
        delay = timedelta(0)
    return max(timedelta(0), newest + delay - now)


def _typed(password: str) -> str:
    """The password as it is compared; "" for one that nobody can have, which is refused without hashing it (AUTH-03)."""
    return "" if passwords.is_too_long(password) else passwords.normal(password)


def _compared(stored: str, text: str) -> _Look:
    return _Look(stored, bool(text) and PASSWORDS.matches(stored, text))


def _account(login: str) -> str:
    return f"staff:{login}"[:_NAME_LIMIT]


def _place(unit: Unit) -> str:
    return f"desk:{unit.actor.desk}"[:_NAME_LIMIT]


def _waits(unit: Unit, login: str) -> bool:
    failures = [row.at for row in unit.rows(_FAILURES, {"subject": _account(login), "since": unit.now - MEMORY})]
    if delay_after(failures, unit.now):
        return True
    return len(unit.rows(_FAILURES, {"subject": _place(unit), "since": unit.now - WINDOW})) >= DESK_FAILURES


def _wrong_password() -> str:
    return _(
        "The password is not right, or the account has to wait. Try again; after several tries, wait up to 15 minutes."
    )


def _present(unit: Unit, row: Row[Any]) -> SignedIn:
    found = unit.first(_SESSION, {"token_hash": unit.actor.session})
    return SignedIn(staff_view(row), row.must_change, found.expires_at if found is not None else unit.now, unit.actor)


def _count_failure(unit: Unit, login: str, *, counted: bool) -> None:
    """Count a try that was looked at; one that came while waiting was not, or a stranger could lock an account for ever."""
    if counted:
        for each in (_account(login), _place(unit)):
            unit.insert(schema.throttle, id=unit.new_id(), subject=each, at=unit.now)


def _is_code(row: Row[Any] | None, code_hash: str, now: datetime) -> bool:
    """Tell whether this is the hash of the account's one-time code."""
    if row is None or not row.code_hash or row.code_expires_at is None or row.code_expires_at <= now:
        return False
    return secrets.compare_digest(code_hash, row.code_hash)


def _code_key(text: str) -> str:
    """A one-time code as it is compared: hyphens and small letters are no matter."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _new_code(unit: Unit, row: Row[Any], *, expect_version: int | None) -> OneTimeCode:
    code = "-".join("".join(secrets.choice(_ALPHABET) for _sign in range(4)) for _group in range(_CODE_GROUPS))
    expires_at = unit.now + CODE_LENGTH
    unit.change(
        schema.staff,
        row.id,
        expect_version,
        password_hash="",
        must_change=True,
        code_hash=hashed(_code_key(code)),
        code_expires_at=expires_at,
    )
    unit.run(_END_OTHERS, {"staff": row.id, "kept": "", "now": unit.now})
    _let_go(unit, row.id)
    if row.password_hash:
        routing.reroute(unit)  # until they have chosen a new one they cannot act on what comes to them
    unit.run(_FORGIVE, {"subject": _account(row.login)})
    unit.record("gave_code", Topic.STAFF, row.id)
    return OneTimeCode(row.login, Hidden(code), expires_at)


def _open_session(unit: Unit, row: Row[Any], session_hash: str) -> SignedIn:
    expires_at, desk = unit.now + SESSION_LENGTH, unit.actor.desk
    unit.insert(
        schema.staff_session,
        token_hash=session_hash,
        staff_id=row.id,
        desk=desk,
        created_at=unit.now,
        last_seen_at=unit.now,
        expires_at=expires_at,
    )
    unit.record("signed_in", Topic.SESSION, row.id, broadcast=False)
    must_change = row.must_change or not row.password_hash
    return SignedIn(staff_view(row), must_change, expires_at, _actor(row, session_hash, desk))


def _actor(row: Row[Any], session_hash: str, desk: str) -> Actor:
    view = staff_view(row)
    return Actor(ActorKind.STAFF, view.id, view.name, view.roles, view.provider_id, desk, session_hash)


def _store_password(unit: Unit, row: Row[Any], password_hash: str) -> None:
    unit.run(
        update(schema.staff)
        .where(staff.id == row.id)
        .values(
            password_hash=password_hash,
            must_change=False,
            code_hash="",
            code_expires_at=None,
            version=staff.version + 1,
        )
    )
    if not row.password_hash:
        unit.record("chose_first_password", Topic.STAFF, row.id)  # lists of who can act are read anew
        routing.reroute(unit)  # from now on they can act on what comes to them


def _personal(unit: Unit, row: Row[Any]) -> tuple[str, ...]:
    return (row.login, row.name, unit.settings.practice_name, PRODUCT)


def _row(unit: Unit, staff_id: StaffId) -> Row[Any]:
    row = unit.first(_STAFF_BY_ID, {"id": staff_id})
    if row is None:
        raise NotFound(_("This account is not there any more. Reload to see the present state."))
    return row


def _end(unit: Unit, session_hash: str) -> None:
    unit.run(
        update(schema.staff_session)
        .where(session.token_hash == session_hash, session.revoked_at.is_(None))
        .values(revoked_at=unit.now)
    )


def _let_go(unit: Unit, staff_id: int, *, at: str = "", but: str = "") -> None:
    """Release what somebody has claimed at the desk `at`, or at every desk `but` one, and tell the others.

    Whoever is signed in nowhere any more has nothing: a session that was resumed goes on at a desk of another name.
    """
    is_gone = not unit.value(_IS_SIGNED_IN, {"staff": staff_id, "now": unit.now})
    for row in unit.rows(_CLAIMS, {"staff": staff_id}):
        if is_gone or (row.desk != but if but else row.desk == at):
            unit.run(_LET_GO, {"of": row.request_id, "staff": staff_id})
            unit.record("released", Topic.CLAIM, row.request_id)
