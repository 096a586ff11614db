"""Subscriptions of other programs to events: made, changed, switched, given another secret, tried out, removed (WH1, HOOK-02, SEC-01).

The journal says what was done to which subscription; neither address nor secret nor header gets into it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, delete, func, literal_column, or_, select, union_all, update

from request_desk.domain.access import Actor, Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotFound, Problems, Refused
from request_desk.domain.events import SPEC_OF_EVENT, EventType, parse_types, thin
from request_desk.domain.ids import SubscriptionId, WebhookDeliveryId, new_uuid
from request_desk.domain.sealing import KeyMissing, SealBroken, SealedPlace
from request_desk.domain.text import clean_text, parse_version
from request_desk.domain.webhooks import check_headers, new_secret
from request_desk.domain.words import _
from request_desk.services.desk import Desk, Unit
from request_desk.services.people import access
from request_desk.services.people.access import Hidden
from request_desk.services.practice import sealed_values
from request_desk.services.practice.booking_secrets import Revealed
from request_desk.store import schema

BOTH_SIGN: Final = timedelta(hours=24)  # after a change of the secret (HOOK-02)
MOST: Final = 50
TROUBLE_SHOWN: Final = timedelta(days=7)
_NAME_LIMIT: Final = 80

_subscription, _types, _delivery, _attempt = (
    schema.subscription,
    schema.subscription_event_type,
    schema.webhook_delivery,
    schema.webhook_attempt,
)
_PENDING: ColumnElement[str] = literal_column("'pending'")
_FAILED: ColumnElement[str] = literal_column("'failed'")  # spelled out for the partial indexes
_ALL = (
    select(_subscription)
    .where(_subscription.c.removed_at.is_(None))
    .order_by(func.lower(_subscription.c.name), _subscription.c.id)
)
_TYPES_OF_ALL = select(_types)
_ONE = select(_subscription).where(_subscription.c.id == bindparam("which"), _subscription.c.removed_at.is_(None))
_COUNT = select(func.count()).select_from(_subscription).where(_subscription.c.removed_at.is_(None))
_WAITING = (
    select(_delivery.c.subscription_id, func.count().label("number"))
    .where(_delivery.c.state == _PENDING)
    .group_by(_delivery.c.subscription_id)
)
_GIVEN_UP = (
    select(_delivery.c.subscription_id, func.count().label("number"))
    .where(_delivery.c.state == _FAILED, _delivery.c.created_at >= bindparam("since"))
    .group_by(_delivery.c.subscription_id)
)
_last = union_all(
    *(
        select(_delivery.c.subscription_id, func.max(_delivery.c.id).label("id"))
        .where(_delivery.c.state == state, _delivery.c.error != "")
        .group_by(_delivery.c.subscription_id)
        for state in (_PENDING, _FAILED)
    )
).subquery()
_tried_at = (
    select(func.max(_attempt.c.at)).where(_attempt.c.delivery_id == _delivery.c.id).scalar_subquery().label("tried_at")
)
_LAST_TROUBLE = (
    select(_delivery.c.subscription_id, _delivery.c.error, _delivery.c.occurred_at, _tried_at)
    .select_from(_delivery.join(_last, _last.c.id == _delivery.c.id))
    .order_by(_delivery.c.id)
)
_FORGET_TYPES = delete(_types).where(_types.c.subscription_id == bindparam("which"))
# What nobody sends any more; what is on its way just now is settled by whoever sends it.
_GIVE_UP = (
    update(_delivery)
    .where(
        _delivery.c.subscription_id == bindparam("which"),
        _delivery.c.state == _PENDING,
        or_(_delivery.c.lease_until.is_(None), _delivery.c.lease_until < bindparam("now")),
    )
    .values(state="failed", error=bindparam("why"), lease_owner="", lease_until=None, version=_delivery.c.version + 1)
)
_TROUBLES = (
    select(_subscription.c.id, _subscription.c.name, _subscription.c.off_reason)
    .where(_subscription.c.removed_at.is_(None))
    .order_by(func.lower(_subscription.c.name), _subscription.c.id)
)


@dataclass(frozen=True, slots=True)
class SubscriptionForm:
    """What an administrator fills in. A header whose value is None keeps the one it has."""

    name: str
    url: str = field(repr=False)
    types: Sequence[str]
    headers: Sequence[tuple[str, str | None]] = field(default=(), repr=False)
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class LastTrouble:
    """Why something did not arrive, and when that was."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription without what is secret in it; `header_names` are empty where the key is not on this computer.

    `waiting` are its webhooks on their way, `failed` those given up within a week. The secret before this one signs until `both_until`.
    """

    id: SubscriptionId
    version: int
    name: str
    url: str = field(repr=False)
    types: tuple[EventType, ...]
    header_names: tuple[str, ...]
    is_full: bool
    active: bool
    off_reason: str
    created_at: datetime
    both_until: datetime | None
    waiting: int
    failed: int
    trouble: LastTrouble | None


@dataclass(frozen=True, slots=True)
class NewlySigned:
    """A subscription that was just made or given another secret, with its value for the receiver."""

    id: SubscriptionId
    name: str
    value: Hidden = field(default_factory=Hidden, compare=False)


@dataclass(frozen=True, slots=True)
class TroubledSubscription:
    """What an administrator is told of at once: a receiver that does not take its webhooks, or was switched off by itself."""

    id: SubscriptionId
    name: str
    failed: int
    off_reason: str


def full_warning() -> str:
    """Return what is said before a subscription gets names."""
    return _(
        "Names of patients, families and providers leave the practice with each webhook of this subscription. "
        "Switch it on only for a receiver who may have them, and who has agreed in writing to protect them."
    )


def place_of(subscription_id: int, column: str) -> SealedPlace:
    """Return where a secret value of a subscription is sealed to."""
    return SealedPlace(_subscription.name, subscription_id, column)


def subscriptions(unit: Unit) -> tuple[Subscription, ...]:
    """Return all subscriptions by name, with what waits, what failed lately and why."""
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    types: dict[int, list[str]] = {}
    for row in unit.rows(_TYPES_OF_ALL):
        types.setdefault(row.subscription_id, []).append(row.event_type)
    waiting = {row.subscription_id: row.number for row in unit.rows(_WAITING)}
    failed = {row.subscription_id: row.number for row in unit.rows(_GIVEN_UP, {"since": unit.now - TROUBLE_SHOWN})}
    last = {
        row.subscription_id: LastTrouble(row.tried_at or row.occurred_at, row.error) for row in unit.rows(_LAST_TROUBLE)
    }
    return tuple(
        Subscription(
            SubscriptionId(row.id),
            row.version,
            row.name,
            row.url,
            tuple(each for each in EventType if each in types.get(row.id, ())),
            _header_names(unit, row),
            row.is_full,
            row.active,
            row.off_reason,
            row.created_at,
            row.previous_until if row.previous_until is not None and row.previous_until > unit.now else None,
            waiting.get(row.id, 0),
            failed.get(row.id, 0),
            last.get(row.id),
        )
        for row in unit.rows(_ALL)
    )


def troubled(unit: Unit) -> tuple[TroubledSubscription, ...]:
    """Return the subscriptions that an administrator has to look after: webhooks given up within a week, or switched off by itself."""
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    failed = {row.subscription_id: row.number for row in unit.rows(_GIVEN_UP, {"since": unit.now - TROUBLE_SHOWN})}
    return tuple(
        TroubledSubscription(SubscriptionId(row.id), row.name, failed.get(row.id, 0), row.off_reason)
        for row in unit.rows(_TROUBLES)
        if row.off_reason or row.id in failed
    )


def add_subscription(desk: Desk, actor: Actor, form: SubscriptionForm) -> NewlySigned:
    """Subscribe a receiver whose address was looked at just now; its secret is shown once. Raises Invalid with all that is wrong."""
    desk.query(actor, _check_may)
    return desk.perform(actor, _added, _checked(desk, form, "")).value


def save_subscription(
    desk: Desk, actor: Actor, subscription_id: SubscriptionId, form: SubscriptionForm, *, expect_version: int
) -> None:
    """Change a subscription; webhooks on their way go to the new address. Raises Invalid, Conflict."""
    parse_version(expect_version)
    kept = desk.query(actor, _address, subscription_id)
    desk.perform(actor, _saved, subscription_id, _checked(desk, form, kept.text), expect_version=expect_version)


def switch_subscription(unit: Unit, subscription_id: SubscriptionId, *, active: bool, expect_version: int) -> None:
    """Switch a subscription on or off. While it is off nothing is written for it, and what waited is given up; it can be sent by hand later."""
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    _row(unit, subscription_id)
    unit.change(_subscription, subscription_id, expect_version, active=active, off_reason="")
    if not active:
        _give_up(unit, subscription_id, _("The subscription was switched off."))
    unit.record("switched_on_subscription" if active else "switched_off_subscription", Topic.DIRECTORY, subscription_id)


def remove_subscription(unit: Unit, subscription_id: SubscriptionId, *, expect_version: int) -> None:
    """Remove a subscription for good: its secrets are deleted, what waited is given up, its log stays as long as any."""
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    _row(unit, subscription_id)
    unit.change(
        _subscription,
        subscription_id,
        expect_version,
        active=False,
        removed_at=unit.now,
        secret_sealed="",
        previous_secret_sealed="",
        previous_until=None,
        headers_sealed="",
    )
    _give_up(unit, subscription_id, _("The subscription was removed."))
    unit.record("removed_subscription", Topic.DIRECTORY, subscription_id)


def rotate_secret(unit: Unit, subscription_id: SubscriptionId, *, expect_version: int) -> NewlySigned:
    """Give a subscription another secret, which is shown once; for a day both sign, so that no webhook is refused meanwhile (HOOK-02)."""
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    parse_version(expect_version)
    row = _row(unit, subscription_id)
    made = NewlySigned(subscription_id, row.name, Hidden(new_secret()))
    sealed_values.begin(unit)
    before = _opened(unit, row, "secret_sealed")
    unit.change(
        _subscription,
        subscription_id,
        expect_version,
        secret_sealed=_sealed(unit, subscription_id, "secret_sealed", made.value.text),
        previous_secret_sealed=_sealed(unit, subscription_id, "previous_secret_sealed", before),
        previous_until=unit.now + BOTH_SIGN if before else None,
    )
    unit.record("rotated_subscription_secret", Topic.DIRECTORY, subscription_id)
    return made


def reveal_secret(desk: Desk, actor: Actor, subscription_id: SubscriptionId, password: str) -> Revealed:
    """Show the secret of a subscription to whoever typed their own password; in the journal either way (SEC-05)."""
    desk.query(actor, _check_may)
    if sentence := access.confirm_password(desk, actor, password):
        return Revealed(sentence)
    return desk.perform(actor, _revealed, subscription_id).value


def send_test(unit: Unit, subscription_id: SubscriptionId) -> WebhookDeliveryId:
    """Send a webhook that tells of nothing, also to a subscription that is switched off; returns its row of the log."""
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    row = _row(unit, subscription_id)
    spec = SPEC_OF_EVENT[EventType.SUBSCRIPTION_TEST]
    which = WebhookDeliveryId(unit.new_id())
    unit.insert(
        _delivery,
        id=which,
        reference=new_uuid(),
        subscription_id=subscription_id,
        event_type=spec.type.value,
        event_id=new_uuid(),
        payload=thin(spec, {"subscription_id": subscription_id, "sequence": row.version}),
        occurred_at=unit.now,
        state="pending",
        not_before=unit.now,
        created_at=unit.now,
    )
    unit.record("tried_subscription", Topic.DIRECTORY, subscription_id)
    return which


def signing(unit: Unit, row: Row[Any]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the secrets that sign for a subscription now and its own headers, for the use case that sends; `row` is of its table.

    Raises KeyMissing, SealBroken.
    """
    columns = ["secret_sealed"]
    if row.previous_secret_sealed and row.previous_until is not None and row.previous_until > unit.now:
        columns.append("previous_secret_sealed")
    secrets = tuple(unit.sealer.unseal(getattr(row, column), place_of(row.id, column)) for column in columns)
    return secrets, tuple(_headers(unit, row).items())


