"""The directory, preferences, changes of departments, staff and settings (RT4 to RT6, AD1, AD2, MC6)."""

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest
from sqlalchemy import func, select, update

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import OpeningHours, PracticeSettings
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import DepartmentId, StaffId
from request_desk.domain.requests import Filters, RequestKind, Tab
from request_desk.services.desk import Desk
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.people import access, preferences
from request_desk.services.practice import administration, directory, settings
from request_desk.services.practice.administration import NewStaff
from request_desk.services.practice.founding import INTAKE
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

pytestmark = pytest.mark.usefixtures("quick_hashing")

SCHEDULER = frozenset({Role.SCHEDULER})


def test_the_directory_tells_places_providers_types_and_staff(desk: Desk, practice: Practice) -> None:
    found = desk.query(practice.maria, directory.directory)
    assert found.locations[practice.northside].name == "Northside"
    assert found.providers[practice.mwangi].location_ids == (practice.northside, practice.harbor)
    assert found.providers[practice.mwangi].staff_id is None
    assert found.types[practice.well].duration == timedelta(minutes=40)
    assert found.types[practice.well].provider_ids == ()
    assert found.departments[practice.intake].active_member_ids == (practice.kofi.staff_id, practice.maria.staff_id)
    assert found.staff[practice.admin.staff_id].login == "$AD"
    assert {window.weekday for window in desk.query(practice.maria, directory.windows, [practice.lindqvist])} == set(
        range(5)
    )


def test_parents_see_places_and_types_but_no_staff(desk: Desk, practice: Practice) -> None:
    assert desk.query(practice.amara, directory.locations)
    assert desk.query(practice.amara, directory.providers)
    assert desk.query(practice.amara, directory.appointment_types)
    for query in (directory.staff_list, directory.departments, directory.targets, directory.windows, directory.banner):
        with pytest.raises(NotAllowed):
            desk.query(practice.amara, query)


def test_a_provider_with_a_login_is_linked_to_it(desk: Desk, practice: Practice) -> None:
    doctor = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist, active=False)
    provider = desk.query(practice.maria, directory.directory).providers[practice.lindqvist]
    assert (provider.staff_id, provider.staff_active) == (doctor.staff_id, False)


def test_requests_are_forwarded_to_departments_with_members_and_to_active_people(
    desk: Desk, practice: Practice
) -> None:  # RT5
    practice.a_department("Empty", [])
    practice.a_staff("left", "Left Long Ago", [Role.SCHEDULER], active=False)
    names = [choice.name for choice in desk.query(practice.maria, directory.targets)]
    assert names == ["IC-Appointment Request", "Administrator", "Kofi Prah"]


def test_administrators_are_told_while_nobody_receives_requests(desk: Desk, practice: Practice) -> None:  # RT4
    assert desk.query(practice.admin, directory.banner) == ""
    version = desk.query(practice.admin, directory.departments)[0].version
    desk.perform(practice.admin, administration.save_department, practice.intake, INTAKE, [], expect_version=version)
    assert "IC-Appointment Request" in desk.query(practice.admin, directory.banner)
    assert desk.query(practice.maria, directory.banner) == ""


def test_preferences_are_kept_for_each_person(desk: Desk, practice: Practice) -> None:  # MC6
    desk.perform(practice.maria, preferences.set_preference, "filters", Filters(kinds=(RequestKind.CANCEL,)))
    desk.perform(practice.maria, preferences.set_preference, "text_size", 130)
    desk.perform(practice.maria, preferences.set_preference, "text_size", 115)
    kept = desk.query(practice.maria, preferences.preferences)
    assert kept["text_size"] == 115
    assert kept["filters"]["kinds"] == ["cancel"]
    assert desk.query(practice.kofi, preferences.preferences) == {}
    desk.perform(practice.maria, preferences.set_preference, "text_size", None)
    assert set(desk.query(practice.maria, preferences.preferences)) == {"filters"}


@pytest.mark.parametrize(("key", "value"), [("", 1), ("No Capitals", 1), ("x" * 41, 1), ("filters", "x" * 9_000)])
def test_a_preference_has_a_plain_name_and_a_size(desk: Desk, practice: Practice, key: str, value: object) -> None:
    with pytest.raises(Invalid):
        desk.perform(practice.maria, preferences.set_preference, key, value)


