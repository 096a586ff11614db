"""Locations and providers in Settings: made, changed, put in order, switched off and on, by keys and clicks (AD1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import delete

from request_desk.domain.access import SYSTEM, Role
from request_desk.services.practice import directory, locations as locations_service, providers
from request_desk.services.practice.locations import LocationDetails
from request_desk.services.practice.providers import ProviderRecord
from request_desk.store import schema
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.editor.editor import Editor
from request_desk.ui.settings.place_form import LocationsForm
from request_desk.ui.settings.provider_form import ProvidersForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.theme import Theme
from tests.builders import TODAY, Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless
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


@pytest.fixture
def records(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], dict[str, ProviderRecord]]:
    """Read the providers from the database, by short name."""

    def read() -> dict[str, ProviderRecord]:
        with database_setup():
            return {each.short_name: each for each in sqlite_practice.desk.query(SYSTEM, providers.provider_records)}

    return read


def listed(chooser: ListChooser) -> list[str]:
    model = chooser.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def beside(form: Editor, name: str) -> str:
    """What is said below the field of this name, "" for nothing."""
    return str(form._beside[name][1].text())


def question(desk: PageDesk[SettingsPage]) -> Question:
    asked = desk.dialog()
    assert isinstance(asked, Question)
    return asked


# Locations


def test_a_location_is_made_and_the_list_goes_to_it(
    desk_at: OpenDesk, found: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, LocationsForm)
    desk.click(form.acts.add_button)
    assert desk.focus() is form.name
    assert form.zone.text() == "America/Los_Angeles"  # the practice's own
    assert form.which.text() == "New location"
    assert not form.save_button.isEnabled()
    desk.type("Bay View")
    desk.press("Ctrl+S")
    assert listed(form.chooser) == ["Northside", "Harbor St", "Bay View"]
    assert form.which.text() == "Bay View"
    made = next(each for each in found().locations.values() if each.name == "Bay View")
    assert (form.chooser.key(), made.zone) == (made.id, "America/Los_Angeles")


def test_what_is_wrong_with_a_new_location_is_told_beside_and_nothing_typed_is_lost(
    desk_at: OpenDesk, found: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, LocationsForm)
    desk.click(form.acts.add_button)
    desk.type("Northside")
    form.phone.setFocus()
    desk.type("abc")
    desk.press("Ctrl+S")
    assert "There is or was a location of this name" in beside(form, "Name")
    assert "This is not a phone number" in beside(form, "Phone")
    assert (form.name.text(), form.phone.text()) == ("Northside", "abc")
    assert len(found().locations) == 2
    form.chooser.setFocus()
    desk.press("Down")
    assert form.said.text() == "Save or undo what you typed first."
    assert form.name.text() == "Northside"
    desk.click(form.again_button)
    assert form.name.text() in ("Northside", "Harbor St")
    assert form.which.text() == form.name.text()


def test_a_practice_without_a_location_begins_with_its_first(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, found: Callable[[], directory.Directory]
) -> None:
    with database_setup(), practice.database.write() as connection:
        for table in (schema.availability_window, schema.provider_location, schema.location):
            connection.execute(delete(table))
    desk = desk_at()
    form = go(desk, LocationsForm)
    assert form.which.text() == "New location"
    form.name.setFocus()
    desk.type("Main St")
    desk.press("Ctrl+S")
    assert [each.name for each in found().locations.values()] == ["Main St"]
    assert form.which.text() == "Main St"


def test_locations_are_put_in_order_by_the_keyboard(desk_at: OpenDesk, practice: Practice) -> None:
    desk = desk_at()
    form = go(desk, LocationsForm)
    assert listed(form.chooser) == ["Northside", "Harbor St"]
    assert not form.acts.up_button.isEnabled()
    form.acts.down_button.setFocus()
    desk.press("Space")
    assert listed(form.chooser) == ["Harbor St", "Northside"]
    assert form.chooser.key() == practice.northside
    assert not form.acts.down_button.isEnabled()
    assert desk.focus() is form.chooser  # a second press does not do what comes next
    desk.click(form.acts.up_button)
    assert listed(form.chooser) == ["Northside", "Harbor St"]


def test_nothing_is_moved_or_switched_while_something_is_typed(desk_at: OpenDesk) -> None:
    desk = desk_at()
    form = go(desk, LocationsForm)
    form.name.setFocus()
    desk.type("x")
    for button in (form.acts.down_button, form.acts.off_button, form.acts.add_button):
        desk.click(button)
        assert form.said.text() == "Save or undo what you typed first."
        assert not desk.has_dialog()
    assert form.name.text() == "Northsidex"


def test_a_location_is_switched_off_with_what_becomes_of_it_and_on_again(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, LocationsForm)
    form.chooser.select_key(practice.harbor)
    desk.click(form.acts.off_button)
    asked = question(desk)
    assert asked.question.text() == "Switch off Harbor St?"
    assert "5 weekly windows there are not offered until it is on again." in asked.detail.text()
    assert "only location" not in asked.detail.text()
    desk.press("Return")  # a stray Enter does nothing
    assert found().locations[practice.harbor].active
    desk.click(form.acts.off_button)
    desk.click(question(desk).yes)
    assert not found().locations[practice.harbor].active
    assert form.acts.off_button.words() == "Switch on"
    assert not form.acts.up_button.isEnabled()
    desk.press("Ctrl+Shift+Z")
    assert found().locations[practice.harbor].active
    assert form.acts.off_button.words() == "Switch off …"


def test_the_only_location_says_so_and_is_switched_on_without_a_question(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory], database_setup: Setup
) -> None:
    with database_setup():
        practice.desk.perform(
            practice.admin, locations_service.switch_location, practice.harbor, active=False, expect_version=1
        )
    desk = desk_at()
    form = go(desk, LocationsForm)
    desk.click(form.acts.off_button)
    assert "the only location that is on" in question(desk).detail.text()
    desk.press("Esc")
    form.chooser.select_key(practice.harbor)
    desk.click(form.acts.off_button)
    assert not desk.has_dialog()
    assert found().locations[practice.harbor].active


def test_a_location_with_visits_to_come_says_so_instead_of_asking(
    desk_at: OpenDesk, practice: Practice, found: Callable[[], directory.Directory]
) -> None:
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=1), "9:20")
    desk = desk_at()
    form = go(desk, LocationsForm)
    desk.click(form.acts.off_button)
    assert not desk.has_dialog()
    assert form.said.text() == (
        "1 visit at Northside is still to come, on Wed, Nov 25, 9:20 AM. Move or cancel it first."
    )
    assert found().locations[practice.northside].active


# Providers


def test_a_provider_is_made(desk_at: OpenDesk, records: Callable[[], dict[str, ProviderRecord]]) -> None:
    desk = desk_at()
    form = go(desk, ProvidersForm)
    desk.click(form.acts.add_button)
    assert desk.focus() is form.name
    desk.type("Dr. Ines Moreau")
    desk.press("Ctrl+S")
    assert beside(form, "Locations") == "Tick at least one location: where patients are seen."
    assert desk.focus() is form.places
    desk.press("Space")
    form.mobile.setFocus()
    desk.type("206 555 0177")
    form.short_name.setFocus()
    desk.type("Dr. Moreau")
    desk.press("Ctrl+S")
    made = records()["Dr. Moreau"]
    assert (made.name, len(made.location_ids), made.mobile_phone) == ("Dr. Ines Moreau", 1, "(206) 555-0177")
    assert listed(form.chooser) == ["Dr. Astrid Lindqvist", "Dr. Joseph Mwangi", "Dr. Ines Moreau"]
    assert form.which.text() == "Dr. Ines Moreau"
    assert form.mobile.text() == "(206) 555-0177"


def test_a_provider_is_changed_and_the_undo_brings_it_all_back(
    desk_at: OpenDesk, practice: Practice, records: Callable[[], dict[str, ProviderRecord]]
) -> None:
    desk = desk_at()
    form = go(desk, ProvidersForm)
    form.short_name.setFocus()
    form.short_name.selectAll()
    desk.type("Dr. L")
    form.places.setFocus()
    desk.press("Down", "Space", "Ctrl+S")
    changed = records()["Dr. L"]
    assert set(changed.location_ids) == {practice.northside, practice.harbor}
    desk.press("Ctrl+Shift+Z")
    assert records()["Dr. Lindqvist"].location_ids == (practice.northside,)
    assert form.short_name.text() == "Dr. Lindqvist"


def test_a_provider_is_switched_off_with_what_is_still_to_come_and_the_login(
    desk_at: OpenDesk, practice: Practice, records: Callable[[], dict[str, ProviderRecord]]
) -> None:
    practice.a_staff("astrid", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=1), "9:20")
    desk = desk_at()
    form = go(desk, ProvidersForm)
    desk.click(form.acts.off_button)
    asked = question(desk)
    assert "1 visit is still to come, on Wed, Nov 25, 9:20 AM" in asked.detail.text()
    assert "The login astrid stays on" in asked.detail.text()
    desk.click(asked.yes)
    assert not records()["Dr. Lindqvist"].active
    assert listed(form.chooser) == ["Dr. Joseph Mwangi", "Dr. Astrid Lindqvist"]
    desk.click(form.acts.off_button)
    assert records()["Dr. Lindqvist"].active


def test_providers_are_put_in_order(desk_at: OpenDesk) -> None:
    desk = desk_at()
    form = go(desk, ProvidersForm)
    desk.click(form.acts.down_button)
    assert listed(form.chooser) == ["Dr. Joseph Mwangi", "Dr. Astrid Lindqvist"]


@pytest.mark.parametrize("kind", [LocationsForm, ProvidersForm])
def test_schedulers_read_and_change_nothing(
    desk_at: OpenDesk, practice: Practice, kind: type[LocationsForm] | type[ProvidersForm]
) -> None:
    desk = desk_at(actor=practice.maria)
    form = go(desk, kind)
    form.name.setFocus()
    before = form.name.text()
    desk.type("x")
    assert form.name.text() == before != ""
    assert form.locked.isVisible()
    for button in (form.acts.add_button, form.acts.up_button, form.acts.down_button, form.acts.off_button):
        assert not button.isVisible()
    if isinstance(form, ProvidersForm):
        ticked = form.places.chosen()
        form.places.setFocus()
        desk.press("Space")
        assert form.places.chosen() == ticked


def test_typed_text_survives_a_change_elsewhere(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, found: Callable[[], directory.Directory]
) -> None:
    desk = desk_at()
    form = go(desk, LocationsForm)
    form.name.setFocus()
    desk.type("x")
    with database_setup():
        new = LocationDetails("North", "America/Los_Angeles", "", "")
        practice.desk.perform(
            practice.admin, locations_service.save_location, practice.northside, new, expect_version=1
        )
    desk.hear()
    assert form.name.text() == "Northsidex"
    assert "changed elsewhere" in form.said.text()


@pytest.mark.parametrize("name", ["<b>Bay</b>", "\u202eyaB", "نور", "王", "R & D &amp;", "a" * 80])
def test_hostile_names_of_places_and_providers_are_plain_text(desk_at: OpenDesk, practice: Practice, name: str) -> None:
    place = practice._place(name)
    practice.a_provider(name, name, [place])
    desk = desk_at()
    for form in (go(desk, LocationsForm), go(desk, ProvidersForm)):
        go(desk, type(form)).chooser.setFocus()
        desk.press("End")
        desk.click(form.acts.off_button)
        assert "\u202e" not in question(desk).question.text().replace("\u2066", "")
        desk.press("Esc")


@pytest.mark.parametrize("scale", [100, 130])
def test_nothing_is_cut_in_a_small_window_and_everything_has_a_name(
    desk_at: OpenDesk, theme: Theme, scale: int
) -> None:
    theme.set_scale(scale)
    desk = desk_at(size=(960, 680))
    for kind in (LocationsForm, ProvidersForm):
        form = go(desk, kind)
        assert form.card.width() + form.card.mapTo(form, form.card.rect().topLeft()).x() <= form.width()
        assert nameless(desk.frame) == []
