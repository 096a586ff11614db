"""What a partner's program sends: booking tokens made by hand, so that a test can make every wrong one as well."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import Clock
from request_desk.domain.ids import CountingIds, NewId, PatientId, hashed, new_token, new_uuid
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.services.desk import Desk
from request_desk.services.portal import booking_tokens
from request_desk.services.practice import booking_secrets
from request_desk.services.practice.booking_secrets import NewSecret
from request_desk.store.database import Database
from tests.builders import Practice

SCHOOL = "Sunrise School"


def part(content: Any) -> str:
    """One part of a token: JSON, or bytes and text as they are."""
    raw = (
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(value: str, header: Any, claims: Any, digest: str = "sha256") -> str:
    """A token with a right signature over whatever it holds."""
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{part(hmac.new(value.encode(), text.encode(), getattr(hashlib, digest)).digest())}"


def header_of(key_id: str, **other: Any) -> dict[str, Any]:
    return {"alg": "HS256", "typ": "rd-booking+jwt", "kid": key_id} | other


def claims_of(now: datetime, patient: int, **other: Any) -> dict[str, Any]:
    """The claims of a right token; one that is None is left out."""
    moment = int(now.timestamp())
    claims = {
        "iss": SCHOOL,
        "aud": "request-desk:booking",
        "iat": moment,
        "exp": moment + 300,
        "jti": new_uuid().hex,
        "sub": str(patient),
    }
    return {name: value for name, value in (claims | other).items() if value is not None}


def sealing_desk(database: Database, clock: Clock, folder: Path, new_id: NewId | None = None) -> Desk:
    """A desk with keys in a private folder."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return Desk(database, clock, new_id or CountingIds(1000), KeptSealer(FileStore(folder)))


class Partner:
    """A school with a secret of the practice."""

    def __init__(self, practice: Practice, name: str = SCHOOL) -> None:
        self.practice = practice
        self.desk = practice.desk
        self.name = name
        self.secret: NewSecret = self.desk.perform(practice.admin, booking_secrets.add_secret, name).value

    def token(self, patient: PatientId | None = None, /, **claims: Any) -> str:
        who = self.practice.zuri if patient is None else patient
        return signed(
            self.secret.value.text,
            header_of(self.secret.key_id),
            claims_of(self.desk.clock.now(), who, **{"iss": self.name, **claims}),
        )

    def code(self, token: str) -> str:
        """Exchange a token for a launch code."""
        code = new_token()
        accepted = self.desk.query(SYSTEM, booking_tokens.accept, token)
        self.desk.perform(SYSTEM, booking_tokens.open_launch, accepted, hashed(code))
        return code

    def launched(self, token: str) -> Actor:
        """Exchange a token and open its code; returns who books."""
        session = new_token()
        assert self.desk.perform(SYSTEM, booking_tokens.open_code, self.code(token), hashed(session)).value
        return self.desk.query(SYSTEM, booking_tokens.launch_session, session).actor