def switched_off(unit: Unit, subscription_id: SubscriptionId, reason: str) -> None:
    """Switch a subscription off because its receiver wants no more, within the use case that was told so."""
    unit.change(_subscription, subscription_id, None, active=False, off_reason=reason)
    _give_up(unit, subscription_id, _("The receiver wants no more."))
    unit.record("subscription_gone", Topic.DIRECTORY, subscription_id)


def _check_may(unit: Unit) -> None:
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)


def _address(unit: Unit, subscription_id: SubscriptionId) -> Hidden:
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    return Hidden(_row(unit, subscription_id).url)


def _checked(desk: Desk, form: SubscriptionForm, kept: str) -> SubscriptionForm:
    """The form as it is stored, looked at outside of any transaction; an address that stays as it is need not be known just now."""
    problems = Problems()
    name = problems.of(lambda: clean_text(form.name, field=_("Name"), most=_NAME_LIMIT, lines=False, required=True), "")
    typed = problems.of(lambda: clean_text(form.url, field="Address", most=4_000, lines=False, required=True), "")
    url = problems.of(lambda: desk.check_receiver(typed), "") if typed and typed != kept else typed
    no_types: tuple[EventType, ...] = ()
    types = problems.of(lambda: parse_types(form.types), no_types)
    given = [(header, value or "") for header, value in form.headers]
    no_headers: tuple[tuple[str, str], ...] = ()
    checked = problems.of(lambda: check_headers(given), no_headers)
    problems.tell()
    kept_values = [value is None for _header, value in form.headers]
    headers = [
        (header, None if is_kept else value) for (header, value), is_kept in zip(checked, kept_values, strict=True)
    ]
    return SubscriptionForm(name, url, types, tuple(headers), bool(form.is_full))


