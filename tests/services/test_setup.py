"""The facts of the setup list as the rows have them, from a practice that was just founded to the first parent's request."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from request_desk.domain.access import SYSTEM, Actor, Role
from request_desk.domain.errors import NotAllowed
from request_desk.domain.requests import Tab
from request_desk.domain.setup import SetupForm, SetupLine, SetupList, SetupStep
from request_desk.services.desk import Desk
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.people import access
from request_desk.services.practice import administration, founding, locations, providers, setup
from request_desk.services.practice.founding import INTAKE, NewPractice
from request_desk.services.practice.locations import LocationDetails
from request_desk.services.practice.providers import ProviderDetails
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice


def checklist(desk: Desk, actor: Actor = SYSTEM, *, sends_mail: bool = True) -> SetupList:
    return desk.query(actor, setup.checklist, sends_mail=sends_mail)


def missing(desk: Desk, **values: Any) -> set[SetupStep]:
    return {each.step for each in checklist(desk, **values).lines if not each.done}


def line(desk: Desk, step: SetupStep) -> SetupLine:
    return next(each for each in checklist(desk).lines if each.step is step)


def rows(practice: Practice, table: Any, **values: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(update(table).values(**values))


def test_the_small_practice_has_everything_and_who_is_named_sees_the_request(desk: Desk, practice: Practice) -> None:
    found = checklist(desk, practice.admin)
    assert found.is_done
    assert found.end == "A parent at this computer can now ask, and Kofi Prah and Maria Santos will see it."
    request = practice.a_request()
    for person in (practice.maria, practice.kofi):
        assert [key.id for key in desk.query(person, inbox_queries.open_keys, Tab.UNREAD)] == [request]


@pytest.mark.parametrize(
    ("table", "values", "expected"),
    [
        (schema.location, {"active": False}, {SetupStep.LOCATION, SetupStep.PROVIDER, SetupStep.WINDOW}),
        (schema.provider, {"active": False}, {SetupStep.PROVIDER, SetupStep.WINDOW}),
        (schema.appointment_type, {"active": False}, {SetupStep.TYPE}),
        (schema.availability_window, {"active": False}, {SetupStep.WINDOW}),
        (schema.availability_window, {"staff_only": True}, {SetupStep.WINDOW}),
        (schema.availability_window, {"valid_until": TODAY - timedelta(days=1)}, {SetupStep.WINDOW}),
        (schema.availability_window, {"valid_until": TODAY}, set()),
        (schema.contact, {"active": False}, {SetupStep.FAMILY}),
        (schema.contact_point, {"verified_at": None}, {SetupStep.FAMILY}),
        (schema.contact_patient, {"may_book": False}, {SetupStep.FAMILY}),
        (schema.contact_patient, {"valid_until": TODAY - timedelta(days=1)}, {SetupStep.FAMILY}),
        (schema.contact_patient, {"valid_until": TODAY}, set()),
        (schema.patient, {"active": False}, {SetupStep.FAMILY}),
        (schema.department, {"active": False}, {SetupStep.DEPARTMENT}),
        (schema.staff, {"password_hash": ""}, {SetupStep.DEPARTMENT}),
        (schema.staff, {"roles": []}, {SetupStep.DEPARTMENT}),
    ],
)
def test_what_is_off_over_or_not_able_does_not_count(
    desk: Desk, practice: Practice, table: Any, values: dict[str, Any], expected: set[SetupStep]
) -> None:
    rows(practice, table, **values)
    assert missing(desk) == expected
    assert checklist(desk).is_done is not bool(expected)
    rows(practice, schema.department, active=True)  # what must be true of every practice is true afterwards


def test_a_removed_window_does_not_count(desk: Desk, practice: Practice) -> None:
    rows(practice, schema.availability_window, removed_at=desk.clock.now())
    assert missing(desk) == {SetupStep.WINDOW}


def test_the_reserved_administrator_alone_in_the_department_has_to_choose_a_password_first(
    desk: Desk, practice: Practice
) -> None:
    desk.perform(
        practice.admin,
        administration.save_department,
        practice.intake,
        INTAKE,
        [practice.admin.staff_id],
        expect_version=1,
    )
    assert "none of them can sign in yet" in line(desk, SetupStep.DEPARTMENT).told
    with practice.database.write() as connection:
        connection.execute(
            update(schema.staff).where(schema.staff.c.id == practice.admin.id).values(password_hash="chosen")
        )
    assert checklist(desk).end.endswith("and Administrator will see it.")


def test_mail_is_done_once_a_letter_has_left_wherever_it_is_sent(desk: Desk, practice: Practice) -> None:
    assert missing(desk, sends_mail=False) == {SetupStep.MAIL}
    practice.a_request()  # its acknowledgement waits in the outbox
    assert missing(desk, sends_mail=False) == {SetupStep.MAIL}
    rows(practice, schema.outbox, state="sent")
    assert missing(desk, sends_mail=False) == set()


def test_staff_read_the_list_and_parents_do_not(desk: Desk, practice: Practice) -> None:
    assert checklist(desk, practice.maria).is_done
    with pytest.raises(NotAllowed):
        checklist(desk, practice.amara)


def test_a_practice_that_was_just_founded_says_what_is_missing_and_fills(desk: Desk, database: Database) -> None:
    new = NewPractice("Bay Kids", "(206) 555-0100", "America/Los_Angeles", frozenset(), "", (), ())
    code = desk.perform(SYSTEM, founding.found, new).value
    steps = SetupStep
    assert missing(desk, sends_mail=False) == set(SetupStep) - {steps.PRACTICE, steps.HOURS}
    assert line(desk, steps.DEPARTMENT).form is SetupForm.STAFF  # there is nobody yet who could be put into it
    signed_in = access.sign_in(desk, "$AD", code.code.text, "test").signed_in
    assert signed_in is not None
    access.change_password(desk, signed_in.actor, "", "violet harbor lantern sparrow")
    fresh = access.sign_in(desk, "$AD", "violet harbor lantern sparrow", "test").signed_in
    assert fresh is not None
    place = LocationDetails("Bay View", "America/Los_Angeles", "", "")
    location_id = desk.perform(fresh.actor, locations.add_location, place).value
    assert steps.LOCATION not in missing(desk)
    doctor = ProviderDetails("Dr. Ines Moreau", "Dr. Moreau", frozenset({location_id}), "")
    provider_id = desk.perform(fresh.actor, providers.add_provider, doctor).value
    assert steps.PROVIDER not in missing(desk)
    assert line(desk, steps.WINDOW).about == provider_id
    account = administration.NewStaff("maria", "Maria Santos", frozenset({Role.SCHEDULER}))
    desk.perform(fresh.actor, administration.add_staff, account)
    assert line(desk, steps.DEPARTMENT).form is SetupForm.MEMBERS
    assert "has no active member" in line(desk, steps.DEPARTMENT).told
