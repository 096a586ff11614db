"""Booking tokens of partners (PP3): accepted, exchanged for a launch code that opens one browser, used for one appointment.

A launch is the actor PARTNER of the booking pages: `scope` says for whom and what, `record_use` is called in the
transaction that books.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from sqlalchemy import Row, and_, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from request_desk.domain.access import Actor, ActorKind, Permission
from request_desk.domain.booking_tokens import (
    ALGORITHM,
    AUDIENCE,
    LEEWAY,
    BadToken,
    BookingClaims,
    UncheckedToken,
    check_claims,
    read_token,
)
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, NotAllowed, Refused, SignedOut
from request_desk.domain.ids import AppointmentId, LaunchId, LocationId, PatientId, SecretId, TypeId, hashed, new_token
from request_desk.domain.sealing import SealBroken
from request_desk.domain.text import parse_id
from request_desk.domain.words import _
from request_desk.logs import Word
from request_desk.services.desk import Unit
from request_desk.services.practice.booking_secrets import place_of
from request_desk.store import schema

logger = logging.getLogger(__name__)

CODE_LENGTH: Final = timedelta(minutes=2)  # of a launch code, until a browser opens it
SESSION_LENGTH: Final = timedelta(minutes=15)  # of that browser, to choose a time
_SEEN_EVERY: Final = timedelta(minutes=1)

secret, begun, used = schema.booking_secret.c, schema.booking_launch.c, schema.booking_token_use.c
patient, kind, place = schema.patient.c, schema.appointment_type.c, schema.location.c
_SECRET: Final = select(secret.id, secret.name, secret.sealed).where(
    secret.key_id == bindparam("key_id"), secret.revoked_at.is_(None)
)
_STANDS: Final = (
    select(secret.id).where(secret.id == bindparam("which"), secret.revoked_at.is_(None)).with_for_update(read=True)
)
_SEEN: Final = (
    update(schema.booking_secret)
    .where(
        secret.id == bindparam("which"),
        secret.revoked_at.is_(None),
        or_(secret.last_used_at.is_(None), secret.last_used_at < bindparam("due")),
    )
    .values(last_used_at=bindparam("at"))
)
_PATIENT: Final = select(patient.id, patient.merged_into_id, patient.active, patient.deceased).where(
    patient.id == bindparam("which")
)
_TYPE: Final = select(kind.id).where(kind.name == bindparam("called"), kind.active)
_PLACE: Final = select(place.id).where(place.name == bindparam("called"), place.active)
_USE: Final = select(used.appointment_id, used.at).where(
    used.secret_id == bindparam("secret_id"), used.jti == bindparam("jti")
)
_BOOKED: Final = select(schema.appointment.c.starts_at).where(schema.appointment.c.id == bindparam("which"))
_FIRST: Final = (
    select(begun.patient_id, begun.type_id, begun.location_id)
    .where(begun.secret_id == bindparam("secret_id"), begun.jti == bindparam("jti"))
    .order_by(begun.id)
    .limit(1)
)
_live = schema.booking_launch.join(schema.booking_secret, secret.id == begun.secret_id)
_CODE: Final = (
    select(begun.id)
    .select_from(_live)
    .where(
        begun.code_hash == bindparam("code"),
        begun.opened_at.is_(None),
        begun.expires_at > bindparam("now"),
        secret.revoked_at.is_(None),
    )
)
_OPEN: Final = (
    update(schema.booking_launch)
    .where(begun.id == bindparam("which"), begun.opened_at.is_(None))
    .values(opened_at=bindparam("at"), session_hash=bindparam("session"), expires_at=bindparam("until"))
)
_LAUNCH: Final = (
    select(
        *begun,
        used.appointment_id,
        secret.name.label("partner"),
        patient.given_name,
        kind.name.label("type_name"),
        place.name.label("location_name"),
    )
    .select_from(
        _live.join(schema.patient, patient.id == begun.patient_id)
        .outerjoin(schema.appointment_type, kind.id == begun.type_id)
        .outerjoin(schema.location, place.id == begun.location_id)
        .outerjoin(schema.booking_token_use, and_(used.secret_id == begun.secret_id, used.jti == begun.jti))
    )
    .where(begun.opened_at.is_not(None), begun.expires_at > bindparam("now"), secret.revoked_at.is_(None))
)
_BY_SESSION: Final = _LAUNCH.where(begun.session_hash == bindparam("session"))
_BY_ID: Final = _LAUNCH.where(begun.id == bindparam("which"))
_MOVED: Final = (
    update(schema.booking_token_use)
    .where(used.appointment_id == bindparam("held"))
    .values(appointment_id=bindparam("booked"))
)
# Whoever comes second waits for the first, and writes nothing.
_CLAIM: Final = {
    True: sqlite.insert(schema.booking_token_use).on_conflict_do_nothing(),
    False: postgresql.insert(schema.booking_token_use).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class AcceptedToken:
    """A token whose signature and claims are right, and the secret that it was made with."""

    secret_id: SecretId
    claims: BookingClaims


@dataclass(frozen=True, slots=True)
class Launched:
    """What a token was exchanged for; where it was used already, `booked_at` is the appointment that it made."""

    expires_at: datetime | None
    booked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LaunchScope:
    """What the launch is for; None is any. The booking page may offer less, and never more (JWT-08)."""

    patient_id: PatientId
    type_id: TypeId | None
    location_id: LocationId | None

    @property
    def location_ids(self) -> tuple[LocationId, ...]:
        """The one location, or () for any."""
        return () if self.location_id is None else (self.location_id,)

    def check(self, type_id: TypeId, location_id: LocationId) -> None:
        """Raise NotAllowed for a type or a location that the token does not cover."""
        if self.type_id not in {None, type_id} or self.location_id not in {None, location_id}:
            raise NotAllowed(_("This link is for another kind of visit or another place. Please call us."))


@dataclass(frozen=True, slots=True)
class LaunchView:
    """A launch as the family's page shows it; `is_used` once its token has booked an appointment, here or elsewhere."""

    actor: Actor
    scope: LaunchScope
    given_name: str
    type_name: str
    location_name: str
    expires_at: datetime
    is_used: bool