def _added(unit: Unit, form: SubscriptionForm) -> NewlySigned:
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    if unit.value(_COUNT) >= MOST:
        raise Refused(_("There are {most} subscriptions already. Remove one before you add another.").format(most=MOST))
    sealed_values.begin(unit)
    made = NewlySigned(SubscriptionId(unit.new_id()), form.name, Hidden(new_secret()))
    unit.insert(
        _subscription,
        id=made.id,
        name=form.name,
        url=form.url,
        headers_sealed=_sealed(unit, made.id, "headers_sealed", _written(_merged({}, form))),
        secret_sealed=_sealed(unit, made.id, "secret_sealed", made.value.text),
        is_full=form.is_full,
        active=True,
        created_at=unit.now,
    )
    _write_types(unit, made.id, form)
    unit.record("added_subscription", Topic.DIRECTORY, made.id, types=list(form.types), full=form.is_full)
    return made


def _saved(unit: Unit, subscription_id: SubscriptionId, form: SubscriptionForm, *, expect_version: int) -> None:
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    row = _row(unit, subscription_id)
    values: dict[str, Any] = {"name": form.name, "url": form.url, "is_full": form.is_full}
    if form.headers or row.headers_sealed:
        sealed_values.begin(unit)
        kept = _headers(unit, row) if any(value is None for _name, value in form.headers) else {}
        values["headers_sealed"] = _sealed(unit, subscription_id, "headers_sealed", _written(_merged(kept, form)))
    unit.change(_subscription, subscription_id, expect_version, **values)
    unit.run(_FORGET_TYPES, {"which": subscription_id})
    _write_types(unit, subscription_id, form)
    changed = [name for name in ("name", "url", "is_full") if getattr(row, name) != values[name]]
    unit.record(
        "saved_subscription",
        Topic.DIRECTORY,
        subscription_id,
        types=list(form.types),
        full=form.is_full,
        changed=changed,
    )


