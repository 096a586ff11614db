"""The folder of the demo practice: when it is made anew, how its clock goes on, and that its processes end with their parent."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from threading import Event

import pytest

from request_desk import config
from request_desk.demo import home, making, processes
from request_desk.demo.builder import Size, build
from request_desk.demo.colleague import Colleague, at_work
from request_desk.demo.home import Home, Running
from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import Clock, FixedClock, SystemClock
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Tab
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.services.desk import Desk
from request_desk.services.inbox import marks as inbox_marks, queries as inbox_queries
from request_desk.services.practice import settings
from request_desk.store import migrate
from request_desk.store.database import Database
from tests.builders import Practice

pytestmark = pytest.mark.timeout(300)  # makes whole practices, on a machine that may be busy
NOW = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)


def open_desk(path: Path, clock: Clock) -> Desk:
    database = Database(f"sqlite:///{path}")
    migrate.migrate(database)
    return Desk(database, clock, sealer=KeptSealer(FileStore(path.parent)))


# A small practice is made in a third of the time; everything but the number of its patients is as in the real one.
ready = partial(making.ready, build=partial(build, size=Size(patients=1200, past_days=14)))


def never(_question: str) -> bool:
    raise AssertionError("nobody should be asked")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a demo that was built just now."""
    folder = tmp_path_factory.mktemp("home") / "demo"
    ready(folder, open_desk, ask=never, now=NOW)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    place = tmp_path / "demo"
    shutil.copytree(built, place)
    return place


def work_in(folder: Path) -> None:
    """Do something that counts: a note on a request, half an hour after the demo opened."""
    found = home.at(folder)
    desk = open_desk(found.database, FixedClock(found.opens_at + timedelta(minutes=30)))
    maria = found._actor(desk, "maria")
    request = desk.query(maria, inbox_queries.open_keys, Tab.OPEN)[0]
    desk.perform(maria, inbox_marks.add_note, request.id, "Called, nobody there.")
    desk.close()


def is_as_before(folder: Path, built: Path) -> bool:
    """Whether the database is still the one that was built: a new one has other passwords."""
    return home.at(folder).staff == home.at(built).staff


# when it is made


def test_a_demo_of_today_is_kept_and_nobody_is_asked(folder: Path, built: Path) -> None:
    work_in(folder)
    ready(folder, open_desk, ask=never, now=NOW + timedelta(hours=23))
    assert is_as_before(folder, built)


def test_an_old_demo_that_nobody_used_is_made_anew_without_a_question(folder: Path, built: Path) -> None:
    said: list[str] = []
    later = ready(folder, open_desk, ask=never, say=said.append, now=NOW + timedelta(days=2))
    assert not is_as_before(folder, built)
    assert later.day == date(2026, 11, 26)
    assert len(said) >= 3


@pytest.mark.parametrize("answer", [True, False])
def test_an_old_demo_that_was_worked_in_is_thrown_away_only_if_the_user_agrees(
    folder: Path, built: Path, answer: bool
) -> None:
    work_in(folder)
    questions: list[str] = []

    def ask(question: str) -> bool:
        questions.append(question)
        return answer

    ready(folder, open_desk, ask=ask, now=NOW + timedelta(days=2))
    assert len(questions) == 1
    assert "Nov 24" in questions[0]
    assert is_as_before(folder, built) is not answer


def test_fresh_makes_it_anew_whatever_was_done_and_keeps_nothing_of_it(folder: Path, built: Path) -> None:
    work_in(folder)
    for name in ("mails", "drafts"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "old").touch()
    ready(folder, open_desk, fresh=True, ask=never, now=NOW)
    assert not is_as_before(folder, built)
    assert not (folder / "mails" / "old").exists()
    assert not (folder / "drafts" / "old").exists()


def test_a_making_that_was_cut_off_is_begun_again(folder: Path, built: Path) -> None:
    (folder / home.STATE_FILE).write_text(json.dumps({"building": True}), "utf-8")
    with pytest.raises(Refused):
        home.at(folder)
    ready(folder, open_desk, ask=never, now=NOW)
    assert not is_as_before(folder, built)


def test_a_folder_with_a_real_practice_is_never_touched(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / config.DATABASE_FILE).write_bytes(b"somebody's practice")
    with pytest.raises(Refused, match="no demo"):
        ready(real, open_desk, fresh=True, ask=never, now=NOW)
    assert (real / config.DATABASE_FILE).read_bytes() == b"somebody's practice"


