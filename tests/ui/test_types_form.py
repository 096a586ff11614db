"""The editor of appointment types at work: real keys and clicks over the real services and a real database (AP6, AP7)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from request_desk.domain.access import Actor, Role
from request_desk.domain.directory import AppointmentType, LeadTime
from request_desk.domain.ids import TypeId
from request_desk.services.practice import appointment_types, directory, suggestions
from request_desk.services.practice.suggestions import About, Suggestion
from request_desk.ui.editor.choice_editor import SAVE_FIRST
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.settings.settings_page import SettingsPage
from request_desk.ui.settings.suggestion_parts import SuggestionForm
from request_desk.ui.settings.type_form import TypesForm
from request_desk.ui.widgets.dialogs import Question
from request_desk.ui.widgets.theme import Theme
from tests.builders import Practice
from tests.ui.conftest import HandTimers
from tests.ui.page_desk import PageDesk, nameless

Setup = Callable[[], AbstractContextManager[None]]
Opened = tuple[PageDesk[SettingsPage], TypesForm]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ruth(practice: Practice) -> Actor:
    return practice.a_staff("ruth", "Ruth Obi", [Role.SCHEDULER, Role.TYPES])


@pytest.fixture
def open_types(
    qtbot: QtBot, sqlite_practice: Practice, hand: HandTimers, ruth: Actor
) -> Iterator[Callable[..., Opened]]:
    """Open a desk at the group of types, as Ruth who may change them unless said otherwise."""
    opened: list[PageDesk[SettingsPage]] = []

    def open_desk(actor: Actor = ruth, size: tuple[int, int] = (1366, 768)) -> Opened:
        desk = PageDesk(qtbot, sqlite_practice, hand, SettingsPage, actor=actor, size=size)
        opened.append(desk)
        desk.page.groups.setFocus()
        desk.press("Home")
        while not isinstance(desk.page.form(), TypesForm):
            desk.press("Down")
        return desk, cast("TypesForm", desk.page.form())

    yield open_desk
    for desk in opened:
        desk.close()


@pytest.fixture
def stored(
    sqlite_practice: Practice, database_setup: Setup, ruth: Actor
) -> Callable[[], dict[TypeId, AppointmentType]]:
    def read() -> dict[TypeId, AppointmentType]:
        with database_setup():
            found = sqlite_practice.desk.query(ruth, directory.appointment_types, all_=True)
        return {each.id: each for each in found}

    return read


def preview(form: TypesForm) -> list[str]:
    parts = (form.preview.title, *form.preview.lines, form.preview.more, form.preview.problem)
    return [part.text() for part in parts if part.isVisible()]


def test_what_is_typed_is_saved_by_its_key_and_undone(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], dict[TypeId, AppointmentType]]
) -> None:  # AP6, AP7
    desk, form = open_types()
    before = stored()[practice.well]
    fields = form.type
    fields.duration.setFocus()
    fields.duration.selectAll()
    desk.type("50")
    fields.book_notice.unit.setCurrentText("practice days")
    fields.book_notice.number.setValue(2)
    fields.least_age.unit.setCurrentText("months")
    fields.least_age.number.setValue(18)
    fields.most_age.number.setValue(6)
    fields.rest.setValue(30)
    fields.interpreter.setValue(15)
    fields.providers.lengths[practice.mwangi].setValue(60)
    desk.press("Ctrl+S")
    now = stored()[practice.well]
    assert (now.duration, now.minimum_notice) == (50 * MINUTE, LeadTime(days=2))
    rules = now.booking_rules
    assert (rules.min_age_months, rules.max_age_months, rules.rest.days) == (18, 72, 30)
    assert (rules.interpreter, dict(rules.durations)) == (15 * MINUTE, {practice.mwangi: 60 * MINUTE})
    assert (fields.least_age.number.value(), fields.least_age.unit.currentText()) == (18, "months")
    assert not form.save_button.isEnabled()
    desk.press("Ctrl+Shift+Z")
    assert stored()[practice.well].booking_rules == before.booking_rules
    assert fields.duration.value() == 40


def test_nothing_counts_as_typed_that_was_only_shown(open_types: Callable[..., Opened], practice: Practice) -> None:
    practice.a_type(
        "Odd", 25, notice_minutes=90, offer_minutes=45, cancel_notice_days=3, late_cancel_minutes=0,
        min_age_months=18, max_age_months=24, no_show_minutes=20, rest_group="checkup", verification="code",
    )  # fmt: skip
    desk, form = open_types()
    for key in ("Home", "Down", "Down"):
        form.chooser.setFocus()
        desk.press(key)
        assert not form.save_button.isEnabled()
    assert form.type.name.text() == "Odd"
    assert (form.type.book_notice.number.value(), form.type.book_notice.unit.currentText()) == (90, "minutes")
    assert (form.type.cancel_notice.number.value(), form.type.cancel_notice.unit.currentText()) == (3, "practice days")
    assert (form.type.most_age.number.value(), form.type.most_age.unit.currentText()) == (2, "years")


def test_the_sample_day_follows_what_is_typed(open_types: Callable[..., Opened], practice: Practice) -> None:  # AP6
    _desk, form = open_types()
    assert preview(form) == [
        "Wednesday, November 25, as if nothing were booked",
        "Dr. Lindqvist, Northside: 8:00 AM, 8:40 AM, 9:20 AM, 10:00 AM … 13 starts",
        "Dr. Mwangi, Harbor St: 8:00 AM, 8:40 AM, 9:20 AM, 10:00 AM … 13 starts",
    ]
    form.type.buffer.setValue(10)
    form.type.providers.lengths[practice.mwangi].setValue(240)
    assert preview(form)[1:] == [
        "Dr. Lindqvist, Northside: 8:00 AM, 8:50 AM, 9:40 AM, 10:30 AM … 11 starts",
        "Dr. Mwangi, Harbor St: 8:00 AM, 12:10 PM: 2 starts",
    ]
    form.type.providers.everybody.setChecked(False)
    form.type.providers.ticks[practice.mwangi].setChecked(False)
    assert [line.split(",")[0] for line in preview(form)[1:]] == ["Dr. Lindqvist"]


def test_it_says_when_no_parent_would_ever_see_a_time(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], dict[TypeId, AppointmentType]]
) -> None:  # AP6
    desk, form = open_types()
    before = stored()
    form.type.book_notice.unit.setCurrentText("practice days")
    form.type.book_notice.number.setValue(30)
    form.type.advance.setValue(14)
    assert preview(form) == [
        "No parent could ever book it: its notice is longer than the time ahead that may be booked."
    ]
    desk.press("Ctrl+S")
    assert "no parent could ever book" in form.type.advance.accessibleDescription()
    assert stored() == before
    desk.click(form.again_button)
    form.type.duration.setValue(480)
    assert preview(form)[1:] == [
        "Dr. Lindqvist, Northside: 8:00 AM: 1 start",
        "Dr. Mwangi, Harbor St: 8:00 AM: 1 start",
    ]


def test_all_problems_stand_beside_their_fields_and_nothing_typed_is_lost(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], dict[TypeId, AppointmentType]]
) -> None:
    desk, form = open_types()
    before = stored()
    form.type.name.setText("Sick visit")
    form.type.grid.setValue(7)
    form.type.least_age.number.setValue(9)
    form.type.most_age.number.setValue(3)
    desk.press("Ctrl+S")
    assert "is or was a type of this name" in form.type.name.accessibleDescription()
    assert "multiple of 5" in form.type.grid.accessibleDescription()
    assert "must be higher" in form.type.least_age.accessibleDescription()
    assert form.type.name.text() == "Sick visit"
    assert stored() == before


def test_a_type_needs_somebody_who_does_it(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], dict[TypeId, AppointmentType]]
) -> None:
    desk, form = open_types()
    before = stored()
    form.type.providers.everybody.setChecked(False)
    for tick in form.type.providers.ticks.values():
        tick.setChecked(False)
    desk.press("Ctrl+S")
    assert form.type.providers.everybody.accessibleDescription() == "Tick who does it, or that every provider does."
    assert stored() == before


def test_a_type_is_made_moved_up_and_switched_off(
    open_types: Callable[..., Opened], practice: Practice, stored: Callable[[], dict[TypeId, AppointmentType]]
) -> None:
    desk, form = open_types()
    desk.click(form.acts.add_button)
    assert desk.focus() is form.type.name
    desk.type("Ear recheck")
    desk.press("Ctrl+S")
    made = next(each for each in stored().values() if each.name == "Ear recheck")
    assert form.chooser.key() == made.id
    desk.click(form.acts.up_button)
    assert list(stored()) == [practice.well, made.id, practice.sick]
    desk.click(form.acts.off_button)
    question = desk.dialog()
    assert isinstance(question, Question)
    desk.click(question.yes)
    assert not stored()[made.id].active
    assert form.acts.off_button.words() == "Switch on"
    desk.click(form.acts.off_button)
    assert stored()[made.id].active


def test_another_type_is_not_shown_nor_moved_while_something_is_typed(
    open_types: Callable[..., Opened], practice: Practice
) -> None:
    desk, form = open_types()
    form.type.rest.setValue(12)
    form.chooser.select_key(practice.sick)
    desk.settle()
    assert form.said.text() == SAVE_FIRST
    assert form.chooser.key() == practice.well
    desk.click(form.acts.down_button)
    assert form.said.text() == SAVE_FIRST
    assert form.type.rest.value() == 12


def test_a_change_elsewhere_is_told_and_what_is_typed_stays(
    open_types: Callable[..., Opened], practice: Practice, ruth: Actor, database_setup: Setup
) -> None:
    desk, form = open_types()
    form.type.rest.setValue(12)
    with database_setup():
        practice.desk.perform(ruth, appointment_types.switch_type, practice.well, active=False, expect_version=1)
    desk.hear()
    assert form.said.text() == CHANGED_ELSEWHERE
    assert form.type.rest.value() == 12


def test_who_may_not_change_types_reads_everything_and_asks_for_a_change(
    open_types: Callable[..., Opened], practice: Practice, ruth: Actor, database_setup: Setup
) -> None:  # AD1
    desk, form = open_types(practice.maria)
    assert form.type.name.isReadOnly()
    for control in (form.type.duration, form.type.book_notice.number, form.type.providers.everybody, form.type.mode):
        assert not control.isEnabled()
    assert not form.acts.add_button.isVisible()
    assert not form.save_button.isVisible()
    desk.click(form.ask_button)
    window = desk.dialog()
    assert isinstance(window, FormWindow)
    asking = window.form
    assert isinstance(asking, SuggestionForm)
    assert desk.focus() is asking.text
    desk.type("Dr. Mwangi needs 50 minutes.")
    desk.press("Ctrl+S")
    assert not desk.has_dialog()
    with database_setup():
        (found,) = practice.desk.query(ruth, suggestions.open_suggestions, About.TYPE)
    assert (found.text, found.about_id, found.staff_name) == (
        "Dr. Mwangi needs 50 minutes.",
        practice.well,
        "Maria Santos",
    )
    (card,) = form.asked.cards
    assert card.text.text() == "Dr. Mwangi needs 50 minutes."
    assert not card.take_over.isVisible()


@pytest.mark.parametrize("button", ["take_over", "close_it"])
def test_what_is_asked_for_stands_beside_its_type_until_it_is_settled(
    open_types: Callable[..., Opened], practice: Practice, ruth: Actor, database_setup: Setup, button: str
) -> None:  # AD1
    with database_setup():
        practice.desk.perform(practice.maria, suggestions.suggest, About.TYPE, practice.sick, "<b>Longer</b>")

    def waiting() -> tuple[Suggestion, ...]:
        with database_setup():
            return practice.desk.query(ruth, suggestions.open_suggestions, About.TYPE)

    desk, form = open_types()
    assert form.asked.cards == []
    form.chooser.select_key(practice.sick)
    desk.settle()
    (card,) = form.asked.cards
    assert card.text.text() == "<b>Longer</b>"
    desk.click(getattr(card, button))
    assert waiting() == ()
    assert form.asked.cards == []
    desk.press("Ctrl+Shift+Z")
    assert len(waiting()) == 1
    assert len(form.asked.cards) == 1


@pytest.mark.parametrize("size", [(1366, 768), (960, 680)])
@pytest.mark.parametrize("scale", [100, 130])
def test_nothing_is_cut_and_everything_has_a_name(
    open_types: Callable[..., Opened], practice: Practice, theme: Theme, size: tuple[int, int], scale: int
) -> None:  # UI5
    theme.set_scale(scale)
    desk, form = open_types(size=size)
    assert nameless(form) == []
    viewport = form.type.name.window().width()
    for control in (form.type.is_video, form.type.cancel_notice.unit, form.type.verification, form.preview):
        right = control.mapTo(desk.frame, control.rect().topRight()).x()
        assert right < viewport
