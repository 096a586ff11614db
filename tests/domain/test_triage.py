"""Opening-hours arithmetic and *Needs me first* (MC7)."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given, strategies as st

from request_desk.domain.directory import OpeningHours
from request_desk.domain.ids import LocationId, RequestId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import DayPart, Group, ListOrder, RequestKey, RequestKind, Wish, WishKind
from request_desk.domain.spans import Span, merged
from request_desk.domain.triage import (
    due_at,
    group_of,
    in_order,
    is_late,
    near,
    needed_at,
    next_closing,
)

LA = PracticeTime("America/Los_Angeles")
TUESDAY, FRIDAY, MONDAY = date(2026, 11, 24), date(2026, 11, 20), date(2026, 11, 23)
WEEK = tuple(OpeningHours(weekday, 8 * 60, 17 * 60) for weekday in range(5))
LUNCH = tuple(OpeningHours(weekday, *hours) for weekday in range(5) for hours in ((780, 1020), (480, 720)))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return LA.instant(day, hour * 60 + minute)


def due(
    arrived: datetime,
    age: timedelta = 45 * MINUTE,
    opening: tuple[OpeningHours, ...] = WEEK,
    closed: tuple[date, ...] = (),
) -> datetime:
    return due_at(arrived, age, opening, closed, LA)


def test_the_target_runs_in_opening_hours() -> None:
    assert due(at(TUESDAY, 9)) == at(TUESDAY, 9, 45)
    assert due(at(TUESDAY, 16, 30)) == at(date(2026, 11, 25), 8, 15)
    assert due(at(TUESDAY, 6)) == at(TUESDAY, 8, 45)
    assert due(at(TUESDAY, 16, 15)) == at(TUESDAY, 17)
    assert due(at(FRIDAY, 20)) == at(MONDAY, 8, 45)
    assert due(at(FRIDAY, 20), closed=(MONDAY,)) == at(TUESDAY, 8, 45)
    assert due(at(TUESDAY, 11, 45), opening=LUNCH) == at(TUESDAY, 13, 30)
    assert due(at(TUESDAY, 9), timedelta(hours=20)) == at(date(2026, 11, 26), 11)


def test_a_practice_that_never_opens_still_has_a_target() -> None:
    for opening, closed in (
        ((), ()),
        ((OpeningHours(0, 600, 600),), ()),
        ((OpeningHours(0, 600, 500),), ()),
        ((), (TUESDAY,)),
    ):
        assert due(at(TUESDAY, 9), opening=opening, closed=closed) == at(TUESDAY, 9, 45)
        assert next_closing(at(TUESDAY, 9), opening, closed, LA) == LA.bounds(TUESDAY).ends_at


def test_a_year_of_closed_days_terminates() -> None:
    closed = frozenset(TUESDAY + timedelta(days=count) for count in range(400))
    assert due_at(at(TUESDAY, 9), 45 * MINUTE, WEEK, closed, LA) == at(TUESDAY, 9, 45)
    assert next_closing(at(TUESDAY, 9), WEEK, closed, LA) == LA.bounds(TUESDAY).ends_at


opening_hours = st.lists(
    st.builds(OpeningHours, st.integers(0, 6), st.integers(0, 1440), st.integers(0, 1440)), max_size=8
).map(tuple)
instants = st.integers(0, 180 * 1440).map(lambda minutes: datetime(2026, 10, 1, tzinfo=UTC) + minutes * MINUTE)
closings = st.frozensets(st.dates(date(2026, 10, 1), date(2027, 4, 1)), max_size=5)
ages = st.integers(0, 5_000).map(lambda minutes: minutes * MINUTE)


def open_between(
    start: datetime, end: datetime, opening: tuple[OpeningHours, ...], closed: frozenset[date]
) -> timedelta:
    days = (LA.day_of(start) + timedelta(days=count) for count in range((end - start).days + 2))
    spans = merged(
        Span(max(start, LA.instant(day, hours.start_minute)), min(end, LA.instant(day, hours.end_minute)))
        for day in days
        for hours in opening
        if hours.weekday == day.weekday() and day not in closed
    )
    return sum((span.ends_at - span.starts_at for span in spans), timedelta(0))


@given(instants, ages, opening_hours, closings)
def test_the_open_time_until_the_target_is_the_target(
    arrived: datetime, age: timedelta, opening: tuple[OpeningHours, ...], closed: frozenset[date]
) -> None:
    end = due_at(arrived, age, opening, closed, LA)
    assert end >= arrived
    passed = open_between(arrived, end, opening, closed)
    assert passed == age or (end == arrived + age and passed <= age)


@given(instants, opening_hours, closings)
def test_the_next_closing_is_to_come(now: datetime, opening: tuple[OpeningHours, ...], closed: frozenset[date]) -> None:
    assert next_closing(now, opening, closed, LA) > now
    span = near(now, opening, closed, LA)
    assert span.starts_at <= now < span.ends_at


def test_the_practice_closes_once_a_day() -> None:
    assert next_closing(at(TUESDAY, 10), WEEK, (), LA) == at(TUESDAY, 17)
    assert next_closing(at(TUESDAY, 10), LUNCH, (), LA) == at(TUESDAY, 17)
    assert next_closing(at(TUESDAY, 17), WEEK, (), LA) == at(date(2026, 11, 25), 17)
    assert next_closing(at(FRIDAY, 18), WEEK, (), LA) == at(MONDAY, 17)


def test_a_late_answer_is_one_after_its_time() -> None:
    assert not is_late(at(TUESDAY, 9), at(TUESDAY, 9))
    assert is_late(at(TUESDAY, 9), at(TUESDAY, 9) + timedelta(microseconds=1))


def test_what_a_request_is_about_is_its_first_time() -> None:
    wishes = (
        Wish(1, WishKind.SLOT, starts_at=at(TUESDAY, 9)),
        Wish(2, WishKind.DAY_PART, day=MONDAY, part=DayPart.AFTERNOON),
        Wish(3, WishKind.NEXT),
    )
    assert needed_at(RequestKind.SCHEDULE, None, wishes, LA) == at(MONDAY, 12)
    assert needed_at(RequestKind.RESCHEDULE, at(FRIDAY, 9), wishes, LA) == at(FRIDAY, 9)
    assert needed_at(RequestKind.CANCEL, at(TUESDAY, 10), (), LA) == at(TUESDAY, 10)
    assert needed_at(RequestKind.SCHEDULE, at(FRIDAY, 9), (), LA) is None
    assert needed_at(RequestKind.SCHEDULE, None, wishes[2:], LA) is None


NOW = at(TUESDAY, 10)
NEAR = near(NOW, WEEK, (), LA)


def a_key(
    number: int,
    *,
    urgent: bool = False,
    needed: datetime | None = None,
    late: bool = False,
    arrived: datetime | None = None,
) -> RequestKey:
    due_time = NOW - MINUTE if late else NOW + MINUTE
    return RequestKey(
        RequestId(number), urgent, needed, due_time, arrived or at(TUESDAY, 9, number % 60), LocationId(1)
    )


def test_groups_go_urgent_today_late_rest() -> None:
    urgent = a_key(1, urgent=True, needed=NOW, late=True)
    today = a_key(2, needed=at(TUESDAY, 14), late=True)
    late, rest = a_key(3, late=True), a_key(4)
    ordered = in_order([rest, late, today, urgent], NOW, NEAR, ListOrder.NEEDS_ME)
    assert ordered == [(Group.URGENT, urgent), (Group.TODAY, today), (Group.LATE, late), (Group.REST, rest)]


def test_today_reaches_to_the_next_closing_and_not_back_to_yesterday() -> None:
    def group(needed: datetime, now: datetime) -> Group:
        return group_of(a_key(1, needed=needed), now, near(now, WEEK, (), LA))

    assert group(at(TUESDAY, 8), NOW) is Group.TODAY  # earlier today: nobody has answered yet
    assert group(at(TUESDAY, 18), NOW) is Group.TODAY
    assert group(at(date(2026, 11, 25), 8), NOW) is Group.REST
    assert group(at(date(2026, 11, 25), 16), at(TUESDAY, 18)) is Group.TODAY
    assert group(at(MONDAY, 9), at(FRIDAY, 18)) is Group.TODAY
    assert group(at(MONDAY, 9), NOW) is Group.REST


def test_within_today_the_first_needed_comes_first_and_else_the_oldest() -> None:
    two, ten = a_key(1, needed=at(TUESDAY, 14)), a_key(2, needed=at(TUESDAY, 10))
    old, new = a_key(3, arrived=at(MONDAY, 9)), a_key(4, arrived=at(TUESDAY, 9))
    assert [key for _, key in in_order([two, new, old, ten], NOW, NEAR, ListOrder.NEEDS_ME)] == [ten, two, old, new]
    assert [key for _, key in in_order([new, old], NOW, NEAR, ListOrder.OLDEST)] == [old, new]
    assert [key for _, key in in_order([old, new], NOW, NEAR, ListOrder.NEWEST)] == [new, old]


keys = st.builds(
    RequestKey,
    st.integers(1, 10_000).map(RequestId),
    st.booleans(),
    st.one_of(st.none(), st.integers(-40, 40).map(lambda hours: NOW + hours * HOUR)),
    st.integers(-3, 3).map(lambda hours: NOW + hours * HOUR),
    st.integers(0, 5).map(lambda hours: NOW - hours * HOUR),
    st.none(),
)
many_keys = st.lists(keys, max_size=12, unique_by=lambda key: key.id)


@given(many_keys, keys, st.sampled_from(ListOrder), st.randoms(use_true_random=False))
def test_a_new_row_never_reshuffles_the_others(
    known: list[RequestKey], new: RequestKey, order: ListOrder, random: Random
) -> None:
    others = [key for key in known if key.id != new.id]
    before = [key for _, key in in_order(others, NOW, NEAR, order)]
    together = [*others, new]
    random.shuffle(together)
    after = [key for _, key in in_order(together, NOW, NEAR, order)]
    assert [key for key in after if key != new] == before
    assert sorted(key.id for key in after) == sorted(key.id for key in together)


@given(many_keys)
def test_groups_stand_together_in_their_order(known: list[RequestKey]) -> None:
    groups = [group for group, _ in in_order(known, NOW, NEAR, ListOrder.NEEDS_ME)]
    assert groups == sorted(groups, key=list(Group).index)


def test_a_day_with_25_hours_is_near_to_its_end() -> None:
    day = date(2026, 11, 1)
    assert near(LA.instant(day, 600), (), (), LA) == Span(
        *(getattr(LA.bounds(day), name) for name in ("starts_at", "ends_at"))
    )
