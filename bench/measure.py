"""Rows of the table, goals, and timing in rotation; what is timed lives in the other modules."""

import gc
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
_CHILD_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything: the full run, `--quick`, or the sizes of a test."""

    requests: int  # in the large database
    rounds: int  # of what takes milliseconds
    searches: int
    acts: int  # durable acts on each engine
    starts: int  # fresh processes of each kind
    letters: int  # portal forms
    providers: int
    days: int
    loaded_rows: int
    frames: int
    listed_rows: int  # in the list of the frame test
    load_seconds: int  # of families on the patients' pages


FULL: Final = Scale(
    requests=1_000_000,
    rounds=400,
    searches=1_500,
    acts=400,
    starts=15,
    letters=150,
    providers=50,
    days=90,
    loaded_rows=5_000,
    frames=600,
    listed_rows=1_000_000,
    load_seconds=60,
)
QUICK: Final = Scale(
    requests=50_000,
    rounds=60,
    searches=300,
    acts=80,
    starts=5,
    letters=20,
    providers=50,
    days=90,
    loaded_rows=5_000,
    frames=150,
    listed_rows=1_000_000,
    load_seconds=20,
)
TINY: Final = Scale(
    requests=2_000,
    rounds=3,
    searches=10,
    acts=3,
    starts=1,
    letters=2,
    providers=3,
    days=9,
    loaded_rows=100,
    frames=5,
    listed_rows=2_000,
    load_seconds=1,
)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row has to reach: its value or its ratio to the floor, at most or at least."""

    limit: float
    of_ratio: bool = True
    at_least: bool = False

    def text(self, unit: str) -> str:
        """Say it in words: "≤ 3 ×", "≥ 0.4 ×", "≤ 20 ms"."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g} {'×' if self.of_ratio else unit}"

    def is_met(self, value: float, ratio: float) -> bool:
        """Tell whether these figures reach it."""
        seen = ratio if self.of_ratio else value
        return seen >= self.limit if self.at_least else seen <= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a figure, the limit of this machine in the same run, and what was to be reached."""

    name: str
    value: float
    unit: str
    floor: float
    ratio: float
    goal: str
    met: bool


def row(name: str, value: float, unit: str, floor: float, goal: Goal) -> Row:
    """Make a row; its ratio is value / floor."""
    ratio = value / floor if floor else math.inf
    return Row(
        name, round(value, 4), unit, round(floor, 4), round(ratio, 4), goal.text(unit), goal.is_met(value, ratio)
    )


def held(name: str, value: float, unit: str, floor: float, *, met: bool, goal: str) -> Row:
    """Make a row whose goal is no limit of a figure."""
    return Row(name, round(value, 4), unit, round(floor, 4), round(value / floor if floor else math.inf, 4), goal, met)


Case = Callable[[int], object]


def rotated(cases: Mapping[str, Case], rounds: int, *, warm: int = 3) -> dict[str, list[float]]:
    """Time each case once a round, beginning with another one each round; return milliseconds by name.

    A case is given the number of its call, the warm-up's counted, so that it can use a prepared thing only once.
    """
    names = list(cases)
    found: dict[str, list[float]] = {name: [] for name in names}
    with rarely_collected():
        for number in range(warm + rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                case = cases[name]
                begun = time.perf_counter()
                case(number)
                took = (time.perf_counter() - begun) * 1000
                if number >= warm:
                    found[name].append(took)
    return found


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Freeze what is there and collect rarely meanwhile, as the desktop does after its start."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def middle(times: Sequence[float]) -> float:
    """Return the median."""
    return median(times)


def p99(times: Sequence[float]) -> float:
    """Return the 99th percentile, the largest of fewer than a hundred."""
    return _percentile(times, 0.99)


def p95(times: Sequence[float]) -> float:
    """Return the 95th percentile, the largest of fewer than twenty."""
    return _percentile(times, 0.95)


def _percentile(times: Sequence[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, math.ceil(len(ordered) * share) - 1)]


def child(module: str, *arguments: object, environ: Mapping[str, str] | None = None) -> Any:
    """Run a module of ours in a process of its own and return the JSON that is its last line."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        env={**quiet_environment(), **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=_CHILD_SECONDS,
        check=True,
    )
    return json.loads(done.stdout.decode().strip().splitlines()[-1])


def quiet_environment() -> dict[str, str]:
    """The environment of a child: no display, no keyring, this checkout on the path."""
    search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYTHONPATH": search,
        "PYTHONWARNINGS": "ignore",
    }


def table(rows: Sequence[Row]) -> str:
    """Return the rows as people read them."""
    head = ("", "value", "floor", "ratio", "goal", "")
    lines = [
        (
            each.name,
            f"{_short(each.value)} {each.unit}",
            _short(each.floor),
            f"{_short(each.ratio)} ×",
            each.goal,
            _mark(each),
        )
        for each in rows
    ]
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    said = []
    for line in (head, *lines):
        first, *rest = line
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        said.append("  ".join(cells).rstrip())
    return "\n".join(said)


def _mark(each: Row) -> str:
    return "met" if each.met else "MISSED"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def as_json(rows: Sequence[Row]) -> str:
    """Return the rows as machines read them."""
    return json.dumps([asdict(each) for each in rows], ensure_ascii=False, indent=1) + "\n"
