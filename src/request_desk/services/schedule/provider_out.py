"""A provider is out (ACT9): what is affected, the plan that is written first, and each of its rows in a transaction of its own.

A row is done once: its state is written together with the act and the notice, so that a plan that broke off goes on where it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select, update

from request_desk.domain import schedule
from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid, LimitCode, Limited, NotFound, Refused, UndoRefused
from request_desk.domain.ids import AbsenceId, AppointmentId, LocationId, PlanId, ProviderId
from request_desk.domain.notices import CANCELLATION, MOVE, Absent
from request_desk.domain.provider_out import (
    AHEAD,
    Displaced,
    Need,
    OutAct,
    OutChoice,
    OutPlan,
    OutRow,
    OutState,
    PlanState,
)
from request_desk.domain.requests import Act, Cancellation, Move
from request_desk.domain.spans import Slot, Span, overlaps
from request_desk.domain.text import clean_text
from request_desk.domain.words import _, plural, speaking
from request_desk.services.desk import Unit
from request_desk.services.notices import outbox, previews
from request_desk.services.people import patients
from request_desk.services.practice import availability
from request_desk.services.schedule import acts, scheduling, slots
from request_desk.services.schedule.patient_facts import facts_of
from request_desk.services.schedule.views import VIEW, load, load_many, view
from request_desk.store import schema

_LONGEST: Final = timedelta(days=92)
_MOST_TEXT: Final = 500
_ERROR_MOST: Final = 500

_table, _plan, _row = schema.appointment, schema.provider_out, schema.provider_out_row
_AFFECTED = VIEW.where(
    _table.c.provider_id == bindparam("provider"),
    _table.c.status == AppointmentStatus.CONFIRMED,
    _table.c.starts_at > bindparam("now"),
    _table.c.starts_at < bindparam("until"),
    _table.c.ends_at > bindparam("since"),
).order_by(_table.c.starts_at, _table.c.id)
_HOUSEHOLDS = select(schema.patient.c.id, schema.patient.c.household_id).where(
    schema.patient.c.id.in_(bindparam("patients", expanding=True))
)
_OF_HOUSEHOLDS = (
    select(schema.patient.c.household_id, _table.c.id, _table.c.starts_at, _table.c.ends_at)
    .select_from(_table.join(schema.patient, schema.patient.c.id == _table.c.patient_id))
    .where(
        schema.patient.c.household_id.in_(bindparam("households", expanding=True)),
        _table.c.status == AppointmentStatus.CONFIRMED,
        _table.c.ends_at > bindparam("now"),
    )
)
_PLAN = (
    select(*_plan.c, schema.provider.c.short_name)
    .select_from(_plan.join(schema.provider, schema.provider.c.id == _plan.c.provider_id))
    .where(_plan.c.id == bindparam("plan"))
)
_LOCKED = select(*_plan.c).where(_plan.c.id == bindparam("plan")).with_for_update()
_ROWS = select(*_row.c).where(_row.c.plan_id == bindparam("plan"))
_ONE_ROW = _ROWS.where(_row.c.appointment_id == bindparam("appointment"))
_LEFT = select(func.count()).where(_row.c.plan_id == bindparam("plan"), _row.c.state != OutState.DONE)
_is_open = _plan.c.state.in_([PlanState.DRAFT, PlanState.RUNNING])
_OPEN = (
    select(
        _plan.c.id,
        _plan.c.provider_id,
        _plan.c.starts_at,
        _plan.c.ends_at,
        schema.provider.c.short_name,
        func.count(_row.c.appointment_id).label("total"),
        func.count(_row.c.appointment_id).filter(_row.c.state == OutState.DONE).label("done"),
    )
    .select_from(
        _plan.join(schema.provider, schema.provider.c.id == _plan.c.provider_id).join(
            _row, _row.c.plan_id == _plan.c.id
        )
    )
    .where(_is_open)
    .group_by(_plan.c.id, _plan.c.provider_id, _plan.c.starts_at, _plan.c.ends_at, schema.provider.c.short_name)
    .order_by(_plan.c.id)
)
_SETTLE = update(_row).where(
    _row.c.plan_id == bindparam("of_plan"), _row.c.appointment_id == bindparam("of_appointment")
)
_ABSENCE_VERSION = select(schema.absence.c.version).where(schema.absence.c.id == bindparam("absence"))


@dataclass(frozen=True, slots=True)
class OutSituation:
    """What a time out means: the appointments in it, by start, the free slots for each need behind it, and whom no notice reaches."""

    provider_id: ProviderId
    provider_name: str
    span: Span
    displaced: tuple[Displaced, ...]
    free: Mapping[Need, tuple[Slot, ...]]
    unreached: frozenset[AppointmentId]


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A plan that is not through: whose, and how far it is."""

    id: PlanId
    provider_name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class OutLetter:
    """A letter as a parent will get it: the name, the address, the language it is in, and what the portal says beside it."""

    name: str
    address: str
    language: str
    subject: str
    body: str
    portal: str = ""


