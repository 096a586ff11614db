"""What a partner's program and the family that it sends meet: one address with its own strict way, and a page with a button (PP3)."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from request_desk import config
from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import AppointmentId
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.services.desk import Desk
from request_desk.services.portal import booking_tokens
from request_desk.services.practice import booking_secrets
from request_desk.store import schema
from request_desk.store.database import Database
from request_desk.web import server
from request_desk.web.guards import Rates
from tests.builders import TODAY, Practice, wall
from tests.online import TOMORROW
from tests.partners import Partner, claims_of, header_of, sealing_desk, signed
from tests.web.conftest import ADDRESS, UNHURRIED, Visitor
from tests.web.test_booking import code_for, tap

API = "/api/launch"
FORM = "application/x-www-form-urlencoded"
launch = schema.booking_launch.c


@pytest.fixture
def sqlite_desk(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Desk:
    """The portal's desk, with keys."""
    return sealing_desk(Database(sqlite_url), clock, tmp_path / "keys")


@pytest.fixture
def partner(sqlite_practice: Practice) -> Partner:
    return Partner(sqlite_practice)


def built(desk: Desk, rates: Rates = UNHURRIED, **portal: Any) -> ASGIApp:
    return server.build(desk, config.Settings(portal=config.PortalConfig(**portal)), desk.clock, rates=rates)


@pytest.fixture
def program(partner: Partner) -> TestClient:
    """The partner's program: no browser, no cookies."""
    return TestClient(built(partner.desk, rates=Rates(launches="100000 per minute")), base_url=ADDRESS)


@pytest.fixture
def family(partner: Partner) -> Visitor:
    return Visitor(built(partner.desk))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def launches(partner: Partner) -> int:
    with partner.desk.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.booking_launch)).scalar_one())


def revoke(partner: Partner) -> None:
    admin = partner.practice.admin
    (secret,) = partner.desk.query(admin, booking_secrets.booking_secrets)
    partner.desk.perform(admin, booking_secrets.revoke_secret, secret.id, expect_version=secret.version)


def sent(partner: Partner, program: TestClient, **claims: Any) -> str:
    """Exchange a token; returns the path of the launch link."""
    return str(urlsplit(program.post(API, headers=bearer(partner.token(**claims))).json()["launch_url"]).path)


# the address for programs


@pytest.mark.parametrize("way", ["header", "form"])
def test_a_token_is_exchanged_for_a_link(partner: Partner, program: TestClient, clock: FixedClock, way: str) -> None:
    token = partner.token()
    given = {"headers": bearer(token)} if way == "header" else {"data": {"token": token}}
    answer = program.post(API, **given)  # type: ignore[arg-type]
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    told = answer.json()
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/launch/[A-Za-z0-9_-]{43}", told["launch_url"])
    assert told["expires_at"] == (clock.now() + timedelta(minutes=2)).isoformat()
    assert token.rpartition(".")[2] not in told["launch_url"]


def test_every_token_that_is_not_accepted_hears_the_same(
    partner: Partner, program: TestClient, clock: FixedClock
) -> None:
    value, key_id = partner.secret.value.text, partner.secret.key_id  # JWT-10
    right = claims_of(clock.now(), partner.practice.zuri)
    old = int(clock.now().timestamp()) - 1000
    tokens = [
        "",
        "no token",
        "a.b.c",
        "x" * 5000,
        "\u00e9.b.c",
        signed("another value", header_of(key_id), right),
        signed(value, header_of("0" * 16), right),
        signed(value, header_of("../../dev/null"), right),
        signed(value, header_of("' or 1=1--"), right),
        signed(value, header_of(key_id, alg="none"), right),
        signed(value, header_of(key_id, jku="http://127.0.0.1:9/keys"), right),
        signed(value, header_of(key_id), right | {"iat": old, "exp": old + 300}),
        signed(value, header_of(key_id), right | {"aud": "another"}),
        signed(value, header_of(key_id), right | {"iss": "another"}),
    ]
    answers = [program.post(API, headers={b"authorization": f"Bearer {token}".encode()}) for token in tokens]
    answers += [program.post(API, data={"token": token}) for token in tokens]
    answers += [
        program.post(API, headers={"authorization": f"Basic {partner.token()}"}),
        program.post(API, data={"token": ""}),
    ]
    seen = {(answer.status_code, answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}
    assert len(seen) == 1
    answer = answers[0]
    assert (answer.status_code, answer.json(), answer.headers["www-authenticate"]) == (
        401,
        {"error": "token"},
        "Bearer",
    )
    assert launches(partner) == 0


@pytest.mark.parametrize(
    ("claims", "error"), [({"sub": "999"}, "sub"), ({"type": "Dance"}, "type"), ({"location": "Moon"}, "location")]
)
def test_what_is_not_there_is_named(partner: Partner, program: TestClient, claims: dict[str, str], error: str) -> None:
    answer = program.post(API, headers=bearer(partner.token(**claims)))
    assert (answer.status_code, answer.json()) == (422, {"error": error})


def test_the_address_takes_nothing_but_its_two_ways(partner: Partner, program: TestClient) -> None:
    token = partner.token()
    for given, status in (
        ({"params": {"token": token}}, 400),  # JWT-11
        ({"headers": bearer(token), "params": {"a": "b"}}, 400),
        ({"headers": bearer(token), "data": {"token": token}}, 400),
        ({"data": {"token": token, "type": "Well visit"}}, 400),  # JWT-08: nothing beside the token
        ({"content": f"token={token}&token={token}", "headers": {"content-type": FORM}}, 400),
        ({"json": {"token": token}}, 415),
        ({"content": f"token={token}"}, 415),
        ({"content": f"token={token}", "headers": {"content-type": "text/plain"}}, 415),
        ({"content": f"token={token}", "headers": {"content-type": f"{FORM}; charset=latin-1"}}, 415),
        ({"content": "token=" + "x" * 70_000, "headers": {"content-type": FORM}}, 413),
        ({"headers": bearer("x" * 20_000)}, 431),
    ):
        answer = program.post(API, **given)
        assert answer.status_code == status, given
        assert set(answer.json()) == {"error"}
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = program.request(method, API, headers=bearer(token))
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    two = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]
    assert program.post(API, headers=two).status_code == 400
    assert launches(partner) == 0


