"""The booking page for whom a partner's token names: what it covers, one time held, one appointment booked (PP3, JWT-07, JWT-08)."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from request_desk.domain.access import VISITOR, Actor, ActorKind
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Limited, NotAllowed, NotFound, Refused, SignedOut
from request_desk.domain.ids import AppointmentId, IdSource, LaunchId, LocationId, hashed
from request_desk.domain.online_booking import BookingScope, HoldState
from request_desk.services.desk import Desk
from request_desk.services.portal import booking, booking_choices, booking_tokens
from request_desk.services.schedule.views import load
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice, wall
from tests.online import TOMORROW, Share
from tests.partners import Partner, sealing_desk
from tests.services.test_booking_secrets import at_once

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(database: Database, clock: FixedClock, tmp_path: Path) -> Desk:
    return sealing_desk(database, clock, tmp_path / "keys")


@pytest.fixture
def share(practice: Practice) -> Share:
    return Share(practice, self_booking=False)  # a matter of share links alone


@pytest.fixture
def partner(share: Share) -> Partner:
    return Partner(share.practice)


def scope_of(share: Share, actor: Actor, **other: Any) -> BookingScope:
    values = {"launch_id": actor.launch_id, "patient_id": share.practice.zuri, **other}
    return BookingScope(values.pop("type_id", share.practice.well), **values)


@pytest.fixture
def hold(share: Share) -> Callable[..., AppointmentId]:
    """Keep a time for a launch."""

    def held(actor: Actor, time: str, *, secret: str = "a", **values: Any) -> AppointmentId:
        scope = values.pop("scope", None) or scope_of(share, actor)
        return share.hold(time, secret=secret, client=secret, scope=scope, by=actor, **values)

    return held


Hold = Callable[..., AppointmentId]


def used(share: Share) -> list[int]:
    return [row.appointment_id for row in share.rows(schema.booking_token_use)]


def test_a_token_books_for_its_patient_while_self_booking_is_off(share: Share, partner: Partner, hold: Hold) -> None:
    practice, desk = share.practice, share.desk
    actor = partner.launched(partner.token())
    held_id = hold(actor, "9:20")
    assert share.appointment(held_id).patient_id == practice.zuri
    assert share.held().scope == scope_of(share, actor)
    other = practice.a_patient("Emma", "Stone", date(2021, 5, 4))
    with pytest.raises(NotFound):
        desk.perform(actor, booking.confirm, hashed("a"), other)
    stranger = Actor(ActorKind.PARTNER, LaunchId(actor.id + 1), "Other")
    for who in (stranger, VISITOR, practice.amara):
        with pytest.raises((NotFound, SignedOut, NotAllowed)):
            desk.perform(who, booking.confirm, hashed("a"), practice.zuri)
    assert desk.perform(actor, booking.confirm, hashed("a"), practice.zuri).value == held_id
    row = share.appointment(held_id)
    assert (row.status, row.booked_by_kind) == ("confirmed", "partner")
    assert desk.query(practice.maria, load, held_id).booked_by == "The family, by a partner's link"
    assert used(share) == [held_id]
    told = desk.query(VISITOR, booking.booked_online, held_id, hashed("a"))
    assert told is not None
    assert told.is_told


def test_a_scope_is_not_widened(share: Share, partner: Partner, hold: Hold) -> None:  # JWT-08
    practice = share.practice
    actor = partner.launched(partner.token(type="Well visit", location="Northside"))
    other = partner.launched(partner.token())
    sister = practice.a_patient("Ada", "Okafor", date(2019, 1, 1))
    for scope in (
        scope_of(share, actor, type_id=practice.sick),
        scope_of(share, actor, patient_id=sister),
        scope_of(share, actor, patient_id=None),
        scope_of(share, other),
        BookingScope(practice.well, launch_id=other.launch_id, patient_id=practice.zuri),
    ):
        with pytest.raises(NotAllowed):
            hold(actor, "9:20", scope=scope)
    with pytest.raises(NotAllowed):
        share.hold("9:20", scope=scope_of(share, actor))  # by a visitor
    elsewhere = partner.launched(partner.token(location="Harbor St"))
    with pytest.raises(NotAllowed):
        hold(elsewhere, "9:20")
    assert share.rows(schema.booking_hold) == []


def test_a_token_holds_one_time_in_all_its_browsers(share: Share, partner: Partner, hold: Hold) -> None:  # WEB-10
    token = partner.token()
    one, two = partner.launched(token), partner.launched(token)
    first = hold(one, "9:20")
    second = hold(one, "10:00", secret="b")
    third = hold(two, "10:40", secret="c")
    assert [share.appointment(each).cancel_code for each in (first, second)] == ["dropped", "dropped"]
    assert share.appointment(third).status == "held"
    assert share.held("b").state is HoldState.OVER
    other = hold(partner.launched(partner.token()), "11:20", secret="d")
    assert share.appointment(third).status == "held"
    assert share.appointment(other).status == "held"


def test_a_time_is_kept_no_longer_than_the_launch_lasts(
    share: Share, partner: Partner, hold: Hold, clock: FixedClock
) -> None:
    actor = partner.launched(partner.token())
    clock.advance(10 * MINUTE)
    held_id = hold(actor, "9:20")
    assert share.appointment(held_id).hold_expires_at == clock.now() + 5 * MINUTE
    clock.advance(6 * MINUTE)
    with pytest.raises(SignedOut):
        share.desk.perform(actor, booking.confirm, hashed("a"), share.practice.zuri)
    with pytest.raises(SignedOut):
        hold(actor, "10:00")
    assert used(share) == []


def test_a_replay_gives_the_first_appointment(share: Share, partner: Partner, hold: Hold) -> None:  # JWT-07
    desk, zuri, token = share.desk, share.practice.zuri, partner.token()
    one, two = partner.launched(token), partner.launched(token)
    first = hold(one, "9:20")
    assert desk.perform(one, booking.confirm, hashed("a"), zuri).value == first
    assert desk.perform(one, booking.confirm, hashed("a"), zuri).value == first
    with pytest.raises(Refused, match="booked with this link already"):
        hold(two, "10:00", secret="b")
    assert hold(one, "9:20") == first  # the same form again


def test_a_hold_of_another_browser_is_let_go_by_the_booking(
    share: Share, partner: Partner, hold: Hold, clock: FixedClock
) -> None:  # JWT-07
    desk, zuri, token = share.desk, share.practice.zuri, partner.token()
    one, two = partner.launched(token), partner.launched(token)
    first = hold(one, "9:20")
    second = hold(two, "10:00", secret="b")  # the first one is let go, and its time is still free
    assert desk.perform(one, booking.confirm, hashed("a"), zuri).value != first
    (booked,) = used(share)
    assert share.appointment(AppointmentId(booked)).status == "confirmed"
    assert desk.perform(two, booking.confirm, hashed("b"), zuri).value == booked
    assert share.appointment(second).status == "cancelled"
    for secret in ("a", "b"):
        held = share.held(secret)
        assert (held.state, held.id) == (HoldState.BOOKED, booked)
        assert desk.query(VISITOR, booking.booked_online, AppointmentId(booked), hashed(secret)) is not None
    assert (share.booked_at(wall(TOMORROW, "9:20")), share.booked_at(wall(TOMORROW, "10:00"))) == (1, 0)


def test_a_refused_confirm_uses_nothing_up(share: Share, partner: Partner, hold: Hold) -> None:
    practice = share.practice
    actor = partner.launched(partner.token())
    held_id = hold(actor, "9:20")
    share.change(schema.appointment_type, practice.well, max_age_months=6)
    with pytest.raises(Limited):
        share.desk.perform(actor, booking.confirm, hashed("a"), practice.zuri)
    assert used(share) == []
    share.change(schema.appointment_type, practice.well, max_age_months=None)
    assert share.desk.perform(actor, booking.confirm, hashed("a"), practice.zuri).value == held_id


def test_sixty_four_confirms_of_eight_browsers_book_once(
    database_url: str, share: Share, partner: Partner, hold: Hold, clock: FixedClock, tmp_path: Path
) -> None:  # JWT-07
    token, practice = partner.token(), share.practice
    actors = [partner.launched(token) for _browser in range(8)]
    times = ("8:40", "9:20", "10:00", "10:40", "11:20", "13:20", "14:00", "14:40")
    for number, (actor, time) in enumerate(zip(actors, times, strict=True)):
        hold(actor, time, secret=f"secret {number}")
    desks = [
        sealing_desk(Database(database_url), clock, tmp_path / "keys", IdSource(clock.now)) for _number in range(8)
    ]
    told = at_once(
        [
            partial(
                desks[number % 8].perform,
                actors[number // 8],
                booking.confirm,
                hashed(f"secret {number // 8}"),
                practice.zuri,
            )
            for number in range(64)
        ]
    )
    for each in desks:
        each.close()
    assert len({each.value for each in told}) == 1, told
    assert [row.status for row in share.rows(schema.appointment)].count("confirmed") == 1
    assert [row.status for row in share.rows(schema.appointment)].count("held") == 0
    assert used(share) == [told[0].value]


def test_a_token_without_a_type_offers_what_families_can_book(share: Share, partner: Partner) -> None:
    practice, desk = share.practice, share.desk
    actor = partner.launched(partner.token())

    def kinds(*places: LocationId) -> list[str]:
        return [each.name for each in desk.query(actor, booking_choices.kinds_of_token, places)]

    assert kinds() == ["Well visit", "Sick visit"]
    share.change(schema.appointment_type, practice.sick, active=False)
    assert kinds() == ["Well visit"]
    share.change(schema.provider, practice.lindqvist, active=False)
    assert kinds(practice.harbor) == ["Well visit"]
    assert kinds(practice.northside) == []  # nobody has hours there any more


def test_a_revoked_secret_books_nothing_any_more(share: Share, partner: Partner, hold: Hold, clock: FixedClock) -> None:
    actor = partner.launched(partner.token())  # JWT-09
    hold(actor, "9:20")
    share.change(schema.booking_secret, partner.secret.id, revoked_at=clock.now())
    with pytest.raises(SignedOut):
        share.desk.perform(actor, booking.confirm, hashed("a"), share.practice.zuri)
    with pytest.raises(SignedOut):
        share.desk.query(actor, booking_tokens.scope)
    with pytest.raises(SignedOut):
        hold(actor, "10:00")
