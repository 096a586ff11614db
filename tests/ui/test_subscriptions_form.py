"""Notification subscriptions in Settings: made, changed, tried, given another secret, removed, and their log (WH1, WH2, HOOK-02, HOOK-06)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.services.desk import Desk
from request_desk.services.notices import subscriptions, webhook_queue
from request_desk.store.database import Database
from request_desk.ui.settings.secret_dialogs import PasswordAsked, SecretShown
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.subscriptions_form import SubscriptionsForm
from request_desk.ui.settings.webhook_log_sheet import WebhookLogSheet
from request_desk.ui.widgets.dialogs import Question
from tests.builders import PASSWORD, Practice, with_password
from tests.services.webhook_parts import FAILED, GONE, TAKEN, URL, listed as stored, logged, subscribed, webhook_desk
from tests.ui.page_desk import OpenPage, PageDesk, nameless
from tests.ui.settings_desk import go
from tests.ui.test_secrets_form import said_anywhere
from tests.ui.test_settings_places import listed

pytestmark = pytest.mark.usefixtures("quick_hashing")

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SettingsPage]]


@pytest.fixture
def sqlite_desk(sqlite_url: str, clock: FixedClock, keys: Path) -> Desk:
    """The desk of the windows, with keys."""
    return webhook_desk(Database(sqlite_url), clock, keys)


@pytest.fixture
def practice(sqlite_practice: Practice, database_setup: Setup) -> Practice:
    with database_setup():
        with_password(sqlite_practice)
    return sqlite_practice


@pytest.fixture
def desk_at(open_page: OpenPage, practice: Practice) -> OpenDesk:
    return partial(open_page, SettingsPage, actor=practice.admin)


def dialog(desk: PageDesk[SettingsPage], kind: type[Any]) -> Any:
    found = desk.dialog()
    assert isinstance(found, kind)
    return found


def tick(desk: PageDesk[SettingsPage], form: SubscriptionsForm, *places: int) -> None:
    for place in places:
        form.events.setCurrentIndex(form.events.model().index(place, 0))
        form.events.setFocus(Qt.FocusReason.OtherFocusReason)
        desk.press("Space")


def settled(practice: Practice, *attempts: Any) -> None:
    """Let what is due be tried, each with another end."""
    for attempt in attempts:
        for due in practice.desk.perform(SYSTEM, webhook_queue.claim, "worker", 10).value:
            practice.desk.perform(SYSTEM, webhook_queue.settle, due.id, "worker", attempt)


def test_a_subscription_is_made_by_keys_alone(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    assert form.is_new  # there is none yet
    form.name.setFocus()
    desk.type("Sunrise School")
    desk.press("Tab")
    desk.type(URL)
    desk.press("Tab", "Space", "Down", "Space", "Tab")
    desk.type("X-Api-Key: canary-header")
    desk.press("Ctrl+S")
    shown = dialog(desk, SecretShown)
    assert shown.key_button.isHidden()  # there is no key id
    desk.press("Return")  # copies the value first
    value = str(QGuiApplication.clipboard().text())
    assert value.startswith("whsec_")
    assert value not in said_anywhere(shown)
    desk.press("Return")
    assert not desk.has_dialog()
    assert listed(form.chooser) == ["Sunrise School"]
    assert form.headers.toPlainText() == "X-Api-Key: ••••••••"
    assert "canary-header" not in said_anywhere(desk.frame)
    assert not form.save_button.isEnabled()
    with database_setup():
        (seen,) = stored(practice).values()
    assert (seen.name, seen.url, seen.header_names) == ("Sunrise School", URL, ("X-Api-Key",))
    assert [str(each) for each in seen.types] == ["request.received", "request.completed"]
    assert nameless(form) == []


def test_before_names_are_sent_the_form_warns(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:  # HOOK-06
    with database_setup():
        subscribed(practice)
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    assert form.warning.isHidden()
    form.is_full.setFocus()
    desk.press("Space")
    assert not form.warning.isHidden()
    assert form.warning.text() == subscriptions.full_warning()
    desk.press("Ctrl+S")
    with database_setup():
        (seen,) = stored(practice).values()
    assert seen.is_full


def test_what_is_wrong_stands_beside_its_field(desk_at: OpenDesk) -> None:  # HOOK-05, HOOK-07
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    form.url.setFocus()
    desk.type("https://inside.example/hook")
    form.headers.setPlainText("Host: elsewhere")
    desk.press("Ctrl+S")
    said = {name: line.text() for name, (_control, line) in form._beside.items()}
    assert "empty" in said["Name"]
    assert "private network" in said["Address"]
    assert "at least one" in said["Events"]
    assert "set by the program" in said["Headers"]
    assert form.url.text() == "https://inside.example/hook"


def test_a_change_keeps_headers_that_are_not_typed(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        made = subscribed(practice, headers=(("X-Api-Key", "canary-header"),))
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    form.headers.setPlainText(form.headers.toPlainText() + "\nX-Site: north")
    tick(desk, form, 0)
    desk.press("Ctrl+S")
    with database_setup():
        practice.desk.perform(practice.admin, subscriptions.send_test, made.id)
        (due,) = practice.desk.perform(SYSTEM, webhook_queue.claim, "worker", 10).value
        (seen,) = stored(practice).values()
    assert due.headers == (("X-Api-Key", "canary-header"), ("X-Site", "north"))
    assert "request.received" not in [str(each) for each in seen.types]


def test_it_is_switched_off_and_on_and_removed(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    with database_setup():
        subscribed(practice)
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    desk.click(form.switch_button)
    with database_setup():
        assert not next(iter(stored(practice).values())).active
    desk.click(form.switch_button)
    with database_setup():
        assert next(iter(stored(practice).values())).active
    desk.click(form.remove_button)
    desk.press("Return")  # a stray Enter does nothing
    desk.click(form.remove_button)
    desk.click(dialog(desk, Question).yes)
    assert listed(form.chooser) == []
    assert not form.test_button.isEnabled()


def test_a_secret_is_shown_again_for_the_password_and_changed(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:  # SEC-05, HOOK-02
    with database_setup():
        made = subscribed(practice)
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    desk.click(form.show_button)
    dialog(desk, PasswordAsked)
    desk.type(PASSWORD)
    desk.press("Return", "Return")
    assert QGuiApplication.clipboard().text() == made.value.text
    desk.press("Escape")
    desk.click(form.rotate_button)
    desk.click(dialog(desk, Question).yes)
    dialog(desk, SecretShown)
    desk.press("Return")
    assert QGuiApplication.clipboard().text() != made.value.text
    desk.press("Escape")
    assert "Both secrets sign until" in dict(form.facts.lines())


def test_trouble_is_said_and_the_log_sends_again(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup
) -> None:  # WH2
    with database_setup():
        made = subscribed(practice, types=["request.received"])
        practice.a_request()
        settled(practice, GONE)
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    assert "410" in form.trouble.text()
    desk.click(form.switch_button)
    desk.click(form.log_button)
    sheet = dialog(desk, WebhookLogSheet)
    assert [row.event_type for row in sheet.model.rows()] == ["request.received"]
    lines = dict(sheet.facts.lines())
    assert lines["Id"].startswith("msg_")
    assert any("410" in said for said in lines.values())
    assert nameless(sheet) == []
    desk.press("Ctrl+Return")
    assert not sheet.button.isEnabled()  # it is on its way
    with database_setup():
        settled(practice, TAKEN)
        (entry,) = logged(practice, made.id)
        assert entry.state == "sent"
    desk.hear()
    assert [row.state for row in sheet.model.rows()] == ["sent"]
    assert len(sheet.facts.lines()) == 3  # the id, and two tries


def test_the_log_shows_older_ones_when_asked(
    desk_at: OpenDesk, practice: Practice, database_setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_setup():
        subscribed(practice, types=["request.received"])
        for _each in range(60):
            practice.a_request()
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    desk.click(form.log_button)
    sheet = dialog(desk, WebhookLogSheet)
    assert len(sheet.model.rows()) == 50
    desk.click(sheet.more_button)
    assert len(sheet.model.rows()) == 60
    assert not sheet.more_button.isEnabled()


def test_a_test_is_sent_by_a_button(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    with database_setup():
        made = subscribed(practice)
    desk = desk_at()
    form = go(desk, SubscriptionsForm)
    desk.click(form.test_button)
    assert "on its way" in desk.said()
    with database_setup():
        settled(practice, FAILED)
        assert [each.event_type for each in logged(practice, made.id)] == ["subscription.test"]
    desk.hear()
    assert "500" in form.trouble.text()


def test_others_see_no_subscriptions(open_page: OpenPage, practice: Practice, database_setup: Setup) -> None:
    with database_setup():
        subscribed(practice)
    desk = open_page(SettingsPage, actor=practice.maria)
    form = go(desk, SubscriptionsForm)
    assert not form.stack.is_content_shown()
    assert "Only an administrator" in form.stack.pane.sentence()
    assert listed(form.chooser) == []
