"""The booking page in a real browser: without scripts on a phone, by keyboard alone, the countdown, axe on every page and state."""

import os
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from request_desk.domain.clock import FixedClock
from request_desk.store import schema
from tests.builders import Practice, wall
from tests.online import TOMORROW, Share
from tests.services.form_parts import a_questionnaire
from tests.web.conftest import mailed_code
from tests.web.test_in_chromium import _RULES, address, browser, fits, opened, signed_in

__all__ = ["address", "browser"]  # fixtures
pytestmark = pytest.mark.chromium
MINUTE = timedelta(minutes=1)


@pytest.fixture
def share(sqlite_practice: Practice) -> Share:
    found = Share(sqlite_practice)
    found.a_variant("Sick visit by video", sqlite_practice.sick, [sqlite_practice.lindqvist], description="At home.")
    return found


def hold(page: Page, share: Share, time: str = "9:20 AM") -> None:
    """Choose a time of tomorrow."""
    page.goto(f"{share.path}?go=day-{TOMORROW.isoformat()}")
    page.get_by_role("button", name=time, exact=False).first.click()


def type_code(page: Page, practice: Practice, email: str) -> None:
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six digits from the e-mail").fill(mailed_code(practice))
    page.get_by_role("button", name="Continue").click()


def tell_family(page: Page) -> None:
    patient = page.get_by_role("group", name="The patient")
    patient.get_by_label("Given name").fill("نور")
    patient.get_by_label("Family name").fill("حداد")
    patient.get_by_label("Date of birth").fill("2023-04-05")
    patient.get_by_label("Who are you?").select_option("father")
    contact = page.get_by_role("group", name="You", exact=True)
    contact.get_by_label("Given name").fill("Sami")
    contact.get_by_label("Family name").fill("Haddad")
    contact.get_by_label("Telephone").fill("206 555 0188")


