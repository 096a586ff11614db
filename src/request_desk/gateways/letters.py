"""A letter on its way over any channel, and what became of it; how it is sent is each channel's own module's business."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to one address. `reference` is the same on every try, an e-mail's Message-ID (NOTE-08).

    The body may hold a code: it is never printed.
    """

    to: str
    subject: str
    body: str = field(repr=False)
    reference: UUID


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
