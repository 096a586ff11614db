"""The page of one appointment, from a manage link or signed in: seen, moved, cancelled, asked about; who is known is in `manage_checks`.

Looking changes nothing (LINK-05); each act is a form with a proof of its own (LINK-06).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain import meetings
from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.directory import Control, Flow, Verification
from request_desk.domain.errors import AlreadyAsked, Refused, SignedOut, SlotTaken
from request_desk.domain.ids import AppointmentId, hashed
from request_desk.domain.manage_links import FamilyAppointment, LinkPurpose, OpenLink
from request_desk.domain.meetings import Joining
from request_desk.domain.requests import NewRequest, RequestKind, Wish, WishKind
from request_desk.domain.text import parse_id
from request_desk.domain.words import _, languages, speak
from request_desk.services.inbox import handling
from request_desk.services.portal import (
    family_acts,
    manage_links,
    meetings as lobby,
    questionnaires as forms,
    verification,
)
from request_desk.web import questionnaires
from request_desk.web.calendar_files import calendar_answer
from request_desk.web.forms import Asking, LinkAskForm, ManageForm, MoveForm, ProofForm
from request_desk.web.guards import LINKS, request_info
from request_desk.web.manage_times import Sight, read_sight, shown_time
from request_desk.web.meetings import Back, show_meeting
from request_desk.web.pages import PageContext
from request_desk.web.portal import Portal, portal_of
from request_desk.web.questionnaires import WayIn, forms_summary, has_open_forms, sized

_PREFETCH: Final = ("sec-purpose", "purpose", "x-moz")
_KINDS: Final = {"move": RequestKind.RESCHEDULE, "cancel": RequestKind.CANCEL}


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a family can do now, or why not and what to do instead; `link` is "" for what cannot be done."""

    text: str
    link: str
    why_not: str = ""
    instead: str = ""  # the address of a form that asks the practice; "": they call
    instead_text: str = ""
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """Who has come to the page of an appointment, and by which way."""

    request: Request
    portal: Portal
    actor: Actor
    link: OpenLink | None
    shown: FamilyAppointment
    base: str
    scope: str  # names the link or the account in proofs

    @property
    def flow(self) -> Flow:
        return Flow.ACCOUNT if self.link is None else Flow.MANAGE

    @property
    def is_for_forms(self) -> bool:
        """Whether this is a link that opens questionnaires alone (BK8)."""
        return self.link is not None and self.link.purpose is LinkPurpose.FORMS

    @property
    def own_id(self) -> AppointmentId | None:
        """The appointment where an account names it; a link knows its own."""
        return self.shown.appointment.id if self.link is None else None

    @property
    def opened(self) -> OpenLink:
        """The link; asking for it on the way of an account is a bug."""
        if self.link is None:
            raise ValueError("not a manage link")
        return self.link

    def proof(self, act: str) -> str:
        """Return a proof for a form."""
        return self.portal.proofs.issue(f"{act}:{self.scope}")

    def command(self, act: str, given: str) -> UUID:
        """Check the proof of a posted form; raises an HTTP error for another one's."""
        return self.portal.proofs.check(f"{act}:{self.scope}", given)

    def shows(self, shell: PageContext, control: Control) -> bool:
        """Tell whether the practice offers this here (BK6); a link for questionnaires alone opens nothing else."""
        return not self.is_for_forms and shell.settings.shows(self.flow, control)


