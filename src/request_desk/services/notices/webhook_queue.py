"""Webhooks on their way: claimed for each receiver apart, settled, tried again, given up (HOOK-03, HOOK-06, HOOK-09, JOB-01).

Whoever claims one sends it and settles it; whoever is killed in between leaves it leased, and it is sent again with the same id.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from sqlalchemy import ColumnElement, Row, bindparam, func, literal_column, or_, select, update

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.events import SPEC_OF_EVENT, EventSubject, EventType, envelope, full
from request_desk.domain.ids import SubscriptionId, WebhookDeliveryId
from request_desk.domain.sealing import KeyMissing, SealBroken
from request_desk.domain.webhooks import WAITS, WebhookAttempt, WebhookEnd, wait_after, webhook_id
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Unit
from request_desk.services.notices import subscriptions
from request_desk.store import schema

IN_FLIGHT: Final = 2  # of one receiver: one that hangs keeps nobody else waiting
LEASE: Final = timedelta(minutes=1)  # a try ends by itself long before
SEALED_WAIT: Final = timedelta(minutes=5)  # until a secret that does not open here is looked at again
_MOST_TRIES: Final = len(WAITS) + 4  # more than ever come back settled: sending itself breaks

_delivery, _subscription = schema.webhook_delivery, schema.subscription
_PENDING: ColumnElement[str] = literal_column("'pending'")  # spelled out for the partial index
_is_free = or_(_delivery.c.lease_until.is_(None), _delivery.c.lease_until < bindparam("now"))
# What this program can send; a newer one on the same database may have queued more.
_known = _delivery.c.event_type.in_([each.value for each in EventType])
_LOOK = (
    select(
        _subscription.c.id,
        select(func.min(_delivery.c.not_before))
        .where(_delivery.c.subscription_id == _subscription.c.id, _delivery.c.state == _PENDING, _known, _is_free)
        .scalar_subquery()
        .label("due_at"),
    )
    .where(_subscription.c.removed_at.is_(None))
    .order_by(_subscription.c.id)
)
# One process at a time looks for a receiver's webhooks, else two of them would have more in flight together.
_LOCK = (
    select(_subscription)
    .where(_subscription.c.id == bindparam("which"), _subscription.c.removed_at.is_(None))
    .with_for_update(skip_locked=True)
)
# Those that are leased were due first, so they are among the first.
_FRONT = (
    select(_delivery)
    .where(
        _delivery.c.subscription_id == bindparam("which"),
        _delivery.c.state == _PENDING,
        _known,
        _delivery.c.not_before <= bindparam("now"),
    )
    .order_by(_delivery.c.not_before, _delivery.c.id)
    .limit(2 * IN_FLIGHT)
)
# Whoever takes an act back does not wait for the look: what was withdrawn meanwhile is not leased any more.
_LEASE = (
    update(_delivery)
    .where(_delivery.c.id == bindparam("which"), _delivery.c.state == _PENDING, _is_free)
    .values(
        lease_owner=bindparam("owner"),
        lease_until=bindparam("leased"),
        attempts=_delivery.c.attempts + 1,
        version=_delivery.c.version + 1,
    )
)
_ONE = select(_delivery).where(_delivery.c.id == bindparam("which")).with_for_update()
_IS_ACTIVE = select(_subscription.c.active).where(_subscription.c.id == bindparam("which"))
_patient, _provider, _location, _type, _contact = (
    schema.patient,
    schema.provider,
    schema.location,
    schema.appointment_type,
    schema.contact,
)
_NAMES: Final = {
    EventSubject.APPOINTMENT: select(
        _patient.c.given_name,
        _patient.c.family_name,
        _provider.c.name.label("provider_name"),
        _location.c.name.label("location_name"),
        _type.c.name.label("type_name"),
    )
    .select_from(
        schema.appointment.join(_provider, _provider.c.id == schema.appointment.c.provider_id)
        .join(_location, _location.c.id == schema.appointment.c.location_id)
        .join(_type, _type.c.id == schema.appointment.c.type_id)
        .outerjoin(_patient, _patient.c.id == schema.appointment.c.patient_id)
    )
    .where(schema.appointment.c.id == bindparam("which")),
    EventSubject.REQUEST: select(
        _patient.c.given_name,
        _patient.c.family_name,
        _contact.c.given_name.label("contact_given_name"),
        _contact.c.family_name.label("contact_family_name"),
    )
    .select_from(
        schema.request.join(_patient, _patient.c.id == schema.request.c.patient_id).join(
            _contact, _contact.c.id == schema.request.c.contact_id
        )
    )
    .where(schema.request.c.id == bindparam("which")),
}


@dataclass(frozen=True, slots=True)
class DueWebhook:
    """A webhook to send now; `webhook_id` is the same on every try, each of `secrets` signs it."""

    id: WebhookDeliveryId
    subscription_id: SubscriptionId
    webhook_id: str
    attempts: int
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)


def next_due(unit: Unit) -> datetime | None:
    """Return when the next webhook that nobody sends yet may leave; None when none waits."""
    unit.require(Permission.RUN_JOBS)
    return min((row.due_at for row in unit.rows(_LOOK, {"now": unit.now}) if row.due_at is not None), default=None)


def claim(unit: Unit, owner: str, most: int) -> tuple[DueWebhook, ...]:
    """Lease up to `most` webhooks that are due to `owner` and return them, at most `IN_FLIGHT` of each receiver together."""
    unit.require(Permission.RUN_JOBS)
    unit.keeps_answer = False  # claimed twice means claimed: what is leased waits for the end of its lease
    due = [row for row in unit.rows(_LOOK, {"now": unit.now}) if row.due_at is not None and row.due_at <= unit.now]
    claimed: list[DueWebhook] = []
    for row in sorted(due, key=lambda row: row.due_at):
        if len(claimed) >= most:
            break
        claimed += _claimed_of(unit, row.id, owner, most - len(claimed))
    return tuple(claimed)


def _claimed_of(unit: Unit, subscription_id: int, owner: str, most: int) -> list[DueWebhook]:
    receiver = unit.first(_LOCK, {"which": subscription_id})
    if receiver is None:
        return []  # removed just now, or another process is at it
    front = unit.rows(_FRONT, {"which": subscription_id, "now": unit.now})
    free = [row for row in front if row.lease_until is None or row.lease_until < unit.now]
    room = min(most, IN_FLIGHT - (len(front) - len(free)))
    if not free or room <= 0:
        return []
    try:
        secrets, headers = subscriptions.signing(unit, receiver)
    except (KeyMissing, SealBroken) as locked:
        for row in free:
            _set(unit, row.id, error=locked.sentence, not_before=unit.now + SEALED_WAIT)
        return []
    return [due for row in free[:room] if (due := _leased(unit, row, receiver, owner, secrets, headers)) is not None]


def _leased(
    unit: Unit,
    row: Row[Any],
    receiver: Row[Any],
    owner: str,
    secrets: tuple[str, ...],
    headers: tuple[tuple[str, str], ...],
) -> DueWebhook | None:
    """Lease one; None when it is given up instead, or was withdrawn just now."""
    if row.attempts >= _MOST_TRIES:
        _fail(unit, row, _("Sending stopped half-way each time."))
        return None
    try:
        body = envelope(EventType(row.event_type), row.occurred_at, _data(unit, row, is_full=receiver.is_full))
    except ValueError:  # changed by hand
        _fail(unit, row, _("The webhook is too long to be sent."))
        return None
    leased = {"which": row.id, "owner": owner, "leased": unit.now + LEASE, "now": unit.now}
    if not unit.run(_LEASE, leased):
        return None
    return DueWebhook(
        WebhookDeliveryId(row.id),
        SubscriptionId(receiver.id),
        webhook_id(row.reference),
        row.attempts + 1,
        receiver.url,
        body,
        secrets,
        headers,
    )


def _data(unit: Unit, row: Row[Any], *, is_full: bool) -> Mapping[str, Any]:
    """The payload as it leaves: with the names of now where the subscription is a full one."""
    spec = SPEC_OF_EVENT[EventType(row.event_type)]
    payload: Mapping[str, Any] = row.payload
    statement = _NAMES.get(spec.subject)
    if not is_full or statement is None:
        return payload
    about = row.request_id if spec.subject is EventSubject.REQUEST else row.appointment_id
    found = unit.first(statement, {"which": about})
    if found is None:
        return full(spec, payload, {})
    names = found._asdict()
    names["patient_name"] = full_name(found.given_name or "", found.family_name or "") or None
    if spec.subject is EventSubject.REQUEST:
        names["contact_name"] = full_name(found.contact_given_name, found.contact_family_name) or None
    return full(spec, payload, names)


def settle(unit: Unit, delivery_id: WebhookDeliveryId, owner: str, attempt: WebhookAttempt) -> None:
    """Write what became of a try; nothing happens when the lease was lost meanwhile or it was settled before.

    A receiver that wants no more (410) is switched off with the reason, and so is told to the administrator (HOOK-04).
    """
    unit.require(Permission.RUN_JOBS)
    row = unit.first(_ONE, {"which": delivery_id})
    if row is None or row.state != "pending" or row.lease_owner != owner:
        return
    unit.insert(
        schema.webhook_attempt,
        id=unit.new_id(),
        delivery_id=delivery_id,
        at=unit.now,
        status=attempt.status,
        elapsed_ms=attempt.elapsed_ms,
        answer=attempt.first,
        error=attempt.reason,
    )
    match attempt.end:
        case WebhookEnd.DELIVERED:
            _set(unit, row.id, **_UNLEASED, state="sent", sent_at=unit.now, error="")
            _tell(unit, "webhook_sent", row)
        case WebhookEnd.TRY_AGAIN:
            wait = wait_after(row.attempts, random.random(), attempt.wait)  # noqa: S311  # so that not all come back at once
            if wait is None or not _goes_on(unit, row):
                _fail(unit, row, attempt.reason)
            else:
                _set(unit, row.id, **_UNLEASED, not_before=unit.now + wait, error=attempt.reason)
                _tell(unit, "webhook_delayed", row)
        case WebhookEnd.REFUSED:
            _fail(unit, row, attempt.reason)
        case WebhookEnd.GONE:
            _fail(unit, row, attempt.reason)
            subscriptions.switched_off(unit, row.subscription_id, attempt.reason)
        case _:
            assert_never(attempt.end)


_UNLEASED: Final[Mapping[str, Any]] = {"lease_owner": "", "lease_until": None}


def _goes_on(unit: Unit, row: Row[Any]) -> bool:
    """Tell whether a webhook is still wanted: a subscription that was switched off meanwhile gets nothing but its test."""
    is_test = row.event_type == EventType.SUBSCRIPTION_TEST
    return is_test or bool(unit.value(_IS_ACTIVE, {"which": row.subscription_id}))


def _fail(unit: Unit, row: Row[Any], reason: str) -> None:
    _set(unit, row.id, **_UNLEASED, state="failed", error=reason)
    _tell(unit, "webhook_failed", row)


def _set(unit: Unit, delivery_id: int, **values: Any) -> None:
    unit.run(update(_delivery).where(_delivery.c.id == delivery_id).values(version=_delivery.c.version + 1, **values))


def _tell(unit: Unit, action: str, row: Row[Any]) -> None:
    unit.record(action, Topic.DELIVERY, row.id, subscription_id=row.subscription_id, event_type=row.event_type)
