"""The booking page: variant, time, who it is for, confirm. A held time belongs to the browser that has its secret; `booked` is the end.

Looking never changes anything. Whoever comes from elsewhere than a share link needs a `BookingScope` and a held time: from `/booking`
on, everything is read from the hold.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import SYSTEM, VISITOR, Actor, ActorKind
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Refused, SignedOut, SlotTaken, Throttled
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, hashed, new_token, new_uuid
from request_desk.domain.online_booking import (
    BookingScope,
    BookingStep,
    HeldOnline,
    HoldState,
    NewFamily,
    OfferedVariant,
)
from request_desk.domain.portal import PortalChild
from request_desk.domain.schedule import PortalSlot
from request_desk.domain.text import parse_date, parse_id
from request_desk.domain.words import _, spoken
from request_desk.services.portal import (
    access as portal_access,
    booking,
    booking_choices,
    booking_tokens,
    queries as portal_queries,
)
from request_desk.services.portal.booking_tokens import LaunchView
from request_desk.web.book_forms import (
    FAMILY_FIELDS,
    ChosenTime,
    ConfirmForm,
    FamilyForm,
    HoldForm,
    code_of,
)
from request_desk.web.forms import ANY, CodeForm, EmailForm, WithdrawForm, refuse_unknown
from request_desk.web.guards import block_of, request_info
from request_desk.web.pages import PageContext
from request_desk.web.portal import Portal, portal_of
from request_desk.web.session import browser_hash, browser_of, keep_browser
from request_desk.web.week import FreeTime, look_of, week_of

BOOKING: Final = "/booking"
LAUNCH_TIMES: Final = "/launch/times"
_KEPT_SECONDS: Final = 24 * 3600  # the browser shows what it booked for a day
_RELATIONS: Final = ("mother", "father", "guardian", "grandmother", "grandfather", "foster parent", "self")
_LOOKED_AT: Final = frozenset({"from", "go", "provider", "location"})


@dataclass(frozen=True, slots=True)
class Looking:
    """Where somebody is in the times: with whom, where, from which day."""

    provider_id: ProviderId | None = None
    location_id: LocationId | None = None
    from_day: date | None = None
    go: str = ""

    @classmethod
    def read(cls, query: Any) -> "Looking":
        """Read the address; an HTTP error for a foreign field or a value that no page of ours made."""
        refuse_unknown(query, _LOOKED_AT)
        try:
            return cls(
                _chosen(query.get("provider", ""), ProviderId),
                _chosen(query.get("location", ""), LocationId),
                from_day=parse_date(query["from"]) if query.get("from") else None,
                go=query.get("go", "")[:40],
            )
        except Invalid as wrong:
            raise HTTPException(400) from wrong


def _chosen(text: str, kind: Any) -> Any:
    return None if text in {"", ANY} else kind(parse_id(text))


# choosing


async def choose(request: Request) -> Response:
    """Show the variants of a service; where there is one alone, go straight to its times."""
    portal = portal_of(request)
    service = await run_in_threadpool(
        portal.desk.query, VISITOR, booking_choices.service_choice, request.path_params["service"]
    )
    if service is None:
        raise HTTPException(404)
    shell = await portal.pages.shell()
    if not shell.settings.self_booking:
        return await _off(request, portal, shell)
    links = [(each, f"/book/{service.reference}/{each.reference}") for each in service.variants]
    if BookingStep.VARIANT not in service.asked:
        return RedirectResponse(links[0][1], 303)
    return await portal.pages.render(request, "book_variants.html", shell, service=service, links=links, launch=None)


async def times(request: Request) -> Response:
    """Show the free times of a variant."""
    portal, shell, found = await _opened(request)
    if not shell.settings.self_booking:
        return await _off(request, portal, shell)
    return await show_times(request, portal, shell, found, Looking.read(request_info(request.scope).query))


async def hold(request: Request) -> Response:
    """Keep the chosen time for this browser."""
    portal, shell, found = await _opened(request)
    if not shell.settings.self_booking:
        return await _off(request, portal, shell)
    form = HoldForm.of(request_info(request.scope).form)
    if not form.validate():
        raise HTTPException(400)
    choice: ChosenTime = form.slot.value
    try:
        await hold_chosen(request, portal, VISITOR, found.scope, choice, form.secret.value)
    except (SlotTaken, Throttled) as refused:
        looking = Looking(from_day=shell.time.day_of(choice.starts_at))
        status = 429 if isinstance(refused, Throttled) else 409
        return await show_times(request, portal, shell, found, looking, problem=refused.sentence, status=status)
    return with_hold(RedirectResponse(BOOKING, 303), portal, form.secret.value)


async def _opened(request: Request) -> tuple[Portal, PageContext, OfferedVariant]:
    """What a link leads to; the one 404 page where that is nothing, whatever the reason."""
    portal = portal_of(request)
    service, variant = request.path_params["service"], request.path_params["variant"]
    found = await run_in_threadpool(portal.desk.query, VISITOR, booking_choices.offered, service, variant)
    if found is None:
        raise HTTPException(404)
    return portal, await portal.pages.shell(), found


async def _off(request: Request, portal: Portal, shell: PageContext) -> Response:
    return await portal.pages.render(request, "book_off.html", shell, status=403)


async def show_times(
    request: Request,
    portal: Portal,
    shell: PageContext,
    found: OfferedVariant,
    looking: Looking,
    *,
    launch: LaunchView | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    """Return the page of free times; each of them is a button that keeps it."""
    look = look_of(looking.from_day, looking.go, shell.today, found.advance)
    slots, next_day = await run_in_threadpool(
        portal.desk.query,
        VISITOR if launch is None else launch.actor,
        booking_choices.online_times,
        found.scope,
        provider_id=looking.provider_id,
        location_id=looking.location_id,
        from_day=look.from_day,
        days=look.days,
    )
    has_providers, has_places = BookingStep.PROVIDER in found.asked, len({slot.location_id for slot in slots}) > 1

    def chip(slot: PortalSlot) -> FreeTime:
        whom = slot.provider_name if has_providers and looking.provider_id is None else ""
        where = slot.location_name if has_places else ""
        return FreeTime(
            code_of(slot),
            shell.words.at(slot.zone).time(slot.starts_at),
            " · ".join(part for part in (whom, where) if part),
        )

    week = week_of(slots, look, next_day, shell=shell, latest=shell.today + found.advance, chip=chip)
    return await portal.pages.render(
        request,
        "book_times.html",
        shell,
        status=status,
        offered=found,
        looking=looking,
        times=week,
        kept_minutes=shell.words.minutes(found.hold_ttl),
        address=request.url.path,
        launch=launch,
        secret=new_token(),
        problem=problem,
    )


async def hold_chosen(
    request: Request, portal: Portal, actor: Actor, scope: BookingScope, choice: ChosenTime, secret: str
) -> AppointmentId:
    """Keep a time for whoever has the secret; what this browser held before is let go."""
    client = hashed(f"booking {block_of(request_info(request.scope).address)}")
    outcome = await run_in_threadpool(
        portal.desk.perform,
        actor,
        booking.hold_online,
        scope,
        choice.starts_at,
        choice.provider_id,
        choice.location_id,
        secret_hash=hashed(secret),
        client_hash=client,
        replaces=secret_hash_of(request, portal),
    )
    return outcome.value


def with_hold(response: Response, portal: Portal, secret: str) -> Response:
    """Give the browser the secret of what it holds."""
    portal.cookies.put(response, portal.cookies.hold, secret, seconds=_KEPT_SECONDS)
    return response


def secret_hash_of(request: Request, portal: Portal) -> str:
    """Return what the database keeps of the secret that this browser shows, "" where it shows none."""
    secret = request.cookies.get(portal.cookies.hold, "")
    return hashed(secret) if secret else ""


# who it is for


class LaunchOver(Exception):
    """The time of a booking token's launch is over, or it was opened in another browser."""


