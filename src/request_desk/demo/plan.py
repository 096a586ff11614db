"""What the requests demand of people and schedule: who asks for whom, which visits must be there, which times stay free."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from request_desk.demo import data
from request_desk.demo.data import Asked, Calendar, minute_of
from request_desk.demo.people import Child, Contact, Family, Finder, sibling_of
from request_desk.demo.schedule_fill import Plan, Visit


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of the files with the people it is about."""

    asked: Asked
    child: Child
    contact: Contact

    @property
    def given(self) -> data.Visit | None:
        """The visit that an answer gives them."""
        return self.asked.booked or (self.asked.done.booked if self.asked.done else None)


def sent(finder: Finder) -> list[Sent]:
    """Find the people of all requests, the open ones first."""
    found = []
    for asked in (*data.requests().request, *data.earlier().request):
        _family, child, contact = finder.find(asked.from_, asked.child, asked.provider, asked.location)
        found.append(Sent(asked, child, contact))
    return found


def planned(calendar: Calendar, all_sent: Sequence[Sent], families: Sequence[Family]) -> Plan:
    """Return the visits and the free times that the files name."""
    visits: dict[tuple[str, int, int], Visit] = {}
    needed = (each for one in all_sent for each in _needed(calendar, one, families))
    for visit in (*_pictured(calendar, families), *needed):
        visits.setdefault((visit.provider, visit.day.toordinal(), visit.start), visit)
    free = tuple(visit for one in all_sent for visit in _kept(calendar, one))
    return Plan(tuple(visits.values()), free)


def visit_of(calendar: Calendar, visit: data.Visit, child: Child | None, *, is_new: bool = False) -> Visit:
    """Return a visit of the files as one of the schedule."""
    return Visit(
        visit.provider,
        visit.location,
        calendar.day(visit.day),
        minute_of(visit.at),
        visit.type,
        child,
        is_fixed=True,
        is_new=is_new,
    )


def _pictured(calendar: Calendar, families: Sequence[Family]) -> Iterator[Visit]:
    """The visits of day 0 that the pictures show."""
    children: Mapping[str, Child] = {family.key: family.children[0] for family in families if family.key}
    for booked in data.requests().booked:
        yield Visit(
            booked.provider,
            booked.location,
            calendar.day(booked.day),
            minute_of(booked.at),
            booked.type,
            children[f"booked.{booked.given}"],
            booked.status,
            is_fixed=True,
            minutes_left=booked.minutes_left,
        )


def _needed(calendar: Calendar, one: Sent, families: Sequence[Family]) -> Iterator[Visit]:
    """The visit that a request is about, and somebody else's wherever a wished time is taken."""
    if one.asked.appointment is not None:
        yield visit_of(calendar, one.asked.appointment, one.child)
    if one.asked.sibling_appointment is not None and isinstance(one.asked.child, data.AnyChild):
        yield visit_of(calendar, one.asked.sibling_appointment, sibling_of(families, one.child, one.asked.child.has))
    for wish in one.asked.wishes:
        if wish.state == "taken":
            yield _wished(calendar, one.asked, wish)


def _kept(calendar: Calendar, one: Sent) -> Iterator[Visit]:
    """Times that stay free: for wishes, and for what the answers book."""
    for wish in one.asked.wishes:
        if wish.state == "free":
            yield _wished(calendar, one.asked, wish)
    if one.given is not None:
        yield visit_of(calendar, one.given, one.child, is_new=True)


def _wished(calendar: Calendar, asked: Asked, wish: data.Wanted) -> Visit:
    provider = next(each for each in data.practice().provider if each.key == wish.provider)
    location = asked.location if asked.location in provider.locations else provider.locations[0]
    return Visit(wish.provider, location, calendar.day(wish.day), minute_of(wish.at), asked.type, is_fixed=True)
