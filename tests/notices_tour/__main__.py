"""`python -m tests.notices_tour --out DIR`: every event over every channel; writes what arrived and notices.json."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from request_desk import app, config, paths
from request_desk.demo import processes
from request_desk.domain.announcements import AnnouncementKind
from request_desk.domain.events import OFFERED
from request_desk.gateways import catalogues
from request_desk.gateways.secrets import FileStore
from tests.notices_tour.proofs import Unproven
from tests.notices_tour.walk import STEPS, a_walk, keys_of

GRACE: Final = timedelta(seconds=1)
EVERYTHING: Final = frozenset(key for event in (*OFFERED, *AnnouncementKind) for key in keys_of(event))


def walked(out: Path, say: Callable[[str], object]) -> list[dict[str, Any]]:
    """Walk on a fresh demo practice of its own and return the rows; raises Unproven, TimeoutError where something did not arrive as it has to."""
    catalogues.install()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="notices-tour") as place:
        folder, libraries = Path(place) / "demo", Path(place) / "libraries"
        libraries.mkdir()
        home = app.prepare_demo(paths.private_folder(folder), fresh=True, ask=lambda _question: True, say=say)
        app.shorten_grace(home, GRACE)
        with processes.background(folder) as running:
            desk = app.open_desk(
                running.settings(config.Settings()),
                running.clock,
                FileStore(folder),
                partial(app.check_receiver, is_demo=True),
            )
            try:
                with a_walk(desk, running, out, libraries) as walk:
                    if walk.prover.lacking:
                        say(walk.prover.lacking)
                    for step in STEPS:
                        say((step.__doc__ or "").strip())
                        step(walk)
                    return [asdict(walk.told[key]) for key in sorted(walk.told)]
            finally:
                desk.close()


def main(arguments: list[str]) -> int:
    """Walk, write, and say what arrived; 1 where something did not."""
    parser = argparse.ArgumentParser(prog="desk tour --notices")
    parser.add_argument("--notices", action="store_true", help="(this tour)")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(arguments)
    try:
        rows = walked(asked.out, lambda sentence: print(sentence, file=sys.stderr, flush=True))
    except (Unproven, TimeoutError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    (asked.out / "notices.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False), "utf-8")
    for row in rows:
        sys.stdout.write(f"{row['event']:28} {row['channel']:8} {row['language']:3} {row['verified_by']}\n")
    sys.stdout.write(f"{len(rows)} of {len(EVERYTHING)} arrived and were verified.\n")
    return 0 if {(row["event"], row["channel"], row["language"]) for row in rows} == EVERYTHING else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
