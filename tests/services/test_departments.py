"""Departments changed as a whole, closed and opened again (RT1 to RT6)."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import CountingIds, DepartmentId, StaffId, TargetId
from request_desk.domain.requests import Tab, Target, TargetKind
from request_desk.services.desk import Desk, Unit
from request_desk.services.inbox import queries as inbox_queries, routing as inbox_routing, view as request_view
from request_desk.services.practice import administration, directory, settings
from request_desk.services.practice.founding import INTAKE
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice


def inbox_of(desk: Desk, actor: Actor) -> list[int]:
    return [key.id for key in desk.query(actor, inbox_queries.open_keys, Tab.UNREAD)]


def department(desk: Desk, practice: Practice, department_id: int) -> tuple[str, set[int], bool, int]:
    found = desk.query(practice.admin, directory.directory).departments[DepartmentId(department_id)]
    return found.name, set(found.member_ids), found.active, found.version


def actions(database: Database) -> list[str]:
    with database.read() as connection:
        table = schema.journal
        return list(
            connection.execute(
                select(table.c.action).where(table.c.topic == "directory").order_by(table.c.seq)
            ).scalars()
        )


# name and members in one act


def test_name_and_members_are_saved_and_undone_in_one_act(
    desk: Desk, practice: Practice, database: Database
) -> None:  # RT6
    request = practice.a_request()
    ruth = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER])
    saved = desk.perform(
        practice.admin, administration.save_department, practice.intake, "Front desk", [ruth.staff_id], expect_version=1
    )
    assert department(desk, practice, practice.intake) == ("Front desk", {ruth.id}, True, 2)
    assert actions(database) == ["renamed_department", "changed_members"]
    assert inbox_of(desk, ruth) == [request]
    assert inbox_of(desk, practice.maria) == []
    assert saved.undo is not None
    undone = desk.undo(practice.admin, saved.undo)
    assert undone.undo is None
    assert department(desk, practice, practice.intake) == (INTAKE, {practice.maria.id, practice.kofi.id}, True, 3)
    assert inbox_of(desk, ruth) == []
    assert inbox_of(desk, practice.maria) == [request]


@pytest.mark.parametrize("fault", ["name", "member", "stale"])
def test_of_a_save_that_is_refused_nothing_stays(desk: Desk, practice: Practice, fault: str) -> None:
    practice.a_department("Nurses", [])
    before = department(desk, practice, practice.intake)
    name = "Nurses" if fault == "name" else "Front desk"
    members = [StaffId(99)] if fault == "member" else [practice.kofi.staff_id]
    kind = {"name": Invalid, "member": NotFound, "stale": Conflict}[fault]
    with pytest.raises(kind):
        desk.perform(
            practice.admin,
            administration.save_department,
            practice.intake,
            name,
            members,
            expect_version=7 if fault == "stale" else 1,
        )
    assert department(desk, practice, practice.intake) == before


def test_a_request_tells_the_new_name_of_the_department_that_brought_it_here(
    desk: Desk, practice: Practice
) -> None:  # RT4
    request = practice.a_request()
    both = [practice.maria.staff_id, practice.kofi.staff_id]
    desk.perform(practice.admin, administration.save_department, practice.intake, "Front desk", both, expect_version=1)
    view = desk.query(practice.maria, request_view.open_request, request)
    assert "Front desk" in view.routing_reason
    assert INTAKE not in view.routing_reason


def test_the_undo_of_a_save_is_refused_when_somebody_closed_the_department_since(
    desk: Desk, practice: Practice
) -> None:
    nurses = practice.a_department("Nurses", [practice.kofi])
    saved = desk.perform(practice.admin, administration.save_department, nurses, "Nurse line", [], expect_version=1)
    desk.perform(practice.admin, administration.deactivate_department, nurses, expect_version=2)
    assert saved.undo is not None
    with pytest.raises((Conflict, UndoRefused)):
        desk.undo(practice.admin, saved.undo)


# closed and open again


def test_a_closed_department_is_opened_again_with_its_name_and_members(
    desk: Desk, practice: Practice, database: Database
) -> None:  # RT5
    nurses = practice.a_department("Nurses", [practice.kofi])
    desk.perform(practice.admin, administration.deactivate_department, nurses, expect_version=1)
    target = Target(TargetKind.DEPARTMENT, TargetId(nurses))
    assert target not in [choice.target for choice in desk.query(practice.maria, directory.targets)]
    opened = desk.perform(practice.admin, administration.reopen_department, nurses, expect_version=2)
    assert opened.value == 3
    assert opened.changes[Topic.DIRECTORY] == {nurses}
    assert actions(database) == ["closed_department", "reopened_department"]
    assert department(desk, practice, nurses) == ("Nurses", {practice.kofi.id}, True, 3)
    assert target in [choice.target for choice in desk.query(practice.maria, directory.targets)]
    request = practice.a_request()
    version = desk.query(practice.maria, request_view.open_request, request).version
    desk.perform(practice.maria, inbox_routing.forward, request, target, "", expect_version=version)
    assert inbox_of(desk, practice.kofi) == [request]


def test_open_requests_follow_when_the_department_that_receives_them_is_opened_again(
    desk: Desk, practice: Practice, database: Database
) -> None:  # RT1, RT2, RT6: as with a change of its members
    with database.write() as connection:  # by an older version, or by two administrators at one moment
        closed = update(schema.department).where(schema.department.c.id == practice.intake)
        connection.execute(closed.values(active=False, version=2))
    request = practice.a_request()
    assert inbox_of(desk, practice.admin) == [request]
    assert inbox_of(desk, practice.maria) == []
    assert desk.query(practice.admin, directory.banner)
    outcome = desk.perform(practice.admin, administration.reopen_department, practice.intake, expect_version=2)
    assert outcome.changes[Topic.REQUEST] == {request}
    assert inbox_of(desk, practice.maria) == [request]
    assert INTAKE in desk.query(practice.maria, request_view.open_request, request).routing_reason
    assert desk.query(practice.admin, directory.banner) == ""


def test_what_was_forwarded_to_a_closed_department_stays_with_whom_it_went_to(
    desk: Desk, practice: Practice
) -> None:  # RT6: as with members who left and came back
    nurses = practice.a_department("Nurses", [practice.kofi])
    request = practice.a_request()
    version = desk.query(practice.maria, request_view.open_request, request).version
    target = Target(TargetKind.DEPARTMENT, TargetId(nurses))
    desk.perform(practice.maria, inbox_routing.forward, request, target, "", expect_version=version)
    desk.perform(practice.admin, administration.deactivate_department, nurses, expect_version=1)
    assert inbox_of(desk, practice.admin) == [request]
    desk.perform(practice.admin, administration.reopen_department, nurses, expect_version=2)
    assert inbox_of(desk, practice.admin) == [request]
    assert inbox_of(desk, practice.kofi) == []


def test_a_reopening_that_comes_too_late_is_refused_in_a_clear_sentence(desk: Desk, practice: Practice) -> None:
    nurses = practice.a_department("Nurses", [practice.kofi])
    with pytest.raises(Refused) as refused:
        desk.perform(practice.admin, administration.reopen_department, nurses, expect_version=1)
    assert refused.value.sentence == "This department is open already."
    desk.perform(practice.admin, administration.deactivate_department, nurses, expect_version=1)
    desk.perform(practice.admin, administration.reopen_department, nurses, expect_version=2)
    with pytest.raises(Conflict) as stale:
        desk.perform(practice.admin, administration.reopen_department, nurses, expect_version=2)
    assert stale.value.who == "Administrator"
    assert "reopened department" in stale.value.sentence
    with pytest.raises(NotFound):
        desk.perform(practice.admin, administration.reopen_department, DepartmentId(99), expect_version=1)


def test_a_closed_department_is_not_changed_before_it_is_reopened(desk: Desk, practice: Practice) -> None:
    nurses = practice.a_department("Nurses", [practice.kofi])
    desk.perform(practice.admin, administration.deactivate_department, nurses, expect_version=1)
    with pytest.raises(Refused) as refused:
        desk.perform(practice.admin, administration.save_department, nurses, "Nurse line", [], expect_version=2)
    assert "Reopen it first" in refused.value.sentence
    assert department(desk, practice, nurses) == ("Nurses", {practice.kofi.id}, False, 2)


@pytest.mark.parametrize("who", ["maria", "amara"])
def test_only_administrators_close_open_and_change_departments(desk: Desk, practice: Practice, who: str) -> None:
    nurses = practice.a_department("Nurses", [practice.kofi])
    actor: Actor = getattr(practice, who)
    for act in (administration.reopen_department, administration.deactivate_department):
        with pytest.raises(NotAllowed):
            desk.perform(actor, act, nurses, expect_version=1)
    with pytest.raises(NotAllowed):
        desk.perform(actor, administration.save_department, nurses, "Nurses", [], expect_version=1)


def test_the_department_that_receives_requests_stays_open_whoever_asks_first(
    desk: Desk, practice: Practice, database_url: str
) -> None:  # RT1: choosing it and closing it at one moment
    nurses = practice.a_department("Nurses", [practice.kofi])
    told = while_it_is_chosen(
        desk, practice, database_url, nurses, administration.deactivate_department, expect_version=1
    )
    assert told == "This department receives the appointment requests. Choose another one in Settings first."
    assert department(desk, practice, nurses)[2]


def test_requests_go_where_they_were_just_sent_when_another_change_waited_for_that(
    desk: Desk, practice: Practice, database_url: str
) -> None:  # RT6: the settings that the second one began with are old when it goes on
    ruth = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER])
    nurses = practice.a_department("Nurses", [ruth])
    request = practice.a_request()
    told = while_it_is_chosen(
        desk,
        practice,
        database_url,
        nurses,
        administration.save_department,
        "Nurse line",
        [ruth.staff_id],
        expect_version=1,
    )
    assert told == ""
    assert inbox_of(desk, practice.maria) == []
    assert inbox_of(desk, ruth) == [request]


def while_it_is_chosen(
    desk: Desk, practice: Practice, url: str, nurses: DepartmentId, act: Callable[..., Any], *args: Any, **kwargs: Any
) -> str:
    """Choose the department that receives requests; before that is committed, begin `act` elsewhere. Returns its refusal."""
    second = Desk(Database(url), desk.clock, CountingIds(90_000))
    desk.query(practice.admin, settings.settings)
    second.query(practice.admin, settings.settings)  # a desk that has been at work knows the settings as they were
    chosen, told = Event(), []

    def choose(unit: Unit) -> None:
        before = unit.settings
        new = replace(before, intake_department_id=nurses)
        settings.save_settings(unit, new, expect_version=before.version)
        chosen.set()
        other.join(0.2)  # it waits for this transaction

    def perform() -> None:
        chosen.wait()
        try:
            second.perform(practice.admin, act, nurses, *args, **kwargs)
        except Refused as refused:
            told.append(refused.sentence)

    other = Thread(target=perform)
    other.start()
    desk.perform(practice.admin, choose)
    other.join()
    second.close()
    return "".join(told)
