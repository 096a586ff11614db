"""What became of the appointments of a period, by provider: counts and shares; how they are read is the services' business."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from request_desk.domain.ids import ProviderId


class Lead(StrEnum):
    """How long before its start an appointment was cancelled."""

    UNDER_A_DAY = "under-a-day"
    UNDER_TWO_DAYS = "under-two-days"
    UNDER_A_WEEK = "under-a-week"
    A_WEEK = "a-week"


_LEADS: Final = (
    (timedelta(days=1), Lead.UNDER_A_DAY),
    (timedelta(days=2), Lead.UNDER_TWO_DAYS),
    (timedelta(days=7), Lead.UNDER_A_WEEK),
)


def lead_of(ahead: timedelta) -> Lead:
    """Return how long before the start that is; a time equal to a limit is beyond it."""
    return next((lead for limit, lead in _LEADS if ahead < limit), Lead.A_WEEK)


@dataclass(frozen=True, slots=True)
class AppointmentReport:
    """The appointments of a period that begin in it, of a provider or (id None) of all.

    Moved ones count once, where they are now. `ahead` are booked and not marked yet.
    """

    provider_id: ProviderId | None
    provider_name: str
    ahead: int
    completed: int
    no_shows: int
    reasons: Mapping[str, int]  # cancellations by code
    leads: Mapping[Lead, int]  # the same by lead time
    late_cancels: int
    booked_time: timedelta
    open_time: timedelta

    @property
    def cancelled(self) -> int:
        return sum(self.reasons.values())

    @property
    def booked(self) -> int:
        """Return how many were booked at all, those cancelled later too."""
        return self.ahead + self.completed + self.no_shows + self.cancelled

    @property
    def fill(self) -> float | None:
        """Return the booked part of the open time, None where nobody worked."""
        return self.booked_time / self.open_time if self.open_time else None


def total(reports: Iterable[AppointmentReport], name: str) -> AppointmentReport:
    """Return the reports of several providers as one."""
    found = list(reports)
    return AppointmentReport(
        provider_id=None,
        provider_name=name,
        ahead=sum(each.ahead for each in found),
        completed=sum(each.completed for each in found),
        no_shows=sum(each.no_shows for each in found),
        reasons=sum((Counter(each.reasons) for each in found), Counter()),
        leads=sum((Counter(each.leads) for each in found), Counter()),
        late_cancels=sum(each.late_cancels for each in found),
        booked_time=sum((each.booked_time for each in found), timedelta(0)),
        open_time=sum((each.open_time for each in found), timedelta(0)),
    )
