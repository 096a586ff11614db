"""The one place that reads the clock; everything else is given a `Clock`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells instants (aware, UTC) and a monotonic count of seconds for gates and countdowns."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def by_server(self, told: datetime) -> datetime:
        """Return what time it is when a database server's own clock tells `told`."""
        ...


class SystemClock:
    """The machine's clock, moved by `offset` (the demo lives at 8:12 in the morning whatever the hour)."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        return time.monotonic()

    def by_server(self, told: datetime) -> datetime:
        return told.astimezone(UTC) + self._offset


class FixedClock:
    """A clock that moves only when told: tests and tours."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("an instant needs a zone")
        self._now = now.astimezone(UTC)
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._seconds

    def by_server(self, _told: datetime) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
        self._seconds += by.total_seconds()
