"""What staff do around a request without changing it: read and dismissed marks, claims, drafts, notes; acts are in `inbox`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, exists, insert, literal, null, select, true, update

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Conflict, Refused, UndoRefused
from request_desk.domain.ids import RequestId, StaffId
from request_desk.domain.requests import CallOutcome, Claim, RequestState
from request_desk.domain.text import clean_text
from request_desk.domain.words import _, full_name
from request_desk.services.desk import Deferred, Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.store import schema

_DRAFT_LIMIT: Final = 10_000  # characters; longer than a reply may be, so that a draft is never refused for its length
_SLUG_LIMIT: Final = 200
_STATE_LIMIT: Final = 200_000

_mark, _claim, _draft, _request, _staff = schema.request_mark, schema.claim, schema.draft, schema.request, schema.staff
_read_now = _mark.c.read_at.is_(None)
_MARK_READ = (
    update(_mark)
    .where(_mark.c.staff_id == bindparam("me"), _mark.c.request_id.in_(bindparam("ids", expanding=True)), _read_now)
    .values(read_at=bindparam("now"))
    .returning(_mark.c.request_id)
)
_ADD_READ = (
    insert(_mark)
    .from_select(
        ["staff_id", "request_id", "read_at", "dismissed_at"],
        select(
            bindparam("me", type_=_mark.c.staff_id.type),
            _request.c.id,
            bindparam("now", type_=_mark.c.read_at.type),
            null(),
        )
        .where(_request.c.id.in_(bindparam("ids", expanding=True)), _request.c.state == RequestState.OPEN)
        .where(~exists().where(_mark.c.staff_id == bindparam("me"), _mark.c.request_id == _request.c.id)),
    )
    .returning(_mark.c.request_id)
)
_MARK_UNREAD = (
    update(_mark)
    .where(_mark.c.staff_id == bindparam("me"), _mark.c.request_id == bindparam("of"), _mark.c.read_at.is_not(None))
    .values(read_at=None)
)
_DISMISS = (
    update(_mark)
    .where(_mark.c.staff_id == bindparam("me"), _mark.c.request_id == bindparam("of"))
    .values(dismissed_at=bindparam("now"))
)
_CLEAR = delete(_mark).where(_mark.c.request_id == bindparam("of")).returning(*_mark.c)
_MARKS = select(_mark).where(_mark.c.request_id == bindparam("of"))
_CLAIM = (
    select(*_claim.c, _staff.c.name, _staff.c.initials)
    .select_from(_claim.join(_staff, _staff.c.id == _claim.c.staff_id))
    .where(_claim.c.request_id == bindparam("of"))
)
_MY_NAME = select(_staff.c.name, _staff.c.initials).where(_staff.c.id == bindparam("me"))
_SET_CLAIM = (
    update(_claim)
    .where(_claim.c.request_id == bindparam("of"))
    .values(staff_id=bindparam("me"), desk=bindparam("where"), since=bindparam("from"), until=bindparam("to"))
)
_RENEW = (
    update(_claim)
    .where(_claim.c.request_id == bindparam("of"), _claim.c.staff_id == bindparam("me"))
    .values(until=bindparam("to"))
)
_RELEASE = (
    delete(_claim)
    .where(_claim.c.request_id == bindparam("of"), _claim.c.staff_id == bindparam("me"))
    .returning(*_claim.c)
)
_DROP_CLAIM = delete(_claim).where(_claim.c.request_id == bindparam("of")).returning(*_claim.c)
_SET_DRAFT = (
    update(_draft)
    .where(_draft.c.staff_id == bindparam("me"), _draft.c.request_id == bindparam("of"))
    .values(body=bindparam("text"), phrase=bindparam("slug"), state=bindparam("editor"), updated_at=bindparam("now"))
)
_DROP_DRAFT = (
    delete(_draft)
    .where(_draft.c.staff_id == bindparam("me"), _draft.c.request_id == bindparam("of"))
    .returning(*_draft.c)
)
_HAS_DRAFT = select(literal(1)).where(
    exists().where(_draft.c.staff_id == bindparam("me"), _draft.c.request_id == bindparam("of"))
)
_HAS_CLAIM = select(literal(1)).where(exists().where(_claim.c.request_id == bindparam("of")))


@dataclass(frozen=True, slots=True)
class ClearedMarks:
    """Rows that an act took away, to be put back when it is undone; marks None: it touched none.

    `marks_of` is the one whose marks they are, None everybody's.
    """

    marks: tuple[dict[str, Any], ...] | None = None
    marks_of: StaffId | None = None
    claim: dict[str, Any] | None = None
    draft: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """What an act takes away, before anybody has looked at what it was."""

    marks: Deferred | tuple[dict[str, Any], ...] | None = None
    marks_of: StaffId | None = None
    claim: Deferred | None = None
    draft: Deferred | None = None

    def kept(self) -> ClearedMarks:
        """Look, and keep it for the undo."""
        marks = tuple(row._asdict() for row in self.marks.rows) if isinstance(self.marks, Deferred) else self.marks
        return ClearedMarks(marks, self.marks_of, _only(self.claim), _only(self.draft))


def _only(asked: Deferred | None) -> dict[str, Any] | None:
    row = None if asked is None else asked.first
    return None if row is None else row._asdict()


def mark_read(unit: Unit, request_ids: tuple[RequestId, ...]) -> None:
    """Take the bold away for the actor; the requests stay where they are (MC4)."""
    unit.require(Permission.VIEW_REQUESTS)
    if not request_ids:
        return
    values = {"me": unit.actor.staff_id, "ids": list(request_ids), "now": unit.now}
    changed = [*unit.rows(_MARK_READ, values), *unit.rows(_ADD_READ, values)]
    for row in changed:
        unit.record("read", Topic.MARK, row[0])


def mark_unread(unit: Unit, request_id: RequestId) -> None:
    """Make a request bold again for the actor."""
    unit.require(Permission.VIEW_REQUESTS)
    if unit.run(_MARK_UNREAD, {"me": unit.actor.staff_id, "of": request_id}):
        unit.record("unread", Topic.MARK, request_id)


def not_mine(unit: Unit, request_id: RequestId) -> None:
    """Take a request out of the actor's own inbox; raises Refused for the last one who would see it (MC4)."""
    unit.require(Permission.VIEW_REQUESTS)
    row = request_scope.pending(request_scope.seen(unit, request_id, lock=True))
    marks = dismiss(unit, row)
    kept = Removal(marks, unit.actor.staff_id, release(unit, request_id)).kept()
    unit.record("dismissed", Topic.MARK, request_id)
    label = _("Removed the request of {patient} from your inbox").format(
        patient=full_name(row.given_name, row.family_name)
    )
    unit.offer_undo(label, mine_again, request_id, kept=kept, until=unit.now + unit.grace)


