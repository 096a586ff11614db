"""Free slots read from the database are just those that a slow and plain search finds, on both engines (AV1, AV5, BK4)."""

import random
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text, update

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.availability import AvailabilityWindow
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, NotFound
from request_desk.domain.ids import ProviderId, TypeId, WindowId
from request_desk.domain.spans import Slot, Span
from request_desk.services.desk import Unit
from request_desk.services.schedule import queries as schedule_queries, scheduling, slots
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice, wall
from tests.domain.reference import brute_force
from tests.services.test_holds import MINUTE, a_request, hold

WEEK = Span(wall(TODAY, "0:00"), wall(TODAY + timedelta(days=7), "0:00"))


def find(practice: Practice, span: Span = WEEK, kind: TypeId | None = None, **values: Any) -> tuple[Slot, ...]:
    return practice.desk.query(
        practice.maria, schedule_queries.find_slots, type_id=kind or practice.sick, span=span, **values
    )


def times(found: Collection[Slot], day: date = TODAY) -> list[str]:
    return [f"{ZONE.wall(each.starts_at):%H:%M}" for each in found if ZONE.day_of(each.starts_at) == day]


class Scene:
    """A practice filled at random, remembered in plain values beside the database."""

    def __init__(self, practice: Practice, clock: FixedClock, seed: int) -> None:
        self.practice, self.now, self.random = practice, clock.now(), random.Random(seed)
        self.windows: list[AvailabilityWindow] = []
        self.busy: dict[ProviderId, list[Span]] = {}
        self.booked: dict[ProviderId, list[datetime]] = {}  # of the type of all appointments here
        with practice.database.write() as connection:
            connection.execute(update(schema.availability_window).values(active=False))
        self.providers = [practice.lindqvist, practice.mwangi, practice.a_provider("Dr. C", "Dr. C", [practice.harbor])]
        for provider in self.providers:
            self.busy[provider], self.booked[provider] = [], []
            for weekday in range(7):
                self.window(provider, weekday)
            self.absence(provider)
            for number in range(60):
                self.appointment(provider, number)

    def window(self, provider: ProviderId, weekday: int) -> None:
        start = self.random.randrange(7 * 60, 12 * 60, 5)
        window = AvailabilityWindow(
            id=WindowId(0),
            provider_id=provider,
            location_id=self.random.choice([self.practice.northside, self.practice.harbor]),
            weekday=weekday,
            start_minute=start,
            end_minute=start + self.random.randrange(60, 480, 5),
            buffer=self.random.choice([None, 10 * MINUTE]),
            valid_from=self.random.choice([None, TODAY + timedelta(days=3)]),
            valid_until=self.random.choice([None, TODAY + timedelta(days=9)]),
            active=self.random.random() > 0.1,
            type_ids=self.random.choice([(), (self.practice.sick,), (self.practice.well,)]),
            staff_only=self.random.random() < 0.2,
            opens=self.random.choice([None, None, timedelta(days=1), timedelta(days=3)]),
            cap=self.random.choice([None, None, 1, 2]),
        )
        row_id = self.practice.a_window(
            provider,
            window.location_id,
            weekday,
            window.start_minute,
            window.end_minute,
            buffer_minutes=None if window.buffer is None else 10,
            valid_from=window.valid_from,
            valid_until=window.valid_until,
            active=window.active,
            staff_only=window.staff_only,
            opens_minutes=None if window.opens is None else window.opens // MINUTE,
            cap=window.cap,
        )
        for type_id in window.type_ids:
            self.practice.insert(schema.availability_window_type, window_id=row_id, type_id=type_id)
        self.windows.append(window)

    def absence(self, provider: ProviderId) -> None:
        start = self.now + timedelta(days=self.random.randrange(14), minutes=self.random.randrange(600))
        end = start + timedelta(minutes=self.random.randrange(30, 2000))
        self.practice.an_absence(provider, start, end)
        self.busy[provider].append(Span(start, end))

    def appointment(self, provider: ProviderId, number: int) -> None:
        """One appointment in a cell of its own of 90 minutes, in any status, a hold or freed time that is over or is not."""
        start = wall(TODAY + timedelta(days=number // 6), "7:00") + timedelta(minutes=90 * (number % 6))
        start += timedelta(minutes=self.random.randrange(0, 30, 5))
        until = start + timedelta(minutes=self.random.randrange(20, 60, 5))
        status = self.random.choice(list(AppointmentStatus))
        near = self.now + self.random.choice([-1, 1]) * timedelta(seconds=5)
        expires = near if status is AppointmentStatus.HELD else None
        released = self.random.choice([None, near]) if status is AppointmentStatus.CANCELLED else None
        self.practice.an_appointment(
            self.practice.zuri,
            provider,
            TODAY,
            "9:00",
            status=status,
            starts_at=start,
            ends_at=start + 20 * MINUTE,
            blocks_from=start,
            blocks_until=until,
            hold_expires_at=expires,
            released_at=released,
            cancel_code="pat" if status is AppointmentStatus.CANCELLED else "",
        )
        counts = (AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW)
        if status in counts or (expires is not None and expires > self.now):
            self.booked[provider].append(start)
        until_then = {AppointmentStatus.HELD: expires, AppointmentStatus.CANCELLED: released}.get(status)
        if status is AppointmentStatus.CONFIRMED or (until_then is not None and until_then > self.now):
            self.busy[provider].append(Span(start, until))

    def expected(self, span: Span, kind: TypeId, minutes: int, *, for_staff: bool) -> set[Slot]:
        return {
            slot
            for provider in self.providers
            for slot in brute_force(
                [each for each in self.windows if each.provider_id == provider],
                self.busy[provider],
                span=span,
                zone=ZONE,
                duration=minutes * MINUTE,
                buffer=timedelta(0),
                grid=10 * MINUTE,
                earliest=self.now,
                type_id=kind,
                for_staff=for_staff,
                booked={self.practice.well: self.booked[provider]},
            )
        }


@pytest.mark.parametrize("seed", range(3))
def test_the_fast_search_finds_what_the_plain_one_finds(
    practice: Practice, clock: FixedClock, seed: int
) -> None:  # AV1
    scene = Scene(practice, clock, seed)
    span = Span(wall(TODAY, "0:00"), wall(TODAY + timedelta(days=12), "0:00"))
    for kind, minutes in ((practice.sick, 20), (practice.well, 40)):
        for for_staff in (True, False):
            found = find(practice, span, kind, for_staff=for_staff)
            assert set(found) == scene.expected(span, kind, minutes, for_staff=for_staff)
            assert [each.starts_at for each in found] == sorted(each.starts_at for each in found)


def test_slots_of_one_start_come_in_the_practices_order_of_providers(practice: Practice) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.provider).where(schema.provider.c.id == practice.lindqvist).values(position=10**6)
        )
    found = find(practice, limit=2)
    assert [each.provider_id for each in found] == [practice.mwangi, practice.lindqvist]