@dataclass(frozen=True, slots=True)
class LaunchChild:
    """Whom a booking token names; whoever has the link is told no more than the given name."""

    patient_id: PatientId
    name: str
    may_book: bool = True
    birth_day: date | None = None


Child: TypeAlias = PortalChild | LaunchChild


@dataclass(frozen=True, slots=True)
class HeldStep:
    """One request for a page behind a held time: what is held, who is there, and the launch that a booking token opened."""

    request: Request
    portal: Portal
    shell: PageContext
    held: HeldOnline
    secret_hash: str
    actor: Actor
    launch: LaunchView | None

    @classmethod
    async def begin(cls, request: Request) -> "HeldStep":
        """Read what this browser holds; raises the one 404 page where that is nothing, LaunchOver for a token's where its time is over."""
        portal = portal_of(request)
        secret_hash = secret_hash_of(request, portal)
        held = await run_in_threadpool(portal.desk.query, VISITOR, booking.held_online, secret_hash)
        if held is None:
            raise HTTPException(404)
        launch = None
        if held.scope.launch_id is not None and held.state is not HoldState.BOOKED:
            launch = await launch_of(request, portal)
            if launch is None or launch.actor.launch_id != held.scope.launch_id:
                raise LaunchOver
        actor = await who_is_here(request, portal) if launch is None else launch.actor
        return cls(request, portal, await portal.pages.shell(), held, secret_hash, actor, launch)

    @property
    def is_signed_in(self) -> bool:
        return self.actor.kind is ActorKind.CONTACT

    @property
    def holder(self) -> Actor:
        """Who keeps a time: whom the token names, else anybody."""
        return VISITOR if self.launch is None else self.launch.actor

    @property
    def may_be_new(self) -> bool:
        return self.shell.settings.new_families and self.held.scope.patient_id is None

    @property
    def times_link(self) -> str:
        """Where this time was chosen."""
        if self.held.scope.launch_id is not None:
            address = f"{LAUNCH_TIMES}/{self.held.scope.type_id}"
        else:
            address = f"/book/{self.held.service_reference}/{self.held.variant_reference}"
        day = self.shell.time.day_of(self.held.starts_at)
        return f"{address}?{urlencode({'from': day.isoformat()})}"

    async def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page that shows what is held, and for how long yet."""
        words = self.shell.words.at(self.held.zone)
        until = self.held.held_until
        seconds = 0 if until is None else max(0, int((until - self.shell.now).total_seconds()))
        return await self.portal.pages.render(
            self.request,
            template,
            self.shell,
            status=status,
            actor=self.actor if self.is_signed_in else None,
            held=self.held,
            there=words,
            is_over=self.held.state is HoldState.OVER,
            seconds=seconds,
            times_link=self.times_link,
            wish=new_uuid,
            **values,
        )

    async def children(self) -> tuple[Child, ...]:
        """Return whom the contact acts for; of whom a token names, the given name alone is told."""
        if self.launch is not None:
            return (LaunchChild(self.launch.scope.patient_id, self.launch.given_name),)
        return await run_in_threadpool(self.portal.desk.query, self.actor, portal_queries.portal_children)

    async def over(self, sentence: str = "", *, status: int = 200) -> Response:
        """Say kindly that the time is not kept any more; it can be taken again while it is free, else the next ones."""
        found = await run_in_threadpool(self.portal.desk.query, VISITOR, booking.free_near, self.held)
        is_same = bool(found) and found[0].starts_at == self.held.starts_at
        is_same = is_same and found[0].provider_id == self.held.provider_id
        return await self.page(
            "book_over.html",
            status=status,
            found=self.choices(found),
            is_same=is_same,
            sentence=sentence,
            secret=new_token(),
        )

    def choices(self, found: tuple[PortalSlot, ...]) -> list[FreeTime]:
        """Return times with day, provider and place, to choose one of."""
        words = self.shell.words
        return [
            FreeTime(
                code_of(slot),
                words.at(slot.zone).moment_with_zone(slot.starts_at),
                f"{slot.provider_name} · {slot.location_name}",
            )
            for slot in found
        ]


async def launch_of(request: Request, portal: Portal) -> LaunchView | None:
    """Return the launch that a booking token opened in this browser, None where there is none or its time is over."""
    token = request.cookies.get(portal.cookies.launch, "")
    try:
        return await run_in_threadpool(portal.desk.query, SYSTEM, booking_tokens.launch_session, token)
    except SignedOut:
        return None


async def who_is_here(request: Request, portal: Portal) -> Actor:
    """Return who is signed in, else a visitor of whom nothing is known."""
    try:
        return await portal.actor(request)
    except SignedOut:
        return VISITOR


async def booking_page(request: Request) -> Response:
    """Show the next step of a held time: the e-mail address, who it is for, or the button that books."""
    step = await HeldStep.begin(request)
    query = request_info(request.scope).query
    refuse_unknown(query, frozenset({"child", "who"}))
    if step.held.state is HoldState.BOOKED:
        return RedirectResponse(f"/booked/{step.held.id}", 303)
    if step.held.state is HoldState.OVER:
        return await step.over()
    if step.launch is None and not step.is_signed_in:
        if await _is_proved(step):
            return RedirectResponse(f"{BOOKING}/new", 303)
        return await step.page("book_email.html", email="", problems={})
    children = await step.children()
    bookable = [child for child in children if child.may_book]
    wanted = query.get("child", "")
    chosen = next((child for child in bookable if str(child.patient_id) == wanted), None)
    is_known = step.launch is not None or (len(bookable) == 1 and "who" not in query and not wanted)
    if chosen is None and is_known:
        chosen = bookable[0]
    if chosen is None:
        return await step.page("book_who.html", children=children, may_be_new=step.may_be_new)
    return await _check(step, chosen, children)


async def _check(
    step: HeldStep, child: Child, children: tuple[Child, ...], *, problem: str = "", status: int = 200
) -> Response:
    """Show what will be booked, with the button; or what stands against it for this child, at once."""
    query = step.portal.desk.query
    against = await run_in_threadpool(query, step.actor, booking.why_not, step.held, child.patient_id)
    already = None
    if not against:
        already = await run_in_threadpool(query, step.actor, booking.already_booked, step.held, child.patient_id)
    return await step.page(
        "book_check.html",
        status=status,
        child=child,
        has_others=len(children) > 1 or step.may_be_new,
        against=against,
        already=already,
        may_move=step.launch is None,
        problem="" if problem in (against, already.sentence if already else "") else problem,
    )


async def _is_proved(step: HeldStep) -> bool:
    browser = browser_hash(browser_of(step.request, step.portal.cookies))
    return step.may_be_new and await run_in_threadpool(
        step.portal.desk.query, VISITOR, portal_access.is_proved, browser
    )


async def send_code(request: Request) -> Response:
    """Send a code to an address; what is seen does not depend on whether somebody here knows it."""
    step = await HeldStep.begin(request)
    form = EmailForm.of(request_info(request.scope).form)
    typed = form.email.data or ""
    if not form.validate():
        return await step.page("book_email.html", email=typed, problems=form.problems, status=422)
    browser = browser_of(request, step.portal.cookies)
    asked = (
        await run_in_threadpool(
            step.portal.desk.perform,
            SYSTEM,
            portal_access.ask_code,
            form.email.value,
            browser_hash(browser),
            with_new=step.may_be_new,
        )
    ).value
    if asked.reference is None:
        return await step.page("book_email.html", email=typed, problems={"email": asked.sentence}, status=429)
    response = RedirectResponse(f"{BOOKING}/code/{asked.reference}", 303)
    keep_browser(response, step.portal.cookies, browser)
    return response


async def code(request: Request) -> Response:
    """Show the field for the code; the same for every address."""
    step = await HeldStep.begin(request)
    if step.is_signed_in:
        return RedirectResponse(BOOKING, 303)
    return await _code_page(step)


async def _code_page(
    step: HeldStep, *, typed: str = "", problems: Any = None, status: int = 200, call: bool = False
) -> Response:
    minutes = int(portal_access.CODE_LENGTH.total_seconds()) // 60
    return await step.page(
        "book_code.html", status=status, typed=typed, problems=problems or {}, call_practice=call, minutes=minutes
    )


async def check_code(request: Request) -> Response:
    """Let somebody go on whose code is right: signed in, or as a new family."""
    step = await HeldStep.begin(request)
    form = CodeForm.of(request_info(request.scope).form)
    if not form.validate():
        return await _code_page(step, typed=form.code.data or "", problems=form.problems, status=422)
    cookies, reference = step.portal.cookies, request.path_params["reference"]
    browser = browser_of(request, cookies)
    checked = await run_in_threadpool(
        portal_access.check_code,
        step.portal.desk,
        reference,
        form.code.value,
        browser_hash(browser),
        with_new=step.may_be_new,
    )
    if not checked.ok:
        return await _code_page(step, problems={"code": checked.sentence}, call=checked.call_practice, status=422)
    if checked.is_new:
        response = RedirectResponse(f"{BOOKING}/new", 303)
        keep_browser(response, cookies, browser)  # it is the proof now, for an hour from here
        return response
    response = RedirectResponse(BOOKING, 303)
    cookies.put(response, cookies.session, checked.token.text)
    cookies.drop(response, cookies.browser)
    return response


# confirming


async def confirm(request: Request) -> Response:
    """Book what is held for a child of the contact."""
    step = await HeldStep.begin(request)
    if step.held.state is HoldState.BOOKED:
        return RedirectResponse(f"/booked/{step.held.id}", 303)
    if step.launch is None and not step.is_signed_in:
        return RedirectResponse(BOOKING, 303)
    form = ConfirmForm.of(request_info(request.scope).form)
    if not form.validate():
        raise HTTPException(400)
    patient_id = PatientId(form.child.value)
    try:
        outcome = await run_in_threadpool(
            step.portal.desk.perform_idempotent,
            form.submission.value,
            step.actor,
            booking.confirm,
            step.secret_hash,
            patient_id,
            another=form.another.value,
        )
    except SlotTaken as taken:
        return await step.over(taken.sentence, status=409)
    except SignedOut as over:
        raise LaunchOver if step.launch is not None else over from over
    except (NotFound, NotAllowed):
        raise
    except Refused as refused:
        children = await step.children()
        child = next((each for each in children if each.patient_id == patient_id and each.may_book), None)
        if child is None:
            raise
        return await _check(step, child, children, problem=refused.sentence, status=409)
    return _to_booked(step, outcome.value)


def _to_booked(step: HeldStep, booked_id: AppointmentId) -> Response:
    was_over = "?again=1" if step.held.state is HoldState.OVER else ""
    return RedirectResponse(f"/booked/{booked_id}{was_over}", 303)


async def new_family(request: Request) -> Response:
    """Show what is asked of a new family, or of a new child of a contact, with the button that books."""
    step = await HeldStep.begin(request)
    if step.held.state is HoldState.BOOKED:
        return RedirectResponse(f"/booked/{step.held.id}", 303)
    if not step.may_be_new or not (step.is_signed_in or await _is_proved(step)):
        return RedirectResponse(BOOKING, 303)
    return await _family_page(step, {})


async def _family_page(
    step: HeldStep,
    typed: dict[str, str],
    *,
    problems: dict[str, str] | None = None,
    others: bool = False,
    status: int = 200,
) -> Response:
    found: tuple[PortalSlot, ...] = ()
    if others:
        found = await run_in_threadpool(step.portal.desk.query, VISITOR, booking.free_near, step.held)
    return await step.page(
        "book_new.html",
        status=status,
        typed=typed,
        problems=problems or {},
        relations=[(each, _relation_word(each)) for each in _RELATIONS],
        others=step.choices(found),
        secret=new_token(),
    )


async def register(request: Request) -> Response:
    """Register a new patient and book what is held; or keep another time and show what was typed again."""
    step = await HeldStep.begin(request)
    if step.held.state is HoldState.BOOKED:
        return RedirectResponse(f"/booked/{step.held.id}", 303)
    form = FamilyForm.of(request_info(request.scope).form)
    typed = {name: value or "" for name, value in form.data.items()}
    if not form.validate():
        raise HTTPException(400)
    if form.slot.value is not None:
        return await _other_time(step, form, typed)
    family = NewFamily(
        relation=form.relation.value,
        child_given_name=form.child_given.value,
        child_family_name=form.child_family.value,
        birth_day=form.birth.value,
        given_name=form.given.value,
        family_name=form.family.value,
        phone=form.phone.value,
        language=spoken(),
    )
    cookies, token = step.portal.cookies, new_token()
    try:
        outcome = await run_in_threadpool(
            step.portal.desk.perform_idempotent,
            form.submission.value,
            step.actor,
            booking.confirm_new,
            step.secret_hash,
            family,
            browser_hash=browser_hash(browser_of(request, cookies)),
            session_hash=hashed(token),
        )
    except Invalid as wrong:
        problems = {FAMILY_FIELDS.get(each.field, "form"): each.sentence for each in (wrong, *wrong.others)}
        if "relation" in problems:
            problems["relation"] = _("Please say who you are.")
        return await _family_page(step, typed, problems=problems, status=422)
    except SlotTaken as taken:
        return await _family_page(step, typed, problems={"form": taken.sentence}, others=True, status=409)
    except SignedOut:
        raise
    except Refused as refused:
        return await _family_page(step, typed, problems={"form": refused.sentence}, status=409)
    response = _to_booked(step, outcome.value)
    if outcome.changes and not step.is_signed_in:
        cookies.put(response, cookies.session, token)
        cookies.drop(response, cookies.browser)
    return response


async def _other_time(step: HeldStep, form: Any, typed: dict[str, str]) -> Response:
    try:
        await hold_chosen(step.request, step.portal, VISITOR, step.held.scope, form.slot.value, form.secret.value)
    except Refused as refused:
        return await _family_page(step, typed, problems={"form": refused.sentence}, others=True, status=409)
    secret_hash = hashed(form.secret.value)
    held = await run_in_threadpool(step.portal.desk.query, VISITOR, booking.held_online, secret_hash)
    if held is None:
        raise HTTPException(404)
    again = replace(step, shell=await step.portal.pages.shell(), held=held, secret_hash=secret_hash)
    return with_hold(await _family_page(again, typed), step.portal, form.secret.value)


# letting go, and taking again


async def again(request: Request) -> Response:
    """Keep a time that ran out once more, or another one near it."""
    step = await HeldStep.begin(request)
    form = HoldForm.of(request_info(request.scope).form)
    if not form.validate():
        raise HTTPException(400)
    try:
        await hold_chosen(request, step.portal, step.holder, step.held.scope, form.slot.value, form.secret.value)
    except (SlotTaken, Throttled) as refused:
        return await step.over(refused.sentence, status=429 if isinstance(refused, Throttled) else 409)
    return with_hold(RedirectResponse(BOOKING, 303), step.portal, form.secret.value)


async def release(request: Request) -> Response:
    """Give the time back, for others at once."""
    step = await HeldStep.begin(request)
    form = WithdrawForm.of(request_info(request.scope).form)
    if not form.validate():
        raise HTTPException(400)
    await run_in_threadpool(step.portal.desk.perform, VISITOR, booking.release, step.secret_hash)
    response = RedirectResponse(step.times_link or "/", 303)
    step.portal.cookies.drop(response, step.portal.cookies.hold)
    return response


def _relation_word(relation: str) -> str:
    return {
        "mother": _("I am the mother"),
        "father": _("I am the father"),
        "guardian": _("I am the legal guardian"),
        "grandmother": _("I am the grandmother"),
        "grandfather": _("I am the grandfather"),
        "foster parent": _("I am a foster parent"),
        "self": _("It is for myself"),
    }[relation]


_SHARE: Final = "/book/{service:uuid}"
ROUTES: Final = (
    Route(_SHARE, choose, methods=["GET"]),
    Route(_SHARE + "/{variant:uuid}", times, methods=["GET"]),
    Route(_SHARE + "/{variant:uuid}", hold, methods=["POST"]),
    Route(BOOKING, booking_page, methods=["GET"]),
    Route(BOOKING + "/email", send_code, methods=["POST"]),
    Route(BOOKING + "/code/{reference:uuid}", code, methods=["GET"]),
    Route(BOOKING + "/code/{reference:uuid}", check_code, methods=["POST"]),
    Route(BOOKING + "/new", new_family, methods=["GET"]),
    Route(BOOKING + "/new", register, methods=["POST"]),
    Route(BOOKING + "/confirm", confirm, methods=["POST"]),
    Route(BOOKING + "/again", again, methods=["POST"]),
    Route(BOOKING + "/release", release, methods=["POST"]),
)
