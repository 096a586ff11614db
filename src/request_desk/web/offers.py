"""A time that became free and is offered to a parent: shown, taken or left; and the wish for something earlier (ACT8)."""

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import Actor
from request_desk.domain.errors import Refused, SignedOut
from request_desk.domain.freed_slots import PortalOffer
from request_desk.domain.ids import AppointmentId, SlotOfferId, new_uuid
from request_desk.domain.text import parse_id
from request_desk.services.schedule import slot_offers, waitlist
from request_desk.web.forms import EarlierForm, WithdrawForm
from request_desk.web.guards import request_info
from request_desk.web.portal import Portal, portal_of


async def offered(request: Request) -> Response:
    """Show an offered time with the two answers; looking changes nothing."""
    portal = portal_of(request)
    actor = await portal.actor(request)
    return await _show(request, portal, actor)


async def accept(request: Request) -> Response:
    """Take the offered time."""
    return await _answer(request, slot_offers.accept, "taken")


async def decline(request: Request) -> Response:
    """Leave the offered time to others."""
    return await _answer(request, slot_offers.decline, "left")


async def _answer(request: Request, function: Any, told: str) -> Response:
    portal = portal_of(request)
    actor = await portal.actor(request)
    form = WithdrawForm.of(request_info(request.scope).form)
    if not form.validate():
        return await _show(request, portal, actor, problems=form.problems, status=422)
    try:
        offer_id = SlotOfferId(parse_id(str(request.path_params["offer_id"])))
        await run_in_threadpool(portal.desk.perform_idempotent, form.submission.value, actor, function, offer_id)
    except SignedOut:
        raise
    except Refused as refused:
        return await _show(request, portal, actor, notice=refused.sentence, status=409)
    return RedirectResponse(f"/?offer={told}", 303)


async def _show(
    request: Request,
    portal: Portal,
    actor: Actor,
    *,
    notice: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The page of an offer; of one that is over, or of somebody else, it says that there is none."""
    shell = await portal.pages.shell()
    found = await run_in_threadpool(portal.desk.query, actor, slot_offers.portal_offers)
    offer: PortalOffer | None = next((each for each in found if each.id == request.path_params["offer_id"]), None)
    return await portal.pages.render(
        request,
        "offer.html",
        shell,
        status=status if offer is not None or status != 200 else 404,
        actor=actor,
        offer=offer,
        notice=notice,
        problems=problems or {},
        submission=new_uuid(),
        refusal=new_uuid(),
    )


async def wish(request: Request) -> Response:
    """Note, or forget, that the parent would like something earlier than an appointment."""
    portal = portal_of(request)
    actor = await portal.actor(request)
    form = EarlierForm.of(request_info(request.scope).form)
    if not form.validate():
        return RedirectResponse("/?earlier=failed", 303)
    function: Any = waitlist.wish_earlier if form.wish.value else waitlist.take_wish_back
    try:
        appointment_id = AppointmentId(parse_id(str(request.path_params["appointment_id"])))
        await run_in_threadpool(
            portal.desk.perform_idempotent,
            form.submission.value,
            actor,
            function,
            appointment_id,
            expect_version=form.version.value,
        )
    except SignedOut:
        raise
    except Refused:
        return RedirectResponse("/?earlier=failed", 303)
    return RedirectResponse(f"/?earlier={'noted' if form.wish.value else 'forgotten'}", 303)


ROUTES: Final = (
    Route("/offers/{offer_id:int}", offered, methods=["GET"]),
    Route("/offers/{offer_id:int}/accept", accept, methods=["POST"]),
    Route("/offers/{offer_id:int}/decline", decline, methods=["POST"]),
    Route("/appointments/{appointment_id:int}/earlier", wish, methods=["POST"]),
)
