"""What a parent comes back to: appointments, requests, and the thread of each with the practice; asking is in `requests`."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.counter_offers import CounterOfferState
from request_desk.domain.directory import Control, Flow, Location, Provider
from request_desk.domain.errors import Refused, SignedOut
from request_desk.domain.freed_slots import PortalOffer
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, RequestId, TypeId, new_uuid
from request_desk.domain.portal import PortalChild, PortalRequest, PortalThread
from request_desk.domain.requests import RequestKind, RequestState, Wish, WishKind
from request_desk.domain.schedule import PortalAppointment
from request_desk.domain.standing import state_sentence
from request_desk.domain.wishes import one_wish
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.inbox import counter_offers, handling, letters_seen
from request_desk.services.portal import queries as portal_queries
from request_desk.services.portal.questionnaires import Papers, papers
from request_desk.services.practice import directory
from request_desk.services.schedule import portal_schedule, slot_offers
from request_desk.web.forms import AnswerForm, Asking, WithdrawForm
from request_desk.web.guards import request_info
from request_desk.web.meetings import join_link
from request_desk.web.pages import PageContext
from request_desk.web.portal import Portal, portal_of
from request_desk.web.questionnaires import forms_summary, has_open_forms
from request_desk.web.times import only_place

_PAST_SHOWN: Final = 10
_CLOSED_SHOWN: Final = 10
_PAPERS_SHOWN: Final = 12  # appointments whose forms the first page tells of
_OPEN: Final = frozenset({RequestState.OPEN, RequestState.WAITING})


@dataclass(frozen=True, slots=True)
class RequestButton:
    """A kind of request that is on."""

    text: str
    link: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request as its parent sees it in the list: what, where it stands, and what comes next."""

    title: str
    detail: str
    state: str
    tone: str  # the name of the state's color and sign
    next: str
    link: str


def _papers(unit: Unit, appointments: tuple[PortalAppointment, ...]) -> dict[AppointmentId, Papers]:
    """Forms and documents of what is to come, where there are any."""
    coming = (each for each in appointments if each.status is AppointmentStatus.CONFIRMED and each.ends_at > unit.now)
    found = {each.id: papers(unit, each.id, is_verified=True) for each in islice(coming, _PAPERS_SHOWN)}
    return {which: each for which, each in found.items() if each.forms or each.documents}


def _family(
    unit: Unit,
) -> tuple[
    tuple[PortalChild, ...],
    tuple[PortalAppointment, ...],
    tuple[PortalRequest, ...],
    tuple[PortalOffer, ...],
    dict[AppointmentId, Papers],
]:
    appointments = portal_schedule.portal_appointments(unit)
    return (
        portal_queries.portal_children(unit),
        appointments,
        portal_queries.portal_requests(unit),
        slot_offers.portal_offers(unit),
        _papers(unit, appointments),
    )


async def home(request: Request) -> Response:
    """Show appointments and requests, and a button for each kind that is on."""
    portal = portal_of(request)
    actor = await portal.actor(request)
    shell = await portal.pages.shell()
    children, appointments, requests, offers, beside = await run_in_threadpool(portal.desk.query, actor, _family)
    query = request_info(request.scope).query
    everybody = _everybody(children, appointments, requests)
    child = next((each for each in everybody if str(each) == query.get("child")), None)
    if child is not None:
        appointments = tuple(each for each in appointments if each.patient_id == child)
        requests = tuple(each for each in requests if each.patient_id == child)
    joins = {each.id: link for each in appointments if (link := join_link(each, shell))}
    ahead = [
        appointment
        for appointment in appointments
        if (appointment.status is AppointmentStatus.CONFIRMED and appointment.ends_at > shell.now)
        or appointment.id in joins
    ]
    past = [
        appointment
        for appointment in reversed(appointments)
        if appointment not in ahead and appointment.status is not AppointmentStatus.HELD
    ]
    lines = [(found.state in _OPEN, line_of(found, shell)) for found in requests]
    is_all = query.get("all") == "1"
    closed = [line for is_open, line in lines if not is_open]
    return await portal.pages.render(
        request,
        "home.html",
        shell,
        actor=actor,
        buttons=_buttons(shell, children),
        offers=offers,
        told=_told(query),
        wish=new_uuid,
        papers={which: (forms_summary(each), has_open_forms(each)) for which, each in beside.items()},
        ahead=[(appointment, joins.get(appointment.id, ""), _links(appointment, shell)) for appointment in ahead],
        past=[(appointment, _status_word(appointment)) for appointment in past[: None if is_all else _PAST_SHOWN]],
        open_requests=[line for is_open, line in lines if is_open],
        closed_requests=closed[: None if is_all else _CLOSED_SHOWN],
        has_more=not is_all and (len(past) > _PAST_SHOWN or len(closed) > _CLOSED_SHOWN),
        is_sent=query.get("sent") == "1",
        children=children,
        everybody=everybody,
        child=child,
        may_ask=any(child.may_book for child in children),
    )


