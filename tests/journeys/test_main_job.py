"""The main job once for real, for each kind: browser, portal, window, worker, mail server, and the thread again."""

import email
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from request_desk.domain.access import SYSTEM
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.ids import AppointmentId, RequestId
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.gateways.mail_catcher import CaughtMail
from request_desk.services.people import access
from request_desk.services.schedule import queries as schedule_queries
from request_desk.store import schema
from tests.builders import TODAY, wall
from tests.conftest import missing
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, Post, RunningDesk, portal, worker

pytestmark = pytest.mark.chromium

TOMORROW = TODAY + timedelta(days=1)
LATER = TODAY + timedelta(days=9)
PASSWORD = "violet harbor lantern sparrow"
TYPE = "Nebulizer check"
MESSAGE = "marmalade cough since sunday, either is fine thx"
ANSWER = "could zuri bring her spacer along?"
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def house_settings() -> dict[str, Any]:
    return {"grace": timedelta(seconds=2)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    place = shutil.which("chromium")
    if place is None:
        missing("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=_FLAGS)
        yield browser
        browser.close()


def sign_in_at_the_portal(page: Page, desk: RunningDesk, post: Post) -> None:
    """Ask for a code, wait for the mail that brings it, type it."""
    page.goto("/")
    page.get_by_label("Your e-mail address").fill("amara@example.org")
    page.get_by_role("button", name="Send me a code").click()
    desk.until(lambda: len(post.to("amara@example.org")) == 1, "the code has come by mail")
    code = re.search(r"\b\d{6}\b", post.to("amara@example.org")[0].body)
    assert code is not None
    page.get_by_label("Six digits from the e-mail").fill(code[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Visits and requests")).to_be_visible()


def ask_for(kind: RequestKind, page: Page) -> None:
    """Fill in the form of a kind, to its last page, and send it."""
    match kind:
        case RequestKind.SCHEDULE:
            page.get_by_role("link", name="Ask for a visit").click()
            page.get_by_role("link", name=TYPE).click()
        case RequestKind.RESCHEDULE:
            page.get_by_role("link", name="Move a visit").click()
        case RequestKind.CANCEL:
            page.get_by_role("link", name="Cancel a visit").click()
    if kind is not RequestKind.SCHEDULE and page.get_by_role("heading", name="Which visit?").is_visible():
        page.get_by_role("link", name=TYPE).click()
    if kind is RequestKind.CANCEL:
        page.get_by_label("Would you tell us why?").fill(MESSAGE)
        page.get_by_role("button", name="Ask us to cancel").click()
    else:
        day = page.get_by_role("group", name="Wednesday, November 25")
        day.get_by_label("11:20 AM").check()
        page.get_by_role("button", name="Continue").last.click()
        page.get_by_label("Anything we should know?").fill(MESSAGE)
        page.get_by_role("button", name="Send to the practice").click()
    expect(page.get_by_text("Sent.")).to_be_visible()


def sign_in_at_the_desk(desk: RunningDesk) -> None:
    """Type name and password into the window."""
    desk.sit_down()
    desk.type("maria")
    desk.press("Tab")
    desk.type(PASSWORD)
    desk.press("Return")
    desk.until(lambda: desk.is_furnished and not desk.shell.cover.isVisible(), "the pages are there")
    desk.until(lambda: desk.center.list_stack.pane.sentence() == "Nothing is waiting for you.", "the list is empty")


def handle(kind: RequestKind, desk: RunningDesk, request: RequestId) -> None:
    """Three keys at most, from the request that has just appeared."""
    desk.until(lambda: desk.is_open(request), "it is open")
    if kind is RequestKind.CANCEL:
        desk.cancel()
    else:
        desk.choose(1)
    desk.send()
    desk.until(lambda: request not in desk.rows() and not desk.is_open(), "it is done")
    desk.settle()


def says_nothing_of_health(mail: CaughtMail, letter: str) -> None:
    """Neither the type of appointment, nor what was written, nor a sentence of the answer (NT1, NOTE)."""
    message = email.message_from_bytes(mail.path.read_bytes())
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    told = "\n".join((mail.subject, mail.body, *(bytes(part).decode() for part in parts)))
    assert TYPE not in told
    assert "Nebulizer" not in told
    assert "marmalade" not in told
    assert "Okafor" not in told
    sentences = [part.strip() for part in re.split(r"[.!?\n]", letter) if len(part.split()) > 3]
    assert sentences
    for sentence in sentences:
        assert sentence not in told


def is_right_on_the_schedule(kind: RequestKind, house: House, appointment: AppointmentId | None) -> None:
    """The database has what the window promised, and the act is of one piece."""
    confirmed = house.rows(
        schema.appointment.c.id, schema.appointment.c.starts_at, schema.appointment.c.replaces_id, status="confirmed"
    )
    if appointment is not None:
        before = house.ask(house.practice.admin, schedule_queries.appointment, appointment)
        assert before.status is AppointmentStatus.CANCELLED
    if kind is RequestKind.CANCEL:
        assert confirmed == []
        return
    (booked,) = confirmed
    assert booked.starts_at == wall(TOMORROW, "11:20")
    assert booked.replaces_id == appointment


@pytest.mark.parametrize("kind", list(RequestKind), ids=str)
def test_a_parents_request_becomes_a_changed_schedule_an_answer_and_a_notice(
    kind: RequestKind, browser: Browser, house: House, open_desk: OpenDesk
) -> None:  # MC1, MC2, ACT3, ACT4, RE5, NT1, PP1, PP2, RE4
    practice = house.practice
    with house.allowed():
        appointment_type = practice.a_type(TYPE, 40)
        house.do(SYSTEM, access.set_password, practice.maria.staff_id, PASSWORD)
        appointment = (
            practice.an_appointment(practice.zuri, practice.lindqvist, LATER, "8:30", kind=appointment_type)
            if kind is not RequestKind.SCHEDULE
            else None
        )
    desk = open_desk(signed_in=False)
    sign_in_at_the_desk(desk)
    with (
        worker(house) as post,
        portal(house) as address,
        browser.new_context(base_url=address, java_script_enabled=False) as context,
    ):
        page = context.new_page()
        sign_in_at_the_portal(page, desk, post)
        ask_for(kind, page)
        thread = page.url.partition("?")[0]

        desk.until(lambda: len(desk.rows()) == 1, "it appears in the window by itself")
        request = house.newest_request()
        assert desk.rows() == [request]
        desk.until(lambda: desk.center.filters.tabs.tabText(0).endswith(" 1"), "the tab counts it")
        handle(kind, desk, request)
        assert house.view(request).state is RequestState.COMPLETED
        is_right_on_the_schedule(kind, house, appointment)
        letter = house.view(request).thread[-1].body
        assert len(letter) > 40

        before = {"code", "acknowledgement"}
        desk.until(lambda: len(post.to("amara@example.org")) == len(before) + 1, "the notice has come by mail")
        for mail in post.to("amara@example.org"):
            says_nothing_of_health(mail, letter)
        # The other parent hears of the appointment, not of the letter.
        desk.until(lambda: len(post.to("chidi@example.org")) == 1, "and to the other parent")
        says_nothing_of_health(post.to("chidi@example.org")[0], letter)

        page.goto(thread)
        first_line = next(line for line in letter.splitlines() if len(line.split()) > 3)
        expect(page.get_by_text(first_line)).to_be_visible()
        page.get_by_label("Write to us about this").fill(ANSWER)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_text(ANSWER)).to_be_visible()

        desk.until(lambda: desk.rows() == [request], "it comes back to the window by itself")
        desk.until(lambda: desk.is_open(request), "it is open again")
        assert desk.center.message.text.text() == ANSWER
        assert house.view(request).state is RequestState.OPEN
        desk.until(lambda: desk.center.filters.tabs.tabText(0).endswith(" 1"), "the tab counts it again")
