"""When providers work: their windows, time off, extra hours and mobile numbers, and what is booked outside of it (AV1–AV4)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, insert, select, text

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Provider
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Problems, UndoRefused
from request_desk.domain.ids import AbsenceId, AppointmentId, LocationId, ProviderId, TypeId, WindowId
from request_desk.domain.offered import Clocks, OfferedTime, clash, open_together, weekly_time
from request_desk.domain.policy import Action, AvailabilitySubject, Verdict, may
from request_desk.domain.spans import Span
from request_desk.domain.text import clean_text, parse_email, parse_phone
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.notices import reminders
from request_desk.services.practice import directory
from request_desk.services.practice.window_details import WindowDetails, checked_details
from request_desk.services.schedule import holds, slots
from request_desk.services.schedule.views import VIEW, view
from request_desk.store import schema

_MINUTE: Final = timedelta(minutes=1)
_DAY_MINUTES: Final = 24 * 60
_LONGEST_ABSENCE: Final = timedelta(days=400)
_NOT_KEPT: Final = WindowId(0)

_window, _absence, _table = schema.availability_window, schema.absence, schema.appointment
_window_type = schema.availability_window_type
_WINDOW = select(*_window.c).where(_window.c.id == bindparam("which"))
_TYPES = select(*_window_type.c).order_by(_window_type.c.window_id, _window_type.c.type_id)
_TYPES_OF = _TYPES.where(_window_type.c.window_id == bindparam("which"))
_FORGET_TYPES = delete(_window_type).where(_window_type.c.window_id == bindparam("which"))
_ABSENCE = select(*_absence.c).where(_absence.c.id == bindparam("which"))
_PROVIDER = select(*schema.provider.c).where(schema.provider.c.id == bindparam("which"))
_PHONES = select(schema.provider.c.id, schema.provider.c.mobile_phone)
_BOOKED = (text("status = 'confirmed'"), _table.c.starts_at > bindparam("now"))
_BOOKED_OF = VIEW.where(
    _table.c.status == AppointmentStatus.CONFIRMED,
    _table.c.starts_at > bindparam("now"),
    _table.c.provider_id == bindparam("provider"),
).order_by(_table.c.starts_at, _table.c.id)
_BOOKED_TIMES = select(_table.c.provider_id, _table.c.location_id, _table.c.starts_at, _table.c.ends_at).where(*_BOOKED)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change of a window would do: other windows that it would lie over, and the appointments it would leave outside."""

    over: tuple[AvailabilityWindow, ...]
    outside: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change made of a window or an absence; `outside` are the appointments that it left outside, by start (AV4)."""

    id: int
    version: int
    outside: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class MayChange:
    """What the actor may not change of a provider, each with the reason in words; "" where it is allowed."""

    windows: str
    absences: str  # and extra hours
    mobile: str


@dataclass(frozen=True, slots=True)
class ProviderWeek:
    """One provider's week as it is kept: windows, those that are off too; `outside` is everything to come, by start."""

    provider: Provider
    mobile_phone: str
    email: str  # for reminders
    is_texted: bool  # by a reminder rule, which needs the number (AP9)
    version: int  # for `save_mobile_phone`
    monday: date
    windows: tuple[AvailabilityWindow, ...]
    absences: tuple[Absence, ...]
    closed_days: Mapping[date, str]
    outside: tuple[Appointment, ...]
    may: MayChange


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One provider in the list: how long a usual week is, when they are away next, how many appointments lie outside."""

    id: ProviderId
    name: str
    active: bool
    weekly: timedelta
    next_absence: Absence | None
    outside: int
    is_mobile_missing: bool


@dataclass(frozen=True, slots=True)
class WindowState:
    """A window as an undo puts it back."""

    details: WindowDetails
    active: bool
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class AbsenceState:
    """An absence as an undo puts it back."""

    span: Span
    label: str
    removed_at: datetime | None


def provider_week(unit: Unit, provider_id: ProviderId, monday: date) -> ProviderWeek:
    """Return what a provider offers in the week from `monday` on, and what this actor may change of it."""
    unit.require(Permission.VIEW_SCHEDULE)
    on_calendar(monday)
    row = _provider_row(unit, provider_id)
    provider = next(each for each in directory.providers(unit, all_=True) if each.id == provider_id)
    days = [monday + timedelta(days=count) for count in range(7)]
    week = Span(unit.time.bounds(days[0]).starts_at, unit.time.bounds(days[-1]).ends_at)
    absences = slots.absences_of(unit, (provider_id,), week).get(provider_id, [])
    closed = unit.settings.closed_days
    return ProviderWeek(
        provider=provider,
        mobile_phone=row.mobile_phone,
        email=row.email,
        is_texted=reminders.sends_texts_to(unit, provider_id),
        version=row.version,
        monday=monday,
        windows=_kept_windows(unit, provider_id),
        absences=tuple(each for each in absences if not each.is_closed_day),
        closed_days={day: closed[day] for day in days if day in closed},
        outside=_outside(unit, provider_id),
        may=MayChange(
            windows=_refusal(unit, Action.KEEP_WINDOWS, provider_id),
            absences=_refusal(unit, Action.ENTER_ABSENCE, provider_id),
            mobile=_refusal(unit, Action.SET_MOBILE, provider_id),
        ),
    )


def provider_overview(unit: Unit) -> tuple[ProviderLine, ...]:
    """Return every provider in the practice's order, those who left too, with what the list says of each."""
    unit.require(Permission.VIEW_SCHEDULE)
    providers = directory.providers(unit, all_=True)
    phones = {row.id: row.mobile_phone for row in unit.rows(_PHONES)}
    windows: dict[int, list[AvailabilityWindow]] = defaultdict(list)
    for window in directory.windows(unit):
        windows[window.provider_id].append(window)
    booked: dict[int, list[tuple[LocationId, datetime, datetime]]] = defaultdict(list)
    for row in unit.rows(_BOOKED_TIMES, {"now": unit.now}):
        provider_id, location_id, starts_at, ends_at = tuple(row)
        booked[provider_id].append((location_id, starts_at, ends_at))
    last = {provider_id: max(ends_at for *_rest, ends_at in found) for provider_id, found in booked.items()}
    ahead = Span(unit.now, max([*last.values(), unit.now + _LONGEST_ABSENCE]))
    absences = slots.absences_of(unit, [each.id for each in providers], ahead)
    today, clocks = unit.time.day_of(unit.now), _clocks(unit)
    lines = []
    for each in providers:
        away, own = absences.get(each.id, []), windows[each.id]
        # Nobody's days are gone through further than they are booked: that is most of the work.
        offered = OfferedTime(own, away, Span(unit.now, last.get(each.id, unit.now)), clocks)
        lines.append(
            ProviderLine(
                id=each.id,
                name=each.name,
                active=each.active,
                weekly=weekly_time(own, today),
                next_absence=next((one for one in away if not one.is_closed_day), None),
                outside=sum(not offered.covers(*appointment) for appointment in booked[each.id]),
                is_mobile_missing=not phones[each.id],
            )
        )
    return tuple(lines)