def _everybody(
    children: Sequence[PortalChild],
    appointments: Sequence[PortalAppointment],
    requests: Sequence[PortalRequest],
) -> dict[PatientId, str]:
    """All of whom something is shown, by name; given names alone, where they tell them apart (PP2)."""
    given = {each.patient_id: each.given_name for each in children}
    names = {each.patient_id: each.name for each in children}
    names |= {each.patient_id: each.patient_name for each in appointments}
    names |= {each.patient_id: each.patient_name for each in requests}
    is_plain = len(set(given.values())) == len(names)
    return {which: given[which] if is_plain and which in given else name for which, name in names.items()}


def _told(query: Mapping[str, str]) -> tuple[str, str]:
    """What has just become of an offered time or a wish, and the tone it is said in; "" for nothing."""
    sentences = {
        ("offer", "taken"): (_("The time is yours. It stands below."), "good"),
        ("offer", "left"): (_("Thank you for telling us. The time is free for others now."), "good"),
        ("earlier", "noted"): (_("Noted. If an earlier time becomes free, we may offer it to you."), "good"),
        ("earlier", "forgotten"): (_("Your visit stays as it is, and we offer no earlier time."), "good"),
        ("earlier", "failed"): (_("This did not work: the visit has changed. Look at it below and try again."), "bad"),
    }
    return next((sentences[each] for each in query.items() if each in sentences), ("", ""))


def _buttons(shell: PageContext, children: tuple[PortalChild, ...]) -> list[RequestButton]:
    """A button for each kind that is on."""
    if not any(child.may_book for child in children):
        return []
    texts = {
        RequestKind.SCHEDULE: _("Ask for a visit"),
        RequestKind.RESCHEDULE: _("Move a visit"),
        RequestKind.CANCEL: _("Cancel a visit"),
    }
    return [
        RequestButton(texts[kind], f"/ask/{kind.value}", is_first=index == 0) for index, kind in enumerate(shell.kinds)
    ]


def _links(appointment: PortalAppointment, shell: PageContext) -> list[RequestButton]:
    """What can be done about an appointment, or asked where the practice lets families not do it by themselves."""
    if not appointment.may_book or appointment.starts_at <= shell.now:
        return []
    texts = {
        RequestKind.RESCHEDULE: (Control.RESCHEDULE, _("Move")),
        RequestKind.CANCEL: (Control.CANCEL, _("Cancel")),
    }
    asking = Asking(appointment_id=appointment.id)
    asked = [
        RequestButton(texts[kind][1], asking.link(kind), is_first=False)
        for kind in shell.kinds
        if kind in texts and not shell.settings.shows(Flow.ACCOUNT, texts[kind][0])
    ]
    return [RequestButton(_("Manage appointment"), f"/appointments/{appointment.id}", is_first=False), *asked]


def _status_word(appointment: PortalAppointment) -> str:
    return {
        AppointmentStatus.CANCELLED: _("cancelled"),
        AppointmentStatus.NO_SHOW: _("missed"),
        AppointmentStatus.EXPIRED: _("cancelled"),
    }.get(appointment.status, "")


def title_of(found: PortalRequest) -> str:
    """Return what a request is about: "Well visit for Zuri Okafor"."""
    return _("{appointment} for {patient}").format(
        appointment=found.type_name or _("A visit"), patient=found.patient_name
    )


def line_of(found: PortalRequest, shell: PageContext) -> RequestLine:
    """Return a request as a line of the list."""
    words = {
        RequestKind.SCHEDULE: _("New visit"),
        RequestKind.RESCHEDULE: _("Move to another time"),
        RequestKind.CANCEL: _("Cancel the visit"),
    }
    state, tone = state_of(found, shell)
    stands = state_sentence(found.standing, shell.words, shell.now)
    return RequestLine(
        title=title_of(found),
        detail=_("{kind} · asked {time}").format(kind=words[found.kind], time=shell.words.near_moment(found.asked_at)),
        state=state,
        tone=tone,
        next=" ".join(part for part in (stands, promise(found, shell)) if part),
        link=f"/requests/{found.reference}",
    )


