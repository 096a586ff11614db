"""What the schedule shows: a day in columns, the portal's slots and appointments, and the limits that staff may overrule; no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from request_desk.domain.access import Actor
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.availability import Absence, OpenSpan
from request_desk.domain.directory import AppointmentType, LeadTime, RebookingMode
from request_desk.domain.errors import Limit, LimitCode
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.policy import Condition, ScheduleAction, binds
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.spans import Slot
from request_desk.domain.words import Words, _, plural

HOLD_AT_MOST: Final = timedelta(hours=1)  # a hold renews no longer than this after it was taken (ACT3)
_HOUR: Final = timedelta(hours=1)
_OF_MOVING: Final[Mapping[LimitCode, Condition]] = {
    LimitCode.MOVED_TOO_LATE: Condition.NOTICE,
    LimitCode.OTHER_PROVIDER: Condition.MODE,
}


ColumnKey = tuple[date, ProviderId]
ScheduleKey = tuple[date, ProviderId | None]


@dataclass(frozen=True, slots=True)
class ProviderColumn:
    """One provider's day: open time, absences and entries, each by start; entries are held, confirmed, completed or no-show."""

    day: date
    provider_id: ProviderId
    provider_name: str
    location_names: tuple[str, ...]
    open: tuple[OpenSpan, ...]
    absences: tuple[Absence, ...]
    entries: tuple[Appointment, ...]
    double_booked: Mapping[AppointmentId, tuple[AppointmentId, ...]] = field(default_factory=dict)  # with which others

    @property
    def key(self) -> ColumnKey:
        return self.day, self.provider_id

    def others_of(self, appointment_id: AppointmentId) -> list[Appointment]:
        """Return what an appointment is double booked with, by start (BK9)."""
        ids = self.double_booked.get(appointment_id, ())
        return [each for each in self.entries if each.id in ids]


@dataclass(frozen=True, slots=True)
class ScheduleDay:
    """One practice day, a column for each provider who works or has appointments, in the practice's order."""

    day: date
    columns: tuple[ProviderColumn, ...]

    @property
    def key(self) -> ScheduleKey:
        return self.day, None


@dataclass(frozen=True, slots=True)
class ScheduleWeek:
    """Seven practice days of one provider, a column for each on which the practice is open or something is planned."""

    first_day: date
    provider_id: ProviderId
    columns: tuple[ProviderColumn, ...]

    @property
    def key(self) -> ScheduleKey:
        return self.first_day, self.provider_id


@dataclass(frozen=True, slots=True)
class DayLoad:
    """How full a day is: the time of its appointments beside the time in which its providers work."""

    day: date
    booked: timedelta
    open: timedelta

    @property
    def share(self) -> float:
        """Return the booked part of the open time, 1 where more is booked than that."""
        return min(1.0, self.booked / self.open) if self.open else float(bool(self.booked))


@dataclass(frozen=True, slots=True)
class PortalSlot:
    """A free time as a parent may choose it."""

    starts_at: datetime
    ends_at: datetime
    provider_id: ProviderId
    provider_name: str
    location_id: LocationId
    location_name: str
    zone: str  # of its place, by whose clock it is told


@dataclass(frozen=True, slots=True)
class PortalAppointment:
    """An appointment as its parent sees it; `may_book` tells whether this contact may ask to move or cancel it.

    `reason` is why it was cancelled, in the words meant for the parent (AP3).
    """

    id: AppointmentId
    version: int
    patient_id: PatientId
    patient_name: str
    provider_id: ProviderId
    provider_name: str
    location_id: LocationId
    location_name: str
    address: str
    type_id: TypeId
    type_name: str
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus
    may_book: bool
    reason: str = ""
    zone: str = ""  # of its place
    wants_earlier: bool = False
    is_video: bool = False


def limits(
    type_: AppointmentType,
    *,
    starts_at: datetime,
    provider_id: ProviderId,
    now: datetime,
    words: Words,
    moved: Appointment | None = None,
) -> tuple[Limit, ...]:
    """Return each limit that a booking, or the move of `moved`, breaks; `forbidding` tells which no reason overrules (AP4, ACT7)."""
    found: list[Limit] = []

    def broken(code: LimitCode, told: str, **params: str) -> None:
        found.append(Limit(code, told, {"appointment": type_.name, **params}))

    if not is_met(type_.minimum_notice, starts_at, now, words.zone):
        notice = lead_words(type_.minimum_notice, words)
        broken(LimitCode.TOO_SOON, _("{appointment} needs {notice} of notice, and this time is sooner."), notice=notice)
    if moved is None:
        return tuple(found)
    if not is_met(type_.reschedule_notice, moved.starts_at, now, words.zone):
        broken(
            LimitCode.MOVED_TOO_LATE,
            _("{appointment} can be moved until {notice} before it begins, and that has passed."),
            notice=lead_words(type_.reschedule_notice, words),
        )
    if type_.rebooking_mode is RebookingMode.SAME_PROVIDER and provider_id != moved.provider_id:
        told = _("{appointment} stays with {provider} when it is moved.")
        broken(LimitCode.OTHER_PROVIDER, told, provider=moved.provider_name)
    return tuple(found)


