"""Booking tokens of partners: exchanged, opened once, used for one appointment (PP3, JWT-01 … JWT-10)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.booking_tokens import BadToken
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, Refused, SignedOut
from request_desk.domain.ids import AppointmentId, IdSource, LocationId, TypeId, hashed, new_token
from request_desk.domain.sealing import KeyMissing
from request_desk.services.desk import Desk, Unit
from request_desk.services.portal import booking_tokens
from request_desk.services.practice import booking_secrets, housekeeping
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import TODAY, Practice, wall
from tests.partners import SCHOOL, Partner, claims_of, header_of, part, sealing_desk, signed
from tests.services.test_booking_secrets import at_once

launch = schema.booking_launch.c


@pytest.fixture
def desk(database: Database, clock: FixedClock, tmp_path: Path) -> Desk:
    return sealing_desk(database, clock, tmp_path / "keys")


@pytest.fixture
def partner(practice: Practice) -> Partner:
    return Partner(practice)


def revoke(partner: Partner) -> None:
    practice = partner.practice
    version = next(
        each.version
        for each in practice.desk.query(practice.admin, booking_secrets.booking_secrets)
        if each.id == partner.secret.id
    )
    practice.desk.perform(practice.admin, booking_secrets.revoke_secret, partner.secret.id, expect_version=version)


def refused(desk: Desk, token: str) -> str:
    """Why a token is refused; what whoever sent it hears is always the same."""
    with pytest.raises(BadToken) as told:
        desk.query(SYSTEM, booking_tokens.accept, token)
    assert told.value.sentence == "The booking token is not accepted."
    return told.value.reason


def test_a_token_leads_to_its_patient(partner: Partner, practice: Practice) -> None:  # PP3
    actor = partner.launched(partner.token(type="Well visit", location="Northside"))
    assert (actor.kind, actor.name) == ("partner", SCHOOL)
    scope = practice.desk.query(actor, booking_tokens.scope)
    assert (scope.patient_id, scope.type_id, scope.location_id) == (practice.zuri, practice.well, practice.northside)
    scope.check(practice.well, practice.northside)
    for other in ((practice.sick, practice.northside), (practice.well, practice.harbor)):
        with pytest.raises(NotAllowed):  # JWT-08
            scope.check(*other)
    anything = practice.desk.query(partner.launched(partner.token()), booking_tokens.scope)
    anything.check(TypeId(practice.sick), LocationId(practice.harbor))


def test_the_code_is_kept_as_its_hash(partner: Partner, database: Database) -> None:
    token = partner.token()
    code = partner.code(token)
    with database.read() as connection:
        rows = str([connection.execute(select(each)).all() for each in schema.metadata.sorted_tables])
    assert hashed(code) in rows
    assert code not in rows
    assert token not in rows
    assert token.rpartition(".")[2] not in rows


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "Another School"}, "signature-or-claims"),
        ({"aud": "request-desk"}, "signature-or-claims"),
        ({"jti": "short"}, "jti"),
        ({"exp": 2_000_000_000}, "life"),
    ],
)
def test_wrong_claims_are_refused(partner: Partner, change: dict[str, object], reason: str) -> None:
    assert refused(partner.desk, partner.token(**change)) == reason


def test_wrong_keys_and_signatures_are_refused_alike(partner: Partner, practice: Practice) -> None:  # JWT-10
    value, key_id = partner.secret.value.text, partner.secret.key_id
    claims = claims_of(practice.desk.clock.now(), practice.zuri)
    other = Partner(practice, "County Clinic")
    right = partner.token()
    for token in (
        signed("another value", header_of(key_id), claims),
        signed(value, header_of("0" * 16), claims),
        signed(value, header_of(other.secret.key_id), claims),  # a key of somebody else
        signed(value, header_of(key_id), claims, "sha512"),
        f"{right.rpartition('.')[0]}.{part(b'')}",
        f"{right.rpartition('.')[0]}.{part(b'0' * 32)}",
    ):
        assert refused(partner.desk, token) in {"signature-or-claims", "shape"}


@pytest.mark.parametrize("seconds", [299, 300 + 59, 300 + 60])
def test_a_token_ends(partner: Partner, clock: FixedClock, seconds: int) -> None:
    token = partner.token()
    clock.advance(timedelta(seconds=seconds))
    if seconds < 360:
        assert partner.desk.query(SYSTEM, booking_tokens.accept, token).claims.jti
    else:
        assert refused(partner.desk, token)


@pytest.mark.parametrize(
    ("claims", "field"),
    [
        ({"sub": "999"}, "sub"),
        ({"type": "well visit"}, "type"),
        ({"type": "Dance"}, "type"),
        ({"location": "Moon"}, "location"),
    ],
)
def test_what_is_not_there_is_told_to_the_partner(partner: Partner, claims: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as told:
        partner.code(partner.token(**claims))
    assert told.value.field == field


def test_a_patient_who_was_merged_is_followed(partner: Partner, practice: Practice) -> None:
    twin = practice.a_patient("Zury", "Okafor", TODAY.replace(year=2022), practice.amara_family)
    values = {"merged_into_id": practice.zuri, "active": False}
    with practice.database.write() as connection:
        connection.execute(update(schema.patient).where(schema.patient.c.id == twin).values(**values))
    actor = partner.launched(partner.token(twin))
    assert practice.desk.query(actor, booking_tokens.scope).patient_id == practice.zuri


@pytest.mark.parametrize("values", [{"active": False}, {"deceased": True}])
def test_nobody_books_for_who_is_gone(partner: Partner, practice: Practice, values: dict[str, bool]) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.patient).where(schema.patient.c.id == practice.zuri).values(**values))
    with pytest.raises(Invalid, match="no patient"):
        partner.code(partner.token())


def test_a_code_opens_once_and_soon(partner: Partner, clock: FixedClock, database: Database) -> None:
    desk = partner.desk
    code = partner.code(partner.token())
    for _look in range(3):  # scanners
        assert desk.query(SYSTEM, booking_tokens.code_stands, code)
    clock.advance(timedelta(seconds=119))
    first, second = new_token(), new_token()
    assert desk.perform(SYSTEM, booking_tokens.open_code, code, hashed(first)).value
    assert not desk.perform(SYSTEM, booking_tokens.open_code, code, hashed(second)).value
    assert not desk.query(SYSTEM, booking_tokens.code_stands, code)
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, booking_tokens.launch_session, second)
    actor = desk.query(SYSTEM, booking_tokens.launch_session, first).actor
    clock.advance(timedelta(seconds=15 * 60 - 1))
    assert desk.query(actor, booking_tokens.scope).patient_id == partner.practice.zuri
    clock.advance(timedelta(seconds=1))
    with pytest.raises(SignedOut):
        desk.query(actor, booking_tokens.scope)
    late = partner.code(partner.token())
    clock.advance(timedelta(seconds=120))
    assert not desk.perform(SYSTEM, booking_tokens.open_code, late, hashed(new_token())).value
    assert not desk.perform(SYSTEM, booking_tokens.open_code, "no code", hashed(new_token())).value


def test_of_many_browsers_one_opens(database_url: str, partner: Partner, clock: FixedClock, tmp_path: Path) -> None:
    code = partner.code(partner.token())
    desks = [
        sealing_desk(Database(database_url), clock, tmp_path / "keys", IdSource(clock.now)) for _number in range(8)
    ]
    told = at_once(
        [partial(each.perform, SYSTEM, booking_tokens.open_code, code, hashed(new_token())) for each in desks]
    )
    for desk in desks:
        desk.close()
    assert sorted(bool(each.value) for each in told) == [False] * 7 + [True]


def test_many_launches_at_once_do_not_lock_each_other_out(
    database_url: str, partner: Partner, clock: FixedClock, tmp_path: Path
) -> None:
    desks = [
        sealing_desk(Database(database_url), clock, tmp_path / "keys", IdSource(clock.now)) for _number in range(8)
    ]
    accepted = [each.query(SYSTEM, booking_tokens.accept, partner.token()) for each in desks]
    told = at_once(
        [
            partial(each.perform, SYSTEM, booking_tokens.open_launch, token, hashed(new_token()))
            for each, token in zip(desks, accepted, strict=True)
        ]
    )
    for each in desks:
        each.close()
    assert all(each.value.expires_at is not None for each in told)
    if not partner.desk.is_sqlite:
        with partner.desk.database.read() as connection:
            found = "select deadlocks from pg_stat_database where datname = current_database()"
            assert connection.exec_driver_sql(found).scalar_one() == 0


def test_revoking_acts_on_everything_at_once(
    database_url: str, partner: Partner, clock: FixedClock, tmp_path: Path
) -> None:  # JWT-09, SEC-06
    processes = [
        sealing_desk(Database(database_url), clock, tmp_path / "keys", IdSource(clock.now)) for _number in range(3)
    ]
    token, code, actor = partner.token(), partner.code(partner.token()), partner.launched(partner.token())
    for each in processes:
        assert each.query(SYSTEM, booking_tokens.accept, token).claims.jti
    accepted = processes[0].query(SYSTEM, booking_tokens.accept, token)
    revoke(partner)
    for each in processes:
        assert {refused(each, token) for _request in range(10)} == {"signature-or-claims"}  # as of a key that never was
        with pytest.raises(BadToken):
            each.perform(SYSTEM, booking_tokens.open_launch, accepted, hashed(new_token()))
        assert not each.perform(SYSTEM, booking_tokens.open_code, code, hashed(new_token())).value
        with pytest.raises(SignedOut):
            each.query(actor, booking_tokens.scope)
        with pytest.raises(SignedOut):
            each.perform(actor, booking_tokens.record_use, AppointmentId(1))
        each.close()


def test_a_rotation_refuses_no_token(partner: Partner, practice: Practice) -> None:  # SEC-06
    newer = Partner(practice)
    for number in range(1000):
        sender = (partner, newer)[number % 2]
        assert partner.desk.query(SYSTEM, booking_tokens.accept, sender.token()).claims.jti
    revoke(partner)
    for _number in range(50):
        assert refused(partner.desk, partner.token())
        assert partner.desk.query(SYSTEM, booking_tokens.accept, newer.token()).claims.jti


def test_without_the_sealing_key_tokens_are_not_looked_at(partner: Partner, tmp_path: Path) -> None:  # SEC-07
    elsewhere = sealing_desk(partner.desk.database, partner.desk.clock, tmp_path / "other")
    with pytest.raises(KeyMissing):
        elsewhere.query(SYSTEM, booking_tokens.accept, partner.token())


def test_the_list_tells_when_a_token_was_accepted_last(partner: Partner, practice: Practice, clock: FixedClock) -> None:
    def seen() -> object:
        return practice.desk.query(practice.admin, booking_secrets.booking_secrets)[0].last_used_at

    assert seen() is None
    partner.code(partner.token())
    first = clock.now()
    assert seen() == first
    clock.advance(timedelta(seconds=30))
    partner.code(partner.token())
    assert seen() == first  # not written for each of many
    clock.advance(timedelta(seconds=31))
    partner.code(partner.token())
    assert seen() == clock.now()


def test_launches_that_are_over_are_swept(partner: Partner, clock: FixedClock) -> None:
    def count() -> int:
        with partner.desk.database.read() as connection:
            return len(connection.execute(select(launch.id)).all())

    partner.code(partner.token())
    clock.advance(timedelta(days=30))
    partner.code(partner.token())
    partner.desk.perform(SYSTEM, housekeeping.sweep)
    assert count() == 2
    clock.advance(timedelta(minutes=3))
    partner.desk.perform(SYSTEM, housekeeping.sweep)
    assert count() == 1


# one confirmation a token


def booking(practice: Practice) -> Callable[[Unit, AppointmentId], AppointmentId]:
    """What the booking page does at its end: use the token up and confirm what was held, in one transaction."""

    def confirm(unit: Unit, held_id: AppointmentId) -> AppointmentId:
        first = booking_tokens.record_use(unit, held_id)
        if first == held_id:
            confirmed = update(schema.appointment).where(schema.appointment.c.id == held_id)
            unit.run(confirmed.values(status="confirmed", hold_expires_at=None))
        return first

    return confirm


def held(practice: Practice, count: int) -> list[AppointmentId]:
    times = [f"{8 + number // 3}:{number % 3 * 20:02d}" for number in range(count)]
    return [
        practice.an_appointment(
            practice.zuri,
            practice.lindqvist,
            TODAY + timedelta(days=7),
            time,
            kind=practice.sick,
            minutes=20,
            status="held",
            hold_expires_at=practice.desk.clock.now() + timedelta(minutes=15),
        )
        for time in times
    ]


def statuses(practice: Practice) -> list[str]:
    with practice.database.read() as connection:
        return sorted(connection.execute(select(schema.appointment.c.status)).scalars())


def test_a_token_books_one_appointment(partner: Partner, practice: Practice) -> None:  # JWT-07
    desk, confirm = partner.desk, booking(practice)
    first, second = held(practice, 2)
    token = partner.token(type="Sick visit")
    actor, again = partner.launched(token), partner.launched(token)
    assert desk.perform(actor, confirm, first).value == first
    assert desk.perform(actor, confirm, first).value == first
    assert desk.perform(actor, confirm, second).value == first
    assert desk.perform(again, confirm, second).value == first
    assert statuses(practice) == ["confirmed", "held"]
    launched = desk.perform(
        SYSTEM, booking_tokens.open_launch, desk.query(SYSTEM, booking_tokens.accept, token), hashed(new_token())
    ).value
    assert launched.expires_at is None
    assert launched.booked_at == wall(TODAY + timedelta(days=7), "8:00")
    assert desk.perform(partner.launched(partner.token()), confirm, second).value == second


def test_a_used_token_with_another_claim_is_refused(partner: Partner, practice: Practice) -> None:  # JWT-07
    (first,) = held(practice, 1)
    jti = new_token()
    actor = partner.launched(partner.token(jti=jti))
    partner.desk.perform(actor, booking(practice), first)
    with pytest.raises(BadToken) as told:
        partner.code(partner.token(jti=jti, type="Well visit"))
    assert told.value.reason == "used"
    assert Partner(practice, "County Clinic").code(
        signed(
            partner.secret.value.text,
            header_of(partner.secret.key_id),
            claims_of(practice.desk.clock.now(), practice.zuri),
        )
    )


def test_a_booking_that_fails_uses_nothing_up(partner: Partner, practice: Practice) -> None:
    first, second = held(practice, 2)
    actor = partner.launched(partner.token())

    def failing(unit: Unit) -> None:
        booking_tokens.record_use(unit, first)
        raise Refused("The time is taken.")

    with pytest.raises(Refused, match="taken"):
        partner.desk.perform(actor, failing)
    assert partner.desk.perform(actor, booking(practice), second).value == second


def test_of_64_confirmations_one_books(
    database_url: str, partner: Partner, practice: Practice, clock: FixedClock, tmp_path: Path
) -> None:  # JWT-07
    token, confirm = partner.token(), booking(practice)
    actors = [partner.launched(token) for _launch in range(8)]
    times = held(practice, 24)
    desks = [
        sealing_desk(Database(database_url), clock, tmp_path / "keys", IdSource(clock.now)) for _number in range(8)
    ]
    told = at_once(
        [partial(desks[number % 8].perform, actors[number // 8], confirm, times[number % 24]) for number in range(64)]
    )
    for desk in desks:
        desk.close()
    assert len(told) == 64
    assert len({each.value for each in told}) == 1, told
    assert statuses(practice) == ["confirmed"] + ["held"] * 23


def test_only_a_launch_has_a_patient(practice: Practice) -> None:
    for actor in (practice.amara, practice.maria, practice.admin):
        with pytest.raises(NotAllowed):
            practice.desk.query(actor, booking_tokens.scope)
        with pytest.raises(NotAllowed):
            practice.desk.perform(actor, booking_tokens.record_use, AppointmentId(1))


# The cases that Wycheproof has for HS256, each made from a right token of ours (JWT-12).
WYCHEPROOF: dict[str, Callable[[str, str, str], str]] = {
    "modified signature": lambda head, body, tag: f"{head}.{body}.{'A' if tag[0] != 'A' else 'B'}{tag[1:]}",
    "missing signature": lambda head, body, _tag: f"{head}.{body}.",
    "missing signature and separator": lambda head, body, _tag: f"{head}.{body}",
    "modified payload": lambda head, body, tag: f"{head}.{body[:-4]}WG9v.{tag}",
    "missing payload": lambda head, _body, tag: f"{head}..{tag}",
    "missing payload and separator": lambda head, _body, tag: f"{head}.{tag}",
    "modified header": lambda head, body, tag: f"{head[:-4]}WG9v.{body}.{tag}",
    "missing header": lambda _head, body, tag: f".{body}.{tag}",
    "missing header and separator": lambda _head, body, tag: f"{body}.{tag}",
    "missing header and signature": lambda _head, body, _tag: f".{body}.",
    "missing header, signature and separators": lambda _head, body, _tag: body,
    "empty": lambda _head, _body, _tag: "",
    "extra empty part": lambda head, body, tag: f"{head}.{body}.{tag}.",
    "extra part": lambda head, body, tag: f"{head}.{body}.{tag}.foo",
    "algorithm none without a signature": lambda _head, body, _tag: f"{part({'alg': 'none'})}.{body}.",
    "JSON serialisation": lambda head, body, tag: (
        f'{{"payload":"{body}","signatures":[{{"protected":"{head}","signature":"{tag}"}}]}}'
    ),
}


@pytest.mark.parametrize("case", WYCHEPROOF)
def test_the_cases_of_wycheproof(partner: Partner, case: str) -> None:
    token = partner.token()
    head, body, tag = token.split(".")
    assert partner.desk.query(SYSTEM, booking_tokens.accept, token).claims.jti
    assert refused(partner.desk, WYCHEPROOF[case](head, body, tag))
