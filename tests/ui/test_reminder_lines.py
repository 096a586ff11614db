"""The reminders of a type in its form: typed, previewed, saved and undone with it, by keyboard whole (RM1, AP9)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from request_desk.domain.access import Actor, Role
from request_desk.domain.reminders import ReminderGroup, ReminderRule
from request_desk.services.notices import reminders
from request_desk.store import schema
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.type_form import TypesForm
from request_desk.ui.widgets.theme import Theme
from tests.builders import TODAY, Practice, wall
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk, nameless
from tests.ui.settings_desk import go

Setup = Callable[[], AbstractContextManager[None]]
Opened = tuple[PageDesk[SettingsPage], TypesForm]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def ruth(practice: Practice) -> Actor:
    return practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER, Role.TYPES])


@pytest.fixture
def open_types(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, ruth: Actor
) -> Iterator[Callable[..., Opened]]:
    opened: list[PageDesk[SettingsPage]] = []

    def open_desk(actor: Actor = ruth, size: tuple[int, int] = (1366, 768)) -> Opened:
        desk = PageDesk(qtbot, sqlite_practice, hand, SettingsPage, actor=actor, size=size)
        opened.append(desk)
        return desk, go(desk, TypesForm)

    yield open_desk
    for desk in opened:
        desk.close()


@pytest.fixture
def stored(sqlite_practice: Practice, database_setup: Setup) -> Callable[[], list[tuple[Any, ...]]]:
    def read() -> list[tuple[Any, ...]]:
        with database_setup():
            found = sqlite_practice.desk.query(sqlite_practice.maria, reminders.rules_by_type)
        return [_told(each) for each in found.get(sqlite_practice.well, ())]

    return read


def _told(rule: ReminderRule) -> tuple[Any, ...]:
    return (rule.group, rule.before, rule.by_email, rule.by_sms, rule.active)


def a_rule(practice: Practice, group: str, minutes: int, **values: Any) -> int:
    row = {"type_id": practice.well, "recipients": group, "minutes_before": minutes}
    rule_id = practice.new_id()
    practice.insert(schema.reminder_rule, id=rule_id, **row, **values)
    return rule_id


def test_reminders_are_typed_saved_and_undone_by_keyboard(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], list[tuple[Any, ...]]]
) -> None:  # RM1
    desk, form = open_types()
    lines = form.reminders
    assert lines.title.text() == "Nobody is reminded of a visit of this type."
    assert not lines.before.isVisible()
    lines.add_button.setFocus()
    desk.press("Space")
    assert desk.focus() is lines.before
    assert lines.before.text() == "1 day"
    desk.type("2 days")
    desk.press("Tab", "Tab", "Space")  # over the e-mail to the text message
    assert lines.by_sms.isChecked()
    lines.add_button.setFocus()
    desk.press("Space")
    desk.type("3 hours")
    lines.group.setFocus()
    desk.press("Down")
    assert lines.title.text() == "For a visit on Mon, Nov 30, 9:20 AM these go out:"
    assert lines.ahead.text().splitlines() == [
        "Sat, Nov 28, 9:20 AM: to the family, e-mail and SMS",
        "Mon, Nov 30, 6:20 AM: to the provider, e-mail",
    ]
    desk.press("Ctrl+S")
    family = (ReminderGroup.PATIENT, 2 * DAY, True, True, True)
    assert stored() == [family, (ReminderGroup.PROVIDER, 3 * HOUR, True, False, True)]
    assert not form.save_button.isEnabled()
    lines.chooser.setFocus()
    desk.press("Home")
    lines.remove_button.setFocus()
    desk.press("Space", "Ctrl+S")
    assert [each[0] for each in stored()] == [ReminderGroup.PROVIDER]
    desk.press("Ctrl+Shift+Z")
    assert stored()[0] == family


def test_one_that_was_decided_about_is_switched_off_and_the_page_says_why(
    open_types: Callable[..., Opened],
    practice: Practice,
    stored: Callable[[], list[tuple[Any, ...]]],
    database_setup: Setup,
) -> None:  # RM2
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "9:20")
    rule = a_rule(practice, "patient", 1440)
    with database_setup(), practice.database.write() as connection:
        about = {"appointment_id": visit, "rule_id": rule, "recipient": "", "outcome": "nobody"}
        at = {"starts_at": wall(TODAY, "9:20"), "at": wall(TODAY, "8:00")}
        connection.execute(schema.appointment_reminder.insert(), about | at)
    desk, form = open_types()
    lines = form.reminders
    assert lines.why_kept.isVisible()
    assert "cannot be deleted" in lines.why_kept.text()
    assert "so that nobody is reminded twice" in lines.why_kept.text()
    lines.remove_button.setFocus()
    desk.press("Space", "Ctrl+S")
    desk.settle()
    assert stored() == [(ReminderGroup.PATIENT, DAY, True, False, False)]
    assert [each.active for each in lines.rules()] == [False]  # in the list still, as the page says


def test_one_that_is_off_is_not_in_the_preview(open_types: Callable[..., Opened], practice: Practice) -> None:
    a_rule(practice, "patient", 1440)
    _desk, form = open_types()
    lines = form.reminders
    assert lines.title.text() == "For a visit on Fri, Nov 27, 9:20 AM this goes out:"
    lines.active.setChecked(False)
    assert lines.title.text() == "Nobody is reminded of a visit of this type."
    assert form.save_button.isEnabled()


def test_what_is_no_time_is_told_beside_it_and_kept(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], list[tuple[Any, ...]]]
) -> None:
    a_rule(practice, "patient", 1440)
    desk, form = open_types()
    lines = form.reminders
    lines.before.setFocus()
    lines.before.selectAll()
    desk.type("soon")
    desk.press("Ctrl+S")
    assert lines.before.accessibleDescription() == "Type how long before, such as 2 days, 3 hours or 30 minutes."
    assert lines.before.text() == "soon"
    assert [each[1] for each in stored()] == [DAY]


def test_two_of_a_kind_are_refused_beside_them(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], list[tuple[Any, ...]]]
) -> None:
    a_rule(practice, "patient", 1440)
    desk, form = open_types()
    desk.click(form.reminders.add_button)
    desk.type("24 hours")
    desk.press("Ctrl+S")
    assert "same people 1 day before" in form.reminders.before.accessibleDescription()
    assert len(stored()) == 1


def test_whoever_cannot_be_reached_is_named(
    open_types: Callable[..., Opened], practice: Practice, database_setup: Setup
) -> None:  # AP9
    a_rule(practice, "provider", 60, by_sms=True)
    with database_setup(), practice.database.write() as connection:
        own = schema.provider.c.id == practice.mwangi
        connection.execute(
            update(schema.provider).where(own).values(mobile_phone="+12065550148", email="m@example.org")
        )
    desk, form = open_types()
    lines, ticks = form.reminders, form.type.providers
    assert lines.missing.text().splitlines() == [
        "Dr. Lindqvist has no e-mail address and gets no letter. It is set under Providers or Staff.",
        "Dr. Lindqvist has no mobile phone number and gets no SMS. It is set under Providers or Staff.",
    ]
    lines.by_sms.setChecked(False)
    assert lines.missing.text().count("\n") == 0
    ticks.everybody.setChecked(False)
    ticks.ticks[practice.lindqvist].setChecked(False)  # it is not Dr. Lindqvist who does it
    desk.settle()
    assert not lines.missing.isVisible()


def test_who_may_not_change_types_reads_the_reminders(open_types: Callable[..., Opened], practice: Practice) -> None:
    a_rule(practice, "patient", 1440)
    _desk, form = open_types(practice.maria)
    lines = form.reminders
    assert lines.title.isVisible()
    assert lines.before.isReadOnly()
    assert not lines.by_email.isEnabled()
    assert not lines.add_button.isVisible()


@pytest.mark.parametrize("size", [(1366, 768), (960, 680)])
def test_nothing_is_cut(
    open_types: Callable[..., Opened], practice: Practice, theme: Theme, size: tuple[int, int]
) -> None:  # UI5
    theme.set_scale(130)
    a_rule(practice, "administrator", 1440, by_sms=True)
    desk, form = open_types(size=size)
    assert nameless(form) == []
    for control in (form.reminders.before, form.reminders.remove_button, form.reminders.ahead):
        assert control.mapTo(desk.frame, control.rect().topRight()).x() < desk.frame.width()
