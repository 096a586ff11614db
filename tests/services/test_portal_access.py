"""The portal's sign-in by one-time code (OTP-01 to OTP-07) and its sessions."""

import re
from collections import Counter
from datetime import date, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import Row, select, update

from request_desk.domain.access import SYSTEM, Actor
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid, NotAllowed, SignedOut
from request_desk.domain.ids import hashed, new_code
from request_desk.services.desk import Desk
from request_desk.services.notices import outbox
from request_desk.services.portal import access as portal_access
from request_desk.services.portal.access import Checked
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

pytestmark = pytest.mark.usefixtures("quick_hashing")

BROWSER = hashed("the cookie of this browser")
AMARA = "amara@example.org"


def asked(desk: Desk, email: str = AMARA, browser: str = BROWSER) -> UUID:
    answer = desk.perform(SYSTEM, portal_access.ask_code, email, browser).value
    assert answer.reference is not None
    return answer.reference


def challenge(database: Database, reference: UUID) -> Row[tuple[object, ...]]:
    with database.read() as connection:
        return connection.execute(select(schema.challenge).where(schema.challenge.c.reference == reference)).one()


def minted(desk: Desk, database: Database, reference: UUID) -> str:
    letter = portal_access.mint_code(desk, challenge(database, reference).id)
    assert letter is not None
    return letter.code.text


def checked(desk: Desk, reference: UUID, code: str, browser: str = BROWSER) -> Checked:
    return portal_access.check_code(desk, reference, code, browser)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def letters(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(schema.outbox.c.id).where(schema.outbox.c.kind == "code")).all())


def test_a_registered_address_gets_a_code_that_signs_in(desk: Desk, database: Database, practice: Practice) -> None:
    reference = asked(desk, " Amara@EXAMPLE.org ")
    code = minted(desk, database, reference)
    answer = checked(desk, reference, code)
    assert answer.ok
    assert answer.sentence == ""
    appointment = desk.query(SYSTEM, portal_access.portal_session, answer.token.text)
    assert (appointment.actor.kind, appointment.actor.id, appointment.actor.name) == (
        "contact",
        practice.amara.id,
        "Amara Okafor",
    )


def test_an_unknown_address_sees_the_same_and_no_letter_is_queued(
    desk: Desk, database: Database, practice: Practice
) -> None:  # OTP-07
    known, unknown = asked(desk), asked(desk, "stranger@example.org", hashed("another"))
    assert type(known) is type(unknown)
    assert letters(database) == 1
    assert challenge(database, unknown).contact_id is None
    answer = checked(desk, unknown, "123456", hashed("another"))
    assert answer == checked(desk, known, wrong(minted(desk, database, known)))
    assert not answer.ok


@pytest.mark.parametrize("change", ["inactive", "unverified", "ended", "second address"])
def test_no_letter_goes_to_whom_the_practice_does_not_know_any_more(
    desk: Desk, database: Database, practice: Practice, change: str
) -> None:
    with database.write() as connection:
        if change == "inactive":
            connection.execute(
                update(schema.contact).where(schema.contact.c.id == practice.amara.id).values(active=False)
            )
        elif change == "unverified":
            connection.execute(
                update(schema.contact_point).where(schema.contact_point.c.lookup == AMARA).values(verified_at=None)
            )
        elif change == "ended":
            ended = update(schema.contact_patient).where(schema.contact_patient.c.contact_id == practice.amara.id)
            connection.execute(ended.values(valid_until=date(2026, 11, 23)))
    if change == "second address":
        practice.insert(
            schema.contact_point, id=practice.new_id(), contact_id=practice.amara.id, channel="email", value="work@example.org",
            lookup="work@example.org", verified_at=desk.clock.now(),
        )  # fmt: skip
        asked(desk, "work@example.org")
    else:
        asked(desk)
    assert letters(database) == 0


@pytest.mark.parametrize(
    "text", ["no address", "a@b", "a@b.c, evil@example.org", "g: a@example.org;", "a\n@example.org", ""]
)
def test_what_is_no_address_is_refused_whoever_it_is(desk: Desk, practice: Practice, text: str) -> None:
    with pytest.raises(Invalid):
        desk.perform(SYSTEM, portal_access.ask_code, text, BROWSER)


def test_codes_are_uniform_and_keep_their_leading_zeros() -> None:  # OTP-01
    drawn = [new_code() for _each in range(20_000)]
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in drawn)
    for place in range(6):
        counts = Counter(code[place] for code in drawn)
        statistic = sum((counts[str(digit)] - 2_000) ** 2 / 2_000 for digit in range(10))
        assert statistic < 40.0  # chi-square, 9 degrees of freedom: once in about 130,000 runs


