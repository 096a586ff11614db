"""Runs the benchmarks one after the other: `python -m bench [--quick] [--json FILE] [--only NAME] [--cache DIR]`."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from bench import (
    acts,
    appointments,
    data,
    frames,
    inbox,
    live,
    loops,
    pages,
    provider_out,
    reminders,
    schedule,
    search,
    slots,
    start,
    webhooks,
)
from bench.measure import FULL, QUICK, Row, Scale, as_json, table

Bench = Callable[[Scale, Path], Iterable[Row]]

BENCHES: Final[Mapping[str, Bench]] = {
    "start": start.run,
    "inbox": inbox.run,
    "appointments": appointments.run,
    "search": search.run,
    "slots": slots.run,
    "provider-out": provider_out.run,
    "reminders": reminders.run,
    "act": acts.run,
    "members": acts.run_members,
    "live": live.run,
    "loop": loops.run,
    "frame": frames.run,
    "schedule": schedule.run,
    "pages": pages.run,
    "webhook": webhooks.run,
}


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 when a benchmark failed, 0 also when a goal is missed: other work on the machine decides that as well."""
    parser = argparse.ArgumentParser(prog="desk bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 requests and fewer rounds; about two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to FILE")
    parser.add_argument("--only", action="append", choices=sorted(BENCHES), help="run this one; may be repeated")
    parser.add_argument("--cache", type=Path, default=data.cache_folder(), help="where the large database is kept")
    asked = parser.parse_args(arguments)
    scale = QUICK if asked.quick else FULL
    asked.cache.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    failed: list[str] = []
    for name, bench in BENCHES.items():
        if asked.only and name not in asked.only:
            continue
        begun = time.perf_counter()
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        try:
            rows += bench(scale, asked.cache)
        except Exception:  # noqa: BLE001  # the others are still worth their figures
            traceback.print_exc()
            failed.append(name)
        print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    print(table(rows))
    if asked.json is not None:
        asked.json.write_text(as_json(rows), "utf-8")
    if failed:
        print("failed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
