"""Locations made, changed, ordered, switched off and on (AD1)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import LocationId
from request_desk.services.desk import Desk
from request_desk.services.practice import directory, locations
from request_desk.services.practice.locations import LocationDetails
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice

BAY = LocationDetails("Bay View", "America/Denver", "3 Bay St, Denver", "206.555.0123")
EMPTY = LocationDetails("", "", "", "")


def names(desk: Desk, practice: Practice, *, all_: bool = False) -> list[str]:
    return [each.name for each in desk.query(practice.maria, directory.locations, all_=all_)]


def version(desk: Desk, practice: Practice, location_id: int) -> int:
    return desk.query(practice.admin, directory.directory).locations[LocationId(location_id)].version


def actions(database: Database) -> list[str]:
    table = schema.journal.c
    with database.read() as connection:
        return list(
            connection.execute(select(table.action).where(table.topic == "directory").order_by(table.seq)).scalars()
        )


def switched(desk: Desk, practice: Practice, location_id: LocationId, *, active: bool) -> object:
    seen = version(desk, practice, location_id)
    return desk.perform(practice.admin, locations.switch_location, location_id, active=active, expect_version=seen).undo


def test_a_location_is_made_at_the_end_of_the_order(desk: Desk, practice: Practice, database: Database) -> None:
    made = desk.perform(practice.admin, locations.add_location, BAY).value
    assert names(desk, practice) == ["Northside", "Harbor St", "Bay View"]
    found = desk.query(practice.admin, directory.directory).locations[made]
    assert (found.zone, found.address, found.phone, found.active) == (
        "America/Denver",
        "3 Bay St, Denver",
        "(206) 555-0123",
        True,
    )
    assert actions(database) == ["added_location"]


def test_all_that_is_wrong_with_a_new_location_is_told_at_once(desk: Desk, practice: Practice) -> None:
    wrong = LocationDetails("Northside", "Denver", "x" * 301, "abc")
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, locations.add_location, wrong)
    told = [refused.value, *refused.value.others]
    assert [each.field for each in told] == ["Name", "Time zone", "Address", "Phone"]
    assert names(desk, practice) == ["Northside", "Harbor St"]


def test_only_administrators_change_locations(desk: Desk, practice: Practice) -> None:
    for actor in (practice.maria, practice.a_staff("doc", "Doc", [Role.PROVIDER])):
        with pytest.raises(NotAllowed):
            desk.perform(actor, locations.add_location, BAY)
        with pytest.raises(NotAllowed):
            desk.perform(actor, locations.switch_location, practice.harbor, active=False, expect_version=1)
        with pytest.raises(NotAllowed):
            desk.perform(actor, locations.move_location, practice.harbor, up=True, expect_version=1)
        with pytest.raises(NotAllowed):
            desk.query(actor, locations.location_ties, practice.harbor)


def test_a_change_is_undone_until_the_grace_time_is_over(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    saved = desk.perform(practice.admin, locations.save_location, practice.harbor, BAY, expect_version=1)
    assert names(desk, practice) == ["Northside", "Bay View"]
    assert saved.undo is not None
    desk.undo(practice.admin, saved.undo)
    assert names(desk, practice) == ["Northside", "Harbor St"]
    again = desk.perform(practice.admin, locations.save_location, practice.harbor, BAY, expect_version=3)
    clock.advance(timedelta(seconds=21))
    assert again.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.admin, again.undo)


def test_locations_are_put_in_order(desk: Desk, practice: Practice, database: Database) -> None:
    bay = desk.perform(practice.admin, locations.add_location, BAY).value
    desk.perform(practice.admin, locations.move_location, bay, up=True, expect_version=1)
    assert names(desk, practice) == ["Northside", "Bay View", "Harbor St"]
    desk.perform(practice.admin, locations.move_location, practice.northside, up=False, expect_version=1)
    assert names(desk, practice) == ["Bay View", "Northside", "Harbor St"]
    assert actions(database) == ["added_location", "moved_location", "moved_location"]
    with pytest.raises(Conflict):
        desk.perform(practice.admin, locations.move_location, bay, up=True, expect_version=1)


def test_a_move_in_the_order_can_be_undone(desk: Desk, practice: Practice) -> None:
    moved = desk.perform(practice.admin, locations.move_location, practice.harbor, up=True, expect_version=1)
    assert names(desk, practice) == ["Harbor St", "Northside"]
    assert moved.undo is not None
    assert moved.undo.label == "Location moved"
    desk.undo(practice.admin, moved.undo)
    assert names(desk, practice) == ["Northside", "Harbor St"]
    stayed = desk.perform(practice.admin, locations.move_location, practice.northside, up=True, expect_version=1)
    assert stayed.undo is None  # moving it back would move it down


def test_at_the_end_of_the_order_a_location_stays(desk: Desk, practice: Practice) -> None:
    desk.perform(practice.admin, locations.move_location, practice.northside, up=True, expect_version=1)
    desk.perform(practice.admin, locations.move_location, practice.harbor, up=False, expect_version=1)
    assert names(desk, practice) == ["Northside", "Harbor St"]


def test_the_order_passes_over_what_is_switched_off(desk: Desk, practice: Practice, database: Database) -> None:
    bay = desk.perform(practice.admin, locations.add_location, BAY).value
    with database.write() as connection:  # all of one place in the order, as an import may leave them
        connection.execute(update(schema.location).values(position=0))
    switched(desk, practice, practice.harbor, active=False)
    desk.perform(practice.admin, locations.move_location, practice.northside, up=True, expect_version=1)
    assert names(desk, practice) == ["Northside", "Bay View"]
    desk.perform(practice.admin, locations.move_location, bay, up=True, expect_version=1)
    assert names(desk, practice, all_=True) == ["Bay View", "Northside", "Harbor St"]
    with pytest.raises(NotFound):
        desk.perform(practice.admin, locations.move_location, practice.harbor, up=True, expect_version=2)


def test_a_location_that_somebody_still_comes_to_is_not_switched_off(desk: Desk, practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY, "15:00", place=practice.harbor)
    practice.an_appointment(
        practice.zuri, practice.mwangi, TODAY + timedelta(days=3), "9:00", place=practice.harbor, kind=practice.sick
    )
    with pytest.raises(Refused) as refused:
        switched(desk, practice, practice.harbor, active=False)
    assert refused.value.sentence == (
        "2 visits at Harbor St are still to come, the first on Tue, Nov 24, 3:00 PM. Move or cancel them first."
    )
    assert names(desk, practice) == ["Northside", "Harbor St"]


def test_appointments_that_are_over_or_cancelled_and_holds_that_have_expired_do_not_keep_a_location(
    desk: Desk, practice: Practice
) -> None:
    practice.an_appointment(practice.zuri, practice.mwangi, TODAY - timedelta(days=1), "9:00", place=practice.harbor)
    practice.an_appointment(
        practice.zuri, practice.mwangi, TODAY, "15:00", place=practice.harbor, status="cancelled", cancel_code="pat"
    )
    now = desk.clock.now()
    held: dict[str, Any] = {"place": practice.harbor, "status": "held"}
    practice.an_appointment(
        practice.zuri, practice.mwangi, TODAY, "16:00", hold_expires_at=now - timedelta(minutes=1), **held
    )
    desk.query(practice.admin, locations.location_ties, practice.harbor)
    practice.an_appointment(
        practice.zuri, practice.mwangi, TODAY, "17:00", hold_expires_at=now + timedelta(minutes=1), **held
    )
    with pytest.raises(Refused, match="1 visit at Harbor St is still to come"):
        desk.query(practice.admin, locations.location_ties, practice.harbor)


def test_what_hangs_on_a_location_is_told(desk: Desk, practice: Practice) -> None:
    department = practice.a_department("Harbor desk", [practice.maria])
    with practice.database.write() as connection:
        connection.execute(
            update(schema.department).where(schema.department.c.id == department).values(location_id=practice.harbor)
        )
    over = {"valid_until": TODAY - timedelta(days=1)}
    practice.a_window(practice.mwangi, practice.harbor, 5, 480, 600, **over)
    practice.a_window(practice.mwangi, practice.harbor, 5, 480, 600, active=False)
    practice.a_window(practice.mwangi, practice.harbor, 5, 480, 600, removed_at=desk.clock.now())
    ties = desk.query(practice.admin, locations.location_ties, practice.harbor)
    assert (ties.windows, ties.departments, ties.is_last) == (5, ("Harbor desk",), False)
    switched(desk, practice, practice.harbor, active=False)
    assert desk.query(practice.admin, locations.location_ties, practice.northside).is_last


def test_a_location_is_switched_off_and_the_undo_brings_it_back(
    desk: Desk, practice: Practice, database: Database, clock: FixedClock
) -> None:
    seen = version(desk, practice, practice.harbor)
    off = desk.perform(practice.admin, locations.switch_location, practice.harbor, active=False, expect_version=seen)
    assert names(desk, practice) == ["Northside"]
    assert off.undo is not None
    back = desk.undo(practice.admin, off.undo)
    assert back.undo is None
    assert names(desk, practice) == ["Northside", "Harbor St"]
    again = desk.perform(
        practice.admin, locations.switch_location, practice.harbor, active=False, expect_version=seen + 2
    )
    clock.advance(timedelta(seconds=21))
    assert again.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.admin, again.undo)
    switched(desk, practice, practice.harbor, active=True)
    assert names(desk, practice) == ["Northside", "Harbor St"]
    assert actions(database) == [
        "switched_off_location",
        "switched_on_location",
        "switched_off_location",
        "switched_on_location",
    ]


def test_a_location_that_is_not_there_is_told(desk: Desk, practice: Practice) -> None:
    nowhere = LocationId(99_999)
    with pytest.raises(NotFound):
        desk.query(practice.admin, locations.location_ties, nowhere)
    with pytest.raises(NotFound):
        desk.perform(practice.admin, locations.save_location, nowhere, BAY, expect_version=1)
    with pytest.raises(Invalid):
        desk.perform(practice.admin, locations.save_location, practice.harbor, EMPTY, expect_version=1)
    saved = replace(BAY, name="Harbor St")  # its own name is not taken
    desk.perform(practice.admin, locations.save_location, practice.harbor, saved, expect_version=1)
