"""Everything that goes out in one list: notices and webhooks, paged and narrowed, and sent again (RE8, WH2)."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from request_desk.domain.access import Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import NotAllowed, NotFound, Refused
from request_desk.domain.events import EventType
from request_desk.domain.requests import Delivery, DeliveryFilter
from request_desk.services.desk import Desk
from request_desk.services.notices import deliveries
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice
from tests.services.webhook_parts import subscribed, webhook_desk

EVERY = DeliveryFilter()
FAILED = DeliveryFilter("failed")


@pytest.fixture
def desk(database: Database, clock: FixedClock, tmp_path: Path) -> Desk:
    """A desk that can seal the secret of a subscription."""
    return webhook_desk(database, clock, tmp_path / "keys")


@pytest.fixture
def hooked(practice: Practice) -> Practice:
    """The practice with one subscription to what families ask."""
    subscribed(practice, types=[str(EventType.REQUEST_RECEIVED)])
    return practice


def change(practice: Practice, table: Any, **values: Any) -> None:
    with practice.database.write() as connection:
        connection.execute(update(table).values(**values))


def shown(practice: Practice, wanted: DeliveryFilter = EVERY, by: Any = None) -> list[Delivery]:
    """All pages, two rows each."""
    found: list[Delivery] = []
    after = None
    while True:
        page = practice.desk.query(by or practice.admin, deliveries.page, wanted, after, 2)
        found += page.rows
        after = page.after
        if after is None:
            return found


def test_notices_and_webhooks_come_in_one_order_page_after_page(hooked: Practice) -> None:  # RE8
    for _number in range(4):
        hooked.a_request()
    found = shown(hooked)
    assert [each.channel for each in found].count("webhook") == 4
    assert [each.channel for each in found].count("email") == 4
    assert [each.id for each in found] == sorted({each.id for each in found}, reverse=True)
    whole = hooked.desk.query(hooked.admin, deliveries.page, EVERY, None, 50)
    assert (list(whole.rows), whole.after) == (found, None)


def test_webhooks_are_for_those_who_manage_subscriptions(hooked: Practice) -> None:  # SEC-01
    hooked.a_request()
    assert {each.channel for each in shown(hooked, by=hooked.maria)} == {"email"}
    assert shown(hooked, DeliveryFilter(channel="webhook"), by=hooked.maria) == []


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (DeliveryFilter("pending"), 2),
        (DeliveryFilter("sending"), 0),
        (DeliveryFilter("sent"), 0),
        (DeliveryFilter("no such state"), 0),
        (DeliveryFilter(channel="email"), 1),
        (DeliveryFilter(channel="webhook"), 1),
        (DeliveryFilter(channel="sms"), 0),
        (DeliveryFilter(kind="acknowledgement"), 1),
        (DeliveryFilter(kind="request.received"), 1),
        (DeliveryFilter(text="amara OKAFOR"), 1),
        (DeliveryFilter(text="zuri"), 1),
        (DeliveryFilter(text="request.rec"), 1),
        (DeliveryFilter(text="100%_"), 0),
    ],
)
def test_each_filter_narrows(hooked: Practice, wanted: DeliveryFilter, count: int) -> None:  # RE8
    hooked.a_request()
    assert len(shown(hooked, wanted)) == count


def test_what_failed_is_sent_again_one_or_all_of_both_kinds(hooked: Practice) -> None:  # RE8, WH2
    for _number in range(2):
        hooked.a_request()
    for table in (schema.outbox, schema.webhook_delivery):
        change(hooked, table, state="failed", error="mailbox full", attempts=6)
    failed = shown(hooked, FAILED)
    assert len(failed) == 4
    hooked.desk.perform(hooked.admin, deliveries.retry, failed[0].channel, failed[0].id)
    again = [(each.channel, each.id) for each in failed]
    assert hooked.desk.perform(hooked.admin, deliveries.retry_all, again).value == 3
    assert shown(hooked, FAILED) == []
    assert {each.attempts for each in shown(hooked, DeliveryFilter("pending"))} == {0}
    with pytest.raises(Refused, match="Nothing of this has failed any more"):
        hooked.desk.perform(hooked.admin, deliveries.retry_all, again)


def test_a_webhook_that_was_taken_is_not_among_those_that_are_sent_again(hooked: Practice) -> None:  # WH2
    hooked.a_request()
    change(hooked, schema.webhook_delivery, state="sent", sent_at=hooked.desk.clock.now())
    (webhook,) = shown(hooked, DeliveryFilter(channel="webhook"))
    with pytest.raises(Refused, match="Nothing of this has failed"):
        hooked.desk.perform(hooked.admin, deliveries.retry_all, [(webhook.channel, webhook.id)])


def test_too_many_at_once_and_what_is_not_there_are_refused(practice: Practice) -> None:  # RE8
    with pytest.raises(Refused, match="too many at once"):
        practice.desk.perform(practice.admin, deliveries.retry_all, [("email", 1)] * (deliveries.MOST + 1))
    with pytest.raises(NotFound):
        practice.desk.perform(practice.admin, deliveries.retry, "email", 424_242)


def test_who_may_not_send_again_may_not(practice: Practice) -> None:  # RE8
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    for act, values in ((deliveries.retry, ("email", 1)), (deliveries.retry_all, ([("email", 1)],))):
        with pytest.raises(NotAllowed):
            practice.desk.perform(provider, act, *values)
