"""What is read of the schedule: a day, slots, offers, the state of wishes; acts are in `scheduling`."""

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from request_desk.domain import own_words, schedule
from request_desk.domain.access import Permission
from request_desk.domain.appointments import DROPPED, MOVED_ON, UNDONE, Appointment, AppointmentStatus
from request_desk.domain.availability import Absence, is_open
from request_desk.domain.booking_rules import PatientFacts, duration_for, length_notes
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import NotFound
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, RequestId, TypeId
from request_desk.domain.offers import SAME_DAY_ADVANCE, choose_offers
from request_desk.domain.own_words import OwnWish, against
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import AuthorKind, DayPart, Offer, ShownWish, Wish, WishKind, WishState
from request_desk.domain.schedule import (
    ProviderColumn,
    ScheduleDay,
    ScheduleWeek,
    SlotCheck,
    Snapped,
)
from request_desk.domain.spans import Slot, Span, merged, overlaps
from request_desk.domain.wishes import state_of
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.services.schedule import double_bookings, sessions, slots
from request_desk.services.schedule.against import limits_against
from request_desk.services.schedule.holds import BlockedTime, place, who_has
from request_desk.services.schedule.patient_facts import facts_of, is_over, limits_of_type, obeying
from request_desk.services.schedule.slots import SlotBook, open_book
from request_desk.services.schedule.two_places import at_once, limits_of
from request_desk.services.schedule.views import VIEW, chain_end, held_for, load, upcoming_of, view
from request_desk.store import schema

_BEFORE: Final = timedelta(days=2)  # days before a wish that may still win over the days behind it
_BEHIND: Final = timedelta(days=14)  # days behind a wish that are looked through
_SOON: Final = (
    timedelta(days=28),
    timedelta(days=92),
    timedelta(days=366),
)  # how far "next available" looks, step by step
_ENOUGH: Final = 9  # offers
_MEANT: Final = _SOON[1]  # how far times are looked for that agree with the parent's own words
_FINE: Final = timedelta(minutes=5)

_table: Final = schema.appointment
SHOWN: Final = (AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW)
_ENTRIES = (
    VIEW.add_columns(*double_bookings.COLUMNS)
    .where(
        _table.c.provider_id.in_(bindparam("providers", expanding=True)),
        _table.c.starts_at < bindparam("ends_at"),
        _table.c.starts_at > bindparam("reach"),
        _table.c.ends_at > bindparam("starts_at"),
        _table.c.status.in_([*SHOWN, AppointmentStatus.HELD]),
        _table.c.status.in_(SHOWN) | (_table.c.hold_expires_at > bindparam("now")),
    )
    .order_by(_table.c.starts_at, _table.c.id)
)
_OF_PATIENT = (
    VIEW.where(
        _table.c.patient_id == bindparam("patient"),
        _table.c.status.in_([*SHOWN, AppointmentStatus.CANCELLED]) | (_table.c.hold_expires_at > bindparam("now")),
        _table.c.cancel_code.not_in([UNDONE, *MOVED_ON, DROPPED]),
    )
    .order_by(_table.c.starts_at.desc(), _table.c.id.desc())
    .limit(bindparam("most"))
)
_ACTIVE_TYPES = (
    select(schema.appointment_type.c.id)
    .where(schema.appointment_type.c.active)
    .order_by(schema.appointment_type.c.position, schema.appointment_type.c.id)
)
_WISHES = (
    select(schema.request_wish)
    .where(schema.request_wish.c.request_id == bindparam("request"))
    .order_by(schema.request_wish.c.rank)
)
_LETTERS = (
    select(schema.message.c.body, schema.message.c.created_at)
    .where(
        schema.message.c.request_id == bindparam("request"),
        schema.message.c.author_kind == AuthorKind.CONTACT,
        schema.message.c.withdrawn_at.is_(None),
    )
    .order_by(schema.message.c.id)
)


