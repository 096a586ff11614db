"""Texts that others collected, for tests alone: they lie beside the repository, or nowhere, and their tests are skipped then."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

_TEXTS: Final = Path("shared", "samples", "text")


def naughty() -> list[str]:
    """Texts that programs have stumbled over; skips the test where they are not."""
    return [text for text in json.loads(_read("naughty_strings.json")) if isinstance(text, str)]


def turns() -> list[dict[str, Any]]:
    """What was said in real dialogues about appointments, turn by turn; skips the test where they are not."""
    lines = _read("booking_dialogues.ndjson").splitlines()
    return [turn for line in lines for turn in json.loads(line)["turns"]]


def _read(name: str) -> str:
    found = [file for parent in Path(__file__).resolve().parents if (file := parent / _TEXTS / name).is_file()]
    if not found:
        pytest.skip(f"there is no {_TEXTS / name} beside the repository")
    return found[0].read_text("utf-8")
