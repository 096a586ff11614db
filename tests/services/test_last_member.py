"""What is said before a department has nobody who can act, true to what then happens; and accounts that begin in one (RT2, RT3, RT6)."""

import pytest
from sqlalchemy import select

from request_desk.domain.access import Actor, Role
from request_desk.domain.errors import Invalid, NotAllowed
from request_desk.domain.ids import DepartmentId
from request_desk.domain.requests import Tab
from request_desk.services.desk import Desk
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.people import access
from request_desk.services.practice import administration, directory
from request_desk.services.practice.administration import NewStaff
from request_desk.services.practice.founding import INTAKE
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

SCHEDULER = frozenset({Role.SCHEDULER})


def inbox_of(desk: Desk, actor: Actor) -> list[int]:
    return [key.id for key in desk.query(actor, inbox_queries.open_keys, Tab.UNREAD)]


def test_the_warning_says_what_then_happens(desk: Desk, practice: Practice) -> None:  # RT2, RT3
    doctor = practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    practice.a_staff("joseph", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi, password_hash="")
    told = desk.query(practice.admin, administration.members_warning, practice.intake, [])
    assert told == (
        "Nobody who can act is then left in IC-Appointment Request. New requests for Dr. Lindqvist then go to the login of "
        "the provider, all others to Administrator ($AD)."
    )
    desk.perform(practice.admin, administration.save_department, practice.intake, INTAKE, [], expect_version=1)
    asked = practice.a_request(provider=practice.lindqvist)
    others = [practice.a_request(provider=practice.mwangi), practice.a_request()]
    assert inbox_of(desk, doctor) == [asked]
    assert sorted(inbox_of(desk, practice.admin)) == others


def test_there_is_no_warning_while_somebody_who_can_act_is_left_or_nobody_could_before(
    desk: Desk, practice: Practice
) -> None:
    invited = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER], password_hash="")
    empty = practice.a_department("Empty", [invited])

    def warned(department: DepartmentId, *members: Actor) -> str:
        ids = [each.staff_id for each in members]
        return desk.query(practice.admin, administration.members_warning, department, ids)

    assert warned(practice.intake, practice.kofi) == ""
    assert warned(practice.intake, practice.kofi, invited) == ""
    assert warned(practice.intake, invited) != ""
    assert warned(empty) == ""
    assert warned(DepartmentId(99_999)) == ""


def test_whoever_is_the_last_in_several_departments_leaves_each_of_them(desk: Desk, practice: Practice) -> None:
    practice.a_department("Nurses", [practice.maria])
    practice.a_department("Aides", [practice.maria, practice.kofi])
    told = desk.query(practice.admin, administration.leaving_warning, practice.maria.staff_id)
    assert told == (
        "Nobody who can act is then left in Nurses. What was forwarded there goes to Administrator ($AD), and nothing can be "
        "forwarded there until somebody is added."
    )
    assert desk.query(practice.admin, administration.leaving_warning, practice.kofi.staff_id) == ""


def test_a_provider_who_leaves_receives_nothing_as_a_provider_either(desk: Desk, practice: Practice) -> None:  # RT3
    doctor = practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    desk.perform(
        practice.admin,
        administration.save_department,
        practice.intake,
        INTAKE,
        [doctor.staff_id],
        expect_version=1,
    )
    told = desk.query(practice.admin, administration.leaving_warning, doctor.staff_id)
    assert "New requests then all go to Administrator ($AD)." in told


def test_only_administrators_ask(desk: Desk, practice: Practice) -> None:
    with pytest.raises(NotAllowed):
        desk.query(practice.maria, administration.members_warning, practice.intake, [])
    with pytest.raises(NotAllowed):
        desk.query(practice.maria, administration.leaving_warning, practice.maria.staff_id)


def test_a_new_account_is_in_its_department_and_its_open_form_is_told(
    desk: Desk, practice: Practice, database: Database
) -> None:  # RT6
    new = NewStaff("rosa", "Rosa Delgado", SCHEDULER, department_id=practice.intake)
    code = desk.perform(practice.admin, administration.add_staff, new).value
    found = desk.query(practice.admin, directory.directory)
    rosa = next(each for each in found.staff.values() if each.login == "rosa")
    department = found.departments[practice.intake]
    assert rosa.id in department.member_ids
    assert rosa.id not in department.active_member_ids  # until a password is chosen
    assert department.version == 2
    with database.read() as connection:
        journal = schema.journal.c
        actions = connection.execute(select(journal.action).order_by(journal.seq)).scalars().all()
    assert actions[-3:] == ["joined_department", "added_staff", "gave_code"]
    signed_in = access.sign_in(desk, "rosa", code.code.text, "test").signed_in
    assert signed_in is not None
    access.change_password(desk, signed_in.actor, "", "violet harbor lantern sparrow")
    request = practice.a_request()
    assert inbox_of(desk, Actor(signed_in.actor.kind, rosa.id, rosa.name, SCHEDULER)) == [request]


def test_a_new_account_is_not_put_into_a_closed_department(desk: Desk, practice: Practice) -> None:
    nurses = practice.a_department("Nurses", [practice.kofi])
    desk.perform(practice.admin, administration.deactivate_department, nurses, expect_version=1)
    for department in (nurses, DepartmentId(99_999)):
        new = NewStaff("two words", "Rosa Delgado", SCHEDULER, department_id=department)
        with pytest.raises(Invalid) as refused:
            desk.perform(practice.admin, administration.add_staff, new)
        assert [each.field for each in (refused.value, *refused.value.others)] == ["User name", "Department"]


def test_a_department_is_not_made_without_members(desk: Desk, practice: Practice) -> None:
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, administration.add_department, INTAKE, [])
    assert [each.field for each in (refused.value, *refused.value.others)] == ["Members", "Name"]
