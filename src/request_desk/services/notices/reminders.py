"""Reminders: the rules of a type, and the job that decides once for each of them and each time that an appointment has (RM1, RM2).

What is decided is a row; what is told is a line of the journal for each recipient, and a notice for each channel that is on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Executable, Row, and_, bindparam, delete, exists, literal_column, or_, select, update

from request_desk.domain.access import Permission, Role, a_contact
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.ids import ContactId, ProviderId, ReminderRuleId, StaffId, TypeId
from request_desk.domain.notices import REMINDER, STAFF_REMINDER
from request_desk.domain.policy import Action, PatientSubject, may
from request_desk.domain.reminders import (
    Reachable,
    ReminderGroup,
    ReminderOutcome,
    ReminderRule,
    due_starts,
    last_at,
    missed_starts,
    outcome,
)
from request_desk.services.desk import Unit
from request_desk.services.notices import outbox
from request_desk.services.people.patients import relation_of
from request_desk.store import schema

BATCH: Final = 50  # appointments a transaction: a booking waits for no more than that (JOB-04)
_PACE: Final = timedelta(
    milliseconds=100
)  # between two letters of one sweep, so that a code to sign in need not wait for a thousand
_IN_THE_MAKING: Final = timedelta(minutes=10)  # longer than any transaction, beside the grace time of an act
_MINUTE: Final = timedelta(minutes=1)

_rule, _done, _appointment = schema.reminder_rule, schema.appointment_reminder, schema.appointment
_contact, _point, _relation, _patient = schema.contact, schema.contact_point, schema.contact_patient, schema.patient
_RULES = select(_rule).order_by(_rule.c.type_id, _rule.c.minutes_before.desc(), _rule.c.recipients, _rule.c.id)
_OF_TYPE = _RULES.where(_rule.c.type_id == bindparam("type")).with_for_update()
# A rule that a job goes by is not deleted meanwhile.
_ACTIVE = _RULES.where(_rule.c.active)
_USED = _ACTIVE.with_for_update(read=True, key_share=True)
_is_booked = and_(
    _appointment.c.status == literal_column("'confirmed'"),  # spelled out for the partial index
    _appointment.c.starts_at > bindparam("after"),
    _appointment.c.starts_at <= bindparam("until"),
    _appointment.c.visible_at <= bindparam("now"),  # what can still be undone is nobody's to hear
)
_is_decided = exists().where(_done.c.appointment_id == _appointment.c.id, _done.c.starts_at == _appointment.c.starts_at)
# All rules that remind as long before at once: most types have the same.
_LOOK = (
    select(_appointment.c.id)
    .select_from(_rule.join(_appointment, _appointment.c.type_id == _rule.c.type_id))
    .where(
        _rule.c.active,
        _rule.c.minutes_before == bindparam("minutes"),
        _is_booked,
        ~_is_decided.where(_done.c.rule_id == _rule.c.id),
    )
    .limit(1)
)
# Whoever cancels or moves one of these waits, or is waited for at the next turn.
_FOUND = (
    select(
        _appointment.c.id,
        _appointment.c.starts_at,
        _appointment.c.created_at,
        _appointment.c.visible_at,
        _appointment.c.patient_id,
        _appointment.c.provider_id,
    )
    .where(
        _appointment.c.type_id == bindparam("type"),
        _is_booked,
        ~_is_decided.where(_done.c.rule_id == bindparam("rule")),
    )
    .order_by(_appointment.c.starts_at)
    .limit(bindparam("most"))
    .with_for_update(of=_appointment, skip_locked=True)
)
_CONTACTS = (
    select(
        *_relation.c,
        and_(_patient.c.active, ~_patient.c.deceased).label("patient_active"),
        _point.c.channel,
        _point.c.value,
        _point.c.takes_texts,
    )
    .select_from(
        _relation.join(_contact, _contact.c.id == _relation.c.contact_id)
        .join(_patient, _patient.c.id == _relation.c.patient_id)
        .outerjoin(_point, and_(_point.c.contact_id == _contact.c.id, _point.c.verified_at.is_not(None)))
    )
    .where(_relation.c.patient_id.in_(bindparam("patients", expanding=True)), _contact.c.active, ~_contact.c.opted_out)
    .order_by(_relation.c.patient_id, _relation.c.contact_id, _point.c.id)
)
_provider, _staff = schema.provider.c, schema.staff.c
_PROVIDERS = (
    select(_provider.id, _provider.short_name, _provider.email, _provider.mobile_phone)
    .where(_provider.active)
    .order_by(_provider.position, _provider.id)
)
_STAFF = (
    select(_staff.id, _staff.name, _staff.roles, _staff.email, _staff.mobile_phone)
    .where(_staff.active)
    .order_by(_staff.id)
)
# Whether reminders by text message go to a provider: of a type that everybody does, or that this one does.
_type, _does = schema.appointment_type, schema.appointment_type_provider.c
_SENDS_TEXTS = (
    select(_rule.c.id)
    .select_from(_rule.join(_type, _type.c.id == _rule.c.type_id))
    .where(
        _rule.c.active,
        _rule.c.by_sms,
        _rule.c.recipients == ReminderGroup.PROVIDER,
        _type.c.active,
        or_(
            ~exists().where(_does.type_id == _type.c.id),
            exists().where(_does.type_id == _type.c.id, _does.provider_id == bindparam("which")),
        ),
    )
    .limit(1)
)
_FORGET = delete(_rule).where(
    _rule.c.id.in_(bindparam("ids", expanding=True)), ~exists().where(_done.c.rule_id == _rule.c.id)
)
_SWITCH_OFF = (
    update(_rule)
    .where(_rule.c.id.in_(bindparam("ids", expanding=True)), _rule.c.active)
    .values(active=False, version=_rule.c.version + 1)
)


@dataclass(frozen=True, slots=True)
class Looked:
    """When one process has looked at everything that was due by which rules, each with its version; it only saves work."""

    at: datetime
    rules: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody who is reminded: as the decision names them, and where a notice goes."""

    name: str  # "contact:17"
    group: ReminderGroup
    id: int
    addresses: Mapping[Channel, str]


