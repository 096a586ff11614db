"""Times that are offered in a reply: kept, taken, declined, withdrawn, run out, on both engines (ACT10)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from itertools import permutations
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.careful import NO_ASSURANCE, Assurance, Doubtful
from request_desk.domain.clock import FixedClock
from request_desk.domain.counter_offers import CounterOfferState
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Conflict, Invalid, Limited, NotFound, Refused, SlotTaken, UndoRefused
from request_desk.domain.ids import AppointmentId, CounterOfferId
from request_desk.domain.requests import Booking, Cancellation, Disposition, Offering, Reply, RequestState
from request_desk.domain.spans import Slot
from request_desk.domain.standing import state_sentence
from request_desk.jobs import tasks
from request_desk.services.desk import Desk, Outcome
from request_desk.services.inbox import counter_offers, handling, queries as inbox_queries, view as request_view
from request_desk.services.notices import outbox
from request_desk.services.portal import family_acts, queries as portal_queries
from request_desk.services.practice import invariants
from request_desk.services.schedule import acts, freed, queries as schedule_queries, scheduling
from request_desk.services.schedule.views import upcoming_of
from request_desk.store import schema
from tests.builders import MEANT, TODAY, Practice, wall

FRIDAY = TODAY + timedelta(days=3)
MONDAY = TODAY + timedelta(days=6)
GRACE = timedelta(seconds=21)
DAY = timedelta(days=1)
LETTER = Reply("Hi Amara, we can offer Fri, Nov 27, 9:20 AM, Fri, Nov 27, 2:00 PM or Mon, Nov 30, 10:00 AM.")


class Front:
    """A practice with one request, for which times are offered."""

    def __init__(self, desk: Desk, practice: Practice, clock: FixedClock) -> None:
        self.desk, self.practice, self.clock = desk, practice, clock
        self.request = practice.a_request()

    def slot(self, day: date, time: str) -> Slot:
        start = wall(day, time)
        return Slot(self.practice.lindqvist, self.practice.northside, start, start, start)

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.slot(FRIDAY, "9:20"), self.slot(FRIDAY, "14:00"), self.slot(MONDAY, "10:00")

    def resolve(self, act: Any, **values: Any) -> Outcome[Any]:
        wanted = {"reply": LETTER, "disposition": Disposition.WAITING, "assurance": NO_ASSURANCE, **values}
        return self.desk.perform(
            self.practice.maria, handling.resolve, self.request, act, expect_version=self.view.version, **wanted
        )

    def offer(self, slots: Sequence[Slot] | None = None, **values: Any) -> Outcome[Any]:
        made = self.resolve(Offering(tuple(slots or self.slots), self.practice.well), **values)
        self.clock.advance(GRACE)
        return made

    def state(self) -> str:
        return str(self.view.state)

    @property
    def view(self) -> Any:
        return self.desk.query(self.practice.maria, request_view.open_request, self.request)

    @property
    def times(self) -> Any:
        return self.desk.query(self.practice.amara, counter_offers.portal_times, self.request)

    @property
    def holds(self) -> list[AppointmentId]:
        found = self.times
        return [] if found is None else [each.hold_id for each in found.times]

    def accept(self, hold: AppointmentId, by: Actor | None = None) -> AppointmentId:
        return self.desk.perform(by or self.practice.amara, counter_offers.accept, self.request, hold).value

    def decline(self, offer: CounterOfferId, message: str = "") -> None:
        self.desk.perform(self.practice.amara, counter_offers.decline, self.request, offer, message)

    def withdraw(self) -> None:
        self.desk.perform(self.practice.maria, counter_offers.withdraw, self.request, expect_version=self.view.version)

    def plan(self) -> int:
        return tasks.plan(self.desk, "worker")

    def at(self, appointment: AppointmentId) -> AppointmentStatus:
        return self.desk.query(self.practice.maria, schedule_queries.appointment, appointment).status

    def states(self) -> list[str]:
        with self.practice.database.read() as connection:
            statement = select(schema.counter_offer.c.state).order_by(schema.counter_offer.c.id)
            return list(connection.execute(statement).scalars())

    def upcoming(self) -> list[Any]:
        found = self.desk.query(self.practice.maria, upcoming_of, (self.practice.zuri,))
        return [each.starts_at for each in found]

    def told(self) -> str:
        """Where the request stands, as the parent reads it."""
        thread = self.desk.query(self.practice.amara, portal_queries.portal_thread, self.request)
        return self.desk.query(SYSTEM, lambda unit: state_sentence(thread.request.standing, unit.words, unit.now))

    def row(self) -> Any:
        return self.desk.query(self.practice.maria, inbox_queries.rows, (self.request,))[0]

    def letters(self) -> list[str]:
        thread = self.desk.query(self.practice.amara, portal_queries.portal_thread, self.request)
        return [letter.body for letter in thread.messages]

    def sent(self) -> list[str]:
        self.clock.advance(GRACE)
        due = self.desk.perform(SYSTEM, outbox.claim_due, "test", (Channel.EMAIL,)).value
        return [each.composed().body for each in due]


@pytest.fixture
def front(desk: Desk, practice: Practice, clock: FixedClock) -> Front:
    return Front(desk, practice, clock)


def test_three_times_are_kept_and_the_request_waits(front: Front) -> None:
    front.offer()
    assert front.view.state is RequestState.WAITING
    offer = front.view.offer
    assert offer.contact_name == "Amara Okafor"
    assert [each.starts_at for each in offer.times] == [slot.starts_at for slot in front.slots]
    assert all(each.is_offered and each.status is AppointmentStatus.HELD for each in offer.times)
    assert offer.offered.until == front.clock.now() - GRACE + DAY
    for slot in front.slots:
        with pytest.raises(SlotTaken):
            front.desk.perform(
                front.practice.kofi,
                acts.act_alone,
                front.practice.zuri,
                Booking(slot, front.practice.well),
                another=True,
            )
    told = "We offered three times until Wed, Nov 25, 8:12 AM PST. Nothing is booked. We wait for your answer."
    assert front.told() == told
    assert front.row().offered.count == 3


def test_one_that_is_taken_is_booked_and_the_others_are_free(front: Front) -> None:
    front.offer()
    first, second, third = front.holds
    booked = front.accept(second)
    assert booked == second
    entry = front.desk.query(front.practice.maria, schedule_queries.appointment, booked)
    assert (entry.status, entry.booked_by, entry.request_id) == ("confirmed", "Amara Okafor", front.request)
    assert [front.at(each) for each in (first, third)] == ["cancelled", "cancelled"]
    assert front.states() == ["accepted"]
    assert front.state() == RequestState.COMPLETED
    assert front.told() == "Booked: Fri, Nov 27, 2:00 PM PST."
    assert front.letters()[-1] == "I take the time that was offered: Fri, Nov 27, 2:00 PM."
    assert front.view.offer is None or front.view.offer.offered.state is CounterOfferState.ACCEPTED
    bodies = front.sent()
    assert sum("has an appointment" in body for body in bodies) == 3  # both parents and the grandmother


def test_a_request_to_move_moves_what_is_booked(front: Front) -> None:
    old = front.practice.an_appointment(front.practice.zuri, front.practice.mwangi, MONDAY, "14:00")
    front.request = front.practice.a_request("reschedule", appointment=old)
    front.resolve(Offering(front.slots, front.practice.well, old))
    front.clock.advance(GRACE)
    assert "The visit stays on Mon, Nov 30, 2:00 PM PST." in front.told()
    booked = front.accept(front.holds[0])
    new = front.desk.query(front.practice.maria, schedule_queries.appointment, booked)
    assert (new.replaces_id, new.chain_id) == (old, old)
    assert front.at(old) == "cancelled"
    assert front.upcoming() == [wall(FRIDAY, "9:20")]
    assert front.told() == "Moved to Fri, Nov 27, 9:20 AM PST."
    assert any("has a new time" in body for body in front.sent())


@pytest.mark.parametrize("who", ["family", "staff"])
def test_an_offered_time_that_is_taken_while_the_old_visit_is_cancelled_leaves_one_truth(
    front: Front, who: str
) -> None:
    """CONC-08: both at once, in any order: moved, or cancelled; never two visits, and never none without a cancellation."""
    practice = front.practice
    for time in ("9:20", "10:20", "11:20", "13:20"):
        old = practice.an_appointment(practice.zuri, practice.mwangi, MONDAY, time, place=practice.harbor)
        front.request = practice.a_request("reschedule", appointment=old)
        front.resolve(Offering((front.slot(FRIDAY, time),), practice.well, old), assurance=MEANT)
        front.clock.advance(GRACE)
        hold = next(each for each in front.holds if front.at(each) == "held")

        def act(number: int, old: AppointmentId = old, hold: AppointmentId = hold) -> object:
            try:
                if number == 0:
                    return front.accept(hold)
                if who == "family":
                    return front.desk.perform(practice.amara, family_acts.cancel, old, expect_version=1).value
                return front.desk.perform(
                    practice.maria, acts.act_alone, practice.zuri, Cancellation(old, 1, "pat")
                ).value
            except Refused as refused:
                return refused

        with ThreadPoolExecutor(2) as pool:
            taken, cancelled = pool.map(act, range(2))
        is_moved = not isinstance(taken, Refused)
        assert is_moved is isinstance(cancelled, Refused), (taken, cancelled)
        assert front.at(old) == "cancelled"
        assert front.upcoming() == ([wall(FRIDAY, time)] if is_moved else [])
        if is_moved:
            moved = front.desk.query(practice.maria, schedule_queries.appointment, AppointmentId(cast("int", taken)))
            front.desk.perform(
                practice.maria, acts.act_alone, practice.zuri, Cancellation(moved.id, moved.version, "pat")
            )
        front.clock.advance(GRACE)


def test_none_fits_brings_the_request_back_with_what_was_written(front: Front) -> None:
    front.offer()
    held = front.holds
    front.decline(front.times.id, "after 4 would be great")
    assert front.states() == ["declined"]
    assert {front.at(each) for each in held} == {"cancelled"}
    assert front.state() == RequestState.OPEN
    assert front.row().offered.state is CounterOfferState.DECLINED
    assert front.letters()[-1] == "None of the offered times fits.\n\nafter 4 would be great"
    assert front.told().startswith("None of the times that we offered fits. Nothing is booked until we answer here.")
    front.resolve(None, disposition=Disposition.OPEN, reply=Reply("We look for others."))
    front.clock.advance(GRACE)
    assert front.row().offered is None
    assert front.told() == "Nothing is booked until we answer here."


def test_times_that_nobody_takes_bring_the_request_back(front: Front) -> None:
    front.offer()
    held = front.holds
    front.clock.advance(DAY)
    with pytest.raises(Refused, match="were kept until Wed, Nov 25, 8:12 AM PST"):
        front.accept(held[0])
    assert front.plan() >= 1
    assert front.states() == ["expired"]
    assert front.state() == RequestState.OPEN
    assert front.row().offered.state is CounterOfferState.EXPIRED
    assert front.told().startswith("We kept times until Wed, Nov 25, 8:12 AM PST, and none was taken.")
    assert front.plan() == 0


def test_an_offer_that_is_withdrawn_is_no_offer_any_more(front: Front) -> None:
    front.offer()
    held = front.holds
    front.withdraw()
    assert front.times is None
    assert front.state() == RequestState.OPEN
    with pytest.raises(Refused, match="not kept any more"):
        front.accept(held[0])
    assert all("We offered" not in body for body in front.sent())
    with pytest.raises(Refused, match="Nothing is offered"):
        front.withdraw()


def test_it_is_withdrawn_from_the_schedule_too(front: Front) -> None:
    front.offer()
    hold = front.holds[1]
    found = front.desk.query(front.practice.maria, counter_offers.offered_with, hold)
    assert found is not None
    assert (found.request_id, found.contact_name, len(found.times)) == (front.request, "Amara Okafor", 3)
    with pytest.raises(Conflict):
        front.desk.perform(front.practice.maria, counter_offers.withdraw_held, hold, expect_version=9)
    front.desk.perform(front.practice.maria, counter_offers.withdraw_held, hold, expect_version=1)
    assert front.states() == ["withdrawn"]
    assert front.desk.query(front.practice.maria, counter_offers.offered_with, hold) is None


def test_within_the_grace_time_it_is_taken_back_and_nobody_knows(front: Front) -> None:
    made = front.resolve(Offering(front.slots, front.practice.well))
    assert made.undo is not None
    assert made.undo.label == "Offered 3 times for Zuri Okafor"
    assert front.times is None
    front.desk.undo(front.practice.maria, made.undo)
    assert front.state() == RequestState.OPEN
    assert front.view.offer is None
    assert front.row().offered is None
    front.clock.advance(GRACE)
    assert len(front.letters()) == 1
    assert all("You have a reply" not in body for body in front.sent())
    front.offer()
    assert len(front.holds) == 3


def test_after_the_grace_time_it_is_withdrawn_instead(front: Front) -> None:
    made = front.offer()
    assert made.undo is not None
    with pytest.raises(UndoRefused):
        front.desk.undo(front.practice.maria, made.undo)
    assert front.states() == ["open"]


def test_the_mail_tells_how_many_and_until_when(front: Front) -> None:
    front.offer()
    bodies = [body for body in front.sent() if "You have a reply" in body]
    assert len(bodies) == 1
    assert "We offered three times until Wed, Nov 25, 8:12 AM PST." in bodies[0]
    assert "Lindqvist" not in bodies[0]


@pytest.mark.parametrize("count", [0, 4])
def test_none_and_four_are_not_offered(front: Front, count: int) -> None:
    times = tuple(front.slot(FRIDAY, f"{hour}:00") for hour in range(9, 9 + count))
    with pytest.raises(Invalid):
        front.resolve(Offering(times, front.practice.well), assurance=MEANT)
    assert front.states() == []


def test_what_cannot_be_offered_says_why(front: Front) -> None:
    practice = front.practice
    overlapping = (front.slot(FRIDAY, "9:20"), front.slot(FRIDAY, "9:40"))
    with pytest.raises(Refused, match="overlap"):
        front.resolve(Offering(overlapping, practice.well), assurance=MEANT)
    with pytest.raises(Refused, match="too little time to answer"):
        front.resolve(Offering((front.slot(TODAY, "8:30"),), practice.well), assurance=MEANT)
    practice.an_appointment(practice.zuri, practice.mwangi, FRIDAY, "9:20", kind=practice.sick, place=practice.harbor)
    with pytest.raises(Limited, match="cannot be offered"):
        front.resolve(
            Offering((front.slot(FRIDAY, "9:20"),), practice.well), assurance=Assurance(another=True, text_meant=True)
        )
    with pytest.raises(Doubtful, match="already has"):
        front.resolve(Offering((front.slot(FRIDAY, "14:00"),), practice.well), assurance=MEANT)
    with pytest.raises(Invalid, match="Write the response"):
        front.resolve(Offering((front.slot(MONDAY, "9:20"),), practice.well), reply=None)
    with pytest.raises(Invalid, match="waits for the parent"):
        front.resolve(Offering((front.slot(MONDAY, "9:20"),), practice.well), disposition=Disposition.COMPLETED)
    assert front.states() == []


def test_a_letter_names_what_is_offered_and_nothing_else(front: Front) -> None:  # RE11
    with pytest.raises(Doubtful, match="does not tell"):
        front.resolve(Offering(front.slots, front.practice.well), reply=Reply("We have Fri, Nov 27, 9:20 AM."))
    with pytest.raises(Doubtful, match="none of the times"):
        front.resolve(Offering(front.slots, front.practice.well), reply=Reply(f"{LETTER.text} Or at 4:15 PM."))
    front.offer()


def test_who_may_not_book_is_offered_nothing(front: Front) -> None:
    front.request = front.practice.a_request()
    with front.practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == front.practice.amara.id)
            .values(may_book=False)
        )
    with pytest.raises(Refused):
        front.offer(assurance=MEANT)


def test_who_lost_the_right_cannot_take_it_and_the_request_comes_back(front: Front) -> None:
    front.offer()
    held = front.holds
    with front.practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == front.practice.amara.id)
            .values(may_book=False)
        )
    with pytest.raises(Refused, match="do not let you book"):
        front.accept(held[0])
    front.plan()
    assert front.states() == ["expired"]
    assert front.state() == RequestState.OPEN


def test_nobody_else_takes_or_declines_it(front: Front) -> None:
    front.offer()
    hold, offer = front.holds[0], front.times.id
    for other in (front.practice.father, front.practice.grandmother):
        with pytest.raises(NotFound):
            front.accept(hold, other)
        assert front.desk.query(other, counter_offers.portal_times, front.request) is None
        with pytest.raises(NotFound):
            front.desk.perform(other, counter_offers.decline, front.request, offer, "")
    mine = front.practice.a_request(by=front.practice.father)
    with pytest.raises(Refused, match="not offered any more"):
        front.desk.perform(front.practice.father, counter_offers.accept, mine, hold)
    assert front.states() == ["open"]


def test_a_provider_who_is_switched_off_meanwhile_is_not_booked(front: Front) -> None:
    front.offer()
    held = front.holds
    with front.practice.database.write() as connection:
        connection.execute(
            update(schema.provider).where(schema.provider.c.id == front.practice.lindqvist).values(active=False)
        )
    with pytest.raises(Refused, match="cannot be booked any more"):
        front.accept(held[0])
    front.plan()
    assert front.states() == ["expired"]
    assert front.state() == RequestState.OPEN


def test_a_provider_who_is_out_meanwhile_is_not_booked(front: Front) -> None:
    front.offer()
    held = front.holds
    front.practice.an_absence(front.practice.lindqvist, wall(FRIDAY, "8:00"), wall(FRIDAY, "17:00"))
    with pytest.raises(Refused, match="cannot be booked any more"):
        front.accept(held[0])
    assert front.holds == [held[2]]
    with pytest.raises(Refused, match="is away then"):
        front.offer((front.slot(FRIDAY, "11:00"),), assurance=MEANT)
    front.practice.an_absence(front.practice.lindqvist, wall(MONDAY, "8:00"), wall(MONDAY, "17:00"))
    front.plan()
    assert front.states() == ["expired"]


def test_a_visit_that_was_booked_elsewhere_meanwhile_stands_in_the_way(front: Front) -> None:
    front.offer()
    held = front.holds
    practice = front.practice
    practice.an_appointment(practice.zuri, practice.mwangi, FRIDAY, "9:20", place=practice.harbor)
    with pytest.raises(Refused, match="has another visit at that time"):
        front.accept(held[0])
    front.accept(held[2])


def test_the_visit_to_be_moved_was_cancelled_meanwhile(front: Front) -> None:
    old = front.practice.an_appointment(front.practice.zuri, front.practice.mwangi, MONDAY, "14:00")
    front.request = front.practice.a_request("reschedule", appointment=old)
    front.resolve(Offering(front.slots, front.practice.well, old))
    front.clock.advance(GRACE)
    held = front.holds
    front.desk.perform(front.practice.kofi, acts.act_alone, front.practice.zuri, Cancellation(old, 1, "pat"))
    with pytest.raises(Refused, match="Your visit has changed"):
        front.accept(held[0])
    front.plan()
    assert front.states() == ["expired"]


def test_another_look_of_staff_lets_it_alone_and_an_act_ends_it(front: Front) -> None:
    front.offer()
    other = front.slot(MONDAY, "15:00")
    front.desk.perform(
        front.practice.maria,
        scheduling.hold,
        other,
        type_id=front.practice.well,
        patient_id=front.practice.zuri,
        request_id=front.request,
    )
    assert len(front.holds) == 3
    made = front.resolve(Booking(other, front.practice.well), disposition=Disposition.COMPLETED, assurance=MEANT)
    assert front.states() == ["withdrawn"]
    assert made.undo is not None
    front.desk.undo(front.practice.maria, made.undo)
    assert front.state() == RequestState.OPEN  # it waits for nothing any more


def test_a_letter_of_the_parent_leaves_the_times(front: Front) -> None:
    front.offer()
    front.desk.perform(front.practice.amara, handling.answer, front.request, "is parking free?")
    assert front.state() == RequestState.OPEN
    assert len(front.holds) == 3
    front.accept(front.holds[0])
    assert front.state() == RequestState.COMPLETED


def test_other_times_take_the_place_of_those_before(front: Front) -> None:
    front.offer()
    front.offer((front.slot(FRIDAY, "9:20"), front.slot(MONDAY, "16:00")), assurance=MEANT)
    assert front.states() == ["withdrawn", "open"]
    assert len(front.holds) == 2


def test_a_freed_time_is_not_offered_beside(front: Front) -> None:
    practice = front.practice
    stranger = practice.a_patient("Emma", "Stone", date(2021, 5, 4))
    gone = practice.an_appointment(stranger, practice.lindqvist, FRIDAY, "11:00")
    front.offer()
    front.desk.perform(practice.maria, acts.act_alone, stranger, Cancellation(gone, 1, "pat"))
    assert front.desk.query(practice.maria, freed.freed_slot, gone) is None


Step = Callable[[Front, list[AppointmentId], CounterOfferId], object]


def _accept_first(front: Front, held: list[AppointmentId], _offer: CounterOfferId) -> object:
    return front.accept(held[0])


def _accept_second(front: Front, held: list[AppointmentId], _offer: CounterOfferId) -> object:
    return front.accept(held[1])


def _expire(front: Front, _held: list[AppointmentId], _offer: CounterOfferId) -> object:
    front.clock.advance(DAY)
    return front.plan()


def _withdraw(front: Front, _held: list[AppointmentId], _offer: CounterOfferId) -> object:
    front.withdraw()
    return None


def _complete(front: Front, _held: list[AppointmentId], _offer: CounterOfferId) -> object:
    front.resolve(None, disposition=Disposition.COMPLETED, reply=Reply("We call you."))
    front.clock.advance(GRACE)
    return None


def _take_back(front: Front, _held: list[AppointmentId], _offer: CounterOfferId) -> object:
    return front.desk.perform(front.practice.amara, handling.withdraw, front.request)


def _decline(front: Front, _held: list[AppointmentId], offer: CounterOfferId) -> object:
    front.decline(offer)
    return None


def _cancel(front: Front, _held: list[AppointmentId], _offer: CounterOfferId) -> object:
    """Staff cancel whatever of the patient is booked."""
    for each in front.desk.query(front.practice.maria, upcoming_of, (front.practice.zuri,)):
        act = Cancellation(each.id, each.version, "pat")
        front.desk.perform(front.practice.kofi, acts.act_alone, front.practice.zuri, act)
    front.clock.advance(GRACE)
    return None


STEPS: tuple[Step, ...] = (_accept_first, _accept_second, _expire, _withdraw, _complete, _take_back, _decline, _cancel)
PAIRS = list(permutations(STEPS, 2))
TRIPLES = list(permutations(STEPS, 3))[::5]


def _is_true(front: Front, held: list[AppointmentId]) -> None:
    """One time at most is booked, the rest is free, and a request that waits has somebody who can answer."""
    statuses = [front.at(each) for each in held]
    state = front.states()[-1]
    assert statuses.count(AppointmentStatus.CONFIRMED) <= 1
    assert (AppointmentStatus.HELD in statuses) == (state == "open")
    with front.practice.database.read() as connection:
        request = connection.execute(select(schema.request).where(schema.request.c.id == front.request)).one()
    assert (request.state == "waiting") <= (state == "open")
    assert front.desk.query(SYSTEM, invariants.inconsistencies) == ()


def _in_this_order(front: Front, steps: Sequence[Step]) -> None:
    front.offer()
    held, offer = front.holds, front.times.id
    for step in steps:
        with suppress(Refused):  # a sentence; nothing else has happened
            step(front, held, offer)
        _is_true(front, held)


@pytest.mark.parametrize("place", range(len(PAIRS)))
def test_two_acts_in_either_order_keep_what_must_be_true(front: Front, place: int) -> None:
    _in_this_order(front, PAIRS[place])


@pytest.mark.parametrize("place", range(len(TRIPLES)))
def test_three_acts_in_any_order_keep_what_must_be_true(
    sqlite_desk: Desk, sqlite_practice: Practice, clock: FixedClock, place: int
) -> None:
    _in_this_order(Front(sqlite_desk, sqlite_practice, clock), TRIPLES[place])
