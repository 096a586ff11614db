"""The page of a launch in a real browser: each state at 320 and 1280 px, light and dark, by keys alone and without scripts (PP3)."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from request_desk.domain.clock import FixedClock
from request_desk.services.desk import Desk
from request_desk.store.database import Database
from tests.builders import Practice
from tests.partners import Partner, sealing_desk
from tests.web.test_in_chromium import _looked_at, address, browser, opened

__all__ = ["address", "browser"]  # fixtures
pytestmark = pytest.mark.chromium


@pytest.fixture
def sqlite_desk(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Desk:
    """The portal's desk, with keys."""
    return sealing_desk(Database(sqlite_url), clock, tmp_path / "keys")


@pytest.fixture
def partner(sqlite_practice: Practice) -> Partner:
    return Partner(sqlite_practice)


def kept(page: Page, name: str) -> None:
    if folder := os.environ.get("DESK_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_in_any_state(
    browser: Browser,
    address: str,
    partner: Partner,
    scheme: Any,
    width: int,
) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    code = partner.code(partner.token(type="Well visit", location="Northside"))
    with opened(browser, address, scripts=True, width=width, color_scheme=scheme) as context:
        page = context.new_page()
        found = _looked_at(page, f"/launch/{code}", axe)
        kept(page, f"launch_ask_{width}_{scheme}")
        page.get_by_role("button", name="Go on").click()
        found += _looked_at(page, "/launch", axe)
        kept(page, f"launch_open_{width}_{scheme}")
        found += _looked_at(page, f"/launch/{code}", axe)
        kept(page, f"launch_over_{width}_{scheme}")
    assert found == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_launch_is_opened_by_keys_alone(
    browser: Browser,
    address: str,
    partner: Partner,
    scripts: bool,
) -> None:
    code = partner.code(partner.token(type="Well visit"))
    with opened(browser, address, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"/launch/{code}")
        for _stop in range(12):
            page.keyboard.press("Tab")
            if page.get_by_role("button", name="Go on").evaluate("each => each === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_text("Well visit")).to_be_visible()
        assert page.url == f"{address}/launch"
        assert all(each["httpOnly"] for each in context.cookies())
