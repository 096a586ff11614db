"""What a browser may load from our pages, and where their forms may go (WEB-02); the other headers are in `server`."""

from secure import ContentSecurityPolicy
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME = "content-security-policy"


def policy(*, leads_to: str = "") -> str:
    """Return the policy of a page; `leads_to` is the origin of another site that a form of this page ends at.

    Chromium asks `form-action` again for every address that the answer to a form redirects to.
    """
    return (
        ContentSecurityPolicy()
        .default_src("'none'")
        .style_src("'self'")
        .img_src("'self'")
        .script_src("'self'")
        .form_action("'self'", *([leads_to] if leads_to else []))
        .frame_ancestors("'none'")
        .base_uri("'none'")
        .object_src("'none'")
        .header_value
    )


class Policied:
    """Gives the policy to every answer that has none of its own, whoever made it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._policy = policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", [])))
                headers.setdefault(NAME, self._policy)
                message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, told)
