"""Builders of a small practice and of the things tests arrange; each makes what a reader would expect and nothing more."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import insert

from request_desk import paths
from request_desk.domain.access import SYSTEM, Actor, ActorKind, Role
from request_desk.domain.careful import Assurance
from request_desk.domain.directory import OpeningHours, PracticeSettings
from request_desk.domain.ids import (
    AppointmentId,
    DepartmentId,
    LocationId,
    PatientId,
    ProviderId,
    RequestId,
    TypeId,
    new_uuid,
)
from request_desk.domain.notice_templates import NoticeTemplate, parse
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import NewRequest, RequestKind, Wish, WishKind
from request_desk.services.desk import Desk
from request_desk.services.people import access
from request_desk.store import schema
from request_desk.store.database import Database

ZONE = PracticeTime("America/Los_Angeles")
_TEXTS = 8_000_000  # ids of the texts of notices: far from those that are counted
MEANT = Assurance(text_meant=True)  # a letter that need not tell the time
TODAY = date(2026, 11, 24)
PASSWORD = "lantern orbit velvet quarry"
_MINUTE = timedelta(minutes=1)


def wall(day: date, time: str) -> datetime:
    """Return the instant of a wall time in the practice, e.g. `wall(TODAY, "9:20")`."""
    hour, minute = time.split(":")
    return ZONE.instant(day, int(hour) * 60 + int(minute))


@cache
def shipped_notices() -> tuple[NoticeTemplate, ...]:
    """The texts of notices that the product ships, read once in a process."""
    return tuple(parse(path.read_text("utf-8")) for path in paths.notice_files())


class Practice:
    """Harbor Pediatrics in small: two places, two providers, two types, four staff, one family."""

    def __init__(self, desk: Desk, database: Database, **settings: Any) -> None:
        self.desk = desk
        self.database = database
        self._next = 1
        self._rows: list[tuple[Any, dict[str, Any]]] | None = None
        with self._at_once():
            self._make(settings)

    def _make(self, settings: Mapping[str, Any]) -> None:
        self.northside = LocationId(self._place("Northside"))
        self.harbor = LocationId(self._place("Harbor St"))
        self.lindqvist = self.a_provider("Dr. Astrid Lindqvist", "Dr. Lindqvist", [self.northside])
        self.mwangi = self.a_provider("Dr. Joseph Mwangi", "Dr. Mwangi", [self.northside, self.harbor])
        self.well = self.a_type("Well visit", 40, buffer_minutes=0)
        self.sick = self.a_type("Sick visit", 20, buffer_minutes=0)
        self.admin = self.a_staff("$AD", "Administrator", [Role.ADMINISTRATOR], password_hash="")
        self.maria = self.a_staff("maria", "Maria Santos", [Role.SCHEDULER])
        self.kofi = self.a_staff("kofi", "Kofi Prah", [Role.SCHEDULER])
        self.intake = self.a_department("IC-Appointment Request", [self.maria, self.kofi])
        self.settings = PracticeSettings(
            practice_name="Harbor Pediatrics",
            practice_phone="(206) 555-0100",
            public_url="http://127.0.0.1:8000",
            kinds_on=frozenset({"schedule", "cancel", "reschedule"}),
            opening_hours=tuple(OpeningHours(day, 8 * 60, 17 * 60) for day in range(5)),
            intake_department_id=self.intake,
        )
        self.settings = replace(self.settings, **settings)
        self.insert(schema.practice, id=1, settings=msgspec.to_builtins(self.settings))
        for number, text in enumerate(shipped_notices()):
            self.insert(schema.notice_template, id=_TEXTS + number, shipped=True, **asdict(text))
        self.amara_family = self.new_id()
        self.zuri = self.a_patient("Zuri", "Okafor", date(2022, 3, 12), self.amara_family)
        self.amara = self.a_contact("Amara", "Okafor", "amara@example.org", {self.zuri: {"relation": "mother"}})
        self.father = self.a_contact("Chidi", "Okafor", "chidi@example.org", {self.zuri: {"relation": "father"}})
        self.grandmother = self.a_contact(
            "Ngozi", "Okafor", "ngozi@example.org", {self.zuri: {"relation": "grandmother", "may_book": False}}
        )
        for provider, place in ((self.lindqvist, self.northside), (self.mwangi, self.harbor)):
            for weekday in range(5):
                self.a_window(provider, place, weekday, 8 * 60, 17 * 60)

    def new_id(self) -> int:
        self._next += 1
        return self._next

    def insert(self, table: Any, **values: Any) -> None:
        if self._rows is not None:
            self._rows.append((table, values))
            return
        with self.database.write() as connection:
            connection.execute(insert(table), values)

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Insert the rows of this block in one transaction: one for each costs as much as most tests."""
        self._rows = []
        yield
        rows, self._rows = self._rows, None
        with self.database.write() as connection:
            for (table, _keys), group in groupby(rows, lambda row: (row[0], row[1].keys())):
                connection.execute(insert(table), [values for _table, values in group])

    def _place(self, name: str) -> int:
        place = self.new_id()
        self.insert(
            schema.location,
            id=place,
            name=name,
            zone=ZONE.zone,
            address=f"1 {name}, Seattle",
            phone="(206) 555-0100",
            position=place,
        )
        return place

    def a_provider(self, name: str, short_name: str, places: Sequence[int]) -> ProviderId:
        provider = self.new_id()
        self.insert(schema.provider, id=provider, name=name, short_name=short_name, position=provider)
        for place in places:
            self.insert(schema.provider_location, provider_id=provider, location_id=place)
        return ProviderId(provider)

    def a_type(self, name: str, minutes: int, **values: Any) -> TypeId:
        kind = self.new_id()
        self.insert(
            schema.appointment_type,
            id=kind,
            name=name,
            short_name=name,
            duration_minutes=minutes,
            position=kind,
            **values,
        )
        return TypeId(kind)

    def a_staff(
        self,
        login: str,
        name: str,
        roles: Sequence[Role],
        provider: ProviderId | None = None,
        *,
        active: bool = True,
        password_hash: str = "chosen",
    ) -> Actor:
        staff = self.new_id()
        initials = "".join(word[0] for word in name.split())[:2].upper()
        self.insert(
            schema.staff,
            id=staff,
            login=login,
            name=name,
            initials=initials,
            roles=[str(role) for role in roles],
            provider_id=provider,
            active=active,
            password_hash=password_hash,
        )
        return Actor(ActorKind.STAFF, staff, name, frozenset(roles), provider, desk=f"desk-{login}")

    def a_department(self, name: str, members: Sequence[Actor]) -> DepartmentId:
        department = self.new_id()
        self.insert(schema.department, id=department, name=name)
        for member in members:
            self.insert(schema.department_member, department_id=department, staff_id=member.id)
        return DepartmentId(department)

    def a_window(
        self, provider: ProviderId, place: LocationId, weekday: int, start_minute: int, end_minute: int, **values: Any
    ) -> int:
        window = self.new_id()
        self.insert(
            schema.availability_window,
            id=window,
            provider_id=provider,
            location_id=place,
            weekday=weekday,
            start_minute=start_minute,
            end_minute=end_minute,
            **values,
        )
        return window

    def an_absence(self, provider: ProviderId, start: datetime, end: datetime, label: str = "Leave") -> int:
        absence = self.new_id()
        self.insert(schema.absence, id=absence, provider_id=provider, starts_at=start, ends_at=end, label=label)
        return absence

    def a_patient(self, given: str, family: str, birth_day: date, household: int | None = None) -> PatientId:
        from request_desk.domain.search import index_person

        patient = self.new_id()
        self.insert(
            schema.patient,
            id=patient,
            given_name=given,
            family_name=family,
            birth_day=birth_day,
            household_id=household or patient,
            search=index_person(given, family, birth_day),
        )
        return PatientId(patient)

    def a_contact(
        self, given: str, family: str, email: str, patients: Mapping[PatientId, Mapping[str, Any]], language: str = "en"
    ) -> Actor:
        contact = self.new_id()
        self.insert(
            schema.contact,
            id=contact,
            given_name=given,
            family_name=family,
            language=language,
            search=f"{given} {family}".lower(),
        )
        self.insert(
            schema.contact_point,
            id=self.new_id(),
            contact_id=contact,
            channel="email",
            value=email,
            lookup=email.lower(),
            verified_at=self.desk.clock.now(),
        )
        self.insert(
            schema.contact_point,
            id=self.new_id(),
            contact_id=contact,
            channel="phone",
            value="(206) 555-0147",
            lookup="+12065550147",
            verified_at=None,
        )
        for patient, values in patients.items():
            self.insert(schema.contact_patient, contact_id=contact, patient_id=patient, **values)
        return Actor(ActorKind.CONTACT, contact, f"{given} {family}")

    def an_appointment(
        self,
        patient: PatientId,
        provider: ProviderId,
        day: date,
        time: str,
        *,
        kind: TypeId | None = None,
        place: LocationId | None = None,
        minutes: int = 40,
        status: str = "confirmed",
        **values: Any,
    ) -> AppointmentId:
        appointment = self.new_id()
        start = wall(day, time)
        row = {
            "id": appointment,
            "chain_id": appointment,
            "patient_id": patient,
            "provider_id": provider,
            "location_id": place or self.northside,
            "type_id": kind or self.well,
            "status": status,
            "starts_at": start,
            "ends_at": start + minutes * _MINUTE,
            "blocks_from": start,
            "blocks_until": start + minutes * _MINUTE,
            "booked_by_kind": "staff",
            "booked_by_id": self.maria.id,
            "created_at": self.desk.clock.now() - timedelta(days=7),
            "visible_at": self.desk.clock.now() - timedelta(days=7),
            "zone": ZONE.zone,
            "wall_time": time,
        }
        self.insert(schema.appointment, **{**row, **values})
        return AppointmentId(appointment)

    def a_request(
        self,
        kind: str = "schedule",
        *,
        by: Actor | None = None,
        patient: PatientId | None = None,
        appointment: AppointmentId | None = None,
        wishes: Sequence[Wish] = (),
        provider: ProviderId | None = None,
        place: LocationId | None = None,
        type_: TypeId | None = None,
        message: str = "hi, could we come in soon? thx",
    ) -> RequestId:
        from request_desk.services.inbox import handling

        new = NewRequest(
            submission_id=new_uuid(),
            kind=RequestKind(kind),
            patient_id=patient or self.zuri,
            type_id=type_ or (self.well if kind == "schedule" else None),
            provider_id=provider,
            location_id=place,
            appointment_id=appointment,
            wishes=tuple(wishes),
            message=message,
            again=True,
        )
        return self.desk.perform(by or self.amara, handling.submit, new).value

    def wish(self, day: date, time: str, provider: ProviderId | None = None, rank: int = 1) -> Wish:
        return Wish(rank, WishKind.SLOT, provider or self.lindqvist, wall(day, time))


def with_password(practice: Practice) -> Actor:
    """Give the administrator PASSWORD, for acts that ask for it; a test wants quick_hashing beside it."""
    practice.desk.perform(SYSTEM, access.set_password, practice.admin.staff_id, PASSWORD)
    return practice.admin
