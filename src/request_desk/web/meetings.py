"""The lobby of a video appointment: when it opens, "I am here", waiting, and the way in once the provider lets them in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain import meetings
from request_desk.domain.access import Actor, ActorKind
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.ids import AppointmentId
from request_desk.domain.meetings import Joining
from request_desk.domain.schedule import PortalAppointment
from request_desk.domain.text import parse_id
from request_desk.domain.words import _
from request_desk.services.portal import meetings as lobby
from request_desk.web import policy
from request_desk.web.pages import PageContext
from request_desk.web.portal import portal_of

_LOOK_AGAIN: Final = (
    15  # seconds: a family in the lobby is let in within a breath, and a browser without scripts can do it
)
_SOON: Final = timedelta(minutes=15)  # from then on the page waits for the opening too


def join_link(appointment: PortalAppointment, shell: PageContext) -> str:
    """Return where a video appointment of today is joined, "" for any other, and while the practice has no meeting server."""
    if not (appointment.is_video and shell.settings.meeting_url):
        return ""
    state = meetings.joining(
        appointment.starts_at, appointment.ends_at, appointment.status, shell.now, is_video=appointment.is_video
    )
    is_today = shell.time.day_of(appointment.starts_at) == shell.today
    is_shown = state is Joining.OPEN or (state is Joining.EARLY and is_today)
    return f"/visits/{appointment.id}" if is_shown else ""


async def meeting(request: Request) -> Response:
    """Show how the meeting stands to who is signed in."""
    appointment_id = _wanted(request)
    actor = await portal_of(request).actor(request)
    back = Back("/", _("Visits and requests"))
    base = f"/visits/{appointment_id}"
    return await show_meeting(request, actor, appointment_id, base=base, room=f"{base}/join", back=back)


@dataclass(frozen=True, slots=True)
class Back:
    """Where the page leads back to."""

    link: str
    text: str


async def show_meeting(
    request: Request,
    actor: Actor,
    appointment_id: AppointmentId,
    *,
    base: str,
    room: str,
    back: Back,
    who: str = "",
    proof: str = "",
    room_proof: str = "",
) -> Response:
    """Show how the meeting stands; looking changes nothing.

    `base` is the page's own address, `room` that of the form which leads into the room, `who` the name that may be told.
    """
    portal = portal_of(request)
    found = await run_in_threadpool(portal.desk.query, actor, lobby.portal_meeting, appointment_id)
    shell = await portal.pages.shell()
    seen, words = found.appointment, shell.words.at(found.appointment.zone)
    state = meetings.joining_of(seen, shell.now)
    is_near = state is Joining.EARLY and meetings.opens_at(seen.starts_at) - shell.now <= _SOON
    is_waiting = state is Joining.OPEN and found.arrived_at is not None and not found.address
    page = await portal.pages.render(
        request,
        "meeting.html",
        shell,
        actor=actor if actor.kind is ActorKind.CONTACT else None,
        base=base,
        room=room,
        go_back=back,
        proof=proof,
        room_proof=room_proof,
        who=who or seen.patient_name,
        appointment=seen,
        there=words,
        is_open=state is Joining.OPEN,
        is_early=state is Joining.EARLY,
        is_gone=seen.status is AppointmentStatus.CANCELLED,
        why=meetings.why_closed(seen, shell.now, words),
        arrived_at=found.arrived_at,
        is_let_in=bool(found.address),
        looks_again=is_near or is_waiting,
    )
    if found.address:
        meet = urlsplit(found.address)
        page.headers[policy.NAME] = policy.policy(leads_to=f"{meet.scheme}://{meet.netloc}")
    if is_near or is_waiting:
        page.headers["refresh"] = str(_LOOK_AGAIN)
    return page


async def arrive(request: Request) -> Response:
    """Tell the provider that the family is here."""
    portal = portal_of(request)
    actor = await portal.actor(request)
    appointment_id = _wanted(request)
    await run_in_threadpool(portal.desk.perform, actor, lobby.arrive, appointment_id)
    return RedirectResponse(f"/visits/{appointment_id}", 303)


async def join(request: Request) -> Response:
    """Lead a family that was let in to the room, whose address stands in no page (LINK-17); everybody else to the lobby."""
    portal = portal_of(request)
    actor = await portal.actor(request)
    appointment_id = _wanted(request)
    found = await run_in_threadpool(portal.desk.query, actor, lobby.portal_meeting, appointment_id)
    return RedirectResponse(found.address or f"/visits/{appointment_id}", 303)


def _wanted(request: Request) -> AppointmentId:
    return AppointmentId(parse_id(str(request.path_params["appointment_id"])))


ROUTES: Final = (
    Route("/visits/{appointment_id:int}", meeting, methods=["GET"]),
    Route("/visits/{appointment_id:int}/here", arrive, methods=["POST"]),
    Route("/visits/{appointment_id:int}/join", join, methods=["POST"]),
)