def test_cookies_count_for_nothing_and_none_is_set(partner: Partner, program: TestClient) -> None:
    program.cookies.set("session", "somebody's", domain="127.0.0.1")
    answer = program.post(API, headers=bearer(partner.token()) | {"origin": "https://school.example.org"})
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_one_client_may_ask_so_often(partner: Partner) -> None:
    program = TestClient(built(partner.desk, rates=Rates(launches="3 per minute")), base_url=ADDRESS)
    statuses = [program.post(API, headers=bearer("wrong")).status_code for _request in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert program.get("/sign-in").status_code == 200


def test_revoking_acts_on_the_next_request_of_every_process(
    partner: Partner, sqlite_url: str, clock: FixedClock, tmp_path: Path
) -> None:  # JWT-09, BS2
    desks = [sealing_desk(Database(sqlite_url), clock, tmp_path / "keys") for _process in range(3)]
    programs = [TestClient(built(desk), base_url=ADDRESS) for desk in desks]
    token = partner.token()
    assert programs[0].post(API, headers=bearer(token)).status_code == 201
    revoke(partner)
    assert {each.post(API, headers=bearer(token)).status_code for each in programs for _request in range(10)} == {401}
    for desk in desks:
        desk.close()


def test_without_the_sealing_key_the_portal_runs_and_says_so_to_programs(
    partner: Partner, sqlite_url: str, clock: FixedClock, tmp_path: Path
) -> None:  # SEC-07
    elsewhere = Desk(Database(sqlite_url), clock, sealer=KeptSealer(FileStore(tmp_path)))
    program = TestClient(built(elsewhere), base_url=ADDRESS)
    answer = program.post(API, headers=bearer(partner.token()))
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"error": "unavailable"}, "30")
    assert program.get("/sign-in").status_code == 200
    elsewhere.close()


def test_a_used_token_is_told_what_it_booked(partner: Partner, program: TestClient) -> None:  # JWT-07
    practice = partner.practice
    jti = "0123456789abcdef0123"
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=7), "8:00")
    partner.desk.perform(
        partner.launched(partner.token(jti=jti)), booking_tokens.record_use, AppointmentId(appointment)
    )
    answer = program.post(API, headers=bearer(partner.token(jti=jti)))
    assert (answer.status_code, answer.json()) == (409, {"error": "used", "booked_at": "2026-12-01T16:00:00+00:00"})
    assert program.post(API, headers=bearer(partner.token(jti=jti, type="Well visit"))).status_code == 401


