"""The rows that the demo practice is loaded from: its directory, its people and their appointments. What follows happens by use cases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from request_desk.demo import data
from request_desk.demo.data import Calendar, minute_of
from request_desk.demo.people import SPOKEN, Family, NewId
from request_desk.demo.schedule_fill import PlannedAppointment
from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.directory import CancelReason, OpeningHours, PracticeSettings
from request_desk.domain.ids import DepartmentId, LocationId, ProviderId, StaffId, TypeId
from request_desk.domain.search import index_person, index_text
from request_desk.domain.words import full_name

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]

_HOUR: Final = 60
_MINUTE: Final = timedelta(minutes=1)
_BY_VIDEO: Final = 3  # of a provider on day 0
_MEMBER_FOR: Final = (30, 700)  # days since an address was confirmed


@dataclass(frozen=True, slots=True)
class Keys:
    """The ids of what the files call by a key."""

    locations: Mapping[str, LocationId]
    providers: Mapping[str, ProviderId]
    types: Mapping[str, TypeId]
    staff: Mapping[str, StaffId]
    departments: Mapping[str, DepartmentId]

    def actor(self, login: str, desk: str = "") -> Actor:
        """Return the staff member as the one who acts; the program's own code needs no session."""
        who = next(each for each in data.practice().staff if each.login == login)
        return Actor(
            ActorKind.STAFF,
            self.staff[login],
            who.name,
            frozenset(Role(role) for role in who.roles),
            self.providers.get(who.provider),
            desk or login,
        )


def keys(new_id: NewId) -> Keys:
    """Give everything that has a key its id."""
    practice = data.practice()
    return Keys(
        locations={each.key: LocationId(new_id()) for each in practice.location},
        providers={each.key: ProviderId(new_id()) for each in practice.provider},
        types={each.key: TypeId(new_id()) for each in practice.type},
        staff={each.login: StaffId(new_id()) for each in practice.staff},
        departments={each.key: DepartmentId(new_id()) for each in practice.department},
    )


def settings(known: Keys, calendar: Calendar) -> PracticeSettings:
    """Return the practice settings of the files."""
    practice = data.practice()
    identity = practice.practice
    return PracticeSettings(
        practice_name=identity.name,
        practice_phone=identity.phone,
        zone=identity.zone,
        locale=identity.locale,
        kinds_on=frozenset(identity.kinds_on),
        grace=timedelta(seconds=identity.grace_seconds),
        target_age=timedelta(minutes=identity.target_minutes["schedule"]),
        opening_hours=tuple(
            OpeningHours(weekday, minute_of(each.from_), minute_of(each.until))
            for each in practice.opening
            for weekday in sorted(calendar.weekday(day) for day in each.days)
        ),
        intake_department_id=next(known.departments[each.key] for each in practice.department if each.intake),
        cancel_reasons=tuple(CancelReason(each.code, each.label, each.parent_text) for each in practice.cancel_reason),
        claim_lease=timedelta(minutes=identity.claim_lease_minutes),
        meeting_url=identity.meeting_url,
        self_booking=identity.self_booking,
        new_families=identity.new_families,
    )


