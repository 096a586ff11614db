"""Up to three fitting slots per wish, nine in all, best first (ACT2)."""

from datetime import date, datetime, timedelta

from hypothesis import given, strategies as st

from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.offers import MOST, PER_WISH, Choice, choose_offers
from request_desk.domain.own_words import against, read
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import DayPart, Fit, Wish, WishKind
from request_desk.domain.spans import Slot

LA = PracticeTime("America/Los_Angeles")
MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)
LINDQVIST, MWANGI, CASTELLANOS = ProviderId(1), ProviderId(2), ProviderId(3)
NORTHSIDE, HARBOR = LocationId(1), LocationId(2)
NOW = LA.instant(MONDAY, 8 * 60)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return LA.instant(day, hour * 60 + minute)


def free(day: date, hour: int, minute: int = 0, who: ProviderId = LINDQVIST, where: LocationId = NORTHSIDE) -> Slot:
    start = at(day, hour, minute)
    return Slot(who, where, start, start + timedelta(minutes=40), start + timedelta(minutes=45))


def wish(day: date, hour: int, minute: int = 0, rank: int = 1, who: ProviderId | None = LINDQVIST) -> Wish:
    return Wish(rank, WishKind.SLOT, who, at(day, hour, minute))


def offers(
    wishes: list[Wish],
    slots: list[Slot],
    *,
    asked: ProviderId | None = None,
    home: LocationId | None = None,
    now: datetime = NOW,
    own: str = "",
    is_same_day: bool = False,
) -> list[Choice]:
    return list(
        choose_offers(
            wishes,
            slots,
            zone=LA,
            asked_provider_id=asked,
            home_location_id=home,
            now=now,
            own=read(own, LA.day_of(now)),
            is_same_day=is_same_day,
        )
    )


def test_fits_come_best_first() -> None:
    exact = free(TUESDAY, 9, 20)
    near = free(TUESDAY, 10, 10)
    other = free(TUESDAY, 9, 20, MWANGI)
    tomorrow = free(WEDNESDAY, 9, 20)
    slots = [tomorrow, other, near, exact]
    assert offers([wish(TUESDAY, 9, 20)], slots) == [
        Choice(exact, Fit.EXACT, 1),
        Choice(near, Fit.SAME_PROVIDER, 1),
        Choice(other, Fit.SAME_DAY, 1),
    ]
    assert offers([wish(TUESDAY, 9, 20)], slots[:2]) == [
        Choice(other, Fit.SAME_DAY, 1),
        Choice(tomorrow, Fit.NEXT_DAYS, 1),
    ]


def test_starts_that_overlap_an_offer_come_only_when_there_is_nothing_else() -> None:
    exact, beside, later = free(TUESDAY, 9, 20), free(TUESDAY, 9, 30), free(TUESDAY, 11)
    assert [choice.slot for choice in offers([wish(TUESDAY, 9, 20)], [exact, beside, later])] == [exact, later, beside]


def test_the_same_provider_far_in_the_day_is_no_nearer_than_another() -> None:
    far, other = free(TUESDAY, 16), free(TUESDAY, 9, 30, MWANGI)
    assert [choice.slot for choice in offers([wish(TUESDAY, 9, 20)], [far, other])] == [other, far]


def test_the_best_of_each_wish_comes_first_then_the_second_bests() -> None:
    slots = [free(day, 9 + step) for day in (TUESDAY, WEDNESDAY) for step in range(4)]
    chosen = offers([wish(TUESDAY, 9), wish(WEDNESDAY, 9, rank=2)], slots)
    assert [choice.wish_rank for choice in chosen] == [1, 2, 1, 2, 1, 2]
    assert [choice.slot for choice in chosen[:4]] == [slots[0], slots[4], slots[1], slots[5]]


