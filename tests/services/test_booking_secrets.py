"""Secrets of partners: made, revealed, revoked, sealed anew (BS1, BS2, JWT-09, SEC-01 … SEC-07)."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select, text, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, Refused
from request_desk.domain.ids import IdSource
from request_desk.domain.sealing import KeyMissing, key_of
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.services.desk import Desk
from request_desk.services.practice import booking_secrets, sealed_values
from request_desk.services.practice.booking_secrets import BookingSecret, NewSecret
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import PASSWORD, Practice, with_password
from tests.partners import SCHOOL, Partner, sealing_desk
from tests.tables import dump

pytestmark = pytest.mark.usefixtures("quick_hashing")

table = schema.booking_secret.c


@pytest.fixture
def desk(database: Database, clock: FixedClock, keys: Path) -> Desk:
    return sealing_desk(database, clock, keys)


def made(practice: Practice, name: str = SCHOOL) -> NewSecret:
    return practice.desk.perform(practice.admin, booking_secrets.add_secret, name).value


def listed(practice: Practice) -> tuple[BookingSecret, ...]:
    return practice.desk.query(practice.admin, booking_secrets.booking_secrets)


def revoke(practice: Practice, secret: NewSecret) -> None:
    version = next(each.version for each in listed(practice) if each.id == secret.id)
    practice.desk.perform(practice.admin, booking_secrets.revoke_secret, secret.id, expect_version=version)


def sealed(database: Database, secret: NewSecret) -> str:
    with database.read() as connection:
        return str(connection.execute(select(table.sealed).where(table.id == secret.id)).scalar_one())


def journalled(database: Database, action: str) -> int:
    with database.read() as connection:
        found = connection.execute(select(schema.journal.c.seq).where(schema.journal.c.action == action)).all()
    return len(found)


def test_a_secret_is_made_and_its_value_is_nowhere(practice: Practice, database: Database, keys: Path) -> None:
    secret = made(practice)
    assert re.fullmatch(r"[0-9a-f]{16}", secret.key_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret.value.text)  # 32 random bytes
    other = made(practice, "County Clinic")
    assert (secret.key_id, secret.value.text) != (other.key_id, other.value.text)
    everything = dump(database)  # SEC-01
    assert secret.key_id in everything
    assert secret.value.text not in everything
    assert (keys / "secrets.json").exists()
    assert secret.value.text not in (keys / "secrets.json").read_text("utf-8")
    assert secret.value.text not in repr(secret)
    shown = listed(practice)
    assert [(each.name, each.active, each.created_by) for each in shown] == [
        ("County Clinic", True, "Administrator"),
        (SCHOOL, True, "Administrator"),
    ]


def test_a_partner_has_two_at_most(practice: Practice) -> None:  # JWT-09
    first, _second = made(practice), made(practice)
    with pytest.raises(Invalid, match="two active secrets"):
        made(practice, f"  {SCHOOL} ")
    made(practice, "County Clinic")
    revoke(practice, first)
    made(practice)
    assert sum(each.active for each in listed(practice) if each.name == SCHOOL) == 2


def test_of_many_at_once_two_are_made(database_url: str, practice: Practice, clock: FixedClock, keys: Path) -> None:
    desks = [sealing_desk(Database(database_url), clock, keys, IdSource(clock.now)) for _number in range(6)]
    told = at_once([partial(each.perform, practice.admin, booking_secrets.add_secret, SCHOOL) for each in desks])
    for desk in desks:
        desk.close()
    assert sorted(type(each).__name__ for each in told) == ["Invalid"] * 4 + ["Outcome"] * 2
    assert len(listed(practice)) == 2
    assert len(practice.desk.query(SYSTEM, sealed_values.sealing_keys)) == 1  # and one key, however many began


def at_once(calls: Sequence[Callable[[], object]]) -> list[Any]:
    """Make calls at the same moment; a refusal is an answer."""
    told: list[Any] = []
    gate = Barrier(len(calls))

    def call(each: Callable[[], object]) -> None:
        gate.wait()
        try:
            told.append(each())
        except Refused as refused:
            told.append(refused)

    threads = [Thread(target=call, args=(each,)) for each in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "\u200b"])
def test_a_partner_has_a_name(practice: Practice, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(practice, name)
    assert refused.value.field == "Partner"


def test_a_secret_is_revealed_to_whoever_types_the_password(practice: Practice, database: Database) -> None:  # SEC-05
    admin, secret = with_password(practice), made(practice)
    refused = booking_secrets.reveal_secret(practice.desk, admin, secret.id, "not the password")
    assert "not right" in refused.sentence
    assert refused.value.text == ""
    assert journalled(database, "revealed_booking_secret") == 0
    assert journalled(database, "password_refused") == 1
    revealed = booking_secrets.reveal_secret(practice.desk, admin, secret.id, PASSWORD)
    assert (revealed.sentence, revealed.name, revealed.key_id) == ("", SCHOOL, secret.key_id)
    assert revealed.value.text == secret.value.text
    assert journalled(database, "revealed_booking_secret") == 1
    assert secret.value.text not in dump(database)


def test_wrong_passwords_have_to_wait(practice: Practice, clock: FixedClock) -> None:  # AUTH-05
    admin, secret = with_password(practice), made(practice)
    for _try in range(10):
        booking_secrets.reveal_secret(practice.desk, admin, secret.id, "wrong")
    assert booking_secrets.reveal_secret(practice.desk, admin, secret.id, PASSWORD).value.text == ""
    clock.advance(timedelta(minutes=15, seconds=1))
    assert booking_secrets.reveal_secret(practice.desk, admin, secret.id, PASSWORD).value.text == secret.value.text


def test_only_administrators_see_secrets(practice: Practice) -> None:
    secret = made(practice)
    with pytest.raises(NotAllowed):
        practice.desk.query(practice.maria, booking_secrets.booking_secrets)
    with pytest.raises(NotAllowed):
        booking_secrets.reveal_secret(practice.desk, practice.maria, secret.id, PASSWORD)


def test_a_revoked_secret_is_gone_for_good(practice: Practice, database: Database) -> None:  # SEC-06
    admin, secret = with_password(practice), made(practice)
    revoke(practice, secret)
    assert sealed(database, secret) == ""
    assert "revoked" in booking_secrets.reveal_secret(practice.desk, admin, secret.id, PASSWORD).sentence
    (shown,) = listed(practice)
    assert (shown.active, shown.revoked_by) == (False, "Administrator")
    with pytest.raises(Refused, match="revoked already"):
        practice.desk.perform(admin, booking_secrets.revoke_secret, secret.id, expect_version=shown.version)


def test_a_secret_that_changed_is_not_revoked(practice: Practice) -> None:
    secret = made(practice)
    with pytest.raises(Conflict):
        practice.desk.perform(practice.admin, booking_secrets.revoke_secret, secret.id, expect_version=7)


def test_two_rows_that_were_swapped_do_not_open(practice: Practice, database: Database) -> None:  # SEC-01
    admin, one, other = with_password(practice), made(practice), made(practice, "County Clinic")
    texts = sealed(database, one), sealed(database, other)
    with database.write() as connection:
        for secret, content in ((one, texts[1]), (other, texts[0])):
            connection.execute(update(schema.booking_secret).where(table.id == secret.id).values(sealed=content))
    revealed = booking_secrets.reveal_secret(practice.desk, admin, one.id, PASSWORD)
    assert "cannot be opened" in revealed.sentence
    assert revealed.value.text == ""
    assert journalled(database, "booking_secret_does_not_open") == 1


def test_a_desk_without_the_key_says_so_and_makes_none_of_its_own(
    practice: Practice, database: Database, clock: FixedClock, tmp_path: Path
) -> None:  # SEC-07
    admin, secret = with_password(practice), made(practice)
    elsewhere = sealing_desk(database, clock, tmp_path / "elsewhere", IdSource(clock.now))
    assert len(elsewhere.query(admin, booking_secrets.booking_secrets)) == 1
    with pytest.raises(KeyMissing, match="sealing-key"):
        elsewhere.perform(admin, booking_secrets.add_secret, "County Clinic")
    with pytest.raises(KeyMissing):
        booking_secrets.reveal_secret(elsewhere, admin, secret.id, PASSWORD)
    with pytest.raises(KeyMissing):  # a process that was given no store at all
        Desk(database, clock).perform(admin, booking_secrets.add_secret, "County Clinic")
    version = elsewhere.query(admin, booking_secrets.booking_secrets)[0].version
    elsewhere.perform(admin, booking_secrets.revoke_secret, secret.id, expect_version=version)
    assert elsewhere.perform(admin, booking_secrets.add_secret, SCHOOL).value.value.text  # nothing else is sealed


def test_all_secrets_are_sealed_with_a_new_key(
    practice: Practice, database: Database, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # SEC-04
    admin = with_password(practice)
    monkeypatch.setattr(sealed_values, "BATCH", 2)
    secrets = [made(practice, f"School {number}") for number in range(5)]
    revoke(practice, secrets.pop())
    sealer = KeptSealer(FileStore(keys))
    (old,) = practice.desk.query(SYSTEM, sealed_values.sealing_keys)
    new = sealer.renew()
    assert [practice.desk.perform(SYSTEM, sealed_values.seal_anew, new).value for _batch in range(3)] == [2, 0, 0]
    assert practice.desk.query(SYSTEM, sealed_values.sealing_keys) == {new}
    sealer.forget(old)
    for secret in secrets:
        assert key_of(sealed(database, secret)) == new
        revealed = booking_secrets.reveal_secret(practice.desk, admin, secret.id, PASSWORD)
        assert revealed.value.text == secret.value.text


def test_the_rows_name_no_value(database: Database, practice: Practice) -> None:
    partner = Partner(practice)
    with database.read() as connection:
        answers = connection.execute(text("select answer from command")).scalars().all()
    assert not any(partner.secret.value.text in str(answer) for answer in answers)