def test_a_change_of_members_acts_on_open_requests_at_once_and_can_be_undone(
    desk: Desk, practice: Practice
) -> None:  # RT6
    request = practice.a_request()
    ruth = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER])
    outcome = desk.perform(
        practice.admin, administration.save_department, practice.intake, INTAKE, [ruth.staff_id], expect_version=1
    )
    assert outcome.changes.touches(Topic.DIRECTORY)

    def inbox_of(actor: object) -> list[int]:
        return [key.id for key in desk.query(actor, inbox_queries.open_keys, Tab.UNREAD)]  # type: ignore[arg-type]

    assert inbox_of(ruth) == [request]
    assert inbox_of(practice.maria) == []
    assert outcome.undo is not None
    desk.undo(practice.admin, outcome.undo)
    assert inbox_of(ruth) == []
    assert inbox_of(practice.maria) == [request]


def test_an_undo_of_members_is_refused_when_it_is_late_or_somebody_changed_them_again(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    first = desk.perform(
        practice.admin,
        administration.save_department,
        practice.intake,
        INTAKE,
        [practice.maria.staff_id],
        expect_version=1,
    )
    desk.perform(
        practice.admin,
        administration.save_department,
        practice.intake,
        INTAKE,
        [practice.kofi.staff_id],
        expect_version=first.value,
    )
    assert first.undo is not None
    with pytest.raises(Conflict):
        desk.undo(practice.admin, first.undo)
    clock.advance(timedelta(seconds=21))
    with pytest.raises(UndoRefused):
        desk.undo(practice.admin, first.undo)


def test_the_last_member_leaving_reroutes_open_requests(desk: Desk, practice: Practice) -> None:  # RT2, RT6
    request = practice.a_request()
    desk.perform(practice.admin, administration.save_department, practice.intake, INTAKE, [], expect_version=1)
    assert [key.id for key in desk.query(practice.admin, inbox_queries.open_keys, Tab.UNREAD)] == [request]


def test_a_stale_change_of_members_is_refused(desk: Desk, practice: Practice) -> None:
    desk.perform(practice.admin, administration.save_department, practice.intake, INTAKE, [], expect_version=1)
    with pytest.raises(Conflict):
        desk.perform(practice.admin, administration.save_department, practice.intake, INTAKE, [], expect_version=1)
    with pytest.raises(NotFound):
        desk.perform(
            practice.admin, administration.save_department, practice.intake, INTAKE, [StaffId(99)], expect_version=2
        )


def test_departments_are_added_renamed_and_closed(desk: Desk, practice: Practice) -> None:  # RT5
    nurses = desk.perform(practice.admin, administration.add_department, "Nurses", [practice.kofi.staff_id]).value
    kofi = [practice.kofi.staff_id]
    renamed = desk.perform(practice.admin, administration.save_department, nurses, "Nurse line", kofi, expect_version=1)
    assert renamed.value == 2
    with pytest.raises(Invalid):
        desk.perform(practice.admin, administration.add_department, "Nurse line", kofi)
    with pytest.raises(Refused):
        desk.perform(practice.admin, administration.deactivate_department, practice.intake, expect_version=1)
    desk.perform(practice.admin, administration.deactivate_department, nurses, expect_version=2)
    assert [each.name for each in desk.query(practice.admin, directory.departments)] == ["IC-Appointment Request"]
    assert len(desk.query(practice.admin, directory.departments, all_=True)) == 2


def test_an_account_is_added_with_a_code_and_its_login_is_never_given_again(
    desk: Desk, practice: Practice
) -> None:  # AUTH-01
    code = desk.perform(practice.admin, administration.add_staff, NewStaff("Ruth", "Ruth Obi", SCHEDULER)).value
    assert code.login == "ruth"
    ruth = next(each for each in desk.query(practice.admin, directory.staff_list) if each.login == "ruth")
    assert ruth.initials == "RO"
    desk.perform(practice.admin, administration.deactivate_staff, ruth.id, expect_version=ruth.version)
    for login in ("ruth", "RUTH", "$ad", "maria"):
        with pytest.raises(Invalid):
            desk.perform(practice.admin, administration.add_staff, NewStaff(login, "Ruth Again", SCHEDULER))


@pytest.mark.parametrize("login", ["", "two words", "ann@example.org", "x" * 41, "ännchen", "<b>"])
def test_a_login_is_plain(desk: Desk, practice: Practice, login: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, administration.add_staff, NewStaff(login, "Ann Other", SCHEDULER))
    assert refused.value.field == "User name"


def test_one_provider_has_one_login(desk: Desk, practice: Practice) -> None:
    doctor = NewStaff("lindqvist", "Astrid Lindqvist", frozenset({Role.PROVIDER}), provider_id=practice.lindqvist)
    desk.perform(practice.admin, administration.add_staff, doctor)
    with pytest.raises(Invalid):
        desk.perform(practice.admin, administration.add_staff, replace(doctor, login="second"))
    with pytest.raises(Invalid):
        desk.perform(practice.admin, administration.add_staff, NewStaff("none", "No Role", frozenset()))


def test_the_reserved_administrator_stays(desk: Desk, practice: Practice, database: Database) -> None:  # AUTH-10, AD1
    ruth = desk.perform(
        practice.admin, administration.add_staff, NewStaff("ruth", "Ruth Obi", frozenset({Role.ADMINISTRATOR}))
    ).value
    assert ruth.login == "ruth"
    with pytest.raises(Refused):
        desk.perform(
            practice.admin,
            administration.change_staff,
            practice.admin.staff_id,
            NewStaff("", "Administrator", SCHEDULER),
            expect_version=1,
        )
    for by in (practice.admin, SYSTEM):
        with pytest.raises(Refused):
            desk.perform(by, administration.deactivate_staff, practice.admin.staff_id, expect_version=1)
    with pytest.raises(Exception, match="administrator_active"), database.write() as connection:
        connection.execute(schema.staff.update().where(schema.staff.c.login == "$AD").values(active=False))


def test_the_last_administrator_who_can_sign_in_is_not_switched_off(desk: Desk, practice: Practice) -> None:  # AUTH-10
    ruth = practice.a_staff("ruth", "Ruth Obi", [Role.ADMINISTRATOR])
    with pytest.raises(Refused):
        desk.perform(practice.admin, administration.deactivate_staff, ruth.staff_id, expect_version=1)
    desk.perform(SYSTEM, access.set_password, practice.admin.staff_id, "lantern orbit velvet quarry")
    desk.perform(practice.admin, administration.deactivate_staff, ruth.staff_id, expect_version=1)


def test_somebody_switched_off_leaves_the_list_and_the_inbox(desk: Desk, practice: Practice) -> None:  # AD2
    request = practice.a_request()
    desk.perform(practice.admin, administration.deactivate_staff, practice.maria.staff_id, expect_version=1)
    desk.perform(practice.admin, administration.deactivate_staff, practice.kofi.staff_id, expect_version=1)
    assert [key.id for key in desk.query(practice.admin, inbox_queries.open_keys, Tab.UNREAD)] == [request]
    desk.perform(practice.admin, administration.reactivate_staff, practice.maria.staff_id, expect_version=2)
    assert [key.id for key in desk.query(practice.maria, inbox_queries.open_keys, Tab.UNREAD)] == [request]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (administration.add_department, ("Nurses", (StaffId(1),))),
        (administration.add_staff, (NewStaff("ruth", "Ruth Obi", SCHEDULER),)),
        (access.reset_password, (StaffId(1),)),
    ],
)
def test_only_administrators_change_the_directory(
    desk: Desk, practice: Practice, function: object, arguments: tuple[object, ...]
) -> None:
    extra = {"expect_version": 1} if function is access.reset_password else {}
    for actor in (practice.maria, practice.amara):
        with pytest.raises(NotAllowed):
            desk.perform(actor, function, *arguments, **extra)  # type: ignore[arg-type]