def state_of(found: PortalRequest, shell: PageContext) -> tuple[str, str]:
    """Return where a request stands, in words, and the tone they are shown in."""
    match found.state:
        case RequestState.WITHDRAWN:
            return _("Taken back"), "closed"
        case RequestState.COMPLETED:
            return _("Answered"), "done"
        case RequestState.WAITING:
            return _("Waiting for you"), "you"
        case RequestState.OPEN:
            is_late = found.answer_by is not None and found.answer_by < shell.now
            return (_("With us, later than promised"), "late") if is_late else (_("With us"), "open")


def promise(found: PortalRequest, shell: PageContext) -> str:
    """Return by when an answer comes, or what to do instead of waiting."""
    if found.state is RequestState.OPEN and found.answer_by is not None:
        if found.answer_by < shell.now:
            return _("We are sorry for the wait. If it cannot wait longer, please call us.")
        by = f"{shell.words.near_moment(found.answer_by)} {shell.words.zone_name(found.answer_by)}"
        return _("Answer promised by {time}").format(time=by)
    if found.state is RequestState.WAITING:
        is_offered = found.standing.offered is not None and found.standing.offered.state is CounterOfferState.OPEN
        return _("Please choose a time.") if is_offered else _("Please read our letter and answer.")
    return ""


async def thread(request: Request) -> Response:
    """Show one request with its letters."""
    portal = portal_of(request)
    actor = await portal.actor(request)
    found = await run_in_threadpool(
        portal.desk.query, actor, portal_queries.portal_thread, request.path_params["reference"]
    )
    if found.has_news and _is_read_by_somebody(request):
        with suppress(Refused):  # the next look notes it: nobody is kept from reading
            await run_in_threadpool(portal.desk.perform, actor, letters_seen.note_seen, found.request.id)
    is_new = request_info(request.scope).query.get("sent") == "1"
    return await show_thread(request, portal, actor, found, is_new=is_new)


def _is_read_by_somebody(request: Request) -> bool:
    """Whether a page is asked for to be looked at: not its head alone, nor ahead of a tap that may never come (RE10)."""
    return request.method == "GET" and not any(request.headers.get(name) for name in ("sec-purpose", "purpose"))


