"""The one way in: `Desk.perform` runs a service function in one authorised, journalled transaction; `query` reads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Executable, Insert, Row, Table, bindparam, exists, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from request_desk.domain.access import OUTSIDE, SYSTEM, Actor, ActorKind, Permission, Role, may, session_stands
from request_desk.domain.changes import Changes, JournalEntry, ScheduleScope, Topic
from request_desk.domain.clock import Clock, SystemClock
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.errors import Conflict, NotAllowed, NotFound, Refused, SignedOut, SlotTaken, Unavailable
from request_desk.domain.ids import IdSource, NewId, new_uuid
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.sealing import Sealer, missing
from request_desk.domain.text import parse_version
from request_desk.domain.words import Words, _, spoken
from request_desk.services.notices import events
from request_desk.store import journal, schema
from request_desk.store.compiled_statements import Answer
from request_desk.store.database import BUSY, DAMAGED, LOST, UNSURE, Database, is_damage

P = ParamSpec("P")
T = TypeVar("T")

_TRIES = 4
_FAR_BEHIND = 500  # lines; beyond, reading everything anew is cheaper than patching
_SESSION = (
    select(
        schema.staff.c.active,
        schema.staff.c.roles,
        schema.staff.c.must_change,
        schema.staff_session.c.expires_at,
        schema.staff_session.c.revoked_at,
    )
    .select_from(schema.staff_session.join(schema.staff, schema.staff.c.id == schema.staff_session.c.staff_id))
    .where(schema.staff_session.c.token_hash == bindparam("session"), schema.staff.c.id == bindparam("staff_id"))
)
_SETTINGS = select(schema.practice.c.version, schema.practice.c.settings)
_SERVER_CLOCK = select(func.clock_timestamp())
# Whether anybody outside wants to hear of acts is asked on the same way: an act that nobody subscribed to costs nothing more.
_SETTINGS_VERSION = select(
    schema.practice.c.version, exists().where(schema.subscription.c.active).label("has_subscribers")
)
_KEEP = schema.command.insert()
_COMMAND = select(schema.command.c.answer, schema.command.c.function, schema.command.c.actor_id).where(
    schema.command.c.id == bindparam("command_id")
)
_LAST_CHANGE = (
    select(schema.journal.c.action, schema.staff.c.name, schema.journal.c.actor_kind)
    .select_from(schema.journal.outerjoin(schema.staff, schema.staff.c.id == schema.journal.c.actor_id))
    .where(
        schema.journal.c.topic == bindparam("topic"),
        schema.journal.c.entity_id == bindparam("entity_id"),
        schema.journal.c.broadcast,
    )
    .order_by(schema.journal.c.seq.desc())
    .limit(1)
)
# Of every table with a version: in whose lines of the journal it says who changed a row last.
_TOPIC_OF: Mapping[str, Topic] = {
    **dict.fromkeys(
        (
            "appointment_type",
            "booking_secret",
            "department",
            "location",
            "provider",
            "questionnaire",
            "reminder_rule",
            "service",
            "service_variant",
            "subscription",
            "suggestion",
        ),
        Topic.DIRECTORY,
    ),
    "request": Topic.REQUEST,
    "appointment": Topic.APPOINTMENT,
    "phrase": Topic.PHRASE,
    "notice_template": Topic.SETTINGS,
    "patient": Topic.PATIENT,
    "contact": Topic.PATIENT,
    "staff": Topic.STAFF,
    "outbox": Topic.DELIVERY,
    "practice": Topic.SETTINGS,
    "availability_window": Topic.AVAILABILITY,
    "absence": Topic.AVAILABILITY,
    "provider_out": Topic.AVAILABILITY,
    "waitlist_entry": Topic.WAITLIST,
    "slot_offer": Topic.APPOINTMENT,
    "counter_offer": Topic.REQUEST,
    "attachment": Topic.APPOINTMENT,
    "questionnaire_response": Topic.APPOINTMENT,
    "announcement": Topic.DELIVERY,
    "webhook_delivery": Topic.DELIVERY,
}
_OVERLAPS = ("ex_appointment_overlap", "uq_appointment_chain_id_status")
_AGAIN_STATES = frozenset({"40001", "40P01", "55P03"})  # serialisation failure, deadlock, lock not available


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take an act back until `until`: a service function with its values, to be performed like any other."""

    label: str
    until: datetime
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a use case returned, what it changed, and how to undo it."""

    value: T
    changes: Changes
    undo: Undo | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """How a window learns that something was committed: files to watch, or a call that blocks and reports."""

    paths: tuple[Path, ...]
    listen: Callable[[Callable[[], None], Callable[[], bool]], None] | None


class Deferred:
    """A statement whose answer is looked at later; on PostgreSQL it goes to the server with the next one that is waited for."""

    __slots__ = ("_answer", "_unit")

    def __init__(self, unit: "Unit") -> None:
        self._unit = unit
        self._answer: Answer | None = None

    @property
    def rows(self) -> Sequence[Row[Any]]:
        """All rows."""
        return self.answer().rows

    @property
    def first(self) -> Row[Any] | None:
        """The first row, or None."""
        rows = self.answer().rows
        return rows[0] if rows else None

    @property
    def written(self) -> int:
        """How many rows a writing statement touched."""
        return self.answer().written

    def tell(self, answer: Answer) -> None:
        """Take the answer in."""
        self._answer = answer

    def answer(self) -> Answer:
        """The rows and how many were written."""
        if self._answer is None:
            self._unit.flush()
        if self._answer is None:
            raise RuntimeError("asked of a use case that is over")
        return self._answer


class Unit:
    """One use case: a connection in a transaction, the actor, and the only ways to change anything."""

    def __init__(self, connection: Connection, actor: Actor, now: datetime, new_id: NewId, desk: "Desk") -> None:
        self._connection = connection
        self.actor = actor
        self.now = now
        self.new_id = new_id
        self._desk = desk
        self._statements = desk.database.statements
        self._unsent: list[tuple[Executable, Mapping[str, Any], Deferred]] = []
        self._settings_version: Deferred | None = None
        self._has_written_settings = False
        self.lines: list[journal.Written] = []
        self.undo: Undo | None = None
        self.keeps_answer = True  # False where the answer holds a letter: a repetition may then run again

    @property
    def is_sqlite(self) -> bool:
        return self._desk.is_sqlite

    @property
    def sealer(self) -> Sealer:
        return self._desk.sealer

    @property
    def connection(self) -> Connection:
        """The connection itself, with everything that was asked for before behind it."""
        self.flush()
        return self._connection

    @cached_property
    def settings(self) -> PracticeSettings:
        """The practice settings as of this transaction."""
        return self._desk.settings_by(self._seen_settings(), self.first)

    @cached_property
    def has_subscribers(self) -> bool:
        """Whether other programs have subscribed to events."""
        seen = self._seen_settings().first
        return seen is not None and bool(seen.has_subscribers)

    def _seen_settings(self) -> Deferred:
        if self._settings_version is None:
            self._settings_version = self.defer(_SETTINGS_VERSION)
        return self._settings_version

    @property
    def grace(self) -> timedelta:
        """How long an act can be undone, and how long nothing of it leaves the practice."""
        return self.settings.grace

    @cached_property
    def database_now(self) -> datetime:
        """What time it is by the database's clock, for rules that two desks with wrong clocks must not see differently.

        SQLite is for one computer, so its clock is this one; a server is asked.
        """
        if self.is_sqlite:
            return self.now
        return self._desk.clock.by_server(self.value(_SERVER_CLOCK))

    @cached_property
    def time(self) -> PracticeTime:
        return self._desk.time_of(self.settings.zone)

    @cached_property
    def words(self) -> Words:
        """The formatter: in the practice's locale, for those outside in the language of the page."""
        words = self._desk.words_of(self.settings.locale, self.settings.zone)
        return words.in_language(spoken()) if self.actor.kind in OUTSIDE else words

    def expect_settings(self) -> None:
        """Ask which settings these are together with the first statement, since most use cases need them."""
        self._settings_version = self.defer(_SETTINGS_VERSION)

    def renew_settings(self) -> None:
        """Look anew which settings these are: behind a lock, those that the transaction began with may be old."""
        if self._has_written_settings:
            return
        self._settings_version = self.defer(_SETTINGS_VERSION)
        for name in ("settings", "time", "words"):
            self.__dict__.pop(name, None)

    def use_settings(self, written: PracticeSettings) -> None:
        """Go on with the settings that this use case has written; nobody else knows them before the commit."""
        self.settings, self._has_written_settings = written, True

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the actor's roles cover it."""
        if not may(self.actor, permission):
            raise NotAllowed(_("Your role does not allow this. Ask an administrator."))

    def defer(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Deferred:
        """Ask for a statement without waiting: it is run before every later one, and its answer is there when it is looked at.

        On PostgreSQL that saves the way to the server and back; what goes wrong is told with the next answer.
        """
        asked = Deferred(self)
        if self._statements.has_pipeline:
            self._unsent.append((statement, values or {}, asked))
        else:
            asked.tell(self._run(statement, values or {}))
        return asked

    def flush(self) -> None:
        """Run what was asked for and not waited for yet."""
        unsent, self._unsent = self._unsent, []
        answers = None
        if len(unsent) > 1:
            answers = self._statements.run_all(
                self._connection, [(statement, values) for statement, values, _asked in unsent]
            )
        for place, (statement, values, asked) in enumerate(unsent):
            asked.tell(self._run(statement, values) if answers is None else answers[place])

    def _answer(self, statement: Executable, values: Mapping[str, Any]) -> Answer:
        if not self._unsent:
            return self._run(statement, values)
        return self.defer(statement, values).answer()

    def _run(self, statement: Executable, values: Mapping[str, Any]) -> Answer:
        quick = self._statements.run(self._connection, statement, values)
        if quick is not None:
            return quick
        result = self._connection.execute(statement, values)
        return Answer(list(result.all()) if result.returns_rows else [], result.rowcount)

    def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Return all rows of a prepared statement."""
        return self._answer(statement, values or {}).rows

    def first(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """Return the first row, or None."""
        rows = self._answer(statement, values or {}).rows
        return rows[0] if rows else None

    def value(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        """Return the first column of the first row, None when there is none."""
        row = self.first(statement, values)
        return None if row is None else row[0]

    def run(self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> int:
        """Execute a writing statement and return how many rows it touched."""
        if isinstance(values, Mapping) or values is None:
            return self._answer(statement, values or {}).written
        return self.connection.execute(statement, values).rowcount

    def insert(self, table: Table, **values: Any) -> None:
        """Insert one row."""
        self.defer(_insert_into(table), values)

    def change(self, table: Table, row_id: int, expect_version: int | None, **values: Any) -> Row[Any]:
        """Update one row, raise its version, and return it whole.

        Raises Conflict when its version is not `expect_version` any more (None: whatever it is), NotFound when there is none.
        """
        bound = {"which_row": row_id} | {f"to_{key}": value for key, value in values.items()}
        if expect_version is not None:
            bound["seen_version"] = parse_version(expect_version)
        row = self.first(_update_of(table, frozenset(values), expect_version is not None), bound)
        if row is not None:
            return row
        if self.first(select(table.c.id).where(table.c.id == row_id)) is None:
            raise NotFound(_("This is not there any more. Reload to see the present state."))
        raise self.conflict(_TOPIC_OF[table.name], row_id)

    def conflict(self, topic: Topic, entity_id: int) -> Conflict:
        """Make the Conflict that names who changed the thing last, from the journal."""
        row = self.first(_LAST_CHANGE, {"topic": topic, "entity_id": entity_id})
        action = row.action if row else "changed"
        who = (
            (
                row.name
                or {
                    "contact": _("The parent"),
                    "link": _("The family"),
                    "visitor": _("The family"),
                    "system": "Request Desk",
                }.get(row.actor_kind, "")
            )
            if row
            else ""
        )
        told = _(
            "{name} has changed this since you opened it ({action}). Nothing was sent; look at it and decide again."
        )
        return Conflict(
            told.format(name=who or _("Somebody"), action=action.replace("_", " ")),
            who=who,
            what=action,
        )

    def record(self, action: str, topic: Topic, entity_id: int, *, broadcast: bool = True, **detail: Any) -> None:
        """Add a line to the journal of this transaction; `detail` takes ids, our words and times, no text of a patient."""
        self.lines.append(journal.Written(action, topic, entity_id, _plain(detail) or None, broadcast))

    def offer_undo(
        self, label: str, function: Callable[Concatenate["Unit", P], Any], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Offer a way back for the grace time; the outermost use case speaks last and so owns the label."""
        self.undo = Undo(label, self.now + self.grace, function, args, kwargs)


@cache
def _insert_into(table: Table) -> Insert:
    """One statement a table, so that it is known again."""
    return insert(table)


@cache
def _update_of(table: Table, columns: frozenset[str], is_versioned: bool) -> Executable:
    """The change of these columns of one row, with its version raised; one statement for each set of columns."""
    values = {key: bindparam(f"to_{key}", type_=table.c[key].type) for key in sorted(columns)}
    statement = (
        update(table)
        .where(table.c.id == bindparam("which_row"))
        .values(version=table.c.version + 1, **values)
        .returning(*table.c)
    )
    return statement.where(table.c.version == bindparam("seen_version")) if is_versioned else statement


class Desk:
    """Performs and queries on one database, from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock | None = None,
        new_id: NewId | None = None,
        sealer: Sealer | None = None,
        check_receiver: Callable[[str], str] | None = None,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._check_receiver = check_receiver
        self.clock = clock or SystemClock()
        self._new_id = new_id or IdSource(self.clock.now)
        self._settings: tuple[int, PracticeSettings] | None = None
        self._times: dict[str, PracticeTime] = {}
        self._words: dict[tuple[str, str], Words] = {}

    @property
    def is_sqlite(self) -> bool:
        return self._database.is_sqlite

    @property
    def database(self) -> Database:
        """The database itself, for backup and checks."""
        return self._database

    @property
    def sealer(self) -> Sealer:
        """Who seals secrets that rest in the database; raises KeyMissing in a process that was given no keys."""
        if self._sealer is None:
            raise missing()
        return self._sealer

    def check_receiver(self, url: str) -> str:
        """Return the address of a receiver of webhooks in its one spelling; looks its name up, so never within a transaction.

        Raises Invalid, and Unavailable in a process that sends none.
        """
        if self._check_receiver is None:
            raise Unavailable(_("Addresses cannot be looked up from this program. Change subscriptions at a desk."))
        return self._check_receiver(url)

    def perform(
        self, actor: Actor, function: Callable[Concatenate[Unit, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Outcome[T]:
        """Run a use case in one transaction: all or nothing.

        Repeats after a deadlock; asks the database by command id when the answer to a commit was lost. Raises Refused children for
        what users are told; everything else is a bug.
        """
        return self._perform(new_uuid(), actor, function, args, kwargs, keep=False)

    def perform_idempotent(
        self,
        command_id: UUID,
        actor: Actor,
        function: Callable[Concatenate[Unit, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Outcome[T]:
        """Like `perform`; the same command id again returns the first value and writes nothing (a form sent twice)."""
        return self._perform(command_id, actor, function, args, kwargs, keep=True)

    def query(
        self, actor: Actor, function: Callable[Concatenate[Unit, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a reading use case on a steady view of the database."""
        with _translated(), self._database.read(actor) as connection:
            unit = self._unit(connection, actor, is_writing=False)
            value = function(unit, *args, **kwargs)
            unit.flush()
            if unit.lines:
                raise TypeError(f"{function.__name__} writes and must be performed")
            return value

    def undo(self, actor: Actor, undo: Undo) -> Outcome[Any]:
        """Take an act back; raises UndoRefused with the reason when it is too late."""
        return self._perform(new_uuid(), actor, undo.function, undo.args, undo.kwargs, keep=False)

    def tail(self, after: int) -> tuple[Changes, int]:
        """Return what was committed behind journal number `after`, and the number to ask with next time.

        The feed is the process's own, whoever is signed in, and tells topics and ids alone.
        """
        with _translated(), self._database.read(SYSTEM) as connection:
            lines = journal.tail(connection, after, _FAR_BEHIND + 1)
            newest = journal.last(connection)
        if len(lines) > _FAR_BEHIND or newest < after:
            return Changes(everything=True), newest
        return Changes(tuple(_entry(line) for line in lines)), newest

    def last_seq(self) -> int:
        """Return the number of the newest journal line."""
        with _translated(), self._database.read(SYSTEM) as connection:
            return journal.last(connection)

    def watch(self) -> Watch:
        """Tell how to learn of commits of other processes."""
        if self._database.is_sqlite:
            return Watch(self._database.watch_paths, None)

        def listen(heard: Callable[[], None], stopped: Callable[[], bool]) -> None:
            with _translated():
                self._database.listen(journal.CHANNEL, heard, stopped)

        return Watch((), listen)

    def close(self) -> None:
        self._database.close()

    def settings_by(self, version: Deferred, first: Callable[[Executable], Row[Any] | None]) -> PracticeSettings:
        """Return the settings, decoded once per version; `first` gives a statement's first row."""
        kept = self._settings
        seen = version.first
        if kept is not None and kept[0] == (0 if seen is None else seen.version):
            return kept[1]
        row = first(_SETTINGS)
        settings = PracticeSettings()
        if row is not None:
            kept_days = row.settings.get("closed_days", {})
            # Practices that were set up before closed days had names kept a list of days.
            days = kept_days if isinstance(kept_days, dict) else dict.fromkeys(kept_days, "")
            values = {**row.settings, "closed_days": days}
            settings = replace(msgspec.convert(values, PracticeSettings), version=row.version)
        self._settings = (0 if row is None else row.version, settings)
        return settings

    def time_of(self, zone: str) -> PracticeTime:
        """Return the practice time of a zone, made once."""
        if zone not in self._times:
            self._times[zone] = PracticeTime(zone)
        return self._times[zone]

    def words_of(self, locale: str, zone: str) -> Words:
        """Return the formatter of a locale and a zone, made once: it keeps its patterns."""
        if (locale, zone) not in self._words:
            self._words[locale, zone] = Words(locale, self.time_of(zone))
        return self._words[locale, zone]

    def _unit(self, connection: Connection, actor: Actor, *, is_writing: bool) -> Unit:
        unit = Unit(connection, actor, self.clock.now(), self._new_id, self)
        if is_writing and self._database.statements.has_pipeline:
            unit.expect_settings()
        if actor.kind is ActorKind.STAFF and actor.session:
            unit.actor = _vouched(unit)
        return unit

    def _perform(
        self,
        command_id: UUID,
        actor: Actor,
        function: Callable[..., T],
        args: Iterable[Any],
        kwargs: Mapping[str, Any],
        *,
        keep: bool,
    ) -> Outcome[T]:
        _check_version(function, kwargs)
        is_unsure = False
        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(command_id, actor, function, args, kwargs, keep=keep, known=keep or attempt > 1)
            except _LostCommit as error:
                is_unsure = True  # until the next try has asked for the command id
                if attempt == _TRIES:
                    raise Unavailable(UNSURE) from error
            except Unavailable as error:
                if is_unsure:
                    raise Unavailable(UNSURE) from error
                raise
            except DBAPIError as error:
                is_unsure = is_unsure and error.connection_invalidated
                refused = Unavailable(UNSURE) if is_unsure else _refusal(error)
                if refused is not None and not _worth_repeating(error):
                    raise refused from error
                if refused is None or attempt == _TRIES:
                    raise refused or error from error
        raise AssertionError("unreachable")

    def _once(
        self,
        command_id: UUID,
        actor: Actor,
        function: Callable[..., T],
        args: Iterable[Any],
        kwargs: Mapping[str, Any],
        *,
        keep: bool,
        known: bool,
    ) -> Outcome[T]:
        is_written = False
        try:
            with self._database.write(actor) as connection:
                unit = self._unit(connection, actor, is_writing=True)
                if known and (answered := connection.execute(_COMMAND, {"command_id": command_id}).first()) is not None:
                    if (answered[1], answered[2]) != (function.__qualname__, actor.id):
                        raise Refused(_("This form was already used for something else. Load the page again."))
                    return Outcome(_decoded(function, answered[0]), Changes())
                value = function(unit, *args, **kwargs)
                events.publish(unit)
                numbers = self._written(unit, command_id, function, value, keep=keep)
                is_written = True
        except DBAPIError as error:
            if is_written and error.connection_invalidated:
                raise _LostCommit from error
            raise
        entries = tuple(
            JournalEntry(
                seq,
                unit.now,
                actor.kind,
                actor.id,
                actor.name,
                actor.desk,
                line.action,
                Topic(line.topic),
                line.entity_id,
            )
            for seq, line in zip(numbers, unit.lines, strict=True)
            if line.broadcast
        )
        return Outcome(value, Changes(entries), unit.undo)

    def _written(
        self, unit: Unit, command_id: UUID, function: Callable[..., T], value: T, *, keep: bool
    ) -> Sequence[int]:
        """Write the answer to the command and the lines of the journal; returns their numbers."""
        actor = unit.actor
        # SQLite has no connection that could be lost between a commit and its answer: only forms are asked for again.
        if unit.lines and unit.keeps_answer and (keep or not self.is_sqlite):
            unit.defer(
                _KEEP,
                {
                    "id": command_id,
                    "actor_id": actor.id,
                    "function": function.__qualname__,
                    "at": unit.now,
                    "answer": msgspec.json.encode(value).decode(),
                },
            )
        numbers = journal.append(
            unit.defer,
            unit.lines,
            is_postgresql=not self.is_sqlite,
            at=unit.now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            desk=actor.desk,
            command_id=command_id,
        )
        unit.flush()
        return [asked.rows[0][0] for asked in numbers]


def _check_version(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
    """Whoever changes something says which version of it was seen; only where the use case has a default may it be left out."""
    if "expect_version" not in kwargs:
        return
    seen = kwargs["expect_version"]
    if seen is not None or "expect_version" not in (function.__kwdefaults__ or {}):
        parse_version(seen)


class _LostCommit(Exception):
    """The connection broke between a commit and its answer: only the database knows what became of it."""


class _translated:  # noqa: N801  # reads as a word at its uses
    """Turn a database's error into the refusal that the user reads."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DBAPIError) and (refused := _refusal(error)) is not None:
            raise refused from error


def _refusal(error: DBAPIError) -> Refused | None:
    """Return what the user is told, or None when the error is a bug of ours."""
    words = str(error.orig)
    if "readonly database" in words or "read-only transaction" in words:
        return None  # a query that writes
    if is_damage(error):
        return Unavailable(DAMAGED)
    if any(name in words for name in _OVERLAPS):
        return SlotTaken(_("This time is taken by now. Choose another one."))
    if isinstance(error, IntegrityError):
        return (
            Refused(_("The same thing was changed at this moment. Try again.")) if "UNIQUE" in words.upper() else None
        )
    if getattr(error.orig, "sqlstate", None) in _AGAIN_STATES or "locked" in words:
        return Unavailable(BUSY)
    if error.connection_invalidated or isinstance(error, OperationalError):
        return Unavailable(LOST)
    return None


def _worth_repeating(error: DBAPIError) -> bool:
    """A deadlock, a clash of new ids, or a lost connection: the command id tells what became of the first try."""
    if getattr(error.orig, "sqlstate", None) in _AGAIN_STATES or error.connection_invalidated:
        return True
    return (
        isinstance(error, IntegrityError)
        and "UNIQUE" in str(error.orig).upper()
        and not any(n in str(error.orig) for n in _OVERLAPS)
    )


def _vouched(unit: Unit) -> Actor:
    """Return the actor with the roles it has now; raise SignedOut when its session does not stand any more (AUTH-07)."""
    actor = unit.actor
    row = unit.first(_SESSION, {"session": actor.session, "staff_id": actor.id})
    if row is None or not session_stands(
        active=row.active, revoked_at=row.revoked_at, expires_at=row.expires_at, now=unit.now
    ):
        raise SignedOut(_("You have been signed out. Sign in again; what you typed is kept."))
    # A session that began with a one-time code may set the password and nothing else (AUTH-08).
    roles = frozenset() if row.must_change else frozenset(Role(role) for role in row.roles)
    return actor if roles == actor.roles else replace(actor, roles=roles)


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in detail.items()
        if value is not None
    }


def _decoded(function: Callable[..., T], answer: str) -> T:
    hint = get_type_hints(function).get("return", type(None))
    hint = getattr(hint, "__supertype__", hint)
    return msgspec.json.decode(answer, type=hint)  # type: ignore[no-any-return]


def _entry(line: tuple[Any, ...]) -> JournalEntry:
    seq, at, kind, actor_id, name, desk, action, topic, entity_id, *scope = line
    seen = None if scope[0] is None else ScheduleScope(*scope)
    return JournalEntry(seq, at, kind, actor_id, name, desk, action, Topic(topic), entity_id, seen)
