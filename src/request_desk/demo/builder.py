"""Makes the demo practice in an empty database: deterministic around the next working day, 8:12 AM, whatever the hour."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random, SystemRandom
from typing import Final

from request_desk import paths
from request_desk.demo import data, forms_fill, partners_fill, plan, rows
from request_desk.demo.data import Calendar
from request_desk.demo.family_fill import AFTER, FamilyFill
from request_desk.demo.home import DemoLogin
from request_desk.demo.online_fill import hold_online
from request_desk.demo.passwords import four_words
from request_desk.demo.people import Finder, Population, Right, index
from request_desk.demo.requests_fill import RequestsFill
from request_desk.demo.schedule_fill import PlannedAppointment, ScheduleFill
from request_desk.demo.services_fill import make_services
from request_desk.domain import notice_templates as notice_rules, phrases as phrase_rules
from request_desk.domain.access import SYSTEM, a_contact
from request_desk.domain.clock import Clock, FixedClock
from request_desk.domain.ids import AppointmentId, ContactId, PatientId
from request_desk.domain.notice_templates import NoticeTemplate
from request_desk.domain.words import _
from request_desk.services.desk import Desk
from request_desk.services.notices import templates
from request_desk.services.people import access
from request_desk.services.practice import loading, phrases, settings

SEED: Final = 20_261_124
_IDS_AT_ONCE: Final = 20_000
_BEGINS_BEFORE: Final = timedelta(hours=3)  # the data is loaded so long before the first request

DeskAt = Callable[[Clock], Desk]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a practice is made: patients, and days with appointments behind day 0."""

    patients: int
    past_days: int


@dataclass(frozen=True, slots=True)
class DemoPractice:
    """What was made: the day and the instant at which it opens, who can sign in, and the last line of its journal."""

    day: date
    opens_at: datetime
    staff: tuple[DemoLogin, ...]
    sign_in_as: str
    colleague: str
    last_line: int


def build(
    desk_at: DeskAt, now: datetime, *, seed: int = SEED, size: Size | None = None, say: Say | None = None
) -> DemoPractice:
    """Make the practice in the empty database that `desk_at` opens; the same `now` and `seed` make the same practice.

    Passwords and ids differ each time. Takes some seconds; `say` is told what is being made. Without a `size` it is that
    of practice.toml.
    """
    tell = say or _silent
    calendar = data.calendar(now)
    logins = _logins()
    whole = Size(data.practice().population.patients, data.practice().fill.past_days)
    with ThreadPoolExecutor(1) as pool:  # hashing takes as long as all the rest, on the other core
        hashes = {each.login: pool.submit(access.PASSWORDS.hashed, each.password) for each in logins}
        desk, clock = _opened(desk_at, calendar)
        try:
            last_line = _Builder(desk, clock, calendar, seed, size or whole, tell).build(hashes)
        finally:
            desk.close()
    staff = data.practice().staff
    return DemoPractice(
        day=calendar.today,
        opens_at=calendar.opens_at,
        staff=logins,
        sign_in_as=next(each.login for each in staff if each.signed_in),
        colleague=next(each.login for each in staff if each.at_work),
        last_line=last_line,
    )


def _logins() -> tuple[DemoLogin, ...]:
    random = SystemRandom()
    return tuple(DemoLogin(each.login, each.name, each.title, four_words(random)) for each in data.practice().staff)


def _opened(desk_at: DeskAt, calendar: Calendar) -> tuple[Desk, FixedClock]:
    requests = (*data.requests().request, *data.earlier().request)
    first = min(calendar.instant(each.arrived.day, each.arrived.at) for each in requests)
    clock = FixedClock(first - _BEGINS_BEFORE)
    return desk_at(clock), clock


def _silent(_sentence: str) -> None:
    """Nobody wants to know."""


