"""Why the patient sees no slots: what is told as free is what the portal offers, on practices filled at random (AV3)."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from request_desk.domain.availability import AvailabilityWindow
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.no_slots import NoSlots, Rule
from request_desk.services.schedule import portal_schedule
from request_desk.services.schedule.no_slots import why_no_slots
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.services.test_slots import Scene

TOMORROW = TODAY + timedelta(days=1)


def why(practice: Practice, days: int = 1, **values: object) -> NoSlots:
    day = TODAY + timedelta(days=days)
    return practice.desk.query(practice.admin, why_no_slots, day, practice.sick, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_free_is_what_the_portal_offers(practice: Practice, clock: FixedClock, seed: int) -> None:
    scene = Scene(practice, clock, seed)
    practice.an_absence(scene.providers[0], wall(TOMORROW, "9:00"), wall(TOMORROW, "10:30"))
    child = practice.a_patient("Nobody", "Booked", TODAY)
    practice.insert(
        schema.contact_patient, contact_id=practice.amara.id, patient_id=child, relation="mother", may_book=True
    )
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(notice_minutes=120, advance_days=9))
    seen_free = 0
    for kind in (practice.sick, practice.well):
        for days in range(11):
            day = TODAY + timedelta(days=days)
            answer = practice.desk.query(practice.admin, why_no_slots, day, kind)
            for one in answer.providers:
                shown = practice.desk.query(
                    practice.amara,
                    portal_schedule.portal_slots,
                    type_id=kind,
                    patient_id=child,
                    provider_id=one.provider_id,
                    location_id=None,
                    from_day=day,
                    days=1,
                )
                assert one.free == len(shown)
                assert all(each.free + sum(each.removed.values()) == each.total for each in one.windows)
                seen_free += one.free
            assert answer.free + sum(answer.removed.values()) == answer.total
    assert seen_free > 50


def test_the_rules_are_named_by_provider_and_window(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00", kind=practice.sick, minutes=20)
    practice.an_absence(practice.lindqvist, wall(TOMORROW, "12:00"), wall(TOMORROW, "17:00"), "Course")
    off = practice.a_window(practice.lindqvist, practice.northside, 2, 18 * 60, 19 * 60, active=False)
    answer = why(practice)
    first, second = answer.providers
    assert (first.provider_id, first.provider_name) == (practice.lindqvist, "Dr. Lindqvist")
    morning, evening = first.windows
    # Every 10 minutes of 9 hours; a visit of 20 minutes at 9:00 takes the starts of 8:50, 9:00 and 9:10.
    assert (morning.total, morning.removed[Rule.TAKEN], morning.removed[Rule.TIME_OFF]) == (54, 3, 30)
    assert morning.removed[Rule.TOO_SHORT] == 1
    assert (evening.window.id, dict(evening.removed)) == (off, {Rule.WINDOW_OFF: 6})
    assert answer.location_names[morning.window.location_id] == "Northside"
    assert second.free == 53
    assert answer.removed[Rule.TAKEN] == 3


def test_the_question_can_be_narrowed(practice: Practice) -> None:
    only = why(practice, provider_ids=(practice.mwangi,))
    assert [each.provider_id for each in only.providers] == [practice.mwangi]
    there = why(practice, location_id=practice.harbor)
    windows: list[AvailabilityWindow] = [each.window for one in there.providers for each in one.windows]
    assert {each.location_id for each in windows} == {practice.harbor}
    with pytest.raises(NotFound):
        why(practice, location_id=LocationId(424242))
    assert why(practice, days=4).total == 0  # a Saturday


def test_who_and_what_is_off_is_said(practice: Practice) -> None:
    practice.insert(schema.appointment_type_provider, type_id=practice.sick, provider_id=practice.mwangi)
    assert why(practice).providers[0].windows[0].removed == {Rule.OTHER_PROVIDERS: 54}
    with practice.database.write() as connection:
        connection.execute(update(schema.appointment_type).values(active=False))
    assert why(practice).providers[1].windows[0].removed == {Rule.TYPE_OFF: 54}
    with practice.database.write() as connection:
        connection.execute(update(schema.provider).values(active=False))
    assert why(practice).providers == ()
    asked: tuple[ProviderId, ...] = (practice.mwangi,)
    assert why(practice, provider_ids=asked).providers[0].windows[0].removed == {Rule.PROVIDER_OFF: 54}
