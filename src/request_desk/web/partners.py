"""Partners' programs and whom they send: the one address that takes a booking token, and the page that its launch code opens (PP3).

The address knows neither cookies nor forms of ours, so it stands in front of their guards with its own strict way. A launch code is
opened by a button: mail scanners and previews that follow links use nothing up.
"""

import logging
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from request_desk.domain.access import SYSTEM, VISITOR
from request_desk.domain.booking_tokens import BadToken
from request_desk.domain.errors import Invalid, NotAllowed, SignedOut, SlotTaken, Throttled, Unavailable
from request_desk.domain.ids import TypeId, hashed, new_token
from request_desk.domain.online_booking import BookingScope, HoldState, ServiceChoice
from request_desk.domain.words import _
from request_desk.logs import Word
from request_desk.services.desk import Desk, Unit
from request_desk.services.portal import booking, booking_choices, booking_tokens
from request_desk.services.portal.booking_tokens import LaunchView
from request_desk.web.book import (
    BOOKING,
    LAUNCH_TIMES,
    LaunchOver,
    Looking,
    hold_chosen,
    launch_of,
    secret_hash_of,
    show_times,
    with_hold,
)
from request_desk.web.book_forms import HoldForm
from request_desk.web.forms import refuse_unknown
from request_desk.web.guards import CSRF_FIELD, Turned, check_size, parsed, request_info, require_form, whole
from request_desk.web.portal import Portal, portal_of

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
    """Lead to the times, or to the kinds of visit where the token names none; to what it has booked, once it has.

    A token in the address is not looked at, and does not stay there (JWT-11).
    """
    if request_info(request.scope).query:
        return RedirectResponse(LAUNCH, 303)
    portal, launch = await _entered(request)
    if launch.is_used:
        return await _used(request, portal)
    if launch.scope.type_id is not None:
        return RedirectResponse(f"{LAUNCH_TIMES}/{launch.scope.type_id}", 303)
    kinds = await run_in_threadpool(
        portal.desk.query, launch.actor, booking_choices.kinds_of_token, launch.scope.location_ids
    )
    links = [(each, f"{LAUNCH_TIMES}/{each.reference}") for each in kinds]
    service = ServiceChoice("", _("Your visit"), "", kinds)
    shell = await portal.pages.shell()
    return await portal.pages.render(request, "book_variants.html", shell, service=service, links=links, launch=launch)


async def _entered(request: Request) -> tuple[Portal, LaunchView]:
    portal = portal_of(request)
    launch = await launch_of(request, portal)
    if launch is None:
        raise LaunchOver
    return portal, launch


async def _used(request: Request, portal: Portal) -> Response:
    """Lead the browser that has booked to its page; another one hears that the token has booked."""
    held = await run_in_threadpool(portal.desk.query, VISITOR, booking.held_online, secret_hash_of(request, portal))
    if held is not None and held.state is HoldState.BOOKED and held.scope.launch_id is not None:
        return RedirectResponse(f"/booked/{held.id}", 303)
    return await portal.pages.render(request, "launch.html", await portal.pages.shell(), state="used")


async def times(request: Request) -> Response:
    """Show the free times for whom the token names; 403 for a kind of visit that it does not cover (JWT-08)."""
    looking = Looking.read(request_info(request.scope).query)
    portal, launch = await _entered(request)
    if launch.is_used:
        return await _used(request, portal)
    found = await run_in_threadpool(
        portal.desk.query, launch.actor, booking_choices.offered_by_token, _scope_of(request, launch)
    )
    return await show_times(request, portal, await portal.pages.shell(), found, looking, launch=launch)


async def hold(request: Request) -> Response:
    """Keep the chosen time for whom the token names."""
    portal, launch = await _entered(request)
    scope = _scope_of(request, launch)
    form = HoldForm.of(request_info(request.scope).form)
    if not form.validate():
        raise HTTPException(400)
    try:
        await hold_chosen(request, portal, launch.actor, scope, form.slot.value, form.secret.value)
    except SignedOut as over:
        raise LaunchOver from over
    except (SlotTaken, Throttled) as refused:
        shell = await portal.pages.shell()
        found = await run_in_threadpool(portal.desk.query, launch.actor, booking_choices.offered_by_token, scope)
        looking = Looking(from_day=shell.time.day_of(form.slot.value.starts_at))
        status = 429 if isinstance(refused, Throttled) else 409
        return await show_times(
            request, portal, shell, found, looking, launch=launch, problem=refused.sentence, status=status
        )
    return with_hold(RedirectResponse(BOOKING, 303), portal, form.secret.value)


def _scope_of(request: Request, launch: LaunchView) -> BookingScope:
    type_id = TypeId(request.path_params["type"])
    if launch.scope.type_id not in {None, type_id}:
        raise NotAllowed(_("This link is for another kind of visit or another place. Please call us."))
    return BookingScope(
        type_id,
        location_ids=launch.scope.location_ids,
        launch_id=launch.actor.launch_id,
        patient_id=launch.scope.patient_id,
    )


async def launch_over(request: Request, _over: Exception) -> Response:
    """Say that a launch is over, whatever page of it was asked for."""
    portal = portal_of(request)
    return await portal.pages.render(request, "launch.html", await portal.pages.shell(), status=404, state="over")


async def asked(request: Request) -> Response:
    """Show the button that opens a launch; looking at it, however often and by whatever program, changes nothing."""
    portal = portal_of(request)
    stands = await run_in_threadpool(portal.desk.query, SYSTEM, booking_tokens.code_stands, request.path_params["code"])
    shell = await portal.pages.shell()
    state, status = ("ask", 200) if stands else ("over", 404)
    return await portal.pages.render(request, "launch.html", shell, status=status, state=state)


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
    Route(LAUNCH_TIMES + "/{type:int}", times, methods=["GET"]),
    Route(LAUNCH_TIMES + "/{type:int}", hold, methods=["POST"]),
    Route(LAUNCH + "/{code}", asked, methods=["GET"]),
    Route(LAUNCH + "/{code}", begin, methods=["POST"]),
)
