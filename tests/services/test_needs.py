"""*Needs me first* follows the calendar: a wish of yesterday gives way to the appointment of today (MC7)."""

from datetime import datetime, timedelta

from request_desk.domain import triage
from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Group, Tab
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.inbox import needs, queries as inbox_queries
from request_desk.services.practice import settings
from tests.builders import TODAY, ZONE, Practice, wall

TOMORROW = TODAY + timedelta(days=1)


def needed(desk: Desk, practice: Practice, request: RequestId) -> datetime | None:
    found = {key.id: key.needed_at for key in desk.query(practice.maria, inbox_queries.open_keys, Tab.OPEN)}
    return found[request]


def group(desk: Desk, practice: Practice, request: RequestId) -> Group:
    now, found = desk.clock.now(), desk.query(SYSTEM, settings.settings)
    near = triage.near(now, found.opening_hours, found.closed_days, ZONE)
    key = next(key for key in desk.query(practice.maria, inbox_queries.open_keys, Tab.OPEN) if key.id == request)
    return triage.group_of(key, now, near)


def test_a_wish_that_passed_gives_way_to_the_appointment_itself(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "15:00")
    request = practice.a_request("reschedule", appointment=appointment, wishes=[practice.wish(TODAY, "16:00")])
    assert (needed(desk, practice, request), group(desk, practice, request)) == (wall(TODAY, "16:00"), Group.TODAY)
    assert tasks.renew(desk) == 0
    clock.advance(timedelta(days=1))
    assert group(desk, practice, request) is not Group.TODAY
    assert tasks.renew(desk) == 1
    assert (needed(desk, practice, request), group(desk, practice, request)) == (wall(TOMORROW, "15:00"), Group.TODAY)


def test_what_has_no_time_left_counts_by_its_age_alone(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    request = practice.a_request(wishes=[practice.wish(TODAY, "16:00"), practice.wish(TODAY, "16:20", rank=2)])
    clock.advance(timedelta(days=1))
    assert tasks.renew(desk) == 1
    assert needed(desk, practice, request) is None
    assert tasks.renew(desk) == 0
    assert not desk.query(SYSTEM, needs.has_passed)


def test_a_time_that_has_passed_when_it_is_asked_for_is_no_need(desk: Desk, practice: Practice) -> None:
    request = practice.a_request(
        wishes=[practice.wish(TODAY - timedelta(days=1), "9:00"), practice.wish(TOMORROW, "9:00", rank=2)]
    )
    assert needed(desk, practice, request) == wall(TOMORROW, "9:00")
