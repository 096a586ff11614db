"""What a family cancels and moves by itself, on both engines: the policy, the slot rules, the notices, what the desk sees (ML3, ML4)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel, Control, Flow
from request_desk.domain.errors import Invalid, NotFound, Refused, SlotTaken
from request_desk.domain.ids import AppointmentId, ProviderId
from request_desk.domain.words import speaking
from request_desk.services.notices import outbox
from request_desk.services.portal import family_acts
from request_desk.services.schedule import appointment_details, freed, portal_schedule
from request_desk.services.schedule.views import load
from request_desk.store import schema
from request_desk.ui.appointments.detail_words import happened_lines
from tests.builders import TODAY, Practice, wall
from tests.services.test_holds import slot
from tests.services.test_manage_links import IN_A_WEEK, minted, opened

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def visit(practice: Practice) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, IN_A_WEEK, "9:20")


@pytest.fixture(params=["link", "account"])
def family(request: pytest.FixtureRequest, practice: Practice, visit: AppointmentId) -> Actor:
    """The mother, on each of her two ways."""
    if request.param == "account":
        return practice.amara
    return opened(practice, minted(practice, visit, practice.amara)).actor


def seen(practice: Practice, which: AppointmentId) -> Any:
    return practice.desk.query(SYSTEM, load, which)


def change_type(practice: Practice, **values: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(**values))


def change_settings(practice: Practice, **values: Any) -> None:
    practice.settings = replace(practice.settings, **values)
    plain = msgspec.to_builtins(practice.settings, str_keys=True)
    with practice.database.write() as connection:
        connection.execute(update(schema.practice).values(settings=plain, version=schema.practice.c.version + 1))


def cancel(practice: Practice, who: Actor, which: AppointmentId, version: int = 1) -> AppointmentId:
    return practice.desk.perform(who, family_acts.cancel, which, expect_version=version).value


def move(practice: Practice, who: Actor, which: AppointmentId, time: str, **values: Any) -> AppointmentId:
    chosen = slot(practice, time, values.pop("day", IN_A_WEEK), values.pop("provider", None))
    place = values.pop("place", chosen.location_id)
    chosen = replace(chosen, location_id=place)
    return practice.desk.perform(who, family_acts.move, which, chosen, expect_version=values.pop("version", 1)).value


def test_a_cancellation_is_final_seen_at_once_and_told_to_the_family(
    practice: Practice, visit: AppointmentId, family: Actor, clock: FixedClock
) -> None:  # ML4
    done = practice.desk.perform(family, family_acts.cancel, visit, expect_version=1)
    assert done.undo is None
    after = seen(practice, visit)
    assert (after.status, after.cancel_code, after.is_late_cancel) == (AppointmentStatus.CANCELLED, "pat-cpp", False)
    assert after.released_at == clock.now()
    (shown,) = practice.desk.query(practice.amara, portal_schedule.portal_appointments)
    assert (shown.status, shown.reason) == (AppointmentStatus.CANCELLED, "You cancelled it yourselves.")
    with speaking("es"):
        (shown,) = practice.desk.query(practice.amara, portal_schedule.portal_appointments)
        assert shown.reason == "Ustedes mismos la cancelaron."
    clock.advance(timedelta(seconds=20))
    told = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    assert {(each.spec.kind, each.address) for each in told} == {
        ("cancellation", "amara@example.org"),
        ("cancellation", "chidi@example.org"),
        ("cancellation", "ngozi@example.org"),
    }


def test_the_time_is_free_for_others_at_once(practice: Practice, visit: AppointmentId, family: Actor) -> None:  # ACT8
    other = practice.a_patient("Kamal", "Haddad", TODAY - 900 * DAY)
    mother = practice.a_contact("Lina", "Haddad", "lina@example.org", {other: {"relation": "mother"}})
    later = practice.an_appointment(other, practice.lindqvist, IN_A_WEEK, "14:00")
    cancel(practice, family, visit)
    assert practice.desk.query(SYSTEM, lambda unit: freed.is_freed(load(unit, visit), unit.now))
    moved = move(practice, mother, later, "9:20")
    assert seen(practice, moved).starts_at == wall(IN_A_WEEK, "9:20")


@pytest.mark.parametrize(("before", "is_late"), [(24 * HOUR, False), (24 * HOUR - SECOND, True), (SECOND, True)])
def test_a_late_cancellation_is_noted_and_not_blocked(
    practice: Practice, visit: AppointmentId, family: Actor, clock: FixedClock, before: timedelta, is_late: bool
) -> None:  # ML4, LINK-14
    clock.advance(wall(IN_A_WEEK, "9:20") - before - clock.now())
    assert practice.desk.query(family, family_acts.appointment, visit).is_late is is_late
    cancel(practice, family, visit)
    assert seen(practice, visit).is_late_cancel is is_late


@pytest.mark.parametrize("act", ["cancel", "move"])
def test_the_notice_is_measured_when_it_is_committed(
    practice: Practice, visit: AppointmentId, family: Actor, clock: FixedClock, act: str
) -> None:  # LINK-14
    change_type(practice, cancel_notice_minutes=1440, reschedule_notice_minutes=1440)
    clock.advance(wall(IN_A_WEEK, "9:20") - 24 * HOUR - clock.now())
    page = practice.desk.query(family, family_acts.appointment, visit)
    assert (page.moving, page.cancelling) == ("", "")
    clock.advance(SECOND)
    page = practice.desk.query(family, family_acts.appointment, visit)
    assert page.moving == "It could be moved here until Mon, Nov 30, 9:20 AM PST, and that has passed."
    assert page.cancelling == "It could be cancelled here until Mon, Nov 30, 9:20 AM PST, and that has passed."
    with pytest.raises(Refused, match="and that has passed"):
        cancel(practice, family, visit) if act == "cancel" else move(practice, family, visit, "14:00")
    assert seen(practice, visit).status is AppointmentStatus.CONFIRMED


def test_a_move_makes_a_new_one_of_the_chain_and_tells_the_family(
    practice: Practice, visit: AppointmentId, family: Actor, clock: FixedClock
) -> None:  # ML3
    moved = move(practice, family, visit, "14:00")
    old, new = seen(practice, visit), seen(practice, moved)
    assert (old.status, old.cancel_code, old.released_at) == (AppointmentStatus.CANCELLED, "rescheduled", clock.now())
    assert (new.chain_id, new.replaces_id, new.status) == (visit, visit, AppointmentStatus.CONFIRMED)
    (shown,) = practice.desk.query(practice.amara, portal_schedule.portal_appointments)
    assert shown.id == moved
    assert practice.desk.query(family, family_acts.appointment, visit).appointment.id == moved
    clock.advance(timedelta(seconds=20))
    told = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    assert {each.spec.kind for each in told} == {"move"}


def test_the_desk_reads_who_it_was(practice: Practice, visit: AppointmentId, family: Actor) -> None:
    moved = move(practice, family, visit, "14:00")
    who = "Amara Okafor" if family is practice.amara else "The family, by manage link"
    assert seen(practice, moved).booked_by == who
    details = practice.desk.query(practice.maria, appointment_details.details, moved)
    words = practice.desk.query(practice.maria, lambda unit: unit.words)
    assert f"{who} moved the visit here" in [text for _time, text in happened_lines(details, words)]


@pytest.mark.parametrize("notice", ["notice_minutes", "advance_days"])
def test_only_offered_times_are_moved_to(
    practice: Practice, visit: AppointmentId, family: Actor, notice: str
) -> None:  # BK4
    practice.an_appointment(practice.a_patient("Kamal", "Haddad", TODAY), practice.lindqvist, IN_A_WEEK, "10:00")
    for time in ("10:00", "10:20", "9:21", "7:00", "17:00"):  # booked, overlapping, off the grid, outside the windows
        with pytest.raises(SlotTaken, match="is not free any more"):
            move(practice, family, visit, time)
    change_type(practice, **{notice: 14 * 1440 if notice == "notice_minutes" else 3})
    with pytest.raises(SlotTaken):
        move(practice, family, visit, "14:00")
    with pytest.raises((SlotTaken, Invalid)):
        move(practice, family, visit, "9:00", day=TODAY - DAY)  # reschedule to the past (LINK-13)
    with pytest.raises(Refused, match="at that time already"):
        move(practice, family, visit, "9:20")


def test_a_type_that_stays_with_its_provider_is_not_moved_to_another(
    practice: Practice, visit: AppointmentId, family: Actor
) -> None:  # ML3
    change_type(practice, rebooking_mode="same_provider")
    free = practice.desk.query(
        family, family_acts.free_times, visit, from_day=IN_A_WEEK, days=1, is_same_provider=False
    )
    assert {each.provider_id for each in free} == {practice.lindqvist}
    with pytest.raises(Refused, match=r"This visit stays with Dr\. Lindqvist"):
        move(practice, family, visit, "14:00", provider=practice.mwangi, place=practice.harbor)
    change_type(practice, rebooking_mode="any_provider")
    moved = move(practice, family, visit, "14:00", provider=practice.mwangi, place=practice.harbor)
    assert seen(practice, moved).provider_id == practice.mwangi


def test_times_come_once_a_start_and_place_with_the_own_provider_first(
    practice: Practice, visit: AppointmentId, family: Actor
) -> None:
    practice.a_window(ProviderId(practice.mwangi), practice.northside, 1, 8 * 60, 12 * 60)
    free = practice.desk.query(
        family, family_acts.free_times, visit, from_day=IN_A_WEEK, days=1, is_same_provider=False
    )
    keys = [(each.starts_at, each.location_id) for each in free]
    assert len(set(keys)) == len(keys)
    here = [each for each in free if each.location_id == practice.northside]
    # Where it is now it cannot be moved to, but to somebody else at that time.
    assert {each.starts_at for each in here if each.provider_id != practice.lindqvist} == {wall(IN_A_WEEK, "9:20")}
    assert [each.starts_at for each in free] == sorted(each.starts_at for each in free)


def test_done_twice_has_one_effect_and_says_so(
    practice: Practice, visit: AppointmentId, family: Actor, clock: FixedClock
) -> None:  # LINK-13
    cancel(practice, family, visit)
    with pytest.raises(Refused, match="It was cancelled, so there is nothing to change"):
        cancel(practice, family, visit, 2)
    with pytest.raises(Refused, match="It was cancelled, so there is nothing to change"):
        move(practice, family, visit, "14:00", version=2)


def test_what_has_begun_is_not_changed(
    practice: Practice, visit: AppointmentId, family: Actor, clock: FixedClock
) -> None:  # LINK-13
    clock.advance(wall(IN_A_WEEK, "9:20") - clock.now())
    with pytest.raises(Refused, match="so it cannot be changed any more"):
        cancel(practice, family, visit)
    with pytest.raises(Refused, match="so it cannot be changed any more"):
        move(practice, family, visit, "14:00")


def test_what_has_changed_since_is_not_done(practice: Practice, visit: AppointmentId, family: Actor) -> None:
    moved = move(practice, family, visit, "14:00")
    with pytest.raises(Refused, match="has changed since you opened the page"):
        cancel(practice, family, visit)
    with pytest.raises(Refused, match="has changed since you opened the page"):
        cancel(practice, family, moved, 7)
    cancel(practice, family, moved)


@pytest.mark.parametrize("control", [Control.CANCEL, Control.RESCHEDULE])
def test_what_the_practice_does_not_offer_is_not_done(
    practice: Practice, visit: AppointmentId, family: Actor, control: Control
) -> None:  # BK6
    change_settings(practice, controls_off={flow: frozenset({control}) for flow in Flow})
    page = practice.desk.query(family, family_acts.appointment, visit)
    assert bool(page.cancelling) is (control is Control.CANCEL)
    assert bool(page.moving) is (control is Control.RESCHEDULE)
    with pytest.raises(Refused, match="cannot be changed here"):
        cancel(practice, family, visit) if control is Control.CANCEL else move(practice, family, visit, "14:00")


def test_who_may_not_book_sees_it_and_changes_nothing(practice: Practice, visit: AppointmentId) -> None:
    page = practice.desk.query(practice.grandmother, family_acts.appointment, visit)
    assert page.moving == page.cancelling == "Our records do not let you change it by yourself."
    assert not page.may_ask
    with pytest.raises(Refused, match="Our records do not let you"):
        cancel(practice, practice.grandmother, visit)
    stranger = practice.a_contact("Eve", "Adler", "eve@example.org", {})
    with pytest.raises(NotFound, match="does not work"):
        practice.desk.query(stranger, family_acts.appointment, visit)


def test_of_many_who_cancel_and_move_at_once_one_does(
    practice: Practice, visit: AppointmentId, family: Actor
) -> None:  # CONC-04
    barrier = Barrier(6)

    def tried(number: int) -> bool:
        barrier.wait()
        try:
            cancel(practice, family, visit) if number % 2 else move(practice, family, visit, "14:00")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(tried, range(6))) == 1
    with practice.database.read() as connection:
        states = connection.execute(select(schema.appointment.c.status).where(schema.appointment.c.chain_id == visit))
        assert sum(status == "confirmed" for (status,) in states) <= 1


def test_the_schedule_shows_it_live(practice: Practice, visit: AppointmentId, family: Actor) -> None:
    done = practice.desk.perform(family, family_acts.cancel, visit, expect_version=1)
    assert [(entry.action, entry.actor_kind) for entry in done.changes.entries] == [("cancelled", str(family.kind))]
