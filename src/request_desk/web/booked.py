"""The page behind a booking: when, where, what to bring, the calendar file, and the ways on; shown to the browser that booked."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import VISITOR
from request_desk.domain.directory import Control, Flow
from request_desk.domain.errors import Invalid
from request_desk.domain.icalendar import CalendarEvent
from request_desk.domain.ids import AppointmentId
from request_desk.domain.manage_links import LinkPurpose
from request_desk.domain.online_booking import BookedOnline, may_manage
from request_desk.domain.text import parse_id
from request_desk.services.portal import booking
from request_desk.web.book import secret_hash_of, who_is_here
from request_desk.web.calendar_files import calendar_answer
from request_desk.web.forms import refuse_unknown
from request_desk.web.guards import CSRF_FIELD, request_info
from request_desk.web.portal import portal_of


async def booked(request: Request) -> Response:
    """Show what was booked; looking makes no link."""
    portal = portal_of(request)
    found = await _found(request)
    query = request_info(request.scope).query
    refuse_unknown(query, frozenset({"again"}))
    shell = await portal.pages.shell()
    actor = await who_is_here(request, portal)
    settings = shell.settings
    return await portal.pages.render(
        request,
        "booked.html",
        shell,
        actor=None if actor == VISITOR else actor,
        booked=found,
        there=shell.words.at(found.zone),
        was_over="again" in query,
        has_calendar=settings.shows(Flow.BOOKING, Control.CALENDAR) and not found.is_cancelled,
        has_forms=settings.shows(Flow.BOOKING, Control.FORMS) and found.needs_forms and not found.is_cancelled,
        has_manage=may_manage(settings) and not found.is_cancelled,
    )


async def calendar_file(request: Request) -> Response:
    """Return the visit for the family's own calendar."""
    portal = portal_of(request)
    found = await _found(request)
    shell = await portal.pages.shell()
    if not shell.settings.shows(Flow.BOOKING, Control.CALENDAR):
        raise HTTPException(404)
    event = CalendarEvent(
        chain_id=found.chain_id,
        sequence=found.sequence,
        first_name=found.first_name,
        practice_name=shell.settings.practice_name,
        practice_phone=shell.settings.practice_phone,
        place=found.location_name,
        address=found.address,
        is_video=found.is_video,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        is_cancelled=found.is_cancelled,
    )
    return await calendar_answer(event, shell.now)


async def manage(request: Request) -> Response:
    """Make a link to the visit's own page and go there."""
    return await _to_link(request, LinkPurpose.MANAGE)


async def forms(request: Request) -> Response:
    """Make a link to the visit's questionnaires and go there (BK8)."""
    return await _to_link(request, LinkPurpose.FORMS)


async def _to_link(request: Request, purpose: LinkPurpose) -> Response:
    portal = portal_of(request)
    refuse_unknown(request_info(request.scope).form, frozenset({CSRF_FIELD}))
    actor = await who_is_here(request, portal)
    outcome = await run_in_threadpool(
        portal.desk.perform,
        actor,
        booking.link_to_booked,
        _id(request),
        secret_hash_of(request, portal),
        purpose,
    )
    return RedirectResponse(f"/m/{outcome.value}", 303)


async def _found(request: Request) -> BookedOnline:
    """What this browser booked; the one 404 page for anything else."""
    portal = portal_of(request)
    found = await run_in_threadpool(
        portal.desk.query, VISITOR, booking.booked_online, _id(request), secret_hash_of(request, portal)
    )
    if found is None:
        raise HTTPException(404)
    return found


def _id(request: Request) -> AppointmentId:
    try:
        return AppointmentId(parse_id(str(request.path_params["id"])))
    except Invalid as wrong:
        raise HTTPException(404) from wrong


ROUTES: Final = (
    Route("/booked/{id:int}", booked, methods=["GET"]),
    Route("/booked/{id:int}/visit.ics", calendar_file, methods=["GET"]),
    Route("/booked/{id:int}/manage", manage, methods=["POST"]),
    Route("/booked/{id:int}/forms", forms, methods=["POST"]),
)