def accept(unit: Unit, token: str) -> AcceptedToken:
    """Look at a token; raises BadToken whatever is wrong with it, and says what to the log alone (JWT-10)."""
    unit.require(Permission.RUN_JOBS)
    try:
        return _accepted(unit, token)
    except BadToken as bad:
        logger.info("booking token refused: %s", Word(bad.reason))
        raise


def _accepted(unit: Unit, token: str) -> AcceptedToken:
    unchecked = read_token(token)
    row = unit.first(_SECRET, {"key_id": unchecked.key_id})
    try:
        value = new_token() if row is None else unit.sealer.unseal(row.sealed, place_of(row.id))
    except SealBroken as broken:
        logger.error("booking secret %s does not open", Word(unchecked.key_id))
        raise BadToken(reason="seal") from broken
    _verify(unchecked, value, "" if row is None else row.name, unit.now)
    if row is None:
        raise BadToken(reason="unknown-key")
    return AcceptedToken(SecretId(row.id), check_claims(unchecked.claims, row.name, unit.now))


def _verify(token: UncheckedToken, value: str, issuer: str, now: datetime) -> None:
    """Compare the signature in constant time, also of a token whose key nobody knows."""
    # The bytes of the value as it is written: what libraries of other languages take a secret text for.
    key = OctKey.import_key(value, {"kid": token.key_id, "alg": ALGORITHM, "use": "sig"})
    claims = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": AUDIENCE},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
        sub={"essential": True},
    )
    try:
        claims.validate(jwt.decode(token.text, KeySet([key]), algorithms=[ALGORITHM]).claims)
    except (JoseError, ValueError) as error:
        raise BadToken(reason="signature-or-claims") from error


def open_launch(unit: Unit, accepted: AcceptedToken, code_hash: str) -> Launched:
    """Exchange an accepted token for a launch code, of which the hash is given; nothing is booked yet.

    Raises BadToken where the secret was revoked meanwhile or the token was used for something else, Invalid for a patient, a type
    or a location that there is not.
    """
    unit.require(Permission.RUN_JOBS)
    claims, which = accepted.claims, {"which": accepted.secret_id}
    # Before the shared lock: of two that have that, neither could write.
    unit.run(_SEEN, which | {"at": unit.now, "due": unit.now - _SEEN_EVERY})
    if unit.first(_STANDS, which) is None:
        raise BadToken(reason="revoked")
    scope = _scope_of(unit, claims)
    token = {"secret_id": accepted.secret_id, "jti": claims.jti}
    if (use := unit.first(_USE, token)) is not None:
        if unit.first(_FIRST, token) != (scope.patient_id, scope.type_id, scope.location_id):
            raise BadToken(reason="used")
        return Launched(None, unit.value(_BOOKED, {"which": use.appointment_id}))
    launch_id = unit.new_id()
    expires_at = unit.now + CODE_LENGTH
    unit.insert(
        schema.booking_launch,
        id=launch_id,
        **token,
        patient_id=scope.patient_id,
        type_id=scope.type_id,
        location_id=scope.location_id,
        code_hash=code_hash,
        created_at=unit.now,
        expires_at=expires_at,
    )
    unit.record("accepted_booking_token", Topic.SESSION, launch_id, broadcast=False, secret_id=accepted.secret_id)
    return Launched(expires_at)


