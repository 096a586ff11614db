"""The overview of appointments: keyset pages by filters and order, how many times are held, and the lines of its export.

A page by start looks into each provider, else each status, by its own index; a page by provider or by status is such pages
one after the other. The place behind a page holds the values it was ordered by, so that it stands whatever becomes of its row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, assert_never

from sqlalchemy import Select, and_, bindparam, func, literal_column, or_, select, tuple_, union_all
from sqlalchemy.sql.elements import ColumnElement

from request_desk.domain.access import Permission
from request_desk.domain.appointment_lists import AppointmentFilters, AppointmentOrder, meeting_uid
from request_desk.domain.appointments import DROPPED, Appointment, AppointmentStatus, Mark, as_of, marked_at
from request_desk.domain.changes import Topic
from request_desk.domain.ids import ProviderId
from request_desk.domain.paging import Page
from request_desk.domain.policy import sees_all_requests
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule.views import load_many
from request_desk.store import schema

_MOST: Final = 512  # rows of one page
_BRANCHES: Final = 60  # providers merged in one statement; more are filtered
_SHAPES: Final = 256  # statements kept; one is made for each way of filtering
_ALL: Final = AppointmentFilters()
STATUS_ORDER: Final = (
    AppointmentStatus.HELD,
    AppointmentStatus.CONFIRMED,
    AppointmentStatus.COMPLETED,
    AppointmentStatus.NO_SHOW,
    AppointmentStatus.CANCELLED,
    AppointmentStatus.EXPIRED,
)

_table, _patient = schema.appointment.c, schema.patient.c
_STORED = {status: _table.status == literal_column(f"'{status}'") for status in AppointmentStatus}
_PROVIDERS = select(schema.provider.c.id).order_by(schema.provider.c.short_name, schema.provider.c.id)
_HOLDS = select(func.count()).where(_STORED[AppointmentStatus.HELD], _table.hold_expires_at > bindparam("now"))
_HOLDS_OF = _HOLDS.where(_table.provider_id == bindparam("provider"))

Cursor = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement of a page depends on; its values are bound."""

    providers: int
    locations: int
    statuses: tuple[AppointmentStatus, ...]
    of_patient: bool
    has_since: bool
    has_until: bool
    by_patient: bool
    is_descending: bool
    is_next: bool


def list_page(
    unit: Unit,
    filters: AppointmentFilters = _ALL,
    order: AppointmentOrder = AppointmentOrder.START,
    *,
    descending: bool = False,
    after: Cursor | None = None,
    limit: int = 50,
) -> Page[Appointment]:
    """Return one page of the appointments that the actor may see, behind the place `after`: a provider sees the own (AP1)."""
    unit.require(Permission.VIEW_SCHEDULE)
    asked = _within_sight(unit, filters)
    if asked is None:
        return Page((), None)
    most = max(1, min(limit, _MOST))
    places = _places(unit, asked, order, descending=descending, after=after, most=most + 1)
    known = load_many(unit, [place[-1] for place in places[:most]])
    rows = tuple(as_of(known[place[-1]], unit.now) for place in places[:most])
    return Page(rows, tuple(places[most - 1]) if len(places) > most else None)


def holds_under_way(unit: Unit) -> int:
    """Return how many times are held now, with the actor's own patients where the actor is a provider alone (AP1)."""
    unit.require(Permission.VIEW_SCHEDULE)
    if sees_all_requests(unit.actor):
        return int(unit.value(_HOLDS, {"now": unit.now}))
    return int(unit.value(_HOLDS_OF, {"now": unit.now, "provider": unit.actor.provider_id or 0}))


def export_headings() -> tuple[str, ...]:
    """Return the names of the columns of `export_page`, the same in every language: programs read them."""
    return (
        "meeting_uid", "previous_meeting_uid", "status", "starts_at", "ends_at", "minutes", "patient_id", "patient",
        "birth_date", "type", "provider", "location", "booked_by", "late_cancellation", "cancel_reason", "cancel_text",
        "arrived_at", "running_late_at", "parent_confirmed_at",
    )  # fmt: skip


def export_page(
    unit: Unit,
    filters: AppointmentFilters,
    order: AppointmentOrder,
    *,
    descending: bool,
    after: Cursor | None = None,
) -> Page[tuple[str, ...]]:
    """Return a page of lines for a file, times by the clock of their place with its offset."""
    unit.require(Permission.VIEW_SCHEDULE)
    page = list_page(unit, filters, order, descending=descending, after=after, limit=_MOST)
    return Page(tuple(_line(unit, row) for row in page.rows), page.after)


