"""The libraries that receivers verify webhooks with, and the examples of docs/webhooks.md as they stand there (HOOK-01, HOOK-02)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from request_desk.domain.clock import FixedClock, SystemClock
from request_desk.domain.ids import new_uuid
from request_desk.domain.webhooks import WAITS, WebhookEnd, new_secret, webhook_id
from request_desk.gateways.webhooks import WebhookPost, WebhookSender
from tests.receivers import answering, receiving

DOCS = Path(__file__).resolve().parents[2] / "docs"
EVENT = {"type": "appointment.confirmed", "timestamp": "2026-11-24T16:12:00Z", "data": {"note": "Zürich ✓ 王小明"}}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()

LANGUAGES = ["python", pytest.param("node", marks=pytest.mark.node)]


@contextmanager
def listening(command: list[str], folder: Path, secret: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """An example that runs as a web master starts it, and its port."""
    given = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret, "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(command, cwd=folder, env=given, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told.startswith("listening on "), told
        yield process, int(told.split()[-1])
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_takes_what_is_signed_once_and_nothing_else(
    language: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue("libraries") if language == "node" else tmp_path
    command = ["node", "receive.mjs"] if language == "node" else [sys.executable, str(DOCS / "examples" / "receive.py")]
    old, new, sender = new_secret(), new_secret(), WebhookSender(SystemClock(), allow_loopback=True)
    late = WebhookSender(SystemClock(timedelta(minutes=-6)), allow_loopback=True)
    with listening(command, folder, old) as (process, port):
        right = WebhookPost(f"http://127.0.0.1:{port}/hook", webhook_id(new_uuid()), BODY, (old,))
        other = BODY.replace(b"confirmed", b"cancelled")
        rotated = replace(right, webhook_id=webhook_id(new_uuid()), body=other, secrets=(new, old))
        taken = [sender.send(each) for each in (right, right, rotated)]
        not_taken = [sender.send(replace(right, secrets=(new,))), late.send(right)]
        assert process.stdout is not None
        printed = [process.stdout.readline().rstrip("\n") for _each in range(2)]
    assert [(each.end, each.status) for each in taken] == [(WebhookEnd.DELIVERED, 204)] * 3
    assert [(each.end, each.status) for each in not_taken] == [(WebhookEnd.TRY_AGAIN, 400)] * 2
    kinds = ["appointment.confirmed", "appointment.cancelled"]
    assert [line.partition(" ")[0] for line in printed] == kinds
    assert [json.loads(line.partition(" ")[2]) for line in printed] == [EVENT["data"]] * 2


@pytest.mark.node
def test_the_library_of_npm_verifies_each_signature(libraries: Path) -> None:  # HOOK-01, HOOK-02
    old, new, stranger = new_secret(), new_secret(), new_secret()
    with receiving(answering(204)) as receiver:
        post = WebhookPost(receiver.url, webhook_id(new_uuid()), BODY, (new, old))
        WebhookSender(SystemClock(), allow_loopback=True).send(post)
    (got,) = receiver.received

    def verified(secret: str, body: bytes) -> bool:
        told = json.dumps({"secret": secret, "headers": got.headers, "body": body.decode()})
        done = subprocess.run(["node", "verify.cjs", told], cwd=libraries, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or "No matching signature" in done.stderr, done.stderr
        return done.stdout == EVENT["type"]

    assert verified(new, got.body)
    assert verified(old, got.body)
    assert not verified(stranger, got.body)
    assert not verified(new, got.body.replace(b"confirmed", b"cancelled"))


def test_the_message_of_the_page_is_signed_as_it_says() -> None:  # HOOK-01
    page = (DOCS / "webhooks.md").read_text("utf-8")
    found = re.search(r"^```\nPOST .*?\n(?P<headers>.*?)\n\n(?P<body>\{.*?\})\n```$", page, re.MULTILINE | re.DOTALL)
    secret = re.search(r"whsec_\w{20,}", page)
    assert found is not None
    assert secret is not None
    headers = dict(line.split(": ", 1) for line in found["headers"].split("\n"))
    clock = FixedClock(datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC))
    with receiving(answering(204)) as receiver:
        post = WebhookPost(receiver.url, headers["webhook-id"], found["body"].encode(), (secret[0],))
        WebhookSender(clock, allow_loopback=True).send(post)
    assert receiver.received[0].headers["webhook-signature"] == headers["webhook-signature"]


def test_the_page_tells_the_schedule() -> None:  # HOOK-03
    page = (DOCS / "webhooks.md").read_text("utf-8")
    row = next(line for line in page.split("\n") if line.startswith("| after |"))
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    told = [timedelta(**{units[unit]: int(count)}) for count, unit in (each.split() for each in row.split("|")[2:-1])]
    assert tuple(told) == WAITS