def add_window(unit: Unit, provider_id: ProviderId, new: WindowDetails) -> Effect:
    """Give a provider a window, or extra hours where it is valid on one day; can be undone.

    Raises Invalid with every problem beside its field, also when the provider is at another place at that time.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    _check(unit, provider_id, new)
    _provider_row(unit, provider_id)
    window_id = WindowId(unit.new_id())
    checked = _checked(unit, provider_id, new, window_id)
    unit.insert(_window, id=window_id, provider_id=provider_id, active=True, **_columns(checked))
    _set_types(unit, window_id, checked.type_ids)
    _record(unit, "added_window", window_id, provider_id)
    unit.offer_undo(
        _("Extra hours added") if checked.is_extra else _("Window added"),
        restore_window,
        window_id,
        WindowState(checked, active=True, removed_at=unit.now),
        expect_version=1,
        until=unit.now + unit.grace,
    )
    return Effect(window_id, 1, ())


def add_windows(unit: Unit, provider_id: ProviderId, new: Sequence[WindowDetails]) -> Effect:
    """Give a provider several windows, all or none of them: the same hours on several days; can be undone together.

    Raises Invalid like `add_window`. The effect names the first of them.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    if not new:
        raise Invalid(_("Choose a day of the week."), field="Weekday")
    added = [add_window(unit, provider_id, each) for each in new]
    if len(added) > 1:
        windows = [_kept_window(unit, WindowId(each.id)) for each in added]
        unit.offer_undo(
            _("{count} windows added").format(count=len(added)),
            restore_windows,
            tuple((each.id, WindowState(_details(each), active=True, removed_at=unit.now)) for each in windows),
            expect_version=1,
            until=unit.now + unit.grace,
        )
    return added[0]


