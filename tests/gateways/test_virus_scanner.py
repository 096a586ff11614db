"""The practice's scanner is asked with a time limit; whatever it does, a document is clean only when it says so (UPL-06)."""

import sys
from pathlib import Path

import pytest

from request_desk.config import Scanner
from request_desk.domain.attachments import CheckState
from request_desk.gateways.virus_scanner import scan

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_PROGRAM = """
import os, sys
content = open(sys.argv[2], "rb").read()
if sys.argv[1] == "hang":
    os.read(os.pipe()[0], 1)
if sys.argv[1] == "break":
    sys.exit(2)
sys.exit(1 if b"EICAR" in content else 0)
"""


def command(tmp_path: Path, how: str) -> Scanner:
    program = tmp_path / "scanner of ours.py"
    program.write_text(_PROGRAM, "utf-8")
    return Scanner(command=f'"{sys.executable}" "{program}" {how}', timeout_seconds=20 if how != "hang" else 1)


@pytest.mark.parametrize(
    ("how", "content", "said"),
    [
        ("look", b"%PDF-1.7", CheckState.CLEAN),
        ("look", EICAR, CheckState.INFECTED),
        ("break", b"%PDF-1.7", CheckState.FAILED),
        ("hang", b"%PDF-1.7", CheckState.FAILED),
    ],
)
def test_the_scanner_is_heard(tmp_path: Path, how: str, content: bytes, said: CheckState) -> None:
    assert scan(command(tmp_path, how), content) is said


def test_a_scanner_that_is_not_there_is_no_answer() -> None:
    assert scan(Scanner(command="/nowhere/scanner"), b"x") is CheckState.FAILED
    assert scan(Scanner(command='"unbalanced'), b"x") is CheckState.FAILED


def test_without_a_scanner_nothing_was_checked() -> None:
    assert scan(Scanner(), EICAR) is CheckState.UNCHECKED
