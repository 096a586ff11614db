"""What Settings says before a department has nobody, and how a new account begins: department, roles, code (RT2, RT6, AD1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeVar

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.directory import Staff
from request_desk.services.people import access
from request_desk.services.practice import administration, directory
from request_desk.ui.editor.editor import Editor
from request_desk.ui.settings.code_shown import CodeShown
from request_desk.ui.settings.people_forms import DepartmentsForm, StaffForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.widgets.dialogs import Question
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, PageDesk
from tests.ui.settings_desk import go

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SettingsPage]]
F = TypeVar("F", bound=Editor)


@pytest.fixture
def desk_at(open_page: OpenPage, sqlite_practice: Practice) -> OpenDesk:
    """Open a desk with the Settings page, as the administrator unless said otherwise."""
    return partial(open_page, SettingsPage, actor=sqlite_practice.admin)


@pytest.fixture
def found(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], directory.Directory]:
    """Read the directory from the database."""

    def read() -> directory.Directory:
        with database_setup():
            return sqlite_practice.desk.query(SYSTEM, directory.directory)

    return read


def tick(desk: PageDesk[SettingsPage], form: DepartmentsForm, *staff_ids: int) -> None:
    """Set or take ticks by keys."""
    keys = [form.members._ticks.line(place).key for place in range(form.members.model().rowCount())]
    form.members.setFocus()
    for staff_id in staff_ids:
        form.members.setCurrentIndex(form.members.model().index(keys.index(staff_id), 0))
        desk.press("Space")


def question(desk: PageDesk[SettingsPage]) -> Question:
    asked = desk.dialog()
    assert isinstance(asked, Question)
    return asked


def person(found: Callable[[], directory.Directory], login: str) -> Staff:
    return next(each for each in found().staff.values() if each.login == login)


# Departments


def test_before_the_last_member_leaves_it_says_where_requests_go_then(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory]
) -> None:  # RT2, RT3
    practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    tick(desk, form, practice.maria.id)
    desk.press("Ctrl+S")
    assert not desk.has_dialog()  # Kofi is left
    tick(desk, form, practice.kofi.id)
    desk.press("Ctrl+S")
    asked = question(desk)
    assert asked.question.text() == "Leave IC-Appointment Request without anybody who can act?"
    assert asked.detail.text() == (
        "Nobody who can act is then left in IC-Appointment Request. New requests for Dr. Lindqvist then go to the login of "
        "the provider, all others to Administrator ($AD)."
    )
    desk.press("Return")  # a stray Enter saves nothing
    assert found().departments[practice.intake].member_ids == (practice.kofi.id,)
    assert form.chosen_members() == frozenset()  # and what was ticked stays
    desk.press("Ctrl+S")
    desk.click(question(desk).yes)
    assert found().departments[practice.intake].member_ids == ()
    assert not form.save_button.isEnabled()


def test_somebody_without_a_password_does_not_count_as_left(desk_at: OpenDesk, practice: Practice) -> None:
    invited = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER], password_hash="")
    rosa = practice.a_staff("rosa", "Rosa Delgado", [Role.SCHEDULER])
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    tick(desk, form, practice.maria.id, practice.kofi.id, invited.id)
    desk.press("Ctrl+S")
    assert "all go to Administrator ($AD)" in question(desk).detail.text()
    desk.press("Esc")
    tick(desk, form, rosa.id)
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    assert not form.save_button.isEnabled()


def test_a_department_that_had_nobody_is_renamed_without_a_warning(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory]
) -> None:
    empty = practice.a_department("Aides", [])
    desk = desk_at()
    form = go(desk, DepartmentsForm)
    form.chooser.setCurrentIndex(form.chooser.findData(empty))
    form.name.setFocus()
    desk.type("!")
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    assert found().departments[empty].name == "Aides!"


def test_a_department_is_shown_with_its_members_when_it_is_asked_for(desk_at: OpenDesk, practice: Practice) -> None:
    nurses = practice.a_department("Nurses", [practice.kofi])
    desk = desk_at()
    desk.page.open(nurses)
    desk.settle()
    form = desk.page.form()
    assert isinstance(form, DepartmentsForm)
    assert form.chooser.currentText() == "Nurses"
    assert desk.focus() is form.members
    desk.page.open(practice.intake)
    desk.settle()
    assert form.chooser.currentText() == "IC-Appointment Request"
    tick(desk, form, practice.maria.id)
    desk.page.open(nurses)
    desk.settle()
    assert form.chooser.currentText() == "IC-Appointment Request"
    assert form.said.text() == "Save or undo what you typed first."


# Staff


def test_a_new_account_is_in_the_department_that_receives_requests_unless_another_is_chosen(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory]
) -> None:  # RT6
    practice.a_department("Aides", [practice.kofi])
    desk = desk_at()
    form = go(desk, StaffForm)
    assert not form.department_field.isVisible()
    desk.click(form.add_button)
    assert form.department_field.isVisible()
    offered = [form.department.itemText(place) for place in range(form.department.count())]
    assert offered == ["IC-Appointment Request", "Aides", "none: no requests of a department are seen"]
    assert not form.save_button.isEnabled()  # nothing is typed yet
    desk.type("rosa")
    form.name.setFocus()
    desk.type("Rosa Delgado")
    form.roles[Role.SCHEDULER].setFocus()
    desk.press("Space", "Ctrl+S")
    desk.press("Esc")
    rosa = person(found, "rosa")
    assert rosa.id in found().departments[practice.intake].member_ids
    assert form.member_of.text() == "In IC-Appointment Request."
    assert not form.department_field.isVisible()


def test_a_new_account_can_be_in_no_department(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, StaffForm)
    desk.click(form.add_button)
    desk.type("rosa")
    form.name.setFocus()
    desk.type("Rosa Delgado")
    form.roles[Role.PROVIDER].setFocus()
    desk.press("Space")
    form.department.setFocus()
    desk.press("End", "Ctrl+S")
    desk.press("Esc")
    assert person(found, "rosa").id not in found().departments[practice.intake].member_ids
    assert form.member_of.text() == "In no department. Who is in one is ticked there."


def test_enter_copies_the_code_before_it_closes_it(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    desk = desk_at()
    form = go(desk, StaffForm)
    form.chooser.select_key(practice.maria.id)
    desk.click(form.code_button)
    desk.click(question(desk).yes)
    told = desk.dialog()
    assert isinstance(told, CodeShown)
    code = told.question.text().rpartition(" ")[2]
    assert told.detail.text() == (
        "Hand it over in person. It works once and for a day, until Wed, Nov 25, 8:12 AM. It is not shown again."
    )
    QGuiApplication.clipboard().setText("something else")
    desk.press("Return")
    assert QGuiApplication.clipboard().text() == code
    assert told.copy_button.words() == "Copied"
    desk.press("Return")
    assert not desk.has_dialog()
    with database_setup():
        desk.wait(hours=23)
        assert access.sign_in(practice.desk, "maria", code, "test").signed_in is not None
    assert all(code not in str(widget.property("text") or "") for widget in QApplication.allWidgets())


def test_the_roles_that_come_beside_another_say_what_they_are_for(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, StaffForm)
    form.chooser.select_key(practice.maria.id)
    assert "appointment types and meeting rooms" in form.roles[Role.TYPES].accessibleDescription()
    assert "weekly hours of every provider" in form.roles[Role.AVAILABILITY].accessibleDescription()
    form.roles[Role.TYPES].setFocus()
    desk.press("Space")
    form.roles[Role.SCHEDULER].setFocus()
    desk.press("Space", "Ctrl+S")
    assert form._beside["Roles"][1].text() == "Choose scheduler, provider or administrator, at least one of them."
    desk.press("Space", "Ctrl+S")
    assert person(found, "maria").roles == frozenset({Role.SCHEDULER, Role.TYPES})


def test_whoever_is_the_last_to_act_is_switched_off_with_what_becomes_of_the_requests(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    practice.a_department("Nurses", [practice.maria])
    with database_setup():
        practice.desk.perform(
            practice.admin,
            administration.save_department,
            practice.intake,
            "Front desk",
            [practice.maria.staff_id],
            expect_version=1,
        )
    desk = desk_at()
    form = go(desk, StaffForm)
    for button in (form.off_button, form.code_button):
        form.chooser.select_key(practice.maria.id)
        desk.click(button)
        told = question(desk).detail.text()
        assert "left in Front desk. New requests then all go to Administrator ($AD)." in told
        assert "left in Nurses. What was forwarded there goes to Administrator ($AD)" in told
        desk.press("Esc")
        form.chooser.select_key(practice.kofi.id)
        desk.click(button)
        assert "$AD" not in question(desk).detail.text()
        desk.press("Esc")
