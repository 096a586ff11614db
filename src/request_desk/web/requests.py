"""Asking the practice to schedule, move or cancel: one question a page until the last, which is posted; threads are in `home`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.directory import AppointmentType, Location, Provider, RebookingMode
from request_desk.domain.errors import AlreadyAsked, Invalid, NotFound, Refused, SignedOut
from request_desk.domain.ids import LocationId, PatientId, ProviderId, TypeId, new_uuid
from request_desk.domain.portal import PortalChild, PortalType
from request_desk.domain.requests import DayPart, NewRequest, RequestKind, Wish, WishKind
from request_desk.domain.schedule import PortalAppointment
from request_desk.domain.triage import due_at
from request_desk.domain.wishes import part_word
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.inbox import handling
from request_desk.services.portal import queries as portal_queries
from request_desk.services.practice import directory
from request_desk.services.schedule import portal_schedule
from request_desk.web.forms import Asking, SendForm, new_request
from request_desk.web.guards import request_info
from request_desk.web.home import show_thread
from request_desk.web.pages import PageContext
from request_desk.web.portal import Portal, portal_of
from request_desk.web.times import (
    picked,
    read_times,
    still_possible,
    taken_picks,
    times_of,
    with_typed_day,
    wrong_with,
)
from request_desk.web.week import look_of

_LAST: Final = frozenset({"continue", "next"})  # buttons that lead to the last page


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen: of the practice, and of this contact."""

    types: tuple[AppointmentType, ...]
    providers: tuple[Provider, ...]
    locations: tuple[Location, ...]
    children: tuple[PortalChild, ...]
    appointments: tuple[PortalAppointment, ...]

    @property
    def provider_names(self) -> Mapping[ProviderId, Provider]:
        return {provider.id: provider for provider in self.providers}

    @property
    def places(self) -> Mapping[LocationId, Location]:
        return {place.id: place for place in self.locations}

    def type(self, type_id: TypeId | None) -> AppointmentType | None:
        """Return a type that is offered; None for "not sure"."""
        if type_id is None:
            return None
        found: AppointmentType = _one(tuple(kind for kind in self.types if kind.id == type_id))
        return found

    def providers_for(self, type_: AppointmentType | None) -> tuple[Provider, ...]:
        """Return who sees patients for this type."""
        if type_ is None or not type_.provider_ids:
            return self.providers
        return tuple(provider for provider in self.providers if provider.id in type_.provider_ids)


def _one(found: tuple[Any, ...]) -> Any:
    if not found:
        raise NotFound(_("This choice is not there any more. Please start again from the first page."))
    return found[0]


def _practice(
    unit: Unit,
) -> tuple[tuple[AppointmentType, ...], tuple[Provider, ...], tuple[Location, ...]]:
    return directory.appointment_types(unit), directory.providers(unit), directory.locations(unit)


def _family(unit: Unit) -> tuple[tuple[PortalChild, ...], tuple[PortalAppointment, ...]]:
    return portal_queries.portal_children(unit), portal_schedule.portal_appointments(unit)


