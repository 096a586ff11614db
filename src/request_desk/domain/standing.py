"""Where a request stands, in one true sentence for portal, mail and desk: told from the rows, never from what was asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.counter_offers import OfferedTimes, offered_sentence
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import RequestKind, RequestState
from request_desk.domain.words import Words, _


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of a request now. `made` is the appointment that was booked or moved to for it, `about` the one it names."""

    kind: RequestKind
    state: RequestState
    made: Appointment | None = None
    about: Appointment | None = None
    offered: OfferedTimes | None = None  # times in a reply: those that are kept, or why none is any more


def standing_of(
    kind: RequestKind,
    state: RequestState,
    request_id: RequestId,
    about: Appointment | None,
    known: Iterable[Appointment],
    offered: OfferedTimes | None = None,
) -> Standing:
    """Return where a request stands; `about` is the present end of the chain of the appointment that it names."""
    made = [each for each in known if each.request_id == request_id and each.status is not AppointmentStatus.HELD]
    made.sort(key=lambda each: (each.status is AppointmentStatus.CONFIRMED, each.id))
    return Standing(kind, state, made[-1] if made else None, about, offered)


def state_sentence(standing: Standing, words: Words, now: datetime) -> str:
    """Return the state of a request: "Booked: Fri, Nov 27, 9:10 AM PST.", "Cancelled: …", "Nothing is booked yet."."""
    seen = standing.made if standing.made is not None else standing.about
    is_real = seen is not None and seen.status is not AppointmentStatus.HELD
    told = _of_appointment(standing, seen, words, now) if seen is not None and is_real else _without(standing)
    if standing.state is RequestState.WITHDRAWN:
        return _("Taken back. {told}").format(told=told)
    if standing.offered is not None and standing.state in (RequestState.OPEN, RequestState.WAITING):
        told = f"{offered_sentence(standing.offered, words)} {told}".strip()
    if standing.state is RequestState.WAITING:
        return _("{told} We wait for your answer.").format(told=told)
    return told


def _of_appointment(standing: Standing, seen: Appointment, words: Words, now: datetime) -> str:
    time = words.at(seen.zone).moment_with_zone(seen.starts_at)
    if seen.status in (AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED):
        return _("Cancelled: {time}.").format(time=time)
    if seen.status is AppointmentStatus.NO_SHOW:
        return _("The visit on {time} was missed.").format(time=time)
    if seen.status is AppointmentStatus.COMPLETED or seen.ends_at <= now:
        return _("The visit was on {time}.").format(time=time)
    if standing.made is not None:
        is_moved = seen.replaces_id is not None
        return (_("Moved to {time}.") if is_moved else _("Booked: {time}.")).format(time=time)
    if standing.state is RequestState.OPEN:
        if standing.kind is RequestKind.CANCEL:
            return _("The visit on {time} stays booked until we answer here.").format(time=time)
        return _("The visit stays on {time} until we answer here.").format(time=time)
    return _("The visit stays on {time}.").format(time=time)


def _without(standing: Standing) -> str:
    if standing.state is RequestState.OPEN:
        return _("Nothing is booked until we answer here.")
    return _("Nothing is booked.")
