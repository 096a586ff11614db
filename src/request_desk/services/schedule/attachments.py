"""Documents that staff put beside an appointment: added, listed, opened, removed; they belong to the chain (UPL-01 … UPL-06).

What may be kept is decided in `domain.attachments`; the bytes are a column of their row, so both are there or neither (UPL-05).
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment
from request_desk.domain.attachments import Attachment, CheckState, DocumentFile, MediaType, accepted, check_room
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotFound, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, AttachmentId
from request_desk.domain.text import clean_text
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule.filled_forms import seen_by_staff
from request_desk.store import schema

_REASON = 500
_table = schema.attachment
_LOCK = select(schema.appointment.c.id).where(schema.appointment.c.id == bindparam("chain_id")).with_for_update()
_LISTED = (
    select(
        *(column for column in _table.c if column.name not in ("content", "digest")),
        func.coalesce(schema.staff.c.name, "").label("added_by"),
    )
    .select_from(_table.outerjoin(schema.staff, schema.staff.c.id == _table.c.added_by_id))
    .where(_table.c.chain_id == bindparam("chain_id"), _table.c.removed_at.is_(None))
    .order_by(_table.c.id)
)
_CONTENT = select(_table.c.content).where(_table.c.id == bindparam("id"))
_ONE = select(_table.c.id, _table.c.chain_id, _table.c.size, _table.c.name, _table.c.removed_at).where(
    _table.c.id == bindparam("id")
)


def attachments_of(unit: Unit, appointment: Appointment) -> tuple[Attachment, ...]:
    """Return the documents of an appointment, the first one first, within a use case that has asked for the right."""
    return tuple(_view(row) for row in unit.rows(_LISTED, {"chain_id": appointment.chain_id}))


def add_attachment(
    unit: Unit, appointment_id: AppointmentId, *, name: str, content: bytes, check_state: CheckState
) -> AttachmentId:
    """Put a document beside an appointment; can be undone.

    Raises Invalid where it is not one of those that are taken, Refused where there is no room for it.
    """
    unit.require(Permission.SHARE_LINKS)
    seen = seen_by_staff(unit, appointment_id)
    kept = accepted(name, content)
    unit.first(_LOCK, {"chain_id": seen.chain_id})  # two desks at once find room only once
    check_room(attachments_of(unit, seen), len(content))
    which = AttachmentId(unit.new_id())
    unit.insert(
        _table,
        id=which,
        chain_id=seen.chain_id,
        name=kept.name,
        media_type=kept.media_type,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        check_state=check_state,
        released_reason="",
        added_by_id=unit.actor.staff_id,
        added_at=unit.now,
        removed_at=None,
    )
    unit.record("added_document", Topic.APPOINTMENT, seen.id, document_id=which)
    until = unit.now + unit.grace
    unit.offer_undo(_("Document added"), remove_attachment, seen.id, which, expect_version=1, until=until)
    return which


def remove_attachment(
    unit: Unit,
    appointment_id: AppointmentId,
    which: AttachmentId,
    *,
    expect_version: int,
    until: datetime | None = None,
) -> int:
    """Take a document away; families get it no more. With `until` this is the way back from having added it."""
    unit.require(Permission.SHARE_LINKS)
    if until is not None and unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Remove the document instead."))
    seen, _document = _found(unit, appointment_id, which)
    row = unit.change(_table, which, expect_version, removed_at=unit.now)
    unit.record("removed_document", Topic.APPOINTMENT, seen.id, document_id=which)
    if until is None:
        until = unit.now + unit.grace
        version = int(row.version)
        unit.offer_undo(_("Document removed"), put_attachment_back, seen.id, which, expect_version=version, until=until)
    return int(row.version)


def put_attachment_back(
    unit: Unit, appointment_id: AppointmentId, which: AttachmentId, *, expect_version: int, until: datetime
) -> int:
    """Take the removing of a document back."""
    unit.require(Permission.SHARE_LINKS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Add the document again."))
    seen = seen_by_staff(unit, appointment_id)
    unit.first(_LOCK, {"chain_id": seen.chain_id})
    row = unit.first(_ONE, {"id": which})
    if row is None or row.chain_id != seen.chain_id:
        raise _not_there()
    check_room(attachments_of(unit, seen), row.size)
    changed = unit.change(_table, which, expect_version, removed_at=None)
    unit.record("added_document", Topic.APPOINTMENT, seen.id, document_id=which)
    return int(changed.version)


def release_attachment(
    unit: Unit, appointment_id: AppointmentId, which: AttachmentId, *, reason: str, expect_version: int
) -> int:
    """Let a document be opened though the scanner did not find it clean, with a reason that is kept (UPL-06).

    Families get one that could not be checked then, one that is infected never.
    """
    unit.require(Permission.SHARE_LINKS)
    told = clean_text(reason, field=_("The reason"), most=_REASON, lines=False, required=True)
    seen, document = _found(unit, appointment_id, which)
    if not document.is_withheld:
        raise Refused(_("This document can be opened already."))
    row = unit.change(_table, which, expect_version, released_reason=told)
    unit.record("released_document", Topic.APPOINTMENT, seen.id, document_id=which)
    return int(row.version)


def attachment_file(unit: Unit, appointment_id: AppointmentId, which: AttachmentId) -> DocumentFile:
    """Return a document with its bytes for staff; raises Refused where a reason has to be given first."""
    unit.require(Permission.VIEW_SCHEDULE)
    _seen, document = _found(unit, appointment_id, which)
    if document.is_withheld:
        raise Refused(_("{name} is not opened: the virus scanner did not find it clean.").format(name=document.name))
    return with_content(unit, document)


def with_content(unit: Unit, document: Attachment) -> DocumentFile:
    """Return a document with its bytes, within a use case that has asked for the right."""
    return DocumentFile(document.name, document.media_type, bytes(unit.value(_CONTENT, {"id": document.id})))


def _found(unit: Unit, appointment_id: AppointmentId, which: AttachmentId) -> tuple[Appointment, Attachment]:
    """A document of an appointment that the actor may see; that of another one is not there."""
    seen = seen_by_staff(unit, appointment_id)
    document = next((each for each in attachments_of(unit, seen) if each.id == which), None)
    if document is None:
        raise _not_there()
    return seen, document


def _not_there() -> NotFound:
    return NotFound(_("This document is not there any more. Reload to see the present state."))


def _view(row: Row[Any]) -> Attachment:
    return Attachment(
        id=AttachmentId(row.id),
        version=row.version,
        name=row.name,
        media_type=MediaType(row.media_type),
        size=row.size,
        check_state=CheckState(row.check_state),
        released_reason=row.released_reason,
        added_by=row.added_by,
        added_at=row.added_at,
    )
