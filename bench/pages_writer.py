"""One desktop that writes, as the database sees it: books and cancels from the schedule until its input ends; tells how many acts."""

import sys
from datetime import date, timedelta
from itertools import count
from threading import Event, Thread
from typing import Final

from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.errors import Refused
from request_desk.domain.ids import LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.requests import Booking, Cancellation
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.schedule import acts, queries
from request_desk.store.database import Database
from tests.builders import wall

_HOURS: Final = range(8, 16)
_WEEKEND: Final = 5
_PAUSE: Final = 0.5  # seconds between two acts: nobody at a desk is faster


def main(path: str, day: str, *ids: str) -> int:
    """Book a patient from a day on and cancel it again, over and over: each time once, for it is kept while that can be undone."""
    staff, patient, provider, place, type_ = map(int, ids)
    stop = Event()
    Thread(target=_end_with_input, args=(stop,), daemon=True).start()
    desk = Desk(Database(f"sqlite:///{path}"))
    maria = Actor(ActorKind.STAFF, staff, "Maria Santos", frozenset({Role.SCHEDULER}), desk="bench")
    starts = (
        wall(each, f"{hour}:{minute:02}")
        for number in count()
        if (each := date.fromisoformat(day) + timedelta(days=number)).weekday() < _WEEKEND
        for hour in _HOURS
        for minute in (0, 20, 40)
    )
    done = 0
    for start in starts:
        slot = Slot(ProviderId(provider), LocationId(place), start, start, start)
        try:
            booked = desk.perform(
                maria, acts.act_alone, PatientId(patient), Booking(slot, TypeId(type_)), another=True
            ).value
            seen = desk.query(maria, queries.appointment, booked)
            desk.perform(maria, acts.act_alone, PatientId(patient), Cancellation(booked, seen.version, "pat"))
            done += 2
        except Refused as refused:
            print("refused:", refused.sentence, file=sys.stderr)
        if stop.wait(_PAUSE):
            break
    desk.close()
    print("acts", done, flush=True)
    return 0


def _end_with_input(stop: Event) -> None:
    sys.stdin.readline()
    stop.set()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
