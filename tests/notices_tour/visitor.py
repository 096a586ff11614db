"""Somebody who books from the portal of a running demo, over the network, with the code that is mailed."""

import re
from collections.abc import Callable
from typing import Final, Self

import httpx2

from tests.web.conftest import Visitor

_SLOT: Final = re.compile(r'<button[^>]*name="slot"[^>]*value="([^"]+)"')
_CODE: Final = re.compile(r"\b\d{6}\b")


class FarVisitor(Visitor):
    """A visitor of a portal in another process."""

    def __init__(self, address: str) -> None:
        self.client = httpx2.Client(base_url=address, follow_redirects=True, timeout=30)  # type: ignore[assignment]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.client.close()

    def book(self, path: str, day: str, email: str, mailed: Callable[[], str]) -> None:
        """Take a time of a day on the booking page, sign in by the code that is `mailed`, and book; raises where a page says no."""
        page = self.open(f"{path}?from={day}&go=day-{day}")
        slots = _SLOT.findall(page.html)
        page.forms[path] = {name: page.forms[path][name] for name in ("csrftoken", "secret")}
        self.send(path, slot=slots[len(slots) // 2])
        self.send("/booking/email", email=email)
        found = _CODE.search(mailed())
        self.send("", code=found[0] if found else "")
        page = self.send("/booking/confirm")
        if "booked" not in page.words:
            raise RuntimeError(f"the portal did not book: {page.title} {page.words[:400]}")
