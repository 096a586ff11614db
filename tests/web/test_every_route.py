"""Whatever is sent to whichever address, by whomever: an answer of ours with its headers, never a failure of the server (WEB-02, WEB-08, WEB-14)."""

import logging
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import select
from wtforms.fields.core import UnboundField

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import hashed, new_token
from request_desk.services.desk import Desk
from request_desk.services.portal import booking_tokens
from request_desk.store import schema
from request_desk.store.database import Database
from request_desk.web import book_forms, forms, server
from tests.builders import TODAY, Practice
from tests.online import TOMORROW, Share
from tests.partners import Partner, sealing_desk
from tests.services.form_parts import a_document, a_questionnaire
from tests.services.test_manage_links import minted
from tests.web.conftest import UNHURRIED, Page, Visitor, portal, token_for
from tests.web.test_counter_offers import Offered
from tests.web.test_guards import FORM, POLICY

WHO: Final = ("signed out", "signed in", "manage link", "hold", "hold, signed in", "launch")
EXAMPLES: Final = 50  # for each of them
ODD: Final = (
    "", " ", "0", "-1", "9" * 20, "9223372036854775808", "1e9", "²", "１", "None", "\0", "\r\nSet-Cookie: a=b", "%00", "%0d%0aX: y",
    "\u202e", "\ufeff", "\U0010ffff", "<script>", "{{7*7}}", "' or 1=1--", "../../etc/passwd", "//evil.example.org", "/\\evil.example.org",
    "//[", "https://evil.example.org", "javascript:alert(1)", "a" * 1500, "0001-01-01", "9999-12-31", "2026-02-30", "day-9999-12-31",
    "day-0001-01-01", "earlier", "later", "next", "tfffffff-1-1", "sfffffff-ffffffffffffffff", "0-0-0", "fffffff-1-1", "1.2.3", "..",
)  # fmt: skip
NAMED: Final = (
    "from", "go", "provider", "location", "child", "who", "type", "on", "part", "at", "with", "done", "again", "sent", "saved", "times",
    "slot", "token", "back", "language", "message", "twice", "w1", "c1", "q1", "seen", "submission", "appointment", "offer", "_method",
)  # fmt: skip
METHODS: Final = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "BREW")
KINDS: Final = (
    FORM["content-type"],
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "x" * 300,
    "",
)
HEADERS: Final = (
    "origin", "referer", "accept-language", "sec-fetch-site", "sec-purpose", "x-forwarded-for", "x-http-method-override", "if-none-match",
    "range", "authorization", "cookie", "accept", "content-encoding", "content-length", "x-csrftoken", "forwarded", "host",
)  # fmt: skip
SAID: Final = (
    "http://[", "null", "http://127.0.0.1:8000", "https://evil.example.org", "es;q=x", "es;q=nan,en", "*", "same-origin", "prefetch", "POST",
    "bytes=0-1,5-", "gzip", "hold=\"", "session=a; session=b; hold=%00", "Bearer a.b.c", "-1", "[::1", "1.1.1.1, nonsense", "a:b:c",
)  # fmt: skip


@pytest.fixture
def sqlite_desk(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Desk:
    """The portal's desk, with keys for booking tokens."""
    return sealing_desk(Database(sqlite_url), clock, tmp_path / "keys")


class World:
    """A practice in which everything that an address can name is there, and a browser of each kind."""

    def __init__(self, practice: Practice, desk: Desk, clock: FixedClock) -> None:
        self.practice, self.app = practice, portal(desk, clock, rates=UNHURRIED)
        share = Share(practice)
        offered = Offered(practice, desk, clock)
        visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=7), "9:20")
        intake = a_questionnaire(practice, (practice.well,))
        document = a_document(practice, visit)
        clock.advance(timedelta(seconds=21))
        self.token = minted(practice, visit, practice.amara)
        self.secret, self.launch, partner = new_token(), new_token(), Partner(practice)
        code = partner.code(partner.token())
        desk.perform(SYSTEM, booking_tokens.open_code, code, hashed(self.launch))
        browser = Visitor(self.app)
        browser.client.cookies.set("hold", self.secret)
        share.hold("9:20", secret=self.secret, day=TOMORROW)
        browser.open("/booking")
        browser.send("/booking/email", email="amara@example.org")
        with practice.database.read() as connection:
            challenge = connection.execute(select(schema.challenge.c.reference)).scalars().first()
        self.known: dict[str, list[str]] = {
            "token": [self.token],
            "appointment_id": [str(visit)],
            "id": [str(share.held(self.secret).id), str(visit)],
            "attachment_id": [str(document)],
            "questionnaire_id": [str(intake.id)],
            "reference": [offered.thread.rpartition("/")[2], str(challenge)],
            "hold_id": [str(each) for each in offered.holds],
            "service": [str(share.service_reference)],
            "variant": [str(share.reference)],
            "kind": ["schedule", "reschedule", "cancel", "question", "move"],
            "code": [partner.code(partner.token())],
        }
        self.practice = practice

    def browser(self, who: str) -> Visitor:
        visitor = Visitor(self.app)
        cookies = {
            "signed in": {"session": token_for(self.practice, self.practice.amara)},
            "hold": {"hold": self.secret},
            "hold, signed in": {"hold": self.secret, "session": token_for(self.practice, self.practice.amara)},
            "launch": {"launch": self.launch},
        }
        for name, value in cookies.get(who, {}).items():
            visitor.client.cookies.set(name, value)
        visitor.client.follow_redirects = False
        visitor.client.get("/sign-in")
        return visitor


@pytest.fixture
def world(sqlite_practice: Practice, sqlite_desk: Desk, clock: FixedClock) -> World:
    return World(sqlite_practice, sqlite_desk, clock)