def _write_types(unit: Unit, subscription_id: SubscriptionId, form: SubscriptionForm) -> None:
    for each in form.types:
        unit.insert(_types, subscription_id=subscription_id, event_type=str(each))


def _merged(kept: Mapping[str, str], form: SubscriptionForm) -> dict[str, str]:
    """The headers of a form, with the values that they had where none is given."""
    return {name: kept.get(name, "") if value is None else value for name, value in form.headers}


def _written(headers: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(headers)).decode() if headers else ""


def _sealed(unit: Unit, subscription_id: int, column: str, text: str) -> str:
    return unit.sealer.seal(text, place_of(subscription_id, column)) if text else ""


def _opened(unit: Unit, row: Row[Any], column: str) -> str:
    """A sealed value, "" where there is none, or none that opens: what signs from now on does not need it."""
    try:
        return unit.sealer.unseal(getattr(row, column), place_of(row.id, column))
    except SealBroken:
        return ""


def _headers(unit: Unit, row: Row[Any]) -> dict[str, str]:
    """The headers with their values; raises KeyMissing, SealBroken."""
    if not row.headers_sealed:
        return {}
    text = unit.sealer.unseal(row.headers_sealed, place_of(row.id, "headers_sealed"))
    return msgspec.json.decode(text, type=dict[str, str])


def _header_names(unit: Unit, row: Row[Any]) -> tuple[str, ...]:
    try:
        return tuple(_headers(unit, row))
    except (KeyMissing, SealBroken):
        return ()


def _revealed(unit: Unit, subscription_id: SubscriptionId) -> Revealed:
    unit.require(Permission.MANAGE_SUBSCRIPTIONS)
    unit.keeps_answer = False
    row = _row(unit, subscription_id)
    try:
        value = unit.sealer.unseal(row.secret_sealed, place_of(subscription_id, "secret_sealed"))
    except SealBroken as broken:
        unit.record("subscription_secret_does_not_open", Topic.DIRECTORY, subscription_id)
        return Revealed(broken.sentence)
    unit.record("revealed_subscription_secret", Topic.DIRECTORY, subscription_id)
    return Revealed("", row.name, "", Hidden(value))


def _give_up(unit: Unit, subscription_id: SubscriptionId, why: str) -> None:
    unit.run(_GIVE_UP, {"which": subscription_id, "now": unit.now, "why": why})


def _row(unit: Unit, subscription_id: SubscriptionId) -> Row[Any]:
    row = unit.first(_ONE, {"which": subscription_id})
    if row is None:
        raise NotFound(_("This subscription is not there any more. Reload to see the present state."))
    return row
