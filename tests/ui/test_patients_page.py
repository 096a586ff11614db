"""The Patients page: finding as one types, a patient in full, the ways from it, the forms with their warnings and refusals."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any, TypeVar

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from request_desk.domain.access import Role
from request_desk.domain.directory import Channel, PatientState
from request_desk.domain.ids import PatientId
from request_desk.services.people import registration
from request_desk.services.people.registration import PatientDetails
from request_desk.ui.lists.windowed import PAGE
from request_desk.ui.patients.forms import ContactForm, FormWindow, NewPatientForm, PatientForm
from request_desk.ui.patients.merge_sheet import MergeSheet
from request_desk.ui.patients.patient_detail import PatientDetail
from request_desk.ui.patients.patients_page import PatientsPage
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.buttons import Link
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.states import State
from tests.builders import TODAY, Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
F = TypeVar("F", PatientForm, NewPatientForm, ContactForm)
OpenDesk = Callable[..., PageDesk[PatientsPage]]


@pytest.fixture
def desk_at(open_page: OpenPage) -> OpenDesk:
    def open_desk(**values: Any) -> PageDesk[PatientsPage]:
        desk = open_page(PatientsPage, **values)
        desk.page.take_focus()
        return desk

    return open_desk


def names(desk: PageDesk[PatientsPage]) -> list[str]:
    return [str(desk.page.model.index(row, 0).data()) for row in range(desk.page.model.rowCount())]


def card(desk: PageDesk[PatientsPage]) -> PatientDetail:
    assert isinstance(desk.page.detail, PatientDetail)
    return desk.page.detail


def form(desk: PageDesk[PatientsPage], kind: type[F]) -> F:
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    assert isinstance(window.form, kind)
    return window.form


def closing(desk: PageDesk[PatientsPage]) -> QWidget:
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    return window.close_button


def question(desk: PageDesk[PatientsPage]) -> Question:
    found = desk.dialog()
    assert isinstance(found, Question)
    return found


def search(desk: PageDesk[PatientsPage], text: str) -> None:
    desk.press("Ctrl+F")
    desk.page.search.setText(text)
    desk.press("Return")
    desk.settle()


@pytest.mark.parametrize("typed", ["zuri", "3/12/2022", "555-0147", "amara@example.org", "okafor amara"])
def test_a_patient_is_found_by_what_people_say(desk_at: OpenDesk, practice: Practice, typed: str) -> None:
    practice.a_patient("Bo", "Adams", date(2020, 1, 1))
    desk = desk_at()
    assert names(desk) == ["Adams, Bo", "Okafor, Zuri"]
    search(desk, typed)
    assert names(desk) == ["Okafor, Zuri"]
    assert card(desk).title.text() == "Zuri Okafor"
    assert desk.page.view.hasFocus()


def test_what_is_typed_is_asked_once_and_not_by_every_letter(
    desk_at: OpenDesk, practice: Practice, qtbot: QtBot
) -> None:
    desk = desk_at()
    asked: list[str] = []
    desk.page.search.searched.connect(asked.append)
    desk.press("Ctrl+F")
    with qtbot.waitSignal(desk.page.search.searched):
        desk.type("oka")
    desk.settle()
    assert asked == ["oka"]
    assert names(desk) == ["Okafor, Zuri"]


def test_what_nobody_has_says_so_and_is_cleared(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    search(desk, "nobody")
    pane = desk.page.stack.pane
    assert (pane.state(), pane.sentence()) == (State.EMPTY, "Nothing was found for “nobody”.")
    desk.click(pane._button)
    assert names(desk) == ["Okafor, Zuri"]
    assert desk.page.search.text() == ""


def test_who_has_moved_is_listed_when_it_is_asked_for(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    moved = PatientDetails("Zuri", "Okafor", "2022-03-12", state=PatientState.MOVED)
    with database_setup():
        practice.desk.perform(practice.maria, registration.save_patient, practice.zuri, moved, expect_version=1)
    desk = desk_at()
    assert names(desk) == []
    desk.page.filters.choose("states", (PatientState.MOVED.value,))
    desk.settle()
    assert names(desk) == ["Okafor, Zuri"]


def test_a_patient_behind_the_first_page_stays_open_beside_the_list(desk_at: OpenDesk, practice: Practice) -> None:
    for number in range(3 * PAGE):
        practice.a_patient(f"Given{number}", "Adams", date(2020, 1, 1))
    desk = desk_at()
    desk.press("Ctrl+F")
    desk.page.open(practice.zuri)
    desk.settle()
    assert desk.page.view.hasFocus()
    assert desk.page.view.selected_key() is None
    assert card(desk).title.text() == "Zuri Okafor"


def test_the_page_tells_everything_around_a_patient(desk_at: OpenDesk, practice: Practice) -> None:
    sibling = practice.a_patient("Ife", "Okafor", date(2024, 1, 5), practice.amara_family)
    for days, status in ((2, "confirmed"), (-8, "no_show")):
        practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=days), "10:00", status=status)
    practice.a_request()
    desk = desk_at()
    desk.page.open(practice.zuri)
    desk.settle()
    seen = card(desk)
    assert seen.head.text() == "4 y, born 03/12/2022 · seen here · 1 no-show"
    assert [block.name.text() for block in seen.contacts.blocks] == ["Amara Okafor", "Chidi Okafor", "Ngozi Okafor"]
    assert seen.contacts.blocks[2].facts.lines()[0] == ("Rights", "sees messages, gets notices")
    assert [when for when, _what in seen.ahead.lines()] == ["Thu, Nov 26, 10:00 AM"]
    assert [what.rpartition(" · ")[2] for _when, what in seen.past.lines()] == ["no-show"]
    assert [what for _when, what in seen.requests.lines()] == ["Schedule, Well visit · open, from Amara Okafor"]
    assert seen.siblings.lines() == (("Ife Okafor", "2 y, born 01/05/2024"),)
    seen.siblings.findChildren(Link)[0].click()
    desk.settle()
    assert seen.key == sibling


def test_links_lead_to_the_schedule_and_to_the_message(desk_at: OpenDesk, practice: Practice) -> None:
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=2), "10:00")
    request = practice.a_request()
    desk = desk_at()
    for lines in (card(desk).ahead, card(desk).requests):
        lines.findChildren(Link)[0].click()
    assert desk.went == [("schedule", visit, False), ("messages", request, False)]


def test_a_long_history_shows_its_end_until_more_is_asked_for(desk_at: OpenDesk, practice: Practice) -> None:
    for weeks in range(1, 10):
        day = TODAY - timedelta(days=7 * weeks)
        practice.an_appointment(practice.zuri, practice.lindqvist, day, "10:00", status="completed")
    desk = desk_at()
    assert len(card(desk).past.lines()) == 6
    assert card(desk).more_appointments.words() == "Show all 9"
    desk.click(card(desk).more_appointments)
    assert len(card(desk).past.lines()) == 9
    assert card(desk).more_appointments.isHidden()


def test_a_patient_is_changed_and_the_change_taken_back(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("E")
    shown = form(desk, PatientForm)
    assert not shown.save_button.isEnabled()
    shown.patient.given.setText("Zuria")
    shown.patient.note.setPlainText("Both parents decide.")
    shown.patient.interpreter.setChecked(True)
    desk.press("Ctrl+S")
    desk.hear()
    assert not desk.has_dialog()
    assert names(desk) == ["Okafor, Zuria"]
    assert "needs an interpreter" in card(desk).head.text()  # AP7
    assert card(desk).custody.text() == "Both parents decide."
    desk.press("Ctrl+Shift+Z")
    desk.hear()
    assert names(desk) == ["Okafor, Zuri"]
    assert card(desk).custody.isHidden()


def test_all_that_is_wrong_is_said_beside_its_field(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("Ctrl+N")
    shown = form(desk, NewPatientForm)
    shown.patient.family.setText("Lovell")
    shown.patient.born.setText("31/31/2021")
    shown.who.fields.phones.setText("12")
    desk.press("Ctrl+S")
    lines = {name: line.text() for name, (_control, line) in shown._beside.items() if line.text()}
    assert set(lines) == {"Date of birth", "Contact's family name", "Phones", "Relation"}
    assert shown.said.isHidden()
    assert shown.patient.born.hasFocus()


def fill_new(shown: NewPatientForm, given: str, family: str, born: str) -> None:
    shown.patient.given.setText(given)
    shown.patient.family.setText(family)
    shown.patient.born.setText(born)
    shown.who.fields.given.setText("June")
    shown.who.fields.phones.setText("206 555 0123, 206 555 0124")
    shown.relation.relation.setCurrentText("mother")


def test_a_new_patient_is_shown_when_it_is_saved(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.click(desk.page.new_button)
    fill_new(form(desk, NewPatientForm), "Ada", "Lovell", "03/14/2021")
    desk.press("Ctrl+S")
    desk.hear()
    assert not desk.has_dialog()
    assert card(desk).title.text() == "Ada Lovell"
    assert dict(card(desk).contacts.blocks[0].facts.lines())["Phone"] == "(206) 555-0123, (206) 555-0124"


def test_a_look_alike_is_named_and_only_another_patient_is_saved(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("Ctrl+N")
    shown = form(desk, NewPatientForm)
    fill_new(shown, "ZURI", "Okafor", "03/14/2021")
    desk.press("Ctrl+S")
    assert "Zuri Okafor, 03/12/2022" in question(desk).question.text()
    desk.click(question(desk).no)
    assert names(desk) == ["Okafor, Zuri"]
    shown.save_clicked()
    desk.settle()
    desk.click(question(desk).yes)
    desk.hear()
    assert names(desk) == ["Okafor, ZURI", "Okafor, Zuri"]


def test_a_sibling_begins_with_the_household_and_who_asks(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    card(desk).acts.buttons[2].click()
    desk.settle()
    shown = form(desk, NewPatientForm)
    assert (shown.patient.family.text(), shown.who.chosen.text()) == ("Okafor", "Amara Okafor, contact of Zuri Okafor")
    shown.patient.given.setText("Ife")
    shown.patient.born.setText("01/05/2024")
    desk.press("Ctrl+S")
    desk.hear()
    assert card(desk).title.text() == "Ife Okafor"
    assert card(desk).siblings.lines() == (("Zuri Okafor", "4 y, born 03/12/2022"),)


def test_the_number_by_which_partners_name_a_patient_is_shown_and_copied(
    desk_at: OpenDesk, practice: Practice
) -> None:  # PP3
    desk = desk_at()
    assert card(desk).number.text() == str(practice.zuri)
    copy = card(desk).acts.buttons[-1]
    assert copy.text() == "Copy patient number"
    copy.click()
    desk.settle()
    assert QGuiApplication.clipboard().text() == str(practice.zuri)
    assert "patient number is copied" in desk.said()


def test_somebody_known_becomes_a_contact(desk_at: OpenDesk, practice: Practice) -> None:
    other = practice.a_patient("Bo", "Adams", date(2020, 1, 1))
    desk = desk_at()
    assert card(desk).key == other
    card(desk).acts.buttons[1].click()
    desk.settle()
    shown = form(desk, ContactForm)
    assert shown.who is not None
    shown.who.finder.search.setFocus()
    shown.who.finder.search.setText("chidi")
    desk.press("Return", "Return")
    assert shown.who.known is not None
    shown.relation.relation.setCurrentText("guardian")
    desk.press("Ctrl+S")
    desk.hear()
    assert [block.name.text() for block in card(desk).contacts.blocks] == ["Chidi Okafor"]


def contact_act(desk: PageDesk[PatientsPage], contact: int, act: int) -> None:
    desk.click(card(desk).contacts.blocks[contact].menu_button)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, ActsMenu)
    menu.actions()[act].trigger()
    menu.close()
    desk.settle()


def test_rights_are_changed_with_the_contact(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    contact_act(desk, 1, 0)
    shown = form(desk, ContactForm)
    assert not shown.is_changed()
    shown.relation.may_book.setChecked(False)
    shown.relation.until.setText("12/31/2026")
    desk.press("Ctrl+S")
    desk.hear()
    facts = {block.name.text(): dict(block.facts.lines()) for block in card(desk).contacts.blocks}
    assert facts["Chidi Okafor"]["Rights"] == "sees messages, gets notices"
    assert facts["Chidi Okafor"]["Until"] == "Thu, Dec 31"


def test_a_phone_for_text_messages_and_channels_that_are_off_are_set_with_the_contact(
    desk_at: OpenDesk, practice: Practice
) -> None:  # NOTE-05
    desk = desk_at()
    contact_act(desk, 1, 0)
    shown = form(desk, ContactForm)
    shown.contact.mobile.setText("206 555 0199")
    shown.contact.off[Channel.EMAIL].setChecked(True)
    desk.press("Ctrl+S")
    desk.hear()
    facts = {block.name.text(): dict(block.facts.lines()) for block in card(desk).contacts.blocks}["Chidi Okafor"]
    assert facts["Text messages"] == "(206) 555-0199"
    assert facts["E-mail"].endswith("wants none, told to staff on Tue, Nov 24")
    contact_act(desk, 1, 0)
    again = form(desk, ContactForm)
    assert (again.contact.mobile.text(), again.contact.off[Channel.EMAIL].isChecked()) == ("(206) 555-0199", True)
    assert not again.is_changed()


def test_rights_are_ended_after_a_question(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    contact_act(desk, 0, 1)
    desk.click(question(desk).yes)
    desk.hear()
    last = card(desk).contacts.blocks[-1]
    assert (last.name.text(), last.facts.lines()[0]) == ("Amara Okafor", ("Rights", "ended on Mon, Nov 23"))
    desk.click(last.menu_button)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, ActsMenu)
    assert not menu.actions()[1].isEnabled()
    menu.close()


def test_what_was_typed_is_not_thrown_away_unasked(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    desk.press("E")
    shown = form(desk, PatientForm)
    shown.patient.given.setText("Zuria")
    desk.press("Esc")
    desk.click(question(desk).no)
    assert form(desk, PatientForm).patient.given.text() == "Zuria"
    desk.click(closing(desk))
    desk.click(question(desk).yes)
    assert not desk.has_dialog()
    assert names(desk) == ["Okafor, Zuri"]


def test_a_lock_closes_a_form_at_once(desk_at: OpenDesk, practice: Practice) -> None:
    """Nothing of a patient stays over the lock, whatever was typed (LOCK-01)."""
    desk = desk_at()
    desk.press("E")
    form(desk, PatientForm).patient.given.setText("Zuria")
    desk.dialog().close()  # as the lock does with every window
    desk.settle()
    assert not desk.has_dialog()


def test_a_change_made_elsewhere_keeps_what_is_typed(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    desk = desk_at()
    desk.press("E")
    shown = form(desk, PatientForm)
    shown.patient.given.setText("Zuria")
    new = PatientDetails("Zuzu", "Okafor", "2022-03-12")
    with database_setup():
        practice.desk.perform(practice.kofi, registration.save_patient, practice.zuri, new, expect_version=1)
    desk.hear()
    assert shown.patient.given.text() == "Zuria"
    assert "changed elsewhere" in shown.said.text()


def test_who_only_reads_is_told_why_nothing_can_be_changed(desk_at: OpenDesk, practice: Practice) -> None:
    provider = practice.a_staff("lind", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    desk = desk_at(actor=provider)
    assert not desk.page.new_button.isVisible()
    can = [button.words() for button in card(desk).acts.buttons if button.isEnabled()]
    assert can == ["Put on the waiting list …", "Copy patient number"]  # neither changes the patient
    assert "your role does not cover it" in card(desk).acts.why_not.text()
    desk.press("E", "Ctrl+N")
    assert not desk.has_dialog()


@pytest.mark.parametrize("size", [(1366, 768), (960, 680)])
def test_everything_has_a_name_and_long_names_fit(desk_at: OpenDesk, practice: Practice, size: tuple[int, int]) -> None:
    for given, family in (("Wolfeschlegelstein" * 5, "Hohenstaufen" * 9), ("محمد", "العلي"), ("小明", "王")):
        patient = practice.a_patient(given, family, date(2020, 1, 1))
        practice.a_contact(given, family, f"{'a' * 60}@example.org", {patient: {"relation": "mother"}})
        desk = desk_at(size=size)
        desk.page.open(patient)
        desk.settle()
        assert nameless(desk.page) == []
        assert card(desk).width() <= desk.page.width()
        assert card(desk).place.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize("kind", [PatientForm, ContactForm, NewPatientForm])
def test_every_field_of_the_forms_has_a_name(desk_at: OpenDesk, practice: Practice, kind: type[F]) -> None:
    desk = desk_at()
    made = kind(desk.page._context, PatientId(practice.zuri))
    FormWindow(made, desk.frame).open()
    desk.settle()
    assert nameless(desk.dialog()) == []


def test_duplicates_are_merged_after_both_were_seen(desk_at: OpenDesk, practice: Practice) -> None:
    double = practice.a_patient("Zurie", "Okafor", date(2022, 3, 12))
    practice.a_contact("Uche", "Okafor", "uche@example.org", {double: {"relation": "aunt"}})
    visit = practice.an_appointment(double, practice.lindqvist, TODAY + timedelta(days=2), "10:00")
    desk = desk_at()
    desk.page.open(practice.zuri)
    desk.settle()
    sheet = merge_with(desk, "zurie")
    assert (sheet.kept.name.text(), sheet.other.name.text()) == ("Zuri Okafor", "Zurie Okafor")
    assert "Nothing is deleted" in sheet.told.text()
    desk.click(sheet.swap)
    assert sheet.kept.name.text() == "Zurie Okafor"
    desk.click(sheet.swap)
    desk.press("Ctrl+Return")
    desk.hear()
    assert not desk.has_dialog()
    assert names(desk) == ["Okafor, Zuri"]
    assert len(card(desk).ahead.lines()) == 1
    assert "Uche Okafor" in [block.name.text() for block in card(desk).contacts.blocks]
    desk.page.open(double)
    desk.settle()
    assert card(desk).title.text() == "Zuri Okafor"
    desk.press("Ctrl+Shift+Z")
    desk.hear()
    assert "Okafor, Zurie" in names(desk)
    card(desk).ahead.findChildren(Link)[0].click()
    assert desk.went == [("schedule", visit, False)]


def test_two_visits_at_once_keep_records_apart(desk_at: OpenDesk, practice: Practice) -> None:
    double = practice.a_patient("Zurie", "Okafor", date(2022, 3, 12))
    for patient, provider in ((practice.zuri, practice.lindqvist), (double, practice.mwangi)):
        practice.an_appointment(patient, provider, TODAY + timedelta(days=2), "10:00")
    desk = desk_at()
    desk.page.open(practice.zuri)
    desk.settle()
    sheet = merge_with(desk, "zurie")
    assert "Both have a visit at Thu, Nov 26, 10:00 AM" in sheet.apart.text()
    assert not sheet.button.isEnabled()


def merge_with(desk: PageDesk[PatientsPage], text: str) -> MergeSheet:
    card(desk).acts.buttons[3].click()
    desk.settle()
    sheet = desk.dialog()
    assert isinstance(sheet, MergeSheet)
    sheet.finder.search.setFocus()
    sheet.finder.search.setText(text)
    desk.press("Return", "Return")
    return sheet
