"""The large database: a practice with up to a million requests, written in bulk, kept between runs under the hash of what made it."""

import hashlib
import os
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import msgspec
import platformdirs

from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.directory import OpeningHours, PracticeSettings
from request_desk.domain.ids import DepartmentId, hashed
from request_desk.domain.search import index_person, index_text
from request_desk.store import migrate
from request_desk.store.database import Database

NOW: Final = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
TOKEN: Final = "bench"  # of a session that never ends
SMALL_INBOX: Final = 150
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime(2022, 12, 1, 15, tzinfo=UTC)
_OPEN_SHARE: Final = 0.0458  # 45,800 of a million
_BIG_SHARE: Final = 0.44  # of the open ones in the inboxes of `BIG`
_PEOPLE: Final = 20  # requests of a patient, on average
_STAFF: Final = 60
_PROVIDERS: Final = 50
_APPOINTMENTS: Final = 200_000  # at most
_HEAVY: Final = (
    "request",
    "message",
    "message_search",
    "request_wish",
    "request_mark",
    "outbox",
    "appointment",
    "patient",
    "contact",
)

LOCATIONS: Final = (1, 2, 3)
TYPES: Final = (11, 12, 13, 14, 15, 16)
FIRST_PROVIDER: Final = 101
BIG: Final = 1001  # staff: four inboxes with most of what is open
SMALL: Final = 1002  # staff: one inbox of 150
_BIG_TARGETS: Final = (2001, 2002, 2003)
_SMALL_TARGET: Final = 2004
_OTHER_TARGETS: Final = tuple(range(2005, 2041))
_FIRST_PATIENT: Final = 100_000

COMMON: Final = ("appointment", "please", "thanks")  # in most letters


@dataclass(frozen=True, slots=True)
class Large:
    """The file and the people the benchmarks act as."""

    path: Path
    big: Actor
    small: Actor
    names: tuple[tuple[str, str, date], ...]  # some patients: given name, family name, birth day
    words: tuple[str, ...]  # by frequency, the most common first

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"


def cache_folder() -> Path:
    """Return where the large databases are kept between runs."""
    return platformdirs.user_cache_path("request-desk", appauthor=False) / "bench"


def large(requests: int, cache: Path) -> Large:
    """Return the database with that many requests, made when its kind is not kept yet; older kinds are deleted."""
    cache.mkdir(parents=True, exist_ok=True)
    bare = cache / f"bare-{os.getpid()}.db"
    try:
        schema_text = _empty(bare)
        kind = hashlib.sha256((schema_text + Path(__file__).read_text("utf-8")).encode()).hexdigest()[:16]
        path = cache / f"requests-{requests}-{kind}.db"
        if not path.exists():
            for stale in cache.glob(f"requests-{requests}-*.db"):
                stale.unlink()
            _fill(bare, requests)
            bare.replace(path)
    finally:
        bare.unlink(missing_ok=True)
    return Large(path, _actor(BIG, TOKEN), _actor(SMALL, TOKEN + "small"), tuple(_some_names(requests)), _vocabulary())


def micros(instant: datetime) -> int:
    """Return an instant as SQLite keeps it."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _actor(staff_id: int, token: str) -> Actor:
    return Actor(
        ActorKind.STAFF, staff_id, f"Staff {staff_id}", frozenset({Role.SCHEDULER}), session=hashed(token), desk="bench"
    )


def _empty(path: Path) -> str:
    """Make the file with the schema and return the schema's text."""
    database = Database(f"sqlite:///{path}")
    migrate.migrate(database)
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(
            row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        )


