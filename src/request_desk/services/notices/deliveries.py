"""Everything that left the practice or could not: notices and webhooks in one list, and sending what failed again (RE8, WH2)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, or_, select

from request_desk.domain.access import Permission, may
from request_desk.domain.errors import NotAllowed, Refused
from request_desk.domain.ids import AppointmentId, RequestId, WebhookDeliveryId
from request_desk.domain.paging import Page
from request_desk.domain.requests import Delivery, DeliveryFilter
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import queries as inbox_queries
from request_desk.services.notices import outbox, webhook_log
from request_desk.store import schema

WEBHOOK: Final = "webhook"
MOST: Final = 200

_delivery, _subscription = schema.webhook_delivery, schema.subscription
_request, _appointment, _patient = schema.request, schema.appointment, schema.patient
_WEBHOOKS: Final = (
    select(
        *_delivery.c,
        _subscription.c.name.label("subscription"),
        func.coalesce(_patient.c.given_name, "").label("given_name"),
        func.coalesce(_patient.c.family_name, "").label("family_name"),
    )
    .select_from(
        _delivery.join(_subscription, _subscription.c.id == _delivery.c.subscription_id)
        .outerjoin(_request, _request.c.id == _delivery.c.request_id)
        .outerjoin(_appointment, _appointment.c.id == _delivery.c.appointment_id)
        .outerjoin(_patient, _patient.c.id == func.coalesce(_request.c.patient_id, _appointment.c.patient_id))
    )
    .order_by(_delivery.c.id.desc())
)

_FAILED_WEBHOOKS: Final = select(_delivery.c.id).where(
    _delivery.c.id.in_(bindparam("ids", expanding=True)), _delivery.c.state == "failed"
)


def page(unit: Unit, wanted: DeliveryFilter, after: int | None = None, limit: int = 50) -> Page[Delivery]:
    """Return a page of what was sent or waits, the newest first, behind the delivery `after`.

    Webhooks are among them for those who manage subscriptions.
    """
    unit.require(Permission.VIEW_DELIVERIES)
    most = max(1, min(limit, MOST))
    notices: Page[Delivery] = Page((), None)
    if wanted.channel != WEBHOOK:
        notices = inbox_queries.deliveries(unit, wanted.state, after, most, wanted)
    webhooks: Page[Delivery] = Page((), None)
    if wanted.channel in ("", WEBHOOK) and may(unit.actor, Permission.MANAGE_SUBSCRIPTIONS):
        webhooks = _webhooks(unit, wanted, after, most)
    merged = sorted((*notices.rows, *webhooks.rows), key=lambda each: -each.id)
    # Behind the end of a page of one kind nothing is known, so that the other kind goes no further either.
    ends = [each.after for each in (notices, webhooks) if each.after is not None]
    if ends:
        merged = [each for each in merged if each.id >= max(ends)]
    shown = merged[:most]
    last = shown[-1].id if len(merged) > most else max(ends, default=None)
    return Page(tuple(shown), last)


def retry(unit: Unit, channel: str, delivery_id: int) -> None:
    """Send a failed notice or webhook again, now; raises Refused with the reason when that cannot be."""
    unit.require(Permission.RETRY_DELIVERIES)
    if channel == WEBHOOK:
        webhook_log.send_again(unit, WebhookDeliveryId(delivery_id))
    else:
        outbox.retry(unit, delivery_id)


def retry_all(unit: Unit, failed: Sequence[tuple[str, int]]) -> int:
    """Send these again, each by channel and id; return how many. One that has been sent meanwhile is left as it is."""
    unit.require(Permission.RETRY_DELIVERIES)
    if len(failed) > MOST:
        raise Refused(_("These are too many at once. Narrow the list first."))
    webhooks = [delivery_id for channel, delivery_id in failed if channel == WEBHOOK]
    again = {row[0] for row in unit.rows(_FAILED_WEBHOOKS, {"ids": webhooks})} if webhooks else set()
    sent = 0
    for channel, delivery_id in sorted(set(failed), key=lambda each: each[1]):
        if channel == WEBHOOK and delivery_id not in again:
            continue  # a webhook that was taken could be sent again, but nobody has asked for that
        try:
            retry(unit, channel, delivery_id)
        except NotAllowed:
            raise
        except Refused:
            continue
        sent += 1
    if not sent:
        raise Refused(_("Nothing of this has failed any more. Reload the list."))
    return sent


def _webhooks(unit: Unit, wanted: DeliveryFilter, after: int | None, most: int) -> Page[Delivery]:
    statement: Select[Any] = _WEBHOOKS.limit(most + 1)
    if wanted.state:
        statement = statement.where(_delivery.c.state == ("pending" if wanted.state == "sending" else wanted.state))
    if wanted.kind:
        statement = statement.where(_delivery.c.event_type == wanted.kind)
    if text := wanted.text.strip().lower():
        columns = (_subscription.c.name, _delivery.c.event_type, _delivery.c.error)
        statement = statement.where(or_(*(func.lower(each).contains(text, autoescape=True) for each in columns)))
    if after is not None:
        statement = statement.where(_delivery.c.id < after)
    found = unit.rows(statement)
    shown = tuple(_shown(unit, row) for row in found[:most])
    last = found[most - 1].id if len(found) > most else None
    return Page(tuple(each for each in shown if wanted.state in ("", each.state)), last)


def _shown(unit: Unit, row: Row[Any]) -> Delivery:
    is_leased = row.state == "pending" and row.lease_until is not None and row.lease_until > unit.now
    return Delivery(
        id=row.id,
        kind=row.event_type,
        request_id=None if row.request_id is None else RequestId(row.request_id),
        appointment_id=None if row.appointment_id is None else AppointmentId(row.appointment_id),
        patient_name=full_name(row.given_name, row.family_name),
        contact_name=row.subscription,
        channel=WEBHOOK,
        state="sending" if is_leased else row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        not_before=row.not_before,
        sent_at=row.sent_at,
        error=row.error,
    )
