"""Who is behind a manage link: the date of birth, or a one-time code in two pages; what is asked for is the type's rule (ML5)."""

from typing import Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import SYSTEM
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid, Refused
from request_desk.domain.ids import hashed, new_token
from request_desk.services.portal import access as portal_access, verification
from request_desk.web.forms import BirthDayForm, LinkCodeForm, ProofForm
from request_desk.web.guards import LINKS, request_info
from request_desk.web.manage import Door, dashboard, enter
from request_desk.web.session import browser_hash, browser_of, keep_browser

_LINK: Final = LINKS + "{token}"


async def birth_day(request: Request) -> Response:
    """Let somebody in who knows when the patient was born."""
    door = await enter(request)
    typed = request_info(request.scope).form
    form = BirthDayForm.of(typed)
    door.command("check", form.proof.data or "")
    if not form.validate():
        return await dashboard(door, problems={"birth": next(iter(form.problems.values()))}, typed=typed, status=422)
    token = new_token()
    try:
        born = form.born()
        checked = await run_in_threadpool(
            door.portal.desk.perform, SYSTEM, verification.check_birth_day, door.opened.id, born, hashed(token)
        )
    except Invalid as refused:
        return await dashboard(door, problems={"birth": refused.sentence}, typed=typed, status=422)
    except Refused as refused:
        return await dashboard(door, notice=refused.sentence, status=409)
    if not checked.value.ok:
        problems = {"birth": checked.value.sentence}
        call = checked.value.call_practice
        return await dashboard(door, problems=problems, typed=typed, call=call, status=422)
    return _known(door, token)


async def send_code(request: Request) -> Response:
    """Send a code; where to is the record's to say, whatever else the form holds (OTP-07)."""
    door = await enter(request)
    form = ProofForm.of(request_info(request.scope).form)
    door.command("check", form.proof.data or "")
    browser = browser_of(request, door.portal.cookies)
    try:
        asked = await run_in_threadpool(
            door.portal.desk.perform, SYSTEM, verification.ask_code, door.opened.id, browser_hash(browser)
        )
    except Refused as refused:
        return await dashboard(door, notice=refused.sentence, status=409)
    if asked.value.reference is None:
        return await dashboard(door, problems={"code": asked.value.sentence}, status=429)
    response = RedirectResponse(f"{door.base}/code/{asked.value.reference}", 303)
    keep_browser(response, door.portal.cookies, browser)
    return response


async def code(request: Request) -> Response:
    """Show where the code is typed."""
    door = await enter(request)
    return RedirectResponse(door.base, 303) if door.shown.is_known else await _code_page(door)


async def check_code(request: Request) -> Response:
    """Let somebody in whose code is right, in the browser that asked for it."""
    door = await enter(request)
    form = LinkCodeForm.of(request_info(request.scope).form)
    door.command("code", form.proof.data or "")
    if not form.validate():
        return await _code_page(door, typed=form.code.data or "", problems=form.problems, status=422)
    reference: UUID = request.path_params["reference"]
    browser = browser_hash(browser_of(request, door.portal.cookies))
    checked = await run_in_threadpool(
        verification.check_code, door.portal.desk, door.opened.id, reference, form.code.value, browser
    )
    if not checked.ok:
        problems = {"code": checked.sentence}
        return await _code_page(door, problems=problems, call_practice=checked.call_practice, status=422)
    return _known(door, checked.token.text)


def _known(door: Door, token: str) -> Response:
    """Lead to the page of the appointment; the cookie is good for this link alone (LINK-11)."""
    response = RedirectResponse(door.base, 303)
    door.portal.cookies.put(response, door.portal.cookies.manage, token)
    return response


async def _code_page(
    door: Door,
    *,
    typed: str = "",
    problems: dict[str, str] | None = None,
    call_practice: bool = False,
    status: int = 200,
) -> Response:
    shell = await door.portal.pages.shell()
    target = await run_in_threadpool(door.portal.desk.query, SYSTEM, verification.code_target, door.opened.id)
    return await door.portal.pages.render(
        door.request,
        "manage_code.html",
        shell,
        status=status,
        base=door.base,
        shown=target.shown if target is not None else "",
        is_text=target is not None and target.channel is Channel.SMS,
        typed=typed,
        problems=problems or {},
        call_practice=call_practice,
        minutes=portal_access.CODE_LENGTH.total_seconds() // 60,
        proof=door.proof("code"),
    )


ROUTES: Final = (
    Route(_LINK + "/birth-day", birth_day, methods=["POST"]),
    Route(_LINK + "/code", send_code, methods=["POST"]),
    Route(_LINK + "/code/{reference:uuid}", code, methods=["GET"]),
    Route(_LINK + "/code/{reference:uuid}", check_code, methods=["POST"]),
)