@dataclass(frozen=True, slots=True)
class OutLetters:
    """What is sent about one appointment; whom to call where nobody can be written to, with their numbers."""

    letters: tuple[OutLetter, ...]
    call: tuple[tuple[str, str], ...] = ()


def situation(unit: Unit, provider_id: ProviderId, span: Span) -> OutSituation:
    """Return what happens when a provider is out; nothing is written.

    Appointments that have begun are not in it: nobody can move them any more. Raises Invalid for a span that ends before it begins,
    lies behind, or is longer than 92 days.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    checked = _checked_span(unit, span)
    name = _provider_name(unit, provider_id)
    asked = {"provider": provider_id, "now": unit.now, "since": checked.starts_at, "until": checked.ends_at}
    affected = [view(row) for row in unit.rows(_AFFECTED, asked)]
    type_ids = sorted({each.type_id for each in affected})
    book = slots.open_book(unit, Span(unit.now, checked.ends_at + AHEAD))
    types = {type_id: slots.type_rules(unit, type_id) for type_id in type_ids}
    displaced = tuple(
        Displaced(each, household, types[each.type_id], elsewhere, facts_of(unit, types[each.type_id], each.patient_id))
        for each, household, elsewhere in _with_households(unit, affected)
    )
    free: dict[Need, tuple[Slot, ...]] = {}
    for one in {each.need: each for each in displaced}.values():
        type_ = one.type
        earliest = schedule.earliest(type_.minimum_notice, unit.now, unit.time)
        latest = schedule.latest(type_.maximum_advance, unit.now, unit.time)
        # As for parents: what is kept for staff to give away by hand is given to nobody by a plan.
        first = max(earliest, _first_day(unit, affected))
        found = book.slots(type_, for_staff=False, earliest=first, latest=latest, patient=one.facts)
        free[one.need] = tuple(slot for slot in found if not _is_out(slot, provider_id, checked))
    return OutSituation(
        provider_id,
        name,
        checked,
        displaced,
        free,
        frozenset(each.id for each in affected if not outbox.told_of_acts(unit, each.patient_id)),
    )


def open_plans(unit: Unit) -> tuple[OpenPlan, ...]:
    """Return the plans that broke off or are under way, oldest first."""
    unit.require(Permission.CHANGE_SCHEDULE)
    return tuple(OpenPlan(PlanId(row.id), row.short_name, row.done, row.total) for row in unit.rows(_OPEN))


def plan(unit: Unit, plan_id: PlanId) -> OutPlan:
    """Return a plan with what became of each appointment; raises NotFound."""
    unit.require(Permission.CHANGE_SCHEDULE)
    head = unit.first(_PLAN, {"plan": plan_id})
    if head is None:
        raise _no_plan()
    rows = unit.rows(_ROWS, {"plan": plan_id})
    known = load_many(unit, [AppointmentId(row.appointment_id) for row in rows])
    found = [_row_of(unit, row, known[AppointmentId(row.appointment_id)]) for row in rows]
    found.sort(key=lambda each: (each.appointment.starts_at, each.appointment.id))
    return OutPlan(
        PlanId(head.id),
        head.version,
        ProviderId(head.provider_id),
        head.short_name,
        Span(head.starts_at, head.ends_at),
        head.label,
        PlanState(head.state),
        tuple(found),
    )


def letters(unit: Unit, choice: OutChoice) -> OutLetters:
    """Return the letters that what is decided for an appointment will send, as each parent will read them."""
    unit.require(Permission.CHANGE_SCHEDULE)
    entry, slot = load(unit, choice.appointment_id), choice.slot
    if choice.act is OutAct.KEEP or (choice.act is OutAct.MOVE and slot is None):
        return OutLetters(())
    starts_at, place, zone = entry.starts_at, entry.location_name, entry.zone
    if slot is not None and choice.act is OutAct.MOVE:
        location = slots.all_locations(unit)[slot.location_id]
        starts_at, place, zone = slot.starts_at, location.name, location.zone
    found = previews.previews(
        unit,
        MOVE if choice.act is OutAct.MOVE else CANCELLATION,
        entry.patient_id,
        first_name=patients.patient_of(unit, entry.patient_id).given_name,
        starts_at=starts_at,
        place=place,
        zone=zone,
        absent=_cause(unit, entry),
    )
    if not found:
        return OutLetters((), patients.to_call(unit, entry.patient_id))
    return OutLetters(
        tuple(
            OutLetter(
                patients.contact_of(unit, each.contact_id).name,
                each.address,
                each.language,
                each.letter.subject,
                each.letter.body,
                _portal_words(unit, choice, each.language),
            )
            for each in found
        )
    )


def begin(unit: Unit, provider_id: ProviderId, span: Span, label: str, choices: Sequence[OutChoice]) -> PlanId:
    """Write down that a provider is out, and what is to become of each appointment; nothing of that is done yet.

    The time off is entered with it. Raises Refused while another plan of the provider for that time is open, Invalid for a reason
    that there is not.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    checked = _checked_span(unit, span)
    why = clean_text(label, field=_("Why"), most=_MOST_TEXT, lines=False)
    for other in unit.rows(_OPEN):
        if other.provider_id == provider_id and overlaps(Span(other.starts_at, other.ends_at), checked):
            raise Refused(
                _("A plan for {provider} and this time was begun already. Go on with that one.").format(
                    provider=other.short_name
                )
            )
    _check_choices(unit, provider_id, checked, choices)
    plan_id = PlanId(unit.new_id())
    effect = availability.add_absence(unit, provider_id, checked, why)
    unit.undo = None  # it goes back with the whole plan
    unit.insert(
        _plan,
        id=plan_id,
        provider_id=provider_id,
        absence_id=effect.id,
        starts_at=checked.starts_at,
        ends_at=checked.ends_at,
        label=why,
        state=PlanState.DRAFT if choices else PlanState.DONE,
        created_at=unit.now,
        created_by_id=unit.actor.id,
    )
    for choice in choices:
        unit.insert(_row, plan_id=plan_id, **_columns(choice))
    unit.record("began_provider_out", Topic.AVAILABILITY, plan_id, provider_id=provider_id, count=len(choices))
    if not choices:
        _offer_undo(unit, plan_id, _provider_name(unit, provider_id), 0, unit.now)
    return plan_id


