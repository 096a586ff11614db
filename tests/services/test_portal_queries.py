"""What the parent sees of requests, and from when on (PP1, PP2, RE10, the grace time)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import NotAllowed, NotFound
from request_desk.domain.requests import Disposition, Reply, RequestState
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, marks as inbox_marks
from request_desk.services.portal import queries as portal_queries
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall


def test_a_contact_sees_the_own_children_with_what_it_may_do(desk: Desk, practice: Practice) -> None:  # PP1
    (child,) = desk.query(practice.grandmother, portal_queries.portal_children)
    assert (child.name, child.relation, child.may_book, child.may_see_messages) == (
        "Zuri Okafor",
        "grandmother",
        False,
        True,
    )
    with pytest.raises(NotAllowed):
        desk.query(practice.maria, portal_queries.portal_children)


def test_a_request_is_listed_for_its_sender_alone(desk: Desk, practice: Practice) -> None:  # PP1
    request = practice.a_request(wishes=[practice.wish(TODAY, "9:20")], provider=practice.lindqvist)
    (shown,) = desk.query(practice.amara, portal_queries.portal_requests)
    assert (shown.id, shown.patient_name, shown.type_name, shown.provider_name, shown.state) == (
        request,
        "Zuri Okafor",
        "Well visit",
        "Dr. Lindqvist",
        RequestState.OPEN,
    )
    assert shown.answer_by == desk.clock.now() + timedelta(minutes=45)
    assert [wish.starts_at for wish in shown.wishes] == [wall(TODAY, "9:20")]
    assert desk.query(practice.father, portal_queries.portal_requests) == ()
    for which in (request, shown.reference):
        assert desk.query(practice.amara, portal_queries.portal_thread, which).request == shown
        with pytest.raises(NotFound):
            desk.query(practice.father, portal_queries.portal_thread, which)


def test_the_state_before_is_shown_until_the_grace_time_is_over(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # ACT5
    request = practice.a_request()
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Come on Tuesday."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    thread = desk.query(practice.amara, portal_queries.portal_thread, request)
    assert (thread.request.state, thread.request.answered, len(thread.messages)) == (RequestState.OPEN, False, 1)
    assert (thread.may_answer, thread.may_withdraw) == (False, False)
    assert thread.notice == "The practice is just answering. Look again in a minute."
    clock.advance(timedelta(seconds=20))
    thread = desk.query(practice.amara, portal_queries.portal_thread, request)
    assert (thread.request.state, thread.request.answered, thread.notice) == (RequestState.COMPLETED, True, "")
    assert [(each.from_practice, each.author_name, each.body) for each in thread.messages] == [
        (False, "Amara Okafor", "hi, could we come in soon? thx"),
        (True, "Maria Santos", "Come on Tuesday."),
    ]
    assert (thread.may_answer, thread.may_withdraw) == (True, False)
    assert thread.request.answer_by is None


def test_what_was_taken_back_was_never_there(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # ACT5
    request = practice.a_request()
    done = desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Wrong child!"),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    clock.advance(timedelta(minutes=5))
    thread = desk.query(practice.amara, portal_queries.portal_thread, request)
    assert (thread.request.state, len(thread.messages), thread.may_answer) == (RequestState.OPEN, 1, True)


def test_staff_notes_never_reach_the_portal(desk: Desk, practice: Practice) -> None:  # RE9
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.add_note, request, "difficult on the phone")
    assert "difficult" not in repr(desk.query(practice.amara, portal_queries.portal_thread, request))


def test_without_the_right_to_see_messages_there_is_no_thread(desk: Desk, practice: Practice) -> None:  # PP1
    request = practice.a_request()
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_patient)
            .where(schema.contact_patient.c.contact_id == practice.amara.id)
            .values(valid_until=TODAY - timedelta(days=1))
        )
    assert desk.query(practice.amara, portal_queries.portal_requests) == ()
    assert desk.query(practice.amara, portal_queries.portal_children) == ()
    with pytest.raises(NotFound):
        desk.query(practice.amara, portal_queries.portal_thread, request)


def test_a_withdrawn_request_says_so(desk: Desk, practice: Practice) -> None:  # RE10
    request = practice.a_request()
    assert desk.query(practice.amara, portal_queries.portal_thread, request).may_withdraw
    desk.perform(practice.amara, handling.withdraw, request)
    thread = desk.query(practice.amara, portal_queries.portal_thread, request)
    assert (thread.request.state, thread.may_answer, thread.may_withdraw) == (RequestState.WITHDRAWN, False, False)
    assert "taken this request back" in thread.notice


def test_a_reference_nobody_has_is_not_there(desk: Desk, practice: Practice) -> None:
    from request_desk.domain.ids import new_uuid

    practice.a_request()
    with pytest.raises(NotFound):
        desk.query(practice.amara, portal_queries.portal_thread, new_uuid())
    with practice.database.read() as connection:
        assert connection.execute(select(schema.request.c.id)).scalar_one()
