"""What a booking token must look like before anybody looks at its signature, and what its claims must say (JWT-01 … JWT-06).

JSON Web Token libraries accept much that is none of ours: times as text, a member twice, padding, megabytes. Nothing here knows a key.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from request_desk.domain.errors import Invalid, Refused
from request_desk.domain.ids import same
from request_desk.domain.text import parse_id
from request_desk.domain.words import _

TYPE: Final = "rd-booking+jwt"
AUDIENCE: Final = "request-desk:booking"
ALGORITHM: Final = "HS256"
LONGEST_LIFE: Final = 900  # seconds between `iat` and `exp`
LEEWAY: Final = 60  # seconds by which two clocks may differ
MOST_BYTES: Final = 4096
_LAST_SECOND: Final = 4_102_444_800  # the year 2100
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_JTI: Final = re.compile(r"[\x21-\x7e]{16,64}", re.ASCII)
_HEADER: Final = frozenset(
    {"alg", "typ", "kid"}
)  # no key, no address of one, nothing critical, nothing packed (JWT-04)
_NAME_LIMIT: Final = 200


class BadToken(Refused):
    """The token is not accepted; why is for the log alone (JWT-10)."""

    code = "bad-token"

    def __init__(self, *, reason: str) -> None:
        super().__init__(_("The booking token is not accepted."))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class UncheckedToken:
    """A token of the right shape: which key it names, and what it claims. Nobody has looked at its signature."""

    text: str
    key_id: str
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BookingClaims:
    """What a token that is accepted says: for whom, and within which type and location; "" is any."""

    jti: str
    patient_number: str
    type_name: str
    location_name: str


def read_token(text: str) -> UncheckedToken:
    """Take a token apart; raises BadToken for everything that a library might let pass."""
    if len(text) > MOST_BYTES:
        raise BadToken(reason="too-long")
    if not _SHAPE.fullmatch(text):
        raise BadToken(reason="shape")
    head, body, signature = text.split(".")
    _decoded(signature)
    header, claims = _members(head), _members(body)
    if header.keys() != _HEADER:
        raise BadToken(reason="header")
    if header["alg"] != ALGORITHM:
        raise BadToken(reason="algorithm")
    if header["typ"] != TYPE:
        raise BadToken(reason="type")
    key_id = header["kid"]
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        raise BadToken(reason="key-id")
    return UncheckedToken(text, key_id, claims)


def check_claims(claims: Mapping[str, Any], issuer: str, now: datetime) -> BookingClaims:
    """Return what a token of `issuer` says at `now`; raises BadToken. Its signature has been verified."""
    moment = now.timestamp()
    issued, ends = _second(claims, "iat"), _second(claims, "exp")
    begins = _second(claims, "nbf") if "nbf" in claims else issued
    for reason, fits in (
        ("issuer", same(_text(claims, "iss"), issuer)),
        ("audience", claims.get("aud") == AUDIENCE),
        ("life", 0 < ends - issued <= LONGEST_LIFE),
        ("expired", moment < ends + LEEWAY),
        ("issued-later", issued <= moment + LEEWAY),
        ("not-yet", begins <= moment + LEEWAY),
        ("jti", bool(_JTI.fullmatch(_text(claims, "jti")))),
    ):
        if not fits:
            raise BadToken(reason=reason)
    return BookingClaims(
        _text(claims, "jti"), _patient(claims), _text(claims, "type", ""), _text(claims, "location", "")
    )


def _patient(claims: Mapping[str, Any]) -> str:
    number = _text(claims, "sub")
    try:
        parse_id(number)
    except Invalid as error:
        raise BadToken(reason="patient") from error
    return number


def _text(claims: Mapping[str, Any], name: str, otherwise: str | None = None) -> str:
    """A claim that is a text of characters, and not a long one."""
    value = claims.get(name, otherwise)
    if not isinstance(value, str) or len(value) > _NAME_LIMIT or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise BadToken(reason=name)
    return value


def _second(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value <= _LAST_SECOND:  # a bool is an int
        raise BadToken(reason=name)
    return value


def _decoded(part: str) -> bytes:
    """The bytes of a part; one that could be written in another way is refused, so that a token has one spelling."""
    try:
        found = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadToken(reason="base64") from error
    if base64.urlsafe_b64encode(found).decode("ascii").rstrip("=") != part:
        raise BadToken(reason="base64")
    return found


def _members(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part).decode("utf-8"), object_pairs_hook=_once, parse_constant=_refused_constant)
    except (
        ValueError,
        RecursionError,
    ) as error:  # not UTF-8, not JSON, a number of a thousand digits, a thousand brackets
        raise BadToken(reason="json") from error
    if not isinstance(found, dict):
        raise BadToken(reason="json")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadToken(reason="twice")
    return found


def _refused_constant(_name: str) -> Any:
    raise BadToken(reason="number")