def restore_windows(
    unit: Unit, before: Sequence[tuple[WindowId, WindowState]], *, expect_version: int, until: datetime
) -> None:
    """Take a change of several windows back. Raises UndoRefused like `restore_window`."""
    unit.require(Permission.VIEW_SCHEDULE)
    for window_id, state in before:
        restore_window(unit, window_id, state, expect_version=expect_version, until=until)


def change_window(
    unit: Unit, window_id: WindowId, new: WindowDetails, *, active: bool | None = None, expect_version: int
) -> Effect:
    """Change a window, and with `active` switch it too; can be undone. Raises Invalid like `add_window`, and Conflict."""
    unit.require(Permission.VIEW_SCHEDULE)
    before = _kept_window(unit, window_id)
    provider_id = before.provider_id
    _check(unit, provider_id, _details(before), new)
    is_active = before.active if active is None else active
    checked = _checked(unit, provider_id, new, window_id, is_active=is_active)
    state = WindowState(checked, active=is_active, removed_at=None)
    return _to_state(unit, before, state, expect_version, "changed_window", _("Window changed"))


def foresee_windows(unit: Unit, provider_id: ProviderId, new: Sequence[WindowDetails]) -> Foreseen:
    """Tell what `add_windows` would do, and write nothing; raises what it would raise."""
    unit.require(Permission.VIEW_SCHEDULE)
    _check(unit, provider_id, *new)
    kept, over = _kept_windows(unit, provider_id), list[AvailabilityWindow]()
    for each in new:
        checked = _checked(unit, provider_id, each, _NOT_KEPT, is_stored=False)
        made = _as_window(checked, provider_id, _NOT_KEPT)
        over += open_together(made, kept, _all_clocks(unit), unit.time.day_of(unit.now))
    return Foreseen(tuple(dict.fromkeys(over)), ())


def foresee_window(unit: Unit, window_id: WindowId, new: WindowDetails, *, active: bool | None = None) -> Foreseen:
    """Tell what `change_window` would do, and write nothing; raises what it would raise."""
    unit.require(Permission.VIEW_SCHEDULE)
    before = _kept_window(unit, window_id)
    provider_id = before.provider_id
    _check(unit, provider_id, _details(before), new)
    is_active = before.active if active is None else active
    checked = _checked(unit, provider_id, new, window_id, is_active=is_active, is_stored=False)
    after = replace(_as_window(checked, provider_id, window_id), active=is_active)
    kept = _kept_windows(unit, provider_id)
    known = {each.id for each in _outside(unit, provider_id)}
    left = _outside(unit, provider_id, [after if each.id == window_id else each for each in kept])
    over = open_together(after, kept, _all_clocks(unit), unit.time.day_of(unit.now))
    return Foreseen(tuple(over), tuple(each for each in left if each.id not in known))


def switch_window(unit: Unit, window_id: WindowId, *, active: bool, expect_version: int) -> Effect:
    """Switch a window on or off; can be undone. Raises Invalid when the provider is elsewhere at that time, and Conflict."""
    unit.require(Permission.VIEW_SCHEDULE)
    before = _kept_window(unit, window_id)
    details = _details(before)
    _check(unit, before.provider_id, details)
    if active:
        _check_elsewhere(unit, before.provider_id, details, window_id)
    state = WindowState(details, active=active, removed_at=None)
    label = _("Window switched on") if active else _("Window switched off")
    return _to_state(unit, before, state, expect_version, "switched_window", label)