def exported(unit: Unit, rows: int) -> None:
    """Keep in the journal that the actor takes this many lines out of the program (AUD-01)."""
    unit.require(Permission.VIEW_SCHEDULE)
    unit.record("exported", Topic.APPOINTMENT, 0, broadcast=False, rows=rows)


def _line(unit: Unit, row: Appointment) -> tuple[str, ...]:
    zone = unit.words.at(row.zone).zone
    marks = (marked_at(row, mark) for mark in (Mark.ARRIVED, Mark.LATE, Mark.PARENT_CONFIRMED))
    return (
        meeting_uid(row.id),
        "" if row.replaces_id is None else meeting_uid(row.replaces_id),
        str(row.status),
        zone.wall(row.starts_at).isoformat(timespec="minutes"),
        zone.wall(row.ends_at).isoformat(timespec="minutes"),
        str(int((row.ends_at - row.starts_at).total_seconds()) // 60),
        str(row.patient_id),
        row.patient_name,
        "" if row.birth_day is None else row.birth_day.isoformat(),
        row.type_name,
        row.provider_name,
        row.location_name,
        row.booked_by,
        _("yes") if row.is_late_cancel else "",
        row.cancel_code,
        row.cancel_text,
        *("" if each is None else zone.wall(each).isoformat(timespec="minutes") for each in marks),
    )


def _within_sight(unit: Unit, filters: AppointmentFilters) -> AppointmentFilters | None:
    """The filters within what the actor may see; None when that is nothing."""
    if sees_all_requests(unit.actor):
        return filters
    own = unit.actor.provider_id
    if own is None or (filters.provider_ids and own not in filters.provider_ids):
        return None
    return replace(filters, provider_ids=(own,))


def _places(
    unit: Unit,
    filters: AppointmentFilters,
    order: AppointmentOrder,
    *,
    descending: bool,
    after: Cursor | None,
    most: int,
) -> list[Cursor]:
    """At most `most` places behind `after`: the values they are ordered by, the id last."""
    match order:
        case AppointmentOrder.START | AppointmentOrder.PATIENT:
            by_patient = order is AppointmentOrder.PATIENT
            return _read(unit, filters, by_patient=by_patient, descending=descending, after=after, most=most)
        case AppointmentOrder.PROVIDER | AppointmentOrder.STATUS:
            names = _groups(unit, filters, order)
        case _:
            assert_never(order)
    found: list[Cursor] = []
    if descending:
        names.reverse()
    first = 0 if after is None else names.index(after[0])
    for name in names[first:]:
        narrowed = _narrowed(filters, name)
        behind = after[1:] if after is not None and after[0] == name else None
        left = most - len(found)
        places = _read(unit, narrowed, by_patient=False, descending=descending, after=behind, most=left)
        found += [(name, *place) for place in places]
        if len(found) >= most:
            break
    return found


def _groups(unit: Unit, filters: AppointmentFilters, order: AppointmentOrder) -> list[AppointmentStatus | ProviderId]:
    """What a list by provider or status consists of, in order."""
    if order is AppointmentOrder.STATUS:
        return [status for status in STATUS_ORDER if not filters.statuses or status in filters.statuses]
    known = [ProviderId(row[0]) for row in unit.rows(_PROVIDERS)]
    return [each for each in known if not filters.provider_ids or each in filters.provider_ids]


def _narrowed(filters: AppointmentFilters, group: AppointmentStatus | ProviderId) -> AppointmentFilters:
    if isinstance(group, AppointmentStatus):
        return replace(filters, statuses=(group,))
    return replace(filters, provider_ids=(group,))


def _read(
    unit: Unit, filters: AppointmentFilters, *, by_patient: bool, descending: bool, after: Cursor | None, most: int
) -> list[Cursor]:
    shape = _Shape(
        providers=len(filters.provider_ids),
        locations=len(filters.location_ids),
        statuses=filters.statuses,
        of_patient=filters.patient_id is not None,
        has_since=filters.since is not None,
        has_until=filters.until is not None,
        by_patient=by_patient,
        is_descending=descending,
        is_next=after is not None,
    )
    values: dict[str, Any] = {"most": most}
    if {AppointmentStatus.HELD, AppointmentStatus.EXPIRED} & set(filters.statuses):
        values["now"] = unit.now
    values |= {f"provider_{place}": each for place, each in enumerate(filters.provider_ids)}
    values |= {f"location_{place}": each for place, each in enumerate(filters.location_ids)}
    for key, value in (("patient", filters.patient_id), ("since", filters.since), ("until", filters.until)):
        if value is not None:
            values[key] = value
    if after is not None:
        values |= {f"after_{place}": value for place, value in enumerate(after)}
    return list(unit.rows(_statement(shape), values))


@lru_cache(maxsize=_SHAPES)
def _statement(shape: _Shape) -> Select[Any]:
    if shape.by_patient:
        return _patients_page(shape)
    streams = [_start_page(shape, each) for each in _streams(shape)]
    if len(streams) == 1:
        return streams[0]
    merged = union_all(*(select(each.subquery()) for each in streams)).subquery()
    return select(merged).order_by(*_turned(shape, merged.c.values())).limit(bindparam("most"))


def _start_page(shape: _Shape, narrow: Sequence[ColumnElement[bool]]) -> Select[Any]:
    place = (_table.starts_at, _table.id)
    statement = select(*place).where(*narrow, *_span(shape), *_behind(shape, place))
    return statement.order_by(*_turned(shape, place)).limit(bindparam("most"))


def _patients_page(shape: _Shape) -> Select[Any]:
    """A page by patient, from the patients on: the outer join keeps SQLite from sorting every appointment first."""
    place = (_patient.family_name, _patient.given_name, _patient.id, _table.starts_at, _table.id)
    fits = (*_narrow(shape, providers=True, statuses=True), *_span(shape), *_behind(shape, place))
    statement = (
        select(*place)
        .select_from(schema.patient.outerjoin(schema.appointment, and_(_table.patient_id == _patient.id, *fits)))
        .where(func.coalesce(_table.id, 0) != 0)
    )
    if shape.is_next:  # said once more, so that the patients before it are not even looked at
        last = bindparam("after_0", type_=_patient.family_name.type)
        statement = statement.where(
            _patient.family_name <= last if shape.is_descending else _patient.family_name >= last
        )
    return statement.order_by(*_turned(shape, place)).limit(bindparam("most"))


def _streams(shape: _Shape) -> Iterator[Sequence[ColumnElement[bool]]]:
    """The conditions of each part of a page that an index has in order already."""
    whole = _narrow(shape, providers=True, statuses=True)
    if shape.of_patient:
        yield whole
    elif 0 < shape.providers <= _BRANCHES:
        rest = _narrow(shape, providers=False, statuses=True)
        for place in range(shape.providers):
            yield [_table.provider_id == bindparam(f"provider_{place}"), *rest]
    elif shape.statuses:
        rest = _narrow(shape, providers=True, statuses=False)
        for status in shape.statuses:
            yield from ([one, *rest] for one in _stored_as(status))
    else:
        yield whole


def _narrow(shape: _Shape, *, providers: bool, statuses: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if shape.of_patient:
        found.append(_table.patient_id == bindparam("patient"))
    if providers and shape.providers:
        found.append(_table.provider_id.in_([bindparam(f"provider_{place}") for place in range(shape.providers)]))
    if shape.locations:
        found.append(_table.location_id.in_([bindparam(f"location_{place}") for place in range(shape.locations)]))
    if statuses and shape.statuses:
        found.append(or_(*(one for status in shape.statuses for one in _stored_as(status))))
    return found


def _stored_as(status: AppointmentStatus) -> list[ColumnElement[bool]]:
    """How what is shown as a status lies in the table: a hold that is over was not let go of yet (`as_of`)."""
    stored, until = _STORED[status], _table.hold_expires_at
    match status:
        case AppointmentStatus.HELD:
            return [and_(stored, until > bindparam("now"))]
        case AppointmentStatus.EXPIRED:
            return [
                stored,
                and_(_STORED[AppointmentStatus.HELD], until <= bindparam("now")),
                and_(_STORED[AppointmentStatus.CANCELLED], _table.cancel_code == DROPPED),
            ]
        case AppointmentStatus.CANCELLED:
            return [and_(stored, _table.cancel_code != DROPPED)]
        case _:
            return [stored]


def _span(shape: _Shape) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if shape.has_since:
        found.append(_table.starts_at >= bindparam("since"))
    if shape.has_until:
        found.append(_table.starts_at < bindparam("until"))
    return found


def _behind(shape: _Shape, place: Sequence[ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    """Behind the place that the values name."""
    if not shape.is_next:
        return []
    last = tuple_(*(bindparam(f"after_{number}", type_=column.type) for number, column in enumerate(place)))
    return [tuple_(*place) < last if shape.is_descending else tuple_(*place) > last]


def _turned(shape: _Shape, place: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [column.desc() for column in place] if shape.is_descending else list(place)