def _fill(path: Path, requests: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        run = connection.execute
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
            run(f"PRAGMA {pragma}")
        kept = _without_triggers_and_indexes(connection)
        run("BEGIN")
        _Writer(connection, requests).write()
        run("COMMIT")
        run("PRAGMA temp_store=FILE")
        for statement in kept:
            run(statement)
        run("INSERT INTO message_fts (message_fts) VALUES ('rebuild')")
        run("INSERT INTO open_count SELECT target_id, count(*) FROM request WHERE state = 'open' GROUP BY target_id")
        run("PRAGMA journal_mode=DELETE")


def _without_triggers_and_indexes(connection: sqlite3.Connection) -> list[str]:
    """Drop what makes single rows slow and return how to make it again, indexes first."""
    marks = ",".join("?" * len(_HEAVY))
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        f" AND tbl_name IN ({marks}) ORDER BY type, name",
        _HEAVY,
    ).fetchall()
    for kind, name, _sql in found:
        connection.execute(f'DROP {kind} "{name}"')
    return [sql for _kind, _name, sql in found]


class _Writer:
    """Writes the practice; the same number of requests always gives the same file."""

    def __init__(self, connection: sqlite3.Connection, requests: int) -> None:
        self._connection = connection
        self._requests = requests
        self._random = random.Random(requests)
        self._patients = max(60, requests // _PEOPLE)
        self._appointments = min(_APPOINTMENTS, requests)
        self._step = (NOW - timedelta(minutes=1) - _FIRST) / requests

    def write(self) -> None:
        """Write everything."""
        self._practice()
        self._people()
        self._appointments()
        self._letters()
        self._put("request", _REQUEST_COLUMNS, self._request_rows())
        newest = max(0, self._requests - int(self._requests * _OPEN_SHARE) * 2)
        self._put("request_wish", ("request_id", "rank", "kind", "provider_id", "starts_at"), self._wishes(newest))
        self._marks()
        self._put("outbox", _OUTBOX_COLUMNS, self._notices(newest))

    def _put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        marks = ",".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows)

    def _practice(self) -> None:
        settings = PracticeSettings(
            practice_name="Harbor Pediatrics",
            practice_phone="(206) 555-0100",
            kinds_on=frozenset({"schedule", "cancel", "reschedule"}),
            opening_hours=tuple(OpeningHours(day, 8 * 60, 17 * 60) for day in range(5)),
            intake_department_id=DepartmentId(_BIG_TARGETS[0]),
        )
        self._put("practice", ("id", "settings"), [(1, msgspec.json.encode(settings).decode())])
        self._put("location", ("id", "name", "zone", "address", "phone", "position", "active"), [
            (place, f"Location {place}", settings.zone, "1 Harbor St", "", place, 1) for place in LOCATIONS
        ])  # fmt: skip
        self._put("appointment_type", _TYPE_COLUMNS, [
            (kind, f"Visit {kind}", f"Visit {kind}", 20, 0, 15, 1440, 0, 0, 0, 1440, 180, 10, "any_provider", kind, 1, 0, 0, 0)
            for kind in TYPES
        ])  # fmt: skip
        providers = range(FIRST_PROVIDER, FIRST_PROVIDER + _PROVIDERS)
        self._put("provider", ("id", "name", "short_name", "mobile_phone", "position", "active"), [
            (each, f"Dr. Number {each}", f"Dr. {each}", "", each, 1) for each in providers
        ])  # fmt: skip
        self._put(
            "provider_location", ("provider_id", "location_id"), [(each, LOCATIONS[each % 3]) for each in providers]
        )
        self._put("availability_window", _WINDOW_COLUMNS, [
            (each * 10 + weekday, each, LOCATIONS[each % 3], weekday, 480, 1020, 1, 0, "", 0)
            for each in providers for weekday in range(5)
        ])  # fmt: skip
        self._staff()

    def _staff(self) -> None:
        people = range(BIG, BIG + _STAFF)
        self._put("staff", ("id", "login", "name", "initials", "roles", "active", "password_hash", "must_change", "code_hash"), [
            (each, f"staff{each}", f"Staff {each}", "SN", '["scheduler"]', 1, "", 0, "") for each in people
        ])  # fmt: skip
        self._put("staff", ("id", "login", "name", "initials", "roles", "active", "password_hash", "must_change", "code_hash"), [
            (1000, "$AD", "Administrator", "AD", '["administrator"]', 1, "", 0, "")
        ])  # fmt: skip
        targets = (*_BIG_TARGETS, _SMALL_TARGET, *_OTHER_TARGETS)
        self._put("department", ("id", "name", "active"), [(each, f"Department {each}", 1) for each in targets])
        members = {(each, BIG) for each in _BIG_TARGETS} | {(_SMALL_TARGET, SMALL)}
        members |= {(target, BIG + 2 + place % (_STAFF - 2)) for place, target in enumerate(_OTHER_TARGETS)}
        self._put("department_member", ("department_id", "staff_id"), sorted(members))
        forever = micros(datetime(2100, 1, 1, tzinfo=UTC))
        self._put("staff_session", ("token_hash", "staff_id", "desk", "created_at", "last_seen_at", "expires_at"), [
            (hashed(token), staff, "bench", micros(NOW), micros(NOW), forever)
            for token, staff in ((TOKEN, BIG), (TOKEN + "small", SMALL))
        ])  # fmt: skip

    def _people(self) -> None:
        rows = [(*each, birth) for each, birth in zip(self._named(), self._births(), strict=True)]
        self._put("patient", ("id", "given_name", "family_name", "birth_day", "household_id", "search", "custody_note", "active", "deceased"), [
            (person, given, family, birth.isoformat(), person, index_person(given, family, birth), "", 1, 0)
            for person, given, family, birth in rows
        ])  # fmt: skip
        far = 10 * self._patients + _FIRST_PATIENT
        self._put("contact", ("id", "given_name", "family_name", "language", "search", "active", "opted_out"), [
            (far + person, f"{given[::-1].title()}", family, "en", index_text(f"{given[::-1]} {family}"), 1, 0)
            for person, given, family, _birth in rows
        ])  # fmt: skip
        self._put("contact_patient", ("contact_id", "patient_id", "relation", "may_book", "may_see_messages", "gets_notices"), [
            (far + person, person, "mother", 1, 1, 1) for person, _given, _family, _birth in rows
        ])  # fmt: skip
        self._put("contact_point", ("id", "contact_id", "channel", "value", "lookup", "verified_at"), [
            (far * 2 + person, far + person, "email", f"p{person}@example.org", f"p{person}@example.org", micros(_FIRST))
            for person, _given, _family, _birth in rows
        ])  # fmt: skip
        self._searchable = [
            f"{index_person(given, family, birth)} {index_text(f'{given[::-1]} {family}')}"
            for _person, given, family, birth in rows
        ]

    def _named(self) -> Iterator[tuple[int, str, str]]:
        for place in range(self._patients):
            given, family = _name(place)
            yield _FIRST_PATIENT + place, given, family

    def _births(self) -> Iterator[date]:
        return (_birth(place) for place in range(self._patients))

    def _appointments(self) -> None:
        self._put(
            "appointment", _APPOINTMENT_COLUMNS, (self._appointment(number) for number in range(self._appointments))
        )

    def _appointment(self, number: int) -> tuple[Any, ...]:
        """Twenty a day for each provider, one after the other, around now."""
        provider, turn = number % _PROVIDERS, number // _PROVIDERS
        day, slot = turn // 20 - self._appointments // (_PROVIDERS * 40), turn % 20
        start = micros(NOW + timedelta(days=day, minutes=20 * slot - 12))
        key, end = 10_000_000 + number, start + 20 * 60_000_000
        patient = _FIRST_PATIENT + number % self._patients
        status = "confirmed" if day >= 0 else "completed"
        return (
            key, key, patient, FIRST_PROVIDER + provider, LOCATIONS[(FIRST_PROVIDER + provider) % 3], TYPES[number % 6], 0, status,
            start, end, start, end, "", "", 0, "", "staff", BIG, start, start, "America/Los_Angeles", "2026-01-01 08:00",
        )  # fmt: skip

    def _letters(self) -> None:
        """One letter a request; most have the common words, the others fall off as words do."""
        pick, phrases = self._random.randrange, _fragments(self._random)
        folded = [index_text(phrase) for phrase in phrases]
        most = len(phrases)
        far = 10 * self._patients + _FIRST_PATIENT
        chosen = [(pick(most), pick(most), pick(most)) for _number in range(self._requests)]
        self._put("message", _MESSAGE_COLUMNS, (
            (self._id(number) + 1, self._id(number), "contact", far + _FIRST_PATIENT + number % self._patients,
             f"{phrases[a]} {phrases[b]} {phrases[c]}", "en", "", self._at(number), self._at(number))
            for number, (a, b, c) in enumerate(chosen)
        ))  # fmt: skip
        self._put("message_search", ("id", "request_id", "body", "scope"), (
            (self._id(number) + 1, self._id(number), f"{self._searchable[number % self._patients]} {folded[a]} {folded[b]} {folded[c]}",
             f"t{self._target(number)}")
            for number, (a, b, c) in enumerate(chosen)
        ))  # fmt: skip

    def _at(self, number: int) -> int:
        return micros(_FIRST) + int(number * self._step / timedelta(microseconds=1))

    def _id(self, number: int) -> int:
        return (self._at(number) // 1000) << 22

    def _state(self, number: int) -> str:
        """Open are the newest, among them some that wait; a few old ones were never answered."""
        behind = self._requests - number
        if self._is_small(number) or behind <= self._requests * _OPEN_SHARE or number % 5_000 == 7:
            return "waiting" if number % 40 == 3 and not self._is_small(number) else "open"
        return "completed"

    def _is_small(self, number: int) -> bool:
        """The small inbox: 150 requests spread over all the time."""
        every = max(1, self._requests // SMALL_INBOX)
        return number % every == every - 1 and number // every < SMALL_INBOX

    def _target(self, number: int) -> int:
        if self._is_small(number):
            return _SMALL_TARGET
        if number * 7919 % 100 < _BIG_SHARE * 100:
            return (*_BIG_TARGETS, BIG)[number * 31 % 4]
        return _OTHER_TARGETS[number * 17 % len(_OTHER_TARGETS)]

    def _request_rows(self) -> Iterator[tuple[Any, ...]]:
        far = 10 * self._patients + _FIRST_PATIENT
        kinds = ("schedule", "schedule", "reschedule", "cancel")
        for number in range(self._requests):
            key, at, state = self._id(number), self._at(number), self._state(number)
            kind, target = kinds[number % 4], self._target(number)
            patient = _FIRST_PATIENT + number % self._patients
            is_done = state == "completed"
            yield (
                key, _uuid(key + 1), _uuid(key + 2), kind, state, far + patient, patient, patient, TYPES[number % 6],
                FIRST_PROVIDER + number % _PROVIDERS if number % 2 else None, LOCATIONS[number % 3],
                None if kind == "schedule" else 10_000_000 + number % self._appointments,
                "staff" if target == BIG else "department", target, "auto", "It is in the department.", 0, at, at + 2_700_000_000,
                at + 86_400_000_000 if number % 3 == 0 else None, at, at + 3_600_000_000 if is_done else None,
                BIG + number % _STAFF if is_done else None, "",
            )  # fmt: skip

    def _wishes(self, first: int) -> Iterator[tuple[Any, ...]]:
        for number in range(first, self._requests):
            if number % 4 != 3:
                for rank in range(1, 1 + number % 3):
                    yield (
                        self._id(number),
                        rank,
                        "slot",
                        FIRST_PROVIDER + number % _PROVIDERS,
                        self._at(number) + rank * 86_400_000_000,
                    )

    def _marks(self) -> None:
        """A quarter of what is open in the big inboxes was read, a few put aside."""
        mine = [
            number
            for number in range(self._requests)
            if self._target(number) in (*_BIG_TARGETS, BIG) and self._state(number) == "open"
        ]
        self._put("request_mark", ("staff_id", "request_id", "read_at", "dismissed_at"), (
            (BIG, self._id(number), self._at(number), self._at(number) if place % 200 == 0 else None)
            for place, number in enumerate(mine) if place % 4 == 0
        ))  # fmt: skip

    def _notices(self, first: int) -> Iterator[tuple[Any, ...]]:
        far = 10 * self._patients + _FIRST_PATIENT
        for number in range(first, self._requests):
            key, at = self._id(number), self._at(number)
            contact = far + _FIRST_PATIENT + number % self._patients
            yield (
                key + 3,
                _uuid(key + 3),
                "acknowledgement",
                "email",
                contact,
                key,
                "{}",
                f"acknowledgement:{key}",
                "sent",
                at,
                1,
                "",
                "",
                at,
                at,
            )


_REQUEST_COLUMNS: Final = (
    "id", "reference", "submission_id", "kind", "state", "contact_id", "patient_id", "household_id", "type_id", "provider_id",
    "location_id", "appointment_id", "target_kind", "target_id", "target_origin", "routing_reason", "urgent", "arrived_at", "due_at",
    "needed_at", "visible_at", "completed_at", "completed_by_id", "completion_reason",
)  # fmt: skip
_MESSAGE_COLUMNS: Final = (
    "id", "request_id", "author_kind", "author_id", "body", "language", "phrase", "created_at", "visible_at",
)  # fmt: skip
_OUTBOX_COLUMNS: Final = (
    "id", "reference", "kind", "channel", "contact_id", "request_id", "payload", "dedupe_key", "state", "not_before", "attempts",
    "lease_owner", "error", "created_at", "sent_at",
)  # fmt: skip
_APPOINTMENT_COLUMNS: Final = (
    "id", "chain_id", "patient_id", "provider_id", "location_id", "type_id", "lane", "status", "starts_at", "ends_at",
    "blocks_from", "blocks_until", "cancel_code", "cancel_text", "late_cancel", "overrule", "booked_by_kind", "booked_by_id",
    "created_at", "visible_at", "zone", "wall_time",
)  # fmt: skip
_TYPE_COLUMNS: Final = (
    "id", "name", "short_name", "duration_minutes", "buffer_minutes", "hold_minutes", "offer_minutes", "notice_minutes",
    "reschedule_notice_minutes", "cancel_notice_minutes", "late_cancel_minutes", "advance_days", "grid_minutes", "rebooking_mode",
    "position", "active", "notice_days", "reschedule_notice_days", "cancel_notice_days",
)  # fmt: skip
_WINDOW_COLUMNS: Final = (
    "id", "provider_id", "location_id", "weekday", "start_minute", "end_minute", "active", "staff_only", "label", "work_in_lanes",
)  # fmt: skip


def _uuid(number: int) -> str:
    digits = f"{number * 2_654_435_761 % 2**64:016x}{number:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _syllables(number: int) -> str:
    parts = ("ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu")
    return "".join(parts[int(digit)] for digit in str(number))


def _name(place: int) -> tuple[str, str]:
    """Two surnames are common, as in the demo practice; the others are shared by a few families."""
    family = "Nguyen" if place % 40 == 0 else "Garcia" if place % 40 == 1 else _syllables(1_000 + place % 3_000).title()
    return _syllables(100 + place % 700).title(), family


def _birth(place: int) -> date:
    return date(2005, 1, 1) + timedelta(days=place * 37 % 7_600)


def _some_names(requests: int) -> Iterator[tuple[str, str, date]]:
    patients = max(60, requests // _PEOPLE)
    for place in range(0, patients, max(1, patients // 40)):
        yield (*_name(place), _birth(place))


def _vocabulary() -> tuple[str, ...]:
    """Six thousand invented words; as in a language, few of them begin with the same three letters."""
    source, found = random.Random(6_000), dict.fromkeys(COMMON)
    while len(found) < 6_000:
        pairs = "".join(
            source.choice("bcdfghklmnprstw") + source.choice("aeiou") for _pair in range(source.randint(2, 4))
        )
        found.setdefault(pairs)
    return tuple(found)[len(COMMON) :]


def _fragments(source: random.Random) -> list[str]:
    """Pieces of letters, eight words each; a word is rarer the later it comes in the vocabulary."""
    words = _vocabulary()
    weights = list(accumulate(1 / (rank + 4) for rank in range(len(words))))
    pieces = []
    for number in range(20_000):
        chosen = source.choices(words, cum_weights=weights, k=8)
        chosen[number % 8] = COMMON[number % 3]
        pieces.append(" ".join(chosen))
    return pieces