def test_settings_are_saved_whole_and_can_be_undone(desk: Desk, practice: Practice, database: Database) -> None:
    before = desk.query(practice.admin, settings.settings)
    new = replace(
        before,
        grace=timedelta(seconds=45),
        kinds_on=frozenset({"cancel"}),
        closed_days={date(2026, 12, 25): "Christmas", date(2026, 11, 26): "Thanksgiving"},
    )
    outcome = desk.perform(practice.admin, settings.save_settings, new, expect_version=before.version)
    saved = desk.query(practice.maria, settings.settings)
    assert saved == replace(new, version=outcome.value)
    assert outcome.changes.touches(Topic.SETTINGS)
    assert outcome.undo is not None
    desk.undo(practice.admin, outcome.undo)
    assert desk.query(practice.maria, settings.settings) == replace(before, version=outcome.value + 1)


def test_closed_days_that_were_kept_without_names_are_read(desk: Desk, practice: Practice, database: Database) -> None:
    old = {**msgspec.to_builtins(practice.settings), "closed_days": ["2026-11-26", "2026-12-25"]}
    with database.write() as connection:
        connection.execute(update(schema.practice).values(settings=old, version=2))
    found = desk.query(practice.maria, settings.settings)
    assert dict(found.closed_days) == {date(2026, 11, 26): "", date(2026, 12, 25): ""}
    new = replace(found, closed_days={**found.closed_days, date(2026, 12, 24): "Christmas Eve"})
    desk.perform(practice.admin, settings.save_settings, new, expect_version=2)
    assert list(desk.query(practice.maria, settings.settings).closed_days.items()) == [
        (date(2026, 11, 26), ""),
        (date(2026, 12, 24), "Christmas Eve"),
        (date(2026, 12, 25), ""),
    ]


