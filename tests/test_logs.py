"""Log lines and crash files tell no name, number, address or message, and cannot be forged (QT-10, architecture 6.6)."""

import json
import logging
import stat
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import pytest

from request_desk import logs
from request_desk.config import Log
from request_desk.logs import Word

PLANTED = ("Zuri Okafor", "zuri", "(206) 555-0147", "amara@example.org", "hi can we move zuris apt", "03/12/2022")


class Kind(StrEnum):
    CODE = "code"


@pytest.fixture(params=["plain", "json"])
def lines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A log of each format; afterwards logging is as it was."""
    root = logging.getLogger()
    before, level, ours = list(root.handlers), root.level, logging.getLogger("request_desk").level
    root.handlers = []
    logs.set_up(Log(format=request.param, level="debug"), tmp_path, process="desk")
    yield tmp_path / "desk.log"
    for handler in root.handlers:
        handler.close()
    root.handlers = before
    root.setLevel(level)
    logging.getLogger("request_desk").setLevel(ours)
    logging.captureWarnings(capture=False)


def test_planted_names_reach_no_line(lines: Path) -> None:
    log = logging.getLogger("request_desk.services.inbox.handling")
    for text in PLANTED:
        log.info("sent %s to %s", 4711, text)
        log.warning("a %(thing)s", {"thing": text})
        log.error("things: %s %s", [text], {text: text})
        try:
            raise ValueError(text) from KeyError(text)
        except ValueError as error:
            log.exception("failed: %s", error)
            logging.getLogger("apscheduler.executors").exception("Job raised %s", text)
        logging.getLogger("sqlalchemy.engine").error("parameters %r", (text,))
    written = lines.read_text("utf-8")
    assert "4711" in written
    assert "ValueError" in written
    assert "KeyError" in written
    for text in PLANTED:
        assert text not in written
    assert "okafor" not in written.lower()


def test_ids_numbers_enums_and_own_words_are_told(lines: Path) -> None:
    reference = UUID(int=7)
    logging.getLogger("request_desk.jobs").info(
        "%s %d %.1f %s %s %s", Kind.CODE, 12, 1.5, reference, Word("deliver"), None
    )
    assert f"code 12 1.5 {reference} deliver None" in lines.read_text("utf-8")


def test_a_line_break_cannot_forge_a_line(lines: Path) -> None:
    log = logging.getLogger("request_desk.web")
    log.info("%s", Word("one\n2026-11-24T16:12:00.000Z error request_desk forged\r\u2028\x1b[31m\u202e"))
    logging.getLogger("uvicorn.error").error("bad request\nforged line")
    written = lines.read_text("utf-8")
    assert len(written.splitlines()) == 2
    assert "\x1b" not in written
    assert "\u202e" not in written


def test_the_words_of_a_library_lose_addresses_numbers_and_tokens(lines: Path) -> None:
    token = "A" * 43
    told = f"refused amara@example.org, +1 (206) 555-0147, {token}, 'Zuri Okafor'"
    logging.getLogger("aiosmtpd.smtp").error(told)
    written = lines.read_text("utf-8")
    assert "refused" in written
    for secret in ("amara", "(206)", "0147", token, "Zuri"):  # no three digits: the time of the line may have them
        assert secret not in written


def test_a_template_with_the_wrong_values_still_makes_a_line(lines: Path) -> None:
    logging.getLogger("request_desk.jobs").warning("%d notices", "Zuri Okafor")
    written = lines.read_text("utf-8")
    assert "notices" in written
    assert "Zuri" not in written


def test_json_lines_are_json_and_the_file_is_ours_alone(lines: Path) -> None:
    logging.getLogger("request_desk.jobs").error("one")
    first = lines.read_text("utf-8").splitlines()[0]
    if first.startswith("{"):
        assert json.loads(first)["words"] == "one"
        assert json.loads(first)["level"] == "error"
    else:
        assert first.endswith(" error   request_desk.jobs one")
    assert stat.S_IMODE(lines.stat().st_mode) == 0o600


def test_a_crash_file_holds_ids_and_places_but_no_message(tmp_path: Path) -> None:  # QT-10
    try:
        raise RuntimeError("Zuri Okafor, amara@example.org") from LookupError("zuri")
    except RuntimeError as error:
        path = logs.crash_file(tmp_path, error, request=4711, page=Word("inbox"))
    written = path.read_text("utf-8")
    for text in PLANTED:
        assert text not in written
    assert "RuntimeError" in written
    assert "LookupError" in written
    assert "4711" in written
    assert "inbox" in written
    assert "test_a_crash_file_holds_ids" in written
    assert str(tmp_path) not in written
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_crashes_make_two_files(tmp_path: Path) -> None:
    paths = {logs.crash_file(tmp_path, ValueError("x")) for _crash in range(3)}
    assert len(paths) == 3


def test_a_crash_that_refers_to_itself_ends(tmp_path: Path) -> None:
    error = ValueError("x")
    error.__context__ = RuntimeError("y")
    error.__context__.__context__ = error
    assert len(logs.frames(error)) == 2
