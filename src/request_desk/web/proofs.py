"""A token in each form that changes an appointment: for one act, one link or account, half an hour, once (LINK-06)."""

import hmac
from datetime import timedelta
from typing import Final
from uuid import UUID

from starlette.exceptions import HTTPException

from request_desk.domain.clock import Clock
from request_desk.domain.ids import new_uuid

_LASTS: Final = timedelta(minutes=30)


class Proofs:
    """Makes and checks them; what is checked is the command under which the form's act is done, once."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._key = secret.encode()
        self._clock = clock

    def issue(self, scope: str) -> str:
        """Return a proof for a form; `scope` names what it does, and to what."""
        body = f"{int(self._clock.now().timestamp())}.{new_uuid().hex}"
        return f"{body}.{self._seal(scope, body)}"

    def check(self, scope: str, given: str) -> UUID:
        """Return the command of a posted form; raises an HTTP error for a proof of another form, or one that is too old."""
        body, _sign, seal = given.rpartition(".")
        at, _sign, command = body.partition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(scope, body).encode()):
            raise HTTPException(403)
        if self._clock.now().timestamp() - int(at) > _LASTS.total_seconds():
            raise HTTPException(403)
        return UUID(command)

    def _seal(self, scope: str, body: str) -> str:
        return hmac.digest(self._key, f"{scope}\n{body}".encode(), "sha256").hex()
