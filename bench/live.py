"""From a parent's form to the painted row: the real portal, the real desktop, each in its own process on one SQLite file."""

import http.client
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import IO, Final, Self
from urllib.parse import urlencode

from bench import small
from bench.measure import Goal, Row, Scale, p99, quiet_environment, row
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import hashed
from request_desk.domain.requests import ListOrder
from request_desk.services.people import preferences
from request_desk.store import schema
from tests.builders import Practice

_GOAL: Final = Goal(250.0, of_ratio=False)
_SESSION: Final = "bench-staff"
_COOKIE: Final = "bench-contact"
_PAUSE: Final = 0.05  # seconds between two forms: people do not send in step with a poll
_SECONDS: Final = 30.0
_INPUT: Final = re.compile(r"<input[^>]*>")
_ATTRIBUTE: Final = re.compile(r'(name|value)="([^"]*)"')


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Send forms one after the other and wait for each to be painted; the floor is the portal's own answer."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rdbench")))
        path = folder / "live.db"
        child = _prepare(path)
        port = int(stack.enter_context(Process("bench.portal", path)).next("port")[0])
        window = stack.enter_context(Process("bench.window", "live", path, _SESSION, folder))
        window.next("ready")
        client = stack.enter_context(closing(_Parent(port, child)))
        seen, answered = [], []
        for number in range(3 + scale.letters):
            fields = client.form()
            begun = time.monotonic()
            client.send(fields)
            done = time.monotonic()
            painted = float(window.next("painted")[1])
            if number >= 3:
                seen.append((painted - begun) * 1000)
                answered.append((done - begun) * 1000)
            time.sleep(_PAUSE * (1 + number % 7 / 7))
        yield row("portal form to painted row p99, SQLite", p99(seen), "ms", p99(answered), _GOAL)


def _prepare(path: Path) -> int:
    """Make a practice with a signed-in scheduler and a signed-in parent; return the child's id."""
    with small.sqlite(path, clock=SystemClock()) as desk:
        practice = Practice(desk, desk.database)
        now = desk.clock.now()
        session = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(days=1)}
        practice.insert(
            schema.staff_session, token_hash=hashed(_SESSION), staff_id=practice.maria.id, desk="bench", **session
        )
        practice.insert(schema.portal_session, token_hash=hashed(_COOKIE), contact_id=practice.amara.id, **session)
        desk.perform(practice.maria, preferences.set_preference, "inbox.order", ListOrder.NEWEST.value)
        for _number in range(20):
            practice.a_request()
        return practice.zuri


class Process:
    """A child whose lines are read one by one; it ends when its input is closed."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *map(str, arguments)],
            env=quiet_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def say(self, line: str) -> None:
        """Send a line to its input."""
        assert self._process.stdin is not None
        print(line, file=self._process.stdin, flush=True)

    def next(self, word: str) -> list[str]:
        """Return the words behind the next line that begins with `word`."""
        lines: IO[str] | None = self._process.stdout
        assert lines is not None
        for line in lines:
            first, *rest = line.split()
            if first == word:
                return rest
        raise RuntimeError(f"{self._process.args!r} has ended with {self._process.wait()}")

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class _Parent:
    """A browser with cookies and nothing else."""

    def __init__(self, port: int, child: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
        self._cookies = {"session": _COOKIE}
        self._query = urlencode({"child": child, "type": "any", "provider": "any", "location": "any", "go": "next"})

    def form(self) -> dict[str, str]:
        """Load the last page of an asking and return its fields, filled in."""
        _status, page = self._ask("GET", f"/ask/schedule?{self._query}")
        part = page[page.index('action="/ask/schedule"') :].partition("</form>")[0]
        fields: dict[str, str] = {}
        for tag in _INPUT.findall(part):
            found = dict(_ATTRIBUTE.findall(tag))
            if "name" in found:
                fields.setdefault(found["name"], unescape(found.get("value", "")))
        return {**fields, "message": "hi, could we come in soon? thx"}

    def send(self, fields: dict[str, str]) -> None:
        """Post the form and read the answer."""
        status, page = self._ask("POST", "/ask/schedule", urlencode({**fields, "twice": "again"}))
        if status != 303:
            raise RuntimeError(f"the portal answered {status}: {page[:2000]}")

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        return answer.status, answer.read().decode()
