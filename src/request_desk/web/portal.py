"""What every page of the portal is given: the desk, the clock, the page maker, the cookies; wired by `server`."""

from dataclasses import dataclass

from starlette.requests import Request

from request_desk.domain.access import Actor
from request_desk.services.desk import Desk
from request_desk.web.pages import Pages
from request_desk.web.proofs import Proofs
from request_desk.web.session import Cookies, signed_in


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's parts."""

    desk: Desk
    pages: Pages
    cookies: Cookies
    proofs: Proofs

    async def actor(self, request: Request) -> Actor:
        """Return who is signed in; raise SignedOut otherwise."""
        return await signed_in(request, self.desk, self.cookies)


def portal_of(request: Request) -> Portal:
    """Return the portal that this request came to."""
    portal = request.app.state.portal
    if not isinstance(portal, Portal):
        raise TypeError("not a portal")
    return portal
