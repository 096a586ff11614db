"""The patients' pages: what a page of times costs beside its service, how heavy pages are, and families who read and book at once."""

import http.client
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from bench import small
from bench.live import Process
from bench.measure import Goal, Row, Scale, middle, p95, rotated, row
from request_desk.domain.access import SYSTEM, VISITOR
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import hashed, new_token
from request_desk.services.desk import Desk, Unit
from request_desk.services.portal import booking_choices, manage_links
from request_desk.store import schema
from tests.builders import Practice
from tests.online import Share

_RATIO: Final = Goal(5.0)
_FIRST_BYTE: Final = Goal(50.0, of_ratio=False)
_WEIGHT: Final = Goal(50.0, of_ratio=False)
_P95: Final = Goal(250.0, of_ratio=False)
_TURN: Final = Goal(100.0, of_ratio=False)
_CPU: Final = Goal(15.0, of_ratio=False)
_APART: Final = Goal(5.0, of_ratio=False)
_READS: Final = 40  # a second
_BOOKINGS: Final = 4  # a second
_PROVIDERS: Final = 8
_AHEAD: Final = 20  # days on which families book, from the next week on
_WORKERS: Final = 16
_TRIES: Final = 5
_SECONDS: Final = 30.0
_CHIP: Final = re.compile(r'name="slot" value="([^"]+)"')
_FIELD: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_ASSET: Final = re.compile(r'(?:href|src)="(/assets/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Site:
    """What there is to look at and to book."""

    times: str
    manage: str
    dead: Mapping[str, str]  # manage links that open nothing, by why
    families: tuple[str, ...]  # a session of each
    days: tuple[date, ...]
    writer: tuple[object, ...]


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure pages one by one, then all at once beside a desktop."""
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rdbench"))) / "pages.db"
        desk = stack.enter_context(small.sqlite(path, clock=SystemClock()))
        site, asked = _prepare(desk, scale)
        portal = stack.enter_context(Process("bench.portal", path))
        port = int(portal.next("port")[0])
        browser = stack.enter_context(closing(Browser(port, session=site.families[0])))
        yield from _pages(scale, site, browser, lambda _number: asked(desk))
        yield from _cpu(scale, site, browser, portal)
        yield from _links(scale, site, browser)
        yield from _load(scale, site, path, portal, port)


def _prepare(desk: Desk, scale: Scale) -> tuple[Site, Callable[[Desk], object]]:
    """Make a practice that is booked online, with enough families; return it with the service call behind a page of times."""
    practice = Practice(desk, desk.database)
    share = Share(practice)
    providers = [practice.lindqvist]
    for number in range(_PROVIDERS - 1):
        providers.append(practice.a_provider(f"Dr. Number {number}", f"Dr. {number}", [practice.northside]))
        for weekday in range(5):
            practice.a_window(providers[-1], practice.northside, weekday, 8 * 60, 17 * 60)
    _variant, reference = share.a_variant("Check-up", practice.sick, providers[1:])
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, _today(desk) + timedelta(days=9), "9:20")
    token = desk.perform(SYSTEM, manage_links.mint, visit).value
    other = practice.an_appointment(practice.zuri, practice.lindqvist, _today(desk) + timedelta(days=9), "10:20")
    withdrawn = desk.perform(SYSTEM, manage_links.mint, other).value
    desk.perform(practice.maria, manage_links.revoke_all, other)
    past = practice.an_appointment(practice.zuri, practice.lindqvist, _today(desk) - timedelta(days=9), "9:20")
    expired = desk.perform(SYSTEM, manage_links.mint, past).value
    families = tuple(_family(practice, number) for number in range(1 + scale.load_seconds * _BOOKINGS))
    days = [_today(desk) + timedelta(days=7 + number) for number in range(_AHEAD)]
    day = next(each for each in days if each.weekday() < 5)
    writer = (day.isoformat(), practice.maria.id, practice.zuri, practice.lindqvist, practice.northside, practice.sick)
    site = Site(
        f"/book/{share.service_reference}/{reference}",
        f"/m/{token}",
        {
            "withdrawn": f"/m/{withdrawn}",
            "expired": f"/m/{expired}",
            "unknown": f"/m/{new_token()}",
            "malformed": f"/m/{new_token()[:-1]}",
        },
        families,
        tuple(each for each in days if each.weekday() < 5),
        writer,
    )

    def times(unit: Unit) -> object:
        found = booking_choices.offered(unit, share.service_reference, reference)
        assert found is not None
        return booking_choices.online_times(
            unit, found.scope, provider_id=None, location_id=None, from_day=site.days[0], days=7
        )

    return site, lambda of: of.query(VISITOR, times)


def _today(desk: Desk) -> date:
    return desk.query(SYSTEM, lambda unit: unit.time.day_of(unit.now))


def _family(practice: Practice, number: int) -> str:
    """Register a child with a parent who is signed in; return the session."""
    child = practice.a_patient("Child", f"Number {number}", date(2021, 5, 4))
    parent = practice.a_contact("Parent", f"Number {number}", f"p{number}@example.org", {child: {"relation": "mother"}})
    now, session = practice.desk.clock.now(), f"bench-{number}"
    practice.insert(
        schema.portal_session, token_hash=hashed(session), contact_id=parent.id, created_at=now, last_seen_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    return session


# one by one


def _pages(scale: Scale, site: Site, browser: "Browser", service: Callable[[int], object]) -> Iterator[Row]:
    week = f"{site.times}?from={site.days[0].isoformat()}"
    pages = {"times": week, "manage": site.manage, "account": "/"}
    cases = {name: _opener(browser, path) for name, path in {**pages, "floor": "/robots.txt"}.items()}
    times = rotated({**cases, "service": service}, scale.rounds)
    yield row("slots page of the booking page", middle(times["times"]), "ms", middle(times["service"]), _RATIO)
    for name, path in pages.items():
        browser.first_bytes.clear()
        for _number in range(scale.rounds):
            browser.get(path)
        first, floor = middle(browser.first_bytes), middle(times["floor"])
        yield row(f"time to first byte, page of {name}", first, "ms", floor, _FIRST_BYTE)
    weights = {name: _weight(browser, path) / 1000 for name, path in pages.items()}
    yield row("heaviest page with style and script", max(weights.values()), "kB", min(weights.values()), _WEIGHT)


def _cpu(scale: Scale, site: Site, browser: "Browser", portal: Process) -> Iterator[Row]:
    """What a page costs whatever else the machine does."""

    def spent(path: str) -> float:
        before = _told(portal)[1]
        for _number in range(scale.rounds):
            browser.get(path)
        return (_told(portal)[1] - before) / scale.rounds

    page, floor = spent(f"{site.times}?from={site.days[0].isoformat()}"), spent("/robots.txt")
    yield row("CPU of the portal for a page of times", page, "ms", floor, _CPU)


def _links(scale: Scale, site: Site, browser: "Browser") -> Iterator[Row]:
    """Whether the time of an answer tells what is wrong with a link (LINK-07), or whether there is one."""
    paths = {"right": site.manage, **site.dead}
    times = rotated(
        {name: _opener(browser, path, 200 if name == "right" else 404) for name, path in paths.items()}, scale.rounds
    )
    found = {name: middle(took) for name, took in times.items()}
    right = found.pop("right")
    apart, first = max(found.values()) - min(found.values()), min(found.values())
    yield row("manage links that open nothing, medians apart", apart, "ms", first, _APART)
    yield row("a right manage link and a wrong one, medians apart", abs(right - first), "ms", first, _APART)


def _opener(browser: "Browser", path: str, status: int = 200) -> Callable[[int], object]:
    return lambda _number: browser.get(path, status)


def _weight(browser: "Browser", path: str) -> int:
    """The bytes of a page with all that it loads."""
    page = browser.get(path)
    return len(page.encode()) + sum(len(browser.get(each).encode()) for each in set(_ASSET.findall(page)))


# all at once


def _load(scale: Scale, site: Site, path: Path, portal: Process, port: int) -> Iterator[Row]:
    """Read and book at a steady pace, whether or not answers are late: what waits counts from when it was due."""
    with ExitStack() as stack:
        writer = stack.enter_context(Process("bench.pages_writer", path, *site.writer))
        crowd = stack.enter_context(closing(Crowd(port, site)))
        _longest_turn(portal)
        quiet = [crowd.look(0, time.monotonic()) for _number in range(10)]
        quiet_turn = _longest_turn(portal)
        reads, bookings = crowd.come(scale.load_seconds)
        turn = _longest_turn(portal)
        writer.say("end")
        if int(writer.next("acts")[0]) == 0:
            raise RuntimeError("the desktop beside the portal wrote nothing")
    floor = middle(quiet) * 1000
    yield row(
        f"a page read p95, {_READS} reads and {_BOOKINGS} bookings a second", p95(reads) * 1000, "ms", floor, _P95
    )
    yield row("a request of a booking p95, the same", p95(bookings) * 1000, "ms", floor, _P95)
    yield row("longest turn of the portal's loop, the same", turn, "ms", quiet_turn, _TURN)


def _longest_turn(portal: Process) -> float:
    """How long the portal's loop stood still at most since it was asked last, in milliseconds."""
    return _told(portal)[0]


def _told(portal: Process) -> tuple[float, float]:
    """The longest turn since it was asked last, and the CPU time up to now, in milliseconds."""
    portal.say("turn")
    turn, cpu = portal.next("turn")
    return float(turn) * 1000, float(cpu) * 1000


class Crowd:
    """Families on the pages, each with a browser of their own."""

    def __init__(self, port: int, site: Site) -> None:
        self._port, self._site = port, site
        self._readers: SimpleQueue[Browser] = SimpleQueue()
        for _number in range(_WORKERS):
            self._readers.put(Browser(port))
        self._chance = random.Random(8)  # which time a family takes

    def come(self, seconds: int) -> tuple[list[float], list[float]]:
        """Return how long each read and each request of a booking took, in seconds."""
        begun = time.monotonic()
        reads: list[Future[float]] = []
        bookings: list[Future[list[float]]] = []
        with ThreadPoolExecutor(_WORKERS) as pool:
            for number in range(seconds * _READS):
                due = begun + number / _READS
                time.sleep(max(0.0, due - time.monotonic()))
                reads.append(pool.submit(self.look, number, due))
                if number % (_READS // _BOOKINGS) == 0:
                    family = self._site.families[1 + number // (_READS // _BOOKINGS)]
                    bookings.append(pool.submit(self.book, family, self._chance.choice(self._site.days)))
        return [each.result() for each in reads], [took for each in bookings for took in each.result()]

    def close(self) -> None:
        """Close the browsers of those who read."""
        for _number in range(_WORKERS):
            self._readers.get().close()

    def look(self, number: int, due: float) -> float:
        """Read a page of times."""
        day = self._site.days[number % len(self._site.days)]
        browser = self._readers.get()
        try:
            browser.get(f"{self._site.times}?from={day.isoformat()}")
        finally:
            self._readers.put(browser)
        return time.monotonic() - due

    def book(self, session: str, day: date) -> list[float]:
        """Choose a time, keep it, and confirm it; another one where somebody was faster."""
        with closing(Browser(self._port, session=session)) as browser:
            path = f"{self._site.times}?{urlencode({'from': day.isoformat(), 'go': f'day-{day.isoformat()}'})}"
            for _try in range(_TRIES):  # somebody else may be faster
                page = browser.get(path)
                fields = {**dict(_FIELD.findall(page)), "slot": self._chance.choice(_CHIP.findall(page))}
                status, _page = browser.post(
                    self._site.times, {name: fields[name] for name in ("csrftoken", "secret", "slot")}
                )
                if status != 303:
                    continue
                page = browser.get("/booking")
                form = page.partition('action="/booking/confirm"')[2].partition("</form>")[0]
                status, _page = browser.post("/booking/confirm", dict(_FIELD.findall(form)))
                if status == 303:
                    return browser.took
            raise RuntimeError(f"nothing could be booked on {day}, {_TRIES} times")


class Browser:
    """Keeps cookies and one connection, and notes how long each answer took."""

    def __init__(self, port: int, **cookies: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
        self._cookies = cookies
        self._address = f"203.0.{random.randrange(256)}.{random.randrange(256)}"  # of the family, by its proxy
        self.took: list[float] = []
        self.first_bytes: list[float] = []  # milliseconds

    def get(self, path: str, status: int = 200) -> str:
        """Return a page; raises when it is answered otherwise."""
        answered, page = self._ask("GET", path)
        if answered != status:
            raise RuntimeError(f"the portal answered {answered} for {urlsplit(path).path}: {page[:2000]}")
        return page

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Send a form."""
        return self._ask("POST", path, urlencode({name: unescape(value) for name, value in fields.items()}))

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers: dict[str, Any] = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "X-Forwarded-For": self._address,
        }
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        begun = time.monotonic()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        self.first_bytes.append((time.monotonic() - begun) * 1000)
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        page = answer.read().decode()
        self.took.append(time.monotonic() - begun)
        return answer.status, page
