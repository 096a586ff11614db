"""A walk through the main job on the demo practice: key events only, a picture a step, and what became of each request."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget

from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Offer, RequestKind, RequestView, WishKind, WishState
from request_desk.ui.running.loop_probe import LoopProbe
from request_desk.ui.widgets.buttons import Button
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import Look, app_theme
from request_desk.ui.window.desktop import Desktop, Launch, looped
from request_desk.ui.window.key_sheet import scope_title
from request_desk.ui.window.keys import keys_text
from request_desk.ui.window.pages import PAGES, WindowPage

if TYPE_CHECKING:
    from request_desk.ui.inbox.request_list import RowLines

_PATIENCE = 60_000  # milliseconds that anything may take on a busy machine
_LOOK = 15  # milliseconds between two looks at a condition
_PLAIN = Qt.KeyboardModifier.NoModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_OFFER = (Qt.Key.Key_O, _PLAIN, "O")
_SEND = (Qt.Key.Key_Return, _CONTROL, "Ctrl+Enter")
_DESKS = ((1366, 768), (1440, 860))  # the windows that most front desks have
_HALF = (960, 680)  # beside the health record, at the largest text
_TIMES = 3  # that a reply offers
_SIZES = (_HALF, (1366, 768), (2560, 1440))

T = TypeVar("T")
Mails = Callable[[str], Sequence[object]]
Say = Callable[[str], object]
Key = tuple[Qt.Key, Qt.KeyboardModifier, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """A request that the tour looks for: what it shows, and whether a request is such a one."""

    name: str
    shows: str
    fits: Callable[[RequestView, Sequence[Offer]], bool]
    key: str


@dataclass(slots=True)
class Handled:
    """What `tour.json` tells of one request."""

    name: str
    shows: str
    request_id: int
    kind: str
    way_to_it: list[str] = field(default_factory=list)  # keys that moved along the list
    keys: list[str] = field(default_factory=list)  # keys that handled it
    windows: int = 1
    status_before: str = ""
    status_after: str = ""
    mails_delivered: int = 0
    pictures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PageSeen:
    """What `tour.json` tells of one page or sheet: who sees it, the keys that lead to it and those that act there."""

    key: str
    title: str
    login: str
    way: list[str]  # keys from the page of the rail that it belongs to
    keys: dict[str, list[str]]  # by what they do
    pictures: list[str]


class SidePage(NamedTuple):
    """Something that keys lead to from a page of the rail: one thing in full, a group of settings or a sheet."""

    key: str
    title: str
    page: str
    way: tuple[str, ...]
    is_sheet: bool = False


class Round(NamedTuple):
    """What one login of the demo is shown for: pages of the rail, and where keys lead from those."""

    login: str
    pages: tuple[str, ...]
    stops: tuple[SidePage, ...]


_SIGNED_IN: Final = "maria"  # the login that the demo begins with
_FRONT_DESK: Final = (
    SidePage("appointment", "A visit in full", "appointments", ("Return",)),
    SidePage("waiting-list", "Waiting list", "appointments", ("W",), is_sheet=True),
    SidePage("patient", "A patient in full", "patients", ("Return",)),
    SidePage("provider-week", "The week of a provider", "availability", ("Return",)),
    SidePage("why-no-slots", "Why are there no slots?", "availability", ("W",), is_sheet=True),
    SidePage("day-list", "Day list to print", "schedule", ("Ctrl+D",), is_sheet=True),
    SidePage("close-day", "Close the day", "schedule", ("E", *("1",) * 4), is_sheet=True),
    SidePage("provider-out", "A provider is out", "schedule", ("O", "Down"), is_sheet=True),
    SidePage("find-visit", "Find a visit", "schedule", ("Ctrl+F",), is_sheet=True),
    SidePage("preview-as-patient", "Preview as patient", "services", ("P",), is_sheet=True),
)
_AFTERWARDS: Final = (  # other logins, once the front desk's work is done
    Round(
        "$AD",
        (),
        (  # from the last group of the settings upwards
            SidePage("setup", "Setup", "settings", ("End",)),
            SidePage("subscriptions", "Subscriptions", "settings", ("End", "Up")),
            SidePage("booking-secrets", "Booking secrets", "settings", ("End", *("Up",) * 2)),
            SidePage("text-messages", "Text messages", "settings", ("End", *("Up",) * 4)),
            SidePage("questionnaires", "Questionnaires", "settings", ("End", *("Up",) * 7)),
            SidePage("appointment-types", "Appointment types", "settings", ("End", *("Up",) * 8)),
            SidePage("notices", "Notices", "settings", ("End", *("Up",) * 9)),
            SidePage("patients-pages", "Patients' pages", "settings", ("End", *("Up",) * 10)),
            SidePage("phrase", "A phrase while it is written", "phrases", ("E",), is_sheet=True),
        ),
    ),
    Round("lindqvist", ("meeting",), (SidePage("own-week", "The own week", "availability", ("Return",)),)),
)


def _is_plain(view: RequestView) -> bool:
    """Whether nothing is asked before it is handled: nobody is on it, no agreement is needed, no urgent words stand in it."""
    return view.claim is None and not view.needs_agreement and not view.urgent


def _has_exact(_view: RequestView, offers: Sequence[Offer]) -> bool:
    return any(offer.wish_rank and offer.fit.value == "exact" and not offer.warning for offer in offers)


def _slots(view: RequestView) -> list[WishState]:
    return [shown.state for shown in view.wishes if shown.wish.kind is WishKind.SLOT]


def _is_schedule(view: RequestView, offers: Sequence[Offer]) -> bool:
    return view.kind is RequestKind.SCHEDULE and WishState.FREE in _slots(view) and _has_exact(view, offers)


def _is_cancel(view: RequestView, _offers: Sequence[Offer]) -> bool:
    return (
        view.kind is RequestKind.CANCEL
        and view.appointment is not None
        and view.appointment.status.value == "confirmed"
    )


def _is_reschedule(view: RequestView, offers: Sequence[Offer]) -> bool:
    return view.kind is RequestKind.RESCHEDULE and WishState.FREE in _slots(view) and _has_exact(view, offers)


def _is_without_slots(view: RequestView, offers: Sequence[Offer]) -> bool:
    return view.kind is RequestKind.SCHEDULE and not _slots(view) and any(not offer.warning for offer in offers)


def _takes_times(view: RequestView, offers: Sequence[Offer]) -> bool:
    return (
        view.kind is RequestKind.SCHEDULE
        and view.offer is None
        and len([offer for offer in offers if not offer.warning]) >= _TIMES
    )


def _is_all_taken(view: RequestView, offers: Sequence[Offer]) -> bool:
    states = _slots(view)
    open_offers = [offer for offer in offers if not offer.warning]
    return bool(states) and all(state is WishState.TAKEN for state in states) and bool(open_offers)


WANTED = (
    Sought("reschedule", "a reschedule request with a fitting time", _is_reschedule, "1"),
    Sought("schedule", "a schedule request with a fitting time", _is_schedule, "1"),
    Sought("cancel", "a cancel request", _is_cancel, "C"),
    Sought("next-available", "a request without any requested slot", _is_without_slots, "1"),
    Sought("all-taken", "a request whose requested slots are all taken", _is_all_taken, "1"),
)


class Walk:
    """One walk: finds the requests, presses the keys, takes the pictures, writes what happened."""

    def __init__(self, desktop: Desktop, mails: Mails, out: Path, say: Say, *, pictures: bool) -> None:
        from request_desk.ui.inbox.message_center import MessageCenter
        from request_desk.ui.window.shell import Shell

        self._desktop = desktop
        self._frame = desktop.frame
        self._mails = mails
        self._out = out
        self._say = say
        self._takes_pictures = pictures
        self._count = 0
        shell, center = desktop.shell, desktop.frame.page("messages")
        if not isinstance(shell, Shell) or not isinstance(center, MessageCenter):
            raise TypeError("the tour begins when the pages are there")
        self._shell = shell
        self._center = center
        self._activate()

    def _activate(self) -> None:
        """Bring the window to the front, as whoever manages windows does."""
        self._frame.activateWindow()
        self._until(lambda: QApplication.activeWindow() is self._frame, "the window is active")

    # Waiting and pressing

    def _until(self, reached: Callable[[], bool], what: str) -> None:
        """Turn the event loop until a condition is true."""
        if reached():
            return
        loop = QEventLoop()
        seen: list[bool] = []

        def look() -> None:
            if reached():  # what is true now may be over at the next look
                seen.append(True)
                loop.quit()

        looks, limit = QTimer(loop), QTimer(loop)
        looks.timeout.connect(look)
        limit.setSingleShot(True)
        limit.timeout.connect(loop.quit)
        looks.start(_LOOK)
        limit.start(_PATIENCE)
        loop.exec()
        looks.stop()
        if not seen:
            raise TimeoutError(f"the tour waited in vain: {what}")

    def _settled(self) -> None:
        self._until(lambda: not self._shell.runner.busy(), "nothing is under way")

    def press(self, key: Key) -> None:
        """Press one key where the focus is, as a keyboard does."""
        QTest.keyClick(QApplication.focusWidget() or self._frame, key[0], key[1])

    def picture(self, name: str) -> str:
        """Take a picture of the whole window."""
        if not self._takes_pictures:
            return ""
        self._until(self._is_painted, "nothing waits to be painted")
        self._count += 1
        path = self._out / f"{self._count:02}-{name}.png"
        self._grabbed().save(str(path))
        return path.name

    def _grabbed(self) -> QPixmap:
        """The window with the sheet that stands over it."""
        whole = self._frame.grab()
        for sheet in self._sheets():
            painter = QPainter(whole)
            room = (whole.size() - sheet.size()) / 2  # in the middle, wherever a screen that is not there put it
            place = QPoint(room.width(), room.height())
            painter.drawPixmap(place, sheet.grab())
            painter.setPen(app_theme().control_line)
            painter.drawRect(sheet.rect().translated(place).adjusted(-1, -1, 0, 0))
            painter.end()
        return whole

    def _sheets(self) -> list[QDialog]:
        return [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]

    def _is_painted(self) -> bool:
        return all(part.updatesEnabled() for part in self._frame.findChildren(QWidget))

    # Finding

    def find(self) -> list[tuple[Sought, RequestView]]:
        """Choose a request for each thing to be shown, in the order of the list; each is used once."""
        from request_desk.services.inbox import view as request_view
        from request_desk.services.schedule import queries as schedule_queries

        found: list[tuple[Sought, RequestView]] = []
        left = list(WANTED)
        for key in list(self._center.feed.model.keys()):
            if not left:
                break
            view = self._ask(request_view.open_request, RequestId(key))
            if not _is_plain(view):
                continue
            offers = self._ask(schedule_queries.offers, RequestId(key))
            fitting = next((wanted for wanted in left if wanted.fits(view, offers)), None)
            if fitting is not None:
                left.remove(fitting)
                found.append((fitting, view))
        if left:
            raise LookupError(f"the demo has no open request for: {', '.join(wanted.name for wanted in left)}")
        return found

    def _ask(self, function: Callable[[Any, RequestId], T], request_id: RequestId) -> T:
        answers: list[T] = []
        self._shell.runner.read(self._shell, function, request_id).done(answers.append)
        self._until(lambda: bool(answers), "an answer of the database")
        return answers[0]

    # Handling

    def handle(self, wanted: Sought, view: RequestView) -> Handled:
        """Walk to a request and handle it with the keyboard."""
        done = Handled(wanted.name, wanted.shows, view.id, str(view.kind), status_before=_status(view))
        self._go_to(view.id, done)
        self._until(lambda: self._is_open(view.id), "the request is on the screen")
        done.pictures.append(self.picture(f"{wanted.name}-open"))
        if wanted.key == "C":
            self._press_and_wait((Qt.Key.Key_C, _PLAIN, "C"), self._is_decided, done)
        else:
            self._until(lambda: self._frame.gate.may_choose(int(wanted.key)), "the offers are on the screen")
            self._press_and_wait((Qt.Key(ord(wanted.key)), _PLAIN, wanted.key), self._is_decided, done)
        done.pictures.append(self.picture(f"{wanted.name}-chosen"))
        self._until(self._frame.gate.may_act, "sending is armed")
        self._press_and_wait(_SEND, lambda: not self._is_open(view.id), done)
        self._settled()
        done.pictures.append(self.picture(f"{wanted.name}-done"))
        done.pictures = [name for name in done.pictures if name]
        done.windows = sum(1 for window in QApplication.topLevelWidgets() if window.isVisible() and window.isWindow())
        self._say(f"{wanted.name}: {' '.join(done.keys)}")
        return done

    def offer_times(self, login: str) -> PageSeen:
        """Put times into a reply, look at it, and take them out again: nothing is sent."""
        done = self._go_to_one_for_times()
        self._press_and_wait(_OFFER, lambda: self._times() == _TIMES, done)
        pictures = self._in_both_looks("offer-times")
        seen = PageSeen("offer-times", "Times in a reply", login, list(done.keys), {}, pictures)
        self._press_and_wait(_OFFER, lambda: self._times() == 0, done)
        return seen

    def _go_to_one_for_times(self) -> Handled:
        from request_desk.services.inbox import view as request_view
        from request_desk.services.schedule import queries as schedule_queries

        for key in list(self._center.feed.model.keys()):
            view = self._ask(request_view.open_request, RequestId(key))
            if not _is_plain(view) or not _takes_times(view, self._ask(schedule_queries.offers, view.id)):
                continue
            done = Handled("offer-times", "a request that several times fit", view.id, str(view.kind))
            self._go_to(view.id, done)
            self._until(lambda id_=view.id: self._is_open(id_), "the request is on the screen")  # type: ignore[misc]
            now = self._center.response_controller.request_controller.now
            if now is not None and now.is_armed:
                return done
        raise LookupError("the demo has no open request that several times fit")

    def _times(self) -> int:
        now = self._center.response_controller.request_controller.now
        return 0 if now is None else len(now.offered)

    def _press_and_wait(self, key: Key, reached: Callable[[], bool], done: Handled) -> None:
        self.press(key)
        done.keys.append(key[2])
        self._until(reached, f"what {key[2]} does")
        self._settled()

    def _go_to(self, request_id: int, done: Handled) -> None:
        """Along the list with J and K; the row under the cursor never moves by itself."""
        rows = self._center.list
        self._center.focus_list()
        while rows.selected_key() != request_id:
            here = self._center.feed.model.position_of(rows.selected_key() or 0)
            there = self._center.feed.model.position_of(request_id)
            if there < 0:
                raise LookupError("the request has left the list")
            key = (Qt.Key.Key_J, _PLAIN, "J") if there > here else (Qt.Key.Key_K, _PLAIN, "K")
            before = rows.selected_key()
            self.press(key)
            done.way_to_it.append(key[2])
            self._until(lambda before=before: rows.selected_key() != before, "the next row")  # type: ignore[misc]

    def _is_open(self, request_id: int) -> bool:
        handling = self._center.response_controller.request_controller.now
        return handling is not None and handling.view.id == request_id and handling.offers_known

    def _is_decided(self) -> bool:
        handling = self._center.response_controller.request_controller.now
        if handling is None or handling.holding:
            return False
        return handling.hold is not None or handling.cancel is not None

    def finish(self, handled: Iterable[tuple[Handled, RequestView]]) -> list[Handled]:
        """Wait until the undo time is over and the notices have come; then say what each request is now."""
        from request_desk.services.inbox import view as request_view

        result = []
        for done, view in handled:
            after = self._ask(request_view.open_request, view.id)
            done.status_after = _status(after)
            address = view.sender.email
            if view.sender.gets_notices and address:
                self._until(lambda address=address: bool(self._mails(address)), "the notice has come")  # type: ignore[misc]
            done.mails_delivered = len(self._mails(address)) if address else 0
            result.append(done)
        return result

    # What is seen without scrolling

    def measure(self) -> dict[str, dict[str, object]]:
        """Read every request of the list in windows of several sizes: of how many what was seen, and which labels were cut."""
        told: dict[str, dict[str, object]] = {"seen_whole": {}, "rows_whole": {}, "rows_told_apart": {}, "cut": {}}
        before = self._frame.size()
        for size, scale in (*((each, 100) for each in _DESKS), (_HALF, 130)):
            app_theme().set_scale(scale)
            self._frame.resize(*size)
            seen, rows, cut = self._read_all()
            name = f"{size[0]}x{size[1]}"
            told["rows_told_apart"][name] = [sum(row.tells_apart for row in rows), len(rows)]
            if scale == 100:
                told["seen_whole"][name] = [sum(seen), len(seen)]
                told["rows_whole"][name] = [sum(row.tells_all for row in rows), len(rows)]
                told["cut"][name] = sorted(cut)
        app_theme().set_scale(100)
        self._frame.resize(before)
        return told

    def _read_all(self) -> tuple[list[bool], "list[RowLines]", set[str]]:
        seen: list[bool] = []
        rows: list[RowLines] = []
        cut: set[str] = set()
        keys = list(self._center.feed.model.keys())
        for key in keys:
            self._center.list.select_key(key)
            self._until(lambda key=key: self._is_open(key), "the request is on the screen")  # type: ignore[misc]
            self._quiet()
            seen.append(self._center.message.shows_whole())
            rows += [lines for lines in [self._center.row_lines(key)] if lines is not None]
            labels = [label for label in self._frame.findChildren(PlainLabel) if label.isVisible()]
            cut |= {label.text() for label in labels if label.is_cut()}
        self._center.list.select_key(keys[0])
        return seen, rows, cut

    # The other pages

    def pages(self, login: str, keys: Iterable[str], stops: Iterable[SidePage]) -> list[PageSeen]:
        """Go to pages of the rail, and from them to what keys lead to, and say which keys act there; with pictures in both looks."""
        seen = []
        for spec in (each for each in PAGES if each.key in keys):
            self._go_to_page(spec.key)
            seen.append(
                PageSeen(spec.key, spec.title, login, [], self._keys_of(spec.title), self._in_both_looks(spec.key))
            )
        seen += [self._stopped(login, stop) for stop in stops]
        self._frame.show_page(PAGES[0].key)
        return seen

    def offered(self) -> tuple[str, ...]:
        """The pages of whoever is signed in."""
        return tuple(each.key for each in PAGES if self._frame.page(each.key) is not None)

    def _go_to_page(self, key: str) -> None:
        self._frame.show_page(key)
        self._quiet()  # what is chosen first and what stands beside it have to be read
        page = self._frame.page(key)
        if isinstance(page, WindowPage):
            page.take_focus()

    def _keys_of(self, title: str) -> dict[str, list[str]]:
        commands = [each for each in self._frame.commands.commands() if scope_title(each.scope) == title]
        return {each.text: [keys_text(key) for key in each.keys] for each in commands if each.keys}

    def _stopped(self, login: str, stop: SidePage) -> PageSeen:
        from request_desk.ui.lists.list_page import ListPage

        self._go_to_page(stop.page)
        for key in stop.way:
            QTest.keySequence(QApplication.focusWidget() or self._frame, QKeySequence(key))
            self._quiet()
        page = self._frame.page(stop.page)
        if isinstance(page, ListPage) and page.detail is not None and not stop.is_sheet:
            detail = page.detail
            self._until(lambda: _holds(detail, QApplication.focusWidget()), f"{stop.key} has the keys")
        if stop.is_sheet:
            self._until(lambda: bool(self._sheets()), f"the sheet {stop.key}")
            keys = self._keys_of_sheet()
        else:
            keys = self._keys_of(next(each.title for each in PAGES if each.key == stop.page))
        seen = PageSeen(
            stop.key, stop.title, login, [keys_text(key) for key in stop.way], keys, self._in_both_looks(stop.key)
        )
        if stop.is_sheet:
            self.press((Qt.Key.Key_Escape, _PLAIN, "Esc"))
            self._until(lambda: not self._sheets(), f"the sheet {stop.key} is closed")
            self._activate()
        return seen

    def _keys_of_sheet(self) -> dict[str, list[str]]:
        buttons = [each for sheet in self._sheets() for each in sheet.findChildren(Button) if each.isVisible()]
        return {each.words(): [each.accessibleDescription()] for each in buttons if each.accessibleDescription()}

    def go_round(self, each: Round) -> list[PageSeen]:
        """Sign in as somebody else and go where that login is shown for."""
        self.press((Qt.Key.Key_L, _CONTROL, "Ctrl+L"))
        self._until(lambda: self._shell.is_covered, "the desk is locked")
        self._settled()
        logins = self._shell.cover.findChildren(QAbstractButton)
        next(button for button in logins if button.property("login") == each.login).setFocus()
        self.press((Qt.Key.Key_Space, _PLAIN, "Space"))
        self._until(lambda: not self._shell.is_covered, f"{each.login} is signed in")
        wanted = {*each.pages, *(stop.page for stop in each.stops)}
        self._until(lambda: all(self._frame.page(key) is not None for key in wanted), "the pages are built")
        self._activate()
        return self.pages(each.login, each.pages, each.stops)

    def _in_both_looks(self, name: str) -> list[str]:
        if not self._takes_pictures:
            return []
        found = []
        for look in (Look.DARK, Look.LIGHT):
            app_theme().choose(look)
            self._quiet()
            found.append(self.picture(f"{name}-{look.value}"))
        return found

    def look_around(self) -> None:
        """Pictures of the week, the dark look and other sizes; only with pictures."""
        if not self._takes_pictures:
            return
        self._frame.show_page("schedule")
        self._quiet()
        self.press((Qt.Key.Key_W, _PLAIN, "W"))
        self._quiet()
        self.picture("schedule-week")
        self.press((Qt.Key.Key_D, _PLAIN, "D"))
        for key, name in (("appointments", "appointments"), ("messages", "message-center")):
            self._frame.show_page(key)
            self._at_all_sizes(name)

    def _at_all_sizes(self, name: str) -> None:
        before = self._frame.size()
        for look in (Look.DARK, Look.LIGHT):
            app_theme().choose(look)
            for scale in (100, 130):
                app_theme().set_scale(scale)
                for width, height in _SIZES:
                    self._frame.resize(width, height)
                    self._quiet()
                    self.picture(f"{name}-{look.value}-{width}x{height}-{scale}")
        app_theme().set_scale(100)
        self._frame.resize(before)

    def _quiet(self) -> None:
        """Let what was shown be read and painted."""
        self._settled()
        turned: list[bool] = []
        QTimer.singleShot(150, lambda: turned.append(True))
        self._until(lambda: bool(turned), "the window is painted")
        self._settled()


def run(launch: Launch, mails: Mails, out: Path, *, pictures: bool, say: Say) -> int:
    """Walk the tour with a desktop started by `launch`; writes `tour.json` and pictures into `out`; 0 when all went well."""
    application = QApplication.instance() or QApplication(["request-desk"])
    assert isinstance(application, QApplication)
    app_theme().choose(Look.LIGHT)
    desktop = Desktop(launch)
    desktop.frame.resize(1615, 920)
    failures: list[str] = []
    probe = LoopProbe()

    def begin(_shell: object) -> None:
        desktop.ready.disconnect(begin)  # whoever signs in later is part of the walk
        QTimer.singleShot(0, desktop, lambda: _walk(desktop, mails, out, say, pictures, probe, failures))

    def failed(sentence: str) -> None:
        failures.append(sentence)
        desktop.frame.close()

    desktop.ready.connect(begin)
    desktop.failed.connect(failed)
    desktop.frame.painted.connect(probe.start)
    looped(application, desktop)
    for sentence in failures:
        say(sentence)
    return 1 if failures else 0


def _walk(
    desktop: Desktop, mails: Mails, out: Path, say: Say, pictures: bool, probe: LoopProbe, failures: list[str]
) -> None:
    try:
        walk = Walk(desktop, mails, out, say, pictures=pictures)
        walk.picture("message-center")
        handled = [(walk.handle(wanted, view), view) for wanted, view in walk.find()]
        report = probe.stop()
        pages = [walk.offer_times(_SIGNED_IN), *walk.pages(_SIGNED_IN, walk.offered(), _FRONT_DESK)]
        walk.look_around()
        measured = {} if pictures else walk.measure()
        result = walk.finish(handled)
        pages += [page for each in _AFTERWARDS for page in walk.go_round(each)]
        told: dict[str, object] = {
            "requests": [asdict(done) for done in result],
            "pages": [asdict(page) for page in pages],
            **measured,
        }
        if not pictures:
            told["longest_turn_ms"] = round(report.longest_ms, 1)
        (out / "tour.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), "utf-8")
        say(f"The pictures and tour.json are in {os.fspath(out)}")
    except (LookupError, TimeoutError) as error:
        failures.append(str(error))
    finally:
        desktop.frame.close()


def _holds(place: QWidget, focus: QWidget | None) -> bool:
    return focus is not None and place.isAncestorOf(focus)


def _status(view: RequestView) -> str:
    appointment = view.appointment
    if appointment is None:
        return str(view.state)
    return f"{view.state}, visit {appointment.status}"


GRACE = timedelta(seconds=2)  # what the tour sets the undo time to, by the setting, so that notices come soon
