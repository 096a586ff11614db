"""Webhooks from an act to a receiver that listens, and receivers that hang, break or are gone (WH1, WH2, HOOK-01, HOOK-09, JOB-05)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from standardwebhooks import Webhook

from request_desk.domain.clock import FixedClock
from request_desk.domain.webhooks import WebhookAttempt
from request_desk.gateways.webhooks import WebhookPost, WebhookSender
from request_desk.jobs import tasks
from request_desk.services.desk import Desk
from request_desk.services.notices import subscriptions, webhook_log
from request_desk.services.notices.subscriptions import NewlySigned
from request_desk.store.database import Database
from tests.builders import Practice
from tests.events import problems
from tests.receivers import Answer, Caller, answering, hanging, receiving
from tests.services.webhook_parts import a_form, a_sender, listed, logged, webhook_desk

WAIT = 30
taking = answering(200, b"thanks")


@pytest.fixture
def desk(database: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Desk]:
    desk = webhook_desk(database, clock, tmp_path / "keys", check_receiver=a_sender().check)
    yield desk
    desk.close()


@pytest.fixture
def sender() -> WebhookSender:
    return a_sender()


def subscribed(practice: Practice, url: str) -> NewlySigned:
    """A subscription of a receiver on this machine."""
    types = ["request.received", "delivery.failed"]
    return subscriptions.add_subscription(practice.desk, practice.admin, a_form(url=url, types=types))


def counted(enough: int, reached: Event) -> Answer:
    """Takes everything, and tells when it has had enough."""
    had: list[int] = []

    def answer(caller: Caller) -> None:
        taking(caller)
        had.append(1)
        if len(had) == enough:
            reached.set()

    return answer


def test_an_act_arrives_signed_and_is_in_the_log(practice: Practice, sender: WebhookSender) -> None:  # WH1, HOOK-01
    with receiving(taking) as receiver:
        made = subscribed(practice, receiver.url)
        request = practice.a_request()
        assert tasks.send_webhooks(practice.desk, sender.send, "worker") == 1
        assert tasks.send_webhooks(practice.desk, sender.send, "worker") == 0
    (got,) = receiver.received
    told = Webhook(made.value.text).verify(got.body, got.headers)
    assert told["data"]["request_id"] == str(request)
    assert problems(got.body) == []
    (entry,) = logged(practice, made.id)
    assert (entry.state, entry.webhook_id) == ("sent", got.headers["webhook-id"])
    assert [(each.status, each.answer) for each in entry.tries] == [(200, "thanks")]


def test_both_secrets_verify_after_a_change(practice: Practice, sender: WebhookSender) -> None:  # HOOK-02
    with receiving(taking) as receiver:
        made = subscribed(practice, receiver.url)
        again = practice.desk.perform(practice.admin, subscriptions.rotate_secret, made.id, expect_version=1).value
        practice.desk.perform(practice.admin, subscriptions.send_test, made.id)
        tasks.send_webhooks(practice.desk, sender.send, "worker")
    (got,) = receiver.received
    for secret in (made.value.text, again.value.text):
        assert Webhook(secret).verify(got.body, got.headers)["type"] == "subscription.test"


def test_a_receiver_that_hangs_delays_nobody_else(practice: Practice, sender: WebhookSender) -> None:  # HOOK-09
    reached = Event()
    with receiving(hanging) as slow, receiving(counted(12, reached)) as quick:
        stuck = subscribed(practice, slow.url)
        for _each in range(6):
            practice.a_request()
        subscribed(practice, quick.url)
        job = Thread(target=tasks.send_webhooks, args=(practice.desk, sender.send, "worker"))
        for _each in range(6):
            practice.a_request()
        job.start()
        for _each in range(6):
            practice.a_request()  # while the first two hang
        assert reached.wait(WAIT)
        assert slow.connections <= 2
        assert {each.state for each in logged(practice, stuck.id)} == {"pending", "sending"}
        practice.desk.perform(
            practice.admin, subscriptions.switch_subscription, stuck.id, active=False, expect_version=1
        )
        slow.close()
        job.join(WAIT)
        assert not job.is_alive()
    requests = [each.headers["webhook-id"] for each in quick.received if b'"type":"request.received"' in each.body]
    assert len(requests) == len(set(requests)) == 12


def test_what_breaks_the_sending_of_one_stops_no_other(practice: Practice, sender: WebhookSender) -> None:  # JOB-05
    with receiving(taking) as receiver:
        broken = subscribed(practice, receiver.url + "?broken")
        subscribed(practice, receiver.url)
        practice.a_request()

        def send(post: WebhookPost) -> WebhookAttempt:
            if post.url.endswith("?broken"):
                raise RuntimeError("Zuri Okafor")
            return sender.send(post)

        assert tasks.send_webhooks(practice.desk, send, "worker") == 1
    (entry,) = logged(practice, broken.id)
    assert entry.state == "pending"
    assert "in the log" in entry.error
    assert "Zuri" not in entry.error


def test_who_answers_410_is_switched_off(practice: Practice, sender: WebhookSender) -> None:  # HOOK-04
    with receiving(answering(410)) as receiver:
        made = subscribed(practice, receiver.url)
        practice.a_request()
        assert tasks.send_webhooks(practice.desk, sender.send, "worker") == 0
    assert not listed(practice)[made.id].active


def test_one_that_failed_is_sent_again_by_hand_with_its_id(practice: Practice, sender: WebhookSender) -> None:  # WH2
    answers = [answering(500, b"oh no"), taking]

    def answer(caller: Caller) -> None:
        answers.pop(0)(caller)

    with receiving(answer) as receiver:
        made = subscribed(practice, receiver.url)
        practice.a_request()
        tasks.send_webhooks(practice.desk, sender.send, "worker")
        (entry,) = logged(practice, made.id)
        practice.desk.clock.advance(timedelta(seconds=6))  # type: ignore[attr-defined]
        tasks.send_webhooks(practice.desk, sender.send, "worker")
        practice.desk.perform(practice.admin, webhook_log.send_again, entry.id)
        answers.append(taking)
        tasks.send_webhooks(practice.desk, sender.send, "worker")
    assert len(receiver.received) == 3
    assert {each.headers["webhook-id"] for each in receiver.received} == {entry.webhook_id}
    assert len({each.body for each in receiver.received}) == 1
    assert [each.status for each in logged(practice, made.id)[0].tries] == [500, 200, 200]


def test_a_job_that_is_stopped_claims_nothing(practice: Practice, sender: WebhookSender) -> None:
    with receiving(taking) as receiver:
        made = subscribed(practice, receiver.url)
        practice.a_request()
        assert tasks.send_webhooks(practice.desk, sender.send, "worker", lambda: True) == 0
    assert receiver.received == []
    assert [each.state for each in logged(practice, made.id)] == ["pending"]


def test_a_look_at_nothing_leaves_nothing_in_the_journal(practice: Practice, sender: WebhookSender) -> None:
    before = practice.desk.last_seq()
    assert tasks.send_webhooks(practice.desk, sender.send, "worker") == 0
    assert practice.desk.last_seq() == before


def test_a_message_holds_no_name(practice: Practice, sender: WebhookSender) -> None:  # HOOK-06
    with receiving(taking) as receiver:
        subscribed(practice, receiver.url)
        practice.a_request(message="the rash on his arm")
        tasks.send_webhooks(practice.desk, sender.send, "worker")
    sent = str(receiver.received)
    for word in ("Zuri", "Okafor", "Amara", "rash", "Well visit", "Lindqvist"):
        assert word not in sent
    assert '"kind":"schedule"' in sent
