"""Merging duplicates: nothing is lost, nothing is doubled, rights never grow, and all of it can be taken back in time."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import PatientState
from request_desk.domain.errors import Conflict, NotAllowed, Refused, UndoRefused
from request_desk.domain.ids import PatientId
from request_desk.services.desk import Desk, Outcome
from request_desk.services.inbox import search_queries
from request_desk.services.people import merging, patients, registration
from request_desk.services.people.patient_page import open_patient
from request_desk.services.people.registration import PatientDetails
from request_desk.services.practice.invariants import inconsistencies
from request_desk.store import schema
from tests.builders import TODAY, Practice
from tests.tables import snapshot

TABLES = ("patient", "contact_patient", "appointment", "request", "message", "staff_note", "message_search")


@pytest.fixture
def double(practice: Practice) -> PatientId:
    """Zuri, written down a second time with another mother's right and a contact of her own."""
    other = practice.a_patient("Zurie", "Okafor", date(2022, 3, 12))
    for who, values in (
        (practice.amara, {"relation": "mother", "may_book": True}),
        (practice.grandmother, {"relation": "grandmother"}),
    ):
        practice.insert(schema.contact_patient, contact_id=who.id, patient_id=other, **values)
    practice.a_contact("Uche", "Okafor", "uche@example.org", {other: {"relation": "aunt", "may_book": False}})
    return other


def merged(desk: Desk, practice: Practice, other: PatientId) -> Outcome[PatientId]:
    return desk.perform(practice.maria, merging.merge, practice.zuri, other, expect_version=1, other_version=1)


def state(practice: Practice) -> dict[str, object]:
    """The tables that a merge touches, without the versions that it raises."""
    found = snapshot(practice.database)
    kept: dict[str, object] = {}
    for name in TABLES:
        columns = list(schema.metadata.tables[name].c.keys())
        kept[name] = sorted(
            (tuple(value for key, value in zip(columns, row, strict=True) if key != "version") for row in found[name]),
            key=repr,
        )
    return kept


def test_everything_of_the_duplicate_is_of_the_kept_one(desk: Desk, practice: Practice, double: PatientId) -> None:
    visit = practice.an_appointment(double, practice.mwangi, TODAY + timedelta(days=3), "10:00")
    past = practice.an_appointment(double, practice.mwangi, TODAY - timedelta(days=3), "10:00", status="no_show")
    request = practice.a_request(patient=double)
    merged(desk, practice, double)
    seen = desk.query(practice.maria, open_patient, practice.zuri)
    assert ([each.id for each in seen.ahead], [each.id for each in seen.past]) == ([visit], [past])
    assert ([each.id for each in seen.requests], seen.no_shows) == ([request], 1)
    assert [each.contact.given_name for each in seen.contacts] == ["Amara", "Chidi", "Ngozi", "Uche"]
    assert desk.query(SYSTEM, inconsistencies) == ()
    found = desk.query(practice.maria, search_queries.search, "zuri okafor")
    assert [row.id for row in found.rows] == [request]


def test_what_is_left_behind_is_found_by_the_checks(desk: Desk, practice: Practice, double: PatientId) -> None:
    merged(desk, practice, double)
    left = practice.an_appointment(double, practice.mwangi, TODAY + timedelta(days=3), "10:00")
    found = desk.query(SYSTEM, inconsistencies)
    with practice.database.write() as connection:
        mended = update(schema.appointment).where(schema.appointment.c.id == left)
        connection.execute(mended.values(patient_id=practice.zuri))
    assert found == (f"{left} belongs to a patient who was merged. Restore a backup, or ask for help.",)


def test_a_link_to_the_duplicate_opens_the_kept_one(desk: Desk, practice: Practice, double: PatientId) -> None:
    merged(desk, practice, double)
    assert desk.query(practice.maria, open_patient, double).patient.id == practice.zuri
    assert [each.id for each in desk.query(practice.maria, patients.find, "okafor")] == [practice.zuri]
    (hit,) = desk.query(practice.maria, patients.list_page, "zurie").rows
    assert hit.state is PatientState.MERGED
    with pytest.raises(Refused, match="merged"):
        desk.perform(
            practice.maria, registration.save_patient, double, PatientDetails("A", "B", "03/12/2022"), expect_version=2
        )


def test_rights_of_who_is_a_contact_of_both_do_not_grow(desk: Desk, practice: Practice, double: PatientId) -> None:
    before = desk.query(practice.maria, patients.relations, practice.zuri)
    merged(desk, practice, double)
    after = desk.query(practice.maria, patients.relations, practice.zuri)
    assert set(before) <= set(after)
    assert {each.contact_id: each.may_book for each in after}[practice.grandmother.contact_id] is False
    assert [each.patient.id for each in desk.query(practice.amara, patients.children, practice.amara.contact_id)] == [
        practice.zuri
    ]