def find_slots(
    unit: Unit,
    *,
    type_id: TypeId,
    span: Span,
    provider_ids: Collection[ProviderId] = (),
    location_ids: Collection[LocationId] = (),
    for_staff: bool = True,
    exclude_chain: AppointmentId | None = None,
    exclude_request: RequestId | None = None,
    patient_id: PatientId | None = None,
    limit: int | None = None,
) -> tuple[Slot, ...]:
    """Return the free slots of a type inside `span`, by start and then in the practice's order of providers.

    For a patient they are as long as that patient needs and obey the type's rules; those that break them are returned only
    where no other is found, for staff to overrule (AP7). What staff may not offer to parents (notice, advance, windows for
    staff) is left out unless `for_staff`. Raises Invalid when the span is longer than 400 days.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(span.starts_at, span.ends_at)
    type_ = slots.type_rules(unit, type_id)
    book = open_book(
        unit, span, provider_ids=provider_ids, exclude_chain=exclude_chain, exclude_request=exclude_request
    )
    earliest, latest = _bounds(unit, type_, for_staff=for_staff)
    patient = facts_of(unit, type_, patient_id)
    found = book.slots(
        type_,
        for_staff=for_staff,
        earliest=earliest,
        latest=latest,
        provider_ids=provider_ids,
        location_ids=location_ids,
        patient=patient,
    )
    fitting = obeying(unit, book.locations, type_, patient, found)
    return tuple((fitting or (found if for_staff else []))[:limit])


def offers(unit: Unit, request_id: RequestId, *, removed: Collection[str] = ()) -> tuple[Offer, ...]:
    """Return at most nine free slots for a request, best first, each with the limit that staff would overrule (ACT2).

    What the request holds itself counts as free, and so does the time of the appointment that it wants to move. A
    request to cancel has none. What the parent says about time in own words ranks them, less what was `removed` (MC16).
    """
    unit.require(Permission.VIEW_SCHEDULE)
    asked = _asked(unit, request_id)
    if asked.type is None or asked.kind == "cancel":
        return ()
    type_ = asked.type
    said = own_words.read_all(
        [(row.body, row.created_at) for row in unit.rows(_LETTERS, {"request": request_id})],
        unit.now,
        unit.time,
        removed,
    )
    patient = facts_of(unit, type_, asked.patient_id)
    book, free = _free_for(unit, asked, type_, patient, said)
    own = upcoming_of(unit, (asked.patient_id,))
    chain_id = None if asked.moved is None else asked.moved.chain_id
    chosen = choose_offers(
        asked.wishes,
        free,
        zone=unit.time,
        asked_provider_id=asked.provider_id,
        home_location_id=asked.location_id,
        now=unit.now,
        own=said,
        is_same_day=type_.maximum_advance <= SAME_DAY_ADVANCE,
    )
    limits = {
        choice.slot: (
            *limits_of_type(
                unit, type_, choice.slot, book.locations[choice.slot.location_id].zone, patient, asked.moved
            ),
            *limits_of(unit, at_once(own, choice.slot, chain_id), choice.slot),
        )
        for choice in chosen
    }
    return tuple(
        Offer(
            slot=choice.slot,
            fit=choice.fit,
            wish_rank=choice.wish_rank,
            provider_name=book.providers[choice.slot.provider_id].name,
            location_name=book.locations[choice.slot.location_id].name,
            zone=book.locations[choice.slot.location_id].zone,
            warning=" ".join(limit.sentence for limit in limits[choice.slot]),
            forbids=bool(schedule.forbidding(unit.actor, limits[choice.slot])),
        )
        for choice in chosen
    )


def shown_wishes(unit: Unit, request_id: RequestId) -> tuple[ShownWish, ...]:
    """Return the wishes of a request with their present state (MC5)."""
    unit.require(Permission.VIEW_SCHEDULE)
    asked = _asked(unit, request_id)
    held = held_for(unit, request_id)
    patient = None if asked.type is None else facts_of(unit, asked.type, asked.patient_id)
    spans = [_appointment_span(wish, asked, patient) for wish in asked.wishes]
    timed = [span for span in spans if span is not None and span.starts_at > unit.now]
    book: SlotBook | None = None
    if timed:
        hull = Span(min(span.starts_at for span in timed), max(span.ends_at for span in timed))
        if hull.ends_at - hull.starts_at < _SOON[-1]:
            chain_id = None if asked.moved is None else asked.moved.chain_id
            book = open_book(unit, hull, exclude_chain=chain_id, exclude_request=request_id)
    known = slots.all_providers(unit)
    return tuple(
        _shown(
            unit,
            wish,
            span,
            asked,
            patient,
            held,
            book,
            "" if wish.provider_id is None else known[wish.provider_id].name,
        )
        for wish, span in zip(asked.wishes, spans, strict=True)
    )


def slot_check(
    unit: Unit,
    slot: Slot,
    *,
    type_id: TypeId,
    replaces: AppointmentId | None = None,
    patient_id: PatientId | None = None,
    lane: int = 0,
) -> SlotCheck:
    """Tell what stands against a time that staff picked: limits that need a reason (a `lane` for work-ins does), and notes.

    With `replaces` it is the move of that appointment, with the lane in which it would stand; what no reason can overrule, such as a
    provider who does not do the type, is refused as the move itself refuses it.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(slot.starts_at)
    type_ = slots.type_rules(unit, type_id)
    moved = None if replaces is None else load(unit, replaces)
    location = slots.all_locations(unit).get(slot.location_id)
    if location is None:
        raise NotFound(_("This location is not there any more. Choose another time."))
    patient = facts_of(unit, type_, patient_id if moved is None else moved.patient_id)
    taken = ""
    if moved is None:
        ends_at = slot.starts_at + duration_for(type_, slot.provider_id, patient)
        whole = replace(slot, ends_at=ends_at)
        where = BlockedTime(whole, type_, patient, location.zone, "", location.name, lane)
    else:
        patient_id = moved.patient_id
        where = place(unit, slot, type_, patient, is_move=True)
        found = sessions.lane_of_move(unit, where.slot, moved.chain_id)
        taken = who_has(unit, where, moved.chain_id) if found is None else ""
        where = replace(where, lane=found or 0)
    limits = limits_against(unit, where, patient_id, moved)
    return SlotCheck(
        limits,
        _notes_against(unit, where),
        bool(schedule.forbidding(unit.actor, limits)),
        where.slot.ends_at,
        length_notes(type_, patient, unit.words),
        0 if moved is not None else sessions.free_lane(unit, where.slot),
        where.lane,
        taken,
    )


