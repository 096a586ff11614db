"""What every request passes: headers, hosts, methods, strict forms, limits, rates, error pages (WEB-01 to WEB-09, WEB-15)."""

import logging
import re
from threading import Event, Thread
from typing import Any

import httpx2
import pytest
from limits import parse
from limits.strategies import MovingWindowRateLimiter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from request_desk import config
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import new_uuid
from request_desk.services.desk import Desk, Unit
from request_desk.web import server
from request_desk.web.guards import Addresses, Hits, Rates, block_of
from tests.builders import TODAY, Practice
from tests.web.conftest import ADDRESS, SignIn, Visitor, portal

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
FORM = {"content-type": "application/x-www-form-urlencoded"}


def check_headers(answer: Any) -> None:
    headers = answer.headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store" or headers["cache-control"].endswith("immutable")
    assert "server" not in headers
    assert "x-powered-by" not in headers


def some_address(path: str) -> str:
    """An address of a route, of something that there is not."""
    return re.sub(r"\{\w+:int\}", "424242", re.sub(r"\{\w+:uuid\}", str(new_uuid()), path))


def paths(practice: Practice) -> list[str]:
    """An address for every route."""
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:20")
    practice.a_request()
    found = []
    for route in server.ROUTES:
        found += (
            [
                route.path.replace("{kind}", kind)
                for kind in ("schedule", f"cancel?appointment={appointment}", "reschedule", "nothing")
            ]
            if "{kind}" in route.path
            else [some_address(route.path)]
        )
    return sorted({*found, "/robots.txt", "/assets/0/portal.css", "/nothing", "/../../etc/passwd", "/favicon.ico"})


# Headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_every_answer_of_every_route_carries_the_headers(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, method: str
) -> None:  # WEB-02
    visitor = sqlite_sign_in(sqlite_practice.amara)
    seen = set()
    for path in paths(sqlite_practice):
        for signed_in in (True, False):
            client = visitor.client if signed_in else TestClient(visitor.client.app, base_url=ADDRESS)
            answer = client.request(method, path, follow_redirects=False)
            assert answer.status_code < 500
            check_headers(answer)
            seen.add(answer.status_code)
    assert seen <= ({200, 303, 404, 405} if method in {"GET", "HEAD"} else {404, 405, 415})


