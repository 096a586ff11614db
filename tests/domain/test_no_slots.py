"""Why the patient sees no slots: the counts add up, what is free is what the search finds, and each rule is named (AV3)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.ids import AbsenceId, ProviderId, TypeId
from request_desk.domain.no_slots import RULE_WORDS, Diary, Occupied, Rule, Wanted, WindowAnswer, explain
from request_desk.domain.spans import Span
from tests.domain.test_availability import LA, MINUTE, NORTHSIDE, TUESDAY, a_window, at, free_slots, some_searches

WELL, SICK = TypeId(1), TypeId(2)
WANTED = Wanted(WELL, 30 * MINUTE, 0 * MINUTE, 30 * MINUTE, at(7), at(7), at(23))


def asked(*windows: AvailabilityWindow, diary: Diary | None = None, **values: Any) -> list[WindowAnswer]:
    wanted = replace(WANTED, **{name: values.pop(name) for name in list(values) if hasattr(WANTED, name)})
    return explain(windows, wanted, diary or Diary(), span=LA.bounds(TUESDAY), zone=LA, **values)


def visit(start: datetime, minutes: int = 30, buffer: int = 0, *, is_held: bool = False) -> Occupied:
    end = start + minutes * MINUTE
    return Occupied(start, end, end + buffer * MINUTE, is_held)


def away(start: datetime, end: datetime, *, is_closed_day: bool = False) -> Absence:
    return Absence(AbsenceId(1), ProviderId(7), start, end, "", is_closed_day=is_closed_day)


@given(some_searches(), st.integers(-300, 300), st.integers(0, 5))
def test_free_and_removed_are_all_starts_and_free_is_what_the_search_finds(
    search: dict[str, Any], lag: int, part: int
) -> None:
    # Absences are the first of what is busy, appointments with a buffer of their own the rest.
    busy: list[Span] = search["busy"]
    absences = [away(each.starts_at, each.ends_at, is_closed_day=part % 2 == 0) for each in busy[:part]]
    occupied = [Occupied(each.starts_at, each.ends_at, each.ends_at + 5 * MINUTE, lag > 0) for each in busy[part:]]
    wanted = Wanted(
        search["type_id"] or WELL,
        search["duration"],
        search["buffer"],
        search["grid"],
        search["earliest"] - max(0, lag) * MINUTE,
        search["earliest"],
        search["span"].ends_at,
    )
    answers = explain(
        search["windows"],
        wanted,
        Diary(occupied, absences, search["booked"]),
        span=search["span"],
        zone=search["zone"],
    )
    assert all(each.free + sum(each.removed.values()) == each.total for each in answers)
    blocked = [*busy[:part], *(Span(each.starts_at, each.until) for each in occupied)]
    found = free_slots(
        **{
            **search,
            "busy": blocked,
            "for_staff": False,
            "now": wanted.now,
            "type_id": wanted.type_id,
        }
    )
    assert sum(each.free for each in answers) == len(found)


def test_every_start_of_a_free_window_is_free() -> None:
    [answer] = asked(a_window())
    assert (answer.total, answer.free, dict(answer.removed)) == (6, 6, {})


@pytest.mark.parametrize(
    ("window", "removed"),
    [
        (a_window(active=False), {Rule.WINDOW_OFF: 6}),
        (a_window(valid_until=TUESDAY - timedelta(days=1)), {Rule.NOT_VALID: 6}),
        (a_window(types=(SICK,)), {Rule.NOT_FOR_TYPE: 6}),
        (a_window(staff_only=True), {Rule.STAFF_ONLY: 6}),
        (a_window(end=9 * 60 + 20), {Rule.TOO_SHORT: 1}),
        (a_window(opens=180 * MINUTE), {Rule.NOT_OPEN_YET: 3}),
        (a_window(cap=1), {Rule.CAP: 6}),
    ],
    ids=lambda value: "" if isinstance(value, AvailabilityWindow) else next(iter(value)),
)
def test_a_window_names_what_it_keeps_back(window: AvailabilityWindow, removed: dict[Rule, int]) -> None:
    [answer] = asked(window, diary=Diary(booked={WELL: [at(11)]}))
    assert dict(answer.removed) == removed


def test_each_start_has_the_first_reason_that_holds() -> None:
    diary = Diary(
        [visit(at(9)), visit(at(10), buffer=15), visit(at(11), is_held=True)],
        [away(at(11, 30), at(12))],
    )
    [answer] = asked(a_window(start=8 * 60, end=12 * 60), diary=diary, now=at(8, 10), earliest=at(8, 40))
    # 8:00 is past, 8:30 too soon, 10:30 lies in the time behind the visit of 10:00.
    assert dict(answer.removed) == {
        Rule.TIME_OFF: 1,
        Rule.PAST: 1,
        Rule.NOTICE: 1,
        Rule.TAKEN: 2,
        Rule.HELD: 1,
        Rule.BUFFER: 1,
    }
    assert (answer.total, answer.free) == (8, 1)


def test_what_is_too_far_ahead_and_the_closed_day_are_named() -> None:
    [late] = asked(a_window(), latest=at(10))
    assert dict(late.removed) == {Rule.ADVANCE: 3}
    whole = LA.bounds(TUESDAY)
    [closed] = asked(a_window(), diary=Diary(absences=[away(whole.starts_at, whole.ends_at, is_closed_day=True)]))
    assert dict(closed.removed) == {Rule.CLOSED_DAY: 6}


def test_two_windows_with_one_start_count_it_once_where_it_blocks_less() -> None:
    first, second = asked(a_window(buffer=15, number=1), a_window(number=2))
    assert (first.free, dict(first.removed)) == (0, {Rule.SAME_START: 6})
    assert second.free == 6


@pytest.mark.parametrize("rule", [Rule.PROVIDER_OFF, Rule.TYPE_OFF, Rule.OTHER_PROVIDERS])
def test_what_is_off_takes_every_window(rule: Rule) -> None:
    [answer] = asked(a_window(), whole=rule)
    assert dict(answer.removed) == {rule: 6}
    [place] = asked(a_window(), places_off=(NORTHSIDE,))
    assert dict(place.removed) == {Rule.PLACE_OFF: 6}


def test_every_rule_has_its_words() -> None:
    assert set(RULE_WORDS) == set(Rule)
