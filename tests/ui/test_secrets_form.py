"""Booking secrets in Settings: made, shown again for the password, revoked, by keys and clicks (BS1, BS2, SEC-05)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.services.desk import Desk
from request_desk.services.people import access
from request_desk.services.portal import booking_tokens
from request_desk.services.practice import booking_secrets
from request_desk.store.database import Database
from request_desk.ui.settings.secret_dialogs import PasswordAsked, SecretShown
from request_desk.ui.settings.secrets_form import SecretsForm
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.widgets.dialogs import Question
from tests.builders import PASSWORD, Practice, with_password
from tests.partners import SCHOOL, Partner, sealing_desk
from tests.ui.page_desk import OpenPage, PageDesk, nameless
from tests.ui.settings_desk import go
from tests.ui.test_settings_places import listed

pytestmark = pytest.mark.usefixtures("quick_hashing")

Setup = Callable[[], AbstractContextManager[None]]
OpenDesk = Callable[..., PageDesk[SettingsPage]]


@pytest.fixture
def sqlite_desk(sqlite_url: str, clock: FixedClock, keys: Path) -> Desk:
    """The desk of the windows, with keys."""
    return sealing_desk(Database(sqlite_url), clock, keys)


@pytest.fixture
def practice(sqlite_practice: Practice, database_setup: Setup) -> Practice:
    with database_setup():
        with_password(sqlite_practice)
    return sqlite_practice


@pytest.fixture
def partner(practice: Practice, database_setup: Setup) -> Partner:
    with database_setup():
        return Partner(practice)


@pytest.fixture
def desk_at(open_page: OpenPage, practice: Practice) -> OpenDesk:
    return partial(open_page, SettingsPage, actor=practice.admin)


def dialog(desk: PageDesk[SettingsPage], kind: type[Question]) -> Question:
    found = desk.dialog()
    assert isinstance(found, kind)
    return found


def clipboard() -> str:
    return str(QGuiApplication.clipboard().text())


def said_anywhere(root: QWidget) -> str:
    """Everything that tooltips, accessibility and properties of a window say."""
    found = []
    for widget in (root, *root.findChildren(QWidget)):
        spoken = QAccessible.queryAccessibleInterface(widget)
        if spoken is not None:
            kinds = QAccessible.Text
            found += [spoken.text(kind) for kind in (kinds.Name, kinds.Description, kinds.Value, kinds.Help)]
        found += [widget.toolTip(), widget.whatsThis(), widget.statusTip(), widget.windowTitle(), widget.objectName()]
        found += [str(widget.property(name)) for name in ("text", "plainText", "displayText")]
    return "\n".join(found)


def test_a_secret_is_made_for_a_new_partner(desk_at: OpenDesk, practice: Practice, database_setup: Setup) -> None:
    desk = desk_at()
    form = go(desk, SecretsForm)
    assert form.is_new  # there is none yet
    form.name.setFocus()
    desk.type(SCHOOL)
    desk.press("Ctrl+S")
    shown = dialog(desk, SecretShown)
    assert isinstance(shown, SecretShown)
    assert not shown.value.is_shown
    desk.press("Return")  # copies the value first
    value = clipboard()
    desk.click(shown.key_button)
    with database_setup():
        (stored,) = practice.desk.query(practice.admin, booking_secrets.booking_secrets)
        made = Partner.__new__(Partner)
        made.practice, made.desk, made.name = practice, practice.desk, SCHOOL
        made.secret = booking_secrets.NewSecret(stored.id, SCHOOL, stored.key_id, access.Hidden(value))
        accepted = practice.desk.query(SYSTEM, booking_tokens.accept, made.token())
        assert accepted.secret_id == stored.id  # it is the value that tokens are made with
    assert clipboard() == stored.key_id
    desk.press("Return")
    assert not desk.has_dialog()
    assert listed(form.chooser) == [SCHOOL]
    assert dict(form.facts.lines())["Key id"] == stored.key_id
    assert dict(form.facts.lines())["Last token accepted"] == "never"
    assert nameless(form) == []


def test_a_value_is_nowhere_but_on_the_screen(desk_at: OpenDesk, partner: Partner) -> None:  # SEC-05
    desk = desk_at()
    form = go(desk, SecretsForm)
    value = partner.secret.value.text
    desk.click(form.show_button)
    asked = dialog(desk, PasswordAsked)
    assert isinstance(asked, PasswordAsked)
    desk.type("wrong")
    desk.press("Return")
    assert "not right" in asked.wrong.text()
    assert asked.password.text() == ""
    desk.type(PASSWORD)
    desk.press("Return")
    shown = dialog(desk, SecretShown)
    assert isinstance(shown, SecretShown)
    masked = shown.grab().toImage()
    assert value not in said_anywhere(shown)
    assert value not in said_anywhere(desk.frame)
    desk.click(shown.show_button)
    assert shown.value.is_shown
    assert shown.grab().toImage() != masked
    assert value not in said_anywhere(shown)
    painted = shown.value
    desk.press("Escape")
    assert not desk.has_dialog()
    assert painted._value.text == ""
    assert not painted.is_shown


def test_two_secrets_of_a_partner_then_the_first_is_revoked(
    desk_at: OpenDesk, partner: Partner, practice: Practice
) -> None:
    desk = desk_at()
    form = go(desk, SecretsForm)
    desk.click(form.second_button)
    desk.press("Return")
    dialog(desk, SecretShown)
    desk.press("Escape")
    assert listed(form.chooser) == [SCHOOL, SCHOOL]
    assert not form.second_button.isEnabled()
    form.chooser.choose(partner.secret.id)
    desk.settle()
    desk.click(form.revoke_button)
    asked = dialog(desk, Question)
    assert partner.secret.key_id in asked.detail.text()
    desk.press("Return")  # a stray Enter does nothing
    assert not desk.has_dialog()
    assert form.revoke_button.isEnabled()
    desk.click(form.revoke_button)
    desk.click(dialog(desk, Question).yes)
    assert not desk.has_dialog()
    form.chooser.choose(partner.secret.id)
    desk.settle()
    assert "Revoked" in dict(form.facts.lines())
    assert not form.show_button.isEnabled()
    assert not form.revoke_button.isEnabled()
    model = form.chooser.model()
    assert [str(model.index(row, 3).data()) for row in range(2)] == ["active", "revoked"]


def test_when_a_token_was_accepted_last_is_seen_when_the_group_is(
    desk_at: OpenDesk, partner: Partner, database_setup: Setup
) -> None:
    desk = desk_at()
    form = go(desk, SecretsForm)
    assert dict(form.facts.lines())["Last token accepted"] == "never"
    with database_setup():
        partner.code(partner.token())
    desk.press("Up", "Down")
    assert "8:12" in dict(form.facts.lines())["Last token accepted"]


def test_what_a_service_refuses_is_said_beside_the_field(
    desk_at: OpenDesk, partner: Partner, database_setup: Setup
) -> None:
    with database_setup():
        Partner(partner.practice)
    desk = desk_at()
    form = go(desk, SecretsForm)
    desk.click(form.add_button)
    desk.type(SCHOOL)
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    assert "two active" in form._beside["Partner"][1].text()
    assert form.name.text() == SCHOOL


def test_others_see_no_secrets(open_page: OpenPage, practice: Practice, partner: Partner) -> None:
    desk = open_page(SettingsPage, actor=practice.maria)
    form = go(desk, SecretsForm)
    assert not form.stack.is_content_shown()
    assert "Only an administrator" in form.stack.pane.sentence()
    assert listed(form.chooser) == []