# Rules


def rules_by_type(unit: Unit) -> Mapping[TypeId, tuple[ReminderRule, ...]]:
    """Return the rules of every type that has some, the longest ahead first."""
    unit.require(Permission.VIEW_SETTINGS)
    found: defaultdict[TypeId, list[ReminderRule]] = defaultdict(list)
    for row in unit.rows(_RULES):
        found[TypeId(row.type_id)].append(_view(row))
    return {type_id: tuple(rules) for type_id, rules in found.items()}


def reachable(unit: Unit) -> tuple[Reachable, ...]:
    """Return the providers and the administrators who are on, with what there is to remind them by (AP9)."""
    unit.require(Permission.VIEW_SETTINGS)
    providers = [
        Reachable(row.short_name, ProviderId(row.id), bool(row.email), bool(row.mobile_phone))
        for row in unit.rows(_PROVIDERS)
    ]
    administrators = [
        Reachable(row.name, None, bool(row.email), bool(row.mobile_phone))
        for row in unit.rows(_STAFF)
        if Role.ADMINISTRATOR in row.roles
    ]
    return (*providers, *administrators)


def sends_texts_to(unit: Unit, provider_id: ProviderId) -> bool:
    """Tell whether a rule reminds a provider by text message, within a use case about that provider."""
    return unit.first(_SENDS_TEXTS, {"which": provider_id}) is not None


def rules_of(unit: Unit, type_id: TypeId) -> tuple[ReminderRule, ...]:
    """Return the rules of a type, within a use case that changes them."""
    return tuple(_view(row) for row in unit.rows(_OF_TYPE, {"type": type_id}))


def write_rules(unit: Unit, type_id: TypeId, rules: Sequence[ReminderRule]) -> None:
    """Let a type have these rules, which were checked; new ones have id 0.

    One that is left out is gone, or switched off when something was decided by it: a visit hears once of each rule.
    """
    known = {rule.id: rule for rule in rules_of(unit, type_id)}
    kept = {rule.id for rule in rules}
    if gone := [rule_id for rule_id in known if rule_id not in kept]:
        unit.run(_FORGET, {"ids": gone})
        unit.run(_SWITCH_OFF, {"ids": gone})
    for rule in rules:
        values = {
            "recipients": rule.group,
            "minutes_before": rule.before // _MINUTE,
            "by_email": rule.by_email,
            "by_sms": rule.by_sms,
            "active": rule.active,
        }
        if rule.id not in known:  # also one that an undo brings back
            unit.insert(_rule, id=rule.id or unit.new_id(), type_id=type_id, **values)
        elif rule != known[rule.id]:
            unit.change(_rule, rule.id, None, **values)


def _view(row: Row[Any]) -> ReminderRule:
    return ReminderRule(
        ReminderRuleId(row.id),
        ReminderGroup(row.recipients),
        row.minutes_before * _MINUTE,
        by_email=row.by_email,
        by_sms=row.by_sms,
        active=row.active,
    )


# The job


