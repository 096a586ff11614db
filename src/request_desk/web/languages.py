"""In which language a page is: the signed-in contact's, else what was chosen on a page, else what the browser asks for."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from request_desk.domain.errors import SignedOut
from request_desk.domain.words import known_language, languages, speaking
from request_desk.services.portal import access as portal_access
from request_desk.web.forms import refuse_unknown
from request_desk.web.guards import CSRF_FIELD, request_info
from request_desk.web.portal import portal_of
from request_desk.web.session import Cookies

_A_YEAR: Final = 365 * 24 * 3600


class Spoken:
    """Lets everything below it speak the visitor's language; who is signed in may change it."""

    def __init__(self, app: ASGIApp, *, cookies: Cookies) -> None:
        self._app = app
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        chosen = HTTPConnection(scope).cookies.get(self._cookies.language, "")
        with speaking(chosen if chosen in languages() else wanted(Headers(scope=scope).get("accept-language", ""))):
            await self._app(scope, receive, send)


def wanted(header: str) -> str:
    """Return the first language of an Accept-Language header that is spoken here, in the order of its weights."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:200].split(",")):
        code, _sign, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, code.strip()))
        except ValueError:
            continue
    for _weight, _place, code in sorted(weighed):
        language = known_language(code)
        if code.lower().startswith(language):
            return language
    return languages()[0]


async def choose(request: Request) -> Response:
    """Speak another language from now on: in this browser, and where somebody is signed in, in our letters to them too."""
    portal = portal_of(request)
    form = request_info(request.scope).form
    refuse_unknown(form, frozenset({CSRF_FIELD, "language", "back"}))
    language = form.get("language", "")
    if language not in languages():
        raise HTTPException(400)
    try:
        actor = await portal.actor(request)
        await run_in_threadpool(portal.desk.perform, actor, portal_access.choose_language, language)
    except SignedOut:
        pass  # it is the browser's alone
    response = RedirectResponse(_own_page(form.get("back", "")), 303)
    portal.cookies.put(response, portal.cookies.language, language, seconds=_A_YEAR)
    return response


def _own_page(back: str) -> str:
    """The page to go back to, if it is one of ours (WEB-14)."""
    is_ours = back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if is_ours and len(back) <= 1_000 and back.isprintable() else "/"


ROUTES: Final = (Route("/language", choose, methods=["POST"]),)