def remove_window(unit: Unit, window_id: WindowId, *, expect_version: int) -> Effect:
    """Remove a window: it is kept in the history alone; can be undone. Raises Conflict."""
    unit.require(Permission.VIEW_SCHEDULE)
    before = _kept_window(unit, window_id)
    details = _details(before)
    _check(unit, before.provider_id, details)
    state = WindowState(details, active=before.active, removed_at=unit.now)
    return _to_state(unit, before, state, expect_version, "removed_window", _("Window removed"))


def restore_window(
    unit: Unit, window_id: WindowId, before: WindowState, *, expect_version: int, until: datetime
) -> Effect:
    """Take a change of a window back. Raises UndoRefused when it is too late or something stands there by now."""
    unit.require(Permission.VIEW_SCHEDULE)
    row = unit.first(_WINDOW, {"which": window_id})
    if row is None:
        raise _no_window()
    now_there = _window_view(unit, row)
    _check(unit, now_there.provider_id, _details(now_there), before.details)
    _check_grace(unit, until)
    if before.active and before.removed_at is None:
        try:
            _check_elsewhere(unit, now_there.provider_id, before.details, window_id)
        except Invalid as error:
            raise UndoRefused(error.sentence) from error
    kept = _outside(unit, now_there.provider_id)
    version = _write_window(unit, window_id, before, expect_version)
    _record(unit, "restored_window", window_id, now_there.provider_id)
    return Effect(window_id, version, _left_outside(unit, now_there.provider_id, kept))


def add_absence(unit: Unit, provider_id: ProviderId, span: Span, label: str) -> Effect:
    """Enter time off of a provider; can be undone. Raises Invalid naming the field."""
    unit.require(Permission.VIEW_SCHEDULE)
    _require(unit, Action.ENTER_ABSENCE, provider_id)
    _provider_row(unit, provider_id)
    checked = _checked_absence(unit, span, label)
    kept = _outside(unit, provider_id)
    absence_id = AbsenceId(unit.new_id())
    unit.insert(
        _absence,
        id=absence_id,
        provider_id=provider_id,
        starts_at=checked.span.starts_at,
        ends_at=checked.span.ends_at,
        label=checked.label,
    )
    _record(unit, "added_absence", absence_id, provider_id, starts_at=span.starts_at, ends_at=span.ends_at)
    unit.offer_undo(
        _("Time off added"),
        restore_absence,
        absence_id,
        replace(checked, removed_at=unit.now),
        expect_version=1,
        until=unit.now + unit.grace,
    )
    return Effect(absence_id, 1, _left_outside(unit, provider_id, kept))


def change_absence(unit: Unit, absence_id: AbsenceId, span: Span, label: str, *, expect_version: int) -> Effect:
    """Change time off; can be undone. Raises Invalid naming the field, and Conflict."""
    unit.require(Permission.VIEW_SCHEDULE)
    row = _kept_absence(unit, absence_id)
    _require(unit, Action.ENTER_ABSENCE, row.provider_id)
    state = _checked_absence(unit, span, label)
    return _to_absence(unit, row, state, expect_version, "changed_absence", _("Time off changed"))


def remove_absence(unit: Unit, absence_id: AbsenceId, *, expect_version: int) -> Effect:
    """Remove time off: it is kept in the history alone; can be undone. Raises Conflict."""
    unit.require(Permission.VIEW_SCHEDULE)
    row = _kept_absence(unit, absence_id)
    _require(unit, Action.ENTER_ABSENCE, row.provider_id)
    state = replace(_absence_state(row), removed_at=unit.now)
    return _to_absence(unit, row, state, expect_version, "removed_absence", _("Time off removed"))


def restore_absence(
    unit: Unit, absence_id: AbsenceId, before: AbsenceState, *, expect_version: int, until: datetime
) -> Effect:
    """Take a change of time off back. Raises UndoRefused when it is too late."""
    unit.require(Permission.VIEW_SCHEDULE)
    row = unit.first(_ABSENCE, {"which": absence_id})
    if row is None:
        raise _no_absence()
    _require(unit, Action.ENTER_ABSENCE, row.provider_id)
    _check_grace(unit, until)
    kept = _outside(unit, row.provider_id)
    version = _write_absence(unit, absence_id, before, expect_version)
    _record(unit, "restored_absence", absence_id, row.provider_id)
    return Effect(absence_id, version, _left_outside(unit, row.provider_id, kept))


