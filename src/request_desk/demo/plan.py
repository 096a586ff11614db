"""What the requests demand of people and schedule: who asks for whom, which appointments must be there, which times stay free."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from request_desk.demo import data
from request_desk.demo.data import Calendar, FileRequest, minute_of
from request_desk.demo.people import SPOKEN, DemoChild, DemoContact, Family, Finder, sibling_of
from request_desk.demo.schedule_fill import Plan, PlannedAppointment


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request of the files with the people it is about."""

    asked: FileRequest
    child: DemoChild
    contact: DemoContact

    @property
    def given(self) -> data.FileAppointment | None:
        """The appointment that an answer gives them."""
        return self.asked.booked or (self.asked.done.booked if self.asked.done else None)


def sent(finder: Finder) -> list[SentRequest]:
    """Find the people of all requests, the open ones first."""
    found = []
    for asked in (*data.requests().request, *data.earlier().request):
        _family, child, contact = finder.find(asked.from_, asked.child, asked.provider, asked.location)
        found.append(SentRequest(asked, child, contact))
    return found


def planned(calendar: Calendar, all_sent: Sequence[SentRequest], families: Sequence[Family]) -> Plan:
    """Return the appointments and the free times that the files name."""
    appointments: dict[tuple[str, int, int], PlannedAppointment] = {}
    needed = (each for one in all_sent for each in _needed(calendar, one, families))
    for appointment in (*_pictured(calendar, families), *needed):
        appointments.setdefault((appointment.provider, appointment.day.toordinal(), appointment.start), appointment)
    free = tuple(appointment for one in all_sent for appointment in _kept(calendar, one))
    return Plan(tuple(appointments.values()), free)


def appointment_of(
    calendar: Calendar, appointment: data.FileAppointment, child: DemoChild | None, *, is_new: bool = False
) -> PlannedAppointment:
    """Return an appointment of the files as one of the schedule."""
    return PlannedAppointment(
        appointment.provider,
        appointment.location,
        calendar.day(appointment.day),
        minute_of(appointment.at),
        appointment.type,
        child,
        is_fixed=True,
        is_new=is_new,
    )


def _pictured(calendar: Calendar, families: Sequence[Family]) -> Iterator[PlannedAppointment]:
    """The appointments of day 0 that the pictures show."""
    children: Mapping[str, DemoChild] = {family.key: family.children[0] for family in families if family.key}
    for booked in data.requests().booked:
        yield PlannedAppointment(
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


def _needed(calendar: Calendar, one: SentRequest, families: Sequence[Family]) -> Iterator[PlannedAppointment]:
    """The appointment that a request is about, and somebody else's wherever a wished time is taken."""
    if one.asked.appointment is not None:
        yield appointment_of(calendar, one.asked.appointment, one.child)
    if one.asked.sibling_appointment is not None and isinstance(one.asked.child, data.AnyChild):
        yield appointment_of(
            calendar, one.asked.sibling_appointment, sibling_of(families, one.child, one.asked.child.has)
        )
    for wish in one.asked.wishes:
        if wish.state == "taken":
            yield _wished(calendar, one.asked, wish)


def _kept(calendar: Calendar, one: SentRequest) -> Iterator[PlannedAppointment]:
    """Times that stay free: for wishes, and for what the answers book."""
    for wish in one.asked.wishes:
        if wish.state == "free":
            yield from _with_longer(_wished(calendar, one.asked, wish), one)
    if one.given is not None:
        yield from _with_longer(appointment_of(calendar, one.given, one.child, is_new=True), one)


def _with_longer(kept: PlannedAppointment, one: SentRequest) -> Iterator[PlannedAppointment]:
    """With an interpreter, or for somebody who was never here, it takes longer: so does the free time."""
    yield kept
    type_ = next(each for each in data.practice().type if each.key == kept.type)
    is_longer = (type_.new_patient_minutes or 0) > type_.minutes and kept.is_new
    if is_longer or one.contact.language not in SPOKEN:
        yield replace(kept, start=kept.start + type_.blocked, type="sick", is_new=False)


def _wished(calendar: Calendar, asked: FileRequest, wish: data.FileWish) -> PlannedAppointment:
    provider = next(each for each in data.practice().provider if each.key == wish.provider)
    location = asked.location if asked.location in provider.locations else provider.locations[0]
    return PlannedAppointment(
        wish.provider, location, calendar.day(wish.day), minute_of(wish.at), asked.type, is_fixed=True
    )
