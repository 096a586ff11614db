"""The closed days of the practice: holidays of a region to be ticked, own days, and what is stored of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import cast

import pytest
from PySide6.QtCore import QDate
from pytestqt.qtbot import QtBot

from request_desk.domain.access import SYSTEM
from request_desk.domain.directory import PracticeSettings
from request_desk.services.practice import settings as settings_service
from request_desk.ui.settings.closed_days_form import ClosedDaysForm
from request_desk.ui.settings.settings_page import SettingsPage
from tests.builders import Practice
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
THANKSGIVING, CHRISTMAS, HERITAGE = date(2026, 11, 26), date(2026, 12, 25), date(2026, 11, 27)


class Days:
    """The form at a desk."""

    def __init__(self, desk: PageDesk[SettingsPage], stored: Callable[[], PracticeSettings]) -> None:
        self.desk, self.stored = desk, stored
        desk.page.groups.setFocus()
        desk.press("Home")
        while not isinstance(desk.page.form(), ClosedDaysForm):
            desk.press("Down")
        self.form = cast("ClosedDaysForm", desk.page.form())
        desk.settle()

    def lines(self) -> list[str]:
        model = self.form.days.model()
        return [str(model.index(place, 0).data()) for place in range(model.rowCount())]

    def ticked(self) -> list[date]:
        return sorted(date.fromordinal(key) for key in self.form.days.chosen())

    def tick(self, name: str) -> None:
        place = next(place for place, line in enumerate(self.lines()) if name in line)
        self.form.days.setFocus()
        self.form.days.setCurrentIndex(self.form.days.model().index(place, 0))
        self.desk.press("Space")


@pytest.fixture
def open_days(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, database_setup: Setup
) -> Iterator[Callable[..., Days]]:
    """Open the form, as the administrator unless said otherwise."""
    opened: list[PageDesk[SettingsPage]] = []

    def stored() -> PracticeSettings:
        with database_setup():
            return sqlite_practice.desk.query(SYSTEM, settings_service.settings)

    def open_desk(**values: object) -> Days:
        values.setdefault("actor", sqlite_practice.admin)
        opened.append(PageDesk(qtbot, sqlite_practice, hand, SettingsPage, **values))  # type: ignore[arg-type]
        return Days(opened[-1], stored)

    yield open_desk
    for desk in opened:
        desk.close()


def test_the_holidays_of_the_country_are_proposed_and_none_is_ticked(open_days: Callable[..., Days]) -> None:
    days = open_days()
    assert days.form.country.currentText() == "United States"
    assert days.form.year.value() == 2026
    assert any("Thanksgiving" in line for line in days.lines())
    assert days.ticked() == []
    assert not days.form.save_button.isEnabled()
    assert nameless(days.form) == []


def test_a_ticked_holiday_is_closed_when_it_is_saved_and_can_be_undone(open_days: Callable[..., Days]) -> None:
    days = open_days()
    days.tick("Thanksgiving")
    assert dict(days.stored().closed_days) == {}
    days.desk.press("Ctrl+S")
    assert dict(days.stored().closed_days) == {THANKSGIVING: "Thanksgiving Day"}
    days.desk.press("Ctrl+Shift+Z")
    assert dict(days.stored().closed_days) == {}
    assert days.ticked() == []


def test_a_region_has_holidays_of_its_own_and_is_remembered(open_days: Callable[..., Days]) -> None:
    days = open_days()
    assert not any("Native American" in line for line in days.lines())
    place = days.form.region.findData("WA")
    assert days.form.region.itemText(place) == "Washington (WA)"
    days.form.region.setFocus()
    days.form.region.setCurrentIndex(place)
    days.form.region.activated.emit(place)
    days.desk.settle()
    days.tick("Native American")
    days.desk.press("Ctrl+S")
    assert days.stored().holiday_region == "US-WA"
    assert dict(days.stored().closed_days) == {HERITAGE: "Native American Heritage Day"}
    assert days.form.region.currentData() == "WA"


def test_another_year_keeps_what_is_ticked_in_this_one(open_days: Callable[..., Days]) -> None:
    days = open_days()
    days.tick("Christmas")
    days.form.year.setValue(2027)
    days.desk.settle()
    assert days.ticked() == []
    days.tick("Christmas Day (observed)")
    days.desk.press("Ctrl+S")
    assert list(days.stored().closed_days) == [CHRISTMAS, date(2027, 12, 24)]


def test_all_holidays_of_a_year_are_one_key(open_days: Callable[..., Days]) -> None:
    days = open_days()
    days.desk.click(days.form.all_button)
    assert len(days.ticked()) == len(days.lines()) >= 10
    assert not days.form.all_button.isEnabled()


def test_an_own_day_is_added_and_goes_by_its_tick(open_days: Callable[..., Days]) -> None:
    days = open_days()
    days.form.own_day.setDate(QDate(2026, 12, 11))
    days.form.own_name.setFocus()
    days.desk.type("Staff day")
    days.desk.press("Return")
    assert days.form.own_name.text() == ""
    days.desk.press("Ctrl+S")
    assert dict(days.stored().closed_days) == {date(2026, 12, 11): "Staff day"}
    days.tick("Staff day")
    assert any("Staff day" in line for line in days.lines())  # it can be ticked again
    days.desk.press("Ctrl+S")
    assert dict(days.stored().closed_days) == {}


def test_an_own_day_that_was_typed_and_not_added_is_saved_too(open_days: Callable[..., Days]) -> None:
    days = open_days()
    days.form.own_day.setDate(QDate(2026, 12, 11))
    days.form.own_name.setFocus()
    days.desk.type("Staff day")
    assert days.form.save_button.isEnabled()
    days.desk.press("Ctrl+S")
    assert dict(days.stored().closed_days) == {date(2026, 12, 11): "Staff day"}


def test_a_country_without_holidays_says_so_and_others_only_look(
    open_days: Callable[..., Days], sqlite_practice: Practice, database_setup: Setup
) -> None:
    new = replace(sqlite_practice.settings, closed_days={CHRISTMAS: "Christmas"}, holiday_region="ZZ")
    with database_setup():
        sqlite_practice.desk.perform(sqlite_practice.admin, settings_service.save_settings, new, expect_version=1)
    days = open_days(actor=sqlite_practice.maria)
    assert len(days.lines()) == 1
    assert days.form.save_button.isHidden()
    assert days.form.all_button.isHidden()
    days.form.days.setFocus()
    days.desk.press("Space")
    assert days.ticked() == [CHRISTMAS]
    days.form.year.setValue(2027)
    days.desk.settle()
    assert days.form.none.isVisible()