def mine_again(unit: Unit, request_id: RequestId, *, kept: ClearedMarks, until: datetime) -> None:
    """Undo `not_mine`; raises UndoRefused after the grace time or when the request is done with."""
    unit.require(Permission.VIEW_REQUESTS)
    row = request_scope.seen(unit, request_id, lock=True)
    if unit.now > until or row.state != RequestState.OPEN:
        raise UndoRefused(_("This cannot be taken back any more. You find the request under All open."))
    put_back(unit, request_id, kept)
    unit.record("undismissed", Topic.MARK, request_id)


def dismiss(unit: Unit, row: Row[Any]) -> tuple[dict[str, Any], ...]:
    """Set the actor's dismissed mark on an open request and return the mark as it was.

    Raises Refused when nobody else would see the request.
    """
    people = request_scope.people_of(unit, request_scope.target_of(row), lock=True)
    me = unit.actor.staff_id
    if row.state != RequestState.OPEN or me not in people:
        raise Refused(_("This request is not in your inbox, so it cannot be removed from it."))
    marks = [found._asdict() for found in unit.rows(_MARKS, {"of": row.id})]
    gone = {mark["staff_id"] for mark in marks if mark["dismissed_at"] is not None}
    if not any(each != me and each not in gone for each in people):
        raise Refused(_("Nobody else would see this request any more. Forward it or keep it."))
    if not unit.run(_DISMISS, {"me": me, "of": row.id, "now": unit.now}):
        unit.insert(_mark, staff_id=me, request_id=row.id, read_at=unit.now, dismissed_at=unit.now)
    return tuple(mark for mark in marks if mark["staff_id"] == me)


def clear_marks(unit: Unit, request_id: RequestId) -> Deferred:
    """Delete everybody's marks on a request; the answer is their rows."""
    return unit.ask(_CLEAR, {"of": request_id})


def put_back(unit: Unit, request_id: RequestId, kept: ClearedMarks) -> None:
    """Put marks, claim and draft back as they were; what somebody made since then stays."""
    if kept.marks is not None:
        mine = _mark.c.staff_id == kept.marks_of if kept.marks_of is not None else true()
        unit.run(delete(_mark).where(_mark.c.request_id == request_id, mine))
        if kept.marks:
            unit.run(insert(_mark), list(kept.marks))
    if kept.claim is not None and unit.first(_HAS_CLAIM, {"of": request_id}) is None:
        unit.insert(_claim, **kept.claim)
    if kept.draft is not None:
        values = {"me": kept.draft["staff_id"], "of": request_id}
        if unit.first(_HAS_DRAFT, values) is None:
            unit.insert(_draft, **kept.draft)


