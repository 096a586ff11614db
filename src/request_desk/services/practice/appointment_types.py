"""Changes of appointment types: their rules, their order, on and off (AP6, AP7); the plain list of them is in `directory`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select

from request_desk.domain.access import Permission
from request_desk.domain.availability import AvailabilityWindow
from request_desk.domain.booking_rules import LONGEST
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType, BookingRules, LeadTime, Location, Provider
from request_desk.domain.errors import Invalid, Problems, UndoRefused
from request_desk.domain.ids import ProviderId, TypeId
from request_desk.domain.reminders import Reachable, ReminderRule, check_rules
from request_desk.domain.sample_day import notice_exceeds_advance
from request_desk.domain.text import clean_name, clean_text
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.notices import reminders as type_reminders
from request_desk.services.practice import directory, order
from request_desk.services.practice.suggestions import About, Suggestion, open_suggestions
from request_desk.services.schedule.slots import type_rules
from request_desk.store import schema

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_SHORT: Final = 20  # characters of a short name: an entry of the schedule shows no more
_SHORTEST: Final = 5 * _MINUTE
_BUFFER: Final = 2 * _HOUR  # with it nothing blocks longer than twelve hours, which a table checks
_GRIDS: Final = (5 * _MINUTE, 4 * _HOUR)
_HOLDS: Final = (1 * _MINUTE, 1 * _HOUR)  # no hold is renewed longer than an hour after it was taken (ACT3)
_OFFERS: Final = (10 * _MINUTE, 14 * _DAY)
_NOTICE: Final = 90 * _DAY
_ADVANCE: Final = 730  # days: nobody asks for an appointment later than that
_LATE: Final = 14 * _DAY
_NO_SHOW: Final = (5 * _MINUTE, 8 * _HOUR)
_OLDEST: Final = 130 * 12  # months
_REST: Final = 3650  # days

kind, able, length = (
    schema.appointment_type.c,
    schema.appointment_type_provider.c,
    schema.appointment_type_duration.c,
)
_NAMED = select(kind.id).where(kind.name == bindparam("called"))
_PROVIDERS = select(schema.provider.c.id)


@dataclass(frozen=True, slots=True)
class TypesWithHours:
    """What an editor of types needs at once; types in their order, `windows` by provider in the practice's order.

    `reminders` are by type, and `reminded` who of the practice could be reminded, with what is known to reach them by.
    """

    types: tuple[AppointmentType, ...]
    providers: tuple[Provider, ...]
    locations: tuple[Location, ...]
    windows: Mapping[ProviderId, tuple[AvailabilityWindow, ...]]
    suggestions: tuple[Suggestion, ...]
    reminders: Mapping[TypeId, tuple[ReminderRule, ...]]
    reminded: tuple[Reachable, ...]


def types_with_hours(unit: Unit) -> TypesWithHours:
    """Return every type with those who do it, the hours of those who are here, and what is asked about types."""
    unit.require(Permission.VIEW_SETTINGS)
    providers = directory.providers(unit)
    hours = directory.windows(unit)
    return TypesWithHours(
        directory.appointment_types(unit, all_=True),
        providers,
        directory.locations(unit),
        {each.id: tuple(window for window in hours if window.provider_id == each.id) for each in providers},
        open_suggestions(unit, About.TYPE),
        type_reminders.rules_by_type(unit),
        type_reminders.reachable(unit),
    )


def add_type(unit: Unit, new: AppointmentType, *, reminders: Sequence[ReminderRule] = ()) -> TypeId:
    """Make a type, behind the others; id, version and `active` of `new` are not looked at. Raises Invalid with every problem.

    Can be undone: it is switched off then, since its name is kept.
    """
    unit.require(Permission.MANAGE_TYPES)
    values = _checked(unit, new, None, reminders)
    type_id = TypeId(unit.new_id())
    unit.insert(schema.appointment_type, id=type_id, position=order.next_place(unit, schema.appointment_type), **values)
    _write_providers(unit, type_id, new)
    type_reminders.write_rules(unit, type_id, reminders)
    unit.record("added_type", Topic.DIRECTORY, type_id)
    until = unit.now + unit.grace
    unit.offer_undo(_("Type added"), switch_type, type_id, active=False, expect_version=1, until=until)
    return type_id


def save_type(
    unit: Unit,
    type_id: TypeId,
    new: AppointmentType,
    *,
    reminders: Sequence[ReminderRule] | None = None,
    expect_version: int,
) -> int:
    """Change the rules of a type and return its new version; can be undone. What is booked stays as it is.

    `reminders` are all that it has from now on, None leaves them (RM1). Raises Invalid with every problem beside its field.
    """
    unit.require(Permission.MANAGE_TYPES)
    before, rules = type_rules(unit, type_id), type_reminders.rules_of(unit, type_id)
    version = _save(unit, type_id, new, rules if reminders is None else reminders, expect_version)
    unit.offer_undo(
        _("Type saved"),
        restore_type,
        type_id,
        before,
        reminders=rules,
        expect_version=version,
        until=unit.now + unit.grace,
    )
    return version


def restore_type(
    unit: Unit,
    type_id: TypeId,
    before: AppointmentType,
    *,
    reminders: Sequence[ReminderRule] | None = None,
    expect_version: int,
    until: datetime,
) -> int:
    """Take a change of a type back, that of its reminders as well unless they are None."""
    unit.require(Permission.MANAGE_TYPES)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the type again."))
    rules = type_reminders.rules_of(unit, type_id) if reminders is None else reminders
    return _save(unit, type_id, before, rules, expect_version)


def move_type(unit: Unit, type_id: TypeId, *, up: bool, expect_version: int) -> int:
    """Move a type one place up or down in every list, and return its new version; can be undone."""
    unit.require(Permission.MANAGE_TYPES)
    version, moved = order.move(unit, schema.appointment_type, type_id, up=up, expect_version=expect_version)
    unit.record("moved_type", Topic.DIRECTORY, type_id)
    if moved:
        unit.offer_undo(_("Type moved"), move_type, type_id, up=not up, expect_version=version)
    return version


def switch_type(
    unit: Unit, type_id: TypeId, *, active: bool, expect_version: int, until: datetime | None = None
) -> int:
    """Offer a type no more, or again with the rules that it had; with `until` this is the way back from having done so.

    What is booked stays, and can be moved. Returns its new version.
    """
    unit.require(Permission.MANAGE_TYPES)
    row = order.switch(
        unit, schema.appointment_type, type_id, active=active, expect_version=expect_version, until=until
    )
    unit.record("switched_on_type" if active else "switched_off_type", Topic.DIRECTORY, type_id)
    label = _("Type switched on") if active else _("Type switched off")
    return order.offer_back(unit, label, switch_type, row, active=active, until=until)


def _save(
    unit: Unit, type_id: TypeId, new: AppointmentType, reminders: Sequence[ReminderRule], expect_version: int
) -> int:
    values = _checked(unit, new, type_id, reminders)
    row = unit.change(schema.appointment_type, type_id, expect_version, **values)
    _write_providers(unit, type_id, new)
    type_reminders.write_rules(unit, type_id, reminders)
    unit.record("saved_type", Topic.DIRECTORY, type_id)
    return int(row.version)


def _write_providers(unit: Unit, type_id: TypeId, new: AppointmentType) -> None:
    unit.run(delete(schema.appointment_type_provider).where(able.type_id == type_id))
    unit.run(delete(schema.appointment_type_duration).where(length.type_id == type_id))
    providers = [{"type_id": type_id, "provider_id": each} for each in sorted(set(new.provider_ids))]
    if providers:
        unit.run(insert(schema.appointment_type_provider), providers)
    durations = [
        {"type_id": type_id, "provider_id": each, "duration_minutes": lasts // _MINUTE}
        for each, lasts in sorted(new.booking_rules.durations.items())
    ]
    if durations:
        unit.run(insert(schema.appointment_type_duration), durations)


# What is acceptable


def _checked(unit: Unit, new: AppointmentType, own: TypeId | None, reminders: Sequence[ReminderRule]) -> dict[str, Any]:
    """The columns of a type, or Invalid with every problem."""
    problems = Problems()
    values: dict[str, Any] = {
        "name": problems.of(lambda: _name(unit, new.name, own), ""),
        "short_name": problems.of(lambda: clean_text(new.short_name, field="Short name", most=_SHORT, lines=False), "")
        or new.name.strip()[:_SHORT],
        "rebooking_mode": new.rebooking_mode,
        "is_video": new.is_video,
        "verification": new.verification,
    }
    problems.of(lambda: _check_providers(unit, new), None)
    for check in (_times, _notices, _ahead, _for_patients):
        values |= problems.of(partial(check, new), values)
    problems.of(lambda: check_rules(reminders), None)
    problems.tell()
    return values


def _times(new: AppointmentType) -> dict[str, Any]:
    problems = Problems()
    values = {
        "duration_minutes": problems.of(lambda: _minutes(new.duration, "Duration", _SHORTEST, LONGEST), 0),
        "buffer_minutes": problems.of(lambda: _minutes(new.buffer, "Buffer", 0 * _MINUTE, _BUFFER), 0),
        "grid_minutes": problems.of(lambda: _grid(new.grid), 0),
        "hold_minutes": problems.of(lambda: _minutes(new.hold_ttl, "Hold time", *_HOLDS), 0),
        "offer_minutes": problems.of(lambda: _minutes(new.offer_ttl, "Offer time", *_OFFERS), 0),
        "no_show_minutes": problems.of(lambda: _no_show(new), None),
    }
    problems.tell()
    return values


def _notices(new: AppointmentType) -> dict[str, Any]:
    problems = Problems()
    values: dict[str, Any] = {}
    for stem, lead, field in (
        ("notice", new.minimum_notice, "Notice to book"),
        ("reschedule_notice", new.reschedule_notice, "Notice to move"),
        ("cancel_notice", new.cancel_notice, "Notice to cancel"),
    ):
        problems.of(partial(_check_lead, lead, field), None)
        values |= {f"{stem}_minutes": lead.elapsed // _MINUTE, f"{stem}_days": lead.days}
    values["late_cancel_minutes"] = problems.of(
        lambda: _minutes(new.late_cancel, "Late cancellation", 0 * _MINUTE, _LATE), 0
    )
    problems.tell()
    return values


def _ahead(new: AppointmentType) -> dict[str, Any]:
    days = new.maximum_advance.days
    if not 1 <= days <= _ADVANCE:
        raise Invalid(_("Between {least} and {most} days.").format(least=1, most=_ADVANCE), field="Advance")
    if notice_exceeds_advance(new):
        raise Invalid(
            _(
                "The notice to book is longer than that, so no parent could ever book. Shorten one or lengthen the other."
            ),
            field="Advance",
        )
    return {"advance_days": days}


def _for_patients(new: AppointmentType) -> dict[str, Any]:
    problems, rules = Problems(), new.booking_rules
    problems.of(lambda: _check_ages(rules), None)
    problems.of(lambda: _check_rest(rules), None)
    group = problems.of(lambda: clean_text(rules.rest_group, field="Rest group", most=40, lines=False), "")
    first = rules.new_patient
    values = {
        "min_age_months": rules.min_age_months,
        "max_age_months": rules.max_age_months,
        "rest_days": rules.rest.days,
        "rest_group": group.casefold(),
        "new_patient_minutes": None
        if first is None
        else problems.of(lambda: _minutes(first, "New patient", _SHORTEST, LONGEST), 0),
        "interpreter_minutes": problems.of(lambda: _minutes(rules.interpreter, "Interpreter", 0 * _MINUTE, _BUFFER), 0),
    }
    for lasts in rules.durations.values():
        problems.of(partial(_minutes, lasts, "Providers", _SHORTEST, LONGEST), 0)
    problems.tell()
    return values


def _name(unit: Unit, text: str, own: TypeId | None) -> str:
    name = clean_name(text, field="Name")
    taken = unit.first(_NAMED, {"called": name})
    if taken is not None and taken.id != own:
        raise Invalid(_("There is or was a type of this name. Choose another name."), field="Name")
    return name


def _check_providers(unit: Unit, new: AppointmentType) -> None:
    named = {*new.provider_ids, *new.booking_rules.durations}
    if named and not named <= {row.id for row in unit.rows(_PROVIDERS)}:
        raise Invalid(_("One of these providers is not there any more. Reload to see who is."), field="Providers")


def _minutes(found: timedelta, field: str, least: timedelta, most: timedelta) -> int:
    """A length in whole minutes between two bounds."""
    if not least <= found <= most or found % _MINUTE:
        raise Invalid(
            _("Between {least} and {most} minutes.").format(least=least // _MINUTE, most=most // _MINUTE), field=field
        )
    return found // _MINUTE


def _grid(found: timedelta) -> int:
    minutes = _minutes(found, "Grid", *_GRIDS)
    if minutes % 5:
        raise Invalid(_("A multiple of 5 minutes, so that visits of all types fit together."), field="Grid")
    return minutes


def _no_show(new: AppointmentType) -> int | None:
    after = new.no_show_after
    if after is None:
        return None
    if new.is_video:
        raise Invalid(
            _("Only for visits in person: to a video visit somebody may come until the room closes. Take it out."),
            field="No-show",
        )
    return _minutes(after, "No-show", *_NO_SHOW)


def _check_lead(lead: LeadTime, field: str) -> None:
    if lead.elapsed and lead.days:
        raise Invalid(_("Give hours or practice days, not both."), field=field)
    if not timedelta(0) <= lead.elapsed <= _NOTICE or not 0 <= lead.days <= _NOTICE.days or lead.elapsed % _MINUTE:
        raise Invalid(_("At most {days} days.").format(days=_NOTICE.days), field=field)


def _check_rest(rules: BookingRules) -> None:
    if not 0 <= rules.rest.days <= _REST:
        raise Invalid(_("Between 0 and {most} days.").format(most=_REST), field="Rest")


def _check_ages(rules: BookingRules) -> None:
    least, most = rules.min_age_months, rules.max_age_months
    for age in (least, most):
        if age is not None and not 0 < age <= _OLDEST:
            raise Invalid(_("An age lies between 1 month and 130 years."), field="Ages")
    if least is not None and most is not None and least >= most:
        raise Invalid(_("Nobody is that old and that young at once. The second age must be higher."), field="Ages")
