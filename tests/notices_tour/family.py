"""A family in the demo practice with one reader for each channel and language, a provider whose days are free, and their visits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from request_desk.domain.access import SYSTEM, Actor, ActorKind
from request_desk.domain.appointments import Appointment
from request_desk.domain.directory import AppointmentType, Channel, LeadTime, RebookingMode
from request_desk.domain.ids import AppointmentId, PatientId, ProviderId, ReminderRuleId, TypeId
from request_desk.domain.reminders import ReminderGroup, ReminderRule
from request_desk.domain.search import index_person, index_text
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.practice import appointment_types, directory, loading
from request_desk.services.schedule import queries

LANGUAGES: Final = ("en", "es")
CHANNELS: Final = (Channel.EMAIL, Channel.SMS)
_MINUTE: Final = timedelta(minutes=1)
_LONG_AGO: Final = timedelta(days=7)
_IDS: Final = 40
_LENGTH: Final = 20 * _MINUTE
_ALL_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Reader:
    """A contact who is told over one channel in one language; a number as the gateway has it."""

    actor: Actor
    channel: Channel
    language: str
    address: str


class Family:
    """Noor, whose four contacts hear of everything, and a sister of whom nobody hears."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.zone = desk.time_of("America/Los_Angeles")
        self._ids = list(desk.query(SYSTEM, loading.new_ids, _IDS))
        self.place = desk.query(SYSTEM, directory.locations)[0].id
        self.noor, self.sister = PatientId(self._ids.pop()), PatientId(self._ids.pop())
        self.provider = ProviderId(self._ids.pop())
        self.readers = tuple(self._reader(channel, language) for channel in CHANNELS for language in LANGUAGES)
        desk.perform(SYSTEM, loading.load, {**self._house(), **self._people()})
        self.admin = self._staff("$AD")
        self.maria = self._staff("maria")
        self.type: TypeId = desk.perform(
            self.admin,
            appointment_types.add_type,
            AppointmentType(
                id=TypeId(0),
                name="Short check",
                short_name="Short",
                duration=_LENGTH,
                buffer=timedelta(),
                hold_ttl=_MINUTE,
                minimum_notice=LeadTime(),
                reschedule_notice=LeadTime(),
                cancel_notice=LeadTime(),
                maximum_advance=timedelta(days=60),
                grid=10 * _MINUTE,
                rebooking_mode=RebookingMode.ANY_PROVIDER,
                provider_ids=(),
                active=True,
                version=0,
            ),
            reminders=(ReminderRule(ReminderRuleId(0), ReminderGroup.PATIENT, _MINUTE, by_email=True, by_sms=True),),
        ).value

    def reader_of(self, contact_id: int | None) -> Reader | None:
        """Return who of the family a notice is for."""
        return next((each for each in self.readers if each.actor.id == contact_id), None)

    def slot(self, day: date, minute: int) -> Slot:
        """A time of the provider whose days are free."""
        start = self.zone.instant(day, minute)
        return Slot(self.provider, self.place, start, start + _LENGTH, start + _LENGTH)

    def a_visit(self, starts_at: datetime, length: timedelta = _LENGTH) -> AppointmentId:
        """Load a visit of Noor that was booked a week ago."""
        which, booked_at = AppointmentId(self._ids.pop()), self.desk.clock.now() - _LONG_AGO
        row = {
            "id": which,
            "chain_id": which,
            "patient_id": self.noor,
            "provider_id": self.provider,
            "location_id": self.place,
            "type_id": self.type,
            "status": "confirmed",
            "starts_at": starts_at,
            "ends_at": starts_at + length,
            "blocks_from": starts_at,
            "blocks_until": starts_at + length,
            "booked_by_kind": "staff",
            "booked_by_id": self.maria.id,
            "created_at": booked_at,
            "visible_at": booked_at,
            "zone": self.zone.zone,
            "wall_time": f"{self.zone.wall(starts_at):%Y-%m-%d %H:%M}",
        }
        self.desk.perform(SYSTEM, loading.load, {"appointment": [row]})
        return which

    def seen(self, which: AppointmentId) -> Appointment:
        """Return a visit as it is now."""
        return self.desk.query(self.maria, queries.appointment, which)

    def _staff(self, login: str) -> Actor:
        who = next(each for each in self.desk.query(SYSTEM, directory.staff_list) if each.login == login)
        return Actor(ActorKind.STAFF, who.id, who.name, who.roles, who.provider_id, desk="notices-tour")

    def _reader(self, channel: Channel, language: str) -> Reader:
        number = CHANNELS.index(channel) * len(LANGUAGES) + LANGUAGES.index(language)
        address = f"haddad.{language}@example.org" if channel is Channel.EMAIL else f"+1206555018{number}"
        contact_id = self._ids.pop()
        name = f"{('Sami', 'Salma', 'Karim', 'Leila')[number]} Haddad"
        return Reader(Actor(ActorKind.CONTACT, contact_id, name, desk="portal"), channel, language, address)

    def _house(self) -> Mapping[str, list[dict[str, Any]]]:
        return {
            "provider": [{"id": self.provider, "name": "Idris Okonkwo, MD", "short_name": "Dr. Okonkwo"}],
            "provider_location": [{"provider_id": self.provider, "location_id": self.place}],
            "availability_window": [
                {
                    "id": self._ids.pop(),
                    "provider_id": self.provider,
                    "location_id": self.place,
                    "weekday": weekday,
                    "start_minute": 0,
                    "end_minute": _ALL_DAY,
                }
                for weekday in range(7)
            ],
        }

    def _people(self) -> Mapping[str, list[dict[str, Any]]]:
        now = self.desk.clock.now()
        born = now.date() - timedelta(days=5 * 365)
        names = {self.noor: "Noor", self.sister: "Dalal"}
        return {
            "patient": [
                {
                    "id": which,
                    "given_name": given,
                    "family_name": "Haddad",
                    "birth_day": born,
                    "household_id": self.noor,
                    "search": index_person(given, "Haddad", born),
                }
                for which, given in names.items()
            ],
            "contact": [
                {
                    "id": each.actor.id,
                    "given_name": each.actor.name.split()[0],
                    "family_name": "Haddad",
                    "language": each.language,
                    "search": index_text(each.actor.name),
                }
                for each in self.readers
            ],
            "contact_patient": [
                {"contact_id": each.actor.id, "patient_id": self.noor, "relation": "guardian"} for each in self.readers
            ],
            "contact_point": [
                {
                    "id": self._ids.pop(),
                    "contact_id": each.actor.id,
                    "channel": "email" if each.channel is Channel.EMAIL else "phone",
                    "value": each.address,
                    "lookup": each.address,
                    "verified_at": now - _LONG_AGO,
                    "takes_texts": each.channel is Channel.SMS,
                }
                for each in self.readers
            ],
        }
