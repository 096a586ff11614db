"""Who is behind a manage link, on both engines: counted for the chain whoever tries at once, sent where the record says (OTP-04 to OTP-09)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import NotFound, Refused, Unavailable
from request_desk.domain.ids import AppointmentId, ManageLinkId, hashed, new_token
from request_desk.domain.manage_links import masked
from request_desk.domain.notices import LINK_CODE
from request_desk.services.notices import outbox
from request_desk.services.portal import access as portal_access, family_acts, manage_links, verification
from request_desk.store import schema
from tests.builders import Practice
from tests.services.test_family_acts import change_type
from tests.services.test_manage_links import IN_A_WEEK, dump, minted, opened
from tests.web.conftest import mailed_code

pytestmark = pytest.mark.usefixtures("quick_hashing")

BORN, WRONG = date(2022, 3, 12), date(2022, 3, 13)
BROWSER = hashed("the cookie of this browser")


@pytest.fixture
def visit(practice: Practice) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, IN_A_WEEK, "9:20")


def link_of(practice: Practice, visit: AppointmentId, channel: Channel | None = Channel.EMAIL) -> ManageLinkId:
    return opened(practice, minted(practice, visit, practice.amara, channel=channel)).id


def guess(practice: Practice, link: ManageLinkId, born: date) -> bool:
    session = hashed(new_token())
    return practice.desk.perform(SYSTEM, verification.check_birth_day, link, born, session).value.ok


def count(practice: Practice, action: str) -> int:
    with practice.database.read() as connection:
        lines = select(func.count()).where(schema.journal.c.action == action)
        return int(connection.execute(lines).scalar_one())


def test_of_many_birth_days_at_once_five_are_looked_at(practice: Practice, visit: AppointmentId) -> None:  # OTP-05
    change_type(practice, verification="birth_day")
    links = [link_of(practice, visit) for _each in range(4)]
    barrier = Barrier(16)

    def tried(number: int) -> bool:
        barrier.wait()
        try:
            return guess(practice, links[number % 4], WRONG)
        except Unavailable:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert not any(pool.map(tried, range(16)))
    assert count(practice, verification.WRONG) == 5
    assert not guess(practice, links[0], BORN)
    assert count(practice, "opened_link") == 0


def test_of_many_codes_at_once_five_are_looked_at(practice: Practice, visit: AppointmentId) -> None:  # OTP-05
    change_type(practice, verification="code")
    link = link_of(practice, visit)
    asked = practice.desk.perform(SYSTEM, verification.ask_code, link, BROWSER).value
    assert asked.reference is not None
    reference, code = asked.reference, mailed_code(practice)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _each in range(5):
        assert not verification.check_code(practice.desk, link, reference, wrong, BROWSER).ok
    barrier = Barrier(8)

    def tried(_number: int) -> bool:
        barrier.wait()
        return verification.check_code(practice.desk, link, reference, code, BROWSER).ok

    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(tried, range(8)))
    with practice.database.read() as connection:
        assert connection.execute(select(schema.challenge.c.attempts)).scalar_one() == 5


def test_a_code_is_good_once_for_its_link_alone_and_kept_nowhere(
    practice: Practice, visit: AppointmentId, clock: FixedClock
) -> None:  # OTP-02, OTP-03
    change_type(practice, verification="code")
    link, other = link_of(practice, visit), link_of(practice, visit)
    asked = practice.desk.perform(SYSTEM, verification.ask_code, link, BROWSER).value
    assert asked.reference is not None
    code = mailed_code(practice)
    assert f"'{code}'" not in dump(practice)
    assert not verification.check_code(practice.desk, other, asked.reference, code, BROWSER).ok
    assert not verification.check_code(practice.desk, link, asked.reference, code, hashed("another browser")).ok
    checked = verification.check_code(practice.desk, link, asked.reference, code, BROWSER)
    assert checked.ok
    assert checked.token.text not in dump(practice)
    assert not verification.check_code(practice.desk, link, asked.reference, code, BROWSER).ok
    clock.advance(timedelta(minutes=1))
    late = practice.desk.perform(SYSTEM, verification.ask_code, link, BROWSER).value
    assert late.reference is not None
    code = mailed_code(practice)
    clock.advance(portal_access.CODE_LENGTH)
    assert not verification.check_code(practice.desk, link, late.reference, code, BROWSER).ok


def test_nothing_is_changed_by_who_is_not_known(practice: Practice, visit: AppointmentId) -> None:  # ML5
    change_type(practice, verification="birth_day")
    token = minted(practice, visit, practice.amara)
    link = opened(practice, token)
    with pytest.raises(Refused, match="Please confirm first who you are"):
        practice.desk.perform(link.actor, family_acts.cancel, visit, expect_version=1)
    session = new_token()
    assert practice.desk.perform(SYSTEM, verification.check_birth_day, link.id, BORN, hashed(session)).value.ok
    known = practice.desk.query(SYSTEM, manage_links.of_token, token, session)
    assert practice.desk.query(known.actor, family_acts.appointment, visit).is_known
    other = practice.desk.query(SYSTEM, manage_links.of_token, minted(practice, visit), session)
    assert not practice.desk.query(other.actor, family_acts.appointment, visit).is_known  # LINK-11
    practice.desk.perform(known.actor, family_acts.cancel, visit, expect_version=1)


def test_where_a_code_goes_is_the_records_to_say(practice: Practice, visit: AppointmentId) -> None:  # OTP-07
    change_type(practice, verification="code")
    target = practice.desk.query(SYSTEM, verification.code_target, link_of(practice, visit))
    assert target is not None
    assert (target.contact_id, target.shown) == (practice.amara.id, "a•••@e•••.org")
    copied = opened(practice, minted(practice, visit)).id
    target = practice.desk.query(SYSTEM, verification.code_target, copied)
    assert target is not None
    assert target.contact_id == practice.amara.id  # the first registered who may book; never the grandmother
    practice.desk.perform(SYSTEM, verification.ask_code, copied, BROWSER)
    (notice,) = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL,)).value
    assert (notice.spec, notice.address) == (LINK_CODE, "amara@example.org")
    letter = notice.composed("012345", practice.desk.clock.now())
    assert "012345" in letter.body
    assert "012345" not in letter.subject
    with practice.database.write() as connection:
        connection.execute(update(schema.contact_point).values(verified_at=None))
    assert practice.desk.query(SYSTEM, verification.code_target, copied) is None
    with pytest.raises(Refused, match="No code can be sent for this visit"):
        practice.desk.perform(SYSTEM, verification.ask_code, copied, BROWSER)


def test_the_code_of_a_link_goes_over_another_channel_than_the_link(
    practice: Practice, visit: AppointmentId
) -> None:  # OTP-07, OTP-08, OTP-10
    change_type(practice, verification="code")
    phones = schema.contact_point.c
    hers = (phones.contact_id == practice.amara.id) & (phones.channel == "phone")
    with practice.database.write() as connection:
        confirmed = {"verified_at": practice.desk.clock.now(), "takes_texts": True}
        connection.execute(update(schema.contact_point).where(hers).values(**confirmed))

    def target_of(link: ManageLinkId) -> verification.CodeTarget:
        found = practice.desk.query(SYSTEM, verification.code_target, link)
        assert found is not None
        return found

    by_mail, by_text = link_of(practice, visit), link_of(practice, visit, Channel.SMS)
    target = target_of(by_mail)
    assert (target.contact_id, target.channel, target.shown) == (practice.amara.id, Channel.SMS, "••• ••• 47")
    assert target_of(by_text).channel is Channel.EMAIL
    practice.desk.perform(SYSTEM, verification.ask_code, by_mail, BROWSER)
    (notice,) = practice.desk.perform(SYSTEM, outbox.claim_due, "worker", (Channel.EMAIL, Channel.SMS)).value
    assert (notice.spec, notice.channel, notice.address) == (LINK_CODE, Channel.SMS, "+12065550147")
    assert "012345" in notice.composed("012345", practice.desk.clock.now()).body
    opted = {"contact_id": practice.amara.id, "channel": "sms", "source": "stop", "at": practice.desk.clock.now()}
    with practice.database.write() as connection:
        connection.execute(insert(schema.opt_out).values(**opted))
    assert target_of(by_mail).channel is Channel.EMAIL  # a text would not come through


def test_no_code_goes_to_a_country_that_gets_no_text_messages(
    practice: Practice, visit: AppointmentId
) -> None:  # OTP-10
    change_type(practice, verification="code")
    phones = schema.contact_point.c
    hers = (phones.contact_id == practice.amara.id) & (phones.channel == "phone")
    abroad = {"value": "+44 7400 123456", "lookup": "+447400123456", "takes_texts": True}
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_point).where(hers).values(verified_at=practice.desk.clock.now(), **abroad)
        )
    target = practice.desk.query(SYSTEM, verification.code_target, link_of(practice, visit))
    assert target is not None
    assert target.channel is Channel.EMAIL


def test_what_the_type_does_not_ask_for_is_not_taken(practice: Practice, visit: AppointmentId) -> None:
    link = link_of(practice, visit)
    with pytest.raises(Refused, match="does not ask for the date of birth"):
        guess(practice, link, BORN)
    with pytest.raises(Refused, match="No code can be sent"):
        practice.desk.perform(SYSTEM, verification.ask_code, link, BROWSER)
    practice.desk.perform(practice.maria, manage_links.revoke_all, visit)
    with pytest.raises(NotFound):
        guess(practice, link, BORN)


@pytest.mark.parametrize(
    ("channel", "value", "shown"),
    [
        (Channel.EMAIL, "jo.doe@mail.example.com", "j•••@m•••.com"),
        (Channel.EMAIL, "x@y.org", "x•••@y•••.org"),
        (Channel.PHONE, "(206) 555-0147", "••• ••• 47"),
    ],
)
def test_an_address_is_masked(channel: Channel, value: str, shown: str) -> None:  # OTP-07
    assert masked(channel, value) == shown
