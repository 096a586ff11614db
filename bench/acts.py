"""The whole act, durable: booking, reply, completion, notices and journal in one transaction, against a commit of one row."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg
from sqlalchemy import insert

from bench import small
from bench.measure import Goal, Row, Scale, middle, rotated, row
from request_desk.domain.access import Actor, Role
from request_desk.domain.careful import Assurance
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, RequestId, new_uuid
from request_desk.domain.requests import Booking, Disposition, NewRequest, Reply, RequestKind, Wish, WishKind
from request_desk.domain.spans import Slot
from request_desk.domain.words import Words
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, marks as inbox_marks
from request_desk.services.schedule import scheduling
from request_desk.store import schema
from tests import postgres
from tests.builders import TODAY, ZONE, Practice

_MEMBERS: Final = 34
_WARM: Final = 3
_LENGTH: Final = timedelta(minutes=20)
_STARTS: Final = tuple(range(8 * 60, 17 * 60, 20))
_LETTER: Final = (
    "Hello Amara, we have booked Zuri for {time}. Please bring the yellow booklet and come five minutes early. "
    "If anything changes, write to us here or call. Harbor Pediatrics"
)

_WORDS: Final = Words("en_US", ZONE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is ready to be answered, with the slot that is held for it."""

    request_id: RequestId
    slot: Slot
    hold_id: AppointmentId


def run(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure the act on SQLite in both journal modes and on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="rdbench") as name:
        folder = Path(name)
        for mode, goal in (("delete", Goal(0.4, at_least=True)), ("wal", Goal(0.2, at_least=True))):
            path = folder / f"{mode}.db"
            with (
                small.sqlite(path, journal_mode=mode) as desk,
                _sqlite_commits(folder / f"raw-{mode}.db", mode) as commit,
            ):
                words = "rollback journal" if mode == "delete" else "WAL"
                yield _act_row(desk, commit, scale, f"SQLite, {words}", goal)
        place = postgres.binaries()
        if place is not None:
            with small.server(place) as server, small.on_server(server) as desk, _postgres_commits(server) as commit:
                yield _act_row(desk, commit, scale, "PostgreSQL", Goal(0.1, at_least=True))