def change_rows(unit: Unit, plan_id: PlanId, choices: Sequence[OutChoice], *, expect_version: int) -> int:
    """Decide anew about appointments of a plan that are not done, or were booked meanwhile; return its new version.

    Raises Conflict when the plan changed since it was seen, Refused when it is not open.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    head = _open_plan(unit, plan_id)
    _check_choices(unit, ProviderId(head.provider_id), Span(head.starts_at, head.ends_at), choices)
    known = {row.appointment_id: row for row in unit.rows(_ROWS, {"plan": plan_id})}
    for choice in choices:
        row = known.get(choice.appointment_id)
        if row is None:
            unit.insert(_row, plan_id=plan_id, **_columns(choice))
        elif row.state != OutState.DONE:
            _settle(unit, plan_id, **_columns(choice))
    changed = unit.change(_plan, plan_id, expect_version, state=head.state)
    unit.record("changed_provider_out", Topic.AVAILABILITY, plan_id, count=len(choices))
    return int(changed.version)


def do_row(unit: Unit, plan_id: PlanId, appointment_id: AppointmentId) -> AppointmentId:
    """Do what is decided for one appointment, with its notices, and return where it is now; one that is done is left as it is.

    The patient's notice to move does not bind (the practice is the cause): the reason is kept with the appointment. Any other limit
    that has come up, a taken time or a change since it was seen is refused, for this row alone.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    head = _open_plan(unit, plan_id, may_be_through=True)
    row = unit.first(_ONE_ROW, {"plan": plan_id, "appointment": appointment_id})
    if row is None:
        raise _no_plan()
    if row.state == OutState.DONE:
        return AppointmentId(row.new_appointment_id or appointment_id)
    new_id = _done(unit, head, _choice(row))
    unit.undo = None  # the plan goes back as a whole
    _settle(unit, plan_id, appointment_id=appointment_id, state=OutState.DONE, error="", new_appointment_id=new_id)
    unit.record("did_provider_out", Topic.AVAILABILITY, plan_id, appointment_id=appointment_id, act=row.act)
    left = int(unit.value(_LEFT, {"plan": plan_id}))
    state = PlanState.RUNNING if left else PlanState.DONE
    if head.state != state:
        unit.change(_plan, plan_id, None, state=state)
    if not left:
        name = _provider_name(unit, ProviderId(head.provider_id))
        _offer_undo(unit, plan_id, name, len(unit.rows(_ROWS, {"plan": plan_id})), head.created_at)
    return new_id


