"""What desks and parents see of the schedule: days, offers, wishes with their state, the portal's times (ACT1, ACT2, MC5, BK4)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, update

from request_desk.domain import own_words
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Refused
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId, RequestId
from request_desk.domain.requests import Fit, Offer, WishState
from request_desk.domain.schedule import PortalAppointment, PortalSlot, ScheduleDay, ScheduleWeek
from request_desk.domain.spans import Slot
from request_desk.services.desk import Unit
from request_desk.services.schedule import (
    portal_schedule,
    queries as schedule_queries,
    scheduling,
    views as appointment_views,
)
from request_desk.services.schedule.views import upcoming_of
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice, wall
from tests.services.test_holds import MINUTE, a_request, hold, present, slot
from tests.services.test_scheduling import GRACE, book, cancel, move

TOMORROW = TODAY + timedelta(days=1)


def asked(practice: Practice, *wishes: tuple[Any, ...], **values: Any) -> RequestId:
    """A request with wishes: (day, "9:20", provider) or (day, "morning") or nothing for whatever comes next."""
    request = a_request(practice, **values)
    for rank, wish in enumerate(wishes, 1):
        row: dict[str, Any] = {"request_id": request, "rank": rank, "kind": "next"}
        if len(wish) == 3:
            row |= {"kind": "slot", "starts_at": wall(wish[0], wish[1]), "provider_id": wish[2]}
        elif len(wish) == 2:
            row |= {"kind": "day_part", "day": wish[0], "part": wish[1]}
        practice.insert(schema.request_wish, **row)
    return request


def offers(practice: Practice, request: RequestId) -> tuple[Offer, ...]:
    return practice.desk.query(practice.maria, schedule_queries.offers, request)


def told(found: Sequence[Offer]) -> list[tuple[str, Fit, int]]:
    return [(f"{ZONE.wall(each.slot.starts_at):%a %H:%M}", each.fit, each.wish_rank) for each in found]


def states(practice: Practice, request: RequestId) -> list[WishState]:
    return [each.state for each in practice.desk.query(practice.maria, schedule_queries.shown_wishes, request)]


def day(practice: Practice, **values: Any) -> ScheduleDay:
    return practice.desk.query(practice.maria, schedule_queries.day, values.pop("day", TODAY), **values)


def week(
    practice: Practice,
    provider: ProviderId | None = None,
    *,
    first_day: date = TODAY - timedelta(days=1),
    **values: Any,
) -> ScheduleWeek:
    return practice.desk.query(
        practice.maria, schedule_queries.week, first_day, provider or practice.lindqvist, **values
    )


def statements(unit: Unit, ask: Callable[[Unit], object]) -> int:
    """How many statements a query sends."""
    sent: list[str] = []

    def sending(*what: Any) -> None:
        sent.append(what[2])

    event.listen(unit.connection, "before_cursor_execute", sending)
    ask(unit)
    event.remove(unit.connection, "before_cursor_execute", sending)
    return len(sent)


def appointments(practice: Practice, **values: Any) -> tuple[PortalAppointment, ...]:
    return practice.desk.query(values.pop("by", practice.amara), portal_schedule.portal_appointments)


# Offers


def test_a_free_wish_comes_first_then_times_near_it(practice: Practice) -> None:  # ACT2
    found = offers(practice, asked(practice, (TOMORROW, "9:20", practice.lindqvist)))
    assert told(found)[0] == ("Wed 09:20", Fit.EXACT, 1)
    assert [each.fit for each in found] == [Fit.EXACT, Fit.SAME_PROVIDER, Fit.SAME_PROVIDER]
    assert {each.provider_name for each in found} == {"Dr. Lindqvist"}
    assert found[0].location_name == "Northside"


def test_a_taken_wish_leads_to_the_same_provider_then_another_that_day(practice: Practice) -> None:  # ACT2
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "8:00", minutes=9 * 60)
    found = offers(practice, asked(practice, (TOMORROW, "9:20", practice.lindqvist)))
    assert {each.fit for each in found} == {Fit.SAME_DAY}
    assert {each.provider_name for each in found} == {"Dr. Mwangi"}
    practice.an_absence(practice.mwangi, wall(TOMORROW, "0:00"), wall(TOMORROW + timedelta(days=1), "0:00"))
    found = offers(practice, asked(practice, (TOMORROW, "9:20", practice.lindqvist)))
    assert {each.fit for each in found} == {Fit.NEXT_DAYS}


def test_each_wish_gets_its_best_before_any_gets_a_second(practice: Practice) -> None:  # section 10
    request = asked(
        practice, (TOMORROW, "9:20", practice.lindqvist), (TOMORROW, "14:00", practice.mwangi), (TODAY, "afternoon")
    )
    assert [each.wish_rank for each in offers(practice, request)] == [1, 2, 3, 1, 2, 3, 1, 2, 3]


def test_without_a_wish_the_soonest_are_offered(practice: Practice) -> None:  # MC5
    found = offers(practice, asked(practice, provider_id=practice.lindqvist))
    assert told(found)[0] == ("Tue 08:20", Fit.EXACT, 1)
    assert [each.slot.starts_at for each in found] == sorted(each.slot.starts_at for each in found)
    assert {each.provider_name for each in found} == {"Dr. Lindqvist"}


def test_next_available_looks_on_until_something_is_found(practice: Practice) -> None:
    for provider in (practice.lindqvist, practice.mwangi):
        practice.an_absence(provider, wall(TODAY, "0:00"), wall(TODAY + timedelta(days=100), "0:00"))
    found = offers(practice, asked(practice, ()))
    assert ZONE.day_of(found[0].slot.starts_at) == TODAY + timedelta(days=100)


def test_the_requests_own_hold_is_still_offered(practice: Practice) -> None:  # ACT2
    request = asked(practice, (TOMORROW, "9:20", practice.lindqvist))
    chosen = slot(practice, "9:20", TOMORROW)
    practice.desk.perform(
        practice.maria, scheduling.hold, chosen, type_id=practice.well, patient_id=practice.zuri, request_id=request
    )
    other = asked(practice, (TOMORROW, "9:20", practice.lindqvist))
    assert told(offers(practice, request))[0] == ("Wed 09:20", Fit.EXACT, 1)
    assert told(offers(practice, other))[0] != ("Wed 09:20", Fit.EXACT, 1)


def test_a_move_is_offered_times_over_the_old_one_but_not_the_old_one(practice: Practice) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    request = asked(
        practice, (TOMORROW, "9:40", practice.lindqvist), kind="reschedule", appointment_id=booked, type_id=None
    )
    found = offers(practice, request)
    assert told(found)[0] == ("Wed 09:40", Fit.EXACT, 1)
    assert wall(TOMORROW, "9:20") not in {each.slot.starts_at for each in found}


def test_a_move_follows_the_chain_to_its_present_end(practice: Practice) -> None:
    first = book(practice, "9:20", day=TOMORROW).value
    second = move(practice, first, "13:00", day=TOMORROW).value
    request = asked(practice, (TOMORROW, "13:20", practice.lindqvist), kind="reschedule", appointment_id=first.id)
    assert told(offers(practice, request))[0] == ("Wed 13:20", Fit.EXACT, 1)

    def end(unit: Unit) -> object:
        return appointment_views.chain_end(unit, first.id).id

    assert practice.desk.query(practice.maria, end) == second.id


def test_an_offer_says_which_limit_would_be_overruled(practice: Practice) -> None:  # ACT7
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(notice_minutes=120, rebooking_mode="same_provider"))
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    request = asked(
        practice,
        (TODAY, "9:20", practice.mwangi),
        (TOMORROW, "15:00", practice.lindqvist),
        kind="reschedule",
        appointment_id=booked,
    )
    found = offers(practice, request)[:2]
    assert {each.wish_rank: each.forbids for each in found} == {1: True, 2: False}
    warnings = {each.wish_rank: each.warning for each in found}
    assert warnings[1] == (
        "Well visit needs 2 hours of notice, and this time is sooner. Well visit stays with Dr. Lindqvist when it is moved."
    )
    assert warnings[2] == ""


def test_a_check_tells_a_limit_that_a_reason_overrules_from_one_that_forbids_the_move(
    practice: Practice,
) -> None:  # ACT7
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(notice_minutes=120, rebooking_mode="same_provider"))
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")

    def forbids(provider: ProviderId, place: LocationId, replaces: AppointmentId | None) -> tuple[int, bool]:
        start = wall(TODAY, "9:20")
        chosen = Slot(provider, place, start, start, start)
        check = practice.desk.query(
            practice.maria, schedule_queries.slot_check, chosen, type_id=practice.well, replaces=replaces
        )
        return len(check.limits), check.forbids

    assert forbids(practice.lindqvist, practice.northside, booked) == (1, False)
    assert forbids(practice.mwangi, practice.harbor, booked) == (2, True)
    assert forbids(practice.mwangi, practice.harbor, None) == (1, False)


def test_same_day_blocks_are_offered_to_staff_for_their_type_alone(practice: Practice) -> None:  # AV6
    saturday = TODAY + timedelta(days=4)
    window = practice.a_window(
        practice.lindqvist, practice.northside, 5, 540, 600, staff_only=True, label="Same-day sick"
    )
    practice.insert(schema.availability_window_type, window_id=window, type_id=practice.sick)
    sick = asked(practice, (saturday, "morning"), type_id=practice.sick)
    well = asked(practice, (saturday, "morning"), type_id=practice.well)
    assert told(offers(practice, sick))[0] == ("Sat 09:00", Fit.EXACT, 1)
    assert {each.fit for each in offers(practice, well)} == {Fit.NEXT_DAYS}


def test_the_location_that_was_asked_for_is_kept_while_it_has_times(practice: Practice) -> None:
    request = asked(practice, (TOMORROW, "morning"), location_id=practice.harbor)
    assert {each.location_name for each in offers(practice, request)} == {"Harbor St"}


def test_a_request_to_cancel_has_no_offers(practice: Practice) -> None:
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    assert offers(practice, asked(practice, kind="cancel", appointment_id=booked)) == ()


def test_a_wish_in_the_past_still_gets_offers(practice: Practice) -> None:
    assert offers(practice, asked(practice, (TODAY - timedelta(days=30), "9:20", practice.lindqvist)))


# Wishes


def test_each_wish_tells_its_present_state(practice: Practice) -> None:  # MC5
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    practice.an_absence(practice.lindqvist, wall(TOMORROW, "15:00"), wall(TOMORROW, "17:00"), "Meeting")
    request = asked(
        practice,
        (TOMORROW, "8:30", practice.lindqvist),
        (TOMORROW, "9:40", practice.lindqvist),
        (TODAY, "8:00", practice.lindqvist),
        (TOMORROW, "18:00", practice.lindqvist),
        (TOMORROW, "15:20", practice.lindqvist),
        (TOMORROW, "9:40", None),
        (TOMORROW, "morning"),
        (),
    )
    assert states(practice, request) == [
        WishState.FREE,
        WishState.TAKEN,
        WishState.PAST,
        WishState.OUTSIDE,
        WishState.OUTSIDE,
        WishState.FREE,
        WishState.OPEN_ENDED,
        WishState.OPEN_ENDED,
    ]


def test_a_wish_held_for_the_request_says_by_whom(practice: Practice) -> None:  # MC5
    request = asked(practice, (TODAY, "9:20", practice.lindqvist))
    other = asked(practice, (TODAY, "9:20", practice.lindqvist))
    hold(practice, "9:20", request=request)
    (mine,) = practice.desk.query(practice.kofi, schedule_queries.shown_wishes, request)
    assert (mine.state, mine.held_by, mine.provider_name) == (WishState.HELD_BY_US, "Maria Santos", "Dr. Lindqvist")
    assert states(practice, other) == [WishState.TAKEN]


def test_a_wish_beside_todays_grid_is_free_all_the_same(practice: Practice) -> None:
    assert states(practice, asked(practice, (TODAY, "9:25", practice.lindqvist))) == [WishState.FREE]


# Any time clicked


def test_a_picked_time_says_what_stands_against_it(practice: Practice) -> None:  # ACT7
    def check(chosen: Slot, **values: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = practice.desk.query(
            practice.maria, schedule_queries.slot_check, chosen, type_id=practice.well, **values
        )
        return tuple(limit.sentence for limit in found.limits), found.notes

    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(rebooking_mode="same_provider"))
    practice.an_absence(practice.lindqvist, wall(TOMORROW, "12:00"), wall(TOMORROW, "13:00"), "Lunch")
    assert check(slot(practice, "10:00", TOMORROW)) == ((), ())
    assert check(slot(practice, "18:00", TOMORROW)) == ((), ("This time lies outside the provider's availability.",))
    assert check(slot(practice, "12:20", TOMORROW)) == ((), ("The provider is away then: Lunch.",))
    limits, _notes = check(slot(practice, "10:00", TOMORROW, practice.mwangi), replaces=booked)
    assert limits == ("Well visit stays with Dr. Lindqvist when it is moved.",)
    with pytest.raises(Refused, match="8:00 AM has already passed"):  # as the move itself is refused
        check(slot(practice, "8:00"), replaces=booked)


# The day


def test_a_day_shows_who_works_with_open_time_absences_and_entries(
    practice: Practice, clock: FixedClock
) -> None:  # ACT1
    practice.an_absence(practice.lindqvist, wall(TODAY, "12:00"), wall(TODAY, "13:00"), "Lunch")
    held = hold(practice, "10:20")
    confirmed = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    done = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "8:00", minutes=10, status="completed")
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "14:00", status="cancelled", cancel_code="pat")
    practice.an_appointment(
        practice.zuri, practice.lindqvist, TODAY, "15:00", status="held", hold_expires_at=clock.now()
    )
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    shown = day(practice)
    assert [each.provider_name for each in shown.columns] == ["Dr. Lindqvist", "Dr. Mwangi"]
    column = shown.columns[0]
    assert [(each.starts_at, each.ends_at) for each in column.open] == [(wall(TODAY, "8:00"), wall(TODAY, "17:00"))]
    assert [each.label for each in column.absences] == ["Lunch"]
    assert [each.id for each in column.entries] == [done, confirmed, held.id]
    assert (column.location_names, column.entries[0].patient_name) == (("Northside",), "Zuri Okafor")


def test_a_day_off_has_a_column_only_for_who_has_an_appointment(practice: Practice) -> None:
    saturday = TODAY + timedelta(days=4)
    assert day(practice, day=saturday).columns == ()
    practice.an_appointment(practice.zuri, practice.mwangi, saturday, "9:20")
    assert [each.provider_id for each in day(practice, day=saturday).columns] == [practice.mwangi]


def test_who_left_the_practice_still_shows_booked_appointments(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    with practice.database.write() as connection:
        connection.execute(update(schema.provider).values(active=False))
    (column,) = day(practice).columns
    assert (column.open, len(column.entries)) == ((), 1)


def test_a_day_can_be_narrowed_to_locations_and_providers(practice: Practice) -> None:  # ACT1
    assert [each.provider_id for each in day(practice, location_ids=(practice.harbor,)).columns] == [practice.mwangi]
    assert [each.provider_id for each in day(practice, provider_ids=(practice.lindqvist,)).columns] == [
        practice.lindqvist
    ]


def test_open_time_carries_the_label_of_its_window(practice: Practice) -> None:  # AV6
    practice.a_window(
        practice.lindqvist, practice.northside, 1, 17 * 60, 18 * 60, staff_only=True, label="Same-day sick"
    )
    last = day(practice).columns[0].open[-1]
    assert last.label == "Same-day sick"


def test_a_week_of_a_provider_has_the_days_on_which_the_practice_is_open(practice: Practice) -> None:  # ACT1
    monday, saturday = TODAY - timedelta(days=1), TODAY + timedelta(days=4)
    shown = week(practice)
    assert shown.key == (monday, practice.lindqvist)
    assert [each.key for each in shown.columns] == [
        (monday + timedelta(days=number), practice.lindqvist) for number in range(5)
    ]
    assert {each.location_names for each in shown.columns} == {("Northside",)}
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, saturday, "9:20")
    practice.an_appointment(practice.zuri, practice.mwangi, saturday, "11:20")
    practice.an_absence(practice.lindqvist, wall(TODAY, "12:00"), wall(TOMORROW, "12:00"), "Leave")
    columns = {each.day: each for each in week(practice).columns}
    assert [each.id for each in columns[saturday].entries] == [booked]
    assert [day for day, each in columns.items() if each.absences] == [TODAY, TOMORROW]
    assert week(practice, location_ids=(practice.harbor,)).columns[1].open == ()


def test_a_week_without_any_open_day_has_all_seven(practice: Practice) -> None:
    provider = practice.a_provider("Dr. New", "Dr. New", [])
    settings = msgspec.to_builtins(replace(practice.settings, opening_hours=()))
    with practice.database.write() as connection:
        connection.execute(update(schema.practice).values(settings=settings, version=schema.practice.c.version + 1))
    assert len(week(practice, provider).columns) == 7


def test_the_week_of_nobody_is_refused(practice: Practice) -> None:
    with pytest.raises(NotFound, match="provider is not there"):
        week(practice, ProviderId(999_999))


def test_a_week_is_seen_as_its_days_are(practice: Practice) -> None:
    """Also in the week in which the clocks go back: each appointment in the column of its day."""
    sunday = date(2026, 11, 1)
    for number in range(7):
        practice.an_appointment(practice.zuri, practice.lindqvist, sunday + timedelta(days=number), "23:30", minutes=20)
    shown = week(practice, first_day=sunday)
    for column in shown.columns:
        assert day(practice, day=column.day, provider_ids=(practice.lindqvist,)).columns == (column,)
    assert len(shown.columns) == 7


def test_a_week_costs_as_many_statements_as_a_day(practice: Practice) -> None:
    def of_day(unit: Unit) -> object:
        return schedule_queries.day(unit, TODAY)

    def of_week(unit: Unit) -> object:
        return unit.settings, schedule_queries.week(unit, TODAY, practice.lindqvist)

    sent = [practice.desk.query(practice.maria, statements, ask) for ask in (of_week, of_day, of_week)]
    assert sent[2] <= sent[1] + 1  # which version the settings have


def test_a_day_costs_the_same_few_statements_however_full_it_is(practice: Practice) -> None:
    def count(unit: Unit) -> int:
        return statements(unit, lambda unit: schedule_queries.day(unit, TODAY))

    practice.desk.query(practice.maria, count)  # the settings are read once
    empty = practice.desk.query(practice.maria, count)
    for hour in range(9, 17):
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, f"{hour}:00")
    assert practice.desk.query(practice.maria, count) == empty <= 7


def test_upcoming_appointments_are_confirmed_and_to_come(practice: Practice) -> None:
    later = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    sooner = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "9:20")
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "8:00")
    hold(practice, "13:00")
    found = practice.desk.query(practice.maria, upcoming_of, [practice.zuri])
    assert [each.id for each in found] == [sooner, later]
    assert practice.desk.query(practice.maria, upcoming_of, []) == ()


def test_an_appointment_that_is_not_there_is_said(practice: Practice) -> None:
    with pytest.raises(NotFound):
        present(practice, AppointmentId(10**9))


# The portal


def portal_slots(practice: Practice, provider: ProviderId | None = None, **values: Any) -> tuple[PortalSlot, ...]:
    by = values.pop("by", practice.amara)
    values = {"location_id": None, "from_day": TODAY, "days": 7, "patient_id": practice.zuri, **values}
    return practice.desk.query(by, portal_schedule.portal_slots, type_id=practice.sick, provider_id=provider, **values)


def test_a_parent_sees_free_times_for_parents_only(practice: Practice, clock: FixedClock) -> None:  # BK4
    practice.a_window(practice.lindqvist, practice.northside, 5, 540, 600, staff_only=True)
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(notice_minutes=24 * 60))
    found = portal_slots(practice, practice.lindqvist)
    assert found[0].starts_at == wall(TOMORROW, "8:20")
    assert not [each for each in found if ZONE.day_of(each.starts_at).weekday() == 5]
    assert (found[0].provider_name, found[0].location_name) == ("Dr. Lindqvist", "Northside")


def test_with_any_provider_each_start_is_offered_once_a_location(practice: Practice) -> None:
    found = portal_slots(practice)
    keys = [(each.starts_at, each.location_id) for each in found]
    assert len(keys) == len(set(keys)) > 0
    assert {each.location_id for each in found} == {practice.northside, practice.harbor}
    assert {each.location_id for each in portal_slots(practice, location_id=practice.harbor)} == {practice.harbor}


@pytest.mark.parametrize(("who", "error"), [("grandmother", NotAllowed), ("maria", NotAllowed), ("stranger", NotFound)])
def test_only_who_may_book_for_the_child_sees_its_times(
    practice: Practice, who: str, error: type[Exception]
) -> None:  # PP1
    stranger = practice.a_contact("Eve", "Moss", "eve@example.org", {})
    with pytest.raises(error):
        portal_slots(practice, by=stranger if who == "stranger" else getattr(practice, who))


def test_a_right_that_has_ended_is_none(practice: Practice) -> None:  # PP1
    with practice.database.write() as connection:
        connection.execute(update(schema.contact_patient).values(valid_until=TODAY - timedelta(days=1)))
    with pytest.raises(NotFound):
        portal_slots(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    assert appointments(practice) == ()


def test_the_portal_asks_for_a_month_at_most(practice: Practice) -> None:
    with pytest.raises(Invalid):
        portal_slots(practice, days=32)
    assert portal_slots(practice, from_day=date(2029, 1, 1)) == ()


def test_a_parent_sees_the_childs_appointments(practice: Practice) -> None:  # PP2
    tomorrow = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:20")
    past = practice.an_appointment(
        practice.zuri, practice.mwangi, TODAY - timedelta(days=30), "9:20", status="completed"
    )
    hold(practice, "13:00")
    other = practice.a_patient("Kwame", "Mensah", date(2020, 1, 2))
    practice.an_appointment(other, practice.lindqvist, TOMORROW, "10:20")
    found = appointments(practice)
    assert [(each.id, each.status) for each in found] == [
        (past, AppointmentStatus.COMPLETED),
        (tomorrow, AppointmentStatus.CONFIRMED),
    ]
    assert (found[1].address, found[1].may_book) == ("1 Northside, Seattle", True)
    assert appointments(practice, by=practice.grandmother)[1].may_book is False


def shown(practice: Practice) -> list[tuple[str, AppointmentStatus]]:
    return [(f"{ZONE.wall(each.starts_at):%H:%M}", each.status) for each in appointments(practice)]


def test_within_the_grace_time_the_parent_sees_the_state_before(
    practice: Practice, clock: FixedClock
) -> None:  # section 10
    confirmed, cancelled = AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELLED
    booked = book(practice, "9:20").value
    assert shown(practice) == []
    clock.advance(GRACE)
    assert shown(practice) == [("09:20", confirmed)]
    moved = move(practice, booked, "13:00").value
    assert shown(practice) == [("09:20", confirmed)]
    clock.advance(GRACE)
    assert shown(practice) == [("13:00", confirmed)]
    cancel(practice, moved)
    assert shown(practice) == [("13:00", confirmed)]
    clock.advance(GRACE)
    assert shown(practice) == [("13:00", cancelled)]


def test_what_was_undone_was_never_there(practice: Practice, clock: FixedClock) -> None:  # ACT5
    outcome = book(practice, "9:20")
    assert outcome.undo is not None
    practice.desk.undo(practice.maria, outcome.undo)
    dropped = hold(practice, "10:20")
    practice.desk.perform(practice.maria, scheduling.drop_hold, dropped.id)
    clock.advance(5 * MINUTE)
    assert shown(practice) == []


def test_an_appointment_booked_and_cancelled_within_the_grace_time_does_not_flash_up(
    practice: Practice, clock: FixedClock
) -> None:
    booked = book(practice, "9:20").value
    clock.advance(timedelta(seconds=5))
    cancel(practice, booked)
    assert ("09:20", AppointmentStatus.CONFIRMED) not in shown(practice)


def test_the_schedule_is_for_staff(practice: Practice) -> None:
    request = asked(practice)
    attempts: list[Callable[[], object]] = [
        lambda: practice.desk.query(practice.amara, schedule_queries.day, TODAY),
        lambda: practice.desk.query(practice.amara, schedule_queries.week, TODAY, practice.lindqvist),
        lambda: practice.desk.query(practice.amara, schedule_queries.offers, request),
        lambda: practice.desk.query(practice.amara, schedule_queries.shown_wishes, request),
        lambda: practice.desk.query(practice.maria, portal_schedule.portal_appointments),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()


def test_an_offer_can_be_held_and_booked_as_it_is(practice: Practice) -> None:
    request = asked(practice, (TOMORROW, "morning"))
    for offer in offers(practice, request):
        held = practice.desk.perform(
            practice.maria,
            scheduling.hold,
            offer.slot,
            type_id=practice.well,
            patient_id=practice.zuri,
            request_id=request,
        ).value
        assert (held.starts_at, held.ends_at, held.provider_id) == (
            offer.slot.starts_at,
            offer.slot.ends_at,
            offer.slot.provider_id,
        )


def test_offers_follow_what_the_parent_wrote_less_what_was_left_out(practice: Practice) -> None:  # MC16
    request = practice.a_request("schedule", message="anything after 3 please, I can't leave work before")
    found = practice.desk.query(practice.maria, schedule_queries.offers, request)
    starts = [ZONE.wall(each.slot.starts_at).hour for each in found]
    assert starts
    assert min(starts) >= 15
    said = own_words.read("anything after 3 please, I can't leave work before", TODAY)
    removed = frozenset(each.key for each in said)
    again = practice.desk.query(practice.maria, schedule_queries.offers, request, removed=removed)
    assert min(ZONE.wall(each.slot.starts_at).hour for each in again) < 15
