"""The longest turn of the desktop's event loop: over the tour, and while a list of thousands of requests loads."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select

from bench import small
from bench.measure import Goal, Row, Scale, child, quiet_environment, row
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import hashed
from request_desk.store import schema
from tests.builders import Practice

_GOAL: Final = Goal(33.0, of_ratio=False)
_SESSION: Final = "bench-staff"
_TOUR_SECONDS: Final = 600


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure both, each beside an empty window that does nothing."""
    with tempfile.TemporaryDirectory(prefix="rdbench") as name:
        folder = Path(name)
        idle = child("bench.window", "idle")["longest"]
        seen = loading(scale, folder)
        title = f"longest turn of the loop while {seen['rows']:,.0f} requests load"
        yield row(title, seen["longest"], "ms", idle, _GOAL)
        idle = child("bench.window", "idle")["longest"]
        yield row("longest turn of the loop over the tour", _tour(folder), "ms", idle, _GOAL)


def loading(scale: Scale, folder: Path) -> dict[str, float]:
    """Return the report of a desktop that loads this many open requests."""
    path = folder / "load.db"
    with small.sqlite(path, clock=SystemClock()) as desk:
        practice = Practice(desk, desk.database)
        now = desk.clock.now()
        session = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(days=1)}
        practice.insert(
            schema.staff_session, token_hash=hashed(_SESSION), staff_id=practice.maria.id, desk="bench", **session
        )
        _copy(practice, practice.a_request(), scale.loaded_rows - 1)
    found: dict[str, float] = child("bench.window", "load", path, _SESSION, folder)
    return found


def _copy(practice: Practice, request_id: int, count: int) -> None:
    """Write the request again and again, each a minute older."""
    from uuid import UUID

    table = schema.request
    with practice.database.write() as connection:
        first = connection.execute(select(table).where(table.c.id == request_id)).one()._asdict()
        rows = []
        for number in range(1, count + 1):
            age = timedelta(minutes=number)
            again = {
                "reference": UUID(int=2 * number),
                "submission_id": UUID(int=2 * number + 1),
                "id": request_id + (number << 24),
            }
            rows.append({**first, **again, "arrived_at": first["arrived_at"] - age, "due_at": first["due_at"] - age})
        if rows:
            connection.execute(insert(table), rows)


def _tour(folder: Path) -> float:
    """Walk the tour without pictures and return the longest turn that it tells."""
    out = folder / "tour"
    subprocess.run(
        [sys.executable, "-P", "-m", "request_desk", "tour", "--out", str(out), "--no-pictures"],
        env={**quiet_environment(), "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=_TOUR_SECONDS,
        check=True,
    )
    return float(json.loads((out / "tour.json").read_text("utf-8"))["longest_turn_ms"])
