"""The one address at which a text message service passes answers on: STOP and START, told to `opt_outs`; no page is here.

The service knows neither cookies nor forms of ours, so it stands in front of their guards with its own strict way.
"""

import logging
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import Unavailable
from request_desk.domain.sms_inbound import LEAST_SECRET, InboundSettings, WrongSecret, read_inbound
from request_desk.services.desk import Desk
from request_desk.services.notices import opt_outs
from request_desk.web.guards import INBOUND, Turned, check_size, request_info, whole

logger = logging.getLogger(__name__)
_BODY_LIMIT: Final = 16 * 1024  # bytes; an answer is at most ten segments, and the rest are fields of the service


@dataclass(frozen=True, slots=True)
class InboundWay:
    """How answers arrive, and the secret that the service shows."""

    settings: InboundSettings
    secret: str = field(repr=False)

    @property
    def is_open(self) -> bool:
        return len(self.secret) >= LEAST_SECRET


class InboundTexts:
    """Answers `POST /sms/inbound` and lets everything else pass; without a way, or without a secret, that passes as well."""

    def __init__(self, app: ASGIApp, *, desk: Desk, way: InboundWay | None) -> None:
        self._app = app
        self._desk = desk
        self._way = way if way is not None and way.is_open else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._way is None or scope["type"] != "http" or scope["path"] != INBOUND:
            await self._app(scope, receive, send)
            return
        asked = request_info(scope)
        asked.route, asked.is_designed = INBOUND, True
        try:
            answer = await self._answer(self._way, scope, receive)
        except Turned as turned:
            answer = Response(status_code=turned.status, headers=turned.headers)
        except WrongSecret:
            logger.warning("an answer to a text message came without the right secret")
            answer = Response(status_code=403)
        except Unavailable:  # the service tries again
            answer = Response(status_code=503, headers={"retry-after": "30"})
        await answer(scope, receive, send)

    async def _answer(self, way: InboundWay, scope: Scope, receive: Receive) -> Response:
        """The same for every answer that is shown the right secret: who has which number stays here."""
        if scope["method"] != "POST":
            raise Turned(405, {"allow": "POST"})
        check_size(scope)
        headers = Headers(scope=scope)
        if len(headers.getlist(way.settings.header)) > 1:
            raise Turned(400)
        _again, body = await whole(receive)
        if len(body) > _BODY_LIMIT:
            raise Turned(413)
        found = read_inbound(way.settings, headers, body, way.secret)
        if found is not None:
            await run_in_threadpool(self._desk.perform, SYSTEM, opt_outs.stop_by_text, found.number, found.text)
        return Response(status_code=204)
