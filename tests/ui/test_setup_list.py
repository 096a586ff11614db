"""The setup list in Settings and its offer in the Message Center, by keys and clicks on real rows."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, event, update
from sqlalchemy.exc import OperationalError

from request_desk.domain.access import SYSTEM, Role
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.setup import SetupStep
from request_desk.services.people import access
from request_desk.services.practice import administration, directory
from request_desk.store import schema
from request_desk.ui.inbox.message_center import MessageCenter
from request_desk.ui.patients.forms import FormWindow, NewPatientForm
from request_desk.ui.settings.people_forms import DepartmentsForm, StaffForm
from request_desk.ui.settings.place_form import LocationsForm
from request_desk.ui.settings.practice_forms import HoursForm, IntakeForm, KindsForm, PracticeForm
from request_desk.ui.settings.provider_form import ProvidersForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.setup_pane import SetupPane
from request_desk.ui.widgets.states import State
from request_desk.ui.widgets.theme import Theme
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[Any]]
NO_MAIL = "Still to do before a parent can ask: mail."


@pytest.fixture
def desk_at(open_page: OpenPage, sqlite_practice: Practice) -> OpenDesk:
    """Open a desk with a page, the settings unless said otherwise, as the administrator."""

    def open_desk(page: Callable[..., Any] = SettingsPage, **values: Any) -> PageDesk[Any]:
        return open_page(page, **{"actor": sqlite_practice.admin, **values})

    return open_desk


@pytest.fixture
def rows(sqlite_practice: Practice, database_setup: Setup) -> Callable[..., None]:
    """Change all rows of a table as an import might have left them."""

    def change(table: Any, **values: Any) -> None:
        with database_setup(), sqlite_practice.database.write() as connection:
            connection.execute(update(table).values(**values))

    return change


def setup_of(desk: PageDesk[SettingsPage]) -> SetupPane:
    """Go to the list the way the offer does."""
    desk.page.open(0)
    desk.settle()
    pane = desk.page.stack.currentWidget()
    assert isinstance(pane, SetupPane)
    return pane


def done(pane: SetupPane) -> set[SetupStep]:
    return {step for step, row in pane.rows.items() if row.mark._done}


# The list


def test_each_line_says_what_stands_there_and_the_end_what_is_missing(desk_at: OpenDesk) -> None:
    desk = desk_at()
    pane = setup_of(desk)
    assert done(pane) == set(SetupStep) - {SetupStep.MAIL}
    assert pane.rows[SetupStep.LOCATION].told.text() == "2 locations are on."
    assert pane.rows[SetupStep.LOCATION].title.accessibleName() == "Location: done"
    assert pane.rows[SetupStep.MAIL].title.accessibleName() == "Mail: to do"
    assert not pane.rows[SetupStep.MAIL].button.isVisible()  # a file, and no form
    assert pane.end.text() == NO_MAIL


def test_the_end_names_who_will_see_it_as_soon_as_a_letter_has_left(
    desk_at: OpenDesk, practice: Practice, rows: Callable[..., None]
) -> None:
    desk = desk_at()
    pane = setup_of(desk)
    practice.a_request()
    rows(schema.outbox, state="sent")
    desk.hub.reread()
    desk.settle()
    assert pane.end.text() == "A parent at this computer can now ask, and Kofi Prah and Maria Santos will see it."
    assert done(pane) == set(SetupStep)


@pytest.mark.parametrize(
    ("step", "form"),
    [
        (SetupStep.PRACTICE, PracticeForm),
        (SetupStep.HOURS, HoursForm),
        (SetupStep.LOCATION, LocationsForm),
        (SetupStep.PROVIDER, ProvidersForm),
        (SetupStep.DEPARTMENT, DepartmentsForm),
        (SetupStep.KINDS, KindsForm),
        (SetupStep.ADDRESS, PracticeForm),
    ],
)
def test_the_button_of_a_line_leads_to_its_form(desk_at: OpenDesk, step: SetupStep, form: type) -> None:
    desk = desk_at()
    setup_of(desk).rows[step].button.setFocus()
    desk.press("Space")
    assert isinstance(desk.page.form(), form)
    assert desk.page.form().isVisible()


def test_every_button_that_is_shown_leads_somewhere(desk_at: OpenDesk) -> None:
    desk = desk_at()
    shown = [step for step, row in setup_of(desk).rows.items() if row.button.isVisible()]
    assert len(shown) >= 8
    for step in shown:
        pane = setup_of(desk)
        desk.click(pane.rows[step].button)
        assert desk.has_dialog() or desk.went or desk.page.stack.currentWidget() is not pane, step
        desk.went.clear()
        if desk.has_dialog():
            desk.press("Esc")


def test_who_receives_requests_leads_to_the_department_to_its_choice_or_to_the_first_account(
    desk_at: OpenDesk, practice: Practice, rows: Callable[..., None], database_setup: Setup
) -> None:
    desk = desk_at()
    pane = setup_of(desk)
    desk.click(pane.rows[SetupStep.DEPARTMENT].button)
    form = desk.page.form()
    assert isinstance(form, DepartmentsForm)
    assert form.chooser.currentText() == "IC-Appointment Request"
    assert desk.focus() is form.members
    with database_setup(), practice.database.write() as connection:
        connection.execute(delete(schema.department_member))
        connection.execute(update(schema.staff).where(schema.staff.c.login != "$AD").values(active=False))
    desk.hub.reread()
    pane = setup_of(desk)
    assert "has no active member" in pane.rows[SetupStep.DEPARTMENT].told.text()
    desk.click(pane.rows[SetupStep.DEPARTMENT].button)
    assert isinstance(desk.page.form(), StaffForm)


def test_without_a_department_its_choice_is_shown(
    desk_at: OpenDesk, practice: Practice, rows: Callable[..., None]
) -> None:
    rows(schema.practice, settings=msgspec.to_builtins(PracticeSettings(practice_name="Bay")), version=2)
    desk = desk_at()
    pane = setup_of(desk)
    assert pane.rows[SetupStep.DEPARTMENT].told.text() == "No department receives requests."
    desk.click(pane.rows[SetupStep.DEPARTMENT].button)
    assert isinstance(desk.page.form(), IntakeForm)


def test_a_family_is_registered_in_the_form_of_the_patients_page(desk_at: OpenDesk) -> None:
    desk = desk_at()
    desk.click(setup_of(desk).rows[SetupStep.FAMILY].button)
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    assert isinstance(window.form, NewPatientForm)
    desk.press("Esc")
    assert not desk.has_dialog()


def test_the_list_follows_what_is_stored_and_the_keys_are_at_what_is_to_be_done(
    desk_at: OpenDesk, practice: Practice, rows: Callable[..., None], database_setup: Setup
) -> None:
    rows(schema.location, active=False)
    desk = desk_at()
    pane = setup_of(desk)
    assert done(pane) == set(SetupStep) - {
        SetupStep.LOCATION,
        SetupStep.PROVIDER,
        SetupStep.WINDOW,
        SetupStep.MAIL,
    }
    assert desk.focus() is pane.rows[SetupStep.LOCATION].button
    desk.press("Space")
    form = desk.page.form()
    assert isinstance(form, LocationsForm)
    desk.click(form.acts.off_button)  # on again
    assert setup_of(desk) is pane
    assert SetupStep.LOCATION in done(pane)
    with database_setup():
        places = practice.desk.query(SYSTEM, directory.locations)
    assert [each.name for each in places] == ["Northside"]


def test_a_list_that_cannot_be_read_says_why_and_is_tried_again(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    engine = practice.database.engine

    def fail(*_arguments: object) -> None:
        raise OperationalError("select", {}, Exception("unable to open database file"))

    event.listen(engine, "before_cursor_execute", fail)
    pane = setup_of(desk)
    event.remove(engine, "before_cursor_execute", fail)
    assert pane.stack.pane.state() is State.ERROR
    desk.click(pane.stack.pane._button)
    assert pane.stack.is_content_shown()


def test_schedulers_read_the_list(desk_at: OpenDesk, practice: Practice) -> None:
    pane = setup_of(desk_at(actor=practice.maria))
    assert pane.end.text() == NO_MAIL


@pytest.mark.parametrize("scale", [100, 130])
def test_nothing_is_cut_in_a_small_window_and_everything_has_a_name(
    desk_at: OpenDesk, theme: Theme, scale: int
) -> None:
    theme.set_scale(scale)
    desk = desk_at(size=(960, 680))
    pane = setup_of(desk)
    for row in pane.rows.values():
        if row.button.isVisible():
            assert row.button.mapTo(pane, row.button.rect().bottomRight()).x() < pane.width()
        assert row.told.height() >= row.told.heightForWidth(row.told.width())
    assert nameless(desk.frame) == []


# The offer


def test_an_administrator_is_offered_the_list_until_it_is_put_away(desk_at: OpenDesk) -> None:
    kept: dict[str, object] = {}
    desk = desk_at(MessageCenter, preferences=kept)
    bar = desk.page.setup_bar
    assert bar.isVisible()
    assert bar.text() == NO_MAIL
    desk.click(bar._button)
    assert desk.went == [("settings", 0, False)]
    desk.click(bar._close)
    assert not bar.isVisible()
    assert desk.said() == "Settings, Setup has the list whenever you want it."
    again = desk_at(MessageCenter, preferences=kept)
    assert not again.page.setup_bar.isVisible()
    again.hub.reread()
    again.settle()
    assert not again.page.setup_bar.isVisible()


def test_nobody_else_is_offered_the_list(desk_at: OpenDesk, practice: Practice) -> None:
    assert not desk_at(MessageCenter, actor=practice.maria).page.setup_bar.isVisible()


def test_the_offer_goes_when_nothing_is_missing_any_more(
    desk_at: OpenDesk, practice: Practice, rows: Callable[..., None]
) -> None:
    desk = desk_at(MessageCenter)
    assert desk.page.setup_bar.isVisible()
    practice.a_request()
    rows(schema.outbox, state="sent")
    desk.hub.reread()
    desk.settle()
    assert not desk.page.setup_bar.isVisible()


def test_the_bar_of_the_empty_department_leads_to_its_members(
    desk_at: OpenDesk, practice: Practice, rows: Callable[..., None], database_setup: Setup
) -> None:  # RT4
    practice.a_request()
    rows(schema.outbox, state="sent")
    with database_setup(), practice.database.write() as connection:
        connection.execute(delete(schema.department_member))
        connection.execute(update(schema.request).values(target_kind="staff", target_id=practice.admin.id))
    desk = desk_at(MessageCenter)
    assert not desk.page.setup_bar.isVisible()  # this alone is missing, and the other bar says it
    bar = desk.page.empty_department_bar
    assert bar.isVisible()
    desk.click(bar._button)
    assert desk.went == [("settings", practice.intake, False)]


def test_the_bar_goes_once_somebody_of_the_department_has_chosen_a_password(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:  # RT4
    ruth = practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER], password_hash="")
    with database_setup():
        practice.desk.perform(
            practice.admin,
            administration.save_department,
            practice.intake,
            "Front desk",
            [ruth.staff_id],
            expect_version=1,
        )
        code = practice.desk.perform(practice.admin, access.reset_password, ruth.staff_id, expect_version=1).value
    desk = desk_at(MessageCenter, size=(1366, 1000))
    assert desk.page.empty_department_bar.isVisible()
    with database_setup():
        first = access.sign_in(practice.desk, "ruth", code.code.text, "elsewhere").signed_in
        assert first is not None
        access.change_password(practice.desk, first.actor, "", "violet harbor lantern sparrow")
    desk.hear()
    assert not desk.page.empty_department_bar.isVisible()


def test_on_a_low_page_one_bar_stands_at_a_time_and_names_the_department_too(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:  # RT4
    with database_setup(), practice.database.write() as connection:
        connection.execute(delete(schema.department_member))
    low = desk_at(MessageCenter, size=(960, 680))
    assert low.page.setup_bar.isVisible()
    assert "who receives requests and mail" in low.page.setup_bar.text()
    assert not low.page.empty_department_bar.isVisible()
    low.frame.resize(1366, 1000)
    low.settle()
    assert low.page.setup_bar.isVisible()
    assert low.page.empty_department_bar.isVisible()
    low.frame.resize(960, 680)
    low.settle()
    low.click(low.page.setup_bar._close)
    assert low.page.empty_department_bar.isVisible()