def save_mobile_phone(
    unit: Unit, provider_id: ProviderId, text: str, *, email: str | None = None, expect_version: int
) -> int:
    """Keep the mobile phone number of a provider, empty for none, and return the new version; can be undone (RM3).

    `email` is the address for reminders, None leaves it.
    """
    unit.require(Permission.VIEW_SCHEDULE)
    _require(unit, Action.SET_MOBILE, provider_id)
    before, problems, region = _provider_row(unit, provider_id), Problems(), unit.words.region
    number = problems.of(lambda: parse_phone(text, region, field="Mobile phone number") if text.strip() else "", "")
    address = before.email if email is None else problems.of(lambda: parse_email(email) if email.strip() else "", "")
    problems.tell()
    version = _write_reach(unit, provider_id, number, address, expect_version)
    unit.offer_undo(
        _("Mobile phone number saved"),
        restore_mobile_phone,
        provider_id,
        before.mobile_phone,
        email=before.email,
        expect_version=version,
        until=unit.now + unit.grace,
    )
    return version


def restore_mobile_phone(
    unit: Unit, provider_id: ProviderId, before: str, *, email: str, expect_version: int, until: datetime
) -> int:
    """Take a change of the mobile phone number and the address back."""
    unit.require(Permission.VIEW_SCHEDULE)
    _require(unit, Action.SET_MOBILE, provider_id)
    _check_grace(unit, until)
    return _write_reach(unit, provider_id, before, email, expect_version)


def _write_reach(unit: Unit, provider_id: ProviderId, number: str, email: str, expect_version: int) -> int:
    row = unit.change(schema.provider, provider_id, expect_version, mobile_phone=number, email=email)
    unit.record("saved_mobile_phone", Topic.DIRECTORY, provider_id)  # what it is stays out of the journal
    return int(row.version)


def _require(unit: Unit, action: Action, provider_id: ProviderId) -> None:
    refusal = _refusal(unit, action, provider_id)
    if refusal:
        raise NotAllowed(refusal)


def _check(unit: Unit, provider_id: ProviderId, *windows: WindowDetails) -> None:
    """Extra hours may be entered by more people than weekly windows; a change is judged by what it was and what it becomes."""
    is_extra = all(each.is_extra for each in windows)
    _require(unit, Action.ENTER_ABSENCE if is_extra else Action.KEEP_WINDOWS, provider_id)


def _refusal(unit: Unit, action: Action, provider_id: ProviderId) -> str:
    """Why the actor may not do this, or ""."""
    verdict = may(unit.actor, action, AvailabilitySubject(provider_id), unit.time.day_of(unit.now))
    if verdict is Verdict.ALLOWED:
        return ""
    if action is Action.KEEP_WINDOWS:
        return _(
            "Weekly windows are changed by the provider, or by staff with the role “availability of others”. You can look at them."
        )
    if action is Action.ENTER_ABSENCE:
        return _("Time off and extra hours are entered by the provider, a scheduler or an administrator.")
    return _("The mobile phone number is set by the provider or an administrator.")


def _check_grace(unit: Unit, until: datetime) -> None:
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change it again."))


def _record(unit: Unit, action: str, entity_id: int, provider_id: int, **detail: Any) -> None:
    """The journal says whose time it is, and whether somebody else changed it (AV2)."""
    is_for_other = True if unit.actor.provider_id != provider_id else None
    unit.record(action, Topic.AVAILABILITY, entity_id, provider_id=provider_id, on_behalf=is_for_other, **detail)


def _provider_row(unit: Unit, provider_id: ProviderId) -> Row[Any]:
    row = unit.first(_PROVIDER, {"which": provider_id})
    if row is None:
        raise NotFound(_("This provider is not there any more. Reload to see the present state."))
    return row


def _no_window() -> NotFound:
    return NotFound(_("This window is not there any more. Reload to see the present state."))


def _no_absence() -> NotFound:
    return NotFound(_("This time off is not there any more. Reload to see the present state."))


def _kept_window(unit: Unit, window_id: WindowId) -> AvailabilityWindow:
    row = unit.first(_WINDOW, {"which": window_id})
    if row is None or row.removed_at is not None:
        raise _no_window()
    return _window_view(unit, row)


