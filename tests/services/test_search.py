"""Search over patient, sender and text, newest first, within what the searcher may see (MC6, AUTZ-09)."""

from datetime import timedelta

import pytest

from request_desk.domain.access import Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import Disposition, Reply, Target, TargetKind
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, routing as inbox_routing, search_queries
from tests.builders import TODAY, Practice


def found(desk: Desk, actor: Actor, text: str, *, mine: bool = False) -> list[RequestId]:
    return [row.id for row in desk.query(actor, search_queries.search, text, scope_mine=mine).rows]


@pytest.mark.parametrize(
    "text", ["zuri", "ZURI", "okaf", "amara", "half day", "half-day", "03/12/2022", "3/12/22", "soccer thurs", "música"]
)
def test_a_request_is_found_by_patient_sender_birth_date_and_text(desk: Desk, practice: Practice, text: str) -> None:
    request = practice.a_request(message="he has a half day, soccer on Thursdays & Musica!")
    assert found(desk, practice.maria, text) == [request]


@pytest.mark.parametrize("text", ["", "   ", "…", "zzz", "zuri zzz", '"', "* OR *", "scope:t1", "NEAR(a b)"])
def test_nothing_typed_or_nothing_there_finds_nothing(desk: Desk, practice: Practice, text: str) -> None:
    practice.a_request()
    assert found(desk, practice.maria, text) == []


def test_text_without_spaces_between_words_is_found_by_its_parts(desk: Desk, practice: Practice) -> None:
    request = practice.a_request(message="孩子昨天開始發燒,可以改時間嗎")
    assert found(desk, practice.maria, "發燒") == [request]
    assert found(desk, practice.maria, "開始發燒") == [request]
    assert found(desk, practice.maria, "發昨") == []


def test_the_newest_letter_comes_first_and_each_request_once(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    requests = [practice.a_request(message=f"number {index} fever") for index in range(7)]
    clock.advance(timedelta(minutes=1))
    desk.perform(practice.amara, handling.answer, requests[0], "still fever")
    order = [requests[0], *reversed(requests[1:])]
    assert found(desk, practice.maria, "fever") == order
    pages: list[RequestId] = []
    after: int | None = None
    while True:
        page = desk.query(practice.maria, search_queries.search, "fever", after=after, limit=3)
        pages += [row.id for row in page.rows]
        after = page.after
        if after is None:
            break
    assert pages == order


def test_completed_requests_and_replies_are_found(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Bring the immunisation card."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    assert found(desk, practice.kofi, "immunisation") == [request]
    for who in (practice.maria, practice.kofi):
        assert [row.unread for row in desk.query(who, search_queries.search, "immunisation").rows] == [False]


def test_a_reply_that_was_taken_back_is_not_found(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    done = desk.perform(
        practice.maria,
        handling.resolve,
        request,
        None,
        reply=Reply("Bring the immunisation card."),
        disposition=Disposition.COMPLETED,
        expect_version=1,
    )
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    assert found(desk, practice.kofi, "immunisation") == []
    assert found(desk, practice.kofi, "zuri") == [request]


def test_my_inbox_is_searched_alone_and_follows_a_forward(desk: Desk, practice: Practice) -> None:  # MC6
    request = practice.a_request()
    assert found(desk, practice.admin, "zuri") == [request]
    assert found(desk, practice.admin, "zuri", mine=True) == []
    target = Target(TargetKind.STAFF, practice.admin.id)  # type: ignore[arg-type]
    desk.perform(practice.maria, inbox_routing.forward, request, target, "", expect_version=1)
    assert found(desk, practice.admin, "zuri", mine=True) == [request]
    assert found(desk, practice.kofi, "zuri", mine=True) == []


def test_a_provider_finds_only_what_is_theirs(desk: Desk, practice: Practice) -> None:  # AUTZ-09
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    request = practice.a_request()
    assert found(desk, provider, "zuri") == []
    target = Target(TargetKind.STAFF, provider.id)  # type: ignore[arg-type]
    desk.perform(practice.maria, inbox_routing.forward, request, target, "", expect_version=1)
    assert found(desk, provider, "zuri") == [request]


def test_pages_are_whole_when_many_letters_belong_to_few_requests(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    first, second = practice.a_request(message="rash"), practice.a_request(message="rash")
    for index in range(9):
        clock.advance(timedelta(minutes=1))
        desk.perform(practice.amara, handling.answer, first, f"rash {index}")
    page = desk.query(practice.maria, search_queries.search, "rash", limit=1)
    assert [row.id for row in page.rows] == [first]
    rest = desk.query(practice.maria, search_queries.search, "rash", limit=1, after=page.after)
    assert ([row.id for row in rest.rows], rest.after) == ([second], None)


def test_a_child_with_the_day_of_birth_typed_is_found(desk: Desk, practice: Practice) -> None:
    other = practice.a_patient("Łukasz", "Żółć", TODAY - timedelta(days=700))
    parent = practice.a_contact("Anna", "Żółć", "anna@example.org", {other: {"relation": "mother"}})
    request = practice.a_request(by=parent, patient=other)
    for text in ("lukasz", "zolc", "żółć", "Łuk"):
        assert found(desk, practice.maria, text) == [request]