def test_the_code_is_in_the_letters_body_alone(desk: Desk, database: Database, practice: Practice) -> None:  # OTP-02
    reference = asked(desk)
    letter = portal_access.mint_code(desk, challenge(database, reference).id)
    assert letter is not None
    code = letter.code.text
    (notice,) = desk.perform(SYSTEM, outbox.claim_due, "worker", tuple(Channel)).value
    text = notice.composed(code, letter.expires_at)
    assert code in text.body
    assert code not in text.subject
    assert "Harbor Pediatrics" in text.subject
    assert code not in repr((letter, notice, text))
    with database.read() as connection:
        rows = [row._asdict() for table in schema.metadata.sorted_tables for row in connection.execute(select(table))]
    # Random references and hashes may hold any six digits by chance.
    chance = ("reference", "code_hash", "browser_hash", "subject", "dedupe_key", "id")
    told = [
        str(value)
        for row in rows
        for name, value in row.items()
        if not name.endswith(chance) and not name.endswith("_at")
    ]
    assert not any(code in text for text in told)


def test_a_code_works_once(desk: Desk, database: Database, practice: Practice) -> None:  # OTP-03
    reference = asked(desk)
    code = minted(desk, database, reference)
    assert checked(desk, reference, code).ok
    assert not checked(desk, reference, code).ok


def test_a_code_is_over_after_ten_minutes(
    desk: Desk, database: Database, practice: Practice, clock: FixedClock
) -> None:  # OTP-03
    reference = asked(desk)
    code = minted(desk, database, reference)
    clock.advance(timedelta(minutes=10))
    assert not checked(desk, reference, code).ok
    late = asked(desk)
    clock.advance(timedelta(minutes=11))
    assert portal_access.mint_code(desk, challenge(database, late).id) is None


def test_only_the_newest_code_works(desk: Desk, database: Database, practice: Practice) -> None:  # OTP-03
    first = asked(desk)
    old = minted(desk, database, first)
    second = asked(desk)
    new = minted(desk, database, second)
    assert not checked(desk, first, old).ok
    assert not checked(desk, second, old).ok or old == new
    assert checked(desk, second, new).ok


def test_a_code_works_only_in_the_browser_that_asked(
    desk: Desk, database: Database, practice: Practice
) -> None:  # OTP-03
    reference = asked(desk)
    code = minted(desk, database, reference)
    assert not checked(desk, reference, code, hashed("another browser")).ok
    assert checked(desk, reference, code).ok


def test_five_wrong_guesses_end_a_code(desk: Desk, database: Database, practice: Practice) -> None:  # OTP-04
    reference = asked(desk)
    code = minted(desk, database, reference)
    for _guess in range(5):
        assert not checked(desk, reference, wrong(code)).ok
    assert not checked(desk, reference, code).ok
    assert challenge(database, reference).attempts == 5


def test_a_letter_that_is_sent_again_gives_no_new_guesses(
    desk: Desk, database: Database, practice: Practice
) -> None:  # OTP-04
    reference = asked(desk)
    code = minted(desk, database, reference)
    for _guess in range(4):
        checked(desk, reference, wrong(code))
    again = minted(desk, database, reference)
    checked(desk, reference, wrong(again))
    assert not checked(desk, reference, again).ok


