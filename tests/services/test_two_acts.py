"""Two people act on one appointment: at once it ends as if one had come after the other, whichever they are (CONC-08, I1 to I5)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import or_, select

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import AppointmentStatus, Mark
from request_desk.domain.attendance import Closing
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Refused
from request_desk.domain.ids import IdSource, PatientId, ProviderId
from request_desk.domain.requests import Act, Booking, Cancellation, Move
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling
from request_desk.services.schedule import acts, attendance, scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.services.test_access_at_once import at_once

Deed = Callable[[Desk], object]
AHEAD = (
    "staff moves", "staff moves elsewhere", "staff cancels and books anew", "staff cancels", "the booking is undone",
    "a mark is set", "the parent takes the request back", "the time is held to move to", "holds expire", "another books the time",
)  # fmt: skip
OVER = ("completed is undone", "it becomes a no-show", "the day is closed", "it is cancelled")
DONE = "done"
TRIES = 2  # of two acts at once


class Scene:
    """One appointment of one family on a day of its own, and everything that may be done with it now."""

    def __init__(self, practice: Practice, number: int) -> None:
        self.practice, self.number = practice, number
        self.day: date = TODAY + timedelta(days=number)
        born = date(2019, 1, 1)
        self.child, self.sibling = (practice.a_patient(name, "Novak", born) for name in ("Ida", "Jonas"))
        self.parent = practice.a_contact(
            "Petra", "Novak", f"petra{number}@example.org", {self.child: {"relation": "mother"}}
        )

    def slot(self, time: str, provider: ProviderId | None = None) -> Slot:
        start, practice = wall(self.day, time), self.practice
        place = practice.northside if provider in (None, practice.lindqvist) else practice.harbor
        return Slot(provider or practice.lindqvist, place, start, start, start)

    def alone(self, who: Actor, act: Act, patient: PatientId | None = None) -> Deed:
        return lambda desk: desk.perform(who, acts.act_alone, patient or self.child, act)

    def ahead(self) -> Mapping[str, Deed]:
        """A visit at 9:00, booked a moment ago, with a request to cancel it and a hold at 10:00 to move it that has run out."""
        practice, maria, kofi = self.practice, self.practice.maria, self.practice.kofi
        booking = Booking(self.slot("9:00"), practice.well)
        done = practice.desk.perform(maria, acts.act_alone, self.child, booking)
        seen, undo = done.value, done.undo
        assert undo is not None
        request = practice.a_request("cancel", by=self.parent, patient=self.child, appointment=seen)
        now = practice.desk.clock.now()
        practice.an_appointment(
            self.child, practice.lindqvist, self.day, "10:00", status="held", chain_id=seen, hold_expires_at=now,
            held_by_id=maria.id,
        )  # fmt: skip
        eleven = self.slot("11:00")
        anew = Move(seen, 1, self.slot("13:00", practice.mwangi), overrule="They asked", as_new=True)
        return {
            "staff moves": self.alone(maria, Move(seen, 1, eleven)),
            "staff moves elsewhere": self.alone(kofi, Move(seen, 1, self.slot("14:00", practice.lindqvist))),
            "staff cancels and books anew": self.alone(kofi, anew),
            "staff cancels": self.alone(kofi, Cancellation(seen, 1, "pat")),
            "the booking is undone": lambda desk: desk.undo(maria, undo),
            "a mark is set": lambda desk: desk.perform(
                kofi, attendance.mark, seen, Mark.PARENT_CONFIRMED, is_set=True, expect_version=1
            ),
            "the parent takes the request back": lambda desk: desk.perform(self.parent, handling.withdraw, request),
            "the time is held to move to": lambda desk: desk.perform(
                maria, scheduling.hold, eleven, type_id=practice.well, patient_id=self.child, replaces=seen
            ),
            "holds expire": lambda desk: desk.perform(SYSTEM, scheduling.expire_holds),
            "another books the time": self.alone(kofi, Booking(eleven, practice.well), self.sibling),
        }

    def over(self) -> Mapping[str, Deed]:
        """A visit of days ago that was marked as completed a moment ago."""
        practice, maria, kofi = self.practice, self.practice.maria, self.practice.kofi
        self.day = TODAY - timedelta(days=self.number)
        seen = practice.an_appointment(self.child, practice.lindqvist, self.day, "9:00")
        undo = practice.desk.perform(maria, attendance.complete, seen, expect_version=1).undo
        assert undo is not None
        closing = Closing(seen, 2, AppointmentStatus.NO_SHOW)
        return {
            "completed is undone": lambda desk: desk.undo(maria, undo),
            "it becomes a no-show": lambda desk: desk.perform(kofi, attendance.no_show, seen, expect_version=2),
            "the day is closed": lambda desk: desk.perform(kofi, attendance.close_day, [closing]),
            "it is cancelled": self.alone(kofi, Cancellation(seen, 2, "pat")),
        }

    def state(self) -> tuple[object, ...]:
        """How everything of the family stands, told by times of the day instead of ids."""
        table, outbox, day = schema.appointment.c, schema.outbox.c, wall(self.day, "0:00")
        with self.practice.database.read() as connection:
            rows = connection.execute(
                select(schema.appointment).where(or_(table.patient_id == self.child, table.patient_id == self.sibling))
            ).all()
            ids = [row.id for row in rows]
            queued = connection.execute(select(outbox.kind, outbox.state).where(outbox.appointment_id.in_(ids))).all()
            asked = select(schema.request.c.state).where(schema.request.c.patient_id == self.child)
            requests = connection.execute(asked).scalars().all()
        names = {row.id: (row.provider_id, row.starts_at - day) for row in rows}
        told = (
            (names[row.id], row.patient_id == self.child, row.status, row.cancel_code, row.version, row.late_cancel)
            + (row.parent_confirmed_at is not None, names.get(row.replaces_id), names.get(row.chain_id), row.overrule)
            for row in rows
        )
        return tuple(sorted(told, key=repr)), tuple(sorted(map(repr, queued))), tuple(requests)


@pytest.fixture
def pair(database_url: str, clock: FixedClock) -> Iterator[tuple[Desk, Desk]]:
    """Two processes' desks on one database."""
    found = [Desk(Database(database_url), clock, IdSource(clock.now)) for _number in range(2)]
    yield found[0], found[1]
    for each in found:
        each.close()