def fail_row(unit: Unit, plan_id: PlanId, appointment_id: AppointmentId, reason: str) -> None:
    """Note why a row could not be done, so that it gets a new proposal; nothing happens to one that is done."""
    unit.require(Permission.CHANGE_SCHEDULE)
    head = _open_plan(unit, plan_id, may_be_through=True)
    row = unit.first(_ONE_ROW, {"plan": plan_id, "appointment": appointment_id})
    if row is None or row.state == OutState.DONE:
        return
    told = clean_text(reason, field=_("Reason"), most=_ERROR_MOST, lines=False)
    _settle(unit, plan_id, appointment_id=appointment_id, state=OutState.FAILED, error=told)
    if head.state == PlanState.DRAFT:
        unit.change(_plan, plan_id, None, state=PlanState.RUNNING)
    unit.record("failed_provider_out", Topic.AVAILABILITY, plan_id, appointment_id=appointment_id)


def leave(unit: Unit, plan_id: PlanId, *, expect_version: int) -> None:
    """Leave what a plan has not done yet: those appointments stay, and so does the time off."""
    unit.require(Permission.CHANGE_SCHEDULE)
    _open_plan(unit, plan_id)
    unit.change(_plan, plan_id, expect_version, state=PlanState.DISCARDED)
    unit.record("left_provider_out", Topic.AVAILABILITY, plan_id)


