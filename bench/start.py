"""Cold processes with warm files: the window painted and the first request in the list, against an empty PySide6 window."""

import compileall
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import data
from bench.measure import ROOT, Goal, Row, Scale, middle, quiet_environment, row

_WINDOW_GOAL: Final = Goal(1.5)
_ROW_GOAL: Final = Goal(1000.0, of_ratio=False)  # milliseconds: felt as at once
_SECONDS: Final = 60


def run(scale: Scale, cache: Path) -> Iterator[Row]:
    """Measure starts in rotation: the empty window, and `request-desk desk` with a remembered session."""
    large = data.large(scale.requests, cache)
    compileall.compile_dir(str(ROOT / "src"), quiet=2)
    compileall.compile_dir(str(ROOT / "bench"), quiet=2)
    with tempfile.TemporaryDirectory(prefix="rdbench") as folder:
        environ = _home(Path(folder), large)
        empty, window, first_row = [], [], []
        for number in range(1 + scale.starts):
            plain = _started("bench.start_empty", environ, ("painted",))
            ours = _started("bench.start_window", environ, ("painted", "row"))
            if number:  # the first pair warms the files
                empty.append(plain["painted"])
                window.append(ours["painted"])
                first_row.append(ours["row"])
    floor = middle(empty)
    yield row("start: window painted", middle(window), "ms", floor, _WINDOW_GOAL)
    name = f"start: first inbox row painted, {scale.requests:,} requests"
    yield row(name, middle(first_row), "ms", floor, _ROW_GOAL)


def _home(folder: Path, large: data.Large) -> dict[str, str]:
    """A user's folders with the session of a scheduler in them, as after *Keep me signed in*."""
    kept = folder / "data" / "request-desk"
    kept.mkdir(parents=True, mode=0o700)
    secrets = kept / "secrets.json"
    secrets.write_text(json.dumps({"session": f"{data.TOKEN}small"}), "utf-8")
    secrets.chmod(0o600)
    return {
        **quiet_environment(),
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "REQUEST_DESK_DATABASE": large.url,
    }


def _started(module: str, environ: dict[str, str], marks: tuple[str, ...]) -> dict[str, float]:
    """Start a process and return the milliseconds until it says each of these; it ends by itself."""
    begun = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", module],
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
