"""Tabs, filters, pages and counts of the Message Center (MC5–MC7), and that they agree with a plain reading of the rules."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from request_desk.domain.access import Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import (
    Disposition,
    Filters,
    ListOrder,
    Reply,
    RequestKind,
    RequestState,
    Tab,
    Target,
    TargetKind,
)
from request_desk.services.desk import Desk
from request_desk.services.inbox import (
    handling,
    marks as inbox_marks,
    queries as inbox_queries,
    routing as inbox_routing,
)
from tests.builders import TODAY, Practice

OPEN_TABS = (Tab.UNREAD, Tab.OPEN, Tab.WAITING, Tab.FORWARDED)


def all_pages(desk: Desk, actor: Actor, tab: Tab, *, limit: int = 3, **values: Any) -> list[RequestId]:
    ids: list[RequestId] = []
    after: int | None = None
    while True:
        page = desk.query(actor, inbox_queries.list_page, tab, after=after, limit=limit, **values)
        ids += [row.id for row in page.rows]
        after = page.after
        if after is None:
            return ids


def keys(desk: Desk, actor: Actor, tab: Tab, filters: Filters | None = None) -> list[RequestId]:
    return sorted(key.id for key in desk.query(actor, inbox_queries.open_keys, tab, filters or Filters()))


def closed(desk: Desk, actor: Actor, request: RequestId, version: int = 1, **values: Any) -> None:
    desk.perform(
        actor,
        handling.resolve,
        request,
        None,
        reply=Reply("Done."),
        expect_version=version,
        **{"disposition": Disposition.COMPLETED, **values},
    )


def a_busy_practice(desk: Desk, practice: Practice, clock: FixedClock) -> list[Actor]:
    """Thirty requests through random acts, always the same ones."""
    nurse = practice.a_staff("nurse", "Ana Ruiz", [Role.PROVIDER], practice.mwangi)
    nurses = practice.a_department("Nurses", [nurse, practice.kofi])
    chance = random.Random(7)
    for _number in range(30):
        clock.advance(timedelta(minutes=1))
        request = practice.a_request(provider=chance.choice([None, practice.mwangi]))
        match chance.randrange(7):
            case 0:
                desk.perform(practice.maria, inbox_marks.not_mine, request)
            case 1:
                closed(desk, practice.maria, request)
            case 2:
                closed(desk, practice.kofi, request, disposition=Disposition.WAITING)
            case 3:
                target = Target(TargetKind.DEPARTMENT, nurses)  # type: ignore[arg-type]
                desk.perform(practice.maria, inbox_routing.forward, request, target, "", expect_version=1)
            case 4:
                desk.perform(practice.maria, inbox_marks.mark_read, (request,))
            case _:
                pass
    return [practice.maria, practice.kofi, practice.admin, nurse]


def test_badge_counts_keys_and_pages_agree_for_everybody(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # badge = tab count = rows
    for who in a_busy_practice(desk, practice, clock):
        counts = desk.query(who, inbox_queries.counts)
        assert counts[Tab.UNREAD] == desk.query(who, inbox_queries.badge)
        for tab in OPEN_TABS:
            ids = keys(desk, who, tab)
            assert counts[tab] == len(ids), (who.name, tab)
            assert all_pages(desk, who, tab) == sorted(ids, reverse=True)
            assert all_pages(desk, who, tab, order=ListOrder.OLDEST) == ids
        completed = all_pages(desk, who, Tab.COMPLETED)
        assert completed == list(reversed(all_pages(desk, who, Tab.COMPLETED, order=ListOrder.OLDEST)))


def test_the_tabs_hold_what_their_names_say(desk: Desk, practice: Practice, clock: FixedClock) -> None:  # MC6
    people = a_busy_practice(desk, practice, clock)
    for who in people:
        unread = {row.id: row for row in desk.query(who, inbox_queries.list_page, Tab.UNREAD, limit=99).rows}
        opened = {row.id: row for row in desk.query(who, inbox_queries.list_page, Tab.OPEN, limit=99).rows}
        waiting = desk.query(who, inbox_queries.list_page, Tab.WAITING, limit=99).rows
        completed = desk.query(who, inbox_queries.list_page, Tab.COMPLETED, limit=99).rows
        assert unread.keys() <= opened.keys()
        assert {row.state for row in opened.values()} <= {RequestState.OPEN}
        assert {row.state for row in waiting} <= {RequestState.WAITING}
        assert {row.state for row in completed} <= {RequestState.COMPLETED}
        stamps = [row.completed_at for row in completed]
        assert stamps == sorted(stamps, reverse=True)  # type: ignore[type-var]
    maria, kofi, admin, nurse = people
    assert keys(desk, maria, Tab.OPEN) == keys(desk, kofi, Tab.OPEN) == keys(desk, admin, Tab.OPEN)
    assert keys(desk, nurse, Tab.OPEN) == keys(desk, nurse, Tab.UNREAD)
    assert keys(desk, nurse, Tab.OPEN) == keys(desk, maria, Tab.FORWARDED)


def test_a_page_goes_on_behind_a_request_that_was_opened_again(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    requests = []
    for _number in range(6):
        clock.advance(timedelta(minutes=1))
        requests.append(practice.a_request())
        closed(desk, practice.maria, requests[-1])
    first = desk.query(practice.maria, inbox_queries.list_page, Tab.COMPLETED, limit=3)
    assert [row.id for row in first.rows] == requests[5:2:-1]
    clock.advance(timedelta(minutes=1))
    desk.perform(practice.amara, handling.answer, requests[3], "wait")
    rest = desk.query(practice.maria, inbox_queries.list_page, Tab.COMPLETED, after=first.after, limit=3)
    assert [row.id for row in rest.rows] == requests[2::-1]


def test_a_request_without_a_location_is_in_every_location_s_view(desk: Desk, practice: Practice) -> None:  # MC6
    anywhere = practice.a_request()
    north, harbor = practice.a_request(place=practice.northside), practice.a_request(place=practice.harbor)
    assert keys(desk, practice.maria, Tab.UNREAD, Filters(location_ids=(practice.northside,))) == [anywhere, north]
    filters = Filters(location_ids=(practice.harbor,))
    assert keys(desk, practice.maria, Tab.OPEN, filters) == [anywhere, harbor]
    assert all_pages(desk, practice.maria, Tab.UNREAD, filters=filters) == [harbor, anywhere]


def test_filters_narrow_by_kind_provider_department_age_and_text(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # MC6
    appointment = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "15:00")
    cancel = practice.a_request("cancel", appointment=appointment, message="we moved to Tacoma")
    clock.advance(timedelta(minutes=30))
    asked = practice.a_request(provider=practice.mwangi)
    anybody = practice.a_request(by=practice.father)
    target = Target(TargetKind.STAFF, practice.kofi.id)  # type: ignore[arg-type]
    desk.perform(practice.maria, inbox_routing.forward, anybody, target, "", expect_version=1)
    expected = {
        Filters(kinds=(RequestKind.CANCEL,)): [cancel],
        Filters(provider_ids=(practice.mwangi,)): [cancel, asked],
        Filters(provider_ids=(practice.lindqvist,)): [],
        Filters(department_ids=(practice.intake,)): [cancel, asked],
        Filters(older_than_minutes=20): [cancel],
        Filters(text="tacoma"): [cancel],
        Filters(text="chidi oka"): [anybody],
        Filters(text="chidi tacoma"): [],
        Filters(kinds=(RequestKind.SCHEDULE,), text="zuri", older_than_minutes=0): [asked, anybody],
    }
    for filters, ids in expected.items():
        assert keys(desk, practice.kofi, Tab.OPEN, filters) == sorted(ids), filters
        assert all_pages(desk, practice.kofi, Tab.OPEN, filters=filters) == sorted(ids, reverse=True), filters


def test_rows_come_in_the_order_asked_for(desk: Desk, practice: Practice) -> None:
    requests = [practice.a_request() for _number in range(4)]
    wanted = (requests[2], requests[0], RequestId(424_242), requests[3])
    rows = desk.query(practice.maria, inbox_queries.rows, wanted)
    assert [row.id for row in rows] == [requests[2], requests[0], requests[3]]


def test_a_row_shows_the_appointment_as_it_is_now(desk: Desk, practice: Practice) -> None:
    from request_desk.domain.spans import Slot
    from request_desk.services.schedule import scheduling
    from tests.builders import wall

    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=1), "10:00")
    request = practice.a_request("cancel", appointment=appointment)
    start = wall(TODAY + timedelta(days=1), "14:00")
    slot = Slot(
        practice.lindqvist, practice.northside, start, start + timedelta(minutes=40), start + timedelta(minutes=40)
    )
    desk.perform(practice.maria, scheduling.reschedule, appointment, slot, expect_version=1)
    row = desk.query(practice.maria, inbox_queries.rows, (request,))[0]
    assert (row.appointment_at, row.appointment_zone) == (start, "America/Los_Angeles")
    assert (row.provider_name, row.location_name) == ("Dr. Lindqvist", "Northside")


def test_completed_requests_are_paged_and_never_loaded_whole(desk: Desk, practice: Practice) -> None:
    with pytest.raises(ValueError, match="paged"):
        desk.query(practice.maria, inbox_queries.open_keys, Tab.COMPLETED)


def test_people_without_a_department_have_an_empty_inbox(desk: Desk, practice: Practice) -> None:
    practice.a_request()
    lone = practice.a_staff("lone", "Lone Ranger", [Role.PROVIDER])
    assert all_pages(desk, lone, Tab.UNREAD) == []
    assert set(desk.query(lone, inbox_queries.counts).values()) == {0}


def test_a_page_costs_two_statements_whatever_its_depth(
    desk: Desk, practice: Practice, statements: list[str]
) -> None:  # performance.md, goal 4
    for _number in range(5):
        practice.a_request()
    # My inboxes, the page's ids, their rows, their wishes, the letters since an answer, the times that were offered; on PostgreSQL
    # who looks, with BEGIN.
    expected = 6 if desk.is_sqlite else 7
    statements.clear()
    first = desk.query(practice.maria, inbox_queries.list_page, Tab.UNREAD, limit=2)
    assert len([each for each in statements if each.lstrip().startswith("SELECT")]) == expected
    statements.clear()
    desk.query(practice.maria, inbox_queries.list_page, Tab.UNREAD, after=first.after, limit=2)
    assert len([each for each in statements if each.lstrip().startswith("SELECT")]) == expected


@pytest.fixture
def statements(practice: Practice) -> list[str]:
    from sqlalchemy import event

    seen: list[str] = []

    @event.listens_for(practice.database.engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        seen.append(statement)

    return seen


def test_a_birth_day_is_a_day(desk: Desk, practice: Practice) -> None:
    request = practice.a_request()
    assert desk.query(practice.maria, inbox_queries.rows, (request,))[0].birth_day == date(2022, 3, 12)