def test_nothing_of_a_token_is_logged(partner: Partner, program: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = partner.token()
    path = urlsplit(program.post(API, headers=bearer(token)).json()["launch_url"]).path
    program.get(path)
    program.post(API, headers=bearer(token[:-3] + "abc"))
    ours = "\n".join(each.getMessage() for each in caplog.records if each.name.startswith("request_desk"))
    assert "POST /api/launch 201" in ours
    assert "booking token refused: " in ours
    for each in (
        token,
        token.rpartition(".")[2],
        path.rpartition("/")[2],
        partner.secret.key_id,
        partner.secret.value.text,
    ):
        assert each not in ours


# the family's browser


def test_from_a_token_to_the_booked_page(
    partner: Partner, program: TestClient, family: Visitor, clock: FixedClock
) -> None:  # PP3
    practice = partner.practice  # self-booking is off, and that is a matter of share links
    token = partner.token(type="Well visit")
    path = str(urlsplit(program.post(API, headers=bearer(token)).json()["launch_url"]).path)
    family.open(path)
    family.send("")
    times = f"/launch/times/{practice.well}"
    family.open(f"{times}?go=day-{TOMORROW.isoformat()}")
    page = tap(family, times, code_for(family.page, "9:20 AM"))
    assert family.last == "/booking"
    assert "Book this visit?" in page.words  # nobody signs in
    assert "Kept for you until 8:27 AM PST" in page.words
    assert "Zuri" in page.words
    for secret in ("Okafor", "born", "amara"):
        assert secret not in page.html
    again = page.forms["/booking/confirm"]
    page = family.send("/booking/confirm")
    assert "Your visit is booked" in page.words
    booked = family.last
    assert re.fullmatch(r"/booked/\d+", booked)
    assert family.client.post("/booking/confirm", data=again).url.path == booked  # the back button
    for address in ("/launch", times, "/booking"):
        family.open(address)
        assert family.last == booked
    other = Visitor(family.client.app)
    answer = program.post(API, headers=bearer(token))
    assert answer.json() == {"error": "used", "booked_at": wall(TOMORROW, "9:20").isoformat()}
    assert other.open(booked).status == 404
    clock.advance(timedelta(hours=1))
    assert "Your visit is booked" in family.open(booked).words
    assert family.send(f"{booked}/manage").status == 200
    assert family.last.startswith("/m/")


def test_two_browsers_of_one_token_book_once(partner: Partner, program: TestClient, family: Visitor) -> None:  # JWT-07
    practice, token, other = partner.practice, partner.token(type="Well visit"), Visitor(family.client.app)
    times = f"/launch/times/{practice.well}"
    for one, time in ((family, "9:20 AM"), (other, "10:00 AM")):
        one.open(str(urlsplit(program.post(API, headers=bearer(token)).json()["launch_url"]).path))
        one.send("")
        one.open(f"{times}?go=day-{TOMORROW.isoformat()}")
        tap(one, times, code_for(one.page, time))
    form = other.page.forms["/booking/confirm"]
    assert "it is still free" in family.open("/booking").words  # one time a token: the other browser has it
    other.send("/booking/confirm", form)
    assert "Your visit is booked" in other.page.words
    assert "Your visit is booked" in family.open("/booking").words
    assert family.last == other.last
    third = Visitor(family.client.app)
    third.client.cookies.set("launch", family.client.cookies["launch"])
    page = third.open("/launch")
    assert "A visit is booked already" in page.words
    assert "Zuri" not in page.html


def test_a_token_is_not_widened_by_an_address_or_a_form(
    partner: Partner, program: TestClient, family: Visitor
) -> None:  # JWT-08
    practice = partner.practice
    family.open(sent(partner, program, type="Well visit", location="Northside"))
    family.send("")
    times = f"/launch/times/{practice.well}"
    assert family.open(f"/launch/times/{practice.sick}").status == 403
    family.open(f"{times}?go=day-{TOMORROW.isoformat()}")
    slot = code_for(family.page, "9:20 AM")
    form = {name: family.page.forms[times][name] for name in ("csrftoken", "secret")}
    moved = f"{slot.rpartition('-')[0]}-{practice.harbor:x}"
    assert family.client.post(times, data={**form, "slot": moved}).status_code == 403
    assert family.client.post(f"/launch/times/{practice.sick}", data={**form, "slot": slot}).status_code == 403
    assert family.client.post(times, data={**form, "slot": slot, "type": "1"}).status_code == 400
    page = tap(family, times, slot)
    fields = {**page.forms["/booking/confirm"], "child": str(practice.a_patient("Ada", "Stone", TODAY))}
    assert family.client.post("/booking/confirm", data=fields).status_code == 404
    stranger = Visitor(family.client.app)
    assert stranger.open(times).status == 404
    stranger.client.cookies.set("hold", family.client.cookies["hold"])
    page = stranger.open("/booking")  # the secret of the hold without the launch
    assert page.status == 404
    assert "Zuri" not in page.html


def test_a_token_without_a_type_lets_choose_one(partner: Partner, program: TestClient, family: Visitor) -> None:
    family.open(sent(partner, program))
    page = family.send("")
    assert "What kind of visit?" in page.words
    page = family.follow("Sick visit")
    assert family.last == f"/launch/times/{partner.practice.sick}"
    assert "Another kind of visit" in page.words


def test_when_the_launch_is_over_every_page_says_so(
    partner: Partner, program: TestClient, family: Visitor, clock: FixedClock
) -> None:
    family.open(sent(partner, program, type="Well visit"))
    family.send("")
    times = f"/launch/times/{partner.practice.well}"
    family.open(f"{times}?go=day-{TOMORROW.isoformat()}")
    page = tap(family, times, code_for(family.page, "9:20 AM"))
    form = page.forms["/booking/confirm"]
    clock.advance(timedelta(minutes=16))
    pages = [family.open(each) for each in ("/launch", times, "/booking")]
    answer = family.client.post("/booking/confirm", data=form)
    assert {page.status for page in pages} == {404} == {answer.status_code}
    assert all("not valid any more" in page.words for page in pages)
    assert "Zuri" not in answer.text


def test_a_link_opens_by_its_button_alone(partner: Partner, program: TestClient, family: Visitor) -> None:
    path = sent(partner, program, type="Well visit", location="Northside")
    for _look in range(3):  # scanners
        assert TestClient(family.client.app, base_url=ADDRESS).get(path).status_code == 200
    page = family.open(path)
    assert page.title.startswith("Choose a time")
    assert "Zuri" not in page.html  # nothing of the patient before it is opened
    assert page.headers["referrer-policy"] == "no-referrer"
    page = family.send("")
    assert family.last == f"/launch/times/{partner.practice.well}"
    for words in ("Zuri", "Well visit", "Northside", "before 8:27"):
        assert words in page.words, words
    assert "Okafor" not in page.html
    assert family.client.cookies.get("launch")


def test_a_link_opens_in_one_browser(partner: Partner, program: TestClient, family: Visitor, clock: FixedClock) -> None:
    path = sent(partner, program)
    other = Visitor(family.client.app)
    other.open(path)
    family.open(path)
    assert "Zuri" in family.send("").words
    page = other.send("")
    assert page.status == 404
    assert "not valid any more" in page.words
    assert "Zuri" not in page.html
    assert other.open(path).status == 404
    assert "Zuri" in family.open("/launch").words
    clock.advance(timedelta(minutes=15))
    assert family.open("/launch").status == 404


def test_the_button_pressed_twice_leads_to_the_same_page(
    partner: Partner, program: TestClient, family: Visitor
) -> None:
    path = sent(partner, program)
    family.open(path)
    form = family.page.forms[""]
    family.send("")
    again = family.client.post(path, data=form)
    assert (again.status_code, again.url.path) == (200, "/launch")  # the token names no kind of visit: it is chosen
    assert "Zuri" in again.text


def test_a_link_that_is_too_old_unknown_or_revoked_says_the_same(
    partner: Partner, program: TestClient, family: Visitor, clock: FixedClock
) -> None:
    path, revoked = sent(partner, program), sent(partner, program)
    family.open(path)
    form = family.page.forms[""]
    clock.advance(timedelta(minutes=2))
    pages = [family.open(path), family.open("/launch/unknown")]
    revoke(partner)
    pages.append(family.open(revoked))
    assert {page.status for page in pages} == {404}
    assert len({page.words for page in pages}) == 1
    assert family.client.post(path, data=form).status_code == 404


def test_a_token_in_an_address_is_dropped_and_not_accepted(partner: Partner, family: Visitor) -> None:  # JWT-11
    answer = family.client.get(f"/launch?token={partner.token()}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/launch")
    assert "no-referrer" in answer.headers["referrer-policy"]
    page = family.open(f"/launch?token={partner.token()}")
    assert family.client.get("/launch").url.query == b""
    assert page.status == 404
    assert launches(partner) == 0


def test_a_form_of_another_site_opens_nothing(partner: Partner, program: TestClient, family: Visitor) -> None:
    path = sent(partner, program)
    stranger = family.client.post(
        path, data={"csrftoken": "x"}, headers={"origin": "https://evil.example.org", "sec-fetch-site": "cross-site"}
    )
    assert stranger.status_code == 403
    assert family.client.post(path, data={"csrftoken": "x"}).status_code == 403
    assert partner.desk.query(SYSTEM, booking_tokens.code_stands, path.rpartition("/")[2])


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_pages_are_small_and_speak_the_visitors_language(
    partner: Partner, program: TestClient, family: Visitor, language: str
) -> None:
    family.client.headers["accept-language"] = language
    pages = [family.open(sent(partner, program)), family.send(""), family.open("/launch/unknown")]
    assert [("Seguir" in page.words or "Go on" in page.words) for page in pages] == [True, False, False]
    assert all((f'lang="{language}' in page.html) and len(page.html) < 50_000 for page in pages)
    assert ("Choose a time" in pages[0].words) is (language == "en")
