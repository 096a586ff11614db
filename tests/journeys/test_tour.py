"""The tour as the README's pictures are made by it, without the pictures: five requests of the demo, by key events alone."""

import json
import subprocess
import sys
from typing import Any

import pytest

from request_desk.ui import tour
from request_desk.ui.settings import settings_page
from request_desk.ui.window.pages import PAGES

NAMES = {"schedule", "cancel", "reschedule", "next-available", "all-taken"}
FITTING = {"schedule", "cancel", "reschedule"}
_LONGEST = 280  # seconds of the walk on a busy machine; a quiet one takes about a minute
pytestmark = pytest.mark.timeout(_LONGEST + 20)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `request-desk tour` wrote."""
    out = tmp_path_factory.mktemp("tour") / "out"
    program = [sys.executable, "-m", "request_desk", "tour", "--out", str(out), "--no-pictures"]
    done = subprocess.run(
        program, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LONGEST, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(out.glob("*.png")) == []
    return dict(json.loads((out / "tour.json").read_text("utf-8")))


@pytest.mark.slow
def test_the_tour_handles_five_requests_with_few_keys_in_one_window(told: dict[str, Any]) -> None:  # ACT3, MC12
    requests = {request["name"]: request for request in told["requests"]}
    assert set(requests) == NAMES
    for name, request in requests.items():
        assert 1 <= len(request["keys"]) <= (3 if name in FITTING else 8), request
        assert set(request["way_to_it"]) <= {"J", "K"}, request
        assert request["windows"] == 1, request
        assert request["status_before"].startswith("open"), request
        assert request["status_after"].startswith("completed"), request
        assert request["mails_delivered"] >= 1, request
    assert requests["cancel"]["status_after"] == "completed, visit cancelled"


@pytest.mark.slow
def test_the_tour_measures_how_long_the_window_stood_still(told: dict[str, Any]) -> None:
    assert told["longest_turn_ms"] > 0


@pytest.mark.slow
def test_the_parents_text_and_all_requested_slots_are_usually_seen_without_scrolling(
    told: dict[str, Any],
) -> None:  # UI5
    assert set(told["seen_whole"]) == {"1366x768", "1440x860"}
    for size, (whole, of) in told["seen_whole"].items():
        assert of >= 30, size
        assert whole / of >= 0.8, f"{size}: {whole} of {of}"


@pytest.mark.slow
def test_the_tour_goes_to_every_page_and_tells_its_keys(told: dict[str, Any]) -> None:
    pages = {page["key"]: page for page in told["pages"]}
    assert set(pages) >= {spec.key for spec in PAGES}
    assert {page["login"] for page in told["pages"]} == {"maria", "$AD", "lindqvist"}
    assert pages["appointments"]["keys"]["Cancel the visit"] == ["C"]
    assert pages["schedule"]["keys"]["Week of a provider"] == ["W"]
    assert pages["meeting"]["login"] == "lindqvist"  # a page of providers
    assert pages["meeting"]["keys"]["Let in who is next, and join"] == ["Ctrl ⏎"]


@pytest.mark.slow
def test_the_tour_opens_what_stands_beside_the_lists_and_the_main_sheets(told: dict[str, Any]) -> None:
    pages = {page["key"]: page for page in told["pages"]}
    settings = {"setup", "subscriptions", "booking-secrets", "text-messages", "questionnaires"}
    settings |= {"appointment-types", "notices", "patients-pages"}
    in_full = {"appointment", "patient", "provider-week", "own-week", "offer-times", *settings}
    sheets = {"day-list", "close-day", "provider-out", "why-no-slots", "waiting-list", "find-visit"}
    sheets |= {"preview-as-patient", "phrase"}
    assert set(pages) == {spec.key for spec in PAGES} | in_full | sheets
    for key in in_full | sheets:
        assert pages[key]["way"], key
    assert pages["close-day"]["keys"]["No-show"] == ["2"]
    assert pages["provider-out"]["way"][0] == "O"


def test_the_keys_of_the_tour_lead_to_the_groups_of_settings_that_it_names() -> None:
    groups = [title for title, _icon, _form in settings_page._GROUPS]
    stops = [stop for each in tour._AFTERWARDS for stop in each.stops if stop.page == "settings"]
    for stop in stops:
        assert stop.way == ("End", *("Up",) * (len(stop.way) - 1)), stop
        assert groups[-len(stop.way)] == stop.title
    assert len(stops) >= 8


@pytest.mark.slow
def test_no_row_loses_who_what_and_for_when(told: dict[str, Any]) -> None:  # UI5
    assert set(told["rows_whole"]) == {"1366x768", "1440x860"}
    assert set(told["rows_told_apart"]) == {"1366x768", "1440x860", "960x680"}
    for size, (whole, of) in (*told["rows_whole"].items(), *told["rows_told_apart"].items()):
        assert whole == of >= 30, f"{size}: {whole} of {of}"


@pytest.mark.slow
def test_no_label_of_any_request_is_cut_in_a_usual_window(told: dict[str, Any]) -> None:  # UI5
    assert told["cut"] == {"1366x768": [], "1440x860": []}
