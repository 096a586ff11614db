"""Who wants nothing over one channel: told to staff, or by STOP to a text message; the outbox asks before it sends (NOTE-05)."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, delete, exists, select

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel, OptOutSource
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import ContactId
from request_desk.domain.sms import wants_again, wants_no_more
from request_desk.domain.text import parse_phone
from request_desk.services.desk import Unit
from request_desk.services.people.patients import opt_outs_of
from request_desk.store import schema

_opt_out, _point, _contact = schema.opt_out.c, schema.contact_point.c, schema.contact.c
# In their order, and locked: two answers of one number at once wait for each other.
_OWNERS: Final = (
    select(_contact.id)
    .where(
        exists().where(
            _point.contact_id == _contact.id,
            _point.channel == Channel.PHONE.value,
            _point.lookup == bindparam("number"),
            _point.verified_at.is_not(None),
        )
    )
    .order_by(_contact.id)
    .with_for_update()
)
_REMOVE: Final = delete(schema.opt_out).where(
    _opt_out.contact_id == bindparam("contact"), _opt_out.channel == bindparam("over")
)


def set_by_staff(unit: Unit, contact_id: ContactId, channels: Collection[Channel]) -> None:
    """Keep for a contact that they want nothing over just these channels; what they said themselves keeps its source."""
    unit.require(Permission.CHANGE_PATIENTS)
    there = {each.channel for each in opt_outs_of(unit, contact_id)}
    for channel in sorted(there - set(channels)):
        _take_back(unit, contact_id, channel)
    for channel in sorted(set(channels) - there):
        _put(unit, contact_id, channel, OptOutSource.STAFF)


def stop_by_text(unit: Unit, number: str, text: str) -> int:
    """Take STOP or START from a number; returns for how many contacts it changed something. Every other answer changes nothing.

    It counts for all contacts with this number where it is confirmed: who answers is whoever holds the phone.
    """
    unit.require(Permission.RUN_JOBS)
    is_stop, is_start = wants_no_more(text), wants_again(text)
    found = _e164(number)
    if not (is_stop or is_start) or not found:
        return 0
    changed = 0
    for (contact_id,) in unit.rows(_OWNERS, {"number": found}):
        is_out = any(each.channel is Channel.SMS for each in opt_outs_of(unit, contact_id))
        if is_stop and not is_out:
            _put(unit, contact_id, Channel.SMS, OptOutSource.STOP)
        elif is_start and is_out:
            _take_back(unit, contact_id, Channel.SMS)
        else:
            continue
        unit.change(schema.contact, contact_id, None)  # a form that was opened before must not take it back
        changed += 1
    return changed


def _e164(number: str) -> str:
    """A number as it is stored: services write it with or without its +."""
    try:
        return parse_phone(number if number.startswith("+") else f"+{number}")
    except Invalid:
        return ""


def _put(unit: Unit, contact_id: ContactId, channel: Channel, source: OptOutSource) -> None:
    unit.insert(schema.opt_out, contact_id=contact_id, channel=channel, source=source, at=unit.now)
    unit.record("opted_out", Topic.PATIENT, contact_id, channel=channel, source=source)


def _take_back(unit: Unit, contact_id: ContactId, channel: Channel) -> None:
    unit.run(_REMOVE, {"contact": contact_id, "over": channel})
    unit.record("opted_in", Topic.PATIENT, contact_id, channel=channel)
