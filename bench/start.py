"""Cold processes with warm files: the window painted and the first request in the list, against an empty PySide6 window."""

import compileall
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench import data, small
from bench.measure import ROOT, Goal, Row, Scale, middle, quiet_environment, row
from request_desk import app, paths
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import hashed
from request_desk.services.desk import Desk
from request_desk.store import schema
from tests import postgres
from tests.builders import Practice

_WINDOW_GOAL: Final = Goal(1.5)
_ROW_GOAL: Final = Goal(1000.0, of_ratio=False)  # milliseconds: felt as at once
_SECONDS: Final = 60


def run(scale: Scale, cache: Path) -> Iterator[Row]:
    """Measure starts in rotation: the empty window, `request-desk desk` with a remembered session on each engine, and the demo."""
    large = data.large(scale.requests, cache)
    compileall.compile_dir(str(ROOT / "src"), quiet=2)
    compileall.compile_dir(str(ROOT / "bench"), quiet=2)
    with tempfile.TemporaryDirectory(prefix="rdbench") as name, ExitStack() as stack:
        folder = Path(name)
        demo = folder / "demo"
        app.prepare_demo(paths.private_folder(demo), fresh=True, ask=lambda _question: True, say=lambda _sentence: None)
        first = f"{scale.requests:,} requests"
        ways = {
            first: (_home(folder / "large", large.url, f"{data.TOKEN}small"), ()),
            "the demo": (_home(folder / "demo home", large.url, ""), (str(demo),)),
        }
        place = postgres.binaries()
        if place is not None:
            server = stack.enter_context(small.server(place))
            desk = stack.enter_context(small.on_server(server, SystemClock()))
            ways["PostgreSQL"] = (_home(folder / "server", server.url("bench"), _signed_in(desk)), ())
        empty: list[float] = []
        window: list[float] = []
        rows: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(1 + scale.starts):
            plain = _started("bench.start_empty", *ways[first], ("painted",))
            ours = {way: _started("bench.start_window", *started, ("painted", "row")) for way, started in ways.items()}
            if number:  # the first of each warms the files
                empty.append(plain["painted"])
                window.append(ours[first]["painted"])
                for way, found in ours.items():
                    rows[way].append(found["row"])
    floor = middle(empty)
    yield row("start: window painted", middle(window), "ms", floor, _WINDOW_GOAL)
    for way, seen in rows.items():
        yield row(f"start: first inbox row painted, {way}", middle(seen), "ms", floor, _ROW_GOAL)


def _signed_in(desk: Desk) -> str:
    """Give a desk some requests and somebody who is signed in; returns the token."""
    practice, now = Practice(desk, desk.database), desk.clock.now()
    for _number in range(data.SMALL_INBOX):
        practice.a_request()
    practice.insert(
        schema.staff_session,
        token_hash=hashed(data.TOKEN),
        staff_id=practice.maria.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=12),
    )
    return data.TOKEN


def _home(folder: Path, url: str, token: str) -> dict[str, str]:
    """A user's folders with the session of a scheduler in them, as after *Keep me signed in*."""
    kept = folder / "data" / "request-desk"
    kept.mkdir(parents=True, mode=0o700)
    secrets = kept / "secrets.json"
    secrets.write_text(json.dumps({"session": token} if token else {}), "utf-8")
    secrets.chmod(0o600)
    return {
        **quiet_environment(),
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "REQUEST_DESK_DATABASE": url,
    }


def _started(
    module: str, environ: dict[str, str], arguments: tuple[str, ...], marks: tuple[str, ...]
) -> dict[str, float]:
    """Start a process and return the milliseconds until it says each of these; it ends by itself."""
    begun = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said, errors = process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said, errors = process.communicate()
    found: dict[str, float] = {}
    for line in said.splitlines():
        mark, _space, at = line.partition(" ")
        if mark in marks:
            found[mark] = (float(at) - begun) * 1000
    if set(found) != set(marks):
        raise RuntimeError(f"{module} said {said!r} and ended with {process.returncode}:{os.linesep}{errors}")
    return found