def test_a_wished_time_that_is_free_comes_before_every_time_that_nobody_wished() -> (
    None
):  # ACT2: the digit that is pressed
    near, tomorrow = free(TUESDAY, 9, 40), free(WEDNESDAY, 8, 40)
    second, third = free(TUESDAY, 14), free(WEDNESDAY, 10)
    wishes = [wish(TUESDAY, 9, 20), wish(TUESDAY, 14, rank=2), wish(WEDNESDAY, 10, rank=3)]
    chosen = offers(wishes, [near, tomorrow, second, third])
    assert chosen[:3] == [Choice(second, Fit.EXACT, 2), Choice(third, Fit.EXACT, 3), Choice(near, Fit.SAME_PROVIDER, 1)]


def test_a_wish_never_loses_its_exact_slot_to_another_wish() -> None:
    slots = [free(TUESDAY, 9), free(TUESDAY, 11)]
    chosen = offers([wish(TUESDAY, 10), wish(TUESDAY, 9, rank=2), wish(TUESDAY, 11, rank=3)], slots)
    assert chosen == [Choice(slots[0], Fit.EXACT, 2), Choice(slots[1], Fit.EXACT, 3)]


def test_a_part_of_a_day_is_met_inside_it() -> None:
    morning = Wish(1, WishKind.DAY_PART, LINDQVIST, day=TUESDAY, part=DayPart.MORNING)
    slots = [free(TUESDAY, 12), free(TUESDAY, 11, 10), free(TUESDAY, 8, who=MWANGI), free(TUESDAY, 17)]
    assert offers([morning], slots) == [
        Choice(slots[1], Fit.EXACT, 1),
        Choice(slots[0], Fit.SAME_PROVIDER, 1),
        Choice(slots[2], Fit.SAME_DAY, 1),
    ]


def test_any_provider_is_exact_at_the_wished_time_at_home_first() -> None:
    away, home = free(TUESDAY, 9, who=LINDQVIST, where=HARBOR), free(TUESDAY, 9, who=MWANGI)
    chosen = offers([wish(TUESDAY, 9, who=None)], [away, home], home=NORTHSIDE)
    assert chosen == [Choice(home, Fit.EXACT, 1), Choice(away, Fit.EXACT, 1)]


def test_the_provider_of_the_request_counts_where_a_wish_names_none() -> None:
    mine, other = free(TUESDAY, 9), free(TUESDAY, 9, who=MWANGI)
    chosen = offers([wish(TUESDAY, 9, who=None)], [other, mine], asked=LINDQVIST)
    assert [(choice.slot, choice.fit) for choice in chosen] == [(mine, Fit.EXACT), (other, Fit.SAME_DAY)]


def test_no_wishes_means_the_next_available_at_different_times() -> None:  # MC5
    slots = [free(TUESDAY, 9, who=who) for who in (LINDQVIST, MWANGI)] + [free(TUESDAY, 10), free(WEDNESDAY, 8)]
    chosen = offers([], slots)
    assert [(choice.slot, choice.wish_rank) for choice in chosen] == [(slots[0], 1), (slots[2], 1), (slots[3], 1)]
    assert offers([], slots[:2]) == [Choice(slots[0], Fit.EXACT, 1), Choice(slots[1], Fit.EXACT, 1)]


def test_the_next_available_of_the_asked_provider_comes_before_sooner_others() -> None:
    other, mine = free(MONDAY, 9, who=MWANGI), free(WEDNESDAY, 9)
    chosen = offers([Wish(1, WishKind.NEXT)], [other, mine], asked=LINDQVIST)
    assert chosen == [Choice(mine, Fit.EXACT, 1), Choice(other, Fit.NEXT_DAYS, 1)]


def test_past_wishes_are_answered_by_what_comes_and_past_slots_never_offered() -> None:
    now = at(WEDNESDAY, 8)
    chosen = offers([wish(TUESDAY, 9)], [free(TUESDAY, 9), free(WEDNESDAY, 10), free(WEDNESDAY, 8)], now=now)
    assert [choice.slot for choice in chosen] == [free(WEDNESDAY, 10)]
    assert chosen[0].fit is Fit.NEXT_DAYS


