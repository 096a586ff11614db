"""The page of one appointment in a real browser: with and without scripts, keyboard alone, axe on every page and state."""

import os
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.ids import AppointmentId
from tests.builders import TODAY, Practice, wall
from tests.services.test_family_acts import change_type
from tests.services.test_manage_links import IN_A_WEEK, minted
from tests.web.conftest import mailed_code, token_for
from tests.web.test_in_chromium import _looked_at, address, browser, fits, opened
from tests.web.test_manage import booked, status
from tests.web.test_meetings import with_server

__all__ = ["address", "browser"]  # fixtures

pytestmark = pytest.mark.chromium

DAY = timedelta(days=1)
PICTURES = os.environ.get("REQUEST_DESK_PICTURES", "")  # a folder, to look at what was tested


@pytest.fixture
def visit(sqlite_practice: Practice) -> AppointmentId:
    return sqlite_practice.an_appointment(sqlite_practice.zuri, sqlite_practice.lindqvist, IN_A_WEEK, "9:20")


def link(practice: Practice, visit: AppointmentId, **values: Any) -> str:
    return f"/m/{minted(practice, visit, practice.amara, channel=Channel.EMAIL, **values)}"


@pytest.mark.parametrize("scripts", [False, True])
def test_a_parent_moves_and_then_cancels_on_a_phone(
    browser: Browser, address: str, sqlite_practice: Practice, visit: AppointmentId, scripts: bool
) -> None:  # ML3, ML4
    with opened(browser, address, scripts=scripts) as context:
        page = context.new_page()
        page.goto(link(sqlite_practice, visit))
        expect(page.get_by_role("heading", name="Your visit")).to_be_visible()
        page.get_by_role("link", name="Move to another time").click()
        page.get_by_role("link", name="With Dr. Lindqvist").click()
        page.get_by_role("link", name="Later").click()
        page.get_by_role("group", name="Wednesday, December 2").get_by_role("link", name="8:00 AM").click()
        expect(page.get_by_role("heading", name="Move to this time?")).to_be_visible()
        page.get_by_role("button", name="Yes, move it").click()
        expect(page.get_by_role("status")).to_contain_text("Moved.")
        (new,) = booked(sqlite_practice)
        assert new.starts_at == wall(IN_A_WEEK + DAY, "8:00")
        page.get_by_role("link", name="Cancel this visit").click()
        expect(page.get_by_text("This cannot be undone.")).to_be_visible()
        page.get_by_role("button", name="Yes, cancel this visit").click()
        expect(page.get_by_role("status")).to_contain_text("Cancelled.")
        assert booked(sqlite_practice) == []
        page.go_back()  # nothing is kept, so the question is not asked twice
        expect(page.get_by_text("This visit was cancelled.")).to_be_visible()


@pytest.mark.parametrize("scripts", [False, True])
def test_a_code_opens_it_in_the_browser(
    browser: Browser, address: str, sqlite_practice: Practice, visit: AppointmentId, scripts: bool
) -> None:  # ML5
    change_type(sqlite_practice, verification="code")
    with opened(browser, address, scripts=scripts) as context:
        page = context.new_page()
        page.goto(link(sqlite_practice, visit))
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_label("Six digits from the e-mail").fill(mailed_code(sqlite_practice))
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("link", name="Cancel this visit")).to_be_visible()


def walk_to(page: Page, name: str) -> None:
    """Press Tab until the element with this text has the focus."""
    for _each in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().startswith(name):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def test_with_the_keyboard_alone(
    browser: Browser, address: str, sqlite_practice: Practice, visit: AppointmentId
) -> None:
    change_type(sqlite_practice, verification="birth_day")
    with opened(browser, address) as context:
        page = context.new_page()
        page.goto(link(sqlite_practice, visit))
        for _each in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "month":
                break
        for part in ("3", "12", "2022"):
            page.keyboard.type(part)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Move to another time")).to_be_visible()
        walk_to(page, "Move to another time")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Choose another time")).to_be_visible()
        walk_to(page, "8:00 AM")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Move to this time?")).to_be_visible()
        walk_to(page, "Yes, move it")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Moved.")
        assert status(sqlite_practice, visit) == "cancelled"


