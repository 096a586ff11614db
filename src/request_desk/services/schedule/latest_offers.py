"""What was offered last for requests, as far as it still says something; what keeps the times is in `schedule.offered_times`."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from request_desk.domain.counter_offers import CounterOfferState, OfferedTimes
from request_desk.domain.ids import RequestId
from request_desk.services.desk import Unit
from request_desk.store import schema

_offer, _slot, _message, _contact = (
    schema.counter_offer,
    schema.counter_offer_slot,
    schema.message,
    schema.contact,
)
_count = select(func.count()).where(_slot.c.offer_id == _offer.c.id).scalar_subquery()
# Nobody has ever heard of one whose letter was taken back.
_LATEST = (
    select(*_offer.c, _count.label("times"), _contact.c.given_name, _contact.c.family_name, _message.c.visible_at)
    .select_from(
        _offer.join(_message, _message.c.id == _offer.c.message_id).join(_contact, _contact.c.id == _offer.c.contact_id)
    )
    .where(_offer.c.request_id.in_(bindparam("requests", expanding=True)), _message.c.withdrawn_at.is_(None))
    .order_by(_offer.c.id)
)
_answer = _message.alias("answer")
_WRITTEN_SINCE = select(_answer.c.id).where(
    _answer.c.request_id == bindparam("request"),
    _answer.c.id > bindparam("letter"),
    _answer.c.author_kind == "staff",
    _answer.c.withdrawn_at.is_(None),
    _answer.c.created_at >= bindparam("decided"),
    _answer.c.visible_at <= bindparam("seen_until"),
)


def latest(unit: Unit, request_ids: Iterable[RequestId], *, shown_only: bool) -> dict[RequestId, OfferedTimes]:
    """Return what was offered last for each request, as far as it still says something.

    The end of an offer is told until staff have written again. `shown_only` leaves out what the parent does not see yet.
    """
    return {RequestId(row.request_id): told(row) for row in latest_rows(unit, request_ids, shown_only=shown_only)}


def latest_rows(unit: Unit, request_ids: Iterable[RequestId], *, shown_only: bool) -> list[Row[Any]]:
    """Return the rows of what `latest` tells, in no order."""
    ids = list(request_ids)
    found: dict[int, Row[Any]] = {}
    for row in unit.rows(_LATEST, {"requests": ids}) if ids else ():
        if not shown_only or row.visible_at <= unit.now:
            found[row.request_id] = row
    return [row for row in found.values() if not _is_history(unit, row, shown_only=shown_only)]


def told(row: Row[Any]) -> OfferedTimes:
    """Return what a row tells."""
    return OfferedTimes(CounterOfferState(row.state), row.times, row.expires_at, row.decided_at)


def _is_history(unit: Unit, row: Row[Any], *, shown_only: bool) -> bool:
    """Whether staff have written since an offer has ended, so that its end is no news any more."""
    if row.decided_at is None:
        return False
    since = {
        "request": row.request_id,
        "letter": row.message_id,
        "decided": row.decided_at,
        "seen_until": unit.now if shown_only else unit.now + unit.grace,
    }
    return unit.first(_WRITTEN_SINCE, since) is not None