async def enter(request: Request) -> Door:
    """Return who has come; raises NotFound for whatever opens nothing, Settling or SignedOut."""
    portal = portal_of(request)
    token = request.path_params.get("token")
    if token is None:
        actor = await portal.actor(request)
        appointment_id = AppointmentId(parse_id(str(request.path_params["appointment_id"])))
        shown = await run_in_threadpool(portal.desk.query, actor, family_acts.appointment, appointment_id)
        seen = shown.appointment
        return Door(request, portal, actor, None, shown, f"/appointments/{seen.id}", f"{actor.id}/{seen.chain_id}")
    session = request.cookies.get(portal.cookies.manage, "")
    link = await run_in_threadpool(portal.desk.query, SYSTEM, manage_links.of_token, token, session)
    if link.language and request.cookies.get(portal.cookies.language, "") not in languages():
        speak(link.language)
    shown = await run_in_threadpool(portal.desk.query, link.actor, family_acts.appointment, link.appointment_id)
    if shown.touch_due and not any(name in request.headers for name in _PREFETCH):
        await run_in_threadpool(portal.desk.perform, SYSTEM, manage_links.touch, link.actor.session)
    return Door(request, portal, link.actor, link, shown, f"{LINKS}{token}", hashed(token))


async def _nothing(_request: Request) -> Response:
    raise manage_links.gone()


async def settling(request: Request, refused: Exception) -> Response:
    """Answer a link whose appointment staff are just making: it is there in a minute."""
    pages = portal_of(request).pages
    return await pages.render(request, "settling.html", await pages.shell(), status=409, sentence=str(refused))


async def show(request: Request) -> Response:
    """Show the appointment with what can be done now; a link for forms alone leads to them."""
    door = await enter(request)
    if door.is_for_forms and door.shown.is_known:
        return RedirectResponse(f"{door.base}/forms", 303)
    return await dashboard(door)


async def papers_way(request: Request) -> WayIn:
    """Return by which way somebody comes to the forms and documents."""
    door = await enter(request)
    return WayIn(
        actor=door.actor,
        appointment_id=door.own_id,
        base=door.base,
        home="" if door.is_for_forms else door.base,
        is_verified=door.shown.is_known,
        verify=door.base,
    )


