"""A time that became free, in the portal: shown to whom it is offered, taken or left by one form, wished for before (ACT8)."""

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from request_desk.domain.access import Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import AppointmentId, PatientId
from request_desk.domain.requests import Cancellation
from request_desk.services.desk import Desk
from request_desk.services.schedule import acts, freed, slot_offers, waitlist
from request_desk.services.schedule.views import upcoming_of
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.web.conftest import SignIn
from tests.web.test_in_chromium import address, browser, fits, opened, signed_in

__all__ = ["address", "browser"]  # fixtures

FRIDAY = TODAY + timedelta(days=3)
MONDAY = TODAY + timedelta(days=6)
GRACE = timedelta(seconds=21)


class Family:
    """A mother whose child is booked on Monday, and a stranger's appointment on Friday that becomes free."""

    def __init__(self, practice: Practice, desk: Desk, clock: FixedClock) -> None:
        self.practice, self.desk, self.clock = practice, desk, clock
        stranger = practice.a_patient("Emma", "Stone", date(2021, 5, 4))
        self.freed = practice.an_appointment(stranger, practice.lindqvist, FRIDAY, "9:20")
        self.stranger = stranger
        self.luke = practice.a_patient("Luke", "Haas", date(2020, 2, 2))
        self.mother = practice.a_contact("Pat", "Haas", "pat@example.org", {self.luke: {"relation": "mother"}})
        self.monday = practice.an_appointment(self.luke, practice.lindqvist, MONDAY, "14:00")

    def offer(self) -> int:
        act = Cancellation(self.freed, 1, "pat")
        self.desk.perform(self.practice.maria, acts.act_alone, self.stranger, act)
        found = self.desk.query(self.practice.maria, freed.freed_slot, self.freed)
        assert found is not None
        first = found.waiting[0].patient_id
        return self.desk.perform(
            self.practice.maria, slot_offers.offer, self.freed, first, expect_version=found.freed.version
        ).value

    def states(self) -> list[str]:
        with self.practice.database.read() as connection:
            return list(connection.execute(select(schema.slot_offer.c.state)).scalars())

    def upcoming(self, patient: PatientId) -> list[Any]:
        found = self.desk.query(self.practice.maria, upcoming_of, (patient,))
        return [each.starts_at for each in found]


@pytest.fixture
def family(sqlite_practice: Practice, sqlite_desk: Desk, clock: FixedClock) -> Family:
    return Family(sqlite_practice, sqlite_desk, clock)


def test_a_wish_is_noted_and_forgotten_beside_the_appointment(family: Family, sqlite_sign_in: SignIn) -> None:
    visitor = sqlite_sign_in(family.mother)
    page = visitor.open("/")
    action = f"/appointments/{family.monday}/earlier"
    assert "I would like something earlier" in page.words
    page = visitor.send(action)
    assert "Noted. If an earlier time becomes free, we may offer it to you." in page.words
    assert "You would like something earlier." in page.words
    rows = family.desk.query(family.practice.maria, waitlist.list_page).rows
    assert [(row.patient_name, row.created_by, row.appointment_id) for row in rows] == [
        ("Luke Haas", "Pat Haas", family.monday)
    ]
    page = visitor.send(action)
    assert "we offer no earlier time" in page.words
    assert family.desk.query(family.practice.maria, waitlist.list_page).rows == ()
    page = visitor.send(action, version="9")
    assert "the visit has changed" in page.words


def test_nobody_wishes_for_the_appointment_of_others(family: Family, sqlite_sign_in: SignIn) -> None:
    visitor = sqlite_sign_in(family.mother)
    page = visitor.open("/")
    fields = page.forms[f"/appointments/{family.monday}/earlier"]
    for which in (str(family.freed), "1", "9" * 40):
        answered = visitor.client.post(f"/appointments/{which}/earlier", data=fields)
        assert "This did not work" in answered.text
    assert family.desk.query(family.practice.maria, waitlist.list_page).rows == ()


def test_looking_changes_nothing_and_one_form_takes_it(family: Family, sqlite_sign_in: SignIn) -> None:
    family.desk.perform(family.mother, waitlist.wish_earlier, family.monday, expect_version=1)
    offer = family.offer()
    visitor = sqlite_sign_in(family.mother)
    assert "A time has become free" not in visitor.open("/").words  # staff may still take it back
    family.clock.advance(GRACE)
    page = visitor.open("/")
    assert "A time has become free: Fri, Nov 27, 9:20 AM PST" in page.words
    page = visitor.follow("Look at it")
    assert "If you take it, your visit on Mon, Nov 30, 2:00 PM PST is given up." in page.words
    for _look in range(3):
        assert visitor.open(f"/offers/{offer}").status == 200
    assert visitor.client.get(f"/offers/{offer}/accept").status_code == 405
    assert family.states() == ["open"]
    page = visitor.send(f"/offers/{offer}/accept")
    assert "The time is yours. It stands below." in page.words
    assert family.upcoming(family.luke) == [wall(FRIDAY, "9:20")]
    page = visitor.open(f"/offers/{offer}")
    assert page.status == 404
    assert "This time is not offered any more." in page.words