def _window_view(unit: Unit, row: Row[Any]) -> AvailabilityWindow:
    types = unit.rows(_TYPES_OF, {"which": row.id})
    return slots.window_view(row, [TypeId(each.type_id) for each in types])


def _kept_windows(unit: Unit, provider_id: ProviderId) -> tuple[AvailabilityWindow, ...]:
    """Every window of a provider that was not removed, also those that are off."""
    return directory.windows(unit, (provider_id,))


def _kept_absence(unit: Unit, absence_id: AbsenceId) -> Row[Any]:
    row = unit.first(_ABSENCE, {"which": absence_id})
    if row is None or row.removed_at is not None:
        raise _no_absence()
    return row


def _details(window: AvailabilityWindow) -> WindowDetails:
    return WindowDetails(**{name: getattr(window, name) for name in WindowDetails.__dataclass_fields__})


def _columns(details: WindowDetails) -> dict[str, Any]:
    return {
        "location_id": details.location_id,
        "weekday": details.weekday,
        "start_minute": details.start_minute,
        "end_minute": details.end_minute,
        "buffer_minutes": _in_minutes(details.buffer),
        "valid_from": details.valid_from,
        "valid_until": details.valid_until,
        "staff_only": details.staff_only,
        "label": details.label,
        "opens_minutes": _in_minutes(details.opens),
        "cap": details.cap,
        "work_in_lanes": details.work_in_lanes,
    }


def _in_minutes(length: timedelta | None) -> int | None:
    return None if length is None else length // _MINUTE


def _set_types(unit: Unit, window_id: WindowId, type_ids: Collection[TypeId]) -> None:
    unit.run(_FORGET_TYPES, {"which": window_id})
    for type_id in type_ids:
        unit.run(insert(_window_type), {"window_id": window_id, "type_id": type_id})


def _to_state(
    unit: Unit, before: AvailabilityWindow, new: WindowState, expect_version: int, action: str, label: str
) -> Effect:
    """Write a window as it shall be, with its way back and what falls outside by it."""
    kept = _outside(unit, before.provider_id)
    version = _write_window(unit, before.id, new, expect_version)
    _record(unit, action, before.id, before.provider_id)
    unit.offer_undo(
        label,
        restore_window,
        before.id,
        WindowState(_details(before), active=before.active, removed_at=None),
        expect_version=version,
        until=unit.now + unit.grace,
    )
    return Effect(before.id, version, _left_outside(unit, before.provider_id, kept))


def _write_window(unit: Unit, window_id: WindowId, state: WindowState, expect_version: int) -> int:
    values = _columns(state.details)
    row = unit.change(_window, window_id, expect_version, active=state.active, removed_at=state.removed_at, **values)
    _set_types(unit, window_id, state.details.type_ids)
    return int(row.version)


def _absence_state(row: Row[Any]) -> AbsenceState:
    return AbsenceState(Span(row.starts_at, row.ends_at), row.label, row.removed_at)


def _to_absence(unit: Unit, row: Row[Any], new: AbsenceState, expect_version: int, action: str, label: str) -> Effect:
    kept = _outside(unit, row.provider_id)
    version = _write_absence(unit, AbsenceId(row.id), new, expect_version)
    span = new.span
    _record(unit, action, row.id, row.provider_id, starts_at=span.starts_at, ends_at=span.ends_at)
    unit.offer_undo(
        label,
        restore_absence,
        AbsenceId(row.id),
        _absence_state(row),
        expect_version=version,
        until=unit.now + unit.grace,
    )
    return Effect(row.id, version, _left_outside(unit, row.provider_id, kept))


def _write_absence(unit: Unit, absence_id: AbsenceId, state: AbsenceState, expect_version: int) -> int:
    row = unit.change(
        _absence,
        absence_id,
        expect_version,
        starts_at=state.span.starts_at,
        ends_at=state.span.ends_at,
        label=state.label,
        removed_at=state.removed_at,
    )
    return int(row.version)


