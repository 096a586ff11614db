"""The page Services & links: the list, links copied and why not, the way to what is missing, the forms, the preview, keys."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu

from request_desk.domain.access import Role
from request_desk.domain.directory import Control, Flow
from request_desk.domain.ids import ServiceId, TypeId, VariantId
from request_desk.services.practice import services, settings
from request_desk.services.practice.services import ServiceDetails, VariantDetails
from request_desk.store import schema
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.services.preview_sheet import PreviewSheet
from request_desk.ui.services.service_forms import ServiceForm, VariantForm
from request_desk.ui.services.services_page import ServicesPage
from request_desk.ui.services.share_acts import ShareAct
from request_desk.ui.services.shared_detail import SharedDetail
from request_desk.ui.settings.group_list import GroupId
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.states import State
from request_desk.ui.window.pages import PAGES
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Desk = PageDesk[ServicesPage]
OpenDesk = Callable[..., Desk]
F = TypeVar("F", ServiceForm, VariantForm)
Allow = Callable[[], Any]


class Made:
    """A practice with a service of two variants, and self-booking on."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.set(self_booking=True)
        self.well = self.a_service("Well child visit")
        self.check_up = self.a_variant(self.well, "Check-up", practice.well)
        self.first = self.a_variant(self.well, "First visit", practice.well)

    def set(self, **values: Any) -> None:
        desk, admin = self.practice.desk, self.practice.admin
        now = desk.query(admin, settings.settings)
        desk.perform(admin, settings.save_settings, replace(now, **values), expect_version=now.version)

    def a_service(self, name: str, *, visible: bool = True) -> ServiceId:
        details = ServiceDetails(name, "", visible)
        return self.practice.desk.perform(self.practice.admin, services.add_service, details).value

    def a_variant(self, service_id: ServiceId, name: str, type_id: TypeId, *, visible: bool = True) -> VariantId:
        details = VariantDetails(name, "", type_id, (), (), visible)
        return self.practice.desk.perform(self.practice.admin, services.add_variant, service_id, details).value


@pytest.fixture
def made(sqlite_practice: Practice, database_setup: Allow) -> Made:
    with database_setup():
        return Made(sqlite_practice)


@pytest.fixture
def desk_at(open_page: OpenPage, sqlite_practice: Practice) -> OpenDesk:
    def open_desk(**values: Any) -> Desk:
        desk = open_page(ServicesPage, **{"actor": sqlite_practice.admin, **values})
        desk.page.take_focus()
        return desk

    return open_desk