def test_closed_days_that_cannot_be_are_refused(desk: Desk, practice: Practice) -> None:
    for closed in ({date(1800, 1, 1): ""}, {date(2026, 12, 24): "x" * 61}):
        with pytest.raises(Invalid):
            desk.perform(
                practice.admin,
                settings.save_settings,
                replace(practice.settings, closed_days=closed),
                expect_version=1,
            )


def test_a_stale_save_of_the_settings_is_refused_and_the_writer_named(desk: Desk, practice: Practice) -> None:
    before = desk.query(practice.admin, settings.settings)
    desk.perform(
        practice.admin, settings.save_settings, replace(before, grace=timedelta(0)), expect_version=before.version
    )
    with pytest.raises(Conflict) as refused:
        desk.perform(practice.admin, settings.save_settings, before, expect_version=before.version)
    assert refused.value.who == "Administrator"


def test_another_receiving_department_takes_over_open_requests(desk: Desk, practice: Practice) -> None:  # RT1, RT6
    request = practice.a_request()
    ruth = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER])
    other = desk.perform(practice.admin, administration.add_department, "Front desk", [ruth.staff_id]).value
    before = desk.query(practice.admin, settings.settings)
    desk.perform(
        practice.admin,
        settings.save_settings,
        replace(before, intake_department_id=other),
        expect_version=before.version,
    )
    assert [key.id for key in desk.query(ruth, inbox_queries.open_keys, Tab.UNREAD)] == [request]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"grace": timedelta(minutes=6)}, "Grace time"),
        ({"grace": timedelta(seconds=-1)}, "Grace time"),
        ({"target_age": timedelta(0)}, "Target age"),
        ({"kinds_on": frozenset({"refill"})}, "Request kinds"),
        ({"zone": "Mars/Olympus"}, "Time zone"),
        ({"locale": "xx_QQ"}, "Language"),
        ({"practice_name": ""}, "Practice name"),
        ({"practice_name": "=?utf-8?q?a=0d=0aBcc?="}, "Practice name"),
        ({"public_url": "http://portal.example.org"}, "Portal address"),
        ({"public_url": "javascript:alert(1)"}, "Portal address"),
        ({"opening_hours": (OpeningHours(0, 600, 600),)}, "Opening hours 0"),
        ({"opening_hours": (OpeningHours(0, 480, 720), OpeningHours(0, 700, 900))}, "Opening hours 0"),
        ({"intake_department_id": DepartmentId(987)}, "Department"),
        ({"claim_lease": timedelta(hours=2)}, "Claim"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_field(
    desk: Desk, practice: Practice, changed: dict[str, object], field: str
) -> None:
    before = desk.query(practice.admin, settings.settings)
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, settings.save_settings, replace(before, **changed), expect_version=before.version)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_only_administrators_change_settings_and_parents_do_not_see_them(desk: Desk, practice: Practice) -> None:
    before = desk.query(practice.maria, settings.settings)
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, settings.save_settings, before, expect_version=before.version)
    with pytest.raises(NotAllowed):
        desk.query(practice.amara, settings.settings)


def test_a_new_practice_gets_its_settings_from_init(desk: Desk, database: Database) -> None:  # MC1
    assert (
        desk.perform(
            SYSTEM,
            settings.first_settings,
            PracticeSettings(practice_name="Harbor Pediatrics", practice_phone="(206) 555-0100"),
        ).value
        == 1
    )
    found = desk.query(SYSTEM, settings.settings)
    assert found.practice_name == "Harbor Pediatrics"
    assert found.kinds_on == frozenset()
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.practice)).scalar_one() == 1


def test_how_a_member_of_staff_is_reminded_is_kept_with_the_account(desk: Desk, practice: Practice) -> None:  # RM1
    new = NewStaff("", "Maria Santos", SCHEDULER, "MS", email="Maria@Example.ORG", mobile_phone="206 555 0148")
    desk.perform(practice.admin, administration.change_staff, practice.maria.staff_id, new, expect_version=1)
    seen = desk.query(practice.admin, directory.directory).staff[practice.maria.staff_id]
    assert (seen.email, seen.mobile_phone) == ("Maria@example.org", "+12065550148")
    wrong = NewStaff("", "Maria Santos", SCHEDULER, "MS", email="maria", mobile_phone="12")
    with pytest.raises(Invalid) as refused:
        desk.perform(practice.admin, administration.change_staff, practice.maria.staff_id, wrong, expect_version=2)
    assert [each.field for each in (refused.value, *refused.value.others)] == ["E-mail", "Mobile phone"]
