"""One webhook to a receiver with TLS on this machine: looked up, guarded, signed and sent, beside the same bytes sent plainly."""

import json
import ssl
import tempfile
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Final

from bench.measure import Goal, Row, Scale, middle, rotated, row
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import new_uuid
from request_desk.domain.webhooks import WebhookEnd, new_secret, webhook_id
from request_desk.gateways.webhooks import WebhookPost, WebhookSender
from tests.receivers import answering, certificate, receiving

_GOAL: Final = Goal(2.0)
_BODY: Final = json.dumps({"type": "appointment.confirmed", "data": {"appointment_id": "417"}}).encode()


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure one message after the other, each over a connection of its own."""
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
    yield row("one webhook to a receiver with TLS", middle(times["ours"]), "ms", middle(times["raw"]), _GOAL)
