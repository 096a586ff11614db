"""The log of webhooks: each with all its tries, and sending one again by hand under the same id (WH2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotFound, Refused
from request_desk.domain.events import EventType
from request_desk.domain.ids import AppointmentId, RequestId, SubscriptionId, WebhookDeliveryId
from request_desk.domain.webhooks import webhook_id
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.store import schema

PAGE: Final = 50
_LARGEST_ID: Final = 2**63 - 1

_delivery, _attempt, _subscription = schema.webhook_delivery, schema.webhook_attempt, schema.subscription
_LOG = (
    select(_delivery)
    .where(_delivery.c.subscription_id == bindparam("which"), _delivery.c.id < bindparam("before"))
    .order_by(_delivery.c.id.desc())
    .limit(bindparam("most"))
)
_TRIES = (
    select(_attempt)
    .where(_attempt.c.delivery_id.in_(bindparam("ids", expanding=True)))
    .order_by(_attempt.c.delivery_id, _attempt.c.id)
)
_ONE = (
    select(_delivery, _subscription.c.active, _subscription.c.removed_at)
    .select_from(_delivery.join(_subscription, _subscription.c.id == _delivery.c.subscription_id))
    .where(_delivery.c.id == bindparam("which"))
    .with_for_update(of=_delivery)
)
_AGAIN = (
    update(_delivery)
    .where(_delivery.c.id == bindparam("which"))
    .values(
        state="pending",
        attempts=0,
        not_before=bindparam("now"),
        error="",
        sent_at=None,
        lease_owner="",
        lease_until=None,
        version=_delivery.c.version + 1,
    )
)


@dataclass(frozen=True, slots=True)
class WebhookTry:
    """One try: the status of the answer (None: there was none), its first bytes made visible, and why it failed."""

    at: datetime
    status: int | None
    elapsed_ms: int
    answer: str
    error: str


@dataclass(frozen=True, slots=True)
class LoggedWebhook:
    """A webhook with its tries, the oldest first. `state` is pending, sending, sent, failed or withdrawn."""

    id: WebhookDeliveryId
    webhook_id: str
    event_type: str
    occurred_at: datetime
    state: str
    not_before: datetime
    sent_at: datetime | None
    error: str
    request_id: RequestId | None
    appointment_id: AppointmentId | None
    tries: tuple[WebhookTry, ...]

    @property
    def can_be_sent_again(self) -> bool:
        return self.state in ("sent", "failed")


@dataclass(frozen=True, slots=True)
class WebhookLog:
    """A page of the log, newest first; `before` asks for the next one, None behind the last."""

    webhooks: tuple[LoggedWebhook, ...]
    before: WebhookDeliveryId | None


def webhook_log(
    unit: Unit, subscription_id: SubscriptionId, *, before: WebhookDeliveryId | None = None, most: int = PAGE
) -> WebhookLog:
    """Return the webhooks of a subscription that are older than `before`, newest first."""
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    asked = {"which": subscription_id, "before": _LARGEST_ID if before is None else before, "most": most + 1}
    rows = unit.rows(_LOG, asked)
    shown = rows[:most]
    tries: dict[int, list[WebhookTry]] = {}
    if shown:
        for row in unit.rows(_TRIES, {"ids": [each.id for each in shown]}):
            one = WebhookTry(row.at, row.status, row.elapsed_ms, row.answer, row.error)
            tries.setdefault(row.delivery_id, []).append(one)
    webhooks = tuple(_logged(unit, row, tuple(tries.get(row.id, ()))) for row in shown)
    return WebhookLog(webhooks, webhooks[-1].id if len(rows) > most else None)


def send_again(unit: Unit, delivery_id: WebhookDeliveryId) -> None:
    """Send a webhook again, now, with the same id, as often as a new one would be tried (WH2).

    Raises Refused for one that is on its way or was taken back, and while its subscription is off.
    """
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    row = unit.first(_ONE, {"which": delivery_id})
    if row is None or row.removed_at is not None:
        raise NotFound(_("This webhook is not there any more. Reload the log."))
    if row.state == "pending":
        raise Refused(_("This webhook is on its way already."))
    if row.state == "withdrawn":
        raise Refused(_("What this webhook tells of was taken back before it was sent, so it is never sent."))
    if not row.active and row.event_type != EventType.SUBSCRIPTION_TEST:
        raise Refused(_("The subscription is switched off. Switch it on, then send the webhook again."))
    unit.run(_AGAIN, {"which": delivery_id, "now": unit.now})
    unit.record("webhook_sent_again", Topic.DELIVERY, delivery_id, subscription_id=row.subscription_id)


def _logged(unit: Unit, row: Row[Any], tries: tuple[WebhookTry, ...]) -> LoggedWebhook:
    is_leased = row.state == "pending" and row.lease_until is not None and row.lease_until > unit.now
    return LoggedWebhook(
        WebhookDeliveryId(row.id),
        webhook_id(row.reference),
        row.event_type,
        row.occurred_at,
        "sending" if is_leased else row.state,
        row.not_before,
        row.sent_at,
        row.error,
        None if row.request_id is None else RequestId(row.request_id),
        None if row.appointment_id is None else AppointmentId(row.appointment_id),
        tries,
    )