def test_three_codes_in_a_quarter_of_an_hour_and_five_a_day(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:  # OTP-04
    for _code in range(3):
        asked(desk)
    for email in (AMARA, "AMARA@example.org"):
        refused = desk.perform(SYSTEM, portal_access.ask_code, email, hashed("any browser")).value
        assert refused.reference is None
        assert "15 minutes" in refused.sentence
    clock.advance(timedelta(minutes=16))
    asked(desk)
    asked(desk)
    clock.advance(timedelta(hours=2))
    refused = desk.perform(SYSTEM, portal_access.ask_code, AMARA, BROWSER).value
    assert refused.reference is None
    assert "(206) 555-0100" in refused.sentence
    clock.advance(timedelta(hours=22))
    asked(desk)


def test_an_unknown_address_is_limited_in_the_same_words(desk: Desk, practice: Practice) -> None:  # OTP-04
    for email in (AMARA, "stranger@example.org"):
        for _code in range(3):
            asked(desk, email)
    answers = {
        desk.perform(SYSTEM, portal_access.ask_code, email, BROWSER).value for email in (AMARA, "stranger@example.org")
    }
    assert len(answers) == 1


@pytest.mark.parametrize("email", [AMARA, "stranger@example.org"])
def test_after_fifteen_wrong_guesses_a_day_even_the_right_code_is_refused(
    desk: Desk, database: Database, practice: Practice, clock: FixedClock, email: str
) -> None:  # OTP-04
    answer = Checked("")
    for _code in range(3):
        reference = asked(desk, email, hashed(f"browser {_code}"))
        code = minted(desk, database, reference) if email == AMARA else "000000"
        for _guess in range(5):
            answer = checked(desk, reference, wrong(code), hashed(f"browser {_code}"))
        clock.advance(timedelta(minutes=16))
    assert answer.call_practice
    assert "(206) 555-0100" in answer.sentence
    refused = desk.perform(SYSTEM, portal_access.ask_code, email, BROWSER).value
    assert refused.reference is None
    clock.advance(timedelta(hours=24))
    assert isinstance(asked(desk, email), UUID)


def test_the_sixteenth_guess_is_refused_though_its_code_is_fresh(
    desk: Desk, database: Database, practice: Practice, clock: FixedClock
) -> None:  # OTP-04
    for number in range(3):
        reference = asked(desk)
        code = minted(desk, database, reference)
        for _guess in range(5 if number < 2 else 4):
            checked(desk, reference, wrong(code))
        clock.advance(timedelta(minutes=6))
    clock.advance(timedelta(minutes=16))
    last = asked(desk)
    code = minted(desk, database, last)
    assert checked(desk, last, wrong(code)).call_practice
    assert checked(desk, last, code).call_practice
    assert not checked(desk, last, code).ok


def test_of_many_guesses_at_once_no_more_than_five_are_looked_at(
    desk: Desk, database: Database, practice: Practice
) -> None:  # OTP-05
    reference = asked(desk)
    code = minted(desk, database, reference)
    guesses = [f"{(int(code) + step) % 1_000_000:06d}" for step in range(1, 24)] + [code]
    answers: list[Checked] = []
    barrier = Barrier(len(guesses))

    def guess(text: str) -> None:
        barrier.wait()
        answers.append(checked(desk, reference, text))

    threads = [Thread(target=guess, args=(text,)) for text in guesses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 24
    assert challenge(database, reference).attempts <= 5
    assert sum(answer.ok for answer in answers) <= 1


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("{0}", True),
        (" {1} {2} ", True),
        ("+{0}", False),
        ("{1}_{2}", False),
        ("fullwidth", False),
        ("1e5", False),
        ("{0}0", False),
        ("", False),
    ],
)
def test_only_six_ascii_digits_are_a_code(
    desk: Desk, database: Database, practice: Practice, typed: str, right: bool
) -> None:  # OTP-06
    reference = asked(desk)
    code = minted(desk, database, reference)
    if typed == "fullwidth":
        text = "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in code)
    else:
        text = typed.format(code, code[:3], code[3:])
    assert checked(desk, reference, text).ok is right
    if not right:
        assert challenge(database, reference).attempts == 0  # what cannot be a code is no guess


def signed_in(desk: Desk, database: Database) -> str:
    reference = asked(desk)
    return checked(desk, reference, minted(desk, database, reference)).token.text


def test_a_session_ends_after_thirty_idle_minutes_and_after_twelve_hours(
    desk: Desk, database: Database, practice: Practice, clock: FixedClock
) -> None:
    token = signed_in(desk, database)
    for _page in range(24):
        clock.advance(timedelta(minutes=29))
        assert desk.query(SYSTEM, portal_access.portal_session, token).touch_due
        desk.perform(SYSTEM, portal_access.touch, token)
    clock.advance(timedelta(minutes=24))  # twelve hours in all, never idle for long
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, portal_access.portal_session, token)


def test_an_idle_session_cannot_be_touched_back_to_life(
    desk: Desk, database: Database, practice: Practice, clock: FixedClock
) -> None:
    token = signed_in(desk, database)
    assert not desk.query(SYSTEM, portal_access.portal_session, token).touch_due
    clock.advance(timedelta(minutes=30))
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, portal_access.portal_session, token)
    desk.perform(SYSTEM, portal_access.touch, token)
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, portal_access.portal_session, token)