def field_names() -> Iterator[str]:
    """The fields of every form that is posted anywhere."""
    for module in (forms, book_forms):
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, forms.Posted):
                yield from (name for name in dir(form) if isinstance(getattr(form, name), UnboundField))


PATTERNS: Final = tuple(dict.fromkeys(route.path for route in server.ROUTES))
FIELDS: Final = tuple(sorted({*NAMED, *field_names()}))
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=40))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@st.composite
def paths(draw: st.DrawFn, known: Mapping[str, list[str]], pattern: str) -> str:
    """An address of a route: what is there, of another kind, or odd bytes."""

    def value(found: re.Match[str]) -> str:
        pool = known.get(found[1], [])
        is_odd = draw(st.integers(0, 3)) == 0 or not pool
        if not is_odd:
            return draw(st.sampled_from(pool))
        odd = st.one_of(
            texts.map(encoded),
            st.binary(max_size=12),
            st.sampled_from([each.encode() for every in known.values() for each in every]),
        )
        return quote_from_bytes(draw(odd), safe="")

    return re.sub(r"\{(\w+)(?::\w+)?\}", value, pattern)


@st.composite
def fields(draw: st.DrawFn, known: Mapping[str, list[str]]) -> dict[str, bytes]:
    pool = st.sampled_from([each.encode() for every in known.values() for each in every])
    return draw(
        st.dictionaries(st.sampled_from(FIELDS), st.one_of(texts.map(encoded), pool, st.binary(max_size=8)), max_size=6)
    )


def check(answer: Any) -> None:
    """Whatever it is: ours, with the headers, leading nowhere else, and telling nothing of how it is made."""
    headers = answer.headers
    assert answer.status_code < 500, (answer.request.method, answer.request.url, answer.request.content)
    policy = headers["content-security-policy"]
    assert policy in {POLICY, "sandbox"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["cache-control"] == "no-store" or headers["cache-control"].endswith("immutable")
    assert "server" not in headers
    assert "x" not in headers
    assert {cookie.partition("=")[0] for cookie in headers.get_list("set-cookie")} <= {
        "session", "browser", "csrf", "language", "launch", "manage", "hold", "csrftoken",
    }  # fmt: skip
    location = headers.get("location", "/")
    assert re.match(r"/(?![/\\])", location), location
    assert "Traceback" not in answer.text
    assert "sqlalchemy" not in answer.text.lower()


@pytest.mark.parametrize("who", WHO)
def test_no_request_breaks_a_route(world: World, who: str, caplog: pytest.LogCaptureFixture) -> None:
    visitor = world.browser(who)
    patterns = [each for each in PATTERNS if who != "manage link" or each.startswith("/m/")]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(st.data())
    def run(data: st.DataObject) -> None:
        pattern = data.draw(st.sampled_from(patterns))
        path = data.draw(paths(world.known, pattern))
        query = data.draw(st.one_of(st.just({}), fields(world.known)))
        method = data.draw(st.one_of(st.sampled_from(METHODS[:2]), st.sampled_from(METHODS)))
        headers = {"content-type": data.draw(st.one_of(st.just(KINDS[0]), st.sampled_from(KINDS)))}
        headers |= data.draw(st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(SAID), max_size=2))
        body = b""
        if method != "GET":
            typed = data.draw(fields(world.known))
            token = visitor.client.cookies.get("csrf") or ""
            body = data.draw(
                st.one_of(st.just(urlencode({"csrftoken": token, **typed}).encode()), st.binary(max_size=60))
            )
        answer = visitor.client.request(
            method, f"{path}?{urlencode(query)}" if query else path, content=body or None, headers=headers
        )
        check(answer)

    with caplog.at_level(logging.ERROR, "request_desk"):
        run()
    assert not [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=pytest.mark.slow) if "signed in" in who else who for who in WHO]
)
def test_no_form_of_a_page_breaks_when_a_field_is_odd(world: World, who: str, caplog: pytest.LogCaptureFixture) -> None:
    """The forms that the pages have, as they stand, each field in turn with what no person fills in."""
    visitor = world.browser(who)
    waiting = [_filled(pattern, world.known) for pattern in PATTERNS]
    waiting.append(f"/ask/schedule?child={world.practice.zuri}&type={world.practice.well}&go=next")
    tried: set[str] = set()
    with caplog.at_level(logging.ERROR, "request_desk"):
        for path in waiting:
            page = Page(visitor.client.get(path))
            for action, given_fields in page.forms.items():
                form = given_fields | pressed(page, action)
                name = re.sub(r"[0-9a-f-]{36}|\d+", "…", action or path.partition("?")[0])
                if "csrftoken" not in form or name in tried:
                    continue
                tried.add(name)
                for field in sorted({*form, *page.choices} - {"csrftoken"}):
                    for odd in ODD:
                        typed = {key: encoded(value) for key, value in {**form, field: odd}.items()}
                        answer = visitor.client.post(action or path, content=urlencode(typed).encode(), headers=FORM)
                        check(answer)
    assert not [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(tried) >= 2


def pressed(page: Page, action: str) -> dict[str, str]:
    """What the first button of a form sends beside its fields."""
    found = page.html.partition(f'action="{action}"')[2] if action else page.html.partition("<form")[2]
    button = re.search(r"<button[^>]*>", found.partition("</form>")[0])
    named = dict(re.findall(r'(name|value)="([^"]*)"', button[0])) if button else {}
    return {named["name"]: named.get("value", "")} if "name" in named else {}


def _filled(pattern: str, known: Mapping[str, list[str]]) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: known.get(found[1], ["x"])[0], pattern)
