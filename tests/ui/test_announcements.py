"""Telling all families of a span: the sheet by keys and pointer, who is told, the texts, once, undo, and the card (NT2, MC12)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from sqlalchemy import select

from request_desk.domain.announcements import AnnouncementKind
from request_desk.domain.ids import AppointmentId
from request_desk.store import schema
from request_desk.ui.schedule.announcement_sheet import AnnouncementSheet
from request_desk.ui.schedule.provider_out_sheet import ProviderOutSheet
from request_desk.ui.schedule.schedule_page import SchedulePage
from request_desk.ui.widgets.dialogs import Question
from tests.builders import TODAY, Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SchedulePage]]


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    """Open a desk with the Schedule page."""
    return partial(open_page, SchedulePage)


def booked(practice: Practice, given: str, time: str, language: str = "en") -> AppointmentId:
    child = practice.a_patient(given, "Ruiz", date(2021, 5, 4))
    practice.a_contact("Ana", "Ruiz", f"{given.lower()}@example.org", {child: {"relation": "mother"}}, language)
    return practice.an_appointment(child, practice.mwangi, TODAY, time, minutes=20, place=practice.harbor)


@pytest.fixture
def appointments(sqlite_practice: Practice, database_setup: Setup) -> list[AppointmentId]:
    """Two children with Dr. Mwangi today; the first family reads Spanish."""
    with database_setup():
        return [booked(sqlite_practice, "Luz", "9:00", "es"), booked(sqlite_practice, "Teo", "9:20")]


def stored(practice: Practice, setup: Setup, table: Any) -> list[Any]:
    with setup(), practice.database.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)).all())


def opened(desk: PageDesk[SchedulePage]) -> AnnouncementSheet:
    found = desk.dialog()
    assert isinstance(found, AnnouncementSheet)
    return found


def with_mwangi(desk: PageDesk[SchedulePage]) -> AnnouncementSheet:
    """Open the sheet by its key and choose Dr. Mwangi by the keyboard."""
    desk.page.panel.view.setFocus()
    desk.press("T")
    sheet = opened(desk)
    sheet.whom.choose(None)
    sheet.whom.setFocus()
    desk.press("Home", "Down")
    desk.settle()
    return sheet


def told(sheet: AnnouncementSheet) -> list[str]:
    lines = [[sheet.model.index(place, column).data() for column in (2, 3)] for place in range(sheet.model.rowCount())]
    return [", ".join(filter(None, line)) for line in lines]


def menu_of(desk: PageDesk[SchedulePage]) -> QMenu:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_it_opens_by_key_and_by_its_name_and_everything_in_it_has_one(
    desk_at: OpenDesk, appointments: list[AppointmentId]
) -> None:  # MC12
    desk = desk_at()
    sheet = with_mwangi(desk)
    assert nameless(sheet) == []
    desk.press("Esc")
    assert desk.frame.commands.run("schedule.announce")
    assert isinstance(desk.dialog(), AnnouncementSheet)


def test_who_is_told_is_seen_first_with_channel_language_and_letter(
    desk_at: OpenDesk, appointments: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:  # NT2
    desk = desk_at()
    sheet = with_mwangi(desk)
    assert sheet.whom.currentText() == "Dr. Joseph Mwangi"
    assert told(sheet) == ["Ana Ruiz, e-mail, Spanish", "Ana Ruiz, e-mail, English"]
    assert sheet.button.words() == "Tell 2 people"
    assert sheet.letter.text().startswith("To luz@example.org, in Spanish")
    assert "cuente con esperar unos 20 minutos más" in sheet.letter.text()
    assert {language: edit.toPlainText() for language, edit in sheet.texts.items()} == {
        "en": "We are running late: please expect to wait about 20 minutes longer.",
        "es": "Llevamos retraso: cuente con esperar unos 20 minutos más.",
    }
    assert stored(sqlite_practice, database_setup, schema.outbox) == []


def test_the_minutes_change_the_texts_but_not_what_was_typed(
    desk_at: OpenDesk, appointments: list[AppointmentId]
) -> None:  # NT2
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.texts["en"].setFocus()
    desk.press("Ctrl+A")
    desk.type("Dr. Mwangi is later today.")
    sheet.minutes.setFocus()
    desk.press("Up", "Up")
    assert not sheet.button.isEnabled()  # what is shown is of another time
    desk.hand.advance(1)
    desk.settle()
    assert sheet.button.isEnabled()
    assert sheet.texts["en"].toPlainText() == "Dr. Mwangi is later today."
    assert "unos 30 minutos" in sheet.texts["es"].toPlainText()


def test_one_press_tells_everybody_once_and_undo_takes_it_back(
    desk_at: OpenDesk, appointments: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:  # NT2
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.button.click()
    sheet.button.click()
    desk.settle()
    assert not desk.has_dialog()
    kept = stored(sqlite_practice, database_setup, schema.outbox)
    assert [(row.kind, row.state) for row in kept] == [("running_late", "pending")] * 2
    assert desk.context.undo_bar.sentence().startswith("Dr. Mwangi: 2 people told")
    again = with_mwangi(desk)
    assert told(again) == ["told already", "told already"]
    assert (again.button.words(), again.button.isEnabled()) == ("Tell nobody", False)
    desk.press("Esc")
    desk.context.undo_bar.ask_undo()
    desk.settle()
    assert [row.state for row in stored(sqlite_practice, database_setup, schema.outbox)] == ["withdrawn"] * 2


def test_the_card_shows_what_the_family_was_told(desk_at: OpenDesk, appointments: list[AppointmentId]) -> None:  # NT2
    desk = desk_at()
    with_mwangi(desk)
    desk.press("Ctrl+Return")
    desk.settle()
    desk.page.open(appointments[0])
    desk.settle()
    assert desk.page.card.facts.lines()[-1] == ("Told", "20 minutes late, today 8:12 AM")


def test_a_text_that_names_a_patient_is_refused_and_stays(
    desk_at: OpenDesk, appointments: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:  # NOTE-01
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.texts["en"].setFocus()
    desk.press("Ctrl+A")
    desk.type("Teo Ruiz is sick, so we are late.")
    desk.press("Ctrl+Return")
    desk.settle()
    assert opened(desk) is sheet
    assert "The text says “Teo Ruiz”" in sheet.said.text()
    assert sheet.texts["en"].toPlainText() == "Teo Ruiz is sick, so we are late."
    assert stored(sqlite_practice, database_setup, schema.outbox) == []


def test_words_of_health_are_asked_about_with_the_words(
    desk_at: OpenDesk, appointments: list[AppointmentId], sqlite_practice: Practice, database_setup: Setup
) -> None:  # RE7
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.texts["en"].setFocus()
    desk.press("Ctrl+A")
    desk.type("Flu shots take longer.")
    for answer in ("no", "yes"):
        desk.click(sheet.button)
        desk.settle()
        asked = desk.dialog()
        assert isinstance(asked, Question)
        assert asked.question.text() == "The text says “Flu” and “shots”, which may tell of somebody's health."
        assert stored(sqlite_practice, database_setup, schema.outbox) == []
        desk.click(getattr(asked, answer))
        desk.settle()
    assert len(stored(sqlite_practice, database_setup, schema.outbox)) == 2


def test_a_location_that_is_closed_is_told_with_a_way_to_find_new_places(
    desk_at: OpenDesk, appointments: list[AppointmentId]
) -> None:  # NT2
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.kind.choose(AnnouncementKind.CLOSED)
    sheet.of.choose("location")
    sheet.whom.setFocus()
    desk.press("End")
    desk.settle()
    places = [sheet.whom.itemText(place) for place in range(sheet.whom.count())]
    sheet.whom.setCurrentIndex(next(place for place, name in enumerate(places) if "Harbor" in name))
    desk.settle()
    assert sheet.button.words() == "Tell 2 people"
    assert "We are closed then" in sheet.texts["en"].toPlainText()
    assert sheet.late.isHidden()
    desk.click(sheet.move_button)
    desk.settle()
    out = desk.dialog()
    assert isinstance(out, ProviderOutSheet)
    assert [line.appointment.id for line in out.lines.all()] == appointments


def test_an_end_before_the_beginning_is_told(desk_at: OpenDesk, appointments: list[AppointmentId]) -> None:  # NT2
    desk = desk_at()
    sheet = with_mwangi(desk)
    sheet.until.setDateTime(sheet.since.dateTime().addSecs(-3600))
    desk.hand.advance(1)
    desk.settle()
    assert "ends before it begins" in sheet.stack.pane.sentence()
    assert not sheet.button.isEnabled()


def test_nobody_booked_is_said(desk_at: OpenDesk) -> None:  # NT2
    sheet = with_mwangi(desk_at())
    assert sheet.stack.pane.sentence() == "Nobody is booked with Dr. Mwangi then."
    assert not sheet.button.isEnabled()


def test_the_menu_of_a_column_offers_its_provider_and_its_locations(
    desk_at: OpenDesk, appointments: list[AppointmentId]
) -> None:  # NT2
    desk = desk_at()
    desk.page.open(appointments[0])
    desk.settle()
    column = desk.page.panel.view.focused_column()
    assert column is not None
    desk.page.panel.view.column_menu.emit(column, QPoint(60, 60))
    menu = menu_of(desk)
    offered = [action.text() for action in menu.actions()]
    assert offered[0] == "Tell families of Dr. Mwangi: running late, closed …"
    assert len(offered) > 1
    menu.actions()[0].trigger()
    menu.close()
    desk.settle()
    assert opened(desk).whom.currentText() == "Dr. Joseph Mwangi"


def test_a_click_with_the_other_button_on_a_head_opens_the_menu_of_its_column(
    desk_at: OpenDesk, appointments: list[AppointmentId]
) -> None:  # NT2
    desk = desk_at()
    view = desk.page.panel.view
    heard: list[str] = []
    view.column_menu.connect(lambda column, _place: heard.append(column.provider_name))
    QTest.mouseClick(
        view.viewport(),
        Qt.MouseButton.RightButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(view.viewport().width() // 2, 8),
    )
    assert len(heard) == 1
    menu_of(desk).close()


def test_a_day_that_is_over_opens_for_today(desk_at: OpenDesk, appointments: list[AppointmentId]) -> None:  # NT2
    desk = desk_at()
    desk.page.show_day(TODAY - timedelta(days=3))
    desk.settle()
    sheet = with_mwangi(desk)
    assert sheet.since.date().toPython() == TODAY
    assert sheet.button.words() == "Tell 2 people"
