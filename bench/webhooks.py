"""Webhooks: one to a receiver with TLS beside the same bytes sent plainly, and the job's throughput while another receiver hangs."""

import json
import ssl
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from threading import Event, Thread
from typing import Final

from bench import small
from bench.measure import Goal, Row, Scale, middle, rotated, row
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import new_uuid
from request_desk.domain.webhooks import WebhookEnd, new_secret, webhook_id
from request_desk.gateways.webhooks import WebhookPost, WebhookSender
from request_desk.jobs import tasks
from request_desk.services.notices import subscriptions
from request_desk.store.database import Database
from tests.builders import Practice
from tests.receivers import Caller, answering, certificate, hanging, receiving
from tests.services.webhook_parts import subscribed, webhook_desk

_GOAL: Final = Goal(2.0)
_UNDELAYED: Final = Goal(0.8, at_least=True)
_TURNS: Final = 3
_STUCK: Final = 4  # webhooks of the receiver that hangs; two of them are on their way at once
_SECONDS: Final = 60.0
_BODY: Final = json.dumps({"type": "appointment.confirmed", "data": {"appointment_id": "417"}}).encode()


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure one message after the other, each over a connection of its own, then the job with all that it does."""
    yield _one(scale)
    yield _beside_one_that_hangs(scale)


def _one(scale: Scale) -> Row:
    with tempfile.TemporaryDirectory(prefix="rdbench") as name:
        made = certificate(Path(name), "127.0.0.1")
        plain = ssl.create_default_context(cafile=made.path)
        sender = WebhookSender(SystemClock(), allow_loopback=True, ca_file=str(made.path))
        secret = new_secret()
        with receiving(answering(204), made.tls) as receiver:
            url = f"https://127.0.0.1:{receiver.port}/hook"

            def ours(_number: int) -> None:
                attempt = sender.send(WebhookPost(url, webhook_id(new_uuid()), _BODY, (secret,)))
                if attempt.end is not WebhookEnd.DELIVERED:
                    raise RuntimeError(attempt.reason)

            def raw(_number: int) -> None:
                connection = HTTPSConnection("127.0.0.1", receiver.port, context=plain)
                connection.request("POST", "/hook", _BODY, {"Content-Type": "application/json"})
                connection.getresponse().read()
                connection.close()

            times = rotated({"ours": ours, "raw": raw}, scale.rounds)
    return row("one webhook to a receiver with TLS", middle(times["ours"]), "ms", middle(times["raw"]), _GOAL)


def _beside_one_that_hangs(scale: Scale) -> Row:
    """Claim, send and settle webhooks of one receiver, in turns with and without another one that never answers (HOOK-09)."""
    with tempfile.TemporaryDirectory(prefix="rdbench") as name:
        folder, clock = Path(name), SystemClock()
        sender = WebhookSender(clock, allow_loopback=True)
        with small.sqlite(folder / "hooks.db", clock=clock):
            pass  # the schema
        desk = webhook_desk(
            Database(f"sqlite:///{folder / 'hooks.db'}"), clock, folder / "keys", check_receiver=sender.check
        )
        try:
            practice = Practice(desk, desk.database)
            rates: dict[bool, list[float]] = {False: [], True: []}
            for _turn in range(_TURNS):
                for hangs, found in rates.items():
                    found.append(_rate(practice, sender, scale.acts, hangs=hangs))
        finally:
            desk.close()
    beside, alone = (middle(rates[hangs]) for hangs in (True, False))
    return row("webhooks through the job beside a receiver that hangs", beside, "1/s", alone, _UNDELAYED)


def _rate(practice: Practice, sender: WebhookSender, count: int, *, hangs: bool) -> float:
    """Return how many webhooks of a receiver arrive a second."""
    all_there, stop = Event(), Event()
    take = answering(204)

    def counted(caller: Caller) -> None:
        take(caller)
        if len(quick.received) == count:
            all_there.set()

    with receiving(hanging) as slow, receiving(counted) as quick:
        to = [(subscribed(practice, url=quick.url).id, count)]
        if hangs:
            to.insert(0, (subscribed(practice, url=slow.url).id, _STUCK))
        for which, number in to:
            for _each in range(number):
                practice.desk.perform(practice.admin, subscriptions.send_test, which)
        job = Thread(target=tasks.send_webhooks, args=(practice.desk, sender.send, "bench", stop.is_set))
        begun = time.perf_counter()
        job.start()
        if not all_there.wait(_SECONDS):
            raise TimeoutError(f"{len(quick.received)} of {count} webhooks arrived")
        took = time.perf_counter() - begun
        stop.set()
        slow.close()
        job.join(_SECONDS)
        for which, _number in to:
            practice.desk.perform(practice.admin, subscriptions.remove_subscription, which, expect_version=1)
    return count / took
