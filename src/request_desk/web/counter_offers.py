"""Times that the practice offers in a reply: each has a page of its own, on which one form books it; another says that none fits (ACT10)."""

from typing import Any, Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import Actor
from request_desk.domain.counter_offers import PortalTimes
from request_desk.domain.errors import Refused, SignedOut
from request_desk.domain.ids import AppointmentId, CounterOfferId, new_uuid
from request_desk.domain.portal import PortalThread
from request_desk.domain.text import parse_id
from request_desk.services.desk import Unit
from request_desk.services.inbox import counter_offers
from request_desk.services.portal import queries as portal_queries
from request_desk.web.forms import NoTimeForm, WithdrawForm
from request_desk.web.guards import request_info
from request_desk.web.portal import Portal, portal_of

Found = tuple[PortalThread, PortalTimes | None]


def _found(unit: Unit, reference: UUID) -> Found:
    thread = portal_queries.portal_thread(unit, reference)
    return thread, counter_offers.portal_times(unit, thread.request.id)


async def chosen(request: Request) -> Response:
    """Show an offered time before it is booked; looking changes nothing."""
    portal, actor, found = await _asked(request)
    return await _show_time(request, portal, actor, found)


async def take(request: Request) -> Response:
    """Book an offered time."""
    portal, actor, found = await _asked(request)
    form = WithdrawForm.of(request_info(request.scope).form)
    if not form.validate():
        return await _show_time(request, portal, actor, found, problems=form.problems, status=422)
    try:
        hold_id = AppointmentId(parse_id(str(request.path_params["hold_id"])))
        await _perform(portal, form.submission.value, actor, counter_offers.accept, found, hold_id)
    except SignedOut:
        raise
    except Refused as refused:
        found = await run_in_threadpool(portal.desk.query, actor, _found, request.path_params["reference"])
        return await _show_time(request, portal, actor, found, notice=refused.sentence, status=409)
    return RedirectResponse(f"/requests/{found[0].request.reference}?times=taken", 303)


async def none(request: Request) -> Response:
    """Show the page on which a parent says that none of the times fits."""
    portal, actor, found = await _asked(request)
    return await _show_none(request, portal, actor, found)


async def decline(request: Request) -> Response:
    """Give all offered times back, with what would fit."""
    portal, actor, found = await _asked(request)
    form = NoTimeForm.of(request_info(request.scope).form)
    typed = form.message.data or ""
    if not form.validate():
        return await _show_none(request, portal, actor, found, typed=typed, problems=form.problems, status=422)
    try:
        offer_id = CounterOfferId(form.offer.value)
        await _perform(
            portal, form.submission.value, actor, counter_offers.decline, found, offer_id, form.message.value
        )
    except SignedOut:
        raise
    except Refused as refused:
        return await _show_none(request, portal, actor, found, typed=typed, notice=refused.sentence, status=409)
    return RedirectResponse(f"/requests/{found[0].request.reference}?times=none", 303)


async def _asked(request: Request) -> tuple[Portal, Actor, Found]:
    portal = portal_of(request)
    actor = await portal.actor(request)
    found: Found = await run_in_threadpool(portal.desk.query, actor, _found, request.path_params["reference"])
    return portal, actor, found


async def _perform(portal: Portal, submission: UUID, actor: Actor, use_case: Any, found: Found, *values: Any) -> None:
    await run_in_threadpool(portal.desk.perform_idempotent, submission, actor, use_case, found[0].request.id, *values)


async def _show_time(
    request: Request,
    portal: Portal,
    actor: Actor,
    found: Found,
    *,
    notice: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The page of one offered time; of one that is not offered any more it says so."""
    thread, times = found
    wanted = request.path_params["hold_id"]
    time = next((each for each in times.times if each.hold_id == wanted), None) if times is not None else None
    return await portal.pages.render(
        request,
        "time.html",
        await portal.pages.shell(),
        status=status if time is not None or status != 200 else 404,
        actor=actor,
        thread=thread,
        times=times,
        time=time,
        notice=notice,
        problems=problems or {},
        submission=new_uuid(),
    )


async def _show_none(
    request: Request,
    portal: Portal,
    actor: Actor,
    found: Found,
    *,
    typed: str = "",
    notice: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    thread, times = found
    return await portal.pages.render(
        request,
        "no_time.html",
        await portal.pages.shell(),
        status=status if times is not None or status != 200 else 404,
        actor=actor,
        thread=thread,
        times=times,
        typed=typed,
        notice=notice,
        problems=problems or {},
        submission=new_uuid(),
    )


ROUTES: Final = (
    Route("/requests/{reference:uuid}/times/none", none, methods=["GET"]),
    Route("/requests/{reference:uuid}/times/none", decline, methods=["POST"]),
    Route("/requests/{reference:uuid}/times/{hold_id:int}", chosen, methods=["GET"]),
    Route("/requests/{reference:uuid}/times/{hold_id:int}/take", take, methods=["POST"]),
)