def test_the_search_can_be_narrowed(practice: Practice) -> None:
    assert {each.provider_id for each in find(practice, provider_ids=(practice.mwangi,))} == {practice.mwangi}
    assert {each.location_id for each in find(practice, location_ids=(practice.harbor,))} == {practice.harbor}
    assert find(practice, location_ids=(practice.harbor,), provider_ids=(practice.lindqvist,)) == ()


def test_what_is_switched_off_offers_nothing(practice: Practice) -> None:
    with practice.database.write() as connection:
        connection.execute(
            update(schema.provider).where(schema.provider.c.id == practice.lindqvist).values(active=False)
        )
        connection.execute(update(schema.location).where(schema.location.c.id == practice.harbor).values(active=False))
    assert find(practice) == ()


def test_a_type_may_belong_to_some_providers(practice: Practice) -> None:
    practice.insert(schema.appointment_type_provider, type_id=practice.sick, provider_id=practice.mwangi)
    assert {each.provider_id for each in find(practice)} == {practice.mwangi}
    assert {each.provider_id for each in find(practice, kind=practice.well)} == {practice.mwangi, practice.lindqvist}


def test_parents_see_neither_sooner_nor_later_than_the_type_allows(practice: Practice) -> None:  # BK4, AP6
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(notice_minutes=24 * 60, advance_days=2))
    found = find(practice, for_staff=False)
    assert found[0].starts_at == wall(TODAY + timedelta(days=1), "8:20")
    last = wall(TODAY + timedelta(days=2), "16:00")  # the last day is whole
    assert last <= found[-1].starts_at < wall(TODAY + timedelta(days=3), "0:00")
    assert find(practice)[0].starts_at == wall(TODAY, "8:20")