def look(unit: Unit, last: Looked | None = None) -> tuple[bool, Looked]:
    """Tell whether something is to be decided, a look that writes nothing, and what was looked at.

    After a `last` look by the same rules that left nothing to decide, only what is due since is looked for, and what may have been
    in the making then. Without one it is all that is due and not too late: after a start, a failure, a change of the rules.
    """
    unit.require(Permission.RUN_JOBS)
    now = unit.database_now
    rules = unit.rows(_ACTIVE)
    looked = Looked(now, tuple((row.id, row.version) for row in rules))
    since = None
    if last is not None and last.rules == looked.rules and last.at <= now:
        since = last.at - _IN_THE_MAKING - unit.grace
    asked = []
    for minutes in sorted({row.minutes_before for row in rules}):
        after, until = due_starts(minutes * _MINUTE, now)
        if since is not None:
            after = max(after, since + minutes * _MINUTE)
        asked.append(unit.defer(_LOOK, {"minutes": minutes, "after": after, "until": until, "now": now}))
    return any(each.rows for each in asked), looked


def sweep(unit: Unit, *, already: int = 0) -> int:
    """Decide about appointments whose reminder is due, at most `BATCH`, and queue what goes out; returns about how many.

    `already` counts those of the turns before, behind which these wait for their letters. By the database's clock; whoever decides
    the same at the same moment decides nothing twice (JOB-02).
    """
    unit.require(Permission.RUN_JOBS)
    now = unit.database_now
    found: list[tuple[Row[Any], Row[Any]]] = []
    for rule in unit.rows(_USED):
        if len(found) < BATCH:
            asked = _asking(rule, now, due_starts(_before(rule), now), BATCH - len(found))
            found += [(rule, row) for row in unit.rows(_FOUND, asked)]
    if found:
        _decide(unit, found, now, already)
    return len(found)


def write_off(unit: Unit) -> int:
    """Note of visits to come that it is too late to remind of them, after nobody could for long; returns how many, a batch at a time."""
    unit.require(Permission.RUN_JOBS)
    now = unit.database_now
    found: list[dict[str, Any]] = []
    for rule in unit.rows(_USED):
        most = 10 * BATCH - len(found)
        after, until = missed_starts(_before(rule), now)
        if most and after < until:
            asked = _asking(rule, now, (after, until), most)
            found += [_decided(rule, row, "", ReminderOutcome.TOO_LATE, now) for row in unit.rows(_FOUND, asked)]
    if found:
        _keep(unit, found)
    return len(found)


def _before(rule: Row[Any]) -> timedelta:
    return int(rule.minutes_before) * _MINUTE


def _asking(rule: Row[Any], now: datetime, between: tuple[datetime, datetime], most: int) -> dict[str, Any]:
    after, until = between
    return {"rule": rule.id, "type": rule.type_id, "after": after, "until": until, "now": now, "most": most}


def _decide(unit: Unit, found: Sequence[tuple[Row[Any], Row[Any]]], now: datetime, already: int) -> None:
    """Decide about each pair of a rule and an appointment, and tell those who were not told before."""
    people = _People(unit, found)
    decided: list[dict[str, Any]] = []
    told: list[tuple[Row[Any], Row[Any], tuple[_Person, ...]]] = []
    for rule, row in found:
        before, booked_at = _before(rule), max(row.created_at, row.visible_at - unit.grace)
        what = outcome(before, starts_at=row.starts_at, booked_at=booked_at, now=now)
        to = people.of(rule, row) if what is ReminderOutcome.PUBLISHED else ()
        if not to:
            what = ReminderOutcome.NOBODY if what is ReminderOutcome.PUBLISHED else ReminderOutcome.TOO_LATE
            decided.append(_decided(rule, row, "", what, now))
        else:
            decided += [_decided(rule, row, each.name, what or ReminderOutcome.PUBLISHED, now) for each in to]
            told.append((rule, row, to))
    kept = _keep(unit, decided)
    sent = already
    for rule, row, to in told:
        fresh = tuple(each for each in to if (row.id, rule.id, each.name) in kept)
        for each in fresh:
            unit.record(
                "reminder_due",
                Topic.APPOINTMENT,
                row.id,
                broadcast=False,  # nothing that a window shows has changed
                rule_id=rule.id,
                minutes_before=rule.minutes_before,
                group=rule.recipients,
                recipient=each.name,
            )
        for channel, (first, *others) in _readers(rule, fresh):
            # Until when it is worth sending is kept with it: after an outage nobody is reminded of what has begun (JOB-04).
            outbox.enqueue_reminder(
                unit,
                REMINDER if first.group is ReminderGroup.PATIENT else STAFF_REMINDER,
                appointment_id=row.id,
                channel=channel,
                dedupe_key=f"reminder:{row.id}:{rule.id}:{row.starts_at.isoformat()}:{first.name}:{channel}",
                contact_id=ContactId(first.id) if first.group is ReminderGroup.PATIENT else None,
                provider_id=ProviderId(first.id) if first.group is ReminderGroup.PROVIDER else None,
                staff_id=StaffId(first.id) if first.group is ReminderGroup.ADMINISTRATOR else None,
                also=[ContactId(each.id) for each in others],
                until=last_at(_before(rule), row.starts_at),
                not_before=now + sent * _PACE,
            )
            sent += 1


