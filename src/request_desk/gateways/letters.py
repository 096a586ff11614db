"""A letter on its way over any channel, and what became of it; how it is sent is each channel's own module's business."""

from dataclasses import dataclass, field
from uuid import UUID

from request_desk.domain.icalendar import CalendarEvent


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to one address. `reference` is the same on every try, an e-mail's Message-ID (NOTE-08).

    The body may hold a code: it is never printed. `practice_name` heads a page made of it, on which addresses below `origin`,
    such as https://portal.example.org, are links. `calendar` is what the reader's calendar is told with it. One that `is_bare` is its
    text and nothing else.
    """

    to: str
    subject: str
    body: str = field(repr=False)
    reference: UUID
    language: str = "en"
    practice_name: str = ""
    origin: str = ""
    calendar: CalendarEvent | None = None
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """Not now; `error` says why, without any address."""

    error: str


@dataclass(frozen=True, slots=True)
class Permanent:
    """Never; `error` says why, without any address."""

    error: str


Result = Sent | Temporary | Permanent