def test_a_day_before_the_wish_is_offered_only_at_the_end() -> None:
    before, after = free(TUESDAY, 9), free(date(2026, 12, 15), 9)
    assert [choice.slot for choice in offers([wish(WEDNESDAY, 9)], [before, after])] == [after, before]


def test_a_parent_rather_waits_three_days_than_sees_another_provider() -> None:
    other, mine, late = free(WEDNESDAY, 9, who=MWANGI), free(date(2026, 11, 27), 9), free(date(2026, 12, 4), 9)
    assert offers([wish(TUESDAY, 9)], [other, mine])[0].slot == mine
    assert offers([wish(TUESDAY, 9)], [other, late])[0].slot == other


slots_strategy = st.lists(
    st.builds(
        free,
        st.sampled_from([MONDAY, TUESDAY, WEDNESDAY, date(2026, 12, 1)]),
        st.integers(8, 17),
        st.sampled_from([0, 20, 40]),
        st.sampled_from([LINDQVIST, MWANGI, CASTELLANOS]),
        st.sampled_from([NORTHSIDE, HARBOR]),
    ),
    max_size=60,
    unique_by=lambda slot: (slot.provider_id, slot.starts_at),
)
wish_strategy = st.lists(
    st.one_of(
        st.builds(
            wish, st.sampled_from([MONDAY, TUESDAY]), st.integers(8, 17), who=st.sampled_from([None, LINDQVIST, MWANGI])
        ),
        st.just(Wish(1, WishKind.NEXT)),
        st.builds(lambda part: Wish(1, WishKind.DAY_PART, None, day=TUESDAY, part=part), st.sampled_from(DayPart)),
    ),
    max_size=5,
).map(
    lambda wishes: [Wish(rank, w.kind, w.provider_id, w.starts_at, w.day, w.part) for rank, w in enumerate(wishes, 1)]
)


@given(wish_strategy, slots_strategy, st.sampled_from([None, LINDQVIST]), st.sampled_from([None, HARBOR]))
def test_offers_are_few_distinct_fair_and_as_many_as_there_can_be(
    wishes: list[Wish], slots: list[Slot], asked: ProviderId | None, home: LocationId | None
) -> None:
    chosen = offers(wishes, slots, asked=asked, home=home)
    ranks = [choice.wish_rank for choice in chosen]
    assert len(chosen) <= MOST
    assert len({(choice.slot.provider_id, choice.slot.starts_at) for choice in chosen}) == len(chosen)
    assert all(ranks.count(rank) <= PER_WISH for rank in ranks)
    assert all(choice.slot in slots and choice.slot.starts_at > NOW for choice in chosen)
    coming = [slot for slot in slots if slot.starts_at > NOW]
    if len(wishes) < 2:
        assert len(chosen) == min(PER_WISH, len(coming))
    for one in wishes:
        if one.kind is WishKind.SLOT and any(
            slot.starts_at == one.starts_at and one.provider_id == slot.provider_id for slot in coming
        ):
            assert any(
                choice.slot.starts_at == one.starts_at and choice.slot.provider_id == one.provider_id
                for choice in chosen
            )
    assert chosen == offers(wishes, slots[::-1], asked=asked, home=home)


def test_for_a_same_day_type_the_day_beats_the_provider() -> None:  # MC16
    today, tomorrow = free(MONDAY, 11, who=MWANGI), free(TUESDAY, 9)
    slots = [today, tomorrow]
    assert [choice.slot for choice in offers([], slots, asked=LINDQVIST, is_same_day=True)] == [today, tomorrow]
    assert [choice.slot for choice in offers([], slots, asked=LINDQVIST)] == [tomorrow, today]


