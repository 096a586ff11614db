"""The group Text messages: quiet hours, the most on one day, countries; saved by keyboard and told beside the field (OTP-10)."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTime

from request_desk.domain.directory import PracticeSettings
from request_desk.services.practice import settings
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.texts_form import TextsForm
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, nameless
from tests.ui.settings_desk import go


def test_the_times_and_limits_of_text_messages_are_saved(
    open_page: OpenPage, sqlite_practice: Practice, database_setup: Callable[[], Any]
) -> None:
    def stored() -> PracticeSettings:
        with database_setup():
            return sqlite_practice.desk.query(sqlite_practice.admin, settings.settings)

    desk = open_page(SettingsPage, actor=sqlite_practice.admin)
    form = go(desk, TextsForm)
    assert (form.quiet_from.time(), form.quiet_until.time()) == (QTime(21, 0), QTime(8, 0))
    assert (form.most.value(), form.countries.text()) == (500, "")
    assert not form.is_changed()
    assert nameless(form) == []
    form.countries.setText("us, Narnia")
    form.most.setValue(200)
    form.quiet_from.setTime(QTime(20, 30))
    desk.press("Ctrl+S")
    assert stored().sms_most_a_day == 500  # nothing of it is saved while one field is wrong
    form.countries.setText("us, mx")
    desk.press("Ctrl+S")
    found = stored()
    assert (found.sms_quiet_from, found.sms_quiet_until, found.sms_most_a_day) == (20 * 60 + 30, 8 * 60, 200)
    assert found.sms_countries == ("MX", "US")
    assert not form.is_changed()


def test_who_may_not_change_settings_sees_them_locked(open_page: OpenPage, sqlite_practice: Practice) -> None:
    form = go(open_page(SettingsPage, actor=sqlite_practice.maria), TextsForm)
    assert not any(each.isEnabled() for each in (form.quiet_from, form.quiet_until, form.most))
    assert form.countries.isReadOnly()
