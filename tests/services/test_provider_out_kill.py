"""kill -9 in the middle of a plan: it goes on where it was, on both engines, and nobody is told twice (ACT9)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from request_desk.domain.provider_out import OutState, PlanState
from request_desk.services.schedule import provider_out
from request_desk.store import schema
from tests.builders import Practice
from tests.services.test_provider_out import begin, choices, do, notices, plan, situation, some

ROOT = Path(__file__).resolve().parents[2]
ROWS = 4
PLACES = (
    "^UPDATE appointment ",
    "^INSERT INTO (appointment|outbox) ",
    "^UPDATE provider_out_row ",
    "^INSERT INTO journal ",
    "COMMIT",
)


def killed(url: str, practice: Practice, plan_id: int, place: str, rows: int) -> None:
    """Let another process do the plan, and die at a place behind so many rows."""
    order = [url, str(practice.maria.id), str(plan_id), place, str(rows)]
    process = subprocess.run(
        [sys.executable, "-m", "tests.services.out_process", *order],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=100,
    )
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("place", "rows"), [*((place, 2) for place in PLACES), ("COMMIT", 0), ("COMMIT", ROWS - 1)])
def test_a_plan_that_was_killed_goes_on_and_tells_nobody_twice(
    practice: Practice, database_url: str, place: str, rows: int
) -> None:
    appointments = some(practice, ROWS)
    wanted = choices(practice, situation(practice))
    plan_id = begin(practice, wanted)
    killed(database_url, practice, plan_id, place, rows)
    # All of what was done is there, and nothing of what was not.
    half = plan(practice, plan_id)
    assert half.done == rows
    assert half.state is (PlanState.RUNNING if rows else PlanState.DRAFT)
    assert len(notices(practice)) == rows
    (left,) = practice.desk.query(practice.maria, provider_out.open_plans)
    assert (left.done, left.total) == (rows, ROWS)
    for appointment in appointments:  # those that are done too: a second start cannot know
        do(practice, plan_id, appointment)
    whole = plan(practice, plan_id)
    assert whole.state is PlanState.DONE
    assert {row.state for row in whole.rows} == {OutState.DONE}
    assert len(notices(practice)) == ROWS
    with practice.database.read() as connection:
        table = schema.appointment.c
        booked = connection.execute(select(table.starts_at, table.provider_id).where(table.status == "confirmed")).all()
    expected = [(each.slot.starts_at, each.slot.provider_id) for each in wanted if each.slot is not None]
    assert sorted(map(tuple, booked)) == sorted(expected)