def code_stands(unit: Unit, code: str) -> bool:
    """Tell whether a launch code can still be opened; looking uses nothing up."""
    unit.require(Permission.RUN_JOBS)
    return unit.first(_CODE, {"code": hashed(code), "now": unit.now}) is not None


def open_code(unit: Unit, code: str, session_hash: str) -> bool:
    """Open a launch for one browser, once; False when the code is used, too old, or of a secret that was revoked."""
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_CODE, {"code": hashed(code), "now": unit.now})
    if row is None:
        return False
    opened = {"at": unit.now, "session": session_hash, "until": unit.now + SESSION_LENGTH}
    if not unit.run(_OPEN, {"which": row.id, **opened}):
        return False
    unit.record("opened_launch", Topic.SESSION, row.id, broadcast=False)
    return True


def launch_session(unit: Unit, token: str) -> LaunchView:
    """Return the launch that a browser opened; raises SignedOut when its time is over or the secret was revoked."""
    unit.require(Permission.RUN_JOBS)
    return _view(unit.first(_BY_SESSION, {"session": hashed(token), "now": unit.now}))


def scope(unit: Unit) -> LaunchScope:
    """Return what the partner's token covers; raises SignedOut when the launch does not stand any more."""
    return _scope(_standing(unit))


def launch_of(unit: Unit) -> LaunchView:
    """Return the launch of the partner who acts; raises SignedOut when it does not stand any more."""
    return _view(_standing(unit))


def record_use(unit: Unit, appointment_id: AppointmentId) -> AppointmentId:
    """Use the token up for an appointment, in the transaction that books it, and return the one that it is used for (JWT-07).

    Another id than the given one is the appointment of an earlier confirmation: then nothing more is to be booked.
    """
    row = _standing(unit)
    if unit.first(_STANDS, {"which": row.secret_id}) is None:
        raise _over()
    token = {"secret_id": row.secret_id, "jti": row.jti}
    if unit.run(_CLAIM[unit.is_sqlite], {**token, "appointment_id": appointment_id, "at": unit.now}):
        unit.record("used_booking_token", Topic.SESSION, row.id, broadcast=False, appointment_id=appointment_id)
    return AppointmentId(unit.value(_USE, token))


def move_use(unit: Unit, held_id: AppointmentId, booked_id: AppointmentId) -> None:
    """Note that the token, used up for a held time, has become another appointment in the same transaction."""
    _standing(unit)
    unit.run(_MOVED, {"held": held_id, "booked": booked_id})


def _scope_of(unit: Unit, claims: BookingClaims) -> LaunchScope:
    """What a token names, looked up; one that a merge gave up is followed to the patient that is left."""
    row = unit.first(_PATIENT, {"which": parse_id(claims.patient_number)})
    while row is not None and row.merged_into_id is not None:
        row = unit.first(_PATIENT, {"which": row.merged_into_id})
    if row is None or not row.active or row.deceased:
        raise Invalid(_("There is no patient with this number who can be booked."), field="sub")
    type_id = unit.value(_TYPE, {"called": claims.type_name}) if claims.type_name else None
    if claims.type_name and type_id is None:
        raise Invalid(_("There is no appointment type of this name that is on."), field="type")
    location_id = unit.value(_PLACE, {"called": claims.location_name}) if claims.location_name else None
    if claims.location_name and location_id is None:
        raise Invalid(_("There is no location of this name that is on."), field="location")
    return LaunchScope(PatientId(row.id), type_id, location_id)


def _standing(unit: Unit) -> Row[Any]:
    if unit.actor.kind is not ActorKind.PARTNER:
        raise NotAllowed(_("Only a booking token of a partner allows this."))
    unit.require(Permission.BOOK_ONLINE)
    row = unit.first(_BY_ID, {"which": unit.actor.launch_id, "now": unit.now})
    if row is None:
        raise _over()
    return row


def _view(row: Row[Any] | None) -> LaunchView:
    if row is None:
        raise _over()
    actor = Actor(ActorKind.PARTNER, LaunchId(row.id), row.partner, desk="portal")
    return LaunchView(
        actor,
        _scope(row),
        row.given_name,
        row.type_name or "",
        row.location_name or "",
        row.expires_at,
        row.appointment_id is not None,
    )


def _scope(row: Row[Any]) -> LaunchScope:
    return LaunchScope(
        PatientId(row.patient_id),
        None if row.type_id is None else TypeId(row.type_id),
        None if row.location_id is None else LocationId(row.location_id),
    )


def _over() -> Refused:
    return SignedOut(_("The time of this page is over. Go back to where you came from and start again, or call us."))
