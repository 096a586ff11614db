"""Whether a reply was read, and the replies that nobody has read about visits of the next 24 hours, on both engines (RE10)."""

from datetime import timedelta
from typing import Any

import pytest

from request_desk.domain.access import Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Disposition, Reply
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, letters_seen, view as request_view
from request_desk.services.portal import queries as portal_queries
from tests.builders import TODAY, Practice

GRACE = timedelta(seconds=21)


def reply(desk: Desk, practice: Practice, request: RequestId, text: str = "Please bring the card.") -> None:
    seen = desk.query(practice.maria, request_view.open_request, request)
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply(text),
        disposition=Disposition.COMPLETED,
        expect_version=seen.version,
    )


def unseen(desk: Desk, practice: Practice, **who: Any) -> list[tuple[str, str]]:
    found = desk.query(who.get("by", practice.maria), letters_seen.unseen_replies)
    return [(each.patient_name, each.contact_name) for each in found]


def test_a_reply_about_a_visit_of_today_is_listed_until_it_is_read(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    request = practice.a_request("cancel", appointment=visit)
    assert unseen(desk, practice) == []
    reply(desk, practice, request)
    assert unseen(desk, practice) == []  # staff may still take it back
    clock.advance(GRACE)
    assert unseen(desk, practice) == [("Zuri Okafor", "Amara Okafor")]
    assert desk.query(practice.amara, portal_queries.portal_thread, request).has_news
    desk.perform(practice.amara, letters_seen.note_seen, request)
    assert unseen(desk, practice) == []
    assert desk.query(practice.maria, request_view.open_request, request).seen_at == clock.now()
    assert not desk.query(practice.amara, portal_queries.portal_thread, request).has_news


def test_one_that_was_booked_for_the_request_counts_and_one_far_away_does_not(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    first, second = practice.a_request(), practice.a_request()
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=1), "8:00", request_id=first)
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=2), "8:00", request_id=second)
    for request in (first, second):
        reply(desk, practice, request)
    clock.advance(GRACE)
    found = desk.query(practice.maria, letters_seen.unseen_replies)
    assert [each.request_id for each in found] == [first]
    assert found[0].phone == "(206) 555-0147"


def test_who_has_written_since_has_read_it(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    request = practice.a_request("cancel", appointment=visit)
    reply(desk, practice, request)
    clock.advance(GRACE)
    desk.perform(practice.amara, handling.answer, request, "thanks, and parking?")
    assert unseen(desk, practice) == []
    clock.advance(timedelta(minutes=5))
    reply(desk, practice, request, "In the yard.")
    clock.advance(GRACE)
    assert unseen(desk, practice) == [("Zuri Okafor", "Amara Okafor")]


def test_nobody_else_s_look_counts_and_who_may_not_see_the_request_sees_no_line(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
    request = practice.a_request("cancel", appointment=visit)
    reply(desk, practice, request)
    clock.advance(GRACE)
    with pytest.raises(NotFound):
        desk.perform(practice.father, letters_seen.note_seen, request)
    doctor = practice.a_staff("mwangi", "Dr. Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    assert unseen(desk, practice, by=doctor) == []
    assert unseen(desk, practice) == [("Zuri Okafor", "Amara Okafor")]
