"""The real portal on a database of the benchmark, in a process of its own; says its port and ends with its standard input.

Each line of the input is answered with the longest turn of the event loop since the one before, and the CPU time used up to now.
"""

import asyncio
import sys
import time
from threading import Event, Thread
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from request_desk import config
from request_desk.domain.clock import SystemClock
from request_desk.services.desk import Desk
from request_desk.store.database import Database
from request_desk.web import guards, server

_MANY: Final = "100000 per minute"  # the limit per client is not what is measured
_TICK: Final = 0.005  # seconds


class Watched:
    """An app whose event loop is watched from the first request on: a tick that is late tells how long the turn before it was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._due = 0.0
        self.longest = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._due:
            self._wait(asyncio.get_running_loop())
        await self._app(scope, receive, send)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + _TICK
        loop.call_at(self._due, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self.longest = max(self.longest, loop.time() - self._due)
        self._wait(loop)


def main(path: str) -> int:
    """Serve until standard input ends."""
    stop = Event()
    desk = Desk(Database(f"sqlite:///{path}"))
    # Whoever loads it says for whom, as a proxy of the practice does.
    settings = config.Settings(portal=config.PortalConfig(port=0, trusted_proxies=("127.0.0.1",)))
    rates = guards.Rates(reads=_MANY, posts=_MANY, misses=_MANY, link=_MANY)
    try:
        application = Watched(server.build(desk, settings, SystemClock(), rates=rates))
        Thread(target=_follow_input, args=(application, stop), daemon=True).start()
        server.settle_down()
        server.serve(application, "127.0.0.1", 0, lambda port: print("port", port, flush=True), stop=stop)
    finally:
        desk.close()
    return 0


def _follow_input(application: Watched, stop: Event) -> None:
    for _line in sys.stdin:
        print("turn", application.longest, time.process_time(), flush=True)
        application.longest = 0.0
    stop.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
