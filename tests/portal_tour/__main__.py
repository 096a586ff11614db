"""`python -m tests.portal_tour --out DIR`: all ways through the patients' pages; writes pictures and portal.json."""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from request_desk.gateways import catalogues
from tests.portal_tour.scenes import SCENES
from tests.portal_tour.walk import LANGUAGES, WIDTHS, Walk, Way, a_walk, rows

EVERY_WAY: Final = tuple(Way(*each) for each in product(WIDTHS, (True, False), LANGUAGES))
HEAVIEST: Final = 50_000  # bytes that a page stays below, with its style sheet and scripts
_BROWSER: Final = "chromium"
_FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


def walked(ways: Iterable[Way], out: Path | None) -> list[Walk]:
    """Walk all scenes on each way; raises FileNotFoundError where there is no browser."""
    place = shutil.which(_BROWSER)
    if place is None:
        raise FileNotFoundError(_BROWSER)
    catalogues.install()
    found: list[Walk] = []
    with tempfile.TemporaryDirectory(prefix="portal-tour") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=list(_FLAGS))
        for way in ways:
            for scene in SCENES:
                with a_walk(way, browser, Path(folder), out) as walk:
                    scene(walk)
                    found.append(walk)
        browser.close()
    return found


def faults(row: dict[str, Any]) -> list[str]:
    """Return what is wrong with a page that was seen."""
    told = list(row["axe_violations"])
    if row["sticks_out"]:
        told.append("it sticks out of the window")
    if row["bytes"] >= HEAVIEST:
        told.append(f"it has {row['bytes']:,} bytes")
    return told


def main(arguments: list[str]) -> int:
    """Walk, write, and say what was found; 1 where axe found something, a page sticks out or is too heavy, 2 without a browser."""
    parser = argparse.ArgumentParser(prog="desk tour --portal")
    parser.add_argument("--portal", action="store_true", help="(this tour)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--no-pictures", action="store_true")
    asked = parser.parse_args(arguments)
    if shutil.which(_BROWSER) is None:
        sys.stderr.write("The patients' pages are walked in Chromium, which is missing: apt-get install chromium\n")
        return 2
    asked.out.mkdir(parents=True, exist_ok=True)
    found = rows(walked(EVERY_WAY, None if asked.no_pictures else asked.out))
    (asked.out / "portal.json").write_text(json.dumps(found, indent=1, ensure_ascii=False), "utf-8")
    wrong = [each for each in found if faults(each)]
    heaviest = max(each["bytes"] for each in found)
    states = len({(each["page"], each["state"]) for each in found})
    sys.stdout.write(
        f"{len(found)} looks at {states} states; {len(wrong)} with faults; the heaviest page has {heaviest:,} bytes.\n"
    )
    for each in wrong:
        sys.stdout.write(f"{each['page']} {each['state']} {each['width']}: {'; '.join(faults(each))}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
