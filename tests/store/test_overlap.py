"""Double booking is refused by the database itself, whoever writes, on both engines (ACT6, CONC-01, CONC-02, section 10)."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import SlotTaken
from request_desk.domain.ids import AppointmentId
from request_desk.domain.requests import Booking
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk, Unit
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall

CLIENTS = 64
MINUTE = timedelta(minutes=1)
appointment = schema.appointment


def at(practice: Practice, time: str, **values: Any) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, time, **values)


def held(practice: Practice, time: str, **values: Any) -> AppointmentId:
    until = practice.desk.clock.now() + 15 * MINUTE
    return at(practice, time, status="held", hold_expires_at=until, **values)


def change(practice: Practice, appointment_id: AppointmentId, **values: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(update(appointment).where(appointment.c.id == appointment_id).values(**values))


def refused(attempt: Callable[[], object], words: str = "ex_appointment_overlap") -> None:
    with pytest.raises(DBAPIError, match=words):
        attempt()


def overlaps(database: Database) -> int:
    """Count the pairs of blocking rows of one provider and lane that share time and are not of one chain (I1)."""
    one, other = appointment.alias(), appointment.alias()
    query = select(func.count()).where(
        one.c.id < other.c.id,
        one.c.provider_id == other.c.provider_id,
        one.c.lane == other.c.lane,
        one.c.chain_id != other.c.chain_id,
        one.c.status.in_(["held", "confirmed"]),
        other.c.status.in_(["held", "confirmed"]),
        one.c.blocks_from < other.c.blocks_until,
        other.c.blocks_from < one.c.blocks_until,
    )
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


@pytest.mark.parametrize("first", ["confirmed", "held"])
@pytest.mark.parametrize("time", ["9:00", "9:20", "9:50", "9:59"])
def test_a_second_row_over_the_same_time_is_refused(practice: Practice, first: str, time: str) -> None:
    if first == "held":
        held(practice, "9:20")
    else:
        at(practice, "9:20")
    refused(lambda: at(practice, time))
    refused(lambda: held(practice, time))


@pytest.mark.parametrize("time", ["8:40", "10:00"])
def test_rows_that_touch_are_neighbours(practice: Practice, time: str) -> None:
    at(practice, "9:20")
    at(practice, time)


def test_the_buffer_blocks_too(practice: Practice) -> None:
    at(practice, "9:20", blocks_until=wall(TODAY, "10:10"))
    refused(lambda: at(practice, "10:00"))
    at(practice, "10:10")


def test_a_long_appointment_blocks_to_its_end(practice: Practice) -> None:
    at(practice, "8:00", minutes=480, blocks_until=wall(TODAY, "20:00"))
    refused(lambda: at(practice, "19:40"))


@pytest.mark.parametrize("status", ["cancelled", "expired", "completed", "no_show"])
def test_what_is_over_blocks_nothing(practice: Practice, status: str) -> None:
    at(practice, "9:20", status=status, cancel_code="pat" if status == "cancelled" else "")
    at(practice, "9:20")


def test_another_provider_or_another_lane_is_free(practice: Practice) -> None:
    at(practice, "9:20")
    at(practice, "9:20", lane=1, overrule="Two rooms")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "9:20")


def test_an_update_cannot_do_what_an_insert_may_not(practice: Practice) -> None:
    at(practice, "9:20")
    other = at(practice, "10:20")
    over = at(practice, "9:40", status="cancelled", cancel_code="pat")
    start = wall(TODAY, "9:40")
    elsewhere = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "9:20")
    refused(lambda: change(practice, other, starts_at=start, blocks_from=start))
    refused(lambda: change(practice, over, status="confirmed"))
    refused(lambda: change(practice, elsewhere, provider_id=practice.lindqvist))


def test_a_hold_of_the_same_chain_may_overlap_what_it_moves(practice: Practice) -> None:
    booked = at(practice, "9:20")
    held(practice, "9:40", chain_id=booked)
    assert overlaps(practice.database) == 0


def test_a_chain_has_one_booking_and_one_hold(practice: Practice) -> None:
    booked = at(practice, "9:20")
    held(practice, "9:40", chain_id=booked)
    refused(lambda: held(practice, "13:00", chain_id=booked), "(?i)unique")
    refused(lambda: at(practice, "13:00", chain_id=booked), "(?i)unique")


def test_an_appointment_is_replaced_once(practice: Practice) -> None:  # I5
    first = at(practice, "9:20", status="cancelled", cancel_code="rescheduled")
    at(practice, "10:20", chain_id=first, replaces_id=first)
    refused(lambda: at(practice, "13:20", status="completed", chain_id=first, replaces_id=first), "(?i)unique")


def test_no_appointment_is_ever_deleted(practice: Practice) -> None:  # ACT6
    booked = at(practice, "9:20")

    def delete_it() -> None:
        with practice.database.write() as connection:
            connection.execute(delete(appointment).where(appointment.c.id == booked))

    refused(delete_it, "never")


@pytest.mark.parametrize("how", ["INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_replacing_a_row_is_no_way_around_the_rules(sqlite_practice: Practice, how: str) -> None:  # M23
    booked = at(sqlite_practice, "9:20")
    columns = ", ".join(column.name for column in appointment.c if column.name != "id")

    def copied(new_id: int) -> None:
        with sqlite_practice.database.write() as connection:
            copy = f"{how} INTO appointment (id, {columns}) SELECT {new_id}, {columns} FROM appointment WHERE id = {booked}"
            connection.execute(text(copy))

    # The same id is a delete in disguise; another one of the same chain meets the unique index.
    if how == "INSERT OR REPLACE":
        refused(lambda: copied(booked), "never deleted")
        refused(lambda: copied(booked + 1), "never deleted")
    else:
        copied(booked + 1)
    with sqlite_practice.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(appointment)).scalar_one() == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"blocks_until": wall(TODAY, "22:00")}, "length"),  # longer than overlap search looks back
        ({"blocks_from": wall(TODAY, "9:30")}, "blocks"),
        ({"ends_at": wall(TODAY, "9:20")}, "order"),
        ({"status": "maybe"}, "status"),
        ({"status": "held"}, "hold_expires"),
        ({"status": "cancelled"}, "cancel_reason"),
        ({"lane": -1}, "lane"),
    ],
)
def test_rows_that_would_slip_through_are_refused(
    practice: Practice, values: dict[str, Any], words: str
) -> None:  # M11
    refused(lambda: at(practice, "9:20", **values), words)


def desks(practice: Practice, clock: FixedClock, count: int) -> list[Desk]:
    """Several desks as several processes have them: each with its own connections and ids."""
    return [
        Desk(Database(practice.database.url.render_as_string(hide_password=False)), clock) for _number in range(count)
    ]


def raced(practice: Practice, clock: FixedClock, attempt: Callable[[Desk, int], object]) -> list[object]:
    """Run one attempt for each of 64 clients at once and return what each got.

    On PostgreSQL each has a desk of its own; one host with SQLite has a few processes, which threads share.
    """
    own = desks(practice, clock, 8 if practice.desk.is_sqlite else CLIENTS)
    barrier = Barrier(CLIENTS)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return attempt(own[number % len(own)], number)
        except SlotTaken as lost:
            return lost

    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            return list(pool.map(run, range(CLIENTS)))
    finally:
        for desk in own:
            desk.close()


def nine_twenty(practice: Practice) -> Slot:
    return Slot(practice.lindqvist, practice.northside, wall(TODAY, "9:20"), wall(TODAY, "10:00"), wall(TODAY, "10:00"))


@pytest.mark.parametrize("act", ["hold", "book"])
def test_of_64_clients_on_one_slot_exactly_one_wins(practice: Practice, clock: FixedClock, act: str) -> None:  # CONC-01
    slot = nine_twenty(practice)
    patients = [practice.a_patient(f"Child {number}", "Race", TODAY) for number in range(CLIENTS)]

    def attempt(desk: Desk, number: int) -> object:
        patient = patients[number]
        if act == "book":
            booking = Booking(slot, practice.well)
            return desk.perform(practice.maria, scheduling.book, booking, patient_id=patient).value.status
        held = desk.perform(practice.maria, scheduling.hold, slot, type_id=practice.well, patient_id=patient)
        return held.value.status

    results = raced(practice, clock, attempt)
    won = AppointmentStatus.CONFIRMED if act == "book" else AppointmentStatus.HELD
    assert Counter(type(result).__name__ for result in results) == {"SlotTaken": CLIENTS - 1, "AppointmentStatus": 1}
    assert won in results
    lost = [result for result in results if isinstance(result, SlotTaken)]
    assert {result.next_free[0].starts_at for result in lost} == {wall(TODAY, "10:00")}
    assert overlaps(practice.database) == 0


def test_overlapping_wishes_never_book_twice(practice: Practice, clock: FixedClock) -> None:  # CONC-02
    starts = [wall(TODAY, "9:00") + 10 * MINUTE * (number % 24) for number in range(CLIENTS)]
    kinds = [practice.well, practice.sick]
    patients = [practice.a_patient(f"Child {number}", "Race", TODAY) for number in range(CLIENTS)]

    def attempt(desk: Desk, number: int) -> object:
        slot = Slot(practice.lindqvist, practice.northside, starts[number], starts[number], starts[number])
        booking = Booking(slot, kinds[number % 2])
        return desk.perform(practice.maria, scheduling.book, booking, patient_id=patients[number]).value.id

    results = raced(practice, clock, attempt)
    assert any(isinstance(result, int) for result in results)
    assert overlaps(practice.database) == 0


def test_crossed_moves_end_in_clean_refusals(practice: Practice, clock: FixedClock) -> None:  # CONC-10
    pairs = []
    for number in range(CLIENTS // 2):
        day = TODAY + timedelta(days=1 + number)
        one = practice.an_appointment(practice.zuri, practice.lindqvist, day, "9:20")
        other = practice.an_appointment(practice.zuri, practice.mwangi, day, "9:20")
        pairs.append((day, one, other))

    def attempt(desk: Desk, number: int) -> object:
        day, one, other = pairs[number // 2]
        moved, provider = (one, practice.mwangi) if number % 2 else (other, practice.lindqvist)
        start = wall(day, "9:20")
        slot = Slot(provider, practice.northside, start, start, start)
        return desk.perform(practice.maria, scheduling.reschedule, moved, slot, expect_version=1).value.id

    results = raced(practice, clock, attempt)
    assert all(isinstance(result, SlotTaken) for result in results)  # swapping needs a free place in between
    with practice.database.read() as connection:
        confirmed = select(func.count()).where(appointment.c.status == "confirmed")
        assert connection.execute(confirmed).scalar_one() == CLIENTS


def test_a_raw_insert_past_the_program_is_refused_too(practice: Practice) -> None:
    booked = at(practice, "9:20")
    with practice.database.read() as connection:
        row = connection.execute(select(appointment).where(appointment.c.id == booked)).one()
    values = {**row._mapping, "id": booked + 1000, "chain_id": booked + 1000}

    def write() -> None:
        with practice.database.admin() as connection:
            connection.execute(insert(appointment), values)

    refused(write)


def test_time_that_is_being_freed_is_kept_for_its_undo(practice: Practice, clock: FixedClock) -> None:  # row 12
    """A hold that waited for a cancellation to commit sees it, and does not take what an undo may want back."""
    booked = at(practice, "9:20")
    slot = nine_twenty(practice)
    (other,) = desks(practice, clock, 1)
    cancelled, commit = Event(), Event()

    def cancel_slowly(unit: Unit) -> None:
        scheduling.cancel(unit, booked, code="pat", expect_version=1)
        cancelled.set()
        assert commit.wait(10)

    def hold() -> object:
        return other.perform(
            practice.kofi, scheduling.hold, slot, type_id=practice.well, patient_id=practice.zuri
        ).value

    try:
        with ThreadPoolExecutor(2) as pool:
            cancelling = pool.submit(practice.desk.perform, practice.maria, cancel_slowly)
            assert cancelled.wait(10)
            holding = pool.submit(hold)
            while not practice.desk.is_sqlite and not is_somebody_waiting(practice):
                assert not holding.done()
            commit.set()
            cancelling.result()
            with pytest.raises(SlotTaken):
                holding.result()
    finally:
        other.close()


def is_somebody_waiting(practice: Practice) -> bool:
    with practice.database.read() as connection:
        return bool(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())
