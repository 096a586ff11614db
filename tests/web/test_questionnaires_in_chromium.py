"""Forms and documents in a real browser: with and without scripts, by keyboard, on a narrow phone, and axe on every state."""

import os
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from request_desk.domain.ids import AppointmentId
from request_desk.domain.questionnaires import Questionnaire
from tests.builders import TODAY, Practice
from tests.domain.test_attachments import PDF
from tests.services.form_parts import a_document, a_questionnaire, answer
from tests.web.test_in_chromium import _looked_at, _said_by_axe, address, browser, fits, opened, signed_in

__all__ = ["address", "browser"]  # the fixtures of the other file

pytestmark = pytest.mark.chromium
Given = tuple[AppointmentId, Questionnaire]


@pytest.fixture
def given_(sqlite_practice: Practice) -> Given:
    practice = sqlite_practice
    form = a_questionnaire(practice, (practice.well,))
    where = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=1), "9:00")
    a_document(practice, where, name="Plan de atención con un nombre muy largo que no cabe en una línea.pdf")
    return where, form


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("PORTAL_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("scripts", [False, True])
def test_a_parent_fills_in_a_form_and_downloads_a_document_on_a_phone(
    browser: Browser, address: str, sqlite_practice: Practice, given_: Given, *, scripts: bool
) -> None:
    with opened(browser, address, scripts=scripts, accept_downloads=True) as context:
        page = signed_in(context, address, sqlite_practice, sqlite_practice.amara)
        page.goto("/")
        page.get_by_role("link", name="Forms and documents").click()
        shot(page, "papers")
        with page.expect_download() as kept:
            page.get_by_role("link", name="Plan de atención").click()
        assert kept.value.path().read_bytes() == PDF
        page.get_by_role("link", name="Intake").click()
        page.get_by_label("1. Allergies?").fill("Nuts")
        page.get_by_role("group", name="2. Who looks after the child?").get_by_label("Mother").check()
        page.get_by_label("3. Last seen on?").fill("2026-01-05")
        page.get_by_label("5. Weight at birth in kg?").fill("three")
        shot(page, "form")
        page.get_by_role("button", name="Save and go on").click()
        expect(page.get_by_role("alert")).to_contain_text("This is not a number.")
        shot(page, "form-wrong")
        page.get_by_label("5. Weight at birth in kg?").fill("3,2")
        page.get_by_role("button", name="Save and go on").click()
        expect(page.get_by_text("Page 2 of 2 · 4 of 7 answered")).to_be_visible()
        page.get_by_role("button", name="Send to the practice").click()
        expect(page.get_by_text("Please answer this question.").first).to_be_visible()
        page.get_by_label("7. I agree to treatment.").fill("Amara Okafor")
        page.get_by_role("button", name="Send to the practice").click()
        expect(page.get_by_text("We have your form. Thank you.")).to_be_visible()
        page.get_by_role("link", name="Intake").click()
        expect(page.get_by_text("Signed: Amara Okafor")).to_be_visible()
        shot(page, "form-sent")


def test_enter_in_a_field_saves_and_never_sends(
    browser: Browser, address: str, sqlite_practice: Practice, given_: Given
) -> None:
    where, form = given_
    answer(sqlite_practice, sqlite_practice.amara, where, form, {1: "Mother"})
    with opened(browser, address) as context:
        page = signed_in(context, address, sqlite_practice, sqlite_practice.amara)
        page.goto(f"/appointments/{where}/forms/{form.id}?part=2")
        page.get_by_label("7. I agree to treatment.").focus()
        page.keyboard.type("Amara Okafor")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(page.get_by_role("button", name="Send to the practice")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, address: str, sqlite_practice: Practice, given_: Given, scheme: Any
) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    (where, form), practice = given_, sqlite_practice
    sent = a_questionnaire(practice, (practice.well,), name="Sent before")
    answer(practice, practice.amara, where, sent, {0: "x" * 300, 1: "Mother", 6: "كمال الزهراء"}, finish=True)
    over = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00")
    base = f"/appointments/{where}/forms"
    found: list[str] = []
    with opened(browser, address, scripts=True, color_scheme=scheme, reduced_motion="reduce") as context:
        page = signed_in(context, address, practice, practice.amara)
        for path in ("/", base, f"{base}?sent=1", f"{base}/{form.id}", f"{base}/{form.id}?part=2&saved=1", f"{base}/{sent.id}",
                     f"/appointments/{over}/forms", f"/appointments/{over}/forms/{form.id}"):  # fmt: skip
            found += _looked_at(page, path, axe)
            page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
            assert fits(page), path
        page.goto(f"{base}/{form.id}")
        page.get_by_label("5. Weight at birth in kg?").fill("three")
        page.get_by_role("button", name="Save and go on").click()
        found += [f"wrong: {line}" for line in _said_by_axe(page, axe)]
        shot(page, f"form-wrong-{scheme}")
    assert found == []


def test_pages_are_light(browser: Browser, address: str, sqlite_practice: Practice, given_: Given) -> None:
    with opened(browser, address, width=1280) as context:
        page = signed_in(context, address, sqlite_practice, sqlite_practice.amara)
        got = page.goto(f"/appointments/{given_[0]}/forms/{given_[1].id}")
        assert got is not None
        assert len(got.body()) < 50_000
        assert fits(page)
        shot(page, "form-wide")