def _notes_against(unit: Unit, where: BlockedTime) -> tuple[str, ...]:
    """What is told of a time and needs no reason: that it is not offered, and why."""
    slot, clock = where.slot, slots.time_of(unit, where.zone)
    windows = slots.windows_of(unit, (slot.provider_id,)).get(slot.provider_id, ())
    here = Span(slot.starts_at, slot.ends_at)
    notes: list[str] = []
    if not is_open(
        windows, slot.starts_at, slot.ends_at, zone=clock, type_id=where.type.id, location_id=slot.location_id
    ):
        notes.append(_("This time lies outside the provider's availability."))
    notes += [
        _("The practice is closed then: {label}.").format(label=absence.label or _("closed day"))
        if absence.is_closed_day
        else _("The provider is away then: {label}.").format(label=absence.label or _("absence"))
        for absence in slots.absences_of(unit, (slot.provider_id,), here).get(slot.provider_id, ())
    ]
    return tuple(notes)


def snapped(
    unit: Unit,
    provider_id: ProviderId,
    location_id: LocationId,
    at: datetime,
    *,
    type_id: TypeId,
    exclude_chain: AppointmentId | None = None,
    exclude_request: RequestId | None = None,
    patient_id: PatientId | None = None,
) -> Snapped:
    """Return the bookable time of a type where somebody pointed at, or why there is none and which types fit there (ACT15).

    It lies in the free gap around `at`: the last start that the slot rules have up to there, else the first behind. Outside the
    windows, which is staff's to decide, it is `at` itself where the gap is long enough.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(at)
    day = unit.time.bounds(unit.time.day_of(at))
    chain_id = exclude_chain or AppointmentId(0)
    asked = {**_span_values(day), "now": unit.now, "providers": [provider_id]}
    entries = [view(row) for row in unit.rows(_ENTRIES, asked)]
    busy = [
        Span(each.starts_at, each.ends_at)
        for each in entries
        if each.chain_id != chain_id
        and (exclude_request is None or each.request_id != exclude_request or each.status is not AppointmentStatus.HELD)
    ]
    busy += [
        Span(each.starts_at, each.ends_at) for each in slots.absences_of(unit, (provider_id,), day).get(provider_id, ())
    ]
    start = max([day.starts_at, unit.now, *(each.ends_at for each in busy if each.ends_at <= at)])
    end = min([day.ends_at, *(each.starts_at for each in busy if each.starts_at > at)])
    type_ = slots.type_rules(unit, type_id)
    length = duration_for(type_, provider_id, facts_of(unit, type_, patient_id))
    if at < unit.now or any(each.starts_at <= at < each.ends_at for each in busy):
        return Snapped(None, length, timedelta(0), ())
    book = open_book(
        unit,
        Span(start, end),
        provider_ids=(provider_id,),
        exclude_chain=exclude_chain,
        exclude_request=exclude_request,
    )
    opened = [
        Span(each.starts_at, each.ends_at)
        for each in slots.opened(
            unit, book.windows.get(provider_id, ()), book.locations, (location_id,), Span(start, end)
        )
    ]
    window = next((each for each in merged(opened) if each.starts_at <= at < each.ends_at), None)
    if window is None:
        fits = at + length + type_.buffer <= end
        free = end - at
        slot = Slot(provider_id, location_id, at, at + length, at + length + type_.buffer)
        return Snapped(slot if fits else None, length, free, ())
    gap = Span(max(start, window.starts_at), min(end, window.ends_at))

    def within(kind: AppointmentType) -> list[Slot]:
        found = book.slots(
            kind,
            for_staff=True,
            earliest=gap.starts_at,
            provider_ids=(provider_id,),
            location_ids=(location_id,),
            patient=facts_of(unit, kind, patient_id),
        )
        return [each for each in found if each.ends_at <= gap.ends_at]

    found = within(type_)
    before = [each for each in found if each.starts_at <= at]
    if found:
        return Snapped(before[-1] if before else found[0], length, gap.ends_at - gap.starts_at, ())
    kinds = (slots.type_rules(unit, TypeId(row[0])) for row in unit.rows(_ACTIVE_TYPES))
    fitting = tuple(each.id for each in kinds if within(each))
    return Snapped(None, length, gap.ends_at - gap.starts_at, fitting)


def day(
    unit: Unit,
    day: date,
    *,
    location_ids: Collection[LocationId] = (),
    provider_ids: Collection[ProviderId] = (),
) -> ScheduleDay:
    """Return a practice day in columns: who works there that day or has an appointment; one statement for each table."""
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(day)
    found = _columns(unit, [day], provider_ids, location_ids)
    return ScheduleDay(day, tuple(each for each in found if _is_at(each, location_ids)))


def week(
    unit: Unit, first_day: date, provider_id: ProviderId, *, location_ids: Collection[LocationId] = ()
) -> ScheduleWeek:
    """Return seven days of a provider in columns: when the practice is open, or the provider works or has an appointment.

    As many statements as for one day. Where none is such a day, all seven are there. Raises NotFound.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(first_day)
    days = [first_day + timedelta(days=number) for number in range(7)]
    found = _columns(unit, days, (provider_id,), location_ids)
    if not found:
        raise NotFound(_("This provider is not there any more. Choose another one."))
    weekdays = {hours.weekday for hours in unit.settings.opening_hours}
    shown = tuple(each for each in found if each.day.weekday() in weekdays or _is_at(each, location_ids))
    return ScheduleWeek(first_day, provider_id, shown or tuple(found))


