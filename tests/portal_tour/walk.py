"""What walks: a practice, its portal, one browser window of a width and a language, and what was seen in it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page

from request_desk import config
from request_desk.domain.access import Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import CountingIds
from request_desk.services.desk import Desk
from request_desk.store.database import Database
from request_desk.web import server
from tests.builders import Practice
from tests.conftest import DEMO_MORNING, created
from tests.web.conftest import UNHURRIED, token_for

WIDTHS: Final = (320, 1280)
LANGUAGES: Final = ("en", "es")
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_ASSET: Final = re.compile(r'(?:href|src)="(/assets/[^"]+)"')
_RUN_AXE: Final = """(rules) => axe.run(document, {runOnly: rules}).then(
    found => found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One page in one state, as `portal.json` has it; `bytes` are those of the page with its style sheet and scripts."""

    page: str
    state: str
    width: int
    javascript: bool
    language: str
    picture: str
    bytes: int
    axe_violations: list[str]
    sticks_out: bool


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody looks: how wide the window is, whether scripts run, and in which language."""

    width: int
    javascript: bool
    language: str

    @property
    def name(self) -> str:
        return f"{self.width}-{'js' if self.javascript else 'plain'}-{self.language}"


@dataclass(slots=True)
class Walk:
    """A scene on its way: a practice and a portal of its own, in as many windows as it takes."""

    way: Way
    practice: Practice
    clock: FixedClock
    address: str
    browser: Browser
    out: Path | None  # where pictures go; None: none are taken
    seen: list[Seen] = field(default_factory=list)
    _axe: str = field(default_factory=lambda: files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    _sizes: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def window(self, who: Actor | None = None) -> Iterator[Page]:
        """A browser window, in which `who` is signed in."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": self.way.width, "height": 720},
            java_script_enabled=self.way.javascript,
            locale="es-US" if self.way.language == "es" else "en-US",
            reduced_motion="reduce",
        )
        with context:
            if who is not None:
                token = token_for(self.practice, who)
                context.add_cookies([{"name": "session", "value": token, "url": self.address}])
            yield context.new_page()

    def look(self, page: Page, name: str, state: str, *, path: str = "") -> None:
        """Note the page that is shown, or the one at `path`."""
        if path:
            page.goto(path)
        picture = ""
        if self.out is not None:
            picture = f"{name}-{state}-{self.way.name}.png"
            page.screenshot(path=str(self.out / picture), full_page=True)
        violations = self._violations(page)
        sticks_out = bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
        self.seen.append(
            Seen(
                name,
                state,
                self.way.width,
                self.way.javascript,
                self.way.language,
                picture,
                self._weight(page),
                violations,
                sticks_out,
            )
        )

    def _violations(self, page: Page) -> list[str]:
        """What axe says; it needs scripts, so a page without them is shown once more in a window that runs some."""
        if self.way.javascript:
            page.evaluate(self._axe)
            return list(page.evaluate(_RUN_AXE, list(RULES)))
        with self.browser.new_context(base_url=self.address, viewport=page.viewport_size) as context:
            twin = context.new_page()
            twin.goto("/robots.txt")
            twin.set_content(page.content())
            twin.evaluate(self._axe)
            return list(twin.evaluate(_RUN_AXE, list(RULES)))

    def _weight(self, page: Page) -> int:
        html = page.content()
        return len(html.encode()) + sum(self._size(page.context, path) for path in set(_ASSET.findall(html)))

    def _size(self, context: BrowserContext, path: str) -> int:
        if path not in self._sizes:
            self._sizes[path] = len(context.request.get(path).body())
        return self._sizes[path]


Scene = Callable[[Walk], None]


@contextmanager
def a_walk(way: Way, browser: Browser, folder: Path, out: Path | None) -> Iterator[Walk]:
    """A practice of its own with its portal, for one scene on one way."""
    path = folder / "practice.db"
    path.unlink(missing_ok=True)
    url = f"sqlite:///{path}"
    created(url)
    clock = FixedClock(DEMO_MORNING)
    database = Database(url)
    desk = Desk(database, clock, CountingIds(1000))
    ready, stop, ports = Event(), Event(), list[int]()

    def heard(port: int) -> None:
        ports.append(port)
        ready.set()

    try:
        practice = Practice(desk, database)
        app = server.build(desk, config.Settings(portal=config.PortalConfig(port=0)), clock, rates=UNHURRIED)
        thread = Thread(target=server.serve, args=(app, "127.0.0.1", 0, heard), kwargs={"stop": stop}, daemon=True)
        thread.start()
        if not ready.wait(20):
            raise TimeoutError("the portal did not start")
        try:
            yield Walk(way, practice, clock, f"http://127.0.0.1:{ports[0]}", browser, out)
        finally:
            stop.set()
            thread.join(20)
    finally:
        desk.close()


def rows(walks: list[Walk]) -> list[dict[str, Any]]:
    """What was seen on all ways, as rows of `portal.json`."""
    return [asdict(each) for walk in walks for each in walk.seen]
