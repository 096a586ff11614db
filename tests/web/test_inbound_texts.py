"""Answers to text messages at the portal: only for who shows the secret, the same for every number, limited (NOTE-05, WEB-07)."""

import base64

import pytest
from starlette.testclient import TestClient

from request_desk import config
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.ids import ContactId
from request_desk.services.desk import Desk
from request_desk.services.people import patients
from request_desk.web import server
from request_desk.web.guards import Rates
from tests.builders import Practice
from tests.services.test_opt_outs import NUMBER, confirm
from tests.web.conftest import ADDRESS, UNHURRIED

SECRET = "correct-horse-battery-staple"
FORM = config.Sms(inbound="form", inbound_from="From", inbound_text="Body")
RIGHT = {"authorization": "Basic " + base64.b64encode(f"desk:{SECRET}".encode()).decode()}
WRONG = {"authorization": "Bearer not-the-secret-of-anybody"}


def client(
    desk: Desk, clock: FixedClock, *, secret: str = SECRET, sms: config.Sms = FORM, rates: Rates = UNHURRIED
) -> TestClient:
    found = config.Settings(portal=config.PortalConfig(public_url=ADDRESS), sms=sms)
    return TestClient(
        server.build(desk, found, clock, inbound_secret=secret, rates=rates),
        base_url=ADDRESS,
        raise_server_exceptions=True,
    )


def is_out(desk: Desk, practice: Practice) -> bool:
    found = desk.query(practice.maria, patients.contact_of, ContactId(practice.amara.id)).opt_outs
    return any(each.channel is Channel.SMS for each in found)


def test_stop_arrives_and_every_number_gets_the_same_answer(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    confirm(practice, practice.amara)
    service = client(desk, clock)
    known = service.post("/sms/inbound", data={"From": NUMBER, "Body": "STOP"}, headers=RIGHT)
    unknown = service.post("/sms/inbound", data={"From": "+12065550100", "Body": "STOP"}, headers=RIGHT)
    chatter = service.post("/sms/inbound", data={"From": NUMBER, "Body": "see you"}, headers=RIGHT)
    broken = service.post("/sms/inbound", content=b"\xff\xfe", headers=RIGHT)
    told = [(each.status_code, each.content, dict(each.headers)) for each in (known, unknown, chatter, broken)]
    assert told[0][:2] == (204, b"")
    assert all(each == told[0] for each in told)
    assert "set-cookie" not in known.headers
    assert is_out(desk, practice)
    service.post("/sms/inbound", data={"From": NUMBER, "Body": "START"}, headers=RIGHT)
    assert not is_out(desk, practice)


@pytest.mark.parametrize("headers", [{}, WRONG, {"authorization": SECRET}, {"cookie": f"authorization={SECRET}"}])
def test_without_the_secret_nothing_changes(
    desk: Desk, practice: Practice, clock: FixedClock, headers: dict[str, str]
) -> None:
    confirm(practice, practice.amara)
    answer = client(desk, clock).post("/sms/inbound", data={"From": NUMBER, "Body": "STOP"}, headers=headers)
    assert (answer.status_code, answer.content) == (403, b"")
    assert not is_out(desk, practice)


@pytest.mark.parametrize(
    ("secret", "sms"), [("", FORM), ("short", FORM), (SECRET, config.Sms()), (SECRET, config.Sms(way="mail"))]
)
def test_where_no_answers_arrive_there_is_no_such_address(
    desk: Desk, practice: Practice, clock: FixedClock, secret: str, sms: config.Sms
) -> None:
    confirm(practice, practice.amara)
    answer = client(desk, clock, secret=secret, sms=sms).post(
        "/sms/inbound", data={"From": NUMBER, "Body": "STOP"}, headers=RIGHT
    )
    assert answer.status_code == 404
    assert not is_out(desk, practice)


def test_what_is_no_answer_is_turned_away(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    service = client(desk, clock)
    assert service.get("/sms/inbound", headers=RIGHT).status_code == 405
    assert service.post("/sms/inbound", content=b"x" * 20_000, headers=RIGHT).status_code == 413
    assert service.post("/sms/inbound", content=b"x" * 200_000, headers=RIGHT).status_code == 413
    assert service.post("/sms/inbound?" + "a" * 3000, headers=RIGHT).status_code == 414
    doubled = [("authorization", RIGHT["authorization"]), ("authorization", WRONG["authorization"])]
    assert service.post("/sms/inbound", headers=doubled).status_code == 400


def test_who_guesses_is_slowed_down(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    service = client(desk, clock, rates=Rates(texts="3 per minute"))
    found = [service.post("/sms/inbound", data={}, headers=WRONG).status_code for _number in range(5)]
    assert found == [403, 403, 403, 429, 429]
