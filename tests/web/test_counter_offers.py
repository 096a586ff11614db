"""Times that are offered in a reply, in the portal: three buttons, one page each, one form that books; none fits, too late, two tabs (ACT10)."""

from datetime import timedelta
from importlib.resources import files
from threading import Barrier, Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from request_desk.domain.clock import FixedClock
from request_desk.domain.requests import Disposition, Offering, Reply, RequestState
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling
from request_desk.services.schedule.views import upcoming_of
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.web.conftest import SignIn, Visitor
from tests.web.test_home_and_threads import link, reply, row
from tests.web.test_in_chromium import _said_by_axe, address, browser, fits, opened, signed_in

__all__ = ["address", "browser"]  # fixtures

FRIDAY = TODAY + timedelta(days=3)
MONDAY = TODAY + timedelta(days=6)
GRACE = timedelta(seconds=21)
SUBMISSION = "7d3f0e6a-0c59-4d6b-9f5e-2a58f5a4b0a1"
LETTER = "Hi Amara, we can offer Fri, Nov 27, 9:20 AM, Fri, Nov 27, 2:00 PM or Mon, Nov 30, 10:00 AM."


def checked(page: Page) -> None:
    """axe finds nothing on the page."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    assert _said_by_axe(page, axe) == []


class Offered:
    """A request for which three times are offered, and shown by now."""

    def __init__(self, practice: Practice, desk: Desk, clock: FixedClock) -> None:
        self.practice, self.desk, self.clock = practice, desk, clock
        self.request = practice.a_request()
        times = ((FRIDAY, "9:20"), (FRIDAY, "14:00"), (MONDAY, "10:00"))
        slots = [Slot(practice.lindqvist, practice.northside, *(wall(*each),) * 3) for each in times]
        desk.perform(
            practice.maria,
            handling.resolve,
            self.request,
            Offering(tuple(slots), practice.well),
            reply=Reply(LETTER),
            disposition=Disposition.WAITING,
            expect_version=1,
        )

    @property
    def thread(self) -> str:
        return link(self.practice, self.request)

    @property
    def holds(self) -> list[int]:
        with self.practice.database.read() as connection:
            slot = schema.counter_offer_slot.c
            return list(connection.execute(select(slot.hold_id).order_by(slot.position)).scalars())

    def states(self) -> list[str]:
        with self.practice.database.read() as connection:
            return list(connection.execute(select(schema.counter_offer.c.state)).scalars())

    def take(self, hold: int) -> str:
        return f"{self.thread}/times/{hold}/take"

    def booked(self) -> list[object]:
        found = self.desk.query(self.practice.maria, upcoming_of, (self.practice.zuri,))
        return [each.starts_at for each in found]


@pytest.fixture
def offered(desk: Desk, practice: Practice, clock: FixedClock) -> Offered:
    return Offered(practice, desk, clock)


@pytest.fixture
def sqlite_offered(sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock) -> Offered:
    return Offered(sqlite_practice, sqlite_desk, clock)


def test_three_buttons_lead_to_a_page_each_and_one_form_books(offered: Offered, sign_in: SignIn) -> None:
    visitor = sign_in(offered.practice.amara)
    assert "Choose a time" not in visitor.open(offered.thread).words  # staff may still take it back
    offered.clock.advance(GRACE)
    assert "We offered three times until Wed, Nov 25, 8:12 AM PST." in visitor.open("/").words
    page = visitor.open(offered.thread)
    assert "Waiting for you" in page.words
    assert "Please choose a time." in page.words
    assert "We keep them for you until Wed, Nov 25, 8:12 AM PST." in page.words
    times = [words for words, to in page.links.items() if "/times/" in to and not to.endswith("none")]
    assert times[0] == "Fri, Nov 27, 9:20 AM PST"
    page = visitor.follow("Fri, Nov 27, 2:00 PM PST")
    assert "Friday, November 27" in page.words
    assert offered.states() == ["open"]
    page = visitor.send(offered.take(offered.holds[1]))
    assert "The time is yours." in page.words
    assert "Booked: Fri, Nov 27, 2:00 PM PST." in page.words
    assert offered.booked() == [wall(FRIDAY, "14:00")]
    assert row(offered.practice, offered.request).state == RequestState.COMPLETED
    assert "Choose a time" not in page.words


def test_looking_at_every_address_changes_nothing(sqlite_offered: Offered, sqlite_sign_in: SignIn) -> None:
    offered = sqlite_offered
    offered.clock.advance(GRACE)
    visitor = sqlite_sign_in(offered.practice.amara)
    for path in (
        offered.thread,
        f"{offered.thread}/times/none",
        *(f"{offered.thread}/times/{each}" for each in offered.holds),
    ):
        assert visitor.open(path).status == 200
    for hold in offered.holds:
        assert visitor.client.get(offered.take(hold)).status_code == 405
    assert offered.states() == ["open"]
    assert offered.booked() == []


def test_none_fits_is_told_with_a_text_and_nothing_is_kept(offered: Offered, sign_in: SignIn) -> None:
    offered.clock.advance(GRACE)
    visitor = sign_in(offered.practice.amara)
    visitor.open(offered.thread)
    visitor.follow("None of them fits")
    page = visitor.send(f"{offered.thread}/times/none", message="<b>after 4</b> please")
    assert "Thank you for telling us. We look for other times." in page.words
    assert "None of the times that we offered fits." in page.words
    assert "<b>after 4</b> please" in page.words
    assert offered.states() == ["declined"]
    page = visitor.open(f"{offered.thread}/times/{offered.holds[0]}")
    assert page.status == 404
    assert "This time is not offered any more" in page.words


def test_what_was_typed_stays_when_it_is_too_late(sqlite_offered: Offered, sqlite_sign_in: SignIn) -> None:
    offered = sqlite_offered
    offered.clock.advance(GRACE)
    visitor = sqlite_sign_in(offered.practice.amara)
    visitor.open(f"{offered.thread}/times/none")
    fields = dict(visitor.page.forms[f"{offered.thread}/times/none"])
    reply(offered.practice, offered.request, "We call you.")
    offered.clock.advance(GRACE)
    answered = visitor.client.post(f"{offered.thread}/times/none", data={**fields, "message": "after 4"})
    assert answered.status_code == 409
    assert "these times are not kept any more" in answered.text
    assert "after 4" in answered.text


def test_a_form_sent_twice_books_once_and_the_other_tab_reads_how_it_stands(offered: Offered, sign_in: SignIn) -> None:
    offered.clock.advance(GRACE)
    first, second = sign_in(offered.practice.amara), sign_in(offered.practice.amara)
    forms = []
    for visitor, hold in ((first, offered.holds[0]), (second, offered.holds[1])):
        visitor.open(f"{offered.thread}/times/{hold}")
        forms.append(dict(visitor.page.forms[offered.take(hold)]))
    for _time in range(2):
        assert "The time is yours." in first.client.post(offered.take(offered.holds[0]), data=forms[0]).text
    late = second.client.post(offered.take(offered.holds[1]), data=forms[1])
    assert late.status_code == 409
    assert "One of these times was chosen already: Fri, Nov 27, 9:20 AM PST." in late.text
    assert offered.booked() == [wall(FRIDAY, "9:20")]


def test_two_tabs_at_once_book_one_time(offered: Offered, sign_in: SignIn) -> None:
    offered.clock.advance(GRACE)
    start = Barrier(3)
    answers: list[int] = []

    def press(visitor: Visitor, hold: int, fields: dict[str, str]) -> None:
        start.wait()
        answers.append(visitor.client.post(offered.take(hold), data=fields, follow_redirects=False).status_code)

    threads = []
    for hold in offered.holds:
        visitor = sign_in(offered.practice.amara)
        visitor.open(f"{offered.thread}/times/{hold}")
        fields = dict(visitor.page.forms[offered.take(hold)])
        threads.append(Thread(target=press, args=(visitor, hold, fields)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [303, 409, 409]
    assert len(offered.booked()) == 1
    assert offered.states() == ["accepted"]


def test_it_is_nobody_else_s(sqlite_offered: Offered, sqlite_sign_in: SignIn) -> None:
    offered = sqlite_offered
    offered.clock.advance(GRACE)
    father = sqlite_sign_in(offered.practice.father)
    assert father.open(f"{offered.thread}/times/{offered.holds[0]}").status == 404
    father.open("/")
    token = next(form["csrftoken"] for form in father.page.forms.values() if "csrftoken" in form)
    fields = {"csrftoken": token, "submission": SUBMISSION}
    assert father.client.post(offered.take(offered.holds[0]), data=fields).status_code == 404
    mine = link(offered.practice, offered.practice.a_request(by=offered.practice.father))
    for hold in (str(offered.holds[0]), "1", "9" * 40):
        assert father.client.post(f"{mine}/times/{hold}/take", data=fields).status_code in (404, 409, 422)
    assert offered.states() == ["open"]


def test_a_provider_who_left_is_told_plainly(sqlite_offered: Offered, sqlite_sign_in: SignIn) -> None:
    offered = sqlite_offered
    offered.clock.advance(GRACE)
    visitor = sqlite_sign_in(offered.practice.amara)
    visitor.open(f"{offered.thread}/times/{offered.holds[0]}")
    with offered.practice.database.write() as connection:
        connection.execute(
            update(schema.provider).where(schema.provider.c.id == offered.practice.lindqvist).values(active=False)
        )
    page = visitor.send(offered.take(offered.holds[0]))
    assert page.status == 409
    assert "This time cannot be booked any more." in page.words


@pytest.mark.chromium
@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_one_tap_and_one_confirmation_book(
    browser: Browser, address: str, sqlite_offered: Offered, scripts: bool
) -> None:
    offered = sqlite_offered
    offered.clock.advance(GRACE)
    with opened(browser, address, scripts=scripts) as context:
        page = signed_in(context, address, offered.practice, offered.practice.amara)
        page.goto("/")
        page.get_by_role("link", name="Well visit").first.click()
        expect(page.get_by_role("heading", name="Choose a time")).to_be_visible()
        assert fits(page)
        page.screenshot(path=f"/tmp/c8/thread_{scripts}.png", full_page=True)
        if scripts:
            checked(page)
        page.get_by_role("link", name="Fri, Nov 27, 2:00 PM PST").click()
        assert fits(page)
        page.screenshot(path=f"/tmp/c8/time_{scripts}.png", full_page=True)
        if scripts:
            checked(page)
        page.get_by_role("button", name="Yes, book it").click()
        expect(page.get_by_text("The time is yours.")).to_be_visible()
        page.screenshot(path=f"/tmp/c8/taken_{scripts}.png", full_page=True)
    assert offered.booked() == [wall(FRIDAY, "14:00")]


@pytest.mark.chromium
def test_by_keyboard_in_spanish_none_fits(browser: Browser, address: str, sqlite_offered: Offered) -> None:
    offered = sqlite_offered
    offered.clock.advance(GRACE)
    with offered.practice.database.write() as connection:
        connection.execute(
            update(schema.contact).where(schema.contact.c.id == offered.practice.amara.id).values(language="es")
        )
    with opened(browser, address, scripts=True, locale="es-US", color_scheme="dark") as context:
        page = signed_in(context, address, offered.practice, offered.practice.amara)
        page.goto(offered.thread)
        expect(page.get_by_text("Le ofrecimos tres horas hasta el")).to_be_visible()
        page.get_by_role("link", name="Ninguna me sirve").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="¿Ninguna de estas horas le sirve?")).to_be_visible()
        assert fits(page)
        checked(page)
        page.screenshot(path="/tmp/c8/none_es.png", full_page=True)
        page.keyboard.press("Tab")
        page.get_by_label("¿Cuándo le vendría bien?").fill("después de las 4")
        page.get_by_role("button", name="Ninguna me sirve").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Gracias por decírnoslo.")).to_be_visible()
        expect(page.get_by_text("Ninguna de las horas ofrecidas me sirve.")).to_be_visible()
    assert offered.states() == ["declined"]
