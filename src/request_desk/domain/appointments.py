"""Appointments: the six statuses, who may move them where, and the frozen views; slots and holds' times are in `availability`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from request_desk.domain.errors import Refused
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, RequestId, TypeId
from request_desk.domain.words import _, later


class AppointmentStatus(StrEnum):
    """The six words, stored as such (FHIR R4: pending, booked, cancelled, cancelled, fulfilled, noshow)."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


BLOCKING = frozenset({AppointmentStatus.HELD, AppointmentStatus.CONFIRMED})

TRANSITIONS: Mapping[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.HELD: frozenset(
        {AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED}
    ),
    AppointmentStatus.CONFIRMED: frozenset(
        {AppointmentStatus.CANCELLED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}
    ),
    AppointmentStatus.CANCELLED: frozenset(),  # reinstating within the grace time is an undo, not a transition
    AppointmentStatus.EXPIRED: frozenset(),
    AppointmentStatus.COMPLETED: frozenset({AppointmentStatus.NO_SHOW}),  # a mark set by mistake is corrected
    AppointmentStatus.NO_SHOW: frozenset({AppointmentStatus.COMPLETED}),
}


RESCHEDULED = "rescheduled"  # cancel_code of the old appointment of a move
REPLACED = (
    "replaced"  # cancel_code of the old one where a rule forbade the move: cancelled, and a new one booked instead
)
MOVED_ON: Final = frozenset({RESCHEDULED, REPLACED})  # another appointment of the chain came after it
UNDONE = "undone"  # cancel_code of a booking that was taken back within the grace time
NOBODY: Final = PatientId(0)  # whom a time on the booking page belongs to until somebody is named (ADR 22)
DROPPED = "dropped"  # cancel_code of a hold that was let go

JOIN_CLOSES_AFTER: Final = timedelta(minutes=60)  # after the scheduled end (VM2); until then somebody may still come
_SECOND: Final = timedelta(seconds=1)

_WORDS: Mapping[AppointmentStatus, str] = {
    AppointmentStatus.HELD: later("only held"),
    AppointmentStatus.CONFIRMED: later("confirmed"),
    AppointmentStatus.CANCELLED: later("already cancelled"),
    AppointmentStatus.EXPIRED: later("a hold that has expired"),
    AppointmentStatus.COMPLETED: later("already completed"),
    AppointmentStatus.NO_SHOW: later("marked as a no-show"),
}


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment with the names a person reads. `chain_id` ties the rebookings together, `replaces_id` the one before."""

    id: AppointmentId
    version: int
    chain_id: AppointmentId
    replaces_id: AppointmentId | None
    status: AppointmentStatus
    patient_id: PatientId
    patient_name: str
    provider_id: ProviderId
    provider_name: str
    location_id: LocationId
    location_name: str
    type_id: TypeId
    type_name: str
    lane: int
    starts_at: datetime
    ends_at: datetime
    hold_expires_at: datetime | None
    released_at: datetime | None
    request_id: RequestId | None
    cancel_code: str
    cancel_text: str
    is_late_cancel: bool
    booked_by: str  # the name of who booked it
    zone: str = ""  # of its place, as it was agreed with the patient; "" is the practice's
    off: tuple[
        str, ...
    ] = ()  # names of its provider, place and type as far as they are switched off; a hold is not booked then
    type_position: int = 0  # of its type among the practice's
    birth_day: date | None = None  # of its patient
    no_show_after: timedelta | None = None  # after the start, where its type says so for appointments in person (AP5)
    arrived_at: datetime | None = None
    late_at: datetime | None = None  # when somebody said that they come later
    parent_confirmed_at: datetime | None = None
    wants_earlier: bool = False  # somebody asked for something earlier (ACT8)
    is_offered: bool = False  # a hold that keeps a time for whom it is offered to
    is_video: bool = False  # of its type

    @property
    def is_nameless(self) -> bool:
        """Somebody holds it on the booking page, or did, and nobody was named for it."""
        return self.patient_id == NOBODY

    @property
    def comes_until(self) -> datetime:
        """The last second in which somebody may still come."""
        if self.no_show_after is not None:
            return self.starts_at + self.no_show_after
        return self.ends_at + JOIN_CLOSES_AFTER


class Mark(StrEnum):
    """What is noted of an appointment and is no status (AP5); it tells nobody outside. The words are columns, with `_at`."""

    ARRIVED = "arrived"
    LATE = "late"
    PARENT_CONFIRMED = "parent_confirmed"


@dataclass(frozen=True, slots=True)
class Missed:
    """What a patient missed or cancelled late in the last twelve months."""

    no_shows: int
    late_cancels: int


def marked_at(seen: Appointment, mark: Mark) -> datetime | None:
    """Return when a mark was set, None where it is not."""
    match mark:
        case Mark.ARRIVED:
            return seen.arrived_at
        case Mark.LATE:
            return seen.late_at
        case Mark.PARENT_CONFIRMED:
            return seen.parent_confirmed_at
        case _:
            assert_never(mark)


def as_of(seen: Appointment, now: datetime) -> Appointment:
    """Return an appointment as it stands now: a hold that ran out or was let go has expired, whether that was written or not."""
    is_over = seen.hold_expires_at is not None and seen.hold_expires_at <= now
    return replace(seen, status=AppointmentStatus.EXPIRED) if is_over or seen.cancel_code == DROPPED else seen


def moved_to(seen: AppointmentStatus, wanted: AppointmentStatus) -> AppointmentStatus:
    """Return `wanted` when the life of an appointment allows it; raise Refused with the reason when not (AP3)."""
    if wanted in TRANSITIONS[seen]:
        return wanted
    raise Refused(
        _("This appointment is {state}, so it cannot be {verb}. Reload to see its present state.").format(
            state=state_words(seen), verb=_verb(wanted)
        )
    )


def state_words(status: AppointmentStatus) -> str:
    """Return how an appointment stands, for a sentence: "already cancelled"."""
    return _(_WORDS[status])


def may_complete(starts_at: datetime, now: datetime) -> bool:
    """Tell whether an appointment may be marked as completed: once its start has passed (AP5)."""
    return now >= starts_at


def may_mark_no_show(comes_until: datetime, now: datetime) -> bool:
    """Tell whether an appointment may be marked as a no-show: only behind the last second in which somebody may come (AP5)."""
    return now >= comes_until + _SECOND


def has_begun(seen: Appointment, now: datetime) -> bool:
    """Tell whether a booked appointment is too late to move or cancel: it is under way or over, and only marked from then on."""
    return seen.status is AppointmentStatus.CONFIRMED and may_complete(seen.starts_at, now)


def is_late_cancel(starts_at: datetime, now: datetime, notice: timedelta) -> bool:
    """Tell whether a cancellation comes within the type's notice: noted, never blocked; the notice is elapsed time."""
    return starts_at - now < notice


def _verb(wanted: AppointmentStatus) -> str:
    return {
        AppointmentStatus.HELD: _("held"),
        AppointmentStatus.CONFIRMED: _("confirmed"),
        AppointmentStatus.CANCELLED: _("cancelled"),
        AppointmentStatus.EXPIRED: _("expired"),
        AppointmentStatus.COMPLETED: _("marked as completed"),
        AppointmentStatus.NO_SHOW: _("marked as a no-show"),
    }[wanted]