def _act_row(desk: Desk, commit: Callable[[int], object], scale: Scale, engine: str, goal: Goal) -> Row:
    count = scale.acts + _WARM
    clinic = Clinic(desk, providers=1 + count // 1_000)
    ready = [clinic.prepared(number) for number in range(count)]
    times = rotated({"act": lambda number: clinic.answer(ready[number]), "commit": commit}, scale.acts, warm=_WARM)
    act, floor = 1000 / middle(times["act"]), 1000 / middle(times["commit"])
    return row(f"whole act a second, durable: {engine}", act, "/s", floor, goal)


def run_members(scale: Scale, _cache: Path) -> Iterator[Row]:
    """Measure completing a request that one person has in the inbox, and one that 34 have, all of whom have read it."""
    with tempfile.TemporaryDirectory(prefix="rdbench") as folder, small.sqlite(Path(folder) / "members.db") as desk:
        clinic = Clinic(desk, providers=1)
        many = [
            clinic.maria,
            *(
                clinic.practice.a_staff(f"member{each}", f"Member {each}", [Role.SCHEDULER])
                for each in range(_MEMBERS - 1)
            ),
        ]
        count = scale.acts + _WARM
        of_one = clinic.letters(count, [clinic.maria])
        of_many = clinic.letters(count, many)
        times = rotated(
            {
                "one": lambda number: clinic.complete(of_one[number]),
                "many": lambda number: clinic.complete(of_many[number]),
            },
            scale.acts,
            warm=_WARM,
        )
        name = f"completing for {_MEMBERS} members, against one"
        yield row(name, middle(times["many"]), "ms", middle(times["one"]), Goal(1.3))


class Clinic:
    """A small practice with families of two contacts, whose requests are submitted, held for and answered as in life."""

    def __init__(self, desk: Desk, *, providers: int) -> None:
        self.desk = desk
        self.practice = Practice(desk, desk.database)
        self.maria: Actor = self.practice.maria
        self._providers = [self._provider(number) for number in range(providers)]
        self._zuri, self._amara = self._family()

    def prepared(self, number: int) -> Prepared:
        """Submit a request with two wishes, claim it, read it and hold a slot for it."""
        slot = self._slot(number)
        request_id = self._submit(slot)
        self.desk.perform(self.maria, inbox_marks.claim, request_id)
        self.desk.perform(self.maria, inbox_marks.mark_read, (request_id,))
        hold = self.desk.perform(
            self.maria, scheduling.hold, slot, type_id=self.practice.sick, patient_id=self._zuri, request_id=request_id
        ).value
        return Prepared(request_id, slot, hold.id)

    def answer(self, ready: Prepared) -> None:
        """Book, reply, complete: the act."""
        self.desk.perform(
            self.maria,
            handling.resolve,
            ready.request_id,
            Booking(ready.slot, self.practice.sick, ready.hold_id),
            reply=Reply(_LETTER.format(time=_WORDS.moment(ready.slot.starts_at)), phrase="schedule/booked"),
            disposition=Disposition.COMPLETED,
            expect_version=1,
            assurance=Assurance(another=True),
        )

    def letters(self, count: int, members: list[Actor]) -> list[RequestId]:
        """Submit requests to a department of these members, and have each of them read."""
        department = self.practice.a_department(f"Department of {len(members)}", members)
        found = []
        for number in range(count):
            request_id = self._submit(self._slot(number))
            with self.desk.database.write() as connection:
                connection.execute(
                    schema.request.update().where(schema.request.c.id == request_id).values(target_id=department)
                )
                connection.execute(insert(schema.request_mark), [
                    {"staff_id": member.id, "request_id": request_id, "read_at": self.desk.clock.now()} for member in members
                ])  # fmt: skip
            found.append(request_id)
        return found

    def complete(self, request_id: RequestId) -> None:
        """Reply and complete, without a change of the schedule."""
        self.desk.perform(
            self.maria,
            handling.resolve,
            request_id,
            None,
            reply=Reply(_LETTER),
            disposition=Disposition.COMPLETED,
            expect_version=1,
        )

    def _submit(self, slot: Slot) -> RequestId:
        submission: UUID = new_uuid()
        wishes = (
            Wish(1, WishKind.SLOT, slot.provider_id, slot.starts_at),
            Wish(2, WishKind.SLOT, slot.provider_id, slot.starts_at + timedelta(days=7)),
        )
        new = NewRequest(
            submission,
            RequestKind.SCHEDULE,
            self._zuri,
            self.practice.sick,
            None,
            None,
            None,
            wishes,
            "could we come in? thx",
            again=True,
        )
        return self.desk.perform(self._amara, handling.submit, new).value

    def _provider(self, number: int) -> ProviderId:
        return self.practice.a_provider(f"Dr. {number}", f"Dr. {number}", [self.practice.northside])

    def _family(self) -> tuple[PatientId, Actor]:
        """A child with two parents, who both get notices."""
        child = self.practice.a_patient("Zuri", "Adeyemi", date(2022, 3, 12))
        mother = self.practice.a_contact("Amara", "Adeyemi", "amara.a@example.org", {child: {"relation": "mother"}})
        self.practice.a_contact("Chidi", "Adeyemi", "chidi.a@example.org", {child: {"relation": "father"}})
        return child, mother

    def _slot(self, number: int) -> Slot:
        provider = self._providers[number // 1_000]
        turn = number % 1_000
        start: datetime = ZONE.instant(TODAY + timedelta(days=1 + turn // len(_STARTS)), _STARTS[turn % len(_STARTS)])
        return Slot(provider, LocationId(self.practice.northside), start, start + _LENGTH, start + _LENGTH)


@contextmanager
def _sqlite_commits(path: Path, mode: str) -> Iterator[Callable[[int], object]]:
    """The floor: one row, committed as durably as ours, by the driver alone."""
    connection = sqlite3.connect(path, isolation_level=None)
    synchronous = "FULL" if mode == "wal" else "EXTRA"
    for pragma in ("page_size=8192", f"journal_mode={mode}", f"synchronous={synchronous}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, text TEXT) STRICT")

    def commit(number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO floor VALUES (?, ?)", (number, _LETTER))
        connection.execute("COMMIT")

    yield commit
    connection.close()


@contextmanager
def _postgres_commits(server: postgres.Server) -> Iterator[Callable[[int], object]]:
    with psycopg.connect(server.url("bench").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE floor (id bigint PRIMARY KEY, text text)")
        yield lambda number: connection.execute("INSERT INTO floor VALUES (%s, %s)", (number, _LETTER), prepare=True)