def claim(unit: Unit, request_id: RequestId, *, take_over: bool = False) -> Claim:
    """Say that the actor is on a request, until the lease ends; raises Conflict while somebody else is, unless taken over."""
    unit.require(Permission.ANSWER_REQUESTS)
    request_scope.pending(request_scope.seen(unit, request_id, lock=True))
    held = unit.first(_CLAIM, {"of": request_id})
    me = unit.actor.staff_id
    is_theirs = held is not None and held.staff_id != me and held.until > unit.now
    if held is not None and is_theirs and not take_over:
        sentence = _("{name} is on this request. Take it over if you want to act on it yourself.")
        raise Conflict(sentence.format(name=held.name), who=held.name, what="claimed")
    is_still_mine = held is not None and held.staff_id == me and held.until > unit.now
    since = held.since if held is not None and is_still_mine else unit.now
    until = unit.now + unit.settings.claim_lease
    desk = unit.actor.desk
    if held is None:
        unit.insert(_claim, request_id=request_id, staff_id=me, desk=desk, since=since, until=until)
    else:
        unit.run(_SET_CLAIM, {"of": request_id, "me": me, "where": desk, "from": since, "to": until})
    unit.record("taken_over" if is_theirs else "claimed", Topic.CLAIM, request_id)
    mine = unit.first(_MY_NAME, {"me": me})
    name, initials = (mine.name, mine.initials) if mine else (unit.actor.name, "")
    return Claim(me, name, initials, desk, since, until)


def renew_claim(unit: Unit, request_id: RequestId) -> Claim | None:
    """Lengthen the actor's lease; None when somebody took it over or the request is done with."""
    unit.require(Permission.ANSWER_REQUESTS)
    until = unit.now + unit.settings.claim_lease
    if not unit.run(_RENEW, {"of": request_id, "me": unit.actor.staff_id, "to": until}):
        return None
    unit.record("renewed", Topic.CLAIM, request_id)
    row = unit.first(_CLAIM, {"of": request_id})
    return None if row is None else Claim(StaffId(row.staff_id), row.name, row.initials, row.desk, row.since, row.until)


def release_claim(unit: Unit, request_id: RequestId) -> None:
    """End the actor's claim; nothing happens when it is not the actor's."""
    unit.require(Permission.ANSWER_REQUESTS)
    if release(unit, request_id).first is not None:
        unit.record("released", Topic.CLAIM, request_id)


def release(unit: Unit, request_id: RequestId) -> Deferred:
    """Delete the actor's claim within another use case; the answer is its row."""
    return unit.ask(_RELEASE, {"of": request_id, "me": unit.actor.staff_id})


def drop_claim(unit: Unit, request_id: RequestId) -> Deferred:
    """Delete whoever's claim within another use case; the answer is its row."""
    return unit.ask(_DROP_CLAIM, {"of": request_id})


def add_note(unit: Unit, request_id: RequestId, text: str, call: CallOutcome | None = None) -> int:
    """Add a note that parents never see, or a line of the call log; returns its id."""
    unit.require(Permission.ANSWER_REQUESTS)
    request_scope.seen(unit, request_id)
    body = clean_text(text, field=_("Note"), required=call is None)
    note_id = unit.new_id()
    unit.insert(
        schema.staff_note,
        id=note_id,
        request_id=request_id,
        staff_id=unit.actor.staff_id,
        body=body,
        call=call,
        created_at=unit.now,
    )
    unit.record("noted" if call is None else "called", Topic.NOTE, request_id, note_id=note_id)
    return note_id


def save_draft(unit: Unit, request_id: RequestId, text: str, phrase: str, state: str) -> None:
    """Keep a half-written reply, whatever has become of the request; the windows hear when one appears, not each save."""
    unit.require(Permission.ANSWER_REQUESTS)
    request_scope.seen(unit, request_id)
    values = {
        "text": _storable(text, _DRAFT_LIMIT),
        "slug": _storable(phrase, _SLUG_LIMIT),
        "editor": _storable(state, _STATE_LIMIT),
        "now": unit.now,
    }
    me = unit.actor.staff_id
    if unit.run(_SET_DRAFT, {**values, "me": me, "of": request_id}):
        return
    unit.insert(
        _draft,
        staff_id=me,
        request_id=request_id,
        body=values["text"],
        phrase=values["slug"],
        state=values["editor"],
        updated_at=unit.now,
    )
    unit.record("drafted", Topic.DRAFT, request_id)


def drop_draft(unit: Unit, request_id: RequestId) -> None:
    """Throw the actor's draft away."""
    unit.require(Permission.ANSWER_REQUESTS)
    if take_draft(unit, request_id).first is not None:
        unit.record("draft_dropped", Topic.DRAFT, request_id)


def take_draft(unit: Unit, request_id: RequestId) -> Deferred:
    """Delete the actor's draft within another use case; the answer is its row."""
    return unit.ask(_DROP_DRAFT, {"me": unit.actor.staff_id, "of": request_id})


def _storable(text: str, most: int) -> str:
    """The text as it is, but for what no database takes: a draft is private and never refused."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:most]