def test_a_moved_clock_comes_only_from_a_folder_that_says_it_is_a_demo(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no demo"):
        home.at(tmp_path)


# the clock


def test_the_clock_of_a_new_demo_begins_when_it_opens(tmp_path: Path) -> None:
    before = SystemClock().now()
    made = ready(tmp_path / "demo", open_desk, ask=never)
    after = SystemClock().now()
    assert made.opens_at <= made.clock.now() <= made.opens_at + (SystemClock().now() - before)
    assert made.opens_at >= before
    assert made.built_at <= after


def test_the_clock_goes_on_from_the_last_change_and_stands_still_in_between(folder: Path) -> None:
    work_in(folder)
    later = NOW + timedelta(hours=5)
    resumed = ready(folder, open_desk, ask=never, now=later)
    assert later + resumed.offset == resumed.opens_at + timedelta(minutes=30)
    assert home.at(folder) == resumed


def test_without_any_change_the_clock_begins_at_the_opening_again(folder: Path) -> None:
    later = NOW + timedelta(hours=5)
    resumed = ready(folder, open_desk, ask=never, now=later)
    assert later + resumed.offset == resumed.opens_at


# what it gives to the faces


def test_what_is_written_down_can_be_read_by_the_owner_alone(folder: Path) -> None:
    if os.name != "posix":
        pytest.skip("modes are POSIX's")
    found = ready(folder, open_desk, ask=never, now=NOW)
    assert (found.folder / home.STATE_FILE).stat().st_mode & 0o077 == 0
    assert found.folder.stat().st_mode & 0o077 == 0


def test_the_settings_of_a_demo_reach_nothing_outside_this_machine(folder: Path) -> None:
    found = home.at(folder)
    real = config.Settings(
        database="postgresql://db.example.org/real",
        mail=config.Mail(host="smtp.example.org"),
        portal=config.PortalConfig(host="0.0.0.0", public_url="https://portal.example.org"),
    )
    used = found.settings(real, mail_port=2525)
    assert used.database == f"sqlite:///{found.database}"
    assert (used.mail.host, used.mail.port, used.mail.security) == ("127.0.0.1", 2525, "none")
    assert (used.portal.host, used.portal.port, used.portal.public_url) == ("127.0.0.1", 0, "")
    assert not used.ticks
    assert found.settings(real).mail.host == ""


def test_the_practice_knows_where_its_portal_is(folder: Path) -> None:
    found = home.at(folder)
    desk = open_desk(found.database, found.clock)
    found.portal_is_at(desk, 4321)
    kept = desk.query(SYSTEM, settings.settings)
    assert kept.public_url == "http://127.0.0.1:4321"
    found.portal_is_at(desk, 4321)
    assert desk.query(SYSTEM, settings.settings).version == kept.version
    desk.close()


def test_the_portal_s_address_is_known_while_it_runs(folder: Path) -> None:
    found = home.at(folder)
    assert found.portal_url == ""
    home.write_run(folder, Running(1, {"portal": 2}, 8123))
    assert found.portal_url == "http://127.0.0.1:8123"
    home.write_run(folder, None)
    assert found.portal_url == ""


def test_mails_are_caught_at_the_time_of_the_demo(folder: Path) -> None:
    from request_desk.domain.ids import new_uuid
    from request_desk.gateways.email import Mailer
    from request_desk.gateways.letters import Letter, Sent

    found = home.at(folder)
    with found.catching() as port:
        mailer = Mailer(found.settings(config.Settings(), mail_port=port).mail, now=lambda: found.opens_at)
        assert isinstance(mailer.send(Letter("amara.okafor@example.org", "Hello", "A line.", new_uuid())), Sent)
    assert [(mail.to, mail.subject, mail.at) for mail in found.mails()] == [
        ("amara.okafor@example.org", "Hello", found.opens_at)
    ]
    assert found.mails_to("somebody.else@example.org") == ()


def test_text_messages_are_caught_beside_the_mails(folder: Path) -> None:
    from request_desk.app import senders
    from request_desk.domain.directory import Channel
    from request_desk.domain.ids import new_uuid
    from request_desk.gateways.letters import Letter, Sent

    found = home.at(folder)
    with found.catching() as port:
        send = senders(found.settings(config.Settings(), mail_port=port), found.clock)[Channel.SMS]
        assert isinstance(send(Letter("+12065550147", "", "Amara’s visit", new_uuid())), Sent)
    [text] = found.mails_to("+12065550147")
    assert (text.body.strip(), text.is_text) == ("Amara's visit", True)


# the processes, with a cheap stand-in for the program

STAND_IN = """
import os, sys
face, folder = sys.argv[1], sys.argv[3]
alive = open(os.path.join(folder, "alive"), "w")  # whoever reads the pipe learns when the last of us has ended
if face == "desk":
    sys.exit(7) if "--quick" in open(os.path.join(folder, "how")).read() else None
else:
    print("some words before", flush=True)
    print(face, "ready", 4000 + len(face), flush=True)
print(face, file=alive, flush=True)
os.read(0, 1) if "--stubborn" not in open(os.path.join(folder, "how")).read() else __import__("time").sleep(600)
"""
PARENT = """
import signal
import sys
from pathlib import Path
from request_desk.demo import processes
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in a shell's background
sys.exit(processes.run(Path(sys.argv[1]), print, program=sys.argv[2:]))
"""


@pytest.fixture
def stage(folder: Path) -> Callable[[str], tuple[Path, list[str]]]:
    """A folder and a stand-in program; how the stand-ins behave is told in words."""
    if os.name != "posix":
        pytest.skip("uses a named pipe")
    os.mkfifo(folder / "alive")
    script = folder / "stand_in.py"
    script.write_text(STAND_IN, "utf-8")

    def make(how: str) -> tuple[Path, list[str]]:
        (folder / "how").write_text(how, "utf-8")
        return folder, [sys.executable, "-I", str(script)]

    return make


def test_the_end_of_the_desktop_ends_everything_and_its_exit_code_is_the_demo_s(
    stage: Callable[[str], tuple[Path, list[str]]],
) -> None:
    folder, program = stage("--quick")
    said: list[object] = []
    reader = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert processes.run(folder, said.append, program=program) == 7
        os.set_blocking(reader, True)
        assert sorted(read_all(reader).split()) == ["portal", "worker"]
    finally:
        os.close(reader)
    assert said == ["The parents' portal is at http://127.0.0.1:4006"]
    assert home.read_run(folder) is None


def test_a_killed_parent_leaves_no_orphan(stage: Callable[[str], tuple[Path, list[str]]]) -> None:
    folder, program = stage("")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder), *program], stdout=subprocess.DEVNULL)
    with (folder / "alive").open() as alive:
        assert {alive.readline().strip() for _face in range(3)} == {"worker", "portal", "desk"}
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert alive.read() == ""  # comes when the last writer has ended
    with making.held(folder):
        pass  # the folder is free again, though nobody let it go