def take_back(unit: Unit, plan_id: PlanId, *, until: datetime) -> None:
    """Take a whole plan back: every appointment as it was, no notice sent, no time off.

    Raises UndoRefused when the grace time is over, a notice has left, or one of the appointments was changed since: then nothing is.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    head = unit.first(_LOCKED, {"plan": plan_id})
    if head is None:
        raise _no_plan()
    if unit.now > until or head.state == PlanState.DISCARDED:
        raise UndoRefused(_(acts.TOO_LATE))
    unit.change(_plan, plan_id, head.version, state=PlanState.DISCARDED)
    for row in unit.rows(_ROWS, {"plan": plan_id}):
        if row.state == OutState.DONE and row.act != OutAct.KEEP:
            _undone(unit, row, until)
    if head.absence_id is not None:
        _absence_removed(unit, AbsenceId(head.absence_id))
    unit.undo = None
    unit.record("took_back_provider_out", Topic.AVAILABILITY, plan_id)


# What is affected


def _first_day(unit: Unit, affected: Sequence[Appointment]) -> datetime:
    """The beginning of the day of the first appointment: nobody is moved to an earlier day."""
    first = affected[0].starts_at if affected else unit.now
    return max(unit.now, unit.time.bounds(unit.time.day_of(first)).starts_at)


def _is_out(slot: Slot, provider_id: ProviderId, span: Span) -> bool:
    return slot.provider_id == provider_id and overlaps(Span(slot.starts_at, slot.blocked_until), span)


def _with_households(unit: Unit, affected: Sequence[Appointment]) -> list[tuple[Appointment, int, tuple[Span, ...]]]:
    """Each appointment with its household, and when somebody of that has another one that is not affected."""
    if not affected:
        return []
    ids = {"patients": sorted({each.patient_id for each in affected})}
    household_of = {row.id: row.household_id for row in unit.rows(_HOUSEHOLDS, ids)}
    here = {each.id for each in affected}
    asked = {"households": sorted(set(household_of.values())), "now": unit.now}
    elsewhere: dict[int, list[Span]] = {}
    for row in unit.rows(_OF_HOUSEHOLDS, asked):
        if row.id not in here:
            elsewhere.setdefault(row.household_id, []).append(Span(row.starts_at, row.ends_at))
    households = [household_of[each.patient_id] for each in affected]
    return [
        (each, household, tuple(elsewhere.get(household, ())))
        for each, household in zip(affected, households, strict=True)
    ]


def _checked_span(unit: Unit, span: Span) -> Span:
    """The span as it counts: what is over of it has no appointments to move, and no time off either."""
    on_calendar(span.starts_at, span.ends_at)
    if span.ends_at <= span.starts_at:
        raise Invalid(_("The time out ends before it begins. Choose a later end."), field=_("Until"))
    if span.ends_at <= unit.now:
        raise Invalid(_("This time is over already. Choose an end that is still to come."), field=_("Until"))
    if span.ends_at - span.starts_at > _LONGEST:
        raise Invalid(
            _("A plan covers at most {days} days. Choose an earlier end.").format(days=_LONGEST.days), field=_("Until")
        )
    return span


def _provider_name(unit: Unit, provider_id: ProviderId) -> str:
    provider = slots.all_providers(unit).get(provider_id)
    if provider is None:
        raise NotFound(_("This provider is not there any more. Choose another one."))
    return provider.name


def _portal_words(unit: Unit, choice: OutChoice, language: str) -> str:
    """Why an appointment is cancelled, as its parent reads it in the portal."""
    if choice.act is not OutAct.CANCEL:
        return ""
    coded = next((each.parent_text for each in unit.settings.cancel_reasons if each.code == choice.cancel_code), "")
    with speaking(language):
        return " ".join(part for part in (_(coded) if coded else "", choice.cancel_text.strip()) if part)


# Rows


def _check_choices(unit: Unit, provider_id: ProviderId, span: Span, choices: Sequence[OutChoice]) -> None:
    codes = {reason.code for reason in unit.settings.cancel_reasons}
    known = load_many(unit, [choice.appointment_id for choice in choices])
    for choice in choices:
        entry = known.get(choice.appointment_id)
        if (
            entry is None
            or entry.provider_id != provider_id
            or not overlaps(Span(entry.starts_at, entry.ends_at), span)
        ):
            raise Refused(_("One of the visits is not in this time any more. Begin anew to see those that are."))
        if choice.act is OutAct.MOVE and choice.slot is None:
            raise Invalid(
                _("No time is chosen for {patient}. Choose one, cancel the visit or keep it.").format(
                    patient=entry.patient_name
                ),
                field=_("Time"),
            )
        if choice.act is OutAct.CANCEL and choice.cancel_code not in codes:
            raise Invalid(
                _("Choose a reason for the cancellation of {patient}.").format(patient=entry.patient_name),
                field=_("Reason"),
            )


def _columns(choice: OutChoice) -> dict[str, Any]:
    slot = choice.slot if choice.act is OutAct.MOVE else None
    is_cancelled = choice.act is OutAct.CANCEL
    return {
        "appointment_id": choice.appointment_id,
        "appointment_version": choice.version,
        "act": choice.act,
        "provider_id": None if slot is None else slot.provider_id,
        "location_id": None if slot is None else slot.location_id,
        "starts_at": None if slot is None else slot.starts_at,
        "cancel_code": choice.cancel_code if is_cancelled else "",
        "cancel_text": clean_text(choice.cancel_text, field=_("Reason"), most=_MOST_TEXT) if is_cancelled else "",
        "state": OutState.PENDING,
        "error": "",
        "new_appointment_id": None,
    }


def _choice(row: Row[Any]) -> OutChoice:
    slot = None
    if row.starts_at is not None:
        # The ends follow from the type when it is booked; until then nobody asks for them.
        slot = Slot(
            ProviderId(row.provider_id), LocationId(row.location_id), row.starts_at, row.starts_at, row.starts_at
        )
    return OutChoice(
        AppointmentId(row.appointment_id),
        row.appointment_version,
        OutAct(row.act),
        slot,
        row.cancel_code,
        row.cancel_text,
    )


def _row_of(unit: Unit, row: Row[Any], entry: Appointment) -> OutRow:
    reached = bool(outbox.told_of_acts(unit, entry.patient_id))
    return OutRow(entry, _choice(row), OutState(row.state), row.error, is_reached=reached)


def _settle(unit: Unit, plan_id: PlanId, *, appointment_id: AppointmentId, **values: Any) -> None:
    unit.run(_SETTLE.values(**values), {"of_plan": plan_id, "of_appointment": appointment_id})


def _done(unit: Unit, head: Row[Any], choice: OutChoice) -> AppointmentId:
    """Do it as the schedule does: one act with its notices."""
    if choice.act is OutAct.KEEP:
        return choice.appointment_id
    entry = load(unit, choice.appointment_id)
    if entry.version != choice.version:
        raise unit.conflict(Topic.APPOINTMENT, entry.id)
    act: Act
    absent = _cause(unit, entry)
    if choice.act is OutAct.CANCEL or choice.slot is None:
        act = Cancellation(entry.id, choice.version, choice.cancel_code, choice.cancel_text)
        return acts.act_alone(unit, entry.patient_id, act, absent=absent)
    act = Move(entry.id, choice.version, choice.slot)
    try:
        return acts.act_alone(unit, entry.patient_id, act, absent=absent)
    except Limited as limited:
        others = [limit for limit in limited.limits if limit.code is not LimitCode.MOVED_TOO_LATE]
        if others:
            told = _("{limits} Choose another place.")
            raise Limited(told.format(limits=" ".join(limit.sentence for limit in others)), others) from limited
    reason = _("{provider} is out.").format(provider=entry.provider_name)
    why = f"{reason} {head.label}" if head.label else reason
    act = replace(act, overrule=why[:_MOST_TEXT], as_new=True)
    return acts.act_alone(unit, entry.patient_id, act, absent=absent)


def _cause(unit: Unit, entry: Appointment) -> Absent:
    """What a family is told of why: who is not in on the day of the appointment, by the clock of its place."""
    return Absent(entry.provider_id, slots.time_of(unit, entry.zone).day_of(entry.starts_at))


def _open_plan(unit: Unit, plan_id: PlanId, *, may_be_through: bool = False) -> Row[Any]:
    """The plan, so that others who work on it wait; raises Refused when it is not open any more."""
    head = unit.first(_LOCKED, {"plan": plan_id})
    if head is None:
        raise _no_plan()
    is_open = head.state in (PlanState.DRAFT, PlanState.RUNNING)
    if not is_open and not (may_be_through and head.state == PlanState.DONE):
        raise Refused(_("Somebody has finished this plan already. Close it to see the schedule as it is."))
    return head


def _no_plan() -> NotFound:
    return NotFound(_("This plan is not there any more. Close it to see the schedule as it is."))


# The way back


def _offer_undo(unit: Unit, plan_id: PlanId, name: str, count: int, begun_at: datetime) -> None:
    """Offer to take everything back until the first notice leaves; a plan that took longer is not taken back in one go."""
    until = begun_at + unit.grace
    if until <= unit.now:
        return
    told = plural("{name} is out, {count} visit", "{name} is out, {count} visits", count)
    told = told if count else _("{name} is out, time off entered")
    unit.offer_undo(told.format(name=name, count=count), take_back, plan_id, until=until)
    unit.undo = replace(unit.undo, until=until) if unit.undo is not None else None


def _undone(unit: Unit, row: Row[Any], until: datetime) -> None:
    is_move = row.act == OutAct.MOVE
    appointment_id = AppointmentId(row.new_appointment_id)
    outbox.withdraw(unit, outbox.told_by(unit, MOVE if is_move else CANCELLATION, appointment_id))
    seen = load(unit, appointment_id)
    back = scheduling.unmove if is_move else scheduling.reinstate
    back(unit, appointment_id, expect_version=seen.version, until=until)


def _absence_removed(unit: Unit, absence_id: AbsenceId) -> None:
    version = unit.value(_ABSENCE_VERSION, {"absence": absence_id})
    availability.remove_absence(unit, absence_id, expect_version=version)
