"""What every request passes before a page sees it: limits, strict forms, known cookies, rates, error pages; no page is here."""

import asyncio
import ipaddress
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Timer
from typing import Final
from urllib.parse import parse_qsl

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from request_desk.domain.ids import hashed, new_uuid
from request_desk.logs import Word, frames

logger = logging.getLogger(__name__)

BODY_LIMIT: Final = 64 * 1024  # bytes (WEB-07)
HEADERS_LIMIT: Final = 16 * 1024
_URL_LIMIT: Final = 2048
_FIELDS_LIMIT: Final = 64
_BODY_SECONDS: Final = 10  # for the whole body to arrive
_REQUEST_SECONDS: Final = 30  # for the whole answer
_SWEEP_SECONDS: Final = 5.0
_FORM: Final = "application/x-www-form-urlencoded"
_APPOINTMENT: Final = "request_desk.visit"
_COOKIE_VALUE: Final = re.compile(r"[A-Za-z0-9._~-]{1,400}")
# Never used here, and asgi-csrf takes them as proof of a good intention.
_DROPPED: Final = frozenset({b"authorization", b"x-csrftoken", b"cookie"})
CSRF_FIELD: Final = "csrftoken"
LINKS: Final = "/m/"  # below it are the pages of manage links
INBOUND: Final = "/sms/inbound"  # where answers to text messages arrive
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(slots=True)
class RequestInfo:
    """One request on its way through the portal: its id for the log, the client's address, its form, checked once."""

    id: str
    address: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    is_designed: bool = False  # the answer is a page of ours; a bare one is replaced
    route: str = ""


ErrorPage = Callable[[int, RequestInfo, Mapping[str, str]], Awaitable[Response]]


def request_info(scope: Scope) -> RequestInfo:
    """Return what the guards learned of this request."""
    appointment = scope[_APPOINTMENT]
    if not isinstance(appointment, RequestInfo):
        raise TypeError("the front guard did not run")
    return appointment


class Addresses:
    """Tells the client's address: the peer's, or behind our own proxies the rightmost foreign one (WEB-04)."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(name, strict=False) for name in trusted)

    def of(self, scope: Scope) -> str:
        """Return the address as text; "unknown" when the server does not say."""
        client = scope.get("client")
        peer = str(client[0]) if client else "unknown"
        if not self._is_ours(peer):
            return peer
        named = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        for step in reversed([part.strip() for part in named.split(",") if part.strip()]):
            if not _is_address(step):
                return peer
            if not self._is_ours(step):
                return step
            peer = step
        return peer

    def _is_ours(self, text: str) -> bool:
        if not _is_address(text):
            return False
        address = ipaddress.ip_address(text)
        return any(address.version == network.version and address in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def block_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 that a household has of IPv6."""
    if not _is_address(address):
        return address
    found = ipaddress.ip_address(address)
    if found.version == 6 and (mapped := found.ipv4_mapped) is not None:
        return str(mapped)
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if found.version == 6 else str(found)


class Front:
    """The outermost guard: names the request, writes the access log, and turns bare errors and bugs into pages."""

    def __init__(self, app: ASGIApp, *, error_page: ErrorPage, addresses: Addresses) -> None:
        self._app = app
        self._error_page = error_page
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        appointment = RequestInfo(new_uuid().hex[:12], self._addresses.of(scope))
        scope[_APPOINTMENT] = appointment
        answer = _Answer(appointment, send)
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                await self._app(scope, receive, answer)
        except TimeoutError:
            answer.fail(503)
        except Exception as error:  # noqa: BLE001  # the last net of this process: the visitor gets a page, the log the place
            _report(appointment, error)
            answer.fail(500)
        if answer.bare is not None:
            page = await self._error_page(answer.bare, appointment, answer.kept)
            answer.status = page.status_code
            await page(scope, receive, answer.final)
        # The route, not the address: a path carries references, a query what was chosen.
        took = (time.perf_counter() - begun) * 1000
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        logger.info(
            "%s %s %s %s %.0f ms",
            Word(appointment.id),
            Word(method),
            Word(appointment.route or "-"),
            answer.status,
            took,
        )