def test_custody_notes_are_joined(desk: Desk, practice: Practice, double: PatientId) -> None:
    for each, note in ((practice.zuri, "One."), (double, "Two.")):
        details = PatientDetails("Zuri", "Okafor", "03/12/2022", note)
        desk.perform(practice.maria, registration.save_patient, each, details, expect_version=1)
    desk.perform(practice.maria, merging.merge, practice.zuri, double, expect_version=2, other_version=2)
    assert desk.query(practice.maria, open_patient, practice.zuri).custody_note == "One.\nTwo."


@pytest.mark.parametrize(("time", "is_refused"), [("10:00", True), ("10:39", True), ("10:40", False), ("9:20", False)])
def test_two_visits_at_the_same_time_keep_them_apart(
    desk: Desk, practice: Practice, double: PatientId, time: str, is_refused: bool
) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=3), "10:00")
    practice.an_appointment(double, practice.mwangi, TODAY + timedelta(days=3), time)
    before = state(practice)
    if is_refused:
        with pytest.raises(Refused, match="at the same time"):
            merged(desk, practice, double)
        assert state(practice) == before
    else:
        merged(desk, practice, double)


def test_only_what_was_seen_is_merged_and_nobody_with_themselves(
    desk: Desk, practice: Practice, double: PatientId
) -> None:
    with pytest.raises(Conflict):
        desk.perform(practice.maria, merging.merge, practice.zuri, double, expect_version=1, other_version=2)
    with pytest.raises(Refused, match="one and the same"):
        desk.perform(practice.maria, merging.merge, double, double, expect_version=1, other_version=1)
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    with pytest.raises(NotAllowed):
        desk.perform(provider, merging.merge, practice.zuri, double, expect_version=1, other_version=1)
    merged(desk, practice, double)
    with pytest.raises(Refused, match="merged"):
        desk.perform(practice.maria, merging.merge, practice.zuri, double, expect_version=2, other_version=2)


def test_it_is_taken_back_in_time_only(desk: Desk, practice: Practice, double: PatientId, clock: FixedClock) -> None:
    done = merged(desk, practice, double)
    clock.advance(timedelta(minutes=5))
    assert done.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.maria, done.undo)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    visits=st.lists(st.tuples(st.booleans(), st.integers(1, 60), st.sampled_from(["confirmed", "completed", "no_show"])), max_size=6, unique_by=lambda each: each[1]),
    requests=st.lists(st.booleans(), max_size=3),
    shared=st.booleans(),
)  # fmt: skip
def test_nothing_is_lost_or_doubled_and_undo_leaves_no_trace(
    desk: Desk, practice: Practice, visits: list[tuple[bool, int, str]], requests: list[bool], shared: bool
) -> None:
    """Whatever two records have: their sum is the same before and after, and taking it back restores every row."""
    one, two = (practice.a_patient("Ada", f"Lovell{practice.new_id()}", date(2020, 1, 1)) for _each in range(2))
    who = [practice.a_contact("June", "Lovell", f"j{one}@example.org", {one: {"relation": "mother"}})]
    who.append(practice.a_contact("Joe", "Lovell", f"k{two}@example.org", {two: {"relation": "father"}}))
    if shared:
        practice.insert(schema.contact_patient, contact_id=who[0].id, patient_id=two, relation="aunt", may_book=False)
    base = practice.new_id() * 60
    for is_first, day, status in visits:
        provider = practice.a_provider("Dr. N", "Dr. N", [practice.northside])
        days = -day if status != "confirmed" else day + base % 7
        practice.an_appointment(
            one if is_first else two, provider, TODAY + timedelta(days=days), "10:00", status=status
        )
    for is_first in requests:
        practice.a_request(by=who[0 if is_first else 1], patient=one if is_first else two)
    before = state(practice)

    def of(*patient_ids: PatientId) -> dict[str, list[int]]:
        with practice.database.read() as connection:
            return {
                table.name: sorted(
                    connection.execute(select(table.c.id).where(table.c.patient_id.in_(patient_ids))).scalars()
                )
                for table in (schema.appointment, schema.request)
            }

    both = of(one, two)
    done = desk.perform(practice.maria, merging.merge, one, two, expect_version=1, other_version=1)
    assert of(one) == both
    assert of(two) == {"appointment": [], "request": []}
    contacts = {each.contact_id for each in desk.query(practice.maria, patients.relations, one)}
    assert contacts == {each.id for each in who}
    assert done.undo is not None
    desk.undo(practice.maria, done.undo)
    assert state(practice) == before