def _states(practice: Practice, visit: AppointmentId, clock: FixedClock) -> list[tuple[str, str]]:
    """Every page and state worth a look, by name; types differ, so each has one of its own."""
    of_kind = {
        kind: practice.an_appointment(
            practice.zuri,
            practice.mwangi,
            IN_A_WEEK,
            time,
            place=practice.harbor,
            minutes=20,
            kind=practice.a_type(f"{kind} check", 20, verification=kind),
        )
        for kind, time in (("birth_day", "11:00"), ("code", "12:00"))
    }
    late = practice.a_type("Late check", 20, reschedule_notice_minutes=30 * 1440, cancel_notice_minutes=30 * 1440)
    blocked = practice.an_appointment(practice.zuri, practice.mwangi, IN_A_WEEK, "14:00", minutes=20, kind=late)
    same = practice.a_type("Follow-up", 20, rebooking_mode="same_provider")
    stays = practice.an_appointment(practice.zuri, practice.lindqvist, IN_A_WEEK, "15:00", minutes=20, kind=same)
    gone = practice.an_appointment(
        practice.zuri, practice.lindqvist, IN_A_WEEK, "16:00", status="cancelled", cancel_code="pat",
        released_at=clock.now() - DAY,
    )  # fmt: skip
    soon = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "11:00", minutes=20, kind=practice.sick)
    video = with_server(practice)
    waits = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:20", minutes=20, kind=video)
    base, name = link(practice, visit), link(practice, of_kind["birth_day"])
    return [
        ("dashboard", base),
        ("moved", f"{base}?done=moved"),
        ("times", f"{base}/move"),
        ("times-same", f"{base}/move?with=same&from=2026-11-30"),
        ("times-day", f"{base}/move?go=day-2026-11-30"),
        ("times-none", f"{base}/move?go=day-2026-11-28"),
        ("times-taken", f"{base}/move?at=t1c00000-1-1"),
        ("cancel", f"{base}/cancel"),
        ("cancel-late", f"{link(practice, soon)}/cancel"),
        ("birth-day", name),
        ("code-asked", link(practice, of_kind["code"])),
        ("code", f"{link(practice, of_kind['code'])}/code/6ad9ac54-fbc9-4a3f-a20f-7d0b3b3c5a10"),
        ("blocked", link(practice, blocked)),
        ("blocked-copied", f"/m/{minted(practice, blocked)}"),
        ("ask-move", f"{link(practice, blocked)}/ask/move"),
        ("ask-cancel", f"{link(practice, blocked)}/ask/cancel"),
        ("stays", f"{link(practice, stays)}/move"),
        ("cancelled", link(practice, gone)),
        ("video", link(practice, waits)),
        ("lobby", f"{link(practice, waits)}/join"),
        ("no-link", "/m/nothing"),
        ("account", f"/appointments/{visit}"),
        ("account-times", f"/appointments/{visit}/move"),
        ("home", "/"),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser,
    address: str,
    sqlite_practice: Practice,
    visit: AppointmentId,
    clock: FixedClock,
    scheme: Any,
    language: str,
) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    found: list[str] = []
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    with opened(browser, address, scripts=True, **options) as context:
        session = token_for(sqlite_practice, sqlite_practice.amara)
        cookies = {"session": session, "language": language}
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        for name, path in _states(sqlite_practice, visit, clock):
            found += _looked_at(page, path, axe)
            assert len(page.content().encode()) < 50_000
            _keep(page, f"{name}-{language}-{scheme}")
        base = link(sqlite_practice, visit)
        page.goto(f"{base}/move?from=2026-11-30")
        page.locator(".chip").first.click()
        found += _axe(page, axe)
        _keep(page, f"confirm-{language}-{scheme}")
    assert found == []


def _axe(page: Page, axe: str) -> list[str]:
    return _looked_at(page, page.url, axe)


def _keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_a_wrong_date_of_birth_is_told_beside_its_fields(
    browser: Browser, address: str, sqlite_practice: Practice, visit: AppointmentId
) -> None:
    change_type(sqlite_practice, verification="birth_day")
    with opened(browser, address, scripts=True) as context:
        page = context.new_page()
        page.goto(link(sqlite_practice, visit))
        for label, value in (("Month", "3"), ("Day", "13"), ("Year", "2022")):
            page.get_by_label(label).fill(value)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("This is not the date of birth that we have.")).to_be_visible()
        assert fits(page)
        assert page.title().startswith("Error: ")
        _keep(page, "birth-day-wrong")
