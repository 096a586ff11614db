"""The list of a day as it is printed: who comes when to whom and where, and whom to call (AP8); plain values."""

from dataclasses import dataclass
from datetime import date, datetime

from request_desk.domain.appointments import AppointmentStatus


@dataclass(frozen=True, slots=True)
class DayLine:
    """One appointment; `contact_name` and `phone` are who is called about it, "" where nobody is known."""

    starts_at: datetime
    ends_at: datetime
    zone: str  # of its place
    patient_name: str
    birth_day: date
    type_name: str
    status: AppointmentStatus
    contact_name: str
    phone: str


@dataclass(frozen=True, slots=True)
class DaySection:
    """The appointments of one provider at one location, by start."""

    provider_name: str
    location_name: str
    lines: tuple[DayLine, ...]


@dataclass(frozen=True, slots=True)
class DayList:
    """A practice day as it was at `read_at`, a section for each provider and location."""

    day: date
    read_at: datetime
    sections: tuple[DaySection, ...]

    @property
    def count(self) -> int:
        """How many appointments there are."""
        return sum(len(section.lines) for section in self.sections)
