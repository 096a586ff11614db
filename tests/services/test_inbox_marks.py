"""Read, dismissed, claimed, drafted, noted: what staff do around a request (MC4, MC8, MC10, RE9)."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import select

from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotFound, Refused, UndoRefused
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import CallOutcome, Disposition, Reply, Tab, Target, TargetKind
from request_desk.services.desk import Desk
from request_desk.services.inbox import (
    handling,
    marks as inbox_marks,
    queries as inbox_queries,
    routing as inbox_routing,
    view as request_view,
)
from request_desk.store import schema
from tests.builders import Practice


def test_reading_takes_away_only_the_bold_and_only_for_the_reader(desk: Desk, practice: Practice) -> None:  # MC4
    first, second = practice.a_request(), practice.a_request(by=practice.father)
    done = desk.perform(practice.maria, inbox_marks.mark_read, (first, second))
    assert done.changes[Topic.MARK] == {first, second}
    assert [row.unread for row in desk.query(practice.maria, inbox_queries.rows, (first, second))] == [False, False]
    assert [row.unread for row in desk.query(practice.kofi, inbox_queries.rows, (first, second))] == [True, True]
    assert desk.query(practice.maria, inbox_queries.badge) == 2
    assert [row.version for row in desk.query(practice.maria, inbox_queries.rows, (first,))] == [1]
    assert not desk.perform(practice.maria, inbox_marks.mark_read, (first, second)).changes
    desk.perform(practice.maria, inbox_marks.mark_unread, first)
    assert desk.query(practice.maria, inbox_queries.rows, (first,))[0].unread


def test_marks_are_kept_for_open_requests_only(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Done."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    desk.perform(practice.kofi, inbox_marks.mark_read, (request,))
    with practice.database.read() as connection:
        assert connection.execute(select(schema.request_mark)).all() == []


def test_not_mine_leaves_the_request_to_the_others_and_can_be_undone(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # MC4
    request = practice.a_request()
    done = desk.perform(practice.maria, inbox_marks.not_mine, request)
    assert desk.query(practice.maria, inbox_queries.open_keys, Tab.UNREAD) == ()
    assert desk.query(practice.kofi, inbox_queries.badge) == 1
    assert desk.query(practice.maria, request_view.open_request, request).inboxes == 1
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    row = desk.query(practice.maria, inbox_queries.list_page, Tab.UNREAD).rows[0]
    assert (row.id, row.unread) == (request, True)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(UndoRefused):
        desk.undo(practice.maria, done.undo)


def test_the_last_user_who_would_see_a_request_cannot_remove_it(desk: Desk, practice: Practice) -> None:  # MC4
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.not_mine, request)
    with pytest.raises(Refused, match="Forward it or keep it"):
        desk.perform(practice.kofi, inbox_marks.not_mine, request)
    with pytest.raises(Refused, match="not in your inbox"):
        desk.perform(practice.admin, inbox_marks.not_mine, request)
    target = Target(TargetKind.STAFF, practice.admin.id)  # type: ignore[arg-type]
    desk.perform(practice.kofi, inbox_routing.forward, request, target, "", expect_version=1)
    with pytest.raises(Refused, match="Forward it or keep it"):
        desk.perform(practice.admin, inbox_marks.not_mine, request)


def test_a_claim_is_a_lease_that_others_see_and_may_take_over(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # MC8
    request = practice.a_request()
    mine = desk.perform(practice.maria, inbox_marks.claim, request)
    assert mine.changes[Topic.CLAIM] == {request}
    assert (mine.value.name, mine.value.initials, mine.value.desk) == ("Maria Santos", "MS", "desk-maria")
    row = desk.query(practice.kofi, inbox_queries.rows, (request,))[0]
    assert (row.claim_initials, row.claim_until) == ("MS", clock.now() + timedelta(minutes=3))
    assert row.version == 1
    with pytest.raises(Conflict) as conflict:
        desk.perform(practice.kofi, inbox_marks.claim, request)
    assert conflict.value.who == "Maria Santos"
    desk.perform(practice.kofi, inbox_marks.claim, request, take_over=True)
    assert desk.perform(practice.maria, inbox_marks.renew_claim, request).value is None
    view = desk.query(practice.maria, request_view.open_request, request)
    assert view.claim is not None
    assert view.claim.name == "Kofi Prah"


def test_a_claim_is_renewed_released_and_forgotten_when_its_time_is_over(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # MC8
    request = practice.a_request()
    first = desk.perform(practice.maria, inbox_marks.claim, request).value
    clock.advance(timedelta(minutes=2))
    renewed = desk.perform(practice.maria, inbox_marks.renew_claim, request).value
    assert renewed is not None
    assert (renewed.since, renewed.until) == (first.since, clock.now() + timedelta(minutes=3))
    clock.advance(timedelta(minutes=4))
    assert desk.query(practice.kofi, inbox_queries.rows, (request,))[0].claim_staff_id is None
    desk.perform(practice.kofi, inbox_marks.claim, request)
    desk.perform(practice.maria, inbox_marks.release_claim, request)
    assert desk.query(practice.maria, inbox_queries.rows, (request,))[0].claim_staff_id == practice.kofi.id
    desk.perform(practice.kofi, inbox_marks.release_claim, request)
    assert desk.query(practice.maria, inbox_queries.rows, (request,))[0].claim_staff_id is None


def test_a_draft_is_kept_whatever_becomes_of_the_request(desk: Desk, practice: Practice) -> None:  # MC10
    request = practice.a_request()
    first = desk.perform(practice.kofi, inbox_marks.save_draft, request, "Dear Am", "hello", '{"spans":[]}')
    assert first.changes[Topic.DRAFT] == {request}
    assert not desk.perform(practice.kofi, inbox_marks.save_draft, request, "Dear Amara,", "hello", "{}").changes
    desk.perform(practice.maria, inbox_marks.claim, request, take_over=True)
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Done."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    kept = desk.query(practice.kofi, inbox_queries.drafts)
    assert [(draft.request_id, draft.text, draft.phrase) for draft in kept] == [(request, "Dear Amara,", "hello")]
    desk.perform(practice.kofi, inbox_marks.drop_draft, request)
    assert desk.query(practice.kofi, inbox_queries.drafts) == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(), max_size=200))
def test_no_draft_is_ever_refused_for_its_text(sqlite_desk: Desk, sqlite_practice: Practice, text: str) -> None:
    with sqlite_practice.database.read() as connection:
        found = connection.execute(select(schema.request.c.id)).scalar()
    request = RequestId(found) if found else sqlite_practice.a_request()
    sqlite_desk.perform(sqlite_practice.maria, inbox_marks.save_draft, request, text, "", "{}")
    drafts = sqlite_desk.query(sqlite_practice.maria, inbox_queries.drafts)
    draft = next(each for each in drafts if each.request_id == request)
    assert draft.text == text.replace("\0", "").encode("utf-8", "replace").decode()


def test_a_draft_longer_than_any_reply_is_cut_and_not_lost(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.save_draft, request, "🩺" * 12_000, "", "{}")
    (draft,) = desk.query(practice.maria, inbox_queries.drafts)
    assert len(draft.text) == 10_000


def test_notes_and_calls_stay_with_staff(desk: Desk, practice: Practice) -> None:  # RE9
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.add_note, request, "prefers Dr. Mwangi")
    desk.perform(practice.kofi, inbox_marks.add_note, request, "", CallOutcome.VOICEMAIL)
    with pytest.raises(Invalid):
        desk.perform(practice.kofi, inbox_marks.add_note, request, "  ")
    view = desk.query(practice.kofi, request_view.open_request, request)
    assert [(note.author_name, note.body, note.call) for note in view.notes] == [
        ("Maria Santos", "prefers Dr. Mwangi", None),
        ("Kofi Prah", "", CallOutcome.VOICEMAIL),
    ]
    assert view.version == 1
    assert [message.body for message in view.thread] == ["hi, could we come in soon? thx"]


def test_nothing_is_done_to_a_request_that_is_not_there(desk: Desk, practice: Practice) -> None:
    for act in (inbox_marks.not_mine, inbox_marks.claim, request_view.viewed):
        with pytest.raises(NotFound):
            desk.perform(practice.maria, act, RequestId(424_242))
