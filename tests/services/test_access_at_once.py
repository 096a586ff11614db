"""Sign-in beside everything else: nothing is hashed while others wait to write, and many tries at once get no more than may."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, SignedOut
from request_desk.domain.ids import IdSource, StaffId, hashed
from request_desk.services.desk import Desk
from request_desk.services.people import access, preferences
from request_desk.services.portal import access as portal_access
from request_desk.services.practice import administration
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

GOOD = "lantern orbit velvet quarry"
OTHER = "thistle compass ribbon anchor"
BROWSER = hashed("the cookie of this browser")


class Watched(access.Passwords):
    """Hashes as ever, and does something each time, before it."""

    __slots__ = ("before",)
    before: Callable[[], object]

    def __init__(self, before: Callable[[], object]) -> None:
        hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        super().__init__(hasher, hasher.hash("nobody's"))
        object.__setattr__(self, "before", before)

    def hashed(self, password: str) -> str:
        self.before()
        return super().hashed(password)

    def matches(self, stored: str, password: str) -> bool:
        self.before()
        return super().matches(stored, password)


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((access, "PASSWORDS"), (portal_access, "CODES")):
        monkeypatch.setattr(module, name, Watched(lambda: None))


@pytest.fixture
def desks(database_url: str, clock: FixedClock) -> Iterator[list[Desk]]:
    """Eight processes' worth of desks on one database."""
    found = [Desk(Database(database_url), clock, IdSource(clock.now)) for _number in range(8)]
    yield found
    for each in found:
        each.close()


@pytest.fixture
def maria(desk: Desk, practice: Practice) -> Actor:
    desk.perform(SYSTEM, access.set_password, practice.maria.staff_id, GOOD)
    return practice.maria


def at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    answers: list[object] = []
    barrier = Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        answers.append(call())

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def failures(database: Database, subject: str) -> int:
    with database.read() as connection:
        table = schema.throttle
        return int(connection.execute(select(func.count()).where(table.c.subject == subject)).scalar_one())


def lines(database: Database, after: int) -> list[tuple[str, int, str]]:
    """The journal behind a number: action, thing, desk."""
    with database.read() as connection:
        table = schema.journal
        found = select(table.c.action, table.c.entity_id, table.c.desk).where(table.c.seq > after).order_by(table.c.seq)
        return [tuple(row) for row in connection.execute(found)]


def last(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.coalesce(func.max(schema.journal.c.seq), 0))).scalar_one())


# nobody waits for a password