def test_signing_out_and_the_practice_end_sessions_at_once(desk: Desk, database: Database, practice: Practice) -> None:
    one, other = signed_in(desk, database), signed_in(desk, database)
    desk.perform(SYSTEM, portal_access.sign_out, one)
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, portal_access.portal_session, one)
    desk.query(SYSTEM, portal_access.portal_session, other)
    desk.perform(practice.maria, portal_access.end_sessions, practice.amara.contact_id)
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, portal_access.portal_session, other)


def test_a_contact_without_any_right_left_is_signed_out(desk: Desk, database: Database, practice: Practice) -> None:
    token = signed_in(desk, database)
    with database.write() as connection:
        mine = schema.contact_patient.c.contact_id == practice.amara.id
        connection.execute(update(schema.contact_patient).where(mine).values(valid_until=date(2026, 11, 23)))
    with pytest.raises(SignedOut):
        desk.query(SYSTEM, portal_access.portal_session, token)


def test_of_two_contacts_with_one_address_the_first_registered_signs_in(
    desk: Desk, database: Database, practice: Practice
) -> None:
    practice.a_contact("Obi", "Okafor", AMARA, {practice.zuri: {"relation": "uncle"}})
    token = signed_in(desk, database)
    assert desk.query(SYSTEM, portal_access.portal_session, token).actor.id == practice.amara.id


@pytest.mark.parametrize("who", ["maria", "amara", "admin"])
def test_the_portals_sign_in_is_for_the_program_alone(desk: Desk, practice: Practice, who: str) -> None:
    actor: Actor = getattr(practice, who)
    with pytest.raises(NotAllowed):
        desk.perform(actor, portal_access.ask_code, AMARA, BROWSER)
    with pytest.raises(NotAllowed):
        desk.query(actor, portal_access.portal_session, "x" * 43)


# the journal


def journal(database: Database) -> list[Row[tuple[object, ...]]]:
    table = schema.journal
    with database.read() as connection:
        return list(connection.execute(select(table).where(table.c.topic == "session").order_by(table.c.seq)).all())


def test_what_becomes_of_a_code_is_in_the_journal_with_the_contact_and_no_code_and_no_address(
    desk: Desk, database: Database, practice: Practice
) -> None:  # AUD-01, AUD-02, OTP-02
    reference = asked(desk)
    code = minted(desk, database, reference)
    checked(desk, reference, wrong(code))
    token = checked(desk, reference, code).token.text
    desk.perform(SYSTEM, portal_access.sign_out, token)
    desk.perform(SYSTEM, portal_access.sign_out, token)
    lines = journal(database)
    assert [(line.action, line.entity_id) for line in lines] == [
        (action, practice.amara.id) for action in ("asked_code", "code_refused", "signed_in", "signed_out")
    ]
    for line in lines:
        assert not line.broadcast
        assert line.detail is None
        told = " ".join(str(value) for name, value in line._asdict().items() if name not in ("seq", "command_id", "at"))
        assert not any(secret in told for secret in (code, wrong(code), "@", "example.org", token))


def test_an_address_that_nobody_knows_leaves_the_same_lines(
    desk: Desk, database: Database, practice: Practice, clock: FixedClock
) -> None:  # OTP-07: as much is written for either, so that neither answer nor time tells which it is
    told: dict[str, list[tuple[str, int]]] = {}
    for email in (AMARA, "stranger@example.org"):
        before = len(journal(database))
        for _code in range(3):
            checked(desk, asked(desk, email), "000000")
        assert desk.perform(SYSTEM, portal_access.ask_code, email, BROWSER).value.reference is None
        told[email] = [(line.action, line.entity_id) for line in journal(database)[before:]]
    known, unknown = told.values()
    assert [action for action, _who in known] == ["asked_code", "code_refused"] * 3 + ["code_not_given"]
    assert [action for action, _who in unknown] == [action for action, _who in known]
    assert {who for _action, who in known} == {practice.amara.id}
    assert {who for _action, who in unknown} == {0}


def test_a_guess_at_a_known_and_an_unknown_address_takes_one_comparison_each(
    desk: Desk, database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:  # OTP-07
    known, unknown = asked(desk), asked(desk, "stranger@example.org")
    minted(desk, database, known)
    compared: list[str] = []

    class Counting:
        def matches(self, stored: str, _code: str) -> bool:
            compared.append(stored)
            return False

    monkeypatch.setattr(portal_access, "CODES", Counting())
    for reference in (known, unknown):
        assert not checked(desk, reference, "000000").ok
    assert len(compared) == 2