async def show_thread(
    request: Request,
    portal: Portal,
    actor: Actor,
    found: PortalThread,
    *,
    is_new: bool = False,
    typed: str = "",
    submission: UUID | None = None,
    notice: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Return the page of a thread; `typed` is an answer that could not be sent, and stays in its box."""
    shell = await portal.pages.shell()
    asked = found.request
    taken: frozenset[Wish] = frozenset()
    if is_new and asked.state is RequestState.OPEN:
        types = await run_in_threadpool(portal.desk.query, SYSTEM, directory.appointment_types)
        type_id = next((kind.id for kind in types if kind.name == asked.type_name), None)
        taken = await run_in_threadpool(portal.desk.query, actor, _taken, type_id, asked)
    names, places = await run_in_threadpool(portal.desk.query, SYSTEM, _names_and_places)
    chosen = next((place for place in places.values() if place.name == asked.location_name), None)
    state, tone = state_of(asked, shell)
    offers = await run_in_threadpool(portal.desk.query, actor, slot_offers.portal_offers)
    times = await run_in_threadpool(portal.desk.query, actor, counter_offers.portal_times, asked.id)
    return await portal.pages.render(
        request,
        "thread.html",
        shell,
        status=status,
        actor=actor,
        thread=found,
        asked=asked,
        title=title_of(asked),
        line=line_of(asked, shell),
        state=state,
        tone=tone,
        promise=promise(asked, shell),
        stands=state_sentence(asked.standing, shell.words, shell.now),
        may_thank=found.may_answer and bool(found.messages) and found.messages[-1].from_practice and times is None,
        about=_about(request_info(request.scope).query.get("w", "")),
        thanks=new_uuid(),
        wishes=[
            (_wish_text(wish, shell, only_place(wish, names, places, chosen)), wish in taken)
            for wish in sorted(asked.wishes, key=lambda wish: wish.rank)
        ],
        is_new=is_new,
        offers=[each for each in offers if each.request_id == asked.id],
        times=times,
        told=_times_told(request_info(request.scope).query.get("times", ""), asked),
        typed=typed,
        notice=notice or found.notice,
        problems=problems or {},
        submission=submission or new_uuid(),
        withdrawal=new_uuid(),
    )


def _times_told(done: str, asked: PortalRequest) -> str:
    """What the parent has just done with offered times, as long as it is so."""
    if done == "taken" and asked.state is RequestState.COMPLETED:
        return _("The time is yours.")
    if done == "none" and asked.state is RequestState.OPEN:
        return _("Thank you for telling us. We look for other times.")
    return ""


def _about(wanted: str) -> str:
    """What the parent wants to write, by the button below the practice's letter."""
    return {"no": _("What does not work for you?"), "ask": _("What would you like to ask?")}.get(wanted, "")


def _wish_text(wish: Wish, shell: PageContext, place: Location | None) -> str:
    if wish.starts_at is not None:
        return (shell.words.at(place.zone) if place else shell.words).moment_with_zone(wish.starts_at)
    return one_wish(wish, shell.words)


def _names_and_places(unit: Unit) -> tuple[Mapping[ProviderId, Provider], Mapping[LocationId, Location]]:
    providers, locations = directory.providers(unit), directory.locations(unit)
    return {each.id: each for each in providers}, {each.id: each for each in locations}


def _taken(unit: Unit, type_id: TypeId | None, asked: PortalRequest) -> frozenset[Wish]:
    """The wished slots that somebody else has by now; read once, on arrival: later the practice may hold them for this family."""
    taken: set[Wish] = set()
    for wish in asked.wishes:
        if wish.kind is not WishKind.SLOT or wish.starts_at is None or type_id is None:
            continue
        free = portal_schedule.portal_slots(
            unit,
            type_id=type_id,
            patient_id=asked.patient_id,
            provider_id=wish.provider_id,
            location_id=None,
            from_day=unit.time.day_of(wish.starts_at),
            days=1,
        )
        if all(slot.starts_at != wish.starts_at for slot in free):
            taken.add(wish)
    return frozenset(taken)


async def answer(request: Request) -> Response:
    """Send a letter in the thread, once; a request that was answered or waits is open again."""
    portal, actor, found = await _posted_to(request)
    form = AnswerForm.of(request_info(request.scope).form)
    typed = form.message.data or ""
    if not form.validate():
        return await show_thread(request, portal, actor, found, typed=typed, problems=form.problems, status=422)
    return await _act(
        request, portal, actor, found, form.submission.value, handling.answer, form.message.value, typed=typed
    )


async def thank(request: Request) -> Response:
    """Record a parent's thanks; nothing is opened again by it (RE10)."""
    portal, actor, found = await _posted_to(request)
    form = WithdrawForm.of(request_info(request.scope).form)
    if not form.validate():
        return await show_thread(request, portal, actor, found, problems=form.problems, status=422)
    return await _act(request, portal, actor, found, form.submission.value, handling.thank)


async def withdraw(request: Request) -> Response:
    """Take an open request back."""
    portal, actor, found = await _posted_to(request)
    form = WithdrawForm.of(request_info(request.scope).form)
    if not form.validate():
        return await show_thread(request, portal, actor, found, problems=form.problems, status=422)
    return await _act(request, portal, actor, found, form.submission.value, handling.withdraw)


async def _posted_to(request: Request) -> tuple[Portal, Actor, PortalThread]:
    portal = portal_of(request)
    actor = await portal.actor(request)
    reference: UUID = request.path_params["reference"]
    return portal, actor, await run_in_threadpool(portal.desk.query, actor, portal_queries.portal_thread, reference)


async def _act(
    request: Request,
    portal: Portal,
    actor: Actor,
    found: PortalThread,
    submission: UUID,
    function: Any,
    *values: Any,
    typed: str = "",
) -> Response:
    """Perform once and show the thread again; a refusal, or a form changed after it was sent, keeps what was typed."""
    request_id: RequestId = found.request.id
    try:
        outcome = await run_in_threadpool(
            portal.desk.perform_idempotent, submission, actor, function, request_id, *values
        )
    except SignedOut:
        raise
    except Refused as refused:
        return await show_thread(
            request, portal, actor, found, typed=typed, submission=submission, notice=refused.sentence, status=409
        )
    if typed and not outcome.changes and all(letter.body not in values for letter in found.messages):
        notice = _(
            "You have already sent this letter. What you changed since then was not sent: you can send it below."
        )
        return await show_thread(request, portal, actor, found, typed=typed, notice=notice, status=422)
    return RedirectResponse(f"/requests/{found.request.reference}", 303)


ROUTES: Final = (
    Route("/requests/{reference:uuid}/thanks", thank, methods=["POST"]),
    Route("/", home, methods=["GET"]),
    Route("/requests/{reference:uuid}", thread, methods=["GET"]),
    Route("/requests/{reference:uuid}/answer", answer, methods=["POST"]),
    Route("/requests/{reference:uuid}/withdraw", withdraw, methods=["POST"]),
)
