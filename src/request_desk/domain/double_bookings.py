"""Double bookings: which appointments of a provider stand in the way of each other; how one is moved away is in `services`."""

from collections.abc import Iterable
from dataclasses import dataclass

from request_desk.domain.ids import AppointmentId, ProviderId
from request_desk.domain.spans import Span, overlaps


@dataclass(frozen=True, slots=True)
class Blocked:
    """The time that a confirmed appointment takes, buffer and all.

    `is_allowed` tells whether its lane is one that it may be in: the first, a work-in lane of its window, or any with a
    reason.
    """

    id: AppointmentId
    chain_id: AppointmentId
    provider_id: ProviderId
    lane: int
    time: Span
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Two appointments that cannot both be kept; `first` begins first."""

    first: AppointmentId
    second: AppointmentId
    is_same_lane: bool


def clashes(booked: Iterable[Blocked]) -> tuple[Clash, ...]:
    """Return each pair of one provider that overlaps in one lane, or in a lane that one of them may not be in (BK9).

    By the start of the first, then of the second. Appointments of one chain are no clash: one replaces the other.
    """
    found: list[Clash] = []
    open_: list[Blocked] = []
    for each in sorted(booked, key=lambda one: (one.provider_id, one.time.starts_at, one.id)):
        open_ = [one for one in open_ if one.provider_id == each.provider_id and one.time.ends_at > each.time.starts_at]
        found += [Clash(one.id, each.id, one.lane == each.lane) for one in open_ if _clash(one, each)]
        open_.append(each)
    return tuple(found)


def _clash(one: Blocked, other: Blocked) -> bool:
    is_apart = one.lane != other.lane and one.is_allowed and other.is_allowed
    return one.chain_id != other.chain_id and not is_apart and overlaps(one.time, other.time)