def test_an_interrupted_parent_ends_its_children_first(stage: Callable[[str], tuple[Path, list[str]]]) -> None:
    folder, program = stage("")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder), *program], stdout=subprocess.DEVNULL)
    with (folder / "alive").open() as alive:
        for _face in range(3):
            alive.readline()
        parent.send_signal(signal.SIGINT)
        assert alive.read() == ""
    assert parent.wait() == 130
    assert home.read_run(folder) is None


def test_two_demos_at_once_in_one_folder_are_refused(stage: Callable[[str], tuple[Path, list[str]]]) -> None:
    folder, program = stage("--quick")
    with making.held(folder):
        with pytest.raises(Refused, match="open already"):
            processes.run(folder, print, program=program)
        with pytest.raises(Refused, match="open already"):
            ready(folder, open_desk, ask=never, now=NOW)


def test_a_service_that_does_not_start_is_told_in_a_sentence(folder: Path) -> None:
    with (
        pytest.raises(Unavailable, match="did not start"),
        processes.background(folder, program=[sys.executable, "-c", "raise SystemExit(3)"]),
    ):
        raise AssertionError("it must not begin")
    assert home.read_run(folder) is None


def test_the_background_of_a_tour_is_portal_and_worker(stage: Callable[[str], tuple[Path, list[str]]]) -> None:
    folder, program = stage("")
    reader = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with processes.background(folder, program=program) as found:
            running = home.read_run(folder)
            assert isinstance(found, Home)
            assert running is not None
            assert set(running.pids) == {"worker", "portal"}
            assert (running.parent, running.portal_port) == (os.getpid(), 4006)
        os.set_blocking(reader, True)
        read_all(reader)
    finally:
        os.close(reader)


def read_all(descriptor: int) -> str:
    """Read until every writer has ended."""
    pieces = []
    while piece := os.read(descriptor, 4096):
        pieces.append(piece)
    return b"".join(pieces).decode()


STUBBORN = """
import sys, threading
from request_desk.demo import processes
processes.end_with_parent(lambda: print("told", flush=True), patience=0.05)
print("there", flush=True)
threading.Event().wait()
"""


