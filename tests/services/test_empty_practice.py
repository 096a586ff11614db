"""A practice on its first day: no department member, provider, type, place or phrase; everything says so and nothing breaks."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from request_desk.domain.access import SYSTEM, Actor, ActorKind, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import ADMINISTRATOR_LOGIN
from request_desk.domain.errors import Refused
from request_desk.domain.ids import ContactId, PatientId, TypeId, new_uuid
from request_desk.domain.requests import Disposition, NewRequest, Reply, RequestKind, Tab
from request_desk.domain.spans import Span
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, queries as inbox_queries, search_queries, view as request_view
from request_desk.services.portal import queries as portal_queries
from request_desk.services.practice import administration, directory, founding, invariants, loading, phrases, settings
from request_desk.services.schedule import portal_schedule, queries as schedule_queries

MOTHER, CHILD = 501, 502


def founded(desk: Desk, *, kinds: frozenset[str] = frozenset({"schedule", "cancel", "reschedule"})) -> Actor:
    """Found a practice with one family and nothing else; return its administrator."""
    new = founding.NewPractice("New Practice", "(206) 555-0100", "America/Los_Angeles", kinds, "", (), ())
    desk.perform(SYSTEM, founding.found, new)
    names = {"given_name": "Amara", "family_name": "Okafor", "search": "amara okafor"}
    rows = {
        "patient": [
            {**names, "id": CHILD, "birth_day": date(2022, 3, 12), "household_id": CHILD},
        ],
        "contact": [{**names, "id": MOTHER}],
        "contact_patient": [{"contact_id": MOTHER, "patient_id": CHILD, "relation": "mother"}],
    }
    desk.perform(SYSTEM, loading.load, rows)
    (found,) = desk.query(SYSTEM, directory.staff_list)
    assert found.login == ADMINISTRATOR_LOGIN
    return Actor(ActorKind.STAFF, found.id, found.name, frozenset({Role.ADMINISTRATOR}), desk="first")


def parent() -> Actor:
    return Actor(ActorKind.CONTACT, ContactId(MOTHER), "Amara Okafor")


def a_form(kind: RequestKind = RequestKind.SCHEDULE) -> NewRequest:
    return NewRequest(new_uuid(), kind, PatientId(CHILD), None, None, None, None, (), "hello")


def test_a_first_request_is_seen_shown_and_answered(desk: Desk, clock: FixedClock) -> None:  # RT2, RT3
    administrator = founded(desk)
    request = desk.perform(parent(), handling.submit, a_form()).value
    assert [key.id for key in desk.query(administrator, inbox_queries.open_keys, Tab.UNREAD)] == [request]
    view = desk.query(administrator, request_view.open_request, request)
    assert (view.type_name, view.wishes, view.appointment) == ("", (), None)
    assert desk.query(administrator, schedule_queries.offers, request) == ()
    assert desk.query(administrator, phrases.library) == ()
    assert desk.query(administrator, phrases.values_for, request, None)["contact.name"] == "Amara Okafor"
    assert desk.query(administrator, schedule_queries.day, clock.now().date()).columns == ()
    assert len(desk.query(administrator, search_queries.search, "okafor").rows) == 1
    assert "no active member" in desk.query(administrator, directory.banner)
    answered = {"reply": Reply("Soon."), "disposition": Disposition.COMPLETED, "expect_version": view.version}
    desk.perform(administrator, handling.resolve, request, None, **answered)  # type: ignore[arg-type]
    clock.advance(timedelta(minutes=1))
    assert desk.query(parent(), portal_queries.portal_thread, request).messages[-1].body == "Soon."
    assert desk.query(parent(), portal_schedule.portal_appointments) == ()
    assert desk.query(SYSTEM, invariants.inconsistencies) == ()


def test_without_any_department_everything_goes_to_the_administrator(desk: Desk) -> None:  # RT3
    administrator = founded(desk)
    seen = desk.query(administrator, settings.settings)
    nowhere = replace(seen, intake_department_id=None)
    desk.perform(administrator, settings.save_settings, nowhere, expect_version=seen.version)
    (department,) = desk.query(administrator, directory.departments)
    desk.perform(administrator, administration.deactivate_department, department.id, expect_version=department.version)
    request = desk.perform(parent(), handling.submit, a_form()).value
    assert [key.id for key in desk.query(administrator, inbox_queries.open_keys, Tab.UNREAD)] == [request]
    assert "No department receives" in desk.query(administrator, directory.banner)


@pytest.mark.parametrize("kind", list(RequestKind))
def test_a_new_practice_takes_no_request_until_its_kind_is_on(desk: Desk, kind: RequestKind) -> None:  # MC1
    founded(desk, kinds=frozenset())
    with pytest.raises(Refused, match="call"):
        desk.perform(parent(), handling.submit, a_form(kind))


def test_an_act_without_grace_is_final_and_shown_at_once(desk: Desk, clock: FixedClock) -> None:  # ACT5
    administrator = founded(desk)
    seen = desk.query(administrator, settings.settings)
    at_once = replace(seen, grace=timedelta(0))
    desk.perform(administrator, settings.save_settings, at_once, expect_version=seen.version)
    request = desk.perform(parent(), handling.submit, a_form()).value
    answered = {"reply": Reply("Soon."), "disposition": Disposition.COMPLETED, "expect_version": 1}
    outcome = desk.perform(administrator, handling.resolve, request, None, **answered)  # type: ignore[arg-type]
    thread = desk.query(parent(), portal_queries.portal_thread, request)
    assert (thread.messages[-1].body, thread.may_answer) == ("Soon.", True)
    clock.advance(timedelta(milliseconds=1))
    assert outcome.undo is not None
    with pytest.raises(Refused, match="too late"):
        desk.undo(administrator, outcome.undo)


def test_a_search_for_times_without_providers_finds_none(desk: Desk, clock: FixedClock) -> None:
    administrator = founded(desk)
    row = {"id": 600, "name": "Well visit", "short_name": "Well", "duration_minutes": 20}
    desk.perform(SYSTEM, loading.load, {"appointment_type": [row]})
    span = Span(clock.now(), clock.now() + timedelta(days=30))
    assert desk.query(administrator, schedule_queries.find_slots, type_id=TypeId(600), span=span) == ()