def attempt(desk: Desk, deed: Deed) -> str:
    """Do it, and return what was said; anything but a refusal is a fault."""
    try:
        deed(desk)
    except Refused as refused:
        return refused.sentence
    return DONE


def check(practice: Practice, pair: tuple[Desk, Desk], kind: str, one: str, other: str, numbers: Iterator[int]) -> None:
    """Two acts in both orders, then at once: what comes of the latter is what came of one of the former."""
    serial: list[object] = []
    for order in ((one, other), (other, one)):
        scene = Scene(practice, next(numbers))
        deeds = getattr(scene, kind)()
        answers = {name: attempt(pair[0], deeds[name]) for name in order}
        serial.append((scene.state(), answers[one] == DONE, answers[other] == DONE))
    for _try in range(TRIES):
        scene = Scene(practice, next(numbers))
        deeds = getattr(scene, kind)()
        told: dict[str, str] = {}

        def run(desk: Desk, name: str, deeds: Mapping[str, Deed] = deeds, told: dict[str, str] = told) -> None:
            told[name] = attempt(desk, deeds[name])

        at_once([partial(run, pair[0], one), partial(run, pair[1], other)])
        assert set(told) == {one, other}, f"{one}, {other}: one of them crashed"
        found = (scene.state(), told[one] == DONE, told[other] == DONE)
        assert found in serial, f"{one}, {other}: {told}"


@pytest.mark.parametrize("place", range(len(AHEAD) - 1), ids=AHEAD[:-1])
def test_two_acts_on_a_visit_that_is_ahead_end_in_an_order(
    practice: Practice, pair: tuple[Desk, Desk], place: int
) -> None:
    with practice.database.write() as connection:
        connection.execute(schema.appointment_type.update().values(rebooking_mode="same_provider"))
    numbers = iter(range(1, 400))
    for other in AHEAD[place + 1 :]:
        check(practice, pair, "ahead", AHEAD[place], other, numbers)


@pytest.mark.parametrize("place", range(len(OVER) - 1), ids=OVER[:-1])
def test_two_acts_on_a_visit_that_is_over_end_in_an_order(
    practice: Practice, pair: tuple[Desk, Desk], place: int
) -> None:
    numbers = iter(range(1, 400))
    for other in OVER[place + 1 :]:
        check(practice, pair, "over", OVER[place], other, numbers)


def test_of_two_who_move_one_appointment_one_wins_and_the_other_hears_who(
    practice: Practice, pair: tuple[Desk, Desk]
) -> None:  # CONC-08
    scene = Scene(practice, 1)
    deeds = scene.ahead()
    told: list[Any] = []

    def run(desk: Desk, name: str) -> None:
        try:
            deeds[name](desk)
        except Refused as refused:
            told.append(refused.sentence)

    at_once([partial(run, pair[0], "staff moves"), partial(run, pair[1], "staff moves elsewhere")])
    assert len(told) == 1
    assert "has changed this since you opened it" in told[0]
    with practice.database.read() as connection:
        table = schema.appointment.c
        found = select(table.id).where(table.patient_id == scene.child, table.status == "confirmed")
        assert len(list(connection.execute(found))) == 1