class _Builder:
    """One making of the practice."""

    def __init__(self, desk: Desk, clock: FixedClock, calendar: Calendar, seed: int, size: Size, say: Say) -> None:
        self._desk = desk
        self._clock = clock
        self._calendar = calendar
        self._seed = seed
        self._size = size
        self._say = say
        self._ids: list[int] = []

    def build(self, hashes: Mapping[str, Future[str]]) -> int:
        """Make everything and return the number of the last journal line."""
        self._say(_("Making {practice} …").format(practice=data.practice().practice.name))
        known = rows.keys(self._new_id)
        families = Population(self._random("people"), self._calendar, self._new_id, self._size.patients).families()
        finder = Finder(self._random("requests"), self._calendar.today, families)
        all_sent = plan.sent(finder)
        self._say(_("Filling the schedule …"))
        demanded = plan.planned(self._calendar, all_sent, families)
        planned = ScheduleFill(
            self._random("schedule"), self._calendar, families, finder.taken, demanded, self._size.past_days
        ).appointments()
        of_child = index(families)
        appointments = rows.Appointments(known, self._calendar, self._new_id, self._random("bookings"), of_child)
        made = [(appointment, appointments.row(appointment)) for appointment in planned]
        rows.put_by_video(made, known, self._calendar)
        rows.squeeze_in(made, self._calendar)
        borrowed = frozenset(
            each.contact.id for each in all_sent if not any(right.may_book for right in each.contact.rights)
        )
        now = self._clock.now()
        people = rows.people(families, self._new_id, self._random("addresses"), now, borrowed)
        self._say(_("Writing {patients} patients and {appointments} visits …").format(
            patients=f"{len(of_child):,}", appointments=f"{len(made):,}"
        ))  # fmt: skip
        directory = rows.directory(
            known, self._calendar, self._new_id, {login: each.result() for login, each in hashes.items()}
        )
        self._desk.perform(
            SYSTEM, loading.load, {**directory, **people, "appointment": [row for _appointment, row in made]}
        )
        self._desk.perform(SYSTEM, settings.first_settings, rows.settings(known, self._calendar))
        make_services(self._desk, known)
        library = _library()
        self._desk.perform(SYSTEM, phrases.sync_shipped, library)
        self._desk.perform(SYSTEM, templates.sync_shipped, _notices())
        self._say(_("Sending the parents' requests …"))
        placed = {
            (appointment.provider, appointment.day.toordinal(), appointment.start): AppointmentId(row["id"])
            for appointment, row in made
        }
        partners_fill.fill(self._desk, known, PatientId(families[0].children[0].id))
        FamilyFill(self._desk, self._calendar).run(
            (AppointmentId(row["id"]), a_contact(ContactId(contact.id)))
            for appointment, row in made
            if appointment.child is not None and self._is_apart(appointment, row)
            for contact in of_child[appointment.child.id].contacts[:1]
            if of_child[appointment.child.id].id not in finder.taken
            and any(_may_book(right, appointment.child.id) for right in contact.rights)
        )
        RequestsFill(self._desk, self._clock, self._calendar, known, placed, library).run(all_sent)
        forms_fill.fill(self._desk, known, self._calendar, all_sent, placed)
        hold_online(self._desk, known, self._calendar)
        return self._desk.query(SYSTEM, loading.newest_line)

    def _is_apart(self, appointment: PlannedAppointment, row: rows.Row) -> bool:
        """Whether an appointment is far ahead, known by now, and nothing else in the demo speaks of it."""
        is_ahead = appointment.day >= self._calendar.today + AFTER and row["created_at"] < self._clock.now()
        return is_ahead and appointment.status == "confirmed" and not appointment.is_fixed and not appointment.is_new

    def _random(self, part: str) -> Random:
        """A source of its own for each part, so that a change of one leaves the others as they are."""
        return Random(f"{self._seed} {part} {self._calendar.today}")

    def _new_id(self) -> int:
        if not self._ids:
            self._ids = list(reversed(self._desk.query(SYSTEM, loading.new_ids, _IDS_AT_ONCE)))
        return self._ids.pop()


def _may_book(right: Right, child_id: int) -> bool:
    return right.child_id == child_id and right.may_book and right.valid_until is None


def _library() -> list[phrase_rules.Phrase]:
    return [phrase_rules.parse(path.read_text("utf-8")) for path in paths.phrase_files()]


def _notices() -> list[NoticeTemplate]:
    return [notice_rules.parse(path.read_text("utf-8")) for path in paths.notice_files()]
