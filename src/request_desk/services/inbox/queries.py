"""What the Message Center lists: keys of open lists, rows, keyset pages, counts, drafts, deliveries; one message is in `request_view`.

Unread is what is in an inbox of mine and not put aside by me; who sees more is told in `request_scope`. Statements are built
once; a page looks into each inbox by its own index, so its cost knows neither the depth nor the number of requests.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, assert_never

from sqlalchemy import (
    BindParameter,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from request_desk.domain.access import Permission
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.ids import AppointmentId, RequestId
from request_desk.domain.notices import BY_HAND
from request_desk.domain.paging import Page
from request_desk.domain.policy import sees_all_requests
from request_desk.domain.requests import (
    AuthorKind,
    Delivery,
    DeliveryFilter,
    Draft,
    Filters,
    InboxRow,
    ListOrder,
    RequestKey,
    RequestState,
    Tab,
    TargetKind,
    Wish,
)
from request_desk.domain.search import needle, query_terms
from request_desk.domain.thanks import says_thanks
from request_desk.domain.words import full_name
from request_desk.services.desk import Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.services.inbox.rows import inbox_row, wish_of
from request_desk.services.inbox.scope import in_state
from request_desk.services.schedule import latest_offers
from request_desk.store import schema

_MOST: Final = 500  # rows of one page
_BRANCHES: Final = 100  # inboxes merged in one statement; SQLite takes 500
_NO_FILTERS: Final = Filters()

_r, _p, _c = schema.request, schema.patient, schema.contact
_cp, _t, _l = schema.contact_patient, schema.appointment_type, schema.location
_mark, _claim, _wish, _forward = schema.request_mark, schema.claim, schema.request_wish, schema.forward
_outbox, _journal, _member = schema.outbox, schema.journal, schema.department_member
_message, _search = schema.message, schema.message_search
_asked = schema.provider.alias("asked")
_with = schema.provider.alias("appointment_with")
APPOINTMENT: Final = schema.appointment.alias("appointment")
_present = schema.appointment.alias("present")
_claimer = schema.staff.alias("claimer")
_closer = schema.staff.alias("closer")

_KEY = (_r.c.id, _r.c.urgent, _r.c.needed_at, _r.c.due_at, _r.c.arrived_at, _r.c.location_id)
_not_dismissed = ~exists().where(
    _mark.c.staff_id == bindparam("me"), _mark.c.request_id == _r.c.id, _mark.c.dismissed_at.is_not(None)
)
_forwarded_by_me = _r.c.id.in_(
    select(_forward.c.request_id).where(_forward.c.staff_id == bindparam("me"), _forward.c.undone_at.is_(None))
)
_mine = _r.c.target_id.in_(bindparam("targets", expanding=True))
_STATES: Mapping[Tab, ColumnElement[bool]] = {
    Tab.UNREAD: in_state(RequestState.OPEN),
    Tab.OPEN: in_state(RequestState.OPEN),
    Tab.WAITING: in_state(RequestState.WAITING),
    Tab.FORWARDED: in_state(RequestState.OPEN, RequestState.WAITING),
    Tab.COMPLETED: in_state(RequestState.COMPLETED),
}
# The appointment as it is now while somebody still has to act on it; afterwards the one that was asked about.
APPOINTMENT_AT: Final = case(
    (
        in_state(RequestState.OPEN, RequestState.WAITING),
        func.coalesce(
            select(_present.c.starts_at)
            .where(
                _present.c.chain_id == APPOINTMENT.c.chain_id,
                _present.c.status == literal_column(f"'{AppointmentStatus.CONFIRMED}'"),
            )
            .scalar_subquery(),
            APPOINTMENT.c.starts_at,
        ),
    ),
    else_=APPOINTMENT.c.starts_at,
)
_ROWS: Final[Select[Any]] = select(
    _r.c.id,
    _r.c.version,
    _r.c.kind,
    _r.c.state,
    _r.c.patient_id,
    _p.c.given_name,
    _p.c.family_name,
    _p.c.birth_day,
    _c.c.given_name.label("contact_given_name"),
    _c.c.family_name.label("contact_family_name"),
    _cp.c.relation,
    _t.c.name.label("type_name"),
    _asked.c.short_name.label("asked_name"),
    _with.c.short_name.label("with_name"),
    _l.c.name.label("location_name"),
    APPOINTMENT_AT.label("appointment_at"),
    APPOINTMENT.c.zone.label("appointment_zone"),
    _r.c.arrived_at,
    _r.c.due_at,
    _r.c.needed_at,
    _r.c.urgent,
    _mark.c.read_at.is_not(None).label("is_read"),
    _claim.c.staff_id.label("claim_staff_id"),
    _claim.c.until.label("claim_until"),
    _claimer.c.initials.label("claim_initials"),
    _r.c.waiting_until,
    _r.c.completed_at,
    _closer.c.name.label("completed_by"),
    exists()
    .where(_outbox.c.request_id == _r.c.id, _outbox.c.state == literal_column("'failed'"))
    .label("delivery_failed"),
).select_from(
    _r.join(_p, _p.c.id == _r.c.patient_id)
    .join(_c, _c.c.id == _r.c.contact_id)
    .outerjoin(_cp, and_(_cp.c.contact_id == _r.c.contact_id, _cp.c.patient_id == _r.c.patient_id))
    .outerjoin(_t, _t.c.id == _r.c.type_id)
    .outerjoin(_asked, _asked.c.id == _r.c.provider_id)
    .outerjoin(_l, _l.c.id == _r.c.location_id)
    .outerjoin(APPOINTMENT, APPOINTMENT.c.id == _r.c.appointment_id)
    .outerjoin(_with, _with.c.id == APPOINTMENT.c.provider_id)
    .outerjoin(_mark, and_(_mark.c.request_id == _r.c.id, _mark.c.staff_id == bindparam("me")))
    .outerjoin(_claim, and_(_claim.c.request_id == _r.c.id, _claim.c.until > bindparam("now")))
    .outerjoin(_claimer, _claimer.c.id == _claim.c.staff_id)
    .outerjoin(_closer, _closer.c.id == _r.c.completed_by_id)
)
# A list of ids has a place for each and is filled up with its last one: an IN of any length is written anew at each use,
# which costs a tenth of a page.
_SIZES: Final = (8, 64)
_PLACES: Mapping[int, list[BindParameter[int]]] = {size: [bindparam(f"id_{n}") for n in range(size)] for size in _SIZES}
_ROWS_OF: Mapping[int, Select[Any]] = {size: _ROWS.where(_r.c.id.in_(_PLACES[size])) for size in _SIZES}
_ROWS_IN_SCOPE: Mapping[int, Select[Any]] = {
    size: _ROWS_OF[size].where(or_(_mine, _forwarded_by_me)) for size in _SIZES
}
_WISHES_OF: Mapping[int, Select[Any]] = {
    size: select(_wish).where(_wish.c.request_id.in_(_PLACES[size])).order_by(_wish.c.request_id, _wish.c.rank)
    for size in _SIZES
}
_answer = _message.alias("answer")
_SINCE_ANSWER_OF: Mapping[int, Select[Any]] = {
    size: select(_message.c.request_id, _message.c.author_kind, _message.c.body)
    .where(
        _message.c.request_id.in_(_PLACES[size]),
        _message.c.withdrawn_at.is_(None),
        _message.c.id
        >= select(func.max(_answer.c.id))
        .where(
            _answer.c.request_id == _message.c.request_id,
            _answer.c.author_kind == AuthorKind.STAFF,
            _answer.c.withdrawn_at.is_(None),
        )
        .scalar_subquery(),
    )
    .order_by(_message.c.request_id, _message.c.id)
    for size in _SIZES
}
_OPEN_OF_ALL = select(func.coalesce(func.sum(schema.open_count.c.count), 0))
_my_inboxes = union_all(
    select(_member.c.department_id)
    .select_from(_member.join(schema.department, schema.department.c.id == _member.c.department_id))
    .where(_member.c.staff_id == bindparam("me"), schema.department.c.active),
    select(bindparam("me", type_=_member.c.staff_id.type)),
)
_BADGE = select(
    select(func.coalesce(func.sum(schema.open_count.c.count), 0))
    .where(schema.open_count.c.target_id.in_(_my_inboxes))
    .scalar_subquery()
    - select(func.count())
    .select_from(_mark.join(_r, _r.c.id == _mark.c.request_id))
    .where(
        _mark.c.staff_id == bindparam("me"),
        _mark.c.dismissed_at.is_not(None),
        in_state(RequestState.OPEN),
        _r.c.target_id.in_(_my_inboxes),
    )
    .scalar_subquery()
)
_COMPLETED_AT = select(_r.c.completed_at).where(_r.c.id == bindparam("id"))
_WAS_COMPLETED_AT = (
    select(_journal.c.at)
    .where(_journal.c.topic == Topic.REQUEST, _journal.c.entity_id == bindparam("id"), _journal.c.action == "completed")
    .order_by(_journal.c.seq.desc())
    .limit(1)
)
_DRAFTS = (
    select(schema.draft)
    .where(schema.draft.c.staff_id == bindparam("me"))
    .order_by(schema.draft.c.updated_at.desc(), schema.draft.c.request_id)
)
_EVERY: Final = DeliveryFilter()
_DELIVERY = (
    select(
        _outbox.c.id,
        _outbox.c.kind,
        _outbox.c.request_id,
        _outbox.c.appointment_id,
        _outbox.c.channel,
        _outbox.c.state,
        _outbox.c.attempts,
        _outbox.c.created_at,
        _outbox.c.not_before,
        _outbox.c.lease_until,
        _outbox.c.sent_at,
        _outbox.c.error,
        func.coalesce(_p.c.given_name, "").label("given_name"),
        func.coalesce(_p.c.family_name, "").label("family_name"),
        func.coalesce(_c.c.given_name, schema.provider.c.name, schema.staff.c.name).label("contact_given_name"),
        func.coalesce(_c.c.family_name, "").label("contact_family_name"),
    )
    .select_from(
        _outbox.outerjoin(_c, _c.c.id == _outbox.c.contact_id)
        .outerjoin(schema.provider, schema.provider.c.id == _outbox.c.provider_id)
        .outerjoin(schema.staff, schema.staff.c.id == _outbox.c.staff_id)
        .outerjoin(_r, _r.c.id == _outbox.c.request_id)
        .outerjoin(APPOINTMENT, APPOINTMENT.c.id == _outbox.c.appointment_id)
        .outerjoin(_p, _p.c.id == func.coalesce(_r.c.patient_id, APPOINTMENT.c.patient_id))
    )
    .where(_outbox.c.kind.in_(BY_HAND))
)
_STORED_STATES = ("pending", "sent", "failed", "withdrawn")
_DELIVERIES_OF = _DELIVERY.where(_outbox.c.request_id == bindparam("request_id")).order_by(_outbox.c.id)

# Of a request all of them are found by it; those of an act without one by the appointment.
_DELIVERIES_OF_APPOINTMENT = _DELIVERY.where(
    _outbox.c.appointment_id == bindparam("appointment_id"),
    or_(_outbox.c.request_id == bindparam("request_id"), _outbox.c.request_id.is_(None)),
).order_by(_outbox.c.id)


def open_keys(unit: Unit, tab: Tab, filters: Filters = _NO_FILTERS) -> tuple[RequestKey, ...]:
    """Return what an open list needs to be ordered in memory; not for Completed, which is paged."""
    unit.require(Permission.VIEW_REQUESTS)
    if tab is Tab.COMPLETED:
        raise ValueError("completed requests are paged")
    statement = _KEYS[tab, sees_all_requests(unit.actor)]
    if narrow := _conditions(unit, filters):
        statement = statement.where(*narrow)
    found: Sequence[Any] = unit.rows(statement, _scope_values(unit))
    return tuple(RequestKey(*row) for row in found)


def rows(unit: Unit, ids: Sequence[RequestId]) -> tuple[InboxRow, ...]:
    """Return the rows of requests in the order of `ids`; those that the actor may not see are left out."""
    unit.require(Permission.VIEW_REQUESTS)
    if not ids:
        return ()
    statements, values = _ROWS_OF, {"me": unit.actor.staff_id, "now": unit.now}
    if not sees_all_requests(unit.actor):
        statements, values["targets"] = _ROWS_IN_SCOPE, request_scope.my_targets(unit)
    found: dict[int, InboxRow] = {}
    for size, places in _in_places(ids):
        wishes: dict[int, list[Wish]] = {}
        for row in unit.rows(_WISHES_OF[size], places):
            wishes.setdefault(row[0], []).append(wish_of(row))
        for row in unit.rows(statements[size], values | places):
            found[row[0]] = inbox_row(row, tuple(wishes.get(row[0], ())))
    return tuple(_with_thanks(unit, (found[request_id] for request_id in ids if request_id in found)))


def _thanking(unit: Unit, ids: Sequence[int]) -> frozenset[int]:
    """Those of some requests whose last letters say thanks for the practice's answer and nothing else."""
    letters: dict[int, list[tuple[AuthorKind, str]]] = {}
    for size, places in _in_places([RequestId(each) for each in ids]) if ids else ():
        for row in unit.rows(_SINCE_ANSWER_OF[size], places):
            letters.setdefault(row.request_id, []).append((AuthorKind(row.author_kind), row.body))
    return frozenset(request_id for request_id, each in letters.items() if says_thanks(each))


