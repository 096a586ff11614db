"""A portal on a real desk, and visitors who fill in its forms as a browser without scripts does."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from request_desk import config
from request_desk.domain.access import Actor
from request_desk.domain.clock import Clock
from request_desk.domain.ids import hashed, new_token
from request_desk.services.desk import Desk
from request_desk.services.portal import access as portal_access
from request_desk.store import schema
from request_desk.web import server
from request_desk.web.guards import Rates
from tests.builders import Practice

ADDRESS = "http://127.0.0.1:8000"
UNHURRIED = Rates(
    reads="100000 per minute",
    posts="100000 per minute",
    asks="100000 per minute",
    tries="100000 per minute",
    misses="100000 per minute",
    link="100000 per minute",
)


class Page(HTMLParser):
    """What a person finds on a page: text, links, and the forms with their fields as they stand."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.status = response.status_code
        self.headers = response.headers
        self.html = response.text
        self.words = ""
        self.title = ""
        self.links: dict[str, str] = {}
        self.forms: dict[str, dict[str, str]] = {}
        self.choices: dict[str, list[str]] = {}  # values of check boxes and radio buttons, by name
        self._form: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self._link = self._area = self._select = ""
        self.feed(self.html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self._form = self.forms.setdefault(given.get("action", ""), {})
            case "input":
                kind, name = given.get("type", "text"), given.get("name", "")
                if kind in {"checkbox", "radio"}:
                    self.choices.setdefault(name, []).append(given["value"])
                if kind not in {"checkbox", "radio"} or "checked" in given:
                    self._form[name] = given.get("value", "")
            case "select":
                self._select = given["name"]
            case "option":
                if "selected" in given or self._select not in self._form:
                    self._form[self._select] = given["value"]
            case "textarea":
                self._area = given.get("name", "-")
                self._form[self._area] = ""
            case "a":
                self._link = given.get("href", "")
            case "title":
                self._link = ""
        if tag not in {"input", "meta", "link", "br"}:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area
        self._link = "" if tag == "a" else self._link
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(tag == "title" for tag, _given in self._open):
            self.title += data.strip()
        elif self._area:
            self._form[self._area] += data.removeprefix("\n") if not self._form[self._area] else data
        else:
            self.words += f" {data}"
            if self._link and data.strip():
                self.links.setdefault(" ".join(data.split()), self._link)

    @property
    def times(self) -> list[str]:
        """The codes of the times that can be ticked, in the order of the page."""
        return [value for name, values in self.choices.items() if name[:1] == "c" for value in values]


class Visitor:
    """Somebody with a browser without scripts: keeps cookies, follows redirects, sends what a form holds."""

    def __init__(self, app: ASGIApp, *, base_url: str = ADDRESS, **options: Any) -> None:
        self.client = TestClient(app, base_url=base_url, **options)
        self.page: Page
        self.last = ""

    def open(self, path: str) -> Page:
        return self._read(self.client.get(path))

    def follow(self, text: str) -> Page:
        """Tap the link with this text."""
        return self.open(next(link for words, link in self.page.links.items() if text in words))

    def send(self, action: str, typed: Mapping[str, str] | None = None, **more: str) -> Page:
        """Fill in the form of this page and send it; a form without an address goes to the page's own."""
        fields = {**self.page.forms[action], **(typed or {}), **more}
        return self._read(self.client.post(action or self.last, data=fields))

    def _read(self, response: Any) -> Page:
        self.last = response.url.path
        self.page = Page(response)
        return self.page

    def choose(self, action: str, go: str, **ticked: str) -> Page:
        """Send a form that asks for another page, with a button."""
        fields = {**self.page.forms[action], **ticked, "go": go}
        return self.open(f"{action}?{urlencode(fields)}")


def portal(desk: Desk, clock: Clock, *, rates: Rates = UNHURRIED, **settings: Any) -> ASGIApp:
    """A portal on a desk."""
    found = config.Settings(portal=config.PortalConfig(**{"public_url": ADDRESS, **settings}))
    return server.build(desk, found, clock, rates=rates)


def token_for(practice: Practice, contact: Actor) -> str:
    """Open a session for a contact, as a right code does."""
    token, now = new_token(), practice.desk.clock.now()
    practice.insert(
        schema.portal_session,
        token_hash=hashed(token),
        contact_id=contact.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=12),
    )
    return token


def mailed_code(practice: Practice, *, nth: int = -1) -> str:
    """Mint the code of a challenge, as the job does when it sends it."""
    with practice.database.read() as connection:
        rows = connection.execute(select(schema.challenge.c.id).order_by(schema.challenge.c.id)).all()
    letter = portal_access.mint_code(practice.desk, rows[nth][0])
    assert letter is not None
    return letter.code.text


SignIn = Callable[[Actor], Visitor]


@pytest.fixture
def sign_in(desk: Desk, practice: Practice, clock: Clock) -> SignIn:
    """Signs contacts in on a portal of either engine."""
    app = portal(desk, clock)

    def signed_in(contact: Actor) -> Visitor:
        visitor = Visitor(app)
        visitor.client.cookies.set("session", token_for(practice, contact))
        return visitor

    return signed_in


@pytest.fixture
def sqlite_sign_in(sqlite_desk: Desk, sqlite_practice: Practice, clock: Clock) -> SignIn:
    """Signs contacts in on a portal on SQLite, where the engine does not matter."""
    app = portal(sqlite_desk, clock)

    def signed_in(contact: Actor) -> Visitor:
        visitor = Visitor(app)
        visitor.client.cookies.set("session", token_for(sqlite_practice, contact))
        return visitor

    return signed_in


@pytest.fixture
def stranger(sqlite_desk: Desk, sqlite_practice: Practice, clock: Clock) -> Visitor:
    """Somebody at the portal who is not signed in."""
    return Visitor(portal(sqlite_desk, clock))
