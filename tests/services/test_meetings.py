"""Video meetings on both engines: who is let in where, the lobby of the portal, rooms and their secrets (VM1, VM2)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, TypeId
from request_desk.services.portal import meetings as lobby
from request_desk.services.practice import settings
from request_desk.services.schedule import meetings, scheduling
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

SERVER = "https://meet.example.org"
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def video(practice: Practice) -> TypeId:
    """A type by video in a practice that has a meeting server."""
    practice.settings = replace(practice.settings, meeting_url=SERVER)
    with practice.database.write() as connection:
        connection.execute(update(schema.practice).values(settings=msgspec.to_builtins(practice.settings), version=2))
    return practice.a_type("Video follow-up", 20, is_video=True)


@pytest.fixture
def doctor(practice: Practice) -> Actor:
    return practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)


@pytest.fixture
def keeper(practice: Practice) -> Actor:
    """Who may change types and rooms."""
    return practice.a_staff("helen", "Helen Park", [Role.ADMINISTRATOR, Role.TYPES])


def go_to(clock: FixedClock, moment: datetime) -> None:
    clock.advance(moment - clock.now())


def a_visit(practice: Practice, kind: TypeId, time: str = "9:20", **values: Any) -> AppointmentId:
    given = {"provider": practice.lindqvist, "day": TODAY, "patient": practice.zuri, **values}
    patient, provider, day = (given.pop(name) for name in ("patient", "provider", "day"))
    return practice.an_appointment(patient, provider, day, time, kind=kind, minutes=20, **given)


def row(practice: Practice, appointment_id: AppointmentId) -> Any:
    with practice.database.read() as connection:
        return connection.execute(select(schema.appointment).where(schema.appointment.c.id == appointment_id)).one()


def let_in(practice: Practice, who: Actor, appointment_id: AppointmentId) -> str:
    version = row(practice, appointment_id).version
    return practice.desk.perform(who, meetings.let_in, appointment_id, expect_version=version).value


def test_the_family_waits_is_let_in_and_lands_where_the_provider_is(
    practice: Practice, video: TypeId, doctor: Actor, clock: FixedClock
) -> None:  # VM1
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, "9:12"))
    practice.desk.perform(practice.amara, lobby.arrive, visit)
    seen = practice.desk.query(practice.amara, lobby.portal_meeting, visit)
    assert (seen.arrived_at, seen.address) == (wall(TODAY, "9:12"), "")
    day = practice.desk.query(doctor, meetings.own_day)
    assert [(each.appointment.id, each.is_waiting) for each in day.meetings] == [(visit, True)]
    clock.advance(3 * MINUTE)
    address = let_in(practice, doctor, visit)
    assert address.startswith(f"{SERVER}/")
    assert row(practice, visit).admitted_at == wall(TODAY, "9:15")
    assert practice.desk.query(practice.amara, lobby.portal_meeting, visit).address == address
    assert not practice.desk.query(doctor, meetings.own_day).meetings[0].is_waiting


def test_the_address_tells_neither_who_nor_when_and_is_kept_nowhere(
    practice: Practice, video: TypeId, doctor: Actor, clock: FixedClock
) -> None:
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, "9:20"))
    room = let_in(practice, doctor, visit).rpartition("/")[2]
    with practice.database.read() as connection:
        secret = connection.execute(
            select(schema.provider.c.room).where(schema.provider.c.id == practice.lindqvist)
        ).scalar_one()
        kept = connection.execute(select(schema.journal.c.detail)).scalars().all()
        answers = connection.execute(select(schema.command.c.answer)).scalars().all()
    assert len(secret) >= 40
    assert secret not in room
    assert room not in f"{kept}{answers}"
    assert secret not in f"{kept}{answers}"


def test_the_same_patient_has_one_room_a_day_and_nobody_else_has_it(
    practice: Practice, video: TypeId, doctor: Actor, clock: FixedClock
) -> None:  # VM1
    kai = practice.a_patient("Kai", "Lee", TODAY - 900 * DAY)
    first = a_visit(practice, video, "9:20")
    again = a_visit(practice, video, "10:00")
    next_one = a_visit(practice, video, "9:40", patient=kai)
    tomorrow = a_visit(practice, video, "9:20", day=TODAY + DAY)
    go_to(clock, wall(TODAY, "9:50"))
    rooms = [let_in(practice, doctor, each) for each in (first, again, next_one)]
    go_to(clock, wall(TODAY + DAY, "9:20"))
    rooms.append(let_in(practice, doctor, tomorrow))
    assert rooms[0] == rooms[1]
    assert len(set(rooms)) == 3


@pytest.mark.parametrize(
    ("time", "seconds", "sentence"),
    [
        ("9:10", -1, "The meeting opens at 9:10 AM. If you have to talk now, use the phone."),
        ("9:10", 0, ""),
        ("10:40", 0, ""),
        ("10:40", 1, "The meeting closed at 10:40 AM. If you have to talk now, use the phone."),
    ],
)
def test_nobody_joins_outside_of_the_window_neither_here_nor_there(
    practice: Practice, video: TypeId, doctor: Actor, clock: FixedClock, time: str, seconds: int, sentence: str
) -> None:  # VM2
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, time) + seconds * SECOND)
    if not sentence:
        practice.desk.perform(practice.amara, lobby.arrive, visit)
        address = let_in(practice, doctor, visit)
        assert practice.desk.query(practice.amara, lobby.portal_meeting, visit).address == address
        go_to(clock, wall(TODAY, "10:40") + SECOND)
        assert practice.desk.query(practice.amara, lobby.portal_meeting, visit).address == ""
        return
    with pytest.raises(Refused) as refused:
        practice.desk.perform(practice.amara, lobby.arrive, visit)
    assert refused.value.sentence == sentence
    with pytest.raises(Refused) as refused:
        let_in(practice, doctor, visit)
    assert refused.value.sentence == sentence


def test_only_its_provider_lets_in_and_only_what_is_by_video_and_stands(
    practice: Practice, video: TypeId, doctor: Actor, clock: FixedClock
) -> None:
    go_to(clock, wall(TODAY, "9:20"))
    theirs = a_visit(practice, video, provider=practice.mwangi)
    for who in (doctor, practice.maria, practice.admin):
        with pytest.raises(NotAllowed, match=r"Only Dr\. Mwangi can join"):
            let_in(practice, who, theirs)
    for kind, values in (
        (practice.sick, {}),
        (video, {"status": "no_show"}),
        (video, {"status": "cancelled", "cancel_code": "pat"}),
    ):
        visit = a_visit(practice, kind, "9:00" if values else "10:00", **values)
        with pytest.raises(Refused, match="There is no meeting"):
            let_in(practice, doctor, visit)
    with pytest.raises(NotAllowed, match="You see no patients here"):
        practice.desk.query(practice.maria, meetings.own_day)


def test_letting_in_twice_is_letting_in_once(
    practice: Practice, video: TypeId, doctor: Actor, clock: FixedClock
) -> None:
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, "9:20"))
    seen = row(practice, visit).version
    first = practice.desk.perform(doctor, meetings.let_in, visit, expect_version=seen)
    clock.advance(MINUTE)
    again = practice.desk.perform(doctor, meetings.let_in, visit, expect_version=seen)
    assert again.value == first.value
    assert again.changes.entries == ()
    assert row(practice, visit).admitted_at == wall(TODAY, "9:20")


def test_whoever_may_not_act_for_the_patient_hears_of_no_meeting(
    practice: Practice, video: TypeId, clock: FixedClock
) -> None:
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, "9:15"))
    stranger = practice.a_contact("Sam", "Lee", "sam@example.org", {})
    former = practice.a_contact(
        "Ex", "Okafor", "ex@example.org", {practice.zuri: {"relation": "uncle", "valid_until": TODAY - DAY}}
    )
    for who in (stranger, former):
        for which in (visit, AppointmentId(987_654)):
            with pytest.raises(NotFound, match="There is no such meeting"):
                practice.desk.query(who, lobby.portal_meeting, which)
            with pytest.raises(NotFound, match="There is no such meeting"):
                practice.desk.perform(who, lobby.arrive, which)
    practice.desk.perform(
        practice.grandmother, lobby.arrive, visit
    )  # she may not book, but she may sit beside the child
    assert row(practice, visit).arrived_at == wall(TODAY, "9:15")


def test_arriving_twice_keeps_the_first_time(practice: Practice, video: TypeId, clock: FixedClock) -> None:
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, "9:15"))
    practice.desk.perform(practice.amara, lobby.arrive, visit)
    clock.advance(MINUTE)
    assert practice.desk.perform(practice.father, lobby.arrive, visit).changes.entries == ()
    assert row(practice, visit).arrived_at == wall(TODAY, "9:15")


def test_what_staff_just_cancelled_stands_in_the_portal_but_nobody_arrives(
    practice: Practice, video: TypeId, clock: FixedClock
) -> None:
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, "9:15"))
    practice.desk.perform(practice.maria, scheduling.cancel, visit, code="pat", expect_version=1)
    assert practice.desk.query(practice.amara, lobby.portal_meeting, visit).appointment.status == "confirmed"
    with pytest.raises(Refused, match="just changing this visit"):
        practice.desk.perform(practice.amara, lobby.arrive, visit)
    clock.advance(MINUTE)
    assert practice.desk.query(practice.amara, lobby.portal_meeting, visit).appointment.status == "cancelled"


def test_without_a_server_nobody_is_offered_a_meeting(practice: Practice, doctor: Actor, clock: FixedClock) -> None:
    visit = a_visit(practice, practice.a_type("Video follow-up", 20, is_video=True))
    go_to(clock, wall(TODAY, "9:20"))
    assert not practice.desk.query(doctor, meetings.own_day).has_server
    with pytest.raises(Refused, match="has no meeting server"):
        let_in(practice, doctor, visit)
    with pytest.raises(NotFound):
        practice.desk.query(practice.amara, lobby.portal_meeting, visit)


def test_a_new_room_is_another_one_and_can_be_taken_back(
    practice: Practice, video: TypeId, doctor: Actor, keeper: Actor, clock: FixedClock
) -> None:
    visit = a_visit(practice, video)
    go_to(clock, wall(TODAY, "9:20"))
    before = let_in(practice, doctor, visit)
    changed = practice.desk.perform(keeper, meetings.new_room, practice.lindqvist, expect_version=2)
    assert let_in(practice, doctor, visit) != before
    assert changed.undo is not None
    practice.desk.undo(keeper, changed.undo)
    assert let_in(practice, doctor, visit) == before
    again = practice.desk.perform(keeper, meetings.new_room, practice.lindqvist, expect_version=4)
    clock.advance(MINUTE)
    assert again.undo is not None
    with pytest.raises(UndoRefused):
        practice.desk.undo(keeper, again.undo)
    for who in (practice.maria, practice.admin, doctor):
        with pytest.raises(NotAllowed):
            practice.desk.perform(who, meetings.new_room, practice.lindqvist, expect_version=5)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  https://meet.example.org/ ", "https://meet.example.org"),
        ("https://meet.example.org:8443/clinic", "https://meet.example.org:8443/clinic"),
    ],
)
def test_the_address_of_the_server_is_kept_without_its_last_slash(practice: Practice, typed: str, kept: str) -> None:
    new = replace(practice.settings, meeting_url=typed)
    practice.desk.perform(practice.admin, settings.save_settings, new, expect_version=1)
    assert practice.desk.query(practice.admin, settings.settings).meeting_url == kept


@pytest.mark.parametrize(
    "typed",
    [
        "meet.example.org",
        "http://meet.example.org",
        "https://",
        "https://meet.example.org?x=1",
        "https://meet.example.org/#a",
        "https://somebody@meet.example.org",
        "https://meet example.org",
        "https://[::1",
        "https://meet.example.org:99999",
        "https://meet.example.org/Räume",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_of_a_server_is_told_beside_its_field(practice: Practice, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        practice.desk.perform(
            practice.admin, settings.save_settings, replace(practice.settings, meeting_url=typed), expect_version=1
        )
    assert refused.value.field == "Meeting address"
    assert "https://" in refused.value.sentence
