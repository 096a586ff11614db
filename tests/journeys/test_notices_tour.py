"""The tour of the notices as `./desk tour --notices` makes it: every event over every channel, in both languages (NT1, WH1, RM1)."""

import json
from pathlib import Path
from typing import Any

import pytest

from request_desk.domain.events import EVENTS, OFFERED, EventType
from tests.notices_tour.__main__ import main

_LONGEST = 400  # seconds on a busy machine; a reminder and a hold take more than a minute by themselves
pytestmark = [pytest.mark.slow, pytest.mark.timeout(_LONGEST)]

LETTERS = {spec.type for spec in EVENTS if spec.letters}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one tour wrote."""
    out = tmp_path_factory.mktemp("notices")
    assert main(["--notices", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of notices.json."""
    found: list[dict[str, Any]] = json.loads((folder / "notices.json").read_text("utf-8"))
    return found


def test_every_event_was_delivered_over_every_channel_in_both_languages(rows: list[dict[str, Any]]) -> None:
    wanted = {(str(event), "webhook", "") for event in OFFERED} | {
        (str(event), channel, language)
        for event in (*LETTERS, "running_late", "closed")
        for channel in ("email", "sms")
        for language in ("en", "es")
    }
    assert len(wanted) == 47
    assert {(row["event"], row["channel"], row["language"]) for row in rows if row["delivered"]} == wanted
    assert len(rows) == len(wanted)


def test_each_row_names_what_it_was_verified_by_and_a_file_that_is_there(
    rows: list[dict[str, Any]], folder: Path
) -> None:
    by = {"email": "email.parser", "sms": "gsm0338", "webhook": "standardwebhooks"}
    assert [row for row in rows if not row["verified_by"].startswith(by[row["channel"]])] == []
    assert [row for row in rows if not (folder / row["file"]).stat().st_size] == []
    assert len({row["file"] for row in rows}) == len(rows)


def test_letters_about_a_booking_have_a_calendar_file_that_two_parsers_read(rows: list[dict[str, Any]]) -> None:
    told = {row["event"] for row in rows if "icalendar" in row["verified_by"] and "vobject" in row["verified_by"]}
    assert told == {
        EventType.APPOINTMENT_CONFIRMED,
        EventType.APPOINTMENT_REBOOKED,
        EventType.APPOINTMENT_CANCELLED,
    }