def directory(known: Keys, calendar: Calendar, new_id: NewId, hashes: Mapping[str, str]) -> Rows:
    """Return the rows of places, providers, types, hours, staff and departments; `hashes` are the passwords' by login."""
    practice = data.practice()
    return {
        "location": [
            {
                "id": known.locations[each.key],
                "name": each.name,
                "zone": practice.practice.zone,
                "address": each.address,
                "phone": each.phone,
                "position": position,
            }
            for position, each in enumerate(practice.location)
        ],
        "provider": [
            {
                "id": known.providers[each.key],
                "name": each.name,
                "short_name": each.short_name,
                "mobile_phone": each.mobile_phone,
                "position": position,
            }
            for position, each in enumerate(practice.provider)
        ],
        "provider_location": [
            {"provider_id": known.providers[each.key], "location_id": known.locations[place]}
            for each in practice.provider
            for place in each.locations
        ],
        "staff": [_staff(known, each, hashes) for each in practice.staff],
        "department": [{"id": known.departments[each.key], "name": each.name} for each in practice.department],
        "department_member": [
            {"department_id": known.departments[each.key], "staff_id": known.staff[login]}
            for each in practice.department
            for login in each.members
        ],
        **_types(known),
        **_windows(known, calendar, new_id),
        "absence": [
            {
                "id": new_id(),
                "provider_id": known.providers[each.provider],
                "starts_at": calendar.zone.instant(day, start),
                "ends_at": calendar.zone.instant(day, end),
                "label": each.label,
            }
            for each in practice.absence
            for day, start, end in _absent(each, calendar)
        ],
    }


def _staff(known: Keys, who: data.Login, hashes: Mapping[str, str]) -> Row:
    return {
        "id": known.staff[who.login],
        "login": who.login,
        "name": who.name,
        "initials": who.initials,
        "roles": who.roles,
        "provider_id": known.providers.get(who.provider),
        "password_hash": hashes.get(who.login, ""),
    }


def _types(known: Keys) -> Rows:
    practice = data.practice()
    return {
        "appointment_type": [
            {
                "id": known.types[each.key],
                "name": each.name,
                "short_name": each.short_name,
                "duration_minutes": each.minutes,
                "buffer_minutes": each.buffer_minutes,
                "hold_minutes": each.hold_ttl_minutes,
                "notice_minutes": each.minimum_notice_hours * _HOUR,
                "reschedule_notice_minutes": each.reschedule_notice_hours * _HOUR,
                "cancel_notice_minutes": each.cancel_notice_hours * _HOUR,
                "advance_days": each.maximum_advance_days,
                "grid_minutes": each.grid_minutes,
                "rebooking_mode": each.rebooking_mode,
                "is_video": each.is_video,
                "verification": each.verification,
                "position": position,
                "min_age_months": each.min_age_months,
                "max_age_months": each.max_age_months,
                "rest_days": each.rest_days,
                "rest_group": each.rest_group,
                "new_patient_minutes": each.new_patient_minutes,
                "interpreter_minutes": each.interpreter_minutes,
                "no_show_minutes": each.no_show_minutes,
            }
            for position, each in enumerate(practice.type)
        ],
        "appointment_type_duration": [
            {"type_id": known.types[each.key], "provider_id": known.providers[provider], "duration_minutes": minutes}
            for each in practice.type
            for provider, minutes in each.durations.items()
        ],
        "appointment_type_provider": [
            {"type_id": known.types[each.key], "provider_id": known.providers[provider]}
            for each in practice.type
            for provider in each.providers
        ],
    }


def _windows(known: Keys, calendar: Calendar, new_id: NewId) -> Rows:
    windows: list[Row] = []
    types: list[Row] = []
    for each in data.practice().window:
        for day in each.days:
            window_id = new_id()
            windows.append(
                {
                    "id": window_id,
                    "provider_id": known.providers[each.provider],
                    "location_id": known.locations[each.location],
                    "weekday": calendar.weekday(day),
                    "start_minute": minute_of(each.from_),
                    "end_minute": minute_of(each.until),
                    "label": each.label,
                    "work_in_lanes": each.work_in_lanes,
                }
            )
            types.extend({"window_id": window_id, "type_id": known.types[key]} for key in each.types)
    return {"availability_window": windows, "availability_window_type": types}


_WHY_BESIDE: Final = "Fever since last night; seen between two others."
_WEEKS_BEHIND: Final = 52
_WEEKS_AHEAD: Final = 40  # as far as anybody can book, and some more


