"""Forms and documents of one appointment, for every way in: a manage link or somebody signed in; nothing is looked up by name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from request_desk.domain.access import Actor, ActorKind
from request_desk.domain.attachments import MEGABYTE, Attachment
from request_desk.domain.errors import Conflict, Invalid, NotVerified, Refused, SignedOut
from request_desk.domain.ids import AppointmentId, AttachmentId, QuestionId, QuestionnaireId, new_uuid
from request_desk.domain.questionnaires import (
    MOST_TEXT,
    FilledForm,
    FormQuestion,
    QuestionKind,
    SavedForm,
    consent_hint,
    parts_of,
    seen_of,
    shown_answer,
)
from request_desk.domain.text import parse_id, parse_uuid
from request_desk.domain.words import _, plural, spoken
from request_desk.services.portal import questionnaires as forms
from request_desk.services.portal.chains import not_there
from request_desk.services.portal.questionnaires import Papers
from request_desk.web.forms import refuse_unknown
from request_desk.web.guards import CSRF_FIELD, request_info
from request_desk.web.pages import PageContext
from request_desk.web.portal import Portal, portal_of

_ANSWER: Final = "q"  # and the number of the question on its page
_FINISH, _ON, _BACK, _STAY = "finish", "on", "back", "stay"
_KILOBYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class WayIn:
    """By which way somebody came to an appointment.

    `base` is the address of its pages, `home` leads back from them, "" where a link opens nothing else. `appointment_id` is None
    where the actor is a link, which knows its own. `is_verified` says that somebody has shown who they are, `verify` where
    that is asked for (ML7).
    """

    actor: Actor
    appointment_id: AppointmentId | None
    base: str
    home: str
    is_verified: bool
    verify: str


Enter = Callable[[Request], Awaitable[WayIn]]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as a page shows it: its field, its words, and what stands in it."""

    name: str
    kind: QuestionKind
    text: str
    choices: tuple[tuple[str, str], ...]
    value: str
    is_required: bool
    number: int
    hint: str


def routes(prefix: str, enter: Enter) -> tuple[Route, ...]:
    """Return the pages below an address such as "/m/{token}"; `enter` says who came, or refuses."""
    pages = _PaperPages(enter)
    form = f"{prefix}/forms/{{questionnaire_id:int}}"
    return (
        Route(f"{prefix}/forms", pages.listed, methods=["GET"]),
        Route(form, pages.form, methods=["GET"]),
        Route(form, pages.save, methods=["POST"]),
        Route(f"{prefix}/documents/{{attachment_id:int}}", pages.document, methods=["GET"]),
    )


def forms_summary(found: Papers) -> str:
    """Return how far the forms are in one sentence, "" where there are none: for the page of the appointment."""
    if not found.forms:
        return ""
    done = sum(each.completed_at is not None for each in found.forms)
    if done == len(found.forms):
        return _("All forms are filled in. Thank you.")
    return plural(
        "{done} of {count} form is filled in.", "{done} of {count} forms are filled in.", len(found.forms)
    ).format(done=done, count=len(found.forms))


def has_open_forms(found: Papers) -> bool:
    """Tell whether the family still has something to fill in."""
    return found.may_fill and any(each.completed_at is None for each in found.forms)


def sized(found: Papers) -> list[tuple[Attachment, str]]:
    """Return the documents, each with its size in words."""
    return [(each, _size(each)) for each in found.documents]