def test_a_bug_becomes_a_page_with_headers_and_a_reference_and_tells_nothing(
    sqlite_desk: Desk,
    sqlite_practice: Practice,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # WEB-08
    visitor = Visitor(portal(sqlite_desk, clock))
    visitor.open("/sign-in")

    def broken(_unit: Unit, *_values: object) -> None:
        raise ZeroDivisionError("secret of amara@example.org")

    monkeypatch.setattr("request_desk.services.portal.access.ask_code", broken)
    with caplog.at_level(logging.INFO):
        page = visitor.send("/sign-in", email="amara@example.org")
    assert page.status == 500
    check_headers(page)
    assert "Something went wrong here" in page.words
    assert "Harbor Pediatrics" in page.words
    assert "(206) 555-0100" in page.words
    reference = page.words.partition("name it: ")[2].split()[0]
    assert any(reference in line and "ZeroDivisionError" in line for line in caplog.messages)
    for text in (page.html, caplog.text):
        assert "amara@example.org" not in text
        assert "secret of" not in text
    assert "Traceback" not in page.html


def test_a_database_that_is_gone_becomes_a_page(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:
    from request_desk.domain.errors import Unavailable

    app = portal(sqlite_desk, clock)
    visitor = Visitor(app)
    visitor.open("/sign-in")

    def gone(*_values: object, **_more: object) -> None:
        raise Unavailable("The database cannot be reached just now.")

    sqlite_desk.query = gone  # type: ignore[method-assign,assignment]
    page = visitor.open("/sign-in")
    assert page.status == 503
    assert page.headers["retry-after"] == "30"
    assert "(206) 555-0100" in page.words
    check_headers(page)


def test_the_access_log_has_neither_addresses_nor_references_nor_queries(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    with caplog.at_level(logging.INFO, "request_desk"):
        visitor.open(f"/requests/{new_uuid()}?token=abc")
        visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("request_desk.web")]
    assert [line.split(" ")[1:4] for line in lines] == [
        ["GET", "/requests/{reference:uuid}", "404"],
        ["GET", "/ask/{kind}", "200"],
    ]


def test_hsts_is_sent_over_https_only(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:  # WEB-01
    plain = Visitor(portal(sqlite_desk, clock)).open("/sign-in")
    assert "strict-transport-security" not in plain.headers
    address = "https://portal.example.org"
    secure = Visitor(portal(sqlite_desk, clock, public_url=address), base_url=address).open("/sign-in")
    assert int(secure.headers["strict-transport-security"].partition("max-age=")[2].split(";")[0]) >= 31536000


def test_a_portal_on_the_network_needs_an_https_address(sqlite_desk: Desk, clock: FixedClock) -> None:  # WEB-01
    for public_url in ("", "http://portal.example.org"):
        with pytest.raises(Invalid, match="public_url"):
            portal(sqlite_desk, clock, host="0.0.0.0", public_url=public_url)
    portal(sqlite_desk, clock, host="0.0.0.0", public_url="https://portal.example.org")


@pytest.mark.parametrize(
    "settings",
    [
        {"public_url": "portal.example.org"},
        {"public_url": "https://portal.example.org/deep"},
        {"public_url": "ftp://portal.example.org"},
        {"trusted_proxies": ("nginx",)},
    ],
)
def test_settings_that_cannot_be_are_refused_in_words(
    sqlite_desk: Desk, clock: FixedClock, settings: dict[str, Any]
) -> None:
    with pytest.raises(Invalid, match="Write it like"):
        portal(sqlite_desk, clock, **settings)


# Host, address


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.evil.example.org", "", "a b", "127.0.0.1:8000, evil"])
def test_an_unknown_host_is_refused(stranger: Visitor, host: str) -> None:  # WEB-03
    answer = stranger.client.get("/sign-in", headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    check_headers(answer)


def test_forwarded_hosts_change_nothing(stranger: Visitor) -> None:  # WEB-03
    headers = {
        "x-forwarded-host": "evil.example.org",
        "x-forwarded-proto": "https",
        "forwarded": "host=evil.example.org",
    }
    answer = stranger.client.get("/", headers=headers, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in"
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),  # not our proxy: what it says does not count
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "203.0.113.1, 203.0.113.9", "203.0.113.9"),  # the leftmost is what the client wrote itself
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("10.0.0.2", "10.0.0.4, 10.0.0.3", "10.0.0.4"),
        ("10.0.0.2", "203.0.113.9, nonsense", "10.0.0.2"),
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
        ("testclient", "203.0.113.9", "testclient"),
    ],
)
def test_the_client_is_the_rightmost_foreign_address_behind_our_proxies(
    peer: str, forwarded: str, address: str
) -> None:  # WEB-04
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert Addresses(["10.0.0.0/8"]).of({"type": "http", "client": (peer, 1), "headers": headers}) == address


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_counts_as_one_client(address: str, block: str) -> None:
    assert block_of(address) == block


def test_a_forged_address_does_not_escape_the_rate(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:  # WEB-04
    app = portal(sqlite_desk, clock, rates=Rates(reads="3 per minute"))
    client = TestClient(app, base_url=ADDRESS, client=("192.0.2.7", 4000))
    answers = [client.get("/sign-in", headers={"x-forwarded-for": f"203.0.113.{n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "Too many tries" in answers[-1].text
    check_headers(answers[-1])
    assert TestClient(app, base_url=ADDRESS, client=("192.0.2.8", 4000)).get("/sign-in").status_code == 200


def test_counting_starts_no_thread_behind_every_hit() -> None:  # WEB-10
    hits = Hits()
    sweeper, limiter, few = hits.timer, MovingWindowRateLimiter(hits), parse("2 per minute")
    assert [limiter.hit(few, who) for who in ("a", "a", "a", "b")] == [True, True, False, True]
    assert hits.timer is sweeper
    assert sweeper.is_alive()
    assert sweeper.daemon  # nobody waits for it at the end
    assert sweeper.interval >= 1.0  # seconds
    sweeper.cancel()


# Methods, parameters, types, sizes


def test_a_method_cannot_be_overridden(stranger: Visitor) -> None:  # WEB-05
    answer = stranger.client.get("/sign-out", headers={"x-http-method-override": "POST"}, params={"_method": "POST"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_head_is_get_without_a_body(stranger: Visitor) -> None:  # WEB-05
    answer = stranger.client.head("/sign-in")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_parameter_twice_is_refused(stranger: Visitor) -> None:  # WEB-06
    assert stranger.client.get("/sign-in?a=1&a=2").status_code == 400
    answer = stranger.client.post("/sign-in", content="email=a%40example.org&email=b%40example.org", headers=FORM)
    assert answer.status_code == 400
    check_headers(answer)


def test_a_form_is_read_from_the_body_alone(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:  # WEB-06
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next")
    form = {name: value for name, value in visitor.page.forms["/ask/schedule"].items() if not name.startswith("w")}
    answer = visitor.client.post("/ask/schedule?w1=next", data=form)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 415),
        ("text/plain", 415),
        ("multipart/form-data", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", 415),
        ("application/x-www-form-urlencoded; charset=utf-8", 403),  # understood; the token is missing
        ("", 415),
    ],
)
def test_only_forms_are_understood(stranger: Visitor, kind: str, status: int) -> None:  # WEB-06
    headers = {"content-type": kind} if kind else {}
    answer = stranger.client.post("/sign-in", content=b"email=a%40example.org", headers=headers)
    assert answer.status_code == status
    check_headers(answer)


@pytest.mark.parametrize("body", [b"email=\xff\xfe", b"email=%ff%fe", b"email=%ed%a0%80", "email=é".encode()])
def test_a_form_that_is_not_utf_8_is_refused(stranger: Visitor, body: bytes) -> None:
    assert stranger.client.post("/sign-in", content=body, headers=FORM).status_code == 400


def test_sizes_are_limited(stranger: Visitor) -> None:  # WEB-07
    client = stranger.client
    statuses = [
        client.post("/sign-in", content=b"email=" + b"a" * 66_000, headers=FORM).status_code,
        client.post("/sign-in", content=iter([b"email=" + b"a" * 40_000, b"a" * 40_000]), headers=FORM).status_code,
        client.post("/sign-in", content="&".join(f"f{n}=1" for n in range(65)), headers=FORM).status_code,
        client.get(f"/sign-in?a={'a' * 2100}").status_code,
        client.get(f"/{'a' * 2100}").status_code,
        client.get("/sign-in", headers={"x-large": "a" * 17_000}).status_code,
    ]
    assert statuses == [413, 413, 400, 414, 414, 431]


def test_too_much_text_becomes_a_page(stranger: Visitor) -> None:
    answer = stranger.client.post("/sign-in", content=b"email=" + b"a" * 1_000_000, headers=FORM)
    assert "That is too much text" in answer.text
    check_headers(answer)


# Forms of others


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_a_form_of_another_site_is_refused_even_with_a_right_token(stranger: Visitor, site: str) -> None:
    stranger.open("/sign-in")
    form = {**stranger.page.forms["/sign-in"], "email": "amara@example.org"}
    assert stranger.client.post("/sign-in", data=form, headers={"sec-fetch-site": site}).status_code == 403
    assert (
        stranger.client.post("/sign-in", data=form, headers={"origin": "https://evil.example.org"}).status_code == 403
    )
    assert stranger.client.post("/sign-in", data=form, headers={"origin": "null"}).status_code == 403


def test_a_form_of_ours_behind_a_proxy_is_taken(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:
    app = portal(sqlite_desk, clock, public_url="https://portal.example.org")
    visitor = Visitor(app, base_url="https://portal.example.org")
    visitor.open("/sign-in")
    form = {**visitor.page.forms["/sign-in"], "email": "amara@example.org"}
    headers = {"origin": "https://portal.example.org", "sec-fetch-site": "same-origin"}
    assert visitor.client.post("/sign-in", data=form, headers=headers, follow_redirects=False).status_code == 303


def test_an_expired_form_shows_what_was_typed_and_a_foreign_one_nothing(
    sqlite_sign_in: SignIn, sqlite_practice: Practice
) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    visitor.open(f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next")
    form = {**visitor.page.forms["/ask/schedule"], "message": "typed <b>long</b> ago", "csrftoken": "old"}
    answer = visitor.client.post("/ask/schedule", data=form)
    assert (answer.status_code, "typed &lt;b&gt;long&lt;/b&gt; ago" in answer.text) == (403, True)
    answer = visitor.client.post("/ask/schedule", data=form, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, "typed" in answer.text) == (403, False)


@pytest.mark.parametrize("token", ["", "x", "é", "\u0661", "a.b"])
def test_a_form_without_its_token_is_refused_with_or_without_cookies(stranger: Visitor, token: str) -> None:
    stranger.open("/sign-in")
    form = {**stranger.page.forms["/sign-in"], "email": "amara@example.org", "csrftoken": token}
    answer = stranger.client.post("/sign-in", data=form)
    assert answer.status_code == 403
    assert "This form has expired" in answer.text
    check_headers(answer)
    stranger.client.cookies.clear()
    assert stranger.client.post("/sign-in", data=form).status_code == 403


def test_every_post_needs_a_token(stranger: Visitor) -> None:
    posts = [route for route in server.ROUTES if "POST" in (route.methods or ())]
    assert posts
    for route in posts:
        path = some_address(route.path.replace("{kind}", "schedule"))
        assert stranger.client.post(path, data={"a": "b"}).status_code == 403


@pytest.mark.parametrize("header", ["authorization", "x-csrftoken"])
def test_no_header_replaces_the_token(stranger: Visitor, header: str) -> None:
    stranger.open("/sign-in")
    value = "Bearer x" if header == "authorization" else stranger.page.forms["/sign-in"]["csrftoken"]
    assert stranger.client.post("/sign-in", data={"email": "a@example.org"}, headers={header: value}).status_code == 403


@pytest.mark.parametrize(
    "cookie", [b"csrf=\xff", b"csrf=a; csrf=b", b"session=\xc3\xa9", b"=; ;;", b"session=" + b"a" * 5000]
)
def test_odd_cookies_are_no_cookies(stranger: Visitor, cookie: bytes) -> None:
    answer = stranger.client.get("/", headers=[(b"cookie", cookie)], follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    answer = stranger.client.post("/sign-in", data={"email": "a@example.org"}, headers=[(b"cookie", cookie)])
    assert answer.status_code == 403


def test_a_planted_second_session_cookie_signs_nobody_in(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    token = visitor.client.cookies["session"]
    visitor.client.cookies.clear()
    cookie = f"session={token}; session={'a' * 43}"
    assert visitor.client.get("/", headers={"cookie": cookie}, follow_redirects=False).status_code == 303


def test_nothing_typed_reaches_a_header(stranger: Visitor) -> None:  # WEB-15
    stranger.open("/sign-in")
    answer = stranger.client.post(
        "/sign-in",
        data={**stranger.page.forms["/sign-in"], "email": "a@example.org\r\nset-cookie: evil=1"},
        headers={"referer": "https://evil.example.org"},
    )
    assert answer.status_code == 422
    assert "evil" not in str(answer.headers)


# Files, and pages others could add


def test_the_style_sheet_is_kept_by_browsers_and_others_are_not_there(stranger: Visitor) -> None:
    page = stranger.open("/sign-in")
    sheet = page.html.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = stranger.client.get(sheet)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    folder = sheet.rpartition("/")[0]
    for name in ("..%2f..%2fpyproject.toml", "../portal.css", "portal.css%00", "secret.css"):
        assert stranger.client.get(f"{folder}/{name}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/sign-in", "/", "/ask/schedule", "/ask/schedule?type=any", "/nothing", "/ask/cancel"]
)
def test_a_page_weighs_less_than_fifty_kilobytes(sqlite_sign_in: SignIn, sqlite_practice: Practice, path: str) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    page = visitor.open(path)
    sheet = visitor.client.get(page.html.partition('rel="stylesheet" href="')[2].partition('"')[0])
    assert len(page.html.encode()) + len(sheet.content) < 50_000
    assert "<script" not in page.html
    assert "style=" not in page.html


def test_the_busiest_page_weighs_less_than_fifty_kilobytes(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    where = f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}"
    for go in ("", "&go=day-2026-11-25"):
        page = visitor.open(where + go)
        sheet = visitor.client.get(page.html.partition('rel="stylesheet" href="')[2].partition('"')[0])
        assert len(page.html.encode()) + len(sheet.content) < 50_000
        assert len(page.choices) <= 59


def test_the_guards_need_their_front() -> None:
    from request_desk.web.guards import request_info

    async def page(request: Request) -> Response:
        request_info(request.scope)
        return PlainTextResponse("")

    bare: ASGIApp = Starlette(routes=[Route("/", page)])
    with pytest.raises(KeyError):
        TestClient(bare).get("/")


def test_the_settings_of_a_process_build_a_portal(sqlite_desk: Desk, clock: FixedClock) -> None:
    app = server.build(sqlite_desk, config.Settings(), clock)
    assert TestClient(app, base_url="http://localhost:8000").get("/sign-in").status_code == 200


def test_the_server_tells_its_port_answers_and_stops(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock
) -> None:
    ready, stop, ports = Event(), Event(), list[int]()

    def heard(port: int) -> None:
        ports.append(port)
        ready.set()

    app = portal(sqlite_desk, clock)
    thread = Thread(target=server.serve, args=(app, "127.0.0.1", 0, heard), kwargs={"stop": stop})
    thread.start()
    try:
        assert ready.wait(20)
        with httpx2.Client(base_url=f"http://127.0.0.1:{ports[0]}", trust_env=False) as client:
            answer = client.get("/sign-in")
            assert answer.status_code == 200
            check_headers(answer)
            assert client.head("/sign-in").content == b""
            assert client.get("/sign-in", headers={"host": "evil.example.org"}).status_code == 400
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