def _absent(away: data.FileAbsence, calendar: Calendar) -> Iterator[tuple[date, int, int]]:
    """The days of an absence with the minutes it takes; weekly ones as far as the schedule reaches."""
    if away.first_day is not None:
        for number in range(away.first_day, (away.last_day or away.first_day) + 1):
            yield calendar.day(number), 0, 24 * _HOUR
        return
    monday = calendar.today - timedelta(days=calendar.today.weekday())
    for week in range(-_WEEKS_BEHIND, _WEEKS_AHEAD):
        yield (
            monday + timedelta(days=7 * week + calendar.weekday(away.weekday)),
            minute_of(away.from_),
            minute_of(away.until),
        )


def people(families: Sequence[Family], new_id: NewId, random: Random, now: datetime, borrowed: frozenset[int]) -> Rows:
    """Return the rows of patients and contacts; contacts in `borrowed` may book for now, until that is taken from them."""
    points: list[Row] = []
    relations: list[Row] = []
    for family in families:
        for contact in family.contacts:
            if contact.email:
                confirmed_at = now - timedelta(days=random.randint(*_MEMBER_FOR))
                points.append(_point(new_id(), contact.id, "email", contact.email, contact.email, confirmed_at))
            digits = "".join(sign for sign in contact.phone if sign.isdigit())
            # Who has no e-mail hears by text message.
            texts_at = None if contact.email else now - timedelta(days=_MEMBER_FOR[0])
            points.append(_point(new_id(), contact.id, "phone", contact.phone, f"+1{digits}", texts_at))
            relations.extend(
                {
                    "contact_id": contact.id,
                    "patient_id": right.child_id,
                    "relation": right.relation,
                    "may_book": right.may_book or contact.id in borrowed,
                    "may_see_messages": right.may_see_messages,
                    "gets_notices": right.gets_notices,
                    "valid_until": right.valid_until,
                }
                for right in contact.rights
            )
    return {
        "patient": [
            {
                "id": child.id,
                "given_name": child.given,
                "family_name": child.family,
                "birth_day": child.birth_day,
                "household_id": family.id,
                "search": index_person(child.given, child.family, child.birth_day),
                "custody_note": child.custody_note,
                "needs_interpreter": _needs_interpreter(family),
            }
            for family in families
            for child in family.children
        ],
        "contact": [
            {
                "id": contact.id,
                "given_name": contact.given,
                "family_name": contact.family,
                "language": contact.language,
                "search": index_text(full_name(contact.given, contact.family)),
            }
            for family in families
            for contact in family.contacts
        ],
        "contact_patient": relations,
        "contact_point": points,
    }


def _needs_interpreter(family: Family) -> bool:
    """Whether nobody who asks for the children speaks English or Spanish, which the desk does."""
    return not any(contact.language in SPOKEN for contact in family.contacts)


def _point(point_id: int, contact_id: int, channel: str, value: str, lookup: str, confirmed_at: datetime | None) -> Row:
    return {
        "id": point_id,
        "contact_id": contact_id,
        "channel": channel,
        "value": value,
        "lookup": lookup,
        "verified_at": confirmed_at,
        "takes_texts": channel == "phone" and confirmed_at is not None,
    }


def put_by_video(made: Sequence[tuple[PlannedAppointment, Row]], known: Keys, calendar: Calendar) -> None:
    """Have every other short appointment of day 0 by video, a few of each provider who offers that; nothing else changes."""
    types = {each.key: each for each in data.practice().type}
    for kind in (each for each in types.values() if each.is_video):
        for provider in kind.providers:
            short = [
                row
                for planned, row in made
                if (planned.provider, planned.day, planned.status) == (provider, calendar.today, "confirmed")
                and not planned.is_fixed
                and types[planned.type].blocked == kind.blocked
                and row["starts_at"] > calendar.opens_at
            ]
            for row in short[::2][:_BY_VIDEO]:
                row["type_id"] = known.types[kind.key]


