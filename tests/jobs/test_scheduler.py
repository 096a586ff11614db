"""When the jobs run: at once, on a poke, after a sleep, and on after an error."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event

import pytest

from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.gateways.letters import Letter, Result, Sent
from request_desk.jobs import scheduler, tasks
from request_desk.jobs.scheduler import Jobs
from request_desk.services.desk import Desk
from tests.builders import Practice

WAIT = 20.0  # seconds; an event comes long before


@pytest.fixture
def started(sqlite_desk: Desk) -> Iterator[Callable[[Callable[[Letter], Result]], Jobs]]:
    """Starts jobs and stops them again."""
    running: list[Jobs] = []

    def start(send: Callable[[Letter], Result]) -> Jobs:
        jobs = Jobs(sqlite_desk, {Channel.EMAIL: send}, "test")
        running.append(jobs)
        jobs.start()
        return jobs

    yield start
    for jobs in running:
        jobs.stop()


def test_a_notice_that_becomes_due_leaves_by_itself(sqlite_practice: Practice, started: Callable[..., Jobs]) -> None:
    left = Event()

    def send(_letter: Letter) -> Result:
        left.set()
        return Sent()

    started(send)
    sqlite_practice.a_request()
    assert left.wait(WAIT)


def test_a_poke_delivers_at_once(
    sqlite_practice: Practice, started: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "DELIVER_EVERY", timedelta(hours=1))
    first, left = Event(), Event()
    real = tasks.deliver

    def watched(*arguments: object) -> int:
        sent = real(*arguments)  # type: ignore[arg-type]
        first.set()
        return sent

    monkeypatch.setattr(tasks, "deliver", watched)

    def send(_letter: Letter) -> Result:
        left.set()
        return Sent()

    jobs = started(send)
    assert first.wait(WAIT)  # the look at the start found nothing
    sqlite_practice.a_request()
    jobs.poke()
    assert left.wait(WAIT)


def test_a_job_that_fails_runs_again_at_its_next_tick(
    sqlite_practice: Practice, started: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "DELIVER_EVERY", timedelta(milliseconds=20))
    again = Event()
    calls: list[int] = []

    def broken(*_arguments: object) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("Zuri Okafor")
        again.set()
        return 0

    monkeypatch.setattr(tasks, "deliver", broken)
    started(lambda _letter: Sent())
    assert again.wait(WAIT)


def test_waking_from_sleep_runs_everything(
    sqlite_practice: Practice, clock: FixedClock, started: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:  # JOB-04
    monkeypatch.setattr(scheduler, "DELIVER_EVERY", timedelta(milliseconds=20))
    monkeypatch.setattr(scheduler, "PLAN_EVERY", timedelta(hours=1))
    planned: list[Event] = [Event(), Event()]
    left = iter(planned)

    def plan(*_arguments: object) -> int:
        next(left).set()
        return 0

    monkeypatch.setattr(tasks, "plan", plan)
    started(lambda _letter: Sent())
    assert planned[0].wait(WAIT)
    clock.advance(timedelta(hours=8))
    assert planned[1].wait(WAIT)


def test_stopping_waits_for_the_letter_on_its_way_and_sends_no_other(
    sqlite_practice: Practice, started: Callable[..., Jobs]
) -> None:
    sqlite_practice.a_request(by=sqlite_practice.amara)
    sqlite_practice.a_request(by=sqlite_practice.father, message="another")
    begun, go_on = Event(), Event()
    sent: list[str] = []

    def send(letter: Letter) -> Result:
        begun.set()
        go_on.wait(WAIT)
        sent.append(letter.to)
        return Sent()

    jobs = started(send)
    assert begun.wait(WAIT)
    go_on.set()
    jobs.stop()
    kept = len(sent)
    assert kept >= 1
    assert len(sent) == kept


def test_a_poke_before_the_start_and_a_second_stop_are_no_matter(sqlite_practice: Practice, sqlite_desk: Desk) -> None:
    jobs = Jobs(sqlite_desk, {}, "test")
    jobs.poke()
    jobs.stop()
    jobs.stop()
