"""The pages in a real browser: the main job without scripts at 320 px, keyboard alone, and axe on every page."""

import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Event, Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from request_desk import config
from request_desk.domain.access import Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Control, Flow
from request_desk.domain.requests import Wish, WishKind
from request_desk.services.desk import Desk
from request_desk.services.schedule import meetings
from request_desk.web import server
from tests.builders import TODAY, Practice, wall
from tests.conftest import missing
from tests.services.test_family_acts import change_settings
from tests.web.conftest import UNHURRIED, mailed_code, token_for
from tests.web.test_home_and_threads import link, reply
from tests.web.test_meetings import with_server

pytestmark = pytest.mark.chromium

DAY = timedelta(days=1)
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
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    place = shutil.which("chromium")
    if place is None:
        missing("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock) -> Iterator[str]:
    """A portal that listens on this machine."""
    ready, stop, ports = Event(), Event(), list[int]()

    def heard(port: int) -> None:
        ports.append(port)
        ready.set()

    app = server.build(sqlite_desk, config.Settings(portal=config.PortalConfig(port=0)), clock, rates=UNHURRIED)
    thread = Thread(target=server.serve, args=(app, "127.0.0.1", 0, heard), kwargs={"stop": stop})
    thread.start()
    assert ready.wait(20)
    yield f"http://127.0.0.1:{ports[0]}"
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def family(sqlite_practice: Practice) -> Actor:
    """A mother of three: a long name, an Arabic one, one for whom she may not book."""
    practice = sqlite_practice
    long = practice.a_patient("Maximiliana-Theodora", "Wolfeschlegelsteinhausenbergerdorff", date(2015, 6, 1))
    kamal = practice.a_patient("كمال", "الزهراء", date(2019, 1, 15))
    rights: dict[Any, dict[str, Any]] = {practice.zuri: {"relation": "mother"}, kamal: {"relation": "mother"}}
    mother = practice.a_contact(
        "Ify", "Okafor", "ify@example.org", rights | {long: {"relation": "aunt", "may_book": False}}
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + 9 * DAY, "8:30")
    practice.an_appointment(kamal, practice.mwangi, TODAY, "15:20", place=practice.harbor)
    practice.an_appointment(long, practice.lindqvist, TODAY - 30 * DAY, "9:00", status="completed")
    return mother


def opened(
    browser: Browser, address: str, *, width: int = 320, scripts: bool = False, **options: Any
) -> BrowserContext:
    return browser.new_context(
        base_url=address, viewport={"width": width, "height": 640}, java_script_enabled=scripts, **options
    )


def signed_in(context: BrowserContext, address: str, practice: Practice, who: Actor) -> Page:
    context.add_cookies([{"name": "session", "value": token_for(practice, who), "url": address}])
    return context.new_page()


def fits(page: Page) -> bool:
    """Whether nothing of the page sticks out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_parent_asks_for_an_appointment_on_a_phone_without_scripts(
    browser: Browser, address: str, sqlite_practice: Practice, sqlite_desk: Desk, clock: FixedClock
) -> None:  # PP1, PP2
    with opened(browser, address) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_label("Your e-mail address").fill("amara@example.org")
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_label("Six digits from the e-mail").fill(mailed_code(sqlite_practice))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Visits and requests")).to_be_visible()
        page.get_by_role("link", name="Ask for a visit").click()
        page.get_by_role("link", name="Well visit").click()
        page.get_by_label("With").select_option("Dr. Lindqvist")
        page.get_by_role("button", name="Show these times").click()
        page.get_by_role("group", name="Wednesday, November 25").get_by_label("11:20 AM").check()
        page.get_by_text("Name another day").click()
        page.get_by_label("Day", exact=True).fill("2026-11-28")
        page.get_by_role("button", name="Add this day").click()
        page.get_by_role("button", name="Later").click()
        page.get_by_role("button", name="Continue").last.click()
        expect(page.get_by_text("Sat, Nov 28, morning")).to_be_visible()
        page.get_by_label("Wed, Nov 25, 11:20 AM PST").check()
        page.get_by_label("Anything we should know?").fill("picture day on thursday, thx!\nAmara")
        page.get_by_role("button", name="Send to the practice").click()
        expect(page.get_by_text("Sent.")).to_be_visible()
        expect(page.get_by_text("picture day on thursday, thx!")).to_be_visible()
        assert "/requests/" in page.url
        thread = page.url.partition("?")[0]
        page.go_back()
        expect(page.get_by_text("What happens next")).to_be_visible()
        request = sqlite_desk.query(sqlite_practice.maria, _newest)
        reply(sqlite_practice, request, "Hi Amara, your wish is with Dr. Lindqvist’s desk.")
        clock.advance(timedelta(minutes=1))
        page.goto(thread)
        expect(page.get_by_text("your wish is with")).to_be_visible()
        page.get_by_label("Write to us about this").fill("Great, thank you!!")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_text("Great, thank you!!")).to_be_visible()


def _newest(unit: Any) -> Any:
    from sqlalchemy import func, select

    from request_desk.store import schema

    return unit.first(select(func.max(schema.request.c.id)))[0]


def test_an_appointment_is_cancelled_with_the_keyboard_alone(
    browser: Browser, address: str, sqlite_practice: Practice, family: Actor
) -> None:
    change_settings(sqlite_practice, controls_off={Flow.ACCOUNT: frozenset({Control.CANCEL})})  # it is asked for then
    with opened(browser, address) as context:
        page = signed_in(context, address, sqlite_practice, family)
        page.goto("/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent").startswith("Cancel Well visit, Tue"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Ask us to cancel this visit?")).to_be_visible()
        page.get_by_label("Would you tell us why?").focus()
        page.keyboard.type("fever")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Sent.")).to_be_visible()


def test_the_policy_lets_no_script_run(
    browser: Browser, address: str, sqlite_practice: Practice
) -> None:  # WEB-02, WEB-09
    request = sqlite_practice.a_request(
        message="<script>document.title='run'</script><img src=x onerror=document.title='run'>"
    )
    with opened(browser, address, scripts=True) as context:
        page = signed_in(context, address, sqlite_practice, sqlite_practice.amara)
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(link(sqlite_practice, request))
        expect(page.get_by_text("<script>document.title")).to_be_visible()
        assert "run" not in page.title()
        assert refused == []
        page.evaluate(
            "const made = document.createElement('script'); made.text = 'document.title = 1'; document.body.append(made)"
        )
        assert page.title().startswith("Well visit")
        assert any("Content Security Policy" in line for line in refused)


@pytest.fixture
def meeting_server() -> Iterator[str]:
    """A meeting server at an origin of its own: it says which room somebody came to."""

    class Rooms(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>Room</title><h1>Welcome</h1>")

        def log_message(self, *_parts: object) -> None:
            """Say nothing."""

    rooms = ThreadingHTTPServer(("127.0.0.1", 0), Rooms)
    thread = Thread(target=rooms.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{rooms.server_port}"
    rooms.shutdown()
    rooms.server_close()
    thread.join(20)


@pytest.mark.parametrize("scripts", [False, True])
def test_a_family_that_was_let_in_comes_to_the_room_until_the_meeting_closes(
    browser: Browser, address: str, meeting_server: str, sqlite_practice: Practice, clock: FixedClock, scripts: bool
) -> None:  # LINK-17, VM2
    practice = sqlite_practice
    visit = practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "9:20", kind=with_server(practice, meeting_server), minutes=20
    )
    doctor = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    clock.advance(wall(TODAY, "9:10") - clock.now())
    with opened(browser, address, scripts=scripts) as context:
        page = signed_in(context, address, practice, practice.amara)
        page.goto(f"/visits/{visit}")
        page.get_by_role("button", name="I am here").click()
        expect(page.get_by_text("You are in the lobby")).to_be_visible()
        room = practice.desk.perform(doctor, meetings.let_in, visit, expect_version=2).value
        for moment in ("9:10", "10:40"):  # both edges
            clock.advance(wall(TODAY, moment) - clock.now())
            page = signed_in(context, address, practice, practice.amara)  # she was away for too long
            page.goto(f"/visits/{visit}")
            assert meeting_server not in page.content()
            page.get_by_role("button", name="Join the video visit").click()
            expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
            assert page.url == room
        page.goto(f"/visits/{visit}")
        clock.advance(timedelta(seconds=1))
        page.get_by_role("button", name="Join the video visit").click()
        expect(page.get_by_text("The meeting closed at 10:40 AM.")).to_be_visible()
        assert page.url == f"{address}/visits/{visit}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, address: str, sqlite_practice: Practice, family: Actor, clock: FixedClock, scheme: Any
) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    found: list[str] = []
    with opened(browser, address, scripts=True, color_scheme=scheme, reduced_motion="reduce") as context:
        page = context.new_page()
        for path in ("/sign-in", "/sign-in/6ad9ac54-fbc9-4a3f-a20f-7d0b3b3c5a10", "/nothing"):
            found += _looked_at(page, path, axe)
        page = signed_in(context, address, sqlite_practice, family)
        for path in _pages(sqlite_practice, family, clock):
            found += _looked_at(page, path, axe)
        assert any("image-alt" in line for line in _planted(page, axe))  # it does look
    assert found == []


def _planted(page: Page, axe: str) -> list[str]:
    """What axe says of a page with a fault planted by us."""
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    return _said_by_axe(page, axe)


def _pages(practice: Practice, family: Actor, clock: FixedClock) -> list[str]:
    """Every page and state worth a look, for a family with everything."""
    asked = practice.a_request(by=family, wishes=[practice.wish(TODAY + DAY, "9:20"), Wish(2, WishKind.NEXT)])
    answered = practice.a_request(by=family, message="نحتاج موعداً في أقرب وقت")
    reply(practice, answered, "We have booked it. " + "A long word: " + "x" * 300)
    late = practice.a_request(by=family)
    clock.advance(timedelta(hours=2))
    waits = practice.a_request(by=family)
    when = f"/ask/schedule?child={practice.zuri}&type={practice.well}"
    return [
        "/",
        *(f"/visits/{visit}" for visit in _meetings(practice)),
        "/ask/schedule",
        f"/ask/schedule?child={practice.zuri}",
        when,
        f"{when}&go=continue",
        f"{when}&go=day-2026-11-25",
        f"{when}&on=nonsense&part=morning&go=add",
        f"/ask/schedule?child={practice.zuri}&type=any",
        f"{when}&w1=d2026-11-28-morning&w2=next&go=continue",
        "/ask/cancel",
        "/ask/reschedule",
        *(link(practice, request) for request in (asked, answered, late, waits)),
        f"{link(practice, asked)}?sent=1",
    ]


def _meetings(practice: Practice) -> list[int]:
    """Video visits in each of their states: too early, to be told of, in the lobby, let in, closed."""
    video = with_server(practice)
    doctor = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    now = practice.desk.clock.now()
    here: dict[str, Any] = {"arrived_at": now}
    visits = [
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, time, kind=video, minutes=20, **values)
        for time, values in (("16:00", {}), ("10:00", {}), ("10:20", here), ("9:40", here), ("8:00", {}))
    ]
    practice.desk.perform(doctor, meetings.let_in, visits[3], expect_version=1)
    return list(visits)


def _looked_at(page: Page, path: str, axe: str) -> list[str]:
    page.goto(path)
    return [f"{path}: {line}" for line in _said_by_axe(page, axe)] + ([] if fits(page) else [f"{path} sticks out"])


def _said_by_axe(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)  # not as a script element: the policy refuses those
    return list(
        page.evaluate(
            "(rules) => axe.run(document, {runOnly: rules}).then(found => found.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | ')))",
            _RULES,
        )
    )


@pytest.mark.parametrize("width", [320, 1280])
def test_text_at_twice_its_size_still_fits(
    browser: Browser, address: str, sqlite_practice: Practice, family: Actor, clock: FixedClock, width: int
) -> None:
    with opened(browser, address, scripts=True, width=width) as context:
        page = signed_in(context, address, sqlite_practice, family)
        for path in _pages(sqlite_practice, family, clock):
            page.goto(path)
            page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
            assert fits(page), path


def test_a_mother_asks_in_spanish_and_reads_where_it_stands(
    browser: Browser, address: str, sqlite_practice: Practice
) -> None:  # RE2
    practice = sqlite_practice
    rosa = practice.a_contact(
        "Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "mother"}}, language="es"
    )
    with opened(browser, address, locale="en-US") as context:
        page = signed_in(context, address, practice, rosa)
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("lang", "es-US")
        page.get_by_role("link", name="Pedir una cita").click()
        page.get_by_role("link", name="Zuri Okafor").click() if page.get_by_text("¿Para quién es?").count() else None
        page.get_by_role("link", name="Sick visit").click()
        assert fits(page)
        page.get_by_text("Simplemente dennos la próxima hora disponible").click()
        page.get_by_role("textbox").fill("Tiene fiebre. ¿La pueden ver hoy en la tarde?")
        assert fits(page)
        shot = os.environ.get("PORTAL_SHOTS")
        if shot:
            page.screenshot(path=f"{shot}/check.png", full_page=True)
        page.get_by_role("button", name="Enviar al consultorio").click()
        expect(page.get_by_text("No hay nada reservado hasta que respondamos aquí.").first).to_be_visible()
        assert fits(page)
        if shot:
            page.screenshot(path=f"{shot}/thread.png", full_page=True)
        page.get_by_role("button", name="English").click()
        expect(page.get_by_text("Nothing is booked until we answer here.").first).to_be_visible()
        page.goto("/")
        if shot:
            page.screenshot(path=f"{shot}/home-en.png", full_page=True)
