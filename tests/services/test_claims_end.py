"""Claims end with the session that made them (MC8): signing out, ending a session, switching an account off."""

import pytest
from sqlalchemy import select

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.changes import Topic
from request_desk.domain.ids import RequestId
from request_desk.services.desk import Desk
from request_desk.services.inbox import marks as inbox_marks, queries as inbox_queries, view as request_view
from request_desk.services.people import access
from request_desk.services.practice import administration
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

pytestmark = pytest.mark.usefixtures("quick_hashing")

GOOD = "lantern orbit velvet quarry"
OTHER = "thistle compass ribbon anchor"


@pytest.fixture
def house(desk: Desk, practice: Practice) -> Practice:
    """Maria and Kofi have passwords."""
    for who in (practice.maria, practice.kofi):
        desk.perform(SYSTEM, access.set_password, who.staff_id, GOOD)
    return practice


def at(desk: Desk, login: str, place: str) -> Actor:
    signed_in = access.sign_in(desk, login, GOOD, place).signed_in
    assert signed_in is not None
    return signed_in.actor


def claimed(database: Database) -> dict[int, str]:
    """Who is on which request, by the desk."""
    with database.read() as connection:
        rows = connection.execute(select(schema.claim.c.request_id, schema.claim.c.desk)).all()
    return {row.request_id: row.desk for row in rows}


def test_signing_out_lets_go_of_what_this_desk_has_claimed_and_tells_the_others(
    desk: Desk, database: Database, house: Practice
) -> None:
    one, two, theirs = house.a_request(), house.a_request(), house.a_request()
    here, there, kofi = at(desk, "maria", "front-1"), at(desk, "maria", "front-2"), at(desk, "kofi", "front-1")
    for actor, request in ((here, one), (there, two), (kofi, theirs)):
        desk.perform(actor, inbox_marks.claim, request)
    seen = desk.last_seq()
    desk.perform(here, access.sign_out)
    assert claimed(database) == {two: "front-2", theirs: "front-1"}
    changes, _newest = desk.tail(seen)
    assert changes[Topic.CLAIM] == {one}
    assert [(entry.action, entry.actor_name) for entry in changes.of(Topic.CLAIM, one)] == [
        ("released", "Maria Santos")
    ]
    assert desk.query(kofi, request_view.open_request, one).claim is None


def test_whoever_comes_back_claims_again_and_keeps_the_draft(desk: Desk, house: Practice) -> None:  # LOCK-03, MC10
    request = house.a_request()
    maria = at(desk, "maria", "front-1")
    desk.perform(maria, inbox_marks.claim, request)
    desk.perform(maria, inbox_marks.save_draft, request, "Dear Amara", "", "{}")
    desk.perform(maria, access.sign_out)
    kofi = at(desk, "kofi", "front-1")
    desk.perform(kofi, inbox_marks.claim, request)  # not refused: nobody is on it
    desk.perform(kofi, access.sign_out)
    maria = at(desk, "maria", "front-1")
    assert desk.perform(maria, inbox_marks.claim, request).value.staff_id == maria.id
    assert [draft.text for draft in desk.query(maria, inbox_queries.drafts)] == ["Dear Amara"]


def test_a_session_ended_from_elsewhere_lets_go_too(desk: Desk, database: Database, house: Practice) -> None:
    one, two = house.a_request(), house.a_request()
    here, there = at(desk, "maria", "front-1"), at(desk, "maria", "front-2")
    desk.perform(here, inbox_marks.claim, one)
    desk.perform(there, inbox_marks.claim, two)
    reference = next(
        each.reference for each in desk.query(here, access.sessions, here.staff_id) if each.desk == "front-2"
    )
    desk.perform(here, access.end_session, reference)
    assert claimed(database) == {one: "front-1"}


def test_a_session_that_was_resumed_under_another_name_of_the_desk_lets_go_when_it_is_ended(
    desk: Desk, database: Database, house: Practice
) -> None:
    request = house.a_request()
    first = access.sign_in(desk, "maria", GOOD, "front-1:100").signed_in
    assert first is not None
    resumed = desk.query(SYSTEM, access.resume, first.token.text, "front-1:200")
    desk.perform(resumed.actor, inbox_marks.claim, request)
    assert claimed(database) == {request: "front-1:200"}
    reference = desk.query(house.admin, access.sessions)[0].reference
    desk.perform(house.admin, access.end_session, reference)
    assert claimed(database) == {}


def test_a_changed_password_lets_go_at_the_other_desks_only(desk: Desk, database: Database, house: Practice) -> None:
    one, two = house.a_request(), house.a_request()
    here, there = at(desk, "maria", "front-1"), at(desk, "maria", "front-2")
    desk.perform(here, inbox_marks.claim, one)
    desk.perform(there, inbox_marks.claim, two)
    assert access.change_password(desk, here, GOOD, OTHER).signed_in is not None
    assert claimed(database) == {one: "front-1"}


@pytest.mark.parametrize("how", ["switched off", "new code"])
def test_an_account_without_access_is_on_nothing(
    desk: Desk, database: Database, house: Practice, how: str
) -> None:  # AUTH-07
    request: RequestId = house.a_request()
    maria = at(desk, "maria", "front-1")
    desk.perform(maria, inbox_marks.claim, request)
    if how == "switched off":
        outcome = desk.perform(house.admin, administration.deactivate_staff, maria.staff_id, expect_version=2)
        assert outcome.changes[Topic.CLAIM] == {request}
    else:
        desk.perform(house.admin, access.reset_password, maria.staff_id, expect_version=2)
    assert claimed(database) == {}
