"""Frames and memory of a list of a million rows, in a process of its own, against a stock table of constant texts."""

import json
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

from bench.measure import FULL, Goal, Row, Scale, child, p99, rarely_collected, row

_FRAME_GOAL: Final = Goal(8.0, of_ratio=False)
_MEMORY_GOAL: Final = Goal(60.0, of_ratio=False)
_SIZE: Final = (1200, 800)
_MEGABYTE: Final = 1_000_000
_KEPT: Final = 4_096  # rows made beforehand; what is painted is one of these under its own key


def run(scale: Scale, _cache: Path) -> list[Row]:
    """Measure page scrolls and random jumps, and what the rows add to the process."""
    seen = child("bench.frames", scale.listed_rows, scale.frames)
    name = f"{scale.listed_rows:,} rows in the list"
    return [
        row(f"frame p99 while scrolling, {name}", seen["scroll"], "ms", seen["stock_scroll"], _FRAME_GOAL),
        row(f"frame p99 of jumps, {name}", seen["jump"], "ms", seen["stock_jump"], _FRAME_GOAL),
        row(f"memory more with {name}", seen["more"], "MB", seen["keys"], _MEMORY_GOAL),
    ]


def memory() -> float:
    """Return the resident memory of this process in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024 / _MEGABYTE
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MEGABYTE if sys.platform == "darwin" else peak * 1024 / _MEGABYTE


def measured(rows: int, frames: int) -> dict[str, float]:
    """Build both views, show them, and time their frames in rotation."""
    from bench.frame_views import Views

    views = Views(_KEPT)
    views.show(100, _SIZE)
    with rarely_collected():
        before = memory()
        views.fill(array("q", range(1, rows + 1)))
        found = _frames(views, rows, frames)
    return {
        **{name: p99(times) for name, times in found.items()},
        "more": memory() - before,
        "keys": rows * array("q").itemsize / _MEGABYTE,
    }


def _frames(views: Any, rows: int, frames: int) -> dict[str, list[float]]:
    source = Random(rows)
    found: dict[str, list[float]] = {"scroll": [], "stock_scroll": [], "jump": [], "stock_jump": []}
    ours: Callable[[int], None] = views.ours_at
    stock: Callable[[int], None] = views.stock_at
    shown = views.rows_in_a_page
    last = max(1, rows - shown)
    for number in range(frames):
        places = {"scroll": number * shown % last, "jump": source.randrange(last)}
        for kind, place in places.items():
            for name, go in ((kind, ours), (f"stock_{kind}", stock))[:: 1 if number % 2 else -1]:
                begun = time.perf_counter()
                go(place)
                found[name].append((time.perf_counter() - begun) * 1000)
            views.answer()  # rows that were asked for arrive, and are painted
            begun = time.perf_counter()
            views.repaint()
            found[kind].append((time.perf_counter() - begun) * 1000)
    return found


def main() -> int:
    """Measure in this process and print what was seen."""
    rows, frames = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (FULL.listed_rows, FULL.frames)
    print(json.dumps(measured(rows, frames)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