def _is_at(column: ProviderColumn, location_ids: Collection[LocationId]) -> bool:
    """Whether somebody works or is seen there at the locations asked for."""
    return bool(column.open) or any(not location_ids or each.location_id in location_ids for each in column.entries)


def _columns(
    unit: Unit, days: Sequence[date], provider_ids: Collection[ProviderId], location_ids: Collection[LocationId]
) -> list[ProviderColumn]:
    """A column for each day of each provider (empty: all), whatever is in it; the days follow each other."""
    known, locations = slots.all_providers(unit), slots.all_locations(unit)
    asked = [each for each in known if not provider_ids or each in provider_ids]
    bounds = {day: unit.time.bounds(day) for day in days}
    hull = Span(bounds[days[0]].starts_at, bounds[days[-1]].ends_at)
    windows = slots.windows_of(unit, asked)
    absences = slots.absences_of(unit, asked, hull)
    entries: dict[ProviderId, list[Appointment]] = {}
    values = {**_span_values(hull), "now": unit.now, "providers": asked}
    rows = unit.rows(_ENTRIES, values)
    for entry in map(view, rows):
        entries.setdefault(entry.provider_id, []).append(entry)
    against = double_bookings.against(unit, rows, windows)
    columns: list[ProviderColumn] = []
    for provider_id, (day, span) in itertools.product(asked, bounds.items()):
        here = windows.get(provider_id, ()) if known[provider_id].active else ()
        opened = slots.opened(unit, here, locations, location_ids, span)
        appointments = [each for each in entries.get(provider_id, ()) if _touches(each, span)]
        at = {each.location_id for each in opened} | {each.location_id for each in appointments}
        columns.append(
            ProviderColumn(
                day=day,
                provider_id=provider_id,
                provider_name=known[provider_id].name,
                location_names=tuple(each.name for each in locations.values() if each.id in at),
                open=tuple(opened),
                absences=tuple(each for each in absences.get(provider_id, ()) if _touches(each, span)),
                entries=tuple(appointments),
                double_booked={each.id: against[each.id] for each in appointments if each.id in against},
            )
        )
    return columns


