"""All or nothing: a failure at each statement of the act, and at each of its undo, leaves every table as it was (ACT4)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from request_desk.domain.careful import Assurance
from request_desk.domain.requests import Act, Booking, Cancellation, Disposition, Move, Reply
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk, Undo
from request_desk.services.inbox import handling, marks as inbox_marks
from request_desk.services.schedule import scheduling
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.tables import changed_tables, snapshot

TOMORROW = TODAY + timedelta(days=1)


class Broken(Exception):
    """What a power cut would do, in the middle of a transaction."""


@contextmanager
def broken_at(database: Database, number: int) -> Iterator[list[str]]:
    """Raise at the given statement, counted from 1; the list names those that were reached."""
    reached: list[str] = []

    def count(_conn: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        reached.append(statement)
        if len(reached) == number:
            raise Broken(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield reached
    finally:
        event.remove(database.engine, "before_cursor_execute", count)


def failing_everywhere(database: Database, attempt: Callable[[], Any]) -> int:
    """Let `attempt` fail at its first, second … statement; each time nothing may be left. Returns how many there were."""
    before = snapshot(database)
    number = 0
    while True:
        number += 1
        with broken_at(database, number) as reached:
            try:
                attempt()
            except Broken:
                pass
            else:
                return number - 1
        later = [statement for statement in reached[number:] if "SAVEPOINT" not in statement]
        assert later == [], "nothing is tried again behind the caller's back"
        assert changed_tables(before, snapshot(database)) == set(), reached[number - 1]


@pytest.mark.parametrize("kind", ["booking", "cancellation", "move", "reply"])
def test_an_act_that_fails_anywhere_leaves_nothing_behind(
    desk: Desk, database: Database, practice: Practice, kind: str
) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "10:00")
    request = practice.a_request("reschedule", appointment=appointment)
    start = wall(TOMORROW, "14:00")
    slot = Slot(
        practice.lindqvist, practice.northside, start, start + timedelta(minutes=40), start + timedelta(minutes=40)
    )
    replaces = appointment if kind == "move" else None
    held = None
    if kind in ("move", "booking"):
        held = desk.perform(
            practice.maria,
            scheduling.hold,
            slot,
            type_id=practice.well,
            patient_id=practice.zuri,
            request_id=request,
            replaces=replaces,
        ).value.id
    desk.perform(practice.kofi, inbox_marks.mark_read, (request,))
    desk.perform(practice.maria, inbox_marks.claim, request)
    desk.perform(practice.maria, inbox_marks.save_draft, request, "See you", "", "{}")
    chosen: dict[str, Act | None] = {
        "booking": Booking(slot, practice.well, held),
        "cancellation": Cancellation(appointment, 1, "pat"),
        "move": Move(appointment, 1, slot, held),
        "reply": None,
    }
    undo: list[Undo] = []

    def act() -> None:
        done = desk.perform(
            practice.maria,
            handling.resolve,
            request,
            chosen[kind],
            reply=Reply("See you then."),
            disposition=Disposition.COMPLETED,
            expect_version=1,
            assurance=Assurance(another=True, text_meant=True),
        )
        assert done.undo is not None
        undo.append(done.undo)

    assert failing_everywhere(database, act) > 10
    assert failing_everywhere(database, lambda: desk.undo(practice.maria, undo[0])) > 5


def test_a_form_that_fails_anywhere_leaves_nothing_behind(desk: Desk, database: Database, practice: Practice) -> None:
    wishes = [practice.wish(TOMORROW, "9:20"), practice.wish(TOMORROW, "11:30", rank=2)]
    assert failing_everywhere(database, lambda: practice.a_request(wishes=wishes)) > 8
