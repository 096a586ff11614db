"""Drafts that survive: the encrypted file, the newest of two, the table told later."""

import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pytestqt.qtbot import QtBot

from request_desk.domain.errors import Unavailable
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Draft
from request_desk.ui.running.drafts import DraftFiles, DraftKeeper
from request_desk.ui.running.runner import Runner
from tests.ui.conftest import HandTimers

KEY = Fernet.generate_key()


class Table:
    """What stands where the database would: notes what it is told, refuses while it is away."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.away = False

    def perform(self, _actor: object, function: Callable[..., object], *args: object, **kwargs: object) -> "Answer":
        return Answer(function(self, *args, **kwargs))

    query = perform

    def check_receiver(self, url: str) -> str:
        return url

    def undo(self, _actor: object, _undo: object) -> object:
        raise AssertionError("nothing to undo")


class Answer:
    changes = None
    undo = None

    def __init__(self, value: object) -> None:
        self.value = value


def save(table: Table, *values: object) -> None:
    if table.away:
        raise Unavailable("away")
    table.told.append(values)


def drop(table: Table, request_id: int) -> None:
    save(table, request_id, "dropped")


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def runner(qtbot: QtBot, table: Table) -> Iterator[Runner]:
    made = Runner(table, write_crash=str)
    made.crashed.connect(pytest.fail)
    yield made
    made.close()


@pytest.fixture
def files(tmp_path: Path) -> DraftFiles:
    return DraftFiles(tmp_path / "drafts", KEY, 7)


@pytest.fixture
def keeper(runner: Runner, hand: HandTimers, files: DraftFiles) -> DraftKeeper:
    made = DraftKeeper(runner, hand.clock, save=save, drop=drop, timers=hand)
    made.open(files)
    assert runner.drained()
    return made


def a_draft(hand: HandTimers, text: str = "Hi Amara", request: int = 1) -> Draft:
    return Draft(RequestId(request), text, "booked", "{}", hand.clock.now())


def test_a_draft_is_on_the_disk_a_second_after_the_last_key(
    keeper: DraftKeeper, runner: Runner, hand: HandTimers, files: DraftFiles, table: Table
) -> None:  # MC10, OFF-02
    keeper.keep(1, "H", "", "{}")
    hand.advance(0.7)
    keeper.keep(1, "Hi", "", "{}")
    hand.advance(0.7)
    assert runner.drained()
    assert files.read() == ()
    hand.advance(0.4)
    assert runner.drained()
    assert [draft.text for draft in files.read()] == ["Hi"]
    assert table.told == [(1, "Hi", "", "{}")]


def test_the_file_is_private_and_cannot_be_read_without_the_key(
    files: DraftFiles, hand: HandTimers, tmp_path: Path
) -> None:  # OFF-02
    files.write(a_draft(hand, "Zuri has a fever"), 1)
    (path,) = (tmp_path / "drafts" / "7").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"fever" not in path.read_bytes()
    assert b"Zuri" not in path.read_bytes()
    assert DraftFiles(tmp_path / "drafts", Fernet.generate_key(), 7).read() == ()
    assert list(path.parent.glob("*.unreadable")), "it is set aside, not deleted"


def test_another_user_sees_none_of_it(files: DraftFiles, hand: HandTimers, tmp_path: Path) -> None:  # LOCK-03
    files.write(a_draft(hand), 1)
    other = DraftFiles(tmp_path / "drafts", KEY, 8)
    assert other.read() == ()
    stolen = tmp_path / "drafts" / "8"
    stolen.mkdir()
    (stolen / "1.draft").write_bytes((tmp_path / "drafts" / "7" / "1.draft").read_bytes())
    assert other.read() == ()


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_torn_file_is_set_aside(files: DraftFiles, hand: HandTimers, tmp_path: Path, damage: bytes | None) -> None:
    files.write(a_draft(hand), 1)
    path = tmp_path / "drafts" / "7" / "1.draft"
    path.write_bytes(path.read_bytes()[:-7] if damage is None else damage)
    assert files.read() == ()
    assert not path.exists()
    files.write(a_draft(hand, "again"), 2)
    assert [draft.text for draft in files.read()] == ["again"]


def test_an_older_save_that_arrives_late_is_dropped(files: DraftFiles, hand: HandTimers) -> None:
    files.write(a_draft(hand, "new"), 2)
    files.write(a_draft(hand, "old"), 1)
    assert [draft.text for draft in files.read()] == ["new"]
    files.remove(1, 3)
    files.write(a_draft(hand, "a ghost"), 2)
    assert files.read() == ()


def test_of_two_drafts_the_newest_wins(keeper: DraftKeeper, hand: HandTimers) -> None:
    keeper.keep(1, "mine", "", "{}")
    older = Draft(RequestId(1), "older", "", "{}", hand.clock.now() - timedelta(minutes=1))
    newer = Draft(RequestId(1), "newer", "", "{}", hand.clock.now() + timedelta(minutes=1))
    keeper.merge([older])
    assert keeper.of(1) is not None
    assert keeper.of(1).text == "mine"  # type: ignore[union-attr]
    keeper.merge([newer])
    assert keeper.of(1) == newer


def test_a_sent_draft_is_gone_everywhere(
    keeper: DraftKeeper, runner: Runner, hand: HandTimers, files: DraftFiles, table: Table
) -> None:
    keeper.keep(1, "Hi", "", "{}")
    hand.advance(1.1)
    assert runner.drained()
    keeper.drop(1)
    assert runner.drained()
    assert keeper.of(1) is None
    assert files.read() == ()
    assert table.told[-1] == (1, "dropped")


def test_the_table_hears_later_what_it_missed(
    keeper: DraftKeeper, runner: Runner, hand: HandTimers, table: Table
) -> None:
    table.away = True
    keeper.keep(1, "Hi", "", "{}")
    hand.advance(1.1)
    assert runner.drained()
    assert table.told == []
    keeper.keep(1, "Hi Amara", "", "{}")
    hand.advance(1.1)
    assert runner.drained()
    table.away = False
    keeper.retry()
    assert runner.drained()
    assert table.told == [(1, "Hi Amara", "", "{}")]


def test_quitting_writes_what_is_not_on_the_disk_yet(keeper: DraftKeeper, files: DraftFiles) -> None:
    keeper.keep(1, "Hi", "", "{}")
    keeper.flush()
    assert [draft.text for draft in files.read()] == ["Hi"]


def test_a_disk_that_refuses_is_said_once_and_the_text_stays(
    runner: Runner, hand: HandTimers, tmp_path: Path, qtbot: QtBot
) -> None:
    place = tmp_path / "drafts"
    place.write_text("a file where the folder should be")
    keeper = DraftKeeper(runner, hand.clock, save=save, drop=drop, timers=hand)
    keeper.open(DraftFiles(place, KEY, 7))
    keeper.keep(1, "Hi", "", "{}")
    with qtbot.waitSignal(keeper.failed) as told:
        hand.advance(1.1)
    assert "could not be saved on this computer" in told.args[0]
    assert keeper.of(1) is not None
