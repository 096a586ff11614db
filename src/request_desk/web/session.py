"""Cookies and who is signed in: an opaque token and nothing else; what it stands for is in `services.portal_access`."""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.errors import SignedOut
from request_desk.domain.ids import hashed, new_token
from request_desk.domain.words import _, speak
from request_desk.services.desk import Desk
from request_desk.services.portal import access as portal_access

_SIGN_IN_SECONDS = 3600  # as long as a family needs to find the mail


@dataclass(frozen=True, slots=True)
class Cookies:
    """The names and attributes of our cookies; `__Host-` and Secure where the public address is https."""

    is_secure: bool

    @property
    def session(self) -> str:
        return f"{self._prefix}session"

    @property
    def browser(self) -> str:
        return f"{self._prefix}browser"

    @property
    def csrf(self) -> str:
        return f"{self._prefix}csrf"

    @property
    def language(self) -> str:
        return f"{self._prefix}language"

    @property
    def launch(self) -> str:
        return f"{self._prefix}launch"

    @property
    def manage(self) -> str:
        return f"{self._prefix}manage"

    @property
    def hold(self) -> str:
        return f"{self._prefix}hold"

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.session, self.browser, self.csrf, self.language, self.launch, self.manage, self.hold})

    @property
    def _prefix(self) -> str:
        return "__Host-" if self.is_secure else ""

    def put(self, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
        """Set a cookie that no script reads and no other site sends with a form."""
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    def drop(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(name, path="/", secure=self.is_secure, httponly=True, samesite="lax")


def token_of(request: Request, cookies: Cookies) -> str:
    """Return the session token that the browser showed, or ""."""
    return request.cookies.get(cookies.session, "")


async def signed_in(request: Request, desk: Desk, cookies: Cookies) -> Actor:
    """Return the contact who is signed in; raise SignedOut when nobody is, or not any more."""
    token = token_of(request, cookies)
    if not token:
        raise SignedOut(_("Please sign in."))
    appointment = await run_in_threadpool(desk.query, SYSTEM, portal_access.portal_session, token)
    if appointment.touch_due:
        await run_in_threadpool(desk.perform, SYSTEM, portal_access.touch, token)
    speak(appointment.language)
    return appointment.actor


def browser_of(request: Request, cookies: Cookies) -> str:
    """Return the token that ties a one-time code to this browser (OTP-03), a new one when it has none."""
    return request.cookies.get(cookies.browser) or new_token()


def keep_browser(response: Response, cookies: Cookies, token: str) -> None:
    """Let this browser be known again when it types the code."""
    cookies.put(response, cookies.browser, token, seconds=_SIGN_IN_SECONDS)


def browser_hash(token: str) -> str:
    """Return what the database keeps of the browser's token."""
    return hashed(token)
