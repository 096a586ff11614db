"""Wishes as codes, their order, and the steps of an asking in an address: pure."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from starlette.exceptions import HTTPException

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.requests import DayPart, RequestKind, Wish, WishKind
from request_desk.web.forms import Asking, in_order, parse_wish, ranked, wish_code

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ids = st.integers(1, 2**63 - 1)
slots = st.builds(
    lambda minute, provider: Wish(
        1, WishKind.SLOT, ProviderId(provider) if provider else None, EPOCH + timedelta(minutes=minute)
    ),
    st.integers(0, 16**7 - 1),
    st.none() | ids,
)
days = st.builds(
    lambda day, part: Wish(1, WishKind.DAY_PART, day=day, part=part),
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    st.sampled_from(DayPart),
)
wishes = slots | days | st.just(Wish(1, WishKind.NEXT))


@given(wishes)
def test_a_wish_survives_the_form(wish: Wish) -> None:
    assert parse_wish(wish_code(wish)) == wish


@given(st.text(max_size=40))
def test_any_other_code_is_refused_and_never_fails_otherwise(code: str) -> None:
    with suppress(Invalid):
        assert parse_wish(wish_code(parse_wish(code))) == parse_wish(code)


@pytest.mark.parametrize(
    "code",
    [
        "s-",
        "sfffffffff-1",
        "s1-ffffffffffffffffff",
        "s1-ffffffffffffffff",
        "d2026-13-01-morning",
        "d2026-11-24-midnight",
        "NEXT",
    ],
)
def test_codes_that_no_page_made_are_refused(code: str) -> None:
    with pytest.raises(Invalid):
        parse_wish(code)


@given(st.lists(wishes, max_size=9))
def test_picks_are_in_order_once_each_next_available_last(picks: list[Wish]) -> None:
    ordered = in_order(picks)
    assert {wish_code(pick) for pick in ordered} == {wish_code(pick) for pick in picks}
    assert len({wish_code(pick) for pick in ordered}) == len(ordered)
    assert all(pick.kind is not WishKind.NEXT for pick in ordered[:-1])
    starts = [pick.starts_at for pick in ordered if pick.starts_at is not None]
    assert starts == sorted(starts)


@given(st.lists(wishes, min_size=1, max_size=5), st.data())
def test_the_best_wish_comes_first_and_ranks_count_up(picks: list[Wish], data: st.DataObject) -> None:
    best = wish_code(data.draw(st.sampled_from(picks)))
    found = ranked(picks, best)
    assert wish_code(found[0]) == best
    assert [wish.rank for wish in found] == list(range(1, len(found) + 1))


@given(ids, st.none() | ids, st.none() | ids, st.none() | ids, st.lists(wishes, max_size=5))
def test_the_steps_survive_the_address(
    child: int, type_: int | None, provider: int | None, place: int | None, picks: list[Wish]
) -> None:
    asking = Asking(
        patient_id=PatientId(child),
        type_id=TypeId(type_) if type_ else None,
        is_any_type=type_ is None,
        provider_id=ProviderId(provider) if provider else None,
        is_any_provider=provider is None,
        location_id=LocationId(place) if place else None,
        is_any_location=place is None,
        appointment_id=AppointmentId(child),
        picks=in_order(picks),
        from_day=date(2026, 11, 24),
    )
    assert Asking.read(asking.fields() | asking.pick_fields()) == asking
    assert len(asking.link(RequestKind.SCHEDULE)) < 2048


def test_a_field_that_no_page_has_is_refused() -> None:  # INP-04
    for name in ("x", "w", "w100", "child ", "Child"):
        with pytest.raises(HTTPException):
            Asking.read({name: "1"})
