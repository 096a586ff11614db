"""Sign-in by one-time code in two pages, sign-out, and what somebody sees whose session ended; codes are made elsewhere."""

from typing import Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import SignedOut
from request_desk.services.portal import access as portal_access
from request_desk.web.forms import CodeForm, EmailForm, refuse_unknown
from request_desk.web.guards import CSRF_FIELD, request_info
from request_desk.web.portal import Portal, portal_of
from request_desk.web.session import browser_hash, browser_of, keep_browser, signed_in, token_of

HOME: Final = "/"
SIGN_IN: Final = "/sign-in"


async def ask(request: Request) -> Response:
    """Show page one: the e-mail address."""
    portal = portal_of(request)
    if await _is_signed_in(request, portal):
        return RedirectResponse(HOME, 303)
    return await _email_page(request, portal)


async def send_code(request: Request) -> Response:
    """Send a code, if the address is registered; what the visitor sees does not depend on that (OTP-07)."""
    portal = portal_of(request)
    form = EmailForm.of(request_info(request.scope).form)
    if not form.validate():
        return await _email_page(request, portal, email=form.email.data or "", problems=form.problems, status=422)
    browser = browser_of(request, portal.cookies)
    asked = (
        await run_in_threadpool(
            portal.desk.perform,
            SYSTEM,
            portal_access.ask_code,
            form.email.value,
            browser_hash(browser),
        )
    ).value
    if asked.reference is None:
        problems = {"email": asked.sentence}
        return await _email_page(request, portal, email=form.email.data or "", problems=problems, status=429)
    response = RedirectResponse(f"{SIGN_IN}/{asked.reference}", 303)
    keep_browser(response, portal.cookies, browser)
    return response


async def code(request: Request) -> Response:
    """Show page two: the code; the same for every reference, known or not."""
    portal = portal_of(request)
    if await _is_signed_in(request, portal):
        return RedirectResponse(HOME, 303)
    return await _code_page(request, portal)


async def check_code(request: Request) -> Response:
    """Let somebody in whose code is right, in the browser that asked for it."""
    portal = portal_of(request)
    form = CodeForm.of(request_info(request.scope).form)
    if not form.validate():
        return await _code_page(request, portal, typed=form.code.data or "", problems=form.problems, status=422)
    reference: UUID = request.path_params["reference"]
    browser = browser_of(request, portal.cookies)
    checked = await run_in_threadpool(
        portal_access.check_code, portal.desk, reference, form.code.value, browser_hash(browser)
    )
    if not checked.ok:
        return await _code_page(
            request, portal, problems={"code": checked.sentence}, call_practice=checked.call_practice, status=422
        )
    response = RedirectResponse(HOME, 303)
    portal.cookies.put(response, portal.cookies.session, checked.token.text)
    portal.cookies.drop(response, portal.cookies.browser)
    return response


async def sign_out(request: Request) -> Response:
    """End the session here and in the database; what this browser booked or was let into besides is forgotten with it."""
    portal = portal_of(request)
    refuse_unknown(request_info(request.scope).form, frozenset({CSRF_FIELD}))
    token = token_of(request, portal.cookies)
    if token:
        await run_in_threadpool(portal.desk.perform, SYSTEM, portal_access.sign_out, token)
    response = RedirectResponse(SIGN_IN, 303)
    for name in (portal.cookies.session, portal.cookies.hold, portal.cookies.manage, portal.cookies.launch):
        portal.cookies.drop(response, name)
    return response


async def signed_out(request: Request, refused: Exception) -> Response:
    """Lead to the sign-in; what was typed into a form is shown, so that it can be copied."""
    portal = portal_of(request)
    typed = request_info(request.scope).form.get("message", "")
    response: Response
    if typed.strip():
        sentence = refused.sentence if isinstance(refused, SignedOut) else ""
        shell = await portal.pages.shell()
        response = await portal.pages.render(
            request, "signed_out.html", shell, status=403, typed=typed, sentence=sentence
        )
    else:
        response = RedirectResponse(SIGN_IN, 303)
    portal.cookies.drop(response, portal.cookies.session)
    return response


async def _is_signed_in(request: Request, portal: Portal) -> bool:
    try:
        await signed_in(request, portal.desk, portal.cookies)
    except SignedOut:
        return False
    return True


async def _email_page(
    request: Request, portal: Portal, *, email: str = "", problems: dict[str, str] | None = None, status: int = 200
) -> Response:
    return await portal.pages.render(
        request,
        "sign_in.html",
        await portal.pages.shell(),
        status=status,
        email=email,
        problems=problems or {},
    )


async def _code_page(
    request: Request,
    portal: Portal,
    *,
    typed: str = "",
    problems: dict[str, str] | None = None,
    call_practice: bool = False,
    status: int = 200,
) -> Response:
    return await portal.pages.render(
        request,
        "code.html",
        await portal.pages.shell(),
        status=status,
        typed=typed,
        problems=problems or {},
        call_practice=call_practice,
        minutes=portal_access.CODE_LENGTH.total_seconds() // 60,
    )


ROUTES: Final = (
    Route(SIGN_IN, ask, methods=["GET"]),
    Route(SIGN_IN, send_code, methods=["POST"]),
    Route(SIGN_IN + "/{reference:uuid}", code, methods=["GET"]),
    Route(SIGN_IN + "/{reference:uuid}", check_code, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
)