class _Answer:
    """Watches what goes out; holds back a bare error so that a page can take its place."""

    def __init__(self, appointment: RequestInfo, send: Send) -> None:
        self._appointment = appointment
        self._send = send
        self._has_begun = False
        self.status = 0
        self.bare: int | None = None
        self.kept: dict[str, str] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status >= 400 and not self._appointment.is_designed:
                self.bare = self.status
                headers = Headers(raw=message.get("headers", []))
                self.kept = {name: headers[name] for name in ("allow", "retry-after") if name in headers}
                return
            self._has_begun = True
            await self._send(_uncached(message))
        elif self.bare is None:
            await self._send(message)

    async def final(self, message: Message) -> None:
        """Send a message of the page that replaces a bare error."""
        await self._send(_uncached(message) if message["type"] == "http.response.start" else message)

    def fail(self, status: int) -> None:
        """Answer with this error unless something went out already."""
        if not self._has_begun:
            self.bare = status


def _uncached(message: Message) -> Message:
    headers = MutableHeaders(raw=list(message.get("headers", [])))
    headers.setdefault("cache-control", "no-store")
    return {**message, "headers": headers.raw}


def _report(appointment: RequestInfo, error: Exception) -> None:
    """Log where a bug is, never its text: that may hold what a parent wrote."""
    logger.error("%s failed: %s", Word(appointment.id), Word(" | ".join(frames(error))))


@dataclass(frozen=True, slots=True)
class Rates:
    """How much one client may do, in the words of the limits library."""

    reads: str = "300 per minute"
    posts: str = "40 per minute"
    asks: str = "10 per 10 minutes"  # one-time codes asked for
    tries: str = "30 per 10 minutes"  # one-time codes tried
    launches: str = "120 per minute"  # booking tokens of a partner's program
    texts: str = "300 per minute"  # answers to text messages, all from one service
    misses: str = "20 per 10 minutes"  # manage links that open nothing (LINK-08)
    link: str = "60 per minute"  # pages of one manage link, whoever asks


_RATES: Final = ("reads", "posts", "asks", "tries", "launches", "texts", "misses", "link")


class Hits(MemoryStorage):
    """Counts in memory, and looks for what is over every few seconds.

    The library does so behind nearly every hit, in a thread of its own, for whose start the event loop waits as long as pages are
    being made in other threads.
    """

    @property
    def timer(self) -> Timer:
        return self._timer

    @timer.setter
    def timer(self, timer: Timer) -> None:
        timer.interval, timer.daemon = _SWEEP_SECONDS, True
        self._timer = timer


