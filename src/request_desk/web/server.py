"""Puts the portal together: routes, guards in their order, security headers, and the server that runs it; pages are elsewhere."""

import gc
import sys
from collections.abc import Callable
from threading import Event
from typing import Any, Final, cast
from urllib.parse import SplitResult, urlsplit

import uvicorn
from asgi_cross_origin_protection import CrossOriginProtection
from asgi_csrf import Errors, asgi_csrf
from secure import (
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    CustomHeader,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)
from secure.middleware import SecureASGIMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from request_desk.config import Settings
from request_desk.domain.clock import Clock
from request_desk.domain.errors import Invalid, NotFound, Refused, Settling, SignedOut
from request_desk.domain.ids import new_token
from request_desk.domain.sms_inbound import InboundSettings
from request_desk.domain.words import _
from request_desk.services.desk import Desk
from request_desk.web import (
    book,
    booked,
    counter_offers,
    guards,
    home,
    languages,
    manage,
    manage_checks,
    meetings,
    offers,
    partners,
    requests,
    sign_in,
)
from request_desk.web.inbound_texts import InboundTexts, InboundWay
from request_desk.web.pages import ASSETS, Pages
from request_desk.web.policy import Policied
from request_desk.web.portal import Portal, portal_of
from request_desk.web.proofs import Proofs
from request_desk.web.session import Cookies

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_A_YEAR: Final = 365 * 24 * 3600
_GRACEFUL_SECONDS: Final = 5
_SWITCH: Final = 0.001  # seconds
_COLLECTED: Final = (
    10_000,
    20,
    50,
)  # new objects before a young collection, which takes about a millisecond; then as many of those
_NO_DEVICES: Final = (
    "camera",
    "geolocation",
    "microphone",
    "payment",
    "usb",
    "browsing-topics",
    "identity-credentials-get",
)

ROUTES: Final = (
    *manage.ROUTES,
    *manage_checks.ROUTES,
    manage.NOTHING,
    *sign_in.ROUTES,
    *home.ROUTES,
    *offers.ROUTES,
    *counter_offers.ROUTES,
    *meetings.ROUTES,
    *partners.ROUTES,
    *book.ROUTES,
    *booked.ROUTES,
    *requests.ROUTES,
    *languages.ROUTES,
)


def build(
    desk: Desk,
    settings: Settings,
    clock: Clock,
    *,
    secret: str = "",
    inbound_secret: str = "",
    rates: guards.Rates | None = None,
) -> ASGIApp:
    """Return the portal as an ASGI app.

    `secret` signs the form tokens; without one they end with the process, and a page opened before a restart must be
    loaded again. `inbound_secret` is shown by the service that passes answers to text messages on. Raises Invalid when the settings would show patients' data to a network in the clear (WEB-01).
    """
    public = _public(settings)
    is_https = public.scheme == "https"
    if settings.portal.host not in _LOOPBACK and not is_https:
        raise Invalid(
            _("The portal may listen on {host} only when public_url is an https address.").format(
                host=settings.portal.host
            ),
            field="portal.public_url",
        )
    cookies = Cookies(is_secure=is_https)
    secret = secret or new_token()
    pages = Pages(desk, clock)
    routes = [*ROUTES, *_files(pages)]
    app = Starlette(
        routes=routes,
        exception_handlers={
            SignedOut: sign_in.signed_out,
            Settling: manage.settling,
            book.LaunchOver: partners.launch_over,
            Refused: _refused,
        },
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(settings, public.hostname), www_redirect=False),
            Middleware(guards.Turnstile),
            Middleware(guards.Throttle, rates=rates or guards.Rates()),
            Middleware(partners.Api, desk=desk),
            Middleware(InboundTexts, desk=desk, way=_inbound(settings, inbound_secret)),
            Middleware(RequestBodyLimitMiddleware, max_body_size=guards.BODY_LIMIT),
            Middleware(guards.Strict, routes=routes, cookies=cookies.names),
            Middleware(CrossOriginProtection, allowed_origins=_origins(settings), deny_app=_foreign),
            Middleware(_Csrf, cookies=cookies, secret=secret),
        ],
    )
    app.router.redirect_slashes = False
    app.state.portal = Portal(desk, pages, cookies, Proofs(secret, clock))
    front = guards.Front(app, error_page=pages.error, addresses=_addresses(settings))
    return _with_headers(languages.Spoken(front, cookies=cookies), is_https=is_https)


class Server(uvicorn.Server):
    """The running server: `on_ready` hears the port, `stop` ends it from any thread after the requests under way."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[int], None], stop: Event) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._stop = stop

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        if self.started:
            self._on_ready(int(self.servers[0].sockets[0].getsockname()[1]))

    async def on_tick(self, counter: int) -> bool:
        """Tell, ten times a second, whether to end."""
        return await super().on_tick(counter) or self._stop.is_set()


def settle_down() -> None:
    """Make a process ready that does nothing but serve from now on.

    The collector leaves alone what is loaded: to look through all of it again takes 20 to 100 ms, in which no page is made. The
    event loop gets its turn back sooner from the threads that read and write.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED)
    sys.setswitchinterval(_SWITCH)