class _People:
    """Who is reminded of the appointments of a batch, found once for all of them."""

    def __init__(self, unit: Unit, found: Iterable[tuple[Row[Any], Row[Any]]]) -> None:
        groups = {ReminderGroup(rule.recipients) for rule, _row in found}
        patients = sorted({row.patient_id for rule, row in found if rule.recipients == ReminderGroup.PATIENT})
        contacts = unit.defer(_CONTACTS, {"patients": patients}) if patients else None
        providers = unit.defer(_PROVIDERS) if ReminderGroup.PROVIDER in groups else None
        staff = unit.defer(_STAFF) if ReminderGroup.ADMINISTRATOR in groups else None
        self._contacts = {} if contacts is None else _hearing(unit, contacts.rows)
        rows = () if providers is None else providers.rows
        self._providers = {
            row.id: (_Person(f"provider:{row.id}", ReminderGroup.PROVIDER, row.id, _own_addresses(row)),)
            for row in rows
        }
        rows = () if staff is None else staff.rows
        self._administrators = tuple(
            _Person(f"staff:{row.id}", ReminderGroup.ADMINISTRATOR, row.id, _own_addresses(row))
            for row in rows
            if Role.ADMINISTRATOR in row.roles
        )

    def of(self, rule: Row[Any], row: Row[Any]) -> tuple[_Person, ...]:
        """Whom a rule reminds of an appointment."""
        match ReminderGroup(rule.recipients):
            case ReminderGroup.PATIENT:
                return self._contacts.get(row.patient_id, ())
            case ReminderGroup.PROVIDER:
                return self._providers.get(row.provider_id, ())
            case ReminderGroup.ADMINISTRATOR:
                return self._administrators


def _hearing(unit: Unit, rows: Iterable[Row[Any]]) -> dict[int, tuple[_Person, ...]]:
    """The contacts of each patient who may hear of them today, with the first confirmed address of each channel."""
    today = unit.time.day_of(unit.database_now)
    found: dict[int, dict[int, dict[Channel, str]]] = {}
    for row in rows:
        subject = PatientSubject(relation_of(row), is_present=bool(row.patient_active))
        if may(a_contact(row.contact_id), Action.HEAR, subject, today):
            addresses = found.setdefault(row.patient_id, {}).setdefault(row.contact_id, {})
            if row.channel == Channel.EMAIL:
                addresses.setdefault(Channel.EMAIL, row.value)
            elif row.channel == Channel.PHONE and row.takes_texts:
                addresses.setdefault(Channel.SMS, row.value)
    return {
        patient_id: tuple(
            _Person(f"contact:{contact_id}", ReminderGroup.PATIENT, contact_id, addresses)
            for contact_id, addresses in contacts.items()
        )
        for patient_id, contacts in found.items()
    }


def _own_addresses(row: Row[Any]) -> dict[Channel, str]:
    return {way: value for way, value in ((Channel.EMAIL, row.email), (Channel.SMS, row.mobile_phone)) if value}


def _readers(rule: Row[Any], people: Sequence[_Person]) -> Iterator[tuple[Channel, list[_Person]]]:
    """Each channel that is on, with who reads one address there: several of a family may."""
    for channel, is_on in ((Channel.EMAIL, rule.by_email), (Channel.SMS, rule.by_sms)):
        reading: dict[str, list[_Person]] = {}
        for each in people if is_on else ():
            if channel in each.addresses:
                is_family = each.group is ReminderGroup.PATIENT
                reading.setdefault(each.addresses[channel].casefold() if is_family else each.name, []).append(each)
        for found in reading.values():
            yield channel, found


def _decided(rule: Row[Any], row: Row[Any], recipient: str, what: ReminderOutcome, now: datetime) -> dict[str, Any]:
    return {
        "appointment_id": row.id,
        "rule_id": rule.id,
        "starts_at": row.starts_at,
        "recipient": recipient,
        "outcome": what,
        "at": now,
    }


def _keep(unit: Unit, decided: Sequence[Mapping[str, Any]]) -> set[tuple[int, int, str]]:
    """Write what was decided; returns (appointment, rule, recipient) of what nobody else has decided meanwhile."""
    rows = unit.connection.execute(_keeping(is_sqlite=unit.is_sqlite), list(decided))
    return {(row.appointment_id, row.rule_id, row.recipient) for row in rows}


@cache
def _keeping(*, is_sqlite: bool) -> Executable:
    from sqlalchemy.dialects import postgresql, sqlite

    made = sqlite.insert(_done) if is_sqlite else postgresql.insert(_done)
    return made.on_conflict_do_nothing().returning(_done.c.appointment_id, _done.c.rule_id, _done.c.recipient)
