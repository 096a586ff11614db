"""From values to HTML: the template engine, what every page shows of the practice, and the pages for errors; no rule is here."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from babel.core import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from request_desk import paths
from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import Clock
from request_desk.domain.colours import darker
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    SlotTaken,
    Throttled,
    Unavailable,
)
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import RequestKind
from request_desk.domain.text import one_line, parse_phone, readable
from request_desk.domain.words import Words, _, languages, plural, spoken
from request_desk.services.desk import Desk, Unit
from request_desk.web.guards import RequestInfo, request_info

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
ASSETS: Final = {
    "portal.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "countdown.js": "text/javascript; charset=utf-8",
}
# The bar and the main buttons; in the dark they stay as they are, for a colour that carries white letters is too dark there.
_COLOUR_SHEET: Final = """@media (prefers-color-scheme: light) {{
  :root {{ --rail: {colour}; --rail-quiet: #fff; --main: {colour}; --main-deep: {deep}; --on-main: #fff; }}
}}
"""
_STATUS: Final[Mapping[type[Refused], int]] = {
    Conflict: 409,
    SlotTaken: 409,
    NotAllowed: 403,
    NotFound: 404,
    Invalid: 422,
    Throttled: 429,
    Unavailable: 503,
}


@dataclass(frozen=True, slots=True)
class PageContext:
    """What every page knows of the practice, as of one moment."""

    settings: PracticeSettings
    time: PracticeTime
    words: Words
    now: datetime
    today: date

    @property
    def phone_link(self) -> str:
        """The practice's number as a phone dials it from anywhere: "tel:+12065550100"; "" without one."""
        return _dialled(self.settings.practice_phone, self.words.region)

    @property
    def language(self) -> str:
        return self.words.locale.replace("_", "-")

    def is_on(self, kind: RequestKind) -> bool:
        """Tell whether the practice takes this kind of request here (MC1)."""
        return kind.value in self.settings.kinds_on

    @property
    def kinds(self) -> tuple[RequestKind, ...]:
        """The kinds that are on, in the order of their buttons."""
        return tuple(
            kind for kind in (RequestKind.SCHEDULE, RequestKind.RESCHEDULE, RequestKind.CANCEL) if self.is_on(kind)
        )


@lru_cache(maxsize=8)
def _dialled(number: str, region: str) -> str:
    """Kept: a page shows the number up to four times, and each time it is taken apart anew otherwise."""
    try:
        return "tel:" + parse_phone(number, region)
    except Invalid:  # stored before numbers were looked at
        return ""


def _settings(unit: Unit) -> PracticeSettings:
    return unit.settings


class Pages:
    """Makes the pages; keeps the practice's name and phone for errors in which the database cannot be asked."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._assets = {name: (paths.resources() / "web" / name).read_bytes() for name in ASSETS}
        self.asset_stamp: Final = hashlib.sha256(b"".join(self._assets.values())).hexdigest()[:16]
        self._last: PracticeSettings | None = None
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            _=_,
            plural=plural,
            asset=self._asset_link,
            colour_sheet=_sheet_name,
            languages=languages,
            spoken=spoken,
            own_name=own_name,
        )
        self._environment.filters.update(readable=readable, one_line=one_line)

    async def shell(self) -> PageContext:
        """Read what every page shows of the practice."""
        self._last = await run_in_threadpool(self._desk.query, SYSTEM, _settings)
        return self._shell_of(self._last)

    async def render(
        self,
        request: Request,
        template: str,
        shell: PageContext,
        *,
        status: int = 200,
        actor: Actor | None = None,
        **values: Any,
    ) -> Response:
        """Return a page; what the template needs and does not get is a bug."""
        request_info(request.scope).is_designed = True
        html = self._environment.get_template(template).render(
            shell=shell,
            words=shell.words,
            actor=actor,
            csrf=request.scope["csrftoken"],
            back=_address_of(request),
            **values,
        )
        return HTMLResponse(html, status)

    async def refusal(self, request: Request, refused: Refused) -> Response:
        """Return the page for a refusal that no form of ours shows beside its field."""
        status = next((code for kind, code in _STATUS.items() if isinstance(refused, kind)), 409)
        seconds = refused.seconds if isinstance(refused, Throttled) else 30 if status == 503 else 0
        appointment = request_info(request.scope)
        page = self._error(status, appointment, sentence=refused.sentence)
        appointment.is_designed = True
        if seconds:
            page.headers["retry-after"] = str(seconds)
        return page

    async def no_link(self, request: Request) -> Response:
        """Return the one page for every manage link that opens nothing: the same bytes, without a form and so without a cookie (LINK-07)."""
        html = self._environment.get_template("no_link.html").render(shell=await self.shell(), actor=None, back="")
        request_info(request.scope).is_designed = True
        return HTMLResponse(html, 404)

    async def error(self, status: int, appointment: RequestInfo, headers: Mapping[str, str]) -> Response:
        """Return the page for a bare HTTP error; asks the database for nothing, for that may be what is broken."""
        page = self._error(status, appointment, sentence="")
        page.headers.update(headers)
        return page

    def asset(self, name: str) -> bytes | None:
        """Return a static file, or None when there is none of that name."""
        return self._assets.get(name)

    async def colour_sheet(self, name: str) -> str | None:
        """Return the style sheet of the practice's colour by its name, None for any other colour than the one that is set."""
        if self._last is None or _sheet_name(self._last.colour) != name:
            await self.shell()
        colour = "" if self._last is None else self._last.colour
        return (
            _COLOUR_SHEET.format(colour=colour, deep=darker(colour)) if colour and _sheet_name(colour) == name else None
        )

    def _error(self, status: int, appointment: RequestInfo, *, sentence: str) -> Response:
        title, advice = _error_words(status)
        html = self._environment.get_template("error.html").render(
            shell=self._shell_of(self._last or PracticeSettings(practice_name=_("Patient portal"))),
            title=title,
            sentence=sentence or advice,
            typed=appointment.form.get("message", "").strip(),
            back="",
            reference=appointment.id,
            actor=None,
        )
        return HTMLResponse(html, status)

    def _shell_of(self, settings: PracticeSettings) -> PageContext:
        time = self._desk.time_of(settings.zone)
        now = self._clock.now()
        today = time.day_of(now)
        words = self._desk.words_of(settings.locale, settings.zone).in_language(spoken()).on(today)
        return PageContext(settings, time, words, now, today)

    def _asset_link(self, name: str) -> str:
        return f"/assets/{self.asset_stamp}/{name}"


def _sheet_name(colour: str) -> str:
    """The name of the style sheet of a colour, "" for the house's own."""
    return f"colour-{colour.removeprefix('#')}.css" if colour else ""


def own_name(language: str) -> str:
    """Return what a language calls itself: "Español"."""
    return str(Locale.parse(language).get_display_name()).capitalize()


def _address_of(request: Request) -> str:
    """The address of a page that was asked for, to come back to; a page that answers a form has none."""
    if request.method != "GET":
        return ""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _error_words(status: int) -> tuple[str, str]:
    """The title and the advice for an HTTP error."""
    match status:
        case 404:
            return _("There is no such page"), _("The address may be mistyped, or the page is not there any more.")
        case 403:
            return _("This form has expired"), _(
                "Nothing was sent. Start again from the first page, please: the form was open for too long."
            )
        case 405 | 400 | 414 | 415 | 431:
            return _("That did not work"), _(
                "Your browser sent something this page does not understand. Start again from the first page."
            )
        case 408:
            return _("That took too long"), _("Your connection was too slow, and nothing was sent. Please try again.")
        case 409:
            return _("That was not possible"), _("Something has changed in the meantime. Load the page again.")
        case 413:
            return _("That is too much text"), _("Nothing was sent. Go back and write a shorter message, please.")
        case 422:
            return _("That was not possible"), _("Go back and check what you filled in, please.")
        case 429:
            return _("Too many tries"), _("Nothing was sent. Please wait a few minutes and try again.")
        case 503:
            return _("Not reachable just now"), _("Nothing was sent. Please try again in a minute.")
        case _:
            return _("Something went wrong here"), _(
                "That was our mistake, and nothing was sent. Please try again, or call us."
            )
