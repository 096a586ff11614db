"""The lobby in the portal without scripts: Join, "I am here", waiting, the way in; who sees what, in both languages (VM1, VM2)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import AppointmentId, TypeId
from request_desk.services.schedule import meetings
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall
from tests.web.conftest import SignIn

SERVER = "https://meet.example.org"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def with_server(practice: Practice, address: str = SERVER, *, name: str = "Video follow-up") -> TypeId:
    """A type by video, and a meeting server for it."""
    practice.settings = replace(practice.settings, meeting_url=address)
    with practice.database.write() as connection:
        connection.execute(update(schema.practice).values(settings=msgspec.to_builtins(practice.settings), version=2))
    return practice.a_type(name, 20, is_video=True)


def go_to(clock: FixedClock, moment: datetime) -> None:
    clock.advance(moment - clock.now())


def a_visit(practice: Practice, kind: TypeId, time: str = "9:20", day: Any = TODAY) -> AppointmentId:
    return practice.an_appointment(practice.zuri, practice.lindqvist, day, time, kind=kind, minutes=20)


def arrived_at(practice: Practice, visit: AppointmentId) -> datetime | None:
    with practice.database.read() as connection:
        found: datetime | None = connection.execute(
            select(schema.appointment.c.arrived_at).where(schema.appointment.c.id == visit)
        ).scalar_one()
        return found


def test_a_mother_waits_in_the_lobby_until_she_is_let_in(
    sign_in: SignIn, practice: Practice, clock: FixedClock
) -> None:
    visit = a_visit(practice, with_server(practice))
    doctor = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    go_to(clock, wall(TODAY, "9:05"))
    mother = sign_in(practice.amara)
    mother.open("/")
    page = mother.follow("Join")
    assert "Video visit with Dr. Lindqvist" in page.words
    assert "The meeting opens at 9:10 AM." in page.words
    assert "I am here" not in page.words
    go_to(clock, wall(TODAY, "9:12"))
    page = mother.open(f"/visits/{visit}")
    assert arrived_at(practice, visit) is None  # looking changes nothing
    page = mother.send(f"/visits/{visit}/here")
    assert "You are in the lobby since 9:12 AM." in page.words
    assert SERVER not in page.html
    assert mother.client.get(f"/visits/{visit}").headers["refresh"] == "15"
    assert arrived_at(practice, visit) == wall(TODAY, "9:12")
    address = practice.desk.perform(doctor, meetings.let_in, visit, expect_version=2).value
    page = mother.follow("Look again now")
    assert "Dr. Lindqvist has let you in." in page.words
    assert SERVER not in page.html  # LINK-17
    answer = mother.client.post(
        f"/visits/{visit}/join", data=page.forms[f"/visits/{visit}/join"], follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"], answer.text) == (303, address, "")
    assert "refresh" not in mother.client.get(f"/visits/{visit}").headers
    go_to(clock, wall(TODAY, "10:40") + SECOND)
    mother = sign_in(practice.amara)
    page = mother.open(f"/visits/{visit}")
    assert "The meeting closed at 10:40 AM." in page.words
    assert SERVER not in page.html
    assert "Join" not in mother.open("/").links


@pytest.mark.parametrize(
    ("moment", "seconds", "is_led"), [("9:10", -1, False), ("9:10", 0, True), ("10:40", 0, True), ("10:40", 1, False)]
)
def test_the_way_into_the_room_is_open_to_the_second(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock, moment: str, seconds: int, is_led: bool
) -> None:  # LINK-17, VM2
    practice = sqlite_practice
    video, now = with_server(practice), clock.now()
    practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    with practice.database.write() as connection:
        connection.execute(update(schema.provider).values(room="a-secret"))
    let_in: dict[str, Any] = {"arrived_at": now, "admitted_at": now}
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20", kind=video, minutes=20, **let_in)
    go_to(clock, wall(TODAY, moment) + seconds * SECOND)
    mother = sqlite_sign_in(practice.amara)
    page = mother.open(f"/visits/{visit}")
    assert (f"/visits/{visit}/join" in page.forms) is is_led
    token = next(iter(page.forms.values()))["csrftoken"]
    answer = mother.client.post(f"/visits/{visit}/join", data={"csrftoken": token}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(SERVER if is_led else f"/visits/{visit}")
    assert (SERVER in page.headers["content-security-policy"]) is is_led
    assert SERVER not in answer.headers["content-security-policy"]
    assert SERVER not in mother.open("/").headers["content-security-policy"]


def test_who_is_not_let_in_yet_stays_in_the_lobby(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock
) -> None:  # LINK-17
    visit = a_visit(sqlite_practice, with_server(sqlite_practice))
    go_to(clock, wall(TODAY, "9:12"))
    mother = sqlite_sign_in(sqlite_practice.amara)
    token = mother.open(f"/visits/{visit}").forms[f"/visits/{visit}/here"]["csrftoken"]
    answer = mother.client.post(f"/visits/{visit}/join", data={"csrftoken": token}, follow_redirects=False)
    assert answer.headers["location"] == f"/visits/{visit}"
    assert SERVER not in mother.page.headers["content-security-policy"]


def test_in_spanish_too(sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock) -> None:
    practice = sqlite_practice
    visit = a_visit(practice, with_server(practice))
    rosa = practice.a_contact(
        "Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "mother"}}, language="es"
    )
    go_to(clock, wall(TODAY, "9:05"))
    mother = sqlite_sign_in(rosa)
    mother.open("/")
    assert "La cita por video se abre a las 9:10" in mother.follow("Entrar").words
    go_to(clock, wall(TODAY, "9:12"))
    mother.open(f"/visits/{visit}")
    assert "Está en la sala de espera desde las 9:12" in mother.send(f"/visits/{visit}/here").words


def test_only_a_video_visit_of_today_shows_join_and_none_without_a_server(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock
) -> None:
    practice = sqlite_practice
    visit = a_visit(practice, practice.a_type("Video talk", 20, is_video=True))
    mother = sqlite_sign_in(practice.amara)
    page = mother.open("/")
    assert "Join" not in page.words
    assert "Dr. Lindqvist · By video" in page.words
    assert mother.open(f"/visits/{visit}").status == 404
    video = with_server(practice)
    tomorrow, in_person = a_visit(practice, video, day=TODAY + DAY), a_visit(practice, practice.sick, "11:00")
    page = mother.open("/")
    assert {link for link in page.links.values() if link.startswith("/visits/")} == {f"/visits/{visit}"}
    assert mother.open(f"/visits/{in_person}").status == 404
    words = mother.open(f"/visits/{tomorrow}").words
    assert "The meeting opens on Wed, Nov 25, 9:10 AM. Please come back then." in words


@pytest.mark.parametrize("which", ["0", "nonsense", "9" * 30, "987654"])
def test_an_address_that_no_page_gave_leads_nowhere(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, which: str
) -> None:
    with_server(sqlite_practice)
    mother = sqlite_sign_in(sqlite_practice.amara)
    assert mother.open(f"/visits/{which}").status in (404, 422)


def test_somebody_elses_meeting_is_not_there(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock
) -> None:
    practice = sqlite_practice
    visit = a_visit(practice, with_server(practice))
    go_to(clock, wall(TODAY, "9:12"))
    kai = practice.a_patient("Kai", "Lee", TODAY - 900 * DAY)
    stranger: Actor = practice.a_contact("Sam", "Lee", "sam@example.org", {kai: {"relation": "father"}})
    assert sqlite_sign_in(stranger).open(f"/visits/{visit}").status == 404
    mother = sqlite_sign_in(practice.amara)
    fields = mother.open(f"/visits/{visit}").forms[f"/visits/{visit}/here"]
    other = sqlite_sign_in(stranger)
    other.open("/")
    token = next(iter(other.page.forms.values()))["csrftoken"]
    answer = other.client.post(f"/visits/{visit}/here", data={**fields, "csrftoken": token})
    assert answer.status_code == 404
    assert arrived_at(practice, visit) is None


def test_a_form_sent_when_it_is_too_late_says_so(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock
) -> None:
    practice = sqlite_practice
    visit = a_visit(practice, with_server(practice))
    go_to(clock, wall(TODAY, "10:30"))
    mother = sqlite_sign_in(practice.amara)
    mother.open(f"/visits/{visit}")
    go_to(clock, wall(TODAY, "10:40") + SECOND)
    page = mother.send(f"/visits/{visit}/here")
    assert page.status == 409
    assert "The meeting closed at 10:40 AM." in page.words
    assert arrived_at(practice, visit) is None