def _with_thanks(unit: Unit, found: Iterable[InboxRow]) -> list[InboxRow]:
    """The rows, with the open ones marked whose parent only said thanks."""
    shown = list(found)
    thanking = _thanking(unit, [row.id for row in shown if row.state is RequestState.OPEN])
    marked = [replace(row, says_thanks=True) if row.id in thanking else row for row in shown]
    return _with_offered(unit, marked)


def _with_offered(unit: Unit, shown: list[InboxRow]) -> list[InboxRow]:
    """The rows, with what has become of the times that were offered for them (ACT10)."""
    waiting = [row.id for row in shown if row.state in (RequestState.OPEN, RequestState.WAITING)]
    offered = latest_offers.latest(unit, waiting, shown_only=False)
    return [replace(row, offered=offered[row.id]) if row.id in offered else row for row in shown]


def _in_places(ids: Sequence[RequestId]) -> Iterator[tuple[int, dict[str, int]]]:
    for start in range(0, len(ids), _SIZES[-1]):
        chunk = ids[start : start + _SIZES[-1]]
        size = next(each for each in _SIZES if each >= len(chunk))
        yield size, {f"id_{n}": chunk[min(n, len(chunk) - 1)] for n in range(size)}


def list_page(
    unit: Unit,
    tab: Tab,
    filters: Filters = _NO_FILTERS,
    after: int | None = None,
    limit: int = 50,
    order: ListOrder = ListOrder.NEWEST,
) -> Page[InboxRow]:
    """Return one page of a tab, behind the request `after`.

    Open tabs go by id, which is by arrival; Completed goes by the time of completion. *Needs me first* is ordered in memory
    from `open_keys`; here it is the same as oldest first.
    """
    unit.require(Permission.VIEW_REQUESTS)
    most = max(1, min(limit, _MOST))
    is_newest = order is ListOrder.NEWEST
    is_wide = sees_all_requests(unit.actor)
    narrow = _conditions(unit, filters)
    mine = () if is_wide and tab is not Tab.UNREAD else request_scope.my_targets(unit)
    values: dict[str, Any] = {"me": unit.actor.staff_id, "targets": mine, "most": most + 1, "after": after}
    targets: Sequence[int] | None = None
    if tab is Tab.UNREAD:
        targets = mine
    elif tab is Tab.OPEN and is_wide:
        targets = request_scope.open_targets(unit)
    if tab is Tab.COMPLETED:
        values["after_at"] = None if after is None else _completion_of(unit, after)
        statement = _completed_page(is_newest, after is not None, is_wide)
    elif targets is None or len(targets) > _BRANCHES:
        statement = _plain_page(tab, is_newest, after is not None, is_wide)
    else:
        values |= {f"target_{index}": target for index, target in enumerate(targets)}
        shape = (tab, is_newest, after is not None, len(targets))
        statement = _narrow_page(*shape, narrow) if narrow else _merged_page(*shape)
        narrow = ()
    found = unit.rows(statement.where(*narrow) if narrow else statement, values)
    ids = [RequestId(row[0]) for row in found]
    return Page(rows(unit, ids[:most]), ids[most - 1] if len(ids) > most else None)


