"""When providers work: windows, time off, extra hours, mobile numbers; what falls outside by a change, and the way back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, Table, select

from request_desk.domain.access import Actor, Role
from request_desk.domain.changes import Topic
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, UndoRefused
from request_desk.domain.ids import AbsenceId, LocationId, ProviderId, WindowId
from request_desk.domain.spans import Span
from request_desk.services.practice import availability, directory
from request_desk.services.practice.availability import Effect, Foreseen, ProviderWeek
from request_desk.services.practice.settings import save_settings
from request_desk.services.practice.window_details import WindowDetails
from request_desk.services.schedule import queries
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.services.test_access_at_once import at_once

MONDAY = date(2026, 11, 23)
TOMORROW = TODAY + timedelta(days=1)
SATURDAY = date(2026, 11, 28)


@pytest.fixture
def astrid(practice: Practice) -> Actor:
    """The provider herself, at a desk."""
    return practice.a_staff("astrid", "Dr. Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)


@pytest.fixture
def deputy(practice: Practice) -> Actor:
    """A scheduler who may change the windows of others."""
    return practice.a_staff("mae", "Mae Tan", [Role.SCHEDULER, Role.AVAILABILITY])


def evening(practice: Practice, **values: Any) -> WindowDetails:
    return replace(WindowDetails(practice.northside, 1, 18 * 60, 20 * 60), **values)


def rows(practice: Practice, table: Table) -> Sequence[Row[Any]]:
    with practice.database.read() as connection:
        return connection.execute(select(table).order_by(*table.primary_key)).all()


def week(practice: Practice, actor: Actor, provider: ProviderId | None = None, monday: date = MONDAY) -> ProviderWeek:
    return practice.desk.query(actor, availability.provider_week, provider or practice.lindqvist, monday)


def window_on(practice: Practice, weekday: int) -> WindowId:
    return next(
        each.id
        for each in practice.desk.query(practice.admin, directory.windows, (practice.lindqvist,))
        if each.weekday == weekday
    )


def starts(practice: Practice, day: date) -> set[str]:
    bounds = Span(wall(day, "0:00"), wall(day + timedelta(days=1), "0:00"))
    found = practice.desk.query(
        practice.maria, queries.find_slots, type_id=practice.sick, span=bounds, provider_ids=(practice.lindqvist,)
    )
    return {practice.desk.words_of("en_US", "America/Los_Angeles").time(each.starts_at) for each in found}


def test_a_provider_adds_a_window_and_it_is_bookable_at_once(practice: Practice, astrid: Actor) -> None:  # AV1, AV2
    assert "6:00 PM" not in starts(practice, TODAY)
    new = evening(practice, label="Evening", type_ids=(practice.sick,), buffer=timedelta(minutes=5))
    made = practice.desk.perform(astrid, availability.add_window, practice.lindqvist, new)
    assert isinstance(made.value, Effect)
    assert made.value.outside == ()
    assert "6:00 PM" in starts(practice, TODAY)
    kept = next(each for each in week(practice, astrid).windows if each.id == made.value.id)
    assert (kept.label, kept.type_ids, kept.buffer) == ("Evening", (practice.sick,), timedelta(minutes=5))
    assert made.undo is not None
    practice.desk.undo(astrid, made.undo)
    assert "6:00 PM" not in starts(practice, TODAY)
    assert made.value.id not in {each.id for each in week(practice, astrid).windows}


def test_hours_on_several_days_are_added_all_or_none_and_taken_back_together(
    practice: Practice, astrid: Actor
) -> None:  # AV1
    practice.a_window(practice.lindqvist, practice.harbor, 3, 18 * 60, 20 * 60)
    before = rows(practice, schema.availability_window)
    wanted = [evening(practice, weekday=day) for day in (1, 2, 3)]
    with pytest.raises(Invalid, match="two places"):
        practice.desk.perform(astrid, availability.add_windows, practice.lindqvist, wanted)
    with pytest.raises(Invalid) as refused:
        practice.desk.perform(astrid, availability.add_windows, practice.lindqvist, [])
    assert refused.value.field == "Weekday"
    assert rows(practice, schema.availability_window) == before
    outcome = practice.desk.perform(astrid, availability.add_windows, practice.lindqvist, wanted[:2])
    added = [each for each in week(practice, astrid).windows if each.start_minute == 18 * 60 and each.weekday != 3]
    assert sorted(each.weekday for each in added) == [1, 2]
    assert outcome.undo is not None
    assert outcome.undo.label == "2 windows added"
    practice.desk.undo(astrid, outcome.undo)
    assert {each.start_minute for each in week(practice, astrid).windows if each.weekday in (1, 2)} == {8 * 60}


def test_a_change_lists_the_appointments_that_now_fall_outside(practice: Practice, astrid: Actor) -> None:  # AV4
    early = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "8:00")
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:40", status="cancelled", cancel_code="pat")
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "11:00")
    window = window_on(practice, 2)
    shorter = WindowDetails(practice.northside, 2, 10 * 60, 17 * 60)
    changed = practice.desk.perform(astrid, availability.change_window, window, shorter, expect_version=1)
    assert [each.id for each in changed.value.outside] == [early]
    assert [each.id for each in week(practice, astrid).outside] == [early]
    # What lay outside before is not told again by the next change.
    later = replace(shorter, end_minute=16 * 60)
    again = practice.desk.perform(astrid, availability.change_window, window, later, expect_version=2)
    assert again.value.outside == ()
    with pytest.raises(Conflict):
        practice.desk.perform(astrid, availability.change_window, window, later, expect_version=2)


def test_switching_off_removing_and_taking_it_back(practice: Practice, astrid: Actor) -> None:  # AV2
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "8:00")
    window = window_on(practice, 2)
    off = practice.desk.perform(astrid, availability.switch_window, window, active=False, expect_version=1)
    assert [each.id for each in off.value.outside] == [booked]
    assert starts(practice, TOMORROW) == set()
    assert [each.active for each in week(practice, astrid).windows if each.id == window] == [False]
    assert off.undo is not None
    practice.desk.undo(astrid, off.undo)
    assert "9:00 AM" in starts(practice, TOMORROW)
    gone = practice.desk.perform(astrid, availability.remove_window, window, expect_version=3)
    assert window not in {each.id for each in week(practice, astrid).windows}
    assert starts(practice, TOMORROW) == set()
    kept = [row.removed_at for row in rows(practice, schema.availability_window) if row.id == window]
    assert kept == [practice.desk.clock.now()]
    with pytest.raises(NotFound):
        practice.desk.perform(astrid, availability.switch_window, window, active=True, expect_version=4)
    assert gone.undo is not None
    practice.desk.undo(astrid, gone.undo)
    assert "9:00 AM" in starts(practice, TOMORROW)


def test_an_undo_that_comes_too_late_changes_nothing(practice: Practice, astrid: Actor, clock: FixedClock) -> None:
    window = window_on(practice, 2)
    off = practice.desk.perform(astrid, availability.switch_window, window, active=False, expect_version=1)
    clock.advance(timedelta(seconds=21))
    assert off.undo is not None
    with pytest.raises(UndoRefused):
        practice.desk.undo(astrid, off.undo)
    assert starts(practice, TOMORROW) == set()


def test_time_off_takes_the_slots_and_names_who_is_booked(practice: Practice) -> None:  # AV2: the sick doctor at 7 a.m.
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    span = Span(wall(TOMORROW, "8:00"), wall(TOMORROW, "12:00"))
    sick = practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, span, "Sick")
    assert [each.id for each in sick.value.outside] == [booked]
    assert "8:00 AM" not in starts(practice, TOMORROW)
    assert [each.label for each in week(practice, practice.maria).absences] == ["Sick"]
    shorter = Span(span.starts_at, wall(TOMORROW, "8:40"))
    changed = practice.desk.perform(
        practice.maria, availability.change_absence, AbsenceId(sick.value.id), shorter, "Dentist", expect_version=1
    )
    assert changed.value.outside == ()
    assert week(practice, practice.maria).outside == ()
    with pytest.raises(Conflict, match="Maria Santos"):
        practice.desk.perform(practice.kofi, availability.remove_absence, AbsenceId(sick.value.id), expect_version=1)
    gone = practice.desk.perform(practice.kofi, availability.remove_absence, AbsenceId(sick.value.id), expect_version=2)
    assert "8:00 AM" in starts(practice, TOMORROW)
    assert gone.undo is not None
    practice.desk.undo(practice.kofi, gone.undo)
    assert "8:00 AM" not in starts(practice, TOMORROW)
    assert changed.undo is not None
    with pytest.raises(Conflict):  # the two since have changed it
        practice.desk.undo(practice.maria, changed.undo)


@pytest.mark.parametrize("minutes", [0, -5, 401 * 24 * 60])
def test_time_off_that_cannot_be_is_refused_in_words(practice: Practice, minutes: int) -> None:
    start = wall(TOMORROW, "8:00")
    span = Span(start, start + timedelta(minutes=minutes))
    with pytest.raises(Invalid) as refused:
        practice.desk.perform(practice.maria, availability.add_absence, practice.lindqvist, span, "")
    assert refused.value.field == "Until"


def test_extra_hours_are_one_day_alone(practice: Practice) -> None:  # AV2: a scheduler may enter them
    extra = WindowDetails(practice.northside, 5, 9 * 60, 12 * 60, valid_from=SATURDAY, valid_until=SATURDAY)
    made = practice.desk.perform(practice.maria, availability.add_window, practice.lindqvist, extra)
    assert "9:00 AM" in starts(practice, SATURDAY)
    assert starts(practice, SATURDAY + timedelta(days=7)) == set()
    weekly = replace(extra, valid_until=None)
    with pytest.raises(NotAllowed, match="Weekly windows"):
        practice.desk.perform(
            practice.maria,
            availability.change_window,
            WindowId(made.value.id),
            weekly,
            expect_version=made.value.version,
        )
    with pytest.raises(NotAllowed, match="Weekly windows"):
        practice.desk.perform(practice.maria, availability.add_window, practice.lindqvist, evening(practice))
    gone = practice.desk.perform(practice.maria, availability.remove_window, WindowId(made.value.id), expect_version=1)
    assert starts(practice, SATURDAY) == set()
    assert gone.undo is not None


def test_an_administrator_looks_at_windows_and_is_told_why_no_more(practice: Practice) -> None:  # AV3
    seen = week(practice, practice.admin)
    assert len(seen.windows) == 5
    assert seen.may.absences == seen.may.mobile == ""
    assert "changed by the provider" in seen.may.windows
    window = seen.windows[0].id
    with pytest.raises(NotAllowed, match="changed by the provider"):
        practice.desk.perform(practice.admin, availability.switch_window, window, active=False, expect_version=1)
    with pytest.raises(NotAllowed, match="changed by the provider"):
        practice.desk.perform(practice.admin, availability.remove_window, window, expect_version=1)


def test_a_provider_changes_nothing_of_another(practice: Practice, astrid: Actor) -> None:
    span = Span(wall(TOMORROW, "8:00"), wall(TOMORROW, "12:00"))
    seen = week(practice, astrid, practice.mwangi)
    assert all((seen.may.windows, seen.may.absences, seen.may.mobile))
    with pytest.raises(NotAllowed):
        practice.desk.perform(astrid, availability.add_absence, practice.mwangi, span, "")
    with pytest.raises(NotAllowed):
        practice.desk.perform(astrid, availability.save_mobile_phone, practice.mwangi, "", expect_version=1)


def test_on_behalf_is_journalled_with_for_whom(practice: Practice, astrid: Actor, deputy: Actor) -> None:  # AV2
    practice.desk.perform(astrid, availability.add_window, practice.lindqvist, evening(practice))
    practice.desk.perform(deputy, availability.add_window, practice.lindqvist, evening(practice, weekday=2))
    lines = [row for row in rows(practice, schema.journal) if row.action == "added_window"]
    assert [(row.actor_id, row.detail.get("provider_id"), row.detail.get("on_behalf")) for row in lines] == [
        (astrid.id, practice.lindqvist, None),
        (deputy.id, practice.lindqvist, True),
    ]


def test_nobody_is_at_two_places_at_once(practice: Practice, deputy: Actor) -> None:
    there = WindowDetails(practice.harbor, 1, 16 * 60, 18 * 60)
    with pytest.raises(Invalid, match="at Northside on Tue from 8:00 AM to 5:00 PM"):
        practice.desk.perform(deputy, availability.add_window, practice.lindqvist, there)
    behind = practice.desk.perform(
        deputy, availability.add_window, practice.lindqvist, replace(there, start_minute=1020)
    )
    window = window_on(practice, 1)
    longer = WindowDetails(practice.northside, 1, 8 * 60, 17 * 60 + 30)
    with pytest.raises(Invalid, match="at Harbor St"):
        practice.desk.perform(deputy, availability.change_window, window, longer, expect_version=1)
    # Switched off it is no obstacle, and then it cannot be switched on.
    practice.desk.perform(deputy, availability.switch_window, WindowId(behind.value.id), active=False, expect_version=1)
    practice.desk.perform(deputy, availability.change_window, window, longer, expect_version=1)
    with pytest.raises(Invalid, match="two places"):
        practice.desk.perform(
            deputy, availability.switch_window, WindowId(behind.value.id), active=True, expect_version=2
        )


def test_what_new_hours_would_lie_over_is_told_before(practice: Practice, deputy: Actor) -> None:  # AV1, AV4
    def foreseen(*new: WindowDetails) -> Foreseen:
        return practice.desk.query(deputy, availability.foresee_windows, practice.lindqvist, new)

    before = rows(practice, schema.availability_window)
    late = WindowDetails(practice.northside, 1, 16 * 60, 18 * 60)
    both = foreseen(late, replace(late, weekday=2), replace(late, weekday=5))
    assert [each.id for each in both.over] == [window_on(practice, 1), window_on(practice, 2)]
    assert both.outside == ()
    assert foreseen(replace(late, start_minute=17 * 60)).over == ()
    with pytest.raises(Invalid, match="two places"):
        foreseen(replace(late, location_id=practice.harbor))
    assert rows(practice, schema.availability_window) == before


def test_switching_off_while_changing_lies_over_nothing(practice: Practice, deputy: Actor) -> None:
    window, later = window_on(practice, 1), WindowDetails(practice.northside, 2, 9 * 60, 12 * 60)
    moved = practice.desk.query(deputy, availability.foresee_window, window, later)
    assert [each.id for each in moved.over] == [window_on(practice, 2)]
    assert practice.desk.query(deputy, availability.foresee_window, window, later, active=False).over == ()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"weekday": 7}, "Weekday"),
        ({"start_minute": -1}, "From"),
        ({"end_minute": 18 * 60}, "To"),
        ({"end_minute": 18 * 60 + 1441}, "To"),
        ({"buffer": timedelta(minutes=-5)}, "Buffer"),
        ({"buffer": timedelta(seconds=90)}, "Buffer"),
        ({"valid_from": SATURDAY, "valid_until": TODAY}, "Valid until"),
        ({"valid_from": SATURDAY, "valid_until": SATURDAY}, "Valid until"),
        ({"opens": timedelta(0)}, "Opens"),
        ({"opens": timedelta(hours=24), "staff_only": True}, "Opens"),
        ({"cap": 0}, "Cap"),
        ({"work_in_lanes": 6}, "Work-in lanes"),
        ({"type_ids": (424242,)}, "Types"),
        ({"location_id": 424242}, "Location"),
        ({"label": "x" * 81}, "Label"),
    ],
)
def test_a_window_that_cannot_be_names_its_field(
    practice: Practice, deputy: Actor, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        practice.desk.perform(deputy, availability.add_window, practice.lindqvist, evening(practice, **values))
    assert refused.value.field == field
    assert refused.value.sentence.endswith(".")


def test_a_closed_day_is_everybodys(practice: Practice) -> None:
    closed = {TOMORROW: "Staff day"}
    booked = practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "9:00")
    assert "8:00 AM" in starts(practice, TOMORROW)
    saved = practice.desk.perform(
        practice.admin, save_settings, replace(practice.settings, closed_days=closed), expect_version=1
    )
    assert saved.changes.touches(Topic.AVAILABILITY)  # schedules hear of it
    assert starts(practice, TOMORROW) == set()
    seen = week(practice, practice.maria)
    assert dict(seen.closed_days) == closed
    assert seen.absences == ()
    assert [each.id for each in seen.outside] == [booked]
    extra = WindowDetails(practice.northside, 2, 18 * 60, 20 * 60, valid_from=TOMORROW, valid_until=TOMORROW)
    with pytest.raises(Invalid, match="Staff day"):
        practice.desk.perform(practice.maria, availability.add_window, practice.lindqvist, extra)


def test_the_mobile_number_is_kept_as_it_is_dialled(practice: Practice, astrid: Actor) -> None:  # RM3
    saved = practice.desk.perform(
        astrid, availability.save_mobile_phone, practice.lindqvist, "206 555 0199", expect_version=1
    )
    seen = week(practice, astrid)
    assert (seen.mobile_phone, seen.version) == ("+12065550199", saved.value)
    with pytest.raises(Invalid, match="not a phone number"):
        practice.desk.perform(
            practice.admin, availability.save_mobile_phone, practice.lindqvist, "12", expect_version=2
        )
    with pytest.raises(NotAllowed):
        practice.desk.perform(practice.maria, availability.save_mobile_phone, practice.lindqvist, "", expect_version=2)
    assert saved.undo is not None
    practice.desk.undo(astrid, saved.undo)
    assert week(practice, astrid).mobile_phone == ""


def test_the_list_of_providers_says_what_needs_somebody(practice: Practice) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TOMORROW, "7:00")
    practice.an_appointment(practice.zuri, practice.mwangi, TOMORROW, "9:00", place=practice.harbor)
    practice.an_absence(practice.mwangi, wall(SATURDAY, "9:00"), wall(SATURDAY, "12:00"), "Course")
    first, second = practice.desk.query(practice.maria, availability.provider_overview)
    assert (first.id, first.name, first.outside, first.weekly) == (
        practice.lindqvist,
        "Dr. Astrid Lindqvist",
        1,
        timedelta(hours=45),
    )
    assert first.is_mobile_missing
    assert first.next_absence is None
    assert second.outside == 0
    assert second.next_absence is not None
    assert second.next_absence.label == "Course"


def test_of_two_desks_that_put_a_provider_at_two_places_one_is_refused(practice: Practice, deputy: Actor) -> None:
    def adding(place: LocationId) -> Callable[[], object]:
        new = evening(practice, location_id=place)

        def add_it() -> str:
            try:
                practice.desk.perform(deputy, availability.add_window, practice.lindqvist, new)
            except Invalid as refused:
                return refused.field
            return "added"

        return add_it

    assert sorted(map(str, at_once([adding(practice.northside), adding(practice.harbor)]))) == ["From", "added"]


def test_each_provider_is_looked_at_as_far_as_they_are_booked(practice: Practice) -> None:  # AV4
    saturday = TODAY + timedelta(days=4)
    years_on = saturday + timedelta(days=7 * 150)
    for provider, place, day in (
        (practice.lindqvist, practice.northside, years_on),
        (practice.lindqvist, practice.northside, years_on + timedelta(days=2)),  # a Monday
        (practice.mwangi, practice.harbor, saturday),
        (practice.mwangi, practice.northside, saturday + timedelta(days=2)),
    ):
        practice.an_appointment(practice.zuri, provider, day, "9:00", place=place)
    lines = practice.desk.query(practice.maria, availability.provider_overview)
    outside = {line.id: line.outside for line in lines}
    weeks = {each: practice.desk.query(practice.maria, availability.provider_week, each, TODAY) for each in outside}
    assert outside == {each: len(week.outside) for each, week in weeks.items()}
    assert outside[practice.lindqvist] == 1


def test_a_provider_keeps_the_address_for_reminders_beside_the_number(practice: Practice) -> None:  # RM3
    astrid = practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)

    def reach() -> tuple[str, str]:
        seen = practice.desk.query(astrid, availability.provider_week, practice.lindqvist, TODAY)
        return seen.mobile_phone, seen.email

    save = availability.save_mobile_phone
    done = practice.desk.perform(
        astrid, save, practice.lindqvist, "206 555 0199", email="A@Example.ORG", expect_version=1
    )
    assert reach() == ("+12065550199", "A@example.org")
    practice.desk.perform(astrid, save, practice.lindqvist, "", expect_version=done.value)
    assert reach() == ("", "A@example.org")
    with pytest.raises(Invalid) as refused:
        practice.desk.perform(astrid, save, practice.lindqvist, "12", email="nobody", expect_version=3)
    assert [each.field for each in (refused.value, *refused.value.others)] == ["Mobile phone number", "E-mail"]
