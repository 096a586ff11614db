"""Routing as it happens: on arrival, by forward, and when members change while requests are open (RT1–RT6)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Refused, UndoRefused
from request_desk.domain.ids import DepartmentId
from request_desk.domain.requests import Tab, Target, TargetKind, TargetOrigin
from request_desk.services.desk import Desk
from request_desk.services.inbox import (
    handling,
    marks as inbox_marks,
    queries as inbox_queries,
    routing as inbox_routing,
    search_queries,
    view as request_view,
)
from request_desk.store import schema
from tests.builders import TODAY, Practice


def members(practice: Practice, department: int, staff: Sequence[Actor]) -> None:
    """Change who belongs to a department, as the directory does in the same transaction."""
    with practice.database.write() as connection:
        connection.execute(
            delete(schema.department_member).where(schema.department_member.c.department_id == department)
        )
        for each in staff:
            connection.execute(insert(schema.department_member).values(department_id=department, staff_id=each.id))


def reroute(desk: Desk, practice: Practice) -> int:
    return desk.perform(practice.admin, inbox_routing.reroute).value


def unread(desk: Desk, actor: Actor) -> list[int]:
    return [key.id for key in desk.query(actor, inbox_queries.open_keys, Tab.UNREAD)]


def a_provider_login(practice: Practice) -> Actor:
    return practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)


def department(practice: Practice, target: DepartmentId) -> Target:
    return Target(TargetKind.DEPARTMENT, target)  # type: ignore[arg-type]


def staff(actor: Actor) -> Target:
    return Target(TargetKind.STAFF, actor.id)  # type: ignore[arg-type]


def test_the_reason_is_stored_and_shown(desk: Desk, practice: Practice) -> None:  # RT4
    request = practice.a_request()
    view = desk.query(practice.maria, request_view.open_request, request)
    assert (view.target_name, view.routing_reason, view.origin, view.inboxes) == (
        "IC-Appointment Request",
        "Department IC-Appointment Request",
        TargetOrigin.AUTO,
        2,
    )


def test_an_empty_department_sends_it_to_the_asked_provider_else_to_the_administrator(
    desk: Desk, practice: Practice
) -> None:  # RT2
    provider = a_provider_login(practice)
    members(practice, practice.intake, [])
    asked, anybody = practice.a_request(provider=practice.mwangi), practice.a_request()
    assert unread(desk, provider) == [asked]
    assert unread(desk, practice.admin) == [anybody]
    assert "no active member" in desk.query(practice.admin, request_view.open_request, anybody).routing_reason


def test_a_cancel_request_goes_to_the_provider_of_its_appointment(desk: Desk, practice: Practice) -> None:  # RT3
    provider = a_provider_login(practice)
    members(practice, practice.intake, [])
    appointment = practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "15:00")
    request = practice.a_request("cancel", appointment=appointment)
    assert unread(desk, provider) == [request]


def test_a_new_member_sees_open_requests_at_once_and_a_removed_one_does_not(
    desk: Desk, practice: Practice
) -> None:  # RT6
    request = practice.a_request()
    nurse = practice.a_staff("nurse", "Ana Ruiz", [Role.SCHEDULER])
    assert unread(desk, nurse) == []
    members(practice, practice.intake, [practice.maria, nurse])
    assert reroute(desk, practice) == 0
    assert unread(desk, nurse) == [request]
    assert unread(desk, practice.kofi) == []


def test_the_last_member_leaves_and_open_requests_move_on_and_come_back(desk: Desk, practice: Practice) -> None:  # RT6
    provider = a_provider_login(practice)
    asked, anybody = practice.a_request(provider=practice.mwangi), practice.a_request()
    desk.perform(practice.maria, inbox_marks.mark_read, (asked, anybody))
    members(practice, practice.intake, [])
    moved = desk.perform(practice.admin, inbox_routing.reroute)
    assert moved.value == 2
    assert moved.changes[Topic.REQUEST] == {asked, anybody}
    assert unread(desk, provider) == [asked]
    assert unread(desk, practice.admin) == [anybody]
    assert desk.query(practice.admin, inbox_queries.badge) == 1
    assert [row.id for row in desk.query(provider, search_queries.search, "zuri").rows] == [asked]
    members(practice, practice.intake, [practice.maria])
    assert reroute(desk, practice) == 2
    assert sorted(unread(desk, practice.maria)) == sorted([asked, anybody])
    rows = desk.query(practice.maria, inbox_queries.rows, (asked, anybody))
    assert [row.version for row in rows] == [1, 1]
    assert all(row.unread for row in rows)


def test_inactive_members_count_as_none(desk: Desk, practice: Practice) -> None:  # RT2
    request = practice.a_request()
    with practice.database.write() as connection:
        connection.execute(
            update(schema.staff)
            .where(schema.staff.c.id.in_([practice.maria.id, practice.kofi.id]))
            .values(active=False)
        )
    assert reroute(desk, practice) == 1
    assert unread(desk, practice.admin) == [request]


def test_a_request_that_all_who_are_left_put_aside_comes_back_to_them(desk: Desk, practice: Practice) -> None:  # RT3
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.not_mine, request)
    members(practice, practice.intake, [practice.maria])
    reroute(desk, practice)
    assert unread(desk, practice.maria) == [request]


def test_a_forward_moves_the_request_with_its_note_and_history(desk: Desk, practice: Practice) -> None:  # RT5
    nurse = practice.a_staff("nurse", "Ana Ruiz", [Role.PROVIDER])
    nurses = practice.a_department("Nurses", [nurse])
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.mark_read, (request,))
    desk.perform(
        practice.maria, inbox_routing.forward, request, department(practice, nurses), "fever?", expect_version=1
    )
    assert unread(desk, nurse) == [request]
    assert (unread(desk, practice.maria), unread(desk, practice.kofi)) == ([], [])
    assert [key.id for key in desk.query(practice.maria, inbox_queries.open_keys, Tab.FORWARDED)] == [request]
    view = desk.query(nurse, request_view.open_request, request)
    assert [(step.by_name, step.from_name, step.to_name, step.note) for step in view.forwards] == [
        ("Maria Santos", "IC-Appointment Request", "Nurses", "fever?")
    ]
    assert (view.origin, view.routing_reason, view.version) == (TargetOrigin.FORWARDED, "Maria Santos forwarded it", 2)
    assert [row.id for row in desk.query(nurse, search_queries.search, "okafor").rows] == [request]


def test_a_forward_to_nobody_is_refused_in_words(desk: Desk, practice: Practice) -> None:  # RT5
    nobody = practice.a_department("Nobody", [])
    gone = practice.a_staff("gone", "Gone Girl", [Role.SCHEDULER], active=False)
    request = practice.a_request()
    for target in (department(practice, nobody), staff(gone), Target(TargetKind.STAFF, 424_242)):  # type: ignore[arg-type]
        with pytest.raises(Refused, match="Nobody would receive it"):
            desk.perform(practice.maria, inbox_routing.forward, request, target, "", expect_version=1)
    with pytest.raises(Refused, match="already"):
        desk.perform(
            practice.maria, inbox_routing.forward, request, department(practice, practice.intake), "", expect_version=1
        )


def test_a_forward_of_what_has_changed_is_stopped(desk: Desk, practice: Practice) -> None:  # MC9
    request = practice.a_request()
    desk.perform(practice.amara, handling.answer, request, "and now?")
    with pytest.raises(Conflict) as conflict:
        desk.perform(practice.maria, inbox_routing.forward, request, staff(practice.admin), "", expect_version=1)
    assert conflict.value.who == "The parent"


def test_a_forward_can_be_taken_back_with_its_marks(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    request = practice.a_request()
    desk.perform(practice.maria, inbox_marks.mark_read, (request,))
    done = desk.perform(practice.maria, inbox_routing.forward, request, staff(practice.admin), "", expect_version=1)
    assert done.undo is not None
    assert done.undo.label == "Forwarded the request of Zuri Okafor to Administrator"
    desk.undo(practice.maria, done.undo)
    assert unread(desk, practice.maria) == [request]
    assert not desk.query(practice.maria, inbox_queries.rows, (request,))[0].unread
    view = desk.query(practice.maria, request_view.open_request, request)
    assert (view.forwards, view.routing_reason) == ((), "Department IC-Appointment Request")
    assert desk.query(practice.maria, inbox_queries.open_keys, Tab.FORWARDED) == ()
    again = desk.perform(practice.maria, inbox_routing.forward, request, staff(practice.admin), "", expect_version=3)
    assert again.undo is not None
    clock.advance(timedelta(seconds=21))
    with pytest.raises(UndoRefused):
        desk.undo(practice.maria, again.undo)


def test_forwarded_requests_of_an_emptied_department_go_to_the_administrator(
    desk: Desk, practice: Practice
) -> None:  # RT6
    nurse = practice.a_staff("nurse", "Ana Ruiz", [Role.SCHEDULER])
    nurses = practice.a_department("Nurses", [nurse])
    request = practice.a_request()
    desk.perform(practice.maria, inbox_routing.forward, request, department(practice, nurses), "", expect_version=1)
    members(practice, nurses, [])
    assert reroute(desk, practice) == 1
    assert unread(desk, practice.admin) == [request]
    view = desk.query(practice.admin, request_view.open_request, request)
    assert [(step.by_name, step.to_name) for step in view.forwards][-1] == ("Request Desk", "Administrator")


def test_an_answer_to_a_request_whose_inbox_has_nobody_any_more_is_routed_anew(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    from request_desk.domain.requests import Disposition, Reply

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
    members(practice, practice.intake, [])
    clock.advance(timedelta(minutes=1))
    desk.perform(practice.amara, handling.answer, request, "not quite")
    assert unread(desk, practice.admin) == [request]
    with practice.database.read() as connection:
        scopes = connection.execute(select(schema.message_search.c.scope).distinct()).scalars().all()
    assert scopes == [f"t{practice.admin.id}"]


@pytest.mark.parametrize("kind", ["schedule", "cancel", "reschedule"])
@pytest.mark.parametrize("has_members", [True, False])
@pytest.mark.parametrize("has_login", [True, False])
def test_somebody_always_has_it(
    desk: Desk, practice: Practice, kind: str, has_members: bool, has_login: bool
) -> None:  # RT3
    provider = a_provider_login(practice) if has_login else None
    if not has_members:
        members(practice, practice.intake, [])
    appointment = (
        None if kind == "schedule" else practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "15:00")
    )
    values: dict[str, Any] = {"provider": practice.mwangi} if kind == "schedule" else {"appointment": appointment}
    request = practice.a_request(kind, **values)
    who = [practice.maria, practice.kofi, practice.admin, *([provider] if provider else [])]
    assert [each.id for each in who if request in unread(desk, each)]
