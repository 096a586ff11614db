"""Secrets of booking tokens: made, revealed, revoked; tokens themselves are looked at in `portal.booking_tokens`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from request_desk.domain.access import Actor, Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, NotFound, Refused
from request_desk.domain.ids import SecretId, new_token, new_uuid
from request_desk.domain.sealing import SealBroken, SealedPlace
from request_desk.domain.text import clean_text
from request_desk.domain.words import _
from request_desk.services.desk import Desk, Unit
from request_desk.services.people import access
from request_desk.services.people.access import Hidden
from request_desk.services.practice import sealed_values
from request_desk.store import schema

MOST_ACTIVE: Final = 2  # of one partner: the old one, and the one that follows it (JWT-09)
_NAME_LIMIT: Final = 80
_TABLE: Final = schema.booking_secret.name

secret, staff = schema.booking_secret.c, schema.staff.c
_revoker = schema.staff.alias("revoker")
_ALL: Final = (
    select(
        secret.id,
        secret.version,
        secret.key_id,
        secret.name,
        secret.created_at,
        secret.last_used_at,
        secret.revoked_at,
        staff.name.label("made_by"),
        _revoker.c.name.label("taken_by"),
    )
    .select_from(
        schema.booking_secret.join(schema.staff, staff.id == secret.created_by_id).outerjoin(
            _revoker, _revoker.c.id == secret.revoked_by_id
        )
    )
    .order_by(secret.revoked_at.is_not(None), func.lower(secret.name), secret.created_at, secret.id)
)
_ONE: Final = select(*secret).where(secret.id == bindparam("which"))
_ACTIVE: Final = (
    select(func.count())
    .select_from(schema.booking_secret)
    .where(secret.name == bindparam("called"), secret.revoked_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class BookingSecret:
    """A secret without its value: whose it is, which key id tokens name, and what became of it."""

    id: SecretId
    name: str
    key_id: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    version: int

    @property
    def active(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret that was just made, with its value for the partner."""

    id: SecretId
    name: str
    key_id: str
    value: Hidden = field(default_factory=Hidden, compare=False)


@dataclass(frozen=True, slots=True)
class Revealed:
    """The value of a secret, or the sentence that says why it is not shown."""

    sentence: str
    name: str = ""
    key_id: str = ""
    value: Hidden = field(default_factory=Hidden, compare=False)


def place_of(secret_id: int) -> SealedPlace:
    """Return where the value of a secret is sealed to; a value never changes, so it has one version."""
    return SealedPlace(_TABLE, secret_id, secret.sealed.name)


def booking_secrets(unit: Unit) -> tuple[BookingSecret, ...]:
    """Return all secrets without their values: active ones by partner, then revoked ones."""
    unit.require(Permission.MANAGE_SECRETS)
    return tuple(
        BookingSecret(
            SecretId(row.id),
            row.name,
            row.key_id,
            row.created_at,
            row.made_by,
            row.last_used_at,
            row.revoked_at,
            row.taken_by or "",
            row.version,
        )
        for row in unit.rows(_ALL)
    )


def add_secret(unit: Unit, name: str) -> NewSecret:
    """Make a secret for a partner: a random key id and 256 random bits, sealed before they are stored (BS1, JWT-09).

    Raises Refused where the partner has two that are active, KeyMissing where other secrets of the practice do not open here:
    one that is sealed with a key of this computer alone would be of no use to the portal.
    """
    unit.require(Permission.MANAGE_SECRETS)
    called = clean_text(name, field="Partner", most=_NAME_LIMIT, lines=False, required=True)
    sealed_values.begin(unit)
    if unit.value(_ACTIVE, {"called": called}) >= MOST_ACTIVE:
        raise Invalid(
            _("{name} has two active secrets. Revoke one before you make another.").format(name=called), field="Partner"
        )
    made = NewSecret(SecretId(unit.new_id()), called, new_uuid().hex[:16], Hidden(new_token()))
    unit.insert(
        schema.booking_secret,
        id=made.id,
        key_id=made.key_id,
        name=called,
        sealed=unit.sealer.seal(made.value.text, place_of(made.id)),
        created_at=unit.now,
        created_by_id=unit.actor.staff_id,
    )
    unit.record("made_booking_secret", Topic.DIRECTORY, made.id)
    return made


def reveal_secret(desk: Desk, actor: Actor, secret_id: SecretId, password: str) -> Revealed:
    """Show the value of an active secret to whoever typed their own password; in the journal either way (SEC-05)."""
    desk.query(actor, _check_may)
    if sentence := access.confirm_password(desk, actor, password):
        return Revealed(sentence)
    return desk.perform(actor, _revealed, secret_id).value


def _check_may(unit: Unit) -> None:
    unit.require(Permission.MANAGE_SECRETS)


def _revealed(unit: Unit, secret_id: SecretId) -> Revealed:
    unit.require(Permission.MANAGE_SECRETS)
    unit.keeps_answer = False
    row = _row(unit, secret_id)
    if row.revoked_at is not None:
        return Revealed(_("This secret was revoked: its value is not kept any more."))
    try:
        value = unit.sealer.unseal(row.sealed, place_of(secret_id))
    except SealBroken as broken:
        unit.record("booking_secret_does_not_open", Topic.DIRECTORY, secret_id)
        return Revealed(broken.sentence)
    unit.record("revealed_booking_secret", Topic.DIRECTORY, secret_id)
    return Revealed("", row.name, row.key_id, Hidden(value))


def revoke_secret(unit: Unit, secret_id: SecretId, *, expect_version: int) -> None:
    """End a secret for good: no token of it is accepted from the next request on, and its value is deleted (BS2, SEC-06)."""
    unit.require(Permission.MANAGE_SECRETS)
    row = _row(unit, secret_id)
    if row.revoked_at is not None:
        raise Refused(_("This secret was revoked already."))
    unit.change(
        schema.booking_secret,
        secret_id,
        expect_version,
        sealed="",
        revoked_at=unit.now,
        revoked_by_id=unit.actor.staff_id,
    )
    unit.record("revoked_booking_secret", Topic.DIRECTORY, secret_id)


def _row(unit: Unit, secret_id: SecretId) -> Row[Any]:
    row = unit.first(_ONE, {"which": secret_id})
    if row is None:
        raise NotFound(_("This secret is not there any more. Reload to see the present state."))
    return row
