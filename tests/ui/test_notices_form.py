"""The group Notices: what each channel may say of an appointment, chosen by keyboard (NT1)."""

from collections.abc import Callable
from typing import Any

from request_desk.domain.directory import Channel, Content, PracticeSettings
from request_desk.services.practice import settings
from request_desk.ui.settings.notices_form import NoticesForm
from request_desk.ui.settings.settings_page import SettingsPage
from tests.builders import Practice
from tests.ui.page_desk import OpenPage, nameless
from tests.ui.settings_desk import go


def test_a_channel_is_made_bare_and_tells_the_time_again(
    open_page: OpenPage, sqlite_practice: Practice, database_setup: Callable[[], Any]
) -> None:
    def stored() -> PracticeSettings:
        with database_setup():
            return sqlite_practice.desk.query(sqlite_practice.admin, settings.settings)

    desk = open_page(SettingsPage, actor=sqlite_practice.admin)
    form = go(desk, NoticesForm)
    assert all(box.isChecked() for box in form.boxes.values())
    assert nameless(form) == []
    form.boxes[Channel.SMS].setFocus()
    desk.press("Space", "Ctrl+S")
    assert stored().notice_contents == {Channel.SMS: Content.BARE}
    assert not form.is_changed()
    desk.press("Space", "Ctrl+S")
    assert stored().notice_contents == {}


def test_who_may_not_change_settings_sees_what_is_chosen(open_page: OpenPage, sqlite_practice: Practice) -> None:
    form = go(open_page(SettingsPage, actor=sqlite_practice.maria), NoticesForm)
    assert not any(box.isEnabled() for box in form.boxes.values())
