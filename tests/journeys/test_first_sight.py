"""The first rows stand in the window before the practice is open, and stay where they are when the page takes over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import Unavailable
from request_desk.gateways.secrets import FileStore
from request_desk.services import first_sight
from request_desk.services.first_sight import FirstSight, Wanted
from request_desk.services.inbox import marks as inbox_marks
from request_desk.services.people import access
from request_desk.store import schema
from request_desk.store.version import HEAD
from request_desk.ui.inbox import first_list
from request_desk.ui.inbox.first_list import FirstList
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.widgets.states import State, StatePane
from request_desk.ui.window.desktop import Desktop, Launch
from request_desk.ui.window.launch import SESSION, Opened
from request_desk.ui.window.memory import FileMemory
from request_desk.ui.window.shell import Shell
from tests.journeys.opening import opener
from tests.journeys.running_desk import PATIENCE, House


class Start:
    """One start of a desktop on a remembered session; the practice is opened when the test says so."""

    def __init__(self, qtbot: QtBot, house: House, *, before_opening: Callable[[], None] | None = None) -> None:
        self.qtbot, self.house = qtbot, house
        self.crashes: list[str] = []
        self.furnished: list[Shell] = []
        self._token = house.session_of(house.practice.maria)
        folder = house.folder / "front"
        folder.mkdir(exist_ok=True)
        self._open = opener(house.url, folder, house.clock, self.crashes, token=self._token)
        self._before_opening = before_opening
        launch = Launch(
            opener=self._opened,
            memory=FileMemory(folder / "window.json"),
            practice="Harbor Pediatrics",
            desk_name="front",
            first_sight=self._first_sight,
        )
        self.desktop = Desktop(launch)
        self.desktop.ready.connect(self.furnished.append)
        self.frame = self.desktop.frame
        self.frame.resize(1615, 920)
        self.painted_rows: list[QRect] = []
        self.pictures: list[QImage] = []
        self.chosen: int | None = None
        self.desktop.rows_painted.connect(self._look)
        self.steps = 0
        self.is_closed = False
        self.desktop.show()

    def _first_sight(self, wanted: Wanted) -> FirstSight | None:
        return first_sight.read(self.house.practice.database.path, self._token, self.house.clock.now(), wanted)

    def _opened(self) -> Opened:
        if self._before_opening is not None:
            self._before_opening()
        return self._open()

    def _look(self) -> None:
        """What stands there at the first sight."""
        first = self.desktop.first_list
        assert first is not None
        for _step in range(self.steps):
            QTest.keyClick(first.list, Qt.Key.Key_Down)
        self.chosen = first.list.selected_key()
        self.painted_rows.append(place_of(first.list))
        self.pictures.append(rows_of(first.list))

    @property
    def center(self) -> MessageCenter:
        center = self.frame.page("messages")
        assert isinstance(center, MessageCenter)
        return center

    def until(self, reached: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(lambda: bool(self.crashes) or reached(), timeout=PATIENCE)
        assert not self.crashes, self.crashes[0]

    def furnish(self) -> None:
        self.until(lambda: bool(self.furnished) and not self.furnished[0].runner.busy())

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.frame.close()
            self.frame.deleteLater()
            self.desktop.deleteLater()


def place_of(widget: QWidget) -> QRect:
    """Where a widget is in its window."""
    return QRect(widget.mapTo(widget.window(), widget.rect().topLeft()), widget.size())


def rows_of(listed: QWidget) -> QImage:
    """The rows below the selected first one, without the scroll bar."""
    return listed.grab(below_the_first(listed.rect())).toImage()


def below_the_first(place: QRect) -> QRect:
    return QRect(place.left(), place.top() + 90, place.width() - 20, 200)


@pytest.fixture
def full_house(house: House) -> House:
    """Six requests wait, and the database says of which version it is."""
    for number in range(6):
        house.practice.a_request(message=f"letter {number}", provider=house.practice.lindqvist)
    with house.allowed(), house.practice.database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT NOT NULL) STRICT")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
    return house


@pytest.fixture
def start(qtbot: QtBot, full_house: House) -> Iterator[Callable[..., Start]]:
    started: list[Start] = []

    def starting(**values: Callable[[], None]) -> Start:
        started.append(Start(qtbot, full_house, **values))
        return started[-1]

    yield starting
    for each in started:
        each.close()


def test_the_page_takes_over_without_a_jump(start: Callable[..., Start]) -> None:
    first = start()
    first.furnish()
    first.close()
    second = start()
    second.furnish()
    assert second.painted_rows == [place_of(second.center.list)]
    assert len(second.center.feed.model.keys()) == 6
    (before,) = second.pictures
    assert before == rows_of(second.center.list)
    assert second.center.list.selected_key() == second.chosen


def test_no_turn_of_the_loop_shows_the_list_without_its_rows(start: Callable[..., Start]) -> None:
    first = start()
    first.furnish()
    first.close()
    second = start()
    shown: list[QImage] = []

    def look() -> None:
        if second.painted_rows:
            rows = below_the_first(second.painted_rows[0])
            screen = second.frame.screen().grabWindow(second.frame.winId())
            shown.append(screen.copy(rows).toImage())

    timer = QTimer(second.frame)
    timer.timeout.connect(look)
    timer.start(0)
    second.furnish()
    timer.stop()
    assert len(shown) > 20
    assert {picture == shown[-1] for picture in shown} == {True}


def test_a_request_that_was_gone_to_at_first_sight_is_opened(start: Callable[..., Start]) -> None:
    desk = start()
    desk.steps = 2
    desk.furnish()
    handler = desk.center.answering.handler
    assert desk.chosen == desk.center.feed.model.key_at(2)
    desk.until(lambda: handler.now is not None)
    assert (desk.center.list.selected_key(), handler.request_id) == (desk.chosen, desk.chosen)


def test_what_happened_meanwhile_is_in_the_list(start: Callable[..., Start], full_house: House) -> None:
    def meanwhile() -> None:
        maria, kofi = full_house.practice.maria, full_house.practice.kofi
        requests = [row.id for row in full_house.rows(schema.request.c.id)]
        full_house.do(maria, inbox_marks.not_mine, requests[1])
        full_house.do(kofi, inbox_marks.claim, requests[2])
        full_house.practice.a_request(message="the seventh")

    desk = start(before_opening=meanwhile)
    desk.furnish()
    requests = [row.id for row in full_house.rows(schema.request.c.id)]
    model = desk.center.feed.model
    assert sorted(model.keys()) == sorted(set(requests) - {requests[1]})
    desk.until(lambda: (row := model.cached(requests[2])) is not None and row.claim_initials != "")


def test_a_session_that_ended_meanwhile_leaves_no_row_behind(start: Callable[..., Start], full_house: House) -> None:
    def meanwhile() -> None:
        with full_house.practice.database.write() as connection:
            connection.execute(schema.staff_session.update().values(revoked_at=full_house.clock.now()))

    desk = start(before_opening=meanwhile)
    desk.until(lambda: desk.desktop.shell is not None and desk.desktop.shell.is_covered)
    assert desk.pictures
    desk.until(lambda: not desk.frame.findChildren(FirstList))
    assert desk.frame.page("messages") is None


def test_a_practice_that_cannot_be_opened_leaves_no_row_behind(start: Callable[..., Start], full_house: House) -> None:
    """Who tries again may do so hours later: the list is read anew, by a session that stands then."""
    tries: list[str] = []

    def busy() -> None:
        tries.append("one")
        if len(tries) == 1:
            raise Unavailable("The database has been busy for several seconds.")

    desk = start(before_opening=busy)
    told: list[str] = []
    desk.desktop.failed.connect(told.append)
    desk.until(lambda: bool(told))
    assert desk.pictures
    desk.until(lambda: not desk.frame.findChildren(FirstList))
    with full_house.allowed(), full_house.practice.database.write() as connection:
        connection.execute(schema.staff_session.update().values(revoked_at=full_house.clock.now()))
    (pane,) = desk.frame.findChildren(StatePane)
    pane.acted.emit(State.OFFLINE)
    seen: list[FirstList] = []
    timer = QTimer(desk.frame)
    timer.timeout.connect(lambda: seen.extend(desk.frame.findChildren(FirstList)))
    timer.start(0)
    desk.until(lambda: desk.desktop.shell is not None and desk.desktop.shell.is_covered)
    timer.stop()
    assert seen == []


def test_rows_are_gone_when_the_practice_cannot_be_read_any_more(
    start: Callable[..., Start], full_house: House
) -> None:
    def meanwhile() -> None:
        with full_house.allowed(), full_house.practice.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE practice RENAME TO elsewhere")

    desk = start(before_opening=meanwhile)
    desk.until(lambda: desk.desktop.shell is not None and desk.desktop.shell.is_covered)
    assert desk.pictures
    desk.until(lambda: not desk.frame.findChildren(FirstList))


def test_whoever_signs_in_without_being_remembered_leaves_nobody_remembered(
    start: Callable[..., Start], full_house: House
) -> None:
    """The session that was kept could not be resumed; the next start must not show its list to somebody else."""

    def rename(before: str, after: str) -> None:
        with full_house.allowed(), full_house.practice.database.write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")

    password = "lantern orbit velvet quarry"
    full_house.do(SYSTEM, access.set_password, full_house.practice.kofi.staff_id, password)
    desk = start(before_opening=lambda: rename("practice", "elsewhere"))
    secrets = FileStore(full_house.folder / "front")
    secrets.put(SESSION, "maria's")
    desk.until(lambda: desk.desktop.shell is not None and desk.desktop.shell.is_covered)
    assert desk.desktop.shell is not None
    rename("elsewhere", "practice")
    desk.desktop.shell.cover.signed_in.emit("kofi", password, False)
    desk.furnish()
    assert secrets.get(SESSION) is None


def test_who_is_not_signed_in_any_more_sees_nothing_at_first(start: Callable[..., Start], full_house: House) -> None:
    maria = full_house.practice.maria
    with full_house.allowed(), full_house.practice.database.write() as connection:
        connection.execute(schema.staff.update().where(schema.staff.c.id == maria.id).values(active=False))
    desk = start()
    desk.until(lambda: desk.desktop.shell is not None and desk.desktop.shell.is_covered)
    assert desk.pictures == []


def test_an_inbox_without_requests_is_told_by_the_page(start: Callable[..., Start], full_house: House) -> None:
    maria = full_house.practice.maria
    for row in full_house.rows(schema.request.c.id):
        full_house.do(maria, inbox_marks.not_mine, row.id)
    desk = start()
    desk.furnish()
    assert desk.pictures == []
    assert desk.center.list_stack.pane.isVisible()


@pytest.mark.parametrize(
    "kept", ["", "1 2 3", "x y z 1 2 3", f"{10**12} 9 0 0 9 9", "1355 866 -50 46 661 451", "1355 866 0 46 9999 451"]
)
def test_a_damaged_place_of_the_list_is_not_taken(tmp_path: Path, kept: str) -> None:
    memory = FileMemory(tmp_path / "damaged.json")
    memory.put(first_list.PLACE_KEY, kept)
    assert first_list._kept_place(memory) is None
