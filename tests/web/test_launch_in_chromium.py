"""The page of a launch in a real browser: each state at 320 and 1280 px, light and dark, by keys alone and without scripts (PP3)."""

import os
import re
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
        kept(page, f"launch_times_{width}_{scheme}")
        page.locator("button.chip").first.click()
        found += _looked_at(page, "/booking", axe)
        kept(page, f"launch_check_{width}_{scheme}")
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
        expect(page.get_by_role("heading", name="Choose a time")).to_be_visible()
        assert page.url.startswith(f"{address}/launch/times/")
        assert all(each["httpOnly"] for each in context.cookies())


@pytest.mark.parametrize("scripts", [True, False])
def test_from_a_minted_token_to_the_booked_visit(
    browser: Browser, address: str, partner: Partner, scripts: bool
) -> None:  # PP3
    code = partner.code(partner.token())
    with opened(browser, address, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"/launch/{code}")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("link", name="Well visit").click()
        expect(page.get_by_text("Zuri")).to_be_visible()
        page.locator("button.chip").first.click()
        expect(page.get_by_role("heading", name="Book this visit?")).to_be_visible()
        expect(page.locator("[data-left]")).to_be_visible(visible=scripts)
        page.get_by_role("button", name="Choose another time").click()
        expect(page.get_by_role("heading", name="Choose a time")).to_be_visible()
        page.locator("button.chip").nth(2).click()
        page.get_by_role("button", name="Book this visit").dblclick()
        expect(page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
        page.get_by_role("button", name="Move or cancel it").click()
        expect(page).to_have_url(re.compile("/m/"))
        page.goto("/launch")
        expect(page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
