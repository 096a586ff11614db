"""Sign-in by one-time code, and the ends of a session (PP1, OTP-03 to OTP-07)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from request_desk.domain.clock import FixedClock
from request_desk.services.desk import Desk
from request_desk.store import schema
from request_desk.web.guards import Rates
from tests.builders import Practice
from tests.web.conftest import Page, SignIn, Visitor, mailed_code, portal


def asked(visitor: Visitor, email: str) -> Page:
    visitor.open("/sign-in")
    return visitor.send("/sign-in", email=email)


def type_code(visitor: Visitor, code: str) -> Page:
    """Send the form of page two, which goes to its own address."""
    return visitor.send("", code=code)


def test_a_parent_signs_in_with_the_code_from_the_mail(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    visitor = Visitor(portal(desk, clock))
    page = asked(visitor, "amara@example.org")
    assert page.title.startswith("Type your code")
    page = type_code(visitor, mailed_code(practice))
    assert page.title.startswith("Visits and requests")
    assert "Amara Okafor" in page.words


@pytest.mark.parametrize("typed", [" 123 456 ", "123-456"])
def test_spaces_in_a_code_do_not_matter(stranger: Visitor, typed: str) -> None:  # OTP-06
    asked(stranger, "amara@example.org")
    assert "not the code" in type_code(stranger, typed).words


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "１２３４５６", "+12345", "1_2345", "1e5"])
def test_what_is_no_code_is_told_beside_its_field_and_stays_typed(stranger: Visitor, typed: str) -> None:  # OTP-06
    asked(stranger, "amara@example.org")
    page = type_code(stranger, typed)
    assert page.status == 422
    assert "The code has 6 digits" in page.words
    assert page.forms[""]["code"] == typed


def test_an_unknown_address_sees_the_same_page_and_gets_no_mail(
    stranger: Visitor, sqlite_practice: Practice
) -> None:  # OTP-07
    known = asked(stranger, "amara@example.org")
    unknown = asked(stranger, "nobody@example.org")
    assert known.words == unknown.words
    with sqlite_practice.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.outbox)).scalar() == 1


@pytest.mark.parametrize(
    "email", ["", "amara", "a@b", "a b@example.org", "a@example.org,b@example.org", "@example.org"]
)
def test_what_is_no_address_is_told_beside_its_field_and_stays_typed(stranger: Visitor, email: str) -> None:  # INP-06
    page = asked(stranger, email)
    assert page.status == 422
    assert "This is not an e-mail address" in page.words
    assert page.forms["/sign-in"]["email"] == email
    assert page.title.startswith("Error")


def test_a_code_works_only_in_the_browser_that_asked(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # OTP-03
    app = portal(desk, clock)
    visitor, other = Visitor(app), Visitor(app)
    asked(visitor, "amara@example.org")
    other.open(visitor.last)
    page = type_code(other, mailed_code(practice))
    assert page.status == 422
    assert "cannot be used" in page.words


def test_a_code_works_once(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # OTP-03
    visitor = Visitor(portal(desk, clock))
    asked(visitor, "amara@example.org")
    address, fields = visitor.last, dict(visitor.page.forms[""])
    code = mailed_code(practice)
    browser = visitor.client.cookies["browser"]
    type_code(visitor, code)
    visitor.client.cookies.clear()
    visitor.client.cookies.update({"browser": browser})
    visitor.open("/sign-in")
    fields["csrftoken"] = visitor.page.forms["/sign-in"]["csrftoken"]
    assert visitor.client.post(address, data={**fields, "code": code}).status_code == 422


def test_too_many_codes_are_refused_in_words(stranger: Visitor) -> None:  # OTP-04
    pages = [asked(stranger, "amara@example.org") for _ in range(4)]
    assert [page.status for page in pages] == [200, 200, 200, 429]
    assert "Several codes" in pages[-1].words


def test_a_cookie_carries_a_token_and_nothing_else(stranger: Visitor, sqlite_practice: Practice) -> None:  # OTP-11
    asked(stranger, "amara@example.org")
    type_code(stranger, mailed_code(sqlite_practice))
    assert set(stranger.client.cookies) == {"session", "csrf"}
    assert len(stranger.client.cookies["session"]) == 43


def test_https_cookies_are_secure_and_bound_to_the_host(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:
    app = portal(sqlite_desk, clock, public_url="https://portal.example.org")
    visitor = Visitor(app, base_url="https://portal.example.org")
    answers: list[Any] = []
    visitor.client.event_hooks = {"response": [answers.append]}
    asked(visitor, "amara@example.org")
    type_code(visitor, mailed_code(sqlite_practice))
    cookies = [line for answer in answers for line in answer.headers.get_list("set-cookie")]
    assert {line.partition("=")[0] for line in cookies} == {"__Host-csrf", "__Host-browser", "__Host-session"}
    for line in cookies:
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= {part.strip().lower() for part in line.split(";")}
        assert "domain" not in line.lower()


def test_signing_out_ends_the_session_in_the_database(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    token = visitor.client.cookies["session"]
    visitor.open("/")
    assert visitor.send("/sign-out").title.startswith("Sign in")
    visitor.client.cookies.set("session", token)
    assert visitor.open("/").title.startswith("Sign in")


def test_an_idle_session_ends(sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    clock.advance(timedelta(minutes=20))
    assert visitor.open("/").title.startswith("Visits")
    clock.advance(timedelta(minutes=20))
    assert visitor.open("/").title.startswith("Visits")
    clock.advance(timedelta(minutes=31))
    assert visitor.open("/").title.startswith("Sign in")


def test_a_session_that_ended_while_typing_loses_no_text(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock
) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next")
    clock.advance(timedelta(hours=1))
    page = visitor.send("/ask/schedule", message="She has had a cough for two weeks. <b>Please</b>")
    assert page.status == 403
    assert "signed out" in page.words
    assert "She has had a cough for two weeks. &lt;b&gt;Please" in page.html


@pytest.mark.parametrize("path", ["/", "/ask/schedule", "/requests/3a0a7445-73a4-4d7c-9f24-60efb98a96c8"])
def test_who_is_not_signed_in_is_led_to_the_sign_in(stranger: Visitor, path: str) -> None:
    assert stranger.open(path).title.startswith("Sign in")


@pytest.mark.parametrize("target", ["//evil.example.org", "/\\evil.example.org", "https:evil.example.org"])
def test_no_page_redirects_to_where_a_parameter_says(stranger: Visitor, target: str) -> None:  # WEB-14
    for name in ("next", "return_to", "url"):
        answer = stranger.client.get("/", params={name: target}, follow_redirects=False)
        assert answer.headers["location"] == "/sign-in"


def test_one_client_asks_for_few_codes_only(sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock) -> None:
    visitor = Visitor(portal(sqlite_desk, clock, rates=Rates(asks="2 per hour", tries="2 per hour")))
    pages = [asked(visitor, f"parent{number}@example.org") for number in range(3)]
    assert [page.status for page in pages] == [200, 200, 429]
    assert 0 < int(pages[-1].headers["retry-after"]) <= 3600
    assert "Please wait" in pages[-1].words