def serve(app: ASGIApp, host: str, port: int, on_ready: Callable[[int], None], *, stop: Event | None = None) -> None:
    """Run the portal in this process until `stop` is set or it is interrupted.

    `on_ready` hears the port (0: the system chooses).
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,  # ours has neither addresses nor queries
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `guards.Addresses` applies the rule of the rightmost foreign address
        ws="none",
        lifespan="off",
        http="h11",
        timeout_keep_alive=10,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        h11_max_incomplete_event_size=guards.HEADERS_LIMIT,
    )
    Server(config, on_ready, stop or Event()).run()


def _inbound(settings: Settings, secret: str) -> InboundWay | None:
    sms = settings.sms
    if not sms.inbound:
        return None
    found = InboundSettings(sms.inbound == "json", sms.inbound_header, sms.inbound_from, sms.inbound_text)
    return InboundWay(found, secret.strip())


def _public(settings: Settings) -> SplitResult:
    """The address at which parents reach the portal, in its parts; empty where it is reached on this machine alone."""
    public = urlsplit(settings.portal.public_url)
    is_right = public.scheme in {"http", "https"} and public.hostname and public.path in {"", "/"} and not public.query
    if settings.portal.public_url and not is_right:
        sentence = _("“{address}” is not an address of the portal. Write it like https://portal.example.org.")
        raise Invalid(sentence.format(address=settings.portal.public_url[:80]), field="portal.public_url")
    return public


def _addresses(settings: Settings) -> guards.Addresses:
    try:
        return guards.Addresses(settings.portal.trusted_proxies)
    except ValueError as error:
        sentence = _("trusted_proxies holds what is no address or network. Write it like 10.0.0.2 or 10.0.0.0/8.")
        raise Invalid(sentence, field="portal.trusted_proxies") from error


def _hosts(settings: Settings, public: str | None) -> list[str]:
    """The names under which the portal may be asked for; no page is made from what a browser calls us (WEB-03)."""
    names = [public] if public else []
    return names + [name for name in _LOOPBACK if settings.portal.host in _LOOPBACK and name not in names]


def _origins(settings: Settings) -> list[str]:
    public = urlsplit(settings.portal.public_url)
    return [f"{public.scheme}://{public.netloc}"] if public.scheme and public.netloc else []


def _with_headers(app: ASGIApp, *, is_https: bool) -> ASGIApp:
    """Wrap the finished app, so that even what the framework answers by itself carries the headers (WEB-02)."""
    permissions = PermissionsPolicy()
    for device in _NO_DEVICES:
        permissions = permissions.add_directive(device)
    wrapped = SecureASGIMiddleware(
        Policied(app),
        secure=Secure(
            coop=CrossOriginOpenerPolicy().same_origin(),
            corp=CrossOriginResourcePolicy().same_origin(),
            permissions=permissions,
            referrer=ReferrerPolicy().no_referrer(),
            xcto=XContentTypeOptions().nosniff(),
            xfo=XFrameOptions().deny(),
            hsts=StrictTransportSecurity().max_age(2 * _A_YEAR).include_subdomains() if is_https else None,
            custom=[CustomHeader("X-Robots-Tag", "noindex, nofollow")],
        ),
    )
    return cast("ASGIApp", wrapped)  # typed there with objects where ASGI has mappings


class _Csrf:
    """A signed token in a cookie and in each form; every POST is checked, with or without cookies (stack.md, T8)."""

    def __init__(self, app: ASGIApp, *, cookies: Cookies, secret: str) -> None:
        self._app: ASGIApp = asgi_csrf(
            app,
            cookie_name=cookies.csrf,
            signing_secret=secret,
            always_protect=_EveryPath(),
            cookie_secure=cookies.is_secure,
            cookie_samesite="Lax; HttpOnly",
            send_csrf_failed=_failed,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class _EveryPath:
    """asgi-csrf compares exact paths and lets others pass without cookies; ours carry references, so all are protected."""

    def __contains__(self, path: object) -> bool:
        return True


async def _failed(scope: Scope, send: Send, _reason: Errors) -> None:
    await _forbidden(scope, _nothing, send)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _forbidden(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=403)(scope, receive, send)


async def _foreign(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a form of another site, and show nothing of it: it is that site's text."""
    guards.request_info(scope).form = {}
    await _forbidden(scope, receive, send)


async def _refused(request: Request, refused: Exception) -> Response:
    """Turn a refusal that reached nobody's form into its page."""
    if not isinstance(refused, Refused):
        raise refused
    if isinstance(refused, NotFound) and request.url.path.startswith(guards.LINKS):
        return await portal_of(request).pages.no_link(request)  # whatever is not there, and why (LINK-07)
    return await portal_of(request).pages.refusal(request, refused)


def _files(pages: Pages) -> list[Route]:
    """The few files beside the pages; their address changes with their content, so they may be kept for a year."""

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        content = pages.asset(name) if request.path_params["stamp"] == pages.asset_stamp else None
        if content is None:
            return Response(status_code=404)
        return Response(
            content, media_type=ASSETS[name], headers={"cache-control": f"public, max-age={_A_YEAR}, immutable"}
        )

    async def colour(request: Request) -> Response:
        content = await pages.colour_sheet(f"colour-{request.path_params['colour']}.css")
        if content is None:
            return Response(status_code=404)
        return Response(
            content, media_type="text/css", headers={"cache-control": f"public, max-age={_A_YEAR}, immutable"}
        )

    async def robots(_request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    return [
        Route("/assets/{stamp}/{name}", asset, methods=["GET"]),
        Route("/assets/colour-{colour}.css", colour, methods=["GET"]),
        Route("/robots.txt", robots, methods=["GET"]),
    ]