class Step:
    """One request for a page of an asking: who asks, what for, what there is to choose."""

    def __init__(
        self, request: Request, portal: Portal, actor: Actor, shell: PageContext, kind: RequestKind, choices: Choices
    ) -> None:
        self.request = request
        self.portal = portal
        self.actor = actor
        self.shell = shell
        self.kind = kind
        self.choices = choices

    @classmethod
    async def begin(cls, request: Request) -> "Step":
        """Read who asks and what there is to choose."""
        portal = portal_of(request)
        actor = await portal.actor(request)
        if request.path_params["kind"] not in {kind.value for kind in RequestKind}:
            raise HTTPException(404)
        shell = await portal.pages.shell()
        practice = await run_in_threadpool(portal.desk.query, SYSTEM, _practice)
        family = await run_in_threadpool(portal.desk.query, actor, _family)
        kind = RequestKind(request.path_params["kind"])
        return cls(request, portal, actor, shell, kind, Choices(*practice, *family))

    async def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page of this asking."""
        return await self.portal.pages.render(
            self.request,
            template,
            self.shell,
            status=status,
            actor=self.actor,
            kind=self.kind,
            title=_title(self.kind),
            **values,
        )

    # Whom it is for, and what

    def child(self, patient_id: PatientId) -> PortalChild:
        """Return a child of this contact."""
        found: PortalChild = _one(tuple(child for child in self.choices.children if child.patient_id == patient_id))
        return found

    def appointments(self) -> tuple[PortalAppointment, ...]:
        """Return the appointments that are still ahead."""
        return tuple(
            appointment
            for appointment in self.choices.appointments
            if appointment.status is AppointmentStatus.CONFIRMED and appointment.starts_at > self.shell.now
        )

    def appointment(self, asking: Asking) -> PortalAppointment | None:
        """Return the appointment that is to be moved or cancelled."""
        if self.kind is RequestKind.SCHEDULE or asking.appointment_id is None:
            return None
        found: PortalAppointment = _one(
            tuple(appointment for appointment in self.appointments() if appointment.id == asking.appointment_id)
        )
        return found

    def completed(self, asking: Asking) -> Asking:
        """Return the asking with what goes without saying: the only child, the only appointment, the appointment's own rules."""
        if self.kind is RequestKind.SCHEDULE:
            asking = replace(asking, appointment_id=None)
            if asking.patient_id is None and len(self.choices.children) == 1:
                asking = replace(asking, patient_id=self.choices.children[0].patient_id)
            return asking
        if asking.appointment_id is None and len(self.appointments()) == 1:
            asking = replace(asking, appointment_id=self.appointments()[0].id)
        appointment = self.appointment(asking)
        if appointment is None:
            return asking
        is_new = asking.provider_id is None and not asking.is_any_provider
        is_with = (
            appointment.provider_id if appointment.provider_id in self.choices.provider_names else None
        )  # or has left
        is_offered = any(kind.id == appointment.type_id for kind in self.choices.types)
        return replace(
            asking,
            patient_id=appointment.patient_id,
            # A type that is off is still the appointment's own, which the request takes from there; it has no times to offer.
            type_id=appointment.type_id if is_offered else None,
            is_any_type=not is_offered,
            provider_id=is_with if is_new or self.is_same_provider(appointment.type_id) else asking.provider_id,
        )

    def is_same_provider(self, type_id: TypeId | None) -> bool:
        """Tell whether a move must stay with the provider."""
        kind = next((kind for kind in self.choices.types if kind.id == type_id), None)
        return (
            self.kind is RequestKind.RESCHEDULE
            and kind is not None
            and kind.rebooking_mode is RebookingMode.SAME_PROVIDER
        )

    async def obstacle(self, asking: Asking) -> Response | None:
        """Return the page that ends this asking early: the kind is off, or the right is missing."""
        if not self.shell.is_on(self.kind):
            return await self.page("closed.html", status=403)
        bookable = [child for child in self.choices.children if child.may_book]
        chosen = self.child(asking.patient_id) if asking.patient_id is not None else None
        if not bookable or (chosen is not None and not chosen.may_book):
            return await self.page("no_right.html", status=403, child=chosen)
        return None

    # The pages, in their order

    async def who(self, asking: Asking) -> Response:
        """Ask which child."""
        links = [
            (child, replace(asking, patient_id=child.patient_id).link(self.kind)) for child in self.choices.children
        ]
        return await self.page("who.html", links=links)

    async def which(self) -> Response:
        """Ask which appointment."""
        links = [
            (appointment, Asking(appointment_id=appointment.id).link(self.kind)) for appointment in self.appointments()
        ]
        return await self.page("which.html", links=links)

    async def what(self, asking: Asking) -> Response:
        """Ask what kind of appointment."""
        child = self.child_of(asking)
        types = await self._types(child, None)
        links = [(kind, replace(asking, type_id=kind.id).link(self.kind)) for kind in types]
        unsure = replace(asking, is_any_type=True).link(self.kind)
        return await self.page("what.html", links=links, unsure=unsure, child=child)

    async def _types(self, child: PortalChild, provider_id: ProviderId | None) -> tuple[PortalType, ...]:
        """Read the kinds of visit that a child may have, and how long they take for it."""
        read = self.portal.desk.query
        return await run_in_threadpool(read, self.actor, portal_queries.portal_types, child.patient_id, provider_id)

    async def _length(self, asking: Asking) -> timedelta | None:
        """How long the chosen kind takes for the child; None where none is chosen or the child cannot have it."""
        if asking.type_id is None:
            return None
        types = await self._types(self.child_of(asking), asking.provider_id)
        return next((kind.duration for kind in types if kind.id == asking.type_id), None)

    async def when(self, asking: Asking, *, problems: Mapping[str, str] | None = None, status: int = 200) -> Response:
        """Ask for preferred times, with real free ones to tick."""
        type_ = self.choices.type(asking.type_id)
        providers = self.choices.providers_for(type_)
        _require(asking.provider_id, [provider.id for provider in self.choices.providers])
        _require(asking.location_id, [place.id for place in self.choices.locations])
        advance = type_.maximum_advance if type_ is not None else timedelta()
        look = look_of(asking.from_day, asking.go, self.shell.today, advance)
        child = self.child_of(asking)
        slots, next_day = await run_in_threadpool(
            self.portal.desk.query, self.actor, read_times, asking, child.patient_id, look
        )
        times, elsewhere = times_of(
            slots,
            asking,
            look,
            next_day,
            shell=self.shell,
            latest=self.shell.today + advance,
            names=self.choices.provider_names,
            places=self.choices.places,
        )
        hidden = {
            name: value
            for name, value in replace(asking, from_day=look.from_day if not look.is_one_day else asking.from_day)
            .fields()
            .items()
            if name not in {"provider", "location"}
        }
        if self.is_same_provider(asking.type_id):
            hidden |= {name: value for name, value in asking.fields().items() if name == "provider"}
        return await self.page(
            "when.html",
            status=status,
            asking=asking,
            child=child,
            appointment=self.appointment(asking),
            type_=type_,
            length=await self._length(asking),
            providers=providers,
            locations=self._places(asking, providers),
            is_same_provider=self.is_same_provider(asking.type_id),
            times=times,
            elsewhere=elsewhere,
            parts_of_day=[(part.value, part_word(part)) for part in DayPart],
            hidden=hidden,
            problems=problems or {},
        )

    async def check(
        self,
        asking: Asking,
        *,
        submission: UUID | None = None,
        message: str = "",
        best: str = "",
        asked: str = "",
        problems: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        """Show what will be asked, with room for a message and the button that sends it."""
        child = self.child_of(asking)
        taken: frozenset[str] = frozenset()
        if any(pick.starts_at is not None for pick in asking.picks):
            taken = await run_in_threadpool(self.portal.desk.query, self.actor, taken_picks, asking, child.patient_id)
        settings, appointment = self.shell.settings, self.appointment(asking)
        picks = [
            picked(
                pick,
                self.shell,
                self.choices.provider_names,
                places=self.choices.places,
                chosen=self._place(asking.location_id),
                taken=taken,
            )
            for pick in asking.picks
        ]
        return await self.page(
            "check.html",
            status=status,
            asking=asking,
            child=child,
            appointment=appointment,
            is_today=appointment is not None and self.shell.time.day_of(appointment.starts_at) == self.shell.today,
            type_=self.choices.type(asking.type_id),
            length=await self._length(asking),
            provider=self.choices.provider_names.get(asking.provider_id) if asking.provider_id is not None else None,
            location=self._place(asking.location_id),
            picks=picks,
            best=best if best in {pick.code for pick in picks} else picks[0].code if picks else "",
            change=asking.link(self.kind),
            answer_by=due_at(
                self.shell.now, settings.target_age, settings.opening_hours, settings.closed_days, self.shell.time
            ),
            hidden=asking.fields() | asking.pick_fields(),
            submission=submission or new_uuid(),
            message=message,
            asked=asked,
            problems=problems or {},
        )

    def child_of(self, asking: Asking) -> PortalChild:
        """Return the chosen child."""
        if asking.patient_id is None:
            raise NotFound(_("This page is not complete any more. Please start again from the first page."))
        return self.child(asking.patient_id)

    def _places(self, asking: Asking, providers: tuple[Provider, ...]) -> tuple[Location, ...]:
        """The locations where the chosen provider, or any who may be chosen, works."""
        chosen = [provider for provider in providers if asking.provider_id in (None, provider.id)]
        there = {place for provider in chosen for place in provider.location_ids}
        return tuple(place for place in self.choices.locations if place.id in there or place.id == asking.location_id)

    def _place(self, location_id: LocationId | None) -> Location | None:
        return next((place for place in self.choices.locations if place.id == location_id), None)


def _require(chosen: int | None, known: list[Any]) -> None:
    if chosen is not None and chosen not in known:
        raise NotFound(_("This choice is not there any more. Please start again from the first page."))


def _title(kind: RequestKind) -> str:
    return {
        RequestKind.SCHEDULE: _("Ask for a visit"),
        RequestKind.RESCHEDULE: _("Move a visit"),
        RequestKind.CANCEL: _("Cancel a visit"),
    }[kind]


async def ask(request: Request) -> Response:
    """Show the next question of an asking."""
    step = await Step.begin(request)
    asking = step.completed(Asking.read(request_info(request.scope).query))
    ended = await step.obstacle(asking)
    if ended is not None:
        return ended
    if step.kind is RequestKind.SCHEDULE:
        if asking.patient_id is None:
            return await step.who(asking)
        if not asking.has_type:
            return await step.what(asking)
    elif asking.appointment_id is None:
        return await step.which()
    if step.kind is RequestKind.CANCEL:
        return await step.check(asking)
    return await _when_or_check(step, asking)


async def _when_or_check(step: Step, asking: Asking) -> Response:
    if asking.go == "next":
        return await step.check(replace(asking, picks=(Wish(1, WishKind.NEXT),)))
    try:
        asking = with_typed_day(asking, step.shell)
    except Invalid as refused:
        return await step.when(asking, problems={refused.field: refused.sentence}, status=422)
    possible = still_possible(asking, step.shell)
    problems: dict[str, str] = {}
    if possible.picks != asking.picks:
        problems["times"] = _("One of your times is over by now. Please choose again.")
    elif asking.go in _LAST and (wrong := wrong_with(asking.picks)):
        problems["times"] = wrong
    if asking.go in _LAST and not problems:
        return await step.check(possible)
    return await step.when(possible, problems=problems, status=422 if problems else 200)


async def send(request: Request) -> Response:
    """Send the request to the practice, once, and show its thread."""
    step = await Step.begin(request)
    posted = request_info(request.scope).form
    form = SendForm.of(posted)
    asking = step.completed(Asking.read(posted))
    ended = await step.obstacle(asking)
    if ended is not None:
        return ended
    if step.kind is not RequestKind.SCHEDULE and asking.appointment_id is None:
        return await step.which()
    if step.kind is not RequestKind.CANCEL:
        if asking.picks != still_possible(asking, step.shell).picks or wrong_with(asking.picks) or not asking.has_type:
            return await _when_or_check(step, replace(asking, go="continue"))
        step.choices.type(asking.type_id)
    kept = {"message": form.message.data or "", "best": form.best.data or ""}
    if not form.validate():
        if "submission" in form.problems:
            raise Invalid(form.problems["submission"], field="submission")
        return await step.check(asking, submission=form.submission.value, problems=form.problems, status=422, **kept)
    new = new_request(
        step.kind,
        asking,
        patient_id=step.child_of(asking).patient_id,
        submission=form.submission.value,
        best=kept["best"],
        message=form.message.value,
        again=form.twice.data == "again",
    )
    try:
        outcome = await run_in_threadpool(
            step.portal.desk.perform_idempotent, new.submission_id, step.actor, handling.submit, new
        )
    except SignedOut:
        raise
    except AlreadyAsked as asked:
        if form.twice.data == "add":
            return await _add(step, asking, asked, new)
        return await step.check(
            asking,
            submission=new.submission_id,
            message=kept["message"],
            best=kept["best"],
            asked=asked.sentence,
            status=409,
        )
    except Refused as refused:
        return await step.check(
            asking, submission=new.submission_id, problems={"form": refused.sentence}, status=409, **kept
        )
    try:
        thread = await run_in_threadpool(
            step.portal.desk.query, step.actor, portal_queries.portal_thread, outcome.value
        )
    except NotFound:  # somebody who may book and may not read messages
        return RedirectResponse("/?sent=1", 303)
    if not outcome.changes and not _is_same(new.message, thread):
        notice = _(
            "You have already sent this request. What you changed since then was not sent: you can send it below as an answer."
        )
        return await show_thread(request, step.portal, step.actor, thread, typed=new.message, notice=notice, status=422)
    return RedirectResponse(f"/requests/{thread.request.reference}?sent=1", 303)


async def _add(step: Step, asking: Asking, asked: AlreadyAsked, new: NewRequest) -> Response:
    """Add what was asked to the request that is open, as a letter with the times in words."""
    names, places = step.choices.provider_names, step.choices.places
    chosen = places.get(asking.location_id) if asking.location_id is not None else None
    times = [picked(pick, step.shell, names, places=places, chosen=chosen).text for pick in asking.picks]
    parts = [new.message, _("Preferred times: {times}").format(times="; ".join(times)) if times else ""]
    text = "\n\n".join(part for part in parts if part) or _("I ask for this again.")
    try:
        await run_in_threadpool(
            step.portal.desk.perform_idempotent, new.submission_id, step.actor, handling.answer, asked.request_id, text
        )
        thread = await run_in_threadpool(
            step.portal.desk.query, step.actor, portal_queries.portal_thread, asked.request_id
        )
    except SignedOut:
        raise
    except NotFound:  # somebody who may book and may not read messages
        return RedirectResponse("/?sent=1", 303)
    except Refused as refused:
        return await step.check(
            asking,
            submission=new.submission_id,
            message=new.message,
            problems={"form": refused.sentence},
            status=409,
        )
    return RedirectResponse(f"/requests/{thread.request.reference}?sent=1", 303)


def _is_same(message: str, thread: Any) -> bool:
    """Whether the text that was sent the first time is the one that came now."""
    first = next((letter.body for letter in thread.messages if not letter.from_practice), "")
    return bool(first == message)


ROUTES: Final = (
    Route("/ask/{kind}", ask, methods=["GET"]),
    Route("/ask/{kind}", send, methods=["POST"]),
)
