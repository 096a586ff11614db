"""The Meeting page at work: who is next, the lobby live, when it opens and closes, and the browser (VM1, VM2)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from sqlalchemy import select, update

from request_desk.domain.access import Actor, Role
from request_desk.domain.ids import AppointmentId, TypeId
from request_desk.services.portal import meetings as lobby
from request_desk.store import schema
from request_desk.ui.appointments.appointment_acts import RowAct, acts_of
from request_desk.ui.meeting.meeting_page import MeetingPage
from request_desk.ui.widgets.buttons import Button
from request_desk.ui.widgets.states import State
from request_desk.ui.window.pages import PAGES
from tests.builders import TODAY, Practice, wall
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[MeetingPage]]


class Browser(QObject):
    """What the desktop gives addresses to; notes them, and takes them or not."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.opened.append(url.toString())


@pytest.fixture
def browser() -> Iterator[Browser]:
    found = Browser()
    QDesktopServices.setUrlHandler("https", found, "take")  # type: ignore[arg-type]  # the binding takes no bytes, whatever it says
    yield found
    QDesktopServices.unsetUrlHandler("https")


@pytest.fixture
def video(sqlite_practice: Practice) -> TypeId:
    """A type by video, and a server for it."""
    practice = sqlite_practice
    practice.settings = replace(practice.settings, meeting_url="https://meet.example.org")
    with practice.database.write() as connection:
        connection.execute(update(schema.practice).values(settings=msgspec.to_builtins(practice.settings), version=2))
    return practice.a_type("Video follow-up", 20, is_video=True)


@pytest.fixture
def doctor(sqlite_practice: Practice) -> Actor:
    return sqlite_practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], sqlite_practice.lindqvist)


@pytest.fixture
def desk_at(open_page: OpenPage, doctor: Actor) -> OpenDesk:
    """Open a desk with the Meeting page, as the provider unless said otherwise."""

    def open_desk(**values: Any) -> PageDesk[MeetingPage]:
        desk = open_page(MeetingPage, **{"actor": doctor, **values})
        desk.page.take_focus()
        return desk

    return open_desk


@pytest.fixture
def read(practice: Practice, database_setup: Setup) -> Callable[[AppointmentId], datetime | None]:
    def admitted_at(appointment_id: AppointmentId) -> datetime | None:
        with database_setup(), practice.database.read() as connection:
            found: datetime | None = connection.execute(
                select(schema.appointment.c.admitted_at).where(schema.appointment.c.id == appointment_id)
            ).scalar_one()
            return found

    return admitted_at


def a_visit(practice: Practice, kind: TypeId, time: str, given: str = "Zuri", **values: object) -> AppointmentId:
    patient = practice.zuri if given == "Zuri" else practice.a_patient(given, "Lee", date(2023, 5, 6))
    return practice.an_appointment(
        patient,
        practice.lindqvist,
        TODAY,
        time,
        kind=kind,
        minutes=20,
        **values,  # type: ignore[arg-type]
    )


def go_to(hand: HandTimers, time: str, seconds: float = 0) -> None:
    hand.advance((wall(TODAY, time) - hand.clock.now()).total_seconds() + seconds)


def cells(desk: PageDesk[MeetingPage]) -> list[tuple[str, ...]]:
    model = desk.page.model
    return [tuple(str(model.data(model.index(line, place))) for place in range(5)) for line in range(model.rowCount())]


def test_who_is_next_stands_on_top_and_the_button_says_when_it_opens(
    desk_at: OpenDesk, practice: Practice, video: TypeId, hand: HandTimers, browser: Browser
) -> None:  # VM2
    first, _second = a_visit(practice, video, "9:20"), a_visit(practice, video, "9:40", "Kai")
    a_visit(practice, practice.sick, "10:00", "Ada")  # in person: it is not here
    desk = desk_at()
    card = desk.page.next
    assert card.who.text() == "Zuri Okafor"
    assert card.lobby.text() == "Not here yet"
    assert card.when.text() == "Opens at 9:10 AM"
    assert not card.button.isEnabled()
    assert [line[0] for line in cells(desk)] == ["9:20 AM", "9:40 AM"]
    desk.press("Ctrl+Return")
    assert desk.said() == "Join and wait: it opens at 9:10 AM."
    go_to(hand, "9:10", -1)
    assert not card.button.isEnabled()
    go_to(hand, "9:10")
    assert card.button.isEnabled()
    assert card.when.text() == "Open until 10:40 AM"
    go_to(hand, "10:40")
    assert desk.page.acts_of(desk.page.model.cached(first))[0].why_not == ""  # type: ignore[arg-type]
    go_to(hand, "10:40", 1)
    assert desk.page.acts_of(desk.page.model.cached(first))[0].why_not == "it closed at 10:40 AM"  # type: ignore[arg-type]
    assert card.who.text() == "Kai Lee"
    assert browser.opened == []


