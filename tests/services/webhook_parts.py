"""A desk that seals secrets and looks at addresses as the program does, and subscriptions that it made."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from request_desk.domain.access import Actor
from request_desk.domain.clock import Clock, SystemClock
from request_desk.domain.events import OFFERED
from request_desk.domain.ids import CountingIds, NewId, SubscriptionId
from request_desk.domain.webhooks import WebhookAttempt, WebhookEnd
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.gateways.webhooks import WebhookSender
from request_desk.services.desk import Desk
from request_desk.services.notices import subscriptions, webhook_log
from request_desk.services.notices.subscriptions import NewlySigned, Subscription, SubscriptionForm
from request_desk.services.notices.webhook_log import LoggedWebhook
from request_desk.store.database import Database
from tests.builders import Practice

URL = "https://partner.example/hook?key=k-4711"
NAMES = {"partner.example": "93.184.215.14", "other.example": "93.184.215.15", "inside.example": "10.0.0.7"}
TAKEN = WebhookAttempt(WebhookEnd.DELIVERED, 200, "", None, 12, "thanks")
FAILED = WebhookAttempt(WebhookEnd.TRY_AGAIN, 500, "The receiver answered 500.", None, 34, "oh no")
GONE = WebhookAttempt(WebhookEnd.GONE, 410, "The receiver answered 410: it wants no more messages.", None, 5, "")
REFUSED = WebhookAttempt(WebhookEnd.REFUSED, None, "This address leads into a private network.", None, 1, "")


def resolved(host: str, _port: int) -> Sequence[str]:
    return (NAMES.get(host, "127.0.0.1"),)


def a_sender(seconds: float = 15) -> WebhookSender:
    """Sends as the program does, where every name that nobody knows is this machine."""
    return WebhookSender(SystemClock(), resolver=resolved, allow_loopback=True, seconds=seconds)


def webhook_desk(
    database: Database,
    clock: Clock,
    keys: Path,
    new_id: NewId | None = None,
    check_receiver: Callable[[str], str] | None = None,
) -> Desk:
    """A desk that lets no receiver on this machine through, but with another `check_receiver`."""
    keys.mkdir(exist_ok=True)
    check = check_receiver or WebhookSender(clock, resolver=resolved).check
    return Desk(database, clock, new_id or CountingIds(1000), KeptSealer(FileStore(keys)), check)


def a_form(**values: Any) -> SubscriptionForm:
    return SubscriptionForm(
        **{"name": "Sunrise School", "url": URL, "types": [str(each) for each in OFFERED], **values}
    )


def subscribed(practice: Practice, by: Actor | None = None, **values: Any) -> NewlySigned:
    return subscriptions.add_subscription(practice.desk, by or practice.admin, a_form(**values))


def listed(practice: Practice) -> dict[SubscriptionId, Subscription]:
    return {each.id: each for each in practice.desk.query(practice.admin, subscriptions.subscriptions)}


def logged(practice: Practice, which: SubscriptionId) -> tuple[LoggedWebhook, ...]:
    return practice.desk.query(practice.admin, webhook_log.webhook_log, which).webhooks
