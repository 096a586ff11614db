"""Appointment types made, changed, ordered and switched off, and what is suggested about them (AP6, AP7, AD1)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from request_desk.domain.access import Actor, Role
from request_desk.domain.directory import AppointmentType, BookingRules, LeadTime, RebookingMode, Verification
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import ProviderId, SuggestionId, TypeId
from request_desk.services.desk import Desk
from request_desk.services.practice import appointment_types, directory, suggestions
from request_desk.services.practice.suggestions import About
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def ruth(practice: Practice) -> Actor:
    return practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER, Role.TYPES])


def types(desk: Desk, actor: Actor) -> dict[TypeId, AppointmentType]:
    return {each.id: each for each in desk.query(actor, directory.appointment_types, all_=True)}


def full(practice: Practice, seen: AppointmentType) -> AppointmentType:
    """A type with another value in every field."""
    return replace(
        seen,
        name="Check-up",
        short_name="Check",
        duration=35 * MINUTE,
        buffer=10 * MINUTE,
        hold_ttl=20 * MINUTE,
        offer_ttl=3 * HOUR,
        minimum_notice=LeadTime(days=2),
        reschedule_notice=LeadTime(90 * MINUTE),
        cancel_notice=LeadTime(24 * HOUR),
        late_cancel=12 * HOUR,
        maximum_advance=timedelta(days=90),
        grid=15 * MINUTE,
        rebooking_mode=RebookingMode.SAME_PROVIDER,
        provider_ids=(practice.lindqvist,),
        is_video=False,
        verification=Verification.BIRTH_DAY,
        no_show_after=15 * MINUTE,
        booking_rules=BookingRules(
            min_age_months=12,
            max_age_months=36,
            rest=timedelta(days=30),
            rest_group="checkup",
            new_patient=60 * MINUTE,
            interpreter=15 * MINUTE,
            durations={practice.lindqvist: 50 * MINUTE},
        ),
    )


def test_every_field_is_saved_and_undone_in_one_act(desk: Desk, practice: Practice, ruth: Actor) -> None:  # AP6, AP7
    seen = types(desk, ruth)[practice.well]
    new = full(practice, seen)
    assert all(
        getattr(new, name) != getattr(seen, name)
        for name in AppointmentType.__dataclass_fields__
        if name not in ("id", "active", "version", "is_video")
    )
    done = desk.perform(ruth, appointment_types.save_type, practice.well, new, expect_version=seen.version)
    assert types(desk, ruth)[practice.well] == replace(new, version=done.value)
    assert done.undo is not None
    desk.undo(ruth, done.undo)
    assert types(desk, ruth)[practice.well] == replace(seen, version=done.value + 1)


def test_a_video_type_is_made_behind_the_others_and_undone_by_switching_it_off(
    desk: Desk, practice: Practice, ruth: Actor
) -> None:
    new = replace(full(practice, types(desk, ruth)[practice.well]), is_video=True, no_show_after=None, short_name="")
    done = desk.perform(ruth, appointment_types.add_type, new)
    made = types(desk, ruth)[done.value]
    assert made == replace(new, id=done.value, version=1, short_name="Check-up")
    assert list(types(desk, ruth)) == [practice.well, practice.sick, done.value]
    assert done.undo is not None
    desk.undo(ruth, done.undo)
    assert not types(desk, ruth)[done.value].active


def test_all_problems_are_told_at_once(desk: Desk, practice: Practice, ruth: Actor) -> None:
    seen = types(desk, ruth)[practice.well]
    wrong = replace(
        full(practice, seen),
        name=" ",
        short_name="x" * 21,
        duration=4 * MINUTE,
        buffer=121 * MINUTE,
        hold_ttl=61 * MINUTE,
        offer_ttl=MINUTE,
        minimum_notice=LeadTime(days=91),
        late_cancel=timedelta(days=15),
        maximum_advance=timedelta(days=731),
        grid=7 * MINUTE,
        is_video=True,
        provider_ids=(ProviderId(424242),),
        booking_rules=BookingRules(
            min_age_months=36,
            max_age_months=36,
            rest=timedelta(days=4000),
            new_patient=MINUTE,
            interpreter=121 * MINUTE,
            durations={practice.lindqvist: 481 * MINUTE},
        ),
    )
    with pytest.raises(Invalid) as caught:
        desk.perform(ruth, appointment_types.save_type, practice.well, wrong, expect_version=seen.version)
    told = [caught.value.field, *(other.field for other in caught.value.others)]
    assert set(told) == {
        "Name", "Short name", "Duration", "Buffer", "Hold time", "Offer time", "Notice to book", "Late cancellation",
        "Advance", "Grid", "No-show", "Providers", "Ages", "Rest", "New patient", "Interpreter",
    }  # fmt: skip
    assert types(desk, ruth)[practice.well] == seen


@pytest.mark.parametrize("notice", [LeadTime(days=91), LeadTime(elapsed=timedelta(days=91))])
def test_a_notice_beyond_the_advance_is_refused_in_words(
    desk: Desk, practice: Practice, ruth: Actor, notice: LeadTime
) -> None:  # AP6
    seen = types(desk, ruth)[practice.well]
    new = replace(seen, minimum_notice=replace(notice, days=min(notice.days, 90)), maximum_advance=timedelta(days=60))
    if notice.elapsed:
        new = replace(new, minimum_notice=LeadTime(elapsed=timedelta(days=61)))
    with pytest.raises(Invalid, match="no parent could ever book") as caught:
        desk.perform(ruth, appointment_types.save_type, practice.well, new, expect_version=seen.version)
    assert caught.value.field == "Advance"


def test_a_name_is_given_once(desk: Desk, practice: Practice, ruth: Actor) -> None:
    seen = types(desk, ruth)[practice.well]
    with pytest.raises(Invalid, match="is or was a type of this name") as caught:
        desk.perform(ruth, appointment_types.add_type, replace(seen, name="Sick visit"))
    assert caught.value.field == "Name"


def test_only_who_manages_types_may_change_them_and_only_as_they_were_seen(
    desk: Desk, practice: Practice, ruth: Actor
) -> None:
    seen = types(desk, ruth)[practice.well]
    for actor in (practice.maria, practice.admin):  # the administrator of the tests has not the role
        with pytest.raises(NotAllowed):
            desk.perform(actor, appointment_types.save_type, practice.well, seen, expect_version=seen.version)
    desk.perform(ruth, appointment_types.save_type, practice.well, seen, expect_version=seen.version)
    with pytest.raises(Conflict):
        desk.perform(ruth, appointment_types.save_type, practice.well, seen, expect_version=seen.version)


def test_a_type_is_switched_off_and_on_and_both_can_be_undone(desk: Desk, practice: Practice, ruth: Actor) -> None:
    off = desk.perform(ruth, appointment_types.switch_type, practice.well, active=False, expect_version=1)
    assert not types(desk, ruth)[practice.well].active
    assert off.undo is not None
    desk.undo(ruth, off.undo)
    assert types(desk, ruth)[practice.well].active


def test_types_are_put_in_order_and_that_can_be_undone(desk: Desk, practice: Practice, ruth: Actor) -> None:
    third = practice.a_type("Ear recheck", 20)
    moved = desk.perform(ruth, appointment_types.move_type, third, up=True, expect_version=1)
    assert list(types(desk, ruth)) == [practice.well, third, practice.sick]
    assert types(desk, ruth)[practice.sick].version == 1  # whoever edits it meanwhile has no conflict
    assert moved.undo is not None
    desk.undo(ruth, moved.undo)
    assert list(types(desk, ruth)) == [practice.well, practice.sick, third]
    at_the_end = desk.perform(ruth, appointment_types.move_type, practice.well, up=True, expect_version=1)
    assert list(types(desk, ruth)) == [practice.well, practice.sick, third]
    assert at_the_end.undo is None  # moving it back would move it down


def test_what_is_undone_too_late_stays(desk: Desk, practice: Practice, ruth: Actor) -> None:
    seen = types(desk, ruth)[practice.well]
    with pytest.raises(UndoRefused):
        desk.perform(
            ruth,
            appointment_types.restore_type,
            practice.well,
            seen,
            expect_version=1,
            until=desk.clock.now() - timedelta(seconds=1),
        )


# suggestions


def journal(database: Database) -> list[str]:
    table: Any = schema.journal
    with database.read() as connection:
        return list(connection.execute(select(table.c.action).order_by(table.c.seq)).scalars())


def test_a_change_is_asked_for_and_stands_beside_the_type_until_it_is_taken_over(
    desk: Desk, practice: Practice, ruth: Actor, database: Database
) -> None:  # AD1
    asked = desk.perform(practice.maria, suggestions.suggest, About.TYPE, practice.well, " Ten minutes more. ")
    (found,) = desk.query(practice.kofi, suggestions.open_suggestions, About.TYPE)
    assert (found.about_id, found.text, found.staff_name) == (practice.well, "Ten minutes more.", "Maria Santos")
    assert found.created_at == desk.clock.now()
    assert desk.query(ruth, suggestions.open_suggestions, About.ROOM) == ()
    with pytest.raises(NotAllowed):
        desk.perform(practice.maria, suggestions.take_over, asked.value, expect_version=1)
    done = desk.perform(ruth, suggestions.take_over, asked.value, expect_version=1)
    assert desk.query(ruth, suggestions.open_suggestions, About.TYPE) == ()
    with pytest.raises(Refused, match="closed already"):
        desk.perform(ruth, suggestions.close, asked.value, expect_version=done.value)
    assert done.undo is not None
    desk.undo(ruth, done.undo)
    (again,) = desk.query(ruth, suggestions.open_suggestions, About.TYPE)
    desk.perform(ruth, suggestions.close, again.id, expect_version=again.version)
    assert journal(database)[-4:] == ["suggested", "took_over_suggestion", "reopened_suggestion", "closed_suggestion"]


def test_a_suggestion_is_taken_back_by_whoever_made_it(desk: Desk, practice: Practice) -> None:
    asked = desk.perform(practice.maria, suggestions.suggest, About.ROOM, practice.lindqvist, "Another room, please.")
    until = desk.clock.now()
    with pytest.raises(NotFound):
        desk.perform(practice.kofi, suggestions.withdraw_suggestion, asked.value, expect_version=1, until=until)
    assert asked.undo is not None
    desk.undo(practice.maria, asked.undo)
    assert desk.query(practice.maria, suggestions.open_suggestions, About.ROOM) == ()


def test_an_empty_suggestion_or_one_about_nothing_is_refused(desk: Desk, practice: Practice) -> None:
    with pytest.raises(Invalid):
        desk.perform(practice.maria, suggestions.suggest, About.TYPE, practice.well, "  ")
    with pytest.raises(NotFound):
        desk.perform(practice.maria, suggestions.suggest, About.TYPE, SuggestionId(424242), "Longer.")
