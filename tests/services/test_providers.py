"""Providers made, changed, ordered, switched off and on (AD1, RT3)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from request_desk.domain.access import Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, UndoRefused
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.requests import Tab
from request_desk.services.desk import Desk
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.practice import administration, directory, providers
from request_desk.services.practice.founding import INTAKE
from request_desk.services.practice.providers import ProviderDetails, ProviderRecord
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice


def details(practice: Practice) -> ProviderDetails:
    return ProviderDetails("Dr. Ines Moreau", "Dr. Moreau", frozenset({practice.harbor}), "206.555.0177")


def record(desk: Desk, practice: Practice, provider_id: ProviderId) -> ProviderRecord:
    return next(each for each in desk.query(practice.admin, providers.provider_records) if each.id == provider_id)


def names(desk: Desk, practice: Practice) -> list[str]:
    return [each.short_name for each in desk.query(practice.maria, directory.providers)]


def inbox_of(desk: Desk, actor: Actor) -> list[int]:
    return [key.id for key in desk.query(actor, inbox_queries.open_keys, Tab.UNREAD)]


def actions(database: Database) -> list[str]:
    table = schema.journal.c
    with database.read() as connection:
        return list(
            connection.execute(select(table.action).where(table.topic == "directory").order_by(table.seq)).scalars()
        )


def test_a_provider_is_made_with_places_and_mobile_phone(desk: Desk, practice: Practice, database: Database) -> None:
    made = desk.perform(practice.admin, providers.add_provider, details(practice)).value
    found = record(desk, practice, made)
    assert (found.name, found.short_name, found.location_ids) == ("Dr. Ines Moreau", "Dr. Moreau", (practice.harbor,))
    assert (found.mobile_phone, found.login, found.active) == ("(206) 555-0177", "", True)
    assert names(desk, practice) == ["Dr. Lindqvist", "Dr. Mwangi", "Dr. Moreau"]
    assert actions(database) == ["added_provider"]


def test_without_a_short_name_the_name_heads_the_column(desk: Desk, practice: Practice) -> None:
    new = replace(details(practice), short_name=" ", mobile_phone="")
    made = desk.perform(practice.admin, providers.add_provider, new).value
    assert (record(desk, practice, made).short_name, record(desk, practice, made).mobile_phone) == (
        "Dr. Ines Moreau",
        "",
    )


def test_all_that_is_wrong_with_a_provider_is_told_at_once(desk: Desk, practice: Practice) -> None:
    wrong = ProviderDetails("", "Dr. Mwangi", frozenset(), "abc")
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, providers.add_provider, wrong)
    told = [refused.value, *refused.value.others]
    assert [each.field for each in told] == ["Name", "Short name", "Locations", "Mobile phone"]
    nowhere = replace(details(practice), location_ids=frozenset({LocationId(99_999)}))
    with pytest.raises(NotFound):
        desk.perform(practice.admin, providers.add_provider, nowhere)
    assert names(desk, practice) == ["Dr. Lindqvist", "Dr. Mwangi"]


def test_only_administrators_change_providers_and_staff_read_them(desk: Desk, practice: Practice) -> None:
    doctor = practice.a_staff("doc", "Doc", [Role.PROVIDER], practice.lindqvist)
    assert len(desk.query(doctor, providers.provider_records)) == 2
    for actor in (practice.maria, doctor):
        with pytest.raises(NotAllowed):
            desk.perform(actor, providers.add_provider, details(practice))
        with pytest.raises(NotAllowed):
            desk.perform(actor, providers.save_provider, practice.mwangi, details(practice), expect_version=1)
        with pytest.raises(NotAllowed):
            desk.perform(actor, providers.switch_provider, practice.mwangi, active=False, expect_version=1)
        with pytest.raises(NotAllowed):
            desk.query(actor, providers.provider_ties, practice.mwangi)


def test_a_change_is_undone_with_its_places(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    both = frozenset({practice.northside, practice.harbor})
    new = replace(details(practice), location_ids=both)
    saved = desk.perform(practice.admin, providers.save_provider, practice.lindqvist, new, expect_version=1)
    found = record(desk, practice, practice.lindqvist)
    assert (found.short_name, frozenset(found.location_ids), found.mobile_phone) == (
        "Dr. Moreau",
        both,
        "(206) 555-0177",
    )
    assert saved.undo is not None
    undone = desk.undo(practice.admin, saved.undo)
    assert undone.undo is None
    back = record(desk, practice, practice.lindqvist)
    assert (back.short_name, back.location_ids, back.mobile_phone) == ("Dr. Lindqvist", (practice.northside,), "")
    again = desk.perform(practice.admin, providers.save_provider, practice.lindqvist, new, expect_version=3)
    clock.advance(timedelta(seconds=21))
    assert again.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.admin, again.undo)
    with pytest.raises(Conflict):
        desk.perform(practice.admin, providers.save_provider, practice.lindqvist, new, expect_version=1)


def test_a_place_with_weekly_hours_stays(desk: Desk, practice: Practice) -> None:
    new = ProviderDetails("Dr. Joseph Mwangi", "Dr. Mwangi", frozenset({practice.northside}), "")
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, providers.save_provider, practice.mwangi, new, expect_version=1)
    assert refused.value.field == "Locations"
    assert "weekly hours at Harbor St" in refused.value.sentence
    here = replace(new, location_ids=frozenset({practice.harbor}))
    desk.perform(practice.admin, providers.save_provider, practice.mwangi, here, expect_version=1)
    assert record(desk, practice, practice.mwangi).location_ids == (practice.harbor,)


def test_providers_are_put_in_order(desk: Desk, practice: Practice) -> None:
    desk.perform(practice.admin, providers.move_provider, practice.mwangi, up=True, expect_version=1)
    assert names(desk, practice) == ["Dr. Mwangi", "Dr. Lindqvist"]
    desk.perform(practice.admin, providers.move_provider, practice.mwangi, up=False, expect_version=2)
    assert names(desk, practice) == ["Dr. Lindqvist", "Dr. Mwangi"]


def test_a_move_in_the_order_can_be_undone(desk: Desk, practice: Practice) -> None:
    moved = desk.perform(practice.admin, providers.move_provider, practice.mwangi, up=True, expect_version=1)
    assert moved.undo is not None
    assert moved.undo.label == "Provider moved"
    desk.undo(practice.admin, moved.undo)
    assert names(desk, practice) == ["Dr. Lindqvist", "Dr. Mwangi"]
    stayed = desk.perform(practice.admin, providers.move_provider, practice.lindqvist, up=True, expect_version=1)
    assert stayed.undo is None


def test_what_hangs_on_a_provider_is_told(desk: Desk, practice: Practice) -> None:
    practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "15:00", place=practice.harbor)
    ties = desk.query(practice.admin, providers.provider_ties, practice.mwangi)
    assert (ties.appointments, ties.windows, ties.login) == (1, 5, "mwangi")
    assert ties.first_at is not None
    nothing = desk.query(practice.admin, providers.provider_ties, practice.lindqvist)
    assert (nothing.appointments, nothing.first_at, nothing.windows, nothing.login) == (0, None, 5, "")
    with pytest.raises(NotFound):
        desk.query(practice.admin, providers.provider_ties, ProviderId(99_999))


def test_requests_follow_when_a_provider_is_switched_off_and_back(
    desk: Desk, practice: Practice, database: Database
) -> None:  # RT2, RT3
    doctor = practice.a_staff("mwangi", "Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    desk.perform(practice.admin, administration.save_department, practice.intake, INTAKE, [], expect_version=1)
    request = practice.a_request(provider=practice.mwangi)
    assert inbox_of(desk, doctor) == [request]
    off = desk.perform(practice.admin, providers.switch_provider, practice.mwangi, active=False, expect_version=1)
    assert names(desk, practice) == ["Dr. Lindqvist"]
    assert (inbox_of(desk, doctor), inbox_of(desk, practice.admin)) == ([], [request])
    assert off.undo is not None
    back = desk.undo(practice.admin, off.undo)
    assert back.undo is None
    assert (inbox_of(desk, doctor), inbox_of(desk, practice.admin)) == ([request], [])
    assert actions(database)[1:] == ["switched_off_provider", "switched_on_provider"]


def test_a_short_name_that_was_given_away_meanwhile_is_told_when_switching_on(desk: Desk, practice: Practice) -> None:
    desk.perform(practice.admin, providers.switch_provider, practice.mwangi, active=False, expect_version=1)
    desk.perform(practice.admin, providers.add_provider, replace(details(practice), short_name="Dr. Mwangi"))
    with pytest.raises(Invalid, match="Another provider is called"):
        desk.perform(practice.admin, providers.switch_provider, practice.mwangi, active=True, expect_version=2)


def test_it_is_too_late_to_undo_a_switch(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    off = desk.perform(practice.admin, providers.switch_provider, practice.mwangi, active=False, expect_version=1)
    clock.advance(timedelta(seconds=21))
    assert off.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.admin, off.undo)


def test_where_a_provider_gets_reminders_is_kept_and_undone(practice: Practice) -> None:  # RM1
    seen = next(each for each in practice.desk.query(practice.admin, providers.provider_records) if each.email == "")
    details = ProviderDetails(seen.name, seen.short_name, frozenset(seen.location_ids), "", "Ines@Example.ORG")
    done = practice.desk.perform(practice.admin, providers.save_provider, seen.id, details, expect_version=seen.version)

    def email() -> str:
        found = practice.desk.query(practice.admin, providers.provider_records)
        return next(each.email for each in found if each.id == seen.id)

    assert email() == "Ines@example.org"
    assert done.undo is not None
    practice.desk.undo(practice.admin, done.undo)
    assert email() == ""
    wrong = ProviderDetails(seen.name, seen.short_name, frozenset(seen.location_ids), "", "nobody")
    with pytest.raises(Invalid, match="e-mail address"):
        practice.desk.perform(practice.admin, providers.save_provider, seen.id, wrong, expect_version=3)
