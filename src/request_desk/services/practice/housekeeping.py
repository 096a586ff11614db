"""What the program does for itself: the lease that lets one process do a chore, and sweeping what is over."""

from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, exists, insert, or_, select, update

from request_desk.domain.access import Permission
from request_desk.services.desk import Unit
from request_desk.services.portal.access import IS_NEWCOMER
from request_desk.store import schema

COMMANDS_KEPT: Final = timedelta(days=7)  # so long a form that is sent again gets its first answer
THROTTLE_KEPT: Final = timedelta(hours=25)  # the longest window counts a day
SESSIONS_KEPT: Final = timedelta(days=30)  # for "where was I signed in"
WEBHOOKS_KEPT: Final = timedelta(days=30)  # their log, and sending one again by hand
ANNOUNCEMENTS_KEPT: Final = timedelta(days=6 * 366)  # as the journal, which tells who was told by them (AUD-08)
CLOSED_KEPT: Final = SESSIONS_KEPT  # what was closed by somebody is asked after as long
_BATCH: Final = 500  # rows a turn: a sweep never holds up a booking

lease, entry = schema.lease.c, schema.waitlist_entry.c
_TAKE = (
    update(schema.lease)
    .where(lease.name == bindparam("which"), or_(lease.owner == bindparam("who"), lease.until <= bindparam("now")))
    .values(owner=bindparam("who"), until=bindparam("end"))
)
# An entry that a time was offered to stays with the offer, which is kept for good.
_CLOSED_ENTRIES = (
    select(entry.id)
    .where(entry.closed_at < bindparam("before"), ~exists().where(schema.slot_offer.c.entry_id == entry.id))
    .limit(_BATCH)
)
launch = schema.booking_launch.c
_SWEEP_LAUNCHES = delete(schema.booking_launch).where(
    launch.id.in_(
        select(launch.id)
        .where(launch.expires_at < bindparam("before"), ~exists().where(schema.booking_hold.c.launch_id == launch.id))
        .limit(_BATCH)
    )
)
# Ids rise with time: the oldest are found without an index of their own.
_OLD_WEBHOOKS = (
    select(schema.webhook_delivery.c.id, schema.webhook_delivery.c.state, schema.webhook_delivery.c.created_at)
    .order_by(schema.webhook_delivery.c.id)
    .limit(_BATCH)
)
_NEWCOMERS = (
    select(schema.contact.c.id)
    .where(IS_NEWCOMER, ~exists().where(schema.challenge.c.contact_id == schema.contact.c.id))
    .order_by(schema.contact.c.id)
    .limit(_BATCH)
)
_HELD = select(lease.owner, lease.until).where(lease.name == bindparam("which"))


def take_lease(unit: Unit, name: str, owner: str, length: timedelta) -> bool:
    """Take or renew a lease; False while another process has it. Losing one only means that a chore is done twice."""
    unit.require(Permission.RUN_JOBS)
    held = unit.first(_HELD, {"which": name})
    if held is not None:
        if held.owner == owner and held.until > unit.now + length / 2:
            return True  # long enough: nothing is written at most ticks
        return bool(unit.run(_TAKE, {"which": name, "who": owner, "now": unit.now, "end": unit.now + length}))
    unit.run(insert(schema.lease), {"name": name, "owner": owner, "until": unit.now + length})
    return True


def sweep(unit: Unit) -> int:
    """Delete some of what is over: answers to commands, sessions, challenges, counted failures, launches, webhooks, announcements, closed wishes and suggestions.

    Returns how many rows.
    """
    unit.require(Permission.RUN_JOBS)
    chores = (
        (schema.command, schema.command.c.id, schema.command.c.at, COMMANDS_KEPT),
        (schema.throttle, schema.throttle.c.id, schema.throttle.c.at, THROTTLE_KEPT),
        (schema.challenge, schema.challenge.c.id, schema.challenge.c.expires_at, THROTTLE_KEPT),
        (schema.booking_hold, schema.booking_hold.c.hold_id, schema.booking_hold.c.created_at, THROTTLE_KEPT),
        (schema.portal_session, schema.portal_session.c.token_hash, schema.portal_session.c.expires_at, SESSIONS_KEPT),
        (
            schema.manage_session,
            schema.manage_session.c.token_hash,
            schema.manage_session.c.last_seen_at,
            SESSIONS_KEPT,
        ),
        (schema.staff_session, schema.staff_session.c.token_hash, schema.staff_session.c.expires_at, SESSIONS_KEPT),
        (schema.announcement, schema.announcement.c.id, schema.announcement.c.ends_at, ANNOUNCEMENTS_KEPT),
        (schema.suggestion, schema.suggestion.c.id, schema.suggestion.c.closed_at, CLOSED_KEPT),
    )
    ended = {"before": unit.now - CLOSED_KEPT}
    swept = unit.run(delete(schema.waitlist_entry).where(entry.id.in_(_CLOSED_ENTRIES)), ended)
    for table, key, at, kept in chores:
        old = select(key).where(at < unit.now - kept).limit(_BATCH)
        swept += unit.run(delete(table).where(key.in_(old)))
    swept += unit.run(_SWEEP_LAUNCHES, {"before": unit.now - SESSIONS_KEPT})
    return swept + _forget_webhooks(unit) + _forget_newcomers(unit)


def _forget_webhooks(unit: Unit) -> int:
    """Delete the oldest webhooks with their tries, but for those that are still on their way."""
    oldest, before = unit.rows(_OLD_WEBHOOKS), unit.now - WEBHOOKS_KEPT
    gone = [row.id for row in oldest if row.created_at < before and row.state != "pending"]
    if gone:
        unit.run(delete(schema.webhook_attempt).where(schema.webhook_attempt.c.delivery_id.in_(gone)))
        unit.run(delete(schema.webhook_delivery).where(schema.webhook_delivery.c.id.in_(gone)))
    return len(gone)


def _forget_newcomers(unit: Unit) -> int:
    """Delete contacts without a name who asked for a code on the booking page and booked nothing: their codes are forgotten already."""
    gone = [row.id for row in unit.rows(_NEWCOMERS)]
    if not gone:
        return 0
    unit.run(delete(schema.outbox).where(schema.outbox.c.contact_id.in_(gone)))
    unit.run(delete(schema.contact_point).where(schema.contact_point.c.contact_id.in_(gone)))
    return unit.run(delete(schema.contact).where(schema.contact.c.id.in_(gone)))
