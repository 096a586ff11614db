"""Staff sign-in: passwords, codes, throttling, sessions (AUTH-01 to AUTH-11)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import func, insert, select

from request_desk.domain import passwords
from request_desk.domain.access import SYSTEM, Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Refused, SignedOut
from request_desk.domain.ids import CountingIds, StaffId
from request_desk.services.desk import Desk
from request_desk.services.people import access, preferences
from request_desk.services.practice import administration, directory
from request_desk.services.practice.administration import NewStaff
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

pytestmark = pytest.mark.usefixtures("quick_hashing")

GOOD = "lantern orbit velvet quarry"
OTHER = "thistle compass ribbon anchor"
SHIPPED = (access.PASSWORDS, access.CODES)  # the fixture below replaces the first


@pytest.fixture
def maria(desk: Desk, practice: Practice) -> Actor:
    """Maria with a password."""
    desk.perform(SYSTEM, access.set_password, practice.maria.staff_id, GOOD)
    return practice.maria


def tried(desk: Desk, password: str, login: str = "maria", place: str = "front-1") -> access.Attempt:
    return access.sign_in(desk, login, password, place)


def signed_in(desk: Desk, password: str = GOOD, login: str = "maria", place: str = "front-1") -> access.SignedIn:
    attempt = tried(desk, password, login, place)
    assert attempt.signed_in is not None
    return attempt.signed_in


def failures(database: Database, subject: str) -> int:
    with database.read() as connection:
        table = schema.throttle
        return int(connection.execute(select(func.count()).where(table.c.subject == subject)).scalar_one())


def column(database: Database, table: str, name: str) -> list[object]:
    with database.read() as connection:
        return list(connection.execute(select(schema.metadata.tables[table].c[name])).scalars())


def test_the_right_password_signs_in_and_the_actor_can_act(desk: Desk, maria: Actor) -> None:
    person = signed_in(desk)
    assert person.staff.name == "Maria Santos"
    assert not person.must_change
    assert person.actor.desk == "front-1"
    assert desk.query(person.actor, preferences.preferences) == {}


def test_the_full_strength_is_argon2id_with_64_mib_three_passes_one_lane() -> None:  # AUTH-02
    parameters = extract_parameters(SHIPPED[0].hashed("x" * 20))
    assert (parameters.type.name, parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (
        "ID",
        65536,
        3,
        1,
    )
    assert parameters.salt_len >= 16


def test_the_shipped_dummies_have_the_strength_of_what_they_stand_for() -> None:  # AUTH-06
    for kind in SHIPPED:
        assert not kind.is_outdated(kind.dummy)
        assert not kind.matches("", "anything")


def test_a_hash_of_lower_strength_is_replaced_at_the_next_sign_in(
    desk: Desk, database: Database, maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-02
    stronger = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    monkeypatch.setattr(access, "PASSWORDS", access.Passwords(stronger, stronger.hash("nobody's")))
    signed_in(desk)
    kept = next(str(each) for each in column(database, "staff", "password_hash") if str(each).startswith("$argon2"))
    assert "m=128,t=2,p=1" in kept
    signed_in(desk)


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("x1 y2 z3 w4 v5", False),  # 14
        ("x1 y2 z3 w4 v5u", True),  # 15, spaces and words
        ("".join(chr(97 + (index * 7) % 26) + str(index % 10) for index in range(64)), True),  # 128
        ("".join(chr(97 + (index * 7) % 26) + str(index % 10) for index in range(64)) + "q", False),
        ("requestdesk2026!!", False),
        ("Harbor Pediatrics 1", False),
        ("maria.santos.1988", False),
        ("passwordpassword", False),
        ("P@ssw0rdP@ssw0rd", False),
        ("123456789012345", False),
        ("qwertyuiopasdfgh", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("white horse forever green", True),
        ("лодка фонарь крапива", True),
        ("y" * 1_000_000, False),
    ],
)
def test_a_new_password_is_long_and_not_what_is_tried_first(
    desk: Desk, maria: Actor, password: str, accepted: bool
) -> None:  # AUTH-03, AUTH-04
    person = signed_in(desk)
    if accepted:
        assert access.change_password(desk, person.actor, GOOD, password).signed_in is not None
        signed_in(desk, password)
    else:
        with pytest.raises(Invalid) as refused:
            access.change_password(desk, person.actor, GOOD, password)
        assert refused.value.field == "New password"
        assert refused.value.sentence.endswith(".")


def test_every_sign_of_a_long_password_counts(desk: Desk, practice: Practice) -> None:  # AUTH-03
    long = "a1b2c3d4e5" * 8
    desk.perform(SYSTEM, access.set_password, practice.maria.staff_id, long)
    assert tried(desk, long[:72] + "x" + long[73:]).signed_in is None
    signed_in(desk, long)


def test_two_spellings_of_one_sign_are_one_password(desk: Desk, practice: Practice) -> None:  # AUTH-03
    desk.perform(SYSTEM, access.set_password, practice.maria.staff_id, "\u212bngstrom lamp nine")
    signed_in(desk, "\u00c5ngstrom lamp nine")


def test_a_megabyte_is_refused_without_hashing_it(
    desk: Desk, maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-03
    monkeypatch.setattr(access, "PASSWORDS", None)  # would raise if it were asked
    assert tried(desk, "z" * 1_000_000).signed_in is None


def test_unknown_wrong_disabled_and_waiting_are_told_the_same(
    desk: Desk, practice: Practice, maria: Actor, clock: FixedClock
) -> None:  # AUTH-06
    desk.perform(SYSTEM, access.set_password, practice.kofi.staff_id, OTHER)
    desk.perform(practice.admin, administration.deactivate_staff, practice.kofi.staff_id, expect_version=2)
    sentences = {
        tried(desk, GOOD, "nobody").sentence,
        tried(desk, "wrong").sentence,
        tried(desk, OTHER, "kofi").sentence,
        tried(desk, "", "maria").sentence,
    }
    for _again in range(3):
        tried(desk, "wrong")
    sentences.add(tried(desk, GOOD).sentence)  # waiting
    assert len(sentences) == 1
    assert "maria" not in sentences.pop()


def test_each_failed_try_hashes_exactly_once_whoever_it_names(
    desk: Desk, practice: Practice, maria: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUTH-06
    calls: list[str] = []

    class Counting:
        def __init__(self, kept: access.Passwords) -> None:
            self.kept = kept

        def matches(self, stored: str, password: str) -> bool:
            calls.append(stored)
            return self.kept.matches(stored, password)

    monkeypatch.setattr(access, "PASSWORDS", Counting(access.PASSWORDS))
    for login in ("nobody", "maria", "kofi", "$AD"):  # unknown, wrong, no password yet
        tried(desk, "something wrong", login)
    assert len(calls) == 4


def test_the_fourth_failure_brings_a_delay_that_doubles(desk: Desk, maria: Actor, clock: FixedClock) -> None:  # AUTH-05
    for _try in range(3):
        tried(desk, "wrong")
    assert access.delay_after([clock.now()] * 3, clock.now()) == timedelta(0)
    tried(desk, "wrong")
    assert tried(desk, GOOD).signed_in is None  # one second to wait
    clock.advance(timedelta(seconds=1))
    signed_in(desk)
    assert [access.delay_after([clock.now()] * count, clock.now()).total_seconds() for count in range(4, 10)] == [
        1,
        2,
        4,
        8,
        16,
        32,
    ]


def test_the_right_password_is_refused_while_waiting_after_ten_failures(
    desk: Desk, maria: Actor, clock: FixedClock, database: Database
) -> None:  # AUTH-05
    for _try in range(10):
        tried(desk, "wrong")
        clock.advance(timedelta(seconds=61))
    assert failures(database, "staff:maria") == 10
    assert tried(desk, GOOD).sentence == access.refusal()
    clock.advance(timedelta(minutes=13))
    assert tried(desk, GOOD).signed_in is None
    clock.advance(timedelta(minutes=2))
    signed_in(desk)
    assert failures(database, "staff:maria") == 0


def test_tries_made_while_waiting_do_not_make_it_longer(
    desk: Desk, maria: Actor, clock: FixedClock, database: Database
) -> None:  # AUTH-05
    for _try in range(4):
        tried(desk, "wrong")
    for _try in range(20):
        tried(desk, "wrong")
    assert failures(database, "staff:maria") == 4
    clock.advance(timedelta(seconds=1))
    signed_in(desk)


def test_another_account_is_not_held_up(desk: Desk, practice: Practice, maria: Actor) -> None:  # AUTH-05
    desk.perform(SYSTEM, access.set_password, practice.kofi.staff_id, OTHER)
    for _try in range(8):
        tried(desk, "wrong")
    signed_in(desk, OTHER, "kofi")
    assert tried(desk, GOOD).signed_in is None


def test_one_desk_may_fail_fifty_times_in_a_quarter_of_an_hour(
    desk: Desk, maria: Actor, clock: FixedClock
) -> None:  # AUTH-05
    for number in range(50):
        tried(desk, "wrong", f"guess{number}", "kiosk")
    assert tried(desk, GOOD, place="kiosk").signed_in is None
    signed_in(desk, place="front-1")
    clock.advance(timedelta(minutes=15))
    signed_in(desk, place="kiosk")


def test_the_failures_survive_a_restart(
    database_url: str, desk: Desk, maria: Actor, clock: FixedClock
) -> None:  # AUTH-05
    for _try in range(5):
        tried(desk, "wrong")
        clock.advance(timedelta(seconds=2))
    desk.close()
    again = Desk(Database(database_url), clock, CountingIds(9000))
    try:
        assert access.sign_in(again, "maria", GOOD, "front-1").signed_in is not None
        for _try in range(5):
            access.sign_in(again, "maria", "wrong", "front-1")
        assert access.sign_in(again, "maria", GOOD, "front-1").signed_in is None
    finally:
        again.close()


def test_parallel_tries_are_counted_one_after_the_other(
    desk: Desk, database: Database, maria: Actor
) -> None:  # AUTH-05
    barrier = Barrier(8)

    def guess() -> None:
        barrier.wait()
        tried(desk, "wrong")

    threads = [Thread(target=guess) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures(database, "staff:maria") == 4  # from the fourth on there is a wait


def test_the_database_holds_no_token_no_code_and_no_password(
    desk: Desk, practice: Practice, database: Database, maria: Actor
) -> None:  # AUTH-11
    person = signed_in(desk)
    code = desk.perform(practice.admin, access.reset_password, practice.kofi.staff_id, expect_version=1).value.code.text
    with database.read() as connection:
        everything = [str(row) for table in schema.metadata.sorted_tables for row in connection.execute(select(table))]
    for secret in (person.token.text, code, code.replace("-", ""), GOOD):
        assert not any(secret in row for row in everything)
    assert person.token.text not in repr(person)
    assert len(person.token.text) == 43


def test_a_session_is_resumed_by_its_token_and_ends_after_twelve_hours(
    desk: Desk, maria: Actor, clock: FixedClock
) -> None:  # AUTH-11
    person = signed_in(desk)
    again = desk.query(SYSTEM, access.resume, person.token.text, "front-2")
    assert again.actor == replace(person.actor, desk="front-2")
    assert again.expires_at == person.expires_at
    clock.advance(timedelta(hours=12))
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, access.resume, person.token.text, "front-1")
    with pytest.raises(SignedOut):
        desk.query(person.actor, preferences.preferences)
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, access.resume, "x" * 43, "front-1")


def test_each_sign_in_has_a_token_of_its_own_and_they_can_be_listed_and_ended(
    desk: Desk, practice: Practice, maria: Actor
) -> None:  # AUTH-11
    one, other = signed_in(desk), signed_in(desk, place="front-2")
    assert one.token.text != other.token.text
    listed = desk.query(one.actor, access.sessions, maria.staff_id)
    assert {(each.desk, each.is_this) for each in listed} == {("front-1", True), ("front-2", False)}
    reference = next(each.reference for each in listed if each.desk == "front-2")
    desk.perform(one.actor, access.end_session, reference)
    with pytest.raises(SignedOut):
        desk.query(other.actor, preferences.preferences)
    desk.query(one.actor, preferences.preferences)
    with pytest.raises(NotFound):
        desk.perform(one.actor, access.end_session, reference)
    with pytest.raises(NotAllowed):
        desk.query(one.actor, access.sessions)
    assert len(desk.query(practice.admin, access.sessions)) == 1


def test_signing_out_ends_the_session_at_once(desk: Desk, maria: Actor) -> None:
    person = signed_in(desk)
    desk.perform(person.actor, access.sign_out)
    with pytest.raises(SignedOut):
        desk.query(person.actor, preferences.preferences)


def test_a_change_of_the_password_needs_the_present_one_and_ends_the_other_sessions(
    desk: Desk, maria: Actor
) -> None:  # AUTH-09
    one, other = signed_in(desk), signed_in(desk, place="front-2")
    assert access.change_password(desk, one.actor, "wrong", OTHER).sentence
    desk.query(other.actor, preferences.preferences)
    access.change_password(desk, one.actor, GOOD, OTHER)
    desk.query(one.actor, preferences.preferences)
    with pytest.raises(SignedOut):
        desk.query(other.actor, preferences.preferences)
    assert tried(desk, GOOD).signed_in is None
    signed_in(desk, OTHER)


def test_wrong_present_passwords_are_counted_too(desk: Desk, maria: Actor, database: Database) -> None:  # AUTH-05
    person = signed_in(desk)
    access.change_password(desk, person.actor, "wrong", OTHER)
    tried(desk, "wrong")
    assert failures(database, "staff:maria") == 2
    assert access.change_password(desk, person.actor, GOOD, OTHER).signed_in is not None
    assert failures(database, "staff:maria") == 0


def test_a_one_time_code_signs_in_once_and_asks_for_a_new_password(
    desk: Desk, practice: Practice, maria: Actor
) -> None:  # AUTH-08
    old = signed_in(desk)
    code = desk.perform(practice.admin, access.reset_password, maria.staff_id, expect_version=2).value
    with pytest.raises(SignedOut):
        desk.query(old.actor, preferences.preferences)
    assert tried(desk, GOOD).signed_in is None
    person = signed_in(desk, code.code.text.lower().replace("-", " "))
    assert person.must_change
    assert tried(desk, code.code.text).signed_in is None
    changed = access.change_password(desk, person.actor, "", OTHER)
    assert changed.signed_in is not None
    assert not changed.signed_in.must_change
    assert not signed_in(desk, OTHER).must_change


def test_a_one_time_code_of_140_bits_is_good_for_a_day(
    desk: Desk, practice: Practice, maria: Actor, clock: FixedClock
) -> None:  # AUTH-08
    code = desk.perform(practice.admin, access.reset_password, maria.staff_id, expect_version=2).value
    assert len(code.code.text.replace("-", "")) == 28  # of 32 signs: five bits each
    assert code.expires_at == clock.now() + timedelta(days=1)
    clock.advance(timedelta(hours=24))
    assert tried(desk, code.code.text).signed_in is None


def test_a_one_time_code_still_works_the_next_morning(
    desk: Desk, practice: Practice, maria: Actor, clock: FixedClock
) -> None:
    code = desk.perform(practice.admin, access.reset_password, maria.staff_id, expect_version=2).value
    clock.advance(timedelta(hours=23, minutes=59))
    assert tried(desk, code.code.text).signed_in is not None


def test_only_administrators_reset_and_nobody_resets_the_reserved_one(
    desk: Desk, practice: Practice, maria: Actor
) -> None:  # AUTH-08
    with pytest.raises(NotAllowed):
        desk.perform(practice.kofi, access.reset_password, maria.staff_id, expect_version=2)
    second = desk.perform(
        practice.admin, administration.add_staff, NewStaff("second", "Second Admin", frozenset({Role.ADMINISTRATOR}))
    )
    other = signed_in(desk, second.value.code.text, "second")
    with pytest.raises(NotAllowed):
        desk.perform(other.actor, access.reset_password, practice.admin.staff_id, expect_version=1)


def test_a_fresh_practice_has_nobody_until_init_gives_the_administrator_a_code(
    desk: Desk, database: Database
) -> None:  # AUTH-01
    with database.write() as connection:
        connection.execute(insert(schema.practice), {"id": 1, "settings": {}})
    assert tried(desk, "", "$AD").signed_in is None
    first = desk.perform(SYSTEM, administration.first_administrator).value
    assert len(first.code.text.replace("-", "")) * 5 >= 128  # bits
    person = signed_in(desk, first.code.text, "$ad")
    assert person.must_change
    assert person.staff.roles == {Role.ADMINISTRATOR, Role.TYPES}
    again = desk.perform(SYSTEM, administration.first_administrator).value
    assert again.code.text != first.code.text
    with pytest.raises(SignedOut):
        desk.query(person.actor, preferences.preferences)


def _version(desk: Desk, actor: Actor) -> int:
    return next(each.version for each in desk.query(actor, directory.staff_list) if each.id == actor.id)


def test_a_role_taken_away_is_gone_at_once_in_an_open_session(desk: Desk, practice: Practice) -> None:  # AUTH-07
    code = desk.perform(
        practice.admin, administration.add_staff, NewStaff("ruth", "Ruth Obi", frozenset({Role.ADMINISTRATOR}))
    ).value
    ruth = signed_in(desk, code.code.text, "ruth")
    with pytest.raises(NotAllowed):  # AUTH-08: a one-time code lets nobody in before a password is set
        desk.query(ruth.actor, preferences.preferences)
    assert access.change_password(desk, ruth.actor, code.code.text, GOOD).sentence == ""
    desk.perform(SYSTEM, access.set_password, practice.admin.staff_id, OTHER)
    assert desk.query(ruth.actor, access.sessions)
    version = _version(desk, ruth.actor)
    demoted = NewStaff("ruth", "Ruth Obi", frozenset({Role.SCHEDULER}))
    desk.perform(practice.admin, administration.change_staff, ruth.staff.id, demoted, expect_version=version)
    with pytest.raises(NotAllowed):
        desk.query(ruth.actor, access.sessions)


def test_a_switched_off_account_is_signed_out_at_once(desk: Desk, practice: Practice, maria: Actor) -> None:  # AUTH-07
    person = signed_in(desk)
    desk.perform(practice.admin, administration.deactivate_staff, maria.staff_id, expect_version=2)
    with pytest.raises(SignedOut):
        desk.query(person.actor, preferences.preferences)
    assert tried(desk, GOOD).signed_in is None


def test_two_administrators_who_demote_each_other_leave_one(desk: Desk, practice: Practice) -> None:  # AUTH-10
    ids: dict[str, StaffId] = {}
    actors: dict[str, Actor] = {}
    versions: dict[str, int] = {}
    for login in ("one", "two"):
        code = desk.perform(
            practice.admin,
            administration.add_staff,
            NewStaff(login, f"Admin {login.title()}", frozenset({Role.ADMINISTRATOR})),
        ).value
        person = signed_in(desk, code.code.text, login)
        access.change_password(desk, person.actor, "", GOOD)
        ids[login], actors[login] = person.staff.id, person.actor
        versions[login] = _version(desk, person.actor)
    outcomes: list[str] = []
    barrier = Barrier(2)

    def demote(by: str, whom: str) -> Callable[[], None]:
        def run() -> None:
            barrier.wait()
            plain = NewStaff(whom, f"Admin {whom.title()}", frozenset({Role.SCHEDULER}))
            try:
                desk.perform(actors[by], administration.change_staff, ids[whom], plain, expect_version=versions[whom])
            except Refused as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("done")

        return run

    threads = [Thread(target=demote("one", "two")), Thread(target=demote("two", "one"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("done") == 1


def test_failed_and_successful_sign_ins_are_in_the_journal_but_not_broadcast(
    desk: Desk, database: Database, maria: Actor
) -> None:
    before = desk.last_seq()
    tried(desk, "wrong")
    signed_in(desk)
    changes, _newest = desk.tail(before)
    assert not changes
    assert {"sign_in_refused", "signed_in"} <= set(column(database, "journal", "action"))


def test_the_common_words_never_refuse_four_of_them() -> None:  # AUTH-04
    words = ["white", "horse", "forever", "green", "doctor", "monday", "purple", "elephant"]
    for start in range(5):
        assert passwords.accepted(" ".join(words[start : start + 4]))


def test_a_hashed_code_keeps_its_leading_zeros() -> None:  # OTP-01
    kept = access.CODES.hashed("012345")
    assert access.CODES.matches(kept, "012345")
    assert not access.CODES.matches(kept, "12345")
