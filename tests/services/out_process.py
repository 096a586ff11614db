"""A process that does a plan row by row until it is killed at a place that a test orders.

Run as `python -m tests.services.out_process URL STAFF PLAN PLACE ROWS`: at the first statement behind so many done rows that PLACE
finds, or at the COMMIT, the process ends as a power cut would end it.
"""

import os
import re
import signal
import sys
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import PlanId
from request_desk.services.desk import Desk
from request_desk.services.schedule import provider_out
from request_desk.store.database import Database
from tests.conftest import DEMO_MORNING


def die(*_arguments: Any) -> None:
    """End without tidying anything up."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(place: str) -> None:
    """From now on: die at this place."""
    if place == "COMMIT":
        event.listen(Engine, "commit", die)
        return
    pattern = re.compile(place)

    def executed(*arguments: Any) -> None:
        if pattern.search(" ".join(str(arguments[2]).split())):
            die()

    event.listen(Engine, "after_cursor_execute", executed)


def main(url: str, staff: str, plan: str, place: str, rows: str) -> None:
    desk = Desk(Database(url), FixedClock(DEMO_MORNING))
    actor = Actor(ActorKind.STAFF, int(staff), "Maria Santos", frozenset({Role.SCHEDULER}), desk="killed")
    plan_id = PlanId(int(plan))
    for done, row in enumerate(desk.query(actor, provider_out.plan, plan_id).rows):
        if done == int(rows):
            arm(place)
        desk.perform(actor, provider_out.do_row, plan_id, row.appointment.id)


if __name__ == "__main__":
    main(*sys.argv[1:])