class Browser(QObject):
    """Keeps the addresses that would be opened in the browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        self.opened.append(url.toString())


@pytest.fixture
def browser() -> Iterator[list[str]]:
    """The addresses that were opened in the browser."""
    kept = Browser()
    QDesktopServices.setUrlHandler("http", kept, "show")  # type: ignore[arg-type]  # bytes, as its types have it, are refused
    yield kept.opened
    QDesktopServices.unsetUrlHandler("http")


def lines(desk: Desk) -> list[tuple[str, ...]]:
    model = desk.page.model
    return [tuple(str(model.index(row, column).data()) for column in range(4)) for row in range(model.rowCount())]


def card(desk: Desk) -> SharedDetail:
    assert isinstance(desk.page.detail, SharedDetail)
    return desk.page.detail


def go_to(desk: Desk, thing_id: int) -> None:
    desk.page.open(thing_id)
    desk.settle()


def form(desk: Desk, kind: type[F]) -> F:
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    assert isinstance(window.form, kind)
    return window.form


def menu(desk: Desk) -> tuple[ActsMenu, QMenu]:
    """Open the menu of the row by its key: the menu, and the one of links in it."""
    desk.press("Shift+F10")
    found = desk.page.findChild(ActsMenu)
    assert found is not None
    links = found.findChild(QMenu)
    assert links is not None
    return found, links


def undone(desk: Desk) -> list[str]:
    return [line.told.text() for line in card(desk).checks.lines if line.told.isVisible() and not line.mark.is_done()]


def lead(desk: Desk, told: str) -> None:
    """Press the button of the line of the checklist that says this."""
    for line in card(desk).checks.lines:
        if told in line.told.text() and line.button.isVisible():
            line.button.click()
            desk.settle()
            return
    raise AssertionError(told)


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


# Who


def test_the_page_is_there_for_those_who_share_links(sqlite_practice: Practice, database_setup: Allow) -> None:
    page = next(each for each in PAGES if each.key == "services")
    with database_setup():
        doctor = sqlite_practice.a_staff("doc", "Doc", [Role.PROVIDER], sqlite_practice.lindqvist)
    assert page.is_offered(sqlite_practice.maria)
    assert page.is_offered(sqlite_practice.admin)
    assert not page.is_offered(doctor)


def test_a_scheduler_sees_and_copies_and_changes_nothing(desk_at: OpenDesk, made: Made) -> None:
    desk = desk_at(actor=made.practice.maria)
    assert not desk.page.new_button.isVisible()
    for key in ("Ctrl+N", "N", "E", "O"):
        desk.press(key)
        assert not desk.has_dialog()
    assert not any(line.button.isVisible() for line in card(desk).checks.lines)
    assert [button.words() for button in card(desk).acts.buttons] == ["Copy Patient App URL", "Preview as patient …"]
    assert card(desk).who_changes.isVisible()
    row = desk.page.model.rows()[0]
    assert desk.page.acts_of(row)[ShareAct.CHANGE].why_not == "your role does not cover it"
    desk.press("C")
    assert clipboard().startswith("http://127.0.0.1:8000/book/")
    assert desk.said().startswith("The link of Well child visit is copied: http://127.0.0.1:8000/book/")


# The list and the links


def test_services_stand_with_their_variants_and_their_links(
    desk_at: OpenDesk, made: Made, database_setup: Allow
) -> None:
    with database_setup():
        made.a_variant(made.well, "Sports", made.practice.sick, visible=False)
    desk = desk_at()
    assert lines(desk) == [
        ("Well child visit", "3 variants", "visible", "ready"),
        ("– Check-up", "Well visit", "visible", "ready"),
        ("– First visit", "Well visit", "visible", "ready"),
        ("– Sports", "Sick visit", "hidden", "not ready"),
    ]
    assert desk.page.view.selected_key() == made.well
    assert card(desk).title.text() == "Well child visit"
    assert nameless(desk.page) == []


def test_an_empty_practice_is_told_how_to_begin(desk_at: OpenDesk) -> None:
    desk = desk_at()
    assert desk.page.stack.pane.state() is State.EMPTY
    assert "Begin with New service" in desk.page.stack.pane.sentence()


def test_the_menu_copies_the_link_of_a_service_and_of_a_variant(desk_at: OpenDesk, made: Made) -> None:
    desk = desk_at()
    for key, parts in ((made.well, 5), (made.check_up, 6)):
        go_to(desk, key)
        whole, links = menu(desk)
        assert whole.actions()[0].text() == "Copy share link"
        assert [each.text() for each in links.actions()] == ["Copy Patient App URL"]
        links.actions()[0].trigger()
        desk.settle()
        whole.close()
        whole.deleteLater()
        assert len(clipboard().split("/")) == parts
        seen = card(desk).seen
        assert seen is not None
        assert clipboard() == seen.link.address == card(desk).link.text()
        desk.settle()


def test_a_link_that_is_not_ready_says_why_in_the_menu_and_beside(
    desk_at: OpenDesk, made: Made, database_setup: Allow
) -> None:
    with database_setup():
        made.set(self_booking=False)
    desk = desk_at()
    _whole, links = menu(desk)
    (entry,) = links.actions()
    assert entry.text() == "Copy Patient App URL – self-booking is off"
    assert not entry.isEnabled()
    _whole.close()
    assert card(desk).link.text() == "No link yet: self-booking is off."
    assert undone(desk) == ["Families may not book by themselves. Allow it in Settings, Patients' pages."]
    QGuiApplication.clipboard().setText("before")
    desk.press("C")
    assert clipboard() == "before"
    assert desk.said() == "Copy Patient App URL: self-booking is off"


def test_each_line_leads_to_where_it_is_done(desk_at: OpenDesk, made: Made, database_setup: Allow) -> None:
    practice = made.practice
    with database_setup():
        made.set(self_booking=False, public_url="")
        video = practice.a_type("Video", 20, is_video=True)
        by_video = made.a_variant(made.well, "By video", video)
        hidden = made.a_variant(made.well, "Hidden", practice.sick, visible=False)
        empty = made.a_service("Empty", visible=False)
    desk = desk_at()
    lead(desk, "portal has no address. Enter it")
    lead(desk, "Families may not book")
    go_to(desk, by_video)
    lead(desk, "meeting server")
    lead(desk, "The locations")
    lead(desk, "The type")
    lead(desk, "There are hours")
    went = [each[:2] for each in desk.went]
    assert went[:5] == [
        ("settings", GroupId.PRACTICE),
        ("settings", GroupId.PATIENTS_PAGES),
        ("settings", GroupId.MEETINGS),
        ("settings", GroupId.LOCATIONS),
        ("settings", GroupId.TYPES),
    ]
    assert went[5] in (("availability", practice.lindqvist), ("availability", practice.mwangi))
    lead(desk, "Families see the service")
    assert card(desk).title.text() == "Well child visit"  # the row where it is done
    go_to(desk, hidden)
    lead(desk, "The variant is hidden")
    assert form(desk, VariantForm).name.text() == "Hidden"
    desk.press("Esc")
    go_to(desk, empty)
    lead(desk, "The service is hidden")
    assert form(desk, ServiceForm).name.text() == "Empty"
    desk.press("Esc")
    lead(desk, "It has no variant")
    assert form(desk, VariantForm).accessibleName() == "New variant"
    desk.press("Esc")


def test_what_another_desk_changes_is_seen(desk_at: OpenDesk, made: Made, database_setup: Allow) -> None:
    desk = desk_at()
    with database_setup():
        made.set(self_booking=False)
    desk.hear()
    assert {line[3] for line in lines(desk)} == {"not ready"}
    assert card(desk).link.text() == "No link yet: self-booking is off."


# What is done


def test_a_service_and_its_variant_are_written_down_by_keyboard_alone(desk_at: OpenDesk, made: Made) -> None:
    desk = desk_at()
    desk.press("Ctrl+N")
    assert form(desk, ServiceForm).name.hasFocus()
    desk.type("Sick visit")
    desk.press("Tab")
    desk.type("Fever, cough")
    desk.press("Tab", "Space", "Ctrl+S")
    desk.hear()
    assert not desk.has_dialog()
    assert card(desk).title.text() == "Sick visit"
    assert lines(desk)[-1] == ("Sick visit", "no variant", "visible", "not ready")
    desk.page.take_focus()
    desk.press("N")
    desk.type("Today")
    desk.press("Ctrl+S")
    desk.hear()
    assert lines(desk)[-1] == ("– Today", "Well visit", "visible", "ready")
    assert card(desk).title.text() == "Today"


def test_who_and_where_are_ticked_and_never_left_open(desk_at: OpenDesk, made: Made) -> None:
    desk = desk_at()
    go_to(desk, made.check_up)
    desk.press("E")
    shown = form(desk, VariantForm)
    shown.providers.every.click()
    shown.locations.every.click()
    shown.save_clicked()
    desk.settle()
    said = {line.text() for _control, line in shown._beside.values() if line.isVisible()}
    assert said == {"Tick with whom, or that it is everybody.", "Tick where, or that it is every location."}
    shown.providers.ticks.setFocus()
    desk.press("Down", "Space")
    shown.locations.ticks.setFocus()
    desk.press("Space")
    desk.press("Ctrl+S")
    desk.hear()
    assert not desk.has_dialog()
    seen = card(desk).seen
    assert seen is not None
    assert (seen.who, seen.where) == (("Dr. Mwangi",), ("Northside",))
    desk.press("Ctrl+Shift+Z")
    desk.hear()
    again = card(desk).seen
    assert again is not None
    assert (again.who, again.where) == (("Dr. Lindqvist", "Dr. Mwangi"), ("Northside", "Harbor St"))


def test_who_does_not_do_the_type_is_told_beside_the_name(desk_at: OpenDesk, made: Made, database_setup: Allow) -> None:
    practice = made.practice
    with database_setup():
        ears = practice.a_type("Ear recheck", 20)
        practice.insert(schema.appointment_type_provider, type_id=ears, provider_id=practice.lindqvist)
    desk = desk_at()
    go_to(desk, made.check_up)
    desk.press("E")
    shown = form(desk, VariantForm)
    shown.providers.every.click()

    def names() -> list[str]:
        ticks = shown.providers.ticks.model()
        return [str(ticks.index(row, 0).data()) for row in range(ticks.rowCount())]

    assert names() == ["Dr. Astrid Lindqvist", "Dr. Joseph Mwangi"]
    shown.type.choose(ears)
    desk.settle()
    assert names() == ["Dr. Astrid Lindqvist", "Dr. Joseph Mwangi, does not do this type"]
    shown.undo_changes()
    desk.press("Esc")


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(desk_at: OpenDesk, made: Made) -> None:
    desk = desk_at()
    desk.press("Ctrl+N")
    desk.type("Well child visit")
    desk.press("Ctrl+S")
    shown = form(desk, ServiceForm)
    _control, line = shown._beside["Name"]
    assert line.text() == "There is or was a service of this name. Choose another name."
    assert shown.name.text() == "Well child visit"
    desk.press("Esc")
    question = desk.dialog()
    assert isinstance(question, Question)
    question.yes.click()
    desk.settle()
    assert not desk.has_dialog()


def test_a_change_elsewhere_while_typing_is_told(desk_at: OpenDesk, made: Made, database_setup: Allow) -> None:
    desk = desk_at()
    desk.press("E")
    desk.type(" today")
    with database_setup():
        other = ServiceDetails("Checks", "", visible=True)
        made.practice.desk.perform(made.practice.admin, services.save_service, made.well, other, expect_version=1)
    desk.hear()
    shown = form(desk, ServiceForm)
    assert shown.name.text() == "Well child visit today"
    assert "changed elsewhere" in shown.said.text()
    shown.undo_changes()
    assert shown.name.text() == "Checks"
    desk.press("Esc")


def test_rows_are_moved_by_keys_within_their_service(desk_at: OpenDesk, made: Made, database_setup: Allow) -> None:
    with database_setup():
        made.a_service("Sick visit")
    desk = desk_at()
    go_to(desk, made.first)
    desk.press("Alt+Up")
    desk.hear()
    assert [line[0] for line in lines(desk)] == ["Well child visit", "– First visit", "– Check-up", "Sick visit"]
    assert desk.page.view.selected_key() == made.first
    desk.press("Alt+Up")
    assert desk.said() == "Move up: it is the first"
    desk.press("Ctrl+Shift+Z")
    desk.hear()
    assert [line[0] for line in lines(desk)] == ["Well child visit", "– Check-up", "– First visit", "Sick visit"]
    go_to(desk, made.well)
    desk.press("Alt+Down")
    desk.hear()
    assert [line[0] for line in lines(desk)] == ["Sick visit", "Well child visit", "– Check-up", "– First visit"]


def test_switching_off_asks_and_switching_on_does_not(desk_at: OpenDesk, made: Made) -> None:
    desk = desk_at()
    desk.press("O")
    question = desk.dialog()
    assert isinstance(question, Question)
    assert "Switch off Well child visit?" in question.question.text()
    question.yes.click()
    desk.settle()
    desk.hear()
    assert lines(desk)[0] == ("Well child visit", "2 variants", "switched off", "not ready")
    assert card(desk).link.text() == "No link yet: the service is switched off."
    go_to(desk, made.check_up)
    lead(desk, "The service is switched off")  # leads to the service
    assert card(desk).title.text() == "Well child visit"
    lead(desk, "The service is switched off")
    desk.hear()
    assert lines(desk)[0][2:] == ("visible", "ready")


# Preview as patient


def test_the_preview_lists_what_the_link_gives_and_opens_it(
    desk_at: OpenDesk, made: Made, database_setup: Allow, browser: list[str]
) -> None:
    with database_setup():
        made.set(controls_off={Flow.BOOKING: frozenset({Control.CANCEL})}, new_families=True)
    desk = desk_at()
    go_to(desk, made.check_up)
    desk.press("P")
    sheet = desk.dialog()
    assert isinstance(sheet, PreviewSheet)
    assert dict(sheet.steps.lines())["1. What"] == "Skipped. The link leads to it: Check-up."
    assert dict(sheet.steps.lines())["2. With whom"].startswith("They choose Dr. Astrid Lindqvist or Dr. Joseph Mwangi")
    assert [label.text() for label in sheet.controls] == [
        "Cancel the visit: switched off",
        "Move the visit",
        "Fill in forms",
        "Save it to a calendar",
    ]
    assert nameless(sheet) == []
    desk.press("Return")
    seen = card(desk).seen
    assert seen is not None
    assert browser == [seen.link.address]
    assert not desk.has_dialog()


def test_a_preview_without_a_link_says_why_and_opens_nothing(
    desk_at: OpenDesk, made: Made, database_setup: Allow, browser: list[str]
) -> None:
    with database_setup():
        made.set(self_booking=False)
    desk = desk_at()
    desk.press("P")
    sheet = desk.dialog()
    assert isinstance(sheet, PreviewSheet)
    assert sheet.said.text() == "There is no link yet: self-booking is off."
    desk.press("Return")
    assert browser == []
    desk.press("Esc")
    assert not desk.has_dialog()


def test_every_act_has_a_place_in_the_menu(desk_at: OpenDesk, made: Made) -> None:
    desk = desk_at()
    row = desk.page.model.rows()[0]
    texts = [act.text for act in desk.page.acts_of(row)]
    assert len(texts) == len(ShareAct)
    assert texts[ShareAct.COPY] == "Copy Patient App URL"
    assert texts[ShareAct.SWITCH] == "Switch off …"