def test_others_write_while_a_password_or_a_code_is_hashed(
    desk: Desk, database: Database, desks: list[Desk], practice: Practice, maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process writes to the very account and the very challenge at the moment of each hash; it would wait if held."""
    written: list[str] = []

    def elsewhere() -> None:
        with desks[0].database.write() as connection:
            connection.execute(update(schema.staff).values(version=schema.staff.c.version + 1))
            connection.execute(update(schema.challenge).values(attempts=schema.challenge.c.attempts))
        written.append("written")

    for module, name in ((access, "PASSWORDS"), (portal_access, "CODES")):
        monkeypatch.setattr(module, name, Watched(elsewhere))
    signed_in = access.sign_in(desk, "maria", GOOD, "front-1").signed_in
    assert signed_in is not None
    assert access.sign_in(desk, "maria", "wrong", "front-1").signed_in is None
    assert access.sign_in(desk, "nobody", "wrong", "front-1").signed_in is None
    assert access.change_password(desk, signed_in.actor, "wrong", OTHER).signed_in is None
    assert access.change_password(desk, signed_in.actor, GOOD, OTHER).signed_in is not None
    assert len(written) == 3 + 2 * 2
    reference = desk.perform(SYSTEM, portal_access.ask_code, "amara@example.org", BROWSER).value.reference
    assert reference is not None
    with database.read() as connection:
        challenge = connection.execute(select(schema.challenge.c.id)).scalar_one()
    letter = portal_access.mint_code(desk, challenge)
    assert letter is not None
    assert portal_access.check_code(desk, reference, letter.code.text, BROWSER).ok
    assert len(written) == 3 + 2 * 2 + 2


def test_a_stronger_hash_is_made_after_the_sign_in_and_not_for_a_refused_one(
    desk: Desk, practice: Practice, maria: Actor, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-02, AUTH-06: while an account waits, the time must not tell that a guess was right
    calls: list[str] = []
    stronger = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    watched = Watched(lambda: calls.append("hashed"))
    object.__setattr__(watched, "hasher", stronger)
    monkeypatch.setattr(access, "PASSWORDS", watched)
    for _try in range(4):
        access.sign_in(desk, "maria", "wrong", "front-1")
    calls.clear()
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is None
    assert len(calls) == 1
    clock.advance(timedelta(seconds=1))
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is not None
    assert len(calls) == 3
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is not None
    assert len(calls) == 4


def test_a_wrong_present_password_takes_as_many_hashes_as_the_right_one(
    desk: Desk, maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-05: at an unlocked desk, the time must not tell it while the account waits
    person = access.sign_in(desk, "maria", GOOD, "front-1").signed_in
    assert person is not None
    calls: list[str] = []
    monkeypatch.setattr(access, "PASSWORDS", Watched(lambda: calls.append("hashed")))
    for _try in range(4):
        access.change_password(desk, person.actor, "wrong", OTHER)
    calls.clear()
    assert access.change_password(desk, person.actor, "wrong", OTHER).signed_in is None
    wrong = len(calls)
    calls.clear()
    assert access.change_password(desk, person.actor, GOOD, OTHER).signed_in is None
    assert len(calls) == wrong


# the account between the look and the decision


def changed_meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object], *, times: int = 1) -> None:
    """Let somebody change something while a password is compared."""
    left = [change] * times

    def meanwhile() -> None:
        if left:
            left.pop()()

    monkeypatch.setattr(access, "PASSWORDS", Watched(meanwhile))


def test_a_password_changed_while_it_is_compared_does_not_let_the_old_one_in(
    desk: Desk, desks: list[Desk], maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed_meanwhile(monkeypatch, lambda: desks[0].perform(SYSTEM, access.set_password, maria.staff_id, OTHER))
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is None
    changed_meanwhile(monkeypatch, lambda: desks[0].perform(SYSTEM, access.set_password, maria.staff_id, GOOD))
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is not None


def test_an_account_that_changes_at_each_look_is_refused(
    desk: Desk, desks: list[Desk], maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

    def change() -> None:
        with desks[0].database.write() as connection:  # the same password with another salt
            connection.execute(
                update(schema.staff).where(schema.staff.c.id == maria.id).values(password_hash=hasher.hash(GOOD))
            )

    changed_meanwhile(monkeypatch, change, times=3)
    assert access.sign_in(desk, "maria", GOOD, "front-1") == access.Attempt(None, access.refusal())
    changed_meanwhile(monkeypatch, change, times=2)
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is not None


def test_who_is_switched_off_while_the_password_is_compared_is_not_let_in(
    desk: Desk, desks: list[Desk], practice: Practice, maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-07
    def off() -> None:
        desks[0].perform(practice.admin, administration.deactivate_staff, maria.staff_id, expect_version=2)

    changed_meanwhile(monkeypatch, off)
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is None


def test_the_account_that_begins_to_wait_while_a_password_is_compared_lets_nobody_in(
    desk: Desk, desks: list[Desk], maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-05
    def fail() -> None:
        monkeypatch.setattr(access, "PASSWORDS", Watched(lambda: None))
        for _try in range(4):
            access.sign_in(desks[0], "maria", "wrong", "front-2")

    changed_meanwhile(monkeypatch, fail)
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is None


def test_a_session_that_ends_while_the_new_password_is_hashed_changes_nothing(
    desk: Desk, desks: list[Desk], practice: Practice, maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-07, AUTH-09
    person = access.sign_in(desk, "maria", GOOD, "front-1").signed_in
    assert person is not None
    changed_meanwhile(monkeypatch, lambda: desks[0].perform(person.actor, access.sign_out))
    with pytest.raises(SignedOut):
        access.change_password(desk, person.actor, GOOD, OTHER)
    assert access.sign_in(desk, "maria", GOOD, "front-1").signed_in is not None


def test_the_present_password_is_not_told_as_such_while_the_account_waits(desk: Desk, maria: Actor) -> None:  # AUTH-05
    person = access.sign_in(desk, "maria", GOOD, "front-1").signed_in
    assert person is not None
    with pytest.raises(Invalid):
        access.change_password(desk, person.actor, GOOD, GOOD)
    for _try in range(4):
        access.change_password(desk, person.actor, "wrong", OTHER)
    assert access.change_password(desk, person.actor, GOOD, GOOD).signed_in is None


# many at once


def test_of_many_tries_at_once_no_more_count_than_the_throttle_allows(
    desks: list[Desk], database: Database, maria: Actor
) -> None:  # AUTH-05
    calls = [partial(access.sign_in, each, "maria", "wrong", f"front-{id(each)}") for each in desks * 2]
    answers = at_once(calls)
    assert all(isinstance(answer, access.Attempt) and answer.signed_in is None for answer in answers)
    assert failures(database, "staff:maria") == 4  # from the fourth on there is a wait


def test_the_right_guess_among_many_at_once_is_refused_when_it_comes_behind_the_fourth(
    desks: list[Desk], database: Database, maria: Actor
) -> None:  # AUTH-05, OTP-05's rule for staff: whatever was compared, only what the decision lets through counts
    for _try in range(3):
        access.sign_in(desks[0], "maria", "wrong", "front-1")
    calls = [partial(access.sign_in, each, "maria", "wrong", "front-1") for each in desks[1:]]
    calls.append(partial(access.sign_in, desks[0], "maria", GOOD, "front-1"))
    answers = at_once(calls)
    let_in = sum(isinstance(each, access.Attempt) and each.signed_in is not None for each in answers)
    # Either the right one was decided first and forgave what had been, or one wrong one was, and then all waited.
    assert let_in <= 1
    assert failures(database, "staff:maria") == 4


def test_a_desk_gets_fifty_tries_though_many_come_at_once_for_many_names(
    desks: list[Desk], database: Database, maria: Actor
) -> None:  # AUTH-05
    for number in range(46):
        access.sign_in(desks[0], f"guess{number}", "wrong", "kiosk")
    calls = [partial(access.sign_in, each, f"other{number}", "wrong", "kiosk") for number, each in enumerate(desks * 2)]
    at_once(calls)
    assert failures(database, "desk:kiosk") == 50


def test_a_one_time_code_that_many_type_at_once_lets_one_in(
    desk: Desk, desks: list[Desk], practice: Practice, maria: Actor
) -> None:  # AUTH-08
    code = desk.perform(practice.admin, access.reset_password, maria.staff_id, expect_version=2).value.code.text
    answers = at_once([partial(access.sign_in, each, "maria", code, "front-1") for each in desks])
    assert sum(isinstance(each, access.Attempt) and each.signed_in is not None for each in answers) == 1


@pytest.mark.parametrize("right_at", [None, 7])
def test_of_many_guesses_of_a_code_from_many_processes_no_more_than_five_count(
    desk: Desk, desks: list[Desk], database: Database, practice: Practice, right_at: int | None
) -> None:  # OTP-05
    reference = desk.perform(SYSTEM, portal_access.ask_code, "amara@example.org", BROWSER).value.reference
    assert reference is not None
    with database.read() as connection:
        challenge = connection.execute(select(schema.challenge.c.id)).scalar_one()
    letter = portal_access.mint_code(desk, challenge)
    assert letter is not None
    code = letter.code.text
    guesses = [f"{(int(code) + step) % 1_000_000:06d}" for step in range(1, 17)]
    if right_at is not None:
        for guess in guesses[:5]:
            portal_access.check_code(desk, reference, guess, BROWSER)
        guesses[right_at] = code
    answers = at_once(
        [
            partial(portal_access.check_code, each, reference, guess, BROWSER)
            for each, guess in zip(desks * 2, guesses, strict=True)
        ]
    )
    assert not any(isinstance(answer, portal_access.Checked) and answer.ok for answer in answers)
    with database.read() as connection:
        row = connection.execute(select(schema.challenge.c.attempts, schema.challenge.c.used_at)).one()
    assert (row.attempts, row.used_at) == (5, None)


def test_a_code_made_anew_while_a_guess_is_compared_is_not_guessed(
    desk: Desk, desks: list[Desk], database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:  # OTP-03
    reference = desk.perform(SYSTEM, portal_access.ask_code, "amara@example.org", BROWSER).value.reference
    assert reference is not None
    with database.read() as connection:
        challenge = connection.execute(select(schema.challenge.c.id)).scalar_one()
    letter = portal_access.mint_code(desk, challenge)
    assert letter is not None
    newer: list[portal_access.Minted] = []

    def mint() -> None:
        monkeypatch.setattr(portal_access, "CODES", Watched(lambda: None))
        again = portal_access.mint_code(desks[0], challenge)
        assert again is not None
        newer.append(again)

    monkeypatch.setattr(portal_access, "CODES", Watched(mint))
    assert not portal_access.check_code(desk, reference, letter.code.text, BROWSER).ok
    assert portal_access.check_code(desk, reference, newer[0].code.text, BROWSER).ok


# what is left behind


def test_a_known_and_an_unknown_login_leave_the_same_lines(
    desk: Desk, database: Database, practice: Practice, maria: Actor
) -> None:  # AUTH-06, AUD-01: as much is written for either, so that the time does not tell
    for _round in range(6):  # the fifth and the sixth while waiting
        before = last(database)
        access.sign_in(desk, "maria", "wrong", "front-1")
        known = lines(database, before)
        before = last(database)
        access.sign_in(desk, "stranger", "wrong", "front-1")
        unknown = lines(database, before)
        assert known == [("sign_in_refused", maria.id, "front-1")]
        assert unknown == [("sign_in_refused", 0, "front-1")]
    assert failures(database, "staff:maria") == failures(database, "staff:stranger") == 4


def test_the_journal_names_the_desk_of_a_sign_in_and_nothing_that_was_typed(
    desk: Desk, database: Database, practice: Practice, maria: Actor
) -> None:  # AUD-02
    before = last(database)
    person = access.sign_in(desk, "maria", GOOD, "front-1").signed_in
    assert person is not None
    access.change_password(desk, person.actor, "wrong password, typed", OTHER)
    assert [line[0] for line in lines(database, before)] == ["signed_in", "password_refused"]
    with database.read() as connection:
        told = [str(row) for row in connection.execute(select(schema.journal))]
    assert not any(secret in row for row in told for secret in (GOOD, OTHER, "typed", person.token.text))


def test_the_token_of_a_session_never_enters_the_transaction(
    desk: Desk, database: Database, practice: Practice, maria: Actor
) -> None:  # AUTH-11: what is kept of a command for a lost answer holds none either
    person = access.sign_in(desk, "maria", GOOD, "front-1").signed_in
    assert person is not None
    with database.read() as connection:
        kept = [str(row) for row in connection.execute(select(schema.command))]
        assert connection.execute(select(schema.staff_session.c.token_hash)).scalar_one() == hashed(person.token.text)
    assert not any(person.token.text in row for row in kept)
    assert person.actor.desk == "front-1"
    assert desk.query(SYSTEM, access.resume, person.token.text, "front-1").actor == person.actor


def test_the_password_of_somebody_else_cannot_be_changed(desk: Desk, practice: Practice, maria: Actor) -> None:
    person = access.sign_in(desk, "maria", GOOD, "front-1").signed_in
    assert person is not None
    posing = replace(person.actor, id=StaffId(practice.kofi.id))
    with pytest.raises(SignedOut):
        access.change_password(desk, posing, GOOD, OTHER)
    with pytest.raises(NotAllowed):
        access.change_password(desk, practice.amara, GOOD, OTHER)
    desk.query(person.actor, preferences.preferences)
