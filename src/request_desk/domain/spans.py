"""Stretches of time: any span between two instants, and the free slot of a provider at a place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from request_desk.domain.ids import LocationId, ProviderId


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time between two instants."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A computed bookable interval, never stored. `ends_at` excludes the buffer; `blocked_until` includes it."""

    provider_id: ProviderId
    location_id: LocationId
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime


def overlaps(one: Span, other: Span) -> bool:
    """Tell whether two stretches share any time; touching is not sharing."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same time as ordered stretches that neither overlap nor touch."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.starts_at, span.ends_at)):
        if span.ends_at <= span.starts_at:
            continue
        if result and span.starts_at <= result[-1].ends_at:
            result[-1] = Span(result[-1].starts_at, max(result[-1].ends_at, span.ends_at))
        else:
            result.append(span)
    return result
