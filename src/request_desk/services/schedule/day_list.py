"""Reads the list of a day for printing, keeps in the journal that it was printed, and finds the day after (AP8)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import groupby

import msgspec

from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.day_list import DayLine, DayList, DaySection
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.services.desk import Unit
from request_desk.services.people import patients
from request_desk.services.schedule import queries

_LISTED = frozenset({AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW})


def day_list(
    unit: Unit, day: date, *, location_ids: Collection[LocationId] = (), provider_ids: Collection[ProviderId] = ()
) -> DayList:
    """Return the booked appointments of a practice day (empty: of all locations, of all providers), with whom to call."""
    unit.require(Permission.VIEW_PATIENTS)
    columns = queries.day(unit, day, location_ids=location_ids, provider_ids=provider_ids).columns
    entries = [
        each
        for column in columns
        for each in column.entries
        if each.status in _LISTED
        and unit.time.day_of(each.starts_at) == day
        and (not location_ids or each.location_id in location_ids)
    ]
    contacts = patients.first_contacts(unit, sorted({each.patient_id for each in entries}))
    place = {column.provider_id: number for number, column in enumerate(columns)}
    entries.sort(key=lambda each: (place[each.provider_id], each.location_name, each.location_id, each.starts_at))
    sections = (
        DaySection(provider, location, tuple(_line(each, *contacts.get(each.patient_id, ("", ""))) for each in found))
        for (provider, location), found in groupby(entries, key=lambda each: (each.provider_name, each.location_name))
    )
    return DayList(day, unit.now, tuple(sections))


def kept_days(unit: Unit) -> tuple[DayList, ...]:
    """Return the lists that a desk keeps for when server and network are gone: of today and of the next day with appointments."""
    today = unit.time.day_of(unit.now)
    following = (day_list(unit, today + timedelta(days=ahead)) for ahead in range(1, 8))
    after = next((each for each in following if each.sections), None)
    return (day_list(unit, today), *(() if after is None else (after,)))


def printed(unit: Unit, day: date, read_at: datetime, rows: int) -> None:
    """Keep in the journal that the actor printed the list of a day, or put it into a file (AUD-01)."""
    unit.require(Permission.VIEW_PATIENTS)
    unit.record("printed_day", Topic.APPOINTMENT, 0, broadcast=False, day=day.isoformat(), read_at=read_at, rows=rows)


def packed(lists: tuple[DayList, ...]) -> bytes:
    """Return lists as bytes for `unpacked`."""
    return msgspec.json.encode(lists)


def unpacked(data: bytes) -> tuple[DayList, ...]:
    """Return the lists of `packed`; raises ValueError for anything else."""
    return msgspec.json.decode(data, type=tuple[DayList, ...])


def _line(entry: Appointment, contact_name: str, phone: str) -> DayLine:
    assert entry.birth_day is not None  # of every row that is read
    return DayLine(
        entry.starts_at,
        entry.ends_at,
        entry.zone,
        entry.patient_name,
        entry.birth_day,
        entry.type_name,
        entry.status,
        contact_name,
        phone,
    )