def test_own_words_beat_nearness_and_the_provider() -> None:  # MC16
    ten, four, other = free(MONDAY, 10), free(TUESDAY, 16), free(MONDAY, 16, who=MWANGI)
    chosen = offers([], [ten, four, other], asked=LINDQVIST, own="after 3, can't leave work")
    assert [choice.slot for choice in chosen] == [four, other, ten]


def test_a_slot_that_was_named_exactly_stays_first_whatever_the_words_say() -> None:
    ten, four = free(TUESDAY, 10), free(TUESDAY, 16)
    chosen = offers([wish(TUESDAY, 10)], [ten, four], own="after 3 please")
    assert [choice.slot for choice in chosen] == [ten, four]


def test_the_part_of_a_day_in_a_wish_beats_nearness() -> None:  # MC16
    morning = Wish(1, WishKind.DAY_PART, None, None, TUESDAY, DayPart.MORNING)
    afternoon, next_morning = free(TUESDAY, 15), free(WEDNESDAY, 9)
    assert [choice.slot for choice in offers([morning], [afternoon, next_morning])] == [next_morning, afternoon]


def test_who_is_ill_this_morning_rather_comes_in_the_afternoon_than_tomorrow() -> None:  # MC16
    morning = Wish(1, WishKind.DAY_PART, None, None, MONDAY, DayPart.MORNING)
    afternoon, next_morning = free(MONDAY, 14), free(TUESDAY, 9)
    for own in ("", "is there something this morning?", "rash since yesterday. today please"):
        chosen = offers([morning], [afternoon, next_morning], own=own, is_same_day=True)
        assert [choice.slot for choice in chosen] == [afternoon, next_morning], own


def test_who_is_ill_rather_comes_later_that_day_than_at_the_wished_hour_of_another() -> None:  # MC16
    wished, late, next_day = wish(MONDAY, 9), free(MONDAY, 15), free(TUESDAY, 9)
    own = "before work, if not any time that morning"
    chosen = offers([wished], [late, next_day], own=own, is_same_day=True)
    assert [choice.slot for choice in chosen] == [late, next_day]
    assert [choice.slot for choice in offers([wished], [late, next_day], own=own)] == [next_day, late]


def test_who_cannot_come_before_a_time_is_not_offered_an_earlier_one_first() -> None:  # MC16
    part = Wish(1, WishKind.DAY_PART, None, None, MONDAY, DayPart.AFTERNOON)
    ten, next_four = free(MONDAY, 10), free(TUESDAY, 16)
    chosen = offers([part], [ten, next_four], own="today after 3, I can't leave work", is_same_day=True)
    assert [choice.slot for choice in chosen] == [next_four, ten]


def test_days_that_the_words_mean_are_found_behind_many_others() -> None:
    many = [
        free(MONDAY + timedelta(days=week * 7 + day), hour)
        for week in range(3)
        for day in (0, 1)
        for hour in range(9, 17)
    ]
    friday = free(MONDAY + timedelta(days=18), 9)
    assert offers([], [*many, friday], own="only on Fridays please")[0].slot == friday


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(8, 16), st.sampled_from([LINDQVIST, MWANGI])), unique=True, max_size=40
    ),
    st.sampled_from(["", "after 3 please", "not Wednesdays", "mornings please", "los martes por la tarde por favor"]),
    st.booleans(),
)
def test_the_words_only_change_the_order_and_what_they_mean_comes_first(
    places: list[tuple[int, int, ProviderId]], own: str, is_same_day: bool
) -> None:
    slots = [free(MONDAY + timedelta(days=day), hour, who=who) for day, hour, who in places]
    chosen = [each.slot for each in offers([], slots, asked=LINDQVIST, own=own, is_same_day=is_same_day)]
    assert len(chosen) == len(set(chosen)) <= MOST
    assert set(chosen) <= set(slots)
    misses = [against(read(own, MONDAY), each.starts_at, LA) for each in chosen]
    best = min((against(read(own, MONDAY), each.starts_at, LA) for each in slots if each.starts_at > NOW), default=None)
    assert best is None or misses[0] == best
