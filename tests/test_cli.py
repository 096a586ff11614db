"""The command line: help for each word, a practice from nothing, and refusals in one sentence with exit code 2."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from request_desk import __version__, app, config
from request_desk.__main__ import commands
from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import Refused
from request_desk.services.desk import Desk
from request_desk.services.practice import directory, phrases, settings
from request_desk.store.database import Database

COMMANDS = ("desk", "portal", "worker", "init", "migrate", "sealing-key", "demo", "doctor")
NEW = ("init", "--name", "Harbor Pediatrics", "--phone", "(206) 555-0100", "--zone", "America/Los_Angeles")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that nobody has used yet."""
    return tmp_path / "data"


def run(folder: Path, *words: str, typed: str = "", **environ: str) -> Result:
    """Run a command in this process, with a data folder of the test's own."""
    return CliRunner().invoke(commands(), words, input=typed, env={"REQUEST_DESK_DATA_FOLDER": str(folder), **environ})


def is_refused(result: Result) -> str:
    """One sentence on standard error, nothing on standard output, exit code 2; returns the sentence."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    sentence = result.stderr.rstrip("\n")
    assert "\n" not in sentence
    assert sentence.endswith((".", ").", "”."))
    assert "Traceback" not in sentence
    return sentence


def opened(folder: Path) -> Desk:
    return Desk(Database(f"sqlite:///{folder / config.DATABASE_FILE}"))


# a folder that cannot be used


@pytest.mark.parametrize("words", [NEW, ("migrate",), ("portal",), ("worker",), ("desk",)])
def test_a_data_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    sentence = is_refused(run(tmp_path / "file" / "data", *words))
    assert str(tmp_path / "file" / "data") in sentence


def test_the_doctor_tells_of_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    result = run(tmp_path / "file" / "data", "doctor")
    assert result.exit_code == 1
    assert "WRONG" in result.stdout
    assert str(tmp_path / "file" / "data") in result.stdout


def test_whoever_opens_a_file_that_others_can_read_says_so(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert run(folder, *NEW).exit_code == 0
    app.open_desk(config.Settings(data_folder=str(folder))).close()
    assert caplog.messages == []
    (folder / "request-desk.db").chmod(0o644)
    app.open_desk(config.Settings(data_folder=str(folder))).close()
    assert caplog.messages == ["Other users of this machine can read request-desk.db. Run: chmod 600 request-desk.db"]
    caplog.clear()


def test_a_window_says_so_when_a_folder_cannot_be_made_behind_it(
    folder: Path,
) -> None:
    """Each try opens everything or nothing: what ticks for a desk would tick once more with every try."""
    assert run(folder, *NEW).exit_code == 0
    (folder / "drafts").write_text("in the way", "utf-8")
    launch = app.desktop_launch(config.Settings(data_folder=str(folder)))
    before = {thread.name for thread in threading.enumerate()}
    for _try in range(2):
        with pytest.raises(Refused) as refused:
            launch.opener()
        assert str(folder / "drafts") in refused.value.sentence
    assert {thread.name for thread in threading.enumerate()} == before
    (folder / "drafts").unlink()
    opened = launch.opener()
    opened.close()
    opened.desk.close()


# help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, folder: Path) -> None:
    for flag in ("--help", "-h"):
        result = run(folder, command, flag)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: request-desk {command}")
        assert "--demo" not in result.stdout  # ours alone
    assert not folder.exists()


def test_the_help_names_every_command_and_no_other(folder: Path) -> None:
    result = run(folder, "--help")
    assert result.exit_code == 0
    listed = [line.split()[0] for line in result.stdout.partition("Commands:")[2].splitlines() if line.strip()]
    assert sorted(listed) == sorted(COMMANDS)
    assert "--config" in result.stdout


def test_the_version_is_told(folder: Path) -> None:
    assert run(folder, "--version").stdout.strip() == __version__


def test_a_word_that_is_no_command_is_refused(folder: Path) -> None:
    result = run(folder, "dance")
    assert result.exit_code == 2
    assert "No such command" in result.stderr


# a practice from nothing


def module(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the program itself, as the installed command does."""
    return subprocess.run(
        [sys.executable, "-m", "request_desk", *words],
        env={**os.environ, "REQUEST_DESK_DATA_FOLDER": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_init_migrate_and_doctor_on_a_fresh_folder(folder: Path) -> None:
    begun = module(folder, *NEW, "--kind", "schedule", "--kind", "cancel")
    assert begun.returncode == 0, begun.stderr
    assert begun.stderr == ""
    assert "Harbor Pediatrics is ready" in begun.stdout
    assert "$AD" in begun.stdout
    migrated = module(folder, "migrate")
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert migrated.stdout.strip() == "The database is of this version already."
    looked = module(folder, "doctor")
    assert looked.returncode == 0, looked.stdout
    assert "WRONG" not in looked.stdout
    assert "The file is sound." in looked.stdout
    assert "No appointment overlaps another" in looked.stdout
    assert (folder / config.DATABASE_FILE).stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_new_practice_has_its_settings_the_administrator_and_the_phrases(folder: Path) -> None:  # MC1, RT1, RE3
    assert run(folder, *NEW, "--kind", "reschedule").exit_code == 0
    desk = opened(folder)
    kept = desk.query(SYSTEM, settings.settings)
    assert (kept.practice_name, kept.practice_phone) == ("Harbor Pediatrics", "(206) 555-0100")
    assert kept.kinds_on == frozenset({"reschedule"})
    assert [one.login for one in desk.query(SYSTEM, directory.staff_list)] == ["$AD"]
    assert [one.name for one in desk.query(SYSTEM, directory.departments)] == ["IC-Appointment Request"]
    assert len(desk.query(SYSTEM, phrases.library)) >= 24
    desk.close()


def test_every_kind_is_off_unless_it_is_asked_for(folder: Path) -> None:  # MC1
    assert run(folder, *NEW).exit_code == 0
    desk = opened(folder)
    assert desk.query(SYSTEM, settings.settings).kinds_on == frozenset()
    desk.close()


def test_init_asks_for_what_is_missing(folder: Path) -> None:
    result = run(folder, "init", typed="Elm Street Kids\n(206) 555-0101\n\n")
    assert result.exit_code == 0, result.output
    desk = opened(folder)
    kept = desk.query(SYSTEM, settings.settings)
    assert (kept.practice_name, kept.zone) == ("Elm Street Kids", "America/Los_Angeles")
    desk.close()


def test_a_second_init_changes_nothing(folder: Path) -> None:
    assert run(folder, *NEW).exit_code == 0
    sentence = is_refused(run(folder, "init", "--name", "Other", "--phone", "1", "--zone", "UTC"))
    assert "already" in sentence
    desk = opened(folder)
    assert desk.query(SYSTEM, settings.settings).practice_name == "Harbor Pediatrics"
    desk.close()


def test_an_init_that_was_refused_can_be_tried_again(folder: Path) -> None:
    sentence = is_refused(run(folder, *NEW[:-1], "America/Nowhere"))
    assert "America/Nowhere" in sentence
    assert run(folder, *NEW).exit_code == 0


def test_a_kind_that_does_not_exist_is_refused(folder: Path) -> None:
    result = run(folder, *NEW, "--kind", "complain")
    assert result.exit_code == 2
    assert "complain" in result.stderr


# refusals


def test_migrate_without_a_practice_says_how_to_make_one(folder: Path) -> None:
    assert "request-desk init" in is_refused(run(folder, "migrate"))


@pytest.mark.parametrize("face", ["portal", "worker"])
def test_a_face_without_a_practice_says_how_to_make_one(face: str, folder: Path) -> None:
    done = module(folder, face)
    assert (done.returncode, done.stdout) == (2, "")
    assert "request-desk init" in done.stderr
    assert done.stderr.count("\n") == 1


def test_doctor_says_that_there_is_no_practice_yet(folder: Path) -> None:
    result = run(folder, "doctor")
    assert result.exit_code == 0
    assert "There is no practice on this machine yet" in result.stdout


def test_a_demo_folder_without_a_demo_is_refused(folder: Path, tmp_path: Path) -> None:
    done = module(folder, "worker", "--demo", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_file_of_something_else_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"this is no database at all, but a letter to somebody" * 40)
    result = run(folder, "migrate", REQUEST_DESK_DATABASE=f"sqlite:///{other}")
    is_refused(result)
    assert other.read_bytes().startswith(b"this is no database")


MISTAKES: Mapping[str, tuple[str, str]] = {
    "no toml": ("database = \n", "cannot be read"),
    "unknown": ("colour = 'green'\n", "“colour” that is not known"),
    "unknown in a section": ("[mail]\nhosts = 'mail.example.org'\n", "“mail.hosts” that is not known"),
    "wrong kind": ("ticks = 'perhaps'\n", "“ticks” cannot be used"),
    "a password": ("[mail]\npassword = 'hunter2'\n", "Secrets are kept in the key store"),
    "a password in an address": ("database = 'postgresql://desk:hunter2@db.example.org/desk'\n", "holds its password"),
    "in the clear": ("database = 'postgresql://desk@db.example.org/desk'\n", "sslmode=verify-full"),
    "an odd port": ("[portal]\nport = 70000\n", "0 to 65535"),
    "mail in the clear": (
        "[mail]\nhost = 'mail.example.org'\nsecurity = 'none'\nfrom_address = 'a@example.org'\n",
        "without encryption",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_settings_file_is_named(name: str, folder: Path, tmp_path: Path) -> None:
    text, expected = MISTAKES[name]
    path = tmp_path / "request-desk.toml"
    path.write_text(text, "utf-8")
    sentence = is_refused(run(folder, "--config", str(path), "migrate"))
    assert expected in sentence
    assert "hunter2" not in sentence
    # The doctor says the same and goes on with the rest.
    looked = run(folder, "--config", str(path), "doctor")
    assert looked.exit_code == 1
    assert sentence in looked.stdout


def test_a_settings_file_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    assert "missing.toml" in is_refused(run(folder, "--config", str(tmp_path / "missing.toml"), "migrate"))


def test_a_variable_that_is_no_setting_is_named(folder: Path) -> None:
    assert "REQUEST_DESK_COLOUR" in is_refused(run(folder, "migrate", REQUEST_DESK_COLOUR="green"))


# the window's short way


def test_the_window_starts_without_the_command_lines_library_and_is_refused_in_one_sentence(folder: Path) -> None:
    program = (
        "import sys\n"
        "from request_desk.__main__ import main\n"
        "try:\n"
        "    main(['desk'])\n"
        "finally:\n"
        "    print('click' in sys.modules, file=sys.stderr)\n"
    )
    environ = {**os.environ, "REQUEST_DESK_DATA_FOLDER": str(folder), "REQUEST_DESK_COLOUR": "red"}
    ended = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        "REQUEST_DESK_COLOUR is not a setting. Remove it from the environment.",
        "False",
    ]
