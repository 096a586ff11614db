"""Partners' programs and whom they send: the one address that takes a booking token, and the page that its launch code opens (PP3).

The address knows neither cookies nor forms of ours, so it stands in front of their guards with its own strict way. A launch code is
opened by a button: mail scanners and previews that follow links use nothing up.
"""

import logging
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from request_desk.domain.access import SYSTEM
from request_desk.domain.booking_tokens import BadToken
from request_desk.domain.errors import Invalid, SignedOut, Unavailable
from request_desk.domain.ids import hashed, new_token
from request_desk.logs import Word
from request_desk.services.desk import Desk, Unit
from request_desk.services.portal import booking_tokens
from request_desk.web.forms import refuse_unknown
from request_desk.web.guards import CSRF_FIELD, Turned, check_size, parsed, request_info, require_form, whole
from request_desk.web.portal import portal_of

logger = logging.getLogger(__name__)

API: Final = "/api/launch"
LAUNCH: Final = "/launch"
_FIELD: Final = "token"
# What a program is told beside the status; a person reads docs/partners.md.
_TURNED: Final = {400: "request", 405: "method", 408: "slow", 413: "size", 415: "content-type", 431: "size"}


class Api:
    """Answers `POST /api/launch` with JSON and lets everything else pass."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != API:
            await self._app(scope, receive, send)
            return
        asked_for = request_info(scope)
        asked_for.route, asked_for.is_designed = API, True
        try:
            answer = await self._answer(await _token(scope, receive))
        except Turned as turned:
            answer = _told(turned.status, _TURNED.get(turned.status, "request"))
            answer.headers.update(turned.headers)
        except Unavailable as refused:  # also a sealing key that is not on this computer (SEC-07)
            logger.error("booking tokens cannot be looked at: %s", Word(refused.code))
            answer = _told(503, "unavailable")
            answer.headers["retry-after"] = "30"
        await answer(scope, receive, send)

    async def _answer(self, token: str) -> Response:
        code = new_token()
        try:
            accepted = await run_in_threadpool(self._desk.query, SYSTEM, booking_tokens.accept, token)
            outcome = await run_in_threadpool(
                self._desk.perform, SYSTEM, booking_tokens.open_launch, accepted, hashed(code)
            )
        except BadToken:
            answer = _told(401, "token")
            answer.headers["www-authenticate"] = "Bearer"
            return answer
        except Invalid as refused:
            return _told(422, refused.field)
        launched = outcome.value
        if launched.expires_at is None:
            booked_at = None if launched.booked_at is None else launched.booked_at.isoformat()
            return JSONResponse({"error": "used", "booked_at": booked_at}, 409)
        address = await run_in_threadpool(self._desk.query, SYSTEM, _address)
        if not address:
            logger.error("the address of the portal is not set: no launch link can be made")
            return _told(503, "unavailable")
        return JSONResponse(
            {"launch_url": f"{address}{LAUNCH}/{code}", "expires_at": launched.expires_at.isoformat()}, 201
        )


def _address(unit: Unit) -> str:
    return unit.settings.public_url.rstrip("/")


def _told(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status)


async def _token(scope: Scope, receive: Receive) -> str:
    """The token of a request that has it in one place: in the header Authorization, or as the one field of a form (JWT-11)."""
    if scope["method"] != "POST":
        raise Turned(405, {"allow": "POST"})
    check_size(scope)
    if scope.get("query_string"):
        raise Turned(400)
    headers = Headers(scope=scope)
    named = headers.getlist("authorization")
    _again, body = await whole(receive)
    if named:
        scheme, _space, token = named[0].partition(" ")
        if len(named) > 1 or body:
            raise Turned(400)
        return token if scheme.lower() == "bearer" else ""
    require_form(headers)
    form = parsed(body)
    if form.keys() - {_FIELD}:
        raise Turned(400)
    return form.get(_FIELD, "")


async def opened(request: Request) -> Response:
    """Show the launch that this browser opened. A token in the address is not looked at, and does not stay there (JWT-11)."""
    if request_info(request.scope).query:
        return RedirectResponse(LAUNCH, 303)
    portal = portal_of(request)
    shell = await portal.pages.shell()
    try:
        launch = await run_in_threadpool(
            portal.desk.query, SYSTEM, booking_tokens.launch_session, request.cookies.get(portal.cookies.launch, "")
        )
    except SignedOut:
        return await portal.pages.render(request, "launch.html", shell, status=404, state="over", launch=None)
    return await portal.pages.render(request, "launch.html", shell, state="open", launch=launch)


async def asked(request: Request) -> Response:
    """Show the button that opens a launch; looking at it, however often and by whatever program, changes nothing."""
    portal = portal_of(request)
    stands = await run_in_threadpool(portal.desk.query, SYSTEM, booking_tokens.code_stands, request.path_params["code"])
    shell = await portal.pages.shell()
    state, status = ("ask", 200) if stands else ("over", 404)
    return await portal.pages.render(request, "launch.html", shell, status=status, state=state, launch=None)


async def begin(request: Request) -> Response:
    """Open a launch in this browser, once; the button pressed again there leads to the same page."""
    portal = portal_of(request)
    refuse_unknown(request_info(request.scope).form, frozenset({CSRF_FIELD}))
    token = new_token()
    is_open = await run_in_threadpool(
        portal.desk.perform, SYSTEM, booking_tokens.open_code, request.path_params["code"], hashed(token)
    )
    response = RedirectResponse(LAUNCH, 303)
    if is_open.value:
        portal.cookies.put(
            response, portal.cookies.launch, token, seconds=int(booking_tokens.SESSION_LENGTH.total_seconds())
        )
    return response


ROUTES: Final = (
    Route(LAUNCH, opened, methods=["GET"]),
    Route(LAUNCH + "/{code}", asked, methods=["GET"]),
    Route(LAUNCH + "/{code}", begin, methods=["POST"]),
)
