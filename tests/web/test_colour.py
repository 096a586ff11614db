"""The practice's colour on the patients' pages: the bar and the main buttons, by a style sheet of our own, and only the one that is set."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from request_desk.domain.clock import FixedClock
from request_desk.services.desk import Desk
from tests.builders import Practice
from tests.online import Share
from tests.web.conftest import Visitor, portal
from tests.web.test_in_chromium import address, browser, opened

__all__ = ["address", "browser"]  # fixtures
SHEET = "/assets/colour-1f6f8b.css"


@pytest.fixture
def share(sqlite_practice: Practice) -> Share:
    return Share(sqlite_practice, colour="#1f6f8b")


@pytest.mark.parametrize("path", ["/sign-in", "/no-such-page"])
def test_every_page_has_the_colour_of_the_setting(
    share: Share, sqlite_desk: Desk, clock: FixedClock, path: str
) -> None:
    visitor = Visitor(portal(sqlite_desk, clock))
    visitor.open("/sign-in")
    page = visitor.open(path)
    assert f'<link rel="stylesheet" href="{SHEET}">' in page.html
    assert "style-src 'self'" in page.headers["content-security-policy"]
    share.settings(colour="")
    visitor.open("/sign-in")
    assert "colour-" not in visitor.open(path).html


def test_only_the_colour_that_is_set_has_a_sheet(share: Share, sqlite_desk: Desk, clock: FixedClock) -> None:
    client = Visitor(portal(sqlite_desk, clock)).client
    answer = client.get(SHEET)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "#1f6f8b" in answer.text
    assert "set-cookie" not in answer.headers
    for other in ("colour-1f6f8c.css", "colour-1F6F8B.css", "colour-.css", "colour-red.css", "colour-1f6f8b}x{.css"):
        assert client.get(f"/assets/{other}").status_code == 404
    share.settings(colour="#5b2a86")
    assert client.get("/assets/colour-5b2a86.css").status_code == 200  # set in another process
    assert client.get(SHEET).status_code == 404
    share.settings(colour="")
    assert client.get("/assets/colour-.css").status_code == 404


@pytest.mark.chromium
@pytest.mark.parametrize(("scheme", "has_it"), [("light", True), ("dark", False)])
def test_the_bar_and_the_main_button_have_it_by_day(
    browser: Browser, address: str, share: Share, scheme: Any, has_it: bool
) -> None:
    with opened(browser, address, scripts=True, color_scheme=scheme) as context:
        page = context.new_page()
        for path, places in (("/sign-in", (".bar", "button.main")), ("/no-such-page", (".bar",))):
            page.goto(path)
            for place in places:
                shown = page.locator(place).first.evaluate("each => getComputedStyle(each).backgroundColor")
                assert (shown == "rgb(31, 111, 139)") is has_it, (path, place, shown)
        page.goto("/sign-in")
        page.locator("button.main").hover()
        hovered = page.locator("button.main").evaluate("each => getComputedStyle(each).backgroundColor")
        assert (hovered == "rgb(25, 92, 115)") is has_it
