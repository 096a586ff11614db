"""The benchmarks with tiny sizes: each runs, and each row says what was seen, its floor and its goal. Figures are not asserted."""

import json
import math
from pathlib import Path

import pytest

from bench import (
    __main__ as program,
    acts,
    appointments,
    data,
    frames,
    inbox,
    live,
    loops,
    measure,
    pages,
    provider_out,
    reminders,
    search,
    slots,
    start,
    webhooks,
)
from bench.measure import TINY, Goal, Row
from tests import postgres


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small large database is kept."""
    return tmp_path_factory.mktemp("bench")


def well_formed(rows: list[Row]) -> list[Row]:
    assert rows
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.unit
        assert row.goal
        assert row.value > 0
        assert row.floor > 0
        assert math.isclose(row.ratio, row.value / row.floor, rel_tol=0.02)
    return rows


def test_a_goal_says_its_limit_and_compares_what_it_is_about() -> None:
    assert Goal(3.0).text("ms") == "≤ 3 ×"
    assert Goal(0.4, at_least=True).text("/s") == "≥ 0.4 ×"
    assert Goal(20.0, of_ratio=False).text("ms") == "≤ 20 ms"
    assert Goal(3.0).is_met(100.0, 2.9)
    assert not Goal(0.4, at_least=True).is_met(100.0, 0.3)
    assert Goal(20.0, of_ratio=False).is_met(19.0, 50.0)


def test_cases_are_timed_in_rotation_with_numbers_of_their_own() -> None:
    seen: list[tuple[str, int]] = []
    cases = {"a": lambda number: seen.append(("a", number)), "b": lambda number: seen.append(("b", number))}
    times = measure.rotated(cases, 2, warm=1)
    assert seen == [("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2), ("b", 2)]
    assert {name: len(found) for name, found in times.items()} == {"a": 2, "b": 2}


def test_the_99th_percentile_is_the_largest_of_few_and_leaves_one_in_a_hundred_out() -> None:
    assert measure.p99([3.0, 1.0, 2.0]) == 3.0
    assert measure.p99([float(number) for number in range(1, 201)]) == 198.0


def test_the_large_database_is_kept_and_holds_what_was_asked_for(cache: Path) -> None:
    first = data.large(TINY.requests, cache)
    made_at = first.path.stat().st_mtime_ns
    assert data.large(TINY.requests, cache).path.stat().st_mtime_ns == made_at
    assert [path.name for path in cache.glob("*.db")] == [first.path.name]


def test_pages_and_badge_are_measured(cache: Path) -> None:
    assert len(well_formed(list(inbox.run(TINY, cache)))) == 7


def test_the_overview_of_appointments_is_measured(cache: Path) -> None:
    assert len(well_formed(list(appointments.run(TINY, cache)))) == 7


def test_search_is_measured_for_the_practice_and_for_a_small_inbox(cache: Path) -> None:
    assert len(well_formed(list(search.run(TINY, cache)))) == 2


def test_slot_search_finds_the_set_of_brute_force(cache: Path) -> None:
    rows = well_formed(list(slots.run(TINY, cache)))
    same = next(row for row in rows if "brute force" in row.name)
    assert same.met
    assert same.value == same.floor


def test_a_proposal_for_a_provider_who_is_out_is_measured(cache: Path) -> None:
    rows = well_formed(list(provider_out.run(TINY, cache)))
    assert len(rows) == 3
    assert rows[-1].met


@pytest.mark.postgres
def test_reminders_are_measured_on_every_engine_that_is_here(cache: Path) -> None:
    rows = well_formed(list(reminders.run(TINY, cache)))
    assert len(rows) == (4 if postgres.binaries() is None else 8)


@pytest.mark.postgres
def test_the_act_is_measured_on_every_engine_that_is_here(cache: Path) -> None:
    rows = well_formed(list(acts.run(TINY, cache)))
    assert len(rows) == (2 if postgres.binaries() is None else 3)


def test_completing_is_measured_for_one_and_for_many(cache: Path) -> None:
    assert len(well_formed(list(acts.run_members(TINY, cache)))) == 1


@pytest.mark.slow
def test_a_start_is_measured_to_the_window_and_to_the_first_row(cache: Path) -> None:
    window, *first_rows = well_formed(list(start.run(TINY, cache)))
    assert len(first_rows) == 3  # of a large database, of the demo, of a server
    assert window.value < min(each.value for each in first_rows)


@pytest.mark.slow
def test_a_form_is_followed_to_the_painted_row(cache: Path) -> None:
    assert len(well_formed(list(live.run(TINY, cache)))) == 1


@pytest.mark.slow
def test_the_loop_is_watched_while_a_list_loads(tmp_path: Path) -> None:
    seen = loops.loading(TINY, tmp_path)
    assert seen["rows"] == TINY.loaded_rows
    assert seen["longest"] > 0


@pytest.mark.slow
def test_the_patients_pages_are_measured_alone_and_in_a_crowd(tmp_path: Path) -> None:
    rows = well_formed(list(pages.run(TINY, tmp_path)))
    assert len(rows) == 11
    assert next(row for row in rows if row.unit == "kB").met


def test_a_webhook_is_measured_and_many_beside_a_receiver_that_hangs(tmp_path: Path) -> None:
    assert [row.unit for row in well_formed(list(webhooks.run(TINY, tmp_path)))] == ["ms", "1/s"]


def test_frames_and_memory_are_measured() -> None:
    assert len(well_formed(frames.run(TINY, Path()))) == 3


def test_the_command_prints_a_table_and_writes_rows(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "QUICK", TINY)
    file = tmp_path / "rows.json"
    assert program.main(["--quick", "--only", "inbox", "--json", str(file), "--cache", str(cache)]) == 0
    rows = json.loads(file.read_text("utf-8"))
    assert {frozenset(row) for row in rows} == {frozenset({"name", "value", "unit", "floor", "ratio", "goal", "met"})}
    printed = capsys.readouterr().out
    assert all(row["name"] in printed for row in rows)
