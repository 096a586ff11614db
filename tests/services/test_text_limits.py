"""Text messages keep the quiet hours, the day's limit and the countries of the practice, on the days of the clock change too (OTP-10)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import new_uuid
from request_desk.domain.notices import BOOKING, CODE, NoticeSpec
from request_desk.services.desk import Desk
from request_desk.services.notices import outbox
from request_desk.services.notices.outbox import Delivered, DueNotice
from request_desk.services.practice import settings as settings_service
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

CHANNELS = (Channel.EMAIL, Channel.SMS)


@pytest.fixture
def practice(practice: Practice) -> Practice:
    """Amara's phone takes text messages."""
    with practice.database.write() as connection:
        connection.execute(
            update(schema.contact_point)
            .where(schema.contact_point.c.contact_id == practice.amara.id, schema.contact_point.c.channel == "phone")
            .values(lookup="+12065550147", takes_texts=True, verified_at=practice.desk.clock.now())
        )
    return practice


def move(clock: FixedClock, to: datetime) -> None:
    clock.advance(to - clock.now())


def set_up(practice: Practice, **settings: Any) -> None:
    now = practice.desk.query(SYSTEM, settings_service.settings)
    practice.desk.perform(SYSTEM, settings_service.first_settings, replace(now, **settings))


def a_text(
    practice: Practice, *, spec: NoticeSpec = BOOKING, channel: Channel = Channel.SMS, count: int = 1
) -> list[int]:
    """Queued messages to Amara about a visit, due at once; a code's are about a challenge."""
    day = TODAY + timedelta(days=400 + practice.new_id() % 100)  # no two at one time
    appointment = practice.an_appointment(practice.zuri, practice.lindqvist, day, "9:20")
    ids = [practice.new_id() for _number in range(count)]
    with practice.database.write() as connection:
        for each in ids:
            connection.execute(
                insert(schema.outbox).values(
                    id=each,
                    version=1,
                    reference=new_uuid(),
                    kind=spec.kind,
                    channel=channel,
                    contact_id=practice.amara.id,
                    appointment_id=None if spec is CODE else appointment,
                    challenge_id=each if spec is CODE else None,
                    payload={},
                    dedupe_key=f"test:{each}",
                    state="pending",
                    not_before=practice.desk.clock.now(),
                    attempts=0,
                    lease_owner="",
                    error="",
                    created_at=practice.desk.clock.now(),
                )
            )
    return ids


def due(desk: Desk, owner: str = "worker", limit: int = 100) -> tuple[DueNotice, ...]:
    return desk.perform(SYSTEM, outbox.claim_due, owner, CHANNELS, limit).value


def rows(practice: Practice) -> dict[int, Any]:
    with practice.database.read() as connection:
        return {row.id: row for row in connection.execute(select(schema.outbox))}


def test_a_text_goes_to_the_number_as_it_is_dialled_from_everywhere(desk: Desk, practice: Practice) -> None:
    a_text(practice)
    assert [(each.channel, each.address) for each in due(desk)] == [(Channel.SMS, "+12065550147")]


def test_at_night_texts_wait_for_the_morning_and_mails_and_codes_leave(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    move(clock, wall(TODAY, "22:30"))
    [text] = a_text(practice)
    [code] = a_text(practice, spec=CODE)
    [mail] = a_text(practice, channel=Channel.EMAIL)
    assert {each.id for each in due(desk)} == {code, mail}
    morning = wall(TODAY + timedelta(days=1), "8:00")
    assert (rows(practice)[text].state, rows(practice)[text].not_before) == ("pending", morning)
    move(clock, morning - timedelta(seconds=1))
    assert text not in {each.id for each in due(desk, "other")}
    move(clock, morning)
    assert text in {each.id for each in due(desk, "third")}


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7)])
def test_the_morning_of_a_clock_change_begins_at_its_wall_time(
    desk: Desk, practice: Practice, clock: FixedClock, day: date
) -> None:
    move(clock, wall(day, "0:30"))
    [text] = a_text(practice)
    assert due(desk) == ()
    assert rows(practice)[text].not_before == wall(day, "8:00")


def test_mails_do_not_wait_behind_hundreds_of_texts_at_night(desk: Desk, practice: Practice, clock: FixedClock) -> None:
    move(clock, wall(TODAY, "23:00"))
    a_text(practice, count=200)
    [mail] = a_text(practice, channel=Channel.EMAIL)
    assert [each.id for each in due(desk, limit=4)] == [mail]


def test_what_is_over_the_limit_of_the_day_waits_for_the_next_morning(
    desk: Desk, practice: Practice, clock: FixedClock
) -> None:
    set_up(practice, sms_most_a_day=3)
    ids = a_text(practice, count=5)
    first = due(desk, limit=2)
    second = due(desk, "other worker", limit=10)  # what the first one has leased counts
    assert (len(first), len(second)) == (2, 1)
    for each in first:
        desk.perform(SYSTEM, outbox.settle, each.id, "worker", Delivered.SENT)
    desk.perform(SYSTEM, outbox.settle, second[0].id, "other worker", Delivered.SENT)
    later = set(ids) - {each.id for each in (*first, *second)}
    assert {rows(practice)[each].not_before for each in later} == {wall(TODAY + timedelta(days=1), "8:00")}
    [code] = a_text(practice, spec=CODE)
    assert due(desk) == ()
    assert rows(practice)[code].state == "failed"
    assert "today" in rows(practice)[code].error
    move(clock, wall(TODAY + timedelta(days=1), "8:00"))
    assert {each.id for each in due(desk)} == later


def test_no_text_at_all_leaves_where_none_is_allowed(desk: Desk, practice: Practice) -> None:
    set_up(practice, sms_most_a_day=0)
    a_text(practice, count=3)
    assert due(desk) == ()


@pytest.mark.parametrize(("countries", "is_sent"), [((), True), (("US", "MX"), True), (("MX",), False)])
def test_texts_go_to_the_countries_of_the_practice_alone(
    desk: Desk, practice: Practice, countries: tuple[str, ...], *, is_sent: bool
) -> None:
    set_up(practice, sms_countries=countries)
    [text] = a_text(practice)
    assert bool(due(desk)) is is_sent
    if not is_sent:
        assert (rows(practice)[text].state, rows(practice)[text].error) == (
            "withdrawn",
            "Text messages are not sent to the country of this number.",
        )


def test_a_phone_that_takes_no_texts_gets_none(desk: Desk, practice: Practice) -> None:
    with practice.database.write() as connection:
        connection.execute(update(schema.contact_point).values(takes_texts=False))
    [text] = a_text(practice)
    assert due(desk) == ()
    assert rows(practice)[text].state == "withdrawn"


def test_settings_of_text_messages_are_checked(desk: Desk, practice: Practice) -> None:
    for wrong, words in (
        ({"sms_quiet_from": 1440}, "Quiet hours"),
        ({"sms_most_a_day": -1}, "text messages"),
        ({"sms_countries": ("US", "Narnia")}, "no country"),
    ):
        with pytest.raises(Invalid, match=words):
            set_up(practice, **wrong)
    set_up(practice, sms_countries=("us", "MX", " ", "US"))
    assert desk.query(SYSTEM, settings_service.settings).sms_countries == ("MX", "US")
