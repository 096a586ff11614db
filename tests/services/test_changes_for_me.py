"""What a provider is told of changes that others made (AV2)."""

from datetime import date, timedelta

import pytest

from request_desk.domain.access import Actor, Role
from request_desk.domain.ids import AbsenceId
from request_desk.domain.spans import Span
from request_desk.services.practice import availability, changes_for_me, providers
from request_desk.services.practice.changes_for_me import ChangeForMe
from request_desk.services.practice.providers import ProviderDetails
from request_desk.services.practice.window_details import WindowDetails
from tests.builders import TODAY, Practice, wall

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def astrid(practice: Practice) -> Actor:
    return practice.a_staff("astrid", "Dr. Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)


def told(practice: Practice, actor: Actor, after: int = 0) -> tuple[ChangeForMe, ...]:
    return practice.desk.query(actor, changes_for_me.changes_for_me, after)


def off(day: date) -> Span:
    return Span(wall(day, "9:00"), wall(day, "12:00"))


def test_time_off_and_hours_entered_by_others_are_told_newest_first(practice: Practice, astrid: Actor) -> None:
    practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, off(TOMORROW), "Sick")
    extra = WindowDetails(
        practice.northside, 5, 540, 720, valid_from=date(2026, 11, 28), valid_until=date(2026, 11, 28)
    )
    practice.desk.perform(practice.maria, availability.add_window, practice.lindqvist, extra)
    hours, absence = told(practice, astrid)
    assert absence.absence is not None
    assert (absence.absence.label, absence.is_new, absence.who) == ("Sick", True, practice.maria.name)
    assert hours.window is not None
    assert hours.window.is_extra
    assert hours.seq > absence.seq
    assert told(practice, astrid, hours.seq) == ()
    assert told(practice, astrid, absence.seq) == (hours,)


def test_what_one_does_oneself_is_not_told(practice: Practice, astrid: Actor) -> None:
    practice.desk.perform(astrid, availability.add_absence, practice.lindqvist, off(TOMORROW), "")
    assert told(practice, astrid) == ()


def test_what_was_entered_and_taken_back_is_not_told_and_a_removal_is(practice: Practice, astrid: Actor) -> None:
    made = practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, off(TOMORROW), "")
    seen = told(practice, astrid)[0].seq
    assert made.undo is not None
    practice.desk.undo(practice.maria, made.undo)
    assert told(practice, astrid) == ()
    (gone,) = told(practice, astrid, seen)  # whoever has seen it is told that it is gone
    assert (gone.is_removed, gone.is_new) == (True, False)


def test_a_thing_is_told_once_and_not_after_the_provider_changed_it(practice: Practice, astrid: Actor) -> None:
    made = practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, off(TOMORROW), "").value
    later = off(TOMORROW + timedelta(days=1))
    practice.desk.perform(practice.maria, availability.change_absence, AbsenceId(made.id), later, "", expect_version=1)
    (once,) = told(practice, astrid)
    assert once.absence is not None
    assert (once.is_new, once.absence.starts_at) == (True, later.starts_at)
    practice.desk.perform(astrid, availability.change_absence, AbsenceId(made.id), later, "Mine", expect_version=2)
    assert told(practice, astrid) == ()


def test_a_number_is_told_also_from_settings_and_a_new_name_is_not(practice: Practice, astrid: Actor) -> None:
    before = next(
        each
        for each in practice.desk.query(practice.admin, providers.provider_records)
        if each.id == practice.lindqvist
    )

    def save(short_name: str, phone: str, version: int) -> int:
        details = ProviderDetails(before.name, short_name, frozenset(before.location_ids), phone)
        return practice.desk.perform(
            practice.admin, providers.save_provider, practice.lindqvist, details, expect_version=version
        ).value

    version = save("Dr. A. Lindqvist", before.mobile_phone, before.version)
    assert told(practice, astrid) == ()
    version = save("Dr. Lindqvist", "503 555 0100", version)
    (change,) = told(practice, astrid)
    assert (change.window, change.absence, change.who) == (None, None, practice.admin.name)
    practice.desk.perform(
        practice.admin, availability.save_mobile_phone, practice.lindqvist, "503 555 0101", expect_version=version
    )
    assert len(told(practice, astrid, change.seq)) == 1


def test_nobody_else_is_told(practice: Practice, astrid: Actor) -> None:
    practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, off(TOMORROW), "")
    assert told(practice, practice.admin) == ()
    assert len(told(practice, astrid)) == 1
    other = practice.a_staff("joseph", "Dr. Joseph Mwangi", [Role.PROVIDER], practice.mwangi)
    assert told(practice, other) == ()