def test_a_process_that_does_not_end_when_told_is_ended_hard() -> None:
    child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "there\n"
    child.stdin.close()
    assert child.stdout.read() == "told\n"
    assert child.wait() == 1
    child.stdout.close()


# the colleague


@pytest.fixture
def crowd(practice: Practice) -> tuple[RequestId, ...]:
    return tuple(practice.a_request(message=f"request {number}") for number in range(6))


def kofi_of(practice: Practice, *others: Actor) -> Colleague:
    return Colleague(practice.desk, practice.kofi, others, Random(4))


def claims(practice: Practice, ids: tuple[RequestId, ...]) -> dict[RequestId, int]:
    rows = practice.desk.query(practice.maria, inbox_queries.rows, ids)
    return {row.id: row.claim_staff_id for row in rows if row.claim_staff_id is not None}


def pass_time(
    practice: Practice, colleague: Colleague, minutes: int, *, each: Callable[[], None] = lambda: None
) -> None:
    """Let minutes go by, with a step of the colleague in each."""
    clock = practice.desk.clock
    assert isinstance(clock, FixedClock)
    for _minute in range(minutes):
        clock.advance(timedelta(minutes=1))
        colleague.step()
        each()


def test_a_colleague_is_on_one_or_two_requests_and_moves_on(practice: Practice, crowd: tuple[RequestId, ...]) -> None:
    kofi = kofi_of(practice)
    kofi.step()
    assert len(kofi.working_on) == 1
    seen: set[RequestId] = set()

    def look() -> None:
        held = claims(practice, crowd)
        assert set(held) == set(kofi.working_on)
        assert len(held) <= 2
        seen.update(held)

    pass_time(practice, kofi, 40, each=look)
    assert seen == set(crowd)
    assert practice.desk.query(practice.maria, inbox_queries.counts)[Tab.OPEN] == len(crowd)


def test_a_colleague_keeps_what_was_claimed_before_the_start(practice: Practice, crowd: tuple[RequestId, ...]) -> None:
    practice.desk.perform(practice.kofi, inbox_marks.claim, crowd[3])
    kofi = kofi_of(practice)
    kofi.step()
    assert kofi.working_on == (crowd[3],)


def test_a_colleague_never_touches_what_somebody_else_has_claimed_or_opened(
    practice: Practice, crowd: tuple[RequestId, ...]
) -> None:
    practice.desk.perform(practice.maria, inbox_marks.mark_read, crowd[:1])  # before the start
    kofi = kofi_of(practice, practice.maria)
    practice.desk.perform(practice.maria, inbox_marks.claim, crowd[1])
    practice.desk.perform(practice.maria, inbox_marks.mark_read, crowd[2:3])
    practice.desk.perform(practice.maria, inbox_marks.save_draft, crowd[3], "Hi", "", "{}")
    seen: set[int] = set()
    pass_time(practice, kofi, 40, each=lambda: seen.update(kofi.working_on))
    assert seen == set(crowd[4:])


def test_a_colleague_gives_way_when_somebody_takes_over(practice: Practice, crowd: tuple[RequestId, ...]) -> None:
    kofi = kofi_of(practice)
    kofi.step()
    (taken,) = kofi.working_on
    practice.desk.perform(practice.maria, inbox_marks.claim, taken, take_over=True)
    pass_time(practice, kofi, 30, each=lambda: None)
    assert taken not in kofi.working_on
    assert claims(practice, (taken,)).get(taken, practice.maria.id) == practice.maria.id


def test_a_colleague_with_nothing_to_do_waits(practice: Practice) -> None:
    kofi = kofi_of(practice)
    pass_time(practice, kofi, 3)
    assert kofi.working_on == ()


def test_a_colleague_ends_with_the_block(practice: Practice, crowd: tuple[RequestId, ...]) -> None:
    stepped = Event()

    class Watched(Colleague):
        def run(self, wait: Callable[[float], bool]) -> None:
            def at_once(_seconds: float) -> bool:
                over = wait(0) or stepped.is_set()
                if self.working_on:
                    stepped.set()
                return over

            super().run(at_once)

    with at_work(Watched(practice.desk, practice.kofi, (), Random(4))):
        assert stepped.wait(20)
    assert len(claims(practice, crowd)) == 1


def test_a_home_is_a_value(folder: Path) -> None:
    found = home.at(folder)
    assert replace(found, offset=timedelta(0)).clock.now() - SystemClock().now() < timedelta(seconds=1)
    assert found.colleague_login == "kofi"