class _PaperPages:
    """The pages for one way in."""

    def __init__(self, enter: Enter) -> None:
        self._enter = enter

    async def listed(self, request: Request) -> Response:
        """Show the forms with how far each is, and the documents to download."""
        portal, way = portal_of(request), await self._enter(request)
        try:
            found: Papers = await run_in_threadpool(
                portal.desk.query, way.actor, forms.papers, way.appointment_id, is_verified=way.is_verified
            )
        except NotVerified:
            return _ask_first(way)
        shell = await portal.pages.shell()
        return await portal.pages.render(
            request,
            "papers.html",
            shell,
            actor=_signed_in(way),
            way=way,
            found=found,
            appointment=found.appointment,
            forms=[(each, *_state(each, shell, may_fill=found.may_fill)) for each in found.forms],
            documents=sized(found),
            is_sent=request_info(request.scope).query.get("sent") == "1",
        )

    async def form(self, request: Request) -> Response:
        """Show one page of a form, or what was sent; looking changes nothing."""
        portal, way = portal_of(request), await self._enter(request)
        try:
            found, may_fill = await self._read(portal, way, request)
        except NotVerified:
            return _ask_first(way)
        query = request_info(request.scope).query
        shell = await portal.pages.shell()
        return await _show(
            request,
            portal,
            shell,
            way,
            found,
            _part(query, found),
            may_fill=may_fill,
            is_saved=query.get("saved") == "1",
        )

    async def save(self, request: Request) -> Response:
        """Keep what one page of a form says, then go on, back, or send it all."""
        portal, way = portal_of(request), await self._enter(request)
        form = request_info(request.scope).form
        try:
            found, may_fill = await self._read(portal, way, request)
        except NotVerified:
            return _ask_first(way)
        part, shell = _part(form, found), await portal.pages.shell()
        asked = parts_of(found.questionnaire.asked)[part]
        typed = _typed(form, asked)
        go = form.get("go", _STAY)
        try:
            outcome = await run_in_threadpool(
                portal.desk.perform_idempotent,
                parse_uuid(form.get("submission"), field=_("Form")),
                way.actor,
                forms.save_answers,
                way.appointment_id,
                found.questionnaire.id,
                typed,
                seen=form.get("seen", ""),
                finish=go == _FINISH,
                is_verified=way.is_verified,
            )
        except SignedOut:
            raise
        except Refused as refused:
            status = 409 if isinstance(refused, Conflict) else 422
            fresh, may_fill = await self._read(portal, way, request)
            return await _show(
                request, portal, shell, way, fresh, _part(form, fresh),
                may_fill=may_fill, typed=typed, notice=refused.sentence, status=status,
            )  # fmt: skip
        saved: SavedForm = outcome.value
        if saved.is_complete:
            return RedirectResponse(f"{way.base}/forms?sent=1", 303)
        if saved.problems or saved.missing:
            fresh, may_fill = await self._read(portal, way, request)
            return await _show(
                request, portal, shell, way, fresh, part, may_fill=may_fill, typed=typed, saved=saved, status=422
            )
        step = {_ON: 1, _BACK: -1}.get(go, 0)
        place = max(0, min(part + step, len(parts_of(found.questionnaire.asked)) - 1)) + 1
        return RedirectResponse(f"{way.base}/forms/{found.questionnaire.id}?part={place}&saved=1", 303)

    async def document(self, request: Request) -> Response:
        """Hand a document out, to be kept and never to be shown in the page (UPL-03)."""
        portal, way = portal_of(request), await self._enter(request)
        which = AttachmentId(_wanted(request, "attachment_id"))
        try:
            found = await run_in_threadpool(
                portal.desk.query,
                way.actor,
                forms.portal_document,
                way.appointment_id,
                which,
                is_verified=way.is_verified,
            )
        except NotVerified:
            return _ask_first(way)
        headers = {
            "content-disposition": disposition(found.name),
            "content-security-policy": "sandbox",
            "cache-control": "no-store",
        }
        return Response(found.content, media_type=found.media_type, headers=headers)

    async def _read(self, portal: Portal, way: WayIn, request: Request) -> tuple[FilledForm, bool]:
        """The form that was asked for, and whether it can be filled in."""
        which = QuestionnaireId(_wanted(request, "questionnaire_id"))
        found: Papers = await run_in_threadpool(
            portal.desk.query, way.actor, forms.papers, way.appointment_id, is_verified=way.is_verified
        )
        form = next((each for each in found.forms if each.questionnaire.id == which), None)
        if form is None:
            raise not_there()
        return form, found.may_fill and form.completed_at is None


