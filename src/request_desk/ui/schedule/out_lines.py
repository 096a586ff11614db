"""The appointments of a provider who is out as the wizard shows them: what is decided for each, what else could be, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from request_desk.domain.appointments import Appointment
from request_desk.domain.directory import CancelReason
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId
from request_desk.domain.provider_out import (
    Displaced,
    OutAct,
    OutChoice,
    OutPlace,
    OutPlan,
    OutProposals,
    OutRow,
    OutState,
)
from request_desk.domain.spans import Slot
from request_desk.domain.words import Words, _, plural
from request_desk.services.practice.directory import Directory
from request_desk.services.schedule.provider_out import OutSituation
from request_desk.ui.schedule.appointment_words import named, status_words


@dataclass(frozen=True, slots=True)
class OutLine:
    """One appointment: what is decided for it, and how far that is. Without `displaced` nothing can be done with it any more."""

    appointment: Appointment
    choice: OutChoice
    state: OutState = OutState.PENDING
    error: str = ""
    displaced: Displaced | None = None
    is_reached: bool = True

    @property
    def is_open(self) -> bool:
        """Whether something is still to be decided or done."""
        return self.state is not OutState.DONE

    @property
    def lacks_place(self) -> bool:
        return self.is_open and self.choice.act is OutAct.MOVE and self.choice.slot is None


class OutLines:
    """All of them, by start; what the user decided stays decided when they are read and proposed anew."""

    def __init__(self) -> None:
        self._lines: dict[AppointmentId, OutLine] = {}
        self._decided: dict[AppointmentId, OutChoice] = {}
        self._proposals: OutProposals | None = None

    def all(self) -> tuple[OutLine, ...]:
        return tuple(self._lines.values())

    def line(self, key: int | None) -> OutLine | None:
        return None if key is None else self._lines.get(AppointmentId(key))

    def open(self) -> tuple[OutLine, ...]:
        """Those that are not done."""
        return tuple(line for line in self._lines.values() if line.is_open)

    def has_decisions(self) -> bool:
        """Whether the user has decided something that is not done yet."""
        return any(key in self._decided for key, line in self._lines.items() if line.is_open)

    def clear(self) -> None:
        self._lines.clear()

    def decided(self, plan: OutPlan | None) -> dict[AppointmentId, Slot | None]:
        """Return the places that stay in a new proposal; None for those that are to have none."""
        kept = {row.choice.appointment_id: row.choice for row in _waiting(plan)} | self._decided
        return {key: choice.slot if choice.act is OutAct.MOVE else None for key, choice in kept.items()}

    def fill(self, situation: OutSituation, proposals: OutProposals, plan: OutPlan | None) -> None:
        """Take over what was read and proposed; what a plan has done already is shown as it is."""
        rows = {row.appointment.id: row for row in plan.rows} if plan is not None else {}
        kept = {row.choice.appointment_id: row.choice for row in _waiting(plan)} | self._decided
        found: dict[AppointmentId, OutLine] = {}
        self._proposals = proposals
        for displaced in situation.displaced:
            entry, row = displaced.appointment, rows.get(displaced.appointment.id)
            if row is not None and row.state is OutState.DONE:
                continue
            choice = OutChoice(entry.id, entry.version, OutAct.MOVE, proposals.places[entry.id])
            wanted = kept.get(entry.id)
            if wanted is not None and wanted.act is not OutAct.MOVE:
                choice = replace(wanted, version=entry.version)
            found[entry.id] = OutLine(
                entry,
                choice,
                OutState.PENDING if row is None else row.state,
                "" if row is None else row.error,
                displaced,
                entry.id not in situation.unreached,
            )
        for row in rows.values():
            if row.appointment.id not in found:
                found[row.appointment.id] = _as_it_was(row)
        self._lines = dict(sorted(found.items(), key=lambda each: (each[1].appointment.starts_at, each[0])))

    def decide(self, choice: OutChoice) -> None:
        """Decide what becomes of one that is still open."""
        line = self._lines.get(choice.appointment_id)
        if line is not None and line.is_open and line.displaced is not None:
            self._decided[choice.appointment_id] = choice
            self._lines[choice.appointment_id] = replace(line, choice=choice)

    def try_again(self) -> None:
        """Let those that failed be done like the others."""
        self._lines = {
            key: replace(line, state=OutState.PENDING, error="") if line.is_open else line
            for key, line in self._lines.items()
        }

    def settle(self, key: AppointmentId, state: OutState, error: str = "") -> None:
        self._lines[key] = replace(self._lines[key], state=state, error=error)
        if state is OutState.FAILED:
            self._decided.pop(key, None)  # that place is gone

    def places(self, key: int | None) -> tuple[Slot, ...]:
        """Return the places for one of them that are not given to the others, its own included, best first."""
        line = self.line(key)
        if line is None or line.displaced is None or self._proposals is None:
            return ()
        found = self._proposals.choices(line.displaced, self._others(line))
        chosen = line.choice.slot
        return found if chosen is None or chosen in found else (*found[:-1], chosen)

    def _others(self, line: OutLine) -> list[OutPlace]:
        return [
            OutPlace(slot, other.displaced.household_id)
            for other in self.open()
            if other is not line and other.displaced is not None and (slot := _there(other)) is not None
        ]


def _waiting(plan: OutPlan | None) -> tuple[OutRow, ...]:
    """The rows of a plan whose decision still stands."""
    return () if plan is None else tuple(row for row in plan.rows if row.state is OutState.PENDING)


def _there(line: OutLine) -> Slot | None:
    """Where the patient will be: at the new place, or where they are when nothing is changed."""
    if line.choice.act is not OutAct.KEEP:
        return line.choice.slot
    entry = line.appointment
    return Slot(entry.provider_id, entry.location_id, entry.starts_at, entry.ends_at, entry.ends_at)


def _as_it_was(row: OutRow) -> OutLine:
    """One that is done, or that cannot be moved any more: then it is kept as it is."""
    choice = row.choice
    if row.state is not OutState.DONE:
        choice = OutChoice(row.appointment.id, row.appointment.version, OutAct.KEEP)
    return OutLine(row.appointment, choice, row.state, row.error, is_reached=row.is_reached)


# in words


def place_words(slot: Slot, directory: Directory, words: Words) -> str:
    """Return "Wed, Nov 25, 9:20 AM, Dr. Lindqvist, Northside"."""
    provider = directory.providers.get(ProviderId(slot.provider_id))
    location = directory.locations.get(LocationId(slot.location_id))
    zone = words if location is None else words.at(location.zone)
    parts = [zone.moment(slot.starts_at)]
    parts += [
        named(each) for each in (provider.short_name if provider else "", location.name if location else "") if each
    ]
    return ", ".join(parts)


def what_words(line: OutLine, directory: Directory, words: Words, reasons: tuple[CancelReason, ...]) -> str:
    """Return what becomes, or has become, of an appointment."""
    choice, is_done = line.choice, not line.is_open
    if choice.act is OutAct.CANCEL:
        label = next((reason.label for reason in reasons if reason.code == choice.cancel_code), choice.cancel_code)
        told = _("Cancelled: {reason}") if is_done else _("Cancel: {reason}")
        return told.format(reason=named(label, 200))
    if choice.act is OutAct.KEEP:
        if line.displaced is None and line.is_open:
            return _("Nothing to do: {state}").format(state=status_words(line.appointment))
        return _("Stays in the time off")
    if choice.slot is None:
        return _("No place is left: cancel it or keep it")
    told = _("Moved to {place}") if is_done else _("Move to {place}")
    return told.format(place=place_words(choice.slot, directory, words))


def told_words(line: OutLine) -> str:
    """Return whether it is done, and whether somebody has to call."""
    call = "" if line.is_reached or line.choice.act is OutAct.KEEP else _("call")
    state = {OutState.PENDING: "", OutState.DONE: _("done"), OutState.FAILED: _("not done")}[line.state]
    return ", ".join(part for part in (state, call) if part)


def back_words(line: OutLine, now: datetime, words: Words) -> str:
    """Return what can still be done about one that is done, once the time to undo is over."""
    entry, act = line.appointment, line.choice.act
    if line.is_open or act is OutAct.KEEP:
        return ""
    if act is OutAct.CANCEL:
        if line.is_reached:
            return _("The family has been told. To give it back, book a new visit.")
        return _("To give it back, book a new visit, and call the family.")
    if entry.starts_at <= now:
        return _("The old time has begun, so that this visit cannot go back to it.")
    old = words.at(entry.zone).moment(entry.starts_at)
    told = (
        _("Move it back on the schedule to {time}, {provider}, while that is free. The family is told again.")
        if line.is_reached
        else _("Move it back on the schedule to {time}, {provider}, while that is free, and call the family.")
    )
    return told.format(time=old, provider=named(entry.provider_name))


def all_back_words(lines: Iterable[OutLine], now: datetime) -> str:
    """Return how many can be moved back one by one, and how many cannot, once the time to undo is over."""
    changed = [line for line in lines if not line.is_open and line.choice.act is not OutAct.KEEP]
    cancelled = sum(line.choice.act is OutAct.CANCEL for line in changed)
    ahead = sum(line.choice.act is OutAct.MOVE and line.appointment.starts_at > now for line in changed)
    late = len(changed) - cancelled - ahead
    counted = (
        (ahead, plural("{count} can be moved back by itself", "{count} can be moved back one by one", ahead)),
        (late, plural("{count} cannot: its old time has begun", "{count} cannot: their old times have begun", late)),
        (cancelled, plural("{count} is cancelled: book it anew", "{count} are cancelled: book them anew", cancelled)),
    )
    told = "; ".join(each.format(count=count) for count, each in counted if count)
    if not told:
        return _("Nothing has to be taken back: no visit was changed.")
    return _("It cannot be taken back in one go any more. {what}. Choose a visit to read how.").format(what=told)


def sum_words(lines: Iterable[OutLine]) -> str:
    """Return "Move 10, cancel 1, keep 1" of those that are open."""
    counts: dict[OutAct, int] = {}
    for line in lines:
        counts[line.choice.act] = counts.get(line.choice.act, 0) + 1
    verbs: Mapping[OutAct, str] = {OutAct.MOVE: _("move"), OutAct.CANCEL: _("cancel"), OutAct.KEEP: _("keep")}
    told = ", ".join(f"{verbs[act]} {counts[act]}" for act in OutAct if counts.get(act))
    return told[:1].upper() + told[1:]


def progress_words(name: str, done: int, total: int) -> str:
    """Return "Dr. Mwangi is out: 12 of 40 visits are done."."""
    told = plural(
        "{name} is out: {done} of {count} visit is done.", "{name} is out: {done} of {count} visits are done.", total
    )
    return told.format(name=named(name), done=done, count=total)