class Throttle:
    """Counts requests per client in memory; failures of codes are counted in the database besides."""

    def __init__(self, app: ASGIApp, *, rates: Rates) -> None:
        self._app = app
        self._limiter = MovingWindowRateLimiter(Hits())
        self._items = {name: parse(getattr(rates, name)) for name in _RATES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            block = block_of(request_info(scope).address)
            for item in self._counted(scope["method"], scope["path"]):
                if not self._limiter.hit(item, block, str(item)):
                    raise self._turned(item, block)
            if scope["path"].startswith(LINKS):
                await self._through_link(scope, receive, send, block)
                return
        await self._app(scope, receive, send)

    async def _through_link(self, scope: Scope, receive: Receive, send: Send, block: str) -> None:
        """Let a client try few links that open nothing, and everybody together use one link at a bearable pace (LINK-08)."""
        misses, link = self._items["misses"], self._items["link"]
        if not self._limiter.test(misses, block, str(misses)):
            raise self._turned(misses, block)
        token = hashed(scope["path"].removeprefix(LINKS).partition("/")[0])
        if not self._limiter.hit(link, token, str(link)):
            raise self._turned(link, token)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 404:
                self._limiter.hit(misses, block, str(misses))
            await send(message)

        await self._app(scope, receive, counted)

    def _turned(self, item: RateLimitItem, who: str) -> "Turned":
        until = self._limiter.get_window_stats(item, who, str(item)).reset_time
        return Turned(429, {"retry-after": str(max(1, min(item.get_expiry(), int(until - time.time()) + 1)))})

    def _counted(self, method: str, path: str) -> Iterable[RateLimitItem]:
        if method in {"GET", "HEAD"}:
            return () if path.startswith("/assets/") else (self._items["reads"],)
        if path == "/api/launch":
            return (self._items["launches"],)
        if path == INBOUND:
            return (self._items["texts"],)
        if path in {"/sign-in", "/booking/email"}:
            return (self._items["posts"], self._items["asks"])
        if path.startswith(("/sign-in/", "/booking/code/")):
            return (self._items["posts"], self._items["tries"])
        if path.startswith(LINKS) and path.endswith("/code"):
            return (self._items["posts"], self._items["asks"])
        if path.startswith(LINKS) and ("/code/" in path or path.endswith("/birth-day")):
            return (self._items["posts"], self._items["tries"])
        return (self._items["posts"],)


class Turned(Exception):
    """A guard turns the request away with this status; no page is made yet."""

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.headers = dict(headers or {})


class Turnstile:
    """Answers with the status that a guard below it turned a request away with."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Turned as turned:
            await Response(status_code=turned.status, headers=turned.headers)(scope, receive, send)


class Strict:
    """Lets through what a browser with our pages sends, and nothing else (WEB-05, WEB-06, WEB-07)."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute], cookies: frozenset[str]) -> None:
        self._app = app
        self._routes = routes
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        appointment = request_info(scope)
        check_size(scope)
        appointment.route = self._known_route(scope)
        appointment.query = parsed(scope.get("query_string", b""))
        if scope["method"] == "POST":
            require_form(Headers(scope=scope))
            receive, body = await whole(receive)
            appointment.form = parsed(body)
            if not appointment.form.get(CSRF_FIELD, "").isascii():
                raise Turned(403)
        scope["headers"] = self._kept_headers(scope["headers"])
        await self._app(scope, receive, send)

    def _known_route(self, scope: Scope) -> str:
        """Return the pattern of the route; refuse methods it does not have before any token is looked at."""
        allowed: set[str] = set()
        for route in self._routes:
            found, _inner = route.matches(scope)
            if isinstance(route, Route) and found is Match.FULL:
                return route.path
            if isinstance(route, Route) and found is Match.PARTIAL:
                allowed |= route.methods or set()
        raise Turned(405, {"allow": ", ".join(sorted(allowed))}) if allowed else Turned(404)

    def _kept_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        found: dict[str, set[str]] = {}
        kept: list[tuple[bytes, bytes]] = []
        for name, value in headers:
            if name not in _DROPPED:
                kept.append((name, value))
            elif name == b"cookie":
                for pair in value.decode("latin-1").split(";"):
                    key, _sign, text = pair.strip().partition("=")
                    if key in self._cookies and _COOKIE_VALUE.fullmatch(text):
                        found.setdefault(key, set()).add(text)
        # Two values under one name are somebody's attempt to plant one; neither counts.
        pairs = [f"{key}={values.pop()}" for key, values in found.items() if len(values) == 1]
        return [*kept, (b"cookie", "; ".join(pairs).encode())] if pairs else kept


def check_size(scope: Scope) -> None:
    """Turn away an address or headers that are longer than ours ever are."""
    if len(scope.get("raw_path") or scope["path"].encode()) + len(scope.get("query_string", b"")) > _URL_LIMIT:
        raise Turned(414)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_LIMIT:
        raise Turned(431)


def parsed(raw: bytes) -> Mapping[str, str]:
    """Take a query or a form apart, each field once."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", encoding="utf-8", max_num_fields=_FIELDS_LIMIT
        )
    except ValueError as error:  # not ASCII, not UTF-8 inside, or too many fields
        raise Turned(400) from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Turned(400)
    return found


def require_form(headers: Headers) -> None:
    """Turn away what is no plain form."""
    kind, _sign, parameters = headers.get("content-type", "").partition(";")
    is_right = kind.strip().lower() == _FORM and parameters.strip().lower().replace('"', "") in {"", "charset=utf-8"}
    if not is_right or headers.get("content-encoding", "identity") != "identity":
        raise Turned(415)


async def whole(receive: Receive) -> tuple[Receive, bytes]:
    """Read the body once, within its time, and return it with a way to read it again."""
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Turned(400)
                body += message.get("body", b"")
                if len(body) > BODY_LIMIT:
                    raise Turned(413)
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        raise Turned(408) from error
    except HTTPException as error:  # the body limit's
        raise Turned(error.status_code) from error
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again, body