def test_holds_of_the_request_and_the_appointment_to_be_moved_count_as_free(practice: Practice) -> None:  # ACT2
    request = a_request(practice)
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    hold(practice, "9:00", request=request)
    mine = (practice.lindqvist,)
    gone = {"08:30", "09:00", "09:30", "10:00", "10:30"}
    assert not gone & set(times(find(practice, kind=practice.well, provider_ids=mine)))
    free = find(practice, kind=practice.well, provider_ids=mine, exclude_request=request, exclude_chain=booked)
    assert gone <= set(times(free))


def test_freed_time_comes_back_after_the_grace_time(practice: Practice, clock: FixedClock) -> None:  # ACT5
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "10:00")
    practice.desk.perform(practice.maria, scheduling.cancel, booked, code="pat", expect_version=1)
    assert "10:00" not in times(find(practice, provider_ids=(practice.lindqvist,)))
    clock.advance(timedelta(seconds=20))
    assert "10:00" in times(find(practice, provider_ids=(practice.lindqvist,)))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 3, 14), ["01:00", "03:00", "04:00"]),  # 2:00 does not exist
        (date(2026, 11, 1), ["01:00", "01:00", "02:00", "03:00", "04:00"]),  # 1:00 comes twice
    ],
)
def test_the_nights_of_the_clock_change_offer_every_real_hour_once(  # AV5
    practice: Practice, clock: FixedClock, day: date, expected: list[str]
) -> None:
    clock.advance(datetime(2026, 10, 30, 16, tzinfo=clock.now().tzinfo) - clock.now())
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(duration_minutes=60, grid_minutes=60))
    practice.a_window(practice.lindqvist, practice.northside, 6, 60, 300)
    assert times(find(practice, ZONE.bounds(day)), day) == expected


def test_a_location_has_its_own_clock(practice: Practice) -> None:  # section 6.4
    with practice.database.write() as connection:
        connection.execute(
            update(schema.location).where(schema.location.c.id == practice.harbor).values(zone="America/New_York")
        )
    tomorrow = Span(wall(TODAY + timedelta(days=1), "0:00"), wall(TODAY + timedelta(days=2), "0:00"))
    assert find(practice, tomorrow, provider_ids=(practice.mwangi,))[0].starts_at == wall(
        TODAY + timedelta(days=1), "5:00"
    )
    assert find(practice, tomorrow, provider_ids=(practice.lindqvist,))[0].starts_at == wall(
        TODAY + timedelta(days=1), "8:00"
    )


def test_a_search_of_years_is_refused(practice: Practice) -> None:
    with pytest.raises(Invalid, match="at most 400 days"):
        find(practice, Span(wall(TODAY, "0:00"), wall(TODAY + timedelta(days=402), "0:00")))


def test_a_type_that_is_not_there_is_said(practice: Practice) -> None:
    with pytest.raises(NotFound):
        find(practice, kind=TypeId(99))


def test_contacts_do_not_search_the_staffs_schedule(practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        practice.desk.query(practice.amara, schedule_queries.find_slots, type_id=practice.sick, span=WEEK)


def test_a_book_is_read_with_the_same_few_statements_whatever_its_size(practice: Practice) -> None:
    def count(unit: Unit) -> int:
        sent: list[str] = []

        def sending(*what: Any) -> None:
            sent.append(what[2])

        event.listen(unit.connection, "before_cursor_execute", sending)
        slots.open_book(unit, WEEK)
        event.remove(unit.connection, "before_cursor_execute", sending)
        return len(sent)

    practice.desk.query(practice.maria, count)  # the settings are read once
    few = practice.desk.query(practice.maria, count)
    for number in range(8):
        other = practice.a_provider(f"Dr. {number}", f"Dr. {number}", [practice.northside])
        practice.a_window(other, practice.northside, 2, 480, 720)
    assert practice.desk.query(practice.maria, count) == few <= 8


def test_blocked_time_is_found_by_its_index(sqlite_practice: Practice) -> None:
    query = (
        "EXPLAIN QUERY PLAN SELECT provider_id, blocks_from, blocks_until FROM appointment"
        " WHERE status IN ('held', 'confirmed') AND provider_id IN (3, 4) AND lane = 0"
        " AND blocks_from < 2 AND blocks_from > 1"
    )
    with sqlite_practice.database.read() as connection:
        plan = " ".join(str(row[3]) for row in connection.execute(text(query)))
    assert "INDEX ix_appointment_blocking (provider_id=? AND lane=? AND blocks_from>? AND blocks_from<?)" in plan