def _touches(what: Appointment | Absence, span: Span) -> bool:
    return what.starts_at < span.ends_at and span.starts_at < what.ends_at


def appointment(unit: Unit, appointment_id: AppointmentId) -> Appointment:
    """Return an appointment; raises NotFound."""
    unit.require(Permission.VIEW_SCHEDULE)
    return load(unit, appointment_id)


def of_patient(unit: Unit, patient_id: PatientId, limit: int = 100) -> tuple[Appointment, ...]:
    """Return the appointments of a patient, the latest first, without what was only held, taken back or moved away."""
    unit.require(Permission.VIEW_SCHEDULE)
    return tuple(map(view, unit.rows(_OF_PATIENT, {"patient": patient_id, "now": unit.now, "most": limit})))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request wants of the schedule."""

    id: RequestId
    patient_id: PatientId
    kind: str
    type: AppointmentType | None
    provider_id: ProviderId | None
    location_id: LocationId | None  # where the parent wants to go; for a move without a word, where the appointment is
    only_location: bool
    wishes: tuple[Wish, ...]
    moved: Appointment | None


def _asked(unit: Unit, request_id: RequestId) -> _Asked:
    row = request_scope.seen(unit, request_id)
    moved = None
    if row.appointment_id is not None and row.kind == "reschedule":
        moved = chain_end(unit, AppointmentId(row.appointment_id))
    type_id = moved.type_id if moved is not None else row.type_id
    provider_id, location_id = row.provider_id, row.location_id
    if moved is not None:
        provider_id = provider_id if provider_id is not None else moved.provider_id
        location_id = location_id if location_id is not None else moved.location_id
    return _Asked(
        id=request_id,
        patient_id=PatientId(row.patient_id),
        kind=row.kind,
        type=None if type_id is None else slots.type_rules(unit, TypeId(type_id)),
        provider_id=provider_id,
        location_id=location_id,
        only_location=row.location_id is not None,
        wishes=tuple(_wish(each) for each in unit.rows(_WISHES, {"request": request_id})),
        moved=moved,
    )


def _wish(row: Row[Any]) -> Wish:
    return Wish(
        rank=row.rank,
        kind=WishKind(row.kind),
        provider_id=None if row.provider_id is None else ProviderId(row.provider_id),
        starts_at=row.starts_at,
        day=row.day,
        part=None if row.part is None else DayPart(row.part),
    )


def _free_for(
    unit: Unit, asked: _Asked, type_: AppointmentType, patient: PatientFacts | None, said: Sequence[OwnWish]
) -> tuple[SlotBook, list[Slot]]:
    """The free slots worth ranking for a request; the search goes further when too few are found.

    Those that break a rule of the type are among them only when no other is found: staff may overrule it (AP7).
    """
    ruled = None if is_over(unit, type_, patient) else patient
    chain_id = None if asked.moved is None else asked.moved.chain_id
    book: SlotBook | None = None
    found: list[Slot] = []
    free: list[Slot] = []
    for soon in _SOON:
        spans = _search_spans(unit, asked.wishes, soon)
        hull = Span(spans[0].starts_at, spans[-1].ends_at)
        if hull.ends_at - hull.starts_at > _SOON[-1]:
            hull = Span(hull.starts_at, hull.starts_at + _SOON[-1])
        book = open_book(unit, hull, exclude_chain=chain_id, exclude_request=asked.id)
        places = (asked.location_id,) if asked.only_location and asked.location_id is not None else ()
        found = _of_spans(book, spans, type_, places, asked.moved, patient)
        free = obeying(unit, book.locations, type_, ruled, found)
        if len(free) < _ENOUGH and places:
            found = _of_spans(book, spans, type_, (), asked.moved, patient)
            free = obeying(unit, book.locations, type_, ruled, found)
        meant = sum(not against(said, each.starts_at, unit.time) for each in free)
        if meant >= _ENOUGH or (len(free) >= _ENOUGH and soon >= _MEANT):
            break
    assert book is not None
    return book, free or found


def _of_spans(
    book: SlotBook,
    spans: Iterable[Span],
    type_: AppointmentType,
    location_ids: Collection[LocationId],
    moved: Appointment | None,
    patient: PatientFacts | None,
) -> list[Slot]:
    found: list[Slot] = []
    for span in spans:
        found += book.slots(
            type_,
            for_staff=True,
            earliest=span.starts_at,
            latest=span.ends_at - timedelta.resolution,
            location_ids=location_ids,
            patient=patient,
        )
    if moved is None:
        return found
    return [each for each in found if (each.provider_id, each.starts_at) != (moved.provider_id, moved.starts_at)]


def _search_spans(unit: Unit, wishes: Sequence[Wish], soon: timedelta) -> list[Span]:
    """Where to look: around each wished day, and from now on where none is named."""
    spans: list[Span] = []
    for wish in wishes:
        day = _wish_day(wish, unit.time)
        if day is None:
            continue
        middle = unit.time.bounds(day)
        behind = max(_BEHIND, soon - _SOON[0])
        start, end = max(unit.now, middle.starts_at - _BEFORE), middle.ends_at + behind
        spans.append(Span(start, end if end > start else start + soon))
    if len(spans) < len(wishes) or not spans:
        spans.append(Span(unit.now, unit.now + soon))
    return merged(spans)


def _wish_day(wish: Wish, zone: PracticeTime) -> date | None:
    return zone.day_of(wish.starts_at) if wish.starts_at is not None else wish.day


def _appointment_span(wish: Wish, asked: _Asked, patient: PatientFacts | None) -> Span | None:
    if wish.kind is not WishKind.SLOT or wish.starts_at is None:
        return None
    length = timedelta(minutes=20) if asked.type is None else duration_for(asked.type, wish.provider_id, patient)
    return Span(wish.starts_at, wish.starts_at + length)


def _shown(
    unit: Unit,
    wish: Wish,
    span: Span | None,
    asked: _Asked,
    patient: PatientFacts | None,
    held: Appointment | None,
    book: SlotBook | None,
    name: str,
) -> ShownWish:
    by_us = (
        span is not None
        and held is not None
        and held.starts_at == span.starts_at
        and wish.provider_id in (None, held.provider_id)
    )
    in_window = is_free = False
    if span is not None and book is not None and asked.type is not None:
        in_window = _is_in_window(unit, book, span, wish.provider_id, asked.type)
        free = book.slots(
            replace(asked.type, grid=_FINE),  # a wish may lie beside the grid of today's windows
            for_staff=True,
            earliest=span.starts_at,
            latest=span.starts_at,
            provider_ids=() if wish.provider_id is None else (wish.provider_id,),
            patient=patient,
        )
        is_free = bool(free)
    state = state_of(wish, now=unit.now, zone=unit.time, in_window=in_window, is_free=is_free, held_by_us=by_us)
    holder = held.booked_by if held is not None and state is WishState.HELD_BY_US else ""
    return ShownWish(wish, state, name, holder)


def _is_in_window(unit: Unit, book: SlotBook, span: Span, wished_id: ProviderId | None, type_: AppointmentType) -> bool:
    """Whether the wished provider, or anybody, works then; an absence is outside too."""
    for provider_id, windows in book.windows.items():
        if wished_id not in (None, provider_id) or (type_.provider_ids and provider_id not in type_.provider_ids):
            continue
        if any(overlaps(span, Span(each.starts_at, each.ends_at)) for each in book.absences.get(provider_id, ())):
            continue
        for zone in {book.locations[window.location_id].zone for window in windows}:
            here = [each for each in windows if book.locations[each.location_id].zone == zone]
            if is_open(here, span.starts_at, span.ends_at, zone=slots.time_of(unit, zone), type_id=type_.id):
                return True
    return False


def _bounds(unit: Unit, type_: AppointmentType, *, for_staff: bool) -> tuple[datetime, datetime | None]:
    """The earliest and the last start; notice and advance bind parents only."""
    if for_staff:
        return unit.now, None
    return (
        schedule.earliest(type_.minimum_notice, unit.now, unit.time),
        schedule.latest(type_.maximum_advance, unit.now, unit.time),
    )


def _span_values(span: Span) -> dict[str, datetime]:
    return {"starts_at": span.starts_at, "ends_at": span.ends_at, "reach": span.starts_at - slots.LONGEST}
