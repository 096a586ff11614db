"""When the jobs run, in threads of their own; what they do is in `tasks`. Correct without each other: claims and keys see to it."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Lock
from typing import Any, Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from request_desk.domain.clock import SystemClock
from request_desk.domain.errors import Unavailable
from request_desk.jobs import tasks
from request_desk.jobs.tasks import Senders, SendWebhook
from request_desk.logs import Word
from request_desk.services.desk import Desk
from request_desk.services.notices.reminders import Looked

DELIVER_EVERY: Final = timedelta(seconds=1)  # a notice leaves within a second of the end of its grace time
WEBHOOKS_EVERY: Final = timedelta(seconds=1)
PLAN_EVERY: Final = timedelta(seconds=15)
REMIND_EVERY: Final = timedelta(minutes=1)  # rules count minutes (RM2)
RENEW_EVERY: Final = timedelta(minutes=10)
SWEEP_EVERY: Final = timedelta(hours=1)
SLEPT: Final = timedelta(minutes=2)  # a longer gap between two ticks means that the machine slept
_log = logging.getLogger(__name__)


class Jobs:
    """The ticks of one process. Every process may run them; `owner` names this one in leases."""

    def __init__(self, desk: Desk, senders: Senders, owner: str, send_webhook: SendWebhook | None = None) -> None:
        self._desk = desk
        self._senders = senders
        self._send_webhook = send_webhook
        self._owner = owner
        self._stopped = Event()
        self._delivering = Lock()
        self._again = Event()
        self._seen_at = desk.clock.now()
        self._looked: Looked | None = None  # after a turn that failed, everything is looked at again
        # The job store is in memory: what is due is in our own tables, and a store on disk would unpickle what it finds (JOB-06).
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of every tick that is still running

    def start(self) -> None:
        """Begin to tick, at once."""
        for name, job, every in (
            ("deliver", self._deliver, DELIVER_EVERY),
            ("webhooks", self._webhooks, WEBHOOKS_EVERY),
            ("plan", self._plan, PLAN_EVERY),
            ("remind", self._remind, REMIND_EVERY),
            ("renew", self._renew, RENEW_EVERY),
            ("sweep", self._sweep, SWEEP_EVERY),
        ):
            self._scheduler.add_job(
                job, "interval", seconds=every.total_seconds(), id=name, next_run_time=_now(), replace_existing=True
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking; waits for the letter that is on its way."""
        self._stopped.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def poke(self, name: str = "deliver") -> None:
        """Run a job now instead of at its next tick; cheap, from any thread."""
        if name == "deliver":
            self._again.set()
        try:
            self._scheduler.modify_job(name, next_run_time=_now())
        except JobLookupError:
            _log.debug("poked %s before the start", Word(name))

    def _deliver(self) -> None:
        self._notice_sleep()
        if not self._delivering.acquire(blocking=False):
            return
        try:
            self._again.clear()
            self._guarded(
                "deliver", lambda: tasks.deliver(self._desk, self._senders, self._owner, self._stopped.is_set)
            )
        finally:
            self._delivering.release()
        if self._again.is_set() and not self._stopped.is_set():
            self.poke()

    def _webhooks(self) -> None:
        if (send := self._send_webhook) is not None:
            self._guarded("webhooks", lambda: tasks.send_webhooks(self._desk, send, self._owner, self._stopped.is_set))

    def _plan(self) -> None:
        self._guarded("plan", lambda: tasks.plan(self._desk, self._owner))

    def _remind(self) -> None:
        last, self._looked = self._looked, None
        self._guarded("remind", lambda: self._reminded(last))

    def _reminded(self, last: Looked | None) -> None:
        self._looked = tasks.remind(self._desk, last, self._stopped.is_set).looked

    def _renew(self) -> None:
        self._guarded("renew", lambda: tasks.renew(self._desk))

    def _sweep(self) -> None:
        self._guarded("sweep", lambda: tasks.sweep(self._desk))

    def _guarded(self, name: str, job: Callable[[], Any]) -> None:
        """Run a job; whatever goes wrong is written down and the next tick comes."""
        if self._stopped.is_set():
            return
        try:
            job()
        except Unavailable:
            _log.warning("%s has to wait: the database does not answer", Word(name))
        except Exception as error:  # noqa: BLE001  # the next tick comes whatever happened
            _log.error("%s failed: %s", Word(name), error, exc_info=error)

    def _notice_sleep(self) -> None:
        """After a sleep of the machine everything is due at once, also what ticks seldom."""
        now = self._desk.clock.now()
        slept, self._seen_at = abs(now - self._seen_at) > SLEPT, now
        if slept:
            _log.info("woke up after a pause")
            self.poke("plan")
            self.poke("remind")
            self.poke("renew")
            self.poke("sweep")


def _now() -> datetime:
    """The machine's own time, by which ticks are counted; a time long ago makes apscheduler list every tick missed since."""
    return SystemClock().now()
