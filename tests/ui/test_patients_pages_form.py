"""The group Patients' pages: booking by oneself, the controls of each way (BK6), the colour with its sample."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtGui import QColor

from request_desk.domain.directory import CONTROLS, Control, Flow, PracticeSettings
from request_desk.services.practice import settings
from request_desk.ui.settings.group_list import GroupId
from request_desk.ui.settings.patients_pages_form import PatientsPagesForm
from request_desk.ui.settings.settings_page import SettingsPage
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, PageDesk, nameless

Desk = PageDesk[SettingsPage]


@pytest.fixture
def desk_at(open_page: OpenPage, sqlite_practice: Practice) -> Callable[..., Desk]:
    def open_desk(**values: Any) -> Desk:
        desk = open_page(SettingsPage, **{"actor": sqlite_practice.admin, **values})
        desk.page.open(GroupId.PATIENTS_PAGES)
        desk.settle()
        return desk

    return open_desk


def form(desk: Desk) -> PatientsPagesForm:
    found = desk.page.form()
    assert isinstance(found, PatientsPagesForm)
    return found


@pytest.fixture
def stored(sqlite_practice: Practice, database_setup: Callable[[], Any]) -> Callable[[], PracticeSettings]:
    def read() -> PracticeSettings:
        with database_setup():
            return sqlite_practice.desk.query(sqlite_practice.admin, settings.settings)

    return read


def test_self_booking_is_allowed_by_keyboard_and_undone(
    desk_at: Callable[..., Desk], stored: Callable[[], PracticeSettings]
) -> None:
    desk = desk_at()
    shown = form(desk)
    assert not shown.new_families.isEnabled()  # nobody new books where nobody books
    shown.self_booking.setFocus()
    desk.press("Space")
    assert shown.new_families.isEnabled()
    desk.press("Tab", "Space", "Ctrl+S")
    assert (stored().self_booking, stored().new_families) == (True, True)
    desk.press("Ctrl+Shift+Z")
    desk.hear()
    assert (stored().self_booking, stored().new_families) == (False, False)
    assert not shown.self_booking.isChecked()


def test_each_control_of_each_way_is_ticked_where_it_makes_sense(
    desk_at: Callable[..., Desk], stored: Callable[[], PracticeSettings]
) -> None:
    desk = desk_at()
    shown = form(desk)
    assert set(shown.boxes) == {(flow, control) for flow in Flow for control in CONTROLS[flow]}
    assert all(box.isChecked() for box in shown.boxes.values())
    shown.boxes[Flow.MANAGE, Control.CANCEL].click()
    shown.boxes[Flow.ACCOUNT, Control.EARLIER].click()
    desk.press("Ctrl+S")
    kept = stored()
    assert kept.controls_off == {
        Flow.MANAGE: frozenset({Control.CANCEL}),
        Flow.ACCOUNT: frozenset({Control.EARLIER}),
    }
    assert not kept.shows(Flow.MANAGE, Control.CANCEL)
    assert kept.shows(Flow.ACCOUNT, Control.CANCEL)
    desk.hear()
    assert not shown.boxes[Flow.MANAGE, Control.CANCEL].isChecked()
    assert not shown.save_button.isEnabled()
    shown.boxes[Flow.MANAGE, Control.CANCEL].click()
    shown.boxes[Flow.ACCOUNT, Control.EARLIER].click()
    desk.press("Ctrl+S")
    assert stored().controls_off == {}


def test_the_sample_follows_what_is_typed(desk_at: Callable[..., Desk], stored: Callable[[], PracticeSettings]) -> None:
    desk = desk_at()
    shown = form(desk)
    shown.colour.setText("#1F6F8B")
    desk.settle()
    image = shown.sample.grab().toImage()
    assert image.pixelColor(image.width() // 2, 4) == QColor("#1f6f8b")
    assert shown.contrast.text() == "White letters can be read on it: a contrast of 5.7 to 1."
    shown.colour.setText("#ff8800")
    assert shown.contrast.text().startswith("White letters cannot be read on it: a contrast of 2.4 to 1")
    desk.press("Ctrl+S")
    _control, line = shown._beside["Colour"]
    assert line.text() == "White letters cannot be read on this colour. Choose a darker one."
    assert shown.colour.text() == "#ff8800"
    shown.colour.setText("blue")
    assert not shown.sample.isVisible()
    assert shown.contrast.text() == "A colour is a # and six signs of 0–9 and a–f."
    shown.colour.setText(" #1F6F8B ")
    desk.press("Ctrl+S")
    assert stored().colour == "#1f6f8b"


def test_who_is_no_administrator_reads_it_only(desk_at: Callable[..., Desk], sqlite_practice: Practice) -> None:
    desk = desk_at(actor=sqlite_practice.maria)
    shown = form(desk)
    assert not shown.save_button.isVisible()
    assert not any(box.isEnabled() for box in (shown.self_booking, shown.new_families, *shown.boxes.values()))
    assert shown.colour.isReadOnly()


@pytest.mark.parametrize(
    ("group", "title"),
    [
        (GroupId.PRACTICE, "Practice"),
        (GroupId.LOCATIONS, "Locations"),
        (GroupId.TYPES, "Appointment types"),
        (GroupId.MEETINGS, "Video meetings"),
        (GroupId.SUBSCRIPTIONS, "Notification subscriptions"),
        (GroupId.PATIENTS_PAGES, "Patients' pages"),
    ],
)
def test_other_pages_lead_to_a_group(desk_at: Callable[..., Desk], group: GroupId, title: str) -> None:
    desk = desk_at()
    desk.page.open(group)
    desk.settle()
    shown = desk.page.form()
    assert shown is not None
    assert shown.accessibleName() == title
    assert nameless(shown) == []
