"""The tour of the patients' pages as `./desk tour --portal` makes it, one way of it and without the pictures."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import Environment

from request_desk.web import pages
from tests.conftest import missing
from tests.portal_tour.__main__ import faults, walked
from tests.portal_tour.walk import Way, rows

ON_A_PHONE = Way(320, False, "en")
_LONGEST = 280  # seconds of one way on a busy machine
pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.timeout(_LONGEST)]

FULL_PAGES = {
    file.name
    for file in pages._TEMPLATES.glob("*.html")
    if file.read_text("utf-8").startswith('{% extends "base.html" %}')
}


class Told:
    """What a walk saw, and which templates its pages were made from."""

    def __init__(self, seen: list[dict[str, Any]], templates: set[str]) -> None:
        self.rows = seen
        self.templates = templates


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """One way through all scenes; the engine also notes which templates it is asked for."""
    if shutil.which("chromium") is None:
        missing("Chromium is missing: apt-get install chromium")
    used: set[str] = set()
    get_template = Environment.get_template

    def noting(self: Environment, name: Any, *rest: Any) -> Any:
        used.add(str(name))
        return get_template(self, name, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "get_template", noting)
        yield Told(rows(walked([ON_A_PHONE], None)), used)


def test_no_page_of_the_patients_has_a_fault(told: Told) -> None:
    assert {f"{row['page']} {row['state']}": faults(row) for row in told.rows if faults(row)} == {}


def test_a_page_that_nobody_shows_the_tour_is_told(told: Told) -> None:
    assert len(FULL_PAGES) >= 35
    assert told.templates >= FULL_PAGES, f"no scene shows {sorted(FULL_PAGES - told.templates)}"


def test_no_two_looks_have_the_same_name(told: Told) -> None:
    names = [(row["page"], row["state"]) for row in told.rows]
    assert len(set(names)) == len(names)