def counts(unit: Unit) -> Mapping[Tab, int]:
    """Return how many requests each open tab holds; Completed only grows and is not counted."""
    unit.require(Permission.VIEW_REQUESTS)
    is_wide = sees_all_requests(unit.actor)
    values = _scope_values(unit)
    opened = _OPEN_OF_ALL if is_wide else _COUNTS[Tab.OPEN, is_wide]
    return {
        Tab.UNREAD: badge(unit),
        Tab.OPEN: int(unit.value(opened, values)),
        Tab.WAITING: int(unit.value(_COUNTS[Tab.WAITING, is_wide], values)),
        Tab.FORWARDED: int(unit.value(_COUNTS[Tab.FORWARDED, is_wide], values)),
    }


def badge(unit: Unit) -> int:
    """Return how many requests the actor's *Unread Portal* holds: kept counts, less what the actor put aside."""
    unit.require(Permission.VIEW_REQUESTS)
    return int(unit.value(_BADGE, {"me": unit.actor.staff_id}))


def drafts(unit: Unit) -> tuple[Draft, ...]:
    """Return the actor's half-written replies, the latest first (MC10)."""
    unit.require(Permission.VIEW_REQUESTS)
    return tuple(_draft_of(row) for row in unit.rows(_DRAFTS, {"me": unit.actor.staff_id}))