def _checked_absence(unit: Unit, span: Span, label: str) -> AbsenceState:
    on_calendar(span.starts_at, span.ends_at)
    problems = Problems()
    told = problems.of(lambda: clean_text(label, field="Label", most=80, lines=False), "")
    problems.of(lambda: _absence_span(unit, span), None)
    problems.tell()
    return AbsenceState(span, told, None)


def _absence_span(unit: Unit, span: Span) -> None:
    if span.ends_at <= span.starts_at:
        raise Invalid(_("Time off ends after it begins. Choose a later end."), field="Until")
    if span.ends_at - span.starts_at > _LONGEST_ABSENCE:
        raise Invalid(
            _("Time off is at most {days} days long. Choose an earlier end, or switch the provider off.").format(
                days=_LONGEST_ABSENCE.days
            ),
            field="Until",
        )
    if span.ends_at <= unit.now:
        raise Invalid(_("This time has passed already. Choose a later one."), field="Until")


def _checked(
    unit: Unit,
    provider_id: ProviderId,
    new: WindowDetails,
    window_id: WindowId,
    *,
    is_active: bool = True,
    is_stored: bool = True,
) -> WindowDetails:
    """The window as it is stored, or would be. Raises Invalid with every problem beside its field."""
    checked = checked_details(unit, new)
    if is_active:
        _check_elsewhere(unit, provider_id, checked, window_id, lock=is_stored)
    return checked


def _as_window(details: WindowDetails, provider_id: ProviderId, window_id: WindowId) -> AvailabilityWindow:
    values = {name: getattr(details, name) for name in WindowDetails.__dataclass_fields__}
    return AvailabilityWindow(id=window_id, provider_id=provider_id, active=True, **values)


def _check_elsewhere(
    unit: Unit, provider_id: ProviderId, details: WindowDetails, window_id: WindowId, *, lock: bool = True
) -> None:
    """Nobody works at two places at once; with `lock`, of two who enter that at one moment the second sees what the first wrote."""
    if lock:
        holds.lock_providers(unit, (provider_id,))
    locations = slots.all_locations(unit)
    found = clash(
        _as_window(details, provider_id, window_id),
        _kept_windows(unit, provider_id),
        _all_clocks(unit),
        unit.time.day_of(unit.now),
    )
    if found is None:
        return
    begin, end = (unit.words.wall_minute(minute % _DAY_MINUTES) for minute in (found.start_minute, found.end_minute))
    day = unit.words.weekday(date(2024, 1, 1) + timedelta(days=found.weekday))  # that was a Monday
    raise Invalid(
        _(
            "The provider is at {place} on {weekday} from {begin} to {end}, and cannot be at two places at once. Change one of the two."
        ).format(place=locations[found.location_id].name, weekday=day, begin=begin, end=end),
        field="From",
    )


def _outside(
    unit: Unit, provider_id: ProviderId, windows: Sequence[AvailabilityWindow] | None = None
) -> tuple[Appointment, ...]:
    """The booked appointments to come of a provider that lie outside of what is offered, or would be with these windows (AV4)."""
    booked = [view(row) for row in unit.rows(_BOOKED_OF, {"now": unit.now, "provider": provider_id})]
    if not booked:
        return ()
    ahead = Span(unit.now, max(each.ends_at for each in booked))
    absences = slots.absences_of(unit, (provider_id,), ahead).get(provider_id, [])
    offered = OfferedTime(
        _kept_windows(unit, provider_id) if windows is None else windows, absences, ahead, _clocks(unit)
    )
    return tuple(each for each in booked if not offered.covers(each.location_id, each.starts_at, each.ends_at))


def _left_outside(unit: Unit, provider_id: ProviderId, before: Iterable[Appointment]) -> tuple[Appointment, ...]:
    known: set[AppointmentId] = {each.id for each in before}
    return tuple(each for each in _outside(unit, provider_id) if each.id not in known)


def _clocks(unit: Unit) -> Clocks:
    """The clock of each place that is open."""
    return {each.id: slots.time_of(unit, each.zone) for each in slots.all_locations(unit).values() if each.active}


def _all_clocks(unit: Unit) -> Clocks:
    """The clock of each place, open or not."""
    return {each.id: slots.time_of(unit, each.zone) for each in slots.all_locations(unit).values()}