async def dashboard(
    door: Door,
    *,
    notice: str = "",
    problems: dict[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
    call: bool = False,
) -> Response:
    """Return the page of the appointment; somebody who is not known yet is asked who they are, and sees the bare appointment."""
    shell = await door.portal.pages.shell()
    shown = door.shown
    done = request_info(door.request.scope).query.get("done", "")
    is_asked, state = not shown.is_known, _state(shown, shell)
    target, papers = None, None
    if not is_asked:
        papers = await run_in_threadpool(
            door.portal.desk.query, door.actor, forms.papers, door.own_id, is_verified=True
        )
    elif shown.verification is Verification.CODE:
        target = await run_in_threadpool(door.portal.desk.query, SYSTEM, verification.code_target, door.opened.id)
    return await door.portal.pages.render(
        door.request,
        "manage.html",
        shell,
        status=status,
        actor=door.actor if door.link is None else None,
        is_account=door.link is None,
        base=door.base,
        shown=shown,
        there=shell.words.at(shown.appointment.zone),
        state=state,
        acts=[] if is_asked else _acts(door, shell),
        join=("", "") if is_asked else _join(door, shell),
        papers=papers,
        forms_told="" if papers is None else forms_summary(papers),
        has_open_forms=papers is not None and has_open_forms(papers),
        documents=[] if papers is None else sized(papers),
        has_calendar=not is_asked and not state and door.shows(shell, Control.CALENDAR),
        done=done if _is_so(shown, done) else "",
        notice=notice,
        problems=problems or {},
        typed=typed or {},
        call_practice=call,
        code_target=target.shown if target is not None else "",
        proof=door.proof("check"),
    )


def _is_so(shown: FamilyAppointment, done: str) -> bool:
    """Whether what an address says was just done is so: anybody can write an address."""
    match done:
        case "moved":
            return shown.appointment.replaces_id is not None
        case "cancelled":
            return shown.appointment.status is AppointmentStatus.CANCELLED
        case _:
            return done == "asked"


def _state(shown: FamilyAppointment, shell: PageContext) -> str:
    """How an appointment stands that is not simply to come."""
    if shown.appointment.status is AppointmentStatus.CANCELLED:
        return _("This visit was cancelled.")
    return _("This visit is over.") if shown.appointment.ends_at <= shell.now else ""


def _acts(door: Door, shell: PageContext) -> list[Act]:
    """What the practice offers on this way, possible now or not (ML1)."""
    shown, base = door.shown, door.base
    if shown.appointment.status is not AppointmentStatus.CONFIRMED or shown.appointment.starts_at <= shell.now:
        return []
    offered = (
        (Control.RESCHEDULE, "move", _("Move to another time"), shown.moving, _("Ask us to move it"), False),
        (Control.CANCEL, "cancel", _("Cancel this visit"), shown.cancelling, _("Ask us to cancel it"), True),
    )
    return [
        Act(
            text,
            "" if why_not else f"{base}/{name}",
            why_not,
            _asking(door, shell, name) if why_not else "",
            asking,
            is_grave,
        )
        for control, name, text, why_not, asking, is_grave in offered
        if door.shows(shell, control)
    ]


def _asking(door: Door, shell: PageContext, name: str) -> str:
    """Where the practice is asked to do what they cannot do by themselves; "" where they call."""
    kind = _KINDS[name]
    if not (door.shown.may_ask and shell.is_on(kind)):
        return ""
    if door.link is None:
        return Asking(appointment_id=door.shown.appointment.id).link(kind)
    return f"{door.base}/ask/{name}"


def _join(door: Door, shell: PageContext) -> tuple[str, str]:
    """Where a video visit is joined, or when that opens; both "" where neither is so."""
    seen = door.shown.appointment
    if not (seen.is_video and shell.settings.meeting_url and door.shows(shell, Control.JOIN)):
        return "", ""
    there = shell.words.at(seen.zone)
    match meetings.joining_of(seen, shell.now):
        case Joining.OPEN:
            return (f"/visits/{seen.id}" if door.link is None else f"{door.base}/join"), ""
        case Joining.EARLY:
            return "", meetings.why_closed(seen, shell.now, there)
        case _:
            return "", ""


# cancelled


async def ask_cancel(request: Request) -> Response:
    """Ask whether the appointment is really to be cancelled."""
    door = await enter(request)
    if not door.shown.is_known or door.shown.cancelling:
        return RedirectResponse(door.base, 303)
    return await _page(door, "manage_cancel.html", proof=door.proof("cancel"))


async def cancel(request: Request) -> Response:
    """Cancel the appointment, once."""
    door = await enter(request)
    form = ManageForm.of(request_info(request.scope).form)
    command = door.command("cancel", form.proof.data or "")
    if not form.validate():
        return await dashboard(door, problems=form.problems, status=422)
    return await _do(
        door,
        lambda: door.portal.desk.perform_idempotent(
            command, door.actor, family_acts.cancel, door.shown.appointment.id, expect_version=form.version.value
        ),
        "cancelled",
    )


# moved


async def choose_time(request: Request) -> Response:
    """Show to which times the appointment can be moved, or the chosen one to be confirmed."""
    door = await enter(request)
    if not door.shown.is_known or door.shown.moving:
        return RedirectResponse(door.base, 303)
    shell = await door.portal.pages.shell()
    sight = Sight.read(request_info(request.scope).query, door.shown, shell)
    if sight.at is not None:
        chosen = await run_in_threadpool(door.portal.desk.query, door.actor, shown_time, sight, door.shown)
        if chosen is not None:
            return await _page(door, "manage_move.html", chosen=chosen, sight=sight, proof=door.proof("move"))
        return await _times(door, sight.on_its_day(shell), notice=_("This time is not free any more."), status=409)
    return await _times(door, sight)


async def move(request: Request) -> Response:
    """Move the appointment to the confirmed time, once."""
    door = await enter(request)
    form = MoveForm.of(request_info(request.scope).form)
    command = door.command("move", form.proof.data or "")
    if not form.validate():
        return await dashboard(door, problems=form.problems, status=422)
    try:
        return await _do(
            door,
            lambda: door.portal.desk.perform_idempotent(
                command,
                door.actor,
                family_acts.move,
                door.shown.appointment.id,
                form.at.value,
                expect_version=form.version.value,
            ),
            "moved",
            passed=SlotTaken,
        )
    except SlotTaken as taken:
        shell = await door.portal.pages.shell()
        sight = Sight.of(form.at.value, door.shown, shell)
        return await _times(door, sight, notice=taken.sentence, status=409)


async def _times(door: Door, sight: Sight, *, notice: str = "", status: int = 200) -> Response:
    shell = await door.portal.pages.shell()
    times = await run_in_threadpool(door.portal.desk.query, door.actor, read_sight, sight, door.shown, shell)
    return await _page(
        door,
        "manage_times.html",
        status=status,
        notice=notice,
        sight=sight,
        times=times,
        asking=_asking(door, shell, "move"),
    )


# asked of the practice


async def ask(request: Request) -> Response:
    """Show the form that asks the practice to do what cannot be done here."""
    door = await enter(request)
    name = request.path_params["kind"]
    shell = await door.portal.pages.shell()
    if name not in _KINDS or not door.shown.is_known or not _asking(door, shell, name):
        return RedirectResponse(door.base, 303)
    return await _page(
        door, "manage_ask.html", name=name, proof=door.proof(f"ask-{name}"), message="", problems={}, asked=""
    )


async def send(request: Request) -> Response:
    """Send the practice a request for the contact to whom the link was sent, once."""
    door = await enter(request)
    name = request.path_params["kind"]
    shell = await door.portal.pages.shell()
    form = LinkAskForm.of(request_info(request.scope).form)
    command = door.command(f"ask-{name}", form.proof.data or "")
    if name not in _KINDS or not door.shown.is_known or not _asking(door, shell, name):
        return await dashboard(door, notice=_("This cannot be asked here. Please call the practice."), status=409)
    contact, problems, asked = door.opened.contact, {} if form.validate() else form.problems, ""
    if contact is not None and not problems:
        kind = _KINDS[name]
        new = NewRequest(
            submission_id=command,
            kind=kind,
            patient_id=door.shown.appointment.patient_id,
            type_id=None,
            provider_id=None,
            location_id=None,
            appointment_id=door.shown.appointment.id,
            wishes=(Wish(1, WishKind.NEXT),) if kind is RequestKind.RESCHEDULE else (),
            message=form.message.value,
            again=form.twice.data == "again",
        )
        try:
            asked = await run_in_threadpool(_ask, door, command, contact, new, adds=form.twice.data == "add")
            if not asked:
                return RedirectResponse(f"{door.base}?done=asked", 303)
        except Refused as refused:
            problems = {"form": refused.sentence}
    return await _page(
        door,
        "manage_ask.html",
        status=422,
        name=name,
        proof=door.proof(f"ask-{name}"),
        message=form.message.data or "",
        problems=problems,
        asked=asked,
    )


def _ask(door: Door, command: UUID, contact: Actor, new: NewRequest, *, adds: bool) -> str:
    """Send a request, or add it to the one that is open; return what is to be answered before that, "" when it is sent."""
    try:
        door.portal.desk.perform_idempotent(command, contact, handling.submit, new)
    except AlreadyAsked as asked:
        if not adds:
            return asked.sentence
        text = new.message or _("I ask for this again.")
        door.portal.desk.perform_idempotent(command, contact, handling.answer, asked.request_id, text)
    return ""


# kept in the family's own calendar


async def calendar_file(request: Request) -> Response:
    """Return the appointment for the family's own calendar."""
    door = await enter(request)
    shell = await door.portal.pages.shell()
    if not door.shown.is_known:
        return RedirectResponse(door.base, 303)
    if not door.shows(shell, Control.CALENDAR):
        raise manage_links.gone()
    entry = family_acts.calendar_entry
    event = await run_in_threadpool(door.portal.desk.query, door.actor, entry, door.shown.appointment.id)
    return await calendar_answer(event, shell.now)


# the video visit


async def join(request: Request) -> Response:
    """Show the lobby of a video visit."""
    door = await enter(request)
    shell = await door.portal.pages.shell()
    if not door.shown.is_known or _join(door, shell) == ("", ""):
        return RedirectResponse(door.base, 303)
    return await show_meeting(
        request,
        door.actor,
        door.shown.appointment.id,
        base=f"{door.base}/join",
        room=f"{door.base}/join",
        back=Back(door.base, _("Your visit")),
        who=door.shown.first_name,
        proof=door.proof("here"),
        room_proof=door.proof("room"),
    )


async def arrive(request: Request) -> Response:
    """Tell the provider that the family is here."""
    door = await enter(request)
    form = ProofForm.of(request_info(request.scope).form)
    command = door.command("here", form.proof.data or "")
    try:
        await run_in_threadpool(
            door.portal.desk.perform_idempotent, command, door.actor, lobby.arrive, door.shown.appointment.id
        )
    except Refused as refused:
        return await dashboard(door, notice=refused.sentence, status=409)
    return RedirectResponse(f"{door.base}/join", 303)


async def enter_room(request: Request) -> Response:
    """Lead a family that was let in to the room, whose address stands in no page (LINK-17); everybody else to the lobby."""
    door = await enter(request)
    form = ProofForm.of(request_info(request.scope).form)
    door.command("room", form.proof.data or "")
    shell = await door.portal.pages.shell()
    if not door.shown.is_known or not _join(door, shell)[0]:
        return RedirectResponse(door.base, 303)
    appointment_id = door.shown.appointment.id
    try:
        found = await run_in_threadpool(door.portal.desk.query, door.actor, lobby.portal_meeting, appointment_id)
    except Refused as refused:
        return await dashboard(door, notice=refused.sentence, status=409)
    return RedirectResponse(found.address or f"{door.base}/join", 303)


async def _page(door: Door, template: str, *, status: int = 200, **values: object) -> Response:
    shell = await door.portal.pages.shell()
    return await door.portal.pages.render(
        door.request,
        template,
        shell,
        status=status,
        actor=door.actor if door.link is None else None,
        base=door.base,
        shown=door.shown,
        there=shell.words.at(door.shown.appointment.zone),
        **values,
    )


async def _do(door: Door, act: Callable[[], object], done: str, *, passed: type[Refused] = SignedOut) -> Response:
    """Do something once and lead back to the page, which says so; a refusal is told there, but for one that is passed on."""
    try:
        await run_in_threadpool(act)
    except (SignedOut, passed):
        raise
    except Refused as refused:
        return await dashboard(await enter(door.request), notice=refused.sentence, status=409)
    return RedirectResponse(f"{door.base}?done={done}", 303)


class _Anything(Convertor[str]):
    """The rest of an address with whatever signs it has."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())
_Handler = Callable[[Request], Awaitable[Response]]
_ACCOUNT: Final = "/appointments/{appointment_id:int}"
_LINK: Final = LINKS + "{token}"


def _both(path: str, handler: _Handler, method: str) -> tuple[Route, Route]:
    """The same page on both ways."""
    return Route(_LINK + path, handler, methods=[method]), Route(_ACCOUNT + path, handler, methods=[method])


ROUTES: Final = (
    *_both("", show, "GET"),
    *_both("/cancel", ask_cancel, "GET"),
    *_both("/cancel", cancel, "POST"),
    *_both("/move", choose_time, "GET"),
    *_both("/move", move, "POST"),
    Route(_LINK + "/ask/{kind}", ask, methods=["GET"]),
    Route(_LINK + "/ask/{kind}", send, methods=["POST"]),
    Route(_LINK + "/join", join, methods=["GET"]),
    Route(_LINK + "/join", enter_room, methods=["POST"]),
    Route(_LINK + "/join/here", arrive, methods=["POST"]),
    *_both("/visit.ics", calendar_file, "GET"),
    *questionnaires.routes(_LINK, papers_way),
    *questionnaires.routes(_ACCOUNT, papers_way),
)
NOTHING: Final = Route(LINKS + "{rest:anything}", _nothing, methods=["GET", "POST"])  # the last of all
