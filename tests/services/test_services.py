"""Services and variants made, changed, ordered, switched off and on, and what is listed of them (BK1–BK3)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from request_desk.domain.access import Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, UndoRefused
from request_desk.domain.ids import LocationId, ProviderId, ServiceId, TypeId, VariantId
from request_desk.services.desk import Desk
from request_desk.services.practice import appointment_types, directory, services, settings
from request_desk.services.practice.services import ServiceDetails, Shared, VariantDetails
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

WELL_CHILD = ServiceDetails("Well child visit", "Growth and development", visible=True)
SICK = ServiceDetails("Sick visit", "", visible=True)


def check_up(practice: Practice, name: str = "Check-up") -> VariantDetails:
    return VariantDetails(name, "Seen before", practice.well, (), (), visible=True)


@pytest.fixture
def well(desk: Desk, practice: Practice) -> ServiceId:
    return desk.perform(practice.admin, services.add_service, WELL_CHILD).value


@pytest.fixture
def variant(desk: Desk, practice: Practice, well: ServiceId) -> VariantId:
    return desk.perform(practice.admin, services.add_variant, well, check_up(practice)).value


def listed(desk: Desk, practice: Practice) -> list[str]:
    return [each.thing.name for each in desk.query(practice.maria, services.all_shared)]


def one(desk: Desk, practice: Practice, thing_id: int) -> Shared:
    return desk.query(practice.maria, services.one_shared, thing_id)


def actions(database: Database) -> list[str]:
    table = schema.journal.c
    with database.read() as connection:
        return list(
            connection.execute(select(table.action).where(table.topic == "directory").order_by(table.seq)).scalars()
        )


def allow_booking(desk: Desk, practice: Practice) -> None:
    now = desk.query(practice.admin, settings.settings)
    desk.perform(practice.admin, settings.save_settings, replace(now, self_booking=True), expect_version=now.version)


def test_services_are_listed_with_their_variants_in_their_order(
    desk: Desk, practice: Practice, well: ServiceId, variant: VariantId, database: Database
) -> None:
    desk.perform(practice.admin, services.add_service, SICK)
    desk.perform(practice.admin, services.add_variant, well, check_up(practice, "First visit"))
    assert listed(desk, practice) == ["Well child visit", "Check-up", "First visit", "Sick visit"]
    found = one(desk, practice, variant)
    assert found.variant is not None
    assert (found.type_name, found.who, found.where) == (
        "Well visit",
        ("Dr. Lindqvist", "Dr. Mwangi"),
        ("Northside", "Harbor St"),
    )
    assert actions(database) == ["added_service", "added_variant", "added_service", "added_variant"]


def test_a_link_is_there_once_everything_is(
    desk: Desk, practice: Practice, well: ServiceId, variant: VariantId
) -> None:
    assert one(desk, practice, variant).link.why_not == "self-booking is off"
    allow_booking(desk, practice)
    found = one(desk, practice, variant)
    assert found.variant is not None
    stem = f"http://127.0.0.1:8000/book/{found.service.reference}"
    assert found.link.address == f"{stem}/{found.variant.reference}"
    assert one(desk, practice, well).link.address == stem
    type_ = next(each for each in desk.query(practice.maria, directory.appointment_types) if each.id == practice.well)
    desk.perform(
        practice.a_staff("tess", "Tess", [Role.TYPES, Role.ADMINISTRATOR]),
        appointment_types.switch_type,
        practice.well,
        active=False,
        expect_version=type_.version,
    )
    assert one(desk, practice, variant).link.why_not == "its type is switched off"
    assert one(desk, practice, well).link.why_not == "none of its variants can be booked"


def test_all_that_is_wrong_is_told_at_once(desk: Desk, practice: Practice, well: ServiceId, variant: VariantId) -> None:
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, services.add_service, ServiceDetails("Well child visit", "x" * 501, visible=True))
    assert [each.field for each in (refused.value, *refused.value.others)] == ["Name", "Description"]
    wrong = VariantDetails("Check-up", "", None, (ProviderId(1),), (LocationId(1),), visible=True)
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, services.add_variant, well, wrong)
    fields = [each.field for each in (refused.value, *refused.value.others)]
    assert fields == ["Name", "Type", "Providers", "Locations"]
    other = desk.perform(practice.admin, services.add_service, SICK).value
    desk.perform(practice.admin, services.add_variant, other, check_up(practice))  # the same name in another service
    with pytest.raises(NotFound):
        desk.perform(practice.admin, services.add_variant, ServiceId(1), check_up(practice))
    gone = replace(check_up(practice, "Other"), type_id=TypeId(1))
    with pytest.raises(Invalid):
        desk.perform(practice.admin, services.add_variant, well, gone)


def test_the_longest_description_fits_in_any_script(desk: Desk, practice: Practice) -> None:
    long = ServiceDetails("Long", "\U0001f600" * 500, visible=False)
    made = desk.perform(practice.admin, services.add_service, long).value
    assert one(desk, practice, made).service.description == long.description


def test_only_administrators_change_and_schedulers_see(
    desk: Desk, practice: Practice, well: ServiceId, variant: VariantId
) -> None:
    assert len(desk.query(practice.maria, services.all_shared)) == 2
    doctor = practice.a_staff("doc", "Doc", [Role.PROVIDER])
    with pytest.raises(NotAllowed):
        desk.query(doctor, services.all_shared)
    with pytest.raises(NotAllowed):
        desk.query(doctor, services.one_shared, well)
    for actor in (practice.maria, doctor):
        with pytest.raises(NotAllowed):
            desk.perform(actor, services.save_service, well, SICK, expect_version=1)
        with pytest.raises(NotAllowed):
            desk.perform(actor, services.switch_variant, variant, active=False, expect_version=1)


def test_a_change_of_a_service_is_undone(desk: Desk, practice: Practice, well: ServiceId, clock: FixedClock) -> None:
    saved = desk.perform(practice.admin, services.save_service, well, SICK, expect_version=1)
    assert listed(desk, practice) == ["Sick visit"]
    assert saved.undo is not None
    desk.undo(practice.admin, saved.undo)
    assert one(desk, practice, well).service.description == "Growth and development"
    with pytest.raises(Conflict):
        desk.perform(practice.admin, services.save_service, well, SICK, expect_version=1)
    again = desk.perform(practice.admin, services.save_service, well, SICK, expect_version=3)
    clock.advance(timedelta(seconds=21))
    assert again.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.admin, again.undo)


def test_a_change_of_a_variant_is_undone_with_who_and_where(
    desk: Desk, practice: Practice, variant: VariantId, clock: FixedClock
) -> None:
    narrow = VariantDetails("Narrow", "", practice.sick, (practice.mwangi,), (practice.harbor,), visible=False)
    first = desk.perform(practice.admin, services.save_variant, variant, narrow, expect_version=1)
    found = one(desk, practice, variant).variant
    assert found is not None
    assert (found.name, found.type_id, found.visible) == ("Narrow", practice.sick, False)
    assert (found.provider_ids, found.location_ids) == ((practice.mwangi,), (practice.harbor,))
    second = desk.perform(practice.admin, services.save_variant, variant, check_up(practice), expect_version=2)
    assert second.undo is not None
    desk.undo(practice.admin, second.undo)
    again = one(desk, practice, variant).variant
    assert again is not None
    assert (again.name, again.provider_ids, again.location_ids) == (
        "Narrow",
        (practice.mwangi,),
        (practice.harbor,),
    )
    assert first.undo is not None
    with pytest.raises(Conflict):
        desk.undo(practice.admin, first.undo)  # it has changed since


def test_services_and_variants_are_put_in_order(
    desk: Desk, practice: Practice, well: ServiceId, variant: VariantId
) -> None:
    sick = desk.perform(practice.admin, services.add_service, SICK).value
    desk.perform(practice.admin, services.add_variant, sick, check_up(practice, "Today"))
    first = desk.perform(practice.admin, services.add_variant, well, check_up(practice, "First visit")).value
    moved = desk.perform(practice.admin, services.move_variant, first, up=True, expect_version=1)
    assert listed(desk, practice) == ["Well child visit", "First visit", "Check-up", "Sick visit", "Today"]
    assert moved.undo is not None
    desk.undo(practice.admin, moved.undo)
    assert listed(desk, practice) == ["Well child visit", "Check-up", "First visit", "Sick visit", "Today"]
    desk.perform(practice.admin, services.move_service, sick, up=True, expect_version=1)
    assert listed(desk, practice) == ["Sick visit", "Today", "Well child visit", "Check-up", "First visit"]
    ends = {each.thing.name: (each.is_first, each.is_last) for each in desk.query(practice.maria, services.all_shared)}
    assert ends["Sick visit"] == (True, False)
    assert ends["Today"] == (True, True)
    assert ends["First visit"] == (False, True)
    still = desk.perform(practice.admin, services.move_variant, first, up=False, expect_version=3)
    assert still.undo is None  # it was the last already


def test_what_is_switched_off_has_no_link_and_keeps_its_address(
    desk: Desk, practice: Practice, well: ServiceId, variant: VariantId, clock: FixedClock
) -> None:
    allow_booking(desk, practice)
    address = one(desk, practice, variant).link.address
    off = desk.perform(practice.admin, services.switch_service, well, active=False, expect_version=1)
    assert one(desk, practice, variant).link.why_not == "the service is switched off"
    with pytest.raises(NotFound):
        desk.perform(practice.admin, services.move_service, well, up=True, expect_version=2)
    assert off.undo is not None
    desk.undo(practice.admin, off.undo)
    assert one(desk, practice, variant).link.address == address
    gone = desk.perform(practice.admin, services.switch_variant, variant, active=False, expect_version=1)
    assert one(desk, practice, variant).link.why_not == "the variant is switched off"
    clock.advance(timedelta(seconds=21))
    assert gone.undo is not None
    with pytest.raises(UndoRefused):
        desk.undo(practice.admin, gone.undo)


def test_switched_off_ones_stand_at_the_end(
    desk: Desk, practice: Practice, well: ServiceId, variant: VariantId
) -> None:
    desk.perform(practice.admin, services.add_variant, well, check_up(practice, "First visit"))
    desk.perform(practice.admin, services.add_service, SICK)
    desk.perform(practice.admin, services.switch_variant, variant, active=False, expect_version=1)
    assert listed(desk, practice) == ["Well child visit", "First visit", "Check-up", "Sick visit"]
    desk.perform(practice.admin, services.switch_service, well, active=False, expect_version=1)
    assert listed(desk, practice) == ["Sick visit", "Well child visit", "First visit", "Check-up"]


def test_making_something_is_undone_by_switching_it_off(desk: Desk, practice: Practice, well: ServiceId) -> None:
    made = desk.perform(practice.admin, services.add_variant, well, check_up(practice))
    assert made.undo is not None
    desk.undo(practice.admin, made.undo)
    found = one(desk, practice, made.value).variant
    assert found is not None
    assert not found.active