def forbidding(actor: Actor, broken: Iterable[Limit]) -> tuple[Limit, ...]:
    """Return those of the limits past which nobody in this capacity moves an appointment (AP4, ACT7): no reason overrules them."""
    return tuple(
        limit
        for limit in broken
        if limit.code in _OF_MOVING and binds(actor, ScheduleAction.MOVE, _OF_MOVING[limit.code])
    )


def earliest(lead: LeadTime, now: datetime, zone: PracticeTime) -> datetime:
    """Return the first start that leaves this much time: so much later, or the beginning of the practice day so many days on."""
    by_days = zone.bounds(zone.day_of(now) + timedelta(days=lead.days)).starts_at if lead.days else now
    return max(now + lead.elapsed, by_days)


def is_met(lead: LeadTime, starts_at: datetime, now: datetime, zone: PracticeTime) -> bool:
    """Tell whether a start still leaves this much time."""
    return starts_at >= earliest(lead, now, zone)


def last_moment(lead: LeadTime, starts_at: datetime, zone: PracticeTime) -> datetime:
    """Return until when a start still leaves this much time: just then `is_met` holds for the last time."""
    by_clock = starts_at - lead.elapsed
    if not lead.days:
        return by_clock
    last_day = zone.bounds(zone.day_of(starts_at) - timedelta(days=lead.days))
    return min(by_clock, last_day.ends_at - timedelta.resolution)


def latest(advance: timedelta, now: datetime, zone: PracticeTime) -> datetime:
    """Return the last instant of the last practice day that is not too far ahead; `advance` is whole days."""
    return zone.bounds(zone.day_of(now) + advance).ends_at - timedelta.resolution


def lead_words(lead: LeadTime, words: Words) -> str:
    """Return "2 days" or "24 hours" for a sentence."""
    if lead.days:
        return plural("{count} day", "{count} days", lead.days).format(count=lead.days)
    return length_words(lead.elapsed, words)


def hold_until(created_at: datetime, now: datetime, ttl: timedelta) -> datetime:
    """Return when a hold that is renewed now ends: after the type's time, but within the hour since it was taken."""
    return min(now + ttl, created_at + HOLD_AT_MOST)


def length_words(length: timedelta, words: Words) -> str:
    """Return "48 hours" or "40 min" for a sentence: elapsed time is never told in days, which are practice days."""
    if length >= _HOUR and length % _HOUR == timedelta(0):
        return plural("{count} hour", "{count} hours", length // _HOUR).format(count=length // _HOUR)
    return words.minutes(length)


@dataclass(frozen=True, slots=True)
class SlotCheck:
    """What stands against a time that staff picked: `limits` need a reason, `notes` are only told.

    Where a limit forbids the move whatever the reason, it is cancelled and booked anew instead. `ends_at` is when the appointment
    would end with this provider and for this patient, None where that is not known, and `why_longer` says what makes it longer than usual.
    `work_in_lane` is a lane in which somebody can be squeezed in beside what is booked then, 0 when there is none. A move goes to
    `lane`: the first where that is free, else one for work-ins; where there is neither, `taken` says who has the time.
    """

    limits: tuple[Limit, ...]
    notes: tuple[str, ...]
    forbids: bool = False
    ends_at: datetime | None = None
    why_longer: tuple[str, ...] = ()
    work_in_lane: int = 0
    lane: int = 0
    taken: str = ""


@dataclass(frozen=True, slots=True)
class Snapped:
    """The time where somebody pointed at; without a slot, how long the type needs, what is free, and which types fit."""

    slot: Slot | None
    needs: timedelta
    free: timedelta
    fitting: tuple[TypeId, ...]


def snapped_words(found: Snapped, type_name: str, fitting: Sequence[str], words: Words) -> str:
    """Return why a type cannot be booked where somebody pointed at, and which types can."""
    if not found.free:
        return _("This time is not free. Choose another one.")
    is_short = found.needs > found.free
    why = (
        _("{type} needs {needs}, {free} free here.")
        if is_short
        else _("{free} are free here, but the rules of the schedule leave no {type}.")
    )
    told = why.format(type=type_name, needs=words.minutes(found.needs), free=words.minutes(found.free))
    return told if not fitting else _("{told} Bookable here: {types}.").format(told=told, types=words.list_of(fitting))
