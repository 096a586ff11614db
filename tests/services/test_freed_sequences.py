"""Random sequences of cancel, offer, accept, decline, expire and book by somebody else: what must be true stays true (ACT8)."""

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Refused
from request_desk.domain.ids import AppointmentId, PatientId, SlotOfferId
from request_desk.domain.requests import Booking, Cancellation
from request_desk.domain.spans import Slot
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.practice import invariants
from request_desk.services.schedule import acts, freed, slot_offers, waitlist
from request_desk.services.schedule.waitlist import NewEntry
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

FRIDAY = TODAY + timedelta(days=3)
_TIMES = ("8:00", "8:20", "8:40", "9:00", "9:20")
_STEPS = 45
_offer, _appointment = schema.slot_offer.c, schema.appointment.c


class Sequence:
    """A small practice whose people do at random what they may."""

    def __init__(self, desk: Desk, practice: Practice, clock: FixedClock, seed: int) -> None:
        self.desk, self.practice, self.clock, self.random = desk, practice, clock, Random(seed)
        self.families: dict[PatientId, Actor] = {}
        for number in range(6):
            child = practice.a_patient(f"Child{number}", "Moor", TODAY.replace(year=2020))
            parent = practice.a_contact(
                "Pat", f"Moor{number}", f"{number}@example.org", {child: {"relation": "mother"}}
            )
            self.families[child] = parent
            desk.perform(
                practice.maria, waitlist.put_on, NewEntry(child, self.random.choice([practice.well, practice.sick]))
            )
        for child, time in zip(self.families, _TIMES[::2], strict=False):
            later = practice.an_appointment(child, practice.lindqvist, FRIDAY + timedelta(days=4), time)
            desk.perform(practice.maria, waitlist.wish_earlier, later, expect_version=1)
        practice.an_appointment(practice.zuri, practice.lindqvist, FRIDAY, "8:00")

    def rows(self, statement: Any) -> list[Any]:
        with self.practice.database.read() as connection:
            return list(connection.execute(statement).all())

    def cancel(self) -> None:
        where = _appointment.status == "confirmed", _appointment.starts_at > self.clock.now()
        found = self.rows(select(_appointment.id, _appointment.version, _appointment.patient_id).where(*where))
        which, version, patient = self.random.choice(found)
        self.desk.perform(
            self.practice.maria, acts.act_alone, patient, Cancellation(AppointmentId(which), version, "pat")
        )

    def book(self) -> None:
        start = wall(FRIDAY, self.random.choice(_TIMES))
        slot = Slot(self.practice.lindqvist, self.practice.northside, start, start, start)
        child = self.random.choice([self.practice.zuri, *self.families])
        act = Booking(slot, self.random.choice([self.practice.well, self.practice.sick]))
        self.desk.perform(self.practice.kofi, acts.act_alone, child, act, another=True)

    def offer(self) -> None:
        found = self.desk.query(self.practice.maria, freed.freed_slots, FRIDAY, FRIDAY + timedelta(days=7))
        each = self.random.choice([one for one in found if one.waiting and one.offer is None] or [None])
        if each is not None:
            self.desk.perform(
                self.practice.maria,
                slot_offers.offer,
                each.freed.id,
                each.waiting[0].patient_id,
                expect_version=each.freed.version,
            )

    def answer(self) -> None:
        found = self.rows(select(_offer.id, _offer.patient_id))
        if found:
            which, patient = self.random.choice(found)
            act = self.random.choice([slot_offers.accept, slot_offers.accept, slot_offers.decline])
            self.desk.perform(self.families[patient], act, SlotOfferId(which))

    def wait(self) -> None:
        self.clock.advance(self.random.choice([timedelta(seconds=30), timedelta(minutes=10), timedelta(hours=5)]))

    def plan(self) -> None:
        tasks.plan(self.desk, "worker")

    def step(self) -> None:
        try:
            self.random.choice([self.cancel, self.book, self.offer, self.offer, self.answer, self.wait, self.plan])()
        except Refused:
            return  # what cannot be is refused; nothing else may happen

    def check(self) -> None:
        assert self.desk.query(SYSTEM, invariants.inconsistencies) == ()
        two = select(
            _offer.freed_id, _offer.patient_id, _offer.state, _appointment.starts_at, _appointment.blocks_until
        ).join_from(schema.slot_offer, schema.appointment, _appointment.id == _offer.hold_id)
        offered = self.rows(two)
        spans = sorted((row.starts_at, row.blocks_until) for row in offered if row.state == "open")
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        told = [(row.freed_id, row.patient_id) for row in offered if row.state != "withdrawn"]
        assert len(told) == len(set(told))


@pytest.mark.parametrize("seed", range(4))
def test_random_sequences_keep_what_must_be_true(desk: Desk, practice: Practice, clock: FixedClock, seed: int) -> None:
    sequence = Sequence(desk, practice, clock, seed)
    for _step in range(_STEPS):
        sequence.step()
        sequence.check()
