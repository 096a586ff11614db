"""When text messages may leave, and where to: not in the quiet hours, not more than the practice allows on a day, to its countries alone.

The outbox asks before it claims; what is put off stays pending and is asked about again when it is due (OTP-10).
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, literal_column, or_, select, update

from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.phones import may_be_texted
from request_desk.domain.sms import quiet_end
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.store import schema

_AT_ONCE: Final = 500  # that are put off in one transaction

_outbox = schema.outbox
# Spelled out for the partial indexes.
_is_pending = _outbox.c.state == literal_column("'pending'")
_is_text = _outbox.c.channel == literal_column("'sms'")
_DUE = (
    select(_outbox.c.id, _outbox.c.request_id, _outbox.c.challenge_id)
    .where(
        _is_pending,
        _is_text,
        _outbox.c.not_before <= bindparam("now"),
        or_(_outbox.c.lease_until.is_(None), _outbox.c.lease_until < bindparam("now")),
    )
    .order_by(_outbox.c.challenge_id.is_(None), _outbox.c.not_before, _outbox.c.id)
    .limit(_AT_ONCE)
    .with_for_update(skip_locked=True)
)
# Two workers count one after the other.
_TURN = select(schema.practice.c.id).with_for_update()
_SENT = select(func.count()).where(
    _outbox.c.state == literal_column("'sent'"), _is_text, _outbox.c.sent_at >= bindparam("since")
)
_LEAVING = select(func.count()).where(_is_pending, _is_text, _outbox.c.lease_until >= bindparam("now"))
_PUT_OFF = (
    update(_outbox)
    .where(_outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(not_before=bindparam("until"), version=_outbox.c.version + 1)
)
_FAIL = (
    update(_outbox)
    .where(_outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="failed", error=bindparam("why"), version=_outbox.c.version + 1)
)


def hold_back(unit: Unit) -> None:
    """Put off the text messages that are due and may not leave now; a code that is over the day's limit fails, since it would be late."""
    due = unit.rows(_DUE, {"now": unit.now})
    if not due:
        return
    settings, time = unit.settings, unit.time
    until = quiet_end(unit.now, time, settings.sms_quiet_from, settings.sms_quiet_until)
    if until is not None:
        _put_off(unit, [row for row in due if row.challenge_id is None], until)
        due = [row for row in due if row.challenge_id is not None]
    unit.rows(_TURN)
    today = time.bounds(time.day_of(unit.now))
    used = unit.value(_SENT, {"since": today.starts_at}) + unit.value(_LEAVING, {"now": unit.now})
    over = due[max(0, settings.sms_most_a_day - used) :]
    morning = quiet_end(today.ends_at, time, settings.sms_quiet_from, settings.sms_quiet_until) or today.ends_at
    _put_off(unit, [row for row in over if row.challenge_id is None], morning)
    _fail(unit, [row for row in over if row.challenge_id is not None])


def why_not(unit: Unit, row: Row[Any]) -> str:
    """Return the reason why a message must not go to the number of `row`; "" when it may, and for every other channel."""
    if row.channel != Channel.SMS or may_be_texted(row.address, unit.words.region, unit.settings.sms_countries):
        return ""
    return _("Text messages are not sent to the country of this number.")


def _put_off(unit: Unit, rows: list[Row[Any]], until: datetime) -> None:
    if rows:
        unit.run(_PUT_OFF, {"ids": [row.id for row in rows], "until": until})
        _tell(unit, "notice_delayed", rows)


def _fail(unit: Unit, rows: list[Row[Any]]) -> None:
    if rows:
        why = _("No more text messages may leave today. An administrator can allow more in Settings, Text messages.")
        unit.run(_FAIL, {"ids": [row.id for row in rows], "why": why})
        _tell(unit, "notice_failed", rows)


def _tell(unit: Unit, action: str, rows: list[Row[Any]]) -> None:
    for row in rows:
        unit.record(action, Topic.DELIVERY, row.request_id or row.id, notice_id=row.id)