def deliveries(
    unit: Unit, state: str = "failed", after: int | None = None, limit: int = 200, wanted: DeliveryFilter = _EVERY
) -> Page[Delivery]:
    """Return a page of notices in a state, the newest first: failed ones are the list that somebody has to look at (RE8).

    Without a state all of them; `wanted` narrows them further, its own state aside.
    """
    unit.require(Permission.VIEW_DELIVERIES)
    most = max(1, min(limit, _MOST))
    statement = _DELIVERY.order_by(_outbox.c.id.desc()).limit(most + 1).where(*_of_filter(wanted))
    if state:
        stored = "pending" if state == "sending" else state
        known = stored if stored in _STORED_STATES else ""
        statement = statement.where(_outbox.c.state == literal_column(f"'{known}'"))  # as the partial index has it
    if after is not None:
        statement = statement.where(_outbox.c.id < after)
    scope = request_scope.in_scope(unit)
    if scope is not None:
        statement = statement.where(scope)
    found = unit.rows(statement)
    shown = (delivery(unit, row) for row in found[:most])
    last = found[most - 1].id if len(found) > most else None
    return Page(tuple(each for each in shown if state in ("", each.state)), last)


def _of_filter(wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.channel:
        found.append(_outbox.c.channel == wanted.channel)
    if wanted.kind:
        found.append(_outbox.c.kind == wanted.kind)
    if text := wanted.text.strip():
        people = (_p.c.search, _c.c.search, func.lower(schema.provider.c.name), func.lower(schema.staff.c.name))
        terms = [
            or_(*(literal(" ").concat(each).concat(" ").contains(needle(term), autoescape=True) for each in people))
            for term in query_terms(text)
        ]
        reason = func.lower(_outbox.c.error).contains(text.lower(), autoescape=True)
        found.append(or_(reason, and_(*terms)) if terms else reason)
    return found


def deliveries_of(unit: Unit, request_id: RequestId) -> tuple[Delivery, ...]:
    """Return the notices of one request, oldest first, within a use case that has looked whether it may be seen."""
    return tuple(delivery(unit, row) for row in unit.rows(_DELIVERIES_OF, {"request_id": request_id}))


def deliveries_about(unit: Unit, appointment_id: AppointmentId, request_id: RequestId | None) -> tuple[Delivery, ...]:
    """Return the notices that tell of one appointment, oldest first, within a use case that has looked whether it may be seen."""
    values = {"appointment_id": appointment_id, "request_id": request_id}
    return tuple(delivery(unit, row) for row in unit.rows(_DELIVERIES_OF_APPOINTMENT, values))


def delivery(unit: Unit, row: Row[Any]) -> Delivery:
    """Make the view of a notice; one that is leased is on its way just now."""
    is_leased = row.state == "pending" and row.lease_until is not None and row.lease_until > unit.now
    return Delivery(
        id=row.id,
        kind=row.kind,
        request_id=None if row.request_id is None else RequestId(row.request_id),
        appointment_id=None if row.appointment_id is None else AppointmentId(row.appointment_id),
        patient_name=full_name(row.given_name, row.family_name),
        contact_name=full_name(row.contact_given_name, row.contact_family_name),
        channel=row.channel,
        state="sending" if is_leased else row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        not_before=row.not_before,
        sent_at=row.sent_at,
        error=row.error,
    )


def _scope_values(unit: Unit) -> dict[str, Any]:
    return {"me": unit.actor.staff_id, "targets": request_scope.my_targets(unit)}


def _scope_of(tab: Tab, *, is_wide: bool) -> list[ColumnElement[bool]]:
    """What makes a request one of a tab: its state, and whose it is."""
    match tab:
        case Tab.UNREAD:
            whose: list[ColumnElement[bool]] = [_mine, _not_dismissed]
        case Tab.FORWARDED:
            whose = [_forwarded_by_me]
        case Tab.OPEN | Tab.WAITING | Tab.COMPLETED:
            whose = [] if is_wide else [or_(_mine, _forwarded_by_me)]
        case _:
            assert_never(tab)
    return [_STATES[tab], *whose]


_TABS_BY_WIDTH: Final = [(tab, is_wide) for tab in Tab for is_wide in (False, True)]
_KEYS: Final[Mapping[tuple[Tab, bool], Select[Any]]] = {
    (tab, is_wide): select(*_KEY).where(*_scope_of(tab, is_wide=is_wide)) for tab, is_wide in _TABS_BY_WIDTH
}
_COUNTS: Final[Mapping[tuple[Tab, bool], Select[Any]]] = {
    (tab, is_wide): select(func.count()).select_from(_r).where(*_scope_of(tab, is_wide=is_wide))
    for tab, is_wide in _TABS_BY_WIDTH
}


@cache
def _plain_page(tab: Tab, is_newest: bool, is_next: bool, is_wide: bool) -> Select[Any]:
    """A page of a tab whose requests are few: those that wait, that I forwarded, that a provider has."""
    statement = select(_r.c.id).where(*_scope_of(tab, is_wide=is_wide), *_behind(is_newest, is_next))
    return statement.order_by(_r.c.id.desc() if is_newest else _r.c.id).limit(bindparam("most"))


@cache
def _merged_page(tab: Tab, is_newest: bool, is_next: bool, count: int) -> Select[Any]:
    return _narrow_page(tab, is_newest, is_next, count, ())


def _narrow_page(
    tab: Tab, is_newest: bool, is_next: bool, count: int, narrow: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """A page from `count` inboxes, each looked into by its own index; a join would sort every open request first."""
    put_aside = [_not_dismissed] if tab is Tab.UNREAD else []
    branches = [
        select(
            select(_r.c.id)
            .where(_STATES[tab], _r.c.target_id == bindparam(f"target_{index}"), *_behind(is_newest, is_next))
            .where(*put_aside, *narrow)
            .order_by(_r.c.id.desc() if is_newest else _r.c.id)
            .limit(bindparam("most"))
            .subquery()
        )
        for index in range(count)
    ]
    if not branches:
        return select(_r.c.id).where(false())
    merged = union_all(*branches).subquery()
    return select(merged.c.id).order_by(merged.c.id.desc() if is_newest else merged.c.id).limit(bindparam("most"))


@cache
def _completed_page(is_newest: bool, is_next: bool, is_wide: bool) -> Select[Any]:
    place = tuple_(_r.c.completed_at, _r.c.id)
    last = tuple_(bindparam("after_at", type_=_r.c.completed_at.type), bindparam("after", type_=_r.c.id.type))
    behind = [] if not is_next else [place < last if is_newest else place > last]
    statement = select(_r.c.id).where(*_scope_of(Tab.COMPLETED, is_wide=is_wide), *behind)
    order = (_r.c.completed_at.desc(), _r.c.id.desc()) if is_newest else (_r.c.completed_at, _r.c.id)
    return statement.order_by(*order).limit(bindparam("most"))


def _behind(is_newest: bool, is_next: bool) -> list[ColumnElement[bool]]:
    if not is_next:
        return []
    return [_r.c.id < bindparam("after") if is_newest else _r.c.id > bindparam("after")]


def _completion_of(unit: Unit, request_id: int) -> datetime | None:
    """When the last request of a page was completed; the journal knows it if it has been opened again meanwhile."""
    found = unit.connection.execute(_COMPLETED_AT, {"id": request_id}).scalar()
    return found or unit.connection.execute(_WAS_COMPLETED_AT, {"id": request_id}).scalar()


def _conditions(unit: Unit, filters: Filters) -> tuple[ColumnElement[bool], ...]:
    """The filters as conditions (MC6); a request without a location is in every location's view."""
    found: list[ColumnElement[bool]] = []
    if filters.location_ids:
        found.append(or_(_r.c.location_id.is_(None), _r.c.location_id.in_(filters.location_ids)))
    if filters.kinds:
        found.append(_r.c.kind.in_([kind.value for kind in filters.kinds]))
    if filters.provider_ids:
        appointment = exists().where(
            _present.c.id == _r.c.appointment_id, _present.c.provider_id.in_(filters.provider_ids)
        )
        found.append(or_(_r.c.provider_id.in_(filters.provider_ids), and_(_r.c.provider_id.is_(None), appointment)))
    if filters.department_ids:
        found.append(and_(_r.c.target_kind == TargetKind.DEPARTMENT, _r.c.target_id.in_(filters.department_ids)))
    if filters.older_than_minutes is not None:
        found.append(_r.c.arrived_at <= unit.now - timedelta(minutes=filters.older_than_minutes))
    for term in query_terms(filters.text):
        words = literal(" ").concat(_search.c.body).concat(" ")
        letter = and_(_message.c.request_id == _r.c.id, _search.c.id == _message.c.id)
        found.append(exists().where(letter, words.contains(needle(term), autoescape=True)))
    return tuple(found)


def _draft_of(row: Row[Any]) -> Draft:
    return Draft(RequestId(row.request_id), row.body, row.phrase, row.state, row.updated_at)