def test_who_comes_into_the_lobby_is_seen_at_once_and_let_in_with_one_key(
    desk_at: OpenDesk,
    practice: Practice,
    video: TypeId,
    hand: HandTimers,
    browser: Browser,
    database_setup: Setup,
    read: Callable[[AppointmentId], datetime | None],
) -> None:  # VM1
    visit = a_visit(practice, video, "9:20")
    other = a_visit(practice, video, "9:00", "Kai")
    desk = desk_at()
    go_to(hand, "9:12")
    with database_setup():
        practice.desk.perform(practice.amara, lobby.arrive, visit)
    desk.hear()
    card = desk.page.next
    assert card.who.text() == "Zuri Okafor"  # who waits goes before who is late
    assert card.lobby.text().startswith("In the lobby since 9:12 AM")
    go_to(hand, "9:16")
    assert card.lobby.text() == "In the lobby since 9:12 AM (4 min)"
    assert card.button.text() == "Let in and join"
    desk.press("Ctrl+Return")
    assert read(visit) is not None
    assert read(other) is None
    assert len(browser.opened) == 1
    with database_setup():
        assert practice.desk.query(practice.amara, lobby.portal_meeting, visit).address == browser.opened[0]
    desk.hear()
    assert card.who.text() == "Kai Lee"
    assert [line[3] for line in cells(desk)] == ["not here yet", "let in at 9:16 AM"]


def test_a_row_is_joined_with_its_key_and_enter_goes_to_the_visit(
    desk_at: OpenDesk, practice: Practice, video: TypeId, hand: HandTimers, browser: Browser
) -> None:
    a_visit(practice, video, "9:20")
    kai = a_visit(practice, video, "9:40", "Kai")
    desk = desk_at()
    go_to(hand, "9:35")
    desk.press("Down", "J")
    assert len(browser.opened) == 1
    desk.hear()
    assert cells(desk)[1][3] == "not here yet, is let in at once"
    desk.press("Return")
    assert desk.went == [("appointments", kai, False)]
    assert len(browser.opened) == 1


def test_without_a_server_the_page_says_who_can_set_it(desk_at: OpenDesk, practice: Practice) -> None:
    a_visit(practice, practice.a_type("Video follow-up", 20, is_video=True), "9:20")
    desk = desk_at()
    assert not desk.page.stack.is_content_shown()
    assert "An administrator can set its address in Settings" in desk.page.stack.pane.sentence()
    both = practice.a_staff("boss", "Joseph Mwangi", [Role.PROVIDER, Role.ADMINISTRATOR], practice.mwangi)
    desk = desk_at(actor=both)
    desk.page.stack.pane.acted.emit(State.EMPTY)
    assert desk.went == [("settings", 0, False)]


def test_a_day_without_video_visits_says_so(desk_at: OpenDesk, video: TypeId) -> None:
    desk = desk_at()
    assert desk.page.stack.pane.sentence() == "No video visit with you is booked for today."


def test_where_no_browser_opens_the_address_can_be_copied(
    desk_at: OpenDesk, practice: Practice, video: TypeId, hand: HandTimers
) -> None:
    a_visit(practice, video, "9:20")
    desk = desk_at()
    go_to(hand, "9:20")
    desk.press("Ctrl+Return")
    assert desk.said().startswith("No browser could be opened.")
    copy = next(each for each in desk.frame.messages.findChildren(Button) if each.words() == "Copy the address")
    desk.click(copy)
    assert QGuiApplication.clipboard().text().startswith("https://meet.example.org/")


def test_everything_has_a_name(desk_at: OpenDesk, practice: Practice, video: TypeId) -> None:
    a_visit(practice, video, "9:20")
    assert nameless(desk_at().frame) == []


def test_the_page_is_for_those_who_see_patients(practice: Practice, doctor: Actor) -> None:
    spec = next(each for each in PAGES if each.key == "meeting")
    assert spec.is_offered(doctor)
    assert not spec.is_offered(practice.maria)
    assert not spec.is_offered(practice.admin)
    assert not spec.is_offered(None)
    assert all(each.is_offered(practice.maria) for each in PAGES if each is not spec)


@pytest.mark.parametrize(("who", "reason"), [("doctor", ""), ("maria", "only Dr. Lindqvist joins")])
def test_a_visit_by_video_is_joined_from_its_menu_too(
    desk_at: OpenDesk,
    practice: Practice,
    video: TypeId,
    hand: HandTimers,
    browser: Browser,
    doctor: Actor,
    who: str,
    reason: str,
) -> None:
    visit = a_visit(practice, video, "9:20")
    desk = desk_at()
    go_to(hand, "9:09")
    shown = desk.page.model.cached(visit)
    assert shown is not None
    desk.actor = doctor if who == "doctor" else practice.maria
    context = desk.page._context
    assert acts_of(context, desk.page, shown.appointment)[RowAct.JOIN].why_not == (reason or "it opens at 9:10 AM")
    go_to(hand, "9:20")
    act = acts_of(context, desk.page, shown.appointment)[RowAct.JOIN]
    assert act.why_not == reason
    if not reason:
        act.run()
        desk.settle()
        assert len(browser.opened) == 1
    in_person = replace(shown.appointment, is_video=False)
    assert all(each.text != "Join" for each in acts_of(context, desk.page, in_person))


def test_the_list_keeps_its_row_when_somebody_comes(
    desk_at: OpenDesk, practice: Practice, video: TypeId, hand: HandTimers, database_setup: Setup
) -> None:
    visit = a_visit(practice, video, "9:20")
    kai = a_visit(practice, video, "9:40", "Kai")
    desk = desk_at()
    desk.press("Down")
    go_to(hand, "9:15")
    with database_setup():
        practice.desk.perform(practice.amara, lobby.arrive, visit)
    desk.hear()
    assert desk.page.view.selected_key() == kai
    assert desk.focus() is desk.page.view
