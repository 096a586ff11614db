"""When a time becomes free: who waits, who is offered it, what becomes of the offer, on both engines (ACT8)."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.careful import NO_ASSURANCE
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Conflict, Invalid, NotFound, Refused, SlotTaken, UndoRefused
from request_desk.domain.freed_slots import CloseReason, FreedSlot
from request_desk.domain.ids import AppointmentId, PatientId, SlotOfferId, WaitlistEntryId
from request_desk.domain.requests import Booking, Cancellation, Disposition, Move, RequestState
from request_desk.domain.spans import Slot
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, view as request_view
from request_desk.services.notices import outbox
from request_desk.services.portal import queries as portal_queries
from request_desk.services.schedule import acts, freed, queries as schedule_queries, scheduling, slot_offers, waitlist
from request_desk.services.schedule.waitlist import NewEntry
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

FRIDAY = TODAY + timedelta(days=3)
MONDAY = TODAY + timedelta(days=6)
GRACE = timedelta(seconds=21)
REASON = "pat"


class Front:
    """A practice whose Friday at 9:20 with Dr. Lindqvist is cancelled by a family of its own."""

    def __init__(self, desk: Desk, practice: Practice, clock: FixedClock) -> None:
        self.desk, self.practice, self.clock = desk, practice, clock
        self.emma, _parent = self.a_family("Emma", "Stone", born=date(2021, 5, 4))
        self.freed = practice.an_appointment(self.emma, practice.lindqvist, FRIDAY, "9:20")

    def a_family(
        self, given: str, family: str, *, born: date = date(2020, 2, 2), language: str = "en", **rights: Any
    ) -> tuple[PatientId, Actor]:
        patient = self.practice.a_patient(given, family, born)
        mail = f"{given}.{family}@example.org".lower()
        parent = self.practice.a_contact(
            "Pat", family, mail, {patient: {"relation": "mother", **rights}}, language=language
        )
        return patient, parent

    def waits(self, patient: PatientId, **wanted: Any) -> WaitlistEntryId:
        new = NewEntry(patient, wanted.pop("type_id", self.practice.well), **wanted)
        return self.desk.perform(self.practice.maria, waitlist.put_on, new).value

    def cancel(self, appointment: AppointmentId | None = None) -> None:
        which = appointment or self.freed
        seen = self.desk.query(self.practice.maria, schedule_queries.appointment, which)
        act = Cancellation(which, seen.version, REASON)
        self.desk.perform(self.practice.maria, acts.act_alone, seen.patient_id, act)

    def seen(self, which: AppointmentId | None = None) -> FreedSlot | None:
        return self.desk.query(self.practice.maria, freed.freed_slot, which or self.freed)

    def first(self) -> list[str]:
        found = self.seen()
        return [] if found is None else [each.patient_name for each in found.waiting]

    def offer(self, patient: PatientId) -> SlotOfferId:
        found = self.seen()
        assert found is not None
        return self.desk.perform(
            self.practice.maria, slot_offers.offer, self.freed, patient, expect_version=found.freed.version
        ).value

    def state(self, offer: SlotOfferId) -> str:
        with self.practice.database.read() as connection:
            return str(
                connection.execute(
                    select(schema.slot_offer.c.state).where(schema.slot_offer.c.id == offer)
                ).scalar_one()
            )

    def offers(self) -> list[tuple[int, str]]:
        """Patients and states of all offers, the first first."""
        statement = select(schema.slot_offer.c.patient_id, schema.slot_offer.c.state).order_by(schema.slot_offer.c.id)
        with self.practice.database.read() as connection:
            return [(row.patient_id, row.state) for row in connection.execute(statement)]

    def plan(self) -> int:
        return tasks.plan(self.desk, "worker")

    def at(self, appointment: AppointmentId) -> AppointmentStatus:
        return self.desk.query(self.practice.maria, schedule_queries.appointment, appointment).status


@pytest.fixture
def front(desk: Desk, practice: Practice, clock: FixedClock) -> Front:
    return Front(desk, practice, clock)


def test_a_cancelled_time_is_offered_to_who_waits_and_kept_for_them(front: Front) -> None:
    luke, parent = front.a_family("Luke", "Haas")
    front.waits(luke)
    front.cancel()
    assert front.first() == ["Luke Haas"]
    offer = front.offer(luke)
    found = front.seen()
    assert found is not None
    assert found.offer is not None
    assert found.offer.patient_name == "Luke Haas"
    assert found.offer.expires_at == front.clock.now() + timedelta(days=1)
    slot = Slot(front.practice.lindqvist, front.practice.northside, wall(FRIDAY, "9:20"), *(wall(FRIDAY, "10:00"),) * 2)
    front.clock.advance(GRACE)
    with pytest.raises(SlotTaken):
        front.desk.perform(
            front.practice.maria, acts.act_alone, front.practice.zuri, Booking(slot, front.practice.well)
        )
    booked = front.desk.perform(parent, slot_offers.accept, offer).value
    entry = front.desk.query(front.practice.maria, schedule_queries.appointment, booked)
    assert (entry.status, entry.patient_id, entry.starts_at) == ("confirmed", luke, wall(FRIDAY, "9:20"))
    assert entry.booked_by == "Pat Haas"
    assert front.state(offer) == "accepted"
    page = front.desk.query(front.practice.maria, waitlist.list_page, closed=True)
    assert [each.closed_reason for each in page.rows] == [CloseReason.ACCEPTED]


def test_a_wish_for_something_earlier_is_moved_when_it_is_accepted(front: Front) -> None:
    luke, parent = front.a_family("Luke", "Haas")
    later = front.practice.an_appointment(luke, front.practice.lindqvist, MONDAY, "14:00")
    front.desk.perform(parent, waitlist.wish_earlier, later, expect_version=1)
    front.cancel()
    offer = front.offer(luke)
    front.clock.advance(GRACE)
    booked = front.desk.perform(parent, slot_offers.accept, offer).value
    new = front.desk.query(front.practice.maria, schedule_queries.appointment, booked)
    assert new.replaces_id == later
    assert front.at(later) == "cancelled"
    # the time that was given up is a freed time itself
    assert front.desk.query(front.practice.maria, freed.freed_slot, later) is None
    noor, _parent = front.a_family("Noor", "Ali")
    front.waits(noor)
    front.clock.advance(GRACE)
    found = front.desk.query(front.practice.maria, freed.freed_slot, later)
    assert found is not None
    assert [each.patient_name for each in found.waiting] == ["Noor Ali"]


def test_a_request_is_answered_and_stays_open_for_staff(front: Front) -> None:
    request = front.practice.a_request(message="we would like to come soon. thx")
    front.cancel()
    offer = front.offer(front.practice.zuri)
    asked = front.desk.query(front.practice.maria, request_view.open_request, request)
    assert asked.limits[0].startswith("Fri, Nov 27, 9:20 AM with Dr. Lindqvist is offered to Amara Okafor until")
    front.clock.advance(GRACE)
    front.desk.perform(front.practice.amara, slot_offers.accept, offer)
    seen = front.desk.query(front.practice.maria, request_view.open_request, request)
    assert seen.state is RequestState.OPEN
    assert seen.thread[-1].body == "I take the time that was offered: Fri, Nov 27, 9:20 AM."
    thread = front.desk.query(front.practice.amara, portal_queries.portal_thread, request)
    assert thread.request.standing.made is not None
    assert thread.request.standing.made.starts_at == wall(FRIDAY, "9:20")


def test_a_decline_goes_on_to_the_next_and_asks_nobody_twice(front: Front) -> None:
    luke, lukes = front.a_family("Luke", "Haas")
    noor, noors = front.a_family("Noor", "Ali")
    front.waits(luke)
    front.clock.advance(timedelta(minutes=1))
    front.waits(noor)
    front.cancel()
    first = front.offer(luke)
    front.clock.advance(GRACE)
    front.desk.perform(lukes, slot_offers.decline, first)
    front.plan()
    assert front.offers() == [(luke, "declined"), (noor, "open")]
    front.clock.advance(timedelta(days=1, minutes=1))
    front.plan()
    assert front.offers() == [(luke, "declined"), (noor, "expired")]
    front.plan()
    assert len(front.offers()) == 2
    assert front.first() == []  # both still wait, for other times
    assert len(front.desk.query(front.practice.maria, waitlist.list_page).rows) == 2
    with pytest.raises(Refused, match="not offered any more"):
        front.desk.perform(noors, slot_offers.accept, SlotOfferId(first + 1))


def test_withdrawn_by_staff_is_not_gone_on_with(front: Front) -> None:
    luke, parent = front.a_family("Luke", "Haas")
    noor, _parent = front.a_family("Noor", "Ali")
    front.waits(luke)
    front.waits(noor)
    front.cancel()
    offer = front.offer(luke)
    front.clock.advance(GRACE)
    front.desk.perform(front.practice.maria, slot_offers.withdraw, offer, expect_version=1)
    with pytest.raises(Refused, match="not offered any more"):
        front.desk.perform(parent, slot_offers.accept, offer)
    front.plan()
    assert front.offers() == [(luke, "withdrawn")]
    assert front.first() == ["Noor Ali"]  # Luke's family has been asked


def test_an_offer_to_the_next_takes_the_first_one_back(front: Front) -> None:
    luke, _lukes = front.a_family("Luke", "Haas")
    noor, _noors = front.a_family("Noor", "Ali")
    front.waits(luke)
    front.waits(noor)
    front.cancel()
    offer = front.offer(luke)
    front.clock.advance(GRACE)
    found = front.seen()
    assert found is not None
    assert [each.patient_name for each in found.waiting] == ["Noor Ali"]
    front.desk.perform(front.practice.maria, slot_offers.offer_next, offer, noor, expect_version=1)
    assert front.offers() == [(luke, "withdrawn"), (noor, "open")]


def test_undone_within_the_grace_time_nobody_has_heard_of_it(front: Front) -> None:
    luke, parent = front.a_family("Luke", "Haas")
    front.waits(luke)
    front.cancel()
    found = front.seen()
    assert found is not None
    done = front.desk.perform(
        front.practice.maria, slot_offers.offer, front.freed, luke, expect_version=found.freed.version
    )
    assert done.undo is not None
    assert done.undo.label == "Offered Fri, Nov 27, 9:20 AM to Luke Haas"
    assert front.desk.query(parent, slot_offers.portal_offers) == ()  # not shown before the grace time is over
    front.desk.undo(front.practice.maria, done.undo)
    assert front.first() == ["Luke Haas"]  # and may be offered it still
    front.clock.advance(GRACE)
    due = front.desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL,)).value
    assert [each.spec.kind for each in due] == ["cancellation"]
    offer = front.offer(luke)
    front.clock.advance(GRACE)
    with pytest.raises(UndoRefused):
        front.desk.perform(front.practice.maria, slot_offers.take_back, offer, until=front.clock.now() - GRACE)
    assert [each.id for each in front.desk.query(parent, slot_offers.portal_offers)] == [offer]


def test_a_cancellation_is_not_undone_over_an_offer(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    front.waits(luke)
    seen = front.desk.query(front.practice.maria, schedule_queries.appointment, front.freed)
    act = Cancellation(front.freed, seen.version, REASON)
    done = front.desk.perform(front.practice.maria, acts.act_alone, seen.patient_id, act)
    offer = front.offer(luke)
    assert done.undo is not None
    with pytest.raises(UndoRefused, match="taken by now"):
        front.desk.undo(front.practice.maria, done.undo)
    front.desk.perform(front.practice.maria, slot_offers.withdraw, offer, expect_version=1)
    front.desk.undo(front.practice.maria, done.undo)
    assert front.at(front.freed) == "confirmed"
    assert front.seen() is None


def test_the_notice_has_the_time_and_the_way_and_nothing_of_health(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas", language="es")
    front.waits(luke, note="asthma, prefers mornings")
    front.cancel()
    front.offer(luke)
    front.clock.advance(GRACE)
    due = front.desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL,)).value
    letter = next(each for each in due if each.spec.kind == "slot_offer").composed()
    assert "Se ha liberado una hora para Luke" in letter.body
    assert "27 de noviembre" in letter.body
    assert "http://127.0.0.1:8000/" in letter.body
    for word in ("Lindqvist", "Well", "asthma", "Haas"):
        assert word not in letter.subject + letter.body


def test_a_notice_that_has_not_left_does_not_leave_when_the_offer_is_over(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    front.waits(luke)
    front.cancel()
    offer = front.offer(luke)
    front.desk.perform(front.practice.maria, slot_offers.withdraw, offer, expect_version=1)
    front.clock.advance(GRACE)
    due = front.desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL,)).value
    assert "slot_offer" not in [each.spec.kind for each in due]


def test_only_whom_it_was_offered_to_may_answer(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    front.waits(luke)
    front.cancel()
    offer = front.offer(luke)
    front.clock.advance(GRACE)
    for act in (slot_offers.accept, slot_offers.decline):
        with pytest.raises(Refused, match="not offered any more"):
            front.desk.perform(front.practice.amara, act, offer)
    assert front.state(offer) == "open"


def test_who_may_not_book_or_hears_of_nothing_is_not_a_candidate(front: Front) -> None:
    front.waits(front.a_family("Ann", "Moor", may_book=False)[0])
    front.waits(front.a_family("Ben", "Moor", gets_notices=False)[0])
    note, _parent = front.a_family("Cy", "Moor")
    front.waits(note)
    with front.practice.database.write() as connection:
        connection.execute(update(schema.patient).where(schema.patient.c.id == note).values(custody_note="ask both"))
    front.cancel()
    assert front.first() == []


def test_an_offer_ends_when_its_request_is_answered_in_another_way(front: Front) -> None:
    request = front.practice.a_request()
    noor, _parent = front.a_family("Noor", "Ali")
    front.waits(noor)
    front.cancel()
    offer = front.offer(front.practice.zuri)  # who asked first
    front.desk.perform(
        front.practice.maria,
        handling.resolve,
        request,
        None,
        reply=None,
        disposition=Disposition.COMPLETED,
        expect_version=1,
        no_reply_reason="by phone",
        assurance=NO_ASSURANCE,
    )
    front.plan()
    assert front.state(offer) == "expired"
    assert front.offers()[-1] == (noor, "open")


def test_an_appointment_with_an_offer_is_moved_by_hand_only_after_it_is_withdrawn(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    later = front.practice.an_appointment(luke, front.practice.lindqvist, MONDAY, "14:00")
    front.desk.perform(front.practice.maria, waitlist.wish_earlier, later, expect_version=1)
    front.cancel()
    offer = front.offer(luke)
    slot = Slot(front.practice.lindqvist, front.practice.northside, wall(MONDAY, "8:00"), *(wall(MONDAY, "8:40"),) * 2)
    with pytest.raises(Refused, match=r"is offered for this appointment until .* Withdraw the offer first"):
        front.desk.perform(
            front.practice.maria,
            scheduling.hold,
            slot,
            type_id=front.practice.well,
            patient_id=luke,
            replaces=later,
        )
    # dropped on another time at once, the offer has lost its sense and ends with the next tick
    front.desk.perform(front.practice.maria, acts.act_alone, luke, Move(later, 1, slot))
    front.plan()
    assert front.state(offer) == "expired"


def test_a_held_time_that_is_cancelled_ends_its_offer(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    front.waits(luke)
    front.cancel()
    offer = front.offer(luke)
    found = front.seen()
    assert found is not None
    assert found.offer is not None
    front.cancel(found.offer.hold_id)
    assert front.state(offer) == "withdrawn"


def test_the_offer_goes_to_whom_was_seen_first_or_to_nobody(front: Front) -> None:
    luke, _lukes = front.a_family("Luke", "Haas")
    front.waits(luke)
    front.cancel()
    found = front.seen()
    assert found is not None
    front.practice.a_request(message="she has trouble breathing", wishes=[])  # urgent words come first
    with pytest.raises(Refused, match="Zuri Okafor comes first"):
        front.offer(luke)
    with pytest.raises(Conflict):
        front.desk.perform(front.practice.maria, slot_offers.offer, front.freed, luke, expect_version=1)
    offer = front.offer(front.practice.zuri)
    with pytest.raises(Refused, match="offered to somebody already"):
        front.offer(luke)
    assert front.state(offer) == "open"


def test_the_time_is_not_offered_nearer_than_the_notice(front: Front) -> None:
    with front.practice.database.write() as connection:
        connection.execute(
            update(schema.appointment_type)
            .where(schema.appointment_type.c.id == front.practice.well)
            .values(notice_minutes=48 * 60)
        )
    luke, parent = front.a_family("Luke", "Haas")
    front.waits(luke)
    front.cancel()
    offer = front.offer(luke)
    found = front.seen()
    assert found is not None
    assert found.offer is not None
    assert found.offer.expires_at == front.clock.now() + timedelta(days=1)  # Friday 9:20 is three days away
    front.clock.advance(timedelta(hours=25))
    noor, _parent = front.a_family("Noor", "Ali")
    front.waits(noor)
    front.plan()
    assert front.offers() == [(luke, "expired")]
    with pytest.raises(Refused):
        front.desk.perform(parent, slot_offers.accept, offer)


def test_the_waiting_list_says_what_is_wrong(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    with pytest.raises(Invalid, match="last day is before the first"):
        front.waits(luke, from_day=MONDAY, until_day=FRIDAY)
    entry = front.waits(luke, from_day=MONDAY, note="mornings only")
    front.cancel()
    assert front.first() == []  # Friday is before Monday
    page = front.desk.query(front.practice.maria, waitlist.list_page)
    assert [(each.patient_name, each.note, each.created_by) for each in page.rows] == [
        ("Luke Haas", "mornings only", "Maria Santos")
    ]
    done = front.desk.perform(
        front.practice.maria, waitlist.close, page.rows[0].id, CloseReason.NOT_REACHED, expect_version=1
    )
    assert front.desk.query(front.practice.maria, waitlist.list_page).rows == ()
    assert done.undo is not None
    front.desk.undo(front.practice.maria, done.undo)
    assert [each.id for each in front.desk.query(front.practice.maria, waitlist.of_patient, luke)] == [entry]
    with pytest.raises(Invalid):
        front.desk.perform(front.practice.maria, waitlist.close, entry, CloseReason.ACCEPTED, expect_version=3)


@pytest.mark.parametrize("end", ["over", "cancelled", "moved", "gone"])
def test_the_program_closes_what_is_over(front: Front, end: str) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    later = front.practice.an_appointment(luke, front.practice.lindqvist, FRIDAY, "14:00")
    front.desk.perform(front.practice.maria, waitlist.wish_earlier, later, expect_version=1)
    assert front.desk.query(front.practice.maria, schedule_queries.appointment, later).wants_earlier
    match end:
        case "cancelled":
            front.cancel(later)
        case "moved":
            there = wall(MONDAY, "8:00")
            slot = Slot(front.practice.lindqvist, front.practice.northside, there, there, there)
            front.desk.perform(front.practice.maria, acts.act_alone, luke, Move(later, 1, slot))
        case "over":
            front.clock.advance(timedelta(days=4))
        case _:
            with front.practice.database.write() as connection:
                connection.execute(update(schema.patient).where(schema.patient.c.id == luke).values(active=False))
    assert front.desk.query(front.practice.maria, waitlist.list_page).rows == ()
    front.clock.advance(GRACE)
    front.plan()
    page = front.desk.query(front.practice.maria, waitlist.list_page, closed=True)
    assert [each.closed_reason for each in page.rows] == [end]


def test_an_undone_cancellation_keeps_the_wish(front: Front) -> None:
    luke, _parent = front.a_family("Luke", "Haas")
    later = front.practice.an_appointment(luke, front.practice.lindqvist, MONDAY, "14:00")
    front.desk.perform(front.practice.maria, waitlist.wish_earlier, later, expect_version=1)
    seen = front.desk.query(front.practice.maria, schedule_queries.appointment, later)
    act = Cancellation(later, seen.version, REASON)
    done = front.desk.perform(front.practice.maria, acts.act_alone, luke, act)
    front.plan()
    assert done.undo is not None
    front.desk.undo(front.practice.maria, done.undo)
    assert len(front.desk.query(front.practice.maria, waitlist.list_page).rows) == 1


def test_a_parent_wishes_only_for_the_own_child_and_takes_it_back(front: Front) -> None:
    luke, parent = front.a_family("Luke", "Haas")
    later = front.practice.an_appointment(luke, front.practice.lindqvist, MONDAY, "14:00")
    for stranger in (front.practice.amara, front.practice.grandmother):
        with pytest.raises(NotFound):
            front.desk.perform(stranger, waitlist.wish_earlier, later, expect_version=1)
    done = front.desk.perform(parent, waitlist.wish_earlier, later, expect_version=1)
    assert done.undo is None
    assert front.desk.perform(parent, waitlist.wish_earlier, later, expect_version=1).value == done.value
    front.desk.perform(parent, waitlist.take_wish_back, later, expect_version=1)
    assert front.desk.query(front.practice.maria, waitlist.list_page).rows == ()
    with pytest.raises(Conflict):
        front.desk.perform(parent, waitlist.wish_earlier, later, expect_version=7)