def disposition(name: str) -> str:
    """Return the header that has a file kept under its name in any script (RFC 6266)."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\%' else "_" for sign in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _show(
    request: Request,
    portal: Portal,
    shell: PageContext,
    way: WayIn,
    found: FilledForm,
    part: int,
    *,
    may_fill: bool,
    typed: Mapping[QuestionId, str] | None = None,
    saved: SavedForm | None = None,
    notice: str = "",
    is_saved: bool = False,
    status: int = 200,
) -> Response:
    """One page of a form, with what is typed in it; of one that was sent, or that is closed, what it says."""
    asked, language = found.questionnaire.asked, spoken()
    pages = parts_of(asked)
    first = sum(len(each) for each in pages[:part])
    problems = {} if saved is None else _problems(pages[part], saved)
    return await portal.pages.render(
        request,
        "form.html",
        shell,
        status=status,
        actor=_signed_in(way),
        way=way,
        form=found,
        title=found.questionnaire.said(language),
        questions=[_asked(each, first + place, found, typed, language) for place, each in enumerate(pages[part], 1)],
        answers=[
            (each.said(language), shown_answer(each, answer.value, shell.words, language))
            for each in asked
            if (answer := found.answers.get(each.id)) is not None
        ],
        part=part + 1,
        parts_count=len(pages),
        progress=_progress(found),
        elsewhere=_elsewhere(pages, part, saved),
        seen=seen_of(pages[part], found.values),
        submission=new_uuid(),
        may_fill=may_fill,
        problems=problems,
        notice=notice,
        is_saved=is_saved,
        most=MOST_TEXT,
    )


def _asked(
    question: FormQuestion,
    number: int,
    found: FilledForm,
    typed: Mapping[QuestionId, str] | None,
    language: str,
) -> AskedQuestion:
    stored = found.values.get(question.id, "")
    value = stored if typed is None else typed.get(question.id, "") or stored
    choices: tuple[tuple[str, str], ...] = ()
    if question.kind is QuestionKind.CHOICE:
        choices = question.said_options(language)
    elif question.kind is QuestionKind.YES_NO:
        choices = (("yes", _("Yes")), ("no", _("No")))
    if choices and not question.is_required:
        choices = (*choices, ("", _("No answer")))
    hints = {QuestionKind.CONSENT: consent_hint(question), QuestionKind.NUMBER: _("A number alone, like 12 or 12.5")}
    return AskedQuestion(
        name=_field(question),
        kind=question.kind,
        text=question.said(language),
        choices=choices,
        value=value,
        is_required=question.is_required,
        number=number,
        hint=hints.get(question.kind, ""),
    )


def _field(question: FormQuestion) -> str:
    return f"{_ANSWER}{question.id}"


def _typed(form: Mapping[str, str], asked: tuple[FormQuestion, ...]) -> dict[QuestionId, str]:
    """What was typed on one page; a choice that nobody made is not sent at all."""
    known = {_field(each) for each in asked}
    others = {name for name in form if name.startswith(_ANSWER) and name[1:].isdigit()} - known
    refuse_unknown(form, frozenset(known | others | {CSRF_FIELD, "submission", "seen", "part", "go"}))
    if others:  # of questions that are not on this page any more: `save_answers` says so
        return {QuestionId(parse_id(name[1:])): form[name] for name in (*sorted(known & form.keys()), *sorted(others))}
    return {each.id: form.get(_field(each), "") for each in asked}


def _part(given: Mapping[str, str], found: FilledForm) -> int:
    text = given.get("part", "1")
    place = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 1
    return max(1, min(place, len(parts_of(found.questionnaire.asked)))) - 1


def _problems(page: tuple[FormQuestion, ...], saved: SavedForm) -> dict[str, str]:
    """What is wrong on this page, by field."""
    found = {}
    for each in page:
        if str(each.id) in saved.problems:
            found[_field(each)] = saved.problems[str(each.id)]
        elif each.id in saved.missing:
            found[_field(each)] = _("Please answer this question.")
    return found


def _elsewhere(pages: tuple[tuple[FormQuestion, ...], ...], part: int, saved: SavedForm | None) -> tuple[int, ...]:
    """The other pages on which an answer is missing."""
    missing = set(saved.missing) if saved is not None else set()
    return tuple(
        place + 1 for place, page in enumerate(pages) if place != part and any(each.id in missing for each in page)
    )


def _progress(found: FilledForm) -> str:
    return _("{done} of {count} answered").format(done=found.answered, count=len(found.questionnaire.asked))


def _state(found: FilledForm, shell: PageContext, *, may_fill: bool) -> tuple[str, str, str]:
    """How a form stands, the tone it is shown in, and its name."""
    name = found.questionnaire.said(spoken())
    if found.completed_at is not None:
        return name, _("Sent {time}").format(time=shell.words.near_moment(found.completed_at)), "done"
    if not may_fill:
        return name, _("Closed"), "closed"
    return name, _progress(found) if found.answered else _("Please fill in"), "you"


def _size(document: Attachment) -> str:
    if document.size >= MEGABYTE:
        return _("{size} MB").format(size=round(document.size / MEGABYTE, 1))
    return _("{size} kB").format(size=max(1, document.size // _KILOBYTE))


def _ask_first(way: WayIn) -> Response:
    return RedirectResponse(way.verify, 303)


def _signed_in(way: WayIn) -> Actor | None:
    """Who can sign out again."""
    return way.actor if way.actor.kind is ActorKind.CONTACT else None


def _wanted(request: Request, name: str) -> int:
    try:
        return parse_id(str(request.path_params[name]))
    except Invalid as wrong:
        raise not_there() from wrong