def squeeze_in(made: Sequence[tuple[PlannedAppointment, Row]], calendar: Calendar) -> None:
    """Have the last appointment of day 0 in each window with a lane for work-ins be beside the first there, for a reason."""
    for window in data.practice().window:
        since, until = minute_of(window.from_), minute_of(window.until)
        here = [
            row
            for planned, row in made
            if (planned.provider, planned.day, planned.status) == (window.provider, calendar.today, "confirmed")
            and not planned.is_fixed
            and since <= planned.start < until
        ]
        if not window.work_in_lanes or len(here) < 2:
            continue
        beside, row = here[0], here[-1]
        earlier = row["starts_at"] - beside["starts_at"]
        for name in ("starts_at", "ends_at", "blocks_from", "blocks_until"):
            row[name] -= earlier
        row |= {"wall_time": beside["wall_time"], "lane": 1, "overrule": _WHY_BESIDE}


class Appointments:
    """Makes the rows of appointments: booked some time before, by the front desk or by the parent in the portal."""

    def __init__(
        self, known: Keys, calendar: Calendar, new_id: NewId, random: Random, families: Mapping[int, Family]
    ) -> None:
        self._known = known
        self._calendar = calendar
        self._new_id = new_id
        self._random = random
        self._families = families
        self._opens_at = calendar.opens_at
        self._types = {each.key: each for each in data.practice().type}
        self._desk = [known.staff[each.login] for each in data.practice().staff if "scheduler" in each.roles]

    def row(self, appointment: PlannedAppointment) -> Row:
        """Return the row of one appointment, which must have its patient."""
        if appointment.child is None:
            raise ValueError("a visit needs a patient")
        type_ = self._types[appointment.type]
        appointment_id = self._new_id()
        starts_at = self._calendar.zone.instant(appointment.day, appointment.start)
        created_at = self._booked_at(starts_at, appointment)
        is_held = appointment.status == "held"
        is_cancelled = appointment.status == "cancelled"
        holder = self._families[appointment.child.id].contacts[0].id
        changed_at = starts_at - timedelta(hours=self._random.randint(2, 20)) if is_cancelled else created_at
        return {
            "id": appointment_id,
            "chain_id": appointment_id,
            "patient_id": appointment.child.id,
            "provider_id": self._known.providers[appointment.provider],
            "location_id": self._known.locations[appointment.location],
            "type_id": self._known.types[appointment.type],
            "lane": 0,
            "status": appointment.status,
            "starts_at": starts_at,
            "ends_at": starts_at + type_.minutes * _MINUTE,
            "blocks_from": starts_at,
            "blocks_until": starts_at + type_.blocked * _MINUTE,
            "hold_expires_at": self._opens_at + appointment.minutes_left * _MINUTE if is_held else None,
            "held_by_id": holder if is_held else None,
            "released_at": changed_at if is_cancelled else None,
            "cancel_code": self._random.choice(("pat", "pat-fb", "pat-lt")) if is_cancelled else "",
            "late_cancel": is_cancelled,
            "overrule": "",
            "booked_by_kind": "contact" if is_held else "staff",
            "booked_by_id": holder if is_held else self._random.choice(self._desk),
            "created_at": created_at,
            "visible_at": max(created_at, changed_at),
            "zone": self._calendar.zone.zone,
            "wall_time": f"{appointment.day.isoformat()} {appointment.start // 60:02}:{appointment.start % 60:02}",
        }

    def _booked_at(self, starts_at: datetime, appointment: PlannedAppointment) -> datetime:
        """Sick appointments are booked on the day, the others weeks ahead; nothing is booked after the demo opens."""
        latest = self._opens_at - timedelta(days=6)
        if appointment.status == "held":
            return self._opens_at - 4 * _MINUTE
        if appointment.type == "sick":
            return min(
                starts_at - timedelta(minutes=self._random.randint(45, 900)),
                self._opens_at - timedelta(hours=15),
            )
        return min(
            starts_at - timedelta(days=self._random.randint(4, 90), minutes=self._random.randint(0, 500)), latest
        )
