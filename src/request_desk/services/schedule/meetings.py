"""Video meetings: a provider's own of today, the lobby, and the rooms; the rules are in `domain.meetings`."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from request_desk.domain import meetings
from request_desk.domain.access import Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, ProviderId, new_token
from request_desk.domain.meetings import Meeting, MeetingDay
from request_desk.domain.text import parse_version
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.schedule.views import VIEW, not_there, view
from request_desk.store import schema

_table: Final = schema.appointment
_SEEN = VIEW.add_columns(_table.c.arrived_at, _table.c.admitted_at)
_BY_ID = _SEEN.where(_table.c.id == bindparam("id"))
_OF_DAY = _SEEN.where(
    _table.c.provider_id == bindparam("provider"),
    _table.c.starts_at >= bindparam("starts_at"),
    _table.c.starts_at < bindparam("ends_at"),
    _table.c.status.in_([AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW]),
    schema.appointment_type.c.is_video,
).order_by(_table.c.starts_at, _table.c.id)
_ROOM = select(schema.provider.c.room, schema.provider.c.version, schema.provider.c.short_name).where(
    schema.provider.c.id == bindparam("provider")
)


def own_day(unit: Unit) -> MeetingDay:
    """Return the video appointments that the actor has today as a provider, by start; raises NotAllowed for anybody else."""
    unit.require(Permission.VIEW_SCHEDULE)
    if unit.actor.provider_id is None:
        raise NotAllowed(
            _("You see no patients here, so you have no meetings. Ask an administrator to link your login.")
        )
    day = unit.time.day_of(unit.now)
    span = unit.time.bounds(day)
    asked = {"provider": unit.actor.provider_id, "starts_at": span.starts_at, "ends_at": span.ends_at}
    found = tuple(map(_meeting, unit.rows(_OF_DAY, asked)))
    return MeetingDay(day, found, bool(unit.settings.meeting_url))


def let_in(unit: Unit, appointment_id: AppointmentId, *, expect_version: int) -> str:
    """Let the patient of an own appointment into the meeting, and return the address for the provider.

    Whoever is let in already stays so, whatever version was seen. There is no way back: the family may have the address.
    Raises Refused with the time at which it opens or closed, NotAllowed for the appointment of another provider.
    """
    unit.require(Permission.CHANGE_SCHEDULE)
    parse_version(expect_version)
    row = unit.first(_BY_ID, {"id": appointment_id})
    if row is None:
        raise not_there()
    seen = view(row)
    if unit.actor.provider_id != seen.provider_id:
        raise NotAllowed(_("Only {provider} can join this meeting.").format(provider=seen.provider_name))
    check_open(unit, seen)
    if row.admitted_at is None:
        unit.change(_table, seen.id, expect_version, admitted_at=unit.now)
        unit.record("let_in", Topic.APPOINTMENT, seen.id)
    unit.keeps_answer = False  # the address is nobody's but theirs
    return _address(unit, seen, _made_room(unit, seen.provider_id))


def new_room(unit: Unit, provider_id: ProviderId, *, expect_version: int) -> int:
    """Give a provider a new secret, so that every address of before leads to an empty room; returns the provider's new version."""
    unit.require(Permission.MANAGE_TYPES)
    before = _room(unit, provider_id)
    row = unit.change(schema.provider, provider_id, expect_version, room=new_token())
    unit.record("new_room", Topic.DIRECTORY, provider_id)
    unit.offer_undo(
        _("New room for {provider}").format(provider=before.short_name),
        restore_room,
        provider_id,
        before.room,
        expect_version=row.version,
        until=unit.now + unit.grace,
    )
    return int(row.version)


def restore_room(unit: Unit, provider_id: ProviderId, room: str, *, expect_version: int, until: datetime) -> int:
    """Take a new room back: the addresses of before lead there again."""
    unit.require(Permission.MANAGE_TYPES)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. The new room stays; nobody has to do anything."))
    row = unit.change(schema.provider, provider_id, expect_version, room=room)
    unit.record("room_restored", Topic.DIRECTORY, provider_id)
    return int(row.version)


def check_open(unit: Unit, seen: Appointment) -> None:
    """Raise Refused with the reason unless an appointment can be joined now (VM2)."""
    if not unit.settings.meeting_url:
        raise Refused(_("The practice has no meeting server, so nobody can join. Use the phone."))
    why = meetings.why_closed(seen, unit.now, unit.words.at(seen.zone))
    if why:
        raise Refused(_("{why} If you have to talk now, use the phone.").format(why=why))


def address(unit: Unit, seen: Appointment) -> str:
    """Return where an appointment's meeting is, "" before its provider let somebody in there for the first time."""
    room = _room(unit, seen.provider_id).room
    return _address(unit, seen, room) if room else ""


def _address(unit: Unit, seen: Appointment, room: str) -> str:
    """The same patient lands in the same room all day long, whatever the appointment and the flow (VM1)."""
    name = meetings.room_name(room, seen.patient_id, unit.time.day_of(seen.starts_at))
    return meetings.address_of(unit.settings.meeting_url, name)


def _made_room(unit: Unit, provider_id: ProviderId) -> str:
    """The provider's secret, made when it is first needed."""
    row = _room(unit, provider_id)
    if row.room:
        return str(row.room)
    made = unit.change(schema.provider, provider_id, row.version, room=new_token())
    unit.record("new_room", Topic.DIRECTORY, provider_id)
    return str(made.room)


def _room(unit: Unit, provider_id: ProviderId) -> Row[Any]:
    row = unit.first(_ROOM, {"provider": provider_id})
    if row is None:
        raise NotFound(_("This provider is not there any more. Reload to see the present state."))
    return row


def _meeting(row: Row[Any]) -> Meeting:
    return Meeting(view(row), row.arrived_at, row.admitted_at)
