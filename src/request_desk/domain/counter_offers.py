"""Times that staff offer in a reply, all kept until the family has answered (ACT10): values and words; until when is in `freed_slots`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from request_desk.domain.appointments import Appointment
from request_desk.domain.ids import AppointmentId, CounterOfferId, RequestId
from request_desk.domain.words import Words, _

MOST_TIMES: Final = 3  # what a parent compares at a glance, and what a desk can hold back from others


class CounterOfferState(StrEnum):
    """Where an offer of times in a reply stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"  # none fits
    EXPIRED = "expired"  # nobody answered in time, or nothing of it can be taken any more
    WITHDRAWN = "withdrawn"  # by staff, by what they did with the request, or with the request


@dataclass(frozen=True, slots=True)
class OfferedTimes:
    """What a request tells of the times that were offered for it last."""

    state: CounterOfferState
    count: int
    until: datetime
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CounterOffer:
    """An offer as the desk sees it; `times` are the holds that keep it, in the order of the letter."""

    id: CounterOfferId
    request_id: RequestId
    contact_name: str
    offered: OfferedTimes
    times: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class PortalTime:
    """One offered time as its parent sees it."""

    hold_id: AppointmentId
    type_name: str
    patient_name: str
    provider_name: str
    location_name: str
    address: str
    starts_at: datetime
    zone: str
    is_video: bool = False


@dataclass(frozen=True, slots=True)
class PortalTimes:
    """What is offered for a request now; `moved_from` is the appointment that is given up for the one that is taken."""

    id: CounterOfferId
    until: datetime
    times: tuple[PortalTime, ...]
    moved_from: datetime | None = None
    moved_zone: str = ""


def offered_sentence(offered: OfferedTimes, words: Words) -> str:
    """Return what has become of offered times, the same in portal, mail and desk; "" once one was taken: that is said itself."""
    until = words.moment_with_zone(offered.until)
    match offered.state:
        case CounterOfferState.OPEN:
            return kept_sentence(offered.count, until)
        case CounterOfferState.DECLINED:
            return _("None of the times that we offered fits.")
        case CounterOfferState.EXPIRED:
            return _("We kept times until {time}, and none was taken.").format(time=until)
        case CounterOfferState.WITHDRAWN:
            return _("The times that we offered are not kept any more.")
        case CounterOfferState.ACCEPTED:
            return ""


def kept_sentence(count: int, until: str) -> str:
    """Return "We offered three times until Fri, Nov 27, 9:20 AM PST."."""
    texts = {
        1: _("We offered one time until {time}."),
        2: _("We offered two times until {time}."),
        3: _("We offered three times until {time}."),
    }
    return texts[count].format(time=until)
