"""The desktop as the program runs it, on a practice that lives: real windows, real lanes, real timers, moved by keys alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from request_desk import config
from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import SystemClock
from request_desk.domain.directory import Channel
from request_desk.domain.ids import RequestId, hashed, new_token
from request_desk.domain.phrases import parse
from request_desk.domain.requests import RequestView
from request_desk.gateways.email import Mailer
from request_desk.gateways.mail_catcher import CaughtMail, MailCatcher
from request_desk.jobs.scheduler import Jobs
from request_desk.paths import phrase_files
from request_desk.services.desk import Desk
from request_desk.services.inbox import view as request_view
from request_desk.services.practice import phrases
from request_desk.store import schema
from request_desk.store.database import Database
from request_desk.ui.inbox.flow import Handling
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.window.desktop import Desktop, Launch
from request_desk.ui.window.memory import FileMemory
from request_desk.ui.window.shell import Shell
from request_desk.web import server
from request_desk.web.guards import Rates
from tests.builders import Practice
from tests.conftest import DEMO_MORNING
from tests.journeys.opening import opener

Allowed = Callable[[], AbstractContextManager[None]]
PATIENCE = 45_000  # milliseconds that anything may take on a busy machine; no test measures time with it
UNHURRIED = Rates(
    reads="100000 per minute", posts="100000 per minute", asks="100000 per minute", tries="100000 per minute"
)
_MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
}


def morning_clock() -> SystemClock:
    """A clock that goes on from Tuesday, November 24, 2026, 8:12 AM in the practice, whatever the day of the run."""
    return SystemClock(DEMO_MORNING - SystemClock().now())


@dataclass
class House:
    """A practice on a database of its own, and the test's look behind the windows."""

    url: str
    folder: Path
    clock: SystemClock
    practice: Practice
    allowed: Allowed  # the test may use the database where a window may not

    def ask(self, actor: Actor, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self.allowed():
            return self.practice.desk.query(actor, function, *args, **kwargs)

    def do(self, actor: Actor, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self.allowed():
            return self.practice.desk.perform(actor, function, *args, **kwargs).value

    def view(self, request_id: RequestId) -> RequestView:
        view: RequestView = self.ask(self.practice.admin, request_view.open_request, request_id)
        return view

    def rows(self, *columns: Any, **values: Any) -> Sequence[Any]:
        """Return rows of a table as they are, e.g. `house.rows(schema.request.c.id, state="open")`."""
        statement = select(*columns).order_by(columns[0])
        for name, value in values.items():
            statement = statement.where(columns[0].table.c[name] == value)
        with self.allowed(), self.practice.database.read() as connection:
            return connection.execute(statement).all()

    def newest_request(self) -> RequestId:
        return RequestId(self.rows(schema.request.c.id)[-1].id)

    def session_of(self, staff: Actor) -> str:
        """Open a session as a right password does, and return its token."""
        token, now = new_token(), self.clock.now()
        with self.allowed():
            self.practice.insert(
                schema.staff_session,
                token_hash=hashed(token),
                staff_id=staff.id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(hours=12),
            )
        return token


def furnished(url: str, folder: Path, clock: SystemClock, allowed: Allowed, **settings: Any) -> House:
    """Make a small practice with the shipped phrases in an empty database with the schema."""
    desk = Desk(Database(url), clock)
    practice = Practice(desk, desk.database, **settings)
    shipped = [parse(path.read_text("utf-8")) for path in phrase_files()]
    desk.perform(SYSTEM, phrases.sync_shipped, shipped)
    return House(url, folder, clock, practice, allowed)


class RunningDesk:
    """One desktop with one person before it. `press` and `type` are key events; nothing else moves the window."""

    def __init__(
        self, qtbot: QtBot, house: House, *, staff: Actor | None = None, name: str = "front", signed_in: bool = True
    ) -> None:
        self.house, self.qtbot = house, qtbot
        self.staff = staff or house.practice.maria
        self.crashes: list[str] = []
        folder = house.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        token = house.session_of(self.staff) if signed_in else ""
        self.desktop = Desktop(
            Launch(
                opener=opener(house.url, folder, house.clock, self.crashes, token=token),
                memory=FileMemory(folder / "window.json"),
                practice="Harbor Pediatrics",
                desk_name=name,
            )
        )
        self.pressed: list[str] = []  # every key since it was last emptied
        self.failures: list[str] = []
        self.desktop.failed.connect(self.failures.append)
        self.is_furnished = False  # the pages are there
        self.desktop.ready.connect(self._furnish)
        self.frame = self.desktop.frame
        self.frame.resize(1615, 920)
        self.is_closed = False
        self.desktop.show()
        if signed_in:
            self.until(lambda: self.is_furnished, "the pages are there")
            self.sit_down()
        else:
            self.until(lambda: self.desktop.shell is not None and self.shell.cover.isVisible(), "sign-in is asked")

    # its parts

    @property
    def shell(self) -> Shell:
        assert isinstance(self.desktop.shell, Shell), self.failures
        return self.desktop.shell

    def _furnish(self, _shell: object) -> None:
        self.is_furnished = True

    @property
    def center(self) -> MessageCenter:
        center = self.frame.page("messages")
        assert isinstance(center, MessageCenter)
        return center

    @property
    def is_whole(self) -> bool:
        """Whether the message centre is there with everything around its list."""
        page = self.frame.page("messages")
        return isinstance(page, MessageCenter) and page.is_whole

    @property
    def now(self) -> Handling | None:
        return self.center.response_controller.request_controller.now

    @property
    def text(self) -> str:
        return self.center.response.editor.text()

    @property
    def refusal(self) -> str:
        return self.center.response.refusal_bar.text()

    def rows(self) -> list[int]:
        return list(self.center.feed.model.keys())

    def selected(self) -> int | None:
        return self.center.list.selected_key()

    def is_bold(self, request_id: int) -> bool:
        row = self.center.feed.model.cached(request_id)
        return row is not None and row.unread

    def dialog(self) -> QWidget | None:
        """The sheet that has the focus."""
        sheet, focus = QApplication.activeModalWidget(), QApplication.focusWidget()
        return sheet if sheet is not None and focus is not None and focus.window() is sheet else None

    @property
    def asks_nothing(self) -> bool:
        return QApplication.activeModalWidget() is None

    # waiting

    def until(self, reached: Callable[[], bool], what: str, *, patience: int = PATIENCE) -> None:
        """Let the event loop turn until something is so."""
        seen: list[bool] = []

        def look() -> bool:
            if self.crashes or self.failures:
                return True
            if reached():
                seen.append(True)  # what is so now may be over at the next look
            return bool(seen)

        try:
            self.qtbot.waitUntil(look, timeout=patience)
        except self.qtbot.TimeoutError as error:
            raise AssertionError(f"waited in vain: {what}; {self._told()}") from error
        assert not self.crashes, self.crashes[0]
        assert not self.failures, self.failures[0]

    def settle(self) -> None:
        """Let everything that is under way arrive."""
        self.until(lambda: not self.shell.runner.busy(), "nothing is under way")

    def _told(self) -> str:
        if not self.is_furnished:
            return f"failures {self.failures}"
        now = self.now
        return (
            f"active {self.frame.isActiveWindow()}, rows {self.rows()}, selected {self.selected()}, focus {QApplication.focusWidget()},"
            f" refusal {self.refusal!r}, text {self.text!r}, dialog {self.dialog()},"
            f" open {None if now is None else (now.view.id, now.offers_known, now.holding, now.hold, now.sending)}"
        )

    # what the user does

    def sit_down(self) -> None:
        """Bring this window to the front, as a click on its title does."""
        self.frame.activateWindow()
        self.until(lambda: self.frame.isActiveWindow() and QApplication.focusWidget() is not None, "it is in front")

    def press(self, *keys: str) -> None:
        """Press keys like "1", "Ctrl+Return", "J" where the focus is."""
        for key in keys:
            self._come_back()
            self.pressed.append(key)
            *modifiers, name = key.split("+")
            flags = Qt.KeyboardModifier.NoModifier
            for modifier in modifiers:
                flags |= _MODIFIERS[modifier]
            code = getattr(Qt.Key, f"Key_{ {'/': 'Slash'}.get(name, name) }")
            QTest.keyClick(QApplication.focusWidget() or self.frame, code, flags)

    def type(self, text: str) -> None:
        self._come_back()
        self.pressed += text
        QTest.keyClicks(QApplication.focusWidget() or self.frame, text)

    def _come_back(self) -> None:
        """When a sheet has closed, a window manager makes its parent the active window; without a display nobody does."""
        if QApplication.activeWindow() is None:
            self.sit_down()

    def go_to(self, request_id: RequestId) -> None:
        """Walk along the list with J and K until a request is open."""
        self.until(lambda: request_id in self.rows(), f"{request_id} is in the list")
        while self.selected() != request_id:
            here = self.center.feed.model.position_of(self.selected() or 0)
            there = self.center.feed.model.position_of(request_id)
            before = self.selected()
            self.press("J" if there > here else "K")
            self.until(lambda before=before: self.selected() != before, "another row")  # type: ignore[misc]
        self.until(lambda: self.is_open(request_id), f"{request_id} is open")

    def is_open(self, request_id: RequestId | None = None) -> bool:
        now = self.now
        return now is not None and now.offers_known and request_id in (None, now.view.id)

    def choose(self, digit: int) -> None:
        """Press the digit of an offer once it has been seen, and wait for its hold."""
        self.until(lambda: self.frame.gate.may_choose(digit), f"offer {digit} has been seen")
        self.press(str(digit))
        self.until(lambda: self.has_hold(), "the time is held")
        self.until(lambda: self.text != "", "the answer is written")
        self.settle()

    def has_hold(self) -> bool:
        now = self.now
        return now is not None and now.hold is not None and not now.holding

    def cancel(self) -> None:
        """Press C on a request to cancel."""
        self.press("C")
        self.until(lambda: self.now is not None and self.now.cancel is not None and self.text != "", "it is chosen")
        self.settle()

    def send(self) -> None:
        """Press Ctrl+Enter once the request has been seen."""
        self.until(self.frame.gate.may_act, "sending is armed")
        self.press("Ctrl+Return")

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        if self.is_furnished:
            self.settle()
        self.frame.close()
        self.frame.deleteLater()
        self.desktop.deleteLater()
        assert self.crashes == []


# the other processes of a practice, each on a connection of its own


@contextmanager
def portal(house: House) -> Iterator[str]:
    """The portal on the loopback, in a thread of its own; gives its address."""
    ready, stop, ports = Event(), Event(), list[int]()

    def heard(port: int) -> None:
        ports.append(port)
        ready.set()

    desk = Desk(Database(house.url), house.clock)
    app = server.build(desk, config.Settings(portal=config.PortalConfig(port=0)), house.clock, rates=UNHURRIED)
    thread = Thread(target=server.serve, args=(app, "127.0.0.1", 0, heard), kwargs={"stop": stop})
    thread.start()
    try:
        assert ready.wait(60)
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        stop.set()
        thread.join(60)
        desk.close()
    assert not thread.is_alive()


@dataclass(frozen=True)
class Post:
    """A mail server with a worker that sends to it."""

    catcher: MailCatcher

    def to(self, address: str) -> list[CaughtMail]:
        """Return the mails to an address, oldest first."""
        return [mail for mail in reversed(self.catcher.caught()) if mail.to == address]


@contextmanager
def worker(house: House) -> Iterator[Post]:
    """A mail server on the loopback and a worker that ticks."""
    catcher = MailCatcher(house.folder / "mails")
    catcher.start()
    desk = Desk(Database(house.url), house.clock)
    mail = config.Mail(
        host="127.0.0.1", port=catcher.port, security="none", from_address="harbor@example.org", from_name="Harbor"
    )
    jobs = Jobs(desk, {Channel.EMAIL: Mailer(mail, now=house.clock.now).send}, "worker")
    jobs.start()
    try:
        yield Post(catcher)
    finally:
        jobs.stop()
        desk.close()
        catcher.stop()


def later(clock: SystemClock, by: timedelta) -> SystemClock:
    """A clock that is ahead of another."""
    return SystemClock(clock.now() - SystemClock().now() + by)
