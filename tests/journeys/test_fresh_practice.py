"""From `request-desk init` to the last line of the setup list, by keys in one window: then a parent asks, and Maria sees it."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from click.testing import CliRunner
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from request_desk import config
from request_desk.__main__ import commands
from request_desk.domain.access import SYSTEM, Actor, ActorKind, Role
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import PatientId, TypeId, hashed, new_uuid
from request_desk.domain.requests import NewRequest, RequestKind, Tab
from request_desk.domain.setup import SetupStep
from request_desk.services.desk import Desk
from request_desk.services.inbox import handling, queries as inbox_queries
from request_desk.services.people import access
from request_desk.services.portal import access as portal_access
from request_desk.services.practice import loading
from request_desk.store import schema
from request_desk.store.database import Database
from request_desk.ui.editor.editor import Editor
from request_desk.ui.patients.forms import FormWindow, NewPatientForm
from request_desk.ui.settings.code_shown import CodeShown
from request_desk.ui.settings.people_forms import StaffForm
from request_desk.ui.settings.place_form import LocationsForm
from request_desk.ui.settings.practice_forms import KindsForm, PracticeForm
from request_desk.ui.settings.provider_form import ProvidersForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.setup_pane import SetupPane
from tests.builders import Practice
from tests.conftest import check_invariants
from tests.journeys.running_desk import Allowed, House, RunningDesk, worker

PASSWORD = "violet harbor lantern sparrow"
TYPE, WINDOW = 7_001, 7_002
NEW = ("init", "--name", "Bay Kids", "--phone", "(206) 555-0100", "--zone", "America/Los_Angeles")


@pytest.fixture
def house(tmp_path: Path, database_setup: Allowed) -> Iterator[tuple[House, str]]:
    """A practice that `request-desk init` has just made, and the one-time code that it told."""
    folder = tmp_path / "data"
    with database_setup():
        told = CliRunner().invoke(commands(), NEW, env={"REQUEST_DESK_DATA_FOLDER": str(folder)})
        assert told.exit_code == 0, told.output
        code = re.search(r"one-time code ([A-Z0-9-]+),", told.output)
        assert code is not None
        url = f"sqlite:///{folder / config.DATABASE_FILE}"
        desk = Desk(Database(url))
    practice = cast("Practice", SimpleNamespace(desk=desk, database=desk.database))
    yield House(url, tmp_path, SystemClock(), practice, database_setup), code[1]
    desk.close()
    check_invariants(url)


class Administrator:
    """Who sets the practice up: goes from the list to a form and back."""

    def __init__(self, desk: RunningDesk) -> None:
        self.desk = desk

    @property
    def page(self) -> SettingsPage:
        page = self.desk.frame.page("settings")
        assert isinstance(page, SettingsPage)
        return page

    @property
    def pane(self) -> SetupPane:
        pane = self.page.stack.currentWidget()
        assert isinstance(pane, SetupPane)
        return pane

    def fill(self, field: QWidget, text: str) -> None:
        field.setFocus()
        self.desk.press("Ctrl+A")
        self.desk.type(text)

    def go(self, step: SetupStep) -> QWidget:
        """Press the button of a line, and return the form that it leads to."""
        self.pane.rows[step].button.setFocus()
        self.desk.press("Space")
        self.desk.until(lambda: not isinstance(self.page.stack.currentWidget(), SetupPane), "the form is shown")
        form = self.page.form()
        assert form is not None
        self.desk.until(form.stack.is_content_shown, "it is read")
        self.desk.settle()
        return form

    def save(self, form: Editor) -> None:
        self.desk.press("Ctrl+S")
        self.desk.until(lambda: not form.is_changed() and not form.said.text(), f"it is saved: {form.said.text()}")
        self.desk.settle()

    def go_back(self) -> None:
        self.page.groups.setFocus()
        self.desk.press("End")
        self.desk.until(lambda: isinstance(self.page.stack.currentWidget(), SetupPane), "the list is shown")
        self.desk.settle()

    def sees_done(self, *steps: SetupStep) -> None:
        self.go_back()
        self.desk.until(lambda: set(steps) <= self.done(), f"{steps} are done, not only {self.done()}")

    def done(self) -> set[SetupStep]:
        found = self.pane.found
        return {line.step for line in found.lines if line.done} if found is not None else set()


def comes_in(desk: RunningDesk, code: str) -> None:
    """Sign in with the code of `init`, and choose a password."""
    desk.sit_down()
    cover = desk.shell.cover
    cover.login.setFocus()
    desk.type("$AD")
    cover.password.setFocus()
    desk.type(code)
    desk.press("Return")
    desk.until(cover.again.isVisible, "a new password is asked for")
    cover.password.setFocus()
    desk.type(PASSWORD)
    cover.again.setFocus()
    desk.type(PASSWORD)
    desk.press("Return")
    desk.until(lambda: desk.is_furnished and not desk.shell.is_covered, "the pages are there")
    desk.settle()


def makes_place_and_provider(admin: Administrator) -> None:
    form = admin.go(SetupStep.LOCATION)
    assert isinstance(form, LocationsForm)
    admin.fill(form.name, "Bay View")  # the form of the first one is open already
    admin.save(form)
    admin.sees_done(SetupStep.LOCATION)
    other = admin.go(SetupStep.PROVIDER)
    assert isinstance(other, ProvidersForm)
    admin.fill(other.name, "Dr. Ines Moreau")
    other.places.setFocus()
    admin.desk.press("Space")
    admin.save(other)
    admin.sees_done(SetupStep.PROVIDER)


def brings_types_and_hours_in(house: House) -> None:
    """As an import does; the forms of both have their own tests."""
    place = house.rows(schema.location.c.id)[0].id
    provider = house.rows(schema.provider.c.id)[0].id
    kind = {"id": TYPE, "name": "Well visit", "short_name": "Well", "duration_minutes": 30}
    hours = {"id": WINDOW, "provider_id": provider, "location_id": place, "weekday": 1}
    rows = {"appointment_type": [kind], "availability_window": [{**hours, "start_minute": 540, "end_minute": 720}]}
    house.do(SYSTEM, loading.load, rows)


def gives_maria_an_account(admin: Administrator) -> str:
    """Make the account in the department that receives requests; returns the code that was shown once."""
    form = admin.go(SetupStep.DEPARTMENT)
    assert isinstance(form, StaffForm)
    desk = admin.desk
    form.add_button.setFocus()
    desk.press("Space")
    admin.fill(form.login, "maria")
    admin.fill(form.name, "Maria Santos")
    form.roles[Role.SCHEDULER].setFocus()
    desk.press("Space", "Ctrl+S")
    desk.until(lambda: isinstance(desk.dialog(), CodeShown), "the code is shown")
    shown = desk.dialog()
    assert isinstance(shown, CodeShown)
    code = shown.question.text().rpartition(" ")[2]
    desk.press("Return", "Return")
    desk.until(lambda: desk.asks_nothing, "it is closed")
    desk.settle()
    admin.go_back()
    assert SetupStep.DEPARTMENT not in admin.done()  # who is invited counts once they have chosen a password
    return code


def registers_a_family(admin: Administrator) -> None:
    desk = admin.desk
    admin.pane.rows[SetupStep.FAMILY].button.setFocus()
    desk.press("Space")
    desk.until(lambda: isinstance(desk.dialog(), FormWindow), "the form has the keys")
    desk.settle()
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    form = window.form
    assert isinstance(form, NewPatientForm)
    contact = form.who.fields
    for field, text in (
        (form.patient.given, "Zuri"),
        (form.patient.family, "Okafor"),
        (form.patient.born, "3/12/2022"),
        (contact.given, "Amara"),
        (contact.family, "Okafor"),
        (contact.email, "amara@example.org"),
    ):
        admin.fill(field, text)
    contact.confirmed.setFocus()
    desk.press("Space")
    form.relation.relation.setCurrentIndex(1)
    desk.press("Ctrl+S")
    desk.until(lambda: desk.asks_nothing, "it is saved")
    admin.sees_done(SetupStep.FAMILY)


def opens_the_portal(admin: Administrator) -> None:
    kinds = admin.go(SetupStep.KINDS)
    assert isinstance(kinds, KindsForm)
    kinds.boxes[RequestKind.SCHEDULE].setFocus()
    admin.desk.press("Space")
    admin.save(kinds)
    admin.sees_done(SetupStep.KINDS)
    practice = admin.go(SetupStep.ADDRESS)
    assert isinstance(practice, PracticeForm)
    admin.fill(practice.url, "https://portal.example.org")
    admin.save(practice)
    admin.sees_done(SetupStep.ADDRESS)


def test_a_fresh_practice_is_set_up_to_the_last_line_and_what_it_says_is_true(
    qtbot: QtBot, house: tuple[House, str]
) -> None:  # AD1, MC1, RT1
    there, code = house
    desk = RunningDesk(qtbot, there, staff=SYSTEM, signed_in=False)
    comes_in(desk, code)
    bar = desk.center.setup_bar
    desk.until(bar.isVisible, "the list is offered")
    assert "a location, a provider, an appointment type, weekly hours, who receives requests" in bar.text()
    bar._button.setFocus()
    desk.press("Space")
    admin = Administrator(desk)
    desk.until(lambda: admin.pane.found is not None, "the list is shown")
    assert admin.done() == {SetupStep.PRACTICE, SetupStep.HOURS}
    makes_place_and_provider(admin)
    brings_types_and_hours_in(there)
    admin.sees_done(SetupStep.TYPE, SetupStep.WINDOW)
    invited = gives_maria_an_account(admin)
    registers_a_family(admin)
    opens_the_portal(admin)
    maria = chooses_a_password(there, invited)
    admin.sees_done(SetupStep.DEPARTMENT)
    assert admin.pane.end.text() == "Still to do before a parent can ask: mail."
    with worker(there) as post:
        there.do(SYSTEM, portal_access.ask_code, "amara@example.org", hashed("browser"))
        desk.until(lambda: len(post.to("amara@example.org")) == 1, "the first letter has left")
        admin.sees_done(*SetupStep)
    assert admin.pane.end.text() == "A parent can now ask, and Maria Santos will see it."
    assert not bar.isVisible()
    desk.close()
    request = there.do(parent(there), handling.submit, asking(there))
    seen = there.ask(maria, inbox_queries.open_keys, Tab.UNREAD)
    assert [key.id for key in seen] == [request]


def chooses_a_password(house: House, code: str) -> Actor:
    with house.allowed():
        first = access.sign_in(house.practice.desk, "maria", code, "elsewhere").signed_in
        assert first is not None
        changed = access.change_password(house.practice.desk, first.actor, "", PASSWORD).signed_in
        assert changed is not None
    return changed.actor


def parent(house: House) -> Actor:
    amara = house.rows(schema.contact.c.id, schema.contact.c.given_name)[0]
    return Actor(ActorKind.CONTACT, amara.id, "Amara Okafor")


def asking(house: House) -> NewRequest:
    zuri = PatientId(house.rows(schema.patient.c.id)[0].id)
    return NewRequest(
        submission_id=new_uuid(),
        kind=RequestKind.SCHEDULE,
        patient_id=zuri,
        type_id=TypeId(TYPE),
        provider_id=None,
        location_id=None,
        appointment_id=None,
        wishes=(),
        message="could we come in soon? thx",
        again=False,
    )