@pytest.mark.parametrize("scripts", [False, True])
def test_a_new_family_books_on_a_phone(
    browser: Browser, address: str, share: Share, *, scripts: bool
) -> None:  # BK4, BK5
    with opened(browser, address, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"/book/{share.service_reference}")
        page.get_by_role("link", name="Well visit in person").click()
        page.get_by_role("button", name="Later").click()
        page.get_by_role("button", name="Earlier").click()
        hold(page, share)
        expect(page.get_by_text("Kept for you until 8:27 AM PST.")).to_be_visible()
        expect(page.locator("[data-left]")).to_be_visible(visible=scripts)
        type_code(page, share.practice, "sami@example.org")
        tell_family(page)
        page.get_by_role("button", name="Book this visit").last.click()
        expect(page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
        page.go_back()
        page.goto("/booking")
        expect(page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
        with page.expect_download() as file:
            page.get_by_role("link", name="Add to my calendar").click()
        assert file.value.suggested_filename == "visit.ics"
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1


def test_a_mother_books_with_the_keyboard_alone(browser: Browser, address: str, share: Share) -> None:  # WCAG 2.1.1
    with opened(browser, address, width=1280) as context:
        page = signed_in(context, address, share.practice, share.practice.amara)
        page.goto(f"{share.path}?go=day-{TOMORROW.isoformat()}")

        def reach(name: str) -> None:
            for _step in range(120):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.textContent").strip().startswith(name):
                    page.keyboard.press("Enter")
                    return
            raise AssertionError(name)

        reach("9:20 AM")
        expect(page.get_by_role("heading", name="Book this visit?")).to_be_visible()
        reach("Book this visit")
        expect(page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1


def test_the_countdown_says_when_the_time_is_over(
    browser: Browser, address: str, share: Share, clock: FixedClock
) -> None:  # BK5
    with opened(browser, address, scripts=True) as context:
        page = context.new_page()
        page.clock.install()
        hold(page, share)
        expect(page.locator("[data-left]")).to_have_text("15:00")
        page.clock.run_for(10 * 60_000)
        expect(page.get_by_role("status")).to_have_text("Five minutes are left.")
        page.get_by_label("Your e-mail address").fill("amara@example.org")
        page.clock.run_for(5 * 60_000)
        expect(page.get_by_role("status")).to_contain_text("This time is not kept any more.")
        expect(page.get_by_label("Your e-mail address")).to_have_value("amara@example.org")  # nothing typed is lost
        clock.advance(16 * MINUTE)
        page.reload()
        expect(page.get_by_role("heading", name="Your time ran out, but it is still free")).to_be_visible()


def test_of_two_browsers_the_second_hears_it_kindly(browser: Browser, address: str, share: Share) -> None:
    with opened(browser, address) as one, opened(browser, address) as two:
        pages = [each.new_page() for each in (one, two)]
        for page in pages:
            page.goto(f"{share.path}?go=day-{TOMORROW.isoformat()}")
        for page in pages:
            page.get_by_role("button", name="9:20 AM").click()
        expect(pages[0].get_by_text("Kept for you until")).to_be_visible()
        expect(pages[1].get_by_role("alert")).to_contain_text("is not free any more")


def test_a_double_click_books_once(browser: Browser, address: str, share: Share) -> None:  # WEB-12
    with opened(browser, address) as context:
        page = signed_in(context, address, share.practice, share.practice.amara)
        page.goto(f"{share.path}?go=day-{TOMORROW.isoformat()}")
        page.get_by_role("button", name="9:20 AM").dblclick()
        page.wait_for_url("**/booking")
        page.get_by_role("button", name="Book this visit").dblclick()
        page.wait_for_url("**/booked/*")
        expect(page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
    assert share.booked_at(wall(TOMORROW, "9:20")) == 1


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")])
def test_axe_finds_nothing_on_any_page_and_state(
    browser: Browser, address: str, share: Share, clock: FixedClock, width: int, scheme: Any
) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    practice = share.practice
    found: list[tuple[str, str, list[str]]] = []
    folder = os.environ.get("DESK_BOOKING_SHOTS", "")

    def look(page: Page, name: str) -> None:
        page.evaluate(axe)
        broken = page.evaluate("tags => axe.run({runOnly: tags})", _RULES)["violations"]
        found.extend((name, each["id"], [node["html"] for node in each["nodes"]]) for each in broken)
        if not fits(page):
            found.append((name, "sticks out", []))
        if folder:
            page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)

    a_questionnaire(practice, (practice.well,))
    sister = practice.a_patient("Ada Mariam Wolfeschlegelsteinhausenbergerdorff", "Okafor", date(2015, 1, 1))
    practice.insert(schema.contact_patient, contact_id=practice.amara.id, patient_id=sister, relation="mother")
    share.change(schema.appointment_type, practice.well, max_age_months=72)
    with opened(browser, address, width=width, scripts=True, color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"/book/{share.service_reference}")
        look(page, "1-variants")
        page.goto(share.path)
        look(page, "2-times")
        page.goto(f"{share.path}?go=day-{TOMORROW.isoformat()}")
        look(page, "3-one-day")
        page.get_by_role("button", name="9:20 AM").click()
        look(page, "4-email")
        page.get_by_role("button", name="Send me a code").click()
        look(page, "5-email-wrong")
        page.get_by_label("Your e-mail address").fill("sami@example.org")
        page.get_by_role("button", name="Send me a code").click()
        look(page, "6-code")
        page.get_by_label("Six digits from the e-mail").fill(mailed_code(practice))
        page.get_by_role("button", name="Continue").click()
        look(page, "7-new-family")
        page.get_by_role("button", name="Book this visit").last.click()
        look(page, "8-new-family-wrong")
        clock.advance(16 * MINUTE)
        share.hold("9:20", secret="other", client="elsewhere")
        tell_family(page)
        page.get_by_role("button", name="Book this visit").last.click()
        look(page, "9-new-family-taken")
        page.goto("/booking")
        page.goto(share.path)
        page.goto("/no-such-page")
        look(page, "10-none")
    with opened(browser, address, width=width, scripts=True, color_scheme=scheme, bypass_csp=True) as context:
        page = signed_in(context, address, practice, practice.amara)
        hold(page, share, "10:00 AM")
        look(page, "11-who")
        page.get_by_role("link", name="Ada").click()
        look(page, "12-too-old")
        page.goto(f"/booking?child={practice.zuri}")
        look(page, "13-check")
        clock.advance(16 * MINUTE)
        page.goto("/booking")
        look(page, "14-over")
        share.hold("10:00", secret="again", client="elsewhere")
        page.goto("/booking")
        look(page, "15-over-taken")
        page.get_by_role("button", name="10:40 AM").click()
        page.goto(f"/booking?child={practice.zuri}")
        page.get_by_role("button", name="Book this visit").click()
        look(page, "16-booked")
        share.settings(self_booking=False)
        page.goto(share.path)
        look(page, "17-off")
    assert found == []


def test_text_at_four_times_its_size_still_fits(browser: Browser, address: str, share: Share) -> None:  # WCAG 1.4.10
    with opened(browser, address, width=320) as context:
        page = context.new_page()
        page.goto(share.path)
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert fits(page)
        hold(page, share)
        expect(page.get_by_text("Kept for you until")).to_be_visible()
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert fits(page)