def test_a_form_sent_twice_books_once_and_a_late_one_says_so(family: Family, sqlite_sign_in: SignIn) -> None:
    family.desk.perform(family.mother, waitlist.wish_earlier, family.monday, expect_version=1)
    offer = family.offer()
    family.clock.advance(GRACE)
    visitor = sqlite_sign_in(family.mother)
    visitor.open(f"/offers/{offer}")
    accepting = dict(visitor.page.forms[f"/offers/{offer}/accept"])
    declining = dict(visitor.page.forms[f"/offers/{offer}/decline"])
    for _time in range(2):
        assert "The time is yours" in visitor.client.post(f"/offers/{offer}/accept", data=accepting).text
    late = visitor.client.post(f"/offers/{offer}/decline", data=declining)
    assert late.status_code == 409
    assert "This time is not offered any more." in late.text
    assert family.states() == ["accepted"]


def test_an_offer_is_nobody_else_s(family: Family, sqlite_sign_in: SignIn) -> None:
    family.desk.perform(family.mother, waitlist.wish_earlier, family.monday, expect_version=1)
    offer = family.offer()
    family.clock.advance(GRACE)
    other = sqlite_sign_in(family.practice.amara)
    page = other.open(f"/offers/{offer}")
    assert page.status == 404
    assert "Luke" not in page.words
    token = next(iter(form["csrftoken"] for form in page.forms.values() if "csrftoken" in form), "")
    fields = {"csrftoken": token, "submission": "7d3f0e6a-0c59-4d6b-9f5e-2a58f5a4b0a1"}
    for which in (str(offer), "9" * 40):
        answered = other.client.post(f"/offers/{which}/accept", data=fields)
        assert answered.status_code == 409
    assert family.states() == ["open"]


@pytest.mark.chromium
def test_on_a_phone_in_spanish_an_offer_for_a_request_is_taken(browser: Browser, address: str, family: Family) -> None:
    mother: Actor = family.practice.a_contact(
        "Luz", "Okafor", "luz@example.org", {family.practice.zuri: {"relation": "mother"}}, language="es"
    )
    family.practice.a_request(by=mother, message="¿hay algo pronto?")
    family.offer()
    family.clock.advance(GRACE)
    with opened(browser, address, locale="es-US") as context:
        page = signed_in(context, address, family.practice, mother)
        page.goto("/")
        expect(page.get_by_text("Se ha liberado una hora")).to_be_visible()
        assert fits(page)
        page.get_by_role("link", name="Ver la hora").click()
        expect(page.get_by_role("heading", name="Se ha liberado una hora")).to_be_visible()
        assert fits(page)
        page.screenshot(path="/tmp/shot_offer.png")
        page.get_by_role("button", name="Tomar esta hora").click()
        expect(page.get_by_text("La hora es suya. Está aquí abajo.")).to_be_visible()
        page.screenshot(path="/tmp/shot_home.png", full_page=True)
        page.get_by_role("link", name="Well visit").first.click()
        expect(page.get_by_text("Tomo la hora que se ofreció")).to_be_visible()
    assert family.states() == ["accepted"]


@pytest.mark.chromium
def test_on_a_phone_an_offer_is_left_and_the_appointment_stays(browser: Browser, address: str, family: Family) -> None:
    family.desk.perform(family.mother, waitlist.wish_earlier, AppointmentId(family.monday), expect_version=1)
    family.offer()
    family.clock.advance(GRACE)
    with opened(browser, address) as context:
        page = signed_in(context, address, family.practice, family.mother)
        page.goto("/")
        page.get_by_role("link", name="Look at it").click()
        page.screenshot(path="/tmp/shot_offer_en.png")
        page.get_by_role("button", name="Leave it to others").click()
        expect(page.get_by_text("The time is free for others now.")).to_be_visible()
        assert fits(page)
        page.screenshot(path="/tmp/shot_home_en.png", full_page=True)
    assert family.states() == ["declined"]
    assert family.upcoming(family.luke) == [wall(MONDAY, "14:00")]
