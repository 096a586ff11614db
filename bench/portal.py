"""The real portal on a database of the benchmark, in a process of its own; says its port and ends with its standard input."""

import sys
from threading import Event, Thread

from request_desk import config
from request_desk.domain.clock import SystemClock
from request_desk.services.desk import Desk
from request_desk.store.database import Database
from request_desk.web import guards, server

_MANY = "100000 per minute"  # the limit per client is not what is measured


def main(path: str) -> int:
    """Serve until standard input ends."""
    stop = Event()
    Thread(target=_end_with_input, args=(stop,), daemon=True).start()
    desk = Desk(Database(f"sqlite:///{path}"))
    settings = config.Settings(portal=config.PortalConfig(port=0))
    rates = guards.Rates(reads=_MANY, posts=_MANY)
    try:
        application = server.build(desk, settings, SystemClock(), rates=rates)
        server.serve(application, "127.0.0.1", 0, lambda port: print("port", port, flush=True), stop=stop)
    finally:
        desk.close()
    return 0


def _end_with_input(stop: Event) -> None:
    sys.stdin.read()
    stop.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
