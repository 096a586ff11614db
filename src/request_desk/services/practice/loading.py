"""Bringing many rows in at once: the start of an import and of the demo practice. Single changes go through their use cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotAllowed, NotFound
from request_desk.domain.ids import ContactId, PatientId
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.store import schema

_BATCH: Final = 5_000  # rows of one statement's values in memory
# In the order of their references. Requests, messages, marks and notices are not here: they have a life that use cases write.
_TOPICS: Final[Mapping[str, Topic]] = {
    "location": Topic.DIRECTORY,
    "provider": Topic.DIRECTORY,
    "provider_location": Topic.DIRECTORY,
    "staff": Topic.STAFF,
    "department": Topic.DIRECTORY,
    "department_member": Topic.STAFF,
    "appointment_type": Topic.DIRECTORY,
    "appointment_type_provider": Topic.DIRECTORY,
    "appointment_type_duration": Topic.DIRECTORY,
    "availability_window": Topic.AVAILABILITY,
    "availability_window_type": Topic.AVAILABILITY,
    "absence": Topic.AVAILABILITY,
    "patient": Topic.PATIENT,
    "contact": Topic.PATIENT,
    "contact_patient": Topic.PATIENT,
    "contact_point": Topic.PATIENT,
    "appointment": Topic.APPOINTMENT,
}
_relation, _journal = schema.contact_patient, schema.journal
_RIGHTS = (
    update(_relation)
    .where(_relation.c.contact_id == bindparam("who"), _relation.c.patient_id == bindparam("whom"))
    .values(may_book=bindparam("books"))
)
_LATEST = select(func.max(_journal.c.at))
_NEWEST = select(func.coalesce(func.max(_journal.c.seq), 0))
_ACTED = (
    select(_journal.c.seq)
    .where(
        _journal.c.seq > bindparam("after"),
        _journal.c.actor_kind != ActorKind.SYSTEM.value,
        _journal.c.topic.not_in([Topic.SESSION.value, Topic.CLAIM.value, Topic.MARK.value]),
        _journal.c.broadcast,
    )
    .limit(1)
)


def load(unit: Unit, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
    """Insert rows of the directory, of people and of appointments, and return how many; one line in the journal for each table.

    The rows of a table have the same columns; what is left out takes its default. The database's own rules hold: two
    appointments that overlap raise SlotTaken, and nothing is loaded.
    """
    _only_program(unit)
    unknown = rows.keys() - _TOPICS.keys()
    if unknown:
        raise ValueError(f"not loaded in bulk: {', '.join(sorted(unknown))}")
    loaded = 0
    for name, topic in _TOPICS.items():
        values = rows.get(name, ())
        if not values:
            continue
        statement = insert(schema.metadata.tables[name])
        for start in range(0, len(values), _BATCH):
            unit.run(statement, values[start : start + _BATCH])
        unit.record("loaded", topic, 0, table=name, rows=len(values))
        loaded += len(values)
    return loaded


def new_ids(unit: Unit, count: int) -> tuple[int, ...]:
    """Return ids for rows to load, in rising order."""
    _only_program(unit)
    return tuple(unit.new_id() for _each in range(count))


def set_may_book(unit: Unit, contact_id: ContactId, patient_id: PatientId, *, may_book: bool) -> None:
    """Give a contact the right to book for a patient, or take it away."""
    _only_program(unit)
    if not unit.run(_RIGHTS, {"who": contact_id, "whom": patient_id, "books": may_book}):
        raise NotFound(_("This contact has no relation to this patient. Reload to see the present state."))
    unit.record("changed_rights", Topic.PATIENT, patient_id, contact_id=contact_id)


def latest_instant(unit: Unit) -> datetime | None:
    """Return when the last change was made; None in an empty database."""
    _only_program(unit)
    found: datetime | None = unit.connection.execute(_LATEST).scalar()
    return found


def newest_line(unit: Unit) -> int:
    """Return the number of the last line of the journal."""
    _only_program(unit)
    return int(unit.connection.execute(_NEWEST).scalar_one())


def has_been_used(unit: Unit, after: int) -> bool:
    """Tell whether anybody has changed something behind a line of the journal; looking, claiming and signing in is no change."""
    _only_program(unit)
    return unit.first(_ACTED, {"after": after}) is not None


def _only_program(unit: Unit) -> None:
    unit.require(Permission.RUN_JOBS)
    if unit.actor.kind is not ActorKind.SYSTEM:
        raise NotAllowed(_("Only the program itself loads data."))
